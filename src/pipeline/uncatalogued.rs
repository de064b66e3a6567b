//! Records that look like trouble and that no rule explains: the groups of all sources, with the stage near which they
//! stand. They are no findings.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use rayon::prelude::*;

use super::Settings;
use super::placed::PlacedSource;
use super::quotes::{At, Store};
use crate::decode::show;
use crate::diagnose::{Diagnosis, Events, FindingState};
use crate::model::Level;
use crate::model::report::{Evidence, Report, Severity, Uncatalogued};
use crate::report::redact;
use crate::scan::unknown::{Group, Groups, template};

/// Sources whose groups are in memory at once.
const AT_ONCE: usize = 256;
/// Groups that the report shows.
const SHOWN: usize = 20;

/// The groups of one source, put away until they are asked for.
#[derive(Debug, Default)]
pub struct Unknown {
    at: At,
    len: usize,
}

impl Unknown {
    /// Puts them away.
    pub(super) fn keep(groups: &Groups, store: &Store) -> Self {
        let bytes = groups.pack();
        if bytes.is_empty() {
            return Self::default();
        }
        Self {
            at: store.keep(&bytes),
            len: bytes.len(),
        }
    }

    fn groups(&self) -> Groups {
        let mut bytes = vec![0; self.len];
        if self.at.fill(0, &mut bytes) < self.len {
            return Groups::lost();
        }
        Groups::unpack(&bytes)
    }
}

/// What no rule explains.
pub(super) struct Unexplained {
    /// Those near the failing stage first.
    pub groups: Vec<Uncatalogued>,
    /// True if not all could be kept.
    pub cut: bool,
    /// For each client true if the lead program has an error behind the last sign of a session that stands.
    pub behind: Vec<bool>,
}

/// The groups of one source, with their lines; `None` where there are none, or they are not asked for.
fn of_source(source: &mut PlacedSource) -> Option<Groups> {
    let unknown = std::mem::take(&mut source.scan.unknown);
    let blocks = &source.scan.blocks;
    if !source.scan.in_scope || unknown.len == 0 && blocks.unknown().next().is_none() {
        return None;
    }
    let mut all = unknown.groups();
    let before = blocks.iter().scan(0, |lines, block| {
        let before = *lines;
        *lines += block.lines;
        Some(before)
    });
    let before: Vec<u64> = before.collect();
    all.number_lines(&before);
    for (index, unknown) in blocks.unknown() {
        all.add_block(unknown, index, before[index]);
    }
    Some(all)
}

/// The groups. What the sources know of them is taken.
/// `lead`: true for each source of the lead program; `is_reported`: whether an event lies in the part of time that is reported.
pub(super) fn groups(
    sources: &mut [PlacedSource],
    settings: &Settings<'_>,
    diagnosis: &Diagnosis,
    (client_of, lead): (&[usize], &[bool]),
    (events, is_reported): (&Events, &dyn Fn(usize) -> bool),
) -> Unexplained {
    let mut cut = false;
    let clients = diagnosis.clients.iter();
    let signs: Vec<Option<i64>> = clients
        .map(|c| c.sign.map(|sign| events.order(sign)))
        .collect();
    let mut behind = vec![false; diagnosis.clients.len()];
    let clients = diagnosis.clients.iter();
    let failing: Vec<Range<i64>> = clients
        .map(|client| {
            let failing = client.failing_span(events, settings.catalog);
            client.attempts.put_away();
            failing
        })
        .collect();
    // Those that the report tells, and that are more than "something failed".
    let is_told = |finding: &&FindingState| {
        let rule = &settings.catalog.rules[finding.rules[0]];
        finding.severity >= Severity::Error
            && !rule.gives_way()
            && (finding.open || finding.events.iter().any(is_reported))
    };
    let findings: Vec<&FindingState> = diagnosis.findings.iter().filter(is_told).collect();
    // Of clients that were asked for, how many of the first attempts are not explained.
    let mut open: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    let mut joined: BTreeMap<String, (Uncatalogued, bool)> = BTreeMap::new();
    // Rotated traces have the same templates.
    let mut retries: HashMap<String, bool> = HashMap::new();
    let lexicon = &settings.catalog.lexicon;
    let mut only_retries = |template: &str| match retries.get(template) {
        Some(known) => *known,
        None => *retries
            .entry(template.to_owned())
            .or_insert(lexicon.only_retries(template)),
    };
    let all = sources.chunks_mut(AT_ONCE).flat_map(|sources| {
        let groups: Vec<_> = sources.par_iter_mut().map(of_source).collect();
        groups.into_iter().zip(&*sources)
    });
    for (number, (all, source)) in all.enumerate() {
        let Some(all) = all else { continue };
        cut |= all.cut;
        let client = &diagnosis.clients[client_of[number]];
        let instant = |(block, stamp): (usize, Option<_>)| {
            stamp.and_then(|stamp| source.placer.instant(stamp, block))
        };
        let failing = &failing[client_of[number]];
        let ends = |group: &Group| {
            let ends = [group.last, (group.first.block, group.first.time)];
            ends.map(instant)
        };
        // The stage of what was met before only makes a difference where the login failed.
        let asked = all.groups().filter(|group| {
            let at_failure = || ends(group).iter().flatten().any(|at| failing.contains(at));
            let known = joined.get(&group.template);
            known.is_none_or(|(_, near)| !near && at_failure())
        });
        let stages = stages(asked.flat_map(ends).flatten(), |at| {
            client.stage_at(at, events, settings.catalog)
        });
        for group in all.groups() {
            let [last, first] = ends(group);
            // That it will be tried again is no failure of its own where what failed is told.
            if lead[number] && group.single && only_retries(&group.template) {
                let places = [first, last].map(|at| client.attempt_at(at?, events));
                let open = open.entry(client_of[number]).or_insert_with(|| {
                    let told = findings.iter().filter(|f| f.client == client_of[number]);
                    client.unexplained(&told.copied().collect::<Vec<_>>())
                });
                // None of the attempts from its first to its last record is without.
                if let [Some(first), Some(last)] = places
                    && open[first] == open[last + 1]
                {
                    continue;
                }
            }
            let is_error = group.first.level >= Some(Level::Error);
            let sign = signs[client_of[number]];
            if lead[number] && is_error && last.zip(sign).is_some_and(|(last, sign)| last > sign) {
                behind[client_of[number]] = true;
            }
            let near = [last, first]
                .into_iter()
                .flatten()
                .map(|at| stages.get(&at).copied().flatten())
                .max_by_key(|near| near.map(|(_, failing)| failing))
                .flatten();
            let failing = near.is_some_and(|(_, failing)| failing);
            let stage = || near.map(|(stage, _)| settings.catalog.chain.stages[stage].id.clone());
            let Some((old, near)) = joined.get_mut(&group.template) else {
                let entry = Uncatalogued {
                    template: shown_template(source, group, settings),
                    count: group.count,
                    example: example(source, group, first, settings),
                    stage: stage(),
                };
                joined.insert(group.template.clone(), (entry, failing));
                continue;
            };
            old.count += group.count;
            if failing && !*near {
                old.stage = stage();
                old.example = example(source, group, first, settings);
            }
            *near |= failing;
        }
        client.attempts.put_away();
    }
    let mut all: Vec<(Uncatalogued, bool)> = joined.into_values().collect();
    all.sort_by(|(a, near_a), (b, near_b)| {
        (near_b, b.example.level, b.count, &a.template).cmp(&(
            near_a,
            a.example.level,
            a.count,
            &b.template,
        ))
    });
    cut |= all.len() > SHOWN;
    Unexplained {
        groups: all.into_iter().take(SHOWN).map(|(u, _)| u).collect(),
        cut,
        behind,
    }
}

/// Takes away the single records that are evidence of a finding: what was before them explains them.
pub(super) fn without_findings(report: &mut Report) {
    let evidence = report.findings.iter().flat_map(|finding| &finding.evidence);
    let told: HashSet<(&str, u64)> = evidence.map(|e| (e.source.as_str(), e.line)).collect();
    let is_told = |group: &Uncatalogued| {
        let example = &group.example;
        group.count == 1 && told.contains(&(example.source.as_str(), example.line))
    };
    report.uncatalogued.retain(|group| !is_told(group));
}

/// The stages at some instants. They are asked for in the order of time: so each attempt is looked at once.
fn stages(
    instants: impl Iterator<Item = i64>,
    stage_at: impl Fn(i64) -> Option<(usize, bool)>,
) -> BTreeMap<i64, Option<(usize, bool)>> {
    let mut stages: BTreeMap<i64, Option<(usize, bool)>> = instants.map(|at| (at, None)).collect();
    for (at, stage) in &mut stages {
        *stage = stage_at(*at);
    }
    stages
}

/// The template of a text without secrets, and without identities where that is wanted: what is masked by digits and
/// length is not known again in a template.
fn shown_template(source: &PlacedSource, group: &Group, settings: &Settings<'_>) -> String {
    let text = show(&group.first.message, source.scan.encoding);
    let clean = match settings.anonymizer {
        Some(anonymizer) => anonymizer.text(&text),
        None => redact::secrets(&text),
    };
    match clean {
        Cow::Borrowed(_) => group.template.clone(),
        Cow::Owned(clean) => template(clean.as_bytes()),
    }
}

fn example(
    source: &PlacedSource,
    group: &Group,
    instant: Option<i64>,
    settings: &Settings<'_>,
) -> Evidence {
    let encoding = source.scan.encoding;
    let text = show(&group.first.text, encoding).trim_end().to_owned();
    let header = group.first.text.split(|b| *b == b'\n').next();
    let header = header.unwrap_or_default();
    Evidence {
        source: source.scan.info.path.clone(),
        line: group.first.line,
        match_line: group.first.line,
        time: instant.map(|nanos| settings.moment(nanos)),
        clock: None,
        stamp: group
            .first
            .stamp
            .map(|span| show(span.of(header), encoding).into_owned()),
        level: group.first.level,
        excerpt: show(header, encoding).trim().to_owned(),
        words: Vec::new(),
        text,
        lead: Vec::new(),
        before: Vec::new(),
        after: Vec::new(),
    }
}
