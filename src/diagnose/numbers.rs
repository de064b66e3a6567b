//! Indices of events, in order: those of a client, of a finding.

use std::path::Path;

use crate::spool::{List, border, border_near};

/// Bytes of a list of many that stay in memory.
const ONE_OF_MANY: usize = 32 << 10;

impl Default for Numbers {
    fn default() -> Self {
        Self::new(None)
    }
}

/// Indices of events, in order. The first ones, as far as none is left out, take no room.
#[derive(Debug)]
pub struct Numbers {
    /// How many of the first events are all there.
    pub(super) all: usize,
    /// Those behind them.
    pub(super) rest: List<u32>,
}

impl Numbers {
    /// None yet; `folder` as in [`List::new`].
    pub fn new(folder: Option<&Path>) -> Self {
        Self {
            all: 0,
            rest: List::new(folder),
        }
    }

    /// As many, from 0 on.
    pub fn first(count: usize, folder: Option<&Path>) -> Self {
        Self {
            all: count,
            ..Self::new(folder)
        }
    }

    /// None yet, of many such lists: little of each stays in memory.
    pub(super) fn one_of_many(folder: Option<&Path>) -> Self {
        let mut numbers = Self::new(folder);
        numbers.rest.set_room(ONE_OF_MANY);
        numbers
    }

    /// Adds the next one.
    pub fn push(&mut self, index: usize) {
        if index == self.all && self.rest.is_empty() {
            self.all += 1;
        } else {
            self.rest.push(index as u32);
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all + self.rest.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True if a part of them could not be read again from the file.
    pub fn is_broken(&self) -> bool {
        self.rest.is_broken()
    }

    /// Is broken if another one is, of which it was made.
    pub(super) fn is_broken_as(&self, other: &Self) {
        self.rest.is_broken_as(&other.rest);
    }

    /// The one at that place.
    #[inline]
    pub fn get(&self, place: usize) -> usize {
        match place.checked_sub(self.all) {
            None => place,
            Some(place) => self.rest.get(place) as usize,
        }
    }

    /// The first one.
    pub fn first_of(&self) -> Option<usize> {
        (!self.is_empty()).then(|| self.get(0))
    }

    /// The last one.
    pub fn last(&self) -> Option<usize> {
        self.len().checked_sub(1).map(|last| self.get(last))
    }

    /// True if that one is there.
    pub fn contains(&self, index: usize) -> bool {
        let place = self.partition_point(|other| other < index);
        place < self.len() && self.get(place) == index
    }

    /// All of them.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        self.range(0..self.len())
    }

    /// Those at these places.
    pub fn range(
        &self,
        places: std::ops::Range<usize>,
    ) -> impl DoubleEndedIterator<Item = usize> + '_ {
        places.map(|place| self.get(place))
    }

    /// How many of the first ones fulfil something that none behind them does.
    pub fn partition_point(&self, holds: impl Fn(usize) -> bool) -> usize {
        border((0, self.len()), |place| holds(self.get(place)))
    }

    /// The same, where the border is near that place: what lies far away stays where it is.
    pub fn partition_point_near(&self, place: usize, holds: impl Fn(usize) -> bool) -> usize {
        border_near(self.len(), place, |place| holds(self.get(place)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_that_were_added_whether_the_first_ones_are_all_there_or_not() {
        let without: [&[usize]; 4] = [&[], &[0], &[7, 8], &[19]];
        for without in without {
            let expected: Vec<usize> = (0..20).filter(|n| !without.contains(n)).collect();
            let mut numbers = Numbers::new(None);
            expected.iter().for_each(|number| numbers.push(*number));
            assert!(numbers.iter().eq(expected.iter().copied()));
            assert_eq!(numbers.len(), expected.len());
            assert_eq!(numbers.first_of(), expected.first().copied());
            assert_eq!(numbers.last(), expected.last().copied());
            for number in 0..21 {
                let place = expected.partition_point(|other| *other < number);
                assert_eq!(numbers.contains(number), expected.contains(&number));
                assert_eq!(numbers.partition_point(|other| other < number), place);
                for near in 0..=expected.len() {
                    let found = numbers.partition_point_near(near, |other| other < number);
                    assert_eq!(found, place);
                }
            }
        }
    }
}
