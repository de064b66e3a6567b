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

/// `PROPTEST_CASES`, or the modest number.
fn cases(modest: u32) -> u32 {
    std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(modest)
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
