//! Clocks: hours that daylight saving repeats or skips, steps back, newest-first files, zones, and clocks that are off.

use std::fmt::Write as _;

use chrono::{NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone};
use serde_json::Value;

use crate::bench::{arg, folder, run};

const FILE: &str = "SwyxMessenger-2020-10-25.log";

fn lines(stamps: &[&str]) -> String {
    (1..)
        .zip(stamps)
        .fold(String::new(), |mut text, (n, stamp)| {
            let _ = writeln!(text, "[{stamp}] [info]  step {n} of the messenger");
            text
        })
}

/// The records of a timeline: line, time, mark.
fn records(text: &str, zone: &str, more: &[&str]) -> Vec<(u64, String, String)> {
    let folder = folder(&[(FILE, text.as_bytes())]);
    let path = arg(folder.path());
    let args = ["timeline", "--tz", zone, "--format", "jsonl", &path];
    let out = run(args.iter().chain(more)).exits(0).text();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    out.lines()
        .map(|line| {
            let object: Value = serde_json::from_str(line).expect("a line is an object");
            let number = object["line"].as_u64().expect("a line number");
            (number, text(&object["time"]), text(&object["clock"]))
        })
        .collect()
}

fn report(files: &[(&str, &str)], args: &[&str]) -> Value {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(n, t)| (*n, t.as_bytes())).collect();
    let folder = folder(&files);
    let path = arg(folder.path());
    let all = ["analyze", path.as_str(), "--format", "json"];
    run(all.iter().chain(args)).json()
}

fn problems(report: &Value, index: usize) -> String {
    report["sources"][index]["problems"].to_string()
}

#[test]
fn a_step_back_inside_the_repeated_hour_is_its_second_pass() {
    let text = lines(&[
        "2020-10-25 01:59:00.000",
        "2020-10-25 02:50:00.000",
        "2020-10-25 02:05:00.000",
        "2020-10-25 02:40:00.000",
        "2020-10-25 03:01:00.000",
    ]);
    let found = records(&text, "Europe/Berlin", &[]);
    let marks: Vec<(u64, &str, &str)> = found
        .iter()
        .map(|(l, t, m)| (*l, &t[11..], &m[..]))
        .collect();
    assert_eq!(
        marks,
        [
            (1, "01:59:00+02:00", ""),
            (2, "02:50:00+02:00", "first-pass"),
            (3, "02:05:00+01:00", "second-pass"),
            (4, "02:40:00+01:00", "second-pass"),
            (5, "03:01:00+01:00", ""),
        ]
    );
    let report = report(&[(FILE, &text)], &["--tz", "Europe/Berlin"]);
    assert!(
        problems(&report, 0).contains("second pass begins here"),
        "{report}"
    );
}

#[test]
fn without_a_step_back_the_repeated_hour_is_marked_and_not_guessed() {
    let text = lines(&[
        "2020-10-25 01:59:00.000",
        "2020-10-25 02:30:00.000",
        "2020-10-25 03:30:00.000",
    ]);
    let found = records(&text, "Europe/Berlin", &[]);
    assert_eq!(found[1].2, "repeated-hour");
    let report = report(&[(FILE, &text)], &["--tz", "Europe/Berlin", "--lang", "de"]);
    assert!(problems(&report, 0).contains("zweimal"), "{report}");
}

#[test]
fn the_skipped_hour_is_marked_and_keeps_the_order_of_lines() {
    let text = lines(&[
        "2021-03-28 01:59:00.000",
        "2021-03-28 02:30:00.000",
        "2021-03-28 03:00:05.000",
    ]);
    let found = records(&text, "Europe/Berlin", &[]);
    assert_eq!(found.iter().map(|r| r.0).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(found[1].2, "skipped-hour");
}

/// Every change of the clock of several zones: records once a minute through it, each pass complete.
#[test]
fn any_change_of_any_zone_is_read_as_it_was_written() {
    let changes = [
        ("Europe/Berlin", "2020-10-25 01:00:00"),
        ("Europe/Berlin", "2020-03-29 01:00:00"),
        ("Australia/Lord_Howe", "2021-04-03 15:00:00"),
        ("Australia/Lord_Howe", "2021-10-02 15:30:00"),
        ("America/New_York", "2021-11-07 06:00:00"),
        ("Europe/London", "1971-10-31 02:00:00"),
        ("Europe/Berlin", "1945-11-18 01:00:00"),
    ];
    for (name, change) in changes {
        let zone: chrono_tz::Tz = name.parse().expect("a zone");
        let change = NaiveDateTime::parse_from_str(change, "%Y-%m-%d %H:%M:%S").expect("a time");
        let mut text = String::new();
        let mut expected = Vec::new();
        for minute in (-100..=100).step_by(4) {
            let at = zone.from_utc_datetime(&(change + TimeDelta::minutes(minute)));
            let _ = writeln!(
                text,
                "[{}] [info]  tick",
                at.format("%Y-%m-%d %H:%M:%S%.3f")
            );
            let offset = at.offset().fix();
            expected.push(at.with_timezone(&offset).to_rfc3339());
        }
        for block in ["4194304", "97"] {
            let found = records(&text, name, &["--block-size", block]);
            let times: Vec<&str> = found.iter().map(|r| r.1.as_str()).collect();
            assert_eq!(times, expected, "{name} {change} {block}");
        }
    }
}

#[test]
fn a_clock_that_is_set_back_keeps_the_order_of_lines_and_is_told_with_size_and_line() {
    let stamps: Vec<String> = (0..10)
        .map(|s| format!("2020-10-20 10:00:{s:02}.000"))
        .chain((0..30).map(|s| format!("2020-10-20 09:30:{s:02}.000")))
        .collect();
    let stamps: Vec<&str> = stamps.iter().map(String::as_str).collect();
    let text = lines(&stamps);
    let found = records(&text, "Europe/Berlin", &[]);
    assert_eq!(
        found.iter().map(|r| r.0).collect::<Vec<_>>(),
        (1..=40).collect::<Vec<_>>()
    );
    assert_eq!(
        (found[9].2.as_str(), found[10].2.as_str()),
        ("", "set-back")
    );
    let report = report(&[(FILE, &text)], &["--tz", "Europe/Berlin"]);
    let told = problems(&report, 0);
    assert!(
        told.contains("line 11") && told.contains("30 min 9 s"),
        "{told}"
    );
    assert_eq!(report["problems"][0]["line"], 11);
}

#[test]
fn a_stray_line_is_sorted_by_its_stamp_and_counted() {
    let text = lines(&[
        "2020-10-20 10:00:00.000",
        "2020-10-20 10:00:01.000",
        "2020-10-20 09:50:00.000",
        "2020-10-20 10:00:02.000",
    ]);
    let found = records(&text, "Europe/Berlin", &[]);
    assert_eq!(found.iter().map(|r| r.0).collect::<Vec<_>>(), [3, 1, 2, 4]);
    let report = report(&[(FILE, &text)], &["--tz", "Europe/Berlin"]);
    assert_eq!(report["sources"][0]["out_of_order"], 1);
    assert_eq!(problems(&report, 0), "[]");
}

#[test]
fn a_file_that_begins_with_the_newest_record_is_told_and_read_backwards() {
    let text = lines(&[
        "2020-10-20 10:00:03.000",
        "2020-10-20 10:00:02.000",
        "2020-10-20 10:00:01.000",
        "2020-10-20 10:00:01.000",
        "2020-10-20 10:00:00.000",
    ]);
    let found = records(&text, "Europe/Berlin", &[]);
    assert_eq!(
        found.iter().map(|r| r.0).collect::<Vec<_>>(),
        [5, 4, 3, 2, 1]
    );
    let report = report(&[(FILE, &text)], &["--tz", "Europe/Berlin"]);
    assert!(
        problems(&report, 0).contains("newest record stands first"),
        "{report}"
    );
    assert_eq!(report["sources"][0]["out_of_order"], 0);
}

#[test]
fn a_year_that_is_not_written_rolls_over_and_leap_days_find_their_year() {
    let text = "Dec 31 23:59:58 pc app[1]: a\nDec 31 23:59:59 pc app[1]: b\nJan  1 00:00:01 pc app[1]: c\n";
    let found = in_file("SwyxMessenger-2020-12-31.log", text);
    assert_eq!(
        found,
        [
            "2020-12-31T23:59:58+01:00",
            "2020-12-31T23:59:59+01:00",
            "2021-01-01T00:00:01+01:00"
        ]
    );
    let text = "Feb 28 23:59:59 pc app[1]: a\nFeb 29 00:00:01 pc app[1]: b\nMar  1 00:00:01 pc app[1]: c\n";
    let found = in_file("SwyxMessenger-2020-02-28.log", text);
    assert_eq!(
        found,
        [
            "2020-02-28T23:59:59+01:00",
            "2020-02-29T00:00:01+01:00",
            "2020-03-01T00:00:01+01:00"
        ]
    );
}

/// A leap day in a file whose name is of another year, and one whose only anchor is when it was last written.
#[test]
fn a_leap_day_is_never_lost() {
    let text = "Feb 29 00:00:01 pc app[1]: b\nMar  1 00:00:01 pc app[1]: c\n";
    let found = in_file("SwyxMessenger-2021-01-05.log", text);
    assert_eq!(
        found,
        ["2020-02-29T00:00:01+01:00", "2020-03-01T00:00:01+01:00"]
    );
}

fn in_file(name: &str, text: &str) -> Vec<String> {
    let folder = folder(&[(name, text.as_bytes())]);
    let path = arg(folder.path());
    let args = [
        "timeline",
        "--tz",
        "Europe/Berlin",
        "--format",
        "jsonl",
        &path,
    ];
    let out = run(args.iter()).exits(0).text();
    let time = |line: &str| {
        serde_json::from_str::<Value>(line).map(|v| v["time"].as_str().unwrap_or("none").to_owned())
    };
    out.lines()
        .map(|line| time(line).expect("an object"))
        .collect()
}

const IDS: [&str; 5] = [
    "0HM4F7K2Q9A1",
    "0HM4F7K2Q9B7",
    "f81d4fae-7dec-11d0",
    "req-000471145",
    "/swyxIt/whoami?n=77",
];

/// A trace with a zone and one without, whose clock is `shift` minutes off; both saw the same connections.
fn both_sides(shift: i64) -> (String, String) {
    let start = NaiveDate::from_ymd_opt(2020, 8, 10)
        .and_then(|d| d.and_hms_opt(9, 0, 0))
        .expect("a time");
    let (mut known, mut bare) = (String::new(), String::new());
    for (number, id) in (0..).zip(IDS) {
        let at = start + TimeDelta::seconds(number * 37);
        let _ = writeln!(
            known,
            "{}Z [INF] connection {id} opened",
            at.format("%Y-%m-%d %H:%M:%S%.3f")
        );
        let local = at + TimeDelta::minutes(shift);
        let _ = writeln!(
            bare,
            "{} INFO  ComSocket - accepted {id}",
            local.format("%Y-%m-%d %H:%M:%S,120")
        );
    }
    (known, bare)
}

#[test]
fn the_zone_of_a_file_without_one_is_inferred_from_what_both_sides_saw() {
    for (shift, zone) in [
        (0, "UTC"),
        (60, "+01:00"),
        (120, "Europe/Berlin"),
        (330, "+05:30"),
    ] {
        let (known, bare) = both_sides(shift);
        let files = [
            ("SwyxMessenger-2020-08-10.log", known.as_str()),
            ("ComSocket-2020-08-10.log", bare.as_str()),
        ];
        let report = report(&files, &["--tz", "Europe/Berlin"]);
        let source = &report["sources"][0];
        assert_eq!(source["zone"]["name"], zone, "{source}");
        assert!(
            source["first"]
                .as_str()
                .unwrap()
                .starts_with("2020-08-10T11:00:00"),
            "{source}"
        );
        let inferred = zone != "Europe/Berlin";
        assert_eq!(source["zone"]["basis"] == "inferred", inferred);
        assert_eq!(
            problems(&report, 0).contains("have no zone"),
            inferred,
            "{source}"
        );
    }
}

#[test]
fn a_zone_that_the_user_names_for_a_file_is_used_without_inferring() {
    let (known, bare) = both_sides(0);
    let files = [
        ("SwyxMessenger-2020-08-10.log", known.as_str()),
        ("ComSocket-2020-08-10.log", bare.as_str()),
    ];
    let report = report(
        &files,
        &["--tz", "Europe/Berlin", "--tz", "comsocket*=+03:00"],
    );
    let source = &report["sources"][0];
    assert_eq!(
        (&source["zone"]["name"], &source["zone"]["basis"]),
        (&"+03:00".into(), &"option".into())
    );
    assert!(
        source["first"]
            .as_str()
            .unwrap()
            .starts_with("2020-08-10T08:00:00"),
        "{source}"
    );
}

#[test]
fn a_name_in_local_time_tells_that_the_stamps_are_utc() {
    let text = "[2020-08-10 09:16:01.000] [info]  start\n[2020-08-10 09:16:02.000] [info]  more\n";
    let report = report(
        &[("SwyxMessenger-20200810-111559.log", text)],
        &["--tz", "Europe/Berlin"],
    );
    let zone = &report["sources"][0]["zone"];
    assert_eq!(
        (&zone["name"], &zone["confidence"]),
        (&"UTC".into(), &"likely".into()),
        "{zone}"
    );
}

#[test]
fn a_server_whose_clock_is_off_is_a_finding_with_its_size() {
    let text = "2020-08-10 11:16:29.123 +02:00 [DBG] < HTTP/1.1 401 from https://swyx01.corp.lan:9100/\n< Date: Mon, 10 Aug 2020 09:28:44 GMT\n";
    let report = report(&[("SwyxMessenger-2020-08-10.log", text)], &["--lang", "en"]);
    let findings = report["findings"].as_array().expect("findings");
    let skew = findings
        .iter()
        .find(|f| f["cause"] == "clock-skew")
        .expect("the clocks differ");
    assert!(
        skew["summary"]
            .as_str()
            .unwrap()
            .contains("12 min 14 s ahead"),
        "{skew}"
    );
}

#[test]
fn files_of_one_pc_share_the_zone_that_one_of_them_tells() {
    for zone in ["UTC", "America/New_York"] {
        let report = run([
            "analyze",
            "samples/jwt_expired",
            "--tz",
            zone,
            "--format",
            "json",
        ])
        .json();
        let sources = report["sources"].as_array().expect("sources");
        for source in sources {
            let name = source["zone"]["name"].as_str().expect("a zone");
            assert!(matches!(name, "+02:00" | "in-text"), "{zone}: {source}");
        }
        let followed = sources
            .iter()
            .find(|s| s["path"].as_str().is_some_and(|p| p.contains("SwyxIt!")));
        let followed = followed.expect("the third file");
        assert_eq!(followed["zone"]["basis"], "inferred", "{followed}");
        assert!(
            followed["zone"]["because"].to_string().contains("same PC"),
            "{followed}"
        );
        let times: Vec<&str> = report["chain"]
            .as_array()
            .expect("a chain")
            .iter()
            .filter_map(|step| step["at"].as_str())
            .collect();
        assert!(times.len() > 3 && times.is_sorted(), "{zone}: {times:?}");
    }
    // A zone that somebody gave for the file stays.
    let given = run([
        "analyze",
        "samples/jwt_expired",
        "--tz",
        "UTC",
        "--tz",
        "SwyxIt!*=Asia/Tokyo",
        "--format",
        "json",
    ])
    .json();
    let of = |name: &str| {
        let mut all = given["sources"].as_array().expect("sources").iter();
        let found = all.find(|s| s["path"].as_str().is_some_and(|p| p.contains(name)));
        found.map(|s| s["zone"]["name"].clone()).expect("a source")
    };
    assert_eq!(of("SwyxIt!"), "Asia/Tokyo");
}

#[test]
fn traces_of_one_program_tell_nothing_of_each_others_zone() {
    let told = |other: &str| {
        let (_, utc) = both_sides(0);
        let (_, local) = both_sides(120);
        let files = [
            ("ComSocket-2020-08-10.log", local.as_str()),
            (other, utc.as_str()),
        ];
        let report = report(&files, &["--tz", "Europe/Berlin", "--lang", "en"]);
        (0..2).any(|index| report["sources"][index]["zone"]["basis"] == "inferred")
    };
    assert!(told("SwyxIt!-2020-08-10.log"));
    assert!(!told("ComSocket-2020-08-11.log"));
}

#[test]
fn many_files_of_one_clock_are_not_taken_for_utc_by_chance() {
    let mut seed = 12345_u64;
    let mut below = |most: u64| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % most
    };
    let mut file = |_: u32| {
        let mut at = 8 * 3600;
        (0..500).fold(String::new(), |mut text, _| {
            at += below(60);
            let (hour, minute, second) = (at / 3600, at / 60 % 60, at % 60);
            let (millis, id) = (below(1000), below(5000));
            let _ = writeln!(
                text,
                "2026-08-10 {hour:02}:{minute:02}:{second:02}.{millis:03}0|INFO|Hub|call id-{id:06} is up"
            );
            text
        })
    };
    let files: Vec<(String, String)> = (0..60)
        .map(|number| {
            // Two programs: what one wrote is not compared with itself.
            let program = ["ComSocket", "SwyxIt!"][number as usize % 2];
            (
                format!("{program}-20260810-0800{number:02}.log"),
                file(number),
            )
        })
        .collect();
    let files: Vec<(&str, &str)> = (files.iter())
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let report = report(&files, &["--tz", "Europe/Berlin", "--lang", "en"]);
    let told: Vec<String> = (0..files.len())
        .map(|index| problems(&report, index))
        .filter(|problems| problems.contains("zone"))
        .collect();
    assert!(told.is_empty(), "{told:?}");
}
