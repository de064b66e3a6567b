//! Floor 4: paths become sources, in a stable order. A source is a file, a member of an archive, or standard input.
//!
//! Nothing stays open between finding and reading: five thousand files work under any limit on open files.

mod archive;
mod dedupe;
mod glob;
mod kind;
mod members;
mod names;
mod open;
mod own;
mod shorten;
mod shown;
mod walk;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;

pub use archive::is_password_wanted;
pub use glob::one as fits;
pub use kind::{Format, Kind};
pub use names::{ProgramNames, name_stamp, program as program_of};
pub use open::{Opened, open_batch, reason};
pub use shown::path as shown_path;
pub use watch::{Look, looks};

use crate::grammar::chain::Chain;
use crate::model::report::LeftAlone;
use crate::model::{Lang, Problem, SourceInfo, Text};
use open::Origin;

/// One path to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// A file, a folder, or `-` for standard input.
    pub path: PathBuf,
    /// Take only files of known programs: for folders that traces share with everything else (`%TEMP%`).
    /// Such a folder is walked three levels deep at most, and what is not taken is not mentioned.
    pub only_programs: bool,
}

impl<P: Into<PathBuf>> From<P> for Place {
    fn from(path: P) -> Self {
        Self {
            path: path.into(),
            only_programs: false,
        }
    }
}

/// What discovery has to know.
#[derive(Debug, Clone, Default)]
pub struct DiscoverOptions {
    /// File names of the known programs.
    pub programs: Vec<ProgramNames>,
    /// Names of files and folders that are no traces; `*` stands for anything, compared without case.
    /// They hold inside folders and archives, never for a path that was given itself.
    pub ignore: Vec<String>,
    /// Limits against hostile archives.
    pub limits: Limits,
    /// Password of encrypted archives.
    pub password: Option<String>,
}

impl DiscoverOptions {
    /// What a chain says of its programs and of files that are no traces.
    pub fn of(chain: &Chain) -> Self {
        let programs = chain.programs.iter();
        Self {
            programs: programs
                .map(|p| ProgramNames {
                    id: p.id.clone(),
                    files: p.files.clone(),
                })
                .collect(),
            ignore: chain.ignore.clone(),
            ..Self::default()
        }
    }
}

/// Limits against archives that unpack to more than anyone wants to read. Each hit is a [`Problem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Members of one archive given by path, those of archives inside it included.
    pub members: u64,
    /// Unpacked bytes of one archive given by path (declared), and of any one stream (counted).
    pub bytes: u64,
    /// Unpacked bytes per packed byte; looked at from 16 MiB on, because small files of blanks are harmless.
    pub ratio: u64,
    /// Archives inside archives: 1 reads no archive inside another one. A packed file (`.gz`) counts as one.
    pub depth: u32,
    /// Bytes of an archive inside an archive that may be held in memory, because its directory stands at its end.
    pub nested: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            members: 10_000,
            bytes: 64 << 30,
            ratio: 1_000,
            depth: 4,
            nested: 256 << 20,
        }
    }
}

/// A source that was found. It holds no handle; [`Found::open`] opens it.
#[derive(Debug, Clone)]
pub struct Found {
    /// What is known of it before it is read.
    pub info: Arc<SourceInfo>,
    /// What it turned out to hold, by its first bytes.
    pub kind: Kind,
    origin: Origin,
    options: Arc<DiscoverOptions>,
    /// CRC-32 of the bytes that told its kind, unless it can be read only once.
    head: Option<u32>,
    /// How the file was when [`Discovery::keep_lengths`] was called: only that is read.
    kept: Option<open::KeptText>,
}

/// A file that is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Its path as it is shown.
    pub path: String,
    /// `binary`, `ignored`, `own-report`, `copy`.
    pub why: &'static str,
    /// In words.
    pub what: Text,
    /// Its size, where it is known.
    pub bytes: Option<u64>,
}

impl Left {
    /// As a report has it.
    pub fn report(&self, lang: Lang) -> LeftAlone {
        LeftAlone {
            path: self.path.clone(),
            why: self.why.to_owned(),
            what: self.what.get(lang).to_owned(),
            bytes: self.bytes,
        }
    }
}

/// Everything that was found under the given paths.
#[derive(Debug, Default)]
pub struct Discovery {
    /// Text sources, sorted by shown path; the order of the arguments has no say in it.
    pub sources: Vec<Found>,
    /// Files that are known not to be text (programs, dumps, event logs …); each has its problem too.
    pub binaries: Vec<Found>,
    /// What could not be read, or not as expected; sorted.
    pub problems: Vec<Problem>,
    /// Shown paths that were left out by `ignore`, and our own reports; sorted.
    pub ignored: Vec<String>,
    /// Files that are not read, and why; sorted. With the sources they are the whole input.
    pub left: Vec<Left>,
    /// Given paths that do not exist: wrong usage, for the caller to say.
    pub missing: Vec<PathBuf>,
}

impl Discovery {
    /// Which sources are best read together, in this order: members of archives that can only be read from front to
    /// back share a batch, everything else stands alone. Each index into [`Discovery::sources`] occurs once.
    pub fn batches(&self) -> Vec<Vec<usize>> {
        open::batches(&self.sources)
    }

    /// From now on files are read as far as they went when they were found, and not at all if they begin in another way
    /// by then: for work that looks at all of the text before it writes any of it.
    pub fn keep_lengths(&mut self) {
        for found in &mut self.sources {
            found.keep_text();
        }
    }
}

/// Finds all sources under `places`. Never fails: what went wrong is in the result.
pub fn discover(places: &[Place], options: &DiscoverOptions) -> Discovery {
    let options = Arc::new(options.clone());
    let mut found = walk::Walk::new(Arc::clone(&options));
    for place in places {
        found.place(place);
    }
    let mut discovery = found.finish();
    dedupe::by_content(&mut discovery);
    discovery
        .problems
        .sort_by(|a, b| (&a.source, a.line, &a.text.en).cmp(&(&b.source, b.line, &b.text.en)));
    discovery.problems.dedup();
    discovery
        .left
        .sort_by(|a, b| (&a.path, a.why).cmp(&(&b.path, b.why)));
    discovery.ignored.sort();
    discovery.ignored.dedup();
    discovery.missing.sort();
    discovery.missing.dedup();
    discovery
}

#[cfg(test)]
mod archive_tests;
#[cfg(test)]
mod tests;
