//! JSON Web Tokens: found in any wrapping, replaced by what a diagnosis needs of them.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat};
use memchr::memmem;
use serde_json::Value;

use super::{Change, with_line_ends};
use crate::syntax::jwt::base64;

/// Longer tokens are removed all the same, but not looked into.
const MOST: usize = 16 * 1024;
/// A claim that is longer is cut.
const CLAIM: usize = 80;

/// The next JWT, or a piece of one: everything that starts with base64 of `{"`, and a whole one whose header is written
/// with blanks.
pub fn token(text: &str, from: usize) -> Option<Change> {
    [plain_token(text, from), spaced_token(text, from)]
        .into_iter()
        .flatten()
        .min_by_key(|(range, _)| range.start)
}

fn plain_token(text: &str, from: usize) -> Option<Change> {
    let mut at = from;
    loop {
        let start = at + memmem::find(&text.as_bytes()[at..], b"eyJ")?;
        let (end, plain) = scan(text.as_bytes(), start);
        if end - start >= 12 {
            let note = with_line_ends(&describe(&plain), &text[start..end]);
            return Some((start..end, note));
        }
        at = start + 3;
    }
}

/// `{` with a line end or a blank behind it begins any base64 of JSON, so it must be the header of a token.
fn spaced_token(text: &str, from: usize) -> Option<Change> {
    let whole = |start: usize| {
        let (end, plain) = scan(text.as_bytes(), start);
        let header = plain.get(..plain.iter().position(|b| *b == b'.')?)?;
        let named = json(header).is_some_and(|header| header["alg"].is_string());
        named.then(|| {
            let note = with_line_ends(&describe(&plain), &text[start..end]);
            (start..end, note)
        })
    };
    let places = |beginning: &&str| {
        let all = memmem::find_iter(&text.as_bytes()[from..], *beginning);
        all.map(|at| from + at).find_map(whole)
    };
    let beginnings = ["ewog", "ew0K", "eyAi"];
    let all = beginnings.iter().filter_map(places);
    all.min_by_key(|(range, _)| range.start)
}

/// One character of a token, in whatever wrapping.
enum Unit {
    Body(u8),
    Dot,
}

/// The end of the token that starts at `start`, and the token without its wrapping (at most [`MOST`] bytes).
fn scan(bytes: &[u8], start: usize) -> (usize, Vec<u8>) {
    let mut plain = Vec::new();
    let (mut at, mut dots) = (start, 0);
    loop {
        let byte = match unit(bytes, at) {
            Some((Unit::Body(byte), length)) => {
                at += length;
                byte
            }
            Some((Unit::Dot, length)) if dots < 4 && goes_on(bytes, at + length) => {
                at += length;
                dots += 1;
                b'.'
            }
            _ => match continuation(bytes, at) {
                Some(next) => {
                    at = next;
                    continue;
                }
                None => return (at, plain),
            },
        };
        if plain.len() < MOST {
            plain.push(byte);
        }
    }
}

/// True if the token goes on behind a dot: with a body, or (an encrypted one without a key) with a second dot.
fn goes_on(bytes: &[u8], at: usize) -> bool {
    match unit(bytes, at) {
        Some((Unit::Body(_), _)) => true,
        Some((Unit::Dot, length)) => matches!(unit(bytes, at + length), Some((Unit::Body(_), _))),
        None => continuation(bytes, at).is_some(),
    }
}

fn unit(bytes: &[u8], at: usize) -> Option<(Unit, usize)> {
    let rest = bytes.get(at..)?;
    let (byte, length) = match *rest.first()? {
        b'%' => percent(rest)?,
        b'\\' if rest.starts_with(b"\\u00") => (hex(rest.get(4..6)?)?, 6),
        byte => (byte, 1),
    };
    match byte {
        b'.' => Some((Unit::Dot, length)),
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'+' | b'/' => {
            Some((Unit::Body(byte), length))
        }
        b'=' if length > 1 || at > 0 => Some((Unit::Body(byte), length)),
        _ => None,
    }
}

/// `%2E`, `%252E`, `%25252E`.
fn percent(rest: &[u8]) -> Option<(u8, usize)> {
    let mut at = 1;
    while rest.get(at..at + 2)? == b"25" {
        at += 2;
    }
    Some((hex(rest.get(at..at + 2)?)?, at + 2))
}

fn hex(two: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok()
}

/// Where the token goes on after a line end (real or escaped): only with a line that is nothing but random letters.
pub fn continuation(bytes: &[u8], at: usize) -> Option<usize> {
    let mut next = at;
    loop {
        let rest = &bytes[next..];
        next += match rest.first()? {
            b'\r' | b'\n' => 1,
            b' ' | b'\t' if next > at => 1,
            b'\\' if matches!(rest.get(1), Some(b'r' | b'n')) => 2,
            _ => break,
        };
    }
    let run = bytes[next..]
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
        .count();
    let word = &bytes[next..next + run];
    let ends = bytes
        .get(next + run)
        .is_none_or(|b| b"\r\n\"'\\,;&)}]".contains(b));
    let count = |test: fn(&u8) -> bool| word.iter().filter(|b| test(b)).count();
    let (digits, upper) = (count(u8::is_ascii_digit), count(u8::is_ascii_uppercase));
    // A name like `InvalidOperationException` has no digit and few capitals.
    let random = upper > 0 && count(u8::is_ascii_lowercase) > 0 && (digits > 0 || upper * 4 >= run);
    (next > at && random && (run >= 20 || (run >= 8 && ends))).then_some(next)
}

fn describe(plain: &[u8]) -> String {
    let mut parts = plain.split(|b| *b == b'.').map(json);
    let header = parts.next().flatten();
    let claims = parts.next().flatten();
    let mut out = String::from("<JWT");
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            write!(out, " {name}={value}").unwrap_or_default();
        }
    };
    add("alg", header.as_ref().and_then(|h| words(&h["alg"])));
    if let Some(claims) = claims {
        for name in ["iss", "aud"] {
            add(name, words(&claims[name]));
        }
        for name in ["exp", "nbf", "iat"] {
            add(name, instant(&claims[name]));
        }
    }
    out.push('>');
    out
}

fn json(part: &[u8]) -> Option<Value> {
    serde_json::from_slice(&base64(part)?).ok()
}

/// A claim as a word that can neither break the placeholder nor look like a secret of another shape.
fn words(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<&str> = items.iter().take(3).filter_map(Value::as_str).collect();
            items.join(",")
        }
        _ => return None,
    };
    let mut out: String = text
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-._~:/,".contains(c) {
                c
            } else {
                '…'
            }
        })
        .take(CLAIM)
        .collect();
    if text.chars().count() > CLAIM {
        out.push('…');
    }
    let out = out.trim_end_matches([':', ',']);
    let lower = out.to_ascii_lowercase();
    let bare_scheme = ["bearer", "basic", "negotiate", "ntlm"]
        .iter()
        .any(|s| lower.ends_with(s));
    (!out.is_empty() && !out.contains("eyJ") && !bare_scheme).then(|| out.to_owned())
}

fn instant(value: &Value) -> Option<String> {
    let time = DateTime::from_timestamp(value.as_i64()?, 0)?;
    Some(time.to_rfc3339_opts(SecondsFormat::Secs, true))
}
