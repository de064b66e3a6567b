//! The attempts over time: one lane per file with its records by level, findings marked, attempts as bands on top.

#![expect(
    clippy::cast_precision_loss,
    reason = "places in a picture need no more than 52 bits"
)]

use super::axis::Axis;
use super::markup::{Anchor, Escaped};
use super::{Writer, verdict_class};
use crate::model::Moment;
use crate::model::report::{Finding, Report, SourceReport, Verdict};
use crate::report::layout::{cut, cut_start, width};
use crate::report::safe::one_line;
use crate::report::show;

/// More lanes than these are counted.
const LANES: usize = 16;
const LANE: i64 = 56;
/// Height of the highest column.
const BARS: f64 = 32.0;
/// Where the lanes begin: below the axis, the marks and the attempts.
const TOP: i64 = 62;
/// More findings than these are not marked.
const MARKS: usize = 24;
/// Attempts that begin closer are one band if they ended alike.
const BAND: f64 = 3.0;
/// Marks that stand closer than this share a label.
const LABEL: f64 = 52.0;

impl Writer<'_> {
    pub(super) fn has_timeline(&self) -> bool {
        Axis::of(self.report).is_some() && !lanes(self.report).is_empty()
    }

    pub(super) fn timeline(&mut self) {
        let lanes = lanes(self.report);
        let Some(axis) = Axis::of(self.report).filter(|_| !lanes.is_empty()) else {
            return;
        };
        let words = self.words;
        self.section("time", words.over_time);
        let shown = &lanes[..lanes.len().min(LANES)];
        let height = TOP + LANE * shown.len() as i64 + 6;
        self.put(format_args!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">\n\
             <svg class=\"time\" viewBox=\"0 0 960 {height}\" role=\"group\" aria-label=\"{}\">\n",
            words.over_time, words.timeline_label
        ));
        self.ticks(&axis, height);
        self.attempt_bands(&axis);
        for (at, source) in shown.iter().enumerate() {
            self.source_lane(&axis, source, TOP + LANE * at as i64);
        }
        self.marks(&axis, height);
        self.put(format_args!("</svg></div>\n"));
        self.legend(&axis);
        self.more(lanes.len().saturating_sub(LANES), words.more_sources);
        self.end_section();
    }

    fn ticks(&mut self, axis: &Axis, height: i64) {
        for (x, label) in axis.ticks() {
            let anchor = if x > 920.0 { "end" } else { "middle" };
            self.put(format_args!(
                "<path class=\"grid\" d=\"M{x:.1} 18V{height}\"/><text class=\"tick\" x=\"{x:.1}\" y=\"12\" text-anchor=\"{anchor}\">{label}</text>\n"
            ));
        }
    }

    fn attempt_bands(&mut self, axis: &Axis) {
        let report = self.report;
        let mut attempts: Vec<(Moment, Moment, Verdict)> = report
            .clients
            .iter()
            .flat_map(|client| client.attempts.spans())
            .filter_map(|(start, end, verdict)| Some((start?, end?, verdict)))
            .collect();
        attempts.sort_by_key(|(start, end, _)| (*start, *end));
        // Bands of one colour that would lie upon each other are one.
        let mut before: Option<(f64, &str)> = None;
        for (start, end, verdict) in attempts {
            let (x, class) = (axis.x(start), verdict_class(verdict));
            if before.is_some_and(|(at, known)| known == class && x - at < BAND) {
                continue;
            }
            before = Some((x, class));
            let width = (axis.x(end) - x).max(3.0);
            let verdict = self.words.verdict(verdict);
            self.put(format_args!(
                "<rect class=\"band {class}\" x=\"{x:.1}\" y=\"40\" width=\"{width:.1}\" height=\"12\" rx=\"4\"><title>{} {verdict}</title></rect>\n",
                self.clock.short(start)
            ));
        }
    }

    fn source_lane(&mut self, axis: &Axis, source: &SourceReport, top: i64) {
        let (words, lang) = (self.words, self.report.lang);
        let (name_y, base) = (top + 14, top + LANE - 4);
        let name = cut_start(&one_line(&source.path), 90);
        let count = show::counted(source.records, words.one_record, words.many_records, lang);
        self.put(format_args!(
            "<path class=\"base\" d=\"M8 {base}H952\"/><text class=\"file\" x=\"8\" y=\"{name_y}\">{} <tspan class=\"tick\">{count}</tspan></text>\n",
            Escaped(&name)
        ));
        for (class, path) in axis.bars(source, base as f64, BARS) {
            if !path.is_empty() {
                self.put(format_args!("<path class=\"{class}\" d=\"{path}\"/>\n"));
            }
        }
    }

    fn marks(&mut self, axis: &Axis, height: i64) {
        let report = self.report;
        let mut marks: Vec<(Moment, &Finding)> = report
            .findings
            .iter()
            .filter_map(|f| Some((f.first_seen?, f)))
            .take(MARKS)
            .collect();
        marks.sort_by_key(|(at, _)| *at);
        let places: Vec<(f64, &str)> = marks
            .iter()
            .map(|(at, f)| (axis.x(*at), f.id.as_str()))
            .collect();
        for (x, _) in &places {
            self.put(format_args!(
                "<path class=\"found\" d=\"M{x:.1} 34V{height}\"/>"
            ));
        }
        self.dots(axis, &marks);
        let mut rest = &places[..];
        while let Some(&(x, id)) = rest.first() {
            let close = rest
                .iter()
                .take_while(|(other, _)| other - x < LABEL)
                .count();
            self.flag(x, id, close - 1);
            rest = &rest[close..];
        }
    }

    /// Each finding's first record, in the lane of its file.
    fn dots(&mut self, axis: &Axis, marks: &[(Moment, &Finding)]) {
        let lanes = lanes(self.report);
        let dots: Vec<(f64, i64)> = marks
            .iter()
            .filter_map(|(at, finding)| {
                let path = &finding.evidence.first()?.source;
                let lane = lanes.iter().take(LANES).position(|s| s.path == *path)?;
                Some((axis.x(*at), TOP + LANE * (lane as i64 + 1) - 4))
            })
            .collect();
        for (x, y) in dots {
            self.put(format_args!(
                "<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y}\" r=\"5\"/>"
            ));
        }
    }

    /// The label of a finding, and of how many more that stand too close to have their own.
    fn flag(&mut self, x: f64, id: &str, more: usize) {
        let more = if more > 0 {
            format!(" +{more}")
        } else {
            String::new()
        };
        let label = format!("{}{more}", cut(&one_line(id), 6));
        let width = 14.0 + 7.0 * width(&label) as f64;
        let left = (x - width / 2.0).clamp(2.0, 958.0 - width);
        let middle = left + width / 2.0;
        self.put(format_args!(
            "<a href=\"#{}\"><rect class=\"flag\" x=\"{left:.1}\" y=\"19\" width=\"{width:.1}\" height=\"16\" rx=\"8\"/>\
             <text class=\"flag-id\" x=\"{middle:.1}\" y=\"31\">{}</text></a>\n",
            Anchor(id),
            Escaped(&label)
        ));
    }

    fn legend(&mut self, axis: &Axis) {
        let words = self.words;
        self.put(format_args!(
            "<p class=\"legend\"><span class=\"key all\"></span>{} <span class=\"key warn\"></span>{} \
             <span class=\"key bad\"></span>{} <span class=\"key mark\"></span>{} <span class=\"key band-key\"></span>{} · {} {}</p>\n",
            words.legend_records,
            words.legend_warnings,
            words.legend_errors,
            words.first_finding,
            words.one_attempt,
            words.each_bucket,
            axis.column_length(words),
        ));
    }
}

/// Sources that have times.
fn lanes(report: &Report) -> Vec<&SourceReport> {
    report
        .sources
        .iter()
        .filter(|s| !s.minutes.is_empty())
        .collect()
}
