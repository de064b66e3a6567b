//! The attempts of a report, kept small: a retry loop has tens of thousands, each with a ladder, and most of what they say
//! is the same. Texts are kept once, the rest in lists that go to a file where they are long.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, FixedOffset};
use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Serialize, Serializer};

use super::Moment;
use super::report::{Attempt, ChainStep, Place, Proof, Status, Verdict};
use crate::spool::{Bytes, Item, List, Room};

/// Stage, title, short title, and who asks whom: those of the chain.
type StageWords = [String; 5];

/// The words of the chain's stages, once for all clients.
#[derive(Debug, Default)]
pub struct Words(HashSet<Arc<StageWords>>);

impl Words {
    fn shared(&mut self, words: StageWords) -> Arc<StageWords> {
        if let Some(known) = self.0.get(&words) {
            return known.clone();
        }
        let words = Arc::new(words);
        self.0.insert(words.clone());
        words
    }
}

/// The attempts of one client, oldest first.
#[derive(Debug, Clone)]
pub struct Attempts(Arc<Mutex<Kept>>);

#[derive(Debug)]
struct Kept {
    words: Texts<Arc<StageWords>>,
    /// Ids of findings.
    ids: Texts<String>,
    /// Endpoints and paths, which stand in traces.
    texts: Texts<String>,
    heads: List<Head>,
    steps: List<Step>,
    findings: List<u32>,
    places: List<At>,
}

/// Texts, each of them once.
#[derive(Debug)]
struct Texts<T> {
    all: Vec<T>,
    known: HashMap<T, u32>,
}

impl<T> Default for Texts<T> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            known: HashMap::new(),
        }
    }
}

/// No text.
const NONE: u32 = u32::MAX;

impl<T: Clone + Eq + std::hash::Hash> Texts<T> {
    fn add(&mut self, text: &T) -> u32 {
        if let Some(known) = self.known.get(text) {
            return *known;
        }
        let place = self.all.len() as u32;
        self.known.insert(text.clone(), place);
        self.all.push(text.clone());
        place
    }

    fn add_any(&mut self, text: Option<&T>) -> u32 {
        text.map_or(NONE, |text| self.add(text))
    }

    fn get(&self, place: u32) -> Option<T> {
        self.all.get(place as usize).cloned()
    }

    /// Forgets which there are: what is added later is not compared with them.
    fn finish(&mut self) {
        self.known = HashMap::new();
        self.all.shrink_to_fit();
    }

    /// All of them, to be changed; what is added later is not compared with them.
    fn change(&mut self) -> impl Iterator<Item = &mut T> {
        self.finish();
        self.all.iter_mut()
    }
}

/// An instant that may be missing.
#[derive(Debug, Clone, Copy, Default)]
struct When {
    seconds: i64,
    nanos: u32,
    /// Seconds east of UTC, and one more; 0 for no instant.
    offset: i32,
}

/// Added to an offset, so that none is 0.
const SOME: i32 = 1 << 20;

impl When {
    const BYTES: usize = 16;

    fn new(moment: Option<Moment>) -> Self {
        moment.map_or_else(Self::default, |moment| Self {
            seconds: moment.0.timestamp(),
            nanos: moment.0.timestamp_subsec_nanos(),
            offset: moment.0.offset().local_minus_utc() + SOME,
        })
    }

    fn moment(self) -> Option<Moment> {
        let offset = FixedOffset::east_opt(self.offset - SOME)?;
        let utc = DateTime::from_timestamp(self.seconds, self.nanos)?;
        Some(Moment(utc.with_timezone(&offset)))
    }

    fn put(self, bytes: &mut Room<'_>) {
        bytes.put(self.seconds.to_le_bytes());
        bytes.put(self.nanos.to_le_bytes());
        bytes.put(self.offset.to_le_bytes());
    }

    fn get(bytes: &mut Bytes<'_>) -> Self {
        Self {
            seconds: bytes.i64(),
            nanos: bytes.u32(),
            offset: bytes.u32() as i32,
        }
    }
}

/// One attempt. What it has several of stands in the other lists, from the end of the one before it on.
#[derive(Debug, Clone, Copy, Default)]
struct Head {
    start: When,
    end: When,
    verdict: u8,
    steps_end: u32,
    findings_end: u32,
    places_end: u32,
}

impl Item for Head {
    const BYTES: usize = 2 * When::BYTES + 13;

    fn put(&self, bytes: &mut Room<'_>) {
        self.start.put(bytes);
        self.end.put(bytes);
        bytes.put([self.verdict]);
        for end in [self.steps_end, self.findings_end, self.places_end] {
            bytes.put(end.to_le_bytes());
        }
    }

    fn get(bytes: &mut Bytes<'_>) -> Self {
        Self {
            start: When::get(bytes),
            end: When::get(bytes),
            verdict: bytes.u8(),
            steps_end: bytes.u32(),
            findings_end: bytes.u32(),
            places_end: bytes.u32(),
        }
    }
}

/// One rung of a ladder.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    words: u32,
    status: u8,
    proof: u8,
    at: When,
    endpoint: u32,
    finding: u32,
}

impl Item for Step {
    const BYTES: usize = When::BYTES + 14;

    fn put(&self, bytes: &mut Room<'_>) {
        self.at.put(bytes);
        bytes.put([self.status, self.proof]);
        for text in [self.words, self.endpoint, self.finding] {
            bytes.put(text.to_le_bytes());
        }
    }

    fn get(bytes: &mut Bytes<'_>) -> Self {
        Self {
            at: When::get(bytes),
            status: bytes.u8(),
            proof: bytes.u8(),
            words: bytes.u32(),
            endpoint: bytes.u32(),
            finding: bytes.u32(),
        }
    }
}

/// The place of a record.
#[derive(Debug, Clone, Copy, Default)]
struct At {
    source: u32,
    line: u64,
    time: When,
}

impl Item for At {
    const BYTES: usize = When::BYTES + 12;

    fn put(&self, bytes: &mut Room<'_>) {
        self.time.put(bytes);
        bytes.put(self.line.to_le_bytes());
        bytes.put(self.source.to_le_bytes());
    }

    fn get(bytes: &mut Bytes<'_>) -> Self {
        Self {
            time: When::get(bytes),
            line: bytes.u64(),
            source: bytes.u32(),
        }
    }
}

const VERDICTS: [Verdict; 4] = [
    Verdict::Insufficient,
    Verdict::Healthy,
    Verdict::Recovered,
    Verdict::Failure,
];
const STATES: [Status; 5] = [
    Status::Unknown,
    Status::Ok,
    Status::Failed,
    Status::Recovered,
    Status::NotReached,
];
const PROOFS: [Option<Proof>; 3] = [None, Some(Proof::Seen), Some(Proof::Implied)];

/// The place of a value among all that it may be; the first one if it is none of them.
fn code<T: PartialEq>(all: &[T], value: &T) -> u8 {
    all.iter().position(|one| one == value).unwrap_or(0) as u8
}

fn value<T: Copy>(all: &[T], code: u8) -> T {
    all.get(usize::from(code)).copied().unwrap_or(all[0])
}

impl Kept {
    fn push(&mut self, attempt: &Attempt, shared: &mut Words) {
        for step in &attempt.chain {
            let words = [&step.stage, &step.title, &step.short, &step.from, &step.to];
            self.steps.push(Step {
                words: self.words.add(&shared.shared(words.map(Clone::clone))),
                status: code(&STATES, &step.status),
                proof: code(&PROOFS, &step.proof),
                at: When::new(step.at),
                endpoint: self.texts.add_any(step.endpoint.as_ref()),
                finding: self.ids.add_any(step.finding.as_ref()),
            });
        }
        for id in &attempt.findings {
            self.findings.push(self.ids.add(id));
        }
        for place in &attempt.places {
            self.places.push(At {
                source: self
                    .texts
                    .add_any(place.as_ref().map(|place| &place.source)),
                line: place.as_ref().map_or(0, |place| place.line),
                time: When::new(place.as_ref().and_then(|place| place.time)),
            });
        }
        self.heads.push(Head {
            start: When::new(attempt.start),
            end: When::new(attempt.end),
            verdict: code(&VERDICTS, &attempt.verdict),
            steps_end: self.steps.len() as u32,
            findings_end: self.findings.len() as u32,
            places_end: self.places.len() as u32,
        });
    }

    fn get(&self, index: usize) -> Attempt {
        let head = self.heads.get(index);
        let before = match index {
            0 => Head::default(),
            _ => self.heads.get(index - 1),
        };
        let steps = before.steps_end..head.steps_end;
        let findings = before.findings_end..head.findings_end;
        let places = before.places_end..head.places_end;
        Attempt {
            start: head.start.moment(),
            end: head.end.moment(),
            verdict: value(&VERDICTS, head.verdict),
            chain: steps.map(|at| self.step(at as usize)).collect(),
            findings: findings
                .filter_map(|at| self.ids.get(self.findings.get(at as usize)))
                .collect(),
            places: places.map(|at| self.place(at as usize)).collect(),
        }
    }

    fn step(&self, at: usize) -> ChainStep {
        let step = self.steps.get(at);
        let [stage, title, short, from, to] =
            (self.words.get(step.words)).map_or_else(Default::default, Arc::unwrap_or_clone);
        ChainStep {
            stage,
            title,
            short,
            from,
            to,
            status: value(&STATES, step.status),
            proof: value(&PROOFS, step.proof),
            at: step.at.moment(),
            endpoint: self.texts.get(step.endpoint),
            finding: self.ids.get(step.finding),
        }
    }

    fn place(&self, at: usize) -> Option<Place> {
        let place = self.places.get(at);
        Some(Place {
            source: self.texts.get(place.source)?,
            line: place.line,
            time: place.time.moment(),
        })
    }
}

impl Attempts {
    /// None yet; `folder` as in [`List::new`].
    pub fn new(folder: Option<&Path>) -> Self {
        Self(Arc::new(Mutex::new(Kept {
            words: Texts::default(),
            ids: Texts::default(),
            texts: Texts::default(),
            heads: List::new(folder),
            steps: List::new(folder),
            findings: List::new(folder),
            places: List::new(folder),
        })))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds one; `words`: those of all clients.
    pub fn push(&mut self, attempt: &Attempt, words: &mut Words) {
        self.kept().push(attempt, words);
    }

    /// Takes no more room than what was added needs. More may be added, with texts that are kept twice then.
    pub fn finish(&mut self) {
        let mut kept = self.kept();
        kept.words.finish();
        kept.ids.finish();
        kept.texts.finish();
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.kept().heads.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The attempt at that place.
    pub fn get(&self, index: usize) -> Option<Attempt> {
        let kept = self.kept();
        (index < kept.heads.len()).then(|| kept.get(index))
    }

    /// The newest one.
    pub fn last(&self) -> Option<Attempt> {
        self.get(self.len().checked_sub(1)?)
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Attempt> + ExactSizeIterator + '_ {
        (0..self.len()).map(|index| self.kept().get(index))
    }

    /// Start, end and verdict of all of them, oldest first.
    pub fn spans(&self) -> impl Iterator<Item = (Option<Moment>, Option<Moment>, Verdict)> + '_ {
        (0..self.len()).map(|index| {
            let head = self.kept().heads.get(index);
            (
                head.start.moment(),
                head.end.moment(),
                value(&VERDICTS, head.verdict),
            )
        })
    }

    /// Changes all texts: `ours` those of the grammars and the ids of findings, `theirs` what stands in traces.
    pub fn change(&mut self, ours: impl Fn(&mut String), theirs: impl Fn(&mut String)) {
        let mut kept = self.kept();
        kept.words.change().flat_map(Arc::make_mut).for_each(&ours);
        kept.ids.change().for_each(&ours);
        kept.texts.change().for_each(&theirs);
    }

    /// True if a part of them could not be read again from the file.
    pub fn is_broken(&self) -> bool {
        let kept = self.kept();
        kept.heads.is_broken()
            || kept.steps.is_broken()
            || kept.findings.is_broken()
            || kept.places.is_broken()
    }
}

impl FromIterator<Attempt> for Attempts {
    fn from_iter<I: IntoIterator<Item = Attempt>>(all: I) -> Self {
        let mut attempts = Self::new(None);
        let mut words = Words::default();
        (all.into_iter()).for_each(|attempt| attempts.push(&attempt, &mut words));
        attempts
    }
}

impl Serialize for Attempts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut all = serializer.serialize_seq(Some(self.len()))?;
        for attempt in self.iter() {
            if self.is_broken() {
                return Err(S::Error::custom(
                    "the temporary file that attempts are kept in cannot be read again",
                ));
            }
            all.serialize_element(&attempt)?;
        }
        all.end()
    }
}
