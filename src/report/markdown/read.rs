//! What was read, and what was not.

use super::Writer;
use super::markup::{block, cell, code, code_cell, prose};
use crate::model::report::{SourceReport, Verdict};
use crate::report::show;

/// More sources, gaps or problems than these are counted.
const MOST: usize = 40;

impl Writer<'_> {
    pub(super) fn sources(&mut self) {
        let (report, words) = (self.report, self.words);
        self.heading(2, words.was_read);
        if report.sources.is_empty() {
            self.paragraph(words.no_sources);
            return;
        }
        self.table_head(&[
            words.file,
            words.program,
            words.format,
            words.encoding,
            words.zone,
            words.lines,
            words.records,
            words.period,
        ]);
        for source in report.sources.iter().take(MOST) {
            let row = self.source(source);
            self.row(&row);
        }
        self.line("");
        self.more(
            report.sources.len().saturating_sub(MOST),
            &format!("{} ({})", words.more_sources, words.in_full_in),
        );
        self.left_alone();
    }

    /// The facts that matter here; all of them stand in the JSON.
    pub(super) fn beside(&mut self) {
        let report = self.report;
        let mattering: Vec<_> = report.facts.iter().filter(|f| f.matters).collect();
        if mattering.is_empty() {
            return;
        }
        self.heading(2, self.words.facts_beside);
        for fact in mattering.iter().take(MOST) {
            let place = format!("{}:{}", fact.source, fact.line);
            self.line(&format!("- {} ({})", prose(&fact.text), code(&place)));
        }
        self.line("");
        self.more(mattering.len().saturating_sub(MOST), self.words.more_facts);
    }

    fn left_alone(&mut self) {
        let report = self.report;
        if report.left_alone.is_empty() {
            return;
        }
        let shown = report.left_alone.iter().take(MOST);
        let shown: Vec<String> = shown
            .map(|f| format!("{} ({})", code(&f.path), prose(&f.what)))
            .collect();
        self.paragraph(&format!("{}: {}", self.words.left_alone, shown.join(", ")));
        let more = report.left_alone.len().saturating_sub(MOST);
        self.more(more, self.words.more_sources);
    }

    fn source(&self, source: &SourceReport) -> [String; 8] {
        let (words, lang) = (self.words, self.report.lang);
        let unparsed = match source.unparsed {
            0 => String::new(),
            count => format!(" ({} {})", show::number(count, lang), words.unparsed),
        };
        let disorder = match source.out_of_order {
            0 => String::new(),
            count => format!(" ({} {})", show::number(count, lang), words.out_of_order),
        };
        let scope = if source.out_of_scope {
            format!(" ({})", words.out_of_scope)
        } else {
            String::new()
        };
        [
            format!("{}{scope}", code_cell(&source.path)),
            cell(source.program.as_deref().unwrap_or_default()),
            cell(&format!(
                "{} ({})",
                source.format,
                words.format_basis(&source.format_basis)
            )),
            source.encoding.name().to_owned(),
            cell(&format!(
                "{} ({})",
                source.zone.name,
                words.zone_basis(&source.zone.basis)
            )),
            format!("{}{unparsed}", show::number(source.lines, lang)),
            format!("{}{disorder}", show::number(source.records, lang)),
            self.clock.short_range(source.first, source.last),
        ]
    }

    pub(super) fn missing(&mut self) {
        let (report, words) = (self.report, self.words);
        let send = report.verdict == Verdict::Insufficient && !report.coverage.is_empty();
        let problems = self.problems();
        self.heading(
            2,
            if send {
                words.please_send
            } else {
                words.was_not
            },
        );
        if report.coverage.is_empty() && problems.is_empty() {
            self.paragraph(words.nothing_missing);
        }
        if !report.reply.is_empty() {
            self.label(words.ready_reply);
            for line in report.reply.lines().filter(|line| !line.is_empty()) {
                self.paragraph(&format!("> {}", block(line)));
            }
        }
        if !report.coverage.is_empty() {
            self.list(
                report
                    .coverage
                    .iter()
                    .take(MOST)
                    .map(|gap| block(&gap.text)),
            );
            self.more(
                report.coverage.len().saturating_sub(MOST),
                words.more_entries,
            );
        }
        if !problems.is_empty() {
            if send {
                self.heading(2, words.was_not);
            }
            let count = problems.len();
            self.list(problems.into_iter().take(MOST));
            self.more(count.saturating_sub(MOST), words.more_entries);
        }
    }

    fn problems(&self) -> Vec<String> {
        let words = self.words;
        let mut out = Vec::new();
        for (source, line, text) in show::problems(self.report) {
            let line = line.map(|line| format!(":{line}")).unwrap_or_default();
            out.push(match source {
                Some(source) => {
                    format!("{}: {}", code(&format!("{source}{line}")), prose(text))
                }
                None => block(text),
            });
        }
        for source in &self.report.sources {
            if let Some(first) = source.unparsed_first.first() {
                let count = show::counted(
                    source.unparsed,
                    words.one_line,
                    words.many_lines,
                    self.report.lang,
                );
                let place = code(&format!("{}:{}", source.path, first.line));
                out.push(format!(
                    "{place}: {count} {}: {}",
                    words.unparsed,
                    code(&first.text)
                ));
            }
        }
        out
    }
}
