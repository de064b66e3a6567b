//! `swyxtrace paths`: which folders are used on this computer.

use std::path::Path;

use super::args::GrammarsOnly;
use super::{Stop, catalogs, machine, write_out};
use crate::model::Lang;

/// Runs the subcommand.
pub fn run(args: &GrammarsOnly) -> Result<u8, Stop> {
    let catalog = catalogs::load(args.grammars.as_deref())?;
    let lang = machine::lang(args.lang);
    let own = match (&args.grammars, machine::grammars_folder()) {
        (Some(folder), _) => Some(folder.clone()),
        (None, own) => own,
    };
    let word = |en: &'static str, de: &'static str| if lang == Lang::De { de } else { en };
    let mut lines = vec![(word("grammars", "Grammatiken"), own, String::new())];
    for place in machine::traces_places(&catalog.chain) {
        lines.push((word("traces", "Traces"), machine::expand(&place), place));
    }
    let temporary = Some(std::env::temp_dir());
    lines.push((
        word("temporary files", "Temporäres"),
        temporary,
        String::new(),
    ));
    write_out(|out| {
        for (what, path, written) in lines {
            let (path, there) = match path {
                Some(path) => (shown(&path), path.is_dir()),
                None if written.is_empty() => ("-".to_owned(), false),
                None => (written, false),
            };
            let remark = if there {
                ""
            } else {
                word("  (not there)", "  (nicht vorhanden)")
            };
            writeln!(out, "{what:<15}  {path}{remark}")?;
        }
        Ok(())
    })
}

fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    crate::report::safe::one_line(&text).into_owned()
}
