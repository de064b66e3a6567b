//! Composing the report: indices become words, times and texts in the reader's language.

use super::attempts::{AttemptState, Failure};
use super::coverage::{self, SourceFacts};
use super::event::Event;
use super::findings::{Diagnosis, FindingState, own_verdict, verdict_of};
use super::phrases;
use crate::grammar::rule::Rule;
use crate::grammar::{Catalog, Meaning};
use crate::model::report::{
    Attempt, ChainStep, Client, Evidence, Finding, Proof, Report, Role, SCHEMA, SCHEMA_VERSION,
    Severity, SourceReport, Status, Tool, Verdict, Version, Why, Window,
};
use crate::model::{Lang, Moment};

/// Most pieces of evidence that a finding shows.
const MOST_EVIDENCE: usize = 5;

/// What the report says besides the diagnosis.
pub struct Facts<'a> {
    /// All grammars.
    pub catalog: &'a Catalog,
    /// All events.
    pub events: &'a [Event],
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
    /// From nanoseconds to what is shown.
    pub moment: &'a dyn Fn(i64) -> Moment,
    /// The text of an event's record.
    pub evidence: &'a dyn Fn(usize) -> Evidence,
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
    fn inside(&self, event: usize) -> bool {
        let order = self.events[event].placed.order;
        self.since.is_none_or(|since| order >= since)
            && self.until.is_none_or(|until| order <= until)
    }

    fn at(&self, event: usize) -> Option<Moment> {
        self.events[event].placed.instant.map(self.moment)
    }

    fn overlaps(&self, attempt: &AttemptState) -> bool {
        let order = |event: usize| self.events[event].placed.order;
        self.since.is_none_or(|since| order(attempt.last) >= since)
            && self.until.is_none_or(|until| order(attempt.first) <= until)
    }
}

/// The evidence of a finding: first, last, each side's first, and the most telling.
pub fn pick_evidence(events: &[Event], counted: &[usize], support: &[usize]) -> Vec<usize> {
    let Some((&first, &last)) = counted.first().zip(counted.last()) else {
        return Vec::new();
    };
    let mut picked = vec![first];
    let telling = counted.iter().copied().max_by_key(|e| {
        (
            events[*e].by_number,
            events[*e].depth,
            std::cmp::Reverse(*e),
        )
    });
    picked.extend(telling);
    let mut sources = vec![events[first].placed.source];
    for &event in counted {
        if !sources.contains(&events[event].placed.source) {
            sources.push(events[event].placed.source);
            picked.push(event);
        }
    }
    picked.push(last);
    picked.extend(support.first());
    let mut seen = Vec::new();
    picked.retain(|e| {
        let place = (events[*e].placed.source, events[*e].placed.line);
        let new = !seen.contains(&place);
        seen.push(place);
        new
    });
    picked.truncate(MOST_EVIDENCE);
    picked.sort_unstable();
    picked
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
                .any(|a| attempts.get(*a).is_some_and(|a| facts.overlaps(a)))
    };
    let kept: Vec<(usize, Vec<usize>)> = diagnosis
        .findings
        .iter()
        .enumerate()
        .map(|(index, f)| {
            let inside: Vec<usize> = f
                .events
                .iter()
                .copied()
                .filter(|e| facts.inside(*e))
                .collect();
            let whole = inside.is_empty() && f.severity >= Severity::Error && in_view(f);
            (index, if whole { f.events.clone() } else { inside })
        })
        .filter(|(_, events)| !events.is_empty())
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
    let mut clients = Vec::new();
    let mut overall = None;
    for (number, state) in diagnosis.clients.iter().enumerate() {
        let shown: Vec<usize> = (0..state.attempts.len())
            .filter(|a| facts.overlaps(&state.attempts[*a]))
            .collect();
        let deciding = shown
            .iter()
            .copied()
            .rev()
            .find(|a| verdict_of(&state.attempts[*a], catalog) != Verdict::Insufficient);
        let verdict = match deciding {
            None => Verdict::Insufficient,
            Some(index) => {
                let own = verdict_of(&state.attempts[index], catalog);
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
        let attempts: Vec<Attempt> = shown
            .iter()
            .map(|a| attempt(*a, number, &facts, diagnosis, &id_of))
            .collect();
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
            &diagnosis.clients[client].attempts[index],
            index,
            usize::MAX,
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
    let headline = headline(verdict, &findings, &chain, lang);
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
    let coverage = coverage::gaps(catalog, diagnosis, &source_facts, verdict, lang);
    let next_checks = next_checks(verdict, &findings, &chain, &facts);
    let why = why(&chain, &findings, diagnosis, &kept, lang);
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
        chain,
        clients,
        versions,
        findings,
        next_checks,
        sources: facts.sources,
        coverage,
        problems: Vec::new(),
        why,
        uncatalogued: Vec::new(),
        facts: Vec::new(),
        left_alone: Vec::new(),
    };
    (report, Overall { verdict, worst })
}

fn id_of_exists(
    kept: &[(usize, Vec<usize>)],
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

fn headline(verdict: Verdict, findings: &[Finding], chain: &[ChainStep], lang: Lang) -> String {
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
    match (
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
            phrases::headline(
                verdict,
                lang,
                index + 1,
                chain.len(),
                &chain[index].short,
                title,
            )
        }
        _ => phrases::headline(verdict, lang, number, chain.len(), stage, title),
    }
}

fn versions(facts: &Facts<'_>) -> Vec<Version> {
    let mut found: Vec<Version> = facts.versions.clone();
    for (index, event) in facts.events.iter().enumerate() {
        let Meaning::Version(mark) = event.meaning else {
            continue;
        };
        let Some((_, version)) = event
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
        let placed = facts.events[index].placed;
        found.push(Version {
            product: product.clone(),
            version: version.clone(),
            source: facts.sources[placed.source as usize].path.clone(),
            line: placed.line,
        });
    }
    found.sort_by(|a, b| (&a.product, &a.source, a.line).cmp(&(&b.product, &b.source, b.line)));
    found
}

fn finding(
    state: &FindingState,
    events: &[usize],
    facts: &Facts<'_>,
    diagnosis: &Diagnosis,
    versions: &[Version],
    id_of: &dyn Fn(usize) -> Option<String>,
    index: usize,
) -> Finding {
    let (catalog, lang) = (facts.catalog, facts.lang);
    let rule = &catalog.rules[state.rules[0]];
    let stage = &catalog.chain.stages[state.stage];
    let own: Vec<usize> = events
        .iter()
        .copied()
        .filter(|e| is_of_cause(facts, *e, state))
        .collect();
    let telling = own
        .iter()
        .chain(events)
        .copied()
        .find(|e| facts.events[*e].endpoint.is_some());
    let endpoint = telling
        .and_then(|e| facts.events[e].endpoint.clone())
        .map(|e| e.to_string());
    let fill = |text: &str| {
        fill(
            text,
            facts,
            state,
            &own,
            endpoint.as_deref(),
            stage.label.get(lang),
        )
    };
    let texts = rule.texts(lang);
    let mut remedy: Vec<String> = texts.admin.remedy.iter().map(|t| fill(t)).collect();
    remedy.extend(advice(rule, versions).map(|text| fill(text.get(lang))));
    let picked = pick_evidence(facts.events, events, &state.support);
    let mut clients = Vec::new();
    let name = &diagnosis.clients[state.client].name;
    if !name.is_empty() {
        clients.push(name.clone());
    }
    Finding {
        id: id_of(index).unwrap_or_default(),
        class: state.class.clone(),
        class_title: catalog
            .chain
            .classes
            .get(&state.class)
            .map_or("", |c| c.title.get(lang))
            .to_owned(),
        cause: state.cause.clone(),
        rule: rule.id.clone(),
        rules: state
            .rules
            .iter()
            .map(|r| catalog.rules[*r].id.clone())
            .collect(),
        stage: stage.id.clone(),
        severity: state.severity,
        confidence: state.confidence,
        confidence_because: state
            .reasons
            .iter()
            .map(|r| phrases::reason(*r, lang).1.to_owned())
            .collect(),
        basis: rule.basis.name().to_owned(),
        role: state.role,
        follows_from: state.follows_from.and_then(id_of),
        title: fill(rule.title.get(lang)),
        summary: fill(&texts.admin.summary),
        remedy,
        user_text: fill(&texts.user),
        vendor_text: fill(&texts.vendor),
        count: events.len() as u64,
        first_seen: events.iter().find_map(|e| facts.at(*e)),
        last_seen: events.iter().rev().find_map(|e| facts.at(*e)),
        recovered_at: state.recovered.and_then(|e| facts.at(e)),
        endpoint,
        clients,
        evidence: picked.into_iter().map(|e| (facts.evidence)(e)).collect(),
        next_checks: stage.checks(lang).to_vec(),
        references: rule.references.clone(),
    }
}

fn is_of_cause(facts: &Facts<'_>, event: usize, state: &FindingState) -> bool {
    match facts.events[event].meaning {
        Meaning::Rule(rule) => {
            let rule = &facts.catalog.rules[rule as usize];
            rule.class == state.class && rule.cause == state.cause
        }
        _ => false,
    }
}

fn advice<'a>(
    rule: &'a Rule,
    versions: &'a [Version],
) -> impl Iterator<Item = &'a crate::model::Text> {
    rule.advice
        .iter()
        .filter(|advice| versions.iter().any(|v| advice.version.holds(&v.version)))
        .map(|advice| &advice.remedy)
}

/// Fills `{endpoint}`, `{host}`, `{port}` and the captures of the rule's regex; braces of other kinds stay.
fn fill(
    text: &str,
    facts: &Facts<'_>,
    state: &FindingState,
    own: &[usize],
    endpoint: Option<&str>,
    label: &str,
) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else {
            break;
        };
        let name = &rest[open + 1..open + close];
        out.push_str(&rest[..open]);
        if !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
            out.push_str(&value_of(name, facts, state, own, endpoint, label));
        } else {
            out.push_str(&rest[open..=open + close]);
        }
        rest = &rest[open + close + 1..];
    }
    out.push_str(rest);
    out
}

fn value_of(
    name: &str,
    facts: &Facts<'_>,
    state: &FindingState,
    own: &[usize],
    endpoint: Option<&str>,
    label: &str,
) -> String {
    let events = own.iter().chain(&state.events).map(|e| &facts.events[*e]);
    let found = events.clone().find_map(|e| e.endpoint.as_deref());
    match name {
        "endpoint" => endpoint.unwrap_or(label).to_owned(),
        "host" => found
            .map(|e| e.host.clone())
            .filter(|h| !h.is_empty())
            .unwrap_or_else(|| label.to_owned()),
        "port" => found.and_then(|e| e.port).map_or_else(
            || phrases::not_given(facts.lang).to_owned(),
            |p| p.to_string(),
        ),
        _ => events
            .flat_map(|e| e.captures.iter().flat_map(|c| c.iter()))
            .find(|(capture, _)| capture == name)
            .map_or_else(
                || phrases::not_given(facts.lang).to_owned(),
                |(_, value)| value.clone(),
            ),
    }
}

fn attempt(
    index: usize,
    client: usize,
    facts: &Facts<'_>,
    diagnosis: &Diagnosis,
    id_of: &dyn Fn(usize) -> Option<String>,
) -> Attempt {
    let state = &diagnosis.clients[client].attempts[index];
    let findings = diagnosis
        .findings
        .iter()
        .enumerate()
        .filter(|(_, f)| f.client == client && f.attempts.contains(&index))
        .filter_map(|(i, _)| id_of(i))
        .collect();
    let events = &diagnosis.clients[client].events;
    let range = || {
        events
            .iter()
            .copied()
            .filter(|e| (state.first..=state.last).contains(e))
    };
    Attempt {
        start: range().find_map(|e| facts.at(e)),
        end: range().rev().find_map(|e| facts.at(e)),
        verdict: own_verdict(state, facts.catalog),
        chain: ladder(state, index, state.last, client, facts, diagnosis, id_of),
        findings,
    }
}

fn ladder(
    state: &AttemptState,
    attempt: usize,
    end: usize,
    client: usize,
    facts: &Facts<'_>,
    diagnosis: &Diagnosis,
    id_of: &dyn Fn(usize) -> Option<String>,
) -> Vec<ChainStep> {
    let stands = |f: &Failure| f.stands_at(end);
    let failing = state
        .stages
        .iter()
        .position(|s| s.failures.iter().any(stands));
    // What the helper writes of itself says nothing on who is logged on; from the third stage on the client has all
    // that the stages before give.
    let reached = state.stages.iter().enumerate().rev().find(|(index, s)| {
        let touched = s.passed.is_some() || s.started.is_some() || !s.failures.is_empty();
        let lead_passed = s
            .passed
            .is_some_and(|e| facts.lead[facts.events[e].placed.source as usize]);
        touched && *index >= 2 || lead_passed
    });
    let reached = reached.map(|(index, _)| index);
    let mut steps = empty_ladder(facts);
    for (index, (step, stage)) in steps.iter_mut().zip(&state.stages).enumerate() {
        let finding = diagnosis.findings.iter().enumerate().find(|(_, f)| {
            f.client == client
                && f.stage == index
                && f.attempts.contains(&attempt)
                && f.severity >= Severity::Error
        });
        let failure = stage
            .failures
            .iter()
            .find(|f| stands(f))
            .or(stage.failures.iter().find(|f| !f.aside));
        let endpoint_event = failure.map(|f| f.event).or(stage.passed).or(stage.started);
        step.endpoint = endpoint_event
            .and_then(|e| facts.events[e].endpoint.as_deref())
            .filter(|e| facts.catalog.chain.names.stage_of(e) == Some(index))
            .map(ToString::to_string);
        if stage.failures.iter().any(stands) {
            step.status = Status::Failed;
            step.at = failure.and_then(|f| facts.at(f.event));
            step.finding = finding.and_then(|(i, _)| id_of(i));
        } else if let Some(recovered) = stage
            .failures
            .iter()
            .filter(|f| !f.aside)
            .filter_map(|f| f.recovered)
            .max()
        {
            step.status = Status::Recovered;
            step.at = facts.at(recovered);
            step.finding = finding.and_then(|(i, _)| id_of(i));
        } else if let Some(passed) = stage.passed {
            step.status = Status::Ok;
            step.proof = Some(Proof::Seen);
            step.at = facts.at(passed);
        } else if failing.is_some_and(|first| first < index) {
            step.status = Status::NotReached;
        } else if reached.is_some_and(|reached| reached > index) {
            step.status = Status::Ok;
            step.proof = Some(Proof::Implied);
        }
    }
    steps
}

/// A login that needed a second attempt shows where the first one broke.
fn mark_recovered(chain: &mut [ChainStep], findings: &[Finding]) {
    for step in chain.iter_mut().filter(|step| step.status == Status::Ok) {
        let mended = findings.iter().find(|f| {
            f.stage == step.stage && f.recovered_at.is_some() && f.severity >= Severity::Error
        });
        if let Some(finding) = mended {
            step.status = Status::Recovered;
            step.proof = None;
            step.at = finding.recovered_at;
            step.finding = Some(finding.id.clone());
        }
    }
}

fn empty_ladder(facts: &Facts<'_>) -> Vec<ChainStep> {
    facts
        .catalog
        .chain
        .stages
        .iter()
        .map(|stage| ChainStep {
            stage: stage.id.clone(),
            title: stage.title.get(facts.lang).to_owned(),
            short: stage.short.get(facts.lang).to_owned(),
            from: stage.from.clone(),
            to: stage.to.clone(),
            status: Status::Unknown,
            proof: None,
            at: None,
            endpoint: None,
            finding: None,
        })
        .collect()
}

fn next_checks(
    verdict: Verdict,
    findings: &[Finding],
    chain: &[ChainStep],
    facts: &Facts<'_>,
) -> Vec<String> {
    let mut checks: Vec<String> = Vec::new();
    let mut add = |stage: &str| {
        if let Some(index) = facts.catalog.chain.stage_index(stage) {
            for check in facts.catalog.chain.stages[index].checks(facts.lang) {
                if !checks.contains(check) {
                    checks.push(check.clone());
                }
            }
        }
    };
    match verdict {
        Verdict::Failure => {
            for finding in findings
                .iter()
                .filter(|f| {
                    f.role == Role::Cause
                        && f.recovered_at.is_none()
                        && f.severity >= Severity::Error
                })
                .take(3)
            {
                add(&finding.stage);
            }
        }
        Verdict::Insufficient => {
            for step in chain.iter().filter(|s| s.status == Status::Unknown).take(3) {
                add(&step.stage);
            }
        }
        Verdict::Recovered | Verdict::Healthy => {}
    }
    checks
}

fn why(
    chain: &[ChainStep],
    findings: &[Finding],
    diagnosis: &Diagnosis,
    kept: &[(usize, Vec<usize>)],
    lang: Lang,
) -> Vec<Why> {
    let mut all = Vec::new();
    for step in chain {
        let (counts_for, text) = match (step.status, step.proof) {
            (Status::Ok, Some(Proof::Seen)) => (
                true,
                phrases::pick(
                    lang,
                    "a record says that it was passed",
                    "ein Eintrag sagt, dass sie durchlaufen wurde",
                ),
            ),
            (Status::Ok, _) => (
                true,
                phrases::pick(
                    lang,
                    "a later stage of the same attempt was reached",
                    "eine spätere Stufe desselben Versuchs wurde erreicht",
                ),
            ),
            (Status::Failed, _) => (
                false,
                phrases::pick(
                    lang,
                    "a failure stands that no later success made up for",
                    "ein Fehler steht, den kein späterer Erfolg aufhebt",
                ),
            ),
            (Status::Recovered, _) => (
                true,
                phrases::pick(
                    lang,
                    "it failed, and a later success made up for it",
                    "sie scheiterte, und ein späterer Erfolg hob das auf",
                ),
            ),
            (Status::NotReached, _) => (
                false,
                phrases::pick(
                    lang,
                    "an earlier stage failed",
                    "eine frühere Stufe ist gescheitert",
                ),
            ),
            (Status::Unknown, _) => (
                false,
                phrases::pick(
                    lang,
                    "no record speaks for or against it",
                    "kein Eintrag spricht dafür oder dagegen",
                ),
            ),
        };
        all.push(Why {
            about: format!("stage:{}", step.stage),
            counts_for,
            text: text.to_owned(),
        });
    }
    for (finding, (index, _)) in findings.iter().zip(kept) {
        for reason in &diagnosis.findings[*index].reasons {
            let (counts_for, text) = phrases::reason(*reason, lang);
            all.push(Why {
                about: finding.id.clone(),
                counts_for,
                text: text.to_owned(),
            });
        }
    }
    all
}
