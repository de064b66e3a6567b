//! How sure a finding is, by the rules that ARCHITECTURE.md states.

use super::cut::Cutter;
use super::findings::FindingState;
use super::notes::Note;
use crate::grammar::rule::{Basis, RuleStage};
use crate::model::report::Confidence;

/// Why a finding is as sure as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A number of a runtime or of Windows was seen.
    Code,
    /// The record names the endpoint of the stage, or the program's trace is about this stage only.
    Endpoint,
    /// Both sides of the event wrote about it.
    BothSides,
    /// The rule is the vendor's.
    Vendor,
    /// The rule is only a conclusion of ours.
    InferredOnly,
    /// The rule rests on reverse engineering by others.
    ThirdPartyOnly,
    /// The text carries no cause of its own.
    WrapperOnly,
    /// No endpoint stands in the record, but the record that began the stage does stand before it.
    BegunBefore,
    /// No endpoint stands in the record, and nothing says what was begun: the stage is a guess from the order.
    StageByContext,
    /// A version speaks against it.
    VersionAgainst,
    /// The helper's own trace speaks against it.
    HelperAgainst,
    /// The session had been open before it broke off.
    SessionStood,
    /// The traces begin in the middle of a login.
    MidLogin,
    /// Its source has no times.
    NoTimes,
    /// A part of the client's traces could not be read.
    InputLost,
}

/// How well the place of a finding is known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) at_endpoint: bool,
    pub(super) in_context: bool,
    pub(super) both_sides: bool,
}

/// What was not seen of the client whose finding it is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Gaps {
    /// Its traces begin in the middle of a login.
    pub(super) mid_login: bool,
    /// A part of its traces could not be read.
    pub(super) lost: bool,
}

/// True if all that its records name only look like endpoints of its stage.
fn is_guess(cutter: &Cutter<'_>, finding: &FindingState) -> bool {
    let names = &cutter.catalog.chain.names;
    let mut named = (finding.kinds.iter())
        .filter_map(|event| cutter.all.told(*event).endpoint.as_ref())
        .filter(|endpoint| names.stage_of(endpoint) == Some(finding.stage))
        .peekable();
    named.peek().is_some()
        && named.all(|endpoint| !endpoint.is_loopback() && names.is_weak(endpoint, finding.stage))
}

fn lower(confidence: Confidence) -> Confidence {
    match confidence {
        Confidence::Certain => Confidence::Likely,
        Confidence::Likely | Confidence::Possible => Confidence::Possible,
    }
}

/// The stated rules of confidence; ARCHITECTURE.md has them in words.
pub(super) fn judge(cutter: &Cutter<'_>, finding: &mut FindingState, place: Place, gaps: Gaps) {
    let Place {
        at_endpoint,
        in_context,
        both_sides,
    } = place;
    let rules: Vec<_> = finding
        .rules
        .iter()
        .map(|r| &cutter.catalog.rules[*r])
        .collect();
    let basis = rules.iter().filter(|r| !r.wrapper).map(|r| r.basis).max();
    let mut kinds = finding.kinds.iter();
    let code = kinds.any(|e| cutter.all.told(*e).by_number);
    let fixed = rules.iter().any(|r| matches!(r.stage, RuleStage::Fixed(_)));
    let mut reasons = Vec::new();
    if code {
        reasons.push(Reason::Code);
    }
    if at_endpoint {
        reasons.push(Reason::Endpoint);
    } else if !fixed {
        reasons.push(if in_context {
            Reason::BegunBefore
        } else {
            Reason::StageByContext
        });
    }
    if both_sides {
        reasons.push(Reason::BothSides);
    }
    let place = at_endpoint || fixed || in_context;
    let mut confidence = match (place, code || both_sides) {
        (true, true) if at_endpoint || both_sides => Confidence::Certain,
        (true, _) | (false, true) => Confidence::Likely,
        (false, false) => Confidence::Possible,
    };
    if !at_endpoint && is_guess(cutter, finding) {
        confidence = Confidence::Possible;
    }
    match basis {
        Some(Basis::Vendor) => reasons.push(Reason::Vendor),
        Some(Basis::Framework) => {}
        Some(Basis::ThirdParty) => {
            reasons.push(Reason::ThirdPartyOnly);
            confidence = confidence.min(Confidence::Likely);
        }
        Some(Basis::Inferred) => {
            reasons.push(Reason::InferredOnly);
            confidence = Confidence::Possible;
        }
        None => {
            reasons.push(Reason::WrapperOnly);
            confidence = Confidence::Possible;
        }
    }
    // What speaks against it, and what was not seen, costs one step each.
    for note in finding.notes.iter().filter(|note| note.contradicts()) {
        reasons.push(match note {
            Note::Version { .. } => Reason::VersionAgainst,
            _ => Reason::HelperAgainst,
        });
        confidence = lower(confidence);
    }
    if gaps.mid_login && !at_endpoint {
        reasons.push(Reason::MidLogin);
        confidence = lower(confidence);
    }
    let timeless = finding
        .events
        .iter()
        .all(|e| cutter.all.placed(e).instant.is_none());
    if timeless && !at_endpoint {
        reasons.push(Reason::NoTimes);
        confidence = lower(confidence);
    }
    if gaps.lost {
        reasons.push(Reason::InputLost);
        confidence = lower(confidence);
    }
    finding.confidence = confidence;
    finding.reasons = reasons;
}
