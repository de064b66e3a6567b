//! Faults of grammar files: what is wrong, where, and what to do.

use std::fmt;
use std::ops::Range;

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

    /// The fault of a TOML error.
    pub fn of_toml(path: &str, text: &str, error: &toml::de::Error) -> Self {
        let help = "see grammars/README.md for the keys of this kind of file";
        match error.span() {
            Some(span) => Self::at(path, text, span, error.message().trim(), help),
            None => Self::of_file(path, error.message().trim(), help),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.message)?;
        match (self.line, self.column) {
            (0, _) => writeln!(f, "  --> {}", self.path)?,
            (line, 0) => writeln!(f, "  --> {}:{line}", self.path)?,
            (line, column) => writeln!(f, "  --> {}:{line}:{column}", self.path)?,
        }
        if self.line > 0 && !self.snippet.is_empty() {
            let number = self.line.to_string();
            let pad = " ".repeat(number.len());
            writeln!(f, " {pad} |\n {number} | {}", self.snippet)?;
            if self.column > 0 {
                writeln!(f, " {pad} | {}^", " ".repeat(self.column - 1))?;
            }
        }
        write!(f, "  help: {}", self.help)
    }
}
