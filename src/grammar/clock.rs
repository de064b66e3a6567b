//! Clocks of others: a time that a record quotes, compared with the record's own or with a second one that it quotes.

use std::time::Duration;

use super::raw::{RawClock, RawClockZone};
use super::rule::parse_within;
use crate::model::RawTime;
use crate::syntax::stamp::{Stamp, ZoneSource};

/// How a quoted time is read, and against what it is held.
#[derive(Debug)]
pub struct ClockTest {
    /// The capture that holds the time of the other side.
    capture: String,
    /// The capture that holds the time it is compared with; without one it is the record's own.
    against: Option<String>,
    stamps: Vec<Stamp>,
    /// True if the time only says what has not begun yet: it tells nothing where it is in the past.
    only_ahead: bool,
    /// Differences up to this are none, in nanoseconds.
    tolerance: i64,
}

/// Default tolerance: that of most token libraries and of Kerberos.
const TOLERANCE: Duration = Duration::from_mins(5);

impl ClockTest {
    /// Checks one table.
    ///
    /// # Errors
    /// The key that is wrong, what is wrong with it, and what helps.
    pub fn new(raw: &RawClock) -> Result<Self, (&'static str, String, String)> {
        let zone = match raw.zone {
            RawClockZone::Utc => ZoneSource::Utc,
            RawClockZone::InText => ZoneSource::InText,
        };
        let tolerance = match raw.tolerance.as_deref() {
            Some(text) => parse_within(text).ok_or_else(|| {
                let help = "write for example tolerance = \"300s\"; ms, s, min and h are units";
                let message = format!("`{text}` is no length of time");
                ("tolerance", message, help.to_owned())
            })?,
            None => TOLERANCE,
        };
        let layouts = raw.layout.clone().into_vec();
        let stamps: Result<Vec<Stamp>, _> = layouts
            .iter()
            .map(|layout| {
                Stamp::compile(layout, zone)
                    .map_err(|c| ("layout", format!("`{layout}`: {}", c.message), c.help))
            })
            .collect();
        let stamps = stamps?;
        if stamps.iter().any(|stamp| stamp.cycle().is_some()) {
            let help = "add the date: a time of day alone is held against nothing".to_owned();
            return Err(("layout", "`layout` must read a whole date".into(), help));
        }
        Ok(Self {
            capture: raw.capture.clone(),
            against: raw.against.clone(),
            stamps,
            only_ahead: raw.only_ahead,
            tolerance: i64::try_from(tolerance.as_nanos()).unwrap_or(i64::MAX),
        })
    }

    /// By how much the other clock is ahead, in nanoseconds (negative: behind); 0 within the tolerance. `None` where a
    /// time is missing. `own`: the record's instant.
    pub fn ahead(&self, captures: &[(String, String)], own: Option<i64>) -> Option<i64> {
        let at = |name: &str| {
            let (_, value) = captures.iter().find(|(capture, _)| capture == name)?;
            self.read(value)
        };
        let theirs = at(&self.capture)?;
        let ours = match &self.against {
            Some(name) => at(name)?,
            None => own?,
        };
        let ahead = theirs.checked_sub(ours)?;
        let told = ahead > self.tolerance || ahead < -self.tolerance && !self.only_ahead;
        Some(if told { ahead } else { 0 })
    }

    /// True if the time is compared with the record's own.
    pub const fn is_against_record(&self) -> bool {
        self.against.is_none()
    }

    fn read(&self, text: &str) -> Option<i64> {
        let text = text.trim().as_bytes();
        self.stamps
            .iter()
            .find_map(|stamp| match stamp.read(text, 0)? {
                (RawTime::Utc(instant), end) if end == text.len() => Some(instant),
                _ => None,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::raw::OneOrMany;
    use crate::model::time::SECOND;

    fn date(against: Option<&str>, only_ahead: bool) -> ClockTest {
        ClockTest::new(&RawClock {
            capture: "server".into(),
            against: against.map(str::to_owned),
            layout: OneOrMany::One("%a, %d %b %Y %H:%M:%S".into()),
            zone: RawClockZone::Utc,
            only_ahead,
            tolerance: None,
        })
        .unwrap()
    }

    #[test]
    fn a_quoted_time_is_ahead_or_behind_beyond_the_tolerance() {
        let own = 1_597_050_989 * SECOND; // 2020-08-10T09:16:29Z
        let said = |text: &str| [("server".to_owned(), text.to_owned())];
        let ahead = |text: &str, only| date(None, only).ahead(&said(text), Some(own));
        assert_eq!(
            ahead("Mon, 10 Aug 2020 09:26:29", false),
            Some(600 * SECOND)
        );
        assert_eq!(
            ahead("Mon, 10 Aug 2020 09:06:29", false),
            Some(-600 * SECOND)
        );
        assert_eq!(ahead("Mon, 10 Aug 2020 09:06:29", true), Some(0));
        assert_eq!(ahead("Mon, 10 Aug 2020 09:21:29", false), Some(0));
        assert_eq!(ahead("yesterday", false), None);
        assert_eq!(
            date(Some("now"), false).ahead(&said("Mon, 10 Aug 2020 09:06:29"), Some(own)),
            None
        );
    }
}
