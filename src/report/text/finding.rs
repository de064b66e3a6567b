//! The findings: causes in full, what follows from them in a line or two, the rest in a line or counted.

use super::Writer;
use super::page::Paint;
use crate::model::report::{Evidence, Finding, Severity};
use crate::report::layout::cut_start;
use crate::report::safe::one_line;
use crate::report::select::{self, Selection};
use crate::report::show;

/// Causes in full.
const FULL: usize = 3;
/// Consequences, and further causes, in a line each.
const BRIEF: usize = 12;
/// How many lines each record of a finding gets; further records are counted by the finding's facts.
const EVIDENCE: [usize; 2] = [2, 1];

impl Writer<'_> {
    pub(super) fn findings(&mut self) {
        let report = self.report;
        let Selection {
            full,
            consequences,
            others,
            counted,
        } = select::findings(report, FULL, BRIEF);
        for finding in full {
            self.finding(finding);
        }
        if !consequences.is_empty() {
            self.page.line("");
        }
        for finding in consequences {
            self.brief(finding);
        }
        if !others.is_empty() {
            self.page.heading(self.words.other_findings);
        }
        for finding in others {
            self.brief(finding);
        }
        let more = format!("{} ({})", self.words.more_findings, self.words.in_full_in);
        self.page.more(counted, &more, report.lang);
    }

    fn finding(&mut self, finding: &Finding) {
        let words = self.words;
        let paint = match finding.severity {
            Severity::Critical | Severity::Error => Paint::Bad,
            Severity::Warning => Paint::Warning,
            Severity::Info => Paint::Bold,
        };
        self.page.line("");
        let lead = format!(
            "{} [{}] ",
            one_line(&finding.id),
            words.severity_of(finding.severity)
        );
        self.page
            .painted_item(&lead, paint, &one_line(&finding.title), 4);
        self.page.item("    ", &self.facts(finding));
        if let Some(at) = finding.recovered_at {
            let line = format!("{} {}", words.recovered_at, self.clock.short(at));
            self.page.item("    ", &line);
        }
        if let Some(clock) = &finding.clock {
            let line = format!("{}: {}", words.clock, one_line(clock));
            self.page.item("    ", &line);
        }
        self.page.item("    ", &one_line(&finding.summary));
        for detail in &finding.details {
            self.page.item("    ", &one_line(detail));
        }
        for against in &finding.contradictions {
            let line = format!("{}: {}", words.against, one_line(against));
            self.page.item("    ", &line);
        }
        for (evidence, lines) in finding.evidence.iter().zip(EVIDENCE) {
            self.evidence(evidence, lines);
        }
        if !finding.remedy.is_empty() {
            self.page.line(&format!("    {}:", words.remedy));
        }
        for (at, step) in finding.remedy.iter().enumerate() {
            self.page
                .item(&format!("      {}. ", at + 1), &one_line(step));
        }
        for (label, text) in [
            (words.for_user, &finding.user_text),
            (words.for_vendor, &finding.vendor_text),
        ] {
            if !text.is_empty() {
                let line = format!("{label}: {}", one_line(text));
                self.page.item("    ", &line);
            }
        }
    }

    /// Class, stage, confidence, how often and when.
    fn facts(&self, finding: &Finding) -> String {
        let (words, lang) = (self.words, self.report.lang);
        let when = self
            .clock
            .short_range(finding.first_seen, finding.last_seen);
        [
            one_line(&show::clients_of(self.report, finding)).into_owned(),
            one_line(&finding.class).into_owned(),
            format!(
                "{} {}",
                words.at_stage,
                one_line(show::stage_name(self.report, &finding.stage))
            ),
            words.confidence_of(finding.confidence).to_owned(),
            show::counted(finding.count, words.one_record, words.many_records, lang),
            when,
        ]
        .into_iter()
        .filter(|fact| !fact.is_empty())
        .collect::<Vec<_>>()
        .join(" | ")
    }

    pub(super) fn evidence(&mut self, evidence: &Evidence, lines: usize) {
        let excerpt = one_line(&evidence.excerpt);
        let source = show::short_source(self.report, &evidence.source);
        let place = format!("{}:{}", one_line(source), evidence.match_line);
        let place = cut_start(&place, self.page.width() - 20);
        let stamp = evidence
            .stamp
            .as_deref()
            .map(one_line)
            .filter(|stamp| !excerpt.contains(&**stamp));
        // The place has a line of its own: a long path must not push the words off the line that tells.
        let place = stamp.map_or_else(|| place.clone(), |stamp| format!("{place}  {stamp}"));
        self.page.item_at_most("    > ", &place, 1);
        self.page
            .item_around("      ", excerpt.trim(), &evidence.words, lines);
    }

    fn brief(&mut self, finding: &Finding) {
        let words = self.words;
        let count = show::counted(
            finding.count,
            words.one_record,
            words.many_records,
            self.report.lang,
        );
        let mut facts = vec![
            count,
            self.clock
                .short_range(finding.first_seen, finding.last_seen),
        ];
        if let Some(cause) = &finding.follows_from {
            facts.push(format!("{} {}", words.follows_from, one_line(cause)));
        }
        if let Some(evidence) = finding.evidence.first() {
            facts.push(format!(
                "{}:{}",
                one_line(show::short_source(self.report, &evidence.source)),
                evidence.match_line
            ));
        }
        facts.retain(|fact| !fact.is_empty());
        let line = format!("{} ({})", one_line(&finding.title), facts.join(", "));
        self.page
            .item_at_most(&format!("{} ", one_line(&finding.id)), &line, 3);
    }
}
