//! Times of day, their fractions, halves of the day, and offsets.

use super::digits;
use crate::syntax::stamp::names;

/// A time of day: its layout and length. `dated`: a date stands before it, so that shorter forms are credible.
pub fn clock(text: &[u8], dated: bool) -> Option<(String, usize)> {
    let padded = dated && text.first() == Some(&b' ');
    let skip = usize::from(padded);
    let hour = digits(&text[skip..]);
    if dated && hour == 6 {
        let (fraction, length) = fraction(&text[6..]);
        return Some((format!("%H%M%S{fraction}"), 6 + length));
    }
    if !(1..=2).contains(&hour) || (padded && hour != 1) {
        return None;
    }
    let at = skip + hour;
    let separator = *text.get(at)?;
    let allowed: &[u8] = if dated { b":.-" } else { b":" };
    if !allowed.contains(&separator) || digits(&text[at + 1..]) != 2 {
        return None;
    }
    let letter = match (padded, hour) {
        (true, _) => "k",
        (_, 1) => "-H",
        _ => "H",
    };
    let separator_letter = char::from(separator);
    let mut layout = format!("%{letter}{separator_letter}%M");
    let mut end = at + 3;
    let seconds = text.get(end) == Some(&separator) && digits(&text[end + 1..]) == 2;
    if seconds {
        layout.push(separator_letter);
        layout += "%S";
        end += 3;
        let (fraction, length) = fraction(&text[end..]);
        layout += fraction;
        end += length;
    } else if !dated
        || separator != b':'
        || text
            .get(end)
            .is_some_and(|b| b.is_ascii_digit() || b":.".contains(b))
    {
        return None;
    }
    let (marker, length) = marker(&text[end..]);
    if length > 0 {
        layout = layout
            .replacen("%H", "%I", 1)
            .replacen("%-H", "%-I", 1)
            .replacen("%k", "%l", 1);
    }
    Some((layout + marker, end + length))
}

fn fraction(text: &[u8]) -> (&'static str, usize) {
    let Some((separator, rest)) = text.split_first() else {
        return ("", 0);
    };
    let count = digits(rest);
    // A colon may also stand before a text that begins with a number.
    let fits = (1..=9).contains(&count) && (*separator != b':' || count == 3);
    match separator {
        b'.' if fits => (".%f", count + 1),
        b',' if fits && count >= 3 => (",%f", count + 1),
        b':' if fits => (":%f", count + 1),
        _ => ("", 0),
    }
}

fn marker(text: &[u8]) -> (&'static str, usize) {
    let blank = usize::from(text.first() == Some(&b' '));
    let word = text.get(blank..blank + 2).unwrap_or_default();
    let ends = !text.get(blank + 2).is_some_and(u8::is_ascii_alphanumeric);
    if ends && (word.eq_ignore_ascii_case(b"am") || word.eq_ignore_ascii_case(b"pm")) {
        return (if blank == 1 { " %p" } else { "%p" }, blank + 2);
    }
    ("", 0)
}

/// An offset or a zone name behind a clock.
pub fn zone(text: &[u8]) -> (String, usize) {
    let blank = usize::from(text.first() == Some(&b' '));
    let rest = &text[blank..];
    let lead = &" "[..blank];
    let ends = |at: usize| !rest.get(at).is_some_and(u8::is_ascii_alphanumeric);
    match rest.first() {
        Some(b'Z' | b'z') if blank == 0 && ends(1) => return ("%:z".into(), 1),
        Some(b'+' | b'-') => {
            let length = match (digits(&rest[1..]), rest.get(3)) {
                (4, _) => 5,
                (2, Some(b':')) if digits(&rest[4..]) == 2 => 6,
                (2, _) if blank == 0 => 3,
                _ => return (String::new(), 0),
            };
            if is_offset(&rest[1..length]) {
                return (format!("{lead}%:z"), blank + length);
            }
        }
        Some(b'A'..=b'Z') => {
            if let Some((_, length)) = names::zone(rest).filter(|(_, length)| ends(*length)) {
                return (format!("{lead}%Z"), blank + length);
            }
        }
        _ => {}
    }
    (String::new(), 0)
}

fn is_offset(text: &[u8]) -> bool {
    let number = |part: &[u8]| {
        part.iter()
            .fold(0u32, |n, b| n * 10 + u32::from(b.wrapping_sub(b'0')))
    };
    let minutes = if text.len() > 2 {
        number(&text[text.len() - 2..])
    } else {
        0
    };
    number(&text[..2]) <= 14 && minutes % 15 == 0 && minutes < 60
}
