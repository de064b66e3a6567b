//! The plain reference: what a report must say, counted without any of the program's code.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::corpus::{self, Encoding, Layout, Plan};

/// Compares reports and a timeline of small corpora with plain counts.
///
/// # Panics
/// Where they differ: a time of a wrong result is worth nothing.
pub fn check(folder: &Path) {
    for (name, layouts, failures) in [
        (
            "three layouts",
            vec![Layout::Classic, Layout::Nlog, Layout::Electron],
            20,
        ),
        (
            "other layouts",
            vec![Layout::Chromium, Layout::Pino, Layout::Mel],
            20,
        ),
    ] {
        let plan = Plan {
            bytes: 3_000_000,
            files: 3,
            layouts,
            failures,
            encoding: Encoding::Utf8,
            quiet: true,
            seed: 3,
        };
        let place = folder.join("plain");
        let files = corpus::write(&plan, &place).expect("the corpus can be written");
        let args = ["analyze", "--tz", "Europe/Berlin", "--format", "json"];
        let report = output(&args, &place);
        let report: serde_json::Value = serde_json::from_slice(&report).expect("JSON");
        for (path, layout) in files.iter().zip(plan.layouts.iter().cycle()) {
            let text = std::fs::read_to_string(path).expect("it was just written");
            let file = path
                .file_name()
                .expect("a file")
                .to_string_lossy()
                .into_owned();
            let sources = report["sources"].as_array().expect("sources");
            let source = sources
                .iter()
                .find(|s| s["path"].as_str().is_some_and(|p| p.ends_with(&file)))
                .unwrap_or_else(|| panic!("{name}: {file} is not in the report"));
            let records = text.lines().filter(|line| begins(*layout, line)).count();
            assert_eq!(
                source["lines"],
                text.lines().count(),
                "{name}: lines of {file}"
            );
            assert_eq!(source["records"], records, "{name}: records of {file}");
            assert_eq!(source["unparsed"], 0, "{name}: unparsed lines of {file}");
        }
        let lines = output(&["timeline", "--tz", "Europe/Berlin"], &place);
        check_timeline(name, &lines, &files);
        std::fs::remove_dir_all(&place).expect("it was just written");
    }
}

/// Every line of every file is there once, and the lines of each file are in their order.
fn check_timeline(name: &str, lines: &[u8], files: &[std::path::PathBuf]) {
    let shown = String::from_utf8_lossy(lines);
    let mut by_front: BTreeMap<usize, usize> = BTreeMap::new();
    let texts: Vec<String> = files
        .iter()
        .map(|path| std::fs::read_to_string(path).expect("it was just written"))
        .collect();
    let mut rest: Vec<std::iter::Peekable<std::str::Lines<'_>>> =
        texts.iter().map(|text| text.lines().peekable()).collect();
    for line in shown.lines() {
        let place = rest.iter_mut().position(|lines| {
            lines
                .peek()
                .is_some_and(|own| line.ends_with(own.trim_start()))
        });
        let place = place.unwrap_or_else(|| panic!("{name}: out of order or changed: {line}"));
        rest[place].next();
        *by_front.entry(place).or_default() += 1;
    }
    let all: usize = texts.iter().map(|text| text.lines().count()).sum();
    assert_eq!(
        by_front.values().sum::<usize>(),
        all,
        "{name}: lines of the timeline"
    );
}

fn output(args: &[&str], place: &Path) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swyxtrace"));
    let output = command
        .args(args)
        .arg(place)
        .output()
        .expect("the program runs");
    output.stdout
}

/// True if the line begins a record, by the plainest of means.
fn begins(layout: Layout, line: &str) -> bool {
    match layout {
        Layout::Classic => {
            line.as_bytes().get(2) == Some(&b' ') && line.as_bytes()[0].is_ascii_digit()
        }
        Layout::Nlog | Layout::Mel => line.starts_with("2020-"),
        Layout::Electron => line.starts_with("[2020-"),
        Layout::Chromium => line.starts_with('[') && line.contains(".cc("),
        Layout::Pino => line.starts_with('{'),
        Layout::Unknown => line.starts_with('<'),
    }
}
