//! Coverage: what was missing to be sure.

use super::findings::Diagnosis;
use super::phrases;
use crate::grammar::Catalog;
use crate::grammar::chain::Chain;
use crate::model::report::{ChainStep, Gap, Status, Verdict, Window};
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
    (verdict, silent): (Verdict, &[Silence<'_>]),
    moment: &dyn Fn(i64) -> String,
    lang: Lang,
) -> Vec<Gap> {
    let mut gaps = Vec::new();
    if verdict == Verdict::Insufficient {
        let folder = catalog
            .chain
            .folders
            .first()
            .map_or("", |f| f.path.as_str());
        let repeat = phrases::repeat(&catalog.chain, lang);
        gaps.push(Gap {
            id: "no-outcome".into(),
            text: phrases::no_outcome(folder, repeat, lang),
        });
    }
    let mut add = |id: String, text: Text| {
        gaps.push(Gap {
            id,
            text: text.get(lang).to_owned(),
        });
    };
    for program in catalog.chain.programs.iter().filter(|p| p.chain) {
        let seen = sources
            .iter()
            .any(|s| s.program.as_deref() == Some(program.id.as_str()));
        let part_of_another = program.files.is_empty();
        if !seen && !part_of_another && is_expected(catalog, &program.id, sources) {
            add(
                format!("no-trace-of-{}", program.id),
                phrases::no_trace_of(&program.name, &program.files[0]),
            );
        }
    }
    for client in &diagnosis.clients {
        if let Some(stage) = first_seen_late(client, &catalog.chain) {
            let short = catalog.chain.stages[stage].short.get(lang);
            add("starts-mid-login".into(), phrases::starts_late(short));
        }
    }
    if let Some((stage, at)) = ends_mid_login(diagnosis, catalog) {
        let short = catalog.chain.stages[stage].short.get(lang);
        add(
            "ends-mid-login".into(),
            phrases::ends_early(short, (at > i64::MIN).then(|| moment(at)).as_deref()),
        );
    }
    if diagnosis.is_unsettled() {
        let lead = catalog.chain.programs.iter().find(|p| p.lead);
        let lead = lead.map_or("", |program| program.name.as_str());
        add("errors-after-session".into(), phrases::unsettled(lead));
    }
    for gap in silent {
        add(
            "silence".into(),
            phrases::silence(gap.path, &moment(gap.from), &moment(gap.until)),
        );
    }
    for source in sources.iter().filter(|s| s.timeless && !s.out_of_scope) {
        add("no-stamps".into(), phrases::no_stamps(&source.path));
    }
    for source in sources.iter().filter(|s| s.out_of_scope) {
        add("out-of-scope".into(), phrases::out_of_scope(&source.path));
    }
    gaps
}

/// A stretch in which a chatty trace wrote nothing, in nanoseconds UTC.
#[derive(Debug, Clone, Copy)]
pub struct Silence<'a> {
    /// Path of the source.
    pub path: &'a str,
    /// The last record before.
    pub from: i64,
    /// The first record after.
    pub until: i64,
}

/// Buckets of records at least, before a trace counts as chatty.
const CHATTY: usize = 30;
/// Least length of a silence, in nanoseconds.
const SILENT: i64 = 600 * crate::model::time::SECOND;

/// Gaps in chatty traces: no record for ten minutes and for ten times what is usual there. `buckets`: starts of the
/// minutes that hold records, ascending.
pub(super) fn silences<'a>(path: &'a str, buckets: &[i64]) -> Vec<Silence<'a>> {
    let mut steps: Vec<i64> = buckets.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if steps.len() < CHATTY {
        return Vec::new();
    }
    steps.sort_unstable();
    let usual = steps[steps.len() / 2];
    // A trace that often pauses is not chatty: nine of ten steps must be near the usual one.
    if steps[steps.len() * 9 / 10] > usual.saturating_mul(3) {
        return Vec::new();
    }
    buckets
        .windows(2)
        .filter(|pair| {
            let step = pair[1] - pair[0];
            step >= SILENT && step >= usual.saturating_mul(10)
        })
        .map(|pair| Silence {
            path,
            from: pair[0],
            until: pair[1],
        })
        .collect()
}

/// The stage that the last attempt of a client had begun when its traces ended, and when that was.
fn ends_mid_login(diagnosis: &Diagnosis, catalog: &Catalog) -> Option<(usize, i64)> {
    diagnosis.clients.iter().find_map(|client| {
        let attempt = &*client.attempts.last()?;
        client.attempts.put_away();
        let (stage, at) = attempt.left_open()?;
        let undecided =
            super::verdict::verdict_of(attempt, catalog) == Verdict::Insufficient && !attempt.ended;
        undecided.then_some((stage, at))
    })
}

/// The reply to the customer: which files, which level, reproduce up to which step.
pub(super) fn reply(catalog: &Catalog, chain: &[ChainStep], window: &Window, lang: Lang) -> String {
    let files: Vec<String> = catalog
        .chain
        .programs
        .iter()
        .filter(|p| p.chain)
        .filter_map(|p| p.files.first())
        .map(|name| format!("{name}-*.log"))
        .collect();
    let folder = catalog.chain.folders.first();
    let step = chain
        .iter()
        .enumerate()
        .rev()
        .find(|(_, step)| step.status == Status::Ok)
        .map_or(0, |(index, _)| index + 1)
        .min(chain.len().saturating_sub(1));
    let title = chain.get(step).map_or("", |step| step.title.as_str());
    let last = window
        .last_record
        .map(|moment| phrases::clock(moment, lang));
    let programs: Vec<&str> = catalog
        .chain
        .programs
        .iter()
        .filter(|p| p.chain)
        .map(|p| p.name.as_str())
        .collect();
    phrases::Reply {
        chain: catalog.chain.title.get(lang),
        programs: &programs.join(", "),
        raise: catalog
            .chain
            .raise_level
            .as_ref()
            .map_or("", |text| text.get(lang)),
        files: &files.join(", "),
        folder: folder.map_or("", |f| f.path.as_str()),
        repeat: phrases::repeat(&catalog.chain, lang),
        step: (step + 1, chain.len(), title),
        last: last.as_deref(),
    }
    .text(lang)
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
pub(super) fn first_seen_late(
    client: &super::findings::ClientState,
    chain: &Chain,
) -> Option<usize> {
    let attempt = client.attempts.get(0)?;
    client.attempts.put_away();
    let first = attempt
        .stages
        .iter()
        .position(|s| s.passed.is_some() || s.started.is_some() || !s.failures.is_empty())?;
    (first > chain.early()).then_some(first)
}

/// Said where not all groups of unexplained records could be kept.
pub fn uncatalogued_cut(lang: Lang) -> Gap {
    Gap {
        id: "uncatalogued-cut".into(),
        text: phrases::uncatalogued_cut().get(lang).to_owned(),
    }
}

/// Said where there are more groups of failures by which no step is judged than a report has.
pub(super) fn elsewhere_cut(lang: Lang) -> Gap {
    Gap {
        id: "elsewhere-cut".into(),
        text: phrases::elsewhere_cut().get(lang).to_owned(),
    }
}
