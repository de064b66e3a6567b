//! What was read, and what was not.

use std::borrow::Cow;

use super::Writer;
use crate::model::Encoding;
use crate::model::report::{SourceReport, Verdict};
use crate::report::layout::cut_start;
use crate::report::safe::one_line;
use crate::report::show;

/// More sources than these are counted.
const SOURCES: usize = 8;
/// More gaps, or problems, than these are counted.
const MISSING: usize = 10;

impl Writer<'_> {
    pub(super) fn sources(&mut self) {
        let report = self.report;
        self.page.heading(self.words.was_read);
        if report.sources.is_empty() {
            self.page.item("  ", self.words.no_sources);
        }
        for source in report.sources.iter().take(SOURCES) {
            self.source(source);
        }
        let more = format!("{} ({})", self.words.more_sources, self.words.in_full_in);
        self.page.more(
            report.sources.len().saturating_sub(SOURCES),
            &more,
            report.lang,
        );
        self.left_alone();
    }

    fn source(&mut self, source: &SourceReport) {
        let (words, lang) = (self.words, self.report.lang);
        let path = one_line(show::short_source(self.report, &source.path));
        let path = cut_start(&path, self.page.width() - 4);
        let mut facts = Vec::new();
        let program = source.program.as_deref().map(one_line);
        // The name of the file says it nearly always.
        facts.extend(
            program
                .filter(|p| !path.contains(&**p))
                .map(Cow::into_owned),
        );
        // What goes without saying is not said: one line for a source, the rest stands in JSON and HTML.
        let format = one_line(&source.format);
        facts.push(match source.format_basis.as_str() {
            "declared" | "plain" => format.into_owned(),
            basis => format!("{format} ({})", words.format_basis(basis)),
        });
        if !matches!(source.encoding, Encoding::Utf8 | Encoding::Utf8Bom) {
            facts.push(source.encoding.name().to_owned());
        }
        if source.zone.basis == "inferred" {
            facts.push(one_line(&source.zone.name).into_owned());
        }
        facts.push(show::counted(
            source.lines,
            words.one_line,
            words.many_lines,
            lang,
        ));
        facts.push(show::counted(
            source.records,
            words.one_record,
            words.many_records,
            lang,
        ));
        for (count, what) in [
            (source.unparsed, words.unparsed),
            (source.out_of_order, words.out_of_order),
        ] {
            if count > 0 {
                facts.push(format!("{} {what}", show::number(count, lang)));
            }
        }
        if source.out_of_scope {
            facts.push(words.out_of_scope.to_owned());
        }
        facts.push(self.clock.short_range(source.first, source.last));
        facts.retain(|fact| !fact.is_empty());
        // Path and facts on as few lines as they take: a ticket is one screen.
        self.page
            .item_at_most("  ", &format!("{path}: {}", facts.join(", ")), 4);
    }

    /// The facts that matter here; all of them stand in the JSON.
    pub(super) fn beside(&mut self) {
        let report = self.report;
        let mattering: Vec<_> = report.facts.iter().filter(|f| f.matters).collect();
        if mattering.is_empty() {
            return;
        }
        self.page.heading(self.words.facts_beside);
        for fact in mattering.iter().take(MISSING) {
            let place = show::short_source(report, &fact.source);
            let line = format!(
                "{} ({}:{})",
                one_line(&fact.text),
                one_line(place),
                fact.line
            );
            self.page.item_at_most("  - ", &line, 3);
        }
        let more = mattering.len().saturating_sub(MISSING);
        self.page.more(more, self.words.more_facts, report.lang);
    }

    fn left_alone(&mut self) {
        let left = &self.report.left_alone;
        if left.is_empty() {
            return;
        }
        let shown: Vec<String> = left
            .iter()
            .take(MISSING)
            .map(|f| {
                format!(
                    "{} ({})",
                    one_line(show::short_source(self.report, &f.path)),
                    one_line(&f.what)
                )
            })
            .collect();
        let line = format!("{}: {}", self.words.left_alone, shown.join(", "));
        self.page.item_at_most("  ", &line, 4);
        let more = left.len().saturating_sub(MISSING);
        self.page
            .more(more, self.words.more_sources, self.report.lang);
    }

    pub(super) fn missing(&mut self) {
        let (report, words) = (self.report, self.words);
        let send = report.verdict == Verdict::Insufficient && !report.coverage.is_empty();
        let problems = self.problems();
        if report.coverage.is_empty() && problems.is_empty() {
            self.page.item("  ", words.nothing_missing);
            return;
        }
        self.page.heading(if send {
            words.please_send
        } else {
            words.was_not
        });
        for (at, gap) in report.coverage.iter().take(MISSING).enumerate() {
            let marker = if send {
                format!("  {}. ", at + 1)
            } else {
                "  - ".to_owned()
            };
            self.page.item(&marker, &one_line(&gap.text));
        }
        self.page.more(
            report.coverage.len().saturating_sub(MISSING),
            words.more_entries,
            report.lang,
        );
        if !report.reply.is_empty() {
            self.page.heading(words.ready_reply);
            for line in report.reply.lines() {
                self.page.item("  ", &one_line(line));
            }
        }
        if send && !problems.is_empty() {
            self.page.heading(words.was_not);
        }
        for problem in problems.iter().take(MISSING) {
            self.page.item_at_most("  - ", problem, 4);
        }
        self.page.more(
            problems.len().saturating_sub(MISSING),
            words.more_entries,
            report.lang,
        );
    }

    /// Problems of the run and of each source, and the first line of each source that no format reads.
    fn problems(&self) -> Vec<String> {
        let words = self.words;
        let mut out = Vec::new();
        for (source, line, text) in show::problems(self.report) {
            let line = line.map(|line| format!(":{line}")).unwrap_or_default();
            out.push(match source {
                Some(source) => format!("{}{line}: {}", one_line(source), one_line(text)),
                None => one_line(text).into_owned(),
            });
        }
        for source in &self.report.sources {
            let path = one_line(&source.path);
            if let Some(first) = source.unparsed_first.first() {
                let count = show::counted(
                    source.unparsed,
                    words.one_line,
                    words.many_lines,
                    self.report.lang,
                );
                out.push(format!(
                    "{path}:{}: {count} {}: {}",
                    first.line,
                    words.unparsed,
                    one_line(&first.text)
                ));
            }
        }
        out
    }
}
