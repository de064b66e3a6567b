//! The findings: the first causes open, consequences and further ones folded, the rest as rows of one table.

use super::Writer;
use super::markup::{Anchor, Escaped};
use crate::model::report::{Finding, Role, Severity};
use crate::report::show;

/// Causes that are open.
const OPEN: usize = 3;
/// Findings that have a card at all.
const CARDS: usize = 40;

impl Writer<'_> {
    pub(super) fn findings(&mut self) {
        let (report, words) = (self.report, self.words);
        self.put(format_args!(
            "<section id=\"findings\">\n<h2>{}</h2>\n",
            words.findings
        ));
        if report.findings.is_empty() {
            let sentence = if show::only_elsewhere(report) {
                words.only_elsewhere
            } else {
                words.no_findings
            };
            self.put(format_args!("<p class=\"card none\">{sentence}</p>\n"));
        }
        let mut open = 0;
        for finding in report.findings.iter().take(CARDS) {
            let is_open = finding.role == Role::Cause && open < OPEN;
            open += usize::from(is_open);
            self.card(finding, is_open);
        }
        let rest = report.findings.get(CARDS..).unwrap_or_default();
        if !rest.is_empty() {
            self.rows(rest);
        }
        self.end_section();
    }

    fn card(&mut self, finding: &Finding, open: bool) {
        let words = self.words;
        let (class, open) = (
            severity_class(finding.severity),
            if open { " open" } else { "" },
        );
        let when = self
            .clock
            .short_range(finding.first_seen, finding.last_seen);
        let count = show::counted(
            finding.count,
            words.one_record,
            words.many_records,
            self.report.lang,
        );
        self.put(format_args!(
            "<details class=\"card finding {class}\" id=\"{}\"{open}>\n<summary>\
             <span class=\"chips\"><span class=\"id\">{}</span> <span class=\"chip {class}\">{}</span> \
             <span class=\"chip\">{}</span> <span class=\"chip\">{}</span>",
            Anchor(&finding.id),
            Escaped(&finding.id),
            words.severity_of(finding.severity),
            words.role(finding.role),
            words.confidence_of(finding.confidence),
        ));
        if let Some(cause) = &finding.follows_from {
            self.put(format_args!(
                " <span class=\"chip\">{} {}</span>",
                words.follows_from,
                Escaped(cause)
            ));
        }
        self.put(format_args!(
            "</span><h3>{}</h3><span class=\"when\">",
            Escaped(&finding.title)
        ));
        let whose = show::clients_of(self.report, finding);
        if !whose.is_empty() {
            self.put(format_args!("{} · ", Escaped(&whose)));
        }
        self.put(format_args!("{count}"));
        if !when.is_empty() {
            self.put(format_args!(" · {when}"));
        }
        self.put(format_args!("</span></summary>\n"));
        self.finding_body(finding);
        self.put(format_args!("</details>\n"));
    }

    fn rows(&mut self, findings: &[Finding]) {
        let (words, lang) = (self.words, self.report.lang);
        let count = show::number(findings.len() as u64, lang);
        self.put(format_args!(
            "<details class=\"card\"><summary><h3>{count} {}</h3></summary>\n\
             <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table>\n\
             <thead><tr><th>{}</th><th>{}</th><th>{}</th><th>{}</th><th>{}</th><th>{}</th></tr></thead>\n<tbody>\n",
            words.more_findings, words.more_findings, words.finding, words.severity, words.title, words.count,
            words.time, words.evidence,
        ));
        for finding in findings {
            let when = finding
                .first_seen
                .map(|at| self.clock.short(at))
                .unwrap_or_default();
            self.put(format_args!(
                "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"n\">{}</td><td>{when}</td><td>",
                Escaped(&finding.id),
                words.severity_of(finding.severity),
                Escaped(&finding.title),
                show::number(finding.count, lang),
            ));
            if let Some(evidence) = finding.evidence.first() {
                self.put(format_args!(
                    "{}:{}",
                    Escaped(&evidence.source),
                    evidence.match_line
                ));
            }
            self.put(format_args!("</td></tr>\n"));
        }
        self.put(format_args!("</tbody></table></div></details>\n"));
    }
}

const fn severity_class(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::Error => "bad",
        Severity::Warning => "warn",
        Severity::Info => "open",
    }
}
