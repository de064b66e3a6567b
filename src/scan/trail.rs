//! Trails: how the stamps of a source follow each other in the order of its lines. A cycle that wraps, a clock that
//! drops back, and whether what follows a drop is a stray line or a clock that was set.

use super::block::{Stamped, cycle_step};
use crate::model::time::SECOND;
use crate::model::{Cycle, RawTime};

/// A step back of more than this is a drop; less is disorder between threads.
pub const DROP: i64 = 5 * SECOND;
/// Most stamps are later than the one before them by less than this, which is less than half of any cycle.
pub const USUAL: i64 = 3600 * SECOND;
/// Lines after which what follows a drop is no stray stretch any more.
const STRAY_LINES: u64 = 1_000;
/// Bytes after which it is none either.
const STRAY_BYTES: u64 = 1 << 20;
/// Drops that are told apart in one source; one with more is not in order at all.
pub const MOST_DROPS: u32 = 256;

/// The stamps of one format so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Track {
    format: u8,
    wraps: i32,
    /// Position in the cycle that wraps are counted from.
    position: i64,
    last: Stamped,
    /// The last stamp on one line of time, cycles added up.
    value: i64,
    drops: u32,
}

/// The stamps of a stretch of lines, for each format.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trail(Vec<Track>);

/// A stamp and how it follows the one before it of the same format.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// The stamp.
    pub stamped: Stamped,
    /// The one before it.
    pub before: Option<Stamped>,
    /// By how much it is later than the one before it; 0 for the first.
    pub rise: i64,
    value: i64,
}

impl Trail {
    /// Takes the next stamp if it is of the first format and follows the one before it as most do, in the same cycle: the stamp,
    /// and by how much it is later.
    #[inline]
    pub fn follow(&mut self, raw: RawTime, format: usize) -> Option<(Stamped, i64)> {
        let track = self.0.first_mut()?;
        let nanos = raw.nanos();
        let rise = nanos.wrapping_sub(track.last.nanos());
        let is_usual = match (raw, track.last.raw()) {
            (RawTime::Utc(_), RawTime::Utc(_)) | (RawTime::Wall(_), RawTime::Wall(_)) => true,
            // The last one may have been jitter around the border.
            (RawTime::Cyclic(_), RawTime::Cyclic(last)) => {
                (track.wraps, track.position) == (track.last.wraps(), last)
            }
            _ => false,
        };
        if !is_usual || usize::from(track.format) != format || !(0..USUAL).contains(&rise) {
            return None;
        }
        track.value = track.value.checked_add(rise)?;
        if matches!(raw, RawTime::Cyclic(_)) {
            track.position = nanos;
        }
        track.last = track.last.at(nanos);
        Some((track.last, rise))
    }

    /// The last stamp, if it is of this format, the first one, and stamps that are later by less than a minute may
    /// [follow](Self::follow) it.
    pub fn last(&self, format: usize) -> Option<Stamped> {
        let track = self.0.first()?;
        let is_usual = match track.last.raw() {
            RawTime::Utc(_) | RawTime::Wall(_) => true,
            RawTime::Cyclic(last) => (track.wraps, track.position) == (track.last.wraps(), last),
        };
        track.value.checked_add(USUAL)?;
        (is_usual && usize::from(track.format) == format).then_some(track.last)
    }

    /// Takes stamps that follow the last one within a minute, each no earlier than the one before it, up to this one.
    pub fn advance(&mut self, to: Stamped) {
        if let Some(track) = self.0.first_mut() {
            track.value = track.value.saturating_add(to.nanos() - track.last.nanos());
            if matches!(to.raw(), RawTime::Cyclic(_)) {
                track.position = to.nanos();
            }
            track.last = to;
        }
    }

    /// Takes the next stamp.
    #[inline]
    pub fn stamp(&mut self, raw: RawTime, format: usize, cycle: Option<Cycle>) -> Step {
        let format = format as u8;
        let Some(track) = self.0.iter_mut().find(|track| track.format == format) else {
            return self.first(raw, format);
        };
        let mut wraps = 0;
        let mut value = raw.nanos();
        if let (RawTime::Cyclic(position), Some(cycle)) = (raw, cycle) {
            let step = cycle_step(track.position, position, cycle);
            wraps = track.wraps + step;
            if step >= 0 {
                track.wraps = wraps;
                track.position = position;
            }
            value = value.saturating_add(i64::from(wraps).saturating_mul(cycle.length()));
        }
        let rise = value.saturating_sub(track.value);
        if rise < -DROP && track.drops <= MOST_DROPS {
            track.drops += 1;
        }
        let before = Some(track.last);
        let stamped = Stamped::new(raw, wraps, format, track.drops);
        track.last = stamped;
        track.value = value;
        Step {
            stamped,
            before,
            rise,
            value,
        }
    }

    /// Takes the first stamp of a format.
    #[cold]
    fn first(&mut self, raw: RawTime, format: u8) -> Step {
        let stamped = Stamped::new(raw, 0, format, 0);
        let value = raw.nanos();
        self.0.push(Track {
            format,
            wraps: 0,
            position: value,
            last: stamped,
            value,
            drops: 0,
        });
        Step {
            stamped,
            before: None,
            rise: 0,
            value,
        }
    }
}

/// A place where the stamps of a format drop, or where they begin in a block and may have dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dip {
    /// The stamp before it; `None` for the first of the block.
    pub from: Option<Stamped>,
    /// The stamp after it.
    pub to: Stamped,
    /// Its line, from 0 at the block's first line.
    pub line: u64,
    /// Offset of its line in the source's text.
    pub offset: u64,
    /// The first stamp that is later than `to` by more than [`DROP`], if it follows within a thousand lines: a stray
    /// line comes back to where the clock was at once, a clock that was set does not.
    pub after: Option<Stamped>,
}

impl Dip {
    /// True if a line is too far behind to be what a stray stretch comes back to.
    const fn is_past(&self, line: u64, offset: u64) -> bool {
        line > self.line + STRAY_LINES || offset > self.offset + STRAY_BYTES
    }
}

/// Watches for drops.
#[derive(Debug, Default)]
pub struct Watch {
    /// What was seen, in the order of lines.
    pub dips: Vec<Dip>,
    /// Dips that wait for their `after`: index, value of `to`.
    open: Vec<(usize, i64)>,
    /// Stamps later than the one before.
    pub rises: u64,
    /// Stamps earlier than the one before.
    pub falls: u64,
}

impl Watch {
    /// Takes the next stamp of the block itself.
    #[inline]
    pub fn note(&mut self, step: &Step, line: u64, offset: u64) {
        self.rises += u64::from(step.rise > 0);
        self.falls += u64::from(step.rise < 0);
        self.ahead(step, line, offset);
        let drops = step.before.is_none() || step.rise < -DROP;
        if drops && self.dips.len() <= MOST_DROPS as usize {
            self.open.push((self.dips.len(), step.value));
            self.dips.push(Dip {
                from: step.before,
                to: step.stamped,
                line,
                offset,
                after: None,
            });
        }
    }

    /// Takes the next stamp if nothing is open and it [follows](Trail::follow) the one before it as most do.
    #[inline]
    pub fn follow(&mut self, trail: &mut Trail, raw: RawTime, format: usize) -> Option<Stamped> {
        if !self.is_settled() {
            return None;
        }
        let (stamped, rise) = trail.follow(raw, format)?;
        self.rises += u64::from(rise > 0);
        Some(stamped)
    }

    /// True if nothing is open: a stamp that is not earlier than the one before it is counted, and that is all.
    #[inline]
    pub const fn is_settled(&self) -> bool {
        self.open.is_empty()
    }

    /// Takes a stamp that only answers what is open.
    #[inline]
    pub fn ahead(&mut self, step: &Step, line: u64, offset: u64) {
        if self.open.is_empty() {
            return;
        }
        let dips = &mut self.dips;
        self.open.retain(|(index, value)| {
            let dip = &mut dips[*index];
            if dip.is_past(line, offset) {
                return false;
            }
            let same = dip.to.format() == step.stamped.format();
            if same && step.value > value.saturating_add(DROP) {
                dip.after = Some(step.stamped);
                return false;
            }
            true
        });
    }

    /// True if a stamp behind the block may still answer something.
    pub fn waits(&self, line: u64, offset: u64) -> bool {
        self.open
            .iter()
            .any(|(index, _)| !self.dips[*index].is_past(line, offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dips(seconds: &[i64]) -> Vec<Dip> {
        let mut trail = Trail::default();
        let mut watch = Watch::default();
        for (line, second) in (0..).zip(seconds) {
            let step = trail.stamp(RawTime::Wall(second * SECOND), 0, None);
            watch.note(&step, line, line);
        }
        watch.dips
    }

    #[test]
    fn a_stray_line_comes_back_at_once_and_a_clock_that_was_set_does_not() {
        let stray = dips(&[1_000, 1_001, 400, 1_002]);
        assert_eq!(stray.len(), 2);
        assert_eq!(
            stray[1].after.map(Stamped::raw),
            Some(RawTime::Wall(1_002 * SECOND))
        );
        let set = dips(&[1_000, 1_001, 400, 402, 404, 406, 408]);
        assert_eq!(
            set[1].after.map(Stamped::raw),
            Some(RawTime::Wall(406 * SECOND))
        );
        assert_eq!(set[1].to.drops(), 1);
    }

    proptest! {
        #[test]
        fn stamps_that_follow_as_most_do_make_the_same_trail(
            steps in proptest::collection::vec((-100_000i64..100_000, 0usize..2, 0u8..8), 1..60),
            is_cyclic in any::<bool>(),
        ) {
            let day = Cycle::Day.length();
            let cycle = is_cyclic.then_some(Cycle::Day);
            let (mut whole, mut short) = (Trail::default(), Trail::default());
            let mut at = 0;
            for (step, format, kind) in steps {
                // Mostly small steps.
                at += if kind < 6 { step / 1000 } else { step } * SECOND;
                let raw = if is_cyclic { RawTime::Cyclic(at.rem_euclid(day)) } else { RawTime::Wall(at) };
                let all = whole.stamp(raw, format, cycle);
                match short.follow(raw, format) {
                    Some(told) => prop_assert_eq!(told, (all.stamped, all.rise)),
                    None => prop_assert_eq!(short.stamp(raw, format, cycle).stamped, all.stamped),
                }
                prop_assert_eq!(&whole, &short);
            }
        }
    }

    #[test]
    fn a_small_step_back_is_no_drop() {
        assert_eq!(dips(&[10, 12, 8, 13]).len(), 1);
    }
}
