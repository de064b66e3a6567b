//! Slots: the numbers of a text that may stay in its skeleton, as far as its outline tells.
//!
//! A skeleton is the outline with the numbers that stay. Most surely do not: they have no slot. Those that have one are looked
//! at, and the [signature](Numbers::signature) says which of them stay. The law: texts with one outline and one signature
//! have one skeleton.

use std::ops::Range;

use super::{
    GAP, LONGEST, LONGEST_GAP, Numbers, PLACE, TextWithNumber, around, bit, ending, goes_on,
    is_room, may_end_with_port, may_end_with_url, number, stands,
};
use crate::syntax::kinds::of_sixteen;
use crate::syntax::outline::{DIGIT, ID, SHORTEST_ID};
use wide::u8x16;

/// A number that may stay, or a word that may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    at: u16,
    length: u8,
    kinds: u8,
    class: u8,
    /// See [`Class`]; of an id, those of the number that begins it.
    lengths: u8,
    /// True if what stands behind the part may make a difference to whether it stays.
    is_open: bool,
    /// True if a small number stays just if its class has it, whatever else stands in the text.
    is_sure: bool,
}

/// Classes of slots: which numbers of up to five digits may make a difference. Nearly all do not.
#[derive(Debug, Default)]
pub struct Classes {
    /// What makes a class: kinds, and the texts that may stand there.
    keys: Vec<(u8, Texts)>,
    all: Vec<Class>,
    /// For each class a bit for each small number.
    bits: Vec<u64>,
    /// A bit for each number that may make a difference in any class: larger ones are rare.
    any: Vec<u64>,
}

/// Texts of a class that are compared one by one; of more than that, those that fit are looked for.
const MOST_TEXTS: usize = 8;

/// Bytes that are looked at together: an id is mostly no longer.
const STEP: usize = 16;

/// Words of bits for the small numbers of a class.
const WORDS: usize = 16;

#[derive(Debug)]
struct Class {
    /// For each number of digits a bit, if numbers of so many are among them.
    lengths: u32,
    /// True if one that begins with a zero may be, too.
    zeros: bool,
}

/// Texts with a number, as indices: those that begin before it, and those that begin with it.
type Texts = [Vec<u32>; 2];

/// It begins a word, so it may be a port or begin an address.
const FIRST: u8 = 1;
/// It may stand behind a word that makes a number of it.
const COUNTS: u8 = 2;
/// A text with a number may stand there, behind the text's beginning.
const TEXT: u8 = 4;
/// The same for a text that begins with the number.
const BEFORE: u8 = 64;
/// A word in which a long number may stand.
const LONG: u8 = 8;
/// An id.
const IS_ID: u8 = 16;
/// A word that is too short for an id, but may be found as one.
const SHORT: u8 = 32;
/// A number that begins with a zero may make a difference, too.
const ZEROS: u8 = 128;

/// Numbers of a signature, and bits of each: its value and the place of its slot.
const MOST: u32 = 6;
const VALUE_BITS: u32 = 17;
const PLACE_BITS: u32 = 4;

impl Slot {
    /// True if what stands behind the part makes no difference to whether it stays.
    pub const fn is_closed(self) -> bool {
        !self.is_open
    }

    /// True if a number with which an id begins may make a difference, as far as the number of its digits tells. `first`:
    /// the first of them.
    const fn may_begin_with(self, digits: usize, first: u8) -> bool {
        let length = if digits > LONGEST {
            LONGEST + 1
        } else {
            digits
        };
        self.lengths >> length & 1 == 1 || first == b'0' && self.kinds & (COUNTS | TEXT) != 0
    }

    const fn is_word(self) -> bool {
        self.kinds & (IS_ID | LONG | SHORT) != 0
    }
}

impl Classes {
    /// Whether a number stays, as far as its class tells.
    #[inline]
    fn stays(&self, text: &[u8], place: &Range<usize>, slot: Slot) -> Option<bool> {
        let number = number(text, place.start, place.len())?;
        let is_plain = text[place.start] != b'0' || place.len() == 1;
        if !is_plain {
            return None;
        }
        if number < WORDS * 64 && slot.is_sure {
            return Some(self.has(slot, number));
        }
        // Most numbers make no difference, whatever stands around them.
        (!self.may_be(slot, number) && (slot.kinds & ZEROS == 0 || number > 0)).then_some(false)
    }

    /// False if a number in its usual digits surely makes no difference.
    #[inline]
    fn may_be(&self, slot: Slot, number: usize) -> bool {
        if number < WORDS * 64 {
            self.has(slot, number)
        } else {
            bit(&self.any, number)
        }
    }

    #[inline]
    fn has(&self, slot: Slot, number: usize) -> bool {
        let word = self.bits[usize::from(slot.class) * WORDS + number / 64];
        word >> (number % 64) & 1 == 1
    }

    /// False if a number surely makes no difference.
    #[inline]
    fn may_matter(&self, text: &[u8], place: &Range<usize>, slot: Slot) -> bool {
        let Some(number) = number(text, place.start, place.len()) else {
            return true;
        };
        self.may_be(slot, number) || slot.kinds & ZEROS != 0 && text[place.start] == b'0'
    }
}

impl Numbers {
    /// The slots of a part of an outline, whatever stands around it; `None` if there are more or longer ones than a signature
    /// tells of. The part has whole words.
    pub fn slots(&self, outline: &[u8], classes: &mut Classes) -> Option<Box<[Slot]>> {
        let mut slots = Vec::new();
        for place in words(outline) {
            let is_blank = |byte: &u8| matches!(*byte, DIGIT | ID);
            if outline[place.clone()].iter().any(is_blank) {
                self.word_slots(outline, &place, (&mut slots, classes))?;
            }
        }
        (slots.len() < 1 << PLACE_BITS).then(|| slots.into_boxed_slice())
    }

    fn word_slots(
        &self,
        outline: &[u8],
        place: &Range<usize>,
        (slots, classes): (&mut Vec<Slot>, &mut Classes),
    ) -> Option<()> {
        let word = &outline[place.clone()];
        let mut add = |place: &Range<usize>, kinds: u8, texts: Texts| {
            let text = if texts[0].is_empty() { 0 } else { TEXT };
            let before = if texts[1].is_empty() { 0 } else { BEFORE };
            let kinds = kinds | text | before;
            let left = outline.len() - place.end;
            let may_end_later = |texts: &super::Texts, own: &[u32]| {
                let mut own = own.iter().map(|index| &texts.all[*index as usize]);
                own.any(|own| own.parts[2].len() + usize::from(own.is_word) > left)
            };
            let is_open =
                may_end_later(&self.behind, &texts[0]) || may_end_later(&self.before, &texts[1]);
            let sides = (&outline[..place.start], &outline[place.end..]);
            let mut own = texts.iter().zip([&self.behind, &self.before]);
            let is_sure = kinds & COUNTS == 0
                && own.all(|(own, texts)| {
                    let mut own = own.iter().map(|index| &texts.all[*index as usize]);
                    own.all(|text| stands_with_number(sides, text))
                });
            if kinds > 0 {
                let slot = Slot {
                    is_open,
                    is_sure,
                    at: u16::try_from(place.start).ok()?,
                    length: u8::try_from(place.len()).ok()?,
                    kinds,
                    class: self.class(kinds, texts, classes)?,
                    lengths: 0,
                };
                let class = &classes.all[usize::from(slot.class)];
                let may_be = class.lengths >> place.len().min(LONGEST + 1) & 1 == 1;
                let zeros = if class.zeros { ZEROS } else { 0 };
                let kinds = slot.kinds | zeros;
                let is_needed = slot.is_word() || class.zeros || may_be;
                let lengths = class.lengths as u8;
                slots.extend(is_needed.then_some(Slot {
                    kinds,
                    lengths,
                    ..slot
                }));
            }
            Some(())
        };
        let counts = if self.may_be_behind_a_word(&outline[..place.start]) {
            COUNTS
        } else {
            0
        };
        if word[0] == ID {
            return add(place, IS_ID | counts, self.fits(outline, place));
        }
        if self.may_be_long(word) {
            add(place, LONG, Texts::default())?;
        }
        let is_hexadecimal = word.iter().all(u8::is_ascii_hexdigit);
        if word.len() < SHORTEST_ID && is_hexadecimal && word.iter().any(|b| *b != DIGIT) {
            let whole = self.fits(outline, place);
            if !whole.iter().all(Vec::is_empty) {
                add(place, SHORT, whole)?;
            }
        }
        for part in digits(outline, place) {
            let is_first = part.start == place.start && part.len() <= LONGEST;
            let first = if is_first { FIRST | counts } else { 0 };
            add(&part, first, self.fits(outline, &part))?;
        }
        Some(())
    }

    /// The class of slots of these kinds where these texts may stand; `None` if there are too many.
    fn class(&self, kinds: u8, texts: Texts, classes: &mut Classes) -> Option<u8> {
        let key = (kinds & (FIRST | COUNTS | IS_ID), texts);
        let known = classes.keys.iter().position(|known| *known == key);
        if known.is_none() {
            let mut bits = Vec::new();
            if kinds & FIRST != 0 {
                bits.clone_from(&self.stays);
            }
            if kinds & COUNTS != 0 {
                bits.resize(bits.len().max(self.counts.len()), 0);
                let both = bits.iter_mut().zip(&self.counts);
                both.for_each(|(bits, counts)| *bits |= counts);
            }
            for (texts, indices) in [&self.behind, &self.before].into_iter().zip(&key.1) {
                for index in indices {
                    let [front, digits, rest] = &texts.all[*index as usize].parts;
                    let edge = (front.is_empty(), rest.is_empty());
                    super::keep_digits(digits, edge, &mut bits);
                }
            }
            let begins = |index: &u32| self.behind.all[*index as usize].parts[1][0] == b'0';
            let zeros = !key.1[1].is_empty() || key.1[0].iter().any(begins);
            let numbers = (0..bits.len() * 64).filter(|number| bit(&bits, *number));
            let lengths = numbers.map(|number| 1 << (number.max(1).ilog10() + 1));
            // Whether a longer one matters is not asked of the class.
            let long = u32::from(!key.1.iter().all(Vec::is_empty)) << (LONGEST + 1);
            let lengths = lengths.fold(long, |all, own| all | own);
            classes.all.push(Class { lengths, zeros });
            bits.resize(WORDS.max(bits.len()), 0);
            classes.bits.extend(&bits[..WORDS]);
            let all = classes.any.len().max(bits.len());
            classes.any.resize(all, 0);
            classes
                .any
                .iter_mut()
                .zip(bits)
                .for_each(|(all, own)| *all |= own);
            classes.keys.push(key);
        }
        u8::try_from(known.unwrap_or(classes.keys.len() - 1)).ok()
    }

    /// True if a long number that stays may stand in a word that is no id.
    fn may_be_long(&self, word: &[u8]) -> bool {
        let runs = |is_digit: fn(&u8) -> bool| {
            let mut parts = word.chunk_by(|a, b| is_digit(a) == is_digit(b));
            parts.any(|part| is_digit(&part[0]) && self.may_be_of_length(part.len()))
        };
        runs(u8::is_ascii_hexdigit) || runs(u8::is_ascii_digit)
    }

    /// True if a number that begins a word of an outline, or of an id in it, may count, whatever stands before the outline.
    pub fn may_count(&self, outline: &[u8]) -> bool {
        words(outline).any(|word| {
            matches!(outline[word.start], DIGIT | ID)
                && self.may_be_behind_a_word(&outline[..word.start])
        })
    }

    /// True if a number behind this part of an outline may count.
    fn may_be_behind_a_word(&self, before: &[u8]) -> bool {
        // Some of the digits may be zeros, which may be a part of the gap.
        let is_gap = |byte: &&u8| matches!(**byte, DIGIT | ID) || GAP.contains(byte);
        let gap = before.iter().rev().take_while(is_gap).count();
        let fronts = (1..=gap.min(LONGEST_GAP)).map(|gap| before.split_at(before.len() - gap));
        let may_be = |(front, gap): (&[u8], &[u8])| {
            let is_digit = |byte: &u8| matches!(*byte, DIGIT | ID);
            let ends_like = |word: &Vec<u8>| {
                let length = word.len().min(front.len());
                let end = &word[word.len() - length..];
                like(&front[front.len() - length..], end)
            };
            // Few texts end as one of the words does.
            let two = front.last_chunk().filter(|two| !two.iter().any(is_digit));
            let may_end = two.is_none_or(|two| bit(&self.endings, ending(*two)));
            self.behind_else.endpoint && may_end_with_port(front, &is_digit)
                || self.behind_else.url && is_room(gap) && may_end_with_url(front)
                || may_end && self.words.iter().any(ends_like)
        };
        gap == before.len() || { fronts }.any(may_be)
    }

    /// The texts with a number that may stand there, with that number in this place.
    fn fits(&self, outline: &[u8], place: &Range<usize>) -> Texts {
        let word = &outline[place.clone()];
        let (before, behind) = (&outline[..place.start], &outline[place.end..]);
        let may_stand = |own: &TextWithNumber| {
            let [front, number, rest] = &own.parts;
            let (near, next) = (front.len().min(before.len()), rest.len().min(behind.len()));
            let number_fits = match (front.is_empty(), rest.is_empty()) {
                _ if number.len() > word.len() => false,
                _ if own.is_word => like(word, number),
                (true, _) => like(&word[word.len() - number.len()..], number),
                (_, true) => like(&word[..number.len()], number),
                _ => like(word, number),
            };
            number_fits
                && like(&before[before.len() - near..], &front[front.len() - near..])
                && like(&behind[..next], &rest[..next])
                && !(own.is_word && goes_on(before, behind, own))
        };
        let mut back = before.iter().rev().copied();
        let mut on = behind.iter().copied();
        let texts = [
            (&self.behind, [back.next(), back.next()]),
            (&self.before, [on.next(), on.next()]),
        ];
        texts.map(|(texts, [near, next])| {
            let own = texts.beside(near, next);
            own.filter(|index| may_stand(&texts.all[*index as usize]))
                .collect()
        })
    }

    /// Which numbers of a text stay in its skeleton; `None` if others than a signature tells of do. `slots`: those of the
    /// outline of a part, which begins at `start`.
    #[inline]
    pub fn signature(
        &self,
        (text, start): (&[u8], usize),
        slots: &[Slot],
        classes: &Classes,
    ) -> Option<u128> {
        let mut signature = 0;
        for (index, slot) in (1..).zip(slots) {
            if !self.slot_stays((text, start), *slot, classes) {
                continue;
            }
            let is_full = signature >> ((MOST - 1) * (VALUE_BITS + PLACE_BITS)) != 0;
            if slot.is_word() || is_full {
                return None;
            }
            let at = start + usize::from(slot.at);
            let value = number(text, at, usize::from(slot.length))?;
            signature = signature << PLACE_BITS | index;
            signature = signature << VALUE_BITS | value as u128;
        }
        Some(signature)
    }

    /// True if no number of a text stays in its skeleton: then its signature is 0.
    #[inline]
    pub fn none_stays(
        &self,
        (text, start): (&[u8], usize),
        slots: &[Slot],
        classes: &Classes,
    ) -> bool {
        !slots
            .iter()
            .any(|slot| self.slot_stays((text, start), *slot, classes))
    }

    /// True if what stands in a slot stays.
    #[inline]
    fn slot_stays(&self, (text, start): (&[u8], usize), slot: Slot, classes: &Classes) -> bool {
        let at = start + usize::from(slot.at);
        let place = at..at + usize::from(slot.length);
        if slot.is_word() {
            return if slot.kinds & IS_ID == 0 {
                self.word_stays(text, &place, slot, classes)
            } else {
                self.id_stays(text, &place, slot, classes)
            };
        }
        match classes.stays(text, &place, slot) {
            Some(stays) => stays,
            None => self.number_stays(text, &place, slot, classes),
        }
    }

    /// The same of a number, whether or not its class alone tells it.
    #[inline(never)]
    fn number_stays(
        &self,
        text: &[u8],
        place: &Range<usize>,
        slot: Slot,
        classes: &Classes,
    ) -> bool {
        let kinds = slot.kinds;
        let number = number(text, place.start, place.len());
        let has = |kind: u8, bits: &[u64]| {
            let is_plain = text[place.start] != b'0' || place.len() == 1;
            kinds & kind != 0 && is_plain && number.is_some_and(|number| bit(bits, number))
        };
        let stays = || {
            has(FIRST, &self.stays)
                || has(COUNTS, &self.counts) && self.is_behind_a_word(&text[..place.start])
                || kinds & (TEXT | BEFORE) != 0
                    && self.may_be_of_a_text(number, text[place.start])
                    && self.is_of_its_text(text, place, slot, classes)
        };
        classes.may_matter(text, place, slot) && stays()
    }

    /// True if one of the texts stands there that may stand in the slot.
    fn is_of_its_text(
        &self,
        text: &[u8],
        place: &Range<usize>,
        slot: Slot,
        classes: &Classes,
    ) -> bool {
        let (_, own) = &classes.keys[usize::from(slot.class)];
        if own.iter().any(|own| own.len() > MOST_TEXTS) {
            return self.is_of_a_text(text, place);
        }
        let sides = [(&self.behind, place.start), (&self.before, place.end)];
        sides.into_iter().zip(own).any(|((texts, middle), own)| {
            let mut all = own.iter().map(|index| &texts.all[*index as usize]);
            !own.is_empty()
                && texts.may_have(around(text, middle))
                && all.any(|own| stands(text, place, own))
        })
    }

    /// True if a long number stands in a word that is no id, or if it is a short one in which a number stays.
    #[inline(never)]
    fn word_stays(&self, text: &[u8], place: &Range<usize>, slot: Slot, classes: &Classes) -> bool {
        slot.kinds & LONG != 0 && self.has_long(&text[place.clone()])
            || slot.kinds & SHORT != 0 && self.is_of_its_text(text, place, slot, classes)
    }

    /// True if something in an id stays; or if it is no id after all. Mostly one look at its digits tells that nothing does.
    #[inline]
    fn id_stays(&self, text: &[u8], place: &Range<usize>, slot: Slot, classes: &Classes) -> bool {
        let digits = Digits::of(text, place, self.lengths.trailing_zeros());
        // Where no number of so many digits makes a difference, none need be looked at.
        let begins = slot.may_begin_with(digits.leading, text[place.start]);
        let is_asked = begins || slot.kinds & BEFORE != 0;
        let may_be_long = digits.has_run | self.may_be_of_length(place.len());
        !digits.is_id
            || is_asked && self.number_in_id_stays(text, place, slot, (classes, digits))
            || may_be_long && self.has_long(&text[place.clone()])
    }

    /// True if a number that begins an id stays, or one in a text that goes on beside it.
    #[inline(never)]
    fn number_in_id_stays(
        &self,
        text: &[u8],
        place: &Range<usize>,
        slot: Slot,
        (classes, digits): (&Classes, Digits),
    ) -> bool {
        let kinds = slot.kinds;
        // With a text that goes on before it, the id begins with the text's number.
        let begins = digits.leading > 0 && {
            let id = place.start..place.start + digits.leading;
            classes.may_matter(text, &id, slot)
        };
        let is_of_a_text =
            |kind: u8| kinds & kind != 0 && self.is_of_its_text(text, place, slot, classes);
        begins
            && (kinds & COUNTS != 0 && self.may_count_at(&text[place.start..], digits.leading)
                || is_of_a_text(TEXT))
            || is_of_a_text(BEFORE)
    }

    /// True if a number of so many digits counts behind a word.
    fn may_count_at(&self, text: &[u8], digits: usize) -> bool {
        number(text, 0, digits).is_some_and(|value| bit(&self.counts, value))
    }

    /// The skeleton of a part of a text that has a signature. `outline`: that of the part.
    pub fn skeleton(
        &self,
        (text, start): (&[u8], usize),
        outline: &[u8],
        slots: &[Slot],
        classes: &Classes,
    ) -> Vec<u8> {
        let stays = |part: &Range<usize>| {
            let mut own = slots.iter().filter(|slot| !slot.is_word());
            let own = own.find(|slot| usize::from(slot.at) == part.start);
            let place = start + part.start..start + part.end;
            own.is_some_and(|slot| self.number_stays(text, &place, *slot, classes))
        };
        let mut out = Vec::new();
        for place in words(outline) {
            let mut done = place.start;
            for part in digits(outline, &place) {
                out.extend_from_slice(&outline[done..part.start]);
                done = part.end;
                if stays(&part) {
                    out.extend_from_slice(&text[start + part.start..start + part.end]);
                } else {
                    out.push(PLACE);
                }
            }
            if outline[place.start] == ID {
                out.push(PLACE);
            } else {
                out.extend_from_slice(&outline[done..place.end]);
            }
        }
        out
    }
}

/// Words, and what stands between them.
fn words(outline: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    let words = outline.chunk_by(|a, b| a.is_ascii_alphanumeric() == b.is_ascii_alphanumeric());
    words.map(move |word| {
        at += word.len();
        at - word.len()..at
    })
}

/// The numbers of a word.
fn digits(outline: &[u8], word: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut at = word.start;
    let parts = outline[word.clone()].chunk_by(|a, b| (*a == DIGIT) == (*b == DIGIT));
    parts.filter_map(move |part| {
        at += part.len();
        (part[0] == DIGIT).then_some(at - part.len()..at)
    })
}

/// What digits a word of hexadecimal digits has.
#[derive(Clone, Copy)]
struct Digits {
    /// True if it has digits and letters.
    is_id: bool,
    /// Those that it begins with.
    leading: usize,
    /// True if as many as were asked for stand side by side, or may do.
    has_run: bool,
}

impl Digits {
    #[inline]
    fn of(text: &[u8], place: &Range<usize>, run: u32) -> Self {
        let length = place.len();
        match text[..place.end].last_chunk() {
            Some(bytes) if length <= STEP => Self::of_chunk(bytes, length, run),
            _ => {
                let digits = text[place.clone()].iter().take(63).enumerate();
                let bit = |(at, byte): (usize, &u8)| u64::from(byte.is_ascii_digit()) << at;
                Self::of_bits(digits.map(bit).sum(), length.min(63), run)
            }
        }
    }

    /// Those of a word with which these bytes end.
    #[inline]
    fn of_chunk(bytes: &[u8; STEP], length: usize, run: u32) -> Self {
        let [digits, ..] = of_sixteen(u8x16::new(*bytes));
        let bits = u64::from(digits.to_bitmask()) >> (STEP - length);
        Self::of_bits(bits, length, run)
    }

    /// `bits`: one for each digit among at most 63 bytes.
    #[inline]
    const fn of_bits(bits: u64, length: usize, run: u32) -> Self {
        let two = bits & bits >> 1;
        let four = two & two >> 2;
        // Of those that are asked for, up to eight.
        let runs = match run {
            0..4 => two,
            4..8 => four & four >> (run - 4),
            _ => four & four >> 4,
        };
        Self {
            is_id: bits != 0 && bits != (1 << length) - 1,
            leading: bits.trailing_ones() as usize,
            has_run: runs != 0,
        }
    }
}

/// True if a text stands wherever its number does, in texts with an outline that has this before the number and this behind
/// it, and may have the text there.
fn stands_with_number((before, behind): (&[u8], &[u8]), own: &TextWithNumber) -> bool {
    let [front, digits, rest] = &own.parts;
    let is_known = front.len() < before.len() && rest.len() < behind.len();
    let is_fixed = |part: Option<&[u8]>| {
        part.is_some_and(|part| !part.iter().any(|b| matches!(*b, DIGIT | ID)))
    };
    let start = before.len().checked_sub(front.len());
    (digits[0] != b'0' || digits.len() == 1)
        && is_fixed(start.map(|start| &before[start..]))
        && is_fixed(behind.get(..rest.len()))
        && (!own.is_word || is_known)
}

/// True if texts with this part of an outline may have that text there.
fn like(part: &[u8], text: &[u8]) -> bool {
    let is_like = |(outline, byte): (&u8, &u8)| match *outline {
        DIGIT => byte.is_ascii_digit(),
        ID => byte.is_ascii_hexdigit(),
        other => other.eq_ignore_ascii_case(byte),
    };
    part.len() == text.len() && part.iter().zip(text).all(is_like)
}

#[cfg(test)]
mod tests {
    use super::super::tests::numbers;
    use super::*;
    use crate::syntax::kinds::Kinds;
    use crate::syntax::outline::Outline;
    use proptest::prelude::*;

    fn skeleton(numbers: &Numbers, text: &[u8]) -> String {
        let mut out = Vec::new();
        numbers.fold(text, &mut Kinds::default(), &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    fn outline(text: &[u8]) -> Vec<u8> {
        let mut outline = Outline::default();
        assert!(outline.fill(text), "too long a word");
        outline.bytes().to_vec()
    }

    /// A text with the same outline, mostly.
    fn other(text: &[u8], digits: &[u8]) -> Vec<u8> {
        let outline = outline(text);
        let mut digits = digits.iter().cycle();
        let other = |(byte, outline): (&u8, &u8)| match *outline {
            DIGIT => b'0' + digits.next().copied().unwrap_or_default() % 10,
            // At the ends of an id, so that one stays.
            ID => match digits.next().copied().unwrap_or_default() {
                digit @ 0..10 => b'0' + digit,
                letter @ 10..16 => b'a' + letter - 10,
                _ => *byte,
            },
            other => other,
        };
        text.iter().zip(&outline).map(other).collect()
    }

    const TEXT: &str = "([0-9]{1,6}|[0-9a-f]{1,9}|status|[ .:(-]|443|5000|503|127\\.0\\.0\\.1:5000|in 10 of 8|[xyz]|80072eff|Ä){0,9}";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// The law of this module, for a text in two parts.
        #[test]
        fn texts_with_one_outline_and_one_signature_have_one_skeleton(
            head in TEXT,
            rest in TEXT,
            part in TEXT,
            (is_there, is_word) in any::<(bool, bool)>(),
            digits in proptest::collection::vec(0u8..40, 1..20),
        ) {
            let mut numbers = numbers();
            numbers.keep_number(b"80072eff");
            numbers.keep_number(b"123456");
            if part.len() > 1 && is_word {
                numbers.keep_word(part.as_bytes());
            } else if part.len() > 1 {
                numbers.keep_whole(part.as_bytes());
            }
            let head = head.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            let own = if is_there { part.as_str() } else { "" };
            let text = [head, " ", own, &rest].concat();
            let text = text.as_bytes();
            prop_assume!(Outline::default().fill(text));
            let other = other(text, &digits);
            let blank = outline(text);
            prop_assume!(blank == outline(&other));
            let cut = head.len();
            let parts = [(0, &blank[..cut]), (cut, &blank[cut..])];
            let mut classes = Classes::default();
            let mut told = |text: &[u8]| -> Option<(Vec<u128>, String)> {
                let mut told = (Vec::new(), String::new());
                for (start, outline) in parts {
                    let slots = numbers.slots(outline, &mut classes)?;
                    told.0.push(numbers.signature((text, start), &slots, &classes)?);
                    let skeleton = numbers.skeleton((text, start), outline, &slots, &classes);
                    told.1 += &String::from_utf8_lossy(&skeleton);
                }
                Some(told)
            };
            if let Some((signatures, own)) = told(text) {
                prop_assert_eq!(&skeleton(&numbers, text), &own);
                if told(&other).is_some_and(|other| other.0 == signatures) {
                    prop_assert_eq!(skeleton(&numbers, &other), own);
                }
            }
        }
    }

    #[test]
    fn most_numbers_need_not_be_looked_at_and_those_that_stay_are_told() {
        let numbers = numbers();
        let told = |text: &str| {
            let mut classes = Classes::default();
            let slots = numbers.slots(&outline(text.as_bytes()), &mut classes)?;
            numbers.signature((text.as_bytes(), 0), &slots, &classes)
        };
        let same = |one: &str, two: &str| {
            assert_eq!(
                (told(one), told(one).is_some()),
                (told(two), true),
                "{one} {two}"
            );
        };
        let differ = |one: &str, two: &str| assert_ne!(told(one), told(two), "{one} {two}");
        same(
            "a took 216 us, id 8987ec81f8f4",
            "a took 503 us, id 1a87ec81f8f4",
        );
        differ("a took 216 us", "a took 443 us");
        differ("status 404", "status 503");
        same("code 404", "code 503");
        differ("a host 127.0.0.1:5000 b", "a host 127.0.0.1:5001 b");
        same("call id 443f1", "call id 1f443");
        assert_eq!(told("a took 503 us"), Some(0));
    }
}
