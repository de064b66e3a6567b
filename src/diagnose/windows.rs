//! Windowed rules: `count` within a time, what must or must not follow, silence, what ceases, and the claims of tokens;
//! on record time, inside one client.

use crate::grammar::condition::LiteralId;
use crate::grammar::rule::WindowTest;
use crate::grammar::{Catalog, Meaning};
use crate::model::report::Severity;

use super::event::Event;
use super::tokens;

/// Intervals of silence after which something regular has ceased.
const CEASED: i64 = 4;
/// Intervals that are shorter do not count as regular, in nanoseconds.
const SHORTEST: i64 = crate::model::time::SECOND;

/// The events of one client, while windows are checked.
struct Around<'a> {
    catalog: &'a Catalog,
    all: &'a [Event],
    events: &'a [usize],
    /// The last instant of each source.
    ends: &'a [Option<i64>],
}

/// The events of a client without those of rules whose window does not hold.
///
/// `ends`: the last instant of each source; silence counts only where a trace goes on.
pub fn filter(
    catalog: &Catalog,
    all: &[Event],
    events: &[usize],
    ends: &[Option<i64>],
) -> Vec<usize> {
    let around = Around {
        catalog,
        all,
        events,
        ends,
    };
    let holds = |index: usize| {
        let Meaning::Rule(rule) = all[index].meaning else {
            return true;
        };
        let Some(window) = &catalog.rules[rule as usize].window else {
            return true;
        };
        let Some(instant) = all[index].placed.instant else {
            return false;
        };
        around.window_holds(window, rule, index, instant)
            && window
                .begun_before
                .is_none_or(|least| around.begun_before(least, index, instant))
            && window
                .ceases
                .is_none_or(|least| around.ceases(least, rule, index, instant))
            && window
                .token
                .is_none_or(|test| tokens::holds(test, &all[index], catalog))
    };
    events
        .iter()
        .copied()
        .filter(|index| holds(*index))
        .collect()
}

impl Around<'_> {
    fn window_holds(&self, window: &WindowTest, rule: u32, index: usize, instant: i64) -> bool {
        let length = i64::try_from(window.within.as_nanos()).unwrap_or(i64::MAX);
        let end = instant.saturating_add(length);
        let from = self
            .events
            .partition_point(|e| self.all[*e].placed.order < instant);
        let own = self.all[index].placed;
        let later = self.events[from..]
            .iter()
            .map(|e| &self.all[*e])
            .take_while(|e| e.placed.order <= end);
        let mut same = 0;
        let mut followed = window.followed_by.is_empty();
        let mut broken = false;
        for event in later {
            // What another program writes is no answer to this one.
            let of_source = event.placed.source == own.source && event.placed.line != own.line;
            match event.meaning {
                Meaning::Rule(other) if other == rule => same += 1,
                Meaning::Follow(literal) if of_source => {
                    followed |= window.followed_by.contains(&literal);
                    broken |= contains(&window.not_followed_by, literal);
                }
                _ => {}
            }
            let same_record = (event.placed.source, event.placed.line) == (own.source, own.line);
            broken |= window.unanswered
                && (of_source && event.placed.line > own.line && self.tells(event)
                    || same_record
                        && matches!(event.meaning, Meaning::Passed(_))
                        && event.assumed.is_none());
        }
        let silent = window.unanswered || !window.not_followed_by.is_empty();
        same >= window.count && followed && !broken && (!silent || self.goes_on(window, index, end))
    }

    /// True if the trace goes on long enough to have broken the silence.
    fn goes_on(&self, window: &WindowTest, index: usize, end: i64) -> bool {
        let reaches = |source: u32| {
            let newest = self.ends.get(source as usize).copied().flatten();
            newest.is_some_and(|newest| newest >= end)
        };
        let own = self.all[index].placed.source;
        reaches(own)
            || window.or_ends
                && self
                    .events
                    .iter()
                    .any(|e| reaches(self.all[*e].placed.source))
    }

    /// True if the event tells how the login goes on.
    fn tells(&self, event: &Event) -> bool {
        match event.meaning {
            Meaning::Rule(rule) => {
                let rule = &self.catalog.rules[rule as usize];
                rule.severity >= Severity::Error && rule.window.is_none()
            }
            Meaning::Passed(_)
            | Meaning::Started(_)
            | Meaning::Mention(_)
            | Meaning::SessionEnd
            | Meaning::AttemptStart => true,
            Meaning::Version(_) | Meaning::Token | Meaning::Follow(_) => false,
        }
    }

    /// True if the last request before the record, in the same source, is at least `least` ago: a time limit, no cancel.
    fn begun_before(&self, least: std::time::Duration, index: usize, instant: i64) -> bool {
        let own = self.all[index].placed;
        let earlier = self.events.partition_point(|e| *e < index);
        let request = self.events[..earlier]
            .iter()
            .rev()
            .map(|e| &self.all[*e])
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
        since
            .is_some_and(|nanos| u128::try_from(nanos).is_ok_and(|nanos| nanos >= least.as_nanos()))
    }

    /// True if the record is the last of at least `least` that came at regular intervals, and its trace goes on for four
    /// more of them without another.
    fn ceases(&self, least: u64, rule: u32, index: usize, instant: i64) -> bool {
        let own = self.all[index].placed.source;
        let beats: Vec<(usize, i64)> = self
            .events
            .iter()
            .filter(|e| {
                let event = &self.all[**e];
                event.placed.source == own && event.meaning == Meaning::Rule(rule)
            })
            .filter_map(|e| Some((*e, self.all[*e].placed.instant?)))
            .collect();
        let Some(at) = beats.iter().position(|(event, _)| *event == index) else {
            return false;
        };
        let before = &beats[..=at];
        if (before.len() as u64) < least {
            return false;
        }
        let mut gaps: Vec<i64> = before
            .windows(2)
            .map(|pair| pair[1].1 - pair[0].1)
            .collect();
        let recent = gaps.split_off(gaps.len().saturating_sub(16));
        let mut sorted = recent.clone();
        sorted.sort_unstable();
        let usual = sorted[sorted.len() / 2];
        let regular = recent
            .iter()
            .filter(|gap| (**gap - usual).abs() * 4 <= usual)
            .count();
        let silence = instant.saturating_add(usual.saturating_mul(CEASED));
        let next = beats.get(at + 1).map(|(_, t)| *t);
        let newest = self.ends.get(own as usize).copied().flatten();
        usual >= SHORTEST
            && regular * 4 >= recent.len() * 3
            && next.is_none_or(|next| next > silence)
            && newest.is_some_and(|newest| newest >= silence)
    }
}

fn contains(literals: &[LiteralId], literal: LiteralId) -> bool {
    literals.contains(&literal)
}
