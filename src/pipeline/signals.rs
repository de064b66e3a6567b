//! What the blocks of a source tell, kept small: what many records tell is kept once for all sources, and where a record
//! stands only of those that may be quoted.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::quotes::is_quoted;
use crate::grammar::chain::StageNames;
use crate::grammar::told::{Beat, Told};
use crate::model::RawTime;
use crate::scan::block::{Signal, Stamped, Window};

/// The signals of one block, in the order of lines.
#[derive(Debug, Default)]
pub struct Signals {
    list: Vec<Small>,
    /// Stamps without their times: most blocks have one.
    kinds: Vec<Stamped>,
    quoted: Vec<Quoted>,
}

/// A signal. Its stamp is that of a kind, with another time.
#[derive(Debug)]
struct Small {
    told: Arc<Told>,
    nanos: i64,
    line: u32,
    kind: u32,
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
    /// Index of the signal.
    index: u32,
    nanos: i64,
    kind: u32,
}

/// A signal, as it was scanned.
pub(super) struct Seen<'s> {
    pub(super) told: &'s Arc<Told>,
    /// The last stamp at or before the record in the block.
    pub(super) order: Option<Stamped>,
    /// The record's own stamp.
    pub(super) time: Option<Stamped>,
    pub(super) beat: Beat,
    /// Line at which the record starts, from 0 at the block's first line.
    pub(super) line: u32,
}

/// What records tell, each once for a whole run.
#[derive(Debug, Default)]
pub struct Tellings(Mutex<HashSet<Arc<Told>>>);

impl Tellings {
    /// The same for all of one block, in its order. Of an endpoint's path is kept what tells its stage.
    fn of(&self, signals: &[Signal], names: &StageNames) -> Vec<Arc<Told>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known: HashMap<*const Told, Arc<Told>> = HashMap::new();
        let mut one = |told: &Arc<Told>| {
            let place = Arc::as_ptr(told);
            if let Some(known) = known.get(&place) {
                return known.clone();
            }
            let mut told = Arc::clone(told);
            let path = told.endpoint.as_ref().map(|e| names.telling_path(&e.path));
            if let (Some(path), Some(endpoint)) = (path, &told.endpoint)
                && path != endpoint.path
                && let Some(endpoint) = &mut Arc::make_mut(&mut told).endpoint
            {
                endpoint.path = path;
            }
            let shared = match all.get(&told) {
                Some(shared) => shared.clone(),
                None => {
                    all.insert(told.clone());
                    told
                }
            };
            known.insert(place, shared.clone());
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
    pub(super) fn keep(
        signals: &[Signal],
        window: &Window,
        tellings: &Tellings,
        names: &StageNames,
    ) -> Self {
        let shared = tellings.of(signals, names);
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
        let mut list = Vec::with_capacity(signals.len());
        let mut quoted = Vec::new();
        for (index, (signal, told)) in signals.iter().zip(shared).enumerate() {
            let nanos = signal.order.map_or(0, |stamped| stamped.raw.nanos());
            let mut kind = kind(signal.order);
            if signal.time().is_some() {
                kind |= STAMPED;
            }
            if is_quoted(&told) {
                let at = (signal.offset - window.offset) as usize;
                let end = (at + signal.len as usize).min(window.bytes.len());
                let record = window.bytes.get(at..end).unwrap_or_default();
                quoted.push(Quoted {
                    offset: signal.offset,
                    len: signal.len,
                    sum: crc32fast::hash(record),
                    index: index as u32,
                    nanos,
                    kind,
                });
            }
            kind |= match signal.beat {
                Beat::Last => 0,
                Beat::Again => AGAIN,
                Beat::Same => SAME,
            };
            list.push(Small {
                told,
                nanos,
                line: signal.line,
                kind,
            });
        }
        quoted.shrink_to_fit();
        kinds.shrink_to_fit();
        Self {
            list,
            kinds,
            quoted,
        }
    }

    /// True if nothing was told.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = Seen<'_>> {
        self.list.iter().map(|small| {
            let order = self.stamp(small.kind, small.nanos);
            Seen {
                told: &small.told,
                order,
                time: order.filter(|_| small.kind & STAMPED != 0),
                beat: match small.kind {
                    kind if kind & AGAIN != 0 => Beat::Again,
                    kind if kind & SAME != 0 => Beat::Same,
                    _ => Beat::Last,
                },
                line: small.line,
            }
        })
    }

    /// Forgets all but where to read what may be quoted.
    pub(super) fn forget(&mut self) {
        self.list = Vec::new();
    }

    /// Where to read a record again, with its own stamp.
    pub(super) fn quoted(&self, index: u32) -> Option<(Quoted, Option<Stamped>)> {
        let at = self.quoted.binary_search_by_key(&index, |q| q.index).ok()?;
        let quoted = self.quoted[at];
        let stamp = self.stamp(quoted.kind, quoted.nanos);
        Some((quoted, stamp.filter(|_| quoted.kind & STAMPED != 0)))
    }

    fn stamp(&self, kind: u32, nanos: i64) -> Option<Stamped> {
        let kind = self.kinds.get((kind & KIND) as usize)?;
        Some(with_time(*kind, nanos))
    }
}
