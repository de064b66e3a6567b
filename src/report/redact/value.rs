//! Where the value behind a key ends: in quotes (also escaped ones), in a URL, in a connection string, in prose.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// The value at `at`: the range without its quotes. `None` where nothing stands there that could be a secret.
/// `encoded`: the separator was percent-encoded, so `%26` ends the value. `listed`: it stands behind a `;`, so blanks
/// belong to it when another `;` follows.
pub fn at(text: &str, at: usize, encoded: bool, listed: bool) -> Option<Range<usize>> {
    let rest = &text[at..];
    let range = if let Some(opening) = opening_quote(rest) {
        let start = at + opening.len();
        start..start + quoted_length(&text[start..], opening)
    } else if rest.starts_with("<JWT ") {
        return None;
    } else if rest.starts_with('{') || rest.starts_with('<') {
        at..at + bracketed_length(rest)
    } else {
        at..at + bare_length(rest, encoded, listed)
    };
    (!is_no_secret(&text[range.clone()])).then_some(range)
}

/// The quote that opens `rest`, with the backslashes before it: `"`, `'`, `\"`, `\\\"`, `%22`.
pub fn opening_quote(rest: &str) -> Option<&str> {
    for quote in ["%22", "%27", "&quot;", "&apos;", "&#34;", "&#39;"] {
        if rest.starts_with(quote) {
            return Some(&rest[..quote.len()]);
        }
    }
    let slashes = rest.bytes().take_while(|b| *b == b'\\').count();
    let quote = rest.as_bytes().get(slashes)?;
    matches!(quote, b'"' | b'\'' | b'`').then(|| &rest[..=slashes])
}

/// The length up to the quote that closes `opening`, else to the end of the line (the line was cut).
pub fn quoted_length(rest: &str, opening: &str) -> usize {
    if opening.starts_with(['%', '&']) {
        let line = line_length(rest);
        return rest[..line].find(opening).unwrap_or(line);
    }
    let (depth, quote) = (opening.len() - 1, opening.as_bytes()[opening.len() - 1]);
    let mut slashes = 0;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'\\' => slashes += 1,
            b'\n' => return at,
            // A quote inside the string has more backslashes than the ones around it: each level of JSON doubles them.
            b if b == quote && (slashes <= depth || (slashes - depth) % (2 * (depth + 1)) == 0) => {
                return at - slashes.min(depth);
            }
            _ => slashes = 0,
        }
    }
    rest.len()
}

/// The length of the rest of the line; an escaped line end (`\n` as two characters) counts as one.
pub fn line_length(rest: &str) -> usize {
    let end = rest.find(['\r', '\n']).unwrap_or(rest.len());
    let escaped = [r"\r", r"\n"]
        .into_iter()
        .filter_map(|e| rest[..end].find(e));
    escaped.min().unwrap_or(end)
}

/// `{value;with}` of a connection string, `<value>`; up to a blank where it does not close.
fn bracketed_length(rest: &str) -> usize {
    let close = if rest.starts_with('{') { '}' } else { '>' };
    let blank = rest.find(char::is_whitespace).unwrap_or(rest.len());
    match rest.find(close) {
        Some(end) if end < blank => end + 1,
        _ => blank,
    }
}

/// A value without quotes.
pub fn bare_length(rest: &str, encoded: bool, listed: bool) -> usize {
    let line = &rest[..line_length(rest)];
    if let Some(end) = line.find(';').filter(|_| listed) {
        return end;
    }
    for (at, c) in line.char_indices() {
        let tail = &line[at + c.len_utf8()..];
        let ends = match c {
            '"' | '\'' | '<' | '>' | '`' => true,
            '\\' => opening_quote(&line[at..]).is_some(),
            ',' | ';' | '&' | ')' | ']' | '}' | '|' => ends_value(tail),
            '%' => encoded && tail.starts_with("26"),
            c => c.is_whitespace(),
        };
        if ends {
            return at;
        }
    }
    line.len()
}

/// True if a comma, ampersand or bracket before `tail` ends a value: the end, a blank, another mark, or `name=` follows.
/// A password may hold such characters itself.
fn ends_value(tail: &str) -> bool {
    static NAME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"^(?:$|[\s,;&)\]}|"'\\<>.]|(?:amp;)?[A-Za-z][\w .-]{0,40}[=:])"#)
            .expect("a fixed regex")
    });
    NAME.is_match(tail)
}

/// Values that tell something and are no secret.
fn is_no_secret(value: &str) -> bool {
    const WORDS: [&str; 43] = [
        "(empty)",
        "(empty",
        "(leer",
        "(none",
        "(null",
        "(leer)",
        "(not",
        "<not",
        "<empty>",
        "empty",
        "leer",
        "missing",
        "fehlt",
        "expired",
        "abgelaufen",
        "invalid",
        "ungültig",
        "wrong",
        "falsch",
        "required",
        "erforderlich",
        "unknown",
        "unbekannt",
        "changed",
        "geändert",
        "incorrect",
        "yes",
        "no",
        "ja",
        "nein",
        "ok",
        "set",
        "unset",
        "n/a",
        "",
        "null",
        "(null)",
        "none",
        "nil",
        "undefined",
        "true",
        "false",
        "<removed>",
    ];
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(value))
        || value.bytes().all(|b| b == b'*')
        || value.starts_with("<JWT ")
        || value.starts_with("[PII ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> &str {
        at(text, 0, false, false).map_or("", |range| &text[range])
    }

    #[test]
    fn quotes_end_where_their_own_level_ends() {
        assert_eq!(value(r#""a b\"c" d"#), r#"a b\"c"#);
        assert_eq!(value(r#"\"abc\",\"d\""#), "abc");
        assert_eq!(value(r#"\"a\\\"b\" c"#), r#"a\\\"b"#);
        assert_eq!(value("'cut off"), "cut off");
    }

    #[test]
    fn bare_values_end_at_the_next_name() {
        assert_eq!(value("abc&next=1"), "abc");
        assert_eq!(value("a&b,c)d next"), "a&b,c)d");
        assert_eq!(value("abc, user=x"), "abc");
        assert_eq!(value("null"), "");
    }

    #[test]
    fn in_a_list_with_semicolons_blanks_belong_to_the_value() {
        assert_eq!(at("my pass;Server=x", 0, false, true), Some(0..7));
        assert_eq!(value("{my;pass};Server=x"), "{my;pass}");
    }
}
