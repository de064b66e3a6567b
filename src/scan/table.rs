//! A table of texts that is looked up once a record.

/// Slots of a new table, as a power of two.
const SMALLEST: u32 = 10;

/// Texts and the order in which they came. All of them stand side by side, and a slot holds what tells nearly all others
/// apart, so that a look-up touches little memory.
#[derive(Debug, Default)]
pub struct Table {
    /// A power of two of them, less than three quarters in use.
    slots: Vec<Slot>,
    texts: Vec<u8>,
    /// Where each text begins.
    starts: Vec<u32>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Slot {
    hash: u32,
    start: u32,
    length: u32,
    /// One more than the text's place in the order; 0 in an empty slot.
    number: u32,
}

impl Table {
    /// Texts.
    pub const fn count(&self) -> usize {
        self.starts.len()
    }

    /// A text by its place in the order.
    #[inline]
    pub fn text(&self, place: usize) -> &[u8] {
        let start = self.starts[place] as usize;
        let end = self.starts.get(place + 1);
        &self.texts[start..end.map_or(self.texts.len(), |end| *end as usize)]
    }

    /// Bytes of all texts.
    pub const fn bytes(&self) -> usize {
        self.texts.len()
    }

    /// Which of the texts it is, from 0. `hash`: [`hash`] of it.
    #[inline]
    pub fn get(&self, hash: u32, text: &[u8]) -> Option<usize> {
        let mut at = self.home(hash)?;
        loop {
            let slot = self.slots[at];
            if slot.number == 0 {
                return None;
            }
            let is_like = slot.hash == hash && slot.length as usize == text.len();
            if is_like && self.texts[slot.start as usize..].starts_with(text) {
                return Some(slot.number as usize - 1);
            }
            at = (at + 1) % self.slots.len();
        }
    }

    /// Adds a text that is not there.
    pub fn insert(&mut self, hash: u32, text: &[u8]) {
        if (self.count() + 1) * 4 > self.slots.len() * 3 {
            let more = (self.slots.len() * 2).max(1 << SMALLEST);
            let old = std::mem::replace(&mut self.slots, vec![Slot::default(); more]);
            for slot in old.into_iter().filter(|slot| slot.number > 0) {
                self.put(slot);
            }
        }
        let start = self.texts.len() as u32;
        self.starts.push(start);
        self.put(Slot {
            hash,
            start,
            length: text.len() as u32,
            number: self.starts.len() as u32,
        });
        self.texts.extend_from_slice(text);
    }

    fn put(&mut self, slot: Slot) {
        let mut at = self.home(slot.hash).unwrap_or_default();
        while self.slots[at].number > 0 {
            at = (at + 1) % self.slots.len();
        }
        self.slots[at] = slot;
    }

    #[inline]
    fn home(&self, hash: u32) -> Option<usize> {
        (!self.slots.is_empty()).then(|| hash as usize & (self.slots.len() - 1))
    }
}

/// A quick hash: nobody gains by collisions inside one run.
#[inline]
pub fn hash(text: &[u8]) -> u32 {
    const ONE: u64 = 0x9e37_79b9_7f4a_7c15;
    const TWO: u64 = 0xd6e8_feb8_6659_fd93;
    let mix = |sum: u64, pair: &[u8; 16]| {
        let (one, two) = pair.split_at(8);
        let word = |bytes: &[u8]| bytes.first_chunk().map_or(0, |b| u64::from_le_bytes(*b));
        let product = u128::from(word(one) ^ ONE) * u128::from(word(two) ^ TWO ^ sum);
        (product >> 64) as u64 ^ product as u64 ^ sum.rotate_left(23)
    };
    let (pairs, rest) = text.as_chunks::<16>();
    let sum = pairs.iter().fold(text.len() as u64, mix);
    // The last bytes are taken together with some that were taken before, if there are any.
    let mut short = [0; 16];
    let last = text.last_chunk().unwrap_or_else(|| {
        short[..rest.len()].copy_from_slice(rest);
        &short
    });
    let sum = mix(sum, last);
    (sum ^ sum >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_found_by_its_place_and_no_other_is() {
        let mut table = Table::default();
        let texts: Vec<String> = (0..5000)
            .map(|n| "x".repeat(n % 40) + &n.to_string())
            .collect();
        for text in &texts {
            let text = text.as_bytes();
            assert_eq!(table.get(hash(text), text), None);
            table.insert(hash(text), text);
        }
        for (place, text) in texts.iter().enumerate() {
            let text = text.as_bytes();
            assert_eq!(table.get(hash(text), text), Some(place));
            assert_eq!(table.text(place), text);
            assert_eq!(table.get(hash(&text[1..]), &text[1..]).is_some(), {
                texts.iter().any(|other| other.as_bytes() == &text[1..])
            });
        }
        assert_eq!(table.bytes(), texts.concat().len());
    }

    #[test]
    fn texts_of_one_hash_are_told_apart() {
        let mut table = Table::default();
        table.insert(7, b"one");
        table.insert(7, b"two");
        assert_eq!(table.get(7, b"two"), Some(1));
        assert_eq!(table.get(7, b"six"), None);
    }
}
