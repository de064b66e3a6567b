//! A number before a clock: a date, or a counter of lines, records or threads.

use crate::grammar::format::Format;
use crate::model::RawTime;
use crate::model::time::{DAY, SECOND};
use crate::syntax::civil;

/// Digits of a date that is one number: the day alone, six or eight.
const WIDTHS: [usize; 3] = [2, 6, 8];
/// What may stand behind it.
const JOINERS: &[u8] = b" \t|;,";
/// Traces of two-digit years are no older than this.
const OLDEST: i32 = 2005;
/// The next record of a counter follows within this.
const SOON: i64 = 3_600 * SECOND;

/// The digits at the start of a text, if they may be a date or a counter.
fn number(text: &[u8]) -> Option<usize> {
    let run = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let joined = text.get(run).is_some_and(|b| JOINERS.contains(b));
    (joined && WIDTHS.contains(&run)).then_some(run)
}

/// Where behind a number at the start of a stamp its clock begins.
pub fn clock_behind(stamp: &[u8]) -> Option<usize> {
    let run = number(stamp)?;
    let gap = stamp[run..].iter().take_while(|b| JOINERS.contains(b));
    let at = run + gap.count();
    (stamp.get(at + 2) == Some(&b':') || stamp.get(at + 1) == Some(&b':')).then_some(at)
}

/// True if what the format takes for a date is counted up from line to line while the clock goes on, or is older than any
/// trace: days do not pass that fast.
pub fn is_counted(format: &Format, lines: &[&[u8]]) -> bool {
    let layout = format.stamps().first().map_or("", |stamp| stamp.layout());
    let dates = [
        "%d", "%y%m%d", "%d%m%y", "%m%d%y", "%Y%m%d", "%d%m%Y", "%m%d%Y",
    ];
    let is_number = |date: &&&str| {
        let rest = layout.strip_prefix(**date);
        rest.is_some_and(|rest| rest.bytes().next().is_some_and(|b| JOINERS.contains(&b)))
    };
    let Some(date) = dates.iter().find(is_number) else {
        return false;
    };
    let mut before: Option<(i64, i64)> = None;
    let (mut steps, mut counted, mut goes_on) = (0_usize, 0_usize, false);
    let mut newest = i64::MIN;
    for line in lines {
        let Some(fields) = format.read(line) else {
            continue;
        };
        let (Some(time), Some(stamp)) = (fields.time, fields.stamp) else {
            continue;
        };
        let digits = stamp.of(line).iter().take_while(|b| b.is_ascii_digit());
        let number = digits.fold(0, |n, digit| n * 10 + i64::from(digit - b'0'));
        let clock = time.nanos().rem_euclid(DAY);
        if !matches!(time, RawTime::Cyclic(_)) {
            newest = newest.max(time.nanos());
        }
        if let Some((known, at)) = before {
            steps += 1;
            goes_on |= clock > at;
            counted += usize::from(number > known && (at..at + SOON).contains(&clock));
        }
        before = Some((number, clock));
    }
    let oldest = civil::days(OLDEST, 1, 1).map_or(0, |days| i64::from(days) * DAY);
    let is_old = date.contains("%y") && newest > i64::MIN && newest < oldest;
    is_old || steps > 1 && goes_on && counted * 10 >= steps * 9
}
