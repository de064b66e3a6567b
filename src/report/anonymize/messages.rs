//! What people wrote to each other, in records that are about that; never what a program logs. A message may go on over
//! the lines below its record's first one: they end where a line begins as that one did, up to its clock.

use std::ops::Range;

use regex::Regex;

use super::find::{Finder, Identity, any_of, regex};
use crate::grammar::raw::Privacy;

/// How far behind a mark a name and its colon may stand.
const NAME: usize = 80;
/// Where in its first line the clock of a record stands, at the latest.
const CLOCK: usize = 48;
/// So short is what stands behind a mark where the message itself stands below.
const FOLLOWS: usize = 24;
/// Lines below its first one that a message may have.
const MOST_LINES: usize = 200;

/// Words that make a text that of a program.
const FAILURES: [&str; 10] = [
    "error",
    "fail",
    "fehl",
    "exception",
    "ausnahme",
    "reason",
    "grund",
    "code",
    "timeout",
    "refused",
];

/// The shapes of messages.
pub struct Shapes {
    mark: Regex,
    from: Regex,
    keyed: Regex,
    text: Regex,
    element: Regex,
    plain: Option<Regex>,
    quoted: Regex,
    party: Regex,
    answer: Regex,
    open: Regex,
    clock: Regex,
    frame: Regex,
}

type Add<'a> = dyn FnMut(Range<usize>, Option<Identity>) + 'a;

impl Shapes {
    pub fn new(privacy: &Privacy) -> Self {
        let value =
            r#"\\*["'][ \t]*[:=][ \t]*(?P<open>\\*)"(?P<value>(?:[^"\\\r\n]|\\+[^"\\\r\n])+)"#;
        let key =
            |keys: &[String]| regex(&format!(r#"(?i)["'](?:{})\\*["'][ \t]*:"#, any_of(keys)));
        Self {
            mark: regex(&format!("(?i){}", any_of(&privacy.message_marks))),
            from: regex(&format!("(?i){}", any_of(&privacy.message_from))),
            keyed: regex(&format!(
                r#"(?i)\b(?:{keys})(?:{value}|[ \t]*[:=][ \t]*"(?P<bare>[^"\r\n]+))"#,
                keys = any_of(&privacy.message_keys)
            )),
            text: regex(&format!(
                r#"(?i)\b(?:{keys})(?:{value}|[ \t]*[:=][ \t]*["'„](?P<bare>[^"'“”\r\n]+))"#,
                keys = any_of(&privacy.message_text_keys)
            )),
            party: key(&privacy.message_party_keys),
            answer: key(&privacy.message_no_keys),
            open: regex(&format!(
                r#"(?i)(?:\b(?:{keys})\\*["'][ \t]*[:=][ \t]*|[ \t:=])\\*["'„](?P<value>[^"'“”\r\n]*)$"#,
                keys = any_of(&privacy.message_text_keys)
            )),
            clock: regex(r"\b[0-9]{1,2}:[0-9]{2}:[0-9]{2}"),
            frame: regex(r"^\s*(?:at |bei |--->|---|Caused by|\w+(?:\.\w+)+(?:Exception|Error)\b)"),
            plain: (!privacy.message_plain_keys.is_empty()).then(|| {
                regex(&format!(
                    r#"(?i)(?:^|[\s\]>|,;])(?:{keys})[ \t]*[:=][ \t]*(?P<value>[^\s"'„{{\[<][^\r\n]*)"#,
                    keys = any_of(&privacy.message_plain_keys)
                ))
            }),
            element: regex(r"(?i)<(?:body|text|subject)(?:\s[^<>]*)?>(?P<value>[^<>\r\n]+)</"),
            quoted: regex(
                r#"\\+"(?P<escaped>(?:[^"\\\r\n]|\\[nrt])+)\\+"|"(?P<plain>[^"\\\r\n]+)"|[„“](?P<low>[^“”\r\n]+)[“”]|(?:^|[ :])'(?P<single>[^'\r\n]+)'"#,
            ),
        }
    }

    /// Tells every place.
    pub fn find(&self, finder: &Finder, text: &str, add: &mut Add<'_>) {
        for found in self.keyed.captures_iter(text) {
            if let Some(value) = found.name("value").or(found.name("bare")) {
                message(text, value.range(), add);
            }
        }
        self.objects(text, add);
        let mut done = 0;
        for mark in self.mark.find_iter(text) {
            let start = text[..mark.start()].rfind('\n').map_or(0, |at| at + 1);
            let end = text[mark.end()..]
                .find('\n')
                .map_or(text.len(), |at| mark.end() + at);
            if mark.start() >= done {
                let open = self.line(finder, text, start..end, mark.end(), add);
                self.below(text, start..end, open, add);
                done = end;
            }
        }
    }

    /// Lines with an object that says who wrote to whom.
    fn objects(&self, text: &str, add: &mut Add<'_>) {
        let mut done = 0;
        for party in self.party.find_iter(text) {
            if party.start() < done {
                continue;
            }
            let start = text[..party.start()].rfind('\n').map_or(0, |at| at + 1);
            let end = text[party.end()..]
                .find('\n')
                .map_or(text.len(), |at| party.end() + at);
            done = end;
            let line = &text[start..end];
            if self.answer.is_match(line) {
                continue;
            }
            for found in self.text.captures_iter(line) {
                if let Some(value) = found.name("value").or(found.name("bare")) {
                    message(text, start + value.start()..start + value.end(), add);
                }
            }
        }
    }

    /// The lines below the first one of a record about a message: all of them if the message is still `open`, else what
    /// stands behind the keys of messages.
    fn below(&self, text: &str, first: Range<usize>, mut open: bool, add: &mut Add<'_>) {
        let Some(header) = self.beginning(&text[first.clone()]) else {
            return; // where nothing tells records apart, each line is one
        };
        let mut at = first.end + 1;
        for _ in 0..MOST_LINES {
            let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) else {
                return;
            };
            let line = rest.split('\n').next().unwrap_or(rest);
            if self.beginning(line).is_some_and(|begins| begins == header) {
                return;
            }
            let body = line.trim_end();
            if open && !self.frame.is_match(body) {
                // A quotation may end here, and the document around it go on.
                let stop = body.find(['"', '”', '“']).unwrap_or(body.len());
                message(text, at..at + stop, add);
                open = stop == body.len()
                    || !body[stop + 1..].trim_start().starts_with(['}', ',', ']']);
            } else {
                for found in self
                    .text
                    .captures_iter(line)
                    .chain(self.element.captures_iter(line))
                {
                    if let Some(value) = found.name("value").or_else(|| found.name("bare")) {
                        message(text, at + value.start()..at + value.end(), add);
                    }
                }
                if let Some(value) = self
                    .open
                    .captures(body)
                    .and_then(|found| found.name("value"))
                {
                    message(text, at + value.start()..at + value.end(), add);
                    open = true;
                }
            }
            at += line.len() + 1;
        }
    }

    /// How a record's first line begins, up to its clock: digits and words of any length are alike.
    fn beginning(&self, line: &str) -> Option<String> {
        let clock = self.clock.find(line).filter(|clock| clock.end() <= CLOCK)?;
        let mut shape = String::new();
        for c in line[..clock.end()].chars() {
            let c = match c {
                c if c.is_ascii_digit() => '0',
                c if c.is_alphabetic() => 'a',
                c => c,
            };
            if !(matches!(c, '0' | 'a') && shape.ends_with(c)) {
                shape.push(c);
            }
        }
        Some(shape)
    }

    /// A line with a mark, which ends at `mark`; true if its message goes on below.
    fn line(
        &self,
        finder: &Finder,
        text: &str,
        line: Range<usize>,
        mark: usize,
        add: &mut Add<'_>,
    ) -> bool {
        let Range { start, end } = line;
        let line = text[start..end].trim_end();
        let end = start + line.len();
        let mark = mark.min(end);
        for found in self
            .text
            .captures_iter(line)
            .chain(self.element.captures_iter(line))
        {
            if let Some(value) = found.name("value").or_else(|| found.name("bare")) {
                message(text, start + value.start()..start + value.end(), add);
            }
        }
        let rest = &text[mark..end];
        for found in self.quoted.captures_iter(rest) {
            let Some(value) = ["escaped", "plain", "low", "single"]
                .iter()
                .find_map(|g| found.name(g))
            else {
                continue;
            };
            // A key or the end of a JSON string is no quotation.
            let after = rest[found.get_match().end()..].trim_start();
            let structure = after.starts_with([':', '='])
                || value.as_str().starts_with([',', ':', '}', ']', '{']);
            let before = rest[..found.get_match().start()].to_lowercase();
            let failure = FAILURES.iter().any(|word| before.contains(word));
            // The value of a key is a message only if the key says so, and that was seen above.
            let keyed = before.trim_end().ends_with("\":");
            if !structure
                && !failure
                && !keyed
                && !self.mark.is_match(value.as_str())
                && value.as_str().contains(char::is_alphanumeric)
            {
                message(text, mark + value.start()..mark + value.end(), add);
            }
        }
        let rest_is_failure = {
            let lower = rest.to_lowercase();
            FAILURES.iter().any(|word| lower.contains(word))
        };
        // `message body follows`: it stands below.
        let short =
            rest.trim().len() <= FOLLOWS && !rest.trim_end().ends_with(['{', '[', '(', ')']);
        let mut open = short && !rest_is_failure && !rest.contains('"');
        let plain = self.plain.as_ref().filter(|_| !rest_is_failure);
        if let Some(value) = plain.and_then(|plain| plain.captures(line)?.name("value")) {
            message(text, start + value.start()..start + value.end(), add);
        }
        if let Some(from) = self.from.find_at(text, start).filter(|f| f.end() <= end) {
            let before = text[start..from.start()].trim_end().to_lowercase();
            // `error message from …` is the program's.
            if !FAILURES.iter().any(|word| before.ends_with(word)) {
                open |= self.behind_colon(finder, text, from.end(), end, add);
            }
        }
        if let Some(value) = self
            .open
            .captures(rest)
            .and_then(|found| found.name("value"))
            && !rest_is_failure
        {
            message(text, mark + value.start()..mark + value.end(), add);
            open = true;
        }
        open
    }

    /// `… from Anna Muster: the message`; true if there is one, or room for one below.
    #[allow(clippy::unused_self)] // beside the other shapes of a line
    fn behind_colon(
        &self,
        finder: &Finder,
        text: &str,
        at: usize,
        end: usize,
        add: &mut Add<'_>,
    ) -> bool {
        let rest = &text[at..end];
        let at_end = rest.strip_suffix(':').map(str::len);
        let Some(colon) = rest.find(": ").or(at_end).filter(|colon| *colon <= NAME) else {
            return false;
        };
        let name = rest[..colon].to_lowercase();
        let mut words = name
            .split(|c: char| !c.is_alphanumeric())
            .filter(|w| !w.is_empty());
        let nobody = words.all(|word| finder.is_common(word)) && !name.trim().is_empty();
        if nobody || name.contains('"') || FAILURES.iter().any(|word| name.contains(word)) {
            return false;
        }
        let start = (at + colon + 2).min(end);
        let body = &text[start..end];
        // Inside a JSON string the message ends with it.
        let stop = body.find("\",\"").or_else(|| body.find("\"}"));
        let length = stop.unwrap_or(body.len());
        message(text, start..start + body[..length].trim_end().len(), add);
        stop.is_none()
    }
}

fn message(text: &str, range: Range<usize>, add: &mut Add<'_>) {
    let body = text[range.clone()].trim();
    // Numbers, identifiers and documents inside the document are not written by people.
    let machine = !body.contains(char::is_alphabetic)
        || body.starts_with(['{', '<', '['])
        || (body.len() >= 32 && body.chars().all(|c| c.is_ascii_hexdigit() || c == '-'));
    if !machine {
        let start = range.start + text[range.clone()].find(body).unwrap_or(0);
        add(
            start..start + body.len(),
            Some(Identity::Message(body.to_owned())),
        );
    }
}
