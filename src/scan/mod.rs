//! Scanning: blocks of text → records, levels, counts, and the signals that rules and chain marks saw.
//! Nothing here knows which file a block is from, or how many threads there are.

pub mod beats;
pub mod block;
pub mod blocks;
pub mod by_format;
pub mod digits;
mod feeds;
mod frames;
mod heads;
pub mod idle;
mod images;
mod look;
pub mod matcher;
pub mod memo;
pub mod minutes;
pub mod notes;
pub mod order;
mod outlines;
pub mod place;
pub mod prefilter;
pub mod quick;
mod quiet;
pub mod reasons;
mod repeats;
pub mod runs;
pub mod skeletons;
mod stamped;
pub mod table;
pub mod trail;
pub mod unknown;
pub mod zone;

pub use block::{BlockScan, Scanner, Signal, Window};
pub use blocks::{Blocks, Packed};
pub use matcher::{Hit, Matcher};
