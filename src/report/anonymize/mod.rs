//! Replaces identities by consistent tokens: what a diagnosis does not need, and what must not leave the house.
//!
//! Secrets are removed first, by [`redact`](super::redact); what is left is searched for identities:
//!
//! | identity | shapes | what is left |
//! |---|---|---|
//! | user | `C:\Users\NAME\`, `/home/NAME`, `…/users/NAME`; `DOMAIN\NAME`; local part of an e-mail address or UPN; `user=`, `"userName":"…"`, `Benutzer: …` and the other keys of `chain.toml`; `logged on as NAME` and the other phrases there | `user-1` |
//! | host | in a URL, `host:port`, UNC path, e-mail or SIP address; names with a usual last label; keys and phrases of `chain.toml` | `host-1.example`, short names `host-1` |
//! | phone number | `tel:`, SIP addresses, international and national numbers with separators, values of the keys of `chain.toml` (extensions) | `phone-1` |
//! | public IPv4 address | anywhere, but no version | `198.18.<subnet>.<n>`: one subnet for each /24 |
//! | public IPv6 address | anywhere | `2001:db8:<subnet>::<n>`: one subnet for each /64 |
//! | MAC address | anywhere | `02:00:00:00:00:01` |
//! | Windows SID of a domain or machine account | anywhere | `S-1-5-21-0-0-0-1` |
//! | names in paths of sources | words that are none of the language, of programs or of folders | `user-1`, `host-1` |
//! | what people wrote to each other | records with a mark of `chain.toml`: quoted text, text keys, text behind name and colon, and the lines below that belong to it | `message-1` |
//!
//! What stays: private, loopback and link-local addresses, ports, paths of URLs, well-known accounts, the chain's own hosts.
//!
//! Two passes. [`Anonymizer::harvest`] sees all texts in the order of the sources and numbers identities by their first
//! appearance; [`Anonymizer::text`] replaces them, in their shapes and, if the name is no common word, wherever it stands
//! as a word of its own. A name is one identity in all its forms: `anna.muster`, `Anna Muster`, `Muster, Anna`,
//! `Anna%20Muster`. An identity that turns up in the second pass only (a text was cut in its middle) gets the number 0.
//!
//! All shapes but messages stand in one line, so that the same tokens come out however a text is cut into pieces; a line
//! of a message whose beginning was cut off is known again as a whole.

mod alone;
mod book;
mod find;
mod given;
mod hints;
mod hosts;
mod lines;
mod messages;
mod numbers;
mod paths;
mod people;
mod token;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::redact;
use crate::grammar::Catalog;
use crate::model::report::Report;

use alone::Alone;
use book::Book;
pub use book::Entry;
use find::Finder;
pub use find::Sightings;
use paths::Paths;
pub use token::jwts;

/// Finds and replaces identities.
pub struct Anonymizer {
    finder: Finder,
    book: Book,
    alone: Alone,
    paths: Paths,
}

/// Looks for identities in one source; many may work side by side.
pub struct Harvester<'a> {
    finder: &'a Finder,
    /// What was seen, in order.
    sightings: Sightings,
}

impl Harvester<'_> {
    /// Takes in a piece of text: whole lines, as they stand in the trace.
    pub fn text(&mut self, text: &str) {
        let clean = redact::secrets(text);
        if matches!(clean, Cow::Owned(_)) {
            self.sightings.add_hidden(self.finder, text);
        }
        self.sightings.add_all(self.finder, &clean);
    }

    /// Takes in the path of a source.
    pub fn path(&mut self, path: &str) {
        let clean = redact::secrets(path);
        self.sightings.add_path(self.finder, &clean);
        self.sightings.add_all(self.finder, &clean);
    }

    /// What was seen.
    pub fn finish(self) -> Sightings {
        self.sightings
    }
}

impl Anonymizer {
    /// One that has seen nothing yet.
    pub fn new(catalog: &Catalog) -> Self {
        Self {
            finder: Finder::new(catalog),
            book: Book::default(),
            alone: Alone::default(),
            paths: Paths::default(),
        }
    }

    /// Looks for identities in one source.
    pub fn harvester(&self) -> Harvester<'_> {
        Harvester {
            finder: &self.finder,
            sightings: Sightings::default(),
        }
    }

    /// Numbers what was seen, source after source in their order. Called again, it goes on: what has a number keeps it.
    pub fn harvest(&mut self, sources: impl IntoIterator<Item = Sightings>) {
        let all: Vec<Sightings> = sources.into_iter().collect();
        for sightings in &all {
            self.book.reserve(&sightings.reserved);
        }
        for sightings in all {
            self.book.add_all(sightings);
        }
        self.alone = Alone::new(&self.book, &self.finder);
        let mut shown: BTreeMap<String, String> = BTreeMap::new();
        for path in self.book.paths() {
            let safe = self.path(path);
            // A folder may be named by itself: clients are called after theirs.
            for (folder, token) in paths::folders(path).zip(paths::folders(&safe)) {
                if !paths::strangers(&self.finder, folder).is_empty() {
                    shown
                        .entry(folder.to_owned())
                        .or_insert_with(|| token.to_owned());
                }
            }
            shown.insert(path.clone(), safe);
        }
        shown.retain(|path, shown| path != shown);
        self.paths = Paths::new(shown);
    }

    /// The path of a source without secrets and identities.
    pub fn path(&self, path: &str) -> String {
        let clean = redact::secrets(path);
        let spans = self.finder.spans(&clean);
        let mut out = String::new();
        let mut copied = 0;
        for (range, identity) in paths::strangers(&self.finder, &clean) {
            let is_known =
                |span: &find::Span| span.range.start < range.end && range.start < span.range.end;
            // What stands there in the shape of a name is one.
            if spans.iter().any(is_known) {
                continue;
            }
            let form = &clean[range.clone()];
            out.push_str(&self.part(&clean[copied..range.start]));
            out.push_str(&self.book.token(&identity, form));
            copied = range.end;
        }
        out.push_str(&self.part(&clean[copied..]));
        out
    }

    /// The text without secrets and identities. Line ends stay.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match redact::secrets(text) {
            Cow::Borrowed(text) => self.identities(text),
            Cow::Owned(clean) => Cow::Owned(self.identities(&clean).into_owned()),
        }
    }

    /// Removes secrets and identities from every text of the report that comes from traces.
    pub fn report(&self, report: &mut Report) {
        redact::report_with(report, &|text| self.text(text));
    }

    /// What every token stands for, in the order of kinds and numbers. Private: whoever has it can undo everything.
    pub fn entries(&self) -> Vec<Entry> {
        self.book.entries()
    }

    /// Shapes, and lines that are part of a message whose first line is not in this text.
    fn spans(&self, text: &str) -> Vec<find::Span> {
        let spans = self.finder.spans(text);
        let mut lines = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let body = line.trim();
            let start = at + line.len() - line.trim_start().len();
            let range = start..start + body.len();
            if body.contains(' ') && self.book.is_message(body) {
                lines.push(find::Span {
                    range,
                    identity: Some(find::Identity::Message(body.to_owned())),
                });
            }
            at += line.len();
        }
        if lines.is_empty() {
            return spans;
        }
        let is_in_line = |span: &find::Span| {
            lines
                .iter()
                .any(|line| span.range.start < line.range.end && line.range.start < span.range.end)
        };
        let mut all: Vec<find::Span> = spans.into_iter().filter(|span| !is_in_line(span)).collect();
        all.extend(lines);
        all.sort_by_key(|span| span.range.start);
        all
    }

    /// Known paths are replaced as a whole, all else part by part.
    fn identities<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut out = String::new();
        let mut copied = 0;
        while let Some((range, shown)) = self.paths.next(text, copied) {
            out.push_str(&self.part(&text[copied..range.start]));
            out.push_str(shown);
            copied = range.end;
        }
        if copied == 0 {
            return self.part(text);
        }
        out.push_str(&self.part(&text[copied..]));
        Cow::Owned(out)
    }

    fn part<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut out = String::new();
        let mut copied = 0;
        for span in self.spans(text) {
            let token = match &span.identity {
                Some(identity) => self.book.token(identity, &text[span.range.clone()]),
                // Something that only looks like an identity, or is a token already.
                None => text[span.range.clone()].to_owned(),
            };
            out.push_str(
                &self
                    .alone
                    .replace(text, copied..span.range.start, &self.book),
            );
            out.push_str(&token);
            copied = span.range.end;
        }
        if copied == 0 {
            return self.alone.replace(text, 0..text.len(), &self.book);
        }
        out.push_str(&self.alone.replace(text, copied..text.len(), &self.book));
        if out == text {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(out)
        }
    }
}
