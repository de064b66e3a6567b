//! Closing a record: which clauses hold on it, what it tells, and what nobody explains of it.

use super::open::{Open, RecordText};
use super::state::State;
use super::telling::{IdleRecord, Spot};
use super::{Scanner, Scratch, Window};
use crate::grammar::Meaning;
use crate::grammar::condition::ANY_STAGE;
use crate::model::Level;
use crate::scan::idle::Step;
use crate::scan::look::Known;
use crate::scan::matcher::{Hit, Surroundings};
use crate::scan::outlines::{Met, Outlines, Start};
use crate::scan::prefilter::Found;
use crate::scan::repeats::{Heard, Repeats};
use crate::scan::skeletons::Learned;
use crate::scan::unknown::{self, Noted, Sighting};

impl Scanner<'_> {
    /// Says what a finished record tells. `met`: the message of its text, if that is known.
    #[inline(never)]
    pub(super) fn close(
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
        if hits.is_empty() && state.waiting.is_empty() {
            return;
        }
        let is_raw = !self.layout.formats()[record.header.format].is_json() || text.is_raw;
        let spot = record.spot(window, end, (state.previous, is_raw));
        if !state.waiting.is_empty() {
            let mut push = |hit: &Hit, state: &mut State| state.push(hit, &spot);
            self.followed(state, &text.bytes, &mut push);
        }
        self.tell(state, &spot, hits);
    }

    /// Keeps what a finished record tells.
    pub(super) fn tell(&self, state: &mut State, spot: &Spot, hits: Heard) {
        let beats = |meaning: Meaning| self.matcher.is_beat(meaning) && spot.stamped;
        let others = hits.iter().filter(|hit| !beats(hit.meaning));
        let step = state
            .idle
            .step(others.map(|hit| (hit.meaning, hit.assumed)));
        // After a silence, even an idle answer may be that of another login.
        let is_idle = step == Step::Idle && state.is_soon(spot);
        // What was told right before it says how long the silence was.
        let before = (step == Step::Idle).then(|| state.last_idle.take());
        match step {
            Step::Other | Step::Answer => state.tell_idle(),
            Step::Neutral | Step::Idle => {}
        }
        if step != Step::Neutral {
            state.told_last = spot.time();
        }
        let only_named = is_idle || hits.iter().all(is_name);
        for hit in hits.iter() {
            // Who writes stands in every record of some traces: it is kept where it changes, or beside something else.
            if is_name(hit) && !state.names_anew(hit) && only_named || is_idle && !is_name(hit) {
                continue;
            }
            if beats(hit.meaning) {
                state.beat(hit, spot);
                continue;
            }
            let waits = self.matcher.waits(hit.meaning);
            if let Some(rule) = waits.filter(|_| spot.stamped) {
                state.wait(rule);
            }
            state.push(hit, spot);
        }
        if is_idle {
            let own = IdleRecord { hits, spot: *spot };
            state.note_idle(before.flatten().as_ref(), own);
        }
    }
}

impl Scanner<'_> {
    /// The clauses that hold on a record.
    pub(super) fn hits(
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
        let parts = known.and_then(|known| Some((known.place, known.parts_of(&text.bytes)?)));
        let before = match parts {
            Some((skeleton, parts)) => repeats.get_by_parts(skeleton, parts, around),
            None => repeats.get(&text.bytes, around),
        };
        if let Some(hits) = before {
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
        let rest = window.bytes.get(record.header_end..end).unwrap_or_default();
        let noted = Noted {
            message,
            place: (0, record.time),
            single: rest.trim_ascii().is_empty(),
        };
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
            groups.add(group, || template.to_owned(), noted, sighting);
            return;
        }
        let template = unknown::template(message);
        if template.is_empty() {
            return;
        }
        let group = unknown::hash(&template);
        groups.add(group, || template.clone(), noted, sighting);
        if start.is_some() {
            outlines.keep_group(group, template);
        }
    }
}

/// True if it says who writes.
pub(super) const fn is_name(hit: &Hit) -> bool {
    matches!(hit.meaning, Meaning::Identity(_))
}
