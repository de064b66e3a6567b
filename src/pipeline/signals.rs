//! What the blocks of a source tell, kept small: what many records tell is kept once for all sources, and where a record
//! stands only of those that may be quoted. All of it may go to a temporary file.

use std::collections::HashMap;
use std::ops::Range;

use super::quotes::{At, Store, is_quoted};
use super::tellings::Tellings;
use crate::grammar::chain::StageNames;
use crate::grammar::told::Beat;
use crate::model::RawTime;
use crate::scan::block::{Signal, Stamped, Window};
use crate::spool::Bytes;
use crate::spool::pack::{Later, put_number, put_signed};

/// The signals of one block, in the order of lines. Those of one record are one, unless something else is known of some.
#[derive(Debug, Default)]
pub struct Signals {
    count: u32,
    at: At,
    /// How many bytes they are there.
    bytes: u32,
    /// Where each part of them begins there, after the first one: most blocks have one.
    starts: Box<[u32]>,
    /// Stamps without their times: most blocks have one.
    kinds: Box<[Stamped]>,
}

/// What is needed to keep them.
pub(super) struct Keeper<'a> {
    pub(super) tellings: &'a Tellings,
    pub(super) names: &'a StageNames,
    /// Where they go if they are many.
    pub(super) store: Option<&'a Store>,
}

/// A signal. Its stamp is that of a kind, with another time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Small {
    tells: u32,
    nanos: i64,
    line: u32,
    kind: u32,
    /// Where its record can be read again, if it may be quoted.
    offset: u64,
    len: u32,
    sum: u32,
}

/// Small signals as bytes: each by what is different from the one before it.
#[derive(Debug, Default)]
struct Packed {
    bytes: Vec<u8>,
    before: Small,
    count: usize,
    /// Where each [`PART`] begins, after the first one.
    starts: Vec<u32>,
}

/// Reads what a [`Packed`] has.
#[derive(Debug)]
struct Unpacking<'b> {
    bytes: Bytes<'b>,
    before: Small,
    count: usize,
}

/// So many signals can be read without those before them.
const PART: usize = 1024;

/// Bytes that a packed signal takes at most, most often.
const USUAL: usize = 16;

/// Bits of the first byte of a packed signal; the highest ones are its [`STAMPED`], [`AGAIN`] and [`SAME`].
const QUOTED: u8 = 1;
const OTHER_KIND: u8 = 2;
/// The times are whole milliseconds apart.
const MILLIS: u8 = 4;

impl Packed {
    fn push(&mut self, small: Small) {
        if self.count.is_multiple_of(PART) {
            if self.count > 0 {
                self.starts.push(self.bytes.len() as u32);
            }
            self.before = Small::default();
        }
        self.count += 1;
        let before = self.before;
        let later = Later::of(before.nanos, small.nanos);
        let mut first = (small.kind >> 24) as u8 & 0xe0;
        let is_other = small.kind & KIND != before.kind & KIND;
        for (is, bit) in [
            (small.len > 0, QUOTED),
            (is_other, OTHER_KIND),
            (later.in_millis, MILLIS),
        ] {
            first |= if is { bit } else { 0 };
        }
        let bytes = &mut self.bytes;
        bytes.push(first);
        if is_other {
            put_number(bytes, u64::from(small.kind & KIND));
        }
        put_number(bytes, u64::from(small.tells));
        later.put(bytes);
        put_signed(bytes, i64::from(small.line) - i64::from(before.line));
        self.before = small;
        if small.len > 0 {
            put_signed(bytes, small.offset.wrapping_sub(before.offset) as i64);
            put_number(bytes, u64::from(small.len));
            bytes.extend(small.sum.to_le_bytes());
        } else {
            self.before.offset = before.offset;
        }
    }
}

impl<'b> Unpacking<'b> {
    fn new(bytes: &'b [u8]) -> Self {
        Self {
            bytes: Bytes(bytes),
            before: Small::default(),
            count: 0,
        }
    }

    /// The next one.
    fn next(&mut self) -> Small {
        if self.count.is_multiple_of(PART) {
            self.before = Small::default();
        }
        self.count += 1;
        let first = self.bytes.u8();
        let before = self.before;
        let mut small = Small {
            kind: before.kind & KIND,
            ..before
        };
        if first & OTHER_KIND != 0 {
            small.kind = self.bytes.number() as u32 & KIND;
        }
        small.kind |= u32::from(first & 0xe0) << 24;
        small.tells = self.bytes.number() as u32;
        small.nanos = Later::get(&mut self.bytes, before.nanos, first & MILLIS != 0);
        let line = i64::from(before.line).wrapping_add(self.bytes.signed());
        small.line = line as u32;
        (small.len, small.sum) = (0, 0);
        if first & QUOTED != 0 {
            let further = self.bytes.signed() as u64;
            small.offset = before.offset.wrapping_add(further);
            small.len = self.bytes.number() as u32;
            small.sum = self.bytes.u32();
        }
        self.before = small;
        small
    }
}

/// Bits of [`Small::kind`] that say something else: whether the stamp is the record's own, and what is known of a beat.
const STAMPED: u32 = 1 << 31;
const AGAIN: u32 = 1 << 30;
const SAME: u32 = 1 << 29;
const KIND: u32 = SAME - 1;
/// The kind of signals before the first stamp.
const NONE: u32 = KIND;

/// Where the record of a signal can be read again.
#[derive(Debug, Clone, Copy)]
pub struct Quoted {
    /// Offset of the record in the source's text.
    pub offset: u64,
    /// Bytes of it.
    pub len: u32,
    /// Their CRC-32: a file that changes meanwhile gives no evidence.
    pub sum: u32,
}

/// Signals of one record, as they were scanned.
pub(super) struct Seen {
    /// What they tell, as [`Sets`](super::tellings::Sets) knows it.
    pub(super) tells: u32,
    /// The last stamp at or before the record in the block.
    pub(super) order: Option<Stamped>,
    /// The record's own stamp.
    pub(super) time: Option<Stamped>,
    pub(super) beat: Beat,
    /// Line at which the record starts, from 0 at the block's first line.
    pub(super) line: u32,
    /// True if the record may be quoted.
    pub(super) quoted: bool,
}

/// The stamp without its time.
fn kind_of(stamped: Stamped) -> Stamped {
    stamped.at(0)
}

fn key(kind: Stamped) -> (u8, u8, i32, u32) {
    let raw = match kind.raw() {
        RawTime::Utc(_) => 0,
        RawTime::Wall(_) => 1,
        RawTime::Cyclic(_) => 2,
    };
    (raw, kind.format(), kind.wraps(), kind.drops())
}

/// True if two signals are of one record.
fn is_one_record(a: &Signal, b: &Signal) -> bool {
    (a.line, a.offset) == (b.line, b.offset)
}

/// True if they are, and the same is known of both.
fn is_one_run(a: &Signal, b: &Signal) -> bool {
    is_one_record(a, b) && a.beat == b.beat
}

/// The stamps of a block without their times.
#[derive(Default)]
struct Kinds {
    all: Vec<Stamped>,
    places: HashMap<(u8, u8, i32, u32), u32>,
    newest: Option<(u32, Stamped)>,
}

impl Kinds {
    fn place(&mut self, stamped: Option<Stamped>) -> u32 {
        let Some(kind) = stamped.map(kind_of) else {
            return NONE;
        };
        if let Some((place, newest)) = self.newest
            && newest == kind
        {
            return place;
        }
        let next = self.all.len() as u32;
        let place = *self.places.entry(key(kind)).or_insert(next);
        if place == next {
            self.all.push(kind);
        }
        self.newest = Some((place, kind));
        place
    }
}

impl Signals {
    /// Keeps the signals of a block that was read through `window`.
    pub(super) fn keep(mut signals: Vec<Signal>, window: &Window, keeper: &Keeper<'_>) -> Self {
        // Beats may stand behind what later records tell.
        signals.sort_by_key(|signal| signal.line);
        let signals = &signals[..];
        let told = keeper.tellings.of(signals, keeper.names);
        let mut kinds = Kinds::default();
        let mut packed = Packed {
            bytes: Vec::with_capacity(signals.len() * USUAL),
            ..Packed::default()
        };
        let runs = signals.chunk_by(is_one_run);
        let runs = runs.scan(&told[..], |told, run| {
            let (own, rest) = told.split_at(run.len());
            *told = rest;
            Some(own)
        });
        let runs: Vec<&[u32]> = runs.collect();
        let mut numbers = keeper.tellings.numbers(&runs).into_iter();
        for record in signals.chunk_by(is_one_record) {
            let first = &record[0];
            let mut small = Small {
                nanos: first.order.map_or(0, Stamped::nanos),
                line: first.line,
                kind: kinds.place(first.order),
                ..Small::default()
            };
            if first.time().is_some() {
                small.kind |= STAMPED;
            }
            if let Some(quoted) = record.iter().find(|signal| is_quoted(&signal.told)) {
                let at = (quoted.offset - window.offset) as usize;
                let end = (at + quoted.len as usize).min(window.bytes.len());
                let bytes = window.bytes.get(at..end).unwrap_or_default();
                (small.offset, small.len) = (quoted.offset, quoted.len);
                small.sum = crc32fast::hash(bytes);
            }
            for run in record.chunk_by(is_one_run) {
                let beat = match run[0].beat {
                    Beat::Last => 0,
                    Beat::Again => AGAIN,
                    Beat::Same => SAME,
                };
                packed.push(Small {
                    tells: numbers.next().unwrap_or_default(),
                    kind: small.kind | beat,
                    ..small
                });
            }
        }
        let bytes = packed.bytes;
        Self {
            count: packed.count as u32,
            bytes: bytes.len() as u32,
            starts: packed.starts.into(),
            at: match keeper.store {
                Some(store) => store.keep(&bytes),
                None => At::Memory(bytes.into()),
            },
            kinds: kinds.all.into(),
        }
    }

    /// True if nothing was told.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Calls `with` with each of them; false if they cannot be read again from the temporary file. `bytes`: room to read in.
    pub(super) fn for_each(&self, bytes: &mut Vec<u8>, mut with: impl FnMut(Seen)) -> bool {
        if !self.fill(0..self.bytes, bytes) {
            return false;
        }
        let mut unpacking = Unpacking::new(bytes);
        for _ in 0..self.count {
            with(self.seen(unpacking.next()));
        }
        true
    }

    fn fill(&self, part: Range<u32>, bytes: &mut Vec<u8>) -> bool {
        bytes.resize(part.len(), 0);
        self.at.fill(part.start.into(), bytes) == bytes.len()
    }

    fn seen(&self, small: Small) -> Seen {
        let order = self.stamp(small.kind, small.nanos);
        Seen {
            tells: small.tells,
            order,
            time: order.filter(|_| small.kind & STAMPED != 0),
            beat: match small.kind {
                kind if kind & AGAIN != 0 => Beat::Again,
                kind if kind & SAME != 0 => Beat::Same,
                _ => Beat::Last,
            },
            line: small.line,
            quoted: small.len > 0,
        }
    }

    /// Where to read a record again, with its own stamp.
    pub(super) fn quoted(&self, index: u32) -> Option<(Quoted, Option<Stamped>)> {
        if index >= self.count {
            return None;
        }
        let part = index as usize / PART;
        let end = self.starts.get(part).unwrap_or(&self.bytes);
        let start = match part.checked_sub(1) {
            Some(before) => *self.starts.get(before)?,
            None => 0,
        };
        let mut bytes = Vec::new();
        if !self.fill(start..*end, &mut bytes) {
            return None;
        }
        let mut unpacking = Unpacking::new(&bytes);
        let mut small = unpacking.next();
        for _ in 0..index as usize % PART {
            small = unpacking.next();
        }
        let quoted = Quoted {
            offset: small.offset,
            len: small.len,
            sum: small.sum,
        };
        let time = self.seen(small).time;
        Some((quoted, time)).filter(|(quoted, _)| quoted.len > 0)
    }

    fn stamp(&self, kind: u32, nanos: i64) -> Option<Stamped> {
        let kind = self.kinds.get((kind & KIND) as usize)?;
        Some(kind.at(nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::Meaning;
    use crate::grammar::told::Told;
    use std::sync::Arc;

    use proptest::prelude::*;

    fn smalls() -> impl Strategy<Value = Vec<Small>> {
        let time = prop_oneof![any::<i64>(), (0..9i64).prop_map(|n| n * 1_000_000)];
        let kind = (0..8u32, 0..3u32).prop_map(|(bits, kind)| bits << 29 | kind);
        let quoted = prop_oneof![Just((0, 0, 0)), (any::<u64>(), 1..u32::MAX, any::<u32>()),];
        let one = (any::<u32>(), time, 0..u32::MAX, kind, quoted);
        let one = one.prop_map(|(tells, nanos, line, kind, (offset, len, sum))| Small {
            tells,
            nanos,
            line,
            kind,
            offset,
            len,
            sum,
        });
        proptest::collection::vec(one, 0..9)
    }

    /// Signals of records one after the other: how many lines each has, what it tells, and beats that stand late.
    fn signals() -> impl Strategy<Value = Vec<Signal>> {
        let meanings = prop_oneof![
            (0..3u32).prop_map(Meaning::Rule),
            (0..3u8).prop_map(Meaning::Passed),
            (0..2u8).prop_map(Meaning::Mention),
        ];
        let beat =
            prop_oneof![4 => Just(Beat::Last), 1 => Just(Beat::Again), 1 => Just(Beat::Same)];
        let told = proptest::collection::vec((meanings, beat, any::<bool>()), 1..5);
        let records = proptest::collection::vec((1..4u32, told, any::<bool>()), 0..30);
        records.prop_map(|records| {
            let stamp = Stamped::new(RawTime::Wall(0), 0, 0, 0);
            let (mut signals, mut late, mut line) = (Vec::new(), Vec::new(), 0);
            for (lines, told, stamped) in records {
                for (meaning, beat, is_late) in told {
                    let signal = Signal {
                        told: Arc::new(Told::only(meaning)),
                        order: Some(stamp.at(i64::from(line) * 1_000_000)),
                        stamped,
                        beat,
                        line,
                        len: 10 * lines,
                        offset: 10 * u64::from(line),
                    };
                    if is_late { &mut late } else { &mut signals }.push(signal);
                }
                line += lines;
            }
            signals.extend(late);
            signals
        })
    }

    proptest! {
        #[test]
        fn what_records_tell_together_is_read_as_it_was_told(blocks in proptest::collection::vec(signals(), 1..4)) {
            let (tellings, names) = (Tellings::default(), StageNames::default());
            let keeper = Keeper { tellings: &tellings, names: &names, store: None };
            let window = Window { bytes: vec![b'x'; 2000], end: 2000, complete: true, ..Window::default() };
            let kept: Vec<Signals> = blocks.iter().map(|all| Signals::keep(all.clone(), &window, &keeper)).collect();
            let (told, sets) = (tellings.all(), tellings.sets());
            for (mut expected, kept) in blocks.into_iter().zip(kept) {
                expected.sort_by_key(|signal| signal.line);
                let mut expected = expected.into_iter().peekable();
                let mut index = 0;
                let whole = kept.for_each(&mut Vec::new(), |seen| {
                    let quoted = kept.quoted(index);
                    assert_eq!(quoted.is_some(), seen.quoted);
                    for own in sets.told_by(seen.tells) {
                        let signal = expected.next().unwrap();
                        assert_eq!(&*told[*own as usize], &*signal.told);
                        assert_eq!((seen.line, seen.order, seen.time), (signal.line, signal.order, signal.time()));
                        assert_eq!(seen.beat, signal.beat);
                        // What may be quoted is, by whatever of its record.
                        assert!(seen.quoted || !is_quoted(&signal.told));
                        if let Some((quoted, _)) = &quoted {
                            assert_eq!((quoted.offset, quoted.len), (signal.offset, signal.len));
                        }
                    }
                    index += 1;
                });
                prop_assert!(whole);
                prop_assert!(expected.peek().is_none());
            }
        }

        #[test]
        fn small_signals_are_read_as_they_were_packed(all in smalls()) {
            let mut packed = Packed::default();
            all.iter().for_each(|small| packed.push(*small));
            let mut unpacking = Unpacking::new(&packed.bytes);
            for small in &all {
                let read = unpacking.next();
                let offset = if small.len > 0 { read.offset } else { 0 };
                prop_assert_eq!(&Small { offset, ..read }, small);
            }
            prop_assert!(unpacking.bytes.0.is_empty());
        }

        #[test]
        fn any_one_of_many_is_found(few in smalls(), asked in 0..3 * PART as u32) {
            let all = || few.iter().cycle().take(2 * PART + 9);
            let mut packed = Packed::default();
            all().for_each(|small| packed.push(*small));
            let signals = Signals {
                count: all().count() as u32,
                bytes: packed.bytes.len() as u32,
                starts: packed.starts.into(),
                at: At::Memory(packed.bytes.into()),
                kinds: Box::default(),
            };
            let found = signals.quoted(asked).map(|(quoted, _)| quoted);
            let found = found.map(|quoted| (quoted.offset, quoted.len, quoted.sum));
            let expected = all().nth(asked as usize).filter(|small| small.len > 0);
            prop_assert_eq!(found, expected.map(|small| (small.offset, small.len, small.sum)));
        }
    }
}
