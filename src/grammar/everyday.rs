//! How often pieces of text stand in everyday traces: what is searched for first is what they rarely have.

/// Buckets for pieces of four bytes.
const QUADS: usize = 1 << 14;
/// What one sighting would weigh that a short text happens not to have.
const UNSEEN: f64 = 0.05;

/// What each digit of a piece makes it rarer by, as all digits are one here.
const TENTHS: [f64; 5] = [1.0, 0.1, 0.01, 1e-3, 1e-4];
/// Bytes of ASCII.
const ASCII: u8 = 128;
/// No place.
const NONE: u32 = u32::MAX;

/// Counts of pieces in everyday lines. Without any lines, all texts are alike, and longer ones are rarer.
#[derive(Debug, Clone)]
pub struct Everyday {
    /// The lines, lower case, every digit as 0.
    text: Vec<u8>,
    /// That of one byte of them.
    share: f64,
    quads: Vec<u16>,
    pairs: Vec<u16>,
    /// For each pair of ASCII how likely it is, as if it were on its own: what was never seen is still more or less so.
    likely: Vec<f64>,
    /// For each bucket the first place of such a piece, and for each place the next one.
    first: Vec<u32>,
    next: Vec<u32>,
}

impl Default for Everyday {
    fn default() -> Self {
        Self {
            text: Vec::new(),
            share: 1.0,
            quads: Vec::new(),
            pairs: Vec::new(),
            likely: Vec::new(),
            first: Vec::new(),
            next: Vec::new(),
        }
    }
}

impl Everyday {
    /// Counts the pieces of everyday lines.
    pub fn of(lines: &str) -> Self {
        let text: Vec<u8> = lines.bytes().map(folded).collect();
        let mut quads = vec![0u16; QUADS];
        let mut pairs = vec![0u16; 1 << 16];
        let all = || quads_of(&text).enumerate();
        for (_, quad) in all() {
            let count = &mut quads[bucket(quad)];
            *count = count.saturating_add(1);
        }
        for pair in text.windows(2) {
            let count = &mut pairs[usize::from(pair[0]) << 8 | usize::from(pair[1])];
            *count = count.saturating_add(1);
        }
        let share = 1.0 / text.len().max(1) as f64;
        let of_pair = |a: u8, b: u8| {
            let count = pairs[usize::from(a) << 8 | usize::from(b)];
            likely(f64::from(count), share)
        };
        let likely = (0..ASCII).flat_map(|a| (0..ASCII).map(move |b| (a, b)));
        let likely = likely.map(|(a, b)| of_pair(a, b)).collect();
        let mut first = vec![NONE; QUADS];
        let mut next = vec![NONE; text.len()];
        for (at, quad) in all().rev() {
            next[at] = std::mem::replace(&mut first[bucket(quad)], at as u32);
        }
        Self {
            text,
            share,
            quads,
            pairs,
            likely,
            first,
            next,
        }
    }

    /// How often a piece of up to four bytes is expected in one byte of trace.
    pub fn piece(&self, given: &[u8]) -> f64 {
        match given.first_chunk() {
            Some(quad) if given.len() == 4 && !self.quads.is_empty() => self.quad(*quad),
            _ => self.short(given),
        }
    }

    /// The same of four bytes, which is asked for a hundred thousand times at each start.
    fn quad(&self, given: [u8; 4]) -> f64 {
        let piece = given.map(|byte| FOLDED[usize::from(byte)]);
        let [a, b, c, d] = piece;
        let likely = |a: u8, b: u8| {
            let known = self.likely.get(usize::from(a) << 7 | usize::from(b));
            known.copied().unwrap_or_default()
        };
        let likely = if (a | b | c | d) < ASCII {
            likely(a, b) * likely(b, c) * likely(c, d)
        } else {
            self.all_likely(&piece)
        };
        let seen = f64::from(self.quads[bucket(piece)]) * self.share;
        let weight = seen + UNSEEN * likely;
        let digits = piece.map(|byte| usize::from(byte == b'0'));
        match digits.into_iter().sum() {
            0 => weight,
            digits => weight * TENTHS[digits],
        }
    }

    /// How likely a piece is by its pairs alone.
    fn all_likely(&self, piece: &[u8]) -> f64 {
        let pairs = piece.windows(2);
        pairs
            .map(|pair| likely(self.pair(pair), self.share))
            .product()
    }

    fn short(&self, given: &[u8]) -> f64 {
        let mut room = [0; 4];
        let piece = &mut room[..given.len()];
        let mut digits = 0;
        for (own, byte) in piece.iter_mut().zip(given) {
            *own = folded(*byte);
            digits += usize::from(*own == b'0');
        }
        let likely = self.all_likely(piece);
        let seen = if piece.len() == 4 && !self.quads.is_empty() {
            f64::from(self.quads[bucket([piece[0], piece[1], piece[2], piece[3]])]) * self.share
        } else {
            0.0
        };
        (seen + UNSEEN * likely) * TENTHS[digits]
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
        self.times(text) as f64 * self.share * 0.1f64.powi(digits) + rarest * UNSEEN
    }

    /// How often a text stands in the lines.
    fn times(&self, text: &[u8]) -> usize {
        let folded: Vec<u8> = text.iter().copied().map(folded).collect();
        if self.quads.is_empty() {
            return 0;
        }
        // Where its rarest piece stands, it may.
        let count = |(_, quad): &(usize, [u8; 4])| self.quads[bucket(*quad)];
        let Some((offset, quad)) = quads_of(&folded).enumerate().min_by_key(count) else {
            return 0;
        };
        let place = |at: u32| (at != NONE).then_some(at);
        let places = std::iter::successors(place(self.first[bucket(quad)]), |at| {
            place(self.next[*at as usize])
        });
        let starts = places.filter_map(|at| (at as usize).checked_sub(offset));
        starts
            .filter(|start| self.text[*start..].starts_with(&folded))
            .count()
    }

    fn pair(&self, pair: &[u8]) -> f64 {
        let at = usize::from(pair[0]) << 8 | usize::from(pair[1]);
        self.pairs.get(at).map_or(0.0, |count| f64::from(*count))
    }
}

/// How likely a pair is that stands so often in the lines; `share`: that of one byte of them.
fn likely(times: f64, share: f64) -> f64 {
    ((times + UNSEEN) * share * 40.0).min(1.0)
}

const FOLDED: [u8; 256] = {
    let mut all = [0; 256];
    let mut at = 0;
    while at < 256 {
        all[at] = folded(at as u8);
        at += 1;
    }
    all
};

/// Lower case, and one digit for all.
const fn folded(byte: u8) -> u8 {
    if byte.is_ascii_digit() {
        b'0'
    } else {
        byte.to_ascii_lowercase()
    }
}

/// Each four bytes of a text that stand together.
fn quads_of(text: &[u8]) -> impl DoubleEndedIterator<Item = [u8; 4]> + ExactSizeIterator {
    let quad = |part: &[u8]| part.first_chunk().copied().unwrap_or_default();
    text.windows(4).map(quad)
}

fn bucket(quad: [u8; 4]) -> usize {
    (u32::from_le_bytes(quad).wrapping_mul(0x9e37_79b1) >> 18) as usize
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
    fn a_piece_of_four_bytes_weighs_the_same_either_way() {
        let everyday = Everyday::of("connecting to host 12\nmessage received from host 77\n");
        for quad in [b"Conn", b"st 1", b"7777", b"qzxv", b"\xff\0ab"] {
            let (quick, slow) = (everyday.piece(quad), everyday.short(quad));
            assert!((quick - slow).abs() <= f64::EPSILON * slow, "{quad:?}");
        }
    }

    #[test]
    fn times_are_counted() {
        let everyday = Everyday::of("connecting to host 12\nreconnecting to host 7\n");
        let times = |text: &[u8]| everyday.times(text);
        assert_eq!(
            [
                times(b"connecting"),
                times(b"reconnecting to"),
                times(b"host 9")
            ],
            [2, 1, 2]
        );
        assert_eq!(
            [times(b"connected"), times(b"to"), times(b"to host 999")],
            [0, 0, 0]
        );
    }

    #[test]
    fn without_lines_it_still_answers() {
        let everyday = Everyday::default();
        assert!(everyday.frequency(b"econnrefused") > 0.0);
        assert!(everyday.frequency(b"403") >= everyday.frequency(b"40310"));
    }
}
