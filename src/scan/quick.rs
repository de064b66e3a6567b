//! A quick hash.

use std::hash::Hasher;

/// What is looked up once a record is hashed quickly: nobody gains by collisions inside one block.
#[derive(Debug)]
pub struct Quick(u64);

impl Default for Quick {
    fn default() -> Self {
        // Any number but 0, to which more zeros would add nothing.
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl Hasher for Quick {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 29
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        let mut word = [0; 8];
        word[..rest.len()].copy_from_slice(rest);
        self.write_u64(u64::from_le_bytes(word));
    }

    // What an enum or a number adds is one word, and needs no bytes.
    fn write_u8(&mut self, byte: u8) {
        self.write_u64(byte.into());
    }

    fn write_u16(&mut self, number: u16) {
        self.write_u64(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

#[cfg(test)]
mod tests {
    use std::hash::Hash;

    use super::*;

    #[test]
    fn what_begins_with_zeros_has_a_hash_of_its_own() {
        let hash = |words: &[u64]| {
            let mut quick = Quick::default();
            words.iter().for_each(|word| word.hash(&mut quick));
            quick.finish()
        };
        let all: Vec<u64> = [&[][..], &[0], &[0, 0], &[1, 0], &[0, 1, 0], &[0, 1], &[1]]
            .map(hash)
            .into();
        for (at, one) in all.iter().enumerate() {
            assert!(!all[..at].contains(one), "{at}");
        }
    }
}
