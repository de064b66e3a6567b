//! The letters of a layout.

use crate::syntax::Complaint;

/// One part of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// This byte.
    Byte(u8),
    /// `%Y`: four digits.
    Year,
    /// `%y`: two digits, 2000 to 2068 and 1969 to 1999 as in chrono.
    ShortYear,
    /// `%m`.
    Month(Width),
    /// `%b`, `%B`: the name or its abbreviation, English or German.
    MonthName,
    /// `%d`.
    Day(Width),
    /// `%j`: three digits.
    Ordinal,
    /// `%a`, `%A`: read, and not held against the date.
    Weekday,
    /// `%H`.
    Hour(Width),
    /// `%I`.
    HalfDayHour(Width),
    /// `%p`, `%P`.
    Marker,
    /// `%M`.
    Minute,
    /// `%S`.
    Second,
    /// `.%f`: this separator and up to nine digits; both may be missing.
    Fraction(u8),
    /// `%3f` without a separator: exactly so many digits.
    Digits(u8),
    /// `%z`, `%:z`: `Z`, `+02`, `+0200`, `+02:00`.
    Offset,
    /// `%Z`: `UTC`, `CEST` …
    ZoneName,
    /// `%{zone}`: any of these, and `UTC+2`, `GMT+0200 (Mitteleuropäische Sommerzeit)`, `(MESZ)`.
    Zone,
    /// `%{bias}`: minutes to add to reach UTC, with a sign.
    Bias,
    /// `%s`: ten digits.
    Epoch,
    /// `%{filetime}`: 100 ns since 1601 UTC.
    FileTime,
    /// `%{ticks}`: 100 ns since the year 1, on the clock of the declared zone.
    Ticks,
}

/// How a two-digit number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// `%d`: two digits.
    Two,
    /// `%e`: two, the first may be a blank.
    Blank,
    /// `%-d`: one or two digits.
    Short,
}

/// The bytes with which an item may begin; `None` for any.
pub fn first_bytes(item: Item) -> Option<Vec<u8>> {
    match item {
        Item::Byte(byte) => Some(vec![byte]),
        Item::Day(Width::Blank) | Item::Hour(Width::Blank) | Item::HalfDayHour(Width::Blank) => {
            Some((b'0'..=b'9').chain([b' ']).collect())
        }
        Item::Year
        | Item::ShortYear
        | Item::Month(_)
        | Item::Day(_)
        | Item::Ordinal
        | Item::Hour(_)
        | Item::HalfDayHour(_)
        | Item::Minute
        | Item::Second
        | Item::Epoch
        | Item::FileTime
        | Item::Ticks => Some((b'0'..=b'9').collect()),
        Item::MonthName | Item::Weekday => Some((b'A'..=b'Z').chain(b'a'..=b'z').collect()),
        _ => None,
    }
}

const HELP: &str = "layouts are written in chrono's letters, for example `%Y-%m-%d %H:%M:%S.%f`";

/// Reads a layout.
pub fn parse(layout: &str) -> Result<Vec<Item>, Complaint> {
    let bytes = layout.as_bytes();
    let mut items = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte != b'%' {
            items.push(Item::Byte(byte));
            at += 1;
            continue;
        }
        at += one(&layout[at..], at, &mut items)?;
    }
    Ok(items)
}

/// Reads one letter; returns its length.
fn one(text: &str, at: usize, items: &mut Vec<Item>) -> Result<usize, Complaint> {
    if let Some(rest) = text.strip_prefix("%{") {
        return named(rest, at, items);
    }
    if let Some(length) = fraction(text, items) {
        return Ok(length);
    }
    for (expansion, whole) in [
        ("%T", "%H:%M:%S"),
        ("%F", "%Y-%m-%d"),
        ("%R", "%H:%M"),
        ("%+", "%Y-%m-%dT%H:%M:%S%.f%:z"),
    ] {
        if text.starts_with(expansion) {
            items.extend(parse(whole)?);
            return Ok(2);
        }
    }
    let (item, length) = letter(text).ok_or_else(|| {
        let shown: String = text.chars().take(2).collect();
        Complaint::new(at, format!("`{shown}` is no letter of a layout"), HELP)
    })?;
    items.push(item);
    Ok(length)
}

fn named(rest: &str, at: usize, items: &mut Vec<Item>) -> Result<usize, Complaint> {
    let name = rest.split('}').next().unwrap_or_default();
    items.push(match name {
        "filetime" => Item::FileTime,
        "ticks" => Item::Ticks,
        "bias" => Item::Bias,
        "zone" => Item::Zone,
        _ => {
            return Err(Complaint::new(
                at,
                format!("`%{{{name}}}` is no part of a layout"),
                "known are `%{zone}`, `%{filetime}`, `%{ticks}` and `%{bias}`",
            ));
        }
    });
    Ok(name.len() + 3)
}

/// `%f`, `%3f`, `%.f`, `%.3f`, `%,f`, `%,3f`. A separator that stands before `%f` as a literal joins it.
fn fraction(text: &str, items: &mut Vec<Item>) -> Option<usize> {
    let rest = &text[1..];
    let separator = rest.bytes().next().filter(|b| b".,".contains(b));
    let rest = &rest[usize::from(separator.is_some())..];
    let count = rest.bytes().next().filter(|b| matches!(b, b'1'..=b'9'));
    let rest = &rest[usize::from(count.is_some())..];
    if !rest.starts_with('f') {
        return None;
    }
    let length = text.len() - rest.len() + 1;
    let before = match items.last() {
        Some(Item::Byte(b @ (b'.' | b','))) if separator.is_none() => Some(*b),
        // `11:16:29:123`: only behind the seconds is a colon a decimal point.
        Some(Item::Byte(b':')) if items.iter().rev().nth(1) == Some(&Item::Second) => Some(b':'),
        _ => None,
    };
    if before.is_some() {
        items.pop();
    }
    items.push(match separator.or(before) {
        Some(separator) => Item::Fraction(separator),
        None => Item::Digits(count.map_or(9, |digit| digit - b'0')),
    });
    Some(length)
}

fn letter(text: &str) -> Option<(Item, usize)> {
    let bytes = text.as_bytes();
    let item = match *bytes.get(1)? {
        b'%' => Item::Byte(b'%'),
        b't' => Item::Byte(b'\t'),
        b'Y' => Item::Year,
        b'y' => Item::ShortYear,
        b'm' => Item::Month(Width::Two),
        b'b' | b'B' | b'h' => Item::MonthName,
        b'd' => Item::Day(Width::Two),
        b'e' => Item::Day(Width::Blank),
        b'j' => Item::Ordinal,
        b'a' | b'A' => Item::Weekday,
        b'H' => Item::Hour(Width::Two),
        b'k' => Item::Hour(Width::Blank),
        b'I' => Item::HalfDayHour(Width::Two),
        b'l' => Item::HalfDayHour(Width::Blank),
        b'p' | b'P' => Item::Marker,
        b'M' => Item::Minute,
        b'S' => Item::Second,
        b'z' => Item::Offset,
        b'Z' => Item::ZoneName,
        b's' => Item::Epoch,
        b':' if bytes.get(2) == Some(&b'z') => return Some((Item::Offset, 3)),
        b'-' => {
            let item = match *bytes.get(2)? {
                b'm' => Item::Month(Width::Short),
                b'd' => Item::Day(Width::Short),
                b'H' => Item::Hour(Width::Short),
                b'I' => Item::HalfDayHour(Width::Short),
                _ => return None,
            };
            return Some((item, 3));
        }
        _ => return None,
    };
    Some((item, 2))
}
