//! Which declared formats read the lines of a sample.

use std::sync::Arc;

use super::explain::Lost;
use super::{Reason, order};
use crate::grammar::format::Format;
use crate::syntax::shape;

/// Share of lines that a format without stamps must read, in percent: its lines are easily mistaken.
const STAMPLESS_SHARE: usize = 90;
/// So many lines, or so large a share of them, make a format with stamps credible.
const ENOUGH_LINES: usize = 3;
const ENOUGH_SHARE: usize = 20;
/// In so short a text the first line is enough: it is an excerpt.
const EXCERPT: usize = 25;

/// The result of trying all formats on all lines.
pub struct Tally<'a> {
    /// Lines that could start a record, with their numbers from 1.
    pub starts: Vec<(usize, &'a [u8])>,
    tried: Vec<Tried>,
}

struct Tried {
    format: Arc<Format>,
    /// Lines read, whoever else reads them too; no more than one where nobody asks.
    read: usize,
    /// Lines read that no format before it in the order reads.
    first: usize,
    failed: Option<Lost>,
}

impl<'a> Tally<'a> {
    /// Tries the formats. `told`: somebody wants to know how many lines each of them reads, and which one it lost.
    pub fn new(lines: &[&'a [u8]], declared: &[Arc<Format>], told: bool) -> Self {
        let starts: Vec<(usize, &[u8])> = (1..)
            .zip(lines.iter().copied())
            .filter(|(_, line)| !shape::never_starts(line) && !shape::is_exception_header(line))
            .collect();
        let one = |format| {
            if told {
                Tried::new(format, &starts)
            } else {
                Tried::reads_any(format, &starts)
            }
        };
        let mut tried: Vec<Tried> = declared.iter().map(one).collect();
        let readers: Vec<Arc<Format>> = tried
            .iter()
            .filter(|t| t.read > 0)
            .map(|t| t.format.clone())
            .collect();
        let ordered = order::by_specificity(&readers);
        tried.sort_by_key(|t| {
            let place = ordered.iter().position(|f| f.id == t.format.id);
            // A whole JSON object is JSON, whatever its texts look like.
            (
                !t.format.is_json() || t.read == 0,
                place.unwrap_or(usize::MAX),
                t.format.id.clone(),
            )
        });
        let mut tally = Self { starts, tried };
        tally.share_out();
        tally
    }

    /// Counts each line for the first format that reads it.
    fn share_out(&mut self) {
        let readers = self.tried.iter().filter(|t| t.read > 0).count();
        for (_, line) in &self.starts {
            let mut readers = self.tried[..readers].iter_mut();
            if let Some(tried) = readers.find(|t| t.format.read(line).is_some()) {
                tried.first += 1;
            }
        }
    }

    /// The formats that the layout shall have, the most specific first.
    pub fn kept(&self) -> Vec<Arc<Format>> {
        let strong = |t: &&Tried| t.format.is_stamped() || t.format.is_json();
        let opening = self.starts.first().filter(|_| self.starts.len() <= EXCERPT);
        let enough = |t: &&Tried| {
            let opens = |(_, line): &(usize, &[u8])| t.format.read(line).is_some();
            if t.first > 0 && opening.is_some_and(opens) {
                return true;
            }
            t.format.is_json() && t.first > 0
                || t.first >= ENOUGH_LINES
                || t.first > 0 && t.first * 100 >= self.starts.len() * ENOUGH_SHARE
        };
        let kept: Vec<&Tried> = self.tried.iter().filter(strong).filter(enough).collect();
        if !kept.is_empty() {
            return kept.iter().map(|t| t.format.clone()).collect();
        }
        let weak = |t: &&Tried| !t.format.is_stamped() && !t.format.is_json() && t.first > 0;
        let kept: Vec<&Tried> = self.tried.iter().filter(weak).collect();
        // Indented lines cannot be records of such a format, so they do not speak against it.
        let flush = |(_, line): &&(usize, &[u8])| !shape::is_indented(line);
        let flush = self.starts.iter().filter(flush).count();
        let read: usize = kept.iter().map(|t| t.first).sum();
        if read > 0 && read * 100 >= flush * STAMPLESS_SHARE {
            return kept.iter().map(|t| t.format.clone()).collect();
        }
        Vec::new()
    }

    /// What was tried, for the user.
    pub fn reasons(&self, kept: &[Arc<Format>]) -> Vec<Reason> {
        let reason = |t: &Tried| Reason {
            format: t.format.id.clone(),
            read: t.read,
            of: self.starts.len(),
            kept: kept.iter().any(|f| f.id == t.format.id),
            failed: t.failed.clone(),
        };
        self.tried.iter().map(reason).collect()
    }
}

impl Tried {
    /// Only says whether it reads any line.
    fn reads_any(format: &Arc<Format>, starts: &[(usize, &[u8])]) -> Self {
        let reads = starts.iter().any(|(_, line)| format.read(line).is_some());
        Self {
            format: format.clone(),
            read: usize::from(reads),
            first: 0,
            failed: None,
        }
    }

    fn new(format: &Arc<Format>, starts: &[(usize, &[u8])]) -> Self {
        let mut read = 0;
        let mut failed = None;
        for (number, line) in starts {
            // Why it is none is asked once; most lines of other layouts are known by their first byte.
            if failed.is_some() {
                read += usize::from(format.read(line).is_some());
                continue;
            }
            match format.attempt(line) {
                Ok(_) => read += 1,
                Err(miss) => failed = Some(Lost::new(&format.id, *number, line, miss)),
            }
        }
        Self {
            format: format.clone(),
            read,
            first: 0,
            failed,
        }
    }
}
