//! The contract of the command line. Scripts and ticket systems rely on it.

use std::fs;
use std::process::Stdio;

use crate::bench::{arg, command, finish, folder, reports, root, run, run_with_input};
use crate::check::RULE;

const CLEAN: &str = "samples/clean_login";
const FAILED: &str = "samples/port_5000_collision";

/// A login that only begins.
const BEGUN: &str = "\
[2020-08-10 11:16:26.100] [info] SwyxMessenger starting, version 12.10
[2020-08-10 11:16:27.100] [info] requesting GET http://127.0.0.1:5000/user
";

/// A login that fails at the first request.
const REFUSED: &str = "\
[2020-08-10 11:16:26.100] [info] SwyxMessenger starting, version 12.10
[2020-08-10 11:16:27.100] [info] requesting GET http://127.0.0.1:5000/user
[2020-08-10 11:16:29.123] [error] connect ECONNREFUSED 127.0.0.1:5000
";

pub fn analyze(args: &[&str]) -> crate::bench::Run {
    run(["analyze", "--tz", "Europe/Berlin", "--lang", "en"]
        .iter()
        .chain(args))
}

#[test]
fn help_lists_exit_codes_and_severities() {
    for args in [&["--help"][..], &["analyze", "--help"], &["analyze", "-h"]] {
        let help = run(args).exits(0).text();
        for code in 0..5 {
            assert!(
                help.contains(&format!("  {code}  ")),
                "{args:?} does not list exit code {code}:\n{help}"
            );
        }
        assert!(
            help.contains("critical, error, warning, info"),
            "{args:?}\n{help}"
        );
    }
    let version = run(["--version"]).exits(0).text();
    assert_eq!(
        version.trim(),
        format!("swyxtrace {}", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn zero_is_healthy_or_recovered() {
    analyze(&[CLEAN]).exits(0);
    let recovered = analyze(&["samples/recovered_login", "--format", "json"]).exits(0);
    assert_eq!(recovered.json()["verdict"], "recovered");
}

#[test]
fn one_is_a_failure_at_or_above_the_bar() {
    analyze(&[FAILED]).exits(1);
    analyze(&[FAILED, "--fail-on", "info"]).exits(1);
    // A sample whose worst finding is an error passes a bar of critical, and is no health either.
    let below = reports("report.json").iter().find(|(_, run)| {
        let report = run.json();
        let findings = report["findings"].as_array().expect("findings");
        report["verdict"] == "failure" && findings.iter().all(|f| f["severity"] != "critical")
    });
    let (case, _) = below.expect("some sample has no critical finding");
    let path = format!("samples/{case}");
    analyze(&[&path, "--fail-on", "error"]).exits(1);
    analyze(&[&path, "--fail-on", "critical"]).exits(0);
}

#[test]
fn two_is_wrong_usage_and_says_what_is_wrong() {
    let wrong: &[(&[&str], &str)] = &[
        (&["analyze", "samples/nowhere"], "samples/nowhere"),
        (&["analyze", CLEAN, "samples/nowhere"], "samples/nowhere"),
        (&["analyze", CLEAN, "--tz", "Mars/Olympus"], "Mars/Olympus"),
        (&["analyze", CLEAN, "--since", "soonish"], "soonish"),
        (&["analyze", CLEAN, "--until", "32.08.2020"], "32.08.2020"),
        (&["analyze", CLEAN, "--jobs", "0"], "--jobs"),
        (&["analyze", CLEAN, "--format", "pdf"], "pdf"),
        (&["analyze", CLEAN, "--fail-on", "sometimes"], "sometimes"),
        (
            &["analyze", CLEAN, "--as", "no-such-format"],
            "no-such-format",
        ),
        (
            &["analyze", CLEAN, "--grammars", "samples/nowhere"],
            "samples/nowhere",
        ),
        (&["explain", "samples/nowhere"], "samples/nowhere"),
        (&["timeline", "samples/nowhere"], "samples/nowhere"),
        (&["frobnicate"], "frobnicate"),
    ];
    for (args, named) in wrong {
        let run = run(*args).exits(2);
        assert!(
            run.err.contains(named),
            "{args:?} does not name {named}: {}",
            run.err
        );
        assert!(
            run.out.is_empty(),
            "{args:?} writes to standard output: {}",
            run.text()
        );
    }
    run([] as [&str; 0]).exits(2);
}

#[test]
fn three_is_nothing_to_read() {
    let empty = folder(&[]);
    let run = analyze(&[&arg(empty.path())]).exits(3);
    assert!(
        !run.err.is_empty() || !run.out.is_empty(),
        "it ends without a word"
    );
    let binary = folder(&[(
        "SwyxMessenger.exe",
        b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0",
    )]);
    analyze(&[&arg(binary.path())]).exits(3);
}

#[test]
fn four_is_not_enough_to_vouch_for() {
    let begun = folder(&[("SwyxMessenger-2020-08-10.log", BEGUN.as_bytes())]);
    let run = analyze(&[&arg(begun.path()), "--format", "json"]).exits(4);
    let report = run.json();
    assert_eq!(report["verdict"], "insufficient");
    assert!(
        !report["coverage"].as_array().expect("coverage").is_empty(),
        "it says what to send instead"
    );
}

#[test]
fn a_dash_is_standard_input() {
    let run = run_with_input(
        &[
            "analyze",
            "-",
            "--tz",
            "Europe/Berlin",
            "--lang",
            "en",
            "--format",
            "json",
        ],
        REFUSED.as_bytes(),
    );
    let report = run.exits(1).json();
    assert_eq!(report["sources"][0]["path"], "-");
    assert_eq!(report["findings"][0]["class"], "local-helper-down");
}

#[test]
fn standard_input_and_a_file_with_the_same_bytes_tell_the_same() {
    let file = root().join(FAILED).join("SwyxMessenger-2020-08-10.log");
    let bytes = fs::read(&file).expect("a sample");
    let args = ["--tz", "Europe/Berlin", "--lang", "en", "--format", "json"];
    let from_file = run(["analyze", &arg(&file)].iter().copied().chain(args)).json();
    let from_input = run_with_input(&[&["analyze", "-"][..], &args].concat(), &bytes).json();
    let gist = |report: &serde_json::Value| {
        let findings = report["findings"].as_array().expect("findings").iter();
        let gist = findings.map(|f| {
            format!(
                "{} {} {} {}",
                f["rule"], f["stage"], f["count"], f["first_seen"]
            )
        });
        (report["verdict"].clone(), gist.collect::<Vec<_>>())
    };
    assert_eq!(gist(&from_file), gist(&from_input));
}

#[test]
fn without_a_path_the_users_traces_folders_are_read() {
    let home = folder(&[(
        "Temp/Swyx/Traces/SwyxMessenger-2020-08-10.log",
        REFUSED.as_bytes(),
    )]);
    let with = |name: &str, value: &std::path::Path| {
        let mut command = command([
            "analyze",
            "--tz",
            "Europe/Berlin",
            "--lang",
            "en",
            "--format",
            "json",
        ]);
        for name in ["LOCALAPPDATA", "TEMP", "ProgramData"] {
            command.env_remove(name);
        }
        finish(command.env(name, value)).exits(1).json()
    };
    let by_local = with("LOCALAPPDATA", home.path());
    assert_eq!(by_local["findings"][0]["class"], "local-helper-down");
    with("TEMP", &home.path().join("Temp"));
    // On a terminal server every session has a numbered folder below the one that holds the traces.
    fs::create_dir(home.path().join("Temp/2")).expect("a folder");
    with("TEMP", &home.path().join("Temp/2"));
}

#[test]
fn without_a_path_and_without_a_traces_folder_it_says_so() {
    // The folder above %TEMP% is looked at too, as terminal servers need it: it has to be empty as well.
    let empty = folder(&[]);
    let temp = empty.path().join("Temp");
    fs::create_dir(&temp).expect("a folder");
    for set in [false, true] {
        let mut command = command(["analyze", "--lang", "en"]);
        for name in ["LOCALAPPDATA", "TEMP", "ProgramData"] {
            if set {
                command.env(name, &temp)
            } else {
                command.env_remove(name)
            };
        }
        let run = finish(&mut command).exits(3);
        let said = format!("{}{}", run.err, run.text());
        assert!(
            said.contains("Traces"),
            "variables set: {set}: no clear sentence: {said}"
        );
    }
}

#[test]
fn a_binary_file_in_a_folder_is_a_problem_and_no_trace() {
    let files: &[(&str, &[u8])] = &[
        ("SwyxMessenger-2020-08-10.log", REFUSED.as_bytes()),
        (
            "crash.dmp",
            b"MDMP\x93\xa7\0\0\x10\0\0\0\x20\0\0\0ECONNREFUSED 127.0.0.1:5000\0\0\0\x01\x02",
        ),
    ];
    let traces = folder(files);
    let report = analyze(&[&arg(traces.path()), "--format", "json"])
        .exits(1)
        .json();
    let problems = report["problems"].as_array().expect("problems");
    assert!(
        problems.iter().any(|p| p["source"]
            .as_str()
            .is_some_and(|s| s.ends_with("crash.dmp"))),
        "{problems:?}"
    );
    assert_eq!(report["sources"].as_array().map(Vec::len), Some(1));
    let text = analyze(&[&arg(traces.path())]).text();
    assert!(text.contains("crash.dmp"), "{text}");
}

#[test]
fn a_closed_pipe_is_success() {
    let mut child = command(["analyze", FAILED, "--lang", "en"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn an_output_file_holds_what_standard_output_would() {
    let place = folder(&[]);
    for format in ["text", "markdown", "json", "jsonl"] {
        let path = place.path().join(format!("report.{format}"));
        let run = analyze(&[FAILED, "--format", format, "-o", &arg(&path)]).exits(1);
        assert!(run.out.is_empty(), "{format}: {}", run.text());
        let printed = analyze(&[FAILED, "--format", format]).exits(1);
        assert_eq!(fs::read(&path).expect("the file"), printed.out, "{format}");
    }
    assert_eq!(
        fs::read_dir(place.path()).expect("a folder").count(),
        4,
        "no temporary file stays behind"
    );
}

#[test]
fn an_output_that_cannot_be_written_is_named() {
    let run = analyze(&[FAILED, "-o", "samples/nowhere/report.txt"]).exits(2);
    assert!(
        run.err.contains("samples/nowhere/report.txt"),
        "{}",
        run.err
    );
}

#[test]
fn there_are_no_colours_where_there_is_no_terminal() {
    for value in [None, Some("1")] {
        let mut command = command(["analyze", FAILED, "--lang", "en"]);
        value.map(|value| command.env("NO_COLOR", value));
        let run = finish(&mut command).exits(1);
        assert!(!run.out.contains(&0x1b), "NO_COLOR {value:?}");
        assert!(
            run.err.is_empty(),
            "a progress bar without a terminal: {}",
            run.err
        );
    }
}

#[test]
fn a_broken_rule_of_the_user_exits_2_with_path_and_line() {
    let own = folder(&[(
        "rules/resource/gadget.toml",
        RULE.replace("severity =", "gravity =").as_bytes(),
    )]);
    for subcommand in ["check", "rules", "formats"] {
        let run = run([subcommand, "--grammars", &arg(own.path())]).exits(2);
        assert!(
            run.err.contains("gadget.toml:6"),
            "{subcommand}: {}",
            run.err
        );
    }
    let run = analyze(&[CLEAN, "--grammars", &arg(own.path())]).exits(2);
    assert!(run.err.contains("gadget.toml:6"), "{}", run.err);
}

#[test]
fn lists_name_what_can_be_named() {
    let formats = run(["formats"]).exits(0).text();
    for format in [
        "electron-log",
        "nlog",
        "log4net",
        "serilog-file",
        "mel-console",
        "pino",
        "chromium",
    ] {
        assert!(
            formats
                .lines()
                .any(|line| line.split_whitespace().next() == Some(format)),
            "{format}\n{formats}"
        );
    }
    let rules = run(["rules", "--lang", "de"]).exits(0).text();
    assert!(rules.lines().count() > 100);
    let checked = run(["check"]).exits(0).text();
    assert!(checked.starts_with("ok: "), "{checked}");
}

#[test]
fn a_forced_format_reads_every_file_with_it() {
    let report = analyze(&[CLEAN, "--as", "electron-log", "--format", "json"]).json();
    for source in report["sources"].as_array().expect("sources") {
        assert_eq!(source["format_basis"], "forced", "{source}");
    }
}

#[test]
fn the_language_is_the_asked_one() {
    let german = run(["analyze", FAILED, "--tz", "Europe/Berlin", "--lang", "de"])
        .exits(1)
        .text();
    assert!(
        german.contains("Die Anmeldung scheitert an Schritt 2 von 6"),
        "{german}"
    );
    let report = run(["analyze", FAILED, "--lang", "de", "--format", "json"])
        .exits(1)
        .json();
    assert_eq!(report["lang"], "de");
}

#[test]
fn explain_says_how_a_file_is_read() {
    let run = run([
        "explain",
        "samples/port_5000_collision/SwyxMessenger-2020-08-10.log",
    ])
    .exits(0);
    assert!(run.text().contains("electron-log"), "{}", run.text());
}

/// A ZIP with one trace in it, encrypted with this password.
fn locked(password: &str) -> tempfile::TempDir {
    use std::io::Write as _;
    let folder = folder(&[]);
    let file = fs::File::create(folder.path().join("locked.zip")).expect("a file");
    let mut zip = zip::ZipWriter::new(file);
    let options = zip::write::SimpleFileOptions::default()
        .with_aes_encryption(zip::AesMode::Aes256, password);
    zip.start_file("SwyxMessenger-2020-08-10.log", options)
        .expect("a member");
    zip.write_all(REFUSED.as_bytes()).expect("its text");
    zip.finish().expect("a ZIP");
    folder
}

#[test]
fn a_dropped_archive_with_a_password_asks_for_it() {
    let folder = locked("Herbst 2021");
    let archive = arg(&folder.path().join("locked.zip"));
    let typed = run_with_input(
        &[&archive, "--no-open", "--lang", "de"],
        b"falsch\r\nHerbst 2021\r\n",
    )
    .exits(1);
    assert!(
        typed.err.contains("ist verschlüsselt. Kennwort: "),
        "{}",
        typed.err
    );
    assert!(typed.text().contains("5000"), "{}", typed.text());
    assert!(!typed.err.contains("Herbst") && !typed.text().contains("Herbst"));
    // Nobody answers: it is said, and the program ends.
    let silent = run_with_input(&[&archive, "--no-open", "--lang", "en"], b"").exits(3);
    assert!(silent.text().contains("password"), "{}", silent.text());
}

#[test]
fn a_mistyped_rule_or_path_is_answered_with_what_was_meant() {
    let trace = format!("{FAILED}/SwyxMessenger-2020-08-10.log:1");
    let slip = run(["explain", "--why", "local-helper-down/node-refusd", &trace]).exits(2);
    assert!(
        slip.err
            .contains("did you mean `local-helper-down/node-refused`"),
        "{}",
        slip.err
    );
    let slip = run(["explain", "local-helper-down/node-refusd"]).exits(2);
    assert!(
        slip.err
            .contains("did you mean `local-helper-down/node-refused`"),
        "{}",
        slip.err
    );
    let missing = run(["nowhere/traces"]).exits(2);
    assert!(
        missing.err.contains("there is no such file or folder"),
        "{}",
        missing.err
    );
    let missing = run(["nosuchdir"]).exits(2);
    assert!(
        missing.err.contains("no file or folder of that name"),
        "{}",
        missing.err
    );
}

#[test]
fn outputs_of_an_earlier_run_are_no_traces_in_any_format() {
    let traces = tempfile::tempdir().expect("a folder");
    for entry in std::fs::read_dir(root().join("samples/jwt_expired")).expect("a sample") {
        let path = entry.expect("a file").path();
        std::fs::copy(&path, traces.path().join(path.file_name().expect("a name")))
            .expect("a copy");
    }
    let path = arg(traces.path());
    let attempts = |report: &serde_json::Value| {
        let clients = report["clients"].as_array().expect("a list").clone();
        let count = |c: &serde_json::Value| c["attempts"].as_array().map_or(0, Vec::len);
        (
            clients.iter().map(count).sum::<usize>(),
            report["sources"].as_array().map(Vec::len),
        )
    };
    let analyzed = || attempts(&run(["analyze", &path, "--format", "json"]).json());
    let before = analyzed();
    for (job, format) in [
        ("analyze", "text"),
        ("analyze", "markdown"),
        ("analyze", "json"),
        ("analyze", "jsonl"),
        ("analyze", "html"),
        ("timeline", "text"),
        ("timeline", "csv"),
        ("timeline", "jsonl"),
        ("timeline", "timesketch"),
        ("timeline", "otlp"),
    ] {
        for lang in ["de", "en"] {
            let name = arg(&traces.path().join(format!("{job}-{format}-{lang}.out.txt")));
            let mut args = vec![job, &path, "--format", format, "-o", &name];
            if job == "analyze" {
                args.extend(["--lang", lang]);
            }
            run(args);
            assert_eq!(analyzed(), before, "{job} --format {format}, {lang}");
        }
    }
    // A copy that may be sent on is known by what it says of itself, under any name, and no copy of a copy is made.
    let copy = arg(&traces.path().join("for the vendor.zip"));
    run(["anonymize", &path, "-o", &copy]).exits(0);
    let size = std::fs::metadata(&copy).expect("a copy").len();
    assert_eq!(analyzed(), before, "a copy beside the traces");
    let again = arg(&traces.path().join("again.zip"));
    run(["anonymize", &path, "-o", &again]).exits(0);
    assert_eq!(std::fs::metadata(&again).expect("a copy").len(), size);
    // Whoever gets it reads it: as a file, and in a folder of its own.
    let other = tempfile::tempdir().expect("a folder");
    std::fs::copy(&copy, other.path().join("got it.zip")).expect("a copy");
    for path in [arg(&other.path().join("got it.zip")), arg(other.path())] {
        let report = run(["analyze", &path, "--format", "json"]).json();
        assert_eq!(attempts(&report), before, "{path}");
    }
}

#[test]
fn a_log_with_bars_is_no_timeline() {
    let traces = folder(&[
        (
            "SwyxMessenger-2020-08-10.log",
            b"[2020-08-10 11:16:26.100] [info] SwyxMessenger starting, version 12.10\n".repeat(3).as_slice(),
        ),
        (
            "ComSocket-20200810-111559.log",
            "2020-08-10 11:15:59.005 | INF | loaded\n".repeat(5).as_bytes(),
        ),
        (
            "other.log",
            "SwyxMessenger-2020-08-10.log | seen\nsomething else | seen\nSwyxMessenger-2020-08-10.log | x\n".as_bytes(),
        ),
    ]);
    let report = run(["analyze", &arg(traces.path()), "--format", "json"]).json();
    assert_eq!(
        report["sources"].as_array().map(Vec::len),
        Some(3),
        "{}",
        report["left_alone"]
    );
}

#[test]
fn of_several_clients_headline_and_chain_say_whose_they_are() {
    let paths = [
        "samples/jwt_expired",
        "samples/proxy_websocket",
        "samples/clean_login",
    ];
    for (lang, chain) in [("en", "Stages"), ("de", "Schritte")] {
        let report = |format: &str| {
            let args = [&["analyze", "--lang", lang, "--format", format][..], &paths].concat();
            run(args).text()
        };
        let json: serde_json::Value = serde_json::from_str(&report("json")).expect("JSON");
        let client = json["client"].as_str().expect("a client").to_owned();
        let headline = json["headline"].as_str().expect("a headline");
        assert!(headline.starts_with(&format!("{client}: ")), "{headline}");
        // The finding of the chain is one of that client.
        let of_chain = json["chain"].as_array().expect("a chain");
        let id = of_chain
            .iter()
            .find_map(|step| step["finding"].as_str())
            .expect("a finding");
        let findings = json["findings"].as_array().expect("findings");
        let finding = findings
            .iter()
            .find(|f| f["id"] == id)
            .expect("it is there");
        assert!(
            finding["clients"].to_string().contains(&client),
            "{finding}"
        );
        for format in ["text", "markdown", "html"] {
            let text = report(format);
            let plain = text.replace('\\', "");
            assert!(
                plain.contains(&format!("{chain} ({client})")),
                "{format}: {plain}"
            );
            // And each finding says whose it is.
            let told = match format {
                "text" => format!("{client} | "),
                "markdown" => format!("Client: {client}"),
                _ => format!("{client} · "),
            };
            assert!(plain.contains(&told), "{format}: {told}: {plain}");
        }
    }
    let one = run([
        "analyze",
        "samples/jwt_expired",
        "--lang",
        "en",
        "--format",
        "json",
    ])
    .json();
    assert!(
        one["client"].is_null()
            && one["headline"]
                .as_str()
                .is_some_and(|h| h.starts_with("The login"))
    );
}

#[test]
fn a_check_of_the_whole_report_names_the_host_that_the_finding_names() {
    for lang in ["en", "de"] {
        let report = run([
            "analyze",
            "samples/server_refused",
            "--lang",
            lang,
            "--format",
            "json",
        ])
        .json();
        let checks = report["next_checks"].to_string();
        assert!(
            checks.contains("Test-NetConnection 192.168.10.20 -Port 9100"),
            "{checks}"
        );
    }
}

#[test]
fn a_german_report_calls_the_server_by_its_german_name() {
    let text = run(["analyze", "samples/jwt_expired", "--lang", "de"]).text();
    assert!(
        text.contains("SwyxWare-Server 12.10") && !text.contains("SwyxWare server"),
        "{text}"
    );
}
