//! Zip: the directory is read by the zip crate; members are unpacked from their place in the file, each on its own.

use std::io::{self, BufReader};

use chrono::{NaiveDate, NaiveDateTime};
use zip::result::ZipError;
use zip::{CompressionMethod, ExtraField, ZipArchive, ZipReadOptions};

use super::super::DiscoverOptions;
use super::guard::{Guard, Promise};
use super::method::Method;
use super::section::Section;
use super::{Member, Met, Reach, Step, Visit, spawn, trouble, zip_rescue};

/// Where a member stands in its archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in super::super) struct Place {
    /// Position in the directory.
    pub(super) index: u32,
    /// First byte of the packed data.
    pub(super) start: u64,
    /// Bytes of packed data.
    pub(super) packed: u64,
    /// Bytes of content, where they are known.
    pub(super) size: Option<u64>,
    /// Packing method by its number.
    pub(super) method: u16,
    /// Checksum of the content, where it is known.
    pub(super) crc: Option<u32>,
    /// True if it needs a password.
    pub(super) encrypted: bool,
}

impl Place {
    /// True if its bytes stand in the archive as they are.
    pub(in super::super) const fn is_plain(&self) -> bool {
        self.method == 0 && !self.encrypted
    }
}

/// `PPMd`, which only the zip crate reads here.
const PPMD: u16 = 98;

pub(super) fn walk(
    section: &Section,
    options: &DiscoverOptions,
    visit: &mut Visit<'_>,
) -> io::Result<()> {
    let mut archive = match ZipArchive::new(BufReader::new(section.clone())) {
        Ok(archive) => archive,
        Err(ZipError::Io(error)) if error.kind() != io::ErrorKind::UnexpectedEof => {
            return Err(error);
        }
        Err(_) => return zip_rescue::walk(section, options, visit),
    };
    for index in 0..archive.len() {
        let member = match member(&mut archive, index) {
            Ok(None) => continue,
            Ok(Some(member)) => member,
            Err(error) => {
                let name = archive
                    .name_for_index(index)
                    .and_then(Result::ok)
                    .unwrap_or_default();
                let remark = trouble::said(
                    format!("its member {name} cannot be found: {error}"),
                    format!("ihr Eintrag {name} ist nicht zu finden: {error}"),
                );
                if !visit(Met::Remark(remark)) {
                    return Ok(());
                }
                continue;
            }
        };
        let Step::Zip(place) = member.step else {
            continue;
        };
        let bytes = open(section.clone(), place, options).map(Reach::into_bytes);
        if !visit(Met::Member(member, bytes)) {
            return Ok(());
        }
    }
    Ok(())
}

fn member(
    archive: &mut ZipArchive<BufReader<Section>>,
    index: usize,
) -> Result<Option<Member>, ZipError> {
    let file = archive.by_index_raw(index)?;
    if file.is_dir() || file.is_symlink() {
        return Ok(None);
    }
    let name = file.name().map_or_else(
        |_| String::from_utf8_lossy(file.name_raw()).into_owned(),
        std::borrow::Cow::into_owned,
    );
    let place = Place {
        index: index as u32,
        start: file.data_start().ok_or(ZipError::FileNotFound)?,
        packed: file.compressed_size(),
        size: Some(file.size()),
        method: number(file.compression()),
        crc: Some(file.crc32()),
        encrypted: file.encrypted(),
    };
    let mut modified = None;
    for field in file.extra_data_fields() {
        match field {
            ExtraField::ExtendedTimestamp(times) => {
                modified = modified.or(times.mod_time().map(|t| i64::from(t) * 1_000_000_000));
            }
            ExtraField::Ntfs(times) => {
                modified = super::sevenz::from_windows(times.mtime()).or(modified);
            }
            _ => {}
        }
    }
    let local = file
        .last_modified()
        .and_then(|t| from_dos(t.datepart(), t.timepart()));
    Ok(Some(Member {
        step: Step::Zip(place),
        name,
        size: Some(file.size()),
        modified,
        modified_local: local,
    }))
}

/// The crate names some methods and numbers the rest; here all go by number.
#[expect(
    deprecated,
    reason = "the only way to the number of a method that the crate does not name"
)]
fn number(method: CompressionMethod) -> u16 {
    method.to_u16()
}

/// MS-DOS times have no zone; the clock on the wall of who packed it.
pub(super) fn from_dos(date: u16, time: u16) -> Option<NaiveDateTime> {
    let (date, time) = (u32::from(date), u32::from(time));
    NaiveDate::from_ymd_opt(1980 + (date >> 9) as i32, (date >> 5) & 15, date & 31)?.and_hms_opt(
        time >> 11,
        (time >> 5) & 63,
        (time & 31) * 2,
    )
}

/// The content of a member.
pub(super) fn open(section: Section, place: Place, options: &DiscoverOptions) -> io::Result<Reach> {
    if place.encrypted && options.password.is_none() {
        return Err(trouble::password_needed());
    }
    if place.encrypted || place.method == PPMD {
        return lent(section, place, options);
    }
    let raw = section.part(place.start, place.packed);
    if place.method == 0 && raw.len() == place.packed {
        return Ok(Reach::Section(raw));
    }
    let promise = promise(place);
    let content = Method::new(place.method, raw, place.size, options.limits)?;
    Ok(Reach::Stream(Box::new(Guard::new(
        content,
        promise,
        options.limits,
    ))))
}

fn promise(place: Place) -> Promise {
    Promise {
        packed: place.packed,
        size: place.size,
        crc: place.crc,
    }
}

/// What only the zip crate reads comes through a thread, because its readers cannot leave the archive.
fn lent(section: Section, place: Place, options: &DiscoverOptions) -> io::Result<Reach> {
    let options = options.clone();
    // A wrong password is told at once, not when the member is read.
    if let Some(password) = options.password.as_deref().filter(|_| place.encrypted) {
        let mut archive = ZipArchive::new(BufReader::new(section.clone())).map_err(told)?;
        archive
            .by_index_decrypt(place.index as usize, password.as_bytes())
            .map_err(told)?;
    }
    let members = spawn(move |sink| {
        let mut archive = ZipArchive::new(BufReader::new(section)).map_err(told)?;
        let password = options.password.as_deref().map(str::as_bytes);
        let read = ZipReadOptions::new().password(password);
        let file = archive
            .by_index_with_options(place.index as usize, read)
            .map_err(told)?;
        // AES members have no checksum of their own: AE-2 leaves it zero, and the crate checks the code behind them.
        let promise = Promise {
            crc: None,
            ..promise(place)
        };
        sink.member(0, Ok(Guard::new(file, promise, options.limits)));
        Ok(())
    });
    Ok(Reach::Stream(members.only()))
}

fn told(error: ZipError) -> io::Error {
    match error {
        ZipError::InvalidPassword => trouble::wrong_password(),
        ZipError::CompressionMethodNotSupported(number) => {
            trouble::unsupported(&format!("zip method {number}"))
        }
        ZipError::UnsupportedArchive(what) => trouble::unsupported(what),
        ZipError::Io(error) => error,
        other => io::Error::other(other.to_string()),
    }
}
