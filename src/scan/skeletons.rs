//! What is known of records by their skeletons: which clauses hold on all records that have it, and which must be asked.
//!
//! Nothing is guessed: what stands in a record has an image in its skeleton, so where no image stands, no record with the
//! skeleton has the text; and a text whose only image it is itself stands in all of them. Where a clause goes by such texts
//! only, and no number that is left out can be a part of an endpoint or make a difference to its regex, the skeleton is
//! asked instead of the records. What is known and what is not decides how fast a record is read, never what is found in it.

use std::cell::Cell;

use memchr::memmem::Finder;

use super::heads::Heads;
use super::matcher::{Matcher, Room, Verdict, View, may_assume};
use super::outlines::{Miss, Outlines, RecordParts};
use super::table::{Table, hash};
use crate::grammar::Catalog;
use crate::grammar::condition::{Gate, GateKind, LiteralId};
use crate::grammar::finder::RESOLVING;
use crate::syntax::kinds::Kinds;
use crate::syntax::pieces::{Pieces, Probe};
use crate::syntax::skeleton::{Numbers, PLACE};

/// Records before anything is learned: a short trace is read before that would be worth it.
const PATIENCE: u32 = 4096;
/// Sightings of a skeleton before it is looked at: to look at one costs as much as to search several records.
const SIGHTINGS: u8 = 8;
/// Counters of sightings, as a power of two.
const COUNTERS: u32 = 15;
/// Longest record that is reduced to a skeleton, in bytes.
const LONGEST: usize = 2048;
/// Skeletons that are kept, and bytes of them.
const MOST: usize = 8192;
const MOST_BYTES: usize = 2 << 20;
/// After so many records it is judged whether skeletons are any help, and if not, how many are read without.
const TRIAL: u32 = 1 << 15;
const PAUSE: u32 = 4 * TRIAL;

/// What holds for all records with one skeleton.
#[derive(Debug, Clone)]
pub struct Known {
    /// The clauses that hold or may hold.
    pub clauses: Box<[(u32, Verdict)]>,
    /// True if the search must say to which of them it comes down.
    pub search: bool,
    /// True if a word of trouble may stand there.
    pub trouble: bool,
}

/// What a text may look like in skeletons.
#[derive(Debug)]
enum Looks {
    /// As it is, and only so.
    Plain,
    /// As one of these.
    Images(Vec<Image>),
    /// As a number that stays: so it stands there wherever it stands by itself.
    Number,
}

/// The images of all that is searched for.
#[derive(Debug)]
pub struct Images {
    numbers: Numbers,
    /// For each literal.
    looks: Vec<Looks>,
    /// The same for those that begin an address.
    addresses: Vec<Vec<Image>>,
    trouble: Vec<Image>,
    /// Gates that the search in a skeleton does not find for sure.
    others: Vec<usize>,
    /// True if all words by which endpoints are found stand in a skeleton as they are.
    names_stay: bool,
}

/// One image of a text.
#[derive(Debug)]
struct Image {
    probe: Probe,
    finder: Finder<'static>,
}

impl Image {
    fn all(images: Vec<Vec<u8>>) -> Vec<Self> {
        let image = |image: Vec<u8>| Self {
            probe: Probe::of_ends(&image),
            finder: Finder::new(&image).into_owned(),
        };
        images.into_iter().map(image).collect()
    }
}

impl Images {
    /// The images of a catalog's texts.
    pub fn new(catalog: &Catalog) -> Self {
        let texts = catalog.literals.texts();
        let mut is_number = vec![false; texts.len()];
        let mut is_address = vec![false; texts.len()];
        let mut numbers = Numbers::default();
        for clause in &catalog.clauses {
            let condition = catalog.condition(*clause);
            for gate in condition.number_gates().iter().flatten() {
                numbers.keep_number(texts[gate.literal as usize].as_bytes());
                is_number[gate.literal as usize] = true;
            }
            for gate in &condition.endpoint_gates {
                let text = texts[gate.literal as usize].as_bytes();
                let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
                let is_port = gate.kind == GateKind::Port;
                numbers.keep_first(&text[..digits], is_port);
                is_number[gate.literal as usize] |= is_port;
                is_address[gate.literal as usize] |= gate.kind == GateKind::Address;
            }
        }
        for family in &catalog.families {
            let (words, endpoint) = family.counts_behind();
            numbers.keep_behind(words.map(str::as_bytes), endpoint);
        }
        let plain = texts.iter().zip(&is_number).filter(|(_, number)| !**number);
        plain.for_each(|(text, _)| numbers.keep_whole(text.as_bytes()));
        let addresses = texts.iter().zip(&is_address).map(|(text, is_address)| {
            let images = is_address.then(|| numbers.images(text.as_bytes(), true));
            Image::all(images.unwrap_or_default())
        });
        let addresses = addresses.collect();
        let looks = |(text, is_number): (&String, &bool)| {
            let text = text.as_bytes();
            if *is_number && numbers.stays(text) {
                return Looks::Number;
            }
            let images = numbers.images(text, false);
            if images == [text] && !text.contains(&PLACE) {
                Looks::Plain
            } else {
                Looks::Images(Image::all(images))
            }
        };
        let looks = texts.iter().zip(&is_number).map(looks).collect();
        let trouble = catalog.lexicon.trouble.iter();
        let trouble = trouble.flat_map(|word| {
            let word = word.to_ascii_lowercase();
            Image::all(numbers.images(word.as_bytes(), false))
        });
        let trouble = trouble.collect();
        let names = &catalog.chain.names;
        let words = names.words().chain(RESOLVING).chain(["port"]);
        let stays = |word: &str| numbers.images(word.as_bytes(), false) == [word.as_bytes()];
        let mut images = Self {
            names_stay: words.chain(names.host_parts()).all(stays),
            others: Vec::new(),
            numbers,
            looks,
            addresses,
            trouble,
        };
        let gates = catalog.gates.iter().enumerate();
        let gates = gates.filter(|(_, (gate, all))| !all.is_empty() && !images.is_plain(*gate));
        images.others = gates.map(|(index, _)| index).collect();
        images
    }

    fn is_plain(&self, gate: Gate) -> bool {
        let look = &self.looks[gate.literal as usize];
        gate.kind == GateKind::Text && matches!(look, Looks::Plain)
    }
}

/// One skeleton while it is looked at.
struct Look<'m, 'a> {
    matcher: &'m Matcher<'a>,
    images: &'m Images,
    skeleton: &'m [u8],
    lower: Vec<u8>,
    pieces: Pieces,
    /// For each literal: whether it was looked for, and whether it may stand there.
    answers: Vec<Cell<Option<bool>>>,
}

impl<'m, 'a> Look<'m, 'a> {
    fn new(matcher: &'m Matcher<'a>, images: &'m Images, skeleton: &'m [u8]) -> Self {
        let lower = skeleton.to_ascii_lowercase();
        let mut pieces = Pieces::default();
        pieces.fill(&lower);
        Self {
            matcher,
            images,
            skeleton,
            lower,
            pieces,
            answers: vec![Cell::new(None); images.looks.len()],
        }
    }

    fn known(&self) -> Known {
        // What has no image but itself, the search finds at once.
        let mut found = Vec::new();
        self.matcher.find(&self.lower, &mut Vec::new(), &mut found);
        let gates = self.matcher.gates();
        let found = found.iter().map(|f| f.index as usize);
        let found = found.filter(|gate| self.images.is_plain(gates[*gate].0));
        let others = self.images.others.iter().copied();
        let others = others.filter(|gate| self.may_open(gates[*gate].0));
        let mut clauses: Vec<u32> = (found.chain(others))
            .flat_map(|gate| &gates[gate].1)
            .copied()
            .collect();
        clauses.sort_unstable();
        clauses.dedup();
        clauses.retain(|clause| self.may_hold(*clause));
        let clauses = self.verdicts(&clauses);
        let mut trouble = self.images.trouble.iter();
        let mut open = clauses.iter().filter(|(_, v)| matches!(v, Verdict::Ask));
        Known {
            search: open.any(|(clause, _)| self.matcher.needs_search(*clause)),
            trouble: trouble.any(|word| self.shows(word)),
            clauses,
        }
    }

    /// What is left of these clauses, and what is known of them.
    fn verdicts(&self, clauses: &[u32]) -> Box<[(u32, Verdict)]> {
        if clauses.is_empty() {
            return Box::default();
        }
        let is_told = self.has_fixed_endpoints() && self.matcher.common().all(|l| self.knows(l));
        let mut room = Room::default();
        let mut view = View::new(self.matcher, self.skeleton, &mut room);
        let verdict = |clause: &u32| {
            if !(is_told && self.tells(*clause)) {
                return Some((*clause, Verdict::Ask));
            }
            let (meaning, condition) = self.matcher.clause(*clause);
            let hit = view.check(meaning, condition)?;
            Some((*clause, Verdict::Holds(Box::new(hit))))
        };
        clauses.iter().filter_map(verdict).collect()
    }

    /// True if the clause holds on all records with this skeleton or on none, as far as texts and its regex go.
    fn tells(&self, clause: u32) -> bool {
        let (_, condition) = self.matcher.clause(clause);
        let lists = [&condition.all, &condition.any, &condition.none];
        let mut texts = lists.into_iter().chain([&condition.anchors]).flatten();
        condition.numbers.is_empty()
            && texts.all(|literal| self.knows(*literal))
            && condition.matches_all_of(self.skeleton)
    }

    /// True if the text stands in all records with this skeleton or in none.
    fn knows(&self, literal: LiteralId) -> bool {
        self.has(literal) || !self.may_have(literal)
    }

    /// True if no number that is left out may be a part of an endpoint: then all records with this skeleton have the same.
    fn has_fixed_endpoints(&self) -> bool {
        let (may_name, may_have_port) = self.matcher.may_name(&self.pieces);
        let ends = |byte: &u8| byte.is_ascii_whitespace() || b"'\"<>".contains(byte);
        let mut parts = self
            .skeleton
            .split(ends)
            .filter(|part| part.contains(&PLACE));
        let is_part = |two: &[u8]| match two[0] {
            b':' => two[1].is_ascii_hexdigit() || matches!(two[1], b'/' | b':' | b'['),
            b'(' => two[1].is_ascii_digit(),
            b'[' => true,
            b'.' => may_name,
            _ => false,
        };
        let may_be = |part: &[u8]| may_have_port || part.windows(2).any(is_part);
        self.images.names_stay && !parts.any(may_be)
    }

    fn may_have(&self, literal: LiteralId) -> bool {
        let answer = &self.answers[literal as usize];
        if let Some(known) = answer.get() {
            return known;
        }
        let new = self.look_for(literal);
        answer.set(Some(new));
        new
    }

    fn look_for(&self, literal: LiteralId) -> bool {
        match &self.images.looks[literal as usize] {
            Looks::Plain => self.has_plain(literal),
            Looks::Images(images) => images.iter().any(|image| self.shows(image)),
            // As a text it may be a part of another number, which need not stay.
            Looks::Number => true,
        }
    }

    fn shows(&self, image: &Image) -> bool {
        self.pieces.may_have(image.probe) && image.finder.find(&self.lower).is_some()
    }

    fn has_plain(&self, literal: LiteralId) -> bool {
        let (finder, probe) = self.matcher.literal(literal);
        self.pieces.may_have(probe) && finder.find(&self.lower).is_some()
    }

    /// True if the text stands in every record with this skeleton.
    fn has(&self, literal: LiteralId) -> bool {
        matches!(self.images.looks[literal as usize], Looks::Plain) && self.may_have(literal)
    }

    /// True if a number may count in a record with this skeleton, or an address or a port stand in it.
    fn may_open(&self, gate: Gate) -> bool {
        match (&self.images.looks[gate.literal as usize], gate.kind) {
            (_, GateKind::Address) => {
                let mut images = self.images.addresses[gate.literal as usize].iter();
                images.any(|image| self.shows(image))
            }
            (Looks::Number, _) => self.has_plain(gate.literal),
            _ => self.may_have(gate.literal),
        }
    }

    fn may_hold(&self, clause: u32) -> bool {
        let (meaning, condition) = self.matcher.clause(clause);
        let any = |gates: &Vec<Gate>| gates.iter().any(|gate| self.may_open(*gate));
        let holds = condition.all.iter().all(|l| self.may_have(*l))
            && (condition.any.is_empty() || condition.any.iter().any(|l| self.may_have(*l)))
            && condition.number_gates().iter().all(any);
        if !holds || condition.none.iter().any(|l| self.has(*l)) {
            return false;
        }
        let ends = &condition.endpoint_gates;
        let needs_endpoint = condition.gates.is_empty()
            || condition.is_about_several()
            || !may_assume(meaning, condition);
        (ends.is_empty() || !needs_endpoint || any(ends))
            && condition.may_match_skeleton(self.skeleton)
    }
}

/// Skeletons that one thread has seen.
#[derive(Debug)]
pub struct Skeletons {
    known: Vec<Known>,
    places: Table,
    /// How often skeletons were seen that are not known yet, by hash.
    seen: Vec<u8>,
    skeleton: Vec<u8>,
    kinds: Kinds,
    outlines: Outlines,
    /// The heads whose ids `outlines` knows: both go from thread to thread together.
    pub(super) heads: Heads,
    /// Records that are still read without.
    wait: u32,
    is_eager: bool,
    looks: u32,
    helped: u32,
}

impl Default for Skeletons {
    /// With patience before anything is learned.
    fn default() -> Self {
        Self {
            known: Vec::new(),
            places: Table::default(),
            seen: Vec::new(),
            skeleton: Vec::new(),
            kinds: Kinds::default(),
            outlines: Outlines::default(),
            heads: Heads::default(),
            wait: PATIENCE,
            is_eager: false,
            looks: 0,
            helped: 0,
        }
    }
}

impl Skeletons {
    /// Learns every skeleton at its first sight: to prove that it makes no difference.
    pub fn eager() -> Self {
        Self {
            wait: 0,
            is_eager: true,
            outlines: Outlines::eager(),
            ..Self::default()
        }
    }

    /// What is known of a record; `parts`: what rules see of it.
    pub fn look<'t>(
        &mut self,
        matcher: &Matcher<'_>,
        parts: impl FnOnce() -> RecordParts<'t>,
    ) -> Option<&Known> {
        if self.wait > 0 {
            self.wait -= 1;
            return None;
        }
        let parts = parts();
        if parts.text.len() > LONGEST {
            return None;
        }
        let images = matcher.images();
        let place = match self.outlines.find(&images.numbers, parts) {
            Ok(place) => place,
            Err(miss) => {
                let place = self.place(matcher, images, parts.text)?;
                if miss == Miss::New {
                    let outlines = &mut self.outlines;
                    outlines.learn(&images.numbers, parts, &self.skeleton, place);
                }
                place
            }
        };
        self.helped += 1;
        self.known.get(place)
    }

    /// The place of a text's skeleton, which is left in `skeleton`.
    fn place(&mut self, matcher: &Matcher<'_>, images: &Images, text: &[u8]) -> Option<usize> {
        self.skeleton.clear();
        images
            .numbers
            .fold(text, &mut self.kinds, &mut self.skeleton);
        self.judge();
        let hash = hash(&self.skeleton);
        if let Some(place) = self.places.get(hash, &self.skeleton) {
            return Some(place);
        }
        if !self.is_usual(hash) {
            return None;
        }
        let known = Look::new(matcher, images, &self.skeleton).known();
        self.places.insert(hash, &self.skeleton);
        self.known.push(known);
        Some(self.known.len() - 1)
    }

    /// Skeletons that hardly come back are only in the way.
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

    /// Counts a sighting; true from a number of sightings on.
    fn is_usual(&mut self, hash: u32) -> bool {
        let is_full = self.known.len() >= MOST || self.places.bytes() >= MOST_BYTES;
        if self.is_eager || is_full {
            return self.is_eager;
        }
        self.seen.resize(1 << COUNTERS, 0);
        let count = &mut self.seen[(hash >> (u32::BITS - COUNTERS)) as usize];
        *count = count.saturating_add(1);
        *count > SIGHTINGS
    }
}

#[cfg(test)]
mod tests {
    use super::super::matcher::{Room, Surroundings};
    use super::*;
    use crate::grammar::catalog::Files;
    use crate::model::Level;

    /// The text with other digits, and with its words between ids.
    fn variants(text: &str) -> Vec<String> {
        let other = |by: u8| -> String {
            let other = |c: char| match c {
                '0'..='9' => char::from(b'0' + (c as u8 - b'0' + by) % 10),
                c => c,
            };
            text.chars().map(other).collect()
        };
        let between = text.replace(' ', " 8987ec81f8f4 77 ");
        vec![text.to_owned(), other(1), other(7), between]
    }

    #[test]
    fn what_is_known_of_a_skeleton_tells_what_holds_on_a_record() {
        let catalog = Catalog::load(Files::new()).unwrap();
        let matcher = Matcher::new(&catalog);
        let images = matcher.images();
        let around = Surroundings {
            level: Some(Level::Error),
            program: Some("swyxmessenger"),
        };
        let (mut held, mut told) = (0, 0);
        for rule in &catalog.rules {
            for example in rule.examples() {
                let lines = example.trace.lines().chain([example.trace.as_str()]);
                for text in lines.flat_map(variants) {
                    let hits = matcher.hits(text.as_bytes(), around);
                    let mut skeleton = Vec::new();
                    images
                        .numbers
                        .fold(text.as_bytes(), &mut Kinds::default(), &mut skeleton);
                    let known = Look::new(&matcher, images, &skeleton).known();
                    let mut found = Vec::new();
                    matcher.find(text.as_bytes(), &mut Vec::new(), &mut found);
                    let found = known.search.then_some(found.as_slice());
                    let bytes = || text.as_bytes();
                    let mut room = Room::default();
                    let ours = matcher.hits_known(&known.clauses, found, bytes, around, &mut room);
                    assert_eq!(ours, hits, "{}: {text}", rule.id);
                    let all = known.clauses.iter();
                    told += all.filter(|(_, v)| matches!(v, Verdict::Holds(_))).count();
                    let is_trouble = matcher.is_trouble(None, text.as_bytes());
                    assert!(known.trouble || !is_trouble, "{text}");
                    held += hits.len();
                }
            }
        }
        assert!(held > 2000 && told > 500, "{held} {told}");
    }

    #[test]
    fn everyday_records_are_known_to_tell_nothing() {
        let catalog = Catalog::load(Files::new()).unwrap();
        let matcher = Matcher::new(&catalog);
        let mut skeletons = Skeletons::eager();
        let text = b"cache lookup for contact 470ce449f525 took 542 us, size 116";
        let known = skeletons.look(&matcher, || RecordParts::whole(text));
        assert!(known.is_some_and(|known| known.clauses.is_empty() && !known.trouble));
    }

    #[test]
    fn nothing_is_learned_of_a_short_trace() {
        let catalog = Catalog::load(Files::new()).unwrap();
        let matcher = Matcher::new(&catalog);
        let mut skeletons = Skeletons::default();
        let text = b"cache lookup for contact 470ce449f525 took 542 us, size 116";
        let mut look = || {
            let known = skeletons.look(&matcher, || RecordParts::whole(text));
            known.is_some()
        };
        assert!((0..PATIENCE).all(|_| !look()));
        assert!((0..=u32::from(SIGHTINGS)).any(|_| look()));
    }
}
