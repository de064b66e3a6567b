//! JSON lines without a tree: the members of one object as spans, and unescaping of those that rules shall see.

use crate::model::Span;

/// Depth at which nesting is given up.
const DEEPEST: usize = 64;

/// What kind of value a member has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text; the span is what stands between its quotes.
    Text,
    /// A number.
    Number,
    /// `true`, `false` or `null`.
    Word,
    /// An object or a list; its members follow.
    Nest,
}

/// One member of an object or a list, at any depth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// 1 for members of the outer object.
    pub depth: usize,
    /// The key between its quotes; empty in lists.
    pub key: Span,
    /// The value.
    pub value: Span,
    /// Its kind.
    pub kind: Kind,
}

/// Walks through one JSON object that fills the line, in the order of the text. False if the line is no such object.
pub fn walk(line: &[u8], mut visit: impl FnMut(&Member)) -> bool {
    let mut walker = Walker { line, at: 0 };
    walker.blanks();
    if walker.peek() != Some(b'{') || walker.object(1, &mut visit).is_none() {
        return false;
    }
    walker.blanks();
    walker.at == line.len()
}

struct Walker<'a> {
    line: &'a [u8],
    at: usize,
}

impl Walker<'_> {
    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn object(&mut self, depth: usize, visit: &mut impl FnMut(&Member)) -> Option<()> {
        self.eat(b'{')?;
        self.blanks();
        if self.eat(b'}').is_some() {
            return Some(());
        }
        loop {
            self.blanks();
            let key = self.text()?;
            self.blanks();
            self.eat(b':')?;
            self.value(depth, key, visit)?;
            if self.eat(b',').is_none() {
                return self.eat(b'}');
            }
        }
    }

    fn list(&mut self, depth: usize, visit: &mut impl FnMut(&Member)) -> Option<()> {
        self.eat(b'[')?;
        self.blanks();
        if self.eat(b']').is_some() {
            return Some(());
        }
        loop {
            self.value(depth, Span::default(), visit)?;
            if self.eat(b',').is_none() {
                return self.eat(b']');
            }
        }
    }

    /// Reads a value and the blanks around it.
    fn value(&mut self, depth: usize, key: Span, visit: &mut impl FnMut(&Member)) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        self.blanks();
        let start = self.at;
        let (value, kind) = match self.peek()? {
            b'"' => (self.text()?, Kind::Text),
            open @ (b'{' | b'[') => {
                // The opening bracket stands for the whole: its end is not known yet.
                let value = Span::new(start, start + 1);
                visit(&Member {
                    depth,
                    key,
                    value,
                    kind: Kind::Nest,
                });
                if open == b'{' {
                    self.object(depth + 1, visit)?;
                } else {
                    self.list(depth + 1, visit)?;
                }
                self.blanks();
                return Some(());
            }
            b'-' | b'0'..=b'9' => (
                self.run(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)),
                Kind::Number,
            ),
            b't' | b'f' | b'n' => (self.run(|b| b.is_ascii_lowercase()), Kind::Word),
            _ => return None,
        };
        visit(&Member {
            depth,
            key,
            value,
            kind,
        });
        self.blanks();
        Some(())
    }

    fn run(&mut self, test: impl Fn(u8) -> bool) -> Span {
        let start = self.at;
        while self.peek().is_some_and(&test) {
            self.at += 1;
        }
        Span::new(start, self.at)
    }

    /// A text in quotes; returns what stands between them.
    fn text(&mut self) -> Option<Span> {
        self.eat(b'"')?;
        let start = self.at;
        loop {
            let found = memchr::memchr2(b'"', b'\\', self.line.get(self.at..)?)?;
            self.at += found;
            if self.peek()? == b'"' {
                self.at += 1;
                return Some(Span::new(start, self.at - 1));
            }
            // The byte behind a backslash never ends the text.
            self.at += 2;
        }
    }
}

/// Appends what stands between quotes, unescaped; what is no escape stays as it is.
pub fn unescape(text: &[u8], into: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        into.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let length = escape(rest, into);
        rest = &rest[length..];
    }
    into.extend_from_slice(rest);
}

/// Appends the meaning of the escape at the start; returns its length.
fn escape(text: &[u8], into: &mut Vec<u8>) -> usize {
    let plain = match text.get(1) {
        Some(b'n') => b'\n',
        Some(b't') => b'\t',
        Some(b'r') => b'\r',
        Some(b'b') => 8,
        Some(b'f') => 12,
        Some(&byte @ (b'"' | b'\\' | b'/')) => byte,
        Some(b'u') => {
            if let Some((letter, length)) = unicode(text) {
                into.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                return length;
            }
            into.push(b'\\');
            return 1;
        }
        _ => {
            into.push(b'\\');
            return 1;
        }
    };
    into.push(plain);
    2
}

/// `\u00e4`, or a surrogate pair; a lone surrogate is the replacement character.
fn unicode(text: &[u8]) -> Option<(char, usize)> {
    let high = unit(text)?;
    if let Some(letter) = char::from_u32(high) {
        return Some((letter, 6));
    }
    let low = text.get(6..).and_then(unit);
    match low {
        Some(low @ 0xdc00..=0xdfff) if high < 0xdc00 => {
            let letter = char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))?;
            Some((letter, 12))
        }
        _ => Some((char::REPLACEMENT_CHARACTER, 6)),
    }
}

fn unit(text: &[u8]) -> Option<u32> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn members_come_in_order_and_with_depth() {
        let line = br#"{"level":"error", "err":{"code":-4078,"list":[1,"x"]},"ok":true}"#;
        let mut seen = Vec::new();
        assert!(walk(line, |m| seen.push((
            m.depth,
            m.key.of(line).to_vec(),
            m.value.of(line).to_vec()
        ))));
        assert_eq!(seen[0], (1, b"level".to_vec(), b"error".to_vec()));
        assert_eq!(seen[2], (2, b"code".to_vec(), b"-4078".to_vec()));
        assert_eq!(seen[5], (3, b"".to_vec(), b"x".to_vec()));
        assert_eq!(seen.len(), 7);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for line in [
            "",
            "[]",
            "{",
            "{\"a\":}",
            "{\"a\":1} x",
            "{\"a\"",
            "{\"a\":\"\\",
            "{'a':1}",
        ] {
            assert!(!walk(line.as_bytes(), |_| ()), "{line}");
        }
        assert!(!walk("{\"a\":".repeat(100).as_bytes(), |_| ()));
    }

    proptest! {
        #[test]
        fn unescaping_is_serdes(text in any::<String>()) {
            let line = serde_json::json!({ "m": text }).to_string();
            let mut value = Span::default();
            prop_assert!(walk(line.as_bytes(), |m| value = m.value));
            let mut out = Vec::new();
            unescape(value.of(line.as_bytes()), &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), text);
        }

        #[test]
        fn no_bytes_make_it_panic(line in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut near = b"{\"a\":\"\\u".to_vec();
            near.extend(&line);
            walk(&near, |_| ());
            unescape(&near, &mut Vec::new());
        }
    }
}
