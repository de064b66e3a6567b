//! A logon that was refused with a token that is no good by its own claims: one trouble, told by what the token says.

use super::attempts::AttemptState;
use super::cut::Cutter;
use super::failure::Failure;
use super::numbers::Numbers;
use super::tokens;

/// Gives failures that only say that a logon was refused the rule of the client's last token, where one fired on it.
/// `events`: those of the client, in order.
pub(super) fn recast(cutter: &Cutter<'_>, events: &Numbers, attempt: &mut AttemptState) {
    if !cutter.all.any_token() {
        return;
    }
    for state in &mut attempt.stages {
        state
            .failures
            .change_own(|failure| one(cutter, events, failure));
    }
}

/// The same for one failure.
pub(super) fn one(cutter: &Cutter<'_>, events: &Numbers, failure: &mut Failure) {
    let catalog = cutter.catalog;
    if !cutter.memo.rule(failure.rule).refused {
        return;
    }
    let stream = cutter.all.stream_of(failure.source);
    let (tokens, until) = cutter.all.tokens_until(failure.event);
    let before = (0..until).rev().map(|place| tokens.get(place) as usize);
    let token = before
        .filter(|e| cutter.all.stream(*e) == stream)
        .find(|e| events.contains(*e));
    let Some(token) = token else { return };
    let Some(instant) = cutter.all.placed(failure.event).instant else {
        return;
    };
    // What the token says at the moment of the refusal counts: it may have expired since it was written.
    let told = catalog.rules.iter().position(|rule| {
        let test = rule.window.as_ref().and_then(|window| window.token);
        test.is_some_and(|test| tokens::holds_at(test, &cutter.all.at(token), instant, catalog))
    });
    if let Some(rule) = told {
        failure.rule = rule;
        failure.token = Some(token);
    }
}
