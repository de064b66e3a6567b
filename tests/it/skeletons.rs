//! What is known of records by their skeletons decides how fast a trace is read, never what is found in it.

use std::sync::Arc;

use swyxtrace::detect::{Layout, detect};
use swyxtrace::grammar::Catalog;
use swyxtrace::grammar::catalog::Files;
use swyxtrace::scan::block::Scratch;
use swyxtrace::scan::{Matcher, Scanner, Window};
use walkdir::WalkDir;

use crate::bench::root;

/// Everything that a scan of the text says.
fn told(layout: &Layout, matcher: &Matcher<'_>, text: &[u8], scratch: &mut Scratch) -> String {
    let scanner = Scanner {
        layout,
        matcher,
        program: Some("swyxmessenger"),
    };
    let mut window = Window {
        bytes: text.to_vec(),
        start: 0,
        end: text.len(),
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
