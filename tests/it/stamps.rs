//! Stamps that were once read wrong without a word: zones and halves of the day behind them, day and month, counters,
//! days that are told by the file and not by its stamps.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::bench::{arg, folder, run};

const DATED: &str = "SwyxMessenger-20200810.log";
const NAMELESS: &str = "SwyxMessenger.log";
const TEXTS: [&str; 5] = [
    "connecting to 127.0.0.1:5000",
    "still listening",
    "Verbindung wird aufgebaut",
    "token received",
    "bye",
];

/// Five lines of a layout: `SS` is the second, `NNNNNN` a number that is counted up.
fn lines(layout: &str) -> String {
    (0..)
        .zip(TEXTS)
        .map(|(n, text)| {
            let line = layout.replace("SS", &format!("{}", 19 + n));
            let line = line.replace("NNNNNN", &format!("{:06}", 123 + n));
            format!("{}\n", line.replace("TEXT", text))
        })
        .collect()
}

/// The times of all records in UTC, to the second; `modified`: days after 10 August 2020.
fn times(name: &str, text: &str, zone: &str, modified: u64) -> Vec<String> {
    let folder = folder(&[(name, text.as_bytes())]);
    touch(&folder.path().join(name), modified);
    let path = arg(folder.path());
    let args = ["timeline", "--tz", zone, "--format", "jsonl", &path];
    let out = run(args).exits(0).text();
    let time = |line: &str| {
        let object: Value = serde_json::from_str(line).expect("a line is an object");
        let time = object["time"].as_str()?.to_owned();
        let time = chrono::DateTime::parse_from_rfc3339(&time).expect("a time");
        Some(time.to_utc().format("%Y-%m-%d %H:%M:%S").to_string())
    };
    out.lines()
        .map(|line| time(line).unwrap_or_default())
        .collect()
}

fn touch(path: &std::path::Path, days: u64) {
    // 10 August 2020, 12:00 UTC.
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_597_060_800 + days * 86_400);
    let file = std::fs::File::options().write(true).open(path);
    file.and_then(|file| file.set_modified(at))
        .expect("a file whose times can be set");
}

/// Five records, a second apart, from this time on.
fn expect(layout: &str, times: &[String], start: &str) {
    let start = chrono::NaiveDateTime::parse_from_str(start, "%Y-%m-%d %H:%M:%S").expect("a time");
    let wanted: Vec<String> = (0..5)
        .map(|n| (start + chrono::TimeDelta::seconds(n)).to_string())
        .collect();
    assert_eq!(times, wanted, "{layout}");
}

#[test]
fn a_zone_behind_a_stamp_is_read_in_any_spelling_whatever_the_layout() {
    for (layout, hour) in [
        ("2020-08-10 11:16:SS GMT+0200 INFO TEXT", 9),
        ("[2020-08-10 11:16:SS.153 GMT+02:00] [info] TEXT", 9),
        ("10.08.2020 11:16:SS UTC TEXT", 11),
        ("10.08.2020 11:16:SS.153 UTC Info TEXT", 11),
        ("2020-08-10 11:16:SS UTC+2 TEXT", 9),
        ("10.08.2020 11:16:SS UTC+2: TEXT", 9),
        ("2020-08-10 11:16:SS.153 UTC+02:00 Info TEXT", 9),
        ("INFO 2020-08-10 11:16:SS,153 UTC+2 [main] TEXT", 9),
        ("2020/08/10 11:16:SS GMT+2 | TEXT", 9),
        ("2020-08-10 11:16:SS +02 INFO TEXT", 9),
        ("10.08.2020 11:16:SS +02 INFO TEXT", 9),
        ("2020-08-10 11:16:SS CEST Info TEXT", 9),
        ("2020-08-10 11:16:SS.153 CEST 1a2c Info  ClientCDS  TEXT", 9),
        ("10.08.2020 11:16:SS MESZ Info TEXT", 9),
        ("10.08.2020 11:16:SS (MESZ) Info TEXT", 9),
        ("10.08.2020, 11:16:SS MEZ TEXT", 10),
        ("2020-08-10 11:16:SS.153 +0200 CEST TEXT", 9),
        ("2020-08-10 11:16:SS.153Z|INFO|ComSocket|TEXT", 11),
        (
            "Mon Aug 10 2020 11:16:SS GMT+0200 (Mitteleurop\u{e4}ische Sommerzeit) TEXT",
            9,
        ),
        (
            "[Mon Aug 10 2020 11:16:SS GMT+0200 (Central European Summer Time)] info: TEXT",
            9,
        ),
        (
            r#"{"time":"2020-08-10 11:16:SS GMT+0200","level":"info","msg":"TEXT"}"#,
            9,
        ),
        ("2020-08-10 11:16:SS TEXT", 15),
    ] {
        let times = times(NAMELESS, &lines(layout), "America/New_York", 0);
        expect(layout, &times, &format!("2020-08-10 {hour:02}:16:19"));
    }
}

#[test]
fn a_zone_behind_a_clock_without_a_date_is_that_of_the_file() {
    for (layout, hour) in [
        ("11:16:SS.153 UTC Info TEXT", 11),
        ("11:16:SS.153 +0200 Info TEXT", 9),
        ("11:16:SS.153Z Info TEXT", 11),
        ("11:16:SS CEST TEXT", 9),
        ("Aug 10 11:16:SS +0200 TEXT", 9),
    ] {
        let times = times(DATED, &lines(layout), "America/New_York", 0);
        expect(layout, &times, &format!("2020-08-10 {hour:02}:16:19"));
    }
}

#[test]
fn a_message_that_begins_like_a_zone_now_and_then_has_none() {
    for date in ["2020-08-10", "10.08.2020"] {
        let texts = [
            "a b",
            "UTC offset is 120",
            "EST is no zone here",
            "+02 is none",
            "e f",
        ];
        let text: String = (19..)
            .zip(texts)
            .map(|(s, t)| format!("{date} 11:16:{s} {t}\n"))
            .collect();
        expect(
            date,
            &times(NAMELESS, &text, "Europe/Berlin", 0),
            "2020-08-10 09:16:19",
        );
    }
}

#[test]
fn the_half_of_the_day_is_read_behind_a_clock_with_and_without_a_date() {
    for layout in [
        "11:16:SS PM TEXT",
        "11:16:SS.123 pm Info TEXT",
        "[11:16:SS PM] [info] TEXT",
        "11:16:SS p.m. TEXT",
        "11:16:SS.123 PM [main] INFO c.e.App - TEXT",
        "11:16:SS.123 PM 1a2c Info  ClientCDS  TEXT",
        "2020-08-10 11:16:SS.123 PM Info TEXT",
        "10.08.2020 11:16:SS PM Info TEXT",
    ] {
        let times = times(DATED, &lines(layout), "Europe/Berlin", 0);
        expect(layout, &times, "2020-08-10 21:16:19");
    }
    // On a clock of 24 hours it is a word like any other.
    let times = times(
        DATED,
        &lines("13:16:SS.123 PM Info TEXT"),
        "Europe/Berlin",
        0,
    );
    expect("24 hours", &times, "2020-08-10 11:16:19");
}

#[test]
fn the_name_of_a_file_tells_day_and_month_apart() {
    for layout in [
        "10/08/2020 11:16:SS TEXT",
        "08/10/2020 11:16:SS TEXT",
        "10-08-2020 11:16:SS.123 INFO  [main] c.e.App - TEXT",
        "08-10-2020 11:16:SS.123 INFO  [main] c.e.App - TEXT",
        "[10/8/2020 11:16:SS AM] INFO WebSocket.connect TEXT",
        "10/08/20 11:16:SS [info] TEXT",
    ] {
        // The file was last written when the other reading would fit.
        let times = times(DATED, &lines(layout), "Europe/Berlin", 59);
        expect(layout, &times, "2020-08-10 09:16:19");
    }
}

#[test]
fn the_last_change_of_a_file_tells_day_and_month_apart_where_its_name_does_not() {
    for layout in ["10/08/2020 11:16:SS TEXT", "08/10/2020 11:16:SS TEXT"] {
        let times = times(NAMELESS, &lines(layout), "Europe/Berlin", 0);
        expect(layout, &times, "2020-08-10 09:16:19");
    }
}

fn problems(name: &str, text: &str, lang: &str, modified: u64) -> String {
    let folder = folder(&[(name, text.as_bytes())]);
    touch(&folder.path().join(name), modified);
    let path = arg(folder.path());
    let args = ["analyze", "--format", "json", "--lang", lang, &path];
    run(args).json()["sources"][0]["problems"].to_string()
}

#[test]
fn where_nothing_tells_day_and_month_apart_that_is_said() {
    let text = lines("10/08/2020 11:16:SS TEXT");
    expect(
        "as before",
        &times(NAMELESS, &text, "Europe/Berlin", 700),
        "2020-10-08 09:16:19",
    );
    let told = problems(NAMELESS, &text, "en", 700);
    assert!(told.contains("may be mm/dd/yyyy or dd/mm/yyyy"), "{told}");
    let told = problems(NAMELESS, &text, "de", 700);
    assert!(
        told.contains("können mm/dd/yyyy oder dd/mm/yyyy sein"),
        "{told}"
    );
    for (name, text, modified) in [
        (DATED, text.as_str(), 700),
        (NAMELESS, text.as_str(), 0),
        (NAMELESS, &lines("13/08/2020 11:16:SS TEXT"), 700),
        (NAMELESS, &lines("10.08.2020 11:16:SS TEXT"), 700),
    ] {
        assert_eq!(problems(name, text, "en", modified), "[]", "{text}");
    }
}

#[test]
fn a_number_that_is_counted_up_before_a_clock_is_no_date() {
    for layout in [
        "NNNNNN 11:16:SS.153 Info TEXT",
        "NNNNNN 11:16:SS.153 TEXT",
        "200NNNNNN 11:16:SS.153 TEXT",
        "[00NNNNNN] 11:16:SS.153 TEXT",
    ] {
        let times = times(DATED, &lines(layout), "Europe/Berlin", 0);
        expect(layout, &times, "2020-08-10 09:16:19");
    }
    // Even where each of them could be a day.
    let counted: String = (1..=9)
        .map(|n| format!("20080{n} 11:16:{} no date\n", 18 + n))
        .collect();
    let times = times(DATED, &counted, "Europe/Berlin", 0);
    expect("counted", &times[..5], "2020-08-10 09:16:19");
}

#[test]
fn days_as_one_number_before_a_clock_are_dates() {
    let one = lines("200810 11:16:SS.153 Info TEXT");
    expect(
        "one day",
        &times(NAMELESS, &one, "Europe/Berlin", 900),
        "2020-08-10 09:16:19",
    );
    let days: String = (0..9)
        .map(|n| format!("20081{n} {:02}:16:19.153 Info text {n}\n", 7 + n * 5 % 13))
        .collect();
    let times = times(NAMELESS, &days, "Europe/Berlin", 900);
    assert_eq!(times[0], "2020-08-10 05:16:19");
    assert_eq!(times[8], "2020-08-18 06:16:19");
}

#[test]
fn a_date_before_the_first_record_tells_the_day_where_stamps_and_name_have_none() {
    let text = lines("11:16:SS.153 1a2c Info  ClientCDS TEXT");
    let day =
        |head: &str, name: &str| times(name, &format!("{head}\n{text}"), "Europe/Berlin", 5).pop();
    for head in [
        "Log started 2020-08-12 11:16:01",
        "#Software: x\n#Date: 2020-08-12",
        "Protokoll begonnen am 12.08.2020 um 11:16",
    ] {
        let found = day(head, NAMELESS);
        assert_eq!(found.as_deref(), Some("2020-08-12 09:16:23"), "{head}");
        // The name is nearer to it.
        let found = day(head, DATED);
        assert_eq!(found.as_deref(), Some("2020-08-10 09:16:23"), "{head}");
    }
    for head in [
        "SwyxIt! 12.20, built 2020-06-01",
        "Date: 2021-01-01",
        "Date: 11/12/2019",
    ] {
        let found = day(head, NAMELESS);
        assert_eq!(found.as_deref(), Some("2020-08-15 09:16:23"), "{head}");
    }
}

#[test]
fn a_clock_behind_a_date_that_cannot_be_has_no_day() {
    for date in ["0001-01-01", "2020-13-45", "2020-02-30", "1601/01/01"] {
        let text = lines(&format!("{date} 11:16:SS.153 Info TEXT"));
        assert_eq!(
            times(NAMELESS, &text, "Europe/Berlin", 0),
            [""; 5],
            "{date}"
        );
    }
}
