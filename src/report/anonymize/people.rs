//! Names of people: in paths, in accounts, behind keys and phrases.

use std::ops::Range;

use regex::Regex;

use super::find::{Finder, Identity, any_of, regex};
use super::lines::{IfAny, OfLines};
use crate::grammar::raw::Privacy;

/// Longest name, in characters.
const LONGEST: usize = 64;

/// The shapes of names.
pub struct Shapes {
    path: Regex,
    home: Regex,
    account: Regex,
    keyed: Regex,
    phrase: Regex,
    display: Regex,
    share: Regex,
    appdata: OfLines,
    setting: IfAny,
    line: Regex,
    address: Regex,
    number: Regex,
    accounts: Vec<String>,
}

type Add<'a> = dyn FnMut(Range<usize>, Option<Identity>) + 'a;

impl Shapes {
    pub fn new(privacy: &Privacy) -> Self {
        let keys = any_of(&privacy.user_keys);
        let phrases = any_of(&privacy.user_phrases);
        Self {
            path: regex(concat!(
                r"(?i)(?:^|[\\/!]|%5C|%2F)(?:users|benutzer|documents and settings|dokumente und einstellungen|profiles)(?:[\\/]+|%5C|%2F)",
                r#"(?:(?P<long>[^\\/:*?"'<>|=\r\n]+)[\\/]|(?P<short>[^\s\\/:*?"'<>|,;&)\]]+))"#
            )),
            home: regex(r#"(?:^|[\s"'=(\[:>!])/home/(?P<short>[^\s\\/:*?"'<>|,;)\]]+)"#),
            account: regex(
                r"(?:^|[^\w\\/:.%-])(?P<domain>[A-Z][A-Z0-9-]{1,14})\\{1,4}(?P<user>[\p{L}\d][\p{L}\d._$-]*)(?P<next>[\\/]?)",
            ),
            keyed: regex(&format!(
                r#"(?i)(?P<key>{keys})(?:\\*["']?[ \t]*(?P<sep>=>|:=|[:=])[ \t]*(?:{quoted}|(?P<bare>[^\s"',;&<>()\[\]{{}}|]+))|[ \t]+(?:{named}|(?P<dotted>[\p{{L}}\d_-]+\.[\p{{L}}\d._-]*[\p{{L}}\d])))"#,
                quoted = quoted("double", "single"),
                named = quoted("double2", "single2"),
            )),
            phrase: regex(&format!(
                r#"(?i)(?:^|[^\p{{L}}\d])(?:{phrases})[ \t:]*(?:{quoted}|(?P<bare>[^\s"',;&<>()\[\]{{}}|]+))"#,
                quoted = quoted("double", "single"),
            )),
            display: regex(
                r#""(?P<name>[\p{L}][^"<>\\\r\n]{1,62}[\p{L}\d.)])\\*"[ \t]*<(?:sips?|tel|mailto):"#,
            ),
            share: regex(
                r#"\\{2,4}[^\s\\/"'<>|]+\\{1,2}(?:home|homes|profiles?|users?|benutzer|redirected)\$?\\{1,2}(?P<short>[^\s\\/:*?"'<>|,;&)\]]+)"#,
            ),
            appdata: OfLines::new(
                "(?i)AppData",
                r#"(?i)[\\/](?P<short>[^\\/:*?"'<>|=\r\n]{2,40}?)(?:\.V[0-9])?[\\/]{1,4}AppData(?:[\\/]|\b)"#,
            ),
            setting: IfAny::new(SETTING, &setting(&keys, "name")),
            line: regex(concat!(
                r"(?m)^[ \t]*(?P<domain>[a-z0-9][a-z0-9-]{1,14})\\(?P<user>[a-z0-9][a-z0-9._-]+)[ \t\r]*$",
                r"|^[ >](?P<session>[^\s>]+)[ \t]+(?:rdp-tcp#[0-9]+|console)\b"
            )),
            address: regex(concat!(
                r"(?i)/(?:users?|benutzer|avatars?|photos?|profiles?|contacts?|kontakte|persons?|members?)/(?P<part>[\p{L}\d._%-]+)",
                r"|[?&](?:name|displayname|user|username|caller|callee|contact)=(?P<query>\p{Lu}[\p{L}.'’-]*(?:%20|\+)[\p{L}\d.'’%-]+)"
            )),
            number: regex(r"^ ?\((\d{2,15})\)"),
            accounts: privacy.accounts.iter().map(|a| a.to_lowercase()).collect(),
        }
    }

    /// Tells every place.
    pub fn find(&self, finder: &Finder, text: &str, add: &mut Add<'_>) {
        for found in self
            .path
            .captures_iter(text)
            .chain(self.home.captures_iter(text))
        {
            let name = found.name("long");
            // A long name may be prose up to the next path.
            let name =
                name.filter(|n| !n.as_str().ends_with(' ') && n.as_str().split(' ').count() <= 4);
            let range = match (name, found.name("short")) {
                (Some(name), _) | (None, Some(name)) => name.range(),
                (None, None) => {
                    let whole = found.name("long").map_or(0..0, |n| n.range());
                    let end = text[whole.clone()].find(' ').unwrap_or(whole.len());
                    whole.start..whole.start + end
                }
            };
            self.name(text, trimmed(text, range), add);
        }
        for found in self.appdata.captures_iter(text) {
            if let Some(name) = found.name("short") {
                self.name(text, trimmed(text, name.range()), add);
            }
        }
        for found in self.setting.captures_iter(text) {
            if let Some(name) = found.name("name") {
                self.value(text, name.range(), finder, add);
            }
        }
        self.alone(finder, text, add);
        for found in self.display.captures_iter(text) {
            if let Some(name) = found.name("name") {
                self.value(text, name.range(), finder, add);
            }
        }
        for found in self.share.captures_iter(text) {
            if let Some(name) = found.name("short") {
                self.name(text, trimmed(text, name.range()), add);
            }
        }
        for found in self.account.captures_iter(text) {
            let (domain, user) = (&found["domain"], found.name("user"));
            let Some(user) = user.filter(|u| found["next"].is_empty() && u.len() > 1) else {
                continue;
            };
            let known =
                finder.is_common(domain) || self.accounts.contains(&user.as_str().to_lowercase());
            let registry = [
                "HKLM", "HKCU", "HKCR", "HKU", "SOFTWARE", "APPPOOL", "SERVICE",
            ]
            .contains(&domain);
            if !known && !registry {
                let domain = found.name("domain").map_or(0..0, |d| d.range());
                add(
                    domain.clone(),
                    Some(Identity::Host(text[domain].to_lowercase())),
                );
                self.name(text, trimmed(text, user.range()), add);
            }
        }
        for found in self.keyed.captures_iter(text) {
            let key = found.name("key").map_or(0..0, |k| k.range());
            if !starts_a_word(text, key.start) {
                continue;
            }
            let quoted = ["double", "single", "double2", "single2"]
                .iter()
                .find_map(|group| found.name(group));
            if let Some(quoted) = quoted {
                // A value in quotes that is a sentence is none.
                if quoted.as_str().split(' ').count() <= 4 {
                    self.value(text, quoted.range(), finder, add);
                }
            } else if let Some(dotted) = found.name("dotted") {
                if !super::hosts::is_file(dotted.as_str()) {
                    self.value(text, dotted.range(), finder, add);
                }
            } else if let Some(bare) = found.name("bare") {
                let sure = found.name("sep").is_some_and(|s| s.as_str() != ":");
                self.bare(text, bare.range(), &text[key], sure, finder, add);
            }
        }
        for found in self.phrase.captures_iter(text) {
            if let Some(quoted) = found.name("double").or(found.name("single")) {
                self.value(text, quoted.range(), finder, add);
            } else if let Some(bare) = found.name("bare") {
                let strange = bare.as_str().contains(['/', '=']) || bare.as_str().starts_with('+');
                // `Anruf an Leitung 3`: a word of the language, and no second one behind it.
                let end = bare.end();
                let alone = more_words(text, end, finder) == end;
                let word =
                    alone && finder.is_word(bare.as_str()) && !finder.given.has(bare.as_str());
                if !strange && !word {
                    self.bare(text, bare.range(), "user", false, finder, add);
                }
            }
        }
    }

    /// Accounts that stand on a line of their own (`whoami`, `query user`), and names in addresses of a server.
    fn alone(&self, finder: &Finder, text: &str, add: &mut Add<'_>) {
        for found in self.line.captures_iter(text) {
            if let Some(session) = found.name("session") {
                self.name(text, session.range(), add);
            }
            if let (Some(domain), Some(user)) = (found.name("domain"), found.name("user"))
                && !self.accounts.contains(&user.as_str().to_lowercase())
                && !super::hosts::is_file(user.as_str())
                && !finder.is_common(domain.as_str())
            {
                let host = Identity::Host(domain.as_str().to_lowercase());
                add(domain.range(), Some(host));
                self.name(text, user.range(), add);
            }
        }
        for found in self.address.captures_iter(text) {
            if let Some(name) = found.name("query") {
                self.name(text, name.range(), add);
            }
            if let Some(part) = found.name("part") {
                let word = part.as_str();
                let digit = word.chars().any(|c| c.is_ascii_digit());
                let letters = word.chars().filter(|c| c.is_alphabetic()).count();
                let odd = word.contains(['.', '%']) || digit && letters >= 3;
                let id = word.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
                // `okonkwo.c` is no source of C there.
                let file = super::hosts::is_file(word) && word.rfind('.') != Some(word.len() - 2);
                let common = finder.is_common(word) || version_like(word);
                if odd && !id && !file && !common {
                    self.name(text, part.range(), add);
                }
            }
        }
    }

    /// A value without quotes: one word, and the capitalised ones behind it. `sure`: the key says that it is a name.
    fn bare(
        &self,
        text: &str,
        first: Range<usize>,
        key: &str,
        sure: bool,
        finder: &Finder,
        add: &mut Add<'_>,
    ) {
        let mut first = trimmed(text, first);
        // A picture of somebody: `Anna_Muster.png`.
        if super::hosts::is_file(&text[first.clone()]) {
            let ending = text[first.clone()].rfind('.').unwrap_or_default();
            first.end = first.start + ending;
        }
        let word = &text[first.clone()];
        let common = finder.is_common(word);
        let capital = word.starts_with(char::is_uppercase);
        let rest = text[first.end..].trim_start_matches(['"', '\'']);
        let alone = rest.is_empty()
            || rest.starts_with([',', ';', ')', ']', '}', '|', '\r', '\n', '&', '(']);
        let key = key.to_lowercase();
        let about_user = ["user", "benutzer", "name"].iter().any(|k| key.contains(k));
        let odd = word.contains(['.', '\\', '@', '_']);
        if word.contains(['=', '/'])
            || (common && !sure)
            || !(sure || capital || alone || about_user || odd)
        {
            return;
        }
        let mut end = first.end;
        if capital && !odd {
            end = more_words(text, end, finder);
        }
        self.value(text, first.start..end, finder, add);
    }

    /// What stands behind a key: `DOMAIN\name`, an address (found elsewhere), or a name; a number in brackets behind it
    /// is the extension.
    pub(super) fn value(
        &self,
        text: &str,
        range: Range<usize>,
        finder: &Finder,
        add: &mut Add<'_>,
    ) {
        let range = trimmed(text, range);
        let value = &text[range.clone()];
        if value.contains('@') || value.contains("%40") || value.contains("://") {
            return;
        }
        let other = value.starts_with("dword:") || value.starts_with("hex");
        let parameter = matches!(value, "phone" | "ip") && text[..range.start].ends_with("user=");
        if other || parameter {
            return;
        }
        if finder.is_program(
            &text[range.start..range.end + usize::from(text[range.end..].starts_with('!'))],
        ) {
            return;
        }
        if let Some(number) = self
            .number
            .captures(text[range.end..].trim_start_matches(['"', '\\', '\'']))
            .and_then(|n| n.get(1))
        {
            let gap = text[range.end..].len()
                - text[range.end..]
                    .trim_start_matches(['"', '\\', '\''])
                    .len();
            let at = range.end + gap;
            add(
                at + number.start()..at + number.end(),
                Some(Identity::Phone(number.as_str().to_owned())),
            );
        }
        if let Some(slash) = value
            .rfind('\\')
            .filter(|slash| !is_escape(&value[*slash..]))
        {
            let domain = value[..slash].trim_end_matches('\\');
            if !domain.is_empty()
                && !self.accounts.contains(&domain.to_lowercase())
                && !domain.contains(['\\', '/'])
            {
                let end = range.start + domain.len();
                add(
                    range.start..end,
                    Some(Identity::Host(domain.to_lowercase())),
                );
            }
            self.name(text, range.start + slash + 1..range.end, add);
            return;
        }
        if !PLACEHOLDERS.contains(&value.to_lowercase().as_str())
            && !finder.hosts.stays(&value.to_lowercase())
        {
            self.name(text, range, add);
        }
    }

    fn name(&self, text: &str, range: Range<usize>, add: &mut Add<'_>) {
        let name = &text[range.clone()];
        let lower = name.to_lowercase();
        let no_name = name.starts_with(['<', '%', '$', '{', '[', '*', '#'])
            && !name.starts_with("%C3")
            || !name.chars().any(char::is_alphabetic)
            || name.chars().count() > LONGEST
            || self.accounts.contains(&lower)
            || name.starts_with("0x");
        let canonical = canonical(name);
        if !no_name && !canonical.is_empty() {
            add(range, Some(Identity::User(canonical)));
        }
    }
}

/// `v1`, `v2.0`
fn version_like(word: &str) -> bool {
    word.strip_prefix(['v', 'V'])
        .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

/// What every [`setting`] has in it.
pub const SETTING: &str = r#"(?i)(?:key|name)\s*=\s*\\*["']"#;

/// A setting of a program: `<add key="UserName" value="…" />`, with the value as a group of this name.
pub fn setting(keys: &str, group: &str) -> String {
    format!(
        r#"(?i)\b(?:key|name)\s*=\s*\\*["'](?:[\w.:-]*?[\W_])??(?:{keys})\\*["'][^<>]{{0,80}}?(?:\bvalue\s*=\s*\\*["']|>\s*<value[^<>]*>)(?P<{group}>[^"'<>\\]+)"#
    )
}

/// A name in double or single quotes, as groups of these names; quotes may be escaped, and so may letters.
fn quoted(double: &str, single: &str) -> String {
    format!(
        r#"\\*["„“](?P<{double}>(?:[^"“”\\\r\n]|\\+[^"'\\\r\n])+)|\\*['‚](?P<{single}>(?:[^'‘’\\\r\n]|\\+[^"'\\\r\n])+)"#
    )
}

/// The end of a name that begins before `at`: `Anna Muster`, `Siobhán O'Sullivan`, `Nguyễn Thị Hồng Nhung`, `Esperanza de la
/// Cruz`, `Muster, Anna`. None of its words is one of the rules.
fn more_words(text: &str, at: usize, finder: &Finder) -> usize {
    const PARTICLES: [&str; 22] = [
        "von", "vom", "van", "zu", "zum", "zur", "der", "den", "de", "da", "di", "del", "della",
        "la", "le", "al", "el", "bin", "ibn", "ter", "ten", "und",
    ];
    let mut end = at;
    let mut comma = false;
    let mut ahead = at;
    let mut words = 0;
    while words < 4 {
        let rest = &text[ahead..];
        let gap = if rest.starts_with(' ') {
            1
        } else if rest.starts_with(", ") && !comma && words == 0 {
            comma = true;
            2
        } else {
            break;
        };
        let next = &rest[gap..];
        let length = next
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '\'' | '’')))
            .unwrap_or(next.len());
        let word = &next[..length];
        let behind = &next[length..];
        let title = word.starts_with(char::is_uppercase)
            && word.chars().any(char::is_lowercase)
            && !finder.is_common(word)
            && !behind.starts_with(['=', '(', '\\', '/', '@'])
            && !(behind.starts_with(':') && comma);
        // `Muster, Anna` ends there: a list goes on otherwise.
        if title && comma && !finder.given.has(word) && finder.is_word(word) {
            break;
        }
        if title {
            words += 1;
            ahead += gap + length;
            end = ahead;
        } else if PARTICLES.contains(&word) && words < 3 && !comma {
            ahead += gap + length;
        } else {
            break;
        }
    }
    end
}

/// Values that say that there is no name.
const PLACEHOLDERS: [&str; 18] = [
    "null",
    "(null)",
    "none",
    "nil",
    "undefined",
    "unknown",
    "unbekannt",
    "true",
    "false",
    "empty",
    "leer",
    "n/a",
    "nobody",
    "yes",
    "no",
    "ja",
    "nein",
    "-",
];

/// The words of a name, lower case, in the order of first and last name.
pub fn canonical(name: &str) -> String {
    let plain = decoded(name).to_lowercase();
    let ordered = match plain.split_once(", ") {
        Some((last, first)) => format!("{first} {last}"),
        None => plain,
    };
    let words: Vec<&str> = ordered
        .split(|c: char| c.is_whitespace() || matches!(c, '.' | '_' | '-' | '+'))
        .filter(|w| !w.is_empty())
        .collect();
    words.join(" ")
}

/// `%20`, `%C3%B6` and `\u00f6` as characters.
pub fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let hex = |from: usize, to: usize| {
            rest.get(from..to)
                .and_then(|h| u32::from_str_radix(h, 16).ok())
        };
        if c == '%'
            && let Some(byte) = hex(1, 3)
        {
            bytes.push(byte as u8);
            rest = &rest[3..];
        } else if rest.starts_with("\\u")
            && let Some(c) = hex(2, 6).and_then(char::from_u32)
        {
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            rest = &rest[6..];
        } else {
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            rest = &rest[c.len_utf8()..];
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// A key begins a word, or a part of one (`currentUser`).
pub fn starts_a_word(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    let first = text[at..].chars().next();
    match before {
        None => true,
        Some(before) if before.is_lowercase() => first.is_some_and(char::is_uppercase),
        Some(before) => !before.is_alphanumeric(),
    }
}

/// True for a letter as JSON writes it, `\u00df`.
fn is_escape(text: &str) -> bool {
    text.strip_prefix("\\u")
        .and_then(|rest| rest.get(..4))
        .is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Without marks of punctuation at its end, and blanks at both.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let value = &text[range.clone()];
    let start = range.start + (value.len() - value.trim_start().len());
    let value = value.trim().trim_end_matches(['.', ':', '\\', '!', '?']);
    start..start + value.len()
}
