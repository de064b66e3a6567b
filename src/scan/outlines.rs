//! A short way from a record to what is known of its skeleton.
//!
//! A record's text is what its program says of itself (level, thread, module: the head) and its message. There are few kinds
//! of each, but many of both together. Parts with one outline have one skeleton, unless a number of theirs stays in it. So
//! where the skeleton of a head and of a message stands once they are joined is learned once for all records that have them.
//! It is a way to the same answer, never to another.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use super::quick::Quick;
use super::table::{Table, hash};
use crate::syntax::outline::Outline;
use crate::syntax::skeleton::Numbers;
use crate::syntax::skeleton::slots::{Classes, Slot};

/// Outlines that are kept of heads and of messages each, and bytes of them.
const MOST: usize = 8192;
const MOST_BYTES: usize = 1 << 20;
/// Sightings of an outline before it is learned: that costs as much as some tens of records.
const SIGHTINGS: u8 = 8;
/// Counters of sightings, as a power of two.
const COUNTERS: u32 = 14;
/// After so many records it is judged whether outlines are any help, and if not, how many are read without.
const TRIAL: u32 = 1 << 14;
const PAUSE: u32 = 8 * TRIAL;

/// A record's text and where its head ends.
pub type Split<'t> = (&'t [u8], usize);

/// What one thread knows of outlines.
#[derive(Debug, Default)]
pub struct Outlines {
    outline: Outline,
    heads: Parts,
    messages: Parts,
    /// For the skeleton of a head, for that of a message, one more than the place of both together.
    places: Vec<Vec<u32>>,
    /// Records that are still read without.
    wait: u32,
    looks: u32,
    helped: u32,
    is_eager: bool,
}

/// The outlines of one part of records.
#[derive(Debug, Default)]
struct Parts {
    outlines: Table,
    known: Vec<Known>,
    classes: Classes,
    /// Skeletons of texts with that outline in which these numbers stay.
    with_numbers: HashMap<(u32, u128), u32, BuildHasherDefault<Quick>>,
    skeletons: Table,
    /// How often outlines were seen that are not known yet, by hash.
    seen: Vec<u8>,
}

/// What is known of an outline.
#[derive(Debug)]
struct Known {
    /// The numbers that must be looked at; `None` if the outline is no help.
    slots: Option<Box<[Slot]>>,
    /// The skeleton of a text in which none of them stays.
    skeleton: Option<u32>,
}

/// Why an outline does not tell a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Miss {
    /// It is not known yet, and seen often enough to be learned.
    New,
    /// It is no help.
    Hopeless,
}

impl Outlines {
    /// Learns every outline at its first sight.
    pub fn eager() -> Self {
        Self {
            is_eager: true,
            ..Self::default()
        }
    }

    /// The place of a record's skeleton, if outlines tell.
    ///
    /// # Errors
    ///
    /// Why they do not.
    #[inline]
    pub fn find(&mut self, numbers: &Numbers, (text, cut): Split<'_>) -> Result<usize, Miss> {
        if self.wait > 0 {
            self.wait -= 1;
            return Err(Miss::Hopeless);
        }
        self.judge();
        if !self.outline.fill(text) {
            return Err(Miss::Hopeless);
        }
        let (head, message) = self.outline.bytes().split_at(cut);
        let is_eager = self.is_eager;
        let message = (self.messages).skeleton(numbers, (text, cut, message), is_eager)?;
        let head = self.heads.skeleton(numbers, (text, 0, head), is_eager)?;
        let places = self.places.get(head as usize).ok_or(Miss::New)?;
        let place = places.get(message as usize).ok_or(Miss::New)?;
        let place = (*place as usize).checked_sub(1).ok_or(Miss::New)?;
        self.helped += 1;
        Ok(place)
    }

    /// Outlines that hardly come back are only in the way.
    fn judge(&mut self) {
        self.looks += 1;
        if self.looks < TRIAL {
            return;
        }
        if self.helped < self.looks / 4 && !self.is_eager {
            self.wait = PAUSE;
        }
        (self.looks, self.helped) = (0, 0);
    }

    /// Learns the place of the skeleton of the record that was looked for last.
    #[cold]
    pub fn learn(
        &mut self,
        numbers: &Numbers,
        (text, cut): Split<'_>,
        skeleton: &[u8],
        place: usize,
    ) {
        let (head, message) = self.outline.bytes().split_at(cut);
        let head = self.heads.learn(numbers, (text, 0, head));
        let message = self.messages.learn(numbers, (text, cut, message));
        let Some((head, message)) = head.zip(message) else {
            return;
        };
        debug_assert_eq!(skeleton, [head.1.as_slice(), &message.1].concat());
        if skeleton != [head.1, message.1].concat() {
            return;
        }
        let (head, message) = (head.0 as usize, message.0 as usize);
        let heads = self.places.len().max(head + 1);
        self.places.resize(heads, Vec::new());
        let places = &mut self.places[head];
        places.resize(places.len().max(message + 1), 0);
        places[message] = place as u32 + 1;
    }
}

/// A text, where a part of it begins, and the part's outline.
type Part<'t> = (&'t [u8], usize, &'t [u8]);

impl Parts {
    /// Which skeleton a part has.
    #[inline]
    fn skeleton(
        &mut self,
        numbers: &Numbers,
        (text, start, outline): Part<'_>,
        is_eager: bool,
    ) -> Result<u32, Miss> {
        let hash = hash(outline);
        let Some(place) = self.outlines.get(hash, outline) else {
            return Err(self.count(hash, is_eager));
        };
        let known = &self.known[place];
        let slots = known.slots.as_ref().ok_or(Miss::Hopeless)?;
        let signature = numbers.signature((text, start), slots, &self.classes);
        match signature.ok_or(Miss::Hopeless)? {
            0 => known.skeleton,
            signature => self.with_numbers.get(&(place as u32, signature)).copied(),
        }
        .ok_or(Miss::New)
    }

    /// Counts a sighting.
    fn count(&mut self, hash: u32, is_eager: bool) -> Miss {
        if is_eager {
            return Miss::New;
        }
        if self.known.len() >= MOST || self.outlines.bytes() >= MOST_BYTES {
            return Miss::Hopeless;
        }
        self.seen.resize(1 << COUNTERS, 0);
        let count = &mut self.seen[(hash >> (u32::BITS - COUNTERS)) as usize];
        *count = count.saturating_add(1);
        if *count > SIGHTINGS {
            Miss::New
        } else {
            Miss::Hopeless
        }
    }

    /// Learns the skeleton of a part: which one it is, and the skeleton.
    fn learn(
        &mut self,
        numbers: &Numbers,
        (text, start, outline): Part<'_>,
    ) -> Option<(u32, Vec<u8>)> {
        let place = place_in(&mut self.outlines, outline);
        if place == self.known.len() {
            self.known.push(Known {
                slots: numbers.slots(outline, &mut self.classes),
                skeleton: None,
            });
        }
        let known = &mut self.known[place];
        let slots = known.slots.as_ref()?;
        let signature = numbers.signature((text, start), slots, &self.classes)?;
        let skeleton = numbers.skeleton(text, start, outline, slots);
        let own = place_in(&mut self.skeletons, &skeleton) as u32;
        if signature == 0 {
            known.skeleton = Some(own);
        } else if self.with_numbers.len() < MOST {
            self.with_numbers.insert((place as u32, signature), own);
        }
        Some((own, skeleton))
    }
}

/// The place of a text in a table, which has it then.
fn place_in(table: &mut Table, text: &[u8]) -> usize {
    let hash = hash(text);
    table.get(hash, text).unwrap_or_else(|| {
        table.insert(hash, text);
        table.len() - 1
    })
}
