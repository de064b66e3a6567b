//! The attempts over time: one lane per file with its records by level, findings marked, attempts as bands on top.

use super::axis::Axis;
use super::markup::{Anchor, Escaped};
use super::{Writer, verdict_class};
use crate::model::Moment;
use crate::model::report::{Finding, Report, SourceReport};
use crate::report::layout::cut_start;
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
/// Marks that stand closer than this share a label.
const LABEL: i64 = 30;

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
        let attempts = report.clients.iter().flat_map(|c| &c.attempts).take(60);
        for attempt in attempts {
            let (Some(start), Some(end)) = (attempt.start, attempt.end) else {
                continue;
            };
            let (x, class) = (axis.x(start), verdict_class(attempt.verdict));
            let width = (axis.x(end) - x).max(3.0);
            let verdict = self.words.verdict(attempt.verdict);
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
        let mut last = -LABEL;
        for (at, finding) in marks {
            let x = axis.x(at);
            self.put(format_args!(
                "<path class=\"found\" d=\"M{x:.1} 34V{height}\"/>"
            ));
            if x as i64 - last < LABEL {
                continue;
            }
            last = x as i64;
            let left = (x - 14.0).clamp(2.0, 930.0);
            let middle = left + 14.0;
            self.put(format_args!(
                "<a href=\"#{}\"><rect class=\"flag\" x=\"{left:.1}\" y=\"20\" width=\"28\" height=\"16\" rx=\"8\"/>\
                 <text class=\"flag-id\" x=\"{middle:.1}\" y=\"32\">{}</text></a>\n",
                Anchor(&finding.id),
                Escaped(&finding.id)
            ));
        }
    }

    fn legend(&mut self, axis: &Axis) {
        let words = self.words;
        self.put(format_args!(
            "<p class=\"legend\"><span class=\"key all\"></span>{} <span class=\"key warn\"></span>{} \
             <span class=\"key bad\"></span>{} <span class=\"key mark\"></span>{} · {} {}</p>\n",
            words.legend_records,
            words.legend_warnings,
            words.legend_errors,
            words.first_finding,
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
