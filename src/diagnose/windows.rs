//! Windowed rules: `count` within a time, `followed_by`, `not_followed_by`; on record time, inside one client.

use crate::grammar::condition::LiteralId;
use crate::grammar::rule::WindowTest;
use crate::grammar::{Catalog, Meaning};

use super::event::Event;
use super::skew::Sides;

/// The events of a client without those of rules whose window does not hold.
///
/// `ends`: the last instant of each source; silence counts only where its trace goes on.
pub fn filter(
    catalog: &Catalog,
    all: &[Event],
    events: &[usize],
    ends: &[Option<i64>],
) -> Vec<usize> {
    let sides = Sides::count(catalog, all, events);
    let holds = |index: usize| {
        if !sides.holds(&all[index]) {
            return false;
        }
        let Meaning::Rule(rule) = all[index].meaning else {
            return true;
        };
        let Some(window) = &catalog.rules[rule as usize].window else {
            return true;
        };
        let Some(instant) = all[index].placed.instant else {
            return false;
        };
        let newest = ends
            .get(all[index].placed.source as usize)
            .copied()
            .flatten();
        window_holds(window, rule, index, instant, all, events, newest)
            && window
                .begun_before
                .is_none_or(|least| begun_before(least, index, instant, all, events))
    };
    events
        .iter()
        .copied()
        .filter(|index| holds(*index))
        .collect()
}

fn window_holds(
    window: &WindowTest,
    rule: u32,
    index: usize,
    instant: i64,
    all: &[Event],
    events: &[usize],
    newest: Option<i64>,
) -> bool {
    let length = i64::try_from(window.within.as_nanos()).unwrap_or(i64::MAX);
    let end = instant.saturating_add(length);
    let from = events.partition_point(|e| all[*e].placed.order < instant);
    let own = all[index].placed.source;
    let later = events[from..]
        .iter()
        .map(|e| &all[*e])
        .take_while(|e| e.placed.order <= end);
    let mut same = 0;
    let mut followed = window.followed_by.is_empty();
    let mut broken = false;
    for event in later {
        match event.meaning {
            Meaning::Rule(other) if other == rule => same += 1,
            // What another program writes is no answer to this one.
            Meaning::Follow(literal)
                if event.placed.source == own && event.placed.line != all[index].placed.line =>
            {
                followed |= window.followed_by.contains(&literal);
                broken |= contains(&window.not_followed_by, literal);
            }
            _ => {}
        }
    }
    // Silence counts only where the trace goes on long enough to have broken it.
    let long_enough =
        window.not_followed_by.is_empty() || newest.is_some_and(|newest| newest >= end);
    same >= window.count && followed && !broken && long_enough
}

/// True if the last request before the record, in the same source, is at least `least` ago: a time limit, no cancel.
fn begun_before(
    least: std::time::Duration,
    index: usize,
    instant: i64,
    all: &[Event],
    events: &[usize],
) -> bool {
    let own = all[index].placed;
    let earlier = events.partition_point(|e| *e < index);
    let request = events[..earlier]
        .iter()
        .rev()
        .map(|e| &all[*e])
        .find(|event| {
            event.placed.source == own.source
                && event.placed.line != own.line
                && matches!(event.meaning, Meaning::Started(_) | Meaning::Mention(_))
                && event
                    .endpoint
                    .as_ref()
                    .is_none_or(|endpoint| !endpoint.is_loopback())
        });
    let since = request
        .and_then(|event| event.placed.instant)
        .map(|begun| instant.saturating_sub(begun));
    since.is_some_and(|nanos| u128::try_from(nanos).is_ok_and(|nanos| nanos >= least.as_nanos()))
}

fn contains(literals: &[LiteralId], literal: LiteralId) -> bool {
    literals.contains(&literal)
}
