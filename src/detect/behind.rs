//! What stands behind the stamps of a format that does not read it: the half of the day, and a zone.
//!
//! A declared layout takes them for the first words of the message, and its records would be hours off. Where nearly all lines of
//! a source have them, the format is read with them first; what has none is read as before.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::grammar::format::Format;
use crate::syntax::stamp::{Stamp, ZoneSource, names, zones};

/// Lines of a format that are looked at.
const SAMPLE: usize = 64;

/// Puts before each format that does not read what most of its lines have behind their stamps one that does.
pub fn add(formats: &mut Vec<Arc<Format>>, lines: &[(usize, &[u8])]) {
    let mut all = Vec::with_capacity(formats.len());
    for format in formats.drain(..) {
        all.extend(with_more(&format, lines).map(Arc::new));
        all.push(format);
    }
    *formats = all;
}

/// The format with all that its stamps have.
fn with_more(format: &Format, lines: &[(usize, &[u8])]) -> Option<Format> {
    if format.is_json() || format.zone != ZoneSource::Local || !format.is_stamped() {
        return None;
    }
    let mut votes: BTreeMap<String, Vec<&[u8]>> = BTreeMap::new();
    let (mut read, mut bare) = (0, 0);
    for (_, line) in lines {
        let Some(stamp) = format.read(line).and_then(|fields| fields.stamp) else {
            continue;
        };
        read += 1;
        let more = more(line.get(stamp.range().end..).unwrap_or_default());
        if more.is_empty() {
            bare += 1;
            // Too many already, whatever the rest has.
            if bare * 5 > SAMPLE {
                return None;
            }
        } else {
            votes.entry(more).or_default().push(line);
        }
        if read == SAMPLE {
            break;
        }
    }
    let (more, own) = votes.into_iter().max_by_key(|(_, own)| own.len())?;
    // A message may begin like one now and then.
    if own.len() * 5 < read * 4 {
        return None;
    }
    let layouts = format.stamps().iter().map(Stamp::layout);
    let layouts: Vec<String> = layouts.filter_map(|layout| join(layout, &more)).collect();
    let zone = if more.contains("%{zone}") {
        ZoneSource::InText
    } else {
        ZoneSource::Local
    };
    let format = format.with_layouts(&layouts, zone)?;
    // A clock of 24 hours with a word behind it that is none of these.
    let still = own.iter().filter(|line| format.read(line).is_some());
    (still.count() * 10 >= own.len() * 9).then_some(format)
}

/// How a layout reads what stands at the start of the text: ` %p`, ` %{zone}`, ` %p %{zone}`; nothing if there is none.
fn more(text: &[u8]) -> String {
    let mut more = String::new();
    let mut rest = text;
    if let Some((blank, length)) = names::half_of_day(rest) {
        more += if blank { " %p" } else { "%p" };
        rest = &rest[length..];
    }
    if let Some((blank, ..)) = zones::behind(rest) {
        more += if blank { " %{zone}" } else { "%{zone}" };
    }
    more
}

/// A layout with more behind it; `None` where that says what it says already, or nothing that fits.
fn join(layout: &str, more: &str) -> Option<String> {
    if !more.contains("%p") {
        return Some(format!("{layout}{more}"));
    }
    if layout.contains("%p") || layout.contains("%P") {
        return None;
    }
    let twelve = [("%H", "%I"), ("%-H", "%-I"), ("%k", "%l")];
    let (hour, half) = twelve.iter().find(|(hour, _)| layout.contains(hour))?;
    let ends = ["%M", "%S", "f"].iter().any(|end| layout.ends_with(end));
    ends.then(|| format!("{}{more}", layout.replacen(hour, half, 1)))
}

/// Gives each format whose stamps have a zone but no whole date the zone that most of its lines tell.
pub fn settle_clocks(formats: &mut [Arc<Format>], lines: &[(usize, &[u8])]) {
    for format in formats {
        if format.zone == ZoneSource::Local || format.cycle.is_none() {
            continue;
        }
        let minutes = clock(format, lines);
        if minutes.is_some() {
            let mut told = (**format).clone();
            told.clock = minutes;
            *format = Arc::new(told);
        }
    }
}

fn clock(format: &Format, lines: &[(usize, &[u8])]) -> Option<i32> {
    if format.zone == ZoneSource::Utc {
        return Some(0);
    }
    let mut votes: BTreeMap<i32, usize> = BTreeMap::new();
    for (_, line) in lines.iter().take(SAMPLE) {
        let stamp = format.read(line).and_then(|fields| fields.stamp);
        let at = stamp.map(|stamp| stamp.range().start);
        let offset = at.and_then(|at| format.stamps().iter().find_map(|s| s.offset(line, at)));
        if let Some(minutes) = offset {
            *votes.entry(minutes).or_default() += 1;
        }
    }
    let most = votes.into_iter().max_by_key(|(_, count)| *count);
    most.map(|(minutes, _)| minutes)
}
