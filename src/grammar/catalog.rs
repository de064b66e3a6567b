//! The catalog: all grammar files together, with what only their sum shows.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::both;
use super::chain::{Chain, Ground};
use super::chain_proof::Known;
use super::condition::{Condition, Gate, LiteralId, Literals};
use super::document::{Document, at};
use super::error::{Embedded, Fault, Proof, parse};
use super::everyday::Everyday;
use super::facts::FactFile;
use super::format::Format;
use super::lexicon::Lexicon;
use super::looks::Looks;
use super::numbers::{Families, Family};
use super::overlay::lay_over;
pub use super::overlay::{Overlay, read_folder};
use super::rule::Rule;
use super::uses::{Uses, Zones};

/// The grammar files that are part of the program.
static EMBEDDED: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/grammars.rs"));

/// Rules that are read before any of them is checked.
const READ_TOGETHER: usize = 512;
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
    /// A login attempt will begin later.
    AttemptAnnounced,
    /// The record only quotes a failure.
    Hearsay,
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
    /// Which of them may read lines of which look.
    pub looks: Looks,
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

/// The same, where the texts of files that are part of the program are not copied.
pub(super) type Texts = BTreeMap<String, (String, Cow<'static, str>)>;

/// The files that are part of the program.
pub fn embedded() -> Files {
    let files = built_in().into_iter();
    files
        .map(|(name, (path, text))| (name, (path, text.into_owned())))
        .collect()
}

fn built_in() -> Texts {
    let file = |file: &Embedded| {
        let path = ["grammars/", file.name].concat();
        (file.name.to_owned(), (path, Cow::Borrowed(file.toml)))
    };
    EMBEDDED.iter().map(file).collect()
}

/// The built-in file of that name.
fn built_in_file(name: &str) -> toml::Table {
    let file = EMBEDDED.iter().find(|file| file.name == name);
    file.and_then(|file| file.toml.parse().ok())
        .unwrap_or_default()
}

impl Catalog {
    /// Loads the embedded grammars with the files of `overlay` laid over them by id.
    ///
    /// # Errors
    /// All faults of all files, in the order of their paths.
    pub fn load(overlay: impl Into<Overlay>) -> Result<Self, Vec<Fault>> {
        let Loaded {
            catalog, faults, ..
        } = Self::load_what_is_sound(overlay);
        match catalog {
            Some(catalog) if faults.is_empty() => Ok(catalog),
            _ => Err(faults),
        }
    }

    /// As [`Self::load`], but what has faults is left out, so that the rest can be put to the test in the same run.
    pub fn load_what_is_sound(overlay: impl Into<Overlay>) -> Loaded {
        let overlay = overlay.into();
        let own: BTreeSet<String> = overlay.files.keys().cloned().collect();
        let laid = lay_over(built_in(), overlay);
        // What is part of the program was proved when it was built; only what lies over it is proved again.
        let trusted: Trusted<'_> = EMBEDDED
            .iter()
            .filter(|file| !file.json.is_empty() && !own.contains(file.name))
            .map(|file| (file.name, file))
            .collect();
        let mut loaded = Builder::new(&laid.files, &trusted, laid.borrows).build(laid.faults);
        if laid.collides {
            loaded.not_run =
                Some("a file has the id of a built-in one and does not say that it replaces it");
        }
        loaded
    }

    /// Loads a complete set of files, and proves every one of them.
    ///
    /// # Errors
    /// All faults of all files, in the order of their paths.
    pub fn from_files(files: &Files) -> Result<Self, Vec<Fault>> {
        let Loaded {
            catalog, faults, ..
        } = Builder::new(&texts(files), &BTreeMap::new(), false).build(Vec::new());
        match catalog {
            Some(catalog) if faults.is_empty() => Ok(catalog),
            _ => Err(faults),
        }
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
        add(
            Meaning::AttemptAnnounced,
            self.chain.attempt_announced.len(),
        );
        add(Meaning::Hearsay, self.chain.hearsay.len());
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

    /// All gates that clauses name: those by which they are found, which are [`Self::gates`], and what they ask for besides.
    pub fn named_gates(&self) -> BTreeSet<Gate> {
        let conditions = self.clauses.iter().map(|clause| self.condition(*clause));
        let lists = conditions.flat_map(|own| own.gates.iter().chain([&own.endpoint_gates]));
        lists.flatten().copied().collect()
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
            Meaning::AttemptAnnounced => &self.chain.attempt_announced[index],
            Meaning::Hearsay => &self.chain.hearsay[index],
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

/// What became of a set of grammar files.
#[derive(Debug)]
pub struct Loaded {
    /// What is sound; `None` where that is no chain.
    pub catalog: Option<Catalog>,
    /// All faults, in the order of their paths.
    pub faults: Vec<Fault>,
    /// Why the examples of rules cannot be judged, if they cannot.
    pub not_run: Option<&'static str>,
}

/// Files that need no proof.
type Trusted<'a> = BTreeMap<&'a str, &'static Embedded>;

/// Builds a catalog of files, and collects what is wrong with them.
struct Builder<'a> {
    files: &'a Texts,
    trusted: &'a Trusted<'a>,
    borrows: bool,
    faults: Vec<Fault>,
    literals: Literals,
}

impl<'a> Builder<'a> {
    fn new(files: &'a Texts, trusted: &'a Trusted<'a>, borrows: bool) -> Self {
        Self {
            files,
            trusted,
            borrows,
            faults: Vec::new(),
            literals: Literals::default(),
        }
    }

    fn proof(&self, name: &str) -> Proof {
        let trusted = self.trusted.get(name);
        trusted.map_or(Proof::Needed, |file| Proof::Trusted(file))
    }

    /// Files of a folder: id, path, text, and whether a proof is needed.
    fn folder(&self, folder: &'static str) -> Vec<(&'a str, &'a str, &'a str, Proof)> {
        let files = self.files.iter();
        let files = files.filter_map(|(name, (path, text))| {
            let id = name.strip_prefix(folder)?.strip_prefix('/')?;
            let id = id.trim_end_matches(".toml");
            Some((id, path.as_str(), text.as_ref(), self.proof(name)))
        });
        files.collect()
    }

    fn file(&mut self, name: &str) -> Option<(&'a str, &'a str, Proof)> {
        if let Some((path, text)) = self.files.get(name) {
            let proof = match self.proof(name) {
                // Another product's chain has no use for it.
                Proof::Trusted(_) if text.is_empty() => Proof::Trusted(&Embedded::NOTHING),
                proof => proof,
            };
            return Some((path, text, proof));
        }
        let help = "the grammars are not complete without it";
        self.faults
            .push(Fault::of_file(name, "the file is missing", help));
        None
    }

    fn keep<T>(&mut self, result: Result<T, Vec<Fault>>) -> Option<T> {
        result.map_err(|more| self.faults.extend(more)).ok()
    }

    fn families(&mut self) -> Families {
        let mut families = Families::default();
        for (id, path, text, proof) in self.folder("numbers") {
            match self.keep(Family::load(id, path, text, proof)) {
                Some(family) => families.list.push(family),
                None => families.broken.push(id.to_owned()),
            }
        }
        families
    }

    fn build(mut self, faults: Vec<Fault>) -> Loaded {
        self.faults = faults;
        let families = self.families();
        let lexicon = self.file("lexicon.toml").and_then(|(path, text, proof)| {
            let lexicon = Lexicon::load(path, text, proof, &mut self.literals);
            self.keep(lexicon)
        });
        let (chain, mut ground) = match self.file("chain.toml") {
            Some(file) => {
                let (chain, ground) =
                    Chain::load(file, self.borrows, &families, &mut self.literals);
                (self.keep(chain), ground)
            }
            None => (None, Ground::default()),
        };
        if self.borrows {
            ground.built_in_words = built_in_words();
        }
        let mut formats = Vec::new();
        let mut not_run = None;
        for (id, path, text, proof) in self.folder("formats") {
            let (format, faults) = super::format::load_parts(path, text, proof);
            self.faults.extend(faults);
            match format {
                Some(format) => {
                    debug_assert_eq!(format.id, id);
                    formats.push(Arc::new(format));
                }
                None => not_run = Some("they may be written in a format that has faults"),
            }
        }
        let mut facts = Vec::new();
        let mut facts_whole = true;
        for (id, path, text, proof) in self.folder("facts") {
            match self.keep(FactFile::load(id, path, text, proof)) {
                Some(mut file) => {
                    let borrowed = self.borrows && proof.is_trusted();
                    if !borrowed || file.without(&ground.built_in_words) {
                        facts.push(file);
                    }
                }
                None => facts_whole = false,
            }
        }
        let uses = self.file("fact-uses.toml");
        let uses = uses.and_then(|(path, text, proof)| self.keep(Uses::load(path, text, proof)));
        let zones = self.file("zones.toml");
        let zones = zones.and_then(|(path, text, proof)| self.keep(Zones::load(path, text, proof)));
        let rules = self.rules(&ground, &families);
        let facts_known = facts_whole.then_some(facts.as_slice());
        self.relations(&rules, &ground, chain.as_ref(), facts_known, uses.as_ref());
        let catalog = chain.zip(lexicon).map(|(chain, lexicon)| {
            let mut catalog = Catalog {
                chain,
                families: families.list,
                lexicon,
                rules,
                formats,
                looks: Looks::default(),
                facts,
                uses: uses.unwrap_or_default(),
                zones: zones.unwrap_or_default(),
                literals: self.literals,
                clauses: Vec::new(),
                gates: Vec::new(),
                also: Vec::new(),
                everyday: self
                    .files
                    .get("everyday.txt")
                    .map(|(_, text)| Everyday::of(text))
                    .unwrap_or_default(),
            };
            catalog.index();
            catalog
        });
        if catalog.is_none() {
            not_run = Some("they need chain.toml and lexicon.toml without faults");
        }
        Loaded {
            catalog,
            faults: placed(self.faults),
            not_run,
        }
    }

    fn rules(&mut self, ground: &Ground, families: &Families) -> Vec<Rule> {
        let files = self.folder("rules");
        let mut rules: Vec<Rule> = Vec::with_capacity(files.len());
        let mut built_in = Vec::new();
        // Not all at once: what is read of a file is far more than what is kept of it.
        for files in files.chunks(READ_TOGETHER) {
            let parsed = both::each(files, |(_, path, text, proof)| parse(path, text, *proof));
            for ((id, path, text, proof), parsed) in files.iter().zip(parsed) {
                let file = (*path, *text, *proof);
                let rule = parsed.and_then(|parsed| {
                    Rule::load(id, file, parsed, ground, families, &mut self.literals)
                });
                match rule {
                    Ok(rule) => rules.push(rule),
                    Err(faults) if proof.is_trusted() => built_in.extend(faults),
                    Err(faults) => self.faults.extend(faults),
                }
            }
        }
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        // A built-in rule was sound with the built-in chain: what it lacks now, the user's chain lacks.
        match self.files.get("chain.toml") {
            Some((path, text))
                if !built_in.is_empty()
                    && !self.borrows
                    && self.proof("chain.toml") == Proof::Needed =>
            {
                self.faults.push(lacking(path, text, ground));
            }
            _ => self.faults.extend(built_in),
        }
        rules
    }

    /// Faults of what files say of each other.
    fn relations(
        &mut self,
        rules: &[Rule],
        ground: &Ground,
        chain: Option<&Chain>,
        facts: Option<&[FactFile]>,
        uses: Option<&Uses>,
    ) {
        let known = known(rules, self.files);
        for rule in rules {
            // What a borrowed rule names was there when it was proved.
            let name = format!("rules/{}.toml", rule.id);
            if self.trusted.contains_key(name.as_str()) {
                continue;
            }
            let file = Document::new(&rule.path, rule.source());
            for (index, other) in rule.together_with.iter().enumerate() {
                if other != "*" {
                    let place = at("together_with").index(index);
                    known.rule(other, &file, &place, &mut self.faults);
                }
            }
        }
        if let Some((path, text)) = self.files.get("chain.toml")
            && self.proof("chain.toml") == Proof::Needed
            && !ground.names.lost
        {
            super::chain_proof::of_rules(path, text, &known, uses, &mut self.faults);
            self.faults.extend(self.unusable(path, text, rules));
        }
        if let Some((path, text)) = self.files.get("fact-uses.toml")
            && let Some(facts) = facts
            && self.proof("fact-uses.toml") == Proof::Needed
        {
            let named = chain.into_iter().flat_map(|chain| &chain.named);
            let named: Vec<String> = named.map(|mark| mark.fact.clone()).collect();
            let wrong = Uses::check(path, text, ground, &known, facts, &named);
            self.faults.extend(wrong);
        }
    }

    /// Patterns of `use_rules` of which no rule is left in this chain.
    fn unusable(&self, path: &str, text: &str, rules: &[Rule]) -> Vec<Fault> {
        let file = Document::new(path, text);
        let mut faults = Vec::new();
        for (index, glob) in super::overlay::uses(text).iter().enumerate() {
            let fits = |id: &str| super::endpoint::glob_match(glob, id);
            let classes: BTreeSet<&str> = super::overlay::rule_ids(self.files)
                .filter(|id| fits(id))
                .filter_map(|id| id.split('/').next())
                .collect();
            let used = rules.iter().any(|rule| rule.borrowed && fits(&rule.id));
            let lacks = |class: &&str| !has_class(text, class);
            if let Some(class) = classes.iter().find(|class| lacks(class)) {
                faults.push(file.fault(
                    &at("use_rules").index(index),
                    format!("`{glob}` takes rules of the class `{class}`, which this chain does not have"),
                    format!("add [class.{class}] with title = {{ en = \"…\", de = \"…\" }} and side = \"customer\""),
                ));
            } else if !used && !classes.is_empty() {
                faults.push(file.fault(
                    &at("use_rules").index(index),
                    format!("no rule that `{glob}` names can fire in this chain"),
                    "they are about stages, programs and classes that it does not have: take it out",
                ));
            }
        }
        faults
    }
}

fn texts(files: &Files) -> Texts {
    let file = |(name, (path, text)): (&String, &(String, String))| {
        (name.clone(), (path.clone(), Cow::Owned(text.clone())))
    };
    files.iter().map(file).collect()
}

/// True if the text of a chain has that class.
fn has_class(chain: &str, class: &str) -> bool {
    let table: toml::Table = chain.parse().unwrap_or_default();
    let classes = table.get("class").and_then(toml::Value::as_table);
    classes.is_some_and(|classes| classes.contains_key(class))
}

/// Words by which built-in rules name the product that they were made for.
fn built_in_words() -> Vec<String> {
    let table = built_in_file("chain.toml");
    let own = table
        .get("words")
        .and_then(|words| words.get("own")?.as_array());
    let own = own.into_iter().flatten().filter_map(toml::Value::as_str);
    own.map(str::to_lowercase).collect()
}

/// What the rules are, for those that name them.
fn known(rules: &[Rule], files: &Texts) -> Known {
    let mut known = Known::default();
    for id in super::overlay::rule_ids(files) {
        known.rules.insert(id.to_owned());
        let class = id.split('/').next().unwrap_or_default();
        let causes = known.causes.entry(class.to_owned());
        let causes = causes.or_insert_with(|| Some(BTreeSet::new()));
        match rules.binary_search_by(|rule| rule.id.as_str().cmp(id)) {
            Ok(found) => {
                let cause = rules[found].cause.clone();
                causes.as_mut().map(|causes| causes.insert(cause));
            }
            Err(_) => *causes = None,
        }
    }
    known
}

/// The fault of a chain that lacks what built-in rules speak of.
fn lacking(path: &str, text: &str, ground: &Ground) -> Fault {
    let built_in = built_in_file("chain.toml");
    let ids = |key: &str, own: &[String]| -> Vec<String> {
        let all = built_in.get(key).and_then(toml::Value::as_array);
        let ids = all
            .into_iter()
            .flatten()
            .filter_map(|one| one.get("id")?.as_str());
        ids.filter(|id| !own.iter().any(|o| o == id))
            .map(|id| format!("`{id}`"))
            .collect()
    };
    let mut gone = ids("stage", &ground.names.stages);
    gone.extend(ids("program", &ground.names.programs));
    let classes = built_in.get("class").and_then(toml::Value::as_table);
    let own = ground.classes.iter().flatten().cloned().collect::<Vec<_>>();
    let classes = classes.into_iter().flat_map(toml::Table::keys);
    gone.extend(
        classes
            .filter(|id| !own.contains(id))
            .map(|id| format!("`{id}`")),
    );
    let file = Document::new(path, text);
    let gone = gone.join(", ");
    file.fault(
        &at("id"),
        format!("the chain has the id of the built-in one, and lacks what built-in rules speak of: {gone}"),
        "for another product give it an id of its own; else keep these stages, programs and classes",
    )
}

/// The faults in order, each once, without those of what only stands in for something wrong.
pub fn placed(mut faults: Vec<Fault>) -> Vec<Fault> {
    faults.retain(|fault| !fault.is_nowhere());
    faults.sort();
    faults.dedup();
    faults
}
