//! Idle records: answers without an address (`200 OK`) that tell nothing more than the one before them.
//!
//! An answer that names no endpoint is that of a stage only where the same trace began it. So of those that follow each
//! other in a source, with nothing between them that tells of the chain, the first of each stage and the last one tell
//! all. Everyday traces have one in every few lines; without this, what is kept would grow with the trace.

use crate::grammar::Meaning;
use crate::model::time::SECOND;

/// An answer so long after what was told last may be that of another login, in nanoseconds: it is never idle.
pub const SOON: i64 = 60 * SECOND;

/// What a record is among the others of its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It tells nothing of the chain: who writes, or what a waiting rule waits for. Blocks see these at different places.
    Neutral,
    /// An answer without an address, the first of a stage.
    Answer,
    /// Such an answer once more.
    Idle,
    /// Anything else.
    Other,
}

/// The stages of which an answer was told since the last record that tells something else, in the order of lines.
#[derive(Debug, Clone, Default)]
pub struct Idle {
    answered: Vec<u8>,
}

impl Idle {
    /// Forgets what was told.
    pub fn forget(&mut self) {
        self.answered.clear();
    }

    /// True if an answer of each of these stages was told.
    pub fn has_all(&self, mut answers: impl Iterator<Item = Meaning>) -> bool {
        answers.all(
            |answer| matches!(answer, Meaning::Passed(stage) if self.answered.contains(&stage)),
        )
    }

    /// Takes what the next record tells.
    pub fn step(&mut self, record: impl Iterator<Item = (Meaning, Option<u8>)>) -> Step {
        let mut answers = false;
        let mut known = true;
        for (meaning, assumed) in record {
            match meaning {
                Meaning::Identity(_) | Meaning::Follow(_) => {}
                Meaning::Passed(stage) if assumed.is_some() => {
                    answers = true;
                    if !self.answered.contains(&stage) {
                        self.answered.push(stage);
                        known = false;
                    }
                }
                _ => {
                    self.answered.clear();
                    return Step::Other;
                }
            }
        }
        match (answers, known) {
            (false, _) => Step::Neutral,
            (true, false) => Step::Answer,
            (true, true) => Step::Idle,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_told_once_until_something_else_is_told() {
        let mut idle = Idle::default();
        let answer = |stage: u8| [(Meaning::Passed(stage), Some(stage))].into_iter();
        let named = [(Meaning::Identity(0), None)].into_iter();
        assert_eq!(idle.step(answer(1)), Step::Answer);
        assert_eq!(idle.step(answer(1)), Step::Idle);
        assert_eq!(idle.step(answer(2)), Step::Answer);
        assert_eq!(idle.step(named), Step::Neutral);
        assert_eq!(idle.step(answer(1)), Step::Idle);
        let begun = [(Meaning::Started(1), None)].into_iter();
        assert_eq!(idle.step(begun), Step::Other);
        assert_eq!(idle.step(answer(1)), Step::Answer);
    }
}
