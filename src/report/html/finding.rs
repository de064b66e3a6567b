//! The inside of a finding's card: what happened, what to do, the records that show it, and the texts for others.

use super::Writer;
use super::markup::{Escaped, Preformatted, Prose, Reference};
use crate::model::report::{Evidence, Finding};
use crate::report::show;

/// Records per finding.
const EVIDENCE: usize = 6;
/// Lines of one record.
const LINES: usize = 60;

impl Writer<'_> {
    pub(super) fn finding_body(&mut self, finding: &Finding) {
        let words = self.words;
        self.put(format_args!(
            "<p class=\"lead\">{}</p>\n",
            Prose(&finding.summary)
        ));
        if let Some(at) = finding.recovered_at {
            let time = self.clock.short(at);
            self.put(format_args!(
                "<p class=\"recovered\">{} {time}</p>\n",
                words.recovered_at
            ));
        }
        if !finding.details.is_empty() {
            self.list("ul", "", &finding.details);
        }
        if !finding.contradictions.is_empty() {
            self.put(format_args!("<h4>{}</h4>\n", words.against));
            self.list("ul", "", &finding.contradictions);
        }
        if let Some(clock) = &finding.clock {
            self.put(format_args!(
                "<p class=\"recovered\">{}: {}</p>\n",
                words.clock,
                Prose(clock)
            ));
        }
        if !finding.remedy.is_empty() {
            self.put(format_args!(
                "<div class=\"remedy\"><h4>{}</h4>\n",
                words.remedy
            ));
            self.list("ol", "", &finding.remedy);
            self.put(format_args!("</div>\n"));
        }
        self.put(format_args!("<h4>{}</h4>\n", words.evidence));
        for evidence in finding.evidence.iter().take(EVIDENCE) {
            self.evidence(evidence);
        }
        self.more(
            finding.evidence.len().saturating_sub(EVIDENCE),
            words.more_entries,
        );
        if !finding.next_checks.is_empty() {
            self.put(format_args!("<h4>{}</h4>\n", words.next_checks));
            self.list("ul", "checks", &finding.next_checks);
        }
        for (title, text) in [
            (words.for_user, &finding.user_text),
            (words.for_vendor, &finding.vendor_text),
        ] {
            if !text.is_empty() {
                self.put(format_args!(
                    "<details class=\"fold\"><summary>{title}</summary><p class=\"quote\">{}</p></details>\n",
                    Prose(text)
                ));
            }
        }
        self.background(finding);
    }

    /// One record: the line that tells, and behind a fold the whole record between its neighbours.
    pub(super) fn evidence(&mut self, evidence: &Evidence) {
        let words = self.words;
        self.put(format_args!(
            "<figure class=\"evidence\"><figcaption><code>{}:{}</code>",
            Escaped(&evidence.source),
            evidence.match_line
        ));
        if let Some(stamp) = &evidence.stamp {
            // A count of seconds is a time to a program only.
            let is_number = stamp
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.');
            let time = evidence.time.filter(|_| is_number);
            let time = time.map_or_else(|| stamp.clone(), |time| self.clock.full(time));
            self.put(format_args!(" <span>{}</span>", Escaped(&time)));
        }
        if let Some(level) = evidence.level {
            self.put(format_args!(
                " <span class=\"chip\">{}</span>",
                words.level(level)
            ));
        }
        self.put(format_args!(
            "</figcaption><pre>{}</pre>",
            Preformatted(evidence.excerpt.trim())
        ));
        let alone = evidence.before.is_empty() && evidence.after.is_empty();
        if !alone || evidence.text.trim() != evidence.excerpt.trim() {
            self.surroundings(evidence);
        }
        self.put(format_args!("</figure>\n"));
    }

    fn surroundings(&mut self, evidence: &Evidence) {
        let words = self.words;
        self.put(format_args!(
            "<details class=\"fold\"><summary>{}</summary><pre class=\"lines\">",
            words.surroundings
        ));
        let first = evidence.line.saturating_sub(evidence.before.len() as u64);
        let before = evidence.before.iter().map(|line| (line.as_str(), false));
        let record = evidence.text.lines().map(|line| (line, true));
        let after = evidence.after.iter().map(|line| (line.as_str(), false));
        let shown = evidence.before.len() + LINES;
        for (at, (line, of_record)) in before.chain(record).take(shown).enumerate() {
            self.numbered(first + at as u64, line, of_record, evidence.match_line);
        }
        let length = evidence.text.lines().count();
        if length > LINES {
            self.put(format_args!("<span class=\"l\">{}\n</span>", words.cut));
        }
        for (at, (line, _)) in after.enumerate() {
            self.numbered(
                evidence.line + (length + at) as u64,
                line,
                false,
                evidence.match_line,
            );
        }
        self.put(format_args!("</pre></details>"));
    }

    fn numbered(&mut self, number: u64, line: &str, of_record: bool, telling: u64) {
        let class = match (of_record, number == telling) {
            (true, true) => "l r t",
            (true, false) => "l r",
            _ => "l",
        };
        self.put(format_args!(
            "<span class=\"{class}\"><b>{number}</b>{}\n</span>",
            Preformatted(line)
        ));
    }

    fn background(&mut self, finding: &Finding) {
        let (words, lang) = (self.words, self.report.lang);
        self.put(format_args!("<dl class=\"facts small\">\n"));
        let stage = show::stage_name(self.report, &finding.stage);
        self.fact_html(
            words.class,
            format_args!(
                "{} <code>{}</code>",
                Escaped(&finding.class_title),
                Escaped(&finding.class)
            ),
        );
        self.fact_html(words.stage, format_args!("{}", Escaped(stage)));
        let because: Vec<String> = finding
            .confidence_because
            .iter()
            .map(|b| Prose(b).to_string())
            .collect();
        let confidence = words.confidence_of(finding.confidence);
        self.fact_html(
            words.confidence,
            format_args!("<strong>{confidence}</strong> {}", because.join("; ")),
        );
        if let Some(endpoint) = &finding.endpoint {
            self.fact_html(
                words.endpoint,
                format_args!("<code>{}</code>", Escaped(endpoint)),
            );
        }
        let basis = words.rule_basis(&finding.basis);
        self.fact_html(
            words.rule,
            format_args!(
                "<code>{}</code> ({})",
                Escaped(&finding.rule),
                Escaped(basis)
            ),
        );
        let count = show::number(finding.count, lang);
        self.fact_html(words.count, format_args!("{count}"));
        if !finding.references.is_empty() {
            let references: Vec<String> = finding
                .references
                .iter()
                .map(|r| Reference(r).to_string())
                .collect();
            self.fact_html(
                words.references,
                format_args!("{}", references.join("<br>")),
            );
        }
        self.put(format_args!("</dl>\n"));
    }

    /// A fact whose value is markup already.
    fn fact_html(&mut self, name: &str, value: std::fmt::Arguments<'_>) {
        self.put(format_args!("<div><dt>{name}</dt><dd>{value}</dd></div>\n"));
    }
}
