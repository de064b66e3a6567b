//! Which pieces of four bytes a record has: tells for most texts, without a search, that they do not stand in it.

/// Bytes of a piece.
const PIECE: usize = 4;
/// Words of the set for a short record; a longer one gets more.
const LEAST: usize = 32;
/// Words of the set for the longest record.
const MOST: usize = 4096;

/// Two pieces of a text, hashed; a text shorter than a piece has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe(Option<(u32, u32)>);

impl Probe {
    /// The first and the last piece of a text, where nothing is known of how frequent they are.
    pub fn of_ends(text: &[u8]) -> Self {
        Self(
            text.first_chunk()
                .zip(text.last_chunk())
                .map(|(first, last)| (hash(*first), hash(*last))),
        )
    }

    /// The two rarest pieces of a text; `frequency`: how often a piece stands in everyday text.
    pub fn new(text: &[u8], frequency: &dyn Fn(&[u8]) -> f64) -> Self {
        let mut pieces: Vec<(f64, u32)> = text
            .windows(PIECE)
            .filter_map(|piece| Some((frequency(piece), hash(*piece.first_chunk()?))))
            .collect();
        pieces.sort_by(|a, b| a.0.total_cmp(&b.0));
        pieces.dedup_by_key(|piece| piece.1);
        let first = pieces.first();
        Self(first.map(|(_, one)| (*one, pieces.get(1).map_or(*one, |(_, two)| *two))))
    }
}

impl Probe {
    /// The first of its pieces, as [`all`] gives them.
    pub fn piece(self) -> Option<u32> {
        self.0.map(|(one, _)| one)
    }
}

/// The pieces of a text.
pub fn all(text: &[u8]) -> impl Iterator<Item = u32> {
    let pieces = text.windows(PIECE).filter_map(<[u8]>::first_chunk);
    pieces.map(|piece| hash(*piece))
}

/// The pieces of one record.
#[derive(Debug, Default)]
pub struct Pieces {
    bits: Vec<u64>,
    shift: u32,
}

impl Pieces {
    /// Takes in a record's text.
    pub fn fill(&mut self, text: &[u8]) {
        // One bit in sixteen set: two probes are wrong once in 250 times.
        let words = (text.len() / 4).next_power_of_two().clamp(LEAST, MOST);
        self.bits.clear();
        self.bits.resize(words, 0);
        self.shift = 32 - (words * 64).ilog2();
        let (bits, shift, mask) = (&mut *self.bits, self.shift, words - 1);
        let mut note = |piece: u32| {
            let bit = hash_of(piece) >> shift;
            bits[(bit / 64) as usize & mask] |= 1 << (bit % 64);
        };
        // Five pieces of eight bytes that are loaded at once.
        let mut at = 0;
        while let Some(eight) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
            let eight = u64::from_le_bytes(*eight);
            for shift in [0, 8, 16, 24, 32] {
                note((eight >> shift) as u32);
            }
            at += 5;
        }
        for piece in text[at..].windows(PIECE) {
            note(u32::from_le_bytes([piece[0], piece[1], piece[2], piece[3]]));
        }
    }

    /// False if the text that the probe is of does not stand in the record.
    pub fn may_have(&self, probe: Probe) -> bool {
        probe
            .0
            .is_none_or(|(one, two)| self.has(one) && self.has(two))
    }

    fn has(&self, hash: u32) -> bool {
        let bit = hash >> self.shift;
        self.bits[(bit / 64) as usize] >> (bit % 64) & 1 == 1
    }
}

fn hash(piece: [u8; PIECE]) -> u32 {
    hash_of(u32::from_le_bytes(piece))
}

#[inline]
fn hash_of(piece: u32) -> u32 {
    piece.wrapping_mul(0x9e37_79b1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_stands_in_the_record_is_never_denied(text in "[a-e]{0,300}", at in 0usize..300, len in 0usize..9) {
            let text = text.as_bytes();
            let mut pieces = Pieces::default();
            pieces.fill(text);
            let at = at.min(text.len());
            let part = &text[at..(at + len).min(text.len())];
            prop_assert!(pieces.may_have(Probe::new(part, &|_| 1.0)));
        }
    }

    #[test]
    fn what_does_not_stand_in_it_is_nearly_always_denied() {
        let mut pieces = Pieces::default();
        pieces.fill(b"2020-08-10 00:01:37.0810|trace|renderer|executed endpoint 'hub' in 20 ms, 330 bytes, no error at all");
        let denied =
            |n: &u32| !pieces.may_have(Probe::new(format!("text {n}").as_bytes(), &|_| 1.0));
        assert!((0..1000).filter(denied).count() > 970);
    }
}
