//! A pattern as steps that read a line from left to right.

use std::cell::Cell;
use std::ops::Range;

use super::levels::Levels;
use super::lexeme::Lexeme;
use super::pattern::{Field, Part};
use super::stamp::Stamp;
use super::{Complaint, Fields, pattern};
use crate::model::{RawTime, Span};

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    pattern: String,
    steps: Vec<Part>,
    /// True if a stack frame might fit: the pattern does not say how a line begins.
    loose: bool,
    /// See [`Program::front`].
    front: Option<Front>,
}

/// What a pattern reads before its stamp where that tells nothing of itself: marks, and these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Front {
    /// Decimal numbers.
    pub has_int: bool,
    /// Hexadecimal ones.
    pub has_hex: bool,
    /// Whatever stands there.
    pub has_any: bool,
}

impl Front {
    /// True if nothing but numbers stands there.
    const fn is_numbers(self) -> bool {
        !self.has_any
    }

    /// What two patterns read there.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self {
            has_int: self.has_int || other.has_int,
            has_hex: self.has_hex || other.has_hex,
            has_any: self.has_any || other.has_any,
        }
    }

    /// One more lexeme.
    fn and(self, lexeme: &Lexeme) -> Option<Self> {
        let mut front = self;
        match lexeme {
            Lexeme::Int => front.has_int = true,
            Lexeme::Hex => front.has_hex = true,
            Lexeme::Token => front.has_any = true,
            Lexeme::Until(end) if !end.iter().any(u8::is_ascii_alphanumeric) => {
                front.has_any = true;
            }
            Lexeme::Blanks | Lexeme::Pad => {}
            _ => return None,
        }
        Some(front)
    }
}

/// Where a line left a pattern, and what the pattern wanted there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Miss<'a> {
    /// Byte of the line, from 0.
    pub at: usize,
    /// What was expected.
    pub expected: Expected<'a>,
}

/// What a pattern wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected<'a> {
    /// This text.
    Text(&'a [u8]),
    /// A stamp in one of the layouts.
    Stamp,
    /// Such a lexeme.
    Lexeme(&'a Lexeme),
    /// A word of the level table.
    Level,
    /// The end of the line.
    End,
    /// A line that is no stack frame or inner exception.
    Start,
    /// A JSON object with the keys of the format.
    Json,
}

impl Expected<'_> {
    /// In words.
    pub fn describe(&self) -> String {
        match self {
            Self::Text(text) => format!("`{}`", String::from_utf8_lossy(text)),
            Self::Stamp => "a stamp".into(),
            Self::Lexeme(lexeme) => lexeme.describe(),
            Self::Level => "a level word".into(),
            Self::End => "the end of the line".into(),
            Self::Start => "the start of a record".into(),
            Self::Json => "a JSON object with time, level or message".into(),
        }
    }
}

/// A place of a line and the stamp that was found there: the patterns of a format mostly have it at the same place.
pub type Memo = Cell<Option<(usize, Option<(RawTime, usize)>)>>;

/// What a program reads with: the stamps and levels of its format.
#[derive(Debug, Clone, Copy)]
pub struct Tables<'a> {
    /// Layouts, tried in order.
    pub stamps: &'a [Stamp],
    /// Level words.
    pub levels: &'a Levels,
    /// True if a word that is in no table is read as "no level".
    pub any_level: bool,
}

impl Program {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// What is wrong with the pattern, and where.
    pub fn compile(pattern: &str) -> Result<Self, Complaint> {
        let mut program = Self {
            pattern: pattern.to_owned(),
            steps: pattern::parse(pattern)?,
            loose: true,
            front: None,
        };
        program.loose = program.bare().is_none();
        program.front = front(&program.steps);
        Ok(program)
    }

    /// True if a line that continues a record might fit the pattern, so that it must be looked at for that.
    pub const fn is_loose(&self) -> bool {
        self.loose
    }

    /// The bytes with which a line of the pattern may begin; `None` for any.
    pub fn first_bytes(&self, stamps: &[Stamp]) -> Option<Vec<u8>> {
        first_bytes(&self.steps, stamps)
    }

    /// Its steps.
    pub fn steps(&self) -> &[Part] {
        &self.steps
    }

    /// The pattern as written.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// True if the pattern has a stamp anywhere.
    pub fn is_stamped(&self) -> bool {
        mentions(&self.steps, &|part| *part == Part::Stamp)
    }

    /// The pattern cut off behind its stamp, if only fixed text stands before it.
    pub fn bare(&self) -> Option<String> {
        let before = self.steps.iter().take_while(|step| **step != Part::Stamp);
        let fixed = |step: &Part| matches!(step, Part::Text(_) | Part::Optional(_));
        let stamped = self.steps.contains(&Part::Stamp);
        if !stamped || !before.into_iter().all(fixed) {
            return None;
        }
        let end = self.pattern.find("{stamp}")? + "{stamp}".len();
        Some(format!("{}{{message:rest}}", &self.pattern[..end]))
    }

    /// True if the pattern has that field anywhere.
    pub fn has(&self, field: Field) -> bool {
        mentions(
            &self.steps,
            &|part| matches!(part, Part::Field(Some(f), _) if *f == field),
        )
    }

    /// Reads a line; `memo` is of this line and format.
    ///
    /// # Errors
    ///
    /// Where the line left the pattern.
    #[inline]
    pub fn read<'a>(
        &'a self,
        line: &[u8],
        tables: Tables<'a>,
        memo: &Memo,
    ) -> Result<Fields, Miss<'a>> {
        self.read_watched(line, tables, memo, &mut Unwatched)
    }

    /// The same; `watch` is told which bytes the result follows from.
    ///
    /// # Errors
    ///
    /// Where the line left the pattern.
    #[inline]
    pub fn read_watched<'a>(
        &'a self,
        line: &[u8],
        tables: Tables<'a>,
        memo: &Memo,
        watch: &mut impl Watch,
    ) -> Result<Fields, Miss<'a>> {
        let mut fields = Fields::default();
        let end = run(&self.steps, line, 0, (tables, memo), (&mut fields, watch))?;
        if end == line.len() {
            Ok(fields)
        } else {
            watch.sees(end..usize::MAX);
            Err(Miss {
                at: end,
                expected: Expected::End,
            })
        }
    }

    /// What stands before the stamp, if it is marks, and numbers or names of processes and threads, and all digits of these
    /// read alike.
    pub const fn front(&self) -> Option<Front> {
        self.front
    }

    /// True if nothing stands before the stamp but numbers of processes and threads, and marks.
    pub fn begins_with_numbers(&self) -> bool {
        self.front.is_some_and(Front::is_numbers)
    }

    /// True if the pattern takes whatever its line ends with for the message.
    pub fn ends_with_message(&self) -> bool {
        let last = self.steps.last();
        last == Some(&Part::Field(Some(Field::Message), Lexeme::Rest))
    }
}

/// Is told what a program looks at.
pub trait Watch {
    /// It has looked at these bytes.
    fn sees(&mut self, bytes: Range<usize>);
    /// It has looked for a text there.
    fn sees_text(&mut self, wanted: &[u8], line: &[u8], at: usize);
    /// It has looked for a lexeme there. `is_told`: what that says makes a difference, and not only where it ends.
    fn sees_lexeme(
        &mut self,
        lexeme: (&Lexeme, bool),
        line: &[u8],
        at: usize,
        length: Option<usize>,
    );
    /// It has looked for a stamp there.
    fn sees_stamp(&mut self, at: usize);
}

/// Does not listen.
struct Unwatched;

impl Watch for Unwatched {
    #[inline]
    fn sees(&mut self, _: Range<usize>) {}
    #[inline]
    fn sees_text(&mut self, _: &[u8], _: &[u8], _: usize) {}
    #[inline]
    fn sees_lexeme(&mut self, _: (&Lexeme, bool), _: &[u8], _: usize, _: Option<usize>) {}
    #[inline]
    fn sees_stamp(&mut self, _: usize) {}
}

fn front(steps: &[Part]) -> Option<Front> {
    let stamp = steps.iter().position(|step| *step == Part::Stamp)?;
    steps[..stamp]
        .iter()
        .try_fold(Front::default(), |front, step| match step {
            Part::Text(text) if !text.iter().any(u8::is_ascii_alphanumeric) => Some(front),
            Part::Field(None | Some(Field::Thread), lexeme) => front.and(lexeme),
            _ => None,
        })
}

fn first_bytes(steps: &[Part], stamps: &[Stamp]) -> Option<Vec<u8>> {
    let (first, rest) = steps.split_first()?;
    match first {
        Part::Text(text) => Some(vec![*text.first()?]),
        Part::Stamp => {
            let each: Option<Vec<Vec<u8>>> = stamps.iter().map(Stamp::first_bytes).collect();
            Some(each?.concat())
        }
        Part::Field(_, Lexeme::Word | Lexeme::Letter) => {
            Some((b'A'..=b'Z').chain(b'a'..=b'z').collect())
        }
        Part::Field(_, Lexeme::Int) => Some((b'0'..=b'9').chain([b'-']).collect()),
        Part::Field(..) => None,
        Part::Optional(inside) => {
            let mut bytes = first_bytes(inside, stamps)?;
            bytes.extend(first_bytes(rest, stamps)?);
            Some(bytes)
        }
    }
}

fn mentions(steps: &[Part], test: &dyn Fn(&Part) -> bool) -> bool {
    steps.iter().any(|part| match part {
        Part::Optional(inside) => mentions(inside, test),
        part => test(part),
    })
}

#[inline]
fn run<'a>(
    steps: &'a [Part],
    line: &[u8],
    mut at: usize,
    (tables, memo): (Tables<'a>, &Memo),
    (fields, watch): (&mut Fields, &mut impl Watch),
) -> Result<usize, Miss<'a>> {
    for step in steps {
        let text = &line[at..];
        match step {
            Part::Text(wanted) => {
                watch.sees_text(wanted, line, at);
                if !text.starts_with(wanted) {
                    return Err(Miss {
                        at,
                        expected: Expected::Text(wanted),
                    });
                }
                at += wanted.len();
            }
            Part::Stamp => {
                watch.sees_stamp(at);
                at = stamp(line, at, (tables, memo), fields)?;
            }
            Part::Field(field, lexeme) => {
                let length = lexeme.length(text);
                let is_told = *field == Some(Field::Level);
                watch.sees_lexeme((lexeme, is_told), line, at, length);
                let Some(length) = length else {
                    return Err(Miss {
                        at,
                        expected: Expected::Lexeme(lexeme),
                    });
                };
                if let Some(field) = field {
                    take(*field, Span::new(at, at + length), line, tables, fields)?;
                }
                at += length;
            }
            Part::Optional(inside) => {
                // What a part that is missing has half read must not stay.
                let mut tried = *fields;
                if let Ok(end) = run(inside, line, at, (tables, memo), (&mut tried, &mut *watch)) {
                    *fields = tried;
                    at = end;
                }
            }
        }
    }
    Ok(at)
}

#[inline]
fn stamp<'a>(
    line: &[u8],
    at: usize,
    (tables, memo): (Tables<'a>, &Memo),
    fields: &mut Fields,
) -> Result<usize, Miss<'a>> {
    let known = memo.get().filter(|(place, _)| *place == at);
    let found = match known {
        Some((_, found)) => found,
        None => tables.stamps.iter().find_map(|stamp| stamp.read(line, at)),
    };
    if known.is_none() {
        memo.set(Some((at, found)));
    }
    if let Some((time, end)) = found {
        fields.stamp = Some(Span::new(at, end));
        fields.time = Some(time);
        return Ok(end);
    }
    Err(Miss {
        at,
        expected: Expected::Stamp,
    })
}

#[inline]
fn take<'a>(
    field: Field,
    span: Span,
    line: &[u8],
    tables: Tables<'a>,
    fields: &mut Fields,
) -> Result<(), Miss<'a>> {
    match field {
        Field::Message => fields.message = span,
        Field::Logger => fields.logger = Some(span),
        Field::Thread => fields.thread = Some(span),
        Field::Level => {
            fields.level = tables.levels.get(span.of(line).trim_ascii());
            if fields.level.is_none() && !tables.any_level {
                return Err(Miss {
                    at: span.start as usize,
                    expected: Expected::Level,
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Level;
    use crate::syntax::stamp::ZoneSource;
    use proptest::prelude::*;

    fn read(pattern: &str, line: &[u8]) -> Result<Fields, usize> {
        let program = Program::compile(pattern).unwrap();
        let stamps = [Stamp::compile("%H:%M:%S%.f", ZoneSource::Local).unwrap()];
        let levels = Levels::usual();
        let tables = Tables {
            stamps: &stamps,
            levels: &levels,
            any_level: false,
        };
        program
            .read(line, tables, &Memo::default())
            .map_err(|miss| miss.at)
    }

    const PATTERN: &str = "[{stamp}]{? ({thread:hex})} {level:word}{_:blanks}{message:rest}";

    #[test]
    fn fields_are_spans_of_the_line() {
        let line = b"[00:00:01.5] (1a2c) WARN  slow";
        let fields = read(PATTERN, line).unwrap();
        assert_eq!(fields.time, Some(RawTime::Cyclic(1_500_000_000)));
        assert_eq!(fields.level, Some(Level::Warn));
        assert_eq!(fields.thread.unwrap().of(line), b"1a2c");
        assert_eq!(fields.message.of(line), b"slow");
    }

    #[test]
    fn an_optional_part_may_be_missing_and_leaves_nothing() {
        let fields = read(PATTERN, b"[00:00:01] warn x").unwrap();
        assert_eq!(fields.thread, None);
    }

    #[test]
    fn a_miss_names_the_byte() {
        assert_eq!(read(PATTERN, b"[00:00:61] warn x"), Err(1));
        assert_eq!(read(PATTERN, b"[00:00:01] hello x"), Err(11));
        assert_eq!(read(PATTERN, b"[00:00:01] warn"), Err(15));
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(line in proptest::collection::vec(any::<u8>(), 0..80), cut in 0usize..30) {
            let _ = read(PATTERN, &line);
            let mut near = b"[11:16:29.123] (1a2c) WARN  slow"[..cut].to_vec();
            near.extend(&line);
            let _ = read(PATTERN, &near);
        }
    }
}
