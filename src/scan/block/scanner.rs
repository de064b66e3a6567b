//! Going through the lines of a block: each starts a record or continues one.

use std::borrow::Cow;

use super::express::Way;
use super::lines::{first_line, line_at, trimmed};
use super::open::{NOWHERE, Open, RecordText};
use super::state::{State, is_later};
use super::turns::Turns;
use super::{BlockScan, RECORD_CAP, Stamped, Window};
use crate::grammar::reader::LineReader;
use crate::model::Level;
use crate::scan::feeds::Feeds;
use crate::scan::heads::Header;
use crate::scan::matcher::{Hit, Matcher};
use crate::scan::outlines::Sight;
use crate::scan::prefilter::Found;
use crate::scan::runs::look_ahead;
use crate::scan::skeletons::{Learned, Skeletons};

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

/// Scratch space that a thread keeps between blocks.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Text in lower case.
    pub lower: Vec<u8>,
    /// What rules see of a line of JSON.
    pub(super) text: Vec<u8>,
    pub(super) found: Vec<Found>,
    learned: Option<Learned>,
}

impl Scratch {
    /// Takes back the room of a text.
    #[inline]
    pub(super) fn keep(&mut self, text: RecordText<'_>) {
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
        let mut state = State::of(self.matcher.program(self.program));
        let own_end = window.end.min(window.bytes.len());
        // The record that is open, and the one that may come next.
        let mut open = [Open::orphan(0), Open::orphan(0)];
        let (mut own, mut is_open) = (0, false);
        let mut orphan = false;
        let mut turns = Turns::default();
        let kept = scratch.learned.take();
        let mut learned = kept.unwrap_or_else(|| self.matcher.take_learned());
        let mut at = first_line(window);
        let mut feeds = Some(Feeds::from(at));
        let json = (self.layout.formats().first()).filter(|format| format.is_json());
        while at < own_end {
            let may_go_on = is_open && !orphan && json.is_none();
            let lines = may_go_on.then(|| turns.lines()).flatten();
            if let Some((feeds, lines)) = feeds.as_mut().zip(lines) {
                let from = (at, feeds, lines);
                let room = (&mut *scratch, &mut learned);
                let way = self.express(&mut state, window, from, &open[own], room);
                turns.note(!matches!(way, Way::None));
                match way {
                    Way::None => {}
                    Way::Ended(end) => (at, is_open) = (end, false),
                    Way::To(end, last) => (at, open[own]) = (end, last),
                }
                if at >= own_end {
                    break;
                }
            }
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
            let memo = &mut learned.skeletons.memo;
            let mut is_record = memo.read((self.layout, json), line, next_header);
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
                    if record.quiet_end == at && state.waiting.is_empty() {
                        state.order_of(record, at);
                    } else {
                        self.end(&mut state, window, record, at, (scratch, &mut learned));
                    }
                }
                state.offset = window.offset + at as u64;
                (own, is_open) = (1 - own, true);
                let record = &mut open[own];
                let format = record.header.format;
                let cycle = || self.layout.formats()[format].cycle;
                record.time = state.stamp(record.header.time, format, cycle);
                state.count(record.header.level, record.time);
                (record.start, record.header_end, record.line) = (at, header_end, number);
                let skeletons = &mut learned.skeletons;
                if turns.record() {
                    record.look((self.matcher, state.program), window, next, skeletons);
                } else {
                    (record.sight, record.quiet_end) = ((Sight::New, NOWHERE), NOWHERE);
                }
            } else if is_open && !orphan {
                state.scan.continuations += 1;
                turns.go_on();
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
    pub(super) fn followed(
        &self,
        state: &mut State,
        text: &[u8],
        push: &mut dyn FnMut(&Hit, &mut State),
    ) {
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
        let mut behind = state.behind();
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
                sight: (Sight::New, NOWHERE),
                quiet_end: NOWHERE,
            };
            behind.order_of(&record, at);
            let text = record.text(window, end, self.layout);
            let spot = record.spot(window, end, (behind.previous, text.is_raw));
            let mut push = |hit: &Hit, state: &mut State| state.push(hit, &spot);
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
    #[inline(never)]
    pub(super) fn end(
        &self,
        state: &mut State,
        window: &Window,
        record: &Open,
        end: usize,
        (scratch, learned): (&mut Scratch, &mut Learned),
    ) {
        let level = record.header.level;
        let frames = &learned.skeletons.memo.frames;
        let text = record.known_text(window, end, frames, &mut scratch.text);
        let is_calm = level.is_none_or(|level| level < Level::Warn);
        let sight = match &text {
            Some(text) if is_calm && state.waiting.is_empty() => {
                if record.sight.1 == end {
                    record.sight.0
                } else {
                    let parts = text.parts(level, state.program);
                    let message = text.bytes.get(text.cut..).unwrap_or_default();
                    // What follows a text of the source may be looked at together with it.
                    let ahead = record.ahead(window).filter(|_| text.is_raw);
                    learned
                        .skeletons
                        .hush(self.matcher, parts, ahead.unwrap_or(message))
                }
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
}
