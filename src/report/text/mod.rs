//! Plain text for a ticket or a terminal: about one screen for a single failure.

mod finding;
mod page;
mod read;

use std::io;

use self::page::{Page, Paint};
use super::layout::{cut, pad, width};
use super::safe::one_line;
use super::show::Clock;
use super::show::rule_hint;
use super::words::Words;
use super::{Options, Render, show};
use crate::model::report::{ChainStep, Client, Report, Status, Verdict};

/// More clients than these are counted.
const CLIENTS: usize = 12;
/// More attempts of one client than these are counted.
const ATTEMPTS: usize = 4;
/// More groups of failures by which no step is judged are counted.
const ELSEWHERE: usize = 3;

/// Writes plain text.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    /// Width and colour.
    pub options: Options,
}

impl Render for Text {
    fn render(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let mut text = Writer {
            report,
            words: Words::of(report.lang),
            clock: Clock::of(report),
            page: Page::new(self.options),
        };
        text.headline();
        text.chain();
        text.clients();
        text.findings();
        let instead = show::only_elsewhere(report);
        if instead {
            text.elsewhere();
        }
        text.next_checks();
        text.beside();
        text.uncatalogued();
        if !instead {
            text.elsewhere();
        }
        text.why();
        text.sources();
        text.missing();
        out.write_all(text.page.finish().as_bytes())
    }
}

/// What all parts of the page share.
struct Writer<'a> {
    report: &'a Report,
    words: &'static Words,
    clock: Clock,
    page: Page,
}

impl Writer<'_> {
    fn headline(&mut self) {
        let (report, words) = (self.report, self.words);
        let paint = match report.verdict {
            Verdict::Failure => Paint::Bad,
            Verdict::Healthy => Paint::Good,
            Verdict::Recovered | Verdict::Insufficient => Paint::Warning,
        };
        let verdict = words.verdict(report.verdict);
        self.page.painted_item(
            &format!("{verdict}: "),
            paint,
            &one_line(&report.headline),
            0,
        );
        self.page.rule();
        let mut facts = vec![one_line(&report.chain_title).into_owned()];
        facts.push(
            self.clock
                .range(report.window.first_record, report.window.last_record),
        );
        facts.extend(self.clock.zone());
        facts.extend(
            report
                .versions
                .iter()
                .take(6)
                .map(|v| format!("{} {}", one_line(show::product(v)), one_line(&v.version))),
        );
        facts.push(format!("{} {}", report.tool.name, report.tool.version));
        facts.retain(|fact| !fact.is_empty());
        self.page.item("", &facts.join(" | "));
        if !report.window.text.is_empty() {
            self.page.item("", &one_line(&report.window.text));
        }
    }

    fn chain(&mut self) {
        if self.report.chain.is_empty() {
            return;
        }
        let heading = show::chain_heading(self.report);
        self.page.heading(&cut(&one_line(&heading), 78));
        let marks: Vec<String> = self
            .report
            .chain
            .iter()
            .map(|s| format!("[{}]", self.words.status(s.status)))
            .collect();
        let mark_width = marks.iter().map(|m| width(m)).max().unwrap_or(0);
        let short_width = self
            .report
            .chain
            .iter()
            .map(|s| width(&one_line(&s.short)))
            .max();
        let short_width = short_width.unwrap_or(0).min(22);
        for (step, mark) in self.report.chain.iter().zip(&marks) {
            self.rung(step, mark, mark_width, short_width);
        }
    }

    fn rung(&mut self, step: &ChainStep, mark: &str, mark_width: usize, short_width: usize) {
        let paint = match step.status {
            Status::Ok => Paint::Good,
            Status::Failed => Paint::Bad,
            Status::Recovered => Paint::Warning,
            Status::NotReached | Status::Unknown => Paint::Dim,
        };
        let time = step.at.map(|at| self.clock.short(at)).unwrap_or_default();
        let rest = format!(
            " {}  {}  {}  {}",
            pad(&cut(&one_line(&step.short), short_width), short_width),
            pad(&time, 8),
            pad(&one_line(step.finding.as_deref().unwrap_or_default()), 3),
            one_line(step.endpoint.as_deref().unwrap_or_default()),
        );
        let used = 2 + mark_width;
        let rest = cut(rest.trim_end(), self.page.width().saturating_sub(used));
        let mark = self.page.paint(paint, &pad(mark, mark_width));
        self.page.line(format!("  {mark}{rest}").trim_end());
    }

    /// Only where there is more than the one attempt that the ladder shows.
    fn clients(&mut self) {
        let report = self.report;
        let attempts: usize = report.clients.iter().map(|c| c.attempts.len()).sum();
        if attempts < 2 && report.clients.len() < 2 {
            return;
        }
        self.page.heading(self.words.attempts);
        for client in report.clients.iter().take(CLIENTS) {
            self.client(client);
        }
        self.page.more(
            report.clients.len().saturating_sub(CLIENTS),
            self.words.more_entries,
            report.lang,
        );
    }

    fn client(&mut self, client: &Client) {
        let words = self.words;
        let skipped = client.attempts.len().saturating_sub(ATTEMPTS);
        let mut parts: Vec<String> = Vec::new();
        if skipped > 0 {
            parts.push(format!("{skipped} {} …", words.more_entries));
        }
        for attempt in client.attempts.iter().skip(skipped) {
            let time = attempt
                .start
                .map_or(words.no_time.to_owned(), |at| self.clock.short(at));
            parts.push(format!("{time} {}", words.verdict(attempt.verdict)));
        }
        let name = one_line(&client.name);
        // The verdict of the only attempt is that of the client.
        let lead = match (name.is_empty(), client.attempts.len()) {
            (true, _) => String::new(),
            (false, 0) => format!("{name}: {}", words.verdict(client.verdict)),
            (false, 1) => format!("{name}: "),
            (false, _) => format!("{name}: {}, ", words.verdict(client.verdict)),
        };
        let line = format!("{lead}{}", parts.join(", "));
        self.page.item_at_most("  ", &line, 2);
    }

    fn next_checks(&mut self) {
        if self.report.next_checks.is_empty() {
            return;
        }
        self.page.heading(self.words.next_checks);
        for check in &self.report.next_checks {
            self.page.item("  - ", &one_line(check));
        }
    }

    /// What counted for and against each stage and finding; the caller leaves it out unless it was asked for.
    fn why(&mut self) {
        if self.report.why.is_empty() {
            return;
        }
        self.page.heading(self.words.why);
        for why in &self.report.why {
            let sign = if why.counts_for { '+' } else { '-' };
            let about = show::why_about(self.report, &why.about);
            let line = format!("{}: {}", one_line(about), one_line(&why.text));
            self.page.item(&format!("  {sign} "), &line);
        }
    }

    fn uncatalogued(&mut self) {
        let report = self.report;
        if report.uncatalogued.is_empty() {
            return;
        }
        self.page.heading(self.words.uncatalogued);
        for group in report.uncatalogued.iter().take(3) {
            let example = &group.example;
            let line = format!(
                "{} × {} ({}:{})",
                show::number(group.count, report.lang),
                one_line(&group.template),
                one_line(&example.source),
                example.match_line
            );
            self.page.item_at_most("  - ", &line, 2);
        }
        self.page.more(
            report.uncatalogued.len().saturating_sub(3),
            self.words.more_entries,
            report.lang,
        );
        if let Some(hint) = rule_hint(report) {
            let line = format!("{}: {}", self.words.start_a_rule, one_line(&hint));
            self.page.item("  ", &line);
        }
    }

    fn elsewhere(&mut self) {
        let report = self.report;
        if report.elsewhere.is_empty() {
            return;
        }
        self.page.heading(self.words.elsewhere);
        for group in report.elsewhere.iter().take(ELSEWHERE) {
            let line = show::elsewhere(group, &self.clock, report.lang);
            self.page.item_at_most("  - ", &one_line(&line), 2);
            self.evidence(&group.example, 2);
        }
        self.page.more(
            report.elsewhere.len().saturating_sub(ELSEWHERE),
            self.words.more_entries,
            report.lang,
        );
        self.page.item("  ", self.words.judges_no_step);
    }
}
