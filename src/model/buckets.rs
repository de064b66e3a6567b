//! The counts of a source's minutes, kept as bytes: a run over thousands of files has hundreds of thousands of them.

use chrono::{DateTime, FixedOffset};
use serde::{Serialize, Serializer};

use super::Moment;
use super::report::MinuteCount;
use crate::spool::Bytes;
use crate::spool::pack::{put_number, put_signed};

/// Counts of records in buckets of time, in the order in which they were given.
#[derive(Debug, Clone, Default)]
pub struct Buckets {
    bytes: Box<[u8]>,
    len: usize,
}

impl Buckets {
    /// True if there is none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = MinuteCount> + '_ {
        let mut bytes = Bytes(&self.bytes);
        let (mut seconds, mut offset) = (0_i64, 0_i64);
        (0..self.len).filter_map(move |_| {
            seconds = seconds.wrapping_add(bytes.signed());
            offset = offset.wrapping_add(bytes.signed());
            let nanos = bytes.number() as u32;
            let [records, warnings, errors] = [bytes.number(), bytes.number(), bytes.number()];
            let at = DateTime::from_timestamp(seconds, nanos)?;
            Some(MinuteCount {
                at: Moment(at.with_timezone(&FixedOffset::east_opt(offset as i32)?)),
                records,
                warnings,
                errors,
            })
        })
    }
}

impl FromIterator<MinuteCount> for Buckets {
    fn from_iter<I: IntoIterator<Item = MinuteCount>>(counts: I) -> Self {
        let (mut bytes, mut len) = (Vec::new(), 0);
        let (mut seconds, mut offset) = (0, 0);
        for count in counts {
            let at = count.at.0.timestamp();
            let east = i64::from(count.at.0.offset().local_minus_utc());
            put_signed(&mut bytes, at.wrapping_sub(seconds));
            put_signed(&mut bytes, east - offset);
            put_number(&mut bytes, count.at.0.timestamp_subsec_nanos().into());
            for number in [count.records, count.warnings, count.errors] {
                put_number(&mut bytes, number);
            }
            (seconds, offset) = (at, east);
            len += 1;
        }
        Self {
            bytes: bytes.into(),
            len,
        }
    }
}

impl Serialize for Buckets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn buckets_are_given_back_as_they_were(
            all in proptest::collection::vec((-9_999_999_999_i64..9_999_999_999, 0..2_000_000_000_u32, -50_000..50_000_i32, any::<[u64; 3]>()), 0..20),
        ) {
            let counts = all.iter().filter_map(|(seconds, nanos, east, [records, warnings, errors])| {
                let at = DateTime::from_timestamp(*seconds, *nanos)?;
                let at = Moment(at.with_timezone(&FixedOffset::east_opt(*east)?));
                Some(MinuteCount { at, records: *records, warnings: *warnings, errors: *errors })
            });
            let counts: Vec<MinuteCount> = counts.collect();
            let buckets: Buckets = counts.iter().cloned().collect();
            prop_assert_eq!(buckets.is_empty(), counts.is_empty());
            let written = |counts: &[MinuteCount]| serde_json::to_string(counts).unwrap();
            prop_assert_eq!(written(&buckets.iter().collect::<Vec<_>>()), written(&counts));
            prop_assert_eq!(serde_json::to_string(&buckets).unwrap(), written(&counts));
        }
    }
}
