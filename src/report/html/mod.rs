//! One self-contained HTML file: no script, no external resource, readable and printable everywhere.
//!
//! The Content Security Policy allows nothing but the one inline style sheet, by its hash. So even if a text from a
//! trace got past the escaping, it could neither run nor load anything.

mod axis;
mod clients;
mod finding;
mod findings;
mod head;
mod ladder;
mod markup;
mod read;
mod timeline;

use std::fmt::{self, Write as _};
use std::io;
use std::sync::LazyLock;

use sha2::{Digest as _, Sha256};

use self::markup::Escaped;
use super::show::Clock;
use super::words::Words;
use super::{Render, show};
use crate::model::Lang;
use crate::model::report::{Report, Status, Verdict};

const STYLE: &str = include_str!("style.css");
/// Shapes that the picture and the badges share.
const SYMBOLS: &str = include_str!("symbols.svg");

/// `sha256-…` of the style sheet, as the policy wants it.
static STYLE_HASH: LazyLock<String> =
    LazyLock::new(|| format!("sha256-{}", base64(&Sha256::digest(STYLE.as_bytes()))));

/// Writes HTML.
#[derive(Debug, Clone, Copy)]
pub struct Html;

impl Render for Html {
    fn render(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let mut page = Writer {
            report,
            words: Words::of(report.lang),
            clock: Clock::of(report),
            out: String::with_capacity(64 * 1024),
        };
        page.document();
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
    fn document(&mut self) {
        let lang = match self.report.lang {
            Lang::En => "en",
            Lang::De => "de",
        };
        let title = format!(
            "{}: {}",
            self.words.verdict(self.report.verdict),
            self.report.headline
        );
        self.put(format_args!(
            "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{}'; \
             base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>{} – {}</title>\n<style>{STYLE}</style>\n</head>\n<body class=\"{}\">\n{SYMBOLS}",
            *STYLE_HASH,
            Escaped(&title),
            Escaped(self.report.tool.name),
            verdict_class(self.report.verdict),
        ));
        self.head();
        self.put(format_args!("<main id=\"main\">\n"));
        self.ladder();
        // Whoever cannot be answered yet needs first to know what to send.
        let send = self.asks_for_more();
        if send {
            self.missing();
        }
        self.findings();
        let instead = show::only_elsewhere(self.report);
        if instead {
            self.elsewhere();
        }
        self.next_checks();
        self.beside();
        self.timeline();
        self.clients();
        if !send {
            self.missing();
        }
        self.sources();
        self.uncatalogued();
        if !instead {
            self.elsewhere();
        }
        self.why();
        self.put(format_args!("</main>\n"));
        self.foot();
        self.put(format_args!("</body>\n</html>\n"));
    }

    fn put(&mut self, text: fmt::Arguments<'_>) {
        self.out.write_fmt(text).unwrap_or_default();
    }

    /// True if the report asks for more traces.
    fn asks_for_more(&self) -> bool {
        self.report.verdict == Verdict::Insufficient && !self.report.coverage.is_empty()
    }

    /// Opens a section with its heading.
    fn section(&mut self, id: &str, title: &str) {
        self.put(format_args!(
            "<section id=\"{id}\" class=\"card\">\n<h2>{title}</h2>\n"
        ));
    }

    fn end_section(&mut self) {
        self.put(format_args!("</section>\n"));
    }

    fn next_checks(&mut self) {
        let report = self.report;
        if report.next_checks.is_empty() {
            return;
        }
        self.section("next", self.words.next_checks);
        self.list("ul", "checks", &report.next_checks);
        self.end_section();
    }

    /// A list of sentences.
    fn list(&mut self, element: &str, class: &str, items: &[String]) {
        self.put(format_args!("<{element} class=\"{class}\">\n"));
        for item in items {
            self.put(format_args!("<li>{}</li>\n", markup::Prose(item)));
        }
        self.put(format_args!("</{element}>\n"));
    }

    /// `… 12 more`; nothing for none.
    fn more(&mut self, count: usize, what: &str) {
        if count > 0 {
            let count = show::number(count as u64, self.report.lang);
            self.put(format_args!("<p class=\"more\">… {count} {what}</p>\n"));
        }
    }

    fn foot(&mut self) {
        let tool = &self.report.tool;
        let (name, version) = (Escaped(tool.name), Escaped(tool.version));
        self.put(format_args!(
            "<footer><p>{} {name} {version} · {}</p></footer>\n",
            self.words.made_by, self.words.offline
        ));
    }
}

/// The class by which the style sheet colours a verdict.
const fn verdict_class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Failure => "bad",
        Verdict::Recovered => "warn",
        Verdict::Healthy => "good",
        Verdict::Insufficient => "open",
    }
}

/// The class by which the style sheet colours a stage, and the name of its shape.
const fn status_class(status: Status) -> &'static str {
    match status {
        Status::Ok => "good",
        Status::Failed => "bad",
        Status::Recovered => "warn",
        Status::NotReached => "off",
        Status::Unknown => "open",
    }
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk
            .iter()
            .fold(0u32, |word, b| (word << 8) | u32::from(*b))
            << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let letter = ALPHABET[(word >> (18 - 6 * at)) as usize & 63];
            out.push(if at > chunk.len() {
                '='
            } else {
                char::from(letter)
            });
        }
    }
    out
}

#[cfg(test)]
mod tests;
