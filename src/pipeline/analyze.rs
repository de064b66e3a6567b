//! The main job: from sources to a report.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::Settings;
use super::events::events;
use super::evidence::Copied;
use super::handle::Handles;
use super::placed::{PlacedSource, place};
use super::quotes::Store;
use super::read::{Desks, Reader, SourceScan};
use super::sources::source_report;
use super::tellings::Tellings;
use super::uncatalogued;
use super::window::{explain_empty_window, newest, resolve_window, window};
use super::zones;
use crate::decode::show;
use crate::diagnose::{self, Cutter, Ends, Event, Facts, Memo, Overall};
use crate::discover::Discovery;
use crate::grammar::Meaning;
use crate::model::report::{Evidence, ProblemReport, Report};
use crate::model::{Problem, Text};
use crate::report::redact;
use crate::scan::Matcher;
use crate::scan::blocks::Blocks;

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
        tellings: Arc::default(),
        handles: Handles::default(),
        desks: Desks::default(),
    };
    let scans = reader.scan_all(discovery);
    let tellings = &reader.tellings;
    conclude(settings, discovery, &matcher, tellings, scans, false).0
}

/// What the scans of all sources come to. The sources are given back: their blocks, too, if `go_on` says that somebody
/// goes on from them.
pub(super) fn conclude(
    settings: &Settings<'_>,
    discovery: &Discovery,
    matcher: &Matcher<'_>,
    tellings: &Tellings,
    mut scans: Vec<SourceScan>,
    go_on: bool,
) -> (Outcome, Vec<PlacedSource>) {
    super::facts::give_zones(&mut scans, settings);
    let mut sources: Vec<PlacedSource> = scans
        .into_par_iter()
        .map(|scan| place(scan, settings))
        .collect();
    zones::settle(
        &mut sources.iter_mut().collect::<Vec<_>>(),
        settings.catalog,
    );
    sources.par_iter_mut().for_each(super::clock::add_notes);
    let newest = newest(&sources.iter().collect::<Vec<_>>(), settings);
    let (since, until) = resolve_window(settings, newest);
    let (mut events, callings) = events(&mut sources, matcher, tellings, settings);
    let (names, client_of) =
        super::clients::clients(&mut events, callings, &sources, settings.catalog);
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
        memo: Memo::new(settings.catalog, &programs),
    };
    let mut diagnosis = diagnose::diagnose(&cutter, &names);
    let is_reported = |event: usize| {
        let order = events.order(event);
        since.is_none_or(|since| order >= since) && until.is_none_or(|until| order <= until)
    };
    // What is not needed again makes room for the report.
    let unknown = uncatalogued::groups(
        &mut sources,
        settings,
        &diagnosis,
        (&client_of, &lead),
        (&events, &is_reported),
    );
    for (client, behind) in diagnosis.clients.iter_mut().zip(&unknown.behind) {
        client.unexplained_behind = *behind;
    }
    let any_read = sources
        .iter()
        .any(|s| s.scan.blocks.iter().any(|b| b.lines > 0));
    let of_sources = (sources.par_iter())
        .map(|s| source_report(s, sources.len(), settings))
        .collect();
    if !go_on {
        for source in &mut sources {
            source.scan.blocks = Blocks::default();
        }
    }
    let moment_of = |nanos: i64| settings.moment(nanos);
    let changed = RefCell::new(BTreeSet::new());
    let evidence_of = |event: usize| {
        let event = events.at(event);
        let (evidence, same) = evidence(&event, &sources, settings);
        if !same {
            changed.borrow_mut().insert(event.placed.source);
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
        sources: of_sources,
        versions: super::facts::versions(&sources, settings),
        programs: &programs,
        lead: &lead,
        spool: settings.spool.as_deref(),
        moment: &moment_of,
        evidence: &evidence_of,
    };
    let (mut report, overall) = diagnose::compose(&diagnosis, facts);
    report.uncatalogued = unknown.groups;
    uncatalogued::without_findings(&mut report);
    let broken = (events.is_broken() || diagnosis.is_broken()).then(|| Problem {
        source: None,
        ..Problem::lost("", super::events::gone())
    });
    // What follows needs room of its own: for the expressions that find secrets, and for the output.
    drop(diagnosis);
    drop(events);
    if unknown.cut {
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
        .chain(&broken)
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
    let outcome = Outcome {
        report,
        overall,
        lossy,
        any_read,
        empty_window,
    };
    (outcome, sources)
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

/// The words of a line by which a rule knew it: those of its condition of which most stand there.
fn words(event: &Event<'_>, line: &str, catalog: &crate::grammar::Catalog) -> Vec<String> {
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
    event: &Event<'_>,
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
            tellings: Arc::default(),
            handles: Handles::default(),
            desks: Desks::default(),
        };
        let scans = reader.scan_all(&discovery);
        happens(&path);
        conclude(
            &settings,
            &discovery,
            &matcher,
            &reader.tellings,
            scans,
            false,
        )
        .0
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
