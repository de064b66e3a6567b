//! What the grammars say of rules and of programs, looked up once each: failures come by the hundred thousand.

use std::cell::OnceCell;

use super::offline;
use crate::grammar::Catalog;
use crate::grammar::chain::{Chain, Class};
use crate::grammar::rule::{Rule, RuleStage};

/// What was looked up, as far as it was asked for.
#[derive(Debug)]
pub struct Memo<'a> {
    catalog: &'a Catalog,
    rules: Vec<OnceCell<OfRule<'a>>>,
    /// The program of each source.
    programs: &'a [Option<String>],
    /// For each source the stage that its program is about.
    stages: Vec<OnceCell<Option<usize>>>,
    /// The stage whose endpoint is on this machine.
    pub(super) loopback_stage: Option<usize>,
    /// The first stage in which the lead program itself asks.
    pub(super) first_own_stage: usize,
    /// The rule that tells of a session that broke off.
    pub(super) lost_rule: Option<usize>,
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
    /// True if it is about sessions that break off.
    pub(super) is_loss: bool,
    /// True if it is one of the same class whose words name no stage: they speak of an open session only.
    pub(super) is_of_session: bool,
    /// As in [`Rule::gives_way`].
    pub(super) gives_way: bool,
}

impl<'a> Memo<'a> {
    /// Of the rules of a catalog and the programs of sources.
    pub fn new(catalog: &'a Catalog, programs: &'a [Option<String>]) -> Self {
        Self {
            catalog,
            rules: vec![OnceCell::new(); catalog.rules.len()],
            programs,
            stages: vec![OnceCell::new(); programs.len()],
            loopback_stage: catalog.chain.loopback_stage(),
            first_own_stage: catalog.chain.first_own_stage(),
            lost_rule: catalog.rule_index(&catalog.chain.lost_rule),
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
                is_loss: is_loss(chain, definition),
                is_of_session: definition.stage == RuleStage::ByEndpoint
                    && is_of_drops(chain, definition)
                    && definition.when.iter().all(|when| when.assume_any),
                gives_way: definition.gives_way(),
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

fn is_loss(chain: &Chain, rule: &Rule) -> bool {
    is_of_drops(chain, rule)
        && (chain.session()).is_some_and(|session| rule.stage == RuleStage::Fixed(session))
}

/// True if a rule's class is that of sessions that break off.
fn is_of_drops(chain: &Chain, rule: &Rule) -> bool {
    chain.lost_rule.split('/').next() == Some(rule.class.as_str())
}
