//! `swyxtrace follow`: a live Traces folder, what is new in it as it happens, and the report at the end.

use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use super::args::{Follow, FollowFormatArg};
use super::{Stop, analyze, catalogs, machine, output, verbose, write_out};
use crate::config;
use crate::discover::Place;
use crate::grammar::Catalog;
use crate::model::Lang;
use crate::model::news::News;
use crate::pipeline::{self, Progress, World};
use crate::report::{Format, Options, news};

/// Looking and reading take at most one part in so many of the time, however long the traces are.
const SHARE: u32 = 5;
/// The longest pause that this may lead to.
const LONGEST: Duration = Duration::from_mins(1);
/// What a shell says of a program that was ended from the keyboard.
const INTERRUPTED: i32 = 130;

/// Runs the subcommand.
pub fn run(args: &Follow) -> Result<u8, Stop> {
    let catalog = catalogs::load(args.input.grammars.as_deref())?;
    let lang = machine::lang(args.lang);
    let bar = Progress::default();
    let settings = catalogs::settings(&args.input, &catalog, lang, &bar)?;
    let options = catalogs::options(&catalog, args.input.password.as_deref());
    let interval = length("--interval", &args.interval)?;
    let limit = args.r#for.as_deref().map(|text| length("--for", text));
    let limit = limit.transpose()?;
    check_places(args, &catalog)?;
    let (sender, stop) = mpsc::channel();
    stop_on(sender.clone(), args.until_stdin_ends)?;
    let start = Instant::now();
    let mut live = Live {
        args,
        catalog: &catalog,
        lang,
        interval,
        end: limit.and_then(|limit| start.checked_add(limit)),
        stop,
        _sender: sender,
        working_since: start,
    };
    let outcome = catalogs::with_jobs(args.input.jobs, || {
        pipeline::follow(&settings, &options, &mut live)
    })??;
    if args.input.verbose {
        verbose::read(&outcome.report);
    }
    let mut report = outcome.report.clone();
    report.why.clear();
    write_report(args, &report)?;
    Ok(analyze::code(&outcome, analyze::severity(args.fail_on)))
}

/// The report on standard output, and in a file where that is wanted.
fn write_report(args: &Follow, report: &crate::model::report::Report) -> Result<(), Stop> {
    match args.format {
        FollowFormatArg::Jsonl => {
            let line = news::last(report).map_err(|e| Stop::usage(e.to_string()))?;
            write_out(|out| writeln!(out, "{line}"))?;
        }
        FollowFormatArg::Text => {
            let options = Options {
                colour: machine::colour(),
                ..Options::default()
            };
            let mut bytes = b"\n".to_vec();
            Format::Text.renderer(options).render(report, &mut bytes)?;
            write_out(|out| out.write_all(&bytes))?;
        }
    }
    if let Some(path) = &args.report {
        let mut bytes = Vec::new();
        let renderer = format_of(path).renderer(Options::default());
        renderer.render(report, &mut bytes)?;
        output::write_file(path, &bytes)?;
    }
    Ok(())
}

fn format_of(path: &Path) -> Format {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("html" | "htm") => Format::Html,
        Some("md") => Format::Markdown,
        Some("json") => Format::Json,
        Some("jsonl") => Format::Jsonl,
        _ => Format::Text,
    }
}

fn length(option: &str, text: &str) -> Result<Duration, Stop> {
    let nanos = config::duration(text).and_then(|nanos| u64::try_from(nanos).ok());
    nanos
        .filter(|nanos| *nanos > 0)
        .map(Duration::from_nanos)
        .ok_or_else(|| {
            Stop::usage(format!(
                "{option}: `{text}` is no length of time: write 500ms, 2s, 5m or 1h30m"
            ))
        })
}

/// What can never be watched is said at once; what is not there yet is waited for.
fn check_places(args: &Follow, catalog: &Catalog) -> Result<(), Stop> {
    for path in &args.input.paths {
        let is_pipe = std::fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir());
        if path.as_os_str() == "-" || is_pipe {
            return Err(Stop::usage(format!(
                "{}: only files and folders can be watched; `swyxtrace analyze -` reads standard input to its end",
                path.display()
            )));
        }
    }
    if args.input.paths.is_empty() && machine::possible_folders(&catalog.chain).is_empty() {
        return Err(Stop::usage(
            "this system has no Traces folder; give the folder to watch: swyxtrace follow DIR",
        ));
    }
    Ok(())
}

/// Sends when the watch is to end: on Ctrl-C, when the system ends the program, and at the end of standard input where
/// that is wanted.
fn stop_on(sender: Sender<()>, stdin: bool) -> Result<(), Stop> {
    let from_stdin = sender.clone();
    let mut asked = false;
    let handler = move || {
        // Whoever asks twice does not want to wait for the report.
        if std::mem::replace(&mut asked, true) || sender.send(()).is_err() {
            std::process::exit(INTERRUPTED);
        }
    };
    ctrlc::set_handler(handler)
        .map_err(|e| Stop::usage(format!("Ctrl-C could not be taken over: {e}")))?;
    if stdin {
        std::thread::spawn(move || {
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
            let _ = from_stdin.send(());
        });
    }
    Ok(())
}

/// The real world: this machine's folders, its clock and standard output.
struct Live<'a> {
    args: &'a Follow,
    catalog: &'a Catalog,
    lang: Lang,
    interval: Duration,
    end: Option<Instant>,
    stop: Receiver<()>,
    /// Held, so that waiting for the end never fails.
    _sender: Sender<()>,
    working_since: Instant,
}

impl World for Live<'_> {
    fn places(&mut self) -> Vec<Place> {
        let paths = &self.args.input.paths;
        if paths.is_empty() {
            let folders = machine::possible_folders(&self.catalog.chain);
            let place = |(path, only_programs)| Place {
                path,
                only_programs,
            };
            return folders.into_iter().map(place).collect();
        }
        paths.iter().cloned().map(Place::from).collect()
    }

    fn wait(&mut self) -> bool {
        let worked = self.working_since.elapsed();
        let rest = worked.saturating_mul(SHARE - 1).min(LONGEST);
        let mut pause = self.interval.max(rest);
        let left = self
            .end
            .map(|end| end.saturating_duration_since(Instant::now()));
        pause = left.map_or(pause, |left| pause.min(left));
        let told = self.stop.recv_timeout(pause);
        self.working_since = Instant::now();
        told == Err(RecvTimeoutError::Timeout) && left.is_none_or(|left| left > pause)
    }

    fn tell(&mut self, all: &[News]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        for one in all {
            let line = match self.args.format {
                FollowFormatArg::Text => news::text(one, self.lang),
                FollowFormatArg::Jsonl => news::jsonl(one)?,
            };
            writeln!(out, "{line}")?;
        }
        out.flush()
    }
}
