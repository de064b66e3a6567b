//! Failures by which no step is judged: at addresses that are none of the chain's, and beside a session that is open. They
//! are no findings, but whoever reads the traces must not have to find them himself: an address may be of the chain after all.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::attempts::for_each_record;
use super::compose::Facts;
use super::cut::Cutter;
use super::event::Look;
use super::findings::{ClientState, Diagnosis};
use super::known::Known;
use super::numbers::Numbers;
use crate::grammar::Meaning;
use crate::grammar::condition::ANY_STAGE;
use crate::grammar::told::Told;
use crate::model::Level;
use crate::model::report::{Elsewhere, Severity};

/// Groups that a report has.
const SHOWN: usize = 200;

/// Failures of one rule at one address, or at none.
#[derive(Debug)]
pub(super) struct Group {
    rule: usize,
    endpoint: Option<String>,
    /// Indices of the events, in order.
    events: Numbers,
    /// True if the lead program tells one.
    lead: bool,
}

impl Group {
    /// True if a part of it could not be read again from the file.
    pub(super) fn is_broken(&self) -> bool {
        self.events.is_broken()
    }
}

/// Those of a client, and true if the lead program told one of them without an address behind the last sign of a session
/// that stands: whether it lasts cannot be seen.
pub(super) fn groups(
    cutter: &Cutter<'_>,
    state: &ClientState,
    known: &Known,
) -> (Vec<Group>, bool) {
    let mut all = Groups {
        cutter,
        groups: BTreeMap::new(),
    };
    if any_foreign(cutter, known) {
        for_each_record(cutter.all, &state.events, |record| {
            if let Some(look) = foreign(cutter, record, known) {
                all.add(FOREIGN, look);
            }
        });
    }
    // Of what turned out to be none, as the session went on or the answer came, all is told by what it was.
    let mut unsettled = false;
    state.attempts.for_each_put_aside(|list, event| {
        let look = cutter.all.look(event);
        if rule_of(cutter, look.told).is_some() {
            all.add(list, &look);
            let is_behind = state.sign.is_some_and(|sign| sign < event);
            let is_error = look.told.level.is_none_or(|level| level >= Level::Error);
            unsettled |= is_behind && is_error && cutter.lead[look.source];
        }
    });
    (all.groups.into_values().collect(), unsettled)
}

struct Groups<'c, 'a> {
    cutter: &'c Cutter<'a>,
    /// By the list that their events are in, which are in order there, by rule and address.
    groups: BTreeMap<(usize, usize, Option<String>), Group>,
}

/// The list of what is at other addresses.
const FOREIGN: usize = usize::MAX;

impl Groups<'_, '_> {
    fn add(&mut self, list: usize, look: &Look<'_>) {
        let Meaning::Rule(rule) = look.told.meaning else {
            return;
        };
        let endpoint = look.told.endpoint.as_ref().filter(|e| e.is_address());
        let endpoint = endpoint.map(ToString::to_string);
        let key = (list, rule as usize, endpoint);
        let new = |(_, rule, endpoint): (usize, usize, Option<String>)| Group {
            rule,
            endpoint,
            events: Numbers::one_of_many(self.cutter.all.folder()),
            lead: false,
        };
        let group = self.groups.entry(key.clone()).or_insert_with(|| new(key));
        group.events.push(look.index);
        group.lead |= self.cutter.lead[look.source];
    }
}

/// The rule by which something is a failure of its own: what only a request before it would explain is listed as what no rule
/// does, and what did not follow is no record.
fn rule_of(cutter: &Cutter<'_>, told: &Told) -> Option<usize> {
    let Meaning::Rule(rule) = told.meaning else {
        return None;
    };
    let rule = rule as usize;
    let definition = &cutter.catalog.rules[rule];
    let is_failure = definition.severity >= Severity::Error
        && definition.window.is_none()
        && told.assumed != Some(ANY_STAGE)
        && told.level.is_none_or(|level| level >= Level::Warn);
    is_failure.then_some(rule)
}

fn any_foreign(cutter: &Cutter<'_>, known: &Known) -> bool {
    let is_foreign = |told: &Told| {
        rule_of(cutter, told).is_some_and(|rule| {
            let endpoint = told.endpoint.as_ref();
            cutter.is_foreign_at(known.spot(cutter.catalog, endpoint), rule)
        })
    };
    cutter.all.any_tells(is_foreign)
}

/// The event that tells most of a record that is judged by none.
fn foreign<'r, 'e>(
    cutter: &Cutter<'_>,
    record: &'r [Look<'e>],
    known: &Known,
) -> Option<&'r Look<'e>> {
    let mut best: Option<(&Look<'e>, usize)> = None;
    for look in record {
        let Meaning::Rule(rule) = look.told.meaning else {
            continue;
        };
        if !cutter.is_foreign(look, rule as usize, known) {
            // What names a place of the chain, or none, was judged there; what was only assumed was not.
            look.told.assumed?;
            continue;
        }
        let Some(rule) = rule_of(cutter, look.told) else {
            continue;
        };
        let tells_more =
            |(other, of): (&Look<'_>, usize)| cutter.tells(look, rule) > cutter.tells(other, of);
        if best.is_none_or(tells_more) {
            best = Some((look, rule));
        }
    }
    best.map(|(look, _)| look)
}

/// Those of all clients in the part of time that is reported: of the lead program first, then what was told most, then what
/// was first. True
/// if there are more.
pub(super) fn elsewhere(diagnosis: &Diagnosis, facts: &Facts<'_>) -> (Vec<Elsewhere>, bool) {
    let mut joined: BTreeMap<(&str, Option<&str>), Joined> = BTreeMap::new();
    for group in diagnosis.clients.iter().flat_map(|c| &c.elsewhere) {
        let mut inside = group.events.iter().filter(|e| facts.inside(*e));
        let Some(first) = inside.next() else {
            continue;
        };
        let (mut last, mut count) = (first, 1);
        for event in inside {
            (last, count) = (event, count + 1);
        }
        let key = (
            facts.catalog.rules[group.rule].id.as_str(),
            group.endpoint.as_deref(),
        );
        let joined = joined.entry(key).or_insert(Joined {
            lead: false,
            count: 0,
            first,
            last,
        });
        joined.lead |= group.lead;
        joined.count += count;
        joined.first = joined.first.min(first);
        joined.last = joined.last.max(last);
    }
    let mut all: Vec<_> = joined.into_iter().collect();
    all.sort_by_key(|(_, joined)| (Reverse((joined.lead, joined.count)), joined.first));
    let cut = all.len() > SHOWN;
    let shown = all.into_iter().take(SHOWN);
    let shown = shown.map(|((rule, endpoint), joined)| Elsewhere {
        rule: rule.to_owned(),
        endpoint: endpoint.map(str::to_owned),
        count: joined.count,
        first_seen: facts.at(joined.first),
        last_seen: facts.at(joined.last),
        example: (facts.evidence)(joined.first),
    });
    (shown.collect(), cut)
}

/// Groups of several clients.
struct Joined {
    lead: bool,
    count: u64,
    first: usize,
    last: usize,
}
