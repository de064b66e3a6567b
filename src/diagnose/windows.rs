//! Windowed rules: `count` within a time, what must or must not follow, silence, traces that stop, what ceases, and the
//! claims of tokens; on record time, inside one client.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::grammar::condition::LiteralId;
use crate::grammar::rule::WindowTest;
use crate::grammar::told::{Beat, Told};
use crate::grammar::{Catalog, Meaning};
use crate::model::report::Severity;

use super::event::{Ends, Events};
use super::numbers::Numbers;
use super::skew::Sides;
use super::tokens;

/// Intervals of silence after which something regular has ceased.
const CEASED: i64 = 4;
/// The last intervals, which say what is usual.
const RECENT: usize = 16;
/// Intervals that are shorter do not count as regular, in nanoseconds.
const SHORTEST: i64 = crate::model::time::SECOND;

/// The events of one client, while windows are checked.
struct Around<'a> {
    catalog: &'a Catalog,
    all: &'a Events,
    events: &'a Numbers,
    /// When each stream ends, by the index of its first source.
    ends: &'a [Ends],
    /// The program of each source.
    programs: &'a [Option<String>],
    /// For each rule that waits for what ceases, and each stream: its records with their instants, in order.
    beats: BTreeMap<(u32, u32), Vec<(usize, i64)>>,
    /// The streams of the client.
    streams: BTreeSet<u32>,
}

/// The events of a client without those of rules whose window does not hold.
///
/// `ends`: when each stream ends, by the index of its first source; silence counts only where a trace goes on. `programs`: whose they are.
pub fn filter(
    catalog: &Catalog,
    all: &Events,
    events: Numbers,
    ends: &[Ends],
    programs: &[Option<String>],
) -> Numbers {
    let mut beats = Beats::default();
    let mut sides = Sides::new(catalog);
    // Most rules have neither a window nor clocks.
    let is_plain = |told: &Told| match told.meaning {
        Meaning::Rule(rule) => {
            let rule = &catalog.rules[rule as usize];
            rule.window.is_none() && rule.clocks.is_empty()
        }
        _ => true,
    };
    let plain: Vec<bool> = all.all_told().map(is_plain).collect();
    // The places of those of which a window or a clock decides: few, most often.
    let mut asked = Numbers::new(all.folder());
    all.look_at_apart(&events, |at, look| {
        if let Meaning::Rule(rule) = look.told.meaning
            && !plain[look.tells]
        {
            asked.push(at);
            beats.take(catalog, all, look.index, rule);
            sides.take(all, look.index, rule);
        }
    });
    if asked.is_empty() {
        return events;
    }
    let around = Around {
        catalog,
        all,
        events: &events,
        ends,
        programs,
        beats: beats.of,
        streams: all.streams_of(&events),
    };
    let holds = |at: usize, index: usize| {
        let Meaning::Rule(rule) = all.told(index).meaning else {
            return true;
        };
        if !sides.holds(all, index, rule) {
            return false;
        }
        let Some(window) = &catalog.rules[rule as usize].window else {
            return true;
        };
        let Some(instant) = all.placed(index).instant else {
            return false;
        };
        around.window_holds(window, rule, at, instant)
            && window
                .begun_before
                .is_none_or(|least| around.begun_before(least, at, instant))
            && window
                .ceases
                .is_none_or(|least| around.ceases(least, rule, at, instant))
            && (!window.stops || around.stops(window, index, instant))
            && (window.beside.is_empty() || around.beside(window, at, instant))
            && window
                .token
                .is_none_or(|test| tokens::holds(test, &all.at(index), catalog))
    };
    let mut gone = Numbers::new(all.folder());
    for at in asked.iter().filter(|at| !holds(*at, events.get(*at))) {
        gone.push(at);
    }
    let kept = if gone.is_empty() {
        events
    } else {
        without(&events, &gone, all.folder())
    };
    kept.is_broken_as(&asked);
    kept.is_broken_as(&gone);
    kept
}

/// Those that do not stand at these places.
fn without(events: &Numbers, gone: &Numbers, folder: Option<&Path>) -> Numbers {
    let mut gone = gone.iter().peekable();
    let mut kept = Numbers::new(folder);
    for at in 0..events.len() {
        if gone.next_if_eq(&at).is_none() {
            kept.push(events.get(at));
        }
    }
    kept
}

/// `at`: the place of the event in question among those of the client.
impl Around<'_> {
    fn window_holds(&self, window: &WindowTest, rule: u32, at: usize, instant: i64) -> bool {
        let index = self.events.get(at);
        let silent = window.unanswered || !window.not_followed_by.is_empty();
        if !silent && window.followed_by.is_empty() && window.count <= 1 {
            return true; // the record itself is all that it takes
        }
        let end = instant.saturating_add(nanos(window.within));
        if silent && !self.goes_on(window, index, end) {
            return false;
        }
        let before = |e| self.all.order(e) < instant;
        let from = self.events.partition_point_near(at, before);
        let (record, stream) = (self.all.record(index), self.all.stream(index));
        let mut same = 0;
        let mut followed = window.followed_by.is_empty();
        for at in from..self.events.len() {
            let number = self.events.get(at);
            let look = self.all.look(number);
            if look.order > end {
                break;
            }
            let event = look.told;
            // What another program writes is no answer to this one.
            let same_record = look.record == record;
            let of_stream = self.all.stream_of(look.source) == stream && !same_record;
            match event.meaning {
                Meaning::Rule(other) if other == rule => same += 1,
                Meaning::Follow(literal) if of_stream && !self.repeats(at, rule) => {
                    followed |= window.followed_by.contains(&literal);
                    if contains(&window.not_followed_by, literal) {
                        return false;
                    }
                }
                _ => {}
            }
            let told = of_stream
                && number > index
                && self.tells(event)
                && !(is_request(event) && self.repeats(at, rule));
            let answered = same_record
                && matches!(event.meaning, Meaning::Passed(_))
                && event.assumed.is_none();
            if window.unanswered && (told || answered) {
                return false;
            }
        }
        same >= window.count && followed
    }

    /// True if the record at this place of the client's events is one of the rule's own: the same request once more is no
    /// answer to the first one. All that a record tells stands together.
    fn repeats(&self, at: usize, rule: u32) -> bool {
        let own = self.all.record(self.events.get(at));
        let of_record = |e: &usize| self.all.record(*e) == own;
        let before = self.events.range(0..at).rev().take_while(of_record);
        let behind = self.events.range(at..self.events.len());
        before
            .chain(behind.take_while(of_record))
            .any(|e| self.all.told(e).meaning == Meaning::Rule(rule))
    }

    /// True if the trace goes on long enough to have broken the silence.
    fn goes_on(&self, window: &WindowTest, index: usize, end: i64) -> bool {
        let reaches = |stream: u32| {
            let newest = self.ends.get(stream as usize).and_then(|ends| ends.last);
            newest.is_some_and(|newest| newest >= end)
        };
        let own = self.all.stream(index);
        reaches(own) || window.or_ends && self.streams.iter().any(|stream| reaches(*stream))
    }

    /// True if the event tells how the login goes on.
    fn tells(&self, event: &Told) -> bool {
        match event.meaning {
            Meaning::Rule(rule) => {
                let rule = &self.catalog.rules[rule as usize];
                rule.severity >= Severity::Error && rule.window.is_none()
            }
            Meaning::Passed(_)
            | Meaning::Started(_)
            | Meaning::Mention(_)
            | Meaning::SessionEnd
            | Meaning::AttemptStart
            | Meaning::AttemptAnnounced => true,
            Meaning::Hearsay
            | Meaning::Version(_)
            | Meaning::Token
            | Meaning::Named(_)
            | Meaning::Identity(_)
            | Meaning::Follow(_) => false,
        }
    }

    /// True if the last request before the record, in the same source, is at least `least` ago: a time limit, no cancel.
    fn begun_before(&self, least: std::time::Duration, at: usize, instant: i64) -> bool {
        let index = self.events.get(at);
        let (record, stream) = (self.all.record(index), self.all.stream(index));
        let request = self.events.range(0..at).rev().find(|event| {
            let told = self.all.told(*event);
            self.all.stream(*event) == stream
                && self.all.record(*event) != record
                && is_request(told)
                && told
                    .endpoint
                    .as_ref()
                    .is_none_or(|endpoint| !endpoint.is_loopback())
        });
        let since = request
            .and_then(|event| self.all.placed(event).instant)
            .map(|begun| instant.saturating_sub(begun));
        since
            .is_some_and(|nanos| u128::try_from(nanos).is_ok_and(|nanos| nanos >= least.as_nanos()))
    }

    /// True if the record is the last of at least `least` that came at regular intervals, and its trace goes on for four
    /// more of them without another, and without a word of an end, of a failure or of another connection.
    fn ceases(&self, least: u64, rule: u32, place: usize, instant: i64) -> bool {
        let index = self.events.get(place);
        if self.all.at(index).beat != Beat::Last {
            return false;
        }
        let own = self.all.stream(index);
        let beats = self.beats.get(&(rule, own)).map_or(&[][..], Vec::as_slice);
        let Ok(at) = beats.binary_search_by_key(&index, |beat| beat.0) else {
            return false;
        };
        let before = &beats[(at + 1).saturating_sub(RECENT + 1)..=at];
        if ((at + 1) as u64) < least {
            return false;
        }
        let gaps = || before.windows(2).map(|pair| pair[1].1 - pair[0].1);
        let mut sorted: Vec<i64> = gaps().collect();
        sorted.sort_unstable();
        let Some(usual) = sorted.get(sorted.len() / 2).copied() else {
            return false;
        };
        let silence = instant.saturating_add(usual.saturating_mul(CEASED));
        let next = beats.get(at + 1);
        let level = self.all.told(index).level;
        let ends = self.ends.get(own as usize);
        let newest = ends.and_then(|ends| ends.in_detail(level));
        let regular = gaps()
            .filter(|gap| (*gap - usual).abs() * 4 <= usual)
            .count();
        usual >= SHORTEST
            && regular * 4 >= sorted.len() * 3
            && next.is_none_or(|next| next.1 > silence && self.begins_anew(own, place, next.0))
            && newest.is_some_and(|newest| newest >= silence)
            && !self.explains_itself(own, place, silence)
    }

    /// The events of the client behind that one.
    fn later_than(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        self.events.range(at + 1..self.events.len())
    }

    /// True if another login or connection is begun between two records: what comes regularly then is of that one. Without
    /// it the same connection lives on.
    fn begins_anew(&self, stream: u32, at: usize, next: usize) -> bool {
        self.later_than(at).take_while(|e| *e < next).any(|event| {
            self.all.stream(event) == stream
                && matches!(
                    self.all.told(event).meaning,
                    Meaning::AttemptStart
                        | Meaning::AttemptAnnounced
                        | Meaning::Started(_)
                        | Meaning::Passed(_)
                )
        })
    }

    /// True if the trace itself says within that time what happened: an end, a failure, another connection, or messages
    /// that went on.
    fn explains_itself(&self, stream: u32, at: usize, until: i64) -> bool {
        self.later_than(at)
            .take_while(|event| self.all.order(*event) <= until)
            .any(|event| {
                let told = self.all.told(event);
                self.all.stream(event) == stream
                    && !matches!(told.meaning, Meaning::Mention(_))
                    && self.tells(told)
            })
    }

    /// True if the trace ends within the time, no other trace of its program goes on, and one of another program does.
    fn stops(&self, window: &WindowTest, index: usize, instant: i64) -> bool {
        let end = instant.saturating_add(nanos(window.within));
        let own = self.all.stream(index);
        let newest = |source: u32| self.ends.get(source as usize).and_then(|ends| ends.last);
        let program = |source: u32| {
            self.programs
                .get(source as usize)
                .and_then(Option::as_deref)
        };
        let same = |source: &u32| *source == own || program(*source) == program(own);
        let (mine, others): (Vec<u32>, Vec<u32>) = self.streams.iter().partition(|s| same(s));
        mine.into_iter().filter_map(newest).all(|last| last <= end)
            && others
                .into_iter()
                .filter_map(newest)
                .any(|last| last >= end)
    }

    /// True if another trace tells later of a failure of one of the classes, and by then the own trace has ended, without
    /// a word of the chain since.
    fn beside(&self, window: &WindowTest, at: usize, instant: i64) -> bool {
        let index = self.events.get(at);
        let own_record = self.all.record(index);
        let own_stream = self.all.stream(index);
        let ended = self
            .ends
            .get(own_stream as usize)
            .and_then(|ends| ends.last);
        for index in self.later_than(at) {
            let event = self.all.told(index);
            if self.all.stream(index) == own_stream {
                if self.all.record(index) != own_record && self.tells(event) {
                    return false;
                }
                continue;
            }
            let Meaning::Rule(rule) = event.meaning else {
                continue;
            };
            let rule = &self.catalog.rules[rule as usize];
            let order = self.all.order(index);
            if order > instant
                && rule.window.is_none()
                && rule.severity >= Severity::Error
                && window.beside.contains(&rule.class)
                && event.assumed.is_none()
            {
                return ended.is_some_and(|ended| ended <= order);
            }
        }
        false
    }
}

/// The records of rules that wait for what ceases. One within a second of the one before is one with it: what is sent and
/// its answer.
#[derive(Default)]
struct Beats {
    of: BTreeMap<(u32, u32), Vec<(usize, i64)>>,
    newest: BTreeMap<(u32, u32), i64>,
}

impl Beats {
    fn take(&mut self, catalog: &Catalog, all: &Events, index: usize, rule: u32) {
        let window = catalog.rules[rule as usize].window.as_ref();
        if window.is_none_or(|w| w.ceases.is_none()) {
            return;
        }
        let event = all.at(index);
        if let Some(instant) = event.placed.instant {
            let key = (rule, event.stream);
            let before = self.newest.insert(key, instant);
            let is_new = before.is_none_or(|before| instant - before >= SHORTEST);
            if is_new && event.beat != Beat::Same {
                self.of.entry(key).or_default().push((index, instant));
            }
        }
    }
}

fn nanos(time: std::time::Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

/// True if the event only says that something is begun, or where.
fn is_request(event: &Told) -> bool {
    matches!(event.meaning, Meaning::Started(_) | Meaning::Mention(_))
}

fn contains(literals: &[LiteralId], literal: LiteralId) -> bool {
    literals.contains(&literal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_does_not_stand_at_places_that_go_is_kept(
            events in proptest::collection::btree_set(0usize..30, 0..20),
            gone in proptest::collection::btree_set(0usize..20, 0..20),
        ) {
            let (mut all, mut places) = (Numbers::new(None), Numbers::new(None));
            events.iter().for_each(|event| all.push(*event));
            let gone = gone.into_iter().filter(|place| *place < events.len());
            let gone: BTreeSet<usize> = gone.collect();
            gone.iter().for_each(|place| places.push(*place));
            let kept = events.iter().enumerate();
            let kept = kept.filter(|(place, _)| !gone.contains(place)).map(|(_, event)| *event);
            prop_assert!(without(&all, &places, None).iter().eq(kept));
        }
    }
}
