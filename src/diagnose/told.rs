//! One finding in words: its texts with their placeholders filled, its remedies, and the evidence that is shown.

use super::compose::Facts;
use super::event::Events;
use super::findings::{Diagnosis, FindingState};
use super::notes::{Note, doubles};
use super::phrases;
use super::skew;
use super::why::{Failing, checks_of, deciding_version, has_answered, local_port};
use crate::grammar::Meaning;
use crate::grammar::rule::Rule;
use crate::grammar::template;
use crate::model::report::{Finding, Version};

/// Most pieces of evidence that a finding shows.
pub(super) const MOST_EVIDENCE: usize = 5;

/// The evidence of a finding: first, last, each side's first, and the most telling.
pub fn pick_evidence(events: &Events, counted: &[usize], support: &[usize]) -> Vec<usize> {
    let Some((&first, &last)) = counted.first().zip(counted.last()) else {
        return Vec::new();
    };
    let mut picked = vec![first];
    let telling = counted.iter().copied().max_by_key(|e| {
        let told = events.told(*e);
        (told.by_number, told.depth, std::cmp::Reverse(*e))
    });
    picked.extend(telling);
    let mut sources = vec![events.source(first)];
    for &event in counted {
        let source = events.source(event);
        if !sources.contains(&source) {
            sources.push(source);
            picked.push(event);
        }
    }
    picked.push(last);
    picked.extend(support.first());
    let mut seen = Vec::new();
    picked.retain(|e| {
        let place = (events.placed(*e).source, events.placed(*e).line);
        let new = !seen.contains(&place);
        seen.push(place);
        new
    });
    picked.truncate(MOST_EVIDENCE);
    picked.sort_unstable();
    picked
}

pub(super) fn finding(
    state: &FindingState,
    events: &[usize],
    facts: &Facts<'_>,
    diagnosis: &Diagnosis,
    versions: &[Version],
    id_of: &dyn Fn(usize) -> Option<String>,
    index: usize,
) -> Finding {
    let (catalog, lang) = (facts.catalog, facts.lang);
    let rule = &catalog.rules[state.rules[0]];
    let stage = &catalog.chain.stages[state.stage];
    let own: Vec<usize> = events
        .iter()
        .copied()
        .filter(|e| is_of_cause(facts, *e, state))
        .collect();
    let telling = own.iter().chain(events).copied().find(|e| {
        let endpoint = facts.events.told(*e).endpoint.as_ref();
        endpoint.is_some_and(crate::grammar::endpoint::Endpoint::is_address)
    });
    let endpoint = telling
        .and_then(|e| facts.events.told(e).endpoint.clone())
        .map(|e| e.to_string());
    let host = telling
        .and_then(|e| facts.events.told(e).endpoint.as_ref())
        .map(|e| e.host.as_str())
        .filter(|host| !host.is_empty());
    let named = |text: String| match (&catalog.chain.host_mark, host) {
        (Some((stage, mark)), Some(host)) if *stage == state.stage && template::is_inert(host) => {
            text.replace(mark.get(lang), host)
        }
        _ => text,
    };
    let fill = |text: &str| {
        named(fill(
            text,
            facts,
            state,
            &own,
            endpoint.as_deref(),
            stage.label.get(lang),
        ))
    };
    let texts = rule.texts(lang);
    let fitting = texts.admin.remedy.iter();
    let fitting = fitting.filter_map(|text| for_stage(text, state.stage, facts));
    let mut remedy: Vec<String> = fitting.map(|t| fill(&t)).collect();
    remedy.extend(advice(rule, versions).map(|text| fill(text.get(lang))));
    let version = deciding_version(facts, &diagnosis.clients[state.client].versions);
    let of_class = class_advice(state, facts, &own, version.as_deref());
    remedy.extend(of_class.map(|text| fill(text.get(lang))));
    let picked = pick_evidence(facts.events, events, &state.support);
    let mut clients = Vec::new();
    let name = &diagnosis.clients[state.client].name;
    if !name.is_empty() {
        clients.push(name.clone());
    }
    let notes = |against: bool| -> Vec<String> {
        let chosen = state.notes.iter().filter(|n| n.contradicts() == against);
        chosen.map(|n| n.text(state, facts)).collect()
    };
    // What only the operator can mend is nothing for the customer to check.
    let of_operator = catalog
        .chain
        .classes
        .get(&state.class)
        .is_some_and(|c| c.operator_side);
    let mut picked = picked;
    for note in &state.notes {
        if let Note::HelperListens { event }
        | Note::OtherPort { event, .. }
        | Note::Version { event, .. } = note
        {
            picked.push(*event);
        }
    }
    picked.sort_unstable();
    picked.dedup();
    let port = local_port(facts, state.stage, endpoint.as_deref());
    Finding {
        id: id_of(index).unwrap_or_default(),
        class: state.class.clone(),
        class_title: catalog
            .chain
            .classes
            .get(&state.class)
            .map_or("", |c| c.title.get(lang))
            .to_owned(),
        cause: state.cause.clone(),
        rule: rule.id.clone(),
        rules: state
            .rules
            .iter()
            .map(|r| catalog.rules[*r].id.clone())
            .collect(),
        stage: stage.id.clone(),
        severity: state.severity,
        confidence: state.confidence,
        confidence_because: state
            .reasons
            .iter()
            .map(|r| phrases::reason(*r, lang).1.to_owned())
            .collect(),
        basis: rule.basis.name().to_owned(),
        role: state.role,
        follows_from: state.follows_from.and_then(id_of),
        title: fill(rule.title.get(lang)),
        summary: fill(&texts.admin.summary),
        remedy,
        user_text: fill(&texts.user),
        vendor_text: fill(&texts.vendor),
        count: (events.len() - doubles(facts.events, events).len()) as u64,
        first_seen: events.iter().find_map(|e| facts.at(*e)),
        last_seen: events.iter().rev().find_map(|e| facts.at(*e)),
        clock: None,
        recovered_at: state.recovered.and_then(|e| facts.at(e)),
        endpoint,
        clients,
        details: notes(false),
        contradictions: notes(true),
        evidence: picked.into_iter().map(|e| (facts.evidence)(e)).collect(),
        next_checks: if of_operator {
            Vec::new()
        } else {
            let failing = Failing {
                stage: state.stage,
                answered: has_answered(facts, &state.class),
                class: &state.class,
            };
            let checks = checks_of(facts, &[failing], version.as_deref(), port);
            checks.into_iter().map(&named).collect()
        },
        references: rule.references.clone(),
    }
}

pub(super) fn is_of_cause(facts: &Facts<'_>, event: usize, state: &FindingState) -> bool {
    match facts.events.told(event).meaning {
        Meaning::Rule(rule) => {
            let rule = &facts.catalog.rules[rule as usize];
            rule.class == state.class && rule.cause == state.cause
        }
        _ => false,
    }
}

pub(super) fn advice<'a>(
    rule: &'a Rule,
    versions: &'a [Version],
) -> impl Iterator<Item = &'a crate::model::Text> {
    rule.advice
        .iter()
        .filter(|advice| versions.iter().any(|v| advice.version.holds(&v.version)))
        .map(|advice| &advice.remedy)
}

/// A remedy that is for some stages only, without the words that say so; `None` at other stages.
fn for_stage(text: &str, stage: usize, facts: &Facts<'_>) -> Option<String> {
    for only in &facts.catalog.chain.remedy_for {
        if let Some(rest) = text.strip_prefix(only.prefix.get(facts.lang)) {
            let mut letters = rest.chars();
            let first = letters.next()?;
            return only
                .stages
                .contains(&stage)
                .then(|| first.to_uppercase().chain(letters).collect());
        }
    }
    Some(text.to_owned())
}

/// What the class adds for the finding's cause, stage, port and version.
fn class_advice<'a>(
    state: &'a FindingState,
    facts: &'a Facts<'_>,
    own: &'a [usize],
    version: Option<&'a str>,
) -> impl Iterator<Item = &'a crate::model::Text> {
    let ports: Vec<u16> = own
        .iter()
        .filter_map(|e| facts.events.told(*e).endpoint.as_ref()?.port)
        .collect();
    let class = facts.catalog.chain.classes.get(&state.class);
    class
        .into_iter()
        .flat_map(|class| &class.advice)
        .filter(move |advice| {
            advice.version.fits(version)
                && (advice.causes.is_empty() || advice.causes.contains(&state.cause))
                && (advice.stages.is_empty() || advice.stages.contains(&state.stage))
                && advice
                    .port
                    .is_none_or(|port| ports.is_empty() || ports.contains(&port))
        })
        .map(|advice| &advice.remedy)
}

/// Fills `{endpoint}`, `{host}`, `{port}` and the captures of the rule's regex; braces of other kinds stay.
pub(super) fn fill(
    text: &str,
    facts: &Facts<'_>,
    state: &FindingState,
    own: &[usize],
    endpoint: Option<&str>,
    label: &str,
) -> String {
    template::fill(text, |name| {
        value_of(name, facts, state, own, endpoint, label)
    })
}

pub(super) fn value_of(
    name: &str,
    facts: &Facts<'_>,
    state: &FindingState,
    own: &[usize],
    endpoint: Option<&str>,
    label: &str,
) -> String {
    let events = own.iter().chain(&state.events).copied();
    let told = events.clone().map(|e| facts.events.told(e));
    let found = || told.clone().find_map(|told| told.endpoint.as_ref());
    match name {
        "endpoint" => endpoint.unwrap_or(label).to_owned(),
        "host" => found()
            .map(|e| e.host.clone())
            .filter(|h| !h.is_empty())
            .unwrap_or_else(|| label.to_owned()),
        "port" => found().and_then(|e| e.port).map_or_else(
            || phrases::not_given(facts.lang).to_owned(),
            |p| p.to_string(),
        ),
        "skew" => {
            let rule = &facts.catalog.rules[state.rules[0]];
            skew::words(rule, events.map(|e| facts.events.at(e)), facts.lang)
                .unwrap_or_else(|| phrases::not_given(facts.lang).to_owned())
        }
        _ => told
            .flat_map(|told| told.captures.iter().flat_map(|c| c.iter()))
            .find(|(capture, _)| capture == name)
            .map_or_else(
                || phrases::not_given(facts.lang).to_owned(),
                |(name, value)| {
                    let seconds = ["from", "expired", "now"]
                        .contains(&name.as_str())
                        .then(|| super::times::utc(value))
                        .flatten();
                    seconds.map_or_else(
                        || value.clone(),
                        |s| {
                            let nanos = s.saturating_mul(crate::model::time::SECOND);
                            phrases::clock((facts.moment)(nanos), facts.lang)
                        },
                    )
                },
            ),
    }
}
