//! Merge: sorted batches of records become one order of time.
//!
//! It knows neither files nor formats: a batch is bytes with the places of its records. Batches are asked for in the
//! order of the earliest instant that they can hold, each one only when a record of it could be next; so only batches
//! that overlap in time are held at once.

use std::ops::Range;

/// Bytes that are written at once, as long as no record is longer.
const AT_ONCE: usize = 256 << 10;

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
    /// Bytes that it takes.
    const fn size(&self) -> usize {
        self.bytes.capacity() + self.entries.capacity() * size_of::<Entry>()
    }

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
    /// A batch that was given before, once more.
    fn again(&mut self, number: usize) -> Batch;
    /// Takes a batch back that has been written, for its memory.
    fn done(&mut self, batch: Batch);
}

/// The next record of a held batch: where it sorts, and the batch's place among the held ones.
type Head = (i64, u32, u64, usize);

/// Heads as a heap, the first one at the front. Other than that of the standard library it tells the second one, too.
#[derive(Default)]
struct Heads(Vec<Head>);

impl Heads {
    fn first(&self) -> Option<&Head> {
        self.0.first()
    }

    /// It is one of the two below the first.
    fn second(&self) -> Option<&Head> {
        match self.0.as_slice() {
            [_, one, other, ..] => Some(one.min(other)),
            [_, one] => Some(one),
            _ => None,
        }
    }

    fn push(&mut self, head: Head) {
        let mut at = self.0.len();
        self.0.push(head);
        while at > 0 && self.0[at] < self.0[(at - 1) / 2] {
            self.0.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    fn remove_first(&mut self) {
        if let Some(last) = self.0.pop()
            && !self.0.is_empty()
        {
            self.replace_first(last);
        }
    }

    fn replace_first(&mut self, head: Head) {
        let mut at = 0;
        loop {
            let below = 2 * at + 1;
            let next = match self.0.get(below..) {
                Some([one, other, ..]) if other < one => below + 1,
                Some([_, ..]) => below,
                _ => break,
            };
            if head <= self.0[next] {
                break;
            }
            self.0[at] = self.0[next];
            at = next;
        }
        self.0[at] = head;
    }
}

/// Where memory is given back, so much more than is needed is: to find what is needed last takes a look at all.
const MARGIN: usize = 128;

/// A batch that is not written to its end.
#[derive(Default)]
struct Held {
    number: usize,
    batch: Batch,
    /// The next record.
    next: usize,
    /// True if its memory was given back, and it has to be asked for again.
    parked: bool,
}

/// Writes the records of all batches by (instant, source, line). `lows`: for each batch, in the order in which
/// [`Batches::next`] gives them, an instant that none of its records is before; ascending. Where batches that overlap
/// in time are more than `most` bytes, those that are needed last are given back and asked for again. `emit` gets whole
/// records, many at once.
///
/// # Errors
/// The first of `emit`.
pub fn merge<E>(
    lows: &[i64],
    most: usize,
    batches: &mut dyn Batches,
    emit: &mut dyn FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    debug_assert!(lows.is_sorted());
    let mut heads = Heads::default();
    let mut held: Vec<Held> = Vec::new();
    let mut free: Vec<usize> = Vec::new();
    let mut out = Vec::with_capacity(AT_ONCE);
    let mut bytes = 0;
    let mut given = 0;
    loop {
        while given < lows.len() && heads.first().is_none_or(|head| lows[given] <= head.0) {
            let batch = batches.next();
            given += 1;
            let Some(first) = batch.entries.first() else {
                batches.done(batch);
                continue;
            };
            let slot = free.pop().unwrap_or(held.len());
            heads.push((first.instant, batch.source, first.line, slot));
            bytes += batch.size();
            let new = Held {
                number: given - 1,
                batch,
                next: 0,
                parked: false,
            };
            if slot == held.len() {
                held.push(new);
            } else {
                held[slot] = new;
            }
            if bytes > most {
                bytes -= park(&heads, &mut held, bytes - most + most / MARGIN, batches);
            }
        }
        let Some(&(_, _, _, slot)) = heads.first() else {
            return if out.is_empty() { Ok(()) } else { emit(&out) };
        };
        let other = heads
            .second()
            .map_or((i64::MAX, u32::MAX, u64::MAX), |head| {
                (head.0, head.1, head.2)
            });
        let Held {
            number,
            batch,
            next,
            parked,
        } = &mut held[slot];
        if std::mem::take(parked) {
            *batch = batches.again(*number);
            bytes += batch.size();
        }
        let run = run_length(batch, *next, other, lows.get(given).copied());
        write_run(batch, *next..*next + run, &mut out, emit)?;
        *next += run;
        if let Some(entry) = batch.entries.get(*next) {
            heads.replace_first((entry.instant, batch.source, entry.line, slot));
        } else {
            heads.remove_first();
            let old = std::mem::take(&mut held[slot]);
            bytes -= old.batch.size();
            batches.done(old.batch);
            free.push(slot);
        }
        if bytes > most {
            bytes -= park(&heads, &mut held, bytes - most + most / MARGIN, batches);
        }
    }
}

/// Gives back the memory of the batches that are needed last, at least `wanted` bytes if there are, but not of the one
/// that is needed next. Says how many bytes it were.
fn park(heads: &Heads, held: &mut [Held], wanted: usize, batches: &mut dyn Batches) -> usize {
    let next = heads.first().map(|head| head.3);
    let mut slots: Vec<&Head> = heads.0.iter().filter(|head| !held[head.3].parked).collect();
    slots.sort_unstable_by(|one, other| other.cmp(one));
    let mut freed = 0;
    for (_, _, _, slot) in slots {
        if freed >= wanted {
            break;
        }
        if Some(*slot) != next {
            let held = &mut held[*slot];
            held.parked = true;
            let batch = std::mem::take(&mut held.batch);
            freed += batch.size();
            batches.done(batch);
        }
    }
    freed
}

/// How many records from `next` on are before every record of any other batch; at least one.
fn run_length(batch: &Batch, next: usize, other: (i64, u32, u64), low: Option<i64>) -> usize {
    let before = |entry: &Entry| {
        (entry.instant, batch.source, entry.line) < other
            && low.is_none_or(|low| entry.instant < low)
    };
    // A file that changed between two readings may have fewer records.
    let rest = batch.entries.get(next..).unwrap_or_default();
    let Some((_, more)) = rest.split_first() else {
        return 0;
    };
    1 + more.iter().take_while(|entry| before(entry)).count()
}

/// Writes records, as many at once as lie side by side.
#[inline]
fn write_run<E>(
    batch: &Batch,
    run: Range<usize>,
    out: &mut Vec<u8>,
    emit: &mut dyn FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut piece = 0..0;
    for entry in batch.entries.get(run).unwrap_or_default() {
        let (start, end) = (entry.start as usize, entry.end as usize);
        if piece.end != start {
            write(&batch.bytes[piece.clone()], out, emit)?;
            piece.start = start;
        }
        piece.end = end;
    }
    write(&batch.bytes[piece], out, emit)
}

/// Collects whole records until there are many.
#[inline]
fn write<E>(
    records: &[u8],
    out: &mut Vec<u8>,
    emit: &mut dyn FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    if out.len() + records.len() > AT_ONCE && !out.is_empty() {
        emit(out)?;
        out.clear();
    }
    if records.len() > AT_ONCE {
        return emit(records);
    }
    out.extend_from_slice(records);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Batches, and how many were asked for.
    struct Given(Vec<Batch>, usize);

    impl Given {
        fn copy(&self, number: usize) -> Batch {
            let batch = &self.0[number];
            Batch {
                source: batch.source,
                bytes: batch.bytes.clone(),
                entries: batch.entries.clone(),
            }
        }
    }

    impl Batches for Given {
        fn next(&mut self) -> Batch {
            self.1 += 1;
            self.copy(self.1 - 1)
        }
        fn again(&mut self, number: usize) -> Batch {
            assert!(number < self.1);
            self.copy(number)
        }
        fn done(&mut self, _: Batch) {}
    }

    fn batch(source: u32, first_line: u64, instants: &[i64]) -> Batch {
        let mut batch = Batch {
            source,
            ..Batch::default()
        };
        for (index, instant) in instants.iter().enumerate() {
            let line = first_line + index as u64;
            let start = batch.bytes.len() as u32;
            batch
                .bytes
                .extend_from_slice(format!("{instant} {source} {line}\n").as_bytes());
            batch.entries.push(Entry {
                instant: *instant,
                line,
                start,
                end: batch.bytes.len() as u32,
            });
        }
        batch.sort();
        batch
    }

    proptest! {
        #[test]
        fn a_merge_is_a_stable_sort(sources in proptest::collection::vec(
            proptest::collection::vec(proptest::collection::vec(0i64..20, 0..6), 0..6), 0..5), most in 0usize..200) {
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
            let written: Result<(), ()> = merge(&lows, most, &mut Given(batches, 0), &mut |bytes| {
                out.extend_from_slice(bytes);
                Ok(())
            });
            prop_assert!(written.is_ok());
            prop_assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
