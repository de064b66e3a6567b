//! Coverage: what was missing to be sure.

use super::findings::Diagnosis;
use super::phrases;
use crate::grammar::Catalog;
use crate::model::report::{Gap, Verdict};
use crate::model::{Lang, Text};

/// What coverage needs to know of a source.
pub struct SourceFacts {
    /// Path.
    pub path: String,
    /// Program id.
    pub program: Option<String>,
    /// True if it has records but no instant.
    pub timeless: bool,
    /// True if nothing in it names the chain.
    pub out_of_scope: bool,
}

/// The gaps, the most important first.
pub fn gaps(
    catalog: &Catalog,
    diagnosis: &Diagnosis,
    sources: &[SourceFacts],
    verdict: Verdict,
    lang: Lang,
) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut add = |id: String, text: Text| {
        gaps.push(Gap {
            id,
            text: text.get(lang).to_owned(),
        });
    };
    if verdict == Verdict::Insufficient {
        let folder = catalog
            .chain
            .folders
            .first()
            .map_or("", |f| f.path.as_str());
        add("no-outcome".into(), phrases::no_outcome(folder));
    }
    for program in catalog.chain.programs.iter().filter(|p| p.chain) {
        let seen = sources
            .iter()
            .any(|s| s.program.as_deref() == Some(program.id.as_str()));
        let part_of_another = program.files.is_empty();
        if !seen && !part_of_another && is_expected(catalog, &program.id, sources) {
            add(
                format!("no-trace-of-{}", program.id),
                phrases::no_trace_of(&program.name),
            );
        }
    }
    for client in &diagnosis.clients {
        if let Some(stage) = first_seen_late(client) {
            let short = catalog.chain.stages[stage].short.get(lang);
            add("starts-mid-login".into(), phrases::starts_late(short));
        }
    }
    for source in sources.iter().filter(|s| s.timeless && !s.out_of_scope) {
        add("no-stamps".into(), phrases::no_stamps(&source.path));
    }
    for source in sources.iter().filter(|s| s.out_of_scope) {
        add("out-of-scope".into(), phrases::out_of_scope(&source.path));
    }
    gaps
}

/// A program that shares its stage with another one whose trace is there is not missed.
fn is_expected(catalog: &Catalog, program: &str, sources: &[SourceFacts]) -> bool {
    let stage = catalog
        .chain
        .stages
        .iter()
        .find(|s| s.programs.iter().any(|p| p == program));
    stage.is_none_or(|stage| {
        !sources.iter().any(|s| {
            s.program
                .as_ref()
                .is_some_and(|p| stage.programs.contains(p))
        }) && stage.programs.first().is_none_or(|first| first == program)
    })
}

/// The first stage of the first attempt, if nothing of the stages before it was seen and the chain's middle is entered.
fn first_seen_late(client: &super::findings::ClientState) -> Option<usize> {
    let attempt = client.attempts.first()?;
    let first = attempt
        .stages
        .iter()
        .position(|s| s.passed.is_some() || s.started.is_some() || !s.failures.is_empty())?;
    (first > 2).then_some(first)
}
