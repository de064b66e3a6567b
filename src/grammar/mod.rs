//! Floor 3: the grammars as checked types. TOML in, values out; every fault is collected with path and line.

pub mod error;

pub use error::Fault;

pub mod format;
mod format_json;
mod format_proof;
mod format_raw;
