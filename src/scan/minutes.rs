//! Records per minute of a block. A quiet trace has a minute for every few lines: once the block is read they are packed
//! into bytes, some five a minute.

use super::block::{Counts, MinuteKey};
use crate::spool::Bytes;
use crate::spool::pack::{put_number as put, put_signed};

/// Records per minute.
#[derive(Debug, Default)]
pub struct Minutes {
    /// All before `last`, in the order of their keys.
    packing: Packing,
    /// The latest minute so far.
    last: Option<(MinuteKey, Counts)>,
    /// What came later than a minute after it; a minute may come several times.
    late: Vec<(MinuteKey, Counts)>,
    packed: Box<[u8]>,
}

impl Minutes {
    /// Adds records of a minute.
    pub fn add(&mut self, key: MinuteKey, counts: Counts) {
        match &mut self.last {
            Some((last, own)) if *last == key => own.add(&counts),
            Some((last, _)) if key < *last => self.late.push((key, counts)),
            last => {
                if let Some(last) = last.replace((key, counts)) {
                    self.packing.add(last);
                }
            }
        }
    }

    /// Packs what was added; nothing is added later.
    pub fn pack(&mut self) {
        let mut packing = std::mem::take(&mut self.packing);
        if let Some(last) = self.last.take() {
            packing.add(last);
        }
        if !self.late.is_empty() {
            let mut all = std::mem::take(&mut self.late);
            all.extend(Packed::of(&packing.bytes));
            all.sort_by_key(|(key, _)| *key);
            packing = Packing::default();
            for same in all.chunk_by(|a, b| a.0 == b.0) {
                let mut counts = Counts::default();
                same.iter().for_each(|(_, some)| counts.add(some));
                packing.add((same[0].0, counts));
            }
        }
        self.packed = packing.bytes.into();
    }

    /// The bytes that [`Self::from_packed`] takes.
    pub fn packed(&self) -> &[u8] {
        &self.packed
    }

    /// The minutes that came to these bytes.
    pub fn from_packed(bytes: &[u8]) -> Self {
        Self {
            packed: bytes.into(),
            ..Self::default()
        }
    }

    /// All that were packed, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (MinuteKey, Counts)> + '_ {
        Packed::of(&self.packed)
    }
}

/// Minutes as bytes: most keys differ from the one before by the minute only.
#[derive(Debug, Default)]
struct Packing {
    bytes: Vec<u8>,
    before: Option<MinuteKey>,
}

impl Packing {
    fn add(&mut self, (key, counts): (MinuteKey, Counts)) {
        let bytes = &mut self.bytes;
        let minute = key.minute;
        let same = (self.before).filter(|before| MinuteKey { minute, ..*before } == key);
        bytes.push(u8::from(same.is_some()));
        if same.is_none() {
            bytes.extend([key.format, key.kind]);
            put_signed(bytes, i64::from(key.wraps));
            put(bytes, u64::from(key.drops));
        }
        let from = same.map_or(0, |before| before.minute);
        put_signed(bytes, minute.wrapping_sub(from));
        put(bytes, counts.records);
        put(bytes, counts.warnings);
        put(bytes, counts.errors);
        self.before = Some(key);
    }
}

struct Packed<'b> {
    rest: Bytes<'b>,
    before: Option<MinuteKey>,
}

impl<'b> Packed<'b> {
    const fn of(bytes: &'b [u8]) -> Self {
        Self {
            rest: Bytes(bytes),
            before: None,
        }
    }
}

impl Iterator for Packed<'_> {
    type Item = (MinuteKey, Counts);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = &mut self.rest;
        if rest.0.is_empty() {
            return None;
        }
        let same = rest.u8() == 1;
        let mut key = match self.before.filter(|_| same) {
            Some(before) => before,
            None => MinuteKey {
                format: rest.u8(),
                kind: rest.u8(),
                wraps: rest.signed() as i32,
                drops: rest.number() as u32,
                minute: 0,
            },
        };
        key.minute = key.minute.wrapping_add(rest.signed());
        let counts = Counts {
            records: rest.number(),
            warnings: rest.number(),
            errors: rest.number(),
        };
        self.before = Some(key);
        Some((key, counts))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use proptest::prelude::*;

    fn key() -> impl Strategy<Value = MinuteKey> {
        let all = (
            any::<u8>(),
            any::<u8>(),
            any::<i32>(),
            any::<u32>(),
            any::<i64>(),
        );
        let near = (
            Just(0),
            Just(1),
            Just(0),
            0..2u32,
            26_000_000..26_000_100i64,
        );
        prop_oneof![all, near].prop_map(|(format, kind, wraps, drops, minute)| MinuteKey {
            format,
            wraps,
            drops,
            kind,
            minute,
        })
    }

    proptest! {
        #[test]
        fn what_was_packed_is_read_as_it_was(all in proptest::collection::vec((key(), any::<u32>(), 0..9u32, any::<u32>()), 0..60)) {
            let mut minutes = Minutes::default();
            let mut plain: BTreeMap<MinuteKey, Counts> = BTreeMap::new();
            for (key, records, warnings, errors) in all {
                let (records, warnings, errors) = (records.into(), warnings.into(), errors.into());
                minutes.add(key, Counts { records, warnings, errors });
                let sum = plain.entry(key).or_default();
                sum.records += records;
                sum.warnings += warnings;
                sum.errors += errors;
            }
            minutes.pack();
            prop_assert_eq!(minutes.iter().collect::<Vec<_>>(), plain.into_iter().collect::<Vec<_>>());
        }
    }
}
