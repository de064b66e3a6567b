//! The outline of a text: the text with its numbers and ids blanked out, as long as the text itself.
//!
//! It says less than a [skeleton](super::skeleton), which has the numbers that are searched for, but is made without a
//! branch for each number. What numbers must be looked at is known of the outline, see [`super::skeleton::slots`].

pub mod shapes;

use wide::u8x16;

use super::kinds::of_sixteen;

/// What stands for a digit.
pub const DIGIT: u8 = b'0';
/// What stands for each digit of a hexadecimal id. No other digit stands in an outline.
pub const ID: u8 = b'1';
/// Letters and digits of the shortest id: `1a0c`. What is shorter loses its digits only.
pub const SHORTEST_ID: usize = 4;
/// Bytes that are looked at together.
const BLOCK: usize = 64;
/// Bytes that are compared together.
const STEP: usize = 16;

/// An outline, and room to make the next one.
#[derive(Debug, Default)]
pub struct Outline {
    bytes: Vec<u8>,
    length: usize,
}

/// What the bytes of a block are, a bit a byte.
struct Kinds {
    digits: u64,
    /// Letters and digits.
    words: u64,
    /// Hexadecimal digits.
    hexadecimal: u64,
}

impl Outline {
    /// Takes in a text; false if one of its words is longer than a block, and there is no outline then.
    pub fn fill(&mut self, text: &[u8]) -> bool {
        self.length = text.len();
        if self.bytes.len() < text.len() + BLOCK {
            self.bytes.resize(text.len() + BLOCK, 0);
        }
        let mut at = 0;
        loop {
            let rest = &text[at..];
            let mut last = [0; BLOCK];
            let block = rest.first_chunk().unwrap_or_else(|| {
                last[..rest.len()].copy_from_slice(rest);
                &last
            });
            let room = &mut self.bytes[at..at + BLOCK];
            let kinds = Kinds::of(block, room);
            if rest.len() < BLOCK {
                kinds.blank_ids(room);
                return true;
            }
            // A word that goes on behind the block is the next one's.
            let end = BLOCK - 1 - (!kinds.words).leading_zeros().min(BLOCK as u32 - 1) as usize;
            if end == 0 {
                return false;
            }
            kinds.before(end).blank_ids(room);
            at += end;
        }
    }

    /// The outline.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Kinds {
    /// The kinds of a block's bytes; writes the block without its digits.
    #[inline]
    fn of(block: &[u8; BLOCK], out: &mut [u8]) -> Self {
        let mut kinds = Self {
            digits: 0,
            words: 0,
            hexadecimal: 0,
        };
        let parts = block.as_chunks::<STEP>().0.iter();
        let outs = out.as_chunks_mut::<STEP>().0.iter_mut();
        for (index, (part, out)) in parts.zip(outs).enumerate() {
            let bytes = u8x16::new(*part);
            let [is_digit, is_letter, is_hexadecimal] = of_sixteen(bytes);
            let bits = |bytes: u8x16| u64::from(bytes.to_bitmask()) << (index * STEP);
            kinds.digits |= bits(is_digit);
            kinds.words |= bits(is_letter);
            kinds.hexadecimal |= bits(is_hexadecimal);
            // The low bits of a digit tell which it is.
            *out = (bytes & !(is_digit & u8x16::splat(0x0f))).to_array();
        }
        kinds.words |= kinds.digits;
        kinds.hexadecimal |= kinds.digits;
        kinds
    }

    /// Its first bytes, less than all.
    #[inline]
    const fn before(self, end: usize) -> Self {
        let kept = (1 << end) - 1;
        Self {
            digits: self.digits & kept,
            words: self.words & kept,
            hexadecimal: self.hexadecimal & kept,
        }
    }

    /// Blanks out words that are ids. The last byte is no part of a word.
    #[inline]
    fn blank_ids(&self, out: &mut [u8]) {
        // A bit that is added to a word carries to the place behind the word, wherever in it the bit is.
        let behind_words_with = |some: u64| self.words.wrapping_add(some) & !self.words;
        let two = self.words & self.words >> 1;
        let mut ends = behind_words_with(self.digits)
            & behind_words_with(self.hexadecimal & !self.digits)
            & behind_words_with(two & two >> 2)
            & !behind_words_with(self.words & !self.hexadecimal);
        while ends != 0 {
            let end = ends.trailing_zeros() as usize;
            let marks_before = !self.words & !(u64::MAX << end);
            let start = BLOCK - marks_before.leading_zeros() as usize;
            out[start..end].fill(ID);
            ends &= ends - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same, word by word.
    fn plain(text: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        for word in text.chunk_by(|a, b| a.is_ascii_alphanumeric() == b.is_ascii_alphanumeric()) {
            let is_word = word[0].is_ascii_alphanumeric();
            let has = |test: fn(&u8) -> bool| word.iter().any(test);
            let is_id = is_word
                && word.len() >= SHORTEST_ID
                && word.iter().all(u8::is_ascii_hexdigit)
                && has(u8::is_ascii_digit)
                && has(u8::is_ascii_alphabetic);
            if is_word && word.len() >= BLOCK - 1 {
                return None;
            }
            out.extend(word.iter().map(|byte| match byte {
                _ if is_id => ID,
                b'0'..=b'9' => DIGIT,
                byte => *byte,
            }));
        }
        Some(out)
    }

    #[test]
    fn digits_and_ids_are_blanked_out() {
        let mut outline = Outline::default();
        for (text, wanted) in [
            ("took 216 us of 12:05", "took 000 us of 00:00"),
            ("call id 8987ec81f8f4", "call id 111111111111"),
            ("dead 1a 1a0c x12ab", "dead 0a 1111 x00ab"),
            ("größte 12", "größte 00"),
            ("", ""),
        ] {
            assert!(outline.fill(text.as_bytes()));
            assert_eq!(String::from_utf8_lossy(outline.bytes()), wanted);
        }
    }

    proptest! {
        #[test]
        fn an_outline_is_what_it_is_word_by_word(
            parts in proptest::collection::vec("[0-9]{1,9}|[0-9a-fA-F]{1,40}|[a-zA-Z]{1,40}|[ ./:@`\\[ä{G]{1,3}", 0..30),
        ) {
            let text = parts.concat();
            let mut outline = Outline::default();
            outline.fill(b"something that was there before, 12 and 1a");
            let is_filled = outline.fill(text.as_bytes());
            // A long word may still fit where no block ends in it.
            if let Some(wanted) = plain(text.as_bytes()) {
                prop_assert!(is_filled, "{}", text);
                prop_assert_eq!(outline.bytes(), wanted);
            }
        }
    }
}
