//! A zone as loggers write it behind a clock: `Z`, `+02`, `+02:00`, `UTC+2`, `GMT+0200 (Mitteleuropäische Sommerzeit)`,
//! `CEST`, `(MESZ)`, `+0200 CEST`.

use super::names;
use super::read::pair;

/// Bytes of a name in brackets that are looked at.
const LONGEST_NAME: usize = 64;
/// No zone is further from Greenwich.
const MOST_HOURS: u32 = 14;

/// The zone at the start of the text: minutes east of Greenwich, and its length. Where a number or a word goes on, it is none.
pub fn zone(text: &[u8]) -> Option<(i32, usize)> {
    if let Some(inside) = text.strip_prefix(b"(") {
        let (minutes, length) = plain(inside)?;
        return (inside.get(length) == Some(&b')')).then_some((minutes, length + 2));
    }
    plain(text)
}

/// A zone behind a clock: whether a blank stands before it, minutes east of Greenwich, and the length of both.
pub fn behind(text: &[u8]) -> Option<(bool, i32, usize)> {
    let blank = usize::from(text.first() == Some(&b' '));
    let rest = &text[blank..];
    let (minutes, length) = zone(rest)?;
    // ` -10` is a column of numbers, and ` z` a word.
    let is_short =
        blank == 1 && (length == 1 && rest[0] == b'z' || length == 3 && rest.starts_with(b"-1"));
    (!is_short).then_some((blank == 1, minutes, blank + length))
}

fn plain(text: &[u8]) -> Option<(i32, usize)> {
    let (minutes, length) = match text.first()? {
        b'+' | b'-' => offset(text, false)?,
        b'z' => (0, 1),
        _ => named(text)?,
    };
    if !ends(text, length) {
        return None;
    }
    let more = description(&text[length..]);
    Some((minutes, length + more))
}

/// A name, and how far from it: `UTC`, `UTC+2`, `GMT+02:00`, `UTC +02:00`.
fn named(text: &[u8]) -> Option<(i32, usize)> {
    let (minutes, length) = names::zone(text)?;
    if !matches!(&text[..length], b"UTC" | b"GMT") {
        return Some((minutes, length));
    }
    let behind = &text[length..];
    let blank = usize::from(behind.first() == Some(&b' '));
    // Behind a blank a short number may be anything.
    match offset(&behind[blank..], blank == 0) {
        Some((minutes, more)) if ends(&behind[blank..], more) => {
            Some((minutes, length + blank + more))
        }
        _ if matches!(behind.first(), Some(b'+' | b'-')) => None,
        _ => Some((0, length)),
    }
}

/// `+0200`, `+02:00`, `+02`; where that may be, `+2` and `+5:30`, too.
fn offset(text: &[u8], short: bool) -> Option<(i32, usize)> {
    let sign = match text.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = text[1..].iter().take_while(|b| b.is_ascii_digit()).count();
    let (hours, width) = match digits {
        2 | 4 => (pair(text, 1)?, 2),
        1 if short => (u32::from(text[1] - b'0'), 1),
        _ => return None,
    };
    let end = 1 + width;
    let behind_colon = || pair(text, end + 1).filter(|_| text.get(end) == Some(&b':'));
    let (minutes, length) = match (digits, behind_colon()) {
        (4, _) => (pair(text, end)?, end + 2),
        (_, Some(minutes)) => (minutes, end + 3),
        _ => (0, end),
    };
    let fits = hours <= MOST_HOURS && minutes < 60 && minutes % 15 == 0;
    fits.then_some((sign * (hours * 60 + minutes) as i32, length))
}

/// True if neither a word nor a number goes on there.
fn ends(text: &[u8], at: usize) -> bool {
    let next = |more: usize| text.get(at + more);
    match next(0) {
        Some(b':' | b'.' | b',') => !next(1).is_some_and(u8::is_ascii_digit),
        Some(b'+' | b'-' | b'_' | b'/' | b'=') => false,
        Some(byte) => !byte.is_ascii_alphanumeric() && *byte < 0x80,
        None => true,
    }
}

/// What says once more which zone it is: ` CEST` as Go, ` (Mitteleuropäische Sommerzeit)` as JavaScript writes it.
fn description(text: &[u8]) -> usize {
    let Some(word) = text.strip_prefix(b" ") else {
        return 0;
    };
    if let Some(inside) = word.strip_prefix(b"(") {
        let inside = &inside[..inside.len().min(LONGEST_NAME)];
        let name = inside.iter().position(|b| *b == b')');
        let name = name.filter(|end| is_name(&inside[..*end]));
        return name.map_or(0, |end| end + 3);
    }
    match names::zone(word) {
        Some((_, length)) if length > 1 && ends(word, length) => length + 1,
        _ => 0,
    }
}

/// True if a text in brackets names a zone.
fn is_name(text: &[u8]) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_abbreviation = || {
        let (_, length) = plain(text).unwrap_or_default();
        length > 0 && length == text.len()
    };
    lower.ends_with(b" time") || lower.ends_with(b"zeit") || is_abbreviation()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn zones_of_many_hands() {
        for (text, minutes, rest) in [
            ("Z|x", 0, "|x"),
            ("UTC x", 0, " x"),
            ("UTC] x", 0, "] x"),
            ("UTC+2 x", 120, " x"),
            ("UTC+02:00: x", 120, ": x"),
            ("UTC-5 x", -300, " x"),
            ("UTC+2: x", 120, ": x"),
            ("UTC+5:30 x", 330, " x"),
            ("UTC +0200 x", 120, " x"),
            ("UTC +2 x", 0, " +2 x"),
            ("GMT+0200 x", 120, " x"),
            ("GMT+0200 (Mitteleuropäische Sommerzeit) x", 120, " x"),
            ("GMT+0200 (Central European Summer Time)", 120, ""),
            ("GMT+0200 (CEST) x", 120, " x"),
            ("GMT+0200 (retry) x", 120, " (retry) x"),
            ("+02 x", 120, " x"),
            ("+0200 x", 120, " x"),
            ("-03:30 x", -210, " x"),
            ("+0200 CEST x", 120, " x"),
            ("+0000 UTC x", 0, " x"),
            ("CEST x", 120, " x"),
            ("MEZ: x", 60, ": x"),
            ("(MESZ) x", 120, " x"),
        ] {
            let expected = Some((minutes, text.len() - rest.len()));
            assert_eq!(zone(text.as_bytes()), expected, "{text}");
        }
        for text in [
            "",
            "x",
            "+49 231 1",
            "+2 x",
            "+1602 x",
            "+0217 x",
            "UTCx",
            "UTC+x",
            "UTC-Zeit",
            "UTC+2.5 x",
            "Zeit",
            "Zürich",
            "CET4 x",
            "+02.5",
            "(MESZ x",
            "utc x",
            "GMT+99",
        ] {
            assert_eq!(zone(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(UTC|GMT|\\(|[+-])?[0-9:+ A-Z()-]{0,6}\\PC{0,8}", cut in 0usize..9) {
            let text = text.as_bytes();
            let text = &text[cut.min(text.len())..];
            if let Some((minutes, length)) = zone(text) {
                prop_assert!(length <= text.len() && minutes.abs() <= 15 * 60);
            }
        }
    }
}
