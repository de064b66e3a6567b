//! The failures of one stage in one attempt: its own, and those that other programs told before it and that still stand.
//! A helper's trouble stands in hundreds of attempts: it is kept once, and each attempt sees its part in its own light.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::fmt::{self, Debug, Formatter};
use std::ops::{Bound, Range};
use std::path::Path;
use std::rc::Rc;

use super::attempts::Failure;
use crate::grammar::endpoint::Endpoint;
use crate::spool::{Bytes, Item, List, Room, border};

/// The failures of a stage.
#[derive(Debug, Clone, Default)]
pub struct Failures {
    /// Those of the stage in all attempts; `None` as long as none can be added.
    list: Option<Rc<Own>>,
    /// Which of them are the attempt's own.
    own: Range<usize>,
    /// How many of these turned out to be none.
    gone: usize,
    /// The last event among those that stand from before; `None` if there is none.
    inherited: Option<usize>,
    /// What they are, once all attempts are cut.
    before: Option<Box<Before>>,
}

/// The failures of a stage that were told in an attempt, of all attempts of a client, in order: one attempt may have
/// hundreds of thousands.
pub(super) struct Own(RefCell<List<Told>>);

impl Debug for Own {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Own")
    }
}

/// Bytes of a list of one stage that stay in memory.
const OF_STAGE: usize = 256 << 10;

impl Own {
    /// None yet; `folder` as in [`List::new`].
    pub(super) fn new(folder: Option<&Path>) -> Self {
        let mut list = List::new(folder);
        list.set_room(OF_STAGE);
        Self(RefCell::new(list))
    }

    /// True if a part could not be read again from the file.
    pub(super) fn is_broken(&self) -> bool {
        self.0.borrow().is_broken()
    }

    /// Calls `with` with the event of each, those that turned out to be none too.
    pub(super) fn for_each_event(&self, mut with: impl FnMut(usize)) {
        self.0.borrow().for_each(|told| with(told.event as usize));
    }

    fn get(&self, place: usize) -> Told {
        self.0.borrow().get(place)
    }
}

/// A failure as it is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Told {
    event: u32,
    tells: u32,
    source: u32,
    order: i64,
    rule: u32,
    /// Indices of events, and one more.
    recovered: u32,
    token: u32,
    /// What is true of it: [`AT_ENDPOINT`] and the like.
    flags: u8,
}

impl Told {
    fn of(failure: &Failure) -> Self {
        let any = |event: Option<usize>| event.map_or(0, |event| event as u32 + 1);
        Self {
            event: failure.event as u32,
            tells: failure.tells as u32,
            source: failure.source as u32,
            order: failure.order,
            rule: failure.rule as u32,
            recovered: any(failure.recovered),
            token: any(failure.token),
            flags: flags_of(failure),
        }
    }

    fn failure(self) -> Failure {
        let any = |event: u32| (event as usize).checked_sub(1);
        let is = |flag: u8| self.flags & flag != 0;
        Failure {
            event: self.event as usize,
            tells: self.tells as usize,
            source: self.source as usize,
            order: self.order,
            rule: self.rule as usize,
            at_endpoint: is(AT_ENDPOINT),
            in_context: is(IN_CONTEXT),
            recovered: any(self.recovered),
            aside: is(ASIDE),
            presumed: is(PRESUMED),
            guessed: is(GUESSED),
            token: any(self.token),
        }
    }

    fn is_gone(self) -> bool {
        self.flags & GONE != 0
    }
}

fn flags_of(failure: &Failure) -> u8 {
    let flags = [
        (failure.at_endpoint, AT_ENDPOINT),
        (failure.in_context, IN_CONTEXT),
        (failure.aside, ASIDE),
        (failure.presumed, PRESUMED),
        (failure.guessed, GUESSED),
    ];
    let set = flags.iter().filter(|(is, _)| *is).map(|(_, flag)| flag);
    set.sum()
}

impl Item for Told {
    const BYTES: usize = 33;

    #[inline]
    fn put(&self, bytes: &mut Room<'_>) {
        let (own, others) = (
            [self.event, self.tells, self.source],
            [self.recovered, self.token],
        );
        for number in own.into_iter().chain([self.rule]).chain(others) {
            bytes.put(number.to_le_bytes());
        }
        bytes.put(self.order.to_le_bytes());
        bytes.put([self.flags]);
    }

    #[inline]
    fn get(bytes: &mut Bytes<'_>) -> Self {
        Self {
            event: bytes.u32(),
            tells: bytes.u32(),
            source: bytes.u32(),
            rule: bytes.u32(),
            recovered: bytes.u32(),
            token: bytes.u32(),
            order: bytes.i64(),
            flags: bytes.u8(),
        }
    }
}

/// An event and where it sorts.
pub(super) type At = (usize, i64);

/// What stands from before, seen from one attempt.
#[derive(Debug, Clone)]
pub(super) struct Before {
    pub(super) log: Rc<Log>,
    pub(super) range: Range<usize>,
    /// Index of the attempt.
    pub(super) attempt: usize,
    /// What the attempt knows of passes between those failures, and the first one behind them.
    pub(super) early: Vec<At>,
    pub(super) late: Option<At>,
    /// True if the client has left the stage behind.
    pub(super) aside: bool,
    /// A failure that is over within so long was none, in nanoseconds.
    pub(super) brief: Option<i64>,
    /// The rule of those on the internet, where the attempt shows that there is none.
    pub(super) offline: Option<usize>,
    /// All of them as they are seen, where they are few: an attempt is asked for them again and again.
    pub(super) seen: Seen,
}

/// Failures that were looked at once.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen(OnceCell<Box<[Failure]>>);

/// Failures from before that are few.
const FEW: usize = 2048;

/// What other programs told of a stage, in all attempts of a client.
#[derive(Debug)]
pub(super) struct Log {
    /// In order.
    entries: List<Entry>,
    /// Failures of whoever that show that the other side answers, in order.
    answers: List<Answer>,
    /// The endpoints of both, each once.
    endpoints: Vec<Endpoint>,
}

/// A failure that another program than the lead told.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    /// As it was told: nothing is over.
    told: Told,
    /// Index of its endpoint, and one more.
    endpoint: u32,
}

const AT_ENDPOINT: u8 = 1;
const IN_CONTEXT: u8 = 2;
const ASIDE: u8 = 4;
const PRESUMED: u8 = 8;
const GUESSED: u8 = 16;
/// The other side was not reached.
const UNREACHED: u8 = 32;
/// It may come from a PC that is offline.
const OFFLINE: u8 = 64;
/// It turned out to be none.
const GONE: u8 = 128;

impl Entry {
    fn is(self, flag: u8) -> bool {
        self.told.flags & flag != 0
    }
}

impl Item for Entry {
    const BYTES: usize = Told::BYTES + 4;

    fn put(&self, bytes: &mut Room<'_>) {
        self.told.put(bytes);
        bytes.put(self.endpoint.to_le_bytes());
    }

    fn get(bytes: &mut Bytes<'_>) -> Self {
        Self {
            told: Told::get(bytes),
            endpoint: bytes.u32(),
        }
    }
}

/// A failure that shows that the other side answers.
#[derive(Debug, Clone, Copy, Default)]
struct Answer {
    event: u32,
    /// Where it sorts.
    order: i64,
    /// Index of its endpoint, and one more.
    endpoint: u32,
    /// Index of its attempt.
    attempt: u32,
    /// True if another program than the lead told it.
    foreign: bool,
}

impl Item for Answer {
    const BYTES: usize = 21;

    fn put(&self, bytes: &mut Room<'_>) {
        for number in [self.event, self.endpoint, self.attempt] {
            bytes.put(number.to_le_bytes());
        }
        bytes.put(self.order.to_le_bytes());
        bytes.put([u8::from(self.foreign)]);
    }

    fn get(bytes: &mut Bytes<'_>) -> Self {
        Self {
            event: bytes.u32(),
            endpoint: bytes.u32(),
            attempt: bytes.u32(),
            order: bytes.i64(),
            foreign: bytes.u8() != 0,
        }
    }
}

impl Log {
    /// Nothing yet; `folder` as in [`List::new`].
    pub(super) fn new(folder: Option<&Path>) -> Self {
        let (mut entries, mut answers) = (List::new(folder), List::new(folder));
        entries.set_room(OF_STAGE);
        answers.set_room(OF_STAGE);
        Self {
            entries,
            answers,
            endpoints: Vec::new(),
        }
    }

    /// How many failures other programs than the lead told.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if a part could not be read again from the file.
    pub(super) fn is_broken(&self) -> bool {
        self.entries.is_broken() || self.answers.is_broken()
    }

    /// Of the first entries, how many sort at a time that fulfils something, which no later one does.
    pub(super) fn partition_point(&self, holds: impl Fn(i64) -> bool) -> usize {
        self.entries
            .partition_point(|entry| holds(entry.told.order))
    }

    fn endpoint(&mut self, endpoint: Option<&Endpoint>) -> u32 {
        let Some(endpoint) = endpoint else { return 0 };
        let same = |known: &Endpoint| (known.port, &known.host) == (endpoint.port, &endpoint.host);
        let known = self.endpoints.iter().position(same);
        let place = known.unwrap_or_else(|| {
            self.endpoints.push(endpoint.clone());
            self.endpoints.len() - 1
        });
        place as u32 + 1
    }

    /// Adds what another program than the lead told.
    pub(super) fn add(
        &mut self,
        failure: &Failure,
        endpoint: Option<&Endpoint>,
        (unreached, offline): (bool, bool),
    ) {
        let more = [(unreached, UNREACHED), (offline, OFFLINE)];
        let set = more.iter().filter(|(is, _)| *is).map(|(_, flag)| flag);
        let told = Told::of(failure);
        let entry = Entry {
            told: Told {
                recovered: 0,
                flags: told.flags | set.sum::<u8>(),
                ..told
            },
            endpoint: self.endpoint(endpoint),
        };
        self.entries.push(entry);
    }

    /// Adds a failure that shows that the other side answers.
    pub(super) fn add_answer(
        &mut self,
        (event, order): At,
        endpoint: Option<&Endpoint>,
        attempt: usize,
        foreign: bool,
    ) {
        let answer = Answer {
            event: event as u32,
            order,
            endpoint: self.endpoint(endpoint),
            attempt: attempt as u32,
            foreign,
        };
        self.answers.push(answer);
    }

    fn endpoint_of(&self, number: u32) -> Option<&Endpoint> {
        self.endpoints.get((number as usize).checked_sub(1)?)
    }
}

/// True if a record in which one side answers may be about what another record did not reach.
pub(super) fn of_same(a: Option<&Endpoint>, b: Option<&Endpoint>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.port == b.port || a.host == b.host,
        _ => true,
    }
}

impl Failures {
    /// From its parts: which of the stage's are its own, how many of these are none, and what stands from before.
    pub(super) fn of(
        list: &Rc<Own>,
        (own, gone): (Range<usize>, usize),
        inherited: Option<usize>,
        before: Option<Before>,
    ) -> Self {
        Self {
            list: Some(list.clone()),
            own,
            gone,
            inherited,
            before: before.map(Box::new),
        }
    }

    /// Begins behind all that the list has.
    pub(super) fn begin(&mut self, list: &Rc<Own>) {
        let end = list.0.borrow().len();
        self.own = end..end;
        self.list = Some(list.clone());
    }

    /// Which of the stage's are its own, and how many of these turned out to be none.
    pub(super) fn part(&self) -> (Range<usize>, usize) {
        (self.own.clone(), self.gone)
    }

    /// What stands from before, once all attempts are cut.
    pub(super) fn before(&self) -> Option<&Before> {
        self.before.as_deref()
    }

    /// Adds one of its own, later than all others.
    pub(super) fn push(&mut self, failure: &Failure) {
        if let Some(list) = &self.list {
            list.0.borrow_mut().push(Told::of(failure));
            self.own.end += 1;
        }
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.own.len() == self.gone && self.inherited.is_none()
    }

    /// All of them, those from before first.
    pub fn iter(&self) -> impl Iterator<Item = Failure> + '_ {
        let before = self.before.iter().flat_map(|before| before.iter());
        before.chain(self.own())
    }

    fn places(&self) -> impl DoubleEndedIterator<Item = (&Own, usize)> + '_ {
        let lists = self.list.iter();
        lists.flat_map(|list| self.own.clone().map(move |place| (&**list, place)))
    }

    /// Those that were told in the attempt itself, in order.
    pub(super) fn own(&self) -> impl DoubleEndedIterator<Item = Failure> + '_ {
        let own = self.places().map(|(list, place)| list.get(place));
        own.filter(|told| !told.is_gone()).map(Told::failure)
    }

    /// Changes those that were told in the attempt itself, the last one first. Their events stay.
    pub(super) fn change_own(&mut self, mut change: impl FnMut(&mut Failure)) {
        for (list, place) in self.places().rev() {
            let told = list.get(place);
            if told.is_gone() {
                continue;
            }
            let mut failure = told.failure();
            change(&mut failure);
            let changed = Told::of(&failure);
            if changed != told {
                list.0.borrow_mut().change(place, |told| *told = changed);
            }
        }
    }

    /// Keeps only some of those that were told in the attempt itself.
    pub(super) fn retain_own(&mut self, keep: impl Fn(&Failure) -> bool) {
        let mut gone = 0;
        for (list, place) in self.places() {
            let told = list.get(place);
            if !told.is_gone() && !keep(&told.failure()) {
                list.0.borrow_mut().change(place, |told| told.flags |= GONE);
                gone += 1;
            }
        }
        self.gone += gone;
    }

    /// The last event among those from before.
    pub(super) fn inherited(&self) -> Option<usize> {
        self.inherited
    }

    /// Says that failures stand from before, of which that is the last one.
    pub(super) fn inherit(&mut self, last: Option<usize>) {
        self.inherited = last;
    }

    /// The last event of all.
    pub(super) fn last(&self) -> Option<usize> {
        let own = self.own().next_back().map(|failure| failure.event);
        own.max(self.inherited)
    }

    /// The last event of all in front of that one.
    pub(super) fn last_before(&self, event: usize) -> Option<usize> {
        let get = |place: usize| self.list.as_ref().map(|list| list.get(place));
        let is_before = |place| get(place).is_some_and(|told| (told.event as usize) < event);
        let end = border((self.own.start, self.own.end), is_before);
        let own = (self.own.start..end).rev().filter_map(get);
        if let Some(last) = own.into_iter().find(|told| !told.is_gone()) {
            return Some(last.event as usize);
        }
        let before = self.before.as_ref()?;
        let entries = &before.log.entries;
        let events = before.range.clone().rev();
        events
            .map(|place| entries.get(place).told.event as usize)
            .find(|other| *other < event)
    }

    /// The last event of one that stands while attempts are cut: nothing is over then.
    pub(super) fn last_standing(&self) -> Option<usize> {
        let own = self.own().rfind(Failure::stands);
        own.map(|failure| failure.event).max(self.inherited)
    }

    /// True if a failure stands that nothing made up for.
    pub fn any_stands(&self) -> bool {
        self.own().any(|failure| failure.stands())
            || match &self.before {
                Some(before) => before.iter().any(|failure| failure.stands()),
                None => self.inherited.is_some(),
            }
    }

    /// Says what stands from before: a part of the log, whose first and last events are told, and what makes up for it.
    pub(super) fn settle(
        &mut self,
        log: &Rc<Log>,
        range: Range<usize>,
        attempt: usize,
        passes: &BTreeSet<usize>,
        order: &dyn Fn(usize) -> i64,
    ) {
        if range.is_empty() {
            return;
        }
        let event = |place: usize| log.entries.get(place).told.event as usize;
        let (first, last) = (event(range.start), event(range.end - 1));
        let at = |event: &usize| (*event, order(*event));
        let between = (Bound::Excluded(first), Bound::Included(last));
        let early = if first < last {
            passes.range(between).map(at).collect()
        } else {
            Vec::new()
        };
        let late = passes.range((Bound::Excluded(last), Bound::Unbounded));
        self.before = Some(Box::new(Before {
            log: log.clone(),
            range,
            attempt,
            early,
            late: late.map(at).next(),
            aside: false,
            brief: None,
            offline: None,
            seen: Seen::default(),
        }));
    }

    /// Says that the client has left the stage behind: what other programs told of it is not what broke the login.
    pub(super) fn leave_behind(&mut self) {
        if let Some(before) = &mut self.before {
            before.aside = true;
            before.seen = Seen::default();
        }
    }

    /// Says that what is over within so long was no failure.
    pub(super) fn forgive(&mut self, within: i64) {
        if let Some(before) = &mut self.before {
            before.brief = Some(within);
            before.seen = Seen::default();
        }
    }

    /// Says that the PC is offline, by that rule.
    pub(super) fn explain_offline(&mut self, rule: usize) {
        if let Some(before) = &mut self.before {
            before.offline = Some(rule);
            before.seen = Seen::default();
        }
    }
}

impl Before {
    fn iter(&self) -> impl Iterator<Item = Failure> + '_ {
        let few = (self.range.len() <= FEW).then(|| {
            let seen = self.seen.0.get_or_init(|| self.look().collect());
            seen.iter().copied()
        });
        let many = few.is_none().then(|| self.look());
        few.into_iter().flatten().chain(many.into_iter().flatten())
    }

    fn look(&self) -> impl Iterator<Item = Failure> + '_ {
        // The answers behind a failure begin where those behind the one before it did, or soon after.
        let mut from = 0;
        let part = self.range.clone();
        part.map(move |place| self.seen(self.log.entries.get(place), &mut from))
    }

    /// A failure as the attempt sees it. `from`: near which place the answers behind it begin; it is set to that place.
    fn seen(&self, entry: Entry, from: &mut usize) -> Failure {
        let mut failure = entry.told.failure();
        let recovered = self.recovered(entry, from);
        failure.recovered = recovered.map(|at| at.0);
        let brief = |back: At, within| back.1.saturating_sub(entry.told.order) <= within;
        failure.aside |= self.aside
            || recovered
                .zip(self.brief)
                .is_some_and(|(back, within)| brief(back, within));
        if let Some(rule) = self.offline.filter(|_| entry.is(OFFLINE)) {
            failure.rule = rule;
        }
        failure
    }

    /// What made up for it, of all that the attempt and later ones tell.
    fn recovered(&self, entry: Entry, from: &mut usize) -> Option<At> {
        let own = entry.told.event as usize;
        let pass = self.early.iter().find(|at| at.0 > own);
        let pass = pass.copied().or(self.late);
        if !entry.is(UNREACHED) {
            return pass;
        }
        let answers = &self.log.answers;
        *from = answers.partition_point_near(*from, |answer| answer.event as usize <= own);
        let endpoint = self.log.endpoint_of(entry.endpoint);
        let answer = (*from..answers.len())
            .map(|place| answers.get(place))
            .take_while(|answer| pass.is_none_or(|pass| (answer.event as usize) < pass.0))
            .filter(|answer| answer.foreign || answer.attempt as usize >= self.attempt)
            .find(|answer| of_same(endpoint, self.log.endpoint_of(answer.endpoint)));
        answer
            .map(|answer| (answer.event as usize, answer.order))
            .or(pass)
    }
}
