//! Beats: what comes regularly (`heartbeat sent`) and tells something only where it ceases.
//!
//! A beat that is followed by another one within seconds did not cease, so all that it is good for is to say what was
//! usual before one that may have. Of each rule's beats in a block, those are kept after which there is a gap, with those
//! right before them, and the first and the last of the block.

use std::collections::VecDeque;

use super::block::{Signal, Stamped};
use crate::grammar::told::Beat;
use crate::model::time::SECOND;

/// Within so long, two beats are one: what is sent and its answer, in nanoseconds.
pub const ONE: i64 = SECOND;
/// Intervals of silence after which something regular has ceased, of which the shortest is [`ONE`].
const CEASED: i64 = 4;
/// Beats that say what is usual, the one in question among them.
pub const RECENT: usize = 17;

/// The time between the last beats, in nanoseconds: of at most [`RECENT`] beats, in no order.
#[derive(Debug, Default)]
pub struct Gaps {
    own: [i64; RECENT - 1],
    count: usize,
    /// The oldest, once they are all that there can be.
    oldest: usize,
    /// When the last beat was.
    last: Option<i64>,
}

impl Gaps {
    /// Takes when the next beat is.
    pub fn take(&mut self, at: i64) {
        if let Some(last) = self.last.replace(at) {
            self.own[self.oldest] = at.saturating_sub(last);
            self.oldest = (self.oldest + 1) % self.own.len();
            self.count = (self.count + 1).min(self.own.len());
        }
    }

    /// When the last beat was.
    pub const fn last(&self) -> Option<i64> {
        self.last
    }

    /// True if the last beat may be the last one of all, and not only where the block or the trace ends. `gap`: how long after it
    /// the next one comes. It says no less often than the rule would.
    pub fn may_cease(&self, gap: i64) -> bool {
        if gap < CEASED * ONE {
            return false;
        }
        if self.count < self.own.len() {
            return true;
        }
        // The middle one is that much shorter only where most of them are: whatever is regular needs no sorting.
        let most = gap.div_euclid(CEASED) + i64::from(gap.rem_euclid(CEASED) > 0);
        let mut longer = self.own.iter().filter(|own| **own >= most);
        if longer.nth(self.own.len().div_ceil(2) - 1).is_some() {
            return false;
        }
        let mut gaps = self.own;
        gaps.sort_unstable();
        let usual = gaps[gaps.len() / 2];
        let is_regular = |gap: &&i64| gap.saturating_sub(usual).saturating_abs() <= usual / 4;
        gaps.iter().filter(is_regular).count() * 4 >= gaps.len() * 3
    }
}

/// The beats of one rule in a block.
#[derive(Debug)]
pub struct Beats {
    /// Index of the rule.
    pub rule: u32,
    /// The last ones that are not kept yet.
    recent: VecDeque<Signal>,
    /// How long after each other the last ones were, as long as their stamps are alike.
    gaps: Gaps,
    /// True once the first one after those that were kept is kept too: it says how long the gap was.
    begun: bool,
    /// When the last one of all was, also if it is one with the beat before it; then also that one.
    newest: Option<Stamped>,
    same: Option<Signal>,
    /// The first answer that tells nothing new since the last beat: it is what goes on if the beat was the last.
    pub after: Vec<Signal>,
}

/// How much later a stamp is, if that can be told.
pub fn gap(from: Option<Stamped>, to: Option<Stamped>) -> Option<i64> {
    let (from, to) = (from?, to?);
    let alike = from.is_like(to);
    alike.then(|| to.nanos().saturating_sub(from.nanos()))
}

impl Beats {
    /// No beats yet.
    pub fn new(rule: u32) -> Self {
        Self {
            rule,
            recent: VecDeque::new(),
            gaps: Gaps::default(),
            begun: false,
            newest: None,
            same: None,
            after: Vec::new(),
        }
    }

    /// Takes the next beat; what has to be kept goes into `kept`.
    pub fn take(&mut self, beat: Signal, kept: &mut Vec<Signal>) {
        let since = |stamp: Option<Stamped>| gap(stamp, beat.time());
        let is_soon = since(self.newest).is_some_and(|gap| (0..ONE).contains(&gap));
        self.newest = beat.time();
        if is_soon {
            self.same = Some(Signal {
                beat: Beat::Same,
                ..beat
            });
            return;
        }
        self.same = None;
        let last = since(self.recent.back().and_then(Signal::time)).filter(|gap| *gap >= 0);
        if let Some(gap) = last {
            let goes_on = !self.gaps.may_cease(gap);
            if goes_on && let Some(last) = self.recent.back_mut() {
                last.beat = Beat::Again;
            }
            if goes_on {
                self.after.clear();
            } else {
                self.keep(kept);
            }
        } else {
            self.gaps = Gaps::default();
            self.keep(kept);
        }
        if let Some(time) = beat.time() {
            self.gaps.take(time.nanos());
        }
        self.recent.push_back(beat);
        if self.recent.len() > RECENT {
            let oldest = self.recent.pop_front();
            kept.extend(oldest.filter(|_| !self.begun));
            self.begun = true;
        }
    }

    fn keep(&mut self, kept: &mut Vec<Signal>) {
        self.begun = false;
        kept.extend(self.recent.drain(..));
        kept.append(&mut self.after);
    }

    /// Ends the block.
    pub fn finish(mut self, kept: &mut Vec<Signal>) {
        kept.extend(self.recent);
        kept.append(&mut self.after);
        kept.extend(self.same);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::Meaning;
    use crate::grammar::told::Told;
    use crate::model::RawTime;
    use proptest::prelude::*;
    use std::sync::Arc;

    /// Whether beats at these times may cease.
    fn may_cease(times: &[i64], gap: i64) -> bool {
        let mut gaps = Gaps::default();
        times.iter().for_each(|at| gaps.take(*at));
        gaps.may_cease(gap)
    }

    proptest! {
        #[test]
        fn something_regular_may_cease_where_its_usual_gap_says_so(
            older in proptest::collection::vec(-2i64..9, 0..20),
            gaps in proptest::collection::vec(-2i64..9, RECENT - 1),
            gap in 3i64..40,
        ) {
            let all = older.iter().chain(&gaps);
            let sums = all.scan(0, |at, gap| { *at += gap * SECOND; Some(*at) });
            let times: Vec<i64> = std::iter::once(0).chain(sums).collect();
            let mut sorted = gaps.clone();
            sorted.sort_unstable();
            let usual = sorted[sorted.len() / 2];
            let regular = sorted.iter().filter(|gap| (**gap - usual).abs() * 4 <= usual).count();
            let ceases = gap >= CEASED && gap > usual * CEASED && regular * 4 >= sorted.len() * 3;
            prop_assert_eq!(may_cease(&times, gap * SECOND), ceases);
        }
    }

    /// The seconds of the beats that are kept.
    fn kept(tenths: &[i64]) -> Vec<i64> {
        let told = Arc::new(Told::only(Meaning::Rule(0)));
        let mut beats = Beats::new(0);
        let mut kept = Vec::new();
        for (line, tenth) in (0..).zip(tenths) {
            let time = Stamped::new(RawTime::Wall(tenth * SECOND / 10), 0, 0, 0);
            let signal = Signal {
                told: told.clone(),
                order: Some(time),
                stamped: true,
                beat: Beat::Last,
                line,
                len: 0,
                offset: 0,
            };
            beats.take(signal, &mut kept);
        }
        beats.finish(&mut kept);
        kept.iter().map(|signal| i64::from(signal.line)).collect()
    }

    #[test]
    fn of_what_goes_on_the_first_and_the_last_are_kept() {
        let regular: Vec<i64> = (0..100).map(|n| n * 20).collect();
        let mut expected = vec![0];
        expected.extend(83..100);
        assert_eq!(kept(&regular), expected);
    }

    #[test]
    fn those_before_a_gap_and_the_one_after_it_are_kept() {
        let mut beats: Vec<i64> = (0..50).map(|n| n * 20).collect();
        beats.extend((0..50).map(|n| 3_000 + n * 20));
        let kept = kept(&beats);
        assert!((33..=50).all(|line| kept.contains(&line)), "{kept:?}");
        assert!(!kept.contains(&20) && !kept.contains(&60));
    }

    #[test]
    fn what_is_not_regular_cannot_cease() {
        let times = |gaps: [i64; 2]| {
            (0..17i64).map(move |n| (n / 2 * (gaps[0] + gaps[1]) + n % 2 * gaps[0]) * SECOND)
        };
        let exact = |gaps| times(gaps).collect::<Vec<_>>();
        assert!(may_cease(&exact([5, 5]), 21 * SECOND));
        assert!(!may_cease(&exact([5, 5]), 20 * SECOND));
        assert!(!may_cease(&exact([2, 9]), 60 * SECOND));
    }
}
