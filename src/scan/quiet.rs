//! Everyday records: heads and messages that tell nothing together, whatever their numbers are.
//!
//! Most records are far from every clause, and no number would bring them nearer. So before anyone asks which of a record's
//! numbers stay in its [skeleton](super::skeletons), it is asked whether any clause may hold on a record with such a head and
//! such a message at all. Of each head and of each message it is worked out once which texts may stand in it; both together
//! are a look at the clauses that have their texts there. A record that is not quiet is looked at as any other: it is a
//! shorter way to the same answer.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use super::images::{Images, Looks};
use super::look::Look;
use super::matcher::{Matcher, may_assume};
use super::table::{Table, hash};
use crate::grammar::Catalog;
use crate::grammar::condition::{Gate, GateKind, LiteralId};
use crate::grammar::numbers::Family;
use crate::model::Level;
use crate::syntax::pieces::Probe;
use crate::syntax::skeleton::Numbers;
use crate::syntax::skeleton::slots::Classes;

/// Heads, and messages, that are told apart.
const MOST: usize = 1024;
/// Kinds of heads and messages whose clauses are kept together.
const MOST_PAIRS: usize = 16 * MOST;
const WORD: usize = u64::BITS as usize;
/// Clauses whose regexes are tried on what a head and a message have in common.
const MOST_CLAUSES: usize = 8;

/// What is searched for in messages without their numbers.
#[derive(Debug)]
pub struct Blank {
    images: Images,
    /// For each family of numbers, the words behind which they count.
    families: Vec<Numbers>,
    /// The least levels that clauses ask for.
    levels: BTreeSet<Level>,
    /// For each literal the gates that its text opens wherever it stands, as indices into the catalog's; and all others, in
    /// order.
    by_text: Vec<Vec<u32>>,
    others: Vec<(Gate, Option<u32>)>,
    /// See [`Fronts`].
    fronts: OnceLock<Fronts>,
}

/// The places at which texts may go over from a head into a message: literal, image and number of the place, by the last two
/// bytes before it. One byte has a zero before it.
type Fronts = HashMap<[u8; 2], Vec<(LiteralId, u32, u32)>>;

impl Blank {
    /// That of a catalog.
    pub fn new(catalog: &Catalog, probes: &[Probe]) -> Self {
        let words = |family: &Family| {
            let (words, other) = family.counts_behind();
            let mut numbers = Numbers::default();
            numbers.keep_behind(words.map(str::as_bytes), other);
            numbers
        };
        let images = Images::blank(catalog, probes);
        let is_text = |gate: &Gate| {
            let look = &images.looks[gate.literal as usize];
            gate.kind == GateKind::Text && !matches!(look, Looks::Number)
        };
        let mut by_text = vec![Vec::new(); images.looks.len()];
        for (index, (gate, _)) in (0..).zip(&catalog.gates) {
            if is_text(gate) {
                by_text[gate.literal as usize].push(index);
            }
        }
        let place = |gate: &Gate| {
            let place = catalog
                .gates
                .binary_search_by_key(gate, |(other, _)| *other);
            place.ok().map(|index| index as u32)
        };
        let others = catalog.named_gates().into_iter();
        let others = others.filter(|gate| !is_text(gate));
        Self {
            by_text,
            others: others.map(|gate| (gate, place(&gate))).collect(),
            fronts: OnceLock::new(),
            images,
            families: catalog.families.iter().map(words).collect(),
            levels: (catalog.clauses.iter())
                .filter_map(|clause| catalog.condition(*clause).level)
                .collect(),
        }
    }

    /// The few numbers that may tell something wherever they stand: a message in which one does is not quiet.
    pub(super) const fn numbers(&self) -> &Numbers {
        &self.images.numbers
    }
}

/// What may stand in a part of a record.
#[derive(Debug, PartialEq, Eq)]
struct Texts {
    /// A bit for each literal that is more than a number.
    literals: Vec<u64>,
    /// True if a number stands there, which may be any.
    digits: bool,
    /// What opens there and is no plain text, in order.
    gates: Vec<Gate>,
    /// The clauses that are found by any of all these, in order.
    clauses: Vec<u32>,
    trouble: bool,
}

/// A head.
#[derive(Debug)]
struct Head {
    /// Its skeleton.
    text: Box<[u8]>,
    /// Which of the kinds of heads it is.
    kind: u16,
    /// Of every text that may begin in the head and go on in the message, what would stand in the message.
    ends: Vec<Vec<u8>>,
}

/// What is to be known of a head to know which clauses may hold: its texts, and the highest level that any clause asks for
/// and the head has.
type HeadKind = (Texts, Option<Level>);

/// Where it stands what a head tells with each message.
#[derive(Debug, Clone, Copy)]
pub struct Row(u32);

/// What a record with a head and a message tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// Maybe something.
    Loud,
    /// Nothing.
    Quiet(Hush),
}

/// When a record tells nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hush {
    /// False if surely no word of trouble stands there.
    pub trouble: bool,
    /// True if the record may tell something unless it has an address: what has none may be about one that was named before.
    pub needs_address: bool,
    /// The place of a set of programs: if one of them wrote it, it may tell something.
    programs: u8,
}

/// A clause that may hold, and whether it does so only where there is no address.
type Candidate = (u32, bool);

/// What one thread knows of quiet records.
#[derive(Debug, Default)]
pub struct Quiet {
    /// One more than the place of a head, by its skeleton and level.
    places: Vec<u16>,
    heads: Vec<Head>,
    kinds: Vec<HeadKind>,
    /// Messages without their numbers, behind a byte for each family of numbers: whether one of them may count there.
    blanks: Table,
    /// What may stand in each of them, once that is asked.
    messages: Vec<Option<Texts>>,
    /// For each kind of head and each message the clauses that may hold, as far as their texts tell.
    clauses: HashMap<(u16, u32), Box<[Candidate]>>,
    /// For each head and each message what both tell together, if that is known; a head's stand together.
    voices: Vec<Option<Voice>>,
    /// Sets of programs to which clauses are open.
    programs: Vec<u64>,
}

impl Quiet {
    /// What a head and a message tell together; `None` if that is not known. `message`: see [`Self::message`].
    #[inline]
    pub fn voice(&self, head: u32, level: Option<Level>, message: u32) -> Option<Voice> {
        let place = self.places.get(head_place(head, level))?.checked_sub(1)?;
        let voice = self
            .voices
            .get(usize::from(place) * MOST + message as usize);
        voice.copied().unwrap_or(Some(Voice::Loud)) // one of too many heads
    }

    /// Where it stands what a head tells with each message; `None` if that is not known.
    pub fn row(&self, head: u32, level: Option<Level>) -> Option<Row> {
        let place = self.places.get(head_place(head, level))?.checked_sub(1)?;
        let row = usize::from(place) * MOST;
        (row < self.voices.len()).then_some(Row(row as u32))
    }

    /// When a record with the head of this row and this message tells nothing; `None` if it may in any case, or if that is not
    /// known.
    #[expect(clippy::inline_always)] // nearly every line is asked about once
    #[inline(always)]
    pub fn hush(&self, row: Row, message: u32, program: u64) -> Option<Hush> {
        let voice = self.voices.get((row.0 + message) as usize)?;
        self.quiet((*voice)?, program)
    }

    /// When a record with this voice tells nothing; `None` if it may in any case. `program`: the bit of who wrote it.
    #[inline]
    pub fn quiet(&self, voice: Voice, program: u64) -> Option<Hush> {
        let Voice::Quiet(hush) = voice else {
            return None;
        };
        let is_open = self.programs[usize::from(hush.programs)] & program == 0;
        is_open.then_some(hush)
    }

    /// A message's place among those that have the same outline but for the length of their numbers; `None` if they are too
    /// many.
    pub fn message(&mut self, matcher: &Matcher<'_>, outline: &[u8]) -> Option<u32> {
        let families = matcher.blank().families.iter();
        let may_count = families.map(|words| u8::from(words.may_count(outline)));
        let mut key: Vec<u8> = may_count.collect();
        // Its outline without the length of its numbers is its skeleton, if no number stays.
        let none = Classes::default();
        key.extend(Numbers::default().skeleton((outline, 0), outline, &[], &none));
        let hash = hash(&key);
        let known = self.blanks.get(hash, &key);
        if known.is_none() {
            if self.blanks.count() >= MOST {
                return None;
            }
            self.blanks.insert(hash, &key);
            self.messages.push(None);
        }
        Some(known.unwrap_or(self.blanks.count() - 1) as u32)
    }

    /// Works out what a head and a message tell together. `head`: its skeleton, and which one that is.
    pub fn judge(
        &mut self,
        matcher: &Matcher<'_>,
        (head, skeleton): (u32, &[u8]),
        level: Option<Level>,
        message: u32,
    ) -> Voice {
        let place = self.place(matcher, (head, skeleton), level);
        if let Some(known) = self.voice(head, level, message) {
            return known;
        }
        let Some(head) = self.heads.get(place) else {
            return Voice::Loud;
        };
        let key = self.blanks.text(message as usize);
        let (may_count, blank) = key.split_at(matcher.blank().families.len());
        let texts = &mut self.messages[message as usize];
        let texts = texts.get_or_insert_with(|| message_texts(matcher, blank, may_count));
        let kind = &self.kinds[usize::from(head.kind)];
        if self.clauses.len() >= MOST_PAIRS {
            self.clauses.clear();
        }
        let clauses = self.clauses.entry((head.kind, message));
        let clauses = &*clauses.or_insert_with(|| clauses_of(matcher, kind, texts));
        let begins = |end: &Vec<u8>| {
            let start = blank.get(..end.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(end))
        };
        let both = [&head.text, blank].concat();
        let may_hold = |clause: &u32| matcher.clause(*clause).1.may_match_skeleton(&both);
        let is_own = |(clause, _): &&Candidate| matcher.programs(*clause) != u64::MAX;
        let open = clauses.iter().filter(|candidate| !is_own(candidate));
        let is_loud = head.ends.iter().any(begins)
            || open.clone().count() > MOST_CLAUSES
            || open
                .clone()
                .any(|(clause, assumes)| !assumes && may_hold(clause));
        let trouble = kind.0.trouble || texts.trouble;
        let voice = if is_loud {
            Voice::Loud
        } else {
            let own = clauses.iter().filter(is_own);
            let own = own
                .map(|(clause, _)| clause)
                .filter(|clause| may_hold(clause));
            let programs = own.fold(0, |bits, clause| bits | matcher.programs(*clause));
            let mut assumes = open.filter(|(_, assumes)| *assumes);
            let needs_address = assumes.any(|(clause, _)| may_hold(clause));
            let hush = |programs| Hush {
                trouble,
                needs_address,
                programs,
            };
            set(&mut self.programs, programs).map_or(Voice::Loud, |set| Voice::Quiet(hush(set)))
        };
        self.voices[place * MOST + message as usize] = Some(voice);
        voice
    }

    /// The place of a head; that of no head, if they are too many.
    fn place(
        &mut self,
        matcher: &Matcher<'_>,
        (head, skeleton): (u32, &[u8]),
        level: Option<Level>,
    ) -> usize {
        let own = head_place(head, level);
        if let Some(place) = self.places.get(own).and_then(|place| place.checked_sub(1)) {
            return usize::from(place);
        }
        let place = self.heads.len();
        if place < MOST {
            let texts = texts(&Look::new(matcher, matcher.images(), skeleton), None);
            let least = level.and_then(|own| matcher.blank().levels.range(..=own).next_back());
            let kind = (texts, least.copied());
            let known = self.kinds.iter().position(|known| *known == kind);
            let known = known.unwrap_or_else(|| {
                self.kinds.push(kind);
                self.kinds.len() - 1
            });
            self.heads.push(Head {
                text: skeleton.into(),
                kind: known as u16,
                ends: ends(matcher, skeleton),
            });
            self.voices.resize(self.heads.len() * MOST, None);
        }
        self.places.resize(self.places.len().max(own + 1), 0);
        self.places[own] = place as u16 + 1;
        place
    }
}

/// The place of a set among those that are kept; `None` if they are too many.
fn set(sets: &mut Vec<u64>, set: u64) -> Option<u8> {
    let known = sets.iter().position(|known| *known == set);
    let place = known.unwrap_or_else(|| {
        sets.push(set);
        sets.len() - 1
    });
    u8::try_from(place).ok()
}

#[inline]
fn head_place(head: u32, level: Option<Level>) -> usize {
    head as usize * (Level::ALL.len() + 1) + level.map_or(0, |level| level.index() + 1)
}

/// What may stand in a text; `numbers`: which families' numbers may, if all of them may be any.
fn texts(look: &Look<'_, '_>, numbers: Option<&[u8]>) -> Texts {
    let (all, blank) = (look.matcher().gates(), look.matcher().blank());
    let may_open = |(gate, _): &&(Gate, Option<u32>)| match (gate.kind, numbers) {
        (GateKind::Number(family), Some(may_count)) => may_count[usize::from(family)] > 0,
        (GateKind::Port, Some(_)) => false,
        _ => look.may_open(*gate),
    };
    let open: Vec<&(Gate, Option<u32>)> = blank.others.iter().filter(may_open).collect();
    let gates = open.iter().map(|(gate, _)| *gate).collect();
    let mut clauses = Vec::new();
    let mut literals = vec![0; blank.images.looks.len().div_ceil(WORD)];
    for literal in look.texts().map(|literal| literal as usize) {
        literals[literal / WORD] |= 1 << (literal % WORD);
        let own = blank.by_text[literal].iter();
        own.for_each(|index| clauses.extend_from_slice(&all[*index as usize].1));
    }
    for index in open.iter().filter_map(|(_, index)| *index) {
        clauses.extend_from_slice(&all[index as usize].1);
    }
    clauses.sort_unstable();
    clauses.dedup();
    Texts {
        literals,
        digits: look.has_digits(),
        gates,
        clauses,
        trouble: look.may_be_trouble(),
    }
}

fn message_texts(matcher: &Matcher<'_>, blank: &[u8], may_count: &[u8]) -> Texts {
    let images = &matcher.blank().images;
    texts(&Look::new(matcher, images, blank), Some(may_count))
}

/// Of all that is searched for and may begin in a head and go on in the message, what would stand in the message.
fn ends(matcher: &Matcher<'_>, head: &[u8]) -> Vec<Vec<u8>> {
    let head = head.to_ascii_lowercase();
    let (own, blank) = (matcher.images(), matcher.blank());
    let fronts = blank.fronts.get_or_init(|| fronts(matcher, own));
    let mut ends = Vec::new();
    let last = [
        last_two(&head),
        last_two(&head[head.len().saturating_sub(1)..]),
    ];
    for (literal, image, index) in last.iter().filter_map(|two| fronts.get(two)).flatten() {
        let text = needles(matcher, own, *literal).nth(*image as usize);
        let text = text.unwrap_or_default();
        let at = borders(text).nth(*index as usize).unwrap_or_default();
        if head.ends_with(&text[..at]) {
            let blanks = needles(matcher, &blank.images, *literal);
            let place = |text| borders(text).nth(*index as usize);
            ends.extend(blanks.filter_map(|text| place(text).map(|at| text[at..].to_vec())));
        }
    }
    for word in &blank.images.trouble {
        let word = word.finder.needle();
        let places = borders(word).filter(|at| head.ends_with(&word[..*at]));
        ends.extend(places.map(|at| word[at..].to_vec()));
    }
    ends.sort_unstable();
    ends.dedup();
    ends
}

fn fronts(matcher: &Matcher<'_>, images: &Images) -> Fronts {
    let mut fronts = Fronts::new();
    for literal in 0..images.looks.len() as LiteralId {
        for (image, text) in (0..).zip(needles(matcher, images, literal)) {
            for (index, at) in (0..).zip(borders(text)) {
                let two = last_two(&text[..at]);
                fronts.entry(two).or_default().push((literal, image, index));
            }
        }
    }
    fronts
}

/// The last two bytes; behind a zero, if there is only one.
fn last_two(text: &[u8]) -> [u8; 2] {
    let one = || [0, text.last().copied().unwrap_or_default()];
    text.last_chunk().copied().unwrap_or_else(one)
}

/// What a text may look like in skeletons, as itself or at the beginning of an address.
fn needles<'m>(
    matcher: &'m Matcher<'_>,
    images: &'m Images,
    literal: LiteralId,
) -> impl Iterator<Item = &'m [u8]> {
    let (plain, all) = match &images.looks[literal as usize] {
        Looks::Images(images) => (None, images.as_slice()),
        Looks::Plain | Looks::Number => (Some(matcher.literal(literal).0.needle()), [].as_slice()),
    };
    let all = all.iter().chain(&images.addresses[literal as usize]);
    plain
        .into_iter()
        .chain(all.map(|image| image.finder.needle()))
}

/// The places at which the letters and digits of a text end, and more of it follows. All images of a text have as many.
fn borders(text: &[u8]) -> impl Iterator<Item = usize> {
    let pairs = (1..).zip(text.windows(2));
    let ends =
        pairs.filter(|(_, two)| two[0].is_ascii_alphanumeric() && !two[1].is_ascii_alphanumeric());
    ends.map(|(at, _)| at)
}

/// The clauses that may hold on a record with both, as far as their texts tell.
fn clauses_of(
    matcher: &Matcher<'_>,
    (head, level): &HeadKind,
    message: &Texts,
) -> Box<[Candidate]> {
    let parts = [head, message];
    let looks = &matcher.blank().images.looks;
    let digits = head.digits || message.digits;
    let has = |literal: &LiteralId| {
        let index = *literal as usize;
        let (word, bit) = (index / WORD, index % WORD);
        (head.literals[word] | message.literals[word]) >> bit & 1 == 1
            || digits && matches!(looks[index], Looks::Number)
    };
    let is_open = |gate: &Gate| match (gate.kind, &looks[gate.literal as usize]) {
        (GateKind::Text, Looks::Plain | Looks::Images(_)) => has(&gate.literal),
        _ => (parts.iter()).any(|part| part.gates.binary_search(gate).is_ok()),
    };
    let stands =
        |literal: &LiteralId| has(literal) && matches!(looks[*literal as usize], Looks::Plain);
    let any = |gates: &Vec<Gate>| gates.iter().any(is_open);
    let candidate = |clause: u32| {
        let (meaning, condition) = matcher.clause(clause);
        let needs_endpoint = condition.gates.is_empty()
            || condition.is_about_several()
            || !may_assume(meaning, condition);
        let ends = &condition.endpoint_gates;
        let has_none = !ends.is_empty() && !any(ends);
        let may_hold = (condition.level).is_none_or(|least| level.is_some_and(|own| own >= least))
            && condition.all.iter().all(has)
            && !condition.none.iter().any(stands)
            && (condition.any.is_empty() || condition.any.iter().any(has))
            && condition.number_gates().iter().all(any)
            && !(has_none && needs_endpoint);
        may_hold.then_some((clause, has_none))
    };
    let mut clauses = [head.clauses.as_slice(), &message.clauses].concat();
    clauses.sort_unstable();
    clauses.dedup();
    clauses.into_iter().filter_map(candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::catalog::Files;
    use crate::syntax::skeleton::LONGEST;

    #[test]
    fn whatever_a_clause_asks_for_is_looked_for() {
        let catalog = Catalog::load(Files::new()).unwrap();
        let matcher = Matcher::new(&catalog);
        let blank = matcher.blank();
        let mut numbers = 0;
        for gate in catalog.named_gates() {
            let text = catalog.literals.texts()[gate.literal as usize].as_bytes();
            let is_number = matches!(blank.images.looks[gate.literal as usize], Looks::Number);
            if gate.kind != GateKind::Text || is_number {
                let known = blank
                    .others
                    .binary_search_by_key(&gate, |(other, _)| *other);
                assert!(known.is_ok(), "{gate:?}");
                numbers += 1;
            }
            // What a message may not tell wherever it stands must be seen as a number.
            let is_long = text.len() > LONGEST && text.iter().all(u8::is_ascii_digit);
            if gate.kind == GateKind::Port || is_long {
                assert!(blank.numbers().stays(text), "{}", text.escape_ascii());
            }
        }
        assert!(numbers > 300, "{numbers}");
    }
}
