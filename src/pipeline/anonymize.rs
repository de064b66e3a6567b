//! Identities: a pass over all sources that numbers them, and a copy of the traces without them.

use std::collections::HashSet;
use std::io::{self, Read, Seek, Write};

use chrono::{Datelike, Timelike};
use rayon::prelude::*;
use zip::write::{FullFileOptions, ZipWriter};

use super::Settings;
use super::read::unreadable;
use crate::decode::{self, Access, Input, show};
use crate::detect::Layout;
use crate::discover::{Discovery, Found, Kind, ProgramNames, name_stamp, open_batch, program_of};
use crate::model::report::COPY_MARK;
use crate::model::{Encoding, Problem, SourceInfo, split_path};
use crate::report::anonymize::{Anonymizer, jwts};
use crate::scan::runs::head_of;

/// Bytes after which a piece ends at the next border of records.
const PIECE: usize = 1 << 20;
/// Bytes after which it ends anywhere.
const MOST: usize = 8 << 20;
/// Lines that are tried as a border.
const TRIED: usize = 4000;
/// Sizes from which a member of a ZIP needs 64-bit fields; half of the limit, because text may grow.
const LARGE: u64 = 2 << 30;
/// ZIP's extra field with the modification time in UTC (Info-ZIP "UT").
const UNIX_TIME: u16 = 0x5455;

/// What became of a copy.
#[derive(Debug, Default)]
pub struct CopyOutcome {
    /// Sources that were written.
    pub written: usize,
    /// What could not be read; paths are anonymised.
    pub problems: Vec<Problem>,
    /// Paths of files that are no text and were left out, anonymised.
    pub left_out: Vec<String>,
}

/// Looks for identities in all sources and numbers them in the order of the sources.
pub fn harvest(settings: &Settings<'_>, discovery: &Discovery) -> Anonymizer {
    let mut anonymizer = Anonymizer::new(settings.catalog);
    harvest_more(settings, discovery, &mut anonymizer, false, &|_| Some(0));
    anonymizer
}

/// Looks for identities in what was not looked at before, and goes on with the numbers. `from`: from which byte of the text
/// of a source on; `None` for a source that has nothing new. What a stream has new is all of it. `live`: a last line without
/// an end is left for the next time, as half a name is none.
pub(super) fn harvest_more(
    settings: &Settings<'_>,
    discovery: &Discovery,
    anonymizer: &mut Anonymizer,
    live: bool,
    from: &(dyn Fn(&Found) -> Option<u64> + Sync),
) {
    let one = |found: &Found, opened, from: u64| {
        let mut harvester = anonymizer.harvester();
        harvester.path(&found.info.path);
        let whole = |input: Input| if live { input.whole_lines() } else { Ok(input) };
        if let Ok(input) = super::open(found, opened).and_then(whole) {
            // Harvesting writes nothing and cannot fail.
            let _ = pieces(settings, &found.info, input, from, &mut |text| {
                harvester.text(text);
                Ok(())
            });
        }
        harvester.finish()
    };
    let is_new = |index: &usize| from(&discovery.sources[*index]).is_some();
    let mut seen: Vec<_> = discovery
        .batches()
        .par_iter()
        .filter(|batch| batch.iter().any(is_new))
        .flat_map_iter(|batch| {
            open_batch(&discovery.sources, batch)
                .filter_map(|(index, opened)| {
                    let found = &discovery.sources[index];
                    Some((index, one(found, opened, from(found)?)))
                })
                .collect::<Vec<_>>()
        })
        .collect();
    seen.sort_by_key(|(index, _)| *index);
    let mut others = anonymizer.harvester();
    for found in &discovery.binaries {
        others.path(&found.info.path);
    }
    let others = others.finish();
    anonymizer.harvest(
        seen.into_iter()
            .map(|(_, sightings)| sightings)
            .chain([others]),
    );
}

/// Writes a copy of all text sources as a ZIP, without secrets and identities: UTF-8, one folder level for each archive,
/// the same lines, the same times.
///
/// # Errors
/// What `out` says. Sources that cannot be read are in the outcome.
pub fn copy<W: Write + Seek>(
    settings: &Settings<'_>,
    discovery: &Discovery,
    anonymizer: &Anonymizer,
    out: W,
) -> io::Result<CopyOutcome> {
    let mut outcome = CopyOutcome::default();
    let mut zip = ZipWriter::new(out);
    let names = member_names(settings, discovery, anonymizer);
    for batch in discovery.batches() {
        for (index, opened) in open_batch(&discovery.sources, &batch) {
            let found = &discovery.sources[index];
            let input = match super::open(found, opened) {
                Ok(input) => input,
                Err(error) => {
                    outcome
                        .problems
                        .extend(unreadable(found.info.clone(), &error).problems);
                    continue;
                }
            };
            let meter = input.meter.clone();
            zip.start_file(names[index].as_str(), options(settings, found))
                .map_err(io::Error::other)?;
            pieces(settings, &found.info, input, 0, &mut |text| {
                settings.progress.add(text.len() as u64);
                zip.write_all(jwts(&anonymizer.text(text)).as_bytes())
            })?;
            outcome.problems.extend(meter.problems());
            outcome.written += 1;
        }
    }
    zip.set_comment(COPY_MARK).map_err(io::Error::other)?;
    zip.finish().map_err(io::Error::other)?.flush()?;
    outcome.problems.extend(discovery.problems.iter().cloned());
    for problem in &mut outcome.problems {
        if let Some(source) = &mut problem.source {
            *source = anonymizer.path(source);
        }
        problem.text.en = anonymizer.text(&problem.text.en).into_owned();
        problem.text.de = anonymizer.text(&problem.text.de).into_owned();
    }
    outcome
        .problems
        .sort_by(|a, b| (&a.source, a.line, &a.text.en).cmp(&(&b.source, b.line, &b.text.en)));
    let binaries = discovery.binaries.iter();
    outcome.left_out = binaries
        .map(|found| anonymizer.path(&found.info.path))
        .collect();
    Ok(outcome)
}

/// Times as the original has them: a wall clock as such, an instant as both.
fn options(settings: &Settings<'_>, found: &Found) -> FullFileOptions<'static, 'static> {
    let info = &found.info;
    let wall = info.modified_local.or_else(|| {
        let nanos = settings.zone.wall(info.modified?);
        Some(chrono::DateTime::from_timestamp_nanos(nanos).naive_utc())
    });
    let time = wall.and_then(|t| {
        let year = u16::try_from(t.year()).ok()?;
        zip::DateTime::from_date_and_time(
            year,
            t.month() as u8,
            t.day() as u8,
            t.hour() as u8,
            t.minute() as u8,
            t.second() as u8,
        )
        .ok()
    });
    let mut options = FullFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .large_file(info.bytes.is_none_or(|bytes| bytes > LARGE))
        .last_modified_time(time.unwrap_or_default());
    let seconds = info
        .modified
        .and_then(|nanos| u32::try_from(nanos.div_euclid(1_000_000_000)).ok());
    if let Some(seconds) = seconds {
        let mut field = vec![1];
        field.extend_from_slice(&seconds.to_le_bytes());
        // Without the field the wall clock has to do.
        let _ = options.add_extra_field(UNIX_TIME, field, false);
    }
    options
}

/// Names of members: paths below the folder that all sources share, anonymised; each once.
fn member_names(
    settings: &Settings<'_>,
    discovery: &Discovery,
    anonymizer: &Anonymizer,
) -> Vec<String> {
    let chain = &settings.catalog.chain;
    let programs: Vec<ProgramNames> = chain
        .programs
        .iter()
        .map(|p| ProgramNames {
            id: p.id.clone(),
            files: p.files.clone(),
        })
        .collect();
    let paths: Vec<Vec<String>> = discovery
        .sources
        .iter()
        .map(|found| parts(&anonymizer.path(&found.info.path)))
        .collect();
    let shared = shared_folders(&paths);
    let mut taken = HashSet::new();
    let mut names = Vec::new();
    for (found, parts) in discovery.sources.iter().zip(&paths) {
        let folders: Vec<String> = parts[..parts.len() - 1]
            .iter()
            .skip(shared)
            .map(|part| plain(part))
            .collect();
        let name = file_name(found, anonymizer, &programs);
        let mut at = 1;
        let free = loop {
            let mut all = folders.clone();
            if at > 1 {
                all.push(at.to_string());
            }
            all.push(name.clone());
            let path = all.join("/");
            if taken.insert(path.to_lowercase()) {
                break path;
            }
            at += 1;
        };
        names.push(free);
    }
    names
}

/// The parts of a shown path; an archive is a folder.
fn parts(path: &str) -> Vec<String> {
    let (folder, name) = split_path(path);
    let mut parts: Vec<String> = folder
        .split('/')
        .flat_map(archive_parts)
        .filter(|part| !part.is_empty() && part != "." && part != "..")
        .map(|part| part.trim_end_matches(':').to_owned())
        .collect();
    parts.push(if name == "-" {
        "standard-input.log".into()
    } else {
        name.to_owned()
    });
    parts
}

fn archive_parts(part: &str) -> Vec<String> {
    let (folder, name) = split_path(part);
    if folder.is_empty() {
        return vec![name.to_owned()];
    }
    let mut parts = archive_parts(folder);
    parts.push(name.to_owned());
    parts
}

/// How many folders all paths share; a profile's folder is kept, because it tells whose traces these are.
fn shared_folders(paths: &[Vec<String>]) -> usize {
    let Some(first) = paths.first() else { return 0 };
    let shared = (0..first.len() - 1)
        .take_while(|&i| {
            paths
                .iter()
                .all(|path| i < path.len() - 1 && path[i] == first[i])
        })
        .count();
    let profile = first[..shared].iter().position(|part| {
        part.eq_ignore_ascii_case("users") || part.eq_ignore_ascii_case("benutzer")
    });
    profile.unwrap_or(shared)
}

/// A part of a path that any system takes.
fn plain(part: &str) -> String {
    part.chars()
        .map(|c| {
            if c.is_control() || r#"\:*?"<>|"#.contains(c) {
                '_'
            } else {
                c
            }
        })
        .collect()
}

/// The file's name without identities; program and stamp stay what they are to whoever reads it.
fn file_name(found: &Found, anonymizer: &Anonymizer, programs: &[ProgramNames]) -> String {
    let info = &found.info;
    let name = if info.name == "-" {
        "standard-input.log"
    } else {
        info.name.as_str()
    };
    let mut anonymised = plain(&anonymizer.path(name));
    if found.kind == Kind::EventLog {
        // What is copied of an event log is its text, a line for each event.
        anonymised.push_str(".jsonl");
    }
    if program_of(&anonymised, programs) == info.program && name_stamp(&anonymised) == info.named {
        return anonymised;
    }
    let program = programs
        .iter()
        .find(|p| Some(&p.id) == info.program.as_ref());
    let mut name = program
        .and_then(|p| p.files.first())
        .map_or("trace", String::as_str)
        .to_owned();
    if let Some(named) = &info.named {
        name.push_str(&named.date.format("-%Y%m%d").to_string());
        if let Some(time) = named.time {
            name.push_str(&time.format("-%H%M%S").to_string());
        }
        if let Some(index) = named.index {
            name.push('-');
            name.push_str(&index.to_string());
        }
    }
    name + ".log"
}

/// Gives a source's text piece by piece. A piece ends before a record, so that secrets over several lines are seen whole;
/// memory holds one piece. `from`: where to begin in a file, at the next line.
fn pieces(
    settings: &Settings<'_>,
    info: &SourceInfo,
    input: Input,
    from: u64,
    each: &mut dyn FnMut(&str) -> io::Result<()>,
) -> io::Result<()> {
    let (layout, _) = settings.layout_of(info, &input);
    let encoding = input.encoding;
    let is_file = matches!(input.access, Access::Random(_));
    let mut reader: Box<dyn Read> = match input.access {
        Access::Stream(reader) => reader,
        Access::Random(file) => Box::new(FromStart {
            at: from.saturating_sub(1).min(file.len()),
            file,
        }),
    };
    let mut bytes = Vec::new();
    let mut wanted = PIECE;
    if from > 0 && is_file {
        (&mut reader).take(PIECE as u64).read_to_end(&mut bytes)?;
        // Half a line would be read as something else.
        let line = memchr::memchr(b'\n', &bytes).map_or(bytes.len(), |feed| feed + 1);
        bytes.drain(..line);
    }
    loop {
        let missing = wanted.saturating_sub(bytes.len()) as u64;
        let read = (&mut reader)
            .take(missing)
            .read_to_end(&mut bytes)
            .unwrap_or(0);
        if (read as u64) < missing {
            return each(&text_of(&bytes, encoding));
        }
        let Some(end) = border(&layout, &bytes) else {
            wanted = bytes.len() + PIECE;
            continue;
        };
        each(&text_of(&bytes[..end], encoding))?;
        bytes.drain(..end);
        wanted = bytes.len() + PIECE;
    }
}

struct FromStart {
    file: decode::RandomFile,
    at: u64,
}

impl Read for FromStart {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(self.at, buf)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// Where a piece may end; `None` if more has to be read first.
fn border(layout: &Layout, bytes: &[u8]) -> Option<usize> {
    let mut next = memchr::memrchr(b'\n', bytes);
    for _ in 0..TRIED {
        let Some(end) = next else { break };
        let Some(start) = memchr::memrchr(b'\n', &bytes[..end]).map(|feed| feed + 1) else {
            break;
        };
        let line = &bytes[start..end];
        // A line without a blank may be the rest of something that was wrapped.
        let whole = line.contains(&b' ') && layout.read(head_of(line)).is_some();
        if whole && !inside_key(&bytes[..start]) {
            return Some(start);
        }
        next = Some(start - 1);
    }
    if bytes.len() < MOST {
        return None;
    }
    let end = memchr::memrchr(b'\n', bytes)
        .or_else(|| memchr::memrchr(b' ', bytes))
        .map(|at| at + 1);
    end.or_else(|| {
        // Not inside a character.
        let start = bytes.len() - bytes.len().min(4);
        Some(
            bytes[start..]
                .iter()
                .rposition(|b| b & 0xc0 != 0x80)
                .map_or(bytes.len(), |at| start + at),
        )
    })
}

/// True if a PEM block has begun and not ended.
fn inside_key(bytes: &[u8]) -> bool {
    let begin = memchr::memmem::rfind(bytes, b"-----BEGIN");
    begin.is_some_and(|at| memchr::memmem::find(&bytes[at..], b"-----END").is_none())
}

/// Decoded as the analysis does it: line by line where something is not UTF-8.
fn text_of(bytes: &[u8], encoding: Encoding) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    bytes
        .split_inclusive(|b| *b == b'\n')
        .map(|line| show(line, encoding))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_a_folder_and_shared_folders_go() {
        assert_eq!(
            parts("/a/t.zip!Users/anna/M.log"),
            ["a", "t.zip", "Users", "anna", "M.log"]
        );
        assert_eq!(parts("C:/x/SwyxIt!-1.log"), ["C", "x", "SwyxIt!-1.log"]);
        let paths = [parts("/a/b/c/x.log"), parts("/a/b/d/y.log")];
        assert_eq!(shared_folders(&paths), 2);
        assert_eq!(shared_folders(&[parts("/C/Users/anna/Traces/x.log")]), 1);
    }

    #[test]
    fn a_piece_ends_before_a_record_and_never_inside_a_key() {
        let layout = Layout::plain(Vec::new());
        let text = b"one two\nthree four\nfive six\npart";
        assert_eq!(border(&layout, text), Some(19));
        let text = b"one two\n-----BEGIN X-----\na b\nc d\n";
        assert_eq!(border(&layout, text), Some(8));
    }
}
