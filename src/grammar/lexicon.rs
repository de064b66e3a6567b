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
    /// Words that say that something is tried again, and words that tell no cause beside them, lower case.
    pub retry: [Vec<String>; 2],
    /// Given names, lower case.
    pub given: Vec<String>,
}

impl Lexicon {
    /// True if all that a template of a record says is that it will be tried again. A tag in front says who writes.
    pub fn only_retries(&self, template: &str) -> bool {
        // What was masked may be a cause.
        if template.contains('<') {
            return false;
        }
        let tag = template
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'));
        let is_name = |tag: &str| tag.chars().all(|c| c.is_alphabetic() || "._- ".contains(c));
        let text = tag.filter(|(tag, _)| is_name(tag));
        let text = text.map_or(template, |(_, rest)| rest).to_lowercase();
        let words = text.split(|c: char| !c.is_alphabetic());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let is_in = |list: usize, word: &str| self.retry[list].iter().any(|known| known == word);
        words.iter().any(|word| is_in(0, word))
            && words.iter().all(|word| is_in(0, word) || is_in(1, word))
    }

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
            retry: [raw.retry.again, raw.retry.besides],
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

#[cfg(test)]
mod tests {
    use crate::grammar::Catalog;
    use crate::grammar::catalog::Files;

    #[test]
    fn what_says_more_than_that_it_will_be_tried_again_or_not_is_told_from_what_does_not() {
        let lexicon = Catalog::load(Files::new()).unwrap().lexicon;
        for only in [
            "[login] login attempt # failed, next attempt in # s",
            "WARNUNG Anmeldung fehlgeschlagen (#), erneuter Versuch in # Sekunden",
            "Nächster Versuch um #:#:#",
            "Anmeldung fehlgeschlagen (#), es wird aufgegeben",
            "login failed # times, giving up",
        ] {
            assert!(lexicon.only_retries(only), "{only}");
        }
        for more in [
            "",
            "[E#] retry in # s",
            "login failed",
            "login attempt # failed: E_#",
            "login attempt # failed: <…>",
            "retry in # s, licence expired",
            "Anmeldung fehlgeschlagen",
            "no login given",
            "giving up: no licence",
        ] {
            assert!(!lexicon.only_retries(more), "{more}");
        }
    }
}
