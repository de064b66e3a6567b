//! Notes: where the records of a run begin and what their stamps say, so that a second reading need not read the lines
//! again. Four or five bytes a record of a usual trace.

use crate::model::RawTime;

/// Stamps are mostly written in whole steps of this many nanoseconds.
const STEP: i64 = 100_000;
/// Largest difference of two stamps that is written as one.
const FAR: i64 = 1 << 60;

/// A stamp and the format that read it.
pub type Time = (u8, RawTime);

/// What is noted of a record when the next one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    /// Its bytes, with all line ends.
    pub bytes: u64,
    /// True if they are one line.
    pub one_line: bool,
}

/// Notes of a run while it is read.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    bytes: Vec<u8>,
    last: Option<Time>,
}

/// Kept notes of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted(Box<[u8]>);

impl Notes {
    /// Takes the next record and its stamp if it has one, and says of the one before it how many bytes it has and
    /// whether they are one line.
    #[inline]
    pub fn add(&mut self, before: Before, time: Option<Time>) {
        let step = time.and_then(|time| self.step(time));
        let line = u64::from(before.one_line) << 1;
        self.number(before.bytes << 2 | line | u64::from(step.is_none()));
        match (step, time) {
            (Some(step), _) => self.number(step),
            (None, None) => self.bytes.push(0),
            (None, Some((format, raw))) => {
                self.bytes.extend([1 + kind(raw), format]);
                self.bytes.extend(raw.nanos().to_le_bytes());
            }
        }
        self.last = time.or(self.last);
    }

    /// By how much the stamp is later than the last one, if both are of one kind and format.
    #[inline]
    fn step(&self, (format, raw): Time) -> Option<u64> {
        let (before, last) = self.last?;
        if before != format || kind(last) != kind(raw) {
            return None;
        }
        let step = raw.nanos().checked_sub(last.nanos())?;
        if step % STEP == 0 {
            Some(zigzag(step / STEP) << 1)
        } else if (-FAR..FAR).contains(&step) {
            Some(zigzag(step) << 1 | 1)
        } else {
            None
        }
    }

    #[inline]
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    /// Bytes so far.
    pub const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// True if there is no record yet.
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Forgets all records, and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.last = None;
    }

    /// A copy that takes no more memory than it needs.
    pub fn keep(&self) -> Noted {
        Noted(self.bytes.as_slice().into())
    }
}

impl Noted {
    /// The records from the front, as they were added.
    pub fn records(&self) -> Records<'_> {
        Records {
            bytes: &self.0,
            last: None,
        }
    }
}

/// Reads notes.
#[derive(Debug)]
pub struct Records<'a> {
    bytes: &'a [u8],
    last: Option<Time>,
}

impl Records<'_> {
    #[inline]
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        let mut shift = 0;
        loop {
            let (byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                return Some(number);
            }
            shift += 7;
            if shift > 63 {
                return None;
            }
        }
    }

    /// A stamp that is written as it is; sets none for a record without one.
    fn whole(&mut self, time: &mut Option<Time>) -> Option<()> {
        let (kind, rest) = self.bytes.split_first()?;
        if *kind == 0 {
            self.bytes = rest;
            return Some(());
        }
        let (format, rest) = rest.split_first()?;
        let (nanos, rest) = rest.split_first_chunk()?;
        self.bytes = rest;
        *time = Some((*format, of_kind(kind - 1, i64::from_le_bytes(*nanos))));
        Some(())
    }
}

impl Iterator for Records<'_> {
    /// The record before, and the stamp.
    type Item = (Before, Option<Time>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let head = self.number()?;
        let mut time = None;
        if head & 1 == 1 {
            self.whole(&mut time)?;
        } else {
            let step = self.number()?;
            let (format, last) = self.last?;
            let step = unzigzag(step >> 1) * if step & 1 == 1 { 1 } else { STEP };
            time = Some((format, of_kind(kind(last), last.nanos() + step)));
        }
        self.last = time.or(self.last);
        let before = Before {
            bytes: head >> 2,
            one_line: head & 2 != 0,
        };
        Some((before, time))
    }
}

const fn kind(raw: RawTime) -> u8 {
    match raw {
        RawTime::Utc(_) => 0,
        RawTime::Wall(_) => 1,
        RawTime::Cyclic(_) => 2,
    }
}

const fn of_kind(kind: u8, nanos: i64) -> RawTime {
    match kind {
        0 => RawTime::Utc(nanos),
        1 => RawTime::Wall(nanos),
        _ => RawTime::Cyclic(nanos),
    }
}

const fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

const fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nanos() -> impl Strategy<Value = i64> {
        prop_oneof![
            any::<i64>(),
            -1_000_000i64..1_000_000,
            (-1_000i64..1_000).prop_map(|steps| steps * STEP),
            Just(i64::MIN),
            Just(i64::MAX),
        ]
    }

    proptest! {
        #[test]
        fn what_was_noted_is_read_again(
            records in proptest::collection::vec(
                (0u64..1 << 61, any::<bool>(), proptest::option::of((0u8..3, 0u8..3, nanos()))), 0..40),
        ) {
            let records: Vec<(Before, Option<Time>)> = records
                .into_iter()
                .map(|(bytes, one_line, time)| {
                    let time = time.map(|(format, kind, nanos)| (format, of_kind(kind, nanos)));
                    (Before { bytes, one_line }, time)
                })
                .collect();
            let mut notes = Notes::default();
            for (before, time) in &records {
                notes.add(*before, *time);
            }
            prop_assert_eq!(notes.keep().records().collect::<Vec<_>>(), records);
        }
    }

    #[test]
    fn a_usual_record_takes_five_bytes_at_most() {
        let mut notes = Notes::default();
        for second in 0..1_000 {
            let before = Before {
                bytes: 100,
                one_line: true,
            };
            notes.add(before, Some((0, RawTime::Wall(second * 1_000_000_000))));
        }
        assert!(notes.len() < 5 * 1_000 + 20, "{}", notes.len());
    }
}
