//! From the signals of blocks to the events of all sources, in one order.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rayon::prelude::*;

use super::Settings;
use super::placed::PlacedSource;
use super::signals::Tellings;
use crate::diagnose::{Calling, Events, Placed, Row, is_name};
use crate::grammar::Meaning;
use crate::grammar::told::{Beat, Told};
use crate::model::{Problem, RawTime, Text};
use crate::scan::Matcher;
use crate::scan::beats::{ONE, RECENT, may_cease};
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
    let known = Known {
        told: &told,
        matcher,
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
        (order, source, line, row.home)
    });
    let all = sources.par_iter_mut().enumerate();
    let callings = all.map(|(source, placed)| {
        let mut calling = Calling::new(&settings.catalog.chain);
        // A note or a mail beside real traces has neither stamps nor a program's name: it is read, and judges nothing.
        let is_note = any_program && placed.scan.info.program.is_none() && placed.first.is_none();
        if !placed.scan.in_scope || is_note {
            return calling;
        }
        let mut own = List::new(folder);
        let lost = of_source(placed, source as u32, &known, &mut own);
        let mut giving = sorter.giving();
        drop_idle(&own, &known, &mut |row| {
            let Placed { line, order, .. } = row.placed();
            calling.take(line, order, known.told(&row));
            giving.push(row);
        });
        if lost || own.is_broken() {
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
    let mut events = Events::new(folder, told.clone());
    let broken = sorter.finish(|row| {
        if is_kept[row.told as usize] {
            events.push(row);
        }
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
    matcher: &'a Matcher<'a>,
}

impl Known<'_> {
    fn told(&self, row: &Row) -> &Told {
        &self.told[row.told as usize]
    }

    fn is_beat(&self, row: &Row) -> bool {
        self.matcher.is_beat(self.told(row).meaning) && row.placed().instant.is_some()
    }
}

/// The events of a source, in the order of lines; true if some were lost.
fn of_source(placed: &PlacedSource, source: u32, known: &Known<'_>, own: &mut List<Row>) -> bool {
    let mut line_base = 1;
    let mut before: Option<i64> = None;
    let mut beats = Beats::default();
    let mut lost = false;
    let both = placed.scan.blocks.iter().zip(&placed.scan.signals);
    for (number, (block, signals)) in both.enumerate() {
        let signals = signals.read();
        lost |= signals.is_none();
        let mut rows = Vec::new();
        for (index, signal) in signals.into_iter().flatten().enumerate() {
            let instant = signal.time.and_then(|t| placed.placer.instant(t, number));
            let order = signal
                .order
                .and_then(|t| placed.placer.sorts_at(t, number))
                .or(before);
            let has_zone = |t: Stamped| matches!(t.raw, RawTime::Utc(_));
            let zone_assumed = !signal.time.is_some_and(has_zone)
                && !placed.zone.fixed
                && placed.zone.confidence.is_none();
            let place = Placed {
                order: order.unwrap_or(i64::MIN),
                source,
                line: line_base + u64::from(signal.line),
                instant,
            };
            let home = (number as u32, index as u32);
            rows.push(Row::new(
                signal.told,
                place,
                zone_assumed,
                signal.beat,
                home,
            ));
        }
        // Lines of a block are behind those of the blocks before it, and beats may stand late in their own.
        rows.sort_unstable_by_key(|row| (row.placed().line, row.home));
        for row in rows {
            own.push(row);
            beats.go_on(own, row, known);
        }
        line_base += block.lines;
        if let Some(last) = block.last.and_then(|t| placed.placer.sorts_at(t, number)) {
            before = Some(last);
        }
    }
    lost
}

/// The beats of a source so far.
#[derive(Default)]
struct Beats {
    /// When the newest of each rule was.
    newest: BTreeMap<Meaning, i64>,
    /// The last ones of each rule: index of the event, and when.
    recent: BTreeMap<Meaning, VecDeque<(usize, i64)>>,
}

impl Beats {
    /// Marks the newest event, `row`, if it is a beat and one with that before it, and the beat before it if this one follows soon: a
    /// block can only know of its own.
    fn go_on(&mut self, own: &mut List<Row>, row: Row, known: &Known<'_>) {
        let last = own.len() - 1;
        let Some(instant) = row.placed().instant.filter(|_| known.is_beat(&row)) else {
            return;
        };
        let meaning = known.told(&row).meaning;
        let before = self.newest.insert(meaning, instant);
        let gap = before.map(|before| instant.saturating_sub(before));
        if gap.is_some_and(|gap| (0..ONE).contains(&gap)) {
            own.change(last, |row| row.set_beat(Beat::Same));
            return;
        }
        if row.beat() == Beat::Same {
            return;
        }
        let recent = self.recent.entry(meaning).or_default();
        if let Some((index, before)) = recent.back().copied() {
            let gap = instant.saturating_sub(before);
            if gap >= 0 && !may_cease(recent.iter().map(|(_, at)| *at), gap) {
                own.change(index, |row| row.set_beat(Beat::Again));
            }
        }
        recent.push_back((last, instant));
        if recent.len() > RECENT {
            recent.pop_front();
        }
    }
}

/// Leaves out the idle records of a source, whose events are in the order of lines; the others go to `keep`.
fn drop_idle(own: &List<Row>, known: &Known<'_>, keep: &mut impl FnMut(Row)) {
    let mut pass = Pass::default();
    let mut record: Vec<Row> = Vec::new();
    own.for_each(|row| {
        let is_same = |first: &Row| first.placed().line == row.placed().line;
        if !record.first().is_none_or(is_same) {
            pass.record(&record, known, keep);
            record.clear();
        }
        record.push(row);
    });
    if !record.is_empty() {
        pass.record(&record, known, keep);
    }
    pass.waiting.into_iter().for_each(keep);
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
        let step = self.idle.step(others.map(|row| {
            let told = known.told(row);
            (told.meaning, told.assumed)
        }));
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
                    if matches!(known.told(row).meaning, Meaning::Passed(_)) {
                        let mut told_again = *row;
                        told_again.set_beat(Beat::Same);
                        self.waiting.push(told_again);
                    } else {
                        keep(*row);
                    }
                }
                return;
            }
        }
        record.iter().copied().for_each(keep);
    }
}
