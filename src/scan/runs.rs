//! Runs: stretches of whole records of one source, found without looking for anything in them. The timeline sorts and
//! merges runs; what it has to know of each beforehand is where it lies and which stamps it holds.

use super::block::{BlockScan, More, RECORD_CAP, Stamped, Window};
use super::heads::Header;
use super::memo::Memo;
use super::notes::{Before, Noted, Notes};
use super::trail::{Trail, Watch};
use crate::grammar::reader::LineReader;

/// What the stamps of one format say in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamps {
    /// The first, in the order of lines.
    pub first: Stamped,
    /// The last, in the order of lines.
    pub last: Stamped,
    /// The earliest.
    pub low: Stamped,
    /// The latest.
    pub high: Stamped,
    /// Line of the last one: which of several formats wrote last.
    pub last_line: u64,
}

/// Whole records of one block, side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Offset of its first line in the source's text.
    pub offset: u64,
    /// Number of its first line, from 0 at the block's first line.
    pub line: u64,
    /// The stamps before it, from the start of the block.
    pub trail: Trail,
    /// Stamps by format, in the order in which the formats turn up.
    pub stamps: Vec<Stamps>,
    /// Its records, if they were noted.
    pub noted: Option<Noted>,
}

/// Says whether notes of so many bytes are kept.
pub type Keep<'k> = &'k (dyn Fn(usize) -> bool + Sync);

/// The part of a line that says whether it starts a record: not more than [`RECORD_CAP`] bytes, without its end.
pub fn head_of(line: &[u8]) -> &[u8] {
    let head = &line[..line.len().min(RECORD_CAP)];
    head.strip_suffix(b"\r").unwrap_or(head)
}

/// What one block holds.
#[derive(Debug, Default)]
pub struct Survey {
    /// Lines, records and stamps; nothing is searched for.
    pub scan: BlockScan,
    /// Its runs; lines before the first of them belong to the run above, or to no record.
    pub runs: Vec<Run>,
    /// Offset of the first line that starts in the block.
    pub first_line: Option<u64>,
}

/// Surveys one block: a new run begins at the first record after `size` bytes. With `keep`, records are noted.
pub fn survey(
    (layout, memo): (&dyn LineReader, &mut Memo),
    window: &mut Window,
    more: More<'_>,
    size: usize,
    keep: Option<Keep<'_>>,
) -> Survey {
    let mut survey = Survey::default();
    let mut notes = Notes::default();
    let mut record_start = (0, 0);
    let mut trail = Trail::default();
    let mut watch = Watch::default();
    let mut run_start = 0;
    let mut header = Header::NONE;
    let json = layout.formats().first().filter(|format| format.is_json());
    let Some(mut at) = first_line(window) else {
        return survey;
    };
    while at < window.end.min(window.bytes.len()) {
        survey.first_line.get_or_insert(window.offset + at as u64);
        let next = next_line(window, at, more);
        let line = &window.bytes[at..next];
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        if memo.read((layout, json), head_of(line), &mut header) {
            let (format, time) = (header.format, header.time);
            survey.scan.records += 1;
            if survey.runs.is_empty() || at - run_start >= size {
                survey.take_notes(&mut notes, keep);
                run_start = at;
                record_start = (at, survey.scan.lines);
                survey.runs.push(Run {
                    offset: window.offset + at as u64,
                    line: survey.scan.lines,
                    trail: trail.clone(),
                    stamps: Vec::new(),
                    noted: None,
                });
            }
            if keep.is_some() {
                let time = time.map(|raw| (format as u8, raw));
                let before = Before {
                    bytes: (at - record_start.0) as u64,
                    one_line: record_start.1 + 1 == survey.scan.lines,
                };
                notes.add(before, time);
                record_start = (at, survey.scan.lines);
            }
            if let Some(raw) = time {
                let usual = watch.follow(&mut trail, raw, format);
                survey.note(usual.unwrap_or_else(|| {
                    let step = trail.stamp(raw, format, layout.formats()[format].cycle);
                    watch.note(&step, survey.scan.lines, window.offset + at as u64);
                    step.stamped
                }));
            }
        }
        survey.scan.lines += 1;
        at = next;
    }
    survey.take_notes(&mut notes, keep);
    look_ahead(
        layout,
        window,
        at,
        survey.scan.lines,
        &mut trail,
        &mut watch,
        more,
    );
    survey.scan.rises = watch.rises;
    survey.scan.steps_back = watch.falls;
    survey.scan.dips = watch.dips;
    survey.finish();
    survey
}

/// Reads on behind the block until it is clear what follows a drop near its end.
pub fn look_ahead(
    layout: &dyn LineReader,
    window: &mut Window,
    mut at: usize,
    mut line: u64,
    trail: &mut Trail,
    watch: &mut Watch,
    more: More<'_>,
) {
    while watch.waits(line, window.offset + at as u64) {
        while at >= window.bytes.len() && !window.complete {
            window.complete = !more(&mut window.bytes);
        }
        if at >= window.bytes.len() {
            return;
        }
        let next = next_line(window, at, more);
        let text = &window.bytes[at..next];
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        if let Some((format, fields)) = layout.read(head_of(text))
            && let Some(raw) = fields.time
        {
            let step = trail.stamp(raw, format, layout.formats()[format].cycle);
            watch.ahead(&step, line, window.offset + at as u64);
        }
        line += 1;
        at = next;
    }
}

impl Survey {
    /// Gives the notes to the last run, if they are to be kept.
    fn take_notes(&mut self, notes: &mut Notes, keep: Option<Keep<'_>>) {
        if let (Some(run), Some(keep)) = (self.runs.last_mut(), keep)
            && keep(notes.len())
        {
            run.noted = Some(notes.keep());
        }
        notes.clear();
    }

    fn note(&mut self, stamped: Stamped) {
        let line = self.scan.lines;
        let Some(run) = self.runs.last_mut() else {
            return;
        };
        let Some(stamps) = run
            .stamps
            .iter_mut()
            .find(|s| s.first.format() == stamped.format())
        else {
            run.stamps.push(Stamps {
                first: stamped,
                last: stamped,
                low: stamped,
                high: stamped,
                last_line: line,
            });
            return;
        };
        stamps.last = stamped;
        stamps.last_line = line;
        if stamped.key() < stamps.low.key() {
            stamps.low = stamped;
        }
        if stamped.key() > stamps.high.key() {
            stamps.high = stamped;
        }
    }

    /// What placing wants to know of the block, from its runs.
    fn finish(&mut self) {
        let scan = &mut self.scan;
        for stamps in self.runs.iter().flat_map(|run| &run.stamps) {
            let format = stamps.first.format();
            let ends = scan.ends.or_insert(format, (stamps.first, stamps.last));
            ends.1 = stamps.last;
            let extremes = scan.extremes.or_insert(format, (stamps.low, stamps.high));
            if stamps.low.key() < extremes.0.key() {
                extremes.0 = stamps.low;
            }
            if stamps.high.key() > extremes.1.key() {
                extremes.1 = stamps.high;
            }
        }
    }
}

/// The first line that starts in the block.
fn first_line(window: &Window) -> Option<usize> {
    if window.start == 0 || window.bytes.get(window.start - 1) == Some(&b'\n') {
        return Some(window.start);
    }
    let own = window.start..window.end.min(window.bytes.len());
    memchr::memchr(b'\n', &window.bytes[own.clone()]).map(|feed| own.start + feed + 1)
}

/// Where the line ends that starts at `at`, its line feed included. Of a line that goes on far behind the block only
/// the start is read.
fn next_line(window: &mut Window, at: usize, more: More<'_>) -> usize {
    let mut from = at;
    loop {
        if let Some(feed) = memchr::memchr(b'\n', &window.bytes[from..]) {
            return from + feed + 1;
        }
        from = window.bytes.len();
        if window.complete || from - at > RECORD_CAP {
            return from;
        }
        window.complete = !more(&mut window.bytes);
    }
}
