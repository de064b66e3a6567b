//! Records per minute of a block. A quiet trace has a minute for every few lines: once the block is read they are packed
//! into bytes, some five a minute.

use super::block::{Counts, MinuteKey};
use crate::spool::pack::{put_number as put, put_signed};

/// Records per minute.
#[derive(Debug, Default)]
pub struct Minutes {
    /// In the order in which they came; a minute may come several times.
    open: Vec<(MinuteKey, Counts)>,
    packed: Box<[u8]>,
}

impl Minutes {
    /// Adds records of a minute.
    pub fn add(&mut self, key: MinuteKey, counts: Counts) {
        self.open.push((key, counts));
    }

    /// Packs what was added; nothing is added later.
    pub fn pack(&mut self) {
        let mut all = std::mem::take(&mut self.open);
        all.sort_by_key(|(key, _)| *key);
        let mut bytes = Vec::new();
        let mut before: Option<MinuteKey> = None;
        for all in all.chunk_by(|a, b| a.0 == b.0) {
            let key = all[0].0;
            let mut counts = Counts::default();
            for (_, some) in all {
                counts.records += some.records;
                counts.warnings += some.warnings;
                counts.errors += some.errors;
            }
            let same = before.is_some_and(|before| {
                MinuteKey {
                    minute: key.minute,
                    ..before
                } == key
            });
            bytes.push(u8::from(same));
            if !same {
                bytes.extend([key.format, key.kind]);
                put_signed(&mut bytes, i64::from(key.wraps));
                put(&mut bytes, u64::from(key.drops));
            }
            let from = before.filter(|_| same).map_or(0, |before| before.minute);
            put_signed(&mut bytes, key.minute.wrapping_sub(from));
            put(&mut bytes, counts.records);
            put(&mut bytes, counts.warnings);
            put(&mut bytes, counts.errors);
            before = Some(key);
        }
        self.packed = bytes.into();
    }

    /// The bytes that [`Self::from_packed`] takes.
    pub fn packed(&self) -> &[u8] {
        &self.packed
    }

    /// The minutes that came to these bytes.
    pub fn from_packed(bytes: &[u8]) -> Self {
        Self {
            open: Vec::new(),
            packed: bytes.into(),
        }
    }

    /// All that were packed, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (MinuteKey, Counts)> + '_ {
        Packed {
            rest: &self.packed,
            before: None,
        }
    }
}

struct Packed<'b> {
    rest: &'b [u8],
    before: Option<MinuteKey>,
}

impl Packed<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        Some(number)
    }

    fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }
}

impl Iterator for Packed<'_> {
    type Item = (MinuteKey, Counts);

    fn next(&mut self) -> Option<Self::Item> {
        let same = self.byte()? == 1;
        let mut key = match self.before.filter(|_| same) {
            Some(before) => before,
            None => MinuteKey {
                format: self.byte()?,
                kind: self.byte()?,
                wraps: self.signed()? as i32,
                drops: self.number()? as u32,
                minute: 0,
            },
        };
        key.minute = key.minute.wrapping_add(self.signed()?);
        let counts = Counts {
            records: self.number()?,
            warnings: self.number()?,
            errors: self.number()?,
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
