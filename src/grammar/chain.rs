//! The login chain of `chain.toml`: stages, endpoints, programs, folders and classes.

use std::collections::{BTreeMap, BTreeSet};

use super::condition::{Condition, EndpointKind, LiteralId, Literals, Surroundings};
use super::document::{At, at};
use super::endpoint::{Endpoint, EndpointTest, Glob};
use super::error::{Fault, Proof};
use super::numbers::Families;
use super::raw::{
    OneOrMany, Privacy, RawChain, RawClass, RawFolder, RawOffline, RawProgram, RawSide, RawStage,
    RawWhen, RawWords,
};
use super::rule::VersionTest;
use crate::model::Text;

/// What conditions need to know of the chain before the chain itself is complete.
#[derive(Debug, Clone, Default)]
pub struct StageNames {
    /// Stage ids in order.
    pub stages: Vec<String>,
    /// Program ids.
    pub programs: Vec<String>,
    /// How the names of their files begin, as they are written.
    pub files: Vec<String>,
    /// The endpoint tables of each stage.
    pub endpoints: Vec<Vec<EndpointTest>>,
    /// Hosts that have nothing to do with the chain.
    pub other_hosts: Vec<Glob>,
    /// Parts of a path by which a request is no part of the login, lower case.
    pub resources: Vec<String>,
    /// True if the chain's file cannot be read: of no name can be said that it is wrong.
    pub lost: bool,
}

/// What a chain gives to the files that speak of it, whether it has faults of its own or not.
#[derive(Debug, Default)]
pub struct Ground {
    /// Its stages, programs and endpoints.
    pub names: StageNames,
    /// Its classes; `None` where nothing is known of them.
    pub classes: Option<BTreeSet<String>>,
    /// True if it is the chain of another product, which borrows built-in rules.
    pub borrows: bool,
    /// The titles of its classes.
    pub class_titles: BTreeMap<String, Text>,
    /// Words by which built-in rules name the product that they were made for, in lower case.
    pub built_in_words: Vec<String>,
}

impl StageNames {
    /// The kind of endpoint of that name.
    pub fn kind(&self, name: &str) -> Option<EndpointKind> {
        match name {
            "loopback" => Some(EndpointKind::Loopback),
            "remote" => Some(EndpointKind::Remote),
            _ => self
                .stages
                .iter()
                .position(|s| s == name)
                .map(EndpointKind::Stage),
        }
    }

    /// True if a file of that name is a trace of one of the programs.
    pub fn knows_file(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.files
            .iter()
            .any(|f| name.starts_with(&f.to_lowercase()))
    }

    /// Texts of which one stands wherever an endpoint of the stage stands. True: the text counts only as a whole number.
    pub fn anchors(&self, stage: usize) -> Vec<(String, bool)> {
        self.endpoints[stage]
            .iter()
            .flat_map(EndpointTest::anchors)
            .map(|text| {
                let is_number = text.bytes().all(|b| b.is_ascii_digit());
                (text, is_number)
            })
            .filter(|(text, is_number)| !text.is_empty() && (*is_number || text.len() >= 3))
            .collect()
    }

    /// The stage to which an endpoint belongs: the first whose tables fit.
    pub fn stage_of(&self, endpoint: &Endpoint) -> Option<usize> {
        // A server listens on all its addresses: the port alone says whose it is.
        let port = endpoint.port.filter(|_| endpoint.is_any_address());
        let by_port = port.and_then(|port| {
            let named = |test: &EndpointTest| !test.weak && test.has_port(port);
            self.endpoints
                .iter()
                .position(|tests| tests.iter().any(named))
        });
        if by_port.is_some() {
            return by_port;
        }
        self.endpoints
            .iter()
            .position(|tests| tests.iter().any(|test| test.holds(endpoint)))
    }

    /// What of an endpoint's path its stage is known by: the parts that tables name, and what makes it no part of the login.
    /// An id in it tells nothing.
    pub fn telling_path(&self, path: &str) -> String {
        let tests = self.endpoints.iter().flatten();
        let mut parts: Vec<&str> = tests
            .filter_map(EndpointTest::path)
            .chain(self.resources.iter().map(String::as_str))
            .filter(|part| path.contains(part))
            .collect();
        parts.sort_unstable();
        parts.dedup();
        parts.join(" ")
    }

    /// True if it is asked for something that is no part of the login.
    pub fn is_resource(&self, endpoint: &Endpoint) -> bool {
        let mut resources = self.resources.iter();
        !endpoint.path.is_empty() && resources.any(|part| endpoint.path.contains(part))
    }

    /// True for a host that has nothing to do with the chain.
    pub fn is_other_host(&self, host: &str) -> bool {
        self.other_hosts.iter().any(|glob| glob.matches(host))
    }

    /// True if a table of any stage names the port.
    pub fn knows_port(&self, port: u16) -> bool {
        self.endpoints
            .iter()
            .flatten()
            .any(|test| test.has_port(port))
    }

    /// True if only a weak table makes it an endpoint of the stage.
    pub fn is_weak(&self, endpoint: &Endpoint, stage: usize) -> bool {
        !self.endpoints[stage]
            .iter()
            .any(|test| !test.weak && test.holds(endpoint))
    }

    /// The words by which a text names stages where it names no address, in the order in which they stand; `lower` is
    /// in lower case.
    pub fn words_in(&self, lower: &[u8]) -> Vec<Endpoint> {
        let tests = self.endpoints.iter().flatten();
        let mut found: Vec<(usize, Endpoint)> =
            tests.filter_map(|test| test.word_in(lower)).collect();
        found.sort();
        found.into_iter().map(|(_, endpoint)| endpoint).collect()
    }

    /// Of each host that a table names, a part that stands in the host itself.
    pub fn host_parts(&self) -> impl Iterator<Item = &str> {
        self.endpoints
            .iter()
            .flatten()
            .flat_map(EndpointTest::host_parts)
    }

    /// All words that name stages.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.endpoints
            .iter()
            .flatten()
            .flat_map(EndpointTest::words)
    }

    /// True if a table of any stage names the host.
    pub fn knows_host(&self, host: &str) -> bool {
        self.endpoints.iter().flatten().any(|test| test.names(host))
    }
}

/// One stage.
#[derive(Debug)]
pub struct Stage {
    /// Id.
    pub id: String,
    /// What happens in it.
    pub title: Text,
    /// A few words.
    pub short: Text,
    /// What it asks, for `{endpoint}` where none was seen.
    pub label: Text,
    /// Who asks.
    pub from: Text,
    /// Who is asked.
    pub to: Text,
    /// Programs whose own trace is about this stage.
    pub programs: Vec<String>,
    /// Ports on this machine that its program uses unless a trace names another one.
    pub usual_ports: Vec<u16>,
    /// True if it is reached over the internet.
    pub internet: bool,
    /// True if it is what stands once all stages before it are passed, and may break off later.
    pub session: bool,
    /// What marks it as passed.
    pub passed: Vec<Condition>,
    /// What marks it as begun.
    pub started: Vec<Condition>,
    /// Any record that names its endpoint; none where the stage has none of its own.
    pub mention: Option<Condition>,
}

/// How a trace names a product's version.
#[derive(Debug)]
pub struct VersionMark {
    /// Product.
    pub product: String,
    /// Its name for people.
    pub name: Text,
    /// Literals and the regex with the capture `version`.
    pub condition: Condition,
}

/// How a trace names what a package may name too: a fact of `facts/`.
#[derive(Debug)]
pub struct NamedMark {
    /// Kind of the fact.
    pub fact: String,
    /// Its captures are the values of the fact.
    pub condition: Condition,
}

/// How a trace names who writes it.
#[derive(Debug)]
pub struct IdentityMark {
    /// True if it counts wherever it stands.
    pub sure: bool,
    /// True if all programs call the client alike by it.
    pub exact: bool,
    /// Its captures `user`, `machine` and `session` are the names.
    pub condition: Condition,
}

/// For which version something is said.
#[derive(Debug, Clone)]
pub enum ForVersion {
    /// For any, known or not.
    Any,
    /// Where one is known and fulfils this.
    Known(VersionTest),
    /// Where none is known.
    Unknown,
}

impl ForVersion {
    pub(super) fn parse(text: Option<&str>) -> Option<Self> {
        match text {
            None => Some(Self::Any),
            Some("unknown") => Some(Self::Unknown),
            Some(text) => VersionTest::parse(text).map(Self::Known),
        }
    }

    /// True if it is said where that version is known.
    pub fn fits(&self, version: Option<&str>) -> bool {
        match self {
            Self::Any => true,
            Self::Known(test) => version.is_some_and(|version| test.holds(version)),
            Self::Unknown => version.is_none(),
        }
    }
}

/// What to look at next where one of its stages has failed.
#[derive(Debug, Clone)]
pub struct Check {
    /// Indices of stages.
    pub stages: Vec<usize>,
    /// For which version.
    pub version: ForVersion,
    /// True if it asks whether the other side is reached at all.
    pub reach: bool,
    /// Only for failures of these classes, unless empty.
    pub classes: Vec<String>,
    /// Not for failures of these classes.
    pub not_classes: Vec<String>,
    /// What to do; `{port}` is the port on this machine.
    pub text: Text,
}

/// What a remedy begins with that is for some stages only.
#[derive(Debug, Clone)]
pub struct RemedyFor {
    /// Indices of stages.
    pub stages: Vec<usize>,
    /// The words, which are left out where the remedy is shown.
    pub prefix: Text,
}

/// A remedy that is added to findings of a class.
#[derive(Debug, Clone)]
pub struct ClassAdvice {
    /// For which version.
    pub version: ForVersion,
    /// Only for these causes, unless empty.
    pub causes: Vec<String>,
    /// Only at these stages, unless empty.
    pub stages: Vec<usize>,
    /// Only where this port or none is named.
    pub port: Option<u16>,
    /// What to do.
    pub remedy: Text,
}

/// A class of rules.
#[derive(Debug, Clone)]
pub struct Class {
    /// In words.
    pub title: Text,
    /// True if the operator has to act, not the customer.
    pub operator_side: bool,
    /// Classes that, at the same stage of the same attempt, are the other side of the same event.
    pub explained_by: Vec<String>,
    /// True if its records name hosts that are not of the chain (a proxy), and are about it all the same.
    pub foreign_hosts: bool,
    /// Where the stage of a failure is only guessed from the order, it is not before this one.
    pub earliest: usize,
    /// True if a failure without an address cannot be about what is on this PC, whatever was begun: a name is looked up.
    pub not_local: bool,
    /// True if words of it (`assume`) right after the session was opened are the answer to the logon on it.
    pub answers_logon: bool,
    /// True if it may be no more than the echo of a failure at an earlier stage (no token, so no session).
    pub follows: bool,
    /// True if its records show that the other side answered.
    pub reached: bool,
    /// True if its records say that the other side was not reached: a later answer of it shows that this is over.
    pub unreached: bool,
    /// Causes that, without an address, break an open session; `*` for all of its causes where an endpoint is named.
    pub cuts_session: Vec<String>,
    /// Causes in which the other side answered after all.
    pub answered: Vec<String>,
    /// What speaks against it.
    pub contradictions: Vec<Contradiction>,
    /// Remedies that are added.
    pub advice: Vec<ClassAdvice>,
}

/// A version of a product that speaks against a class.
#[derive(Debug, Clone)]
pub struct Contradiction {
    /// The versions.
    pub version: VersionTest,
    /// The products.
    pub products: Vec<String>,
    /// Only for this port, if one is given.
    pub port: Option<u16>,
    /// What is said.
    pub text: Text,
}

/// The chain.
#[derive(Debug)]
pub struct Chain {
    /// Id.
    pub id: String,
    /// In words.
    pub title: Text,
    /// What reports say of it, where the usual words do not fit.
    pub words: RawWords,
    /// Where traces lie.
    pub folders: Vec<RawFolder>,
    /// Names of folders that say nothing of who wrote into them.
    pub plain_folders: Vec<String>,
    /// Globs of file names that are no traces.
    pub ignore: Vec<String>,
    /// Programs.
    pub programs: Vec<RawProgram>,
    /// Ports of the same programs that have nothing to do with the chain.
    pub other_ports: Vec<u16>,
    /// Words that put a text in scope, lower case.
    pub scope_words: Vec<String>,
    /// Texts of records that are about something else, unless they name an endpoint of the chain.
    pub beside: Vec<LiteralId>,
    /// The same of records that name no address at all.
    pub aside: Vec<LiteralId>,
    /// What tells identities apart from everything else.
    pub privacy: Privacy,
    /// Stages in order.
    pub stages: Vec<Stage>,
    /// Names and endpoints for conditions.
    pub names: StageNames,
    /// What holds a token, as the capture `token`.
    pub token: Vec<Condition>,
    /// Orderly ends of a session.
    pub session_end: Vec<Condition>,
    /// The rule that tells of a session that broke off, whatever the words.
    pub lost_rule: String,
    /// Starts of a login attempt.
    pub attempt_start: Vec<Condition>,
    /// Words that one will begin later.
    pub attempt_announced: Vec<Condition>,
    /// Records that only quote a failure.
    pub hearsay: Vec<Condition>,
    /// Version marks.
    pub versions: Vec<VersionMark>,
    /// Facts that traces name.
    pub named: Vec<NamedMark>,
    /// How a trace names who writes it.
    pub identities: Vec<IdentityMark>,
    /// Products whose version decides which advice fits.
    pub version_decides: Vec<String>,
    /// How the trace level is raised.
    pub raise_level: Option<Text>,
    /// Products whose version stands for it where none of them is named.
    pub version_else: Vec<String>,
    /// What to look at next, in the order in which it is done.
    pub checks: Vec<Check>,
    /// When a failure is that of a PC without internet.
    pub offline: RawOffline,
    /// Remedies that are for some stages only.
    pub remedy_for: Vec<RemedyFor>,
    /// What texts write for a host of that stage.
    pub host_mark: Option<(usize, Text)>,
    /// Rules that only say that a logon was refused.
    pub token_refused: Vec<String>,
    /// Classes by id.
    pub classes: BTreeMap<String, Class>,
}

impl Chain {
    /// Checks the chain's file; its literals are interned. What other files need of it is given in any case.
    pub fn load(
        (path, text, proof): (&str, &str, Proof),
        borrows: bool,
        families: &Families,
        literals: &mut Literals,
    ) -> (Result<Self, Vec<Fault>>, Ground) {
        let (raw, file, mut faults): (RawChain, _, _) = match super::error::read(path, text, proof)
        {
            Ok(read) => read,
            Err(faults) => {
                let mut ground = Ground::default();
                ground.names.lost = true;
                return (Err(faults), ground);
            }
        };
        let ground = Ground {
            names: names(&raw),
            classes: Some(raw.class.keys().cloned().collect()),
            borrows,
            class_titles: (raw.class.iter())
                .map(|(id, class)| (id.clone(), class.title.clone()))
                .collect(),
            built_in_words: Vec::new(),
        };
        if proof == Proof::Needed {
            super::chain_proof::of_file(&raw, &file, &mut faults);
        }
        let around = Surroundings {
            file: &file,
            families,
            stages: &ground.names,
            proof,
        };
        let mut builder = Builder {
            around,
            literals,
            faults: &mut faults,
        };
        let chain = builder.chain(raw, &ground);
        let chain = if faults.is_empty() {
            Ok(chain)
        } else {
            Err(faults)
        };
        (chain, ground)
    }

    /// What stands once all else is passed, and may break off later: the last stage, if the chain says so.
    pub fn session(&self) -> Option<usize> {
        let last = self.stages.len().checked_sub(1)?;
        self.stages[last].session.then_some(last)
    }

    /// The stage that opens the session, where there is one.
    pub fn opening(&self) -> Option<usize> {
        self.session()?.checked_sub(1)
    }

    /// The stage with which an attempt has succeeded: the one that opens the session, else the last one.
    pub fn goal(&self) -> usize {
        let last = self.stages.len().saturating_sub(1);
        self.opening().unwrap_or(last)
    }

    /// The last stage that counts as early: what an attempt begins with.
    pub fn early(&self) -> usize {
        self.goal() / 2
    }

    /// The first stage in which the lead program itself asks: its name, or its id, is what the stage is `from`.
    pub fn first_own_stage(&self) -> usize {
        let lead = self.programs.iter().find(|p| p.lead);
        let is_lead = |from: &str| {
            lead.is_some_and(|p| {
                from.eq_ignore_ascii_case(&p.name) || from.eq_ignore_ascii_case(&p.id)
            })
        };
        let own = self.stages.iter().position(|stage| is_lead(&stage.from.en));
        own.unwrap_or(0)
    }

    /// The stage whose endpoint is on this machine.
    pub fn loopback_stage(&self) -> Option<usize> {
        let here = Endpoint {
            host: "127.0.0.1".into(),
            ..Endpoint::default()
        };
        self.names.stage_of(&here)
    }

    /// Index of a stage.
    pub fn stage_index(&self, id: &str) -> Option<usize> {
        self.names.stages.iter().position(|s| s == id)
    }

    /// The program of that id.
    pub fn program(&self, id: &str) -> Option<&RawProgram> {
        self.programs.iter().find(|p| p.id == id)
    }
}

/// What conditions need to know of a chain.
fn names(raw: &RawChain) -> StageNames {
    let tests = |stage: &RawStage| stage.endpoint.iter().map(EndpointTest::new).collect();
    StageNames {
        stages: raw.stage.iter().map(|s| s.id.clone()).collect(),
        programs: raw.program.iter().map(|p| p.id.clone()).collect(),
        files: raw.program.iter().flat_map(|p| p.files.clone()).collect(),
        endpoints: raw.stage.iter().map(tests).collect(),
        other_hosts: (raw.other_hosts.iter())
            .map(|host| Glob::new(&host.to_lowercase()))
            .collect(),
        resources: (raw.scope.resources.iter())
            .map(|part| part.to_lowercase())
            .collect(),
        lost: false,
    }
}

/// Builds the chain of a file that was read.
struct Builder<'a> {
    around: Surroundings<'a>,
    literals: &'a mut Literals,
    faults: &'a mut Vec<Fault>,
}

impl Builder<'_> {
    fn condition(&mut self, when: &RawWhen, place: &At<'_>) -> Option<Condition> {
        Condition::new(when, place, &self.around, self.literals)
            .map_err(|more| self.faults.extend(more))
            .ok()
    }

    fn conditions(&mut self, whens: &[RawWhen], place: &At<'_>) -> Vec<Condition> {
        let mut all = Vec::new();
        for (index, when) in whens.iter().enumerate() {
            all.extend(self.condition(when, &place.index(index)));
        }
        all
    }

    fn stage(&mut self, index: usize, raw: RawStage, in_passing: &[String]) -> Stage {
        let place = at("stage").index(index);
        let passed = self.conditions(&raw.passed, &place.key("passed"));
        let started = self.conditions(&raw.started, &place.key("started"));
        let named = RawWhen {
            endpoint: OneOrMany::One(raw.id.clone()),
            not_literal: OneOrMany::Many(
                (in_passing.iter().filter(|text| !text.is_empty()).cloned()).collect(),
            ),
            ..RawWhen::default()
        };
        let stages = self.around.stages;
        let mention = if stages.endpoints[index].is_empty() {
            None
        } else if stages.anchors(index).is_empty() {
            if self.faults.is_empty() {
                self.faults.push(self.around.file.fault(
                    &place.key("endpoint"),
                    "nothing of these endpoints is long enough to be searched for",
                    "give a port, or a host, scheme, path or word with at least three characters in a row",
                ));
            }
            None
        } else {
            // What else could be wrong with it is told where it stands.
            Condition::new(&named, &place, &self.around, self.literals).ok()
        };
        Stage {
            id: raw.id,
            title: raw.title,
            short: raw.short,
            label: raw.label,
            from: raw.from.into(),
            to: raw.to.into(),
            programs: raw.programs,
            usual_ports: raw.usual_ports,
            internet: raw.internet,
            session: raw.session,
            passed,
            started,
            mention,
        }
    }

    fn chain(&mut self, raw: RawChain, ground: &Ground) -> Chain {
        let mut stages = Vec::new();
        for (index, stage) in raw.stage.into_iter().enumerate() {
            stages.push(self.stage(index, stage, &raw.in_passing));
        }
        let token = self.conditions(&raw.token, &at("token"));
        let session_end = self.conditions(&raw.session_end, &at("session_end"));
        let attempt_start = self.conditions(&raw.attempt_start, &at("attempt_start"));
        let attempt_announced = self.conditions(&raw.attempt_announced, &at("attempt_announced"));
        let hearsay = self.conditions(&raw.hearsay, &at("hearsay"));
        let mut versions = Vec::new();
        for (index, mark) in raw.version.into_iter().enumerate() {
            let when = RawWhen {
                literal: OneOrMany::Many(mark.literal),
                regex: Some(mark.regex),
                ..RawWhen::default()
            };
            let condition = self.condition(&when, &at("version").index(index));
            let name = mark
                .name
                .unwrap_or_else(|| Text::new(&*mark.product, &*mark.product));
            versions.extend(condition.map(|condition| VersionMark {
                product: mark.product,
                name,
                condition,
            }));
        }
        let mut identities = Vec::new();
        for (index, mark) in raw.identity.into_iter().enumerate() {
            let place = at("identity").index(index).key("when");
            let condition = self.condition(&mark.when, &place);
            identities.extend(condition.map(|condition| IdentityMark {
                sure: mark.sure,
                exact: mark.exact,
                condition,
            }));
        }
        let mut named = Vec::new();
        for (index, mark) in raw.named.into_iter().enumerate() {
            let place = at("named").index(index).key("when");
            let condition = self.condition(&mark.when, &place);
            named.extend(condition.map(|condition| NamedMark {
                fact: mark.fact,
                condition,
            }));
        }
        let ids = &ground.names.stages;
        let index = |id: &String| ids.iter().position(|s| s == id);
        let indices = |ids: &[String]| -> Vec<usize> { ids.iter().filter_map(index).collect() };
        let checks = raw.check.into_iter().filter_map(|check| {
            Some(Check {
                stages: indices(&check.stages),
                version: ForVersion::parse(check.version.as_deref())?,
                reach: check.reach,
                classes: check.classes,
                not_classes: check.not_classes,
                text: Text::new(check.en, check.de),
            })
        });
        let literals = &mut *self.literals;
        let beside = raw.scope.beside.iter();
        let aside = raw.scope.aside.iter();
        let remedy_for = raw.remedy_for.into_iter().map(|one| RemedyFor {
            stages: indices(&one.stages),
            prefix: Text::new(one.en, one.de),
        });
        let classes = raw.class.into_iter();
        Chain {
            id: raw.id,
            title: raw.title,
            words: raw.words,
            folders: raw.traces_folder,
            plain_folders: raw.plain_folders,
            ignore: raw.ignore.names,
            programs: raw.program,
            other_ports: raw.other_ports,
            beside: beside.map(|text| literals.intern(text)).collect(),
            aside: aside.map(|text| literals.intern(text)).collect(),
            scope_words: raw
                .scope
                .words
                .iter()
                .map(|w| w.to_ascii_lowercase())
                .collect(),
            privacy: raw.privacy,
            stages,
            names: ground.names.clone(),
            token,
            session_end,
            lost_rule: raw.lost_rule,
            attempt_start,
            attempt_announced,
            hearsay,
            versions,
            named,
            identities,
            version_decides: raw.version_decides,
            version_else: raw.version_else,
            raise_level: raw.raise_level,
            checks: checks.collect(),
            offline: raw.offline,
            remedy_for: remedy_for.collect(),
            host_mark: raw.host_mark.and_then(|mark| {
                let stage = index(&mark.stage)?;
                Some((stage, Text::new(mark.en, mark.de)))
            }),
            token_refused: raw.token_refused,
            classes: classes.map(|(id, c)| (id, class(c, ids))).collect(),
        }
    }
}

fn class(raw: RawClass, stages: &[String]) -> Class {
    let index = |id: &String| stages.iter().position(|s| s == id);
    let contradictions = raw.contradiction.into_iter().filter_map(|raw| {
        Some(Contradiction {
            version: VersionTest::parse(&raw.version)?,
            products: raw.products,
            port: raw.port,
            text: raw.text,
        })
    });
    let advice = raw.advice.into_iter().filter_map(|raw| {
        Some(ClassAdvice {
            version: ForVersion::parse(raw.version.as_deref())?,
            causes: raw.causes,
            stages: raw.stages.iter().filter_map(index).collect(),
            port: raw.port,
            remedy: Text::new(raw.en, raw.de),
        })
    });
    Class {
        contradictions: contradictions.collect(),
        advice: advice.collect(),
        title: raw.title,
        operator_side: raw.side == RawSide::Operator,
        explained_by: raw.explained_by,
        foreign_hosts: raw.foreign_hosts,
        follows: raw.follows,
        reached: raw.reached,
        unreached: raw.unreached,
        cuts_session: raw.cuts_session,
        answered: raw.answered,
        earliest: raw.earliest.as_ref().and_then(index).unwrap_or(0),
        not_local: raw.not_local,
        answers_logon: raw.answers_logon,
    }
}
