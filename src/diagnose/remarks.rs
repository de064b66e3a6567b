//! Remarks: rules of severity `warning` and `info` fail no stage; they are findings of their own.

use std::collections::BTreeMap;

use super::confidence::{Gaps, Place, judge};
use super::cut::Cutter;
use super::findings::{ClientState, FindingState, Kinds};
use super::known::Known;
use super::numbers::Numbers;
use crate::grammar::Meaning;
use crate::model::report::{Confidence, Role, Severity};

/// Which events a failure tells already, or mean nothing where they stand: one bit each.
struct Told(Vec<u64>);

impl Told {
    fn of(cutter: &Cutter<'_>, state: &ClientState) -> Self {
        let mut told = Self(vec![0; cutter.all.len() / 64 + 1]);
        (state.attempts).for_each_told(|event| told.0[event / 64] |= 1 << (event % 64));
        told
    }

    fn contains(&self, event: usize) -> bool {
        self.0[event / 64] >> (event % 64) & 1 == 1
    }
}

/// Rules of severity `warning` and `info` fail no stage; they are findings of their own.
pub(super) fn remarks(
    cutter: &Cutter<'_>,
    client: usize,
    state: &ClientState,
    known: &Known,
) -> Vec<FindingState> {
    let mut found: BTreeMap<usize, (Numbers, Kinds)> = BTreeMap::new();
    let none = || Numbers::one_of_many(cutter.all.folder());
    let is_remark = |told: &crate::grammar::told::Told| {
        told.assumed.is_none()
            && matches!(told.meaning, Meaning::Rule(rule) if cutter.catalog.rules[rule as usize].severity < Severity::Error)
    };
    if !cutter.all.any_tells(is_remark) {
        return Vec::new();
    }
    let told = Told::of(cutter, state);
    let remarks: Vec<bool> = cutter.all.all_told().map(is_remark).collect();
    cutter.all.look_at_apart(&state.events, |_, look| {
        if remarks[look.tells]
            && let Meaning::Rule(rule) = look.told.meaning
            && !told.contains(look.index)
            && !cutter.is_foreign(&look, rule as usize, known)
        {
            let found = found.entry(rule as usize);
            let (events, kinds) = found.or_insert_with(|| (none(), Kinds::default()));
            events.push(look.index);
            kinds.take(&look);
        }
    });
    let failed = state.attempts.last().is_some_and(|a| a.failing().is_some());
    let attempt_of = |event: usize| {
        let begun = state.attempts.partition_point(|first| first <= event);
        begun.saturating_sub(1)
    };
    found
        .into_iter()
        .map(|(rule, (events, kinds))| {
            let definition = &cutter.catalog.rules[rule];
            let first = events.get(0);
            let attempt = attempt_of(first);
            let (stage, at_endpoint) = state.attempts.get(attempt).map_or((0, false), |a| {
                cutter.stage_of(&cutter.all.look(first), rule, &a, known)
            });
            let last = events.last().expect("a remark has a record");
            // What an attempt has from before was passed in one before it, so the first one that has any has the first.
            let recovered = (attempt_of(last)..state.attempts.len()).find_map(|index| {
                let attempt = state.attempts.at(index);
                let passes = attempt.stages[stage..].iter();
                let passes = passes.flat_map(|s| [s.passed, s.passed_last]);
                passes.flatten().filter(|p| *p > last).min()
            });
            let mut attempts = none();
            attempts.push(attempt);
            let mut finding = FindingState {
                client,
                class: definition.class.clone(),
                cause: definition.cause.clone(),
                stage,
                rules: vec![rule],
                events,
                kinds: kinds.events(),
                support: none(),
                attempts,
                role: Role::Cause,
                follows_from: None,
                open: recovered.is_none(),
                recovered,
                severity: definition.severity,
                confidence: Confidence::Possible,
                reasons: Vec::new(),
                notes: Vec::new(),
            };
            judge(
                cutter,
                &mut finding,
                Place {
                    at_endpoint,
                    ..Place::default()
                },
                Gaps::default(),
            );
            finding
        })
        // A warning that a later success made up for is nothing to tell; what is worth knowing helps where a login failed.
        .filter(|finding| finding.open || finding.severity == Severity::Info && failed)
        .collect()
}
