//! Keys that name a secret, with their values: in URLs, JSON, connection strings, command lines and prose.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::keys::{self, Found};
use super::shapes::{looks_random, regex};
use super::{Change, REMOVED, jwt, pairs, value, with_line_ends};

/// Shortest code that somebody types in to prove who they are.
const SHORTEST_CODE: usize = 4;
/// Longest one.
const LONGEST_CODE: usize = 24;
/// Shortest value behind a key that only may be one of a secret.
const SHORTEST_KEY: usize = 20;
/// Shortest token that stands in a sentence.
const SHORTEST_TOKEN: usize = 16;

/// What kind of secret a key names, and so which values are one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Every value, and in a sentence what no word is.
    Password,
    /// Several words, up to the next key.
    Passphrase,
    /// `pass`, `pw`: words of other meanings, too.
    ShortPassword,
    /// Only `key=value`, as in a URL's query, makes a secret of these everyday words.
    Everyday,
    /// What opens something: by the word in front and by how it looks.
    Token,
    /// A key of a service.
    Key,
    /// A key of whatever: only what is long and random.
    AnyKey,
    /// Digits, mostly: a PIN, a TAN, a code that was sent.
    Code,
    /// In a URL's query only.
    Query,
    /// The id of a session that somebody could take over.
    Session,
    /// `name/password`.
    Credentials,
    /// The signature of a link.
    Signature,
}

fn family(key: &str) -> Family {
    let key: String = key
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    let key = key.as_str();
    match key {
        "pass" | "pw" | "psw" | "pswd" => Family::ShortPassword,
        "ticket" | "jwt" | "auth" | "assertion" | "codeverifier" | "samlresponse" => {
            Family::Everyday
        }
        "sig" | "signature" => Family::Signature,
        "code" => Family::Query,
        "id" | "sid" => Family::Session,
        "login" => Family::Credentials,
        "schlüssel" | "schluessel" => Family::AnyKey,
        "schlüsselinhalt" | "keycontent" | "ntlmhash" | "kennw" | "geheim" | "codewort" => {
            Family::Password
        }
        "passwörter" | "passworter" | "passwords" | "kennwörter" => Family::Passphrase,
        _ if key.ends_with("code") || key.starts_with("pin") => Family::Code,
        _ if key.starts_with("mot") || key.starts_with("wacht") || key.starts_with("contrase") => {
            Family::Password
        }
        _ if key.starts_with("recovery") || key.starts_with("wiederherst") => Family::Password,
        _ if key.starts_with("passphrase") => Family::Passphrase,
        "securestring" | "geheimnis" | "geheimwort" | "schlüsselwort" => Family::Password,
        _ if key.starts_with("pass") || key.starts_with("kennwort") || key.starts_with("pwd") => {
            Family::Password
        }
        _ if key.starts_with("token") => Family::Token,
        _ if key.starts_with("session") || key.starts_with("sitzung") => Family::Session,
        _ if key.ends_with("daten") || key.starts_with("credential") => Family::Credentials,
        "key" => Family::AnyKey,
        _ if ["pin", "tan", "otp", "kennwort", "passwort", "password"]
            .iter()
            .any(|end| key.ends_with(end)) =>
        {
            Family::Code
        }
        _ => Family::Key,
    }
}

/// What stands between a key and its value.
struct Between<'t> {
    /// `=`, `:`, `->`.
    mark: Option<&'t str>,
    /// The mark is percent-encoded.
    encoded: bool,
    /// Blanks only.
    blank: bool,
    /// The key is `id` or `sid`, which say little.
    short_id: bool,
    /// The key is `login`, which is a word of many sentences.
    login: bool,
    /// The key ends in `key`.
    key_word: bool,
    /// Behind the key something stands in brackets that may be anything.
    noted: bool,
}

/// A key that names a secret, and its value.
pub fn secret(text: &str, from: usize) -> Option<Change> {
    let mut at = from;
    while let Some(found) = keys::find(text, at) {
        let (all, key) = found.place().zip(found.part("key"))?;
        if let Some(range) = keyed_value(text, &found, all, &text[key.clone()])
            && !text[range.clone()].starts_with(REMOVED)
        {
            let note = with_line_ends(REMOVED, &text[range.clone()]);
            return Some((range, note));
        }
        // A word of several may be a key itself: `access token`.
        let gap = text[key.clone()].find([' ', '_', '-']);
        at = key.start + gap.map_or(key.len(), |gap| gap + 1);
    }
    None
}

fn keyed_value(
    text: &str,
    found: &Found<'_>,
    all: Range<usize>,
    key_word: &str,
) -> Option<Range<usize>> {
    let family = family(key_word);
    // A bounded look back: a record may be a megabyte of keys.
    let mut start = all.start.saturating_sub(64);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let before = &text[start..all.start];
    let key = key_word.to_ascii_lowercase();
    let between = Between {
        mark: found.named("mark"),
        encoded: found.part("encoded").is_some(),
        blank: found.part("blank").is_some(),
        short_id: matches!(&*key, "id" | "sid"),
        login: key == "login",
        key_word: key.ends_with("key"),
        noted: note_says_nothing(found),
    };
    // `https://host/api/token: 502`: the end of a path is no key.
    if before.ends_with('/') && between.mark == Some(":") && family == Family::Token {
        return None;
    }
    let short = matches!(
        &*key,
        "pw" | "psw" | "pass" | "pin" | "tan" | "otp" | "sid" | "id" | "psk"
    );
    let short = short || key.starts_with("pin");
    if short && !starts_a_word(before, key_word) {
        return None;
    }
    if family == Family::Token && is_public(before) {
        return None;
    }
    if let Some(list) = found.part("list") {
        let option = before.ends_with('-') && !is_option(&text[list.end..]);
        return pairs::quoted(text, list, family, before, option);
    }
    if found.part("tuple").is_some() {
        return pairs::bare(text, all.end, family, before);
    }
    if let Some(form) = found.part("form") {
        let range = value::at(text, form.end, false, false)?;
        return before.ends_with(['"', '\'']).then_some(range);
    }
    let note = found.part("note");
    // `Passwort (hunter2): falsch`
    if let Some(note) = note.filter(|note| {
        let note = &text[note.clone()];
        looks_typed(note, 4) && !note.contains(' ')
    }) && matches!(family, Family::Password | Family::Passphrase)
    {
        return Some(note);
    }
    if found.part("bracket").is_some() {
        return in_brackets(text, all.end, family, before);
    }
    if between.blank {
        return behind_blank(text, all.end, family, key_word, before);
    }
    behind_mark(text, all.end, family, &between, before)
}

/// `password (8 characters): ok`, against `Passwort (neu): x`.
fn note_says_nothing(found: &Found<'_>) -> bool {
    let known = ["neu", "alt", "new", "old"];
    let is_known = |note: &str| known.iter().any(|word| word.eq_ignore_ascii_case(note));
    found.named("note").is_some_and(|note| !is_known(note))
}

/// `public key token`: the name of an assembly, which anybody may know.
fn is_public(before: &str) -> bool {
    let front = before.trim_end_matches([' ', '_', '-']);
    let front = front.strip_suffix(['y', 'Y']).unwrap_or_default();
    let front = front.strip_suffix("ke").or(front.strip_suffix("KE"));
    let front = front.or_else(|| before.trim_end_matches([' ', '_', '-']).strip_suffix("Key"));
    front.is_some_and(|front| {
        let front = front.trim_end_matches([' ', '_', '-']);
        front.len() >= 6
            && front.is_char_boundary(front.len() - 6)
            && front[front.len() - 6..].eq_ignore_ascii_case("public")
    })
}

/// `key=value`, `"key": "value"`.
fn behind_mark(
    text: &str,
    at: usize,
    family: Family,
    between: &Between<'_>,
    before: &str,
) -> Option<Range<usize>> {
    let listed = before.trim_end().ends_with(';');
    if let Some(block) = block(text, at) {
        let counts = matches!(
            family,
            Family::Password | Family::Passphrase | Family::Key | Family::Token
        );
        return counts.then_some(block);
    }
    let at = on_next_line(text, at, family).unwrap_or(at);
    let at = value::unwrapped(text, at);
    let range = value::at(text, at, between.encoded, listed)?;
    let secret = &text[range.clone()];
    let colon = between
        .mark
        .is_some_and(|mark| mark == ":" || mark.contains("3a"));
    let quoted = value::opening_quote(&text[at..]).is_some();
    if colon && secret.starts_with('{') && secret.len() < 2 {
        return None;
    }
    let in_query =
        before.ends_with(['?', '&', ';']) || before.to_ascii_lowercase().ends_with("%26");
    let arrow = between
        .mark
        .is_some_and(|mark| mark.ends_with(['>', '→']) && mark != "=>");
    let loose = between
        .mark
        .is_some_and(|mark| mark.ends_with([' ', '\t', '|']));
    let counts = match family {
        _ if loose => behind_line(family, secret),
        Family::Password if is_switch(before, secret) => false,
        Family::Password if is_directory(text, at) => false,
        Family::Password if between.noted && !quoted => looks_typed(secret, 4),
        // `RequestingToken -> RequestingJwt`: states follow each other like this, too.
        _ if arrow && !quoted => looks_typed(secret, 4),
        // `invalid password: login failed`: a sentence goes on.
        Family::Password if colon && !quoted && is_judged(before) => looks_typed(secret, 4),
        Family::Passphrase => return Some(range.start..phrase_end(text, &range, quoted)),
        Family::ShortPassword => {
            between.mark == Some("=") || quoted || !secret.bytes().all(|b| b.is_ascii_digit())
        }
        Family::Everyday if is_scheme(secret) => false,
        Family::Everyday => between.mark == Some("=") || is_random(secret, SHORTEST_KEY),
        Family::Token => {
            let bytes = secret.len() < 6 && secret.bytes().all(|b| b.is_ascii_digit());
            // `/api/token => 401`: few digits are a status or a size.
            is_token_key(before) && !bytes && (!colon || looks_random(&secret.replace(REMOVED, "")))
        }
        // `Signing Key: No such file`
        Family::Key if colon && !quoted && between.key_word => looks_random(secret),
        Family::Password | Family::Key => true,
        Family::AnyKey => is_random(secret, SHORTEST_KEY),
        Family::Code => is_code(secret),
        Family::Query => in_query && (secret.len() >= 16 || secret.len() >= 8 && mixes(secret)),
        Family::Session if between.short_id => in_query && is_random(secret, SHORTEST_KEY),
        Family::Session => secret.len() >= 10 && mixes(secret),
        Family::Credentials if text[at..].starts_with('(') => return pairs::called(text, at + 1),
        Family::Credentials if between.login && between.mark != Some("=") => false,
        Family::Credentials => return pair(text, at),
        Family::Signature => in_query || is_random(secret, SHORTEST_KEY),
    };
    if !counts {
        return None;
    }
    let end = if family == Family::Password && !quoted {
        more_words(text, range.end)
    } else {
        wrapped_end(text, &range)
    };
    Some(range.start..end)
}

/// `Kennwort - x`, `| password | x |`; `Password | OAuth2 | Kerberos` is the head of a table, and `login - user1` a sentence.
fn behind_line(family: Family, secret: &str) -> bool {
    match family {
        // `kennwort|password)[^.]*`: an expression.
        _ if secret.contains(['(', '[']) => false,
        Family::Password | Family::Passphrase => looks_typed(secret, 8),
        Family::Token | Family::Key => is_mixed(secret),
        Family::Code => is_code(secret) && mixes_no_words(secret),
        _ => false,
    }
}

/// Digits, mostly.
fn mixes_no_words(text: &str) -> bool {
    text.bytes().filter(u8::is_ascii_digit).count() * 2 > text.len()
}

/// The end of a long value with the lines over which it was wrapped.
fn wrapped_end(text: &str, range: &Range<usize>) -> usize {
    let mut end = range.end;
    let long =
        text[range.clone()].len() >= LONGEST_CODE && is_random(&text[range.clone()], LONGEST_CODE);
    while long && let Some(next) = jwt::continuation(text.as_bytes(), end) {
        end = next + value::bare_length(&text[next..], false, false).max(1);
    }
    end
}

/// `savePassword=1`: whether there is one, or what is done with it.
fn is_switch(before: &str, secret: &str) -> bool {
    const VERBS: [&str; 16] = [
        "save",
        "remember",
        "store",
        "use",
        "has",
        "is",
        "show",
        "hide",
        "allow",
        "require",
        "keep",
        "need",
        "no",
        "with",
        "merken",
        "speichern",
    ];
    let front = before
        .trim_end_matches([' ', '_', '-'])
        .to_ascii_lowercase();
    secret.len() == 1
        && secret.bytes().all(|b| b.is_ascii_digit())
        && VERBS.iter().any(|verb| front.ends_with(verb))
}

/// `pwd=C:\Users\anna`: the directory in which something runs.
fn is_directory(text: &str, at: usize) -> bool {
    const ROOTS: [&str; 6] = ["/home/", "/usr/", "/opt/", "/var/", "/tmp/", "/root/"];
    let rest = text.get(at..).unwrap_or_default();
    let drive =
        |rest: &[u8]| matches!(rest, [letter, b':', b'\\', ..] if letter.is_ascii_alphabetic());
    let path = drive(rest.as_bytes()) || ROOTS.iter().any(|root| rest.starts_with(root));
    let key = text[..at].trim_end_matches([' ', '=', ':', '"', '\'']);
    let key = key.len().checked_sub(3).and_then(|from| key.get(from..));
    path && key.is_some_and(|key| key.eq_ignore_ascii_case("pwd"))
}

/// `auth=NTLM`
fn is_scheme(secret: &str) -> bool {
    const SCHEMES: [&str; 12] = [
        "basic",
        "ntlm",
        "negotiate",
        "digest",
        "kerberos",
        "bearer",
        "windows",
        "oauth",
        "oauth2",
        "anonymous",
        "forms",
        "plain",
    ];
    SCHEMES
        .iter()
        .any(|scheme| scheme.eq_ignore_ascii_case(secret))
}

/// The lines below `password: |` that stand further in.
fn block(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text[at..].strip_prefix(['|', '>'])?;
    let rest =
        rest.trim_start_matches(['+', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    let rest = rest.trim_start_matches([' ', '\r']).strip_prefix('\n')?;
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let inner = indent(rest.split('\n').next()?);
    if inner == 0 {
        return None;
    }
    let lines = rest
        .split_inclusive('\n')
        .take_while(|line| indent(line) >= inner);
    let length: usize = lines.map(str::len).sum();
    let lines = &rest[..length];
    let start = text.len() - rest.len() + inner;
    let end = text.len() - rest.len() + lines.trim_end().len();
    (start < end).then_some(start..end)
}

/// Where the value stands if the line ends behind the mark: in quotes, or further in than the key.
fn on_next_line(text: &str, at: usize, family: Family) -> Option<usize> {
    let rest = &text[at..];
    let line = rest
        .strip_prefix("\r\n")
        .or_else(|| rest.strip_prefix('\n'))?;
    let value = line.trim_start_matches([' ', '\t']);
    let inner = value.len() < line.len();
    let quoted = value::opening_quote(value).is_some();
    let word = value[..value::line_length(value)].trim_end();
    let alone = !word.contains(char::is_whitespace) && looks_secret(word) && !word.contains('(');
    let counts = match family {
        Family::Password => true,
        Family::Token | Family::Key => quoted || alone,
        _ => quoted,
    };
    (inner && counts).then_some(text.len() - value.len())
}

/// `password (x)`, `token [x]`.
fn in_brackets(text: &str, at: usize, family: Family, before: &str) -> Option<Range<usize>> {
    if family == Family::Credentials {
        return pairs::called(text, at);
    }
    let rest = &text[at..];
    let end = rest.find([')', ']', '}', '>', ' ', '\r', '\n'])?;
    let closed = rest[end..].starts_with([')', ']', '}', '>']);
    let inner = &rest[..end];
    let counts = match family {
        Family::Password | Family::Passphrase => looks_typed(inner, 4),
        Family::Token if is_named_token(before) => looks_secret(inner),
        Family::Token => is_token_word(before) && (is_token(inner) || is_mixed(inner)),
        Family::Key => looks_typed(inner, 8),
        Family::Code => is_code(inner),
        _ => false,
    };
    (closed && counts).then_some(at..at + end)
}

/// A key and a value with nothing but blanks, or words of a sentence, between them.
fn behind_blank(
    text: &str,
    at: usize,
    family: Family,
    key: &str,
    before: &str,
) -> Option<Range<usize>> {
    let rest = &text[at..];
    let password = matches!(family, Family::Password | Family::Passphrase);
    // `--password x`, ` /password x`
    let option = before.ends_with("--")
        || before
            .strip_suffix('/')
            .is_some_and(|front| front.ends_with([' ', '"', '\'']));
    if option
        && !is_option(rest)
        && !matches!(
            family,
            Family::Session | Family::Query | Family::AnyKey | Family::Credentials
        )
    {
        let length = value::opening_quote(rest).map_or_else(
            || rest.find(char::is_whitespace).unwrap_or(rest.len()),
            |opening| opening.len() + value::quoted_length(&rest[opening.len()..], opening),
        );
        let start = value::opening_quote(rest).map_or(0, str::len);
        return (start < length).then_some(at + start..at + length);
    }
    let skipped = copula(rest);
    let at = at + skipped;
    let rest = &text[at..];
    if let Some(opening) = value::opening_quote(rest) {
        let range = value::at(text, at, false, false)?;
        let inner = &text[range.clone()];
        let counts = match family {
            Family::ShortPassword => looks_typed(inner, 6),
            Family::Key => looks_typed(inner, 8),
            Family::Token => is_token_word(before) && !is_judged(before) && is_mixed(inner),
            _ => password,
        };
        return (counts && !range.is_empty() && opening.len() <= 4).then_some(range);
    }
    let bare = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
    let bare = bare.trim_end_matches(['.', ',', ';', ')', '!', '"', '\'']);
    if bare.is_empty() || bare.starts_with('<') || bare.contains('=') {
        return None;
    }
    let named = before.ends_with(['_', '-']) || key.contains(['_', '-']);
    let counts = match family {
        Family::Password | Family::Passphrase => looks_typed(bare, 4),
        Family::Token => {
            let sure = named || skipped > 0 && is_named_token(before);
            let random = is_token(bare) || skipped > 0 && is_mixed(bare);
            sure && looks_secret(bare) || is_token_word(before) && random
        }
        Family::ShortPassword => looks_typed(bare, 6),
        Family::Key => looks_typed(bare, 8),
        Family::Code => {
            let digits = |b: u8| b.is_ascii_digit() || matches!(b, b'-' | b'#' | b'*');
            is_code(bare) && (skipped > 0 || bare.bytes().all(digits) || key.len() > 5)
        }
        Family::Credentials if !key.eq_ignore_ascii_case("login") => return pair(text, at),
        _ => false,
    };
    counts.then_some(at..at + bare.len())
}

/// Length of the words between a key and its value in a sentence.
fn copula(rest: &str) -> usize {
    static WORDS: LazyLock<Regex> = LazyLock::new(|| {
        regex(concat!(
            r"(?i)^(?:(?:is|was|ist|war|lautet|from|heißt|heisst|received|empfangen|erhalten|now|jetzt|of|von|has been|wurde|wird|",
            r"changed|set|reset|geändert|gesetzt|to|auf|as|als|value|wert)(?:[ \t]*(?:=|:)[ \t]*|[ \t]+)){1,4}"
        ))
    });
    WORDS.find(rest).map_or(0, |words| words.end())
}

/// `name/password`, `name : password`.
fn pair(text: &str, at: usize) -> Option<Range<usize>> {
    // By hand: classes of nearly all of Unicode that are counted to 64 take longer to compile than a small run takes.
    let is_mark = |c: char| c.is_whitespace() || "\"'\\<>,;/".contains(c);
    let name = text.get(at..)?.trim_start_matches('\\');
    let name = name.strip_prefix(['"', '\'']).unwrap_or(name);
    let (name, mark) = name.split_at(name.find(|c| is_mark(c) || matches!(c, ':' | '='))?);
    let value = unpadded(unpadded(mark).strip_prefix([':', '/'])?);
    let secret = value.split(is_mark).next().unwrap_or_default();
    let cut = secret.char_indices().nth(LONGEST_OF_PAIR);
    let secret = &secret[..cut.map_or(secret.len(), |(end, _)| end)];
    let is_pair = (1..=LONGEST_OF_PAIR).contains(&name.chars().count())
        && secret.chars().count() >= 4
        // `credentials: folder/folder/file`
        && !value[secret.len()..].starts_with('/');
    let start = text.len() - mark.len() - name.len();
    let end = text.len() - value.len() + secret.len();
    (is_pair && looks_typed(secret, 4)).then_some(start..end)
}

/// Characters of a name and of a password that stand together.
const LONGEST_OF_PAIR: usize = 64;

/// The text behind a blank, if one stands there.
fn unpadded(text: &str) -> &str {
    text.strip_prefix([' ', '\t']).unwrap_or(text)
}

/// The end of a passphrase of several words: up to the next key, a comma, or the end of the line.
fn phrase_end(text: &str, range: &Range<usize>, quoted: bool) -> usize {
    static END: LazyLock<Regex> =
        LazyLock::new(|| regex(r#"[,;|"'<>)\r\n]|[ \t]+[\w-]+[ \t]*[=:]"#));
    if quoted {
        return range.end;
    }
    END.find(&text[range.end..])
        .map_or(text.len(), |end| range.end + end.start())
}

/// The words behind a password that belong to it: no sentence has them.
fn more_words(text: &str, at: usize) -> usize {
    let mut end = at;
    while let Some(next) = text[end..].strip_prefix(' ') {
        let word = &next[..next.find(char::is_whitespace).unwrap_or(next.len())];
        let bare = word.trim_end_matches([',', ';', '.', ')']);
        if !looks_typed(bare, 4)
            || bare.contains([':', '=', '/', '\\', '('])
            || bare.bytes().all(|b| b.is_ascii_digit())
        {
            break;
        }
        end += 1 + bare.len();
        if bare.len() < word.len() {
            break;
        }
    }
    end
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

/// Words that judge a secret: no secret stands behind it then.
pub(super) const JUDGED: [&str; 10] = [
    "unexpected",
    "unerwartetes",
    "invalid",
    "wrong",
    "incorrect",
    "bad",
    "falsches",
    "falsche",
    "ungültiges",
    "missing",
];

/// `invalid password`, `falsches Kennwort`.
fn is_judged(before: &str) -> bool {
    let word = before.trim_end().rsplit(' ').next().unwrap_or_default();
    JUDGED
        .iter()
        .any(|judged| judged.eq_ignore_ascii_case(word))
}

/// A token as a word of its own, whatever stands in front.
fn is_token_word(before: &str) -> bool {
    !ends_in_letter(before) || is_token_key(before)
}

/// Capitals, small letters and digits, as a generator mixes them.
pub(super) fn is_mixed(text: &str) -> bool {
    let count = |test: fn(&u8) -> bool| text.bytes().filter(test).count();
    text.len() >= 8
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_+/=".contains(&b))
        && count(u8::is_ascii_digit) >= 2
        && count(u8::is_ascii_uppercase) >= 2
        && count(u8::is_ascii_lowercase) >= 2
}

/// Letters and digits mixed, and longer than a word with a number at its end.
pub(super) fn looks_secret(text: &str) -> bool {
    text.len() >= 8 && mixes(text) && !text.contains("://")
}

fn mixes(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// What somebody made up as a password, against a word or a number of a sentence.
pub(super) fn looks_typed(text: &str, shortest: usize) -> bool {
    let hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    // `Zaun_König`, `Gurke!x`
    let sign = text
        .trim_end_matches(['!', '?'])
        .contains(['!', '#', '$', '*', '+', '~', '^']);
    let joined = text.split_once('_').is_some_and(|(one, two)| {
        one.starts_with(char::is_uppercase) && two.starts_with(char::is_uppercase)
    });
    text.len() >= shortest
        && (mixes(text) || (sign || joined) && text.chars().any(char::is_alphabetic))
        && !hexadecimal
        && !text.ends_with(':')
        && !text.contains("://")
        && !text.contains('<')
}

/// A code that is typed in.
pub(super) fn is_code(text: &str) -> bool {
    (SHORTEST_CODE..=LONGEST_CODE).contains(&text.len())
        && text.bytes().any(|b| b.is_ascii_digit())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'#' | b'*'))
        && !text.starts_with("0x")
}

/// Long, and of letters and digits as no name has them.
fn is_random(text: &str, shortest: usize) -> bool {
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"-_+=%~".contains(&b) || b == b'/');
    let words = text.split(['-', '_', '/']).all(|word| word.len() < 8);
    text.len() >= shortest && plain && mixes(text) && !words
}

/// A token in a sentence: no name of a host, no id of a request.
fn is_token(text: &str) -> bool {
    let upper = text.bytes().any(|b| b.is_ascii_uppercase());
    let lower = text.bytes().any(|b| b.is_ascii_lowercase());
    let hexadecimal = text.len() >= 24 && text.bytes().all(|b| b.is_ascii_hexdigit());
    is_random(text, SHORTEST_TOKEN) && (upper && lower || hexadecimal)
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

/// A short key is a word of its own, or begins a part of one: `userPin`.
fn starts_a_word(before: &str, key: &str) -> bool {
    const OWNERS: [&str; 14] = [
        "proxy", "db", "sip", "smtp", "ftp", "http", "user", "ldap", "sql", "admin", "root",
        "mail", "imap", "vpn",
    ];
    let lower = before.to_lowercase();
    if OWNERS.iter().any(|owner| lower.ends_with(owner)) {
        return true;
    }
    if ends_in_escape(before) {
        return true;
    }
    match before.chars().next_back() {
        Some(c) if c.is_lowercase() => key.starts_with(char::is_uppercase),
        Some(c) => !c.is_alphanumeric(),
        None => true,
    }
}

/// `PublicKeyToken=` stands in every .NET stack and `CancellationToken` is none either.
fn is_token_key(before: &str) -> bool {
    const PREFIXES: [&str; 26] = [
        "aktualisierungs",
        "auffrischungs",
        "erneuerungs",
        "zugangs",
        "sicherheits",
        "geraete",
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
    // `access%5Ftoken`
    if ends_in_escape(before) {
        return true;
    }
    let start = before
        .rfind(|c: char| !c.is_ascii_alphabetic())
        .map_or(0, |at| {
            at + before[at..].chars().next().map_or(1, char::len_utf8)
        });
    let word = before[start..].to_ascii_lowercase();
    word.is_empty() || PREFIXES.iter().any(|prefix| word.ends_with(prefix))
}

/// A percent-encoded mark, also one that was encoded twice.
fn ends_in_escape(before: &str) -> bool {
    let Some((at, _)) = before.char_indices().rev().nth(1) else {
        return false;
    };
    let (front, last) = before.split_at(at);
    let mark = last.len() == 2
        && u8::from_str_radix(last, 16).is_ok_and(|b| b.is_ascii_punctuation() || b == b' ');
    mark && front.trim_end_matches("25").ends_with('%')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_name_and_a_password_are_found_as_an_expression_finds_them(
            text in r#"\\{0,2}["']?[a-z=ä]{0,4}[a-z\\]{0,2}([A-Za-z0-9!]{60,66})?[ \t]{0,2}[:/ ][ \t]{0,2}[A-Za-z0-9!ä:=]{0,9}([A-Za-z0-9!]{56,60})?[/, '"]?[a-z]{0,3}"#,
        ) {
            let expression = regex(
                r#"^\\*["']?(?<name>[^\s:/"'\\<>=,;]{1,64})[ \t]?[:/][ \t]?(?<secret>[^\s"'\\<>,;/]{4,64})"#,
            );
            let expected = expression.captures(&text).and_then(|found| {
                let (name, secret) = (found.name("name")?, found.name("secret")?);
                let is_path = text[secret.end()..].starts_with('/');
                (!is_path && looks_typed(secret.as_str(), 4)).then_some(name.start()..secret.end())
            });
            prop_assert_eq!(pair(&text, 0), expected);
        }
    }
}
