//! Secrets that are known by how they begin, or by the place that they have in a command line or header.

use std::sync::LazyLock;

use regex::Regex;

use super::keyed::JUDGED;
use super::shapes::{holds, places, regex};
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
    const BEGINNINGS: [&str; 15] = [
        "AKIA",
        "ASIA",
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "github_pat_",
        "glpat-",
        "xox",
        "k_live_",
        "k_test_",
        "AIza",
        "YII",
        "TlRMTVNTUAA",
    ];
    // The expression takes longer to compile than all others together, and nearly no text has any of these.
    if !BEGINNINGS.iter().any(|one| text[from..].contains(one)) {
        return None;
    }
    let found = KNOWN.captures_at(text, from)?;
    let secret = found.name("base64").unwrap_or(found.get_match());
    Some((secret.range(), REMOVED.to_owned()))
}

/// `ABCD1-EFGH2-IJKL3-MNOP4`, behind a word that says what it is.
pub fn licence(text: &str, from: usize) -> Option<Change> {
    if !may_be_licence(&text[from..]) {
        return None;
    }
    let key = LICENCE.captures_at(text, from)?.name("key")?;
    Some((key.range(), REMOVED.to_owned()))
}

/// The password of a command line: `-p x`, `-pw x`, `net use \\server\share x /user:y`.
pub fn command(text: &str, from: usize) -> Option<Change> {
    if !may_be_command(&text[from..]) {
        return None;
    }
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
    if !may_be_response(&text[from..]) {
        return None;
    }
    let found = RESPONSE.captures_at(text, from)?;
    let hash = ["hash", "nonce", "answer"];
    let hash = hash.iter().find_map(|name| found.name(name))?;
    Some((hash.range(), REMOVED.to_owned()))
}

/// A bearer token among the protocols that a browser asks a WebSocket for: it can send no other header.
pub fn subprotocol(text: &str, from: usize) -> Option<Change> {
    static ITEM: LazyLock<Regex> = LazyLock::new(|| regex(r"[A-Za-z0-9._~+/=-]{16,}"));
    if !may_be_subprotocol(&text[from..]) {
        return None;
    }
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

/// `Kennwort für Benutzer anna ist x`, `password for anna: x`, `PIN von 244: x`; `password old=x new=y`.
pub fn of_somebody(text: &str, from: usize) -> Option<Change> {
    const STATES: [&str; 26] = [
        "correct",
        "korrekt",
        "richtig",
        "valid",
        "gültig",
        "too",
        "zu",
        "locked",
        "error",
        "fehler",
        "rejected",
        "abgelehnt",
        "reset",
        "zurück",
        "not",
        "nicht",
        "expired",
        "abgelaufen",
        "wrong",
        "falsch",
        "invalid",
        "ungültig",
        "incorrect",
        "missing",
        "failed",
        "gesperrt",
    ];
    if !may_be_of_somebody(&text[from..]) {
        return None;
    }
    let mut at = from;
    while let Some(found) = SENTENCE.captures_at(text, at) {
        at = found.get_match().end();
        let secret = ["secret", "new", "old", "second", "third"]
            .iter()
            .find_map(|name| found.name(name))?;
        let bare = secret.as_str().trim_end_matches(['.', ',', ')']);
        let state = STATES
            .iter()
            .any(|state| bare.to_lowercase().starts_with(state));
        if !state && !bare.is_empty() && !value::is_no_secret(bare) && !is_judged(text, &found) {
            let range = secret.start()..secret.start() + bare.len();
            return Some((range, REMOVED.to_owned()));
        }
    }
    None
}

/// `wrong password for anna: connection closed`: a sentence goes on.
fn is_judged(text: &str, found: &regex::Captures<'_>) -> bool {
    let before = text[..found.get_match().start()].trim_end();
    let word = before.rsplit(' ').next().unwrap_or_default();
    let verb = ["ist", "is", "lautet", "was", "war"];
    let told = found[0].split_whitespace().any(|word| verb.contains(&word));
    !told
        && JUDGED
            .iter()
            .any(|judged| judged.eq_ignore_ascii_case(word))
}

/// `AUTH PLAIN x` of a mail server, `net user name x /add`, digits that somebody dialled into a menu.
pub fn spoken(text: &str, from: usize) -> Option<Change> {
    if !may_be_spoken(&text[from..]) {
        return None;
    }
    let found = SPOKEN.captures_at(text, from)?;
    let secret = [
        "auth",
        "user",
        "digits",
        "grid",
        "recovery",
        "community",
        "code",
    ]
    .iter()
    .find_map(|name| found.name(name))?;
    Some((secret.range(), REMOVED.to_owned()))
}

// Each of the expressions below is compiled only where what stands in all that it matches is in a text: few texts have any,
// and to compile them takes a fifth of a short run.

/// True if groups of capitals and digits stand in it, with a hyphen between them.
fn may_be_licence(text: &str) -> bool {
    let of_key = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    let mut parts = text.as_bytes().split(|b| *b == b'-');
    let mut before = parts.next().unwrap_or_default();
    parts.any(|part| {
        let ends = before
            .last_chunk::<4>()
            .is_some_and(|end| end.iter().all(of_key));
        before = part;
        ends && part
            .first_chunk::<4>()
            .is_some_and(|start| start.iter().all(of_key))
    })
}

fn may_be_command(text: &str) -> bool {
    names_any(text, &["-p", "use"])
}

fn may_be_response(text: &str) -> bool {
    names_any(text, &["response", "nonce"])
}

fn may_be_subprotocol(text: &str) -> bool {
    names_any(text, &["sec-websocket-protocol"])
}

fn may_be_of_somebody(text: &str) -> bool {
    const WORDS: [&str; 5] = ["password", "passwort", "kennwort", "passphrase", "pin"];
    const NEXT: [&str; 16] = [
        "f", "of", "v", "d", "old", "alt", "changed", "reset", "ge", "wurde", "has", "to", "auf",
        "in", "\u{17f}", "\u{212a}",
    ];
    let goes_on = |end: usize| {
        let rest = &text.as_bytes()[end..];
        let word = rest.trim_ascii_start();
        let is_next = |next: &&str| {
            let start = word.get(..next.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(next.as_bytes()))
        };
        word.len() < rest.len() && NEXT.iter().any(is_next)
    };
    let named = |word: &&str| places(text, word).any(|at| goes_on(at + word.len()));
    WORDS.iter().any(named) || text.contains(STRANGE)
}

fn may_be_spoken(text: &str) -> bool {
    const WORDS: [&str; 7] = [
        "auth ",
        "auth\t",
        "dtmf",
        "sg.",
        "recovery key",
        "wiederherstellungsschl",
        "community",
    ];
    let is_command = || holds(text, "net") && holds(text, "user");
    names_any(text, &WORDS) || is_command() || may_be_code(text)
}

/// True if one of these words in lower case may stand in a text as an expression sees it that does not regard case: two
/// letters of other scripts count as `k` and `s` there.
fn names_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| holds(text, word)) || text.contains(STRANGE)
}

const STRANGE: [char; 2] = ['\u{17f}', '\u{212a}'];

/// True if `your code` may stand in a text, or `PIN` with digits behind it.
fn may_be_code(text: &str) -> bool {
    const WHOSE: [&str; 4] = ["sms", "your", "ihr", "dein"];
    let text_of = text.as_bytes();
    let is_whose = |at: usize| {
        let before = &text_of[..at];
        let bare = before.strip_suffix(b" ").or(before.strip_suffix(b"-"));
        let before = bare.unwrap_or(before);
        let ends = |whose: &&str| {
            let from = before.len().checked_sub(whose.len());
            from.is_some_and(|from| before[from..].eq_ignore_ascii_case(whose.as_bytes()))
        };
        WHOSE.iter().any(ends)
    };
    // `ist`, `is`, `lautet` may stand between, without a blank.
    let goes_on = |at: usize| {
        let next = text_of.get(at + "pin".len());
        next.is_some_and(|next| b" \t:iIlL0123456789".contains(next))
    };
    places(text, "code").any(is_whose) || places(text, "pin").any(goes_on)
}

static LICENCE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i:licen[sc]e|lizenz|product|produkt|activation|aktivierung)[^\r\n]{0,32}?\b(?<key>[A-Z0-9]{4,8}(?:-[A-Z0-9]{4,8}){3,8})\b",
    )
});

static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r#"(?:^|[\s"'])-(?:pw?|P)[ \t]+\\*["']?(?<option>[^\s"'\\/:]+)"#,
        r#"|(?i)\bnet(?:\.exe)?[ \t]+use[ \t][^\r\n]*?(?<share>\\\\[^\s"']+)\\*["']?(?<rest>[^\r\n"']*)"#
    ))
});

static RESPONSE: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r#"(?i)\b(?:response|c?nonce)=\\*["']?(?<hash>[0-9a-f]{16,128})\b"#,
        r#"|\b(?:c|next)?nonce\\*["']?[:=]\\*["']?(?<nonce>[a-z0-9+/=._~-]{12,})"#,
        r#"|\bresponse\\*["']?:[ ]?\\*["'](?<answer>[0-9a-f]{32}|[0-9a-f]{64})\\*["']"#
    ))
});

static HEADER: LazyLock<Regex> =
    LazyLock::new(|| regex(r#"(?i)sec-websocket-protocol\\*["']?[ \t]*[:=,][ \t]*\[?\\*["']?"#));

static SENTENCE: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r"(?i)(?:passwor[dt]|kennwort|passphrase|\bpin)[ \t]+(?:für|fuer|for|of|von|des|der|vom)[ \t]+",
        r#"(?:(?:den|the|benutzers?|users?|konto|account|durchwahl|extension|teilnehmer|mailbox)[ \t]+){0,2}"#,
        r#"[^\s:=]+(?:[ \t]+(?-i:[A-ZÄÖÜ])[^\s:=]*)?(?:[ \t]+(?:ist|is|lautet|was|war)(?:[ \t]+(?:jetzt|nun|now))?(?:[ \t]*[:=])?[ \t]+|[ \t]*[:=][ \t]*)\\*["']?(?<secret>[^\s"',;<>]{3,})"#,
        r#"|(?:passwor[dt]|kennwort)[ \t]+(?:old|alt)[ \t]*[:=][ \t]*(?<old>[^\s,;<>]+)(?:[ ,;]+(?:new|neu)[ \t]*[:=][ \t]*(?<new>[^\s,;<>]+))?"#,
        r#"|(?:passwor[dt]|kennwort)[ \t]+(?:old|alt)[ \t]*[:=][ \t]*<removed>[ ,;]+(?:new|neu)[ \t]*[:=][ \t]*(?<second>[^\s,;<>]+)"#,
        r#"|(?:passwor[dt]|kennwort)[ \t]+(?:changed|reset|geändert|wurde|has been|from|von|[ \t])+<removed>[ \t]+(?:to|auf|in)[ \t]+(?<third>[^\s,;<>]+)"#
    ))
});

static SPOKEN: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r"(?i)\bAUTH[ \t]+(?:PLAIN|LOGIN|CRAM-MD5|XOAUTH2)[ \t]+(?<auth>[A-Za-z0-9+/=]{8,})",
        r"|\bnet(?:\.exe)?[ \t]+user[ \t]+[^\s/]+[ \t]+(?<user>[^\s/*]+)[ \t]+/",
        r"|\bDTMF\b[^\r\n0-9]{0,24}(?<digits>[0-9*#]{3,})",
        r"|\bSG\.(?<grid>[a-z0-9_-]{8,}\.[a-z0-9_-]{16,})",
        r"|\b(?:recovery key|wiederherstellungsschlüssel)[ :=]{1,3}(?<recovery>[0-9]{6}(?:-[0-9]{6}){5,7})",
        r"|(?:\bcommunity[ \t]*=|\bsnmp[ -]community:)[ \t]*(?<community>[^\s,;]{3,})",
        r"|\b(?:(?:SMS|your|ihr|dein)[ -]?code|\bPIN)[ \t]*(?:ist|is|lautet|:)?[ \t]*(?<code>[0-9](?:[ ]?[0-9]){3,7})\b"
    ))
});

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type May = fn(&str) -> bool;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn what_an_expression_matches_passes_what_is_asked_before(
            parts in prop::collection::vec(prop::sample::select(vec![
                "licence", "Lizenz ", "product key: ", "ABCD1-EFGH2-IJKL3-MN0P4", "A1B2", "-", "C3D4-", "XYZW9",
                " -p ", "-pw\t", "-P ", "x9yz1", "net use ", "NET.EXE  USE ", "\\\\server\\share ", "pw1 ",
                "response=", "CNonce=\"", "0123456789abcdef01", "Sec-WebSocket-Protocol: ", "sec-web\u{17f}ocket-protocol: ",
                "Passwort ", "pa\u{17f}\u{17f}word ", "\u{212a}ennwort ", "PIN ", "für ", "for ", "anna ", "ist ", "is ", "old=", ": ", "geheim1 ",
                "AUTH PLAIN ", "auth\tLOGIN\t", "QUJDREVGRw==", "net user ", "anna x1 /add", "DTMF ", "digits 123#", "SG.", "abcdefgh1.abcdefghijklmnop2",
                "recovery key: ", "123456-", "123456", "community=", "public1", "SMS-Code ", "your code is ", "dein code: ", "ihrcode", "4711", "pinist", "pin:", "ping ", " ",
            ]), 0..9),
        ) {
            let text = parts.concat();
            let all: [(&Regex, May); 6] = [
                (&LICENCE, may_be_licence),
                (&COMMAND, may_be_command),
                (&RESPONSE, may_be_response),
                (&HEADER, may_be_subprotocol),
                (&SENTENCE, may_be_of_somebody),
                (&SPOKEN, may_be_spoken),
            ];
            for (expression, may) in all {
                prop_assert!(may(&text) || !expression.is_match(&text), "{expression}: {text:?}");
            }
        }
    }
}
