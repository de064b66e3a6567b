//! A cheap look at all files of a folder: has anything changed since the look before?

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use walkdir::WalkDir;

use super::open::read_head;
use super::walk::SHARED_DEPTH;
use super::{DiscoverOptions, Place, glob, names};

/// Bytes by which a file is known again under another name, or found to be another file under its old one.
const HEAD: usize = 1 << 10;

/// What can be seen of a file without reading it, and how it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    bytes: u64,
    modified: Option<SystemTime>,
    created: Option<SystemTime>,
    head: Vec<u8>,
}

impl Look {
    /// True if this may be the same file as `before`, grown or untouched: it is no shorter, and begins alike.
    pub fn continues(&self, before: &Self) -> bool {
        self.bytes >= before.bytes && self.head.starts_with(&before.head)
    }

    /// True if there is nothing in it.
    pub const fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    fn of(path: &Path, before: Option<&Self>) -> Option<Self> {
        // The entry in the folder may lag behind a file that is held open: Windows tells its size only by the file.
        let found = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        let mut look = Self {
            bytes: found.len(),
            modified: found.modified().ok(),
            created: found.created().ok(),
            head: Vec::new(),
        };
        match before {
            Some(before) if before.is_same_but_for_head(&look) => {
                before.head.clone_into(&mut look.head);
            }
            _ => read_head(&mut File::open(path).ok()?, HEAD, &mut look.head).ok()?,
        }
        Some(look)
    }

    fn is_same_but_for_head(&self, other: &Self) -> bool {
        (self.bytes, self.modified, self.created) == (other.bytes, other.modified, other.created)
    }
}

/// Looks at all files under `places` that [`super::discover`] would look into. Files that did not change since `before`
/// are not opened; what cannot be seen is not there.
pub fn looks(
    places: &[Place],
    options: &DiscoverOptions,
    before: &BTreeMap<PathBuf, Look>,
) -> BTreeMap<PathBuf, Look> {
    let mut seen = BTreeMap::new();
    let mut look = |path: &Path| {
        if let Some(look) = Look::of(path, before.get(path)) {
            seen.insert(path.to_owned(), look);
        }
    };
    for place in places {
        if place.path.is_file() {
            look(&place.path);
            continue;
        }
        let depth = if place.only_programs {
            SHARED_DEPTH
        } else {
            usize::MAX
        };
        let entries = WalkDir::new(&place.path)
            .max_depth(depth)
            .follow_links(true);
        let wanted = |entry: &walkdir::DirEntry| {
            entry.depth() == 0 || !glob::any(&options.ignore, &entry.file_name().to_string_lossy())
        };
        for entry in entries
            .into_iter()
            .filter_entry(wanted)
            .filter_map(Result::ok)
        {
            let name = entry.file_name().to_string_lossy();
            let known = || names::program(&name, &options.programs).is_some();
            if entry.file_type().is_file() && (!place.only_programs || known()) {
                look(entry.path());
            }
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn seen(folder: &Path, before: &BTreeMap<PathBuf, Look>) -> BTreeMap<PathBuf, Look> {
        looks(&[folder.into()], &DiscoverOptions::default(), before)
    }

    #[test]
    fn growing_is_no_replacing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        fs::write(&path, "one\n").unwrap();
        let first = seen(folder.path(), &BTreeMap::new());
        assert_eq!(seen(folder.path(), &first), first);
        let mut file = File::options().append(true).open(&path).unwrap();
        file.write_all(b"two\n").unwrap();
        let second = seen(folder.path(), &first);
        assert_ne!(second, first);
        assert!(second[&path].continues(&first[&path]));
        for other in ["one", "another\n", ""] {
            fs::write(&path, other).unwrap();
            assert!(
                !seen(folder.path(), &second)[&path].continues(&second[&path]),
                "{other}"
            );
        }
    }

    #[test]
    fn a_folder_that_is_not_there_holds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(seen(&folder.path().join("later"), &BTreeMap::new()).is_empty());
    }

    #[test]
    fn what_is_ignored_is_not_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.log"), "one\n").unwrap();
        fs::write(folder.path().join("report.html"), "one\n").unwrap();
        let options = DiscoverOptions {
            ignore: vec!["*.html".into()],
            ..DiscoverOptions::default()
        };
        assert_eq!(
            looks(&[folder.path().into()], &options, &BTreeMap::new()).len(),
            1
        );
    }
}
