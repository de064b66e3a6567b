//! How fast the program is, beside programs that only search.
mod corpus;

use std::path::Path;
use corpus::{Encoding, Layout, Plan};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let layouts = match args[1].as_str() {
        "a" => vec![Layout::Classic, Layout::Nlog, Layout::Electron],
        "b" => vec![Layout::Chromium, Layout::Pino, Layout::Mel],
        "u" => vec![Layout::Unknown],
        "c" => vec![Layout::Classic],
        "n" => vec![Layout::Nlog],
        "e" => vec![Layout::Electron],
        "ch" => vec![Layout::Chromium],
        "p" => vec![Layout::Pino],
        _ => vec![Layout::Mel],
    };
    let plan = Plan {
        bytes: args[2].parse::<u64>().unwrap() * 1_000_000,
        files: args[3].parse().unwrap(),
        layouts,
        failures: args[4].parse().unwrap(),
        encoding: match args.get(5).map(String::as_str) { Some("16") => Encoding::Utf16, Some("1252") => Encoding::Windows1252, _ => Encoding::Utf8 },
        seed: 7,
    };
    corpus::write(&plan, Path::new(&args[0])).unwrap();
}
