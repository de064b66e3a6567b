//! UTF-16 to UTF-8, as it streams by.

use std::io::{self, Read};

use super::Meter;

/// Code units read at a time.
const CHUNK: usize = 32 << 10;

/// Text in UTF-16, transcoded. A surrogate without its partner, and an odd last byte, become U+FFFD and are counted.
pub(super) struct Transcoded<R> {
    inner: R,
    big_endian: bool,
    meter: Meter,
    raw: Vec<u8>,
    /// A high surrogate whose partner has not been read yet.
    high: Option<u16>,
    text: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R> Transcoded<R> {
    pub(super) fn new(inner: R, big_endian: bool, meter: Meter) -> Self {
        Self {
            inner,
            big_endian,
            meter,
            raw: Vec::new(),
            high: None,
            text: Vec::new(),
            at: 0,
            ended: false,
        }
    }
}

impl<R: Read> Read for Transcoded<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() && !self.ended {
            self.refill()?;
        }
        let read = (&self.text[self.at..]).read(buf)?;
        self.at += read;
        Ok(read)
    }
}

impl<R: Read> Transcoded<R> {
    fn refill(&mut self) -> io::Result<()> {
        self.text.clear();
        self.at = 0;
        let kept = self.raw.len();
        self.raw.resize(2 * CHUNK, 0);
        let read = self.inner.read(&mut self.raw[kept..])?;
        self.raw.truncate(kept + read);
        if read == 0 {
            self.ended = true;
            let broken =
                usize::from(self.high.take().is_some()) + usize::from(!self.raw.is_empty());
            for _ in 0..broken {
                self.replace();
            }
            return Ok(());
        }
        let raw = std::mem::take(&mut self.raw);
        let mut rest = &raw[..];
        while !rest.is_empty() {
            rest = self.ascii(rest);
            rest = match rest {
                [a, b, rest @ ..] => {
                    let unit = u16::from_le_bytes([*a, *b]);
                    self.unit(if self.big_endian {
                        unit.swap_bytes()
                    } else {
                        unit
                    });
                    rest
                }
                _ => break,
            };
        }
        let odd = rest.first().copied();
        self.raw = raw;
        self.raw.clear();
        self.raw.extend(odd);
        Ok(())
    }

    /// Takes ASCII characters off the front, sixteen at a time: nearly all of a trace, and the compiler makes vector
    /// instructions of it.
    fn ascii<'r>(&mut self, mut rest: &'r [u8]) -> &'r [u8] {
        let (letter, zero) = if self.big_endian { (1, 0) } else { (0, 1) };
        while self.high.is_none()
            && let Some((block, after)) = rest.split_first_chunk::<32>()
        {
            let mut letters = [0; 16];
            let mut other = 0;
            for (to, pair) in letters.iter_mut().zip(block.as_chunks::<2>().0) {
                *to = pair[letter];
                other |= pair[zero] | (pair[letter] & 0x80);
            }
            if other != 0 {
                break;
            }
            self.text.extend_from_slice(&letters);
            rest = after;
        }
        rest
    }

    fn unit(&mut self, unit: u16) {
        if unit < 0x80 && self.high.is_none() {
            self.text.push(unit as u8);
            return;
        }
        if let Some(high) = self.high.take() {
            if (0xdc00..0xe000).contains(&unit) {
                let code =
                    0x1_0000 + ((u32::from(high) - 0xd800) << 10) + (u32::from(unit) - 0xdc00);
                self.char(char::from_u32(code));
                return;
            }
            self.replace();
        }
        if (0xd800..0xdc00).contains(&unit) {
            self.high = Some(unit);
        } else {
            self.char(char::from_u32(u32::from(unit)));
        }
    }

    fn char(&mut self, c: Option<char>) {
        match c {
            Some(c) => self
                .text
                .extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            None => self.replace(),
        }
    }

    fn replace(&mut self) {
        self.meter.add_replaced(1);
        self.text.extend_from_slice("\u{fffd}".as_bytes());
    }
}
