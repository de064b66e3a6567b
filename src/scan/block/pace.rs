//! What is counted on the short way, and how stamps go on there.

use super::Stamped;
use super::state::State;
use super::turns::Lines;
use crate::model::Level;
use crate::model::time::SECOND;

/// How stamps follow each other.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    /// The stamp before the first line. Those of the lines differ from it in what they say.
    pub(super) stamp: Stamped,
    /// What the last one says, and where its minute ends.
    pub(super) last: i64,
    pub(super) until: i64,
    /// The bit of who wrote the lines.
    pub(super) program: u64,
}

/// What is counted on the way.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) records: u64,
    pub(super) lines: u64,
    pub(super) rises: u64,
    /// For each level how many, and what the last stamp of them says.
    pub(super) levels: [(u64, i64); Level::ALL.len()],
}

impl Counts {
    #[inline]
    pub(super) const fn add(&mut self, level: Level, (nanos, last): (i64, i64), lines: Lines) {
        self.records += 1;
        self.lines += lines.count();
        self.rises += (nanos > last) as u64;
        let (count, last) = &mut self.levels[level.index()];
        *count += 1;
        *last = nanos;
    }
}

impl State {
    /// How stamps go on that are later than the last one by less than a minute; `None` if more than that is to be said of the
    /// next one, whatever it says.
    #[inline]
    pub(super) fn pace(&self) -> Option<Pace> {
        let stamp = self.trail.last(0)?;
        let (minute, _) = self.minute.as_ref()?;
        let until = minute.nanos().checked_add(60 * SECOND)?;
        let is_plain = self.waiting.is_empty()
            && self.watch.is_settled()
            && self.has_reach_of(0)
            && minute.is_like(stamp);
        is_plain.then_some(Pace {
            stamp,
            last: stamp.nanos(),
            until,
            program: self.program,
        })
    }

    /// How they go on in the minute of a stamp.
    #[inline(never)]
    pub(super) fn next_pace(&mut self, time: Stamped) -> Option<Pace> {
        self.next_minute(time);
        self.pace()
    }

    /// Takes what was counted. When the last of them was written is told where the record that is open ends.
    pub(super) fn take(&mut self, counts: &mut Counts, pace: Pace) {
        let counts = std::mem::take(counts);
        if counts.records == 0 {
            return;
        }
        let time = pace.stamp.at(pace.last);
        self.trail.advance(time);
        self.watch.rises += counts.rises;
        self.reach_to(time);
        self.scan.lines += counts.lines;
        self.scan.continuations += counts.lines - counts.records;
        self.scan.records += counts.records;
        for (level, (count, last)) in Level::ALL.into_iter().zip(counts.levels) {
            if count > 0 {
                self.scan.levels[level.index()] += count;
                self.level_at(level, time.at(last));
            }
        }
        if let Some((_, minute)) = &mut self.minute {
            minute.records += counts.records;
        }
    }
}
