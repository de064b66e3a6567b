//! Cabinets (MS-CAB). The `cab` crate finds a member by unpacking its folder from the start for each one; a cabinet of
//! traces is one long folder, so it is read here in one go. The unpacking is done by flate2 and lzxd.

use std::io::{self, Read};

use lzxd::{Lzxd, WindowSize};

use super::super::DiscoverOptions;
use super::guard::{Guard, Promise};
use super::section::Section;
use super::zip::from_dos;
use super::{Bytes, Member, Met, Step, Visit, trouble};

/// Where a member stands in its archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in super::super) struct Place {
    /// The folder (a run of data packed together).
    pub(in super::super) folder: u16,
    pub(super) offset: u32,
    pub(super) size: u32,
}

struct Header {
    folders: Vec<Folder>,
    files: Vec<Member>,
}

struct Folder {
    start: u32,
    blocks: u16,
    method: u16,
    /// Bytes of padding in front of each block's data.
    reserve: u8,
}

/// Walks all of it, or only the folder of one member.
pub(super) fn walk(
    section: &Section,
    only: Option<Place>,
    options: &DiscoverOptions,
    visit: &mut Visit<'_>,
) -> io::Result<()> {
    let header = header(section)?;
    let mut problem = Ok(());
    for (number, folder) in header.folders.iter().enumerate() {
        if only.is_some_and(|place| usize::from(place.folder) != number) {
            continue;
        }
        let mut data = match FolderReader::new(section, folder) {
            Ok(data) => data,
            Err(error) => {
                problem = Err(error);
                continue;
            }
        };
        let mut at = 0;
        for (place, member) in members_of(&header.files, number) {
            // Members may overlap or stand in any order; then the folder is read again.
            if u64::from(place.offset) < at {
                data = FolderReader::new(section, folder)?;
                at = 0;
            }
            let skip = u64::from(place.offset) - at;
            let skipped = io::copy(&mut (&mut data).take(skip), &mut io::sink());
            at = u64::from(place.offset) + u64::from(place.size);
            let before = data.given;
            let bytes = match skipped {
                Ok(count) if count == skip => Ok(Bytes::Stream(Box::new(guarded(
                    &mut data, place, section, options,
                )))),
                Ok(_) => Err(io::ErrorKind::UnexpectedEof.into()),
                Err(error) => Err(error),
            };
            let lost = bytes.is_err();
            if !visit(Met::Member(member.clone(), bytes)) {
                return Ok(());
            }
            if lost {
                problem = Err(trouble::damaged());
                break;
            }
            let left = u64::from(place.size).saturating_sub(data.given - before);
            io::copy(&mut (&mut data).take(left), &mut io::sink()).ok();
        }
    }
    problem
}

fn guarded<'a>(
    data: &'a mut FolderReader,
    place: Place,
    section: &Section,
    options: &DiscoverOptions,
) -> impl Read + 'a {
    let promise = Promise {
        packed: section.len(),
        size: Some(place.size.into()),
        crc: None,
    };
    Guard::new(data.take(place.size.into()), promise, options.limits)
}

/// The members of one folder, in the order of their data.
fn members_of(files: &[Member], folder: usize) -> Vec<(Place, &Member)> {
    let mut members: Vec<(Place, &Member)> = files
        .iter()
        .filter_map(|member| match member.step {
            Step::Cab(place) if usize::from(place.folder) == folder => Some((place, member)),
            _ => None,
        })
        .collect();
    members.sort_by_key(|(place, _)| place.offset);
    members
}

/// Reads numbers and names, as far as the file goes.
struct Fields(io::BufReader<Section>);

impl Fields {
    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.0.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn half(&mut self) -> io::Result<u16> {
        self.bytes().map(u16::from_le_bytes)
    }

    fn word(&mut self) -> io::Result<u32> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn skip(&mut self, count: u64) -> io::Result<u64> {
        io::copy(&mut (&mut self.0).take(count), &mut io::sink())
    }

    fn name(&mut self) -> io::Result<Vec<u8>> {
        let mut name = Vec::new();
        loop {
            match self.bytes::<1>()? {
                [0] => return Ok(name),
                [byte] if name.len() < 256 => name.push(byte),
                _ => return Err(trouble::damaged()),
            }
        }
    }
}

fn header(section: &Section) -> io::Result<Header> {
    let mut fields = Fields(io::BufReader::new(section.clone()));
    fields.skip(16)?;
    let first_file = u64::from(fields.word()?);
    fields.skip(6)?;
    let (folders, files, flags) = (fields.half()?, fields.half()?, fields.half()?);
    fields.skip(4)?;
    let mut reserve = [0; 4];
    if flags & 4 != 0 {
        reserve = fields.bytes()?;
        fields.skip(u16::from_le_bytes([reserve[0], reserve[1]]).into())?;
    }
    // Names of the cabinet and disk before and after this one.
    for _ in 0..2 * ((flags & 1) + (flags >> 1 & 1)) {
        fields.name()?;
    }
    let folders = (0..folders)
        .map(|_| {
            let (start, blocks, method) = (fields.word()?, fields.half()?, fields.half()?);
            fields.skip(reserve[2].into())?;
            Ok(Folder {
                start,
                blocks,
                method,
                reserve: reserve[3],
            })
        })
        .collect::<io::Result<Vec<_>>>()?;
    let rest = section.part(first_file, u64::MAX);
    let mut fields = Fields(io::BufReader::new(rest));
    let files = (0..files)
        .map(|_| file(&mut fields, folders.len()))
        .collect::<io::Result<Vec<_>>>()?;
    Ok(Header { folders, files })
}

fn file(fields: &mut Fields, folders: usize) -> io::Result<Member> {
    let (size, offset, folder) = (fields.word()?, fields.word()?, fields.half()?);
    let (date, time, _attributes) = (fields.half()?, fields.half()?, fields.half()?);
    let name = fields.name()?;
    // FFFD to FFFF: continued from, or into, another cabinet of a set.
    let folder = if folder >= 0xfffd {
        folders.saturating_sub(1) as u16
    } else {
        folder
    };
    let name = match String::from_utf8(name) {
        Ok(name) => name,
        Err(bytes) => encoding_rs::WINDOWS_1252
            .decode_without_bom_handling(bytes.as_bytes())
            .0
            .into_owned(),
    };
    Ok(Member {
        step: Step::Cab(Place {
            folder,
            offset,
            size,
        }),
        name,
        size: Some(size.into()),
        modified: None,
        modified_local: from_dos(date, time),
    })
}

enum Method {
    Stored,
    MsZip(Box<flate2::Decompress>, Vec<u8>),
    Lzx(Box<Lzxd>),
}

/// The content of a folder, block by block.
struct FolderReader {
    data: io::BufReader<Section>,
    blocks: u16,
    reserve: u8,
    method: Method,
    block: io::Cursor<Vec<u8>>,
    given: u64,
}

impl FolderReader {
    fn new(section: &Section, folder: &Folder) -> io::Result<Self> {
        let method = match folder.method & 15 {
            0 => Method::Stored,
            1 => Method::MsZip(Box::new(flate2::Decompress::new(false)), Vec::new()),
            3 => Method::Lzx(Box::new(Lzxd::new(window(folder.method >> 8)?))),
            _ => return Err(trouble::unsupported("Quantum")),
        };
        Ok(Self {
            data: io::BufReader::with_capacity(
                64 << 10,
                section.part(folder.start.into(), u64::MAX),
            ),
            blocks: folder.blocks,
            reserve: folder.reserve,
            method,
            block: io::Cursor::default(),
            given: 0,
        })
    }

    fn next_block(&mut self) -> io::Result<()> {
        self.blocks -= 1;
        let mut head = [0; 8];
        self.data.read_exact(&mut head)?;
        let packed = usize::from(u16::from_le_bytes([head[4], head[5]]));
        let size = usize::from(u16::from_le_bytes([head[6], head[7]]));
        let mut bytes = vec![0; usize::from(self.reserve) + packed];
        self.data.read_exact(&mut bytes)?;
        let written = u32::from_le_bytes([head[0], head[1], head[2], head[3]]);
        if written != 0 && written != checksum(&head[4..], checksum(&bytes, 0)) {
            return Err(trouble::checksum());
        }
        let bytes = &bytes[usize::from(self.reserve)..];
        let content = match &mut self.method {
            Method::Stored => bytes.to_vec(),
            Method::MsZip(decoder, history) => mszip(decoder, history, bytes, size)?,
            Method::Lzx(decoder) => decoder
                .decompress_next(bytes, size)
                .map_err(|error| io::Error::other(error.to_string()))?
                .to_vec(),
        };
        self.block = io::Cursor::new(content);
        Ok(())
    }
}

impl Read for FolderReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.block.read(buf)?;
            if read > 0 || buf.is_empty() || self.blocks == 0 {
                self.given += read as u64;
                return Ok(read);
            }
            if let Err(error) = self.next_block() {
                // The blocks after it depend on it.
                self.blocks = 0;
                return Err(error);
            }
        }
    }
}

/// One block of MSZIP: deflate that may refer to the 32 KiB before it.
fn mszip(
    decoder: &mut flate2::Decompress,
    history: &mut Vec<u8>,
    bytes: &[u8],
    size: usize,
) -> io::Result<Vec<u8>> {
    let packed = bytes.strip_prefix(b"CK").ok_or_else(trouble::damaged)?;
    decoder.reset(false);
    if !history.is_empty() {
        decoder.set_dictionary(history).map_err(io::Error::other)?;
    }
    let mut content = Vec::with_capacity(size);
    decoder
        .decompress_vec(packed, &mut content, flate2::FlushDecompress::Finish)
        .map_err(io::Error::other)?;
    if content.len() != size {
        return Err(trouble::damaged());
    }
    history.extend_from_slice(&content);
    history.drain(..history.len().saturating_sub(32 << 10));
    Ok(content)
}

fn window(bits: u16) -> io::Result<WindowSize> {
    Ok(match bits & 31 {
        15 => WindowSize::KB32,
        16 => WindowSize::KB64,
        17 => WindowSize::KB128,
        18 => WindowSize::KB256,
        19 => WindowSize::KB512,
        20 => WindowSize::MB1,
        21 => WindowSize::MB2,
        _ => return Err(trouble::damaged()),
    })
}

/// The checksum of MS-CAB: words xored; the last bytes count the other way around.
fn checksum(bytes: &[u8], seed: u32) -> u32 {
    let words = bytes.chunks_exact(4);
    let last = words
        .remainder()
        .iter()
        .fold(0, |sum, b| sum << 8 | u32::from(*b));
    words.fold(seed ^ last, |sum, w| {
        sum ^ u32::from_le_bytes([w[0], w[1], w[2], w[3]])
    })
}
