//! `swyxtrace anonymize`: a copy of the traces that may be sent on; and what `--anonymize` of the other subcommands shares
//! with it.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::Serialize;

use super::args::{Anonymize, Input, Privacy};
use super::{Stop, catalogs, exit, machine, output, progress};
use crate::discover::Discovery;
use crate::model::{Lang, Text};
use crate::pipeline::{self, CopyOutcome, Progress, Settings};
use crate::report::anonymize::{Anonymizer, Entry};
use crate::report::safe;

/// Bytes that are written at once.
const CHUNK: usize = 256 << 10;
/// Names of the private map's format; folders that are read again take it for a report of this program.
const SCHEMA: &str = "swyxtrace-report-anonymize-map";

#[derive(Serialize)]
struct Map {
    schema: &'static str,
    schema_version: u32,
    note: &'static str,
    entries: Vec<Entry>,
}

/// Runs the subcommand.
pub fn run(args: &Anonymize) -> Result<u8, Stop> {
    let catalog = catalogs::load(args.grammars.as_deref())?;
    let lang = machine::lang(None);
    let input = Input {
        paths: args.paths.clone(),
        tz: args.tz.clone(),
        jobs: args.jobs,
        password: args.password.clone(),
        quiet: args.quiet,
        ..Input::default()
    };
    let bar = Progress::default();
    let settings = catalogs::settings(&input, catalog, lang, &bar)?;
    let (mut discovery, _kept) = catalogs::sources_twice(&input, catalog)?;
    let map = args.anonymize_map.as_deref();
    output::keep_apart(Some(&args.output), map, true, &mut discovery)?;
    discovery.hide_folders_above();
    discovery.keep_lengths();
    if discovery.sources.is_empty() {
        return Err(nothing_read(lang));
    }
    let total = discovery.sources.iter().filter_map(|s| s.info.bytes).sum();
    let (outcome, anonymizer) = output::to_file(&args.output, |file| {
        progress::with_bar(total, args.quiet, &bar, || {
            catalogs::with_jobs(args.jobs, || {
                let anonymizer = pipeline::harvest(&settings, &discovery);
                let mut out = BufWriter::with_capacity(CHUNK, file);
                let outcome = pipeline::copy(&settings, &discovery, &anonymizer, &mut out)?;
                out.flush()?;
                Ok::<_, io::Error>((outcome, anonymizer))
            })
        })?
        .map_err(Stop::from)
    })?;
    if let Some(path) = &args.anonymize_map {
        write_map(path, &anonymizer)?;
    }
    Ok(say(&outcome, lang))
}

fn nothing_read(lang: Lang) -> Stop {
    let text = Text::new(
        "no trace was found in there",
        "dort wurde keine Tracedatei gefunden",
    );
    Stop {
        message: text.get(lang).to_owned(),
        code: exit::NOTHING_READ,
    }
}

/// Says on standard error what is not in the copy.
fn say(outcome: &CopyOutcome, lang: Lang) -> u8 {
    let mut stderr = io::stderr().lock();
    for path in &outcome.left_out {
        let path = safe::one_line(path);
        let _ = match lang {
            Lang::En => writeln!(stderr, "swyxtrace: left out, because it is no text: {path}"),
            Lang::De => writeln!(stderr, "swyxtrace: ausgelassen, weil kein Text: {path}"),
        };
    }
    for problem in &outcome.problems {
        let source = problem.source.as_deref().unwrap_or_default();
        if !outcome.left_out.iter().any(|path| path == source) {
            let text = format!("{source}: {}", problem.text.get(lang));
            let _ = writeln!(stderr, "swyxtrace: {}", safe::one_line(&text));
        }
    }
    let lossy = outcome.problems.iter().any(|p| p.lossy);
    match (outcome.written, lossy) {
        (0, _) => exit::NOTHING_READ,
        (_, true) => exit::INSUFFICIENT,
        (_, false) => exit::OK,
    }
}

/// The sources, and who hides their identities, if that is wanted. Standard input is kept in a file then, because it is
/// read twice; the files live as long as what is given back.
pub fn sources(
    input: &Input,
    privacy: &Privacy,
    settings: &Settings<'_>,
) -> Result<(Discovery, Option<Anonymizer>, Vec<tempfile::NamedTempFile>), Stop> {
    if !privacy.anonymize {
        return Ok((
            catalogs::sources(input, settings.catalog)?,
            None,
            Vec::new(),
        ));
    }
    let (mut discovery, kept) = catalogs::sources_twice(input, settings.catalog)?;
    discovery.hide_folders_above();
    discovery.keep_lengths();
    let anonymizer = catalogs::with_jobs(input.jobs, || pipeline::harvest(settings, &discovery))?;
    Ok((discovery, Some(anonymizer), kept))
}

/// Writes the private map, if it is wanted.
pub fn map(privacy: &Privacy, anonymizer: Option<&Anonymizer>) -> Result<(), Stop> {
    match (&privacy.anonymize_map, anonymizer) {
        (Some(path), Some(anonymizer)) => write_map(path, anonymizer),
        _ => Ok(()),
    }
}

pub(super) fn write_map(path: &Path, anonymizer: &Anonymizer) -> Result<(), Stop> {
    let map = Map {
        schema: SCHEMA,
        schema_version: 1,
        note: "PRIVATE: whoever has this file can undo the anonymisation. Do not send it on.",
        entries: anonymizer.entries(),
    };
    let mut text = serde_json::to_string_pretty(&map).map_err(|e| Stop::usage(e.to_string()))?;
    text.push('\n');
    output::write_private(path, text.as_bytes())
}
