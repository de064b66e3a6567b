//! Diagnosis: from signals to attempts, stages, findings with cause and consequence, confidence, and what is missing.
//! It reads no file and knows no layout; "not enough evidence" is one of its results.

mod attempts;
mod clients;
mod compose;
mod coverage;
mod event;
mod findings;
mod known;
mod phrases;
mod used;
mod windows;

pub use attempts::{AttemptState, Cutter, StageState};
pub use clients::{Trace, client_names};
pub use compose::{Facts, Overall, compose, pick_evidence};
pub use event::{Event, Placed};
pub use findings::{Diagnosis, FindingState, diagnose};
pub use phrases::empty_window;
pub use used::use_facts;
pub use windows::filter as windowed;
