//! Where a text may hold a secret: the places of the anchors of all shapes, found in one pass over whole pages.
//!
//! An Aho-Corasick automaton over the anchors waits for its own last step at each byte. Here each anchor gives up one
//! stretch of four bytes, the one that everyday lines have least, and only every second place is looked up in a table,
//! by three bytes: wherever the stretch stands, one of its two pieces of three bytes begins at such a place. Look-ups do
//! not wait for each other. What the table knows is compared with the byte behind the piece and then with the anchor, so
//! what is reported does stand there.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use memchr::memmem::Finder;

/// Lines by which rare stretches are told from usual ones.
const EVERYDAY: &str = include_str!("../../../grammars/everyday.txt");
/// Bits by which a byte is looked up.
const BITS: usize = 5;
/// Bytes that are folded at once: they stay in the first-level cache.
const PART: usize = 256;
/// Places that are looked up before it is asked whether any of them was known.
const GROUP: usize = 16;
/// Sets of keys that the table can tell apart; what is beyond goes to the last one.
const MOST_KEYS: usize = u8::MAX as usize;
/// Anchors that are searched for by themselves, at most.
const MOST_ALONE: usize = 2;
/// Weight of the letters alone against the sightings of three bytes: everyday lines do not have everything.
const LETTERS: f64 = 3.0;

/// A byte by the bits that are looked up: letters by what they are in any case, anything else by a few.
#[inline]
const fn fold(byte: u8) -> u8 {
    if byte >= 0x40 {
        byte & 0x1f
    } else {
        27 + (byte & 3)
    }
}

/// Three folded bytes as one number.
fn piece(text: &[u8]) -> usize {
    let bits = |at: usize| usize::from(fold(text[at])) << (BITS * at);
    bits(0) | bits(1) | bits(2)
}

/// What is compared where a piece was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    /// Where the piece stands in the anchor; -1 where its first byte stands before it.
    offset: isize,
    anchor: &'static [u8],
}

impl Key {
    /// The folded bytes that may stand behind the piece, as bits.
    fn next(&self) -> u32 {
        let next = self.anchor.get((self.offset + 3) as usize);
        next.map_or(u32::MAX, |byte| 1 << fold(*byte))
    }

    /// Where the anchor begins, if it stands where its piece is at `at`.
    fn stands(&self, text: &[u8], at: usize) -> Option<usize> {
        let start = at.checked_add_signed(-self.offset)?;
        let here = text.get(start..start + self.anchor.len())?;
        here.eq_ignore_ascii_case(self.anchor).then_some(start)
    }
}

/// The anchors that a piece may belong to.
#[derive(Debug)]
struct Keys {
    /// What may stand behind the piece, as bits.
    next: u32,
    keys: Vec<Key>,
}

/// Finds anchors.
#[derive(Debug)]
pub(super) struct Suspects {
    /// For each piece, the number of its keys from 1 on; 0 for none.
    table: Box<[u8; 1 << 16]>,
    keys: Vec<Keys>,
    /// Anchors without letters, which have usual pieces, or none at all.
    alone: Vec<Finder<'static>>,
}

/// How often three folded bytes stand in everyday lines.
struct Usual(Vec<f64>);

impl Usual {
    fn new() -> Self {
        let text = EVERYDAY.as_bytes();
        let mut seen = vec![0.0; 1 << (3 * BITS)];
        let mut letters = [0.0; 1 << BITS];
        for three in text.windows(3) {
            seen[piece(three)] += 1.0;
            letters[usize::from(fold(three[0]))] += 1.0;
        }
        let total = text.len() as f64;
        let letter = |bits: usize| letters[bits % (1 << BITS)] / total;
        for (piece, seen) in seen.iter_mut().enumerate() {
            let chance = letter(piece) * letter(piece >> BITS) * letter(piece >> (2 * BITS));
            *seen += LETTERS * total * chance;
        }
        Self(seen)
    }

    fn of(&self, pieces: &[(usize, Key)]) -> f64 {
        pieces.iter().map(|(piece, _)| self.0[*piece]).sum()
    }
}

/// The ways to find an anchor: for each, its pieces with what is compared there.
fn ways(anchor: &'static [u8]) -> Vec<Vec<(usize, Key)>> {
    let key = |offset| Key { offset, anchor };
    if let [a, b, c] = *anchor {
        // One byte of a piece that covers only two of the anchor can be any.
        let any = 0..1 << BITS;
        let before = any.clone().map(|bits| {
            let two = usize::from(fold(a)) << BITS | usize::from(fold(b)) << (2 * BITS);
            (two | bits, key(-1))
        });
        let behind = any.map(|bits| {
            let two = usize::from(fold(b)) | usize::from(fold(c)) << BITS;
            (two | bits << (2 * BITS), key(1))
        });
        let own = || (piece(anchor), key(0));
        return vec![
            before.chain([own()]).collect(),
            behind.chain([own()]).collect(),
        ];
    }
    let own = |offset: usize| (piece(&anchor[offset..]), key(offset as isize));
    let stretch = |offset: usize| vec![own(offset), own(offset + 1)];
    (0..anchor.len().saturating_sub(3)).map(stretch).collect()
}

impl Suspects {
    fn new(anchors: impl Iterator<Item = &'static str>) -> Self {
        let usual = Usual::new();
        let mut pieces: BTreeMap<usize, Vec<Key>> = BTreeMap::new();
        let mut alone = Vec::new();
        for anchor in anchors.map(str::as_bytes) {
            let rarest = ways(anchor)
                .into_iter()
                .min_by(|one, other| usual.of(one).total_cmp(&usual.of(other)));
            let letters = anchor.iter().any(u8::is_ascii_alphabetic);
            match rarest {
                Some(way) if letters || alone.len() == MOST_ALONE => {
                    for (piece, key) in way {
                        pieces.entry(piece).or_default().push(key);
                    }
                }
                _ => alone.push(Finder::new(anchor)),
            }
        }
        let mut table = vec![0; 1 << 16].into_boxed_slice();
        let mut keys: Vec<Keys> = Vec::new();
        for (piece, here) in pieces {
            let next = here.iter().fold(0, |any, key| any | key.next());
            let same = keys.iter().position(|keys| keys.keys == here);
            let number = match same {
                Some(number) => number,
                None if keys.len() < MOST_KEYS => {
                    keys.push(Keys { next, keys: here });
                    keys.len() - 1
                }
                None => {
                    let last = &mut keys[MOST_KEYS - 1];
                    last.next |= next;
                    last.keys.extend(here);
                    MOST_KEYS - 1
                }
            };
            table[piece] = number as u8 + 1;
        }
        Self {
            table: table.try_into().expect("it was made as long"),
            keys,
            alone,
        }
    }

    /// Tells where anchors begin, in the order of places, as long as `tell` wants to hear more.
    #[inline]
    pub(super) fn each(&self, text: &[u8], mut tell: impl FnMut(usize) -> bool) {
        let mut folded = [0; PART + 2];
        let mut pieces = [[0; GROUP]; PART / 2 / GROUP];
        let mut alone = [None; MOST_ALONE];
        for (finder, next) in self.alone.iter().zip(&mut alone) {
            *next = finder.find(text);
        }
        let mut found = Vec::new();
        for from in (0..text.len()).step_by(PART) {
            let part = &text[from..text.len().min(from + PART + 2)];
            fold_all(part, &mut folded);
            pieces_of(&folded, pieces.as_flattened_mut());
            let used = part.len().min(PART).div_ceil(2 * GROUP);
            self.look_up(text, from, &folded, &pieces[..used], &mut found);
            for (finder, next) in self.alone.iter().zip(&mut alone) {
                while let Some(at) = next.filter(|at| *at < from + PART) {
                    found.push(at);
                    *next = finder.find(&text[at + 1..]).map(|more| at + 1 + more);
                }
            }
            if !found.is_empty() {
                found.sort_unstable();
                if !found.drain(..).all(&mut tell) {
                    return;
                }
            }
        }
    }

    #[inline(never)]
    fn look_up(
        &self,
        text: &[u8],
        from: usize,
        folded: &[u8; PART + 2],
        pieces: &[[u16; GROUP]],
        found: &mut Vec<usize>,
    ) {
        let table = &*self.table;
        for (number, group) in pieces.iter().enumerate() {
            let mut any = 0;
            for piece in group {
                any |= table[usize::from(*piece)];
            }
            if any == 0 {
                continue;
            }
            let known = group.map(|piece| table[usize::from(piece)]);
            let mut bits = u128::from_le_bytes(known);
            while bits != 0 {
                let byte = bits.trailing_zeros() as usize / 8;
                bits &= !(0xff << (8 * byte));
                let keys = &self.keys[usize::from(known[byte]) - 1];
                let at = 2 * (number * GROUP + byte);
                if keys.next >> folded[at + 3] & 1 == 1 {
                    let anchors = keys.keys.iter();
                    found.extend(anchors.filter_map(|key| key.stands(text, from + at)));
                }
            }
        }
    }
}

#[inline(never)]
fn fold_all(text: &[u8], folded: &mut [u8; PART + 2]) {
    if let Ok(text) = <&[u8; PART + 2]>::try_from(text) {
        for (to, byte) in folded.iter_mut().zip(text) {
            *to = fold(*byte);
        }
        return;
    }
    folded.fill(0);
    for (to, byte) in folded.iter_mut().zip(text) {
        *to = fold(*byte);
    }
}

/// The pieces that begin at every second place.
#[inline(never)]
fn pieces_of(folded: &[u8; PART + 2], pieces: &mut [u16]) {
    const LOW: u16 = (1 << BITS) - 1;
    let pairs = folded.as_chunks::<2>().0;
    for (to, two) in pieces.iter_mut().zip(pairs.windows(2)) {
        let (here, next) = (u16::from_le_bytes(two[0]), u16::from_le_bytes(two[1]));
        let second = (here >> (8 - BITS)) & (LOW << BITS);
        *to = (here & LOW) | second | ((next & LOW) << (2 * BITS));
    }
}

pub(super) static SUSPECTS: LazyLock<Suspects> =
    LazyLock::new(|| Suspects::new(super::ANCHORS.iter().map(|(anchor, _)| *anchor)));

#[cfg(test)]
mod tests {
    use super::super::{ANCHORS, FAST};
    use super::*;
    use proptest::prelude::*;

    fn found(text: &[u8]) -> Vec<usize> {
        let mut found = Vec::new();
        SUSPECTS.each(text, |at| {
            found.push(at);
            true
        });
        found.dedup();
        found
    }

    /// Where the automaton finds anchors.
    fn expected(text: &[u8]) -> Vec<usize> {
        let all = FAST.find_overlapping_iter(text);
        let mut all: Vec<usize> = all.map(|found| found.start()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    #[test]
    fn every_anchor_is_found_at_every_place_in_any_case() {
        for (anchor, _) in ANCHORS {
            for place in (0..8).chain(PART - 30..PART + 8) {
                for anchor in [(*anchor).to_owned(), anchor.to_ascii_uppercase()] {
                    let text = format!("{}{anchor}", ".".repeat(place));
                    assert!(found(text.as_bytes()).contains(&place), "{place} {anchor}");
                    let text = format!("{text} and more");
                    assert!(found(text.as_bytes()).contains(&place), "{place} {anchor}");
                }
            }
        }
    }

    #[test]
    fn it_stops_when_nobody_wants_more() {
        let mut told = 0;
        SUSPECTS.each(b"password and token and cookie", |_| {
            told += 1;
            false
        });
        assert_eq!(told, 1);
    }

    proptest! {
        #[test]
        fn it_finds_what_the_automaton_finds(
            words in proptest::collection::vec((0..ANCHORS.len(), 0usize..9, any::<bool>(), "[ -~\n]{0,5}"), 0..60),
        ) {
            let mut text = String::new();
            for (anchor, cut, upper, filling) in words {
                let anchor = ANCHORS[anchor].0;
                let cut: String = anchor.chars().skip(cut / 4).collect();
                text += &if upper { cut.to_ascii_uppercase() } else { cut };
                text += &filling;
            }
            prop_assert_eq!(found(text.as_bytes()), expected(text.as_bytes()));
        }
    }
}
