//! Where one attempt ends and the next begins.

use serde_json::Value;

use crate::bench::{arg, folder, run};

/// When attempts began, by the clock, and what they came to.
fn attempts(lines: &[&str]) -> Vec<(String, String)> {
    let text = lines.join("\n") + "\n";
    let folder = folder(&[("SwyxMessenger-2020-08-10.log", text.as_bytes())]);
    let path = arg(folder.path());
    let args = [
        "analyze",
        "--tz",
        "Europe/Berlin",
        "--format",
        "json",
        &path,
    ];
    let report = run(args).json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = report["clients"][0]["attempts"].as_array();
    let all = all.expect("the attempts of the only client").iter();
    let clock = |value: &Value| text(value).chars().skip(11).take(8).collect();
    all.map(|attempt| (clock(&attempt["start"]), text(&attempt["verdict"])))
        .collect()
}

const REFUSED: &str = "[error] wss://iam1.voipoperator.eu/ Error during WebSocket handshake: Unexpected response code: 407";

/// Three tries, thirty seconds apart; `announced` says that there will be another one.
fn three_tries(announced: &str) -> Vec<String> {
    let mut lines = vec![
        "[2020-08-10 08:00:00.100] [info] SwyxMessenger starting, version 12.10".to_owned(),
        "[2020-08-10 08:00:02.100] [info] connecting to wss://iam1.voipoperator.eu/".to_owned(),
        format!("[2020-08-10 08:00:03.100] {REFUSED}"),
        format!("[2020-08-10 08:00:03.200] {announced}"),
    ];
    for at in ["08:00:33", "08:01:03"] {
        lines.push(format!(
            "[2020-08-10 {at}.300] [info] connecting to wss://iam1.voipoperator.eu/"
        ));
        lines.push(format!("[2020-08-10 {at}.400] {REFUSED}"));
        lines.push(format!("[2020-08-10 {at}.500] {announced}"));
    }
    lines
}

#[test]
fn what_announces_an_attempt_does_not_begin_it() {
    for announced in [
        "[info] reconnecting in 30 s",
        "[warn] Reconnect attempt number 3 will start in 30000 ms.",
        "[info] neuer Versuch in 30 Sekunden",
        "[info] STOMP: scheduling reconnection in 30000ms",
        "[warn] [login] login attempt 4 failed, next attempt in 30 s",
        "[warn] Anmeldeversuch 4 ist gescheitert",
    ] {
        let lines = three_tries(announced);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let failure = |at: &str| (at.to_owned(), "failure".to_owned());
        let expected = ["08:00:00", "08:00:33", "08:01:03"].map(failure);
        assert_eq!(attempts(&lines), expected, "{announced}");
    }
}

#[test]
fn two_marks_of_one_start_begin_one_attempt_and_a_retry_begins_another() {
    let start = [
        "[2020-08-10 08:00:00.100] [info] SwyxMessenger wird gestartet",
        "[2020-08-10 08:00:00.300] [info] 200 OK from http://127.0.0.1:5000/user",
    ];
    let login = |at: &str| {
        [
            format!("[2020-08-10 {at}.100] [info] Anmeldung beginnt"),
            format!("[2020-08-10 {at}.200] [info] connecting to wss://iam1.voipoperator.eu/"),
            format!("[2020-08-10 {at}.300] {REFUSED}"),
        ]
    };
    let all = [login("08:00:01"), login("08:00:03"), login("08:00:33")].concat();
    let lines: Vec<&str> = start
        .into_iter()
        .chain(all.iter().map(String::as_str))
        .collect();
    let failure = |at: &str| (at.to_owned(), "failure".to_owned());
    // What failed is over, however soon the next try comes.
    let expected = ["08:00:00", "08:00:03", "08:00:33"].map(failure);
    assert_eq!(attempts(&lines), expected);
    // A second try much later begins anew, whatever the first one came to.
    let late: Vec<&str> = [&lines[..2], &lines[8..]].concat();
    let found: Vec<String> = attempts(&late).into_iter().map(|(at, _)| at).collect();
    assert_eq!(found, ["08:00:00", "08:00:33"]);
}

#[test]
fn what_follows_an_announcement_at_once_is_a_word_on_the_attempt_before() {
    let mut lines = three_tries("[info] reconnecting in 30 s");
    lines.insert(
        4,
        "[2020-08-10 08:00:03.300] [warn] wss://iam1.voipoperator.eu/ closed with code 1006"
            .to_owned(),
    );
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let starts: Vec<String> = attempts(&lines)
        .into_iter()
        .map(|(start, _)| start)
        .collect();
    assert_eq!(starts, ["08:00:00", "08:00:33", "08:01:03"]);
}

#[test]
fn what_begins_an_attempt_at_once_begins_it() {
    let lines = three_tries("[info] reconnecting");
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let starts: Vec<String> = attempts(&lines)
        .into_iter()
        .map(|(start, _)| start)
        .collect();
    assert_eq!(starts, ["08:00:00", "08:00:03", "08:00:33", "08:01:03"]);
}

/// The records that no rule explains, in a trace of that name beside one of the Messenger.
fn unexplained(messenger: &[&str], other: (&str, &str)) -> Vec<String> {
    let messenger = messenger.join("\n") + "\n";
    let folder = folder(&[
        ("SwyxMessenger-2020-08-10.log", messenger.as_bytes()),
        (other.0, other.1.as_bytes()),
    ]);
    let report = run(["analyze", "--format", "json", &arg(folder.path())]).json();
    let all = report["uncatalogued"].as_array().expect("a list").iter();
    all.map(|one| one["template"].as_str().unwrap_or_default().to_owned())
        .collect()
}

const RETRIES: &str =
    "[2020-08-10 08:00:03.200] [warn] [login] login attempt 1 failed, next attempt in 30 s";

#[test]
fn that_it_will_be_tried_again_is_no_failure_beside_the_one_that_is_told() {
    let failure = format!("[2020-08-10 08:00:03.100] {REFUSED}");
    let start = "[2020-08-10 08:00:02.100] [info] connecting to wss://iam1.voipoperator.eu/";
    let template = "[login] login attempt # failed, next attempt in # s";
    let helper = |text: &str| format!("2020-08-10 08:00:02.5000|WARN|ComSocket|{text}\n").repeat(3);
    let quiet = helper("all is well");
    let own =
        |lines: &[&str], other: &str| unexplained(lines, ("ComSocket-20200810-080000.log", other));
    // The helper's warnings stay, and so does what no failure explains.
    assert_eq!(own(&[start, &failure, RETRIES], &quiet), ["all is well"]);
    assert_eq!(own(&[start, RETRIES], &quiet), ["all is well", template]);
    let retries = helper("login attempt 2 failed");
    assert_eq!(
        own(&[start, &failure, RETRIES], &retries),
        ["login attempt # failed"]
    );
    // One that says more than that once is a group of its own.
    let more = "[2020-08-10 08:00:03.300] [warn] [login] cannot load the list of rooms";
    assert_eq!(
        own(&[start, &failure, RETRIES, more], &quiet),
        ["all is well", "[login] cannot load the list of rooms"]
    );
}
