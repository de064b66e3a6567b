//! A source with its stamps placed: anchors and zones.

use super::Settings;
use super::read::SourceScan;
use crate::model::{Cycle, RawTime};
use crate::scan::block::Stamped;
use crate::scan::place::{Anchor, Placer, block_bases};

/// A source with its stamps placed.
pub(super) struct PlacedSource {
    pub(super) scan: SourceScan,
    pub(super) placer: Placer,
    pub(super) first: Option<i64>,
    pub(super) last: Option<i64>,
    pub(super) undated: bool,
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

pub(super) fn anchor(
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
