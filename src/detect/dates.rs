//! Day and month, where the lines leave open which is which: the date in the file's name settles it, else that of its
//! last change.

use std::sync::Arc;

use super::{Layout, lines};
use crate::grammar::format::Format;
use crate::model::time::{DAY, SECOND};
use crate::model::{Problem, RawTime, SourceInfo, Text};
use crate::syntax::stamp::Stamp;

/// Lines that are looked at.
const SAMPLE: usize = 200;
/// A stamp is of a day if it is no further from it: a file may begin before midnight, and its zone is not known here.
const NEAR: i64 = 36 * 3_600 * SECOND;
/// So much longer a stretch of time is by the wrong reading.
const LONGER: i64 = 3;

/// Reads dates that may be read in several ways in the one that fits what is known of the file. What is to be said where
/// nothing tells.
pub fn settle(
    layout: &mut Layout,
    head: &[u8],
    more: &[&[u8]],
    info: &SourceInfo,
) -> Option<Problem> {
    let is_open = |format: &&mut Arc<Format>| {
        !format.is_json()
            && format
                .stamps()
                .iter()
                .any(|s| !others(s.layout()).is_empty())
    };
    let mut open = layout.formats.iter_mut().filter(is_open).peekable();
    open.peek()?;
    let lines = lines::sample(head, more);
    let mut doubt = None;
    for format in open {
        match choose(format, &lines, info) {
            Choice::Stays => {}
            Choice::Other(other) => *format = other,
            Choice::Unknown(read, other) => {
                doubt.get_or_insert_with(|| {
                    Problem::note(info.path.clone(), open_text(&read, &other))
                });
            }
        }
    }
    doubt
}

enum Choice {
    Stays,
    Other(Arc<Format>),
    /// Both layouts fit, and nothing tells which.
    Unknown(String, String),
}

/// The times of lines by a format, in order of lines.
struct Reading {
    format: Format,
    times: Vec<i64>,
}

impl Reading {
    /// None if it does not read all of the lines.
    fn of(format: Format, lines: &[&[u8]]) -> Option<Self> {
        let time = |line: &&[u8]| match format.read(line)?.time? {
            RawTime::Utc(nanos) | RawTime::Wall(nanos) => Some(nanos),
            RawTime::Cyclic(_) => None,
        };
        let times: Option<Vec<i64>> = lines.iter().map(time).collect();
        Some(Self {
            times: times?,
            format,
        })
    }

    /// True if one of its times is near the stretch.
    fn meets(&self, (from, to): (i64, i64)) -> bool {
        let near = from.saturating_sub(NEAR)..to.saturating_add(NEAR);
        self.times.iter().any(|time| near.contains(time))
    }

    fn span(&self) -> i64 {
        let (first, last) = (self.times.iter().min(), self.times.iter().max());
        first.zip(last).map_or(0, |(first, last)| last - first)
    }
}

fn choose(format: &Format, lines: &[&[u8]], info: &SourceInfo) -> Choice {
    let own = lines
        .iter()
        .copied()
        .filter(|line| format.read(line).is_some());
    let own: Vec<&[u8]> = own.take(SAMPLE).collect();
    let Some(known) = Reading::of(format.clone(), &own).filter(|_| !own.is_empty()) else {
        return Choice::Stays;
    };
    let most = format
        .stamps()
        .iter()
        .map(|s| others(s.layout()).len())
        .max();
    let mut readings: Vec<Reading> = (0..most.unwrap_or(0))
        .filter_map(|which| Reading::of(other(format, which)?, &own))
        .filter(|reading| reading.times != known.times)
        .collect();
    if readings.is_empty() {
        return Choice::Stays;
    }
    for day in days(info) {
        let fits = readings
            .iter()
            .enumerate()
            .filter(|(_, reading)| reading.meets(day));
        let fits: Vec<usize> = fits.map(|(index, _)| index).collect();
        match fits.as_slice() {
            _ if known.meets(day) => return Choice::Stays,
            [only] => return Choice::Other(Arc::new(readings.swap_remove(*only).format)),
            _ => {}
        }
    }
    // The wrong way round, days of one week are weeks apart.
    let is_told = |reading: &Reading| known.span() < reading.span() / LONGER;
    match readings.iter().find(|reading| !is_told(reading)) {
        Some(reading) => Choice::Unknown(written(format), written(&reading.format)),
        None => Choice::Stays,
    }
}

/// The day in the name, and the moment of the last change, as far as they are known.
fn days(info: &SourceInfo) -> impl Iterator<Item = (i64, i64)> {
    let named = info.named.and_then(|named| {
        let start = named
            .date
            .and_hms_opt(0, 0, 0)?
            .and_utc()
            .timestamp_nanos_opt()?;
        Some((start, start.checked_add(DAY)?))
    });
    let local = info
        .modified_local
        .and_then(|local| local.and_utc().timestamp_nanos_opt());
    let modified = local.or(info.modified).map(|at| (at, at));
    named.into_iter().chain(modified)
}

/// The format with one of the other ways to read its dates.
fn other(format: &Format, which: usize) -> Option<Format> {
    let layouts: Vec<String> = (format.stamps().iter())
        .map(|stamp| {
            others(stamp.layout())
                .into_iter()
                .nth(which)
                .unwrap_or_else(|| stamp.layout().to_owned())
        })
        .collect();
    format.with_layouts(&layouts, format.zone)
}

fn written(format: &Format) -> String {
    let mut layouts = format.stamps().iter().map(Stamp::layout);
    let open = layouts
        .find(|layout| !others(layout).is_empty())
        .unwrap_or_default();
    let names = [
        ("%-", "%"),
        ("%d", "dd"),
        ("%e", "dd"),
        ("%m", "mm"),
        ("%Y", "yyyy"),
        ("%y", "yy"),
    ];
    let date = names
        .iter()
        .fold(open.to_owned(), |date, (from, to)| date.replace(from, to));
    let end = date.find(['%', ' ']).unwrap_or(date.len());
    date[..end].to_owned()
}

/// A part of a date as a number.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Part {
    letter: char,
    text: &'static str,
}

const PARTS: [Part; 7] = [
    Part {
        letter: 'd',
        text: "%-d",
    },
    Part {
        letter: 'd',
        text: "%d",
    },
    Part {
        letter: 'd',
        text: "%e",
    },
    Part {
        letter: 'm',
        text: "%-m",
    },
    Part {
        letter: 'm',
        text: "%m",
    },
    Part {
        letter: 'y',
        text: "%y",
    },
    Part {
        letter: 'Y',
        text: "%Y",
    },
];

/// The layouts that read the same digits as other dates, the likelier ones first.
fn others(layout: &str) -> Vec<String> {
    let Some((start, parts, separator, end)) = date(layout) else {
        return Vec::new();
    };
    let own: String = parts.iter().map(|part| part.letter).collect();
    let orders: &[&str] = match (own.as_str(), separator) {
        // With dots the day stands first.
        ("dmY" | "mdY", "/" | "-" | "") => &["dmY", "mdY"],
        ("dmy" | "mdy" | "ymd", "/" | "-" | "") => &["dmy", "mdy", "ymd"],
        _ => &[],
    };
    let is_short = |part: &Part| part.text.starts_with("%-");
    let write = |order: &&&str| {
        let letters = order.chars().zip(&parts);
        let texts: Option<Vec<&str>> = letters
            .map(|(letter, place)| {
                let fits = |part: &&Part| {
                    part.letter == letter && is_short(part) == is_short(place) && part.text != "%e"
                };
                PARTS.iter().find(fits).map(|part| part.text)
            })
            .collect();
        Some(format!(
            "{}{}{}",
            &layout[..start],
            texts?.join(separator),
            &layout[end..]
        ))
    };
    orders
        .iter()
        .filter(|order| **order != own)
        .filter_map(|order| write(&order))
        .collect()
}

/// The date of three numbers in a layout: where it begins, its parts, what stands between them, and where it ends.
fn date(layout: &str) -> Option<(usize, Vec<Part>, &str, usize)> {
    let part = |at: usize| {
        PARTS
            .iter()
            .copied()
            .find(|part| layout[at..].starts_with(part.text))
    };
    let start = layout
        .match_indices('%')
        .map(|(at, _)| at)
        .find(|at| part(*at).is_some())?;
    let mut parts = vec![part(start)?];
    let mut at = start + parts[0].text.len();
    let gap = layout[at..].find('%')?;
    let separator = &layout[at..at + gap];
    while parts.len() < 3 {
        at += layout[at..]
            .starts_with(separator)
            .then_some(separator.len())?;
        let next = part(at)?;
        parts.push(next);
        at += next.text.len();
    }
    Some((start, parts, separator, at))
}

fn open_text(read: &str, other: &str) -> Text {
    Text::new(
        format!(
            "its dates may be {read} or {other}; they are read as {read}, and neither its name nor its last change tells which"
        ),
        format!(
            "die Daten können {read} oder {other} sein; sie werden als {read} gelesen, und weder Name noch Änderungszeit sagen, welches es ist"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_whose_numbers_may_be_another_date() {
        for (layout, expected) in [
            ("%m/%d/%Y %H:%M:%S", &["%d/%m/%Y %H:%M:%S"][..]),
            ("%-d/%m/%Y %H:%M", &["%-m/%d/%Y %H:%M"]),
            ("[%d-%m-%y]", &["[%m-%d-%y]", "[%y-%m-%d]"]),
            ("%-m/%d/%y", &["%-d/%m/%y"]),
            ("%m%d%Y", &["%d%m%Y"]),
            ("%H:%M:%S %d/%m/%Y", &["%H:%M:%S %m/%d/%Y"]),
            ("%Y-%m-%d %H:%M:%S", &[]),
            ("%d.%m.%Y %H:%M:%S", &[]),
            ("%d/%b/%Y", &[]),
            ("%m/%d", &[]),
            ("%d", &[]),
            ("", &[]),
        ] {
            assert_eq!(others(layout), expected, "{layout}");
        }
    }
}
