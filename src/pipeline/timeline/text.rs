//! The text of sources that is read twice: files are opened again, what came as a stream is kept.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::decode::{ClosedFile, RandomFile};
use crate::discover::{Found, Opened};

/// Bytes of streams that are kept in memory; beyond that, a temporary file holds them.
const IN_MEMORY: u64 = 32 << 20;
/// Files that are open at once, at most.
pub(super) const HANDLES: usize = 16;

/// Where a source's text lies between the two readings.
pub(super) enum Kept {
    /// In its file.
    File(ClosedFile),
    /// In its file, whose handle is held: what happens to its name changes nothing.
    Held(RandomFile),
    /// In memory.
    Memory(Arc<Vec<u8>>),
    /// In the temporary file: offset, length.
    Spool(RandomFile, u64, u64),
}

/// Text that can be read at any offset.
pub(super) enum Readable {
    /// Of a file.
    File(RandomFile),
    /// Kept in memory.
    Memory(Arc<Vec<u8>>),
    /// A part of the temporary file.
    Spool(RandomFile, u64, u64),
}

impl Readable {
    /// Bytes of text.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::File(file) => file.len(),
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Spool(_, _, len) => *len,
        }
    }

    /// Reads at `offset` until `buf` is full or the text ends.
    pub(super) fn fill_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let room = self.len().saturating_sub(offset).min(buf.len() as u64) as usize;
        let buf = &mut buf[..room];
        match self {
            Self::File(file) => file.fill_at(offset, buf),
            Self::Spool(file, start, _) => file.fill_at(start + offset, buf),
            Self::Memory(bytes) => {
                let at = offset as usize;
                buf.copy_from_slice(&bytes[at..at + room]);
                Ok(room)
            }
        }
    }

    /// Lets go of the handle, unless it is to be held.
    pub(super) fn keep(self, held: bool) -> Kept {
        match self {
            Self::File(file) if held => Kept::Held(file),
            Self::File(file) => Kept::File(file.close()),
            Self::Memory(bytes) => Kept::Memory(bytes),
            Self::Spool(file, start, len) => Kept::Spool(file, start, len),
        }
    }
}

/// Keeps the text of streams.
pub(super) struct Spool<'a> {
    folder: &'a Path,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    in_memory: u64,
    /// The file to write to, the same to read from, and its length.
    file: Option<(File, RandomFile, u64)>,
}

impl<'a> Spool<'a> {
    /// A spool whose temporary file, if one is needed, is made in `folder`; it has no name there.
    pub(super) fn new(folder: &'a Path) -> Self {
        Self {
            folder,
            state: Mutex::default(),
        }
    }

    /// Reads a stream to its end.
    pub(super) fn take(&self, path: &str, reader: &mut dyn Read) -> io::Result<Readable> {
        let mut bytes = Vec::new();
        reader.take(IN_MEMORY / 4).read_to_end(&mut bytes)?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = state.in_memory + bytes.len() as u64 <= IN_MEMORY;
        if fits && (bytes.len() as u64) < IN_MEMORY / 4 {
            state.in_memory += bytes.len() as u64;
            bytes.shrink_to_fit();
            return Ok(Readable::Memory(Arc::new(bytes)));
        }
        // One stream at a time writes: what a stream gives lies side by side.
        let (file, whole, end) = match &mut state.file {
            Some(file) => file,
            empty => {
                let file = tempfile::tempfile_in(self.folder)?;
                let whole = RandomFile::decoded(path, file.try_clone()?, u64::MAX);
                empty.insert((file, whole, 0))
            }
        };
        let start = *end;
        file.write_all(&bytes)?;
        let more = io::copy(reader, file)?;
        *end = start + bytes.len() as u64 + more;
        Ok(Readable::Spool(whole.clone(), start, *end - start))
    }
}

/// Opens kept text again, and keeps few files open.
pub(super) struct Reopener<'a> {
    found: &'a [Found],
    open: Mutex<Vec<(usize, Arc<Readable>)>>,
}

impl<'a> Reopener<'a> {
    pub(super) fn new(found: &'a [Found]) -> Self {
        Self {
            found,
            open: Mutex::default(),
        }
    }

    /// The text of a source.
    pub(super) fn open(&self, source: usize, kept: &Kept) -> io::Result<Arc<Readable>> {
        let closed = match kept {
            Kept::Held(file) => return Ok(Arc::new(Readable::File(file.clone()))),
            Kept::Memory(bytes) => return Ok(Arc::new(Readable::Memory(Arc::clone(bytes)))),
            Kept::Spool(file, start, len) => {
                return Ok(Arc::new(Readable::Spool(file.clone(), *start, *len)));
            }
            Kept::File(closed) => closed,
        };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = open.iter().position(|(held, _)| *held == source) {
            open[..=at].rotate_right(1);
            return Ok(Arc::clone(&open[0].1));
        }
        let Opened::File { file, .. } = self.found[source].open()? else {
            return Err(io::Error::other("the file is not what it was before"));
        };
        let text = Arc::new(Readable::File(closed.open(file)));
        open.truncate(HANDLES - 1);
        open.insert(0, (source, Arc::clone(&text)));
        Ok(text)
    }
}
