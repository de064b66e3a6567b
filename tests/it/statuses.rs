//! Statuses of HTTP as clients log them: behind a URL, behind a word, and in thousands of records that are much alike.

use serde_json::Value;

use crate::bench::{arg, folder, run};

const BEGUN: &str = "\
2020-08-10 08:00:00.100 INFO  [app] SwyxMessenger starting, version 12.20.1
2020-08-10 08:00:00.300 INFO  [login] GET http://127.0.0.1:5000/api/user -> 200 OK
";

fn report(text: &str) -> Value {
    let folder = folder(&[("SwyxMessenger-2020-08-10.log", text.as_bytes())]);
    let path = arg(folder.path());
    run(["analyze", "--tz", "UTC", "--format", "json", &path]).json()
}

/// The rules of findings, each with its count.
fn findings(report: &Value) -> Vec<(&str, u64)> {
    let all = report["findings"].as_array().expect("a list").iter();
    let one = |finding: &'_ Value| finding["count"].as_u64().unwrap_or_default();
    all.map(|finding| (finding["rule"].as_str().unwrap_or_default(), one(finding)))
        .collect()
}

const REFUSED: &str = "auth-token/unauthorized-server-api";

#[test]
fn a_status_behind_a_url_tells_the_failure_in_whatever_form() {
    for form in [
        "POST http://swyxserver:9100/api/token 401",
        "POST http://swyxserver:9100/api/token: 401",
        "POST http://swyxserver:9100/api/token => 401",
        "POST http://swyxserver:9100/api/token [401]",
        "POST http://swyxserver:9100/api/token 401 (12 ms)",
        "HTTP POST http://swyxserver:9100/api/token responded 401 in 12.3 ms",
        "http://swyxserver:9100/api/token liefert 401",
        "POST http://swyxserver:9100/api/token rc=401",
    ] {
        for level in ["INFO ", "ERROR"] {
            let text = format!("{BEGUN}2020-08-10 08:00:00.500 {level} [login] {form}\n");
            assert_eq!(findings(&report(&text)), [(REFUSED, 1)], "{level} {form}");
        }
    }
}

#[test]
fn a_good_status_behind_a_url_passes_the_step() {
    let line = "POST http://swyxserver:9100/api/token 200 12ms";
    let report = report(&format!(
        "{BEGUN}2020-08-10 08:00:00.500 INFO  [login] {line}\n"
    ));
    let chain = report["chain"].as_array().expect("a list").iter();
    let states: Vec<&str> = chain.filter_map(|step| step["status"].as_str()).collect();
    assert_eq!(states[..3], ["ok", "ok", "ok"]);
    assert_eq!(states[3], "unknown");
}

#[test]
fn of_thousands_of_records_much_alike_each_status_is_counted_and_no_other_number() {
    let mut random = 1_u64;
    let mut next = |below: u64| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    let mut lines = vec![BEGUN.to_owned()];
    let mut refused = 0;
    for line in 0..12_000 {
        let status = [200, 250, 333, 401][next(4) as usize];
        let (id, number) = (next(1 << 40), next(999));
        let (counts, form) = match next(8) {
            0 => (
                true,
                format!("POST http://swyxserver:9100/api/{id:012x} {status} ({number} ms)"),
            ),
            1 => (
                true,
                format!("POST http://swyxserver:9100/api/token: {status}"),
            ),
            2 => (
                true,
                format!(
                    "HTTP GET http://swyxserver:9100/{number} responded {status} in {number} ms"
                ),
            ),
            3 => (
                true,
                format!("GET http://swyxserver:9100/x?y={number} {status} {id:012x}"),
            ),
            4 => (
                false,
                format!("GET http://swyxserver:9100/api/contacts {status} contacts"),
            ),
            5 => (false, format!("connecting to http://swyxserver:{status}/x")),
            6 => (false, format!("took {status} for http://swyxserver:9100/x")),
            _ => (false, format!("cached {id:012x} for {status} s")),
        };
        refused += u64::from(counts && status == 401);
        let at = format!(
            "08:{:02}:{:02}.{:03}",
            line / 600,
            line / 10 % 60,
            line % 10 * 100
        );
        lines.push(format!("2020-08-10 {at} INFO  [login] {form}\n"));
    }
    let report = report(&lines.concat());
    let found = findings(&report);
    assert_eq!(found, [(REFUSED, refused)], "{found:?}");
}
