//! The timeline for existing engines: Timesketch and everything that takes OpenTelemetry log records.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, json};

use super::{Row, cleaned_message};
use crate::model::Level;
use crate::report::json::one_line;

/// Name of the instrumentation scope of exported records.
const SCOPE: &str = env!("CARGO_PKG_NAME");
/// The instant of a record of which no time at all is known: the engine demands one.
const NO_TIME: &str = "1970-01-01T00:00:00+00:00";

/// One line of Timesketch's JSONL import: `message`, `datetime` and `timestamp_desc` are what it demands
/// (Timesketch, "Import from JSON or CSV").
#[derive(Serialize)]
struct Event<'a> {
    message: Cow<'a, str>,
    datetime: String,
    /// Microseconds since 1970-01-01T00:00:00Z.
    timestamp: i64,
    timestamp_desc: &'static str,
    source: Cow<'a, str>,
    line: u64,
    stamp: Option<Cow<'a, str>>,
    level: Option<Level>,
    program: Option<&'a str>,
    logger: Option<Cow<'a, str>>,
}

/// Writes one record as a Timesketch event.
pub(super) fn timesketch(row: &Row<'_>, out: &mut Vec<u8>) {
    let (at, timestamp_desc) = match (row.time, row.sorted) {
        (Some(time), _) => (Some(time), "Log entry written"),
        (None, Some(before)) => (Some(before), "No stamp: time of the record before"),
        (None, None) => (None, "No time known"),
    };
    let event = Event {
        message: row.clean(&row.text),
        datetime: at.map_or_else(
            || NO_TIME.to_owned(),
            |at| at.0.to_rfc3339_opts(chrono::SecondsFormat::Micros, false),
        ),
        timestamp: at.map_or(0, |at| at.nanos().div_euclid(1000)),
        timestamp_desc,
        source: row.clean(row.source),
        line: row.line,
        stamp: row.stamp.as_deref().map(|t| row.clean(t)),
        level: row.level,
        program: row.program,
        logger: row.logger.as_deref().map(|t| row.clean(t)),
    };
    push(&event, out);
}

/// The severity numbers of OpenTelemetry's log data model: the first of each range.
const fn severity(level: Level) -> (u8, &'static str) {
    match level {
        Level::Trace => (1, "TRACE"),
        Level::Debug => (5, "DEBUG"),
        Level::Info => (9, "INFO"),
        Level::Warn => (13, "WARN"),
        Level::Error => (17, "ERROR"),
        Level::Fatal => (21, "FATAL"),
    }
}

fn attribute(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

/// Writes one record as a line of OTLP/JSON (`LogsData`, as the collector's file receiver and exporter take it). The
/// names of attributes are those of the semantic conventions where there are some.
pub(super) fn otlp(row: &Row<'_>, out: &mut Vec<u8>) {
    let source = row.clean(row.source);
    let mut attributes = vec![
        attribute("log.file.path", &source),
        attribute("log.record.original", &row.clean(&row.text)),
        // 64-bit integers are strings in the JSON mapping of Protocol Buffers.
        json!({ "key": "log.file.line", "value": { "intValue": row.line.to_string() } }),
    ];
    if let Some(stamp) = row.stamp.as_deref() {
        attributes.push(attribute("log.record.stamp", &row.clean(stamp)));
    }
    if let Some(logger) = row.logger.as_deref() {
        attributes.push(attribute("log.logger", &row.clean(logger)));
    }
    let mut record = json!({
        "body": { "stringValue": cleaned_message(row) },
        "attributes": attributes,
    });
    // Without a stamp the field stays away, which means "unknown"; the time that orders the record goes into the other.
    if let Some(time) = row.time {
        record["timeUnixNano"] = json!(nanos(time.nanos()));
    }
    if let Some(sorted) = row.sorted {
        record["observedTimeUnixNano"] = json!(nanos(sorted.nanos()));
    }
    if let Some(level) = row.level {
        let (number, text) = severity(level);
        record["severityNumber"] = json!(number);
        record["severityText"] = json!(text);
    }
    let service = row.program.map_or(source, Cow::Borrowed);
    let data = json!({ "resourceLogs": [{
        "resource": { "attributes": [attribute("service.name", &service)] },
        "scopeLogs": [{
            "scope": { "name": SCOPE, "version": env!("CARGO_PKG_VERSION") },
            "logRecords": [record],
        }],
    }] });
    push(&data, out);
}

/// The field is unsigned: a time before 1970 is as good as none.
fn nanos(at: i64) -> String {
    at.max(0).to_string()
}

fn push(object: &impl Serialize, out: &mut Vec<u8>) {
    out.extend_from_slice(one_line(object).unwrap_or_default().as_bytes());
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::super::{TimelineFormat, tests::row};
    use super::*;
    use crate::model::Moment;

    fn written(format: TimelineFormat, row: &Row<'_>) -> Value {
        let mut out = Vec::new();
        format.write(row, &mut out);
        assert_eq!(memchr::memchr_iter(b'\n', &out).count(), 1);
        serde_json::from_slice(&out).unwrap()
    }

    fn at(text: &str) -> Moment {
        Moment(chrono::DateTime::parse_from_rfc3339(text).unwrap())
    }

    #[test]
    fn timesketch_gets_what_it_demands() {
        let mut row = row("broken\n  at x");
        row.time = Some(at("2020-08-10T11:16:29.123+02:00"));
        let event = written(TimelineFormat::Timesketch, &row);
        assert_eq!(event["datetime"], "2020-08-10T11:16:29.123000+02:00");
        assert_eq!(event["timestamp"], 1_597_050_989_123_000_i64);
        assert_eq!(event["message"], "broken\n  at x");
        assert_eq!(event["timestamp_desc"], "Log entry written");
    }

    #[test]
    fn a_record_without_any_time_is_exported_and_says_so() {
        let event = written(TimelineFormat::Timesketch, &row("x"));
        assert_eq!(event["timestamp_desc"], "No time known");
        assert_eq!(event["datetime"], NO_TIME);
        let data = written(TimelineFormat::Otlp, &row("x"));
        let record = &data["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
        assert!(record.get("timeUnixNano").is_none());
    }

    #[test]
    fn otlp_numbers_are_strings_and_severities_are_numbers() {
        let mut row = row("x");
        row.time = Some(at("2020-08-10T11:16:29.123Z"));
        let data = written(TimelineFormat::Otlp, &row);
        let record = &data["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
        assert_eq!(record["timeUnixNano"], "1597058189123000000");
        assert_eq!(record["severityNumber"], 17);
        assert_eq!(record["body"]["stringValue"], "x");
    }

    #[test]
    fn no_secret_gets_out() {
        for format in [TimelineFormat::Timesketch, TimelineFormat::Otlp] {
            let text = written(format, &row("login password=hunter22 done")).to_string();
            assert!(!text.contains("hunter22"), "{text}");
        }
    }
}
