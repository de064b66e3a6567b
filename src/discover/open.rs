//! Opening what was found, at the moment it is read.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::archive::{self, Bytes, Members, Met, Reach, Section, Sink, Step, Told, said, spawn};
use super::kind::{self, Kind};
use super::{DiscoverOptions, Found};
use crate::model::{Problem, Text};

/// Where a source's bytes come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// Standard input; it can be read once.
    Stdin,
    /// A pipe that was given as a path; it can be read once.
    Pipe(PathBuf),
    /// A file.
    File(PathBuf),
    /// A member of an archive, or the content of a packed file.
    Member {
        /// The archive on disk.
        path: PathBuf,
        /// The way from there.
        steps: Vec<Step>,
    },
}

/// Bytes at its start by which a text is known again.
const KNOWN_BY: u64 = 4 << 10;

/// By what a text is known again.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeptText {
    /// CRC-32 of its first bytes.
    head: u32,
}

/// The CRC-32 of the first bytes of a file that was so long when it was found; more may have been written since.
fn head_sum(file: &File, found: u64) -> io::Result<u32> {
    let mut head = vec![0; found.min(KNOWN_BY) as usize];
    let mut filled = 0;
    while filled < head.len() {
        match read_at(file, filled as u64, &mut head[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(crc32fast::hash(&head[..filled]))
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
    /// If the file is gone or cannot be read any more; the rest of the run stands. It may carry a
    /// [`crate::model::Problem`].
    pub fn open(&self) -> io::Result<Opened> {
        match &self.origin {
            Origin::Stdin => from_pipe(Box::new(io::stdin()), &self.options),
            Origin::Pipe(path) => from_pipe(Box::new(File::open(path)?), &self.options),
            Origin::File(path) => Section::open(path)
                .and_then(|s| opened(Reach::Section(s)))
                .and_then(|opened| self.as_it_was(opened)),
            Origin::Member { path, steps } => opened(reach(path, steps, &self.options)?),
        }
    }

    /// A file that has become shorter since it was found is read as long as it was, so that reading tells of the loss. Of
    /// a text that is kept nothing else is read.
    fn as_it_was(&self, opened: Opened) -> io::Result<Opened> {
        let (file, start, len, found) = match (opened, self.info.bytes) {
            (Opened::File { file, start, len }, Some(found)) => (file, start, len, found),
            (opened, _) => return Ok(opened),
        };
        let len = match self.kept {
            None => len.max(found),
            Some(kept) if head_sum(&file, found)? == kept.head => found,
            Some(_) => {
                return Err(said(
                    "another file has its name now, or it was begun anew while it was read; not read: run it again",
                    "eine andere Datei trägt jetzt ihren Namen, oder sie wurde beim Lesen neu begonnen; nicht gelesen: noch einmal ausführen",
                ));
            }
        };
        Ok(Opened::File { file, start, len })
    }

    /// Remembers how a file begins. One that cannot be read says so when it is opened.
    pub(super) fn keep_text(&mut self) {
        let Origin::File(path) = &self.origin else {
            return;
        };
        let head = self.info.bytes.zip(File::open(path).ok());
        let head = head.and_then(|(bytes, file)| head_sum(&file, bytes).ok());
        self.kept = head.map(|head| KeptText { head });
    }

    /// The file on disk that holds the source: itself, or the archive that it is a member of; `None` for pipes.
    pub fn on_disk(&self) -> Option<&Path> {
        match &self.origin {
            Origin::Stdin | Origin::Pipe(_) => None,
            Origin::File(path) | Origin::Member { path, .. } => Some(path),
        }
    }

    /// True if the source can be opened again and gives the same bytes (standard input and pipes do not).
    pub fn rereadable(&self) -> bool {
        matches!(self.origin, Origin::File(_) | Origin::Member { .. })
    }
}

fn reach(path: &Path, steps: &[Step], options: &DiscoverOptions) -> io::Result<Reach> {
    let start = Reach::Section(Section::open(path)?);
    steps
        .iter()
        .try_fold(start, |reach, step| reach.step(*step, options))
}

fn opened(reach: Reach) -> io::Result<Opened> {
    let section = match reach {
        Reach::Stream(stream) => return Ok(Opened::Stream(Box::new(Told(Some(stream))))),
        Reach::Section(section) => section,
    };
    match section.as_file() {
        Some((file, start, len)) => Ok(Opened::File {
            file: file.try_clone()?,
            start,
            len,
        }),
        None => Ok(Opened::Stream(Box::new(section))),
    }
}

/// A pipe may hold one packed file; an archive of several needs a directory, and so a file.
fn from_pipe(mut pipe: Box<dyn Read + Send>, options: &DiscoverOptions) -> io::Result<Opened> {
    let mut head = Vec::new();
    (&mut pipe)
        .take(kind::SNIFF as u64)
        .read_to_end(&mut head)?;
    let kind = kind::of(&head, head.len() < kind::SNIFF);
    let whole: Box<dyn Read + Send> = Box::new(io::Cursor::new(head).chain(pipe));
    match kind {
        Kind::Archive(format) if format.is_packed() => {
            let step = Step::Packed(format);
            let Reach::Stream(mut content) = Reach::Stream(whole).step(step, options)? else {
                return Err(io::ErrorKind::Unsupported.into());
            };
            let mut head = Vec::new();
            let result = (&mut content)
                .take(kind::SNIFF as u64)
                .read_to_end(&mut head);
            let kind = kind::of(&head, head.len() < kind::SNIFF);
            refuse(kind)?;
            if head.is_empty() {
                result?;
            }
            let content = io::Cursor::new(head).chain(content);
            Ok(Opened::Stream(Box::new(Told(Some(content)))))
        }
        Kind::EventLog => Err(said(
            "a Windows event log on standard input; not read: give it as a file",
            "ein Windows-Ereignisprotokoll auf der Standardeingabe; nicht gelesen: als Datei angeben",
        )),
        kind => refuse(kind).map(|()| Opened::Stream(whole)),
    }
}

fn refuse(kind: Kind) -> io::Result<()> {
    let what = kind.text();
    match kind {
        Kind::Archive(_) => Err(said(
            "an archive on standard input; not read: give it as a file",
            "ein Archiv auf der Standardeingabe; nicht gelesen: als Datei angeben",
        )),
        kind if kind.is_binary() || kind == Kind::OwnReport => Err(said(
            format!("{}; not read", what.en),
            format!("{}; nicht gelesen", what.de),
        )),
        _ => Ok(()),
    }
}

/// The part of an archive that is read from front to back: its path, the steps to it, and the block or folder.
type Run = (PathBuf, Vec<Step>, Option<u32>);

/// The run that a source is part of, if it cannot be opened well on its own.
fn run_of(found: &Found) -> Option<Run> {
    let Origin::Member { path, steps } = &found.origin else {
        return None;
    };
    // As long as any part can be read at once, members are independent.
    let mut any_part = true;
    for (position, step) in steps.iter().enumerate() {
        let run = |part| Some((path.clone(), steps[..position].to_vec(), part));
        match step {
            Step::Packed(_) => any_part = false,
            Step::SevenZip(place) => return run(place.block.filter(|_| any_part)),
            Step::Cab(place) => return run(Some(u32::from(place.folder)).filter(|_| any_part)),
            Step::Zip(_) | Step::Tar(_) if !any_part => return run(None),
            Step::Zip(place) => any_part = place.is_plain(),
            Step::Tar(_) => {}
        }
    }
    None
}

pub(super) fn batches(sources: &[Found]) -> Vec<Vec<usize>> {
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut runs: HashMap<Run, usize> = HashMap::new();
    for (index, found) in sources.iter().enumerate() {
        let batch = match run_of(found) {
            Some(run) => *runs.entry(run).or_insert(batches.len()),
            None => batches.len(),
        };
        if batch == batches.len() {
            batches.push(Vec::new());
        }
        batches[batch].push(index);
    }
    batches
}

/// Opens the sources of one batch (see [`super::Discovery::batches`]) one after the other, each with its index; not
/// always in the order of the batch. Read each one before the next is asked for: what is left of it is skipped then.
pub fn open_batch<'a>(
    sources: &'a [Found],
    batch: &'a [usize],
) -> Box<dyn Iterator<Item = (usize, io::Result<Opened>)> + 'a> {
    let run = batch.first().and_then(|first| run_of(&sources[*first]));
    match run {
        Some(run) if batch.len() > 1 => Box::new(Batch {
            members: members_of(run, sources, batch),
            left: batch.iter().copied().collect(),
        }),
        _ => Box::new(batch.iter().map(|index| (*index, sources[*index].open()))),
    }
}

struct Batch {
    members: Members,
    left: BTreeSet<usize>,
}

impl Iterator for Batch {
    type Item = (usize, io::Result<Opened>);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some((index, stream)) = self.members.next() {
            if self.left.remove(&index) {
                return Some((index, Ok(Opened::Stream(Box::new(Told(Some(stream)))))));
            }
        }
        // The archive changed, or broke before the member that it had when it was listed.
        let index = self.left.pop_first()?;
        let error = said(
            "the archive broke off before this file; not read",
            "das Archiv brach vor dieser Datei ab; nicht gelesen",
        );
        Some((index, Err(error)))
    }
}

/// A source by its index, and the steps to it that are left.
type Wanted = (usize, Vec<Step>);

fn members_of(run: Run, sources: &[Found], batch: &[usize]) -> Members {
    let (path, prefix, part) = run;
    let mut options = Arc::new(DiscoverOptions::default());
    let mut wanted: Vec<Wanted> = Vec::new();
    for index in batch {
        if let Origin::Member { steps, .. } = &sources[*index].origin {
            wanted.push((*index, steps[prefix.len()..].to_vec()));
            options = Arc::clone(&sources[*index].options);
        }
    }
    spawn(move |sink| {
        let bytes = reach(&path, &prefix, &options)?.into_bytes();
        let only = part.and_then(|_| wanted.first()?.1.first().copied());
        descend(bytes, wanted, only, &options, sink).map(|_| ())
    })
}

/// Puts the wanted members of a container into the sink, in the order of the container; false if nobody reads on.
fn descend(
    bytes: Bytes<'_>,
    wanted: Vec<Wanted>,
    only: Option<Step>,
    options: &DiscoverOptions,
    sink: &mut Sink,
) -> io::Result<bool> {
    let Some(format) = wanted.first().and_then(|w| w.1.first()).map(Step::format) else {
        let index = wanted.first().map_or(usize::MAX, |w| w.0);
        return Ok(sink.member(index, Ok(bytes.into_reader())));
    };
    let mut by_step: HashMap<Step, Vec<Wanted>> = HashMap::new();
    for (index, steps) in wanted {
        let (step, rest) = (steps[0], steps[1..].to_vec());
        by_step.entry(step).or_default().push((index, rest));
    }
    let mut alive = true;
    archive::walk(format, only, bytes, options, &mut |met| {
        let Met::Member(member, bytes) = met else {
            return true;
        };
        let Some(inner) = by_step.remove(&member.step) else {
            return true;
        };
        let first = inner[0].0;
        let result = bytes.and_then(|bytes| descend(bytes, inner, None, options, sink));
        alive = match result {
            Ok(alive) => alive,
            Err(error) => sink.member(first, Err::<io::Empty, _>(error)),
        };
        alive && !by_step.is_empty()
    })?;
    Ok(alive)
}

impl Opened {
    /// The bytes from front to back.
    pub fn into_reader(self) -> Box<dyn Read + Send> {
        super::dedupe::reader(self)
    }
}

/// Appends up to `limit` bytes of `reader` to `head`.
pub(super) fn read_head(reader: &mut dyn Read, limit: usize, head: &mut Vec<u8>) -> io::Result<()> {
    // With room for all of it, it is one read instead of nine that grow.
    head.reserve(limit);
    reader.take(limit as u64).read_to_end(head).map(|_| ())
}

/// One positioned read, which leaves no cursor behind that threads would fight over.
pub(super) fn read_at(file: &File, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_at(file, buf, offset);
    #[cfg(windows)]
    return std::os::windows::fs::FileExt::seek_read(file, buf, offset);
}

/// True if this program or the whole system may open no more files.
fn is_out_of_handles(error: &io::Error) -> bool {
    // ENFILE and EMFILE; ERROR_TOO_MANY_OPEN_FILES.
    let codes: &[i32] = if cfg!(windows) { &[4] } else { &[23, 24] };
    error
        .raw_os_error()
        .is_some_and(|code| codes.contains(&code))
}

/// Why a source could not be opened, and what to do: the text of a [`Problem`](crate::model::Problem).
pub fn reason(error: &io::Error) -> Text {
    let inner = error.get_ref();
    if let Some(problem) = inner.and_then(|inner| inner.downcast_ref::<Problem>()) {
        return problem.text.clone();
    }
    if is_out_of_handles(error) {
        return Text::new(
            "cannot be read: too many files are open at once; close programs, or allow more (`ulimit -n`)",
            "nicht lesbar: zu viele Dateien sind gleichzeitig offen; Programme beenden oder mehr zulassen (`ulimit -n`)",
        );
    }
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
