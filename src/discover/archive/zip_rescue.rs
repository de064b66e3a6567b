//! A zip without its directory (a download that broke off): members are found by their own headers.

use std::io;

use super::super::DiscoverOptions;
use super::section::Section;
use super::zip::{Place, from_dos, open};
use super::{Member, Met, Reach, Step, Visit, trouble};

const LOCAL: &[u8; 4] = b"PK\x03\x04";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const DESCRIPTOR: &[u8; 4] = b"PK\x07\x08";
const HEADER: usize = 30;
/// Bytes searched at a time.
const WINDOW: usize = 256 << 10;

pub(super) fn walk(
    section: &Section,
    options: &DiscoverOptions,
    visit: &mut Visit<'_>,
) -> io::Result<()> {
    let mut at = 0;
    let mut index = 0;
    while let Some((found, magic)) = search(section, at, &[LOCAL, CENTRAL])? {
        if magic == CENTRAL {
            break;
        }
        let Some((member, place, next)) = header(section, found, index)? else {
            at = found + 4;
            continue;
        };
        at = next;
        index += 1;
        if member.name.ends_with('/') {
            continue;
        }
        let bytes = open(section.clone(), place, options).map(Reach::into_bytes);
        if !visit(Met::Member(member, bytes)) {
            return Ok(());
        }
    }
    Err(trouble::said(
        format!(
            "the archive is damaged or cut short: its directory is missing; {index} members were found by their own \
             headers, others may be lost"
        ),
        format!(
            "das Archiv ist beschädigt oder abgeschnitten: sein Verzeichnis fehlt; {index} Einträge wurden an ihren \
             eigenen Köpfen erkannt, weitere können verloren sein"
        ),
    ))
}

/// Reads the header at `at`; gives the member and where the next one may start.
fn header(section: &Section, at: u64, index: u32) -> io::Result<Option<(Member, Place, u64)>> {
    let mut head = [0; HEADER];
    if section.fill_at(at, &mut head)? < HEADER {
        return Ok(None);
    }
    let half = |i: usize| u16::from_le_bytes([head[i], head[i + 1]]);
    let word = |i: usize| u32::from_le_bytes([head[i], head[i + 1], head[i + 2], head[i + 3]]);
    let (flags, method) = (half(6), half(8));
    let mut rest = vec![0; usize::from(half(26)) + usize::from(half(28))];
    if section.fill_at(at + HEADER as u64, &mut rest)? < rest.len() {
        return Ok(None);
    }
    let (name, extra) = rest.split_at(usize::from(half(26)));
    let start = at + (HEADER + rest.len()) as u64;
    let (mut packed, mut size, mut crc) = (
        u64::from(word(18)),
        Some(u64::from(word(22))),
        Some(word(14)),
    );
    if packed == u64::from(u32::MAX) || size == Some(u64::from(u32::MAX)) {
        (packed, size) = zip64(extra).map_or((packed, size), |(packed, size)| (packed, Some(size)));
    }
    // Written by a program that could not go back: the sizes stand behind the data.
    if flags & 8 != 0 && packed == 0 {
        (packed, size, crc) = described(section, start)?;
    }
    let place = Place {
        index,
        start,
        packed,
        size,
        method,
        crc,
        encrypted: flags & 1 != 0,
    };
    let member = Member {
        step: Step::Zip(place),
        name: String::from_utf8_lossy(name).into_owned(),
        size,
        modified: None,
        modified_local: from_dos(half(12), half(10)),
    };
    Ok(Some((member, place, start.saturating_add(packed))))
}

/// Packed and unpacked size in the zip64 field of a local header, which holds both.
fn zip64(mut extra: &[u8]) -> Option<(u64, u64)> {
    while let [a, b, c, d, rest @ ..] = extra {
        let length = usize::from(u16::from_le_bytes([*c, *d]));
        let field = rest.get(..length)?;
        if [*a, *b] == [1, 0] {
            let size = u64::from_le_bytes(field.get(..8)?.try_into().ok()?);
            let packed = u64::from_le_bytes(field.get(8..16)?.try_into().ok()?);
            return Some((packed, size));
        }
        extra = &rest[length..];
    }
    None
}

type Described = (u64, Option<u64>, Option<u32>);

/// Looks for the description behind the data: it is the one whose packed size is its distance. Without one the data
/// goes on to the next header, or to the end of what is there.
fn described(section: &Section, start: u64) -> io::Result<Described> {
    let mut at = start;
    while let Some((found, magic)) = search(section, at, &[DESCRIPTOR, LOCAL, CENTRAL])? {
        // The magic of a description may be left out.
        let from = if magic == DESCRIPTOR {
            found + 4
        } else {
            found.saturating_sub(12).max(start)
        };
        let data = if magic == DESCRIPTOR { found } else { from } - start;
        let mut bytes = [0; 20];
        let read = section.fill_at(from, &mut bytes)?;
        let word =
            |i: usize| u32::from_le_bytes([bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]]);
        if read >= 12 && u64::from(word(4)) == data {
            return Ok((data, Some(u64::from(word(8))), Some(word(0))));
        }
        let long = |i: usize| u64::from(word(i)) | u64::from(word(i + 4)) << 32;
        if read == 20 && magic == DESCRIPTOR && long(4) == data {
            return Ok((data, Some(long(12)), Some(word(0))));
        }
        at = found + 4;
    }
    Ok((section.len().saturating_sub(start), None, None))
}

/// The first place at or after `from` where one of the magics stands.
fn search(
    section: &Section,
    from: u64,
    magics: &[&'static [u8; 4]],
) -> io::Result<Option<(u64, &'static [u8; 4])>> {
    let mut at = from;
    let mut window = vec![0; WINDOW];
    loop {
        let read = section.fill_at(at, &mut window)?;
        let bytes = &window[..read];
        let hit = memchr::memmem::find_iter(bytes, b"PK").find_map(|i| {
            let here = bytes.get(i..i + 4)?;
            let magic = magics.iter().find(|magic| **magic == here)?;
            Some((at + i as u64, *magic))
        });
        if hit.is_some() || read < WINDOW {
            return Ok(hit);
        }
        // The last three bytes may begin a magic.
        at += (read - 3) as u64;
    }
}
