//! What happens when a folder, files or an archive are dropped on the program, or when it is started by a double click:
//! the HTML report is written beside the traces and opened, and the ticket text is put on screen.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::CommandFactory;

use super::args::{Args, Drop, Input};
use super::{
    Stop, analyze, anonymize, catalogs, console, machine, output, progress, verbose, write_out,
};
use crate::discover::is_password_wanted;
use crate::grammar::Catalog;
use crate::model::{Lang, Text};
use crate::pipeline::{self, Outcome, Progress};
use crate::report::{Format, Options};

/// The name of the hidden subcommand.
pub const NAME: &str = "drop";
/// Reports are called so; `chain.toml` ignores them when the folder is read again.
const REPORT: &str = "swyxtrace-report";
/// How often a password is asked for.
const PASSWORDS: usize = 3;
/// More reports of one second than this are nobody's.
const MOST_REPORTS: usize = 1000;

/// The arguments as clap shall see them: Explorer hands over bare paths. `alone`: the console window is the program's
/// own, so that nobody could read a help text.
pub fn arguments(mut args: Vec<OsString>, alone: bool) -> Vec<OsString> {
    for arg in args.iter_mut().skip(1) {
        *arg = with_plain_dashes(arg);
    }
    let dropped = match args.get(1) {
        None => alone,
        Some(first) => is_bare_path(first),
    };
    if dropped {
        args.insert(1, NAME.into());
    }
    args
}

/// Mail programs and word processors turn `--since` into `–since`.
fn with_plain_dashes(arg: &OsString) -> OsString {
    let option = arg
        .to_str()
        .and_then(|text| text.strip_prefix(['–', '—']))
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()));
    match option {
        Some(rest) if !Path::new(arg).exists() => format!("--{rest}").into(),
        _ => arg.clone(),
    }
}

fn is_bare_path(arg: &OsString) -> bool {
    let text = arg.to_string_lossy();
    if text.starts_with('-') || text == "help" {
        return false;
    }
    let command = Args::command();
    let is_command = command
        .get_subcommands()
        .any(|sub| sub.get_name() == text || sub.get_all_aliases().any(|alias| alias == text));
    // What looks like a file is one that is missing, not a slip of a command.
    let looks_like_a_file = text.contains(['/', '\\']) || Path::new(arg).extension().is_some();
    !is_command && (looks_like_a_file || Path::new(arg).exists())
}

/// Runs the subcommand; what goes wrong is said here, before the window closes.
pub fn run(args: &Drop) -> Result<u8, Stop> {
    let lang = machine::lang(args.lang);
    let result = analyse(args, lang);
    if !args.no_wait && console::owned() {
        if let Err(stop) = &result {
            stop.print();
        }
        let _ = writeln!(
            io::stderr(),
            "\n{}",
            Text::new(
                "Press any key to close.",
                "Zum Schließen eine Taste drücken."
            )
            .get(lang)
        );
        console::wait_for_key();
        return Ok(result.unwrap_or_else(|stop| stop.code));
    }
    result
}

fn analyse(args: &Drop, lang: Lang) -> Result<u8, Stop> {
    let catalog = catalogs::load(args.input.grammars.as_deref())?;
    let outcome = with_password(args, catalog, lang)?;
    if args.input.verbose {
        verbose::read(&outcome.report);
    }
    let mut html = Vec::new();
    let mut text = Vec::new();
    let options = Options {
        colour: machine::colour(),
        ..Options::default()
    };
    Format::Html
        .renderer(options)
        .render(&outcome.report, &mut html)?;
    let mut shown = outcome.report.clone();
    shown.why.clear();
    Format::Text.renderer(options).render(&shown, &mut text)?;
    write_out(|out| out.write_all(&text))?;
    if outcome.any_read {
        let path = write_report(&folders(&args.input, catalog), &html)?;
        announce(&path, args.no_open, lang);
    }
    Ok(analyze::code(
        &outcome,
        crate::model::report::Severity::Error,
    ))
}

/// Reads the traces; an encrypted archive is asked for its password.
fn with_password(args: &Drop, catalog: &Catalog, lang: Lang) -> Result<Outcome, Stop> {
    let mut input = args.input.clone();
    let mut left = PASSWORDS;
    loop {
        let bar = Progress::default();
        let settings = catalogs::settings(&input, catalog, lang, &bar)?;
        let (discovery, anonymizer, _kept) = anonymize::sources(&input, &args.privacy, &settings)?;
        let settings = pipeline::Settings {
            anonymizer: anonymizer.as_ref(),
            ..settings
        };
        let total = discovery.sources.iter().filter_map(|s| s.info.bytes).sum();
        let outcome = progress::with_bar(total, input.quiet, &bar, || {
            catalogs::with_jobs(input.jobs, || pipeline::analyze(&settings, &discovery))
        })?;
        anonymize::map(&args.privacy, anonymizer.as_ref())?;
        let problems = &outcome.report.problems;
        let Some(locked) = problems.iter().find(|p| is_password_wanted(&p.text)) else {
            return Ok(outcome);
        };
        let name = locked.source.clone().unwrap_or_default();
        let question = match lang {
            Lang::En => format!("{name} is encrypted. Password: "),
            Lang::De => format!("{name} ist verschlüsselt. Kennwort: "),
        };
        left -= 1;
        match console::ask_password(&question) {
            Some(password) => input.password = Some(password),
            None => return Ok(outcome),
        }
        if left == 0 {
            return Ok(outcome);
        }
    }
}

/// Where the report may lie, the best place first: beside what was dropped, else in the temp folder.
fn folders(input: &Input, catalog: &Catalog) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    let given = input.paths.first().cloned().or_else(|| {
        let found = machine::traces_folders(&catalog.chain);
        found.into_iter().next().map(|(path, _)| path)
    });
    if let Some(path) = given {
        if path.is_dir() {
            folders.push(path);
        } else {
            let parent = path.parent().map(Path::to_path_buf).unwrap_or_default();
            folders.push(if parent.as_os_str().is_empty() {
                PathBuf::from(".")
            } else {
                parent
            });
        }
    }
    folders.push(std::env::temp_dir());
    folders
}

fn write_report(folders: &[PathBuf], html: &[u8]) -> Result<PathBuf, Stop> {
    let stamp = chrono::Local::now().format("%Y%m%d-%H%M%S");
    let mut last = None;
    for folder in folders {
        // A second report of the same second gets an index, as traces do.
        let free = (0..MOST_REPORTS)
            .map(|n| match n {
                0 => folder.join(format!("{REPORT}-{stamp}.html")),
                n => folder.join(format!("{REPORT}-{stamp}-{n}.html")),
            })
            .find(|path| !path.exists());
        let Some(path) = free else { continue };
        match output::write_file(&path, html) {
            Ok(()) => return Ok(path),
            Err(stop) => last = Some(stop),
        }
    }
    Err(last.unwrap_or_else(|| Stop::usage("there is no folder for the report")))
}

fn announce(path: &Path, no_open: bool, lang: Lang) {
    let shown = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let shown = shown.display().to_string();
    let shown = shown.strip_prefix(r"\\?\").unwrap_or(&shown);
    let mut err = io::stderr();
    let _ = match lang {
        Lang::En => writeln!(err, "\nReport: {shown}"),
        Lang::De => writeln!(err, "\nBericht: {shown}"),
    };
    if no_open {
        return;
    }
    if let Err(error) = opener::open(shown) {
        let _ = match lang {
            Lang::En => writeln!(
                err,
                "The browser could not be started ({error}); open the file."
            ),
            Lang::De => writeln!(
                err,
                "Der Browser ließ sich nicht starten ({error}); bitte die Datei öffnen."
            ),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments_of(args: &[&str], alone: bool) -> Vec<String> {
        let mut all = vec![OsString::from("swyxtrace")];
        all.extend(args.iter().map(OsString::from));
        arguments(all, alone)
            .into_iter()
            .skip(1)
            .map(|a| a.into_string().unwrap())
            .collect()
    }

    #[test]
    fn bare_paths_are_dropped_ones() {
        assert_eq!(arguments_of(&["src"], false), ["drop", "src"]);
        assert_eq!(
            arguments_of(&[r"C:\Users\Jürgen\SwyxIt! Traces"], false),
            ["drop", r"C:\Users\Jürgen\SwyxIt! Traces"]
        );
    }

    #[test]
    fn subcommands_options_and_slips_are_left_to_the_parser() {
        for first in ["analyze", "help", "--version", "-h", "analyse", "check"] {
            assert_eq!(arguments_of(&[first], true), [first]);
        }
    }

    #[test]
    fn a_double_click_is_a_drop_of_nothing() {
        assert_eq!(arguments_of(&[], true), ["drop"]);
        assert!(arguments_of(&[], false).is_empty());
    }

    #[test]
    fn a_dash_from_a_mail_is_a_dash() {
        assert_eq!(
            arguments_of(&["analyze", "–since", "2h"], false),
            ["analyze", "--since", "2h"]
        );
    }
}
