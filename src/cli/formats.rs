//! `swyxtrace formats`: the trace layouts.

use super::args::GrammarsOnly;
use super::{Stop, catalogs, write_out};
use crate::report::safe::one_line;

/// Runs the subcommand.
pub fn run(args: &GrammarsOnly) -> Result<u8, Stop> {
    let catalog = catalogs::load(args.grammars.as_deref())?;
    let width = catalog
        .formats
        .iter()
        .map(|f| f.id.len())
        .max()
        .unwrap_or(0);
    write_out(|out| {
        for format in &catalog.formats {
            // A format may come from a stranger.
            let title = one_line(&format.title);
            writeln!(out, "{:width$}  {title}", format.id)?;
        }
        Ok(())
    })
}
