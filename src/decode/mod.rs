//! Floor 4: bytes become text that rules can be held against. UTF-8 and 8-bit text stay as they are (rules match ASCII
//! fragments of the raw bytes, and only what is shown is decoded, by [`show()`]); only UTF-16 is transcoded.

mod encoding;
mod evtx;
mod filter;
mod meter;
mod random;
mod show;
mod utf16;
mod whole;

use std::fs::File;
use std::io::{self, Read};

pub use meter::Meter;
pub use random::{ClosedFile, RandomFile};
pub use show::{show, show_counted};

use crate::model::{Encoding, Problem};

/// How much of a source is looked at before the rest is read, at most.
pub const HEAD: usize = 256 << 10;
/// And how much of a file of middle size at first; one of twice as much is short.
const FIRST: usize = 32 << 10;

/// How lines end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineEnd {
    /// `\n`; a `\r` before it is to be stripped. Also where both occur.
    #[default]
    Lf,
    /// `\r` alone. Such a source is a [`Access::Stream`] in which each `\r` has become a `\n`.
    Cr,
}

/// A source, opened and understood as text.
#[derive(Debug)]
pub struct Input {
    /// Its encoding, by byte order mark and content.
    pub encoding: Encoding,
    /// How its lines ended before decoding.
    pub line_end: LineEnd,
    /// What was remarkable at opening. What turns up while reading is in the [`Meter`].
    pub problems: Vec<Problem>,
    /// The bytes.
    pub access: Access,
    /// What reading brings to light; ask it when the source has been read.
    pub meter: Meter,
    head: Vec<u8>,
}

/// The way to a source's bytes: always text in which the ASCII characters are single bytes, and lines end in `\n`.
pub enum Access {
    /// Positioned reads, from any thread.
    Random(RandomFile),
    /// From front to back, the head included. Never fails: a broken source ends, and its [`Meter`] says why.
    Stream(Box<dyn Read + Send>),
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Random(file) => f.debug_tuple("Random").field(&file.len()).finish(),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

impl Input {
    /// The first decoded bytes, at most [`HEAD`] of them, of files of less than 4 MB fewer; cut after the last complete line
    /// where there is more.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// As [`Input::head`], but always [`HEAD`] bytes where the source has them. `None` if the head is as long as that.
    ///
    /// # Errors
    /// As the system reports them.
    pub fn wide_head(&self) -> io::Result<Option<Vec<u8>>> {
        let Access::Random(file) = &self.access else {
            return Ok(None);
        };
        let wanted = HEAD.min(usize::try_from(file.len()).unwrap_or(HEAD));
        if self.head.len() as u64 == file.len() || random::first_of(file.len()) >= wanted {
            return Ok(None);
        }
        let mut head = vec![0; wanted];
        let read = file.fill_at(0, &mut head)?;
        head.truncate(read);
        Ok(Some(cut(head, file.len() > read as u64)))
    }

    /// The same source with its wide head.
    ///
    /// # Errors
    /// As the system reports them.
    pub fn widened(mut self) -> io::Result<Self> {
        if let Some(head) = self.wide_head()? {
            self.head = head;
        }
        Ok(self)
    }
}

/// Opens bytes `start..start + len` of a file; `path` is what problems show.
///
/// # Errors
/// If its first bytes cannot be read.
pub fn file(path: &str, file: File, start: u64, len: u64) -> io::Result<Input> {
    let meter = Meter::new(path);
    let mut whole = RandomFile::new(file, start, len, meter.clone());
    let mut sample = whole.sample()?;
    let found = encoding::detect(&sample);
    whole.skip(found.bom);
    if is_wide(found.encoding) || found.line_end == LineEnd::Cr {
        // Positions in the file are no positions in the text any more.
        meter.add_bytes(found.bom as u64);
        let counted = filter::Counted::new(whole.into_reader(), meter.clone());
        return text_of(found, Box::new(counted), meter);
    }
    let ends_in_zero = sample.last().and_then(|piece| piece.last()) == Some(&0);
    if ends_in_zero || !whole.is_empty() && sample.last().is_none_or(Vec::is_empty) {
        whole.trim_zeros()?;
    }
    meter.add_bytes(whole.counted());
    let head = whole.head(sample.swap_remove(0), found.bom)?;
    let more = whole.len() > head.len() as u64;
    Ok(Input {
        encoding: found.encoding,
        line_end: found.line_end,
        problems: Vec::new(),
        access: Access::Random(whole),
        meter,
        head: cut(head, more),
    })
}

/// Opens bytes that come from front to back; `path` is what problems show.
///
/// # Errors
/// Never for a source that ends early: what came before is the source. The type is that of [`file`].
pub fn stream(path: &str, reader: Box<dyn Read + Send>) -> io::Result<Input> {
    let meter = Meter::new(path);
    let mut counted = filter::Counted::new(reader, meter.clone());
    let mut sample = Vec::new();
    (&mut counted).take(HEAD as u64).read_to_end(&mut sample)?;
    let found = encoding::detect(&[&sample]);
    let rest = io::Cursor::new(sample.split_off(found.bom)).chain(counted);
    text_of(found, Box::new(rest), meter)
}

/// Opens a Windows event log: its text is a line of JSON for each event.
///
/// # Errors
/// If its header cannot be read.
pub fn event_log(path: &str, reader: Box<dyn Read + Send>) -> io::Result<Input> {
    let meter = Meter::new(path);
    let counted = filter::Counted::new(reader, meter.clone());
    let text = evtx::EventLog::new(counted, meter.clone());
    let found = encoding::detect(&[b""]);
    text_of(found, Box::new(text), meter)
}

/// The chain of filters: transcoding, line ends, zeros at the end; then the head, read through all of them.
fn text_of(
    found: encoding::Detected,
    mut reader: Box<dyn Read + Send>,
    meter: Meter,
) -> io::Result<Input> {
    if is_wide(found.encoding) {
        let big_endian = found.encoding == Encoding::Utf16Be;
        reader = Box::new(utf16::Transcoded::new(reader, big_endian, meter.clone()));
    }
    if found.line_end == LineEnd::Cr {
        reader = Box::new(filter::CrLines(reader));
    }
    reader = Box::new(filter::NoZerosAtEnd::new(reader, meter.clone()));
    let mut head = Vec::new();
    (&mut reader).take(HEAD as u64).read_to_end(&mut head)?;
    let more = head.len() == HEAD;
    let all = io::Cursor::new(head.clone()).chain(reader);
    Ok(Input {
        encoding: found.encoding,
        line_end: found.line_end,
        problems: Vec::new(),
        access: Access::Stream(Box::new(all)),
        meter,
        head: cut(head, more),
    })
}

const fn is_wide(encoding: Encoding) -> bool {
    matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be)
}

/// The head without the line that it cut, unless that would leave nothing.
fn cut(mut head: Vec<u8>, more: bool) -> Vec<u8> {
    if more && let Some(end) = memchr::memrchr(b'\n', &head) {
        head.truncate(end + 1);
    }
    head
}

#[cfg(test)]
mod tests;
