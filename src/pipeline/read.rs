//! Reading: open, detect, scan. Files are scanned block by block on all threads, streams from front to back.

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use rayon::prelude::*;

use super::Settings;
use super::evidence::CONTEXT;
use super::follow::Kept;
use super::handle::{Again, Handles};
use super::quotes::{Quotes, Store, is_quoted};
use super::signals::{Keeper, Signals};
use super::tellings::Tellings;
use super::uncatalogued::Unknown;
use super::zones::Events;
use crate::decode::{Access, Input, RandomFile};
use crate::detect::Layout;
use crate::discover::{Discovery, Found, Opened, open_batch};
use crate::model::time::SECOND;
use crate::model::{Encoding, Problem, SourceInfo, Text};
use crate::scan::block::{Counts, MinuteKey, RECORD_CAP, Scratch};
use crate::scan::unknown::Groups;
use crate::scan::{BlockScan, Blocks, Matcher, Packed, Scanner, Window};

/// Bytes that are read past a block at a time, where its last record is not finished.
pub(super) const AHEAD: usize = 64 << 10;

/// Bytes behind a block that a word of the chain may reach into.
const WORD: usize = 64;

/// One source after the scan.
#[derive(Debug)]
pub struct SourceScan {
    /// What was known before.
    pub info: Arc<SourceInfo>,
    /// Encoding.
    pub encoding: Encoding,
    /// How its lines were read.
    pub layout: Layout,
    /// What each block gave.
    pub blocks: Blocks,
    /// What each block tells; the blocks themselves have given it away.
    pub signals: Vec<Signals>,
    /// Records that no rule explains, of all blocks, unless the blocks are kept to go on from: then each has its own.
    pub unknown: Unknown,
    /// The file, where it can be read again.
    pub file: Option<Again>,
    /// What may be quoted of it where it cannot.
    pub quotes: Quotes,
    /// Bytes read, before decoding.
    pub bytes: u64,
    /// What was not read well.
    pub problems: Vec<Problem>,
    /// What another source may have seen too.
    pub events: Events,
    /// True if something in it names the chain.
    pub in_scope: bool,
    /// What it says, where it is no log; `None` for a log.
    pub facts: Option<super::facts::Beside>,
    /// The zone that the package gives its local stamps: the zone and its name.
    pub zone: Option<(crate::scan::place::ZoneOf, String)>,
    /// How many of its first blocks were read without seeing the end of the source: they stay as they are when it grows.
    pub settled: usize,
}

/// Reads sources.
pub struct Reader<'a> {
    /// The run's settings.
    pub settings: &'a Settings<'a>,
    /// What is searched for.
    pub matcher: &'a Matcher<'a>,
    /// True while the sources are still written: a last line without an end is left for the next time.
    pub live: bool,
    /// Where what may be quoted of streams is kept.
    pub store: Store,
    /// What records tell, each once. Signals of an earlier look go by the same ones.
    pub tellings: Arc<Tellings>,
    /// How many files are held open.
    pub handles: Handles,
    /// Room to scan in.
    pub desks: Desks,
}

/// Room to scan in that one source after the other uses: thousands of small files do not make and drop it anew, which
/// leaves holes between what is kept of them.
#[derive(Debug, Default)]
pub struct Desks(Mutex<Vec<(Window, Scratch)>>);

/// Bytes of a window that is used again; a longer record was an exception.
const MOST_ROOM: usize = 8 << 20;

struct Desk<'d> {
    window: Window,
    scratch: Scratch,
    desks: &'d Desks,
}

impl Desks {
    /// Gives the room back: nothing is scanned any more.
    pub(super) fn clear(&self) {
        if let Ok(mut free) = self.0.lock() {
            *free = Vec::new();
        }
    }

    fn take(&self) -> Desk<'_> {
        let free = self.0.lock().ok().and_then(|mut free| free.pop());
        let (window, scratch) = free.unwrap_or_default();
        Desk {
            window,
            scratch,
            desks: self,
        }
    }
}

impl Drop for Desk<'_> {
    fn drop(&mut self) {
        // Its old bytes stay: a block is read over them, and they need not be made 0 again.
        let bytes = std::mem::take(&mut self.window.bytes);
        if bytes.capacity() <= MOST_ROOM
            && let Ok(mut free) = self.desks.0.lock()
        {
            let window = Window {
                bytes,
                ..Window::default()
            };
            free.push((window, std::mem::take(&mut self.scratch)));
        }
    }
}

impl Reader<'_> {
    /// Scans all sources; the results are in the order of the sources.
    pub fn scan_all(&self, discovery: &Discovery) -> Vec<SourceScan> {
        let batches = discovery.batches();
        let mut scans: Vec<(usize, SourceScan)> = batches
            .par_iter()
            // Else a thread has the last hundreds of files for itself, while the other one has nothing to do.
            .with_max_len(1)
            .flat_map_iter(|batch| {
                open_batch(&discovery.sources, batch)
                    .map(|(index, opened)| {
                        let scan = self.scan(&discovery.sources[index], opened, None);
                        (index, scan)
                    })
                    .collect::<Vec<_>>()
            })
            .collect();
        scans.sort_by_key(|(index, _)| *index);
        self.desks.clear();
        if !self.live {
            self.matcher.forget_learned();
        }
        scans.into_iter().map(|(_, scan)| scan).collect()
    }

    /// Scans one source; where it only grew since it was `kept`, only its new part.
    pub(super) fn scan(
        &self,
        found: &Found,
        opened: std::io::Result<Opened>,
        kept: Option<Kept>,
    ) -> SourceScan {
        let input = super::open(found, opened).and_then(|input| {
            if self.live {
                input.whole_lines()
            } else {
                Ok(input)
            }
        });
        match input {
            Ok(input) => self.scan_input(found, input, kept),
            Err(error) => unreadable(found.info.clone(), &error),
        }
    }

    fn scan_input(&self, found: &Found, input: Input, kept: Option<Kept>) -> SourceScan {
        let info = found.info.clone();
        let mut doubt = None;
        let (layout, blocks, signals) = match kept.and_then(|kept| kept.begins(&input)) {
            Some(kept) => kept,
            None => {
                let (layout, problem) = self.settings.layout_of(&info, &input);
                doubt = problem;
                (layout, Blocks::default(), Vec::new())
            }
        };
        let by = super::facts::known(self.settings, &info, &input, &layout);
        if !by.is_empty() {
            return super::facts::read(self.settings, info, input, layout, by);
        }
        let meter = input.meter.clone();
        let mut scan = SourceScan {
            encoding: input.encoding,
            layout,
            settled: blocks.len(),
            blocks,
            signals,
            unknown: Unknown::default(),
            file: None,
            quotes: Quotes::default(),
            bytes: 0,
            problems: input.problems.iter().cloned().chain(doubt).collect(),
            in_scope: info.program.is_some(),
            events: Events::default(),
            facts: None,
            zone: None,
            info,
        };
        scan.events = match &input.access {
            Access::Random(file) => Events::later(input.head(), file.len()),
            Access::Stream(_) => Events::of(input.head(), &scan.layout),
        };
        match input.access {
            Access::Random(file) => {
                self.scan_file(&mut scan, &file);
                scan.file = Some(self.handles.keep(file, found.on_disk()));
            }
            Access::Stream(reader) => self.scan_stream(&mut scan, reader),
        }
        scan.bytes = meter.bytes();
        scan.problems.extend(meter.problems());
        scan.in_scope |= scan.blocks.iter().any(|block| block.in_scope);
        scan
    }

    /// True if nobody waits for this look any more: what it read is not used.
    pub(super) fn is_stopped(&self) -> bool {
        self.live && self.settings.progress.is_stopped()
    }

    fn keeper(&self) -> Keeper<'_> {
        Keeper {
            tellings: &self.tellings,
            names: &self.settings.catalog.chain.names,
            // A watch gives up blocks again and again, and a file would grow with each look.
            store: Some(&self.store).filter(|_| !self.live),
        }
    }

    fn scanner<'s>(&'s self, scan: &'s SourceScan) -> Scanner<'s> {
        Scanner {
            layout: &scan.layout,
            matcher: self.matcher,
            program: scan.info.program.as_deref(),
        }
    }

    /// True if the source is known to be about the chain, or a word of it stands in the block: one block is enough.
    fn is_in_scope(&self, known: &AtomicBool, window: &Window, scratch: &mut Scratch) -> bool {
        // A word may stand across the border.
        let end = (window.end + WORD).min(window.bytes.len());
        let own = || &window.bytes[window.start..end];
        let yes =
            known.load(Ordering::Relaxed) || self.matcher.is_in_scope(own(), &mut scratch.lower);
        known.fetch_or(yes, Ordering::Relaxed);
        yes
    }

    fn scan_file(&self, scan: &mut SourceScan, file: &RandomFile) {
        let block = self.settings.block.max(1) as u64;
        let count = file.len().div_ceil(block);
        let scanner = self.scanner(scan);
        let known = scan.blocks.iter().any(|block| block.in_scope);
        let in_scope = AtomicBool::new(known || scan.info.program.is_some());
        let seen = Mutex::new(BTreeMap::new());
        let unknown = Mutex::new(Groups::default());
        // The first block with a record, of those that were read.
        let recorded = AtomicU64::new(u64::MAX);
        let blocks: Vec<Block> = (scan.blocks.len() as u64..count)
            .into_par_iter()
            .map_init(
                || self.desks.take(),
                |desk, index| {
                    if self.is_stopped() {
                        return Block::default();
                    }
                    let (window, scratch) = (&mut desk.window, &mut desk.scratch);
                    let error = fill(window, file, index * block, block).err();
                    let mut end = window.offset + window.bytes.len() as u64;
                    let mut more = |bytes: &mut Vec<u8>| read_on(file, &mut end, bytes);
                    let mut result = scanner.scan(window, scratch, &mut more);
                    result.in_scope = self.is_in_scope(&in_scope, window, scratch);
                    if !self.live
                        && let Ok(mut all) = unknown.lock()
                    {
                        all.join(std::mem::take(&mut result.unknown), index as usize);
                    } else if let Ok(mut seen) = seen.lock() {
                        result.unknown.strip(index as usize, &mut seen);
                    }
                    self.settings
                        .progress
                        .add((window.end - window.start) as u64);
                    if result.records > 0 {
                        recorded.fetch_min(index, Ordering::Relaxed);
                    }
                    if recorded.load(Ordering::Relaxed) < index {
                        // Lines before the first record of a later block go on with a record: they are not quoted.
                        result.leading_first = Vec::new();
                    }
                    let signals = std::mem::take(&mut result.signals);
                    Block {
                        signals: Signals::keep(signals, window, &self.keeper()),
                        scan: result.into(),
                        saw_end: window.complete,
                        error,
                    }
                },
            )
            .collect();
        let unknown = unknown.into_inner().unwrap_or_default();
        scan.unknown = Unknown::keep(&unknown, &self.store);
        let mut failed = None;
        let settled = |block: &&Block| !block.saw_end && block.error.is_none();
        scan.settled += blocks.iter().take_while(settled).count();
        scan.blocks.reserve(blocks.len());
        scan.signals.reserve_exact(blocks.len());
        for block in blocks {
            scan.blocks.push(block.scan);
            scan.signals.push(block.signals);
            failed = failed.or(block.error);
        }
        if let Some(error) = failed {
            scan.problems.push(read_error(&scan.info.path, &error));
        }
    }

    fn scan_stream(&self, scan: &mut SourceScan, mut reader: Box<dyn Read + Send>) {
        let block = self.settings.block.max(1);
        let mut desk = self.desks.take();
        let (window, scratch) = (&mut desk.window, &mut desk.scratch);
        window.bytes.clear();
        let mut blocks = Blocks::default();
        let mut signals = Vec::new();
        let mut quotes = Quotes::default();
        let mut unknown = Groups::default();
        let mut seen = BTreeMap::new();
        let in_scope = AtomicBool::new(scan.info.program.is_some());
        let scanner = self.scanner(scan);
        while !self.is_stopped() {
            window.end = window.start + block;
            while window.bytes.len() < window.end && !window.complete {
                window.complete = !append(&mut *reader, &mut window.bytes, window.end);
            }
            window.end = window.end.min(window.bytes.len());
            if window.start >= window.bytes.len() && window.complete {
                break;
            }
            let mut result = scanner.scan(window, scratch, &mut |bytes: &mut Vec<u8>| {
                let wanted = bytes.len() + AHEAD;
                append(&mut *reader, bytes, wanted)
            });
            result.in_scope = self.is_in_scope(&in_scope, window, scratch);
            if self.live {
                result.unknown.strip(blocks.len(), &mut seen);
            } else {
                unknown.join(std::mem::take(&mut result.unknown), blocks.len());
            }
            let parts = quoted(&result, window);
            let wanted = parts.iter().map(|part| part.end).max().unwrap_or(0);
            while window.bytes.len() < wanted && !window.complete {
                window.complete = !append(&mut *reader, &mut window.bytes, wanted);
            }
            for part in parts {
                let bytes = &window.bytes[part.start..part.end.min(window.bytes.len())];
                quotes.keep(window.offset + part.start as u64, bytes, &self.store);
            }
            self.settings
                .progress
                .add((window.end - window.start) as u64);
            let told = std::mem::take(&mut result.signals);
            signals.push(Signals::keep(told, window, &self.keeper()));
            blocks.push(result);
            slide(window);
        }
        scan.blocks = blocks;
        scan.signals = signals;
        scan.unknown = Unknown::keep(&unknown, &self.store);
        scan.quotes = quotes;
    }
}

/// A block of a file that was scanned.
#[derive(Default)]
struct Block {
    scan: Packed,
    signals: Signals,
    /// True if the end of the file was seen from it: what is written later may change it.
    saw_end: bool,
    error: Option<std::io::Error>,
}

/// The parts of the window that may be quoted with their surroundings: apart, in order.
fn quoted(scan: &BlockScan, window: &Window) -> Vec<Range<usize>> {
    let signals = scan.signals.iter().filter(|s| is_quoted(&s.told));
    let mut parts: Vec<Range<usize>> = signals
        .map(|signal| {
            let at = (signal.offset - window.offset) as usize;
            at.saturating_sub(CONTEXT + 1)..at + signal.len as usize + CONTEXT
        })
        .collect();
    parts.sort_unstable_by_key(|part| part.start);
    parts.dedup_by(|next, part| {
        let joined = next.start <= part.end;
        if joined {
            part.end = part.end.max(next.end);
        }
        joined
    });
    parts
}

/// Moves the window to the next block, keeping some text before it for context.
fn slide(window: &mut Window) {
    let keep_from = window.end.saturating_sub(CONTEXT + 1);
    window.bytes.drain(..keep_from);
    window.offset += keep_from as u64;
    window.start = window.end - keep_from;
}

/// Reads until `bytes` holds `wanted` bytes; false at the end. A broken stream ends, and its meter says why.
fn append(reader: &mut dyn Read, bytes: &mut Vec<u8>, wanted: usize) -> bool {
    let old = bytes.len();
    let missing = wanted.saturating_sub(old) as u64;
    let read = reader.take(missing).read_to_end(bytes).unwrap_or(0);
    read as u64 == missing && missing > 0
}

/// Fills the window with block `start..start + len` and one byte before it.
fn fill(window: &mut Window, file: &RandomFile, start: u64, len: u64) -> std::io::Result<()> {
    let before = u64::from(start > 0);
    let end = (start + len + AHEAD as u64).min(file.len());
    window.offset = start - before;
    let wanted = (end - window.offset) as usize;
    // Room for the end of the last record, too: else the window would double with it.
    let missing = (wanted + AHEAD).saturating_sub(window.bytes.len());
    window.bytes.reserve_exact(missing);
    window.bytes.resize(wanted, 0);
    window.start = before as usize;
    window.end = (before + len.min(file.len() - start)) as usize;
    let read = file.fill_at(window.offset, &mut window.bytes);
    let filled = *read.as_ref().unwrap_or(&0);
    window.complete = end == file.len() || filled < window.bytes.len();
    window.bytes.truncate(filled);
    window.end = window.end.min(filled);
    window.start = window.start.min(window.end);
    read.map(|_| ())
}

fn read_on(file: &RandomFile, at: &mut u64, bytes: &mut Vec<u8>) -> bool {
    let old = bytes.len();
    bytes.resize(old + AHEAD, 0);
    let read = file.fill_at(*at, &mut bytes[old..]).unwrap_or(0);
    bytes.truncate(old + read);
    *at += read as u64;
    read == AHEAD
}

pub(super) fn read_error(path: &str, error: &std::io::Error) -> Problem {
    Problem::lost(
        path,
        Text::new(
            format!("reading failed in the middle: {error}; what was read until there is used"),
            format!("das Lesen brach ab: {error}; was bis dahin gelesen wurde, wird verwendet"),
        ),
    )
}

pub(super) fn unreadable(info: Arc<SourceInfo>, error: &std::io::Error) -> SourceScan {
    let text = crate::discover::reason(error);
    SourceScan {
        problems: vec![Problem::lost(info.path.clone(), text)],
        info,
        encoding: Encoding::Utf8,
        layout: Layout::plain(Vec::new()),
        blocks: Blocks::default(),
        signals: Vec::new(),
        unknown: Unknown::default(),
        file: None,
        quotes: Quotes::default(),
        bytes: 0,
        events: Events::default(),
        in_scope: false,
        facts: None,
        zone: None,
        settled: 0,
    }
}

const _: () = assert!(RECORD_CAP > AHEAD);

/// Records of one block whose instants lie in `low..=high`; the block is read again.
pub(super) fn count_inside(
    placed: &super::placed::PlacedSource,
    number: usize,
    scanner: &Scanner<'_>,
    low: i64,
    high: i64,
    block: usize,
) -> u64 {
    let Some(file) = &placed.scan.file else {
        // A stream cannot be read again: its minutes have to do.
        let block = placed.scan.blocks.get(number).unwrap_or_default();
        let inside = |(key, counts): (MinuteKey, Counts)| {
            let instant = placed.placer.sorts_at(key.start(), number)?;
            (instant + 60 * SECOND > low && instant <= high).then_some(counts.records)
        };
        return block.minutes.iter().filter_map(inside).sum();
    };
    let mut window = Window::default();
    let len = block.max(1) as u64;
    let Ok(file) = &file.open() else {
        return 0;
    };
    if fill(&mut window, file, number as u64 * len, len).is_err() {
        return 0;
    }
    let mut end = window.offset + window.bytes.len() as u64;
    let mut total = 0;
    let mut more = |bytes: &mut Vec<u8>| read_on(file, &mut end, bytes);
    scanner.stamps(&mut window, &mut more, &mut |stamped| {
        if placed
            .placer
            .sorts_at(stamped, number)
            .is_some_and(|t| (low..=high).contains(&t))
        {
            total += 1;
        }
    });
    total
}
