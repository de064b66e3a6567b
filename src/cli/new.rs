//! `swyxtrace new rule` and `new format`: a grammar file to start from, at its place in a folder of one's own. It is
//! checked before it is written: what is there afterwards passes `check`.

use std::path::{Path, PathBuf};

use super::args::{New, NewFormat, NewPlace, NewRule, NewWhat};
use super::{Stop, catalogs, exit, explain_rule, machine, output, write_out};
use crate::check;
use crate::decode::{Input, show};
use crate::detect::detect;
use crate::discover::Found;
use crate::grammar::catalog::{self, Overlay};
use crate::grammar::{Catalog, Fault, is_plain};
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
    let record = explain_rule::record(
        &mut input,
        &layout,
        found.info.program.as_deref(),
        line,
        &target.catalog,
    )?;
    let remark = if record.is_everyday() {
        "the record is no warning, so the rule only gives a hint (severity); fill in cause, sentences and references"
    } else {
        "fill in cause, sentences and references"
    };
    let id = match &args.id {
        Some(id) => id.clone(),
        None => format!("unknown/{}", record.name()),
    };
    let known = target.catalog.rules.iter().any(|rule| rule.id == id);
    check_id(&id, 2, known)?;
    check_class(&id, args.id.is_some(), &target.catalog)?;
    let name = format!("rules/{id}.toml");
    let whole = explain_rule::rule_file(&record, Some(&id), &target.catalog)?;
    let text = match target.prove(&name, &whole)? {
        Ok(()) => whole,
        // Lines below may tell of something else, and be records of their own once they stand alone.
        Err(_) => {
            let text = explain_rule::rule_file(&record.first_line(), Some(&id), &target.catalog)?;
            target.prove(&name, &text)?.map_err(catalogs::faults)?;
            text
        }
    };
    target.write(&name, &text, remark)
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
        .map(|line| redact::secrets(&show(line, input.encoding)).into())
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let text = format.to_file(&lines).map_err(|why| Stop {
        message: format!(
            "{}: its layout is learned when it is read, and no format file can be made of its lines: {}",
            found.info.path,
            safe::one_line(&why)
        ),
        code: exit::INSUFFICIENT,
    })?;
    let stem = args.file.file_stem().unwrap_or_default().to_string_lossy();
    let id = args.id.clone().unwrap_or_else(|| slug(&stem));
    check_id(
        &id,
        1,
        target.catalog.formats.iter().any(|format| format.id == id),
    )?;
    let name = format!("formats/{id}.toml");
    target.prove(&name, &text)?.map_err(|faults| {
        // The user has not written the file: what is wrong is with the lines, or with what else is in the folder.
        let why = faults.first().map_or("", |fault| fault.message.as_str());
        let path = &found.info.path;
        Stop::usage(format!(
            "{path}: no format file can be made of its lines: {why}"
        ))
    })?;
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

/// Refuses a class that the chain does not have. `asked`: the id was given, and not made of the record.
fn check_class(id: &str, asked: bool, catalog: &Catalog) -> Result<(), Stop> {
    let classes = &catalog.chain.classes;
    let class = id.split('/').next().unwrap_or_default();
    if classes.contains_key(class) {
        return Ok(());
    }
    let known: Vec<&str> = classes.keys().map(String::as_str).collect();
    let hint = catalogs::suggestion(class, known.iter().copied());
    let known = known.join(", ");
    Err(Stop::usage(if asked {
        format!(
            "--id {id}: there is no class `{class}`{hint}; the classes of this chain are: {known}"
        )
    } else {
        format!("name the rule with --id CLASS/NAME; the classes of this chain are: {known}")
    }))
}

/// Refuses what cannot be the id of a new file: one that is no id, or is built in.
fn check_id(id: &str, parts: usize, known: bool) -> Result<(), Stop> {
    let form = if parts == 2 {
        "<class>/<name>"
    } else {
        "<name>"
    };
    if id.split('/').count() != parts || !is_plain(id) {
        return Err(Stop::usage(format!(
            "--id {id}: an id is {form}, in lower case letters, digits and hyphens"
        )));
    }
    if known {
        return Err(Stop::usage(format!(
            "--id {id}: there is one of this id already; choose another one"
        )));
    }
    Ok(())
}

/// The folder that the new file becomes part of, and what is in it.
struct Target {
    folder: PathBuf,
    files: Overlay,
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
            catalog::read_folder(&folder)
        } else {
            Overlay::default()
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
        let discovery = catalogs::one_file(file, &options);
        let unread = |why: String, code: u8| Stop {
            message: format!("{}: {why}", file.display()),
            code,
        };
        if file.is_dir() {
            return Err(unread(
                "that is a folder; name one file in it".into(),
                exit::USAGE,
            ));
        }
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
            .and_then(Input::widened)
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
        let file = (name.to_owned(), text.to_owned());
        files.files.insert(name.to_owned(), file);
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
        let made = folders_to(&path)?;
        if let Err(stop) = output::write_file(&path, text.as_bytes()) {
            // Nothing stays behind; a folder that is no longer empty does.
            for folder in made.iter().rev() {
                let _ = std::fs::remove_dir(folder);
            }
            return Err(stop);
        }
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

/// Makes the folders above a file; those that were not there before, from the outermost.
fn folders_to(path: &Path) -> Result<Vec<PathBuf>, Stop> {
    let above = path
        .ancestors()
        .skip(1)
        .filter(|f| !f.as_os_str().is_empty());
    let mut missing: Vec<PathBuf> = above
        .take_while(|folder| !folder.exists())
        .map(Path::to_path_buf)
        .collect();
    missing.reverse();
    for (done, folder) in missing.iter().enumerate() {
        if let Err(error) = std::fs::create_dir(folder) {
            for made in missing[..done].iter().rev() {
                let _ = std::fs::remove_dir(made);
            }
            return Err(Stop::usage(format!("{}: {error}", folder.display())));
        }
    }
    Ok(missing)
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
