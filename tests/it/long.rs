//! What does not fit into memory goes to a temporary file, and nothing that is told depends on it.

use std::fmt::Write as _;
use std::path::Path;

use swyxtrace::model::Lang;
use swyxtrace::report::Format;

use crate::bench;

/// Records of each program: together they tell of the chain more often than a list of events has room in memory.
const RECORDS: u32 = 60_000;

/// Ten days of a client that tries again and again, of its helper, and of a trace that names its users.
fn traces() -> [(&'static str, String); 3] {
    let mut messenger = String::new();
    let mut helper = String::new();
    let mut users = String::new();
    for number in 0..RECORDS {
        let seconds = number * 14;
        let (day, hour) = (10 + seconds / 86_400, seconds / 3600 % 24);
        let (minute, second) = (seconds / 60 % 60, seconds % 60);
        let time = format!(
            "2020-08-{day:02} {hour:02}:{minute:02}:{second:02}.{:03}",
            number % 1000
        );
        let (level, text) = match number % 211 {
            0 => ("info", "SwyxMessenger starting, version 12.10"),
            1..40 => (
                "info",
                "GET http://127.0.0.1:5000/swyxIt/api/state -> 200 after 7 ms",
            ),
            40..50 => ("error", "connect ECONNREFUSED 127.0.0.1:5000"),
            50..60 => ("error", "getaddrinfo ENOTFOUND iam1.voipoperator.eu"),
            60..80 => ("info", "requesting GET http://127.0.0.1:5000/user"),
            80..85 => (
                "error",
                "Error during WebSocket handshake: Unexpected response code: 407",
            ),
            85..90 => ("info", "WebSocket connected to wss://iam1.voipoperator.eu/"),
            90..140 => ("info", "message received, conversation 1, 20 characters"),
            140..150 => ("info", "heartbeat sent"),
            _ => ("info", "200 OK"),
        };
        let _ = writeln!(messenger, "[{time}] [{level}] {text}");
        let text = match number % 97 {
            0 => "ERROR|Kestrel|System.Net.Sockets.SocketException (10048): bind 127.0.0.1:5000",
            1 => "INFO|Hosting|Now listening on: http://127.0.0.1:5000",
            2..40 => "INFO|Hub|Request starting HTTP/1.1 GET http://127.0.0.1:5000/swyxIt/hub",
            _ => "INFO|Hub|nothing",
        };
        let _ = writeln!(helper, "{time}0|{text}");
        let user = if number % 5 < 3 { "anna" } else { "bert" };
        let _ = writeln!(
            users,
            "{time}0|INFO|user={user}|connect ETIMEDOUT 192.168.10.20:9100"
        );
    }
    [
        ("SwyxMessenger-20200810-000000.log", messenger),
        ("ComSocket-20200810-000001.log", helper),
        ("IpPbxServer-20200810-000002.log", users),
    ]
}

fn report(folder: &Path, block: usize, jobs: usize, spool: Option<&Path>) -> String {
    let spool = spool.map(Path::to_owned);
    let outcome = bench::analyze_in(&[folder.to_owned()], Lang::En, block, jobs, spool);
    bench::render(&outcome.report, Format::Json)
}

#[test]
fn what_does_not_fit_into_memory_tells_what_it_tells_there() {
    let traces = traces();
    let files: Vec<(&str, &[u8])> = traces.iter().map(|(n, t)| (*n, t.as_bytes())).collect();
    let folder = bench::folder(&files);
    let spool = tempfile::tempdir().expect("a folder");
    let in_memory = report(folder.path(), 4 << 20, 1, None);
    assert!(
        in_memory.matches("\"verdict\"").count() > 100,
        "many attempts"
    );
    let nowhere = spool.path().join("no such folder");
    for spool in [spool.path(), &nowhere] {
        assert_eq!(report(folder.path(), 4 << 20, 1, Some(spool)), in_memory);
    }
    assert_eq!(
        report(folder.path(), 300_001, 3, Some(spool.path())),
        in_memory
    );
    let left = std::fs::read_dir(spool.path()).expect("a folder").count();
    assert_eq!(left, 0, "nothing is left behind");
}
