//! A short way from a record to what is known of its skeleton.
//!
//! A record's text is what its program says of itself (level, thread, module: the head) and its message. There are few kinds
//! of each, but many of both together. Parts with one outline have one skeleton, unless a number of theirs stays in it. So
//! where the skeleton of a head and of a message stands once they are joined is learned once for all records that have them.
//! It is a way to the same answer, never to another.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::ops::Range;

use super::heads::KnownHead;
use super::matcher::Matcher;
use super::quick::Quick;
use super::quiet::{Hush, Quiet, Row};
use super::table::{Table, hash};
use super::unknown::{self, telling_words};
use crate::grammar::finder;
use crate::model::Level;
use crate::syntax::kinds::of_sixteen;
use crate::syntax::outline::Outline;
use crate::syntax::outline::shapes::{Shape, Shapes};
use crate::syntax::skeleton::slots::{Classes, Slot};
use crate::syntax::skeleton::{Numbers, opens_url};
use wide::u8x16;

/// Outlines that are kept of heads and of messages each, and bytes of them.
const MOST: usize = 8192;
const MOST_BYTES: usize = 1 << 20;
/// Sightings of an outline before it is learned: that costs as much as a few records of which nothing is known.
const SIGHTINGS: u8 = 3;
/// Counters of sightings, as a power of two.
const COUNTERS: u32 = 14;
/// After so many records it is judged whether outlines are any help, and if not, how many are read without.
const TRIAL: u32 = 1 << 14;
const PAUSE: u32 = 8 * TRIAL;

/// Bytes of a message by which outlines that may be its own are found; a shorter one has none.
const KEY: usize = 16;
/// Places by key, a power of two, and most outlines that are looked at there.
const PLACES: usize = 8192;
const MOST_OF_A_PLACE: usize = 16;
/// No place.
const NONE: u32 = u32::MAX;

/// A record's text.
#[derive(Debug, Clone, Copy)]
pub struct RecordParts<'t> {
    /// The text.
    pub text: &'t [u8],
    /// Where its head ends: no word goes on there.
    pub cut: usize,
    /// The head, if it was seen before.
    pub head: Option<KnownHead>,
    /// The record's level.
    pub level: Option<Level>,
    /// The bit of the program that wrote it, see [`Matcher::program`].
    pub program: u64,
}

/// What outlines tell of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// No clause holds on it.
    Quiet {
        /// False if surely no word of trouble stands there.
        trouble: bool,
    },
    /// The place of its skeleton.
    Place(usize),
}

impl Met {
    /// The place of the record's skeleton, if that is known.
    pub const fn place(self) -> Option<usize> {
        match self.place {
            NONE => None,
            place => Some(place as usize),
        }
    }

    const fn of(outline: usize) -> Self {
        Self {
            outline: outline as u32,
            place: NONE,
        }
    }
}

impl<'t> RecordParts<'t> {
    /// A text without a head.
    pub const fn whole(text: &'t [u8]) -> Self {
        Self {
            text,
            cut: 0,
            head: None,
            level: None,
            program: u64::MAX,
        }
    }

    const fn head(&self) -> Part<'t> {
        Part {
            text: self.text,
            start: 0,
            end: self.cut,
        }
    }

    const fn message(&self) -> Part<'t> {
        Part {
            text: self.text,
            start: self.cut,
            end: self.text.len(),
        }
    }

    /// True if the message may go on with a URL of the head: what a number counts behind does not show in the message then.
    fn go_on(&self) -> bool {
        opens_url(self.head().bytes())
    }
}

/// What one thread knows of outlines.
#[derive(Debug, Default)]
pub struct Outlines {
    heads: Parts,
    messages: Parts,
    /// Heads that were seen before, by the lower bits of the id: what follows them makes no difference, unless to their numbers.
    known_heads: Vec<Option<SeenHead>>,
    /// The skeleton of no head.
    empty_head: Option<u32>,
    quiet: Quiet,
    /// Numbers of messages that must not be there if the message is to be quiet.
    loud: LoudNumbers,
    /// For the skeleton of a head, for that of a message, one more than the place of both together.
    places: Vec<Vec<u32>>,
    /// The outline of the last message, if it is known.
    last: Option<usize>,
    unexplained: Unexplained,
    /// Records that are still read without.
    wait: u32,
    looks: u32,
    helped: u32,
}

/// A head that was seen before.
#[derive(Debug, Clone, Copy)]
struct SeenHead {
    id: u64,
    skeleton: u32,
    outline: u32,
    /// True if its numbers must be looked at in each record: some may be any, or what follows them tells whether they stay.
    asks: bool,
}

/// Where some words of an outline stand; and whether only what is kept of each in a template counts.
type Words = Box<[(Range<usize>, bool)]>;

/// Groups of messages that no rule explains.
#[derive(Debug, Default)]
struct Unexplained {
    /// For each outline the words that say of which group a message is, as far as that was asked.
    words: HashMap<(u32, u32), Words, BuildHasherDefault<Quick>>,
    /// Outline, what stands before the layout's message in that, or before the outline in the message, and these words.
    keys: Table,
    /// Their hashes and templates.
    groups: Vec<(u64, Box<str>)>,
    /// The last one that was asked for.
    key: Vec<u8>,
    word: String,
}

impl Unexplained {
    fn group(
        &mut self,
        outline: (usize, &[u8]),
        start: Start<'_>,
        text: &[u8],
    ) -> Option<(u64, &str)> {
        let (place, outline) = (outline.0 as u32, outline.1);
        let (before, column) = match start {
            Start::Behind(before) => (before, [].as_slice()),
            Start::Before(column) => (0, column),
        };
        let is_joined = !column.is_empty();
        let words = self
            .words
            .entry((place, before << 1 | u32::from(is_joined)));
        let words = words.or_insert_with(|| words_of(outline, before as usize, is_joined));
        self.key.clear();
        self.key.extend(place.to_le_bytes());
        self.key.extend(before.to_le_bytes());
        self.key.extend((column.len() as u32).to_le_bytes());
        self.key.extend_from_slice(column);
        for (place, is_masked) in &*words {
            let word = &text[place.clone()];
            match std::str::from_utf8(word).ok().filter(|_| *is_masked) {
                Some(word) => {
                    self.word.clear();
                    unknown::mask(word, &mut self.word);
                    // Words differ in length then.
                    self.key.extend((self.word.len() as u32).to_le_bytes());
                    self.key.extend_from_slice(self.word.as_bytes());
                }
                None => self.key.extend_from_slice(word),
            }
        }
        let known = self.keys.get(hash(&self.key), &self.key)?;
        let (group, template) = self.groups.get(known)?;
        Some((*group, template))
    }

    fn keep(&mut self, group: u64, template: String) {
        if self.groups.len() < MOST && self.keys.bytes() < MOST_BYTES {
            self.keys.insert(hash(&self.key), &self.key);
            self.groups.push((group, template.into()));
        }
    }
}

/// Where a layout's message begins.
#[derive(Debug, Clone, Copy)]
pub enum Start<'t> {
    /// So many bytes behind the end of the head.
    Behind(u32),
    /// Before that, with these bytes of the head.
    Before(&'t [u8]),
}

/// The words of an outline that say of which group a message is. `is_joined`: whether some of the message stands before it.
fn words_of(outline: &[u8], before: usize, is_joined: bool) -> Words {
    let own = outline.get(before..).unwrap_or_default();
    let words = telling_words(own, !is_joined).into_iter();
    let place = |word: &Range<usize>| word.start + before..word.end + before;
    let mut words: Vec<_> = words
        .map(|word| (place(&word), unknown::is_masked_alone(own, &word)))
        .collect();
    if is_joined {
        // Of a word that begins before it, what that is shows only there.
        let end = own.iter().position(u8::is_ascii_whitespace);
        let first = before..before + end.unwrap_or(own.len());
        words.retain(|(word, _)| word.start >= first.end);
        words.insert(0, (first, false));
    }
    words.into_boxed_slice()
}

/// Where numbers may stand in messages that may tell something, whatever the message is.
#[derive(Debug, Default)]
struct LoudNumbers {
    numbers: Option<Numbers>,
    slots: Vec<Slot>,
    classes: Classes,
    /// Outlines of messages that were looked at.
    count: usize,
}

/// The outline of a message.
#[derive(Debug, Clone, Copy)]
struct LoudOutline {
    /// Which it is among those [without numbers](Quiet::message).
    message: u32,
    /// Where its slots begin, and how many they are.
    slots: (u32, u8),
    /// True if all messages with this outline have an address.
    has_pair: bool,
}

/// The outlines of one part of records.
#[derive(Debug, Default)]
struct Parts {
    outline: Outline,
    outlines: Table,
    shapes: Shapes,
    known: Vec<Known>,
    /// The numbers of all outlines that must be looked at.
    slots: Vec<Slot>,
    /// For each key the first outline that may have it: the one that was met last.
    first: Vec<u32>,
    classes: Classes,
    /// Skeletons of texts with that outline in which these numbers stay.
    with_numbers: HashMap<(u32, u128), u32, BuildHasherDefault<Quick>>,
    skeletons: Table,
    /// How often outlines were seen that are not known yet, by hash.
    seen: Vec<u8>,
    is_eager: bool,
}

/// What is known of an outline. It is small, so that what a record needs is likely to be in the cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Known {
    /// Where its slots begin, and how many they are; `None` if it is no help.
    slots: Option<(u32, u8)>,
    /// The skeleton of a text in which none of these numbers stays, or [`NONE`].
    skeleton: u32,
    /// The next outline that may have the same key, or [`NONE`].
    next: u32,
    shape: Shape,
    /// What is known of it as a message.
    loud: Option<LoudOutline>,
}

/// What is seen of a record at first sight.
#[derive(Debug, Clone, Copy)]
pub enum Sight {
    /// It tells nothing.
    Quiet {
        /// False if surely no word of trouble stands there.
        trouble: bool,
    },
    /// Its message is known.
    Met(Met),
    /// Nothing.
    New,
}

/// The same in one machine word, of a record whose level is known: what is put together and copied is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glance(u32);

impl Glance {
    /// It tells nothing.
    pub const QUIET: Self = Self(u32::MAX);
    /// Nothing is known of it.
    pub const NEW: Self = Self(u32::MAX - 1);

    /// Its message, if that is known.
    pub fn met(self) -> Option<Met> {
        let is_known = self != Self::QUIET && self != Self::NEW;
        is_known.then(|| Met::of(self.0 as usize))
    }
}

/// A message whose outline is known. It is small, as what goes through memory is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Met {
    outline: u32,
    /// The place of the record's skeleton, or [`NONE`].
    place: u32,
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
        let mut eager = Self::default();
        eager.heads.is_eager = true;
        eager.messages.is_eager = true;
        eager
    }

    /// What outlines tell of a record.
    ///
    /// # Errors
    ///
    /// Why they tell nothing.
    pub fn find(
        &mut self,
        numbers: &Numbers,
        parts: RecordParts<'_>,
        met: Option<Met>,
    ) -> Result<Answer, Miss> {
        if self.wait > 0 {
            self.wait -= 1;
            return Err(Miss::Hopeless);
        }
        self.judge();
        let outline = match met {
            Some(met) => met.outline as usize,
            None => self.messages.outline(parts.message())?,
        };
        self.last = Some(outline);
        if let Some(place) = met.and_then(Met::place) {
            self.helped += 1;
            return Ok(Answer::Place(place));
        }
        let head = match self.known_head(numbers, parts) {
            Some(head) => head,
            None => self.head(numbers, parts)?,
        };
        if let Some(trouble) = self.trouble(head, outline, parts)? {
            self.helped += 1;
            return Ok(Answer::Quiet { trouble });
        }
        let message = self.messages.skeleton(numbers, parts.message(), outline)?;
        let place = self.joined(head, message).ok_or(Miss::New)?;
        self.helped += 1;
        Ok(Answer::Place(place))
    }

    /// What outlines tell of a record, if all is known that takes. `ahead`: its message and what follows it.
    #[inline]
    pub fn hush(&mut self, numbers: &Numbers, parts: RecordParts<'_>, ahead: &[u8]) -> Sight {
        if self.wait > 0 {
            return Sight::New;
        }
        let message = parts.message();
        let Some(outline) = self.messages.seen_before(message.bytes(), ahead) else {
            return Sight::New;
        };
        let met = Sight::Met(Met::of(outline));
        let Some(head) = self.head_of(numbers, parts) else {
            return met;
        };
        match self.trouble(head, outline, parts) {
            Ok(Some(trouble)) => {
                self.count_help();
                Sight::Quiet { trouble }
            }
            _ => met,
        }
    }

    /// Where it is kept what a head tells with each message, and, if numbers of it may tell something, the outline that says
    /// which; `None` if that is not known.
    pub fn row(&self, head: KnownHead, level: Level) -> Option<(Row, Option<u32>)> {
        let own = (*self.known_heads.get(head.id as usize % MOST)?)?;
        if own.id != head.id {
            return None;
        }
        let row = self.quiet.row(own.skeleton, Some(level))?;
        Some((row, own.asks.then_some(own.outline)))
    }

    /// What is seen of a record, as [`Self::hush`] does. `row`: that of its head; `text`: its text, in which the head ends at
    /// `cut`; `ahead`: its message and what follows it; `program`: the bit of who wrote it.
    #[expect(clippy::inline_always)] // nearly every line is asked about once
    #[inline(always)]
    pub fn glance(
        &mut self,
        row: Row,
        (text, cut): (&[u8], usize),
        ahead: &[u8],
        program: u64,
    ) -> Glance {
        let message = text.get(cut..).unwrap_or_default();
        let Some(outline) = self.messages.seen_before(message, ahead) else {
            return Glance::NEW;
        };
        if let Some(own) = &self.messages.known[outline].loud
            && let Some(hush) = self.quiet.hush(row, own.message, program)
            && self.loud.is_met(hush, own, (text, cut))
        {
            return Glance::QUIET;
        }
        Glance(outline as u32)
    }

    /// Notes that it helped with so many records.
    pub const fn count_helps(&mut self, count: u32) {
        self.looks = self.looks.saturating_add(count);
        self.helped = self.helped.saturating_add(count);
        self.weigh();
    }

    /// True if records are looked at.
    #[inline]
    pub const fn is_open(&self) -> bool {
        self.wait == 0
    }

    /// Whether a word of trouble may stand in a record, if that is quiet.
    #[inline]
    fn trouble(
        &self,
        head: u32,
        outline: usize,
        parts: RecordParts<'_>,
    ) -> Result<Option<bool>, Miss> {
        let Some(own) = &self.messages.known[outline].loud else {
            return Ok(None);
        };
        let voice = self.quiet.voice(head, parts.level, own.message);
        let hush = self.quiet.quiet(voice.ok_or(Miss::New)?, parts.program);
        let hush = hush.filter(|hush| self.loud.is_met(*hush, own, (parts.text, parts.cut)));
        Ok(hush.map(|hush| hush.trouble))
    }

    /// The place of the skeleton of both together.
    #[inline]
    fn joined(&self, head: u32, message: u32) -> Option<usize> {
        let place = self.places.get(head as usize)?.get(message as usize)?;
        (*place as usize).checked_sub(1)
    }

    /// The place of the skeleton of a record whose message is known, if all is known that takes.
    pub fn place(&self, numbers: &Numbers, parts: RecordParts<'_>, met: Met) -> Option<Met> {
        let head = self.head_of(numbers, parts)?;
        let message = self
            .messages
            .skeleton(numbers, parts.message(), met.outline as usize);
        let place = u32::try_from(self.joined(head, message.ok()?)?).ok()?;
        Some(Met { place, ..met })
    }

    /// Notes that it helped with a record.
    #[inline]
    pub const fn count_help(&mut self) {
        self.judge();
        self.helped += 1;
    }

    #[inline]
    fn head_of(&self, numbers: &Numbers, parts: RecordParts<'_>) -> Option<u32> {
        if parts.cut == 0 {
            self.empty_head
        } else {
            self.known_head(numbers, parts)
        }
    }

    /// Forgets which message was the last one.
    #[inline]
    pub const fn forget_last(&mut self) {
        self.last = None;
    }

    /// The group of unexplained records that the last message is of, and its template. `text`: that message; `start`: where the
    /// layout's begins.
    pub fn group(&mut self, start: Start<'_>, text: &[u8]) -> Option<(u64, &str)> {
        let outline = self.last?;
        let shape = &self.messages.known[outline].shape;
        if !self.messages.shapes.has_its_ids(shape, text) {
            self.last = None;
            return None;
        }
        let own = self.messages.outlines.text(outline);
        self.unexplained.group((outline, own), start, text)
    }

    /// Keeps the group that was asked for last.
    pub fn keep_group(&mut self, group: u64, template: String) {
        if self.last.is_some() {
            self.unexplained.keep(group, template);
        }
    }

    /// Gets to know the head and the message of a record; whether a word of trouble may stand there, if both tell nothing.
    #[cold]
    pub fn meet(&mut self, matcher: &Matcher<'_>, parts: RecordParts<'_>) -> Option<bool> {
        if parts.go_on() {
            return None;
        }
        let numbers = &matcher.images().numbers;
        let (head, skeleton) = self.heads.learn(numbers, parts.head())?;
        let outline = self.messages.meet(numbers, parts.message())?;
        while self.loud.count <= outline {
            let bytes = self.messages.outlines.text(self.loud.count);
            let message = self.quiet.message(matcher, bytes);
            let own = self.loud.look_at(matcher.blank().numbers(), bytes, message);
            self.messages.known[self.loud.count].loud = own;
            self.loud.count += 1;
        }
        let own = &self.messages.known[outline].loud?;
        let head = (head, skeleton.as_slice());
        let voice = self.quiet.judge(matcher, head, parts.level, own.message);
        let hush = self.quiet.quiet(voice, parts.program)?;
        let is_quiet = self.loud.is_met(hush, own, (parts.text, parts.cut));
        is_quiet.then_some(hush.trouble)
    }

    /// The skeleton of a head.
    fn head(&mut self, numbers: &Numbers, parts: RecordParts<'_>) -> Result<u32, Miss> {
        let place = self.heads.outline(parts.head())?;
        let head = self.heads.skeleton(numbers, parts.head(), place)?;
        if parts.cut == 0 {
            self.empty_head = Some(head);
        }
        let Some(known) = parts.head else {
            return Ok(head);
        };
        let own = self.heads.known[place];
        let has_slots = own.slots.is_some_and(|(_, count)| count > 0);
        let asks = has_slots && (known.has_numbers || !self.heads.is_closed(place));
        // Of a head whose numbers are looked at it is kept what it is if none of them stays.
        if !asks || own.skeleton == head {
            self.known_heads.resize(MOST, None);
            self.known_heads[known.id as usize % MOST] = Some(SeenHead {
                id: known.id,
                skeleton: head,
                outline: place as u32,
                asks,
            });
        }
        Ok(head)
    }

    #[inline]
    fn known_head(&self, numbers: &Numbers, parts: RecordParts<'_>) -> Option<u32> {
        let head = parts.head?;
        let own = (*self.known_heads.get(head.id as usize % MOST)?)?;
        let is_known = own.id == head.id
            && (!own.asks || self.has_no_number(numbers, parts.text, own.outline));
        is_known.then_some(own.skeleton)
    }

    /// True if no number stays in the skeleton of a head that has this outline.
    pub fn has_no_number(&self, numbers: &Numbers, text: &[u8], outline: u32) -> bool {
        let slots = slots(&self.heads.slots, self.heads.known[outline as usize]);
        slots.is_some_and(|slots| numbers.none_stays((text, 0), slots, &self.heads.classes))
    }

    /// Outlines that hardly come back are only in the way.
    #[inline]
    const fn judge(&mut self) {
        self.looks += 1;
        self.weigh();
    }

    #[inline]
    const fn weigh(&mut self) {
        if self.looks < TRIAL {
            return;
        }
        if self.helped < self.looks / 4 && !self.messages.is_eager {
            self.wait = PAUSE;
        }
        (self.looks, self.helped) = (0, 0);
    }

    /// Learns the place of a record's skeleton.
    #[cold]
    pub fn learn(
        &mut self,
        numbers: &Numbers,
        parts: RecordParts<'_>,
        skeleton: &[u8],
        place: usize,
    ) {
        if parts.go_on() {
            return;
        }
        let head = self.heads.learn(numbers, parts.head());
        let message = self.messages.learn(numbers, parts.message());
        let Some((head, message)) = head.zip(message) else {
            return;
        };
        let both = [head.1, message.1].concat();
        debug_assert_eq!(skeleton, both);
        if skeleton != both {
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

/// A part of a text.
#[derive(Debug, Clone, Copy)]
struct Part<'t> {
    text: &'t [u8],
    start: usize,
    end: usize,
}

impl<'t> Part<'t> {
    fn bytes(&self) -> &'t [u8] {
        &self.text[self.start..self.end]
    }
}

impl Parts {
    /// The place of a part's outline.
    #[inline]
    fn outline(&mut self, part: Part<'_>) -> Result<usize, Miss> {
        match self.seen_before(part.bytes(), part.bytes()) {
            Some(place) => Ok(place),
            None => self.place(part.bytes()),
        }
    }

    /// Which skeleton a part with that outline has.
    #[inline]
    fn skeleton(&self, numbers: &Numbers, part: Part<'_>, outline: usize) -> Result<u32, Miss> {
        let known = self.known[outline];
        let slots = slots(&self.slots, known).ok_or(Miss::Hopeless)?;
        let signature = numbers.signature((part.text, part.start), slots, &self.classes);
        let skeleton = match signature.ok_or(Miss::Hopeless)? {
            0 => Some(known.skeleton).filter(|skeleton| *skeleton != NONE),
            signature => self.with_numbers.get(&(outline as u32, signature)).copied(),
        };
        skeleton.ok_or(Miss::New)
    }

    /// The outline of a text, if it is known: without making it. `ahead`: the text and what follows it.
    #[expect(clippy::inline_always)] // nearly every line is asked about once
    #[inline(always)]
    fn seen_before(&mut self, text: &[u8], ahead: &[u8]) -> Option<usize> {
        let key = key(text)?;
        let at = *self.first.get(key)?;
        let known = self.known.get(at as usize)?;
        if self.shapes.fits(&known.shape, text, ahead) {
            return Some(at as usize);
        }
        self.other((text, ahead), key, at)
    }

    #[inline(never)]
    fn other(&mut self, (text, ahead): (&[u8], &[u8]), key: usize, first: u32) -> Option<usize> {
        let mut before = first;
        for _ in 1..MOST_OF_A_PLACE {
            let at = self.known[before as usize].next;
            let known = self.known.get(at as usize)?;
            if self.fits(&known.shape, text, ahead) {
                self.bring_forward(key, before, at);
                return Some(at as usize);
            }
            before = at;
        }
        None
    }

    #[inline(never)]
    fn fits(&self, shape: &Shape, text: &[u8], ahead: &[u8]) -> bool {
        self.shapes.fits(shape, text, ahead)
    }

    /// Makes an outline the first of its key.
    fn bring_forward(&mut self, key: usize, before: u32, at: u32) {
        self.known[before as usize].next = self.known[at as usize].next;
        self.known[at as usize].next = self.first[key];
        self.first[key] = at;
    }

    fn place(&mut self, text: &[u8]) -> Result<usize, Miss> {
        if !self.outline.fill(text) {
            return Err(Miss::Hopeless);
        }
        let outline = self.outline.bytes();
        let hash = hash(outline);
        let place = self.outlines.get(hash, outline);
        place.ok_or_else(|| self.count(hash))
    }

    /// True if what stands behind a part with this outline makes no difference to its skeleton.
    fn is_closed(&self, place: usize) -> bool {
        let slots = slots(&self.slots, self.known[place]);
        slots.is_some_and(|slots| slots.iter().all(|slot| slot.is_closed()))
    }

    /// Counts a sighting.
    fn count(&mut self, hash: u32) -> Miss {
        if self.is_eager {
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

    /// Gets to know the outline of a part; `None` if it has none.
    fn meet(&mut self, numbers: &Numbers, part: Part<'_>) -> Option<usize> {
        if !self.outline.fill(part.bytes()) {
            return None;
        }
        let outline = self.outline.bytes();
        let place = place_in(&mut self.outlines, outline);
        if place == self.known.len() {
            let slots = numbers.slots(outline, &mut self.classes);
            self.add(slots.as_deref());
        }
        Some(place)
    }

    /// Learns the skeleton of a part: which one it is, and the skeleton.
    fn learn(&mut self, numbers: &Numbers, part: Part<'_>) -> Option<(u32, Vec<u8>)> {
        let place = self.meet(numbers, part)?;
        let outline = self.outline.bytes();
        let slots = slots(&self.slots, self.known[place])?;
        let signature = numbers.signature((part.text, part.start), slots, &self.classes)?;
        let skeleton = numbers.skeleton((part.text, part.start), outline, slots, &self.classes);
        let own = place_in(&mut self.skeletons, &skeleton) as u32;
        if signature == 0 {
            self.known[place].skeleton = own;
        } else if self.with_numbers.len() < MOST {
            self.with_numbers.insert((place as u32, signature), own);
        }
        Some((own, skeleton))
    }

    /// Adds what is known of the last outline of the table, to be found by its key.
    fn add(&mut self, slots: Option<&[Slot]>) {
        let place = self.known.len();
        let outline = self.outlines.text(place);
        let mut next = NONE;
        if let Some(key) = key(outline) {
            self.first.resize(PLACES, NONE);
            next = std::mem::replace(&mut self.first[key], place as u32);
        }
        self.known.push(Known {
            shape: self.shapes.add(outline),
            slots: slots.map(|slots| (self.slots.len() as u32, slots.len() as u8)),
            skeleton: NONE,
            next,
            loud: None,
        });
        self.slots.extend(slots.unwrap_or_default());
    }
}

impl LoudNumbers {
    /// True if a record has what it takes to tell nothing.
    #[inline]
    fn is_met(&self, hush: Hush, own: &LoudOutline, (text, cut): (&[u8], usize)) -> bool {
        (!hush.needs_address || own.has_pair || finder::has_pair(text))
            && (own.slots.1 == 0 || self.have_none((text, cut), own.slots))
    }

    #[inline(never)]
    fn have_none(&self, text: (&[u8], usize), (start, length): (u32, u8)) -> bool {
        let slots = &self.slots[start as usize..][..usize::from(length)];
        let numbers = self.numbers.as_ref();
        numbers.is_some_and(|numbers| numbers.none_stays(text, slots, &self.classes))
    }

    /// Looks at the outline of a message.
    fn look_at(
        &mut self,
        numbers: &Numbers,
        outline: &[u8],
        message: Option<u32>,
    ) -> Option<LoudOutline> {
        self.numbers.get_or_insert_with(|| numbers.clone());
        let (message, slots) = message.zip(numbers.slots(outline, &mut self.classes))?;
        let start = self.slots.len() as u32;
        self.slots.extend_from_slice(&slots);
        Some(LoudOutline {
            message,
            slots: (start, slots.len() as u8),
            has_pair: finder::all_have_pair(outline),
        })
    }
}

/// The slots of an outline.
#[inline]
fn slots(all: &[Slot], known: Known) -> Option<&[Slot]> {
    let (start, length) = known.slots?;
    all.get(start as usize..start as usize + usize::from(length))
}

/// A place for the length of a text and its first and last bytes, in which all hexadecimal digits are one; `None` if it is too
/// short.
#[inline]
fn key(text: &[u8]) -> Option<usize> {
    const ONE: u64 = 0x9e37_79b9_7f4a_7c15;
    const TWO: u64 = 0xd6e8_feb8_6659_fd93;
    let first: &[u8; KEY] = text.first_chunk()?;
    let last: &[u8; KEY] = text.last_chunk()?;
    let (first, last) = (
        without_hexadecimal(u8x16::new(*first)),
        without_hexadecimal(u8x16::new(*last)),
    );
    // Of two bytes in one place, one mostly is a letter: their sum tells them well enough.
    let plain = (first + last + last).to_array();
    let (one, two) = plain.split_at(KEY / 2);
    let word = |bytes: &[u8]| bytes.first_chunk().map_or(0, |b| u64::from_le_bytes(*b));
    let both = word(one).wrapping_mul(ONE) ^ word(two).wrapping_mul(TWO).rotate_left(32);
    let both = both ^ (text.len() as u64).wrapping_mul(ONE).rotate_right(16);
    // The upper bits of a product follow from all bits.
    Some((both.wrapping_mul(TWO) >> (u64::BITS - PLACES.ilog2())) as usize)
}

/// Zeros for hexadecimal digits.
#[inline]
fn without_hexadecimal(bytes: u8x16) -> u8x16 {
    let [is_digit, _, is_letter] = of_sixteen(bytes);
    bytes & !(is_digit | is_letter)
}

/// The place of a text in a table, which has it then.
fn place_in(table: &mut Table, text: &[u8]) -> usize {
    let hash = hash(text);
    table.get(hash, text).unwrap_or_else(|| {
        table.insert(hash, text);
        table.count() - 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::Catalog;
    use crate::grammar::catalog::Files;

    #[test]
    fn a_word_of_letters_where_an_id_was_is_of_no_known_group() {
        let catalog = Catalog::load(Files::new()).unwrap();
        let matcher = Matcher::new(&catalog);
        let numbers = &matcher.images().numbers;
        let mut outlines = Outlines::eager();
        let id = b"the file ab12cd34ef is opened";
        let word = b"the file abfacadeef is opened";
        outlines.meet(&matcher, RecordParts::whole(id));
        let mut group = |text: &[u8], new: Option<u64>| {
            outlines.forget_last();
            // Whatever it tells, the outline is seen.
            let _ = outlines.find(numbers, RecordParts::whole(text), None);
            let known = outlines.group(Start::Behind(0), text);
            let known = known.map(|(group, _)| group);
            if let Some(new) = new {
                outlines.keep_group(new, String::new());
            }
            known
        };
        assert_eq!(group(id, Some(7)), None);
        assert_eq!(group(id, None), Some(7));
        assert_eq!(group(word, Some(8)), None);
        assert_eq!(group(word, None), None);
        assert_eq!(group(b"the file 0123456789 is opened", None), None);
        assert_eq!(group(b"the file 11aabbccdd is opened", None), Some(7));
    }

    #[test]
    fn a_key_says_nothing_of_digits_and_ids() {
        let one = key(b"a12:30 of 16 bytes and more");
        assert_eq!(one, key(b"a34:56 of 16 bytes and more"));
        assert_ne!(one, key(b"a34:5: of 16 bytes and more"));
        assert_ne!(one, key(b"a34:56 of 16 bytes and more."));
        assert_eq!(key(b"id 8987ec81f8f4 of"), key(b"id 111111111111 of"));
        assert_eq!(key(b"short"), None);
    }
}
