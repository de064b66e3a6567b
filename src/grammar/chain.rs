//! The login chain of `chain.toml`: stages, endpoints, programs, folders and classes.

use std::collections::BTreeMap;

use super::condition::{Condition, EndpointKind, LiteralId, Literals, Surroundings, list};
use super::endpoint::{Endpoint, EndpointTest};
use super::error::{Fault, Proof};
use super::numbers::Family;
use super::raw::{Privacy, RawChain, RawFolder, RawOffline, RawProgram, RawStage, RawWhen};
use super::rule::VersionTest;
use crate::model::Text;

/// What conditions need to know of the chain before the chain itself is complete.
#[derive(Debug, Clone, Default)]
pub struct StageNames {
    /// Stage ids in order.
    pub stages: Vec<String>,
    /// Program ids.
    pub programs: Vec<String>,
    /// The endpoint tables of each stage.
    pub endpoints: Vec<Vec<EndpointTest>>,
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

    /// The names that [`Self::kind`] knows.
    pub fn kinds_help(&self) -> String {
        format!(
            "loopback, remote, {}",
            list(self.stages.iter().map(String::as_str))
        )
    }

    /// Texts of which one stands wherever an endpoint of the stage stands. True: the text counts only as a whole number.
    pub fn anchors(&self, stage: usize) -> Vec<(String, bool)> {
        self.endpoints[stage]
            .iter()
            .flat_map(EndpointTest::anchors)
            .filter(|a| a.len() >= 3)
            .map(|text| {
                let is_number = text.bytes().all(|b| b.is_ascii_digit());
                (text, is_number)
            })
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
    /// The product in words.
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
    fn parse(text: Option<&str>) -> Option<Self> {
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
    /// Checks the chain's file; its literals are interned.
    ///
    /// # Errors
    /// All faults of the file.
    pub fn load(
        (path, text, proof): (&str, &str, Proof),
        families: &[Family],
        literals: &mut Literals,
    ) -> Result<Self, Vec<Fault>> {
        let raw: RawChain = super::error::parse(path, text)?;
        let names = StageNames {
            stages: raw.stage.iter().map(|s| s.id.clone()).collect(),
            programs: raw.program.iter().map(|p| p.id.clone()).collect(),
            endpoints: raw
                .stage
                .iter()
                .map(|s| s.endpoint.iter().map(EndpointTest::new).collect())
                .collect(),
        };
        let around = Surroundings {
            path,
            text,
            families,
            stages: &names,
            proof,
        };
        let mut faults = Vec::new();
        let mut conditions =
            |whens: &[toml::Spanned<RawWhen>], faults: &mut Vec<Fault>| -> Vec<Condition> {
                whens
                    .iter()
                    .filter_map(|when| {
                        Condition::new(when.get_ref(), &when.span(), &around, literals)
                            .map_err(|more| faults.extend(more))
                            .ok()
                    })
                    .collect()
            };
        let mut stages = Vec::new();
        for RawStage {
            id,
            title,
            short,
            label,
            from,
            to,
            programs,
            endpoint: _,
            usual_ports,
            internet,
            passed,
            started,
        } in raw.stage
        {
            let passed = conditions(&passed, &mut faults);
            let started = conditions(&started, &mut faults);
            let named = RawWhen {
                endpoint: super::raw::OneOrMany::One(id.clone()),
                not_literal: super::raw::OneOrMany::Many(raw.in_passing.clone()),
                ..RawWhen::default()
            };
            let has_endpoint = !names.endpoints[stages.len()].is_empty();
            let mention = if has_endpoint {
                conditions(&[toml::Spanned::new(0..0, named)], &mut faults).pop()
            } else {
                None
            };
            stages.push(Stage {
                id,
                title,
                short,
                label,
                from: from.into(),
                to: to.into(),
                programs,
                usual_ports,
                internet,
                passed,
                started,
                mention,
            });
        }
        let token = conditions(&raw.token, &mut faults);
        let session_end = conditions(&raw.session_end, &mut faults);
        let attempt_start = conditions(&raw.attempt_start, &mut faults);
        let mut versions = Vec::new();
        for mark in raw.version {
            let when = RawWhen {
                literal: super::raw::OneOrMany::Many(mark.literal),
                regex: Some(mark.regex.get_ref().clone()),
                ..RawWhen::default()
            };
            match Condition::new(&when, &mark.regex.span(), &around, literals) {
                Ok(condition) => versions.push(VersionMark {
                    name: mark
                        .name
                        .unwrap_or_else(|| Text::new(&*mark.product, &*mark.product)),
                    product: mark.product,
                    condition,
                }),
                Err(more) => faults.extend(more),
            }
        }
        let mut identities = Vec::new();
        for mark in raw.identity {
            match Condition::new(mark.when.get_ref(), &mark.when.span(), &around, literals) {
                Ok(condition) => identities.push(IdentityMark {
                    sure: mark.sure,
                    exact: mark.exact,
                    condition,
                }),
                Err(more) => faults.extend(more),
            }
        }
        let mut named = Vec::new();
        for mark in raw.named {
            match Condition::new(mark.when.get_ref(), &mark.when.span(), &around, literals) {
                Ok(condition) => named.push(NamedMark {
                    fact: mark.fact,
                    condition,
                }),
                Err(more) => faults.extend(more),
            }
        }
        for (id, class) in &raw.class {
            for one in &class.contradiction {
                if VersionTest::parse(&one.version).is_none() {
                    faults.push(Fault::near(
                        path,
                        text,
                        &one.version,
                        format!(
                            "class `{id}`: `{}` is no comparison with a version",
                            one.version
                        ),
                        "write for example \">= 12.20\"",
                    ));
                }
            }
            if let Some(stage) = class
                .earliest
                .as_ref()
                .filter(|stage| !names.stages.contains(stage))
            {
                let known = list(names.stages.iter().map(String::as_str));
                let message = format!(
                    "class `{id}`: `earliest` names the stage `{stage}`, which does not exist"
                );
                faults.push(Fault::near(
                    path,
                    text,
                    stage,
                    message,
                    format!("use one of: {known}"),
                ));
            }
        }
        faults.extend(unknown_names((path, text), &raw.check, &raw.class, &names));
        if stages.is_empty() {
            faults.push(Fault::of_file(
                path,
                "the chain has no stage",
                "add at least one [[stage]]",
            ));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let stage_ids = names.stages.clone();
        let indices = |ids: &[String]| -> Vec<usize> {
            let index = |id: &String| stage_ids.iter().position(|s| s == id);
            ids.iter().filter_map(index).collect()
        };
        let checks = raw.check.into_iter().filter_map(|check| {
            Some(Check {
                stages: indices(&check.stages),
                version: ForVersion::parse(check.version.as_deref())?,
                reach: check.reach,
                classes: check.classes.clone(),
                not_classes: check.not_classes.clone(),
                text: Text::new(check.en, check.de),
            })
        });
        let checks = checks.collect();
        Ok(Self {
            id: raw.id,
            title: raw.title,
            folders: raw.traces_folder,
            plain_folders: raw.plain_folders,
            ignore: raw.ignore.names,
            programs: raw.program,
            other_ports: raw.other_ports,
            beside: raw
                .scope
                .beside
                .iter()
                .map(|text| literals.intern(text))
                .collect(),
            scope_words: raw
                .scope
                .words
                .iter()
                .map(|w| w.to_ascii_lowercase())
                .collect(),
            privacy: raw.privacy,
            stages,
            names,
            token,
            session_end,
            lost_rule: raw.lost_rule,
            attempt_start,
            versions,
            named,
            identities,
            version_decides: raw.version_decides,
            version_else: raw.version_else,
            raise_level: raw.raise_level,
            checks,
            offline: raw.offline,
            remedy_for: raw
                .remedy_for
                .into_iter()
                .map(|one| RemedyFor {
                    stages: indices(&one.stages),
                    prefix: Text::new(one.en, one.de),
                })
                .collect(),
            host_mark: raw.host_mark.and_then(|mark| {
                let stage = stage_ids.iter().position(|s| *s == mark.stage)?;
                Some((stage, Text::new(mark.en, mark.de)))
            }),
            token_refused: raw.token_refused,
            classes: raw
                .class
                .into_iter()
                .map(|(id, c)| {
                    let operator_side = c.side == "operator";
                    let earliest = c
                        .earliest
                        .and_then(|stage| stage_ids.iter().position(|s| *s == stage))
                        .unwrap_or(0);
                    let contradictions = c
                        .contradiction
                        .into_iter()
                        .filter_map(|raw| {
                            Some(Contradiction {
                                version: VersionTest::parse(&raw.version)?,
                                products: raw.products,
                                port: raw.port,
                                text: raw.text,
                            })
                        })
                        .collect();
                    let advice = c.advice.into_iter().filter_map(|raw| {
                        Some(ClassAdvice {
                            version: ForVersion::parse(raw.version.as_deref())?,
                            causes: raw.causes,
                            stages: indices(&raw.stages),
                            port: raw.port,
                            remedy: Text::new(raw.en, raw.de),
                        })
                    });
                    let advice = advice.collect();
                    (
                        id,
                        Class {
                            advice,
                            title: c.title,
                            operator_side,
                            explained_by: c.explained_by,
                            foreign_hosts: c.foreign_hosts,
                            follows: c.follows,
                            reached: c.reached,
                            unreached: c.unreached,
                            cuts_session: c.cuts_session,
                            answered: c.answered,
                            contradictions,
                            earliest,
                        },
                    )
                })
                .collect(),
        })
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

/// Faults of checks and advice: stages that do not exist, and what is no comparison with a version.
fn unknown_names(
    (path, source): (&str, &str),
    checks: &[super::raw::RawCheck],
    classes: &BTreeMap<String, super::raw::RawClass>,
    names: &StageNames,
) -> Vec<Fault> {
    let advice = classes.values().flat_map(|class| &class.advice);
    let of_advice = advice.map(|a| (&a.stages, a.version.as_deref(), a.en.as_str()));
    let of_checks = checks
        .iter()
        .map(|c| (&c.stages, c.version.as_deref(), c.en.as_str()));
    let mut faults = Vec::new();
    for (stages, version, text) in of_checks.chain(of_advice) {
        for stage in stages.iter().filter(|s| !names.stages.contains(s)) {
            let known = list(names.stages.iter().map(String::as_str));
            faults.push(Fault::near(
                path,
                source,
                stage,
                format!("the stage `{stage}` of \"{text}\" does not exist"),
                format!("use one of: {known}"),
            ));
        }
        if ForVersion::parse(version).is_none() {
            faults.push(Fault::near(
                path,
                source,
                text,
                format!("\"{text}\": that is no comparison with a version"),
                "write for example \">= 12.20\", or \"unknown\"",
            ));
        }
    }
    faults
}
