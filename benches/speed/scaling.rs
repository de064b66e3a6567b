//! How time and memory grow with bytes and with files.

use std::fs;
use std::path::Path;

use crate::corpus::{self, Layout, Plan};
use crate::run::{self, Row, Timed};
use crate::{everyday, own};

/// The same bytes of one layout in more and more files.
pub fn files(folder: &Path, megabytes: u64, runs: usize) {
    for rotated in [true, false] {
        in_files(folder, megabytes, runs, rotated);
    }
}

fn in_files(folder: &Path, megabytes: u64, runs: usize, rotated: bool) {
    let which = if rotated {
        "one after the other"
    } else {
        "of the same weeks"
    };
    println!("\nthe same {megabytes} MB in more and more files {which}, medians of {runs}");
    let mut rows = Vec::new();
    for count in [1, 10, 100, 1000] {
        let place = folder.join(format!("files-{count}"));
        let plan = Plan {
            layouts: vec![Layout::Nlog],
            rotated,
            ..everyday(megabytes * 1_000_000, count)
        };
        corpus::write(&plan, &place).expect("it can be written");
        let path = place.display().to_string();
        let name = format!("analyze, {count} files");
        rows.push(own(&name, "analyze", &[&path]));
        let name = format!("timeline, {count} files");
        rows.push(own(&name, "timeline", &[&path]));
    }
    run::in_turns(&mut rows, runs);
    for command in ["analyze", "timeline"] {
        let own = rows.iter().filter(|row| row.name.starts_with(command));
        let all: Vec<(&Row, Timed)> = own.filter_map(|row| Some((row, row.median()?))).collect();
        let first = all.first().map_or(0.0, |(_, timed)| timed.wall);
        for (row, timed) in &all {
            println!(
                "  {:<22} {:8.3} s {:6} MB {:7.2} x one file",
                row.name,
                timed.wall,
                timed.peak,
                timed.wall / first
            );
        }
    }
    for count in [1, 10, 100, 1000] {
        fs::remove_dir_all(folder.join(format!("files-{count}"))).expect("it was just written");
    }
}

/// Twice the bytes, four times and eight times; and how far each is from the straight line through all.
pub fn growth(folder: &Path, megabytes: u64, runs: usize) {
    println!("\nmore and more bytes, medians of {runs}");
    let mut points = Vec::new();
    for times in [1, 2, 4, 8] {
        let plan = everyday(megabytes * times * 1_000_000, 3);
        let place = folder.join("growth");
        corpus::write(&plan, &place).expect("it can be written");
        let path = place.display().to_string();
        let mut rows = [own("analyze", "analyze", &[&path])];
        run::in_turns(&mut rows, runs);
        if let Some(timed) = rows[0].median() {
            points.push((megabytes as f64 * times as f64 / 1e3, timed));
        }
        fs::remove_dir_all(&place).expect("it was just written");
    }
    // The line that leaves the least of all relative differences: a large one would hide what a small one does.
    let weigh = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
        let all = points.iter().map(|(x, timed)| of(*x, timed.wall));
        all.sum()
    };
    let one = weigh(&|_, y| 1.0 / (y * y));
    let x = weigh(&|x, y| x / (y * y));
    let xx = weigh(&|x, y| x * x / (y * y));
    let y = weigh(&|_, y| 1.0 / y);
    let xy = weigh(&|x, y| x / y);
    let slope = (one * xy - x * y) / (one * xx - x * x);
    let start = (y - slope * x) / one;
    for (bytes, timed) in &points {
        println!(
            "  analyze, {bytes:5.1} GB {:8.3} s {:6} MB {:+6.1} % off the line",
            timed.wall,
            timed.peak,
            (timed.wall / (start + slope * bytes) - 1.0) * 100.0
        );
    }
}

/// What takes memory rather than time: a line of 100 MB, and 5,000 small files.
pub fn odd(folder: &Path, runs: usize) {
    println!("\nodd ones, medians of {runs}");
    let long = folder.join("long");
    fs::create_dir_all(&long).expect("it can be written");
    let front = "2020-08-10 00:00:02.4980|INFO|TunnelMgr|";
    let line = [
        front,
        &"one line of a hundred million bytes ".repeat(2_800_000),
        "\n",
    ]
    .concat();
    fs::write(long.join("ComSocket-20200810-000001.log"), line).expect("it can be written");
    let many = folder.join("small");
    corpus::write(&everyday(50_000_000, 5000), &many).expect("it can be written");
    let mut rows = Vec::new();
    for (name, place) in [("100 MB line", &long), ("5,000 files", &many)] {
        for command in ["analyze", "timeline"] {
            let name = format!("{command}, {name}");
            rows.push(own(&name, command, &[&place.display().to_string()]));
        }
    }
    run::in_turns(&mut rows, runs);
    for row in &rows {
        if let Some(timed) = row.median() {
            println!(
                "  {:<22} {:8.3} s {:6} MB",
                row.name, timed.wall, timed.peak
            );
        }
    }
    for place in [long, many] {
        fs::remove_dir_all(place).expect("it was just written");
    }
}
