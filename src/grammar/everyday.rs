//! How often pieces of text stand in everyday traces: what is searched for first is what they rarely have.

/// Buckets for pieces of four bytes.
const QUADS: usize = 1 << 14;
/// What one sighting would weigh that a short text happens not to have.
const UNSEEN: f64 = 0.05;

/// Counts of pieces in everyday lines. Without any lines, all texts are alike, and longer ones are rarer.
#[derive(Debug, Clone, Default)]
pub struct Everyday {
    /// The lines, lower case, every digit as 0.
    text: Vec<u8>,
    quads: Vec<u16>,
    pairs: Vec<u16>,
}

impl Everyday {
    /// Counts the pieces of everyday lines.
    pub fn of(lines: &str) -> Self {
        let text: Vec<u8> = lines.bytes().map(folded).collect();
        let mut quads = vec![0u16; QUADS];
        let mut pairs = vec![0u16; 1 << 16];
        for quad in text.windows(4) {
            let count = &mut quads[bucket(quad)];
            *count = count.saturating_add(1);
        }
        for pair in text.windows(2) {
            let count = &mut pairs[usize::from(pair[0]) << 8 | usize::from(pair[1])];
            *count = count.saturating_add(1);
        }
        Self { text, quads, pairs }
    }

    /// How often a piece of up to four bytes is expected in one byte of trace.
    pub fn piece(&self, given: &[u8]) -> f64 {
        let digits = given.iter().filter(|b| b.is_ascii_digit()).count() as i32;
        let mut room = [0; 4];
        let piece = &mut room[..given.len()];
        piece.copy_from_slice(given);
        piece.iter_mut().for_each(|byte| *byte = folded(*byte));
        let size = self.text.len().max(1) as f64;
        // Each pair as if it were on its own: what was never seen is still more or less likely.
        let likely: f64 = piece
            .windows(2)
            .map(|pair| (self.pair(pair) + UNSEEN) / size)
            .fold(1.0, |product, share| product * (share * 40.0).min(1.0));
        let seen = if piece.len() == 4 && !self.quads.is_empty() {
            f64::from(self.quads[bucket(piece)]) / size
        } else {
            0.0
        };
        (seen + UNSEEN * likely) * 0.1f64.powi(digits)
    }

    /// How often a text is expected in one byte of trace.
    pub fn frequency(&self, text: &[u8]) -> f64 {
        let rarest = match text.len() {
            0..4 => self.piece(text) * 40.0,
            _ => text
                .windows(4)
                .map(|quad| self.piece(quad))
                .fold(1.0, f64::min),
        };
        let digits = text.iter().filter(|b| b.is_ascii_digit()).count() as i32;
        let folded: Vec<u8> = text.iter().copied().map(folded).collect();
        let known = text.len() >= 4
            && !self.quads.is_empty()
            && folded.windows(4).all(|quad| self.quads[bucket(quad)] > 0);
        let times = if known {
            memchr::memmem::find_iter(&self.text, &folded).count() as f64
        } else {
            0.0
        };
        let size = self.text.len().max(1) as f64;
        times / size * 0.1f64.powi(digits) + rarest * UNSEEN
    }

    fn pair(&self, pair: &[u8]) -> f64 {
        let at = usize::from(pair[0]) << 8 | usize::from(pair[1]);
        self.pairs.get(at).map_or(0.0, |count| f64::from(*count))
    }
}

/// Lower case, and one digit for all.
fn folded(byte: u8) -> u8 {
    if byte.is_ascii_digit() {
        b'0'
    } else {
        byte.to_ascii_lowercase()
    }
}

fn bucket(quad: &[u8]) -> usize {
    let number = u32::from_le_bytes([quad[0], quad[1], quad[2], quad[3]]);
    (number.wrapping_mul(0x9e37_79b1) >> 18) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everyday_lines_have_is_more_frequent_than_what_they_have_not() {
        let everyday = Everyday::of("connecting to host 12\nmessage received from host 77\n");
        assert!(everyday.frequency(b"connecting to") > everyday.frequency(b"econnrefused"));
        assert!(everyday.frequency(b"host 1") > everyday.frequency(b"idx10223"));
        assert!(everyday.piece(b"ecei") > everyday.piece(b"qzxv"));
    }

    #[test]
    fn without_lines_it_still_answers() {
        let everyday = Everyday::default();
        assert!(everyday.frequency(b"econnrefused") > 0.0);
        assert!(everyday.frequency(b"403") >= everyday.frequency(b"40310"));
    }
}
