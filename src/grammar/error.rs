//! Faults of grammar files: what is wrong, where, and what to do.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use schemars::{JsonSchema, Schema, schema_for};
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::DeTable;

use super::document::Document;

/// Names at least as alike as this are taken for a slip of the pen.
const ALIKE: f64 = 0.8;
/// Errors of syntax that are told of one file: what comes behind them is mostly their echo.
const MOST_ERRORS: usize = 10;
/// Most characters of a line that are shown with its caret.
const SNIPPET: usize = 120;

/// A grammar file that is part of the program.
#[derive(Debug, PartialEq, Eq)]
pub struct Embedded {
    /// Path below `grammars/`.
    pub name: &'static str,
    /// Its text.
    pub toml: &'static str,
    /// The same as JSON, which is read in a sixth of the time, without what only reports and checks need; empty where the
    /// build script could not read the file.
    pub json: &'static str,
}

impl Embedded {
    /// A file that says nothing.
    pub(super) const NOTHING: Self = Self {
        name: "",
        toml: "",
        json: "{}",
    };
}

/// Whether a file's own samples, and what else it says of itself, are put to the test when it is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// They are.
    Needed,
    /// The tests of the program did so.
    Trusted(&'static Embedded),
}

impl Proof {
    /// True if the tests of the program proved the file.
    pub const fn is_trusted(self) -> bool {
        matches!(self, Self::Trusted(_))
    }
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
        if span.start > text.len() {
            return Self {
                line: usize::MAX,
                ..Self::of_file(path, message, help)
            };
        }
        let start = text.floor_char_boundary(span.start);
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

    /// True if it is about something that stands in for what was wrong already, and was told.
    pub(crate) const fn is_nowhere(&self) -> bool {
        self.line == usize::MAX
    }

    /// The fault of a TOML error.
    pub fn of_toml(path: &str, text: &str, error: &toml::de::Error) -> Self {
        let message = error.message().trim();
        let help = if message.contains("duplicate key") {
            "a key stands once in its table: take one of the two out"
        } else {
            "write it as TOML: https://toml.io/en/v1.0.0 has the syntax"
        };
        match error.span() {
            Some(span) => Self::at(path, text, span, message, help),
            None => Self::of_file(path, message, help),
        }
    }
}

/// A grammar file as values, its places, and what is wrong with its shape.
pub type Read<'t, T> = (T, Document<'t>, Vec<Fault>);

/// The same before places are asked for: the values with their spans, where the file was read to be proved.
pub type Parsed<'t, T> = (T, Option<Spanned<DeTable<'t>>>, Vec<Fault>);

/// Reads a grammar file. Where a proof is needed, all that is wrong with its shape is told, and what is wrong is replaced
/// so that the rest can be judged.
///
/// # Errors
/// The faults of a file that is no TOML.
pub fn read<'t, T>(path: &'t str, text: &'t str, proof: Proof) -> Result<Read<'t, T>, Vec<Fault>>
where
    T: DeserializeOwned + JsonSchema + 'static,
{
    let (value, root, faults) = parse(path, text, proof)?;
    Ok((value, document(path, text, root), faults))
}

/// A file that was parsed, to find its places.
pub fn document<'t>(
    path: &'t str,
    text: &'t str,
    root: Option<Spanned<DeTable<'t>>>,
) -> Document<'t> {
    match root {
        Some(root) => Document::of(path, text, root),
        None => Document::new(path, text),
    }
}

/// As [`read`], without the document: that can be made in another thread.
///
/// # Errors
/// The faults of a file that is no TOML.
pub fn parse<'t, T>(path: &'t str, text: &'t str, proof: Proof) -> Result<Parsed<'t, T>, Vec<Fault>>
where
    T: DeserializeOwned + JsonSchema + 'static,
{
    if let Proof::Trusted(file) = proof {
        let help = "build the program anew";
        let value = serde_json::from_str(file.json);
        let value = value.map_err(|e| vec![Fault::of_file(path, e.to_string(), help)])?;
        return Ok((value, None, Vec::new()));
    }
    let (mut root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let told = errors.iter().take(MOST_ERRORS);
        return Err(told.map(|e| Fault::of_toml(path, text, e)).collect());
    }
    let schema = schema::<T>();
    let mut faults = super::shape::faults(path, text, schema.as_value(), &mut root);
    match T::deserialize(toml::de::Deserializer::from(root.clone())) {
        Ok(value) => Ok((value, Some(root), faults)),
        Err(error) => {
            // The schema says what serde says; should it not, one of them speaks.
            if faults.is_empty() {
                faults.push(Fault::of_toml(path, text, &error));
            }
            Err(faults)
        }
    }
}

/// The schema of a kind of file, made once: a folder may hold thousands of them.
fn schema<T: JsonSchema + 'static>() -> Arc<Schema> {
    static ALL: Mutex<BTreeMap<TypeId, Arc<Schema>>> = Mutex::new(BTreeMap::new());
    let new = || Arc::new(schema_for!(T));
    let Ok(mut all) = ALL.lock() else {
        return new();
    };
    all.entry(TypeId::of::<T>()).or_insert_with(new).clone()
}

/// The name that was meant by one that is none of these, if one is alike enough.
pub fn alike<'n>(wrong: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let alike = names.map(|name| (strsim::jaro_winkler(wrong, name), name));
    let (alike, name) = alike.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (alike >= ALIKE).then_some(name)
}

/// What helps where a name is none of these: the one that was meant, or all of them.
pub fn one_of<'n>(wrong: &str, names: impl Iterator<Item = &'n str> + Clone) -> String {
    let mut all: Vec<&str> = Vec::new();
    for name in names.clone() {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    match alike(wrong, names) {
        Some(name) => format!("did you mean `{name}`? There are: {}", all.join(", ")),
        None if all.is_empty() => "there are none".to_owned(),
        None => format!("use one of: {}", all.join(", ")),
    }
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
