//! Placing: from stamps that lack a date or a zone to instants, once all blocks of a source are scanned.

use chrono::{Datelike, NaiveDate};

use super::block::{Stamped, cycle_step};
use super::blocks::Blocks;
use super::order::LineOrder;
use super::zone::naive;
pub use super::zone::{Still, ZoneOf};
use crate::model::time::{DAY, SECOND};
use crate::model::{ClockMark, Cycle, NameStamp, RawTime};

fn nanos(date: NaiveDate) -> i64 {
    date.signed_duration_since(NaiveDate::from_ymd_opt(1970, 1, 1).expect("a valid date"))
        .num_days()
        * DAY
}

/// How many cycles passed before each block of a source, for one format.
pub fn block_bases(blocks: &Blocks, format: u8, cycle: Cycle) -> Vec<i32> {
    let mut bases = Vec::with_capacity(blocks.len());
    let mut state: Option<(i32, i64)> = None;
    for block in blocks.iter() {
        let Some((first, last)) = block.ends.get(format) else {
            bases.push(state.map_or(0, |s| s.0));
            continue;
        };
        let (RawTime::Cyclic(first), RawTime::Cyclic(end)) = (first.raw(), last.raw()) else {
            bases.push(0);
            continue;
        };
        let base = match state {
            Some((wraps, position)) => wraps + cycle_step(position, first, cycle),
            None => 0,
        };
        bases.push(base);
        state = Some((base + last.wraps(), end));
    }
    bases
}

/// Where a cyclic format's first cycle lies: day number, month number or year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    cycle: Cycle,
    first: i64,
}

impl Anchor {
    /// From the stamp in the file's name: the cycle that brings the first stamp closest to it.
    pub fn from_name(cycle: Cycle, named: NameStamp, first: i64) -> Self {
        let target = nanos(named.date) + named.time.map_or(0, time_of_day);
        let zero = Self {
            cycle,
            first: cycle_of(cycle, named.date),
        };
        if cycle == Cycle::Day && named.time.is_none() {
            return zero;
        }
        zero.closest(target, first)
    }

    /// From the last modification (wall clock): the cycle that brings the last stamp closest to, and not much behind it.
    pub fn from_end(cycle: Cycle, modified: i64, last: i64, wraps: i32) -> Self {
        let date = naive(modified).map_or(NaiveDate::MIN, |n| n.date());
        let at_end = Self {
            cycle,
            first: cycle_of(cycle, date),
        };
        let slack = 120 * SECOND;
        let fits = [0i64, -1].into_iter().map(|shift| Self {
            cycle,
            first: at_end.first + shift,
        });
        let best = fits
            .into_iter()
            .find(|a| a.place(last, 0).is_some_and(|t| t <= modified + slack))
            .unwrap_or(at_end);
        Self {
            cycle,
            first: best.first - i64::from(wraps),
        }
    }

    fn closest(self, target: i64, position: i64) -> Self {
        [-1i64, 0, 1]
            .into_iter()
            .map(|shift| Self {
                cycle: self.cycle,
                first: self.first + shift,
            })
            .min_by_key(|a| {
                a.place(position, 0)
                    .map_or(i64::MAX, |t| (t - target).abs())
            })
            .unwrap_or(self)
    }

    /// The wall-clock time of a position, `wraps` cycles after the first; `None` for a day that does not exist.
    pub fn place(self, position: i64, wraps: i32) -> Option<i64> {
        let cycle = self.first + i64::from(wraps);
        let (days, rest) = (position.div_euclid(DAY), position.rem_euclid(DAY));
        let date = match self.cycle {
            Cycle::Day => return cycle.checked_mul(DAY)?.checked_add(position),
            Cycle::Month => date_of(cycle.div_euclid(12), cycle.rem_euclid(12) + 1, days + 1)?,
            Cycle::Year => date_of(cycle, days / 31 + 1, days % 31 + 1)?,
        };
        Some(nanos(date) + rest)
    }
}

fn cycle_of(cycle: Cycle, date: NaiveDate) -> i64 {
    match cycle {
        Cycle::Day => nanos(date) / DAY,
        Cycle::Month => i64::from(date.year()) * 12 + i64::from(date.month0()),
        Cycle::Year => i64::from(date.year()),
    }
}

fn date_of(year: i64, month: i64, day: i64) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(
        i32::try_from(year).ok()?,
        u32::try_from(month).ok()?,
        u32::try_from(day).ok()?,
    )
}

fn time_of_day(time: chrono::NaiveTime) -> i64 {
    use chrono::Timelike;
    i64::from(time.num_seconds_from_midnight()) * SECOND + i64::from(time.nanosecond())
}

/// Turns the stamps of one source into instants.
#[derive(Debug, Clone)]
pub struct Placer {
    /// Zone of local stamps.
    pub zone: ZoneOf,
    /// For each format of the layout: its anchor, if it is cyclic and could be anchored.
    pub anchors: Vec<Option<Anchor>>,
    /// For each format of the layout: cycles before each block.
    pub bases: Vec<Vec<i32>>,
    /// What the order of lines says of the clock.
    pub order: LineOrder,
    /// When the zone keeps its offset.
    pub still: Still,
}

impl Placer {
    /// A placer that knows nothing of the order of lines yet.
    pub fn new(zone: ZoneOf, anchors: Vec<Option<Anchor>>, bases: Vec<Vec<i32>>) -> Self {
        Self {
            zone,
            anchors,
            bases,
            order: LineOrder::default(),
            still: Still::default(),
        }
    }

    /// Looks up once when the zone keeps its offset, between the first and the last stamp of each block.
    pub fn look_up(&mut self, blocks: &Blocks) {
        let ends = blocks.iter().enumerate().flat_map(|(number, block)| {
            let ends = block.extremes.into_values();
            ends.flat_map(move |(from, to)| [(from, number), (to, number)])
        });
        let local = ends.filter(|(stamped, _)| !matches!(stamped.raw(), RawTime::Utc(_)));
        let walls = local.filter_map(|(stamped, number)| self.wall(stamped, number));
        let reach = walls.fold(None, |reach: Option<(i64, i64)>, wall| {
            let (from, to) = reach.unwrap_or((wall, wall));
            Some((from.min(wall), to.max(wall)))
        });
        self.still = reach.map_or_else(Still::default, |(from, to)| self.zone.still(from, to));
    }

    /// The wall-clock time of a stamp, or the instant of one that has a zone; `None` where the date cannot be known.
    pub fn wall(&self, stamped: Stamped, block: usize) -> Option<i64> {
        match stamped.raw() {
            RawTime::Utc(t) | RawTime::Wall(t) => Some(t),
            RawTime::Cyclic(position) => {
                let format = usize::from(stamped.format());
                let anchor = (*self.anchors.get(format)?)?;
                let base = self.bases.get(format)?.get(block).copied().unwrap_or(0);
                anchor.place(position, base + stamped.wraps())
            }
        }
    }

    /// The instant of a stamp in a block, in nanoseconds; `None` where the date cannot be known.
    pub fn instant(&self, stamped: Stamped, block: usize) -> Option<i64> {
        let wall = self.wall(stamped, block)?;
        if !matches!(stamped.raw(), RawTime::Utc(_))
            && let Some(instant) = self.still.instant(wall)
        {
            return Some(instant);
        }
        Some(match stamped.raw() {
            RawTime::Utc(_) => wall,
            _ if self.order.is_second_pass(stamped, block, wall) == Some(true) => {
                self.zone.second_pass(wall)
            }
            _ => self.zone.instant(wall),
        })
    }

    /// Where a record with this stamp sorts: at its instant, unless its clock had been set back.
    pub fn sorts_at(&self, stamped: Stamped, block: usize) -> Option<i64> {
        let mut instant = self.instant(stamped, block)?;
        if !matches!(stamped.raw(), RawTime::Utc(_)) {
            // In the hour that is skipped the clock ran on: before the first stamp that was read after it.
            let wall = self.wall(stamped, block)?;
            if self.still.instant(wall).is_none() {
                instant = instant.min(self.zone.skipped_until(wall));
            }
        }
        Some(instant.max(self.order.floor(stamped, block)))
    }

    /// What is to be said of the clock at a record with this stamp.
    pub fn mark(&self, stamped: Stamped, block: usize) -> Option<ClockMark> {
        let wall = self.wall(stamped, block)?;
        if !matches!(stamped.raw(), RawTime::Utc(_)) && self.still.instant(wall).is_none() {
            if self.zone.repeats(wall).is_some() {
                return Some(match self.order.is_second_pass(stamped, block, wall) {
                    Some(true) => ClockMark::SecondPass,
                    Some(false) => ClockMark::FirstPass,
                    None => ClockMark::RepeatedHour,
                });
            }
            if self.zone.skips(wall) {
                return Some(ClockMark::SkippedHour);
            }
        }
        (self.instant(stamped, block)? < self.order.floor(stamped, block))
            .then_some(ClockMark::SetBack)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    #[test]
    fn a_time_takes_its_day_from_the_name_and_rolls_over_the_year() {
        let named = NameStamp {
            date: day(2020, 12, 31),
            time: chrono::NaiveTime::from_hms_opt(23, 59, 50),
            index: None,
        };
        let anchor = Anchor::from_name(Cycle::Day, named, DAY - 5 * SECOND);
        assert_eq!(
            anchor.place(5 * SECOND, 1),
            Some(nanos(day(2021, 1, 1)) + 5 * SECOND)
        );
    }

    #[test]
    fn a_first_stamp_just_after_midnight_belongs_to_the_day_after_the_name() {
        let named = NameStamp {
            date: day(2020, 8, 10),
            time: chrono::NaiveTime::from_hms_opt(23, 59, 59),
            index: None,
        };
        let anchor = Anchor::from_name(Cycle::Day, named, SECOND);
        assert_eq!(
            anchor.place(SECOND, 0),
            Some(nanos(day(2020, 8, 11)) + SECOND)
        );
    }

    #[test]
    fn a_day_of_the_month_rolls_over_the_month() {
        let named = NameStamp {
            date: day(2020, 2, 29),
            time: None,
            index: None,
        };
        let anchor = Anchor::from_name(Cycle::Month, named, 28 * DAY);
        assert_eq!(anchor.place(28 * DAY, 0), Some(nanos(day(2020, 2, 29))));
        assert_eq!(anchor.place(0, 1), Some(nanos(day(2020, 3, 1))));
        assert_eq!(anchor.place(30 * DAY, 0), None);
    }

    #[test]
    fn without_a_name_the_last_stamp_is_the_last_before_the_modification() {
        let modified = nanos(day(2020, 8, 11)) + 60 * SECOND;
        let anchor = Anchor::from_end(Cycle::Day, modified, DAY - SECOND, 0);
        assert_eq!(
            anchor.place(DAY - SECOND, 0),
            Some(nanos(day(2020, 8, 11)) - SECOND)
        );
    }
}
