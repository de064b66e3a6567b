//! Placeholders of texts: `{endpoint}`, or the name of a capture.

use super::document::{At, Document};
use super::error::{Fault, one_of};

/// What stands for an endpoint in every text about a finding.
pub const ENDPOINT: [&str; 3] = ["endpoint", "host", "port"];

/// A piece of a text with placeholders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'t> {
    /// Text that stands for itself.
    Text(&'t str),
    /// A name in braces.
    Name(&'t str),
}

/// Cuts a text at its placeholders. What is in braces and no name stands for itself.
pub fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(length) = name_at(rest) {
            let name = &rest[1..=length];
            rest = &rest[length + 2..];
            return Some(Piece::Name(name));
        }
        let mut places = rest.match_indices('{').map(|(at, _)| at);
        let next = places.find(|at| name_at(&rest[*at..]).is_some());
        let (front, behind) = rest.split_at(next.unwrap_or(rest.len()));
        rest = behind;
        Some(Piece::Text(front))
    })
}

/// Bytes of the name, if the text begins with a placeholder.
fn name_at(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('{')?;
    let length = inside.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))?;
    let is_name = inside.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (is_name && inside[length..].starts_with('}')).then_some(length)
}

/// Fills a text. Between backticks stands what a reader copies into a shell: a value that would be more than one plain
/// word there is not written, but its name, `<host>`.
pub fn fill(text: &str, mut value: impl FnMut(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_code = false;
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => {
                in_code ^= text.matches('`').count() % 2 == 1;
                out.push_str(text);
            }
            Piece::Name(name) => match value(name) {
                value if in_code && !is_inert(&value) => {
                    out.push('<');
                    out.push_str(name);
                    out.push('>');
                }
                value => out.push_str(&value),
            },
        }
    }
    out
}

/// True for a word that no shell reads as anything but itself.
pub fn is_inert(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-:/".contains(c);
    !text.is_empty() && !text.starts_with('-') && text.chars().all(plain)
}

/// Faults of the placeholders of a text: names that nothing gives, and braces that are left open.
pub fn check(
    text: &str,
    known: &[&str],
    file: &Document<'_>,
    at: &At<'_>,
    faults: &mut Vec<Fault>,
) {
    for (byte, _) in text.match_indices('{') {
        let inside = &text[byte + 1..];
        let length = inside
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(inside.len());
        let name = &inside[..length];
        if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            continue; // {0}, {{, { and the like stand for themselves
        }
        if !inside[length..].starts_with('}') {
            let message = format!("the brace before `{name}` is left open");
            let help = "write {name} without blanks, or take the brace out";
            faults.push(file.fault_in(at, byte, message, help));
        } else if !known.contains(&name) {
            let message = format!("nothing gives a value to `{{{name}}}`");
            let help = one_of(name, known.iter().copied());
            faults.push(file.fault_in(at, byte, message, help));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_names_in_braces_only() {
        let cut: Vec<Piece<'_>> = pieces("{stuck at {endpoint}, {0} of {} {port_2}").collect();
        assert_eq!(
            cut,
            [
                Piece::Text("{stuck at "),
                Piece::Name("endpoint"),
                Piece::Text(", {0} of {} "),
                Piece::Name("port_2"),
            ]
        );
        assert_eq!(pieces("").count(), 0);
        assert_eq!(pieces("{").collect::<Vec<_>>(), [Piece::Text("{")]);
    }

    #[test]
    fn nothing_of_a_trace_gets_into_a_command_but_a_plain_word() {
        let filled = |host: &str| {
            fill("ask {host}: `ping {host} -n 1` ({host})", |_| {
                host.to_owned()
            })
        };
        assert_eq!(
            filled("a.example"),
            "ask a.example: `ping a.example -n 1` (a.example)"
        );
        let evil = "x;calc";
        assert_eq!(filled(evil), "ask x;calc: `ping <host> -n 1` (x;calc)");
        assert_eq!(filled("-x"), "ask -x: `ping <host> -n 1` (-x)");
    }

    #[test]
    fn open_braces_and_unknown_names_are_faults() {
        let told = |text: &str| {
            let source = format!("a = '{text}'");
            let mut faults = Vec::new();
            let file = Document::new("x.toml", &source);
            check(
                text,
                &["endpoint"],
                &file,
                &super::super::document::at("a"),
                &mut faults,
            );
            faults
                .into_iter()
                .map(|f| (f.column, f.message))
                .collect::<Vec<_>>()
        };
        assert_eq!(told("{endpoint} and {0} {"), []);
        assert_eq!(told("at {nope}")[0].0, 9);
        assert!(told("{stuck at {endpoint}")[0].1.contains("left open"));
    }
}
