//! The matcher: which clauses of the catalog hold on one record.

use std::sync::{Mutex, OnceLock};
use std::thread::{self, ThreadId};

use aho_corasick::AhoCorasick;
use memchr::memmem::Finder;

use super::images::Images;
use super::prefilter::{Found, Prefilter, Wanted};
use super::quiet::Blank;
use super::skeletons::Learned;
use crate::grammar::both::both;
use crate::grammar::condition::{
    ANY_STAGE, Condition, Direction, EndpointKind, Gate, GateKind, LiteralId,
};
use crate::grammar::endpoint::Endpoint;
use crate::grammar::finder::{self, Known};
use crate::grammar::{Catalog, Meaning};
use crate::model::Level;
use crate::syntax::pieces::{Pieces, Probe};

/// Bytes that are searched for words of the chain at a time, and more than the longest of these words has.
const SCOPE_PART: usize = 64 << 10;
const SCOPE_WORD: usize = 64;

/// One clause that holds on a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// What it tells.
    pub meaning: Meaning,
    /// Lines of the record above the one in which its telling literal stands.
    pub line: usize,
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

/// Room to work in that a thread keeps between records.
#[derive(Debug, Default)]
pub struct Room {
    /// The record in lower case.
    lower: Vec<u8>,
    /// Clauses that may hold, and the gates that stand there.
    clauses: Vec<u32>,
    gates: Vec<u32>,
    /// Two bits for each literal: it was looked for, it is there.
    known: Vec<u64>,
    pieces: Pieces,
}

impl Room {
    fn take_in(&mut self, text: &[u8]) {
        self.lower.clear();
        self.lower.extend_from_slice(text);
        self.lower.make_ascii_lowercase();
        self.pieces.fill(&self.lower);
    }
}

/// The catalog, ready to search.
#[derive(Debug)]
pub struct Matcher<'a> {
    catalog: &'a Catalog,
    /// For each literal, once it was looked for: most are not in a short run, and all of them take a megabyte.
    finders: Vec<OnceLock<Box<Finder<'static>>>>,
    /// For each literal.
    probes: Vec<Probe>,
    /// Of the hosts that stages name, and of the words that name stages.
    hosts: Vec<Probe>,
    words: Vec<Probe>,
    resolving: Vec<Probe>,
    port: Probe,
    /// For each clause.
    conditions: Vec<&'a Condition>,
    /// Programs that conditions name.
    programs: Vec<&'a str>,
    /// Rules that wait for what follows, and the literals that they wait for.
    waiting: Vec<(u32, Vec<LiteralId>)>,
    /// What it finds is an index into the catalog's gates.
    prefilter: Prefilter,
    /// Finds words of the chain.
    scope: Prefilter,
    /// Words of trouble, for records without a level.
    trouble: AhoCorasick,
    /// What it searches for as it looks in skeletons, once a trace is long enough.
    images: OnceLock<Images>,
    blank: OnceLock<Blank>,
    /// What each thread has learned, while it does not work with it. Of two files that are read at once each thread mostly
    /// reads one: if they changed places, each would learn what is in both.
    learned: Mutex<Vec<(ThreadId, Learned)>>,
}

impl<'a> Matcher<'a> {
    /// Prepares the catalog's literals.
    pub fn new(catalog: &'a Catalog) -> Self {
        let texts = catalog.literals.texts();
        let gates = catalog.gates.iter();
        let wanted: Vec<Wanted<'_>> = gates
            .map(|(gate, _)| Wanted {
                text: texts[gate.literal as usize].as_bytes(),
                number: matches!(gate.kind, GateKind::Number(_) | GateKind::Port),
                address: gate.kind == GateKind::Address,
            })
            .collect();
        let everyday = &catalog.everyday;
        let words: Vec<Wanted<'_>> = catalog.chain.scope_words.iter().map(Wanted::word).collect();
        let rules = catalog.rules.iter().enumerate();
        let waiting = rules.filter_map(|(index, rule)| {
            let window = rule.window.as_ref()?;
            let mut literals = window.followed_by.clone();
            literals.extend(&window.not_followed_by);
            literals.sort_unstable();
            literals.dedup();
            (!literals.is_empty()).then_some((index as u32, literals))
        });
        let conditions: Vec<&Condition> = (catalog.clauses.iter())
            .map(|clause| catalog.condition(*clause))
            .collect();
        let programs = conditions.iter().flat_map(|condition| &condition.programs);
        let mut programs: Vec<&str> = programs.map(String::as_str).collect();
        programs.sort_unstable();
        programs.dedup();
        let probe = |text: &str| Probe::new(text.as_bytes(), &|piece| everyday.piece(piece));
        let names = &catalog.chain.names;
        // Half of a short run is this.
        let prefilter = || Prefilter::new(&wanted, &|piece| everyday.piece(piece));
        let (prefilter, probes) = both(prefilter, || -> Vec<Probe> {
            texts.iter().map(|text| probe(text)).collect()
        });
        Self {
            catalog,
            port: probe("port"),
            conditions,
            programs,
            hosts: names.host_parts().map(probe).collect(),
            words: names.words().map(probe).collect(),
            resolving: finder::RESOLVING.iter().map(|word| probe(word)).collect(),
            finders: texts.iter().map(|_| OnceLock::new()).collect(),
            probes,
            waiting: waiting.collect(),
            prefilter,
            scope: Prefilter::new(&words, &|piece| everyday.piece(piece)),
            trouble: AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .build(&catalog.lexicon.trouble)
                .expect("words of a grammar file are within the limits"),
            images: OnceLock::new(),
            blank: OnceLock::new(),
            learned: Mutex::new(Vec::new()),
        }
    }

    /// What it searches for as it looks in skeletons.
    pub(super) fn images(&self) -> &Images {
        self.images
            .get_or_init(|| Images::new(self.catalog, &self.probes))
    }

    /// The same in messages without their numbers.
    pub(super) fn blank(&self) -> &Blank {
        self.blank
            .get_or_init(|| Blank::new(self.catalog, &self.probes))
    }

    pub(super) fn literal(&self, literal: LiteralId) -> (&Finder<'static>, Probe) {
        (self.finder(literal), self.probes[literal as usize])
    }

    fn finder(&self, literal: LiteralId) -> &Finder<'static> {
        let index = literal as usize;
        let text = &self.catalog.literals.texts()[index];
        self.finders[index].get_or_init(|| Box::new(Finder::new(text).into_owned()))
    }

    /// Texts that any condition may go by, whatever it asks for.
    pub(super) fn common(&self) -> impl Iterator<Item = LiteralId> {
        let lexicon = &self.catalog.lexicon;
        let lists = [&lexicon.bind, &lexicon.connect, &lexicon.inner];
        let chain = &self.catalog.chain;
        let lists = lists.into_iter().chain([&chain.beside, &chain.aside]);
        lists.flatten().copied()
    }

    /// Texts behind which an exception goes one level deeper.
    pub(super) fn inner(&self) -> impl Iterator<Item = LiteralId> {
        self.catalog.lexicon.inner.iter().copied()
    }

    /// Whether a name or a looked-up name may be an endpoint in a record with these pieces, and whether a port may be named.
    pub(super) fn may_name(&self, pieces: &Pieces) -> (bool, bool) {
        let may = |probes: &[Probe]| probes.iter().any(|probe| pieces.may_have(*probe));
        (
            may(&self.hosts) || may(&self.resolving),
            pieces.may_have(self.port),
        )
    }

    pub(super) fn gates(&self) -> &'a [(Gate, Vec<u32>)] {
        &self.catalog.gates
    }

    pub(super) fn clause(&self, clause: u32) -> (Meaning, &'a Condition) {
        let index = clause as usize;
        (self.catalog.clauses[index].meaning, self.conditions[index])
    }

    /// A bit for a program; 0 if no condition names it.
    pub fn program(&self, program: Option<&str>) -> u64 {
        self.program_place(program).map_or(0, Self::bit)
    }

    /// A program's place among those that conditions name.
    pub(super) fn program_place(&self, program: Option<&str>) -> Option<usize> {
        self.programs.binary_search(&program?).ok()
    }

    /// The bits of the programs of a clause; all of them if it is open to any.
    pub(super) fn programs(&self, clause: u32) -> u64 {
        let own = &self.clause(clause).1.programs;
        if own.is_empty() {
            return u64::MAX;
        }
        own.iter()
            .fold(0, |bits, own| bits | self.program(Some(own)))
    }

    /// With very many programs, some share a bit.
    const fn bit(place: usize) -> u64 {
        1 << (place % (u64::BITS as usize - 1))
    }

    /// What this thread has learned of records.
    pub fn take_learned(&self) -> Learned {
        let own = thread::current().id();
        let known = self.learned.lock().ok().and_then(|mut all| {
            let at = all.iter().position(|(thread, _)| *thread == own)?;
            Some(all.swap_remove(at).1)
        });
        known.unwrap_or_else(|| {
            let mut new = Learned::default();
            if self.images.get().is_some() {
                // What learning costs most was done for another thread.
                new.skeletons.begin();
            }
            new
        })
    }

    /// Forgets what was learned of records: nothing is scanned any more.
    pub fn forget_learned(&self) {
        if let Ok(mut all) = self.learned.lock() {
            *all = Vec::new();
        }
    }

    /// Gives back what this thread has learned.
    pub fn give_back(&self, learned: Learned) {
        if let Ok(mut all) = self.learned.lock() {
            all.push((thread::current().id(), learned));
        }
    }

    /// Finds candidates: appends what stands in a record's text, as indices into the catalog's gates.
    pub fn find(&self, text: &[u8], scratch: &mut Vec<u8>, found: &mut Vec<Found>) {
        let is_of_a_word = |byte: u8| byte.is_ascii_alphanumeric();
        let allows = |index: u32, before: &[u8], next: Option<u8>| {
            match self.catalog.gates[index as usize].0.kind {
                GateKind::Text | GateKind::Address => true,
                GateKind::Number(family) => {
                    self.catalog.families[usize::from(family)].is_behind_a_word(before)
                }
                // What goes on with letters is an id, no port.
                GateKind::Port => {
                    before.last().is_some_and(|last| !is_of_a_word(*last))
                        && !next.is_some_and(is_of_a_word)
                }
            }
        };
        self.prefilter.find(text, true, scratch, found, &allows);
    }

    /// True if a word of the chain stands in a text.
    pub fn is_in_scope(&self, text: &[u8], scratch: &mut Vec<u8>) -> bool {
        let mut found = Vec::new();
        let starts = (0..text.len()).step_by(SCOPE_PART);
        starts.into_iter().any(|start| {
            let end = (start + SCOPE_PART + SCOPE_WORD).min(text.len());
            let part = &text[start..end];
            self.scope
                .find(part, false, scratch, &mut found, &|_, _, _| true);
            !found.is_empty()
        })
    }

    /// All clauses that hold on a record, in the order of their meanings, each meaning once.
    pub fn hits(&self, text: &[u8], around: Surroundings<'_>) -> Vec<Hit> {
        let mut found = Vec::new();
        self.find(text, &mut Vec::new(), &mut found);
        self.hits_of(&found, text, around, &mut Room::default())
    }

    /// The same, where the prefilter has looked already.
    pub fn hits_of(
        &self,
        found: &[Found],
        text: &[u8],
        around: Surroundings<'_>,
        room: &mut Room,
    ) -> Vec<Hit> {
        let clauses = self.candidates(found, room);
        let hits = self.hits_among(&clauses, text, around, room);
        room.clauses = clauses;
        hits
    }

    /// The clauses of which everything stands in a record that the search asks for, in order.
    fn candidates(&self, found: &[Found], room: &mut Room) -> Vec<u32> {
        let mut clauses = std::mem::take(&mut room.clauses);
        clauses.clear();
        room.gates.clear();
        room.gates.extend(found.iter().map(|found| found.index));
        room.gates.sort_unstable();
        room.gates.dedup();
        for gate in &room.gates {
            clauses.extend_from_slice(&self.catalog.gates[*gate as usize].1);
        }
        clauses.sort_unstable();
        clauses.dedup();
        let stands = |list: &Vec<u32>| list.iter().any(|gate| room.gates.contains(gate));
        clauses.retain(|clause| self.catalog.also[*clause as usize].iter().all(stands));
        clauses
    }

    /// The clauses of a list that hold.
    pub(super) fn hits_among(
        &self,
        clauses: &[u32],
        text: &[u8],
        around: Surroundings<'_>,
        room: &mut Room,
    ) -> Vec<Hit> {
        let mut hits = Hits::default();
        let clauses = clauses.iter().map(|clause| self.clause(*clause));
        let mut clauses = clauses
            .filter(|(_, condition)| is_open_to(condition, around))
            .peekable();
        if clauses.peek().is_none() {
            return hits.0;
        }
        let mut view = View::new(self, text, room);
        for (meaning, condition) in clauses {
            hits.extend(view.check(meaning, condition));
        }
        hits.in_order(self.catalog.chain.session())
    }

    /// The clauses that hold on a record of which something is known. `found`: what a search for the rest found, if that
    /// takes one.
    pub(super) fn hits_known<'t>(
        &self,
        known: &[(u32, Verdict)],
        found: Option<&[Found]>,
        text: impl FnOnce() -> &'t [u8],
        around: Surroundings<'_>,
        room: &mut Room,
    ) -> Vec<Hit> {
        let mut hits = Hits::default();
        let found = found.map(|found| self.candidates(found, room));
        let is_found = |clause: &u32| {
            let found = found.as_ref().filter(|_| self.needs_search(*clause));
            found.is_none_or(|found| found.binary_search(clause).is_ok())
        };
        let mut view = None;
        let mut room_and_text = Some((room, text));
        for (clause, verdict) in known {
            let (meaning, condition) = self.clause(*clause);
            if !is_open_to(condition, around) {
                continue;
            }
            match verdict {
                Verdict::Holds(hit) => hits.extend([Hit::clone(hit)]),
                Verdict::Ask if is_found(clause) => {
                    if let Some((room, text)) = room_and_text.take() {
                        view = Some(View::new(self, text(), room));
                    }
                    hits.extend(view.as_mut().and_then(|v| v.check(meaning, condition)));
                }
                Verdict::Ask => {}
            }
        }
        hits.in_order(self.catalog.chain.session())
    }

    /// A search judges numbers, and what only an endpoint tells, by what stands around them.
    pub(super) fn needs_search(&self, clause: u32) -> bool {
        let (_, condition) = self.clause(clause);
        condition.gates.is_empty() || !condition.numbers.is_empty()
    }

    /// The rule's place among those that wait for what follows.
    pub fn waits(&self, meaning: Meaning) -> Option<usize> {
        let Meaning::Rule(rule) = meaning else {
            return None;
        };
        self.waiting
            .iter()
            .position(|(waiting, _)| *waiting == rule)
    }

    /// True if it is a rule that fires only where its records cease.
    pub fn is_beat(&self, meaning: Meaning) -> bool {
        let Meaning::Rule(rule) = meaning else {
            return false;
        };
        let window = self.catalog.rules[rule as usize].window.as_ref();
        window.is_some_and(|window| window.ceases.is_some())
    }

    /// How long a rule waits, in nanoseconds.
    pub fn patience(&self, waiting: usize) -> i64 {
        let rule = &self.catalog.rules[self.waiting[waiting].0 as usize];
        let within = rule.window.as_ref().map_or(0, |w| w.within.as_nanos());
        i64::try_from(within).unwrap_or(i64::MAX)
    }

    /// How many rules wait for what follows.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// What a waiting rule waits for and stands in a record's text.
    pub fn follows(&self, waiting: usize, text: &[u8]) -> Vec<Hit> {
        let lower = text.to_ascii_lowercase();
        let literals = self.waiting[waiting].1.iter();
        literals
            .filter_map(|literal| {
                let at = self.finder(*literal).find(&lower)?;
                Some(Hit {
                    meaning: Meaning::Follow(*literal),
                    line: feeds(&lower[..at]),
                    depth: 0,
                    endpoint: None,
                    captures: Vec::new(),
                    by_number: false,
                    assumed: None,
                })
            })
            .collect()
    }

    /// True if a record looks like trouble: from level `warn` on, or without a level by its words.
    pub fn is_trouble(&self, level: Option<Level>, message: &[u8]) -> bool {
        level.map_or_else(|| self.trouble.is_match(message), |l| l >= Level::Warn)
    }

    /// The endpoints of a text.
    pub fn endpoints(&self, text: &[u8]) -> Vec<Endpoint> {
        let mut room = Room::default();
        room.take_in(text);
        self.endpoints_in(text, &room.lower, &room.pieces)
    }

    fn endpoints_in(&self, text: &[u8], lower: &[u8], pieces: &Pieces) -> Vec<Endpoint> {
        let names = &self.catalog.chain.names;
        let may = |probes: &[Probe]| probes.iter().any(|probe| pieces.may_have(*probe));
        let known = Known {
            host: &|name| names.knows_host(name),
            port: &|port| names.knows_port(port),
            may_name_host: may(&self.hosts),
            may_resolve: may(&self.resolving),
            may_have_port: pieces.may_have(self.port),
        };
        let found = finder::find(text, known);
        if found.is_empty() && may(&self.words) {
            names.words_in(lower)
        } else {
            found
        }
    }
}

/// The clauses that hold, each meaning once.
#[derive(Default)]
struct Hits(Vec<Hit>);

impl Extend<Hit> for Hits {
    fn extend<I: IntoIterator<Item = Hit>>(&mut self, hits: I) {
        // What stands in the record beats what must be assumed; the innermost exception and a number tell most.
        let rank = |hit: &Hit| (hit.assumed.is_none(), hit.depth, hit.by_number);
        for hit in hits {
            match self.0.iter_mut().find(|h| h.meaning == hit.meaning) {
                Some(old) if rank(&hit) > rank(old) => *old = hit,
                Some(_) => {}
                None => self.0.push(hit),
            }
        }
    }
}

impl Hits {
    /// `session`: the stage in which messages flow.
    fn in_order(mut self, session: Option<usize>) -> Vec<Hit> {
        // What a record quotes did not happen now: it says no more than who writes, what it is set to, and that a message came.
        if self.0.iter().any(|hit| hit.meaning == Meaning::Hearsay) {
            self.0.retain(|hit| match hit.meaning {
                Meaning::Identity(_) | Meaning::Version(_) | Meaning::Named(_) => true,
                Meaning::Passed(stage) => Some(usize::from(stage)) == session,
                _ => false,
            });
        }
        self.0.sort_by_key(|hit| hit.meaning);
        self.0
    }
}

/// What is known of a clause that may hold on all records with one skeleton.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// It must be checked on each of them.
    Ask,
    /// It holds on all of them.
    Holds(Box<Hit>),
}

/// One record while its clauses are checked; what is expensive is worked out once.
pub(super) struct View<'m, 'a, 't> {
    matcher: &'m Matcher<'a>,
    text: &'t [u8],
    lower: &'t [u8],
    pieces: &'t Pieces,
    /// Two bits for each literal: it was looked for, it is there.
    known: &'t mut [u64],
    endpoints: Option<Vec<(Endpoint, Option<usize>)>>,
    direction: Option<Direction>,
    /// Where exceptions go one level deeper.
    inner: Option<Vec<usize>>,
    /// Numbers that were looked for: family, value, last place.
    numbers: Vec<(usize, i64, Option<usize>)>,
}

impl<'m, 'a, 't> View<'m, 'a, 't> {
    pub(super) fn new(matcher: &'m Matcher<'a>, text: &'t [u8], room: &'t mut Room) -> Self {
        room.take_in(text);
        room.known.clear();
        room.known.resize(matcher.finders.len() / 32 + 1, 0);
        Self {
            matcher,
            text,
            lower: &room.lower,
            pieces: &room.pieces,
            known: &mut room.known,
            endpoints: None,
            direction: None,
            inner: None,
            numbers: Vec::new(),
        }
    }

    fn number(&mut self, family: usize, value: i64) -> Option<usize> {
        let mut known = self.numbers.iter();
        if let Some((_, _, place)) = known.find(|(f, v, _)| (*f, *v) == (family, value)) {
            return *place;
        }
        let place = self.matcher.catalog.families[family].place_in(self.lower, value);
        self.numbers.push((family, value, place));
        place
    }

    fn has(&mut self, literal: LiteralId) -> bool {
        let index = literal as usize;
        if !self.pieces.may_have(self.matcher.probes[index]) {
            return false;
        }
        let (word, shift) = (index / 32, literal % 32 * 2);
        let bits = self.known[word] >> shift & 3;
        if bits > 0 {
            return bits == 3;
        }
        let found = self
            .matcher
            .finder(index as LiteralId)
            .find(self.lower)
            .is_some();
        self.known[word] |= if found { 3 } else { 1 } << shift;
        found
    }

    fn has_any(&mut self, literals: &[LiteralId]) -> bool {
        literals.iter().any(|l| self.has(*l))
    }

    fn endpoints(&mut self) -> &[(Endpoint, Option<usize>)] {
        let names = &self.matcher.catalog.chain.names;
        self.endpoints.get_or_insert_with(|| {
            let all = self
                .matcher
                .endpoints_in(self.text, self.lower, self.pieces);
            // What a path tells is its stage. An id in it tells nothing.
            let with_stage = |mut endpoint: Endpoint| {
                let stage = names.stage_of(&endpoint);
                if !endpoint.path.is_empty() {
                    endpoint.path = names.telling_path(&endpoint.path);
                }
                (endpoint, stage)
            };
            all.into_iter().map(with_stage).collect()
        })
    }

    fn direction(&mut self) -> Direction {
        if let Some(direction) = self.direction {
            return direction;
        }
        let lexicon = &self.matcher.catalog.lexicon;
        let direction = if self.has_any(&lexicon.bind) {
            Direction::Bind
        } else if self.has_any(&lexicon.connect)
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

    pub(super) fn check(&mut self, meaning: Meaning, condition: &Condition) -> Option<Hit> {
        let holds = condition.all.iter().all(|l| self.has(*l))
            && (condition.any.is_empty() || self.has_any(&condition.any))
            && condition.may_match(self.pieces)
            && !condition.none.iter().any(|l| self.has(*l));
        if !holds {
            return None;
        }
        let mut number_at = None;
        for test in &condition.numbers {
            let values = test.values.iter();
            let place = values
                .filter_map(|value| self.number(test.family, *value))
                .max();
            number_at = number_at.max(Some(place?));
        }
        // Where no text of such an endpoint stands, there is no need to look for endpoints at all: it could only be
        // assumed, and that only in a record that names none.
        let gates = &condition.endpoint_gates;
        if !gates.is_empty()
            && !gates.iter().any(|gate| self.has(gate.literal))
            && (condition.is_about_several()
                || !may_assume(meaning, condition)
                || finder::has_url(self.text))
        {
            return None;
        }
        if condition.has_regex() {
            // To ask whether it matches at all is cheaper than to ask where its groups are, or for endpoints.
            let first = condition.all.first().map(|l| self.matcher.finder(*l));
            let places = first.into_iter().flat_map(|f| f.find_iter(self.lower));
            if !condition.matches(self.text, places) {
                return None;
            }
        }
        let chain = &self.matcher.catalog.chain;
        if matches!(meaning, Meaning::Rule(_))
            && condition.endpoints.is_empty()
            && (self.has_any(&chain.beside)
                && !self.endpoints().iter().any(|(_, stage)| stage.is_some())
                || self.has_any(&chain.aside) && self.endpoints().is_empty())
        {
            return None; // of calls, their media, directories; of updates, calendars
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
        let at = number_at.unwrap_or_else(|| self.telling_place(condition));
        let captures = condition.captures(self.text)?;
        let depth = self.depth(at);
        let endpoint = endpoint.or_else(|| self.best_endpoint());
        let by_number = !condition.numbers.is_empty();
        Some(Hit {
            meaning,
            line: feeds(&self.text[..at.min(self.text.len())]),
            depth,
            endpoint,
            captures,
            by_number,
            assumed,
        })
    }

    /// A failure often names no endpoint: the line before it did. The stage is assumed then, for the diagnosis to check.
    fn assumption(&mut self, meaning: Meaning, condition: &Condition) -> Option<u8> {
        let chain = &self.matcher.catalog.chain;
        let one = match condition.endpoints.as_slice() {
            _ if condition.assume_any => ANY_STAGE,
            [EndpointKind::Stage(stage)] => *stage as u8,
            [EndpointKind::Loopback] => chain.loopback_stage()? as u8,
            _ => return None,
        };
        if !may_assume(meaning, condition) || !self.endpoints().is_empty() {
            return None;
        }
        // The words are looked for last: they are many.
        let is_rule = matches!(meaning, Meaning::Rule(_));
        let is_beside = (condition.assume_any || is_rule) && self.has_any(&chain.aside)
            || condition.assume_any && self.has_any(&chain.beside);
        (!is_beside).then_some(one)
    }

    /// Where the condition's telling text stands: the last place of its anchor, as the innermost exception is last.
    fn telling_place(&mut self, condition: &Condition) -> usize {
        // In a record of one line and without exceptions, no place tells more than another.
        let feed = memchr::memchr(b'\n', self.lower);
        if self.inner().is_empty() && feed.is_none_or(|at| at + 1 == self.lower.len()) {
            return 0;
        }
        let mut last = 0;
        for literal in &condition.anchors {
            if self.has(*literal) {
                let finder = self.matcher.finder(*literal);
                last = last.max(finder.find_iter(self.lower).last().unwrap_or(0));
            }
        }
        last
    }

    fn inner(&mut self) -> &[usize] {
        if self.inner.is_none() {
            let mut places = Vec::new();
            for word in &self.matcher.catalog.lexicon.inner {
                if self.has(*word) {
                    places.extend(self.matcher.finder(*word).find_iter(self.lower));
                }
            }
            self.inner = Some(places);
        }
        self.inner.as_deref().unwrap_or_default()
    }

    fn depth(&mut self, at: usize) -> usize {
        self.inner().iter().filter(|place| **place < at).count()
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

fn feeds(text: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', text).count()
}

/// True if the condition does not ask for another level or program.
fn is_open_to(condition: &Condition, around: Surroundings<'_>) -> bool {
    condition
        .level
        .is_none_or(|least| around.level.is_some_and(|level| level >= least))
        && condition
            .below
            .is_none_or(|most| around.level.is_none_or(|level| level < most))
        && (condition.programs.is_empty()
            || around
                .program
                .is_some_and(|p| condition.programs.iter().any(|q| q == p)))
}

/// True if a clause of this meaning may be about an endpoint that only an earlier record named.
pub(super) fn may_assume(meaning: Meaning, condition: &Condition) -> bool {
    condition.assume && matches!(meaning, Meaning::Rule(_) | Meaning::Passed(_))
}

/// A remote endpoint: one with a host that is not this machine.
fn is_remote(endpoint: &Endpoint) -> bool {
    !endpoint.host.is_empty() && !endpoint.is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::catalog::Files;

    #[test]
    fn a_state_machine_is_no_machine() {
        let catalog = Catalog::load(Files::new()).unwrap();
        let matcher = Matcher::new(&catalog);
        let names = |text: &str| {
            let hits = matcher.hits(text.as_bytes(), Surroundings::default());
            hits.into_iter()
                .filter(|hit| matches!(hit.meaning, Meaning::Identity(_)))
                .flat_map(|hit| hit.captures)
                .map(|(_, name)| name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names("machine: PC17, session 3"), ["PC17"]);
        assert!(names("state machine: Idle + EvTimer -> Idle").is_empty());
    }

    #[test]
    fn what_goes_on_with_letters_is_no_port() {
        let catalog = Catalog::load(Files::new()).unwrap();
        let matcher = Matcher::new(&catalog);
        let ports = |text: &str| {
            let mut found = Vec::new();
            matcher.find(text.as_bytes(), &mut Vec::new(), &mut found);
            let kinds = found
                .iter()
                .map(|found| catalog.gates[found.index as usize].0.kind);
            kinds.filter(|kind| *kind == GateKind::Port).count()
        };
        for text in ["port 9100", "swyx01:9100: closed", "(9100)", "x:9100/a"] {
            assert_eq!(ports(text), 1, "{text}");
        }
        for text in [
            "id 9100ab",
            "call 9100f00d",
            "port 91000",
            "a9100",
            "x:9100a",
        ] {
            assert_eq!(ports(text), 0, "{text}");
        }
    }

    #[test]
    fn the_search_leaves_out_nothing_that_holds() {
        let catalog = Catalog::load(Files::new()).unwrap();
        let matcher = Matcher::new(&catalog);
        // A rule that goes by an endpoint alone may not assume one: it is looked at only where one stands.
        let all: Vec<u32> = (0..catalog.clauses.len() as u32)
            .filter(|index| {
                let clause = catalog.clauses[*index as usize];
                !catalog.condition(clause).gates.is_empty()
            })
            .collect();
        let mut texts = 0;
        for rule in &catalog.rules {
            for example in rule.examples() {
                let escaped = serde_json::to_string(&example.trace).unwrap();
                let lines = example.trace.lines();
                for text in lines.chain([example.trace.as_str(), escaped.as_str()]) {
                    let around = Surroundings {
                        level: Some(Level::Error),
                        program: Some("swyxmessenger"),
                    };
                    let plain =
                        matcher.hits_among(&all, text.as_bytes(), around, &mut Room::default());
                    let ours = matcher.hits(text.as_bytes(), around);
                    for hit in &plain {
                        let found = ours.iter().any(|own| own.meaning == hit.meaning);
                        assert!(found, "{}: {hit:?} in {text}", rule.id);
                    }
                    texts += 1;
                }
            }
        }
        assert!(texts > 1000);
    }
}
