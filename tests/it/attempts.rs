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
        "[warn] login attempt 2/5 failed",
        "[warn] login attempt 1 of 5 failed",
        "[warn] login attempt (1) timed out, retrying in 30 s",
        "[warn] reconnect attempt #2 in 30s",
        "[warn] next login attempt at 08:00:33",
        "[warn] waiting 30 s before the next login attempt",
        "[warn] scheduling login attempt 2 (delay 30000 ms)",
        "[warn] reconnecting, attempt 2, delay 30 s",
        "[warn] erneuter Versuch nach 30 s",
        "[warn] Anmeldeversuch 1 von 5 fehlgeschlagen",
        "[warn] Der Anmeldeversuch ist fehlgeschlagen (1 von 5)",
        "[warn] neuer Versuch folgt in 30 s",
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

/// A login that succeeds, and ends in order ten minutes later.
fn login(hour: &str) -> Vec<String> {
    let token = "https://swyx-imsecurity.k8s.ispworks.nl/api/v1/token";
    let said = [
        ("00:00", "[main] SwyxMessenger 12.10.4561.0 starting".to_owned()),
        ("00:01", "[login] asking ClMgr for the logged-on user: GET http://127.0.0.1:5000/swyxIt/api/user".to_owned()),
        ("00:02", "[login] 200 OK from ClMgr after 38 ms".to_owned()),
        ("00:03", "[login] requesting authentication token: POST https://swyxserver.firma.local:9100/ippbx/api/v1/im/token".to_owned()),
        ("00:04", "[login] authentication token received after 82 ms".to_owned()),
        ("00:05", format!("[login] requesting JWT: POST {token}")),
        ("00:06", "[login] JWT received after 100 ms".to_owned()),
        ("00:07", "[socket] opening wss://iam1.voipoperator.eu/ws/v1".to_owned()),
        ("00:08", "[socket] open after 118 ms".to_owned()),
        ("00:09", "[session] session established, 37 contacts".to_owned()),
        ("10:00", "[main] user logged off".to_owned()),
    ];
    let line = |(at, text): &(&str, String)| format!("[2020-08-10 {hour}:{at}.000] [info] {text}");
    said.iter().map(line).collect()
}

/// The headline, and what each attempt came to, of a Messenger's trace and what the helper wrote.
fn beside(helper: &[&str], messenger: &[String]) -> (String, Vec<String>) {
    let helper: String = helper
        .iter()
        .map(|text| format!("2020-08-10 {text}\n"))
        .collect();
    let messenger = messenger.join("\n") + "\n";
    let folder = folder(&[
        ("SwyxMessenger-2020-08-10.log", messenger.as_bytes()),
        ("ComSocket-20200810-075950.log", helper.as_bytes()),
    ]);
    let report = run([
        "analyze",
        "--tz",
        "UTC",
        "--format",
        "json",
        &arg(folder.path()),
    ])
    .json();
    let attempts = report["clients"][0]["attempts"]
        .as_array()
        .expect("attempts");
    let verdicts = attempts
        .iter()
        .map(|a| a["verdict"].as_str().unwrap_or_default().to_owned());
    let headline = report["headline"].as_str().unwrap_or_default().to_owned();
    (headline, verdicts.collect())
}

const HELPER_FAILS: [&str; 2] = [
    "08:00:50.0000|INFO|Microsoft.Hosting.Lifetime|Now listening on: http://127.0.0.1:5000",
    "08:01:10.0000|ERROR|IpPbx.Http|POST https://swyx-imsecurity.k8s.ispworks.nl/api/v1/token failed: 503 Service Unavailable",
];

#[test]
fn what_the_helper_failed_of_before_does_not_cut_a_login_in_two() {
    let messenger = [login("09"), login("11"), login("15")].concat();
    let (_, verdicts) = beside(&HELPER_FAILS, &messenger);
    assert_eq!(verdicts, ["recovered", "healthy", "healthy"]);
}

#[test]
fn what_a_login_made_up_for_is_not_why_a_later_one_fails() {
    let failed = |hour: &str| {
        let mut lines = login(hour);
        lines.truncate(6);
        lines.push(format!(
            "[2020-08-10 {hour}:00:07.000] [error] [login] unable to get local issuer certificate"
        ));
        lines
    };
    let (headline, verdicts) = beside(&HELPER_FAILS, &[login("09"), failed("15")].concat());
    assert!(headline.contains("certificate"), "{headline}");
    assert_eq!(verdicts, ["recovered", "failure"]);
    // Nothing made up for it: it stands, and the service's trouble comes first.
    let (headline, verdicts) = beside(&HELPER_FAILS, &failed("09"));
    assert!(headline.contains("5xx"), "{headline}");
    assert_eq!(verdicts, ["failure"]);
    // A login that stops without a word does not fail of what was over.
    let mut silent = login("15");
    silent.truncate(3);
    let (_, verdicts) = beside(&HELPER_FAILS, &[login("09"), silent].concat());
    assert_eq!(verdicts, ["recovered", "insufficient"]);
}

#[test]
fn messages_over_an_open_session_make_up_for_nothing_that_a_login_needs() {
    let helper = [
        HELPER_FAILS[0],
        "09:05:00.0000|FATAL|Kestrel|Failed to bind to address http://127.0.0.1:5000: address already in use. System.Net.Sockets.SocketException (10048): Only one usage of each socket address",
    ];
    let mut session = login("09");
    session.insert(
        10,
        "[2020-08-10 09:08:00.000] [info] [session] message received".to_owned(),
    );
    let mut silent = login("15");
    silent.truncate(2);
    let (headline, verdicts) = beside(&helper, &[session, silent].concat());
    assert!(headline.contains("Another program"), "{headline}");
    assert_eq!(verdicts, ["healthy", "failure"]);
}

#[test]
fn another_programs_answer_makes_up_for_no_failure_of_the_helper() {
    let helper = [
        "08:00:50.0000|FATAL|Kestrel|Failed to bind to address http://127.0.0.1:5000: address already in use. System.Net.Sockets.SocketException (10048): Only one usage of each socket address",
        "08:00:51.0000|INFO|Microsoft.Hosting.Lifetime|Now listening on: http://127.0.0.1:5001",
    ];
    let asks = |hour: &str| {
        let mut lines = login(hour);
        lines.truncate(2);
        lines.push(format!(
            "[2020-08-10 {hour}:00:02.000] [error] [login] unexpected answer from ClMgr Error: Request failed with status code 404"
        ));
        lines
    };
    let (headline, _) = beside(&helper, &[asks("09"), asks("10")].concat());
    assert!(headline.contains("Another program"), "{headline}");
}

#[test]
fn what_fails_when_the_announced_time_has_come_is_the_next_attempt() {
    let mut lines = login("08");
    lines.truncate(4);
    for (at, code) in [("00:05", 401), ("10:06", 401), ("20:07", 503)] {
        lines.push(format!("[2020-08-10 08:{at}.000] [error] [login] authentication token request failed Error: Request failed with status code {code}"));
        lines.push(format!(
            "[2020-08-10 08:{at}.100] [warn] [login] login attempt 1 failed, next attempt in 10 min"
        ));
    }
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let starts: Vec<String> = attempts(&lines).into_iter().map(|(at, _)| at).collect();
    assert_eq!(starts, ["08:00:00", "08:10:06", "08:20:07"]);
}

#[test]
fn a_session_is_not_cut_by_parts_of_the_program_that_begin_anew() {
    for words in [
        "[info] [screen] Bildschirmfreigabe gestartet",
        "[info] [presence] reconnecting in 5 s",
        "[info] [sync] Termin-Synchronisation gestartet",
    ] {
        let mut lines = login("09");
        lines.truncate(10);
        lines.push(format!("[2020-08-10 09:20:00.000] {words}"));
        lines.push("[2020-08-10 09:30:00.000] [error] [net] read ECONNRESET".to_owned());
        let (headline, verdicts) = beside(&HELPER_FAILS[..1], &lines);
        assert!(headline.contains("session"), "{words}: {headline}");
        assert_eq!(verdicts, ["failure"], "{words}");
    }
}

#[test]
fn an_announcement_is_withdrawn_when_the_session_is_back() {
    let mut lines = login("09");
    lines.truncate(10);
    lines.extend([
        "[2020-08-10 09:20:00.000] [warn] [socket] websocket closed 1006".to_owned(),
        "[2020-08-10 09:20:00.005] [info] [socket] reconnecting in 500 ms".to_owned(),
        "[2020-08-10 09:20:00.510] [info] [socket] WebSocket connected to wss://iam1.voipoperator.eu/".to_owned(),
        "[2020-08-10 10:40:00.000] [error] [net] read ECONNRESET".to_owned(),
    ]);
    let (headline, verdicts) = beside(&HELPER_FAILS[..1], &lines);
    assert!(headline.contains("session"), "{headline}");
    assert_eq!(verdicts, ["failure"]);
}

#[test]
fn while_the_next_try_is_waited_for_a_failure_without_an_address_is_none_of_it() {
    let mut lines = three_tries("[warn] Anmeldeversuch 2 fehlgeschlagen, neuer Versuch in 300 s");
    lines.push("[2020-08-10 08:01:40.000] [debug] [http] error code ECONNRESET".to_owned());
    lines.push("[2020-08-10 08:01:41.000] [warn] reconnecting in 200 s".to_owned());
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let starts: Vec<String> = attempts(&lines)
        .into_iter()
        .map(|(start, _)| start)
        .collect();
    assert_eq!(starts, ["08:00:00", "08:00:33", "08:01:03"]);
}

#[test]
fn a_line_that_tells_the_failure_and_the_next_try_is_an_attempt_each() {
    let line = |at: usize| {
        format!(
            "[2020-08-10 08:00:{at}.000] [warn] login attempt {at} failed: connect ECONNREFUSED 127.0.0.1:5000, next attempt in 10 s"
        )
    };
    let lines: Vec<String> = [10, 20, 30, 40].map(line).to_vec();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let verdicts: Vec<String> = attempts(&lines)
        .into_iter()
        .map(|(_, verdict)| verdict)
        .collect();
    assert_eq!(verdicts, ["failure"; 4]);
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
    // Whatever else they say may be the cause.
    for more in [
        "[warn] [login] cannot load the list of rooms",
        "[warn] [login] login attempt 1 failed: account is locked (E_4711), next attempt in 15 s",
        "[warn] [login] login attempt 1 failed: \"tenant\", next attempt in 15 s",
        "[warn] too many login attempts, account is locked for 30 minutes",
        "[error] Anmeldeversuch abgewiesen: Konto gesperrt",
        "[error] Start von SwyxIt! fehlgeschlagen: Nebenstelle gesperrt",
    ] {
        let more = format!("[2020-08-10 08:00:03.300] {more}");
        let all = own(&[start, &failure, RETRIES, &more], &quiet);
        assert_eq!(all.len(), 2, "{more}: {all:?}");
    }
    let cause = "    at login: account is locked";
    let all = own(&[start, &failure, RETRIES, cause], &quiet);
    assert_eq!(all, ["all is well", template]);
    // What is told of another login explains nothing of this one.
    let later = RETRIES.replace("08:00:03", "15:00:00");
    let all = own(&[start, &failure, RETRIES, &later], &quiet);
    assert_eq!(all, ["all is well", template]);
    // Another program's trouble at a stage that was passed explains nothing either.
    let passed = login("09");
    let mut passed: Vec<&str> = passed[..8].iter().map(String::as_str).collect();
    passed.push("[2020-08-10 09:00:08.000] [warn] [ws] sign-in failed, retry in 5 s");
    let helper = format!("2020-08-10 {}\n", HELPER_FAILS[1]);
    assert_eq!(own(&passed, &helper), ["[ws] sign-in failed, retry in # s"]);
    // Words for it are many.
    for again in [
        "retrying in 15 s",
        "will retry in 15 s",
        "Wiederholung in 15 s",
        "Nächster Versuch in 15 s",
        "backoff 15000 ms",
        "reconnect scheduled in 15000 ms",
        "Erneuter Anmeldeversuch in 15 Sekunden",
    ] {
        let again = format!("[2020-08-10 08:00:03.300] [warn] {again}");
        let all = own(&[start, &failure, &again], &quiet);
        assert_eq!(all, ["all is well"], "{again}");
    }
}
