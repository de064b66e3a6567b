//! Floor 2: what the user asked for, as checked types. It knows nothing of the command line's parser, the clock or files.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use crate::model::time::SECOND;

/// One end of the window, as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeSpec {
    /// What was written.
    form: TimeForm,
    /// Nanoseconds that are added, for a window around a time.
    shift: i64,
    /// True for a window around a time: both ends mean the same instant.
    around: bool,
}

/// A time, as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TimeForm {
    /// So many nanoseconds before the newest record.
    Ago(i64),
    /// An instant, in nanoseconds UTC.
    Instant(i64),
    /// A wall-clock time; `day`: only a date was written.
    Local { at: NaiveDateTime, day: bool },
    /// A time of day, on the day of the newest record or the day before.
    Clock(NaiveTime),
    /// So many days before the day of the newest record, the whole day.
    DayBefore(i64),
    /// A time of day on such a day.
    ClockBefore(i64, NaiveTime),
}

/// The window as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WindowSpec {
    /// Start.
    pub since: Option<TimeSpec>,
    /// End.
    pub until: Option<TimeSpec>,
}

/// A time that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no time: write a duration (2h, 90m, 1d12h), a clock time (14:30), a date (2020-08-10, 10.08.2020), \
     both (2020-08-10T14:30, 10.08.2020 14:30), RFC 3339 (2020-08-10T14:30:00+02:00), today, or yesterday"
)]
pub struct BadTime(pub String);

/// A reach behind a time that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAround {
    /// The time.
    #[error(transparent)]
    Time(#[from] BadTime),
    /// The part behind the `±`.
    #[error("`{0}` is no reach: write a duration behind the time, as in 14:30±10m (or 14:30+-10m)")]
    Reach(String),
}

/// How far a window around a time reaches where nothing else is said, in nanoseconds.
const REACH: i64 = 5 * 60 * SECOND;
/// How `±` is written; the plain forms are for consoles that cannot type it.
const PLUS_MINUS: [&str; 3] = ["±", "+/-", "+-"];

impl WindowSpec {
    /// Reads a window around a time: `T` (five minutes to each side) or `T±d`. Around a whole day, the day and so much
    /// before and after it.
    ///
    /// # Errors
    /// If the time or the reach is none.
    pub fn around(text: &str) -> Result<Self, BadAround> {
        let split = PLUS_MINUS.iter().find_map(|sign| {
            text.split_once(sign)
                .map(|(time, reach)| (time, Some(reach)))
        });
        let (time, reach) = split.unwrap_or((text, None));
        let reach = match reach {
            Some(reach) => duration(reach).ok_or_else(|| BadAround::Reach(reach.to_owned()))?,
            None => REACH,
        };
        let at = TimeSpec::parse(time)?;
        let end = |shift| TimeSpec {
            shift,
            around: true,
            ..at
        };
        Ok(Self {
            since: Some(end(-reach)),
            until: Some(end(reach)),
        })
    }
}

impl TimeSpec {
    /// Reads what a user wrote.
    ///
    /// # Errors
    /// If it is none of the forms that the error names.
    pub fn parse(text: &str) -> Result<Self, BadTime> {
        TimeForm::parse(text).map(|form| Self {
            form,
            shift: 0,
            around: false,
        })
    }

    /// The instant, in nanoseconds UTC. `newest`: what relative forms count back from. `to_instant`/`to_wall` convert
    /// between instants and the user's zone. `end`: a whole day means its last nanosecond.
    pub fn resolve(
        self,
        newest: i64,
        to_instant: &dyn Fn(i64) -> i64,
        to_wall: &dyn Fn(i64) -> i64,
        end: bool,
    ) -> i64 {
        // Around a time of day both ends are about the same one; around a day they are its two ends.
        let end = end && !(self.around && matches!(self.form, TimeForm::Clock(_)));
        self.form
            .resolve(newest, to_instant, to_wall, end)
            .saturating_add(self.shift)
    }

    /// True if it is a length of time before the newest record.
    pub const fn counts_back(self) -> bool {
        matches!(self.form, TimeForm::Ago(_))
    }

    /// True if it depends on the newest record.
    pub const fn is_relative(self) -> bool {
        matches!(
            self.form,
            TimeForm::Ago(_)
                | TimeForm::Clock(_)
                | TimeForm::DayBefore(_)
                | TimeForm::ClockBefore(..)
        )
    }
}

impl TimeForm {
    fn parse(text: &str) -> Result<Self, BadTime> {
        let trimmed = text.trim();
        let bad = || BadTime(text.to_owned());
        if let Some(nanos) = duration(trimmed) {
            return Ok(Self::Ago(nanos));
        }
        match trimmed.to_lowercase().as_str() {
            "today" | "heute" => return Ok(Self::DayBefore(0)),
            "yesterday" | "gestern" => return Ok(Self::DayBefore(1)),
            lower => {
                if let Some(form) = on_a_day(lower) {
                    return Ok(form);
                }
            }
        }
        if let Ok(instant) = chrono::DateTime::parse_from_rfc3339(&trimmed.replacen(' ', "T", 1)) {
            return instant
                .timestamp_nanos_opt()
                .map(Self::Instant)
                .ok_or_else(bad);
        }
        if let Some(time) = clock(trimmed).filter(|_| trimmed.contains(':')) {
            return Ok(Self::Clock(time));
        }
        let (date, rest) = date(trimmed).ok_or_else(bad)?;
        let rest = rest
            .strip_prefix(['T', 't', ' ', ',', '-', '_'])
            .map_or(rest, str::trim_start);
        if rest.is_empty() {
            return Ok(Self::Local {
                at: date.and_time(NaiveTime::MIN),
                day: true,
            });
        }
        let time = clock(rest).ok_or_else(bad)?;
        Ok(Self::Local {
            at: date.and_time(time),
            day: false,
        })
    }

    fn resolve(
        self,
        newest: i64,
        to_instant: &dyn Fn(i64) -> i64,
        to_wall: &dyn Fn(i64) -> i64,
        end: bool,
    ) -> i64 {
        let wall_of = |at: NaiveDateTime| at.and_utc().timestamp_nanos_opt().unwrap_or(0);
        let whole_day = |start: i64| {
            if end {
                to_instant(start + 86_400 * SECOND) - 1
            } else {
                to_instant(start)
            }
        };
        let day_of = |wall: i64| wall - wall.rem_euclid(86_400 * SECOND);
        let nanos_of = |time: NaiveTime| {
            let since = time.signed_duration_since(NaiveTime::MIN);
            since.num_nanoseconds().unwrap_or(0)
        };
        match self {
            Self::Ago(nanos) => newest.saturating_sub(nanos),
            Self::Instant(instant) => instant,
            Self::Local { at, day: true } => whole_day(wall_of(at)),
            Self::Local { at, day: false } => to_instant(wall_of(at)),
            Self::DayBefore(days) => whole_day(day_of(to_wall(newest)) - days * 86_400 * SECOND),
            Self::ClockBefore(days, time) => {
                to_instant(day_of(to_wall(newest)) - days * 86_400 * SECOND + nanos_of(time))
            }
            Self::Clock(time) => {
                let today = day_of(to_wall(newest));
                let of_day = nanos_of(time);
                // "14:30" is the last 14:30 that the traces can know of.
                let at = to_instant(today + of_day);
                if at > newest && !end {
                    to_instant(today - 86_400 * SECOND + of_day)
                } else {
                    at
                }
            }
        }
    }
}

/// `2h`, `90m`, `1d12h`, `1h 30min`, `-2h`; in nanoseconds.
pub fn duration(text: &str) -> Option<i64> {
    let mut rest = text.trim().trim_start_matches('-').trim_start();
    let mut total = 0i64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let unit = match rest[..letters].to_lowercase().as_str() {
            "ms" => 1_000_000,
            "s" | "sec" | "sek" | "second" | "seconds" | "sekunde" | "sekunden" => SECOND,
            "m" | "min" | "minute" | "minutes" | "minuten" => 60 * SECOND,
            "h" | "std" | "hour" | "hours" | "stunde" | "stunden" => 3_600 * SECOND,
            "d" | "t" | "day" | "days" | "tag" | "tage" | "tagen" => 86_400 * SECOND,
            "w" | "week" | "weeks" | "woche" | "wochen" => 7 * 86_400 * SECOND,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(unit)?)?;
        rest = rest[letters..].trim_start();
    }
    Some(total)
}

/// `yesterday 14:00`, `gestern, 14:00 Uhr`; in lower case.
fn on_a_day(text: &str) -> Option<TimeForm> {
    let days = [
        ("today", 0),
        ("heute", 0),
        ("yesterday", 1),
        ("gestern", 1),
        ("vorgestern", 2),
    ];
    let (rest, days) = days
        .iter()
        .find_map(|(word, days)| Some((text.strip_prefix(word)?, *days)))?;
    let rest = rest.trim_start_matches([',', ' ']);
    let rest = rest
        .strip_prefix("at ")
        .or(rest.strip_prefix("um "))
        .unwrap_or(rest);
    if rest.is_empty() {
        return Some(TimeForm::DayBefore(days));
    }
    clock(rest).map(|time| TimeForm::ClockBefore(days, time))
}

fn clock(text: &str) -> Option<NaiveTime> {
    let text = text.trim_end_matches("Uhr").trim_end_matches("uhr").trim();
    let text = text.replace(',', ".");
    ["%H:%M:%S%.f", "%H:%M", "%H%M%S"]
        .iter()
        .find_map(|format| NaiveTime::parse_from_str(&text, format).ok())
}

fn date(text: &str) -> Option<(NaiveDate, &str)> {
    let plausible = |(date, _): &(NaiveDate, &str)| {
        date.signed_duration_since(NaiveDate::MIN) > TimeDelta::zero()
            && (1970..2262).contains(&chrono::Datelike::year(date))
    };
    ["%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d", "%Y%m%d", "%d.%m.%y"]
        .iter()
        .filter_map(|format| NaiveDate::parse_and_remainder(text, format).ok())
        .find(plausible)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap()
    }

    #[test]
    fn durations_count_back_and_add_up() {
        assert_eq!(TimeForm::parse("2h"), Ok(TimeForm::Ago(7_200 * SECOND)));
        assert_eq!(TimeForm::parse("90m"), Ok(TimeForm::Ago(5_400 * SECOND)));
        assert_eq!(
            TimeForm::parse("1d12h"),
            Ok(TimeForm::Ago(36 * 3_600 * SECOND))
        );
        assert_eq!(TimeForm::parse("-5 min"), Ok(TimeForm::Ago(300 * SECOND)));
        assert_eq!(duration("5"), None);
        assert_eq!(duration("h"), None);
    }

    #[test]
    fn people_write_days_and_clocks_in_words() {
        let at = |h, m| NaiveTime::from_hms_opt(h, m, 0).unwrap();
        for (text, form) in [
            ("gestern 14:00", TimeForm::ClockBefore(1, at(14, 0))),
            ("Heute, 8:30 Uhr", TimeForm::ClockBefore(0, at(8, 30))),
            ("yesterday at 14:00", TimeForm::ClockBefore(1, at(14, 0))),
            ("vorgestern", TimeForm::DayBefore(2)),
            ("08:00 Uhr", TimeForm::Clock(at(8, 0))),
            ("2 Stunden", TimeForm::Ago(7_200 * SECOND)),
            ("90 minutes", TimeForm::Ago(5_400 * SECOND)),
        ] {
            assert_eq!(TimeForm::parse(text), Ok(form), "{text}");
        }
        let local = |text: &str, day_only| {
            Ok(TimeForm::Local {
                at: day(text),
                day: day_only,
            })
        };
        assert_eq!(
            TimeForm::parse("14.06.21"),
            local("2021-06-14 00:00:00", true)
        );
        // The stamp of file names.
        assert_eq!(
            TimeForm::parse("20210614-080000"),
            local("2021-06-14 08:00:00", false)
        );
        assert!(TimeForm::parse("gestern abend").is_err());
        assert!(TimeForm::parse("123456").is_err());
    }

    #[test]
    fn dates_are_iso_or_german() {
        let local = |text: &str, day_only| {
            Ok(TimeForm::Local {
                at: day(text),
                day: day_only,
            })
        };
        assert_eq!(
            TimeForm::parse("2020-08-10"),
            local("2020-08-10 00:00:00", true)
        );
        assert_eq!(
            TimeForm::parse("10.08.2020"),
            local("2020-08-10 00:00:00", true)
        );
        assert_eq!(
            TimeForm::parse("10.08.2020 14:30"),
            local("2020-08-10 14:30:00", false)
        );
        assert_eq!(
            TimeForm::parse("10.08.2020, 14:30 Uhr"),
            local("2020-08-10 14:30:00", false)
        );
        assert_eq!(
            TimeForm::parse("2020-08-10T14:30:05"),
            local("2020-08-10 14:30:05", false)
        );
        assert!(matches!(
            TimeForm::parse("2020-08-10T14:30:00+02:00"),
            Ok(TimeForm::Instant(_))
        ));
        assert!(TimeForm::parse("32.08.2020").is_err());
        assert!(TimeForm::parse("soon").is_err());
    }

    #[test]
    fn a_clock_time_is_the_last_one_before_the_newest_record() {
        let newest = day("2020-08-10 10:00:00")
            .and_utc()
            .timestamp_nanos_opt()
            .unwrap();
        let same = |t: i64| t;
        let at = TimeForm::parse("11:00")
            .unwrap()
            .resolve(newest, &same, &same, false);
        assert_eq!(at, newest - 23 * 3_600 * SECOND);
        let at = TimeForm::parse("09:00")
            .unwrap()
            .resolve(newest, &same, &same, false);
        assert_eq!(at, newest - 3_600 * SECOND);
    }

    #[test]
    fn a_window_around_a_time_reaches_to_both_sides() {
        let newest = day("2020-08-10 10:00:00")
            .and_utc()
            .timestamp_nanos_opt()
            .unwrap();
        let same = |t: i64| t;
        let ends = |text: &str| {
            let window = WindowSpec::around(text).unwrap();
            let end = |spec: Option<TimeSpec>, end| {
                (spec.unwrap().resolve(newest, &same, &same, end) - newest) / (60 * SECOND)
            };
            (end(window.since, false), end(window.until, true))
        };
        assert_eq!(ends("09:00"), (-65, -55));
        assert_eq!(ends("09:00±10m"), (-70, -50));
        assert_eq!(ends("10.08.2020 09:00 +- 1h"), (-120, 0));
        assert_eq!(ends("2020-08-10T09:00:00Z+/-90s"), (-61, -58));
        // Later than the newest record: the day before, for both ends.
        assert_eq!(ends("11:00"), (-23 * 60 - 5, -23 * 60 + 5));
        assert_eq!(ends("yesterday"), (-34 * 60 - 5, -10 * 60 + 5));
        assert_eq!(ends("2h"), (-125, -115));
        assert!(matches!(
            WindowSpec::around("09:00±soon"),
            Err(BadAround::Reach(_))
        ));
        assert!(matches!(
            WindowSpec::around("soon"),
            Err(BadAround::Time(_))
        ));
    }
}
