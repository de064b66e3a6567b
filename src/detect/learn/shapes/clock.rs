//! Times of day, their fractions, halves of the day, and offsets.

use super::digits;
use crate::syntax::stamp::{names, zones};

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
    match names::half_of_day(text) {
        Some((true, length)) => (" %p", length),
        Some((false, length)) => ("%p", length),
        None => ("", 0),
    }
}

/// An offset or a zone name behind a clock.
pub fn zone(text: &[u8]) -> (String, usize) {
    let Some((blank, _, length)) = zones::behind(text) else {
        return (String::new(), 0);
    };
    let lead = if blank { " " } else { "" };
    let own = &text[lead.len()..length];
    let is_name = || names::zone(own).is_some_and(|(_, whole)| whole == own.len());
    let letter = match own {
        [b'Z' | b'z'] if !blank => "%:z",
        [b'+' | b'-', ..] if own[1..].iter().all(|b| b.is_ascii_digit() || *b == b':') => "%:z",
        _ if is_name() => "%Z",
        _ => "%{zone}",
    };
    (format!("{lead}{letter}"), length)
}
