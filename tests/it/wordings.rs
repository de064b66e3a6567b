//! What testers from outside wrote as traces, and what had been told wrongly of it: each a few lines.

use serde_json::Value;

use crate::bench::{arg, folder, run};

const BEGUN: &str = "\
[2020-08-10 08:00:00.100] [info] (main) SwyxMessenger starting, version 12.20.1
[2020-08-10 08:00:00.300] [info] (http) GET http://127.0.0.1:5000/api/user -> 200 OK
";
const TOKENS: &str = "\
[2020-08-10 08:00:00.500] [info] (http) POST https://swyxserver:9100/token -> 200 OK
[2020-08-10 08:00:00.700] [info] (http) POST https://swyx-imsecurity.k8s.ispworks.nl/token -> 200 OK
";
const OPENED: &str =
    "[2020-08-10 08:00:01.000] [info] (socket) connected to wss://iam1.voipoperator.eu/chat\n";
const OPEN: &str = "\
[2020-08-10 08:00:01.000] [info] (socket) connected to wss://iam1.voipoperator.eu/chat
[2020-08-10 08:00:02.000] [info] (chat) message received
";

fn report(parts: &[&str]) -> Value {
    let text = parts.concat();
    let folder = folder(&[("SwyxMessenger-2020-08-10.log", text.as_bytes())]);
    let path = arg(folder.path());
    run(["analyze", "--tz", "UTC", "--format", "json", &path]).json()
}

/// The verdict, and the first finding's rule and stage.
fn told(parts: &[&str]) -> (String, String) {
    let report = report(parts);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let first = &report["findings"][0];
    let finding = match first["rule"].as_str() {
        Some(rule) => format!("{rule} at {}", text(&first["stage"])),
        None => String::new(),
    };
    (text(&report["verdict"]), finding)
}

fn assert_told(parts: &[&str], verdict: &str, finding: &str) {
    assert_eq!(
        told(parts),
        (verdict.to_owned(), finding.to_owned()),
        "{parts:?}"
    );
}

#[test]
fn a_close_code_behind_its_words_ends_the_session() {
    for line in [
        "[2020-08-10 08:00:03.000] [error] (socket) Verbindung vom Server geschlossen: 1008\n",
        "[2020-08-10 08:00:03.000] [error] (socket) server closed the websocket: 1008 (license expired)\n",
        "[2020-08-10 08:00:03.000] [warn] (socket) Verbindung getrennt (1008)\n",
    ] {
        let rule = "session-drop/close-1008 at session";
        assert_told(&[BEGUN, TOKENS, OPEN, line], "failure", rule);
    }
}

#[test]
fn what_was_never_open_did_not_break_off() {
    let line = "\
[2020-08-10 08:00:01.000] [info] (socket) new WebSocket(wss://iam1.voipoperator.eu/chat)
[2020-08-10 08:00:01.200] [error] (socket) onclose code=1006 reason= wasClean=false
";
    let rule = "session-drop/close-1006 at websocket";
    assert_told(&[BEGUN, TOKENS, line], "failure", rule);
}

#[test]
fn no_name_is_looked_up_for_the_helper_on_this_pc() {
    let lines = "\
[2020-08-10 08:00:00.100] [info] (main) SwyxMessenger starting, version 12.20.1
[2020-08-10 08:00:00.300] [info] (http) Rufe http://127.0.0.1:5000/swyxIt/api/user auf
[2020-08-10 08:00:00.500] [info] (http) Fordere Token an
[2020-08-10 08:00:00.700] [error] (http) Der Remotename konnte nicht aufgelöst werden: 'swyx.intern.local'
";
    let rule = "name-resolution/dotnet-framework-unknown-host at server-api";
    assert_told(&[lines], "failure", rule);
}

#[test]
fn what_reconnects_after_an_open_session_is_the_websocket() {
    for failure in ["ETIMEDOUT", "connect ETIMEDOUT 185.56.10.4:443"] {
        let lines = format!(
            "\
[2020-08-10 09:40:02.000] [warn] (socket) disconnected (1006)
[2020-08-10 09:40:12.000] [info] (socket) reconnecting in 10 s
[2020-08-10 09:40:33.000] [warn] (socket) reconnect failed: {failure}
[2020-08-10 09:40:43.000] [info] (socket) reconnecting in 10 s
[2020-08-10 09:41:03.000] [warn] (socket) reconnect failed: {failure}
"
        );
        let rule = "server-timeout/node-timeout at websocket";
        assert_told(&[BEGUN, TOKENS, OPEN, &lines], "failure", rule);
    }
}

#[test]
fn what_looks_for_updates_is_not_the_login() {
    let lines = "\
[2020-08-10 08:00:00.400] [info] (http) POST https://swyxserver:9100/token
[2020-08-10 08:00:00.500] [error] (updater) update check failed: net::ERR_CERT_AUTHORITY_INVALID
[2020-08-10 08:00:21.500] [error] (login) connect ETIMEDOUT 10.10.0.5:9100
";
    let rule = "server-timeout/node-timeout at server-api";
    assert_told(&[BEGUN, lines], "failure", rule);
}

#[test]
fn an_approval_that_is_waited_for_is_no_wrong_domain() {
    let line = r#"[2020-08-10 08:00:01.000] [error] (login) JWT verweigert (403): {"code":"TENANT_PENDING","detail":"Domain firma.swyx.com awaiting operator approval"}
"#;
    let rule = "configuration/trust-not-confirmed at token-service";
    let server = "[2020-08-10 08:00:00.500] [info] (http) POST https://swyxserver:9100/token 200\n";
    assert_told(&[BEGUN, server, line], "failure", rule);
}

#[test]
fn a_program_that_its_user_quits_loses_no_session() {
    let lines = "\
[2020-08-10 08:10:00.000] [info] (app) user quits
[2020-08-10 08:10:00.100] [warn] (socket) socket closed: 1006
";
    assert_told(&[BEGUN, TOKENS, OPEN, lines], "healthy", "");
}

#[test]
fn errors_that_are_the_last_of_an_open_session_are_said_to_leave_it_open() {
    let failed =
        "[2020-08-10 08:05:00.000] [error] (socket) reconnect failed: net::ERR_NAME_NOT_RESOLVED\n";
    let ids = |parts: &[&str]| -> Vec<String> {
        let report = report(parts);
        let gaps = report["coverage"].as_array().expect("a list").iter();
        let ids = gaps.filter_map(|gap| gap["id"].as_str().map(str::to_owned));
        ids.filter(|id| id == "errors-after-session").collect()
    };
    assert_eq!(ids(&[BEGUN, TOKENS, OPEN, failed]).len(), 1);
    let on = "[2020-08-10 08:06:00.000] [info] (chat) message received\n";
    assert!(ids(&[BEGUN, TOKENS, OPEN, failed, on]).is_empty());
}

#[test]
fn what_breaks_off_and_is_back_at_once_or_is_at_another_port_of_this_pc_is_listed() {
    let on = "[2020-08-10 08:05:30.000] [info] (chat) message received\n";
    for line in [
        "[2020-08-10 08:05:00.000] [error] (http) read ECONNRESET\n",
        "[2020-08-10 08:05:00.000] [error] (crm) GET http://127.0.0.1:5555/contacts failed: Request failed with status code 401\n",
        "[2020-08-10 08:05:00.000] [error] (crm) connection to 127.0.0.1:5555 timed out\n",
    ] {
        let report = report(&[BEGUN, TOKENS, OPEN, line, on]);
        assert_eq!(report["verdict"], "healthy", "{line}");
        let listed = ["elsewhere", "uncatalogued", "findings"]
            .iter()
            .map(|list| report[list].as_array().map_or(0, Vec::len));
        assert_eq!(listed.sum::<usize>(), 1, "{line}");
    }
}

#[test]
fn a_status_behind_the_name_of_a_token_is_no_secret() {
    let line =
        "[2020-08-10 08:00:00.500] [error] (http) POST https://swyxserver:9100/api/token => 401\n";
    let report = report(&[BEGUN, line]);
    let text = report["findings"][0]["evidence"][0]["text"].as_str();
    assert!(
        text.is_some_and(|text| text.ends_with("/api/token => 401")),
        "{text:?}"
    );
}

#[test]
fn words_of_refusal_right_after_the_opening_are_the_answer_to_the_logon() {
    let line = |at: &str, text: &str| format!("[2020-08-10 {at}] [error] (im) {text}\n");
    for text in [
        "sign-in failed, giving up",
        "kicked: tenant disabled",
        "stream error: not-authorized",
        "Anmeldung abgelehnt: Mandant gesperrt",
        "Login fehlgeschlagen",
        "{\"type\":\"error\",\"message\":\"unauthorized\"}",
    ] {
        let told = line("08:00:05.000", text);
        let rule = "session-drop/logon-refused-in-words at session";
        assert_told(&[BEGUN, TOKENS, OPENED, &told], "failure", rule);
        let report = report(&[BEGUN, TOKENS, OPENED, &told]);
        assert_eq!(report["findings"][0]["confidence"], "possible", "{text}");
        // What is a finding is explained.
        assert_eq!(report["uncatalogued"], Value::Array(Vec::new()), "{text}");
    }
    let told = line("08:00:05.000", "token rejected by server");
    let rule = "jwt-rejection/rejected-in-words at session";
    assert_told(&[BEGUN, TOKENS, OPENED, &told], "failure", rule);
}

#[test]
fn the_same_words_are_no_answer_to_the_logon_once_it_was_answered_or_much_later() {
    let failed = |at: &str| format!("[2020-08-10 {at}] [error] (contacts) authentication failed\n");
    let sign = "[2020-08-10 08:00:06.000] [info] (chat) message received\n";
    let (at_once, late) = (failed("08:00:05.000"), failed("08:10:00.000"));
    let healthy = |parts: &[&str]| {
        let report = report(parts);
        assert_eq!(report["verdict"], "healthy", "{parts:?}");
        let listed = ["elsewhere", "uncatalogued"]
            .iter()
            .map(|list| report[list].as_array().map_or(0, Vec::len));
        assert_eq!(listed.sum::<usize>(), 1, "{parts:?}");
        report
    };
    healthy(&[BEGUN, TOKENS, OPENED, &at_once, sign]);
    let report = healthy(&[BEGUN, TOKENS, OPENED, sign, &late]);
    let headline = report["headline"].as_str().expect("a headline");
    assert!(headline.contains("the last that is told"), "{headline}");
    healthy(&[BEGUN, TOKENS, OPENED, &late]);
}

#[test]
fn what_the_server_disconnects_is_lost_at_any_level() {
    let line = "[2020-08-10 08:10:00.000] [info] (im) disconnected by server\n";
    assert_told(
        &[BEGUN, TOKENS, OPEN, line],
        "failure",
        "session-drop/lost at session",
    );
}
