//! Limits and checks on unpacked bytes.

use std::io::{self, Read};

use super::super::Limits;
use super::trouble;

/// Below this nobody minds how well something packs.
const HARMLESS: u64 = 16 << 20;

impl Limits {
    /// An error if `unpacked` bytes out of `packed` are too many.
    pub(super) fn check(&self, unpacked: u64, packed: u64) -> io::Result<()> {
        if unpacked > self.bytes {
            Err(trouble::too_many_bytes(self.bytes))
        } else if unpacked > HARMLESS && unpacked / self.ratio.max(1) > packed {
            Err(trouble::too_dense(self.ratio))
        } else {
            Ok(())
        }
    }
}

/// What a member has to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Promise {
    pub(super) packed: u64,
    pub(super) size: Option<u64>,
    pub(super) crc: Option<u32>,
}

/// Holds a member to its promise and to the limits.
pub(super) struct Guard<R> {
    inner: R,
    promise: Promise,
    limits: Limits,
    crc: flate2::Crc,
    bytes: u64,
    ended: bool,
}

impl<R> Guard<R> {
    pub(super) fn new(inner: R, promise: Promise, limits: Limits) -> Self {
        Self {
            inner,
            promise,
            limits,
            crc: flate2::Crc::new(),
            bytes: 0,
            ended: false,
        }
    }

    fn end(&self) -> io::Result<()> {
        if self.promise.size.is_some_and(|size| self.bytes < size) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match self.promise.crc {
            Some(crc) if crc != self.crc.sum() => Err(trouble::checksum()),
            _ => Ok(()),
        }
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.ended || buf.is_empty() {
            return Ok(0);
        }
        // One byte past the promised size shows that the promise is broken.
        let left = self
            .promise
            .size
            .map_or(u64::MAX, |size| (size - self.bytes).saturating_add(1));
        let room = left.min(buf.len() as u64) as usize;
        let read = self.inner.read(&mut buf[..room]);
        self.ended = !matches!(&read, Ok(1..));
        let read = read?;
        if read == 0 {
            self.end()?;
            return Ok(0);
        }
        self.bytes += read as u64;
        if self.promise.size.is_some_and(|size| self.bytes > size) {
            self.ended = true;
            return Err(trouble::damaged());
        }
        self.crc.update(&buf[..read]);
        self.limits
            .check(self.bytes, self.promise.packed)
            .inspect_err(|_| self.ended = true)?;
        Ok(read)
    }
}

/// Turns a decoder's errors into sentences, and never asks a decoder again that has failed: some would panic.
pub(in super::super) struct Told<R>(pub(in super::super) Option<R>);

impl<R: Read> Read for Told<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Some(inner) = &mut self.0 else {
            return Ok(0);
        };
        inner.read(buf).map_err(|error| {
            self.0 = None;
            let text = trouble::text_of(&error);
            trouble::said(text.en, text.de)
        })
    }
}
