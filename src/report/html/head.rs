//! The top of the page: the verdict as a sentence, what it is about, and the way to the parts.

use super::markup::{Escaped, Prose};
use super::{Writer, verdict_class};
use crate::report::show;

impl Writer<'_> {
    pub(super) fn head(&mut self) {
        let (report, words) = (self.report, self.words);
        let class = verdict_class(report.verdict);
        self.put(format_args!(
            "<a class=\"skip\" href=\"#findings\">{}</a>\n<header class=\"top {class}\">\n\
             <p class=\"brand\"><strong>{}</strong> {}</p>\n\
             <p class=\"verdict\"><svg class=\"i\" aria-hidden=\"true\"><use href=\"#i-{class}\"/></svg>{}</p>\n\
             <h1>{}</h1>\n",
            words.skip,
            Escaped(report.tool.name),
            Escaped(&report.chain_title),
            words.verdict(report.verdict),
            Prose(&report.headline),
        ));
        self.facts_of_the_run();
        self.contents();
        self.put(format_args!("</header>\n"));
    }

    fn facts_of_the_run(&mut self) {
        let (report, words) = (self.report, self.words);
        self.put(format_args!("<dl class=\"facts\">\n"));
        let mut period = self
            .clock
            .range(report.window.first_record, report.window.last_record);
        if let Some(zone) = self.clock.zone().filter(|_| !period.is_empty()) {
            period = format!("{period} ({zone})");
        }
        self.fact(words.period, &period);
        self.fact(words.window, &report.window.text);
        let clients: Vec<&str> = report
            .clients
            .iter()
            .take(3)
            .map(|c| c.name.as_str())
            .collect();
        let more = report.clients.len().saturating_sub(3);
        let more = if more > 0 {
            format!(" … {more} {}", words.more_entries)
        } else {
            String::new()
        };
        self.fact(words.client, &format!("{}{more}", clients.join(", ")));
        let versions: Vec<String> = report
            .versions
            .iter()
            .take(6)
            .map(|v| format!("{} {}", show::product(v), v.version))
            .collect();
        self.fact(words.versions, &versions.join(", "));
        self.put(format_args!("</dl>\n"));
    }

    fn fact(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.put(format_args!(
                "<div><dt>{name}</dt><dd>{}</dd></div>\n",
                Escaped(value)
            ));
        }
    }

    fn contents(&mut self) {
        let (report, words) = (self.report, self.words);
        let missing = if self.asks_for_more() {
            words.please_send
        } else {
            words.was_not
        };
        let (elsewhere, instead) = (!report.elsewhere.is_empty(), show::only_elsewhere(report));
        let parts = [
            ("chain", words.chain, !report.chain.is_empty()),
            ("findings", words.findings, true),
            ("elsewhere", words.elsewhere, instead),
            ("next", words.next_checks, !report.next_checks.is_empty()),
            (
                "facts",
                words.facts_beside,
                report.facts.iter().any(|f| f.matters),
            ),
            ("time", words.over_time, self.has_timeline()),
            ("missing", missing, true),
            ("read", words.was_read, true),
            ("elsewhere", words.elsewhere, elsewhere && !instead),
            ("why", words.why, !report.why.is_empty()),
        ];
        self.put(format_args!(
            "<nav aria-label=\"{}\"><ul>\n",
            words.contents
        ));
        for (id, title, _) in parts.into_iter().filter(|part| part.2) {
            self.put(format_args!("<li><a href=\"#{id}\">{title}</a></li>\n"));
        }
        self.put(format_args!("</ul></nav>\n"));
    }
}
