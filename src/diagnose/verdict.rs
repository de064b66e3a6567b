//! Verdicts of attempts and clients, and the order of findings.

use std::ops::Range;

use super::attempts::{AttemptState, StageState};
use super::event::Events;
use super::failure::Failure;
use super::findings::{ClientState, FindingState};
use crate::grammar::Catalog;
use crate::model::report::{Severity, Verdict};

/// The verdict of one attempt.
pub fn verdict_of(attempt: &AttemptState, catalog: &Catalog) -> Verdict {
    verdict_at(attempt, catalog, usize::MAX)
}

/// The verdict as it was at that event, whatever came later.
pub fn verdict_at(attempt: &AttemptState, catalog: &Catalog, end: usize) -> Verdict {
    let stands = |f: Failure| f.event <= end && f.stands_at(end);
    let goal = catalog.chain.goal();
    let reached = attempt.stages[goal..]
        .iter()
        .any(|s| s.passed.is_some_and(|passed| passed <= end));
    if attempt
        .stages
        .iter()
        .flat_map(|s| s.failures.distinct())
        .any(stands)
    {
        Verdict::Failure
    } else if reached {
        if attempt
            .stages
            .iter()
            .flat_map(|s| s.failures.distinct())
            .any(|f| !f.aside)
        {
            Verdict::Recovered
        } else {
            Verdict::Healthy
        }
    } else {
        Verdict::Insufficient
    }
}

/// How an attempt looks on its own, whatever a later one made up for.
pub fn own_verdict(attempt: &AttemptState, catalog: &Catalog) -> Verdict {
    let failed = attempt
        .stages
        .iter()
        .flat_map(|s| s.failures.distinct())
        .any(|f| f.stands_at(attempt.last));
    if failed {
        Verdict::Failure
    } else {
        verdict_of(attempt, catalog)
    }
}

impl ClientState {
    /// The attempt that decides: the last one with an outcome.
    pub fn deciding(&self, catalog: &Catalog) -> Option<usize> {
        let decides =
            |index: &usize| verdict_of(&self.attempts.at(*index), catalog) != Verdict::Insufficient;
        let find = || (0..self.attempts.len()).rev().find(decides);
        *self.decided.get_or_init(find)
    }

    /// The number of the attempt that was under way then; `None` if there is none.
    pub fn attempt_at(&self, instant: i64, events: &Events) -> Option<usize> {
        let until = events.until(instant);
        let begun = self.attempts.partition_point(|first| first < until);
        (!self.attempts.is_empty()).then(|| begun.saturating_sub(1))
    }

    /// For each number of attempts how many of the first ones neither logged in nor failed at a stage where `told`, findings of
    /// this client, say of what.
    pub fn unexplained(&self, told: &[&FindingState]) -> Vec<u32> {
        let mut count = 0;
        let mut counts = vec![0];
        for (number, attempt) in self.attempts.iter().enumerate() {
            let failed = |state: &StageState| {
                let mut failures = state.failures.distinct();
                failures.any(|failure| failure.stands_at(attempt.last))
            };
            let stages = attempt.stages.iter().enumerate();
            let failed: Vec<usize> = stages
                .filter(|(_, state)| failed(state))
                .map(|(stage, _)| stage)
                .collect();
            let is_told = told
                .iter()
                .any(|f| failed.contains(&f.stage) && f.attempts.contains(number));
            let is_well = failed.is_empty() && attempt.reached_the_end();
            count += u32::from(!is_told && !is_well);
            counts.push(count);
        }
        counts
    }

    /// The instants of the attempt that decides, if it failed: at no others [`Self::stage_at`] says that it did.
    pub fn failing_span(&self, events: &Events, catalog: &Catalog) -> Range<i64> {
        let Some(number) = self.deciding(catalog) else {
            return 0..0;
        };
        if self.attempts.at(number).failing().is_none() {
            return 0..0;
        }
        let begins = |number: usize| {
            let is_there = number < self.attempts.len();
            is_there.then(|| events.order(self.attempts.first_event(number)))
        };
        let from = Some(number).filter(|number| *number > 0).and_then(begins);
        from.unwrap_or(i64::MIN)..begins(number + 1).unwrap_or(i64::MAX)
    }

    /// The stage that the client was at then, and whether it is where the deciding attempt failed.
    pub fn stage_at(
        &self,
        instant: i64,
        events: &Events,
        catalog: &Catalog,
    ) -> Option<(usize, bool)> {
        let until = events.until(instant);
        let number = self.attempt_at(instant, events)?;
        let attempt = self.attempts.at(number);
        let known = self.failing.get().filter(|(known, _)| *known == number);
        let failing = known.map_or_else(|| attempt.failing(), |(_, failing)| failing);
        self.failing.set(Some((number, failing)));
        let touched = attempt.stages.iter().enumerate().flat_map(|(stage, s)| {
            let failed = s.failures.last_before(until);
            let all = [failed, s.started, s.passed, s.passed_last];
            all.into_iter().flatten().map(move |event| (event, stage))
        });
        let last = catalog.chain.stages.len() - 1;
        let stage =
            touched
                .filter(|(event, _)| *event < until)
                .max()
                .map_or(0, |(event, stage)| {
                    // What was passed is behind the client: it was on its way to the next stage.
                    let passed = attempt.stages[stage].passed_last == Some(event);
                    if passed { (stage + 1).min(last) } else { stage }
                });
        let fails = failing == Some(stage);
        Some((stage, fails && self.deciding(catalog) == Some(number)))
    }
}

/// Sorts findings for the report and mends their references.
pub(super) fn ordered(
    findings: Vec<FindingState>,
    events: &Events,
    deciding: &[Option<usize>],
) -> Vec<FindingState> {
    // References were made inside one client; make them global first.
    let mut base = 0;
    let mut previous = None;
    let mut global: Vec<FindingState> = Vec::new();
    for (index, mut finding) in findings.into_iter().enumerate() {
        if previous != Some(finding.client) {
            base = index;
            previous = Some(finding.client);
        }
        finding.follows_from = finding.follows_from.map(|at| at + base);
        global.push(finding);
    }
    let key = |f: &FindingState| {
        let first = f.events.first_of().map(|first| events.placed(first));
        (
            f.recovered.is_some(),
            f.severity < Severity::Error,
            f.role,
            // What decides comes before what an older attempt left open.
            !deciding[f.client].is_some_and(|attempt| f.attempts.contains(attempt)),
            std::cmp::Reverse(f.severity),
            f.client,
            f.stage,
            first,
            f.class.clone(),
            f.cause.clone(),
        )
    };
    let mut order: Vec<usize> = (0..global.len()).collect();
    order.sort_by_key(|index| key(&global[*index]));
    let mut place = vec![0; order.len()];
    for (new, old) in order.iter().enumerate() {
        place[*old] = new;
    }
    // Each is moved: a finding may have hundreds of thousands of events.
    let mut global: Vec<Option<FindingState>> = global.into_iter().map(Some).collect();
    let mut sorted: Vec<FindingState> = order
        .into_iter()
        .filter_map(|index| global[index].take())
        .collect();
    for finding in &mut sorted {
        finding.follows_from = finding.follows_from.map(|at| place[at]);
    }
    sorted
}
