//! The second reading: a run of records is read again and written as it will stand in the output.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Mutex;

use super::super::Settings;
use super::super::placed::PlacedSource;
use super::TimelineFilter;
use super::losses::Losses;
use super::survey::{PlacedRun, Sum, Surveyed};
use super::text::{Readable, Reopener};
use crate::decode::show;
use crate::grammar::format::Format;
use crate::merge::{Batch, Entry};
use crate::model::time::SECOND;
use crate::model::{ClockMark, RawTime};
use crate::report::redact;
use crate::report::safe::strange_from;
use crate::report::timeline::{Row, plain, plain_line, raw};
use crate::scan::block::Stamped;
use crate::scan::notes::Noted;
use crate::scan::place::Placer;
use crate::scan::runs::head_of;
use crate::syntax::Fields;

/// Clocks change at quarters of an hour.
const QUARTER: i64 = 900 * SECOND;

/// Bytes of a usual record.
const USUAL: usize = 80;
/// Bytes of a run that are written. Only the last record of a run is long: what is left out of it is said.
pub(super) const MOST_OF_RUN: u64 = 4 << 20;

/// Which records are written, and how.
pub(super) struct Pages<'a> {
    pub(super) settings: &'a Settings<'a>,
    pub(super) filter: &'a TimelineFilter,
    /// First and last instant.
    pub(super) window: (i64, i64),
    /// True if a start or an end was asked for.
    pub(super) bounded: bool,
    /// What stands in front of the lines of each source.
    pub(super) fronts: Vec<String>,
    pub(super) reopener: Reopener<'a>,
    /// Memory for the text of runs; as many as there are threads.
    pub(super) buffers: Mutex<Vec<Memory>>,
    /// Runs that could not be read a second time.
    pub(super) losses: Losses,
}

/// A record whose end is not known yet.
struct Open<'a> {
    start: usize,
    line: u64,
    head: usize,
    instant: i64,
    own: Option<Own>,
    read: Option<(&'a Format, Fields)>,
}

/// What a record's own stamp says.
#[derive(Clone, Copy)]
struct Own {
    instant: i64,
    sorts_at: i64,
    mark: Option<ClockMark>,
}

/// A run while it is written.
struct Page<'a> {
    pages: &'a Pages<'a>,
    source: usize,
    placed: &'a PlacedSource,
    text: &'a [u8],
    /// Bytes of the last record that are left out.
    left_out: u64,
    /// Places that may belong to a secret, from the next record on.
    suspects: std::iter::Peekable<std::slice::Iter<'a, usize>>,
    /// The next place that is not shown as it is; `usize::MAX` for none.
    strange: usize,
    batch: Batch,
}

/// What a thread works with: the text of a run, and the places in it that may belong to a secret.
#[derive(Default)]
pub(super) struct Memory {
    text: Vec<u8>,
    suspects: Vec<usize>,
}

impl Pages<'_> {
    /// True if identities are replaced.
    const fn anonymizes(&self) -> bool {
        self.settings.anonymizer.is_some()
    }

    /// Reads and writes one run. What is not what it was the first time is left out, and told by the losses: cut at the
    /// old borders it would be lines that nobody wrote.
    pub(super) fn make(
        &self,
        source: usize,
        surveyed: &Surveyed,
        run: &PlacedRun,
        mut batch: Batch,
    ) -> Batch {
        batch.source = source as u32;
        batch.bytes.clear();
        batch.entries.clear();
        let Some(kept) = &surveyed.kept else {
            return batch;
        };
        let readable = match self.reopener.open(source, kept) {
            Ok(readable) => readable,
            Err(error) => {
                self.losses.gone(source, run, &error);
                return batch;
            }
        };
        let mut memory = self
            .buffers
            .lock()
            .ok()
            .and_then(|mut spare| spare.pop())
            .unwrap_or_default();
        let len = run.len.min(MOST_OF_RUN);
        let same = match read_again(&readable, run, len, &mut memory.text) {
            Ok(same) => same,
            Err(error) => {
                self.losses.gone(source, run, &error);
                return batch;
            }
        };
        if !same {
            self.losses.changed(source, run);
            return batch;
        }
        redact::suspects(&memory.text, &mut memory.suspects);
        // What grows step by step leaves its smaller forms behind in memory.
        batch.bytes.reserve_exact(memory.text.len() / 2 * 3);
        batch.entries.reserve_exact(memory.text.len() / USUAL);
        let mut page = Page {
            pages: self,
            source,
            placed: &surveyed.placed,
            left_out: run.len - len,
            suspects: memory.suspects.iter().peekable(),
            strange: strange_from(&memory.text, 0).unwrap_or(usize::MAX),
            text: &memory.text,
            batch,
        };
        match &run.noted {
            Some(noted) => page.fill_noted(run, noted),
            None => page.fill(run),
        }
        let mut batch = page.batch;
        batch.sort();
        if let Ok(mut buffers) = self.buffers.lock() {
            buffers.push(memory);
        }
        batch
    }
}

/// Reads the first `len` bytes of a run again; true if all of it is what it was.
fn read_again(
    readable: &Readable,
    run: &PlacedRun,
    len: u64,
    text: &mut Vec<u8>,
) -> std::io::Result<bool> {
    text.resize(len as usize, 0);
    let read = readable.fill_at(run.offset, text)?;
    text.truncate(read);
    let mut sum = Sum::default();
    sum.add(text);
    let (mut at, end) = (run.offset + len, run.offset + run.len);
    let mut rest = Vec::new();
    while at < end {
        rest.resize((end - at).min(MOST_OF_RUN) as usize, 0);
        let read = readable.fill_at(at, &mut rest)?;
        sum.add(&rest[..read]);
        at += rest.len() as u64;
    }
    Ok(sum.is_of_the_same(&run.sum))
}

impl<'a> Page<'a> {
    fn instants(&self, run: &PlacedRun) -> Instants<'a> {
        Instants {
            placer: &self.placed.placer,
            block: run.block as usize,
            near: None,
        }
    }

    fn fill(&mut self, run: &PlacedRun) {
        let layout = &self.placed.scan.layout;
        let mut trail = run.trail.clone();
        let mut instants = self.instants(run);
        let mut inherit = run.inherit;
        let mut open: Option<Open<'a>> = None;
        let mut line = run.line;
        let mut at = 0;
        while at < self.text.len() {
            let next = memchr::memchr(b'\n', &self.text[at..])
                .map_or(self.text.len(), |feed| at + feed + 1);
            let whole = &self.text[at..next];
            let head = head_of(whole.strip_suffix(b"\n").unwrap_or(whole));
            let read = layout.read(head);
            if read.is_some() || open.as_ref().is_none_or(|record| record.read.is_none()) {
                if let Some(record) = open.take() {
                    self.close(&record, at);
                }
                let own = read.and_then(|(format, fields)| {
                    let cycle = layout.formats[format].cycle;
                    let step = trail.stamp(fields.time?, format, cycle);
                    instants.of(step.stamped)
                });
                inherit = own.map_or(inherit, |own| own.sorts_at);
                open = Some(Open {
                    start: at,
                    line,
                    head: head.len(),
                    instant: inherit,
                    own,
                    read: read.map(|(format, fields)| (&*layout.formats[format], fields)),
                });
            }
            line += 1;
            at = next;
        }
        if let Some(record) = open {
            self.close(&record, self.text.len());
        }
    }

    /// As [`Self::fill`], of records that were noted: no line is read again.
    fn fill_noted(&mut self, run: &PlacedRun, noted: &Noted) {
        let formats = &self.placed.scan.layout.formats;
        let mut trail = run.trail.clone();
        let mut instants = self.instants(run);
        let mut inherit = run.inherit;
        let mut start = 0;
        // Their lines are not counted: what matters is their order.
        let mut line = run.line;
        for (number, (before, time)) in noted.records().enumerate() {
            let next = (start + before.bytes as usize).min(self.text.len());
            if number > 0 {
                self.write(start..next, before.one_line, line, inherit);
                line += 1;
            }
            start = next;
            let own = time.and_then(|(format, raw)| {
                let format = usize::from(format);
                let step = trail.stamp(raw, format, formats.get(format)?.cycle);
                instants.of(step.stamped)
            });
            inherit = own.map_or(inherit, |own| own.sorts_at);
        }
        self.write(start..self.text.len(), false, line, inherit);
    }

    /// Writes a record as text, if its time is wanted.
    #[inline]
    fn write(&mut self, record: Range<usize>, one_line: bool, line: u64, instant: i64) {
        if self.is_inside(instant) {
            let start = self.batch.bytes.len();
            self.text(record, one_line);
            self.enter(start, line, instant);
        }
    }

    /// True if records of that time are wanted.
    fn is_inside(&self, instant: i64) -> bool {
        let (since, until) = self.pages.window;
        (since..=until).contains(&instant) && (instant > i64::MIN || !self.pages.bounded)
    }

    /// True if a record can be written as it is. Records come in the order of lines.
    #[inline]
    fn is_raw(&mut self, record: &Range<usize>) -> bool {
        while self.suspects.next_if(|at| **at < record.start).is_some() {}
        if self.strange < record.start {
            self.strange = strange_from(self.text, record.start).unwrap_or(usize::MAX);
        }
        let whole = self.left_out == 0 || record.end < self.text.len();
        let clean = self.suspects.peek().is_none_or(|at| **at >= record.end);
        whole && clean && self.strange >= record.end && !self.pages.anonymizes()
    }

    /// Writes the lines of a record; `one_line`: it is known to have no more.
    #[inline]
    fn text(&mut self, record: Range<usize>, one_line: bool) {
        let front = &self.pages.fronts[self.source];
        match (self.is_raw(&record), one_line) {
            (true, true) => plain_line(front, &self.text[record], &mut self.batch.bytes),
            (true, false) => plain(front, &self.text[record], &mut self.batch.bytes),
            (false, _) => {
                let text = self.shown(record);
                let anonymizer = self.pages.settings.anonymizer;
                raw(front, &text, anonymizer, &mut self.batch.bytes);
            }
        }
    }

    /// The lines of a record, decoded; of a very long one the start.
    fn shown(&self, record: Range<usize>) -> Cow<'a, str> {
        let left_out = if record.end == self.text.len() {
            self.left_out
        } else {
            0
        };
        let bytes = &self.text[record];
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let text = show(bytes, self.placed.scan.encoding);
        match left_out {
            0 => text,
            more => format!("{text}\n[… {more} bytes]").into(),
        }
    }

    /// Notes a record that has been written from `start` on.
    #[inline]
    fn enter(&mut self, start: usize, line: u64, instant: i64) {
        self.batch.entries.push(Entry {
            instant,
            line: if self.placed.placer.order.newest_first {
                u64::MAX - line
            } else {
                line
            },
            start: start as u32,
            end: self.batch.bytes.len() as u32,
        });
    }

    fn close(&mut self, record: &Open<'a>, end: usize) {
        let level = record.read.and_then(|(_, fields)| fields.level);
        let least = self.pages.filter.level;
        let wanted = least.is_none_or(|least| level >= Some(least));
        if !wanted || !self.is_inside(record.instant) {
            return;
        }
        let start = self.batch.bytes.len();
        if self.pages.filter.format == super::TimelineFormat::Text {
            self.text(record.start..end, false);
        } else {
            let row = self.row(record, end);
            self.pages.filter.format.write(&row, &mut self.batch.bytes);
        }
        self.enter(start, record.line, record.instant);
    }

    fn row(&self, record: &Open<'a>, end: usize) -> Row<'a> {
        let pages = self.pages;
        let encoding = self.placed.scan.encoding;
        let info = &self.placed.scan.info;
        let head = &self.text[record.start..record.start + record.head];
        let (stamp, logger, level, message) = match &record.read {
            Some((format, fields)) => (
                fields.stamp.map(|span| show(span.of(head), encoding)),
                fields.logger.map(|span| show(span.of(head), encoding)),
                fields.level,
                match format.message(head, fields) {
                    Cow::Borrowed(message) => show(message, encoding),
                    Cow::Owned(message) => show(&message, encoding).into_owned().into(),
                },
            ),
            None => (None, None, None, show(head, encoding)),
        };
        let chain = &pages.settings.catalog.chain;
        let program = info.program.as_ref().and_then(|id| chain.program(id));
        Row {
            anonymizer: pages.settings.anonymizer,
            front: &pages.fronts[self.source],
            source: &info.path,
            line: record.line,
            time: record.own.map(|own| pages.settings.moment(own.instant)),
            clock: record.own.and_then(|own| own.mark),
            sorted: (record.instant > i64::MIN).then(|| pages.settings.moment(record.instant)),
            stamp,
            level,
            program: program.map(|program| program.name.as_str()),
            logger,
            message,
            text: self.shown(record.start..end),
        }
    }
}

/// Format, cycles, drops and kind of a stamp.
type Near = (u8, i32, u32, u8);

/// Places stamps, and remembers how far a stamp was from its instant: that stays the same for a quarter of an hour,
/// unless the clock changes in it.
struct Instants<'a> {
    placer: &'a Placer,
    block: usize,
    /// The stamps that are near, the start of their quarter, and how far they are from their instants.
    near: Option<(Near, i64, i64)>,
}

impl Instants<'_> {
    fn of(&mut self, stamped: Stamped) -> Option<Own> {
        let plain = |instant| Own {
            instant,
            sorts_at: instant,
            mark: None,
        };
        let (kind, at) = match stamped.raw() {
            RawTime::Utc(at) if self.placer.order.is_plain() => return Some(plain(at)),
            RawTime::Utc(_) => return self.exact(stamped),
            RawTime::Wall(at) => (1, at),
            RawTime::Cyclic(at) => (2, at),
        };
        let key = (stamped.format(), stamped.wraps(), stamped.drops(), kind);
        if let Some((near, start, shift)) = self.near
            && near == key
            && (0..QUARTER).contains(&at.wrapping_sub(start))
        {
            return Some(plain(at + shift));
        }
        let start = at.saturating_sub(at.rem_euclid(QUARTER));
        match self.steady(stamped, start) {
            Some(shift) => {
                self.near = Some((key, start, shift));
                Some(plain(at + shift))
            }
            None => self.exact(stamped),
        }
    }

    /// How far the stamps of a quarter are from their instants, if it is the same for all of them and nothing is to be
    /// said of their clock.
    fn steady(&self, stamped: Stamped, start: i64) -> Option<i64> {
        let shift = |at: i64| {
            let own = self.exact(stamped.at(at))?;
            let marked = own.mark.is_some() || own.instant != own.sorts_at;
            (!marked).then_some(own.instant - at)
        };
        shift(start).filter(|first| shift(start.saturating_add(QUARTER - 1)) == Some(*first))
    }

    fn exact(&self, stamped: Stamped) -> Option<Own> {
        Some(Own {
            instant: self.placer.instant(stamped, self.block)?,
            sorts_at: self.placer.sorts_at(stamped, self.block)?,
            mark: self.placer.mark(stamped, self.block),
        })
    }
}
