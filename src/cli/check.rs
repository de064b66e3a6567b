//! `swyxtrace check`: load everything, run everything, name every fault.

use super::args::Check;
use super::{Stop, catalogs, exit, write_out};
use crate::check;

/// Runs the subcommand.
pub fn run(args: &Check) -> Result<u8, Stop> {
    let catalog = catalogs::load(args.grammars.grammars.as_deref())?;
    let (checked, faults) = check::check(&catalog);
    if !faults.is_empty() {
        return Err(catalogs::faults(faults));
    }
    let coverage = args.coverage.then(|| check::coverage(&catalog));
    write_out(|out| {
        for (rule, fired) in catalog.rules.iter().zip(coverage.iter().flatten()) {
            writeln!(out, "{fired:6}  {}", rule.id)?;
        }
        writeln!(
            out,
            "ok: {} formats, {} rules, {} examples ({} known gaps), each against all rules",
            checked.formats, checked.rules, checked.examples, checked.known_gaps
        )?;
        if let Some(coverage) = &coverage {
            let never = coverage.iter().filter(|fired| **fired == 0).count();
            writeln!(out, "{never} rules fire in no example")?;
        }
        Ok(())
    })?;
    let uncovered = coverage.is_some_and(|coverage| coverage.contains(&0));
    Ok(if uncovered { exit::FAILURE } else { exit::OK })
}
