//! Files that are read again when evidence is chosen. While they are few they are held open, so that what happens to
//! their names changes nothing; of thousands, systems do not let a program hold all.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::decode::{ClosedFile, RandomFile};

/// Files that a run holds open; the smallest limit that is usual is 256.
const MOST: usize = 100;

/// How many files a run holds open.
#[derive(Debug, Default)]
pub struct Handles(AtomicUsize);

/// A file that was read, and can be read again.
#[derive(Debug)]
pub enum Again {
    /// It is held open.
    Held(RandomFile),
    /// It is opened by its name.
    Named(ClosedFile, PathBuf),
}

impl Handles {
    /// Holds a file open, or lets go of it. `path`: where it can be opened again.
    pub(super) fn keep(&self, file: RandomFile, path: Option<&Path>) -> Again {
        match path {
            Some(path) if self.0.fetch_add(1, Ordering::Relaxed) >= MOST => {
                Again::Named(file.close(), path.to_owned())
            }
            _ => Again::Held(file),
        }
    }
}

impl Again {
    /// The file.
    ///
    /// # Errors
    /// If it cannot be opened any more.
    pub fn open(&self) -> io::Result<RandomFile> {
        match self {
            Self::Held(file) => Ok(file.clone()),
            Self::Named(closed, path) => Ok(closed.open(File::open(path)?)),
        }
    }

    /// What is known of the file, without its handle.
    pub(super) fn close(self) -> ClosedFile {
        match self {
            Self::Held(file) => file.close(),
            Self::Named(closed, _) => closed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::RandomFile;

    #[test]
    fn of_many_files_only_some_are_held_and_all_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let handles = Handles::default();
        let files: Vec<Again> = (0..MOST + 20)
            .map(|n| {
                let path = folder.path().join(n.to_string());
                let text = format!("text {n}");
                std::fs::write(&path, &text).unwrap();
                let file = File::open(&path).unwrap();
                let file = RandomFile::decoded("", file, text.len() as u64);
                handles.keep(file, Some(&path))
            })
            .collect();
        let held = files.iter().filter(|file| matches!(file, Again::Held(_)));
        assert_eq!(held.count(), MOST);
        for (n, again) in files.iter().enumerate() {
            let expected = format!("text {n}");
            let mut bytes = vec![0; expected.len()];
            let read = again.open().unwrap().fill_at(0, &mut bytes).unwrap();
            assert_eq!((read, bytes), (expected.len(), expected.into_bytes()));
        }
    }
}
