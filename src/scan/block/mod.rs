//! One block of text: which lines start records, what their stamps and levels say, and which signals they carry.
//!
//! A block owns the lines that start in it, and the records whose header line starts in it; the last record is read to
//! its end past the block's border. So every line and every record has exactly one owner, whatever the block size.

mod close;
mod express;
mod lines;
mod open;
mod pace;
mod scanner;
mod state;
mod tales;
mod telling;
mod turns;

use std::sync::Arc;

use super::by_format::ByFormat;
use super::minutes::Minutes;
pub use super::stamped::Stamped;
use super::trail::Dip;
use super::unknown::Groups;
use crate::grammar::told::{Beat, Told};
use crate::model::RawTime;
use crate::model::time::SECOND;

pub use scanner::{More, Scanner, Scratch};
pub use state::cycle_step;

/// The part of a record that rules see, in bytes; what lies beyond is counted as a problem.
pub const RECORD_CAP: usize = 1 << 20;

/// The text that a block is scanned in.
#[derive(Debug, Default)]
pub struct Window {
    /// Text, from one byte before the block (if there is one) to somewhere past its end.
    pub bytes: Vec<u8>,
    /// Where the block starts in `bytes`.
    pub start: usize,
    /// Where the block ends in `bytes`.
    pub end: usize,
    /// Offset of `bytes[0]` in the source's text.
    pub offset: u64,
    /// True if `bytes` reaches to the end of the source.
    pub complete: bool,
}

/// One minute of stamps that are read alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MinuteKey {
    /// Index of the format in the layout.
    pub format: u8,
    /// See [`Stamped::wraps`].
    pub wraps: i32,
    /// See [`Stamped::drops`].
    pub drops: u32,
    /// 0 for instants, 1 for local time, 2 for a position in a cycle.
    pub kind: u8,
    /// The minute.
    pub minute: i64,
}

impl MinuteKey {
    fn kind(time: Stamped) -> u8 {
        match time.raw() {
            RawTime::Utc(_) => 0,
            RawTime::Wall(_) => 1,
            RawTime::Cyclic(_) => 2,
        }
    }

    /// The minute of a stamp.
    pub(super) fn of(time: Stamped) -> Self {
        Self {
            format: time.format(),
            wraps: time.wraps(),
            drops: time.drops(),
            kind: Self::kind(time),
            minute: time.nanos().div_euclid(60 * SECOND),
        }
    }

    /// The stamp of its first nanosecond.
    pub fn start(&self) -> Stamped {
        let nanos = self.minute * 60 * SECOND;
        let raw = match self.kind {
            0 => RawTime::Utc(nanos),
            1 => RawTime::Wall(nanos),
            _ => RawTime::Cyclic(nanos),
        };
        Stamped::new(raw, self.wraps, self.format, self.drops)
    }
}

/// What a clause of the catalog saw on one record.
#[derive(Debug, Clone)]
pub struct Signal {
    /// What it tells.
    pub told: Arc<Told>,
    /// The last stamp at or before the record in the block: where the record sorts.
    pub order: Option<Stamped>,
    /// True if that is the record's own stamp.
    pub stamped: bool,
    /// What is known of it if it is a beat.
    pub beat: Beat,
    /// Line at which the record starts, from 0 at the block's first line.
    pub line: u32,
    /// Bytes of the record's header line and continuations, at most [`RECORD_CAP`].
    pub len: u32,
    /// Offset of the record in the source's text.
    pub offset: u64,
}

impl Signal {
    /// The record's own stamp.
    pub fn time(&self) -> Option<Stamped> {
        self.order.filter(|_| self.stamped)
    }
}

/// Records in one minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All.
    pub records: u64,
    /// At level warn.
    pub warnings: u64,
    /// At level error or worse.
    pub errors: u64,
}

impl Counts {
    /// Those of both.
    pub const fn add(&mut self, other: &Self) {
        self.records += other.records;
        self.warnings += other.warnings;
        self.errors += other.errors;
    }
}

/// What one block gave.
#[derive(Debug, Default)]
pub struct BlockScan {
    /// Lines that start in the block.
    pub lines: u64,
    /// Lines that start a record.
    pub records: u64,
    /// Lines after a record of the block.
    pub continuations: u64,
    /// Lines before the first record of the block: of the record above, or of none.
    pub leading: u64,
    /// The first leading lines: number from 0, text.
    pub leading_first: Vec<(u64, Vec<u8>)>,
    /// Records per level, by [`Level::index`].
    pub levels: [u64; 6],
    /// The latest stamp of each level, by [`Level::index`].
    pub level_last: [Option<Stamped>; 6],
    /// First and last stamp in the order of lines, for each format.
    pub ends: ByFormat<(Stamped, Stamped)>,
    /// The last stamp of any format, in the order of lines.
    pub last: Option<Stamped>,
    /// The first stamp of any format, in the order of lines.
    pub first: Option<Stamped>,
    /// Earliest and latest stamp for each format.
    pub extremes: ByFormat<(Stamped, Stamped)>,
    /// Records stamped earlier than the record before them of the same format.
    pub steps_back: u64,
    /// Stamped records later than the one before them.
    pub rises: u64,
    /// Where stamps drop, and where those of each format begin.
    pub dips: Vec<Dip>,
    /// Records per minute.
    pub minutes: Minutes,
    /// What the clauses saw, in the order of lines.
    pub signals: Vec<Signal>,
    /// Records longer than [`RECORD_CAP`].
    pub cut: u64,
    /// Records that look like trouble and that no rule explains.
    pub unknown: Groups,
    /// True if a word of the chain stands in the block, or the source is known by its name.
    pub in_scope: bool,
}
