//! Faults of grammar files: what is wrong, where, and what to do.

use std::fmt;
use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

/// Names at least as alike as this are taken for a slip of the pen.
const ALIKE: f64 = 0.8;
/// Most characters of a line that are shown with its caret.
const SNIPPET: usize = 120;

/// Whether a file's own samples, and what else it says of itself, are put to the test when it is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// They are.
    Needed,
    /// The tests of the program did so.
    Trusted,
}

/// One fault of one grammar file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Path of the file, as it was loaded.
    pub path: String,
    /// Line, from 1; 0 where the fault is of the file as a whole.
    pub line: usize,
    /// Column in characters, from 1; 0 where unknown.
    pub column: usize,
    /// The line's text, for the caret; empty where unknown.
    pub snippet: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Fault {
    /// A fault of the file as a whole.
    pub fn of_file(path: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: 0,
            column: 0,
            snippet: String::new(),
            message: message.into(),
            help: help.into(),
        }
    }

    /// A fault at a byte range of the file's text.
    pub fn at(
        path: &str,
        text: &str,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let start = text.floor_char_boundary(span.start.min(text.len()));
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            snippet: text[line_start..]
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned(),
            ..Self::of_file(path, message, help)
        }
    }

    /// A fault at the first place where `needle` stands in the file's text, as a quoted value if it can be; else at its
    /// first line.
    pub fn near(
        path: &str,
        text: &str,
        needle: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let quoted = ['"', '\''].map(|quote| text.find(&format!("{quote}{needle}{quote}")));
        let quoted = quoted.into_iter().flatten().min().map(|at| at + 1);
        let at = quoted.or_else(|| text.find(needle)).unwrap_or(0);
        Self::at(path, text, at..at, message, help)
    }

    /// The same fault, at the first line of its file's text if it had no place.
    #[must_use]
    pub fn or_at_start(self, text: &str) -> Self {
        match self.line {
            0 => Self::at(&self.path, text, 0..0, self.message, self.help),
            _ => self,
        }
    }

    /// The fault of a TOML error.
    pub fn of_toml(path: &str, text: &str, error: &toml::de::Error) -> Self {
        let message = error.message().trim();
        let help = match meant(message) {
            Some(name) => format!("did you mean `{name}`?"),
            None => "`swyxtrace schema format|rule|chain` has the keys of such files, grammars/README.md explains them".into(),
        };
        match error.span() {
            Some(span) => Self::at(path, text, span, message, help),
            None => Self::of_file(path, message, help),
        }
    }
}

/// Reads a grammar file as it stands. Of unknown keys all are told, of other faults of the form the first.
///
/// # Errors
/// The faults.
pub fn parse<T: DeserializeOwned>(path: &str, text: &str) -> Result<T, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut rest = text.to_owned();
    loop {
        let error = match toml::from_str(&rest) {
            Ok(value) if faults.is_empty() => return Ok(value),
            Ok(_) => return Err(faults),
            Err(error) => error,
        };
        let fault = Fault::of_toml(path, text, &error);
        // A key that was misspelt is missing too; that was said.
        let said = |earlier: &Fault| {
            let name = fault.message.strip_prefix("missing field ");
            name.is_some_and(|name| earlier.help.contains(name))
        };
        if !faults.iter().any(said) {
            faults.push(fault);
        }
        match without_unknown_key(&rest, &error) {
            Some(shorter) => rest = shorter,
            None => return Err(faults),
        }
    }
}

/// The text without the key that the error complains of and its value; every other byte keeps its place.
fn without_unknown_key(text: &str, error: &toml::de::Error) -> Option<String> {
    if !error.message().starts_with("unknown field") {
        return None;
    }
    let start = error.span()?.start;
    let table = DeTable::parse(text).ok()?;
    let span = entry_at(table.get_ref(), start)?;
    // Blanks instead of the entry: `[table]` headers are no entries, and stay.
    let is_entry = text.get(span.clone())?.contains('=');
    let blank = |c: char| {
        if c == '\n' {
            "\n".to_owned()
        } else {
            " ".repeat(c.len_utf8())
        }
    };
    let blanks: String = text.get(span.clone())?.chars().map(blank).collect();
    is_entry.then(|| format!("{}{blanks}{}", &text[..span.start], &text[span.end..]))
}

/// Key and value, as bytes of the text, of the entry whose key begins there.
fn entry_at(table: &DeTable<'_>, start: usize) -> Option<Range<usize>> {
    for (key, value) in table {
        if key.span().start == start {
            return Some(start..value.span().end);
        }
        let below = match value.get_ref() {
            DeValue::Table(table) => entry_at(table, start),
            DeValue::Array(all) => all.iter().find_map(|one| match one.get_ref() {
                DeValue::Table(table) => entry_at(table, start),
                _ => None,
            }),
            _ => None,
        };
        if below.is_some() {
            return below;
        }
    }
    None
}

/// The name that was meant, where a message says which names there are: ``unknown field `x`, expected `y` or `z` ``.
fn meant(message: &str) -> Option<&str> {
    let rest = message.strip_prefix("unknown ")?;
    let mut names = rest.split('`').skip(1).step_by(2);
    let wrong = names.next()?;
    let alike = names.map(|name| (strsim::jaro_winkler(wrong, name), name));
    let (alike, name) = alike.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (alike >= ALIKE).then_some(name)
}

/// The part of a line around the column, from 1, that fits on a screen, and the column in it.
fn part_of(line: &str, column: usize) -> (String, usize) {
    let skipped = column.saturating_sub(SNIPPET / 2);
    let count = line.chars().count();
    if count <= SNIPPET {
        return (line.to_owned(), column);
    }
    let skipped = if skipped == 0 || column < SNIPPET {
        0
    } else {
        skipped
    };
    let mut part: String = line.chars().skip(skipped).take(SNIPPET).collect();
    if skipped + SNIPPET < count {
        part.push('…');
    }
    if skipped > 0 {
        part.insert(0, '…');
    }
    (part, column - skipped + usize::from(skipped > 0))
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.message)?;
        match (self.line, self.column) {
            (0, _) => writeln!(f, "  --> {}", self.path)?,
            (line, 0) => writeln!(f, "  --> {}:{line}", self.path)?,
            (line, column) => writeln!(f, "  --> {}:{line}:{column}", self.path)?,
        }
        if self.line > 0 {
            let number = self.line.to_string();
            let pad = " ".repeat(number.len());
            let (snippet, column) = part_of(&self.snippet, self.column);
            writeln!(f, " {pad} |\n {number} | {snippet}")?;
            if column > 0 {
                // Tabs stay tabs, so that the caret stands below its column.
                let before = snippet.chars().take(column - 1);
                let gap: String = before.map(|c| if c == '\t' { c } else { ' ' }).collect();
                writeln!(f, " {pad} | {gap}^")?;
            }
        }
        write!(f, "  help: {}", self.help)
    }
}
