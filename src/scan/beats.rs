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
/// Within so long after a beat, the next one shows that they did not cease, in nanoseconds: four of the shortest intervals.
pub const GOES_ON: i64 = 4 * SECOND;
/// Beats that are kept before one that may be the last: those that say what is usual, and itself.
const BEFORE: usize = 18;

/// The beats of one rule in a block.
#[derive(Debug)]
pub struct Beats {
    /// Index of the rule.
    pub rule: u32,
    /// The last ones that are not kept yet.
    recent: VecDeque<Signal>,
    /// True once the first one is kept.
    begun: bool,
    /// The last one of all, also if it is one with the beat before it.
    newest: Option<Signal>,
    /// The first answer that tells nothing new since the last beat: it is what goes on if the beat was the last.
    pub after: Vec<Signal>,
}

/// How much later a stamp is, if that can be told.
pub fn gap(from: Option<Stamped>, to: Option<Stamped>) -> Option<i64> {
    let (from, to) = (from?, to?);
    let alike = (from.format, from.wraps, from.drops) == (to.format, to.wraps, to.drops);
    alike.then(|| to.raw.nanos().saturating_sub(from.raw.nanos()))
}

impl Beats {
    /// No beats yet.
    pub fn new(rule: u32) -> Self {
        Self {
            rule,
            recent: VecDeque::new(),
            begun: false,
            newest: None,
            after: Vec::new(),
        }
    }

    /// Takes the next beat; what has to be kept goes into `kept`.
    pub fn take(&mut self, beat: Signal, kept: &mut Vec<Signal>) {
        let since = |signal: Option<&Signal>| gap(signal?.time(), beat.time());
        let is_soon = |gap: Option<i64>, most: i64| gap.is_some_and(|gap| (0..most).contains(&gap));
        if is_soon(since(self.newest.as_ref()), ONE) {
            self.newest = Some(Signal {
                beat: Beat::Same,
                ..beat
            });
            return;
        }
        let goes_on = is_soon(since(self.recent.back()), GOES_ON);
        if goes_on && let Some(last) = self.recent.back_mut() {
            last.beat = Beat::Again;
            self.after.clear();
        } else {
            self.begun |= !self.recent.is_empty();
            kept.extend(self.recent.drain(..));
            kept.append(&mut self.after);
        }
        self.newest = Some(beat.clone());
        self.recent.push_back(beat);
        if self.recent.len() > BEFORE {
            // The first one answers what stood at the end of the block before.
            let oldest = self.recent.pop_front();
            kept.extend(oldest.filter(|_| !self.begun));
            self.begun = true;
        }
    }

    /// Ends the block.
    pub fn finish(mut self, kept: &mut Vec<Signal>) {
        kept.extend(self.recent);
        kept.append(&mut self.after);
        kept.extend(self.newest.filter(|newest| newest.beat == Beat::Same));
    }
}
