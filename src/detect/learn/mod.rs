//! Learning a layout from the lines of one source: where the stamp stands, how it is written, where the level is.
//!
//! Guesses are made line by line and put to the vote; the winners are compiled to the same steps as a format file, and
//! what they read decides. Nothing here knows a format.

mod counter;
pub mod json;
mod judge;
mod level;
mod prefix;
mod shapes;

use std::collections::BTreeMap;

use crate::grammar::format::{Format, Parts};
use crate::model::time::DAY;
use crate::model::{Cycle, Span};
use crate::syntax::levels::Levels;
use crate::syntax::shape;
use crate::syntax::stamp::{Stamp, ZoneSource};
use judge::{Verdict, judge};

/// Lines that are looked at, evenly spread.
const SAMPLE: usize = 400;
/// Bytes of a line in which a stamp may begin, and stamps that are looked at.
const FURTHEST: usize = 800;
const CANDIDATES: usize = 4;
/// Guesses that are tried out, and layouts that one source may have.
const GUESSES: usize = 14;
const LAYOUTS: usize = 3;

/// A guess: what stands before the stamp, and how the stamp may be written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Guess {
    prefix: String,
    layouts: Vec<String>,
    depth: usize,
    level: bool,
}

/// A guess that was tried out.
struct Trial {
    guess: Guess,
    format: Format,
    verdict: Verdict,
}

/// Learns the layouts of lines that could start records. `known` lines of the same source are read by other formats.
pub fn learn(lines: &[&[u8]], known: usize) -> Vec<Format> {
    let step = lines.len().div_ceil(SAMPLE).max(1);
    // Beside another layout an indented line is part of a record of it.
    let usable = |line: &&[u8]| known == 0 || !shape::is_indented(line);
    let mut left: Vec<&[u8]> = lines.iter().copied().step_by(step).filter(usable).collect();
    let all = left.len() + known / step;
    let mut learned: Vec<Format> = Vec::new();
    while learned.len() < LAYOUTS {
        let first = learned.is_empty() && known == 0;
        let Some(mut format) = best(&left, all, first) else {
            break;
        };
        if !learned.is_empty() {
            format.id = format!("learned-{}", learned.len() + 1);
        }
        left.retain(|line| format.read(line).is_none());
        learned.push(format);
    }
    learned
}

/// The best format for the lines, if it is credible.
fn best(lines: &[&[u8]], all: usize, first: bool) -> Option<Format> {
    let usual = Levels::usual();
    let mut trials: Vec<Trial> = guesses(lines, &usual)
        .into_iter()
        .filter_map(|guess| try_out(guess, lines))
        .filter(|trial| is_credible(trial, all, first))
        .collect();
    let most = trials.iter().map(|t| t.verdict.read).max()?;
    trials.retain(|t| t.verdict.read * 10 >= most * 9);
    let winner = trials.into_iter().min_by_key(|t| {
        let place = t.verdict.place / t.verdict.read.max(1);
        (
            // A stamp behind a whole sentence is not the line's own where another stands in front.
            t.guess.depth > 3,
            cycle_rank(t.format.cycle),
            place,
            usize::MAX - t.verdict.read,
            !t.guess.level,
            t.guess.depth,
        )
    })?;
    complete(&winner, lines, &usual)
}

fn cycle_rank(cycle: Option<Cycle>) -> u8 {
    match cycle {
        None => 0,
        Some(Cycle::Year) => 1,
        Some(Cycle::Month) => 2,
        Some(Cycle::Day) => 3,
    }
}

/// All guesses that some line suggests, those with most votes.
fn guesses(lines: &[&[u8]], levels: &Levels) -> Vec<Guess> {
    let mut votes: BTreeMap<Guess, usize> = BTreeMap::new();
    for line in lines {
        for (at, seen) in stamps(line) {
            for prefix in prefix::patterns(&line[..at], levels) {
                let guess = Guess {
                    prefix: prefix.pattern,
                    layouts: seen.layouts.clone(),
                    depth: prefix.depth,
                    level: prefix.level,
                };
                *votes.entry(guess).or_default() += 1;
            }
        }
    }
    let mut votes: Vec<(Guess, usize)> = votes.into_iter().collect();
    votes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    votes.truncate(GUESSES);
    votes.into_iter().map(|(guess, _)| guess).collect()
}

/// The stamps of a line, from the left.
fn stamps(line: &[u8]) -> Vec<(usize, shapes::Seen)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < line.len().min(FURTHEST) && found.len() < CANDIDATES {
        match is_start(line, at)
            .then(|| shapes::at_start(&line[at..]))
            .flatten()
            .filter(|_| !is_behind_date(&line[..at]))
        {
            Some(seen) => {
                let length = seen.length;
                let clock = counter::clock_behind(&line[at..at + length]);
                found.push((at, seen));
                if let Some(clock) = clock
                    && let Some(seen) = shapes::at_start(&line[at + clock..])
                {
                    found.push((at + clock, seen));
                }
                at += length;
            }
            None => at += 1,
        }
    }
    found
}

/// The first date with a year in a line, if it can be read in one way only: where it begins, its midnight, and the time of
/// the day behind it.
pub fn date(line: &[u8]) -> Option<(usize, i64, Option<i64>)> {
    let starts = (0..line.len().min(FURTHEST)).filter(|at| is_start(line, *at));
    let mut dates = starts.filter_map(|at| Some((at, shapes::whole_date(&line[at..])?)));
    let (at, (layouts, length)) = dates.next()?;
    let text = &line[at..at + length];
    // With dots the day stands first.
    let most = if text.contains(&b'.') {
        1
    } else {
        layouts.len()
    };
    let mut read = layouts.iter().take(most).filter_map(|layout| {
        let stamp = Stamp::compile(layout, ZoneSource::Local).ok()?;
        Some(stamp.read(text, 0)?.0.nanos())
    });
    let midnight = read.next()?;
    if read.any(|other| other != midnight) {
        return None;
    }
    Some((at, midnight, shapes::clock_behind(&line[at + length..])))
}

/// True if a text ends with a date of no trace, `0001-01-01`: without it, what follows would be of another day.
fn is_behind_date(text: &[u8]) -> bool {
    let text = text
        .strip_suffix(b" ")
        .or(text.strip_suffix(b"T"))
        .unwrap_or_default();
    let Some((front, date)) = text.split_last_chunk::<10>() else {
        return false;
    };
    let is_one = |(at, byte): (usize, &u8)| match at {
        4 | 7 => b"-/.".contains(byte),
        _ => byte.is_ascii_digit(),
    };
    date.iter().enumerate().all(is_one) && !front.last().is_some_and(u8::is_ascii_digit)
}

/// A stamp begins where no number or word is under way; a colour code ends in a letter.
fn is_start(line: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else {
        return true;
    };
    let previous = line[before];
    if previous.is_ascii_alphanumeric() {
        let escape = line[..before].iter().rev().take(8).position(|b| *b == 0x1b);
        return previous == b'm' && escape.is_some();
    }
    let joins = b".:-/+_".contains(&previous);
    !(joins && before > 0 && line[before - 1].is_ascii_digit() && line[at].is_ascii_digit())
}

/// Compiles each reading of the stamp and keeps the one that reads the lines best.
fn try_out(guess: Guess, lines: &[&[u8]]) -> Option<Trial> {
    let mut best: Option<(Format, Verdict)> = None;
    for layout in &guess.layouts {
        let pattern = format!("{}{{stamp}}{{message:rest}}", guess.prefix);
        let Some(format) = build(vec![pattern], vec![layout.clone()], Levels::usual()) else {
            continue;
        };
        let verdict = judge(&format, lines);
        // The order of readings is their likelihood: a later one must be better, not as good.
        if best
            .as_ref()
            .is_none_or(|(_, known)| is_better(&verdict, known))
        {
            best = Some((format, verdict));
        }
    }
    let (format, verdict) = best?;
    if counter::is_counted(&format, lines) {
        return None;
    }
    Some(Trial {
        guess,
        format,
        verdict,
    })
}

/// More lines; then fewer steps against the direction; then a span that is clearly shorter: day and month the wrong way
/// round make a week look like half a year.
fn is_better(a: &Verdict, b: &Verdict) -> bool {
    let against = |v: &Verdict| v.back.min(v.forth);
    if a.read != b.read {
        return a.read > b.read;
    }
    if against(a) != against(b) {
        return against(a) < against(b);
    }
    a.span < b.span / 3
}

fn build(patterns: Vec<String>, layouts: Vec<String>, levels: Levels) -> Option<Format> {
    let offset = |l: &String| {
        ["%:z", "%Z", "%{zone}", "%s", "%{filetime}"]
            .iter()
            .any(|p| l.contains(p))
    };
    let zone = if layouts.iter().any(offset) {
        ZoneSource::InText
    } else {
        ZoneSource::Local
    };
    Format::build(Parts {
        id: "learned".into(),
        title: "learned from the lines".into(),
        patterns,
        layouts,
        zone,
        levels,
    })
    .ok()
}

/// True if the lines that the guess reads are a layout and no accident.
fn is_credible(trial: &Trial, all: usize, first: bool) -> bool {
    let Trial {
        guess,
        format,
        verdict,
    } = trial;
    let read = verdict.read;
    let share = read * 100 / all.max(1);
    let weak = guess.layouts[0].starts_with("%s") || guess.layouts[0].starts_with("%{");
    let vague = format.cycle.is_some() || weak;
    // Tables of connections are sorted by their end: numbers at the front of most lines within a year are times, too.
    let steady = guess.depth == 0 && share >= 80 && verdict.span < 366 * DAY;
    if read == 0
        || (vague && !verdict.is_ordered() && !steady)
        || (weak && guess.depth > 2 && share < 80)
    {
        return false;
    }
    if !first {
        // Another layout beside one that is known: more than a table in a message.
        return match (guess.depth, vague) {
            (0, false) => read >= 3 && share >= 5 || read >= 2 && share >= 10,
            _ => read >= 3 && share >= 30,
        };
    }
    match (guess.depth, vague) {
        (1..=3, false) => {
            share >= 20 || (read >= 3 && share >= 5 && verdict.is_ordered() && guess.level)
        }
        (0, false) => read >= 3 || share >= 20,
        (0 | 1, _) => share >= 20 || (read >= 10 && share >= 5 && verdict.is_ordered()),
        _ => share >= 50 || (share >= 25 && read >= 10 && verdict.is_ordered()),
    }
}

/// Adds the level columns, and other spellings of the stamp at the same place.
fn complete(trial: &Trial, lines: &[&[u8]], usual: &Levels) -> Option<Format> {
    let Trial { guess, format, .. } = trial;
    let stamp = |line: &[u8]| format.read(line)?.stamp.map(Span::range);
    let parts: Vec<(&[u8], &[u8])> = (lines.iter())
        .filter_map(|line| stamp(line).map(|at| (&line[..at.start], &line[at.end..])))
        .collect();
    let (fronts, tails): (Vec<&[u8]>, Vec<&[u8]>) = parts.into_iter().unzip();
    let columns = if guess.level {
        level::Columns::default()
    } else {
        level::find(&tails, usual)
    };
    let tail = "{?]}{?{_:pad}|}{?:}{_:pad}{message:rest}";
    // Where nothing but numbers stands before the stamp, more is known of a line.
    let numbers =
        prefix::numbers(&fronts).filter(|numbers| !guess.level && *numbers != guess.prefix);
    let mut patterns = Vec::new();
    for prefix in numbers.iter().chain([&guess.prefix]) {
        let all = columns.patterns.iter().map(String::as_str).chain([""]);
        patterns.extend(all.map(|column| format!("{prefix}{{stamp}}{column}{tail}")));
    }
    if guess.level {
        // The level word may be one that is in no table.
        let any = guess.prefix.replace("{level:word}", "{_:word}");
        patterns.push(format!("{any}{{stamp}}{tail}").replace("{level:until", "{_:until"));
    }
    let levels = if columns.letters {
        Levels::letters()
    } else {
        usual.clone()
    };
    let layouts = format
        .stamps()
        .iter()
        .map(|s| s.layout().to_owned())
        .collect();
    build(patterns, layouts, levels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Level, RawTime};

    fn learned(text: &str) -> Vec<Format> {
        let lines: Vec<&[u8]> = text.lines().map(str::as_bytes).collect();
        learn(&lines, 0)
    }

    fn one(text: &str) -> Format {
        let mut formats = learned(text);
        assert_eq!(formats.len(), 1, "{text}");
        formats.remove(0)
    }

    #[test]
    fn a_day_above_twelve_tells_which_number_is_the_month() {
        let format = one("08/12/2020 11:16:29 a\n13/12/2020 11:16:30 b\n14/12/2020 11:16:31 c");
        assert_eq!(format.stamps()[0].layout(), "%d/%m/%Y %H:%M:%S");
    }

    #[test]
    fn the_shorter_span_tells_it_where_no_number_does() {
        let days = "01/08/2020 10:00:00 a\n02/08/2020 10:00:00 b\n03/08/2020 10:00:00 c";
        assert_eq!(one(days).stamps()[0].layout(), "%d/%m/%Y %H:%M:%S");
    }

    #[test]
    fn stamps_in_messages_and_numbers_are_no_layout() {
        for text in [
            "connected since 2020-08-10 11:16:29\nport 5000 is open\nlistening\nclosed\nx 10061\ny",
            "SwyxIt! 14.25.8537.0\n127.0.0.1:5000 listening\nready",
            "4915112345678 called\n4915112345679 called",
        ] {
            assert!(
                learned(text).is_empty(),
                "{text}: {:?}",
                learned(text)[0].patterns()
            );
        }
    }

    #[test]
    fn thread_then_stamp_then_level() {
        let format = one("1a2c [11:16:29.123] (Info) start\n1a2d [11:16:30.123] (Fehler) kaputt\n");
        let fields = format.read(b"1a2c [11:16:29.123] (Fehler) kaputt").unwrap();
        assert_eq!(fields.level, Some(Level::Error));
        assert!(matches!(fields.time, Some(RawTime::Cyclic(_))));
    }

    #[test]
    fn two_layouts_in_turn_are_two_formats() {
        let text = "2020-08-10 11:16:29 a\n2020-08-10 11:16:30 b\n2020-08-10 11:16:31 b\n\
                    <08/14/2020 11:16:29 AM> x\n<08/14/2020 11:16:30 AM> y\n<08/14/2020 11:16:30 AM> z";
        assert_eq!(learned(text).len(), 2);
    }
}
