//! Laws: what holds for any input. Case counts are modest; `PROPTEST_CASES=2000 cargo test laws` looks harder.

use std::path::PathBuf;

use proptest::prelude::*;
use swyxtrace::model::Lang;
use swyxtrace::report::Format;

use crate::bench::{self, root};

const NAME: &str = "SwyxMessenger-2020-08-10.log";

/// Lines as traces hold them: several layouts, continuation lines, failures, and things that are none of it.
fn line() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "[2020-08-10 11:16:26.100] [info] SwyxMessenger starting, version 12.10",
        "[2020-08-10 11:16:27.100] [info] requesting GET http://127.0.0.1:5000/user",
        "[2020-08-10 11:16:29.123] [error] connect ECONNREFUSED 127.0.0.1:5000",
        "    at TCPConnectWrap.afterConnect [as oncomplete] (net.js:1141:16) {",
        "  errno: -4078, code: 'ECONNREFUSED', address: '127.0.0.1', port: 5000 }",
        "2020-08-10 11:16:29.1234|ERROR|ComSocket.Startup|System.Net.Sockets.SocketException (10048): bind",
        "   bei System.Net.Sockets.Socket.DoBind(EndPoint endPointSnapshot)",
        "2020-08-10 11:16:28,500 INFO connecting to https://swyxserver:9100/ippbx/",
        "11:16:30,100 ERROR getaddrinfo ENOTFOUND iam1.voipoperator.eu",
        r#"{"level":"error","message":"Unexpected server response: 407","timestamp":"2020-08-10T09:16:29.000Z"}"#,
        "2020-08-10T09:16:31.000Z WebSocket connected to wss://iam1.voipoperator.eu/",
        "[4711:0815:0810/111629.123:ERROR:ssl_client_socket_impl.cc(947)] handshake failed; returned -1, net_error -202",
        "",
        "   ",
        "caf\u{e9} \u{202e}gnirts \u{1f600} \u{1b}[31mrot",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => "[ -~]{0,60}", 1 => "\\PC{0,30}"]
}

fn text() -> impl Strategy<Value = String> {
    (
        prop::collection::vec(line(), 0..40),
        prop::sample::select(vec!["\n", "\r\n"]),
        any::<bool>(),
    )
        .prop_map(|(lines, end, closed)| {
            let mut text = lines.join(end);
            if closed && !text.is_empty() {
                text.push_str(end);
            }
            text
        })
}

fn json(paths: &[PathBuf], block: usize, jobs: usize) -> String {
    bench::render(
        &bench::analyze(paths, Lang::En, block, jobs).report,
        Format::Json,
    )
}

/// Analyses bytes as a file of the Messenger; the path in the report is always the same one.
fn json_of(bytes: &[u8], block: usize, jobs: usize) -> String {
    let folder = bench::folder(&[(NAME, bytes)]);
    let shown = folder
        .path()
        .to_str()
        .expect("a plain name")
        .replace('\\', "/");
    json(&[folder.path().to_owned()], block, jobs).replace(&shown, "FOLDER")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(16), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn records_continuations_and_unparsed_are_all_lines(text in text()) {
        let folder = bench::folder(&[(NAME, text.as_bytes())]);
        let report = bench::analyze(&[folder.path().to_owned()], Lang::En, 4 << 20, 1).report;
        for source in &report.sources {
            prop_assert_eq!(source.records + source.continuations + source.unparsed, source.lines);
            let written = text.split_inclusive('\n').count() as u64;
            prop_assert_eq!(source.lines, written, "lines of {:?}", text);
        }
    }

    #[test]
    fn any_block_size_gives_the_same_bytes(text in text(), block in 1usize..300) {
        prop_assert_eq!(json_of(text.as_bytes(), 4 << 20, 1), json_of(text.as_bytes(), block, 1));
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bytes(text in text(), jobs in 2usize..5, block in 20usize..300) {
        prop_assert_eq!(json_of(text.as_bytes(), block, 1), json_of(text.as_bytes(), block, jobs));
    }

    #[test]
    fn any_order_of_paths_gives_the_same_bytes(texts in prop::collection::vec(text(), 3), order in Just([0, 1, 2]).prop_shuffle()) {
        let names = ["SwyxMessenger-2020-08-10.log", "ComSocket-20200810-111556.log", "other.log"];
        let files: Vec<(&str, &[u8])> = names.iter().zip(&texts).map(|(n, t)| (*n, t.as_bytes())).collect();
        let folder = bench::folder(&files);
        let paths: Vec<PathBuf> = names.iter().map(|name| folder.path().join(name)).collect();
        let shuffled: Vec<PathBuf> = order.iter().map(|index| paths[*index].clone()).collect();
        prop_assert_eq!(json(&paths, 4 << 20, 2), json(&shuffled, 4 << 20, 2));
    }

    #[test]
    fn the_json_of_any_text_is_valid_against_the_schema(text in text()) {
        let document: serde_json::Value = serde_json::from_str(&json_of(text.as_bytes(), 4 << 20, 1)).expect("JSON");
        prop_assert_eq!(bench::objections(&document), Vec::<String>::new());
    }

    #[test]
    fn no_bytes_make_it_panic_and_every_output_is_utf8(bytes in prop::collection::vec(any::<u8>(), 0..400), text in text()) {
        let mut mixed = text.into_bytes();
        mixed.extend(&bytes);
        for bytes in [&bytes, &mixed] {
            let folder = bench::folder(&[(NAME, bytes)]);
            let outcome = bench::analyze(&[folder.path().to_owned()], Lang::De, 64, 2);
            for format in Format::ALL {
                bench::render(&outcome.report, format);
            }
        }
    }
}

/// Records with whole dates, in order of time: what a rotated trace holds.
fn dated() -> impl Strategy<Value = Vec<String>> {
    let messages = prop::sample::select(vec![
        "[info] SwyxMessenger starting, version 12.10",
        "[info] requesting GET http://127.0.0.1:5000/user",
        "[error] connect ECONNREFUSED 127.0.0.1:5000\n    at TCPConnectWrap.afterConnect [as oncomplete] (net.js:1141:16) {\n  errno: -4078, code: 'ECONNREFUSED' }",
        "[info] got user info",
        "[info] GET https://swyxserver:9100/ippbx/ 200 OK",
        "[error] connect ETIMEDOUT 10.0.0.1:9100",
        "[error] getaddrinfo ENOTFOUND iam1.voipoperator.eu",
        "[info] WebSocket connected to wss://iam1.voipoperator.eu/",
        "[info] message received",
        "[debug] nothing of interest",
    ]);
    prop::collection::vec((messages, 1u32..40), 1..25).prop_map(|records| {
        let mut second = 0;
        let record = |(message, pause): (&str, u32)| {
            second += pause;
            let (h, m, s) = (8 + second / 3600, second / 60 % 60, second % 60);
            format!("[2020-08-10 {h:02}:{m:02}:{s:02}.100] {message}\n")
        };
        records.into_iter().map(record).collect()
    })
}

/// What must not depend on where a trace was cut into files.
fn essence(files: &[(String, String)]) -> serde_json::Value {
    let bytes: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(n, t)| (n.as_str(), t.as_bytes()))
        .collect();
    let folder = bench::folder(&bytes);
    let text = json(&[folder.path().to_owned()], 4 << 20, 1);
    let report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let list = |name: &str| report[name].as_array().cloned().unwrap_or_default();
    let pick = |value: &serde_json::Value, keys: &[&str]| -> Vec<serde_json::Value> {
        keys.iter().map(|key| value[*key].clone()).collect()
    };
    let chain: Vec<_> = list("chain")
        .iter()
        .map(|s| pick(s, &["stage", "status", "at"]))
        .collect();
    let finding_keys = [
        "class",
        "cause",
        "stage",
        "severity",
        "confidence",
        "count",
        "first_seen",
        "last_seen",
    ];
    let findings: Vec<_> = list("findings")
        .iter()
        .map(|f| pick(f, &finding_keys))
        .collect();
    let sum = |key: &str| -> u64 { list("sources").iter().filter_map(|s| s[key].as_u64()).sum() };
    serde_json::json!([
        report["verdict"],
        chain,
        findings,
        sum("lines"),
        sum("records")
    ])
}

/// A token that no output may hold: header, claims, signature.
fn jwt() -> impl Strategy<Value = (String, String, String)> {
    let name = "[a-z]{4,12}";
    (name, "[A-Za-z0-9_-]{43}").prop_map(|(name, signature)| {
        let encode = |text: &str| base64url(text.as_bytes());
        let claims =
            format!("{{\"sub\":\"{name}\",\"iss\":\"https://issuer.example\",\"exp\":1597050989}}");
        (
            encode("{\"alg\":\"RS256\",\"typ\":\"JWT\"}"),
            encode(&claims),
            signature,
        )
    })
}

fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..=chunk.len() {
            out.push(char::from(LETTERS[(bits >> (18 - 6 * at) & 63) as usize]));
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(24), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_trace_in_parts_tells_what_the_whole_tells(records in dated(), cuts in prop::collection::vec(0usize..25, 0..4)) {
        let whole = [("SwyxMessenger-2020-08-10.log".to_owned(), records.concat())];
        let mut borders: Vec<usize> = cuts.into_iter().map(|cut| cut % records.len()).filter(|cut| *cut > 0).collect();
        borders.sort_unstable();
        borders.dedup();
        borders.push(records.len());
        let mut parts = Vec::new();
        let mut from = 0;
        for (index, to) in borders.into_iter().enumerate() {
            parts.push((format!("SwyxMessenger-2020-08-10.{index}.log"), records[from..to].concat()));
            from = to;
        }
        prop_assert_eq!(essence(&whole), essence(&parts));
    }

    #[test]
    fn planted_tokens_come_out_of_no_output(token in jwt(), cut in 8usize..60, form in 0usize..5) {
        let (header, claims, signature) = token;
        let token = format!("{header}.{claims}.{signature}");
        let cut = cut.min(token.len() - 1);
        let shown = match form {
            0 => format!("Authorization: Bearer {token}"),
            1 => format!("{{\"token\":\"{token}\",\"user\":\"x\"}}"),
            2 => format!("{{\\\"access\\\":\\\"{token}\\\"}}"),
            3 => format!("GET wss://iam1.voipoperator.eu/?q=%7B%22t%22%3A%22{}%22%7D", token.replace('.', "%2E")),
            _ => format!("sent {}\n{}", &token[..cut], &token[cut..]),
        };
        let trace = format!("[2020-08-10 11:16:29.123] [error] connect ECONNREFUSED 127.0.0.1:5000 {shown}\n[2020-08-10 11:16:30.123] [info] done\n");
        let folder = bench::folder(&[(NAME, trace.as_bytes())]);
        let report = bench::analyze(&[folder.path().to_owned()], Lang::En, 4 << 20, 1).report;
        for format in Format::ALL {
            let text = bench::render(&report, format);
            // Outputs may break lines inside.
            let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            for part in [&claims, &signature] {
                let tail = &part[part.len() - 20..];
                prop_assert!(!text.contains(tail), "{:?}: {}", format, text);
            }
        }
    }
}

/// `PROPTEST_CASES`, or the modest number.
fn cases(modest: u32) -> u32 {
    std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(modest)
}

#[test]
fn what_a_rule_waits_for_stands_where_it_stands_in_any_block_size() {
    // The record of the request goes on behind the border of its block.
    let text = "2020-08-10 11:16:28,500 INFO connecting to https://swyxserver:9100/ippbx/\nmore of it\n\
                2020-08-10T09:16:31.000Z WebSocket connected to wss://iam1.voipoperator.eu/\n\
                [2020-08-10 11:16:26.100] [info] SwyxMessenger starting, version 12.10\n\
                2020-08-10T09:16:31.000Z WebSocket connected to wss://iam1.voipoperator.eu/\n\
                \x20 errno: -4078, code: 'ECONNREFUSED', address: '127.0.0.1', port: 5000 }";
    let whole = json_of(text.as_bytes(), 4 << 20, 1);
    for block in [1, 2, 40, 75, 90] {
        assert_eq!(
            whole,
            json_of(text.as_bytes(), block, 1),
            "blocks of {block} bytes"
        );
    }
}

#[test]
fn small_blocks_and_many_threads_read_samples_alike() {
    // Every fifth sample is enough of all layouts; each has its odd size, so that line ends fall inside, at and beside borders.
    for (index, case) in bench::samples().into_iter().enumerate().step_by(5) {
        let paths = [root().join("samples").join(&case)];
        let whole = json(&paths, 4 << 20, 1);
        let block = 700 + 97 * (index % 11);
        assert_eq!(
            whole,
            json(&paths, block, 3),
            "{case} in blocks of {block} bytes"
        );
    }
}
