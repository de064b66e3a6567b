//! Floor 3: the grammars as checked types. TOML in, values out; every fault is collected with path and line.

pub mod both;
pub mod catalog;
pub mod chain;
pub mod clock;
pub mod condition;
pub mod document;
pub mod endpoint;
pub mod error;
pub mod everyday;
pub mod expression;
pub mod facts;
pub mod finder;
pub mod format;
pub mod frame;
pub mod front;
pub mod head;
pub mod lexicon;
pub mod looks;
pub mod loose;
pub mod needs;
pub mod numbers;
#[allow(missing_docs)] // grammars/README.md documents the keys
pub mod raw;
pub mod reader;
pub mod rule;
pub mod schema;
pub mod template;
pub mod told;
pub mod uses;

pub use catalog::{Catalog, Clause, Meaning};
pub use error::Fault;
pub use overlay::is_plain;

mod chain_proof;
mod format_json;
#[cfg(test)]
mod format_laws;
mod format_load;
mod format_proof;
mod format_raw;
mod format_toml;
mod needed;
mod overlay;
mod shape;
mod tree;
