//! Shapes that are looked for only in lines that have what the shape needs: a word border makes a regex slow wherever
//! text is not ASCII, so it is asked as seldom as possible.

use regex::{Captures, Match, Regex};

use super::find::regex;

/// A shape within one line, and what every text that it matches has in it.
pub(super) struct OfLines {
    needs: Regex,
    shape: Regex,
}

impl OfLines {
    /// `shape` matches no line feed and nothing empty; wherever it matches, `needs` matches inside.
    pub(super) fn new(needs: &str, shape: &str) -> Self {
        Self {
            needs: regex(needs),
            shape: regex(shape),
        }
    }

    /// All that the shape matches, as its own `captures_iter` gives it.
    pub(super) fn captures_iter<'s, 't>(&'s self, text: &'t str) -> CapturesOfLines<'s, 't> {
        CapturesOfLines {
            shape: self,
            text,
            at: 0,
            end: None,
        }
    }

    /// As [`Self::captures_iter`], without groups.
    pub(super) fn find_iter<'t>(&self, text: &'t str) -> impl Iterator<Item = Match<'t>> {
        self.captures_iter(text).map(|found| found.get_match())
    }
}

/// A shape that may go over lines, and what every text that it matches has in it.
pub(super) struct IfAny {
    needs: Regex,
    shape: Regex,
}

impl IfAny {
    /// Wherever `shape` matches, `needs` matches inside.
    pub(super) fn new(needs: &str, shape: &str) -> Self {
        Self {
            needs: regex(needs),
            shape: regex(shape),
        }
    }

    /// All that the shape matches.
    pub(super) fn captures_iter<'t>(&self, text: &'t str) -> impl Iterator<Item = Captures<'t>> {
        let any = self.needs.is_match(text);
        any.then(|| self.shape.captures_iter(text))
            .into_iter()
            .flatten()
    }
}

/// What a shape matches, from front to back.
pub(super) struct CapturesOfLines<'s, 't> {
    shape: &'s OfLines,
    text: &'t str,
    /// Everything before is done.
    at: usize,
    /// End of the line that is looked at.
    end: Option<usize>,
}

impl<'t> Iterator for CapturesOfLines<'_, 't> {
    type Item = Captures<'t>;

    fn next(&mut self) -> Option<Captures<'t>> {
        loop {
            if let Some(end) = self.end {
                if let Some(found) = self.shape.shape.captures_at(&self.text[..end], self.at) {
                    self.at = found.get_match().end();
                    return Some(found);
                }
                self.at = end;
            }
            let needed = self.shape.needs.find_at(self.text, self.at)?.start();
            let feed = self.text[self.at..needed].rfind('\n');
            self.at = feed.map_or(self.at, |feed| self.at + feed + 1);
            let feed = self.text[needed..].find('\n');
            self.end = Some(feed.map_or(self.text.len(), |feed| needed + feed));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_finds_what_the_shape_finds_in_the_whole_text(text in "[ab1@ä.\n ]{0,60}") {
            let shape = r"\b(?P<who>\p{L}+)@(?P<host>[\p{L}.]+)\b";
            let of_lines = OfLines::new("@", shape);
            let ranges = |found: &Captures<'_>| -> Vec<_> {
                found.iter().map(|group| group.map(|g| g.range())).collect()
            };
            let found: Vec<_> = of_lines.captures_iter(&text).map(|c| ranges(&c)).collect();
            let expected: Vec<_> = regex(shape).captures_iter(&text).map(|c| ranges(&c)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
