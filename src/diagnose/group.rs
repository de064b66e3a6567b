//! Groups of failures inside one attempt: one class, cause and stage; what is the other side of the same event, or only
//! its wrapper, is folded into what explains it.

use super::attempts::{AttemptState, Failure};
use super::cut::Cutter;
use crate::model::time::SECOND;

/// What two programs wrote further apart is not one event, in nanoseconds: nobody's helper stays as it was from one
/// working day to the next.
pub(super) const SAME_EVENT: i64 = 12 * 3600 * SECOND;

/// One group of failures inside one attempt.
pub(super) struct Group {
    pub(super) class: String,
    pub(super) cause: String,
    pub(super) stage: usize,
    pub(super) wrapper: bool,
    pub(super) failures: Vec<Failure>,
    pub(super) support: Vec<usize>,
    pub(super) both_sides: bool,
}

/// Groups the failures of an attempt by stage, class and cause; the other side of an event and mere wrappers are
/// folded into what explains them.
pub(super) fn groups_of(cutter: &Cutter<'_>, attempt: &AttemptState) -> Vec<Group> {
    let mut all = Vec::new();
    for (stage, state) in attempt.stages.iter().enumerate() {
        let mut groups: Vec<Group> = Vec::new();
        for failure in state.failures.iter() {
            let rule = &cutter.catalog.rules[failure.rule];
            match groups
                .iter_mut()
                .find(|g| g.class == rule.class && g.cause == rule.cause)
            {
                Some(group) => {
                    group.failures.push(failure);
                    group.wrapper &= rule.wrapper;
                }
                None => groups.push(Group {
                    class: rule.class.clone(),
                    cause: rule.cause.clone(),
                    stage,
                    wrapper: rule.wrapper,
                    failures: vec![failure],
                    support: Vec::new(),
                    both_sides: false,
                }),
            }
        }
        for group in &mut groups {
            let tokens = group.failures.iter().filter_map(|f| f.token);
            group.support.extend(tokens);
        }
        fold(cutter, &mut groups);
        all.extend(groups);
    }
    all
}

/// True if a failure of the one and a failure of the other may be one event.
fn is_near(cutter: &Cutter<'_>, one: &Group, other: &Group) -> bool {
    let at = |failure: &Failure| cutter.all.at(failure.event);
    one.failures.iter().map(at).any(|a| {
        let near = |b: &Failure| {
            let b = at(b);
            a.stream == b.stream
                || a.placed.order.abs_diff(b.placed.order) <= SAME_EVENT.unsigned_abs()
        };
        other.failures.iter().any(near)
    })
}

pub(super) fn fold(cutter: &Cutter<'_>, groups: &mut Vec<Group>) {
    let explained_by = |class: &str| {
        cutter
            .catalog
            .chain
            .classes
            .get(class)
            .map(|c| c.explained_by.clone())
            .unwrap_or_default()
    };
    let mut index = 0;
    while index < groups.len() {
        let by = explained_by(&groups[index].class);
        let target = (0..groups.len()).find(|other| {
            let target = &groups[*other];
            let named = |name: &String| {
                *name == target.class && target.class != groups[index].class
                    || *name == format!("{}/{}", target.class, target.cause)
                    || name == "*" && target.class != groups[index].class
            };
            *other != index
                && !target.wrapper
                && (groups[index].wrapper || by.iter().any(named))
                && is_near(cutter, &groups[index], target)
        });
        let Some(target) = target else {
            index += 1;
            continue;
        };
        let folded = groups.remove(index);
        let target = &mut groups[if target > index { target - 1 } else { target }];
        let source = |f: &Failure| cutter.all.stream(f.event);
        if folded.wrapper {
            target
                .support
                .extend(folded.failures.iter().map(|f| f.event));
        } else {
            target.both_sides |= folded
                .failures
                .iter()
                .any(|f| target.failures.iter().all(|t| source(t) != source(f)));
            target.failures.extend(&folded.failures);
            target.failures.sort_by_key(|f| f.event);
        }
        target.support.extend(folded.support);
        index = 0;
    }
}
