//! Groups of failures inside one attempt: one class, cause and stage; what is the other side of the same event, or only
//! its wrapper, is folded into what explains it.

use std::collections::{BTreeMap, BTreeSet};

use super::attempts::AttemptState;
use super::before::Run;
use super::cut::Cutter;
use crate::grammar::endpoint::Endpoint;
use crate::grammar::rule::Rule;
use crate::model::time::SECOND;

/// What two programs wrote further apart is not one event, in nanoseconds: nobody's helper stays as it was from one
/// working day to the next.
pub(super) const SAME_EVENT: i64 = 12 * 3600 * SECOND;

/// One group of failures inside one attempt: what is known of all of them, for there may be hundreds of thousands.
pub(super) struct Group {
    pub(super) class: String,
    pub(super) cause: String,
    pub(super) stage: usize,
    pub(super) wrapper: bool,
    /// The rules of its failures, and of those that were folded into it.
    pub(super) rules: BTreeMap<usize, OfRule>,
    /// True if one names an endpoint of the stage, and one that is an address.
    pub(super) placed: bool,
    pub(super) at_endpoint: bool,
    pub(super) in_context: bool,
    /// True if all are aside.
    pub(super) aside: bool,
    /// The last event that made up for one.
    pub(super) recovered: Option<usize>,
    /// The first one that stands.
    pub(super) standing: Option<usize>,
    pub(super) both_sides: bool,
    streams: BTreeSet<u32>,
    spells: Spells,
}

/// What is known of a rule's failures in a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct OfRule {
    /// False if they only support the others.
    pub(super) counts: bool,
    pub(super) by_number: bool,
}

/// When the failures of a group were: from when to when, without a longer pause than twice [`SAME_EVENT`], so that
/// whatever lies inside of a spell is near to one of them.
#[derive(Debug, Default)]
struct Spells(Vec<(i64, i64)>);

impl Spells {
    /// Takes what is later than all others.
    fn take(&mut self, (from, to): (i64, i64)) {
        match self.0.last_mut() {
            Some(last) if from <= last.1 || is_within(from, last.1, 2) => last.1 = last.1.max(to),
            _ => self.0.push((from, to)),
        }
    }

    fn join(&mut self, other: &Self) {
        let mut all = std::mem::take(&mut self.0);
        all.extend(&other.0);
        all.sort_unstable();
        all.into_iter().for_each(|spell| self.take(spell));
    }

    /// True if a failure of the one and a failure of the other may be one event.
    fn is_near(&self, other: &Self) -> bool {
        let near = |a: &(i64, i64), b: &(i64, i64)| {
            let (first, second) = if a.0 <= b.0 { (a, b) } else { (b, a) };
            second.0 <= first.1 || is_within(first.1, second.0, 1)
        };
        let mut own = self.0.iter();
        own.any(|a| other.0.iter().any(|b| near(a, b)))
    }
}

fn is_within(a: i64, b: i64, times: u64) -> bool {
    a.abs_diff(b) <= times * SAME_EVENT.unsigned_abs()
}

impl Group {
    fn new(rule: &Rule, stage: usize) -> Self {
        Self {
            class: rule.class.clone(),
            cause: rule.cause.clone(),
            stage,
            wrapper: rule.wrapper,
            rules: BTreeMap::new(),
            placed: false,
            at_endpoint: false,
            in_context: false,
            aside: true,
            recovered: None,
            standing: None,
            both_sides: false,
            streams: BTreeSet::new(),
            spells: Spells::default(),
        }
    }

    fn take(&mut self, cutter: &Cutter<'_>, run: &Run) {
        let failure = &run.first;
        let told = cutter.all.of_telling(failure.tells);
        let of_rule = self.rules.entry(failure.rule).or_insert(OfRule {
            counts: true,
            by_number: false,
        });
        of_rule.by_number |= told.by_number;
        self.placed |= failure.at_endpoint;
        // A word that names the stage is no address: it places the failure, and proves no endpoint.
        let endpoint = told.endpoint.as_ref();
        self.at_endpoint |= failure.at_endpoint && endpoint.is_none_or(Endpoint::is_address);
        self.in_context |= failure.in_context;
        self.aside &= failure.aside;
        self.recovered = self.recovered.max(failure.recovered);
        if failure.stands() {
            let first = self.standing.unwrap_or(failure.event);
            self.standing = Some(first.min(failure.event));
        }
        let stream = cutter.all.stream_of(failure.source);
        if self.streams.last() != Some(&stream) {
            self.streams.insert(stream);
        }
        self.spells.take((failure.order, run.last.1));
    }

    /// Takes another group as what supports its own failures, or, where it is no wrapper, as more of them.
    fn fold(&mut self, other: Self) {
        if other.wrapper {
            let supports = |(rule, of): (usize, OfRule)| {
                (
                    rule,
                    OfRule {
                        counts: false,
                        ..of
                    },
                )
            };
            self.rules.extend(other.rules.into_iter().map(supports));
            return;
        }
        self.both_sides |= !other.streams.is_subset(&self.streams);
        self.rules.extend(other.rules);
        self.placed |= other.placed;
        self.at_endpoint |= other.at_endpoint;
        self.in_context |= other.in_context;
        self.aside &= other.aside;
        self.recovered = self.recovered.max(other.recovered);
        let standing = [self.standing, other.standing];
        self.standing = standing.into_iter().flatten().min();
        self.streams.extend(&other.streams);
        self.spells.join(&other.spells);
    }

    /// True if a failure of the one and a failure of the other may be one event.
    fn is_near(&self, other: &Self) -> bool {
        !self.streams.is_disjoint(&other.streams) || self.spells.is_near(&other.spells)
    }
}

/// Groups the failures of an attempt by stage, class and cause; the other side of an event and mere wrappers are
/// folded into what explains them.
pub(super) fn groups_of(cutter: &Cutter<'_>, attempt: &AttemptState) -> Vec<Group> {
    let mut all = Vec::new();
    for (stage, state) in attempt.stages.iter().enumerate() {
        let mut groups: Vec<Group> = Vec::new();
        let mut of_rule: BTreeMap<usize, usize> = BTreeMap::new();
        // One failure comes after another of its kind.
        let mut last: Option<(usize, usize)> = None;
        for run in state.failures.runs() {
            let of = run.first.rule;
            if let Some((rule, group)) = last
                && rule == of
            {
                groups[group].take(cutter, &run);
                continue;
            }
            let group = *of_rule.entry(of).or_insert_with(|| {
                let rule = &cutter.catalog.rules[of];
                let same = |g: &Group| g.class == rule.class && g.cause == rule.cause;
                match groups.iter().position(same) {
                    Some(group) => {
                        groups[group].wrapper &= rule.wrapper;
                        group
                    }
                    None => {
                        groups.push(Group::new(rule, stage));
                        groups.len() - 1
                    }
                }
            });
            last = Some((of, group));
            groups[group].take(cutter, &run);
        }
        fold(cutter, &mut groups);
        all.extend(groups);
    }
    all
}

fn fold(cutter: &Cutter<'_>, groups: &mut Vec<Group>) {
    let explained_by = |class: &str| {
        cutter
            .catalog
            .chain
            .classes
            .get(class)
            .map(|c| c.explained_by.clone())
            .unwrap_or_default()
    };
    let mut index = 0;
    while index < groups.len() {
        let by = explained_by(&groups[index].class);
        let target = (0..groups.len()).find(|other| {
            let target = &groups[*other];
            let named = |name: &String| {
                *name == target.class && target.class != groups[index].class
                    || *name == format!("{}/{}", target.class, target.cause)
                    || name == "*" && target.class != groups[index].class
            };
            *other != index
                && !target.wrapper
                && (groups[index].wrapper || by.iter().any(named))
                && groups[index].is_near(target)
        });
        let Some(target) = target else {
            index += 1;
            continue;
        };
        let folded = groups.remove(index);
        groups[if target > index { target - 1 } else { target }].fold(folded);
        index = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn spells_are_near_exactly_where_two_moments_of_them_are(
            mut a in proptest::collection::vec(0i64..40, 1..6),
            mut b in proptest::collection::vec(0i64..40, 1..6),
            more in proptest::collection::vec(0i64..40, 0..4),
        ) {
            let moment = |n: &i64| n * SAME_EVENT / 2;
            let spells = |all: &mut Vec<i64>| {
                all.sort_unstable();
                let mut spells = Spells::default();
                all.iter().map(moment).for_each(|at| spells.take((at, at)));
                spells
            };
            let mut one = spells(&mut a);
            one.join(&spells(&mut more.clone()));
            a.extend(more);
            let near = a.iter().any(|a| b.iter().any(|b| (a - b).abs() <= 2));
            prop_assert_eq!(one.is_near(&spells(&mut b)), near);
        }
    }
}
