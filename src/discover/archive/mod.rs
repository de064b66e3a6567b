//! Archives and packed files: what is in them, and how to get at one member. Nothing is ever written to disk.
//!
//! A member is reached by [`Step`]s from the file on disk: each takes bytes and gives bytes. Bytes are a [`Section`]
//! (any part at once) as long as possible, because then members can be read side by side; else a stream.

mod cab;
mod guard;
mod method;
mod packed;
mod pipe;
mod section;
mod sevenz;
mod tar;
mod trouble;
mod zip;
mod zip_rescue;

use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::NaiveDateTime;

use super::{DiscoverOptions, Format};
pub(super) use guard::Told;
pub(super) use packed::Unpacked;
pub(super) use pipe::{Members, Sink, spawn};
pub(super) use section::Section;
pub use trouble::is_password_wanted;
pub(super) use trouble::{said, text_of};

/// From the bytes of a container to those of one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Step {
    /// The content of a packed file.
    Packed(Format),
    /// A member of a zip.
    Zip(zip::Place),
    /// Bytes of a tar.
    Tar(tar::Place),
    /// A member of a 7z.
    SevenZip(sevenz::Place),
    /// A member of a cabinet.
    Cab(cab::Place),
}

impl Step {
    /// The format of the container that the step goes into.
    pub(super) const fn format(&self) -> Format {
        match self {
            Self::Packed(format) => *format,
            Self::Zip(_) => Format::Zip,
            Self::Tar(_) => Format::Tar,
            Self::SevenZip(_) => Format::SevenZip,
            Self::Cab(_) => Format::Cab,
        }
    }
}

impl Format {
    /// True for a packed file, which has one nameless content.
    pub(super) const fn is_packed(self) -> bool {
        matches!(self, Self::Gzip | Self::Bzip2 | Self::Xz | Self::Zstd)
    }
}

/// What an archive says of one member.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) step: Step,
    pub(super) name: String,
    pub(super) size: Option<u64>,
    pub(super) modified: Option<i64>,
    pub(super) modified_local: Option<NaiveDateTime>,
}

/// The bytes of a container or member.
pub(super) enum Bytes<'a> {
    /// Any part can be read at once.
    Section(Section),
    /// From front to back.
    Stream(Box<dyn Read + 'a>),
}

impl<'a> Bytes<'a> {
    /// The bytes from front to back.
    pub(super) fn into_reader(self) -> Box<dyn Read + 'a> {
        match self {
            Self::Section(section) => Box::new(section),
            Self::Stream(stream) => stream,
        }
    }

    /// The bytes as a section; a stream is held in memory, up to the limit.
    pub(super) fn into_section(self, options: &DiscoverOptions) -> io::Result<Section> {
        match self {
            Self::Section(section) => Ok(section),
            Self::Stream(stream) => Section::buffered(stream, options.limits.nested),
        }
    }
}

/// What is met on a walk through an archive.
pub(super) enum Met<'a> {
    /// A member; bytes that cannot be had are an error.
    Member(Member, io::Result<Bytes<'a>>),
    /// Something to say about the archive; the walk goes on.
    Remark(io::Error),
}

/// Gets each thing that is met; false ends the walk.
pub(super) type Visit<'v> = dyn FnMut(Met<'_>) -> bool + 'v;

/// Goes through an archive in its order. With `only`, it goes through the block or folder of that member and no other.
/// An error means that the rest of it cannot be read.
pub(super) fn walk(
    format: Format,
    only: Option<Step>,
    bytes: Bytes<'_>,
    options: &DiscoverOptions,
    visit: &mut Visit<'_>,
) -> io::Result<()> {
    // Decoders of old formats have assertions that hostile input can reach. A panic in one is a damaged archive.
    catch_unwind(AssertUnwindSafe(|| match format {
        Format::Zip => zip::walk(&bytes.into_section(options)?, options, visit),
        Format::SevenZip => {
            let only = only.and_then(|step| {
                if let Step::SevenZip(place) = step {
                    Some(place)
                } else {
                    None
                }
            });
            sevenz::walk(&bytes.into_section(options)?, only, options, visit)
        }
        Format::Cab => {
            let only = only.and_then(|step| {
                if let Step::Cab(place) = step {
                    Some(place)
                } else {
                    None
                }
            });
            cab::walk(&bytes.into_section(options)?, only, options, visit)
        }
        Format::Tar => tar::walk(bytes, options, visit),
        Format::Gzip | Format::Bzip2 | Format::Xz | Format::Zstd => {
            let stream = Unpacked::new(format, bytes.into_reader(), options.limits);
            let member = Member {
                step: Step::Packed(format),
                name: String::new(),
                size: None,
                modified: None,
                modified_local: None,
            };
            visit(Met::Member(member, Ok(Bytes::Stream(Box::new(stream)))));
            Ok(())
        }
    }))
    .unwrap_or_else(|_| Err(trouble::damaged()))
}

/// The bytes of an archive that can be sent to the thread that reads them.
pub(super) enum Reach {
    /// Any part can be read at once.
    Section(Section),
    /// From front to back.
    Stream(Box<dyn Read + Send>),
}

impl Reach {
    pub(super) fn into_bytes(self) -> Bytes<'static> {
        match self {
            Self::Section(section) => Bytes::Section(section),
            Self::Stream(stream) => Bytes::Stream(stream),
        }
    }

    fn into_section(self, options: &DiscoverOptions) -> io::Result<Section> {
        self.into_bytes().into_section(options)
    }

    /// Takes one step. Members of 7z and cabinets come through a thread, whose decoder gives them on loan only.
    pub(super) fn step(self, step: Step, options: &DiscoverOptions) -> io::Result<Self> {
        match step {
            Step::Packed(format) => {
                let limits = options.limits;
                Ok(Self::Stream(match self {
                    Self::Section(section) => Box::new(Unpacked::new(format, section, limits)),
                    Self::Stream(stream) => Box::new(Unpacked::new(format, stream, limits)),
                }))
            }
            Step::Zip(place) => zip::open(self.into_section(options)?, place, options),
            Step::Tar(place) => match self {
                Self::Section(section) => Ok(Self::Section(section.part(place.offset, place.size))),
                Self::Stream(stream) => tar::open(stream, place).map(Self::Stream),
            },
            Step::SevenZip(_) | Step::Cab(_) => {
                let section = self.into_section(options)?;
                Ok(Self::Stream(one_of(section, step, options)))
            }
        }
    }
}

/// The one member, read by a thread.
fn one_of(section: Section, step: Step, options: &DiscoverOptions) -> Box<dyn Read + Send> {
    let options = options.clone();
    let members = spawn(move |sink| {
        let mut visit = |met: Met<'_>| match met {
            Met::Member(member, bytes) if member.step == step => {
                sink.member(0, bytes.map(Bytes::into_reader));
                false
            }
            _ => true,
        };
        walk(
            step.format(),
            Some(step),
            Bytes::Section(section),
            &options,
            &mut visit,
        )
    });
    members.only()
}
