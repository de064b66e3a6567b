//! Detect: which layouts a source has, and why. Declared formats first; a layout that none of them reads is learned.
//!
//! A [`Layout`] is a pure function of one line, so that the result does not depend on where blocks begin.

mod explain;
pub mod learn;
pub mod lines;
pub mod order;
mod tally;

use std::sync::Arc;

use crate::grammar::format::{Format, Parts};
use crate::syntax::levels::Levels;
use crate::syntax::stamp::ZoneSource;
use crate::syntax::{Fields, shape};
pub use explain::{LineExplanation, Lost};
use tally::Tally;

/// How a layout came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// Format files read it.
    Declared,
    /// It was learned from the lines.
    Learned,
    /// There is no layout: records are lines that are not indented, without stamp and level.
    Plain,
    /// The user said so.
    Forced,
}

impl Basis {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Learned => "learned",
            Self::Plain => "plain",
            Self::Forced => "forced",
        }
    }
}

/// One format that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Its id.
    pub format: String,
    /// Lines that it reads.
    pub read: usize,
    /// Lines that it was tried on: those that could start a record.
    pub of: usize,
    /// True if the layout uses it.
    pub kept: bool,
    /// The first line that it does not read.
    pub failed: Option<Lost>,
}

/// The layouts of one source, in the order in which a line tries them.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Most specific first.
    pub formats: Vec<Arc<Format>>,
    /// How it came about.
    pub basis: Basis,
    /// What was tried.
    pub reasons: Vec<Reason>,
}

impl Layout {
    /// The layout of a source without one. The first line of such a source is a record in any case.
    pub fn plain(reasons: Vec<Reason>) -> Self {
        let format = Format::build(Parts {
            id: "plain".into(),
            title: "no layout".into(),
            patterns: vec!["{message:rest}".into()],
            layouts: Vec::new(),
            zone: ZoneSource::Local,
            levels: Levels::default(),
        });
        Self {
            formats: format.into_iter().map(Arc::new).collect(),
            basis: Basis::Plain,
            reasons,
        }
    }

    /// The layout that the user asked for.
    pub fn forced(format: Arc<Format>) -> Self {
        Self {
            formats: vec![format],
            basis: Basis::Forced,
            reasons: Vec::new(),
        }
    }

    /// Reads a line, without its end of line: the index of the format that reads it, and its fields. `None`: the line
    /// continues a record, or no format reads it.
    #[inline]
    pub fn read(&self, line: &[u8]) -> Option<(usize, Fields)> {
        if self.basis == Basis::Plain && shape::continues_plain(line) {
            return None;
        }
        self.formats
            .iter()
            .enumerate()
            .find_map(|(index, format)| Some((index, format.read(line)?)))
    }

    /// The ids of its formats, joined as reports show them.
    pub fn name(&self) -> String {
        let ids: Vec<&str> = self.formats.iter().map(|f| f.id.as_str()).collect();
        ids.join(" + ")
    }
}

/// Finds the layouts of a source: `head` is its start, `more` are whole lines from further down.
pub fn detect(head: &[u8], more: &[&[u8]], declared: &[Arc<Format>]) -> Layout {
    let lines = lines::sample(head, more);
    let tally = Tally::new(&lines, declared);
    let mut formats = tally.kept();
    let mut reasons = tally.reasons(&formats);
    let learned = learn_rest(&tally, &formats);
    let basis = match (formats.is_empty(), learned.is_empty()) {
        (true, true) => return Layout::plain(reasons),
        (true, false) => Basis::Learned,
        (false, _) => Basis::Declared,
    };
    for format in learned {
        let read = tally
            .starts
            .iter()
            .filter(|(_, line)| format.read(line).is_some());
        reasons.push(Reason {
            format: format.id.clone(),
            read: read.count(),
            of: tally.starts.len(),
            kept: true,
            failed: None,
        });
        formats.push(Arc::new(format));
    }
    Layout {
        formats,
        basis,
        reasons,
    }
}

/// Learns from the lines that no kept format reads.
fn learn_rest(tally: &Tally<'_>, kept: &[Arc<Format>]) -> Vec<Format> {
    if kept.iter().any(|format| !format.is_stamped()) {
        return Vec::new();
    }
    let unread = |line: &&[u8]| kept.iter().all(|format| format.read(line).is_none());
    let starts = tally.starts.iter().map(|(_, line)| *line);
    let rest: Vec<&[u8]> = starts.filter(unread).collect();
    learn::learn(&rest, tally.starts.len() - rest.len())
}
