//! Sorting by parts: each is sorted in memory, and all of them are merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::Path;

use super::{Item, List, PAGE};

/// Items of one part.
const PART: usize = 128 * PAGE;
/// Items that are read of a part at a time.
const AHEAD: usize = 128;

/// Takes items in any order, and gives them in that of a key. No two keys may be alike.
#[derive(Debug)]
pub struct Sorter<T, F> {
    key: F,
    part: Vec<T>,
    /// Parts, one behind the other.
    parts: List<T>,
    /// Where each of them ends.
    ends: Vec<usize>,
    /// True as long as each part begins behind the end of the one before it.
    in_order: bool,
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
            part: Vec::new(),
            parts: List::new(folder),
            ends: Vec::new(),
            in_order: true,
        }
    }

    /// Takes an item.
    pub fn push(&mut self, item: T) {
        if self.part.len() == PART {
            self.end_part();
        }
        self.part.push(item);
    }

    fn end_part(&mut self) {
        self.part.sort_unstable_by_key(&self.key);
        let last = self.parts.len().checked_sub(1);
        let last = last.map(|last| (self.key)(&self.parts.get(last)));
        self.in_order &= match (last, self.part.first()) {
            (Some(last), Some(first)) => last <= (self.key)(first),
            _ => true,
        };
        for item in self.part.drain(..) {
            self.parts.push(item);
        }
        self.ends.push(self.parts.len());
    }

    /// All items in order.
    pub fn finish(mut self) -> List<T> {
        self.end_part();
        self.part = Vec::new();
        if self.in_order {
            return self.parts;
        }
        let starts = std::iter::once(&0).chain(&self.ends);
        let mut cursors: Vec<Cursor<T>> = starts
            .zip(&self.ends)
            .map(|(start, end)| Cursor {
                next: *start,
                end: *end,
                ahead: Vec::new(),
                at: 0,
            })
            .collect();
        let mut sorted = List::new(self.parts.folder());
        let mut heads = BinaryHeap::new();
        let mut waiting: Vec<T> = Vec::with_capacity(cursors.len());
        for (number, cursor) in cursors.iter_mut().enumerate() {
            let item = cursor.take(&self.parts);
            waiting.push(item.unwrap_or_default());
            heads.extend(item.map(|item| Reverse(((self.key)(&item), number))));
        }
        while let Some(mut head) = heads.peek_mut() {
            let number = head.0.1;
            sorted.push(waiting[number]);
            match cursors[number].take(&self.parts) {
                Some(item) => {
                    waiting[number] = item;
                    head.0.0 = (self.key)(&item);
                }
                None => {
                    std::collections::binary_heap::PeekMut::pop(head);
                }
            }
        }
        sorted.is_broken_as(&self.parts);
        sorted
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
            let mut sorter = Sorter::new(Some(folder.path()), |item: &Large| item.0);
            for number in 0..count {
                // A prime: every number once, far from its neighbours.
                sorter.push(Large::new(number * 7919 % count.max(1)));
            }
            let sorted = sorter.finish();
            let shared = count > 1 && count % 7919 == 0;
            assert!(!shared && !sorted.is_broken());
            assert!(sorted.iter().map(|item| item.0).eq(0..count));
        }
    }

    #[test]
    fn parts_that_follow_one_another_are_sorted_already() {
        let mut sorter = Sorter::new(None, |number: &u32| *number);
        let count = 2 * PART as u32;
        (0..count).rev().for_each(|n| sorter.push(n ^ 1));
        assert!(sorter.finish().iter().eq(0..count));
        let mut sorter = Sorter::new(None, |number: &u32| *number);
        (0..count).for_each(|n| sorter.push(n ^ 1));
        assert!(sorter.in_order);
        assert!(sorter.finish().iter().eq(0..count));
    }
}
