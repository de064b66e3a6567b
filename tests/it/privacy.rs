//! What `--anonymize` hides, everywhere; and what a copy for others still tells.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::{Value, json};
use swyxtrace::report::Format;
use swyxtrace::report::anonymize::Anonymizer;

use crate::bench::{self, arg};

const NAME: &str = "Users/k.mustermann/Traces/SwyxMessenger-2020-08-10.log";

/// Identities and secrets of every kind, at the places where traces have them.
const PLANTED: &str = r#"[2020-08-10 11:16:19.153] [info] [main] SwyxMessenger 12.10.4561.0 starting on machine PC-KLAUS17, user MUELLERGMBH\k.mustermann
[2020-08-10 11:16:19.234] [info] [main] userData is C:\Users\k.mustermann\AppData\Roaming\SwyxMessenger
[2020-08-10 11:16:19.300] [info] profile \\fs01\profiles$\k.mustermann, {"userName":"klaus.mustermann@mueller-gmbh.de","displayName":"Klaus Mustermann"}
[2020-08-10 11:16:20.008] [info] [login] 200 OK from ClMgr after 68 ms, user "Klaus Mustermann" (id 1042, number 2147), server pbx01.mueller-gmbh.de:9100
[2020-08-10 11:16:20.050] [info] Benutzer: Jörg Großkreutz (2148), home C:\\Users\\Jörg Großkreutz\\AppData, {"contact":"J\u00f6rg Gro\u00dfkreutz"}
[2020-08-10 11:16:20.100] [info] call from +49 231 5559968 to sip:2147@pbx01.mueller-gmbh.de:5060;transport=tls via 80.153.12.7:443, 80.153.12.9 and 10.1.2.3
[2020-08-10 11:16:20.200] [info] Rufnummer: 0231/5559968, Durchwahl 2983, 2a02:8109:9ac0:1234::77 and fe80::1, MAC 00:1B:44:11:3A:B7, S-1-5-21-1004336348-1177238915-682003330-512
[2020-08-10 11:16:20.300] [info] [chat] message from Petra Lohmann: Hallo Klaus, der Zettel liegt im Tresor
[2020-08-10 11:16:20.301] [info] [chat] message sent {"to":"petra.lohmann@mueller-gmbh.de","body":"Danke, bis nachher am Tresor"}
[2020-08-10 11:16:20.400] [debug] access_token AbCdEf0123456789 //anna:LEAK17pw@host.intern/x password=LEAK18pw Authorization: Bearer LEAK19AbCdEf0123456789
[2020-08-10 11:16:20.500] [debug] [avatar] cached Petra_Lohmann.png, PC-KLAUS17 is up, K.MUSTERMANN, Herr Mustermann
[2020-08-10 11:16:21.000] [error] POST https://pbx01.mueller-gmbh.de:9100/ippbx/api/v1/im/token failed: connect ECONNREFUSED 80.153.12.7:9100
    at TCPConnectWrap.afterConnect [as oncomplete] (net.js:1141:16) { errno: -4078, code: 'ECONNREFUSED', address: '80.153.12.7', port: 9100 }
[2020-08-10 11:16:21.100] [error] getaddrinfo ENOTFOUND iam1.voipoperator.eu for k.mustermann
"#;

/// What must not be seen anywhere.
const HIDDEN: &[&str] = &[
    "mustermann",
    "klaus",
    "petra",
    "lohmann",
    "jörg",
    "großkreutz",
    "j\\u00f6rg",
    "muellergmbh",
    "mueller-gmbh",
    "pc-klaus17",
    "pbx01",
    "fs01",
    "5559968",
    "2147",
    "2148",
    "2983",
    "80.153.12",
    "2a02:8109",
    "00:1b:44",
    "1004336348",
    "tresor",
    "leak1",
    "abcdef0123456789",
];

fn planted() -> tempfile::TempDir {
    bench::folder(&[(NAME, PLANTED.as_bytes())])
}

fn leaks(text: &str) -> Vec<&'static str> {
    let lower = text.to_lowercase();
    HIDDEN
        .iter()
        .copied()
        .filter(|hidden| lower.contains(hidden))
        .collect()
}

/// All outputs of one case, each with its name.
fn outputs(path: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for format in Format::ALL {
        for lang in ["en", "de"] {
            let run = bench::run([
                "analyze",
                path,
                "--anonymize",
                "--why",
                "--tz",
                "Europe/Berlin",
                "--format",
                format.name(),
                "--lang",
                lang,
            ]);
            all.push((
                format!("analyze {} {lang}", format.name()),
                run.text() + &run.err,
            ));
        }
    }
    for format in ["text", "jsonl", "csv", "timesketch", "otlp"] {
        let run = bench::run([
            "timeline",
            path,
            "--anonymize",
            "--tz",
            "Europe/Berlin",
            "--format",
            format,
        ])
        .exits(0);
        all.push((format!("timeline {format}"), run.text() + &run.err));
    }
    all
}

fn copy_of(path: &str) -> (tempfile::TempDir, PathBuf, bench::Run) {
    let folder = tempfile::tempdir().expect("a folder");
    let zip = folder.path().join("copy.zip");
    let run = bench::run(["anonymize", path, "--tz", "Europe/Berlin", "-o", &arg(&zip)]);
    (folder, zip, run)
}

/// Names and texts of a copy.
fn members(zip: &Path) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(fs::File::open(zip).expect("the copy")).expect("a ZIP");
    (0..archive.len())
        .map(|index| {
            let mut file = archive.by_index(index).expect("a member");
            let mut text = String::new();
            file.read_to_string(&mut text).expect("UTF-8");
            (file.name().expect("a name").into_owned(), text)
        })
        .collect()
}

#[test]
fn planted_identities_and_secrets_are_in_no_output() {
    let folder = planted();
    let path = arg(folder.path());
    let (_kept, zip, run) = copy_of(&path);
    run.exits(0);
    let mut all = outputs(&path);
    let copied: String = members(&zip)
        .iter()
        .map(|(name, text)| format!("{name}\n{text}"))
        .collect();
    all.push(("copy".into(), copied));
    let file = arg(&folder.path().join(NAME));
    let explained = bench::run(["explain", &file, "--anonymize", "--lines", "40"]).exits(0);
    all.push(("explain".into(), explained.text() + &explained.err));
    for (name, text) in all {
        assert_eq!(leaks(&text), Vec::<&str>::new(), "{name}\n{text}");
        assert!(text.contains("user-1"), "{name}\n{text}");
    }
}

#[test]
fn what_a_diagnosis_needs_stays() {
    let folder = planted();
    let text = bench::run(["timeline", &arg(folder.path()), "--anonymize"])
        .exits(0)
        .text();
    for kept in [
        "10.1.2.3",
        "fe80::1",
        ":9100/ippbx/api/v1/im/token",
        ":5060;transport=tls",
        "ECONNREFUSED",
        "iam1.voipoperator.eu",
        "net.js:1141:16",
        "12.10.4561.0",
        "errno: -4078",
        r"AppData\Roaming\SwyxMessenger",
        "message sent",
        "id 1042",
    ] {
        assert!(text.contains(kept), "{kept}\n{text}");
    }
    // Two hosts of one /24 are two hosts of one subnet.
    assert!(text.contains("198.18.0.1:443, 198.18.0.2 and"), "{text}");
    // The same number, with and without its country code; the same person, as login and as address.
    assert_eq!(text.matches("phone-3 to").count(), 1, "{text}");
    assert!(text.contains("Rufnummer: phone-3"), "{text}");
    // `\u00df` inside JSON is a letter, and no account of a domain.
    assert!(!text.contains(r"\user-4"), "{text}");
}

#[test]
fn a_token_means_the_same_in_every_output() {
    let folder = planted();
    let path = arg(folder.path());
    let map = folder.path().join("private.json");
    bench::run([
        "timeline",
        &path,
        "--anonymize",
        "--anonymize-map",
        &arg(&map),
    ])
    .exits(0);
    let first = fs::read_to_string(&map).expect("the map");
    let entries: Value = serde_json::from_str(&first).expect("JSON");
    let token = |original: &str| {
        let all = entries["entries"].as_array().expect("entries");
        let found = all
            .iter()
            .find(|e| e["original"] == original)
            .unwrap_or_else(|| panic!("{original}\n{first}"));
        found["token"].as_str().expect("a token").to_owned()
    };
    assert_eq!(token("k.mustermann"), "user-1");
    assert_eq!(token("klaus.mustermann"), "user-2");
    assert_eq!(
        token("pbx01.mueller-gmbh.de"),
        token("pbx01.mueller-gmbh.de")
    );
    // The folder that holds the map is read again: the map is no trace.
    let again = folder.path().join("again.json");
    bench::run([
        "analyze",
        &path,
        "--anonymize",
        "--anonymize-map",
        &arg(&again),
        "--format",
        "json",
    ]);
    assert_eq!(first, fs::read_to_string(&again).expect("the map"));
    let (_kept, zip, _) = copy_of(&path);
    let copied = &members(&zip)[0].1;
    let timeline = bench::run(["timeline", &path, "--anonymize", "--format", "jsonl"]).text();
    let rows: Vec<Value> = timeline
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let texts: String = rows
        .iter()
        .map(|row| row["text"].as_str().expect("text").to_owned() + "\n")
        .collect();
    assert_eq!(&texts, copied);
}

#[test]
fn a_private_map_is_only_written_with_anonymize() {
    bench::run([
        "analyze",
        "samples/clean_login",
        "--anonymize-map",
        "x.json",
    ])
    .exits(2);
}

/// What of a report must be the same for a copy; texts, names and places differ.
fn essence(report: &Value) -> Value {
    let findings: Vec<Value> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|f| {
            let keys = [
                "id",
                "class",
                "cause",
                "stage",
                "rule",
                "rules",
                "count",
                "first_seen",
                "last_seen",
                "recovered_at",
                "role",
                "severity",
                "confidence",
                "follows_from",
            ];
            keys.iter()
                .map(|key| ((*key).to_owned(), f[*key].clone()))
                .collect::<serde_json::Map<_, _>>()
                .into()
        })
        .collect();
    let chain: Vec<Value> = report["chain"]
        .as_array()
        .expect("a chain")
        .iter()
        .map(|s| json!([s["stage"], s["status"], s["proof"], s["at"], s["finding"]]))
        .collect();
    let sources: Vec<Value> = report["sources"]
        .as_array()
        .expect("sources")
        .iter()
        .map(|s| {
            json!([
                s["program"],
                s["lines"],
                s["records"],
                s["first"],
                s["last"],
                s["levels"]
            ])
        })
        .collect();
    json!({ "verdict": report["verdict"], "findings": findings, "chain": chain, "sources": sources })
}

#[test]
fn a_copy_of_any_sample_gives_the_same_findings() {
    let secrets = crate::samples::planted();
    for case in bench::samples() {
        let original = bench::reports("report.json")[&case].json();
        let (_kept, zip, run) = copy_of(&format!("samples/{case}"));
        assert!([0, 4].contains(&run.code), "{case}: {}", run.err);
        let args = [
            "analyze",
            &arg(&zip),
            "--tz",
            "Europe/Berlin",
            "--lang",
            "en",
            "--format",
            "json",
        ];
        let copied = bench::run(args).json();
        assert_eq!(essence(&copied), essence(&original), "{case}");
        for (name, text) in members(&zip) {
            let leaked = secrets.iter().find(|secret| text.contains(secret.as_str()));
            assert_eq!(leaked, None, "{case}: {name}");
            for hidden in [
                "Anna Beispiel",
                "a.beispiel",
                "firma.local",
                "Wiegand",
                "wiegand",
                "kroeger",
            ] {
                assert!(!text.contains(hidden), "{case}: {name}: {hidden}");
            }
        }
    }
}

#[test]
fn a_copy_is_the_same_bytes_again_and_a_copy_of_it_the_same_text() {
    let folder = planted();
    let (_one, first, _) = copy_of(&arg(folder.path()));
    let (_two, second, _) = copy_of(&arg(folder.path()));
    assert_eq!(
        fs::read(&first).expect("a copy"),
        fs::read(&second).expect("a copy")
    );
    let (_three, third, _) = copy_of(&arg(&first));
    let texts = |zip: &Path| {
        members(zip)
            .into_iter()
            .map(|(_, text)| text)
            .collect::<Vec<_>>()
    };
    assert_eq!(texts(&first), texts(&third));
}

#[test]
fn a_jwt_stays_one_that_a_reader_accepts() {
    let (_kept, zip, _) = copy_of("samples/jwt_expired");
    let all: String = members(&zip).into_iter().map(|(_, text)| text).collect();
    let shape = regex::Regex::new(r"eyJ[\w-]+\.[\w-]+\.[\w-]+").expect("a regex");
    let mut seen = 0;
    for token in shape.find_iter(&all) {
        let mut parts = token.as_str().split('.').map(decoded);
        let (header, claims) = (
            parts.next().expect("a header"),
            parts.next().expect("claims"),
        );
        let header: Value = serde_json::from_slice(&header).expect("JSON");
        let claims: Value = serde_json::from_slice(&claims).expect("JSON");
        assert!(header["alg"].is_string(), "{header}");
        assert!(
            claims["exp"].is_i64() && claims["iss"].is_string() && claims["aud"].is_string(),
            "{claims}"
        );
        assert!(
            claims["sub"].is_null() && claims["name"].is_null(),
            "{claims}"
        );
        seen += 1;
    }
    assert!(seen > 0, "the sample has tokens");
}

fn decoded(part: &str) -> Vec<u8> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = Vec::new();
    let (mut bits, mut held) = (0u32, 0);
    for c in part.chars() {
        bits = bits << 6 | LETTERS.find(c).expect("base64") as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 255) as u8);
        }
    }
    out
}

#[test]
fn binaries_are_left_out_and_named_and_times_stay() {
    let folder = bench::folder(&[
        (NAME, PLANTED.as_bytes()),
        (
            "x.exe",
            b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0",
        ),
    ]);
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_597_051_000);
    let file = fs::File::options()
        .append(true)
        .open(folder.path().join(NAME))
        .expect("a file");
    file.set_modified(time).expect("a time");
    let (_kept, zip, run) = copy_of(&arg(folder.path()));
    assert!(run.err.contains("x.exe"), "{}", run.err);
    let names: Vec<String> = members(&zip).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Users/user-1/Traces/SwyxMessenger-2020-08-10.log"]);
    let mut archive = zip::ZipArchive::new(fs::File::open(&zip).expect("a copy")).expect("a ZIP");
    let member = archive.by_index(0).expect("a member");
    let time = member.last_modified().expect("a time");
    assert_eq!((time.year(), time.hour(), time.minute()), (2020, 11, 16));
}

#[test]
fn standard_input_can_be_anonymised_too() {
    let run = bench::run_with_input(
        &["analyze", "-", "--anonymize", "--format", "json"],
        PLANTED.as_bytes(),
    );
    assert_eq!(leaks(&run.text()), Vec::<&str>::new());
    assert_eq!(run.json()["sources"][0]["path"], "-");
}

/// Lines with identities of all kinds.
fn line() -> impl Strategy<Value = String> {
    let name = "[a-z]{4,8}";
    let word = prop::sample::select(vec![
        r"C:\Users\{n}\AppData",
        "user={n} ok",
        r#"{"userName":"{n}"}"#,
        "mail {n}@{h}.local",
        "https://{h}.intern:9100/x",
        "10.0.0.1 and 8.8.4.{d}",
        "+49 231 55599{d}",
        "sip:{n}@{h}",
        "angemeldet als {n}",
        "{n} alone",
        r"CORP\{n}",
        "MAC 00:1b:44:11:3a:{d}",
        "2a02:8109::{d}",
        r#"message from {n}: "hello {n}""#,
        "nothing",
        "user-7 and host-3.example",
        "password={n}{d}x",
    ]);
    (word, name, "[a-z]{4,8}[0-9]", 10..99u32).prop_map(|(word, n, h, d)| {
        word.replace("{n}", &n)
            .replace("{h}", &h)
            .replace("{d}", &d.to_string())
    })
}

fn anonymised(text: &str) -> String {
    let mut anonymizer = Anonymizer::new(bench::catalog());
    let mut harvester = anonymizer.harvester();
    harvester.text(text);
    let seen = harvester.finish();
    anonymizer.harvest([seen]);
    anonymizer.text(text).into_owned()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn anonymising_what_is_anonymous_changes_nothing(lines in prop::collection::vec(line(), 0..12)) {
        let once = anonymised(&lines.join("\n"));
        prop_assert_eq!(&anonymised(&once), &once, "from {:?}", lines);
        prop_assert_eq!(once.matches('\n').count(), lines.len().saturating_sub(1));
    }
}

#[test]
fn the_analysis_itself_runs_on_the_raw_text() {
    for case in ["jwt_expired", "server_refused", "proxy_auth"] {
        let path = format!("samples/{case}");
        let args = [
            "analyze",
            &path,
            "--tz",
            "Europe/Berlin",
            "--lang",
            "en",
            "--format",
            "json",
            "--anonymize",
        ];
        let hidden = bench::run(args).json();
        let plain = bench::reports("report.json")[case].json();
        assert_eq!(essence(&hidden), essence(&plain), "{case}");
    }
}

#[test]
fn no_output_replaces_a_trace_and_no_map_an_output() {
    let traces = bench::folder(&[(
        "SwyxMessenger-2020-08-10.log",
        b"[2020-08-10 11:16:29.123] [error] connect ECONNREFUSED 127.0.0.1:5000\n".as_slice(),
    )]);
    let path = arg(traces.path());
    let trace = arg(&traces.path().join("SwyxMessenger-2020-08-10.log"));
    let before = std::fs::read(&trace).expect("a trace");
    let copy = arg(&traces.path().join("copy.zip"));
    for args in [
        ["analyze", &path, "-o", &trace].as_slice(),
        &["timeline", &path, "-o", &trace],
        &["anonymize", &path, "-o", &trace],
        &["anonymize", &path, "-o", &copy, "--anonymize-map", &trace],
        &["anonymize", &path, "-o", &copy, "--anonymize-map", &copy],
        &[
            "analyze",
            &path,
            "--anonymize",
            "-o",
            &copy,
            "--anonymize-map",
            &copy,
        ],
    ] {
        bench::run(args).exits(2);
        assert_eq!(std::fs::read(&trace).expect("a trace"), before, "{args:?}");
        assert!(!std::path::Path::new(&copy).exists(), "{args:?}");
    }
    // Nor a file of which nobody knows what program wrote it, nor an archive.
    let own = arg(&traces.path().join("notes.txt"));
    let other = b"[2020-08-10 11:20:29.123] [error] connect ETIMEDOUT 10.0.0.1:9100\n";
    std::fs::write(&own, other).expect("a file");
    bench::run(["analyze", &own, "-o", &own]).exits(2);
    bench::run(["timeline", &path, "-o", &own]).exits(2);
    assert_eq!(std::fs::read(&own).expect("a file"), other);
    std::fs::remove_file(&own).expect("it is there");
    bench::run(["anonymize", &path, "-o", &copy]).exits(0);
    let packed = std::fs::read(&copy).expect("a copy");
    bench::run(["analyze", &copy, "-o", &copy]).exits(2);
    bench::run(["anonymize", &copy, "-o", &copy]).exits(2);
    assert_eq!(std::fs::read(&copy).expect("a copy"), packed);
    bench::run(["anonymize", &path, "-o", &copy]).exits(0);
    // An older output under the same name is no trace.
    let report = arg(&traces.path().join("ticket.log"));
    bench::run(["analyze", &path, "-o", &report]).exits(1);
    bench::run(["analyze", &path, "-o", &report]).exits(1);
    let second = std::fs::read_to_string(&report).expect("a report");
    let flat = second.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("ticket.log (a report of this"), "{second}");
    assert!(flat.contains("copy.zip (a copy of traces"), "{second}");
}
