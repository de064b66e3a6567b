//! Where lines end: 64 bytes at a time, as a call for each line takes longer than most lines do.

use wide::u8x16;

/// Bytes that are looked at together.
const BLOCK: usize = 64;
const STEP: usize = 16;
/// Bytes in which line feeds are found before the first of them is told: whether a block has one is nothing that a processor
/// can guess.
const STRETCH: usize = 32 * BLOCK;
/// Line feeds of a block that are noted without asking how many there are.
const USUAL: usize = 2;

/// The line feeds of a text, in order, as long as there are whole blocks of it.
#[derive(Debug)]
pub struct Feeds {
    /// Where the stretch that was looked at begins, and where it ends.
    stretch: usize,
    end: usize,
    /// Places in it, how many they are, and how many of them were told.
    found: [u16; STRETCH + USUAL],
    count: usize,
    told: usize,
}

impl Feeds {
    /// Those from a place on.
    pub const fn from(at: usize) -> Self {
        Self {
            stretch: at,
            end: at,
            found: [0; STRETCH + USUAL],
            count: 0,
            told: 0,
        }
    }

    /// The next one; `None` from where less than a block of the text is left.
    #[inline]
    pub fn next(&mut self, text: &[u8]) -> Option<usize> {
        let at = self.peek(text)?;
        self.told += 1;
        Some(at)
    }

    /// The same, and it stays the next one.
    #[inline]
    pub fn peek(&mut self, text: &[u8]) -> Option<usize> {
        if self.told == self.count && !self.find(text) {
            return None;
        }
        let at = self.found.get(self.told)?;
        Some(self.stretch + usize::from(*at))
    }

    /// The one behind the next one, if that is not far.
    #[inline]
    pub fn second(&mut self, text: &[u8]) -> Option<usize> {
        if self.told + 1 >= self.count {
            // From the next one on they are found once more, if a block is left there.
            let next = self.peek(text)?;
            text.get(next..)?.first_chunk::<BLOCK>()?;
            self.end = next;
            self.find(text);
        }
        let at = self.found[..self.count].get(self.told + 1)?;
        Some(self.stretch + usize::from(*at))
    }

    /// Goes on to the next one.
    #[inline]
    pub const fn advance(&mut self) {
        self.told += 1;
    }

    /// Finds those of the next stretch that has some; false if there is none.
    #[inline(never)]
    fn find(&mut self, text: &[u8]) -> bool {
        (self.count, self.told) = (0, 0);
        while self.count == 0 {
            let rest = text.get(self.end..).unwrap_or_default();
            let blocks = rest[..rest.len().min(STRETCH)].as_chunks::<BLOCK>().0;
            if blocks.is_empty() {
                return false;
            }
            self.stretch = self.end;
            self.end += blocks.len() * BLOCK;
            for (index, block) in blocks.iter().enumerate() {
                self.note(index * BLOCK, feeds(block));
            }
        }
        true
    }

    /// Notes those of a block. `bits`: one for each. To count them takes longer than to see that there are two at most.
    #[inline]
    fn note(&mut self, block: usize, bits: u64) {
        let place = |bits: u64| (block + bits.trailing_zeros() as usize) as u16;
        let without_first = |bits: u64| bits & bits.wrapping_sub(1);
        let second = without_first(bits);
        let mut left = without_first(second);
        let room = self.found.get_mut(self.count..);
        if let Some(two) = room.and_then(<[u16]>::first_chunk_mut) {
            *two = [place(bits), place(second)];
        }
        self.count += usize::from(bits > 0) + usize::from(second > 0);
        while left > 0 {
            if let Some(next) = self.found.get_mut(self.count) {
                *next = place(left);
            }
            self.count += 1;
            left = without_first(left);
        }
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
        fn they_are_told_in_order_up_to_the_last_block(text in "[a\n]{0,300}|[^\n]{0,200}|([a-z]{0,90}\n){0,90}|\n{2000,4500}", at in 0usize..100) {
            let at = at.min(text.len());
            let text = text.as_bytes();
            let mut feeds = Feeds::from(at);
            let told: Vec<usize> = std::iter::from_fn(|| feeds.next(text)).collect();
            let whole = at + (text.len() - at) / BLOCK * BLOCK;
            let all: Vec<usize> = memchr::memchr_iter(b'\n', &text[at..whole]).map(|feed| at + feed).collect();
            prop_assert_eq!(&told, &all);
            // To look for the second one may find more of them.
            let mut feeds = Feeds::from(at);
            let all: Vec<usize> = memchr::memchr_iter(b'\n', &text[at..]).map(|feed| at + feed).collect();
            let mut seen = 0;
            while feeds.peek(text).is_some() {
                let second = feeds.second(text);
                let next = all.get(seen + 1).copied();
                let is_near = next.is_some_and(|next| next < all[seen] + STRETCH / 2 && next < whole && all[seen] + 2 * BLOCK <= text.len());
                prop_assert!(second == next || !is_near && second.is_none());
                prop_assert_eq!(feeds.next(text), Some(all[seen]));
                seen += 1;
            }
            prop_assert!(all.get(seen).is_none_or(|next| next + BLOCK > text.len()));
        }
    }
}
