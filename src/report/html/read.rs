//! What was read, what was missing, what no rule explains, and why the verdict is what it is.

use super::Writer;
use super::markup::{Escaped, Preformatted, Prose};
use crate::model::report::SourceReport;
use crate::report::show;

/// More of anything than these are counted.
const MOST: usize = 200;

impl Writer<'_> {
    pub(super) fn sources(&mut self) {
        let (report, words) = (self.report, self.words);
        self.section("read", words.was_read);
        if report.sources.is_empty() {
            self.put(format_args!("<p>{}</p>\n", words.no_sources));
        } else {
            self.put(format_args!(
                "<table class=\"stack\">\n<thead><tr><th>{}</th><th>{}</th><th>{}</th><th>{}</th><th>{}</th><th>{}</th></tr></thead>\n<tbody>\n",
                words.file, words.format, words.zone, words.lines, words.records, words.period
            ));
            for source in report.sources.iter().take(MOST) {
                self.source(source);
            }
            self.put(format_args!("</tbody></table>\n"));
        }
        self.more(
            report.sources.len().saturating_sub(MOST),
            words.more_sources,
        );
        self.left_alone();
        self.end_section();
    }

    /// The facts that matter here; all of them stand in the JSON.
    pub(super) fn beside(&mut self) {
        let (report, words) = (self.report, self.words);
        let mattering: Vec<_> = report.facts.iter().filter(|f| f.matters).collect();
        if mattering.is_empty() {
            return;
        }
        self.section("facts", words.facts_beside);
        self.put(format_args!("<ul>\n"));
        for fact in mattering.iter().take(MOST) {
            self.put(format_args!(
                "<li>{} (<code>{}:{}</code>)</li>\n",
                Prose(&fact.text),
                Escaped(&fact.source),
                fact.line
            ));
        }
        self.put(format_args!("</ul>\n"));
        self.more(mattering.len().saturating_sub(MOST), words.more_facts);
        self.end_section();
    }

    fn left_alone(&mut self) {
        let (report, words) = (self.report, self.words);
        if report.left_alone.is_empty() {
            return;
        }
        self.put(format_args!("<p>{}:</p>\n<ul>\n", words.left_alone));
        for file in report.left_alone.iter().take(MOST) {
            self.put(format_args!(
                "<li><code>{}</code>: {}</li>\n",
                Escaped(&file.path),
                Prose(&file.what)
            ));
        }
        self.put(format_args!("</ul>\n"));
        let more = report.left_alone.len().saturating_sub(MOST);
        self.more(more, words.more_sources);
    }

    fn source(&mut self, source: &SourceReport) {
        let words = self.words;
        self.put(format_args!(
            "<tr><td data-name=\"{}\"><code>{}</code>",
            words.file,
            Escaped(&source.path)
        ));
        if let Some(program) = &source.program {
            self.put(format_args!(
                "<br><span class=\"muted\">{}</span>",
                Escaped(program)
            ));
        }
        if source.out_of_scope {
            self.put(format_args!(
                "<br><span class=\"chip\">{}</span>",
                words.out_of_scope
            ));
        }
        self.put(format_args!(
            "</td><td data-name=\"{}\">{} <span class=\"muted\">({}, {})</span></td>\
             <td data-name=\"{}\">{} <span class=\"muted\">({})</span></td>",
            words.format,
            Escaped(&source.format),
            Escaped(words.format_basis(&source.format_basis)),
            source.encoding.name(),
            words.zone,
            Escaped(&source.zone.name),
            Escaped(words.zone_basis(&source.zone.basis)),
        ));
        self.amount(words.lines, source.lines, source.unparsed, words.unparsed);
        self.amount(
            words.records,
            source.records,
            source.out_of_order,
            words.out_of_order,
        );
        let period = self.clock.short_range(source.first, source.last);
        self.put(format_args!(
            "<td data-name=\"{}\">{period}</td></tr>\n",
            words.period
        ));
    }

    fn amount(&mut self, name: &str, value: u64, odd: u64, what: &str) {
        let lang = self.report.lang;
        self.put(format_args!(
            "<td class=\"n\" data-name=\"{name}\">{}",
            show::number(value, lang)
        ));
        if odd > 0 {
            self.put(format_args!(
                "<br><span class=\"muted\">{} {what}</span>",
                show::number(odd, lang)
            ));
        }
        self.put(format_args!("</td>"));
    }

    pub(super) fn missing(&mut self) {
        let (report, words) = (self.report, self.words);
        let send = self.asks_for_more();
        self.section(
            "missing",
            if send {
                words.please_send
            } else {
                words.was_not
            },
        );
        let gaps: Vec<String> = report
            .coverage
            .iter()
            .take(MOST)
            .map(|gap| gap.text.clone())
            .collect();
        if !gaps.is_empty() {
            self.list(if send { "ol" } else { "ul" }, "gaps", &gaps);
            self.more(
                report.coverage.len().saturating_sub(MOST),
                words.more_entries,
            );
        }
        if !report.reply.is_empty() {
            self.put(format_args!("<h3>{}</h3>\n", words.ready_reply));
            for line in report.reply.lines().filter(|line| !line.is_empty()) {
                self.put(format_args!("<p class=\"quote\">{}</p>\n", Prose(line)));
            }
        }
        let unread = report
            .sources
            .iter()
            .any(|s| !s.problems.is_empty() || s.unparsed > 0);
        if send && (unread || !report.problems.is_empty()) {
            self.put(format_args!("<h3>{}</h3>\n", words.was_not));
        }
        if !self.problems() && gaps.is_empty() {
            self.put(format_args!("<p>{}</p>\n", words.nothing_missing));
        }
        self.end_section();
    }

    /// What could not be read; false if there is nothing.
    fn problems(&mut self) -> bool {
        let (report, words) = (self.report, self.words);
        let all = show::problems(report);
        let unread: Vec<&SourceReport> = report
            .sources
            .iter()
            .filter(|s| !s.unparsed_first.is_empty())
            .collect();
        if !all.is_empty() {
            self.put(format_args!("<ul class=\"problems\">\n"));
            for (source, line, text) in all.iter().take(MOST) {
                self.put(format_args!("<li>"));
                if let Some(source) = source {
                    let line = line.map(|line| format!(":{line}")).unwrap_or_default();
                    self.put(format_args!("<code>{}{line}</code>: ", Escaped(source)));
                }
                self.put(format_args!("{}</li>\n", Prose(text)));
            }
            self.put(format_args!("</ul>\n"));
            self.more(all.len().saturating_sub(MOST), words.more_entries);
        }
        for source in unread.iter().take(MOST) {
            self.unread(source);
        }
        !all.is_empty() || !unread.is_empty()
    }

    fn unread(&mut self, source: &SourceReport) {
        let words = self.words;
        let count = show::counted(
            source.unparsed,
            words.one_line,
            words.many_lines,
            self.report.lang,
        );
        self.put(format_args!(
            "<details class=\"fold\"><summary><code>{}</code>: {count} {}</summary><pre class=\"lines\">",
            Escaped(&source.path),
            words.unparsed
        ));
        for line in &source.unparsed_first {
            self.put(format_args!(
                "<span class=\"l\"><b>{}</b>{}\n</span>",
                line.line,
                Preformatted(&line.text)
            ));
        }
        self.put(format_args!("</pre></details>\n"));
    }

    pub(super) fn elsewhere(&mut self) {
        let (report, words) = (self.report, self.words);
        if report.elsewhere.is_empty() {
            return;
        }
        self.section("elsewhere", words.elsewhere);
        self.put(format_args!("<p>{}</p>\n", Escaped(words.judges_no_step)));
        for group in report.elsewhere.iter().take(20) {
            let line = show::elsewhere(group, &self.clock, report.lang);
            self.put(format_args!(
                "<details class=\"fold\"><summary>{}: <code>{}</code></summary>\n",
                Escaped(&line),
                Escaped(group.example.excerpt.trim())
            ));
            self.evidence(&group.example);
            self.put(format_args!("</details>\n"));
        }
        self.more(
            report.elsewhere.len().saturating_sub(20),
            words.more_entries,
        );
        self.end_section();
    }

    pub(super) fn uncatalogued(&mut self) {
        let (report, words) = (self.report, self.words);
        if report.uncatalogued.is_empty() {
            return;
        }
        self.section("uncatalogued", words.uncatalogued);
        for group in report.uncatalogued.iter().take(20) {
            let count = show::counted(
                group.count,
                words.one_record,
                words.many_records,
                report.lang,
            );
            self.put(format_args!(
                "<details class=\"fold\"><summary>{count}: <code>{}</code></summary>\n",
                Escaped(&group.template)
            ));
            self.evidence(&group.example);
            self.put(format_args!("</details>\n"));
        }
        self.more(
            report.uncatalogued.len().saturating_sub(20),
            words.more_entries,
        );
        if let Some(hint) = show::rule_hint(report) {
            self.put(format_args!(
                "<p>{}: <code>{}</code></p>\n",
                words.start_a_rule,
                Escaped(&hint)
            ));
        }
        self.end_section();
    }

    pub(super) fn why(&mut self) {
        let (report, words) = (self.report, self.words);
        if report.why.is_empty() {
            return;
        }
        self.section("why", words.why);
        self.put(format_args!("<ul class=\"why\">\n"));
        for why in report.why.iter().take(MOST) {
            let (class, side) = if why.counts_for {
                ("good", words.speaks_for)
            } else {
                ("warn", words.speaks_against)
            };
            let about = show::why_about(report, &why.about);
            self.put(format_args!(
                "<li><span class=\"chip {class}\">{side}</span> <strong>{}</strong> {}</li>\n",
                Escaped(about),
                Prose(&why.text)
            ));
        }
        self.put(format_args!("</ul>\n"));
        self.more(report.why.len().saturating_sub(MOST), words.more_entries);
        self.end_section();
    }
}
