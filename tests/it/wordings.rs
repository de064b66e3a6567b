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

/// The verdict of a healthy login, with a session where that is wanted, and these lines: seconds, level, text.
fn verdict(opening: &[&str], lines: &[(u32, &str, &str)]) -> String {
    let line = |(at, level, text): &(u32, &str, &str)| {
        let (minute, second) = (at / 60, at % 60);
        format!("[2020-08-10 08:{minute:02}:{second:02}.500] [{level}] {text}\n")
    };
    let lines: Vec<String> = lines.iter().map(line).collect();
    let mut parts = opening.to_vec();
    parts.extend(lines.iter().map(String::as_str));
    told(&parts).0
}

const OPENS: [&str; 3] = [BEGUN, TOKENS, OPENED];
const STANDS: [&str; 3] = [BEGUN, TOKENS, OPEN];

#[test]
fn what_is_refused_elsewhere_right_after_the_opening_is_no_answer_to_the_logon() {
    for text in [
        "CRM login failed: access denied",
        "Exchange-Anmeldung fehlgeschlagen: Zugriff verweigert",
        "SIP-Anmeldung abgelehnt",
        "Login to meeting service failed",
        "Teams presence sync: login failed",
        "Microphone access denied",
        "Session storage access denied",
        "WebRTC session rejected: 486 Busy Here",
        "Presence for bob failed: not authorized",
    ] {
        assert_eq!(verdict(&OPENS, &[(5, "error", text)]), "healthy", "{text}");
    }
}

#[test]
fn what_closes_the_connection_in_words_ends_the_session_and_what_closes_others_does_not() {
    for text in [
        "WebSocket closed",
        "WebSocket closed by remote peer",
        "Server closed the connection",
        "Disconnected by server",
    ] {
        assert_eq!(
            verdict(&STANDS, &[(600, "info", text)]),
            "failure",
            "{text}"
        );
    }
    for text in [
        "line 1: disconnected by server",
        "bob disconnected by server",
        "Bluetooth headset connection lost",
        "IMAP idle connection dropped by server",
        "WebSocket open after 4120 ms",
    ] {
        assert_eq!(
            verdict(&STANDS, &[(600, "info", text)]),
            "healthy",
            "{text}"
        );
    }
}

#[test]
fn a_number_beside_the_opening_is_no_close_code() {
    for text in [
        "WebSocket open after 4120 ms",
        "WebSocket open (4711)",
        "WebSocket open id=4001",
    ] {
        assert_eq!(
            verdict(&[BEGUN, TOKENS], &[(3, "info", text)]),
            "healthy",
            "{text}"
        );
    }
    let pino = |pid: u32| {
        let line = |at: u32, text: &str| {
            format!(
                "{{\"level\":30,\"time\":159704{at},\"pid\":{pid},\"hostname\":\"PC01\",\"msg\":\"{text}\"}}\n"
            )
        };
        let lines = [
            line(6_400_000, "GET http://127.0.0.1:5000/api/user -> 200 OK"),
            line(6_401_000, "opening wss://iam1.voipoperator.eu/"),
            line(6_402_000, "WebSocket open"),
        ];
        told(&[lines.concat().as_str()]).0
    };
    assert_eq!([pino(5), pino(4711)], ["healthy", "healthy"]);
}

#[test]
fn what_is_connected_again_in_words_is_no_loss() {
    for lost in ["Disconnected by server", "WebSocket closed, code 1006"] {
        for back in [
            "reconnected",
            "Verbindung wiederhergestellt",
            "Connection restored",
        ] {
            let lines = [(600, "warn", lost), (604, "info", back)];
            let told = verdict(&STANDS, &lines);
            assert!(
                ["healthy", "recovered"].contains(&told.as_str()),
                "{lost}, {back}: {told}"
            );
        }
    }
}

#[test]
fn what_breaks_off_as_the_user_leaves_is_no_loss() {
    let closed = (600, "warn", "WebSocket closed, code 1006");
    assert_eq!(
        verdict(&STANDS, &[closed, (602, "info", "app quit")]),
        "healthy"
    );
    assert_eq!(
        verdict(&STANDS, &[closed, (640, "info", "app quit")]),
        "failure"
    );
    for text in [
        "Exit selected from tray menu",
        "Beenden über Tray-Menü",
        "Tray: Quit",
    ] {
        assert_eq!(
            verdict(&STANDS, &[(599, "info", text), closed]),
            "healthy",
            "{text}"
        );
    }
}

#[test]
fn messages_of_other_parts_of_the_program_are_no_sign_of_a_session() {
    let failed = "[2020-08-10 08:00:02.000] [info] POST https://swyx-imsecurity.k8s.ispworks.nl/token\n\
                  [2020-08-10 08:00:02.300] [error] Request failed with status code 403\n";
    for text in [
        "Message received from ClMgr: NotifyLineStateChanged",
        "IPC message received from renderer",
        "Message sent to main window",
        "Voicemail message received",
    ] {
        assert_eq!(
            verdict(&[BEGUN, failed], &[(6, "info", text)]),
            "failure",
            "{text}"
        );
    }
}

#[test]
fn what_people_write_to_each_other_is_no_failure_of_the_program() {
    for text in [
        "recv {\"type\":\"message\",\"from\":\"bob\",\"body\":\"connect ECONNREFUSED 127.0.0.1:5000\"}",
        "<message from=\"bob@x\"><body>disconnected by server</body></message>",
        "chat <- bob: connect ETIMEDOUT iam1.voipoperator.eu:443",
    ] {
        assert_eq!(
            verdict(&STANDS, &[(300, "info", text)]),
            "healthy",
            "{text}"
        );
    }
}

#[test]
fn a_refusal_right_after_the_opening_is_at_the_session_whatever_step_its_rule_knows() {
    for text in [
        "Login failed: tenant not found",
        "Login failed: password expired",
    ] {
        let line = format!("[2020-08-10 08:00:05.000] [error] {text}\n");
        let report = report(&[BEGUN, TOKENS, OPENED, &line]);
        assert_eq!(report["verdict"], "failure", "{text}");
        assert_eq!(report["findings"][0]["stage"], "session", "{text}");
        let chain = report["chain"].as_array().expect("a list").iter();
        let states: Vec<&str> = chain.filter_map(|step| step["status"].as_str()).collect();
        assert_eq!(states[1..5], ["ok", "ok", "ok", "ok"], "{text}");
    }
}
