//! The zone of a source whose stamps have none: what the user said, else what its name, its modification time and
//! events that another source saw as well tell. It is applied from `likely` on, and always shown with its basis.

mod events;
mod seen;
mod votes;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::Settings;
use super::placed::PlacedSource;
use crate::detect::Layout;
use crate::grammar::Catalog;
use crate::model::report::Confidence;
use crate::model::time::{SECOND, length};
use crate::model::{Lang, Problem, RawTime, Text};
use crate::scan::block::Stamped;
use crate::scan::place::ZoneOf;
pub(super) use events::Events;
use events::Reading;
use seen::{Reach, Seen};
use votes::Votes;

/// Offsets are multiples of this.
const QUARTER: i64 = 900 * SECOND;
/// No two clocks of the earth are further apart, in quarters of an hour.
const MOST_QUARTERS: i64 = 26 * 4;
/// Both sides of one event write about it within this.
const SAME_EVENT: i64 = 3 * SECOND;
/// A file is made this long before its first record, and written this long after its last one, at most.
const MADE_BEFORE: i64 = 60 * SECOND;
const WRITTEN_AFTER: i64 = 5 * SECOND;
/// Places of one text among the events of a source that are looked at.
const MOST_PLACES: usize = 8;
/// Sources that others are compared with.
const MOST_REFERENCES: usize = 32;
/// What one other source tells, at most.
const MOST_POINTS: u32 = 6;
/// A text that fits more offsets than this tells none: it is written over and over.
const MOST_FITS: usize = 3;

/// The zone in which a source is read.
#[derive(Debug, Clone)]
pub(super) struct SourceZone {
    pub(super) zone: ZoneOf,
    pub(super) name: String,
    /// `option`, `machine`, `system`, `default` or `inferred`.
    pub(super) basis: &'static str,
    pub(super) confidence: Option<Confidence>,
    pub(super) because: Vec<Text>,
    /// True if the user named it for this source, or its stamps do.
    pub(super) fixed: bool,
}

impl SourceZone {
    /// What the user said of the source, else the zone of its machine, else the zone of the run.
    pub(super) fn of(
        path: &str,
        machine: Option<&(ZoneOf, String)>,
        settings: &Settings<'_>,
    ) -> Self {
        let name = crate::model::split_path(path).1;
        let fits =
            |glob: &str| crate::discover::fits(glob, path) || crate::discover::fits(glob, name);
        let own = settings.zones.iter().rfind(|rule| fits(&rule.glob));
        let (zone, name, basis) = match (own, machine) {
            (Some(rule), _) => (rule.zone, rule.name.clone(), "option"),
            (None, Some((zone, name))) => (*zone, name.clone(), "machine"),
            (None, None) => (
                settings.zone,
                settings.zone_name.clone(),
                settings.zone_basis,
            ),
        };
        Self {
            zone,
            name,
            basis,
            confidence: None,
            because: Vec::new(),
            fixed: own.is_some(),
        }
    }
}

impl SourceZone {
    /// The zone that stamps without a whole date tell; else this one.
    pub(super) fn or_of_clock(self, minutes: Option<i32>) -> Self {
        let fixed = minutes.and_then(|minutes| chrono::FixedOffset::east_opt(minutes * 60));
        let Some(fixed) = fixed else {
            return self;
        };
        let (zone, name) = of_offset(fixed);
        Self {
            zone,
            name,
            basis: "in-text",
            confidence: None,
            because: Vec::new(),
            fixed: true,
        }
    }
}

/// A zone that keeps its offset, and its name.
fn of_offset(fixed: chrono::FixedOffset) -> (ZoneOf, String) {
    if fixed.local_minus_utc() == 0 {
        (ZoneOf::Named(chrono_tz::UTC), "UTC".to_owned())
    } else {
        (ZoneOf::Fixed(fixed), fixed.to_string())
    }
}

/// Infers the zones of sources without one, applies what is likely, and says all of it.
pub(super) fn settle(sources: &mut [&mut PlacedSource], catalog: &Catalog) {
    let first: Vec<Option<(Stamped, usize)>> = sources.iter().map(|s| first_stamp(s)).collect();
    let has_zone =
        |at: &Option<(Stamped, usize)>| at.is_some_and(|(s, _)| matches!(s.raw(), RawTime::Utc(_)));
    let known = |index: usize, source: &PlacedSource| has_zone(&first[index]) || source.zone.fixed;
    let mut references: Vec<usize> = (0..sources.len())
        .filter(|i| first[*i].is_some() && known(*i, sources[*i]))
        .take(MOST_REFERENCES)
        .collect();
    let any_known = !references.is_empty();
    if !any_known {
        references.extend(
            (0..sources.len())
                .filter(|i| first[*i].is_some())
                .take(MOST_REFERENCES),
        );
    }
    let clients = super::clients::by_path(sources.iter().map(|s| &**s), catalog);
    let mut concluded = Vec::new();
    // Those that something outside of them shows to be read right as they are.
    let mut stays: BTreeSet<usize> = BTreeSet::new();
    for (index, (stay, found)) in judged(sources, &first, &references, any_known, &clients) {
        if stay {
            stays.insert(index);
        }
        if let Some(found) = found {
            concluded.push((index, found));
        }
    }
    let is_applied = |(_, found): &(usize, Inferred)| found.confidence >= Confidence::Likely;
    let (applied, only_said): (Vec<_>, Vec<_>) = concluded.into_iter().partition(is_applied);
    let own: BTreeSet<usize> = applied.iter().map(|(index, _)| *index).collect();
    for (index, found) in applied {
        apply(sources[index], found);
    }
    let open = |index: &usize| first[*index].is_some() && !own.contains(index);
    let open: Vec<usize> = (0..sources.len())
        .filter(open)
        .filter(|index| !known(*index, sources[*index]) && !stays.contains(index))
        .filter(|index| sources[*index].zone.basis != "machine")
        .collect();
    let followed = follow(sources, &open, &clients, catalog);
    for (index, found) in only_said {
        if !followed.contains(&index) {
            apply(sources[index], found);
        }
    }
}

/// For each source without a zone that has stamps: whether something outside of it shows that it is read right as it is,
/// and what speaks for another zone.
fn judged(
    sources: &[&mut PlacedSource],
    first: &[Option<(Stamped, usize)>],
    references: &[usize],
    any_known: bool,
    clients: &[String],
) -> Vec<(usize, (bool, Option<Inferred>))> {
    let sources: Vec<&PlacedSource> = sources.iter().map(|source| &**source).collect();
    let is_one_clock = |own: usize, other: usize| {
        // What has a zone is worth a comparison with anything.
        !any_known && clients[own] == clients[other] && writes_alike(sources[own], sources[other])
    };
    let open = |index: &usize| {
        let utc = |(stamped, _): (Stamped, usize)| matches!(stamped.raw(), RawTime::Utc(_));
        first[*index].is_some_and(|at| !utc(at)) && !sources[*index].zone.fixed
    };
    let open: Vec<usize> = (0..sources.len()).filter(open).collect();
    let reach: Vec<Reach> = sources.iter().map(|source| Reach::of(source)).collect();
    let meets = |own: usize, other: usize| {
        own != other
            && reach[own].may_meet(reach[other], any_known, sources[own])
            && !is_one_clock(own, other)
    };
    let wanted = (references.iter().copied())
        .filter(|other| open.iter().any(|own| meets(*own, *other)))
        .collect();
    let seen = Seen::of(wanted, &sources, Reading::of_each(open.len()));
    let judge = |index: usize| {
        let source = sources[index];
        let mut votes = Votes::default();
        if let Some((stamped, block)) = first[index] {
            by_name(source, stamped, block, &mut votes);
        }
        let by_name = votes.points.get(&0).copied();
        by_modification(source, &mut votes);
        let others: BTreeSet<usize> = (seen.sources())
            .filter(|other| meets(index, *other))
            .collect();
        if !others.is_empty() {
            for (other, counts) in seen.counts(index, source, &others) {
                let path = &sources[other].scan.info.path;
                by_events(source, counts, path, any_known, &mut votes);
            }
        }
        votes.add_seen();
        // The name is local time in whatever zone; the others vote for the zone as it is.
        let stays = votes.points.get(&0).copied() != by_name;
        (index, (stays, conclude(source, votes)))
    };
    // Those that others are compared with stand together, and take the time: one is given away at a time.
    let open = open.par_iter().with_max_len(1);
    open.map(|index| judge(*index)).collect()
}

fn layout_ids(layout: &Layout) -> impl Iterator<Item = &String> {
    layout.formats.iter().map(|format| &format.id)
}

/// True if one program wrote both, in one layout: of one PC they are by one clock, and tell nothing of each other's zone.
fn writes_alike(one: &PlacedSource, other: &PlacedSource) -> bool {
    let (one, other) = (&one.scan, &other.scan);
    one.info.program.is_some()
        && one.info.program == other.info.program
        && layout_ids(&one.layout).eq(layout_ids(&other.layout))
}

/// Programs of one PC write by one clock: where the zone of one file was inferred, the others of the same client are read
/// in it. Not if it is UTC: that is a habit of the program, and says nothing of the PC. Gives those that follow.
fn follow(
    sources: &mut [&mut PlacedSource],
    open: &[usize],
    clients: &[String],
    catalog: &Catalog,
) -> BTreeSet<usize> {
    let is_of_client = |source: &PlacedSource| {
        let program = source.scan.info.program.as_deref();
        program
            .and_then(|id| catalog.chain.program(id))
            .is_some_and(|program| program.chain)
    };
    let mut found = Vec::new();
    for index in open.iter().copied().filter(|i| is_of_client(sources[*i])) {
        let leads = (0..sources.len()).filter(|other| {
            let source = &sources[*other];
            source.zone.basis == "inferred"
                && clients[*other] == clients[index]
                && is_of_client(source)
                && offset(source) != 0
        });
        let mut leads: Vec<usize> = leads.collect();
        leads.sort_by_key(|i| (std::cmp::Reverse(sources[*i].zone.confidence), *i));
        let Some(lead) = leads.first().map(|i| &sources[*i]) else {
            continue;
        };
        if leads.iter().any(|i| offset(sources[*i]) != offset(lead)) {
            continue; // two machines, or a clock that was set: nobody knows which one it follows
        }
        let behind = (offset(sources[index]) - offset(lead)) / (QUARTER / SECOND);
        if behind == 0 {
            continue;
        }
        let path = &lead.scan.info.path;
        let text = Text::new(
            format!("{path} is of the same PC, and its zone was found out"),
            format!("{path} ist vom selben PC, und ihre Zone wurde ermittelt"),
        );
        let inferred = Inferred {
            quarters: behind,
            confidence: Confidence::Likely,
            because: vec![text],
        };
        found.push((index, inferred));
    }
    let followed = found.iter().map(|(index, _)| *index).collect();
    for (index, inferred) in found {
        apply(sources[index], inferred);
    }
    followed
}

/// The offset of a source's zone at its first record, in seconds.
fn offset(source: &PlacedSource) -> i64 {
    let at = source.first.unwrap_or(0);
    i64::from(source.placer.zone.offset_at(at).local_minus_utc())
}

fn first_stamp(source: &PlacedSource) -> Option<(Stamped, usize)> {
    let blocks = source.scan.blocks.iter().enumerate();
    let mut dips =
        blocks.flat_map(|(number, block)| block.dips.into_iter().map(move |d| (d.to, number)));
    dips.next()
}

fn last_stamp(source: &PlacedSource) -> Option<(Stamped, usize)> {
    let (number, block) = source
        .scan
        .blocks
        .iter()
        .enumerate()
        .rfind(|(_, block)| !block.ends.is_empty())?;
    let last = block.ends.into_values().map(|ends| ends.1);
    let latest = last.max_by_key(|s| source.placer.instant(*s, number))?;
    Some((latest, number))
}

/// Quarters of an hour between two times, if what is left is in the range.
fn quarters(difference: i64, left: std::ops::RangeInclusive<i64>) -> Option<i64> {
    let quarters = (difference + QUARTER / 2).div_euclid(QUARTER);
    let rest = difference - quarters * QUARTER;
    (left.contains(&rest) && quarters.abs() <= MOST_QUARTERS).then_some(quarters)
}

/// True if a clock that is so many quarters behind the local one shows UTC.
fn is_utc(source: &PlacedSource, quarters: i64) -> bool {
    let at = source.first.unwrap_or(0);
    let offset = i64::from(source.placer.zone.offset_at(at).local_minus_utc()) * SECOND;
    quarters != 0 && offset == quarters * QUARTER
}

/// The stamp in a name is local time, and the first record follows soon.
fn by_name(source: &PlacedSource, stamped: Stamped, block: usize, votes: &mut Votes) {
    let named = source
        .scan
        .info
        .named
        .and_then(|n| n.date.and_time(n.time?).and_utc().timestamp_nanos_opt());
    let (Some(named), Some(first)) = (named, source.placer.wall(stamped, block)) else {
        return;
    };
    let Some(behind) = quarters(first - named, -WRITTEN_AFTER..=MADE_BEFORE).map(|q| -q) else {
        return;
    };
    if behind == 0 || is_utc(source, behind) {
        let clock = |wall: i64| {
            let at = chrono::DateTime::from_timestamp_nanos(wall);
            at.format("%H:%M:%S").to_string()
        };
        let (name, record) = (clock(named), clock(first));
        let text = Text::new(
            format!("its name says {name}, its first record {record}"),
            format!("der Dateiname nennt {name}, der erste Eintrag {record}"),
        );
        votes.add(behind, 2, text);
    }
}

/// A file is modified when its last record is written, unless it was copied.
fn by_modification(source: &PlacedSource, votes: &mut Votes) {
    let Some((stamped, block)) = last_stamp(source) else {
        return;
    };
    let info = &source.scan.info;
    let local = info
        .modified_local
        .and_then(|m| m.and_utc().timestamp_nanos_opt());
    let difference = match (local, info.modified) {
        (Some(local), _) => source.placer.wall(stamped, block).map(|wall| local - wall),
        (None, Some(modified)) => source
            .placer
            .instant(stamped, block)
            .map(|at| modified - at),
        (None, None) => None,
    };
    let fits = |d: i64| quarters(d, -WRITTEN_AFTER..=WRITTEN_AFTER);
    let Some(behind) = difference.and_then(fits) else {
        return;
    };
    let (en, de) = (apart(behind, Lang::En), apart(behind, Lang::De));
    let text = Text::new(
        format!("it was last modified {en} its last record by its stamp"),
        format!("sie wurde {de} ihrem letzten Eintrag laut Zeitstempel zuletzt geändert"),
    );
    votes.add(behind, 1, text);
}

fn apart(quarters: i64, lang: Lang) -> String {
    let size = length(quarters * QUARTER, lang);
    match (quarters.signum(), lang) {
        (0, Lang::En) => "together with".into(),
        (0, Lang::De) => "zugleich mit".into(),
        (1, Lang::En) => format!("{size} after"),
        (1, Lang::De) => format!("{size} nach"),
        (_, Lang::En) => format!("{size} before"),
        (_, Lang::De) => format!("{size} vor"),
    }
}

/// The same ids, addresses and texts on both sides, and both beginnings: how many fit each distance.
fn by_events(
    source: &PlacedSource,
    counts: BTreeMap<i64, u32>,
    path: &str,
    known: bool,
    votes: &mut Votes,
) {
    for (behind, texts) in counts {
        // Between two sources without a zone, only one of them in UTC makes sense.
        if behind != 0 && !known && !is_utc(source, behind) {
            *votes.chance.entry(behind).or_default() += texts.min(MOST_POINTS);
            continue;
        }
        let (en, de) = (apart(behind, Lang::En), apart(behind, Lang::De));
        let text = Text::new(
            format!("{path} has the same texts or ids ({texts}) {en} it"),
            format!("{path} enthält dieselben Texte oder Kennungen ({texts}) {de} ihr"),
        );
        votes.seen.push((behind, texts.min(MOST_POINTS), text));
    }
}

/// A zone that was inferred.
struct Inferred {
    quarters: i64,
    confidence: Confidence,
    because: Vec<Text>,
}

fn conclude(source: &PlacedSource, mut votes: Votes) -> Option<Inferred> {
    let points = &votes.points;
    let best = points.iter().filter(|(q, _)| **q != 0);
    let (&quarters, &most) = best.max_by_key(|(q, p)| (**p, std::cmp::Reverse(q.abs())))?;
    let others = points.iter().filter(|(q, _)| **q != quarters);
    let second = others.map(|(_, points)| *points).max().unwrap_or(0);
    let plausible = is_utc(source, quarters);
    let confidence = match () {
        () if most >= 5 && second == 0 => Confidence::Certain,
        () if most >= 2 && most >= 2 * second && (plausible || most >= 3) => Confidence::Likely,
        () if most > second => Confidence::Possible,
        () => return None,
    };
    Some(Inferred {
        quarters,
        confidence,
        because: votes.because.remove(&quarters).unwrap_or_default(),
    })
}

fn apply(source: &mut PlacedSource, found: Inferred) {
    let at = source.first.unwrap_or(0);
    let offset = i64::from(source.placer.zone.offset_at(at).local_minus_utc());
    let seconds = offset - found.quarters * (QUARTER / SECOND);
    let Some(fixed) = i32::try_from(seconds)
        .ok()
        .and_then(chrono::FixedOffset::east_opt)
    else {
        return;
    };
    let (zone, name) = of_offset(fixed);
    let applied = found.confidence >= Confidence::Likely;
    let used = if applied {
        name.clone()
    } else {
        source.zone.name.clone()
    };
    let note = note(source, &name, &used, &found, applied);
    if applied {
        source.zone = SourceZone {
            zone,
            name,
            basis: "inferred",
            confidence: Some(found.confidence),
            because: found.because,
            fixed: false,
        };
        source.place_again();
    }
    source.scan.problems.push(note);
}

fn note(
    source: &PlacedSource,
    inferred: &str,
    used: &str,
    found: &Inferred,
    applied: bool,
) -> Problem {
    let because = |lang: Lang| {
        let texts: Vec<&str> = found
            .because
            .iter()
            .take(3)
            .map(|text| text.get(lang))
            .collect();
        texts.join("; ")
    };
    let (en, de) = (because(Lang::En), because(Lang::De));
    let (sure_en, sure_de) = match found.confidence {
        Confidence::Certain => ("certain", "sicher"),
        Confidence::Likely => ("likely", "wahrscheinlich"),
        Confidence::Possible => ("possible", "möglich"),
    };
    let name = &source.scan.info.name;
    let text = if applied {
        Text::new(
            format!(
                "its stamps have no zone; they are read as {used} ({sure_en}): {en}. `--tz \"{name}=ZONE\"` reads them in another zone"
            ),
            format!(
                "die Zeitstempel haben keine Zone; sie werden als {used} gelesen ({sure_de}): {de}. `--tz \"{name}=ZONE\"` liest sie in einer anderen Zone"
            ),
        )
    } else {
        Text::new(
            format!(
                "its stamps have no zone; they are read in {used}, but may be {inferred} ({sure_en}): {en}. `--tz \"{name}={inferred}\"` reads them so"
            ),
            format!(
                "die Zeitstempel haben keine Zone; sie werden in {used} gelesen, könnten aber {inferred} sein ({sure_de}): {de}. `--tz \"{name}={inferred}\"` liest sie so"
            ),
        )
    };
    Problem::note(source.scan.info.path.clone(), text)
}
