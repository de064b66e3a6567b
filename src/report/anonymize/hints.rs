//! Names behind words that often stand in front of one, and as often in front of something else: `user BERTA
//! disconnected`, `presence Berta: away`. Only what looks like a name counts.

use std::ops::Range;

use regex::Regex;

use super::find::{Finder, Identity, any_of, regex};
use super::lines::OfLines;
use super::people::{canonical, starts_a_word};
use crate::grammar::raw::Privacy;

/// The shapes of names behind hints.
pub struct Shapes {
    hint: Regex,
    verb: Regex,
    object: Regex,
    marks: Regex,
    option: Regex,
    element: Regex,
    subject: OfLines,
}

type Add<'a> = dyn FnMut(Range<usize>, Option<Identity>) + 'a;

impl Shapes {
    pub fn new(privacy: &Privacy) -> Self {
        let word = r"(?P<name>[\p{L}\d][\p{L}\d._'’-]*)";
        Self {
            hint: regex(&format!(
                r"(?i)(?P<hint>{})(?::[ \t]+|[ \t]+){word}",
                any_of(&privacy.user_hints)
            )),
            verb: regex(&format!(
                r"(?i)^(?:[ \t]*(?:$|[\r\n,;:()|<>=!?\[\]→-]|\.(?:\s|$))|[ \t]+(?:{})(?:\W|$))",
                any_of(&privacy.user_verbs)
            )),
            object: regex(&format!(
                r#"(?i)\\*"(?:{})\\*"[ \t]*:[ \t]*(?:\[[ \t]*)?\\*"(?P<name>[^"\\\r\n]{{2,64}})\\*""#,
                any_of(&privacy.user_object_keys)
            )),
            marks: regex(&format!("(?i){}", any_of(&privacy.user_object_marks))),
            option: regex(
                r#"(?i)(?:^|[\s"'])(?:--?(?:user(?:name)?|login)|-[uU])(?:[ \t]+|=)\\*["']?(?P<name>[\p{L}\d][\p{L}\d._@\\-]*)"#,
            ),
            element: regex(&format!(
                r"(?i)<(?:\w+:)?(?:{})(?:\s[^<>]*)?>(?P<name>[^<>\r\n]{{1,64}})</",
                any_of(&privacy.user_keys)
            )),
            subject: OfLines::new(
                "(?i)CN=",
                r"(?i)\bCN=(?P<name>(?:[^,\r\n\\+/;]|\\,){2,64}),[ ]?(?:OU|DC|CN)=",
            ),
        }
    }

    /// Tells every place.
    pub fn find(&self, finder: &Finder, text: &str, add: &mut Add<'_>) {
        let mut at = 0;
        while let Some(found) = self.hint.captures_at(text, at) {
            let hint = found.name("hint").map_or(0..0, |hint| hint.range());
            let name = found.name("name").map_or(0..0, |name| name.range());
            // The word may be a hint itself: `contact user Berta`.
            at = name.start.max(hint.start + 1);
            if starts_a_word(text, hint.start)
                && !text[..hint.start].ends_with('-')
                && let Some(range) = self.name(finder, text, name)
            {
                at = range.end;
                add_user(text, range, add);
            }
        }
        for found in self.object.captures_iter(text) {
            let name = found.name("name").map_or(0..0, |name| name.range());
            let value = &text[name.clone()];
            let plain = value
                .chars()
                .all(|c| c.is_alphanumeric() || " ._'’-,".contains(c));
            let person = value.chars().any(char::is_alphabetic)
                && plain
                && value.split(' ').count() <= 4
                && !value
                    .split([' ', '.', '_', '-'])
                    .all(|word| finder.is_common(word))
                && !finder.hosts.stays(&value.to_lowercase());
            if person && self.marks.is_match(line_of(text, name.start)) {
                add_user(text, name, add);
            }
        }
        for found in self.option.captures_iter(text) {
            if let Some(name) = found.name("name")
                && !finder.is_common(name.as_str())
                && !name.as_str().contains(['@', '\\'])
                && name.as_str().chars().any(char::is_alphabetic)
            {
                add_user(text, name.range(), add);
            }
        }
        for found in self.element.captures_iter(text) {
            if let Some(name) = found.name("name") {
                finder.people.value(text, name.range(), finder, add);
            }
        }
        for found in self.subject.captures_iter(text) {
            if let Some(name) = found.name("name") {
                let words = name.as_str().split([' ', '-', '.']);
                let authority = words.clone().any(|word| {
                    ["ca", "root", "proxy", "authority", "zertifizierungsstelle"]
                        .contains(&word.to_lowercase().as_str())
                });
                if !authority
                    && !name.as_str().contains(['*', '.', '='])
                    && words.clone().any(|w| !finder.is_common(w))
                {
                    add_user(text, name.range(), add);
                }
            }
        }
    }

    /// The name that begins with the word at `first`, if it looks like one.
    fn name(&self, finder: &Finder, text: &str, first: Range<usize>) -> Option<Range<usize>> {
        let word = text[first.clone()].trim_end_matches(['.', '-', '_', '\'', '’']);
        let first = first.start..first.start + word.len();
        if finder.is_common(word) || super::hosts::is_file(word) || word.chars().count() < 2 {
            return None;
        }
        let next = &text[first.end..];
        if next.starts_with(['\\', '@', '(', '=', '/']) {
            return None;
        }
        let odd = word.contains(['.', '_'])
            && word
                .split(['.', '_'])
                .all(|part| part.chars().any(char::is_alphabetic))
            && word.starts_with(char::is_lowercase);
        let digit = word.chars().any(|c| c.is_ascii_digit());
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        let hexadecimal =
            word.chars().all(|c| c.is_ascii_hexdigit() || c == '-') || word.starts_with("0x");
        let account =
            digit && letters >= 3 && !hexadecimal && word.starts_with(char::is_alphabetic);
        let words = word.split(['.', '_']).all(|part| finder.is_word(part));
        let ends = next.is_empty() || next.starts_with([' ', ',', ';', ')', '\r', '\n', '.', ':']);
        if (odd && !words && ends) || (odd || account) && self.verb.is_match(next) {
            return Some(first);
        }
        // `user abdelkaderh`: no word of the language, and what stands behind it is no noun.
        let plain = word.chars().all(|c| c.is_lowercase() || c == '-') && letters >= 3;
        if plain
            && !finder.is_word(word)
            && !word.split('-').all(|part| finder.is_word(part))
            && self.verb.is_match(next)
        {
            return Some(first);
        }
        let capital = word.starts_with(char::is_uppercase) && !word.contains(['.', '_']);
        let camel = word.chars().skip(1).any(char::is_uppercase)
            && word.chars().any(char::is_lowercase)
            && !word.contains('-');
        if !capital || camel || letters < 2 {
            return None;
        }
        let mut end = first.end;
        for _ in 0..2 {
            let Some(rest) = text[end..].strip_prefix(' ') else {
                break;
            };
            let length = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '-' || c == '\'' || c == '’'))
                .unwrap_or(rest.len());
            let word = &rest[..length];
            if !word.starts_with(char::is_uppercase) || finder.is_common(word) {
                break;
            }
            end += 1 + length;
        }
        let alone = end == first.end && finder.is_word(word);
        (finder.given.has(word) || !alone && self.verb.is_match(&text[end..]))
            .then_some(first.start..end)
    }
}

fn add_user(text: &str, range: Range<usize>, add: &mut Add<'_>) {
    let name = canonical(&text[range.clone()]);
    if !name.is_empty() {
        add(range, Some(Identity::User(name)));
    }
}

fn line_of(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    &text[start..end]
}
