//! Events: signals with their instants, in one order over all sources.

use std::ops::Deref;
use std::sync::Arc;

use crate::grammar::told::{Beat, Told};
use crate::model::Level;

/// One signal of the whole case. What it tells is that of many: it reads as if it were its own.
#[derive(Debug, Clone)]
pub struct Event {
    /// What it tells.
    pub told: Arc<Told>,
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
    /// Where the record can be read again: (block, index of the signal in it).
    pub home: (u32, u32),
}

impl Deref for Event {
    type Target = Told;

    fn deref(&self) -> &Told {
        &self.told
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

/// The place of a record in time and in its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
