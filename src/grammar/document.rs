//! A grammar file as it stands: its values with their places, so that a fault of a value is told at that value.

use std::cell::OnceCell;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::Fault;

/// Where in a file a value stands: `check` → 3 → `stages` → 0. Built from its file's top.
#[derive(Debug, Clone, Default)]
pub struct At<'s>(Vec<Step<'s>>);

#[derive(Debug, Clone, Copy)]
enum Step<'s> {
    /// The value of a key.
    Key(&'s str),
    /// A key itself.
    Name(&'s str),
    /// An element of a list; of a value that is no list, the value.
    Index(usize),
}

/// The value of a key at the top of the file.
pub fn at(key: &str) -> At<'_> {
    At(vec![Step::Key(key)])
}

impl<'s> At<'s> {
    /// The file as a whole.
    pub const fn top() -> Self {
        Self(Vec::new())
    }

    /// The value of a key in it.
    #[must_use]
    pub fn key(&self, key: &'s str) -> Self {
        self.with(Step::Key(key))
    }

    /// A key in it: the key itself is what is wrong.
    #[must_use]
    pub fn name(&self, key: &'s str) -> Self {
        self.with(Step::Name(key))
    }

    /// An element of it. A key that takes a value or a list of them has its value at any index.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    fn with(&self, step: Step<'s>) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

/// A grammar file whose values can be found.
#[derive(Debug)]
pub struct Document<'t> {
    path: &'t str,
    text: &'t str,
    root: OnceCell<Spanned<DeTable<'t>>>,
}

impl<'t> Document<'t> {
    /// A file that is read when a place in it is asked for.
    pub fn new(path: &'t str, text: &'t str) -> Self {
        Self {
            path,
            text,
            root: OnceCell::new(),
        }
    }

    /// A file that was read already. Values that stand in for wrong ones have spans behind the end of the text; what is
    /// found wrong with them has been told, and [`Fault::is_nowhere`].
    pub fn of(path: &'t str, text: &'t str, root: Spanned<DeTable<'t>>) -> Self {
        Self {
            path,
            text,
            root: OnceCell::from(root),
        }
    }

    /// A fault of the value there; where it is missing, of the table that it is missing in.
    pub fn fault(&self, at: &At<'_>, message: impl Into<String>, help: impl Into<String>) -> Fault {
        Fault::at(self.path, self.text, self.span(at), message, help)
    }

    /// A fault inside the text there, at a byte of what the text means.
    pub fn fault_in(
        &self,
        at: &At<'_>,
        byte: usize,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Fault {
        let span = self.span(at);
        let raw = self.text.get(span.clone()).unwrap_or_default();
        let start = span.start + raw_offset(raw, byte);
        Fault::at(self.path, self.text, start..start, message, help)
    }

    /// A fault of the file as a whole.
    pub fn whole(&self, message: impl Into<String>, help: impl Into<String>) -> Fault {
        Fault::at(self.path, self.text, 0..0, message, help)
    }

    /// True if something stands in for the value there: what was wrong with it has been told.
    pub fn is_stand_in(&self, at: &At<'_>) -> bool {
        // Only where the file was read to be proved is there any.
        self.root.get().is_some() && self.span(at).start > self.text.len()
    }

    /// The bytes of a value; where it is missing, those of the table that it is missing in.
    pub fn span(&self, at: &At<'_>) -> Range<usize> {
        let root = self
            .root
            .get_or_init(|| DeTable::parse_recoverable(self.text).0);
        let mut span = 0..0;
        let mut table = Some(root.get_ref());
        let mut value: Option<&DeValue<'_>> = None;
        for step in &at.0 {
            let found = match step {
                Step::Key(key) | Step::Name(key) => {
                    let entry = table.and_then(|table| table.get_key_value(*key));
                    let Some((name, inside)) = entry else {
                        break;
                    };
                    if matches!(step, Step::Name(_)) {
                        return name.span();
                    }
                    inside
                }
                Step::Index(index) => match value {
                    Some(DeValue::Array(all)) => match all.get(*index) {
                        Some(inside) => inside,
                        None => break,
                    },
                    _ => continue,
                },
            };
            span = found.span();
            value = Some(found.get_ref());
            table = value.and_then(DeValue::as_table);
        }
        span
    }
}

/// Where a byte of a text stands in the text as TOML writes it, quotes and escapes counted.
fn raw_offset(raw: &str, byte: usize) -> usize {
    let Some(quote) = raw.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        return 0;
    };
    let long = raw
        .get(..3)
        .is_some_and(|three| three.chars().all(|c| c == quote));
    let mut at = if long { 3 } else { 1 };
    if long {
        let rest = &raw[at..];
        at += if rest.starts_with("\r\n") {
            2
        } else {
            usize::from(rest.starts_with('\n'))
        };
    }
    let mut meant = 0;
    while meant < byte && at < raw.len() {
        let rest = &raw[at..];
        let escape = quote == '"' && rest.starts_with('\\');
        let (length, means) = if escape { escaped(rest) } else { plain(rest) };
        at += length;
        meant += means;
    }
    at.min(raw.len())
}

fn plain(rest: &str) -> (usize, usize) {
    let length = rest.chars().next().map_or(1, char::len_utf8);
    (length, length)
}

/// Bytes of the escape at the start of the text, and how many bytes it means.
fn escaped(rest: &str) -> (usize, usize) {
    let digits = match rest.as_bytes().get(1) {
        Some(b'x') => 2,
        Some(b'u') => 4,
        Some(b'U') => 8,
        Some(b'\n' | b' ' | b'\t' | b'\r') => {
            let skipped = rest[1..].len() - rest[1..].trim_start().len();
            return (1 + skipped, 0);
        }
        _ => return (2, 1),
    };
    let code = rest.get(2..2 + digits);
    let code = code.and_then(|code| u32::from_str_radix(code, 16).ok());
    let letter = code.and_then(char::from_u32);
    (2 + digits, letter.map_or(1, char::len_utf8))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "a = 'x'\n[[check]]\nen = 'broker'\nstages = ['vault', 'broker']\n[number]\nhttp = 4\n";

    fn there(place: &At<'_>) -> &'static str {
        &TEXT[Document::new("x.toml", TEXT).span(place)]
    }

    #[test]
    fn a_value_is_found_by_its_place_and_not_by_its_text() {
        assert_eq!(there(&at("a")), "'x'");
        let stages = at("check").index(0).key("stages");
        assert_eq!(there(&stages.index(1)), "'broker'");
        assert_eq!(there(&at("check").index(0).key("en").index(7)), "'broker'");
        assert_eq!(there(&at("number").name("http")), "http");
    }

    #[test]
    fn what_is_missing_is_told_at_its_table() {
        let span = Document::new("x.toml", TEXT).span(&at("check").index(0).key("de"));
        assert!(TEXT[span].starts_with("[[check]]"));
        assert_eq!(there(&at("none").key("b")), "");
    }

    #[test]
    fn a_byte_of_a_text_is_found_behind_escapes() {
        assert_eq!(raw_offset(r#""a\tb\u00e9c""#, 2), 4);
        assert_eq!(raw_offset(r#""a\tb\u00e9c""#, 5), 11);
        assert_eq!(raw_offset("'''\nab'''", 1), 5);
        assert_eq!(raw_offset("'ab'", 1), 2);
        assert_eq!(raw_offset("'ab'", 99), 4);
    }
}
