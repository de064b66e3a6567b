//! The main job: from sources to a report.

use std::collections::BTreeMap;

use super::Settings;
use super::evidence::Copied;
use super::read::{Reader, SourceScan};
use crate::decode::show;
use crate::diagnose::{self, Cutter, Event, Facts, Overall, Placed, Trace};
use crate::discover::Discovery;
use crate::model::report::{
    Evidence, MinuteCount, ProblemReport, Report, SourceReport, UnparsedLine, Verdict, Window, Zone,
};
use crate::model::time::SECOND;
use crate::model::{Cycle, Level, Problem, RawTime, Text};
use crate::report::redact;
use crate::scan::block::{Counts, Signal, Stamped};
use crate::scan::place::{Anchor, Placer, block_bases};
use crate::scan::{Matcher, Scanner};

/// Buckets of the timeline picture that a source keeps; beyond it they are joined.
const MOST_BUCKETS: usize = 240;

/// What a run came to.
pub struct Outcome {
    /// The report, secrets removed.
    pub report: Report,
    /// Verdict and worst finding.
    pub overall: Overall,
    /// True if input was lost.
    pub lossy: bool,
    /// True if at least one source was read.
    pub any_read: bool,
    /// True if a window was asked for and holds no record.
    pub empty_window: bool,
}

/// A source with its stamps placed.
pub(super) struct PlacedSource {
    pub(super) scan: SourceScan,
    pub(super) placer: Placer,
    pub(super) first: Option<i64>,
    pub(super) last: Option<i64>,
    undated: bool,
}

/// Analyses what was found.
pub fn analyze(settings: &Settings<'_>, discovery: &Discovery) -> Outcome {
    let matcher = Matcher::new(settings.catalog);
    let reader = Reader {
        settings,
        matcher: &matcher,
    };
    let sources: Vec<PlacedSource> = reader
        .scan_all(discovery)
        .into_iter()
        .map(|scan| place(scan, settings))
        .collect();
    let newest = newest(&sources.iter().collect::<Vec<_>>(), settings);
    let (since, until) = resolve_window(settings, newest);
    let events = events(&sources);
    let window = window(settings, &sources, &matcher, since, until, newest);
    let empty_window = (since.is_some() || until.is_some()) && window.records == 0;
    let lead_program = settings
        .catalog
        .chain
        .programs
        .iter()
        .find(|p| p.lead)
        .map(|p| p.id.clone());
    let programs: Vec<Option<String>> = sources
        .iter()
        .map(|s| s.scan.info.program.clone())
        .collect();
    let any_lead = programs.iter().any(|p| p.is_some() && *p == lead_program);
    let lead: Vec<bool> = programs
        .iter()
        .map(|p| !any_lead || *p == lead_program)
        .collect();
    let (names, client_of) = clients(&sources, settings.catalog);
    let ends: Vec<Option<i64>> = sources.iter().map(|s| s.last).collect();
    let cutter = Cutter {
        catalog: settings.catalog,
        all: &events,
        programs: &programs,
        lead: &lead,
        ends: &ends,
    };
    let diagnosis = diagnose::diagnose(&cutter, &names, &client_of);
    let moment_of = |nanos: i64| settings.moment(nanos);
    let evidence_of = |event: usize| evidence(&events[event], &sources, settings);
    let facts = Facts {
        catalog: settings.catalog,
        events: &events,
        lang: settings.lang,
        since,
        until,
        window,
        sources: sources.iter().map(|s| source_report(s, settings)).collect(),
        programs: &programs,
        lead: &lead,
        moment: &moment_of,
        evidence: &evidence_of,
    };
    let (mut report, overall) = diagnose::compose(&diagnosis, facts);
    if empty_window {
        explain_empty_window(&mut report, settings, &sources);
    }
    let problems: Vec<&Problem> = discovery
        .problems
        .iter()
        .chain(sources.iter().flat_map(|s| &s.scan.problems))
        .collect();
    let lossy = problems.iter().any(|p| p.lossy);
    report.problems = problems
        .iter()
        .map(|p| problem_report(p, settings))
        .collect();
    match settings.anonymizer {
        Some(anonymizer) => anonymizer.report(&mut report),
        None => redact::report(&mut report),
    }
    let any_read = sources
        .iter()
        .any(|s| s.scan.blocks.iter().any(|b| b.lines > 0));
    Outcome {
        report,
        overall,
        lossy,
        any_read,
        empty_window,
    }
}

fn problem_report(problem: &Problem, settings: &Settings<'_>) -> ProblemReport {
    ProblemReport {
        source: problem.source.clone(),
        line: problem.line,
        text: problem.text.get(settings.lang).to_owned(),
    }
}

/// The clients' names in order, and for each source the index of its client.
fn clients(
    sources: &[PlacedSource],
    catalog: &crate::grammar::Catalog,
) -> (Vec<String>, Vec<usize>) {
    let traces: Vec<Trace<'_>> = sources
        .iter()
        .map(|s| {
            let program = s
                .scan
                .info
                .program
                .as_deref()
                .and_then(|id| catalog.chain.program(id));
            let program = program.filter(|p| p.chain);
            Trace {
                path: &s.scan.info.path,
                program: program.map(|p| p.id.as_str()),
                lead: program.is_some_and(|p| p.lead),
            }
        })
        .collect();
    // The parts of the usual folders (`Temp`, `Traces` …) name nobody.
    let parts = catalog
        .chain
        .folders
        .iter()
        .flat_map(|f| f.path.split(['\\', '/', '%']));
    let common: Vec<String> = parts.map(str::to_lowercase).collect();
    let of_source = diagnose::client_names(&traces, &common);
    let mut names: Vec<String> = of_source.clone();
    names.sort();
    names.dedup();
    if names.is_empty() {
        names.push(String::new());
    }
    let index = |name: &String| names.iter().position(|n| n == name).unwrap_or(0);
    let client_of = of_source.iter().map(index).collect();
    (names, client_of)
}

/// Finds anchors and zones for a source's stamps.
pub(super) fn place(scan: SourceScan, settings: &Settings<'_>) -> PlacedSource {
    let zone = settings.zone;
    let modified = scan
        .info
        .modified_local
        .and_then(|local| local.and_utc().timestamp_nanos_opt())
        .or_else(|| scan.info.modified.map(|instant| zone.wall(instant)));
    let mut anchors = Vec::new();
    let mut bases = Vec::new();
    let mut undated = false;
    for (index, format) in scan.layout.formats.iter().enumerate() {
        let format_index = index as u8;
        let Some(cycle) = format.cycle else {
            anchors.push(None);
            bases.push(Vec::new());
            continue;
        };
        let cycles = block_bases(&scan.blocks, format_index, cycle);
        let anchor = anchor(&scan, format_index, cycle, &cycles, modified);
        undated |= anchor.is_none()
            && scan
                .blocks
                .iter()
                .any(|b| b.ends.contains_key(&format_index));
        anchors.push(anchor);
        bases.push(cycles);
    }
    let placer = Placer {
        zone,
        anchors,
        bases,
    };
    let mut first = None;
    let mut last = None;
    for (index, block) in scan.blocks.iter().enumerate() {
        for (low, high) in block.extremes.values() {
            for stamped in [low, high] {
                if let Some(instant) = placer.instant(*stamped, index) {
                    first = Some(first.map_or(instant, |f: i64| f.min(instant)));
                    last = Some(last.map_or(instant, |l: i64| l.max(instant)));
                }
            }
        }
    }
    PlacedSource {
        scan,
        placer,
        first,
        last,
        undated,
    }
}

fn anchor(
    scan: &SourceScan,
    format: u8,
    cycle: Cycle,
    bases: &[i32],
    modified: Option<i64>,
) -> Option<Anchor> {
    let position = |stamped: &Stamped| match stamped.raw {
        RawTime::Cyclic(position) => Some((position, stamped.wraps)),
        _ => None,
    };
    let ends = || {
        scan.blocks
            .iter()
            .enumerate()
            .filter_map(|(i, b)| b.ends.get(&format).map(|e| (i, e)))
    };
    let first = ends().next().and_then(|(_, e)| position(&e.0))?;
    if let Some(named) = scan.info.named {
        return Some(Anchor::from_name(cycle, named, first.0));
    }
    let (block, last) = ends().next_back()?;
    let (last, wraps) = position(&last.1)?;
    let total = bases.get(block).copied().unwrap_or(0) + wraps;
    modified.map(|modified| Anchor::from_end(cycle, modified, last, total))
}

/// Start and end of the window that was asked for; relative forms count back from `newest`.
pub(super) fn resolve_window(
    settings: &Settings<'_>,
    newest: Option<i64>,
) -> (Option<i64>, Option<i64>) {
    let resolve = |spec: crate::config::TimeSpec, end: bool| {
        let zone = settings.zone;
        spec.resolve(
            newest.unwrap_or(0),
            &|wall| zone.instant(wall),
            &|at| zone.wall(at),
            end,
        )
    };
    let since = settings.window.since.map(|spec| resolve(spec, false));
    let until = settings.window.until.map(|spec| resolve(spec, true));
    (since, until)
}

/// The newest record of the chain's programs; a source that is ahead of its own modification by more than a day has a
/// wrong clock and does not count. Without such programs, of all sources.
pub(super) fn newest(sources: &[&PlacedSource], settings: &Settings<'_>) -> Option<i64> {
    if let Some(now) = settings.now {
        return Some(now);
    }
    let day = 86_400 * SECOND;
    let plausible = |s: &&&PlacedSource| match (s.last, s.scan.info.modified) {
        (Some(last), Some(modified)) => last <= modified.saturating_add(day),
        _ => true,
    };
    let of_chain = |s: &&&PlacedSource| {
        s.scan
            .info
            .program
            .as_ref()
            .is_some_and(|id| settings.catalog.chain.program(id).is_some_and(|p| p.chain))
    };
    let chain = sources
        .iter()
        .filter(of_chain)
        .filter(plausible)
        .filter_map(|s| s.last)
        .max();
    chain
        .or_else(|| {
            sources
                .iter()
                .filter(plausible)
                .filter_map(|s| s.last)
                .max()
        })
        .or_else(|| sources.iter().filter_map(|s| s.last).max())
}

/// All signals of sources in scope, in one order.
fn events(sources: &[PlacedSource]) -> Vec<Event> {
    let mut events = Vec::new();
    let any_program = sources.iter().any(|s| s.scan.info.program.is_some());
    for (source, placed) in sources.iter().enumerate() {
        // A note or a mail beside real traces has neither stamps nor a program's name: it is read, and judges nothing.
        let is_note = any_program && placed.scan.info.program.is_none() && placed.first.is_none();
        if !placed.scan.in_scope || is_note {
            continue;
        }
        let mut line_base = 1;
        let mut before: Option<i64> = None;
        for (number, block) in placed.scan.blocks.iter().enumerate() {
            for (index, signal) in block.signals.iter().enumerate() {
                let instant = signal.time.and_then(|t| placed.placer.instant(t, number));
                let order = signal
                    .order
                    .and_then(|t| placed.placer.instant(t, number))
                    .or(before);
                events.push(event(
                    signal, source, number, index, line_base, instant, order,
                ));
            }
            line_base += block.lines;
            if let Some(last) = block.last.and_then(|t| placed.placer.instant(t, number)) {
                before = Some(last);
            }
        }
    }
    events.sort_by_key(|event: &Event| {
        (
            event.placed.order,
            event.placed.source,
            event.placed.line,
            event.home,
        )
    });
    events
}

fn event(
    signal: &Signal,
    source: usize,
    block: usize,
    index: usize,
    line_base: u64,
    instant: Option<i64>,
    order: Option<i64>,
) -> Event {
    let placed = Placed {
        order: order.unwrap_or(i64::MIN),
        source: source as u32,
        line: line_base + signal.line,
        instant,
    };
    Event {
        meaning: signal.meaning,
        placed,
        match_line: signal.match_line,
        level: signal.level,
        depth: signal.depth,
        by_number: signal.by_number,
        assumed: signal.assumed,
        endpoint: signal.endpoint.clone(),
        captures: signal.captures.clone(),
        home: (block as u32, index as u32),
    }
}

fn evidence(event: &Event, sources: &[PlacedSource], settings: &Settings<'_>) -> Evidence {
    let source = &sources[event.placed.source as usize];
    let signal = &source.scan.blocks[event.home.0 as usize].signals[event.home.1 as usize];
    let copied = match (&source.scan.file, source.scan.copies.get(&event.home)) {
        (_, Some(copied)) => copied.clone(),
        (Some(file), None) => {
            Copied::read(file, signal.offset, signal.len as usize, signal.match_line)
        }
        (None, None) => Copied::default(),
    };
    let encoding = source.scan.encoding;
    let lines = |all: &[Vec<u8>]| all.iter().map(|l| show(l, encoding).into_owned()).collect();
    let header = copied.record.first().cloned().flatten().unwrap_or_default();
    Evidence {
        source: source.scan.info.path.clone(),
        line: event.placed.line,
        match_line: event.placed.line + u64::from(event.match_line),
        time: event.placed.instant.map(|nanos| settings.moment(nanos)),
        stamp: signal
            .stamp
            .map(|span| show(span.of(&header), encoding).into_owned()),
        level: event.level,
        text: copied.text(encoding),
        excerpt: show(&copied.telling, encoding).trim().to_owned(),
        before: lines(&copied.before),
        after: lines(&copied.after),
    }
}

fn source_report(placed: &PlacedSource, settings: &Settings<'_>) -> SourceReport {
    let scan = &placed.scan;
    let sum =
        |count: fn(&crate::scan::BlockScan) -> u64| scan.blocks.iter().map(count).sum::<u64>();
    let records = sum(|b| b.records);
    // Lines before the very first record belong to none; at the start of any later block they continue one.
    let mut unparsed = 0;
    let mut continued = 0;
    let mut unparsed_first = Vec::new();
    let mut line_base = 1;
    let mut any = false;
    for block in &scan.blocks {
        if any {
            continued += block.leading;
        } else {
            unparsed += block.leading;
            for (line, text) in &block.leading_first {
                if unparsed_first.len() < 3 {
                    let text = show(text, scan.encoding).into_owned();
                    unparsed_first.push(UnparsedLine {
                        line: line_base + line,
                        text,
                    });
                }
            }
        }
        any |= block.records > 0;
        line_base += block.lines;
    }
    let mut levels = BTreeMap::new();
    for level in Level::ALL {
        let count: u64 = scan.blocks.iter().map(|b| b.levels[level.index()]).sum();
        if count > 0 {
            levels.insert(level.name().to_owned(), count);
        }
    }
    let program = scan
        .info
        .program
        .as_ref()
        .and_then(|id| settings.catalog.chain.program(id));
    let ids: Vec<&str> = used_formats(scan);
    let mut problems: Vec<String> = scan
        .problems
        .iter()
        .map(|p| p.text.get(settings.lang).to_owned())
        .collect();
    let cut = sum(|b| b.cut);
    if cut > 0 {
        let text = Text::new(
            format!("{cut} records are longer than 1 MiB; only their first MiB was searched"),
            format!("{cut} Einträge sind länger als 1 MiB; nur ihr erstes MiB wurde durchsucht"),
        );
        problems.push(text.get(settings.lang).to_owned());
    }
    if placed.undated {
        let text = Text::new(
            "its stamps have no date, and neither its name nor its modification time gives one",
            "die Zeitstempel haben kein Datum, und weder Name noch Änderungszeit liefern eines",
        );
        problems.push(text.get(settings.lang).to_owned());
    }
    SourceReport {
        path: scan.info.path.clone(),
        program: program.map(|p| p.name.clone()),
        format: if ids.is_empty() {
            "plain".into()
        } else {
            ids.join(" + ")
        },
        format_basis: scan.layout.basis.name().into(),
        encoding: scan.encoding,
        zone: zone_of(scan, settings),
        bytes: scan.bytes,
        lines: sum(|b| b.lines),
        records,
        continuations: sum(|b| b.continuations) + continued,
        unparsed,
        unparsed_first,
        first: placed.first.map(|t| settings.moment(t)),
        last: placed.last.map(|t| settings.moment(t)),
        out_of_order: steps_back(scan),
        levels,
        minutes: minutes(placed, settings),
        out_of_scope: !scan.in_scope && records + unparsed > 0,
        problems,
    }
}

/// The formats that read at least one record, in the layout's order; without stamps all count.
fn used_formats(scan: &SourceScan) -> Vec<&str> {
    let used: Vec<&str> = scan
        .layout
        .formats
        .iter()
        .enumerate()
        .filter(|(index, _)| {
            scan.blocks
                .iter()
                .any(|b| b.ends.contains_key(&(*index as u8)))
        })
        .map(|(_, format)| format.id.as_str())
        .collect();
    let mut used = used;
    used.dedup();
    if used.is_empty() {
        scan.layout.formats.iter().map(|f| f.id.as_str()).collect()
    } else {
        used
    }
}

fn zone_of(scan: &SourceScan, settings: &Settings<'_>) -> Zone {
    let mut utc = 0usize;
    let mut local = 0usize;
    for (_, _, kind, _) in scan.blocks.iter().flat_map(|b| b.minutes.keys()) {
        if *kind == 0 { utc += 1 } else { local += 1 }
    }
    if utc > 0 && local == 0 {
        return Zone {
            name: "in-text".into(),
            basis: "in-text".into(),
        };
    }
    Zone {
        name: settings.zone_name.clone(),
        basis: settings.zone_basis.into(),
    }
}

fn steps_back(scan: &SourceScan) -> u64 {
    let mut total = 0;
    let mut before: Option<Stamped> = None;
    for block in &scan.blocks {
        total += block.steps_back;
        if let (Some(last), Some(first)) = (before, block.first)
            && last.format == first.format
            && !matches!(first.raw, RawTime::Cyclic(_))
            && first.key().1 < last.key().1
        {
            total += 1;
        }
        if let (Some(last), Some(first)) = (before, block.first)
            && last.format == first.format
            && let (RawTime::Cyclic(from), RawTime::Cyclic(to)) = (last.raw, first.raw)
            && let Some(cycle) = scan.layout.formats[usize::from(first.format)].cycle
        {
            let step = crate::scan::block::cycle_step(from, to, cycle);
            total += u64::from(step < 0 || step == 0 && to < from);
        }
        before = block.last.or(before);
    }
    total
}

fn minutes(placed: &PlacedSource, settings: &Settings<'_>) -> Vec<MinuteCount> {
    let minute = 60 * SECOND;
    let mut counts: BTreeMap<i64, Counts> = BTreeMap::new();
    for (number, block) in placed.scan.blocks.iter().enumerate() {
        for ((format, wraps, kind, index), count) in &block.minutes {
            let nanos = index * minute;
            let raw = match kind {
                0 => RawTime::Utc(nanos),
                1 => RawTime::Wall(nanos),
                _ => RawTime::Cyclic(nanos),
            };
            let stamped = Stamped {
                raw,
                wraps: *wraps,
                format: *format,
            };
            if let Some(instant) = placed.placer.instant(stamped, number) {
                add(counts.entry(instant.div_euclid(minute)).or_default(), count);
            }
        }
    }
    while counts.len() > MOST_BUCKETS {
        let span = counts.keys().next_back().unwrap_or(&0) - counts.keys().next().unwrap_or(&0);
        let width = (span / (MOST_BUCKETS as i64) + 1).max(2);
        let mut joined: BTreeMap<i64, Counts> = BTreeMap::new();
        for (at, count) in &counts {
            add(
                joined.entry(at.div_euclid(width) * width).or_default(),
                count,
            );
        }
        counts = joined;
    }
    counts
        .into_iter()
        .map(|(at, c)| MinuteCount {
            at: settings.moment(at * minute),
            records: c.records,
            warnings: c.warnings,
            errors: c.errors,
        })
        .collect()
}

fn add(sum: &mut Counts, count: &Counts) {
    sum.records += count.records;
    sum.warnings += count.warnings;
    sum.errors += count.errors;
}

fn window(
    settings: &Settings<'_>,
    sources: &[PlacedSource],
    matcher: &Matcher<'_>,
    since: Option<i64>,
    until: Option<i64>,
    newest: Option<i64>,
) -> Window {
    let first = sources.iter().filter_map(|s| s.first).min();
    let last = sources.iter().filter_map(|s| s.last).max();
    let asked = since.is_some() || until.is_some();
    let relative = [settings.window.since, settings.window.until]
        .iter()
        .flatten()
        .any(|s| s.is_relative());
    let records = if asked {
        sources
            .iter()
            .map(|s| records_inside(s, matcher, since, until, settings.block))
            .sum()
    } else {
        sources
            .iter()
            .flat_map(|s| &s.scan.blocks)
            .map(|b| b.records)
            .sum()
    };
    let shown = |t: Option<i64>, open: &str| {
        t.map_or_else(|| open.to_owned(), |t| settings.moment(t).rfc3339())
    };
    let text = match (asked, settings.lang) {
        (false, _) => String::new(),
        (true, crate::model::Lang::En) => format!(
            "{} to {}{}",
            shown(since, "the first record"),
            shown(until, "the last record"),
            if relative {
                format!(", counted back from {}", shown(newest, "the newest record"))
            } else {
                String::new()
            }
        ),
        (true, crate::model::Lang::De) => format!(
            "{} bis {}{}",
            shown(since, "zum ersten Eintrag"),
            shown(until, "zum letzten Eintrag"),
            if relative {
                format!(
                    ", zurückgezählt ab {}",
                    shown(newest, "dem neuesten Eintrag")
                )
            } else {
                String::new()
            }
        ),
    };
    Window {
        since: since.map(|t| settings.moment(t)),
        until: until.map(|t| settings.moment(t)),
        counted_from: newest.filter(|_| relative).map(|t| settings.moment(t)),
        first_record: first.map(|t| settings.moment(t)),
        last_record: last.map(|t| settings.moment(t)),
        records,
        text,
    }
}

/// Records of a source inside the window. Blocks that lie on its border are read again.
fn records_inside(
    placed: &PlacedSource,
    matcher: &Matcher<'_>,
    since: Option<i64>,
    until: Option<i64>,
    block_size: usize,
) -> u64 {
    let low = since.unwrap_or(i64::MIN);
    let high = until.unwrap_or(i64::MAX);
    let mut total = 0;
    for (number, block) in placed.scan.blocks.iter().enumerate() {
        let instants: Vec<i64> = block
            .extremes
            .values()
            .flat_map(|(a, b)| [*a, *b])
            .filter_map(|s| placed.placer.instant(s, number))
            .collect();
        let (Some(first), Some(last)) = (instants.iter().min(), instants.iter().max()) else {
            continue;
        };
        if *first >= low && *last <= high {
            total += block.minutes.values().map(|c| c.records).sum::<u64>();
        } else if *last >= low && *first <= high {
            let scanner = Scanner {
                layout: &placed.scan.layout,
                matcher,
                program: placed.scan.info.program.as_deref(),
            };
            total += super::read::count_inside(placed, number, &scanner, low, high, block_size);
        }
    }
    total
}

fn explain_empty_window(report: &mut Report, settings: &Settings<'_>, sources: &[PlacedSource]) {
    let first = sources.iter().filter_map(|s| s.first).min();
    let last = sources.iter().filter_map(|s| s.last).max();
    let shown = |t: Option<i64>| t.map_or_else(|| "?".to_owned(), |t| settings.moment(t).rfc3339());
    let text = diagnose::empty_window(&shown(first), &shown(last));
    report.verdict = Verdict::Insufficient;
    text.get(settings.lang).clone_into(&mut report.headline);
}
