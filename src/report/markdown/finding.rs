//! The findings, with the records that show them in fences.

use super::Writer;
use super::markup::{block, code, fence, prose};
use crate::model::report::{Evidence, Finding};
use crate::report::select::{self, Selection};
use crate::report::show;

/// Causes in full.
const FULL: usize = 10;
/// Consequences, and further causes, in a line each.
const BRIEF: usize = 40;
/// Records per finding.
const EVIDENCE: usize = 3;
/// Lines per record.
const RECORD_LINES: usize = 12;

impl Writer<'_> {
    pub(super) fn findings(&mut self) {
        let words = self.words;
        let Selection {
            full,
            consequences,
            others,
            counted,
        } = select::findings(self.report, FULL, BRIEF);
        for finding in full {
            self.finding(finding);
        }
        for (title, list) in [
            (words.consequences, consequences),
            (words.other_findings, others),
        ] {
            if !list.is_empty() {
                self.heading(2, title);
                let lines: Vec<String> = list.into_iter().map(|f| self.brief(f)).collect();
                self.list(lines.into_iter());
            }
        }
        self.more(
            counted,
            &format!("{} ({})", words.more_findings, words.in_full_in),
        );
    }

    fn finding(&mut self, finding: &Finding) {
        let words = self.words;
        let severity = words.severity_of(finding.severity);
        self.heading(
            2,
            &format!(
                "{} ({severity}): {}",
                prose(&finding.id),
                prose(&finding.title)
            ),
        );
        self.facts(finding);
        self.paragraph(&block(&finding.summary));
        for detail in &finding.details {
            self.paragraph(&block(detail));
        }
        if !finding.contradictions.is_empty() {
            self.label(words.against);
            self.list(finding.contradictions.iter().map(|text| block(text)));
        }
        if !finding.remedy.is_empty() {
            self.label(words.remedy);
        }
        for (at, step) in finding.remedy.iter().enumerate() {
            self.line(&format!("{}. {}", at + 1, block(step)));
        }
        self.line("");
        self.label(words.evidence);
        for evidence in finding.evidence.iter().take(EVIDENCE) {
            self.evidence(evidence);
        }
        if !finding.next_checks.is_empty() {
            self.label(words.next_checks);
            self.list(finding.next_checks.iter().map(|check| block(check)));
        }
        for (label, text) in [
            (words.for_user, &finding.user_text),
            (words.for_vendor, &finding.vendor_text),
        ] {
            if !text.is_empty() {
                self.label(label);
                self.paragraph(&format!("> {}", block(text)));
            }
        }
    }

    pub(super) fn label(&mut self, label: &str) {
        self.paragraph(&format!("**{label}**"));
    }

    fn facts(&mut self, finding: &Finding) {
        let (words, lang) = (self.words, self.report.lang);
        let because: Vec<String> = finding
            .confidence_because
            .iter()
            .map(|b| prose(b))
            .collect();
        let because = if because.is_empty() {
            String::new()
        } else {
            format!(" ({})", because.join("; "))
        };
        let seen = self
            .clock
            .short_range(finding.first_seen, finding.last_seen);
        let count = show::counted(finding.count, words.one_record, words.many_records, lang);
        let whose = show::clients_of(self.report, finding);
        let mut items = Vec::new();
        if !whose.is_empty() {
            items.push(format!("{}: {}", words.client, prose(&whose)));
        }
        items.extend([
            format!(
                "{}: {} ({})",
                words.class,
                prose(&finding.class_title),
                code(&finding.class)
            ),
            format!(
                "{}: {}",
                words.stage,
                prose(show::stage_name(self.report, &finding.stage))
            ),
            format!(
                "{}: {}{because}",
                words.confidence,
                words.confidence_of(finding.confidence)
            ),
            format!("{}: {count}, {seen}", words.count),
        ]);
        if let Some(endpoint) = &finding.endpoint {
            items.push(format!("{}: {}", words.endpoint, code(endpoint)));
        }
        if let Some(at) = finding.recovered_at {
            items.push(format!("{} {}", words.recovered_at, self.clock.short(at)));
        }
        if let Some(clock) = &finding.clock {
            items.push(format!("{}: {}", words.clock, prose(clock)));
        }
        items.push(format!(
            "{}: {} ({})",
            words.rule,
            code(&finding.rule),
            words.rule_basis(&finding.basis)
        ));
        self.list(items.into_iter());
    }

    fn evidence(&mut self, evidence: &Evidence) {
        let place = format!("{}:{}", evidence.source, evidence.match_line);
        let mut lines: Vec<&str> = evidence.text.lines().take(RECORD_LINES).collect();
        if evidence.text.lines().count() > RECORD_LINES {
            lines.push(self.words.cut);
        }
        // The line that tells must be there even when the record is longer than what is shown.
        let excerpt = evidence.excerpt.trim();
        if !lines.iter().any(|line| line.trim() == excerpt) {
            lines.push(&evidence.excerpt);
        }
        self.paragraph(&code(&place));
        let fenced = fence(&lines.join("\n"));
        self.paragraph(&fenced);
    }

    fn brief(&self, finding: &Finding) -> String {
        let words = self.words;
        let count = show::counted(
            finding.count,
            words.one_record,
            words.many_records,
            self.report.lang,
        );
        let mut facts = vec![
            prose(&show::clients_of(self.report, finding)),
            count,
            self.clock
                .short_range(finding.first_seen, finding.last_seen),
        ];
        if let Some(cause) = &finding.follows_from {
            facts.push(format!("{} {}", words.follows_from, prose(cause)));
        }
        if let Some(evidence) = finding.evidence.first() {
            facts.push(code(&format!(
                "{}:{}",
                evidence.source, evidence.match_line
            )));
        }
        facts.retain(|fact| !fact.is_empty());
        format!(
            "{}: {} ({})",
            prose(&finding.id),
            prose(&finding.title),
            facts.join(", ")
        )
    }
}
