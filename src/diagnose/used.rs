//! What the package says beside the traces is added to the findings that it bears on.

use crate::grammar::Catalog;
use crate::grammar::facts::sentence;
use crate::grammar::uses::{Part, Use};
use crate::model::report::{Evidence, Fact, Finding, Report};

/// Most facts that one finding takes from one kind of use.
const MOST: usize = 2;

/// Adds facts to findings: to the summary, the remedies and the evidence. They tell more of a finding, and never make
/// or unmake one.
pub fn use_facts(report: &mut Report, catalog: &Catalog) {
    let lang = report.lang;
    let mut mattering = Vec::new();
    for finding in &mut report.findings {
        for usage in &catalog.uses.uses {
            if !holds(usage, finding) {
                continue;
            }
            let found = facts_for(usage, finding, &report.facts, catalog);
            for (position, (index, joined, values)) in found.into_iter().enumerate() {
                mattering.push(index);
                mattering.extend(joined);
                if position >= MOST {
                    continue;
                }
                let text = sentence(usage.summary.get(lang), &values);
                if finding.summary.contains(&text) {
                    continue;
                }
                finding.summary.push(' ');
                finding.summary.push_str(&text);
                if let Some(remedy) = &usage.remedy {
                    finding
                        .remedy
                        .insert(0, sentence(remedy.get(lang), &values));
                }
                for index in std::iter::once(index).chain(joined) {
                    finding.evidence.push(evidence(&report.facts[index]));
                }
            }
        }
    }
    for index in mattering {
        report.facts[index].matters = true;
    }
}

fn holds(usage: &Use, finding: &Finding) -> bool {
    let whole = format!("{}/{}", finding.class, finding.cause);
    usage
        .class
        .iter()
        .any(|c| *c == finding.class || *c == whole)
}

/// Indices of the facts, and of those that were joined to them, and the values of both.
fn facts_for(
    usage: &Use,
    finding: &Finding,
    facts: &[Fact],
    catalog: &Catalog,
) -> Vec<(usize, Option<usize>, crate::grammar::facts::Values)> {
    let endpoint = finding.endpoint.as_deref().unwrap_or_default();
    let (host, port) = endpoint.rsplit_once([':', ' ']).unwrap_or((endpoint, ""));
    let part = |part: Part| {
        let seen = match part {
            Part::Port => port,
            Part::Host => host,
        };
        let default = usage.default.of(part).unwrap_or_default();
        (if seen.is_empty() { default } else { seen }).to_lowercase()
    };
    let of_client = |fact: &Fact| {
        fact.client.is_empty()
            || finding.clients.is_empty()
            || finding.clients.contains(&fact.client)
    };
    let mut taken: Vec<(usize, Option<usize>, crate::grammar::facts::Values)> = Vec::new();
    for (index, fact) in facts.iter().enumerate() {
        let value = |name: &str| fact.values.get(name).map(|v| v.to_lowercase());
        let fits = fact.kind == usage.fact
            && of_client(fact)
            && usage
                .place
                .iter()
                .all(|(name, of)| value(name) == Some(part(*of)))
            && !usage.unless.iter().any(|(name, v)| {
                value(name).is_some_and(|is| v.iter().any(|v| v.to_lowercase() == is))
            });
        if !fits {
            continue;
        }
        let mut values = fact.values.clone();
        let other = usage.join.as_ref().and_then(|join| {
            let wanted = fact.values.get(&join.on)?;
            facts.iter().position(|other| {
                other.kind == join.fact
                    && other.client == fact.client
                    && other.values.get(&join.on) == Some(wanted)
            })
        });
        if let Some(other) = other {
            for (name, value) in &facts[other].values {
                values.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        let program = values.get("program");
        let right = match usage.own {
            None => true,
            Some(own) => program.map_or(!own, |p| catalog.uses.is_own(p) == own),
        };
        // An address of IPv4 and one of IPv6 of the same owner are one thing to say.
        let same = |v: &crate::grammar::facts::Values| {
            ["port", "pid", "program", "host"]
                .iter()
                .all(|n| v.get(*n) == values.get(*n))
        };
        if right && !(usage.own.is_some() && taken.iter().any(|(_, _, v)| same(v))) {
            taken.push((index, other, values));
        }
    }
    taken
}

fn evidence(fact: &Fact) -> Evidence {
    Evidence {
        source: fact.source.clone(),
        line: fact.line,
        match_line: fact.line,
        time: None,
        clock: None,
        stamp: None,
        level: None,
        text: fact.text.clone(),
        excerpt: fact.text.clone(),
        words: Vec::new(),
        lead: Vec::new(),
        before: Vec::new(),
        after: Vec::new(),
    }
}
