//! The JSON Schema of each kind of grammar file, generated from the types that read it: for editors that complete and
//! check TOML. Whether texts mean something is what `check` says; a schema knows keys, types and fixed words.

use schemars::{JsonSchema, schema_for};

use super::format_raw::RawFormat;
use super::raw::{RawChain, RawRule};

/// Of `formats/*.toml`.
pub fn format() -> String {
    text_of::<RawFormat>()
}

/// Of `rules/<class>/*.toml`.
pub fn rule() -> String {
    text_of::<RawRule>()
}

/// Of `chain.toml`.
pub fn chain() -> String {
    text_of::<RawChain>()
}

fn text_of<T: JsonSchema>() -> String {
    let mut text = serde_json::to_string_pretty(&schema_for!(T)).unwrap_or_default();
    text.push('\n');
    text
}
