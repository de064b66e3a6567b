//! What the report says of each source.

use super::Settings;
use super::placed::PlacedSource;
use super::read::SourceScan;
use crate::decode::show;
use crate::model::buckets::Buckets;
use crate::model::report::{MinuteCount, SourceReport, UnparsedLine, Zone};
use crate::model::time::SECOND;
use crate::model::{Lang, Level, Problem, Text};
use crate::scan::block::Counts;

/// Buckets of the timeline picture that a source keeps, and of hundreds of sources together; beyond it they are joined: the
/// picture of a thousand would be nearly all of a report. Each source keeps enough to show where it is silent.
const MOST_BUCKETS: usize = 240;
const MOST_OF_ALL: usize = 60_000;
const LEAST_BUCKETS: usize = 60;

/// What the report says of one of so many sources.
pub(super) fn source_report(
    placed: &PlacedSource,
    sources: usize,
    settings: &Settings<'_>,
) -> SourceReport {
    let scan = &placed.scan;
    let (mut lines, mut records, mut continuations) = (0, 0, 0);
    let mut levels = [0; Level::ALL.len()];
    // Lines before the very first record belong to none; at the start of any later block they continue one.
    let mut unparsed = 0;
    let mut unparsed_first = Vec::new();
    let mut any = false;
    for block in scan.blocks.iter() {
        if any {
            continuations += block.leading;
        } else {
            unparsed += block.leading;
            for (line, text) in &block.leading_first {
                if unparsed_first.len() < 3 {
                    let text = show(text, scan.encoding).into_owned();
                    unparsed_first.push(UnparsedLine {
                        line: lines + line + 1,
                        text,
                    });
                }
            }
        }
        any |= block.records > 0;
        lines += block.lines;
        records += block.records;
        continuations += block.continuations;
        for (sum, count) in levels.iter_mut().zip(block.levels) {
            *sum += count;
        }
    }
    let levels = Level::ALL.map(|level| (level.name(), levels[level.index()]));
    let mut levels: Vec<(&str, u64)> = levels.into_iter().filter(|(_, n)| *n > 0).collect();
    levels.sort_unstable();
    let program = scan
        .info
        .program
        .as_ref()
        .and_then(|id| settings.catalog.chain.program(id));
    let ids: Vec<&str> = used_formats(scan);
    let mut problems: Vec<String> = scan
        .problems
        .iter()
        .map(|p| in_words(p, settings.lang))
        .collect();
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
        format: if let Some(beside) = &scan.facts {
            beside.ids(settings)
        } else if ids.is_empty() {
            "plain".into()
        } else {
            ids.join(" + ")
        },
        format_basis: match scan.facts {
            Some(_) => "facts".into(),
            None => scan.layout.basis.name().into(),
        },
        encoding: scan.encoding,
        zone: zone_of(placed, settings.lang),
        bytes: scan.bytes,
        lines,
        records,
        continuations,
        unparsed,
        unparsed_first,
        first: placed.first.map(|t| settings.moment(t)),
        last: placed.last.map(|t| settings.moment(t)),
        out_of_order: placed.placer.order.disorder(),
        levels: levels.into(),
        minutes: minutes(placed, most_buckets(sources), settings),
        facts: scan.facts.as_ref().map_or(0, |f| f.found.len() as u64),
        out_of_scope: !scan.in_scope && records + unparsed > 0,
        problems,
    }
}

/// A problem of a source as one text, with its line.
fn in_words(problem: &Problem, lang: Lang) -> String {
    let text = problem.text.get(lang);
    match (problem.line, lang) {
        (None, _) => text.to_owned(),
        (Some(line), Lang::En) => format!("line {line}: {text}"),
        (Some(line), Lang::De) => format!("Zeile {line}: {text}"),
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
                .any(|b| b.ends.get(*index as u8).is_some())
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

fn zone_of(placed: &PlacedSource, lang: Lang) -> Zone {
    let scan = &placed.scan;
    let mut any = false;
    let all_utc = scan.blocks.iter().all(|block| {
        let mut minutes = block.minutes.iter().inspect(|_| any = true);
        minutes.all(|(key, _)| key.kind == 0)
    });
    if any && all_utc {
        return Zone {
            name: "in-text".into(),
            basis: "in-text".into(),
            confidence: None,
            because: Vec::new(),
        };
    }
    let zone = &placed.zone;
    Zone {
        name: zone.name.clone(),
        basis: zone.basis.into(),
        confidence: zone.confidence,
        because: zone
            .because
            .iter()
            .map(|text| text.get(lang).to_owned())
            .collect(),
    }
}

/// Buckets that each of so many sources keeps at most.
fn most_buckets(sources: usize) -> usize {
    (MOST_OF_ALL / sources.max(1)).clamp(LEAST_BUCKETS, MOST_BUCKETS)
}

fn minutes(placed: &PlacedSource, most: usize, settings: &Settings<'_>) -> Buckets {
    let minute = 60 * SECOND;
    let mut counts: Vec<(i64, Counts)> = Vec::new();
    for (number, block) in placed.scan.blocks.iter().enumerate() {
        for (key, count) in block.minutes.iter() {
            if let Some(instant) = placed.placer.instant(key.start(), number) {
                counts.push((instant.div_euclid(minute), count));
            }
        }
    }
    counts.sort_by_key(|(at, _)| *at);
    join(&mut counts);
    while counts.len() > most {
        let ends = counts.first().zip(counts.last());
        let span = ends.map_or(0, |(first, last)| last.0 - first.0);
        let width = (span / (most as i64) + 1).max(2);
        for (at, _) in &mut counts {
            *at = at.div_euclid(width) * width;
        }
        join(&mut counts);
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

/// Makes one of all that stand side by side and are of one minute.
fn join(counts: &mut Vec<(i64, Counts)>) {
    counts.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1.add(&next.1);
        }
        same
    });
}
