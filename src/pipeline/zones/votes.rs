//! What speaks for a source's clock being off, and how much of it may be chance.

use std::collections::BTreeMap;

use crate::model::Text;

/// What speaks for a source's clock being so many quarters of an hour behind what it was taken for.
#[derive(Default)]
pub(super) struct Votes {
    pub(super) points: BTreeMap<i64, u32>,
    pub(super) because: BTreeMap<i64, Vec<Text>>,
    /// What other sources saw at such a distance.
    pub(super) seen: Vec<(i64, u32, Text)>,
    /// What they saw at distances that no clocks have. Of thousands of texts a few are at each distance by chance.
    pub(super) chance: BTreeMap<i64, u32>,
}

impl Votes {
    pub(super) fn add(&mut self, quarters: i64, points: u32, text: Text) {
        *self.points.entry(quarters).or_default() += points;
        self.because.entry(quarters).or_default().push(text);
    }

    /// Adds what other sources saw, unless half as much was seen by chance. That the clock is right needs less.
    pub(super) fn add_seen(&mut self) {
        let chance = self.chance.values().copied().max().unwrap_or(0);
        let mut sums: BTreeMap<i64, u32> = BTreeMap::new();
        for (quarters, points, _) in &self.seen {
            *sums.entry(*quarters).or_default() += points;
        }
        for (quarters, points, text) in std::mem::take(&mut self.seen) {
            if quarters == 0 || sums[&quarters] > 2 * chance {
                self.add(quarters, points, text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_by_chance_half_as_often_tells_nothing_but_that_a_clock_is_right() {
        let points = |seen: &[(i64, u32)], chance: &[(i64, u32)]| {
            let text = Text::new("seen", "gesehen");
            let mut votes = Votes {
                seen: seen
                    .iter()
                    .map(|(quarters, points)| (*quarters, *points, text.clone()))
                    .collect(),
                chance: chance.iter().copied().collect(),
                ..Votes::default()
            };
            votes.add_seen();
            votes.points.into_iter().collect::<Vec<_>>()
        };
        assert_eq!(points(&[(8, 1), (8, 1)], &[(3, 1), (-9, 2)]), []);
        assert_eq!(points(&[(8, 2), (8, 2)], &[(3, 1), (-9, 2)]), []);
        assert_eq!(points(&[(8, 2), (8, 3)], &[(3, 1), (-9, 2)]), [(8, 5)]);
        assert_eq!(points(&[(0, 1), (8, 2)], &[(3, 4)]), [(0, 1)]);
        assert_eq!(points(&[(8, 1)], &[]), [(8, 1)]);
    }
}
