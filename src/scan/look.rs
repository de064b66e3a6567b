//! One skeleton while it is looked at: what may stand in the records that have it.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::images::{Image, Images, Looks};
use super::matcher::{Hit, Matcher, Room, Surroundings, Verdict, View, may_assume};
use crate::grammar::condition::{Gate, GateKind, LiteralId};
use crate::model::Level;
use crate::syntax::pieces::Pieces;
use crate::syntax::skeleton::{LONGEST, PLACE};

/// What holds for all records with one skeleton.
#[derive(Debug, Clone)]
pub struct Known {
    /// The clauses that hold or may hold.
    pub clauses: Box<[(u32, Verdict)]>,
    /// True if the search must say to which of them it comes down.
    pub search: bool,
    /// True if a clause must be asked.
    pub asks: bool,
    /// True if a word of trouble may stand there.
    pub trouble: bool,
    /// If what is asked depends on nothing but some of a record's [parts](parts): which these are.
    pub parts: Option<Box<[u16]>>,
    /// Where it stands among all that is known.
    pub place: u32,
    /// What was asked for.
    told: RefCell<Vec<Told>>,
}

/// What holds on records of one level and program.
type Told = (Option<Level>, Option<usize>, Arc<[Hit]>);

impl Known {
    /// What is known of a record that tells nothing; `trouble`: unless a word of trouble stands there.
    pub fn quiet(trouble: bool) -> Self {
        Self {
            clauses: Box::default(),
            search: false,
            asks: false,
            trouble,
            parts: None,
            place: 0,
            told: RefCell::default(),
        }
    }

    /// The parts of a record on which it depends what is asked, if nothing else makes a difference.
    pub(super) fn parts_of<'t>(&self, text: &'t [u8]) -> Option<impl Iterator<Item = &'t [u8]>> {
        let own = self.parts.as_deref()?;
        let is_own = move |at: usize| own.iter().any(|own| usize::from(*own) == at);
        let parts = parts(text).enumerate();
        Some(parts.filter_map(move |(at, part)| is_own(at).then_some(part)))
    }

    /// What holds on a record of which nothing must be asked.
    pub(super) fn hits(&self, matcher: &Matcher<'_>, around: Surroundings<'_>) -> Arc<[Hit]> {
        debug_assert!(!self.asks);
        let program = matcher.program_place(around.program);
        let mut told = self.told.borrow_mut();
        let own = |(level, by, _): &&Told| (*level, *by) == (around.level, program);
        if let Some((_, _, hits)) = told.iter().find(own) {
            return hits.clone();
        }
        let none = || [].as_slice();
        let hits = matcher.hits_known(&self.clauses, None, none, around, &mut Room::default());
        let hits: Arc<[Hit]> = hits.into();
        told.push((around.level, program, hits.clone()));
        hits
    }
}

/// One skeleton while it is looked at.
pub(super) struct Look<'m, 'a> {
    matcher: &'m Matcher<'a>,
    images: &'m Images,
    skeleton: &'m [u8],
    lower: Vec<u8>,
    pieces: Pieces,
    /// See [`Images::near`].
    near: Vec<u64>,
    /// True if a number stands there that is not left out.
    has_numbers: bool,
    /// For each literal: whether it was looked for, and whether it may stand there.
    answers: Vec<Cell<Option<bool>>>,
}

/// True if a number may be left out in a part of a skeleton: no digit stands beside its place.
fn has_place(part: &[u8]) -> bool {
    let is_digit = |at: Option<usize>| {
        at.and_then(|at| part.get(at))
            .is_some_and(u8::is_ascii_digit)
    };
    memchr::memchr_iter(PLACE, part)
        .any(|at| !is_digit(at.checked_sub(1)) && !is_digit(Some(at + 1)))
}

/// The parts of a text, or of its skeleton, between which no endpoint goes on.
fn parts(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| byte.is_ascii_whitespace() || b"'\"<>".contains(byte))
}

/// The path of a URL, if no number is left out before it: it goes on to the end of the word whatever numbers it has, and
/// what tells of it has none. The whole word, if it is no such URL.
fn path_of(word: &[u8]) -> &[u8] {
    const MARK: &[u8] = b"://";
    let host = word.windows(MARK.len()).position(|at| at == MARK);
    let path = host.and_then(|at| {
        let start = at + MARK.len();
        Some(start + memchr::memchr(b'/', &word[start..])?)
    });
    let path = path.filter(|at| !has_place(&word[..*at]));
    path.map_or(word, |at| &word[at..])
}

impl<'m, 'a> Look<'m, 'a> {
    pub(super) fn new(matcher: &'m Matcher<'a>, images: &'m Images, skeleton: &'m [u8]) -> Self {
        let lower = skeleton.to_ascii_lowercase();
        let mut pieces = Pieces::default();
        pieces.fill(&lower);
        Self {
            matcher,
            images,
            skeleton,
            near: images.near(&lower),
            has_numbers: (lower.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()))
                .any(|part| part[0].is_ascii_digit() && part != [PLACE]),
            lower,
            pieces,
            answers: vec![Cell::new(None); images.looks.len()],
        }
    }

    pub(super) const fn matcher(&self) -> &'m Matcher<'a> {
        self.matcher
    }

    /// True if a number may stand there.
    pub(super) fn has_digits(&self) -> bool {
        self.lower.iter().any(u8::is_ascii_digit)
    }

    /// What holds for all records with the skeleton.
    pub(super) fn known(&self) -> Known {
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
        let mut open = clauses.iter().filter(|(_, v)| matches!(v, Verdict::Ask));
        let search = open
            .clone()
            .any(|(clause, _)| self.matcher.needs_search(*clause));
        Known {
            asks: open.clone().next().is_some(),
            search,
            parts: (!search && open.all(|(clause, _)| self.tells(*clause)))
                .then(|| self.parts_of_endpoints())
                .flatten(),
            place: 0,
            trouble: self.may_be_trouble(),
            clauses,
            told: RefCell::default(),
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
        // Where a text stands says how deep in an exception, and in which line.
        let anchors = (!self.is_plain_line()).then_some(&condition.anchors);
        let mut texts = lists.into_iter().chain(anchors).flatten();
        condition.numbers.is_empty()
            && texts.all(|literal| self.knows(*literal))
            && condition.matches_all_of(self.skeleton)
    }

    /// True if all records with this skeleton are one line without exceptions.
    fn is_plain_line(&self) -> bool {
        let feed = memchr::memchr(b'\n', self.skeleton);
        let mut inner = self.matcher.inner();
        feed.is_none_or(|at| at + 1 == self.skeleton.len()) && !inner.any(|l| self.may_have(l))
    }

    /// True if the text stands in all records with this skeleton or in none.
    fn knows(&self, literal: LiteralId) -> bool {
        self.has(literal) || !self.may_have(literal)
    }

    /// True if no number that is left out may be a part of an endpoint: then all records with this skeleton have the same.
    fn has_fixed_endpoints(&self) -> bool {
        self.images.names_stay && self.open_parts().next().is_none()
    }

    /// The parts that may have an endpoint that is not the same in all records with this skeleton, as indices.
    fn open_parts(&self) -> impl Iterator<Item = usize> {
        let (may_name, may_have_port) = self.matcher.may_name(&self.pieces);
        let is_part = move |two: &[u8]| match two[0] {
            b':' => two[1].is_ascii_hexdigit() || matches!(two[1], b'/' | b':' | b'['),
            b'(' => two[1].is_ascii_digit(),
            b'[' => true,
            b'.' => may_name,
            _ => false,
        };
        let may_be = move |part: &[u8]| {
            has_place(part) && (may_have_port || path_of(part).windows(2).any(is_part))
        };
        let parts = parts(self.skeleton).enumerate();
        parts.filter_map(move |(at, part)| may_be(part).then_some(at))
    }

    /// The same, if nothing else of a record makes a difference to clauses of which everything but endpoints is told.
    fn parts_of_endpoints(&self) -> Option<Box<[u16]>> {
        let is_told = self.images.names_stay && self.matcher.common().all(|l| self.knows(l));
        let own = self.open_parts().map(|at| u16::try_from(at).ok());
        is_told.then(|| own.collect()).flatten()
    }

    /// True if the text may stand in a record with this skeleton.
    pub(super) fn may_have(&self, literal: LiteralId) -> bool {
        let is_number = matches!(self.images.looks[literal as usize], Looks::Number);
        if !is_number && !self.is_near(literal as usize) {
            return false;
        }
        let answer = &self.answers[literal as usize];
        if let Some(known) = answer.get() {
            return known;
        }
        let new = self.look_for(literal);
        answer.set(Some(new));
        new
    }

    fn is_near(&self, item: usize) -> bool {
        self.near[item / 64] >> (item % 64) & 1 == 1
    }

    /// The literals that may stand there, numbers left aside.
    pub(super) fn texts(&self) -> impl Iterator<Item = LiteralId> {
        let count = self.images.looks.len();
        let items = self.near.iter().enumerate().flat_map(|(at, word)| {
            let mut word = *word;
            std::iter::from_fn(move || {
                let bit = word.trailing_zeros();
                word &= word.wrapping_sub(1);
                (bit < u64::BITS).then_some(at * 64 + bit as usize)
            })
        });
        let literals = items.take_while(move |item| *item < count);
        literals
            .map(|item| item as LiteralId)
            .filter(|literal| self.may_have(*literal))
    }

    fn look_for(&self, literal: LiteralId) -> bool {
        match &self.images.looks[literal as usize] {
            Looks::Plain => self.has_plain(literal),
            Looks::Images(images) => images.iter().any(|image| self.shows(image)),
            // As a text it may be a part of another number, which need not stay.
            Looks::Number => self.has_digits(),
        }
    }

    fn shows(&self, image: &Image) -> bool {
        self.pieces.may_have(image.probe) && image.finder.find(&self.lower).is_some()
    }

    fn has_plain(&self, literal: LiteralId) -> bool {
        let (finder, probe) = self.matcher.literal(literal);
        self.pieces.may_have(probe) && finder.find(&self.lower).is_some()
    }

    /// True if a number that stays stands there by itself. Only zeros may stand before it.
    fn has_number(&self, literal: LiteralId) -> bool {
        let (finder, probe) = self.matcher.literal(literal);
        let text = finder.needle();
        if !self.has_numbers && text.iter().all(u8::is_ascii_digit) && text != [PLACE] {
            return false;
        }
        let is_short = text.len() <= LONGEST && text.iter().all(u8::is_ascii_digit);
        let by_itself = |at: usize| {
            let before = at.checked_sub(1).map(|at| self.lower[at]);
            let behind = self.lower.get(at + text.len());
            !is_short
                || before.is_none_or(|b| b == b'0' || !b.is_ascii_alphanumeric())
                    && !behind.is_some_and(u8::is_ascii_digit)
        };
        self.pieces.may_have(probe) && finder.find_iter(&self.lower).any(by_itself)
    }

    /// True if a word of trouble may stand there.
    pub(super) fn may_be_trouble(&self) -> bool {
        self.images.trouble.iter().any(|word| self.shows(word))
    }

    /// True if the text stands in every record with this skeleton.
    fn has(&self, literal: LiteralId) -> bool {
        matches!(self.images.looks[literal as usize], Looks::Plain) && self.may_have(literal)
    }

    /// True if a number may count in a record with this skeleton, or an address or a port stand in it.
    pub(super) fn may_open(&self, gate: Gate) -> bool {
        match (&self.images.looks[gate.literal as usize], gate.kind) {
            (_, GateKind::Address) => {
                let literal = gate.literal as usize;
                let mut images = self.images.addresses[literal].iter();
                self.is_near(self.images.looks.len() + literal)
                    && images.any(|image| self.shows(image))
            }
            (Looks::Number, _) => self.has_number(gate.literal),
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
