//! A part of a file, or of memory, with a cursor of its own: clones read side by side.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use super::super::open::read_at;
use super::trouble;

/// Bytes `start..start + len` of a file or of memory.
#[derive(Clone)]
pub(in super::super) struct Section {
    source: Source,
    start: u64,
    len: u64,
    at: u64,
}

#[derive(Clone)]
enum Source {
    File(Arc<File>),
    Memory(Arc<Vec<u8>>),
}

impl Section {
    /// A whole file, as long as it is now.
    pub(in super::super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        Ok(Self {
            source: Source::File(Arc::new(file)),
            start: 0,
            len,
            at: 0,
        })
    }

    /// All bytes of a stream, unless they are more than `limit`.
    pub(super) fn buffered(mut stream: impl Read, limit: u64) -> io::Result<Self> {
        let mut bytes = Vec::new();
        let result = (&mut stream).take(limit + 1).read_to_end(&mut bytes);
        if bytes.len() as u64 > limit {
            return Err(trouble::too_large_inside(limit));
        }
        // Cut short: what is there may still hold whole members.
        if bytes.is_empty() {
            result?;
        }
        Ok(Self {
            len: bytes.len() as u64,
            source: Source::Memory(Arc::new(bytes)),
            start: 0,
            at: 0,
        })
    }

    pub(in super::super) const fn len(&self) -> u64 {
        self.len
    }

    /// A part of it, as far as it goes.
    pub(super) fn part(&self, offset: u64, len: u64) -> Self {
        let offset = offset.min(self.len);
        Self {
            source: self.source.clone(),
            start: self.start + offset,
            len: len.min(self.len - offset),
            at: 0,
        }
    }

    /// The file and the range of it, if it is one.
    pub(in super::super) fn as_file(&self) -> Option<(&Arc<File>, u64, u64)> {
        match &self.source {
            Source::File(file) => Some((file, self.start, self.len)),
            Source::Memory(_) => None,
        }
    }

    /// Reads at `offset` until `buf` is full or the section ends.
    pub(super) fn fill_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let mut part = self.part(offset, buf.len() as u64);
        let mut filled = 0;
        while filled < buf.len() {
            match part.read(&mut buf[filled..])? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(filled)
    }
}

impl Read for Section {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let room = self.len.saturating_sub(self.at).min(buf.len() as u64) as usize;
        let read = match &self.source {
            _ if room == 0 => 0,
            Source::File(file) => read_at(file, self.start + self.at, &mut buf[..room])?,
            Source::Memory(bytes) => {
                let from = (self.start + self.at) as usize;
                buf[..room].copy_from_slice(&bytes[from..from + room]);
                room
            }
        };
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Section {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(delta) => self.len.checked_add_signed(delta),
            SeekFrom::Current(delta) => self.at.checked_add_signed(delta),
        };
        self.at = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
