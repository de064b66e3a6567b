//! Runs a format's own samples and rejects: a file that does not hold what it says does not load.

use std::fmt::Write as _;

use super::Fault;
use super::document::{At, Document, at};
use super::format::Format;
use super::format_raw::{RawExpect, RawFormat, RawReject, RawSample};
use crate::model::{Cycle, RawTime};
use crate::syntax::stamp::{Stamp, ZoneSource};
use crate::syntax::{Fields, shape};

/// The faults of all samples and rejects.
pub fn run(format: &Format, raw: &RawFormat, file: &Document<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, sample) in raw.sample.iter().enumerate() {
        let place = at("sample").index(index);
        for Wrong { key, message, help } in prove_sample(format, sample) {
            let place = match key {
                Key::Line => place.key("line"),
                Key::Expect(key) => place.key("expect").key(key),
            };
            faults.push(file.fault(&place, message, help));
        }
    }
    for (index, reject) in raw.reject.iter().enumerate() {
        let RawReject { line, why } = reject;
        if format.read(line.as_bytes()).is_some() {
            faults.push(file.fault(
                &at("reject").index(index).key("line"),
                format!("this line must be refused, and is read: {line}"),
                format!("make the pattern narrower; the reason given is: {why}"),
            ));
        }
    }
    faults
}

/// The faults of samples that have nothing to do with what the format reads.
pub fn of_form(raw: &RawFormat, file: &Document<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if raw.sample.is_empty() || raw.reject.is_empty() {
        faults.push(file.fault(
            &At::top(),
            "a format needs at least one sample and one reject",
            "add `[[sample]]` with `line` and `expect`, and `[[reject]]` with `line` and `why`",
        ));
    }
    for (index, sample) in raw.sample.iter().enumerate() {
        let time = sample.expect.time.as_deref();
        if let Some(text) = time.filter(|text| time_of(text).is_none()) {
            faults.push(file.fault(
                &at("sample").index(index).key("expect").key("time"),
                format!("`{text}` is no time"),
                "write 2020-08-10T11:16:29.123, with an offset where the stamp has one; 08-10T…, `10 …` or the time of day alone where date parts are missing",
            ));
        }
    }
    faults
}

/// What is wrong with a sample.
struct Wrong {
    key: Key,
    message: String,
    help: String,
}

/// Where in the sample.
enum Key {
    Line,
    Expect(&'static str),
}

fn prove_sample(format: &Format, sample: &RawSample) -> Vec<Wrong> {
    let line = sample.line.as_bytes();
    let of_line = |message: String, help: String| {
        vec![Wrong {
            key: Key::Line,
            message,
            help,
        }]
    };
    let fields = match format.attempt(line) {
        Ok(fields) => fields,
        Err(miss) => {
            let before = line.get(..miss.at).unwrap_or(line);
            let column = String::from_utf8_lossy(before).chars().count() + 1;
            let expected = miss.expected.describe();
            return of_line(
                format!("the format does not read its own sample: {}", sample.line),
                format!("at column {column} it expected {expected}"),
            );
        }
    };
    if shape::never_starts(line) {
        return of_line(
            "a sample looks like a stack frame".into(),
            "such a line never starts a record".into(),
        );
    }
    prove_fields(format, &sample.expect, line, &fields)
}

fn prove_fields(format: &Format, expect: &RawExpect, line: &[u8], fields: &Fields) -> Vec<Wrong> {
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let of = |span: Option<crate::model::Span>| span.map(|span| shown(span.of(line)));
    let mut wrong = Vec::new();
    let wanted = expect.time.as_deref().map(time_of);
    // What is no time is told as such.
    if wanted != Some(None) && fields.time != wanted.flatten() {
        let got = fields.time.map(|time| show(time, format.cycle));
        wrong.push(differs("time", expect.time.clone(), got));
    }
    if fields.level != expect.level {
        let name = |level: Option<crate::model::Level>| level.map(|l| l.name().to_owned());
        wrong.push(differs("level", name(expect.level), name(fields.level)));
    }
    for (name, wanted, got) in [
        ("logger", &expect.logger, of(fields.logger)),
        ("thread", &expect.thread, of(fields.thread)),
    ] {
        if *wanted != got {
            wrong.push(differs(name, wanted.clone(), got));
        }
    }
    let message = shown(&format.message(line, fields));
    let expected = expect.message.as_ref();
    if expected.is_some_and(|wanted| *wanted != message) {
        wrong.push(differs("message", expect.message.clone(), Some(message)));
    }
    wrong
}

fn differs(what: &'static str, wanted: Option<String>, got: Option<String>) -> Wrong {
    let quoted = |value: Option<String>| value.map_or("none".to_owned(), |v| format!("`{v}`"));
    Wrong {
        key: Key::Expect(what),
        message: format!(
            "the {what} of this sample is {}, not {}",
            quoted(got),
            quoted(wanted)
        ),
        help:
            "correct the pattern or the expectation; a field that is not expected must not be there"
                .into(),
    }
}

/// An expected time: whole with or without an offset, or without the date parts that the stamp lacks.
fn time_of(text: &str) -> Option<RawTime> {
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
