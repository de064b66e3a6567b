//! Secrets that are known by how they begin, or by the place that they have in a command line or header.

use std::sync::LazyLock;

use regex::Regex;

use super::shapes::regex;
use super::{Change, REMOVED, value};

/// Keys of well-known services, and Kerberos and NTLM messages in base64.
pub fn prefixed(text: &str, from: usize) -> Option<Change> {
    static KNOWN: LazyLock<Regex> = LazyLock::new(|| {
        regex(concat!(
            r"\b(?:(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}",
            r"|xox[abeoprs]-[\w-]{10,}|[rs]k_(?:live|test)_\w{10,}|AIza[\w-]{30,})",
            r"|(?:^|[^A-Za-z0-9+/])(?<base64>(?:YII[A-Za-z0-9+/]{24,}|TlRMTVNTUAA[A-Za-z0-9+/]*)={0,2})"
        ))
    });
    let found = KNOWN.captures_at(text, from)?;
    let secret = found.name("base64").unwrap_or(found.get_match());
    Some((secret.range(), REMOVED.to_owned()))
}

/// `ABCD1-EFGH2-IJKL3-MNOP4`, behind a word that says what it is.
pub fn licence(text: &str, from: usize) -> Option<Change> {
    static LICENCE: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?i:licen[sc]e|lizenz|product|produkt|activation|aktivierung)[^\r\n]{0,32}?\b(?<key>[A-Z0-9]{4,8}(?:-[A-Z0-9]{4,8}){3,8})\b",
        )
    });
    let key = LICENCE.captures_at(text, from)?.name("key")?;
    Some((key.range(), REMOVED.to_owned()))
}

/// The password of a command line: `-p x`, `-pw x`, `net use \\server\share x /user:y`.
pub fn command(text: &str, from: usize) -> Option<Change> {
    static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
        regex(concat!(
            r#"(?:^|[\s"'])-(?:pw?|P)[ \t]+\\*["']?(?<option>[^\s"'\\/:]+)"#,
            r#"|(?i)\bnet(?:\.exe)?[ \t]+use[ \t][^\r\n]*?(?<share>\\\\[^\s"']+)\\*["']?(?<rest>[^\r\n"']*)"#
        ))
    });
    let mut at = from;
    while let Some(found) = COMMAND.captures_at(text, at) {
        if let Some(option) = found.name("option") {
            let word = option.as_str();
            let digit = word.bytes().any(|b| b.is_ascii_digit());
            let letter = word.bytes().any(|b| b.is_ascii_alphabetic());
            if word.len() >= 4 && digit && letter && !word.contains(".log") {
                return Some((option.range(), REMOVED.to_owned()));
            }
        }
        if let Some(rest) = found.name("rest") {
            let mut start = rest.start();
            for word in rest.as_str().split_inclusive([' ', '\t']) {
                let bare = word.trim_end();
                let other =
                    bare.is_empty() || bare.starts_with(['/', '*', '<']) || bare.ends_with(':');
                if !other {
                    return Some((start..start + bare.len(), REMOVED.to_owned()));
                }
                start += word.len();
            }
        }
        at = found.get_match().end().max(at + 1);
    }
    None
}

/// The answer to a Digest challenge without its header.
pub fn response(text: &str, from: usize) -> Option<Change> {
    static RESPONSE: LazyLock<Regex> =
        LazyLock::new(|| regex(r#"(?i)\b(?:response|cnonce)=\\*["']?(?<hash>[0-9a-f]{16,128})\b"#));
    let hash = RESPONSE.captures_at(text, from)?.name("hash")?;
    Some((hash.range(), REMOVED.to_owned()))
}

/// A bearer token among the protocols that a browser asks a WebSocket for: it can send no other header.
pub fn subprotocol(text: &str, from: usize) -> Option<Change> {
    static HEADER: LazyLock<Regex> = LazyLock::new(|| {
        regex(r#"(?i)sec-websocket-protocol\\*["']?[ \t]*[:=,][ \t]*\[?\\*["']?"#)
    });
    static ITEM: LazyLock<Regex> = LazyLock::new(|| regex(r#"[A-Za-z0-9._~+/=-]{16,}"#));
    let mut at = from;
    while let Some(header) = HEADER.find_at(text, at) {
        let line = &text[header.end()..][..value::line_length(&text[header.end()..])];
        let item = ITEM.find_iter(line).find(|item| {
            let digit = item.as_str().bytes().any(|b| b.is_ascii_digit());
            digit && !item.as_str().contains("JWT")
        });
        if let Some(item) = item {
            let start = header.end() + item.start();
            return Some((start..start + item.len(), REMOVED.to_owned()));
        }
        at = header.end();
    }
    None
}
