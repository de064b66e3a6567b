//! The failures of one stage in one attempt: its own, and those that other programs told before it and that still stand.
//! A helper's trouble stands in hundreds of attempts: it is kept once, and each attempt sees its part in its own light.

use std::collections::BTreeSet;
use std::ops::{Bound, Range};
use std::sync::Arc;

use super::attempts::Failure;
use crate::grammar::endpoint::Endpoint;
use crate::grammar::told::Told;

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
type At = (usize, i64);

/// What stands from before, seen from one attempt.
#[derive(Debug, Clone)]
struct Before {
    log: Arc<Log>,
    range: Range<usize>,
    /// Index of the attempt.
    attempt: usize,
    /// What the attempt knows of passes between those failures, and the first one behind them.
    early: Vec<At>,
    late: Option<At>,
    /// True if the client has left the stage behind.
    aside: bool,
    /// A failure that is over within so long was none, in nanoseconds.
    brief: Option<i64>,
    /// The rule of those on the internet, where the attempt shows that there is none.
    offline: Option<usize>,
}

/// What other programs told of a stage, in all attempts of a client.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// In order.
    pub(super) entries: Vec<Entry>,
    /// Failures of whoever that show that the other side answers, in order.
    pub(super) answers: Vec<Answer>,
}

/// A failure that another program than the lead told.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) failure: Failure,
    pub(super) told: Arc<Told>,
    /// Where it sorts.
    pub(super) order: i64,
    /// True if the other side was not reached.
    pub(super) unreached: bool,
    /// True if it may come from a PC that is offline.
    pub(super) offline: bool,
}

/// A failure that shows that the other side answers.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) at: At,
    pub(super) told: Arc<Told>,
    /// Index of its attempt.
    pub(super) attempt: usize,
    /// True if another program than the lead told it.
    pub(super) foreign: bool,
}

/// True if a record in which one side answers may be about what another record did not reach.
pub(super) fn of_same(a: Option<&Endpoint>, b: Option<&Endpoint>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.port == b.port || a.host == b.host,
        _ => true,
    }
}

impl Failures {
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
        let own = self.own.iter().map(|failure| failure.event).max();
        own.max(self.inherited)
    }

    /// The last event of one that stands while attempts are cut: nothing is over then.
    pub(super) fn last_standing(&self) -> Option<usize> {
        let own = self.own.iter().filter(|failure| failure.stands());
        own.map(|failure| failure.event).max().max(self.inherited)
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
        log: &Arc<Log>,
        range: Range<usize>,
        attempt: usize,
        passes: &BTreeSet<usize>,
        order: &dyn Fn(usize) -> i64,
    ) {
        let part = &log.entries[range.clone()];
        let (Some(first), Some(last)) = (part.first(), part.last()) else {
            return;
        };
        let (first, last) = (first.failure.event, last.failure.event);
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
        let part = &self.log.entries[self.range.clone()];
        part.iter().map(|entry| self.seen(entry))
    }

    /// A failure as the attempt sees it.
    fn seen(&self, entry: &Entry) -> Failure {
        let mut failure = entry.failure;
        let recovered = self.recovered(entry);
        failure.recovered = recovered.map(|at| at.0);
        let brief = |back: At, within| back.1.saturating_sub(entry.order) <= within;
        failure.aside |= self.aside
            || recovered
                .zip(self.brief)
                .is_some_and(|(back, within)| brief(back, within));
        if let Some(rule) = self.offline.filter(|_| entry.offline) {
            failure.rule = rule;
        }
        failure
    }

    /// What made up for it, of all that the attempt and later ones tell.
    fn recovered(&self, entry: &Entry) -> Option<At> {
        let own = entry.failure.event;
        let pass = self.early.iter().find(|at| at.0 > own);
        let pass = pass.copied().or(self.late);
        if !entry.unreached {
            return pass;
        }
        let answers = &self.log.answers;
        let from = answers.partition_point(|answer| answer.at.0 <= own);
        let answer = answers[from..]
            .iter()
            .take_while(|answer| pass.is_none_or(|pass| answer.at.0 < pass.0))
            .filter(|answer| answer.foreign || answer.attempt >= self.attempt)
            .find(|answer| of_same(entry.told.endpoint.as_ref(), answer.told.endpoint.as_ref()));
        answer.map(|answer| answer.at).or(pass)
    }
}
