//! Where the value behind a key ends: in quotes (also escaped ones), in a URL, in a connection string, in prose.

use std::ops::Range;

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
    let inner = &text[range.clone()];
    let quoted = range.start > at;
    let harmless = is_no_secret(inner) || is_state(if quoted { inner } else { rest });
    (!harmless).then_some(range)
}

/// The place of the quote in what languages write around a text: `N'x'`, `Some("x")`, `string(10) "x"`, `["x"`.
pub fn unwrapped(text: &str, at: usize) -> usize {
    const LONGEST: usize = 32;
    let rest = &text.as_bytes()[at..];
    let front = rest
        .iter()
        .take(LONGEST)
        .position(|b| matches!(b, b'"' | b'\''));
    let Some(front) = front.and_then(|quote| text.get(at..at + quote)) else {
        return at;
    };
    let quote = front.trim_end_matches('\\');
    let front = quote.trim_end();
    let is_word = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_:.".contains(&b))
    };
    // No value of a letter or two before the quote that ends it: `"…?token=x"`.
    let prefix = [
        "N", "L", "b", "u", "r", "f", "@", "$", "U", "R", "B", "u8", "@$", "$@",
    ]
    .contains(&front);
    let call = front.strip_suffix(['(', '[']).is_some_and(is_word);
    let typed = front
        .strip_suffix(')')
        .and_then(|front| front.split_once('('));
    let typed = typed.is_some_and(|(word, inner)| is_word(word) && is_word(inner));
    if !front.is_empty() && (prefix || call || typed) {
        return at + quote.len();
    }
    at
}

/// The quote that opens `rest`, with the backslashes before it: `"`, `'`, `\"`, `\\\"`, `%22`.
pub fn opening_quote(rest: &str) -> Option<&str> {
    const QUOTES: [&str; 10] = [
        "%22", "%27", "%2522", "%2527", "%252522", "&quot;", "&apos;", "&#34;", "&#39;", "&#x22;",
    ];
    if rest.starts_with(['%', '&'])
        && let Some(quote) = QUOTES.iter().find(|quote| rest.starts_with(**quote))
    {
        return Some(&rest[..quote.len()]);
    }
    // Doubled, as in a field of a table.
    if rest.starts_with("\"\"") && rest[2..].starts_with(char::is_alphanumeric) {
        return Some(&rest[..2]);
    }
    let slashes = rest.bytes().take_while(|b| *b == b'\\').count();
    if slashes > 0 && (rest[slashes..].starts_with("u0022") || rest[slashes..].starts_with("u0027"))
    {
        return Some(&rest[..slashes + "u0022".len()]);
    }
    let quote = rest.as_bytes().get(slashes)?;
    matches!(quote, b'"' | b'\'' | b'`').then(|| &rest[..=slashes])
}

/// The length up to the quote that closes `opening`, else to the end of the line (the line was cut).
pub fn quoted_length(rest: &str, opening: &str) -> usize {
    if opening.starts_with(['%', '&']) || opening.ends_with("\"\"") || opening.ends_with(['2', '7'])
    {
        let line = line_length(rest);
        return rest[..line].find(opening).unwrap_or(line);
    }
    let (depth, quote) = (opening.len() - 1, opening.as_bytes()[opening.len() - 1]);
    let mut slashes = 0;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'\\' => slashes += 1,
            b'\n' => return at,
            // SQL doubles a quote inside.
            b'\'' if at > 0 && opening == "'" && is_doubled(rest, at) => {}
            // A quote inside the string has more backslashes than the ones around it: each level of JSON doubles them.
            b if b == quote && (slashes <= depth || (slashes - depth) % (2 * (depth + 1)) == 0) => {
                return at - slashes.min(depth);
            }
            _ => slashes = 0,
        }
    }
    rest.len()
}

/// One of two quotes inside a text that goes on behind them.
fn is_doubled(rest: &str, at: usize) -> bool {
    let bytes = rest.as_bytes();
    let word = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    let first = bytes.get(at + 1) == Some(&b'\'') && word(at + 2);
    let second = bytes[at - 1] == b'\'' && at > 1 && word(at + 1);
    first || second
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
            '\\' => {
                opening_quote(&line[at..]).is_some()
                    || tail.trim_start_matches('\\').starts_with("u0026")
            }
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
    // By hand: the letters of all of Unicode, counted to forty, take longer to compile than all else here together.
    const LONGEST: usize = 40;
    let Some(first) = tail.chars().next() else {
        return true;
    };
    if first.is_whitespace() || ",;&)]}|\"'\\<>.".contains(first) {
        return true;
    }
    let name = tail.strip_prefix("amp;").unwrap_or(tail);
    let is_name = |name: &str| {
        let inner = |c: char| c.is_alphanumeric() || "_ .-".contains(c);
        let mut letters = name.chars();
        letters.next().is_some_and(|c| c.is_ascii_alphabetic())
            && letters
                .take(LONGEST + 1)
                .find(|c| !inner(*c))
                .is_some_and(|c| matches!(c, '=' | ':'))
    };
    is_name(name) || is_name(tail)
}

/// Values that tell something and are no secret.
pub fn is_no_secret(value: &str) -> bool {
    const WORDS: [&str; 38] = [
        "empty",
        "leer",
        "blank",
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
        "none",
        "nil",
        "undefined",
        "true",
        "false",
        "removed",
        "present",
        "provided",
        "vorhanden",
        "gesetzt",
    ];
    let bare = value.trim_matches(['(', ')', '[', ']', '<', '>', '{', '}']);
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(bare))
        || ["(not", "<not"].contains(&value)
        || value.bytes().all(|b| b == b'*')
        || value.starts_with("<JWT ")
        || value.starts_with("[PII ")
}

/// `not set`, `ist nicht gesetzt`: what a sentence says of a secret.
fn is_state(text: &str) -> bool {
    const COPULAS: [&str; 6] = ["is", "ist", "was", "war", "wurde", "currently"];
    const NEGATIONS: [&str; 5] = ["not", "nicht", "noch", "never", "kein"];
    const STATES: [&str; 31] = [
        "set",
        "given",
        "provided",
        "present",
        "configured",
        "available",
        "stored",
        "saved",
        "found",
        "required",
        "needed",
        "used",
        "specified",
        "supplied",
        "entered",
        "defined",
        "known",
        "valid",
        "correct",
        "empty",
        "missing",
        "gesetzt",
        "vorhanden",
        "angegeben",
        "hinterlegt",
        "konfiguriert",
        "eingegeben",
        "gespeichert",
        "gefunden",
        "bekannt",
        "leer",
    ];
    let is_one = |list: &[&str], word: &str| list.iter().any(|one| one.eq_ignore_ascii_case(word));
    let marks = [
        '(', ')', '[', ']', '<', '>', '.', ',', ';', '"', '\'', '|', '}',
    ];
    let mut words = text.split_whitespace().map(|word| word.trim_matches(marks));
    let mut fronts = 0;
    words
        .by_ref()
        .find(|word| {
            let front = is_one(&COPULAS, word) || is_one(&NEGATIONS, word);
            fronts += usize::from(front);
            !front
        })
        .is_some_and(|word| (1..=3).contains(&fronts) && is_one(&STATES, word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regex::Regex;

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

    proptest! {
        #[test]
        fn a_value_ends_where_an_expression_says(
            tail in r"(amp;|[A-Za-zä;,.& ]|amp)?[a-zA-Zäß_ .-]{0,45}[=: ,;ä0]?x?",
        ) {
            let expression = Regex::new(
                r#"^(?:$|[\s,;&)\]}|"'\\<>.]|(?:amp;)?[A-Za-z][\w .-]{0,40}[=:])"#,
            )
            .unwrap();
            prop_assert_eq!(ends_value(&tail), expression.is_match(&tail), "{}", tail);
        }
    }
}
