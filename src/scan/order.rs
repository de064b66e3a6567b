//! Order: what the lines of a whole source tell of its clock. Which of two passes of an hour a record is in, where the
//! clock was set back, and whether the newest record stands first.

use super::block::{BlockScan, Stamped};
use super::blocks::Blocks;
use super::place::Placer;
use super::trail::{DROP, MOST_DROPS};
use crate::model::RawTime;
use crate::model::time::SECOND;

/// A step back of more than this is no clock that was set: it is another stretch of time in the same file.
const MOST_STEP: i64 = 12 * 3_600 * SECOND;

/// What the order of lines tells.
#[derive(Debug, Clone, Default)]
pub struct LineOrder {
    /// Drops before each block, for each format.
    bases: Vec<Vec<u32>>,
    /// Hours that were passed twice.
    passes: Vec<Pass>,
    /// Where records sort after a step back.
    floors: Vec<Floor>,
    /// True if the newest record stands first.
    pub newest_first: bool,
    /// Steps back of the clock.
    pub steps: Vec<StepBack>,
    /// Stamped records later, and earlier, than the one before them of the same format.
    pub rises: u64,
    /// See there.
    pub falls: u64,
}

#[derive(Debug, Clone, Copy)]
struct Pass {
    format: u8,
    /// A wall-clock time in the hour, and the hour's length.
    near: i64,
    length: i64,
    /// From this drop on it is the second pass.
    from: u32,
}

#[derive(Debug, Clone, Copy)]
struct Floor {
    format: u8,
    from: u32,
    instant: i64,
}

/// How a step back is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// The second pass of the hour that daylight saving repeats begins.
    SecondPass,
    /// The clock was set back: the lines keep their order.
    SetBack,
    /// Another stretch of time begins: its records sort by their stamps.
    Stretch,
}

/// A step back of a source's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepBack {
    /// How it is understood.
    pub kind: StepKind,
    /// Line of the record after it, from 1.
    pub line: u64,
    /// By how much the clock shows less, in nanoseconds.
    pub size: i64,
}

/// A drop with its place in the source.
#[derive(Debug, Clone, Copy)]
struct Drop {
    from: (Stamped, usize),
    to: (Stamped, usize),
    index: u32,
    line: u64,
    stray: bool,
}

/// Leaves out zeros at the end, which are what is not there: nearly all of thousands of sources have no others.
fn trimmed(mut bases: Vec<u32>) -> Vec<u32> {
    let used = bases.iter().rposition(|base| *base > 0);
    bases.truncate(used.map_or(0, |last| last + 1));
    bases.shrink_to_fit();
    bases
}

impl LineOrder {
    /// Reads it from all blocks of a source whose stamps can be placed by `placer`.
    pub fn of(blocks: &Blocks, placer: &Placer) -> Self {
        let formats = placer.anchors.len();
        let mut order = Self::default();
        let (mut rises, mut falls) = (0, 0);
        let mut all: Vec<Vec<Drop>> = Vec::new();
        let new = |format| Found::new(format as u8, placer);
        let mut found: Vec<Found<'_>> = (0..formats).map(new).collect();
        for (number, block) in blocks.iter().enumerate() {
            rises += block.rises;
            falls += block.steps_back;
            found
                .iter_mut()
                .for_each(|found| found.block(number, &block));
        }
        for found in found {
            rises += found.rises;
            falls += found.falls;
            order.bases.push(trimmed(found.bases));
            all.push(if found.count > MOST_DROPS {
                Vec::new()
            } else {
                found.drops
            });
        }
        if order.bases.iter().all(Vec::is_empty) {
            order.bases = Vec::new();
        }
        (order.rises, order.falls) = (rises, falls);
        order.newest_first = falls >= 2 && falls >= 20 * rises;
        if order.newest_first {
            return order;
        }
        for drops in &all {
            order.passes.extend(passes(drops, placer));
        }
        let with_passes = Placer {
            order: order.clone(),
            ..placer.clone()
        };
        for drops in &all {
            order.set_back(drops, &with_passes);
        }
        order.steps.sort_by_key(|step| step.line);
        order
    }

    fn set_back(&mut self, drops: &[Drop], placer: &Placer) {
        let mut floor = i64::MIN;
        for drop in drops {
            let walls = |at: (Stamped, usize)| placer.wall(at.0, at.1);
            let (Some(from), Some(to)) = (walls(drop.from), walls(drop.to)) else {
                continue;
            };
            let size = from - to;
            let format = drop.to.0.format();
            let pass = self
                .passes
                .iter()
                .any(|p| p.format == format && p.from == drop.index);
            let kind = match pass {
                true => StepKind::SecondPass,
                false if drop.stray => continue,
                false if size <= MOST_STEP => StepKind::SetBack,
                false => StepKind::Stretch,
            };
            self.steps.push(StepBack {
                kind,
                line: drop.line,
                size,
            });
            if kind == StepKind::SetBack
                && let Some(instant) = placer.instant(drop.from.0, drop.from.1)
            {
                floor = floor.max(instant);
            } else if kind == StepKind::Stretch {
                floor = i64::MIN;
            }
            self.floors.push(Floor {
                format,
                from: drop.index,
                instant: floor,
            });
        }
    }

    fn index(&self, stamped: Stamped, block: usize) -> u32 {
        let bases = self.bases.get(usize::from(stamped.format()));
        bases.and_then(|b| b.get(block)).copied().unwrap_or(0) + stamped.drops()
    }

    /// True if the stamp is in the second pass of an hour; `None` if the lines do not tell.
    pub fn is_second_pass(&self, stamped: Stamped, block: usize, wall: i64) -> Option<bool> {
        let near = |p: &&Pass| p.format == stamped.format() && (wall - p.near).abs() < p.length;
        let pass = self.passes.iter().find(near)?;
        Some(self.index(stamped, block) >= pass.from)
    }

    /// The instant before which a record with this stamp does not sort.
    pub fn floor(&self, stamped: Stamped, block: usize) -> i64 {
        if self.floors.is_empty() {
            return i64::MIN;
        }
        let index = self.index(stamped, block);
        let last = |f: &&Floor| f.format == stamped.format() && f.from <= index;
        self.floors
            .iter()
            .rfind(last)
            .map_or(i64::MIN, |f| f.instant)
    }

    /// Records that stand out of order.
    pub const fn disorder(&self) -> u64 {
        if self.newest_first {
            self.rises
        } else {
            self.falls
        }
    }

    /// False if the order of lines moves a record away from where its stamp alone would put it.
    pub fn is_plain(&self) -> bool {
        self.passes.is_empty() && self.floors.is_empty()
    }
}

/// Hours of which exactly one drop says where their second pass begins.
fn passes(drops: &[Drop], placer: &Placer) -> Vec<Pass> {
    let candidates: Vec<Pass> = drops
        .iter()
        // In a file that is in order otherwise, one record of the second pass is enough.
        .filter(|drop| !drop.stray || drops.len() == 1)
        .filter_map(|drop| {
            let local = !matches!(drop.to.0.raw(), RawTime::Utc(_));
            let to = placer.wall(drop.to.0, drop.to.1).filter(|_| local)?;
            let from = placer.wall(drop.from.0, drop.from.1)?;
            let length = placer.zone.repeats(to)?;
            let inside = placer.zone.repeats(from) == Some(length) && from - to < length;
            inside.then_some(Pass {
                format: drop.to.0.format(),
                near: to,
                length,
                from: drop.index,
            })
        })
        .collect();
    let alone = |pass: &&Pass| {
        let same = |other: &&Pass| (other.near - pass.near).abs() < pass.length;
        candidates.iter().filter(same).count() == 1
    };
    candidates.iter().filter(alone).copied().collect()
}

/// The drops of one format while the blocks are walked through.
struct Found<'a> {
    format: u8,
    placer: &'a Placer,
    bases: Vec<u32>,
    drops: Vec<Drop>,
    count: u32,
    last: Option<(Stamped, usize)>,
    line: u64,
    rises: u64,
    falls: u64,
}

impl<'a> Found<'a> {
    fn new(format: u8, placer: &'a Placer) -> Self {
        Self {
            format,
            placer,
            bases: Vec::new(),
            drops: Vec::new(),
            count: 0,
            last: None,
            line: 1,
            rises: 0,
            falls: 0,
        }
    }

    /// A stamp on one line of time; the date parts that it lacks are those of where its cycles were counted.
    fn value(&self, (stamped, block): (Stamped, usize)) -> i64 {
        self.placer
            .wall(stamped, block)
            .unwrap_or_else(|| stamped.nanos())
    }

    fn block(&mut self, number: usize, block: &BlockScan) {
        let own = block
            .dips
            .iter()
            .filter(|dip| dip.to.format() == self.format);
        let mut border = 0;
        for dip in own {
            let to = (dip.to, number);
            let from = dip.from.map(|from| (from, number)).or(self.last);
            let Some(from) = from else { continue };
            let rise = self.value(to) - self.value(from);
            if dip.from.is_none() {
                self.rises += u64::from(rise > 0);
                self.falls += u64::from(rise < 0);
                if rise >= -DROP {
                    continue;
                }
                border = 1;
            }
            let after = dip.after.map(|after| self.value((after, number)));
            let stray = after.is_some_and(|after| after >= self.value(from));
            if self.drops.len() <= MOST_DROPS as usize {
                self.drops.push(Drop {
                    from,
                    to,
                    index: self.count + border + dip.to.drops(),
                    line: self.line + dip.line,
                    stray,
                });
            }
        }
        self.bases.push(self.count + border);
        let inside = block.ends.get(self.format).map_or(0, |ends| ends.1.drops());
        self.count = self.count.saturating_add(border + inside);
        if let Some((_, last)) = block.ends.get(self.format) {
            self.last = Some((*last, number));
        }
        self.line += block.lines;
    }
}
