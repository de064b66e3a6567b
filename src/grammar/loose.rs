//! Loosened regexes: what matches a record matches, loosened, the record's skeleton.
//!
//! A skeleton has one [`PLACE`] for a number or an id that is left out. So of what a regex matches, each digit, and each
//! letter of an id, may stand there as itself, be the place, or be gone because the place stands for it already.

use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir, HirKind, Look};

use super::expression::{Expression, Subject};
use super::tree::parse;
use crate::syntax::skeleton::PLACE;

/// Largest compiled size, in bytes. Loosened classes are a little larger than what a rule may have.
const SIZE: usize = 4 << 20;

/// The loosened regex of a pattern; `None` if it has none, and may match any skeleton.
pub fn loosened(pattern: &str) -> Option<Expression> {
    let hir = parse(pattern, Subject::Bytes).ok()?;
    let loose = loose(&hir).to_string();
    Some(Expression::new(&loose, Subject::Bytes, SIZE))
}

/// True if what stands for numbers and ids makes no difference to a pattern: if it matches a skeleton, it matches every
/// record that has it. Such a pattern may go over a [`PLACE`], but only in a run of whatever letters and digits there are.
pub fn is_blind(pattern: &str) -> bool {
    parse(pattern, Subject::Bytes).is_ok_and(|hir| blind(&hir))
}

fn blind(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => !literal.0.contains(&PLACE),
        HirKind::Class(class) => !ascii(class).contains(&PLACE),
        HirKind::Repetition(repeated) => match repeated.sub.kind() {
            HirKind::Class(class) if repeated.max.is_none() => {
                let bytes = ascii(class);
                let is_there = |byte: u8| !byte.is_ascii_alphanumeric() || bytes.contains(&byte);
                !bytes.contains(&PLACE) || (0..0x80).all(is_there)
            }
            _ => blind(&repeated.sub),
        },
        HirKind::Capture(capture) => blind(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().all(blind),
    }
}

fn loose(hir: &Hir) -> Hir {
    match hir.kind() {
        // A place inside a word of the record may be at the edge of a word of the skeleton.
        HirKind::Empty | HirKind::Look(Look::WordAsciiNegate | Look::WordUnicodeNegate) => {
            Hir::empty()
        }
        HirKind::Look(look) => Hir::look(*look),
        HirKind::Literal(_) | HirKind::Class(_) => loose_row(std::slice::from_ref(hir)),
        HirKind::Repetition(repeated) => Hir::repetition(regex_syntax::hir::Repetition {
            sub: Box::new(loose(&repeated.sub)),
            ..repeated.clone()
        }),
        HirKind::Capture(capture) => loose(&capture.sub),
        HirKind::Alternation(ways) => Hir::alternation(ways.iter().map(loose).collect()),
        HirKind::Concat(parts) => {
            let rows = parts.chunk_by(|a, b| is_plain(a) && is_plain(b));
            let each = rows.flat_map(|row| match row {
                [one] if !is_plain(one) => vec![loose(one)],
                row => vec![loose_row(row)],
            });
            Hir::concat(each.collect())
        }
    }
}

/// True for what matches bytes one by one.
fn is_plain(hir: &Hir) -> bool {
    matches!(hir.kind(), HirKind::Literal(_) | HirKind::Class(_))
}

/// One place of a row: what it matches, and its bytes, if they can be told one by one.
struct Place {
    hir: Hir,
    bytes: Option<Vec<u8>>,
}

impl Place {
    fn has(&self, test: fn(&u8) -> bool) -> bool {
        // What is not only ASCII may be a class with everything in it.
        self.bytes.as_ref().is_none_or(|all| all.iter().any(test))
    }

    fn only(&self, test: fn(&u8) -> bool) -> bool {
        self.bytes.as_ref().is_some_and(|all| all.iter().all(test))
    }
}

/// Literals and classes that follow each other.
fn loose_row(row: &[Hir]) -> Hir {
    let places: Vec<Place> = row.iter().flat_map(places).collect();
    let letters = places
        .chunk_by(|a, b| a.only(u8::is_ascii_alphanumeric) && b.only(u8::is_ascii_alphanumeric));
    let goes = letters.flat_map(|word| {
        // A word with a letter that is no hexadecimal digit is no id, so its letters stay.
        let is_no_id = word
            .iter()
            .any(|place| place.only(|b| b.is_ascii_alphabetic() && !b.is_ascii_hexdigit()));
        word.iter().map(move |place| {
            place.has(u8::is_ascii_digit) || place.has(u8::is_ascii_hexdigit) && !is_no_id
        })
    });
    let places: Vec<(&Place, bool)> = places.iter().zip(goes).collect();
    let mut out = Vec::new();
    let mut rest = places.as_slice();
    while let Some((first, goes)) = rest.first() {
        if !goes {
            out.push(first.hir.clone());
            rest = &rest[1..];
            continue;
        }
        let run = rest.iter().take_while(|(_, goes)| *goes).count();
        let hirs = rest[..run].iter().map(|(place, _)| place.hir.clone());
        let ends_a_word = rest.get(run);
        let ends_a_word =
            ends_a_word.is_some_and(|(next, _)| next.only(|b| !b.is_ascii_alphanumeric()));
        if ends_a_word {
            out.push(some_or_place(hirs.collect()));
        } else {
            out.extend(hirs.map(or_place));
        }
        rest = &rest[run..];
    }
    Hir::concat(out)
}

/// The single places of a literal or a class.
fn places(hir: &Hir) -> Vec<Place> {
    match hir.kind() {
        HirKind::Literal(literal) if literal.0.is_ascii() => {
            let place = |byte: &u8| Place {
                hir: Hir::literal([*byte]),
                bytes: Some(vec![*byte]),
            };
            literal.0.iter().map(place).collect()
        }
        // Letters with umlauts stay as they are, whatever stands beside them.
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(text) => text
                .chars()
                .map(|c| Place {
                    hir: Hir::literal(c.to_string().into_bytes()),
                    bytes: Some(vec![if c.is_ascii() { c as u8 } else { b'-' }]),
                })
                .collect(),
            Err(_) => vec![Place {
                hir: hir.clone(),
                bytes: None,
            }],
        },
        HirKind::Class(class) => vec![Place {
            hir: hir.clone(),
            bytes: Some(ascii(class)),
        }],
        _ => vec![Place {
            hir: hir.clone(),
            bytes: None,
        }],
    }
}

/// The bytes of a class; what is not ASCII counts as a mark.
fn ascii(class: &Class) -> Vec<u8> {
    let ranges: Vec<(u32, u32)> = match class {
        Class::Unicode(class) => {
            let ranges = class.ranges().iter();
            ranges.map(|r| (r.start().into(), r.end().into())).collect()
        }
        Class::Bytes(class) => {
            let ranges = class.ranges().iter();
            ranges.map(|r| (r.start().into(), r.end().into())).collect()
        }
    };
    let mut bytes = Vec::new();
    for (from, to) in ranges {
        bytes.extend((from..=to.min(0x7f)).map(|code| code as u8));
        if to > 0x7f {
            bytes.push(b'-');
        }
    }
    bytes
}

/// What a row of digits that ends a word may look like. If it is a part of a number or an id that is left out, it takes the place:
/// what stands before it in that word may be gone, and no other row can end it.
fn some_or_place(row: Vec<Hir>) -> Hir {
    let length = row.len() as u32;
    let place = Hir::literal([PLACE]);
    Hir::repetition(regex_syntax::hir::Repetition {
        min: 1,
        max: Some(length),
        greedy: true,
        sub: Box::new(Hir::alternation(row.into_iter().chain([place]).collect())),
    })
}

/// The same, or the place, or nothing.
fn or_place(hir: Hir) -> Hir {
    let place = Hir::class(Class::Bytes(ClassBytes::new([ClassBytesRange::new(
        PLACE, PLACE,
    )])));
    let either = Hir::alternation(vec![hir, place]);
    Hir::repetition(regex_syntax::hir::Repetition {
        min: 0,
        max: Some(1),
        greedy: true,
        sub: Box::new(either),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::kinds::Kinds;
    use crate::syntax::skeleton::Numbers;
    use proptest::prelude::*;
    use regex::bytes::Regex;

    const PATTERNS: [&str; 13] = [
        r"(?i)socket,?v?1[0-9]\.[0-9]{0,2}",
        r"[0-9a-f]{2}1[0-9]:",
        r"(?:[a-f])?[0-9][a-f][.][0-9][ .]",
        r"[^ ][0-9](?:a)?b[.:]",
        r"(?i)socket[^0-9]{0,9}(?:code)?\D{0,5}\b(?:1006|4[0-9]{3})\b",
        r"\bid (?P<id>[0-9a-f]{4,12})\b",
        r"(?i-u)\b(?:dead|added|dropped)\b",
        r"(?:1[0-9]|9)[.][0-9]{1,2}(?:[^0-9.]|$)",
        r"x\w{2,5}y",
        r"a\B1",
        r"(?i)fa[i1]led",
        r"^\d+ .*ms$",
        r"größe: 12",
    ];

    #[test]
    fn every_pattern_has_a_loosened_one() {
        for pattern in PATTERNS {
            assert!(loosened(pattern).is_some(), "{pattern}");
        }
    }

    #[test]
    fn words_that_are_no_ids_must_stand_as_they_are() {
        let dropped = loosened(r"\bdropped\b").unwrap();
        assert!(dropped.is_match(b"it was dropped at 7"));
        assert!(!dropped.is_match(b"it was 7 at 7"));
        let version = loosened(r"socket v?1[0-9]\.").unwrap();
        assert!(version.is_match(b"socket 7.hub"));
        assert!(!version.is_match(b"socket .hub"));
        let dead = loosened(r"\bid dead").unwrap();
        assert!(dead.is_match(b"id 7"));
    }

    const BLIND: [&str; 6] = [
        r"(?i-u)\b(?:heart ?beat|ping)\b",
        r"(?:lost|socket)\W+(?:\w+\W+){0,2}?(?:added|dropped)",
        r"id \S+:\S*",
        r"^[^:]+[.: ]12",
        r"(?s)code.*socket|[^0-9]{2,4}id",
        r"\Bid\b",
    ];

    #[test]
    fn a_pattern_that_counts_or_names_digits_sees_numbers() {
        for pattern in BLIND {
            assert!(super::is_blind(pattern), "{pattern}");
        }
        for pattern in [r"a\d", r"\d+", r".{0,9}x", r"[a-z0-9]+", "x7", r"(?:\w){3}"] {
            assert!(!super::is_blind(pattern), "{pattern}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn what_is_blind_and_matches_a_skeleton_matches_the_text(
            parts in proptest::collection::vec("[0-9a-f]{1,6}|socket|Socket|code|id |dead|added|dropped|lost|ping|heartbeat|[ .:]|12|7", 0..9),
        ) {
            let text = parts.concat();
            let mut numbers = Numbers::default();
            for kept in [b"12".as_slice(), b"7"] {
                numbers.keep_first(kept);
            }
            let mut skeleton = Vec::new();
            numbers.fold(text.as_bytes(), &mut Kinds::default(), &mut skeleton);
            for pattern in BLIND {
                let regex = Regex::new(pattern).unwrap();
                let holds = regex.is_match(text.as_bytes()) || !regex.is_match(&skeleton);
                prop_assert!(holds, "{pattern} {text:?} {:?}", String::from_utf8_lossy(&skeleton));
            }
        }

        #[test]
        fn what_matches_a_text_matches_its_skeleton_loosened(
            parts in proptest::collection::vec("[0-9a-f]{1,6}|1006|4001|socket|Socket|code|id |dead|added|dropped|xa1y|fa1led|größe: 12| ms|[ .:]|12|9.4", 0..8),
        ) {
            let text = parts.concat();
            let mut numbers = Numbers::default();
            for kept in [b"12".as_slice(), b"1006"] {
                numbers.keep_first(kept);
            }
            let mut skeleton = Vec::new();
            numbers.fold(text.as_bytes(), &mut Kinds::default(), &mut skeleton);
            for pattern in PATTERNS {
                let plain = Regex::new(pattern).unwrap().is_match(text.as_bytes());
                let loose = loosened(pattern).unwrap().is_match(&skeleton);
                prop_assert!(loose || !plain, "{pattern} {text:?} {:?}", String::from_utf8_lossy(&skeleton));
            }
        }
    }
}
