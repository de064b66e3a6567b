//! `name:password@host` without a scheme, as in `connecting with anna:x@swyx.example.com`.

use std::ops::Range;

use memchr::{memchr_iter, memmem};

use super::keyed::looks_typed;
use super::{Change, REMOVED};

/// Longest name, password and host.
const LONGEST: usize = 64;
/// What stands before an address and is nobody's name.
const LABELS: [&str; 50] = [
    "sip",
    "sips",
    "tel",
    "mailto",
    "mail",
    "email",
    "e-mail",
    "smtp",
    "upn",
    "eum",
    "x500",
    "notes",
    "xmpp",
    "jid",
    "from",
    "to",
    "user",
    "users",
    "username",
    "contact",
    "im",
    "pres",
    "h323",
    "npm",
    "pkg",
    "account",
    "name",
    "login",
    "benutzer",
    "aor",
    "call",
    "caller",
    "callee",
    "peer",
    "tag",
    "identity",
    "by",
    "an",
    "von",
    "key",
    "teilnehmer",
    "cc",
    "for",
    "sender",
    "recipient",
    "participant",
    "room",
    "target",
    "host",
    "server",
];
/// How a word ends that is such a label.
const LABEL_ENDS: [&str; 6] = ["id", "uri", "address", "name", "-to", "_to"];

/// The next one.
pub fn named(text: &str, from: usize) -> Option<Change> {
    let plain = memchr_iter(b'@', &text.as_bytes()[from..]).map(|at| (from + at, "@", ":"));
    let escaped =
        memmem::find_iter(&text.as_bytes()[from..], "%40").map(|at| (from + at, "%40", "%3A"));
    plain.chain(escaped).find_map(|(at, mark, colon)| {
        let front = name_and_password(text, from, at, colon)?;
        let host = is_host(&text[at + mark.len()..]);
        host.then(|| (front, REMOVED.to_owned()))
    })
}

/// What stands before the mark at `at`, if it is a name and what somebody made up as a password.
fn name_and_password(text: &str, from: usize, at: usize, colon: &str) -> Option<Range<usize>> {
    let ends = |b: &u8| b.is_ascii_whitespace() || b"\"'`<>()[]{},;=|&/?#@".contains(b);
    let bytes = &text.as_bytes()[from..at];
    let word = bytes
        .iter()
        .rev()
        .take(2 * LONGEST)
        .take_while(|b| !ends(b))
        .count();
    let word = text.get(at - word..at)?;
    // Nearly all addresses have nothing like a password.
    if !looks_typed(word.rsplit(':').next()?, 5) {
        return None;
    }
    let (name, secret) = word.split_once(colon).or_else(|| word.split_once("%3a"))?;
    // `sip:anna:x@host`
    let inner = secret.split_once(':').filter(|_| is_label(name));
    let numbers = inner.is_some();
    let (name, secret) = inner.unwrap_or((name, secret));
    // A MAC or an IPv6 address, the path of a drive.
    let address = (name.bytes().chain(secret.bytes())).all(|b| b.is_ascii_hexdigit() || b == b':');
    let is_name = name.starts_with(|c: char| c.is_alphabetic() || numbers && c.is_ascii_digit())
        && !address
        && !secret.starts_with('\\')
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || "._-\\".contains(c))
        && !is_label(name);
    let counts = is_name && looks_typed(secret, 5) && !secret.contains("<removed");
    counts.then(|| at - name.len() - colon.len() - secret.len()..at)
}

/// A letter alone is a header of SIP in its short form.
fn is_label(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let ends = LABEL_ENDS.iter().any(|end| name.ends_with(end));
    name.len() < 2 || ends || LABELS.contains(&name.as_str())
}

/// A name with a dot, an IPv4 address, or a plain name with a digit or a port; no digest of a container's image.
fn is_host(rest: &str) -> bool {
    let length = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || "-._".contains(c)))
        .unwrap_or(rest.len());
    let host = rest[..length].trim_end_matches('.');
    let digits = host
        .split('.')
        .all(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let parts = host.split('.').count();
    let script = [".js", ".ts", ".mjs", ".dll", ".exe"]
        .iter()
        .any(|end| host.ends_with(end));
    !host.is_empty()
        && !host.starts_with(['-', '.'])
        && (!digits || parts == 4)
        && !script
        && !["sha256", "sha512", "sha1", "md5"].contains(&host)
}
