//! Which encoding a source is in, and how its lines end, by its first bytes and samples of the rest.

use super::LineEnd;
use crate::model::Encoding;

/// What the bytes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Detected {
    pub(super) encoding: Encoding,
    /// Length of the byte order mark.
    pub(super) bom: usize,
    pub(super) line_end: LineEnd,
}

/// Decides by a byte order mark, else by where zeros stand, else by a vote over the non-ASCII bytes. The first piece is
/// the start of the source.
pub(super) fn detect<P: AsRef<[u8]>>(pieces: &[P]) -> Detected {
    let head = pieces.first().map_or(&[][..], AsRef::as_ref);
    let (encoding, bom) = by_mark(head)
        .or_else(|| by_zeros(head).map(|encoding| (encoding, 0)))
        .unwrap_or_else(|| (by_vote(pieces), 0));
    Detected {
        encoding,
        bom,
        line_end: line_end(&head[bom..], encoding),
    }
}

fn by_mark(head: &[u8]) -> Option<(Encoding, usize)> {
    if head.starts_with(b"\xef\xbb\xbf") {
        Some((Encoding::Utf8Bom, 3))
    } else if head.starts_with(b"\xff\xfe") {
        Some((Encoding::Utf16Le, 2))
    } else if head.starts_with(b"\xfe\xff") {
        Some((Encoding::Utf16Be, 2))
    } else {
        None
    }
}

/// UTF-16 without a mark: most characters of a trace are ASCII, so one byte of each pair is zero.
fn by_zeros(head: &[u8]) -> Option<Encoding> {
    let head = &head[..head.len().min(4096)];
    let (mut total, mut first, mut second) = (0, 0, 0);
    // Holes that a crash left say nothing.
    for pair in head.chunks_exact(2).filter(|pair| *pair != [0, 0]) {
        total += 1;
        match (pair[0], pair[1]) {
            (0, letter) if letter != 0 => first += 1,
            (letter, 0) if letter != 0 => second += 1,
            _ => {}
        }
    }
    if total == 0 || first.max(second) * 2 <= total {
        None
    } else if second > first {
        Some(Encoding::Utf16Le)
    } else {
        Some(Encoding::Utf16Be)
    }
}

fn by_vote<P: AsRef<[u8]>>(pieces: &[P]) -> Encoding {
    // What is valid as a whole needs no vote, and most text is.
    if let Some(encoding) = by_validity(pieces) {
        return encoding;
    }
    let mut votes = Votes::default();
    for piece in pieces {
        votes.add(piece.as_ref());
    }
    votes.winner().unwrap_or_default()
}

/// The encoding of pieces that are all valid UTF-8.
fn by_validity<P: AsRef<[u8]>>(pieces: &[P]) -> Option<Encoding> {
    let mut pieces = pieces.iter().map(AsRef::as_ref);
    pieces
        .all(|piece| std::str::from_utf8(piece).is_ok())
        .then_some(Encoding::Utf8)
}

/// Non-ASCII bytes, sorted by the encoding that they speak for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Votes {
    utf8: usize,
    windows: usize,
    console: usize,
    broken: usize,
    umlauts: usize,
}

impl Votes {
    /// Counts the valid UTF-8 characters, and what the bytes that are none would be in either code page.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        // Each character that is not ASCII has one first byte.
        let wide = |valid: &str| valid.bytes().filter(|b| *b >= 0xc0).count();
        let mut at = 0;
        for chunk in bytes.utf8_chunks() {
            let valid = chunk.valid();
            self.utf8 += wide(valid);
            at += valid.len();
            for byte in chunk.invalid() {
                let before = at.checked_sub(1).and_then(|i| bytes.get(i));
                let in_word = [before, bytes.get(at + 1)]
                    .iter()
                    .any(|b| b.is_some_and(u8::is_ascii_alphabetic));
                self.byte(*byte, in_word);
                at += 1;
            }
        }
    }

    fn byte(&mut self, byte: u8, in_word: bool) {
        self.broken += 1;
        let windows = match byte {
            // ä ö ü Ä Ö Ü ß
            0xe4 | 0xf6 | 0xfc | 0xc4 | 0xd6 | 0xdc | 0xdf => 2,
            // € … ‘ ’ “ ” – — § « ° » and the accented small letters.
            0x80 | 0x85 | 0x91..=0x97 | 0xa0 | 0xa7 | 0xab | 0xb0 | 0xbb | 0xe0..=0xff => 1,
            _ => 0,
        };
        let console = match byte {
            // ä ö ü Ä Ö Ü ß. 94 is also a quotation mark of Windows and E1 is á, but those are rare in words.
            0x84 | 0x94 | 0x81 | 0x8e | 0x99 | 0x9a | 0xe1 if in_word => 2,
            // The other letters, and the lines of boxes.
            0x80..=0x9f | 0xb3 | 0xb4 | 0xbf..=0xc5 | 0xcd | 0xd9 | 0xda | 0xe1 => 1,
            _ => 0,
        };
        self.windows += windows;
        self.console += console;
        self.umlauts += usize::from(in_word && windows.max(console) == 2);
    }

    /// True if a byte stands in a word where an umlaut of one of the code pages would.
    pub(super) const fn has_umlauts(self) -> bool {
        self.umlauts > 0
    }

    /// The encoding with most votes; `None` where all is ASCII.
    pub(super) fn winner(self) -> Option<Encoding> {
        if self.broken == 0 {
            return (self.utf8 > 0).then_some(Encoding::Utf8);
        }
        // A few broken bytes in a file that is UTF-8 otherwise: cut characters, not another encoding.
        if self.utf8 * 2 > self.broken {
            return Some(Encoding::Utf8);
        }
        // Broken bytes that no code page makes anything of say nothing about the rest.
        if self.windows + self.console == 0 {
            return None;
        }
        Some(if self.console > self.windows {
            Encoding::Cp850
        } else {
            Encoding::Windows1252
        })
    }
}

/// `\r` alone ends lines only if there is no `\n` at all.
fn line_end(head: &[u8], encoding: Encoding) -> LineEnd {
    // A `\r` at the very end of a long head may be half of a `\r\n`.
    let head = if head.len() > 1024 {
        head.strip_suffix(b"\r").unwrap_or(head)
    } else {
        head
    };
    // In UTF-16 the other half of a pair may be 0A or 0D as well (U+0A0D): the pairs have to be looked at.
    let has = |wanted: u8| match encoding {
        Encoding::Utf16Le => head.chunks_exact(2).any(|pair| pair == [wanted, 0]),
        Encoding::Utf16Be => head.chunks_exact(2).any(|pair| pair == [0, wanted]),
        _ => memchr::memchr(wanted, head).is_some(),
    };
    if has(b'\r') && !has(b'\n') {
        LineEnd::Cr
    } else {
        LineEnd::Lf
    }
}
