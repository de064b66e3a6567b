//! 7z: members stand in blocks, and a block is unpacked from its start.

use std::io::{self, BufReader, Read};

use sevenz_rust2::{Archive, ArchiveEntry, BlockDecoder, Error, Password};

use super::super::DiscoverOptions;
use super::guard::{Guard, Promise};
use super::packed::DICTIONARY;
use super::section::Section;
use super::{Bytes, Member, Met, Step, Visit, trouble};

/// Where a member stands in its archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in super::super) struct Place {
    /// The block; `None` for an empty file.
    pub(in super::super) block: Option<u32>,
    /// Position among all files.
    pub(super) index: u32,
}

/// What a decoder may take, in KiB.
const MEMORY: usize = (DICTIONARY >> 10) as usize;

/// Walks all of it, or only the block of one member.
pub(super) fn walk(
    section: &Section,
    only: Option<Place>,
    options: &DiscoverOptions,
    visit: &mut Visit<'_>,
) -> io::Result<()> {
    let password = options
        .password
        .as_deref()
        .map_or_else(Password::empty, Password::from);
    let mut source = BufReader::with_capacity(64 << 10, section.clone());
    let archive = Archive::read_with_memory_limit(&mut source, &password, MEMORY)
        .map_err(|e| told(e, options))?;
    let blocks = 0..archive.blocks.len();
    for block in blocks.filter(|block| only.is_none_or(|place| place.block == Some(*block as u32)))
    {
        let mut index = archive.stream_map.block_first_file_index[block];
        let mut went_on = true;
        let packed = section.len();
        let decoder =
            BlockDecoder::new_with_memory_limit(1, MEMORY, block, &archive, &password, &mut source);
        let result = decoder.for_each_entries(&mut |entry, content| {
            went_on = one(entry, Some(block), index, packed, options, content, visit)?;
            index += 1;
            Ok(went_on)
        });
        if let Err(error) = result {
            let error = told(error, options);
            // Blocks do not depend on each other.
            went_on = visit(Met::Remark(error));
        }
        if !went_on {
            return Ok(());
        }
    }
    for (index, entry) in archive.files.iter().enumerate() {
        let wanted = only.is_none_or(|place| place.block.is_none());
        let empty = archive
            .stream_map
            .file_block_index
            .get(index)
            .is_none_or(Option::is_none);
        if wanted && empty && !one(entry, None, index, 0, options, &mut io::empty(), visit)? {
            return Ok(());
        }
    }
    Ok(())
}

fn one(
    entry: &ArchiveEntry,
    block: Option<usize>,
    index: usize,
    packed: u64,
    options: &DiscoverOptions,
    content: &mut dyn Read,
    visit: &mut Visit<'_>,
) -> io::Result<bool> {
    if entry.is_directory() || entry.is_anti_item() {
        return Ok(true);
    }
    let place = Place {
        block: block.map(|block| block as u32),
        index: index as u32,
    };
    let modified = entry
        .has_last_modified_date
        .then(|| from_windows(entry.last_modified_date().into()))
        .flatten();
    let member = Member {
        step: Step::SevenZip(place),
        name: entry.name().to_owned(),
        size: Some(entry.size()),
        modified,
        modified_local: None,
    };
    let promise = Promise {
        packed,
        size: Some(entry.size()),
        crc: None,
    };
    let guard = Guard::new(&mut *content, promise, options.limits);
    if !visit(Met::Member(member, Ok(Bytes::Stream(Box::new(guard))))) {
        return Ok(false);
    }
    // The next member starts where this one ends.
    io::copy(content, &mut io::sink())?;
    Ok(true)
}

fn told(error: Error, options: &DiscoverOptions) -> io::Error {
    match error {
        Error::PasswordRequired => trouble::password_needed(),
        Error::MaybeBadPassword(_) if options.password.is_none() => trouble::password_needed(),
        Error::MaybeBadPassword(_) => trouble::wrong_password(),
        Error::UnsupportedCompressionMethod(method) => trouble::unsupported(&method),
        Error::Unsupported(what) => trouble::unsupported(&what),
        Error::MaxMemLimited { actaul_kb, .. } => trouble::dictionary(actaul_kb as u64 * 1024),
        Error::Io(error, _) => error,
        other => io::Error::other(other.to_string()),
    }
}

/// Nanoseconds since 1970 of a Windows file time (tenths of microseconds since 1601).
pub(super) fn from_windows(time: u64) -> Option<i64> {
    let since_1970 = i64::try_from(time).ok()? - 116_444_736_000_000_000;
    since_1970.checked_mul(100).filter(|_| time != 0)
}
