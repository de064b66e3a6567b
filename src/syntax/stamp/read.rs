//! Reading a stamp: the fixed part by loads, the rest item by item.

use super::items::{Item, Width};
use super::{Stamp, ZoneSource, names};
use crate::model::RawTime;
use crate::model::time::{DAY, SECOND};
use crate::syntax::civil;

/// No such part.
const NONE: u8 = u8::MAX;
/// 100 ns steps from 1601 to 1970, and from the year 1 to 1970.
const FILETIME_EPOCH: i64 = 116_444_736_000_000_000;
const TICKS_EPOCH: i64 = 621_355_968_000_000_000;

/// The front of a layout as far as all positions are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    length: usize,
    bytes: Vec<(u8, u8)>,
    year: u8,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
}

/// What was read so far.
#[derive(Debug, Clone, Copy)]
struct Found {
    year: i32,
    month: u32,
    day: u32,
    ordinal: u32,
    hour: u32,
    minute: u32,
    second: u32,
    nanos: i64,
    /// True once digits behind the seconds were read.
    fraction: bool,
    /// Nanoseconds since 1970 where the stamp is one number.
    whole: i64,
    offset_minutes: i32,
    afternoon: Option<bool>,
}

impl Fixed {
    /// Takes the items at the front that have a fixed width.
    pub fn split(items: Vec<Item>) -> (Self, Vec<Item>) {
        let mut fixed = Self {
            length: 0,
            bytes: Vec::new(),
            year: NONE,
            month: NONE,
            day: NONE,
            hour: NONE,
            minute: NONE,
            second: NONE,
        };
        let mut taken = 0;
        for item in &items {
            let at = fixed.length as u8;
            match item {
                Item::Byte(byte) => fixed.bytes.push((at, *byte)),
                Item::Year => fixed.year = at,
                Item::Month(Width::Two) => fixed.month = at,
                Item::Day(Width::Two) => fixed.day = at,
                Item::Hour(Width::Two) => fixed.hour = at,
                Item::Minute => fixed.minute = at,
                Item::Second => fixed.second = at,
                _ => break,
            }
            if fixed.length > 100 {
                break;
            }
            taken += 1;
            fixed.length += match item {
                Item::Byte(_) => 1,
                Item::Year => 4,
                _ => 2,
            };
        }
        (fixed, items[taken..].to_vec())
    }

    #[inline]
    fn read(&self, text: &[u8], found: &mut Found) -> Option<()> {
        let text = text.get(..self.length)?;
        if self
            .bytes
            .iter()
            .any(|&(at, byte)| text.get(at as usize) != Some(&byte))
        {
            return None;
        }
        let two = |at: u8, absent: u32| {
            if at == NONE {
                Some(absent)
            } else {
                pair(text, at as usize)
            }
        };
        if self.year != NONE {
            let at = self.year as usize;
            found.year = (pair(text, at)? * 100 + pair(text, at + 2)?) as i32;
        }
        found.month = two(self.month, 0)?;
        found.day = two(self.day, 0)?;
        found.hour = two(self.hour, 0)?;
        found.minute = two(self.minute, 0)?;
        found.second = two(self.second, 0)?;
        Some(())
    }
}

/// Two digits at a position.
#[inline]
fn pair(text: &[u8], at: usize) -> Option<u32> {
    let &[a, b] = text.get(at..at + 2)?.first_chunk::<2>()?;
    let (a, b) = (a.wrapping_sub(b'0'), b.wrapping_sub(b'0'));
    (a < 10 && b < 10).then(|| u32::from(a) * 10 + u32::from(b))
}

/// The number of digits at the start of the text, at most `most`, and their value.
#[inline]
fn digits(text: &[u8], most: usize) -> (usize, i64) {
    let mut value = 0;
    let mut count = 0;
    for &byte in text.iter().take(most) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value * 10 + i64::from(digit);
        count += 1;
    }
    (count, value)
}

fn padded(text: &[u8], width: Width) -> Option<(u32, usize)> {
    match width {
        Width::Two => Some((pair(text, 0)?, 2)),
        Width::Blank if text.first() == Some(&b' ') => {
            let (count, value) = digits(&text[1..], 1);
            (count == 1).then_some((value as u32, 2))
        }
        Width::Blank | Width::Short => {
            let (count, value) = digits(text, 2);
            (count > 0).then_some((value as u32, count))
        }
    }
}

const TEN: [i64; 10] = [
    1_000_000_000,
    100_000_000,
    10_000_000,
    1_000_000,
    100_000,
    10_000,
    1_000,
    100,
    10,
    1,
];

impl Stamp {
    /// Reads the stamp at a position of a line; returns what it says and where it ends.
    #[inline]
    pub fn read(&self, line: &[u8], at: usize) -> Option<(RawTime, usize)> {
        let mut found = Found {
            year: 0,
            month: 0,
            day: 0,
            ordinal: 0,
            hour: 0,
            minute: 0,
            second: 0,
            nanos: 0,
            fraction: false,
            whole: 0,
            offset_minutes: 0,
            afternoon: None,
        };
        self.fixed.read(line.get(at..)?, &mut found)?;
        let mut end = at + self.fixed.length;
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

impl Found {
    /// Reads one item at the start of the text; returns its length.
    #[inline]
    fn take(&mut self, item: Item, text: &[u8]) -> Option<usize> {
        match item {
            Item::Byte(byte) => (text.first() == Some(&byte)).then_some(1),
            Item::Year => {
                self.year = (pair(text, 0)? * 100 + pair(text, 2)?) as i32;
                Some(4)
            }
            Item::ShortYear => {
                let year = pair(text, 0)? as i32;
                self.year = year + if year < 69 { 2000 } else { 1900 };
                Some(2)
            }
            Item::Month(width) => set(&mut self.month, padded(text, width)?),
            Item::Day(width) => set(&mut self.day, padded(text, width)?),
            Item::Hour(width) => set(&mut self.hour, padded(text, width)?),
            Item::HalfDayHour(width) => set(&mut self.hour, padded(text, width)?),
            Item::MonthName => set(&mut self.month, names::month(text)?),
            Item::Minute => set(&mut self.minute, (pair(text, 0)?, 2)),
            Item::Second => set(&mut self.second, (pair(text, 0)?, 2)),
            Item::Weekday => names::weekday(text),
            Item::Ordinal => {
                let (count, value) = digits(text, 3);
                self.ordinal = value as u32;
                (count == 3).then_some(3)
            }
            Item::Marker => self.take_marker(text),
            Item::Fraction(separator) => self.take_fraction(text, separator),
            Item::Digits(count) => self.take_digits(text, usize::from(count)),
            Item::Offset => self.take_offset(text),
            Item::ZoneName => {
                let (minutes, length) = names::zone(text)?;
                self.put_offset(minutes, length)
            }
            Item::Bias => self.take_bias(text),
            Item::Epoch => self.take_whole(text, 10, 0, SECOND),
            Item::FileTime => self.take_whole(text, 18, FILETIME_EPOCH, 100),
            Item::Ticks => self.take_whole(text, 18, TICKS_EPOCH, 100),
        }
    }

    fn take_whole(&mut self, text: &[u8], width: usize, epoch: i64, unit: i64) -> Option<usize> {
        let (count, value) = digits(text, width);
        self.whole = (value - epoch).checked_mul(unit)?;
        (count == width).then_some(width)
    }

    fn take_marker(&mut self, text: &[u8]) -> Option<usize> {
        let (&half, rest) = text.split_first()?;
        self.afternoon = Some(match half.to_ascii_lowercase() {
            b'a' => false,
            b'p' => true,
            _ => return None,
        });
        if rest.first().is_some_and(|b| b.eq_ignore_ascii_case(&b'm')) {
            Some(2)
        } else {
            let dotted = rest
                .get(..3)
                .is_some_and(|rest| rest.eq_ignore_ascii_case(b".m."));
            dotted.then_some(4)
        }
    }

    #[inline]
    fn take_fraction(&mut self, text: &[u8], separator: u8) -> Option<usize> {
        if text.first() != Some(&separator) {
            return Some(0);
        }
        let (count, value) = digits(&text[1..], 9);
        // A dot that ends a sentence belongs to what follows.
        if count == 0 {
            return Some(0);
        }
        self.nanos = value * TEN[count];
        self.fraction = true;
        Some(count + 1)
    }

    fn take_digits(&mut self, text: &[u8], most: usize) -> Option<usize> {
        let (count, value) = digits(text, most);
        self.nanos = value * TEN[count];
        self.fraction = true;
        // `%f` alone takes what there is, `%3f` exactly three.
        (count == most || (most == 9 && count > 0)).then_some(count)
    }

    fn put_offset(&mut self, minutes: i32, length: usize) -> Option<usize> {
        self.offset_minutes = minutes;
        Some(length)
    }

    fn take_offset(&mut self, text: &[u8]) -> Option<usize> {
        let sign = match *text.first()? {
            b'Z' | b'z' => return self.put_offset(0, 1),
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let hours = pair(text, 1)? as i32;
        let colon = usize::from(text.get(3) == Some(&b':'));
        let (minutes, length) = match pair(text, 3 + colon) {
            Some(minutes) => (minutes as i32, 5 + colon),
            None => (0, 3),
        };
        if hours > 23 || minutes > 59 {
            return None;
        }
        self.put_offset(sign * (hours * 60 + minutes), length)
    }

    fn take_bias(&mut self, text: &[u8]) -> Option<usize> {
        let sign = match *text.first()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let (count, minutes) = digits(&text[1..], 4);
        if count == 0 || minutes > 1439 {
            return None;
        }
        self.put_offset(-sign * minutes as i32, count + 1)
    }
}

#[inline]
fn set(part: &mut u32, (value, length): (u32, usize)) -> Option<usize> {
    *part = value;
    Some(length)
}
