//! Heads of lines: what stands between a line's stamp and its message.
//!
//! A trace has few of them. Where all that a format looks at is a line's stamp and its head, another line with that head
//! reads the same, but for the stamp.

use std::ops::Range;

use wide::u8x16;

use super::format::{Body, Format};
use crate::model::{Level, RawTime};
use crate::syntax::Fields;
use crate::syntax::kinds::of_sixteen;
use crate::syntax::lexeme::Lexeme;
use crate::syntax::program::{Memo, Watch};
use crate::syntax::shape::never_starts;
use crate::syntax::stamp::Near;

/// Longest head, in bytes.
const LONGEST: usize = 64;
/// Bytes that are compared together.
const STEP: usize = 16;

/// What is known of lines that have this head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// What stands behind the stamp: all that the format looks at, which may be some of the message, too; zeros follow. It is
    /// a part of this, as to look for it elsewhere takes longer than to compare it.
    text: [u8; LONGEST],
    length: u8,
    /// A bit for each digit of the text that may be any other one; zeros stand there.
    any: u64,
    /// Bytes that must not follow: the format would have read on.
    not_next: [Option<u8>; 4],
    /// True if there are any.
    has_end: bool,
    /// The level of such lines.
    pub level: Option<Level>,
    /// Where the message begins, from the end of the stamp on.
    pub message: u32,
    /// Where the last word of the text ends that surely ends there, from the end of the stamp on.
    pub last_word: usize,
}

impl Head {
    /// True if a line is read so that goes on like this behind its stamp.
    #[inline]
    pub fn is_of(&self, rest: &[u8]) -> bool {
        let next = || rest.get(usize::from(self.length));
        // Most heads are short, and nearly all that they are asked about have them.
        let begins = match rest.first_chunk::<{ 2 * STEP }>() {
            Some(bytes) if usize::from(self.length) <= bytes.len() => self.begins_with(bytes),
            _ => self.begins(rest),
        };
        begins
            && (!self.has_end || !next().is_some_and(|next| self.not_next.contains(&Some(*next))))
    }

    /// True if these bytes begin with the head, which is no longer.
    #[inline]
    fn begins_with(&self, bytes: &[u8; 2 * STEP]) -> bool {
        let (own, text) = (bytes.as_chunks::<STEP>().0, self.text.as_chunks::<STEP>().0);
        let same = |at: usize| {
            let one = u8x16::new(own[at]);
            let same = one.simd_eq(u8x16::new(text[at])).to_bitmask();
            if self.any == 0 {
                return same;
            }
            let [digits, ..] = of_sixteen(one);
            same | digits.to_bitmask() & (self.any >> (at * STEP) & LOW) as u32
        };
        let both = same(0) | same(1) << STEP;
        both.trailing_ones() >= u32::from(self.length)
    }

    /// The head.
    pub fn text(&self) -> &[u8] {
        &self.text[..usize::from(self.length)]
    }

    /// True if a text begins with the head. A call for such short texts would take most of the time.
    #[inline]
    fn begins(&self, text: &[u8]) -> bool {
        let Some(bytes) = text.first_chunk::<LONGEST>() else {
            return self.begins_short(text);
        };
        let parts = bytes.as_chunks::<STEP>().0.iter();
        let (mut left, mut any) = (u32::from(self.length), self.any);
        for (one, two) in parts.zip(self.text.as_chunks::<STEP>().0) {
            let one = u8x16::new(*one);
            let mut same = one.simd_eq(u8x16::new(*two)).to_bitmask();
            if any & LOW != 0 {
                let [digits, ..] = of_sixteen(one);
                same |= digits.to_bitmask() & (any & LOW) as u32;
            }
            any >>= STEP;
            let same = same.trailing_ones();
            // Most heads are short.
            if left <= STEP as u32 || same < STEP as u32 {
                return same >= left;
            }
            left -= STEP as u32;
        }
        true
    }
}

impl Head {
    /// True if some of its digits may be any others.
    pub const fn has_numbers(&self) -> bool {
        self.any != 0
    }

    /// True if any other digit may stand at that place.
    pub const fn may_be_any(&self, at: usize) -> bool {
        self.any >> at & 1 == 1
    }

    fn begins_short(&self, text: &[u8]) -> bool {
        let own = self.text();
        let is_same = |(at, (one, two)): (usize, (&u8, &u8))| {
            one == two || self.may_be_any(at) && one.is_ascii_digit()
        };
        text.len() >= own.len() && text.iter().zip(own).enumerate().all(is_same)
    }
}

/// The bits of the bytes that are compared together.
const LOW: u64 = (1 << STEP) - 1;

/// What a format has looked at.
#[derive(Default)]
struct Seen {
    parts: Vec<Range<usize>>,
    stamps: Vec<usize>,
    /// Bytes that it has looked at to see of what kind they are, and those of which it wanted to know which they are.
    kinds: Vec<Range<usize>>,
    exact: Vec<Range<usize>>,
    /// Bytes that it would have taken, and where they do not stand.
    not: Vec<(usize, u8)>,
}

impl Seen {
    /// True if any other digit could stand there.
    fn may_be_any(&self, at: usize) -> bool {
        let has = |parts: &[Range<usize>]| parts.iter().any(|part| part.contains(&at));
        has(&self.kinds) && !has(&self.exact) && !self.not.iter().any(|(not, _)| *not == at)
    }
}

impl Watch for Seen {
    fn sees(&mut self, bytes: Range<usize>) {
        self.exact.push(bytes.clone());
        self.parts.push(bytes);
    }

    fn sees_text(&mut self, wanted: &[u8], line: &[u8], at: usize) {
        match wanted.first() {
            Some(first) if line.get(at) != Some(first) => self.not.push((at, *first)),
            _ => self.sees(at..at + wanted.len()),
        }
    }

    fn sees_lexeme(
        &mut self,
        (lexeme, is_told): (&Lexeme, bool),
        line: &[u8],
        at: usize,
        length: Option<usize>,
    ) {
        let reach = lexeme.reach(&line[at..], length);
        let seen = at..at.saturating_add(reach);
        if is_told || !lexeme.takes_any_digit() {
            self.exact.push(seen.clone());
        } else {
            self.kinds.push(at..at + length.unwrap_or_default());
        }
        if matches!(lexeme, Lexeme::Blanks | Lexeme::Pad) {
            let end = at + length.unwrap_or_default();
            self.parts.push(at..end);
            self.not.extend([(end, b' '), (end, b'\t')]);
        } else {
            self.parts.push(seen);
        }
    }

    fn sees_stamp(&mut self, at: usize) {
        self.stamps.push(at);
    }
}

impl Format {
    /// The stamp at a place of a line: what it says, and where it ends.
    #[inline]
    pub fn stamp_at(&self, line: &[u8], at: usize) -> Option<(RawTime, usize)> {
        self.stamps.iter().find_map(|stamp| stamp.read(line, at))
    }

    /// The same; `near`: the last one that was read so.
    #[expect(clippy::inline_always)] // what it gives would be copied twice for each line
    #[inline(always)]
    pub fn stamp_near(&self, line: &[u8], at: usize, near: &mut Near) -> Option<(RawTime, usize)> {
        let (first, others) = self.stamps.split_first()?;
        let read = first.read_near(line, at, near);
        read.or_else(|| others.iter().find_map(|stamp| stamp.read(line, at)))
    }

    /// What a stamp says that is like the last one, by its nanoseconds.
    pub fn time_near(&self, nanos: i64) -> Option<RawTime> {
        self.stamps.first().map(|stamp| stamp.raw(nanos))
    }

    /// The head of a line that the format reads, if that is all it looks at besides the stamp.
    pub fn head(&self, line: &[u8]) -> Option<Head> {
        let Body::Line(programs) = &self.body else {
            return None;
        };
        let memo = Memo::default();
        let mut seen = Seen::default();
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        let has_blank = |bytes: Vec<u8>| bytes.iter().any(is_blank);
        let begin_blank = self
            .stamps
            .iter()
            .any(|stamp| stamp.first_bytes().is_none_or(has_blank));
        for program in programs {
            let read = program.read_watched(line, self.tables(), &memo, &mut seen);
            if let Ok(fields) = read {
                // Of what may begin with anything, the whole line is looked at; but no stack frame begins with a number.
                let is_loose =
                    program.is_loose() && (!program.begins_with_numbers() || never_starts(line));
                let is_told = !is_loose && program.ends_with_message();
                // Where a stamp begins no blank stands, whatever the stamp.
                let start = fields.stamp.map_or(0, |stamp| stamp.start as usize);
                (seen.not).retain(|(at, byte)| begin_blank || *at != start || !is_blank(byte));
                let level = fields.level.or(self.missing_level);
                return is_told.then(|| head(line, &fields, level, &seen)).flatten();
            }
        }
        None
    }
}

fn head(line: &[u8], fields: &Fields, level: Option<Level>, seen: &Seen) -> Option<Head> {
    let stamp = fields.stamp?.range();
    let message = fields.message.start as usize;
    let is_apart =
        |part: &Range<usize>| part.is_empty() || part.end <= stamp.start || part.start >= stamp.end;
    let not_there = seen.not.iter().map(|(at, _)| *at);
    let end = seen
        .parts
        .iter()
        .map(|part| part.end)
        .chain(not_there.clone());
    let end = end.fold(message, usize::max);
    let is_told = stamp.end <= message
        && end <= line.len().min(stamp.end + LONGEST)
        && seen.parts.iter().all(is_apart)
        && not_there.clone().all(|at| is_apart(&(at..at + 1)))
        && seen.stamps.iter().all(|at| *at == stamp.start);
    if !is_told {
        return None;
    }
    let last = seen.not.iter().filter(|(at, _)| *at == end);
    let mut text = [0; LONGEST];
    text[..end - stamp.end].copy_from_slice(&line[stamp.end..end]);
    let mut any = 0;
    for at in (stamp.end..end).filter(|at| line[*at].is_ascii_digit() && seen.may_be_any(*at)) {
        any |= 1 << (at - stamp.end);
        text[at - stamp.end] = b'0';
    }
    let mut not_next = [None; 4];
    for (_, byte) in last {
        if !not_next.contains(&Some(*byte)) {
            *not_next.iter_mut().find(|byte| byte.is_none())? = Some(*byte);
        }
    }
    let mut pairs = line[stamp.end..end].windows(2);
    let last_word =
        pairs.rposition(|pair| pair[0].is_ascii_alphanumeric() && !pair[1].is_ascii_alphanumeric());
    Some(Head {
        last_word: last_word.map_or(0, |at| at + 1),
        text,
        any,
        has_end: not_next[0].is_some(),
        length: (end - stamp.end) as u8,
        not_next,
        level,
        message: (message - stamp.end) as u32,
    })
}

#[cfg(test)]
mod tests {
    use super::super::format::tests::shipped;
    use crate::grammar::format::Format;
    use crate::grammar::head::Head;
    use crate::model::Span;
    use proptest::prelude::*;

    /// What stands before the stamp of a line.
    fn prefix<'l>(format: &Format, line: &'l [u8]) -> &'l [u8] {
        let stamp = format.read(line).and_then(|fields| fields.stamp);
        &line[..stamp.map_or(0, |stamp| stamp.start as usize)]
    }

    /// The text of a head with that digit for each that may be any.
    fn with(head: &Head, digit: u8) -> Vec<u8> {
        let text = head.text().iter().enumerate();
        let may_be_any = |at: usize| head.any >> at & 1 == 1;
        let text = text.map(|(at, byte)| if may_be_any(at) { digit } else { *byte });
        text.collect()
    }

    /// The same with that digit for each in the prefix, where the format takes any there.
    fn with_any(format: &Format, prefix: &[u8], digit: u8) -> Vec<u8> {
        let any = |byte: &u8| {
            let may_be_any = format.front_digits().has(*byte);
            if may_be_any { digit } else { *byte }
        };
        prefix.iter().map(any).collect()
    }

    /// A line that has a head reads as the head says.
    fn holds(format: &Format, head: &Head, line: &[u8], at: usize) -> Result<(), String> {
        let Some((time, end)) = format.stamp_at(line, at) else {
            return Ok(());
        };
        if !head.is_of(&line[end..]) {
            return Ok(());
        }
        let message = Span::new(end + head.message as usize, line.len());
        let told = (Some(Span::new(at, end)), Some(time), head.level, message);
        let read = format.read(line);
        let read = read.map(|fields| (fields.stamp, fields.time, fields.level, fields.message));
        if read == Some(told) {
            return Ok(());
        }
        Err(format!("{}: {}", format.id, String::from_utf8_lossy(line)))
    }

    #[test]
    fn lines_with_one_head_read_as_the_format_reads_them() {
        let (mut heads, mut with_numbers) = (0, 0);
        for format in shipped() {
            let samples: Vec<&[u8]> = format.samples.iter().map(String::as_bytes).collect();
            for sample in &samples {
                let Some(head) = format.head(sample) else {
                    continue;
                };
                heads += 1;
                with_numbers += usize::from(head.has_numbers());
                let prefix = prefix(&format, sample);
                let at = prefix.len();
                for other in &samples {
                    let Some(stamp) = format.stamp_at(other, at) else {
                        continue;
                    };
                    let start = &other[stamp.1..];
                    for message in [
                        start,
                        b"",
                        b" ",
                        b"  x",
                        b"] x: y",
                        b"::x",
                        b": x",
                        b"|INFO|x",
                        b"(12) - y",
                    ] {
                        for digit in b'0'..=b'9' {
                            let line = [&other[..stamp.1], &with(&head, digit), message].concat();
                            if other.starts_with(prefix) {
                                assert!(head.is_of(&line[stamp.1..]) || !message.is_empty());
                                assert_eq!(holds(&format, &head, &line, at), Ok(()));
                            }
                        }
                    }
                }
            }
        }
        assert!(heads > 50 && with_numbers > 5, "{heads} {with_numbers}");
    }

    proptest! {
        #[test]
        fn no_message_and_no_number_makes_a_difference(
            message in "[ -~\tä]{0,12}",
            pick in 0usize..1000,
            digit in b'0'..=b'9',
        ) {
            let formats = shipped();
            let samples = formats.iter().flat_map(|format| {
                format.samples.iter().map(move |sample| (format, sample.as_bytes()))
            });
            let known: Vec<_> = samples
                .filter_map(|(format, line)| Some((format, line, format.head(line)?)))
                .collect();
            let (format, line, head) = &known[pick % known.len()];
            let at = prefix(format, line).len();
            let end = format.stamp_at(line, at).map_or(0, |stamp| stamp.1);
            let before = with_any(format, &line[..at], digit);
            let line = [&before, &line[at..end], &with(head, digit), message.as_bytes()].concat();
            prop_assert_eq!(holds(format, head, &line, at), Ok(()));
        }
    }
}
