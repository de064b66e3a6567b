//! The attempts of a client, kept as bytes in a list that goes to a file where it is long: a retry loop has tens of
//! thousands, and whoever looks at them looks at one after the other.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::Path;
use std::rc::Rc;

use super::attempts::{AttemptState, StageState};
use super::before::{Before, Seen};
use super::failures::{Failures, Own};
use super::log::Log;
use crate::spool::pack::{put_number, put_signed};
use crate::spool::{Bytes, Item, List, Room};

/// Bytes of one item of the list.
const CHUNK: usize = 64;
/// Attempts that are at hand as they are.
const AT_HAND: usize = 2;

/// The attempts of a client, oldest first.
#[derive(Debug)]
pub struct Attempts {
    chunks: List<Chunk>,
    /// Where each of them is.
    places: List<Place>,
    /// The failures of each stage.
    owns: Vec<Rc<Own>>,
    /// Events that tell no failure where they stand.
    dismissed: List<u32>,
    /// What other programs told of each stage.
    logs: Vec<Rc<Log>>,
    at_hand: RefCell<VecDeque<(usize, Rc<AttemptState>)>>,
    /// Stages of the chain.
    stages: usize,
}

#[derive(Debug, Clone, Copy)]
struct Chunk([u8; CHUNK]);

impl Default for Chunk {
    fn default() -> Self {
        Self([0; CHUNK])
    }
}

impl Item for Chunk {
    const BYTES: usize = CHUNK;

    fn put(&self, bytes: &mut Room<'_>) {
        bytes.put(self.0);
    }

    fn get(bytes: &mut Bytes<'_>) -> Self {
        Self(bytes.take())
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Place {
    chunk: u32,
    bytes: u32,
    first: u32,
}

impl Item for Place {
    const BYTES: usize = 12;

    fn put(&self, bytes: &mut Room<'_>) {
        for number in [self.chunk, self.bytes, self.first] {
            bytes.put(number.to_le_bytes());
        }
    }

    fn get(bytes: &mut Bytes<'_>) -> Self {
        Self {
            chunk: bytes.u32(),
            bytes: bytes.u32(),
            first: bytes.u32(),
        }
    }
}

impl Attempts {
    /// None yet; `folder` as in [`List::new`].
    pub fn new(stages: usize, folder: Option<&Path>) -> Self {
        Self {
            stages,
            chunks: List::new(folder),
            places: List::new(folder),
            owns: (0..stages).map(|_| Rc::new(Own::new(folder))).collect(),
            dismissed: List::new(folder),
            logs: Vec::new(),
            at_hand: RefCell::default(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Lets an attempt have failures: behind those of all that were begun before it.
    pub(super) fn begin(&self, attempt: &mut AttemptState) {
        for (state, own) in attempt.stages.iter_mut().zip(&self.owns) {
            state.failures.begin(own);
        }
    }

    /// Says that the record of that event tells no failure where it stands.
    pub(super) fn dismiss(&mut self, event: usize) {
        self.dismissed.push(event as u32);
    }

    /// Calls `with` with each event that tells no failure where it stands, or turned out to tell none, and with the number of
    /// the list that it is in: those of one list come in order.
    pub(super) fn for_each_put_aside(&self, mut with: impl FnMut(usize, usize)) {
        for (list, own) in (1..).zip(&self.owns) {
            own.for_each_gone(|event| with(list, event));
        }
        self.dismissed.for_each(|event| with(0, event as usize));
    }

    /// Calls `with` with each event that was told as a failure, or dismissed.
    pub(super) fn for_each_told(&self, mut with: impl FnMut(usize)) {
        self.owns
            .iter()
            .for_each(|own| own.for_each_event(&mut with));
        self.dismissed.for_each(|event| with(event as usize));
    }

    /// Adds one.
    pub(super) fn push(&mut self, attempt: &AttemptState) {
        let mut bytes = Writer(Vec::new());
        bytes.attempt(attempt);
        self.places.push(Place {
            chunk: self.chunks.len() as u32,
            bytes: bytes.0.len() as u32,
            first: attempt.first as u32,
        });
        for part in bytes.0.chunks(CHUNK) {
            let mut chunk = Chunk::default();
            chunk.0[..part.len()].copy_from_slice(part);
            self.chunks.push(chunk);
        }
    }

    /// The attempt of that index.
    ///
    /// # Panics
    /// If there is none, as a slice does.
    pub fn at(&self, index: usize) -> Rc<AttemptState> {
        let mut at_hand = self.at_hand.borrow_mut();
        if let Some((_, attempt)) = at_hand.iter().find(|(known, _)| *known == index) {
            return attempt.clone();
        }
        let attempt = Rc::new(self.read(index));
        if at_hand.len() == AT_HAND {
            at_hand.pop_front();
        }
        at_hand.push_back((index, attempt.clone()));
        attempt
    }

    /// Keeps none at hand until one is asked for: of thousands of clients few are.
    pub fn put_away(&self) {
        self.at_hand.take();
    }

    /// The same, if there is one.
    pub fn get(&self, index: usize) -> Option<Rc<AttemptState>> {
        (index < self.len()).then(|| self.at(index))
    }

    /// The newest one.
    pub fn last(&self) -> Option<Rc<AttemptState>> {
        self.get(self.len().checked_sub(1)?)
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Rc<AttemptState>> + '_ {
        (0..self.len()).map(|index| self.at(index))
    }

    /// The index of the first event of one.
    pub fn first_event(&self, index: usize) -> usize {
        self.places.get(index).first as usize
    }

    /// How many of the first ones begin with an event that fulfils something, which none behind them does.
    pub fn partition_point(&self, holds: impl Fn(usize) -> bool) -> usize {
        self.places
            .partition_point(|place| holds(place.first as usize))
    }

    /// The same attempts as `change` makes them, from the newest to the oldest.
    pub(super) fn change_from_the_end(
        self,
        logs: Vec<Rc<Log>>,
        mut change: impl FnMut(usize, &mut AttemptState),
    ) -> Self {
        let folder = self.chunks.folder();
        let mut changed = Self {
            stages: self.stages,
            owns: self.owns.clone(),
            ..Self::new(0, folder)
        };
        for index in (0..self.len()).rev() {
            let mut attempt = self.read(index);
            change(index, &mut attempt);
            changed.push(&attempt);
        }
        let mut places = List::new(folder);
        let newest_first = changed.places.iter().rev();
        newest_first.for_each(|place| places.push(place));
        places.is_broken_as(&self.places);
        places.is_broken_as(&changed.places);
        changed.chunks.is_broken_as(&self.chunks);
        changed.places = places;
        changed.logs = logs;
        changed.dismissed = self.dismissed;
        changed
    }

    /// True if a part could not be read again from the file.
    pub fn is_broken(&self) -> bool {
        self.chunks.is_broken()
            || self.places.is_broken()
            || self.dismissed.is_broken()
            || self.owns.iter().any(|own| own.is_broken())
            || self.logs.iter().any(|log| log.is_broken())
    }

    fn read(&self, index: usize) -> AttemptState {
        let place = self.places.get(index);
        let count = (place.bytes as usize).div_ceil(CHUNK);
        let mut bytes = Vec::with_capacity(count * CHUNK);
        for chunk in 0..count {
            bytes.extend(self.chunks.get(place.chunk as usize + chunk).0);
        }
        let mut reader = Reader {
            bytes: Bytes(&bytes),
            logs: &self.logs,
            owns: &self.owns,
        };
        let mut attempt = reader.attempt();
        // What is broken is told, and does not make a place up.
        attempt.first = place.first as usize;
        attempt.stages.resize_with(self.stages, StageState::default);
        attempt
    }
}

/// An attempt as bytes, in numbers that need few.
struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, number: u64) {
        put_number(&mut self.0, number);
    }

    fn place(&mut self, place: usize) {
        self.number(place as u64);
    }

    fn any(&mut self, number: Option<usize>) {
        self.number(number.map_or(0, |number| number as u64 + 1));
    }

    fn signed(&mut self, number: i64) {
        put_signed(&mut self.0, number);
    }

    fn any_signed(&mut self, number: Option<i64>) {
        self.flags(&[number.is_some()]);
        self.signed(number.unwrap_or_default());
    }

    fn flags(&mut self, flags: &[bool]) {
        let set = flags.iter().enumerate().filter(|(_, flag)| **flag);
        self.0.push(set.map(|(bit, _)| 1 << bit).sum());
    }

    fn attempt(&mut self, attempt: &AttemptState) {
        self.place(attempt.first);
        self.place(attempt.last);
        self.flags(&[attempt.ended, attempt.led, attempt.lasts]);
        self.any(attempt.reached);
        self.any(attempt.context);
        self.number(u64::from(attempt.context_stream));
        self.any(attempt.mentioned);
        self.any(attempt.asked);
        self.any_signed(attempt.lead_last);
        self.place(attempt.goal);
        self.place(attempt.lead_streams.len());
        for stream in &attempt.lead_streams {
            self.number(u64::from(*stream));
        }
        self.place(attempt.stages.len());
        for stage in &attempt.stages {
            self.any(stage.passed);
            self.any(stage.passed_last);
            self.any(stage.started);
            self.any(stage.cleared);
            self.failures(&stage.failures);
        }
    }

    fn failures(&mut self, failures: &Failures) {
        let (own, gone) = failures.part();
        self.place(own.start);
        self.place(own.len());
        self.place(gone);
        self.any(failures.inherited());
        let Some(before) = failures.before() else {
            return self.flags(&[false]);
        };
        self.flags(&[true, before.aside]);
        self.place(before.range.start);
        self.place(before.range.end);
        self.place(before.attempt);
        self.place(before.early.len());
        self.flags(&[before.late.is_some()]);
        for (event, at) in before.early.iter().chain(&before.late) {
            self.place(*event);
            self.signed(*at);
        }
        self.any_signed(before.brief);
        self.any(before.offline);
    }
}

/// Reads what a [`Writer`] wrote.
struct Reader<'b> {
    bytes: Bytes<'b>,
    logs: &'b [Rc<Log>],
    owns: &'b [Rc<Own>],
}

impl Reader<'_> {
    fn number(&mut self) -> u64 {
        self.bytes.number()
    }

    fn place(&mut self) -> usize {
        self.number() as usize
    }

    fn any(&mut self) -> Option<usize> {
        self.place().checked_sub(1)
    }

    fn signed(&mut self) -> i64 {
        self.bytes.signed()
    }

    fn any_signed(&mut self) -> Option<i64> {
        let [is_some, ..] = self.flags();
        let number = self.signed();
        is_some.then_some(number)
    }

    fn flags(&mut self) -> [bool; 5] {
        let byte = self.bytes.u8();
        std::array::from_fn(|bit| byte >> bit & 1 == 1)
    }

    fn attempt(&mut self) -> AttemptState {
        let (first, last) = (self.place(), self.place());
        let [ended, led, lasts, ..] = self.flags();
        let (reached, context) = (self.any(), self.any());
        let context_stream = self.number() as u32;
        let (mentioned, asked) = (self.any(), self.any());
        let lead_last = self.any_signed();
        let goal = self.place();
        let count = self.place();
        let lead_streams = (0..count).map(|_| self.number() as u32).collect();
        let count = self.place();
        let stages = (0..count).map(|stage| StageState {
            passed: self.any(),
            passed_last: self.any(),
            started: self.any(),
            cleared: self.any(),
            failures: self.failures(stage),
        });
        let stages = stages.collect();
        AttemptState {
            first,
            last,
            stages,
            ended,
            led,
            reached,
            context,
            context_stream,
            mentioned,
            asked,
            lead_last,
            lead_streams,
            goal,
            lasts,
        }
    }

    fn failures(&mut self, stage: usize) -> Failures {
        let start = self.place();
        let own = start..start + self.place();
        let gone = self.place();
        let inherited = self.any();
        let [is_some, aside, ..] = self.flags();
        let before = is_some.then(|| {
            let range = self.place()..self.place();
            let attempt = self.place();
            let count = self.place();
            let [has_late, ..] = self.flags();
            let mut at = || (self.place(), self.signed());
            let early = (0..count).map(|_| at()).collect();
            let late = has_late.then(&mut at);
            Before {
                log: self.logs[stage].clone(),
                range,
                attempt,
                early,
                late,
                aside,
                brief: self.any_signed(),
                offline: self.any(),
                seen: Seen::default(),
            }
        });
        match self.owns.get(stage) {
            Some(list) => Failures::of(list, (own, gone), inherited, before),
            None => Failures::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An attempt in which every field depends on the number.
    fn attempt(number: usize, log: &Rc<Log>, own: &Rc<Own>) -> AttemptState {
        let any = |bit: usize| (number >> bit & 1 == 1).then_some(number * 131 + bit);
        let before = Before {
            log: log.clone(),
            range: number..number + 9,
            attempt: number,
            early: (0..number % 4).map(|n| (n, i64::MIN + n as i64)).collect(),
            late: any(0).map(|event| (event, -7)),
            aside: number % 2 == 1,
            brief: any(3).map(|nanos| nanos as i64),
            offline: any(4),
            seen: Seen::default(),
        };
        let stages = (0..3).map(|stage| StageState {
            passed: any(stage),
            passed_last: any(stage + 1),
            started: any(stage + 2),
            cleared: any(stage + 3),
            failures: Failures::of(
                own,
                (number..number + number % 4, number % 2),
                any(stage),
                (number % 3 == stage).then(|| before.clone()),
            ),
        });
        AttemptState {
            first: number,
            last: number * 1000,
            stages: stages.collect(),
            ended: number.is_multiple_of(2),
            led: number.is_multiple_of(3),
            reached: any(0),
            context: any(1),
            context_stream: number as u32,
            mentioned: any(2),
            asked: any(3),
            lead_last: any(4).map(|nanos| -(nanos as i64)),
            lead_streams: (0..number as u32 % 5).collect(),
            goal: 2,
            lasts: number.is_multiple_of(5),
        }
    }

    #[test]
    fn attempts_are_read_as_they_were_written_whichever_way_they_are_walked() {
        let folder = tempfile::tempdir().unwrap();
        let logs: Vec<Rc<Log>> = (0..3).map(|_| Rc::new(Log::new(None))).collect();
        let own = Rc::new(Own::new(None));
        let mut attempts = Attempts::new(3, Some(folder.path()));
        attempts.logs.clone_from(&logs);
        let count = 12_000;
        for number in 0..count {
            attempts.push(&attempt(number, &logs[0], &own));
        }
        let same = |attempts: &Attempts, change: fn(&mut AttemptState)| {
            for (number, read) in attempts.iter().enumerate().step_by(7) {
                let mut expected = attempt(number, &logs[0], &own);
                change(&mut expected);
                assert_eq!(format!("{read:?}"), format!("{expected:?}"));
            }
        };
        same(&attempts, |_| {});
        assert_eq!(attempts.partition_point(|first| first < 777), 777);
        let ended = attempts.change_from_the_end(logs.clone(), |_, attempt| attempt.ended = true);
        same(&ended, |attempt| attempt.ended = true);
        assert_eq!(ended.len(), count);
        assert!(!ended.is_broken());
    }
}
