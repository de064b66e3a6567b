//! Failures by which no step is judged are listed all the same.

use serde_json::Value;

use crate::bench::{arg, folder, run};

const BEGUN: &str = "\
2020-08-10 08:00:00.100 INFO  [app] SwyxMessenger starting, version 12.20.1
2020-08-10 08:00:00.300 INFO  [login] GET http://127.0.0.1:5000/api/user -> 200 OK
2020-08-10 08:00:00.500 INFO  [login] POST http://swyxserver:9100/token -> 200 OK
";
const OPEN: &str = "\
2020-08-10 08:00:00.700 INFO  [login] POST https://swyx-imsecurity.k8s.ispworks.nl/token -> 200 OK
2020-08-10 08:00:00.900 INFO  [ws] WebSocket connected to wss://iam1.voipoperator.eu/
2020-08-10 08:00:01.000 INFO  [ws] roster loaded
";
const FOREIGN: &str = "2020-08-10 08:00:02.000 ERROR [login] POST https://im.example.net/api/token?access_token=s3cr3tValue99 failed: self signed certificate in certificate chain\n";

/// The report of a trace of the Messenger, and its list.
fn report(text: &str, args: &[&str]) -> (Value, Vec<Value>) {
    let folder = folder(&[("SwyxMessenger-2020-08-10.log", text.as_bytes())]);
    let path = arg(folder.path());
    let mut all = vec!["analyze", "--tz", "UTC", "--format", "json"];
    all.extend(args);
    all.push(&path);
    let report = run(all).json();
    let list = report["elsewhere"].as_array().expect("a list").clone();
    (report, list)
}

#[test]
fn a_failure_at_a_host_that_the_chain_does_not_name_is_listed_and_judges_no_step() {
    let text = format!("{BEGUN}{FOREIGN}{}", FOREIGN.replace(":02.", ":04."));
    let (report, list) = report(&text, &[]);
    assert_eq!(report["verdict"], "insufficient");
    assert_eq!(report["findings"], Value::Array(Vec::new()));
    let [group] = &list[..] else {
        panic!("one group: {list:#?}");
    };
    assert_eq!(group["endpoint"], "im.example.net:443");
    assert_eq!(group["count"], 2);
    assert_eq!(group["first_seen"], "2020-08-10T08:00:02+00:00");
    assert_eq!(group["last_seen"], "2020-08-10T08:00:04+00:00");
    assert_eq!(group["example"]["line"], 4);
    let text = group["example"]["text"].as_str().expect("a text");
    assert!(text.contains("self signed certificate") && !text.contains("s3cr3tValue99"));
}

#[test]
fn a_failure_without_an_address_beside_a_session_that_goes_on_is_listed() {
    let text = format!(
        "{BEGUN}{OPEN}2020-08-10 08:00:09.000 ERROR [update] check failed: self signed certificate in certificate chain
2020-08-10 08:00:12.000 INFO  [ws] message received\n"
    );
    let (report, list) = report(&text, &[]);
    assert_eq!(report["verdict"], "healthy");
    assert_eq!(list.len(), 1, "{list:#?}");
    assert_eq!(list[0]["endpoint"], Value::Null);
    assert_eq!(list[0]["example"]["line"], 7);
}

#[test]
fn of_failures_elsewhere_those_in_the_window_count() {
    let text = format!("{BEGUN}{FOREIGN}{}", FOREIGN.replace(":02.", ":04."));
    let (_, list) = report(&text, &["--since", "2020-08-10 08:00:03"]);
    assert_eq!(list[0]["count"], 1);
    assert_eq!(list[0]["example"]["line"], 5);
    let (_, list) = report(&text, &["--until", "2020-08-10 08:00:01"]);
    assert!(list.is_empty(), "{list:#?}");
}

#[test]
fn what_is_a_finding_or_no_failure_is_not_listed_elsewhere() {
    let told = FOREIGN.replace("im.example.net", "swyx-imsecurity.k8s.ispworks.nl");
    let mild = FOREIGN.replace("ERROR", "DEBUG");
    for line in [told, mild] {
        let (_, list) = report(&format!("{BEGUN}{line}"), &[]);
        assert!(list.is_empty(), "{list:#?}");
    }
}

#[test]
fn more_failures_elsewhere_than_are_shown_are_said_to_be_more() {
    let hosts = (0..230).map(|host| FOREIGN.replace("im.example", &format!("im{host:03}.example")));
    let text = format!("{BEGUN}{}", hosts.collect::<String>());
    let (report, list) = report(&text, &[]);
    assert_eq!(list.len(), 200);
    let gaps = report["coverage"].as_array().expect("a list").iter();
    let ids: Vec<&str> = gaps.filter_map(|gap| gap["id"].as_str()).collect();
    assert!(ids.contains(&"elsewhere-cut"), "{ids:?}");
}

#[test]
fn every_format_for_people_tells_of_failures_elsewhere() {
    let text = format!("{BEGUN}{FOREIGN}");
    let folder = folder(&[("SwyxMessenger-2020-08-10.log", text.as_bytes())]);
    let path = arg(folder.path());
    for format in ["text", "markdown", "html"] {
        let text = run(["analyze", "--lang", "de", "--format", format, &path]).text();
        assert!(text.contains("Fehler an anderer Stelle"), "{text}");
        assert!(text.contains("im.example.net:443"), "{text}");
    }
}

#[test]
fn where_nothing_else_failed_the_list_stands_first_and_the_headline_says_so() {
    let text = format!("{BEGUN}{FOREIGN}");
    let (told, _) = report(&text, &[]);
    let headline = told["headline"].as_str().expect("a headline");
    assert!(headline.contains("elsewhere"), "{headline}");
    let (german, _) = report(&text, &["--lang", "de"]);
    let headline = german["headline"].as_str().expect("a headline");
    assert!(headline.contains("an anderer Stelle"), "{headline}");

    let folder = folder(&[("SwyxMessenger-2020-08-10.log", text.as_bytes())]);
    for (format, list, next) in [
        ("text", "\nFailures elsewhere\n", "\nCheck next\n"),
        ("markdown", "\n## Failures elsewhere\n", "\n## Check next\n"),
        ("html", "<section id=\"elsewhere\"", "<section id=\"next\""),
    ] {
        let path = arg(folder.path());
        let page = run(["analyze", "--tz", "UTC", "--format", format, &path]).text();
        let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}: {page}"));
        assert!(at(list) < at(next), "{format}: {page}");
        assert!(!page.contains("No failure was found."), "{format}: {page}");
        if format == "html" {
            assert!(page.contains("<a href=\"#elsewhere\">"), "{page}");
        }
    }
}
