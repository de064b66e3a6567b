//! No internet at all: what failed at stages on the internet is told as one trouble where the attempt shows it.

use std::collections::BTreeSet;

use super::attempts::AttemptState;
use super::before::Run;
use super::cut::Cutter;
use super::numbers::Numbers;
use crate::grammar::told::Told;
use crate::grammar::{Catalog, Meaning};

/// Gives failures at stages on the internet the rule of a PC that is offline, where the evidence of the attempt names it.
/// `events`: those of the client, in order.
pub(super) fn recast(cutter: &Cutter<'_>, events: &Numbers, attempt: &mut AttemptState) {
    let catalog = cutter.catalog;
    let Some(rule) = catalog.rule_index(&catalog.chain.offline.rule) else {
        return;
    };
    if !is_offline(cutter, events, attempt) {
        return;
    }
    let stages = attempt.stages.iter_mut().zip(&catalog.chain.stages);
    for (state, _) in stages.filter(|(_, stage)| stage.internet) {
        state.failures.explain_offline(rule);
        state.failures.change_own(|failure| {
            if cutter.memo.rule(failure.rule).offline {
                failure.rule = rule;
            }
        });
    }
}

pub(super) fn is_unreached(catalog: &Catalog, rule: usize) -> bool {
    let offline = &catalog.chain.offline;
    let rule = &catalog.rules[rule];
    offline.classes.contains(&rule.class) || offline.alone.contains(&rule.id)
}

/// True if a record of the attempt says that the PC is offline, or hosts of several unrelated domains were not reached and
/// none answered.
fn is_offline(cutter: &Cutter<'_>, events: &Numbers, attempt: &AttemptState) -> bool {
    let (catalog, offline) = (cutter.catalog, &cutter.catalog.chain.offline);
    let internet = || {
        let stages = attempt.stages.iter().zip(&catalog.chain.stages);
        stages
            .filter(|(_, stage)| stage.internet)
            .map(|(state, _)| state)
    };
    if internet().any(|s| s.passed.is_some()) {
        return false;
    }
    let (mut ends, mut alone) = (None, false);
    for Run { first, last } in internet().flat_map(|state| state.failures.runs()) {
        if !cutter.memo.rule(first.rule).offline {
            return false;
        }
        let (earliest, latest) = ends.unwrap_or((first.event, last.0));
        ends = Some((earliest.min(first.event), latest.max(last.0)));
        alone |= offline.alone.contains(&catalog.rules[first.rule].id);
    }
    let Some((first, last)) = ends.filter(|_| !alone) else {
        return alone;
    };
    // What other programs and other requests of the same minutes say of other hosts counts as well.
    let from = events.partition_point(|e| e < attempt.first);
    let to = events.partition_point(|e| e <= attempt.last.max(last));
    let mut domains = BTreeSet::new();
    let near = cutter.all.order(first).saturating_sub(NEAR);
    for index in events.range(from..to) {
        let event = cutter.all.told(index);
        if let Meaning::Rule(rule) = event.meaning
            && event.assumed.is_none()
            && offline
                .classes
                .contains(&catalog.rules[rule as usize].class)
            && cutter.all.order(index) >= near
            && let Some(domain) = public_domain(event, catalog)
        {
            domains.insert(domain);
        }
    }
    domains.len() >= offline.hosts.max(1)
}

/// What failed so long before the first failure at a stage on the internet belongs to the same trouble, in nanoseconds.
const NEAR: i64 = 60 * crate::model::time::SECOND;

/// The domain of a host on the internet that a record names: its last two labels.
fn public_domain<'t>(event: &'t Told, catalog: &Catalog) -> Option<&'t str> {
    let host = event.endpoint.as_ref()?.host.as_str();
    let (front, top) = host.rsplit_once('.')?;
    let name = front.rfind('.').map_or(0, |dot| dot + 1);
    let is_name = top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic());
    let private = catalog.chain.offline.private.iter().any(|p| p == top);
    (is_name && !private && !host.contains(':')).then(|| &host[name..])
}
