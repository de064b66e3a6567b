//! `swyxtrace timeline`: every record once, in one order of time, in every form, without secrets.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::bench::{Run, arg, folder, root, run, run_with_input};
use crate::samples::planted;

const CASE: &str = "samples/port_5000_collision";

fn timeline(args: &[&str]) -> Run {
    run(["timeline", "--tz", "Europe/Berlin"].iter().chain(args))
}

fn objects(run: &Run) -> Vec<Value> {
    let text = run.text();
    text.lines()
        .map(|line| serde_json::from_str(line).expect("one object a line"))
        .collect()
}

fn instant(object: &Value) -> Option<chrono::DateTime<chrono::FixedOffset>> {
    let time = object["time"].as_str()?;
    Some(chrono::DateTime::parse_from_rfc3339(time).expect("RFC 3339"))
}

#[test]
fn records_of_all_files_stand_in_one_order_of_time() {
    for case in [
        CASE,
        "samples/midnight",
        "samples/utc_beside_local",
        "samples/dotnet_framework_german",
    ] {
        let objects = objects(&timeline(&[case, "--format", "jsonl"]).exits(0));
        let times: Vec<_> = objects.iter().filter_map(instant).collect();
        assert!(times.is_sorted(), "{case}");
        let sources: std::collections::BTreeSet<_> =
            objects.iter().map(|o| o["source"].to_string()).collect();
        assert!(sources.len() > 1, "{case}: only {sources:?}");
    }
}

#[test]
fn every_record_that_analyze_counts_is_there_once() {
    for case in ["samples/clean_login", CASE, "samples/dotnet_http_timeout"] {
        let report = run(["analyze", case, "--tz", "Europe/Berlin", "--format", "json"]).json();
        let mut counted: BTreeMap<String, u64> = BTreeMap::new();
        for source in report["sources"].as_array().expect("sources") {
            let records = source["records"].as_u64().expect("a number");
            counted.insert(source["path"].to_string(), records);
        }
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        let mut seen = std::collections::BTreeSet::new();
        for object in objects(&timeline(&[case, "--format", "jsonl"]).exits(0)) {
            *found.entry(object["source"].to_string()).or_default() += 1;
            assert!(
                seen.insert((object["source"].to_string(), object["line"].as_u64())),
                "twice: {object}"
            );
        }
        assert_eq!(counted, found, "{case}");
    }
}

#[test]
fn the_original_stamp_is_what_is_shown() {
    for object in objects(&timeline(&[CASE, "--format", "jsonl"]).exits(0)) {
        let source = object["source"].as_str().expect("a source");
        let text = fs::read_to_string(root().join(source)).expect("the sample");
        let line = object["line"].as_u64().expect("a line") as usize;
        let written = text.lines().nth(line - 1).expect("the line");
        let stamp = object["stamp"].as_str().expect("a stamp");
        assert!(
            written.contains(stamp),
            "{source}:{line}: {stamp:?} is not in {written:?}"
        );
    }
}

#[test]
fn levels_and_programs_can_be_chosen() {
    let errors = objects(&timeline(&[CASE, "--format", "jsonl", "--level", "error"]).exits(0));
    assert!(!errors.is_empty());
    for object in &errors {
        assert!(
            ["error", "fatal"].contains(&object["level"].as_str().expect("a level")),
            "{object}"
        );
    }
    let one = objects(&timeline(&[CASE, "--format", "jsonl", "--program", "comsocket"]).exits(0));
    assert!(one.iter().all(|o| {
        o["source"]
            .as_str()
            .is_some_and(|s| s.contains("/ComSocket-"))
    }));
    timeline(&[CASE, "--program", "solitaire"]).exits(2);
}

#[test]
fn threads_blocks_and_order_change_no_byte() {
    let files = [
        "SwyxMessenger-2020-08-10.log",
        "ComSocket-20200810-111556.log",
        "SwyxIt!-20200810-111540.log",
    ];
    let paths = files.map(|file| format!("{CASE}/{file}"));
    let [messenger, helper, client] = paths.each_ref().map(String::as_str);
    for format in ["text", "jsonl", "csv"] {
        let whole = timeline(&[messenger, helper, client, "--format", format])
            .exits(0)
            .out;
        assert!(!whole.is_empty(), "{format}");
        let other = [
            client,
            messenger,
            helper,
            "--format",
            format,
            "--jobs",
            "3",
            "--block-size",
            "211",
        ];
        assert!(
            whole == timeline(&other).exits(0).out,
            "{format} depends on threads, blocks or order"
        );
        assert!(
            whole == timeline(&[CASE, "--format", format]).exits(0).out,
            "{format}: the folder gives something else"
        );
    }
}

#[test]
fn no_secret_of_a_sample_gets_into_a_timeline() {
    let secrets = planted();
    for format in ["text", "jsonl", "csv"] {
        let text = timeline(&["samples", "--format", format]).exits(0).text();
        let leaked = secrets.iter().find(|secret| text.contains(secret.as_str()));
        assert_eq!(leaked, None, "{format}");
    }
}

#[test]
fn hostile_lines_stay_lines() {
    let trace = "[2020-08-10 11:16:26.100] [info] =HYPERLINK(\"http://evil.example\")\n\
                 [2020-08-10 11:16:27.100] [info] \u{1b}]8;;http://evil.example\u{7}click\u{1b}]8;;\u{7} \u{202e}txt\n";
    for format in ["text", "jsonl", "csv"] {
        let run = run_with_input(
            &["timeline", "-", "--tz", "UTC", "--format", format],
            trace.as_bytes(),
        )
        .exits(0);
        let text = run.text();
        assert!(
            !text.contains(['\u{1b}', '\u{7}', '\u{202e}']),
            "{format}: {text:?}"
        );
    }
    let csv = run_with_input(
        &["timeline", "-", "--tz", "UTC", "--format", "csv"],
        b"=1+1\n",
    )
    .text();
    assert!(csv.contains("'=1+1") && !csv.contains(",=1+1"), "{csv}");
}

#[test]
fn an_empty_window_exits_4_and_an_empty_folder_3() {
    let run = timeline(&[CASE, "--since", "2030-01-01"]).exits(4);
    assert!(run.err.contains("2020-08-10"), "{}", run.err);
    let empty = folder(&[]);
    timeline(&[&arg(empty.path())]).exits(3);
}

#[test]
fn an_output_file_holds_what_standard_output_would() {
    let place = folder(&[]);
    let path = place.path().join("timeline.csv");
    timeline(&[CASE, "--format", "csv", "-o", &arg(&path)]).exits(0);
    assert!(
        fs::read(&path).expect("the file") == timeline(&[CASE, "--format", "csv"]).exits(0).out
    );
    assert_eq!(
        fs::read_dir(place.path()).expect("a folder").count(),
        1,
        "a temporary file stays behind"
    );
}
