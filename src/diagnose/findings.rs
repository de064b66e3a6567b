//! Findings: failures of one class, cause and stage, put together; which of them is the cause, and how sure it is.

use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use super::confidence::{Gaps, Place, Reason, judge};
use super::coverage::first_seen_late;
use super::cut::Cutter;
use super::elsewhere;
use super::event::Look;
use super::failure::Failure;
use super::group::{Group, groups_of};
use super::kept::Attempts;
use super::known::Known;
use super::notes::{Note, capture, notes_of};
use super::numbers::Numbers;
use super::remarks::remarks;
use super::verdict::ordered;
use crate::grammar::Meaning;
use crate::grammar::told::Told;
use crate::model::report::{Confidence, Role, Severity};

/// One client with its attempts.
#[derive(Debug)]
pub struct ClientState {
    /// Its name; empty where there is only one.
    pub name: String,
    /// Its attempts, oldest first.
    pub attempts: Attempts,
    /// Indices of its events, in order.
    pub events: Numbers,
    /// The attempt that decides, once it was asked for.
    pub(super) decided: OnceCell<Option<usize>>,
    /// The attempt that was asked last for where it failed, and the stage: that may take a look at each of its failures.
    pub(super) failing: Cell<Option<(usize, Option<usize>)>>,
    /// Of those that name a version, the last one of each mark, and of each that has the version's number; in order.
    pub versions: Vec<usize>,
    /// Failures by which no step is judged.
    pub(super) elsewhere: Vec<elsewhere::Group>,
    /// The last event that shows that the session stands, where it does to the end.
    pub sign: Option<usize>,
    /// True if failures behind that leave open whether it lasts.
    pub(super) unsettled: bool,
    /// True if errors that no rule explains do.
    pub unexplained_behind: bool,
}

impl Diagnosis {
    /// True if a part of what it rests on could not be read again from the temporary file.
    pub fn is_broken(&self) -> bool {
        let mut clients = self.clients.iter();
        let mut findings = self.findings.iter();
        clients.any(|client| client.attempts.is_broken() || client.events.is_broken())
            || findings.any(|f| f.events.is_broken() || f.support.is_broken())
            || (self.clients.iter())
                .any(|client| client.elsewhere.iter().any(elsewhere::Group::is_broken))
    }
}

impl Diagnosis {
    /// True if errors are the last that is told of an open session: whether it lasts does not show.
    pub(super) fn is_unsettled(&self) -> bool {
        let mut clients = self.clients.iter();
        clients.any(|client| client.unsettled || client.unexplained_behind)
    }
}

/// One finding.
#[derive(Debug)]
pub struct FindingState {
    /// Index of the client.
    pub client: usize,
    /// Class.
    pub class: String,
    /// Cause.
    pub cause: String,
    /// Index of the stage.
    pub stage: usize,
    /// Indices of rules, the most telling first.
    pub rules: Vec<usize>,
    /// Indices of the events that count, in order.
    pub events: Numbers,
    /// Of what they tell, the first one of each source, in order: all else is told once more.
    pub kinds: Vec<usize>,
    /// Indices of events that support it without counting (wrappers), in order.
    pub support: Numbers,
    /// Indices of the attempts that it belongs to, in order.
    pub attempts: Numbers,
    /// Cause or consequence.
    pub role: Role,
    /// Index of the finding that it follows from.
    pub follows_from: Option<usize>,
    /// True if a failure of it stands that nothing made up for.
    pub open: bool,
    /// Event that made up for it, if nothing of it stands.
    pub recovered: Option<usize>,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Why.
    pub reasons: Vec<Reason>,
    /// What speaks against it or explains it.
    pub notes: Vec<Note>,
}

/// Everything that was concluded.
#[derive(Debug)]
pub struct Diagnosis {
    /// Clients by name.
    pub clients: Vec<ClientState>,
    /// Findings: causes before consequences, worse before better, earlier before later.
    pub findings: Vec<FindingState>,
}

/// Concludes. `names`: those of the clients, in order.
pub fn diagnose(cutter: &Cutter<'_>, names: &[String]) -> Diagnosis {
    let mut clients: Vec<ClientState> = names
        .iter()
        .map(|name| ClientState {
            name: name.clone(),
            attempts: Attempts::new(0, None),
            events: Numbers::new(cutter.all.folder()),
            decided: OnceCell::new(),
            failing: Cell::new(None),
            versions: Vec::new(),
            elsewhere: Vec::new(),
            sign: None,
            unsettled: false,
            unexplained_behind: false,
        })
        .collect();
    if let [only] = &mut clients[..] {
        only.events = Numbers::first(cutter.all.len(), cutter.all.folder());
    } else {
        for index in 0..cutter.all.len() {
            clients[cutter.all.client(index)].events.push(index);
        }
    }
    let mut findings = Vec::new();
    for (number, client) in clients.iter_mut().enumerate() {
        client.events = super::windows::filter(
            cutter.catalog,
            cutter.all,
            std::mem::take(&mut client.events),
            cutter.ends,
            cutter.programs,
        );
        client.versions = versions(cutter, &client.events);
        let known = Known::of(cutter, &client.events);
        client.attempts = cutter.cut(&client.events, &known);
        findings.extend(findings_of(cutter, number, client, &known));
        client.sign = client.attempts.last().and_then(|last| last.last_sign());
        (client.elsewhere, client.unsettled) = elsewhere::groups(cutter, client, &known);
        client.attempts.put_away();
    }
    let deciding = clients.iter().map(|client| {
        let deciding = client.deciding(cutter.catalog);
        client.attempts.put_away();
        deciding
    });
    let deciding: Vec<Option<usize>> = deciding.collect();
    Diagnosis {
        clients,
        findings: ordered(findings, cutter.all, &deciding),
    }
}

/// The last events that name each version.
fn versions(cutter: &Cutter<'_>, events: &Numbers) -> Vec<usize> {
    let mut last: BTreeMap<(u32, bool), usize> = BTreeMap::new();
    let is_version = |told: &Told| matches!(told.meaning, Meaning::Version(_));
    let mut take = |index: usize, told: &Told| {
        if let Meaning::Version(mark) = told.meaning {
            let has_number = capture(told, "version").is_some();
            let last = last.entry((mark, has_number)).or_insert(index);
            *last = (*last).max(index);
        }
    };
    let ends = cutter.all.ends_of(is_version);
    let mut ends = ends.into_iter().map(|(_, last)| last).peekable();
    if ends.clone().all(|last| events.contains(last)) {
        ends.for_each(|last| take(last, cutter.all.told(last)));
    } else if ends.peek().is_some() {
        cutter
            .all
            .look_at(events, |look| take(look.index, look.told));
    }
    let mut last: Vec<usize> = last.into_values().collect();
    last.sort_unstable();
    last
}

fn findings_of(
    cutter: &Cutter<'_>,
    client: usize,
    state: &ClientState,
    known: &Known,
) -> Vec<FindingState> {
    let mut merged: Vec<Merged> = Vec::new();
    let mut taken = Taken::default();
    for (number, attempt) in state.attempts.iter().enumerate() {
        // Where the failures of each rule at each stage belong, and whether they count there: the last one of each.
        let mut targets: Vec<((usize, usize), (usize, bool))> = Vec::new();
        // The first open group of the first failing stage is the cause; the groups stand in the order of stages.
        let mut cause: Option<(usize, String, String, usize)> = None;
        for group in groups_of(cutter, &attempt) {
            let open = group.standing.is_some();
            let first = group.standing.unwrap_or(usize::MAX);
            let follows = open
                && cause.as_ref().is_some_and(|(_, class, what, since)| {
                    is_echo(cutter, &group, class, what) && first >= *since
                });
            let role = if follows {
                Role::Consequence
            } else {
                Role::Cause
            };
            let index = merge(&mut merged, cutter, client, number, &group, role);
            for (rule, of) in &group.rules {
                let (of_rule, target) = ((group.stage, *rule), (index, of.counts));
                match targets.iter_mut().find(|(known, _)| *known == of_rule) {
                    Some((_, known)) => *known = target,
                    None => targets.push((of_rule, target)),
                }
            }
            if role == Role::Cause && open && cause.is_none() {
                cause = Some((index, group.class, group.cause, first));
            } else if role == Role::Consequence {
                let of = cause.as_ref().map(|(index, ..)| *index);
                let finding = &mut merged[index].finding;
                finding.follows_from = finding.follows_from.or(of);
            }
        }
        for (stage, state) in attempt.stages.iter().enumerate() {
            let target = |rule: usize| {
                let mut all = targets.iter();
                all.find(|(of, _)| *of == (stage, rule)).map(|all| all.1)
            };
            let mut take = |failure: &Failure, (index, counts): (usize, bool)| {
                merged[index].take(failure, counts);
            };
            if let Some(before) = state.failures.before() {
                for (kind, rule) in before.kinds() {
                    if let Some(target) = target(rule) {
                        let rest = taken.rest((stage, kind, target), &before.range);
                        before.for_each_of(kind, rest, |failure| take(failure, target));
                    }
                }
            }
            state.failures.own().for_each(|failure| {
                if let Some(target) = target(failure.rule) {
                    take(&failure, target);
                }
            });
        }
    }
    let mut findings: Vec<FindingState> = Vec::new();
    let gaps = Gaps {
        mid_login: first_seen_late(state, &cutter.catalog.chain).is_some(),
        lost: cutter.lossy.contains(&true)
            && (state.events.iter()).any(|e| cutter.lossy[cutter.all.source(e)]),
    };
    for merged in merged {
        let (mut finding, place) = merged.finish(cutter.all.folder());
        finding.notes = notes_of(cutter, state, &finding);
        judge(cutter, &mut finding, place, gaps);
        findings.push(finding);
    }
    // What a failure tells already is no remark of its own.
    let more: Vec<FindingState> = remarks(cutter, client, state, known)
        .into_iter()
        .filter(|r| {
            let same = |f: &FindingState| (&f.class, &f.cause) == (&r.class, &r.cause);
            !findings.iter().any(same)
        })
        .collect();
    findings.extend(more);
    findings
}

/// True if a failure at a later stage may be no more than the echo of the cause: its class has no cause of its own here,
/// or it is the same trouble once more. A later record alone proves nothing.
fn is_echo(cutter: &Cutter<'_>, group: &Group, class: &str, cause: &str) -> bool {
    let classes = &cutter.catalog.chain.classes;
    group.wrapper
        || classes.get(&group.class).is_some_and(|c| c.follows)
        || (group.class.as_str(), group.cause.as_str()) == (class, cause)
}

/// A finding while attempts are added to it.
struct Merged {
    finding: FindingState,
    kinds: Kinds,
    place: Place,
    events: Gathered,
    support: Gathered,
}

impl Merged {
    /// Takes a failure of one more attempt; `counts`: it does not only support the others.
    fn take(&mut self, failure: &Failure, counts: bool) {
        let finding = &mut self.finding;
        if counts {
            self.kinds
                .add((failure.tells, failure.source), failure.event);
            self.events.take(&mut finding.events, failure.event);
        } else {
            self.support.take(&mut finding.support, failure.event);
        }
        if let Some(token) = failure.token {
            self.support.take(&mut finding.support, token);
        }
    }

    fn finish(mut self, folder: Option<&Path>) -> (FindingState, Place) {
        let finding = &mut self.finding;
        finding.events = self
            .events
            .into(std::mem::take(&mut finding.events), folder);
        finding.kinds = self.kinds.events();
        finding.support = (self.support).into(std::mem::take(&mut finding.support), folder);
        (self.finding, self.place)
    }
}

/// The first event of each thing that is told and each source.
#[derive(Default)]
pub(super) struct Kinds {
    first: BTreeMap<(usize, usize), usize>,
    /// Some of them, by what is told: most come again and again.
    recent: [Option<((usize, usize), usize)>; RECENT],
}

/// Kinds that are looked up without a search, a power of two.
const RECENT: usize = 32;

impl Kinds {
    pub(super) fn take(&mut self, look: &Look<'_>) {
        self.add((look.tells, look.source), look.index);
    }

    fn add(&mut self, kind: (usize, usize), event: usize) {
        let recent = &mut self.recent[kind.0 % RECENT];
        if recent.is_some_and(|(known, first)| known == kind && first <= event) {
            return;
        }
        let first = self.first.entry(kind).or_insert(event);
        *first = (*first).min(event);
        *recent = Some((kind, *first));
    }

    /// All of them, in order.
    pub(super) fn events(self) -> Vec<usize> {
        let mut events: Vec<usize> = self.first.into_values().collect();
        events.sort_unstable();
        events
    }
}

/// Which failures from before a finding has: most of them stand in the next attempt, too.
#[derive(Default)]
struct Taken(BTreeMap<Taking, Range<usize>>);

/// Stage, kind of its log, and the finding with whether they count there.
type Taking = (usize, usize, (usize, bool));

impl Taken {
    /// Of these places of the log, those that were not taken in that way before.
    fn rest(&mut self, taking: Taking, range: &Range<usize>) -> Range<usize> {
        let known = self.0.entry(taking).or_insert(range.start..range.start);
        if !(known.start..=known.end).contains(&range.start) {
            *known = range.start..range.start;
        }
        let rest = known.end.min(range.end)..range.end;
        known.end = known.end.max(range.end);
        rest
    }
}

/// Events that come in order but for those that stand from before: failures of a helper that still stand in the next
/// attempt are the same records, and each is kept once.
#[derive(Default)]
struct Gathered {
    last: Option<usize>,
    /// Where the newest one stands.
    near: usize,
    /// What was met behind later ones.
    late: Vec<usize>,
}

impl Gathered {
    fn take(&mut self, known: &mut Numbers, event: usize) {
        if self.last.is_none_or(|last| last < event) {
            known.push(event);
            self.last = Some(event);
            self.near = known.len();
            return;
        }
        self.near = known.partition_point_near(self.near, |other| other < event);
        if known.get(self.near) != event {
            if self.late.len() == self.late.capacity() {
                self.late.sort_unstable();
                self.late.dedup();
            }
            self.late.push(event);
        }
    }

    /// All of them.
    fn into(mut self, known: Numbers, folder: Option<&Path>) -> Numbers {
        if self.late.is_empty() {
            return known;
        }
        self.late.sort_unstable();
        self.late.dedup();
        let mut late = self.late.into_iter().peekable();
        let mut all = Numbers::one_of_many(folder);
        for number in known.iter() {
            while let Some(other) = late.next_if(|other| *other < number) {
                all.push(other);
            }
            all.push(number);
        }
        late.for_each(|other| all.push(other));
        all.is_broken_as(&known);
        all
    }
}

fn merge(
    merged: &mut Vec<Merged>,
    cutter: &Cutter<'_>,
    client: usize,
    attempt: usize,
    group: &Group,
    role: Role,
) -> usize {
    let open = group.standing.is_some();
    let recovered = group.recovered.filter(|_| !open);
    let rules = rules_by_telling(cutter, group);
    let found = merged.iter().position(|merged| {
        let f = &merged.finding;
        (&f.class, &f.cause, f.stage) == (&group.class, &group.cause, group.stage)
    });
    let severity = rules
        .iter()
        .map(|r| cutter.catalog.rules[*r].severity)
        .max()
        .unwrap_or(Severity::Error);
    let severity = match (group.aside, open) {
        (true, _) => severity.min(Severity::Warning),
        // A warning that nothing made up for failed its stage after all.
        (false, true) => severity.max(Severity::Error),
        (false, false) => severity,
    };
    let place = Place {
        at_endpoint: group.at_endpoint,
        in_context: group.placed || group.in_context,
        both_sides: group.both_sides,
    };
    match found {
        Some(index) => {
            let Merged {
                finding,
                place: known,
                ..
            } = &mut merged[index];
            if finding.attempts.last() != Some(attempt) {
                finding.attempts.push(attempt);
            }
            finding.role = finding.role.min(role);
            finding.open |= open;
            finding.recovered = if finding.open {
                None
            } else {
                finding.recovered.max(recovered)
            };
            finding.severity = finding.severity.max(severity);
            for rule in rules {
                if !finding.rules.contains(&rule) {
                    finding.rules.push(rule);
                }
            }
            known.at_endpoint |= place.at_endpoint;
            known.in_context |= place.in_context;
            known.both_sides |= place.both_sides;
            index
        }
        None => {
            let none = || Numbers::one_of_many(cutter.all.folder());
            let mut attempts = none();
            attempts.push(attempt);
            let finding = FindingState {
                client,
                class: group.class.clone(),
                cause: group.cause.clone(),
                stage: group.stage,
                rules,
                events: none(),
                kinds: Vec::new(),
                support: none(),
                attempts,
                role,
                follows_from: None,
                open,
                recovered,
                severity,
                confidence: Confidence::Possible,
                reasons: Vec::new(),
                notes: Vec::new(),
            };
            merged.push(Merged {
                finding,
                kinds: Kinds::default(),
                place,
                events: Gathered::default(),
                support: Gathered::default(),
            });
            merged.len() - 1
        }
    }
}

/// The rules of the failures: those of the finding's own class and cause first, what a runtime wrote before what was
/// concluded, a number before a text.
fn rules_by_telling(cutter: &Cutter<'_>, group: &Group) -> Vec<usize> {
    let counting = group.rules.iter().filter(|(_, of)| of.counts);
    let mut rules: Vec<usize> = counting.map(|(rule, _)| *rule).collect();
    rules.sort_by_key(|index| {
        let rule = &cutter.catalog.rules[*index];
        let own = rule.class == group.class && rule.cause == group.cause;
        let by_number = group.rules[index].by_number;
        let telling = (own, !rule.gives_way(), by_number, rule.basis);
        (std::cmp::Reverse(telling), *index)
    });
    rules
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn of_each_kind_the_first_event_is_known_in_whatever_order_they_come(
            events in proptest::collection::vec((0usize..60, 0usize..4, 0usize..2), 0..80),
        ) {
            let mut kinds = Kinds::default();
            events.iter().for_each(|(event, tells, source)| kinds.add((*tells, *source), *event));
            let all = kinds.events();
            prop_assert!(all.is_sorted());
            let is_first = |(event, tells, source): &(usize, usize, usize)| {
                let same = |e: &&(usize, usize, usize)| (e.1, e.2) == (*tells, *source);
                events.iter().filter(same).all(|e| event <= &e.0)
            };
            let mut expected: Vec<_> = events.iter().filter(|e| is_first(e)).collect();
            expected.sort_unstable();
            expected.dedup();
            let expected: Vec<usize> = expected.into_iter().map(|e| e.0).collect();
            prop_assert_eq!(all, expected);
        }

        #[test]
        fn of_what_stands_from_before_nothing_is_left_out_in_whatever_order_attempts_come(
            ranges in proptest::collection::vec((0usize..40, 0usize..40, 0usize..2), 0..20),
        ) {
            let (mut taken, mut got) = (Taken::default(), std::collections::BTreeSet::new());
            for (one, other, finding) in ranges {
                let range = one.min(other)..one.max(other);
                let rest = taken.rest((0, 0, (finding, true)), &range);
                prop_assert!(rest.start >= range.start && rest.end == range.end);
                got.extend(rest.map(|place| (finding, place)));
                prop_assert!(range.clone().all(|place| got.contains(&(finding, place))));
            }
        }

        #[test]
        fn events_are_gathered_once_and_in_order_in_whatever_order_they_come(
            events in proptest::collection::vec(0usize..60, 0..80),
        ) {
            let mut known = Numbers::one_of_many(None);
            let mut gathered = Gathered::default();
            events.iter().for_each(|event| gathered.take(&mut known, *event));
            let all = gathered.into(known, None);
            let expected: std::collections::BTreeSet<usize> = events.into_iter().collect();
            prop_assert!(all.iter().eq(expected));
        }
    }
}
