//! Reading a stamp: the fixed part by loads, the rest item by item.

use super::fixed::Near;
use super::found::{Found, eight, fraction, tenths};
use super::items::Item;
use super::{Stamp, ZoneSource};
use crate::model::RawTime;
use crate::model::time::{DAY, SECOND};
use crate::syntax::civil;

/// Two digits at a position.
#[inline]
pub fn pair(text: &[u8], at: usize) -> Option<u32> {
    let &[a, b] = text.get(at..at + 2)?.first_chunk::<2>()?;
    let (a, b) = (a.wrapping_sub(b'0'), b.wrapping_sub(b'0'));
    (a < 10 && b < 10).then(|| u32::from(a) * 10 + u32::from(b))
}

impl Stamp {
    /// Reads the stamp at a position of a line; returns what it says and where it ends.
    #[inline]
    pub fn read(&self, line: &[u8], at: usize) -> Option<(RawTime, usize)> {
        if let Some(more) = self.epoch {
            return self.read_epoch(line, at, usize::from(more));
        }
        let mut found = Found::default();
        self.fixed.read(line.get(at..)?, &mut found)?;
        let mut end = at + self.fixed.length();
        for item in &self.items {
            end += found.take(*item, line.get(end..)?)?;
        }
        if is_cut(line, end, found.fraction) || self.ignores_offset(line, end) {
            return None;
        }
        Some((self.place(&mut found)?, end))
    }

    /// The minutes east of Greenwich that the stamp at a position tells; `None` if it cannot be read, or tells none.
    pub fn offset(&self, line: &[u8], at: usize) -> Option<i32> {
        let (_, end) = self.read(line, at).filter(|_| self.parts.offset)?;
        let mut found = Found::default();
        let mut place = at + self.fixed.length();
        for item in &self.items {
            place += found.take(*item, line.get(place..end)?)?;
        }
        Some(found.offset_minutes)
    }

    /// Reads ten digits of seconds since 1970, and so many more.
    #[inline]
    fn read_epoch(&self, line: &[u8], at: usize, more: usize) -> Option<(RawTime, usize)> {
        let text = line.get(at..)?;
        let (nanos, end) = (tenths(text.get(10..10 + more)?)?, at + 10 + more);
        if is_cut(line, end, more > 0) {
            return None;
        }
        let seconds = i64::from(eight(text)?) * 100 + i64::from(pair(text, 8)?);
        let nanos = seconds.checked_mul(SECOND)?.checked_add(nanos)?;
        Some((self.raw(nanos), end))
    }

    /// The same; `near`: the last stamp that was read so, for this layout alone.
    #[expect(clippy::inline_always)] // what it gives would be copied twice for each line
    #[inline(always)]
    pub fn read_near(&self, line: &[u8], at: usize, near: &mut Near) -> Option<(RawTime, usize)> {
        if self.parts.instant {
            return self.read(line, at);
        }
        let text = line.get(at..)?;
        if let Some((own, length)) = near.usual.read(text) {
            return Some((self.raw(near.day.checked_add(own)?), at + length));
        }
        let Some(second) = near.second(text).filter(|second| *second <= 60) else {
            return self.read_first(line, at, near);
        };
        let mut end = at + self.fixed.length();
        let mut digits = self.items.is_empty().then_some(0);
        let (nanos, is_fraction, offset) = if let Some(separator) = near.fraction {
            let (nanos, length) = fraction(line.get(end..)?, separator).unwrap_or_default();
            end += length;
            digits = Some(length.saturating_sub(1));
            (nanos, length > 0, 0)
        } else {
            let mut found = Found::default();
            for item in &self.items {
                end += found.take(*item, line.get(end..)?)?;
            }
            let offset = i64::from(found.offset_minutes) * 60 * SECOND;
            (found.nanos, found.fraction, offset)
        };
        if is_cut(line, end, is_fraction) || self.ignores_offset(line, end) {
            return None;
        }
        let own = i64::from(second) * SECOND + nanos;
        let nanos = near.minute.checked_add(own)?.checked_sub(offset)?;
        digits
            .into_iter()
            .for_each(|digits| near.expect(text, digits));
        Some((self.raw(nanos), end))
    }

    /// Reads a stamp of another minute.
    #[cold]
    fn read_first(&self, line: &[u8], at: usize, near: &mut Near) -> Option<(RawTime, usize)> {
        let read = self.read(line, at)?;
        *near = Near::default();
        // What stands behind the front may say more than a fraction and an offset.
        let is_plain = |item: &Item| {
            matches!(
                item,
                Item::Byte(_) | Item::Fraction(_) | Item::Digits(_) | Item::Offset
            )
        };
        if self.parts.ordinal || !self.items.iter().all(is_plain) {
            return Some(read);
        }
        let mut found = Found::default();
        let text = line.get(at..)?;
        self.fixed.read(text, &mut found)?;
        found.second = 0;
        if let Some(minute) = self.place(&mut found) {
            *near = self.fixed.near(text, minute.nanos()).unwrap_or_default();
            near.fraction = match self.items.as_slice() {
                [Item::Fraction(separator)] => Some(*separator),
                _ => None,
            };
        }
        Some(read)
    }

    /// What a number of nanoseconds is by this layout.
    #[inline]
    pub const fn raw(&self, nanos: i64) -> RawTime {
        if !self.parts.year && !self.parts.instant {
            return RawTime::Cyclic(nanos);
        }
        match self.zone {
            ZoneSource::Local => RawTime::Wall(nanos),
            ZoneSource::Utc | ZoneSource::InText => RawTime::Utc(nanos),
        }
    }

    /// True if an offset follows that the layout does not read: then the layout is the wrong one.
    #[inline]
    fn ignores_offset(&self, line: &[u8], end: usize) -> bool {
        if self.parts.offset || self.parts.instant {
            return false;
        }
        let ends = |at: usize| !line.get(at).is_some_and(u8::is_ascii_alphanumeric);
        let blank = usize::from(line.get(end) == Some(&b' '));
        match line.get(end + blank) {
            Some(b'Z') => blank == 0 && ends(end + 1),
            Some(b'+' | b'-') => offset_length(&line[end + blank + 1..])
                .is_some_and(|length| ends(end + blank + 1 + length)),
            _ => false,
        }
    }

    #[inline]
    fn place(&self, found: &mut Found) -> Option<RawTime> {
        if let Some(afternoon) = found.afternoon {
            if !(1..=12).contains(&found.hour) {
                return None;
            }
            found.hour = found.hour % 12 + if afternoon { 12 } else { 0 };
        }
        // A leap second is the start of the next one.
        if found.hour > 23 || found.minute > 59 || found.second > 60 {
            return None;
        }
        let clock =
            i64::from(found.hour * 3600 + found.minute * 60 + found.second) * SECOND + found.nanos;
        let parts = &self.parts;
        let nanos = if parts.instant {
            found.whole.checked_add(clock)?
        } else if parts.year {
            let days = if parts.ordinal {
                civil::days_of_ordinal(found.year, found.ordinal)?
            } else {
                civil::days(found.year, found.month, found.day)?
            };
            i64::from(days).checked_mul(DAY)?.checked_add(clock)?
        } else {
            return self.position(found, clock);
        };
        let nanos = nanos.checked_sub(i64::from(found.offset_minutes) * 60 * SECOND)?;
        Some(self.raw(nanos))
    }

    /// The position in the cycle of a stamp without a year.
    fn position(&self, found: &Found, clock: i64) -> Option<RawTime> {
        let mut days = 0;
        if self.parts.day {
            if !(1..=31).contains(&found.day) {
                return None;
            }
            days = i64::from(found.day) - 1;
        }
        if self.parts.month {
            // Any leap year: the year is not known yet, and the 29th of February must be readable.
            if found.day > civil::days_in_month(2000, found.month) {
                return None;
            }
            days += (i64::from(found.month) - 1) * 31;
        }
        Some(RawTime::Cyclic(days * DAY + clock))
    }
}

/// The length of `0200` or `02:00`, in whole quarters of an hour.
fn offset_length(text: &[u8]) -> Option<usize> {
    let colon = usize::from(text.get(2) == Some(&b':'));
    let hours = pair(text, 0)?;
    let minutes = pair(text, 2 + colon)?;
    (hours <= 14 && minutes < 60 && minutes % 15 == 0).then_some(4 + colon)
}

/// True if the number at the end of a stamp goes on: `11:16:29` inside `11:16:291`, `11:16:29.1` or `11:16:29,123`.
/// A layout that does not read the fraction is the wrong one.
fn is_cut(line: &[u8], end: usize, fraction: bool) -> bool {
    let is_digit = |at: usize| line.get(at).is_some_and(u8::is_ascii_digit);
    if end == 0 || !is_digit(end - 1) {
        return false;
    }
    match line.get(end) {
        Some(b'.' | b',') if fraction => false,
        Some(b'.') => is_digit(end + 1),
        // In a list of columns a short number may follow a comma.
        Some(b',') => (1..=3).all(|more| is_digit(end + more)),
        _ => is_digit(end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::stamp::ZoneSource::{InText, Local, Utc};
    use proptest::prelude::*;

    const LAYOUTS: [(&str, ZoneSource); 9] = [
        ("%Y-%m-%d %H:%M:%S.%f", Local),
        ("%Y-%m-%dT%H:%M:%S.%f%:z", InText),
        ("%d.%m.%Y %H:%M:%S,%3f", Utc),
        ("%H:%M:%S.%f", Local),
        ("%m%d/%H%M%S.%f", Local),
        ("%d %b %H:%M:%S", Local),
        ("%I:%M:%S %p", Local),
        ("%H:%M:%S %d.%m.%Y", Local),
        ("%Y-%m-%d %H:%M", Local),
    ];

    proptest! {
        #[test]
        fn a_stamp_reads_the_same_whatever_was_read_before(
            layout in 0..LAYOUTS.len(),
            times in proptest::collection::vec((0i64..200_000, 0u32..1_000_000, "[0-9 :+Z.,-]{0,4}[ -~]{0,14}"), 1..8),
            wrong in proptest::option::of((0usize..24, "[ -~]")),
        ) {
            let (layout, zone) = LAYOUTS[layout];
            let stamp = Stamp::compile(layout, zone).unwrap();
            let mut near = Near::default();
            for (seconds, micros, behind) in times {
                let time = chrono::DateTime::from_timestamp(1_597_000_000 + seconds / 40, micros * 1000).unwrap();
                let mut line = format!("{}{behind}", time.format(layout)).into_bytes();
                if let Some((at, byte)) = wrong.as_ref().filter(|_| seconds % 3 == 0) {
                    let place = *at % line.len();
                    line[place] = byte.as_bytes()[0];
                }
                prop_assert_eq!(stamp.read_near(&line, 0, &mut near), stamp.read(&line, 0), "{}", String::from_utf8_lossy(&line));
            }
        }
    }

    proptest! {
        #[test]
        fn a_stamp_like_the_one_before_it_reads_as_by_itself(
            layout in 0usize..7,
            lines in proptest::collection::vec(
                (0u32..200_000, 0u32..1_000_000, 0usize..10, "[ |\\]:+Z.,0-]{0,2}", "[-+0-9a ]"),
                2..8,
            ),
            wrong in proptest::option::of((0usize..30, "[ -~]")),
        ) {
            let front = ["%Y-%m-%d %H:%M:%S", "%d %H:%M:%S", "%H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d.%m.%Y %H:%M:%S"];
            let back = ["", ".%f", ",%f", ":%f", ".%3f", "%:z", ".%f%:z"];
            let layout = format!("{}{}", front[layout % front.len()], back[layout]);
            let zone = if layout.ends_with('z') { InText } else { Local };
            let Ok(stamp) = Stamp::compile(&layout, zone) else { return Ok(()) };
            let mut near = Near::default();
            for (seconds, fraction, digits, behind, next) in lines {
                // Mostly of the same day, often of the same minute.
                let seconds = if seconds % 2 == 0 { seconds / 1000 } else { seconds };
                let time = chrono::DateTime::from_timestamp(1_597_000_000 + i64::from(seconds), 0).unwrap();
                let front = front[front.iter().position(|front| layout.starts_with(front)).unwrap()];
                let separator = if layout.contains(',') { "," } else { "." };
                let separator = if layout.ends_with(":%f") { ":" } else { separator };
                let fraction = format!("{separator}{fraction:010}");
                let fraction = if digits == 0 { "" } else { &fraction[..=digits] };
                let line = format!("{}{fraction}{behind}{next}] message of some length", time.format(front));
                let mut line = line.into_bytes();
                if let Some((at, byte)) = wrong.as_ref().filter(|_| seconds % 3 == 0) {
                    line[*at] = byte.as_bytes()[0];
                }
                prop_assert_eq!(stamp.read_near(&line, 0, &mut near), stamp.read(&line, 0), "{} {}", layout, String::from_utf8_lossy(&line));
            }
        }
    }

    proptest! {
        #[test]
        fn seconds_since_1970_are_read_as_item_by_item(
            layout in 0usize..3,
            text in "[0-9]{8,14}[0-9.,:a]{0,3}|[0-9a.]{0,14}",
        ) {
            let layout = ["%s", "%s%3f", "%s%6f"][layout];
            let stamp = Stamp::compile(layout, Utc).unwrap();
            let whole = Stamp { epoch: None, ..stamp.clone() };
            prop_assert!(stamp.epoch.is_some());
            prop_assert_eq!(stamp.read(text.as_bytes(), 0), whole.read(text.as_bytes(), 0));
        }
    }

    #[test]
    fn the_next_stamp_of_a_minute_is_read_by_the_one_before_it() {
        let stamp = Stamp::compile("%Y-%m-%d %H:%M:%S.%f", Local).unwrap();
        let mut near = Near::default();
        let text = |second: &str| format!("2020-08-19 11:16:{second}.298 and what follows it");
        assert_eq!(near.second(text("29").as_bytes()), None);
        assert!(
            stamp
                .read_near(text("29").as_bytes(), 0, &mut near)
                .is_some()
        );
        assert_eq!(near.second(text("30").as_bytes()), Some(30));
        assert_eq!(
            near.second(b"2020-08-19 11:17:30.298 and what follows it"),
            None
        );
    }
}
