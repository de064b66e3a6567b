//! The first reading: where the runs of a source lie, and when they begin and end.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use rayon::prelude::*;

use super::super::handle::Again;
use super::super::placed::{PlacedSource, place};
use super::super::read::{AHEAD, SourceScan, read_error, unreadable};
use super::super::zones::{self, Events};
use super::super::{Settings, clock};
use super::BLOCK;
use super::pages::MOST_OF_RUN;
use super::text::{HANDLES, Kept, Readable, Spool};
use crate::decode::{Access, Input};
use crate::detect::Layout;
use crate::discover::{Discovery, Found, Opened, open_batch};
use crate::grammar::reader::LineReader;
use crate::model::time::SECOND;
use crate::model::{Problem, RawTime, Text};
use crate::scan::block::Stamped;
use crate::scan::memo::Memo;
use crate::scan::notes::Noted;
use crate::scan::runs::{Keep, Run, Stamps, Survey, survey};
use crate::scan::trail::Trail;
use crate::scan::{Blocks, Window};

/// Local stamps around a change of the clock are out of order by at most this much.
const CLOCK_CHANGE: i64 = 3 * 3_600 * SECOND;
/// Bytes of notes that are kept at most; the lines of runs without notes are read again.
const NOTES: usize = 28 << 20;
/// Bytes of text for which what is known of its runs takes one byte, which the notes leave to it.
const RUNS: u64 = 192;

/// One source after the first reading.
pub(super) struct Surveyed {
    /// Layout, encoding, problems, and how its stamps become instants.
    pub(super) placed: PlacedSource,
    /// Its runs before they were placed; placing takes them.
    laid_out: Vec<LaidOut>,
    /// Its runs, in the order of lines.
    pub(super) runs: Vec<PlacedRun>,
    /// Its text; none where it could not be read.
    pub(super) kept: Option<Kept>,
}

/// A run whose place in the source and in time is known.
#[derive(Debug, Clone)]
pub(super) struct PlacedRun {
    pub(super) offset: u64,
    pub(super) len: u64,
    /// Line of its first line, from 1.
    pub(super) line: u64,
    /// Lines from its first one to the next run's.
    pub(super) lines: u64,
    /// Its bytes as they were read the first time.
    pub(super) sum: Sum,
    pub(super) block: u32,
    pub(super) trail: Trail,
    /// Where a record without a stamp sorts that has none before it in the run.
    pub(super) inherit: i64,
    /// No record of it sorts before.
    pub(super) low: i64,
    /// No record of it sorts behind.
    pub(super) high: i64,
    /// Its records, if they were noted.
    pub(super) noted: Option<Noted>,
}

/// Bytes that were read, by which they are known again: their number and their CRC-32.
#[derive(Debug, Clone, Default)]
pub(super) struct Sum(crc32fast::Hasher, u64);

impl Sum {
    /// Takes in the bytes that follow.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
        self.1 += bytes.len() as u64;
    }

    fn append(&mut self, next: &Self) {
        self.0.combine(&next.0);
        self.1 += next.1;
    }

    /// True if both are of the same bytes.
    pub(super) fn is_of_the_same(&self, other: &Self) -> bool {
        self.1 == other.1 && self.0.clone().finalize() == other.0.clone().finalize()
    }
}

/// Surveys the sources that are wanted; the result has an entry for each source.
pub(super) fn survey_all(
    settings: &Settings<'_>,
    discovery: &Discovery,
    wanted: &[bool],
    spool: &Spool<'_>,
    size: usize,
    noting: bool,
) -> Vec<Option<Surveyed>> {
    // As long as they are few, files are held open: then it is nothing if they are deleted or replaced meanwhile.
    let held = wanted.iter().filter(|wanted| **wanted).count() <= HANDLES;
    let sizes = discovery.sources.iter().filter_map(|s| s.info.bytes);
    let runs = usize::try_from(sizes.sum::<u64>() / RUNS).unwrap_or(usize::MAX);
    let kept = Keeping {
        spool,
        held,
        noting,
        room: AtomicUsize::new(NOTES.saturating_sub(runs)),
        desks: Mutex::default(),
    };
    let one = |index: usize, opened: io::Result<Opened>| {
        let found = &discovery.sources[index];
        wanted[index].then(|| survey_source(settings, found, opened, &kept, size))
    };
    let mut all: Vec<(usize, Option<Surveyed>)> = discovery
        .batches()
        .par_iter()
        .with_max_len(1) // as in `Reader::scan_all`
        .filter(|batch| batch.iter().any(|index| wanted[*index]))
        .flat_map_iter(|batch| {
            open_batch(&discovery.sources, batch)
                .map(|(index, opened)| (index, one(index, opened)))
                .collect::<Vec<_>>()
        })
        .collect();
    let mut surveyed: Vec<Option<Surveyed>> = discovery.sources.iter().map(|_| None).collect();
    for (index, source) in all.drain(..) {
        surveyed[index] = source;
    }
    let mut placed: Vec<&mut PlacedSource> = surveyed
        .iter_mut()
        .flatten()
        .map(|s| &mut s.placed)
        .collect();
    zones::settle(&mut placed, settings.catalog);
    for source in surveyed.iter_mut().flatten() {
        // What the zones asked for.
        source.placed.scan.file = None;
        clock::add_notes(&mut source.placed);
        source.runs = place_runs(&source.placed, std::mem::take(&mut source.laid_out));
        let long = source
            .runs
            .iter()
            .filter(|run| run.len > MOST_OF_RUN)
            .count();
        if long > 0 {
            let path = source.placed.scan.info.path.clone();
            source
                .placed
                .scan
                .problems
                .push(Problem::note(path, shortened(long)));
        }
    }
    surveyed
}

fn shortened(count: usize) -> Text {
    Text::new(
        format!("records longer than 3 MiB, of which the timeline shows the beginning: {count}"),
        format!("Einträge über 3 MiB, von denen die Timeline nur den Anfang zeigt: {count}"),
    )
}

/// Where the text of sources stays between the two readings.
struct Keeping<'a> {
    spool: &'a Spool<'a>,
    /// True if files stay open.
    held: bool,
    /// True if records are noted.
    noting: bool,
    /// Bytes that are left for notes.
    room: AtomicUsize,
    /// Memory for blocks, and what is known of their lines; as many as there are threads.
    desks: Mutex<Vec<(Window, Memo)>>,
}

impl Keeping<'_> {
    /// True if there is room for so many bytes of notes, which are taken from it. Which runs get it does not matter: it
    /// only decides how they are read again.
    fn has_room(&self, bytes: usize) -> bool {
        let take = |room: usize| room.checked_sub(bytes);
        self.room.fetch_update(Relaxed, Relaxed, take).is_ok()
    }

    /// Room to survey in: that of a block with this layout, if there is one.
    fn desk(&self, layout: &Layout) -> (Window, Memo) {
        let spare = self.desks.lock().ok().and_then(|mut all| {
            let own = all.iter().position(|(_, memo)| memo.is_of(layout));
            let last = all.len().checked_sub(1)?;
            Some(all.swap_remove(own.unwrap_or(last)))
        });
        spare.unwrap_or_default()
    }

    fn done(&self, (mut window, memo): (Window, Memo)) {
        // What a very long line took is given back.
        window.bytes.truncate(2 * BLOCK);
        window.bytes.shrink_to(2 * BLOCK);
        if let Ok(mut all) = self.desks.lock() {
            all.push((window, memo));
        }
    }
}

fn survey_source(
    settings: &Settings<'_>,
    found: &Found,
    opened: io::Result<Opened>,
    keeping: &Keeping<'_>,
    size: usize,
) -> Surveyed {
    let input = crate::pipeline::open(found, opened);
    let result = input.and_then(|input| survey_input(settings, found, input, keeping, size));
    result.unwrap_or_else(|error| Surveyed {
        placed: place(unreadable(found.info.clone(), &error), settings),
        laid_out: Vec::new(),
        runs: Vec::new(),
        kept: None,
    })
}

fn survey_input(
    settings: &Settings<'_>,
    found: &Found,
    input: Input,
    keeping: &Keeping<'_>,
    size: usize,
) -> io::Result<Surveyed> {
    let (layout, doubt) = settings.layout_of(&found.info, &input);
    // Those of a file can be read again: most are never asked for, and of a thousand sources they would fill memory.
    let (events, again) = match &input.access {
        Access::Random(file) => {
            let again = match found.on_disk() {
                Some(path) if !keeping.held => Again::Named(file.clone().close(), path.to_owned()),
                _ => Again::Held(file.clone()),
            };
            (Events::later(input.head(), file.len()), Some(again))
        }
        Access::Stream(_) => (Events::of(input.head(), &layout), None),
    };
    let by = crate::pipeline::facts::known(settings, &found.info, &input, &layout);
    if !by.is_empty() {
        let info = found.info.clone();
        let scan = crate::pipeline::facts::read(settings, info, input, layout, by);
        return Ok(Surveyed {
            placed: place(scan, settings),
            laid_out: Vec::new(),
            runs: Vec::new(),
            kept: None,
        });
    }
    let text = match input.access {
        Access::Random(file) => Readable::File(file),
        Access::Stream(mut reader) => keeping.spool.take(&found.info.path, &mut reader)?,
    };
    let mut problems = input.problems;
    problems.extend(doubt);
    let surveys = survey_blocks(settings, &text, &layout, size, keeping);
    if let Some(error) = surveys.iter().find_map(|s| s.error.as_ref()) {
        problems.push(read_error(&found.info.path, error));
    }
    problems.extend(input.meter.problems());
    let (blocks, runs) = lay_out(surveys, text.len());
    let placed = place(
        SourceScan {
            info: found.info.clone(),
            encoding: input.encoding,
            layout,
            blocks,
            file: again,
            quotes: crate::pipeline::Quotes::default(),
            bytes: input.meter.bytes(),
            problems,
            events,
            in_scope: true,
            facts: None,
            zone: None,
            settled: 0,
            signals: Vec::new(),
            unknown: crate::pipeline::uncatalogued::Unknown::default(),
        },
        settings,
    );
    Ok(Surveyed {
        placed,
        laid_out: runs,
        runs: Vec::new(),
        kept: Some(text.keep(keeping.held)),
    })
}

/// What a block holds, and its bytes from border to border: its start, its first line, its runs.
struct BlockSurvey {
    survey: Survey,
    pieces: Vec<(u64, Sum)>,
    error: Option<io::Error>,
}

/// The sums of a block's bytes between the places at which runs can begin.
fn pieces(survey: &Survey, window: &Window) -> Vec<(u64, Sum)> {
    let (start, end) = (window.start, window.end.min(window.bytes.len()));
    let offset = |at: usize| window.offset + at as u64;
    let inside = |border: &u64| (offset(start)..offset(end)).contains(border);
    let runs = survey.runs.iter().map(|run| run.offset);
    let borders = [offset(start)]
        .into_iter()
        .chain(survey.first_line)
        .chain(runs);
    let mut borders: Vec<u64> = borders.filter(inside).collect();
    borders.dedup();
    let ends = borders.iter().copied().skip(1).chain([offset(end)]);
    let piece = |(from, to): (&u64, u64)| {
        let mut sum = Sum::default();
        sum.add(&window.bytes[(from - window.offset) as usize..(to - window.offset) as usize]);
        (*from, sum)
    };
    borders.iter().zip(ends).map(piece).collect()
}

fn survey_blocks(
    settings: &Settings<'_>,
    text: &Readable,
    layout: &Layout,
    size: usize,
    keeping: &Keeping<'_>,
) -> Vec<BlockSurvey> {
    let keep = |bytes: usize| keeping.has_room(bytes);
    let keep: Option<Keep<'_>> = keeping.noting.then_some(&keep);
    let block = settings.block.clamp(1, BLOCK) as u64;
    (0..text.len().div_ceil(block))
        .into_par_iter()
        .map(|index| {
            let (mut window, mut memo) = keeping.desk(layout);
            let error = fill(&mut window, text, index * block, block).err();
            let mut at = window.offset + window.bytes.len() as u64;
            let mut more = |bytes: &mut Vec<u8>| {
                let old = bytes.len();
                bytes.resize(old + AHEAD, 0);
                let read = text.fill_at(at, &mut bytes[old..]).unwrap_or(0);
                bytes.truncate(old + read);
                at += read as u64;
                read == AHEAD
            };
            let reader = (layout as &dyn LineReader, &mut memo);
            let survey = survey(reader, &mut window, &mut more, size, keep);
            settings.progress.add((window.end - window.start) as u64);
            let pieces = pieces(&survey, &window);
            keeping.done((window, memo));
            BlockSurvey {
                survey,
                pieces,
                error,
            }
        })
        .collect()
}

/// Bytes behind a block that are read with it: most last lines end there.
const BEYOND: u64 = 4 << 10;

/// Fills the window with block `start..start + len` and one byte before it.
fn fill(window: &mut Window, text: &Readable, start: u64, len: u64) -> io::Result<()> {
    let before = u64::from(start > 0);
    let end = (start + len + BEYOND).min(text.len());
    window.offset = start - before;
    window.bytes.resize((end - window.offset) as usize, 0);
    let read = text.fill_at(window.offset, &mut window.bytes);
    let filled = *read.as_ref().unwrap_or(&0);
    window.complete = end == text.len() || filled < window.bytes.len();
    window.bytes.truncate(filled);
    window.start = (before as usize).min(filled);
    window.end = ((before + len) as usize).min(filled);
    read.map(|_| ())
}

/// A run with its block and its first line in the source, before its stamps are placed.
struct LaidOut {
    run: Run,
    block: u32,
    len: u64,
    lines: u64,
    sum: Sum,
}

/// Joins what the blocks found. Lines before the first record of the source make runs of their own.
fn lay_out(surveys: Vec<BlockSurvey>, len: u64) -> (Blocks, Vec<LaidOut>) {
    let mut runs: Vec<LaidOut> = Vec::new();
    let mut blocks = Blocks::default();
    let mut line = 1;
    let mut any_record = false;
    let mut pieces = Vec::new();
    for (number, block) in surveys.into_iter().enumerate() {
        let survey = block.survey;
        pieces.extend(block.pieces);
        let starts_late = survey
            .runs
            .first()
            .is_none_or(|run| Some(run.offset) != survey.first_line);
        if let Some(offset) = survey.first_line
            && !any_record
            && starts_late
        {
            let run = Run {
                offset,
                line,
                trail: Trail::default(),
                stamps: Vec::new(),
                noted: None,
            };
            runs.push(LaidOut {
                run,
                block: number as u32,
                len: 0,
                lines: 0,
                sum: Sum::default(),
            });
        }
        for mut run in survey.runs {
            any_record = true;
            run.line += line;
            runs.push(LaidOut {
                run,
                block: number as u32,
                len: 0,
                lines: 0,
                sum: Sum::default(),
            });
        }
        line += survey.scan.lines;
        blocks.push(survey.scan);
    }
    let (mut end, mut next) = (len, line);
    for run in runs.iter_mut().rev() {
        run.len = end - run.run.offset;
        run.lines = next - run.run.line;
        (end, next) = (run.run.offset, run.run.line);
        let first = pieces.partition_point(|(offset, _)| *offset < end);
        for (_, sum) in pieces.drain(first..) {
            run.sum.append(&sum);
        }
    }
    (blocks, runs)
}

fn place_runs(placed: &PlacedSource, runs: Vec<LaidOut>) -> Vec<PlacedRun> {
    let instant = |stamped: Stamped, block: u32| placed.placer.instant(stamped, block as usize);
    let sorts_at = |stamped: Stamped, block: u32| placed.placer.sorts_at(stamped, block as usize);
    let first = runs.iter().find_map(|r| {
        r.run
            .stamps
            .iter()
            .find_map(|stamps| instant(stamps.first, r.block))
    });
    // Records before the first stamp stand where it stands; sources without any stamp come first.
    let mut inherit = first.unwrap_or(i64::MIN);
    let mut out = Vec::with_capacity(runs.len());
    for LaidOut {
        mut run,
        block,
        len,
        lines,
        sum,
    } in runs
    {
        let (mut low, mut high) = (inherit, inherit);
        for stamps in run
            .stamps
            .iter()
            .filter(|stamps| can_be_placed(placed, stamps))
        {
            low = low.min(instant(stamps.low, block).unwrap_or(i64::MIN));
            for stamped in [stamps.high, stamps.last] {
                high = high.max(sorts_at(stamped, block).unwrap_or(i64::MAX));
            }
        }
        let zone = placed.placer.zone;
        let (wide_low, wide_high) = (
            low.saturating_sub(CLOCK_CHANGE),
            high.saturating_add(CLOCK_CHANGE),
        );
        if low > i64::MIN
            && high < i64::MAX
            && zone.offset_at(wide_low) != zone.offset_at(wide_high)
        {
            (low, high) = (wide_low, wide_high);
        }
        out.push(PlacedRun {
            offset: run.offset,
            len,
            line: run.line,
            lines,
            sum,
            block,
            trail: run.trail,
            inherit,
            low,
            high,
            noted: run.noted.take(),
        });
        let mut latest: Vec<&Stamps> = run.stamps.iter().collect();
        latest.sort_by_key(|stamps| std::cmp::Reverse(stamps.last_line));
        if let Some(last) = latest
            .into_iter()
            .find_map(|stamps| sorts_at(stamps.last, block))
        {
            inherit = last;
        }
    }
    out
}

/// False for stamps that lack a date which nothing gives: their records count as unstamped.
fn can_be_placed(placed: &PlacedSource, stamps: &Stamps) -> bool {
    let anchor = || {
        placed
            .placer
            .anchors
            .get(usize::from(stamps.first.format()))
    };
    !matches!(stamps.first.raw(), RawTime::Cyclic(_)) || anchor().is_some_and(Option::is_some)
}
