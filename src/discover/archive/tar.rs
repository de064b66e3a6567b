//! Tar: headers and members in turn. In a plain tar every member is a part of the file; in a packed one they come by.

use std::io::{self, Read};

use ::tar::{Archive, Entry, EntryType};

use super::super::{DiscoverOptions, Limits, shown};
use super::guard::{Guard, Promise};
use super::{Bytes, Member, Met, Step, Visit, trouble};

/// Where a member stands in its archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in super::super) struct Place {
    pub(super) offset: u64,
    pub(super) size: u64,
}

pub(super) fn walk(bytes: Bytes<'_>, _: &DiscoverOptions, visit: &mut Visit<'_>) -> io::Result<()> {
    match bytes {
        Bytes::Section(section) => {
            let whole = section.clone();
            let mut archive = Archive::new(section);
            for entry in archive.entries_with_seek()? {
                let mut entry = entry?;
                let Some((member, place)) = member(&mut entry, visit) else {
                    continue;
                };
                let part = whole.part(place.offset, place.size);
                let cut = part.len() < place.size;
                if !visit(Met::Member(member, Ok(Bytes::Section(part)))) {
                    return Ok(());
                }
                if cut {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        }
        Bytes::Stream(stream) => {
            let mut archive = Archive::new(stream);
            for entry in archive.entries()? {
                let mut entry = entry?;
                let Some((member, place)) = member(&mut entry, visit) else {
                    continue;
                };
                let promised = promised(entry, place);
                if !visit(Met::Member(member, Ok(Bytes::Stream(Box::new(promised))))) {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

fn member<R: Read>(entry: &mut Entry<'_, R>, visit: &mut Visit<'_>) -> Option<(Member, Place)> {
    let kind = entry.header().entry_type();
    let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
    if kind != EntryType::Regular && kind != EntryType::Continuous {
        if kind != EntryType::Directory {
            let name = shown::member(&name);
            visit(Met::Remark(trouble::said(
                format!("its member {name} is a link or special file; not read"),
                format!("ihr Eintrag {name} ist ein Verweis oder eine Sonderdatei; nicht gelesen"),
            )));
        }
        return None;
    }
    let place = Place {
        offset: entry.raw_file_position(),
        size: entry.size(),
    };
    let seconds = entry.header().mtime().ok().filter(|seconds| *seconds > 0);
    let member = Member {
        step: Step::Tar(place),
        name,
        size: Some(place.size),
        modified: seconds.and_then(|s| i64::try_from(s).ok()?.checked_mul(1_000_000_000)),
        modified_local: None,
    };
    Some((member, place))
}

/// A member that ends early is cut short, not done. The limits are watched by the stream around it.
fn promised<R: Read>(content: R, place: Place) -> Guard<R> {
    let promise = Promise {
        packed: u64::MAX,
        size: Some(place.size),
        crc: None,
    };
    let limits = Limits {
        bytes: u64::MAX,
        ..Limits::default()
    };
    Guard::new(content, promise, limits)
}

/// The member of a tar that comes by.
pub(super) fn open(
    mut stream: Box<dyn Read + Send>,
    place: Place,
) -> io::Result<Box<dyn Read + Send>> {
    io::copy(&mut (&mut stream).take(place.offset), &mut io::sink())?;
    Ok(Box::new(promised(stream.take(place.size), place)))
}
