//! Events: signals with their instants, in one order over all sources. There may be millions: they are kept as rows of a
//! list that goes to a file where it is long, and what they tell is kept once.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use super::numbers::Numbers;
use super::rows::{AGAIN, Gist, Placed, QUOTED, Rest, Row, SAME, ZONE_ASSUMED, beat_of};
use crate::grammar::told::{Beat, Told};
use crate::grammar::{Catalog, Meaning};
use crate::model::Level;
use crate::model::report::Severity;
use crate::spool::List;

/// One signal of the whole case. What it tells is that of many: it reads as if it were its own.
#[derive(Debug, Clone, Copy)]
pub struct Event<'e> {
    /// What it tells.
    pub told: &'e Told,
    /// Where it sorts and when it was.
    pub placed: Placed,
    /// Index of its client.
    pub client: usize,
    /// Which files it stands in: of one program, one after the other.
    pub stream: u32,
    /// True if its record's stamp has no zone and nothing tells which it is: whole half hours are no clock that is off.
    pub zone_assumed: bool,
    /// What is known of it if it is a beat.
    pub beat: Beat,
    /// Where the record can be read again: (block, index among what [records tell](crate::pipeline::Signals) in it).
    pub home: (u32, u32),
}

impl Deref for Event<'_> {
    type Target = Told;

    fn deref(&self) -> &Told {
        self.told
    }
}

/// What an event says, looked at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look<'e> {
    /// Index of the event.
    pub(super) index: usize,
    pub(super) told: &'e Told,
    /// Index of what it tells: that of many events.
    pub(super) tells: usize,
    pub(super) order: i64,
    pub(super) source: usize,
    pub(super) record: u32,
    /// As in [`Event::beat`].
    pub(super) beat: Beat,
}

/// True of rules that do not simply fail a stage where they are told: what is around them decides, or they are remarks.
pub fn is_apart(catalog: &Catalog, told: &Told) -> bool {
    let Meaning::Rule(rule) = told.meaning else {
        return false;
    };
    let rule = &catalog.rules[rule as usize];
    rule.window.is_some() || !rule.clocks.is_empty() || rule.severity < Severity::Error
}

/// Bytes of the rests of records that stay in memory.
const RESTS_IN_MEMORY: usize = 512 << 10;
/// Bytes of their gists that do.
const GISTS_IN_MEMORY: usize = 4 << 20;

/// All events, in order.
#[derive(Debug)]
pub struct Events {
    /// Of each record.
    rests: List<Rest>,
    gists: List<Gist>,
    told: Vec<Arc<Told>>,
    /// The first and the last event that tells each of it.
    ends: Vec<Option<(u32, u32)>>,
    /// The events that tell of a token, in order: few records hold one, and a failure asks for the one before it.
    tokens: List<u32>,
    /// For each telling whether [`is_apart`] is true of it, or may be.
    is_apart: Vec<bool>,
    /// Events of such tellings, in order, as long as none was retold: there are few.
    apart: Option<List<u32>>,
    /// True for each source that has one, as far as the last one that does.
    sources: Vec<bool>,
    /// For each source the index of its client; a source beyond the end has the first one.
    clients: Vec<usize>,
    /// For each source the first source of its stream; a source beyond the end is its own.
    streams: Vec<u32>,
    /// True if a source may be of several clients.
    several: bool,
    /// Source and line of the last one's record.
    last: Option<(u32, u64)>,
    /// True if that record may be quoted.
    last_is_quoted: bool,
    broken: bool,
}

/// Lists of both.
fn lists(folder: Option<&Path>) -> (List<Rest>, List<Gist>) {
    let mut rests = List::new(folder);
    rests.set_room(RESTS_IN_MEMORY);
    let mut gists = List::new(folder);
    gists.set_room(GISTS_IN_MEMORY);
    (rests, gists)
}

impl Events {
    /// Events in memory, in order, each with what it tells.
    pub fn of(all: impl IntoIterator<Item = (Arc<Told>, Row)>) -> Self {
        let mut events = Self::new(None, Vec::new(), Vec::new());
        for (told, row) in all {
            let place = events.told.len() as u32;
            events.told.push(told);
            events.is_apart.push(true);
            events.ends.push(None);
            events.push(&row, [place]);
        }
        events
    }

    /// None yet. `folder` as in [`List::new`]; `told`: what they tell; `is_apart`: of which [`is_apart`] is true.
    pub fn new(folder: Option<&Path>, told: Vec<Arc<Told>>, is_apart: Vec<bool>) -> Self {
        let (rests, gists) = lists(folder);
        Self {
            rests,
            gists,
            ends: vec![None; told.len()],
            tokens: List::new(folder),
            is_apart,
            apart: Some(List::new(folder)),
            sources: Vec::new(),
            told,
            clients: Vec::new(),
            streams: Vec::new(),
            several: false,
            last: None,
            last_is_quoted: false,
            broken: false,
        }
    }

    /// Adds the next ones, in order: those of a row. `told`: what they tell.
    pub fn push(&mut self, row: &Row, told: impl IntoIterator<Item = u32>) {
        let record = Some((row.source, row.line));
        for told in told {
            if self.last != record {
                self.last = record;
                self.last_is_quoted = row.flags & QUOTED != 0;
                self.rests.push(Rest::of(row));
            } else if row.flags & QUOTED != 0 && !self.last_is_quoted {
                // The block before its own may have told of it, too.
                self.last_is_quoted = true;
                let last = self.rests.len() - 1;
                self.rests.change(last, |rest| *rest = Rest::of(row));
            }
            self.add(Gist {
                order: row.order,
                told,
                source: row.source,
                record: self.rests.len() as u32 - 1,
                flags: row.flags & (AGAIN | SAME),
            });
        }
    }

    fn add(&mut self, gist: Gist) {
        let here = self.gists.len() as u32;
        self.ends[gist.told as usize].get_or_insert((here, here)).1 = here;
        if self.told[gist.told as usize].meaning == Meaning::Token {
            self.tokens.push(here);
        }
        if self.is_apart[gist.told as usize]
            && let Some(apart) = &mut self.apart
        {
            apart.push(here);
        }
        let source = gist.source as usize;
        if source >= self.sources.len() {
            self.sources.resize(source + 1, false);
        }
        self.sources[source] = true;
        self.gists.push(gist);
    }

    /// True if a part of what they were made of was lost.
    pub fn set_broken(&mut self) {
        self.broken = true;
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.gists.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.gists.is_empty()
    }

    /// True if a part of them could not be read again from the file.
    pub fn is_broken(&self) -> bool {
        self.broken
            || self.tokens.is_broken()
            || self.apart.as_ref().is_some_and(List::is_broken)
            || self.rests.is_broken()
            || self.gists.is_broken()
    }

    /// Where lists as long as this one have their files.
    pub fn folder(&self) -> Option<&Path> {
        self.gists.folder()
    }

    /// The event of that index.
    pub fn at(&self, index: usize) -> Event<'_> {
        let gist = self.gists.get(index);
        let rest = self.rests.get(gist.record as usize);
        let source = gist.source as usize;
        Event {
            told: &self.told[gist.told as usize],
            placed: rest.placed(gist),
            client: match rest.client {
                0 => self.clients.get(source).copied().unwrap_or(0),
                client => client as usize - 1,
            },
            stream: self.stream_of(source),
            zone_assumed: rest.flags & ZONE_ASSUMED != 0,
            beat: beat_of(gist.flags),
            home: rest.home,
        }
    }

    /// What an event says.
    #[inline]
    pub(super) fn look(&self, index: usize) -> Look<'_> {
        self.look_of(index, self.gists.get(index))
    }

    #[inline]
    fn look_of(&self, index: usize, gist: Gist) -> Look<'_> {
        Look {
            index,
            told: &self.told[gist.told as usize],
            tells: gist.told as usize,
            order: gist.order,
            source: gist.source as usize,
            record: gist.record,
            beat: beat_of(gist.flags),
        }
    }

    /// Calls `with` with each of these events, in order.
    pub(super) fn look_at<'e>(&'e self, events: &Numbers, mut with: impl FnMut(Look<'e>)) {
        let mut next = 0;
        self.gists.for_each_of(0..events.all, |gist| {
            with(self.look_of(next, gist));
            next += 1;
        });
        let mut gists = self.gists.walk();
        events.rest.for_each(|index| {
            let index = index as usize;
            with(self.look_of(index, gists.get(index)));
        });
    }

    /// Calls `with` with those of these events that tell something of which [`is_apart`] is true, in order, and with their
    /// places among them.
    pub(super) fn look_at_apart<'e>(
        &'e self,
        events: &Numbers,
        mut with: impl FnMut(usize, Look<'e>),
    ) {
        match &self.apart {
            Some(apart) if apart.len() < events.len() => {
                let (mut gists, mut at) = (self.gists.walk(), 0);
                apart.for_each(|index| {
                    let index = index as usize;
                    at = events.partition_point_near(at, |other| other < index);
                    if at < events.len() && events.get(at) == index {
                        with(at, self.look_of(index, gists.get(index)));
                    }
                });
            }
            _ => {
                let mut next = 0;
                self.look_at(events, |look| {
                    if self.is_apart[look.tells] {
                        with(next, look);
                    }
                    next += 1;
                });
            }
        }
    }

    /// What events with that [`Look::tells`] tell.
    pub(super) fn of_telling(&self, tells: usize) -> &Told {
        &self.told[tells]
    }

    /// The streams that have one of these.
    pub(super) fn streams_of(&self, events: &Numbers) -> BTreeSet<u32> {
        let mut streams = BTreeSet::new();
        if events.all == self.len() {
            let own = self.sources.iter().enumerate().filter(|(_, has)| **has);
            streams.extend(own.map(|(source, _)| self.stream_of(source)));
            return streams;
        }
        let mut source = None;
        self.look_at(events, |look| {
            if source != Some(look.source) {
                source = Some(look.source);
                streams.insert(self.stream_of(look.source));
            }
        });
        streams
    }

    /// What is told, each of it once, in the order of [`Look::tells`].
    pub(super) fn all_told(&self) -> impl ExactSizeIterator<Item = &Told> {
        self.told.iter().map(|told| &**told)
    }

    /// True if an event tells of a token.
    pub(super) fn any_token(&self) -> bool {
        !self.tokens.is_empty()
    }

    /// The events that tell of a token, in order, and how many of them are in front of that event or it.
    pub(super) fn tokens_until(&self, event: usize) -> (&List<u32>, usize) {
        let until = self
            .tokens
            .partition_point(|token| *token as usize <= event);
        (&self.tokens, until)
    }

    /// True if an event tells something of that kind, or one did before it was retold.
    pub fn any_tells(&self, kind: impl Fn(&Told) -> bool) -> bool {
        let mut told = self.told.iter().zip(&self.ends);
        told.any(|(told, ends)| ends.is_some() && kind(told))
    }

    /// The first and the last event that tells each thing of that kind, which is no rule: those may be retold.
    pub(super) fn ends_of(&self, kind: impl Fn(&Told) -> bool) -> Vec<(usize, usize)> {
        let told = self.told.iter().zip(&self.ends);
        told.filter(|(told, _)| kind(told))
            .filter_map(|(_, ends)| *ends)
            .map(|(first, last)| (first as usize, last as usize))
            .collect()
    }

    /// What it tells.
    pub fn told(&self, index: usize) -> &Told {
        &self.told[self.gists.get(index).told as usize]
    }

    /// The same, to be kept.
    pub fn shared(&self, index: usize) -> Arc<Told> {
        self.told[self.gists.get(index).told as usize].clone()
    }

    /// Where it sorts.
    pub fn order(&self, index: usize) -> i64 {
        self.gists.get(index).order
    }

    /// The number of its record: two events of one record have the same.
    pub fn record(&self, index: usize) -> u32 {
        self.gists.get(index).record
    }

    /// Rank of the path of its source.
    pub fn source(&self, index: usize) -> usize {
        self.gists.get(index).source as usize
    }

    /// The stream that it stands in, as in [`Event::stream`].
    pub fn stream(&self, index: usize) -> u32 {
        self.stream_of(self.source(index))
    }

    pub(super) fn stream_of(&self, source: usize) -> u32 {
        self.streams.get(source).copied().unwrap_or(source as u32)
    }

    /// Its place.
    pub fn placed(&self, index: usize) -> Placed {
        let gist = self.gists.get(index);
        self.rests.get(gist.record as usize).placed(gist)
    }

    /// Index of its client.
    pub fn client(&self, index: usize) -> usize {
        if self.several {
            return self.at(index).client;
        }
        self.clients.get(self.source(index)).copied().unwrap_or(0)
    }

    /// How many of them sort at that instant or before it.
    pub fn until(&self, instant: i64) -> usize {
        self.gists.partition_point(|gist| gist.order <= instant)
    }

    /// What all of them tell, in order.
    pub fn tellings(&self) -> impl DoubleEndedIterator<Item = &Told> + '_ {
        (0..self.len()).map(|index| self.told(index))
    }

    /// All of them.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Event<'_>> + '_ {
        (0..self.len()).map(|index| self.at(index))
    }

    /// Lets an event tell something else.
    pub fn retell(&mut self, index: usize, told: Told) {
        let place = self.told.len() as u32;
        self.told.push(Arc::new(told));
        self.is_apart.push(true);
        self.apart = None;
        self.ends.push(Some((index as u32, index as u32)));
        self.gists.change(index, |gist| gist.told = place);
    }

    /// Gives each source its client.
    pub fn set_clients(&mut self, of_source: Vec<usize>) {
        self.clients = of_source;
    }

    /// Gives an event, and the others of its record, a client that may be another one than that of its source.
    pub fn set_client(&mut self, index: usize, client: usize) {
        self.several = true;
        let record = self.record(index) as usize;
        self.rests
            .change(record, |rest| rest.client = client as u32 + 1);
    }

    /// Gives each client another index.
    pub fn number_clients(&mut self, new: impl Fn(usize) -> usize) {
        self.clients
            .iter_mut()
            .for_each(|client| *client = new(*client));
        if !self.several {
            return;
        }
        for record in 0..self.rests.len() {
            self.rests.change(record, |rest| {
                if let Some(client) = rest.client.checked_sub(1) {
                    rest.client = new(client as usize) as u32 + 1;
                }
            });
        }
    }

    /// Gives each source its stream.
    pub fn set_streams(&mut self, of_source: Vec<u32>) {
        self.streams = of_source;
    }

    /// True if a source may be of several clients.
    pub fn several(&self) -> bool {
        self.several
    }

    /// Keeps only those that tell something of that kind.
    pub fn retain(&mut self, keep: impl Fn(&Told) -> bool) {
        let (_, gists) = lists(self.folder());
        let gists = std::mem::replace(&mut self.gists, gists);
        self.ends.fill(None);
        self.tokens = List::new(self.folder());
        self.apart = self.apart.is_some().then(|| List::new(self.folder()));
        self.sources.clear();
        gists.for_each(|gist| {
            if keep(&self.told[gist.told as usize]) {
                self.add(gist);
            }
        });
        self.gists.is_broken_as(&gists);
    }
}

/// When the records of a source end.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ends {
    /// Its last instant.
    pub last: Option<i64>,
    /// The last instant of each level, by [`Level::index`].
    pub levels: [Option<i64>; 6],
}

impl Ends {
    /// The later of two.
    #[must_use]
    pub fn later(self, other: Self) -> Self {
        let mut levels = self.levels;
        for (level, other) in levels.iter_mut().zip(other.levels) {
            *level = (*level).max(other);
        }
        Self {
            last: self.last.max(other.last),
            levels,
        }
    }

    /// The last instant of records at that level or a finer one: a trace whose level was raised goes on, and yet says no
    /// more of what it said before.
    pub fn in_detail(&self, level: Option<Level>) -> Option<i64> {
        let Some(level) = level else { return self.last };
        self.levels[..=level.index()]
            .iter()
            .flatten()
            .copied()
            .max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_stands_apart_is_met_whoever_is_asked_and_so_are_all_streams(
            is_apart in proptest::collection::vec(any::<bool>(), 1..5),
            rows in proptest::collection::vec((0..5usize, 0..4u32, any::<bool>()), 0..60),
            retold in proptest::option::of(any::<prop::sample::Index>()),
        ) {
            let told = |number: usize| Told::only(Meaning::Passed(number as u8));
            let all = (0..is_apart.len()).map(|number| Arc::new(told(number)));
            let mut events = Events::new(None, all.collect(), is_apart.clone());
            events.set_streams(vec![0, 0, 2, 2]);
            let (mut expected, mut streams, mut of_client) = (Vec::new(), BTreeSet::new(), Numbers::new(None));
            for (index, (number, source, is_own)) in rows.iter().enumerate() {
                let number = number % is_apart.len();
                let placed = Placed { source: *source, line: index as u64, ..Placed::default() };
                let row = Row::new(0, placed, false, Beat::Last, (0, 0));
                events.push(&row, [number as u32]);
                if *is_own {
                    if is_apart[number] {
                        expected.push((of_client.len(), index));
                    }
                    streams.insert(source & 2);
                    of_client.push(index);
                }
            }
            if let Some(retold) = retold.filter(|_| !rows.is_empty()) {
                // It may be told of it, and of no other.
                let retold = retold.index(rows.len());
                events.retell(retold, told(9));
                expected.retain(|(_, index)| *index != retold);
            }
            let mut met = Vec::new();
            events.look_at_apart(&of_client, |at, look| {
                if look.told.meaning != Meaning::Passed(9) {
                    met.push((at, look.index));
                }
            });
            prop_assert_eq!(met, expected);
            prop_assert_eq!(events.streams_of(&of_client), streams);
        }
    }
}
