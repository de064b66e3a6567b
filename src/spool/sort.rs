//! Sorting by parts: each is sorted in memory, and all of them are merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Item, List};

/// Items of one part.
const PART: usize = 32 << 10;
/// Items that are read of a part at a time.
const AHEAD: usize = 256;

/// Takes items in any order and from any thread, and gives them in that of a key. No two keys may be alike.
#[derive(Debug)]
pub struct Sorter<T, F> {
    key: F,
    done: Mutex<Parts<T>>,
}

/// Parts that are sorted, and those that wait for more.
#[derive(Debug)]
struct Parts<T> {
    /// One behind the other.
    list: List<T>,
    /// Where each of them ends.
    ends: Vec<usize>,
    /// Not sorted yet.
    open: Vec<Vec<T>>,
}

/// What one thread gives to a [`Sorter`].
#[derive(Debug)]
pub struct Giving<'s, T: Item, K: Ord, F: Fn(&T) -> K> {
    sorter: &'s Sorter<T, F>,
    part: Vec<T>,
}

impl<T: Item, K: Ord, F: Fn(&T) -> K> Giving<'_, T, K, F> {
    /// Gives an item.
    pub fn push(&mut self, item: T) {
        if self.part.len() == PART {
            let mut part = std::mem::take(&mut self.part);
            part.sort_unstable_by_key(&self.sorter.key);
            self.sorter.parts().add(&part);
            part.clear();
            self.part = part;
        }
        self.part.push(item);
    }
}

impl<T: Item, K: Ord, F: Fn(&T) -> K> Drop for Giving<'_, T, K, F> {
    fn drop(&mut self) {
        let part = std::mem::take(&mut self.part);
        self.sorter.parts().open.push(part);
    }
}

impl<T: Item> Parts<T> {
    fn add(&mut self, part: &[T]) {
        part.iter().for_each(|item| self.list.push(*item));
        self.ends.push(self.list.len());
    }
}

/// A part while it is merged.
struct Cursor<T> {
    next: usize,
    end: usize,
    ahead: Vec<T>,
    at: usize,
}

impl<T: Item> Cursor<T> {
    fn take(&mut self, parts: &List<T>) -> Option<T> {
        if self.at == self.ahead.len() {
            if self.next == self.end {
                return None;
            }
            parts.copy(self.next, AHEAD.min(self.end - self.next), &mut self.ahead);
            self.next += self.ahead.len();
            self.at = 0;
        }
        self.at += 1;
        self.ahead.get(self.at - 1).copied()
    }
}

impl<T: Item, K: Ord, F: Fn(&T) -> K> Sorter<T, F> {
    /// A sorter of nothing yet; `folder` as in [`List::new`].
    pub fn new(folder: Option<&Path>, key: F) -> Self {
        Self {
            key,
            done: Mutex::new(Parts {
                list: List::new(folder),
                ends: Vec::new(),
                open: Vec::new(),
            }),
        }
    }

    fn parts(&self) -> MutexGuard<'_, Parts<T>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Room to give items from; what another thread began is gone on with.
    pub fn giving(&self) -> Giving<'_, T, K, F> {
        let part = self.parts().open.pop();
        Giving {
            sorter: self,
            part: part.unwrap_or_default(),
        }
    }

    /// Calls `with` with all items in order; true if some could not be read again from the file.
    pub fn finish(self, mut with: impl FnMut(T)) -> bool {
        let (key, parts) = (self.key, self.done.into_inner());
        let mut parts = parts.unwrap_or_else(PoisonError::into_inner);
        let mut rest: Vec<T> = std::mem::take(&mut parts.open).concat();
        rest.sort_unstable_by_key(&key);
        let (list, ends) = (parts.list, parts.ends);
        let starts = std::iter::once(&0).chain(&ends);
        let mut cursors: Vec<Cursor<T>> = starts
            .zip(&ends)
            .map(|(start, end)| Cursor {
                next: *start,
                end: *end,
                ahead: Vec::new(),
                at: 0,
            })
            .collect();
        cursors.push(Cursor {
            next: 0,
            end: 0,
            ahead: rest,
            at: 0,
        });
        let mut heads = BinaryHeap::new();
        let mut waiting: Vec<T> = Vec::with_capacity(cursors.len());
        for (number, cursor) in cursors.iter_mut().enumerate() {
            let item = cursor.take(&list);
            waiting.push(item.unwrap_or_default());
            heads.extend(item.map(|item| Reverse((key(&item), number))));
        }
        while let Some(mut head) = heads.peek_mut() {
            let number = head.0.1;
            with(waiting[number]);
            match cursors[number].take(&list) {
                Some(item) => {
                    waiting[number] = item;
                    head.0.0 = key(&item);
                }
                None => {
                    PeekMut::pop(head);
                }
            }
        }
        list.is_broken()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Large;
    use super::*;

    #[test]
    fn items_come_in_the_order_of_their_keys_however_many_parts_there_are() {
        let folder = tempfile::tempdir().unwrap();
        for count in [0, 1, 10, PART as u64 - 1, 2 * PART as u64 + 9] {
            let sorter = Sorter::new(Some(folder.path()), |item: &Large| item.0);
            let mut giving = sorter.giving();
            for number in 0..count {
                // A prime: every number once, far from its neighbours.
                giving.push(Large::new(number * 7919 % count.max(1)));
            }
            drop(giving);
            let shared = count > 1 && count % 7919 == 0;
            let mut sorted = 0..count;
            let broken = sorter.finish(|item| assert_eq!(sorted.next(), Some(item.0)));
            assert!(!shared && !broken && sorted.is_empty());
        }
    }

    #[test]
    fn what_several_threads_give_comes_in_one_order() {
        let sorter = Sorter::new(None, |number: &u32| *number);
        let count = 3 * PART as u32 / 2;
        std::thread::scope(|scope| {
            for thread in 0..3 {
                let sorter = &sorter;
                scope.spawn(move || {
                    let mut giving = sorter.giving();
                    let own = (0..count).rev().filter(|number| number % 3 == thread);
                    own.for_each(|number| giving.push(number));
                });
            }
        });
        let mut sorted = 0..count;
        sorter.finish(|number| assert_eq!(sorted.next(), Some(number)));
        assert!(sorted.is_empty());
    }
}
