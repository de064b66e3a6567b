//! `swyxtrace analyze`: the main job.

use std::io::{self, Write as _};

use super::args::{Analyze, ReportFormat, SeverityArg};
use super::{Stop, anonymize, catalogs, exit, machine, output, progress, verbose, write_out};
use crate::grammar::finder;
use crate::model::report::{Severity, Verdict};
use crate::pipeline::{self, Outcome, Progress};
use crate::report::{Format, Options, redact};

/// Bytes that are written at a time.
const CHUNK: usize = 64 << 10;

/// Runs the subcommand.
pub fn run(args: &Analyze) -> Result<u8, Stop> {
    // What the report needs in any case is made by another processor, while this one reads the grammars.
    // Where there is no thread to be had, the report does it.
    let _ = std::thread::Builder::new().spawn(|| {
        // The scan asks for endpoints long before anything is shown.
        finder::prepare();
        redact::prepare();
    });
    let catalog = catalogs::load(args.input.grammars.as_deref())?;
    let lang = machine::lang(args.lang);
    let bar = Progress::default();
    let settings = catalogs::settings(&args.input, catalog, lang, &bar)?;
    let (mut discovery, anonymizer, _kept) =
        anonymize::sources(&args.input, &args.privacy, &settings)?;
    let map = args.privacy.anonymize_map.as_deref();
    output::keep_apart(args.output.as_deref(), map, false, &mut discovery)?;
    let settings = pipeline::Settings {
        anonymizer: anonymizer.as_ref(),
        ..settings
    };
    let total = discovery.sources.iter().filter_map(|s| s.info.bytes).sum();
    let mut outcome = progress::with_bar(total, args.input.quiet, &bar, || {
        catalogs::with_jobs(args.input.jobs, || pipeline::analyze(&settings, &discovery))
    })?;
    if args.input.verbose {
        verbose::read(&outcome.report);
    }
    if !args.why && matches!(args.format, ReportFormat::Text | ReportFormat::Markdown) {
        outcome.report.why.clear();
    }
    let options = Options {
        colour: args.output.is_none() && machine::colour(),
        ..Options::default()
    };
    let renderer = format(args.format).renderer(options);
    match &args.output {
        Some(path) => output::to_file(path, |file| {
            let mut out = io::BufWriter::with_capacity(CHUNK, file);
            renderer.render(&outcome.report, &mut out)?;
            Ok(out.flush()?)
        })?,
        None => {
            write_out(|out| renderer.render(&outcome.report, out))?;
        }
    }
    anonymize::map(&args.privacy, anonymizer.as_ref())?;
    Ok(code(&outcome, severity(args.fail_on)))
}

fn format(arg: ReportFormat) -> Format {
    match arg {
        ReportFormat::Text => Format::Text,
        ReportFormat::Markdown => Format::Markdown,
        ReportFormat::Json => Format::Json,
        ReportFormat::Jsonl => Format::Jsonl,
        ReportFormat::Html => Format::Html,
    }
}

/// The exit code: of the codes that apply, the one of the highest rank (3, 1, 4, 0).
pub(super) fn code(outcome: &Outcome, fail_on: Severity) -> u8 {
    let failed = outcome.overall.verdict == Verdict::Failure
        || outcome
            .overall
            .worst
            .is_some_and(|worst| worst < Severity::Error);
    if !outcome.any_read {
        exit::NOTHING_READ
    } else if failed && outcome.overall.worst.is_some_and(|worst| worst >= fail_on) {
        exit::FAILURE
    } else if outcome.overall.verdict == Verdict::Insufficient
        || outcome.empty_window
        || outcome.lossy
    {
        exit::INSUFFICIENT
    } else {
        exit::OK
    }
}

pub(super) fn severity(arg: SeverityArg) -> Severity {
    match arg {
        SeverityArg::Critical => Severity::Critical,
        SeverityArg::Error => Severity::Error,
        SeverityArg::Warning => Severity::Warning,
        SeverityArg::Info => Severity::Info,
    }
}
