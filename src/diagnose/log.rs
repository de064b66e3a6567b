//! What other programs than the lead told of a stage: kept once for all attempts of a client.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;

use super::before::Window;
use super::failure::{Failure, Told};
use super::failures::OF_STAGE;
use crate::grammar::endpoint::Endpoint;
use crate::spool::{Bytes, Item, List, Room};

/// What other programs told of a stage, in all attempts of a client.
#[derive(Debug)]
pub(super) struct Log {
    /// In order.
    pub(super) entries: List<Entry>,
    /// Failures of whoever that show that the other side answers, in order.
    pub(super) answers: List<Answer>,
    /// The endpoints of both, each once.
    endpoints: Vec<Endpoint>,
    /// Indices of them, by host.
    of_host: HashMap<String, Vec<u32>>,
    /// The kinds of entries, each once, and the endpoint of each.
    kinds: HashMap<Kind, u32>,
    of_kind: Vec<u32>,
    /// What the attempt that was looked at last sees of it.
    pub(super) window: RefCell<Window>,
}

/// Failures of one kind only differ in when they were told, in what else their records say, and in how they ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Kind {
    rule: usize,
    stream: u32,
    flags: u8,
    /// As in [`Answer`].
    endpoint: u32,
    is_address: bool,
    by_number: bool,
}

/// A failure that another program than the lead told.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry {
    /// As it was told: nothing is over.
    pub(super) told: Told,
    /// Index of its kind.
    pub(super) kind: u32,
}

impl Entry {
    pub(super) fn is(self, flag: u8) -> bool {
        self.told.flags & flag != 0
    }
}

impl Item for Entry {
    const BYTES: usize = Told::BYTES + 4;

    fn put(&self, bytes: &mut Room<'_>) {
        self.told.put(bytes);
        bytes.put(self.kind.to_le_bytes());
    }

    fn get(bytes: &mut Bytes<'_>) -> Self {
        Self {
            told: Told::get(bytes),
            kind: bytes.u32(),
        }
    }
}

/// A failure that shows that the other side answers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Answer {
    pub(super) event: u32,
    /// Where it sorts.
    pub(super) order: i64,
    /// Index of its endpoint, and one more.
    pub(super) endpoint: u32,
    /// Index of its attempt.
    pub(super) attempt: u32,
    /// True if another program than the lead told it.
    pub(super) foreign: bool,
}

impl Item for Answer {
    const BYTES: usize = 21;

    fn put(&self, bytes: &mut Room<'_>) {
        for number in [self.event, self.endpoint, self.attempt] {
            bytes.put(number.to_le_bytes());
        }
        bytes.put(self.order.to_le_bytes());
        bytes.put([u8::from(self.foreign)]);
    }

    fn get(bytes: &mut Bytes<'_>) -> Self {
        Self {
            event: bytes.u32(),
            endpoint: bytes.u32(),
            attempt: bytes.u32(),
            order: bytes.i64(),
            foreign: bytes.u8() != 0,
        }
    }
}

/// What else is known of a failure that is added to a [`Log`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Telling<'t> {
    pub(super) endpoint: Option<&'t Endpoint>,
    /// The stream of its source.
    pub(super) stream: u32,
    /// True if its rule knows it by a number.
    pub(super) by_number: bool,
    /// Flags that its rule gives it.
    pub(super) flags: u8,
}

impl Log {
    /// Nothing yet; `folder` as in [`List::new`].
    pub(super) fn new(folder: Option<&Path>) -> Self {
        let (mut entries, mut answers) = (List::new(folder), List::new(folder));
        entries.set_room(OF_STAGE);
        answers.set_room(OF_STAGE);
        Self {
            entries,
            answers,
            endpoints: Vec::new(),
            of_host: HashMap::new(),
            kinds: HashMap::new(),
            of_kind: Vec::new(),
            window: RefCell::default(),
        }
    }

    /// How many failures other programs than the lead told.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if a part could not be read again from the file.
    pub(super) fn is_broken(&self) -> bool {
        self.entries.is_broken() || self.answers.is_broken()
    }

    /// Of the first entries, how many sort at a time that fulfils something, which no later one does.
    pub(super) fn partition_point(&self, holds: impl Fn(i64) -> bool) -> usize {
        self.entries
            .partition_point(|entry| holds(entry.told.order))
    }

    /// The place of the first entry behind that event.
    pub(super) fn behind(&self, event: usize) -> usize {
        self.entries
            .partition_point(|entry| entry.told.event as usize <= event)
    }

    /// The event of that entry.
    pub(super) fn event(&self, place: usize) -> usize {
        self.entries.get(place).told.event as usize
    }

    fn endpoint(&mut self, endpoint: Option<&Endpoint>) -> u32 {
        let Some(endpoint) = endpoint else { return 0 };
        let same = |known: &&u32| self.endpoints[**known as usize].port == endpoint.port;
        let of_host = self.of_host.get(&endpoint.host);
        if let Some(place) = of_host.and_then(|all| all.iter().find(same)) {
            return place + 1;
        }
        let place = self.endpoints.len() as u32;
        self.endpoints.push(endpoint.clone());
        let of_host = self.of_host.entry(endpoint.host.clone());
        of_host.or_default().push(place);
        place + 1
    }

    /// Adds what another program than the lead told.
    pub(super) fn add(&mut self, failure: &Failure, telling: Telling<'_>) {
        let mut told = Told::of(failure);
        told.recovered = 0;
        told.flags |= telling.flags;
        let kind = Kind {
            rule: failure.rule,
            stream: telling.stream,
            flags: told.flags,
            endpoint: self.endpoint(telling.endpoint),
            is_address: telling.endpoint.is_none_or(Endpoint::is_address),
            by_number: telling.by_number,
        };
        let next = self.of_kind.len() as u32;
        let known = *self.kinds.entry(kind).or_insert(next);
        if known == next {
            self.of_kind.push(kind.endpoint);
        }
        self.entries.push(Entry { told, kind: known });
    }

    /// Adds a failure that shows that the other side answers.
    pub(super) fn add_answer(
        &mut self,
        failure: &Failure,
        endpoint: Option<&Endpoint>,
        attempt: usize,
        foreign: bool,
    ) {
        let answer = Answer {
            event: failure.event as u32,
            order: failure.order,
            endpoint: self.endpoint(endpoint),
            attempt: attempt as u32,
            foreign,
        };
        self.answers.push(answer);
    }

    /// The endpoint of that number, which is one more than its index.
    pub(super) fn endpoint_of(&self, number: u32) -> Option<&Endpoint> {
        self.endpoints.get((number as usize).checked_sub(1)?)
    }

    /// The endpoint that an entry names.
    pub(super) fn endpoint_of_entry(&self, entry: Entry) -> Option<&Endpoint> {
        self.endpoint_of(self.of_kind[entry.kind as usize])
    }
}

/// True if a record in which one side answers may be about what another record did not reach.
pub(super) fn of_same(a: Option<&Endpoint>, b: Option<&Endpoint>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.port == b.port || a.host == b.host,
        _ => true,
    }
}
