//! Packed files: gz, bz2, xz and zst, each possibly several streams in a row.

use std::io::{self, BufRead, Read};

use bzip2::bufread::BzDecoder;
use flate2::bufread::GzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder, StreamingDecoder};

use super::super::{Format, Limits};
use super::trouble;

/// Bytes read at a time.
const CHUNK: usize = 64 << 10;
/// Memory that a decoder may take: an archive names its dictionary's size, and is not taken at its word.
pub(super) const DICTIONARY: u64 = 512 << 20;

/// A reader with a look ahead. Short reads are filled up: a decoder takes fewer bytes than asked for as the end.
pub(in super::super) struct Ahead<R> {
    inner: R,
    buf: Vec<u8>,
    at: usize,
    taken: u64,
}

impl<R: Read> Ahead<R> {
    fn new(inner: R) -> Self {
        Self {
            inner,
            buf: Vec::new(),
            at: 0,
            taken: 0,
        }
    }

    /// At least `count` bytes, unless the end comes first.
    fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.buf.len() - self.at < count {
            self.buf.drain(..self.at);
            self.at = 0;
            let kept = self.buf.len();
            self.buf.resize(kept + CHUNK, 0);
            let read = self.inner.read(&mut self.buf[kept..]);
            self.buf.truncate(kept + *read.as_ref().unwrap_or(&0));
            self.taken += *read.as_ref().unwrap_or(&0) as u64;
            match read {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(&self.buf[self.at..])
    }
}

impl<R: Read> Read for Ahead<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let ahead = self.peek(buf.len().min(CHUNK))?;
        let read = ahead.len().min(buf.len());
        buf[..read].copy_from_slice(&ahead[..read]);
        self.at += read;
        Ok(read)
    }
}

impl<R: Read> BufRead for Ahead<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.peek(1)
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
    }
}

type Zstd<R> = StreamingDecoder<Ahead<R>, FrameDecoder>;

enum State<R: Read> {
    Between(Ahead<R>),
    Gzip(Box<GzDecoder<Ahead<R>>>),
    Bzip2(BzDecoder<Ahead<R>>),
    Xz(Box<XzReader<Ahead<R>>>),
    Zstd(Box<Zstd<R>>),
    /// A broken frame, of which what was unpacked before is still to be given.
    BrokenZstd(Box<Zstd<R>>, io::Error),
    Ended,
}

/// The content of a packed file.
pub(in super::super) struct Unpacked<R: Read> {
    format: Format,
    limits: Limits,
    state: State<R>,
    streams: u64,
    bytes: u64,
}

impl<R: Read> Unpacked<R> {
    pub(in super::super) fn new(format: Format, packed: R, limits: Limits) -> Self {
        Self {
            format,
            limits,
            state: State::Between(Ahead::new(packed)),
            streams: 0,
            bytes: 0,
        }
    }

    /// Starts the next stream, if another one follows.
    fn next(&mut self, mut ahead: Ahead<R>) -> io::Result<State<R>> {
        let magic = match self.format {
            Format::Gzip => &b"\x1f\x8b"[..],
            Format::Bzip2 => b"BZh",
            Format::Xz => b"\xfd7zXZ\0",
            _ => b"\x28\xb5\x2f\xfd",
        };
        loop {
            let next = ahead.peek(64)?;
            if next.is_empty() {
                return Ok(State::Ended);
            }
            if next.starts_with(magic) {
                break;
            }
            if self.format == Format::Zstd && is_skippable(next) {
                let length = u32::from_le_bytes([next[4], next[5], next[6], next[7]]);
                io::copy(
                    &mut (&mut ahead).take(8 + u64::from(length)),
                    &mut io::sink(),
                )?;
                continue;
            }
            // Tapes and some tools fill up with zeros.
            let zeros = next.iter().take_while(|b| **b == 0).count();
            if zeros == 0 || self.streams == 0 {
                return Err(trouble::trailing());
            }
            ahead.consume(zeros);
        }
        self.streams += 1;
        self.start(ahead)
    }

    fn start(&self, ahead: Ahead<R>) -> io::Result<State<R>> {
        Ok(match self.format {
            Format::Gzip => State::Gzip(Box::new(GzDecoder::new(ahead))),
            Format::Bzip2 => State::Bzip2(BzDecoder::new(ahead)),
            Format::Xz => {
                let limit = (DICTIONARY >> 10) as u32;
                State::Xz(Box::new(XzReader::new_mem_limit(ahead, false, limit)))
            }
            _ => {
                let decoder = StreamingDecoder::new(ahead)
                    .map_err(|error| io::Error::other(error.to_string()))?;
                State::Zstd(Box::new(decoder))
            }
        })
    }

    fn packed(&self) -> u64 {
        match &self.state {
            State::Between(ahead) => ahead.taken,
            State::Gzip(decoder) => decoder.get_ref().taken,
            State::Bzip2(decoder) => decoder.get_ref().taken,
            State::Xz(decoder) => decoder.inner().taken,
            State::Zstd(decoder) | State::BrokenZstd(decoder, _) => decoder.get_ref().taken,
            State::Ended => u64::MAX,
        }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            // A decoder that failed is dropped: asked again, some would panic.
            let mut state = std::mem::replace(&mut self.state, State::Ended);
            let read = match &mut state {
                State::Ended => return Ok(0),
                State::Between(_) => 0,
                State::Gzip(decoder) => decoder.read(buf)?,
                State::Bzip2(decoder) => decoder.read(buf)?,
                State::Xz(decoder) => decoder.read(buf)?,
                State::BrokenZstd(decoder, _) => decoder.read(buf)?,
                State::Zstd(decoder) => match decoder.read(buf) {
                    Ok(read) => read,
                    Err(error) => {
                        self.state = rest_of_zstd(state, error)?;
                        continue;
                    }
                },
            };
            if read > 0 {
                self.state = state;
                self.bytes += read as u64;
                if let Err(error) = self.limits.check(self.bytes, self.packed()) {
                    self.state = State::Ended;
                    return Err(error);
                }
                return Ok(read);
            }
            let ahead = match state {
                State::Between(ahead) => ahead,
                State::Gzip(decoder) => decoder.into_inner(),
                State::Bzip2(decoder) => decoder.into_inner(),
                State::Xz(decoder) => decoder.into_inner(),
                State::Zstd(decoder) => checked_zstd(*decoder)?,
                State::BrokenZstd(_, error) => return Err(error),
                State::Ended => return Ok(0),
            };
            self.state = self.next(ahead)?;
        }
    }
}

/// The decoder keeps the last megabytes back for references to them, until the frame ends. A frame that was cut is ended
/// by hand, with an empty last block, to get at them.
fn rest_of_zstd<R: Read>(state: State<R>, error: io::Error) -> io::Result<State<R>> {
    const EMPTY_LAST_BLOCK: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];
    if let State::Zstd(mut decoder) = state {
        let end = decoder
            .decoder
            .decode_blocks(&EMPTY_LAST_BLOCK[..], BlockDecodingStrategy::UptoBlocks(1));
        if end.is_ok() && decoder.decoder.can_collect() > 0 {
            return Ok(State::BrokenZstd(decoder, error));
        }
    }
    Err(error)
}

/// The decoder leaves it to others to compare the checksums.
fn checked_zstd<R: Read>(decoder: Zstd<R>) -> io::Result<Ahead<R>> {
    let written = decoder.decoder.get_checksum_from_data();
    if written.is_some() && written != decoder.decoder.get_calculated_checksum() {
        return Err(trouble::checksum());
    }
    Ok(decoder.into_inner())
}

fn is_skippable(next: &[u8]) -> bool {
    next.len() >= 8 && next[0] & 0xf0 == 0x50 && next[1..4] == *b"\x2a\x4d\x18"
}
