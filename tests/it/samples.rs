//! The samples against their own table, and their secrets against every output.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use regex::Regex;
use serde_json::Value;
use swyxtrace::model::Lang;
use swyxtrace::report::Format;

use crate::bench::{self, root};

/// One row of the table in `samples/README.md`.
struct Row {
    case: String,
    stage: String,
    class: String,
}

fn table() -> Vec<Row> {
    let text = fs::read_to_string(root().join("samples/README.md")).expect("samples/README.md");
    let row = Regex::new(r"(?m)^\| \[(\w+)\]\([^)]*\) \|[^|]*\| ([a-z-]+) \| ([a-z-]+) \|")
        .expect("a regex");
    row.captures_iter(&text)
        .map(|found| Row {
            case: found[1].into(),
            stage: found[2].into(),
            class: found[3].into(),
        })
        .collect()
}

fn json(case: &str) -> Value {
    bench::reports("report.json")[case].json()
}

/// The findings that are failures and that nothing made up for, causes first, as the report orders them.
fn open_causes(report: &Value) -> Vec<&Value> {
    let findings = report["findings"].as_array().expect("findings");
    let failed = |f: &&Value| f["severity"] == "error" || f["severity"] == "critical";
    findings
        .iter()
        .filter(|f| f["role"] == "cause" && f["recovered_at"].is_null())
        .filter(failed)
        .collect()
}

#[test]
fn the_table_names_every_sample_once() {
    let named: Vec<String> = table().into_iter().map(|row| row.case).collect();
    let set: BTreeSet<&String> = named.iter().collect();
    assert_eq!(set.len(), named.len(), "a sample stands in the table twice");
    assert_eq!(set, bench::samples().iter().collect());
}

#[test]
fn every_sample_is_diagnosed_as_the_table_says() {
    let mut wrong = Vec::new();
    for row in table() {
        let report = json(&row.case);
        let verdict = report["verdict"].as_str().expect("a verdict").to_owned();
        let causes = open_causes(&report);
        let first = causes.first().map(|f| {
            (
                f["stage"].as_str().unwrap_or(""),
                f["class"].as_str().unwrap_or(""),
            )
        });
        let failing = report["chain"]
            .as_array()
            .expect("a chain")
            .iter()
            .find(|step| step["status"] == "failed")
            .map(|step| step["stage"].as_str().unwrap_or("").to_owned());
        let right = if row.stage == "none" {
            ["healthy", "recovered"].contains(&verdict.as_str())
                && first.is_none()
                && failing.is_none()
        } else {
            verdict == "failure"
                && first == Some((row.stage.as_str(), row.class.as_str()))
                && failing.as_deref() == Some(row.stage.as_str())
        };
        if !right {
            wrong.push(format!(
                "{}: expected {} {}, found {verdict}, first cause {first:?}, failing step {failing:?}",
                row.case, row.stage, row.class
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} samples are judged wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn clean_logins_yield_no_finding_at_all() {
    for case in ["clean_login", "clean_login_noise", "dynamic_port"] {
        let report = json(case);
        assert_eq!(report["verdict"], "healthy", "{case}");
        assert_eq!(report["findings"], serde_json::json!([]), "{case}");
    }
}

#[test]
fn every_finding_points_home() {
    for case in bench::samples() {
        let report = json(&case);
        for finding in report["findings"].as_array().expect("findings") {
            let rule = finding["rule"].as_str().expect("a rule");
            assert!(
                root().join(format!("grammars/rules/{rule}.toml")).is_file(),
                "{case}: no rule {rule}"
            );
            let evidence = finding["evidence"].as_array().expect("evidence");
            assert!(!evidence.is_empty(), "{case}: {rule} has no evidence");
            for record in evidence {
                let source = record["source"].as_str().expect("a source");
                let text = fs::read(root().join(source))
                    .unwrap_or_else(|e| panic!("{case}: {source}: {e}"));
                let lines = text.split(|b| *b == b'\n').count() as u64;
                assert!(
                    (1..=lines).contains(&record["line"].as_u64().expect("a line")),
                    "{case}: {source}"
                );
            }
        }
    }
}

/// The secrets that stand in the samples: payloads and signatures of JWTs, values of authorisation headers, passwords.
pub fn planted() -> BTreeSet<String> {
    let jwt = Regex::new(r"eyJ[\w-]{8,}\.(eyJ[\w-]{8,})\.([\w-]{16,})").expect("a regex");
    let header = Regex::new(r"(?i)\b(?:bearer|basic) +([A-Za-z0-9+/_.=-]{16,})").expect("a regex");
    let mut secrets: BTreeSet<String> = ["Sommer2023!".to_owned(), "Sommer2023".to_owned()].into();
    for case in bench::samples() {
        for entry in fs::read_dir(root().join("samples").join(&case))
            .expect("a folder")
            .filter_map(Result::ok)
        {
            let text =
                String::from_utf8_lossy(&fs::read(entry.path()).expect("a file")).into_owned();
            for found in jwt.captures_iter(&text) {
                secrets.extend([found[1].to_owned(), found[2].to_owned()]);
            }
            secrets.extend(header.captures_iter(&text).map(|found| found[1].to_owned()));
        }
    }
    assert!(
        secrets.len() > 10,
        "the samples plant secrets, but only {} were found",
        secrets.len()
    );
    secrets
}

#[test]
fn no_secret_of_a_sample_gets_into_any_output() {
    let secrets = planted();
    for case in bench::samples() {
        for lang in [Lang::En, Lang::De] {
            let outcome = bench::analyze(&[root().join("samples").join(&case)], lang, 1 << 20, 2);
            for format in Format::ALL {
                let text = bench::render(&outcome.report, format);
                let leaked = secrets.iter().find(|secret| text.contains(secret.as_str()));
                assert_eq!(leaked, None, "{case} as {}", format.name());
            }
        }
    }
}

#[test]
fn secrets_in_evidence_and_in_unread_lines_are_removed() {
    let trace = "\
        password=Geheim123456 before any record\n\
        [2020-08-10 11:16:26.100] [info] SwyxMessenger starting, version 12.10\n\
        [2020-08-10 11:16:27.100] [info] Authorization: Basic cHJveHl1c2VyOlNvbW1lcjIwMjMh\n\
        [2020-08-10 11:16:28.100] [error] POST https://anna:Geheim123456@swyx-imsecurity.k8s.ispworks.nl/token?access_token=AbCdEf0123456789AbCdEf failed: \
        getaddrinfo ENOTFOUND swyx-imsecurity.k8s.ispworks.nl Authorization: Bearer AbCdEf0123456789AbCdEfXyZ password: Geheim123456\n\
        [2020-08-10 11:16:29.100] [info] token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJnZWhlaW0ifQ.c2lnbmF0dXJlLXRoYXQtaXMtc2VjcmV0\n";
    let folder = bench::folder(&[("SwyxMessenger-2020-08-10.log", trace.as_bytes())]);
    let outcome = bench::analyze(&[PathBuf::from(folder.path())], Lang::En, 1 << 20, 1);
    assert!(
        !outcome.report.findings.is_empty(),
        "the failure itself is found"
    );
    for format in Format::ALL {
        let text = bench::render(&outcome.report, format);
        for secret in [
            "Geheim123456",
            "cHJveHl1c2Vy",
            "AbCdEf0123456789",
            "eyJzdWIi",
            "c2lnbmF0dXJl",
        ] {
            assert!(
                !text.contains(secret),
                "{secret} as {}\n{text}",
                format.name()
            );
        }
    }
}

/// Bytes of all files below a folder.
fn on_disk(folder: &std::path::Path) -> u64 {
    let files = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|e| e.expect("an entry"));
    let files = files.filter(|e| e.file_type().is_file());
    files.map(|e| e.metadata().expect("a size").len()).sum()
}

/// Bytes that the report tells of: read, or left alone with a reason.
fn told(report: &serde_json::Value) -> u64 {
    let bytes = |list: &str| -> u64 {
        let all = report[list].as_array().expect("a list");
        all.iter()
            .map(|s| s["bytes"].as_u64().expect("a size"))
            .sum()
    };
    bytes("sources") + bytes("left_alone")
}

#[test]
fn the_bytes_that_were_read_and_left_alone_are_those_of_the_folder() {
    for case in bench::samples() {
        let folder = bench::root().join("samples").join(&case);
        let archives = walkdir::WalkDir::new(&folder)
            .into_iter()
            .filter_map(Result::ok);
        let packed = archives
            .filter(|e| e.path().extension().is_some_and(|x| x == "zip"))
            .count();
        if packed > 0 {
            continue;
        }
        let report = bench::run(["analyze", &bench::arg(&folder), "--format", "json"]).json();
        assert_eq!(told(&report), on_disk(&folder), "{case}");
    }
}

#[test]
fn a_server_that_only_the_package_names_is_a_host_of_the_chain() {
    let trace = b"2020-08-10 11:16:00,123 - m - INFO - SwyxMessenger 12.10.4561 started\n\
        2020-08-10 11:16:00,400 - m - INFO - GET http://127.0.0.1:5000/user -> 200 OK\n\
        2020-08-10 11:16:01,000 - m - ERROR - getaddrinfo ENOTFOUND telefon.firma.local\n";
    let settings = b"[Server]\r\nServerName=telefon.firma.local\r\n";
    let stage_of = |files: &[(&str, &[u8])]| {
        let folder = bench::folder(files);
        let report = bench::run(["analyze", &bench::arg(folder.path()), "--format", "json"]).json();
        let first = &report["findings"][0];
        (first["stage"].to_string(), first["confidence"].to_string())
    };
    let name = "SwyxMessenger-2020-08-10.log";
    // By the order of the chain it can be no other stage; sure it is only once the package names the host.
    let guessed = stage_of(&[(name, trace)]);
    assert_eq!(guessed, ("\"server-api\"".into(), "\"likely\"".into()));
    let both = stage_of(&[(name, trace), ("CLMgr.ini", settings)]);
    assert_eq!(both, ("\"server-api\"".into(), "\"certain\"".into()));
}

#[test]
fn copies_binaries_empty_files_and_members_are_in_the_sum() {
    let trace = b"2020-08-10 11:16:00,123 - m - INFO - hello\n".repeat(40);
    let dump = [b"MDMP\x93\xa7".as_slice(), &[7; 3000]].concat();
    let member = b"2020-08-09 11:16:00,123 - m - INFO - the day before\n".repeat(30);
    let mut packed = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    packed
        .start_file("old.log", zip::write::SimpleFileOptions::default())
        .expect("a member");
    std::io::Write::write_all(&mut packed, &member).expect("a member");
    let packed = packed.finish().expect("an archive").into_inner();
    let folder = bench::folder(&[
        ("SwyxMessenger-2020-08-10.log", trace.as_slice()),
        ("sub/Kopie von SwyxMessenger-2020-08-10.log", &trace),
        ("empty.log", b""),
        ("README.md", b"notes"),
        ("crash.dmp", &dump),
        ("old.zip", &packed),
        ("netstat.txt", b"  Proto  Local Address  Foreign Address  State  PID\n  TCP  127.0.0.1:5000  0.0.0.0:0  LISTENING  4711\n"),
    ]);
    let report = bench::run(["analyze", &bench::arg(folder.path()), "--format", "json"]).json();
    // An archive is what is in it.
    let expected = on_disk(folder.path()) - packed.len() as u64 + member.len() as u64;
    assert_eq!(told(&report), expected, "{report:#}");
}
