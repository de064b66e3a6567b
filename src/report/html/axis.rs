//! The time axis of the picture: where an instant stands, how records are summed into columns, where ticks are.

#![expect(
    clippy::cast_precision_loss,
    reason = "places in a picture need no more than 52 bits"
)]

use std::fmt::Write as _;

use chrono::{DateTime, FixedOffset};

use crate::model::report::{Report, SourceReport};
use crate::model::time::SECOND;
use crate::model::{Lang, Moment};
use crate::report::words::Words;

const LEFT: f64 = 8.0;
const WIDTH: f64 = 944.0;
/// More columns than these are no more legible.
const COLUMNS: i64 = 236;
const TICKS: i64 = 8;
/// Distances of ticks, in seconds.
const STEPS: [i64; 20] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400,
    172_800, 604_800, 2_592_000,
];

/// From the first to the last column.
pub struct Axis {
    /// Start of the first column, in seconds since 1970 UTC.
    start: i64,
    /// Length of a column in seconds.
    column: i64,
    columns: i64,
    /// The highest column of all lanes.
    most: u64,
    offset: FixedOffset,
    lang: Lang,
}

impl Axis {
    /// The axis over all buckets of all sources; `None` without any.
    pub fn of(report: &Report) -> Option<Self> {
        let all = || report.sources.iter().flat_map(|s| s.minutes.iter());
        let first = all().map(|m| m.at).min()?;
        let start = seconds(first);
        let end = all().map(|m| seconds(m.at)).max()?;
        let bucket = bucket_length(report);
        // A single wrong stamp can be years away; the columns then grow with the span.
        let end = report
            .window
            .last_record
            .map_or(end, seconds)
            .max(end + bucket);
        let span = end - start;
        let column = (span.div_euclid(COLUMNS) + 1).max(bucket);
        let column = if column > bucket {
            column.div_euclid(bucket) * bucket + bucket
        } else {
            bucket
        };
        let columns = span.div_euclid(column) + i64::from(span.rem_euclid(column) > 0);
        let mut axis = Self {
            start,
            column,
            columns,
            most: 1,
            offset: *first.0.offset(),
            lang: report.lang,
        };
        axis.most = report
            .sources
            .iter()
            .flat_map(|s| axis.sums(s))
            .map(|sum| sum[0])
            .max()?
            .max(1);
        Some(axis)
    }

    /// Where an instant stands.
    pub fn x(&self, at: Moment) -> f64 {
        let seconds = (at.nanos() - self.start.saturating_mul(SECOND)) as f64 / SECOND as f64;
        self.place(seconds)
    }

    fn place(&self, seconds: f64) -> f64 {
        let span = (self.columns * self.column) as f64;
        LEFT + (seconds / span * WIDTH).clamp(0.0, WIDTH)
    }

    /// Records, warnings and errors of each column.
    fn sums(&self, source: &SourceReport) -> Vec<[u64; 3]> {
        let mut sums = vec![[0_u64; 3]; self.columns as usize];
        for bucket in source.minutes.iter() {
            let at = (seconds(bucket.at) - self.start)
                .div_euclid(self.column)
                .clamp(0, self.columns - 1);
            let sum = &mut sums[at as usize];
            for (sum, value) in sum
                .iter_mut()
                .zip([bucket.records, bucket.warnings, bucket.errors])
            {
                *sum = sum.saturating_add(value);
            }
        }
        sums
    }

    /// One path per level, standing on `base`; a square root scale, so that a few errors stay visible beside many records.
    pub fn bars(
        &self,
        source: &SourceReport,
        base: f64,
        highest: f64,
    ) -> [(&'static str, String); 3] {
        let width = WIDTH / self.columns as f64;
        let gap = if width > 6.0 { 1.5 } else { 0.4 };
        let height = |count: u64| (count as f64 / self.most as f64).sqrt() * highest;
        let mut paths = [String::new(), String::new(), String::new()];
        for (at, [records, warnings, errors]) in self.sums(source).into_iter().enumerate() {
            let x = LEFT + at as f64 * width;
            // Errors stand at the bottom, warnings on them, all records behind.
            let levels = [records, warnings.saturating_add(errors), errors];
            for (path, count) in paths.iter_mut().zip(levels) {
                if count > 0 {
                    let tall = height(count).max(2.0);
                    let wide = width - gap;
                    write!(path, "M{x:.1} {base}v-{tall:.1}h{wide:.1}v{tall:.1}z")
                        .unwrap_or_default();
                }
            }
        }
        let [all, warn, bad] = paths;
        [("bar all", all), ("bar warn", warn), ("bar bad", bad)]
    }

    /// Where ticks stand, with their labels in the report's zone.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        let span = self.columns * self.column;
        let step = STEPS
            .into_iter()
            .find(|step| span / step <= TICKS)
            .unwrap_or(span / TICKS + 1);
        let local = self.start + i64::from(self.offset.local_minus_utc());
        let first = (local.div_euclid(step) + 1) * step - local;
        (first..span)
            .step_by(step as usize)
            .filter_map(|at| {
                let time =
                    DateTime::from_timestamp(self.start + at, 0)?.with_timezone(&self.offset);
                let format = match (step, self.lang) {
                    (0..60, _) => "%H:%M:%S",
                    (60..86_400, _) if span <= 2 * 86_400 => "%H:%M",
                    (60..86_400, Lang::De) => "%d.%m. %H:%M",
                    (60..86_400, Lang::En) => "%m-%d %H:%M",
                    (_, Lang::De) => "%d.%m.%y",
                    (_, Lang::En) => "%Y-%m-%d",
                };
                Some((self.place(at as f64), time.format(format).to_string()))
            })
            .collect()
    }

    /// `1 min`, `30 s`, `2 h`.
    pub fn column_length(&self, words: &Words) -> String {
        let (unit, name) = match self.column {
            0..60 => (1, words.seconds),
            60..3_600 => (60, words.minutes),
            3_600..86_400 => (3_600, words.hours),
            _ => (86_400, words.days),
        };
        format!("{} {name}", self.column.div_euclid(unit))
    }
}

fn seconds(at: Moment) -> i64 {
    at.0.timestamp()
}

/// The shortest distance between two buckets of one source, at most a minute where there is only one.
fn bucket_length(report: &Report) -> i64 {
    let distances = report.sources.iter().flat_map(|s| {
        let starts = || s.minutes.iter().map(|bucket| seconds(bucket.at));
        starts().skip(1).zip(starts()).map(|(next, one)| next - one)
    });
    distances.filter(|d| *d > 0).min().unwrap_or(60).min(60)
}
