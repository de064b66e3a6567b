//! All records of all sources in one order of time.
//!
//! Two readings. The first finds runs of whole records and when each begins and ends; it keeps nothing of the text.
//! The second makes runs ready for output on all threads, just before the merge needs them. So memory holds only runs
//! that overlap in time, and their size shrinks as the number of sources grows.

mod ahead;
mod losses;
mod pages;
mod survey;
mod text;

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;

use super::Settings;
use super::placed::PlacedSource;
use super::window::{newest, resolve_window};
use crate::discover::Discovery;
use crate::merge::merge;
use crate::model::{Level, Problem};
pub use crate::report::timeline::TimelineFormat;
use crate::report::timeline::fronts;
use losses::Losses;
use pages::Pages;
use survey::{Surveyed, survey_all};
use text::{Reopener, Spool};

/// Bytes of the runs that are held at once, if all sources are.
const HELD: usize = 24 << 20;
/// Bytes of output that are held for runs that overlap in time; beyond it, runs are read more than once.
const MOST: usize = 64 << 20;
/// Smallest and largest run, in bytes.
const RUN: (usize, usize) = (4 << 10, 128 << 10);
/// Runs beyond which they are longer, up to a block: what is known of each stays in memory.
const MOST_RUNS: u64 = 16 << 10;
/// Bytes of a block of the first reading at most: it stays in the second-level cache.
const BLOCK: usize = 1 << 20;

/// How long the runs of the wanted sources are.
fn run_size(discovery: &Discovery, wanted: &[bool]) -> usize {
    let sources = discovery.sources.iter().zip(wanted);
    let sizes = sources.filter(|(_, wanted)| **wanted);
    let sizes: Vec<u64> = sizes.map(|(s, _)| s.info.bytes.unwrap_or(0)).collect();
    let many = usize::try_from(sizes.iter().sum::<u64>() / MOST_RUNS).unwrap_or(BLOCK);
    let longest = many.clamp(RUN.1, BLOCK);
    (HELD / sizes.len().max(1)).clamp(RUN.0, longest)
}

/// Which records are written, and how.
#[derive(Debug, Clone)]
pub struct TimelineFilter {
    /// This level or worse; records without a level are left out then.
    pub level: Option<Level>,
    /// Programs by id, name or start of the file name; all if empty.
    pub programs: Vec<String>,
    /// How they are written.
    pub format: TimelineFormat,
}

impl TimelineFilter {
    /// True if a record is chosen and written without what its layout reads beside the stamp.
    fn needs_no_fields(&self) -> bool {
        self.level.is_none() && self.format == TimelineFormat::Text
    }
}

/// What a timeline came to.
#[derive(Debug, Default)]
pub struct TimelineOutcome {
    /// True if at least one source has a line.
    pub any_read: bool,
    /// What could not be read, or not as expected.
    pub problems: Vec<Problem>,
    /// True if anything was written.
    pub any_written: bool,
    /// True if something that was there could not be read a second time.
    pub any_lost: bool,
    /// First and last instant of the wanted sources, as they are shown.
    pub reach: Option<(String, String)>,
}

/// A program that neither the chain nor any source has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no program `{name}`; known are {}", known.join(", "))]
pub struct UnknownProgram {
    /// What was asked for.
    pub name: String,
    /// What there is.
    pub known: Vec<String>,
}

/// For each source, whether one of the programs wrote it.
///
/// # Errors
/// If a name means no program of the chain and no source.
pub fn sources_of(
    settings: &Settings<'_>,
    discovery: &Discovery,
    programs: &[String],
) -> Result<Vec<bool>, UnknownProgram> {
    let mut wanted = vec![programs.is_empty(); discovery.sources.len()];
    for name in programs {
        let lower = name.to_lowercase();
        let same = |text: &str| text.to_lowercase() == lower;
        let chain = &settings.catalog.chain.programs;
        let ids: Vec<&str> = chain
            .iter()
            .filter(|p| same(&p.id) || same(&p.name) || p.files.iter().any(|file| same(file)))
            .map(|p| p.id.as_str())
            .collect();
        let mut any = !ids.is_empty();
        for (source, wanted) in discovery.sources.iter().zip(&mut wanted) {
            let by_id = source
                .info
                .program
                .as_deref()
                .is_some_and(|id| ids.contains(&id));
            let by_file = ids.is_empty() && source.info.name.to_lowercase().starts_with(&lower);
            *wanted |= by_id || by_file;
            any |= by_file;
        }
        if !any || name.is_empty() {
            let mut known: Vec<String> = chain.iter().map(|p| p.id.clone()).collect();
            let others = discovery
                .sources
                .iter()
                .filter(|s| s.info.program.is_none());
            known.extend(others.map(|s| s.info.name.clone()).take(10));
            return Err(UnknownProgram {
                name: name.clone(),
                known,
            });
        }
    }
    Ok(wanted)
}

/// Writes the timeline; `out` gets many records at once. `folder`: where streams that do not fit into memory may be kept while it runs.
///
/// # Errors
/// What `out` says. Sources that cannot be read are in the outcome.
pub fn timeline(
    settings: &Settings<'_>,
    discovery: &Discovery,
    wanted: &[bool],
    filter: &TimelineFilter,
    folder: &Path,
    out: &mut (dyn Write + Send),
) -> io::Result<TimelineOutcome> {
    let window = settings.window;
    let relative = [window.since, window.until]
        .iter()
        .flatten()
        .any(|end| end.is_relative());
    let all = vec![true; wanted.len()];
    let size = run_size(discovery, wanted);
    let spool = Spool::new(folder);
    // Relative times count back from the newest record of any source.
    let surveyed = if relative { &all } else { wanted };
    let sources = survey_all(
        settings,
        discovery,
        surveyed,
        &spool,
        size,
        filter.needs_no_fields(),
    );
    let placed: Vec<&PlacedSource> = sources.iter().flatten().map(|s| &s.placed).collect();
    let (since, until) = resolve_window(settings, newest(&placed, settings));
    let paths: Vec<Cow<'_, str>> = discovery
        .sources
        .iter()
        .map(|s| match settings.anonymizer {
            Some(anonymizer) => anonymizer.text(&s.info.path),
            None => Cow::Borrowed(s.info.path.as_str()),
        })
        .collect();
    let paths: Vec<&str> = paths.iter().map(Cow::as_ref).collect();
    let pages = Pages {
        settings,
        filter,
        window: (since.unwrap_or(i64::MIN), until.unwrap_or(i64::MAX)),
        bounded: since.is_some() || until.is_some(),
        fronts: fronts(&paths),
        reopener: Reopener::new(&discovery.sources),
        buffers: Mutex::default(),
        losses: Losses::default(),
    };
    let jobs = schedule(&sources, wanted, pages.window);
    let lows: Vec<i64> = jobs.iter().map(|job| job.0).collect();
    let make = |number: usize, spare| {
        let (_, source, run) = jobs[number];
        match &sources[source as usize] {
            Some(surveyed) => pages.make(
                source as usize,
                surveyed,
                &surveyed.runs[run as usize],
                spare,
            ),
            None => spare,
        }
    };
    let mut any_written = false;
    out.write_all(filter.format.head())?;
    let threads = rayon::current_num_threads();
    ahead::read_ahead(&make, jobs.len(), threads, |batches| {
        merge(&lows, MOST, batches, &mut |bytes| {
            any_written = true;
            out.write_all(bytes)
        })
    })?;
    let path = |source: usize| discovery.sources[source].info.path.clone();
    let losses = pages.losses.problems(path);
    let mut outcome = outcome(settings, discovery, &sources, wanted, any_written);
    outcome.any_lost = !losses.is_empty();
    outcome.problems.extend(losses);
    Ok(outcome)
}

/// The runs that reach into the window, by the earliest instant that they can hold.
fn schedule(
    sources: &[Option<Surveyed>],
    wanted: &[bool],
    window: (i64, i64),
) -> Vec<(i64, u32, u32)> {
    let mut jobs = Vec::new();
    for (source, surveyed) in sources
        .iter()
        .enumerate()
        .filter(|(source, _)| wanted[*source])
    {
        let runs = surveyed.iter().flat_map(|s| &s.runs).enumerate();
        let inside = runs.filter(|(_, run)| run.low <= window.1 && run.high >= window.0);
        jobs.extend(inside.map(|(index, run)| (run.low, source as u32, index as u32)));
    }
    jobs.sort_unstable();
    jobs
}

fn outcome(
    settings: &Settings<'_>,
    discovery: &Discovery,
    sources: &[Option<Surveyed>],
    wanted: &[bool],
    any_written: bool,
) -> TimelineOutcome {
    let chosen = || {
        sources
            .iter()
            .zip(wanted)
            .filter(|(_, w)| **w)
            .filter_map(|(s, _)| s.as_ref())
    };
    let problems = chosen().flat_map(|s| &s.placed.scan.problems);
    let first = chosen().filter_map(|s| s.placed.first).min();
    let last = chosen().filter_map(|s| s.placed.last).max();
    let shown = |instant: i64| settings.moment(instant).rfc3339();
    TimelineOutcome {
        any_read: chosen().any(|s| !s.runs.is_empty()),
        problems: discovery.problems.iter().chain(problems).cloned().collect(),
        any_written,
        any_lost: false,
        reach: first
            .zip(last)
            .map(|(first, last)| (shown(first), shown(last))),
    }
}
