//! The day on which a file was begun, where lines before its first record say so: `Log started 2020-08-10 11:16:01`,
//! `#Date: 2020-08-10`. It counts where stamps have no date, and the file's name has none.
//!
//! Such lines also tell when a program was built: a date counts only beside a time of the day that the first record
//! follows, or behind a word that can mean nothing else.

use chrono::{DateTime, NaiveDateTime};

use super::{Layout, learn, lines};
use crate::model::time::{DAY, SECOND};
use crate::model::{NameStamp, RawTime, SourceInfo};

/// Lines before the first record that are looked at.
const LINES: usize = 20;
/// The first record follows within this.
const SOON: i64 = 3_600 * SECOND;
/// What stands before a date that is that of the file.
const KEYS: [&str; 8] = [
    "date", "datum", "day", "tag", "started", "start", "begin", "beginn",
];

/// When the file was begun.
pub fn find(layout: &Layout, head: &[u8], info: &SourceInfo) -> Option<NameStamp> {
    if info.named.is_some() || layout.formats.iter().all(|format| format.cycle.is_none()) {
        return None;
    }
    let mut before: Vec<&[u8]> = Vec::new();
    for line in lines::between_feeds(head).take(LINES) {
        match layout.read(line).and_then(|(_, fields)| fields.time) {
            Some(RawTime::Cyclic(position)) => {
                let clock = position.rem_euclid(DAY);
                let mut found = before.iter().filter_map(|line| date(line, clock));
                return found.find(|found| is_before(*found, info));
            }
            Some(_) => return None,
            None => before.push(line),
        }
    }
    None
}

/// A file is not begun after it was last written; its zone is not known here.
fn is_before(found: NameStamp, info: &SourceInfo) -> bool {
    let utc = info
        .modified
        .map(|at| DateTime::from_timestamp_nanos(at).naive_utc());
    let modified: Option<NaiveDateTime> = info.modified_local.or(utc);
    modified.is_none_or(|at| found.date <= at.date() + chrono::Days::new(1))
}

/// The date of a line, if it is that of a file whose first record has this time of the day.
fn date(line: &[u8], first: i64) -> Option<NameStamp> {
    let (at, wall, clock) = learn::date(line)?;
    let moment = DateTime::from_timestamp_nanos(wall).naive_utc();
    let follows = |clock: i64| (first - clock + SECOND).rem_euclid(DAY) < SOON;
    if !clock.map_or_else(|| is_key(&line[..at]), follows) {
        return None;
    }
    let time = clock.map(|clock| DateTime::from_timestamp_nanos(clock).naive_utc().time());
    Some(NameStamp {
        date: moment.date(),
        time,
        index: None,
    })
}

/// True if nothing but such a word stands before the date.
fn is_key(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text).to_ascii_lowercase();
    let word = text.trim_matches(|c: char| !c.is_alphanumeric());
    KEYS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_date_that_can_be_the_files_own_counts() {
        let clock = (11 * 3600 + 16 * 60 + 19) * SECOND;
        let found = |line: &str| date(line.as_bytes(), clock).map(|found| found.date.to_string());
        for line in [
            "Log started 2020-08-05 11:16:01",
            "=== Protokoll begonnen am 05.08.2020 um 11:16 ===",
            "#Date: 2020-08-05",
            "Datum: 05.08.2020",
            "Trace opened at 5 Aug 2020 11:16:19",
        ] {
            assert_eq!(found(line).as_deref(), Some("2020-08-05"), "{line}");
        }
        for line in [
            "SwyxIt! 12.20 built 2020-08-05",
            "Build: 2020-08-05",
            "built 2020-08-05 03:12:00",
            "Date: 05/08/2020",
            "Date: 2020-13-45",
            "Date:",
        ] {
            assert_eq!(found(line), None, "{line}");
        }
    }
}
