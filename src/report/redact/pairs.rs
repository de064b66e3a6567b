//! A key and its value as members of a list: `("password", "x")`, `[password, x]`, `Credential("anna", "x")`.

use std::ops::Range;

use super::keyed::{Family, is_code, is_mixed, looks_secret, looks_typed};

/// What stands behind a key's name where names are listed.
const NAMES: [&str; 19] = [
    "username", "user", "name", "login", "server", "host", "domain", "token", "email", "port",
    "confirm", "type", "required", "string", "text", "hidden", "pin", "password", "secret",
];

/// `"password", "x"`: the arguments of a command line, as Node prints them (`option`), or a pair.
pub fn quoted(
    text: &str,
    list: Range<usize>,
    family: Family,
    before: &str,
    option: bool,
) -> Option<Range<usize>> {
    let rest = &text[list.end..];
    let length = rest
        .find(['"', '\'', '\\', '\r', '\n'])
        .unwrap_or(rest.len());
    let secret = &rest[..length];
    let other = matches!(family, Family::Query | Family::Credentials);
    if secret.is_empty() || other {
        return None;
    }
    let close = rest[length..].trim_start_matches(['"', '\'', '\\', ' ', '\t']);
    let counts = match opening(before) {
        _ if option => true,
        Some(front) if is_open(front) && close.starts_with([')', ']', '}', '>']) => match family {
            Family::Password | Family::Passphrase => !is_name(secret),
            Family::Code => is_code(secret),
            _ => looks_secret(secret),
        },
        Some(_) => matches!(family, Family::Password | Family::Key) && looks_typed(secret, 6),
        None => false,
    };
    counts.then_some(list.end..list.end + length)
}

/// What stands before the quote that opens a key.
fn opening(before: &str) -> Option<&str> {
    let front = before.trim_end_matches(|c: char| c.is_alphanumeric() || "_-. ".contains(c));
    let bare = front.trim_end_matches(['"', '\'']);
    (bare.len() < front.len()).then(|| bare.trim_end_matches(['\\', ' ', '\t']))
}

fn is_open(front: &str) -> bool {
    front.ends_with(['(', '[', '{', '<'])
}

/// A name, which may be a member of a list of names.
fn is_name(text: &str) -> bool {
    let joined = text.contains('_') && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    joined || NAMES.iter().any(|name| name.eq_ignore_ascii_case(text))
}

/// `[password, x]`
pub fn bare(text: &str, at: usize, family: Family, before: &str) -> Option<Range<usize>> {
    let front = before.trim_end_matches(|c: char| c.is_alphanumeric() || "_-. ".contains(c));
    let rest = &text[at..];
    let length = rest.find([')', ']', '}', '>', ',', ' ', '\r', '\n'])?;
    let closed = rest[length..].starts_with([')', ']', '}', '>']);
    let secret = &rest[..length];
    let counts = match family {
        Family::Password | Family::Passphrase => looks_typed(secret, 7),
        Family::Token | Family::Key | Family::Session => is_mixed(secret),
        Family::Code => is_code(secret),
        _ => false,
    };
    (is_open(front) && closed && counts).then_some(at..at + length)
}

/// `Credential("anna", "x")`: the second of what a call gets.
pub fn called(text: &str, at: usize) -> Option<Range<usize>> {
    let inner = &text[at..at + text[at..].find([')', '\r', '\n'])?];
    let second = at + inner.find(',')? + 1;
    let rest = &text[second..at + inner.len()];
    let rest = &rest[..rest.find(',').unwrap_or(rest.len())];
    let marks = ['"', '\'', '\\', ' ', '@'];
    let secret = rest.trim_matches(marks);
    let start = second + rest.len() - rest.trim_start_matches(marks).len();
    looks_typed(secret, 6).then_some(start..start + secret.len())
}
