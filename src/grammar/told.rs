//! What a clause of the catalog tells of a record.

use super::Meaning;
use super::endpoint::Endpoint;
use crate::model::{Level, Span};

/// What a clause of the catalog saw, without place and time: most records that tell something tell the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Told {
    /// What it tells.
    pub meaning: Meaning,
    /// The stamp as written, inside the record.
    pub stamp: Option<Span>,
    /// How many lines below the header the telling text stands.
    pub match_line: u32,
    /// Level of the record.
    pub level: Option<Level>,
    /// Exception depth of the telling text.
    pub depth: u16,
    /// True if a number took part.
    pub by_number: bool,
    /// The endpoint that it is about.
    pub endpoint: Option<Endpoint>,
    /// The stage that the clause assumes, where the record names none.
    pub assumed: Option<u8>,
    /// Named captures.
    pub captures: Option<Box<[(String, String)]>>,
}

#[cfg(test)]
impl Told {
    /// That, and nothing more.
    pub(crate) const fn only(meaning: Meaning) -> Self {
        Self {
            meaning,
            stamp: None,
            match_line: 0,
            level: None,
            depth: 0,
            by_number: false,
            endpoint: None,
            assumed: None,
            captures: None,
        }
    }
}

/// What is known of a record from those around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Beat {
    /// It is no beat, or the last one as far as the block goes.
    #[default]
    Last,
    /// Another one followed soon.
    Again,
    /// It is one with the beat before it, or an answer that tells nothing new.
    Same,
}
