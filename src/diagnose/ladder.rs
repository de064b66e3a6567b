//! The ladder of an attempt: the state of each stage, and how it is known.

use super::attempts::AttemptState;
use super::compose::Facts;
use super::failure::Failure;
use super::findings::{Diagnosis, FindingState};
use super::verdict::own_verdict;
use crate::model::report::{Attempt, ChainStep, Finding, Place, Proof, Severity, Status};

pub(super) fn attempt(
    index: usize,
    client: usize,
    facts: &Facts<'_>,
    diagnosis: &Diagnosis,
    id_of: &dyn Fn(usize) -> Option<String>,
) -> Attempt {
    let state = &*diagnosis.clients[client].attempts.at(index);
    let (findings, places) = diagnosis
        .findings
        .iter()
        .enumerate()
        .filter(|(_, f)| f.client == client && f.attempts.contains(index))
        .filter_map(|(i, f)| Some((id_of(i)?, place(f, state, facts))))
        .unzip();
    // A retry loop has thousands of attempts: events are in order, so each finds its own without looking at all.
    let events = &diagnosis.clients[client].events;
    let from = events.partition_point(|e| e < state.first);
    let to = events.partition_point(|e| e <= state.last).max(from);
    let range = || events.range(from..to);
    Attempt {
        start: range().find_map(|e| facts.at(e)),
        end: range().rev().find_map(|e| facts.at(e)),
        verdict: own_verdict(state, facts.catalog),
        chain: ladder(state, index, state.last, client, facts, diagnosis, id_of),
        findings,
        places,
    }
}

/// The first record of a finding in an attempt.
fn place(finding: &FindingState, attempt: &AttemptState, facts: &Facts<'_>) -> Option<Place> {
    let first = finding.events.partition_point(|e| e < attempt.first);
    let event = (first < finding.events.len()).then(|| finding.events.get(first));
    let event = event.filter(|e| *e <= attempt.last)?;
    let placed = facts.events.placed(event);
    Some(Place {
        source: facts.sources[placed.source as usize].path.clone(),
        line: placed.line + u64::from(facts.events.told(event).match_line),
        time: facts.at(event),
    })
}

pub(super) fn ladder(
    state: &AttemptState,
    attempt: usize,
    end: usize,
    client: usize,
    facts: &Facts<'_>,
    diagnosis: &Diagnosis,
    id_of: &dyn Fn(usize) -> Option<String>,
) -> Vec<ChainStep> {
    let stands = |f: Failure| f.stands_at(end);
    let failing = state
        .stages
        .iter()
        .position(|s| s.failures.distinct().any(stands));
    // What the helper writes of itself says nothing on who is logged on; from the third stage on the client has all
    // that the stages before give.
    let reached = state.stages.iter().enumerate().rev().find(|(index, s)| {
        // A prerequisite that is not met says nothing of how far the client came.
        let failed = (s.failures.distinct()).any(|f| f.at_endpoint || f.in_context);
        let touched = s.passed.is_some() || s.started.is_some() || failed;
        let lead_passed = s.passed.is_some_and(|e| facts.lead[facts.events.source(e)]);
        touched && *index >= 2 || lead_passed
    });
    let reached = reached.map(|(index, _)| index);
    let mut steps = empty_ladder(facts);
    for (index, (step, stage)) in steps.iter_mut().zip(&state.stages).enumerate() {
        let finding = diagnosis.findings.iter().enumerate().find(|(_, f)| {
            f.client == client
                && f.stage == index
                && f.attempts.contains(attempt)
                && f.severity >= Severity::Error
        });
        let failure = stage
            .failures
            .distinct()
            .find(|f| stands(*f))
            .or_else(|| stage.failures.distinct().find(|f| !f.aside));
        let endpoint_event = failure.map(|f| f.event).or(stage.passed).or(stage.started);
        step.endpoint = endpoint_event
            .and_then(|e| facts.events.told(e).endpoint.as_ref())
            .filter(|e| e.is_address() && facts.catalog.chain.names.stage_of(e) == Some(index))
            .map(ToString::to_string);
        if stage.failures.distinct().any(stands) {
            step.status = Status::Failed;
            step.at = failure.and_then(|f| facts.at(f.event));
            step.finding = finding.and_then(|(i, _)| id_of(i));
        } else if let Some(recovered) = stage
            .failures
            .distinct()
            .filter(|f| !f.aside)
            .filter_map(|f| f.recovered)
            .filter(|recovered| *recovered <= end)
            .max()
        {
            step.status = Status::Recovered;
            step.at = facts.at(recovered);
            step.finding = finding.and_then(|(i, _)| id_of(i));
        } else if let Some(passed) = stage.passed.filter(|passed| *passed <= end) {
            step.status = Status::Ok;
            step.proof = Some(Proof::Seen);
            step.at = facts.at(passed);
        } else if failing.is_some_and(|first| first < index) {
            step.status = Status::NotReached;
        } else if reached.is_some_and(|reached| reached > index) {
            step.status = Status::Ok;
            step.proof = Some(Proof::Implied);
        }
    }
    steps
}

/// A login that needed a second attempt shows where the first one broke.
pub(super) fn mark_recovered(chain: &mut [ChainStep], findings: &[Finding]) {
    for step in chain.iter_mut().filter(|step| step.status == Status::Ok) {
        let mended = findings.iter().find(|f| {
            f.stage == step.stage && f.recovered_at.is_some() && f.severity >= Severity::Error
        });
        if let Some(finding) = mended {
            step.status = Status::Recovered;
            step.proof = None;
            step.at = finding.recovered_at;
            step.finding = Some(finding.id.clone());
        }
    }
}

pub(super) fn empty_ladder(facts: &Facts<'_>) -> Vec<ChainStep> {
    facts
        .catalog
        .chain
        .stages
        .iter()
        .map(|stage| ChainStep {
            stage: stage.id.clone(),
            title: stage.title.get(facts.lang).to_owned(),
            short: stage.short.get(facts.lang).to_owned(),
            from: stage.from.get(facts.lang).to_owned(),
            to: stage.to.get(facts.lang).to_owned(),
            status: Status::Unknown,
            proof: None,
            at: None,
            endpoint: None,
            finding: None,
        })
        .collect()
}
