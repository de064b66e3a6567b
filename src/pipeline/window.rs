//! The window: which part of time is reported, and how many records lie in it.

use super::Settings;
use super::placed::{PlacedSource, reach};
use crate::diagnose;
use crate::model::Lang;
use crate::model::report::{Report, Verdict, Window};
use crate::model::time::SECOND;
use crate::scan::{Matcher, Scanner};

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

pub(super) fn window(
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
    let counts_back = [settings.window.since, settings.window.until]
        .iter()
        .flatten()
        .any(|s| s.counts_back());
    let records = if asked {
        sources
            .iter()
            .map(|s| records_inside(s, matcher, since, until, settings.block))
            .sum()
    } else {
        sources
            .iter()
            .flat_map(|s| s.scan.blocks.iter())
            .map(|b| b.records)
            .sum()
    };
    let text = if asked {
        window_text(settings, since, until, newest.filter(|_| counts_back))
    } else {
        String::new()
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

/// The window as a sentence: both ends as people write them, in the zone of the report.
fn window_text(
    settings: &Settings<'_>,
    since: Option<i64>,
    until: Option<i64>,
    counted_from: Option<i64>,
) -> String {
    let day = match settings.lang {
        Lang::En => "%Y-%m-%d %H:%M:%S",
        Lang::De => "%d.%m.%Y %H:%M:%S",
    };
    let shown = |nanos: i64| settings.moment(nanos).0.format(day).to_string();
    let (since, until) = (since.map(shown), until.map(shown));
    let mut text = match (settings.lang, since, until) {
        (Lang::En, Some(since), Some(until)) => format!("{since} to {until}"),
        (Lang::En, Some(since), None) => format!("{since} to the last record"),
        (Lang::En, None, Some(until)) => format!("the first record to {until}"),
        (Lang::De, Some(since), Some(until)) => format!("{since} bis {until}"),
        (Lang::De, Some(since), None) => format!("{since} bis zum letzten Eintrag"),
        (Lang::De, None, Some(until)) => format!("vom ersten Eintrag bis {until}"),
        (_, None, None) => return String::new(),
    };
    if let Some(from) = counted_from.map(shown) {
        text.push_str(match settings.lang {
            Lang::En => ", counted back from ",
            Lang::De => ", zurückgezählt ab ",
        });
        text.push_str(&from);
    }
    text
}

/// Records of a source inside the window. Blocks that lie on its border are read again.
pub(super) fn records_inside(
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
        let Some((first, last)) = reach(&block, &placed.placer, number) else {
            continue;
        };
        // Where the order of lines moves records, their stamps do not say whether they are inside.
        let whole = placed.placer.order.is_plain() && first >= low && last <= high;
        if whole {
            total += block.minutes.iter().map(|(_, c)| c.records).sum::<u64>();
        } else if !placed.placer.order.is_plain() || last >= low && first <= high {
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

pub(super) fn explain_empty_window(
    report: &mut Report,
    settings: &Settings<'_>,
    sources: &[PlacedSource],
) {
    let first = sources.iter().filter_map(|s| s.first).min();
    let last = sources.iter().filter_map(|s| s.last).max();
    let day = match settings.lang {
        Lang::En => "%Y-%m-%d %H:%M:%S",
        Lang::De => "%d.%m.%Y %H:%M:%S",
    };
    let shown = |t: Option<i64>| {
        t.map_or_else(
            || "?".to_owned(),
            |t| settings.moment(t).0.format(day).to_string(),
        )
    };
    let text = diagnose::empty_window(&shown(first), &shown(last));
    report.verdict = Verdict::Insufficient;
    text.get(settings.lang).clone_into(&mut report.headline);
}
