//! What the report says of each source.

use std::collections::BTreeMap;

use super::Settings;
use super::placed::PlacedSource;
use super::read::SourceScan;
use crate::decode::show;
use crate::model::report::{MinuteCount, SourceReport, UnparsedLine, Zone};
use crate::model::time::SECOND;
use crate::model::{Level, RawTime, Text};
use crate::scan::block::{Counts, Stamped};

/// Buckets of the timeline picture that a source keeps; beyond it they are joined.
pub(super) const MOST_BUCKETS: usize = 240;

pub(super) fn source_report(placed: &PlacedSource, settings: &Settings<'_>) -> SourceReport {
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
pub(super) fn used_formats(scan: &SourceScan) -> Vec<&str> {
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

pub(super) fn zone_of(scan: &SourceScan, settings: &Settings<'_>) -> Zone {
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

pub(super) fn steps_back(scan: &SourceScan) -> u64 {
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

pub(super) fn minutes(placed: &PlacedSource, settings: &Settings<'_>) -> Vec<MinuteCount> {
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

pub(super) fn add(sum: &mut Counts, count: &Counts) {
    sum.records += count.records;
    sum.warnings += count.warnings;
    sum.errors += count.errors;
}
