//! The JSON Schema of each kind of grammar file, generated from the types that read it: for editors that complete and
//! check TOML. Whether texts mean something is what `check` says; a schema knows keys, types and fixed words.

use schemars::{JsonSchema, schema_for};

use super::facts::RawFacts;
use super::format_raw::RawFormat;
use super::raw::{RawChain, RawLexicon, RawNumbers, RawRule};
use super::uses::{Uses, Zones};

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

/// Of `numbers/*.toml`.
pub fn numbers() -> String {
    text_of::<RawNumbers>()
}

/// Of `facts/*.toml`.
pub fn facts() -> String {
    text_of::<RawFacts>()
}

/// Of `lexicon.toml`.
pub fn lexicon() -> String {
    text_of::<RawLexicon>()
}

/// Of `fact-uses.toml`.
pub fn uses() -> String {
    text_of::<Uses>()
}

/// Of `zones.toml`.
pub fn zones() -> String {
    text_of::<Zones>()
}

fn text_of<T: JsonSchema>() -> String {
    let mut text = serde_json::to_string_pretty(&schema_for!(T)).unwrap_or_default();
    text.push('\n');
    text
}
