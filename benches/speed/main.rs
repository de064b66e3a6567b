//! How fast the program is, beside programs that only search or sort: `cargo bench`.
//!
//! ```text
//! cargo bench --bench speed                        all figures, with 300 MB a corpus
//! cargo bench --bench speed -- --mb 1000 --runs 5  larger, and how many runs the medians are of
//! cargo bench --bench speed -- --write DIR --mb 50 only writes the corpora, and `rules`, ten times as many as there are
//! cargo bench --bench speed -- --write DIR --files 9 --only clean  one of them, in so many files
//! ```
//!
//! First it checks that the program is right on a small corpus: records, levels and failures are counted here by plain
//! means and compared with its report. Only then are times worth anything. All times of one table are taken in turns, so
//! that what else the machine does falls on all alike. Peers that are missing are installed from where they are published;
//! those that cannot be are left out and named. What grows takes eight times the megabytes on disk.

#![allow(clippy::print_stdout)] // what it prints is what it is for

mod archives;
mod corpus;
mod peers;
mod plain;
mod rules;
mod run;
mod scaling;

use std::path::{Path, PathBuf};

use corpus::{Encoding, Layout, Plan};
use run::{Row, Timed};

/// Ten of the rules' texts: what a searcher is asked for.
const TEN: [&str; 10] = [
    "ECONNREFUSED",
    "ETIMEDOUT",
    "SocketException",
    "IDX10223",
    "ENOTFOUND",
    "handshake failed",
    "Service Unavailable",
    "ERR_CERT",
    "EADDRINUSE",
    "Proxy Authentication Required",
];

/// What was asked for on the command line.
struct Wish {
    megabytes: u64,
    runs: usize,
    write: Option<PathBuf>,
    files: u64,
    only: Option<String>,
}

fn wish() -> Wish {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        args.get(at + 1).cloned()
    };
    let number = |name: &str, default: u64| {
        value(name).map_or(default, |text| text.parse().expect("a number"))
    };
    Wish {
        megabytes: number("--mb", 300),
        runs: number("--runs", 5) as usize,
        write: value("--write").map(PathBuf::from),
        files: number("--files", 0),
        only: value("--only"),
    }
}

/// The corpora, by name.
fn plans(megabytes: u64) -> Vec<(&'static str, Plan)> {
    let three = everyday(0, 0).layouts;
    let plan = |layouts: &[Layout], files: usize, failures: u64, encoding: Encoding| Plan {
        layouts: layouts.to_vec(),
        failures,
        encoding,
        ..everyday(megabytes * 1_000_000, files)
    };
    let other = [Layout::Chromium, Layout::Pino, Layout::Mel];
    let busy = Plan {
        quiet: false,
        ..plan(&three, 3, 0, Encoding::Utf8)
    };
    vec![
        ("clean", plan(&three, 3, 0, Encoding::Utf8)),
        ("busy", busy),
        ("other layouts", plan(&other, 3, 0, Encoding::Utf8)),
        ("5 % failures", plan(&three, 3, 50, Encoding::Utf8)),
        ("UTF-16", plan(&three, 3, 0, Encoding::Utf16)),
        ("Windows-1252", plan(&three, 3, 0, Encoding::Windows1252)),
        (
            "learned layout",
            plan(&[Layout::Unknown], 3, 0, Encoding::Utf8),
        ),
        ("100 files", plan(&three, 100, 0, Encoding::Utf8)),
        (
            "rotated",
            Plan {
                rotated: true,
                ..plan(&three[1..2], 100, 0, Encoding::Utf8)
            },
        ),
        // Lines that begin with their stamp, the year first: `sort -m` can merge them.
        ("sortable", plan(&[Layout::Nlog], 3, 0, Encoding::Utf8)),
    ]
}

fn main() {
    let wish = wish();
    if let Some(folder) = &wish.write {
        let all = plans(wish.megabytes).into_iter();
        let wanted = |name: &str| wish.only.as_ref().is_none_or(|only| only == name);
        for (name, mut plan) in all.filter(|(name, _)| wanted(name)) {
            if wish.files > 0 {
                plan.files = wish.files as usize;
            }
            let paths = corpus::write(&plan, &folder.join(name.replace([' ', '%'], "-")));
            println!(
                "{name}: {} files",
                paths.expect("the folder can be written").len()
            );
        }
        rules::write(&folder.join("rules"), rules::MANY).expect("the folder can be written");
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    plain::check(folder.path());
    peers::install();
    let many = folder.path().join("rules");
    rules::write(&many, rules::MANY).expect("the rules can be written");
    let mut everyday = None;
    for (name, plan) in plans(wish.megabytes) {
        let place = folder.path().join("corpus");
        let files = corpus::write(&plan, &place).expect("the corpus can be written");
        let analyze = table(name, &plan, &place, &files, &many, wish.runs);
        let everyday = everyday.get_or_insert(analyze);
        if let Some((own, other)) = analyze.zip(*everyday) {
            let share = other.wall / own.wall * 100.0;
            println!("  analyze has {share:.0} % of the speed that it has on everyday UTF-8");
        }
        std::fs::remove_dir_all(&place).expect("it was just written");
    }
    scaling::files(folder.path(), wish.megabytes, wish.runs);
    scaling::growth(folder.path(), wish.megabytes, wish.runs);
    scaling::odd(folder.path(), wish.runs);
    archives::table(folder.path(), wish.megabytes, wish.runs);
    start_up(folder.path(), &many, wish.runs);
}

/// The program's own row: `args` behind the command.
fn own(name: &str, command: &str, args: &[&str]) -> Row {
    let all = [&[command, "--tz", "Europe/Berlin"], args].concat();
    let all = all.into_iter().map(str::to_owned).collect();
    Row::new(name, env!("CARGO_BIN_EXE_swyxtrace"), all)
}

/// Everyday traces of three layouts.
fn everyday(bytes: u64, files: usize) -> Plan {
    Plan {
        bytes,
        files,
        layouts: vec![Layout::Classic, Layout::Nlog, Layout::Electron],
        failures: 0,
        encoding: Encoding::Utf8,
        rotated: false,
        quiet: true,
        seed: 7,
    }
}

/// Runs everything on one corpus, in turns, and prints medians beside the searcher's; gives that of `analyze`.
fn table(
    name: &str,
    plan: &Plan,
    place: &Path,
    files: &[PathBuf],
    many: &Path,
    runs: usize,
) -> Option<Timed> {
    let mut search = vec!["-c".to_owned(), "--no-ignore".to_owned()];
    for text in TEN {
        search.extend(["-e".to_owned(), text.to_owned()]);
    }
    let paths: Vec<String> = files
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    search.extend(paths.iter().cloned());
    let folder = place.display().to_string();
    let many = many.display().to_string();
    let mut rows = vec![
        Row::new("rg -c, ten texts", peers::RG, search),
        Row::new("cat", "cat", paths.clone()),
        own("analyze", "analyze", &[&folder]),
        own("analyze, one thread", "analyze", &["--jobs", "1", &folder]),
        own(
            "analyze, 10 x rules",
            "analyze",
            &["--grammars", &many, &folder],
        ),
        own("timeline", "timeline", &[&folder]),
    ];
    if name == "clean" {
        let args = [vec!["-n".to_owned()], paths.clone()].concat();
        rows.push(Row::new("lnav -n, loads them", "lnav", args));
    }
    if plan.layouts == [Layout::Nlog] {
        let by_bytes = ["LC_ALL=C", "sort", "-m"].map(str::to_owned);
        let args = [&by_bytes[..], &paths].concat();
        rows.push(Row::new("sort -m, by bytes", "env", args));
    }
    run::in_turns(&mut rows, runs);
    println!(
        "\n{name}: {} MB, {} files, medians of {runs}",
        plan.bytes / 1_000_000,
        plan.files
    );
    let (search, copy) = (rows[0].median(), rows[1].median());
    let ratio = |wall: f64, base: Option<Timed>, name: &str| match base {
        Some(base) => format!("{:7.2} x {name}", wall / base.wall),
        None => String::new(),
    };
    for row in &rows {
        match row.median() {
            Some(Timed { wall, cpu, peak }) => {
                let speed = plan.bytes as f64 / 1e9 / wall;
                let ratio = ratio(wall, search, "rg") + &ratio(wall, copy, "cat");
                println!(
                    "  {:<22} {wall:8.3} s {cpu:8.3} s CPU {speed:7.2} GB/s {peak:6} MB {ratio}",
                    row.name
                );
            }
            None => println!("  {:<22} is not installed, or failed", row.name),
        }
    }
    let analyze = rows.iter().find(|row| row.name == "analyze");
    analyze.and_then(Row::median)
}

/// A case of ten small files, which is all start-up.
fn start_up(folder: &Path, many: &Path, runs: usize) {
    let plan = Plan {
        failures: 10,
        seed: 1,
        ..everyday(40_000, 10)
    };
    let place = folder.join("small");
    corpus::write(&plan, &place).expect("the corpus can be written");
    let place = place.display().to_string();
    let many = many.display().to_string();
    let mut rows = vec![
        Row::new("rg --version", peers::RG, vec!["--version".to_owned()]),
        own("analyze, ten files", "analyze", &[&place]),
        own(
            "the same, 10 x rules",
            "analyze",
            &["--grammars", &many, &place],
        ),
    ];
    run::in_turns(&mut rows, runs.max(9));
    println!("\nstart-up");
    for row in rows {
        if let Some(timed) = row.median() {
            println!(
                "  {:<22} {:8.1} ms {:8.1} ms CPU",
                row.name,
                timed.wall * 1e3,
                timed.cpu * 1e3
            );
        }
    }
}
