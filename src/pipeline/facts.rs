//! What lies beside the traces: read by fact patterns, then given to the clock and the diagnosis.

use std::io::Read;
use std::sync::Arc;

use super::Settings;
use super::analyze::evidence;
use super::placed::PlacedSource;
use super::read::SourceScan;
use crate::decode::{Access, Input, show};
use crate::detect::Layout;
use crate::diagnose::Events;
use crate::facts::{self, Found};
use crate::grammar::Meaning;
use crate::grammar::facts::sentence;
use crate::grammar::told::Told;
use crate::model::report::{Fact, Version};
use crate::model::{Problem, SourceInfo, Text};
use crate::scan::place::ZoneOf;
use crate::scan::{BlockScan, Blocks};

/// A record of facts says what it is within so many bytes.
const HEAD: usize = 8 << 10;
/// Most bytes of a source that are searched for facts; saved output of a tool is far smaller.
const MOST_BYTES: u64 = 32 << 20;
/// Most failures whose records are read again for the address of a proxy.
const MOST_RECAST: usize = 10_000;

/// What a source says that is no log.
#[derive(Debug)]
pub struct Beside {
    /// Indices of the files of patterns that read it.
    pub by: Vec<usize>,
    /// What they found.
    pub found: Vec<Found>,
}

impl Beside {
    /// The ids of the files of patterns, as a format is shown.
    pub fn ids(&self, settings: &Settings<'_>) -> String {
        let ids = self
            .by
            .iter()
            .map(|f| settings.catalog.facts[*f].id.as_str());
        ids.collect::<Vec<_>>().join(" + ")
    }
}

/// The files of patterns that know a source. A trace of a known program, or a text whose lines have stamps, is a log
/// whatever it quotes.
pub(super) fn known(
    settings: &Settings<'_>,
    info: &SourceInfo,
    input: &Input,
    layout: &Layout,
) -> Vec<usize> {
    if settings.force.is_some() {
        return Vec::new();
    }
    let head = input.head();
    let head = &head[..head.len().min(HEAD)];
    if is_stamped(head, layout) {
        return Vec::new();
    }
    let by = facts::recognise(
        &settings.catalog.facts,
        &info.name,
        &show(head, input.encoding).replace('\r', ""),
    );
    // `Program.exe.config` is called like the program, and is no trace of it: its ending is known.
    let named = |file: &usize| settings.catalog.facts[*file].goes_by_name();
    by.into_iter()
        .filter(|file| info.program.is_none() || named(file))
        .collect()
}

/// True if most lines that are not indented begin with a stamp.
fn is_stamped(head: &[u8], layout: &Layout) -> bool {
    let lines = || {
        let lines = crate::detect::lines::between_feeds(head);
        lines.filter(|line| line.first().is_some_and(|b| !b.is_ascii_whitespace()))
    };
    // Nothing is read beyond what decides it.
    let half = lines().count() / 2;
    let is_stamped = |line: &&[u8]| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let time = layout.read(line).and_then(|(_, fields)| fields.time);
        time.is_some()
    };
    lines().filter(is_stamped).nth(half).is_some()
}

/// Reads a source as facts.
pub(super) fn read(
    settings: &Settings<'_>,
    mut info: Arc<SourceInfo>,
    input: Input,
    layout: Layout,
    by: Vec<usize>,
) -> SourceScan {
    Arc::make_mut(&mut info).program = None;
    let mut bytes = Vec::new();
    let mut problems = input.problems;
    let result = match input.access {
        Access::Random(file) => {
            let length = file.len().min(MOST_BYTES);
            bytes.resize(length as usize, 0);
            let read = file.fill_at(0, &mut bytes);
            bytes.truncate(*read.as_ref().unwrap_or(&0));
            if file.len() > MOST_BYTES {
                problems.push(too_long(&info.path));
            }
            read.map(|_| ())
        }
        Access::Stream(mut reader) => {
            let read = (&mut reader).take(MOST_BYTES).read_to_end(&mut bytes);
            if std::io::copy(&mut reader, &mut std::io::sink()).unwrap_or(0) > 0 {
                problems.push(too_long(&info.path));
            }
            read.map(|_| ())
        }
    };
    if let Err(error) = result {
        problems.push(super::read::read_error(&info.path, &error));
    }
    settings.progress.add(input.meter.bytes());
    problems.extend(input.meter.problems());
    let lines = memchr::memchr_iter(b'\n', &bytes).count() as u64
        + u64::from(bytes.last().is_some_and(|b| *b != b'\n'));
    let text = show(&bytes, input.encoding);
    let (found, count) = facts::read(&settings.catalog.facts, &by, &text);
    if count > found.len() {
        let most = found.len();
        let en = format!("it holds {count} facts; the first {most} were taken");
        let de = format!("sie enthält {count} Angaben; die ersten {most} wurden übernommen");
        problems.push(Problem::note(&info.path, Text::new(en, de)));
    }
    SourceScan {
        events: super::zones::Events::default(),
        encoding: input.encoding,
        layout,
        blocks: Blocks::from_iter([BlockScan {
            lines,
            continuations: lines,
            in_scope: true,
            ..BlockScan::default()
        }]),
        file: None,
        quotes: crate::pipeline::Quotes::default(),
        bytes: input.meter.bytes(),
        problems,
        in_scope: true,
        facts: Some(Beside { by, found }),
        zone: None,
        settled: 0,
        signals: vec![super::Signals::default()],
        unknown: crate::pipeline::uncatalogued::Unknown::default(),
        info,
    }
}

fn too_long(path: &str) -> Problem {
    let text = Text::new(
        "longer than 32 MiB; only its beginning was searched for facts",
        "länger als 32 MiB; nur der Anfang wurde nach Angaben durchsucht",
    );
    Problem::lost(path, text)
}

/// Every fact of a kind with its source's path.
fn of_kind<'a>(
    scan: &'a SourceScan,
    settings: &'a Settings<'_>,
    kind: &'a str,
) -> impl Iterator<Item = &'a Found> {
    let found = scan.facts.iter().flat_map(|beside| &beside.found);
    found.filter(move |f| settings.catalog.facts[f.file].facts[f.pattern].kind == kind)
}

/// Gives each trace the time zone that its package names: the nearest one by its path. A zone that the user named wins.
pub(super) fn give_zones(scans: &mut [SourceScan], settings: &Settings<'_>) {
    if settings.zone_basis == "option" {
        return;
    }
    let mut zones: Vec<(String, ZoneOf, String)> = Vec::new();
    for scan in scans.iter() {
        for fact in of_kind(scan, settings, "time-zone") {
            let written = fact.values.get("zone").map_or("", String::as_str);
            let iana = settings.catalog.zones.iana(written);
            if let Some(zone) = iana.and_then(|name| name.parse::<chrono_tz::Tz>().ok()) {
                let name = zone.name().to_owned();
                zones.push((scan.info.path.clone(), ZoneOf::Named(zone), name));
            }
        }
    }
    for scan in scans.iter_mut().filter(|s| s.facts.is_none()) {
        let near = |path: &str| common_folders(&scan.info.path, path);
        let Some(best) = zones.iter().map(|z| near(&z.0)).max() else {
            continue;
        };
        let mut nearest = zones.iter().filter(|z| near(&z.0) == best);
        let Some(first) = nearest.next() else {
            continue;
        };
        // Two machines in one folder: nobody knows which one wrote the trace.
        if nearest.all(|z| z.1 == first.1) {
            scan.zone = Some((first.1, first.2.clone()));
        }
    }
}

/// How many folders (or archives) two paths have in common.
fn common_folders(a: &str, b: &str) -> usize {
    let parts = |path| crate::model::split_path(path).0.split(['/', '!']);
    parts(a).zip(parts(b)).take_while(|(a, b)| a == b).count()
}

/// An address that a fact names.
struct Address {
    host: String,
    port: String,
    /// Where only an earlier record of the same client names it: that client, and the index of the event.
    since: Option<(usize, usize)>,
}

impl Address {
    /// True if a text in lower case names it.
    fn is_in(&self, text: &str, host_only: bool) -> bool {
        if host_only {
            return names(text, &self.host);
        }
        // Of a proxy that is known by its name, a failure shows the address that the name stands for.
        let by_name = self.host.bytes().any(|b| b.is_ascii_alphabetic());
        names(text, &format!("{}:{}", self.host, self.port))
            || by_name && !USUAL.contains(&self.port.as_str()) && names_port(text, &self.port)
    }
}

/// Ports that many hosts have.
const USUAL: [&str; 2] = ["80", "443"];

/// The addresses of facts of a kind: those of the package, and those that traces name.
fn addresses(
    events: &Events,
    sources: &[PlacedSource],
    settings: &Settings<'_>,
    kind: &str,
) -> Vec<Address> {
    let catalog = settings.catalog;
    let beside = sources
        .iter()
        .flat_map(|s| of_kind(&s.scan, settings, kind))
        .filter(|f| f.values.get("enabled").is_none_or(|on| on != "0"))
        .filter_map(|f| Some((f.values.get("host")?, f.values.get("port")?, None)));
    let any_named = events.any_tells(|told| matches!(told.meaning, Meaning::Named(_)));
    let tellings = events.tellings().enumerate().take_while(|_| any_named);
    let named = tellings.filter_map(|(index, told)| {
        let Meaning::Named(mark) = told.meaning else {
            return None;
        };
        let value = |name: &str| {
            let captures = told.captures.as_deref()?;
            captures.iter().find(|c| c.0 == name).map(|c| &c.1)
        };
        let client = events.client(index);
        (catalog.chain.named[mark as usize].fact == kind).then_some((
            value("host")?,
            value("port")?,
            Some((client, index)),
        ))
    });
    let mut all: Vec<Address> = Vec::new();
    for (host, port, since) in beside.chain(named) {
        let host = host.to_lowercase();
        let client = since.map(|s: (usize, usize)| s.0);
        let known = |a: &Address| {
            a.host == host
                && a.port == *port
                && (a.since.map(|s| s.0) == client || a.since.is_none())
        };
        let of_chain = catalog.chain.names.knows_host(&host);
        if !of_chain && !all.iter().any(known) {
            let port = port.clone();
            all.push(Address { host, port, since });
        }
    }
    all
}

/// A failure at the address of a proxy that the package knows, or that the same client's traces named before, is a
/// failure of the proxy.
pub(super) fn recast(events: &mut Events, sources: &[PlacedSource], settings: &Settings<'_>) {
    let catalog = settings.catalog;
    for recast in &catalog.uses.recast {
        let Some(rule) = catalog.rule_index(&recast.rule) else {
            continue;
        };
        let addresses = addresses(events, sources, settings, &recast.fact);
        if addresses.is_empty() {
            continue;
        }
        let failures: Vec<usize> = (0..events.len())
            .filter(|e| {
                matches!(events.told(*e).meaning, Meaning::Rule(rule)
                    if recast.class.contains(&catalog.rules[rule as usize].class))
            })
            .take(MOST_RECAST)
            .collect();
        for index in failures {
            let text = evidence(&events.at(index), sources, settings)
                .0
                .text
                .to_lowercase();
            let client = events.at(index).client;
            let at = |a: &Address| a.since.is_none_or(|(of, at)| of == client && at < index);
            let here = |a: &&Address| at(a) && a.is_in(&text, recast.host_only);
            if addresses.iter().any(|address| here(&address)) {
                let told = Told {
                    meaning: Meaning::Rule(rule as u32),
                    ..events.told(index).clone()
                };
                events.retell(index, told);
            }
        }
    }
}

/// Hosts that the package names for a stage of the chain, in lower case.
pub(super) fn hosts(sources: &[PlacedSource], settings: &Settings<'_>) -> Vec<(String, usize)> {
    let catalog = settings.catalog;
    let named = catalog.uses.hosts.iter().filter_map(|use_of| {
        let stage = catalog.chain.stage_index(&use_of.stage)?;
        Some((use_of, stage))
    });
    let mut hosts: Vec<(String, usize)> = named
        .flat_map(|(use_of, stage)| {
            let facts = sources
                .iter()
                .flat_map(|s| of_kind(&s.scan, settings, &use_of.fact));
            facts
                .filter_map(|fact| fact.values.get("host"))
                .map(move |host| (host.to_lowercase(), stage))
        })
        .collect();
    hosts.sort();
    hosts.dedup();
    hosts
}

/// True if the text names the address, and not one that only ends or begins like it.
fn names(text: &str, address: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    text.match_indices(address).any(|(at, _)| {
        !text[..at].ends_with(part)
            && !text[at + address.len()..].starts_with(|c: char| c.is_ascii_digit())
    })
}

/// True if the text names an address of the fourth version with that port.
fn names_port(text: &str, port: &str) -> bool {
    let part = format!(":{port}");
    text.match_indices(&part).any(|(at, _)| {
        let before = &text[..at];
        let start = before
            .rfind(|c: char| !c.is_ascii_digit() && c != '.')
            .map_or(0, |i| i + 1);
        before[start..]
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|a| !a.is_loopback())
            && !text[at + part.len()..].starts_with(|c: char| c.is_ascii_digit())
    })
}

/// Versions that the package names beside the traces.
pub(super) fn versions(sources: &[PlacedSource], settings: &Settings<'_>) -> Vec<Version> {
    let mut versions: Vec<Version> = Vec::new();
    for source in sources {
        for fact in of_kind(&source.scan, settings, "version") {
            let value = |name: &str| fact.values.get(name).cloned().unwrap_or_default();
            let (product, version) = (value("product"), value("version"));
            let known = |v: &Version| v.product == product && v.version == version;
            if !versions.iter().any(known) {
                versions.push(Version {
                    product,
                    name: None,
                    version,
                    source: source.scan.info.path.clone(),
                    line: fact.line,
                });
            }
        }
    }
    versions
}

/// The facts as the report has them.
pub(super) fn report(
    sources: &[PlacedSource],
    names: &[String],
    client_of: &[usize],
    settings: &Settings<'_>,
) -> Vec<Fact> {
    let mut all = Vec::new();
    for (source, client) in sources.iter().zip(client_of) {
        let found = source.scan.facts.iter().flat_map(|beside| &beside.found);
        for fact in found {
            let pattern = &settings.catalog.facts[fact.file].facts[fact.pattern];
            all.push(Fact {
                kind: pattern.kind.clone(),
                text: sentence(pattern.text.get(settings.lang), &fact.values),
                values: fact.values.clone(),
                source: source.scan.info.path.clone(),
                line: fact.line,
                client: names[*client].clone(),
                matters: pattern.always,
            });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_counts_only_as_a_whole() {
        assert!(names("connect econnrefused 10.1.1.5:8080", "10.1.1.5:8080"));
        assert!(!names(
            "connect econnrefused 110.1.1.5:8080",
            "10.1.1.5:8080"
        ));
        assert!(!names("10.1.1.5:80801", "10.1.1.5:8080"));
    }

    #[test]
    fn folders_and_archives_are_counted_alike() {
        assert_eq!(common_folders("a/b.zip!x/M.log", "a/b.zip!info/s.txt"), 2);
        assert_eq!(common_folders("a/M.log", "b/s.txt"), 0);
    }
}
