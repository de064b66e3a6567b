//! What a trace file's name says: its program and its stamp.

use chrono::{NaiveDate, NaiveTime};

use crate::model::NameStamp;

/// The file names of one program, up to the stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramNames {
    /// Its id.
    pub id: String,
    /// Its file names, compared without case.
    pub files: Vec<String>,
}

/// The program whose file name this is: the longest that stands at the start of the name or right before the stamp,
/// with no letter or digit beside it.
pub fn program(name: &str, programs: &[ProgramNames]) -> Option<String> {
    let stem = match find_stamp(name) {
        Some((start, _)) => &name[..start],
        None => before_extensions(name),
    };
    let stem = stem.to_lowercase();
    let candidates = || {
        programs.iter().flat_map(|program| {
            let files = program.files.iter().filter(|file| !file.is_empty());
            files.map(move |file| (file.to_lowercase(), &program.id))
        })
    };
    let longest = |fits: &dyn Fn(&str) -> bool| {
        candidates()
            .filter(|(file, _)| fits(file))
            .max_by_key(|(file, _)| file.len())
            .map(|(_, id)| id.clone())
    };
    longest(&|file| starts_with(&stem, file)).or_else(|| longest(&|file| ends_with(&stem, file)))
}

fn starts_with(stem: &str, file: &str) -> bool {
    stem.strip_prefix(file)
        .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}

/// `PC17_SwyxIt!-2020…`: people put the machine's name in front.
fn ends_with(stem: &str, file: &str) -> bool {
    stem.trim_end_matches(['-', '_', '.', ' '])
        .strip_suffix(file)
        .is_some_and(|rest| !rest.ends_with(char::is_alphanumeric))
}

/// The name without `.log`, `.log.1`, `.old.log` and the like.
fn before_extensions(name: &str) -> &str {
    let mut stem = name;
    while let Some((rest, extension)) = stem.rsplit_once('.') {
        let lower = extension.to_lowercase();
        let known = matches!(
            lower.as_str(),
            "log" | "txt" | "old" | "bak" | "json" | "jsonl" | "trc" | "trace" | "out" | "gz"
        );
        if rest.is_empty() || !(known || lower.bytes().all(|b| b.is_ascii_digit())) {
            break;
        }
        stem = rest;
    }
    stem
}

/// The stamp in a file name, if there is a plausible one.
pub fn name_stamp(name: &str) -> Option<NameStamp> {
    find_stamp(name).map(|(_, stamp)| stamp)
}

/// The first plausible stamp and where the part before it ends.
fn find_stamp(name: &str) -> Option<(usize, NameStamp)> {
    let bytes = name.as_bytes();
    let mut starts = (0..bytes.len())
        .filter(|&i| bytes[i].is_ascii_digit() && (i == 0 || !bytes[i - 1].is_ascii_digit()));
    starts.find_map(|start| read_stamp(&bytes[start..]).map(|stamp| (start, stamp)))
}

fn read_stamp(bytes: &[u8]) -> Option<NameStamp> {
    let (date, after_date) = read_date(bytes)?;
    let (time, after) = match read_time(&bytes[after_date..]) {
        Some((time, length)) => (Some(time), after_date + length),
        // Digits that are no time of day right behind eight digits: then the eight were no date either.
        None if bytes.get(after_date).is_some_and(u8::is_ascii_digit) => return None,
        None => (None, after_date),
    };
    Some(NameStamp {
        date,
        time,
        index: read_index(&bytes[after..]),
    })
}

fn read_date(bytes: &[u8]) -> Option<(NaiveDate, usize)> {
    let year_first = |at: [usize; 3], length| {
        let date = date(
            number(bytes, at[0], 4)?,
            number(bytes, at[1], 2)?,
            number(bytes, at[2], 2)?,
        )?;
        Some((date, length))
    };
    match (bytes.get(4)?, bytes.get(2)?) {
        (b'-' | b'_' | b'.', _) if bytes.get(7) == bytes.get(4) => year_first([0, 5, 8], 10),
        (_, b'.' | b'-' | b'_') if bytes.get(5) == bytes.get(2) => {
            let date = date(
                number(bytes, 6, 4)?,
                number(bytes, 3, 2)?,
                number(bytes, 0, 2)?,
            )?;
            Some((date, 10))
        }
        _ => year_first([0, 4, 6], 8),
    }
}

fn date(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    (1990..2100)
        .contains(&year)
        .then(|| NaiveDate::from_ymd_opt(year as i32, month, day))?
}

/// A time of day with or without a separator before it, and its length.
fn read_time(bytes: &[u8]) -> Option<(NaiveTime, usize)> {
    let skip = usize::from(matches!(
        bytes.first()?,
        b'-' | b'_' | b'T' | b't' | b' ' | b'.'
    ));
    let bytes = bytes.get(skip..)?;
    let hour = number(bytes, 0, 2)?;
    let (minute_at, second_at, length) = match bytes.get(2) {
        Some(b'-' | b'_' | b'.' | b':') if bytes.get(5) == bytes.get(2) => (3, 6, 8),
        _ => (2, 4, 6),
    };
    let time = NaiveTime::from_hms_opt(
        hour,
        number(bytes, minute_at, 2)?,
        number(bytes, second_at, 2)?,
    )?;
    // A longer run of digits is a count or an id, except milliseconds.
    let digits = bytes[length..]
        .iter()
        .take_while(|b| b.is_ascii_digit())
        .count();
    matches!(digits, 0 | 3).then_some((time, skip + length + digits))
}

/// `-1`, `_1` or `(1)` behind the stamp.
fn read_index(bytes: &[u8]) -> Option<u32> {
    let rest = match bytes.first()? {
        b'-' | b'_' | b'(' => &bytes[1..],
        b' ' if bytes.get(1) == Some(&b'(') => &bytes[2..],
        _ => return None,
    };
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let ends = rest.get(digits).is_none_or(|b| !b.is_ascii_alphanumeric());
    ((1..=4).contains(&digits) && ends).then(|| number(rest, 0, digits))?
}

/// The number that `length` digits at `at` write.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    bytes.get(at..at + length)?.iter().try_fold(0, |value, b| {
        b.is_ascii_digit().then(|| value * 10 + u32::from(b - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs() -> Vec<ProgramNames> {
        [
            ("swyxmessenger", vec!["SwyxMessenger"]),
            ("comsocket", vec!["ComSocket"]),
            ("swyxit", vec!["SwyxIt!", "SwyxIt", "SwyxIt!.UI"]),
            ("server", vec!["IpPbxSrv", "IpPbx"]),
            ("scst", vec!["scst.cli"]),
            ("main", vec!["main"]),
            ("start", vec!["Start"]),
        ]
        .into_iter()
        .map(|(id, files)| ProgramNames {
            id: id.to_owned(),
            files: files.into_iter().map(str::to_owned).collect(),
        })
        .collect()
    }

    #[test]
    fn odd_names_give_their_program_and_stamp() {
        let table = [
            (
                "SwyxIt!-20200810-111559-1.log",
                "swyxit",
                "2020-08-10 11:15:59 #1",
            ),
            (
                "SwyxIt!-20200810-111559.log",
                "swyxit",
                "2020-08-10 11:15:59",
            ),
            (
                "swyxit!.ui-20200810-111559.log",
                "swyxit",
                "2020-08-10 11:15:59",
            ),
            (
                "SwyxMessenger-2020-08-10.log",
                "swyxmessenger",
                "2020-08-10",
            ),
            ("Start_20200810_021559.log", "start", "2020-08-10 02:15:59"),
            (
                "scst.cli-20200810-111559.log",
                "scst",
                "2020-08-10 11:15:59",
            ),
            ("main.old.log", "main", "-"),
            ("main.log.1", "main", "-"),
            ("SwyxMessenger.old.log", "swyxmessenger", "-"),
            ("ComSocket-20200810.log", "comsocket", "2020-08-10"),
            ("ComSocket.log.2020-08-10", "comsocket", "2020-08-10"),
            (
                "ComSocket-20200810111559.log",
                "comsocket",
                "2020-08-10 11:15:59",
            ),
            (
                "ComSocket-20200810_11-15-59_2.log",
                "comsocket",
                "2020-08-10 11:15:59 #2",
            ),
            (
                "ComSocket-20200810-111559 (2).log",
                "comsocket",
                "2020-08-10 11:15:59 #2",
            ),
            (
                "COMSOCKET-2020-08-10T11:15:59.log",
                "comsocket",
                "2020-08-10 11:15:59",
            ),
            (
                "PC17_SwyxIt!-20200810-111559.log",
                "swyxit",
                "2020-08-10 11:15:59",
            ),
            ("ComSocket_10.08.2020.log", "comsocket", "2020-08-10"),
            (
                "IpPbxSrv-20200810-111559.log",
                "server",
                "2020-08-10 11:15:59",
            ),
            (
                "IpPbxServer-20200810-111559.log",
                "-",
                "2020-08-10 11:15:59",
            ),
            ("ComSocket2-20200810-111559.log", "-", "2020-08-10 11:15:59"),
            ("ComSocket-20201310-111559.log", "comsocket", "-"),
            ("ComSocket-20200231.log", "comsocket", "-"),
            ("ComSocket-18000101.log", "comsocket", "-"),
            ("ComSocket-20200810-996159.log", "comsocket", "2020-08-10"),
            ("ComSocket-20200810999999.log", "comsocket", "-"),
            ("ticket-202008101.log", "-", "-"),
            ("Köln-ÄÖÜ.log", "-", "-"),
            ("2020-08-10", "-", "2020-08-10"),
            (".log", "-", "-"),
            ("", "-", "-"),
        ];
        for (name, id, stamp) in table {
            let program = program(name, &programs());
            assert_eq!(program.as_deref().unwrap_or("-"), id, "{name}");
            let found = name_stamp(name).map_or("-".to_owned(), |s| {
                let time = s.time.map(|t| format!(" {t}")).unwrap_or_default();
                let index = s.index.map(|i| format!(" #{i}")).unwrap_or_default();
                format!("{}{time}{index}", s.date)
            });
            assert_eq!(found, stamp, "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_name_is_too_odd(name in "\\PC{0,40}", digits in "[0-9_.: -]{0,30}") {
            let name = format!("{name}{digits}");
            let _ = program(&name, &programs());
            let _ = name_stamp(&name);
        }
    }
}
