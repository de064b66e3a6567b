//! The front of a layout whose positions are known: all its digits and separators are checked at once.
//!
//! Each byte is xored with what it should be (`0` for a digit), so that a separator gives 0 and a digit its value; an
//! addition that carries into the byte's high bit where the value is too large then finds every wrong byte of eight.

use super::found::Found;
use super::items::{Item, Width};
use super::read::pair;
use super::usual::Usual;
use crate::model::time::SECOND;

/// No such part.
const NONE: u8 = u8::MAX;
/// Bytes that can be checked: four words of eight.
const MOST: usize = 32;
/// The high bit of each byte.
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The fixed front of a layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    length: usize,
    words: [Word; MOST / 8],
    year: u8,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
}

/// The last stamp that was read, without its seconds: the next one mostly is of the same minute.
#[derive(Debug, Clone, Copy, Default)]
pub struct Near {
    /// Its text up to the seconds; zeros follow.
    words: [u64; MOST / 8],
    /// 0xff where a byte counts.
    keep: [u64; MOST / 8],
    /// Where its seconds stand.
    second: usize,
    /// What it says with no seconds, in nanoseconds, as if it had no offset.
    pub minute: i64,
    /// What stands before its fraction, if all that may follow its seconds is one.
    pub fraction: Option<u8>,
    /// Where hour and minute stand, if both do.
    clock: Option<(u8, u8)>,
    /// The whole stamp, but for its time of the day.
    pub usual: Usual,
    /// What it says with none, in nanoseconds.
    pub day: i64,
}

impl Near {
    /// The seconds of a text that differs in nothing else, as far as the fixed front goes.
    #[inline]
    pub fn second(&self, text: &[u8]) -> Option<u32> {
        let words = words(text.first_chunk()?);
        let bits = |index: usize| (words[index] ^ self.words[index]) & self.keep[index];
        let is_same = self.second > 0 && bits(0) | bits(1) | bits(2) | bits(3) == 0;
        pair(text, self.second).filter(|_| is_same)
    }

    /// Expects stamps like this one, which has so many digits of a fraction.
    #[cold]
    pub fn expect(&mut self, text: &[u8], digits: usize) {
        // A fraction may begin with what stands behind one that has none.
        let is_open = digits == 0 && text.get(self.second + 2).copied() == self.fraction;
        let usual = Usual::new(text, self.clock, self.second, digits).filter(|_| !is_open);
        let day = |usual: &Usual| {
            let minute = usual.minute(text)?.checked_mul(SECOND)?;
            self.minute.checked_sub(minute)
        };
        let day = usual.as_ref().and_then(day);
        self.usual = usual.filter(|_| day.is_some()).unwrap_or_default();
        self.day = day.unwrap_or_default();
    }
}

fn words(bytes: &[u8; MOST]) -> [u64; MOST / 8] {
    let mut words = [0; MOST / 8];
    let chunks = bytes.as_chunks::<8>().0;
    words
        .iter_mut()
        .zip(chunks)
        .for_each(|(word, chunk)| *word = u64::from_le_bytes(*chunk));
    words
}

/// What eight bytes should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Word {
    /// The separators, and `0` for digits; 0 behind the end.
    base: u64,
    /// 0xff where a byte counts.
    keep: u64,
    /// What carries into the high bit when added to a wrong byte.
    carry: u64,
}

impl Fixed {
    /// Takes the items at the front that have a fixed width.
    pub fn split(items: &[Item]) -> (Self, Vec<Item>) {
        let mut fixed = Self {
            length: 0,
            words: [Word::default(); MOST / 8],
            year: NONE,
            month: NONE,
            day: NONE,
            hour: NONE,
            minute: NONE,
            second: NONE,
        };
        let mut taken = 0;
        for item in items {
            if fixed.length + 4 > MOST || !fixed.take(*item) {
                break;
            }
            taken += 1;
        }
        (fixed, items[taken..].to_vec())
    }

    /// The number of bytes of the front.
    pub const fn length(&self) -> usize {
        self.length
    }

    /// A text that was read, to compare others with; `None` if it is too short, or if its seconds are not the end of the front.
    pub fn near(&self, text: &[u8], minute: i64) -> Option<Near> {
        let second = usize::from(self.second);
        let is_last = self.second != NONE && second + 2 == self.length;
        let mut words = words(text.first_chunk().filter(|_| is_last)?);
        let mut keep = [0; MOST / 8];
        for (index, (word, keep)) in words.iter_mut().zip(&mut keep).enumerate() {
            let kept = second.saturating_sub(8 * index).min(8) as u32;
            *keep = u64::MAX.checked_shr(u64::BITS - 8 * kept).unwrap_or(0);
            *word &= *keep;
        }
        Some(Near {
            words,
            keep,
            second,
            minute,
            fraction: None,
            clock: (self.hour != NONE && self.minute != NONE).then_some((self.hour, self.minute)),
            usual: Usual::default(),
            day: 0,
        })
    }

    fn take(&mut self, item: Item) -> bool {
        let at = self.length as u8;
        match item {
            Item::Byte(byte) if byte.is_ascii() => {
                self.want(byte, 0x7f);
                return true;
            }
            Item::Year => self.year = at,
            Item::Month(Width::Two) => self.month = at,
            Item::Day(Width::Two) => self.day = at,
            Item::Hour(Width::Two) => self.hour = at,
            Item::Minute => self.minute = at,
            Item::Second => self.second = at,
            _ => return false,
        }
        for _ in 0..if item == Item::Year { 4 } else { 2 } {
            // 9 + 0x76 is the largest sum without the high bit.
            self.want(b'0', 0x76);
        }
        true
    }

    fn want(&mut self, base: u8, carry: u8) {
        let word = &mut self.words[self.length / 8];
        let shift = self.length % 8 * 8;
        word.base |= u64::from(base) << shift;
        word.keep |= 0xff << shift;
        word.carry |= u64::from(carry) << shift;
        self.length += 1;
    }

    /// Reads the front of the text.
    #[inline]
    pub fn read(&self, text: &[u8], found: &mut Found) -> Option<()> {
        if text.len() < self.length {
            return None;
        }
        let mut copy = [0; MOST];
        let bytes: &[u8; MOST] = if let Some(chunk) = text.first_chunk() {
            chunk
        } else {
            copy[..text.len()].copy_from_slice(text);
            &copy
        };
        // One more word, so that the byte behind any place is there.
        let mut values = [0; MOST + 8];
        let used = self.length.div_ceil(8);
        let chunks = bytes
            .as_chunks::<8>()
            .0
            .iter()
            .zip(values.as_chunks_mut::<8>().0);
        for (word, (bytes, values)) in self.words.iter().take(used).zip(chunks) {
            let value = (u64::from_le_bytes(*bytes) ^ word.base) & word.keep;
            if (((value & !HIGH) + word.carry) | value) & HIGH != 0 {
                return None;
            }
            *values = value.to_le_bytes();
        }
        let pair = |at: u8| {
            let at = usize::from(at) % MOST;
            u32::from(values[at]) * 10 + u32::from(values[at + 1])
        };
        let part = |at: u8| if at == NONE { 0 } else { pair(at) };
        found.year = (part(self.year) * 100 + part(self.year.saturating_add(2))) as i32;
        found.month = part(self.month);
        found.day = part(self.day);
        found.hour = part(self.hour);
        found.minute = part(self.minute);
        found.second = part(self.second);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::items;
    use super::*;

    #[test]
    fn every_single_wrong_byte_is_found() {
        let (fixed, rest) = Fixed::split(&items::parse("%Y-%m-%d %H:%M:%S.").unwrap());
        assert!(rest.is_empty());
        let good = b"2020-08-19 11:16:29.";
        let mut found = Found::default();
        assert_eq!(fixed.read(good, &mut found), Some(()));
        assert_eq!((found.year, found.month, found.day), (2020, 8, 19));
        assert_eq!((found.hour, found.minute, found.second), (11, 16, 29));
        for at in 0..good.len() {
            for byte in 0..=255 {
                let mut bad = *good;
                bad[at] = byte;
                let fits = if good[at].is_ascii_digit() {
                    byte.is_ascii_digit()
                } else {
                    byte == good[at]
                };
                let read = fixed.read(&bad, &mut Found::default());
                assert_eq!(read.is_some(), fits, "{at}: {byte}");
            }
        }
    }

    #[test]
    fn a_short_text_is_refused() {
        let (fixed, _) = Fixed::split(&items::parse("%H:%M:%S").unwrap());
        assert_eq!(fixed.read(b"11:16:2", &mut Found::default()), None);
        assert_eq!(fixed.read(b"11:16:29", &mut Found::default()), Some(()));
    }
}
