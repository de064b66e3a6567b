//! `swyxtrace check`: load everything, run everything, name every fault.

use super::args::GrammarsOnly;
use super::{Stop, catalogs, exit, write_out};
use crate::check;

/// Runs the subcommand.
pub fn run(args: &GrammarsOnly) -> Result<u8, Stop> {
    let catalog = catalogs::load(args.grammars.as_deref())?;
    let (checked, faults) = check::check(&catalog);
    if !faults.is_empty() {
        return Err(catalogs::faults(faults));
    }
    write_out(|out| {
        writeln!(
            out,
            "ok: {} formats, {} rules, {} examples ({} known gaps), each against all rules",
            checked.formats, checked.rules, checked.examples, checked.known_gaps
        )
    })?;
    Ok(exit::OK)
}
