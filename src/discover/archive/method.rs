//! The packing methods of zip, by their numbers. The zip crate's own zstd is C, and its readers are only lent.

use std::io::{self, BufReader, Read};

use bzip2::read::BzDecoder;
use deflate64::Deflate64Decoder;
use flate2::bufread::DeflateDecoder;
use lzma_rust2::LzmaReader;

use super::super::{Format, Limits};
use super::packed::{DICTIONARY, Unpacked};
use super::trouble;

/// A member's content, before it is checked.
pub(super) enum Method<R: Read> {
    Stored(R),
    Deflate(DeflateDecoder<BufReader<R>>),
    Deflate64(Box<Deflate64Decoder<BufReader<R>>>),
    Bzip2(BzDecoder<R>),
    Lzma(Box<LzmaReader<BufReader<R>>>),
    Packed(Unpacked<R>),
}

const CHUNK: usize = 64 << 10;

impl<R: Read> Method<R> {
    pub(super) fn new(method: u16, raw: R, size: Option<u64>, limits: Limits) -> io::Result<Self> {
        let buffered = |raw| BufReader::with_capacity(CHUNK, raw);
        Ok(match method {
            0 => Self::Stored(raw),
            8 => Self::Deflate(DeflateDecoder::new(buffered(raw))),
            9 => Self::Deflate64(Box::new(Deflate64Decoder::with_buffer(buffered(raw)))),
            12 => Self::Bzip2(BzDecoder::new(raw)),
            14 => Self::Lzma(Box::new(lzma(buffered(raw), size)?)),
            20 | 93 => Self::Packed(Unpacked::new(Format::Zstd, raw, limits)),
            95 => Self::Packed(Unpacked::new(Format::Xz, raw, limits)),
            other => return Err(trouble::unsupported(&format!("zip method {other}"))),
        })
    }
}

/// Zip puts a version and the length of the properties before them.
fn lzma<R: Read>(mut raw: R, size: Option<u64>) -> io::Result<LzmaReader<R>> {
    let mut header = [0; 9];
    raw.read_exact(&mut header)?;
    let dictionary = u32::from_le_bytes([header[5], header[6], header[7], header[8]]);
    if u64::from(dictionary) > DICTIONARY {
        return Err(trouble::dictionary(dictionary.into()));
    }
    LzmaReader::new_with_props(raw, size.unwrap_or(u64::MAX), header[4], dictionary, None)
}

impl<R: Read> Read for Method<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stored(raw) => raw.read(buf),
            Self::Deflate(decoder) => decoder.read(buf),
            Self::Deflate64(decoder) => decoder.read(buf),
            Self::Bzip2(decoder) => decoder.read(buf),
            Self::Lzma(decoder) => decoder.read(buf),
            Self::Packed(decoder) => decoder.read(buf),
        }
    }
}
