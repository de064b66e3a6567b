//! From paths to files: folders are walked, links are followed once, and each file's first bytes decide what it is.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use same_file::Handle;
use walkdir::{DirEntry, WalkDir};

use super::dedupe::Seen;
use super::kind::{self, Kind};
use super::open::{self, Origin};
use super::own;
use super::{DiscoverOptions, Discovery, Found, Left, Place, glob, names, shown};
use crate::grammar::both::each;
use crate::model::{Problem, SourceInfo, Text};

/// How deep a folder is walked that traces share with everything else.
pub(super) const SHARED_DEPTH: usize = 3;

/// A file to be looked at.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    shown: String,
    path: PathBuf,
    given: bool,
}

/// The state of one discovery.
pub(super) struct Walk {
    pub(super) options: Arc<DiscoverOptions>,
    pub(super) discovery: Discovery,
    candidates: Vec<Candidate>,
    linked_folders: Vec<PathBuf>,
    folders: Seen,
    stdin: bool,
    /// Copies of traces that this program made, found in folders: sources only where there are no others.
    copies: Vec<Candidate>,
    /// Sources in them.
    copied: Vec<String>,
    /// Files that may be timelines of other ones, and whose names stand in front of their lines.
    timelines: Vec<(String, Vec<String>)>,
}

/// Candidates that are open at once, and how many are not worth a second thread.
const AT_ONCE: usize = 32;
const FEW: usize = 16;

/// What opening a file shows.
struct Look {
    handle: Handle,
    metadata: Metadata,
    /// Its first bytes, and whether these are all.
    head: Vec<u8>,
    whole: bool,
    kind: Kind,
}

impl Look {
    fn of(candidate: &Candidate) -> io::Result<Self> {
        let handle = Handle::from_path(&candidate.path)?;
        let metadata = handle.as_file().metadata()?;
        let mut head = Vec::new();
        open::read_head(&mut handle.as_file(), kind::SNIFF, &mut head)?;
        let whole = head.len() as u64 >= metadata.len();
        Ok(Self {
            kind: kind::of(&head, whole),
            handle,
            metadata,
            head,
            whole,
        })
    }
}

impl Walk {
    pub(super) fn new(options: Arc<DiscoverOptions>) -> Self {
        Self {
            options,
            discovery: Discovery::default(),
            candidates: Vec::new(),
            linked_folders: Vec::new(),
            folders: Seen::default(),
            stdin: false,
            copies: Vec::new(),
            copied: Vec::new(),
            timelines: Vec::new(),
        }
    }

    /// Takes in one given path.
    pub(super) fn place(&mut self, place: &Place) {
        if place.path.as_os_str() == "-" {
            self.stdin = true;
            return;
        }
        match fs::metadata(&place.path) {
            Ok(found) if found.is_dir() => self.folder(&place.path, place.only_programs),
            Ok(found) if found.is_file() => self.candidate(&place.path, true),
            // `<(command)` of a shell, or a named pipe: it can be read once, from front to back.
            Ok(_) => self.stream(shown::path(&place.path), Origin::Pipe(place.path.clone())),
            Err(error) if is_missing(&error) => {
                self.discovery.missing.push(place.path.clone());
            }
            Err(error) => self.unreadable(&place.path, &error),
        }
    }

    /// Looks into every file that was found.
    pub(super) fn finish(mut self) -> Discovery {
        self.follow_links();
        if self.stdin {
            self.stream("-".to_owned(), Origin::Stdin);
        }
        let mut candidates = std::mem::take(&mut self.candidates);
        candidates.sort();
        let before = candidates.len();
        candidates.dedup_by(|a, b| a.path == b.path);
        self.say_overlap(before - candidates.len());
        let mut files = Seen::default();
        for some in candidates.chunks(AT_ONCE) {
            // Opening and reading takes most of the time; what is made of it depends on what came before.
            let looks = if some.len() < FEW {
                some.iter().map(Look::of).collect()
            } else {
                each(some, Look::of)
            };
            for (candidate, look) in some.iter().zip(looks) {
                // Perhaps too many were open at once.
                let look = look.or_else(|_| Look::of(candidate));
                let examined = look.and_then(|look| self.examine(candidate, look, &mut files));
                if let Err(error) = examined {
                    self.unreadable(&candidate.path, &error);
                }
            }
        }
        for copy in std::mem::take(&mut self.copies) {
            if let Err(error) = self.copy(&copy) {
                self.unreadable(&copy.path, &error);
            }
        }
        let by_path =
            |a: &Found, b: &Found| (&a.info.path, &a.origin).cmp(&(&b.info.path, &b.origin));
        self.discovery.sources.shrink_to_fit();
        self.discovery.sources.sort_by(by_path);
        tell_apart(&mut self.discovery.sources);
        own::leave_timelines(&mut self.discovery, &self.timelines);
        self.discovery.binaries.sort_by(by_path);
        self.discovery
    }

    fn folder(&mut self, folder: &Path, only_programs: bool) {
        self.folders.insert_path(folder);
        let depth = if only_programs {
            SHARED_DEPTH
        } else {
            usize::MAX
        };
        let mut entries = WalkDir::new(folder).max_depth(depth).into_iter();
        while let Some(entry) = entries.next() {
            match entry {
                Ok(entry) if entry.depth() > 0 && self.is_ignored(&entry) => {
                    if !only_programs {
                        self.discovery.ignored.push(shown::path(entry.path()));
                        self.ignored_below(&entry);
                    }
                    if entry.file_type().is_dir() {
                        entries.skip_current_dir();
                    }
                }
                Ok(entry) if entry.depth() > 0 => self.entry(&entry, only_programs),
                Ok(_) => {}
                Err(_) if only_programs => {}
                Err(error) => {
                    let path = error.path().unwrap_or(folder).to_owned();
                    self.unreadable(&path, &error.into());
                }
            }
        }
    }

    fn is_ignored(&self, entry: &DirEntry) -> bool {
        glob::any(&self.options.ignore, &entry.file_name().to_string_lossy())
    }

    fn entry(&mut self, entry: &DirEntry, only_programs: bool) {
        let kind = entry.file_type();
        if kind.is_dir() {
            self.folders.insert_path(entry.path());
            return;
        }
        let name = entry.file_name().to_string_lossy();
        if only_programs && names::program(&name, &self.options.programs).is_none() {
            return;
        }
        let target = if kind.is_symlink() {
            fs::metadata(entry.path())
        } else {
            entry.metadata().map_err(Into::into)
        };
        match target {
            Ok(found) if found.is_file() => self.candidate(entry.path(), false),
            Ok(found) if found.is_dir() => self.linked_folders.push(entry.path().to_owned()),
            Ok(_) => self.note(
                entry.path(),
                "neither a file nor a folder (a pipe, socket or device); not read",
                "weder Datei noch Ordner (Pipe, Socket oder Gerät); nicht gelesen",
            ),
            Err(error) if kind.is_symlink() && error.kind() == io::ErrorKind::NotFound => self
                .note(
                    entry.path(),
                    "a link to something that does not exist; not read",
                    "ein Verweis auf etwas, das es nicht gibt; nicht gelesen",
                ),
            Err(error) => self.unreadable(entry.path(), &error),
        }
    }

    /// Linked folders come last and in order, so that each folder is walked once, under its own path where it has one
    /// here, and no loop or web of links can multiply it.
    fn follow_links(&mut self) {
        while !self.linked_folders.is_empty() {
            let mut links = std::mem::take(&mut self.linked_folders);
            links.sort();
            for link in links {
                if self.folders.contains_path(&link) {
                    self.note(
                        &link,
                        "a link to a folder that is read anyway; not followed",
                        "ein Verweis auf einen Ordner, der ohnehin gelesen wird; nicht verfolgt",
                    );
                } else {
                    self.folder(&link, false);
                }
            }
        }
    }

    fn candidate(&mut self, path: &Path, given: bool) {
        self.candidates.push(Candidate {
            shown: shown::path(path),
            path: path.to_owned(),
            given,
        });
    }

    fn stream(&mut self, shown: String, origin: Origin) {
        let info = self.info(shown, None);
        self.push(info, Kind::Text, origin, None);
    }

    fn examine(&mut self, candidate: &Candidate, look: Look, files: &mut Seen) -> io::Result<()> {
        let Look {
            handle,
            metadata,
            head,
            whole,
            kind,
        } = look;
        if let Some(first) = files.insert(&handle, &candidate.path) {
            let first = shown::path(&first);
            let info = self.info(candidate.shown.clone(), Some(&metadata));
            let what = Text::new(
                format!("the same file as {first}"),
                format!("dieselbe Datei wie {first}"),
            );
            self.leave(&info, "same-file", what);
            self.note(
                &candidate.path,
                &format!("the same file as {first}; read once"),
                &format!("dieselbe Datei wie {first}; einmal gelesen"),
            );
            return Ok(());
        }
        if kind == Kind::Archive(kind::Format::Zip)
            && !candidate.given
            && own::is_copy(&mut handle.as_file().try_clone()?, metadata.len())?
        {
            self.copies.push(candidate.clone());
            return Ok(());
        }
        drop(handle);
        if kind == Kind::Text && !candidate.given {
            let fronts = own::fronts(&head, whole);
            let named = fronts.map(|names| (candidate.shown.clone(), names));
            self.timelines.extend(named);
        }
        let info = self.info(candidate.shown.clone(), Some(&metadata));
        let origin = Origin::File(candidate.path.clone());
        match kind {
            Kind::OwnReport => self.own_report(info),
            Kind::Archive(format) => self.archive(&info, &candidate.path, format)?,
            _ if kind.is_binary() => self.binary(info, kind, origin, candidate.given),
            _ => self.push(info, kind, origin, Some(crc32fast::hash(&head))),
        }
        Ok(())
    }

    /// Adds a source; `head`: CRC-32 of its first [`kind::SNIFF`] bytes.
    pub(super) fn push(&mut self, info: SourceInfo, kind: Kind, origin: Origin, head: Option<u32>) {
        if kind == Kind::Empty {
            let text = Text::new("empty file", "leere Datei");
            self.discovery
                .problems
                .push(Problem::note(&info.path, text));
        }
        let options = Arc::clone(&self.options);
        self.discovery.sources.push(Found {
            info: info.into(),
            kind,
            origin,
            options,
            head,
            kept: None,
        });
    }

    pub(super) fn binary(&mut self, info: SourceInfo, kind: Kind, origin: Origin, given: bool) {
        let what = kind.text();
        self.leave(&info, "binary", what.clone());
        let text = Text::new(
            format!("{}; not read", what.en),
            format!("{}; nicht gelesen", what.de),
        );
        // Someone who names the file wants it read; and an archive may well hold traces.
        let lossy = given || kind == Kind::OtherArchive;
        let problem = if lossy { Problem::lost } else { Problem::note };
        self.discovery
            .problems
            .push(problem(info.path.clone(), text));
        let options = Arc::clone(&self.options);
        self.discovery.binaries.push(Found {
            info: info.into(),
            kind,
            origin,
            options,
            head: None,
            kept: None,
        });
    }

    /// A copy of traces is one more trace only where the traces are not: who gets it may unpack it anywhere.
    fn copy(&mut self, copy: &Candidate) -> io::Result<()> {
        let metadata = fs::metadata(&copy.path)?;
        let info = self.info(copy.shown.clone(), Some(&metadata));
        let is_original = |found: &Found| !self.copied.contains(&found.info.path);
        if self.discovery.sources.iter().any(is_original) {
            let what = Text::new(
                "a copy of traces that this program made",
                "eine Kopie von Traces, die dieses Programm anlegte",
            );
            self.leave(&info, "own-report", what);
            self.discovery.ignored.push(info.path);
            return Ok(());
        }
        let before = self.discovery.sources.len();
        self.archive(&info, &copy.path, kind::Format::Zip)?;
        let new = self.discovery.sources[before..].iter();
        self.copied.extend(new.map(|found| found.info.path.clone()));
        Ok(())
    }

    fn info(&self, shown: String, metadata: Option<&Metadata>) -> SourceInfo {
        let name = shown::name(&shown).to_owned();
        let mut info = self.named(shown, name);
        info.bytes = metadata.map(Metadata::len);
        info.modified = metadata.and_then(|m| m.modified().ok()).and_then(|time| {
            match time.duration_since(UNIX_EPOCH) {
                Ok(after) => i64::try_from(after.as_nanos()).ok(),
                Err(before) => i64::try_from(before.duration().as_nanos()).ok().map(|n| -n),
            }
        });
        info
    }

    /// What the name tells.
    pub(super) fn named(&self, path: String, name: String) -> SourceInfo {
        SourceInfo {
            program: names::program(&name, &self.options.programs),
            named: names::name_stamp(&name),
            path,
            name,
            ..SourceInfo::default()
        }
    }

    fn say_overlap(&mut self, files: usize) {
        if files > 0 {
            let text = Text::new(
                format!("{files} files were reached by more than one argument; each was read once"),
                format!(
                    "{files} Dateien wurden über mehr als ein Argument erreicht; jede wurde einmal gelesen"
                ),
            );
            self.discovery.problems.push(Problem {
                source: None,
                line: None,
                text,
                lossy: false,
            });
        }
    }

    pub(super) fn leave(&mut self, info: &SourceInfo, why: &'static str, what: Text) {
        self.discovery.left.push(Left {
            path: info.path.clone(),
            why,
            what,
            bytes: info.bytes,
        });
    }

    pub(super) fn own_report(&mut self, info: SourceInfo) {
        self.leave(&info, "own-report", Kind::OwnReport.text());
        self.discovery.ignored.push(info.path);
    }

    /// An ignored file, or all files of an ignored folder.
    fn ignored_below(&mut self, entry: &DirEntry) {
        for entry in WalkDir::new(entry.path())
            .into_iter()
            .filter_map(Result::ok)
        {
            if entry.file_type().is_dir() {
                continue;
            }
            let info = SourceInfo {
                path: shown::path(entry.path()),
                bytes: entry.metadata().ok().map(|m| m.len()),
                ..SourceInfo::default()
            };
            self.leave(&info, "ignored", ignored_text());
        }
    }

    fn note(&mut self, path: &Path, en: &str, de: &str) {
        self.remark(&shown::path(path), en, de);
    }

    pub(super) fn remark(&mut self, path: &str, en: &str, de: &str) {
        let problem = Problem::note(path, Text::new(en, de));
        self.discovery.problems.push(problem);
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) {
        let problem = Problem::lost(shown::path(path), open::reason(error));
        self.discovery.problems.push(problem);
    }
}

/// Why a file is left out by its name.
pub(super) fn ignored_text() -> Text {
    Text::new("no trace by its name", "dem Namen nach kein Trace")
}

/// `a.log/b` is as missing as `b`, though Unix has another word for it.
fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Two members of one archive may have the same name; a report that names one must say which.
fn tell_apart(sources: &mut [Found]) {
    let mut same = 1;
    let mut last = String::new();
    for found in sources {
        if found.info.path == last {
            same += 1;
            Arc::make_mut(&mut found.info).path = format!("{last}#{same}");
        } else {
            same = 1;
            last.clone_from(&found.info.path);
        }
    }
}
