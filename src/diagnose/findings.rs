//! Findings: failures of one class, cause and stage, put together; which of them is the cause, and how sure it is.

use std::collections::BTreeMap;

use super::attempts::Failure;
use super::confidence::{Gaps, Place, Reason, judge};
use super::coverage::first_seen_late;
use super::cut::Cutter;
use super::event::Numbers;
use super::group::{Group, groups_of};
use super::kept::Attempts;
use super::known::Known;
use super::notes::{Note, capture, notes_of};
use super::remarks::remarks;
use super::verdict::ordered;
use crate::grammar::Meaning;
use crate::grammar::rule::Basis;
use crate::model::report::{Confidence, Role, Severity};

/// One client with its attempts.
#[derive(Debug)]
pub struct ClientState {
    /// Its name; empty where there is only one.
    pub name: String,
    /// Its attempts, oldest first.
    pub attempts: Attempts,
    /// Indices of its events, in order.
    pub events: Numbers,
    /// Of those that name a version, the last one of each mark, and of each that has the version's number; in order.
    pub versions: Vec<usize>,
}

impl Diagnosis {
    /// True if a part of what it rests on could not be read again from the temporary file.
    pub fn is_broken(&self) -> bool {
        let mut clients = self.clients.iter();
        clients.any(|client| client.attempts.is_broken() || client.events.is_broken())
    }
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
    /// What speaks against it or explains it.
    pub notes: Vec<Note>,
}

/// Everything that was concluded.
#[derive(Debug)]
pub struct Diagnosis {
    /// Clients by name.
    pub clients: Vec<ClientState>,
    /// Findings: causes before consequences, worse before better, earlier before later.
    pub findings: Vec<FindingState>,
}

/// Concludes. `names`: those of the clients, in order.
pub fn diagnose(cutter: &Cutter<'_>, names: &[String]) -> Diagnosis {
    let mut clients: Vec<ClientState> = names
        .iter()
        .map(|name| ClientState {
            name: name.clone(),
            attempts: Attempts::new(0, None),
            events: Numbers::new(cutter.all.folder()),
            versions: Vec::new(),
        })
        .collect();
    for index in 0..cutter.all.len() {
        clients[cutter.all.client(index)].events.push(index);
    }
    let mut findings = Vec::new();
    for (number, client) in clients.iter_mut().enumerate() {
        client.events = super::windows::filter(
            cutter.catalog,
            cutter.all,
            &client.events,
            cutter.ends,
            cutter.programs,
        );
        client.versions = versions(cutter, &client.events);
        let known = Known::of(cutter, &client.events);
        client.attempts = cutter.cut(&client.events, &known);
        findings.extend(findings_of(cutter, number, client, &known));
    }
    let deciding: Vec<Option<usize>> = clients
        .iter()
        .map(|client| client.deciding(cutter.catalog))
        .collect();
    Diagnosis {
        clients,
        findings: ordered(findings, cutter.all, &deciding),
    }
}

/// The last events that name each version.
fn versions(cutter: &Cutter<'_>, events: &Numbers) -> Vec<usize> {
    let mut last: BTreeMap<(u32, bool), usize> = BTreeMap::new();
    for index in events.iter() {
        let told = cutter.all.told(index);
        if let Meaning::Version(mark) = told.meaning {
            let has_number = capture(told, "version").is_some();
            last.insert((mark, has_number), index);
        }
    }
    let mut last: Vec<usize> = last.into_values().collect();
    last.sort_unstable();
    last
}

fn findings_of(
    cutter: &Cutter<'_>,
    client: usize,
    state: &ClientState,
    known: &Known,
) -> Vec<FindingState> {
    let mut merged: Vec<(FindingState, Place)> = Vec::new();
    for (number, attempt) in state.attempts.iter().enumerate() {
        let groups = groups_of(cutter, &attempt);
        // The first open group of the first failing stage is the cause; the groups stand in the order of stages.
        let mut cause: Option<(usize, String, String, usize)> = None;
        for group in groups {
            let open = group.failures.iter().any(Failure::stands);
            let first = first_standing(&group);
            let follows = open
                && cause.as_ref().is_some_and(|(_, class, what, since)| {
                    is_echo(cutter, &group, class, what) && first >= *since
                });
            let role = if follows {
                Role::Consequence
            } else {
                Role::Cause
            };
            let (class, what) = (group.class.clone(), group.cause.clone());
            let index = merge(&mut merged, cutter, client, number, group, role, open);
            if role == Role::Cause && open && cause.is_none() {
                cause = Some((index, class, what, first));
            } else if role == Role::Consequence {
                let of = cause.as_ref().map(|(index, ..)| *index);
                merged[index].0.follows_from = merged[index].0.follows_from.or(of);
            }
        }
    }
    let mut findings: Vec<FindingState> = Vec::new();
    let gaps = Gaps {
        mid_login: first_seen_late(state, &cutter.catalog.chain).is_some(),
        lost: state
            .events
            .iter()
            .any(|e| cutter.lossy[cutter.all.source(e)]),
    };
    for (mut finding, place) in merged {
        // Failures of a helper that still stand in the next attempt are the same records.
        for events in [&mut finding.events, &mut finding.support] {
            events.sort_unstable();
            events.dedup();
        }
        finding.notes = notes_of(cutter, state, &finding);
        judge(cutter, &mut finding, place, gaps);
        findings.push(finding);
    }
    // What a failure tells already is no remark of its own.
    let more: Vec<FindingState> = remarks(cutter, client, state, known)
        .into_iter()
        .filter(|r| {
            let same = |f: &FindingState| (&f.class, &f.cause) == (&r.class, &r.cause);
            !findings.iter().any(same)
        })
        .collect();
    findings.extend(more);
    findings
}

/// When the first failure of the group that stands was written.
fn first_standing(group: &Group) -> usize {
    let standing = group.failures.iter().filter(|f| f.stands());
    standing.map(|f| f.event).min().unwrap_or(usize::MAX)
}

/// True if a failure at a later stage may be no more than the echo of the cause: its class has no cause of its own here,
/// or it is the same trouble once more. A later record alone proves nothing.
fn is_echo(cutter: &Cutter<'_>, group: &Group, class: &str, cause: &str) -> bool {
    let classes = &cutter.catalog.chain.classes;
    group.wrapper
        || classes.get(&group.class).is_some_and(|c| c.follows)
        || (group.class.as_str(), group.cause.as_str()) == (class, cause)
}

/// Adds events of one more attempt. What stands from an attempt before comes again and again: it is kept once.
fn extend(known: &mut Vec<usize>, events: Vec<usize>) {
    if known.len() + events.len() > known.capacity() {
        known.sort_unstable();
        known.dedup();
    }
    known.extend(events);
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
    // A word that names the stage is no address: it places the failure, and proves no endpoint.
    let is_address = |f: &Failure| {
        let endpoint = cutter.all.told(f.event).endpoint.as_ref();
        endpoint.is_none_or(crate::grammar::endpoint::Endpoint::is_address)
    };
    let placed = || group.failures.iter().filter(|f| f.at_endpoint);
    let at_endpoint = placed().any(is_address);
    let in_context = placed().next().is_some() || group.failures.iter().any(|f| f.in_context);
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
    let severity = match (aside, open) {
        (true, _) => severity.min(Severity::Warning),
        // A warning that nothing made up for failed its stage after all.
        (false, true) => severity.max(Severity::Error),
        (false, false) => severity,
    };
    let place = Place {
        at_endpoint,
        in_context,
        both_sides: group.both_sides,
    };
    match found {
        Some(index) => {
            let (finding, known) = &mut merged[index];
            extend(&mut finding.events, events);
            extend(&mut finding.support, group.support);
            if finding.attempts.last() != Some(&attempt) {
                finding.attempts.push(attempt);
            }
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
                notes: Vec::new(),
            };
            merged.push((finding, place));
            merged.len() - 1
        }
    }
}

/// The rules of the failures: those of the finding's own class and cause first, what a runtime wrote before what was
/// concluded, a number before a text.
fn rules_by_telling(
    cutter: &Cutter<'_>,
    failures: &[Failure],
    class: &str,
    cause: &str,
) -> Vec<usize> {
    let mut best: BTreeMap<usize, (bool, bool, bool, Basis)> = BTreeMap::new();
    for failure in failures {
        let rule = &cutter.catalog.rules[failure.rule];
        let own = rule.class == class && rule.cause == cause;
        let by_number = cutter.all.told(failure.event).by_number;
        let telling = (own, !rule.gives_way(), by_number, rule.basis);
        let entry = best.entry(failure.rule).or_insert(telling);
        *entry = (*entry).max(telling);
    }
    let mut rules: Vec<usize> = best.keys().copied().collect();
    rules.sort_by_key(|rule| (std::cmp::Reverse(best[rule]), *rule));
    rules
}
