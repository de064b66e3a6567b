//! What a thread knows of the lines of a source: most of them begin like others that were read before.

use std::sync::Arc;

use super::frames::Frames;
use super::heads::{Header, Heads};
use crate::grammar::format::Format;
use crate::grammar::reader::LineReader;

/// Heads of lines, or frames of JSON lines, of the first format of one layout.
#[derive(Debug, Default)]
pub struct Memo {
    format: Option<Arc<Format>>,
    heads: Heads,
    frames: Frames,
}

impl Memo {
    /// True if it knows lines of this layout.
    pub fn is_of(&self, layout: &dyn LineReader) -> bool {
        let own = self.format.as_ref().zip(layout.formats().first());
        own.is_some_and(|(own, format)| Arc::ptr_eq(own, format))
    }

    /// Reads a line as the layout does, into this header; false if it starts no record.
    #[inline]
    pub fn read(&mut self, layout: &dyn LineReader, line: &[u8], into: &mut Header) -> bool {
        match layout.formats().first() {
            Some(format) if format.is_json() => self.frames.read(layout, format, line, into),
            _ => self.heads.read(layout, line, into),
        }
    }

    /// Begins a block of a source with this layout.
    pub fn begin(&mut self, layout: &dyn LineReader) {
        if !self.is_of(layout) {
            *self = Self {
                format: layout.formats().first().cloned(),
                ..Self::default()
            };
        }
    }
}
