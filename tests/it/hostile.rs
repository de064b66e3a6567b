//! Log text comes from strangers. Each line of `tests/data/hostile.json` goes, inside a failure, through every layout that
//! a format file describes and through every output: nothing acts, hides or misleads.

use std::fmt::Write as _;
use std::fs;

use regex::Regex;
use swyxtrace::report::safe;

use crate::bench::{self, Run, arg, folder, root, run, run_with_input};

/// The failure that the hostile text stands behind, so that it becomes evidence.
const FAILURE: &str = "connect ECONNREFUSED 127.0.0.1:5000";

/// (what, text)
fn lines() -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("tests/data/hostile.json")).expect("the corpus");
    let all: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let part = |line: &serde_json::Value, key: &str| line[key].as_str().expect("a text").to_owned();
    let all = all.as_array().expect("a list");
    assert!(all.len() >= 30);
    all.iter()
        .map(|line| (part(line, "what"), part(line, "text")))
        .collect()
}

/// A trace in the layout: a sample of it, then records with each of the hostile texts in place of the message.
fn trace_in(
    format: &swyxtrace::grammar::format::Format,
    hostile: &[(String, String)],
) -> Option<String> {
    let sample = &format.samples[0];
    let fields = format.read(sample.as_bytes())?;
    let span = fields.message;
    let (start, end) = (span.start as usize, span.end as usize);
    let is_json = sample.starts_with('{');
    let mut trace = format!("{sample}\n");
    for (_, text) in hostile {
        // What would end the line would begin another one.
        let text = text.replace('\n', " ");
        let text = if is_json {
            let quoted = serde_json::to_string(&format!("{FAILURE} {text}")).expect("a text");
            quoted[1..quoted.len() - 1].to_owned()
        } else {
            format!("{FAILURE} {text}")
        };
        writeln!(
            trace,
            "{}{text}{}",
            sample.get(..start)?,
            sample.get(end..)?
        )
        .ok()?;
    }
    Some(trace)
}

fn unsafe_in(text: &str, allowed: &[char]) -> Option<char> {
    text.chars()
        .find(|c| !allowed.contains(c) && safe::is_unsafe(*c))
}

/// What the corpus has of characters that pass for ASCII, and no text of ours.
fn lookalike_in(text: &str) -> Option<char> {
    let alike = |c: &char| {
        matches!(c, '\u{370}'..='\u{52f}' | '\u{ff01}'..='\u{ff5e}' | '\u{1d400}'..='\u{1d7ff}')
            || "\u{212a}\u{2024}\u{2215}\u{261}\u{273}".contains(*c)
    };
    text.chars().find(alike)
}

/// Everything that must hold for an output of that name.
fn examine(what: &str, output: &str, text: &str) {
    let allowed: &[char] = match output {
        // RFC 4180 ends its lines so.
        "csv" => &['\n', '\r'],
        _ => &['\n', '\t'],
    };
    assert_eq!(unsafe_in(text, allowed), None, "{what} in {output}");
    if !matches!(output, "json" | "jsonl" | "timesketch" | "otlp") {
        assert_eq!(lookalike_in(text), None, "{what} in {output}");
    }
    match output {
        "html" => harmless_html(what, text),
        "markdown" => harmless_markdown(what, text),
        "csv" => harmless_csv(what, text),
        "json" => {
            serde_json::from_str::<serde_json::Value>(text)
                .unwrap_or_else(|e| panic!("{what}: {e}"));
        }
        "jsonl" | "timesketch" | "otlp" => {
            for line in text.lines() {
                serde_json::from_str::<serde_json::Value>(line)
                    .unwrap_or_else(|e| panic!("{what}: {e}\n{line}"));
            }
        }
        _ => {}
    }
}

/// Nothing of the text is a tag, an attribute or a link.
fn harmless_html(what: &str, html: &str) {
    let body = &html[html.find("</style>").expect("a style")..];
    let tag = Regex::new("<[^>]*>").expect("a regex");
    let values = Regex::new("\"[^\"]*\"").expect("a regex");
    let acts = Regex::new(r"(?i)<(script|img|iframe|object|embed|link|form|base|foreignObject)\b|\son\w+\s*=|\ssrc\s*=|javascript:").expect("a regex");
    for found in tag.find_iter(body) {
        let bare = values.replace_all(found.as_str(), "\"\"");
        assert!(!acts.is_match(&bare), "{what}: {}", found.as_str());
        assert!(
            !found.as_str().contains("href=\"http://evil"),
            "{what}: {}",
            found.as_str()
        );
    }
    assert!(
        !body.contains("<script") && !body.contains("<!--") && !body.contains("<!["),
        "{what}"
    );
}

/// Outside of fences and code there is no link, no tag, no mention and no row too many.
fn harmless_markdown(what: &str, text: &str) {
    let mut fence: Option<usize> = None;
    let spans = Regex::new("(`+)[^`]*(`+)").expect("a regex");
    let acts = Regex::new(r"(^|[^\\])(\]\(http|!\[)|<[a-z!/?]|(^|\s)@\w").expect("a regex");
    for line in text.lines() {
        let ticks = line.trim_start().chars().take_while(|c| *c == '`').count();
        match fence {
            Some(open) if ticks >= open && line.trim_start()[ticks..].trim().is_empty() => {
                fence = None;
            }
            Some(_) => {}
            None if ticks >= 3 => fence = Some(ticks),
            None => {
                let prose = spans.replace_all(line, "");
                let own_tag = ["<details>", "</details>", "<summary>", "</summary>"];
                let prose = own_tag
                    .iter()
                    .fold(prose.into_owned(), |text, tag| text.replace(tag, ""));
                assert!(!acts.is_match(&prose), "{what}: {line}");
            }
        }
    }
    assert_eq!(fence, None, "{what}: a fence stays open");
}

/// No cell begins with what a table program calculates.
fn harmless_csv(what: &str, text: &str) {
    for row in rows(text) {
        for cell in row {
            let first = cell.trim_start().chars().next();
            assert!(!matches!(first, Some('=' | '+' | '@')), "{what}: {cell}");
            assert!(!cell.trim_start().starts_with("-2+3"), "{what}: {cell}");
        }
    }
}

/// The cells of a CSV, as RFC 4180 reads them.
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    rows
}

const REPORTS: [&str; 5] = ["text", "markdown", "html", "json", "jsonl"];
const TIMELINES: [&str; 5] = ["text", "csv", "jsonl", "timesketch", "otlp"];

fn analyse(path: &str, format: &str, more: &[&str]) -> Run {
    let args = [
        "analyze", path, "--tz", "UTC", "--lang", "en", "--format", format,
    ];
    let run = run(args.iter().chain(more));
    assert!(
        [0, 1, 4].contains(&run.code),
        "{format}: {} {}",
        run.code,
        run.err
    );
    run
}

#[test]
fn hostile_lines_are_harmless_in_every_layout_and_every_output() {
    let hostile = lines();
    let mut layouts = 0;
    for format in &bench::catalog().formats {
        let Some(trace) = trace_in(format, &hostile) else {
            continue;
        };
        layouts += 1;
        let traces = folder(&[("SwyxMessenger-2020-08-10.log", trace.as_bytes())]);
        let path = traces.path().to_owned();
        // One analysis for all reports; the timeline and `explain` as processes, in turn over the layouts.
        let outcome = bench::analyze(
            std::slice::from_ref(&path),
            swyxtrace::model::Lang::En,
            1 << 20,
            2,
        );
        let source = &outcome.report.sources[0];
        assert!(
            source.records as usize > hostile.len() / 2,
            "{}: {source:?}",
            format.id
        );
        assert!(!outcome.report.findings.is_empty(), "{}", format.id);
        for (name, kind) in REPORTS.into_iter().zip([0, 1, 4, 2, 3]) {
            let kind = swyxtrace::report::Format::ALL[kind];
            examine(&format.id, name, &bench::render(&outcome.report, kind));
        }
        let kind = TIMELINES[layouts % TIMELINES.len()];
        let shown = run(["timeline", &arg(&path), "--tz", "UTC", "--format", kind]);
        assert!([0, 4].contains(&shown.code), "{}: {}", format.id, shown.err);
        examine(&format.id, kind, &shown.text());
    }
    assert!(layouts >= 40, "only {layouts} layouts");
}

#[test]
fn hostile_lines_are_harmless_in_every_output_of_the_program() {
    let trace: String = lines()
        .iter()
        .map(|(_, text)| format!("[2020-08-10 11:16:29.123] [error] {FAILURE} {text}\n{text}\n"))
        .collect();
    // Names of files are text from strangers as well.
    let name = if cfg!(windows) {
        "Swyx'Messenger.log"
    } else {
        "Swyx<img src=x onerror=alert(1)>\u{202e}\u{1b}[31m.log"
    };
    let traces = folder(&[(name, trace.as_bytes())]);
    let path = arg(traces.path());
    for format in REPORTS {
        for more in [&[][..], &["--anonymize"], &["--why"]] {
            examine("all", format, &analyse(&path, format, more).text());
        }
    }
    for format in TIMELINES {
        let shown = run(["timeline", &path, "--tz", "UTC", "--format", format]).exits(0);
        examine("all", format, &shown.text());
        assert_eq!(
            unsafe_in(&shown.err, &['\n']),
            None,
            "{format}: {}",
            shown.err
        );
    }
    for args in [["explain", "-"], ["analyze", "-"], ["timeline", "-"]] {
        let shown = run_with_input(&args, trace.as_bytes());
        examine("all", "text", &shown.text());
        assert_eq!(unsafe_in(&shown.err, &['\n']), None, "{}", shown.err);
    }
}

/// What is hidden or disguised is written out, not dropped: the reader sees that something was there.
#[test]
fn what_hides_is_shown_as_such() {
    let shows = [
        ("bidi", "\\u{202e}"),
        ("zero width", "\\u{200b}"),
        ("overwriting", "\\u{d}"),
        ("colours", "\\u{1b}"),
        ("look-alikes", "\\u{430}"),
        ("nul", "\\u{0}"),
    ];
    let trace: String = lines()
        .iter()
        .map(|(_, text)| format!("[2020-08-10 11:16:29.123] [error] {FAILURE} {text}\n"))
        .collect();
    let shown = run_with_input(&["timeline", "-", "--tz", "UTC"], trace.as_bytes()).text();
    for (what, escape) in shows {
        assert!(shown.contains(escape), "{what}: {shown}");
    }
}

/// The page of the whole corpus in a real browser: nothing runs, nothing is requested.
#[test]
fn nothing_runs_in_a_browser() {
    let trace: String = lines()
        .iter()
        .map(|(_, text)| format!("[2020-08-10 11:16:29.123] [error] {FAILURE} {text}\n"))
        .collect();
    let traces = folder(&[("SwyxMessenger-2020-08-10.log", trace.as_bytes())]);
    let pages = folder(&[]);
    let page = pages.path().join("hostile.html");
    analyse(&arg(traces.path()), "html", &["-o", &arg(&page)]);
    let check = root().join("scripts/browser/check.mjs");
    let output = std::process::Command::new("node")
        .arg(check)
        .arg(pages.path())
        .output();
    match output {
        Ok(output) => {
            let told = String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr);
            println!("{told}");
            assert!(output.status.success(), "{told}");
        }
        Err(error) => {
            println!("SKIPPED: no node: {error}");
            assert!(
                std::env::var_os("CI_STRICT").is_none_or(|v| v != "1"),
                "node is missing"
            );
        }
    }
}
