//! What a thread knows of the lines of a source: most of them begin like others that were read before.

use std::sync::Arc;

use super::frames::Frames;
use super::heads::{Header, Heads};
use crate::grammar::format::Format;
use crate::grammar::reader::LineReader;

/// Heads of lines, or frames of JSON lines, of the first format of one layout.
#[derive(Debug, Default)]
pub struct Memo {
    pub(super) heads: Heads,
    pub(super) frames: Frames,
}

impl Memo {
    /// True if it knows lines of this layout.
    pub fn is_of(&self, layout: &dyn LineReader) -> bool {
        let is_of = |format| self.heads.is_of(format) || self.frames.is_of(format);
        layout.formats().first().is_some_and(is_of)
    }

    /// Reads a line as the layout does, into this header; false if it starts no record. `json`: the layout's first format, if
    /// that is of JSON lines.
    #[inline]
    pub fn read(
        &mut self,
        (layout, json): (&dyn LineReader, Option<&Arc<Format>>),
        line: &[u8],
        into: &mut Header,
    ) -> bool {
        match json {
            Some(json) => self.frames.read(layout, json, line, into),
            None => self.heads.read(layout, line, into),
        }
    }
}
