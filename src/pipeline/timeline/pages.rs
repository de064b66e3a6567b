//! The second reading: a run of records is read again and written as it will stand in the output.

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
use crate::report::timeline::{Row, plain};
use crate::scan::block::Stamped;
use crate::scan::place::Placer;
use crate::scan::runs::head_of;
use crate::syntax::Fields;

/// Clocks change at quarters of an hour.
const QUARTER: i64 = 900 * SECOND;

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
    pub(super) buffers: Mutex<Vec<Vec<u8>>>,
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
    /// True if all of the text is printable ASCII.
    ascii: bool,
    /// The next place that may belong to a secret.
    suspect: Option<usize>,
    batch: Batch,
}

impl Pages<'_> {
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
        let mut text = self
            .buffers
            .lock()
            .ok()
            .and_then(|mut spare| spare.pop())
            .unwrap_or_default();
        let len = run.len.min(MOST_OF_RUN);
        let same = match read_again(&readable, run, len, &mut text) {
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
        let mut page = Page {
            pages: self,
            source,
            placed: &surveyed.placed,
            left_out: run.len - len,
            ascii: is_plain(&text),
            suspect: redact::suspect(&text, 0),
            text: &text,
            batch,
        };
        page.fill(run);
        let mut batch = page.batch;
        batch.sort();
        if let Ok(mut buffers) = self.buffers.lock() {
            buffers.push(text);
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

/// True if nothing in the text has to be decoded or escaped; a `\r` may end a line.
fn is_plain(text: &[u8]) -> bool {
    let strange = |b: u8| !(b.wrapping_sub(b' ') < 0x5f || b == b'\n' || b == b'\t' || b == b'\r');
    !text.iter().fold(false, |any, b| any | strange(*b))
        && memchr::memchr_iter(b'\r', text)
            .all(|at| text.get(at + 1).is_none_or(|next| *next == b'\n'))
}

impl<'a> Page<'a> {
    fn fill(&mut self, run: &PlacedRun) {
        let layout = &self.placed.scan.layout;
        let mut trail = run.trail.clone();
        let mut instants = Instants {
            placer: &self.placed.placer,
            block: run.block as usize,
            near: None,
        };
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

    fn close(&mut self, record: &Open<'a>, end: usize) {
        let (since, until) = self.pages.window;
        let inside = (since..=until).contains(&record.instant)
            && (record.instant > i64::MIN || !self.pages.bounded);
        let level = record.read.and_then(|(_, fields)| fields.level);
        let wanted = self
            .pages
            .filter
            .level
            .is_none_or(|least| level >= Some(least));
        if !inside || !wanted {
            return;
        }
        while self.suspect.is_some_and(|at| at < record.start) {
            self.suspect = redact::suspect(self.text, record.start);
        }
        let clean = self.suspect.is_none_or(|at| at >= end);
        let start = self.batch.bytes.len();
        let whole = self.left_out == 0 || end < self.text.len();
        let raw = whole && clean && self.ascii && self.pages.settings.anonymizer.is_none();
        if raw && self.pages.filter.format == super::TimelineFormat::Text {
            let front = &self.pages.fronts[self.source];
            plain(front, &self.text[record.start..end], &mut self.batch.bytes);
        } else {
            let row = self.row(record, end);
            self.pages.filter.format.write(&row, &mut self.batch.bytes);
        }
        self.batch.entries.push(Entry {
            instant: record.instant,
            line: if self.placed.placer.order.newest_first {
                u64::MAX - record.line
            } else {
                record.line
            },
            start: start as u32,
            end: self.batch.bytes.len() as u32,
        });
    }

    fn row(&self, record: &Open<'a>, end: usize) -> Row<'a> {
        let pages = self.pages;
        let encoding = self.placed.scan.encoding;
        let left_out = if end == self.text.len() {
            self.left_out
        } else {
            0
        };
        let info = &self.placed.scan.info;
        let bytes = &self.text[record.start..end];
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let head = &self.text[record.start..record.start + record.head];
        let (stamp, logger, level, message) = match &record.read {
            Some((format, fields)) => (
                fields.stamp.map(|span| show(span.of(head), encoding)),
                fields.logger.map(|span| show(span.of(head), encoding)),
                fields.level,
                match format.message(head, fields) {
                    std::borrow::Cow::Borrowed(message) => show(message, encoding),
                    std::borrow::Cow::Owned(message) => {
                        show(&message, encoding).into_owned().into()
                    }
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
            text: match left_out {
                0 => show(bytes, encoding),
                more => format!("{}\n[… {more} bytes]", show(bytes, encoding)).into(),
            },
        }
    }
}

/// Format, cycles, drops, kind and quarter of an hour of a stamp.
type Near = (u8, i32, u32, u8, i64);

/// Places stamps, and remembers how far a stamp was from its instant: that stays the same for a quarter of an hour,
/// unless the clock changes in it.
struct Instants<'a> {
    placer: &'a Placer,
    block: usize,
    near: Option<(Near, i64)>,
}

impl Instants<'_> {
    fn of(&mut self, stamped: Stamped) -> Option<Own> {
        let plain = |instant| Own {
            instant,
            sorts_at: instant,
            mark: None,
        };
        let (kind, at) = match stamped.raw {
            RawTime::Utc(at) if self.placer.order.is_plain() => return Some(plain(at)),
            RawTime::Utc(_) => return self.exact(stamped),
            RawTime::Wall(at) => (1, at),
            RawTime::Cyclic(at) => (2, at),
        };
        let quarter = at.div_euclid(QUARTER);
        let key = (stamped.format, stamped.wraps, stamped.drops, kind, quarter);
        if let Some((near, shift)) = self.near
            && near == key
        {
            return Some(plain(at + shift));
        }
        match self.steady(stamped, quarter * QUARTER) {
            Some(shift) => {
                self.near = Some((key, shift));
                Some(plain(at + shift))
            }
            None => self.exact(stamped),
        }
    }

    /// How far the stamps of a quarter are from their instants, if it is the same for all of them and nothing is to be
    /// said of their clock.
    fn steady(&self, stamped: Stamped, start: i64) -> Option<i64> {
        let shift = |at: i64| {
            let raw = match stamped.raw {
                RawTime::Cyclic(_) => RawTime::Cyclic(at),
                _ => RawTime::Wall(at),
            };
            let stamped = Stamped { raw, ..stamped };
            let own = self.exact(stamped)?;
            let marked = own.mark.is_some() || own.instant != own.sorts_at;
            (!marked).then_some(own.instant - at)
        };
        shift(start).filter(|first| shift(start + QUARTER - 1) == Some(*first))
    }

    fn exact(&self, stamped: Stamped) -> Option<Own> {
        Some(Own {
            instant: self.placer.instant(stamped, self.block)?,
            sorts_at: self.placer.sorts_at(stamped, self.block)?,
            mark: self.placer.mark(stamped, self.block),
        })
    }
}
