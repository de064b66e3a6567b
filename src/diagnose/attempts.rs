//! Attempts: the events of one client, cut into logins, each with its ladder of stages.

use super::event::Event;
use super::known::{Known, Spot};
use crate::grammar::chain::Chain;
use crate::grammar::rule::{Rule, RuleStage};
use crate::grammar::{Catalog, Meaning};
use crate::model::Level;
use crate::model::report::Severity;

/// What is known of one stage of one attempt. Numbers are indices of events.
#[derive(Debug, Clone, Default)]
pub struct StageState {
    /// The first record that says it was passed.
    pub passed: Option<usize>,
    /// The last record that says so.
    pub passed_last: Option<usize>,
    /// Failures, in order.
    pub failures: Vec<Failure>,
    /// The first record that says it was begun.
    pub started: Option<usize>,
}

/// A failure at a stage.
#[derive(Debug, Clone, Copy)]
pub struct Failure {
    /// Index of the event.
    pub event: usize,
    /// Index of the rule.
    pub rule: usize,
    /// True if the record names an endpoint of the stage.
    pub at_endpoint: bool,
    /// True if the stage is known from a record that began it, and not only guessed.
    pub in_context: bool,
    /// The first later event that makes up for it.
    pub recovered: Option<usize>,
    /// True if it is another program's trouble with a stage that the client itself has left behind: worth knowing, but
    /// not what broke this login.
    pub aside: bool,
}

impl Failure {
    /// True if nothing made up for it up to that event, and it is what stands in the way.
    pub fn stands_at(&self, end: usize) -> bool {
        self.recovered.is_none_or(|recovered| recovered > end) && !self.aside
    }

    /// True if nothing made up for it, and it is what stands in the way.
    pub fn stands(&self) -> bool {
        self.recovered.is_none() && !self.aside
    }
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
    led: bool,
    /// The highest stage that the lead program itself wrote about.
    reached: Option<usize>,
    /// The stage that was begun last, and not passed since.
    context: Option<usize>,
    /// The source that says so.
    context_source: u32,
    /// The stage whose endpoint the lead program named last.
    mentioned: Option<usize>,
}

impl AttemptState {
    fn new(first: usize, stages: usize) -> Self {
        Self {
            first,
            last: first,
            stages: vec![StageState::default(); stages],
            ended: false,
            led: false,
            reached: None,
            context: None,
            context_source: 0,
            mentioned: None,
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
    pub fn is_decided(&self, chain: &Chain) -> bool {
        self.failing().is_some()
            || self.reached_the_end(chain)
            || self.stages.iter().any(|s| !s.failures.is_empty())
    }

    /// True if the last two stages (the connection, the messages) were reached.
    pub fn reached_the_end(&self, chain: &Chain) -> bool {
        let goal = chain.stages.len().saturating_sub(2);
        self.highest_passed().is_some_and(|highest| highest >= goal)
    }
}

impl StageState {
    /// True if a failure stands that nothing made up for.
    pub fn is_failed(&self) -> bool {
        self.failures.iter().any(Failure::stands)
    }
}

/// Cuts the events of one client into attempts. `events` are indices into `all`, in order.
pub struct Cutter<'a> {
    /// All grammars.
    pub catalog: &'a Catalog,
    /// All events.
    pub all: &'a [Event],
    /// For each source: its program id.
    pub programs: &'a [Option<String>],
    /// True for a source of the lead program (or for all, where there is none).
    pub lead: &'a [bool],
    /// For each source: its last instant.
    pub ends: &'a [Option<i64>],
}

impl Cutter<'_> {
    /// The attempts, oldest first.
    pub fn cut(&self, events: &[usize]) -> Vec<AttemptState> {
        let known = Known::of(self.catalog, self.all, events);
        let stages = self.catalog.chain.stages.len();
        let mut attempts: Vec<AttemptState> = Vec::new();
        let mut at = 0;
        while at < events.len() {
            // All signals of one record are judged together.
            let mut end = at + 1;
            while end < events.len() && same_record(&self.all[events[at]], &self.all[events[end]]) {
                end += 1;
            }
            if attempts.is_empty() {
                attempts.push(AttemptState::new(events[at], stages));
            }
            self.record(&events[at..end], &known, &mut attempts);
            at = end;
        }
        settle(&mut attempts, &self.catalog.chain);
        for attempt in &mut attempts {
            let left_behind = attempt
                .reached
                .filter(|reached| *reached >= 2)
                .map_or(0, |reached| reached.min(2));
            for state in &mut attempt.stages[..left_behind] {
                for failure in &mut state.failures {
                    failure.aside = !self.lead[self.all[failure.event].placed.source as usize];
                }
            }
        }
        attempts
    }

    fn record(&self, record: &[usize], known: &Known, attempts: &mut Vec<AttemptState>) {
        let lead = self.lead[self.all[record[0]].placed.source as usize];
        for &index in record {
            match self.all[index].meaning {
                Meaning::AttemptStart if lead && current(attempts).led => {
                    self.next(index, attempts);
                }
                Meaning::SessionEnd if lead => current(attempts).ended = true,
                _ => {}
            }
        }
        let context = self.context_of(record[0], current(attempts), 0);
        let failure = self
            .primary(record, context, known)
            .filter(|_| !self.is_message(record));
        for &index in record {
            match self.all[index].meaning {
                Meaning::Mention(stage) if lead => {
                    current(attempts).mentioned = Some(usize::from(stage));
                }
                Meaning::Started(stage) => self.started(index, usize::from(stage), lead, attempts),
                // A record that tells a failure passes nothing, whatever else it quotes; one that names no endpoint
                // speaks of what was begun last.
                Meaning::Passed(stage)
                    if failure.is_none()
                        && (self.all[index].assumed.is_none()
                            || current(attempts).began(stage, self.all[index].placed.source)) =>
                {
                    self.passed(index, usize::from(stage), lead, attempts);
                }
                _ => {}
            }
        }
        if let Some((index, rule)) = failure {
            self.failed(index, rule, lead, known, attempts);
        }
        let attempt = current(attempts);
        attempt.last = *record.last().expect("a record has a signal");
    }

    fn next(&self, index: usize, attempts: &mut Vec<AttemptState>) {
        let old = current(attempts);
        let mut fresh = AttemptState::new(index, old.stages.len());
        // What other programs said of their own part (the helper listens, the client is logged on) still stands.
        for (stage, state) in old.stages.iter().enumerate() {
            let foreign = |event: &usize| !self.lead[self.all[*event].placed.source as usize];
            fresh.stages[stage].passed = state.passed_last.filter(foreign);
            fresh.stages[stage].passed_last = fresh.stages[stage].passed;
            fresh.stages[stage].failures = state
                .failures
                .iter()
                .filter(|f| foreign(&f.event))
                .copied()
                .collect();
        }
        attempts.push(fresh);
    }

    fn started(&self, index: usize, stage: usize, lead: bool, attempts: &mut Vec<AttemptState>) {
        let attempt = current(attempts);
        if lead && attempt.is_over(stage) {
            self.next(index, attempts);
        }
        let attempt = current(attempts);
        attempt.mark(lead, stage);
        attempt.stages[stage].started.get_or_insert(index);
        if lead {
            attempt.context = Some(stage);
            attempt.context_source = self.all[index].placed.source;
        }
    }

    fn passed(&self, index: usize, stage: usize, lead: bool, attempts: &mut Vec<AttemptState>) {
        if lead && current(attempts).ended {
            self.next(index, attempts);
        }
        let attempt = current(attempts);
        attempt.mark(lead, stage);
        attempt.stages[stage].passed.get_or_insert(index);
        attempt.stages[stage].passed_last = Some(index);
        if lead && attempt.context.is_some_and(|begun| begun <= stage) {
            attempt.context = None;
        }
        if lead && attempt.mentioned.is_some_and(|named| named <= stage) {
            attempt.mentioned = None;
        }
    }

    fn failed(
        &self,
        index: usize,
        rule: usize,
        lead: bool,
        known: &Known,
        attempts: &mut Vec<AttemptState>,
    ) {
        let definition = &self.catalog.rules[rule];
        let (mut stage, at_endpoint) = self.stage_of(index, definition, current(attempts), known);
        if definition.severity < Severity::Error {
            return;
        }
        let last = self.catalog.chain.stages.len() - 1;
        let attempt = current(attempts);
        let unplaced = !at_endpoint && definition.stage == RuleStage::ByEndpoint && lead;
        if unplaced
            && attempt.context.is_none()
            && attempt.mentioned.is_none()
            && attempt.reached_the_end(&self.catalog.chain)
        {
            return; // the session stands, and nothing says that this is about it
        }
        let opening = last.saturating_sub(1);
        if stage == last
            && attempt.stages[last]
                .passed
                .or(attempt.stages[opening].passed)
                .is_none()
            && attempt.is_at(opening)
        {
            stage = opening; // what was never open did not break off: it is the echo of a failed opening
        }
        if stage == last && attempt.ended {
            return; // what breaks off after an orderly end is no drop
        }
        let returned = stage < last
            && attempt
                .highest_passed()
                .is_some_and(|highest| highest > stage);
        if lead && attempt.led && (returned || attempt.ended) {
            self.next(index, attempts);
        }
        let attempt = current(attempts);
        let in_context = at_endpoint || [attempt.context, attempt.mentioned].contains(&Some(stage));
        attempt.mark(lead, stage);
        let failure = Failure {
            event: index,
            rule,
            at_endpoint,
            in_context,
            recovered: None,
            aside: false,
        };
        attempt.stages[stage].failures.push(failure);
    }

    /// The rule that tells most on one record: no wrapper, none that gives way to all, the innermost exception, a number, the stronger basis.
    fn primary(&self, record: &[usize], context: usize, known: &Known) -> Option<(usize, usize)> {
        let fits = |index: usize| {
            self.all[index]
                .assumed
                .is_none_or(|stage| usize::from(stage) == context)
        };
        let rules = record
            .iter()
            .filter_map(|&index| match self.all[index].meaning {
                Meaning::Rule(rule)
                    if fits(index) && !self.is_foreign(index, rule as usize, known) =>
                {
                    Some((index, rule as usize))
                }
                _ => None,
            });
        rules.max_by_key(|(index, rule)| {
            let (event, rule) = (&self.all[*index], &self.catalog.rules[*rule]);
            (
                !rule.wrapper,
                rule.severity >= Severity::Error,
                !rule.gives_way(),
                event.depth,
                event.by_number,
                rule.basis,
                std::cmp::Reverse(&rule.id),
            )
        })
    }

    /// True if the record tells of a message that passed, and is no warning: what it quotes, people wrote.
    fn is_message(&self, record: &[usize]) -> bool {
        let last = self.catalog.chain.stages.len() - 1;
        record.iter().any(|index| {
            let event = &self.all[*index];
            matches!(event.meaning, Meaning::Passed(stage) if usize::from(stage) == last)
                && event.level.is_some_and(|level| level < Level::Warn)
        })
    }

    /// True if the record is about a host or port that is not of the chain.
    fn is_foreign(&self, index: usize, rule: usize, known: &Known) -> bool {
        let class = self
            .catalog
            .chain
            .classes
            .get(&self.catalog.rules[rule].class);
        !class.is_some_and(|c| c.foreign_hosts)
            && known.spot(self.catalog, self.all[index].endpoint.as_deref()) == Spot::Foreign
    }

    /// The stage of a rule's event, and whether the record names an endpoint of it.
    pub fn stage_of(
        &self,
        index: usize,
        rule: &Rule,
        attempt: &AttemptState,
        known: &Known,
    ) -> (usize, bool) {
        let event = &self.all[index];
        let spot = known.spot(self.catalog, event.endpoint.as_deref());
        match (rule.stage, spot) {
            (RuleStage::Fixed(stage), _) => (
                stage,
                spot == Spot::Stage(stage) || self.stage_of_program(event) == Some(stage),
            ),
            (RuleStage::ByEndpoint, Spot::Stage(stage)) => (stage, true),
            (RuleStage::ByEndpoint, _) => {
                let class = self.catalog.chain.classes.get(&rule.class);
                (
                    self.context_of(index, attempt, class.map_or(0, |c| c.earliest)),
                    false,
                )
            }
        }
    }

    /// The stage that a record without an endpoint is about: its program's own, else the one begun or named last, else
    /// the one after the last one passed, but not before `earliest`.
    fn context_of(&self, index: usize, attempt: &AttemptState, earliest: usize) -> usize {
        let by_program = self.stage_of_program(&self.all[index]);
        by_program
            .or(attempt.context)
            .or(attempt.mentioned)
            .unwrap_or_else(|| self.next_stage(attempt).max(earliest))
    }

    fn stage_of_program(&self, event: &Event) -> Option<usize> {
        let program = self.programs[event.placed.source as usize].as_deref()?;
        self.catalog
            .chain
            .stages
            .iter()
            .position(|s| s.programs.iter().any(|p| p == program))
    }

    /// The stage after the last one passed: what the client was about to do.
    fn next_stage(&self, attempt: &AttemptState) -> usize {
        let last = self.catalog.chain.stages.len() - 1;
        match attempt.highest_passed() {
            Some(stage) => (stage + 1).min(last),
            None => 1.min(last),
        }
    }
}

impl AttemptState {
    fn mark(&mut self, lead: bool, stage: usize) {
        if lead {
            self.led = true;
            self.reached = self.reached.max(Some(stage));
        }
    }

    /// True if this source began the stage last: its next word of success is about it.
    fn began(&self, stage: u8, source: u32) -> bool {
        self.context == Some(usize::from(stage)) && self.context_source == source
    }

    /// True if the stage was begun, or failed.
    fn is_at(&self, stage: usize) -> bool {
        self.stages[stage].started.is_some() || !self.stages[stage].failures.is_empty()
    }

    /// True if beginning `stage` means that a new attempt began.
    fn is_over(&self, stage: usize) -> bool {
        let beyond = self.highest_passed().is_some_and(|highest| highest > stage);
        let failed_beyond = self
            .stages
            .iter()
            .skip(stage + 1)
            .any(StageState::is_failed);
        self.led && (self.ended && beyond || failed_beyond)
    }
}

/// Marks which failures a later success made up for: at the same stage, or at a later one, in this or a later attempt.
fn settle(attempts: &mut [AttemptState], chain: &Chain) {
    let stages = chain.stages.len();
    for number in 0..attempts.len() {
        for stage in 0..stages {
            let passes: Vec<usize> = attempts[number..]
                .iter()
                .flat_map(|attempt| attempt.stages[stage.min(stages.saturating_sub(2))..].iter())
                .flat_map(|s| [s.passed, s.passed_last])
                .flatten()
                .collect();
            for failure in &mut attempts[number].stages[stage].failures {
                failure.recovered = passes.iter().copied().filter(|p| *p > failure.event).min();
            }
        }
    }
}

fn current(attempts: &mut [AttemptState]) -> &mut AttemptState {
    attempts.last_mut().expect("there is always one")
}

fn same_record(a: &Event, b: &Event) -> bool {
    (a.placed.source, a.placed.line) == (b.placed.source, b.placed.line)
}
