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
            rotated: false,
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
            let mut levels = serde_json::Map::new();
            for level in text.lines().filter_map(|line| level(*layout, line)) {
                let count = levels.entry(level).or_insert(0.into());
                *count = (count.as_u64().unwrap_or_default() + 1).into();
            }
            let levels = serde_json::Value::from(levels);
            assert_eq!(source["levels"], levels, "{name}: levels of {file}");
        }
        check_findings(name, &report, &files);
        let lines = output(&["timeline", "--tz", "Europe/Berlin"], &place);
        check_timeline(name, &lines, &files);
        std::fs::remove_dir_all(&place).expect("it was just written");
    }
}

/// Texts of failures that one rule reads, or one of a few, and these rules: no other failure is counted with them.
const ALONE: [(&str, &[&str]); 4] = [
    ("503 (Service Unavailable)", &["service-side/gateway-error"]),
    ("net_error -202", &["tls/untrusted-root-chromium"]),
    ("ENOTFOUND iam1", &["name-resolution/node-unknown-host"]),
    (
        "IDX10223",
        &[
            "jwt-rejection/expired-identitymodel",
            "auth-token/token-error",
        ],
    ),
];

/// Findings count as many records as have their texts.
fn check_findings(name: &str, report: &serde_json::Value, files: &[std::path::PathBuf]) {
    let findings = report["findings"].as_array().expect("findings");
    for (text, rules) in ALONE {
        let count = |path: &std::path::PathBuf| {
            let lines = std::fs::read_to_string(path).expect("it was just written");
            lines.matches(text).count() as u64
        };
        let plain: u64 = files.iter().map(count).sum();
        let is_own = |finding: &&serde_json::Value| {
            let own = finding["rules"].as_array().expect("rules");
            own.iter()
                .all(|rule| rule.as_str().is_some_and(|rule| rules.contains(&rule)))
        };
        let own = findings.iter().filter(is_own);
        let found: u64 = own.filter_map(|finding| finding["count"].as_u64()).sum();
        assert!(plain > 0, "{name}: the corpus has \"{text}\"");
        assert_eq!(found, plain, "{name}: records with \"{text}\"");
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

/// The level of a record's first line, as reports name it, by the plainest of means.
fn level(layout: Layout, line: &str) -> Option<&'static str> {
    const NAMES: [&str; 5] = ["trace", "debug", "info", "warn", "error"];
    let has = |words: [&str; 5]| words.iter().position(|word| line.contains(word));
    let place = match layout {
        _ if !begins(layout, line) => None,
        Layout::Classic => has([" Info3 ", " Info2 ", " Info  ", " Warning ", " Error "]),
        Layout::Nlog => has(["|TRACE|", "|DEBUG|", "|INFO|", "|WARN|", "|ERROR|"]),
        Layout::Electron => has(["[silly]", "[debug]", "[info]", "[warn]", "[error]"]),
        // It has one word for both of the lowest.
        Layout::Chromium => has(["\0", ":VERBOSE1:", ":INFO:", ":WARNING:", ":ERROR:"]),
        Layout::Pino => has([
            "{\"level\":10,",
            "{\"level\":20,",
            "{\"level\":30,",
            "{\"level\":40,",
            "{\"level\":50,",
        ]),
        Layout::Mel => has([" trce: ", " dbug: ", " info: ", " warn: ", " fail: "]),
        Layout::Unknown => has(["{Info3}", "{Info2}", "{Info}", "{Warning}", "{Error}"]),
    };
    Some(NAMES[place?])
}
