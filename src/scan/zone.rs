//! Zones: wall-clock times to instants, and the hours that daylight saving repeats or skips.

use chrono::{LocalResult, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;

use crate::model::time::{DAY, SECOND};

/// The zone in which local stamps are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZoneOf {
    /// A zone of the tz database.
    Named(Tz),
    /// A fixed offset.
    Fixed(chrono::FixedOffset),
}

/// No zone changes its clock by more than this at once, but for the few that moved over the date line.
const MOST_CHANGE: i64 = 25 * 3_600 * SECOND;

/// A stretch of wall-clock time in which a zone keeps its offset: no hour of it is repeated or skipped.
#[derive(Debug, Clone, Copy, Default)]
pub struct Still {
    from: i64,
    to: i64,
    offset: i64,
}

impl Still {
    /// The instant of a wall-clock time; `None` outside of the stretch.
    #[inline]
    pub fn instant(&self, wall: i64) -> Option<i64> {
        (self.from..self.to)
            .contains(&wall)
            .then_some(wall - self.offset)
    }
}

/// Days that are looked at for a change of the clock: most sources are shorter.
const MOST_DAYS: i64 = 100;

impl ZoneOf {
    /// The part of a stretch of wall-clock time, from its start, in which the zone surely keeps its offset.
    pub fn still(self, from: i64, to: i64) -> Still {
        let offset = |instant: i64| nanos(self.offset_at(instant));
        // Whatever the offset is, a change whose hours are touched is no further away than that.
        let margin = MOST_CHANGE + 16 * 3_600 * SECOND;
        let start = from.saturating_sub(margin);
        let kept = offset(start);
        // No zone changes its clock twice within a day.
        let days = (0..MOST_DAYS).map(|day| start.saturating_add(day * DAY));
        let end = to.saturating_add(margin + DAY);
        let last = days
            .take_while(|instant| *instant <= end && offset(*instant) == kept)
            .last()
            .unwrap_or(start);
        Still {
            from,
            to: last.saturating_sub(margin).min(to.saturating_add(1)),
            offset: kept,
        }
    }

    /// The instant of a wall-clock time, in nanoseconds. The hour that daylight saving repeats is taken as its first
    /// pass, the one that it skips as if the clock had not been set yet.
    pub fn instant(self, wall: i64) -> i64 {
        let Some(naive) = naive(wall) else {
            return wall;
        };
        let offset = match self {
            Self::Fixed(offset) => nanos(offset),
            Self::Named(zone) => match zone.offset_from_local_datetime(&naive) {
                LocalResult::Single(offset) => nanos(offset.fix()),
                LocalResult::Ambiguous(one, other) => nanos(one.fix()).max(nanos(other.fix())),
                LocalResult::None => self.offset_before(wall),
            },
        };
        wall - offset
    }

    /// The instant of a wall-clock time in its second pass; the same as [`Self::instant`] where there is only one.
    pub fn second_pass(self, wall: i64) -> i64 {
        self.instant(wall) + self.repeats(wall).unwrap_or(0)
    }

    /// By how many nanoseconds the clock is set back, if the wall-clock time happens twice.
    pub fn repeats(self, wall: i64) -> Option<i64> {
        let (Self::Named(zone), Some(naive)) = (self, naive(wall)) else {
            return None;
        };
        match zone.offset_from_local_datetime(&naive) {
            LocalResult::Ambiguous(one, other) => {
                Some((nanos(one.fix()) - nanos(other.fix())).abs())
            }
            _ => None,
        }
    }

    /// True if the wall-clock time never happens.
    pub fn skips(self, wall: i64) -> bool {
        match (self, naive(wall)) {
            (Self::Named(zone), Some(naive)) => {
                zone.offset_from_local_datetime(&naive) == LocalResult::None
            }
            _ => false,
        }
    }

    /// The instant at which the clock is set forward over this wall-clock time; the end of time if it is not.
    pub fn skipped_until(self, wall: i64) -> i64 {
        if !self.skips(wall) {
            return i64::MAX;
        }
        let before = self.offset_before(wall);
        let (mut low, mut high) = (wall - before - MOST_CHANGE, wall - before);
        // The change is the first instant that no longer has the offset of before.
        let changed = |instant: i64| nanos(self.offset_at(instant)) != before;
        while high - low > SECOND {
            let middle = low + (high - low) / 2;
            if changed(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        high - high.rem_euclid(SECOND)
    }

    /// The offset before the change that skips a wall-clock time.
    fn offset_before(self, wall: i64) -> i64 {
        // An instant that is surely before the change, but not before the one half a year earlier.
        nanos(self.offset_at(wall - MOST_CHANGE - 14 * 3_600 * SECOND))
    }

    /// Offset at an instant.
    pub fn offset_at(self, instant: i64) -> chrono::FixedOffset {
        match self {
            Self::Fixed(offset) => offset,
            Self::Named(zone) => zone.timestamp_nanos(instant).offset().fix(),
        }
    }

    /// The wall-clock time of an instant, in nanoseconds.
    pub fn wall(self, instant: i64) -> i64 {
        instant + nanos(self.offset_at(instant))
    }
}

fn nanos(offset: chrono::FixedOffset) -> i64 {
    i64::from(offset.local_minus_utc()) * SECOND
}

/// A wall-clock time in nanoseconds since 1970.
pub fn naive(wall: i64) -> Option<NaiveDateTime> {
    chrono::DateTime::from_timestamp(wall.div_euclid(SECOND), wall.rem_euclid(SECOND) as u32)
        .map(|t| t.naive_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall(text: &str) -> i64 {
        let parsed = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap();
        parsed.and_utc().timestamp_nanos_opt().unwrap()
    }

    #[test]
    fn the_skipped_hour_keeps_its_order() {
        let berlin = ZoneOf::Named(chrono_tz::Europe::Berlin);
        let skipped = wall("2020-03-29 02:30:00");
        assert!(berlin.instant(wall("2020-03-29 01:59:00")) < berlin.instant(skipped));
        assert!(berlin.skips(skipped) && berlin.repeats(skipped).is_none());
        assert_eq!(berlin.skipped_until(skipped), wall("2020-03-29 01:00:00"));
    }

    /// Every change of every zone between 1970 and 2037: what the wall clock shows twice or never is known as such,
    /// its two passes are as far apart as the clock was set back, and both are what the zone shows at these instants.
    #[test]
    fn repeated_and_skipped_times_of_every_zone_are_known() {
        for tz in chrono_tz::TZ_VARIANTS {
            let zone = ZoneOf::Named(tz);
            let mut at = 0;
            let mut before = nanos(zone.offset_at(at));
            while at < 2_145_000_000 * SECOND {
                let next = at + 7 * 86_400 * SECOND;
                let after = nanos(zone.offset_at(next));
                if after != before {
                    check_change(zone, tz.name(), at, next, before, after);
                }
                (at, before) = (next, after);
            }
        }
    }

    fn check_change(zone: ZoneOf, name: &str, low: i64, high: i64, before: i64, after: i64) {
        let (mut low, mut high) = (low, high);
        while high - low > SECOND {
            let middle = (low + (high - low) / 2) / SECOND * SECOND;
            let middle = if middle == low { low + SECOND } else { middle };
            if nanos(zone.offset_at(middle)) == before {
                low = middle;
            } else {
                high = middle;
            }
        }
        // Two changes within the week are another matter.
        if nanos(zone.offset_at(high)) != after {
            return;
        }
        let change = (after - before).abs();
        if after < before {
            let twice = high + after + change / 2;
            assert_eq!(zone.repeats(twice), Some(change), "{name} {high}");
            assert_eq!(zone.wall(zone.instant(twice)), twice, "{name} {high}");
            assert_eq!(zone.wall(zone.second_pass(twice)), twice, "{name} {high}");
            assert!(
                zone.instant(twice) < high && zone.second_pass(twice) >= high,
                "{name} {high}"
            );
        } else {
            let never = high + before + change / 2;
            assert!(zone.skips(never), "{name} {high}");
            assert_eq!(zone.skipped_until(never), high, "{name} {high}");
            assert_eq!(zone.instant(never), never - before, "{name} {high}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(500))]

        #[test]
        fn in_a_still_stretch_every_time_is_what_the_zone_says(
            zone in proptest::sample::select(&chrono_tz::TZ_VARIANTS[..]),
            from in 0i64..67 * 366 * 24,
            hours in 0i64..4_000,
        ) {
            const HOUR: i64 = 3_600 * SECOND;
            let zone = ZoneOf::Named(zone);
            let still = zone.still(from * HOUR, (from + hours) * HOUR);
            for quarter in -8..hours * 4 + 8 {
                let wall = from * HOUR + quarter * HOUR / 4;
                if let Some(instant) = still.instant(wall) {
                    proptest::prop_assert_eq!(instant, zone.instant(wall));
                    proptest::prop_assert!(zone.repeats(wall).is_none() && !zone.skips(wall));
                }
            }
        }
    }

    #[test]
    fn a_summer_is_still_to_its_end() {
        let berlin = ZoneOf::Named(chrono_tz::Europe::Berlin);
        let (from, to) = (wall("2020-08-10 10:00:00"), wall("2020-08-30 10:00:00"));
        let still = berlin.still(from, to);
        assert_eq!(still.instant(from), Some(from - 7_200 * SECOND));
        assert_eq!(still.instant(to), Some(to - 7_200 * SECOND));
        assert_eq!(still.instant(to + 1), None);
    }
}
