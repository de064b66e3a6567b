//! The failures of one stage in one attempt: its own, and those that other programs told before it and that still stand.
//! A helper's trouble stands in hundreds of attempts: it is kept once, and each attempt sees its part in its own light.

use std::collections::BTreeSet;
use std::ops::{Bound, Range};
use std::path::Path;
use std::rc::Rc;

use super::attempts::Failure;
use crate::grammar::endpoint::Endpoint;
use crate::spool::{Bytes, Item, List};

/// The failures of a stage.
#[derive(Debug, Clone, Default)]
pub struct Failures {
    own: Vec<Failure>,
    /// The last event among those that stand from before; `None` if there is none.
    inherited: Option<usize>,
    /// What they are, once all attempts are cut.
    before: Option<Box<Before>>,
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
}

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
    event: u32,
    rule: u32,
    /// Index of the event with the token that was refused, and one more.
    token: u32,
    /// Index of its endpoint, and one more.
    endpoint: u32,
    /// Where it sorts.
    order: i64,
    /// What is true of it: [`AT_ENDPOINT`] and the like.
    flags: u8,
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

impl Entry {
    fn is(self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// As it was told: nothing is over.
    fn failure(self) -> Failure {
        Failure {
            event: self.event as usize,
            rule: self.rule as usize,
            at_endpoint: self.is(AT_ENDPOINT),
            in_context: self.is(IN_CONTEXT),
            recovered: None,
            aside: self.is(ASIDE),
            presumed: self.is(PRESUMED),
            guessed: self.is(GUESSED),
            token: (self.token as usize).checked_sub(1),
        }
    }
}

impl Item for Entry {
    const BYTES: usize = 25;

    fn put(&self, bytes: &mut Vec<u8>) {
        for number in [self.event, self.rule, self.token, self.endpoint] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(self.order.to_le_bytes());
        bytes.push(self.flags);
    }

    fn get(bytes: &mut Bytes<'_>) -> Self {
        Self {
            event: bytes.u32(),
            rule: bytes.u32(),
            token: bytes.u32(),
            endpoint: bytes.u32(),
            order: bytes.i64(),
            flags: bytes.u8(),
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

    fn put(&self, bytes: &mut Vec<u8>) {
        for number in [self.event, self.endpoint, self.attempt] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(self.order.to_le_bytes());
        bytes.push(u8::from(self.foreign));
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
        Self {
            entries: List::new(folder),
            answers: List::new(folder),
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
        self.entries.partition_point(|entry| holds(entry.order))
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
        order: i64,
        endpoint: Option<&Endpoint>,
        (unreached, offline): (bool, bool),
    ) {
        let flags = [
            (failure.at_endpoint, AT_ENDPOINT),
            (failure.in_context, IN_CONTEXT),
            (failure.aside, ASIDE),
            (failure.presumed, PRESUMED),
            (failure.guessed, GUESSED),
            (unreached, UNREACHED),
            (offline, OFFLINE),
        ];
        let set = flags.iter().filter(|(is, _)| *is).map(|(_, flag)| flag);
        let entry = Entry {
            event: failure.event as u32,
            rule: failure.rule as u32,
            token: failure.token.map_or(0, |token| token as u32 + 1),
            endpoint: self.endpoint(endpoint),
            order,
            flags: set.sum(),
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
    /// From its parts.
    pub(super) fn of(own: Vec<Failure>, inherited: Option<usize>, before: Option<Before>) -> Self {
        Self {
            own,
            inherited,
            before: before.map(Box::new),
        }
    }

    /// What stands from before, once all attempts are cut.
    pub(super) fn before(&self) -> Option<&Before> {
        self.before.as_deref()
    }

    /// Adds one of its own.
    pub(super) fn push(&mut self, failure: Failure) {
        self.own.push(failure);
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.own.is_empty() && self.inherited.is_none()
    }

    /// All of them, those from before first.
    pub fn iter(&self) -> impl Iterator<Item = Failure> + '_ {
        let before = self.before.iter().flat_map(|before| before.iter());
        before.chain(self.own.iter().copied())
    }

    /// Those that were told in the attempt itself.
    pub(super) fn own(&self) -> &[Failure] {
        &self.own
    }

    /// The same, to be changed.
    pub(super) fn own_mut(&mut self) -> &mut Vec<Failure> {
        &mut self.own
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
        // They are in order.
        let own = self.own.last().map(|failure| failure.event);
        own.max(self.inherited)
    }

    /// The last event of one that stands while attempts are cut: nothing is over then.
    pub(super) fn last_standing(&self) -> Option<usize> {
        let own = self.own.iter().rfind(|failure| failure.stands());
        own.map(|failure| failure.event).max(self.inherited)
    }

    /// True if a failure stands that nothing made up for.
    pub fn any_stands(&self) -> bool {
        self.own.iter().any(Failure::stands)
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
        let event = |place: usize| log.entries.get(place).event as usize;
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
        }));
    }

    /// Says that the client has left the stage behind: what other programs told of it is not what broke the login.
    pub(super) fn leave_behind(&mut self) {
        if let Some(before) = &mut self.before {
            before.aside = true;
        }
    }

    /// Says that what is over within so long was no failure.
    pub(super) fn forgive(&mut self, within: i64) {
        if let Some(before) = &mut self.before {
            before.brief = Some(within);
        }
    }

    /// Says that the PC is offline, by that rule.
    pub(super) fn explain_offline(&mut self, rule: usize) {
        if let Some(before) = &mut self.before {
            before.offline = Some(rule);
        }
    }
}

impl Before {
    fn iter(&self) -> impl Iterator<Item = Failure> + '_ {
        // The answers behind a failure begin where those behind the one before it did, or soon after.
        let mut from = 0;
        let part = self.range.clone();
        part.map(move |place| self.seen(self.log.entries.get(place), &mut from))
    }

    /// A failure as the attempt sees it. `from`: near which place the answers behind it begin; it is set to that place.
    fn seen(&self, entry: Entry, from: &mut usize) -> Failure {
        let mut failure = entry.failure();
        let recovered = self.recovered(entry, from);
        failure.recovered = recovered.map(|at| at.0);
        let brief = |back: At, within| back.1.saturating_sub(entry.order) <= within;
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
        let own = entry.event as usize;
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
