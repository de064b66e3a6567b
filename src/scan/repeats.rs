//! Records that came before, word for word or in all that makes a difference: who fails again and again writes the same again and again.

use std::ops::Deref;
use std::sync::Arc;

use super::matcher::{Hit, Surroundings};
use super::table::{Table, hash};

/// Longest text that is kept, texts that are kept, and bytes of them. With more of them it begins anew.
const LONGEST: usize = 2048;
const MOST: usize = 8192;
const MOST_BYTES: usize = 512 << 10;
/// How many of the last ones are looked at for the same clauses.
const ALIKE: usize = 8;
/// Counters of texts that are not kept yet, as a power of two: what is seen once only is not kept.
const COUNTERS: u32 = 12;
/// After so many texts it is judged whether they come back, and if not, how many are read without.
const TRIAL: u32 = 1 << 12;
const PAUSE: u32 = 8 * TRIAL;

/// Kinds of keys.
const TEXT: u8 = 0;
const PARTS: u8 = 1;

/// What holds on a record.
pub enum Heard {
    /// As it was found.
    Now(Vec<Hit>),
    /// As it was found when its text came before.
    Before(Arc<[Hit]>),
}

impl Deref for Heard {
    type Target = [Hit];

    fn deref(&self) -> &[Hit] {
        match self {
            Self::Now(hits) => hits,
            Self::Before(hits) => hits,
        }
    }
}

/// What one thread knows of texts that came before.
#[derive(Debug, Default)]
pub struct Repeats {
    /// Level, program, and the text or some parts of it.
    texts: Table,
    hits: Vec<Arc<[Hit]>>,
    seen: Vec<bool>,
    /// The last text that was asked for.
    key: Vec<u8>,
    looks: u32,
    found: u32,
    /// Texts that are still read without.
    wait: u32,
}

impl Repeats {
    /// The clauses that hold on a text, if it came before.
    pub fn get(&mut self, text: &[u8], around: Surroundings<'_>) -> Option<Arc<[Hit]>> {
        self.key.clear();
        if self.wait > 0 {
            self.wait -= 1;
            return None;
        }
        if text.len() > LONGEST {
            return None;
        }
        self.begin(TEXT, around);
        self.key.extend_from_slice(text);
        self.find()
    }

    /// The clauses that hold on a text with a known skeleton, if one with the same parts came before. `skeleton`: a number
    /// of its own.
    pub fn get_by_parts<'t>(
        &mut self,
        skeleton: u32,
        parts: impl Iterator<Item = &'t [u8]>,
        around: Surroundings<'_>,
    ) -> Option<Arc<[Hit]>> {
        self.key.clear();
        if self.wait > 0 {
            self.wait -= 1;
            return None;
        }
        self.begin(PARTS, around);
        self.key.extend(skeleton.to_le_bytes());
        for part in parts {
            self.key.extend((part.len() as u32).to_le_bytes());
            self.key.extend_from_slice(part);
        }
        self.find()
    }

    fn begin(&mut self, kind: u8, around: Surroundings<'_>) {
        self.judge();
        // No program's name has a zero in it.
        let level = around.level.map_or(0, |level| level.index() as u8 + 1);
        self.key.extend([kind, level]);
        let program = around.program.unwrap_or_default();
        self.key.extend_from_slice(program.as_bytes());
        self.key.push(0);
    }

    fn find(&mut self) -> Option<Arc<[Hit]>> {
        let place = self.texts.get(hash(&self.key), &self.key)?;
        self.found += 1;
        self.key.clear();
        self.hits.get(place).cloned()
    }

    /// Keeps what holds on the text that was asked for last, if that was seen before.
    pub fn keep(&mut self, hits: &[Hit]) {
        if self.key.is_empty() {
            return;
        }
        let hash = hash(&self.key);
        self.seen.resize(1 << COUNTERS, false);
        let seen = &mut self.seen[(hash >> (u32::BITS - COUNTERS)) as usize];
        if !std::mem::replace(seen, true) {
            return;
        }
        if self.hits.len() >= MOST || self.texts.bytes() >= MOST_BYTES {
            let key = std::mem::take(&mut self.key);
            *self = Self {
                key,
                looks: self.looks,
                found: self.found,
                ..Self::default()
            };
        }
        self.texts.insert(hash, &self.key);
        // Most of them tell the same as one of those before them.
        let mut last = self.hits.iter().rev().take(ALIKE);
        let same = last.find(|known| known.as_ref() == hits).cloned();
        self.hits.push(same.unwrap_or_else(|| hits.into()));
    }

    /// Texts that hardly come back are only in the way.
    fn judge(&mut self) {
        self.looks += 1;
        if self.looks < TRIAL {
            return;
        }
        if self.found < self.looks / 8 {
            self.wait = PAUSE;
        }
        (self.looks, self.found) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::Catalog;
    use crate::grammar::catalog::Files;
    use crate::model::Level;
    use crate::scan::Matcher;

    #[test]
    fn a_text_that_came_before_tells_the_same_to_the_same_program_at_the_same_level() {
        let catalog = Catalog::load(Files::new()).unwrap();
        let matcher = Matcher::new(&catalog);
        let mut repeats = Repeats::default();
        let text = b"connect ECONNREFUSED 127.0.0.1:5000";
        let around = |level, program| Surroundings {
            level: Some(level),
            program,
        };
        let own = around(Level::Error, Some("swyxmessenger"));
        let hits = matcher.hits(text, own);
        assert!(!hits.is_empty());
        for _ in 0..2 {
            assert_eq!(repeats.get(text, own), None);
            repeats.keep(&hits);
        }
        assert_eq!(repeats.get(text, own).as_deref(), Some(hits.as_slice()));
        assert_eq!(repeats.get(text, around(Level::Info, own.program)), None);
        assert_eq!(repeats.get(text, around(Level::Error, None)), None);
        assert_eq!(repeats.get(b"connect ECONNREFUSED", own), None);
    }

    #[test]
    fn it_begins_anew_before_it_keeps_too_much() {
        let mut repeats = Repeats::default();
        for number in 0..3 * MOST {
            let text = format!("{number} {}", "x".repeat(500));
            for _ in 0..2 {
                if repeats
                    .get(text.as_bytes(), Surroundings::default())
                    .is_none()
                {
                    repeats.keep(&[]);
                }
            }
            repeats.wait = 0;
        }
        assert!(repeats.hits.len() <= MOST && repeats.texts.bytes() <= MOST_BYTES + LONGEST);
    }
}
