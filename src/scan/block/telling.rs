//! What the records of a block tell, and how it is told once.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::close::is_name;
use super::open::Open;
use super::state::State;
use super::{RECORD_CAP, Signal, Stamped};
use crate::grammar::Meaning;
use crate::grammar::told::{Beat, Told};
use crate::model::{Level, Span};
use crate::scan::beats::{Beats, gap};
use crate::scan::idle::SOON;
use crate::scan::matcher::Hit;
use crate::scan::quick::Quick;
use crate::scan::repeats::Heard;

/// Where a record stands, and what its head says of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    /// Its stamp as written.
    pub(super) stamp: Option<Span>,
    pub(super) level: Option<Level>,
    /// The stamp at which it sorts, and whether that is its own.
    pub(super) order: Option<Stamped>,
    pub(super) stamped: bool,
    pub(super) line: u32,
    /// Where it begins in the source's text, and how many bytes of it are searched.
    pub(super) offset: u64,
    pub(super) len: u32,
    /// True if rules see a part of the source's text as it is.
    pub(super) is_raw: bool,
}

impl Spot {
    /// Its own stamp.
    pub(super) fn time(&self) -> Option<Stamped> {
        self.order.filter(|_| self.stamped)
    }
}

/// A record that tells nothing more than the one before it: most often nobody asks again.
pub(super) struct IdleRecord {
    pub(super) hits: Heard,
    pub(super) spot: Spot,
}

/// Tellings of a block that are known without a hash of all their parts.
const RECENT: usize = 64;

/// What a hit tells of its record. Most often it was told before: it is looked for without being made.
struct Telling<'t> {
    hit: &'t Hit,
    match_line: u32,
    stamp: Option<Span>,
    level: Option<Level>,
}

impl<'t> Telling<'t> {
    fn of(hit: &'t Hit, spot: &Spot) -> Self {
        Self {
            hit,
            match_line: if spot.is_raw { hit.line as u32 } else { 0 },
            stamp: spot.stamp,
            level: spot.level,
        }
    }

    fn depth(&self) -> u16 {
        self.hit.depth.min(usize::from(u16::MAX)) as u16
    }

    /// A place below [`RECENT`] that few others have which are told at the same time.
    fn slot(&self) -> usize {
        let mut state = Quick::default();
        let endpoint = self.hit.endpoint.as_ref();
        let endpoint = endpoint.map_or(0, |e| e.host.len() + usize::from(e.port.unwrap_or(0)));
        (self.hit.meaning, endpoint).hash(&mut state);
        (state.finish() >> 32) as usize % RECENT
    }

    /// Of all its parts.
    fn hash(&self) -> u64 {
        let mut state = Quick::default();
        let hit = self.hit;
        (hit.meaning, self.stamp, self.match_line, self.level).hash(&mut state);
        (self.depth(), hit.by_number, hit.assumed).hash(&mut state);
        (&hit.endpoint, &hit.captures).hash(&mut state);
        state.finish()
    }

    fn is(&self, told: &Told) -> bool {
        let hit = self.hit;
        (told.meaning, told.stamp, told.match_line) == (hit.meaning, self.stamp, self.match_line)
            && (told.level, told.depth) == (self.level, self.depth())
            && (told.by_number, told.assumed) == (hit.by_number, hit.assumed)
            && told.endpoint == hit.endpoint
            && told.captures.as_deref().unwrap_or_default() == hit.captures
    }

    fn told(&self) -> Told {
        let hit = self.hit;
        Told {
            meaning: hit.meaning,
            stamp: self.stamp,
            match_line: self.match_line,
            level: self.level,
            depth: self.depth(),
            by_number: hit.by_number,
            assumed: hit.assumed,
            endpoint: hit.endpoint.clone(),
            captures: (!hit.captures.is_empty()).then(|| hit.captures.clone().into()),
        }
    }
}

impl State {
    /// Notes a record that ends there.
    #[inline]
    pub(super) fn order_of(&mut self, record: &Open, end: usize) {
        // Whatever stands behind it is not searched, and may be what the record is about.
        self.scan.cut += u64::from(end > record.start + RECORD_CAP);
        if record.time.is_some() {
            self.previous = record.time;
        }
    }

    pub(super) fn wait(&mut self, rule: usize) {
        let now = self.previous;
        match self
            .waiting
            .iter_mut()
            .find(|(waiting, _)| *waiting == rule)
        {
            Some(old) => old.1 = now,
            None => self.waiting.push((rule, now)),
        }
    }

    /// Notes who a record names; false if the one before it named the same.
    pub(super) fn names_anew(&mut self, hit: &Hit) -> bool {
        let Meaning::Identity(mark) = hit.meaning else {
            return false;
        };
        let before = self.named.insert(mark, hit.captures.clone());
        before.is_none_or(|before| before != hit.captures)
    }

    pub(super) fn push(&mut self, hit: &Hit, spot: &Spot) {
        let signal = self.signal(hit, spot);
        self.scan.signals.push(signal);
    }

    pub(super) fn beat(&mut self, hit: &Hit, spot: &Spot) {
        let Meaning::Rule(rule) = hit.meaning else {
            return;
        };
        let signal = self.signal(hit, spot);
        let at = self.beats_of(rule);
        self.beats[at].take(signal, &mut self.scan.signals);
    }

    /// Where the beats of a rule are.
    pub(super) fn beats_of(&mut self, rule: u32) -> usize {
        let known = self.beats.iter().position(|beats| beats.rule == rule);
        known.unwrap_or_else(|| {
            self.beats.push(Beats::new(rule));
            self.beats.len() - 1
        })
    }

    /// Puts what the block's records tell in the order of lines, each once.
    pub(super) fn finish_signals(&mut self) {
        self.tell_idle();
        let signals = &mut self.scan.signals;
        for beats in self.beats.drain(..) {
            beats.finish(signals);
        }
        signals.sort_by_key(|signal| signal.line);
        keep_each_once(signals);
        signals.shrink_to_fit();
    }

    /// What a hit tells of a record.
    pub(super) fn told_by(&mut self, hit: &Hit, spot: &Spot) -> Arc<Told> {
        self.told(&Telling::of(hit, spot))
    }

    fn told(&mut self, telling: &Telling<'_>) -> Arc<Told> {
        self.recent.resize(RECENT, None);
        let recent = &mut self.recent[telling.slot()];
        if let Some(told) = recent.as_ref().filter(|told| telling.is(told)) {
            return told.clone();
        }
        let known = self.told.entry(telling.hash());
        let known = known.or_insert_with(|| Arc::new(telling.told()));
        let told = if telling.is(known) {
            known.clone()
        } else {
            Arc::new(telling.told())
        };
        *recent = Some(told.clone());
        told
    }

    /// True if so little passed since something was told that an answer may still be one to that.
    pub(super) fn is_soon(&self, spot: &Spot) -> bool {
        gap(self.told_last, spot.time()).is_some_and(|gap| (0..SOON).contains(&gap))
    }

    /// Takes the next idle record. `before`: the one before it, with nothing between them.
    pub(super) fn note_idle(&mut self, before: Option<&IdleRecord>, own: IdleRecord) {
        if self.beats.iter().any(|beats| beats.after.is_empty()) {
            let mut told: Vec<Signal> = Vec::new();
            for idle in before.into_iter().chain([&own]) {
                self.idle_signals(idle, &mut told);
            }
            for beats in self.beats.iter_mut().filter(|b| b.after.is_empty()) {
                beats.after.clone_from(&told);
            }
        }
        self.last_idle = Some(own);
    }

    /// Tells what the last idle record does.
    pub(super) fn tell_idle(&mut self) {
        if let Some(idle) = self.last_idle.take() {
            let mut signals = std::mem::take(&mut self.scan.signals);
            self.idle_signals(&idle, &mut signals);
            self.scan.signals = signals;
        }
    }

    /// What an idle record tells.
    fn idle_signals(&mut self, idle: &IdleRecord, signals: &mut Vec<Signal>) {
        for hit in idle.hits.iter().filter(|hit| !is_name(hit)) {
            signals.push(Signal {
                beat: Beat::Same,
                ..self.signal(hit, &idle.spot)
            });
        }
    }

    fn signal(&mut self, hit: &Hit, spot: &Spot) -> Signal {
        signal(self.told_by(hit, spot), spot)
    }
}

/// What was told of a record.
pub(super) const fn signal(told: Arc<Told>, spot: &Spot) -> Signal {
    Signal {
        told,
        order: spot.order,
        stamped: spot.stamped,
        beat: Beat::Last,
        line: spot.line,
        len: spot.len,
        offset: spot.offset,
    }
}

/// What one record tells twice is told once. The signals of a record stand together.
pub(super) fn keep_each_once(signals: &mut Vec<Signal>) {
    // Where those of the record begin, and how many are kept of all.
    let (mut first, mut kept) = (0, 0);
    for at in 0..signals.len() {
        if signals[first].line != signals[at].line {
            first = kept;
        }
        let told = &signals[at].told;
        let is_told = |own: &Signal| Arc::ptr_eq(&own.told, told) || own.told == *told;
        if !signals[first..kept].iter().any(is_told) {
            if kept < at {
                signals.swap(kept, at);
            }
            kept += 1;
        }
    }
    signals.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::grammar::endpoint::Endpoint;

    use proptest::prelude::*;

    const SPOT: Spot = Spot {
        stamp: None,
        level: None,
        order: None,
        stamped: false,
        line: 0,
        offset: 0,
        len: 0,
        is_raw: true,
    };

    fn hits() -> impl Strategy<Value = Vec<Hit>> {
        let host = prop_oneof![Just(""), Just("a.example"), Just("b.example")];
        let endpoint = (host, proptest::option::of(0u16..3));
        let endpoint = endpoint.prop_map(|(host, port)| Endpoint {
            host: host.to_owned(),
            port,
            ..Endpoint::default()
        });
        let captures = proptest::collection::vec(Just(("n".to_owned(), "1".to_owned())), 0..2);
        let text = (0usize..2, 0usize..2, any::<bool>());
        let told = (proptest::option::of(endpoint), captures);
        let one = (0u32..3, text, told, proptest::option::of(0u8..2));
        let one = one.prop_map(|(rule, (line, depth, by_number), told, assumed)| Hit {
            meaning: Meaning::Rule(rule),
            line,
            depth,
            endpoint: told.0,
            captures: told.1,
            by_number,
            assumed,
        });
        proptest::collection::vec(one, 0..40)
    }

    proptest! {
        #[test]
        fn what_was_told_before_is_known_again_and_nothing_else_is(hits in hits()) {
            let mut state = State::default();
            let mut all: Vec<Arc<Told>> = Vec::new();
            for hit in &hits {
                let telling = Telling::of(hit, &SPOT);
                let told = state.told(&telling);
                prop_assert_eq!(&*told, &telling.told());
                let known = all.iter().find(|known| **known == told);
                prop_assert!(known.is_none_or(|known| Arc::ptr_eq(known, &told)));
                all.push(told);
            }
        }

        #[test]
        fn what_a_record_tells_twice_is_kept_once(
            tellings in proptest::collection::vec((0u32..4, 0u32..3), 0..20),
        ) {
            let mut tellings = tellings;
            tellings.sort_by_key(|(line, _)| *line);
            let mut state = State::default();
            let hit = |rule: u32| Hit {
                meaning: Meaning::Rule(rule),
                line: 0,
                depth: 0,
                endpoint: None,
                captures: Vec::new(),
                by_number: false,
                assumed: None,
            };
            let signal = |(line, rule): &(u32, u32)| Signal {
                line: *line,
                ..state.signal(&hit(*rule), &SPOT)
            };
            let mut signals: Vec<Signal> = tellings.iter().map(signal).collect();
            keep_each_once(&mut signals);
            let mut expected: Vec<(u32, u32)> = Vec::new();
            for telling in tellings {
                if !expected.contains(&telling) {
                    expected.push(telling);
                }
            }
            let kept = signals.iter().map(|signal| (signal.line, signal.told.meaning));
            let expected = expected.into_iter().map(|(line, rule)| (line, Meaning::Rule(rule)));
            prop_assert!(kept.eq(expected));
        }
    }
}
