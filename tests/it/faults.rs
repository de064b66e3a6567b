//! Faults while it runs: each ends with the right exit code and message, no half of an output, and nothing left behind.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use swyxtrace::config::WindowSpec;
use swyxtrace::discover::{DiscoverOptions, Discovery, Place, discover};
use swyxtrace::model::Lang;
use swyxtrace::pipeline::{self, Outcome, Progress, Settings};
use swyxtrace::report::Format;
use swyxtrace::scan::place::ZoneOf;

use crate::bench::{self, arg, command, finish, folder, run};

pub const NAME: &str = "SwyxMessenger-2020-08-10.log";
const FAILED: &str = "samples/port_5000_collision";

pub fn lines(count: usize) -> String {
    (0..count)
        .map(|n| format!("[2020-08-10 11:{:02}:{:02}.100] [info] requesting GET http://127.0.0.1:5000/user, try {n}\n", n / 60 % 60, n % 60))
        .collect()
}

pub fn settings(progress: &Progress) -> Settings<'_> {
    Settings {
        catalog: bench::catalog(),
        lang: Lang::En,
        zone: ZoneOf::Named(chrono_tz::Europe::Berlin),
        zone_name: "Europe/Berlin".into(),
        zone_basis: "option",
        zones: Vec::new(),
        window: WindowSpec::default(),
        now: None,
        block: 1 << 12,
        force: None,
        anonymizer: None,
        spool: None,
        progress,
    }
}

fn found(path: &Path) -> Discovery {
    discover(&[Place::from(path.to_owned())], &DiscoverOptions::default())
}

/// Finds the trace, lets something happen to it, and only then reads it.
fn after(happens: impl FnOnce(&Path)) -> Outcome {
    let traces = folder(&[(NAME, lines(2_000).as_bytes())]);
    let path = traces.path().join(NAME);
    let discovery = found(traces.path());
    happens(&path);
    let progress = Progress::default();
    let outcome = pipeline::analyze(&settings(&progress), &discovery);
    // Whatever happened, every output can be written.
    for format in Format::ALL {
        bench::render(&outcome.report, format);
    }
    outcome
}

fn told(outcome: &Outcome) -> String {
    outcome
        .report
        .problems
        .iter()
        .map(|p| format!("{}\n", p.text))
        .collect()
}

#[test]
fn a_file_that_is_deleted_before_it_is_read_is_a_loss() {
    let outcome = after(|path| fs::remove_file(path).expect("it is there"));
    assert!(outcome.lossy && !outcome.any_read);
    assert!(told(&outcome).contains("gone"), "{}", told(&outcome));
}

#[test]
fn a_file_that_is_truncated_is_read_as_far_as_it_goes_and_says_so() {
    let outcome = after(|path| {
        let file = File::options().write(true).open(path).expect("the file");
        file.set_len(40_000).expect("shorter");
    });
    assert!(outcome.lossy && outcome.any_read);
    assert!(told(&outcome).contains("shorter"), "{}", told(&outcome));
    assert!(outcome.report.sources[0].lines < 2_000);
}

#[test]
fn a_file_that_grows_is_read_as_it_is_when_it_is_opened() {
    let outcome = after(|path| {
        let mut file = File::options().append(true).open(path).expect("the file");
        file.write_all(lines(50).as_bytes()).expect("longer");
    });
    assert!(!outcome.lossy, "{}", told(&outcome));
    assert_eq!(outcome.report.sources[0].lines, 2_050);
}

#[test]
fn a_file_that_is_replaced_by_another_one_is_read_without_a_panic() {
    let outcome = after(|path| {
        fs::remove_file(path).expect("it is there");
        fs::write(path, lines(10)).expect("another file");
    });
    // It is another, shorter file: what is missing is told.
    assert!(outcome.lossy, "{}", told(&outcome));
    let outcome = after(|path| {
        fs::remove_file(path).expect("it is there");
        fs::create_dir(path).expect("a folder of that name");
    });
    assert!(outcome.lossy && !outcome.any_read, "{}", told(&outcome));
}

/// Windows has locks that keep readers out (`scripts/windows/test.py` has one); elsewhere it is the permission.
#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_a_loss_and_named() {
    use std::os::unix::fs::PermissionsExt;
    let traces = folder(&[
        (NAME, lines(20).as_bytes()),
        ("ComSocket-20200810-111556.log", lines(5).as_bytes()),
    ]);
    let path = traces.path().join(NAME);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("a mode");
    if File::open(&path).is_ok() {
        println!("SKIPPED: this user may read everything");
        return;
    }
    let told = run(["analyze", &arg(traces.path()), "--lang", "en"])
        .exits(4)
        .text();
    assert!(
        told.contains(NAME) && told.contains("access denied"),
        "{told}"
    );
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|e| {
            e.expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

/// The subcommands with an output file.
fn writers(output: &str) -> [Vec<String>; 3] {
    let own = |args: &[&str]| args.iter().map(|a| (*a).to_owned()).collect();
    [
        own(&["analyze", FAILED, "--format", "html", "-o", output]),
        own(&["timeline", FAILED, "--format", "csv", "-o", output]),
        own(&["anonymize", FAILED, "-o", output]),
    ]
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_leaves_nothing() {
    for args in writers("/dev/full") {
        let full = run(&args).exits(2);
        assert!(
            full.err.contains("/dev/full") && full.err.contains("No space left"),
            "{args:?}: {}",
            full.err
        );
        assert!(!full.err.contains("panicked"), "{}", full.err);
    }
    assert!(
        fs::symlink_metadata("/dev/full").is_ok_and(|m| !m.is_file()),
        "the device is still one"
    );
    assert!(
        !names(Path::new("/dev"))
            .iter()
            .any(|name| name.contains(".part"))
    );
    for args in [
        ["analyze", FAILED],
        ["timeline", FAILED],
        ["rules", "--lang=en"],
        ["check", "--coverage"],
        ["schema", "rule"],
        ["follow", "--help"],
    ] {
        let mut command = command(args);
        let full = finish(
            command
                .stdout(
                    File::options()
                        .write(true)
                        .open("/dev/full")
                        .expect("the device"),
                )
                .stderr(Stdio::piped()),
        );
        assert_eq!(full.code, 2, "{args:?}: {}", full.err);
        assert!(full.err.contains("disk full"), "{args:?}: {}", full.err);
    }
}

#[test]
fn an_output_in_a_place_that_cannot_be_written_leaves_nothing() {
    let place = folder(&[("there/keep.txt", b"kept")]);
    // A folder of that name; a folder that is not there.
    for (target, beside) in [("there", ""), ("missing/report.html", "")] {
        let target = place.path().join(target);
        for args in writers(&arg(&target)) {
            let refused = run(&args).exits(2);
            assert!(
                refused.err.contains(&arg(&target)),
                "{args:?}: {}",
                refused.err
            );
        }
        assert_eq!(names(&place.path().join(beside)), ["there"]);
        assert_eq!(names(&place.path().join("there")), ["keep.txt"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_folder_is_told_and_leaves_nothing() {
    // Nobody writes here, not even the administrator.
    for args in writers("/proc/report.html") {
        let refused = run(&args).exits(2);
        assert!(
            refused.err.contains("/proc/report.html"),
            "{args:?}: {}",
            refused.err
        );
    }
}

#[test]
fn an_older_output_is_whole_until_the_new_one_is() {
    let place = folder(&[("report.html", b"the old one")]);
    let target = place.path().join("report.html");
    let broken = run([
        "analyze",
        "samples/nowhere",
        "--format",
        "html",
        "-o",
        &arg(&target),
    ]);
    broken.exits(2);
    assert_eq!(fs::read(&target).expect("it is there"), b"the old one");
    run(["analyze", FAILED, "--format", "html", "-o", &arg(&target)]).exits(1);
    assert!(
        fs::read_to_string(&target)
            .expect("it is there")
            .ends_with("</html>\n")
    );
    assert_eq!(names(place.path()), ["report.html"]);
}

#[cfg(unix)]
#[test]
fn a_link_as_output_stays_a_link() {
    let place = folder(&[("real.html", b"old")]);
    let link = place.path().join("link.html");
    std::os::unix::fs::symlink(place.path().join("real.html"), &link).expect("a link");
    run(["analyze", FAILED, "--format", "html", "-o", &arg(&link)]).exits(1);
    assert!(fs::symlink_metadata(&link).expect("the link").is_symlink());
    assert!(
        fs::metadata(place.path().join("real.html"))
            .expect("a file")
            .len()
            > 1000
    );
}

/// Ctrl-C while a report, a timeline or a copy is made: 130, no output, nothing half, no temporary file.
#[cfg(unix)]
#[test]
fn an_interrupt_at_any_moment_leaves_nothing() {
    let traces = folder(&[(NAME, lines(200_000).as_bytes())]);
    let mut interrupted = 0;
    for (index, millis) in [20, 60, 150, 300, 600, 1200].into_iter().enumerate() {
        let place = folder(&[]);
        let temporary = folder(&[]);
        let target = place.path().join("out");
        let (source, output) = (arg(traces.path()), arg(&target));
        let args: Vec<&str> = match index % 3 {
            0 => vec![
                "timeline", &source, "--format", "csv", "-o", &output, "--jobs", "1",
            ],
            1 => vec!["anonymize", &source, "-o", &output, "--jobs", "1"],
            _ => vec![
                "analyze",
                "-",
                "--anonymize",
                "--format",
                "html",
                "-o",
                &output,
                "--jobs",
                "1",
            ],
        };
        let mut child = command(&args)
            .env("TMPDIR", temporary.path())
            .stdin(File::open(traces.path().join(NAME)).expect("the trace"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        std::thread::sleep(Duration::from_millis(millis));
        let kill = std::process::Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status();
        assert!(kill.is_ok(), "there is no kill");
        let mut err = String::new();
        child
            .stderr
            .take()
            .expect("piped")
            .read_to_string(&mut err)
            .expect("text");
        let status = child.wait().expect("it ends");
        assert!(!err.contains("panicked"), "{err}");
        // Before the handler stands, the signal itself ends it; a fast machine may be done.
        let ended = status.code();
        let left = names(place.path());
        if matches!(ended, Some(130) | None) {
            interrupted += 1;
            assert!(
                left.is_empty() || left == ["out"],
                "{args:?} after {millis} ms: {left:?}"
            );
        } else {
            assert_eq!(
                left,
                ["out"],
                "{args:?} after {millis} ms ended with {ended:?}: {err}"
            );
        }
        assert_eq!(
            names(temporary.path()),
            Vec::<String>::new(),
            "{args:?} after {millis} ms"
        );
    }
    assert!(interrupted > 0, "no run was caught");
}

/// Before its handler stands, a signal kills a program as it would any other: so it is the first thing that is done.
#[test]
fn nothing_comes_before_the_handler_of_interrupts() {
    let source = fs::read_to_string(bench::root().join("src/cli/mod.rs")).expect("the source");
    let main = source
        .split("pub fn main()")
        .nth(1)
        .expect("it begins there");
    let first = main
        .lines()
        .skip(1)
        .map(str::trim)
        .find(|line| !line.starts_with("//"));
    assert_eq!(first, Some("output::clean_up_at_interrupt();"));
}

/// What is wrong is told once: as the report's, not again as the source's.
#[test]
fn a_problem_is_told_once_in_every_format_for_people() {
    let mut broken: Vec<u8> = vec![0xff, 0xfe];
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    broken.extend(wide(
        "[2020-08-10 11:16:26.100] [info] half of a character: ",
    ));
    broken.extend([0x00, 0xd8]);
    broken.extend(wide("x\r\n"));
    let back = lines(90).replace("11:01:", "09:01:");
    let traces = folder(&[
        (NAME, &broken),
        ("ComSocket-20200810-111556.log", back.as_bytes()),
    ]);
    let path = arg(traces.path());
    for format in ["text", "markdown", "html"] {
        let told = run(["analyze", &path, "--lang", "en", "--format", format]).text();
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(
            told.matches("broken UTF-16 characters").count(),
            1,
            "{format}: {told}"
        );
        assert_eq!(
            told.matches("the clock was set back by").count(),
            1,
            "{format}: {told}"
        );
        assert!(
            !told.contains(":61: line 61") && told.contains(":61"),
            "{format}: {told}"
        );
    }
    let timeline = run(["timeline", &path]);
    assert_eq!(
        timeline.err.matches("the clock was set back by").count(),
        1,
        "{}",
        timeline.err
    );
    assert!(
        timeline.err.contains("ComSocket-20200810-111556.log:61: "),
        "{}",
        timeline.err
    );
}

#[cfg(target_os = "linux")]
#[test]
fn files_that_too_few_handles_shut_out_are_each_told_once() {
    let script = "ulimit -n 4; exec \"$@\"";
    let program = env!("CARGO_BIN_EXE_swyxtrace");
    let args = [
        "-c", script, "sh", program, "analyze", FAILED, "--lang", "en",
    ];
    let run = finish(
        std::process::Command::new("sh")
            .args(args)
            .current_dir(bench::root()),
    );
    let told = run.text().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(
        told.matches("too many files are open at once").count(),
        3,
        "{told}"
    );
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_success_in_every_subcommand() {
    for args in [
        vec!["timeline", FAILED],
        vec!["rules"],
        vec!["check", "--coverage"],
        vec!["schema", "rule"],
        vec!["rules", "--format", "json"],
    ] {
        let mut child = command(&args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {err}");
        assert!(err.is_empty(), "{args:?}: {err}");
    }
}

#[test]
fn without_a_home_and_with_odd_surroundings_it_says_the_same() {
    let base = [
        "analyze", FAILED, "--lang", "en", "--tz", "UTC", "--format", "json",
    ];
    let right = run(base).exits(1).out;
    let odd: &[&[(&str, &str)]] = &[
        &[],
        &[("HOME", ""), ("LANG", "")],
        &[
            ("HOME", "/nowhere/at/all"),
            ("XDG_CONFIG_HOME", "relative"),
            ("LANG", "xx_YY@@"),
            ("LC_ALL", "%n%s"),
        ],
        &[("TZ", "Mars/Olympus"), ("LANG", "de"), ("TERM", "")],
        &[("TZ", ":/nowhere"), ("COLUMNS", "-3")],
    ];
    for variables in odd {
        let mut command = command(base);
        command.env_clear();
        if let Some(root) = std::env::var_os("SystemRoot") {
            command.env("SystemRoot", root);
        }
        let run = finish(command.envs(variables.iter().copied())).exits(1);
        assert_eq!(run.out, right, "{variables:?}: {}", run.err);
        assert!(run.err.is_empty(), "{variables:?}: {}", run.err);
    }
    // Without --tz, a zone that does not exist is none: the report says which one it took instead.
    let mut strange = command(["analyze", FAILED, "--format", "json"]);
    let report = finish(strange.env("TZ", "Mars/Olympus")).exits(1).json();
    assert_ne!(report["zone"]["name"], "Mars/Olympus", "{}", report["zone"]);
    // Where nobody has a home, the place of one's own grammars is asked for.
    let mut homeless = command(["new", "format", "README.md"]);
    let told = finish(homeless.env_clear()).exits(2);
    assert!(told.err.contains("--grammars"), "{}", told.err);
}

#[test]
fn a_clock_of_1970_is_taken_as_it_is() {
    let text: String = (0..60)
        .map(|n| format!("11:{n:02}:29.5 ERROR connect ECONNREFUSED 127.0.0.1:5000\n"))
        .collect();
    let traces = folder(&[("SwyxMessenger.log", text.as_bytes())]);
    let path = traces.path().join("SwyxMessenger.log");
    let file = File::options().write(true).open(&path).expect("the file");
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_mins(1))
        .expect("an old file");
    drop(file);
    let progress = Progress::default();
    for since in ["2h", "today", "yesterday", "30000d"] {
        let window = WindowSpec {
            since: Some(swyxtrace::config::TimeSpec::parse(since).expect("a time")),
            until: None,
        };
        // 1970-01-01, half a second after midnight.
        let settings = Settings {
            now: Some(500_000_000),
            window,
            ..settings(&progress)
        };
        let outcome = pipeline::analyze(&settings, &found(traces.path()));
        let document: serde_json::Value =
            serde_json::from_str(&bench::render(&outcome.report, Format::Json)).expect("JSON");
        assert_eq!(
            bench::objections(&document),
            Vec::<String>::new(),
            "{since}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn out_of_file_handles_is_told_with_its_remedy_and_loses_no_more_than_it_must() {
    let files: Vec<(String, String)> = (0..60)
        .map(|n| (format!("SwyxMessenger-2020-08-10.{n}.log"), lines(20 + n)))
        .collect();
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(n, t)| (n.as_str(), t.as_bytes()))
        .collect();
    let traces = folder(&files);
    let mut told = 0;
    for limit in [6, 8, 12, 20, 40] {
        let script = format!("ulimit -n {limit}; exec \"$@\"");
        let program = env!("CARGO_BIN_EXE_swyxtrace");
        let args = [
            "-c",
            &script,
            "sh",
            program,
            "analyze",
            &arg(traces.path()),
            "--lang",
            "en",
            "--format",
            "json",
            "--jobs",
            "4",
        ];
        let mut command = std::process::Command::new("sh");
        let run = finish(
            command
                .args(args)
                .env("XDG_CONFIG_HOME", PathBuf::from("/nowhere")),
        );
        assert!(!run.err.contains("panicked"), "{limit}: {}", run.err);
        assert!(
            (0..=4).contains(&run.code),
            "{limit}: {} {}",
            run.code,
            run.err
        );
        let said = format!("{}{}", String::from_utf8_lossy(&run.out), run.err);
        if said.contains("too many files are open") || said.contains("Too many open files") {
            told += 1;
            assert_ne!(run.code, 0, "{limit}: what was lost is no health");
        }
    }
    assert!(told > 0, "no limit was small enough");
}
