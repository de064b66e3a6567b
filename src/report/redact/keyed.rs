//! Keys that name a secret, with their values: in URLs, JSON, connection strings, command lines and prose.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::shapes::{looks_random, regex};
use super::{Change, REMOVED, value};

/// A key that names a secret, and its value.
pub fn secret(text: &str, from: usize) -> Option<Change> {
    static KEY: LazyLock<Regex> = LazyLock::new(|| {
        regex(concat!(
            r"(?i)(?<key>passwor[dt]|passwd|passphrase|pass|kennwort|pwd|ticket|jwt|auth|secret(?:[_-]?key)?|",
            r"api[_ -]?key|(?:access|account|private)[_-]?key|sharedaccesssignature|token|sig|code|pin)",
            r#"(?:(?<quote>\\*["']|%(?:25)*2[27])?[ \t]*(?<mark>=>|:=|[:=]|(?<encoded>%(?:25)*3[ad]))[ \t]*"#,
            r#"|\\*["'][ \t]*,[ \t]*\\*["']value\\*["'][ \t]*:[ \t]*|(?<blank>[ \t]+))"#
        ))
    });
    let mut at = from;
    while let Some(found) = KEY.captures_at(text, at) {
        let all = found.get_match();
        if let Some(change) = keyed_value(text, &found) {
            return Some(change);
        }
        at = all.end();
    }
    None
}

fn keyed_value(text: &str, found: &Captures) -> Option<Change> {
    let all = found.get_match();
    let key = found["key"].to_ascii_lowercase();
    // Everyday words: only `key=value`, as in a URL's query, makes a secret of them.
    let everyday = matches!(key.as_str(), "pass" | "ticket" | "jwt" | "auth");
    if everyday && found.name("mark").is_none_or(|mark| mark.as_str() != "=") {
        return None;
    }
    // A bounded look back: a record may be a megabyte of keys.
    let mut start = all.start().saturating_sub(64);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let before = &text[start..all.start()];
    // `https://host/api/token: 502`: the end of a path is no key.
    let after_mark = found.name("mark").map(|mark| mark.as_str());
    if before.ends_with('/') && after_mark == Some(":") {
        return None;
    }
    let quoted = value::opening_quote(&text[all.end()..]).is_some();
    let is_password = key.starts_with("pass") || key == "kennwort";
    if found.name("blank").is_some() {
        let option = before.ends_with("--") && !is_option(&text[all.end()..]);
        // `auth token is 5f1c-…`, `Kennwort ist Sommer21`: a sentence, but what follows is none of its words.
        let rest = &text[all.end()..];
        let skipped = copula(rest);
        if skipped > 0 && (is_password || key == "token" && is_named_token(before)) {
            let bare = &rest[skipped..];
            let bare = &bare[..bare.find(char::is_whitespace).unwrap_or(bare.len())];
            let bare = bare.trim_end_matches(['.', ',', ';', ')']);
            if looks_secret(bare) && !bare.starts_with("<JWT") {
                let start = all.end() + skipped;
                return Some((start..start + bare.len(), REMOVED.to_owned()));
            }
        }
        // `access_token AbC…` with nothing between: only a key that no sentence holds, and a value that no word is.
        let named = before.ends_with(['_', '-']) || key.contains(['_', '-']);
        let rest = &text[all.end()..];
        let bare = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
        let loose = named && looks_secret(bare);
        if !(option || loose || (quoted && is_password)) {
            return None;
        }
    }
    let listed = before.trim_end().ends_with(';');
    let range = if found.name("blank").is_some() && !quoted {
        let rest = &text[all.end()..];
        all.end()..all.end() + rest.find(char::is_whitespace).unwrap_or(rest.len())
    } else {
        value::at(text, all.end(), found.name("encoded").is_some(), listed)?
    };
    let secret = &text[range.clone()];
    let colon = found.name("mark").is_some_and(|mark| mark.as_str() == ":");
    if colon && secret.starts_with('{') && secret.len() < 2 {
        return None;
    }
    let in_query =
        before.ends_with(['?', '&', ';']) || before.to_ascii_lowercase().ends_with("%26");
    let counts = match key.as_str() {
        "token" => is_token_key(before) && (!colon || looks_random(&secret.replace(REMOVED, ""))),
        "sig" => in_query,
        "code" => in_query && secret.len() >= 16,
        "pin" => !ends_in_letter(before) && secret.bytes().all(|b| b.is_ascii_digit()),
        _ => true,
    };
    (counts && !secret.starts_with(REMOVED)).then(|| (range, REMOVED.to_owned()))
}

/// Length of a word between a key and its value in a sentence.
fn copula(rest: &str) -> usize {
    let words = ["is ", "was ", "ist ", "war ", "lautet "];
    words
        .into_iter()
        .find(|word| rest.starts_with(word))
        .map_or(0, str::len)
}

/// `auth token`, `login token`: a token that opens something.
fn is_named_token(before: &str) -> bool {
    let word = before
        .trim_end()
        .rsplit(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default();
    !word.is_empty() && is_token_key(before.trim_end())
}

/// Letters and digits mixed, and longer than a word with a number at its end.
fn looks_secret(text: &str) -> bool {
    let count = |test: fn(&u8) -> bool| text.bytes().filter(&test).count();
    let (digits, letters) = (count(u8::is_ascii_digit), count(u8::is_ascii_alphabetic));
    text.len() >= 8 && digits > 0 && letters > 0 && !text.contains("://")
}

/// The next option of a command line, and no value.
fn is_option(rest: &str) -> bool {
    let letter =
        rest.starts_with('-') && rest.as_bytes().get(1).is_some_and(u8::is_ascii_alphabetic);
    rest.starts_with("--") || (letter && rest.as_bytes().get(2).is_none_or(u8::is_ascii_whitespace))
}

fn ends_in_letter(before: &str) -> bool {
    before.ends_with(|c: char| c.is_alphanumeric())
}

/// `PublicKeyToken=` stands in every .NET stack and `CancellationToken` is none either.
fn is_token_key(before: &str) -> bool {
    const PREFIXES: [&str; 20] = [
        "anmelde",
        "sitzungs",
        "zugriffs",
        "access",
        "id",
        "refresh",
        "auth",
        "authentication",
        "bearer",
        "session",
        "csrf",
        "xsrf",
        "oauth",
        "jwt",
        "api",
        "security",
        "push",
        "device",
        "connection",
        "login",
    ];
    let start = before
        .rfind(|c: char| !c.is_ascii_alphabetic())
        .map_or(0, |at| {
            at + before[at..].chars().next().map_or(1, char::len_utf8)
        });
    let word = before[start..].to_ascii_lowercase();
    word.is_empty() || PREFIXES.iter().any(|prefix| word.ends_with(prefix))
}
