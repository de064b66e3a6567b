//! Floor 2: the pattern language of format files, stamps, and the shapes of lines. Bytes in, spans out: no I/O, no
//! allocation on the way of a line, and no format is named here.

pub mod civil;
pub mod json;
pub mod jwt;
pub mod kinds;
pub mod levels;
pub mod lexeme;
pub mod look;
pub mod outline;
pub mod pattern;
pub mod pieces;
pub mod program;
pub mod shape;
pub mod skeleton;
pub mod stamp;

use crate::model::{Level, RawTime, Span};

/// What one line says, as spans into the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fields {
    /// Where the stamp stands.
    pub stamp: Option<Span>,
    /// What the stamp says.
    pub time: Option<RawTime>,
    /// The level that the program gave.
    pub level: Option<Level>,
    /// Where the logger, category or module stands.
    pub logger: Option<Span>,
    /// Where the thread id stands.
    pub thread: Option<Span>,
    /// Where the message stands; for JSON the raw text between its quotes.
    pub message: Span,
}

/// What is wrong with a pattern or a stamp layout, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Byte of the text, from 0.
    pub at: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Complaint {
    /// A complaint at a byte of the text.
    pub fn new(at: usize, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
            help: help.into(),
        }
    }
}
