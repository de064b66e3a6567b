//! What a source's first records say that another source may have seen too: texts and ids, with their stamps.

use crate::detect::Layout;
use crate::pipeline::placed::PlacedSource;
use crate::scan::block::Stamped;
use crate::scan::trail::Trail;

/// Events of one source that are remembered.
const MOST_EVENTS: usize = 8_192;

/// Texts and ids of a source's first records, with their stamps: what another source may have seen too.
#[derive(Debug)]
pub enum Events {
    /// They are kept.
    Kept {
        /// Of all lines, one line after the other.
        hashes: Vec<u64>,
        /// The stamp of each line, and where its hashes end.
        lines: Vec<(Stamped, u32)>,
    },
    /// They are read again where they are asked for: of so many bytes, with that CRC-32.
    Again(usize, u32),
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
    /// Those of a file that can be read again: most are never asked for.
    pub(in crate::pipeline) fn later(head: &[u8]) -> Self {
        Self::Again(head.len(), crc32fast::hash(head))
    }

    /// Reads them from the start of a source's text.
    pub(in crate::pipeline) fn of(head: &[u8], layout: &Layout) -> Self {
        let mut trail = Trail::default();
        let (mut hashes, mut lines) = (Vec::new(), Vec::new());
        for line in head.split(|b| *b == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let Some((format, fields)) = layout.read(line) else {
                continue;
            };
            let Some(raw) = fields.time else { continue };
            let format_of = &layout.formats[format];
            let stamped = trail.stamp(raw, format, format_of.cycle).stamped;
            let message = format_of.message(line, &fields);
            let mut found: Vec<u64> = tokens(&message).map(hashed).collect();
            let whole = message.trim_ascii();
            if whole.len() >= 16 {
                found.push(hashed(whole));
            }
            found.sort_unstable();
            found.dedup();
            if found.is_empty() {
                continue;
            }
            hashes.extend(found);
            lines.push((stamped, hashes.len() as u32));
            if hashes.len() >= MOST_EVENTS {
                break;
            }
        }
        hashes.shrink_to_fit();
        lines.shrink_to_fit();
        Self::Kept { hashes, lines }
    }

    /// Reads again what is not kept; nothing of a file that is another one by now.
    fn read(&self, source: &PlacedSource) -> Option<Self> {
        let Self::Again(len, sum) = self else {
            return None;
        };
        let mut head = vec![0; *len];
        let file = source.scan.file.as_ref()?.open().ok()?;
        file.fill_at(0, &mut head).ok()?;
        (crc32fast::hash(&head) == *sum).then(|| Self::of(&head, &source.scan.layout))
    }

    /// When each text was written, by the source's own placing, in the order of lines.
    pub(super) fn placed(&self, source: &PlacedSource) -> Vec<(u64, i64)> {
        let mut at: Vec<(u64, i64)> = Vec::new();
        let again = self.read(source);
        let Self::Kept { hashes, lines } = again.as_ref().unwrap_or(self) else {
            return at;
        };
        let mut from = 0;
        for (stamped, end) in lines {
            if let Some(instant) = source.placer.instant(*stamped, 0) {
                at.extend(
                    hashes[from..*end as usize]
                        .iter()
                        .map(|hash| (*hash, instant)),
                );
            }
            from = *end as usize;
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
