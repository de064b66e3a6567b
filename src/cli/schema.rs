//! `swyxtrace schema`: the JSON Schema of a report, or of a kind of grammar file.

use super::args::{Schema, SchemaOf};
use super::{Stop, write_out};
use crate::grammar::schema;
use crate::report;

/// Runs the subcommand.
pub fn run(args: &Schema) -> Result<u8, Stop> {
    let text = match args.of {
        SchemaOf::Report => report::json_schema(),
        SchemaOf::Format => schema::format(),
        SchemaOf::Rule => schema::rule(),
        SchemaOf::Chain => schema::chain(),
        SchemaOf::Numbers => schema::numbers(),
        SchemaOf::Facts => schema::facts(),
        SchemaOf::Lexicon => schema::lexicon(),
        SchemaOf::Uses => schema::uses(),
        SchemaOf::Zones => schema::zones(),
    };
    write_out(|out| out.write_all(text.as_bytes()))
}
