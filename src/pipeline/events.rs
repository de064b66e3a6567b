//! From the signals of blocks to the events of all sources, in one order.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::Settings;
use super::placed::PlacedSource;
use super::tellings::{Sets, Tellings};
use crate::diagnose::{Calling, Events, Placed, Row, is_apart, is_name};
use crate::grammar::Meaning;
use crate::grammar::told::{Beat, Told};
use crate::model::{Problem, RawTime, Text};
use crate::scan::Matcher;
use crate::scan::beats::{Gaps, ONE};
use crate::scan::block::Stamped;
use crate::scan::idle::{Idle, SOON, Step};
use crate::spool::{List, Sorter};

/// All signals of sources in scope, in one order, and what each source calls its client.
pub(super) fn events<'s>(
    sources: &mut [PlacedSource],
    matcher: &Matcher<'_>,
    tellings: &Tellings,
    settings: &Settings<'s>,
) -> (Events, Vec<Calling<'s>>) {
    let folder = settings.spool.as_deref();
    let told = tellings.all();
    let sets = tellings.sets();
    let beats = told.iter().map(|told| matcher.is_beat(told.meaning));
    let known = Known {
        told: &told,
        sets: &sets,
        beats: beats.collect(),
    };
    let any_program = sources.iter().any(|s| s.scan.info.program.is_some());
    let newest_first: Vec<bool> = sources
        .iter()
        .map(|source| source.placer.order.newest_first)
        .collect();
    // No two are alike: it is the one order.
    let sorter = Sorter::new(folder, |row: &Row| {
        let Placed {
            order,
            source,
            line,
            ..
        } = row.placed();
        // Where the newest record stands first, the lower line is the earlier one.
        let line = if newest_first[source as usize] {
            u64::MAX - line
        } else {
            line
        };
        (order, source, line, row.home, row.part)
    });
    let all = sources.par_iter_mut().enumerate();
    let callings = all.map(|(source, placed)| {
        let mut calling = Calling::new(&settings.catalog.chain);
        // A note or a mail beside real traces has neither stamps nor a program's name: it is read, and judges nothing.
        let is_note = any_program && placed.scan.info.program.is_none() && placed.first.is_none();
        if !placed.scan.in_scope || is_note {
            return calling;
        }
        let of = Source::new(placed, source as u32, &known);
        let mut giving = sorter.giving();
        let whole = of.for_each_but_idle(folder, &mut |row| {
            let Placed { line, order, .. } = row.placed();
            for told in known.told_by(&row) {
                calling.take(line, order, told);
            }
            giving.push(row);
        });
        if !whole {
            let path = &placed.scan.info.path;
            placed.scan.problems.push(Problem::lost(path, gone()));
        }
        calling
    });
    let callings: Vec<Calling<'_>> = callings.collect();
    // Who is named stands among them only where it says whose the records around it are.
    let any_splits = callings.iter().any(Calling::may_split);
    let is_kept: Vec<bool> = (told.iter())
        .map(|told| any_splits || !is_name(told))
        .collect();
    let is_apart = (told.iter()).map(|told| is_apart(settings.catalog, told));
    let mut events = Events::new(folder, told.clone(), is_apart.collect());
    let broken = sorter.finish(|row| {
        let told = sets.told_by(row.tells).iter().copied();
        events.push(&row, told.filter(|told| is_kept[*told as usize]));
    });
    if broken {
        events.set_broken();
    }
    (events, callings)
}

/// What is said where the temporary file fails.
pub(super) fn gone() -> Text {
    Text::new(
        "a part of what the records tell could not be read again from the temporary file, and the diagnosis lacks it: is the disk of the temporary folder broken?",
        "ein Teil dessen, was die Einträge sagen, ließ sich aus der temporären Datei nicht wieder lesen und fehlt der Diagnose: Ist der Datenträger des temporären Ordners gestört?",
    )
}

/// What is known of what events tell.
struct Known<'a> {
    told: &'a [Arc<Told>],
    sets: &'a Sets,
    /// Which of them are beats.
    beats: Vec<bool>,
}

impl Known<'_> {
    /// What the events of a row tell.
    fn told_by(&self, row: &Row) -> impl Iterator<Item = &Told> {
        let told = self.sets.told_by(row.tells).iter();
        told.map(|told| &*self.told[*told as usize])
    }

    /// True if one of these events is a beat: such a row has no others.
    fn has_beat(&self, tells: u32) -> bool {
        let mut told = self.sets.told_by(tells).iter();
        told.any(|told| self.beats[*told as usize])
    }

    fn is_beat(&self, row: &Row) -> bool {
        self.has_beat(row.tells) && row.placed().instant.is_some()
    }

    /// Calls `with` with the events of a row one by one.
    fn one_by_one(&self, row: &Row, mut with: impl FnMut(Row)) {
        for (part, told) in self.sets.told_by(row.tells).iter().enumerate() {
            let mut one = *row;
            (one.tells, one.part) = (Sets::one(*told), part as u32);
            with(one);
        }
    }
}

/// The events of one source.
struct Source<'a> {
    placed: &'a PlacedSource,
    number: u32,
    known: &'a Known<'a>,
    /// True if nothing tells the zone of stamps without one.
    zone_assumed: bool,
}

impl<'a> Source<'a> {
    fn new(placed: &'a PlacedSource, number: u32, known: &'a Known<'a>) -> Self {
        Self {
            placed,
            number,
            known,
            zone_assumed: !placed.zone.fixed && placed.zone.confidence.is_none(),
        }
    }

    /// Calls `with` with those that tell one of these, in the order of lines; false if some were lost.
    fn for_each(&self, of: impl Fn(u32) -> bool, mut with: impl FnMut(Row)) -> bool {
        let (scan, placer) = (&self.placed.scan, &self.placed.placer);
        let mut line_base = 1;
        let mut before: Option<i64> = None;
        let mut whole = true;
        let (mut bytes, mut rows) = (Vec::new(), Vec::new());
        let both = scan.blocks.iter().zip(&scan.signals);
        for (number, (block, signals)) in both.enumerate() {
            let mut index = 0;
            // Neighbours have one stamp.
            let mut newest: (Option<Stamped>, Option<i64>, Option<i64>) = (None, None, None);
            whole &= signals.for_each(&mut bytes, |signal| {
                let home = (number as u32, index);
                index += 1;
                if !of(signal.tells) {
                    return;
                }
                if newest.0 != signal.order {
                    let instant = signal.order.and_then(|t| placer.instant(t, number));
                    let sorts_at = signal.order.and_then(|t| placer.sorts_at(t, number));
                    newest = (signal.order, instant, sorts_at);
                }
                let has_zone = |t: Stamped| matches!(t.raw(), RawTime::Utc(_));
                let zoned = signal.time.is_some_and(has_zone);
                let place = Placed {
                    order: newest.2.or(before).unwrap_or(i64::MIN),
                    source: self.number,
                    line: line_base + u64::from(signal.line),
                    instant: signal.time.and(newest.1),
                };
                let zone_assumed = self.zone_assumed && !zoned;
                let row = Row::new(signal.tells, place, zone_assumed, signal.beat, home);
                let row = row.quoted(signal.quoted);
                if self.known.has_beat(signal.tells) {
                    self.known.one_by_one(&row, |one| rows.push(one));
                } else {
                    rows.push(row);
                }
            });
            // Lines of a block are behind those of the blocks before it, and beats may stand late in their own.
            rows.sort_unstable_by_key(|row: &Row| (row.placed().line, row.home, row.part));
            rows.drain(..).for_each(&mut with);
            line_base += block.lines;
            if let Some(last) = block.last.and_then(|t| placer.sorts_at(t, number)) {
                before = Some(last);
            }
        }
        whole
    }

    /// What is known of its beats from those around them, in the order of lines, and whether none was lost: a block can only
    /// know of its own.
    fn beats(&self, folder: Option<&Path>) -> (List<u8>, bool) {
        let mut marks = List::new(folder);
        let mut whole = true;
        if self.known.beats.contains(&true) {
            let mut beats = Beats::default();
            let has_beat = |tells: u32| self.known.has_beat(tells);
            whole = self.for_each(has_beat, |row| {
                if has_beat(row.tells) {
                    beats.go_on(&mut marks, row, self.known);
                }
            });
        }
        (marks, whole)
    }

    /// Calls `with` with its events in the order of lines, without the idle ones; false if some were lost.
    fn for_each_but_idle(&self, folder: Option<&Path>, with: &mut impl FnMut(Row)) -> bool {
        let (marks, whole) = self.beats(folder);
        let mut beats = 0;
        let mut pass = Pass::default();
        let mut record: Vec<Row> = Vec::new();
        let all = |_| true;
        let again = self.for_each(all, |mut row| {
            if self.known.has_beat(row.tells) && beats < marks.len() {
                row.set_beat(beat_of(marks.get(beats)));
                beats += 1;
            }
            let is_same = |first: &Row| first.placed().line == row.placed().line;
            if !record.first().is_none_or(is_same) {
                pass.record(&record, self.known, with);
                record.clear();
            }
            record.push(row);
        });
        if !record.is_empty() {
            pass.record(&record, self.known, with);
        }
        pass.waiting.into_iter().for_each(with);
        whole && again && !marks.is_broken()
    }
}

fn mark_of(beat: Beat) -> u8 {
    match beat {
        Beat::Last => 0,
        Beat::Again => 1,
        Beat::Same => 2,
    }
}

fn beat_of(mark: u8) -> Beat {
    match mark {
        1 => Beat::Again,
        2 => Beat::Same,
        _ => Beat::Last,
    }
}

/// The beats of a source so far.
#[derive(Default)]
struct Beats {
    /// When the newest of each rule was.
    newest: BTreeMap<Meaning, i64>,
    /// The last one of each rule, and those before it.
    recent: BTreeMap<Meaning, (usize, Gaps)>,
}

impl Beats {
    /// Adds the mark of the next beat, which says whether it is one with that before it, and changes that of the beat before it
    /// if this one follows soon.
    fn go_on(&mut self, marks: &mut List<u8>, row: Row, known: &Known<'_>) {
        let last = marks.len();
        marks.push(mark_of(row.beat()));
        let Some(instant) = row.placed().instant else {
            return;
        };
        let Some(meaning) = known.told_by(&row).next().map(|told| told.meaning) else {
            return;
        };
        let before = self.newest.insert(meaning, instant);
        let gap = before.map(|before| instant.saturating_sub(before));
        if gap.is_some_and(|gap| (0..ONE).contains(&gap)) {
            marks.change(last, |mark| *mark = mark_of(Beat::Same));
            return;
        }
        if row.beat() == Beat::Same {
            return;
        }
        let (newest, gaps) = self.recent.entry(meaning).or_default();
        if let Some(before) = gaps.last() {
            let gap = instant.saturating_sub(before);
            if gap >= 0 && !gaps.may_cease(gap) {
                marks.change(*newest, |mark| *mark = mark_of(Beat::Again));
            }
        }
        *newest = last;
        gaps.take(instant);
    }
}

/// One walk over the records of a source.
#[derive(Default)]
struct Pass {
    idle: Idle,
    /// What is left out of the last idle record, if something else comes before another one.
    waiting: Vec<Row>,
    /// When something was told last.
    told: Option<i64>,
}

impl Pass {
    fn record(&mut self, record: &[Row], known: &Known<'_>, keep: &mut impl FnMut(Row)) {
        let others = record.iter().filter(|row| !known.is_beat(row));
        let others = others.flat_map(|row| known.told_by(row));
        let step = self
            .idle
            .step(others.map(|told| (told.meaning, told.assumed)));
        // What follows a beat that may be the last one is looked at anew.
        let may_be_last = |row: &Row| row.beat() == Beat::Last && known.is_beat(row);
        if record.iter().any(may_be_last) {
            self.idle.forget();
        }
        let first = &record[0];
        let gap = self
            .told
            .zip(first.placed().instant)
            .map(|(told, at)| at.saturating_sub(told));
        let is_soon = record
            .iter()
            .any(|row| row.beat() == Beat::Same && !known.is_beat(row))
            || gap.is_some_and(|gap| (0..SOON).contains(&gap));
        if step != Step::Neutral {
            self.told = first.placed().instant;
        }
        match step {
            Step::Idle if !is_soon => self.waiting.clear(),
            Step::Neutral => {}
            Step::Other | Step::Answer => self.waiting.drain(..).for_each(&mut *keep),
            Step::Idle => {
                self.waiting.clear();
                for row in record {
                    let passes = |told: &Told| matches!(told.meaning, Meaning::Passed(_));
                    let mut one = |mut row: Row, passes: bool| {
                        if passes {
                            row.set_beat(Beat::Same);
                            self.waiting.push(row);
                        } else {
                            keep(row);
                        }
                    };
                    if known.told_by(row).all(passes) {
                        one(*row, true);
                    } else {
                        known.one_by_one(row, |row| one(row, known.told_by(&row).all(passes)));
                    }
                }
                return;
            }
        }
        record.iter().copied().for_each(keep);
    }
}
