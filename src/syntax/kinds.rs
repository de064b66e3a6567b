//! What kinds of bytes a text has, a bit a byte: so that where the next word with a digit stands, and what it is made of, is
//! a question to whole machine words and not to bytes.

use std::ops::Range;

use wide::u8x16;

/// Bytes whose kinds one machine word holds.
const BLOCK: usize = 64;

/// Kinds of the bytes of a text. A word is letters and digits of ASCII; all else is a mark.
#[derive(Debug, Default)]
pub struct Kinds {
    /// For each block; there is one more block than the text has, of marks.
    blocks: Vec<Block>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Block {
    digits: u64,
    /// Letters and digits.
    words: u64,
    /// Hexadecimal digits.
    hexadecimal: u64,
}

/// A word that has a digit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Where it stands.
    pub place: Range<usize>,
    /// A bit for each of its first 64 bytes that is a digit, the lowest for the first.
    pub digits: u64,
    /// What it is made of.
    pub made: Made,
    /// True if six digits or more stand in it side by side and are not all of it; of a word with other letters also if that
    /// many hexadecimal digits do.
    pub has_run: bool,
}

/// What a word is made of, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Made {
    /// Digits.
    Digits,
    /// Hexadecimal digits of both kinds.
    Hexadecimal,
    /// Other letters, too.
    Letters,
}

/// Digits of the shortest run that [`Word::has_run`] tells of.
const RUN: usize = 6;

impl Kinds {
    /// Takes in a text.
    pub fn fill(&mut self, text: &[u8]) {
        self.blocks.clear();
        let (blocks, rest) = text.as_chunks::<BLOCK>();
        self.blocks.extend(blocks.iter().map(Block::of));
        let mut block = [0; BLOCK];
        block[..rest.len()].copy_from_slice(rest);
        self.blocks.extend([Block::of(&block), Block::default()]);
    }

    /// The first word that has a digit from `at` on; what stands before `at` is no part of it.
    #[inline]
    pub fn next_word(&self, at: usize) -> Option<Word> {
        let digit = self.next(at, |block| block.digits)?;
        let start = self.start(digit, at);
        let bits = self.from(start);
        let length = (!bits.words).trailing_zeros() as usize;
        if length == BLOCK {
            return Some(self.long_word(start));
        }
        let bits = bits.first(length);
        Some(Word {
            place: start..start + length,
            digits: bits.digits,
            made: bits.made(),
            has_run: bits.has_run(length),
        })
    }

    /// The same for a word that is longer than a block. What is not known at a glance is told as if it were there.
    #[cold]
    fn long_word(&self, start: usize) -> Word {
        let end = self.next(start, |block| !block.words).unwrap_or(start);
        let parts = (start..end).step_by(BLOCK);
        let parts = parts.map(|at| self.from(at).first((end - at).min(BLOCK)).made());
        let made = parts.max().unwrap_or(Made::Digits);
        Word {
            place: start..end,
            digits: self.from(start).digits,
            made,
            has_run: made != Made::Digits,
        }
    }

    /// The first bit from `at` on.
    #[inline]
    fn next(&self, at: usize, bits: impl Fn(Block) -> u64) -> Option<usize> {
        let mut index = at / BLOCK;
        let mut found = bits(*self.blocks.get(index)?) & u64::MAX << (at % BLOCK);
        while found == 0 {
            index += 1;
            found = bits(*self.blocks.get(index)?);
        }
        Some(index * BLOCK + found.trailing_zeros() as usize)
    }

    /// Where the word begins that the byte at `at` is of, if that is not before `least`.
    #[inline]
    fn start(&self, at: usize, least: usize) -> usize {
        let mut index = at / BLOCK;
        let mut marks = !self.blocks[index].words & !(u64::MAX << (at % BLOCK));
        while marks == 0 && index > least / BLOCK {
            index -= 1;
            marks = !self.blocks[index].words;
        }
        let behind = index * BLOCK + BLOCK - marks.leading_zeros() as usize;
        behind.max(least)
    }

    /// The kinds of the bytes from `at` on, as many as a block has.
    #[inline]
    fn from(&self, at: usize) -> Block {
        let (index, shift) = (at / BLOCK, at % BLOCK);
        let here = self.blocks[index];
        let next = self.blocks.get(index + 1).copied().unwrap_or_default();
        let join = |here: u64, next: u64| here >> shift | next << 1 << (BLOCK - 1 - shift);
        Block {
            digits: join(here.digits, next.digits),
            words: join(here.words, next.words),
            hexadecimal: join(here.hexadecimal, next.hexadecimal),
        }
    }
}

/// Which of sixteen bytes are digits, letters, and letters of hexadecimal digits.
#[inline]
pub fn of_sixteen(bytes: u8x16) -> [u8x16; 3] {
    let letter = (bytes | u8x16::splat(0x20)) - u8x16::splat(b'a');
    let digit = bytes - u8x16::splat(b'0');
    [
        digit.simd_lt(u8x16::splat(10)),
        letter.simd_lt(u8x16::splat(26)),
        letter.simd_lt(u8x16::splat(6)),
    ]
}

impl Block {
    #[inline]
    fn of(bytes: &[u8; BLOCK]) -> Self {
        let mut block = Self::default();
        for (index, part) in bytes.as_chunks::<16>().0.iter().enumerate() {
            let [digit, letter, hexadecimal] = of_sixteen(u8x16::new(*part));
            let bits = |bytes: u8x16| u64::from(bytes.to_bitmask()) << (index * 16);
            block.digits |= bits(digit);
            block.words |= bits(letter);
            block.hexadecimal |= bits(hexadecimal);
        }
        block.words |= block.digits;
        block.hexadecimal |= block.digits;
        block
    }

    /// Its first bytes, less than all or all.
    #[inline]
    const fn first(self, length: usize) -> Self {
        let kept = u64::MAX >> ((BLOCK - length) % BLOCK);
        Self {
            digits: self.digits & kept,
            words: self.words & kept,
            hexadecimal: self.hexadecimal & kept,
        }
    }

    #[inline]
    const fn made(self) -> Made {
        if self.words == self.digits {
            Made::Digits
        } else if self.words == self.hexadecimal {
            Made::Hexadecimal
        } else {
            Made::Letters
        }
    }

    /// See [`Word::has_run`]; of a word of that length.
    #[inline]
    const fn has_run(self, length: usize) -> bool {
        length > RUN
            && self.words != self.digits
            && (has_run(self.digits) || self.words != self.hexadecimal && has_run(self.hexadecimal))
    }
}

/// True if [`RUN`] bits stand side by side.
#[inline]
const fn has_run(bits: u64) -> bool {
    let two = bits & bits >> 1;
    two & two >> 2 & two >> 4 != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same, byte by byte.
    fn plain(text: &[u8], at: usize) -> Option<Word> {
        let digit = (at..text.len()).find(|at| text[*at].is_ascii_digit())?;
        let is_mark = |at: &usize| !text[*at].is_ascii_alphanumeric();
        let start = (at..digit).rev().find(is_mark).map_or(at, |mark| mark + 1);
        let end = (digit..text.len()).find(is_mark).unwrap_or(text.len());
        let word = &text[start..end];
        let runs = |test: fn(&u8) -> bool| {
            let mut parts = word.chunk_by(|a, b| test(a) == test(b));
            parts.any(|part| part.len() >= RUN && part.len() < word.len() && test(&part[0]))
        };
        let letters = word.iter().any(u8::is_ascii_alphabetic);
        let made = match word.iter().all(u8::is_ascii_hexdigit) {
            _ if !letters => Made::Digits,
            true => Made::Hexadecimal,
            false => Made::Letters,
        };
        let has_run = if word.len() < BLOCK {
            runs(u8::is_ascii_digit) || runs(u8::is_ascii_hexdigit)
        } else {
            letters
        };
        Some(Word {
            place: start..end,
            digits: (word.iter().take(BLOCK).enumerate())
                .map(|(at, byte)| u64::from(byte.is_ascii_digit()) << at)
                .sum(),
            made,
            has_run,
        })
    }

    proptest! {
        #[test]
        fn words_are_what_they_are_byte_by_byte(
            parts in proptest::collection::vec("[0-9]{1,9}|[0-9a-fA-F]{1,70}|[a-zA-Z]{1,70}|[ ./:@`\\[ä{G]{1,3}", 0..30),
            at in 0usize..200,
        ) {
            let text = parts.concat();
            let text = text.as_bytes();
            let mut kinds = Kinds::default();
            kinds.fill(b"something that was there before, 12 and 1a");
            kinds.fill(text);
            prop_assert_eq!(kinds.next_word(at.min(text.len())), plain(text, at.min(text.len())));
        }
    }
}
