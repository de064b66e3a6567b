//! Opening what was found, at the moment it is read.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use super::Found;
use crate::model::Text;

/// Where a source's bytes come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// Standard input; it can be read once.
    Stdin,
    /// A pipe that was given as a path; it can be read once.
    Pipe(PathBuf),
    /// A file.
    File(PathBuf),
}

/// The bytes of an opened source, before decoding.
pub enum Opened {
    /// Bytes `start..start + len` of a file, for positioned reads. The length is that of the moment of opening.
    File {
        /// The file.
        file: File,
        /// First byte of the source.
        start: u64,
        /// Number of bytes.
        len: u64,
    },
    /// Bytes that come one after the other. An error in it may carry a [`crate::model::Problem`] as its inner error;
    /// what was read before it is good.
    Stream(Box<dyn Read + Send>),
}

impl Found {
    /// Opens the source.
    ///
    /// # Errors
    /// If the file is gone or cannot be read any more; the rest of the run stands.
    pub fn open(&self) -> io::Result<Opened> {
        match &self.origin {
            Origin::Stdin => Ok(Opened::Stream(Box::new(io::stdin()))),
            Origin::Pipe(path) => Ok(Opened::Stream(Box::new(File::open(path)?))),
            Origin::File(path) => {
                let file = File::open(path)?;
                let len = file.metadata()?.len();
                Ok(Opened::File {
                    file,
                    start: 0,
                    len,
                })
            }
        }
    }

    /// True if the source can be opened again and gives the same bytes (standard input and pipes do not).
    pub fn rereadable(&self) -> bool {
        matches!(self.origin, Origin::File(_))
    }
}

pub(super) fn batches(sources: &[Found]) -> Vec<Vec<usize>> {
    (0..sources.len()).map(|index| vec![index]).collect()
}

/// Opens the sources of one batch (see [`super::Discovery::batches`]) one after the other, each with its index.
/// Read each one before the next is asked for: what is left of it is skipped then.
pub fn open_batch<'a>(
    sources: &'a [Found],
    batch: &'a [usize],
) -> Box<dyn Iterator<Item = (usize, io::Result<Opened>)> + 'a> {
    Box::new(batch.iter().map(|index| (*index, sources[*index].open())))
}

/// Appends up to `limit` bytes of `reader` to `head`.
pub(super) fn read_head(reader: &mut dyn Read, limit: usize, head: &mut Vec<u8>) -> io::Result<()> {
    reader.take(limit as u64).read_to_end(head).map(|_| ())
}

/// One positioned read, which leaves no cursor behind that threads would fight over.
pub(super) fn read_at(file: &File, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_at(file, buf, offset);
    #[cfg(windows)]
    return std::os::windows::fs::FileExt::seek_read(file, buf, offset);
}

/// Why a file could not be opened or read, and what to do.
pub(super) fn failure(error: &io::Error) -> Text {
    match error.kind() {
        io::ErrorKind::PermissionDenied => Text::new(
            "cannot be read: access denied; run as an administrator, or copy it",
            "nicht lesbar: Zugriff verweigert; als Administrator ausführen oder die Datei kopieren",
        ),
        io::ErrorKind::NotFound => Text::new(
            "cannot be read: it is gone",
            "nicht lesbar: inzwischen verschwunden",
        ),
        _ => Text::new(
            format!("cannot be read: {error}"),
            format!("nicht lesbar: {error}"),
        ),
    }
}
