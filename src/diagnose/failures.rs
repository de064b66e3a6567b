//! The failures of one stage in one attempt: its own, and those that other programs told before it and that still stand.
//! A helper's trouble stands in hundreds of attempts: it is kept once, and each attempt sees its part in its own light.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::{self, Debug, Formatter};
use std::ops::{Bound, Range};
use std::path::Path;
use std::rc::Rc;

use super::before::{Before, Run, Seen};
use super::failure::{Failure, GONE, Told};
use super::log::Log;
use crate::spool::{List, border};

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
pub(super) const OF_STAGE: usize = 256 << 10;

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

    /// Calls `with` with the event of each that turned out to be none.
    pub(super) fn for_each_gone(&self, mut with: impl FnMut(usize)) {
        self.0.borrow().for_each(|told| {
            if told.is_gone() {
                with(told.event as usize);
            }
        });
    }

    fn get(&self, place: usize) -> Told {
        self.0.borrow().get(place)
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

    /// All of them in runs, those from before first.
    pub(super) fn runs(&self) -> impl Iterator<Item = Run> + '_ {
        let before = self.before.iter().flat_map(|before| before.runs());
        before.chain(self.own().map(Run::of))
    }

    /// Of each run the first one: of what any of them is, or the first one that is it, no other can tell more.
    pub fn distinct(&self) -> impl Iterator<Item = Failure> + '_ {
        self.runs().map(|run| run.first)
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
        let places = before.range.clone().rev();
        places
            .map(|place| before.log.event(place))
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
                Some(before) => before.runs().any(|run| run.first.stands()),
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
        let (first, last) = (log.event(range.start), log.event(range.end - 1));
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
