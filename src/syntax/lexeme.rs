//! Lexemes: what a field of a pattern may hold. Each is a pure function from bytes to a length.

use memchr::{memchr, memmem};

/// What a field may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lexeme {
    /// A letter, then letters and digits.
    Word,
    /// One letter that is no part of a word.
    Letter,
    /// Digits, with an optional minus.
    Int,
    /// Hexadecimal digits, with an optional `0x`.
    Hex,
    /// A name: letters, digits and `_ . - $ / \ @ # + ~ <> []`-free, with `::` inside.
    Ident,
    /// Anything up to the next blank.
    Token,
    /// Anything up to this text, which stays; may be empty.
    Until(Box<[u8]>),
    /// One or more blanks or tabs.
    Blanks,
    /// No, one or more blanks or tabs.
    Pad,
    /// Everything that is left.
    Rest,
}

impl Lexeme {
    /// The names of the lexemes, for messages.
    pub const NAMES: &str = "word, letter, int, hex, ident, token, until(\"…\"), blanks, pad, rest";

    /// The lexeme of that name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "word" => Self::Word,
            "letter" => Self::Letter,
            "int" => Self::Int,
            "hex" => Self::Hex,
            "ident" => Self::Ident,
            "token" => Self::Token,
            "blanks" => Self::Blanks,
            "pad" => Self::Pad,
            "rest" => Self::Rest,
            _ => return None,
        })
    }

    /// The length of the lexeme at the start of the text.
    #[inline]
    pub fn length(&self, text: &[u8]) -> Option<usize> {
        match self {
            Self::Word => {
                let first = text.first().is_some_and(u8::is_ascii_alphabetic);
                some(if first {
                    run(text, ALPHABETIC | DIGIT)
                } else {
                    0
                })
            }
            Self::Letter => {
                let word = run(text, ALPHABETIC);
                (word == 1).then_some(1)
            }
            Self::Int => int(text),
            Self::Hex => hex(text),
            Self::Ident => some(ident(text)),
            Self::Token => some(run(text, TOKEN)),
            Self::Until(end) => match **end {
                [byte] => memchr(byte, text),
                _ => memmem::find(text, end),
            },
            Self::Blanks => some(run(text, BLANK)),
            Self::Pad => Some(run(text, BLANK)),
            Self::Rest => Some(text.len()),
        }
    }

    /// True if its length is the same whatever its digits are.
    pub fn takes_any_digit(&self) -> bool {
        match self {
            // `0x` is more than a digit.
            Self::Hex => false,
            Self::Until(end) => !end.iter().any(u8::is_ascii_digit),
            _ => true,
        }
    }

    /// How many bytes of the text the lexeme's [length](Self::length) follows from.
    #[inline]
    pub fn reach(&self, text: &[u8], length: Option<usize>) -> usize {
        match self {
            Self::Letter => run(text, ALPHABETIC) + 1,
            Self::Ident => {
                let length = length.unwrap_or(0);
                length
                    + if text.get(length) == Some(&b':') {
                        3
                    } else {
                        1
                    }
            }
            Self::Until(end) => length.map_or(usize::MAX, |length| length + end.len()),
            Self::Rest => 0,
            // A sign or a prefix without a number is looked at, too.
            Self::Int | Self::Hex => length.unwrap_or(2) + 1,
            Self::Word | Self::Token | Self::Blanks | Self::Pad => length.unwrap_or(0) + 1,
        }
    }

    /// The lexeme in words, for "expected …".
    pub fn describe(&self) -> String {
        match self {
            Self::Word => "a word".into(),
            Self::Letter => "one letter".into(),
            Self::Int => "a number".into(),
            Self::Hex => "a hexadecimal number".into(),
            Self::Ident => "a name".into(),
            Self::Token => "something that is not blank".into(),
            Self::Until(end) => format!("a `{}` further on", String::from_utf8_lossy(end)),
            Self::Blanks | Self::Pad => "a blank".into(),
            Self::Rest => "the rest of the line".into(),
        }
    }
}

fn some(length: usize) -> Option<usize> {
    (length > 0).then_some(length)
}

/// Kinds of bytes, as bits.
const ALPHABETIC: u8 = 1;
const DIGIT: u8 = 2;
const HEX: u8 = 4;
const IDENT: u8 = 8;
const BLANK: u8 = 16;
const TOKEN: u8 = 32;

/// The kinds of each byte: to look them up is cheaper than to compare.
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        let mut kind = if byte.is_ascii_alphabetic() {
            ALPHABETIC | IDENT
        } else if byte.is_ascii_digit() {
            DIGIT | IDENT
        } else {
            0
        };
        if byte.is_ascii_hexdigit() {
            kind |= HEX;
        }
        if byte >= 0x80 {
            kind |= IDENT;
        }
        kind |= if byte == b' ' || byte == b'\t' {
            BLANK
        } else {
            TOKEN
        };
        kinds[at] = kind;
        at += 1;
    }
    let marks = b"_.-$/\\@#+~<>`!";
    let mut at = 0;
    while at < marks.len() {
        kinds[marks[at] as usize] |= IDENT;
        at += 1;
    }
    kinds
};

/// How many bytes of these kinds the text begins with.
#[inline]
fn run(text: &[u8], kinds: u8) -> usize {
    text.iter()
        .position(|b| KINDS[usize::from(*b)] & kinds == 0)
        .unwrap_or(text.len())
}

/// A blank or a tab.
pub fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn int(text: &[u8]) -> Option<usize> {
    let minus = usize::from(text.first() == Some(&b'-'));
    let length = run(&text[minus..], DIGIT);
    (length > 0).then_some(minus + length)
}

fn hex(text: &[u8]) -> Option<usize> {
    let prefix = if text.starts_with(b"0x") || text.starts_with(b"0X") {
        2
    } else {
        0
    };
    let length = run(&text[prefix..], HEX);
    (length > 0).then_some(prefix + length)
}

/// A colon belongs to a name only as `::` with a name behind it.
fn ident(text: &[u8]) -> usize {
    let is_part = |b: &u8| KINDS[usize::from(*b)] & IDENT != 0;
    let mut end = 0;
    loop {
        end += run(&text[end..], IDENT);
        let rest = &text[end..];
        if end > 0 && rest.starts_with(b"::") && rest.get(2).is_some_and(is_part) {
            end += 2;
        } else {
            return end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut<'a>(lexeme: &Lexeme, text: &'a str) -> Option<&'a str> {
        lexeme.length(text.as_bytes()).map(|n| &text[..n])
    }

    #[test]
    fn each_lexeme_takes_what_it_says() {
        assert_eq!(cut(&Lexeme::Word, "Info2 x"), Some("Info2"));
        assert_eq!(cut(&Lexeme::Word, "2Info"), None);
        assert_eq!(cut(&Lexeme::Letter, "E0810"), Some("E"));
        assert_eq!(cut(&Lexeme::Letter, "ERR"), None);
        assert_eq!(cut(&Lexeme::Int, "-12]"), Some("-12"));
        assert_eq!(cut(&Lexeme::Int, "-"), None);
        assert_eq!(cut(&Lexeme::Hex, "0x1A2c "), Some("0x1A2c"));
        assert_eq!(cut(&Lexeme::Hex, "0x"), None);
        assert_eq!(
            cut(&Lexeme::Ident, "CLineMgr::ReInit: x"),
            Some("CLineMgr::ReInit")
        );
        assert_eq!(cut(&Lexeme::Ident, "SwSIP: x"), Some("SwSIP"));
        assert_eq!(cut(&Lexeme::Token, "a[b] c"), Some("a[b]"));
        assert_eq!(cut(&Lexeme::Until(b"|"[..].into()), "|x"), Some(""));
        assert_eq!(
            cut(&Lexeme::Until(b"]] "[..].into()), "a]b]] x"),
            Some("a]b")
        );
        assert_eq!(cut(&Lexeme::Pad, "x"), Some(""));
        assert_eq!(cut(&Lexeme::Blanks, "x"), None);
        assert_eq!(cut(&Lexeme::Rest, ""), Some(""));
    }
}
