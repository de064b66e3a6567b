//! Events as they are kept: as rows, as long as they are not in order, and then what is asked of many and of few.

use crate::grammar::told::Beat;
use crate::spool::{Bytes, Item, Room};

/// Events of one record, before they are in order.
#[derive(Debug, Clone, Copy, Default)]
pub struct Row {
    pub(super) order: i64,
    pub(super) line: u64,
    instant: i64,
    /// What they tell, as whoever made the row knows it.
    pub tells: u32,
    pub(super) source: u32,
    /// Which of the rows it is that were made of one.
    pub part: u32,
    /// As in [`super::Event::home`].
    pub home: (u32, u32),
    pub(super) flags: u8,
}

const HAS_INSTANT: u8 = 1;
pub(super) const ZONE_ASSUMED: u8 = 2;
pub(super) const AGAIN: u8 = 4;
pub(super) const SAME: u8 = 8;
pub(super) const QUOTED: u8 = 16;

impl Row {
    /// A row of a record.
    pub fn new(
        tells: u32,
        placed: Placed,
        zone_assumed: bool,
        beat: Beat,
        home: (u32, u32),
    ) -> Self {
        let Placed {
            order,
            source,
            line,
            instant,
        } = placed;
        let mut row = Self {
            order,
            line,
            instant: instant.unwrap_or_default(),
            tells,
            source,
            part: 0,
            home,
            flags: 0,
        };
        if instant.is_some() {
            row.flags |= HAS_INSTANT;
        }
        if zone_assumed {
            row.flags |= ZONE_ASSUMED;
        }
        row.set_beat(beat);
        row
    }

    /// The same of a record that may be quoted, or may not.
    #[must_use]
    pub fn quoted(mut self, may_be: bool) -> Self {
        self.flags |= if may_be { QUOTED } else { 0 };
        self
    }

    /// As in [`super::Event::placed`].
    pub fn placed(&self) -> Placed {
        Placed {
            order: self.order,
            source: self.source,
            line: self.line,
            instant: (self.flags & HAS_INSTANT != 0).then_some(self.instant),
        }
    }

    /// As in [`super::Event::beat`].
    pub fn beat(&self) -> Beat {
        beat_of(self.flags)
    }

    /// Says what is known of it as a beat.
    pub fn set_beat(&mut self, beat: Beat) {
        self.flags &= !(AGAIN | SAME);
        self.flags |= match beat {
            Beat::Last => 0,
            Beat::Again => AGAIN,
            Beat::Same => SAME,
        };
    }
}

pub(super) fn beat_of(flags: u8) -> Beat {
    match flags {
        flags if flags & AGAIN != 0 => Beat::Again,
        flags if flags & SAME != 0 => Beat::Same,
        _ => Beat::Last,
    }
}

impl Item for Row {
    const BYTES: usize = 45;

    #[inline]
    fn put(&self, bytes: &mut Room<'_>) {
        let (block, index) = self.home;
        bytes.put(self.order.to_le_bytes());
        bytes.put(self.line.to_le_bytes());
        bytes.put(self.instant.to_le_bytes());
        for number in [self.tells, self.source, self.part, block, index] {
            bytes.put(number.to_le_bytes());
        }
        bytes.put([self.flags]);
    }

    #[inline]
    fn get(bytes: &mut Bytes<'_>) -> Self {
        Self {
            order: bytes.i64(),
            line: bytes.u64(),
            instant: bytes.i64(),
            tells: bytes.u32(),
            source: bytes.u32(),
            part: bytes.u32(),
            home: (bytes.u32(), bytes.u32()),
            flags: bytes.u8(),
        }
    }
}

/// What is asked of few records.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rest {
    pub(super) line: u64,
    pub(super) instant: i64,
    /// Index of its client, and one more; 0 for that of its source.
    pub(super) client: u32,
    /// As in [`super::Event::home`].
    pub(super) home: (u32, u32),
    pub(super) flags: u8,
}

impl Rest {
    pub(super) fn of(row: &Row) -> Self {
        Self {
            line: row.line,
            instant: row.instant,
            client: 0,
            home: row.home,
            flags: row.flags & !(AGAIN | SAME | QUOTED),
        }
    }

    pub(super) fn placed(&self, gist: Gist) -> Placed {
        Placed {
            order: gist.order,
            source: gist.source,
            line: self.line,
            instant: (self.flags & HAS_INSTANT != 0).then_some(self.instant),
        }
    }
}

impl Item for Rest {
    const BYTES: usize = 29;

    #[inline]
    fn put(&self, bytes: &mut Room<'_>) {
        let (block, index) = self.home;
        bytes.put(self.line.to_le_bytes());
        bytes.put(self.instant.to_le_bytes());
        for number in [self.client, block, index] {
            bytes.put(number.to_le_bytes());
        }
        bytes.put([self.flags]);
    }

    #[inline]
    fn get(bytes: &mut Bytes<'_>) -> Self {
        Self {
            line: bytes.u64(),
            instant: bytes.i64(),
            client: bytes.u32(),
            home: (bytes.u32(), bytes.u32()),
            flags: bytes.u8(),
        }
    }
}

/// What most walks over events ask of one: a finding is made of events that lie far apart, and is walked many times. It is
/// kept so close that much of it stays in memory.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Gist {
    pub(super) order: i64,
    pub(super) told: u32,
    pub(super) source: u32,
    /// The number of its record: what one record tells stands together.
    pub(super) record: u32,
    /// What is known of it as a beat.
    pub(super) flags: u8,
}

impl Item for Gist {
    const BYTES: usize = 21;

    #[inline]
    fn put(&self, bytes: &mut Room<'_>) {
        bytes.put(self.order.to_le_bytes());
        for number in [self.told, self.source, self.record] {
            bytes.put(number.to_le_bytes());
        }
        bytes.put([self.flags]);
    }

    #[inline]
    fn get(bytes: &mut Bytes<'_>) -> Self {
        Self {
            order: bytes.i64(),
            told: bytes.u32(),
            source: bytes.u32(),
            record: bytes.u32(),
            flags: bytes.u8(),
        }
    }
}

/// The place of a record in time and in its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Placed {
    /// Where it sorts, in nanoseconds UTC: its own instant, else that of the record before it.
    pub order: i64,
    /// Rank of the source's path.
    pub source: u32,
    /// Line at which the record starts, from 1.
    pub line: u64,
    /// Its own instant; an inherited time never decides a cause.
    pub instant: Option<i64>,
}
