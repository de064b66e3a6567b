//! Secrets of every documented shape, with random values, in no output of any subcommand.

use std::fs;
use std::io::Read as _;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::bench::{arg, folder, run};

const NAME: &str = "SwyxMessenger-2020-08-10.log";

/// Shapes of secrets; `§` is the secret, which is letters and digits.
const SHAPES: &[&str] = &[
    "Authorization: Bearer §",
    "Proxy-Authorization: Basic §==",
    "Authorization: Negotiate §",
    r#"Authorization: Digest username="214", response="§""#,
    "authorization: bearer §",
    "Cookie: JSESSIONID=§; XSRF-TOKEN=§b",
    "Set-Cookie: .AspNetCore.Cookies=§; path=/; secure",
    "GET /ws?access_token=§&x=1",
    "GET /cb?code=§§&state=1",
    "blob?sv=2020&sig=§%3D",
    r#"{"access_token":"§","ttl":300}"#,
    r#"{\"password\":\"§\"}"#,
    r#"{"refresh_token":"§"}"#,
    "password=§",
    "Passwort: §",
    r#"Kennwort="§ x""#,
    "Server=sql01;Uid=sa;Pwd=§;Encrypt=yes",
    "X-Api-Key: §",
    "client_secret=§",
    "AccountKey=§",
    "<Password>§</Password>",
    r#"<add key="ProxyPassword" value="§" />"#,
    "proxy http://anna:§@proxy.local:3128",
    "curl -u anna:§ https://swx01:9100/",
    "--password § --verbose",
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:§§|2^20|1:4",
    "Anmeldetoken: §",
    "auth token is §",
    "access_token §",
    "-----BEGIN PRIVATE KEY-----\n§§§§\n-----END PRIVATE KEY-----",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI§.c2ln§",
];

/// A trace with a shape a record, each with a secret of its own, and with a failure; the secrets.
fn trace() -> impl Strategy<Value = (String, Vec<String>)> {
    let secret = "[A-Za-z]{4}[0-9]{3}[A-Za-z0-9]{12}";
    let first = prop::sample::select(vec!["info", "debug", "error"]);
    prop::collection::vec((secret, first), SHAPES.len()).prop_map(|chosen| {
        let mut text = String::from(
            "[2020-08-10 11:16:10.000] [info] SwyxMessenger starting, version 12.10\n",
        );
        let mut secrets = Vec::new();
        for (at, (shape, (secret, level))) in SHAPES.iter().zip(chosen).enumerate() {
            let line = shape.replace('§', &secret);
            let stamp = format!("[2020-08-10 11:16:{}.000]", 11 + at);
            text.extend([stamp.as_str(), " [", level, "] ", &line, "\n"]);
            // Short forms of it must not get out either.
            secrets.push(secret[4..].to_owned());
        }
        text.push_str(
            "[2020-08-10 11:17:00.000] [error] connect ECONNREFUSED 127.0.0.1:5000 password=§\n"
                .replace('§', &secrets[0])
                .as_str(),
        );
        (text, secrets)
    })
}

/// Everything that is written about the trace, each with its name.
fn outputs(text: &str) -> Vec<(String, String)> {
    let traces = folder(&[(NAME, text.as_bytes())]);
    let path = arg(traces.path());
    let file = arg(&traces.path().join(NAME));
    let mut all = Vec::new();
    let mut add = |args: &[&str]| {
        let done = run(args);
        all.push((args[..args.len().min(4)].join(" "), done.text() + &done.err));
    };
    for format in ["text", "markdown", "json", "jsonl", "html"] {
        add(&["analyze", "--format", format, &path, "--why", "--verbose"]);
    }
    for format in ["text", "jsonl", "csv", "timesketch", "otlp"] {
        add(&["timeline", "--format", format, &path]);
    }
    for format in ["text", "jsonl"] {
        add(&["follow", "--format", format, &path, "--until-stdin-ends"]);
    }
    add(&["explain", &file, "--lines", "80"]);
    // Inside the private key, and here and there.
    let key = text
        .lines()
        .position(|line| line.contains("BEGIN PRIVATE KEY"))
        .unwrap_or(0)
        + 1;
    for line in [3, 9, 17, key, key + 1, key + 2] {
        add(&["explain", "--rule", &format!("{file}:{line}")]);
    }
    let copy = traces.path().join("copy.zip");
    run(["anonymize", &file, "-o", &arg(&copy)]).exits(0);
    let mut copied = String::new();
    let mut archive = zip::ZipArchive::new(fs::File::open(copy).expect("a copy")).expect("a ZIP");
    archive
        .by_index(0)
        .expect("a member")
        .read_to_string(&mut copied)
        .expect("UTF-8");
    all.push(("copy".into(), copied));
    all
}

#[test]
fn planted_secrets_of_every_shape_are_in_no_output() {
    let seed = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let config = Config {
        cases: 1,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, seed);
    runner
        .run(&trace(), |(text, secrets)| {
            for (name, output) in outputs(&text) {
                prop_assert!(!output.is_empty(), "{} wrote nothing", name);
                for (secret, shape) in secrets.iter().zip(SHAPES) {
                    prop_assert!(
                        !output.contains(secret.as_str()),
                        "{} leaks {}\n{}",
                        name,
                        shape,
                        output
                    );
                }
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_secret_on_the_line_behind_its_key_is_in_no_explanation() {
    let text = "\
[2020-08-10 11:16:20.153] [error] [login] connect ECONNREFUSED 127.0.0.1:5000 password:
  GehQW2
[2020-08-10 11:16:21.153] [error] [login] connect ECONNREFUSED 127.0.0.1:5000 Authorization: Bearer
  qw3TokAbcdef0123456789
[2020-08-10 11:16:22.153] [error] [login] request came to nothing {
  \"password\":
    \"GehQW4\"
}
[2020-08-10 11:16:23.153] [error] [login] request came to nothing, token=
eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIi
OiJhbm5hIn0.ZqQW1SigXx9ZqQW1SigXx9ZqQW1SigXx9
";
    let folder = folder(&[("SwyxMessenger-2020-08-10.log", text.as_bytes())]);
    let file = folder.path().join("SwyxMessenger-2020-08-10.log");
    let file = arg(&file);
    let mut pages = vec![run(["explain", &file, "--lines", "30"]).text()];
    for line in [1, 3, 5, 9] {
        pages.push(run(["explain", "--rule", &format!("{file}:{line}")]).text());
    }
    for page in &pages {
        for secret in ["GehQW2", "qw3Tok", "GehQW4", "ZqQW1Sig", "OiJhbm5hIn0"] {
            assert!(!page.contains(secret), "{secret}: {page}");
        }
    }
    assert!(
        pages[0].contains("line 12") || pages[0].contains("line 10"),
        "{}",
        pages[0]
    );
}

#[test]
fn german_words_for_secrets_and_what_languages_write_around_a_value_hide_none() {
    let lines = [
        "Geheimnis: GehQ00x",
        "Clientgeheimnis: GehQ01x",
        "Schlüsselwort: GehQ02x",
        "Sitzungs-ID: GehQ03xR02QxZ81Lw9TtE4",
        "array('pass' => 'GehQ04x')",
        "WITH PASSWORD = N'GehQ05x'",
        "lpszPassword = L\"GehQ06x\"",
        "params[password]=GehQ07x",
        "PassWord.Value=GehQ08x",
    ];
    let line = |(second, text): (usize, &&str)| {
        format!(
            "[2020-08-10 11:16:{second}.153] [error] [login] connect ECONNREFUSED 127.0.0.1:5000 {text}\n"
        )
    };
    let text: String = (10..).zip(&lines).map(line).collect();
    let folder = folder(&[("SwyxMessenger-2020-08-10.log", text.as_bytes())]);
    let path = arg(folder.path());
    let page = run(["timeline", "--tz", "UTC", &path]).text();
    assert_eq!(
        page.lines()
            .filter(|line| line.contains("ECONNREFUSED"))
            .count(),
        lines.len()
    );
    assert!(!page.contains("GehQ"), "{page}");
}

#[test]
fn a_secret_of_a_pair_a_sentence_an_address_or_a_block_is_in_no_output() {
    const SECRET: &str = "Xq7fZs9Kp2";
    let shapes = [
        "('password', '§')",
        "key: 'password', value: '§'",
        "<Pin>4711</Pin><Pw>§</Pw>",
        "connecting with anna:§@swyx.example.com",
        "Das Passwort von anna lautet: §",
        "Aktualisierungstoken=§",
        r"\u0022access_token\u0022:\u0022§\u0022",
        "access%255Ftoken%253D§",
        "password: |\n    §",
        "Authorization: Bearer\n    §",
    ];
    let text: String = (10..)
        .zip(shapes)
        .map(|(second, shape)| {
            let shape = shape.replace('§', SECRET);
            format!("[2020-08-10 11:16:{second}.153] [error] [login] connect ECONNREFUSED 127.0.0.1:5000 {shape}\n")
        })
        .collect();
    for (name, output) in outputs(&text) {
        assert!(!output.contains(&SECRET[..6]), "{name}: {output}");
        assert!(!output.contains(&SECRET[4..]), "{name}: {output}");
    }
}
