//! The prefilter: finds the texts that conditions wait for, in one pass whose cost hardly depends on how many there are.
//!
//! A search for a thousand texts runs at 0.5 GB/s. So each long text gives up one short stretch, chosen so that everyday
//! traces rarely have it, and the pieces of four bytes of that stretch go into a table. Of the trace, only every fourth
//! position is looked up: wherever the stretch stands, one of its pieces begins there. A text of five or six bytes has a
//! stretch for every second position, in a table of its own. What is shorter is searched for with SIMD, which is fast as
//! long as there are few. A place that a table knows is compared with the text itself, so what is reported does stand
//! there.

use std::ops::Range;

use aho_corasick::AhoCorasick;
use aho_corasick::packed::{Config, MatchKind, Searcher};

use super::digits::Numbers;

/// Bytes of a piece.
const PIECE: usize = 4;
/// Only every so many positions are looked up, for texts with room for so long a stretch, and for shorter ones.
const STRIDE: usize = 4;
const HALF: usize = 2;
/// Patterns that one packed searcher takes.
const MOST: usize = 64;
/// Bytes that SIMD looks at before it compares.
const FINGERPRINT: usize = 4;
/// Text is folded to lower case in parts that stay in the first-level cache, in bytes.
const PART: usize = 16 << 10;
/// Words of the table that says which pieces there are, as a power of two: more words, fewer false alarms.
const FILTER_BITS: u32 = 12;
const HALF_BITS: u32 = 8;
/// Longest part of a text that is compared, in bytes: what is longer is compared by its rarest part only.
const COMPARED: usize = 64;

/// Bytes before a number that say whether it counts.
const BEFORE: usize = 96;

/// A text to find.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// In lower case.
    pub text: &'a [u8],
    /// True if it is a number, which counts only as a whole and where its surroundings allow it.
    pub number: bool,
    /// True if it is the beginning of an address: no digit may stand before it.
    pub address: bool,
}

impl<'a> Wanted<'a> {
    /// A word that counts wherever it stands.
    pub fn word(text: &'a String) -> Self {
        Self {
            text: text.as_bytes(),
            number: false,
            address: false,
        }
    }
}

/// A text that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Where.
    pub at: u32,
    /// Index into the wanted texts.
    pub index: u32,
}

/// Quotes, backslashes and some marks are written otherwise inside JSON, so the search does without them.
fn is_portable(byte: u8) -> bool {
    !matches!(
        byte,
        b'"' | b'\\' | b'\'' | b'<' | b'>' | b'&' | b'/' | b'+' | b'`' | b'\t' | b'\r' | b'\n'
    )
}

/// The parts of a text that look the same in JSON; the whole text if none is long enough.
fn portable_parts(text: &[u8]) -> Vec<Range<usize>> {
    let mut start = 0;
    let mut parts = Vec::new();
    for part in text.split(|b| !is_portable(*b)) {
        if part.len() >= PIECE.min(text.len()) {
            parts.push(start..start + part.len());
        }
        start += part.len() + 1;
    }
    if parts.is_empty() {
        parts.push(0..text.len());
    }
    parts
}

/// What is compared where a piece was seen.
#[derive(Debug, Clone)]
struct Key {
    /// Part of the wanted text.
    text: Box<[u8]>,
    /// What stands before and behind it in the wanted text.
    front: Box<[u8]>,
    back: Box<[u8]>,
    number: bool,
    address: bool,
    index: u32,
}

/// Says whether the number of that index counts behind this lower-case text, and before this byte.
pub type Allows<'f> = &'f dyn Fn(u32, &[u8], Option<u8>) -> bool;

impl Key {
    fn of(wanted: &Wanted<'_>, part: Range<usize>, index: usize) -> Self {
        Self {
            text: wanted.text[part.clone()].into(),
            front: wanted.text[..part.start].into(),
            back: wanted.text[part.end..].into(),
            number: wanted.number,
            address: wanted.address,
            index: index as u32,
        }
    }

    /// True if the key stands in `text` at `at`; the whole wanted text, if it is `plain`.
    fn stands(&self, text: &[u8], at: usize, plain: bool, allows: Allows<'_>) -> bool {
        let end = at + self.text.len();
        text.get(at..end) == Some(&*self.text)
            && (!plain
                || (self.front.is_empty() || text[..at].ends_with(&self.front))
                    && (self.back.is_empty() || text[end..].starts_with(&self.back)))
            && (!self.address
                || !text[..at - self.front.len().min(at)]
                    .last()
                    .is_some_and(u8::is_ascii_digit))
            && (!self.number || {
                let before = &text[at.saturating_sub(BEFORE)..at];
                let next = text.get(end).copied();
                !next.is_some_and(|next| next.is_ascii_digit()) && allows(self.index, before, next)
            })
    }
}

/// One piece of a key.
#[derive(Debug, Clone, Copy)]
struct Slot {
    piece: u32,
    key: u32,
    /// Where the piece begins in the key.
    offset: u32,
    /// True for a piece of a short stretch.
    is_half: bool,
    /// How many bytes before the piece the stretch begins, and its bytes: most places that have a piece have no more.
    before: u8,
    around: u64,
    counts: u64,
}

/// Up to eight bytes of a text from a place on; zeros behind its end.
#[inline]
fn eight_at(text: &[u8], at: usize) -> u64 {
    let rest = text.get(at..).unwrap_or_default();
    if let Some(eight) = rest.first_chunk::<8>() {
        return u64::from_le_bytes(*eight);
    }
    let mut eight = [0; 8];
    eight[..rest.len()].copy_from_slice(rest);
    u64::from_le_bytes(eight)
}

/// Finds texts.
#[derive(Debug)]
pub struct Prefilter {
    keys: Vec<Key>,
    numbers: Numbers,
    /// A bit for each piece that there is.
    filter: Box<[u64]>,
    /// The same, of the pieces of short stretches only.
    half: Box<[u64]>,
    /// Pieces in order; `starts[bucket]..starts[bucket + 1]` have the same hash.
    slots: Vec<Slot>,
    starts: Vec<u32>,
    /// For short keys, and for each pattern the keys that may begin where it does.
    searchers: Vec<(Searcher, Vec<Vec<u32>>)>,
    /// For processors without the SIMD instructions.
    slow: Option<(AhoCorasick, Vec<u32>)>,
    /// Longest wanted text.
    longest: usize,
}

/// Where what is found goes.
struct Out<'f> {
    /// Where the searched part begins in the text.
    from: usize,
    found: &'f mut Vec<Found>,
    plain: bool,
    allows: Allows<'f>,
}

impl Out<'_> {
    fn push(&mut self, at: usize, key: &Key) {
        self.found.push(Found {
            at: (self.from + at) as u32,
            index: key.index,
        });
    }
}

fn hash(piece: u32) -> u32 {
    piece.wrapping_mul(0x9e37_79b1)
}

/// The word of a filter of so many words that a piece has, and its bit in it.
#[inline]
fn place(piece: u32, bits: u32) -> (usize, u64) {
    let bit = hash(piece) >> (26 - bits);
    ((bit >> 6) as usize, 1 << (bit & 63))
}

fn piece_at(text: &[u8]) -> u32 {
    u32::from_le_bytes([text[0], text[1], text[2], text[3]])
}

impl Prefilter {
    /// A prefilter for texts in lower case; `frequency`: how often a piece of up to four bytes stands in everyday text.
    pub fn new(wanted: &[Wanted<'_>], frequency: &dyn Fn(&[u8]) -> f64) -> Self {
        let mut keys = Vec::new();
        let mut slots = Vec::new();
        let mut short: Vec<u32> = Vec::new();
        let mut digits: Vec<(&[u8], u32)> = Vec::new();
        for (index, one) in wanted.iter().enumerate() {
            let number = keys.len() as u32;
            if one.number && Numbers::takes(one.text) {
                digits.push((one.text, number));
                keys.push(Key::of(one, 0..one.text.len(), index));
                continue;
            }
            let strides = [STRIDE, HALF].into_iter();
            let mut stretches =
                strides.map(|stride| (stride, rarest_stretch(one.text, stride, frequency)));
            let found = stretches.find(|(_, (_, stretch))| stretch.is_some());
            let (stride, (part, stretch)) =
                found.unwrap_or_else(|| (HALF, rarest_stretch(one.text, HALF, frequency)));
            if let Some(stretch) = stretch {
                let start = part.start + stretch;
                let counts = u64::MAX >> (64 - 8 * (stride + PIECE - 1));
                slots.extend((0..stride).map(|shift| Slot {
                    piece: piece_at(&one.text[start + shift..]),
                    key: number,
                    offset: (stretch + shift) as u32,
                    is_half: stride == HALF,
                    before: shift as u8,
                    around: eight_at(one.text, start) & counts,
                    counts,
                }));
            } else {
                short.push(number);
            }
            keys.push(Key::of(one, part, index));
        }
        let longest = wanted.iter().map(|one| one.text.len()).max().unwrap_or(0);
        let mut prefilter = Self {
            numbers: Numbers::new(&digits),
            keys,
            filter: vec![0; 1 << FILTER_BITS].into(),
            half: vec![0; 1 << HALF_BITS].into(),
            slots: Vec::new(),
            starts: Vec::new(),
            searchers: Vec::new(),
            slow: None,
            longest,
        };
        prefilter.fill_table(slots);
        prefilter.fill_searchers(&short);
        prefilter
    }

    fn fill_table(&mut self, mut slots: Vec<Slot>) {
        let bits = (slots.len().max(2) * 2).ilog2() + 1;
        let bucket = |slot: &Slot| hash(slot.piece) >> (32 - bits);
        // The bucket is the front of the hash.
        slots.sort_unstable_by_key(|slot| (hash(slot.piece), slot.key, slot.offset));
        let mut starts = vec![0; (1 << bits) + 1];
        for slot in &slots {
            starts[bucket(slot) as usize + 1] += 1;
            let (word, bits) = place(slot.piece, FILTER_BITS);
            self.filter[word] |= bits;
            if slot.is_half {
                let (word, bits) = place(slot.piece, HALF_BITS);
                self.half[word] |= bits;
            }
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        self.slots = slots;
        self.starts = starts;
    }

    fn fill_searchers(&mut self, short: &[u32]) {
        // The shortest text says how many bytes of each are looked at first, so the very short ones are by themselves.
        let mut short = short.to_vec();
        short.sort_by_key(|key| self.keys[*key as usize].text.len().min(FINGERPRINT));
        let alike = |one: &u32, other: &u32| {
            let length = |key: &u32| self.keys[*key as usize].text.len().min(FINGERPRINT);
            length(one) == length(other)
        };
        for chunk in short.chunk_by(alike).flat_map(|same| same.chunks(MOST)) {
            let texts = chunk.iter().map(|key| &*self.keys[*key as usize].text);
            let searcher = Config::new()
                .match_kind(MatchKind::LeftmostFirst)
                .builder()
                .extend(texts)
                .build();
            if let Some(searcher) = searcher.filter(|s| s.minimum_len() <= PART) {
                let text = |key: &u32| &*self.keys[*key as usize].text;
                let alike = |one: &u32| {
                    let alike = |other: &&u32| {
                        text(one).starts_with(text(other)) || text(other).starts_with(text(one))
                    };
                    chunk.iter().filter(alike).copied().collect()
                };
                let alike = chunk.iter().map(alike).collect();
                self.searchers.push((searcher, alike));
            } else {
                let texts = short.iter().map(|key| &*self.keys[*key as usize].text);
                self.slow = AhoCorasick::new(texts)
                    .ok()
                    .map(|slow| (slow, short.clone()));
                self.searchers.clear();
                break;
            }
        }
    }

    /// Appends what stands in `text`, in the order of places; `allows` judges numbers. `plain`: the text is no JSON, so
    /// what is wanted stands there as it is, and not only by its parts.
    pub fn find(
        &self,
        text: &[u8],
        plain: bool,
        scratch: &mut Vec<u8>,
        found: &mut Vec<Found>,
        allows: Allows<'_>,
    ) {
        let before = self.longest + BEFORE;
        let first = found.len();
        let mut at = 0;
        while at < text.len() {
            let end = (at + PART).min(text.len());
            let from = at.saturating_sub(before);
            let to = (end + before).min(text.len());
            scratch.clear();
            scratch.extend_from_slice(&text[from..to]);
            scratch.make_ascii_lowercase();
            let own = at - from..end - from;
            let mut out = Out {
                from,
                found: &mut *found,
                plain,
                allows,
            };
            self.find_long(scratch, own.clone(), &mut out);
            self.find_short(scratch, own.clone(), &mut out);
            self.find_numbers(scratch, own, &mut out);
            at = end;
        }
        found[first..].sort_unstable();
    }

    /// Looks pieces up. A key belongs to the part in which the piece begins that gave it away.
    fn find_long(&self, text: &[u8], own: Range<usize>, out: &mut Out<'_>) {
        let (filter, half) = (&*self.filter, &*self.half);
        let mut look = |at: usize, piece: u32, second: u32| {
            let (word, bits) = place(piece, FILTER_BITS);
            if filter[word & (filter.len() - 1)] & bits != 0 {
                self.compare(text, at, piece, false, out);
            }
            let (word, bits) = place(second, HALF_BITS);
            if half[word & (half.len() - 1)] & bits != 0 {
                self.compare(text, at + HALF, second, true, out);
            }
        };
        let mut at = own.start;
        while at < own.end
            && let Some(eight) = text.get(at..).and_then(|rest| rest.first_chunk::<8>())
        {
            let eight = u64::from_le_bytes(*eight);
            look(at, eight as u32, (eight >> 16) as u32);
            at += STRIDE;
        }
        // The last bytes, with zeros behind them: no text has any.
        while at < own.end {
            let mut eight = [0; 8];
            let rest = &text[at..];
            eight[..rest.len()].copy_from_slice(rest);
            let eight = u64::from_le_bytes(eight);
            look(at, eight as u32, (eight >> 16) as u32);
            at += STRIDE;
        }
    }

    #[inline(never)]
    fn compare(&self, text: &[u8], at: usize, piece: u32, half: bool, out: &mut Out<'_>) {
        let bits = (self.starts.len() - 1).ilog2();
        let bucket = (hash(piece) >> (32 - bits)) as usize;
        let slots = &self.slots[self.starts[bucket] as usize..self.starts[bucket + 1] as usize];
        let of_place = |slot: &&Slot| {
            slot.piece == piece
                && (slot.is_half || !half)
                && at
                    .checked_sub(usize::from(slot.before))
                    .is_some_and(|start| eight_at(text, start) & slot.counts == slot.around)
        };
        for slot in slots.iter().filter(of_place) {
            let key = &self.keys[slot.key as usize];
            if let Some(start) = at.checked_sub(slot.offset as usize)
                && key.stands(text, start, out.plain, out.allows)
            {
                out.push(start, key);
            }
        }
    }

    /// Short keys; one that overlaps another one of the same searcher is found where it stands on its own.
    fn find_short(&self, text: &[u8], own: Range<usize>, out: &mut Out<'_>) {
        let mut check = |key: u32, at: usize| {
            let key = &self.keys[key as usize];
            if own.contains(&at) && key.stands(text, at, out.plain, out.allows) {
                out.push(at, key);
            }
        };
        for (searcher, keys) in &self.searchers {
            let mut start = own.start;
            while let Some(hit) = searcher.find_in(text, (start..text.len()).into()) {
                if hit.start() >= own.end {
                    break;
                }
                for key in &keys[hit.pattern().as_usize()] {
                    check(*key, hit.start());
                }
                start = hit.start() + 1;
            }
        }
        if let Some((slow, keys)) = &self.slow {
            for hit in slow.find_overlapping_iter(text) {
                check(keys[hit.pattern().as_usize()], hit.start());
            }
        }
    }

    fn find_numbers(&self, text: &[u8], own: Range<usize>, out: &mut Out<'_>) {
        self.numbers.find(text, own, &mut |at, key| {
            let key = &self.keys[key as usize];
            if key.stands(text, at, out.plain, out.allows) {
                out.push(at, key);
            }
        });
    }
}

/// The part of a text to compare, and where in it its rarest stretch begins; `None` if it is too short for one.
fn rarest_stretch(
    text: &[u8],
    stride: usize,
    frequency: &dyn Fn(&[u8]) -> f64,
) -> (Range<usize>, Option<usize>) {
    let mut best: Option<(f64, &Range<usize>, usize)> = None;
    let parts = portable_parts(text);
    for part in &parts {
        let costs: Vec<f64> = text[part.clone()].windows(PIECE).map(frequency).collect();
        for (at, costs) in costs.windows(stride).enumerate() {
            let cost = costs.iter().sum();
            if best.is_none_or(|(least, _, _)| cost < least) {
                best = Some((cost, part, at));
            }
        }
    }
    match best {
        Some((_, part, at)) if part.len() > COMPARED => {
            let from = at.min(part.len() - COMPARED);
            let start = part.start + from;
            (start..start + COMPARED, Some(at - from))
        }
        Some((_, part, at)) => (part.clone(), Some(at)),
        None => {
            let longest = parts.iter().max_by_key(|part| part.len());
            (longest.cloned().unwrap_or(0..text.len()), None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXTS: [&[u8]; 11] = [
        b"econnrefused",
        b"10048",
        b"idx10223",
        b"127.0.0",
        b"::1",
        b"proxy auth",
        b"can't connect to",
        b"refused",
        b"0.0",
        b"clmgr",
        b"(403)",
    ];

    fn wanted() -> Vec<Wanted<'static>> {
        TEXTS
            .iter()
            .map(|text| Wanted {
                text,
                number: *text == b"10048",
                address: false,
            })
            .collect()
    }

    fn found(text: &[u8]) -> Vec<u32> {
        let prefilter = Prefilter::new(&wanted(), &|piece| 1.0 / piece.len() as f64);
        let mut found = Vec::new();
        let allows = |_, before: &[u8], _| !before.last().is_some_and(u8::is_ascii_digit);
        prefilter.find(text, true, &mut Vec::new(), &mut found, &allows);
        assert!(found.is_sorted());
        found.iter().map(|f| f.index).collect()
    }

    #[test]
    fn every_text_is_found_in_any_case_and_at_any_offset() {
        for (index, text) in TEXTS.iter().enumerate() {
            for shift in 0..9 {
                let line = [
                    &vec![b' '; shift],
                    text.to_ascii_uppercase().as_slice(),
                    b" x",
                ]
                .concat();
                assert!(found(&line).contains(&(index as u32)), "{shift} {text:?}");
                // At the very end of the text too.
                assert!(found(&line[..line.len() - 2]).contains(&(index as u32)));
            }
        }
    }

    #[test]
    fn a_text_across_two_parts_is_found_once() {
        for shift in 0..16 {
            let mut text = vec![b'x'; PART - shift];
            text.extend_from_slice(b"ECONNREFUSED and 10048");
            let mut all = found(&text);
            all.sort_unstable();
            assert_eq!(all, [0, 1, 7], "shift {shift}");
        }
    }

    #[test]
    fn a_whole_number_has_no_digit_beside_it() {
        assert_eq!(found(b"(10048)"), [1]);
        assert_eq!(found(b"-10048,"), [1]);
        assert!(found(b"110048").is_empty());
        assert!(found(b"100481").is_empty());
    }

    proptest! {
        #[test]
        fn it_finds_what_a_plain_search_finds(pieces in proptest::collection::vec((0usize..14, "[ -~]{0,9}"), 0..40)) {
            let mut text = Vec::new();
            for (index, noise) in &pieces {
                text.extend_from_slice(noise.as_bytes());
                text.extend_from_slice(TEXTS.get(*index).copied().unwrap_or_default());
            }
            let lower = text.to_ascii_lowercase();
            let all = found(&text);
            for (index, wanted) in TEXTS.iter().enumerate().filter(|(_, text)| **text != b"10048") {
                let plain = memchr::memmem::find(&lower, wanted).is_some();
                let ours = all.contains(&(index as u32));
                prop_assert!(ours || !plain, "{:?}", String::from_utf8_lossy(wanted));
            }
        }
    }
}
