//! `swyxtrace timeline`: one order of time for all records, in every output, whatever the blocks and threads.

use std::path::Path;

use proptest::prelude::*;
use swyxtrace::config::WindowSpec;
use swyxtrace::discover::{DiscoverOptions, Place, ProgramNames, discover};
use swyxtrace::model::Lang;
use swyxtrace::pipeline::{Progress, Settings, TimelineFilter, TimelineFormat, timeline};
use swyxtrace::scan::place::ZoneOf;

use crate::bench::{self, Run, arg, folder, run, run_with_input};

const COMSOCKET: &str = "ComSocket-20200810-110000.log";
const MESSENGER: &str = "SwyxMessenger-20200810-110000.log";

/// The timeline of a folder, made inside this process.
fn made(path: &Path, format: TimelineFormat, block: usize, jobs: usize) -> String {
    let catalog = bench::catalog();
    let programs = catalog.chain.programs.iter();
    let options = DiscoverOptions {
        programs: programs
            .map(|p| ProgramNames {
                id: p.id.clone(),
                files: p.files.clone(),
            })
            .collect(),
        ..DiscoverOptions::default()
    };
    let progress = Progress::default();
    let settings = Settings {
        catalog,
        lang: Lang::En,
        zone: ZoneOf::Named(chrono_tz::UTC),
        zone_name: "UTC".into(),
        zone_basis: "option",
        zones: Vec::new(),
        window: WindowSpec::default(),
        now: None,
        block,
        force: None,
        anonymizer: None,
        spool: None,
        progress: &progress,
    };
    let discovery = discover(&[Place::from(path)], &options);
    let filter = TimelineFilter {
        level: None,
        programs: Vec::new(),
        format,
    };
    let wanted = vec![true; discovery.sources.len()];
    let mut out = Vec::new();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .build()
        .expect("threads");
    pool.install(|| timeline(&settings, &discovery, &wanted, &filter, path, &mut out))
        .expect("memory takes it all");
    String::from_utf8(out).expect("the output is UTF-8")
}

/// One record: milliseconds of its stamp, if it has one, and how many lines follow it.
type Record = (Option<i64>, usize);

fn stamped(ms: i64, text: &str) -> String {
    let (seconds, ms) = (ms / 1000, ms % 1000);
    format!(
        "2020-08-10 11:{:02}:{:02}.{ms:03}0|INFO|Some.Logger|{text}",
        seconds / 60,
        seconds % 60
    )
}

/// The lines of each record of a source, with the instant that each record sorts by.
fn source(name: &str, jitters: &[Record]) -> Vec<(i64, Vec<String>)> {
    let mut clock = 10_000;
    let mut records: Vec<(Option<i64>, Vec<String>)> =
        vec![(None, vec!["a banner without a stamp".into()])];
    for (number, (jitter, more)) in jitters.iter().enumerate() {
        clock += 20;
        let mut lines = vec![stamped(
            clock + jitter.unwrap_or(0),
            &format!("{name} {number}"),
        )];
        lines.extend((0..*more).map(|n| format!("   at Some.Frame({n})")));
        records.push((Some(clock + jitter.unwrap_or(0)), lines));
    }
    // A file that only falls begins with its newest record; that is another test's.
    for later in [1_000, 2_000] {
        let at = clock + later;
        records.push((Some(at), vec![stamped(at, &format!("{name} end"))]));
    }
    let mut inherited = records
        .iter()
        .find_map(|record| record.0)
        .unwrap_or(i64::MIN);
    let records = records.into_iter().map(|(own, lines)| {
        inherited = own.unwrap_or(inherited);
        (inherited, lines)
    });
    records.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_timeline_is_a_stable_sort_of_all_records_for_any_block_size(
        sources in prop::collection::vec(prop::collection::vec((prop::option::of(-60i64..60), 0usize..3), 1..25), 1..5),
        block in 1usize..200,
        jobs in 1usize..4,
    ) {
        let names = ["a.log", "b.log", "c.log", "d.log"];
        let sources: Vec<_> = sources.iter().zip(names).map(|(jitters, name)| source(name, jitters)).collect();
        let texts: Vec<String> = sources.iter().map(|records| {
            records.iter().flat_map(|(_, lines)| lines).map(|line| format!("{line}\n")).collect()
        }).collect();
        let files: Vec<(&str, &[u8])> = names.iter().zip(&texts).map(|(name, text)| (*name, text.as_bytes())).collect();
        let folder = folder(&files);
        let mut all: Vec<(i64, usize, usize, String)> = Vec::new();
        for (rank, records) in sources.iter().enumerate() {
            for (number, (instant, lines)) in records.iter().enumerate() {
                let lines = lines.iter().map(|line| format!("{} | {line}\n", names[rank])).collect();
                all.push((*instant, rank, number, lines));
            }
        }
        all.sort();
        let expected: String = all.into_iter().map(|record| record.3).collect();
        prop_assert_eq!(made(folder.path(), TimelineFormat::Text, block, jobs), expected);
        for format in [TimelineFormat::Jsonl, TimelineFormat::Csv] {
            prop_assert_eq!(made(folder.path(), format, block, jobs), made(folder.path(), format, 4 << 20, 1));
        }
    }
}

const TWO: [(&str, &str); 2] = [
    (
        COMSOCKET,
        "2020-08-10 11:00:01.0000|INFO|Plugin|first\n\
         2020-08-10 11:00:03.0000|ERROR|Plugin|third\n   at Some.Frame()\n\
         2020-08-10 11:00:05.0000|INFO|Plugin|fifth\n",
    ),
    (
        MESSENGER,
        "[2020-08-10 11:00:02.000] [info] second, Authorization: Bearer abcdefghijklmnop.secret\n\
         [2020-08-10 11:00:04.000] [warn] =fourth\n",
    ),
];

fn two() -> tempfile::TempDir {
    folder(&TWO.map(|(name, text)| (name, text.as_bytes())))
}

fn timeline_of(folder: &tempfile::TempDir, args: &[&str]) -> Run {
    let path = arg(folder.path());
    run(["timeline", "--tz", "UTC", path.as_str()]
        .iter()
        .chain(args))
}

/// What stands behind the sources.
fn messages(run: &Run) -> Vec<String> {
    let line = |line: &str| {
        line.rsplit(['|', ']'])
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    run.text().lines().map(line).collect()
}

#[test]
fn records_of_two_files_stand_in_one_order_with_their_source_in_front() {
    let run = timeline_of(&two(), &[]).exits(0);
    let sources: Vec<String> = run
        .text()
        .lines()
        .map(|l| l.split('-').next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        sources,
        [
            "ComSocket",
            "SwyxMessenger",
            "ComSocket",
            "ComSocket",
            "SwyxMessenger",
            "ComSocket"
        ]
    );
}

#[test]
fn secrets_are_in_no_output() {
    for format in ["text", "jsonl", "csv"] {
        let run = timeline_of(&two(), &["--format", format]).exits(0);
        assert!(!run.text().contains("abcdefghijklmnop"), "{}", run.text());
    }
}

#[test]
fn a_json_line_says_all_of_a_record() {
    let run = timeline_of(&two(), &["--format", "jsonl"]).exits(0);
    let lines: Vec<serde_json::Value> = run
        .text()
        .lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect();
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[2]["time"], "2020-08-10T11:00:03+00:00");
    assert_eq!(lines[2]["stamp"], "2020-08-10 11:00:03.0000");
    assert_eq!(lines[2]["line"], 2);
    assert_eq!(lines[2]["level"], "error");
    assert_eq!(lines[2]["program"], "ComSocket");
    assert_eq!(lines[2]["logger"], "Plugin");
    assert_eq!(lines[2]["message"], "third");
    assert_eq!(
        lines[2]["text"],
        "2020-08-10 11:00:03.0000|ERROR|Plugin|third\n   at Some.Frame()"
    );
}

#[test]
fn a_record_without_a_stamp_has_no_time_and_keeps_its_place() {
    let folder = folder(&[
        ("plain.txt", b"no stamp\n"),
        ("x.log", b"before\n2020-08-10 11:00:01.0000|INFO|A|b\n"),
    ]);
    let run = timeline_of(&folder, &["--format", "jsonl"]).exits(0);
    let lines: Vec<serde_json::Value> = run
        .text()
        .lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect();
    let texts: Vec<&str> = lines.iter().filter_map(|l| l["message"].as_str()).collect();
    assert_eq!(texts, ["no stamp", "before", "b"]);
    assert!(lines[0]["time"].is_null() && lines[1]["time"].is_null());
}

#[test]
fn csv_has_its_header_and_no_formula() {
    let folder = folder(&[(
        "x.log",
        b"=HYPERLINK(\"http://x\")\n2020-08-10 11:00:01.0000|INFO|A|b\n",
    )]);
    let run = timeline_of(&folder, &["--format", "csv"]).exits(0);
    assert!(
        run.text()
            .starts_with("time,level,program,source,line,stamp,text\r\n")
    );
    assert!(
        run.text()
            .contains(",\"'=HYPERLINK(\"\"http://x\"\")\"\r\n"),
        "{}",
        run.text()
    );
}

#[test]
fn a_window_a_level_and_a_program_choose_records() {
    let two = two();
    assert_eq!(
        messages(&timeline_of(&two, &["--since", "2s"]).exits(0)),
        ["third", "at Some.Frame()", "=fourth", "fifth"]
    );
    assert_eq!(
        messages(&timeline_of(&two, &["--until", "11:00:01"]).exits(0)),
        ["first"]
    );
    assert_eq!(
        messages(&timeline_of(&two, &["--level", "warn"]).exits(0)),
        ["third", "at Some.Frame()", "=fourth"]
    );
    for program in ["swyxmessenger", "SWYXMESSENGER"] {
        let run = timeline_of(&two, &["--program", program, "--level", "warn"]).exits(0);
        assert_eq!(messages(&run), ["=fourth"]);
    }
    let both = timeline_of(
        &two,
        &["--program", "comsocket", "--program", "swyxmessenger"],
    )
    .exits(0);
    assert_eq!(both.out, timeline_of(&two, &[]).out);
}

#[test]
fn an_unknown_program_is_wrong_usage_and_the_known_ones_are_named() {
    let run = timeline_of(&two(), &["--program", "notepad"]).exits(2);
    assert!(
        run.err.contains("notepad") && run.err.contains("comsocket"),
        "{}",
        run.err
    );
}

#[test]
fn a_known_program_without_a_trace_exits_with_4() {
    let run = timeline_of(&two(), &["--program", "clmgr"]).exits(4);
    assert!(run.err.contains("clmgr"), "{}", run.err);
}

#[test]
fn an_empty_window_says_what_there_is_and_exits_with_4() {
    let run = timeline_of(&two(), &["--since", "2021-01-01"]).exits(4);
    assert!(run.out.is_empty());
    assert!(
        run.err.contains("2020-08-10T11:00:01") && run.err.contains("2020-08-10T11:00:05"),
        "{}",
        run.err
    );
}

#[test]
fn nothing_readable_exits_with_3() {
    let folder = folder(&[(
        "program.exe",
        b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00",
    )]);
    timeline_of(&folder, &[]).exits(3);
}

#[test]
fn standard_input_and_utf_16_are_read_like_files() {
    let (_, text) = TWO[0];
    let run = run_with_input(&["timeline", "--tz", "UTC", "-"], text.as_bytes()).exits(0);
    let lines: Vec<String> = run
        .text()
        .lines()
        .map(|l| l.split_once(" | ").expect("a source").1.to_owned())
        .collect();
    assert_eq!(lines, text.lines().collect::<Vec<_>>());
    let wide: Vec<u8> = std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let folder = folder(&[(COMSOCKET, &wide)]);
    assert_eq!(
        messages(&timeline_of(&folder, &[]).exits(0)),
        messages(&run)
    );
}

#[test]
fn an_output_file_holds_what_standard_output_would() {
    let two = two();
    let target = tempfile::tempdir().expect("a folder");
    let path = target.path().join("timeline.txt");
    let run = timeline_of(&two, &["-o", &arg(&path)]).exits(0);
    assert!(run.out.is_empty());
    assert_eq!(
        std::fs::read(&path).expect("it is there"),
        timeline_of(&two, &[]).out
    );
    assert_eq!(
        std::fs::read_dir(target.path()).expect("a folder").count(),
        1,
        "nothing else is left"
    );
}

#[test]
fn the_order_of_arguments_says_nothing() {
    let two = two();
    let paths = TWO.map(|(name, _)| arg(&two.path().join(name)));
    let there = run(["timeline", "--tz", "UTC", &paths[0], &paths[1]]).exits(0);
    let back = run(["timeline", "--tz", "UTC", &paths[1], &paths[0]]).exits(0);
    assert_eq!(there.out, back.out);
}
