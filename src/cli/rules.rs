//! `swyxtrace rules`: the failure rules.

use super::args::GrammarsOnly;
use super::{Stop, catalogs, machine, write_out};
use crate::grammar::rule::RuleStage;

/// Runs the subcommand.
pub fn run(args: &GrammarsOnly) -> Result<u8, Stop> {
    let catalog = catalogs::load(args.grammars.as_deref())?;
    let lang = machine::lang(args.lang);
    let width = catalog.rules.iter().map(|r| r.id.len()).max().unwrap_or(0);
    write_out(|out| {
        for rule in &catalog.rules {
            let stage = match rule.stage {
                RuleStage::Fixed(stage) => catalog.chain.stages[stage].id.as_str(),
                RuleStage::ByEndpoint => "by endpoint",
            };
            writeln!(
                out,
                "{:width$}  {:13}  {:11}  {}",
                rule.id,
                stage,
                rule.basis.name(),
                rule.title.get(lang)
            )?;
        }
        Ok(())
    })
}
