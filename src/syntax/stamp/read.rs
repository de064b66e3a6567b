//! Reading a stamp: the fixed part by loads, the rest item by item.

use super::found::Found;
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
        Some(match self.zone {
            ZoneSource::Local => RawTime::Wall(nanos),
            ZoneSource::Utc | ZoneSource::InText => RawTime::Utc(nanos),
        })
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
