//! `swyxtrace rules`: the failure rules, as a table, as JSON, and as the page of the documentation.

use std::fmt::Write as _;

use serde::Serialize;

use super::args::{Rules, RulesFormat};
use super::{Stop, catalogs, machine, write_out};
use crate::grammar::Catalog;
use crate::grammar::rule::{Rule, RuleStage};
use crate::model::report::Severity;
use crate::model::{Lang, Text};
use crate::report;
use crate::report::markdown::markup::prose;
use crate::report::safe::one_line;

/// One rule as programs read it.
#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    class: &'a str,
    cause: &'a str,
    title: &'a Text,
    since: &'a str,
    basis: &'a str,
    stage: &'a str,
    severity: Severity,
    wrapper: bool,
    references: &'a [String],
    together_with: &'a [String],
    examples: usize,
    known_gaps: Vec<&'a str>,
    file: &'a str,
}

#[derive(Serialize)]
struct Page<'a> {
    schema_version: u32,
    chain: &'a str,
    rules: Vec<Entry<'a>>,
}

/// Runs the subcommand.
pub fn run(args: &Rules) -> Result<u8, Stop> {
    let catalog = catalogs::load(args.grammars.grammars.as_deref())?;
    let lang = machine::lang(args.grammars.lang);
    let text = match args.format {
        RulesFormat::Text => table(catalog, lang),
        RulesFormat::Json => json(catalog),
        RulesFormat::Markdown => markdown(catalog),
    };
    write_out(|out| out.write_all(text.as_bytes()))
}

fn entry<'a>(rule: &'a Rule, catalog: &'a Catalog) -> Entry<'a> {
    let gaps = rule.examples().iter().filter(|example| example.known_gap);
    Entry {
        id: &rule.id,
        class: &rule.class,
        cause: &rule.cause,
        title: &rule.title,
        since: &rule.since,
        basis: rule.basis.name(),
        stage: match rule.stage {
            RuleStage::Fixed(stage) => &catalog.chain.stages[stage].id,
            RuleStage::ByEndpoint => "by_endpoint",
        },
        severity: rule.severity,
        wrapper: rule.wrapper,
        references: &rule.references,
        together_with: &rule.together_with,
        examples: rule.examples().len(),
        known_gaps: gaps.map(|example| example.name.as_str()).collect(),
        file: &rule.path,
    }
}

fn table(catalog: &Catalog, lang: Lang) -> String {
    let width = catalog.rules.iter().map(|r| r.id.len()).max().unwrap_or(0);
    let mut out = String::new();
    for rule in &catalog.rules {
        let Entry {
            id,
            stage,
            basis,
            title,
            ..
        } = entry(rule, catalog);
        let stage = stage.replace('_', " ");
        // A rule may come from a stranger.
        let title = one_line(title.get(lang));
        let _ = writeln!(out, "{id:width$}  {stage:13}  {basis:11}  {title}");
    }
    out
}

fn json(catalog: &Catalog) -> String {
    let page = Page {
        schema_version: 1,
        chain: &catalog.chain.id,
        rules: catalog
            .rules
            .iter()
            .map(|rule| entry(rule, catalog))
            .collect(),
    };
    let mut text = report::pretty_json(&page).unwrap_or_default();
    text.push('\n');
    text
}

/// A page with all rules by class; it is the same on every computer.
fn markdown(catalog: &Catalog) -> String {
    let mut out = format!(
        "# Rules\n\nGenerated: `swyxtrace rules --format markdown`. An id never changes; `since` is the version that brought the rule.\n\
         {} rules of the chain `{}`.\n",
        catalog.rules.len(),
        catalog.chain.id
    );
    for (class, about) in &catalog.chain.classes {
        let rules: Vec<&Rule> = catalog
            .rules
            .iter()
            .filter(|rule| rule.class == *class)
            .collect();
        if rules.is_empty() {
            continue;
        }
        let _ = write!(out, "\n## {class}: {}\n\n", cell(&about.title.en));
        out.push_str("| id | what (en / de) | stage | severity | basis | since | references | known gaps |\n|---|---|---|---|---|---|---|---|\n");
        for rule in rules {
            let e = entry(rule, catalog);
            let severity = format!("{:?}", e.severity).to_lowercase();
            let _ = writeln!(
                out,
                "| `{}` | {} / {} | {} | {severity} | {} | {} | {} | {} |",
                e.id,
                cell(&e.title.en),
                cell(&e.title.de),
                e.stage.replace('_', " "),
                e.basis,
                e.since,
                e.references
                    .iter()
                    .map(|r| reference(r))
                    .collect::<Vec<_>>()
                    .join("; "),
                e.known_gaps
                    .iter()
                    .map(|g| cell(g))
                    .collect::<Vec<_>>()
                    .join("; "),
            );
        }
    }
    out
}

/// A text in a cell of a table: nothing in it acts or links anywhere.
fn cell(text: &str) -> String {
    prose(text)
}

/// A reference, which a page may link where it is a plain address.
fn reference(text: &str) -> String {
    let (address, rest) = text.split_once(' ').unwrap_or((text, ""));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&'+,;=%()".contains(c);
    if address.starts_with("https://") && address.chars().all(plain) {
        let rest = prose(rest);
        return if rest.is_empty() {
            address.to_owned()
        } else {
            format!("{address} {rest}")
        };
    }
    prose(text)
}
