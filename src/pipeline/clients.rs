//! Which client each trace, and each record that tells something, is of.

use super::placed::PlacedSource;
use crate::diagnose::{self, Calling, Events, Origin, Part, Trace};
use crate::grammar::Catalog;
use crate::model::{SourceInfo, split_path};

/// For each source the client that its path names.
pub(super) fn by_path<'s>(
    sources: impl Iterator<Item = &'s PlacedSource>,
    catalog: &Catalog,
) -> Vec<String> {
    let traces: Vec<Trace<'_>> = sources
        .map(|s| {
            let program = s
                .scan
                .info
                .program
                .as_deref()
                .and_then(|id| catalog.chain.program(id));
            let program = program.filter(|p| p.chain);
            Trace {
                path: &s.scan.info.path,
                program: program.map(|p| p.id.as_str()),
                lead: program.is_some_and(|p| p.lead),
            }
        })
        .collect();
    diagnose::client_names(&traces, &plain_folders(catalog))
}

/// Parts of the usual folders (`Temp`, `Traces` …): they name nobody.
fn plain_folders(catalog: &Catalog) -> Vec<String> {
    let parts = catalog
        .chain
        .folders
        .iter()
        .flat_map(|f| f.path.split(['\\', '/', '%']));
    let plain = catalog.chain.plain_folders.iter().map(String::as_str);
    parts.chain(plain).map(str::to_lowercase).collect()
}

/// The clients' names in order, and for each source the index of its client; each event is given its own. `callings`: what
/// each source calls its client.
pub(super) fn clients(
    events: &mut Events,
    callings: Vec<Calling<'_>>,
    sources: &[PlacedSource],
    catalog: &Catalog,
) -> (Vec<String>, Vec<usize>) {
    let common = plain_folders(catalog);
    let of_source = by_path(sources.iter(), catalog);
    let mut names: Vec<String> = of_source.clone();
    names.sort();
    names.dedup();
    if names.is_empty() {
        names.push(String::new());
    }
    let index = |name: &String| names.iter().position(|n| n == name).unwrap_or(0);
    let client_of: Vec<usize> = of_source.iter().map(index).collect();
    let origins: Vec<Origin<'_>> = sources
        .iter()
        .map(|s| origin(s, &common, catalog))
        .collect();
    let called = (&origins[..], callings);
    diagnose::settle_clients(events, &catalog.chain, called, &names, &client_of)
}

fn origin<'s>(source: &'s PlacedSource, common: &[String], catalog: &Catalog) -> Origin<'s> {
    let info = &source.scan.info;
    let program = info
        .program
        .as_deref()
        .and_then(|id| catalog.chain.program(id));
    let lower = info.name.to_lowercase();
    let files = program
        .into_iter()
        .flat_map(|p| &p.files)
        .map(|f| f.to_lowercase());
    let named = files.filter_map(|file| Some((lower.find(&file)?, file.len())));
    let named = named.max_by_key(|(_, length)| *length);
    let is_separator = |c: char| "-_. ()".contains(c);
    let prefix = named
        .and_then(|(at, _)| info.name.get(..at))
        .unwrap_or_default();
    let prefix = prefix.trim_matches(is_separator);
    let plain = common.iter().any(|word| *word == prefix.to_lowercase())
        || !prefix.contains(char::is_alphabetic);
    let rest = named
        .and_then(|(at, length)| lower.get(at + length..))
        .unwrap_or_default();
    Origin {
        file: &info.name,
        folder: split_path(&info.path).0,
        program: info.program.as_deref(),
        own: program.is_none_or(|p| p.chain),
        lead: program.is_some_and(|p| p.lead),
        prefix: if plain { "" } else { prefix },
        stamped: info.named.is_some()
            && rest
                .trim_start_matches(is_separator)
                .starts_with(|c: char| c.is_ascii_digit()),
    }
}

/// For each source the index of the first source of its stream; each event is given its own.
pub(super) fn streams(
    events: &mut Events,
    sources: &[PlacedSource],
    client_of: &[usize],
) -> Vec<u32> {
    let part = |(source, client): (&PlacedSource, &usize)| Part {
        key: stream_key(&source.scan.info),
        client: *client,
        span: source.first.zip(source.last),
    };
    let parts: Vec<Part> = sources.iter().zip(client_of).map(part).collect();
    let streams = diagnose::streams(&parts);
    events.set_streams(streams.clone());
    streams
}

/// Folder, program and the letters of the name; the stamp too if it has a time of day: each start of the program has its
/// own then, and what is cut from it keeps it.
fn stream_key(info: &SourceInfo) -> String {
    let folder = split_path(&info.path).0;
    let letters: String = info
        .name
        .chars()
        .filter(|c| !c.is_ascii_digit() && !"-_. ()".contains(*c))
        .collect();
    let stamp = info.named.filter(|stamp| stamp.time.is_some());
    let stamp = stamp.map(|stamp| (stamp.date, stamp.time));
    format!("{folder}|{}|{stamp:?}", letters.to_lowercase())
}
