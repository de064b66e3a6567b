//! Merge: sorted batches of records become one order of time.
//!
//! It knows neither files nor formats: a batch is bytes with the places of its records. Batches are asked for in the
//! order of the earliest instant that they can hold, each one only when a record of it could be next; so only batches
//! that overlap in time are held at once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// One record of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Where it sorts, in nanoseconds.
    pub instant: i64,
    /// Its line in the source.
    pub line: u64,
    /// Its first byte in the batch.
    pub start: u32,
    /// One past its last byte.
    pub end: u32,
}

/// Records of one source, ready to be written.
#[derive(Debug, Default)]
pub struct Batch {
    /// Rank of the source: decides between equal instants.
    pub source: u32,
    /// What is to be written.
    pub bytes: Vec<u8>,
    /// The records, sorted by instant and line.
    pub entries: Vec<Entry>,
}

impl Batch {
    /// Sorts the entries; what was in order already stays untouched.
    pub fn sort(&mut self) {
        let key = |entry: &Entry| (entry.instant, entry.line);
        if !self.entries.is_sorted_by_key(key) {
            self.entries.sort_unstable_by_key(key);
        }
    }
}

/// Where batches come from.
pub trait Batches {
    /// The next batch in the agreed order; it may be empty.
    fn next(&mut self) -> Batch;
    /// Takes a batch back that has been written, for its memory.
    fn done(&mut self, batch: Batch);
}

/// The next record of a held batch.
type Head = Reverse<(i64, u32, u64, usize)>;

/// Writes the records of all batches by (instant, source, line). `lows`: for each batch, in the order in which
/// [`Batches::next`] gives them, an instant that none of its records is before; ascending.
///
/// # Errors
/// The first of `emit`.
pub fn merge<E>(
    lows: &[i64],
    batches: &mut dyn Batches,
    emit: &mut dyn FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    debug_assert!(lows.is_sorted());
    let mut heads: BinaryHeap<Head> = BinaryHeap::new();
    let mut held: Vec<(Batch, usize)> = Vec::new();
    let mut free: Vec<usize> = Vec::new();
    let mut waiting = lows.iter().copied().peekable();
    loop {
        while let Some(low) = waiting.peek()
            && heads.peek().is_none_or(|Reverse(head)| *low <= head.0)
        {
            waiting.next();
            let batch = batches.next();
            let Some(first) = batch.entries.first() else {
                batches.done(batch);
                continue;
            };
            let slot = free.pop().unwrap_or(held.len());
            heads.push(Reverse((first.instant, batch.source, first.line, slot)));
            if slot == held.len() {
                held.push((batch, 0));
            } else {
                held[slot] = (batch, 0);
            }
        }
        let Some(Reverse((_, _, _, slot))) = heads.pop() else {
            return Ok(());
        };
        let (batch, next) = &mut held[slot];
        let other = heads.peek().map_or((i64::MAX, u32::MAX, u64::MAX), |Reverse(head)| {
            (head.0, head.1, head.2)
        });
        let low = waiting.peek().copied();
        let run = run_length(batch, *next, other, low);
        emit_run(batch, *next..*next + run, emit)?;
        *next += run;
        match batch.entries.get(*next) {
            Some(entry) => heads.push(Reverse((entry.instant, batch.source, entry.line, slot))),
            None => {
                let (batch, _) = std::mem::take(&mut held[slot]);
                batches.done(batch);
                free.push(slot);
            }
        }
    }
}

/// How many records from `next` on are before every record of any other batch; at least one.
fn run_length(batch: &Batch, next: usize, other: (i64, u32, u64), low: Option<i64>) -> usize {
    let before = |entry: &Entry| {
        (entry.instant, batch.source, entry.line) < other && low.is_none_or(|low| entry.instant < low)
    };
    let rest = &batch.entries[next..];
    rest.iter().skip(1).position(|entry| !before(entry)).map_or(rest.len(), |more| more + 1)
}

/// Writes records, as many at once as lie side by side.
fn emit_run<E>(
    batch: &Batch,
    run: std::ops::Range<usize>,
    emit: &mut dyn FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut piece = 0..0;
    for entry in &batch.entries[run] {
        let (start, end) = (entry.start as usize, entry.end as usize);
        if piece.end != start {
            if !piece.is_empty() {
                emit(&batch.bytes[piece.clone()])?;
            }
            piece.start = start;
        }
        piece.end = end;
    }
    if piece.is_empty() { Ok(()) } else { emit(&batch.bytes[piece]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Given(Vec<Batch>);

    impl Batches for Given {
        fn next(&mut self) -> Batch {
            self.0.remove(0)
        }
        fn done(&mut self, _: Batch) {}
    }

    fn batch(source: u32, first_line: u64, instants: &[i64]) -> Batch {
        let mut batch = Batch { source, ..Batch::default() };
        for (index, instant) in instants.iter().enumerate() {
            let line = first_line + index as u64;
            let start = batch.bytes.len() as u32;
            batch.bytes.extend_from_slice(format!("{instant} {source} {line}\n").as_bytes());
            batch.entries.push(Entry { instant: *instant, line, start, end: batch.bytes.len() as u32 });
        }
        batch.sort();
        batch
    }

    proptest! {
        #[test]
        fn a_merge_is_a_stable_sort(sources in proptest::collection::vec(
            proptest::collection::vec(proptest::collection::vec(0i64..20, 0..6), 0..6), 0..5)) {
            let mut all = Vec::new();
            let mut batches = Vec::new();
            for (source, runs) in sources.iter().enumerate() {
                let mut line = 1;
                for run in runs {
                    all.extend(run.iter().enumerate().map(|(i, t)| (*t, source as u32, line + i as u64)));
                    batches.push(batch(source as u32, line, run));
                    line += run.len() as u64;
                }
            }
            batches.sort_by_key(|b| b.entries.first().map_or(0, |e| e.instant));
            let lows: Vec<i64> = batches.iter().map(|b| b.entries.first().map_or(0, |e| e.instant)).collect();
            all.sort_unstable();
            let expected: String = all.iter().map(|(t, s, l)| format!("{t} {s} {l}\n")).collect();
            let mut out = Vec::new();
            let written: Result<(), ()> = merge(&lows, &mut Given(batches), &mut |bytes| {
                out.extend_from_slice(bytes);
                Ok(())
            });
            prop_assert!(written.is_ok());
            prop_assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
