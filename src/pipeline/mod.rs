//! Floor 5: the only place where two stages meet. Paths go in, a report comes out.

mod analyze;
mod anonymize;
mod clients;
mod clock;
mod events;
mod evidence;
mod facts;
mod follow;
mod handle;
mod layout;
mod placed;
mod quotes;
mod read;
mod signals;
mod sources;
mod tellings;
mod timeline;
mod uncatalogued;
mod window;
mod zones;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::decode::{self, Input};
use crate::discover::{Found, Kind, Opened};
use crate::grammar::Catalog;
use crate::model::{Lang, Moment};
use crate::scan::place::ZoneOf;

pub use analyze::{Outcome, analyze};
pub use anonymize::{CopyOutcome, copy, harvest};
pub use follow::{World, follow};
pub use handle::{Again, Handles};
pub use quotes::{Quotes, Store};
pub use read::{Reader, SourceScan};
pub use signals::Signals;
pub use tellings::Tellings;
pub use timeline::{
    TimelineFilter, TimelineFormat, TimelineOutcome, UnknownProgram, sources_of, timeline,
};

/// Bytes of one block. No multiple of a page (4 KiB): blocks of 2.0 to 4.2 MB that are one were 4 % slower, on an AMD EPYC of two
/// cores. Smaller than 1.5 MB, they were slower again.
pub const BLOCK: usize = 2_700_000;

/// The zone of sources whose name or path fits a pattern (`*` stands for anything).
#[derive(Debug, Clone)]
pub struct ZoneRule {
    /// The pattern.
    pub glob: String,
    /// The zone.
    pub zone: ZoneOf,
    /// Its name.
    pub name: String,
}

/// How a run is to be done.
#[derive(Clone)]
pub struct Settings<'a> {
    /// All grammars.
    pub catalog: &'a Catalog,
    /// Language of the report.
    pub lang: Lang,
    /// Zone of local stamps, and of what is shown.
    pub zone: ZoneOf,
    /// Its name.
    pub zone_name: String,
    /// Where it comes from: `option`, `system` or `default`.
    pub zone_basis: &'static str,
    /// Zones of single sources, the last one that fits counts.
    pub zones: Vec<ZoneRule>,
    /// The part of time that is reported.
    pub window: crate::config::WindowSpec,
    /// The clock, in nanoseconds UTC, if relative times are to count back from it.
    pub now: Option<i64>,
    /// Bytes of one block; results do not depend on it.
    pub block: usize,
    /// A format that reads every source, instead of detection.
    pub force: Option<std::sync::Arc<crate::grammar::format::Format>>,
    /// Replaces identities in what comes out; the analysis itself runs on the raw text.
    pub anonymizer: Option<&'a crate::report::anonymize::Anonymizer>,
    /// Folder for a temporary file of what is to be quoted of streams; without one it is kept in memory.
    pub spool: Option<std::path::PathBuf>,
    /// Bytes read so far, for a progress bar.
    pub progress: &'a Progress,
}

impl<'a> Settings<'a> {
    /// The usual settings: stamps without a zone are UTC, all of time is reported, identities stay.
    pub fn new(catalog: &'a Catalog, lang: Lang, progress: &'a Progress) -> Self {
        Self {
            catalog,
            lang,
            zone: ZoneOf::Named(chrono_tz::UTC),
            zone_name: "UTC".to_owned(),
            zone_basis: "default",
            zones: Vec::new(),
            window: crate::config::WindowSpec::default(),
            now: None,
            block: BLOCK,
            force: None,
            anonymizer: None,
            spool: None,
            progress,
        }
    }
}

impl Settings<'_> {
    /// An instant as it is shown.
    pub fn moment(&self, nanos: i64) -> Moment {
        moment(self.zone, nanos)
    }
}

/// A source as text.
///
/// # Errors
/// If it cannot be opened, or its first bytes cannot be read.
pub fn open(found: &Found, opened: std::io::Result<Opened>) -> std::io::Result<Input> {
    let path = &found.info.path;
    match opened? {
        opened if found.kind == Kind::EventLog => decode::event_log(path, opened.into_reader()),
        Opened::File { file, start, len } => decode::file(path, file, start, len),
        Opened::Stream(reader) => decode::stream(path, reader),
    }
}

/// An instant in a zone.
pub fn moment(zone: ZoneOf, nanos: i64) -> Moment {
    let utc = chrono::DateTime::from_timestamp_nanos(nanos);
    Moment(utc.with_timezone(&zone.offset_at(nanos)))
}

/// How far a run is; shared with whoever draws a bar, or wants it to end.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    stopped: AtomicBool,
}

impl Progress {
    /// Bytes read so far.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// A watch gives up the look that it is at, and goes on to its end: the report there is made in full.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn add(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
    }
}
