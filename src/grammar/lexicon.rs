//! The lexicon: words that tell like from like.

use super::condition::{LiteralId, Literals};
use super::error::Fault;
use super::raw::RawLexicon;

/// Interned words of `lexicon.toml`.
#[derive(Debug, Clone, Default)]
pub struct Lexicon {
    /// A record with one of these is about listening.
    pub bind: Vec<LiteralId>,
    /// Else a record with one of these is about connecting.
    pub connect: Vec<LiteralId>,
    /// Where an exception chain goes one level deeper.
    pub inner: Vec<LiteralId>,
    /// A record without a level that has one of these looks like trouble.
    pub trouble: Vec<String>,
    /// Given names, lower case.
    pub given: Vec<String>,
}

impl Lexicon {
    /// Checks the file; its words are interned.
    ///
    /// # Errors
    /// All faults of the file.
    pub fn load(path: &str, text: &str, literals: &mut Literals) -> Result<Self, Vec<Fault>> {
        let raw: RawLexicon = super::error::parse(path, text)?;
        let mut faults = Vec::new();
        let mut intern = |words: &[String]| -> Vec<LiteralId> {
            for word in words.iter().filter(|w| !w.is_ascii() || w.is_empty()) {
                let help = "take an ASCII part of the word, so that it matches in every encoding";
                faults.push(Fault::of_file(
                    path,
                    format!("the word {word:?} is not ASCII"),
                    help,
                ));
            }
            words.iter().map(|word| literals.intern(word)).collect()
        };
        let lexicon = Self {
            bind: intern(&raw.direction.bind),
            connect: intern(&raw.direction.connect),
            inner: intern(&raw.exception.inner),
            trouble: raw.trouble.words,
            given: raw.people.given,
        };
        if faults.is_empty() {
            Ok(lexicon)
        } else {
            Err(faults)
        }
    }
}
