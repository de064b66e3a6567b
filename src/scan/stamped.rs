//! A stamp as records keep it: in two words, as every record copies it several times.

use std::num::NonZeroU64;

use crate::model::RawTime;

/// A stamp with the number of cycles that passed since the start of the block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Stamped {
    /// Cycles in the upper half; then drops, the format, and the kind of time.
    mark: NonZeroU64,
    nanos: i64,
}

const WRAPS: u32 = 32;
const DROPS: u32 = 16;
const FORMAT: u32 = 8;
/// Kinds of time. The lowest bit is set in any case.
const UTC: u64 = 0;
const WALL: u64 = 2;
const CYCLIC: u64 = 4;
const KINDS: u64 = UTC | WALL | CYCLIC;

impl Stamped {
    /// A stamp. `wraps`: full cycles since the block's first stamp; 0 unless the stamp is cyclic. `format`: index of the format
    /// in the layout. `drops`: those of the format's stamps since the start of the block, see [`super::trail`]; all beyond
    /// 65,535 are one.
    #[inline]
    pub fn new(raw: RawTime, wraps: i32, format: u8, drops: u32) -> Self {
        let kind = match raw {
            RawTime::Utc(_) => UTC,
            RawTime::Wall(_) => WALL,
            RawTime::Cyclic(_) => CYCLIC,
        };
        let drops = drops.min(u32::from(u16::MAX));
        let mark = u64::from(wraps.cast_unsigned()) << WRAPS
            | u64::from(drops) << DROPS
            | u64::from(format) << FORMAT
            | kind;
        Self {
            mark: NonZeroU64::MIN | mark,
            nanos: raw.nanos(),
        }
    }

    /// The same at another time of the same kind.
    #[inline]
    #[must_use]
    pub const fn at(self, nanos: i64) -> Self {
        Self {
            mark: self.mark,
            nanos,
        }
    }

    /// True if both are alike but for what the stamps say.
    #[inline]
    pub fn is_like(self, other: Self) -> bool {
        self.mark == other.mark
    }

    /// What the stamp says.
    #[inline]
    pub const fn raw(self) -> RawTime {
        match self.mark.get() & KINDS {
            UTC => RawTime::Utc(self.nanos),
            WALL => RawTime::Wall(self.nanos),
            _ => RawTime::Cyclic(self.nanos),
        }
    }

    /// The same in nanoseconds.
    #[inline]
    pub const fn nanos(self) -> i64 {
        self.nanos
    }

    /// Full cycles since the block's first stamp.
    #[inline]
    pub const fn wraps(self) -> i32 {
        ((self.mark.get() >> WRAPS) as u32).cast_signed()
    }

    /// Index of the format in the layout.
    #[inline]
    pub const fn format(self) -> u8 {
        (self.mark.get() >> FORMAT) as u8
    }

    /// Drops of the format's stamps since the start of the block.
    #[inline]
    pub const fn drops(self) -> u32 {
        (self.mark.get() >> DROPS) as u16 as u32
    }

    /// Orders stamps of one format.
    #[inline]
    pub const fn key(self) -> (i32, i64) {
        (self.wraps(), self.nanos)
    }
}

impl std::fmt::Debug for Stamped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut all = f.debug_struct("Stamped");
        all.field("raw", &self.raw()).field("wraps", &self.wraps());
        all.field("format", &self.format());
        all.field("drops", &self.drops()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_goes_in_comes_out(
            kind in 0..3,
            nanos in any::<i64>(),
            wraps in any::<i32>(),
            format in any::<u8>(),
            drops in 0u32..0x1_0000,
        ) {
            let raw = match kind {
                0 => RawTime::Utc(nanos),
                1 => RawTime::Wall(nanos),
                _ => RawTime::Cyclic(nanos),
            };
            let stamped = Stamped::new(raw, wraps, format, drops);
            prop_assert_eq!(stamped.raw(), raw);
            prop_assert_eq!((stamped.wraps(), stamped.format(), stamped.drops()), (wraps, format, drops));
            prop_assert_eq!(std::mem::size_of::<Option<Stamped>>(), 16);
        }
    }
}
