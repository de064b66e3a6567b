//! What the traces themselves say of the chain's endpoints: the server's name, the helper's port. With it, a record that
//! names another host is not blamed on the chain.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::attempts::for_each_record;
use super::cut::Cutter;
use super::event::Look;
use super::numbers::Numbers;
use crate::grammar::endpoint::Endpoint;
use crate::grammar::{Catalog, Meaning};
use crate::model::report::Severity;

/// The endpoints of one client's chain.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Host → the last stage that it was named for.
    hosts: BTreeMap<String, usize>,
    /// Ports that these hosts were named with.
    host_ports: BTreeMap<String, BTreeSet<u16>>,
    /// Hosts that only look like those of a stage, and that the lead program reached there.
    shown: BTreeSet<String>,
    /// Ports on this machine that the lead program spoke of without a failure.
    ports: BTreeSet<u16>,
    /// Ports on this machine that its helper spoke of without a failure.
    helper_ports: BTreeSet<u16>,
    /// Where records are put that tell these, as far as it was asked.
    spots: RefCell<Vec<Option<Spot>>>,
}

fn is_passed(meaning: Meaning, stage: usize) -> bool {
    matches!(meaning, Meaning::Passed(passed) if usize::from(passed) == stage)
}

/// Each way in which something may be told: in a record that tells a failure or not, by the lead program or another one.
const ALL: u8 = 0b1111;

/// Where a record's endpoint puts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// At this stage.
    Stage(usize),
    /// The record names nothing that tells.
    Unnamed,
    /// At a host or port that is not of the chain.
    Foreign,
}

impl Known {
    /// Collects what the records of a client name. Records that tell a failure do not count: a wrong port is no proof of
    /// itself.
    pub fn of(cutter: &Cutter<'_>, events: &Numbers) -> Self {
        let (catalog, all, lead) = (cutter.catalog, cutter.all, cutter.lead);
        let names = &catalog.chain.names;
        let mut known = Self {
            hosts: cutter.hosts.iter().cloned().collect(),
            ..Self::default()
        };
        let is_failure = |look: &Look<'_>| matches!(look.told.meaning, Meaning::Rule(rule) if catalog.rules[rule as usize].severity >= Severity::Error);
        // What is told once more in the same way names nothing new.
        let mut taken = vec![0u8; all.all_told().len()];
        for_each_record(all, events, |record| {
            let mut failing = None;
            for look in record {
                let taken = &mut taken[look.tells];
                if *taken == ALL {
                    continue;
                }
                let Some(endpoint) = look.told.endpoint.as_ref() else {
                    *taken = ALL;
                    continue;
                };
                let failing = *failing.get_or_insert_with(|| record.iter().any(is_failure));
                let is_lead = lead[look.source];
                let way = 1 << (2 * u8::from(failing) + u8::from(is_lead));
                if *taken & way != 0 {
                    continue;
                }
                *taken |= way;
                let Some(stage) = names.stage_of(endpoint) else {
                    *taken = ALL;
                    continue;
                };
                if endpoint.is_loopback() {
                    if !endpoint.scheme.is_empty() && !failing {
                        if is_lead {
                            known.ports.extend(endpoint.port);
                        } else {
                            known.helper_ports.extend(endpoint.port);
                        }
                    }
                } else if !endpoint.host.is_empty() {
                    if !names.is_weak(endpoint, stage) {
                        known.add(endpoint, stage, failing);
                    } else if is_lead && !failing && is_passed(look.told.meaning, stage) {
                        known.shown.insert(endpoint.host.clone());
                    }
                }
            }
        });
        known
    }

    fn add(&mut self, endpoint: &Endpoint, stage: usize, failing: bool) {
        match self.hosts.get_mut(&endpoint.host) {
            Some(last) => *last = (*last).max(stage),
            None => {
                self.hosts.insert(endpoint.host.clone(), stage);
            }
        }
        if failing {
            return;
        }
        match self.host_ports.get_mut(&endpoint.host) {
            Some(ports) => ports.extend(endpoint.port),
            None => {
                let ports = endpoint.port.into_iter().collect();
                self.host_ports.insert(endpoint.host.clone(), ports);
            }
        }
    }

    /// Where the endpoint belongs that the record of an event names.
    pub(super) fn spot_of(&self, catalog: &Catalog, look: &Look<'_>) -> Spot {
        let mut spots = self.spots.borrow_mut();
        if spots.len() <= look.tells {
            spots.resize(look.tells + 1, None);
        }
        let spot = &mut spots[look.tells];
        *spot.get_or_insert_with(|| self.spot(catalog, look.told.endpoint.as_ref()))
    }

    /// True if only what it looks like makes it an endpoint of the stage: no table names it, and the lead program did not
    /// reach it there.
    pub(super) fn is_guess(&self, catalog: &Catalog, endpoint: &Endpoint, stage: usize) -> bool {
        let names = &catalog.chain.names;
        names.stage_of(endpoint) == Some(stage)
            && names.is_weak(endpoint, stage)
            && !self.shown.contains(&endpoint.host)
    }

    /// Where such an endpoint belongs.
    pub(super) fn spot(&self, catalog: &Catalog, endpoint: Option<&Endpoint>) -> Spot {
        let Some(endpoint) = endpoint else {
            return Spot::Unnamed;
        };
        let names = &catalog.chain.names;
        if endpoint
            .port
            .is_some_and(|port| catalog.chain.other_ports.contains(&port))
        {
            return Spot::Foreign;
        }
        let stage = names.stage_of(endpoint);
        if endpoint.is_loopback() {
            let other = endpoint.port.is_some_and(|port| {
                // A client that asks the usual port while its helper has another one asks the helper all the same.
                let is_usual = self.ports.is_empty()
                    && stage.is_some_and(|s| catalog.chain.stages[s].usual_ports.contains(&port));
                let any_known = !self.ports.is_empty() || !self.helper_ports.is_empty();
                let known = self.ports.contains(&port) || self.helper_ports.contains(&port);
                any_known && !known && !is_usual
            });
            return match stage {
                Some(_) if other => Spot::Foreign,
                Some(stage) => Spot::Stage(stage),
                None => Spot::Unnamed,
            };
        }
        if let Some(stage) = stage {
            let surer = self
                .hosts
                .iter()
                .any(|(host, of)| *of == stage && *host != endpoint.host);
            let weak = names.is_weak(endpoint, stage);
            return if weak && (surer || names.is_other_host(&endpoint.host)) {
                Spot::Foreign
            } else {
                Spot::Stage(stage)
            };
        }
        if endpoint.host.is_empty() {
            return Spot::Unnamed;
        }
        if let Some(stage) = self.hosts.get(&endpoint.host) {
            // The same machine at a port that nothing of the chain was asked at: its telephony, a share.
            let ports = self.host_ports.get(&endpoint.host);
            let other = endpoint.port.zip(ports).is_some_and(|(port, ports)| {
                port != 443 && !ports.is_empty() && !ports.contains(&port)
            });
            return if other {
                Spot::Foreign
            } else {
                Spot::Stage(*stage)
            };
        }
        // The address of a host that only its name is known of: what was begun decides.
        let address = endpoint
            .host
            .bytes()
            .all(|b| b.is_ascii_digit() || b == b'.')
            || endpoint.host.contains(':');
        let usual = matches!(endpoint.port, None | Some(443));
        if names.is_other_host(&endpoint.host) {
            Spot::Foreign
        } else if self.hosts.is_empty() || address && usual {
            Spot::Unnamed
        } else {
            Spot::Foreign
        }
    }
}
