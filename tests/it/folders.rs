//! Folders of several PCs that nobody has named: what one wrote judges no other.

use crate::bench::{arg, folder, run};

const NAME: &str = "SwyxMessenger-2020-08-10.log";

fn healthy(hour: &str) -> String {
    format!(
        "\
2020-08-10 {hour}:00:00.100 INFO  [app] SwyxMessenger starting, version 12.20.1
2020-08-10 {hour}:00:01.300 INFO  [login] GET http://127.0.0.1:5000/api/user -> 200 OK
2020-08-10 {hour}:00:02.500 INFO  [login] POST http://swyxserver:9100/token -> 200 OK
2020-08-10 {hour}:00:03.700 INFO  [login] POST https://swyx-imsecurity.k8s.ispworks.nl/token -> 200 OK
2020-08-10 {hour}:00:04.900 INFO  [ws] WebSocket connected to wss://iam1.voipoperator.eu/
2020-08-10 {hour}:05:00.000 INFO  [ws] message received
"
    )
}

fn failing(hour: &str) -> String {
    let healthy = healthy(hour);
    let begun: Vec<&str> = healthy.lines().take(3).collect();
    format!(
        "{}\n2020-08-10 {hour}:00:03.800 ERROR [login] POST https://swyx-imsecurity.k8s.ispworks.nl/token failed: 401 Unauthorized\n",
        begun.join("\n").replace(".100 INFO", ".150 INFO")
    )
}

/// The names and verdicts of the clients.
fn clients(files: &[(&str, &str)]) -> Vec<(String, String)> {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(n, t)| (*n, t.as_bytes())).collect();
    let folder = folder(&files);
    let path = arg(folder.path());
    let report = run(["analyze", "--tz", "UTC", "--format", "json", &path]).json();
    let all = report["clients"].as_array().expect("a list").iter();
    all.map(|client| {
        let text = |key: &str| client[key].as_str().unwrap_or_default().to_owned();
        (text("name"), text("verdict"))
    })
    .collect()
}

fn pair(a: (&str, &str), b: (&str, &str)) -> Vec<(String, String)> {
    [a, b].map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec()
}

#[test]
fn numbered_and_plainly_named_folders_are_clients_of_their_own() {
    for (a, b) in [
        ("1", "2"),
        ("01", "02"),
        ("pcA", "pcB"),
        ("Kunde1", "Kunde2"),
    ] {
        for hour in ["08", "09"] {
            let files = [format!("{a}/{NAME}"), format!("{b}/{NAME}")];
            let found = clients(&[(&files[0], &healthy("08")), (&files[1], &failing(hour))]);
            assert_eq!(found, pair((a, "healthy"), (b, "failure")), "{hour}");
        }
    }
}

#[test]
fn folders_of_one_time_each_are_two_clients_if_both_wrote_at_once() {
    for (a, b) in [
        ("alt", "neu"),
        ("Log1", "Log2"),
        ("2020-08-10", "2020-08-11"),
    ] {
        for name in [NAME, "SwyxMessenger.log"] {
            let files = [format!("{a}/{name}"), format!("{b}/{name}")];
            let found = clients(&[(&files[0], &healthy("08")), (&files[1], &failing("08"))]);
            let verdicts: Vec<&str> = found.iter().map(|(_, verdict)| verdict.as_str()).collect();
            assert_eq!(verdicts, ["healthy", "failure"], "{files:?}: {found:?}");
            assert!(
                found[0].0.contains(a) && found[1].0.contains(b),
                "{found:?}"
            );
            // What was written later is another time of the same PC.
            let found = clients(&[(&files[0], &failing("07")), (&files[1], &healthy("09"))]);
            assert_eq!(found.len(), 1, "{files:?}: {found:?}");
        }
    }
}

#[test]
fn a_file_that_was_copied_twice_as_it_grew_is_of_one_client() {
    let all = format!("{}{}", failing("08"), healthy("09"));
    let found = clients(&[
        ("alt/SwyxMessenger.log", &failing("08")),
        ("neu/SwyxMessenger.log", &all),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_helper_above_two_clients_is_of_none() {
    let helper = "\
2020-08-10 08:00:00.050 INFO  ComSocket 12.20.1 started
2020-08-10 08:00:00.060 INFO  Now listening on: http://localhost:5000
";
    let files = [format!("1/{NAME}"), format!("2/{NAME}")];
    let found = clients(&[
        ("ComSocket-2020-08-10.log", helper),
        (&files[0], &healthy("08")),
        (&files[1], &failing("08")),
    ]);
    let verdicts: Vec<&(String, String)> = found.iter().filter(|(n, _)| !n.is_empty()).collect();
    let expected = pair(("1", "healthy"), ("2", "failure"));
    assert_eq!(verdicts, expected.iter().collect::<Vec<_>>());
}
