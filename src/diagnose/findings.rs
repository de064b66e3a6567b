//! Findings: failures of one class, cause and stage, put together; which of them is the cause, and how sure it is.

use std::collections::BTreeMap;

use super::attempts::{AttemptState, Cutter, Failure};
use super::event::Event;
use super::known::Known;
use crate::grammar::rule::{Basis, RuleStage};
use crate::grammar::{Catalog, Meaning};
use crate::model::report::{Confidence, Role, Severity, Verdict};

/// One client with its attempts.
#[derive(Debug)]
pub struct ClientState {
    /// Its name; empty where there is only one.
    pub name: String,
    /// Its attempts, oldest first.
    pub attempts: Vec<AttemptState>,
    /// Indices of its events, in order.
    pub events: Vec<usize>,
}

/// Why a finding is as sure as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A number of a runtime or of Windows was seen.
    Code,
    /// The record names the endpoint of the stage, or the program's trace is about this stage only.
    Endpoint,
    /// Both sides of the event wrote about it.
    BothSides,
    /// The rule is the vendor's.
    Vendor,
    /// The rule is only a conclusion of ours.
    InferredOnly,
    /// The rule rests on reverse engineering by others.
    ThirdPartyOnly,
    /// The text carries no cause of its own.
    WrapperOnly,
    /// No endpoint stands in the record, but the record that began the stage does stand before it.
    BegunBefore,
    /// No endpoint stands in the record, and nothing says what was begun: the stage is a guess from the order.
    StageByContext,
    /// A version speaks against it.
    VersionAgainst,
}

/// One finding.
#[derive(Debug, Clone)]
pub struct FindingState {
    /// Index of the client.
    pub client: usize,
    /// Class.
    pub class: String,
    /// Cause.
    pub cause: String,
    /// Index of the stage.
    pub stage: usize,
    /// Indices of rules, the most telling first.
    pub rules: Vec<usize>,
    /// Indices of the events that count, in order.
    pub events: Vec<usize>,
    /// Indices of events that support it without counting (wrappers).
    pub support: Vec<usize>,
    /// Indices of the attempts that it belongs to.
    pub attempts: Vec<usize>,
    /// Cause or consequence.
    pub role: Role,
    /// Index of the finding that it follows from.
    pub follows_from: Option<usize>,
    /// True if a failure of it stands that nothing made up for.
    pub open: bool,
    /// Event that made up for it, if nothing of it stands.
    pub recovered: Option<usize>,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// Everything that was concluded.
#[derive(Debug)]
pub struct Diagnosis {
    /// Clients by name.
    pub clients: Vec<ClientState>,
    /// Findings: causes before consequences, worse before better, earlier before later.
    pub findings: Vec<FindingState>,
}

/// Concludes. `client_of`: for each source the index into `names`.
pub fn diagnose(cutter: &Cutter<'_>, names: &[String], client_of: &[usize]) -> Diagnosis {
    let mut clients: Vec<ClientState> = names
        .iter()
        .map(|name| ClientState {
            name: name.clone(),
            attempts: Vec::new(),
            events: Vec::new(),
        })
        .collect();
    for (index, event) in cutter.all.iter().enumerate() {
        clients[client_of[event.placed.source as usize]]
            .events
            .push(index);
    }
    let mut findings = Vec::new();
    for (number, client) in clients.iter_mut().enumerate() {
        client.events =
            super::windows::filter(cutter.catalog, cutter.all, &client.events, cutter.ends);
        client.attempts = cutter.cut(&client.events);
        findings.extend(findings_of(cutter, number, client));
    }
    Diagnosis {
        clients,
        findings: ordered(findings, cutter.all),
    }
}

/// How well the place of a finding is known.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    at_endpoint: bool,
    in_context: bool,
    both_sides: bool,
}

/// One group of failures inside one attempt.
struct Group {
    class: String,
    cause: String,
    stage: usize,
    wrapper: bool,
    failures: Vec<Failure>,
    support: Vec<usize>,
    both_sides: bool,
}

fn findings_of(cutter: &Cutter<'_>, client: usize, state: &ClientState) -> Vec<FindingState> {
    let mut merged: Vec<(FindingState, Place)> = Vec::new();
    for (number, attempt) in state.attempts.iter().enumerate() {
        let groups = groups_of(cutter, attempt);
        let failing = attempt.failing();
        let mut cause: Option<usize> = None;
        for group in groups {
            let open = group.failures.iter().any(Failure::stands);
            let role = if open && failing.is_some_and(|first| group.stage > first) {
                Role::Consequence
            } else {
                Role::Cause
            };
            let index = merge(&mut merged, cutter, client, number, group, role, open);
            if role == Role::Cause && open {
                cause.get_or_insert(index);
            } else if role == Role::Consequence {
                merged[index].0.follows_from = merged[index].0.follows_from.or(cause);
            }
        }
    }
    let mut findings: Vec<FindingState> = Vec::new();
    for (mut finding, place) in merged {
        judge(cutter, &mut finding, place);
        findings.push(finding);
    }
    findings.extend(remarks(cutter, client, state));
    findings
}

/// Groups the failures of an attempt by stage, class and cause; the other side of an event and mere wrappers are
/// folded into what explains them.
fn groups_of(cutter: &Cutter<'_>, attempt: &AttemptState) -> Vec<Group> {
    let mut all = Vec::new();
    for (stage, state) in attempt.stages.iter().enumerate() {
        let mut groups: Vec<Group> = Vec::new();
        for failure in &state.failures {
            let rule = &cutter.catalog.rules[failure.rule];
            match groups
                .iter_mut()
                .find(|g| g.class == rule.class && g.cause == rule.cause)
            {
                Some(group) => {
                    group.failures.push(*failure);
                    group.wrapper &= rule.wrapper;
                }
                None => groups.push(Group {
                    class: rule.class.clone(),
                    cause: rule.cause.clone(),
                    stage,
                    wrapper: rule.wrapper,
                    failures: vec![*failure],
                    support: Vec::new(),
                    both_sides: false,
                }),
            }
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
            *other != index && !target.wrapper && (groups[index].wrapper || by.iter().any(named))
        });
        let Some(target) = target else {
            index += 1;
            continue;
        };
        let folded = groups.remove(index);
        let target = &mut groups[if target > index { target - 1 } else { target }];
        let source = |f: &Failure| cutter.all[f.event].placed.source;
        if folded.wrapper {
            target
                .support
                .extend(folded.failures.iter().map(|f| f.event));
        } else {
            target.both_sides |= folded
                .failures
                .iter()
                .any(|f| target.failures.iter().all(|t| source(t) != source(f)));
            target.failures.extend(&folded.failures);
            target.failures.sort_by_key(|f| f.event);
        }
        target.support.extend(folded.support);
        index = 0;
    }
}

fn merge(
    merged: &mut Vec<(FindingState, Place)>,
    cutter: &Cutter<'_>,
    client: usize,
    attempt: usize,
    group: Group,
    role: Role,
    open: bool,
) -> usize {
    let at_endpoint = group.failures.iter().any(|f| f.at_endpoint);
    let in_context = group.failures.iter().any(|f| f.in_context);
    let aside = group.failures.iter().all(|f| f.aside);
    let recovered = if open {
        None
    } else {
        group.failures.iter().filter_map(|f| f.recovered).max()
    };
    let events: Vec<usize> = group.failures.iter().map(|f| f.event).collect();
    let rules = rules_by_telling(cutter, &group.failures, &group.class, &group.cause);
    let found = merged.iter().position(|(f, _)| {
        (&f.class, &f.cause, f.stage) == (&group.class, &group.cause, group.stage)
    });
    let severity = rules
        .iter()
        .map(|r| cutter.catalog.rules[*r].severity)
        .max()
        .unwrap_or(Severity::Error);
    let severity = if aside {
        severity.min(Severity::Warning)
    } else {
        severity
    };
    let place = Place {
        at_endpoint,
        in_context,
        both_sides: group.both_sides,
    };
    match found {
        Some(index) => {
            let (finding, known) = &mut merged[index];
            // Failures of a helper that still stand in the next attempt are the same records.
            finding.events.extend(events);
            finding.events.sort_unstable();
            finding.events.dedup();
            finding.support.extend(group.support);
            finding.support.sort_unstable();
            finding.support.dedup();
            finding.attempts.push(attempt);
            finding.role = finding.role.min(role);
            finding.open |= open;
            finding.recovered = if finding.open {
                None
            } else {
                finding.recovered.max(recovered)
            };
            finding.severity = finding.severity.max(severity);
            for rule in rules {
                if !finding.rules.contains(&rule) {
                    finding.rules.push(rule);
                }
            }
            known.at_endpoint |= place.at_endpoint;
            known.in_context |= place.in_context;
            known.both_sides |= place.both_sides;
            index
        }
        None => {
            let finding = FindingState {
                client,
                class: group.class,
                cause: group.cause,
                stage: group.stage,
                rules,
                events,
                support: group.support,
                attempts: vec![attempt],
                role,
                follows_from: None,
                open,
                recovered,
                severity,
                confidence: Confidence::Possible,
                reasons: Vec::new(),
            };
            merged.push((finding, place));
            merged.len() - 1
        }
    }
}

/// The rules of the failures: those of the finding's own class and cause first, a number before a text.
fn rules_by_telling(
    cutter: &Cutter<'_>,
    failures: &[Failure],
    class: &str,
    cause: &str,
) -> Vec<usize> {
    let mut best: BTreeMap<usize, (bool, bool, Basis)> = BTreeMap::new();
    for failure in failures {
        let rule = &cutter.catalog.rules[failure.rule];
        let own = rule.class == class && rule.cause == cause;
        let telling = (own, cutter.all[failure.event].by_number, rule.basis);
        let entry = best.entry(failure.rule).or_insert(telling);
        *entry = (*entry).max(telling);
    }
    let mut rules: Vec<usize> = best.keys().copied().collect();
    rules.sort_by_key(|rule| (std::cmp::Reverse(best[rule]), *rule));
    rules
}

/// The stated rules of confidence; ARCHITECTURE.md has them in words.
fn judge(cutter: &Cutter<'_>, finding: &mut FindingState, place: Place) {
    let Place {
        at_endpoint,
        in_context,
        both_sides,
    } = place;
    let rules: Vec<_> = finding
        .rules
        .iter()
        .map(|r| &cutter.catalog.rules[*r])
        .collect();
    let basis = rules.iter().filter(|r| !r.wrapper).map(|r| r.basis).max();
    let code = finding.events.iter().any(|e| cutter.all[*e].by_number);
    let fixed = rules.iter().any(|r| matches!(r.stage, RuleStage::Fixed(_)));
    let mut reasons = Vec::new();
    if code {
        reasons.push(Reason::Code);
    }
    if at_endpoint {
        reasons.push(Reason::Endpoint);
    } else if !fixed {
        reasons.push(if in_context {
            Reason::BegunBefore
        } else {
            Reason::StageByContext
        });
    }
    if both_sides {
        reasons.push(Reason::BothSides);
    }
    let place = at_endpoint || fixed || in_context;
    let mut confidence = match (place, code || both_sides) {
        (true, true) if at_endpoint || both_sides => Confidence::Certain,
        (true, _) | (false, true) => Confidence::Likely,
        (false, false) => Confidence::Possible,
    };
    match basis {
        Some(Basis::Vendor) => reasons.push(Reason::Vendor),
        Some(Basis::Framework) => {}
        Some(Basis::ThirdParty) => {
            reasons.push(Reason::ThirdPartyOnly);
            confidence = confidence.min(Confidence::Likely);
        }
        Some(Basis::Inferred) => {
            reasons.push(Reason::InferredOnly);
            confidence = Confidence::Possible;
        }
        None => {
            reasons.push(Reason::WrapperOnly);
            confidence = Confidence::Possible;
        }
    }
    finding.confidence = confidence;
    finding.reasons = reasons;
}

/// Rules of severity `warning` and `info` fail no stage; they are findings of their own.
fn remarks(cutter: &Cutter<'_>, client: usize, state: &ClientState) -> Vec<FindingState> {
    let mut found: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for &index in &state.events {
        if let Meaning::Rule(rule) = cutter.all[index].meaning
            && cutter.all[index].assumed.is_none()
            && cutter.catalog.rules[rule as usize].severity < Severity::Error
        {
            found.entry(rule as usize).or_default().push(index);
        }
    }
    let known = Known::of(cutter.catalog, cutter.all, &state.events);
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
            };
            judge(
                cutter,
                &mut finding,
                Place {
                    at_endpoint,
                    ..Place::default()
                },
            );
            finding
        })
        // A warning that a later success made up for is nothing to tell.
        .filter(|finding| finding.open)
        .collect()
}

/// Sorts findings for the report and mends their references.
fn ordered(findings: Vec<FindingState>, events: &[Event]) -> Vec<FindingState> {
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
        let first = events[f.events[0]].placed;
        (
            f.recovered.is_some(),
            f.severity < Severity::Error,
            f.role,
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
    let mut sorted: Vec<FindingState> = order
        .into_iter()
        .map(|index| global[index].clone())
        .collect();
    for finding in &mut sorted {
        finding.follows_from = finding.follows_from.map(|at| place[at]);
    }
    sorted
}

/// The verdict of one attempt.
pub fn verdict_of(attempt: &AttemptState, catalog: &Catalog) -> Verdict {
    if attempt.failing().is_some() {
        Verdict::Failure
    } else if attempt.reached_the_end(&catalog.chain) {
        if attempt
            .stages
            .iter()
            .flat_map(|s| &s.failures)
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
        .flat_map(|s| &s.failures)
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
        self.attempts
            .iter()
            .rposition(|a| verdict_of(a, catalog) != Verdict::Insufficient)
    }

    /// The client's verdict: that of its last decided attempt; a success after failures is a recovery.
    pub fn verdict(&self, catalog: &Catalog) -> Verdict {
        let Some(index) = self.deciding(catalog) else {
            return Verdict::Insufficient;
        };
        let verdict = verdict_of(&self.attempts[index], catalog);
        let failed_before = self.attempts[..index]
            .iter()
            .any(|a| a.stages.iter().any(|s| !s.failures.is_empty()));
        if verdict == Verdict::Healthy && failed_before {
            Verdict::Recovered
        } else {
            verdict
        }
    }
}
