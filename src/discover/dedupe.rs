//! The same file under two paths, and copies of one file, are read once.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use same_file::Handle;

use super::open::Opened;
use super::{Discovery, Found, Left};
use crate::model::{Problem, Text};

/// Bytes at the start of a source that tell most different ones apart, where its first ones do not.
const HEAD: usize = 64 << 10;

/// Files or folders met so far, by identity (device and index), without keeping them open.
#[derive(Default)]
pub(super) struct Seen(HashMap<u64, PathBuf>);

impl Seen {
    /// Remembers the file; gives the path under which it was met before.
    pub(super) fn insert(&mut self, handle: &Handle, path: &Path) -> Option<PathBuf> {
        let key = key(handle);
        if let Some(first) = self.0.get(&key) {
            // Two files may share a hash; only then is the first opened again.
            if same_file::is_same_file(first, path).unwrap_or(false) {
                return Some(first.clone());
            }
        }
        self.0.entry(key).or_insert_with(|| path.to_owned());
        None
    }

    pub(super) fn insert_path(&mut self, path: &Path) {
        if let Ok(handle) = Handle::from_path(path) {
            self.insert(&handle, path);
        }
    }

    pub(super) fn contains_path(&self, path: &Path) -> bool {
        Handle::from_path(path).is_ok_and(|handle| self.0.contains_key(&key(&handle)))
    }
}

fn key(handle: &Handle) -> u64 {
    let mut hasher = DefaultHasher::new();
    handle.hash(&mut hasher);
    hasher.finish()
}

/// Drops sources whose size and content equal those of another one, whatever they are called: `Kopie von …`,
/// a second folder, a second archive, packed beside it. Only sources of one size that begin alike are read, and of those only
/// heads that are equal whole; how long a packed file is shows only when it is read, so its beginning alone decides.
pub(super) fn by_content(discovery: &mut Discovery) {
    let mut groups: HashMap<(Option<u64>, u32), Vec<usize>> = HashMap::new();
    let unsized_heads = discovery
        .sources
        .iter()
        .filter(|found| found.info.bytes.is_none());
    let unsized_heads: HashSet<u32> = unsized_heads.filter_map(|found| found.head).collect();
    for (index, found) in discovery.sources.iter().enumerate() {
        if let Some(head) = found.head
            && found.info.bytes != Some(0)
        {
            let size = found.info.bytes.filter(|_| !unsized_heads.contains(&head));
            groups.entry((size, head)).or_default().push(index);
        }
    }
    let mut copies: Vec<(usize, usize)> = Vec::new();
    let alike = groups
        .into_values()
        .filter(|group| group.len() > 1)
        .flat_map(|group| by_head(discovery, group));
    for group in alike.filter(|group| group.len() > 1) {
        let mut originals: Vec<usize> = Vec::new();
        let mut group = group;
        group.sort_by_key(|index| rank(discovery, *index));
        for index in group {
            let same = |first: &usize| {
                equal(&discovery.sources[*first], &discovery.sources[index]).unwrap_or(false)
            };
            match originals.iter().copied().find(same) {
                Some(first) => copies.push((index, first)),
                None => originals.push(index),
            }
        }
    }
    drop_copies(discovery, copies);
}

/// Of copies the one is read whose name says most: customers rename what they send, and a name tells program and day. Of
/// names that say as much, the one that need not be unpacked.
fn rank(discovery: &Discovery, index: usize) -> (bool, bool, bool, usize) {
    let info = &discovery.sources[index].info;
    (
        info.program.is_none(),
        info.named.is_none(),
        info.bytes.is_none(),
        index,
    )
}

/// Sources that begin alike, grouped by more of their bytes: each is opened once, where comparing each with
/// each would open thousands of files of one size millions of times.
fn by_head(discovery: &Discovery, group: Vec<usize>) -> Vec<Vec<usize>> {
    let mut heads: HashMap<u32, Vec<usize>> = HashMap::new();
    let mut head = vec![0; HEAD];
    for index in group {
        let opened = discovery.sources[index].open().map(reader);
        let Ok(read) = opened.and_then(|mut reader| fill(&mut reader, &mut head)) else {
            continue;
        };
        let sum = crc32fast::hash(&head[..read]);
        heads.entry(sum).or_default().push(index);
    }
    heads.into_values().collect()
}

fn drop_copies(discovery: &mut Discovery, mut copies: Vec<(usize, usize)>) {
    copies.sort_unstable();
    for (copy, first) in &copies {
        let first = &discovery.sources[*first].info.path;
        let text = Text::new(
            format!("a copy of {first}; read once"),
            format!("eine Kopie von {first}; einmal gelesen"),
        );
        let info = &discovery.sources[*copy].info;
        discovery.left.push(Left {
            path: info.path.clone(),
            why: "copy",
            what: Text::new(
                format!("a copy of {first}"),
                format!("eine Kopie von {first}"),
            ),
            bytes: info.bytes,
        });
        discovery.problems.push(Problem::note(&info.path, text));
    }
    let mut index = 0;
    discovery.sources.retain(|_| {
        index += 1;
        copies
            .binary_search_by_key(&(index - 1), |(copy, _)| *copy)
            .is_err()
    });
}

fn equal(a: &Found, b: &Found) -> io::Result<bool> {
    if a.info.bytes.zip(b.info.bytes).is_some_and(|(a, b)| a != b) {
        return Ok(false);
    }
    let (mut a, mut b) = (reader(a.open()?), reader(b.open()?));
    let (mut left, mut right) = (vec![0; HEAD], vec![0; HEAD]);
    loop {
        let read = fill(&mut a, &mut left)?;
        if fill(&mut b, &mut right)? != read || left[..read] != right[..read] {
            return Ok(false);
        }
        if read == 0 {
            return Ok(true);
        }
    }
}

pub(super) fn reader(opened: Opened) -> Box<dyn Read + Send> {
    match opened {
        Opened::File { file, start, len } => Box::new(FromFile {
            file,
            at: start,
            end: start + len,
        }),
        Opened::Stream(stream) => stream,
    }
}

struct FromFile {
    file: File,
    at: u64,
    end: u64,
}

impl Read for FromFile {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.end - self.at)
            .unwrap_or(usize::MAX)
            .min(buf.len());
        let read = super::open::read_at(&self.file, self.at, &mut buf[..room])?;
        self.at += read as u64;
        Ok(read)
    }
}

fn fill(reader: &mut impl Read, buf: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buf.len() {
        match reader.read(&mut buf[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}
