//! Format files as serde reads them; `format.rs` checks them.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::model::Level;

/// One text or several.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(#[schemars(length(min = 1))] String),
    /// Several, tried in this order.
    Many(#[schemars(length(min = 1), inner(length(min = 1)))] Vec<String>),
}

impl OneOrMany {
    /// As a list.
    pub fn list(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
        }
    }
}

/// A whole file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawFormat {
    /// The file replaces the built-in one of the same id.
    #[serde(default, rename = "override")]
    pub _replaces: bool,
    /// What writes this layout.
    #[schemars(length(min = 1))]
    pub title: String,
    /// Where it is documented.
    #[schemars(length(min = 1))]
    pub reference: String,
    /// Columns of text, or one JSON object a line.
    #[serde(default)]
    pub kind: RawKind,
    /// How a line is read.
    pub line: Option<RawLine>,
    /// Which keys count.
    pub json: Option<RawJson>,
    /// How the time is written.
    pub stamp: Option<RawStamp>,
    /// Which words mean which level.
    pub level: Option<RawLevels>,
    /// Lines of this layout and all that must be read from them.
    #[serde(default)]
    pub sample: Vec<RawSample>,
    /// Lines that look alike and are none of it.
    #[serde(default)]
    pub reject: Vec<RawReject>,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawKind {
    #[default]
    Line,
    Json,
}

/// `[line]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawLine {
    /// What stands where; a list is tried in order.
    pub pattern: OneOrMany,
    /// Read so that a misspelt value is a fault; there is one value so far.
    #[serde(default, rename = "continuation")]
    pub _continuation: RawContinuation,
}

/// What happens to lines that no pattern reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawContinuation {
    /// They belong to the record above them.
    #[default]
    Attach,
}

/// `[json]`: names of keys, the first that is there counts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawJson {
    /// Keys of the stamp.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub time: Vec<String>,
    /// Keys of the level.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub level: Vec<String>,
    /// Keys of the message.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub message: Vec<String>,
    /// Keys of the logger.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub logger: Vec<String>,
    /// Keys of the thread.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub thread: Vec<String>,
    /// Keys of the stack, which belongs to the record's text.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub stack: Vec<String>,
    /// Keys that must all be there.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub require: Vec<String>,
}

/// `[stamp]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawStamp {
    /// chrono's letters, as in `%Y-%m-%d %H:%M:%S%.f`; a list is tried in order.
    pub layout: OneOrMany,
    /// Whose clock the stamp shows.
    pub zone: RawZone,
    /// Where a date comes from that the stamp does not have.
    #[serde(default)]
    pub date: RawDate,
}

/// `zone`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawZone {
    InText,
    Utc,
    Local,
}

/// `date`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawDate {
    #[default]
    InText,
    FileName,
    YearInferred,
}

/// `[level]`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawLevels {
    /// Words.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub fatal: Vec<String>,
    /// Words.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub error: Vec<String>,
    /// Words.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub warn: Vec<String>,
    /// Words.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub info: Vec<String>,
    /// Words.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub debug: Vec<String>,
    /// Words.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub trace: Vec<String>,
    /// The level of a record that has none.
    pub missing: Option<Level>,
    /// What becomes of a word that is in no list.
    #[serde(default)]
    pub unknown: RawUnknown,
}

/// `level.unknown`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawUnknown {
    /// The line is not of this format.
    #[default]
    Refuse,
    /// The record has no level.
    Accept,
}

/// `[[sample]]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSample {
    /// The line.
    #[schemars(length(min = 1))]
    pub line: String,
    /// What must be read.
    pub expect: RawExpect,
}

/// What a sample must give; a field that is not named must not be there (the message need not be named).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawExpect {
    /// The time, as in `2020-08-10T11:16:29.123`.
    pub time: Option<String>,
    /// The level.
    pub level: Option<Level>,
    /// The logger.
    pub logger: Option<String>,
    /// The thread.
    pub thread: Option<String>,
    /// The message; need not be named.
    pub message: Option<String>,
}

/// `[[reject]]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawReject {
    /// The line.
    #[schemars(length(min = 1))]
    pub line: String,
    /// Why it is none.
    #[schemars(length(min = 1))]
    pub why: String,
}
