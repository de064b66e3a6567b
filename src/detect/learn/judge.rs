//! How well a guessed format reads lines: how many, in which order, over which time.

use crate::grammar::format::Format;
use crate::model::RawTime;
use crate::model::time::{DAY, SECOND};
use crate::syntax::civil;

/// What a format made of the lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Lines read with a plausible time.
    pub read: usize,
    /// Steps back in time from one read line to the next.
    pub back: usize,
    /// Steps forth.
    pub forth: usize,
    /// From the earliest to the latest time.
    pub span: i64,
    /// The place of the stamp, summed over the read lines.
    pub place: usize,
}

impl Verdict {
    /// True if the times run in one direction, as those of a log do; a few lines prove nothing.
    pub fn is_ordered(&self) -> bool {
        let (less, more) = (self.back.min(self.forth), self.back.max(self.forth));
        less + more < 4 || less * 3 <= more
    }
}

/// Judges a format by the lines.
pub fn judge(format: &Format, lines: &[&[u8]]) -> Verdict {
    let mut verdict = Verdict::default();
    let mut before: Option<i64> = None;
    let (mut first, mut last) = (i64::MAX, i64::MIN);
    for line in lines {
        let Some(fields) = format.read(line) else {
            continue;
        };
        let Some(nanos) = fields.time.and_then(plausible) else {
            continue;
        };
        verdict.read += 1;
        verdict.place += fields.stamp.map_or(0, |s| s.start as usize);
        // Jitter of threads is no step.
        match before {
            Some(before) if nanos < before - 2 * SECOND => verdict.back += 1,
            Some(before) if nanos > before + 2 * SECOND => verdict.forth += 1,
            _ => {}
        }
        before = Some(nanos);
        (first, last) = (first.min(nanos), last.max(nanos));
    }
    verdict.span = last.saturating_sub(first).max(0);
    verdict
}

/// Logs are written between 1990 and 2100.
fn plausible(time: RawTime) -> Option<i64> {
    match time {
        RawTime::Cyclic(nanos) => Some(nanos),
        RawTime::Utc(nanos) | RawTime::Wall(nanos) => {
            let day = |year| civil::days(year, 1, 1).map_or(0, |days| i64::from(days) * DAY);
            (nanos >= day(1990) && nanos < day(2100)).then_some(nanos)
        }
    }
}
