//! Reading a stamp item by item, where positions are not known beforehand.

use super::items::{Item, Width};
use super::read::pair;
use super::{names, zones};
use crate::model::time::SECOND;

/// 100 ns steps from 1601 to 1970, and from the year 1 to 1970.
const FILETIME_EPOCH: i64 = 116_444_736_000_000_000;
const TICKS_EPOCH: i64 = 621_355_968_000_000_000;

/// What was read so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Found {
    /// Year.
    pub year: i32,
    /// Month, from 1.
    pub month: u32,
    /// Day of the month.
    pub day: u32,
    /// Day of the year.
    pub ordinal: u32,
    /// Hour as written.
    pub hour: u32,
    /// Minute.
    pub minute: u32,
    /// Second.
    pub second: u32,
    /// Nanoseconds of the second.
    pub nanos: i64,
    /// True once digits behind the seconds were read.
    pub fraction: bool,
    /// Nanoseconds since 1970 where the stamp is one number.
    pub whole: i64,
    /// Minutes east of Greenwich.
    pub offset_minutes: i32,
    /// Which half of the day, on a 12-hour clock.
    pub afternoon: Option<bool>,
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

/// Digits that are read at once.
pub const AT_ONCE: usize = 8;

/// The first bytes of a text, a digit as its value; and a bit in each byte that is none.
#[inline]
fn values(text: &[u8]) -> Option<(u64, u64)> {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let values =
        u64::from_le_bytes(*text.first_chunk::<AT_ONCE>()?) ^ u64::from_le_bytes(*b"00000000");
    // 9 + 0x76 is the largest sum without the high bit.
    let others = (((values & !HIGH) + 0x7676_7676_7676_7676) | values) & HIGH;
    Some((values, others))
}

/// The number of digits at the start of the text, if they are less than [`AT_ONCE`] and more bytes than that follow, and the
/// nanoseconds that they are as a fraction of a second.
#[inline]
fn few(text: &[u8]) -> Option<(usize, i64)> {
    let (values, others) = values(text)?;
    let bits = others.trailing_zeros() & !7;
    if others == 0 {
        return None;
    }
    Some((bits as usize / 8, as_fraction(values, bits)))
}

/// The nanoseconds that so many digits at the start of a text are as a fraction of a second: less than [`AT_ONCE`].
#[inline]
pub const fn few_of(text: [u8; AT_ONCE], digits: u8) -> i64 {
    let values = u64::from_le_bytes(text) ^ u64::from_le_bytes(*b"00000000");
    as_fraction(values, digits as u32 % AT_ONCE as u32 * 8)
}

/// `bits`: those of the digits that count, less than all.
#[inline]
const fn as_fraction(values: u64, bits: u32) -> i64 {
    // What follows counts as zeros; neighbours make pairs, pairs make fours, fours make all.
    let digits = values & ((1 << bits) - 1);
    let pairs = digits * 10 + (digits >> 8);
    let (even, odd) = (
        pairs & 0x0000_00ff_0000_00ff,
        pairs >> 16 & 0x0000_00ff_0000_00ff,
    );
    let fours = even.wrapping_mul(100 + (1_000_000 << 32));
    let all = fours.wrapping_add(odd.wrapping_mul(1 + (10_000 << 32))) >> 32;
    all as i64 * 10
}

/// The value of eight digits at the start of the text.
#[inline]
pub fn eight(text: &[u8]) -> Option<u32> {
    let (values, others) = values(text)?;
    if others != 0 {
        return None;
    }
    let pairs = (values.wrapping_mul(10 << 8 | 1) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100 << 16 | 1) >> 16) & 0x0000_ffff_0000_ffff;
    Some((fours.wrapping_mul(10_000 << 32 | 1) >> 32) as u32)
}

/// The nanoseconds of a fraction of a second that is nothing but these digits; `None` if another byte is among them.
#[inline]
pub fn tenths(text: &[u8]) -> Option<i64> {
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
    let mut value = 0;
    for byte in text {
        value = value * 10 + digit(byte)?;
    }
    Some(value * TEN.get(text.len())?)
}

/// The nanoseconds of a fraction behind its separator, and how long both are; `None` if there is none.
#[inline]
pub fn fraction(text: &[u8], separator: u8) -> Option<(i64, usize)> {
    let (first, rest) = text.split_first()?;
    if *first != separator {
        return None;
    }
    let (count, nanos) = few(rest).unwrap_or_else(|| {
        let (count, value) = digits(rest, 9);
        (count, value * TEN[count])
    });
    // A dot that ends a sentence belongs to what follows.
    (count > 0).then_some((nanos, count + 1))
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

impl Found {
    /// Reads one item at the start of the text; returns its length.
    #[inline]
    pub fn take(&mut self, item: Item, text: &[u8]) -> Option<usize> {
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
            Item::Month(width) => Some(set(&mut self.month, padded(text, width)?)),
            Item::Day(width) => Some(set(&mut self.day, padded(text, width)?)),
            Item::Hour(width) | Item::HalfDayHour(width) => {
                Some(set(&mut self.hour, padded(text, width)?))
            }
            Item::MonthName => Some(set(&mut self.month, names::month(text)?)),
            Item::Minute => Some(set(&mut self.minute, (pair(text, 0)?, 2))),
            Item::Second => Some(set(&mut self.second, (pair(text, 0)?, 2))),
            Item::Weekday => names::weekday(text),
            Item::Ordinal => {
                let (count, value) = digits(text, 3);
                self.ordinal = value as u32;
                (count == 3).then_some(3)
            }
            Item::Marker => self.take_marker(text),
            Item::Fraction(separator) => Some(self.take_fraction(text, separator)),
            Item::Digits(count) => self.take_digits(text, usize::from(count)),
            Item::Offset => self.take_offset(text),
            Item::ZoneName => {
                let (minutes, length) = names::zone(text)?;
                Some(self.put_offset(minutes, length))
            }
            Item::Zone => {
                let (minutes, length) = zones::zone(text)?;
                Some(self.put_offset(minutes, length))
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
    fn take_fraction(&mut self, text: &[u8], separator: u8) -> usize {
        let Some((nanos, length)) = fraction(text, separator) else {
            return 0;
        };
        self.nanos = nanos;
        self.fraction = true;
        length
    }

    fn take_digits(&mut self, text: &[u8], most: usize) -> Option<usize> {
        let (count, value) = digits(text, most);
        self.nanos = value * TEN[count];
        self.fraction = true;
        // `%f` alone takes what there is, `%3f` exactly three.
        (count == most || (most == 9 && count > 0)).then_some(count)
    }

    fn put_offset(&mut self, minutes: i32, length: usize) -> usize {
        self.offset_minutes = minutes;
        length
    }

    fn take_offset(&mut self, text: &[u8]) -> Option<usize> {
        let sign = match *text.first()? {
            b'Z' | b'z' => return Some(self.put_offset(0, 1)),
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
        Some(self.put_offset(sign * (hours * 60 + minutes), length))
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
        Some(self.put_offset(-sign * minutes as i32, count + 1))
    }
}

#[inline]
fn set(part: &mut u32, (value, length): (u32, usize)) -> usize {
    *part = value;
    length
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn eight_digits_read_at_once_are_what_they_are_one_by_one(text in "[0-9]{8}[0-9a:/]{0,3}|[0-9:/\\PC]{0,12}") {
            let (count, value) = digits(text.as_bytes(), 8);
            prop_assert_eq!(eight(text.as_bytes()).map(i64::from), (count == 8).then_some(value));
        }

        #[test]
        fn a_fraction_read_at_once_is_what_it_is_digit_by_digit(text in "[0-9]{0,9}[ -~äß]{0,12}") {
            let text = text.as_bytes();
            let (count, value) = digits(text, 9);
            match few(text) {
                Some(read) => prop_assert_eq!(read, (count, value * TEN[count])),
                None => prop_assert!(text.len() < AT_ONCE || count >= AT_ONCE),
            }
        }
    }
}
