//! Phone numbers, MAC addresses and security identifiers. Never ids, ports, versions, stamps.

use std::ops::Range;

use regex::Regex;

use super::find::{Identity, any_of, regex};
use super::lines::OfLines;
use super::people::starts_a_word;
use crate::grammar::Catalog;

/// Digits of a number that somebody can call from anywhere.
const INTERNATIONAL: std::ops::RangeInclusive<usize> = 8..=15;
/// Digits of a number with an area code.
const NATIONAL: std::ops::RangeInclusive<usize> = 7..=14;

/// The shapes of numbers.
pub struct Shapes {
    tel: OfLines,
    international: OfLines,
    national: Regex,
    keyed: Regex,
    element: Regex,
    outside: Regex,
    mobile: Regex,
    marks: Regex,
    bare: Regex,
    pair: Regex,
    angle: Regex,
    other: Regex,
    mac: OfLines,
    sid: OfLines,
}

type Add<'a> = dyn FnMut(Range<usize>, Option<Identity>) + 'a;

impl Shapes {
    pub fn new(catalog: &Catalog) -> Self {
        let privacy = &catalog.chain.privacy;
        let keys = any_of(&privacy.number_keys);
        let other = any_of(&privacy.other_numbers);
        Self {
            tel: OfLines::new(
                "(?i)(?:tel|sips?|callto|fax):|TEL;",
                r"(?i)\b(?:(?:tel|sips?|callto|fax):|TEL;[^:\r\n]{1,40}:)(?P<number>(?:\+|%2B)?[0-9](?:[0-9().-]|[ ][0-9]|%20)*[0-9])",
            ),
            international: OfLines::new(
                r"\+[1-9]|00[1-9]",
                r"(?P<number>(?:\+|\b00)[1-9][0-9]{0,2}(?:(?:[ \x{a0}./-]{0,2}|[ ][/-][ ])\(?[0-9]+\)?){1,8})",
            ),
            national: regex(
                r"(?P<number>\(?0[1-9][0-9]{1,4}\)?(?:[ ]?[/-][ ]?|[ ])[0-9]{2,}(?:[ -][0-9]{1,8}){0,4})",
            ),
            keyed: regex(&format!(
                r#"(?i)(?P<key>{keys})(?:\\*["']?[ \t]*(?:=>|:=|[:=])[ \t]*\\*["']?|[ \t]+\\*["']?)(?P<number>(?:(?:\+|%2B)[0-9]|\(?0)(?:[0-9]|[ /-]{{1,3}}[0-9]|[ ]?\(0\)[ ]?[0-9]|\)[ /-]{{0,2}}[0-9])*|[0-9]+(?:-[0-9]+)*)"#
            )),
            element: regex(&format!(
                r"(?i)<(?:\w+:)?(?:{keys})(?:\s[^<>]*)?>(?P<number>\+?[0-9][0-9 ()/.-]*)</"
            )),
            outside: regex(
                r"(?:^|[^0-9.,:/-])0,[ ]?(?P<number>0[1-9][0-9]{1,4}[ /-]?[0-9]{4,11})(?:[^0-9]|$)",
            ),
            mobile: regex(
                r"(?:^|[^\w.,:/+-])(?P<number>01[567][0-9][ /-]?[0-9]{7,8})(?:[^\w.:/-]|[.:](?:\s|$)|$)",
            ),
            marks: regex(&format!("(?i){}", any_of(&privacy.number_marks))),
            bare: regex(
                r"(?:^|[^\w.,:/+=#-])(?P<number>0[1-9][0-9]{8,11}|(?:49|43|41|31|32|33|352|39|44|45|48)[1-9][0-9]{8,11})(?:[^\w.:/-]|[.:](?:\s|$)|$)",
            ),
            pair: regex(
                r"(?:^|[^\w.,:/+-])(?P<from>[0-9]{2,6})[ ]?(?:->|→|=>|-->)[ ]?(?P<number>[0-9]{2,6})(?:[^\w.:/-]|[.:](?:\s|$)|$)",
            ),
            angle: regex(r#"[\p{L}"'][ ]?<(?P<number>\+?[0-9]{2,15})>"#),
            other: regex(&format!(r"(?i)(?:{other})[ _.-]*$")),
            mac: OfLines::new(
                "(?i)[0-9a-f]{2}(?:(?::[0-9a-f]{2}){5}|(?:-[0-9a-f]{2}){5})",
                r"(?i)\b[0-9a-f]{2}(?:(?::[0-9a-f]{2}){5}|(?:-[0-9a-f]{2}){5})\b",
            ),
            sid: OfLines::new(
                "S-1-5-21-",
                r"\bS-1-5-21-[0-9]+-[0-9]+-[0-9]+(?:-[0-9]+)?\b",
            ),
        }
    }

    /// Tells every place.
    pub fn find(&self, text: &str, add: &mut Add<'_>) {
        for found in self.tel.captures_iter(text) {
            if let Some(number) = found.name("number") {
                add(
                    number.range(),
                    Some(Identity::Phone(digits(number.as_str()))),
                );
            }
        }
        for found in self.international.find_iter(text) {
            let before = text[..found.start()].chars().next_back();
            // Another number may stand behind a blank.
            let mut whole = found.as_str();
            while count(whole) > *INTERNATIONAL.end()
                && let Some(gap) = whole.rfind(|c: char| !c.is_ascii_digit())
            {
                whole = whole[..gap].trim_end_matches(|c: char| !c.is_ascii_digit());
            }
            // `+43 1 58858-0 (23 s)`: a bracket that does not close belongs to what follows.
            if let Some(open) = whole
                .rfind('(')
                .filter(|open| !whole[*open..].contains(')'))
            {
                whole = whole[..open].trim_end_matches(|c: char| !c.is_ascii_digit());
            }
            let range = found.start()..found.start() + whole.len();
            let inside = before.is_some_and(|c| {
                c.is_alphanumeric() || matches!(c, '.' | '+' | '-' | '_' | '/' | ':' | '\\')
            }) || goes_on(text, range.end);
            let digits = digits(whole);
            // Digits alone are an id, unless they begin as a call abroad does and are as long as a number is.
            let plain = whole.chars().all(|c| c.is_ascii_digit());
            let plain = plain && !(whole.starts_with("00") && whole.len() >= 12);
            if !inside
                && !plain
                && INTERNATIONAL.contains(&(digits.len() - usize::from(digits.starts_with('+'))))
            {
                add(range, Some(Identity::Phone(digits)));
            }
        }
        for found in self.national.find_iter(text) {
            let before = text[..found.start()].chars().next_back();
            let inside = before.is_some_and(|c| {
                c.is_alphanumeric() || matches!(c, '.' | '+' | '-' | '_' | '/' | ':' | '\\' | ')')
            }) || goes_on(text, found.end());
            // The bracket of a remark is none of the area code.
            let open = found.as_str().starts_with('(') && !found.as_str().contains(')');
            let start = found.start() + usize::from(open);
            let digits = digits(found.as_str());
            let only_blanks = !found.as_str().contains(['/', '-', '(']);
            let enough = if only_blanks { digits.len() >= 9 } else { true };
            if !inside && enough && NATIONAL.contains(&digits.len()) {
                add(start..found.end(), Some(Identity::Phone(digits)));
            }
        }
        for found in self.keyed.captures_iter(text) {
            let (Some(key), Some(number)) = (found.name("key"), found.name("number")) else {
                continue;
            };
            let mut start = key.start().saturating_sub(24);
            while !text.is_char_boundary(start) {
                start += 1;
            }
            let other = self.other.is_match(&text[start..key.start()]);
            let digits = digits(number.as_str());
            let count = digits.trim_start_matches('+').len();
            // A blank joins the parts of a number, not two numbers of a sentence.
            if starts_a_word(text, key.start())
                && !other
                && (2..=20).contains(&count)
                && !goes_on(text, number.end())
            {
                add(number.range(), Some(Identity::Phone(digits)));
            }
        }
        self.of_calls(text, add);
        for found in self.mac.find_iter(text) {
            let address: String = found
                .as_str()
                .chars()
                .filter(char::is_ascii_hexdigit)
                .collect::<String>()
                .to_lowercase();
            let letters = address.contains(|c: char| c.is_ascii_alphabetic());
            let inside = text[..found.start()].ends_with(['-', ':', '.'])
                || text[found.end()..].starts_with(['-', ':']);
            let empty = address.chars().all(|c| c == '0') || address.chars().all(|c| c == 'f');
            if !inside && !empty && (letters || found.as_str().contains(':')) {
                add(found.range(), Some(Identity::Mac(address)));
            }
        }
        for found in self.sid.find_iter(text) {
            add(
                found.range(),
                Some(Identity::Sid(found.as_str().to_owned())),
            );
        }
    }
}

impl Shapes {
    /// Numbers with nothing around them that says so: how they begin does, or that the record is about a call.
    fn of_calls(&self, text: &str, add: &mut Add<'_>) {
        for shape in [&self.element, &self.outside, &self.mobile] {
            each(shape, text, |found| {
                if let Some(number) = found.name("number") {
                    add(
                        number.range(),
                        Some(Identity::Phone(digits(number.as_str()))),
                    );
                }
            });
        }
        let mut done = 0;
        for mark in self.marks.find_iter(text) {
            if mark.start() < done {
                continue;
            }
            let start = text[..mark.start()].rfind('\n').map_or(0, |end| end + 1);
            done = text[mark.end()..]
                .find('\n')
                .map_or(text.len(), |end| mark.end() + end);
            let line = &text[start..done];
            for shape in [&self.bare, &self.pair, &self.angle] {
                each(shape, line, |found| {
                    for name in ["from", "number"] {
                        if let Some(number) = found.name(name) {
                            let range = start + number.start()..start + number.end();
                            add(range, Some(Identity::Phone(digits(number.as_str()))));
                        }
                    }
                });
            }
        }
    }
}

fn count(number: &str) -> usize {
    number.bytes().filter(u8::is_ascii_digit).count()
}

/// Every match, also such as share the mark between them.
fn each(shape: &Regex, text: &str, mut tell: impl FnMut(&regex::Captures<'_>)) {
    let mut at = 0;
    while let Some(found) = shape.captures_at(text, at) {
        at = found
            .name("number")
            .map_or(found.get_match().end(), |n| n.end());
        tell(&found);
    }
}

/// True if what stands there makes the number a part of something longer: a version, a stamp, a word.
fn goes_on(text: &str, at: usize) -> bool {
    let mut rest = text[at..].chars();
    match (rest.next(), rest.next()) {
        (Some(c), _) if c.is_alphanumeric() || c == '_' => true,
        (Some('.' | ':' | ',' | '/' | '-'), Some(next)) => next.is_ascii_digit(),
        _ => false,
    }
}

/// The digits, with `+` in front of an international number (`00` is a `+`).
pub fn digits(number: &str) -> String {
    let number = number.trim();
    // `+49 (0) 231` and `+49 231` are one number.
    let number = number
        .replace("(0)", "")
        .replace("%2B", "+")
        .replace("%2b", "+")
        .replace("%20", " ");
    let all: String = number.chars().filter(char::is_ascii_digit).collect();
    match all.strip_prefix("00") {
        _ if number.starts_with('+') => format!("+{all}"),
        Some(rest) if rest.len() >= 8 => format!("+{rest}"),
        _ => all,
    }
}
