//! The stamp that most lines have: as long as the one before it, of the same day, with something plain behind it.
//!
//! All its bytes are checked at once: its date is the same, and of its time there are digits where digits were.

use wide::u8x16;

use super::found::few_of;
use super::read::pair;
use crate::model::time::SECOND;

/// Bytes that are checked: those of the stamp, and the one behind it.
const MOST: usize = 32;
const STEP: usize = 16;
/// Where the last clock may begin that ends within that.
const LAST_CLOCK: usize = MOST - 8;
/// Digits of a fraction that are read at once.
const DIGITS: usize = 7;

/// A stamp, as far as the next one is expected to be like it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usual {
    /// The least and the greatest that each byte may be.
    least: [u8; MOST],
    most: [u8; MOST],
    /// Where hour and minute stand, if both are told; where its seconds stand.
    clock: Option<(u8, u8)>,
    /// Where its clock begins, if that is `hh:mm:ss`, with any bytes between them.
    joined: Option<u8>,
    second: u8,
    /// Where its fraction begins, and digits of that.
    fraction: u8,
    digits: u8,
    /// Its length; 0 if there is none.
    length: u8,
    /// True if a blank stands behind it.
    has_blank: bool,
}

impl Usual {
    /// That of a text whose seconds end a front of a fixed width, and behind which stand `digits` of a fraction. `clock`:
    /// where in the front hour and minute stand, if both do.
    pub fn new(text: &[u8], clock: Option<(u8, u8)>, second: usize, digits: usize) -> Option<Self> {
        let text: &[u8; MOST] = text.first_chunk()?;
        let fraction = second + 2 + usize::from(digits > 0);
        let length = fraction + digits;
        let behind = *text.get(length)?;
        // These may belong to the stamp, as may what follows them.
        let is_plain = !matches!(behind, b'0'..=b'9' | b'.' | b',' | b'Z' | b'+' | b'-');
        if !is_plain || digits > DIGITS || fraction + DIGITS >= MOST || length + 1 >= MOST {
            return None;
        }
        let (mut least, mut most) = ([0; MOST], [u8::MAX; MOST]);
        for (at, byte) in text[..=length].iter().enumerate() {
            let is_of = |start: usize| (start..start + 2).contains(&at);
            let is_clock =
                clock.is_some_and(|(hour, minute)| is_of(hour.into()) || is_of(minute.into()));
            let is_digit = is_clock || is_of(second) || (fraction..length).contains(&at);
            (least[at], most[at]) = if is_digit {
                (b'0', b'9')
            } else {
                (*byte, *byte)
            };
        }
        let is_joined = |(hour, minute): &(u8, u8)| {
            (hour + 3, minute + 3) == (*minute, second as u8) && usize::from(*hour) <= LAST_CLOCK
        };
        Some(Self {
            least,
            most,
            clock,
            joined: clock.filter(is_joined).map(|(hour, _)| hour),
            second: second as u8,
            fraction: fraction as u8,
            digits: digits as u8,
            length: length as u8,
            has_blank: behind == b' ',
        })
    }

    /// Hour and minute of a text that is like it, in seconds; 0 if they are no part of what may differ.
    #[inline]
    pub fn minute(&self, text: &[u8]) -> Option<i64> {
        let Some((hour, minute)) = self.clock else {
            return Some(0);
        };
        let hour = pair(text, hour.into()).filter(|hour| *hour < 24)?;
        let minute = pair(text, minute.into()).filter(|minute| *minute < 60)?;
        Some(i64::from(hour * 3600 + minute * 60))
    }

    /// The nanoseconds since the start of the day of a stamp that is like it, and its length; since the full minute, if hour
    /// and minute are no part of what may differ.
    #[expect(clippy::inline_always)] // nearly every line is read so
    #[inline(always)]
    pub fn read(&self, text: &[u8]) -> Option<(i64, usize)> {
        let text: &[u8; MOST] = text.first_chunk()?;
        let parts = (text.as_chunks::<STEP>().0.iter())
            .zip(self.least.as_chunks::<STEP>().0)
            .zip(self.most.as_chunks::<STEP>().0);
        let is_within = |((own, least), most): ((&[u8; STEP], &[u8; STEP]), &[u8; STEP])| {
            let own = u8x16::new(*own);
            let bound = own.max(u8x16::new(*least)).min(u8x16::new(*most));
            bound.simd_eq(own)
        };
        let all = parts.map(is_within).reduce(|a, b| a & b)?;
        let length = usize::from(self.length) % MOST;
        let next = text[(length + 1) % MOST];
        if all.to_bitmask() != u32::from(u16::MAX)
            || length == 0
            || self.has_blank && matches!(next, b'+' | b'-')
        {
            return None;
        }
        let seconds = match self.joined {
            Some(hour) => clock(*text[usize::from(hour).min(LAST_CLOCK)..].first_chunk()?)?,
            None => {
                let second = pair(text, usize::from(self.second) % MOST);
                self.minute(text)? + i64::from(second.filter(|second| *second <= 60)?)
            }
        };
        let nanos = match self.digits {
            0 => 0,
            digits => few_of(
                *text.get(usize::from(self.fraction)..)?.first_chunk()?,
                digits,
            ),
        };
        Some((seconds * SECOND + nanos, length))
    }
}

/// The seconds of `hh:mm:ss`, digits all, with any bytes between them.
#[expect(clippy::inline_always)] // nearly every line is read so
#[inline(always)]
fn clock(text: [u8; 8]) -> Option<i64> {
    let digits = u64::from_le_bytes(text) & 0x0f0f_000f_0f00_0f0f;
    let pairs = digits * 10 + (digits >> 8);
    let [hour, minute, second] = [pairs & 0xff, pairs >> 24 & 0xff, pairs >> 48 & 0xff];
    let is_time = hour < 24 && minute < 60 && second <= 60;
    is_time.then_some((hour * 3600 + minute * 60 + second).cast_signed())
}
