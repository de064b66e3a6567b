//! What a source's first records say that another source may have seen too: texts and ids, with their stamps.

use crate::decode::HEAD;
use crate::detect::Layout;
use crate::detect::lines::between_feeds;
use crate::pipeline::placed::PlacedSource;
use crate::scan::block::Stamped;
use crate::scan::trail::Trail;

/// Events of one source that are remembered.
const MOST_EVENTS: usize = 8_192;
/// Bytes of all sources that are judged, and of one source at least: a thousand rotated traces would else have most of their
/// text read once more.
const MOST_OF_ALL: usize = 8 << 20;
const LEAST: usize = 16 << 10;
/// How often that can be doubled until it is all that is read of a source for its layout.
const DOUBLINGS: usize = 4;

/// How much of the start of each source is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading(usize);

impl Reading {
    /// All that there is.
    pub(super) const WHOLE: Self = Self(DOUBLINGS);

    /// If so many sources are judged, the same of each.
    pub(super) fn of_each(sources: usize) -> Self {
        let share = MOST_OF_ALL / sources.max(1) / LEAST;
        Self(
            share
                .checked_ilog2()
                .map_or(0, |doublings| doublings as usize)
                .min(DOUBLINGS),
        )
    }

    /// Bytes of a source that has so many.
    fn bytes(self, len: usize) -> usize {
        match self {
            Self::WHOLE => len,
            Self(doublings) => len.min(LEAST << doublings),
        }
    }
}

/// Texts and ids of a source's first records, with their stamps: what another source may have seen too.
#[derive(Debug)]
pub enum Events {
    /// They are kept.
    Kept {
        /// Of all lines, one line after the other.
        hashes: Vec<u64>,
        /// Those that have any.
        lines: Vec<Line>,
    },
    /// They are read again where they are asked for.
    Again {
        /// Bytes to read, and whether there is more behind them.
        len: usize,
        is_cut: bool,
        /// Bytes that were read before, and the CRC-32 of what each reading has of them.
        known: usize,
        sums: [u32; DOUBLINGS + 1],
    },
}

/// A line with events.
#[derive(Debug)]
pub struct Line {
    stamped: Stamped,
    /// Where its hashes end.
    hashes: u32,
    /// Where it ends itself, with its line feed.
    end: u32,
}

impl Default for Events {
    fn default() -> Self {
        Self::Kept {
            hashes: Vec::new(),
            lines: Vec::new(),
        }
    }
}

impl Events {
    /// Those of a file of so many bytes that can be read again: most are never asked for.
    pub(in crate::pipeline) fn later(head: &[u8], file: u64) -> Self {
        let mut sum = crc32fast::Hasher::new();
        let mut from = 0;
        let sums = std::array::from_fn(|doublings| {
            let end = Reading(doublings).bytes(head.len());
            sum.update(&head[from..end]);
            from = end;
            sum.clone().finalize()
        });
        let len = HEAD.min(usize::try_from(file).unwrap_or(HEAD));
        Self::Again {
            len,
            is_cut: len as u64 != file,
            known: head.len(),
            sums,
        }
    }

    /// Reads them from the start of a source's text.
    pub(in crate::pipeline) fn of(head: &[u8], layout: &Layout) -> Self {
        let mut trail = Trail::default();
        let (mut hashes, mut lines) = (Vec::new(), Vec::new());
        let mut found: Vec<u64> = Vec::new();
        let mut end = 0;
        for line in between_feeds(head) {
            end += line.len() + 1;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let Some((format, fields)) = layout.read(line) else {
                continue;
            };
            let Some(raw) = fields.time else { continue };
            let format_of = &layout.formats[format];
            let stamped = trail.stamp(raw, format, format_of.cycle).stamped;
            let message = format_of.message(line, &fields);
            found.clear();
            found.extend(tokens(&message).map(hashed));
            let whole = message.trim_ascii();
            if whole.len() >= 16 {
                found.push(hashed(whole));
            }
            found.sort_unstable();
            found.dedup();
            if found.is_empty() {
                continue;
            }
            hashes.extend(&found);
            lines.push(Line {
                stamped,
                hashes: hashes.len() as u32,
                end: end.min(head.len()) as u32,
            });
            if hashes.len() >= MOST_EVENTS {
                break;
            }
        }
        hashes.shrink_to_fit();
        lines.shrink_to_fit();
        Self::Kept { hashes, lines }
    }

    /// Reads again what is not kept; nothing of a file that is another one by now.
    fn read(&self, source: &PlacedSource, reading: Reading) -> Option<Self> {
        let Self::Again {
            len,
            is_cut,
            known,
            sums,
        } = self
        else {
            return None;
        };
        let mut head = vec![0; reading.bytes(*len)];
        let file = source.scan.file.as_ref()?.open().ok()?;
        file.fill_at(0, &mut head).ok()?;
        let known = &head[..reading.bytes(*known).min(head.len())];
        let is_same = crc32fast::hash(known) == sums[reading.0];
        if *is_cut || head.len() < *len {
            // A part of a line is no line.
            head.truncate(memchr::memrchr(b'\n', &head).map_or(0, |feed| feed + 1));
        }
        is_same.then(|| Self::of(&head, &source.scan.layout))
    }

    /// When each text was written, by the source's own placing, in the order of lines.
    pub(super) fn placed(&self, source: &PlacedSource, reading: Reading) -> Vec<(u64, i64)> {
        let mut at: Vec<(u64, i64)> = Vec::new();
        let again = self.read(source, reading);
        let Self::Kept { hashes, lines } = again.as_ref().unwrap_or(self) else {
            return at;
        };
        let most = reading.bytes(usize::MAX);
        let mut from = 0;
        for line in lines {
            if line.end as usize > most {
                break; // it is not read of a file either
            }
            let end = line.hashes as usize;
            if let Some(instant) = source.placer.instant(line.stamped, 0) {
                at.extend(hashes[from..end].iter().map(|hash| (*hash, instant)));
            }
            from = end;
        }
        at
    }
}

/// Bytes of which ids, addresses and paths consist, and those of them that tell one from a word.
const PART: u8 = 1;
const TELLING: u8 = 2;

const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'/' | b'@' | b'-') {
            kinds[at] |= PART;
        }
        if byte.is_ascii_digit() || byte == b'/' {
            kinds[at] |= TELLING;
        }
        at += 1;
    }
    kinds
};

/// Parts of a message that may be ids, addresses or paths: eight characters or more, with a digit or a slash.
fn tokens(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    let kind = |b: &u8| KINDS[usize::from(*b)];
    message
        .split(move |b| kind(b) & PART == 0)
        .filter_map(move |token| {
            if token.len() < 8 {
                return None;
            }
            let end = token.iter().rposition(u8::is_ascii_alphanumeric)? + 1;
            let token = &token[..end];
            let telling = token.iter().any(|b| kind(b) & TELLING != 0);
            (token.len() >= 8 && telling).then_some(token)
        })
}

/// A quick hash; texts are only compared with each other, inside one run.
fn hashed(text: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let add = |sum: u64, word: u64| {
        let product = u128::from(sum ^ word) * u128::from(ODD);
        (product >> 64) as u64 ^ product as u64
    };
    let (words, rest) = text.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let sum = words.iter().fold(ODD ^ text.len() as u64, |sum, word| {
        add(sum, u64::from_le_bytes(*word))
    });
    add(add(sum, u64::from_le_bytes(last)), ODD.rotate_left(32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn of_many_sources_less_is_read_but_never_nothing() {
        let bytes = |sources: usize| Reading::of_each(sources).bytes(usize::MAX);
        assert_eq!(Reading::of_each(32), Reading::WHOLE);
        assert_eq!(bytes(33), 128 << 10);
        assert_eq!(bytes(100), 64 << 10);
        assert_eq!(bytes(1000), LEAST);
        assert_eq!(bytes(1_000_000), LEAST);
    }

    #[test]
    fn each_reading_has_its_own_sum() {
        let head: Vec<u8> = (0..40_000_u32).map(|at| (at % 251) as u8).collect();
        let Events::Again {
            len,
            is_cut,
            known,
            sums,
        } = Events::later(&head, 90_000)
        else {
            panic!("it is read again");
        };
        assert_eq!((len, is_cut, known), (90_000, false, 40_000));
        assert_eq!(sums[0], crc32fast::hash(&head[..LEAST]));
        assert_eq!(sums[1], crc32fast::hash(&head[..2 * LEAST]));
        assert_eq!(sums[DOUBLINGS], crc32fast::hash(&head));
    }

    #[test]
    fn ids_addresses_and_paths_are_told_from_words() {
        let found: Vec<&[u8]> =
            tokens(b"GET https://a.example/x. took 12345678 ms, unaccounted").collect();
        assert_eq!(found, [&b"https://a.example/x"[..], b"12345678"]);
    }

    #[test]
    fn places_of_a_byte_make_different_hashes() {
        let mut seen = std::collections::BTreeSet::new();
        for length in 0..40 {
            for at in 0..length {
                let mut text = vec![0; length];
                text[at] = 1;
                assert!(seen.insert(hashed(&text)), "{length} {at}");
            }
        }
    }

    proptest! {
        #[test]
        fn texts_that_differ_have_different_hashes(one: Vec<u8>, two: Vec<u8>) {
            prop_assert_eq!(one == two, hashed(&one) == hashed(&two));
        }
    }
}
