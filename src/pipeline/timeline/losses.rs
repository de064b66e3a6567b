//! What could not be read a second time, or is not what it was the first time.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use super::survey::PlacedRun;
use crate::discover::reason;
use crate::model::{Problem, Text};

/// Lines of each source that are missing. Threads tell it in any order, and of a run that is read more than once more
/// than once; what comes out does not depend on it.
#[derive(Default)]
pub(super) struct Losses(Mutex<BTreeMap<usize, Lost>>);

/// What is missing of one source.
#[derive(Default)]
struct Lost {
    /// Number of lines by the first one.
    lines: BTreeMap<u64, u64>,
    /// Why the source could not be read again, if it could not.
    why: Option<Text>,
}

impl Losses {
    /// A run whose source cannot be read any more.
    pub(super) fn gone(&self, source: usize, run: &PlacedRun, error: &io::Error) {
        self.note(source, run, Some(reason(error)));
    }

    /// A run in which other bytes stand now.
    pub(super) fn changed(&self, source: usize, run: &PlacedRun) {
        self.note(source, run, None);
    }

    fn note(&self, source: usize, run: &PlacedRun, why: Option<Text>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = all.entry(source).or_default();
        lost.lines.insert(run.line, run.lines);
        lost.why = lost.why.take().or(why);
    }

    /// A problem for each source that lost something; `path` names the source.
    pub(super) fn problems(self, path: impl Fn(usize) -> String) -> Vec<Problem> {
        let all = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let problem = |(source, lost): (usize, Lost)| Problem::lost(path(source), lost.text());
        all.into_iter().map(problem).collect()
    }
}

impl Lost {
    fn text(&self) -> Text {
        let count: u64 = self.lines.values().sum();
        let first = self.lines.keys().next().copied().unwrap_or(1);
        let last = self.lines.iter().next_back();
        let last = last.map_or(1, |(line, count)| line + count.saturating_sub(1));
        let (en, de) = match &self.why {
            Some(why) => (why.en.clone(), why.de.clone()),
            None => (
                "it changed while it was read (cut off, overwritten or replaced)".to_owned(),
                "sie änderte sich, während sie gelesen wurde (gekürzt, überschrieben oder ersetzt)"
                    .to_owned(),
            ),
        };
        Text::new(
            format!("{en}; lines that are missing in the timeline: {count}, of {first} to {last}"),
            format!("{de}; Zeilen, die in der Timeline fehlen: {count}, von {first} bis {last}"),
        )
    }
}
