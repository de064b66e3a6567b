//! Composing the report: indices become words, times and texts in the reader's language.

use std::ops::Deref;
use std::path::Path;

use super::coverage::{self, SourceFacts};
use super::elsewhere::elsewhere;
use super::event::Events;
use super::findings::{Diagnosis, FindingState};
use super::ladder::{attempt, empty_ladder, ladder, mark_recovered};
use super::numbers::Numbers;
use super::phrases;
use super::told::finding;
use super::verdict::verdict_at;
use super::why::{deciding_version, next_checks, why};
use crate::grammar::told::Told;
use crate::grammar::{Catalog, Meaning};
use crate::model::attempts::Words;
use crate::model::report::{
    Attempts, ChainStep, Client, Evidence, Finding, Report, SCHEMA, SCHEMA_VERSION, Severity,
    SourceReport, Status, Tool, Verdict, Version, Window,
};
use crate::model::{Lang, Moment};

/// Most gaps of chatty traces that are named.
const MOST_SILENCES: usize = 5;

/// What the report says besides the diagnosis.
pub struct Facts<'a> {
    /// All grammars.
    pub catalog: &'a Catalog,
    /// All events.
    pub events: &'a Events,
    /// Language.
    pub lang: Lang,
    /// The instants of the window, in nanoseconds.
    pub since: Option<i64>,
    /// End of the window.
    pub until: Option<i64>,
    /// The window as it is shown.
    pub window: Window,
    /// What was read.
    pub sources: Vec<SourceReport>,
    /// Versions that the package names beside the traces.
    pub versions: Vec<Version>,
    /// Program id of each source.
    pub programs: &'a [Option<String>],
    /// True for each source of the lead program.
    pub lead: &'a [bool],
    /// Where what is long is kept.
    pub spool: Option<&'a Path>,
    /// From nanoseconds to what is shown.
    pub moment: &'a dyn Fn(i64) -> Moment,
    /// The text of an event's record.
    pub evidence: &'a dyn Fn(usize) -> Evidence,
}

/// The events of a finding that count in a report.
pub(super) enum Counted<'f> {
    /// All.
    All(&'f Numbers),
    /// Those in the window.
    Some(Numbers),
}

impl Deref for Counted<'_> {
    type Target = Numbers;

    fn deref(&self) -> &Numbers {
        match self {
            Self::All(all) => all,
            Self::Some(some) => some,
        }
    }
}

/// What the whole run came to, for the exit code.
#[derive(Debug, Clone, Copy)]
pub struct Overall {
    /// The verdict.
    pub verdict: Verdict,
    /// The worst severity of a finding that stands.
    pub worst: Option<Severity>,
}

impl Facts<'_> {
    /// True if all of time is reported.
    fn is_whole(&self) -> bool {
        self.since.is_none() && self.until.is_none()
    }

    pub(super) fn inside(&self, event: usize) -> bool {
        let order = self.events.order(event);
        self.since.is_none_or(|since| order >= since)
            && self.until.is_none_or(|until| order <= until)
    }

    pub(super) fn at(&self, event: usize) -> Option<Moment> {
        self.events.placed(event).instant.map(self.moment)
    }

    /// True if the attempt reaches into the window; one whose session stands goes on until the next one begins.
    pub(super) fn overlaps(&self, attempts: &super::kept::Attempts, index: usize) -> bool {
        if self.is_whole() {
            return true;
        }
        let order = |event: usize| self.events.order(event);
        let attempt = attempts.at(index);
        let end = if !attempt.session_stands() {
            order(attempt.last)
        } else if index + 1 < attempts.len() {
            order(attempts.first_event(index + 1))
        } else {
            i64::MAX
        };
        self.since.is_none_or(|since| end >= since)
            && self.until.is_none_or(|until| order(attempt.first) <= until)
    }

    /// The last event before the end of the window.
    fn horizon(&self) -> usize {
        self.until.map_or(usize::MAX, |until| {
            self.events.until(until).saturating_sub(1)
        })
    }
}

/// Composes the report.
pub fn compose(diagnosis: &Diagnosis, facts: Facts<'_>) -> (Report, Overall) {
    let (catalog, lang) = (facts.catalog, facts.lang);
    // The window trims what is reported: findings without a record in it, and attempts outside of it.
    // What decides an attempt that reaches into the window is told whole, wherever it stands.
    let in_view = |f: &FindingState| {
        let attempts = &diagnosis.clients[f.client].attempts;
        f.open
            && f.attempts
                .iter()
                .any(|a| a < attempts.len() && facts.overlaps(attempts, a))
    };
    let kept: Vec<(usize, Counted<'_>)> = diagnosis
        .findings
        .iter()
        .enumerate()
        .map(|(index, f)| {
            if facts.is_whole() {
                return (index, Counted::All(&f.events));
            }
            let mut inside = Numbers::one_of_many(facts.events.folder());
            let own = f.events.iter().filter(|e| facts.inside(*e));
            own.for_each(|event| inside.push(event));
            let whole = inside.is_empty() && f.severity >= Severity::Error && in_view(f);
            let counted = if whole {
                Counted::All(&f.events)
            } else {
                Counted::Some(inside)
            };
            (index, counted)
        })
        .filter(|(_, counted)| !counted.is_empty())
        .collect();
    let id_of = |index: usize| {
        kept.iter()
            .position(|(i, _)| *i == index)
            .map(|at| format!("F{}", at + 1))
    };
    let versions = versions(&facts);
    let findings: Vec<Finding> = kept
        .iter()
        .map(|(index, events)| {
            let state = &diagnosis.findings[*index];
            finding(state, events, &facts, diagnosis, &versions, &id_of, *index)
        })
        .collect();
    for client in &diagnosis.clients {
        client.attempts.put_away();
    }
    let horizon = facts.horizon();
    let mut clients = Vec::new();
    let mut words = Words::default();
    let mut overall = None;
    for (number, state) in diagnosis.clients.iter().enumerate() {
        let shown: Vec<usize> = (0..state.attempts.len())
            .filter(|a| facts.overlaps(&state.attempts, *a))
            .collect();
        let deciding = shown.iter().copied().rev().find(|a| {
            verdict_at(&state.attempts.at(*a), catalog, horizon) != Verdict::Insufficient
        });
        let verdict = match deciding {
            None => Verdict::Insufficient,
            Some(index) => {
                let own = verdict_at(&state.attempts.at(index), catalog, horizon);
                let failed_before = diagnosis.findings.iter().any(|f| {
                    f.client == number
                        && f.severity >= Severity::Error
                        && f.recovered.is_some()
                        && id_of_exists(&kept, diagnosis, f)
                });
                if own == Verdict::Healthy && failed_before {
                    Verdict::Recovered
                } else {
                    own
                }
            }
        };
        let mut attempts = Attempts::new(facts.spool);
        for index in &shown {
            attempts.push(
                &attempt(*index, number, &facts, diagnosis, &id_of),
                &mut words,
            );
        }
        state.attempts.put_away();
        attempts.finish();
        if let Some(index) = deciding {
            let candidate = (rank(verdict), number, index);
            if overall.is_none_or(|(best, _, _)| candidate.0 > best) {
                overall = Some(candidate);
            }
        } else if overall.is_none() && !attempts.is_empty() {
            overall = Some((rank(verdict), number, *shown.last().expect("not empty")));
        }
        if !state.events.is_empty() || diagnosis.clients.len() == 1 {
            clients.push(Client {
                name: state.name.clone(),
                verdict,
                attempts,
            });
        }
    }
    let verdict = clients
        .iter()
        .map(|c| c.verdict)
        .filter(|v| *v != Verdict::Insufficient)
        .max_by_key(|v| rank(*v));
    let mut verdict = verdict.unwrap_or(Verdict::Insufficient);
    if facts.window.records == 0 && facts.sources.iter().any(|s| s.records > 0) {
        verdict = Verdict::Insufficient;
    }
    let mut chain = match overall {
        Some((_, client, index)) => ladder(
            &diagnosis.clients[client].attempts.at(index),
            index,
            horizon,
            client,
            &facts,
            diagnosis,
            &id_of,
        ),
        None => empty_ladder(&facts),
    };
    if verdict == Verdict::Recovered {
        mark_recovered(&mut chain, &findings);
    }
    let headline = headline(facts.catalog, verdict, &findings, &chain, lang);
    // Of several clients it is one whose login is told: whose?
    let whose = overall.filter(|_| clients.len() > 1 && verdict != Verdict::Insufficient);
    let whose = whose.map_or("", |(_, client, _)| diagnosis.clients[client].name.as_str());
    let headline = phrases::of_client(whose, headline);
    let source_facts: Vec<SourceFacts> = facts
        .sources
        .iter()
        .zip(facts.programs)
        .map(|(source, program)| SourceFacts {
            path: source.path.clone(),
            program: program.clone(),
            timeless: source.records > 0 && source.first.is_none(),
            out_of_scope: source.out_of_scope,
        })
        .collect();
    let silent: Vec<coverage::Silence<'_>> = facts
        .sources
        .iter()
        .filter(|source| source.program.is_some() && !source.out_of_scope)
        .flat_map(|source| {
            let at: Vec<i64> = source.minutes.iter().map(|m| m.at.nanos()).collect();
            coverage::silences(&source.path, &at)
        })
        .take(MOST_SILENCES)
        .collect();
    let clock = |nanos: i64| phrases::clock((facts.moment)(nanos), lang);
    let (elsewhere, cut) = elsewhere(diagnosis, &facts);
    let mut coverage = coverage::gaps(
        catalog,
        diagnosis,
        &source_facts,
        (verdict, &silent),
        &clock,
        lang,
    );
    let headline = match verdict {
        Verdict::Insufficient if findings.is_empty() && !elsewhere.is_empty() => {
            phrases::beside_elsewhere(&headline, lang)
        }
        Verdict::Healthy if diagnosis.is_unsettled() => {
            phrases::with_errors_behind(&headline, lang)
        }
        _ => headline,
    };
    if cut {
        coverage.push(coverage::elsewhere_cut(lang));
    }
    let reply = if verdict == Verdict::Insufficient {
        coverage::reply(catalog, &chain, &facts.window, lang)
    } else {
        String::new()
    };
    let nothing = Vec::new();
    let events = overall.map_or(&nothing, |(_, client, _)| {
        &diagnosis.clients[client].versions
    });
    let version = deciding_version(&facts, events);
    let next_checks = next_checks(verdict, &findings, &chain, &facts, version.as_deref());
    let shown = overall.map(|(_, client, index)| diagnosis.clients[client].attempts.at(index));
    let why = why(
        &chain,
        &findings,
        diagnosis,
        &kept,
        &facts,
        shown.as_deref(),
    );
    let worst = findings
        .iter()
        .filter(|f| f.recovered_at.is_none())
        .map(|f| f.severity)
        .max();
    let report = Report {
        schema: SCHEMA,
        schema_version: SCHEMA_VERSION,
        tool: Tool {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
        },
        lang,
        chain_title: catalog.chain.title.get(lang).to_owned(),
        window: facts.window,
        verdict,
        headline,
        client: Some(whose.to_owned()).filter(|name| !name.is_empty()),
        chain,
        clients,
        versions,
        findings,
        next_checks,
        sources: facts.sources,
        coverage,
        reply,
        problems: Vec::new(),
        why,
        uncatalogued: Vec::new(),
        elsewhere,
        facts: Vec::new(),
        left_alone: Vec::new(),
    };
    (report, Overall { verdict, worst })
}

fn id_of_exists(
    kept: &[(usize, Counted<'_>)],
    diagnosis: &Diagnosis,
    finding: &FindingState,
) -> bool {
    kept.iter()
        .any(|(index, _)| std::ptr::eq(&raw const diagnosis.findings[*index], finding))
}

fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Insufficient => 0,
        Verdict::Healthy => 1,
        Verdict::Recovered => 2,
        Verdict::Failure => 3,
    }
}

fn headline(
    catalog: &Catalog,
    verdict: Verdict,
    findings: &[Finding],
    chain: &[ChainStep],
    lang: Lang,
) -> String {
    let wanted = match verdict {
        Verdict::Failure => Status::Failed,
        _ => Status::Recovered,
    };
    let broken = chain.iter().position(|step| step.status == wanted);
    let (number, stage, id) = match broken {
        Some(index) => (
            index + 1,
            chain[index].short.as_str(),
            chain[index].finding.as_deref(),
        ),
        None => (0, "", None),
    };
    let title = id
        .and_then(|id| findings.iter().find(|f| f.id == id))
        .or_else(|| findings.iter().find(|f| f.severity >= Severity::Error))
        .map_or("", |f| f.title.as_str());
    let (number, stage) = match (
        broken,
        verdict,
        findings
            .iter()
            .find(|f| f.title == title && !title.is_empty()),
    ) {
        (None, Verdict::Recovered, Some(f)) => {
            let index = chain
                .iter()
                .position(|step| step.stage == f.stage)
                .unwrap_or(0);
            (index + 1, chain[index].short.as_str())
        }
        _ => (number, stage),
    };
    let broken = phrases::Broken {
        number,
        of: chain.len(),
        stage,
        title,
    };
    phrases::headline(&catalog.chain, verdict, broken, lang)
}

fn versions(facts: &Facts<'_>) -> Vec<Version> {
    let mut found: Vec<Version> = facts.versions.clone();
    let is_version = |told: &Told| matches!(told.meaning, Meaning::Version(_));
    let mut ends = facts.events.ends_of(is_version);
    ends.sort_unstable();
    for (index, _) in ends {
        let told = facts.events.told(index);
        let Meaning::Version(mark) = told.meaning else {
            continue;
        };
        let Some((_, version)) = told
            .captures
            .iter()
            .flat_map(|c| c.iter())
            .find(|(name, _)| name == "version")
        else {
            continue;
        };
        let product = &facts.catalog.chain.versions[mark as usize].product;
        if found
            .iter()
            .any(|v| v.product == *product && v.version == *version)
        {
            continue;
        }
        let placed = facts.events.placed(index);
        found.push(Version {
            product: product.clone(),
            name: None,
            version: version.clone(),
            source: facts.sources[placed.source as usize].path.clone(),
            line: placed.line,
        });
    }
    for version in &mut found {
        let mut marks = facts.catalog.chain.versions.iter();
        let mark = marks.find(|mark| mark.product == version.product);
        let name = mark.map(|mark| mark.name.get(facts.lang));
        version.name = name
            .filter(|name| *name != version.product)
            .map(str::to_owned);
    }
    found.sort_by(|a, b| (&a.product, &a.source, a.line).cmp(&(&b.product, &b.source, b.line)));
    found
}
