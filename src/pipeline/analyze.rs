//! The main job: from sources to a report.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::Settings;
use super::evidence::Copied;
use super::handle::Handles;
use super::placed::{PlacedSource, place};
use super::quotes::Store;
use super::read::{Reader, SourceScan};
use super::signals::{Signals, Tellings};
use super::sources::source_report;
use super::uncatalogued;
use super::window::{explain_empty_window, newest, resolve_window, window};
use super::zones;
use crate::decode::show;
use crate::diagnose::{self, Cutter, Ends, Event, Facts, Overall, Placed};
use crate::discover::Discovery;
use crate::grammar::Meaning;
use crate::grammar::told::Beat;
use crate::model::report::{Evidence, ProblemReport, Report};
use crate::model::{Problem, RawTime, Text};
use crate::report::redact;
use crate::scan::Matcher;
use crate::scan::beats::{ONE, RECENT, may_cease};
use crate::scan::block::Stamped;
use crate::scan::idle::{Idle, SOON, Step};

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

/// Analyses what was found.
pub fn analyze(settings: &Settings<'_>, discovery: &Discovery) -> Outcome {
    let matcher = Matcher::new(settings.catalog);
    let reader = Reader {
        settings,
        matcher: &matcher,
        live: false,
        store: Store::new(settings.spool.clone()),
        tellings: Tellings::default(),
        handles: Handles::default(),
    };
    let scans = reader.scan_all(discovery);
    conclude(settings, discovery, &matcher, scans, false).0
}

/// What the scans of all sources come to. The scans are given back for whoever `goes_on` from them; else what they hold
/// is given up as soon as it was used.
pub(super) fn conclude(
    settings: &Settings<'_>,
    discovery: &Discovery,
    matcher: &Matcher<'_>,
    mut scans: Vec<SourceScan>,
    goes_on: bool,
) -> (Outcome, Vec<SourceScan>) {
    super::facts::give_zones(&mut scans, settings);
    let mut sources: Vec<PlacedSource> = scans
        .into_iter()
        .map(|scan| place(scan, settings))
        .collect();
    zones::settle(
        &mut sources.iter_mut().collect::<Vec<_>>(),
        settings.catalog,
    );
    sources.par_iter_mut().for_each(super::clock::add_notes);
    let newest = newest(&sources.iter().collect::<Vec<_>>(), settings);
    let (since, until) = resolve_window(settings, newest);
    let mut events = events(&mut sources, matcher, goes_on);
    let (names, client_of) = super::clients::clients(&mut events, &sources, settings.catalog);
    let streams = super::clients::streams(&mut events, &sources, &client_of);
    super::facts::recast(&mut events, &sources, settings);
    let events = events;
    let window = window(settings, &sources, matcher, since, until, newest);
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
    let mut ends: Vec<Ends> = sources.iter().map(PlacedSource::ends).collect();
    for (source, stream) in streams.iter().enumerate() {
        ends[*stream as usize] = ends[*stream as usize].later(ends[source]);
    }
    let hosts = super::facts::hosts(&sources, settings);
    let cutter = Cutter {
        catalog: settings.catalog,
        all: &events,
        programs: &programs,
        lead: &lead,
        ends: &ends,
        hosts: &hosts,
        lossy: &lossy_sources(&sources, discovery),
    };
    let diagnosis = diagnose::diagnose(&cutter, &names);
    let moment_of = |nanos: i64| settings.moment(nanos);
    let changed = RefCell::new(BTreeSet::new());
    let evidence_of = |event: usize| {
        let (evidence, same) = evidence(&events[event], &sources, settings);
        if !same {
            changed.borrow_mut().insert(events[event].placed.source);
        }
        evidence
    };
    let facts = Facts {
        catalog: settings.catalog,
        events: &events,
        lang: settings.lang,
        since,
        until,
        window,
        sources: (sources.par_iter())
            .map(|s| source_report(s, settings))
            .collect(),
        versions: super::facts::versions(&sources, settings),
        programs: &programs,
        lead: &lead,
        moment: &moment_of,
        evidence: &evidence_of,
    };
    let (mut report, overall) = diagnose::compose(&diagnosis, facts);
    let (unknown, cut) = uncatalogued::groups(&sources, settings, &diagnosis, &client_of, &events);
    report.uncatalogued = unknown;
    if cut {
        report
            .coverage
            .push(diagnose::uncatalogued_cut(settings.lang));
    }
    super::clock::mark_findings(&mut report.findings, settings.lang);
    if empty_window {
        explain_empty_window(&mut report, settings, &sources);
    }
    report.facts = super::facts::report(&sources, &names, &client_of, settings);
    diagnose::use_facts(&mut report, settings.catalog);
    report.left_alone = discovery
        .left
        .iter()
        .map(|left| left.report(settings.lang))
        .collect();
    let changed = changed.into_inner();
    let changed = changed.into_iter().map(|source| {
        let path = &sources[source as usize].scan.info.path;
        Problem::lost(path, changed_text())
    });
    let changed: Vec<Problem> = changed.collect();
    let problems: Vec<&Problem> = discovery
        .problems
        .iter()
        .chain(sources.iter().flat_map(|s| &s.scan.problems))
        .chain(&changed)
        .collect();
    let lossy = problems.iter().any(|p| p.lossy);
    report.problems = problems
        .iter()
        .map(|p| problem_report(p, settings))
        .collect();
    // What is known of a source before it is read is told again when it was read.
    let mut told = std::collections::BTreeSet::new();
    report
        .problems
        .retain(|p| told.insert((p.source.clone(), p.line, p.text.clone())));
    match settings.anonymizer {
        Some(anonymizer) => anonymizer.report(&mut report),
        None => redact::report(&mut report),
    }
    let any_read = sources
        .iter()
        .any(|s| s.scan.blocks.iter().any(|b| b.lines > 0));
    let outcome = Outcome {
        report,
        overall,
        lossy,
        any_read,
        empty_window,
    };
    let scans = sources.into_iter().map(|s| s.scan).collect();
    (outcome, scans)
}

fn changed_text() -> Text {
    Text::new(
        "it changed after it was read (cut off, overwritten or replaced): what was judged is what it said before, and records of it cannot be quoted any more",
        "sie änderte sich, nachdem sie gelesen war (gekürzt, überschrieben oder ersetzt): Bewertet ist, was sie vorher sagte; Einträge daraus lassen sich nicht mehr zitieren",
    )
}

/// For each source whether a part of it was lost: it could not be read to its end, a record was too long to be searched,
/// or the archive or folder that it lies in lost something.
fn lossy_sources(sources: &[PlacedSource], discovery: &Discovery) -> Vec<bool> {
    let around = discovery.problems.iter().filter(|p| p.lossy);
    let around: Vec<&str> = around.filter_map(|p| p.source.as_deref()).collect();
    let holds = |path: &str, outer: &str| {
        let folder = |p| crate::model::split_path(p).0;
        let rest = path.strip_prefix(outer);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['!', '/']))
            || !folder(outer).is_empty() && folder(outer) == folder(path)
    };
    sources
        .iter()
        .map(|source| {
            let scan = &source.scan;
            scan.problems.iter().any(|p| p.lossy)
                || scan.blocks.iter().any(|b| b.cut > 0)
                || around.iter().any(|outer| holds(&scan.info.path, outer))
        })
        .collect()
}

fn problem_report(problem: &Problem, settings: &Settings<'_>) -> ProblemReport {
    ProblemReport {
        source: problem.source.clone(),
        line: problem.line,
        text: problem.text.get(settings.lang).to_owned(),
    }
}

/// All signals of sources in scope, in one order.
fn events(sources: &mut [PlacedSource], matcher: &Matcher<'_>, goes_on: bool) -> Vec<Event> {
    let all = sources.iter().flat_map(|source| &source.scan.signals);
    let mut events = Vec::with_capacity(all.map(Signals::len).sum());
    let any_program = sources.iter().any(|s| s.scan.info.program.is_some());
    for (source, placed) in sources.iter_mut().enumerate() {
        // A note or a mail beside real traces has neither stamps nor a program's name: it is read, and judges nothing.
        let is_note = any_program && placed.scan.info.program.is_none() && placed.first.is_none();
        if !placed.scan.in_scope || is_note {
            if !goes_on {
                placed.scan.signals.iter_mut().for_each(Signals::forget);
            }
            continue;
        }
        let first = events.len();
        let mut line_base = 1;
        let mut before: Option<i64> = None;
        for (number, block) in placed.scan.blocks.iter().enumerate() {
            let signals = &mut placed.scan.signals[number];
            for (index, signal) in signals.iter().enumerate() {
                let instant = signal.time.and_then(|t| placed.placer.instant(t, number));
                let order = signal
                    .order
                    .and_then(|t| placed.placer.sorts_at(t, number))
                    .or(before);
                let has_zone = |t: Stamped| matches!(t.raw, RawTime::Utc(_));
                events.push(Event {
                    told: signal.told.clone(),
                    placed: Placed {
                        order: order.unwrap_or(i64::MIN),
                        source: source as u32,
                        line: line_base + u64::from(signal.line),
                        instant,
                    },
                    client: 0,
                    stream: source as u32,
                    zone_assumed: !signal.time.is_some_and(has_zone)
                        && !placed.zone.fixed
                        && placed.zone.confidence.is_none(),
                    beat: signal.beat,
                    home: (number as u32, index as u32),
                });
            }
            if !goes_on {
                signals.forget();
            }
            line_base += block.lines;
            if let Some(last) = block.last.and_then(|t| placed.placer.sorts_at(t, number)) {
                before = Some(last);
            }
        }
        let own = &mut events[first..];
        own.sort_unstable_by_key(|event| (event.placed.line, event.home));
        go_on(own, matcher);
        drop_idle(&mut events, first, matcher);
    }
    // No two are alike: sorting in place gives the one order.
    events.sort_unstable_by_key(|event: &Event| {
        let placed = event.placed;
        // Where the newest record stands first, the lower line is the earlier one.
        let newest_first = sources[placed.source as usize].placer.order.newest_first;
        let line = if newest_first {
            u64::MAX - placed.line
        } else {
            placed.line
        };
        (placed.order, placed.source, line, event.home)
    });
    events
}

/// Marks the beats of a source that are one with the beat before them, and those after which another one follows soon: a
/// block can only know of its own.
fn go_on(own: &mut [Event], matcher: &Matcher<'_>) {
    let is_within = |gap: Option<i64>, most: i64| gap.is_some_and(|gap| (0..most).contains(&gap));
    let mut newest: BTreeMap<Meaning, i64> = BTreeMap::new();
    let mut beats: Vec<usize> = Vec::new();
    for (index, event) in own.iter_mut().enumerate() {
        if let Some(instant) = event.placed.instant
            && matcher.is_beat(event.meaning)
        {
            let before = newest.insert(event.meaning, instant);
            if is_within(before.map(|before| instant.saturating_sub(before)), ONE) {
                event.beat = Beat::Same;
            }
            if event.beat != Beat::Same {
                beats.push(index);
            }
        }
    }
    let mut of_rule: BTreeMap<Meaning, Vec<usize>> = BTreeMap::new();
    for index in beats {
        of_rule.entry(own[index].meaning).or_default().push(index);
    }
    for beats in of_rule.values() {
        for (at, pair) in beats.windows(2).enumerate() {
            let time = |index: &usize| own[*index].placed.instant.unwrap_or_default();
            let gap = time(&pair[1]).saturating_sub(time(&pair[0]));
            let recent = &beats[(at + 1).saturating_sub(RECENT)..=at];
            if gap >= 0 && !may_cease(recent.iter().map(time), gap) {
                own[pair[0]].beat = Beat::Again;
            }
        }
    }
}

/// Leaves out the idle records of a source, whose events begin at `first_event` and are in the order of lines.
fn drop_idle(events: &mut Vec<Event>, first_event: usize, matcher: &Matcher<'_>) {
    let own = &events[first_event..];
    let mut idle = Idle::default();
    let mut keep = vec![true; own.len()];
    let mut soon = Vec::new();
    let mut last = 0..0;
    let mut told: Option<i64> = None;
    let mut at = 0;
    for record in own.chunk_by(|a, b| a.placed.line == b.placed.line) {
        let range = at..at + record.len();
        at = range.end;
        let is_beat =
            |event: &&Event| matcher.is_beat(event.meaning) && event.placed.instant.is_some();
        let others = record.iter().filter(|event| !is_beat(event));
        let step = idle.step(others.map(|event| (event.meaning, event.assumed)));
        // What follows a beat that may be the last one is looked at anew.
        if record
            .iter()
            .any(|event| is_beat(&event) && event.beat == Beat::Last)
        {
            idle.forget();
        }
        let first = &record[0];
        let gap = told
            .zip(first.placed.instant)
            .map(|(told, at)| at.saturating_sub(told));
        let is_soon = record
            .iter()
            .any(|event| event.beat == Beat::Same && !is_beat(&event))
            || gap.is_some_and(|gap| (0..SOON).contains(&gap));
        if step != Step::Neutral {
            told = first.placed.instant;
        }
        match step {
            Step::Idle if !is_soon => last = 0..0,
            Step::Neutral => {}
            Step::Other | Step::Answer => keep[std::mem::take(&mut last)].fill(true),
            Step::Idle => {
                soon.push(range.clone());
                for (keep, event) in keep[range.clone()].iter_mut().zip(record) {
                    *keep = !matches!(event.meaning, Meaning::Passed(_));
                }
                last = range;
            }
        }
    }
    keep[last].fill(true);
    for event in soon.into_iter().flatten() {
        let event = &mut events[first_event + event];
        if matches!(event.meaning, Meaning::Passed(_)) {
            event.beat = Beat::Same;
        }
    }
    let mut keep = std::iter::repeat_n(true, first_event).chain(keep);
    events.retain(|_| keep.next().unwrap_or(true));
}

/// The words of a line by which a rule knew it: those of its condition of which most stand there.
fn words(event: &Event, line: &str, catalog: &crate::grammar::Catalog) -> Vec<String> {
    let Meaning::Rule(rule) = event.meaning else {
        return Vec::new();
    };
    let line = line.to_ascii_lowercase();
    let conditions = catalog.rules.get(rule as usize).map(|rule| &rule.when);
    let words = conditions
        .into_iter()
        .flatten()
        .filter_map(|condition| condition.words(&catalog.literals, &line));
    let most = words.max_by_key(|words| words.iter().map(|word| word.len()).sum::<usize>());
    let most = most.into_iter().flatten();
    most.map(std::borrow::Cow::into_owned).collect()
}

/// The record of an event, and whether it is still the one that was judged.
pub(super) fn evidence(
    event: &Event,
    sources: &[PlacedSource],
    settings: &Settings<'_>,
) -> (Evidence, bool) {
    let source = &sources[event.placed.source as usize];
    let block = source.scan.signals.get(event.home.0 as usize);
    let found = block.and_then(|signals| signals.quoted(event.home.1));
    debug_assert!(found.is_some(), "only what may be quoted is");
    let fill = |offset: u64, bytes: &mut [u8]| match &source.scan.file {
        Some(file) => {
            let read = file.open().and_then(|file| file.fill_at(offset, bytes));
            read.unwrap_or(0)
        }
        None => source.scan.quotes.fill_at(offset, bytes),
    };
    let copied = found.and_then(|(quoted, _)| Copied::read(fill, &quoted, event.match_line));
    let same = copied.is_some();
    let copied = copied.unwrap_or_else(|| {
        let text = Text::new(
            "(the file changed, the record is gone)",
            "(die Datei änderte sich, der Eintrag ist weg)",
        );
        Copied::gone(text.get(settings.lang))
    });
    let encoding = source.scan.encoding;
    let lines = |all: &[Vec<u8>]| all.iter().map(|l| show(l, encoding).into_owned()).collect();
    let header = copied.record.first().cloned().flatten().unwrap_or_default();
    let excerpt = show(&copied.telling, encoding).trim().to_owned();
    let evidence = Evidence {
        words: words(event, &excerpt, settings.catalog),
        source: source.scan.info.path.clone(),
        line: event.placed.line,
        match_line: event.placed.line + u64::from(event.match_line),
        time: event.placed.instant.map(|nanos| settings.moment(nanos)),
        clock: found
            .and_then(|(_, time)| time)
            .and_then(|time| source.placer.mark(time, event.home.0 as usize)),
        stamp: event
            .stamp
            .map(|span| show(span.of(&header), encoding).into_owned()),
        level: event.level,
        text: copied.text(encoding),
        excerpt,
        lead: lines(&copied.lead),
        before: lines(&copied.before),
        after: lines(&copied.after),
    };
    (evidence, same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::{DiscoverOptions, discover};
    use crate::grammar::catalog::{Catalog, Files};
    use crate::model::Lang;
    use crate::pipeline::Progress;

    const REFUSED: &str = "[2020-08-10 11:16:29.123] [error] connect ECONNREFUSED 127.0.0.1:5000\n";

    /// What a report is of a trace to which something happens when it was read and before it is quoted.
    fn analyze_while(happens: impl FnOnce(&std::path::Path)) -> Outcome {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("SwyxMessenger-2020-08-10.log");
        let start = "[2020-08-10 11:16:26.100] [info] SwyxMessenger starting, version 12.10\n";
        std::fs::write(&path, format!("{start}{REFUSED}")).unwrap();
        let catalog = Catalog::load(Files::new()).unwrap();
        let progress = Progress::default();
        let settings = Settings::new(&catalog, Lang::En, &progress);
        let discovery = discover(
            &[folder.path().into()],
            &DiscoverOptions::of(&catalog.chain),
        );
        let matcher = Matcher::new(&catalog);
        let reader = Reader {
            settings: &settings,
            matcher: &matcher,
            live: false,
            store: Store::new(settings.spool.clone()),
            tellings: Tellings::default(),
            handles: Handles::default(),
        };
        let scans = reader.scan_all(&discovery);
        happens(&path);
        conclude(&settings, &discovery, &matcher, scans, false).0
    }

    #[test]
    fn a_file_that_changes_after_it_was_read_is_told_and_quoted_no_more() {
        type Change = fn(&std::path::Path);
        let changes: [Change; 2] = [
            |path| std::fs::write(path, "x".repeat(500)).unwrap(),
            |path| {
                let file = std::fs::File::options().write(true).open(path).unwrap();
                file.set_len(80).unwrap();
            },
        ];
        for change in changes {
            let outcome = analyze_while(change);
            assert!(outcome.lossy);
            let report = &outcome.report;
            let told = report
                .problems
                .iter()
                .filter(|p| p.text.contains("changed after it was read"));
            assert_eq!(told.count(), 1, "{:?}", report.problems);
            let evidence = &report.findings[0].evidence[0];
            assert_eq!(evidence.text, "(the file changed, the record is gone)");
            assert_eq!(evidence.line, 2);
        }
    }

    #[test]
    fn a_file_that_grows_or_goes_after_it_was_read_is_quoted_as_it_was() {
        type Change = fn(&std::path::Path);
        let changes: [Change; 2] = [
            |path| {
                let mut text = std::fs::read(path).unwrap();
                text.extend_from_slice(REFUSED.as_bytes());
                std::fs::write(path, text).unwrap();
            },
            |path| std::fs::remove_file(path).unwrap(),
        ];
        for change in changes {
            let outcome = analyze_while(change);
            assert!(!outcome.lossy, "{:?}", outcome.report.problems);
            assert_eq!(
                outcome.report.findings[0].evidence[0].text,
                REFUSED.trim_end()
            );
        }
    }
}
