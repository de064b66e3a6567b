//! Floor 6: check. Runs every format's samples and every rule's examples; `swyxtrace check` and `cargo test` share it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::detect;
use crate::diagnose::{self, Cutter, Ends, Event, Events, Numbers, Placed, Row};
use crate::grammar::catalog::embedded;
use crate::grammar::condition::ANY_STAGE;
use crate::grammar::document::{Document, at};
use crate::grammar::raw::RawExample;
use crate::grammar::rule::Rule;
use crate::grammar::told::Told;
use crate::grammar::{Catalog, Fault, Meaning};
use crate::model::RawTime;
use crate::scan::block::{Scratch, Stamped};
use crate::scan::{Matcher, Scanner, Window};

/// What was checked, for the closing line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checked {
    /// Formats, whose samples ran when they were loaded.
    pub formats: usize,
    /// Files of fact patterns.
    pub facts: usize,
    /// Rules.
    pub rules: usize,
    /// Examples of rules, each against all rules.
    pub examples: usize,
    /// Examples that are marked as known gaps.
    pub known_gaps: usize,
}

/// Runs all examples of all rules against all rules.
pub fn check(catalog: &Catalog) -> (Checked, Vec<Fault>) {
    let matcher = Matcher::new(catalog);
    let mut checked = Checked {
        formats: catalog.formats.len(),
        facts: catalog.facts.len(),
        rules: catalog.rules.len(),
        ..Checked::default()
    };
    // What is part of the program is loaded without a proof; here it is given.
    let mut faults = Catalog::from_files(&embedded()).err().unwrap_or_default();
    for index in 0..catalog.facts.len() {
        faults.extend(crate::facts::prove(&catalog.facts, index));
    }
    for (index, rule) in catalog.rules.iter().enumerate() {
        // The examples of a borrowed rule are about the chain that it was made for, and were proved there.
        let own = Some(rule).filter(|rule| !rule.borrowed);
        for (number, example) in own.into_iter().flat_map(Rule::examples).enumerate() {
            checked.examples += 1;
            checked.known_gaps += usize::from(example.known_gap);
            let (events, ends) = events_of(catalog, &matcher, example);
            let all = Numbers::first(events.len(), None);
            let programs = programs_of(catalog, example);
            let kept = diagnose::windowed(catalog, &events, all, &ends, &programs);
            let told: Vec<Event<'_>> = kept.iter().map(|index| events.at(index)).collect();
            if !example.known_gap {
                let example = Example {
                    catalog,
                    index,
                    rule,
                    number,
                    raw: example,
                };
                example.check_lines(&told, &mut faults);
                example.check_stage((&events, &ends), &mut faults);
            }
        }
    }
    (checked, faults)
}

/// For each rule, in how many examples it fires: its own and those of other rules, known gaps left out.
pub fn coverage(catalog: &Catalog) -> Vec<usize> {
    let matcher = Matcher::new(catalog);
    let mut fired = vec![0; catalog.rules.len()];
    let own = catalog.rules.iter().filter(|rule| !rule.borrowed);
    let examples = own.flat_map(Rule::examples);
    for example in examples.filter(|example| !example.known_gap) {
        let (events, ends) = events_of(catalog, &matcher, example);
        let all = Numbers::first(events.len(), None);
        let programs = programs_of(catalog, example);
        let kept = diagnose::windowed(catalog, &events, all, &ends, &programs);
        let events = kept.iter().map(|index| events.at(index));
        let rules = events.filter_map(|event| match event.meaning {
            Meaning::Rule(rule) if event.assumed.is_none_or(|stage| stage == ANY_STAGE) => {
                Some(rule as usize)
            }
            _ => None,
        });
        for rule in rules.collect::<BTreeSet<_>>() {
            fired[rule] += 1;
        }
    }
    fired
}

/// An example that is run.
struct Example<'a> {
    catalog: &'a Catalog,
    /// Index of its rule.
    index: usize,
    rule: &'a Rule,
    /// Which of the rule's examples it is, from 0.
    number: usize,
    raw: &'a RawExample,
}

impl Example<'_> {
    /// A fault at a key of the example.
    fn fault(&self, key: &str, message: String, help: &str) -> Fault {
        let file = Document::new(&self.rule.path, self.rule.source());
        let place = at("example").index(self.number).key(key);
        file.fault(&place, message, help)
    }

    fn check_lines(&self, events: &[Event<'_>], faults: &mut Vec<Fault>) {
        let (catalog, example) = (self.catalog, self.raw);
        let mut fired: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
        for event in events {
            // A rule that may go by what was begun shows it in its own examples.
            if let Meaning::Rule(other) = event.meaning
                && (event.assumed.is_none()
                    || event.assumed == Some(ANY_STAGE)
                        && other as usize == self.index
                        && !example.fires_at.is_empty())
                && event.placed.source == 0
            {
                fired
                    .entry(other as usize)
                    .or_default()
                    .push(event.placed.line);
            }
        }
        let own = fired.remove(&self.index).unwrap_or_default();
        if own != example.fires_at {
            faults.push(self.fault(
                "fires_at",
                format!(
                    "the example {:?} should fire at lines {:?} and fires at {own:?}",
                    example.name, example.fires_at
                ),
                "correct the conditions, or the line numbers: a record counts by its first line",
            ));
        }
        for (other, lines) in &fired {
            let other = &catalog.rules[*other];
            let anyone =
                |r: &Rule, id: &str| r.together_with.iter().any(|with| with == id || with == "*");
            if !anyone(self.rule, &other.id) && !anyone(other, &self.rule.id) {
                faults.push(self.fault(
                    "name",
                    format!(
                        "in the example {:?} the rule `{}` fires too, at lines {lines:?}",
                        example.name, other.id
                    ),
                    "make one of the two more exact, or name it in `together_with`",
                ));
            }
        }
    }

    fn check_stage(&self, (events, ends): (&Events, &[Ends]), faults: &mut Vec<Fault>) {
        let catalog = self.catalog;
        let Some(wanted) = &self.raw.stage else {
            return;
        };
        let programs = programs_of(catalog, self.raw);
        let leads = |id: &Option<String>| {
            let program = id.as_deref().and_then(|id| catalog.chain.program(id));
            program.is_some_and(|p| p.lead)
        };
        // Alone, a trace of any program leads.
        let lead: Vec<bool> = programs
            .iter()
            .map(|id| programs.len() == 1 || leads(id))
            .collect();
        let cutter = Cutter {
            catalog,
            all: events,
            programs: &programs,
            lead: &lead,
            ends,
            hosts: &[],
            lossy: &vec![false; programs.len()],
            memo: diagnose::Memo::new(catalog, &programs),
        };
        let diagnosis = diagnose::diagnose(&cutter, &[String::new()]);
        let stages: Vec<&str> = diagnosis
            .findings
            .iter()
            .filter(|f| {
                // What it is told as may be another rule: of a PC that is offline, or of a token that was no good.
                let by = Meaning::Rule(self.index as u32);
                f.rules.contains(&self.index)
                    || f.events.iter().any(|e| events.told(e).meaning == by)
            })
            .map(|f| catalog.chain.stages[f.stage].id.as_str())
            .collect();
        if !stages.contains(&wanted.as_str()) {
            faults.push(self.fault(
                "stage",
                format!(
                    "the example {:?} should come out at stage `{wanted}` and comes out at {stages:?}",
                    self.raw.name
                ),
                "name an endpoint of the stage in the example, or correct `stage`",
            ));
        }
    }
}

/// The program of the example's trace, and of those beside it.
fn programs_of(catalog: &Catalog, example: &RawExample) -> Vec<Option<String>> {
    let own = std::iter::once(example.file.as_deref());
    let beside = example.beside.iter().map(|other| Some(other.file.as_str()));
    own.chain(beside)
        .map(|file| program_of(catalog, file))
        .collect()
}

fn program_of(catalog: &Catalog, file: Option<&str>) -> Option<String> {
    let file = file?.to_lowercase();
    let programs = catalog.chain.programs.iter();
    let named = programs.flat_map(|p| p.files.iter().map(move |f| (f.to_lowercase(), &p.id)));
    named
        .filter(|(name, _)| file.starts_with(name.as_str()))
        .max_by_key(|(name, _)| name.len())
        .map(|(_, id)| id.clone())
}

/// The signals of an example as events, and the last instant of each of its traces; times are the order of the lines
/// where there are no stamps. The example's own trace is source 0.
pub fn events_of(
    catalog: &Catalog,
    matcher: &Matcher<'_>,
    example: &RawExample,
) -> (Events, Vec<Ends>) {
    let own = std::iter::once((example.file.as_deref(), example.trace.as_str()));
    let beside = example.beside.iter();
    let beside = beside.map(|other| (Some(other.file.as_str()), other.trace.as_str()));
    let mut events = Vec::new();
    let mut ends = Vec::new();
    for (source, (file, trace)) in own.chain(beside).enumerate() {
        let (more, end) = events_of_trace(catalog, matcher, source as u32, file, trace);
        events.extend(more);
        ends.push(end);
    }
    events.sort_by_key(|(_, row): &(Arc<Told>, Row)| (row.placed(), row.home));
    (Events::of(events), ends)
}

fn events_of_trace(
    catalog: &Catalog,
    matcher: &Matcher<'_>,
    source: u32,
    file: Option<&str>,
    trace: &str,
) -> (Vec<(Arc<Told>, Row)>, Ends) {
    let text = trace.trim_start_matches('\n');
    let layout = detect::detect(text.as_bytes(), &[], &catalog.formats);
    let program = program_of(catalog, file);
    let scanner = Scanner {
        layout: &layout,
        matcher,
        program: program.as_deref(),
    };
    let bytes = text.as_bytes().to_vec();
    let mut window = Window {
        start: 0,
        end: bytes.len(),
        bytes,
        offset: 0,
        complete: true,
    };
    let scan = scanner.scan(&mut window, &mut Scratch::default(), &mut |_| false);
    let instant = |stamped: Option<Stamped>| stamped.map(|stamped| stamped.key().1);
    let end = Ends {
        last: instant(scan.last),
        levels: scan.level_last.map(instant),
    };
    let events = scan
        .signals
        .iter()
        .enumerate()
        .map(|(index, signal)| {
            let has_zone = |t: Stamped| matches!(t.raw(), RawTime::Utc(_));
            let zone_assumed = !signal.time().is_some_and(has_zone);
            let placed = Placed {
                order: signal.order.map_or(0, |s| s.key().1),
                source,
                line: u64::from(signal.line) + 1,
                instant: signal.time().map(|s| s.key().1),
            };
            let home = (0, index as u32);
            let row = Row::new(0, placed, zone_assumed, signal.beat, home);
            (signal.told.clone(), row)
        })
        .collect();
    (events, end)
}
