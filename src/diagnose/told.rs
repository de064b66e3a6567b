//! One finding in words: its texts with their placeholders filled, its remedies, and the evidence that is shown.

use std::collections::BTreeSet;

use super::compose::{Counted, Facts};
use super::event::{Events, Look};
use super::findings::{Diagnosis, FindingState};
use super::notes::{Note, doubles};
use super::numbers::Numbers;
use super::phrases;
use super::skew;
use super::why::{Failing, checks_of, deciding_version, has_answered, local_port};
use crate::grammar::Meaning;
use crate::grammar::endpoint::Endpoint;
use crate::grammar::rule::Rule;
use crate::grammar::template;
use crate::grammar::told::Told;
use crate::model::report::{Finding, Version};

/// Most pieces of evidence that a finding shows.
pub(super) const MOST_EVIDENCE: usize = 5;

/// What the events of a finding say: there may be hundreds of thousands, so each kind is asked once.
#[derive(Default)]
struct Digest<'f> {
    /// The first one of the finding's cause that names an address, and the first one of all.
    address: [Option<&'f Endpoint>; 2],
    /// The first endpoint that one of the cause names, and one of all.
    endpoint: [Option<&'f Endpoint>; 2],
    /// The first capture of each name, in the same two ways.
    captures: [Vec<(&'f str, &'f str)>; 2],
    /// The ports that those of the cause name.
    ports: BTreeSet<u16>,
    /// The event that tells most: by a number, and deep inside.
    telling: Option<(usize, (bool, u16))>,
    /// The first source, and the first events of others, as many as may be shown.
    sources: Vec<(usize, usize)>,
    /// How many events are the other half of one that counts already.
    doubles: usize,
}

impl<'f> Digest<'f> {
    fn of(facts: &Facts<'f>, state: &FindingState, events: &Counted<'_>) -> Self {
        let mut digest = Self {
            doubles: doubles(facts.events, state, events),
            ..Self::default()
        };
        let kinds = || state.kinds.iter().map(|event| facts.events.look(*event));
        match events {
            Counted::All(_) => kinds().for_each(|look| digest.event(look, facts, state)),
            Counted::Some(some) => {
                let event = |look: Look<'f>| digest.event(look, facts, state);
                facts.events.look_at(some, event);
                // What stands outside of the window fills in what nothing inside of it says.
                digest.endpoint[1] = None;
                digest.captures[1].clear();
                let address = digest.address[1];
                kinds().for_each(|look| digest.take(1, look.told));
                digest.address[1] = address;
            }
        }
        digest
    }

    fn event(&mut self, look: Look<'f>, facts: &Facts<'f>, state: &FindingState) {
        let told = look.told;
        if is_of_cause(facts, told, state) {
            self.ports
                .extend(told.endpoint.as_ref().and_then(|e| e.port));
            self.take(0, told);
        }
        self.take(1, told);
        let telling = (told.by_number, told.depth);
        if self.telling.is_none_or(|(_, most)| telling > most) {
            self.telling = Some((look.index, telling));
        }
        let known = |(known, _): &(usize, usize)| *known == look.source;
        if self.sources.len() <= MOST_EVIDENCE && !self.sources.iter().any(known) {
            self.sources.push((look.source, look.index));
        }
    }

    fn take(&mut self, way: usize, told: &'f Told) {
        if let Some(endpoint) = &told.endpoint {
            self.endpoint[way].get_or_insert(endpoint);
            if endpoint.is_address() {
                self.address[way].get_or_insert(endpoint);
            }
        }
        let known = &mut self.captures[way];
        for (name, value) in told.captures.iter().flat_map(|c| c.iter()) {
            if !known.iter().any(|(known, _)| known == name) {
                known.push((name, value));
            }
        }
    }

    /// The first address that one of the cause names, else the first one of all.
    fn address(&self) -> Option<&'f Endpoint> {
        self.address[0].or(self.address[1])
    }

    fn endpoint(&self) -> Option<&'f Endpoint> {
        self.endpoint[0].or(self.endpoint[1])
    }

    fn capture(&self, name: &str) -> Option<&'f str> {
        let mut all = self.captures.iter().flatten();
        all.find(|(known, _)| *known == name)
            .map(|(_, value)| *value)
    }

    /// The evidence: first, last, each side's first, and the most telling.
    fn evidence(&self, events: &Events, counted: &Numbers, support: &Numbers) -> Vec<usize> {
        let Some((first, last)) = counted.first_of().zip(counted.last()) else {
            return Vec::new();
        };
        let mut picked = vec![first];
        picked.extend(self.telling.map(|(event, _)| event));
        picked.extend(self.sources.iter().skip(1).map(|(_, event)| event));
        picked.push(last);
        picked.extend(support.first_of());
        let mut seen = Vec::new();
        picked.retain(|e| {
            let record = events.record(*e);
            let new = !seen.contains(&record);
            seen.push(record);
            new
        });
        picked.truncate(MOST_EVIDENCE);
        picked.sort_unstable();
        picked
    }
}

pub(super) fn finding(
    state: &FindingState,
    events: &Counted<'_>,
    facts: &Facts<'_>,
    diagnosis: &Diagnosis,
    versions: &[Version],
    id_of: &dyn Fn(usize) -> Option<String>,
    index: usize,
) -> Finding {
    let (catalog, lang) = (facts.catalog, facts.lang);
    let rule = &catalog.rules[state.rules[0]];
    let stage = &catalog.chain.stages[state.stage];
    let digest = Digest::of(facts, state, events);
    let endpoint = digest.address().map(ToString::to_string);
    let host = digest
        .address()
        .map(|e| e.host.as_str())
        .filter(|host| !host.is_empty());
    let named = |text: String| match (&catalog.chain.host_mark, host) {
        (Some((stage, mark)), Some(host)) if *stage == state.stage && template::is_inert(host) => {
            text.replace(mark.get(lang), host)
        }
        _ => text,
    };
    let values = Values {
        facts,
        state,
        events,
        digest: &digest,
        endpoint: endpoint.as_deref(),
        label: stage.label.get(lang),
    };
    let fill = |text: &str| named(template::fill(text, |name| values.of(name)));
    let texts = rule.texts(lang);
    let fitting = texts.admin.remedy.iter();
    let fitting = fitting.filter_map(|text| for_stage(text, state.stage, facts));
    let mut remedy: Vec<String> = fitting.map(|t| fill(&t)).collect();
    remedy.extend(advice(rule, versions).map(|text| fill(text.get(lang))));
    let version = deciding_version(facts, &diagnosis.clients[state.client].versions);
    let of_class = class_advice(state, facts, &digest.ports, version.as_deref());
    remedy.extend(of_class.map(|text| fill(text.get(lang))));
    let picked = digest.evidence(facts.events, events, &state.support);
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
        count: (events.len() - digest.doubles) as u64,
        first_seen: events.iter().find_map(|e| facts.at(e)),
        last_seen: events.iter().rev().find_map(|e| facts.at(e)),
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

fn is_of_cause(facts: &Facts<'_>, told: &Told, state: &FindingState) -> bool {
    match told.meaning {
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
    ports: &'a BTreeSet<u16>,
    version: Option<&'a str>,
) -> impl Iterator<Item = &'a crate::model::Text> {
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

/// What stands for `{endpoint}`, `{host}`, `{port}` and the captures of the rule's regex.
struct Values<'v> {
    facts: &'v Facts<'v>,
    state: &'v FindingState,
    events: &'v Counted<'v>,
    digest: &'v Digest<'v>,
    endpoint: Option<&'v str>,
    label: &'v str,
}

impl Values<'_> {
    fn of(&self, name: &str) -> String {
        let facts = self.facts;
        let unknown = || phrases::not_given(facts.lang).to_owned();
        match name {
            "endpoint" => self.endpoint.unwrap_or(self.label).to_owned(),
            "host" => (self.digest.endpoint())
                .map(|e| e.host.clone())
                .filter(|h| !h.is_empty())
                .unwrap_or_else(|| self.label.to_owned()),
            "port" => (self.digest.endpoint())
                .and_then(|e| e.port)
                .map_or_else(unknown, |p| p.to_string()),
            "skew" => {
                let rule = &facts.catalog.rules[self.state.rules[0]];
                let own = self.events.iter();
                let own = own.filter(|e| is_of_cause(facts, facts.events.told(*e), self.state));
                let events = own.chain(self.state.events.iter());
                let events = events.map(|e| facts.events.at(e));
                skew::words(rule, events, facts.lang).unwrap_or_else(unknown)
            }
            _ => match self.digest.capture(name) {
                None => unknown(),
                Some(value) => {
                    let seconds = ["from", "expired", "now"]
                        .contains(&name)
                        .then(|| super::times::utc(value))
                        .flatten();
                    seconds.map_or_else(
                        || value.to_owned(),
                        |s| {
                            let nanos = s.saturating_mul(crate::model::time::SECOND);
                            phrases::clock((facts.moment)(nanos), facts.lang)
                        },
                    )
                }
            },
        }
    }
}
