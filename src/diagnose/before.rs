//! What other programs told before an attempt, and what still stands in it. It stands in hundreds of attempts, so each
//! looks at it by kinds: what is told again and again and came to the same end is looked at once.

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;

use super::failure::{Failure, OFFLINE, UNREACHED};
use super::log::{Entry, Log, of_same};
use crate::spool::{List, border};

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
    /// Its runs, where they are few: an attempt is asked for them again and again.
    pub(super) seen: Seen,
}

/// Runs that were looked at once; `None` where they are many.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen(OnceCell<Option<Box<[Run]>>>);

/// Runs that are few.
const FEW: usize = 2048;

/// Failures of one kind that came to the same end: to know the first and the last of them is to know them all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) first: Failure,
    /// When the last one was told.
    pub(super) last: At,
}

impl Run {
    /// A failure of which there is no other.
    pub(super) fn of(failure: Failure) -> Self {
        Self {
            first: failure,
            last: (failure.event, failure.order),
        }
    }
}

/// The entries of a log that an attempt sees, by kind. The next attempt sees most of them, too.
#[derive(Debug, Default)]
pub(super) struct Window {
    range: Range<usize>,
    /// Of each kind the places and events, in order.
    kinds: Vec<VecDeque<(u32, u32)>>,
}

impl Window {
    fn move_to(&mut self, range: &Range<usize>, entries: &List<Entry>) {
        if range.end <= self.range.start || self.range.end <= range.start {
            self.kinds.iter_mut().for_each(VecDeque::clear);
            self.range = range.start..range.start;
        }
        let own = self.range.clone();
        for place in own.start..range.start {
            self.of(entries.get(place)).pop_front();
        }
        for place in (range.end..own.end).rev() {
            self.of(entries.get(place)).pop_back();
        }
        for place in (range.start..own.start).rev() {
            let entry = entries.get(place);
            let own = (place as u32, entry.told.event);
            self.of(entry).push_front(own);
        }
        for place in own.end..range.end {
            let entry = entries.get(place);
            let own = (place as u32, entry.told.event);
            self.of(entry).push_back(own);
        }
        self.range = range.clone();
    }

    fn of(&mut self, entry: Entry) -> &mut VecDeque<(u32, u32)> {
        let kind = entry.kind as usize;
        if kind >= self.kinds.len() {
            self.kinds.resize_with(kind + 1, VecDeque::new);
        }
        &mut self.kinds[kind]
    }
}

impl Before {
    /// All of them, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Failure> + '_ {
        // The answers behind a failure begin where those behind the one before it did, or soon after.
        let mut from = 0;
        let part = self.range.clone();
        part.map(move |place| self.seen(self.log.entries.get(place), &mut from).0)
    }

    /// All of them in runs, by the first one of each.
    pub(super) fn runs(&self) -> impl Iterator<Item = Run> + '_ {
        let few = self.seen.0.get_or_init(|| self.few_runs()).as_deref();
        let many = few.is_none().then(|| self.iter().map(Run::of));
        let few = few.unwrap_or_default().iter().copied();
        few.chain(many.into_iter().flatten())
    }

    /// The kinds that are there, and the rule of each as the attempt sees it.
    pub(super) fn kinds(&self) -> Vec<(usize, usize)> {
        let mut window = self.log.window.borrow_mut();
        window.move_to(&self.range, &self.log.entries);
        let kinds = window.kinds.iter().enumerate();
        let there = kinds.filter_map(|(kind, places)| {
            let (first, _) = places.front()?;
            let entry = self.log.entries.get(*first as usize);
            Some((kind, self.rule(entry)))
        });
        there.collect()
    }

    /// Calls `with` with those of a kind at these places of the log; what became of them is not looked at.
    pub(super) fn for_each_of(
        &self,
        kind: usize,
        part: Range<usize>,
        mut with: impl FnMut(&Failure),
    ) {
        let mut window = self.log.window.borrow_mut();
        window.move_to(&self.range, &self.log.entries);
        let places = &window.kinds[kind];
        let from = places.partition_point(|(place, _)| (*place as usize) < part.start);
        for (place, _) in places.range(from..) {
            let place = *place as usize;
            if place >= part.end {
                break;
            }
            with(&self.log.entries.get(place).told.failure());
        }
    }

    fn few_runs(&self) -> Option<Box<[Run]>> {
        let mut window = self.log.window.borrow_mut();
        window.move_to(&self.range, &self.log.entries);
        let mut runs = Vec::new();
        for places in &window.kinds {
            self.runs_of(places, &mut runs);
            if runs.len() > FEW {
                return None;
            }
        }
        runs.sort_unstable_by_key(|run| run.first.event);
        Some(runs.into())
    }

    /// Adds the runs of one kind, as long as they are few.
    fn runs_of(&self, places: &VecDeque<(u32, u32)>, runs: &mut Vec<Run>) {
        let entry = |at: usize| self.log.entries.get(places[at].0 as usize);
        let (mut next, mut from) = (0, 0);
        while next < places.len() && runs.len() <= FEW {
            let (first, back) = self.seen(entry(next), &mut from);
            // The first that makes up for it makes up for all in front of itself.
            let is_over = |at: usize| back.is_some_and(|back| places[at].1 as usize >= back.0);
            let mut end = places.len();
            if is_over(end - 1) {
                end = border((next + 1, end), |at| !is_over(at));
            }
            // Of those, the last ones may be over within no time.
            let is_brief = |at: usize| self.is_brief(entry(at), back);
            if self.brief.is_some() && is_brief(end - 1) && !is_brief(next) {
                end = border((next + 1, end), |at| !is_brief(at));
            }
            let last = entry(end - 1).told;
            runs.push(Run {
                first,
                last: (last.event as usize, last.order),
            });
            next = end;
        }
    }

    /// A failure as the attempt sees it, and what made up for it. `from`: near which place the answers behind it begin;
    /// it is set to that place.
    fn seen(&self, entry: Entry, from: &mut usize) -> (Failure, Option<At>) {
        let recovered = self.recovered(entry, from);
        let told = entry.told.failure();
        let failure = Failure {
            recovered: recovered.map(|at| at.0),
            aside: told.aside || self.aside || self.is_brief(entry, recovered),
            rule: self.rule(entry),
            ..told
        };
        (failure, recovered)
    }

    fn is_brief(&self, entry: Entry, recovered: Option<At>) -> bool {
        let both = recovered.zip(self.brief);
        both.is_some_and(|(back, within)| back.1.saturating_sub(entry.told.order) <= within)
    }

    fn rule(&self, entry: Entry) -> usize {
        let offline = self.offline.filter(|_| entry.is(OFFLINE));
        offline.unwrap_or_else(|| entry.told.failure().rule)
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
        let endpoint = self.log.endpoint_of_entry(entry);
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

#[cfg(test)]
mod tests {
    use super::super::log::Telling;
    use super::*;
    use crate::grammar::endpoint::Endpoint;
    use proptest::prelude::*;

    /// What is told: the rule, whether it is of a host that was not reached, which host, and whether it is an answer.
    type Kind = (usize, bool, usize, bool);

    fn endpoint(host: usize) -> Endpoint {
        Endpoint {
            host: format!("host{host}"),
            port: Some(host as u16),
            scheme: String::new(),
            path: String::new(),
            word: String::new(),
        }
    }

    fn failure(event: usize, rule: usize) -> Failure {
        Failure {
            event,
            tells: event,
            order: event as i64 * 10,
            source: 0,
            rule,
            at_endpoint: false,
            in_context: false,
            recovered: None,
            aside: false,
            presumed: false,
            guessed: false,
            token: None,
        }
    }

    /// Event by event.
    fn log(told: &[Kind]) -> Rc<Log> {
        let mut log = Log::new(None);
        for (event, (rule, unreached, host, answers)) in told.iter().enumerate() {
            let (failure, endpoint) = (failure(event, *rule), endpoint(*host));
            if *answers {
                log.add_answer(&failure, Some(&endpoint), event, *rule == 0);
                continue;
            }
            let telling = Telling {
                endpoint: Some(&endpoint),
                stream: 0,
                by_number: false,
                flags: if *unreached { UNREACHED } else { OFFLINE },
            };
            log.add(&failure, telling);
        }
        Rc::new(log)
    }

    proptest! {
        #[test]
        fn whatever_is_in_a_run_is_like_its_first_and_whatever_is_seen_is_in_a_run(
            told in proptest::collection::vec(
                (0usize..3, any::<bool>(), 0usize..2, proptest::bool::weighted(0.2)), 1..60),
            looks in proptest::collection::vec(
                ((0usize..60, 0usize..60), proptest::collection::vec(0usize..60, 0..3), any::<bool>(),
                    proptest::option::of(0i64..100), any::<bool>()), 1..8),
        ) {
            let log = log(&told);
            for ((one, other), mut early, late, brief, offline) in looks {
                let range = one.min(other).min(log.len())..one.max(other).min(log.len());
                early.sort_unstable();
                let at = |event: usize| (event, event as i64 * 10);
                let before = Before {
                    log: log.clone(),
                    attempt: range.end,
                    range,
                    early: early.into_iter().map(at).collect(),
                    late: late.then_some(at(70)),
                    aside: false,
                    brief,
                    offline: offline.then_some(9),
                    seen: Seen::default(),
                };
                let all: Vec<Failure> = before.iter().collect();
                let runs: Vec<Run> = before.runs().collect();
                let key = |f: &Failure| (f.rule, f.aside, f.recovered);
                for failure in &all {
                    let like = |run: &&Run| {
                        key(&run.first) == key(failure)
                            && (run.first.event..=run.last.0).contains(&failure.event)
                    };
                    prop_assert!(runs.iter().any(|run| like(&run)), "{failure:?}");
                }
                for run in &runs {
                    let is = |event: usize| {
                        all.iter().any(|f| f.event == event && key(f) == key(&run.first))
                    };
                    prop_assert!(is(run.first.event) && is(run.last.0), "{run:?}");
                    prop_assert_eq!(run.last.1, run.last.0 as i64 * 10);
                }
                prop_assert!(runs.is_sorted_by_key(|run| run.first.event));
                let mut of_kinds = Vec::new();
                for (kind, rule) in before.kinds() {
                    before.for_each_of(kind, before.range.clone(), |failure| {
                        of_kinds.push((failure.event, rule));
                    });
                }
                of_kinds.sort_unstable();
                prop_assert!(of_kinds.into_iter().eq(all.iter().map(|f| (f.event, f.rule))));
            }
        }
    }
}
