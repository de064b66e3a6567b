//! Clocks that are off: a time that a record quotes is compared with the record's own.

use super::event::{Event, Events};
use crate::grammar::Catalog;
use crate::grammar::rule::Rule;
use crate::model::Lang;
use crate::model::time::SECOND;

/// Zones are multiples of this apart, and a quoted time is so near to a multiple if only the zone is wrong.
const HALF_HOUR: i64 = 1_800 * SECOND;
const NEAR: i64 = 120 * SECOND;

/// By how much the clock of the other side is ahead of the record's, in nanoseconds; negative: behind. 0 within the
/// tolerance, `None` where the record quotes no time that can be read.
pub(super) fn ahead(rule: &Rule, event: &Event<'_>) -> Option<i64> {
    let captures = event.captures.as_deref()?;
    let told = rule.clocks.iter().filter_map(|clock| {
        let ahead = clock.ahead(captures, event.placed.instant)?;
        let by_zone = event.zone_assumed && clock.is_against_record() && is_zone(ahead);
        Some(if by_zone { 0 } else { ahead })
    });
    told.max_by_key(|ahead| ahead.abs())
}

/// True if a difference is one of zones rather than of clocks.
fn is_zone(ahead: i64) -> bool {
    let rest = ahead.rem_euclid(HALF_HOUR);
    ahead.abs() > NEAR && rest.min(HALF_HOUR - rest) <= NEAR
}

/// For each rule with clocks and each source: ahead or behind, whichever most of its samples say; one slow answer or
/// one that comes from a cache is none.
pub(super) struct Sides<'a> {
    catalog: &'a Catalog,
    /// Rule, source, samples ahead, behind, and all.
    counted: Vec<(u32, u32, [usize; 3])>,
}

impl<'a> Sides<'a> {
    /// Nothing counted yet.
    pub(super) fn new(catalog: &'a Catalog) -> Self {
        Self {
            catalog,
            counted: Vec::new(),
        }
    }

    /// Counts an event of that rule.
    pub(super) fn take(&mut self, all: &Events, index: usize, number: u32) {
        let rule = &self.catalog.rules[number as usize];
        if rule.clocks.is_empty() {
            return;
        }
        let event = all.at(index);
        let Some(ahead) = ahead(rule, &event) else {
            return;
        };
        let source = event.stream;
        let known = (self.counted.iter()).position(|c| (c.0, c.1) == (number, source));
        let at = known.unwrap_or_else(|| {
            self.counted.push((number, source, [0; 3]));
            self.counted.len() - 1
        });
        let counts = &mut self.counted[at].2;
        counts[0] += usize::from(ahead > 0);
        counts[1] += usize::from(ahead < 0);
        counts[2] += 1;
    }

    /// True for an event of a rule without clocks, and for one that says what most of its source say.
    pub(super) fn holds(&self, all: &Events, index: usize, number: u32) -> bool {
        let rule = &self.catalog.rules[number as usize];
        if rule.clocks.is_empty() {
            return true;
        }
        let event = &all.at(index);
        let same = |c: &&(u32, u32, [usize; 3])| (c.0, c.1) == (number, event.stream);
        let Some((_, _, [before, behind, of])) = self.counted.iter().find(same) else {
            return false;
        };
        match ahead(rule, event) {
            Some(ahead) if ahead > 0 => before * 2 > *of,
            Some(ahead) if ahead < 0 => behind * 2 > *of,
            _ => false,
        }
    }
}

/// The size in words, of the sample in the middle: `9 min 57 s ahead`.
pub(super) fn words<'e>(
    rule: &Rule,
    events: impl Iterator<Item = Event<'e>>,
    lang: Lang,
) -> Option<String> {
    let mut sizes: Vec<i64> = events
        .filter_map(|event| ahead(rule, &event))
        .filter(|a| *a != 0)
        .collect();
    sizes.sort_unstable();
    let middle = *sizes.get(sizes.len() / 2)?;
    let size = crate::model::time::length(middle, lang);
    Some(match (middle > 0, lang) {
        (true, Lang::En) => format!("{size} ahead"),
        (false, Lang::En) => format!("{size} behind"),
        (true, Lang::De) => format!("{size} vor"),
        (false, Lang::De) => format!("{size} nach"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_hours_are_a_zone_and_ten_minutes_are_a_clock() {
        let minutes = |m: i64| m * 60 * SECOND;
        assert!(is_zone(minutes(60)) && is_zone(minutes(-121)) && is_zone(minutes(330)));
        assert!(!is_zone(minutes(10)) && !is_zone(minutes(0)) && !is_zone(minutes(-45)));
    }
}
