//! Which declared formats read the lines of a sample.

use std::sync::Arc;

use super::explain::Lost;
use super::{Reason, order};
use crate::grammar::format::Format;
use crate::grammar::looks::{Looks, OwnLooks, Reader, Readers};
use crate::syntax::shape;

/// Share of lines that a format without stamps must read, in percent: its lines are easily mistaken.
const STAMPLESS_SHARE: usize = 90;
/// So many lines, or so large a share of them, make a format with stamps credible.
const ENOUGH_LINES: usize = 3;
const ENOUGH_SHARE: usize = 20;
/// In so short a text the first line is enough: it is an excerpt.
const EXCERPT: usize = 25;

/// So many lines are worth a look first.
const LOOKED_AT: usize = 64;
/// Once a format has read so many lines, all that looked as if it could, one in so many is tried on average.
const TRIED_ALL: usize = 64;
const TRIED_ONE_IN: usize = 8;

/// The result of trying all formats on all lines.
pub struct Tally<'a> {
    /// Lines that could start a record, with their numbers from 1.
    pub starts: Vec<(usize, &'a [u8])>,
    tried: Vec<Tried>,
    /// Formats that were given.
    given: usize,
    /// What reads each line, where that was worked out by looks.
    reads: Option<Reads>,
}

/// Which formats read each line.
struct Reads {
    /// For each line an index into `outcomes`.
    lines: Vec<u32>,
    /// An index into `readers`, which of those read the line, as bits, and how many such lines there are.
    outcomes: Vec<(usize, u64, usize)>,
    readers: Vec<Readers>,
}

/// What trying a format on lines that look like its own came to.
#[derive(Clone, Default)]
struct Trials {
    read: usize,
    failed: bool,
    skipped: bool,
}

impl Trials {
    fn are_enough(&self) -> bool {
        self.read >= TRIED_ALL && !self.failed
    }
}

/// What lines come to on which those that have been tried enough are not tried any more. It stays so: where one of them loses
/// a line after that, all this is given up.
struct Settled {
    /// The outcome, if none of the others reads the line.
    outcome: u32,
    others: Vec<Reader>,
}

impl Settled {
    fn holds(&self, line: &[u8], formats: &[Arc<Format>]) -> bool {
        !self
            .others
            .iter()
            .any(|reader| reads(*reader, line, formats))
    }
}

fn reads(reader: Reader, line: &[u8], formats: &[Arc<Format>]) -> bool {
    reader.may_read(line) && formats[usize::from(reader.format)].read(line).is_some()
}

impl Reads {
    /// Tries on each line the formats that may read it by its look; `None` where they are too many for that. Of a format
    /// that has read all lines that looked like it, and many of them, not each is tried again.
    fn of(starts: &[(usize, &[u8])], formats: &[Arc<Format>], looks: &Looks) -> Option<Self> {
        Self::tried(starts, formats, looks, true)
            .or_else(|| Self::tried(starts, formats, looks, false))
    }

    /// `some`: not all lines; then `None` also where one shows that this is not enough.
    fn tried(
        starts: &[(usize, &[u8])],
        formats: &[Arc<Format>],
        looks: &Looks,
        some: bool,
    ) -> Option<Self> {
        let mut own = OwnLooks::default();
        let mut lines = Vec::with_capacity(starts.len());
        let mut outcomes: Vec<(usize, u64, usize)> = Vec::new();
        let mut trials = vec![Trials::default(); formats.len()];
        // For each index of readers.
        let mut settled: Vec<Option<Settled>> = Vec::new();
        for (number, (_, line)) in starts.iter().enumerate() {
            let of_line = own.of(line, formats, looks);
            // Not every eighth: lines may come in turns.
            let chosen = number.wrapping_mul(0x9e37_79b9) >> 16 & (TRIED_ONE_IN - 1) == 0;
            let tries = !some || chosen;
            if !tries
                && let Some(Some(settled)) = settled.get(of_line)
                && settled.holds(line, formats)
            {
                outcomes[settled.outcome as usize].2 += 1;
                lines.push(settled.outcome);
                continue;
            }
            let may = &own.readers()[of_line];
            if may.len() > u64::BITS as usize {
                return None;
            }
            let (mut bits, mut skipped) = (0_u64, 0_u64);
            for (place, reader) in may.iter().enumerate() {
                let trials = &mut trials[usize::from(reader.format)];
                if !tries && trials.are_enough() {
                    trials.skipped = true;
                    skipped |= 1 << place;
                    continue;
                }
                let reads = reads(*reader, line, formats);
                if !reads && trials.skipped {
                    return None;
                }
                trials.read += usize::from(reads);
                trials.failed |= !reads;
                bits |= u64::from(reads) << place;
            }
            let is_settled = skipped != 0 && bits == 0;
            bits |= skipped;
            let same =
                |(known, before, _): &(usize, u64, usize)| (*known, *before) == (of_line, bits);
            let outcome = outcomes.iter().position(same).unwrap_or_else(|| {
                outcomes.push((of_line, bits, 0));
                outcomes.len() - 1
            });
            outcomes[outcome].2 += 1;
            lines.push(outcome as u32);
            if is_settled {
                let others = (0..).zip(may.iter());
                let others = others.filter(|(place, _)| skipped >> place & 1 == 0);
                settled.resize_with(own.readers().len(), || None);
                settled[of_line] = Some(Settled {
                    outcome: outcome as u32,
                    others: others.map(|(_, reader)| *reader).collect(),
                });
            }
        }
        Some(Self {
            lines,
            outcomes,
            readers: own.into_readers(),
        })
    }

    /// The formats that read lines with the outcome, as indices.
    fn formats(&self, outcome: usize) -> impl Iterator<Item = usize> {
        let (readers, bits, _) = self.outcomes[outcome];
        let all = self.readers[readers].iter().enumerate();
        all.filter(move |(place, _)| bits >> place & 1 == 1)
            .map(|(_, reader)| usize::from(reader.format))
    }

    /// Which formats read any line.
    fn any(&self, formats: usize) -> Vec<bool> {
        let mut any = vec![false; formats];
        for outcome in 0..self.outcomes.len() {
            self.formats(outcome).for_each(|format| any[format] = true);
        }
        any
    }
}

struct Tried {
    format: Arc<Format>,
    /// Its place among the formats that were given.
    index: usize,
    /// Lines read, whoever else reads them too; no more than one where nobody asks.
    read: usize,
    /// Lines read that no format before it in the order reads.
    first: usize,
    failed: Option<Lost>,
}

impl<'a> Tally<'a> {
    /// Tries the formats. With what is known of looks many lines need not be tried; without, it is said how many lines each
    /// format reads, and which one it lost.
    pub fn new(lines: &[&'a [u8]], declared: &[Arc<Format>], looks: Option<&Looks>) -> Self {
        let starts: Vec<(usize, &[u8])> = (1..)
            .zip(lines.iter().copied())
            .filter(|(_, line)| !shape::never_starts(line) && !shape::is_exception_header(line))
            .collect();
        let many = looks.filter(|_| starts.len() >= LOOKED_AT);
        let reads = many.and_then(|looks| Reads::of(&starts, declared, looks));
        let any = reads.as_ref().map(|reads| reads.any(declared.len()));
        let one = |(index, format): (usize, &Arc<Format>)| {
            let (read, failed) = match (&any, looks) {
                (Some(any), _) => (usize::from(any[index]), None),
                (None, Some(_)) => (usize::from(reads_any(format, &starts)), None),
                (None, None) => count(format, &starts),
            };
            Tried {
                format: format.clone(),
                index,
                read,
                first: 0,
                failed,
            }
        };
        // Those that read nothing are only told of.
        let counts = |t: &Tried| looks.is_none() || t.read > 0;
        let tried = declared.iter().enumerate().map(one).filter(counts);
        let mut tried: Vec<Tried> = tried.collect();
        let readers: Vec<(usize, &Arc<Format>)> = tried
            .iter()
            .filter(|t| t.read > 0)
            .map(|t| (t.index, &t.format))
            .collect();
        let mut places = vec![usize::MAX; declared.len()];
        for (place, index) in order::by_specificity(&readers, looks)
            .into_iter()
            .enumerate()
        {
            places[index] = place;
        }
        // A whole JSON object is JSON, whatever its texts look like.
        let last = |t: &Tried| (!t.format.is_json() || t.read == 0, places[t.index]);
        tried.sort_by(|a, b| (last(a), &a.format.id).cmp(&(last(b), &b.format.id)));
        let mut tally = Self {
            starts,
            tried,
            given: declared.len(),
            reads,
        };
        tally.share_out();
        tally
    }

    /// Counts each line for the first format that reads it.
    fn share_out(&mut self) {
        let readers = self.tried.iter().filter(|t| t.read > 0).count();
        if let Some(reads) = &self.reads {
            let mut place = vec![usize::MAX; self.given];
            for (at, tried) in self.tried[..readers].iter().enumerate() {
                place[tried.index] = at;
            }
            for (outcome, (.., lines)) in reads.outcomes.iter().enumerate() {
                let first = reads.formats(outcome).map(|format| place[format]).min();
                if let Some(first) = first {
                    self.tried[first].first += lines;
                }
            }
            return;
        }
        for (_, line) in &self.starts {
            let mut readers = self.tried[..readers].iter_mut();
            if let Some(tried) = readers.find(|t| t.format.read(line).is_some()) {
                tried.first += 1;
            }
        }
    }

    /// The lines that none of the kept formats reads.
    pub fn unread(&self, kept: &[Arc<Format>]) -> Vec<&'a [u8]> {
        let lines = self.starts.iter().map(|(_, line)| *line);
        let Some(reads) = &self.reads else {
            let unread = |line: &&[u8]| kept.iter().all(|format| format.read(line).is_none());
            return lines.filter(unread).collect();
        };
        let mut is_kept = vec![false; self.given];
        for tried in &self.tried {
            is_kept[tried.index] = kept.iter().any(|f| Arc::ptr_eq(f, &tried.format));
        }
        let outcomes = 0..reads.outcomes.len();
        let is_read: Vec<bool> = outcomes
            .map(|outcome| reads.formats(outcome).any(|format| is_kept[format]))
            .collect();
        lines
            .zip(&reads.lines)
            .filter(|(_, outcome)| !is_read[**outcome as usize])
            .map(|(line, _)| line)
            .collect()
    }

    /// True if there are lines, and the kept formats read all of them.
    pub fn reads_all(&self, kept: &[Arc<Format>]) -> bool {
        !self.starts.is_empty() && !kept.is_empty() && self.unread(kept).is_empty()
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

/// True if the format reads any line.
fn reads_any(format: &Format, starts: &[(usize, &[u8])]) -> bool {
    starts.iter().any(|(_, line)| format.read(line).is_some())
}

/// How many lines it reads, and the first that it does not.
fn count(format: &Format, starts: &[(usize, &[u8])]) -> (usize, Option<Lost>) {
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
    (read, failed)
}
