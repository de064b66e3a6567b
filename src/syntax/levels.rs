//! Level words: what a trace writes for a level, in any case.

use crate::model::Level;

/// Longest level word that is looked up.
const LONGEST: usize = 16;

/// What English and German programs write, where a format does not say otherwise.
const USUAL: [(Level, &[&str]); 6] = [
    (
        Level::Fatal,
        &[
            "fatal",
            "ftl",
            "crit",
            "critical",
            "emerg",
            "emergency",
            "alert",
            "panic",
            "severe",
            "kritisch",
            "schwerwiegend",
        ],
    ),
    (
        Level::Error,
        &[
            "error", "err", "eror", "fail", "failure", "failed", "fehler",
        ],
    ),
    (Level::Warn, &["warn", "wrn", "warning", "warnung"]),
    (
        Level::Info,
        &[
            "info",
            "inf",
            "information",
            "informational",
            "notice",
            "note",
            "hinweis",
            "http",
            "log",
            "success",
            "audit",
            "meldung",
        ],
    ),
    (
        Level::Debug,
        &["debug", "dbug", "dbg", "info2", "fine", "config", "verb"],
    ),
    (
        Level::Trace,
        &[
            "trace", "trce", "trc", "verbose", "vrb", "silly", "info3", "finer", "finest",
        ],
    ),
];

/// Levels of one letter: they count where nothing else may stand.
const LETTERS: [(&str, Level); 9] = [
    ("F", Level::Fatal),
    ("C", Level::Fatal),
    ("E", Level::Error),
    ("W", Level::Warn),
    ("I", Level::Info),
    ("N", Level::Info),
    ("D", Level::Debug),
    ("T", Level::Trace),
    ("V", Level::Trace),
];

/// A word in lower case, filled up with zeros: one number, so that a comparison is one instruction.
type Packed = u128;

/// A table from words to levels.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Levels {
    /// By length, so that a look-up compares only a few words.
    by_length: Vec<Vec<(Packed, Level)>>,
}

fn pack(word: &[u8]) -> Packed {
    let mut bytes = [0; LONGEST];
    bytes[..word.len()].copy_from_slice(word);
    bytes.make_ascii_lowercase();
    Packed::from_le_bytes(bytes)
}

impl Levels {
    /// The words that programs usually write, English and German.
    pub fn usual() -> Self {
        let mut levels = Self::default();
        for (level, words) in USUAL {
            for word in words {
                levels.add(word, level);
            }
        }
        levels
    }

    /// Letters that stand for levels.
    pub fn letters() -> Self {
        Self::default().and_letters()
    }

    /// The same, and letters that stand for levels.
    #[must_use]
    pub fn and_letters(mut self) -> Self {
        for (letter, level) in LETTERS {
            self.add(letter, level);
        }
        self
    }

    /// Adds a word; false if it is empty, too long, or there already with another level.
    pub fn add(&mut self, word: &str, level: Level) -> bool {
        if word.is_empty() || word.len() > LONGEST {
            return false;
        }
        if let Some(known) = self.get(word.as_bytes()) {
            return known == level;
        }
        if self.by_length.len() <= word.len() {
            self.by_length.resize(word.len() + 1, Vec::new());
        }
        self.by_length[word.len()].push((pack(word.as_bytes()), level));
        true
    }

    /// The level of a word.
    pub fn get(&self, word: &[u8]) -> Option<Level> {
        let words = self.by_length.get(word.len())?;
        let packed = pack(word);
        let found = words.iter().find(|(known, _)| *known == packed)?;
        Some(found.1)
    }

    /// True without any word.
    pub fn is_empty(&self) -> bool {
        self.by_length.is_empty()
    }

    /// The words of one level in lower case, shortest first.
    pub fn words(&self, level: Level) -> impl Iterator<Item = String> {
        let words = self.by_length.iter().enumerate();
        words.flat_map(move |(length, words)| {
            let of_level = words.iter().filter(move |(_, l)| *l == level);
            of_level.map(move |(packed, _)| {
                String::from_utf8_lossy(&packed.to_le_bytes()[..length]).into_owned()
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter_and_unknown_words_are_no_levels() {
        let levels = Levels::usual();
        assert_eq!(levels.get(b"ERROR"), Some(Level::Error));
        assert_eq!(levels.get(b"Warnung"), Some(Level::Warn));
        assert_eq!(levels.get(b"Info3"), Some(Level::Trace));
        assert_eq!(levels.get(b""), None);
        assert_eq!(levels.get(b"Hello"), None);
    }

    #[test]
    fn a_word_has_one_level() {
        let mut levels = Levels::usual();
        assert!(!levels.add("error", Level::Info));
        assert!(levels.add("ERROR", Level::Error));
        assert!(levels.add("30", Level::Info));
        assert_eq!(levels.get(b"30"), Some(Level::Info));
    }
}
