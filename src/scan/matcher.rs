//! The matcher: which clauses of the catalog hold on one record.

use aho_corasick::AhoCorasick;

use super::prefilter::Prefilter;
use crate::grammar::condition::{Condition, Direction, EndpointKind, LiteralId};
use crate::grammar::endpoint::{self, Endpoint};
use crate::grammar::{Catalog, Meaning};
use crate::model::Level;

/// Most hits of literals that one record is searched for; beyond it the record is all literals anyway.
const MOST_HITS: usize = 1 << 16;

/// One clause that holds on a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// What it tells.
    pub meaning: Meaning,
    /// Byte in the record's text at which its telling literal stands.
    pub at: usize,
    /// How many exception levels deep that is; the innermost is the cause.
    pub depth: usize,
    /// The endpoint that it is about.
    pub endpoint: Option<Endpoint>,
    /// Named captures of its regex.
    pub captures: Vec<(String, String)>,
    /// True if a number took part: a code beats a text.
    pub by_number: bool,
    /// The record names no endpoint at all, and the clause needs one of this stage: it holds only if the context says
    /// that the client was at this stage.
    pub assumed: Option<u8>,
}

/// What is known of a record besides its text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Surroundings<'a> {
    /// Level of the record.
    pub level: Option<Level>,
    /// Program id of its source.
    pub program: Option<&'a str>,
}

/// The catalog, ready to search.
#[derive(Debug)]
pub struct Matcher<'a> {
    catalog: &'a Catalog,
    literals: AhoCorasick,
    followed: Vec<LiteralId>,
    /// Finds candidate lines.
    pub prefilter: Prefilter,
    /// Words of trouble, for records without a level.
    trouble: AhoCorasick,
}

impl<'a> Matcher<'a> {
    /// Prepares the catalog's literals.
    pub fn new(catalog: &'a Catalog) -> Self {
        let texts = catalog.literals.texts();
        let literals =
            AhoCorasick::new(texts).expect("literals of grammar files are within the limits");
        let followed = catalog.followed();
        let anchors: Vec<&[u8]> = texts
            .iter()
            .enumerate()
            .filter(|(id, _)| {
                !catalog.by_anchor[*id].is_empty() || followed.contains(&(*id as u32))
            })
            .map(|(_, text)| text.as_bytes())
            .collect();
        Self {
            catalog,
            literals,
            followed,
            prefilter: Prefilter::new(&anchors),
            trouble: AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .build(&catalog.lexicon.trouble)
                .expect("words of a grammar file are within the limits"),
        }
    }

    /// All clauses that hold on a record, in the order of their meanings, each meaning once.
    pub fn hits(&self, text: &[u8], around: Surroundings<'_>) -> Vec<Hit> {
        let lower = text.to_ascii_lowercase();
        let mut view = View::new(self, text, &lower);
        let mut clauses: Vec<u32> = view
            .found
            .iter()
            .flat_map(|(literal, _)| self.catalog.by_anchor[*literal as usize].iter().copied())
            .collect();
        clauses.sort_unstable();
        clauses.dedup();
        let mut hits: Vec<Hit> = Vec::new();
        // What stands in the record beats what must be assumed; the innermost exception and a number tell most.
        let rank = |hit: &Hit| (hit.assumed.is_none(), hit.depth, hit.by_number);
        for index in clauses {
            let clause = self.catalog.clauses[index as usize];
            if let Some(hit) = view.check(clause.meaning, self.catalog.condition(clause), around) {
                match hits.iter_mut().find(|h| h.meaning == hit.meaning) {
                    Some(old) if rank(&hit) > rank(old) => *old = hit,
                    Some(_) => {}
                    None => hits.push(hit),
                }
            }
        }
        for literal in &self.followed {
            if let Some(at) = view.first(*literal) {
                let meaning = Meaning::Follow(*literal);
                hits.push(Hit {
                    meaning,
                    at,
                    depth: 0,
                    endpoint: None,
                    captures: Vec::new(),
                    by_number: false,
                    assumed: None,
                });
            }
        }
        hits.sort_by_key(|hit| hit.meaning);
        hits
    }

    /// True if a record looks like trouble: from level `warn` on, or without a level by its words.
    pub fn is_trouble(&self, level: Option<Level>, message: &[u8]) -> bool {
        level.map_or_else(|| self.trouble.is_match(message), |l| l >= Level::Warn)
    }

    /// The endpoints of a text.
    pub fn endpoints(&self, text: &[u8]) -> Vec<Endpoint> {
        let names = &self.catalog.chain.names;
        let found = endpoint::find(text, &|name| names.knows_host(name), &|port| {
            names.knows_port(port)
        });
        if found.is_empty() {
            names.words_in(&text.to_ascii_lowercase())
        } else {
            found
        }
    }
}

/// One record while its clauses are checked; what is expensive is worked out once.
struct View<'m, 'a, 't> {
    matcher: &'m Matcher<'a>,
    text: &'t [u8],
    lower: &'t [u8],
    /// Literal → all places, ascending.
    found: Vec<(LiteralId, Vec<usize>)>,
    endpoints: Option<Vec<(Endpoint, Option<usize>)>>,
    direction: Option<Direction>,
}

impl<'m, 'a, 't> View<'m, 'a, 't> {
    fn new(matcher: &'m Matcher<'a>, text: &'t [u8], lower: &'t [u8]) -> Self {
        let mut places: Vec<(LiteralId, usize)> = matcher
            .literals
            .find_overlapping_iter(lower)
            .take(MOST_HITS)
            .map(|m| (m.pattern().as_u32(), m.start()))
            .collect();
        places.sort_unstable();
        let mut found: Vec<(LiteralId, Vec<usize>)> = Vec::new();
        for (literal, at) in places {
            match found.last_mut() {
                Some((last, list)) if *last == literal => list.push(at),
                _ => found.push((literal, vec![at])),
            }
        }
        Self {
            matcher,
            text,
            lower,
            found,
            endpoints: None,
            direction: None,
        }
    }

    fn places(&self, literal: LiteralId) -> &[usize] {
        match self.found.binary_search_by_key(&literal, |(id, _)| *id) {
            Ok(index) => &self.found[index].1,
            Err(_) => &[],
        }
    }

    fn first(&self, literal: LiteralId) -> Option<usize> {
        self.places(literal).first().copied()
    }

    fn has(&self, literal: LiteralId) -> bool {
        !self.places(literal).is_empty()
    }

    fn endpoints(&mut self) -> &[(Endpoint, Option<usize>)] {
        let names = &self.matcher.catalog.chain.names;
        self.endpoints.get_or_insert_with(|| {
            let all = self.matcher.endpoints(self.text);
            all.into_iter()
                .map(|e| {
                    let stage = names.stage_of(&e);
                    (e, stage)
                })
                .collect()
        })
    }

    fn direction(&mut self) -> Direction {
        if let Some(direction) = self.direction {
            return direction;
        }
        let lexicon = &self.matcher.catalog.lexicon;
        let direction = if lexicon.bind.iter().any(|word| self.has(*word)) {
            Direction::Bind
        } else if lexicon.connect.iter().any(|word| self.has(*word))
            || self.endpoints().iter().any(|(e, _)| is_remote(e))
        {
            Direction::Connect
        } else {
            Direction::Unknown
        };
        self.direction = Some(direction);
        direction
    }

    fn endpoint_of(&mut self, kind: EndpointKind) -> Option<Endpoint> {
        self.endpoints()
            .iter()
            .find(|(endpoint, stage)| match kind {
                EndpointKind::Loopback => endpoint.is_loopback(),
                EndpointKind::Remote => is_remote(endpoint),
                EndpointKind::Stage(wanted) => *stage == Some(wanted),
            })
            .map(|(endpoint, _)| endpoint.clone())
    }

    fn check(
        &mut self,
        meaning: Meaning,
        condition: &Condition,
        around: Surroundings<'_>,
    ) -> Option<Hit> {
        let holds = condition.all.iter().all(|l| self.has(*l))
            && (condition.any.is_empty() || condition.any.iter().any(|l| self.has(*l)))
            && !condition.none.iter().any(|l| self.has(*l))
            && condition
                .level
                .is_none_or(|least| around.level.is_some_and(|level| level >= least))
            && (condition.programs.is_empty()
                || around
                    .program
                    .is_some_and(|p| condition.programs.iter().any(|q| q == p)));
        if !holds {
            return None;
        }
        let mut number_at = None;
        for test in &condition.numbers {
            let family = &self.matcher.catalog.families[test.family];
            let place = test
                .values
                .iter()
                .filter_map(|value| family.place_in(self.lower, *value))
                .max();
            number_at = number_at.max(Some(place?));
        }
        if !condition.directions.is_empty() && !condition.directions.contains(&self.direction()) {
            return None;
        }
        let mut endpoint = None;
        let mut assumed = None;
        if !condition.endpoints.is_empty() {
            endpoint = condition
                .endpoints
                .iter()
                .find_map(|kind| self.endpoint_of(*kind));
            if endpoint.is_none() {
                assumed = Some(self.assumption(meaning, condition)?);
            }
        }
        if let Meaning::Mention(stage) = meaning
            && self
                .endpoints()
                .iter()
                .any(|(_, other)| other.is_some_and(|other| other != usize::from(stage)))
        {
            return None; // a list of settings names them all and begins none
        }
        if condition
            .no_endpoints
            .iter()
            .any(|kind| self.endpoint_of(*kind).is_some())
        {
            return None;
        }
        let mut captures = Vec::new();
        let at = number_at.unwrap_or_else(|| self.telling_place(condition));
        if condition.has_regex() {
            let found = condition.regex()?.captures(self.text)?;
            for name in condition.regex()?.capture_names().flatten() {
                if let Some(value) = found.name(name) {
                    captures.push((
                        name.to_owned(),
                        String::from_utf8_lossy(value.as_bytes()).into_owned(),
                    ));
                }
            }
        }
        let depth = self.depth(at);
        let endpoint = endpoint.or_else(|| self.best_endpoint());
        let by_number = !condition.numbers.is_empty();
        Some(Hit {
            meaning,
            at,
            depth,
            endpoint,
            captures,
            by_number,
            assumed,
        })
    }

    /// A failure often names no endpoint: the line before it did. The stage is assumed then, for the diagnosis to check.
    fn assumption(&mut self, meaning: Meaning, condition: &Condition) -> Option<u8> {
        let one = match condition.endpoints.as_slice() {
            [EndpointKind::Stage(stage)] => Some(*stage as u8),
            [EndpointKind::Loopback] => {
                self.matcher.catalog.chain.loopback_stage().map(|s| s as u8)
            }
            _ => None,
        };
        let may = matches!(meaning, Meaning::Rule(_) | Meaning::Passed(_));
        one.filter(|_| may && condition.assume && self.endpoints().is_empty())
    }

    /// Where the condition's telling text stands: the last place of its anchor, as the innermost exception is last.
    fn telling_place(&self, condition: &Condition) -> usize {
        let texts = condition
            .anchors
            .iter()
            .filter_map(|l| self.places(*l).last().copied());
        texts.max().unwrap_or(0)
    }

    fn depth(&self, at: usize) -> usize {
        let inner = &self.matcher.catalog.lexicon.inner;
        inner
            .iter()
            .map(|l| self.places(*l).iter().filter(|p| **p < at).count())
            .sum()
    }

    /// The endpoint that decides the stage: a remote one of the chain, else one on this machine, else a URL,
    /// a name, an address.
    fn best_endpoint(&mut self) -> Option<Endpoint> {
        let all = self.endpoints();
        let named =
            |e: &Endpoint| e.host.bytes().any(|b| b.is_ascii_alphabetic()) && !e.host.contains(':');
        let rank =
            |(endpoint, stage): &(Endpoint, Option<usize>)| match (stage, endpoint.is_loopback()) {
                (Some(_), false) => 0,
                (Some(_), true) => 1,
                (None, _) if !endpoint.scheme.is_empty() => 2,
                (None, _) if named(endpoint) => 3,
                (None, _) => 4,
            };
        all.iter()
            .min_by_key(|e| rank(e))
            .map(|(endpoint, _)| endpoint.clone())
    }
}

/// A remote endpoint: one with a host that is not this machine.
fn is_remote(endpoint: &Endpoint) -> bool {
    !endpoint.host.is_empty() && !endpoint.is_loopback()
}
