//! Attempts: the events of one client, cut into logins, each with its ladder of stages.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::path::Path;
use std::rc::Rc;

use super::cut::Cutter;
use super::event::{Events, Look};
use super::failure::{Failure, OFFLINE, UNREACHED};
use super::failures::Failures;
use super::kept::Attempts;
use super::log::{Log, Telling, of_same};
use super::numbers::Numbers;
use super::refused;
use crate::grammar::Meaning;
use crate::grammar::chain::{Chain, Class};
use crate::grammar::endpoint::Endpoint;
use crate::grammar::told::Told;
use crate::model::time::SECOND;

/// What is known of one stage of one attempt. Numbers are indices of events.
#[derive(Debug, Clone, Default)]
pub struct StageState {
    /// The first record that says it was passed.
    pub passed: Option<usize>,
    /// The last record that says so.
    pub passed_last: Option<usize>,
    /// Failures, in order.
    pub failures: Failures,
    /// The first record that says it was begun.
    pub started: Option<usize>,
    /// The last record before the attempt that made up for what had failed until then.
    pub(super) cleared: Option<usize>,
}

/// One login attempt.
#[derive(Debug, Clone)]
pub struct AttemptState {
    /// Index of its first event.
    pub first: usize,
    /// Index of its last event.
    pub last: usize,
    /// Its stages, in the order of the chain.
    pub stages: Vec<StageState>,
    /// True once the session ended in order.
    pub ended: bool,
    /// True once the lead program wrote something about it.
    pub(super) led: bool,
    /// The highest stage that the lead program itself wrote about.
    pub(super) reached: Option<usize>,
    /// The stage that was begun last, and not passed since.
    pub(super) context: Option<usize>,
    /// The stream that says so.
    pub(super) context_stream: u32,
    /// The stage whose endpoint the lead program named last.
    pub(super) mentioned: Option<usize>,
    /// The same, as long as that did not fail: an answer without an address may be its.
    pub(super) asked: Option<usize>,
    /// When the lead program wrote last about the chain.
    pub(super) lead_last: Option<i64>,
    /// Streams of the lead program that took part.
    pub(super) lead_streams: Vec<u32>,
    /// The stage with which it has succeeded.
    pub(super) goal: usize,
    /// True if what was reached then lasts.
    pub(super) lasts: bool,
}

impl AttemptState {
    pub(super) fn new(first: usize, chain: &Chain) -> Self {
        Self {
            goal: chain.goal(),
            lasts: chain.session().is_some(),
            first,
            last: first,
            stages: vec![StageState::default(); chain.stages.len()],
            ended: false,
            led: false,
            reached: None,
            context: None,
            context_stream: 0,
            mentioned: None,
            asked: None,
            lead_last: None,
            lead_streams: Vec::new(),
        }
    }

    /// The highest stage that was seen passed.
    pub fn highest_passed(&self) -> Option<usize> {
        self.stages.iter().rposition(|s| s.passed.is_some())
    }

    /// The first stage with a failure that nothing made up for.
    pub fn failing(&self) -> Option<usize> {
        self.stages.iter().position(StageState::is_failed)
    }

    /// True if it failed, or reached the last stages.
    pub fn is_decided(&self) -> bool {
        self.failing().is_some()
            || self.reached_the_end()
            || self.stages.iter().any(|s| !s.failures.is_empty())
    }

    /// True if it came to its end: what opens the session, or all of it where there is none.
    pub fn reached_the_end(&self) -> bool {
        self.highest_passed()
            .is_some_and(|highest| highest >= self.goal)
    }
}

impl StageState {
    /// True if a failure stands that nothing made up for.
    pub fn is_failed(&self) -> bool {
        self.failures.any_stands()
    }
}

impl AttemptState {
    pub(super) fn mark(&mut self, lead: bool, stage: usize) {
        if lead {
            self.led = true;
            self.reached = self.reached.max(Some(stage));
        }
    }

    /// True if this source began the stage last: its next word of success is about it.
    pub(super) fn began(&self, stage: u8, stream: u32) -> bool {
        self.context.or(self.asked) == Some(usize::from(stage)) && self.context_stream == stream
    }

    /// True while the session stands: it was reached, did not end in order, and nothing broke it since.
    pub(super) fn session_stands(&self) -> bool {
        let goal = &self.stages[self.goal..];
        let passed = goal.iter().filter_map(|s| s.passed_last).max();
        let broken = || goal.iter().filter_map(|s| s.failures.last()).max();
        self.lasts && !self.ended && passed.is_some() && broken() < passed
    }

    /// The last event that shows that the session stands, while it does.
    pub(super) fn last_sign(&self) -> Option<usize> {
        let goal = self.stages[self.goal..].iter();
        let passed = goal.filter_map(|s| s.passed_last).max();
        passed.filter(|_| self.session_stands())
    }

    /// The stage that was begun or named last and came to nothing, and when the lead program wrote last of the chain.
    pub(super) fn left_open(&self) -> Option<(usize, i64)> {
        let stage = self.context.or(self.mentioned)?;
        self.lead_last.map(|at| (stage, at))
    }

    /// True if it came to something: a failure, an orderly end, or a session.
    pub(super) fn came_to_something(&self) -> bool {
        self.ended
            || self.stages.iter().any(|s| !s.failures.is_empty())
            || self.stages[self.goal..].iter().any(|s| s.passed.is_some())
    }

    /// True if it failed, ended, or lost its session: what begins at an earlier stage now is another login.
    pub(super) fn is_done(&self) -> bool {
        self.came_to_something() && !self.session_stands()
    }

    /// True if the stage was begun, or failed.
    pub(super) fn is_at(&self, stage: usize) -> bool {
        self.stages[stage].started.is_some() || !self.stages[stage].failures.is_empty()
    }

    /// True if beginning `stage` means that a new attempt began. `led_from`: when the lead program wrote first in it.
    fn is_over(&self, stage: usize, led_from: Option<i64>) -> bool {
        let beyond = self.highest_passed().is_some_and(|highest| highest > stage);
        // What other programs told before it says nothing of how far it came.
        let counts = |failure: Failure| failure.stands() && Some(failure.order) >= led_from;
        let failed_beyond =
            (self.stages.iter().skip(stage + 1)).any(|state| state.failures.own().any(counts));
        self.led && (self.ended && beyond || failed_beyond)
    }
}

/// Marks which failures are over: a later success at the same stage or at a later one, or, for a failure to reach the
/// other side, a later record in which that side answers. What other programs say of their own stages proves no other.
/// `then`: what else is to be said of each attempt.
pub(super) fn settle(
    cutter: &Cutter<'_>,
    cut: Cutting<'_>,
    then: impl Fn(&mut AttemptState),
) -> Attempts {
    let stages = cutter.catalog.chain.stages.len();
    let (attempts, logs) = cut.finish(cutter.all.folder());
    let mut settling = Settling {
        cutter,
        foreign: logs.iter().map(|log| log.len()).collect(),
        logs: logs.clone(),
        passes: vec![BTreeSet::new(); stages],
        answers: vec![Vec::new(); stages],
    };
    attempts.change_from_the_end(logs, |number, attempt| {
        settling.learn(attempt);
        settling.settle(number, attempt);
        settling.forget(attempt.first);
        presumed(attempt);
        guessed(attempt);
        then(attempt);
    })
}

/// From the last attempt to the first, so that what mends a failure is known when it is met; a retry loop has thousands
/// of attempts.
struct Settling<'a, 'c> {
    cutter: &'a Cutter<'c>,
    logs: Vec<Rc<Log>>,
    /// For each stage how many entries of its log the attempts up to this one have.
    foreign: Vec<usize>,
    /// What makes up for a failure of each stage, as far as it may still be the first that does.
    passes: Vec<BTreeSet<usize>>,
    /// For each stage, of the failures that show that the other side answers, the first one of each endpoint.
    answers: Vec<Vec<usize>>,
}

impl Settling<'_, '_> {
    fn learn(&mut self, attempt: &AttemptState) {
        let (cutter, stages) = (self.cutter, self.passes.len());
        for (stage, state) in attempt.stages.iter().enumerate() {
            let passed = [state.passed, state.passed_last];
            for (below, set) in self.passes.iter_mut().enumerate() {
                if below.min(stages.saturating_sub(2)) <= stage {
                    let proves = |event: &usize| below >= stage || cutter.is_lead(*event);
                    set.extend(passed.into_iter().flatten().filter(proves));
                }
            }
        }
    }

    fn settle(&mut self, number: usize, attempt: &mut AttemptState) {
        let cutter = self.cutter;
        let order = |event: usize| cutter.all.order(event);
        let first = attempt.first;
        for (stage, state) in attempt.stages.iter_mut().enumerate() {
            let (passes, answers) = (&self.passes[stage], &mut self.answers[stage]);
            let mut foreign = 0;
            // The last one first: what answers it stands behind it.
            state.failures.change_own(|failure| {
                let told = cutter.all.of_telling(failure.tells);
                foreign += usize::from(!cutter.lead[failure.source]);
                let later = (Bound::Excluded(failure.event), Bound::Unbounded);
                let pass = passes.range(later).next().copied();
                let class = cutter.class_of(failure);
                let endpoint = |event: usize| cutter.all.told(event).endpoint.as_ref();
                let own = told.endpoint.as_ref();
                let answer = class.filter(|class| class.unreached).and_then(|_| {
                    let of_same = |event: &usize| of_same(own, endpoint(*event));
                    let before = |event: &usize| pass.is_none_or(|pass| *event < pass);
                    let all = answers.iter().copied();
                    all.filter(|event| before(event) && of_same(event)).min()
                });
                failure.recovered = answer.or(pass);
                if cutter.answers(failure, told) {
                    let at_same = |event: &&mut usize| is_at_same(endpoint(**event), own);
                    match answers.iter_mut().find(at_same) {
                        Some(event) => *event = failure.event,
                        None => answers.push(failure.event),
                    }
                }
            });
            self.foreign[stage] -= foreign;
            if state.failures.inherited().is_some() {
                let log = &self.logs[stage];
                let end = self.foreign[stage];
                let far = |order| !cutter.is_same_event(order, first);
                let near = log.partition_point(far);
                let standing = state.cleared.map_or(0, |cleared| log.behind(cleared));
                let range = near.max(standing).min(end)..end;
                state.failures.settle(log, range, number, passes, &order);
            }
        }
    }

    /// What is asked for from now on lies in front of that event: of what lies behind it, the first counts.
    fn forget(&mut self, first: usize) {
        for passes in &mut self.passes {
            let behind = passes.split_off(&first);
            passes.extend(behind.first());
        }
    }
}

impl Cutter<'_> {
    fn is_lead(&self, event: usize) -> bool {
        self.lead[self.all.source(event)]
    }

    /// True if a failure shows that the other side answers. "Login failed" without an endpoint or a number may as well sum up
    /// that it did not.
    fn answers(&self, failure: &Failure, told: &Told) -> bool {
        let is_said = told.assumed.is_none() || told.by_number;
        is_said && self.class_of(failure).is_some_and(|class| class.reached)
    }

    fn class_of(&self, failure: &Failure) -> Option<&Class> {
        self.memo.rule(failure.rule).class
    }
}

/// True if two records name the same port of the same host, or both name none.
fn is_at_same(a: Option<&Endpoint>, b: Option<&Endpoint>) -> bool {
    a.map(|e| (e.port, &e.host)) == b.map(|e| (e.port, &e.host))
}

/// For each stage what other programs than the lead told of it, and who answered.
#[derive(Debug)]
struct Logs(Vec<Option<Log>>);

impl Logs {
    /// Mostly there are none, of any of thousands of clients.
    fn new(stages: usize) -> Self {
        Self((0..stages).map(|_| None).collect())
    }

    /// Takes a failure of the attempt of that number. `events`: those of the client, in order.
    fn take(
        &mut self,
        cutter: &Cutter<'_>,
        events: &Numbers,
        (number, stage): (usize, usize),
        mut failure: Failure,
    ) {
        let new = || Log::new(cutter.all.folder());
        let log = &mut self.0[stage];
        let class = cutter.class_of(&failure);
        let told = cutter.all.of_telling(failure.tells);
        let foreign = !cutter.lead[failure.source];
        let endpoint = told.endpoint.as_ref();
        if cutter.answers(&failure, told) {
            log.get_or_insert_with(new)
                .add_answer(&failure, endpoint, number, foreign);
        }
        if foreign {
            let unreached = class.is_some_and(|class| class.unreached);
            refused::one(cutter, events, &mut failure);
            let offline = cutter.memo.rule(failure.rule).offline;
            let flags = [(unreached, UNREACHED), (offline, OFFLINE)];
            let set = flags.iter().filter(|(is, _)| *is).map(|(_, flag)| flag);
            let telling = Telling {
                endpoint,
                stream: cutter.all.stream_of(failure.source),
                by_number: told.by_number,
                flags: set.sum(),
            };
            log.get_or_insert_with(new).add(&failure, telling);
        }
    }

    fn shared(self, folder: Option<&Path>) -> Vec<Rc<Log>> {
        let none = Rc::new(Log::new(folder));
        let shared = |log: Option<Log>| log.map_or_else(|| none.clone(), Rc::new);
        let mut shared: Vec<Rc<Log>> = self.0.into_iter().map(shared).collect();
        // It was made in the room of what it was made of.
        shared.shrink_to_fit();
        shared
    }
}

/// What was taken for the failure of a request without naming it was none, if the answer came after all, or a failure that
/// does name it.
fn guessed(attempt: &mut AttemptState) {
    let last = attempt.last;
    for state in &mut attempt.stages {
        let guessed = state.failures.own().any(|f| f.guessed);
        let surer = guessed && state.failures.distinct().any(|f| !f.guessed);
        if guessed {
            state.failures.retain_own(|failure| {
                let back = |at: usize| at <= last;
                !(failure.guessed && (surer || failure.recovered.is_some_and(back)))
            });
        }
    }
}

/// What was taken for the end of a session without naming it was none, if messages went on without a new connection.
fn presumed(attempt: &mut AttemptState) {
    let last = attempt.stages.len() - 1;
    let opened = attempt.stages[..last]
        .iter()
        .flat_map(|s| [s.started, s.passed_last])
        .flatten()
        .max();
    attempt.stages[last].failures.retain_own(|failure| {
        let harmless = failure.presumed
            && failure.recovered.is_some()
            && opened.is_none_or(|opened| opened < failure.event);
        !harmless
    });
}

/// What is told so soon after a new attempt was announced is still about the one before, in nanoseconds.
const LAST_WORDS: i64 = SECOND;
/// Marks of a new start so soon after the lead program's first word are about the same attempt, in nanoseconds.
const SAME_START: i64 = 5 * SECOND;

/// The attempts of a client while they are cut: of those before the current one nothing changes any more.
pub(super) struct Cutting<'e> {
    before: Attempts,
    current: Option<AttemptState>,
    /// When the lead program wrote first in the current one.
    led_from: Option<i64>,
    /// When it was said that another one will begin later, and how much later.
    announced: Option<(i64, Option<i64>)>,
    /// True if the current one opens a session again that was open before, by all that is said.
    pub(super) resumes: bool,
    logs: Logs,
    /// The events of the client, in order.
    events: &'e Numbers,
}

impl<'e> Cutting<'e> {
    pub(super) fn new(stages: usize, folder: Option<&Path>, events: &'e Numbers) -> Self {
        Self {
            before: Attempts::new(stages, folder),
            current: None,
            led_from: None,
            announced: None,
            resumes: false,
            logs: Logs::new(stages),
            events,
        }
    }

    /// Adds a failure at a stage of the current attempt.
    pub(super) fn fail(&mut self, cutter: &Cutter<'_>, stage: usize, failure: Failure) {
        let place = (self.before.len(), stage);
        self.logs.take(cutter, self.events, place, failure);
        current(self).stages[stage].failures.push(&failure);
    }

    /// True if there is none yet.
    pub(super) fn is_empty(&self) -> bool {
        self.current.is_none()
    }

    /// Says that the record of that event tells no failure where it stands.
    pub(super) fn dismiss(&mut self, event: usize) {
        self.before.dismiss(event);
    }

    /// Says that another attempt will begin later; `due`: how much later, if that is known.
    pub(super) fn announce(&mut self, at: i64, due: Option<i64>) {
        self.announced = Some((at, due));
    }

    /// Says that the lead program wrote then.
    pub(super) fn take_lead(&mut self, at: i64) {
        self.led_from.get_or_insert(at);
    }

    /// True if a mark of a new start is one: "started", and a moment later "login begins", are about the same attempt, as
    /// long as that came to nothing.
    pub(super) fn begins_anew(&self, mark: &Look<'_>) -> bool {
        let is_soon = |from: i64| mark.order.saturating_sub(from) <= SAME_START;
        self.current.as_ref().is_some_and(|attempt| {
            attempt.led && (attempt.came_to_something() || !self.led_from.is_some_and(is_soon))
        })
    }

    /// True if beginning `stage` means that a new attempt began.
    pub(super) fn is_over(&self, stage: usize) -> bool {
        let current = self.current.as_ref();
        current.is_some_and(|attempt| attempt.is_over(stage, self.led_from))
    }

    /// Says that the attempt goes on, whatever was announced.
    pub(super) fn withdraw(&mut self) {
        self.announced = None;
    }

    /// True if the record is where the announced attempt begins: it begins a stage, or comes so much later that it is no
    /// word on the attempt before. A failure that comes too early is one of something that was still open.
    pub(super) fn is_announced(&self, record: &[Look<'_>]) -> bool {
        let Some((at, due)) = self.announced else {
            return false;
        };
        // Clocks and timers are not exact.
        let due = due.map_or(LAST_WORDS, |due| due - due / 8);
        let gap = record[0].order.saturating_sub(at);
        let has = |is: fn(Meaning) -> bool| record.iter().any(|look| is(look.told.meaning));
        let announces = has(|meaning| meaning == Meaning::AttemptAnnounced);
        let fails = has(|meaning| matches!(meaning, Meaning::Rule(_)));
        record.iter().any(|look| match look.told.meaning {
            Meaning::Started(_) => true,
            Meaning::Passed(_) | Meaning::Mention(_) => gap > LAST_WORDS && !fails,
            Meaning::AttemptStart => gap > LAST_WORDS && !announces,
            Meaning::Rule(_) => gap >= due.max(LAST_WORDS),
            _ => false,
        })
    }

    pub(super) fn push(&mut self, mut attempt: AttemptState) {
        (self.led_from, self.announced, self.resumes) = (None, None, false);
        self.before.begin(&mut attempt);
        if let Some(before) = self.current.replace(attempt) {
            self.before.push(&before);
        }
    }

    /// All of them, and what other programs than the lead told.
    fn finish(mut self, folder: Option<&Path>) -> (Attempts, Vec<Rc<Log>>) {
        if let Some(last) = self.current.take() {
            self.before.push(&last);
        }
        (self.before, self.logs.shared(folder))
    }
}

pub(super) fn current<'a>(attempts: &'a mut Cutting<'_>) -> &'a mut AttemptState {
    attempts.current.as_mut().expect("there is always one")
}

/// Calls `with` with the events of each record, which stand together.
pub(super) fn for_each_record<'e>(
    all: &'e Events,
    events: &Numbers,
    mut with: impl FnMut(&[Look<'e>]),
) {
    let mut record: Vec<Look<'e>> = Vec::new();
    all.look_at(events, |look| {
        if record
            .first()
            .is_some_and(|first| first.record != look.record)
        {
            with(&record);
            record.clear();
        }
        record.push(look);
    });
    if !record.is_empty() {
        with(&record);
    }
}
