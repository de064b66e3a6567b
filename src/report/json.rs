//! JSON: the whole report, one finding a line, and the schema of both.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use schemars::schema_for;
use serde::Serialize;

use super::Render;
use super::safe::is_unsafe;
use crate::model::report::Report;

/// Bytes of JSON that are looked at together.
const BUFFER: usize = 16 << 10;
/// Bytes that are looked at without asking after each whether to go on.
const STRETCH: usize = 64;

/// Writes the whole report as one document.
#[derive(Debug, Clone, Copy)]
pub struct Json;

impl Render for Json {
    fn render(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        // A report of thousands of files or attempts is long: it is written as it is made.
        let harmless = Harmless {
            out,
            rest: Vec::new(),
        };
        // Each number, mark and key is written on its own: they are looked at together.
        let mut buffered = io::BufWriter::with_capacity(BUFFER, harmless);
        serde_json::to_writer_pretty(&mut buffered, report)?;
        buffered.write_all(b"\n")?;
        buffered
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        Ok(())
    }
}

/// Writes one finding a line.
#[derive(Debug, Clone, Copy)]
pub struct Jsonl;

impl Render for Jsonl {
    fn render(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        for finding in &report.findings {
            writeln!(out, "{}", one_line(finding)?)?;
        }
        Ok(())
    }
}

/// A value as one line of JSON that is harmless on a terminal.
///
/// # Errors
/// What serde says; never for the types of [`crate::model`].
pub fn one_line(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(escape_unsafe(serde_json::to_string(value)?))
}

/// A value as JSON for eyes and programs, harmless on a terminal.
///
/// # Errors
/// What serde says; never for structs of texts and numbers.
pub fn pretty_json(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(escape_unsafe(serde_json::to_string_pretty(value)?))
}

/// Passes JSON on as [`escape_unsafe`] would have it.
struct Harmless<'o> {
    out: &'o mut dyn io::Write,
    /// The first bytes of a character of which the last ones are not there yet.
    rest: Vec<u8>,
}

impl io::Write for Harmless<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.rest.is_empty() && is_plain(bytes) {
            self.out.write_all(bytes)?;
            return Ok(bytes.len());
        }
        let whole = std::mem::take(&mut self.rest);
        let joined: Vec<u8>;
        let text = if whole.is_empty() {
            bytes
        } else {
            joined = [&whole, bytes].concat();
            &joined
        };
        for chunk in text.utf8_chunks() {
            let valid = chunk.valid();
            if valid.contains(is_harmful) {
                self.out
                    .write_all(escape_unsafe(valid.to_owned()).as_bytes())?;
            } else {
                self.out.write_all(valid.as_bytes())?;
            }
            self.rest = chunk.invalid().to_vec();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// True if all of it is ASCII that is harmless, which most of a long report is.
fn is_plain(bytes: &[u8]) -> bool {
    let is_one = |byte: &u8| matches!(byte, b'\n' | b' '..=b'~');
    let mut stretches = bytes.chunks(STRETCH);
    stretches.all(|stretch| stretch.iter().fold(true, |all, byte| all & is_one(byte)))
}

/// The newlines of pretty JSON are no part of a string.
fn is_harmful(c: char) -> bool {
    c != '\n' && is_unsafe(c)
}

/// Writes what a terminal obeys or an eye does not see as `\uXXXX`: the same JSON value, harmless when it is printed.
/// Such characters can only stand inside strings.
fn escape_unsafe(json: String) -> String {
    if !json.contains(is_harmful) {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if is_harmful(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}").unwrap_or_default();
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// The JSON Schema of the report, generated from the types.
pub fn json_schema() -> String {
    let mut text = serde_json::to_string_pretty(&schema_for!(Report)).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_plain_needs_no_escape() {
        let all: Vec<u8> = (0..=u8::MAX).collect();
        for byte in &all {
            let is_harmless = byte.is_ascii() && !is_harmful(char::from(*byte));
            let may_be_tab = *byte == b'\t';
            assert_eq!(is_plain(&[*byte]), is_harmless && !may_be_tab, "{byte}");
        }
        assert!(!is_plain(&all));
        let long = [b"x".repeat(3 * STRETCH), b"\x1b".to_vec()].concat();
        assert!(!is_plain(&long) && is_plain(&long[1..3 * STRETCH]));
    }

    #[test]
    fn what_is_harmful_is_escaped_wherever_the_text_is_cut() {
        let json = "{\"a\": \"\u{202e}x\u{1b}ä€\u{e0001}\",\n \"b\": 1}";
        let expected = escape_unsafe(json.to_owned());
        assert!(expected.contains("\\u202e"), "{expected}");
        for size in 1..json.len() {
            let mut out = Vec::new();
            let mut harmless = Harmless {
                out: &mut out,
                rest: Vec::new(),
            };
            for part in json.as_bytes().chunks(size) {
                harmless.write_all(part).unwrap();
            }
            assert_eq!(String::from_utf8(out).unwrap(), expected, "in {size}");
        }
    }
}
