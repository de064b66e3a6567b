//! Where the level stands behind a stamp.

use std::collections::{BTreeMap, BTreeSet};

use super::prefix::escape;
use crate::syntax::levels::Levels;

/// Words between the stamp and the level, and bytes that are looked at.
const MOST_WORDS: usize = 5;
const MOST_BYTES: usize = 160;

/// The level columns of a layout.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Columns {
    /// Patterns from the stamp to the level, the most frequent first.
    pub patterns: Vec<String>,
    /// True if levels are written as one letter.
    pub letters: bool,
}

/// Finds the level in what stands behind the stamps.
pub fn find(tails: &[&[u8]], usual: &Levels) -> Columns {
    let letters = Levels::letters();
    let words = vote(tails, usual, "word");
    let mut patterns: Vec<(usize, String)> = words
        .into_iter()
        .filter(|(pattern, votes)| {
            // Behind a mere blank a level word may be the first word of a sentence.
            let prose = pattern
                .trim_start_matches("{_:blanks}")
                .starts_with("{level");
            votes.count * 100 >= tails.len() * if prose { 30 } else { 10 }
        })
        .map(|(pattern, votes)| (votes.count, pattern))
        .collect();
    let single = vote(tails, &letters, "letter")
        .into_iter()
        .filter(|(_, votes)| votes.count * 100 >= tails.len() * 80 && (votes.words.len() > 1));
    let single = single.max_by_key(|(_, votes)| votes.count);
    let most = patterns.iter().map(|(count, _)| *count).max().unwrap_or(0);
    // A logger may be called as a level is (`[W] http <-- 401`): the column that more lines have is the one.
    if let Some((pattern, votes)) = single
        && votes.count > most
    {
        return Columns {
            patterns: vec![pattern],
            letters: true,
        };
    }
    patterns.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    patterns.truncate(3);
    Columns {
        patterns: patterns.into_iter().map(|(_, pattern)| pattern).collect(),
        letters: false,
    }
}

#[derive(Default)]
struct Votes<'a> {
    count: usize,
    words: BTreeSet<&'a [u8]>,
}

fn vote<'a>(tails: &[&'a [u8]], levels: &Levels, lexeme: &str) -> BTreeMap<String, Votes<'a>> {
    let mut votes: BTreeMap<String, Votes<'a>> = BTreeMap::new();
    for tail in tails {
        if let Some((pattern, word)) = column(tail, levels, lexeme) {
            let entry = votes.entry(pattern).or_default();
            entry.count += 1;
            entry.words.insert(word);
        }
    }
    votes
}

/// The pattern from the stamp up to and with the first level word.
fn column<'a>(tail: &'a [u8], levels: &Levels, lexeme: &str) -> Option<(String, &'a [u8])> {
    let tail = &tail[..tail.len().min(MOST_BYTES)];
    let mut pattern = String::new();
    let mut at = 0;
    for _ in 0..=MOST_WORDS {
        let gap = run(&tail[at..], |b| !is_word(b));
        pattern += &gap_pattern(&tail[at..at + gap])?;
        at += gap;
        let length = run(&tail[at..], is_word);
        let word = &tail[at..at + length];
        if length == 0 {
            return None;
        }
        if levels.get(word).is_some() {
            let close = close_pattern(tail[..at].last());
            return Some((format!("{pattern}{{level:{lexeme}}}{close}"), word));
        }
        // `main/ERROR`: who writes, then the level.
        if let Some((_, behind)) = split_at_slash(word)
            && levels.get(behind).is_some()
        {
            let close = close_pattern(tail[..at].last());
            return Some((
                format!("{pattern}{{_:until(\"/\")}}/{{level:{lexeme}}}{close}"),
                behind,
            ));
        }
        let number = word.iter().all(u8::is_ascii_digit);
        pattern += if number { "{_:int}" } else { "{_:ident}" };
        at += length;
    }
    None
}

/// What stands before and behind the only slash of a word.
fn split_at_slash(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(b'/', word)?;
    let (before, behind) = (&word[..at], &word[at + 1..]);
    (!before.is_empty() && memchr::memchr(b'/', behind).is_none()).then_some((before, behind))
}

/// Blanks may vary in number, punctuation does not.
fn gap_pattern(gap: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(gap).ok()?;
    let mut pattern = String::new();
    let mut blank = false;
    for letter in text.chars() {
        let is_blank = matches!(letter, ' ' | '\t');
        if is_blank && !blank {
            pattern += "{_:blanks}";
        } else if !is_blank {
            pattern += &escape(&letter.to_string());
        }
        blank = is_blank;
    }
    Some(pattern)
}

/// What ends a column that this byte opens; blanks may fill it.
fn close_pattern(open: Option<&u8>) -> &'static str {
    match open {
        Some(b'(') => "{?{_:pad})}",
        Some(b'{') => "{?{_:pad}}}}",
        Some(b'<') => "{?{_:pad}>}",
        Some(b'[') => "{?{_:pad}]}",
        Some(b'#') => "{?{_:pad}#}",
        _ => "",
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || b"_.-$/\\".contains(&byte)
}

fn run(text: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    text.iter().position(|&b| !belongs(b)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_is_found_behind_other_columns() {
        let tails: [&[u8]; 3] = [b" [12] (INFO ) x: y", b" [7] (WARN) x: y", b" [7] hello"];
        let columns = find(&tails, &Levels::usual());
        assert_eq!(
            columns.patterns,
            ["{_:blanks}[{_:int}]{_:blanks}({level:word}{?{_:pad})}"]
        );
    }

    #[test]
    fn the_level_is_found_behind_who_writes_and_between_marks() {
        let tails: [&[u8]; 3] = [
            b" [main/INFO] x: y",
            b" [renderer/ERROR] x",
            b" [main/INFO]: y",
        ];
        let columns = find(&tails, &Levels::usual());
        let expected = "{_:blanks}[{_:until(\"/\")}/{level:word}{?{_:pad}]}";
        assert_eq!(columns.patterns, [expected]);
        let tails: [&[u8]; 3] = [b" #E# x: y", b" #I# x", b" #I# y"];
        let columns = find(&tails, &Levels::usual());
        assert_eq!(columns.patterns, ["{_:blanks}#{level:letter}{?{_:pad}#}"]);
        let tails: [&[u8]; 3] = [b" GET /api/error x", b" GET /api/info x", b" a/b/info y"];
        assert!(find(&tails, &Levels::usual()).patterns.is_empty());
    }

    #[test]
    fn prose_that_begins_with_a_level_word_now_and_then_is_no_column() {
        let tails: [&[u8]; 4] = [b" Error while", b" connected", b" closed", b" open"];
        assert!(find(&tails, &Levels::usual()).patterns.is_empty());
    }

    #[test]
    fn a_logger_that_is_called_like_a_level_is_none() {
        let tails: [&[u8]; 4] = [
            b" [I] http GET x",
            b" [W] http 401 x",
            b" [E] login giving up",
            b" [I] http GET y",
        ];
        let columns = find(&tails, &Levels::usual());
        assert!(columns.letters);
        assert_eq!(columns.patterns, ["{_:blanks}[{level:letter}{?{_:pad}]}"]);
    }

    #[test]
    fn letters_count_where_all_lines_have_them() {
        let tails: [&[u8]; 3] = [b" E x: y", b" I x: y", b" I x: y"];
        let columns = find(&tails, &Levels::usual());
        assert!(columns.letters);
        let tails: [&[u8]; 2] = [b" I am", b" I was"];
        assert!(find(&tails, &Levels::usual()).patterns.is_empty());
    }
}
