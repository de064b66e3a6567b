//! Markdown for ticket systems: the same content as plain text, with tables and fences, and the texts for the user and
//! for the vendor's support.

mod finding;
pub mod markup;
mod read;

use std::fmt::Write as _;
use std::io;

use self::markup::{block, cell, code_cell, prose};
use super::show::Clock;
use super::words::Words;
use super::{Render, show};
use crate::model::report::{ChainStep, Proof, Report, Status};

/// More entries of a list than these are counted.
const MOST: usize = 20;

/// Writes Markdown.
#[derive(Debug, Clone, Copy)]
pub struct Markdown;

impl Render for Markdown {
    fn render(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let mut page = Writer {
            report,
            words: Words::of(report.lang),
            clock: Clock::of(report),
            out: String::new(),
        };
        page.headline();
        page.chain();
        page.clients();
        page.findings();
        let instead = show::only_elsewhere(report);
        if instead {
            page.elsewhere();
        }
        page.next_checks();
        page.beside();
        page.uncatalogued();
        if !instead {
            page.elsewhere();
        }
        page.why();
        page.sources();
        page.missing();
        out.write_all(page.out.as_bytes())
    }
}

/// What all parts of the document share.
struct Writer<'a> {
    report: &'a Report,
    words: &'static Words,
    clock: Clock,
    out: String,
}

impl Writer<'_> {
    fn line(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    fn paragraph(&mut self, text: &str) {
        self.line(text);
        self.line("");
    }

    fn heading(&mut self, level: usize, text: &str) {
        self.paragraph(&format!("{} {text}", "#".repeat(level)));
    }

    fn list(&mut self, items: impl Iterator<Item = String>) {
        for item in items {
            self.line(&format!("- {item}"));
        }
        self.line("");
    }

    /// `… 12 more`; nothing for none.
    fn more(&mut self, count: usize, what: &str) {
        if count > 0 {
            let line = format!("… {} {what}", show::number(count as u64, self.report.lang));
            self.paragraph(&line);
        }
    }

    fn headline(&mut self) {
        let (report, words) = (self.report, self.words);
        let title = format!(
            "{}: {}",
            words.verdict(report.verdict),
            prose(&report.headline)
        );
        self.heading(1, &title);
        let mut facts = vec![prose(&report.chain_title)];
        facts.push(
            self.clock
                .range(report.window.first_record, report.window.last_record),
        );
        facts.extend(self.clock.zone());
        facts.push(format!("{} {}", report.tool.name, report.tool.version));
        facts.extend(
            report
                .versions
                .iter()
                .take(8)
                .map(|v| prose(&format!("{} {}", show::product(v), v.version))),
        );
        facts.retain(|fact| !fact.is_empty());
        self.paragraph(&facts.join(" · "));
        if !report.window.text.is_empty() {
            self.paragraph(&block(&report.window.text));
        }
    }

    fn chain(&mut self) {
        let words = self.words;
        if self.report.chain.is_empty() {
            return;
        }
        self.heading(2, &prose(&show::chain_heading(self.report)));
        self.table_head(&[
            words.state,
            words.stage,
            words.time,
            words.from_to,
            words.endpoint,
            words.finding,
        ]);
        for step in &self.report.chain {
            let row = self.rung(step);
            self.row(&row);
        }
        self.line("");
    }

    fn rung(&self, step: &ChainStep) -> [String; 6] {
        let status = self.words.status(step.status);
        let state = match step.status {
            Status::Failed | Status::Recovered => format!("**{status}**"),
            Status::Ok if step.proof == Some(Proof::Implied) => {
                format!("{status} ({})", self.words.implied)
            }
            Status::Ok | Status::NotReached | Status::Unknown => status.to_owned(),
        };
        [
            state,
            cell(&step.short),
            step.at.map(|at| self.clock.short(at)).unwrap_or_default(),
            cell(&format!("{} → {}", step.from, step.to)),
            code_cell(step.endpoint.as_deref().unwrap_or_default()),
            cell(step.finding.as_deref().unwrap_or_default()),
        ]
    }

    fn table_head(&mut self, names: &[&str]) {
        self.line(&format!("| {} |", names.join(" | ")));
        self.line(&format!("|{}", "---|".repeat(names.len())));
    }

    fn row(&mut self, cells: &[String]) {
        self.line(&format!("| {} |", cells.join(" | ")));
    }

    fn clients(&mut self) {
        let (report, words) = (self.report, self.words);
        let attempts: usize = report.clients.iter().map(|c| c.attempts.len()).sum();
        if attempts < 2 && report.clients.len() < 2 {
            return;
        }
        self.heading(2, words.attempts);
        self.table_head(&[words.client, words.time, words.verdict, words.finding]);
        let all = || {
            report
                .clients
                .iter()
                .flat_map(|c| c.attempts.iter().map(move |a| (c, a)))
        };
        for (client, attempt) in all().take(MOST) {
            let mut found = attempt
                .findings
                .iter()
                .take(6)
                .map(|f| cell(f))
                .collect::<Vec<_>>()
                .join(", ");
            if attempt.findings.len() > 6 {
                write!(
                    found,
                    " … {} {}",
                    attempt.findings.len() - 6,
                    words.more_entries
                )
                .unwrap_or_default();
            }
            let when = self.clock.short_range(attempt.start, attempt.end);
            self.row(&[
                cell(&client.name),
                when,
                words.verdict(attempt.verdict).to_owned(),
                found,
            ]);
        }
        self.line("");
        self.more(all().count().saturating_sub(MOST), words.more_entries);
    }

    fn next_checks(&mut self) {
        if self.report.next_checks.is_empty() {
            return;
        }
        self.heading(2, self.words.next_checks);
        self.list(self.report.next_checks.iter().map(|check| block(check)));
    }

    fn uncatalogued(&mut self) {
        let report = self.report;
        if report.uncatalogued.is_empty() {
            return;
        }
        self.heading(2, self.words.uncatalogued);
        self.list(report.uncatalogued.iter().take(MOST).map(|group| {
            let place = format!("{}:{}", group.example.source, group.example.match_line);
            format!(
                "{} × {} ({})",
                show::number(group.count, report.lang),
                markup::code(&group.template),
                markup::code(&place)
            )
        }));
        self.more(
            report.uncatalogued.len().saturating_sub(MOST),
            self.words.more_entries,
        );
        if let Some(hint) = show::rule_hint(report) {
            let hint = markup::code(&hint);
            self.paragraph(&format!("{}: {hint}", self.words.start_a_rule));
        }
    }

    fn elsewhere(&mut self) {
        let report = self.report;
        if report.elsewhere.is_empty() {
            return;
        }
        self.heading(2, self.words.elsewhere);
        let shown = report.elsewhere.iter().take(MOST);
        let lines = shown.map(|group| show::elsewhere(group, &self.clock, report.lang));
        let lines: Vec<String> = lines.collect();
        self.list(report.elsewhere.iter().zip(lines).map(|(group, line)| {
            let place = format!("{}:{}", group.example.source, group.example.match_line);
            format!(
                "{} ({}): {}",
                markup::prose(&line),
                markup::code(&place),
                markup::code(group.example.excerpt.trim())
            )
        }));
        self.more(
            report.elsewhere.len().saturating_sub(MOST),
            self.words.more_entries,
        );
        self.paragraph(self.words.judges_no_step);
    }

    fn why(&mut self) {
        let (report, words) = (self.report, self.words);
        if report.why.is_empty() {
            return;
        }
        self.heading(2, words.why);
        self.list(report.why.iter().take(MOST).map(|why| {
            let side = if why.counts_for {
                words.speaks_for
            } else {
                words.speaks_against
            };
            let about = show::why_about(report, &why.about);
            format!("{} ({side}): {}", prose(about), prose(&why.text))
        }));
        self.more(report.why.len().saturating_sub(MOST), words.more_entries);
    }
}
