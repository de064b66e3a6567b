//! Identities while traces are watched: each look adds those of what was written since the one before.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use crate::discover::{Discovery, Found, Look};
use crate::pipeline::Settings;
use crate::pipeline::anonymize::harvest_more;
use crate::report::anonymize::Anonymizer;

/// Bytes before the end of what was looked at that are looked at again: a message may go over several lines.
const BEFORE: u64 = 64 << 10;

/// Who replaces identities, and how far each source was looked at.
pub(super) struct Identities<'a> {
    anonymizer: &'a mut Anonymizer,
    /// The file as it was, and its bytes as it was found.
    reached: HashMap<String, (Look, u64)>,
}

impl<'a> Identities<'a> {
    pub(super) fn new(anonymizer: &'a mut Anonymizer) -> Self {
        Self {
            anonymizer,
            reached: HashMap::new(),
        }
    }

    /// All that are known by now.
    pub(super) const fn known(&self) -> &Anonymizer {
        self.anonymizer
    }

    /// Looks at what is new in the sources; at the end of a watch (not `live`) at their last lines, too.
    pub(super) fn learn(
        &mut self,
        settings: &Settings<'_>,
        discovery: &Discovery,
        looks: &BTreeMap<PathBuf, Look>,
        live: bool,
    ) {
        let look_of = |found: &Found| found.on_disk().and_then(|path| looks.get(path));
        let reached = &self.reached;
        let from = |found: &Found| match (reached.get(&found.info.path), look_of(found)) {
            (Some((before, bytes)), Some(look)) if look.continues(before) => {
                let grew = look != before || found.info.bytes != Some(*bytes);
                (grew || !live).then(|| bytes.saturating_sub(BEFORE))
            }
            _ => Some(0),
        };
        harvest_more(settings, discovery, self.anonymizer, live, &from);
        for found in &discovery.sources {
            if let (Some(look), Some(bytes)) = (look_of(found), found.info.bytes) {
                let path = found.info.path.clone();
                self.reached.insert(path, (look.clone(), bytes));
            }
        }
    }
}
