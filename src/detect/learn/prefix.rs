//! What stands before a stamp, as patterns: the same for all lines that are written alike.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::syntax::levels::Levels;

/// A pattern for the text before a stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix {
    /// The pattern, up to the stamp.
    pub pattern: String,
    /// How many words or columns it skips: the more, the less credible.
    pub depth: usize,
    /// True if it reads a level.
    pub level: bool,
}

/// Words or columns that may stand before a stamp.
const DEEPEST: usize = 16;
/// Separators of columns.
const COLUMNS: [&str; 5] = ["::", "|", ",", ";", "\t"];

/// The patterns that read this text, the tightest first.
pub fn patterns(text: &[u8], levels: &Levels) -> Vec<Prefix> {
    let Ok(text) = std::str::from_utf8(text) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if !text.contains(|c: char| c.is_alphanumeric()) {
        found.push(Prefix {
            pattern: escape(text),
            depth: 0,
            level: false,
        });
        return found;
    }
    found.extend(columns(text, levels));
    for with_level in [true, false] {
        found.extend(words(text, levels, with_level));
    }
    found.extend(bracketed(text));
    found.extend(keyed(text));
    found.dedup();
    found
}

/// `1,INFO,` before a stamp in a table.
fn columns(text: &str, levels: &Levels) -> Vec<Prefix> {
    let body = text.trim_end_matches('"');
    let quote = &text[body.len()..];
    let Some(separator) = COLUMNS.iter().find(|s| body.ends_with(**s)) else {
        return Vec::new();
    };
    let cells: Vec<&str> = body[..body.len() - separator.len()]
        .split(separator)
        .collect();
    if cells.len() > DEEPEST {
        return Vec::new();
    }
    let level = cells
        .iter()
        .position(|cell| levels.get(cell.trim().as_bytes()).is_some());
    let write = |level: Option<usize>| {
        let mut pattern = String::new();
        for at in 0..cells.len() {
            let field = if level == Some(at) { "level" } else { "_" };
            let _ = write!(pattern, "{{{field}:until(\"{separator}\")}}{separator}");
        }
        Prefix {
            pattern: pattern + quote,
            depth: cells.len(),
            level: level.is_some(),
        }
    };
    let mut found = vec![write(None)];
    if level.is_some() {
        found.insert(0, write(level));
    }
    found
}

/// Words between blanks, then what is glued to the stamp.
fn words(text: &str, levels: &Levels, with_level: bool) -> Option<Prefix> {
    let mut pattern = String::new();
    let mut depth = 0;
    let mut level = false;
    let mut rest = text;
    while let Some(at) = rest.find([' ', '\t']) {
        let bracket = bracket(rest);
        let at = bracket.unwrap_or(at);
        if at > 0 {
            depth += 1;
            let read = (with_level && !level)
                .then(|| level_word(&rest[..at], levels))
                .flatten();
            // A level column at the front may be padded to the right.
            if read.is_some() && pattern.is_empty() {
                pattern += "{_:pad}";
            }
            level |= read.is_some();
            pattern += &read.unwrap_or_else(|| {
                let token = if bracket.is_some() {
                    "[{_:until(\"]\")}]"
                } else {
                    "{_:token}"
                };
                token.into()
            });
        }
        let word = &rest[at..];
        rest = word.trim_start_matches([' ', '\t']);
        let first = pattern.is_empty() && at == 0;
        pattern += if first { "{_:pad}" } else { "{_:blanks}" };
        if depth > DEEPEST {
            return None;
        }
    }
    if with_level && !level {
        let (word, end) = glued_level(rest, levels)?;
        return Some(Prefix {
            pattern: pattern + &word + &escape(&rest[end..]),
            depth: depth + 1,
            level: true,
        });
    }
    if rest.contains(|c: char| c.is_alphanumeric()) {
        depth += 1;
    }
    Some(Prefix {
        pattern: pattern + &glue(rest)?,
        depth,
        level,
    })
}

/// The length of `[pool 1 thread 3]` at the start of the text, if a blank follows: names in brackets may have blanks.
fn bracket(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('[')?;
    let close = inside.find([']', '['])?;
    let after = inside[close..].strip_prefix(']')?;
    after.starts_with([' ', '\t']).then_some(close + 2)
}

/// `[INFO]`, `INFO:`, `INFO`.
fn level_word(word: &str, levels: &Levels) -> Option<String> {
    let core = word.trim_matches(|c: char| !c.is_alphanumeric());
    levels.get(core.as_bytes())?;
    let start = word.find(core)?;
    let (before, after) = (&word[..start], &word[start + core.len()..]);
    Some(format!("{}{{level:word}}{}", escape(before), escape(after)))
}

/// `INFO|` or `[INFO][` glued to a stamp.
fn glued_level(text: &str, levels: &Levels) -> Option<(String, usize)> {
    let start = text.find(|c: char| c.is_alphanumeric())?;
    let length = text[start..].find(|c: char| !c.is_alphanumeric())?;
    levels.get(&text.as_bytes()[start..start + length])?;
    let end = start + length;
    let plain = !text[end..].contains(|c: char| c.is_alphanumeric());
    plain.then(|| (format!("{}{{level:word}}", escape(&text[..start])), end))
}

/// What is glued to the stamp: itself where it has no digits, else what stands around them.
fn glue(text: &str) -> Option<String> {
    if !text.contains(|c: char| c.is_ascii_digit()) || text.contains('\u{1b}') {
        return Some(escape(text));
    }
    let start = text.find(|c: char| c.is_alphanumeric())?;
    let end = text.trim_end_matches(|c: char| !c.is_alphanumeric()).len();
    let (before, after) = (&text[..start], &text[end..]);
    if after.is_empty() || after.contains('"') || text[start..].find(after)? + start != end {
        return None;
    }
    Some(format!(
        "{}{{_:until(\"{after}\")}}{}",
        escape(before),
        escape(after)
    ))
}

/// Anything up to a bracket: for texts of changing length before it.
fn bracketed(text: &str) -> Option<Prefix> {
    let bracket = [" [", "[", " (", "<"]
        .into_iter()
        .find(|b| text.ends_with(b))?;
    // The pattern stops at the first bracket.
    (text.find(bracket)? + bracket.len() == text.len()).then(|| Prefix {
        pattern: format!("{{_:until(\"{bracket}\")}}{bracket}"),
        depth: 4,
        level: false,
    })
}

/// `time=` or `SystemTime='` somewhere in the line.
fn keyed(text: &str) -> Option<Prefix> {
    let quote = text.trim_end_matches(['\'', '`']);
    let name = quote.strip_suffix(['=', ':'])?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_@$".contains(c);
    let start = name.trim_end_matches(is_name).len();
    let key = &text[start..];
    (name.len() - start >= 2 && start > 0 && text.find(key)? == start).then(|| Prefix {
        pattern: format!("{{_:until(\"{key}\")}}{}", escape(key)),
        depth: 4,
        level: false,
    })
}

/// Text as it stands in a pattern.
pub fn escape(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// The pattern of marks and of numbers of processes and threads that most of these texts are: tighter than one that takes
/// words, too.
pub fn numbers(texts: &[&[u8]]) -> Option<String> {
    let mut votes: BTreeMap<String, Vec<&[u8]>> = BTreeMap::new();
    for text in texts {
        if let Some(pattern) = number_pattern(text, "hex", u8::is_ascii_hexdigit) {
            votes.entry(pattern).or_default().push(text);
        }
    }
    let (pattern, own) = votes.into_iter().max_by_key(|(_, own)| own.len())?;
    // Words may be written with the letters of such numbers, too; each second text has a digit.
    let has_digit = |text: &&&[u8]| text.iter().any(u8::is_ascii_digit);
    let is_told =
        own.len() * 2 >= texts.len() && own.iter().filter(has_digit).count() * 2 >= own.len();
    if !is_told {
        return None;
    }
    let decimal = |text: &&[u8]| number_pattern(text, "int", u8::is_ascii_digit);
    let mut decimal = own.iter().map(decimal);
    let first = decimal.next()?;
    if first.is_some() && decimal.all(|pattern| pattern == first) {
        return first;
    }
    Some(pattern)
}

/// The pattern of a text of marks, blanks and such digits, if it has any of these.
fn number_pattern(text: &[u8], lexeme: &str, is_digit: impl Fn(&u8) -> bool) -> Option<String> {
    let kind = |byte: &u8| match byte {
        b' ' | b'\t' => 0,
        byte if byte.is_ascii_alphanumeric() => 1,
        _ => 2,
    };
    let mut pattern = String::new();
    for part in text.chunk_by(|one, two| kind(one) == kind(two)) {
        match kind(&part[0]) {
            0 => pattern += "{_:blanks}",
            1 if part.iter().all(&is_digit) => write!(pattern, "{{_:{lexeme}}}").ok()?,
            1 => return None,
            _ => pattern += &escape(std::str::from_utf8(part).ok()?),
        }
    }
    pattern.contains(lexeme).then_some(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        let levels = Levels::usual();
        patterns(text.as_bytes(), &levels)
            .into_iter()
            .map(|p| p.pattern)
            .collect()
    }

    #[test]
    fn prefixes_of_many_hands() {
        assert_eq!(of(""), [""]);
        assert_eq!(of("{["), ["{{["]);
        assert_eq!(
            of("INFO  ["),
            [
                "{_:pad}{level:word}{_:blanks}[",
                "{_:token}{_:blanks}[",
                "{_:until(\" [\")} ["
            ]
        );
        assert_eq!(
            of("INFO [pool 1] "),
            [
                "{_:pad}{level:word}{_:blanks}[{_:until(\"]\")}]{_:blanks}",
                "{_:token}{_:blanks}[{_:until(\"]\")}]{_:blanks}",
            ]
        );
        assert_eq!(of("COM+["), ["COM+[", "{_:until(\"[\")}["]);
        assert_eq!(of("[1a2c:0001]["), ["[{_:until(\"][\")}]["]);
        assert_eq!(of("7,x,"), ["{_:until(\",\")},{_:until(\",\")},"]);
        let expected = "{_:until(\"::\")}::{level:until(\"::\")}::";
        assert_eq!(of("Thread-1::DEBUG::")[0], expected);
    }

    #[test]
    fn numbers_of_processes_and_threads_are_told_from_words() {
        let of = |texts: &[&str]| {
            let texts: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
            numbers(&texts)
        };
        let hexadecimal = Some("<{_:hex}>{_:blanks}".to_owned());
        assert_eq!(of(&["<1a0c> ", "<0c>  ", "<feed> "]), hexadecimal);
        assert_eq!(of(&["<1a0c> ", "<main> ", "<12> "]), hexadecimal);
        let two = Some("[{_:int}:{_:int}][".to_owned());
        assert_eq!(of(&["[12:0001][", "[12:7]["]), two);
        assert_eq!(of(&["dead ", "bad ", "ad "]), None);
        assert_eq!(of(&["<1a0c> ", "<main> ", "<gui> "]), None);
        assert_eq!(of(&["[", "["]), None);
    }
}
