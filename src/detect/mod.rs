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
use crate::grammar::reader::LineReader;
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
        let mut ids: Vec<&str> = self.formats.iter().map(|f| f.id.as_str()).collect();
        ids.dedup();
        let mut seen = std::collections::BTreeSet::new();
        ids.retain(|id| seen.insert(*id));
        ids.join(" + ")
    }
}

impl LineReader for Layout {
    fn read(&self, line: &[u8]) -> Option<(usize, Fields)> {
        Layout::read(self, line)
    }

    fn formats(&self) -> &[Arc<Format>] {
        &self.formats
    }
}

/// Finds the layouts of a source: `head` is its start, `more` are whole lines from further down.
pub fn detect(head: &[u8], more: &[&[u8]], declared: &[Arc<Format>]) -> Layout {
    let lines = lines::sample(head, more);
    let tally = Tally::new(&lines, declared);
    let mut formats = tally.kept();
    let json = learn_json(&tally, &formats);
    let mut reasons = tally.reasons(&formats);
    let mut learned = learn_rest(&tally, &mut formats);
    learned.splice(0..0, json);
    let basis = match (formats.is_empty(), learned.is_empty()) {
        (true, true) => return Layout::plain(reasons),
        (true, false) => Basis::Learned,
        (false, _) => Basis::Declared,
    };
    // What only has the stamp of a layout comes after all that have more.
    let bare: Vec<Format> = formats.iter().filter_map(|f| f.bare()).collect();
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
        // A learned time is worth more than a declared format that sees none.
        let place = if format.is_json() { 0 } else { formats.len() };
        formats.insert(place, Arc::new(format));
    }
    formats.extend(bare.into_iter().map(Arc::new));
    Layout {
        formats,
        basis,
        reasons,
    }
}

/// Learns where JSON lines have their time, if the kept formats do not see it in most of them.
fn learn_json(tally: &Tally<'_>, kept: &[Arc<Format>]) -> Option<Format> {
    let objects: Vec<&[u8]> = tally
        .starts
        .iter()
        .map(|(_, line)| *line)
        .filter(|line| is_object(line))
        .collect();
    let timed = |line: &&&[u8]| {
        let mut times = kept.iter().filter_map(|f| f.read(line)?.time);
        times.next().is_some()
    };
    let blind = objects.iter().filter(timed).count() * 2 < objects.len();
    let most = objects.len() * 2 > tally.starts.len();
    (most && blind)
        .then(|| learn::json::learn(&objects))
        .flatten()
}

fn is_object(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.starts_with(b"{") && line.ends_with(b"}")
}

/// Learns from the lines that no kept format reads. Formats without stamps give way to a layout that has them.
fn learn_rest(tally: &Tally<'_>, kept: &mut Vec<Arc<Format>>) -> Vec<Format> {
    let starts = tally.starts.iter().map(|(_, line)| *line);
    let lines: Vec<&[u8]> = starts.filter(|line| !is_object(line)).collect();
    if kept.iter().all(|format| !format.is_stamped()) {
        let learned = learn::learn(&lines, 0);
        if !learned.is_empty() {
            kept.retain(|format| format.is_json());
        }
        return learned;
    }
    let unread = |line: &&[u8]| kept.iter().all(|format| format.read(line).is_none());
    let rest: Vec<&[u8]> = lines.iter().copied().filter(unread).collect();
    learn::learn(&rest, tally.starts.len() - rest.len())
}
