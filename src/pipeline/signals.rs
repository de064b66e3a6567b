//! What the blocks of a source tell, kept small: what many records tell is kept once for all sources, and where a record
//! stands only of those that may be quoted. All of it may go to a temporary file.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use super::quotes::{At, Store, is_quoted};
use crate::grammar::chain::StageNames;
use crate::grammar::told::{Beat, Told};
use crate::model::RawTime;
use crate::scan::block::{Signal, Stamped, Window};
use crate::scan::quick::Quick;
use crate::spool::Bytes;

/// The signals of one block, in the order of lines.
#[derive(Debug, Default)]
pub struct Signals {
    count: u32,
    at: At,
    /// Stamps without their times: most blocks have one.
    kinds: Vec<Stamped>,
}

/// What is needed to keep them.
pub(super) struct Keeper<'a> {
    pub(super) tellings: &'a Tellings,
    pub(super) names: &'a StageNames,
    /// Where they go if they are many.
    pub(super) store: Option<&'a Store>,
}

/// A signal. Its stamp is that of a kind, with another time.
#[derive(Debug, Clone, Copy, Default)]
struct Small {
    told: u32,
    nanos: i64,
    line: u32,
    kind: u32,
    /// Where its record can be read again, if it may be quoted.
    offset: u64,
    len: u32,
    sum: u32,
}

impl Small {
    const BYTES: usize = 36;

    fn put(self, bytes: &mut Vec<u8>) {
        bytes.extend(self.nanos.to_le_bytes());
        bytes.extend(self.offset.to_le_bytes());
        for number in [self.told, self.line, self.kind, self.len, self.sum] {
            bytes.extend(number.to_le_bytes());
        }
    }

    fn get(bytes: &mut Bytes<'_>) -> Self {
        Self {
            nanos: bytes.i64(),
            offset: bytes.u64(),
            told: bytes.u32(),
            line: bytes.u32(),
            kind: bytes.u32(),
            len: bytes.u32(),
            sum: bytes.u32(),
        }
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

/// A signal, as it was scanned.
pub(super) struct Seen {
    /// Index of what it tells.
    pub(super) told: u32,
    /// The last stamp at or before the record in the block.
    pub(super) order: Option<Stamped>,
    /// The record's own stamp.
    pub(super) time: Option<Stamped>,
    pub(super) beat: Beat,
    /// Line at which the record starts, from 0 at the block's first line.
    pub(super) line: u32,
}

/// What records tell, each once for a whole run, with its index.
#[derive(Debug, Default)]
pub struct Tellings(Mutex<HashMap<Arc<Told>, u32, Joining>>);

/// Makes hashes that nobody can foresee, of bytes that are put together first: what is told has forty small parts.
#[derive(Debug, Default)]
struct Joining(RandomState);

struct Joined {
    of: DefaultHasher,
    room: [u8; 128],
    len: usize,
}

impl BuildHasher for Joining {
    type Hasher = Joined;

    fn build_hasher(&self) -> Joined {
        Joined {
            of: self.0.build_hasher(),
            room: [0; 128],
            len: 0,
        }
    }
}

impl Hasher for Joined {
    fn write(&mut self, bytes: &[u8]) {
        if self.len + bytes.len() > self.room.len() {
            self.of.write(&self.room[..self.len]);
            self.len = 0;
        }
        match self.room[self.len..].get_mut(..bytes.len()) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.len += bytes.len();
            }
            None => self.of.write(bytes),
        }
    }

    // Most parts are enums of a few values, and lengths: their first bytes say as much.
    fn write_isize(&mut self, number: isize) {
        self.write(&(number as u32).to_le_bytes());
    }

    fn write_usize(&mut self, number: usize) {
        self.write(&(number as u32).to_le_bytes());
    }

    fn finish(&self) -> u64 {
        let mut of = self.of.clone();
        of.write(&self.room[..self.len]);
        of.finish()
    }
}

impl Tellings {
    /// All of them, by their indices.
    pub(super) fn all(&self) -> Vec<Arc<Told>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sorted: Vec<(u32, &Arc<Told>)> = all.iter().map(|(told, at)| (*at, told)).collect();
        sorted.sort_unstable_by_key(|(at, _)| *at);
        sorted.into_iter().map(|(_, told)| told.clone()).collect()
    }

    /// What the signals of one block tell, in its order. Of an endpoint's path is kept what tells its stage.
    fn of(&self, signals: &[Signal], names: &StageNames) -> Vec<u32> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known: HashMap<*const Told, u32, BuildHasherDefault<Quick>> = HashMap::default();
        let mut one = |told: &Arc<Told>| {
            let place = Arc::as_ptr(told);
            if let Some(known) = known.get(&place) {
                return *known;
            }
            let mut told = Arc::clone(told);
            let path = told.endpoint.as_ref().map(|e| names.telling_path(&e.path));
            if let (Some(path), Some(endpoint)) = (path, &told.endpoint)
                && path != endpoint.path
                && let Some(endpoint) = &mut Arc::make_mut(&mut told).endpoint
            {
                endpoint.path = path;
            }
            let next = all.len() as u32;
            let shared = *all.entry(told).or_insert(next);
            known.insert(place, shared);
            shared
        };
        signals.iter().map(|signal| one(&signal.told)).collect()
    }
}

/// The stamp without its time.
fn kind_of(stamped: Stamped) -> Stamped {
    with_time(stamped, 0)
}

fn key(kind: Stamped) -> (u8, u8, i32, u32) {
    let raw = match kind.raw {
        RawTime::Utc(_) => 0,
        RawTime::Wall(_) => 1,
        RawTime::Cyclic(_) => 2,
    };
    (raw, kind.format, kind.wraps, kind.drops)
}

fn with_time(kind: Stamped, nanos: i64) -> Stamped {
    let raw = match kind.raw {
        RawTime::Utc(_) => RawTime::Utc(nanos),
        RawTime::Wall(_) => RawTime::Wall(nanos),
        RawTime::Cyclic(_) => RawTime::Cyclic(nanos),
    };
    Stamped { raw, ..kind }
}

impl Signals {
    /// Keeps the signals of a block that was read through `window`.
    pub(super) fn keep(signals: &[Signal], window: &Window, keeper: &Keeper<'_>) -> Self {
        let told = keeper.tellings.of(signals, keeper.names);
        let mut kinds: Vec<Stamped> = Vec::new();
        let mut places: HashMap<(u8, u8, i32, u32), u32> = HashMap::new();
        let mut newest = (NONE, None);
        let mut kind = |stamped: Option<Stamped>| {
            let wanted = stamped.map(kind_of);
            if let Some(kind) = wanted
                && newest.1 != wanted
            {
                let place = *places.entry(key(kind)).or_insert(kinds.len() as u32);
                if place as usize == kinds.len() {
                    kinds.push(kind);
                }
                newest = (place, wanted);
            }
            wanted.map_or(NONE, |_| newest.0)
        };
        let mut bytes = Vec::with_capacity(signals.len() * Small::BYTES);
        for (signal, told) in signals.iter().zip(told) {
            let mut small = Small {
                told,
                nanos: signal.order.map_or(0, |stamped| stamped.raw.nanos()),
                line: signal.line,
                kind: kind(signal.order),
                ..Small::default()
            };
            if signal.time().is_some() {
                small.kind |= STAMPED;
            }
            small.kind |= match signal.beat {
                Beat::Last => 0,
                Beat::Again => AGAIN,
                Beat::Same => SAME,
            };
            if is_quoted(&signal.told) {
                let at = (signal.offset - window.offset) as usize;
                let end = (at + signal.len as usize).min(window.bytes.len());
                let record = window.bytes.get(at..end).unwrap_or_default();
                (small.offset, small.len) = (signal.offset, signal.len);
                small.sum = crc32fast::hash(record);
            }
            small.put(&mut bytes);
        }
        kinds.shrink_to_fit();
        Self {
            count: signals.len() as u32,
            at: match keeper.store {
                Some(store) => store.keep(&bytes),
                None => At::Memory(bytes.into()),
            },
            kinds,
        }
    }

    /// True if nothing was told.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All of them; `None` if they cannot be read again from the temporary file.
    pub(super) fn read(&self) -> Option<Vec<Seen>> {
        let mut bytes = vec![0; self.count as usize * Small::BYTES];
        if self.at.fill(0, &mut bytes) < bytes.len() {
            return None;
        }
        let mut bytes = Bytes(&bytes);
        let smalls = (0..self.count).map(|_| Small::get(&mut bytes));
        Some(smalls.map(|small| self.seen(small)).collect())
    }

    fn seen(&self, small: Small) -> Seen {
        let order = self.stamp(small.kind, small.nanos);
        Seen {
            told: small.told,
            order,
            time: order.filter(|_| small.kind & STAMPED != 0),
            beat: match small.kind {
                kind if kind & AGAIN != 0 => Beat::Again,
                kind if kind & SAME != 0 => Beat::Same,
                _ => Beat::Last,
            },
            line: small.line,
        }
    }

    /// Where to read a record again, with its own stamp.
    pub(super) fn quoted(&self, index: u32) -> Option<(Quoted, Option<Stamped>)> {
        let mut bytes = [0; Small::BYTES];
        let from = u64::from(index) * Small::BYTES as u64;
        if index >= self.count || self.at.fill(from, &mut bytes) < bytes.len() {
            return None;
        }
        let small = Small::get(&mut Bytes(&bytes));
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
        Some(with_time(*kind, nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_of_joined_parts_depends_on_all_of_them_and_on_nothing_else() {
        let joining = Joining::default();
        for count in [0, 1, 15, 16, 17, 100] {
            let parts = vec!["eight bytes"; count];
            assert_eq!(joining.hash_one(&parts), joining.hash_one(parts.clone()));
            for other in 0..count {
                let mut changed = parts.clone();
                changed[other] = "other bytes";
                assert_ne!(joining.hash_one(&parts), joining.hash_one(changed));
            }
        }
        let long = "x".repeat(1000);
        assert_ne!(joining.hash_one(&long), joining.hash_one(&long[1..]));
    }
}
