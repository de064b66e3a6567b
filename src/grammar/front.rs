//! Fronts of lines: what stands before their stamps, as far as that is marks and the numbers of processes and threads.

use super::format::{Body, Format};
use crate::syntax::program::{Front, Program};

/// Marks that may open any line before its stamp, in bytes.
const OPENING: usize = 4;
/// Numbers that may stand there, and the digits of one.
const MOST_NUMBERS: usize = 2;
const MOST_DIGITS: usize = 10;

/// Which digits before a stamp tell nothing, as far as a format goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Digits {
    /// All may.
    #[default]
    None,
    /// `0` to `9`.
    Decimal,
    /// `a` to `f` as well.
    Hexadecimal,
}

impl Digits {
    /// Those before the stamps of these lines.
    pub(super) fn of(body: &Body) -> Self {
        let Body::Line(programs) = body else {
            return Self::None;
        };
        let each = programs.iter().map(Program::front);
        let all = each.reduce(|one, two| Some(one?.or(two?))).flatten();
        match all {
            None => Self::None,
            // A letter ends a decimal number, so it makes a difference.
            Some(Front { has_int: true, .. }) => Self::Decimal,
            Some(Front { has_hex: true, .. }) => Self::Hexadecimal,
            Some(Front { has_any, .. }) if has_any => Self::None,
            Some(_) => Self::Decimal,
        }
    }

    /// True if the byte is one of them.
    #[inline]
    pub const fn has(self, byte: u8) -> bool {
        match self {
            Self::None => false,
            Self::Decimal => byte.is_ascii_digit(),
            Self::Hexadecimal => byte.is_ascii_hexdigit(),
        }
    }

    /// A zero for each of them: lines whose fronts are the same without them read the same.
    #[inline]
    pub const fn plain(self, byte: u8) -> u8 {
        if self.has(byte) { b'0' } else { byte }
    }
}

impl Format {
    /// The digits before its stamps that tell nothing.
    pub const fn front_digits(&self) -> Digits {
        self.front
    }

    /// True if a stamp behind these bytes begins its line, but for marks, and for the numbers of its process and thread.
    pub fn is_front(&self, before: &[u8]) -> bool {
        before.len() <= OPENING && before.iter().copied().all(is_mark)
            || self.front != Digits::None && is_numbers(before, self.front)
    }
}

/// True if these are marks and a few numbers. An address is none of them: it has more parts, or more marks
/// between them or before them.
fn is_numbers(before: &[u8], digits: Digits) -> bool {
    if !(before.iter()).all(|byte| digits.has(*byte) || is_mark(*byte)) {
        return false;
    }
    let is_digit = |byte: &u8| !is_mark(*byte);
    let ends = before
        .iter()
        .position(is_digit)
        .zip(before.iter().rposition(is_digit));
    let Some((first, last)) = ends else {
        return true;
    };
    let parts: Vec<&[u8]> = before[first..=last]
        .chunk_by(|one, two| is_mark(*one) == is_mark(*two))
        .collect();
    let is_short = |part: &&[u8]| {
        is_digit(&part[0]) && part.len() <= MOST_DIGITS
            || part.len() == 1
            || part.iter().all(|byte| *byte == b' ')
    };
    let is_cut = before[..first]
        .iter()
        .any(|byte| matches!(byte, b':' | b'.'));
    !is_cut && parts.len() < 2 * MOST_NUMBERS && parts.iter().all(is_short)
}

const fn is_mark(byte: u8) -> bool {
    byte.is_ascii() && !byte.is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::format::tests::shipped;

    #[test]
    fn before_a_stamp_that_opens_a_line_stand_marks_and_numbers_of_processes_only() {
        let all = shipped();
        let format = |id: &str| all.iter().find(|format| format.id == id).unwrap();
        assert!(format("electron-log").is_front(b"["));
        assert!(format("chromium").is_front(b"[6656:6660:"));
        assert!(!format("access").is_front(b"::1 - - ["));
        assert!(!format("access").is_front(b"127.0.0.1 - frank ["));
    }

    #[test]
    fn numbers_of_processes_and_threads_are_told_from_addresses_and_words() {
        for front in [
            "",
            "[",
            "<1a0c> ",
            "[1a2c:0001][",
            "  12   345 ",
            "[6656:6660:",
        ] {
            assert!(is_numbers(front.as_bytes(), Digits::Hexadecimal), "{front}");
        }
        for front in [
            "::1 - - [",
            "10.0.0.5 - - [",
            "fe80::1 ",
            "<main> ",
            "1 2 3 ",
            "12345678901 ",
            "\u{e4} ",
        ] {
            assert!(
                !is_numbers(front.as_bytes(), Digits::Hexadecimal),
                "{front}"
            );
        }
        assert!(!is_numbers(b"<1a0c> ", Digits::Decimal));
    }
}
