//! What the traces say besides: facts that speak against a finding or explain it, each with the record that says so.

use std::collections::BTreeSet;

use super::compose::Facts;
use super::cut::Cutter;
use super::event::{Events, Look};
use super::failure::Failure;
use super::findings::{ClientState, FindingState};
use super::numbers::Numbers;
use super::phrases;
use super::times;
use super::tokens;
use crate::grammar::Meaning;
use crate::grammar::chain::Class;
use crate::grammar::endpoint::Endpoint;
use crate::grammar::told::Told;
use crate::model::Lang;

/// Attempts over IPv4 and IPv6 within so long are one request, in nanoseconds.
const DOUBLE: i64 = 4 * crate::model::time::SECOND;

/// One such fact. Numbers named `event` are indices of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The helper says that it listens on the port at which nobody answered.
    HelperListens {
        /// The helper's record.
        event: usize,
    },
    /// The helper listens on another port than the one that was asked.
    OtherPort {
        /// The helper's record.
        event: usize,
        /// Its port.
        listens: u16,
        /// The port that was asked.
        asked: u16,
    },
    /// A version speaks against the class.
    Version {
        /// Index among the class's contradictions.
        index: usize,
        /// The record that names the version.
        event: usize,
    },
    /// Attempts over IPv4 and IPv6 of one request were counted once.
    Doubles {
        /// How many were left out.
        left_out: usize,
    },
    /// No host on the internet was reached at all.
    Offline,
    /// What a token in the traces says, against the time of its record.
    Token {
        /// The record that holds it.
        event: usize,
    },
    /// Two times that the failing record names: when the token was checked, and from or until when it is valid.
    Times {
        /// The failing record.
        event: usize,
    },
}

impl Note {
    /// True if it speaks against the finding.
    pub fn contradicts(&self) -> bool {
        matches!(self, Self::HelperListens { .. } | Self::Version { .. })
    }

    /// The sentence.
    pub(super) fn text(&self, state: &FindingState, facts: &Facts<'_>) -> String {
        let lang = facts.lang;
        let at = |event: usize| {
            facts.at(event).map_or_else(
                || phrases::no_time(lang).to_owned(),
                |m| phrases::clock(m, lang),
            )
        };
        let place = |event: usize| {
            let placed = facts.events.placed(event);
            let path = &facts.sources[placed.source as usize].path;
            format!("{path}:{}", placed.line)
        };
        match self {
            Self::HelperListens { event } => match lang {
                Lang::En => format!(
                    "The helper's own trace says the opposite: at {} it listened there ({}). Is it the trace of the same Windows session and PC, and was the helper restarted in between?",
                    at(*event),
                    place(*event)
                ),
                Lang::De => format!(
                    "Der eigene Trace des Helfers sagt das Gegenteil: Am {} lauschte er dort ({}). Stammt der Trace aus derselben Windows-Sitzung und vom selben PC, und wurde der Helfer dazwischen neu gestartet?",
                    at(*event),
                    place(*event)
                ),
            },
            Self::OtherPort {
                event,
                listens,
                asked,
            } => match lang {
                Lang::En => format!(
                    "The helper listens on port {listens} ({}), but port {asked} was asked: the two programs are not of the same version, or one of them was not restarted after an update.",
                    place(*event)
                ),
                Lang::De => format!(
                    "Der Helfer lauscht auf Port {listens} ({}), gefragt wurde aber Port {asked}: Die beiden Programme haben nicht denselben Versionsstand, oder eines wurde nach einem Update nicht neu gestartet.",
                    place(*event)
                ),
            },
            Self::Version { index, event } => {
                let class = facts.catalog.chain.classes.get(&state.class);
                let text = class.map_or("", |c: &Class| c.contradictions[*index].text.get(lang));
                let (product, version) = version_of(facts.catalog, facts.events, *event);
                text.replace("{product}", &product)
                    .replace("{version}", &version)
            }
            Self::Doubles { left_out } => match lang {
                Lang::En => format!(
                    "Attempts over IPv4 and IPv6 of the same request are counted once ({left_out} left out)."
                ),
                Lang::De => format!(
                    "Versuche über IPv4 und IPv6 derselben Anfrage sind einmal gezählt ({left_out} nicht mitgezählt)."
                ),
            },
            Self::Token { event } => {
                let claims = tokens::of(facts.events.told(*event)).unwrap_or_default();
                // What counts is what the token said when it was used.
                let used = state.events.partition_point(|e| e < *event);
                let used = (used < state.events.len()).then(|| state.events.get(used));
                let seen = facts.events.placed(used.unwrap_or(*event)).instant;
                let shown = |seconds: i64| {
                    let nanos = seconds.saturating_mul(crate::model::time::SECOND);
                    phrases::clock((facts.moment)(nanos), lang)
                };
                let others = tokens::others(&claims, facts.catalog);
                let parts = phrases::token(&claims, seen, &others, &shown, lang);
                let lead = phrases::pick(lang, "Token in", "Token in");
                format!("{lead} {}: {}", place(*event), parts.join("; "))
            }
            Self::Times { event } => {
                let record = facts.events.at(*event);
                let seen = record
                    .placed
                    .instant
                    .map(|n| n.div_euclid(crate::model::time::SECOND));
                let checked = capture(record.told, "now").and_then(times::utc).or(seen);
                let from = capture(record.told, "from").and_then(times::utc);
                let until = capture(record.told, "expired").and_then(times::utc);
                let shown = |seconds: i64| {
                    let nanos = seconds.saturating_mul(crate::model::time::SECOND);
                    phrases::clock((facts.moment)(nanos), lang)
                };
                phrases::validity(from, until, checked, &shown, lang)
            }
            Self::Offline => {
                let text = phrases::pick(
                    lang,
                    "No host on the internet was reached in this attempt, whatever its name: look at the PC's internet connection first.",
                    "In diesem Versuch wurde kein Ziel im Internet erreicht, gleich unter welchem Namen: zuerst die Internetverbindung des PCs prüfen.",
                );
                match &facts.catalog.chain.offline.note {
                    Some(note) => format!("{text} {}", note.get(lang)),
                    None => text.to_owned(),
                }
            }
        }
    }
}

fn version_of(
    catalog: &crate::grammar::Catalog,
    events: &Events,
    event: usize,
) -> (String, String) {
    let product = match events.told(event).meaning {
        Meaning::Version(mark) => catalog.chain.versions[mark as usize].product.clone(),
        _ => String::new(),
    };
    let version = capture(events.told(event), "version").unwrap_or_default();
    (product, version.to_owned())
}

/// The value of a capture.
pub(super) fn capture<'e>(told: &'e Told, name: &str) -> Option<&'e str> {
    let captures = told.captures.as_deref()?;
    captures
        .iter()
        .find(|(n, _)| n == name)
        .map(|(_, v)| v.as_str())
}

/// The notes on a finding.
pub(super) fn notes_of(
    cutter: &Cutter<'_>,
    state: &ClientState,
    finding: &FindingState,
) -> Vec<Note> {
    let mut notes = Vec::new();
    notes.extend(helper(cutter, state, finding));
    notes.extend(version(cutter, state, finding));
    let left_out = doubles(cutter.all, finding, &finding.events);
    if left_out > 0 {
        notes.push(Note::Doubles { left_out });
    }
    notes.extend(offline(cutter, state, finding));
    notes.extend(token(cutter, state, finding));
    notes
}

/// The token nearest to the finding, and the times in its own records, where the finding is about a token.
fn token(cutter: &Cutter<'_>, state: &ClientState, finding: &FindingState) -> Vec<Note> {
    let about_tokens = finding.rules.iter().any(|rule| {
        cutter.catalog.rules[*rule].class == finding.class && is_about_tokens(cutter, finding)
    });
    if !about_tokens {
        return Vec::new();
    }
    let mut notes = Vec::new();
    let timed = finding.kinds.iter().copied().find(|e| {
        let event = cutter.all.told(*e);
        ["from", "expired"]
            .iter()
            .any(|name| capture(event, name).and_then(times::utc).is_some())
    });
    notes.extend(timed.map(|event| Note::Times { event }));
    let last = finding.events.last().unwrap_or(0);
    // All that a record tells stands together.
    let record = cutter.all.record(last);
    let (all, mut until) = cutter.all.tokens_until(last);
    let token = |place: usize| all.get(place) as usize;
    while until < all.len() && cutter.all.record(token(until)) == record {
        until += 1;
    }
    let is_told =
        |e: &usize| tokens::of(cutter.all.told(*e)).is_some() && state.events.contains(*e);
    let nearest = ((0..until).rev().map(token).find(is_told))
        .or_else(|| (until..all.len()).map(token).find(is_told));
    notes.extend(nearest.map(|event| Note::Token { event }));
    notes
}

/// True if a rule of the class names a token as what was refused: the class has a rule that reads claims.
fn is_about_tokens(cutter: &Cutter<'_>, finding: &FindingState) -> bool {
    cutter.catalog.rules.iter().any(|rule| {
        rule.class == finding.class && rule.window.as_ref().is_some_and(|w| w.token.is_some())
    })
}

/// What the helper says of its port, where the finding is that nobody answers on this machine.
fn helper(cutter: &Cutter<'_>, state: &ClientState, finding: &FindingState) -> Option<Note> {
    let chain = &cutter.catalog.chain;
    let stage = chain.loopback_stage()?;
    if finding.stage != stage {
        return None;
    }
    let of_lead = |event: &usize| cutter.lead[cutter.all.source(*event)];
    let asked = finding
        .kinds
        .iter()
        .copied()
        .filter(of_lead)
        .map(|e| (e, cutter.all.told(e).endpoint.as_ref()))
        .find_map(|(e, endpoint)| Some((e, endpoint.filter(|p| p.is_loopback())?.port?)));
    // Who answers, whatever he says, does listen.
    let refused = finding.rules.iter().any(|r| {
        let rule = &cutter.catalog.rules[*r];
        let class = chain.classes.get(&rule.class);
        class.is_some_and(|c| c.follows && !c.answered.contains(&rule.cause))
    });
    let (failed, port) = asked.filter(|_| refused)?;
    let helper_failed = finding.kinds.iter().any(|e| !of_lead(e));
    if helper_failed {
        return None;
    }
    let listens = |e: &usize| {
        let event = cutter.all.told(*e);
        matches!(event.meaning, Meaning::Passed(s) if usize::from(s) == stage)
            && !of_lead(e)
            && event.endpoint.as_ref().is_some_and(|p| p.port.is_some())
    };
    let may_listen = |told: &Told| {
        told.meaning == Meaning::Passed(stage as u8)
            && told.endpoint.as_ref().is_some_and(|p| p.port.is_some())
    };
    if !cutter.all.any_tells(may_listen) {
        return None;
    }
    let until = state.events.partition_point(|e| e < failed);
    let nearest = (state.events.range(0..until).rev().find(listens))
        .or_else(|| (state.events.range(until..state.events.len())).find(listens))?;
    let listens = cutter.all.told(nearest).endpoint.as_ref()?.port?;
    if listens != port {
        return Some(Note::OtherPort {
            event: nearest,
            listens,
            asked: port,
        });
    }
    (nearest < failed).then_some(Note::HelperListens { event: nearest })
}

fn version(cutter: &Cutter<'_>, state: &ClientState, finding: &FindingState) -> Option<Note> {
    let class = cutter.catalog.chain.classes.get(&finding.class)?;
    if class.contradictions.is_empty() {
        return None;
    }
    let ports: BTreeSet<u16> = finding
        .kinds
        .iter()
        .filter_map(|e| cutter.all.told(*e).endpoint.as_ref()?.port)
        .collect();
    class
        .contradictions
        .iter()
        .enumerate()
        .filter(|(_, c)| {
            c.port
                .is_none_or(|p| ports.is_empty() || ports.contains(&p))
        })
        .find_map(|(index, c)| {
            // The version that is named last is the one that runs.
            let event = state.versions.iter().copied().rev().find(|e| {
                let (product, _) = version_of(cutter.catalog, cutter.all, *e);
                c.products.contains(&product)
            })?;
            let (_, version) = version_of(cutter.catalog, cutter.all, event);
            c.version
                .holds(&version)
                .then_some(Note::Version { index, event })
        })
}

/// How many of these events of a finding are the other address family's half of a request that counts already: one after the
/// other, in the same source, of one rule and port, at hosts of both families.
pub(super) fn doubles(all: &Events, finding: &FindingState, events: &Numbers) -> usize {
    if !may_have_doubles(all, finding) {
        return 0;
    }
    let mut count = 0;
    // The event before, unless it was left out.
    let mut before = None;
    all.look_at(events, |look| {
        let is_one = before.is_some_and(|before| is_double(all, before, look));
        count += usize::from(is_one);
        before = Some(look).filter(|_| !is_one);
    });
    count
}

/// True if the finding names addresses of both families: most name none of the newer one.
fn may_have_doubles(all: &Events, finding: &FindingState) -> bool {
    let told = finding.kinds.iter().map(|event| all.told(*event));
    let endpoints = told.filter_map(|told| told.endpoint.as_ref());
    let families = endpoints.filter(|e| is_host_address(e));
    let families: BTreeSet<bool> = families.map(|e| e.host.contains(':')).collect();
    families.len() > 1
}

/// True if the host is an address and no name, of whichever family.
fn is_host_address(endpoint: &Endpoint) -> bool {
    let host = &endpoint.host;
    host.contains(':') || host.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

fn is_double(all: &Events, before: Look<'_>, event: Look<'_>) -> bool {
    let (a, b) = (before.told, event.told);
    let (Some(first), Some(second)) = (a.endpoint.as_ref(), b.endpoint.as_ref()) else {
        return false;
    };
    let instant = |look: &Look<'_>| all.placed(look.index).instant;
    let near = || {
        let instants = instant(&before).zip(instant(&event));
        instants.is_some_and(|(a, b)| b.saturating_sub(a) <= DOUBLE)
    };
    first.host.contains(':') != second.host.contains(':')
        && [first, second].into_iter().all(is_host_address)
        && first.port == second.port
        && a.meaning == b.meaning
        && all.stream_of(before.source) == all.stream_of(event.source)
        && near()
}

/// True if every stage on the internet that was tried was not reached, and there were at least two, or the rule says it.
fn offline(cutter: &Cutter<'_>, state: &ClientState, finding: &FindingState) -> Option<Note> {
    let chain = &cutter.catalog.chain;
    let unreached = |f: Failure| {
        let class = chain.classes.get(&cutter.catalog.rules[f.rule].class);
        class.is_some_and(|c| c.unreached)
    };
    let attempt = state.attempts.get(finding.attempts.last()?)?;
    let internet = || {
        chain
            .stages
            .iter()
            .zip(&attempt.stages)
            .filter(|(stage, _)| stage.internet)
            .map(|(_, state)| state)
    };
    let tried = internet().filter(|s| !s.failures.is_empty()).count();
    let none = internet().all(|s| s.passed.is_none() && s.failures.distinct().all(unreached));
    let here = chain.stages[finding.stage].internet && finding.open;
    (here && tried >= 2 && none).then_some(Note::Offline)
}
