//! What facts are used for, and how Windows names time zones: `fact-uses.toml` and `zones.toml`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::chain::Ground;
use super::chain_proof::Known;
use super::document::{At, Document, at};
use super::error::{Fault, Proof, one_of, read};
use super::facts::FactFile;
use super::template;
use crate::model::Text;

/// All uses of facts.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Uses {
    /// The file replaces the built-in one of the same id.
    #[serde(default, rename = "override")]
    pub replaces: bool,
    /// Programs of the product, without `.exe`.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub own_programs: Vec<String>,
    /// Failures that are about something else than they look like.
    #[serde(default)]
    pub recast: Vec<Recast>,
    /// Hosts of the chain.
    #[serde(default, rename = "host")]
    pub hosts: Vec<HostOf>,
    /// What facts add to findings.
    #[serde(default, rename = "use")]
    pub uses: Vec<Use>,
}

/// A fact whose value `host` is a host of the chain.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostOf {
    /// Kind of the fact.
    #[schemars(length(min = 1))]
    pub fact: String,
    /// The stage that asks the host.
    #[schemars(length(min = 1))]
    pub stage: String,
}

/// A failure at the host and port of a fact.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recast {
    /// Kind of the fact.
    #[schemars(length(min = 1))]
    pub fact: String,
    /// Classes of the rules that it holds for.
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub class: Vec<String>,
    /// True where the record names the host alone, without the port: a name that was not found.
    #[serde(default)]
    pub host_only: bool,
    /// The rule that it is instead.
    #[schemars(length(min = 1))]
    pub rule: String,
}

/// What a fact adds to a finding.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Use {
    /// `class` or `class/cause`.
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub class: Vec<String>,
    /// Kind of the fact.
    #[schemars(length(min = 1))]
    pub fact: String,
    /// Value of the fact → `port` or `host` of the finding's endpoint.
    #[serde(default, rename = "where")]
    pub place: BTreeMap<String, Part>,
    /// What stands in for a part of the endpoint that the finding does not have.
    #[serde(default, rename = "else")]
    pub default: Defaults,
    /// Another fact whose values are added.
    pub join: Option<Join>,
    /// Whether the fact's program has to be one of the product's.
    pub own: Option<bool>,
    /// Values with which the fact does not count.
    #[serde(default)]
    pub unless: BTreeMap<String, Vec<String>>,
    /// Added to the summary.
    pub summary: Text,
    /// Put first among the remedies.
    pub remedy: Option<Text>,
}

/// What stands in for parts of an endpoint.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Defaults {
    /// For its port.
    pub port: Option<String>,
    /// For its host.
    pub host: Option<String>,
}

impl Defaults {
    /// What stands in for that part.
    pub fn of(&self, part: Part) -> Option<&str> {
        match part {
            Part::Port => self.port.as_deref(),
            Part::Host => self.host.as_deref(),
        }
    }
}

/// A part of a finding's endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Its port.
    Port,
    /// Its host.
    Host,
}

/// Joins two facts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// Kind of the other fact.
    #[schemars(length(min = 1))]
    pub fact: String,
    /// The value that both have.
    #[schemars(length(min = 1))]
    pub on: String,
}

/// The zones of Windows.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Zones {
    /// The file replaces the built-in one of the same id.
    #[serde(default, rename = "override")]
    pub replaces: bool,
    /// One entry a zone.
    #[serde(default)]
    pub zone: Vec<WindowsZone>,
}

/// One zone.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowsZone {
    /// Its key in the registry.
    #[schemars(length(min = 1))]
    pub windows: String,
    /// Its name in the tz database.
    #[schemars(length(min = 1))]
    pub iana: String,
    /// Cities of its display name, localised names.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub also: Vec<String>,
}

impl Uses {
    /// Checks the file as far as it can be judged alone.
    ///
    /// # Errors
    /// All faults of the file.
    pub fn load(path: &str, text: &str, proof: Proof) -> Result<Self, Vec<Fault>> {
        let (uses, _, faults) = read(path, text, proof)?;
        if faults.is_empty() {
            Ok(uses)
        } else {
            Err(faults)
        }
    }

    /// Faults of what a user's own file says of the chain, of rules and of facts.
    pub(super) fn check(
        path: &str,
        text: &str,
        ground: &Ground,
        known: &Known,
        facts: &[FactFile],
        named: &[String],
    ) -> Vec<Fault> {
        let Ok((uses, file, _)) = read::<Self>(path, text, Proof::Needed) else {
            return Vec::new();
        };
        let mut kinds: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for fact in facts.iter().flat_map(|file| &file.facts) {
            kinds.entry(&fact.kind).or_default().extend(fact.values());
        }
        for kind in named {
            kinds.entry(kind).or_default();
        }
        let mut checking = Checking {
            uses: &uses,
            file: &file,
            ground,
            known,
            kinds,
            named,
            faults: Vec::new(),
        };
        checking.run();
        checking.faults
    }

    /// True if the program is one of the product's.
    pub fn is_own(&self, program: &str) -> bool {
        let program = program.to_lowercase();
        let stem = program.strip_suffix(".exe").unwrap_or(&program);
        self.own_programs
            .iter()
            .any(|own| own.to_lowercase() == stem)
    }
}

struct Checking<'a> {
    uses: &'a Uses,
    file: &'a Document<'a>,
    ground: &'a Ground,
    known: &'a Known,
    /// The values of each kind of fact.
    kinds: BTreeMap<&'a str, Vec<String>>,
    /// Kinds that traces name, with values that are theirs.
    named: &'a [String],
    faults: Vec<Fault>,
}

impl Checking<'_> {
    fn tell(&mut self, place: &At<'_>, message: impl Into<String>, help: impl Into<String>) {
        self.faults.push(self.file.fault(place, message, help));
    }

    fn kind(&mut self, place: &At<'_>, kind: &str) {
        if !self.kinds.contains_key(kind) {
            let message = format!("no file of facts/ reads a fact `{kind}`");
            let help = one_of(kind, self.kinds.keys().copied());
            self.tell(place, message, help);
        }
    }

    fn value(&mut self, place: &At<'_>, kind: &str, value: &str) {
        let Some(values) = self.kinds.get(kind) else {
            return;
        };
        if !values.iter().any(|v| v == value) && !self.named.iter().any(|n| n == kind) {
            let message = format!("a fact `{kind}` has no value `{value}`");
            let help = one_of(value, values.iter().map(String::as_str));
            self.tell(place, message, help);
        }
    }

    fn classes(&mut self, place: &At<'_>, classes: &[String]) {
        let Some(known) = &self.ground.classes else {
            return;
        };
        for (index, name) in classes.iter().enumerate() {
            let place = place.index(index);
            let (class, cause) = name.split_once('/').unwrap_or((name, ""));
            if !known.contains(class) {
                let message = format!("there is no class `{class}` in chain.toml");
                let help = one_of(class, known.iter().map(String::as_str));
                self.tell(&place, message, help);
            } else if !cause.is_empty() {
                self.known
                    .cause(class, cause, self.file, &place, &mut self.faults);
            }
        }
    }

    fn run(&mut self) {
        let uses = self.uses;
        let names = &self.ground.names;
        for (index, host) in uses.hosts.iter().enumerate() {
            let place = at("host").index(index);
            self.kind(&place.key("fact"), &host.fact);
            if !names.lost && !names.stages.contains(&host.stage) {
                let message = format!("there is no stage `{}` in chain.toml", host.stage);
                let help = one_of(&host.stage, names.stages.iter().map(String::as_str));
                self.tell(&place.key("stage"), message, help);
            }
        }
        for (index, recast) in uses.recast.iter().enumerate() {
            let place = at("recast").index(index);
            self.kind(&place.key("fact"), &recast.fact);
            self.classes(&place.key("class"), &recast.class);
            let place = place.key("rule");
            self.known
                .rule(&recast.rule, self.file, &place, &mut self.faults);
        }
        for (index, one) in uses.uses.iter().enumerate() {
            let place = at("use").index(index);
            self.kind(&place.key("fact"), &one.fact);
            self.classes(&place.key("class"), &one.class);
            for value in one.place.keys() {
                self.value(&place.key("where").name(value), &one.fact, value);
            }
            for (part, key) in [(Part::Port, "port"), (Part::Host, "host")] {
                if one.default.of(part).is_some() && !one.place.values().any(|p| *p == part) {
                    let message = format!("`where` compares nothing with the {key}");
                    let help = format!("write where = {{ {key} = \"{key}\" }}, or take it out");
                    self.tell(&place.key("else").key(key), message, help);
                }
            }
            for value in one.unless.keys() {
                self.value(&place.key("unless").name(value), &one.fact, value);
            }
            let mut values = self
                .kinds
                .get(one.fact.as_str())
                .cloned()
                .unwrap_or_default();
            if let Some(join) = &one.join {
                let place = place.key("join");
                self.kind(&place.key("fact"), &join.fact);
                self.value(&place.key("on"), &one.fact, &join.on);
                self.value(&place.key("on"), &join.fact, &join.on);
                values.extend(
                    self.kinds
                        .get(join.fact.as_str())
                        .cloned()
                        .unwrap_or_default(),
                );
            }
            if values.is_empty() {
                continue;
            }
            let known: Vec<&str> = values.iter().map(String::as_str).collect();
            let remedy = one.remedy.iter().map(|text| ("remedy", text));
            for (key, text) in std::iter::once(("summary", &one.summary)).chain(remedy) {
                let place = place.key(key);
                template::check(
                    &text.en,
                    &known,
                    self.file,
                    &place.key("en"),
                    &mut self.faults,
                );
                template::check(
                    &text.de,
                    &known,
                    self.file,
                    &place.key("de"),
                    &mut self.faults,
                );
            }
        }
    }
}

impl Zones {
    /// Checks the file.
    ///
    /// # Errors
    /// All faults of the file.
    pub fn load(path: &str, text: &str, proof: Proof) -> Result<Self, Vec<Fault>> {
        let (zones, file, mut faults): (Self, _, _) = read(path, text, proof)?;
        if proof == Proof::Needed {
            for (index, zone) in zones.zone.iter().enumerate() {
                let place = at("zone").index(index);
                if zone.iana.parse::<chrono_tz::Tz>().is_err() {
                    let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
                    let help = match super::error::alike(&zone.iana, names) {
                        Some(name) => format!("did you mean `{name}`?"),
                        None => "write a name of the tz database, for example Europe/Berlin".into(),
                    };
                    let message = format!("there is no zone `{}`", zone.iana);
                    faults.push(file.fault(&place.key("iana"), message, help));
                }
                let same = |other: &&WindowsZone| {
                    other.windows.to_lowercase() == zone.windows.to_lowercase()
                };
                if zones.zone[..index].iter().any(|z| same(&z)) {
                    let message = format!("the zone `{}` is there already", zone.windows);
                    faults.push(file.fault(
                        &place.key("windows"),
                        message,
                        "take one of the two out",
                    ));
                }
            }
        }
        if faults.is_empty() {
            Ok(zones)
        } else {
            Err(faults)
        }
    }

    /// The tz name of a zone as Windows writes it: its key, else a name, else a city of a display name.
    pub fn iana(&self, written: &str) -> Option<&str> {
        let lower = written.trim().to_lowercase();
        let whole = |z: &&WindowsZone| {
            z.windows.to_lowercase() == lower
                || z.iana.to_lowercase() == lower
                || z.also.iter().any(|name| name.to_lowercase() == lower)
        };
        let city = |z: &&WindowsZone| {
            let parts = || lower.split([')', '(', ',', ';']).map(str::trim);
            z.also.iter().any(|name| {
                let name = name.to_lowercase();
                parts().any(|part| part == name)
            })
        };
        let found = self.zone.iter().find(whole);
        let found = found.or_else(|| self.zone.iter().find(city));
        found.map(|z| z.iana.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_known_by_key_name_and_city() {
        let text = include_str!("../../grammars/zones.toml");
        let zones = Zones::load("zones.toml", text, Proof::Needed).unwrap_or_default();
        let table = [
            ("W. Europe Standard Time", Some("Europe/Berlin")),
            (
                "(UTC+01:00) Amsterdam, Berlin, Bern, Rom, Stockholm, Wien",
                Some("Europe/Berlin"),
            ),
            ("Mitteleuropäische Zeit", Some("Europe/Berlin")),
            (
                "(UTC-08:00) Pacific Time (US & Canada)",
                Some("America/Los_Angeles"),
            ),
            (
                "(UTC+00:00) Dublin, Edinburgh, Lissabon, London",
                Some("Europe/London"),
            ),
            ("Mars", None),
        ];
        for (written, iana) in table {
            assert_eq!(zones.iana(written), iana, "{written}");
        }
        for zone in &zones.zone {
            assert!(zone.iana.parse::<chrono_tz::Tz>().is_ok(), "{}", zone.iana);
        }
    }
}
