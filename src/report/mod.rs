//! The stage that turns a [`Report`] into bytes. Renderers get the same report and add no judgement: every number and
//! every sentence of a finding comes from it, and only the fixed words around them stand here ([`words`]).
//!
//! Log text is written by strangers. What leaves through this stage was cleaned of secrets by [`redact::report`]
//! (called once, before any renderer), and each renderer makes the rest harmless for its own reader.

pub mod anonymize;
pub mod html;
pub mod json;
pub mod markdown;
pub mod news;
pub mod redact;
pub mod safe;
pub mod text;
pub mod timeline;
pub mod words;

mod layout;
mod lookalike;
mod select;
mod show;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

use std::io;

use crate::model::report::Report;

pub use json::{json_schema, pretty_json};

/// One way to write a report.
pub trait Render {
    /// Writes the whole report to `out`; the only thing that can fail is `out`.
    ///
    /// # Errors
    /// What `out` says.
    fn render(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()>;
}

/// What a caller may choose beside the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// ANSI colours in plain text; the library never asks a terminal.
    pub colour: bool,
    /// Columns of plain text.
    pub width: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            colour: false,
            width: 78,
        }
    }
}

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Plain text for a ticket or a terminal.
    Text,
    /// Markdown for ticket systems.
    Markdown,
    /// The whole report as one JSON document, version 1.
    Json,
    /// One finding a line, as JSON.
    Jsonl,
    /// One self-contained HTML file.
    Html,
}

impl Format {
    /// All formats, in the order of the help text.
    pub const ALL: [Self; 5] = [
        Self::Text,
        Self::Markdown,
        Self::Json,
        Self::Jsonl,
        Self::Html,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Markdown => "markdown",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Html => "html",
        }
    }

    /// The usual ending of a file of this format, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Html => "html",
        }
    }

    /// The format of that name or file ending; case does not count.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| {
            format.name().eq_ignore_ascii_case(name)
                || format.extension().eq_ignore_ascii_case(name)
        })
    }

    /// The renderer of this format.
    pub fn renderer(self, options: Options) -> Box<dyn Render> {
        match self {
            Self::Text => Box::new(text::Text { options }),
            Self::Markdown => Box::new(markdown::Markdown),
            Self::Json => Box::new(json::Json),
            Self::Jsonl => Box::new(json::Jsonl),
            Self::Html => Box::new(html::Html),
        }
    }
}
