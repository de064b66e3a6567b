//! The counters of a block while it is scanned.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use super::tales::Tales;
use super::telling::IdleRecord;
use super::{BlockScan, Counts, MinuteKey, Stamped};
use crate::grammar::told::Told;
use crate::model::time::SECOND;
use crate::model::{Cycle, Level, RawTime};
use crate::scan::beats::Beats;
use crate::scan::idle::Idle;
use crate::scan::matcher::Room;
use crate::scan::quick::Quick;
use crate::scan::trail::{Trail, Watch};

/// Lines before the first record that are quoted.
const QUOTED: usize = 3;
/// A forward jump across a cycle's border counts as jitter if it lands this close to the border, in nanoseconds.
const JITTER: i64 = 60 * SECOND;

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
pub(super) struct State {
    /// The bit of the source's program.
    pub(super) program: u64,
    pub(super) scan: BlockScan,
    /// Where the minute begins that is counted.
    pub(super) minute: Option<(Stamped, Counts)>,
    pub(super) trail: Trail,
    pub(super) watch: Watch,
    /// Offset of the line that is read.
    pub(super) offset: u64,
    reach: Option<Reach>,
    /// Last stamp of a closed record, for records without one.
    pub(super) previous: Option<Stamped>,
    /// Rules that wait for what follows, and since when.
    pub(super) waiting: Vec<(usize, Option<Stamped>)>,
    /// Who the records named last, by mark.
    pub(super) named: BTreeMap<u32, Vec<(String, String)>>,
    pub(super) idle: Idle,
    /// The last idle record.
    pub(super) last_idle: Option<IdleRecord>,
    /// The stamp of the last record that told something.
    pub(super) told_last: Option<Stamped>,
    pub(super) beats: Vec<Beats>,
    /// What the block's records tell, by its hash. Of two with one hash only the first is kept here.
    pub(super) told: HashMap<u64, Arc<Told>, BuildHasherDefault<Quick>>,
    /// What was told last, by its [`Telling::slot`].
    pub(super) recent: Vec<Option<Arc<Told>>>,
    /// What records tell whose skeleton says it all.
    pub(super) tales: Tales,
    pub(super) room: Room,
}

impl State {
    /// That of a block of a program, before its first line.
    pub(super) fn of(program: u64) -> Self {
        Self {
            program,
            ..Self::default()
        }
    }

    /// What goes on behind the block: its clock, and the rules that still wait.
    pub(super) fn behind(&mut self) -> Self {
        Self {
            trail: self.trail.clone(),
            previous: self.previous,
            waiting: std::mem::take(&mut self.waiting),
            ..Self::default()
        }
    }

    #[inline]
    pub(super) fn stamp(
        &mut self,
        raw: Option<RawTime>,
        format: usize,
        cycle: impl FnOnce() -> Option<Cycle>,
    ) -> Option<Stamped> {
        let raw = raw?;
        if self.has_reach_of(format as u8)
            && let Some(stamped) = self.watch.follow(&mut self.trail, raw, format)
        {
            self.reach_to(stamped);
            return Some(stamped);
        }
        Some(self.step(raw, format, cycle()))
    }

    /// Takes a stamp that may be earlier than the one before it, or of another format.
    #[inline(never)]
    pub(super) fn step(&mut self, raw: RawTime, format: usize, cycle: Option<Cycle>) -> Stamped {
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
    pub(super) fn flush_reach(&mut self) {
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

    pub(super) fn count(&mut self, level: Option<Level>, time: Option<Stamped>) {
        self.scan.records += 1;
        if let Some(level) = level {
            self.scan.levels[level.index()] += 1;
        }
        let Some(time) = time else { return };
        if let Some(level) = level {
            self.level_at(level, time);
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

    /// Notes when a record of a level was written.
    #[inline]
    pub(super) fn level_at(&mut self, level: Level, time: Stamped) {
        let last = &mut self.scan.level_last[level.index()];
        let is_later =
            |known: Stamped| known.format() != time.format() || known.key() <= time.key();
        if last.is_none_or(is_later) {
            *last = Some(time);
        }
    }

    /// True if the last stamps were of this format.
    #[inline]
    pub(super) fn has_reach_of(&self, format: u8) -> bool {
        let reach = self.reach.as_ref();
        reach.is_some_and(|reach| reach.first.format() == format)
    }

    /// Notes a stamp of the same format that is no earlier than the last one.
    #[inline]
    pub(super) fn reach_to(&mut self, stamped: Stamped) {
        if let Some(reach) = &mut self.reach {
            reach.last = stamped;
            if reach.high.key() < stamped.key() {
                reach.high = stamped;
            }
        }
    }

    #[inline(never)]
    pub(super) fn next_minute(&mut self, time: Stamped) {
        self.flush_minute();
        self.minute = Some((MinuteKey::of(time).start(), Counts::default()));
    }

    pub(super) fn flush_minute(&mut self) {
        if let Some((start, counts)) = self.minute.take() {
            self.scan.minutes.add(MinuteKey::of(start), counts);
        }
    }

    pub(super) fn leading(&mut self, number: u64, line: &[u8]) {
        self.scan.leading += 1;
        if self.scan.leading_first.len() < QUOTED {
            self.scan
                .leading_first
                .push((number, line[..line.len().min(512)].to_vec()));
        }
    }
}

/// True if more than `span` nanoseconds passed.
pub(super) fn is_later(now: Option<Stamped>, since: Option<Stamped>, span: i64) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

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
