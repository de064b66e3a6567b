//! Why a rule does not fire on a record: for each of its conditions the keys that do not hold, one by one.

use super::matcher::Matcher;
use crate::grammar::Catalog;
use crate::grammar::condition::{Condition, EndpointKind, LiteralId};
use crate::grammar::rule::Rule;
use crate::model::Level;

/// One key of a condition that does or does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The key as it stands in the file.
    pub key: &'static str,
    /// What it asks for.
    pub wanted: String,
    /// True if it holds.
    pub holds: bool,
}

/// What each `[[when]]` of a rule says on a record. `window` keys are not looked at: they need the records around it.
pub fn reasons(
    catalog: &Catalog,
    matcher: &Matcher<'_>,
    rule: &Rule,
    text: &[u8],
    level: Option<Level>,
    program: Option<&str>,
) -> Vec<Vec<Finding>> {
    let lower = text.to_ascii_lowercase();
    let record = Record {
        catalog,
        matcher,
        text,
        lower: &lower,
        level,
        program,
    };
    rule.when.iter().map(|when| record.check(when)).collect()
}

struct Record<'a> {
    catalog: &'a Catalog,
    matcher: &'a Matcher<'a>,
    text: &'a [u8],
    lower: &'a [u8],
    level: Option<Level>,
    program: Option<&'a str>,
}

impl Record<'_> {
    fn check(&self, when: &Condition) -> Vec<Finding> {
        let mut out = Vec::new();
        let mut add = |key: &'static str, wanted: String, holds: bool| {
            out.push(Finding { key, wanted, holds });
        };
        for literal in &when.all {
            add(
                "literal",
                quoted(self.literal(*literal)),
                self.has(*literal),
            );
        }
        if !when.any.is_empty() {
            let wanted: Vec<String> = when.any.iter().map(|l| quoted(self.literal(*l))).collect();
            let holds = when.any.iter().any(|l| self.has(*l));
            add("any_literal", wanted.join(", "), holds);
        }
        for literal in &when.none {
            if self.has(*literal) {
                add("not_literal", quoted(self.literal(*literal)), false);
            }
        }
        for test in &when.numbers {
            let family = &self.catalog.families[test.family];
            let holds = test
                .values
                .iter()
                .any(|value| family.stands_in(self.lower, *value));
            add("number", format!("{} {:?}", family.id, test.values), holds);
        }
        if let Some(least) = when.level {
            let holds = self.level.is_some_and(|level| level >= least);
            add("level", format!("at least {}", least.name()), holds);
        }
        if let Some(most) = when.below {
            let holds = self.level.is_none_or(|level| level < most);
            add("below", most.name().to_owned(), holds);
        }
        if !when.programs.is_empty() {
            let holds = self
                .program
                .is_some_and(|p| when.programs.iter().any(|q| q == p));
            add("program", when.programs.join(", "), holds);
        }
        if !when.endpoints.is_empty() {
            let holds = when.endpoints.iter().any(|kind| self.names(*kind));
            add("endpoint", self.kinds(&when.endpoints), holds);
        }
        for kind in when.no_endpoints.iter().filter(|kind| self.names(**kind)) {
            add("not_endpoint", self.kinds(&[*kind]), false);
        }
        if let Some(regex) = when.regex() {
            add(
                "regex",
                regex.pattern().to_owned(),
                regex.is_match(self.text),
            );
        }
        if !when.directions.is_empty() {
            let lexicon = &self.catalog.lexicon;
            let direction = if lexicon.bind.iter().any(|word| self.has(*word)) {
                crate::grammar::condition::Direction::Bind
            } else if lexicon.connect.iter().any(|word| self.has(*word))
                || self.names(EndpointKind::Remote)
            {
                crate::grammar::condition::Direction::Connect
            } else {
                crate::grammar::condition::Direction::Unknown
            };
            add(
                "direction",
                format!("{:?}", when.directions).to_lowercase(),
                when.directions.contains(&direction),
            );
        }
        out
    }

    fn literal(&self, id: LiteralId) -> &str {
        &self.catalog.literals.texts()[id as usize]
    }

    fn has(&self, id: LiteralId) -> bool {
        memchr::memmem::find(self.lower, self.literal(id).as_bytes()).is_some()
    }

    fn names(&self, kind: EndpointKind) -> bool {
        self.matcher
            .endpoints(self.text)
            .iter()
            .any(|endpoint| match kind {
                EndpointKind::Loopback => endpoint.is_loopback(),
                EndpointKind::Remote => !endpoint.host.is_empty() && !endpoint.is_loopback(),
                EndpointKind::Stage(stage) => {
                    self.catalog.chain.names.stage_of(endpoint) == Some(stage)
                }
            })
    }

    fn kinds(&self, kinds: &[EndpointKind]) -> String {
        let name = |kind: &EndpointKind| match kind {
            EndpointKind::Loopback => "loopback",
            EndpointKind::Remote => "remote",
            EndpointKind::Stage(stage) => self.catalog.chain.stages[*stage].id.as_str(),
        };
        kinds.iter().map(name).collect::<Vec<_>>().join(", ")
    }
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}
