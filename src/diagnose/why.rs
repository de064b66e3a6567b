//! What counted for and against each stage and finding, and what to look at next.

use super::attempts::AttemptState;
use super::compose::{Counted, Facts};
use super::findings::Diagnosis;
use super::notes::capture;
use super::phrases;
use crate::grammar::Meaning;
use crate::model::report::{ChainStep, Finding, Proof, Role, Severity, Status, Verdict, Why};

/// Failures of one stage that are listed with their places.
const MOST_FAILURES: usize = 8;

/// What to look at next: of the failing stages, in the order of the chain; nothing of what only the operator can mend.
pub(super) fn next_checks(
    verdict: Verdict,
    findings: &[Finding],
    chain: &[ChainStep],
    facts: &Facts<'_>,
    version: Option<&str>,
) -> Vec<String> {
    let mut stages: Vec<Failing<'_>> = Vec::new();
    let stage_of = |stage: &str| facts.catalog.chain.stage_index(stage);
    match verdict {
        Verdict::Failure => {
            for finding in findings
                .iter()
                .filter(|f| {
                    f.role == Role::Cause
                        && f.recovered_at.is_none()
                        && f.severity >= Severity::Error
                        && !facts
                            .catalog
                            .chain
                            .classes
                            .get(&f.class)
                            .is_some_and(|c| c.operator_side)
                })
                .take(3)
            {
                stages.extend(stage_of(&finding.stage).map(|stage| Failing {
                    stage,
                    answered: has_answered(facts, &finding.class),
                    class: &finding.class,
                }));
            }
        }
        Verdict::Insufficient => {
            for step in chain.iter().filter(|s| s.status == Status::Unknown).take(3) {
                stages.extend(stage_of(&step.stage).map(|stage| Failing {
                    stage,
                    answered: false,
                    class: "",
                }));
            }
        }
        Verdict::Recovered | Verdict::Healthy => {}
    }
    let helper = findings.iter().find_map(|f| {
        let index = facts.catalog.chain.stage_index(&f.stage)?;
        local_port(facts, index, f.endpoint.as_deref())
    });
    let checks = checks_of(facts, &stages, version, helper);
    let (Some((stage, mark)), false) = (&facts.catalog.chain.host_mark, checks.is_empty()) else {
        return checks;
    };
    // The host that the failures of that stage name stands in for its mark, if it is one.
    let stage = &facts.catalog.chain.stages[*stage].id;
    let open = findings.iter().filter(|f| f.recovered_at.is_none());
    let mut hosts = open
        .filter(|f| f.stage == *stage)
        .filter_map(|f| f.endpoint.as_deref())
        .map(host_of);
    let host = hosts.next();
    match host.filter(|host| hosts.all(|other| other == *host)) {
        Some(host) => checks
            .into_iter()
            .map(|check| check.replace(mark.get(facts.lang), host))
            .collect(),
        None => checks,
    }
}

/// The host of an endpoint as it is shown.
fn host_of(endpoint: &str) -> &str {
    match endpoint.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => endpoint,
    }
}

/// True if failures of the class show that the other side answered.
pub(super) fn has_answered(facts: &Facts<'_>, class: &str) -> bool {
    let class = facts.catalog.chain.classes.get(class);
    class.is_some_and(|class| class.reached)
}

/// The port in an endpoint of a stage whose program is on this machine.
pub(super) fn local_port(facts: &Facts<'_>, stage: usize, endpoint: Option<&str>) -> Option<u16> {
    let local = facts.catalog.chain.loopback_stage() == Some(stage);
    let port = endpoint.and_then(|e| e.rsplit([':', ' ']).next()?.parse().ok());
    port.filter(|_| local)
}

/// Where to look next.
pub(super) struct Failing<'f> {
    /// Index of the stage.
    pub(super) stage: usize,
    /// True if the other side has answered.
    pub(super) answered: bool,
    /// The class of the failure; empty where none is known.
    pub(super) class: &'f str,
}

/// The checks for these failures, in the order in which they are done.
pub(super) fn checks_of(
    facts: &Facts<'_>,
    stages: &[Failing<'_>],
    version: Option<&str>,
    port: Option<u16>,
) -> Vec<String> {
    let chain = &facts.catalog.chain;
    let usual = chain
        .loopback_stage()
        .and_then(|stage| chain.stages[stage].usual_ports.first().copied());
    let port = port.or(usual).map_or_else(String::new, |p| p.to_string());
    let checks = chain.checks.iter().filter(|check| {
        let fits = |failing: &Failing<'_>| {
            let is_class = |class: &String| class == failing.class;
            check.stages.contains(&failing.stage)
                && !(check.reach && failing.answered)
                && (check.classes.is_empty() || check.classes.iter().any(is_class))
                && !check.not_classes.iter().any(is_class)
        };
        check.version.fits(version) && stages.iter().any(fits)
    });
    checks
        .map(|check| check.text.get(facts.lang).replace("{port}", &port))
        .collect()
}

/// The version that decides which advice fits: the one that the client's traces name last, else what the package says.
/// `named`: the last events that name each.
pub(super) fn deciding_version(facts: &Facts<'_>, named: &[usize]) -> Option<String> {
    let chain = &facts.catalog.chain;
    let of = |products: &[String]| {
        let named = named.iter().rev().find_map(|event| {
            let told = facts.events.told(*event);
            let Meaning::Version(mark) = told.meaning else {
                return None;
            };
            let decides = products.contains(&chain.versions[mark as usize].product);
            capture(told, "version").filter(|_| decides)
        });
        let beside = || {
            let mut versions = facts.versions.iter();
            let found = versions.find(|v| products.contains(&v.product));
            found.map(|v| v.version.clone())
        };
        named.map(str::to_owned).or_else(beside)
    };
    of(&chain.version_decides).or_else(|| of(&chain.version_else))
}

pub(super) fn why(
    chain: &[ChainStep],
    findings: &[Finding],
    diagnosis: &Diagnosis,
    kept: &[(usize, Counted<'_>)],
    facts: &Facts<'_>,
    attempt: Option<&AttemptState>,
) -> Vec<Why> {
    let lang = facts.lang;
    let place = |event: usize| {
        let placed = facts.events.placed(event);
        let source = &facts.sources[placed.source as usize];
        format!("{}:{}", source.path, placed.line)
    };
    let mut all = Vec::new();
    for (index, step) in chain.iter().enumerate() {
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
                    "ein späterer Schritt desselben Versuchs wurde erreicht",
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
                    "ein früherer Schritt ist gescheitert",
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
        let Some(state) = attempt.and_then(|attempt| attempt.stages.get(index)) else {
            continue;
        };
        let about = format!("stage:{}", step.stage);
        let records = [
            (
                true,
                state.started,
                phrases::pick(lang, "begun", "begonnen"),
            ),
            (
                true,
                state.passed,
                phrases::pick(lang, "passed", "durchlaufen"),
            ),
        ];
        for (counts_for, event, word) in records {
            if let Some(event) = event {
                all.push(Why {
                    about: about.clone(),
                    counts_for,
                    text: format!("{word}: {}", place(event)),
                });
            }
        }
        for failure in state.failures.iter().take(MOST_FAILURES) {
            let rule = &facts.catalog.rules[failure.rule].id;
            let over = failure.recovered.map_or_else(String::new, |event| {
                let word = phrases::pick(lang, "over since", "vorbei seit");
                format!(", {word} {}", place(event))
            });
            all.push(Why {
                about: about.clone(),
                counts_for: failure.recovered.is_some(),
                text: format!("{rule}: {}{over}", place(failure.event)),
            });
        }
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
        for text in &finding.contradictions {
            all.push(Why {
                about: finding.id.clone(),
                counts_for: false,
                text: text.clone(),
            });
        }
        if let Some(of) = &finding.follows_from {
            all.push(Why {
                about: finding.id.clone(),
                counts_for: true,
                text: format!(
                    "{} {of}",
                    phrases::pick(
                        lang,
                        "it is later than the cause and has none of its own: it follows from",
                        "es ist später als die Ursache und hat keine eigene: Folge von"
                    )
                ),
            });
        }
    }
    all
}
