//! What reading brings to light: bytes, and problems that only turn up on the way.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::{Problem, Text};

/// A handle on the counts of one source; clones share them. Ask it when the source has been read to its end.
#[derive(Debug, Clone)]
pub struct Meter(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: String,
    bytes: AtomicU64,
    replaced: AtomicU64,
    zeros: AtomicU64,
    problems: Mutex<Vec<Problem>>,
}

impl Meter {
    pub(super) fn new(path: &str) -> Self {
        Self(Arc::new(Inner {
            path: path.to_owned(),
            bytes: AtomicU64::new(0),
            replaced: AtomicU64::new(0),
            zeros: AtomicU64::new(0),
            problems: Mutex::default(),
        }))
    }

    /// Bytes of the source before decoding: byte order mark and zeros at the end included, so that they add up to the
    /// size of the file (of a member: its unpacked size).
    pub fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }

    /// What turned up while reading: an early end, broken characters, zeros at the end.
    pub fn problems(&self) -> Vec<Problem> {
        let path = &self.0.path;
        let mut problems = self.lock().clone();
        let replaced = self.0.replaced.load(Ordering::Relaxed);
        if replaced > 0 {
            problems.push(Problem::note(
                path,
                Text::new(
                    format!("{replaced} broken UTF-16 characters, each replaced by U+FFFD"),
                    format!("{replaced} defekte UTF-16-Zeichen, jedes durch U+FFFD ersetzt"),
                ),
            ));
        }
        let zeros = self.0.zeros.load(Ordering::Relaxed);
        if zeros > 0 {
            problems.push(Problem::note(path, zeros_text(zeros)));
        }
        problems
    }

    pub(super) fn add_bytes(&self, bytes: u64) {
        self.0.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn add_replaced(&self, count: u64) {
        self.0.replaced.fetch_add(count, Ordering::Relaxed);
    }

    pub(super) fn add_zeros(&self, count: u64) {
        self.0.zeros.fetch_add(count, Ordering::Relaxed);
    }

    /// Input was lost; said once, however often the same is met.
    pub(super) fn lost(&self, text: Text) {
        let problem = Problem::lost(&self.0.path, text);
        let mut problems = self.lock();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    /// Something to know of the source.
    pub(super) fn note(&self, text: Text) {
        let problem = Problem::note(&self.0.path, text);
        self.lock().push(problem);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Problem>> {
        self.0
            .problems
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn zeros_text(zeros: u64) -> Text {
    Text::new(
        format!(
            "{zeros} zero bytes at the end, left out: the machine or program crashed while it was writing, \
             and its last lines may be missing"
        ),
        format!(
            "{zeros} Nullbytes am Ende, ausgelassen: Rechner oder Programm stürzte beim Schreiben ab, \
             die letzten Zeilen können fehlen"
        ),
    )
}
