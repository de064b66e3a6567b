//! JSON lines with keys of their own: which member holds the time.

use std::collections::BTreeMap;

use super::judge::judge;
use super::shapes;
use crate::grammar::format::{Format, LEVEL, LearnedKeys, MESSAGE, Parts};
use crate::syntax::json::{self, Kind, Member};
use crate::syntax::levels::Levels;
use crate::syntax::stamp::{Stamp, ZoneSource};

/// Lines that are looked at.
const SAMPLE: usize = 200;
/// Share of the lines that the time must stand in, in percent.
const SHARE: usize = 60;

/// Learns where the time stands in lines that are JSON objects. `None` where no member holds one in most of them.
pub fn learn(lines: &[&[u8]]) -> Option<Format> {
    let step = lines.len().div_ceil(SAMPLE).max(1);
    let lines: Vec<&[u8]> = lines.iter().copied().step_by(step).collect();
    let mut votes: BTreeMap<(usize, String), Votes> = BTreeMap::new();
    for line in &lines {
        collect(line, &mut votes);
    }
    let enough = |votes: &Votes| votes.count * 100 >= lines.len() * SHARE;
    let mut guesses: Vec<((usize, String), Votes)> = votes
        .into_iter()
        .filter(|(_, votes)| enough(votes))
        .collect();
    // The outer object before inner ones; then the key that stands first.
    guesses.sort_by_key(|((depth, _), votes)| (*depth, votes.place / votes.count.max(1)));
    guesses.into_iter().find_map(|((_, path), votes)| {
        let format = build(keys(path, &lines), &votes)?;
        (judge(&format, &lines).read * 100 >= lines.len() * SHARE).then_some(format)
    })
}

/// Which members hold level and message, where no line has one of the usual keys: the level is a text that is a level's
/// word in nearly all lines, the message the longest text of the others.
fn keys(time: String, lines: &[&[u8]]) -> LearnedKeys {
    let usual = Levels::usual();
    let mut texts: BTreeMap<String, Texts> = BTreeMap::new();
    let (mut has_level, mut has_message) = (false, false);
    for line in lines {
        json::walk(line, |member: &Member| {
            let key = String::from_utf8_lossy(member.key.of(line)).into_owned();
            let usable = matches!(member.kind, Kind::Text | Kind::Number);
            if member.depth != 1 || key.is_empty() || !usable {
                return;
            }
            has_level |= LEVEL.contains(&key.as_str());
            has_message |= MESSAGE.contains(&key.as_str());
            if member.kind == Kind::Text && key != time {
                let value = member.value.of(line);
                let seen = texts.entry(key).or_default();
                seen.count += 1;
                seen.bytes += value.len();
                seen.levels += usize::from(usual.get(value).is_some());
            }
        });
    }
    let mostly = |part: usize, of: usize| part * 100 >= of * SHARE;
    let levels = texts
        .iter()
        .filter(|(_, t)| mostly(t.count, lines.len()) && t.levels * 10 >= t.count * 9);
    let level = levels.max_by_key(|(_, t)| t.levels).map(|(key, _)| key);
    let level = level.filter(|_| !has_level).cloned();
    let messages = texts
        .iter()
        .filter(|(key, t)| Some(*key) != level.as_ref() && mostly(t.count, lines.len()));
    let message = messages.max_by_key(|(_, t)| t.bytes).map(|(key, _)| key);
    let message = message.filter(|_| !has_message).cloned();
    LearnedKeys {
        time,
        level,
        message,
    }
}

/// What stands at one key that holds texts.
#[derive(Default)]
struct Texts {
    count: usize,
    bytes: usize,
    levels: usize,
}

#[derive(Default)]
struct Votes {
    count: usize,
    place: usize,
    layouts: BTreeMap<String, usize>,
}

/// Votes for each member that is a stamp from its first to its last letter.
fn collect(line: &[u8], votes: &mut BTreeMap<(usize, String), Votes>) {
    let mut parent = String::new();
    json::walk(line, |member: &Member| {
        let key = String::from_utf8_lossy(member.key.of(line)).into_owned();
        if member.depth == 1 {
            parent.clone_from(&key);
        }
        let path = match member.depth {
            1 => key,
            2 if !key.is_empty() => format!("{parent}.{key}"),
            _ => return,
        };
        if !matches!(member.kind, Kind::Text | Kind::Number) {
            return;
        }
        let value = member.value.of(line);
        let Some(seen) = shapes::at_start(value).filter(|s| s.length == value.len()) else {
            return;
        };
        let entry = votes.entry((member.depth, path)).or_default();
        entry.count += 1;
        entry.place += member.value.start as usize;
        *entry.layouts.entry(seen.layouts[0].clone()).or_default() += 1;
    });
}

fn build(keys: LearnedKeys, votes: &Votes) -> Option<Format> {
    let zoned = |layout: &String| {
        let marks = ["%:z", "%Z", "%{zone}", "%s", "%{filetime}"];
        marks.iter().any(|mark| layout.contains(mark))
    };
    let most = votes.layouts.iter().max_by_key(|(_, count)| **count)?.0;
    let zone = if zoned(most) {
        ZoneSource::InText
    } else {
        ZoneSource::Local
    };
    // One format has one kind of date: a stamp without its day here and there is no other format.
    let cycle = |layout: &str| Stamp::compile(layout, zone).ok().map(|stamp| stamp.cycle());
    let same = |layout: &&String| zoned(layout) == zoned(most) && cycle(layout) == cycle(most);
    let parts = Parts {
        id: "learned-json".into(),
        title: "JSON lines, learned from the lines".into(),
        patterns: Vec::new(),
        layouts: votes.layouts.keys().filter(same).cloned().collect(),
        zone,
        levels: Levels::usual().and_letters(),
    };
    Format::build_json(parts, keys).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Level, RawTime};

    #[test]
    fn level_and_message_are_found_at_unknown_keys() {
        let lines: [&[u8]; 2] = [
            br#"{"when":"2020-08-10T11:16:00Z","sev":"error","who":"a","txt":"hello there"}"#,
            br#"{"when":"2020-08-10T11:16:01Z","sev":"info","who":"b","txt":"still there"}"#,
        ];
        let fields = learn(&lines).unwrap().read(lines[0]).unwrap();
        assert_eq!(fields.level, Some(Level::Error));
        assert_eq!(fields.message.of(lines[0]), b"hello there");
    }

    #[test]
    fn the_time_is_found_below_an_unknown_key() {
        let lines: [&[u8]; 2] = [
            br#"{"id":1,"geschrieben":{"am":"2020-08-10T11:16:29+02:00"},"level":"Fehler"}"#,
            br#"{"id":2,"geschrieben":{"am":"2020-08-10T11:16:30+02:00"},"level":"Info"}"#,
        ];
        let fields = learn(&lines).unwrap().read(lines[0]).unwrap();
        assert_eq!(fields.level, Some(Level::Error));
        assert!(matches!(fields.time, Some(RawTime::Utc(_))));
    }
}
