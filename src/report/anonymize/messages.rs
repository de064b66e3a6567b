//! What people wrote to each other, in records that are about that; never what a program logs. A message may go on over
//! the lines below its record's first one: they end where a line begins as that one did, up to its clock.

use std::ops::Range;

use regex::Regex;

use super::find::{Finder, Identity, any_of, regex};
use super::redact::value;
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
const FAILURES: [&str; 11] = [
    "error",
    "fail",
    "fehler",
    "fehlgeschlagen",
    "exception",
    "ausnahme",
    "reason",
    "grund",
    "code",
    "timeout",
    "refused",
];

/// What ends a message that goes on below its line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// Nothing: there is none.
    No,
    /// A quotation mark, or the next record.
    Quote,
    /// The end of its element.
    Element,
}

/// The shapes of messages.
pub struct Shapes {
    mark: Regex,
    from: Regex,
    keyed: Regex,
    text: Regex,
    marked: Regex,
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
        let string = |keys: String| {
            regex(&format!(
                r#"(?i)\b(?:{keys})(?:\\*["'])?[ \t]*[:=][ \t]*(?P<open>\\*["']|„)"#
            ))
        };
        let key =
            |keys: &[String]| regex(&format!(r#"(?i)["'](?:{})\\*["'][ \t]*:"#, any_of(keys)));
        Self {
            mark: regex(&format!("(?i){}", any_of(&privacy.message_marks))),
            from: regex(&format!("(?i){}", any_of(&privacy.message_from))),
            keyed: string(any_of(&privacy.message_keys)),
            text: string(any_of(&privacy.message_text_keys)),
            marked: string(any_of(
                &[&privacy.message_text_keys[..], &privacy.message_plain_keys].concat(),
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
            element: regex(r"(?i)<(?:\w+:)?(?:body|text|subject|html|content)(?:\s[^<>]*)?>"),
            quoted: regex(
                r#"\\+"(?P<escaped>(?:[^"\\\r\n]|\\[nrt])+)\\+"|"(?P<plain>[^"\\\r\n]+)"|[„“](?P<low>[^“”\r\n]+)[“”]|(?:^|[ :=])'(?P<single>[^'\r\n]+)'"#,
            ),
        }
    }

    /// Tells every place.
    pub fn find(&self, finder: &Finder, text: &str, add: &mut Add<'_>) {
        self.strings(&self.keyed, text, 0..text.len(), add);
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
            self.strings(&self.text, text, start..end, add);
        }
    }

    /// The strings behind keys, each up to the quotation mark that closes it, whatever is quoted inside.
    #[allow(clippy::unused_self)] // beside the other shapes of a line
    fn strings(&self, keys: &Regex, text: &str, range: Range<usize>, add: &mut Add<'_>) {
        let part = &text[..range.end];
        let mut at = range.start;
        while let Some(open) = keys
            .captures_at(part, at)
            .and_then(|found| found.name("open"))
        {
            let rest = &part[open.end()..];
            let length = if open.as_str() == "„" {
                rest.find(['“', '”', '\n']).unwrap_or(rest.len())
            } else {
                value::quoted_length(rest, open.as_str())
            };
            message(text, open.end()..open.end() + length, add);
            at = open.end() + length;
        }
    }

    /// What stands in the elements of a line; [`Open::Element`] if the last one is not closed there.
    fn elements(&self, text: &str, range: Range<usize>, add: &mut Add<'_>) -> Open {
        let part = &text[..range.end];
        let mut at = range.start;
        while let Some(found) = self.element.find_at(part, at) {
            let name = found.as_str()[1..].split(['>', ' ', '\t']).next();
            let close = format!("</{}>", name.unwrap_or_default().to_ascii_lowercase());
            let rest = &part[found.end()..];
            let length = rest.to_ascii_lowercase().find(&close);
            written(
                text,
                found.end()..found.end() + length.unwrap_or(rest.len()),
                add,
            );
            match length {
                Some(length) => at = found.end() + length,
                None => return Open::Element,
            }
        }
        Open::No
    }

    /// The lines below the first one of a record about a message: all of them if the message is still `open`, else what
    /// stands behind the keys of messages.
    fn below(&self, text: &str, first: Range<usize>, mut open: Open, add: &mut Add<'_>) {
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
            let end = at + body.len();
            if open == Open::Element {
                let lower = body.to_ascii_lowercase();
                let stop = ["</body", "</text", "</subject", "</html", "</content"]
                    .iter()
                    .find_map(|tag| lower.find(tag))
                    .unwrap_or(body.len());
                written(text, at..at + stop, add);
                if stop < body.len() {
                    open = self.elements(text, at + stop..end, add);
                }
            } else if open == Open::Quote && !self.frame.is_match(body) {
                // A quotation may end here, and the document around it go on.
                let stop = body.find(['"', '”', '“']).unwrap_or(body.len());
                message(text, at..at + stop, add);
                let goes_on = stop == body.len()
                    || !body[stop + 1..].trim_start().starts_with(['}', ',', ']']);
                open = if goes_on { Open::Quote } else { Open::No };
            } else {
                self.strings(&self.text, text, at..end, add);
                open = self.elements(text, at..end, add);
                if let Some(value) = self
                    .open
                    .captures(body)
                    .and_then(|found| found.name("value"))
                {
                    message(text, at + value.start()..at + value.end(), add);
                    open = Open::Quote;
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

    /// A line with a mark, which ends at `mark`, and how its message goes on below.
    fn line(
        &self,
        finder: &Finder,
        text: &str,
        line: Range<usize>,
        mark: usize,
        add: &mut Add<'_>,
    ) -> Open {
        let Range { start, end } = line;
        let line = text[start..end].trim_end();
        let end = start + line.len();
        let mark = mark.min(end);
        self.strings(&self.marked, text, start..end, add);
        let element = self.elements(text, start..end, add);
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
            let keyed = before.trim_end().ends_with("\":") || before.ends_with('=');
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
        let line = &text[start..end];
        let from = self
            .from
            .find_iter(line)
            .find(|from| !from.as_str().ends_with(']') || is_speaker(&line[from.end()..]));
        if let Some(from) = from {
            let behind = &line[from.end()..];
            if from.as_str().ends_with(']') && behind.contains(": ") {
                let name = behind.trim_start();
                let begin = end - name.len();
                let length = name.find(':').unwrap_or(0);
                let user = super::people::canonical(&name[..length]);
                let words = user.split(' ').all(|word| finder.is_word(word));
                if name[..length].contains([' ', '.']) && !user.is_empty() && !words {
                    add(begin..begin + length, Some(Identity::User(user)));
                }
            }
            let before = line[..from.start()].trim_end().to_lowercase();
            // `error message from …` is the program's.
            if !FAILURES.iter().any(|word| before.ends_with(word)) {
                open |= self.behind_colon(finder, text, start + from.end(), end, add);
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
        match (element, open) {
            (Open::Element, _) => Open::Element,
            (_, true) => Open::Quote,
            (_, false) => Open::No,
        }
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

/// `Petra: `, `anna.muster: `: what stands behind a mark in brackets is somebody, and no state of the program.
fn is_speaker(rest: &str) -> bool {
    let name = rest.trim_start().split(':').next().unwrap_or_default();
    let odd = name.contains('.') && !name.contains(' ');
    odd || name.starts_with(char::is_uppercase)
        && name.split(' ').all(|word| {
            word.is_empty()
                || word.len() > 1
                    && word
                        .chars()
                        .next()
                        .is_some_and(|c| c.is_uppercase() || c.is_ascii_digit())
                || ["von", "van", "de", "zu", "der"].contains(&word)
        })
}

fn message(text: &str, range: Range<usize>, add: &mut Add<'_>) {
    const MARKUP: [&str; 9] = [
        "<p", "<div", "<span", "<b>", "<br", "<html", "<body", "<i>", "<a ",
    ];
    let body = text[range.clone()].trim();
    // Numbers, identifiers and documents inside the document are not written by people.
    let lower = body.get(..8).unwrap_or(body).to_ascii_lowercase();
    let markup = MARKUP.iter().any(|tag| lower.starts_with(tag));
    let machine = !body.contains(char::is_alphabetic)
        || body.starts_with(['{', '<', '[']) && !markup
        || (body.len() >= 32 && body.chars().all(|c| c.is_ascii_hexdigit() || c == '-'));
    if !machine {
        written(text, range, add);
    }
}

/// What somebody wrote, line by line.
fn written(text: &str, range: Range<usize>, add: &mut Add<'_>) {
    let mut at = range.start;
    for line in text[range].split('\n') {
        let body = line.trim();
        if body.contains(char::is_alphanumeric) {
            let start = at + line.find(body).unwrap_or(0);
            add(
                start..start + body.len(),
                Some(Identity::Message(body.to_owned())),
            );
        }
        at += line.len() + 1;
    }
}
