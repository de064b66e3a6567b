//! The timeline's outputs: one record after the other, secrets removed, harmless for whoever reads it.

mod export;

use std::borrow::Cow;
use std::io::Write as _;

use serde::Serialize;

use super::anonymize::Anonymizer;
use super::json::one_line;
use super::redact::secrets;
use super::safe;
use crate::model::report::TIMELINE_BAR as BAR;
use crate::model::{ClockMark, Level, Moment, split_path};

/// How a timeline is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimelineFormat {
    /// The original lines, each with its source in front.
    Text,
    /// One JSON object for each record.
    Jsonl,
    /// RFC 4180, one row for each record.
    Csv,
    /// One event for each record, as Timesketch imports it (JSONL).
    Timesketch,
    /// One OpenTelemetry log record for each record (OTLP/JSON, one `LogsData` a line).
    Otlp,
}

/// One record, raw: it is made safe when it is written.
#[derive(Clone)]
pub struct Row<'a> {
    /// Replaces identities, too.
    pub anonymizer: Option<&'a Anonymizer>,
    /// The source as text shows it: see [`front`].
    pub front: &'a str,
    /// The source's path.
    pub source: &'a str,
    /// Line of the record.
    pub line: u64,
    /// Its instant, by its own stamp.
    pub time: Option<Moment>,
    /// What is to be known of its clock.
    pub clock: Option<ClockMark>,
    /// The instant that orders it: its own, or that of the record before.
    pub sorted: Option<Moment>,
    /// The stamp as written.
    pub stamp: Option<Cow<'a, str>>,
    /// Its level.
    pub level: Option<Level>,
    /// The program that wrote it.
    pub program: Option<&'a str>,
    /// Logger, category or module.
    pub logger: Option<Cow<'a, str>>,
    /// Its message, without the lines below.
    pub message: Cow<'a, str>,
    /// All its lines.
    pub text: Cow<'a, str>,
}

impl Row<'_> {
    /// A text of the row without secrets, and without identities if that is wanted.
    fn clean<'t>(&self, text: &'t str) -> Cow<'t, str> {
        clean(text, self.anonymizer)
    }
}

#[derive(Serialize)]
struct Object<'a> {
    source: Cow<'a, str>,
    line: u64,
    time: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock: Option<ClockMark>,
    stamp: Option<Cow<'a, str>>,
    level: Option<Level>,
    program: Option<&'a str>,
    logger: Option<Cow<'a, str>>,
    message: &'a str,
    text: Cow<'a, str>,
}

impl TimelineFormat {
    /// What stands before the first record.
    pub const fn head(self) -> &'static [u8] {
        match self {
            Self::Csv => b"time,level,program,source,line,stamp,text\r\n",
            Self::Text | Self::Jsonl | Self::Timesketch | Self::Otlp => b"",
        }
    }

    /// Writes one record.
    pub fn write(self, row: &Row<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Text => text(row, out),
            Self::Jsonl => jsonl(row, out),
            Self::Csv => csv(row, out),
            Self::Timesketch => export::timesketch(row, out),
            Self::Otlp => export::otlp(row, out),
        }
    }
}

/// The names in front of the lines: each source's file name, with as many folders as it needs to be unambiguous; padded,
/// so that the lines stand below each other.
pub fn fronts(paths: &[&str]) -> Vec<String> {
    const WIDEST: usize = 40;
    let mut parts = vec![1; paths.len()];
    loop {
        let mut seen = std::collections::HashMap::new();
        for (index, path) in paths.iter().enumerate() {
            seen.entry(tail(path, parts[index]))
                .or_insert_with(Vec::new)
                .push(index);
        }
        let mut longer = false;
        for index in seen.into_values().filter(|same| same.len() > 1).flatten() {
            longer |= tail(paths[index], parts[index]).len() < paths[index].len();
            parts[index] += 1;
        }
        if !longer {
            break;
        }
    }
    let names: Vec<String> = paths
        .iter()
        .zip(&parts)
        .map(|(path, parts)| safe::one_line(&secrets(tail(path, *parts))).into_owned())
        .collect();
    let width = names
        .iter()
        .map(|n| n.chars().count())
        .filter(|w| *w <= WIDEST)
        .max()
        .unwrap_or(0);
    names
        .into_iter()
        .map(|name| format!("{name:width$}{BAR}"))
        .collect()
}

/// The last parts of a path.
fn tail(path: &str, parts: usize) -> &str {
    let mut rest = path;
    for _ in 0..parts {
        rest = split_path(rest).0;
        if rest.is_empty() {
            return path;
        }
    }
    &path[rest.len() + 1..]
}

/// Writes lines that hold no secret and nothing that has to be decoded or spelled out, as they are.
pub fn plain(front: &str, lines: &[u8], out: &mut Vec<u8>) {
    let lines = lines.strip_suffix(b"\n").unwrap_or(lines);
    let mut at = 0;
    loop {
        let end = memchr::memchr(b'\n', &lines[at..]).map_or(lines.len(), |feed| at + feed);
        plain_line(front, &lines[at..end], out);
        if end == lines.len() {
            return;
        }
        at = end + 1;
    }
}

/// As [`plain`], of one line.
#[inline]
pub fn plain_line(front: &str, line: &[u8], out: &mut Vec<u8>) {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    out.reserve(front.len() + line.len() + 1);
    out.extend_from_slice(front.as_bytes());
    out.extend_from_slice(line);
    out.push(b'\n');
}

fn text(row: &Row<'_>, out: &mut Vec<u8>) {
    lines(row.front, &row.clean(&row.text), out);
}

/// Writes the lines of a record that is raw, as text.
pub fn raw(front: &str, text: &str, anonymizer: Option<&Anonymizer>, out: &mut Vec<u8>) {
    lines(front, &clean(text, anonymizer), out);
}

/// Writes lines, made harmless, each with its source in front.
fn lines(front: &str, text: &str, out: &mut Vec<u8>) {
    for line in safe::show_safe(text).split('\n') {
        out.extend_from_slice(front.as_bytes());
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
}

/// A text without secrets, and without identities if that is wanted.
fn clean<'t>(text: &'t str, anonymizer: Option<&Anonymizer>) -> Cow<'t, str> {
    match anonymizer {
        Some(anonymizer) => anonymizer.text(text),
        None => secrets(text),
    }
}

fn jsonl(row: &Row<'_>, out: &mut Vec<u8>) {
    let message = cleaned_message(row);
    let object = Object {
        source: row.clean(row.source),
        line: row.line,
        time: row.time,
        clock: row.clock,
        stamp: row.stamp.as_deref().map(|t| row.clean(t)),
        level: row.level,
        program: row.program,
        logger: row.logger.as_deref().map(|t| row.clean(t)),
        message: &message,
        text: row.clean(&row.text),
    };
    let line = one_line(&object).unwrap_or_default();
    out.extend_from_slice(line.as_bytes());
    out.push(b'\n');
}

/// The message without secrets. One may be split over lines: the message is cleaned with what follows it, where it ends
/// its line.
fn cleaned_message<'a>(row: &'a Row<'_>) -> Cow<'a, str> {
    let rest = match row.text.split_once('\n') {
        Some((head, below)) if head.trim_end_matches('\r').ends_with(&*row.message) => below,
        _ => "",
    };
    if rest.is_empty() {
        return row.clean(&row.message);
    }
    let whole = row.clean(&format!("{}\n{rest}", row.message)).into_owned();
    Cow::Owned(whole.split('\n').next().unwrap_or_default().to_owned())
}

fn csv(row: &Row<'_>, out: &mut Vec<u8>) {
    let time = row.time.map(|time| time.rfc3339()).unwrap_or_default();
    let level = row.level.map_or("", Level::name);
    field(&time, out);
    out.push(b',');
    field(level, out);
    out.push(b',');
    field(row.program.unwrap_or_default(), out);
    out.push(b',');
    field(&row.clean(row.source), out);
    write!(out, ",{},", row.line).unwrap_or_default();
    field(&row.clean(row.stamp.as_deref().unwrap_or_default()), out);
    out.push(b',');
    field(&row.clean(&row.text), out);
    out.extend_from_slice(b"\r\n");
}

/// One field: what a spreadsheet would take for a formula gets a `'` in front.
fn field(text: &str, out: &mut Vec<u8>) {
    // A tab or carriage return in front counts before it is made safe.
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = safe::show_safe(text);
    let quoted = text.contains(['"', ',', '\n', '\r']);
    if quoted {
        out.push(b'"');
    }
    if formula {
        out.push(b'\'');
    }
    for (index, part) in text.split('"').enumerate() {
        if index > 0 {
            out.extend_from_slice(b"\"\"");
        }
        out.extend_from_slice(part.as_bytes());
    }
    if quoted {
        out.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn row(text: &str) -> Row<'_> {
        Row {
            anonymizer: None,
            front: "a.log | ",
            source: "a.log",
            line: 7,
            time: None,
            clock: None,
            sorted: None,
            stamp: None,
            level: Some(Level::Error),
            program: None,
            logger: None,
            message: text.lines().next().unwrap_or_default().into(),
            text: text.into(),
        }
    }

    fn written(format: TimelineFormat, text: &str) -> String {
        let mut out = Vec::new();
        format.write(&row(text), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn names_are_short_and_get_folders_only_where_they_clash() {
        let fronts = fronts(&["t/a/x.log", "t/b/x.log", "z.zip!y.log", "x.log"]);
        assert_eq!(
            fronts,
            ["a/x.log | ", "b/x.log | ", "y.log   | ", "x.log   | "]
        );
    }

    #[test]
    fn every_line_has_its_source_in_front() {
        assert_eq!(
            written(TimelineFormat::Text, "one\r\n  two"),
            "a.log | one\na.log |   two\n"
        );
        let mut out = Vec::new();
        plain("a.log | ", b"one\r\n  two\r\n", &mut out);
        assert_eq!(out, b"a.log | one\na.log |   two\n");
    }

    #[test]
    fn a_terminal_does_not_obey_a_record() {
        assert!(!written(TimelineFormat::Text, "\u{1b}[2J").contains('\u{1b}'));
        assert!(!written(TimelineFormat::Jsonl, "\u{1b}[2J\u{202e}").contains('\u{202e}'));
    }

    #[test]
    fn a_spreadsheet_does_not_calculate_a_record() {
        for text in ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1"] {
            let line = written(TimelineFormat::Csv, text);
            let field = line.split_once(",7,,").unwrap().1;
            assert!(field.trim_start_matches('"').starts_with('\''), "{line:?}");
        }
    }

    #[test]
    fn csv_quotes_what_needs_quotes() {
        let line = written(TimelineFormat::Csv, "a \"b\", c\n  d");
        assert_eq!(line, ",error,,a.log,7,,\"a \"\"b\"\", c\n  d\"\r\n");
    }

    #[test]
    fn a_secret_split_over_lines_is_in_no_output() {
        let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.c2lnbmF0dXJlX3RoYXRfaXNfbG9uZw";
        let text = format!("token=\"{}\n{}\" end", &jwt[..40], &jwt[40..]);
        for format in [
            TimelineFormat::Text,
            TimelineFormat::Jsonl,
            TimelineFormat::Csv,
        ] {
            let out = written(format, &text);
            assert!(
                !out.contains("X3RoYXRfaXNfbG9uZw") && !out.contains("c2lnbmF0"),
                "{out}"
            );
        }
    }
}
