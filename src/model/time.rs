//! Instants, and stamps that are not instants yet.

use std::borrow::Cow;

use chrono::{DateTime, FixedOffset, SecondsFormat};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::Lang;

/// Nanoseconds in a second.
pub const SECOND: i64 = 1_000_000_000;
/// Nanoseconds in a day.
pub const DAY: i64 = 86_400 * SECOND;

/// A part of a line or of a block: bytes `start..end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes `start..end`.
    pub const fn new(start: usize, end: usize) -> Self {
        Self {
            start: start as u32,
            end: end as u32,
        }
    }

    /// As a range for slicing.
    pub const fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// What the span cuts out of `bytes`; empty where it does not fit.
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.range()).unwrap_or_default()
    }
}

/// What one stamp says, before the zone and the missing date parts are known. All values are nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RawTime {
    /// An instant: nanoseconds since 1970-01-01T00:00:00Z (the stamp has an offset, or its format is in UTC).
    Utc(i64),
    /// Local time: nanoseconds since 1970-01-01T00:00:00 on the wall clock.
    Wall(i64),
    /// Only a position inside the format's [`Cycle`]; the date parts come from the file's name.
    Cyclic(i64),
}

impl RawTime {
    /// The number alone.
    pub const fn nanos(self) -> i64 {
        match self {
            Self::Utc(nanos) | Self::Wall(nanos) | Self::Cyclic(nanos) => nanos,
        }
    }
}

/// What is to be known of the clock at a record whose stamp alone does not say when it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClockMark {
    /// In the hour that daylight saving repeats; the lines tell that it is the first pass.
    FirstPass,
    /// In the hour that daylight saving repeats; the lines tell that it is the second pass.
    SecondPass,
    /// In the hour that daylight saving repeats; nothing tells which pass it is, the first one is assumed.
    RepeatedHour,
    /// In the hour that daylight saving skips: the clock was not set at the time.
    SkippedHour,
    /// After a step back of the clock, before it came to where it had been: it stands in the order of lines.
    SetBack,
}

impl ClockMark {
    /// The name as it stands in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FirstPass => "first-pass",
            Self::SecondPass => "second-pass",
            Self::RepeatedHour => "repeated-hour",
            Self::SkippedHour => "skipped-hour",
            Self::SetBack => "set-back",
        }
    }
}

/// The period after which a stamp without all date parts repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cycle {
    /// Time of day only. Position: nanoseconds since midnight.
    Day,
    /// Day of the month and time. Position: (day - 1) days + time of day.
    Month,
    /// Month, day and time, no year. Position: ((month - 1) * 31 + day - 1) days + time of day.
    Year,
}

impl Cycle {
    /// The length of the cycle in positions, in nanoseconds (months count 31 days each).
    pub const fn length(self) -> i64 {
        match self {
            Self::Day => DAY,
            Self::Month => 31 * DAY,
            Self::Year => 12 * 31 * DAY,
        }
    }
}

/// A length of time in words, in its two largest units.
pub fn length(nanos: i64, lang: Lang) -> String {
    let seconds = nanos.abs() / SECOND;
    let units = match lang {
        Lang::En => [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")],
        Lang::De => [(86_400, "T"), (3_600, "h"), (60, "min"), (1, "s")],
    };
    let Some(first) = units.iter().position(|(unit, _)| seconds >= *unit) else {
        return match lang {
            Lang::En => "less than 1 s".into(),
            Lang::De => "weniger als 1 s".into(),
        };
    };
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (unit, name) in &units[first..(first + 2).min(units.len())] {
        if rest / unit > 0 {
            parts.push(format!("{} {name}", rest / unit));
        }
        rest %= unit;
    }
    parts.join(" ")
}

/// An instant as it is shown: RFC 3339 with the offset of its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub DateTime<FixedOffset>);

impl Moment {
    /// RFC 3339, with as many fraction digits as needed (0, 3, 6 or 9).
    pub fn rfc3339(&self) -> String {
        self.0.to_rfc3339_opts(SecondsFormat::AutoSi, false)
    }

    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub fn nanos(&self) -> i64 {
        self.0.timestamp_nanos_opt().unwrap_or(i64::MAX)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc3339())
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time", "description": "RFC 3339 with offset" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_in_two_units() {
        assert_eq!(length(3_661 * SECOND, Lang::En), "1 h 1 min");
        assert_eq!(length(-90_000 * SECOND, Lang::De), "1 T 1 h");
        assert_eq!(length(59 * SECOND, Lang::En), "59 s");
        assert_eq!(length(1, Lang::De), "weniger als 1 s");
    }
}
