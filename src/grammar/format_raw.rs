//! Format files as serde reads them; `format.rs` checks them.

use serde::Deserialize;
use toml::Spanned;

/// One text or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several, tried in this order.
    Many(Vec<String>),
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawFormat {
    pub title: String,
    pub reference: String,
    #[serde(default)]
    pub kind: RawKind,
    pub line: Option<RawLine>,
    pub json: Option<RawJson>,
    pub stamp: Option<RawStamp>,
    pub level: Option<RawLevels>,
    #[serde(default)]
    pub sample: Vec<Spanned<RawSample>>,
    #[serde(default)]
    pub reject: Vec<Spanned<RawReject>>,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RawKind {
    #[default]
    Line,
    Json,
}

/// `[line]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawLine {
    pub pattern: Spanned<OneOrMany>,
    /// Read so that a misspelt value is a fault; there is one value so far.
    #[serde(default, rename = "continuation")]
    pub _continuation: RawContinuation,
}

/// What happens to lines that no pattern reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RawContinuation {
    /// They belong to the record above them.
    #[default]
    Attach,
}

/// `[json]`: names of keys, the first that is there counts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawJson {
    #[serde(default)]
    pub time: Vec<String>,
    #[serde(default)]
    pub level: Vec<String>,
    #[serde(default)]
    pub message: Vec<String>,
    #[serde(default)]
    pub logger: Vec<String>,
    #[serde(default)]
    pub thread: Vec<String>,
    #[serde(default)]
    pub stack: Vec<String>,
    /// Keys that must all be there.
    #[serde(default)]
    pub require: Vec<String>,
}

/// `[stamp]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawStamp {
    pub layout: Spanned<OneOrMany>,
    pub zone: RawZone,
    #[serde(default)]
    pub date: RawDate,
}

/// `zone`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RawZone {
    InText,
    Utc,
    Local,
}

/// `date`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RawDate {
    #[default]
    InText,
    FileName,
    YearInferred,
}

/// `[level]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawLevels {
    #[serde(default)]
    pub fatal: Vec<String>,
    #[serde(default)]
    pub error: Vec<String>,
    #[serde(default)]
    pub warn: Vec<String>,
    #[serde(default)]
    pub info: Vec<String>,
    #[serde(default)]
    pub debug: Vec<String>,
    #[serde(default)]
    pub trace: Vec<String>,
    /// The level of a record that has none.
    pub missing: Option<String>,
    /// What becomes of a word that is in no list.
    #[serde(default)]
    pub unknown: RawUnknown,
}

/// `level.unknown`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RawUnknown {
    /// The line is not of this format.
    #[default]
    Refuse,
    /// The record has no level.
    Accept,
}

/// `[[sample]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSample {
    pub line: String,
    pub expect: RawExpect,
}

/// What a sample must give; a field that is not named must not be there (the message need not be named).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawExpect {
    pub time: Option<String>,
    pub level: Option<String>,
    pub logger: Option<String>,
    pub thread: Option<String>,
    pub message: Option<String>,
}

/// `[[reject]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawReject {
    pub line: String,
    pub why: String,
}
