//! `swyxtrace follow`: a live Traces folder, what is new in it as it happens, and the report at the end.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::args::{Follow, FollowFormatArg};
use super::{Stop, analyze, anonymize, catalogs, exit, machine, output, verbose, write_out};
use crate::config;
use crate::discover::{Place, discover};
use crate::grammar::Catalog;
use crate::model::news::News;
use crate::model::report::{ProblemReport, Report};
use crate::model::{Lang, Text};
use crate::pipeline::{self, Outcome, Progress, World};
use crate::report::anonymize::Anonymizer;
use crate::report::{Format, Options, news};

/// Looking and reading take at most one part in so many of the time, however long the traces are.
const SHARE: u32 = 5;
/// The longest pause that this may lead to.
const LONGEST: Duration = Duration::from_secs(10);

/// Runs the subcommand.
pub fn run(args: &Follow) -> Result<u8, Stop> {
    let catalog = catalogs::load(args.input.grammars.as_deref())?;
    let lang = machine::lang(args.lang);
    let progress = Progress::default();
    let settings = catalogs::settings(&args.input, catalog, lang, &progress)?;
    let options = catalogs::options(catalog, &args.input);
    let interval = length("--interval", &args.interval)?;
    let patience = length("--patience", &args.patience)?;
    let limit = args.r#for.as_deref().map(|text| length("--for", text));
    let limit = limit.transpose()?;
    check_places(args, catalog)?;
    keep_apart(args, catalog)?;
    let (to_watch, stop) = mpsc::channel();
    let (to_ender, ends) = mpsc::channel();
    stop_on(&to_ender, args.until_stdin_ends);
    let ender = Ender {
        ends,
        to_watch,
        limit,
        patience,
        progress: &progress,
        wait: (!args.input.quiet).then_some(match lang {
            Lang::En => "the report is being made; Ctrl-C once more ends without it",
            Lang::De => "der Bericht wird erstellt; noch einmal Strg+C beendet ohne ihn",
        }),
    };
    let report = Once::default();
    let mut live = Live {
        args,
        catalog,
        lang,
        report: &report,
        pace: Pace {
            interval,
            end: limit,
            working_since: Duration::ZERO,
        },
        clock: Machine {
            start: Instant::now(),
            stop,
        },
    };
    let mut anonymizer = args.privacy.anonymize.then(|| Anonymizer::new(catalog));
    std::thread::scope(|scope| {
        let report = &report;
        scope.spawn(move || {
            if !ender.run() {
                give_last(args, report, lang);
            }
        });
        let outcome = catalogs::with_jobs(args.input.jobs, || {
            pipeline::follow(&settings, &options, anonymizer.as_mut(), &mut live)
        });
        // Whoever waits for the end waits no longer, or has the last report out already.
        let mut last = report.take();
        *last = Last::Written;
        let _ = to_ender.send(End::Finished);
        let outcome = outcome??;
        finish(args, &outcome, anonymizer.as_ref())
    })
}

/// The report of the end, and the private map.
fn finish(args: &Follow, outcome: &Outcome, anonymizer: Option<&Anonymizer>) -> Result<u8, Stop> {
    if args.input.verbose {
        verbose::read(&outcome.report);
    }
    write_report(args, &outcome.report)?;
    anonymize::map(&args.privacy, anonymizer)?;
    Ok(analyze::code(outcome, analyze::severity(args.fail_on)))
}

/// The report of the last look, as the end cannot be waited for; ends the program.
fn give_last(args: &Follow, report: &Once, lang: Lang) {
    let mut last = report.take();
    let code = match std::mem::replace(&mut *last, Last::Written) {
        Last::Written => return,
        Last::None => {
            let text = Text::new(
                "ended before the first look was finished: there is no report",
                "beendet, bevor der erste Blick fertig war: Es gibt keinen Bericht",
            );
            Err(Stop {
                message: text.get(lang).to_owned(),
                code: output::INTERRUPTED as u8,
            })
        }
        Last::Report(mut report, code) => {
            let text = Text::new(
                "the watch was ended in the middle of a look: this is the report of the look before, and what was written since is missing",
                "die Beobachtung wurde mitten in einem Blick beendet: Dies ist der Bericht des Blicks davor; was seitdem geschrieben wurde, fehlt",
            );
            report.problems.push(ProblemReport {
                source: None,
                line: None,
                text: text.get(lang).to_owned(),
            });
            write_report(args, &report).map(|()| {
                if code == exit::OK {
                    exit::INSUFFICIENT
                } else {
                    code
                }
            })
        }
    };
    let code = code.unwrap_or_else(|stop| {
        stop.print();
        stop.code
    });
    std::process::exit(code.into());
}

/// The report of the last look.
#[derive(Default)]
enum Last {
    /// No look is finished.
    #[default]
    None,
    /// It and its exit code.
    Report(Box<Report>, u8),
    /// The one report of the run is written.
    Written,
}

/// Whoever holds it writes the one report of the run.
#[derive(Default)]
struct Once(Mutex<Last>);

impl Once {
    fn take(&self) -> std::sync::MutexGuard<'_, Last> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a watch ends.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// The user, or the system, wants it to.
    Interrupt,
    /// Standard input has ended.
    Input,
    /// It is over.
    Finished,
}

/// Sees that the watch ends when it is to end, in the middle of a look too.
struct Ender<'a> {
    ends: Receiver<End>,
    to_watch: Sender<()>,
    limit: Option<Duration>,
    patience: Duration,
    progress: &'a Progress,
    /// What is said to whoever waits, if anything.
    wait: Option<&'static str>,
}

/// Whoever pressed Ctrl-C is told after so long what they wait for.
const SOON: Duration = Duration::from_secs(1);

impl Ender<'_> {
    /// Waits for the end. False if the user waits for it and it does not come.
    fn run(&self) -> bool {
        let end = match self.limit {
            Some(limit) => self.ends.recv_timeout(limit),
            None => self.ends.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        if matches!(end, Ok(End::Finished) | Err(RecvTimeoutError::Disconnected)) {
            return true;
        }
        // Input that ends says that nothing is to come, not that somebody is in a hurry: a look that has begun is told.
        if end != Ok(End::Input) {
            self.progress.stop();
        }
        let _ = self.to_watch.send(());
        let mut is_interrupt = matches!(end, Ok(End::Interrupt));
        let mut wait = self.wait;
        loop {
            let end = if let Some(text) = wait.filter(|_| is_interrupt && self.patience > SOON) {
                let end = self.ends.recv_timeout(SOON);
                if end == Err(RecvTimeoutError::Timeout) {
                    wait = None;
                    let _ = writeln!(io::stderr(), "swyxtrace: {text}");
                    continue;
                }
                end
            } else if is_interrupt {
                self.ends.recv_timeout(self.patience)
            } else {
                self.ends.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            match end {
                Ok(End::Interrupt) => {
                    self.progress.stop();
                    is_interrupt = true;
                }
                Ok(End::Input) => {}
                Err(RecvTimeoutError::Timeout) => return false,
                Ok(End::Finished) | Err(RecvTimeoutError::Disconnected) => return true,
            }
        }
    }
}

/// The report on standard output, and in a file where that is wanted.
fn write_report(args: &Follow, report: &Report) -> Result<(), Stop> {
    let mut report = report.clone();
    let path = args.report.as_deref();
    let all = path.map(format_of);
    let in_file = |format: Format, report: &Report| -> Result<(), Stop> {
        let mut bytes = Vec::new();
        format
            .renderer(Options::default())
            .render(report, &mut bytes)?;
        path.map_or(Ok(()), |path| output::write_file(path, &bytes))
    };
    // As `analyze` has it: reasons are in the formats for people where they are asked for, and always in the others.
    let for_people = !matches!(all, Some(Format::Json | Format::Jsonl | Format::Html));
    if let Some(format) = all.filter(|_| !for_people) {
        in_file(format, &report)?;
    }
    if !args.why {
        report.why.clear();
    }
    match args.format {
        FollowFormatArg::Jsonl => {
            let line = news::last(&report).map_err(|e| Stop::usage(e.to_string()))?;
            write_out(|out| writeln!(out, "{line}"))?;
        }
        FollowFormatArg::Text => {
            let options = Options {
                colour: machine::colour(),
                ..Options::default()
            };
            let mut bytes = b"\n".to_vec();
            Format::Text.renderer(options).render(&report, &mut bytes)?;
            write_out(|out| out.write_all(&bytes))?;
        }
    }
    match all.filter(|_| for_people) {
        Some(format) => in_file(format, &report),
        None => Ok(()),
    }
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

/// No output replaces a trace that is watched, nor the map the report.
fn keep_apart(args: &Follow, catalog: &Catalog) -> Result<(), Stop> {
    let (report, map) = (
        args.report.as_deref(),
        args.privacy.anonymize_map.as_deref(),
    );
    if report.is_none() && map.is_none() {
        return Ok(());
    }
    let options = catalogs::options(catalog, &args.input);
    let mut discovery = discover(&places(&args.input.paths, catalog), &options);
    output::keep_apart(report, map, false, &mut discovery)
}

/// What is watched: what was named, else the Traces folders that this user has or may have one day.
fn places(paths: &[PathBuf], catalog: &Catalog) -> Vec<Place> {
    if paths.is_empty() {
        let folders = machine::possible_folders(&catalog.chain);
        let place = |(path, only_programs)| Place {
            path,
            only_programs,
        };
        return folders.into_iter().map(place).collect();
    }
    paths.iter().cloned().map(Place::from).collect()
}

/// Tells when the watch is to end: on Ctrl-C, when the system ends the program, and at the end of standard input where
/// that is wanted.
fn stop_on(ends: &Sender<End>, stdin: bool) {
    let (interrupt, interrupts) = mpsc::channel();
    output::tell_interrupt(interrupt);
    let to = ends.clone();
    std::thread::spawn(move || {
        if interrupts.recv().is_ok() {
            let _ = to.send(End::Interrupt);
        }
    });
    if stdin {
        let to = ends.clone();
        std::thread::spawn(move || {
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
            let _ = to.send(End::Input);
        });
    }
}

/// Time as a watch knows it: what has passed since its start. A machine that sleeps may count the hours or not.
trait Clock {
    /// What has passed.
    fn passed(&self) -> Duration;
    /// Waits; false if the watch is to end before that.
    fn pause(&mut self, length: Duration) -> bool;
}

/// The clock of this machine, and the way in which it is told to stop.
struct Machine {
    start: Instant,
    stop: Receiver<()>,
}

impl Clock for Machine {
    fn passed(&self) -> Duration {
        self.start.elapsed()
    }

    fn pause(&mut self, length: Duration) -> bool {
        self.stop.recv_timeout(length) == Err(RecvTimeoutError::Timeout)
    }
}

/// How long is waited between two looks.
struct Pace {
    interval: Duration,
    /// When the watch ends, if it does so by itself.
    end: Option<Duration>,
    /// When the look began.
    working_since: Duration,
}

impl Pace {
    /// Waits for the next look; false if there is none.
    fn wait(&mut self, clock: &mut dyn Clock) -> bool {
        let now = clock.passed();
        // Hours that the machine slept in the middle of a look were no work.
        let worked = now.saturating_sub(self.working_since);
        let rest = worked.saturating_mul(SHARE - 1).min(LONGEST);
        let pause = self.interval.max(rest);
        let left = self.end.map(|end| end.saturating_sub(now));
        let goes_on = clock.pause(left.map_or(pause, |left| pause.min(left)));
        self.working_since = clock.passed();
        goes_on && self.end.is_none_or(|end| self.working_since < end)
    }
}

/// The real world: this machine's folders, its clock and standard output.
struct Live<'a, C> {
    args: &'a Follow,
    catalog: &'a Catalog,
    lang: Lang,
    report: &'a Once,
    pace: Pace,
    clock: C,
}

impl<C: Clock> World for Live<'_, C> {
    fn places(&mut self) -> Vec<Place> {
        places(&self.args.input.paths, self.catalog)
    }

    fn wait(&mut self) -> bool {
        self.pace.wait(&mut self.clock)
    }

    fn now(&mut self) -> i64 {
        machine::now()
    }

    fn concluded(&mut self, outcome: &Outcome) {
        let code = analyze::code(outcome, analyze::severity(self.args.fail_on));
        *self.report.take() = Last::Report(Box::new(outcome.report.clone()), code);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A clock that a test sets; each pause takes as long as it says, and what is asleep on top of it.
    struct Set {
        at: Duration,
        asleep: Duration,
        paused: Vec<Duration>,
    }

    impl Clock for Set {
        fn passed(&self) -> Duration {
            self.at
        }

        fn pause(&mut self, length: Duration) -> bool {
            self.paused.push(length);
            self.at += length + self.asleep;
            true
        }
    }

    const SECOND: Duration = Duration::from_secs(1);
    const HOURS: Duration = Duration::from_hours(7);

    fn clock() -> Set {
        Set {
            at: Duration::ZERO,
            asleep: Duration::ZERO,
            paused: Vec::new(),
        }
    }

    fn pace(end: Option<Duration>) -> Pace {
        Pace {
            interval: SECOND,
            end,
            working_since: Duration::ZERO,
        }
    }

    #[test]
    fn a_machine_that_slept_looks_again_at_once_and_goes_on_as_before() {
        let (mut clock, mut pace) = (clock(), pace(None));
        // Asleep while it waits, then while it looks, then awake.
        clock.asleep = HOURS;
        assert!(pace.wait(&mut clock));
        clock.asleep = Duration::ZERO;
        clock.at += HOURS;
        assert!(pace.wait(&mut clock));
        assert!(pace.wait(&mut clock));
        assert_eq!(clock.paused, [SECOND, LONGEST, SECOND]);
    }

    #[test]
    fn a_look_that_takes_long_is_followed_by_a_longer_rest() {
        let (mut clock, mut pace) = (clock(), pace(None));
        clock.at += 2 * SECOND;
        assert!(pace.wait(&mut clock));
        assert_eq!(clock.paused, [8 * SECOND]);
    }

    #[test]
    fn the_end_is_waited_for_no_longer_than_to_the_end() {
        let (mut clock, mut pace) = (clock(), pace(Some(SECOND + SECOND / 2)));
        assert!(pace.wait(&mut clock));
        assert!(!pace.wait(&mut clock));
        assert_eq!(clock.paused, [SECOND, SECOND / 2]);
    }

    #[test]
    fn a_watch_for_minutes_is_over_after_hours_of_sleep() {
        let (mut clock, mut pace) = (clock(), pace(Some(60 * SECOND)));
        clock.asleep = HOURS;
        assert!(!pace.wait(&mut clock));
    }
}
