//! JSON: the whole report, one finding a line, and the schema of both.

use std::fmt::Write as _;
use std::io;

use schemars::schema_for;
use serde::Serialize;

use super::Render;
use super::safe::is_unsafe;
use crate::model::report::Report;

/// Writes the whole report as one document.
#[derive(Debug, Clone, Copy)]
pub struct Json;

impl Render for Json {
    fn render(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let text = serde_json::to_string_pretty(report)?;
        writeln!(out, "{}", escape_unsafe(text))
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

/// Writes what a terminal obeys or an eye does not see as `\uXXXX`: the same JSON value, harmless when it is printed.
/// Such characters can only stand inside strings.
fn escape_unsafe(json: String) -> String {
    // The newlines of pretty JSON are no part of a string.
    let harmful = |c: char| c != '\n' && is_unsafe(c);
    if !json.contains(harmful) {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if harmful(c) {
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
