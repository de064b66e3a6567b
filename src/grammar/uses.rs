//! What facts are used for, and how Windows names time zones: `fact-uses.toml` and `zones.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::Fault;
use crate::model::Text;

/// All uses of facts.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Uses {
    /// The file replaces the built-in one of the same id.
    #[serde(default, rename = "override")]
    pub replaces: bool,
    /// Programs of the product, without `.exe`.
    #[serde(default)]
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostOf {
    /// Kind of the fact.
    pub fact: String,
    /// The stage that asks the host.
    pub stage: String,
}

/// A failure at the host and port of a fact.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recast {
    /// Kind of the fact.
    pub fact: String,
    /// Classes of the rules that it holds for.
    pub class: Vec<String>,
    /// True where the record names the host alone, without the port: a name that was not found.
    #[serde(default)]
    pub host_only: bool,
    /// The rule that it is instead.
    pub rule: String,
}

/// What a fact adds to a finding.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Use {
    /// `class` or `class/cause`.
    pub class: Vec<String>,
    /// Kind of the fact.
    pub fact: String,
    /// Value of the fact → `port` or `host` of the finding's endpoint.
    #[serde(default, rename = "where")]
    pub place: BTreeMap<String, String>,
    /// What stands in for a part of the endpoint that the finding does not have.
    #[serde(default, rename = "else")]
    pub default: BTreeMap<String, String>,
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

/// Joins two facts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// Kind of the other fact.
    pub fact: String,
    /// The value that both have.
    pub on: String,
}

/// The zones of Windows.
#[derive(Debug, Default, Deserialize)]
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowsZone {
    /// Its key in the registry.
    pub windows: String,
    /// Its name in the tz database.
    pub iana: String,
    /// Cities of its display name, localised names.
    #[serde(default)]
    pub also: Vec<String>,
}

/// Reads one of the two files.
///
/// # Errors
/// The fault of the file.
pub fn load<T: serde::de::DeserializeOwned>(path: &str, text: &str) -> Result<T, Vec<Fault>> {
    super::error::parse(path, text)
}

impl Uses {
    /// True if the program is one of the product's.
    pub fn is_own(&self, program: &str) -> bool {
        let program = program.to_lowercase();
        let stem = program.strip_suffix(".exe").unwrap_or(&program);
        self.own_programs
            .iter()
            .any(|own| own.to_lowercase() == stem)
    }
}

impl Zones {
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
        let zones: Zones = load("zones.toml", text).unwrap_or_default();
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
