//! Readers that stand between a stream and its text.

use std::io::{self, Read};

use super::Meter;
use crate::model::{Problem, Text};

/// Counts what is read. An error becomes the end of the stream and a problem: what was read before it stands.
pub(super) struct Counted<R> {
    inner: R,
    meter: Meter,
    ended: bool,
}

impl<R> Counted<R> {
    pub(super) fn new(inner: R, meter: Meter) -> Self {
        Self {
            inner,
            meter,
            ended: false,
        }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while !self.ended && !buf.is_empty() {
            match self.inner.read(buf) {
                Ok(0) => self.ended = true,
                Ok(read) => {
                    self.meter.add_bytes(read as u64);
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    self.meter.lost(broken(&error, self.meter.bytes()));
                }
            }
        }
        Ok(0)
    }
}

fn broken(error: &io::Error, bytes: u64) -> Text {
    match error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Problem>())
    {
        Some(problem) => problem.text.clone(),
        None => Text::new(
            format!("reading stopped after {bytes} bytes: {error}"),
            format!("Lesen brach nach {bytes} Bytes ab: {error}"),
        ),
    }
}

/// Turns the `\r` of old-style line ends into `\n`.
pub(super) struct CrLines<R>(pub(super) R);

impl<R: Read> Read for CrLines<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buf)?;
        for byte in &mut buf[..read] {
            if *byte == b'\r' {
                *byte = b'\n';
            }
        }
        Ok(read)
    }
}

/// Holds zeros back until something follows them; those at the end are left out and counted.
pub(super) struct NoZerosAtEnd<R> {
    inner: R,
    meter: Meter,
    /// Zeros to hand out, because something follows them.
    due: u64,
    /// Zeros at the end of what was read so far.
    held: u64,
    /// What follows the due zeros.
    next: Vec<u8>,
    next_at: usize,
    ended: bool,
}

impl<R> NoZerosAtEnd<R> {
    pub(super) fn new(inner: R, meter: Meter) -> Self {
        Self {
            inner,
            meter,
            due: 0,
            held: 0,
            next: Vec::new(),
            next_at: 0,
            ended: false,
        }
    }
}

impl<R: Read> Read for NoZerosAtEnd<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            if self.due > 0 {
                let zeros = self.due.min(buf.len() as u64);
                buf[..zeros as usize].fill(0);
                self.due -= zeros;
                return Ok(zeros as usize);
            }
            if self.next_at < self.next.len() {
                let read = (&self.next[self.next_at..]).read(buf)?;
                self.next_at += read;
                return Ok(read);
            }
            if self.ended {
                return Ok(0);
            }
            let read = self.inner.read(buf)?;
            if read == 0 {
                self.ended = true;
                self.meter.add_zeros(self.held);
                return Ok(0);
            }
            let Some(last) = buf[..read].iter().rposition(|b| *b != 0) else {
                self.held += read as u64;
                continue;
            };
            let text = last + 1;
            let zeros_after = (read - text) as u64;
            if self.held == 0 {
                self.held = zeros_after;
                return Ok(text);
            }
            self.due = std::mem::replace(&mut self.held, zeros_after);
            self.next.clear();
            self.next.extend_from_slice(&buf[..text]);
            self.next_at = 0;
        }
    }
}
