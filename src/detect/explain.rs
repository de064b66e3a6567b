//! How one line is read, for `swyxtrace explain`.

use std::sync::Arc;

use super::Layout;
use crate::grammar::format::Format;
use crate::model::Span;
use crate::syntax::Fields;
use crate::syntax::program::Miss;

/// Where a format lost a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Its id.
    pub format: String,
    /// Number of the line in the sample, from 1; 0 where only one line was asked for.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What the format expected there.
    pub expected: String,
}

impl Lost {
    /// From a miss.
    pub fn new(format: &str, line: usize, text: &[u8], miss: Miss<'_>) -> Self {
        let before = text.get(..miss.at).unwrap_or(text);
        Self {
            format: format.to_owned(),
            line,
            column: String::from_utf8_lossy(before).chars().count() + 1,
            expected: miss.expected.describe(),
        }
    }
}

/// How one line is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineExplanation {
    /// The format that reads it; `None` for a continuation or a line that no format reads.
    pub read_by: Option<String>,
    /// What it says.
    pub fields: Option<Fields>,
    /// Which columns became which field, in the order of the line.
    pub columns: Vec<(&'static str, Span)>,
    /// The formats that do not read it.
    pub lost: Vec<Lost>,
}

impl Layout {
    /// Explains a line: the layout's own formats first, then the `declared` ones that it does not have.
    pub fn explain(&self, line: &[u8], declared: &[Arc<Format>]) -> LineExplanation {
        let read = self.read(line);
        let own = |format: &&Arc<Format>| self.formats.iter().all(|f| f.id != format.id);
        let all = self.formats.iter().chain(declared.iter().filter(own));
        let lost = all.filter_map(|format| {
            let miss = format.attempt(line).err()?;
            Some(Lost::new(&format.id, 0, line, miss))
        });
        LineExplanation {
            read_by: read.map(|(index, _)| self.formats[index].id.clone()),
            fields: read.map(|(_, fields)| fields),
            columns: read.map_or_else(Vec::new, |(_, fields)| columns(line, &fields)),
            lost: lost.collect(),
        }
    }
}

fn columns(line: &[u8], fields: &Fields) -> Vec<(&'static str, Span)> {
    let mut columns: Vec<(&'static str, Span)> = [
        ("stamp", fields.stamp),
        ("logger", fields.logger),
        ("thread", fields.thread),
        ("message", Some(fields.message)),
    ]
    .into_iter()
    .filter_map(|(name, span)| Some((name, span?)))
    .filter(|(_, span)| !span.of(line).is_empty())
    .collect();
    columns.sort_by_key(|(_, span)| span.start);
    columns
}
