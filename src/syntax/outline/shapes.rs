//! Shapes: whether a known outline is that of a text, without making the text's own.

use wide::u8x16;

use super::{DIGIT, ID};
use crate::syntax::kinds::of_sixteen;

/// Bytes that are compared together.
const STEP: usize = 16;

/// Shapes of outlines.
#[derive(Debug, Default)]
pub struct Shapes {
    bounds: Vec<Bounds>,
    /// Where ids begin, and how long they are.
    ids: Vec<(u32, u32)>,
}

/// The least and the greatest that each of some bytes may be.
type Bounds = [[u8; STEP]; 2];

/// One of the shapes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shape {
    /// Bytes of its outline.
    length: u32,
    /// Where its bounds begin, and how many they are.
    bounds: (u32, u16),
    /// Where its ids begin, and how many they are.
    ids: (u32, u16),
}

impl Shapes {
    /// Adds the shape of an outline. One that is too short, or too long, fits nothing.
    pub fn add(&mut self, outline: &[u8]) -> Shape {
        let (whole, _) = outline.as_chunks::<STEP>();
        let count = u16::try_from(whole.len() + 1).ok();
        let Some((last, count)) = outline.last_chunk::<STEP>().zip(count) else {
            return Shape::default();
        };
        let bounds = (self.bounds.len() as u32, count);
        let all = whole.iter().chain([last]);
        self.bounds
            .extend(all.map(|bytes| bytes.map(range)).map(apart));
        let first = self.ids.len();
        let mut at = 0;
        for part in outline.chunk_by(|a, b| (*a == ID) == (*b == ID)) {
            if part[0] == ID {
                self.ids.push((at, part.len() as u32));
            }
            at += part.len() as u32;
        }
        Shape {
            length: outline.len() as u32,
            bounds,
            ids: (first as u32, (self.ids.len() - first) as u16),
        }
    }

    /// False if the outline is surely not that of the text: its first bytes say so.
    #[inline]
    pub fn begins(&self, shape: Shape, text: &[u8]) -> bool {
        let bounds = self.bounds.get(shape.bounds.0 as usize);
        let first = bounds.zip(text.first_chunk());
        first.is_some_and(|(bounds, bytes)| is_within(*bounds, *bytes))
    }

    /// True if the outline may be that of the text: it is, if each of its ids has digits and letters.
    #[inline]
    pub fn fits(&self, shape: Shape, text: &[u8]) -> bool {
        self.begins(shape, text) && self.goes_on(shape, text)
    }

    /// The same of a text that [begins](Self::begins) with it.
    #[inline]
    pub fn goes_on(&self, shape: Shape, text: &[u8]) -> bool {
        let (start, count) = (shape.bounds.0 as usize, usize::from(shape.bounds.1));
        let bounds = self.bounds.get(start..start + count);
        let (Some([first, middle @ .., last]), Some(end)) = (bounds, text.last_chunk()) else {
            return false;
        };
        if shape.length as usize != text.len() {
            return false;
        }
        let mut same = within(*last, *end);
        // The first bytes were compared.
        let rest = text.get(STEP..).unwrap_or_default().as_chunks().0;
        for (bounds, bytes) in middle.iter().zip(rest) {
            same &= within(*bounds, *bytes);
        }
        debug_assert!(
            text.first_chunk()
                .is_some_and(|text| is_within(*first, *text))
        );
        same.to_bitmask() == u32::from(u16::MAX)
            && (shape.ids.1 == 0 || self.has_hexadecimal(shape, text))
    }

    #[inline]
    fn has_hexadecimal(&self, shape: Shape, text: &[u8]) -> bool {
        let (start, count) = (shape.ids.0 as usize, usize::from(shape.ids.1));
        let ids = self.ids.get(start..start + count).unwrap_or_default();
        ids.iter().all(|id| is_hexadecimal(text, *id))
    }

    /// True if each id of a text that fits has digits and letters: then the outline is its own.
    pub fn has_its_ids(&self, shape: Shape, text: &[u8]) -> bool {
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

#[inline]
fn within([least, most]: Bounds, bytes: [u8; STEP]) -> u8x16 {
    let bytes = u8x16::new(bytes);
    let bound = bytes.max(u8x16::new(least)).min(u8x16::new(most));
    bound.simd_eq(bytes)
}

#[inline]
fn is_within(bounds: Bounds, bytes: [u8; STEP]) -> bool {
    within(bounds, bytes).to_bitmask() == u32::from(u16::MAX)
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

    #[test]
    fn what_is_too_short_fits_nothing() {
        let mut shapes = Shapes::default();
        let short = shapes.add(b"short");
        assert!(!shapes.fits(short, b"short"));
        let sixteen = shapes.add(b"0000 are sixteen");
        assert!(shapes.fits(sixteen, b"1234 are sixteen"));
        assert!(!shapes.fits(sixteen, b"123: are sixteen"));
        assert!(!shapes.fits(sixteen, b"1234 are sixteen!"));
    }

    proptest! {
        #[test]
        fn an_outline_fits_the_texts_that_have_it(
            parts in proptest::collection::vec("[0-9]{1,4}|[0-9a-f]{4,20}|[a-zA-Z ]{1,9}", 4..12),
            other in 0u8..=255,
            at in 0usize..90,
        ) {
            let mut text = parts.concat().into_bytes();
            prop_assume!(text.len() >= STEP);
            let Some(first) = outline(&text) else { return Ok(()) };
            let mut shapes = Shapes::default();
            shapes.add(b"something of another outline, which 1111 tells");
            let shape = shapes.add(&first);
            prop_assert!(shapes.fits(shape, &text));
            let at = at % text.len();
            text[at] = other;
            let Some(second) = outline(&text) else { return Ok(()) };
            if second == first {
                prop_assert!(shapes.fits(shape, &text) && shapes.has_its_ids(shape, &text));
            } else if shapes.fits(shape, &text) {
                // Then an id is none any more.
                prop_assert_eq!(first[at], ID);
                prop_assert!(!shapes.has_its_ids(shape, &text));
            }
        }
    }
}
