//! What is known of records by their skeletons decides how fast a trace is read, never what is found in it.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use swyxtrace::detect::{Layout, detect};
use swyxtrace::grammar::Catalog;
use swyxtrace::grammar::catalog::Files;
use swyxtrace::scan::block::Scratch;
use swyxtrace::scan::{Matcher, Scanner, Window};
use walkdir::WalkDir;

use crate::bench::root;

/// Everything that a scan of the text says.
fn told(layout: &Layout, matcher: &Matcher<'_>, text: &[u8], scratch: &mut Scratch) -> String {
    told_of(layout, matcher, text, 0..text.len(), scratch)
}

/// The same of a part of it.
fn told_of(
    layout: &Layout,
    matcher: &Matcher<'_>,
    text: &[u8],
    block: Range<usize>,
    scratch: &mut Scratch,
) -> String {
    let scanner = Scanner {
        layout,
        matcher,
        program: Some("swyxmessenger"),
    };
    let mut window = Window {
        bytes: text.to_vec(),
        start: block.start,
        end: block.end,
        offset: 0,
        complete: true,
    };
    format!("{:?}", scanner.scan(&mut window, scratch, &mut |_| false))
}

/// The text with other digits behind the stamps: so that skeletons are learned from other records than they are used on.
fn with_other_digits(text: &str) -> String {
    let line = |line: &str| -> String {
        let stamp = line.len().min(32);
        let turned = line.char_indices().map(|(at, c)| match c {
            '0'..='9' if at >= stamp => char::from(b'0' + (c as u8 - b'0' + 3) % 10),
            c => c,
        });
        turned.chain(['\n']).collect()
    };
    text.lines().map(line).collect()
}

#[test]
fn what_is_known_of_skeletons_changes_nothing_that_is_told_of_a_sample() {
    let catalog = Catalog::load(Files::new()).unwrap();
    let declared: Vec<_> = catalog.formats.iter().map(Arc::clone).collect();
    let mut read = 0;
    let files = WalkDir::new(root().join("samples")).sort_by_file_name();
    for entry in files.into_iter().filter_map(Result::ok) {
        let Ok(text) = std::fs::read_to_string(entry.path()) else {
            continue; // a folder, an archive, or a text in another encoding
        };
        let layout = detect(text.as_bytes(), &[], &declared);
        let matcher = Matcher::new(&catalog);
        let mut eager = Scratch::eager();
        let other = with_other_digits(&text);
        for text in [&other, &text, &other] {
            let plain = Matcher::new(&catalog);
            let without = told(&layout, &plain, text.as_bytes(), &mut Scratch::default());
            let with = told(&layout, &matcher, text.as_bytes(), &mut eager);
            assert_eq!(with, without, "{}", entry.path().display());
        }
        read += 1;
    }
    assert!(read > 100, "{read}");
}

#[test]
fn what_one_thread_knows_of_heads_is_not_taken_for_what_another_knows() {
    let catalog = Catalog::load(Files::new()).unwrap();
    let declared: Vec<_> = catalog.formats.iter().map(Arc::clone).collect();
    let trace = |logger: &str| -> String {
        let line =
            |n: i32| format!("2020-08-10 11:16:{n:02}.1234|ERROR|{logger}|tick of the clock\n");
        (10..40).map(line).collect()
    };
    let (calm, failing) = (
        trace("Renderer"),
        trace("connect ECONNREFUSED 127.0.0.1:5000"),
    );
    let layout = detect(calm.as_bytes(), &[], &declared);
    let told = |matcher: &Matcher<'_>, text: &str, mut scratch: Scratch| {
        told(&layout, matcher, text.as_bytes(), &mut scratch)
    };
    let wanted = told(&Matcher::new(&catalog), &failing, Scratch::default());
    assert!(wanted.contains("Rule("), "{wanted}");
    // What the first thread gives back, the second takes.
    let matcher = Matcher::new(&catalog);
    told(&matcher, &calm, Scratch::eager());
    assert_eq!(told(&matcher, &failing, Scratch::default()), wanted);
}

/// Messages: some tell nothing, some tell something, some only where nothing is known of their numbers.
const MESSAGES: &[&str] = &[
    "typing notification for conversation 6b5f02231005",
    "window state saved: 1024x720 at 733,506 (display 1 of 2)",
    "CLineMgr::OnLineStateChanged > line 428 state 2 -> 4, call id 797b837acb5a",
    "SIP/2.0 200 OK, Call-ID 8ca8218ad463 of 192.168.10.20",
    "Sending ping 792 on channel 8fbf96e331d6, last pong 523 ms ago",
    "heartbeat sent, sequence 17",
    "connect ECONNREFUSED 127.0.0.1:5000",
    "Request finished in 40.659ms 401 application/json; charset=utf-8",
    "SwyxMessenger 13.20.1 starting",
    "short",
];

/// Lines of one of five layouts, of which the last has two for a record; each is a message, a level, by how many milliseconds it is later, and what follows it.
fn trace(layout: usize, ends: &str, lines: &[(usize, usize, i64, usize)]) -> String {
    let mut millis = 1_597_103_930_000; // ten seconds before a minute begins
    let mut all = Vec::new();
    for (number, (message, level, later, behind)) in lines.iter().enumerate() {
        millis += later;
        let now = chrono::DateTime::from_timestamp_millis(millis).unwrap_or_default();
        let message = MESSAGES[message % MESSAGES.len()];
        let (day, clock) = (
            now.format("%Y-%m-%d %H:%M:%S%.3f"),
            now.format("%d %H:%M:%S%.3f"),
        );
        all.push(match layout {
            0 => {
                let level = ["INFO", "DEBUG", "WARN", "ERROR", "TRACE"][level % 5];
                format!("{day}0|{level}|ComSocket.Host|{message}")
            }
            1 => {
                let level = ["info", "debug", "warn", "error", "silly"][level % 5];
                format!("[{day}] [{level}] {message}")
            }
            2 => {
                let level = ["INFO", "VERBOSE1", "WARNING", "ERROR", "VERBOSE2"][level % 5];
                let process = ["6668:6672", "771:12004", "6659:6664"][number % 5 % 3];
                let stamp = now.format("%m%d/%H%M%S%.3f");
                format!("[{process}:{stamp}:{level}:socket_manager.cc({number})] {message}")
            }
            3 => {
                let level = ["info", "dbug", "warn", "fail", "trce"][level % 5];
                let category = ["SDnsQuery", "Hub.Dispatch"][number % 2];
                format!("{day} {level}: {category}[{number}]{ends}      {message}")
            }
            _ => {
                let level = ["Info ", "Info2", "Warning", "Error", "Info3"][level % 5];
                let thread = ["1a0c", "1a02", "0b03"][number % 3];
                format!("{clock} {thread} {level} Renderer       {message}")
            }
        });
        match behind {
            0 => all.push(format!("   at Some.Method(Int32 {number})")),
            1 => all.push(String::new()),
            2 => all.push("x".repeat(2100)),
            _ => {}
        }
    }
    all.push(String::new());
    all.join(ends)
}

fn lines() -> impl Strategy<Value = Vec<(usize, usize, i64, usize)>> {
    let later = prop_oneof![30 => 0i64..900, 2 => -900i64..0, 1 => -90_000_000i64..90_000_000];
    let line = (0usize..40, 0usize..12, later, 0usize..40);
    // Most messages tell nothing, and most levels are calm.
    let calm = |(message, level, later, behind): (usize, usize, i64, usize)| {
        let message = if message < 10 { message } else { message % 3 };
        (
            message,
            if level < 5 { level } else { level % 2 },
            later,
            behind,
        )
    };
    proptest::collection::vec(line.prop_map(calm), 5..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Lines that are only counted are counted as all others are, wherever blocks begin and end.
    #[test]
    fn what_is_only_counted_is_counted_right(
        layout in 0usize..5,
        ends in prop_oneof![3 => Just("\n"), 1 => Just("\r\n")],
        lines in lines(),
        cut in 0usize..4000,
    ) {
        static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::load(Files::new()).unwrap());
        let text = trace(layout, ends, &lines).into_bytes();
        let declared: Vec<_> = CATALOG.formats.iter().map(Arc::clone).collect();
        let layout = detect(&text, &[], &declared);
        let cut = cut % text.len();
        let (known, unknown) = (Matcher::new(&CATALOG), Matcher::new(&CATALOG));
        let mut eager = Scratch::eager();
        for block in [0..text.len(), 0..cut, cut..text.len()] {
            let wanted = told_of(&layout, &unknown, &text, block.clone(), &mut Scratch::default());
            for _ in 0..2 {
                let own = told_of(&layout, &known, &text, block.clone(), &mut eager);
                prop_assert_eq!(&own, &wanted);
            }
        }
    }
}
