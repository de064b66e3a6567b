//! `swyxtrace new rule` and `new format`: a grammar file to start from, at its place in a folder of one's own. It is
//! checked before it is written: what is there afterwards passes `check`.

use std::path::{Path, PathBuf};

use super::args::{New, NewFormat, NewPlace, NewRule, NewWhat};
use super::{Stop, catalogs, exit, explain_rule, machine, output, write_out};
use crate::check;
use crate::decode::{Input, show};
use crate::detect::detect;
use crate::discover::{Found, Place, discover};
use crate::grammar::catalog::{self, Files};
use crate::grammar::{Catalog, Fault};
use crate::report::{redact, safe};

/// Longest name that is made of a text.
const NAME: usize = 40;
/// Lines that are offered as samples.
const SAMPLES: usize = 50;

/// Runs the subcommand.
pub fn run(args: &New) -> Result<u8, Stop> {
    match &args.what {
        NewWhat::Rule(args) => rule(args),
        NewWhat::Format(args) => format(args),
    }
}

fn rule(args: &NewRule) -> Result<u8, Stop> {
    let target = Target::new(&args.place)?;
    let (file, line) = explain_rule::place(&args.from)
        .ok_or_else(|| Stop::usage(format!("`{}` is no FILE:LINE", args.from)))?;
    let (found, mut input) = target.open(Path::new(file))?;
    let layout = detect(input.head(), &[], &target.catalog.formats);
    let record = explain_rule::record(&mut input, &layout, found.info.program.as_deref(), line)?;
    let id = match &args.id {
        Some(id) => id.clone(),
        None => format!("unknown/{}", record.name()),
    };
    let name = format!("rules/{id}.toml");
    let whole = explain_rule::rule_file(&record, &target.catalog)?;
    let text = match target.prove(&name, &whole)? {
        Ok(()) => whole,
        // Lines below may tell of something else, and be records of their own once they stand alone.
        Err(_) => {
            let text = explain_rule::rule_file(&record.first_line(), &target.catalog)?;
            target.prove(&name, &text)?.map_err(catalogs::faults)?;
            text
        }
    };
    target.write(&name, &text, "fill in cause, sentences and references")
}

fn format(args: &NewFormat) -> Result<u8, Stop> {
    let target = Target::new(&args.place)?;
    let (found, input) = target.open(&args.file)?;
    let known = detect(input.head(), &[], &target.catalog.formats);
    let layout = detect(input.head(), &[], &[]);
    let stamped = layout.formats.first().filter(|format| format.is_stamped());
    let Some(format) = stamped else {
        return Err(Stop {
            message: format!(
                "{}: no layout can be learned from its lines: they have no stamp at a place of its own",
                found.info.path
            ),
            code: exit::INSUFFICIENT,
        });
    };
    let lines: Vec<String> = input
        .head()
        .split(|b| *b == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| layout.read(line).is_some_and(|(reader, _)| reader == 0))
        .take(SAMPLES)
        .map(|line| safe::show_safe(&redact::secrets(&show(line, input.encoding))).into_owned())
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let text = format.to_toml(&lines);
    let stem = args.file.file_stem().unwrap_or_default().to_string_lossy();
    let id = args.id.clone().unwrap_or_else(|| slug(&stem));
    let name = format!("formats/{id}.toml");
    target.prove(&name, &text)?.map_err(catalogs::faults)?;
    let built_in = known
        .formats
        .iter()
        .find(|f| target.catalog.formats.iter().any(|k| k.id == f.id));
    let remark = match built_in {
        Some(known) => format!(
            "`{}` reads this file already; this one is what its lines alone say",
            known.id
        ),
        None => "correct title, levels and zone".to_owned(),
    };
    target.write(&name, &text, &remark)
}

/// The folder that the new file becomes part of, and what is in it.
struct Target {
    folder: PathBuf,
    files: Files,
    catalog: Catalog,
    password: Option<String>,
}

impl Target {
    fn new(place: &NewPlace) -> Result<Self, Stop> {
        let folder = place.grammars.clone().or_else(machine::grammars_folder);
        let folder = folder.ok_or_else(|| {
            Stop::usage("the system names no home folder: give a folder with --grammars DIR")
        })?;
        let files = if folder.is_dir() {
            catalog::read_folder(&folder).map_err(catalogs::faults)?
        } else {
            Files::new()
        };
        let catalog = Catalog::load(files.clone()).map_err(catalogs::faults)?;
        Ok(Self {
            folder,
            files,
            catalog,
            password: place.password.clone(),
        })
    }

    fn open(&self, file: &Path) -> Result<(Found, Input), Stop> {
        let options = catalogs::options_with(&self.catalog, self.password.as_deref());
        let discovery = discover(&[Place::from(file.to_owned())], &options);
        let unread = |why: String, code: u8| Stop {
            message: format!("{}: {why}", file.display()),
            code,
        };
        if !discovery.missing.is_empty() {
            return Err(unread("there is no such file".into(), exit::USAGE));
        }
        let found = discovery.sources.into_iter().next().ok_or_else(|| {
            let reasons = discovery.problems.iter().map(|p| p.text.en.as_str());
            let reasons: Vec<&str> = reasons.collect();
            unread(
                format!("no text. {}", reasons.join("; ")),
                exit::NOTHING_READ,
            )
        })?;
        let input = crate::pipeline::open(&found, found.open())
            .map_err(|error| unread(error.to_string(), exit::NOTHING_READ))?;
        Ok((found, input))
    }

    /// Checks the file together with all others; the inner result is about this file alone.
    fn prove(&self, name: &str, text: &str) -> Result<Result<(), Vec<Fault>>, Stop> {
        let path = self.folder.join(name);
        if path.exists() {
            let path = path.display();
            return Err(Stop::usage(format!(
                "{path} is there already: choose another name with --id"
            )));
        }
        let mut files = self.files.clone();
        files.insert(name.to_owned(), (name.to_owned(), text.to_owned()));
        let faults = match Catalog::load(files) {
            Ok(catalog) => check::check(&catalog).1,
            Err(faults) => faults,
        };
        let own: Vec<Fault> = faults
            .into_iter()
            .filter(|fault| fault.path == name)
            .collect();
        Ok(if own.is_empty() { Ok(()) } else { Err(own) })
    }

    fn write(&self, name: &str, text: &str, remark: &str) -> Result<u8, Stop> {
        let path = self.folder.join(name);
        let shown = path.display().to_string();
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)
                .map_err(|error| Stop::usage(format!("{}: {error}", parent.display())))?;
        }
        output::write_file(&path, text.as_bytes())?;
        let folder = self.folder.display();
        let remark = safe::one_line(remark).into_owned();
        write_out(|out| {
            writeln!(
                out,
                "{shown}\n{remark}; then: swyxtrace check --grammars {folder}"
            )
        })
    }
}

/// A text as a name of a file: lower case letters and digits of ASCII, with hyphens between.
pub fn slug(text: &str) -> String {
    let words: Vec<String> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.chars().any(|c| c.is_ascii_alphabetic()))
        .map(str::to_ascii_lowercase)
        .collect();
    let mut name = String::new();
    for word in words {
        if !name.is_empty() && name.len() + word.len() >= NAME {
            break;
        }
        if !name.is_empty() {
            name.push('-');
        }
        name.push_str(&word);
    }
    name.truncate(NAME);
    if name.is_empty() {
        "new".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn a_name_is_made_of_the_words() {
        assert_eq!(slug("SwyxMessenger-2020-08-10"), "swyxmessenger");
        assert_eq!(
            slug("could not be merged: Version conflict"),
            "could-not-be-merged-version-conflict"
        );
        assert_eq!(slug("2020"), "new");
    }
}
