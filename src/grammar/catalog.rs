//! The catalog: all grammar files together, with what only their sum shows.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::chain::Chain;
use super::condition::{Condition, Gate, LiteralId, Literals};
use super::error::Fault;
use super::error::Proof;
use super::everyday::Everyday;
use super::facts::FactFile;
use super::format::Format;
use super::lexicon::Lexicon;
use super::numbers::Family;
use super::overlay::lay_over;
use super::rule::Rule;
use super::uses::{self, Uses, Zones};

/// The grammar files that are part of the program: path below `grammars/`, text, and of a rule the part without its
/// texts and examples, which only a report or a check needs.
const EMBEDDED: &[(&str, &str, Option<&str>)] = include!(concat!(env!("OUT_DIR"), "/grammars.rs"));

/// Sightings in one byte of an everyday trace from which on a text is so usual that a clause is looked at only where its
/// other texts stand too, and up to which those may be searched for.
const USUAL: f64 = 2e-6;
const MOST_USUAL: f64 = 1e-3;

/// What a clause tells when it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Meaning {
    /// This rule fires.
    Rule(u32),
    /// This stage was passed.
    Passed(u8),
    /// This stage was begun.
    Started(u8),
    /// The record names an endpoint of this stage, and of no other.
    Mention(u8),
    /// A session ended in order.
    SessionEnd,
    /// A login attempt begins.
    AttemptStart,
    /// A product names its version.
    Version(u32),
    /// A token stands in the record.
    Token,
    /// The record names what a package may name too (a proxy).
    Named(u32),
    /// The record names the client that it is of.
    Identity(u32),
    /// A literal that a windowed rule waits for.
    Follow(LiteralId),
}

/// One condition and its meaning.
#[derive(Debug, Clone, Copy)]
pub struct Clause {
    /// What it tells.
    pub meaning: Meaning,
    /// Its place among the conditions of that meaning.
    index: u32,
}

/// Everything that the grammars say.
#[derive(Debug)]
pub struct Catalog {
    /// The login chain.
    pub chain: Chain,
    /// Number families.
    pub families: Vec<Family>,
    /// Words.
    pub lexicon: Lexicon,
    /// Rules, by id.
    pub rules: Vec<Rule>,
    /// Formats, by id.
    pub formats: Vec<Arc<Format>>,
    /// Patterns of what lies beside the traces, by id.
    pub facts: Vec<FactFile>,
    /// What they are used for.
    pub uses: Uses,
    /// The zones of Windows.
    pub zones: Zones,
    /// Everything that is searched for.
    pub literals: Literals,
    /// All conditions with their meanings.
    pub clauses: Vec<Clause>,
    /// What is searched for in the raw text, and for each the clauses that it may mean.
    pub gates: Vec<(Gate, Vec<u32>)>,
    /// For each clause: further lists of gates of which one each stands wherever it holds. None where its own gates are
    /// rare anyway.
    pub also: Vec<Vec<Vec<u32>>>,
    /// How often pieces of text stand in everyday traces.
    pub everyday: Everyday,
}

/// A set of grammar files: path below the folder → (path as shown, text).
pub type Files = BTreeMap<String, (String, String)>;

/// The files that are part of the program.
pub fn embedded() -> Files {
    EMBEDDED
        .iter()
        .map(|(name, text, _)| {
            (
                (*name).to_owned(),
                (format!("grammars/{name}"), (*text).to_owned()),
            )
        })
        .collect()
}

/// Reads a user's folder of grammar files.
///
/// # Errors
/// A fault for each file that cannot be read.
pub fn read_folder(folder: &Path) -> Result<Files, Vec<Fault>> {
    let mut files = Files::new();
    let mut faults = Vec::new();
    let hidden = |entry: &walkdir::DirEntry| {
        entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.')
    };
    let entries = walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter();
    for entry in entries.filter_entry(|entry| !hidden(entry)) {
        let shown = |path: &Path| path.display().to_string().replace('\\', "/");
        match entry {
            Ok(entry) if entry.path().extension().is_some_and(|e| e == "toml") => {
                let name = entry.path().strip_prefix(folder).unwrap_or(entry.path());
                match std::fs::read_to_string(entry.path()) {
                    Ok(text) => {
                        files.insert(shown(name), (shown(entry.path()), text));
                    }
                    Err(error) => faults.push(Fault::of_file(
                        &shown(entry.path()),
                        format!("the file cannot be read: {error}"),
                        "it must be readable and UTF-8",
                    )),
                }
            }
            Ok(_) => {}
            Err(error) => faults.push(Fault::of_file(
                &shown(folder),
                format!("the folder cannot be read: {error}"),
                "give a folder with formats/, rules/ or numbers/ in it",
            )),
        }
    }
    if faults.is_empty() {
        Ok(files)
    } else {
        Err(faults)
    }
}

impl Catalog {
    /// Loads the embedded grammars with the files of `overlay` laid over them by id.
    ///
    /// # Errors
    /// All faults of all files, in the order of their paths.
    pub fn load(overlay: Files) -> Result<Self, Vec<Fault>> {
        // What is part of the program was proved when it was built; only what lies over it is proved again.
        let trusted: BTreeMap<&str, Option<&'static str>> = EMBEDDED
            .iter()
            .filter(|(name, _, _)| !overlay.contains_key(*name))
            .map(|(name, _, head)| (*name, *head))
            .collect();
        let files = lay_over(embedded(), overlay)?;
        Self::build(&files, &trusted)
    }

    /// Loads a complete set of files, and proves every one of them.
    ///
    /// # Errors
    /// All faults of all files, in the order of their paths.
    pub fn from_files(files: &Files) -> Result<Self, Vec<Fault>> {
        Self::build(files, &BTreeMap::new())
    }

    /// `trusted`: files that need no proof, and of a rule the part that is needed first.
    fn build(
        files: &Files,
        trusted: &BTreeMap<&str, Option<&'static str>>,
    ) -> Result<Self, Vec<Fault>> {
        let proof = |name: &str| {
            if trusted.contains_key(name) {
                Proof::Trusted
            } else {
                Proof::Needed
            }
        };
        let mut faults = Vec::new();
        let mut literals = Literals::default();
        let stem = |name: &str| {
            name.rsplit('/')
                .next()
                .unwrap_or(name)
                .trim_end_matches(".toml")
                .to_owned()
        };
        let mut families = Vec::new();
        for (name, (path, text)) in files
            .iter()
            .filter(|(name, _)| name.starts_with("numbers/"))
        {
            collect(
                Family::load(&stem(name), path, text, proof(name)),
                &mut families,
                &mut faults,
            );
        }
        let file = |name: &str, faults: &mut Vec<Fault>| match files.get(name) {
            Some((path, text)) => Some((path.clone(), text.clone())),
            None => {
                let help = "the grammars are not complete without it";
                faults.push(Fault::of_file(name, "the file is missing", help));
                None
            }
        };
        let lexicon = file("lexicon.toml", &mut faults)
            .and_then(|(path, text)| keep(Lexicon::load(&path, &text, &mut literals), &mut faults));
        let chain = file("chain.toml", &mut faults).and_then(|(path, text)| {
            keep(
                Chain::load(
                    (&path, &text, proof("chain.toml")),
                    &families,
                    &mut literals,
                ),
                &mut faults,
            )
        });
        let mut formats = Vec::new();
        for (name, (path, text)) in files
            .iter()
            .filter(|(name, _)| name.starts_with("formats/"))
        {
            if let Some(format) = keep(
                super::format::load_with(path, text, proof(name)),
                &mut faults,
            ) {
                debug_assert_eq!(format.id, stem(name));
                formats.push(Arc::new(format));
            }
        }
        let mut facts = Vec::new();
        for (name, (path, text)) in files.iter().filter(|(name, _)| name.starts_with("facts/")) {
            collect(
                FactFile::load(&stem(name), path, text, proof(name)),
                &mut facts,
                &mut faults,
            );
        }
        let uses = file("fact-uses.toml", &mut faults)
            .and_then(|(path, text)| keep(uses::load(&path, &text), &mut faults));
        let zones = file("zones.toml", &mut faults)
            .and_then(|(path, text)| keep(uses::load(&path, &text), &mut faults));
        let (Some(chain), Some(lexicon)) = (chain, lexicon) else {
            return Err(placed(faults, files));
        };
        let mut rules: Vec<Rule> = Vec::new();
        for (name, (path, text)) in files.iter().filter(|(name, _)| name.starts_with("rules/")) {
            let id = name.trim_start_matches("rules/").trim_end_matches(".toml");
            collect(
                Rule::load(
                    id,
                    (path, text, trusted.get(name.as_str()).copied().flatten()),
                    &chain,
                    &families,
                    &mut literals,
                ),
                &mut rules,
                &mut faults,
            );
        }
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        let exists = |id: &str| rules.iter().any(|rule| rule.id == id);
        let help = "correct the id: <class>/<file name without .toml>";
        // A chain of another product uses some of the built-in rules; what those name was there when they were proved.
        let own = rules
            .iter()
            .filter(|rule| !trusted.contains_key(format!("rules/{}.toml", rule.id).as_str()));
        for rule in own {
            let others = rule.together_with.iter();
            for other in others.filter(|id| *id != "*" && !exists(id)) {
                let message =
                    format!("`together_with` names the rule `{other}`, which does not exist");
                let text = rule.source();
                faults.push(Fault::near(&rule.path, text, other, message, help));
            }
        }
        if !chain.lost_rule.is_empty() && !exists(&chain.lost_rule) {
            let lost = &chain.lost_rule;
            let message = format!("`lost_rule` names the rule `{lost}`, which does not exist");
            let (path, text) = &files["chain.toml"];
            faults.push(Fault::near(path, text, lost, message, help));
        }
        if !faults.is_empty() {
            return Err(placed(faults, files));
        }
        let mut catalog = Self {
            chain,
            families,
            lexicon,
            rules,
            formats,
            facts,
            uses: uses.unwrap_or_default(),
            zones: zones.unwrap_or_default(),
            literals,
            clauses: Vec::new(),
            gates: Vec::new(),
            also: Vec::new(),
            everyday: files
                .get("everyday.txt")
                .map(|(_, text)| Everyday::of(text))
                .unwrap_or_default(),
        };
        catalog.index();
        Ok(catalog)
    }

    fn index(&mut self) {
        let mut clauses = Vec::new();
        let mut add = |meaning: Meaning, count: usize| {
            clauses.extend((0..count).map(|index| Clause {
                meaning,
                index: index as u32,
            }));
        };
        for (index, rule) in self.rules.iter().enumerate() {
            add(Meaning::Rule(index as u32), rule.when.len());
        }
        for (index, stage) in self.chain.stages.iter().enumerate() {
            add(Meaning::Passed(index as u8), stage.passed.len());
            add(Meaning::Started(index as u8), stage.started.len());
            add(
                Meaning::Mention(index as u8),
                usize::from(stage.mention.is_some()),
            );
        }
        add(Meaning::Token, self.chain.token.len());
        add(Meaning::SessionEnd, self.chain.session_end.len());
        add(Meaning::AttemptStart, self.chain.attempt_start.len());
        for index in 0..self.chain.versions.len() {
            add(Meaning::Version(index as u32), 1);
        }
        for index in 0..self.chain.named.len() {
            add(Meaning::Named(index as u32), 1);
        }
        for index in 0..self.chain.identities.len() {
            add(Meaning::Identity(index as u32), 1);
        }
        self.clauses = clauses;
        let mut gates: BTreeMap<Gate, Vec<u32>> = BTreeMap::new();
        let mut costs = vec![None; self.literals.texts().len()];
        let mut also: Vec<Vec<Vec<Gate>>> = vec![Vec::new(); self.clauses.len()];
        for (index, clause) in self.clauses.iter().enumerate() {
            let mut lists = self.lists(*clause, &mut costs);
            let (cost, own) = lists.next().unwrap_or_default();
            for gate in own {
                gates.entry(*gate).or_default().push(index as u32);
            }
            if cost > USUAL {
                let rare = lists.filter(|(cost, _)| *cost <= MOST_USUAL);
                also[index] = rare.map(|(_, list)| list.to_vec()).collect();
            }
        }
        for gate in also.iter().flatten().flatten() {
            gates.entry(*gate).or_default();
        }
        self.gates = gates.into_iter().collect();
        let place = |gate: &Gate| {
            let found = self.gates.binary_search_by(|(other, _)| other.cmp(gate));
            found.expect("it was just put there") as u32
        };
        let places = |list: Vec<Gate>| list.iter().map(place).collect();
        let of_clause = |lists: Vec<Vec<Gate>>| lists.into_iter().map(places).collect();
        self.also = also.into_iter().map(of_clause).collect();
    }

    /// The lists of texts of which one each stands wherever the clause holds, with how often everyday traces have one of
    /// them, the rarest first. `costs`: what is known already of each literal.
    fn lists<'c>(
        &'c self,
        clause: Clause,
        costs: &mut [Option<f64>],
    ) -> impl Iterator<Item = (f64, &'c [Gate])> + use<'c> {
        let condition = self.condition(clause);
        // A failure may mean the endpoint that the record before it named.
        let may_be_assumed =
            condition.assume && matches!(clause.meaning, Meaning::Rule(_) | Meaning::Passed(_));
        let needs_endpoint =
            condition.gates.is_empty() || condition.is_about_several() || !may_be_assumed;
        let by_endpoint =
            Some(&condition.endpoint_gates).filter(|g| needs_endpoint && !g.is_empty());
        let texts = self.literals.texts();
        let mut cost = |gates: &Vec<Gate>| -> f64 {
            let each = gates.iter().map(|gate| {
                let literal = gate.literal as usize;
                let text = texts[literal].as_bytes();
                *costs[literal].get_or_insert_with(|| self.everyday.frequency(text))
            });
            each.sum()
        };
        let lists = condition.gates.iter().chain(by_endpoint);
        let mut lists: Vec<(f64, &[Gate])> =
            lists.map(|gates| (cost(gates), gates.as_slice())).collect();
        lists.sort_by(|a, b| a.0.total_cmp(&b.0));
        lists.into_iter()
    }

    /// The condition of a clause.
    pub fn condition(&self, clause: Clause) -> &Condition {
        let index = clause.index as usize;
        match clause.meaning {
            Meaning::Rule(rule) => &self.rules[rule as usize].when[index],
            Meaning::Passed(stage) => &self.chain.stages[stage as usize].passed[index],
            Meaning::Started(stage) => &self.chain.stages[stage as usize].started[index],
            Meaning::Mention(stage) => self.chain.stages[stage as usize]
                .mention
                .as_ref()
                .expect("a clause is made for it"),
            Meaning::Token => &self.chain.token[index],
            Meaning::SessionEnd => &self.chain.session_end[index],
            Meaning::AttemptStart => &self.chain.attempt_start[index],
            Meaning::Version(mark) => &self.chain.versions[mark as usize].condition,
            Meaning::Named(mark) => &self.chain.named[mark as usize].condition,
            Meaning::Identity(mark) => &self.chain.identities[mark as usize].condition,
            Meaning::Follow(_) => unreachable!("a followed literal has no condition"),
        }
    }

    /// Literals that windowed rules wait for.
    pub fn followed(&self) -> Vec<LiteralId> {
        let mut ids: Vec<LiteralId> = self
            .rules
            .iter()
            .filter_map(|rule| rule.window.as_ref())
            .flat_map(|w| w.followed_by.iter().chain(&w.not_followed_by).copied())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Index of a rule.
    pub fn rule_index(&self, id: &str) -> Option<usize> {
        self.rules
            .binary_search_by(|rule| rule.id.as_str().cmp(id))
            .ok()
    }
}

/// The faults in order, those of a file as a whole at its first line.
pub(crate) fn placed(faults: Vec<Fault>, files: &Files) -> Vec<Fault> {
    let text_of = |path: &str| {
        files
            .values()
            .find(|(p, _)| p == path)
            .map(|(_, text)| text)
    };
    let mut faults: Vec<Fault> = faults
        .into_iter()
        .map(|fault| match text_of(&fault.path) {
            Some(text) => fault.or_at_start(text),
            None => fault,
        })
        .collect();
    faults.sort();
    faults.dedup();
    faults
}

fn keep<T>(result: Result<T, Vec<Fault>>, faults: &mut Vec<Fault>) -> Option<T> {
    result.map_err(|more| faults.extend(more)).ok()
}

fn collect<T>(result: Result<T, Vec<Fault>>, into: &mut Vec<T>, faults: &mut Vec<Fault>) {
    into.extend(keep(result, faults));
}
