//! Runs programs and takes their times.

use std::process::{Command, Stdio};
use std::time::Instant;

/// One run.
#[derive(Debug, Clone, Copy)]
pub struct Timed {
    /// Seconds by the clock.
    pub wall: f64,
    /// Seconds of processor time, of all threads and of the system for it; 0 where the system does not tell.
    pub cpu: f64,
    /// Peak of resident memory in megabytes; 0 where the system does not tell.
    pub peak: u64,
}

/// A program to time.
pub struct Row {
    /// What to call it.
    pub name: String,
    program: String,
    args: Vec<String>,
    times: Vec<Timed>,
    broken: bool,
}

impl Row {
    /// A program with its arguments.
    pub fn new(name: &str, program: &str, args: Vec<String>) -> Self {
        Self {
            name: name.to_owned(),
            program: program.to_owned(),
            args,
            times: Vec::new(),
            broken: false,
        }
    }

    /// The median of each figure; none where the program is missing.
    pub fn median(&self) -> Option<Timed> {
        if self.times.is_empty() {
            return None;
        }
        let middle = |figure: &dyn Fn(&Timed) -> f64| middle(self.times.iter().map(figure));
        Some(Timed {
            wall: middle(&|t| t.wall),
            cpu: middle(&|t| t.cpu),
            peak: middle(&|t| t.peak as f64) as u64,
        })
    }
}

/// The median of some figures; 0 of none.
pub fn middle(figures: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = figures.collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}

/// Runs each program once to warm up, then all of them in turns.
pub fn in_turns(rows: &mut [Row], runs: usize) {
    for turn in 0..=runs {
        for row in rows.iter_mut().filter(|row| !row.broken) {
            match once(&row.program, &row.args) {
                Some(timed) if turn > 0 => row.times.push(timed),
                Some(_) => {}
                None => row.broken = true,
            }
        }
    }
}

/// Runs a program into a pipe that is read and thrown away, as `| cat >/dev/null` does.
fn once(program: &str, args: &[String]) -> Option<Timed> {
    let start = Instant::now();
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut output = child.stdout.take()?;
    let watcher = watch(child.id());
    std::io::copy(&mut output, &mut std::io::sink()).ok()?;
    child.wait().ok()?;
    let wall = start.elapsed().as_secs_f64();
    let (cpu, peak) = watcher.join().unwrap_or_default();
    Some(Timed { wall, cpu, peak })
}

/// Reads processor time and peak memory from `/proc` until the program ends: the last reading is at most 2 ms old.
fn watch(id: u32) -> std::thread::JoinHandle<(f64, u64)> {
    std::thread::spawn(move || {
        let mut last = (0.0, 0);
        loop {
            let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            let peak = status.lines().find_map(|line| {
                line.strip_prefix("VmHWM:")?
                    .split_whitespace()
                    .next()?
                    .parse()
                    .ok()
            });
            let Some(peak): Option<u64> = peak else {
                return last;
            };
            let after = stat.rsplit(')').next().unwrap_or_default();
            // The letter of the state comes first, then numbers, of which one may be negative: none may be left out.
            let fields: Vec<i64> = after
                .split_whitespace()
                .skip(1)
                .filter_map(|f| f.parse().ok())
                .collect();
            // User and system time, in hundredths of a second.
            let ticks = fields
                .get(10)
                .zip(fields.get(11))
                .map_or(0, |(user, system)| user + system);
            last = (ticks as f64 / 100.0, peak / 1024);
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    })
}
