//! `swyxtrace check`: load everything, run everything, name every fault.

use super::args::Check;
use super::{Stop, catalogs, exit, write_out};
use crate::check::{self, Checked};
use crate::grammar::Catalog;
use crate::grammar::catalog::{self, Loaded};

/// Runs the subcommand.
pub fn run(args: &Check) -> Result<u8, Stop> {
    let overlay = catalogs::overlay(args.grammars.grammars.as_deref())?;
    let Loaded {
        catalog,
        mut faults,
        not_run,
    } = Catalog::load_what_is_sound(overlay);
    let mut checked = Checked::default();
    if let Some(catalog) = catalog.as_ref().filter(|_| not_run.is_none()) {
        let (done, more) = check::check(catalog);
        checked = done;
        faults.extend(more);
    }
    let catalog = match catalog {
        Some(catalog) if faults.is_empty() => catalog,
        _ => {
            let mut stop = catalogs::faults(catalog::placed(faults));
            if let Some(why) = not_run {
                stop.message += "\n\nThe examples of rules were not run: ";
                stop.message += why;
                stop.message += ". Correct that first.";
            }
            return Err(stop);
        }
    };
    let coverage = args.coverage.then(|| check::coverage(&catalog));
    write_out(|out| {
        let rules = catalog.rules.iter().zip(coverage.iter().flatten());
        for (rule, fired) in rules.filter(|(rule, _)| !rule.borrowed) {
            writeln!(out, "{fired:6}  {}", rule.id)?;
        }
        writeln!(
            out,
            "ok: {} formats, {} rules, {} examples ({} known gaps), each against all rules",
            checked.formats, checked.rules, checked.examples, checked.known_gaps
        )?;
        if let Some(coverage) = &coverage {
            let never = never(&catalog, coverage);
            writeln!(out, "{never} rules fire in no example")?;
        }
        Ok(())
    })?;
    let uncovered = coverage.is_some_and(|coverage| never(&catalog, &coverage) > 0);
    Ok(if uncovered { exit::FAILURE } else { exit::OK })
}

/// Rules that fire in no example; those that are borrowed were counted where they were made.
fn never(catalog: &Catalog, coverage: &[usize]) -> usize {
    let rules = catalog.rules.iter().zip(coverage);
    rules
        .filter(|(rule, fired)| !rule.borrowed && **fired == 0)
        .count()
}
