//! Runs a format's own samples and rejects: a file that does not hold what it says does not load.

use std::fmt::Write as _;

use toml::Spanned;

use super::Fault;
use super::format::Format;
use super::format_raw::{RawExpect, RawFormat, RawReject, RawSample};
use crate::model::{Cycle, Level, RawTime};
use crate::syntax::stamp::{Stamp, ZoneSource};
use crate::syntax::{Fields, shape};

/// The faults of all samples and rejects.
pub fn run(format: &Format, raw: &RawFormat, path: &str, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    if raw.sample.is_empty() || raw.reject.is_empty() {
        faults.push(Fault::near(
            path,
            text,
            "title",
            "a format needs at least one sample and one reject",
            "add `[[sample]]` with `line` and `expect`, and `[[reject]]` with `line` and `why`",
        ));
    }
    for sample in &raw.sample {
        if let Err((message, help)) = prove_sample(format, sample.get_ref()) {
            faults.push(Fault::at(path, text, span(sample), message, help));
        }
    }
    for reject in &raw.reject {
        let RawReject { line, why } = reject.get_ref();
        if why.trim().is_empty() || format.read(line.as_bytes()).is_some() {
            faults.push(Fault::at(
                path,
                text,
                span(reject),
                format!("this line must be refused, and is read: {line}"),
                format!("make the pattern narrower; the reason given is: {why}"),
            ));
        }
    }
    faults
}

fn span<T>(value: &Spanned<T>) -> std::ops::Range<usize> {
    value.span()
}

type Proof = Result<(), (String, String)>;

fn prove_sample(format: &Format, sample: &RawSample) -> Proof {
    let line = sample.line.as_bytes();
    let fields = format.attempt(line).map_err(|miss| {
        let before = line.get(..miss.at).unwrap_or(line);
        let column = String::from_utf8_lossy(before).chars().count() + 1;
        (
            format!("the format does not read its own sample: {}", sample.line),
            format!(
                "at column {column} it expected {}",
                miss.expected.describe()
            ),
        )
    })?;
    if shape::never_starts(line) {
        return Err((
            "a sample looks like a stack frame".into(),
            "such a line never starts a record".into(),
        ));
    }
    prove_fields(format, &sample.expect, line, &fields)
}

fn prove_fields(format: &Format, expect: &RawExpect, line: &[u8], fields: &Fields) -> Proof {
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let of = |span: Option<crate::model::Span>| span.map(|span| shown(span.of(line)));
    let wanted_time = match &expect.time {
        None => None,
        Some(text) => Some(time(text).ok_or_else(|| {
            (
                format!("`{text}` is no time"),
                "write 2020-08-10T11:16:29.123, with an offset where the stamp has one; 08-10T…, `10 …` or the time of day alone where date parts are missing".to_owned(),
            )
        })?),
    };
    if fields.time != wanted_time {
        return Err(differs(
            "time",
            expect.time.clone(),
            fields.time.map(|t| show(t, format.cycle)),
        ));
    }
    let level = fields.level.map(|level| level.name().to_owned());
    let known = expect
        .level
        .as_deref()
        .is_none_or(|name| Level::from_name(name).is_some());
    if level != expect.level || !known {
        return Err(differs("level", expect.level.clone(), level));
    }
    for (name, wanted, got) in [
        ("logger", &expect.logger, of(fields.logger)),
        ("thread", &expect.thread, of(fields.thread)),
    ] {
        if *wanted != got {
            return Err(differs(name, wanted.clone(), got));
        }
    }
    let message = shown(&format.message(line, fields));
    if expect
        .message
        .as_ref()
        .is_some_and(|wanted| *wanted != message)
    {
        return Err(differs("message", expect.message.clone(), Some(message)));
    }
    Ok(())
}

fn differs(what: &str, wanted: Option<String>, got: Option<String>) -> (String, String) {
    let quoted = |value: Option<String>| value.map_or("none".to_owned(), |v| format!("`{v}`"));
    (
        format!(
            "the {what} of this sample is {}, not {}",
            quoted(got),
            quoted(wanted)
        ),
        "correct the pattern or the expectation; a field that is not expected must not be there"
            .into(),
    )
}

/// An expected time: whole with or without an offset, or without the date parts that the stamp lacks.
fn time(text: &str) -> Option<RawTime> {
    const FORMS: [(&str, ZoneSource); 5] = [
        ("%Y-%m-%dT%H:%M:%S%.f%:z", ZoneSource::InText),
        ("%Y-%m-%dT%H:%M:%S%.f", ZoneSource::Local),
        ("%m-%dT%H:%M:%S%.f", ZoneSource::Local),
        ("%d %H:%M:%S%.f", ZoneSource::Local),
        ("%H:%M:%S%.f", ZoneSource::Local),
    ];
    FORMS.iter().find_map(|(layout, zone)| {
        let stamp = Stamp::compile(layout, *zone).ok()?;
        let (time, end) = stamp.read(text.as_bytes(), 0)?;
        (end == text.len()).then_some(time)
    })
}

/// A raw time as format files write it.
pub fn show(time: RawTime, cycle: Option<Cycle>) -> String {
    use crate::model::time::{DAY, SECOND};
    let (nanos, zone) = match time {
        RawTime::Utc(nanos) => (nanos, "Z"),
        RawTime::Wall(nanos) | RawTime::Cyclic(nanos) => (nanos, ""),
    };
    let (days, clock) = (nanos.div_euclid(DAY), nanos.rem_euclid(DAY));
    let seconds = clock / SECOND;
    let mut out = match (time, cycle) {
        (RawTime::Cyclic(_), Some(Cycle::Year)) => {
            format!("{:02}-{:02}T", days / 31 + 1, days % 31 + 1)
        }
        (RawTime::Cyclic(_), Some(Cycle::Month)) => format!("{:02} ", days + 1),
        (RawTime::Cyclic(_), _) => String::new(),
        _ => chrono::DateTime::from_timestamp(days * 86_400, 0)
            .map_or_else(String::new, |day| day.format("%Y-%m-%dT").to_string()),
    };
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    // Writing to a string cannot fail.
    let _ = write!(out, "{hour:02}:{minute:02}:{second:02}");
    if clock % SECOND != 0 {
        let digits = format!("{:09}", clock % SECOND);
        let _ = write!(out, ".{}", digits.trim_end_matches('0'));
    }
    out + zone
}
