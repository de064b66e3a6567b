//! Login attempts of each client, where there is more than the one that the ladder shows.

use super::markup::{Anchor, Escaped};
use super::{Writer, status_class, verdict_class};
use crate::model::report::{Attempt, Client};

/// More attempts than these are counted.
const MOST: usize = 200;
/// Findings linked per attempt.
const LINKS: usize = 8;

impl Writer<'_> {
    pub(super) fn clients(&mut self) {
        let (report, words) = (self.report, self.words);
        let all: usize = report.clients.iter().map(|c| c.attempts.len()).sum();
        if all < 2 && report.clients.len() < 2 {
            return;
        }
        self.section("attempts", words.attempts);
        self.put(format_args!(
            "<table class=\"stack\">\n<thead><tr><th>{}</th><th>{}</th><th>{}</th><th>{}</th><th>{}</th></tr></thead>\n<tbody>\n",
            words.client, words.period, words.verdict, words.chain, words.findings
        ));
        // The newest of each client count: an old one says least of what is broken now.
        let each = (MOST / report.clients.len().max(1)).max(1);
        let mut left_out = 0;
        for client in &report.clients {
            let older = client.attempts.len().saturating_sub(each);
            left_out += older;
            for attempt in client.attempts.iter().skip(older) {
                self.attempt(client, &attempt);
            }
        }
        self.put(format_args!("</tbody></table>\n"));
        self.more(left_out, words.older_attempts);
        self.end_section();
    }

    fn attempt(&mut self, client: &Client, attempt: &Attempt) {
        let words = self.words;
        let class = verdict_class(attempt.verdict);
        self.put(format_args!(
            "<tr><td data-name=\"{}\">{}</td><td data-name=\"{}\">{}</td>\
             <td data-name=\"{}\"><span class=\"chip {class}\">{}</span></td><td data-name=\"{}\"><span class=\"dots\">",
            words.client,
            Escaped(&client.name),
            words.period,
            self.clock.short_range(attempt.start, attempt.end),
            words.verdict,
            words.verdict(attempt.verdict),
            words.chain,
        ));
        for step in &attempt.chain {
            let (status, class) = (words.status(step.status), status_class(step.status));
            self.put(format_args!(
                "<svg class=\"i {class}\" role=\"img\"><title>{}: {status}</title><use href=\"#i-{class}\"/></svg>",
                Escaped(&step.short)
            ));
        }
        self.put(format_args!(
            "</span></td><td data-name=\"{}\">",
            words.findings
        ));
        for id in attempt.findings.iter().take(LINKS) {
            self.put(format_args!(
                "<a href=\"#{}\">{}</a> ",
                Anchor(id),
                Escaped(id)
            ));
        }
        let more = attempt.findings.len().saturating_sub(LINKS);
        if more > 0 {
            self.put(format_args!("… {more} {}", words.more_entries));
        }
        self.put(format_args!("</td></tr>\n"));
    }
}
