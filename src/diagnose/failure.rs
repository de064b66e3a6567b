//! One failure at a stage, and how it is kept.

use super::event::Look;
use crate::spool::{Bytes, Item, Room};

/// A failure at a stage.
#[derive(Debug, Clone, Copy)]
pub struct Failure {
    /// Index of the event.
    pub event: usize,
    /// What the event tells, where it sorts and in which source it stands, as in [`Look`]: attempts have events that lie
    /// far apart, and are asked for this again and again.
    pub(super) tells: usize,
    pub(super) order: i64,
    pub(super) source: usize,
    /// Index of the rule.
    pub rule: usize,
    /// True if the record names an endpoint of the stage.
    pub at_endpoint: bool,
    /// True if the stage is known from a record that began it, and not only guessed.
    pub in_context: bool,
    /// The first later event that makes up for it.
    pub recovered: Option<usize>,
    /// True if it is another program's trouble with a stage that the client itself has left behind: worth knowing, but
    /// not what broke this login.
    pub aside: bool,
    /// True if a session that stood broke off, and no address says that this was it.
    pub presumed: bool,
    /// True if its record names no endpoint, and the stage is the one that was begun: an answer disproves it.
    pub guessed: bool,
    /// The record with the token that was refused, where its claims say why.
    pub token: Option<usize>,
}

impl Failure {
    /// What that event tells by that rule; no more is known of it.
    pub(super) fn of(look: &Look<'_>, rule: usize) -> Self {
        Self {
            event: look.index,
            tells: look.tells,
            order: look.order,
            source: look.source,
            rule,
            at_endpoint: false,
            in_context: false,
            recovered: None,
            aside: false,
            presumed: false,
            guessed: false,
            token: None,
        }
    }

    /// True if nothing made up for it up to that event, and it is what stands in the way.
    pub fn stands_at(&self, end: usize) -> bool {
        self.recovered.is_none_or(|recovered| recovered > end) && !self.aside
    }

    /// True if nothing made up for it, and it is what stands in the way.
    pub fn stands(&self) -> bool {
        self.recovered.is_none() && !self.aside
    }
}

/// The record names an endpoint of the stage.
const AT_ENDPOINT: u8 = 1;
const IN_CONTEXT: u8 = 2;
const ASIDE: u8 = 4;
const PRESUMED: u8 = 8;
const GUESSED: u8 = 16;
/// The other side was not reached.
pub(super) const UNREACHED: u8 = 32;
/// It may come from a PC that is offline.
pub(super) const OFFLINE: u8 = 64;
/// It turned out to be none.
pub(super) const GONE: u8 = 128;

/// A failure as it is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) event: u32,
    tells: u32,
    source: u32,
    pub(super) order: i64,
    rule: u32,
    /// Indices of events, and one more.
    pub(super) recovered: u32,
    token: u32,
    /// What is true of it: [`AT_ENDPOINT`] and the like.
    pub(super) flags: u8,
}

impl Told {
    pub(super) fn of(failure: &Failure) -> Self {
        let any = |event: Option<usize>| event.map_or(0, |event| event as u32 + 1);
        Self {
            event: failure.event as u32,
            tells: failure.tells as u32,
            source: failure.source as u32,
            order: failure.order,
            rule: failure.rule as u32,
            recovered: any(failure.recovered),
            token: any(failure.token),
            flags: flags_of(failure),
        }
    }

    pub(super) fn failure(self) -> Failure {
        let any = |event: u32| (event as usize).checked_sub(1);
        let is = |flag: u8| self.flags & flag != 0;
        Failure {
            event: self.event as usize,
            tells: self.tells as usize,
            source: self.source as usize,
            order: self.order,
            rule: self.rule as usize,
            at_endpoint: is(AT_ENDPOINT),
            in_context: is(IN_CONTEXT),
            recovered: any(self.recovered),
            aside: is(ASIDE),
            presumed: is(PRESUMED),
            guessed: is(GUESSED),
            token: any(self.token),
        }
    }

    pub(super) fn is_gone(self) -> bool {
        self.flags & GONE != 0
    }
}

fn flags_of(failure: &Failure) -> u8 {
    let flags = [
        (failure.at_endpoint, AT_ENDPOINT),
        (failure.in_context, IN_CONTEXT),
        (failure.aside, ASIDE),
        (failure.presumed, PRESUMED),
        (failure.guessed, GUESSED),
    ];
    let set = flags.iter().filter(|(is, _)| *is).map(|(_, flag)| flag);
    set.sum()
}

impl Item for Told {
    const BYTES: usize = 33;

    #[inline]
    fn put(&self, bytes: &mut Room<'_>) {
        let (own, others) = (
            [self.event, self.tells, self.source],
            [self.recovered, self.token],
        );
        for number in own.into_iter().chain([self.rule]).chain(others) {
            bytes.put(number.to_le_bytes());
        }
        bytes.put(self.order.to_le_bytes());
        bytes.put([self.flags]);
    }

    #[inline]
    fn get(bytes: &mut Bytes<'_>) -> Self {
        Self {
            event: bytes.u32(),
            tells: bytes.u32(),
            source: bytes.u32(),
            rule: bytes.u32(),
            recovered: bytes.u32(),
            token: bytes.u32(),
            order: bytes.i64(),
            flags: bytes.u8(),
        }
    }
}
