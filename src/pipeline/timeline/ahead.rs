//! Reading ahead: threads make batches ready while the merge writes.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::merge::{Batch, Batches};

/// Written batches whose memory is kept.
const SPARE: usize = 16;

/// Makes batch `number`, in the memory of an old one.
pub(super) type Make<'a> = &'a (dyn Fn(usize, Batch) -> Batch + Sync);

/// Makes each batch when it is asked for.
pub(super) struct OnDemand<'a> {
    make: Make<'a>,
    next: usize,
    spare: Vec<Batch>,
}

impl Batches for OnDemand<'_> {
    fn again(&mut self, number: usize) -> Batch {
        (self.make)(number, self.spare.pop().unwrap_or_default())
    }

    fn next(&mut self) -> Batch {
        self.next += 1;
        (self.make)(self.next - 1, self.spare.pop().unwrap_or_default())
    }

    fn done(&mut self, batch: Batch) {
        keep(&mut self.spare, batch);
    }
}

/// Batches that threads have made, or are at.
#[derive(Default)]
struct Shelf {
    started: usize,
    taken: usize,
    ready: HashMap<usize, Batch>,
    spare: Vec<Batch>,
    closed: bool,
}

struct Ahead<'a> {
    make: Make<'a>,
    shelf: &'a Mutex<Shelf>,
    changed: &'a Condvar,
}

fn lock(shelf: &Mutex<Shelf>) -> MutexGuard<'_, Shelf> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ahead<'_> {
    fn wait<'m>(&self, guard: MutexGuard<'m, Shelf>) -> MutexGuard<'m, Shelf> {
        self.changed
            .wait(guard)
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, count: usize, ahead: usize) {
        let mut guard = lock(self.shelf);
        loop {
            while !guard.closed && guard.started < count && guard.started >= guard.taken + ahead {
                guard = self.wait(guard);
            }
            if guard.closed || guard.started >= count {
                return;
            }
            let number = guard.started;
            guard.started += 1;
            let spare = guard.spare.pop().unwrap_or_default();
            drop(guard);
            let batch = (self.make)(number, spare);
            guard = lock(self.shelf);
            guard.ready.insert(number, batch);
            self.changed.notify_all();
        }
    }
}

impl Batches for Ahead<'_> {
    fn again(&mut self, number: usize) -> Batch {
        let spare = lock(self.shelf).spare.pop();
        (self.make)(number, spare.unwrap_or_default())
    }

    fn next(&mut self) -> Batch {
        let mut guard = lock(self.shelf);
        loop {
            let number = guard.taken;
            if let Some(batch) = guard.ready.remove(&number) {
                guard.taken += 1;
                self.changed.notify_all();
                return batch;
            }
            guard = self.wait(guard);
        }
    }

    fn done(&mut self, batch: Batch) {
        keep(&mut lock(self.shelf).spare, batch);
    }
}

/// Keeps the memory of a few written batches.
fn keep(spare: &mut Vec<Batch>, batch: Batch) {
    if spare.len() < SPARE {
        spare.push(batch);
    }
}

/// Runs `merge` over `count` batches that `threads` threads make ahead of it.
pub(super) fn read_ahead<T>(
    make: Make<'_>,
    count: usize,
    threads: usize,
    merge: impl FnOnce(&mut dyn Batches) -> T,
) -> T {
    if threads < 2 || count < 2 {
        return merge(&mut OnDemand {
            make,
            next: 0,
            spare: Vec::new(),
        });
    }
    let shelf = Mutex::default();
    let changed = Condvar::new();
    let ahead = || Ahead {
        make,
        shelf: &shelf,
        changed: &changed,
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| ahead().work(count, threads * 2));
        }
        let result = merge(&mut ahead());
        lock(&shelf).closed = true;
        changed.notify_all();
        result
    })
}
