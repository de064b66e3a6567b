//! What may be quoted of a stream: it cannot be read again, so the parts around its telling records are kept when they
//! are scanned. The first of them stay in memory, the others go to a temporary file, as signals do.

use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::decode::RandomFile;
use crate::grammar::Meaning;
use crate::grammar::told::Told;

/// Bytes of all streams together that are kept in memory; beyond that, a temporary file holds them.
const IN_MEMORY: u64 = 512 << 10;

/// True if a record that tells this may be quoted: as evidence, or beside it. What is begun and passed is only placed.
pub(super) fn is_quoted(told: &Told) -> bool {
    match told.meaning {
        Meaning::Rule(_) | Meaning::Version(_) | Meaning::Token => true,
        Meaning::Passed(_) => told.endpoint.is_some(),
        _ => false,
    }
}

/// The parts of one stream, in the order in which they were read.
#[derive(Debug, Default)]
pub struct Quotes(Vec<Piece>);

#[derive(Debug)]
struct Piece {
    /// Where it stands in the stream.
    range: Range<u64>,
    at: At,
}

/// Bytes that are kept.
#[derive(Debug)]
pub(super) enum At {
    /// In memory.
    Memory(Box<[u8]>),
    /// In the temporary file, from that byte on.
    File(Arc<RandomFile>, u64),
}

impl Quotes {
    /// Keeps a part.
    pub(super) fn keep(&mut self, offset: u64, bytes: &[u8], store: &Store) {
        self.0.push(Piece {
            range: offset..offset + bytes.len() as u64,
            at: store.keep(bytes),
        });
    }

    /// Reads from `offset` of the stream until `buf` is full or the part ends; gives how much it was.
    pub(super) fn fill_at(&self, offset: u64, buf: &mut [u8]) -> usize {
        let here = self.0.iter().filter(|p| p.range.contains(&offset));
        let Some(piece) = here.max_by_key(|p| p.range.end) else {
            return 0;
        };
        let from = offset - piece.range.start;
        let len = buf.len().min((piece.range.end - offset) as usize);
        piece.at.fill(from, &mut buf[..len])
    }
}

impl Default for At {
    fn default() -> Self {
        Self::Memory(Box::default())
    }
}

impl At {
    /// Fills `buf` from byte `from` on; gives how much it was. All of `buf` must lie in it.
    pub(super) fn fill(&self, from: u64, buf: &mut [u8]) -> usize {
        match self {
            Self::Memory(bytes) => {
                let from = from as usize;
                let part = bytes.get(from..from + buf.len()).unwrap_or_default();
                buf[..part.len()].copy_from_slice(part);
                part.len()
            }
            Self::File(file, start) => file.fill_at(start + from, buf).unwrap_or(0),
        }
    }
}

/// Where the parts of all streams, and the signals of all blocks, are kept.
#[derive(Debug, Default)]
pub struct Store {
    /// Folder of the temporary file, which has no name there; without one all stays in memory.
    folder: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    in_memory: u64,
    /// The file to write to, the same to read from, and its length.
    file: Option<(File, Arc<RandomFile>, u64)>,
    /// True if the file cannot be made or is full: memory has to do.
    failed: bool,
}

impl Store {
    /// A store whose temporary file, if one is needed, is made in `folder`.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            state: Mutex::default(),
        }
    }

    /// Keeps bytes.
    pub(super) fn keep(&self, bytes: &[u8]) -> At {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let len = bytes.len() as u64;
        if state.in_memory + len > IN_MEMORY
            && let Some(at) = self.write(&mut state, bytes)
        {
            return at;
        }
        state.in_memory += len;
        At::Memory(bytes.into())
    }

    fn write(&self, state: &mut State, bytes: &[u8]) -> Option<At> {
        let folder = self.folder.as_ref().filter(|_| !state.failed)?;
        if state.file.is_none() {
            let made = tempfile::tempfile_in(folder).and_then(|file| {
                let whole = RandomFile::decoded("", file.try_clone()?, u64::MAX);
                Ok((file, Arc::new(whole), 0))
            });
            state.failed = made.is_err();
            state.file = made.ok();
        }
        let (file, whole, end) = state.file.as_mut()?;
        if file.write_all(bytes).is_err() {
            state.failed = true;
            return None;
        }
        let start = *end;
        *end += bytes.len() as u64;
        Some(At::File(Arc::clone(whole), start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_read_again_from_memory_and_from_the_file() {
        let folder = tempfile::tempdir().unwrap();
        for folder in [
            None,
            Some(folder.path().to_owned()),
            Some("/no/such".into()),
        ] {
            let store = Store::new(folder);
            let mut quotes = Quotes::default();
            let part = |n: u64| vec![b'a' + n as u8; 1 << 20];
            for n in 0..5 {
                quotes.keep(n << 21, &part(n), &store);
            }
            for n in 0..5u64 {
                let mut buf = [0; 10];
                assert_eq!(quotes.fill_at((n << 21) + 5, &mut buf), 10);
                assert_eq!(buf, part(n)[..10]);
                assert_eq!(quotes.fill_at((n << 21) + (1 << 20) - 3, &mut buf), 3);
                assert_eq!(quotes.fill_at((n << 21) + (1 << 20), &mut buf), 0);
            }
        }
    }

    #[test]
    fn of_parts_that_overlap_the_one_that_goes_further_is_read() {
        let store = Store::default();
        let mut quotes = Quotes::default();
        quotes.keep(0, b"abcdef", &store);
        quotes.keep(2, b"cdefgh", &store);
        let mut buf = [0; 6];
        assert_eq!(quotes.fill_at(3, &mut buf), 5);
        assert_eq!(&buf[..5], b"defgh");
    }
}
