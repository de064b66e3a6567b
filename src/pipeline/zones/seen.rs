//! Which sources saw the same: the events of those that others are compared with, found by their texts.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::events::Reading;
use super::{MOST_FITS, MOST_PLACES, MOST_QUARTERS, QUARTER, SAME_EVENT, offset, quarters};
use crate::model::time::SECOND;
use crate::pipeline::placed::PlacedSource;

/// No zone moves its clocks by more at once, but for those that moved over the date line, so stamps in order are instants in
/// order, give or take that much.
const CLOCK_CHANGE: i64 = 2 * 3600 * SECOND;

/// Endings of hashes, a power of two: four times as many as there may be events, in 128 KiB.
const ENDINGS: usize = 1 << 20;

/// First and last instant of a source, or more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    from: i64,
    to: i64,
}

impl Reach {
    /// Of all its records. A stamp that cannot be placed may stand for any instant.
    pub(super) fn of(source: &PlacedSource) -> Self {
        let blocks = source.scan.blocks.iter().enumerate();
        let stamps = blocks.flat_map(|(number, block)| {
            let ends = block.extremes.into_values().chain(block.ends.into_values());
            ends.flat_map(|(from, to)| [from, to])
                .map(move |stamped| source.placer.instant(stamped, number))
        });
        let all = Self {
            from: i64::MIN,
            to: i64::MAX,
        };
        let mut reach: Option<Self> = None;
        for instant in stamps {
            let Some(instant) = instant else { return all };
            let known = reach.get_or_insert(Self {
                from: instant,
                to: instant,
            });
            known.from = known.from.min(instant);
            known.to = known.to.max(instant);
        }
        reach.unwrap_or(all)
    }

    /// True if one event of both may lie apart by what is voted for: if one of them has a zone, by whatever clocks are
    /// apart, else by nothing or the own offset from UTC.
    pub(super) fn may_meet(self, other: Self, known: bool, source: &PlacedSource) -> bool {
        let slack = SAME_EVENT + 2 * CLOCK_CHANGE;
        let meets = |shift: i64, slack: i64| {
            self.from.saturating_add(shift) <= other.to.saturating_add(slack)
                && other.from <= self.to.saturating_add(shift).saturating_add(slack)
        };
        if known {
            meets(0, slack + MOST_QUARTERS * QUARTER)
        } else {
            meets(0, slack) || meets(offset(source) * SECOND, slack)
        }
    }
}

/// The events of sources that others are compared with.
pub(super) struct Seen {
    sources: Vec<usize>,
    /// Their events, each as [`few`] has them.
    events: Vec<Vec<(u64, i64)>>,
    /// For each beginning of a hash where its events begin in `at`; one more at the end.
    starts: Vec<u32>,
    /// Source, as an index into `sources`, and event; by the beginnings of their hashes, then by source and line.
    at: Vec<(u32, u32)>,
    /// How far a hash is shifted to its beginning.
    shift: u32,
    /// A bit for each ending of a hash that some event has: most others are known by that, in less memory.
    endings: Vec<u64>,
    /// How much is looked at of a source that is none of these.
    reading: Reading,
}

impl Seen {
    /// Reads what these sources saw.
    pub(super) fn of(wanted: Vec<usize>, sources: &[&PlacedSource], reading: Reading) -> Self {
        let read = |source: &PlacedSource| few(source.scan.events.placed(source, Reading::WHOLE));
        let events: Vec<Vec<(u64, i64)>> = (wanted.par_iter())
            .map(|index| read(sources[*index]))
            .collect();
        let count: usize = events.iter().map(Vec::len).sum();
        let bits = count.next_power_of_two().trailing_zeros().clamp(1, 20);
        let shift = u64::BITS - bits;
        let mut starts = vec![0; (1 << bits) + 1];
        let mut endings = vec![0_u64; ENDINGS / 64];
        for (hash, _) in events.iter().flatten() {
            endings[*hash as usize % ENDINGS / 64] |= 1 << (hash % 64);
            starts[(hash >> shift) as usize + 1] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut at = vec![(0, 0); count];
        for (source, events) in (0..).zip(&events) {
            for (event, (hash, _)) in (0..).zip(events) {
                let place = &mut next[(hash >> shift) as usize];
                at[*place as usize] = (source, event);
                *place += 1;
            }
        }
        Self {
            sources: wanted,
            events,
            starts,
            at,
            shift,
            endings,
            reading,
        }
    }

    /// Those that were read.
    pub(super) fn sources(&self) -> impl Iterator<Item = usize> {
        self.sources.iter().copied()
    }

    /// For each of the others: how many texts lie how many quarters of an hour apart.
    pub(super) fn counts(
        &self,
        index: usize,
        source: &PlacedSource,
        others: &BTreeSet<usize>,
    ) -> Vec<(usize, BTreeMap<i64, u32>)> {
        let known = self.sources.iter().position(|known| *known == index);
        let read = known.is_none().then(|| {
            let mut events = source.scan.events.placed(source, self.reading);
            events.retain(|(hash, _)| self.may_have(*hash) && self.of_hash(*hash).next().is_some());
            few(events)
        });
        let own = known.map_or_else(|| read.as_deref(), |at| Some(&*self.events[at]));
        let is_other: Vec<bool> = (self.sources.iter())
            .map(|source| others.contains(source))
            .collect();
        let mut counts = vec![BTreeMap::new(); self.sources.len()];
        let mut there: Vec<(u32, i64)> = Vec::new();
        for here in own.unwrap_or_default().chunk_by(|a, b| a.0 == b.0) {
            let of_others = self.of_hash(here[0].0);
            there.clear();
            there.extend(of_others.filter(|(source, _)| is_other[*source as usize]));
            for there in there.chunk_by(|a, b| a.0 == b.0) {
                fits(here, there, &mut counts[there[0].0 as usize]);
            }
        }
        let mut counts: Vec<(usize, BTreeMap<i64, u32>)> =
            (self.sources.iter().copied()).zip(counts).collect();
        counts.retain(|(_, counts)| !counts.is_empty());
        counts
    }

    fn may_have(&self, hash: u64) -> bool {
        self.endings[hash as usize % ENDINGS / 64] >> (hash % 64) & 1 == 1
    }

    /// The source and the instant of each event with the hash.
    fn of_hash(&self, hash: u64) -> impl Iterator<Item = (u32, i64)> {
        let begins = (hash >> self.shift) as usize;
        let (from, to) = (self.starts[begins], self.starts[begins + 1]);
        let at = self.at[from as usize..to as usize].iter();
        at.filter_map(move |(source, event)| {
            let (known, instant) = self.events[*source as usize][*event as usize];
            (known == hash).then_some((*source, instant))
        })
    }
}

/// The events by their texts, and of one text no more than are looked at, the first ones: a line that is written over and
/// over is there thousands of times.
fn few(mut events: Vec<(u64, i64)>) -> Vec<(u64, i64)> {
    events.sort_by_key(|(hash, _)| *hash);
    let mut last = None;
    let mut places = 0;
    events.retain(|(hash, _)| {
        places = if last == Some(*hash) { places + 1 } else { 1 };
        last = Some(*hash);
        places <= MOST_PLACES
    });
    events.shrink_to_fit();
    events
}

/// Adds the distances at which one text was written here and there, if they are so few that it tells something.
fn fits(here: &[(u64, i64)], there: &[(u32, i64)], counts: &mut BTreeMap<i64, u32>) {
    let pairs =
        (here.iter()).flat_map(|(_, here)| there.iter().map(move |(_, there)| there - here));
    let fits: BTreeSet<i64> = pairs
        .filter_map(|apart| quarters(apart, -SAME_EVENT..=SAME_EVENT))
        .collect();
    if fits.len() <= MOST_FITS {
        for behind in fits {
            *counts.entry(behind).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn of_each_text_the_first_places_are_kept_in_their_order(hashes in proptest::collection::vec(0..4u64, 0..99)) {
            let events: Vec<(u64, i64)> = hashes.into_iter().zip(0..).collect();
            let of = |events: &[(u64, i64)], wanted: u64| -> Vec<(u64, i64)> {
                events.iter().copied().filter(|(hash, _)| *hash == wanted).collect()
            };
            let kept = few(events.clone());
            prop_assert!(kept.is_sorted_by_key(|(hash, _)| *hash));
            for hash in 0..4 {
                let all = of(&events, hash);
                prop_assert_eq!(&of(&kept, hash)[..], &all[..all.len().min(MOST_PLACES)]);
            }
        }
    }
}
