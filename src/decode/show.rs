//! Decoding for the eye: one line at a time, when it is shown.

use std::borrow::Cow;

use super::encoding::Votes;
use crate::model::Encoding;

/// The bytes as text: as they are where they are valid UTF-8, else by the source's encoding, and where the source has
/// not shown one, by the line's own.
pub fn show(bytes: &[u8], encoding: Encoding) -> Cow<'_, str> {
    show_counted(bytes, encoding).0
}

/// As [`show`], with the number of characters that had to be replaced by U+FFFD.
pub fn show_counted(bytes: &[u8], encoding: Encoding) -> (Cow<'_, str>, usize) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (Cow::Borrowed(text), 0);
    }
    match code_page(bytes, encoding) {
        Some(Encoding::Windows1252) => {
            let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes);
            (text, 0)
        }
        Some(Encoding::Cp850) => (Cow::Owned(bytes.iter().map(|b| cp850(*b)).collect()), 0),
        _ => {
            let broken = bytes
                .utf8_chunks()
                .filter(|c| !c.invalid().is_empty())
                .count();
            (String::from_utf8_lossy(bytes), broken)
        }
    }
}

/// The code page for a line that is not valid UTF-8.
fn code_page(bytes: &[u8], encoding: Encoding) -> Option<Encoding> {
    match encoding {
        Encoding::Windows1252 | Encoding::Cp850 => Some(encoding),
        Encoding::Utf16Le | Encoding::Utf16Be => None,
        // Programs with different code pages write into one file, and samples can miss the only umlaut of a gigabyte.
        Encoding::Utf8 | Encoding::Utf8Bom => {
            let mut votes = Votes::default();
            votes.add(bytes);
            votes.winner().filter(|_| votes.has_umlauts())
        }
    }
}

/// One byte of code page 850.
fn cp850(byte: u8) -> char {
    match byte {
        0..0x80 => char::from(byte),
        _ => CP850[usize::from(byte - 0x80)],
    }
}

#[rustfmt::skip]
const CP850: [char; 128] = [
    'Ç', 'ü', 'é', 'â', 'ä', 'à', 'å', 'ç', 'ê', 'ë', 'è', 'ï', 'î', 'ì', 'Ä', 'Å',
    'É', 'æ', 'Æ', 'ô', 'ö', 'ò', 'û', 'ù', 'ÿ', 'Ö', 'Ü', 'ø', '£', 'Ø', '×', 'ƒ',
    'á', 'í', 'ó', 'ú', 'ñ', 'Ñ', 'ª', 'º', '¿', '®', '¬', '½', '¼', '¡', '«', '»',
    '░', '▒', '▓', '│', '┤', 'Á', 'Â', 'À', '©', '╣', '║', '╗', '╝', '¢', '¥', '┐',
    '└', '┴', '┬', '├', '─', '┼', 'ã', 'Ã', '╚', '╔', '╩', '╦', '╠', '═', '╬', '¤',
    'ð', 'Ð', 'Ê', 'Ë', 'È', 'ı', 'Í', 'Î', 'Ï', '┘', '┌', '█', '▄', '¦', 'Ì', '▀',
    'Ó', 'ß', 'Ô', 'Ò', 'õ', 'Õ', 'µ', 'þ', 'Þ', 'Ú', 'Û', 'Ù', 'ý', 'Ý', '¯', '´',
    '\u{ad}', '±', '‗', '¾', '¶', '§', '÷', '¸', '°', '¨', '·', '¹', '³', '²', '■', '\u{a0}',
];
