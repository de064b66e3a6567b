//! What counted for and against each stage and finding, and what to look at next.

use super::compose::Facts;
use super::findings::Diagnosis;
use super::phrases;
use crate::model::Lang;
use crate::model::report::{ChainStep, Finding, Proof, Role, Severity, Status, Verdict, Why};

pub(super) fn next_checks(
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

pub(super) fn why(
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
