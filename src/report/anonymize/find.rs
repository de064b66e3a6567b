//! Where identities stand in a text: all shapes, sorted out where they overlap.

use std::collections::{BTreeSet, HashSet};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use regex::Regex;

use super::lines::OfLines;
use super::{given, hints, hosts, messages, numbers, people};
use crate::grammar::Catalog;
use crate::grammar::endpoint::glob_match;

/// Different messages that get a number of their own in one source; a chat log of years must not fill the memory.
const MOST_MESSAGES: usize = 20_000;

/// One identity in the form by which it is compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Identity {
    /// Lower-case words of a name, joined by blanks.
    User(String),
    /// Lower-case host name, short or full.
    Host(String),
    /// Digits, with `+` in front of an international number.
    Phone(String),
    /// IPv4.
    Ip4(Ipv4Addr),
    /// IPv6.
    Ip6(Ipv6Addr),
    /// Hexadecimal digits.
    Mac(String),
    /// A security identifier.
    Sid(String),
    /// What somebody wrote.
    Message(String),
}

/// A place in a text.
#[derive(Debug, Clone)]
pub struct Span {
    /// Where it stands.
    pub range: Range<usize>,
    /// What it is; `None`: it stays as it is, and nothing in it is looked at.
    pub identity: Option<Identity>,
}

/// What was seen in one source: each identity once, in the order of first appearance, with its form there.
#[derive(Debug, Default)]
pub struct Sightings {
    seen: HashSet<Identity>,
    /// In order.
    pub order: Vec<(Identity, String)>,
    /// Tokens that stand in the text already: kind and number.
    pub reserved: BTreeSet<(String, usize)>,
    messages: usize,
    /// Names that only a path has: they are replaced there, and nowhere else.
    pub quiet: HashSet<Identity>,
    /// Paths of sources.
    pub paths: Vec<String>,
}

impl Sightings {
    pub(super) fn add_all(&mut self, finder: &Finder, text: &str) {
        for found in finder.tokens.captures_iter(text) {
            if let Ok(number) = found[2].parse() {
                self.reserved.insert((found[1].to_owned(), number));
            }
        }
        for span in finder.spans(text) {
            if let Some(identity) = span.identity {
                self.add(identity, &text[span.range]);
            }
        }
    }

    /// Names in what is removed as a secret: the analysis knows them, and a report may name them.
    pub(super) fn add_hidden(&mut self, finder: &Finder, text: &str) {
        for found in finder.digest.captures_iter(text) {
            let name = &found["name"];
            let canonical = people::canonical(name);
            if name.chars().any(char::is_alphabetic) && !canonical.is_empty() {
                self.add(Identity::User(canonical), name);
            }
        }
    }

    /// A machine's name in front of the program's in a file name (`PC17_Program-2020….log`).
    pub(super) fn add_path(&mut self, finder: &Finder, path: &str) {
        if let Some(host) = finder.machine_in(path) {
            self.add(Identity::Host(host.to_lowercase()), host);
        }
        let spans = finder.spans(path);
        for (range, identity) in super::paths::strangers(finder, path) {
            let is_known =
                |span: &Span| span.range.start < range.end && range.start < span.range.end;
            if !spans.iter().any(is_known) && !self.seen.contains(&identity) {
                self.add(identity.clone(), &path[range]);
                self.quiet.insert(identity);
            }
        }
        self.paths.push(path.to_owned());
    }

    fn add(&mut self, identity: Identity, form: &str) {
        self.quiet.remove(&identity);
        if matches!(identity, Identity::Message(_)) {
            if self.messages >= MOST_MESSAGES {
                return;
            }
            self.messages += 1;
        }
        if self.seen.insert(identity.clone()) {
            self.order.push((identity, form.to_owned()));
        }
    }
}

/// Knows all shapes.
pub struct Finder {
    pub(super) people: people::Shapes,
    pub(super) given: given::Shapes,
    hints: hints::Shapes,
    pub(super) hosts: hosts::Shapes,
    pub(super) numbers: numbers::Shapes,
    pub(super) messages: messages::Shapes,
    /// Words that are a name only in its shape, lower case.
    pub(super) common: HashSet<String>,
    /// Words of the language, as reports use them, lower case.
    words: HashSet<String>,
    /// Words of folders and files, lower case.
    path_words: HashSet<String>,
    tokens: OfLines,
    keep: OfLines,
    digest: Regex,
    programs: Vec<String>,
}

/// A fixed regex, or one of escaped data.
pub(super) fn regex(pattern: &str) -> Regex {
    regex::RegexBuilder::new(pattern)
        .size_limit(64 << 20)
        .build()
        .expect("a fixed regex with escaped words")
}

/// An alternation of texts, the longest first; something that never matches if there is none.
pub(super) fn any_of(texts: &[String]) -> String {
    let mut sorted: Vec<&String> = texts.iter().filter(|t| !t.is_empty()).collect();
    sorted.sort_by_key(|t| (std::cmp::Reverse(t.len()), (*t).clone()));
    if sorted.is_empty() {
        return r"[^\s\S]".into();
    }
    let escaped: Vec<String> = sorted
        .into_iter()
        .map(|t| regex::escape(t).replace(' ', r"[ _]?"))
        .collect();
    escaped.join("|")
}

impl Finder {
    /// The shapes with the words of `chain.toml`.
    pub fn new(catalog: &Catalog) -> Self {
        let privacy = &catalog.chain.privacy;
        let common = common_words(catalog);
        let mut programs: Vec<String> = catalog
            .chain
            .programs
            .iter()
            .flat_map(|p| p.files.iter().map(|f| f.to_lowercase()))
            .collect();
        programs.sort_by_key(|p| std::cmp::Reverse(p.len()));
        Self {
            people: people::Shapes::new(privacy),
            given: given::Shapes::new(&catalog.lexicon.given),
            hints: hints::Shapes::new(privacy),
            hosts: hosts::Shapes::new(catalog),
            numbers: numbers::Shapes::new(catalog),
            messages: messages::Shapes::new(privacy),
            common,
            words: vocabulary(catalog),
            path_words: privacy
                .path_words
                .iter()
                .map(|w| w.to_lowercase())
                .collect(),
            tokens: OfLines::new(
                r"(?i)(?:user|host|phone|message)-[0-9]",
                r"(?i)\b(user|host|phone|message)-([0-9]{1,9})\b",
            ),
            digest: regex(
                r#"(?i)\bdigest[ \t]+username[ \t]*=[ \t]*\\*"(?P<name>[^"\\\r\n]{1,64})"#,
            ),
            keep: OfLines::new(
                r"(?i)(?:user|host|phone|message)-[0-9]|<removed>|<private key|[0-9a-f]{8}-[0-9a-f]{4}-",
                concat!(
                    r"(?i)\b(?:user|host|phone|message)-[0-9]{1,9}(?:\.example)?\b|<removed>|<private key removed>",
                    r"|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
                ),
            ),
            programs,
        }
    }

    /// All places in order; none overlaps another one.
    pub fn spans(&self, text: &str) -> Vec<Span> {
        let mut all: Vec<(u8, Span)> = Vec::new();
        let mut add = |rank: u8, range: Range<usize>, identity: Option<Identity>| {
            all.push((rank, Span { range, identity }));
        };
        for found in self.keep.captures_iter(text) {
            add(0, found.get_match().range(), None);
        }
        self.messages
            .find(self, text, &mut |range, identity| add(1, range, identity));
        self.hosts
            .find(self, text, &mut |range, identity| add(2, range, identity));
        self.people
            .find(self, text, &mut |range, identity| add(3, range, identity));
        self.given
            .find(self, text, &mut |range, identity| add(3, range, identity));
        self.hints
            .find(self, text, &mut |range, identity| add(4, range, identity));
        self.numbers
            .find(text, &mut |range, identity| add(5, range, identity));
        all.sort_by(|(a, x), (b, y)| {
            (x.range.start, a, std::cmp::Reverse(x.range.end)).cmp(&(
                y.range.start,
                b,
                std::cmp::Reverse(y.range.end),
            ))
        });
        let mut kept: Vec<Span> = Vec::new();
        for (_, span) in all {
            if !span.range.is_empty()
                && kept
                    .last()
                    .is_none_or(|last| last.range.end <= span.range.start)
            {
                kept.push(span);
            }
        }
        kept
    }

    /// True if the word says nothing about a person or machine where it stands alone.
    pub fn is_common(&self, word: &str) -> bool {
        self.common.contains(&word.to_lowercase())
    }

    /// True if the name of a file of one of the programs begins there.
    pub fn begins_program(&self, text: &str) -> bool {
        let lower = text
            .get(..64.min(text.len()))
            .unwrap_or(text)
            .to_lowercase();
        self.programs
            .iter()
            .any(|program| lower.starts_with(program))
    }

    /// True if the word says nothing about anybody in the name of a folder or file.
    pub fn is_path_word(&self, word: &str) -> bool {
        self.is_word(word) || self.path_words.contains(&word.to_lowercase())
    }

    /// True if it is a word of the language rather than a name.
    pub fn is_word(&self, word: &str) -> bool {
        let lower = word.to_lowercase();
        self.common.contains(&lower) || self.words.contains(&lower)
    }

    /// True if it is the name of a program of the chain: no person is called so.
    pub fn is_program(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        self.programs.contains(&lower)
    }

    fn machine_in<'p>(&self, path: &'p str) -> Option<&'p str> {
        let name = crate::model::split_path(path).1;
        let lower = name.to_lowercase();
        if lower.len() != name.len() || self.programs.iter().any(|p| lower.starts_with(p)) {
            return None;
        }
        let at = self
            .programs
            .iter()
            .find_map(|p| lower.find(p.as_str()))
            .filter(|at| *at > 1)?;
        let host = name[..at].strip_suffix(['_', '-', ' ', '.'])?;
        let plain = host
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
        (plain && host.len() >= 3 && host.chars().any(char::is_alphabetic) && !self.is_common(host))
            .then_some(host)
    }
}

/// The words that the texts of rules and checks are made of, and those that `chain.toml` adds.
fn vocabulary(catalog: &Catalog) -> HashSet<String> {
    let mut words = HashSet::new();
    let mut take = |text: &str| {
        let all = text.split(|c: char| !(c.is_alphanumeric() || c == '-'));
        words.extend(all.filter(|word| word.len() > 1).map(str::to_lowercase));
    };
    for lang in [crate::model::Lang::En, crate::model::Lang::De] {
        let chain = &catalog.chain;
        for check in &chain.checks {
            take(check.text.get(lang));
        }
        for class in chain.classes.values() {
            class.advice.iter().for_each(|a| take(a.remedy.get(lang)));
        }
        for rule in &catalog.rules {
            take(&rule.id.replace(['/', '-', '_'], " "));
            let texts = rule.texts(lang);
            texts.admin.remedy.iter().for_each(|text| take(text));
            [&texts.user, &texts.vendor, &texts.admin.summary]
                .into_iter()
                .for_each(|text| take(text));
        }
    }
    catalog
        .chain
        .privacy
        .user_not
        .iter()
        .for_each(|text| take(text));
    words
}

/// Words of the rules, of levels and of programs: whoever is called so is replaced only where the place says so.
fn common_words(catalog: &Catalog) -> HashSet<String> {
    let privacy = &catalog.chain.privacy;
    let programs = catalog.chain.programs.iter();
    let named = programs.flat_map(|p| p.files.iter().chain([&p.name, &p.id]));
    let levels = crate::model::Level::ALL
        .into_iter()
        .map(|l| l.name().to_owned());
    let texts = catalog
        .literals
        .texts()
        .iter()
        .chain(&privacy.words)
        .chain(&privacy.accounts)
        .chain(&catalog.chain.scope_words)
        .chain(named)
        .cloned()
        .chain(levels);
    let mut words = HashSet::new();
    for text in texts {
        let lower = text.to_lowercase();
        words.extend(
            lower
                .split(|c: char| !c.is_alphanumeric())
                .map(str::to_owned),
        );
        words.insert(lower);
    }
    words
}

/// True if one of the globs fits the host; `*.x` also means `x` itself.
pub(super) fn fits(globs: &[String], host: &str) -> bool {
    globs
        .iter()
        .any(|glob| glob_match(glob, host) || glob.strip_prefix("*.") == Some(host))
}
