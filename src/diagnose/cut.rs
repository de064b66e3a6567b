//! Cutting: the events of one client become login attempts, each record judged once, in the context of what was begun.

use super::attempts::{AttemptState, Cutting, StageState, current, for_each_record, settle};
use super::event::{Ends, Events, Look};
use super::failure::Failure;
use super::kept::Attempts;
use super::known::{Known, Spot};
use super::memo::Memo;
use super::notes::capture;
use super::numbers::Numbers;
use crate::grammar::chain::Class;
use crate::grammar::condition::{ANY_STAGE, EndpointKind};
use crate::grammar::rule::{Rule, RuleStage};
use crate::grammar::told::{Beat, Told};
use crate::grammar::{Catalog, Meaning};
use crate::model::Level;
use crate::model::report::Severity;
use crate::model::time::SECOND;

/// Cuts the events of one client into attempts. `events` are indices into `all`, in order.
pub struct Cutter<'a> {
    /// All grammars.
    pub catalog: &'a Catalog,
    /// All events.
    pub all: &'a Events,
    /// For each source: its program id.
    pub programs: &'a [Option<String>],
    /// True for a source of the lead program (or for all, where there is none).
    pub lead: &'a [bool],
    /// For the first source of each stream: when the stream ends.
    pub ends: &'a [Ends],
    /// Hosts of the chain that the package names beside the traces, in lower case, each with its stage.
    pub hosts: &'a [(String, usize)],
    /// True for a source of which a part was lost: damaged, cut short, or not searched.
    pub lossy: &'a [bool],
    /// What was looked up of rules and programs.
    pub memo: Memo<'a>,
}

/// A version named again after so long is a new start of the program, in nanoseconds.
const BANNER: i64 = 5 * SECOND;
/// Back at an early stage after so long is a new login, in nanoseconds.
const RESTART: i64 = 60 * SECOND;
/// What opened a session is answered within so long, in nanoseconds.
const LOGON: i64 = 120 * SECOND;
/// What breaks off so soon before an orderly end is a part of that, in nanoseconds.
const LEAVING: i64 = 3 * SECOND;
/// A session that is back within so long was not lost, in nanoseconds.
const BACK: i64 = 60 * SECOND;

/// How long an announced attempt is waited for, in nanoseconds; `None` if the record does not say.
fn delay(told: &Told) -> Option<i64> {
    if told.meaning != Meaning::AttemptAnnounced {
        return None;
    }
    let count: i64 = capture(told, "delay")?.parse().ok()?;
    let unit = capture(told, "unit")?.to_ascii_lowercase();
    let of_unit = match unit.as_str() {
        "" => return None,
        "ms" => SECOND / 1000,
        unit if unit.starts_with("mil") => SECOND / 1000,
        unit if unit.starts_with('m') => 60 * SECOND,
        _ => SECOND,
    };
    count.checked_mul(of_unit)
}

/// True if the lead program wrote nothing of the chain for long.
fn is_silent(first: &Look<'_>, attempt: &AttemptState) -> bool {
    let last = attempt.lead_last.filter(|_| attempt.led);
    last.is_some_and(|last| first.order.saturating_sub(last) > RESTART)
}

impl Cutter<'_> {
    /// The attempts, oldest first. `known`: the endpoints of the client's chain.
    pub fn cut(&self, events: &Numbers, known: &Known) -> Attempts {
        let stages = self.catalog.chain.stages.len();
        let mut attempts = Cutting::new(stages, self.all.folder(), events);
        // All signals of one record are judged together.
        for_each_record(self.all, events, |record| {
            if attempts.is_empty() {
                attempts.push(AttemptState::new(record[0].index, &self.catalog.chain));
            }
            self.record(record, known, &mut attempts);
        });
        settle(self, attempts, |attempt| {
            self.brief_losses(attempt);
            self.leave_behind(attempt);
            super::refused::recast(self, events, attempt);
            super::offline::recast(self, events, attempt);
        })
    }

    /// What other programs tell of stages that the client has behind it is not what broke the login.
    fn leave_behind(&self, attempt: &mut AttemptState) {
        let left_behind = attempt
            .reached
            .filter(|reached| *reached >= 2)
            .map_or(0, |reached| reached.min(2));
        for state in &mut attempt.stages[..left_behind] {
            state.failures.leave_behind();
            state.failures.change_own(|failure| {
                failure.aside |= !self.lead[failure.source];
            });
        }
    }

    /// A session that broke off and came back at once is worth knowing, but nothing failed.
    fn brief_losses(&self, attempt: &mut AttemptState) {
        let at = |event: usize| self.all.order(event);
        if let Some(stage) = attempt.stages.last_mut() {
            stage.failures.forgive(BACK);
            stage.failures.change_own(|failure| {
                failure.aside |= failure
                    .recovered
                    .is_some_and(|back| at(back).saturating_sub(failure.order) <= BACK);
            });
        }
    }

    fn record(&self, record: &[Look<'_>], known: &Known, attempts: &mut Cutting<'_>) {
        let first = &record[0];
        let lead = self.lead[first.source];
        if lead && self.is_another_day(first, current(attempts)) {
            self.next(first, attempts);
        }
        if lead && self.is_restart(record, current(attempts)) {
            self.next(first, attempts);
        }
        if lead && attempts.is_announced(record) {
            self.again(first, attempts);
        }
        if lead {
            attempts.take_lead(first.order);
        }
        // "Login attempt 1 failed, next one in 15 s" begins nothing yet; after a silence nothing else told of that attempt.
        let has = |meaning: Meaning| record.iter().any(|look| look.told.meaning == meaning);
        let is_over = has(Meaning::AttemptAnnounced);
        if lead && is_over && has(Meaning::AttemptStart) && is_silent(first, current(attempts)) {
            self.next(first, attempts);
        }
        for look in record {
            match look.told.meaning {
                Meaning::AttemptStart if lead && !is_over && attempts.begins_anew(look) => {
                    self.again(look, attempts);
                }
                Meaning::SessionEnd if lead => {
                    let attempt = current(attempts);
                    attempt.ended = true;
                    if let Some(session) = self.catalog.chain.session() {
                        let failures = &mut attempt.stages[session].failures;
                        let is_before = |at: i64| look.order.saturating_sub(at) > LEAVING;
                        failures.retain_own(|failure| is_before(failure.order));
                    }
                }
                _ => {}
            }
        }
        let failure = self
            .primary(record, known, current(attempts))
            .filter(|_| !self.is_message(record) && !self.is_list(record));
        let answers = |stage: u8| {
            record.iter().any(|look| {
                look.told.meaning == Meaning::Passed(stage) && look.told.assumed.is_none()
            })
        };
        for look in record {
            match look.told.meaning {
                Meaning::Mention(stage) if lead && !answers(stage) => {
                    attempts.resumes = false;
                    // An open session names its own address in passing.
                    let attempt = current(attempts);
                    let redials = redials(record) && !self.is_resource(look);
                    if !attempt.session_stands() || failure.is_none() && redials {
                        let stage = usize::from(stage);
                        attempt.mentioned = Some(stage);
                        attempt.asked = failure.is_none().then_some(stage);
                        // The client moved on, in whatever words: what was begun before is behind it.
                        if failure.is_none() && attempt.context.is_some_and(|begun| begun < stage) {
                            attempt.context = None;
                        }
                        if attempt.context.is_none() {
                            attempt.context_stream = self.stream(look);
                        }
                    }
                }
                // What the same record answers is no longer under way.
                Meaning::Started(stage)
                    if (failure.is_some() || !answers(stage))
                        && !(lead
                            && self.is_resource(look)
                            && current(attempts).session_stands()) =>
                {
                    self.started(look, usize::from(stage), lead, attempts);
                }
                // A record that tells a failure passes nothing, whatever else it quotes; one that names no endpoint
                // speaks of what was begun last.
                Meaning::Passed(stage)
                    if failure.is_none()
                        && (look.told.assumed.is_none()
                            || current(attempts).began(stage, self.stream(look))
                            || lead && self.reopens(usize::from(stage), current(attempts))) =>
                {
                    self.passed(look, usize::from(stage), lead, attempts);
                }
                _ => {}
            }
        }
        if let Some((look, rule)) = failure {
            self.failed(look, rule, lead, known, attempts);
        }
        // A part of the program that connects again while the session stands is not the login.
        if lead && is_over && current(attempts).led && !current(attempts).session_stands() {
            let due = record.iter().filter_map(|look| delay(look.told)).max();
            attempts.announce(first.order, due);
        }
        let attempt = current(attempts);
        let last = record.last().unwrap_or(first);
        attempt.last = last.index;
        if lead {
            attempt.lead_last = Some(last.order);
            let stream = self.stream(last);
            if !attempt.lead_streams.contains(&stream) {
                attempt.lead_streams.push(stream);
            }
        }
    }

    fn stream(&self, look: &Look<'_>) -> u32 {
        self.all.stream_of(look.source)
    }

    /// True if so far only other programs told of their part, and long ago.
    fn is_another_day(&self, first: &Look<'_>, attempt: &AttemptState) -> bool {
        !attempt.led
            && attempt.last != first.index
            && !is_one_event(self.all.order(attempt.last), first.order)
    }

    /// True if what happened at that instant may be one event with the record.
    pub(super) fn is_same_event(&self, at: i64, index: usize) -> bool {
        is_one_event(at, self.all.order(index))
    }

    /// True if the lead program was started again, or began anew, without saying so: it names its version once more, or
    /// it is back at an early stage, after the attempt came to something and some silence.
    fn is_restart(&self, record: &[Look<'_>], attempt: &AttemptState) -> bool {
        let Some(last) = attempt.lead_last.filter(|_| attempt.led) else {
            return false;
        };
        let first = &record[0];
        let gap = first.order.saturating_sub(last);
        let is_new = || !attempt.lead_streams.contains(&self.stream(first));
        let banner = record.iter().any(|look| {
            matches!(look.told.meaning, Meaning::Version(mark) if self.is_own(mark, first.source))
                && look.told.endpoint.is_none()
        });
        if banner && attempt.came_to_something() && (gap >= BANNER || is_new()) {
            return true;
        }
        let early = record.iter().any(|look| match look.told.meaning {
            Meaning::Started(stage) | Meaning::Mention(stage) | Meaning::Passed(stage) => {
                usize::from(stage) <= self.catalog.chain.early()
                    && attempt
                        .reached
                        .is_some_and(|reached| reached > usize::from(stage))
                    // No silence was before it, even if what was told just before is left out.
                    && !(matches!(look.told.meaning, Meaning::Passed(_))
                        && look.beat == Beat::Same)
            }
            _ => false,
        });
        early && (gap > RESTART || is_new()) && attempt.is_done()
    }

    /// True if the mark of a version is that of the source's own program.
    fn is_own(&self, mark: u32, source: usize) -> bool {
        let program = self.programs[source].as_deref();
        let own = program.and_then(|id| self.catalog.chain.program(id));
        own.is_some_and(|p| p.name == self.catalog.chain.versions[mark as usize].product)
    }

    /// True if an easy-going record names several ways not to reach a host: a table of codes or a list of what is retried.
    fn is_list(&self, record: &[Look<'_>]) -> bool {
        let mut classes: Vec<&str> = Vec::new();
        for look in record {
            let told = look.told;
            if let Meaning::Rule(index) = told.meaning
                && told.endpoint.is_none()
                && told.level.is_some_and(|level| level < Level::Warn)
            {
                let rule = &self.catalog.rules[index as usize];
                let class = self.memo.rule(index as usize).class;
                let unreached = class.is_some_and(|c| c.unreached);
                if unreached && !rule.wrapper && !classes.contains(&rule.class.as_str()) {
                    classes.push(&rule.class);
                }
            }
        }
        classes.len() > 1
    }

    /// A new attempt of which only that is said: where a session was open that did not end in order, it is opened again, as
    /// long as nothing else is begun.
    fn again(&self, first: &Look<'_>, attempts: &mut Cutting<'_>) {
        let old = current(attempts);
        let was_open = old.reached_the_end() && !old.ended;
        let resumes = was_open || attempts.resumes;
        self.next(first, attempts);
        attempts.resumes = resumes;
        if resumes {
            current(attempts).mentioned = self.catalog.chain.opening();
        }
    }

    fn next(&self, first: &Look<'_>, attempts: &mut Cutting<'_>) {
        let old = current(attempts);
        let mut fresh = AttemptState::new(first.index, &self.catalog.chain);
        // What other programs said of their own part (the helper listens, the client is logged on) still stands.
        for (stage, state) in old.stages.iter().enumerate() {
            let foreign = |event: &usize| !self.lead[self.all.source(*event)];
            let cleared = self.cleared(old, stage);
            fresh.stages[stage].cleared = cleared;
            fresh.stages[stage].passed = state.passed_last.filter(foreign);
            fresh.stages[stage].passed_last = fresh.stages[stage].passed;
            let mut own = state.failures.own().rev().map(|f| f.event);
            let last = own.find(foreign).or(state.failures.inherited());
            let near = |last: &usize| is_one_event(self.all.order(*last), first.order);
            let last = last.filter(|last| near(last) && Some(*last) > cleared);
            fresh.stages[stage].failures.inherit(last);
        }
        attempts.push(fresh);
        attempts.take_lead(first.order);
    }

    /// The last record up to the end of an attempt that made up for what failed at a stage before it: the lead program passed
    /// the stage itself, and went on. That alone proves little: another program may answer, and a session outlives its helper.
    fn cleared(&self, attempt: &AttemptState, stage: usize) -> Option<usize> {
        let lead = |event: &usize| self.lead[self.all.source(*event)];
        let passes = |state: &StageState| {
            let events = [state.passed_last, state.passed];
            events.into_iter().flatten().filter(lead).max()
        };
        let own = passes(&attempt.stages[stage]);
        let beyond = attempt.stages[stage + 1..].iter().filter_map(passes).max();
        let is_last = stage + 1 == attempt.stages.len();
        let passed = own.filter(|own| is_last || beyond > Some(*own));
        passed.max(attempt.stages[stage].cleared)
    }

    fn started(&self, look: &Look<'_>, stage: usize, lead: bool, attempts: &mut Cutting<'_>) {
        if lead && attempts.is_over(stage) {
            self.next(look, attempts);
        }
        attempts.resumes &= !lead;
        let attempt = current(attempts);
        attempt.mark(lead, stage);
        attempt.stages[stage].started.get_or_insert(look.index);
        if lead {
            attempt.context = Some(stage);
            attempt.context_stream = self.stream(look);
        }
    }

    fn passed(&self, look: &Look<'_>, stage: usize, lead: bool, attempts: &mut Cutting<'_>) {
        if lead && current(attempts).ended {
            self.next(look, attempts);
        }
        if lead && stage >= current(attempts).goal {
            attempts.withdraw();
        }
        let attempt = current(attempts);
        attempt.mark(lead, stage);
        attempt.stages[stage].passed.get_or_insert(look.index);
        attempt.stages[stage].passed_last = Some(look.index);
        if lead && attempt.context.is_some_and(|begun| begun <= stage) {
            attempt.context = None;
        }
        if lead && attempt.mentioned.is_some_and(|named| named <= stage) {
            attempt.mentioned = None;
            attempt.asked = None;
        }
    }

    fn failed(
        &self,
        look: &Look<'_>,
        rule: usize,
        lead: bool,
        known: &Known,
        attempts: &mut Cutting<'_>,
    ) {
        let index = look.index;
        let definition = &self.catalog.rules[rule];
        let (mut stage, mut at_endpoint) = self.stage_of(look, rule, current(attempts), known);
        if lead && at_endpoint && self.is_guess(look, stage, known) {
            if self.next_stage(current(attempts)) < stage {
                attempts.dismiss(index);
                return; // it only looks like a host of the chain, and the login had not come so far
            }
            at_endpoint = false;
        }
        let session = self.catalog.chain.session();
        let is_session = |stage: usize| session == Some(stage);
        let attempt = current(attempts);
        let unplaced = !at_endpoint && definition.stage == RuleStage::ByEndpoint;
        let begun = attempt.context.is_some() || attempt.mentioned.is_some();
        let stands = lead && attempt.session_stands();
        if lead && unplaced && !begun && attempt.reached.is_none() && self.is_stranger(look) {
            attempts.dismiss(index);
            return; // nothing was begun that this host could be of
        }
        if stands && at_endpoint && self.is_resource(look) && self.is_before_session(stage) {
            attempts.dismiss(index);
            return; // a picture or a phone book: whoever logs in asks for something else
        }
        if stands && is_silence(definition) {
            attempts.dismiss(index);
            return; // a session that stands names its address in passing, and waits for nothing
        }
        if stands && attempt.context.is_none() {
            let logon = self.logon(look, attempt);
            // A refusal whose rule knows of an earlier stage is one of the logon all the same: that stage was passed just now.
            let of_earlier = || {
                let answers = look
                    .told
                    .assumed
                    .is_none_or(|_| self.may_be_at(look, stage));
                !at_endpoint && logon.is_some_and(|opening| stage < opening) && answers
            };
            let refuses = definition.severity >= Severity::Error && !unplaced;
            let refused = self.answers_logon(look, logon) || refuses && of_earlier();
            let refused = refused.then_some(rule);
            if let Some(last) = session
                && let Some(lost) = refused.or_else(|| self.loss(rule, stage, at_endpoint))
            {
                let failure = Failure {
                    at_endpoint,
                    in_context: true,
                    presumed: unplaced,
                    ..Failure::of(look, lost)
                };
                attempts.fail(self, last, failure);
                return;
            }
            if unplaced {
                attempts.dismiss(index);
                return; // the session stands, and nothing says that this is about it
            }
        }
        if self.memo.rule(rule).is_loss && is_session(stage) && attempt.ended {
            attempts.dismiss(index);
            return; // what breaks off after an orderly end is no drop
        }
        if definition.severity < Severity::Error {
            if self.memo.lost_rule == Some(rule) {
                attempts.dismiss(index); // there was no session that could be lost
            }
            return;
        }
        if lead && unplaced && !begun && attempt.reached_the_end() {
            attempts.dismiss(index);
            return;
        }
        if let Some(opening) = self.catalog.chain.opening()
            && is_session(stage)
            && attempt.stages[stage]
                .passed
                .or(attempt.stages[opening].passed)
                .is_none()
            && (attempt.is_at(opening) || attempt.reached.is_some_and(|reached| reached < opening))
        {
            stage = opening; // what was never open did not break off: it is the echo of a failed opening
        }
        if is_session(stage) && attempt.ended {
            return; // what breaks off after an orderly end is no drop
        }
        let returned = !is_session(stage)
            && attempt
                .highest_passed()
                .is_some_and(|highest| highest > stage);
        if returned && is_silence(definition) {
            return; // the client went on: there was an answer
        }
        let aftermath = lead && returned && self.is_aftermath(look, stage, attempt);
        if lead && attempt.led && (returned && !aftermath || attempt.ended) {
            self.next(look, attempts);
        }
        let attempt = current(attempts);
        let in_context = at_endpoint || [attempt.context, attempt.mentioned].contains(&Some(stage));
        attempt.mark(lead, stage);
        let failure = Failure {
            at_endpoint,
            in_context,
            aside: aftermath,
            guessed: look.told.assumed == Some(ANY_STAGE),
            ..Failure::of(look, rule)
        };
        attempts.fail(self, stage, failure);
    }

    /// True if only what its endpoint looks like makes it one of the stage.
    fn is_guess(&self, look: &Look<'_>, stage: usize, known: &Known) -> bool {
        let endpoint = look.told.endpoint.as_ref();
        endpoint.is_some_and(|endpoint| {
            endpoint.is_address()
                && !endpoint.is_loopback()
                && !endpoint.host.is_empty()
                && known.is_guess(self.catalog, endpoint, stage)
        })
    }

    /// True if the record names a host on the internet, in a trace that is about no stage of its own.
    fn is_stranger(&self, look: &Look<'_>) -> bool {
        let endpoint = look.told.endpoint.as_ref();
        let host = endpoint.map_or("", |endpoint| endpoint.host.as_str());
        let private = &self.catalog.chain.offline.private;
        host.rsplit_once('.').is_some_and(|(_, last)| {
            last.bytes().any(|byte| byte.is_ascii_alphabetic())
                && !private.iter().any(|p| p == last)
        }) && self.memo.stage_of(look.source).is_none()
    }

    /// True if the record asks a host for something that is no part of the login.
    fn is_resource(&self, look: &Look<'_>) -> bool {
        let endpoint = look.told.endpoint.as_ref();
        endpoint.is_some_and(|endpoint| self.catalog.chain.names.is_resource(endpoint))
    }

    fn is_before_session(&self, stage: usize) -> bool {
        self.catalog
            .chain
            .opening()
            .is_some_and(|opening| stage < opening)
    }

    /// True if the login had broken at a later stage just before, and nothing was begun anew since: what fails now at a
    /// stage that was behind is another trouble (the helper was closed meanwhile), and not what broke this login.
    fn is_aftermath(&self, look: &Look<'_>, stage: usize, attempt: &AttemptState) -> bool {
        if self.memo.loopback_stage != Some(stage) {
            return false; // only the helper lives on this PC, where its user closes it
        }
        let last = attempt.stages[stage + 1..]
            .iter()
            .filter_map(|s| s.failures.last_standing())
            .map(|event| self.all.order(event))
            .max();
        last.is_some_and(|last| look.order.saturating_sub(last) <= RESTART) && !attempt.ended
    }

    /// The rule by which a failure tells that the open session broke off, if it does.
    fn loss(&self, rule: usize, stage: usize, at_endpoint: bool) -> Option<usize> {
        let of_rule = self.memo.rule(rule);
        if of_rule.is_loss {
            return Some(rule);
        }
        let rule = &self.catalog.rules[rule];
        let causes = &of_rule.class?.cuts_session;
        let opening = self.catalog.chain.opening()?;
        let breaks = if at_endpoint {
            stage >= opening && !causes.is_empty()
        } else {
            rule.stage == RuleStage::ByEndpoint && causes.contains(&rule.cause)
        };
        self.memo.lost_rule.filter(|_| breaks)
    }

    /// The rule that tells most on one record: no wrapper, the innermost exception, a number, the stronger basis.
    fn primary<'r, 'e>(
        &self,
        record: &'r [Look<'e>],
        known: &Known,
        attempt: &AttemptState,
    ) -> Option<(&'r Look<'e>, usize)> {
        // Most records tell of none.
        let is_rule = |look: &Look<'_>| matches!(look.told.meaning, Meaning::Rule(_));
        if !record.iter().any(is_rule) {
            return None;
        }
        let first = &record[0];
        let context = self.context_of(first, attempt, None);
        let begun = attempt.began(context as u8, self.stream(first));
        let (stands, logon) = (attempt.session_stands(), self.logon(first, attempt));
        let fits = |look: &Look<'_>| match look.told.assumed {
            None => stands || !self.is_of_session(look),
            Some(ANY_STAGE) => {
                begun && self.may_be_at(look, context) && !self.is_of_session(look)
                    || self.answers_logon(look, logon)
            }
            Some(stage) => usize::from(stage) == context,
        };
        let rules = record.iter().filter_map(|look| match look.told.meaning {
            Meaning::Rule(rule) if fits(look) && !self.is_foreign(look, rule as usize, known) => {
                Some((look, rule as usize))
            }
            _ => None,
        });
        rules.max_by_key(|(look, rule)| self.tells(look, *rule))
    }

    /// How much an event tells by that rule: of those of one record, the one that tells most speaks for it.
    pub(super) fn tells(&self, look: &Look<'_>, rule: usize) -> impl Ord + use<'_> {
        let gives_way = self.memo.rule(rule).gives_way;
        let (event, rule) = (look.told, &self.catalog.rules[rule]);
        (
            // A remark (the clocks differ) is no failure, and hides none.
            rule.severity >= Severity::Error || !gives_way,
            !rule.wrapper,
            rule.severity >= Severity::Error,
            !gives_way,
            event.assumed != Some(ANY_STAGE),
            event.depth,
            event.by_number,
            rule.basis,
            std::cmp::Reverse(&rule.id),
        )
    }

    /// True if it tells what only an open session can meet.
    fn is_of_session(&self, look: &Look<'_>) -> bool {
        matches!(look.told.meaning, Meaning::Rule(rule) if self.memo.rule(rule as usize).is_of_session)
    }

    /// The stage that opened the session, while the logon on it waits for its answer: the session stands, nothing was told of
    /// it since, and that was just now.
    fn logon(&self, look: &Look<'_>, attempt: &AttemptState) -> Option<usize> {
        let opening = self.catalog.chain.opening()?;
        if !self.lead[look.source] || attempt.context.is_some() || !attempt.session_stands() {
            return None;
        }
        let opened = attempt.stages[opening].passed_last?;
        let is_answered = attempt.stages[opening + 1].passed_last > Some(opened);
        let is_fresh = look.order.saturating_sub(self.all.order(opened)) <= LOGON;
        (is_fresh && !is_answered).then_some(opening)
    }

    /// True if an answer without an address is about a session that broke off: it is open again.
    fn reopens(&self, stage: usize, attempt: &AttemptState) -> bool {
        let broke = || {
            attempt
                .stages
                .last()
                .is_some_and(|s| s.failures.own().next().is_some())
        };
        self.catalog.chain.opening() == Some(stage)
            && attempt.reached_the_end()
            && !attempt.ended
            && !attempt.session_stands()
            && broke()
    }

    /// True if words of a failure are the answer to the logon on the session that was opened at that stage.
    fn answers_logon(&self, look: &Look<'_>, logon: Option<usize>) -> bool {
        let Meaning::Rule(rule) = look.told.meaning else {
            return false;
        };
        let answers = self
            .memo
            .rule(rule as usize)
            .class
            .is_some_and(|c| c.answers_logon);
        answers && logon.is_some_and(|opening| self.may_be_at(look, opening))
    }

    /// True if a warning without an address may be about that stage, by what its rule is about.
    fn may_be_at(&self, look: &Look<'_>, stage: usize) -> bool {
        let Meaning::Rule(rule) = look.told.meaning else {
            return false;
        };
        let of_stage = EndpointKind::Stage(stage);
        let mut conditions = self.catalog.rules[rule as usize].when.iter();
        look.told.level >= Some(Level::Warn)
            && conditions.any(|when| when.assume_any && when.endpoints.contains(&of_stage))
    }

    /// True if the record tells of a message that passed, and is no warning: what it quotes, people wrote.
    fn is_message(&self, record: &[Look<'_>]) -> bool {
        let Some(last) = self.catalog.chain.session() else {
            return false;
        };
        record.iter().any(|look| {
            matches!(look.told.meaning, Meaning::Passed(stage) if usize::from(stage) == last)
                && look.told.level.is_some_and(|level| level < Level::Warn)
        })
    }

    /// True if the record is about a host or port that is not of the chain.
    pub(super) fn is_foreign(&self, look: &Look<'_>, rule: usize, known: &Known) -> bool {
        self.is_foreign_at(known.spot_of(self.catalog, look), rule)
    }

    /// True if a rule's failure at that spot is none of the chain's.
    pub(super) fn is_foreign_at(&self, spot: Spot, rule: usize) -> bool {
        let class = self.memo.rule(rule).class;
        spot == Spot::Foreign && !class.is_some_and(|c| c.foreign_hosts)
    }

    /// The stage of a rule's event, and whether the record names an endpoint of it.
    pub(super) fn stage_of(
        &self,
        look: &Look<'_>,
        index: usize,
        attempt: &AttemptState,
        known: &Known,
    ) -> (usize, bool) {
        let rule = &self.catalog.rules[index];
        let spot = known.spot_of(self.catalog, look);
        match (rule.stage, spot) {
            (RuleStage::Fixed(stage), _) => (
                stage,
                spot == Spot::Stage(stage) || self.memo.stage_of(look.source) == Some(stage),
            ),
            (RuleStage::ByEndpoint, Spot::Stage(stage)) => (stage, true),
            (RuleStage::ByEndpoint, _) => {
                let class = self.memo.rule(index).class;
                (self.context_of(look, attempt, class), false)
            }
        }
    }

    /// The stage that a record without an endpoint is about: its program's own, else the one begun or named last, else
    /// the one after the last one passed, but not before the earliest one of its class.
    fn context_of(&self, look: &Look<'_>, attempt: &AttemptState, class: Option<&Class>) -> usize {
        let by_program = self.memo.stage_of(look.source);
        let begun = attempt.context.or(attempt.mentioned);
        let is_local = |stage: usize| self.memo.loopback_stage == Some(stage);
        let begun = begun.filter(|stage| !(class.is_some_and(|c| c.not_local) && is_local(*stage)));
        let earliest = class.map_or(0, |class| class.earliest);
        by_program
            .or(begun)
            .unwrap_or_else(|| self.next_stage(attempt).max(earliest))
    }

    /// The stage after the last one passed: what the client was about to do.
    fn next_stage(&self, attempt: &AttemptState) -> usize {
        let last = self.catalog.chain.stages.len() - 1;
        match attempt.highest_passed() {
            Some(stage) => (stage + 1).min(last),
            None => self.memo.first_own_stage,
        }
    }
}

/// True if what happened at one instant may be one event with what did at a later one.
fn is_one_event(at: i64, later: i64) -> bool {
    later.saturating_sub(at) <= super::group::SAME_EVENT
}

/// True if the record begins the session's stage anew.
fn redials(record: &[Look<'_>]) -> bool {
    let begins = |look: &Look<'_>| matches!(look.told.meaning, Meaning::Started(_));
    record.iter().any(begins)
}

/// True if the rule rests on what did not follow.
fn is_silence(rule: &Rule) -> bool {
    rule.window
        .as_ref()
        .is_some_and(|window| !window.not_followed_by.is_empty())
}
