//! What a stamp may look like: at a place of a line, the layouts that could have written what stands there.

mod clock;
mod date;

use crate::syntax::stamp::{Stamp, ZoneSource, names};
use clock::{clock, zone};
use date::date;

/// A stamp that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its length.
    pub length: usize,
    /// The layouts that may have written it, the likeliest first. All of them have this length.
    pub layouts: Vec<String>,
}

/// A part of a stamp: readings, and its length.
pub type Part = (Vec<String>, usize);

/// What may stand between a date and a time.
const JOINERS: [&str; 16] = [
    "T", " ", ", ", " - ", "  ", "\t", "_", "-", ":", ";", ",", "|", "/", "\",\"", "\" \"", ".",
];

/// The stamp at the start of the text, the longest reading of it.
pub fn at_start(text: &[u8]) -> Option<Seen> {
    let (&first, _) = text.split_first()?;
    if !(first.is_ascii_digit() || first.is_ascii_alphabetic()) {
        return None;
    }
    let (day, skip) = weekday(text);
    let rest = &text[skip..];
    let part = date_and_time(rest, skip > 0)
        .or_else(|| (skip == 0).then(|| time_and_date(rest)).flatten())
        .or_else(|| (skip == 0).then(|| clock_alone(rest)).flatten())
        .or_else(|| (skip == 0).then(|| compact(rest)).flatten())
        .or_else(|| (skip == 0).then(|| number(rest)).flatten())?;
    let layouts = part.0.into_iter().map(|l| format!("{day}{l}")).collect();
    Some(Seen {
        length: skip + part.1,
        layouts,
    })
}

/// Date and clock without anything between: `20200810111619153`.
fn compact(text: &[u8]) -> Option<Part> {
    if !is_year(text) {
        return None;
    }
    let whole = "%Y%m%d%H%M%S";
    let (layout, length) = match digits(text) {
        14 => match text.get(14) {
            Some(mark @ (b'.' | b',')) if digits(&text[15..]) > 0 => {
                let fraction = digits(&text[15..]);
                (format!("{whole}{}%f", char::from(*mark)), 15 + fraction)
            }
            _ => (whole.to_owned(), 14),
        },
        length @ (17 | 20) => (format!("{whole}%f"), length),
        _ => return None,
    };
    let (zone, zone_length) = zone(&text[length..]);
    Some((vec![layout + &zone], length + zone_length))
}

fn weekday(text: &[u8]) -> (&'static str, usize) {
    let Some(length) = names::weekday(text) else {
        return ("", 0);
    };
    match &text[length..] {
        [b',', b' ', ..] => ("%a, ", length + 2),
        [b' ', ..] => ("%a ", length + 1),
        _ => ("", 0),
    }
}

fn date_and_time(text: &[u8], after_weekday: bool) -> Option<Part> {
    let (dates, length, whole) = date(text)?;
    for joiner in JOINERS {
        let Some(rest) = text[length..].strip_prefix(joiner.as_bytes()) else {
            continue;
        };
        let Some((clock, clock_length)) = clock(rest, true) else {
            continue;
        };
        let end = length + joiner.len() + clock_length;
        let (tail, tail_length) = tail(&text[end..], whole);
        // A bare day before a clock is too little to go by in the middle of a sentence.
        if !whole && after_weekday && tail.is_empty() && dates.iter().all(|d| d == "%d") {
            continue;
        }
        let layouts = dates.iter().map(|d| format!("{d}{joiner}{clock}{tail}"));
        return Some((layouts.collect(), end + tail_length));
    }
    None
}

/// What follows a clock: an offset or zone name, or the year of C's `ctime`, with a zone name before it.
fn tail(text: &[u8], whole: bool) -> (String, usize) {
    let (mut layout, mut length) = zone(text);
    if !whole {
        let rest = &text[length..];
        if rest.first() == Some(&b' ') && digits(&rest[1..]) == 4 && is_year(&rest[1..]) {
            layout += " %Y";
            length += 5;
        } else if let Some(skip) = unknown_zone_before_year(rest) {
            // The name means several zones: it is read, and the clock is taken for local.
            let name = String::from_utf8_lossy(&rest[..skip]).into_owned();
            layout = format!("{name} %Y");
            length = skip + 5;
        }
    }
    (layout, length)
}

fn unknown_zone_before_year(text: &[u8]) -> Option<usize> {
    let name = text.strip_prefix(b" ")?;
    let run = name.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let year = name.get(run..)?.strip_prefix(b" ")?;
    ((2..=5).contains(&run) && digits(year) == 4 && is_year(year)).then_some(run + 1)
}

fn time_and_date(text: &[u8]) -> Option<Part> {
    let (clock, length) = clock(text, false)?;
    let joiner = [" ", ", ", " - ", "\t", ";", ","]
        .into_iter()
        .find(|j| text[length..].starts_with(j.as_bytes()))?;
    let rest = &text[length + joiner.len()..];
    let (dates, date_length, whole) = date(rest)?;
    if !whole {
        return None;
    }
    let layouts = dates.iter().map(|d| format!("{clock}{joiner}{d}"));
    Some((layouts.collect(), length + joiner.len() + date_length))
}

/// A date with a year at the start of the text: its readings, and its length.
pub fn whole_date(text: &[u8]) -> Option<Part> {
    let is_letter = text.first()?.is_ascii_alphabetic();
    let (layouts, length, whole) = date(text)?;
    let ends = !text.get(length).is_some_and(u8::is_ascii_alphanumeric);
    (whole && (ends || text.get(length) == Some(&b'T')) && (is_letter || digits(text) != 6))
        .then_some((layouts, length))
}

/// The time of the day behind a date, in nanoseconds, also behind a word between them.
pub fn clock_behind(text: &[u8]) -> Option<i64> {
    let joiners = JOINERS.iter().chain(&[" um ", " at "]);
    let mut clocks = joiners.filter_map(|joiner| {
        let rest = text.strip_prefix(joiner.as_bytes())?;
        let (layout, _) = clock(rest, true)?;
        let stamp = Stamp::compile(&layout, ZoneSource::Local).ok()?;
        Some(stamp.read(rest, 0)?.0.nanos())
    });
    clocks.next()
}

fn clock_alone(text: &[u8]) -> Option<Part> {
    let (clock, length) = clock(text, false)?;
    let (zone, zone_length) = zone(&text[length..]);
    Some((vec![clock + &zone], length + zone_length))
}

/// One number: seconds, milli-, micro- or nanoseconds since 1970, .NET ticks, or a Windows file time.
fn number(text: &[u8]) -> Option<Part> {
    let run = digits(text);
    let leading = text.get(..2)?;
    let after = text.get(run).copied();
    if after.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return None;
    }
    let plausible = matches!(leading, [b'1', _] | [b'2', b'0'..=b'9']);
    let layout = match run {
        10 if plausible && after == Some(b'.') => {
            let fraction = digits(&text[11..]);
            let fits = (1..=9).contains(&fraction);
            return fits.then(|| (vec!["%s.%f".into()], 11 + fraction));
        }
        10 if plausible => "%s",
        13 if plausible => "%s%3f",
        16 if plausible => "%s%6f",
        19 if plausible => "%s%9f",
        18 if matches!(leading, b"63" | b"64") => "%{ticks}",
        18 if matches!(leading, b"12" | b"13") => "%{filetime}",
        _ => return None,
    };
    Some((vec![layout.into()], run))
}

/// True if a year of our time stands at the start.
fn is_year(text: &[u8]) -> bool {
    matches!(text.get(..2), Some(b"19" | b"20")) && text.get(2).is_some_and(u8::is_ascii_digit)
}

/// `%d` for two digits, `%-d` for one.
fn two(count: usize, letter: char) -> Option<String> {
    match count {
        2 => Some(format!("%{letter}")),
        1 => Some(format!("%-{letter}")),
        _ => None,
    }
}

/// The number of digits at the start.
fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|b| b.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn first(text: &str) -> Option<(String, usize)> {
        at_start(text.as_bytes()).map(|seen| (seen.layouts[0].clone(), seen.length))
    }

    #[test]
    fn stamps_of_many_hands() {
        for (text, layout, rest) in [
            ("2020-08-10 11:16:29.1234|x", "%Y-%m-%d %H:%M:%S.%f", "|x"),
            (
                "2020-08-10T11:16:29,123+02:00 x",
                "%Y-%m-%dT%H:%M:%S,%f%:z",
                " x",
            ),
            (
                "2020-08-10 11:16:29 UTC [1]",
                "%Y-%m-%d %H:%M:%S %Z",
                " [1]",
            ),
            ("10.08.2020 - 11:16:29 x", "%d.%m.%Y - %H:%M:%S", " x"),
            ("8/10/2020\t1:16:29 PM\tx", "%-m/%d/%Y\t%-I:%M:%S %p", "\tx"),
            ("Mon Aug 10 11:16:29 2020] x", "%a %b %e %H:%M:%S %Y", "] x"),
            (
                "Wed May 19 08:00:01 XST 2021 x",
                "%a %b %e %H:%M:%S XST %Y",
                " x",
            ),
            (
                "Mon, 10 Aug 2020 11:16:29 +0200",
                "%a, %d %b %Y %H:%M:%S %:z",
                "",
            ),
            ("Aug  1 11:16:29 pc1", "%b %e %H:%M:%S", " pc1"),
            ("10. August 2020 11:16:29", "%d. %b %Y %H:%M:%S", ""),
            ("081109 203615 148 INFO", "%y%m%d %H%M%S", " 148 INFO"),
            ("20171223-22:15:29:606|x", "%Y%m%d-%H:%M:%S:%f", "|x"),
            ("20200810111619153 INFO x", "%Y%m%d%H%M%S%f", " INFO x"),
            ("20200810111619|INFO|x", "%Y%m%d%H%M%S", "|INFO|x"),
            ("20200810111619.153 x", "%Y%m%d%H%M%S.%f", " x"),
            ("10 11:15:40.123 1a2c", "%d %H:%M:%S.%f", " 1a2c"),
            ("11:15:40 x", "%H:%M:%S", " x"),
            ("1597050989.123 x", "%s.%f", " x"),
            ("1531171074631 x", "%s%3f", " x"),
            ("637326477891234567 x", "%{ticks}", " x"),
            ("05:44:26 09/04/23,1", "%H:%M:%S %m/%d/%y", ",1"),
            ("2012-025T10:22:40,672 x", "%Y-%jT%H:%M:%S,%f", " x"),
            ("2021-11-09  5:13:11 x", "%Y-%m-%d %k:%M:%S", " x"),
        ] {
            let found = first(text);
            assert_eq!(
                found,
                Some((layout.to_owned(), text.len() - rest.len())),
                "{text}"
            );
        }
    }

    #[test]
    fn numbers_that_are_no_stamps() {
        for text in [
            "10.0.19041.1 x",
            "127.0.0.1:5000",
            "12345 x",
            "5000",
            "14.25.8537.0",
            "hello",
            "Mar 3 items",
            "10061",
        ] {
            assert_eq!(first(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(text in proptest::collection::vec(any::<u8>(), 0..40), cut in 0usize..24) {
            let _ = at_start(&text);
            let mut near = b"Mon Aug 10 2020 11:16:29.1"[..cut].to_vec();
            near.extend(&text);
            let _ = at_start(&near);
            let mut near = b"10.08.2020 11:16:29,123+02"[..cut].to_vec();
            near.extend(&text);
            let _ = at_start(&near);
        }

        #[test]
        fn what_is_seen_is_read(text in "[0-9A-Za-z:/., +-]{0,30}") {
            if let Some(seen) = at_start(text.as_bytes()) {
                prop_assert!(seen.length <= text.len());
                for layout in seen.layouts {
                    let zones = [ZoneSource::InText, ZoneSource::Local];
                    let compiled = zones.iter().any(|z| Stamp::compile(&layout, *z).is_ok());
                    prop_assert!(compiled, "{}", layout);
                }
            }
        }
    }
}
