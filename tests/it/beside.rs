//! What stands beside the login and is none of it: other hosts, other tokens, other requests, and failures that are only quoted.

use serde_json::Value;

use crate::bench::{arg, folder, run};

const START: &str = "2020-08-10 08:00:00.100 INFO  [app] SwyxMessenger starting, version 12.20.1\n";
const USER: &str =
    "2020-08-10 08:00:00.300 INFO  [login] GET http://127.0.0.1:5000/api/user -> 200 OK\n";
const AUTH: &str =
    "2020-08-10 08:00:00.500 INFO  [login] POST http://swyxserver:9100/token -> 200 OK\n";
const JWT: &str = "2020-08-10 08:00:00.700 INFO  [login] POST https://swyx-imsecurity.k8s.ispworks.nl/token -> 200 OK\n";
const OPEN: &str = "\
2020-08-10 08:00:00.900 INFO  [ws] WebSocket connected to wss://iam1.voipoperator.eu/
2020-08-10 08:00:01.000 INFO  [ws] roster loaded
";
const LATER: &str = "2020-08-10 08:30:00.000 INFO  [ws] message received\n";

fn report(parts: &[&str]) -> Value {
    let text = parts.concat();
    let folder = folder(&[("SwyxMessenger-2020-08-10.log", text.as_bytes())]);
    let path = arg(folder.path());
    run(["analyze", "--tz", "UTC", "--format", "json", &path]).json()
}

/// The verdict, the first finding's rule, stage and confidence, and the addresses of failures elsewhere.
fn told(parts: &[&str]) -> (String, String, Vec<String>) {
    let report = report(parts);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let first = &report["findings"][0];
    let finding = first["rule"].as_str().map_or_else(String::new, |rule| {
        let (stage, sure) = (text(&first["stage"]), text(&first["confidence"]));
        format!("{rule} at {stage}, {sure}")
    });
    let list = report["elsewhere"].as_array().expect("a list").iter();
    let list = list.map(|group| text(&group["endpoint"])).collect();
    (text(&report["verdict"]), finding, list)
}

fn line(rest: &str) -> String {
    format!("2020-08-10 08:00:20.000 {rest}\n")
}

#[test]
fn a_strange_host_that_is_not_resolved_before_anything_was_begun_is_elsewhere() {
    for (said, host) in [
        (
            "ERROR [net] getaddrinfo ENOTFOUND crm.example.net",
            "crm.example.net",
        ),
        (
            "ERROR [net] GET https://crm.example.net/x failed: net::ERR_NAME_NOT_RESOLVED",
            "crm.example.net:443",
        ),
        (
            "ERROR [net] Der Remotename konnte nicht aufgelöst werden: 'crm.example.net'",
            "crm.example.net",
        ),
    ] {
        let found = told(&[START, &line(said)]);
        assert_eq!(
            found,
            ("insufficient".into(), String::new(), vec![host.into()]),
            "{said}"
        );
    }
}

#[test]
fn hosts_that_are_never_of_the_chain_are_elsewhere_whatever_was_begun() {
    for (said, host) in [
        (
            "ERROR [net] getaddrinfo ENOTFOUND updates.example.net",
            "updates.example.net",
        ),
        (
            "ERROR [net] No such host is known. (graph.microsoft.com:443)",
            "graph.microsoft.com:443",
        ),
    ] {
        let found = told(&[START, USER, &line(said)]);
        assert_eq!(
            found,
            ("insufficient".into(), String::new(), vec![host.into()]),
            "{said}"
        );
    }
}

#[test]
fn the_servers_own_name_is_still_the_servers() {
    for said in [
        "ERROR [net] getaddrinfo ENOTFOUND swyxserver.firma.local",
        "ERROR [net] getaddrinfo ENOTFOUND swyxserver",
        "ERROR [net] No such host is known. (swyx.example.com:9100)",
    ] {
        let (verdict, finding, list) = told(&[START, &line(said)]);
        assert_eq!((verdict.as_str(), list.len()), ("failure", 0), "{said}");
        assert!(finding.contains("at server-api"), "{said}: {finding}");
    }
    // After the user is known, the server is asked.
    let (_, finding, _) = told(&[
        START,
        USER,
        &line("ERROR [net] getaddrinfo ENOTFOUND swyx.example.com"),
    ]);
    assert!(finding.contains("at server-api"), "{finding}");
}

#[test]
fn tokens_of_other_services_are_not_the_logins() {
    let begun = line("INFO  [login] POST https://swyx-imsecurity.k8s.ispworks.nl/token");
    for said in [
        "ERROR [x] Office365 token refresh failed: token expired",
        "ERROR [x] Office365-Token abgelaufen",
        "ERROR [x] Exchange token has expired",
        "ERROR [x] Teams token invalid",
        "ERROR [teams] JWT expired",
        "ERROR [x] O365 token refresh failed with 401 Unauthorized",
        "ERROR [calendar] token expired, refresh failed",
        "ERROR [x] Outlook token rejected: invalid signature",
    ] {
        let (_, finding, _) = told(&[START, USER, AUTH, &begun, &line(said)]);
        assert!(finding.is_empty(), "{said}: {finding}");
    }
    let own = line("ERROR [x] JWT expired");
    let (_, finding, _) = told(&[START, USER, AUTH, &begun, &own]);
    assert!(finding.starts_with("jwt-rejection/"), "{finding}");
    let own = line("ERROR [x] token exchange failed: 401 Unauthorized");
    let (_, finding, _) = told(&[START, USER, AUTH, &begun, &own]);
    assert!(finding.contains("at token-service"), "{finding}");
}

#[test]
fn a_web_socket_of_another_host_is_no_proof_of_the_chains() {
    for said in [
        "ERROR [push] wss://push.example.org/x failed: Unexpected server response: 502",
        "ERROR [push] WebSocket connection to 'wss://push.example.org/x' failed: Error during WebSocket handshake: Unexpected response code: 502",
        "ERROR [push] connect ECONNREFUSED wss://push.example.org/x",
    ] {
        // The login had not come so far.
        let (verdict, finding, list) = told(&[START, USER, &line(said)]);
        assert_eq!(
            (verdict.as_str(), finding.as_str()),
            ("insufficient", ""),
            "{said}"
        );
        assert_eq!(list, ["push.example.org:443"], "{said}");
        // It may be the chain's by a new name.
        let (verdict, finding, _) = told(&[START, USER, AUTH, JWT, &line(said)]);
        assert_eq!(verdict, "failure", "{said}");
        assert!(
            finding.ends_with("at websocket, possible"),
            "{said}: {finding}"
        );
    }
    let own =
        line("ERROR [ws] wss://iam1.voipoperator.eu/x failed: Unexpected server response: 502");
    let (_, finding, _) = told(&[START, USER, &own]);
    assert!(finding.ends_with("at websocket, certain"), "{finding}");
    // Where it was reached before, it is the chain's by another name.
    let other = OPEN.replace("iam1.voipoperator.eu", "im.example.org");
    let closed = line("ERROR [ws] wss://im.example.org/ closed: code 1006");
    let again = "2020-08-10 08:02:00.000 INFO  [ws] connecting to wss://im.example.org/\n2020-08-10 08:02:01.000 ERROR [ws] wss://im.example.org/ failed: Unexpected server response: 502\n";
    let (_, finding, _) = told(&[START, USER, AUTH, JWT, &other, &closed, again]);
    assert!(finding.contains("certain"), "{finding}");
}

#[test]
fn pictures_and_phone_books_that_fail_beside_an_open_session_are_elsewhere() {
    for said in [
        "[http] GET http://swyxserver:9100/api/users/5/avatar failed: 404 Not Found",
        "[http] GET http://swyxserver:9100/ippbx/client/v1.0/contacts failed: 403 Forbidden",
        "[http] GET http://swyxserver:9100/phonebook -> 403",
        "[http] GET http://swyxserver:9100/avatar/5 failed: ECONNRESET",
        "[http] Abruf http://swyxserver:9100/photo/5 fehlgeschlagen: 401 Unauthorized",
    ] {
        let asked = line("INFO  [http] GET http://swyxserver:9100/api/avatar/5");
        for tail in ["", LATER] {
            let failed = line(&format!("ERROR {said}"));
            let all = [START, USER, AUTH, JWT, OPEN, &asked, &failed, tail];
            let (verdict, finding, list) = told(&all);
            assert_eq!(
                (verdict.as_str(), finding.as_str()),
                ("healthy", ""),
                "{said}"
            );
            assert_eq!(list, ["swyxserver:9100"], "{said}");
        }
    }
}

#[test]
fn a_login_that_fails_again_is_seen_while_the_session_seems_to_stand() {
    let open = [START, USER, AUTH, JWT, OPEN].concat();
    for (said, stage) in [
        (
            "ERROR [login] GET http://127.0.0.1:5000/api/user failed: connect ECONNREFUSED 127.0.0.1:5000",
            "local-helper",
        ),
        (
            "ERROR [login] POST http://swyxserver:9100/token failed: 401 Unauthorized",
            "server-api",
        ),
        (
            "ERROR [login] POST http://swyxserver:9100/token failed: connect ETIMEDOUT 10.0.0.1:9100",
            "server-api",
        ),
    ] {
        let said = line(said).replace("08:00:20", "08:40:00");
        let (verdict, finding, _) = told(&[&open, &said]);
        assert_eq!(verdict, "failure", "{said}");
        assert!(
            finding.contains(&format!("at {stage}")),
            "{said}: {finding}"
        );
    }
    // Before a session was open, whatever the server refuses is the login's.
    let early = line(
        "ERROR [http] GET http://swyxserver:9100/avatar/5 failed: connect ETIMEDOUT 10.0.0.1:9100",
    );
    assert_eq!(told(&[START, USER, &early]).0, "failure");
}

#[test]
fn what_is_only_quoted_judges_nothing() {
    for said in [
        "INFO  [net] retry policy: on ECONNREFUSED wait 5 s",
        "DEBUG [net] retry policy: on ECONNREFUSED wait 5 s",
        "INFO  [settings] retryOn: [ECONNREFUSED]",
        "INFO  net: retry policy: on ECONNREFUSED wait 5 s",
        "DEBUG Wiederholungsregel: bei ECONNREFUSED 5 s warten",
        "DEBUG [cfg] treat close code 1006 as lost",
        "INFO  previous run ended with: 401 Unauthorized",
        "WARN  [app] previous run ended with: 401 Unauthorized at https://swyx-imsecurity.k8s.ispworks.nl/token",
        "INFO  [app] last session ended with error: 401 Unauthorized",
        "INFO  vorheriger Lauf endete mit: 401 Unauthorized",
        "INFO  Letzter Fehler vom Vortag: connect ECONNREFUSED 127.0.0.1:5000",
        "INFO  Hint: if you see 'ERR_CONNECTION_REFUSED', check the firewall",
        "WARN  Hint: if you see 'net::ERR_CERT_AUTHORITY_INVALID', check the firewall",
        "INFO  [help] If http://swyxserver:9100 gives ERR_CONNECTION_REFUSED, check the firewall",
        "INFO  Hinweis: Bei '401 Unauthorized' bitte Passwort prüfen",
        "INFO  Tipp: Bei ERR_NAME_NOT_RESOLVED den DNS-Server prüfen",
        "INFO  [chat] bob: I get 401 Unauthorized all the time",
        "INFO  [chat] bob: ERR_CONNECTION_REFUSED at swyxserver:9100?",
        "INFO  [toast] Anna Berg: JWT expired?",
        "INFO  chat: bob: I get 401 Unauthorized all the time",
        "INFO | chat | bob: I get 401 Unauthorized all the time",
        "INFO  [12] chat - bob: I get 401 Unauthorized all the time",
        "DEBUG [history] bob: websocket closed 1006",
        "INFO  [history] loaded \"getaddrinfo ENOTFOUND swyxserver\"",
        "INFO  [notification] \"connect ECONNREFUSED 127.0.0.1:5000\"",
    ] {
        for begun in [&[START, USER] as &[&str], &[START, USER, AUTH, JWT]] {
            let line = line(said);
            let all: Vec<&str> = begun.iter().copied().chain([line.as_str()]).collect();
            let (verdict, finding, _) = told(&all);
            assert_eq!(
                (verdict.as_str(), finding.as_str()),
                ("insufficient", ""),
                "{said}"
            );
        }
        let (verdict, finding, _) = told(&[START, USER, AUTH, JWT, OPEN, &line(said)]);
        assert_eq!(
            (verdict.as_str(), finding.as_str()),
            ("healthy", ""),
            "{said}"
        );
    }
}

#[test]
fn failures_in_words_like_those_of_quotes_are_failures() {
    for said in [
        "ERROR [login] connect ECONNREFUSED 127.0.0.1:5000 (hint: if you see this, check the helper)",
        "ERROR [login] hint: if you see this, check the helper: connect ECONNREFUSED 127.0.0.1:5000",
        "INFO  [login] connect ECONNREFUSED 127.0.0.1:5000, retry 1 of 3 by the retry policy",
        "WARN  Retry on ECONNREFUSED 127.0.0.1:5000 (1/3)",
        "INFO  [chat] connect: ECONNREFUSED 127.0.0.1:5000",
        "INFO  chat: connection: connect ECONNREFUSED 127.0.0.1:5000",
        "INFO | chat | send: connect ECONNREFUSED 127.0.0.1:5000",
        "INFO  [chat] socket error: connect ECONNREFUSED 127.0.0.1:5000",
        "ERROR [chat] bob: connect ECONNREFUSED 127.0.0.1:5000",
        "INFO  last error: connect ECONNREFUSED 127.0.0.1:5000",
        "WARN  Hinweis: Bei der Anmeldung trat ein Fehler auf: connect ECONNREFUSED 127.0.0.1:5000",
    ] {
        let (verdict, finding, _) = told(&[START, &line(said)]);
        assert_eq!(verdict, "failure", "{said}");
        assert!(finding.contains("at local-helper"), "{said}: {finding}");
    }
}

/// A line of a number, a level's letter and a text.
type Layout<'l> = &'l dyn Fn(usize, &str, &str) -> String;

#[test]
fn levels_behind_who_writes_between_marks_and_of_one_letter_are_read() {
    let rows = [
        ("I", "SwyxMessenger starting, version 12.20.1"),
        ("I", "GET http://127.0.0.1:5000/api/user -> 200 OK"),
        ("W", "slow"),
        ("E", "gadget lost"),
        ("I", "idle"),
    ];
    let words = |letter: &str| match letter {
        "E" => "ERROR",
        "W" => "WARN",
        _ => "INFO",
    };
    let layouts: [Layout<'_>; 4] = [
        &|n, l, t| format!("[2020-08-10 08:00:0{n}.100] [main/{}] {t}\n", words(l)),
        &|n, l, t| format!("2020-08-10 08:00:0{n}.100|main/{}|{t}\n", words(l)),
        &|n, l, t| format!("2020-08-10 08:00:0{n}.100 #{l}# {t}\n"),
        &|n, l, t| {
            format!("{{\"ts\":\"2020-08-10T08:00:0{n}.100Z\",\"level\":\"{l}\",\"msg\":\"{t}\"}}\n")
        },
    ];
    for layout in layouts {
        let lines = rows.iter().enumerate();
        let text: String = lines.map(|(n, (l, t))| layout(n, l, t)).collect();
        let report = report(&[&text]);
        let levels = &report["sources"][0]["levels"];
        let count = |level: &str| levels[level].as_u64().unwrap_or_default();
        let found = [count("error"), count("warn"), count("info")];
        assert_eq!(found, [1, 1, 3], "{text}: {levels}");
    }
}
