//! Diagnosis: from signals to attempts, stages, findings with cause and consequence, confidence, and what is missing.
//! It reads no file and knows no layout; "not enough evidence" is one of its results.

mod attempts;
mod clients;
mod compose;
mod confidence;
mod coverage;
mod cut;
mod event;
mod failures;
mod findings;
mod group;
mod identities;
mod kept;
mod known;
mod ladder;
mod memo;
mod notes;
mod offline;
mod phrases;
mod refused;
mod remarks;
mod skew;
mod streams;
mod times;
mod tokens;
mod told;
mod used;
mod verdict;
mod why;
mod windows;

pub use attempts::{AttemptState, StageState};
pub use clients::{Trace, client_names};
pub use compose::{Facts, Overall, compose};
pub use coverage::uncatalogued_cut;
pub use cut::Cutter;
pub use event::{Ends, Event, Events, Numbers, Placed, Row, is_apart};
pub use findings::{Diagnosis, FindingState, diagnose};
pub use identities::{Calling, Origin, is_name, settle as settle_clients};
pub use memo::Memo;
pub use phrases::empty_window;
pub use streams::{Part, streams};
pub use used::use_facts;
pub use windows::filter as windowed;
