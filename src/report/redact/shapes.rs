//! The shapes of secrets other than JWTs. Each function finds the next one at or after a position.

use std::sync::LazyLock;

use memchr::memmem;
use regex::{Captures, Regex};

use super::keyed::{is_mixed, looks_typed};
use super::{Change, REMOVED, value, with_line_ends};

pub fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a fixed regex")
}

/// A PEM private key, up to its end or the end of the text; also the rest of one whose beginning was cut off.
pub fn private_key(text: &str, from: usize) -> Option<Change> {
    const NOTE: &str = "<private key removed>";
    static MARK: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"-----(?<which>BEGIN|END)(?:[ +]|%20)[A-Z0-9 +%]{0,40}PRIVATE(?:[ +]|%20)KEY(?: BLOCK)?-----",
        )
    });
    let mark = MARK.captures_at(text, from)?;
    let whole = mark.get_match();
    let range = if &mark["which"] == "END" {
        from + rest_of_key(&text[from..whole.start()])..whole.end()
    } else {
        let end = text[whole.end()..].find("-----END").map(|at| {
            let close = whole.end() + at + "-----END".len();
            text[close..]
                .find("-----")
                .map_or(text.len(), |dashes| close + dashes + 5)
        });
        whole.start()..end.unwrap_or(text.len())
    };
    let note = with_line_ends(NOTE, &text[range.clone()]);
    Some((range, note))
}

/// Where the lines of base64 begin that `text` ends with.
fn rest_of_key(text: &str) -> usize {
    let is_key = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    let line = |line: &&str| line.trim().chars().all(is_key);
    let lines = text.split_inclusive('\n').rev().take_while(line);
    text.len() - lines.map(str::len).sum::<usize>()
}

/// `Authorization:` and `Cookie:` headers, also as keys in JSON and as pairs in Node's `rawHeaders`.
pub fn header(text: &str, from: usize) -> Option<Change> {
    static NAME: LazyLock<Regex> = LazyLock::new(|| {
        regex(concat!(
            r"(?i)(?:^|[^\w.-])(?:x-)?(?:(?<auth>(?:proxy-)?authorization)|(?:set-)?cookies?2?)",
            r#"(?:\\*["'][ \t]*[:=,]|[ \t]*[:=,])[ \t]*"#
        ))
    });
    let mut at = from;
    while let Some(name) = NAME.captures_at(text, at) {
        at = name[0].len() + name.get_match().start();
        // `[Set-Cookie, a=b]` is a pair, but a comma in a sentence says nothing.
        if name[0].trim_end().ends_with(',') && !name[0].starts_with(['[', '(', '{', '"', '\'']) {
            continue;
        }
        let found = if name.name("auth").is_some() {
            credentials(text, at)
        } else {
            cookies(text, at)
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn contents(text: &str, at: usize) -> (std::ops::Range<usize>, bool) {
    let rest = &text[at..];
    match value::opening_quote(rest) {
        Some(opening) => {
            let start = at + opening.len();
            (
                start..start + value::quoted_length(&text[start..], opening),
                true,
            )
        }
        None => (at..at + value::line_length(rest), false),
    }
}

/// Where the value of a header stands whose line ends before it: on the next line, further in.
fn unfolded(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    if !rest.starts_with([' ', '\t', '\r', '\n']) {
        return at;
    }
    let line = rest.trim_start_matches([' ', '\t', '\r']);
    let Some(next) = line.strip_prefix('\n') else {
        return at;
    };
    let inner = next.trim_start_matches([' ', '\t']);
    if inner.len() < next.len() {
        text.len() - inner.len()
    } else {
        at
    }
}

fn credentials(text: &str, at: usize) -> Option<Change> {
    static SCHEME: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?i)^(?:(?:bearer|basic|negotiate|ntlm|token|apikey|(digest|hawk|oauth|aws4[\w-]*|signature|sharedaccesssignature))(?:\s+|$))",
        )
    });
    // Node writes header values as arrays, too.
    let at = at + usize::from(text[at..].starts_with('['));
    let at = unfolded(text, at);
    let (mut range, quoted) = contents(text, at);
    let inner = &text[range.clone()];
    let scheme = SCHEME.captures(inner);
    let mut start = range.start + scheme.as_ref().map_or(0, |s| s[0].len());
    if scheme.is_some() && !quoted && start == range.end {
        start = unfolded(text, start);
        range.end = start + value::line_length(&text[start..]);
        let folded = &text[start..range.end];
        let word = folded.split_whitespace().next().unwrap_or_default();
        if word.len() < folded.trim_end().len() || !looks_random(word) {
            return None;
        }
    }
    if scheme.is_none()
        && let Some(secret) = of_other_scheme(&text[range.clone()])
    {
        let secret = range.start + secret.start..range.start + secret.end;
        return Some((secret, REMOVED.to_owned()));
    }
    let rest = &text[start..range.end];
    let whole = quoted || scheme.as_ref().is_some_and(|s| s.get(1).is_some());
    let length = if whole {
        rest.len()
    } else {
        value::bare_length(rest, false, false)
    };
    let secret = &rest[..length];
    let plain_word = scheme.is_none() && !quoted && !looks_random(secret);
    (!secret.is_empty() && !secret.starts_with('<') && !plain_word)
        .then(|| (start..start + length, REMOVED.to_owned()))
}

/// What stands behind a scheme that nobody knows, if it is all that stands there, and random.
fn of_other_scheme(text: &str) -> Option<std::ops::Range<usize>> {
    let (scheme, secret) = text.split_once(' ')?;
    let secret = secret.trim();
    let start = text.len() - text[scheme.len()..].trim_start().len();
    let is_name = scheme
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (is_name && !secret.contains(' ') && is_mixed(secret)).then_some(start..start + secret.len())
}

fn cookies(text: &str, at: usize) -> Option<Change> {
    let folded = unfolded(text, at);
    let is_cookie = |line: &str| {
        line.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        })
    };
    let at = if folded > at && is_cookie(&text[folded..]) {
        folded
    } else {
        at
    };
    let rest = &text[at..];
    let (range, quoted) = if rest.starts_with('[') {
        let line = value::line_length(rest);
        (
            at..at + rest[..line].find(']').map_or(line, |end| end + 1),
            true,
        )
    } else {
        contents(text, at)
    };
    let inner = &text[range.clone()];
    let is_one = inner != REMOVED && (inner.contains('=') || (quoted && looks_random(inner)));
    is_one.then(|| (range, REMOVED.to_owned()))
}

/// A credential behind the name of its scheme, wherever it stands.
pub fn scheme(text: &str, from: usize) -> Option<Change> {
    static SCHEME: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r#"(?i)\b(?:bearer|basic)\\*["'][ \t]*,[ \t]*\\*["']?(?:parameter|value|credentials?)\\*["']?[ \t]*[:=][ \t]*\\*["'](?<parameter>[^"'\\\r\n]{3,})|(?:\b|%20|%3A)(?:(?<bearer>bearer)|basic|negotiate|ntlm|oauth)(?:[ \t]+|%20|\+|:[ \t]*|["'][ \t]*,[ \t]*)\\*["']?(?<value>[A-Za-z0-9._~+/=%-]+)(?<next>\\*["']?(?:[ \t]*:)?)|\bdigest[ \t]+(?<digest>username[ \t]*=[^\r\n]*)|\bbearer[ \t]*\r?\n[ \t]*(?<wrapped>[A-Za-z0-9._~+/=-]{20,})"#,
        )
    });
    SCHEME
        .captures_iter_from(text, from)
        .find_map(|found| scheme_value(&found))
}

/// `Bearer error="invalid_token"` is the server's answer, and the best evidence there is.
const PARAMETERS: [&str; 7] = [
    "realm",
    "error",
    "error_description",
    "error_uri",
    "scope",
    "charset",
    "authorization_uri",
];

fn scheme_value(found: &Captures) -> Option<Change> {
    // A token that was wrapped to the next line is as long as no word is.
    let whole = ["digest", "wrapped", "parameter"];
    if let Some(whole) = whole.iter().find_map(|name| found.name(name)) {
        return Some((whole.range(), REMOVED.to_owned()));
    }
    let secret = found.name("value")?;
    let text = secret.as_str();
    // `"token_type":"Bearer","access_token":"…"`: the key of the next member.
    if found["next"].ends_with(':') {
        return None;
    }
    let parameter = text.split_once('=').is_some_and(|(name, value)| {
        (value.is_empty() && found["next"].ends_with('"') && name.len() < 24)
            || PARAMETERS
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name))
    });
    let secret_like = if found.name("bearer").is_some() {
        text.len() >= 3 && !is_prose(text)
    } else {
        looks_encoded(text)
    };
    (!parameter && secret_like).then(|| (secret.range(), REMOVED.to_owned()))
}

/// Words that follow `Bearer` in prose.
fn is_prose(text: &str) -> bool {
    const WORDS: [&str; 36] = [
        "token",
        "expected",
        "given",
        "offered",
        "challenges",
        "tokens",
        "auth",
        "authentication",
        "authenticate",
        "authorization",
        "scheme",
        "was",
        "is",
        "not",
        "and",
        "or",
        "header",
        "handler",
        "challenge",
        "challenged",
        "failed",
        "error",
        "realm",
        "required",
        "missing",
        "format",
        "type",
        "invalid",
        "expired",
        "rejected",
        "used",
        "fehlt",
        "wurde",
        "ist",
        "nicht",
        "for",
    ];
    let word = text.trim_end_matches(['.', ':', '-']);
    WORDS.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Base64 as in `Basic` and `Negotiate`, against a word of prose.
fn looks_encoded(text: &str) -> bool {
    let lower = text.bytes().any(|b| b.is_ascii_lowercase());
    let odd = text
        .bytes()
        .skip(1)
        .any(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b"+/=".contains(&b));
    text.len() >= 24 || (text.len() >= 6 && lower && odd)
}

/// A word that no one writes in a sentence.
pub fn looks_random(text: &str) -> bool {
    text.len() >= 16 || text.bytes().any(|b| b.is_ascii_digit())
}

/// `<password>x</password>`, `<string name="password">x</string>`, `<key>password</key><value>x</value>`.
pub fn element(text: &str, from: usize) -> Option<Change> {
    static ELEMENT: LazyLock<Regex> = LazyLock::new(|| {
        // Without limits: a repetition of so many kinds of letters took more memory than all grammars.
        // Letters of tags are ASCII, as that is smaller.
        regex(concat!(
            r#"(?i-u)<(?:[\w:.-]*(?:passwor[dt]|passphrase|kennwort|pwd|token|secret|api_?key|geheimnis|signaturevalue|ciphervalue|wresult|samlresponse)(?<suffix>\w*)(?:\s(?u:[^<>])*)?"#,
            r#"|(?:[\w.-]*:)?(?:pin|pw|pass|psw|jwt|otp)(?:\s(?u:[^<>])*)?"#,
            r#"|[\w:.-]+\s(?u:[^<>])*?\b(?:name|key|id)\s*=\s*\\*["'][\w:. -]*?(?:passwor[dt]|passphrase|kennwort|pwd|token|secret|api_?key)(?<named>\w*)\\*["'](?u:[^<>])*(?:>\s*<value)?"#,
            r#"|(?:key|name)>[\w:. -]*?(?:passwor[dt]|passphrase|kennwort|pwd|token|secret|api_?key)(?<keyed>\w*)</(?:key|name)>\s*<\w+(?:\s(?u:[^<>])*)?)"#,
            r#">\s*(?:<!\[CDATA\[(?<data>(?u:[^<>])+?)\]\]>|(?<value>(?u:[^<>])+)</|(?<cut>(?u:[^<>\s])+)$)"#
        ))
    });
    static ENTITIES: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?i)&lt;[\w:.-]*(?:passwor[dt]|passphrase|kennwort|pwd|token|secret|api_?key)\w*(?:\s[^<>]*?)?&gt;(?<value>[^<>&]+)&lt;/",
        )
    });
    // Nearly every text has neither, and the expressions are not even compiled.
    if text[from..].contains("&lt;/")
        && let Some(found) = ENTITIES
            .captures_at(text, from)
            .and_then(|found| found.name("value"))
        && found.as_str() != REMOVED
    {
        return Some((found.range(), with_line_ends(REMOVED, found.as_str())));
    }
    if !may_have_element(&text[from..]) || !may_name_element(&text[from..]) {
        return None;
    }
    let mut at = from;
    while let Some(found) = ELEMENT.captures_at(text, at) {
        let (name, value) = (["suffix", "named", "keyed"], ["data", "value", "cut"]);
        let suffix = name.iter().find_map(|name| found.name(name));
        let secret = value.iter().find_map(|name| found.name(name))?;
        let cut = found.name("cut").is_some() && !looks_typed(secret.as_str(), 6);
        let told = suffix.is_some_and(|suffix| tells_about(suffix.as_str()));
        if !told && !cut && !value::is_no_secret(secret.as_str().trim()) {
            return Some((secret.range(), with_line_ends(REMOVED, secret.as_str())));
        }
        // The value may begin what comes next.
        at = secret.start();
    }
    None
}

/// True if a start tag may have text behind it, up to an end tag or, cut off, to the end. What stands for a removed secret
/// is no tag.
fn may_have_element(text: &str) -> bool {
    let ours = |rest: &str| rest.starts_with("<removed>") || rest.starts_with("<JWT ");
    let is_tag = |at: usize| {
        let next = text.as_bytes().get(at + 1);
        next.is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_' || *b >= 0x80)
            && !ours(&text[at..])
    };
    let cut = || {
        let tail = text.rsplit('>').next().unwrap_or_default();
        !tail.is_empty() && tail.len() < text.len() && !tail.contains(char::is_whitespace)
    };
    let ends = memmem::find(text.as_bytes(), b"</").is_some() || text.contains("<![") || cut();
    ends && memchr::memchr_iter(b'<', text.as_bytes()).any(is_tag)
}

/// `<PasswordExpiryDays>`: what is known about a secret.
fn tells_about(suffix: &str) -> bool {
    const SUFFIXES: [&str; 29] = [
        "set", "exp", "type", "endpoint", "ur", "length", "policy", "lifetime", "required",
        "format", "age", "max", "min", "count", "status", "state", "never", "lastset", "service",
        "issuer", "valid", "version", "audience", "size", "server", "error", "changed", "enabled",
        "protect",
    ];
    let suffix = suffix.trim_start_matches('_').to_ascii_lowercase();
    SUFFIXES.iter().any(|known| suffix.starts_with(known))
}

/// True if a word of a secret may stand in a text, as elements are called.
fn may_name_element(text: &str) -> bool {
    const WORDS: [&str; 10] = [
        "geheimnis",
        "signaturevalue",
        "ciphervalue",
        "wresult",
        "samlresponse",
        "pin",
        "pw",
        "pass",
        "psw",
        "jwt",
    ];
    may_name_secret(text) || WORDS.iter().any(|word| holds(text, word)) || holds(text, "otp")
}

/// `<add key="ProxyPassword" value="x" />` of a program's settings, in either order.
pub fn attribute(text: &str, from: usize) -> Option<Change> {
    static ATTRIBUTE: LazyLock<Regex> = LazyLock::new(|| {
        // Without limits: a repetition of so many kinds of letters is large, and takes long to compile.
        let name = r#"\b(?:key|name)\s*=\s*\\*["'][\w:. -]*?(?:passwor[dt]|passphrase|kennwort|pwd|token|secret|api_?key)\w*\\*["']"#;
        let value = |group: &str| format!(r#"\bvalue\s*=\s*\\*["'](?<{group}>[^"'<>\\]+)"#);
        regex(&format!(
            r"(?i)<[^<>]*?(?:{name}[^<>]*?{}|{}[^<>]*?{name})",
            value("after"),
            value("before")
        ))
    });
    let rest = &text[from..];
    if !rest.contains('<') || !has_value(rest) || !may_name_secret(rest) {
        return None; // nearly every text, and the expression is not even compiled
    }
    let mut at = from;
    while let Some(found) = ATTRIBUTE.captures_at(text, at) {
        let secret = found.name("after").or(found.name("before"))?;
        if secret.as_str() != REMOVED && !secret.is_empty() {
            return Some((secret.range(), with_line_ends(REMOVED, secret.as_str())));
        }
        at = found.get_match().end();
    }
    None
}

/// `{"value":"x","name":"password"}`
pub fn member(text: &str, from: usize) -> Option<Change> {
    static MEMBER: LazyLock<Regex> = LazyLock::new(|| {
        regex(concat!(
            r#"(?i)\bvalue\\*["']?\s*[:=]\s*\\*["'](?<value>[^"'<>\\]+)\\*["']\s*,\s*\\*["']?(?:name|key)\\*["']?\s*[:=]\s*"#,
            r#"\\*["'][\w:. -]*?(?:passwor[dt]|passphrase|kennwort|pwd|token|secret|api_?key)\\*["']"#
        ))
    });
    let rest = &text[from..];
    if !rest.contains(',') || !has_value(rest) || !may_name_secret(rest) {
        return None;
    }
    let mut at = from;
    while let Some(found) = MEMBER.captures_at(text, at) {
        let secret = found.name("value")?;
        if !value::is_no_secret(secret.as_str()) {
            return Some((secret.range(), REMOVED.to_owned()));
        }
        at = found.get_match().end();
    }
    None
}

/// True if `value` stands there as the name of something: `"value":`, `value =`.
fn has_value(text: &str) -> bool {
    let between = |c: char| c.is_whitespace() || matches!(c, '\\' | '"' | '\'');
    let mut behind = places(text, "value").map(|at| &text[at + "value".len()..]);
    behind.any(|rest| rest.trim_start_matches(between).starts_with([':', '=']))
}

/// True if a word of a secret may stand in a text, as tags name it. Of what is not ASCII, this is for the expression to say.
fn may_name_secret(text: &str) -> bool {
    const WORDS: [&str; 8] = [
        "passwor",
        "passphrase",
        "kennwort",
        "pwd",
        "token",
        "secret",
        "apikey",
        "api_key",
    ];
    !text.is_ascii() || WORDS.iter().any(|word| holds(text, word))
}

/// True if a word in lower case stands in a text in any case.
pub fn holds(text: &str, word: &str) -> bool {
    places(text, word).next().is_some()
}

/// Where a word in lower case stands in a text in any case.
pub fn places(text: &str, word: &str) -> impl Iterator<Item = usize> {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let first = word.first().copied().unwrap_or_default();
    let starts = memchr::memchr2_iter(first, first.to_ascii_uppercase(), text);
    starts.filter(move |at| {
        let part = text.get(*at..*at + word.len());
        part.is_some_and(|part| part.eq_ignore_ascii_case(word))
    })
}

/// `curl -u user:password`.
pub fn user_option(text: &str, from: usize) -> Option<Change> {
    static OPTION: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r#"(?i)(?:^|[\s"'\[,])(?:-u|--(?:proxy-)?user)[\s=]+\\*["']?(?<secret>[^\s:"'<>\\/]+:[^\s"'<>\\/][^\s"'<>\\]*)"#,
        )
    });
    let secret = OPTION.captures_at(text, from)?.name("secret")?;
    Some((secret.range(), REMOVED.to_owned()))
}

/// The key of a call's media in an SDP: `a=crypto:1 … inline:x|2^20`.
pub fn media_key(text: &str, from: usize) -> Option<Change> {
    static KEY: LazyLock<Regex> =
        LazyLock::new(|| regex(r"(?i)\binline(?::|%3a)(?<key>[A-Za-z0-9+/=%]{16,})"));
    let key = KEY.captures_at(text, from)?.name("key")?;
    Some((key.range(), REMOVED.to_owned()))
}

/// `user:password@` in a URL, also percent-encoded.
pub fn user_info(text: &str, from: usize) -> Option<Change> {
    static USER: LazyLock<Regex> = LazyLock::new(|| {
        regex(concat!(
            r#"://([^\s"'<>/?#]+)@|(?:^|[\s"'=(\[,;>])//([^\s"'<>/?#:@]+:[^\s"'<>/?#]+)@|(?i)%3A%2F%2F((?:[^\s"'<>/?#&%]|"#,
            r"%(?:[013-9A-F][0-9A-F]|2[0-9A-E]|3[0-9A-E]))+?)%40"
        ))
    });
    let found = USER.captures_at(text, from)?;
    let secret = found.get(1).or(found.get(2)).or(found.get(3))?;
    Some((secret.range(), REMOVED.to_owned()))
}

/// `captures_at`, repeated: looks around a position see the text before it.
trait CapturesFrom {
    fn captures_iter_from<'t>(
        &self,
        text: &'t str,
        from: usize,
    ) -> impl Iterator<Item = Captures<'t>>;
}

impl CapturesFrom for Regex {
    fn captures_iter_from<'t>(
        &self,
        text: &'t str,
        from: usize,
    ) -> impl Iterator<Item = Captures<'t>> {
        let mut at = from;
        std::iter::from_fn(move || {
            let found = self.captures_at(text, at)?;
            at = found.get_match().end();
            Some(found)
        })
    }
}
