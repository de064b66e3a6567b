//! What the grammars say of rules and of programs, looked up once each: failures come by the hundred thousand.

use std::cell::OnceCell;

use super::offline;
use crate::grammar::Catalog;
use crate::grammar::chain::Class;

/// What was looked up, as far as it was asked for.
#[derive(Debug)]
pub struct Memo<'a> {
    catalog: &'a Catalog,
    rules: Vec<OnceCell<OfRule<'a>>>,
    /// The program of each source.
    programs: &'a [Option<String>],
    /// For each source the stage that its program is about.
    stages: Vec<OnceCell<Option<usize>>>,
}

/// What is known of a rule.
#[derive(Debug, Clone, Copy)]
pub(super) struct OfRule<'a> {
    /// Its class, where the chain describes that.
    pub(super) class: Option<&'a Class>,
    /// True if it only says that a logon was refused.
    pub(super) refused: bool,
    /// True if its failures may come from a PC that is offline.
    pub(super) offline: bool,
}

impl<'a> Memo<'a> {
    /// Of the rules of a catalog and the programs of sources.
    pub fn new(catalog: &'a Catalog, programs: &'a [Option<String>]) -> Self {
        Self {
            catalog,
            rules: vec![OnceCell::new(); catalog.rules.len()],
            programs,
            stages: vec![OnceCell::new(); programs.len()],
        }
    }

    /// What is known of the rule of that index.
    pub(super) fn rule(&self, rule: usize) -> OfRule<'a> {
        *self.rules[rule].get_or_init(|| {
            let chain = &self.catalog.chain;
            let definition = &self.catalog.rules[rule];
            OfRule {
                class: chain.classes.get(&definition.class),
                refused: chain.token_refused.contains(&definition.id),
                offline: offline::is_unreached(self.catalog, rule),
            }
        })
    }

    /// The stage that the program of a source is about, where it is one only.
    pub(super) fn stage_of(&self, source: usize) -> Option<usize> {
        *self.stages[source].get_or_init(|| {
            let program = self.programs[source].as_deref()?;
            let mut stages = self.catalog.chain.stages.iter();
            stages.position(|s| s.programs.iter().any(|p| p == program))
        })
    }
}
