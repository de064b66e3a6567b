//! What the blocks of a source gave, in their order. A long file has thousands of them, and all are kept until the report
//! is made: so each is packed into bytes, some hundred instead of a thousand.

use super::block::{BlockScan, Stamped};
use super::by_format::ByFormat;
use super::minutes::Minutes;
use super::trail::Dip;
use super::unknown::Groups;
use crate::model::RawTime;
use crate::spool::Bytes;
use crate::spool::pack::{Later, put_number, put_signed};

/// The blocks of a source. Their signals are kept elsewhere.
#[derive(Debug, Default)]
pub struct Blocks {
    all: Vec<Packed>,
    /// True if one of them has a record.
    any_records: bool,
}

/// A block, packed.
#[derive(Debug, Default)]
pub struct Packed {
    bytes: Box<[u8]>,
    beside: Option<Box<Beside>>,
}

/// What few blocks have.
#[derive(Debug, Default)]
struct Beside {
    leading_first: Vec<(u64, Vec<u8>)>,
    unknown: Groups,
}

impl From<BlockScan> for Packed {
    fn from(mut scan: BlockScan) -> Self {
        debug_assert!(scan.signals.is_empty(), "signals are kept elsewhere");
        let beside = Beside {
            leading_first: std::mem::take(&mut scan.leading_first),
            unknown: std::mem::take(&mut scan.unknown),
        };
        let is_empty = beside.leading_first.is_empty() && beside.unknown.is_empty();
        Self {
            bytes: Packing::of(&scan).into(),
            beside: (!is_empty).then(|| beside.into()),
        }
    }
}

impl Packed {
    /// Drops the quoted lines before its first record: they are of a record that began earlier.
    fn drop_leading(&mut self) {
        if let Some(beside) = &mut self.beside {
            beside.leading_first = Vec::new();
        }
        self.beside.take_if(|beside| beside.unknown.is_empty());
    }

    /// True if a record begins in it.
    fn has_records(&self) -> bool {
        let mut bytes = Bytes(&self.bytes);
        let [_is_in_scope, _lines, records] = [bytes.u8().into(), bytes.number(), bytes.number()];
        records > 0
    }

    /// The block, without its signals and groups.
    fn scan(&self) -> BlockScan {
        let mut scan = Unpacking::new(&self.bytes).scan();
        if let Some(beside) = &self.beside {
            scan.leading_first.clone_from(&beside.leading_first);
        }
        scan
    }
}

impl Blocks {
    /// Adds the next block.
    pub fn push(&mut self, block: impl Into<Packed>) {
        let mut block = block.into();
        if self.any_records {
            block.drop_leading();
        }
        self.any_records |= block.has_records();
        self.all.push(block);
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, more: usize) {
        self.all.reserve_exact(more);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Keeps the first `len` blocks.
    pub fn truncate(&mut self, len: usize) {
        self.all.truncate(len);
        self.any_records = self.all.iter().any(Packed::has_records);
    }

    /// All of them, without their signals and groups.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = BlockScan> + ExactSizeIterator {
        self.all.iter().map(Packed::scan)
    }

    /// One of them, without its signals and groups.
    pub fn get(&self, number: usize) -> Option<BlockScan> {
        self.all.get(number).map(Packed::scan)
    }

    /// The records of each that no rule explains, where blocks have kept them, by the number of the block.
    pub fn unknown(&self) -> impl Iterator<Item = (usize, &Groups)> {
        let all = self.all.iter().enumerate();
        all.filter_map(|(number, block)| Some((number, &block.beside.as_ref()?.unknown)))
    }
}

impl FromIterator<BlockScan> for Blocks {
    fn from_iter<I: IntoIterator<Item = BlockScan>>(blocks: I) -> Self {
        let mut all = Self::default();
        blocks.into_iter().for_each(|block| all.push(block));
        all
    }
}

/// What stamps are told by the difference from at first.
fn first() -> Stamped {
    Stamped::new(RawTime::Wall(0), 0, 0, 0)
}

/// Bits of the first byte of a stamp; the two above them are the kind of its time. A stamp that is missing is a 0.
const IS: u8 = 1;
/// The time is whole milliseconds from that of the stamp before.
const MILLIS: u8 = 2;
/// Format, wraps and drops are those of the stamp before.
const SAME: u8 = 4;
/// All of it is that of the stamp before.
const AGAIN: u8 = 8;
const KIND: u32 = 4;

struct Packing {
    bytes: Vec<u8>,
    before: Stamped,
}

impl Packing {
    fn of(scan: &BlockScan) -> Vec<u8> {
        let mut packing = Self {
            bytes: Vec::with_capacity(256),
            before: first(),
        };
        packing.bytes.push(u8::from(scan.in_scope));
        packing.numbers([scan.lines, scan.records, scan.continuations, scan.leading]);
        packing.numbers([scan.steps_back, scan.rises, scan.cut]);
        packing.numbers(scan.levels);
        packing.stamp(scan.first);
        packing.by_format(&scan.ends);
        packing.by_format(&scan.extremes);
        packing.stamp(scan.last);
        scan.level_last.iter().for_each(|last| packing.stamp(*last));
        put_number(&mut packing.bytes, scan.dips.len() as u64);
        scan.dips.iter().for_each(|dip| packing.dip(dip));
        packing.bytes.extend(scan.minutes.packed());
        packing.bytes
    }

    fn numbers<const N: usize>(&mut self, numbers: [u64; N]) {
        for number in numbers {
            put_number(&mut self.bytes, number);
        }
    }

    fn stamp(&mut self, stamped: Option<Stamped>) {
        let bytes = &mut self.bytes;
        let Some(stamped) = stamped else {
            return bytes.push(0);
        };
        let before = std::mem::replace(&mut self.before, stamped);
        if before == stamped {
            return bytes.push(IS | AGAIN);
        }
        let rest = |stamped: Stamped| (stamped.format(), stamped.wraps(), stamped.drops());
        let is_same = rest(before) == rest(stamped);
        let later = Later::of(before.nanos(), stamped.nanos());
        let kind: u8 = match stamped.raw() {
            RawTime::Utc(_) => 0,
            RawTime::Wall(_) => 1,
            RawTime::Cyclic(_) => 2,
        };
        let marks = [(later.in_millis, MILLIS), (is_same, SAME)];
        let marks = marks.iter().filter(|(is, _)| *is).map(|(_, bit)| bit);
        bytes.push(IS | kind << KIND | marks.sum::<u8>());
        later.put(bytes);
        if !is_same {
            bytes.push(stamped.format());
            put_signed(bytes, i64::from(stamped.wraps()));
            put_number(bytes, u64::from(stamped.drops()));
        }
    }

    fn by_format(&mut self, all: &ByFormat<(Stamped, Stamped)>) {
        self.bytes.push(all.len() as u8);
        for (format, (from, to)) in all.iter() {
            self.bytes.push(format);
            self.stamp(Some(*from));
            self.stamp(Some(*to));
        }
    }

    fn dip(&mut self, dip: &Dip) {
        self.stamp(dip.from);
        self.stamp(Some(dip.to));
        self.stamp(dip.after);
        self.numbers([dip.line, dip.offset]);
    }
}

struct Unpacking<'b> {
    bytes: Bytes<'b>,
    before: Stamped,
}

impl<'b> Unpacking<'b> {
    fn new(bytes: &'b [u8]) -> Self {
        Self {
            bytes: Bytes(bytes),
            before: first(),
        }
    }

    fn scan(mut self) -> BlockScan {
        let mut scan = BlockScan {
            in_scope: self.bytes.u8() == 1,
            ..BlockScan::default()
        };
        [scan.lines, scan.records, scan.continuations, scan.leading] = self.numbers();
        [scan.steps_back, scan.rises, scan.cut] = self.numbers();
        scan.levels = self.numbers();
        scan.first = self.stamp();
        scan.ends = self.by_format();
        scan.extremes = self.by_format();
        scan.last = self.stamp();
        scan.level_last = std::array::from_fn(|_| self.stamp());
        let dips = self.bytes.number();
        scan.dips = (0..dips).map(|_| self.dip()).collect();
        scan.minutes = Minutes::from_packed(self.bytes.0);
        scan
    }

    fn numbers<const N: usize>(&mut self) -> [u64; N] {
        std::array::from_fn(|_| self.bytes.number())
    }

    fn stamp(&mut self) -> Option<Stamped> {
        let first = self.bytes.u8();
        if first & IS == 0 {
            return None;
        }
        if first & AGAIN == 0 {
            let before = self.before;
            let nanos = Later::get(&mut self.bytes, before.nanos(), first & MILLIS != 0);
            let raw = match first >> KIND {
                0 => RawTime::Utc(nanos),
                1 => RawTime::Wall(nanos),
                _ => RawTime::Cyclic(nanos),
            };
            let (wraps, format, drops) = if first & SAME == 0 {
                let format = self.bytes.u8();
                let wraps = self.bytes.signed() as i32;
                (wraps, format, self.bytes.number() as u32)
            } else {
                (before.wraps(), before.format(), before.drops())
            };
            self.before = Stamped::new(raw, wraps, format, drops);
        }
        Some(self.before)
    }

    fn by_format(&mut self) -> ByFormat<(Stamped, Stamped)> {
        let mut all = ByFormat::default();
        for _ in 0..self.bytes.u8() {
            let format = self.bytes.u8();
            let from = self.stamp().unwrap_or(first());
            let to = self.stamp().unwrap_or(first());
            all.or_insert(format, (from, to));
        }
        all
    }

    fn dip(&mut self) -> Dip {
        let from = self.stamp();
        let to = self.stamp().unwrap_or(first());
        let after = self.stamp();
        let [line, offset] = self.numbers();
        Dip {
            from,
            to,
            line,
            offset,
            after,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::block::{Counts, MinuteKey};
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    fn stamped() -> impl Strategy<Value = Stamped> {
        let nanos = prop_oneof![any::<i64>(), (0..9i64).prop_map(|n| n * 1_000_000), 0..9i64];
        let raw = prop_oneof![
            nanos.clone().prop_map(RawTime::Utc),
            nanos.clone().prop_map(RawTime::Wall),
            nanos.prop_map(RawTime::Cyclic),
        ];
        let rest = prop_oneof![Just((0, 0, 0)), (any::<i32>(), any::<u8>(), any::<u32>())];
        (raw, rest)
            .prop_map(|(raw, (wraps, format, drops))| Stamped::new(raw, wraps, format, drops))
    }

    fn by_format() -> impl Strategy<Value = ByFormat<(Stamped, Stamped)>> {
        vec((any::<u8>(), stamped(), stamped()), 0..4).prop_map(|all| {
            let mut by_format = ByFormat::default();
            for (format, from, to) in all {
                by_format.or_insert(format, (from, to));
            }
            by_format
        })
    }

    fn dip() -> impl Strategy<Value = Dip> {
        let stamps = (option::of(stamped()), stamped(), option::of(stamped()));
        (stamps, any::<u64>(), any::<u64>()).prop_map(|((from, to, after), line, offset)| Dip {
            from,
            to,
            line,
            offset,
            after,
        })
    }

    fn minutes() -> impl Strategy<Value = Minutes> {
        vec((stamped(), 0..9u64), 0..4).prop_map(|all| {
            let mut minutes = Minutes::default();
            for (at, records) in all {
                let counts = Counts {
                    records,
                    ..Counts::default()
                };
                minutes.add(MinuteKey::of(at), counts);
            }
            minutes.pack();
            minutes
        })
    }

    fn block() -> impl Strategy<Value = BlockScan> {
        let number = || prop_oneof![Just(0u64), any::<u64>()];
        let numbers = proptest::array::uniform7(number());
        let levels = proptest::array::uniform6((number(), option::of(stamped())));
        let ends = (option::of(stamped()), option::of(stamped()));
        let rest = (vec(dip(), 0..3), minutes(), any::<bool>());
        let lines = vec((any::<u64>(), vec(any::<u8>(), 0..9)), 0..3);
        (numbers, levels, ends, by_format(), by_format(), rest, lines).prop_map(
            |(numbers, levels, (first, last), ends, extremes, rest, leading_first)| BlockScan {
                lines: numbers[0],
                records: numbers[1],
                continuations: numbers[2],
                leading: numbers[3],
                steps_back: numbers[4],
                rises: numbers[5],
                cut: numbers[6],
                levels: levels.map(|level| level.0),
                level_last: levels.map(|level| level.1),
                first,
                last,
                ends,
                extremes,
                dips: rest.0,
                minutes: rest.1,
                in_scope: rest.2,
                leading_first,
                ..BlockScan::default()
            },
        )
    }

    proptest! {
        #[test]
        fn a_block_is_read_as_it_was_packed(block in block()) {
            let told = format!("{block:?}");
            prop_assert_eq!(format!("{:?}", Packed::from(block).scan()), told);
        }
    }

    /// Blocks of one leading line and so many records.
    fn blocks(records: &[u64]) -> Blocks {
        let block = |records: &u64| BlockScan {
            records: *records,
            leading: 1,
            leading_first: vec![(0, b"text".to_vec())],
            ..BlockScan::default()
        };
        records.iter().map(block).collect()
    }

    #[test]
    fn leading_lines_are_kept_until_the_first_record_only() {
        let mut all = blocks(&[0, 2, 0, 3]);
        let quoted = |all: &Blocks| -> Vec<usize> {
            all.iter().map(|block| block.leading_first.len()).collect()
        };
        assert_eq!(quoted(&all), [1, 1, 0, 0]);
        all.truncate(1);
        all.push(all.get(0).unwrap());
        assert_eq!(quoted(&all), [1, 1]);
        all = blocks(&[1]);
        all.truncate(1);
        all.push(all.get(0).unwrap());
        assert_eq!(quoted(&all), [1, 0]);
    }
}
