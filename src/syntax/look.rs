//! What a line looks like: digits are one thing, letters another, all else is itself. Which patterns may read a line
//! shows in its look for most of them, and the lines of a trace have few looks.
//!
//! A format's look says yes too often, never too rarely: values are not looked at, and what stands behind the look is unknown.

use std::hash::{Hash, Hasher};

use super::lexeme::Lexeme;
use super::pattern::Part;
use super::stamp::{Item, Stamp, Width};

/// Bytes of a line that make its look.
const WIDTH: usize = 32;
/// From here on what follows may lie behind the look.
const EDGE: usize = WIDTH - 4;
/// The place behind the look: whatever follows may stand there.
const BEYOND: u64 = 1 << WIDTH;

const DIGIT: u8 = b'0';
const LETTER: u8 = b'a';
const HIGH: u8 = 0x80;

/// The beginning of a line, digits and letters each made equal. Behind its end are zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look([u8; WIDTH]);

impl Hash for Look {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let words = self.0.as_chunks::<8>().0.iter();
        words.for_each(|word| hasher.write_u64(u64::from_le_bytes(*word)));
    }
}

#[inline]
const fn class(byte: u8) -> u8 {
    // Without branches, so that many bytes are looked at together.
    let is_digit = byte.wrapping_sub(b'0') < 10;
    let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let byte = if is_digit { DIGIT } else { byte };
    let byte = if is_letter { LETTER } else { byte };
    let byte = if byte >= HIGH { HIGH } else { byte };
    if byte == 0 { 1 } else { byte }
}

#[inline]
fn classes(bytes: &[u8; WIDTH]) -> [u8; WIDTH] {
    let mut all = [0; WIDTH];
    let mut at = 0;
    while at < WIDTH {
        all[at] = class(bytes[at]);
        at += 1;
    }
    all
}

impl Look {
    /// The look of a line, without its end of line.
    pub fn of(line: &[u8]) -> Self {
        if let Some(whole) = line.first_chunk() {
            return Self(classes(whole));
        }
        let mut start = [b' '; WIDTH];
        start[..line.len()].copy_from_slice(line);
        let mut look = classes(&start);
        look[line.len()..].fill(0);
        Self(look)
    }

    /// A few bits in which looks differ: of the half that has what follows a stamp.
    pub fn ending(&self) -> u64 {
        let [.., a, b] = self.0.as_chunks::<8>().0 else {
            return 0;
        };
        let word = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b).rotate_left(5);
        word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56
    }

    fn len(&self) -> usize {
        self.0.iter().position(|b| *b == 0).unwrap_or(WIDTH)
    }

    /// The first byte that is no blank; `None` if all that is seen is blank.
    fn first(&self) -> Option<u8> {
        let mut bytes = self.0.iter().copied();
        bytes.find(|b| !b.is_ascii_whitespace())
    }
}

/// What a pattern looks like.
#[derive(Debug)]
enum Step {
    Text(Vec<u8>),
    Stamp,
    Field(Lexeme),
    Optional(Vec<Step>),
}

/// What the lines of a format look like.
#[derive(Debug)]
pub enum FormatLook {
    /// As one of the patterns, with a stamp in one of the layouts.
    Patterns(Patterns),
    /// As an object.
    Json,
}

/// Patterns, and the layouts of their stamp.
#[derive(Debug)]
pub struct Patterns {
    steps: Vec<Vec<Step>>,
    layouts: Vec<Vec<Item>>,
    /// Marks that stand in the lines of each pattern.
    marks: Vec<u8>,
}

impl FormatLook {
    /// The look of patterns whose stamps have these layouts.
    pub fn of<'a>(patterns: impl Iterator<Item = &'a [Part]>, stamps: &[Stamp]) -> Self {
        let patterns: Vec<Vec<Step>> = patterns.map(steps).collect();
        let has = |steps: &Vec<Step>, mark: &u8| {
            let in_step = |step: &Step| matches!(step, Step::Text(text) if text.contains(mark));
            steps.iter().any(in_step)
        };
        let marks = (b'!'..=b'~').filter(u8::is_ascii_punctuation);
        Self::Patterns(Patterns {
            marks: marks
                .filter(|mark| patterns.iter().all(|steps| has(steps, mark)))
                .collect(),
            steps: patterns,
            layouts: stamps.iter().map(Stamp::items).collect(),
        })
    }

    /// A byte that stands in all lines that are read, and not in the look.
    pub fn needs(&self, look: &Look) -> Option<u8> {
        let Self::Patterns(all) = self else {
            return None;
        };
        let mut marks = all.marks.iter().copied();
        marks.find(|mark| !look.0.contains(mark))
    }

    /// False if no line with the look is read.
    pub fn may_read(&self, look: &Look) -> bool {
        match self {
            Self::Json => look.first().is_none_or(|b| b == b'{' || b == 0),
            Self::Patterns(all) => {
                let sight = Sight {
                    text: &look.0[..look.len()],
                    layouts: &all.layouts,
                };
                all.steps.iter().any(|steps| sight.run(steps, 1) != 0)
            }
        }
    }
}

fn steps(parts: &[Part]) -> Vec<Step> {
    let one = |part: &Part| match part {
        Part::Text(text) => Step::Text(text.iter().map(|b| class(*b)).collect()),
        Part::Stamp => Step::Stamp,
        Part::Field(_, lexeme) => Step::Field(lexeme.clone()),
        Part::Optional(inside) => Step::Optional(steps(inside)),
    };
    parts.iter().map(one).collect()
}

/// The seen text. Places in it are sets of bits.
struct Sight<'a> {
    text: &'a [u8],
    layouts: &'a [Vec<Item>],
}

impl Sight<'_> {
    /// Where the steps may end if they begin at one of the places.
    fn run(&self, steps: &[Step], mut places: u64) -> u64 {
        for step in steps {
            let mut next = places & BEYOND;
            for place in (0..WIDTH).filter(|place| places >> place & 1 == 1) {
                next |= match step {
                    Step::Text(text) => self.text(text, place),
                    Step::Stamp => {
                        let layouts = self.layouts.iter();
                        layouts.fold(0, |ends, items| ends | self.stamp(items, place))
                    }
                    Step::Field(lexeme) => self.lexeme(lexeme, place),
                    Step::Optional(inside) => 1 << place | self.run(inside, 1 << place),
                };
            }
            places = next;
            if places == 0 {
                break;
            }
        }
        places
    }

    const fn goes_on(&self) -> bool {
        self.text.len() == WIDTH
    }

    /// The place of an end, and the one behind the look if it may lie there.
    fn end(&self, at: usize) -> u64 {
        let beyond = if self.goes_on() && at >= EDGE {
            BEYOND
        } else {
            0
        };
        1 << at | beyond
    }

    fn text(&self, text: &[u8], at: usize) -> u64 {
        let seen = &self.text[at..];
        let both = text.len().min(seen.len());
        match seen[..both] == text[..both] {
            true if both == text.len() => 1 << (at + both),
            true if self.goes_on() => BEYOND,
            _ => 0,
        }
    }

    fn lexeme(&self, lexeme: &Lexeme, at: usize) -> u64 {
        let seen = &self.text[at..];
        let unknown = if self.goes_on() && at >= EDGE {
            BEYOND
        } else {
            0
        };
        let known = match lexeme {
            Lexeme::Rest => BEYOND,
            // Which text it is up to is not looked at.
            Lexeme::Until(_) => self.all(at..=self.text.len()),
            Lexeme::Hex => {
                let run = seen.iter().take_while(|b| matches!(**b, DIGIT | LETTER));
                self.all(at + 1..=at + run.count())
            }
            lexeme => lexeme
                .length(seen)
                .map_or(0, |length| self.end(at + length)),
        };
        known | unknown
    }

    fn all(&self, ends: std::ops::RangeInclusive<usize>) -> u64 {
        ends.fold(0, |all, end| all | self.end(end))
    }

    fn stamp(&self, items: &[Item], at: usize) -> u64 {
        let mut places = 1 << at;
        for item in items {
            let mut next = places & BEYOND;
            for place in (0..WIDTH).filter(|place| places >> place & 1 == 1) {
                next |= self.item(*item, place);
            }
            places = next;
            if places == 0 {
                break;
            }
        }
        places
    }

    /// The place so far on, if the text goes that far.
    fn after(&self, at: usize, length: usize) -> u64 {
        match at + length {
            end if end <= self.text.len() => self.end(end),
            _ if self.goes_on() => BEYOND,
            _ => 0,
        }
    }

    /// So many digits.
    fn digits(&self, count: usize, at: usize) -> u64 {
        self.text(&[DIGIT; 18][..count], at)
    }

    /// How many bytes from a place on are such.
    fn count(&self, at: usize, most: usize, is: fn(u8) -> bool) -> usize {
        let text = self.text.get(at..).unwrap_or_default();
        text.iter().take(most).take_while(|b| is(**b)).count()
    }

    /// Where a part of a stamp may end; in time with `Found::take`.
    fn item(&self, item: Item, at: usize) -> u64 {
        let unknown = if self.goes_on() && at >= EDGE {
            BEYOND
        } else {
            0
        };
        let first = self.text.get(at).copied().unwrap_or(0);
        let is_digit = |b| b == DIGIT;
        let is_letter = |b| b == LETTER;
        let is_sign = matches!(first, b'+' | b'-');
        let known = match item {
            Item::Byte(byte) => self.text(&[class(byte)], at),
            Item::Year => self.digits(4, at),
            Item::Ordinal => self.digits(3, at),
            Item::ShortYear | Item::Minute | Item::Second => self.digits(2, at),
            Item::Month(width)
            | Item::Day(width)
            | Item::Hour(width)
            | Item::HalfDayHour(width) => self.padded(width, at),
            Item::MonthName => {
                let run = self.count(at, WIDTH, |b| matches!(b, LETTER | HIGH));
                self.all(at + 3..=at + run) | self.dot(at + run)
            }
            Item::Weekday => {
                let run = self.count(at, WIDTH, is_letter);
                self.all(at + 1..=at + run) | self.dot(at + run)
            }
            Item::Marker if first == LETTER => self.after(at, 2) | self.after(at, 4),
            Item::Fraction(separator) => {
                let count = self.count(at + 1, 9, is_digit);
                if first == class(separator) && count > 0 {
                    self.end(at + 1 + count)
                } else {
                    1 << at
                }
            }
            Item::Digits(most) => {
                let count = self.count(at, usize::from(most), is_digit);
                let enough = count == usize::from(most) || most == 9 && count > 0;
                if enough { self.end(at + count) } else { 0 }
            }
            Item::Offset if first == LETTER => self.after(at, 1),
            Item::Offset if is_sign => [3, 5, 6].iter().fold(0, |all, n| all | self.after(at, *n)),
            Item::ZoneName => self.all(at + 1..=at + self.count(at, WIDTH, is_letter)),
            // Its spellings are many, and few layouts have it.
            Item::Zone => self.all(at + 1..=self.text.len()),
            Item::Bias if is_sign => match self.count(at + 1, 4, is_digit) {
                0 => 0,
                count => self.end(at + 1 + count),
            },
            Item::Epoch => self.digits(10, at),
            Item::FileTime | Item::Ticks => self.digits(18, at),
            Item::Marker | Item::Offset | Item::Bias => 0,
        };
        known | unknown
    }

    /// The place behind a dot.
    fn dot(&self, at: usize) -> u64 {
        self.text(b".", at)
    }

    fn padded(&self, width: Width, at: usize) -> u64 {
        match width {
            Width::Two => self.digits(2, at),
            Width::Blank if self.text.get(at) == Some(&b' ') => self.text(&[b' ', DIGIT], at),
            Width::Blank | Width::Short => match self.count(at, 2, |b| b == DIGIT) {
                0 => 0,
                count => self.end(at + count),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::pattern;
    use crate::syntax::stamp::ZoneSource;

    fn format_look(patterns: &[&str], layout: &str) -> FormatLook {
        let patterns: Vec<Vec<Part>> = patterns
            .iter()
            .map(|p| pattern::parse(p).unwrap())
            .collect();
        let stamp = Stamp::compile(layout, ZoneSource::Local).unwrap();
        FormatLook::of(patterns.iter().map(Vec::as_slice), &[stamp])
    }

    fn may_read(format: &FormatLook, line: &str) -> bool {
        format.may_read(&Look::of(line.as_bytes()))
    }

    #[test]
    fn what_stands_behind_the_stamp_tells_patterns_apart() {
        let bars = format_look(
            &["{stamp}|{level:word}|{message:rest}"],
            "%Y-%m-%d %H:%M:%S.%f",
        );
        assert!(may_read(&bars, "2020-08-10 11:16:29.1234|ERROR|x"));
        assert!(may_read(&bars, "2020-08-10 11:16:29|ERROR|x"));
        for other in [
            "2020-08-10 11:16:29.1234 ERROR x",
            "2020-08-10 11:16:29,123|ERROR|x",
            "2020-08-10T11:16:29.1234|ERROR|x",
            "2020-08-10 11:16:29.1234||x",
            "2020-08-10",
            "",
        ] {
            assert!(!may_read(&bars, other), "{other}");
        }
    }

    #[test]
    fn what_stands_behind_the_look_may_be_anything() {
        let late = format_look(&["{_:token} {_:token} [{stamp}]{message:rest}"], "%H:%M:%S");
        assert!(may_read(
            &late,
            "one a-long-word-that-fills-the-whole-look ["
        ));
        assert!(!may_read(&late, "one two (11:16:29)"));
    }

    #[test]
    fn what_every_pattern_has_is_needed() {
        let late = format_look(
            &[
                "{_:token} ({_:word}) {?[x] }{message:rest}",
                "({stamp})x{message:rest}",
            ],
            "%H:%M:%S",
        );
        assert_eq!(late.needs(&Look::of(b"one two")), Some(b'('));
        assert_eq!(late.needs(&Look::of(b"one (two)")), None);
    }

    #[test]
    fn each_byte_has_one_class() {
        for byte in 0..=u8::MAX {
            let expected = match byte {
                b'0'..=b'9' => DIGIT,
                b'a'..=b'z' | b'A'..=b'Z' => LETTER,
                0 => 1,
                0x80.. => HIGH,
                _ => byte,
            };
            assert_eq!(class(byte), expected, "{byte}");
        }
    }

    #[test]
    fn lines_of_one_layout_have_one_look() {
        let look = |line: &str| Look::of(line.as_bytes());
        assert_eq!(
            look("2020-08-10 11:16:29.1234|ERROR|ComSocket"),
            look("2021-12-31 23:59:59.0000|TRACE|SDnsQuery")
        );
        assert_ne!(look("a1"), look("a1 "));
    }
}
