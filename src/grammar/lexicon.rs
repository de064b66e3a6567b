//! The lexicon: words that tell like from like.

use super::condition::{LiteralId, Literals};
use super::document::at;
use super::error::{Fault, Proof};
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
    pub fn load(
        path: &str,
        text: &str,
        proof: Proof,
        literals: &mut Literals,
    ) -> Result<Self, Vec<Fault>> {
        let (raw, file, mut faults): (RawLexicon, _, _) = super::error::read(path, text, proof)?;
        let mut intern = |table: &str, key: &str, words: &[String]| -> Vec<LiteralId> {
            for (index, word) in words.iter().enumerate() {
                if !word.is_ascii() {
                    faults.push(file.fault(
                        &at(table).key(key).index(index),
                        format!("the word {word:?} is not ASCII"),
                        "take an ASCII part of the word, so that it matches in every encoding",
                    ));
                }
            }
            words.iter().map(|word| literals.intern(word)).collect()
        };
        let lexicon = Self {
            bind: intern("direction", "bind", &raw.direction.bind),
            connect: intern("direction", "connect", &raw.direction.connect),
            inner: intern("exception", "inner", &raw.exception.inner),
            trouble: raw.trouble.words,
            given: raw.people.given,
        };
        for (index, word) in raw.direction.connect.iter().enumerate() {
            let both = |bind: &String| bind.eq_ignore_ascii_case(word);
            if raw.direction.bind.iter().any(both) {
                faults.push(file.fault(
                    &at("direction").key("connect").index(index),
                    format!("{word:?} is a word of `bind`, too, which is asked first"),
                    "take it out of one of the two",
                ));
            }
        }
        if faults.is_empty() {
            Ok(lexicon)
        } else {
            Err(faults)
        }
    }
}
