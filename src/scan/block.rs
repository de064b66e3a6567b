//! One block of text: which lines start records, what their stamps and levels say, and which signals they carry.
//!
//! A block owns the lines that start in it, and the records whose header line starts in it; the last record is read to
//! its end past the block's border. So every line and every record has exactly one owner, whatever the block size.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::Arc;

use super::beats::{Beats, gap};
use super::by_format::ByFormat;
use super::feeds::Feeds;
use super::frames::Frames;
use super::heads::{Header, KnownHead};
use super::idle::{Idle, SOON, Step};
use super::look::Known;
use super::matcher::{Hit, Matcher, Room, Surroundings};
use super::minutes::Minutes;
use super::outlines::{Ahead, Met, Outlines, RecordParts, Sight, Start};
use super::prefilter::Found;
use super::quick::Quick;
use super::repeats::{Heard, Repeats};
use super::runs::look_ahead;
use super::skeletons::{Learned, Skeletons};
pub use super::stamped::Stamped;
use super::trail::{Dip, Trail, Watch};
use super::unknown::{self, Groups, Sighting};
use crate::grammar::Meaning;
use crate::grammar::condition::ANY_STAGE;
use crate::grammar::format::Format;
use crate::grammar::reader::LineReader;
use crate::grammar::told::{Beat, Told};
use crate::model::time::SECOND;
use crate::model::{Cycle, Level, RawTime, Span};

/// The part of a record that rules see, in bytes; what lies beyond is counted as a problem.
pub const RECORD_CAP: usize = 1 << 20;
/// Longest name in a column of its own.
const COLUMN: usize = 40;
/// Lines before the first record that are quoted.
const QUOTED: usize = 3;
/// A forward jump across a cycle's border counts as jitter if it lands this close to the border, in nanoseconds.
const JITTER: i64 = 60 * SECOND;

/// The text that a block is scanned in.
#[derive(Debug, Default)]
pub struct Window {
    /// Text, from one byte before the block (if there is one) to somewhere past its end.
    pub bytes: Vec<u8>,
    /// Where the block starts in `bytes`.
    pub start: usize,
    /// Where the block ends in `bytes`.
    pub end: usize,
    /// Offset of `bytes[0]` in the source's text.
    pub offset: u64,
    /// True if `bytes` reaches to the end of the source.
    pub complete: bool,
}

/// One minute of stamps that are read alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MinuteKey {
    /// Index of the format in the layout.
    pub format: u8,
    /// See [`Stamped::wraps`].
    pub wraps: i32,
    /// See [`Stamped::drops`].
    pub drops: u32,
    /// 0 for instants, 1 for local time, 2 for a position in a cycle.
    pub kind: u8,
    /// The minute.
    pub minute: i64,
}

impl MinuteKey {
    fn kind(time: Stamped) -> u8 {
        match time.raw() {
            RawTime::Utc(_) => 0,
            RawTime::Wall(_) => 1,
            RawTime::Cyclic(_) => 2,
        }
    }

    /// The minute of a stamp.
    pub(super) fn of(time: Stamped) -> Self {
        Self {
            format: time.format(),
            wraps: time.wraps(),
            drops: time.drops(),
            kind: Self::kind(time),
            minute: time.nanos().div_euclid(60 * SECOND),
        }
    }

    /// The stamp of its first nanosecond.
    pub fn start(&self) -> Stamped {
        let nanos = self.minute * 60 * SECOND;
        let raw = match self.kind {
            0 => RawTime::Utc(nanos),
            1 => RawTime::Wall(nanos),
            _ => RawTime::Cyclic(nanos),
        };
        Stamped::new(raw, self.wraps, self.format, self.drops)
    }
}

/// What a clause of the catalog saw on one record.
#[derive(Debug, Clone)]
pub struct Signal {
    /// What it tells.
    pub told: Arc<Told>,
    /// The last stamp at or before the record in the block: where the record sorts.
    pub order: Option<Stamped>,
    /// True if that is the record's own stamp.
    pub stamped: bool,
    /// What is known of it if it is a beat.
    pub beat: Beat,
    /// Line at which the record starts, from 0 at the block's first line.
    pub line: u32,
    /// Bytes of the record's header line and continuations, at most [`RECORD_CAP`].
    pub len: u32,
    /// Offset of the record in the source's text.
    pub offset: u64,
}

impl Signal {
    /// The record's own stamp.
    pub fn time(&self) -> Option<Stamped> {
        self.order.filter(|_| self.stamped)
    }
}

/// Records in one minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All.
    pub records: u64,
    /// At level warn.
    pub warnings: u64,
    /// At level error or worse.
    pub errors: u64,
}

impl Counts {
    /// Those of both.
    pub const fn add(&mut self, other: &Self) {
        self.records += other.records;
        self.warnings += other.warnings;
        self.errors += other.errors;
    }
}

/// What one block gave.
#[derive(Debug, Default)]
pub struct BlockScan {
    /// Lines that start in the block.
    pub lines: u64,
    /// Lines that start a record.
    pub records: u64,
    /// Lines after a record of the block.
    pub continuations: u64,
    /// Lines before the first record of the block: of the record above, or of none.
    pub leading: u64,
    /// The first leading lines: number from 0, text.
    pub leading_first: Vec<(u64, Vec<u8>)>,
    /// Records per level, by [`Level::index`].
    pub levels: [u64; 6],
    /// The latest stamp of each level, by [`Level::index`].
    pub level_last: [Option<Stamped>; 6],
    /// First and last stamp in the order of lines, for each format.
    pub ends: ByFormat<(Stamped, Stamped)>,
    /// The last stamp of any format, in the order of lines.
    pub last: Option<Stamped>,
    /// The first stamp of any format, in the order of lines.
    pub first: Option<Stamped>,
    /// Earliest and latest stamp for each format.
    pub extremes: ByFormat<(Stamped, Stamped)>,
    /// Records stamped earlier than the record before them of the same format.
    pub steps_back: u64,
    /// Stamped records later than the one before them.
    pub rises: u64,
    /// Where stamps drop, and where those of each format begin.
    pub dips: Vec<Dip>,
    /// Records per minute.
    pub minutes: Minutes,
    /// What the clauses saw, in the order of lines.
    pub signals: Vec<Signal>,
    /// Records longer than [`RECORD_CAP`].
    pub cut: u64,
    /// Records that look like trouble and that no rule explains.
    pub unknown: Groups,
    /// True if a word of the chain stands in the block, or the source is known by its name.
    pub in_scope: bool,
}

/// Scans blocks of one source.
#[derive(Debug, Clone, Copy)]
pub struct Scanner<'a> {
    /// How the source's lines are read.
    pub layout: &'a dyn LineReader,
    /// What is searched for.
    pub matcher: &'a Matcher<'a>,
    /// Program id of the source.
    pub program: Option<&'a str>,
}

/// An open record.
#[derive(Clone, Copy)]
struct Open {
    start: usize,
    header_end: usize,
    line: u64,
    header: Header,
    time: Option<Stamped>,
    /// What was looked for of its message, if that ends with its first line.
    ahead: Ahead,
}

impl Open {
    /// What stands before the first record of a source.
    fn orphan(header_end: usize) -> Self {
        let header = Header {
            format: 0,
            stamp: None,
            time: None,
            level: None,
            message: Span::new(0, header_end),
            head: None,
            frame: None,
        };
        Self {
            start: 0,
            header_end,
            line: 0,
            header,
            time: None,
            ahead: Ahead::NONE,
        }
    }
}

/// What rules see of a record.
struct RecordText<'w> {
    bytes: Cow<'w, [u8]>,
    /// True if it is a part of the source's text as it is.
    is_raw: bool,
    /// What stands before that is said of the record in its line, and not by the message.
    cut: usize,
    /// The head, if it was seen before.
    head: Option<KnownHead>,
}

impl Open {
    /// The record, at most [`RECORD_CAP`] of it, and its first line.
    fn raw<'w>(&self, window: &'w Window, end: usize) -> (&'w [u8], &'w [u8]) {
        let capped = end.min(self.start + RECORD_CAP);
        let header = &window.bytes[self.start..self.header_end.min(capped)];
        (&window.bytes[self.start..capped], header)
    }

    /// Where in the record rules begin to read: its stamp tells nothing but the time.
    fn behind_stamp(&self, format: &Format, header: &[u8]) -> usize {
        let stamp = self.header.stamp.filter(|stamp| {
            let before = header.get(..stamp.start as usize);
            before.is_some_and(|before| format.is_front(before))
        });
        stamp.map_or(0, |stamp| (stamp.end as usize).min(header.len()))
    }

    /// Where the record's message begins to be its own: bytes from `start` to the end of a word before that. Any end of a
    /// word would do.
    fn cut(&self, header: &[u8], start: usize) -> usize {
        let mut end = (self.header.message.start as usize).min(header.len());
        // A name in a column may be taken for a part of the message.
        let column = &header[end..header.len().min(end + COLUMN)];
        let name = memchr::memchr(b' ', column).filter(|at| column.get(at + 1) == Some(&b' '));
        end += name.unwrap_or_default();
        let head = header.get(start..end).unwrap_or_default();
        let last = head.iter().rposition(u8::is_ascii_alphanumeric);
        let end = last.map_or(0, |at| at + 1);
        let next = header.get(start + end);
        if next.is_some_and(u8::is_ascii_alphanumeric) {
            0
        } else {
            end
        }
    }

    /// Offset and length of the record in the source's text.
    fn place(&self, window: &Window, end: usize) -> (u64, u32) {
        let (raw, _) = self.raw(window, end);
        (window.offset + self.start as u64, raw.len() as u32)
    }

    /// Its head, if it is known and rules begin to read behind its stamp.
    #[inline]
    fn known_head(&self) -> Option<KnownHead> {
        self.header.head.filter(|head| head.last_word > 0)
    }

    /// Where its message begins in its first line, if its head is known.
    #[inline]
    fn message_start(&self) -> Option<usize> {
        let head = self.known_head()?;
        Some(self.header.stamp?.end as usize + head.last_word as usize)
    }

    /// What rules see of a record whose head or frame is known. `room`: for what is not a part of the source's text as it is.
    #[inline]
    fn known_text<'w>(
        &self,
        window: &'w Window,
        end: usize,
        frames: &Frames,
        room: &mut Vec<u8>,
    ) -> Option<RecordText<'w>> {
        let (raw, header) = self.raw(window, end);
        // What has a head is no object, so there is nothing to unescape.
        if let Some(head) = self.known_head() {
            let start = self.header.stamp?.end as usize;
            return Some(RecordText {
                bytes: Cow::Borrowed(raw.get(start..)?),
                is_raw: true,
                cut: head.last_word as usize,
                head: Some(head),
            });
        }
        let is_whole = header.len() == self.header_end - self.start;
        let is_known = is_whole && frames.text(&self.header, header, room);
        is_known.then(|| RecordText {
            bytes: Cow::Owned(std::mem::take(room)),
            is_raw: false,
            cut: 0,
            head: None,
        })
    }

    /// What rules see of any record.
    #[inline(never)]
    fn text<'w>(&self, window: &'w Window, end: usize, layout: &dyn LineReader) -> RecordText<'w> {
        let (raw, header) = self.raw(window, end);
        let format = &layout.formats()[self.header.format];
        match format.text(header) {
            Cow::Borrowed(_) => {
                let start = self.behind_stamp(format, header);
                RecordText {
                    bytes: Cow::Borrowed(&raw[start..]),
                    is_raw: true,
                    cut: self.cut(header, start),
                    head: None,
                }
            }
            unescaped @ Cow::Owned(_) => RecordText {
                bytes: unescaped,
                is_raw: false,
                cut: 0,
                head: None,
            },
        }
    }
}

impl RecordText<'_> {
    fn parts(&self, level: Option<Level>, program: u64) -> RecordParts<'_> {
        RecordParts {
            text: &self.bytes,
            cut: self.cut,
            head: self.head,
            level,
            program,
        }
    }
}

/// Scratch space that a thread keeps between blocks.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Text in lower case.
    pub lower: Vec<u8>,
    /// What rules see of a line of JSON.
    text: Vec<u8>,
    found: Vec<Found>,
    learned: Option<Learned>,
}

impl Scratch {
    /// Takes back the room of a text.
    #[inline]
    fn keep(&mut self, text: RecordText<'_>) {
        if let Cow::Owned(room) = text.bytes {
            self.text = room;
        }
    }

    /// Learns every skeleton at its first sight: to prove that it makes no difference.
    pub fn eager() -> Self {
        Self {
            learned: Some(Learned {
                skeletons: Skeletons::eager(),
                ..Learned::default()
            }),
            ..Self::default()
        }
    }
}

/// Reads more of the source into the window's bytes; false at its end.
pub type More<'m> = &'m mut dyn FnMut(&mut Vec<u8>) -> bool;

impl Scanner<'_> {
    /// Scans one block.
    pub fn scan(&self, window: &mut Window, scratch: &mut Scratch, more: More<'_>) -> BlockScan {
        let mut state = State {
            program: self.matcher.program(self.program),
            ..State::default()
        };
        let own_end = window.end.min(window.bytes.len());
        // The record that is open, and the one that may come next.
        let mut open = [Open::orphan(0), Open::orphan(0)];
        let (mut own, mut is_open) = (0, false);
        let mut orphan = false;
        let kept = scratch.learned.take();
        let mut learned = kept.unwrap_or_else(|| self.matcher.take_learned());
        let mut at = first_line(window);
        let mut feeds = Some(Feeds::from(at));
        let json = (self.layout.formats().first()).filter(|format| format.is_json());
        while at < own_end {
            let feed = feeds.as_mut().and_then(|feeds| feeds.next(&window.bytes));
            let (line_end, next) = match feed {
                Some(feed) => (feed, feed + 1),
                None => {
                    // What is read behind the block is no longer in step with them.
                    feeds = None;
                    line_at(window, at, more)
                }
            };
            let line = trimmed(&window.bytes[at..line_end]);
            let number = state.scan.lines;
            state.scan.lines += 1;
            let next_header = &mut open[1 - own].header;
            let heads = &mut learned.skeletons.heads;
            let mut is_record = match json {
                Some(json) => {
                    let frames = &mut learned.skeletons.frames;
                    frames.read(self.layout, json, line, next_header)
                }
                None => heads.read(self.layout, line, next_header),
            };
            if !is_record && window.offset == 0 && at == 0 {
                let first = self.layout.read_first(line);
                is_record = first.is_some();
                // A trace that begins in the middle of a stack: its lines belong to no record, but they are searched.
                orphan = !is_record;
                match first {
                    Some(first) => *next_header = Header::new(first),
                    None => (open[own], is_open) = (Open::orphan(line.len()), true),
                }
            }
            if is_record {
                orphan = false;
                let header_end = at + line.len();
                if is_open {
                    let record = &open[own];
                    self.end(&mut state, window, record, at, (scratch, &mut learned));
                }
                state.offset = window.offset + at as u64;
                (own, is_open) = (1 - own, true);
                let record = &mut open[own];
                let format = record.header.format;
                let cycle = || self.layout.formats()[format].cycle;
                record.time = state.stamp(record.header.time, format, cycle);
                state.count(record.header.level, record.time);
                (record.start, record.header_end, record.line) = (at, header_end, number);
                let message = record.message_start().and_then(|start| {
                    let line = window.bytes.get(at..next)?;
                    line.get(start..)
                });
                let outlines = &learned.skeletons.outlines;
                record.ahead = message.map_or(Ahead::NONE, |text| outlines.ahead(text));
            } else if is_open && !orphan {
                state.scan.continuations += 1;
            } else {
                state.leading(number, line);
            }
            at = next;
        }
        if is_open {
            let record = &open[own];
            let end = self.record_end(window, at, record.start, more);
            self.end(&mut state, window, record, end, (scratch, &mut learned));
            // The record may go on behind the border, in lines that are not the block's.
            let beyond = window.bytes.get(at..end).unwrap_or_default();
            let beyond = memchr::memchr_iter(b'\n', beyond).count() as u64;
            self.wait_on(&mut state, window, (end, beyond), more);
        }
        self.matcher.give_back(learned);
        let lines = state.scan.lines;
        look_ahead(
            self.layout,
            window,
            at,
            lines,
            &mut state.trail,
            &mut state.watch,
            more,
        );
        state.flush_minute();
        state.scan.minutes.pack();
        state.flush_reach();
        state.finish_signals();
        state.scan.rises = state.watch.rises;
        state.scan.steps_back = state.watch.falls;
        state.scan.dips = state.watch.dips;
        state.scan
    }

    /// Some rules wait for what follows in their source. Words as usual as `answer` are looked for only while one waits,
    /// and only until one of them was seen.
    fn followed(&self, state: &mut State, text: &[u8], push: &mut dyn FnMut(&Hit, &mut State)) {
        let now = state.previous;
        for (rule, since) in std::mem::take(&mut state.waiting) {
            if is_later(now, since, self.matcher.patience(rule)) {
                continue;
            }
            let hits = self.matcher.follows(rule, text);
            // A record that was written earlier and stands later is no answer.
            let earlier = now.zip(since).is_some_and(|(now, since)| {
                now.format() == since.format() && now.key() < since.key()
            });
            if hits.is_empty() || earlier {
                state.waiting.push((rule, since));
            }
            for hit in &hits {
                push(hit, state);
            }
        }
    }

    /// Reads on behind the block, record by record, for the rules that still wait.
    ///
    /// `from`: where they begin, and how many lines that are not the block's stand before that.
    fn wait_on(&self, state: &mut State, window: &mut Window, from: (usize, u64), more: More<'_>) {
        let (mut at, beyond) = from;
        let mut behind = State {
            trail: state.trail.clone(),
            previous: state.previous,
            waiting: std::mem::take(&mut state.waiting),
            ..State::default()
        };
        let mut line = state.scan.lines + beyond;
        while !behind.waiting.is_empty() && at < window.bytes.len() {
            let (line_end, next) = line_at(window, at, more);
            let header = trimmed(&window.bytes[at..line_end]);
            let Some((format, fields)) = self.layout.read(header) else {
                return; // what stands here is no record, or a record beyond all measure
            };
            let header_end = at + header.len();
            let end = self.record_end(window, next, at, more);
            let cycle = self.layout.formats()[format].cycle;
            let record = Open {
                start: at,
                header_end,
                line,
                header: Header::new((format, fields)),
                time: behind.stamp(fields.time, format, || cycle),
                ahead: Ahead::NONE,
            };
            behind.order_of(&record, at);
            let text = record.text(window, end, self.layout);
            let place = record.place(window, end);
            let mut push =
                |hit: &Hit, state: &mut State| state.push(hit, text.is_raw, &record, place);
            self.followed(&mut behind, &text.bytes, &mut push);
            line += memchr::memchr_iter(b'\n', &window.bytes[at..end]).count() as u64;
            at = end;
        }
        state.scan.signals.append(&mut behind.scan.signals);
    }

    /// Calls `found` with the stamp of every record of a block; nothing is searched for.
    pub fn stamps(&self, window: &mut Window, more: More<'_>, found: &mut dyn FnMut(Stamped)) {
        let mut state = State::default();
        let mut at = first_line(window);
        while at < window.end.min(window.bytes.len()) {
            let (line_end, next) = line_at(window, at, more);
            if let Some((format, fields)) = self.layout.read(trimmed(&window.bytes[at..line_end]))
                && let Some(stamped) =
                    state.stamp(fields.time, format, || self.layout.formats()[format].cycle)
            {
                found(stamped);
            }
            at = next;
        }
    }

    /// The end of the record that is open at the block's border: the next record's start, or the source's end.
    fn record_end(
        &self,
        window: &mut Window,
        mut at: usize,
        start: usize,
        more: More<'_>,
    ) -> usize {
        loop {
            while at >= window.bytes.len() && !window.complete {
                window.complete = !more(&mut window.bytes);
            }
            if at >= window.bytes.len() {
                return window.bytes.len();
            }
            if at - start > RECORD_CAP {
                return at;
            }
            let (line_end, next) = line_at(window, at, more);
            if self
                .layout
                .read(trimmed(&window.bytes[at..line_end]))
                .is_some()
            {
                return at;
            }
            at = next;
        }
    }

    /// Says what a finished record tells, mostly nothing.
    #[inline]
    fn end(
        &self,
        state: &mut State,
        window: &Window,
        record: &Open,
        end: usize,
        (scratch, learned): (&mut Scratch, &mut Learned),
    ) {
        let level = record.header.level;
        let frames = &learned.skeletons.frames;
        let text = record.known_text(window, end, frames, &mut scratch.text);
        let is_calm = level.is_none_or(|level| level < Level::Warn);
        let sight = match &text {
            Some(text) if is_calm && state.waiting.is_empty() => {
                let parts = text.parts(level, state.program);
                let ahead = record.ahead;
                learned.skeletons.hush(self.matcher, parts, ahead)
            }
            _ => Sight::New,
        };
        let met = match sight {
            Sight::Quiet { trouble } if level.is_some() || !trouble => {
                state.order_of(record, end);
                return text.into_iter().for_each(|text| scratch.keep(text));
            }
            Sight::Met(known) => Some(known),
            Sight::Quiet { .. } | Sight::New => None,
        };
        let text = text.unwrap_or_else(|| record.text(window, end, self.layout));
        self.close(
            state,
            window,
            (record, end),
            (&text, met),
            (scratch, learned),
        );
        scratch.keep(text);
    }

    /// Says what a finished record tells. `met`: the message of its text, if that is known.
    #[inline(never)]
    fn close(
        &self,
        state: &mut State,
        window: &Window,
        (record, end): (&Open, usize),
        (text, met): (&RecordText<'_>, Option<Met>),
        (scratch, learned): (&mut Scratch, &mut Learned),
    ) {
        state.order_of(record, end);
        let level = record.header.level;
        let Scratch { lower, found, .. } = scratch;
        let Learned { skeletons, repeats } = learned;
        let known = skeletons.look(self.matcher, text.parts(level, state.program), met);
        let is_calm = match level {
            Some(level) => level < Level::Warn,
            None => known.is_some_and(|known| !known.trouble),
        };
        let is_silent = known.is_some_and(|known| known.clauses.is_empty() && !known.search);
        let hits = if is_silent {
            Heard::Now(Vec::new())
        } else {
            self.hits(state, (text, level), known, (lower, found, repeats))
        };
        // What only what was begun may explain is listed all the same.
        let is_rule =
            |hit: &Hit| matches!(hit.meaning, Meaning::Rule(_)) && hit.assumed != Some(ANY_STAGE);
        if !is_calm && !hits.iter().any(is_rule) {
            let outlines = &mut skeletons.outlines;
            self.unexplained(state, window, (record, end), text, outlines);
        }
        if !hits.is_empty() || !state.waiting.is_empty() {
            self.tell(state, window, (record, end), text, hits);
        }
    }

    /// Keeps what a finished record tells.
    fn tell(
        &self,
        state: &mut State,
        window: &Window,
        (record, end): (&Open, usize),
        text: &RecordText<'_>,
        hits: Heard,
    ) {
        let place = record.place(window, end);
        let is_raw = !self.layout.formats()[record.header.format].is_json() || text.is_raw;
        let mut push = |hit: &Hit, state: &mut State| state.push(hit, is_raw, record, place);
        if !state.waiting.is_empty() {
            self.followed(state, &text.bytes, &mut push);
        }
        let beats = |meaning: Meaning| self.matcher.is_beat(meaning) && record.time.is_some();
        let others = hits.iter().filter(|hit| !beats(hit.meaning));
        let step = state
            .idle
            .step(others.map(|hit| (hit.meaning, hit.assumed)));
        // After a silence, even an idle answer may be that of another login.
        let is_soon = gap(state.told_last, record.time).is_some_and(|gap| (0..SOON).contains(&gap));
        let is_idle = step == Step::Idle && is_soon;
        // What was told right before it says how long the silence was.
        let before = (step == Step::Idle).then(|| state.last_idle.take());
        match step {
            Step::Other | Step::Answer => state.tell_idle(),
            Step::Neutral | Step::Idle => {}
        }
        if step != Step::Neutral {
            state.told_last = record.time;
        }
        let only_named = is_idle || hits.iter().all(is_name);
        for hit in hits.iter() {
            // Who writes stands in every record of some traces: it is kept where it changes, or beside something else.
            if is_name(hit) && !state.names_anew(hit) && only_named || is_idle && !is_name(hit) {
                continue;
            }
            if beats(hit.meaning) {
                let signal = state.signal(hit, is_raw, record, place);
                state.beat(signal);
                continue;
            }
            if let Some(rule) = self
                .matcher
                .waits(hit.meaning)
                .filter(|_| record.time.is_some())
            {
                state.wait(rule);
            }
            push(hit, state);
        }
        if is_idle {
            let own = IdleRecord {
                hits,
                record: *record,
                place,
                is_raw,
                order: state.previous,
            };
            state.note_idle(before.flatten().as_ref(), own);
        }
    }
}

impl Scanner<'_> {
    /// The clauses that hold on a record.
    fn hits(
        &self,
        state: &mut State,
        (text, level): (&RecordText<'_>, Option<Level>),
        known: Option<&Known>,
        (lower, found, repeats): (&mut Vec<u8>, &mut Vec<Found>, &mut Repeats),
    ) -> Heard {
        let around = Surroundings {
            level,
            program: self.program,
        };
        let room = &mut state.room;
        found.clear();
        if let Some(known) = known.filter(|known| !known.asks) {
            return Heard::Before(known.hits(self.matcher, around));
        }
        if known.is_none() {
            self.matcher.find(&text.bytes, lower, found);
            if found.is_empty() {
                return Heard::Now(Vec::new());
            }
        }
        if let Some(hits) = repeats.get(&text.bytes, around) {
            return Heard::Before(hits);
        }
        let hits = match known {
            Some(known) => {
                if known.search {
                    self.matcher.find(&text.bytes, lower, found);
                }
                let found = known.search.then_some(found.as_slice());
                let text = || &*text.bytes;
                self.matcher
                    .hits_known(&known.clauses, found, text, around, room)
            }
            None => self.matcher.hits_of(found, &text.bytes, around, room),
        };
        repeats.keep(&hits);
        Heard::Now(hits)
    }

    /// Notes a record that no rule explains, if it looks like trouble.
    fn unexplained(
        &self,
        state: &mut State,
        window: &Window,
        (record, end): (&Open, usize),
        text: &RecordText<'_>,
        outlines: &mut Outlines,
    ) {
        let header = &window.bytes[record.start..record.header_end.min(end)];
        let message = record.header.message.of(header);
        if !self.matcher.is_trouble(record.header.level, message) {
            return;
        }
        let last = (0, record.time);
        // Where the message begins, in a record that is text of the source.
        let stamp = record.header.stamp.filter(|_| text.head.is_some());
        let start = stamp.and_then(|stamp| {
            let behind = stamp.end as usize + text.cut;
            let start = record.header.message.start as usize;
            match start.checked_sub(behind) {
                Some(before) => Some(Start::Behind(before as u32)),
                None => header.get(start..behind).map(Start::Before),
            }
        });
        let own = text.bytes.get(text.cut..).unwrap_or_default();
        let raw = &window.bytes[record.start..end];
        let sighting = || Sighting {
            line: record.line,
            block: 0,
            time: record.time,
            level: record.header.level,
            stamp: record.header.stamp,
            text: raw[..raw.len().min(1024)].to_vec(),
            message: Vec::new(),
        };
        let groups = &mut state.scan.unknown;
        if let Some((group, template)) = start.and_then(|start| outlines.group(start, own)) {
            groups.add(group, || template.to_owned(), message, last, sighting);
            return;
        }
        let template = unknown::template(message);
        if template.is_empty() {
            return;
        }
        let group = unknown::hash(&template);
        groups.add(group, || template.clone(), message, last, sighting);
        if start.is_some() {
            outlines.keep_group(group, template);
        }
    }
}

/// True if it says who writes.
const fn is_name(hit: &Hit) -> bool {
    matches!(hit.meaning, Meaning::Identity(_))
}

/// A record that tells nothing more than the one before it: most often nobody asks again.
struct IdleRecord {
    hits: Heard,
    record: Open,
    place: (u64, u32),
    is_raw: bool,
    /// The stamp at which it sorts.
    order: Option<Stamped>,
}

/// Tellings of a block that are known without a hash of all their parts.
const RECENT: usize = 64;

/// What a hit tells of its record. Most often it was told before: it is looked for without being made.
struct Telling<'t> {
    hit: &'t Hit,
    match_line: u32,
    stamp: Option<Span>,
    level: Option<Level>,
}

impl<'t> Telling<'t> {
    fn of(hit: &'t Hit, is_raw: bool, record: &Open) -> Self {
        Self {
            hit,
            match_line: if is_raw { hit.line as u32 } else { 0 },
            stamp: record.header.stamp,
            level: record.header.level,
        }
    }

    fn depth(&self) -> u16 {
        self.hit.depth.min(usize::from(u16::MAX)) as u16
    }

    /// A place below [`RECENT`] that few others have which are told at the same time.
    fn slot(&self) -> usize {
        let mut state = Quick::default();
        let endpoint = self.hit.endpoint.as_ref();
        let endpoint = endpoint.map_or(0, |e| e.host.len() + usize::from(e.port.unwrap_or(0)));
        (self.hit.meaning, endpoint).hash(&mut state);
        (state.finish() >> 32) as usize % RECENT
    }

    /// Of all its parts.
    fn hash(&self) -> u64 {
        let mut state = Quick::default();
        let hit = self.hit;
        (hit.meaning, self.stamp, self.match_line, self.level).hash(&mut state);
        (self.depth(), hit.by_number, hit.assumed).hash(&mut state);
        (&hit.endpoint, &hit.captures).hash(&mut state);
        state.finish()
    }

    fn is(&self, told: &Told) -> bool {
        let hit = self.hit;
        (told.meaning, told.stamp, told.match_line) == (hit.meaning, self.stamp, self.match_line)
            && (told.level, told.depth) == (self.level, self.depth())
            && (told.by_number, told.assumed) == (hit.by_number, hit.assumed)
            && told.endpoint == hit.endpoint
            && told.captures.as_deref().unwrap_or_default() == hit.captures
    }

    fn told(&self) -> Told {
        let hit = self.hit;
        Told {
            meaning: hit.meaning,
            stamp: self.stamp,
            match_line: self.match_line,
            level: self.level,
            depth: self.depth(),
            by_number: hit.by_number,
            assumed: hit.assumed,
            endpoint: hit.endpoint.clone(),
            captures: (!hit.captures.is_empty()).then(|| hit.captures.clone().into()),
        }
    }
}

/// First, last, earliest and latest of stamps of one format.
struct Reach {
    first: Stamped,
    last: Stamped,
    low: Stamped,
    high: Stamped,
}

impl Reach {
    fn of(stamped: Stamped) -> Self {
        Self {
            first: stamped,
            last: stamped,
            low: stamped,
            high: stamped,
        }
    }

    fn add(&mut self, stamped: Stamped) {
        self.last = stamped;
        if stamped.key() < self.low.key() {
            self.low = stamped;
        }
        if stamped.key() > self.high.key() {
            self.high = stamped;
        }
    }
}

/// The counters of a block while it is scanned.
#[derive(Default)]
struct State {
    /// The bit of the source's program.
    program: u64,
    scan: BlockScan,
    /// Where the minute begins that is counted.
    minute: Option<(Stamped, Counts)>,
    trail: Trail,
    watch: Watch,
    /// Offset of the line that is read.
    offset: u64,
    reach: Option<Reach>,
    /// Last stamp of a closed record, for records without one.
    previous: Option<Stamped>,
    /// Rules that wait for what follows, and since when.
    waiting: Vec<(usize, Option<Stamped>)>,
    /// Who the records named last, by mark.
    named: BTreeMap<u32, Vec<(String, String)>>,
    idle: Idle,
    /// The last idle record.
    last_idle: Option<IdleRecord>,
    /// The stamp of the last record that told something.
    told_last: Option<Stamped>,
    beats: Vec<Beats>,
    /// What the block's records tell, by its hash. Of two with one hash only the first is kept here.
    told: HashMap<u64, Arc<Told>, BuildHasherDefault<Quick>>,
    /// What was told last, by its [`Telling::slot`].
    recent: Vec<Option<Arc<Told>>>,
    room: Room,
}

impl State {
    #[inline]
    fn stamp(
        &mut self,
        raw: Option<RawTime>,
        format: usize,
        cycle: impl FnOnce() -> Option<Cycle>,
    ) -> Option<Stamped> {
        let raw = raw?;
        if let Some(reach) = self.reach.as_mut()
            && usize::from(reach.first.format()) == format
            && self.watch.is_settled()
            && let Some((stamped, rise)) = self.trail.follow(raw, format)
        {
            self.watch.rises += u64::from(rise > 0);
            reach.last = stamped;
            if reach.high.key() < stamped.key() {
                reach.high = stamped;
            }
            return Some(stamped);
        }
        Some(self.step(raw, format, cycle()))
    }

    /// Takes a stamp that may be earlier than the one before it, or of another format.
    #[inline(never)]
    fn step(&mut self, raw: RawTime, format: usize, cycle: Option<Cycle>) -> Stamped {
        let step = self.trail.stamp(raw, format, cycle);
        let line = self.scan.lines.saturating_sub(1);
        self.watch.note(&step, line, self.offset);
        let stamped = step.stamped;
        let format = stamped.format();
        let scan = &mut self.scan;
        scan.first.get_or_insert(stamped);
        match &mut self.reach {
            Some(reach) if reach.first.format() == format => reach.add(stamped),
            _ => {
                self.flush_reach();
                self.reach = Some(Reach::of(stamped));
            }
        }
        stamped
    }

    /// Most files are of one format: its stamps are put into the maps once.
    fn flush_reach(&mut self) {
        let Some(reach) = self.reach.take() else {
            return;
        };
        let format = reach.first.format();
        self.scan.last = Some(reach.last);
        let both = (reach.first, reach.last);
        let ends = self.scan.ends.or_insert(format, both);
        ends.1 = reach.last;
        let both = (reach.low, reach.high);
        let extremes = self.scan.extremes.or_insert(format, both);
        if reach.low.key() < extremes.0.key() {
            extremes.0 = reach.low;
        }
        if reach.high.key() > extremes.1.key() {
            extremes.1 = reach.high;
        }
    }

    fn count(&mut self, level: Option<Level>, time: Option<Stamped>) {
        self.scan.records += 1;
        if let Some(level) = level {
            self.scan.levels[level.index()] += 1;
        }
        let Some(time) = time else { return };
        if let Some(level) = level {
            let last = &mut self.scan.level_last[level.index()];
            let is_later =
                |known: Stamped| known.format() != time.format() || known.key() <= time.key();
            if last.is_none_or(is_later) {
                *last = Some(time);
            }
        }
        let is_own = |(start, _): &(Stamped, Counts)| {
            let since = time.nanos().wrapping_sub(start.nanos());
            start.is_like(time) && (0..60 * SECOND).contains(&since)
        };
        if !self.minute.as_ref().is_some_and(is_own) {
            self.next_minute(time);
        }
        if let Some((_, counts)) = &mut self.minute {
            counts.records += 1;
            counts.warnings += u64::from(level == Some(Level::Warn));
            counts.errors += u64::from(level >= Some(Level::Error));
        }
    }

    #[inline(never)]
    fn next_minute(&mut self, time: Stamped) {
        self.flush_minute();
        self.minute = Some((MinuteKey::of(time).start(), Counts::default()));
    }

    fn flush_minute(&mut self) {
        if let Some((start, counts)) = self.minute.take() {
            self.scan.minutes.add(MinuteKey::of(start), counts);
        }
    }

    fn leading(&mut self, number: u64, line: &[u8]) {
        self.scan.leading += 1;
        if self.scan.leading_first.len() < QUOTED {
            self.scan
                .leading_first
                .push((number, line[..line.len().min(512)].to_vec()));
        }
    }

    /// Notes a record that ends there.
    #[inline]
    fn order_of(&mut self, record: &Open, end: usize) {
        // Whatever stands behind it is not searched, and may be what the record is about.
        self.scan.cut += u64::from(end > record.start + RECORD_CAP);
        if record.time.is_some() {
            self.previous = record.time;
        }
    }

    fn wait(&mut self, rule: usize) {
        let now = self.previous;
        match self
            .waiting
            .iter_mut()
            .find(|(waiting, _)| *waiting == rule)
        {
            Some(old) => old.1 = now,
            None => self.waiting.push((rule, now)),
        }
    }

    /// Notes who a record names; false if the one before it named the same.
    fn names_anew(&mut self, hit: &Hit) -> bool {
        let Meaning::Identity(mark) = hit.meaning else {
            return false;
        };
        let before = self.named.insert(mark, hit.captures.clone());
        before.is_none_or(|before| before != hit.captures)
    }

    fn push(&mut self, hit: &Hit, is_raw: bool, record: &Open, place: (u64, u32)) {
        let signal = self.signal(hit, is_raw, record, place);
        self.scan.signals.push(signal);
    }

    fn beat(&mut self, signal: Signal) {
        let Meaning::Rule(rule) = signal.told.meaning else {
            return;
        };
        let known = self.beats.iter().position(|beats| beats.rule == rule);
        let at = known.unwrap_or_else(|| {
            self.beats.push(Beats::new(rule));
            self.beats.len() - 1
        });
        self.beats[at].take(signal, &mut self.scan.signals);
    }

    /// Puts what the block's records tell in the order of lines, each once.
    fn finish_signals(&mut self) {
        self.tell_idle();
        let signals = &mut self.scan.signals;
        for beats in self.beats.drain(..) {
            beats.finish(signals);
        }
        signals.sort_by_key(|signal| signal.line);
        keep_each_once(signals);
        signals.shrink_to_fit();
    }

    fn told(&mut self, telling: &Telling<'_>) -> Arc<Told> {
        self.recent.resize(RECENT, None);
        let recent = &mut self.recent[telling.slot()];
        if let Some(told) = recent.as_ref().filter(|told| telling.is(told)) {
            return told.clone();
        }
        let known = self.told.entry(telling.hash());
        let known = known.or_insert_with(|| Arc::new(telling.told()));
        let told = if telling.is(known) {
            known.clone()
        } else {
            Arc::new(telling.told())
        };
        *recent = Some(told.clone());
        told
    }

    /// Takes the next idle record. `before`: the one before it, with nothing between them.
    fn note_idle(&mut self, before: Option<&IdleRecord>, own: IdleRecord) {
        if self.beats.iter().any(|beats| beats.after.is_empty()) {
            let mut told: Vec<Signal> = Vec::new();
            for idle in before.into_iter().chain([&own]) {
                self.told_by(idle, &mut told);
            }
            for beats in self.beats.iter_mut().filter(|b| b.after.is_empty()) {
                beats.after.clone_from(&told);
            }
        }
        self.last_idle = Some(own);
    }

    /// Tells what the last idle record does.
    fn tell_idle(&mut self) {
        if let Some(idle) = self.last_idle.take() {
            let mut signals = std::mem::take(&mut self.scan.signals);
            self.told_by(&idle, &mut signals);
            self.scan.signals = signals;
        }
    }

    /// What an idle record tells.
    fn told_by(&mut self, idle: &IdleRecord, signals: &mut Vec<Signal>) {
        for hit in idle.hits.iter().filter(|hit| !is_name(hit)) {
            signals.push(Signal {
                order: idle.order,
                beat: Beat::Same,
                ..self.signal(hit, idle.is_raw, &idle.record, idle.place)
            });
        }
    }

    fn signal(
        &mut self,
        hit: &Hit,
        is_raw: bool,
        record: &Open,
        (offset, len): (u64, u32),
    ) -> Signal {
        let told = self.told(&Telling::of(hit, is_raw, record));
        Signal {
            told,
            order: self.previous,
            stamped: record.time.is_some(),
            beat: Beat::default(),
            line: record.line as u32,
            len,
            offset,
        }
    }
}

/// What one record tells twice is told once. The signals of a record stand together.
fn keep_each_once(signals: &mut Vec<Signal>) {
    // Where those of the record begin, and how many are kept of all.
    let (mut first, mut kept) = (0, 0);
    for at in 0..signals.len() {
        if signals[first].line != signals[at].line {
            first = kept;
        }
        let told = &signals[at].told;
        let is_told = |own: &Signal| Arc::ptr_eq(&own.told, told) || own.told == *told;
        if !signals[first..kept].iter().any(is_told) {
            if kept < at {
                signals.swap(kept, at);
            }
            kept += 1;
        }
    }
    signals.truncate(kept);
}

/// True if more than `span` nanoseconds passed.
fn is_later(now: Option<Stamped>, since: Option<Stamped>, span: i64) -> bool {
    let (Some(now), Some(since)) = (now, since) else {
        return false;
    };
    let (from, to) = (since.key(), now.key());
    now.format() == since.format() && (to.0 > from.0 + 1 || to.0 == from.0 && to.1 - from.1 > span)
}

/// How many cycles pass between two positions: 1 for a step back of more than half a cycle, -1 for jitter around the
/// border, else 0.
pub fn cycle_step(from: i64, to: i64, cycle: Cycle) -> i32 {
    let length = cycle.length();
    if to - from < -length / 2 {
        1
    } else if to - from > length / 2 && from < JITTER && to > length - JITTER {
        -1
    } else {
        0
    }
}

/// The first line that starts in the block.
fn first_line(window: &Window) -> usize {
    if window.start == 0 || window.bytes.get(window.start - 1) == Some(&b'\n') {
        return window.start;
    }
    memchr::memchr(b'\n', &window.bytes[window.start..])
        .map_or(window.bytes.len(), |at| window.start + at + 1)
}

/// End of the line that starts at `at` (without its line feed), and the start of the next one.
fn line_at(window: &mut Window, at: usize, more: More<'_>) -> (usize, usize) {
    let mut from = at;
    loop {
        if let Some(feed) = memchr::memchr(b'\n', &window.bytes[from..]) {
            return (from + feed, from + feed + 1);
        }
        from = window.bytes.len();
        // A line of 100 MB is not read into memory: its start tells what it is.
        if window.complete || from - at > RECORD_CAP {
            return (from, from);
        }
        window.complete = !more(&mut window.bytes);
    }
}

fn trimmed(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::Catalog;
    use crate::grammar::catalog::Files;
    use crate::grammar::endpoint::Endpoint;
    use crate::model::time::SECOND;
    use proptest::prelude::*;

    fn hits() -> impl Strategy<Value = Vec<Hit>> {
        let host = prop_oneof![Just(""), Just("a.example"), Just("b.example")];
        let endpoint = (host, proptest::option::of(0u16..3));
        let endpoint = endpoint.prop_map(|(host, port)| Endpoint {
            host: host.to_owned(),
            port,
            ..Endpoint::default()
        });
        let captures = proptest::collection::vec(Just(("n".to_owned(), "1".to_owned())), 0..2);
        let text = (0usize..2, 0usize..2, any::<bool>());
        let told = (proptest::option::of(endpoint), captures);
        let one = (0u32..3, text, told, proptest::option::of(0u8..2));
        let one = one.prop_map(|(rule, (line, depth, by_number), told, assumed)| Hit {
            meaning: Meaning::Rule(rule),
            line,
            depth,
            endpoint: told.0,
            captures: told.1,
            by_number,
            assumed,
        });
        proptest::collection::vec(one, 0..40)
    }

    proptest! {
        #[test]
        fn what_was_told_before_is_known_again_and_nothing_else_is(hits in hits()) {
            let mut state = State::default();
            let record = Open::orphan(0);
            let mut all: Vec<Arc<Told>> = Vec::new();
            for hit in &hits {
                let telling = Telling::of(hit, true, &record);
                let told = state.told(&telling);
                prop_assert_eq!(&*told, &telling.told());
                let known = all.iter().find(|known| **known == told);
                prop_assert!(known.is_none_or(|known| Arc::ptr_eq(known, &told)));
                all.push(told);
            }
        }

        #[test]
        fn what_a_record_tells_twice_is_kept_once(
            tellings in proptest::collection::vec((0u32..4, 0u32..3), 0..20),
        ) {
            let mut tellings = tellings;
            tellings.sort_by_key(|(line, _)| *line);
            let (mut state, record) = (State::default(), Open::orphan(0));
            let hit = |rule: u32| Hit {
                meaning: Meaning::Rule(rule),
                line: 0,
                depth: 0,
                endpoint: None,
                captures: Vec::new(),
                by_number: false,
                assumed: None,
            };
            let signal = |(line, rule): &(u32, u32)| Signal {
                line: *line,
                ..state.signal(&hit(*rule), true, &record, (0, 0))
            };
            let mut signals: Vec<Signal> = tellings.iter().map(signal).collect();
            keep_each_once(&mut signals);
            let mut expected: Vec<(u32, u32)> = Vec::new();
            for telling in tellings {
                if !expected.contains(&telling) {
                    expected.push(telling);
                }
            }
            let kept = signals.iter().map(|signal| (signal.line, signal.told.meaning));
            let expected = expected.into_iter().map(|(line, rule)| (line, Meaning::Rule(rule)));
            prop_assert!(kept.eq(expected));
        }
    }

    #[test]
    fn before_a_stamp_that_opens_a_line_stand_marks_and_numbers_of_processes_only() {
        let catalog = Catalog::load(Files::new()).unwrap();
        let format = |id: &str| {
            catalog
                .formats
                .iter()
                .find(|format| format.id == id)
                .unwrap()
        };
        assert!(format("electron-log").is_front(b"["));
        assert!(format("chromium").is_front(b"[6656:6660:"));
        assert!(!format("access").is_front(b"::1 - - ["));
        assert!(!format("access").is_front(b"127.0.0.1 - frank ["));
    }

    #[test]
    fn a_step_back_of_more_than_half_a_day_is_a_new_day_and_jitter_is_none() {
        let clock = |h: i64, m: i64, s: i64| (h * 3600 + m * 60 + s) * SECOND;
        assert_eq!(cycle_step(clock(23, 59, 59), clock(0, 0, 1), Cycle::Day), 1);
        assert_eq!(cycle_step(clock(12, 0, 1), clock(12, 0, 0), Cycle::Day), 0);
        assert_eq!(
            cycle_step(clock(0, 0, 1), clock(23, 59, 59), Cycle::Day),
            -1
        );
        assert_eq!(cycle_step(clock(3, 0, 0), clock(22, 0, 0), Cycle::Day), 0);
    }
}
