//! Where lines end: 64 bytes at a time, as a call for each line takes longer than most lines do.

use wide::u8x16;

/// Bytes that are looked at together.
const BLOCK: usize = 64;
const STEP: usize = 16;

/// The line feeds of a text, in order, as long as there are whole blocks of it.
#[derive(Debug)]
pub struct Feeds {
    /// Where the block that is looked at begins, and the next one.
    block: usize,
    next: usize,
    /// A bit for each line feed of the block that was not told yet.
    bits: u64,
}

impl Feeds {
    /// Those from a place on.
    pub const fn from(at: usize) -> Self {
        Self {
            block: at,
            next: at,
            bits: 0,
        }
    }

    /// The next one; `None` from where less than a block of the text is left.
    #[inline]
    pub fn next(&mut self, text: &[u8]) -> Option<usize> {
        while self.bits == 0 {
            let block = text.get(self.next..)?.first_chunk()?;
            self.bits = feeds(block);
            self.block = self.next;
            self.next += BLOCK;
        }
        let at = self.block + self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        Some(at)
    }
}

#[inline]
fn feeds(block: &[u8; BLOCK]) -> u64 {
    let parts = block.as_chunks::<STEP>().0.iter().enumerate();
    parts.fold(0, |bits, (index, part)| {
        let is_feed = u8x16::new(*part).simd_eq(u8x16::splat(b'\n'));
        bits | u64::from(is_feed.to_bitmask()) << (index * STEP)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn they_are_told_in_order_up_to_the_last_block(text in "[a\n]{0,300}|[^\n]{0,200}", at in 0usize..100) {
            let at = at.min(text.len());
            let text = text.as_bytes();
            let mut feeds = Feeds::from(at);
            let told: Vec<usize> = std::iter::from_fn(|| feeds.next(text)).collect();
            let whole = at + (text.len() - at) / BLOCK * BLOCK;
            let all: Vec<usize> = memchr::memchr_iter(b'\n', &text[at..whole]).map(|feed| at + feed).collect();
            prop_assert_eq!(told, all);
        }
    }
}
