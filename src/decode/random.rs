//! Positioned reads of a file, from any thread, without a shared cursor.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use super::Meter;
use crate::model::Text;

/// A part of a file. Clones share one handle. The length is that of the moment of opening: what a program writes later
/// is not read, and a file that became shorter is a problem (in the [`Meter`]).
#[derive(Debug, Clone)]
pub struct RandomFile {
    file: Arc<File>,
    start: u64,
    len: u64,
    outside: u64,
    meter: Meter,
}

/// A [`RandomFile`] without its handle, for runs over more files than may be open at once.
#[derive(Debug, Clone)]
pub struct ClosedFile {
    start: u64,
    len: u64,
    outside: u64,
    meter: Meter,
}

impl ClosedFile {
    /// The same text in a new handle of the same file.
    pub fn open(&self, file: File) -> RandomFile {
        RandomFile {
            file: Arc::new(file),
            start: self.start,
            len: self.len,
            outside: self.outside,
            meter: self.meter.clone(),
        }
    }
}

/// Size of the samples from which encoding and zeros are told; of a file of less than 4 MB at least [`LEAST`].
const SAMPLE: usize = 64 << 10;
const LEAST: usize = 4 << 10;

/// Of a file of so many bytes, how many are read at its start to get to know it. All is read of a short one; of each of a
/// thousand rotated traces of a few hundred kilobytes the whole head would be most of it.
pub(super) fn first_of(len: u64) -> usize {
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    if len <= 2 * super::FIRST {
        len
    } else {
        (len / 16).clamp(super::FIRST, super::HEAD)
    }
}

impl RandomFile {
    pub(super) fn new(file: File, start: u64, len: u64, meter: Meter) -> Self {
        Self {
            file: Arc::new(file),
            start,
            len,
            outside: 0,
            meter,
        }
    }

    /// A file that holds nothing but text that was decoded before; `path` is what problems show.
    pub fn decoded(path: &str, file: File, len: u64) -> Self {
        Self::new(file, 0, len, Meter::new(path))
    }

    /// Closes the handle (if no clone holds it), and keeps what was found out.
    pub fn close(self) -> ClosedFile {
        ClosedFile {
            start: self.start,
            len: self.len,
            outside: self.outside,
            meter: self.meter,
        }
    }

    /// Length of the text in bytes, without byte order mark and zeros at the end.
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// True if there is no text.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Reads at `offset` of the text; 0 at the end. Like any read it may give less than asked for.
    ///
    /// # Errors
    /// As the system reports them.
    pub fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let room = self.len.saturating_sub(offset).min(buf.len() as u64) as usize;
        if room == 0 {
            return Ok(0);
        }
        loop {
            match read_at(&self.file, self.start + offset, &mut buf[..room]) {
                Ok(0) => {
                    self.meter.lost(Text::new(
                        "the file became shorter while it was read; the rest is missing",
                        "die Datei wurde beim Lesen kürzer; der Rest fehlt",
                    ));
                    return Ok(0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    /// Reads at `offset` until `buf` is full or the text ends.
    ///
    /// # Errors
    /// As the system reports them.
    pub fn fill_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buf.len() {
            match self.read_at(offset + filled as u64, &mut buf[filled..])? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(filled)
    }

    /// Leaves out the first bytes (a byte order mark).
    pub(super) fn skip(&mut self, bytes: usize) {
        let bytes = (bytes as u64).min(self.len);
        self.start += bytes;
        self.len -= bytes;
        self.outside += bytes;
    }

    /// Leaves out what stands behind the first `len` bytes.
    pub(super) fn shorten(&mut self, len: u64) {
        let len = len.min(self.len);
        self.outside += self.len - len;
        self.len = len;
    }

    /// Bytes of the file that this stands for, left-out ones included.
    pub(super) const fn counted(&self) -> u64 {
        self.len + self.outside
    }

    /// The start of the file, and smaller pieces from all over a long one: umlauts may be rare.
    pub(super) fn sample(&self) -> io::Result<Vec<Vec<u8>>> {
        let first = first_of(self.len);
        let mut pieces = vec![self.piece(0, first)?];
        let rest = self.len.saturating_sub(first as u64);
        let size = usize::try_from(self.len / 64)
            .unwrap_or(SAMPLE)
            .clamp(LEAST, SAMPLE);
        if (1..=4 * size as u64).contains(&rest) {
            // All of it is no more than the pieces would be.
            pieces.push(self.piece(first as u64, 4 * size)?);
        } else if rest > 0 {
            for eighth in [2, 4, 6] {
                pieces.push(self.piece(self.len / 8 * eighth, size)?);
            }
            pieces.push(self.piece(self.len - size as u64, size)?);
        }
        Ok(pieces)
    }

    /// The start of the text, of which `sample` is what was read of it before the first `skipped` bytes were left out.
    pub(super) fn head(&self, mut sample: Vec<u8>, skipped: usize) -> io::Result<Vec<u8>> {
        let wanted = sample
            .len()
            .min(usize::try_from(self.len).unwrap_or(super::HEAD));
        sample.drain(..skipped.min(sample.len()));
        sample.truncate(wanted);
        let known = sample.len();
        sample.resize(wanted, 0);
        let read = self.fill_at(known as u64, &mut sample[known..])?;
        sample.truncate(known + read);
        Ok(sample)
    }

    fn piece(&self, offset: u64, size: usize) -> io::Result<Vec<u8>> {
        let mut piece = vec![0; size.min(self.len.saturating_sub(offset) as usize)];
        let read = self.fill_at(offset, &mut piece)?;
        piece.truncate(read);
        Ok(piece)
    }

    /// Leaves out the zeros at the end, if there are any.
    pub(super) fn trim_zeros(&mut self) -> io::Result<()> {
        let before = self.len;
        while self.len > 0 {
            let from = self.len.saturating_sub(SAMPLE as u64);
            let piece = self.piece(from, SAMPLE)?;
            let text = piece
                .iter()
                .rposition(|b| *b != 0)
                .map_or(0, |last| last + 1);
            self.len = from + text as u64;
            if text > 0 || piece.is_empty() {
                break;
            }
        }
        let zeros = before - self.len;
        self.outside += zeros;
        self.meter.add_zeros(zeros);
        Ok(())
    }

    pub(super) fn into_reader(self) -> impl Read + Send {
        FrontToBack { file: self, at: 0 }
    }
}

struct FrontToBack {
    file: RandomFile,
    at: u64,
}

impl Read for FrontToBack {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(self.at, buf)?;
        self.at += read as u64;
        Ok(read)
    }
}

fn read_at(file: &File, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_at(file, buf, offset);
    #[cfg(windows)]
    return std::os::windows::fs::FileExt::seek_read(file, buf, offset);
}
