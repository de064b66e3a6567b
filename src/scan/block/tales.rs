//! Records that tell the same as others of their skeleton, whatever their numbers are.
//!
//! A trace says again and again that a heartbeat was sent and that a request was answered. What such a record tells is known
//! with its skeleton: it is worked out once for each of them in a block, and not for each record.

use std::sync::Arc;

use super::scanner::Scanner;
use super::state::State;
use super::telling::{IdleRecord, Spot, signal};
use crate::grammar::Meaning;
use crate::grammar::told::Told;
use crate::model::{Level, Span};
use crate::scan::look::Known;
use crate::scan::matcher::{Hit, Surroundings};
use crate::scan::repeats::Heard;

/// Places of skeletons for which it is kept.
const MOST: usize = 1 << 13;

/// What the records of a skeleton tell which have a stamp of their own in this place, and this level.
#[derive(Debug)]
struct Tale {
    level: Option<Level>,
    stamp: Option<Span>,
    hits: Arc<[Hit]>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// Beats and nothing else: for each of them where those of its rule are, and what it tells.
    Beats(Box<[(usize, Arc<Told>)]>),
    /// Answers without an address and nothing else.
    Answers,
    Other,
}

/// Those of a block.
#[derive(Debug, Default)]
pub(super) struct Tales {
    all: Vec<Tale>,
    /// One more than the tale of each skeleton; 0 if there is none.
    places: Vec<u16>,
}

/// Which tale that is.
#[derive(Debug, Clone, Copy)]
pub(super) struct TaleId(u16);

impl Scanner<'_> {
    /// What a record tells whose skeleton is known and in which nothing must be asked.
    #[inline]
    pub(super) fn tale(
        &self,
        state: &mut State,
        (place, known): (usize, &Known),
        spot: &Spot,
    ) -> Option<TaleId> {
        let own = state.tales.places.get(place).copied().unwrap_or_default();
        let tale = state.tales.all.get(usize::from(own).wrapping_sub(1));
        if tale.is_some_and(|tale| (tale.level, tale.stamp) == (spot.level, spot.stamp)) {
            return Some(TaleId(own - 1));
        }
        self.new_tale(state, (place, known), spot)
    }

    #[cold]
    fn new_tale(
        &self,
        state: &mut State,
        (place, known): (usize, &Known),
        spot: &Spot,
    ) -> Option<TaleId> {
        if known.asks || known.search || place >= MOST || !spot.stamped {
            return None;
        }
        let around = Surroundings {
            level: spot.level,
            program: self.program,
        };
        let hits = known.hits(self.matcher, around);
        let kind = self.kind(state, &hits, spot);
        let tale = Tale {
            level: spot.level,
            stamp: spot.stamp,
            hits,
            kind,
        };
        let tales = &mut state.tales;
        tales.places.resize(tales.places.len().max(place + 1), 0);
        let at = usize::from(tales.places[place]).checked_sub(1);
        let at = match at {
            Some(at) => {
                tales.all[at] = tale;
                at
            }
            None => {
                tales.all.push(tale);
                tales.all.len() - 1
            }
        };
        tales.places[place] = at as u16 + 1;
        Some(TaleId(at as u16))
    }

    fn kind(&self, state: &mut State, hits: &[Hit], spot: &Spot) -> Kind {
        let is_beat = |hit: &Hit| self.matcher.is_beat(hit.meaning);
        let is_answer =
            |hit: &Hit| matches!(hit.meaning, Meaning::Passed(_)) && hit.assumed.is_some();
        if hits.iter().all(is_answer) {
            return Kind::Answers;
        }
        if !hits.iter().all(is_beat) {
            return Kind::Other;
        }
        let beats = hits.iter().filter_map(|hit| match hit.meaning {
            Meaning::Rule(rule) => Some((state.beats_of(rule), state.told_by(hit, spot))),
            _ => None,
        });
        Kind::Beats(beats.collect())
    }

    /// Keeps what a record tells.
    pub(super) fn tell_tale(&self, state: &mut State, TaleId(tale): TaleId, spot: &Spot) {
        state.previous = spot.order;
        let Some(tale) = state.tales.all.get(usize::from(tale)) else {
            return;
        };
        match &tale.kind {
            Kind::Beats(beats) => {
                for (at, told) in beats {
                    let signal = signal(told.clone(), spot);
                    state.beats[*at].take(signal, &mut state.scan.signals);
                }
                return;
            }
            Kind::Answers => {
                let is_idle = state.idle.has_all(tale.hits.iter().map(|hit| hit.meaning));
                if is_idle
                    && state.is_soon(spot)
                    && state.beats.iter().all(|beats| !beats.after.is_empty())
                {
                    state.told_last = spot.time();
                    state.last_idle = Some(IdleRecord {
                        hits: Heard::Before(tale.hits.clone()),
                        spot: *spot,
                    });
                    return;
                }
            }
            Kind::Other => {}
        }
        let hits = Heard::Before(tale.hits.clone());
        self.tell(state, spot, hits);
    }
}
