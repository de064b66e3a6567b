//! What a file holds, by its first bytes. Names lie: customers rename, and programs write what they like.

use crate::model::Text;
use crate::model::report::SCHEMA;

/// How many bytes are looked at.
pub(super) const SNIFF: usize = 8 << 10;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text in any encoding.
    Text,
    /// Nothing.
    Empty,
    /// An archive or packed file that is read.
    Archive(Format),
    /// A report that this program wrote.
    OwnReport,
    /// A Windows program or library.
    Program,
    /// A Windows memory dump.
    Dump,
    /// A Windows event log (`.evtx`).
    EventLog,
    /// A Windows registry hive.
    RegistryHive,
    /// A picture.
    Picture,
    /// A PDF.
    Pdf,
    /// An office document (a zip that is none to its user).
    Office,
    /// A database file.
    Database,
    /// A network capture (`.pcap`, `.pcapng`, `.etl` is not recognised).
    Capture,
    /// An archive of a kind that is not read.
    OtherArchive,
    /// Anything else that is not text.
    Binary,
}

/// An archive or packed file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// `.zip`
    Zip,
    /// `.7z`
    SevenZip,
    /// `.cab`
    Cab,
    /// `.tar`
    Tar,
    /// `.gz`
    Gzip,
    /// `.bz2`
    Bzip2,
    /// `.xz`
    Xz,
    /// `.zst`
    Zstd,
}

impl Kind {
    /// What it is called in a sentence.
    pub fn text(self) -> Text {
        let (en, de) = match self {
            Self::Text => ("text", "Text"),
            Self::Empty => ("an empty file", "eine leere Datei"),
            Self::Archive(_) => ("an archive", "ein Archiv"),
            Self::OwnReport => ("a report of this program", "ein Bericht dieses Programms"),
            Self::Program => ("a Windows program", "ein Windows-Programm"),
            Self::Dump => ("a memory dump", "ein Speicherabbild"),
            Self::EventLog => ("a Windows event log", "ein Windows-Ereignisprotokoll"),
            Self::RegistryHive => ("a registry hive", "eine Registrierungsstruktur"),
            Self::Picture => ("a picture", "ein Bild"),
            Self::Pdf => ("a PDF", "ein PDF"),
            Self::Office => ("an office document", "ein Office-Dokument"),
            Self::Database => ("a database", "eine Datenbank"),
            Self::Capture => ("a network capture", "ein Netzwerkmitschnitt"),
            Self::OtherArchive => (
                "an archive of a kind that is not read",
                "ein Archiv einer Art, die nicht gelesen wird",
            ),
            Self::Binary => ("a binary file", "eine Binärdatei"),
        };
        Text::new(en, de)
    }

    /// True for everything that is recognised only to be left alone.
    pub const fn is_binary(self) -> bool {
        !matches!(
            self,
            Self::Text | Self::Empty | Self::Archive(_) | Self::OwnReport | Self::EventLog
        )
    }
}

/// Bytes at the start of a file in which an output of this program gives itself away.
const OPENING: usize = 4 << 10;
/// How outputs of this program begin, and what stands near their start: reports as JSON and HTML, as text and Markdown,
/// findings a line each, and the timeline's formats. A timeline as text is made of the traces' own lines.
const OWN: &[(&str, &[&str])] = &[
    ("", &[SCHEMA]),
    ("<!doctype html>", &["swyxtrace</title>"]),
    (
        "",
        &["\n==============================", "swyxtrace", "UTC"],
    ),
    ("# ", &[" · swyxtrace ", "UTC"]),
    ("{\"id\":\"F", &["\"class\":\"", "\"class_title\":"]),
    ("time,level,program,source,line,stamp,text", &[]),
    (
        "{\"source\":\"",
        &["\"line\":", "\"stamp\":", "\"logger\":"],
    ),
    (
        "{\"message\":",
        &["\"timestamp_desc\":\"Log entry written\"", "\"stamp\":"],
    ),
    ("{\"resourceLogs\":", &["\"name\":\"swyxtrace\""]),
];

/// The kind of a file that starts with `head`; `whole` says that the head is all of it.
pub(super) fn of(head: &[u8], whole: bool) -> Kind {
    if head.is_empty() {
        return Kind::Empty;
    }
    if let Some(kind) = by_magic(head) {
        return kind;
    }
    let opening = &head[..head.len().min(OPENING)];
    let has = |text: &&str| memchr::memmem::find(opening, text.as_bytes()).is_some();
    let begins = |text: &str| opening.starts_with(text.as_bytes());
    if OWN
        .iter()
        .any(|(start, marks)| begins(start) && marks.iter().all(&has))
    {
        return Kind::OwnReport;
    }
    if looks_like_text(head, whole) {
        Kind::Text
    } else {
        Kind::Binary
    }
}

const MAGICS: &[(&[u8], Kind)] = &[
    (b"PK\x03\x04", Kind::Archive(Format::Zip)),
    (b"PK\x05\x06", Kind::Archive(Format::Zip)),
    (b"PK\x07\x08PK", Kind::Archive(Format::Zip)),
    (b"7z\xbc\xaf\x27\x1c", Kind::Archive(Format::SevenZip)),
    (b"MSCF\0\0\0\0", Kind::Archive(Format::Cab)),
    (b"\x1f\x8b\x08", Kind::Archive(Format::Gzip)),
    (b"\xfd7zXZ\0", Kind::Archive(Format::Xz)),
    (b"\x28\xb5\x2f\xfd", Kind::Archive(Format::Zstd)),
    (b"Rar!\x1a\x07", Kind::OtherArchive),
    (b"\x04\x22\x4d\x18", Kind::OtherArchive),
    (b"\x1f\x9d", Kind::OtherArchive),
    (b"LZIP\x01", Kind::OtherArchive),
    (b"ElfFile\0", Kind::EventLog),
    (b"MDMP\x93\xa7", Kind::Dump),
    (b"PAGEDUMP", Kind::Dump),
    (b"PAGEDU64", Kind::Dump),
    (b"\x7fELF", Kind::Program),
    (b"regf", Kind::RegistryHive),
    (b"\x89PNG\r\n\x1a\n", Kind::Picture),
    (b"\xff\xd8\xff", Kind::Picture),
    (b"GIF87a", Kind::Picture),
    (b"GIF89a", Kind::Picture),
    (b"%PDF-", Kind::Pdf),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind::Office),
    (b"SQLite format 3\0", Kind::Database),
    (b"\xd4\xc3\xb2\xa1", Kind::Capture),
    (b"\xa1\xb2\xc3\xd4", Kind::Capture),
    (b"\x0a\x0d\x0d\x0a", Kind::Capture),
];

fn by_magic(head: &[u8]) -> Option<Kind> {
    if let Some((_, kind)) = MAGICS.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(match kind {
            Kind::Archive(Format::Zip) if is_office(head) => Kind::Office,
            kind => *kind,
        });
    }
    if head.starts_with(b"BZh") && head.get(3).is_some_and(|b| (b'1'..=b'9').contains(b)) {
        let block = head.get(4..10);
        if matches!(block, Some(b"1AY&SY" | b"\x17\x72\x45\x38\x50\x90")) {
            return Some(Kind::Archive(Format::Bzip2));
        }
    }
    // A skippable frame may stand before the first one of a `.zst`.
    if head.get(1..4) == Some(b"\x2a\x4d\x18") && head[0] & 0xf0 == 0x50 {
        return Some(Kind::Archive(Format::Zstd));
    }
    // "MZ" alone could begin a word: a program also has the stub's zero bytes.
    if head.starts_with(b"MZ") && head.iter().take(64).filter(|b| **b == 0).count() > 8 {
        return Some(Kind::Program);
    }
    is_tar(head).then_some(Kind::Archive(Format::Tar))
}

/// The first member's name tells an office document, or a package of some program, from an archive of traces.
fn is_office(head: &[u8]) -> bool {
    let name = head.get(30..).unwrap_or_default();
    [
        &b"[Content_Types].xml"[..],
        b"mimetype",
        b"META-INF/",
        b"_rels/",
    ]
    .iter()
    .any(|first| name.starts_with(first))
}

/// A tar header has a checksum over itself; the magic `ustar` came later and is missing in old ones.
pub(super) fn is_tar(head: &[u8]) -> bool {
    let Some(header) = head.get(..512) else {
        return false;
    };
    if header[0] == 0 {
        return false;
    }
    let sum: u32 = header
        .iter()
        .enumerate()
        .map(|(i, b)| {
            if (148..156).contains(&i) {
                32
            } else {
                u32::from(*b)
            }
        })
        .sum();
    let digits = header[148..156]
        .iter()
        .skip_while(|b| **b == b' ')
        .take_while(|b| (b'0'..=b'7').contains(b));
    let mut written = 0_u32;
    let mut count = 0;
    for digit in digits {
        written = written
            .wrapping_mul(8)
            .wrapping_add(u32::from(digit - b'0'));
        count += 1;
    }
    count > 0 && written == sum
}

/// Runs of zeros this long are holes that a crash left, not data.
const HOLE: usize = 16;

fn looks_like_text(head: &[u8], whole: bool) -> bool {
    if head.starts_with(b"\xff\xfe\0\0") || head.starts_with(b"\0\0\xfe\xff") {
        return false;
    }
    if [&b"\xef\xbb\xbf"[..], b"\xff\xfe", b"\xfe\xff"]
        .iter()
        .any(|bom| head.starts_with(bom))
    {
        return true;
    }
    let (stray, holes) = zeros(head);
    if holes == head.len() {
        return whole;
    }
    let text = head.len() - holes;
    if stray * 200 > text {
        return is_utf16(head);
    }
    odd_bytes(head) * 20 <= text
}

/// Control characters that no text has.
fn odd_bytes(head: &[u8]) -> usize {
    // Without branches, and few enough for a sum of one byte, so that many are looked at together.
    let is_odd = |b: u8| {
        u8::from(b.wrapping_sub(1) < 7)
            | u8::from(b.wrapping_sub(0x0e) < 13)
            | u8::from(b.wrapping_sub(0x1c) < 4)
            | u8::from(b == 0x7f)
    };
    let in_piece = |piece: &[u8]| usize::from(piece.iter().fold(0, |sum, b| sum + is_odd(*b)));
    head.chunks(128).map(in_piece).sum()
}

/// Zeros that stand alone or in short runs, and those in holes.
fn zeros(head: &[u8]) -> (usize, usize) {
    let (mut stray, mut holes) = (0, 0);
    if memchr::memchr(0, head).is_none() {
        return (stray, holes);
    }
    for run in head.chunk_by(|a, b| (*a == 0) == (*b == 0)) {
        match (run[0], run.len()) {
            (0, length) if length >= HOLE => holes += length,
            (0, length) => stray += length,
            _ => {}
        }
    }
    (stray, holes)
}

/// Text in UTF-16 has its zeros on one side, and no control characters on the other.
fn is_utf16(head: &[u8]) -> bool {
    let (mut total, mut high_first, mut low_first, mut odd) = (0, 0, 0, 0);
    for pair in head.chunks_exact(2).filter(|pair| *pair != [0, 0]) {
        total += 1;
        let letter = match (pair[0], pair[1]) {
            (0, letter) => {
                high_first += 1;
                letter
            }
            (letter, 0) => {
                low_first += 1;
                letter
            }
            _ => continue,
        };
        odd += usize::from(letter < 0x20 && !matches!(letter, b'\t' | b'\n' | b'\r' | 0x0c));
    }
    let (more, fewer) = (high_first.max(low_first), high_first.min(low_first));
    more * 2 > total && fewer * 20 <= more && odd * 50 <= more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_counted_each() {
        for byte in 0..=u8::MAX {
            let odd = matches!(byte, 1..=7 | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f);
            for length in [1, 127, 128, 129, 1000] {
                let expected = if odd { length } else { 0 };
                assert_eq!(odd_bytes(&vec![byte; length]), expected, "{byte}");
            }
        }
    }

    #[test]
    fn magics_decide_before_names() {
        let table: &[(&[u8], Kind)] = &[
            (
                b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0",
                Kind::Program,
            ),
            (b"MZ is a word in a log line\n", Kind::Text),
            (b"\x89PNG\r\n\x1a\n....", Kind::Picture),
            (b"%PDF-1.7\n", Kind::Pdf),
            (b"MDMP\x93\xa7\0\0", Kind::Dump),
            (b"ElfFile\0\0\0", Kind::EventLog),
            (b"regf\0\0", Kind::RegistryHive),
            (b"PK\x03\x04abc", Kind::Archive(Format::Zip)),
            (b"BZh91AY&SY", Kind::Archive(Format::Bzip2)),
            (b"BZh9 is no archive", Kind::Text),
            (b"Rar!\x1a\x07\0", Kind::OtherArchive),
            (b"{\"schema\": \"swyxtrace-report\"}", Kind::OwnReport),
            (b"", Kind::Empty),
        ];
        for (head, kind) in table {
            assert_eq!(of(head, true), *kind, "{}", head.escape_ascii());
        }
    }

    #[test]
    fn text_is_told_from_binary_in_every_encoding() {
        let utf16: Vec<u8> = "10:00 ERROR Zugriff unzulässig\r\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let swapped: Vec<u8> = utf16.chunks(2).flat_map(|p| [p[1], p[0]]).collect();
        let padded = [&b"10:00 last line\r\n"[..], &[0; 4000]].concat();
        let hole = [&b"10:00 a\n"[..], &[0; 4000], b"11:00 b\n"].concat();
        let texts: [&[u8]; 9] = [
            b"plain\n",
            "Köln\n".as_bytes(),
            b"K\xf6ln unzul\xe4ssig\n",
            b"\x1b[31mred\x1b[0m\n",
            &utf16,
            &swapped,
            &padded,
            &hole,
            &[0; 100],
        ];
        for text in texts {
            assert_eq!(of(text, true), Kind::Text, "{}", text.escape_ascii());
        }
        let noise: Vec<u8> = (0..4096_u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        let shorts: Vec<u8> = (0..4096_u16).flat_map(|i| (i % 7).to_le_bytes()).collect();
        for bytes in [&noise[..], &shorts, b"\xff\xfe\0\0a\0\0\0", b"ab\0cd\0ef\0"] {
            assert!(of(bytes, true).is_binary(), "{}", bytes.escape_ascii());
        }
        assert!(of(&[0; SNIFF], false).is_binary());
    }
}
