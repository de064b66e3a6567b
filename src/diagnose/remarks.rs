//! Remarks: rules of severity `warning` and `info` fail no stage; they are findings of their own.

use std::collections::{BTreeMap, BTreeSet};

use super::confidence::{Gaps, Place, judge};
use super::cut::Cutter;
use super::findings::{ClientState, FindingState};
use super::known::Known;
use crate::grammar::Meaning;
use crate::model::report::{Confidence, Role, Severity};

/// Rules of severity `warning` and `info` fail no stage; they are findings of their own.
pub(super) fn remarks(
    cutter: &Cutter<'_>,
    client: usize,
    state: &ClientState,
) -> Vec<FindingState> {
    let mut found: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let told: BTreeSet<usize> = state
        .attempts
        .iter()
        .flat_map(|a| {
            // What stands from before was told in an attempt before it.
            let failures = a.stages.iter().flat_map(|s| s.failures.own());
            let failures = failures.map(|f| f.event);
            failures.chain(a.dismissed.iter().copied())
        })
        .collect();
    let known = Known::of(cutter, &state.events);
    for &index in state.events.iter().filter(|e| !told.contains(e)) {
        if let Meaning::Rule(rule) = cutter.all[index].meaning
            && !cutter.is_foreign(index, rule as usize, &known)
            && cutter.all[index].assumed.is_none()
            && cutter.catalog.rules[rule as usize].severity < Severity::Error
        {
            found.entry(rule as usize).or_default().push(index);
        }
    }
    let failed = state.attempts.last().is_some_and(|a| a.failing().is_some());
    let attempt_of = |event: usize| {
        state
            .attempts
            .iter()
            .rposition(|a| a.first <= event)
            .unwrap_or(0)
    };
    found
        .into_iter()
        .map(|(rule, events)| {
            let definition = &cutter.catalog.rules[rule];
            let attempt = attempt_of(events[0]);
            let (stage, at_endpoint) = state.attempts.get(attempt).map_or((0, false), |a| {
                cutter.stage_of(events[0], definition, a, &known)
            });
            let last = *events.last().expect("a remark has a record");
            let passes = state
                .attempts
                .iter()
                .flat_map(|a| &a.stages[stage..])
                .flat_map(|s| [s.passed, s.passed_last]);
            let recovered = passes.flatten().filter(|p| *p > last).min();
            let mut finding = FindingState {
                client,
                class: definition.class.clone(),
                cause: definition.cause.clone(),
                stage,
                rules: vec![rule],
                events,
                support: Vec::new(),
                attempts: vec![attempt],
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
