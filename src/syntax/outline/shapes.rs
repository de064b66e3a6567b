//! Shapes: whether a known outline is that of a text, without making the text's own.

use wide::u8x16;

use super::{DIGIT, ID};
use crate::syntax::kinds::of_sixteen;

/// Bytes that are compared together.
const STEP: usize = 16;
/// Steps of a shape that is compared at once, whatever its length: how often a loop turns is nothing that a processor can
/// guess of lines of which each has another length.
const AT_ONCE: usize = 8;
/// Bytes of a text, and of what follows it, that this takes: an id may end there.
const ROOM: usize = (AT_ONCE + 1) * STEP;

/// Shapes of outlines.
#[derive(Debug, Default)]
pub struct Shapes {
    /// Of those that are compared at once, and of their last bytes.
    at_once: Vec<([Bounds; AT_ONCE], Bounds)>,
    /// Of longer ones.
    bounds: Vec<Bounds>,
    /// Where ids begin, and how long they are.
    ids: Vec<(u32, u32)>,
}

/// The least and the greatest that each of some bytes may be.
type Bounds = [[u8; STEP]; 2];

/// What may stand behind a text.
const ANY: Bounds = [[0; STEP], [u8::MAX; STEP]];

/// One of the shapes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shape {
    /// Bytes of its outline.
    length: u32,
    /// Where its bounds are if it is compared at once; else where they begin: those of all whole steps and of the last bytes.
    bounds: u32,
    /// Where its ids begin, and how many they are.
    ids: (u32, u16),
    /// Where its first id begins, and how long it is, if that is no longer than a step. Then it is compared at once, too.
    first: (u8, u8),
    /// True if it has other ids.
    has_more: bool,
}

impl Shapes {
    /// Adds the shape of an outline. One that is too short, or too long, fits nothing.
    pub fn add(&mut self, outline: &[u8]) -> Shape {
        let (whole, rest) = outline.as_chunks::<STEP>();
        let Some(last) = outline.last_chunk::<STEP>() else {
            return Shape::default();
        };
        let at_once = outline.len() <= AT_ONCE * STEP;
        let bounds_of = |bytes: &[u8; STEP]| apart(bytes.map(range));
        let start = if at_once {
            let mut bounds = [ANY; AT_ONCE];
            let parts = whole.iter().map(bounds_of);
            let parts = parts.chain((!rest.is_empty()).then(|| bounds_of_rest(rest)));
            bounds.iter_mut().zip(parts).for_each(|(to, own)| *to = own);
            self.at_once.push((bounds, bounds_of(last)));
            self.at_once.len() - 1
        } else {
            let start = self.bounds.len();
            self.bounds
                .extend(whole.iter().chain([last]).map(bounds_of));
            start
        };
        let ids = self.ids.len();
        let mut at = 0;
        for part in outline.chunk_by(|a, b| (*a == ID) == (*b == ID)) {
            if part[0] == ID {
                self.ids.push((at, part.len() as u32));
            }
            at += part.len() as u32;
        }
        let first = self
            .ids
            .get(ids)
            .filter(|id| at_once && id.1 <= STEP as u32);
        let count_of_ids = self.ids.len() - ids;
        Shape {
            length: outline.len() as u32,
            bounds: start as u32,
            ids: (ids as u32, count_of_ids as u16),
            first: first.map_or((0, 0), |(start, length)| (*start as u8, *length as u8)),
            has_more: count_of_ids > usize::from(first.is_some()),
        }
    }

    /// True if the outline may be that of the text: it is, if each of its ids has digits and letters. `ahead`: the text and
    /// what follows it, which makes no difference.
    #[expect(clippy::inline_always)] // nearly every line is asked about once
    #[inline(always)]
    pub fn fits(&self, shape: &Shape, text: &[u8], ahead: &[u8]) -> bool {
        let length = shape.length as usize;
        if length != text.len() || length == 0 {
            return false;
        }
        if length > AT_ONCE * STEP {
            return self.fits_long(shape, text);
        }
        let Some((bounds, last)) = self.at_once.get(shape.bounds as usize) else {
            return false;
        };
        let is_own = match ahead.first_chunk::<ROOM>() {
            Some(bytes) => is_within_at_once(bounds, shape.first, bytes),
            None => is_within_short((bounds, last), shape.first, text),
        };
        is_own && (!shape.has_more || self.has_hexadecimal(shape, text))
    }

    #[inline(never)]
    fn fits_long(&self, shape: &Shape, text: &[u8]) -> bool {
        let bounds = self.bounds.get(shape.bounds as usize..);
        let Some((bounds, end)) = bounds.zip(text.last_chunk()) else {
            return false;
        };
        let whole = text.as_chunks().0;
        let Some(last) = bounds.get(whole.len()) else {
            return false;
        };
        let mut same = within(*last, *end);
        for (bounds, bytes) in bounds.iter().zip(whole) {
            same &= within(*bounds, *bytes);
        }
        same.to_bitmask() == u32::from(u16::MAX) && self.has_hexadecimal(shape, text)
    }

    #[inline(never)]
    fn has_hexadecimal(&self, shape: &Shape, text: &[u8]) -> bool {
        let (start, count) = (shape.ids.0 as usize, usize::from(shape.ids.1));
        let ids = self.ids.get(start..start + count).unwrap_or_default();
        ids.iter().all(|id| is_hexadecimal(text, *id))
    }

    /// True if each id of a text that fits has digits and letters: then the outline is its own.
    pub fn has_its_ids(&self, shape: &Shape, text: &[u8]) -> bool {
        let (start, count) = (shape.ids.0 as usize, usize::from(shape.ids.1));
        self.ids[start..][..count].iter().all(|(start, length)| {
            let id = &text[*start as usize..][..*length as usize];
            id.iter().any(u8::is_ascii_digit) && !id.iter().all(u8::is_ascii_digit)
        })
    }
}

/// What may stand where an outline has that byte, and some more for an id.
const fn range(outline: u8) -> [u8; 2] {
    match outline {
        DIGIT => [b'0', b'9'],
        ID => [b'0', b'f'],
        other => [other, other],
    }
}

fn apart(ranges: [[u8; 2]; STEP]) -> Bounds {
    [ranges.map(|range| range[0]), ranges.map(|range| range[1])]
}

/// Those of the last bytes of an outline, less than a step.
fn bounds_of_rest(rest: &[u8]) -> Bounds {
    let [mut least, mut most] = ANY;
    for (at, byte) in rest.iter().enumerate() {
        [least[at], most[at]] = range(*byte);
    }
    [least, most]
}

#[inline]
fn within([least, most]: Bounds, bytes: [u8; STEP]) -> u8x16 {
    let bytes = u8x16::new(bytes);
    let bound = bytes.max(u8x16::new(least)).min(u8x16::new(most));
    bound.simd_eq(bytes)
}

/// The same of a text behind which nothing may be looked at.
#[inline(never)]
fn is_within_short(
    (bounds, last): (&[Bounds; AT_ONCE], &Bounds),
    (start, length): (u8, u8),
    text: &[u8],
) -> bool {
    let Some(end) = text.last_chunk() else {
        return false;
    };
    let mut same = within(*last, *end);
    for (bounds, bytes) in bounds.iter().zip(text.as_chunks().0) {
        same &= within(*bounds, *bytes);
    }
    let id = (start.into(), length.into());
    same.to_bitmask() == u32::from(u16::MAX) && (length == 0 || is_hexadecimal(text, id))
}

/// True if all bytes are within their bounds, and hexadecimal digits stand where the first id does.
#[expect(clippy::inline_always)] // nearly every line is asked about once
#[inline(always)]
fn is_within_at_once(
    bounds: &[Bounds; AT_ONCE],
    (id, length): (u8, u8),
    bytes: &[u8; ROOM],
) -> bool {
    let mut same = u8x16::splat(u8::MAX);
    for (bounds, bytes) in bounds.iter().zip(bytes.as_chunks::<STEP>().0) {
        same &= within(*bounds, *bytes);
    }
    let id = bytes[usize::from(id) % (ROOM - STEP)..].first_chunk();
    let [digits, _, letters] = of_sixteen(u8x16::new(id.copied().unwrap_or_default()));
    let own = (digits | letters).to_bitmask();
    same.to_bitmask() == u32::from(u16::MAX) && own.trailing_ones() >= u32::from(length)
}

/// True if hexadecimal digits stand there.
#[inline]
fn is_hexadecimal(text: &[u8], (start, length): (u32, u32)) -> bool {
    let (start, length) = (start as usize, length as usize);
    let end = start + length;
    match text[..end].last_chunk::<STEP>() {
        Some(bytes) if length <= STEP => {
            let [digits, _, letters] = of_sixteen(u8x16::new(*bytes));
            let own = (digits | letters).to_bitmask() >> (STEP - length);
            own.trailing_ones() as usize >= length
        }
        _ => text[start..end].iter().all(u8::is_ascii_hexdigit),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Outline;
    use super::*;
    use proptest::prelude::*;

    fn outline(text: &[u8]) -> Option<Vec<u8>> {
        let mut outline = Outline::default();
        outline.fill(text).then(|| outline.bytes().to_vec())
    }

    /// Whether it fits, whatever stands behind the text.
    fn fits(shapes: &Shapes, shape: &Shape, text: &[u8]) -> bool {
        let alone = shapes.fits(shape, text, text);
        for behind in ["1234abcd".repeat(30), "\u{0}ÿ".repeat(80), "a".repeat(9)] {
            let ahead = [text, behind.as_bytes()].concat();
            assert_eq!(shapes.fits(shape, text, &ahead), alone);
        }
        alone
    }

    #[test]
    fn what_is_too_short_fits_nothing() {
        let mut shapes = Shapes::default();
        let short = shapes.add(b"short");
        assert!(!fits(&shapes, &short, b"short"));
        assert!(!fits(&shapes, &short, b""));
        let sixteen = shapes.add(b"0000 are sixteen");
        assert!(fits(&shapes, &sixteen, b"1234 are sixteen"));
        assert!(!fits(&shapes, &sixteen, b"123: are sixteen"));
        assert!(!fits(&shapes, &sixteen, b"1234 are sixteen!"));
    }

    proptest! {
        #[test]
        fn an_outline_fits_the_texts_that_have_it(
            parts in proptest::collection::vec("[0-9]{1,4}|[0-9a-f]{4,20}|[a-zA-Z ]{1,9}", 4..40),
            other in 0u8..=255,
            at in 0usize..200,
        ) {
            let mut text = parts.concat().into_bytes();
            prop_assume!(text.len() >= STEP);
            let Some(first) = outline(&text) else { return Ok(()) };
            let mut shapes = Shapes::default();
            shapes.add(b"something of another outline, which 1111 tells");
            let shape = shapes.add(&first);
            prop_assert!(fits(&shapes, &shape, &text));
            let at = at % text.len();
            text[at] = other;
            let Some(second) = outline(&text) else { return Ok(()) };
            if second == first {
                prop_assert!(fits(&shapes, &shape, &text) && shapes.has_its_ids(&shape, &text));
            } else if fits(&shapes, &shape, &text) {
                // Then an id is none any more.
                prop_assert_eq!(first[at], ID);
                prop_assert!(!shapes.has_its_ids(&shape, &text));
            }
        }
    }
}
