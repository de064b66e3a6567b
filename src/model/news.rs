//! What is told while traces are watched: one event a line, public as JSON, version 1: it only grows.

use schemars::JsonSchema;
use serde::Serialize;

use super::Moment;
use super::report::{Report, Severity, Status, Verdict};

/// Name of the JSON form.
pub const SCHEMA: &str = "swyxtrace-follow";

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct News {
    /// Always `swyxtrace-follow`.
    pub schema: &'static str,
    /// Always 1; fields are only added.
    pub schema_version: u32,
    /// What it is about.
    pub kind: NewsKind,
    /// When it happened, by the stamps of the traces; null where no stamp says it.
    pub time: Option<Moment>,
    /// Name of the client; empty where it is about none, or where there is only one without a name.
    pub client: String,
    /// Stage id.
    pub stage: Option<String>,
    /// The stage in a few words.
    pub stage_name: Option<String>,
    /// The new state of the stage.
    pub status: Option<Status>,
    /// The new overall verdict.
    pub verdict: Option<Verdict>,
    /// Class of the finding.
    pub class: Option<String>,
    /// Rule of the finding.
    pub rule: Option<String>,
    /// How bad the finding is.
    pub severity: Option<Severity>,
    /// As a sentence, in the language of the run, secrets removed.
    pub title: String,
    /// Path of the source that says so.
    pub source: Option<String>,
    /// The line of it that tells it, from 1.
    pub line: Option<u64>,
}

/// Kinds of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NewsKind {
    /// There is nothing to watch yet.
    Waiting,
    /// The watch began: what stood there already is told next, as far as it is about the last login.
    Watching,
    /// A file appeared.
    Appeared,
    /// A file was made anew or cut off under the same name.
    Replaced,
    /// A file is gone.
    Gone,
    /// Something cannot be read.
    Problem,
    /// A new login attempt.
    Attempt,
    /// A stage was passed, failed, or was made up for.
    Stage,
    /// A finding that was not there before, or the same one in a new login attempt.
    Finding,
    /// The overall verdict is another one.
    Verdict,
}

impl News {
    /// An event that is nothing but a sentence so far.
    pub fn new(kind: NewsKind, title: impl Into<String>) -> Self {
        Self {
            schema: SCHEMA,
            schema_version: 1,
            kind,
            time: None,
            client: String::new(),
            stage: None,
            stage_name: None,
            status: None,
            verdict: None,
            class: None,
            rule: None,
            severity: None,
            title: title.into(),
            source: None,
            line: None,
        }
    }

    /// The same about a source.
    #[must_use]
    pub fn of_source(mut self, source: impl Into<String>, line: Option<u64>) -> Self {
        self.source = Some(source.into());
        self.line = line;
        self
    }
}

/// The last line of a watch.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LastNews<'a> {
    /// Always `swyxtrace-follow`.
    pub schema: &'static str,
    /// Always 1; fields are only added.
    pub schema_version: u32,
    /// Always `report`.
    pub kind: &'static str,
    /// The report, as `analyze --format json` has it.
    pub report: &'a Report,
}

impl<'a> LastNews<'a> {
    /// The line that holds the report.
    pub const fn of(report: &'a Report) -> Self {
        Self {
            schema: SCHEMA,
            schema_version: 1,
            kind: "report",
            report,
        }
    }
}
