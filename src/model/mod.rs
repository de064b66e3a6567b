//! Floor 1: the words that every other floor speaks. Plain data; no clock, no judgement, and no I/O but the
//! lists of [`crate::spool`].

pub mod attempts;
pub mod buckets;
pub mod level;
pub mod news;
pub mod problem;
pub mod report;
pub mod source;
pub mod text;
pub mod time;

pub use level::Level;
pub use problem::Problem;
pub use source::{Encoding, NameStamp, SourceInfo, split_path};
pub use text::{Lang, Text};
pub use time::{ClockMark, Cycle, Moment, RawTime, Span};
