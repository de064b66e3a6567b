//! Finds whole numbers out of a set: of all that stands in traces, digits are what a search for many texts is worst at.

use std::ops::Range;

/// Digits of the shortest and the longest number.
const SHORTEST: usize = 3;
const LONGEST: usize = 5;
/// Bytes that are looked at together.
const STEP: usize = 56;
/// Bytes of which one look tells which are digits: a step, the byte before it, and enough behind it for the longest run.
const LOOK: usize = 64;

/// Numbers to find, with what they stand for.
#[derive(Debug, Default)]
pub struct Numbers {
    /// A bit for each number of up to five digits that is wanted at all.
    wanted: Box<[u64]>,
    /// Number, as written without its sign; if it must have one; what for. In order.
    each: Vec<(u32, bool, u32)>,
}

impl Numbers {
    /// True if a text is a number that can be found here: three to five digits, perhaps with a minus before them.
    pub fn takes(text: &[u8]) -> bool {
        let digits = text.strip_prefix(b"-").unwrap_or(text);
        // With a zero in front it would not be told from the same number without it.
        (SHORTEST..=LONGEST).contains(&digits.len())
            && digits[0] != b'0'
            && digits.iter().all(u8::is_ascii_digit)
    }

    /// The numbers of a list, each with what it stands for; all of them are [taken](Self::takes).
    pub fn new(texts: &[(&[u8], u32)]) -> Self {
        let mut wanted = vec![0; 100_000usize.div_ceil(64)].into_boxed_slice();
        let number = |(text, index): &(&[u8], u32)| {
            let digits = text.strip_prefix(b"-").unwrap_or(text);
            (value(digits), digits.len() < text.len(), *index)
        };
        let mut each: Vec<(u32, bool, u32)> = texts.iter().map(number).collect();
        each.sort_unstable();
        for (number, _, _) in &each {
            wanted[(number / 64) as usize] |= 1 << (number % 64);
        }
        Self { wanted, each }
    }

    /// Calls `found` with the place and the meaning of each number that begins in `own`, whole and of the set.
    pub fn find(&self, text: &[u8], own: Range<usize>, found: &mut dyn FnMut(usize, u32)) {
        if self.each.is_empty() {
            return;
        }
        let mut at = own.start;
        while at < own.end {
            // Bit 0 is the byte before.
            let digits = digits(text, at) << 1 | u64::from(at > 0 && text[at - 1].is_ascii_digit());
            let starts = digits >> 1 & !digits & ((1 << STEP) - 1);
            let mut long = starts & digits >> 2 & digits >> 3;
            while long > 0 {
                let first = long.trailing_zeros();
                let start = at + first as usize;
                long &= long - 1;
                // So many are no number of the set, unless the first of them are those of an escape.
                let run = (!(digits >> (first + 1))).trailing_zeros() as usize;
                if start >= own.end {
                    break;
                }
                if run <= LONGEST && self.is_wanted(text, start, run) {
                    self.check(text, start, found);
                }
            }
            at += STEP;
        }
    }

    /// False if so many digits are surely no number of the set.
    #[inline]
    fn is_wanted(&self, text: &[u8], start: usize, run: usize) -> bool {
        let Some(digits) = text.get(start..start + run) else {
            return false;
        };
        let number = digits.iter().fold(0, |sum, digit| {
            sum * 10 + u32::from(digit.wrapping_sub(b'0'))
        });
        let word = self.wanted.get((number / 64) as usize);
        word.is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    fn check(&self, text: &[u8], start: usize, found: &mut dyn FnMut(usize, u32)) {
        let rest = &text[start..];
        let run = rest.iter().take(LONGEST + 1);
        let length = run.take_while(|b| b.is_ascii_digit()).count();
        if !(SHORTEST..=LONGEST).contains(&length) || text[start] == b'0' {
            return;
        }
        let number = value(&text[start..start + length]);
        if self.wanted[(number / 64) as usize] >> (number % 64) & 1 == 0 {
            return;
        }
        let negative = start > 0 && text[start - 1] == b'-';
        let first = self.each.partition_point(|(other, _, _)| *other < number);
        for (other, signed, index) in &self.each[first..] {
            if *other != number {
                break;
            }
            if !signed || negative {
                found(start - usize::from(*signed), *index);
            }
        }
    }
}

fn value(digits: &[u8]) -> u32 {
    digits
        .iter()
        .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))
}

/// A bit for each byte from `at` that is a digit.
fn digits(text: &[u8], at: usize) -> u64 {
    if let Some(bytes) = text.get(at..at + LOOK) {
        let (chunks, _) = bytes.as_chunks::<8>();
        chunks
            .iter()
            .rev()
            .fold(0, |bits, chunk| bits << 8 | digits_of_eight(*chunk))
    } else {
        let bytes = text[at..].iter().enumerate();
        bytes.fold(0, |bits, (index, byte)| {
            bits | u64::from(byte.is_ascii_digit()) << index
        })
    }
}

/// A bit for each of eight bytes that is a digit, without a branch.
fn digits_of_eight(bytes: [u8; 8]) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let word = u64::from_le_bytes(bytes);
    let low = word & (EACH * 0x7f);
    // The highest bit of each byte: it is at least `0`, and not above `9`; and the byte is ASCII.
    let digit =
        (low + EACH * (0x80 - 0x30)) & !(low + EACH * (0x80 - 0x3a)) & !word & (EACH * 0x80);
    // Gathers the highest bits, the first byte's lowest.
    (digit >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXTS: [&[u8]; 6] = [b"10048", b"403", b"-100", b"1006", b"9100", b"100"];

    fn numbers() -> Numbers {
        let texts = TEXTS.iter().enumerate();
        Numbers::new(
            &texts
                .map(|(index, text)| (*text, index as u32))
                .collect::<Vec<_>>(),
        )
    }

    fn found(text: &[u8]) -> Vec<(usize, u32)> {
        let mut all = Vec::new();
        numbers().find(text, 0..text.len(), &mut |at, index| all.push((at, index)));
        all
    }

    #[test]
    fn a_number_is_found_whole_and_with_its_sign() {
        assert_eq!(
            found(b"(10048) 403, -100"),
            [(1, 0), (8, 1), (14, 5), (13, 2)]
        );
        assert!(found(b"110048 100480 4031 x10 0403").is_empty());
        assert_eq!(found(b"host:9100"), [(5, 4)]);
    }

    proptest! {
        #[test]
        fn it_finds_what_a_plain_look_finds(text in "[a (:.-]{0,3}([0149]{1,6}[a (:.\u{e9}-]{1,9}){0,40}") {
            let text = text.as_bytes();
            let mut plain = Vec::new();
            for start in 0..text.len() {
                let digits = text[start..].iter().take_while(|b| b.is_ascii_digit()).count();
                if start > 0 && text[start - 1].is_ascii_digit() {
                    continue;
                }
                let negative = start > 0 && text[start - 1] == b'-';
                for (index, wanted) in TEXTS.iter().enumerate() {
                    let (signed, number) = match wanted.strip_prefix(b"-") {
                        Some(number) => (true, number),
                        None => (false, *wanted),
                    };
                    if text[start..start + digits] == *number && (negative || !signed) {
                        plain.push((start - usize::from(signed), index as u32));
                    }
                }
            }
            let mut ours = found(text);
            plain.sort_unstable();
            ours.sort_unstable();
            prop_assert_eq!(ours, plain);
        }
    }
}
