//! Look-alikes of ASCII: what is no ASCII and passes for it. Traces are of hosts, paths, programs and words of ASCII, so a
//! letter that only looks like one misleads; names and sentences of any language stay readable.
//!
//! By Unicode's own tables (UTS #39: confusables, and what may stand in identifiers), by these rules:
//!
//! 1. Forms of ASCII characters: full-width, mathematical, letter-like, Roman numerals, and Latin letters that no language
//!    of today is written with (`ɡ`, `ɳ`), wherever they stand. So are signs that pass for one of ASCII (`∕`, `․`), but
//!    those of everyday typography (quotes, dashes, `…`).
//! 2. Letters of another script in a word that has letters of ASCII too.
//! 3. A word of another script all of whose letters pass for ASCII (`арр`), unless its line is written in that script:
//!    unless another letter of the script stands there that does not pass for ASCII.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;
use unicode_script::{Script, UnicodeScript};
use unicode_security::{GeneralSecurityProfile, skeleton};

/// What a character passes for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// For itself.
    Own,
    /// For a letter or digit of ASCII, as a letter of this script.
    Letter(Script),
    /// For ASCII, wherever it stands.
    Form,
}

/// Looks for look-alikes in a text from front to back.
#[derive(Default)]
pub(super) struct Lookalikes {
    /// End of the word, and the rule that holds in it.
    end: usize,
    word: Word,
    known: HashMap<char, Look>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Word {
    #[default]
    Plain,
    /// ASCII and something else: letters of other scripts are spelled out.
    Mixed,
    /// Nothing but look-alikes.
    Alike,
}

impl Lookalikes {
    /// True if the character at this place is to be spelled out. Places ascend.
    pub(super) fn has(&mut self, text: &str, at: usize, c: char) -> bool {
        if at >= self.end && c.is_alphanumeric() {
            let word = &text[at..];
            let length = word.find(|c: char| !is_of_word(c));
            let word = &word[..length.unwrap_or(word.len())];
            self.end = at + word.len();
            self.word = if word.is_ascii() {
                Word::Plain
            } else {
                self.judge(word, text, at)
            };
        }
        if c.is_ascii() {
            return false;
        }
        let look = self.look(c);
        match look {
            Look::Form => true,
            _ if at >= self.end => false,
            Look::Letter(_) => self.word != Word::Plain,
            Look::Own => self.word == Word::Mixed && is_of_alike_script(c),
        }
    }

    fn look(&mut self, c: char) -> Look {
        *self.known.entry(c).or_insert_with(|| look_of(c))
    }

    fn judge(&mut self, word: &str, text: &str, at: usize) -> Word {
        let foreign = |c: char| is_of_alike_script(c);
        if word.contains(|c: char| c.is_ascii_alphabetic()) {
            let other = word
                .chars()
                .any(|c| !c.is_ascii() && (foreign(c) || matches!(self.look(c), Look::Letter(_))));
            return if other { Word::Mixed } else { Word::Plain };
        }
        let mut letters = word.chars().filter(|c| c.is_alphabetic());
        let Some(Look::Letter(script)) = letters.next().map(|c| self.look(c)) else {
            return Word::Plain;
        };
        let mut more = 0;
        for letter in letters {
            if self.look(letter) != Look::Letter(script) {
                return Word::Plain;
            }
            more += 1;
        }
        // A letter alone is a sign of mathematics, or a word of its language, and misleads nobody.
        if more == 0 || self.is_written_in(script, line_around(text, at)) {
            return Word::Plain;
        }
        Word::Alike
    }

    /// True if a letter of the script stands there that passes for nothing else.
    fn is_written_in(&mut self, script: Script, line: &str) -> bool {
        line.chars()
            .any(|c| !c.is_ascii() && c.script() == script && self.look(c) == Look::Own)
    }
}

/// True if the character passes for nothing else, and does so in any word.
pub(super) fn is_itself(c: char) -> bool {
    look_of(c) == Look::Own && !is_of_alike_script(c)
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-')
}

fn line_around(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |feed| feed + 1);
    let end = text[at..].find('\n').map_or(text.len(), |feed| at + feed);
    &text[start..end]
}

/// Scripts whose letters look like Latin ones, if not all of them do.
fn is_of_alike_script(c: char) -> bool {
    matches!(
        c.script(),
        Script::Greek
            | Script::Coptic
            | Script::Cyrillic
            | Script::Armenian
            | Script::Cherokee
            | Script::Lisu
            | Script::Deseret
    )
}

/// Signs of everyday typography that pass for ASCII and are no trick, and what is raised, lowered, circled or squared.
fn is_everyday(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2022}' | '\u{2026}' | '\u{2030}'..='\u{2037}' | '\u{2039}' | '\u{203a}' | '\u{2212}'
        | '\u{2070}'..='\u{209f}' | '\u{2460}'..='\u{24ff}' | '\u{3200}'..='\u{33ff}')
}

fn look_of(c: char) -> Look {
    // Latin-1 has the umlauts, and signs that everybody writes.
    if c <= '\u{ff}' || c.is_whitespace() || is_everyday(c) {
        return Look::Own;
    }
    let compatible = c.nfkc();
    let all_ascii = |mark: fn(&char) -> bool| compatible.clone().all(|c| mark(&c));
    let is_form = if c.is_alphanumeric() {
        all_ascii(char::is_ascii_alphanumeric)
    } else {
        compatible.clone().count() == 1 && all_ascii(char::is_ascii_punctuation)
    };
    if is_form {
        return Look::Form;
    }
    let mut buffer = [0; 4];
    let first = skeleton(c.encode_utf8(&mut buffer)).next().unwrap_or(c);
    let script = c.script();
    if !c.is_alphanumeric() {
        let alike = first.is_ascii_punctuation() && !matches!(first, '"' | '\'' | '`');
        return if alike && script == Script::Common {
            Look::Form
        } else {
            Look::Own
        };
    }
    if !first.is_ascii_alphanumeric() {
        return Look::Own;
    }
    match script {
        Script::Latin | Script::Common | Script::Inherited if c.identifier_allowed() => Look::Own,
        Script::Latin | Script::Common | Script::Inherited => Look::Form,
        script => Look::Letter(script),
    }
}
