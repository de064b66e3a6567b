//! What the scan needs of a source's layout, so that it need not know how the layout was found.

use std::sync::Arc;

use super::format::Format;
use crate::syntax::Fields;

/// Reads lines of one source. A pure function of the line: the result must not depend on what was read before.
pub trait LineReader: std::fmt::Debug + Sync {
    /// Reads a line, without its end of line: the index of the format that reads it, and its fields. `None`: the line
    /// continues a record, or no format reads it.
    fn read(&self, line: &[u8]) -> Option<(usize, Fields)>;

    /// Reads the very first line of the source where [`Self::read`] does not: a source without a layout has a record
    /// there in any case.
    fn read_first(&self, line: &[u8]) -> Option<(usize, Fields)>;

    /// The formats that the indices mean.
    fn formats(&self) -> &[Arc<Format>];
}
