//! The pattern language of format files, read by nom: `[{stamp}] [{level:word}]{_:blanks}{message:rest}`.
//!
//! Text stands for itself; `{{` and `}}` are braces. `{field}` and `{field:lexeme}` read a field, `{_:lexeme}` reads and
//! forgets, `{? … }` may be missing as a whole. Matching goes from left to right and never back.

use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_while1};
use nom::character::complete::char;
use nom::combinator::{map, opt, value};
use nom::error::{ErrorKind, ParseError};
use nom::multi::{fold_many1, many0};
use nom::sequence::{delimited, preceded};
use nom::{Err, IResult, Parser};

use super::Complaint;
use super::lexeme::Lexeme;

/// One part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// This text.
    Text(Box<[u8]>),
    /// A stamp.
    Stamp,
    /// A field; `None` is read and forgotten.
    Field(Option<Field>, Lexeme),
    /// Parts that may be missing as a whole.
    Optional(Vec<Part>),
}

/// The fields of a record that a pattern may name, besides the stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The level word.
    Level,
    /// Logger, category or module.
    Logger,
    /// Thread id.
    Thread,
    /// The message.
    Message,
}

/// Nom's error with the place from the end and what to do about it.
#[derive(Debug)]
struct Failure {
    left: usize,
    message: String,
    help: String,
}

impl ParseError<&str> for Failure {
    fn from_error_kind(input: &str, _: ErrorKind) -> Self {
        Self {
            left: input.len(),
            message: "this is no part of a pattern".into(),
            help: "a brace is written twice: `{{`, `}}`".into(),
        }
    }

    fn append(_: &str, _: ErrorKind, other: Self) -> Self {
        other
    }
}

type Read<'a, T> = IResult<&'a str, T, Failure>;

/// Reads a pattern.
///
/// # Errors
///
/// What is wrong with it, and where.
pub fn parse(pattern: &str) -> Result<Vec<Part>, Complaint> {
    let complaint = |left: usize, message: String, help: String| Complaint {
        at: pattern.len() - left,
        message,
        help,
    };
    match parts(pattern) {
        Ok(("", parts)) => {
            check(&parts)
                .map_err(|(message, help)| complaint(0, message.to_owned(), help.to_owned()))?;
            Ok(parts)
        }
        Ok((rest, _)) => {
            let failure = Failure::from_error_kind(rest, ErrorKind::Eof);
            Err(complaint(rest.len(), failure.message, failure.help))
        }
        Err(Err::Error(f) | Err::Failure(f)) => Err(complaint(f.left, f.message, f.help)),
        Err(Err::Incomplete(_)) => {
            Err(complaint(0, "the pattern ends early".into(), String::new()))
        }
    }
}

fn check(parts: &[Part]) -> Result<(), (&'static str, &'static str)> {
    let rest = |part: &Part| matches!(part, Part::Field(_, Lexeme::Rest));
    if parts.iter().rev().skip(1).any(rest) {
        return Err((
            "nothing can stand behind `rest`",
            "put `{message:rest}` at the end",
        ));
    }
    if count(parts, &|p| matches!(p, Part::Stamp)) > 1 {
        return Err((
            "a pattern has one `{stamp}`",
            "date and time in two places are one layout with the text between them",
        ));
    }
    if count(parts, &|p| {
        matches!(p, Part::Field(Some(Field::Message), _))
    }) != 1
    {
        return Err((
            "a pattern has one `{message:…}`",
            "end it with `{message:rest}`",
        ));
    }
    Ok(())
}

fn count(parts: &[Part], test: &dyn Fn(&Part) -> bool) -> usize {
    let inside = |part: &Part| match part {
        Part::Optional(parts) => count(parts, test),
        part => usize::from(test(part)),
    };
    parts.iter().map(inside).sum()
}

fn parts(input: &str) -> Read<'_, Vec<Part>> {
    many0(alt((text, braced))).parse(input)
}

fn text(input: &str) -> Read<'_, Part> {
    let piece = alt((value("{", tag("{{")), value("}", tag("}}")), is_not("{}")));
    map(
        fold_many1(piece, String::new, |mut all, piece| {
            all.push_str(piece);
            all
        }),
        |text: String| Part::Text(text.into_bytes().into()),
    )
    .parse(input)
}

fn braced(input: &str) -> Read<'_, Part> {
    let (rest, _) = char('{').parse(input)?;
    if let Some(inside) = rest.strip_prefix('?') {
        let (rest, parts) = parts(inside)?;
        let (rest, _) = close(rest)?;
        return Ok((rest, Part::Optional(parts)));
    }
    let mut name = take_while1(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let (after, name) = name.parse(rest).map_err(|_: Err<Failure>| {
        fail(
            rest,
            "a brace opens a field",
            "write `{stamp}`, `{level:word}` …; a brace itself is `{{`",
        )
    })?;
    let (after, lexeme) = opt(preceded(char(':'), lexeme)).parse(after)?;
    let part = field(name, lexeme, rest)?;
    let (after, _) = close(after)?;
    Ok((after, part))
}

fn field(name: &str, lexeme: Option<Lexeme>, at: &str) -> Result<Part, Err<Failure>> {
    let (field, usual) = match name {
        "stamp" if lexeme.is_none() => return Ok(Part::Stamp),
        "stamp" => {
            return Err(fail(
                at,
                "a stamp has no lexeme",
                "its layout stands in `[stamp]`",
            ));
        }
        "level" => (Some(Field::Level), Lexeme::Word),
        "logger" => (Some(Field::Logger), Lexeme::Ident),
        "thread" => (Some(Field::Thread), Lexeme::Token),
        "message" => (Some(Field::Message), Lexeme::Rest),
        "_" => match lexeme {
            Some(lexeme) => return Ok(Part::Field(None, lexeme)),
            None => {
                return Err(fail(
                    at,
                    "`{_}` needs a lexeme",
                    "write for example `{_:blanks}`",
                ));
            }
        },
        _ => {
            return Err(fail(
                at,
                &format!("`{name}` is no field"),
                "fields are stamp, level, logger, thread, message and _",
            ));
        }
    };
    Ok(Part::Field(field, lexeme.unwrap_or(usual)))
}

fn lexeme(input: &str) -> Read<'_, Lexeme> {
    let (rest, name) = take_while1(|c: char| c.is_ascii_lowercase()).parse(input)?;
    if name == "until" {
        let quoted = delimited(tag("(\""), is_not("\""), tag("\")"));
        let mut quoted = map(quoted, |end: &str| Lexeme::Until(end.as_bytes().into()));
        return quoted.parse(rest).map_err(|_: Err<Failure>| {
            fail(
                rest,
                "`until` needs a text",
                "write for example `until(\"|\")`",
            )
        });
    }
    match Lexeme::named(name) {
        Some(lexeme) => Ok((rest, lexeme)),
        None => Err(fail(
            input,
            &format!("`{name}` is no lexeme"),
            &format!("lexemes are {}", Lexeme::NAMES),
        )),
    }
}

fn close(input: &str) -> Read<'_, char> {
    char('}').parse(input).map_err(|_: Err<Failure>| {
        fail(
            input,
            "a closing brace is missing here",
            "a field ends with `}`",
        )
    })
}

fn fail(at: &str, message: &str, help: &str) -> Err<Failure> {
    Err::Failure(Failure {
        left: at.len(),
        message: message.to_owned(),
        help: help.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_text_and_fields() {
        let parts =
            parse("{{[{stamp}]{? {thread:hex}} {level:word}|{_:until(\"|\")}|{message:rest}")
                .unwrap();
        assert_eq!(parts[0], Part::Text(b"{["[..].into()));
        assert_eq!(parts[1], Part::Stamp);
        let thread = Part::Field(Some(Field::Thread), Lexeme::Hex);
        let optional = Part::Optional(vec![Part::Text(b" "[..].into()), thread]);
        assert_eq!(parts[3], optional);
        assert_eq!(
            parts.last(),
            Some(&Part::Field(Some(Field::Message), Lexeme::Rest))
        );
    }

    #[test]
    fn errors_name_the_byte_and_what_to_do() {
        for (pattern, at, says) in [
            (
                "[{stamp}] {lvl:word} {message:rest}",
                11,
                "`lvl` is no field",
            ),
            (
                "{stamp} {level:wort} {message:rest}",
                15,
                "`wort` is no lexeme",
            ),
            ("{stamp {message:rest}", 6, "a closing brace"),
            ("{stamp}}{message:rest}", 7, "no part of a pattern"),
            ("{stamp} {message:rest} x", 24, "behind `rest`"),
            ("{stamp}", 7, "one `{message"),
            ("{_} {message:rest}", 1, "needs a lexeme"),
            ("{logger:until(|)}{message:rest}", 13, "needs a text"),
            ("{? {stamp}{message:rest}", 24, "a closing brace"),
        ] {
            let complaint = parse(pattern).unwrap_err();
            assert_eq!(complaint.at, at, "{pattern}: {complaint:?}");
            assert!(complaint.message.contains(says), "{pattern}: {complaint:?}");
            assert!(!complaint.help.is_empty());
        }
    }
}
