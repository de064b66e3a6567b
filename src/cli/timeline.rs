//! `swyxtrace timeline`: all records in one order of time.

use std::io::{self, Write};

use super::args::{LevelArg, Timeline, TimelineFormatArg};
use super::{Stop, anonymize, catalogs, exit, machine, output, progress, verbose};
use crate::diagnose::empty_window;
use crate::discover::Discovery;
use crate::model::{Lang, Level};
use crate::pipeline::{Progress, Settings, TimelineFilter, TimelineFormat, TimelineOutcome};
use crate::pipeline::{sources_of, timeline};
use crate::report::{redact, safe};

/// Runs the subcommand.
pub fn run(args: &Timeline) -> Result<u8, Stop> {
    let catalog = catalogs::load(args.input.grammars.as_deref())?;
    let lang = machine::lang(None);
    let bar = Progress::default();
    let settings = catalogs::settings(&args.input, catalog, lang, &bar)?;
    let (mut discovery, anonymizer, _kept) =
        anonymize::sources(&args.input, &args.privacy, &settings)?;
    let map = args.privacy.anonymize_map.as_deref();
    output::keep_apart(args.output.as_deref(), map, false, &mut discovery)?;
    let settings = Settings {
        anonymizer: anonymizer.as_ref(),
        ..settings
    };
    if args.input.verbose {
        let clean = |text: &str| match settings.anonymizer {
            Some(anonymizer) => anonymizer.text(text).into_owned(),
            None => redact::secrets(text).into_owned(),
        };
        verbose::found(&discovery, lang, &clean);
    }
    let filter = TimelineFilter {
        level: args.level.map(level),
        programs: args.program.clone(),
        format: format(args.format),
    };
    let wanted = sources_of(&settings, &discovery, &filter.programs)
        .map_err(|error| Stop::usage(format!("--program: {error}")))?;
    if !discovery.sources.is_empty() && !wanted.contains(&true) {
        let names = filter.programs.join(", ");
        return Err(Stop {
            message: match lang {
                Lang::En => format!("none of the traces is of {names}"),
                Lang::De => format!("keine der Tracedateien ist von {names}"),
            },
            code: exit::INSUFFICIENT,
        });
    }
    let total = discovery.sources.iter().filter_map(|s| s.info.bytes).sum();
    let work = |out: &mut (dyn Write + Send)| {
        let outcome = progress::with_bar(total, args.input.quiet, &bar, || {
            catalogs::with_jobs(args.input.jobs, || {
                let folder = std::env::temp_dir();
                timeline(&settings, &discovery, &wanted, &filter, &folder, out)
            })
        })??;
        out.flush()?;
        Ok(outcome)
    };
    let outcome = match &args.output {
        Some(path) => output::to_file(path, |file| work(file))?,
        None => work(&mut io::stdout())?,
    };
    anonymize::map(&args.privacy, anonymizer.as_ref())?;
    finish(&outcome, &settings, &discovery, args)
}

/// Says what was not read and what is missing, and gives the exit code.
fn finish(
    outcome: &TimelineOutcome,
    settings: &Settings<'_>,
    discovery: &Discovery,
    args: &Timeline,
) -> Result<u8, Stop> {
    let mut stderr = io::stderr().lock();
    for problem in &outcome.problems {
        let text = problem.text.get(settings.lang);
        let text = match &problem.source {
            Some(source) => {
                let line = problem.line.map(|line| format!(":{line}"));
                format!("{source}{}: {text}", line.unwrap_or_default())
            }
            None => text.to_owned(),
        };
        let text = match settings.anonymizer {
            Some(anonymizer) => anonymizer.text(&text),
            None => redact::secrets(&text),
        };
        let _ = writeln!(stderr, "swyxtrace: {}", safe::one_line(&text));
    }
    if !outcome.any_read {
        let message = match (discovery.sources.is_empty(), settings.lang) {
            (true, Lang::En) => "no trace was found in there",
            (true, Lang::De) => "dort wurde keine Tracedatei gefunden",
            (false, Lang::En) => "no trace could be read",
            (false, Lang::De) => "keine Tracedatei war lesbar",
        };
        return Err(Stop {
            message: message.into(),
            code: exit::NOTHING_READ,
        });
    }
    if !outcome.any_written && outcome.any_lost {
        // What the window and the filters left is not known.
        return Err(Stop {
            message: match settings.lang {
                Lang::En => "no record could be read a second time".into(),
                Lang::De => "kein Eintrag war ein zweites Mal lesbar".into(),
            },
            code: exit::INSUFFICIENT,
        });
    }
    if !outcome.any_written {
        return Err(Stop {
            message: nothing_left(outcome, settings, args),
            code: exit::INSUFFICIENT,
        });
    }
    let lossy = outcome.problems.iter().any(|problem| problem.lossy);
    Ok(if lossy { exit::INSUFFICIENT } else { exit::OK })
}

/// Why there is no record, and what there is.
fn nothing_left(outcome: &TimelineOutcome, settings: &Settings<'_>, args: &Timeline) -> String {
    let (first, last) = outcome
        .reach
        .clone()
        .unwrap_or_else(|| ("?".into(), "?".into()));
    let filtered = args.level.is_some() || !args.program.is_empty();
    match (filtered, settings.lang) {
        (false, lang) => empty_window(&first, &last).get(lang).to_owned(),
        (true, Lang::En) => format!(
            "no record is left by --level, --program and the window. The traces hold records from {first} to {last}"
        ),
        (true, Lang::De) => format!(
            "--level, --program und Zeitfenster lassen keinen Eintrag übrig. Die Traces enthalten Einträge von {first} bis {last}"
        ),
    }
}

const fn level(arg: LevelArg) -> Level {
    match arg {
        LevelArg::Trace => Level::Trace,
        LevelArg::Debug => Level::Debug,
        LevelArg::Info => Level::Info,
        LevelArg::Warn => Level::Warn,
        LevelArg::Error => Level::Error,
        LevelArg::Fatal => Level::Fatal,
    }
}

const fn format(arg: TimelineFormatArg) -> TimelineFormat {
    match arg {
        TimelineFormatArg::Text => TimelineFormat::Text,
        TimelineFormatArg::Jsonl => TimelineFormat::Jsonl,
        TimelineFormatArg::Csv => TimelineFormat::Csv,
        TimelineFormatArg::Timesketch => TimelineFormat::Timesketch,
        TimelineFormatArg::Otlp => TimelineFormat::Otlp,
    }
}
