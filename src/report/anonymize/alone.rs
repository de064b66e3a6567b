//! Names that were found in their shapes, wherever else they stand as a word of their own.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use super::book::Book;
use super::find::{Finder, Identity};

/// Names shorter than this are words of a language as likely as names.
const SHORTEST: usize = 3;
/// A part of a name shorter than this is no surname that would be known again.
const SHORTEST_PART: usize = 4;
/// Digits of a number that is one wherever it stands.
const DIGITS: usize = 7;

/// One automaton for all names.
#[derive(Default)]
pub struct Alone {
    search: Option<AhoCorasick>,
    names: Vec<Name>,
}

struct Name {
    identity: Identity,
    /// A first name or surname alone counts only where it is capitalised.
    capital: bool,
}

impl Alone {
    /// Everything that the book holds.
    pub fn new(book: &Book, finder: &Finder) -> Self {
        // The first identity that has a form keeps it; whole names come before parts of names.
        let mut forms: BTreeMap<String, (Identity, bool)> = BTreeMap::new();
        let mut put = |form: String, identity: &Identity, capital: bool| {
            forms
                .entry(form)
                .or_insert_with(|| (identity.clone(), capital));
        };
        let loud = || {
            book.forms()
                .iter()
                .filter(|(identity, _)| !book.is_quiet(identity))
        };
        for (identity, form) in loud() {
            for form in whole(identity, form, finder) {
                put(form, identity, false);
            }
            if let Identity::Host(name) = identity {
                let short = short_name(name, finder);
                for form in short.iter().flat_map(|label| spelled(label)) {
                    let label = Identity::Host(short.clone().unwrap_or_default());
                    put(form, &label, false);
                }
            }
        }
        for (identity, _) in loud() {
            if let Identity::User(name) = identity {
                let words: Vec<&str> = name.split(' ').filter(|_| name.contains(' ')).collect();
                for word in words {
                    let plain = word.chars().all(char::is_alphabetic);
                    if plain && word.chars().count() >= SHORTEST_PART && !finder.is_common(word) {
                        for form in spelled(word) {
                            put(form, identity, true);
                        }
                    }
                }
            }
        }
        if forms.is_empty() {
            return Self::default();
        }
        let search = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .build(forms.keys());
        let names = forms
            .into_values()
            .map(|(identity, capital)| Name { identity, capital })
            .collect();
        Self {
            search: search.ok(),
            names,
        }
    }

    /// A part of a text in which names that stand alone are replaced.
    pub fn replace<'t>(&self, text: &'t str, range: Range<usize>, book: &Book) -> Cow<'t, str> {
        let part = &text[range.clone()];
        let Some(search) = &self.search else {
            return Cow::Borrowed(part);
        };
        let mut out = String::new();
        let (mut copied, mut at) = (0, 0);
        while let Some(found) = search.find(aho_corasick::Input::new(part).range(at..)) {
            let name = &self.names[found.pattern().as_usize()];
            let word = &part[found.range()];
            let bounded = borders(text, range.start + found.start()..range.start + found.end());
            let capital =
                !name.capital || word.starts_with(char::is_uppercase) || word.starts_with('\\');
            if bounded && capital {
                out.push_str(&part[copied..found.start()]);
                out.push_str(&book.token(&name.identity, word));
                copied = found.end();
                at = found.end();
            } else {
                at = found.start()
                    + part[found.start()..]
                        .chars()
                        .next()
                        .map_or(1, char::len_utf8);
            }
        }
        if copied == 0 {
            return Cow::Borrowed(part);
        }
        out.push_str(&part[copied..]);
        Cow::Owned(out)
    }
}

/// True if the word is no part of a longer one. The letter of an escape in front (`\nanna`) is none of its own.
pub(super) fn borders(text: &str, range: Range<usize>) -> bool {
    let before = &text[..range.start];
    let escape = before.ends_with("\\n") || before.ends_with("\\r") || before.ends_with("\\t");
    let starts = escape || !before.ends_with(char::is_alphanumeric);
    starts && !text[range.end..].starts_with(char::is_alphanumeric)
}

/// The forms in which an identity stands alone.
fn whole(identity: &Identity, form: &str, finder: &Finder) -> BTreeSet<String> {
    let mut forms = BTreeSet::new();
    match identity {
        Identity::User(name) => {
            let words: Vec<&str> = name.split(' ').collect();
            let letters = name.chars().filter(|c| c.is_alphabetic()).count();
            if letters < SHORTEST
                || words.iter().all(|w| finder.is_common(w))
                || finder.is_common(form)
            {
                return forms;
            }
            for mark in [" ", ".", "_", "-", "%20", "+"] {
                forms.extend(spelled(&words.join(mark)));
            }
            if let [first @ .., last] = words.as_slice()
                && !first.is_empty()
            {
                forms.extend(spelled(&format!("{last}, {}", first.join(" "))));
            }
            if !form.contains('\\') {
                forms.extend(spelled(form));
            }
        }
        Identity::Host(name) => {
            if name.contains('.') {
                forms.insert(name.clone());
            }
        }
        Identity::Phone(digits) => {
            let plain = digits.trim_start_matches('+');
            if plain.len() >= DIGITS {
                forms.extend([digits.clone(), plain.to_owned(), form.to_owned()]);
                if digits.starts_with('+') {
                    forms.insert(format!("00{plain}"));
                    forms.extend(
                        (1..=3)
                            .filter_map(|code| plain.get(code..))
                            .filter(|end| end.len() >= DIGITS)
                            .map(|end| format!("0{end}")),
                    );
                }
            }
        }
        // Addresses are found wherever they stand; messages only where they are one.
        Identity::Ip4(_)
        | Identity::Ip6(_)
        | Identity::Mac(_)
        | Identity::Sid(_)
        | Identity::Message(_) => {}
    }
    forms
}

/// The first label of a host's name, if it is no common word.
fn short_name(name: &str, finder: &Finder) -> Option<String> {
    let label = name.split('.').next().unwrap_or(name);
    let digits = label.chars().any(|c| c.is_ascii_digit());
    let letters = label.chars().any(char::is_alphabetic);
    let long = label.len() > SHORTEST || digits && label.len() == SHORTEST;
    (letters && long && !finder.is_common(label) && !finder.hosts.stays(label))
        .then(|| label.to_owned())
}

/// A word with its letters beyond ASCII in either case, also as JSON and URLs escape them.
fn spelled(word: &str) -> BTreeSet<String> {
    let title: String = word
        .split_inclusive([' ', '.', '_', '-', '+'])
        .map(|part| {
            let mut chars = part.chars();
            chars.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(chars).collect()
            })
        })
        .collect();
    let mut forms: BTreeSet<String> = [
        word.to_owned(),
        word.to_lowercase(),
        word.to_uppercase(),
        title,
    ]
    .into();
    if word.is_ascii() {
        return [word.to_lowercase()].into();
    }
    for form in forms.clone() {
        let escaped = |c: char| {
            if c.is_ascii() {
                c.to_string()
            } else {
                format!("\\u{:04x}", u32::from(c))
            }
        };
        forms.insert(form.chars().map(escaped).collect());
        let percent = |c: char| {
            if c.is_ascii() {
                c.to_string()
            } else {
                c.encode_utf8(&mut [0; 4])
                    .bytes()
                    .map(|b| format!("%{b:02X}"))
                    .collect()
            }
        };
        forms.insert(form.chars().map(percent).collect());
    }
    forms
}
