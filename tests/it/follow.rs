//! Watching a live folder, as a user and as a program that reads its lines.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::bench::{arg, command, folder, run};

const MESSENGER: &str = "SwyxMessenger-2020-08-10.log";
const START: &str = "\
[2020-08-10 11:16:26.100] [info] SwyxMessenger starting, version 12.10
[2020-08-10 11:16:27.100] [info] requesting GET http://127.0.0.1:5000/user password=Follow-Pw-1
";
const REFUSED: &str =
    "[2020-08-10 11:16:29.123] [error] connect ECONNREFUSED 127.0.0.1:5000 password=Follow-Pw-1\n";

fn append(path: &Path, text: &str) {
    let mut file = File::options()
        .append(true)
        .create(true)
        .open(path)
        .expect("a file");
    file.write_all(text.as_bytes()).expect("it is written");
}

/// Watches a folder in which nothing happens, and whose standard input has ended.
fn watch(path: &str, args: &[&str]) -> crate::bench::Run {
    run([
        "follow",
        path,
        "--until-stdin-ends",
        "--lang",
        "en",
        "--tz",
        "Europe/Berlin",
    ]
    .iter()
    .chain(args))
}

#[test]
fn lines_come_as_it_happens_and_the_report_at_the_end() {
    let traces = folder(&[(MESSENGER, START.as_bytes())]);
    let path = arg(traces.path());
    let mut child = command([
        "follow",
        &path,
        "--until-stdin-ends",
        "--interval",
        "20ms",
        "--format",
        "jsonl",
        "--lang",
        "en",
        "--tz",
        "Europe/Berlin",
    ])
    .stdin(Stdio::piped())
    .stdout(Stdio::piped())
    .spawn()
    .expect("the program starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let mut next = || -> Value {
        serde_json::from_str(&lines.next().expect("a line").expect("text")).expect("JSON")
    };
    assert_eq!(next()["kind"], "watching");
    append(&traces.path().join(MESSENGER), REFUSED);
    let finding = std::iter::repeat_with(&mut next)
        .find(|line| line["kind"] == "finding")
        .expect("a finding");
    assert_eq!(
        (&finding["line"], &finding["class"]),
        (&3.into(), &"local-helper-down".into())
    );
    drop(child.stdin.take());
    let report = std::iter::repeat_with(&mut next)
        .find(|line| line["kind"] == "report")
        .expect("a report");
    assert_eq!(report["report"]["verdict"], "failure");
    assert!(!report.to_string().contains("Follow-Pw-1"));
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
}

#[test]
fn lines_for_people_name_time_stage_and_record() {
    let text = format!("{START}{REFUSED}");
    let traces = folder(&[(MESSENGER, text.as_bytes())]);
    let watched = watch(&arg(traces.path()), &[]).exits(1);
    let out = watched.text();
    let line = out
        .lines()
        .find(|line| line.contains(&format!("{MESSENGER}:3")))
        .expect("evidence");
    assert!(line.starts_with("2020-08-10 11:16:29  "), "{line}");
    assert!(
        out.contains("FAILURE") && out.contains("What to do"),
        "{out}"
    );
    assert!(
        !out.contains("Follow-Pw-1") && !out.contains('\u{1b}'),
        "{out}"
    );
    let german = run([
        "follow",
        &arg(traces.path()),
        "--until-stdin-ends",
        "--lang",
        "de",
    ])
    .exits(1)
    .text();
    assert!(
        german.contains("10.08.2020 11:16:29") && german.contains("FEHLER"),
        "{german}"
    );
}

#[test]
fn the_report_goes_to_a_file_too() {
    let text = format!("{START}{REFUSED}");
    let traces = folder(&[(MESSENGER, text.as_bytes())]);
    let out = folder(&[]);
    let html = out.path().join("report.html");
    watch(&arg(traces.path()), &["--report", &arg(&html)]).exits(1);
    assert!(
        fs::read_to_string(html)
            .expect("a report")
            .starts_with("<!doctype html>")
    );
}

#[test]
fn a_folder_that_is_not_there_is_waited_for() {
    let nothing = folder(&[]);
    let watched = watch(&arg(&nothing.path().join("later")), &[]).exits(3);
    assert!(watched.text().contains("nothing to watch here yet"));
}

#[test]
fn it_ends_after_the_time_that_was_given() {
    let traces = folder(&[(MESSENGER, START.as_bytes())]);
    let path = arg(traces.path());
    let mut child = command(["follow", &path, "--for", "50ms", "--interval", "10ms"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    assert!(child.wait().expect("it ends").code().is_some());
}

#[test]
fn what_cannot_be_watched_is_said_at_once() {
    for args in [
        &["follow", "-"][..],
        &["follow", "x", "--for", "soon"],
        &["follow", "x", "--interval", "0s"],
    ] {
        let watched = run(args).exits(2);
        assert!(watched.err.contains("swyxtrace: "), "{}", watched.err);
    }
}

#[test]
fn identities_stay_out_of_lines_report_and_file_and_the_map_has_them() {
    let text = format!(
        "[2020-08-10 11:16:20.000] [info] user=anna.muster logged on at pc-anna.kunde.de\n{START}{}",
        REFUSED.replace("password", "for anna.muster at pc-anna, password")
    );
    let traces = folder(&[(MESSENGER, text.as_bytes())]);
    let out = folder(&[]);
    let (report, map) = (out.path().join("report.md"), out.path().join("map.json"));
    for format in ["text", "jsonl"] {
        let options = [
            "--anonymize",
            "--anonymize-map",
            &arg(&map),
            "-o",
            &arg(&report),
            "--format",
            format,
        ];
        let watched = watch(&arg(traces.path()), &options).exits(1);
        let written = fs::read_to_string(&report).expect("a report");
        for (what, text) in [
            ("lines", watched.text()),
            ("report", written),
            ("stderr", watched.err.clone()),
        ] {
            let lower = text.to_lowercase();
            for planted in ["anna", "muster", "kunde.de"] {
                assert!(!lower.contains(planted), "{planted} in {what}: {text}");
            }
        }
        assert!(
            watched.text().contains("for user-1 at host-1"),
            "{}",
            watched.text()
        );
        let private = fs::read_to_string(&map).expect("a map");
        assert!(private.contains("anna.muster"), "{private}");
    }
}

#[test]
fn no_report_and_no_map_replaces_a_trace_that_is_watched() {
    let traces = folder(&[(MESSENGER, START.as_bytes())]);
    let trace = arg(&traces.path().join(MESSENGER));
    for options in [
        &["--report", &trace][..],
        &["--anonymize", "--anonymize-map", &trace],
        &["--anonymize", "--anonymize-map", "x.md", "-o", "x.md"],
    ] {
        watch(&arg(traces.path()), options).exits(2);
        let left = fs::read_to_string(traces.path().join(MESSENGER)).expect("the trace");
        assert_eq!(left, START, "{options:?}");
    }
}

#[test]
fn what_can_be_said_of_the_input_of_analyze_can_be_said_here() {
    let text = format!("{START}{REFUSED}");
    let later = text.replace("11:16", "15:16");
    let traces = folder(&[(MESSENGER, format!("{text}{later}").as_bytes())]);
    let path = arg(traces.path());
    let since = watch(&path, &["--since", "15:00", "--format", "jsonl"])
        .exits(1)
        .text();
    let last: Value = serde_json::from_str(since.lines().last().expect("lines")).expect("JSON");
    assert_eq!(last["report"]["window"]["records"], 3, "{since}");
    // What limits archives, too.
    let zip = folder(&[]);
    let zip_path = arg(&zip.path().join("traces.zip"));
    run(["anonymize", &path, "-o", &zip_path]).exits(0);
    let refused = watch(&zip_path, &["--max-members", "0"]).exits(3).text();
    assert!(refused.contains("members"), "{refused}");
}

/// SIGINT and SIGTERM end a watch with its report; with no patience at all it is that of the last look, and there is one.
#[cfg(unix)]
#[test]
fn an_interrupt_ends_a_watch_with_one_report() {
    let text = format!("{START}{REFUSED}");
    let traces = folder(&[(MESSENGER, text.as_bytes())]);
    let path = arg(traces.path());
    for (signal, patience) in [("-INT", "1h"), ("-TERM", "1h"), ("-INT", "1ms")] {
        let mut child = command([
            "follow",
            &path,
            "--format",
            "jsonl",
            "--interval",
            "1h",
            "--patience",
            patience,
        ])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let mut next = || lines.next().map(|line| line.expect("text"));
        // The verdict is the last line of the first look.
        while next().is_some_and(|line| !line.contains("\"kind\":\"verdict\"")) {}
        let kill = std::process::Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status();
        assert!(
            kill.is_ok_and(|status| status.success()),
            "there is no kill"
        );
        let rest: Vec<String> = std::iter::from_fn(next).collect();
        let reports = rest
            .iter()
            .filter(|line| line.contains("\"kind\":\"report\""));
        assert_eq!(reports.count(), 1, "{signal} {patience}: {rest:?}");
        assert_eq!(
            child.wait().expect("it ends").code(),
            Some(1),
            "{signal} {patience}"
        );
    }
}
