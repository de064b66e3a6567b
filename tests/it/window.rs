//! Time as the user writes it: `--since`, `--until`, `--now`, `--tz`.

use crate::bench::run;
use crate::cli::analyze;

const CLEAN: &str = "samples/clean_login";

#[test]
fn an_empty_window_says_what_there_is_and_exits_4() {
    for args in [["--since", "2030-01-01"], ["--until", "01.01.2019"]] {
        let run = analyze(&[CLEAN, args[0], args[1]]).exits(4);
        assert!(
            run.text().contains("2020-08-10"),
            "{args:?}: it does not say what there is:\n{}",
            run.text()
        );
    }
    // With the clock as the end, traces of 2020 are outside.
    analyze(&[CLEAN, "--since", "2h", "--now"]).exits(4);
}

#[test]
fn every_form_of_time_is_understood_and_shown_in_the_header() {
    let forms = [
        ("1h", "2020-08-10T11:35:36"),
        ("90m", "2020-08-10T11:05:36"),
        ("1d12h", "2020-08-09T00:35:36"),
        ("11:30", "2020-08-10T11:30:00"),
        ("14:30", "2020-08-09T14:30:00"),
        ("2020-08-10", "2020-08-10T00:00:00"),
        ("10.08.2020", "2020-08-10T00:00:00"),
        ("10.08.2020 11:30", "2020-08-10T11:30:00"),
        ("2020-08-10T11:30", "2020-08-10T11:30:00"),
        ("2020-08-10T09:30:00Z", "2020-08-10T11:30:00"),
        ("2020-08-10T11:30:00+02:00", "2020-08-10T11:30:00"),
    ];
    for (form, since) in forms {
        let report = analyze(&[CLEAN, "--since", form, "--format", "json"])
            .exits(0)
            .json();
        let window = &report["window"];
        assert!(
            window["since"]
                .as_str()
                .is_some_and(|at| at.starts_with(since)),
            "--since {form}: {window}"
        );
        assert!(
            window["since"]
                .as_str()
                .is_some_and(|at| at.ends_with("+02:00")),
            "--since {form}: {window}"
        );
        assert!(
            window["records"].as_u64() > Some(0),
            "--since {form}: {window}"
        );
        let text = window["text"].as_str().expect("a sentence");
        assert!(
            text.contains(&since[11..16]),
            "--since {form}: the sentence does not name {since}: {text}"
        );
        if form.ends_with(['h', 'm']) {
            assert!(
                window["counted_from"]
                    .as_str()
                    .is_some_and(|at| at.starts_with("2020-08-10T12:35:36")),
                "{window}"
            );
        }
    }
    let text = analyze(&[CLEAN, "--since", "1h"]).exits(0).text();
    assert!(
        text.contains("11:35"),
        "the header does not print the window:\n{text}"
    );
}

#[test]
fn a_window_trims_what_is_reported_not_what_is_understood() {
    // The whole login lies before the window; what is inside it is still read as a session in order.
    let report = analyze(&[CLEAN, "--since", "30m", "--format", "json"])
        .exits(0)
        .json();
    assert_eq!(report["verdict"], "healthy");
}

#[test]
fn the_zone_of_local_stamps_is_the_asked_one() {
    let first = |tz: &str| {
        let report = run([
            "analyze",
            "samples/port_5000_collision",
            "--tz",
            tz,
            "--lang",
            "en",
            "--format",
            "json",
        ])
        .json();
        let sources = report["sources"].as_array().expect("sources").clone();
        let messenger = sources
            .into_iter()
            .find(|s| s["program"] == "SwyxIt!")
            .expect("a trace of SwyxIt!");
        messenger["first"].as_str().expect("a time").to_owned()
    };
    let (berlin, utc, east) = (first("Europe/Berlin"), first("UTC"), first("+05:30"));
    assert!(berlin.ends_with("+02:00"), "{berlin}");
    assert!(utc.ends_with("+00:00") || utc.ends_with('Z'), "{utc}");
    assert!(east.ends_with("+05:30"), "{east}");
    assert_eq!(
        berlin[..19],
        utc[..19],
        "the wall clock of a local stamp stays"
    );
}
