//! What is kept of a source between two looks, so that only what is new has to be read. No handle is kept: a file that
//! is held open cannot be deleted or made anew under Windows, and the program that writes it must not feel the watch.

use std::path::PathBuf;

use crate::decode::{Access, ClosedFile, Input, RandomFile};
use crate::detect::Layout;
use crate::discover::{Look, Opened};
use crate::pipeline::read::SourceScan;
use crate::pipeline::{Again, Handles, Signals};
use crate::scan::Blocks;

/// Bytes of the start and of the end of the text that was read, by which a file that grew is told from another one.
const MARK: usize = 1 << 10;

/// A source as it was scanned.
pub struct Kept {
    /// The file on disk.
    pub(super) file: PathBuf,
    /// The file as it was looked at before it was scanned.
    pub(super) look: Look,
    scan: SourceScan,
    closed: Option<ClosedFile>,
    marks: Marks,
    /// Length of the text when its layout was found out.
    laid_out_at: u64,
}

#[derive(Debug, PartialEq, Eq)]
struct Marks {
    len: u64,
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Marks {
    /// The marks of the first `len` bytes; `None` where they cannot be read.
    fn of(file: &RandomFile, len: u64) -> Option<Self> {
        let piece = |from: u64, size: u64| {
            let mut bytes = vec![0; size as usize];
            let read = file.fill_at(from, &mut bytes).ok()?;
            (read == bytes.len()).then_some(bytes)
        };
        let size = len.min(MARK as u64);
        Some(Self {
            len,
            head: piece(0, size)?,
            tail: piece(len - size, size)?,
        })
    }
}

impl Kept {
    /// Keeps a scan. `before`: length of an earlier part of it when that one's layout was found out. `None` if it cannot be read again.
    pub(super) fn of(
        mut scan: SourceScan,
        on_disk: PathBuf,
        look: Look,
        before: Option<u64>,
    ) -> Option<Self> {
        let file = scan.file.take();
        let marks = match &file {
            Some(file) => {
                let file = file.open().ok()?;
                Marks::of(&file, file.len())?
            }
            None => Marks {
                len: 0,
                head: Vec::new(),
                tail: Vec::new(),
            },
        };
        Some(Self {
            file: on_disk,
            look,
            laid_out_at: before
                .filter(|at| (marks.len / 2..=marks.len).contains(at))
                .unwrap_or(marks.len),
            marks,
            closed: file.map(Again::close),
            scan,
        })
    }

    /// Length of the text when its layout was found out.
    pub(super) const fn laid_out_at(&self) -> u64 {
        self.laid_out_at
    }

    /// True if it says anything of the chain.
    pub(super) fn has_signals(&self) -> bool {
        self.scan.signals.iter().any(|signals| !signals.is_empty())
    }

    /// The scan of a file that did not change, with a new handle.
    pub(super) fn into_scan(
        mut self,
        handles: &Handles,
        open: impl FnOnce() -> std::io::Result<Opened>,
    ) -> Option<SourceScan> {
        if let Some(closed) = self.closed {
            let Ok(Opened::File { file, .. }) = open() else {
                return None;
            };
            self.scan.file = Some(handles.keep(closed.open(file), Some(&self.file)));
        }
        Some(self.scan)
    }

    /// The layout and the first blocks, with their signals, of a text that begins with this one. A layout is found out anew once the text is
    /// twice as long: what came later may tell more.
    pub(in crate::pipeline) fn begins(mut self, input: &Input) -> Option<Begun> {
        let Access::Random(file) = &input.access else {
            return None;
        };
        let grew = self.scan.settled > 0
            && input.encoding == self.scan.encoding
            && file.len() >= self.marks.len
            && file.len() / 2 < self.laid_out_at
            && Marks::of(file, self.marks.len).as_ref() == Some(&self.marks);
        if !grew {
            return None;
        }
        self.scan.blocks.truncate(self.scan.settled);
        self.scan.signals.truncate(self.scan.settled);
        Some((self.scan.layout, self.scan.blocks, self.scan.signals))
    }
}

/// Layout, blocks, and their signals.
type Begun = (Layout, Blocks, Vec<Signals>);
