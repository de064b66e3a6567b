//! A source with its stamps placed: anchors and zones.

use super::Settings;
use super::read::SourceScan;
use super::zones::SourceZone;
use crate::diagnose::Ends;
use crate::model::{Cycle, Problem, RawTime, Text};
use crate::scan::BlockScan;
use crate::scan::block::Stamped;
use crate::scan::order::LineOrder;
use crate::scan::place::{Anchor, Placer, block_bases};

/// A source with its stamps placed.
pub(super) struct PlacedSource {
    pub(super) scan: SourceScan,
    pub(super) placer: Placer,
    pub(super) zone: SourceZone,
    pub(super) first: Option<i64>,
    pub(super) last: Option<i64>,
    pub(super) undated: bool,
}

/// Finds anchors for a source's stamps.
pub(super) fn place(scan: SourceScan, settings: &Settings<'_>) -> PlacedSource {
    let zone = SourceZone::of(&scan.info.path, scan.zone.as_ref(), settings);
    let zone = zone.or_of_clock(scan.layout.clock());
    let mut placed = PlacedSource {
        placer: Placer::new(zone.zone, Vec::new(), Vec::new()),
        zone,
        scan,
        first: None,
        last: None,
        undated: false,
    };
    placed.place_again();
    let cut: u64 = placed.scan.blocks.iter().map(|b| b.cut).sum();
    if cut > 0 {
        let text = Text::new(
            format!("records longer than 1 MiB, of which only the first MiB was searched: {cut}"),
            format!("Einträge über 1 MiB, von denen nur das erste MiB durchsucht wurde: {cut}"),
        );
        let path = placed.scan.info.path.clone();
        placed.scan.problems.push(Problem::note(path, text));
    }
    placed
}

impl PlacedSource {
    /// Finds anchors anew, for its zone.
    pub(super) fn place_again(&mut self) {
        let (scan, zone) = (&self.scan, self.zone.zone);
        let modified = scan
            .info
            .modified_local
            .and_then(|local| local.and_utc().timestamp_nanos_opt())
            .or_else(|| scan.info.modified.map(|instant| zone.wall(instant)));
        let formats = scan.layout.formats.len();
        let (mut anchors, mut bases) = (Vec::with_capacity(formats), Vec::with_capacity(formats));
        let mut undated = false;
        for (index, format) in scan.layout.formats.iter().enumerate() {
            let format_index = index as u8;
            let Some(cycle) = format.cycle else {
                anchors.push(None);
                bases.push(Vec::new());
                continue;
            };
            let cycles = block_bases(&scan.blocks, format_index, cycle);
            let anchor = anchor(scan, format_index, cycle, &cycles, modified);
            let used = |b: BlockScan| b.ends.get(format_index).is_some();
            undated |= anchor.is_none() && scan.blocks.iter().any(used);
            anchors.push(anchor);
            bases.push(cycles);
        }
        let mut placer = Placer::new(zone, anchors, bases);
        placer.look_up(&scan.blocks);
        placer.order = LineOrder::of(&scan.blocks, &placer);
        let blocks = scan.blocks.iter().enumerate();
        let reach = blocks.filter_map(|(number, block)| reach(&block, &placer, number));
        let reach = reach.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        self.first = reach.map(|r| r.0);
        self.last = reach.map(|r| r.1);
        self.undated = undated;
        self.placer = placer;
    }
}

impl PlacedSource {
    /// When its records end.
    pub(super) fn ends(&self) -> Ends {
        let blocks = self.scan.blocks.iter().enumerate();
        let mut ends = Ends {
            last: self.last,
            ..Ends::default()
        };
        for (number, block) in blocks {
            for (known, last) in ends.levels.iter_mut().zip(block.level_last) {
                let last = last.and_then(|stamp| self.placer.instant(stamp, number));
                *known = (*known).max(last);
            }
        }
        ends
    }
}

/// First and last instant of a block, by its own stamps.
pub(super) fn reach(block: &BlockScan, placer: &Placer, number: usize) -> Option<(i64, i64)> {
    let ends = block.extremes.values().chain(block.ends.values());
    let dips = block
        .dips
        .iter()
        .filter_map(|dip| Some((dip.from?, dip.to)));
    let stamps = ends.copied().chain(dips).flat_map(|(a, b)| [a, b]);
    let instants = stamps.filter_map(|stamped| placer.instant(stamped, number));
    instants.fold(None, |reach: Option<(i64, i64)>, instant| {
        let (low, high) = reach.unwrap_or((instant, instant));
        Some((low.min(instant), high.max(instant)))
    })
}

fn anchor(
    scan: &SourceScan,
    format: u8,
    cycle: Cycle,
    bases: &[i32],
    modified: Option<i64>,
) -> Option<Anchor> {
    let position = |stamped: &Stamped| match stamped.raw() {
        RawTime::Cyclic(position) => Some((position, stamped.wraps())),
        _ => None,
    };
    let ends = || {
        scan.blocks
            .iter()
            .enumerate()
            .filter_map(|(i, b)| b.ends.get(format).map(|e| (i, *e)))
    };
    let first = ends().next().and_then(|(_, e)| position(&e.0))?;
    if let Some(named) = scan.info.named.or(scan.layout.begun) {
        return Some(Anchor::from_name(cycle, named, first.0));
    }
    let (block, last) = ends().next_back()?;
    let (last, wraps) = position(&last.1)?;
    let total = bases.get(block).copied().unwrap_or(0) + wraps;
    modified.map(|modified| Anchor::from_end(cycle, modified, last, total))
}
