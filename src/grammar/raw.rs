//! The grammar files as they stand in TOML: serde mirrors without any judgement. Unknown keys are errors.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{self, IntoDeserializer, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::rule::Basis;
use crate::model::report::Severity;
use crate::model::{Level, Text};

/// `grammars/rules/<class>/<stem>.toml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRule {
    /// The file replaces the built-in one of the same id.
    #[serde(default, rename = "override")]
    pub replaces: bool,
    /// What failed, as a headline, in English and German.
    pub title: Text,
    /// The version of swyxtrace that brought the rule.
    #[schemars(regex(pattern = r"^[0-9]+(\.[0-9]+)*$"))]
    pub since: String,
    /// Who says that this text means this failure.
    pub basis: Basis,
    /// The failure inside its class; rules of the same class, cause and stage are one finding.
    #[schemars(regex(pattern = r"^[a-z0-9-]+$"))]
    pub cause: String,
    /// A stage of chain.toml, or `by_endpoint`: the host and port in the record decide.
    #[schemars(length(min = 1))]
    pub stage: String,
    /// How bad it is.
    pub severity: Severity,
    /// The text carries no cause of its own and gives way to any other one.
    #[serde(default)]
    pub wrapper: bool,
    /// Where the texts are documented.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub references: Vec<String>,
    /// Ids of other rules that may fire on the same examples; `*` gives way to all.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub together_with: Vec<String>,
    /// What is said to whom.
    pub text: RawTexts,
    /// Remedies that depend on a version.
    #[serde(default)]
    pub advice_when: Vec<RawAdvice>,
    /// Any of these makes the rule fire; inside one, all keys must hold.
    #[serde(default)]
    pub when: Vec<RawWhen>,
    /// What must hold around the record.
    pub window: Option<RawWindow>,
    /// Times that the record quotes and that are held against its own.
    #[serde(default)]
    pub clock: Vec<RawClock>,
    /// Its own tests: at least one that fires and one that does not.
    #[serde(default)]
    pub example: Vec<RawExample>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTexts {
    /// English.
    pub en: RawAudience,
    /// German.
    pub de: RawAudience,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAudience {
    /// One or two sentences for the person at the desk.
    #[schemars(length(min = 1))]
    pub user: String,
    /// For whoever mends it.
    pub admin: RawAdmin,
    /// What the vendor's support needs to know.
    #[schemars(length(min = 1))]
    pub vendor: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAdmin {
    /// What happened; `{endpoint}`, `{host}`, `{port}` and regex captures are filled in.
    #[schemars(length(min = 1))]
    pub summary: String,
    /// What to do next, the most likely first.
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub remedy: Vec<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAdvice {
    /// A comparison: `< 12.20`.
    #[schemars(regex(pattern = r"^\s*(<|<=|>|>=|=)\s*[0-9]+(\.[0-9]+)*\s*$"))]
    pub version: String,
    /// The remedy.
    pub remedy: Text,
}

/// A value or a list of values.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub enum OneOrMany<T> {
    One(T),
    Many(#[schemars(length(min = 1))] Vec<T>),
}

/// As if it were untagged, without a copy of the value for each kind that is tried.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or a list of values")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                T::deserialize(text.into_deserializer()).map(OneOrMany::One)
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                T::deserialize(number.into_deserializer()).map(OneOrMany::One)
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                T::deserialize(number.into_deserializer()).map(OneOrMany::One)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                let list = SeqAccessDeserializer::new(list);
                Vec::deserialize(list).map(OneOrMany::Many)
            }
        }

        deserializer.deserialize_any(Either(PhantomData))
    }
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl<T> OneOrMany<T> {
    pub const fn is_empty(&self) -> bool {
        matches!(self, Self::Many(many) if many.is_empty())
    }

    pub fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWhen {
    /// Every one of these texts occurs.
    #[serde(default)]
    pub literal: OneOrMany<String>,
    /// At least one of these texts occurs.
    #[serde(default)]
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub any_literal: Vec<String>,
    /// None of these texts occurs.
    #[serde(default)]
    pub not_literal: OneOrMany<String>,
    /// A number of that family stands in one of its shapes: `{ winsock = 10048 }`.
    #[serde(default)]
    pub number: BTreeMap<String, OneOrMany<i64>>,
    /// `bind`, `connect` or `unknown`, by the words of lexicon.toml.
    #[serde(default)]
    pub direction: OneOrMany<RawWay>,
    /// Such an endpoint stands in the record: `loopback`, `remote` or a stage.
    #[serde(default)]
    pub endpoint: OneOrMany<String>,
    /// No such endpoint stands in the record.
    #[serde(default)]
    pub not_endpoint: OneOrMany<String>,
    /// The record's level is at least this.
    pub level: Option<Level>,
    /// The record's level is lower than this, or it has none.
    pub below: Option<Level>,
    /// False: an endpoint that the record does not name is not assumed. True: it is, even where several stages are named:
    /// the one that was begun and not answered yet, in a warning or worse.
    pub assume: Option<bool>,
    /// The trace is of one of these programs of chain.toml.
    #[serde(default)]
    pub program: OneOrMany<String>,
    /// This matches; its named captures may be used in the texts.
    #[schemars(length(min = 1))]
    pub regex: Option<String>,
}

/// What a record is about, by the words of lexicon.toml.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawWay {
    Bind,
    Connect,
    Unknown,
}

/// Whose clock a quoted time shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawClockZone {
    Utc,
    InText,
}

/// Who has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawSide {
    Customer,
    Operator,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawClock {
    /// The regex capture that holds the time.
    #[schemars(length(min = 1))]
    pub capture: String,
    /// The capture that it is held against; else the stamp of the record.
    #[schemars(length(min = 1))]
    pub against: Option<String>,
    /// A stamp layout, or a list.
    pub layout: OneOrMany<String>,
    /// Whose clock it shows.
    pub zone: RawClockZone,
    /// In the past it tells nothing.
    #[serde(default)]
    pub only_ahead: bool,
    /// How far it may be off: `300s`.
    #[schemars(regex(pattern = r"^[0-9]+\s*(ms|s|m|min|h)\s*$"))]
    pub tolerance: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWindow {
    /// At least so many records of the rule within the time.
    pub count: Option<u64>,
    /// The time: `60s`.
    #[schemars(regex(pattern = r"^[0-9]*[1-9][0-9]*\s*(ms|s|m|min|h)\s*$"))]
    pub within: Option<String>,
    /// The last request of the same trace is at least so long ago.
    #[schemars(regex(pattern = r"^[0-9]*[1-9][0-9]*\s*(ms|s|m|min|h)\s*$"))]
    pub begun_before: Option<String>,
    /// One of these texts must follow.
    #[serde(default)]
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub followed_by: Vec<String>,
    /// None of these texts may follow.
    #[serde(default)]
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub not_followed_by: Vec<String>,
    /// Nothing of the chain follows in the same trace.
    #[serde(default)]
    pub unanswered: bool,
    /// The silence also counts where the trace itself ends.
    #[serde(default)]
    pub or_ends: bool,
    /// The trace itself ends within the time, and one of another program goes on.
    #[serde(default)]
    pub stops: bool,
    /// Another trace tells later of a failure of one of these classes.
    #[serde(default)]
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub beside: Vec<String>,
    /// The last of at least so many regular records.
    pub ceases: Option<u64>,
    /// What the claims of the capture `token` must say.
    pub token: Option<RawTokenTest>,
}

/// What the claims of a token in the record, read against its time and the chain's hosts, must say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RawTokenTest {
    /// Its end lies before the record.
    Expired,
    /// Its start lies more than the usual tolerance after the record.
    NotYetValid,
    /// Its issuer or audience names a host that is none of the chain's.
    OtherHost,
    /// Its algorithm is `none`.
    Unsigned,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawExample {
    /// A few words.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Lines as a trace would hold them.
    #[schemars(length(min = 1))]
    pub trace: String,
    /// The lines, from 1, at which the firing records start.
    pub fires_at: Vec<u64>,
    /// A trace's file name, which decides the program.
    #[schemars(length(min = 1))]
    pub file: Option<String>,
    /// The stage that must come out.
    #[schemars(length(min = 1))]
    pub stage: Option<String>,
    /// The rule ought to tell this one right, and does not yet.
    #[serde(default)]
    pub known_gap: bool,
    /// Traces of other programs from the same time.
    #[serde(default)]
    pub beside: Vec<RawBeside>,
}

/// Another trace of an example.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawBeside {
    #[schemars(length(min = 1))]
    pub file: String,
    #[schemars(length(min = 1))]
    pub trace: String,
}

/// `grammars/chain.toml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawChain {
    /// The file replaces the built-in one of the same id.
    #[serde(default, rename = "override")]
    pub replaces: bool,
    /// The id of the chain; a chain with another id than the built-in one brings its own rules.
    #[schemars(regex(pattern = r"^[a-z0-9-]+$"))]
    pub id: String,
    /// Built-in rules that a chain of another product uses, by id, with `*`.
    #[serde(default)]
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub use_rules: Vec<String>,
    /// What it is a chain of.
    pub title: Text,
    /// What reports say of it, where the usual words do not fit.
    #[serde(default)]
    pub words: RawWords,
    /// Where the traces of this user lie.
    #[serde(default)]
    pub traces_folder: Vec<RawFolder>,
    /// Folders that say nothing of who wrote into them.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub plain_folders: Vec<String>,
    /// Files that are no traces.
    #[serde(default)]
    pub ignore: RawIgnore,
    /// The programs that write traces.
    #[serde(default)]
    pub program: Vec<RawProgram>,
    /// Ports of the same programs that have nothing to do with the chain.
    #[serde(default)]
    pub other_ports: Vec<u16>,
    /// Hosts that the same programs ask, and that have nothing to do with the chain; `*` stands for anything.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub other_hosts: Vec<String>,
    /// The rule that tells of a session that broke off, whatever the words.
    #[serde(default)]
    pub lost_rule: String,
    /// What puts a text in scope.
    #[serde(default)]
    pub scope: RawScope,
    /// What `--anonymize` has to know.
    #[serde(default)]
    pub privacy: Privacy,
    /// The stages in order.
    #[schemars(length(min = 1))]
    pub stage: Vec<RawStage>,
    /// What holds a token, as the capture `token`.
    #[serde(default)]
    pub token: Vec<RawWhen>,
    /// Orderly ends of a session.
    #[serde(default)]
    pub session_end: Vec<RawWhen>,
    /// Starts of a login attempt.
    #[serde(default)]
    pub attempt_start: Vec<RawWhen>,
    /// Words that a login attempt will begin later: it begins with what the program does next.
    #[serde(default)]
    pub attempt_announced: Vec<RawWhen>,
    /// Records that only quote a failure: a hint, a setting, an earlier run, what somebody wrote.
    #[serde(default)]
    pub hearsay: Vec<RawWhen>,
    /// How a trace names the version of a product.
    #[serde(default)]
    pub version: Vec<RawVersion>,
    #[serde(default)]
    pub named: Vec<RawNamed>,
    /// Words of records that name an endpoint only in passing (a setting, a name that was looked up): nothing is begun there.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub in_passing: Vec<String>,
    /// How a trace names who writes it.
    #[serde(default)]
    pub identity: Vec<RawIdentity>,
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub version_decides: Vec<String>,
    pub raise_level: Option<Text>,
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub version_else: Vec<String>,
    #[serde(default)]
    pub check: Vec<RawCheck>,
    #[serde(default)]
    pub offline: RawOffline,
    #[serde(default)]
    pub remedy_for: Vec<RawRemedyFor>,
    pub host_mark: Option<RawHostMark>,
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub token_refused: Vec<String>,
    pub class: BTreeMap<String, RawClass>,
}

/// Sentences of reports in the words of the product; those that are left out are made of the chain's title. `{number}` is
/// that of the stage, `{of}` how many there are, `{stage}` its few words, `{title}` what failed.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWords {
    /// The headline of a failure.
    pub failed: Option<Text>,
    /// The headline where the session broke off after it had stood.
    pub lost: Option<Text>,
    /// The headline where it succeeded after a failure.
    pub recovered: Option<Text>,
    /// The same where the failure was one of an earlier attempt.
    pub recovered_later: Option<Text>,
    /// The headline where nothing failed.
    pub healthy: Option<Text>,
    /// The headline where the traces do not tell.
    pub insufficient: Option<Text>,
    /// How a customer brings the failure about once more, and until when to wait: the rest of a sentence that begins with
    /// "Close all of these programs, start them again, and".
    pub repeat: Option<Text>,
    /// Words by which sentences of rules name this product, compared without case. Where the chain of another product uses
    /// such a rule, sentences with one of them are left out.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub own: Vec<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawFolder {
    /// The folder; `%NAME%` is an environment variable.
    #[schemars(length(min = 1))]
    pub path: String,
    /// In a shared folder only the files of known programs are taken.
    #[serde(default)]
    pub only_programs: bool,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawIgnore {
    /// Globs of file names.
    #[serde(default)]
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub names: Vec<String>,
}

/// What `--anonymize` has to know of the traces; `grammars/README.md` explains the keys.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Privacy {
    /// Keys whose value names a person.
    #[schemars(inner(length(min = 1)))]
    pub user_keys: Vec<String>,
    /// Words right before a person's name.
    #[schemars(inner(length(min = 1)))]
    pub user_phrases: Vec<String>,
    /// Words that often stand right before a person's name, where only what looks like one counts.
    pub user_hints: Vec<String>,
    /// Words behind a capitalised word after a hint that say that it is somebody: `joined`, `wurde`.
    pub user_verbs: Vec<String>,
    /// Words that stand behind a hint and are no names.
    pub user_not: Vec<String>,
    /// Keys that name a person in an object about people, and something else elsewhere: `from`, `to`.
    pub user_object_keys: Vec<String>,
    /// What makes a record one about people, for `user_object_keys`.
    pub user_object_marks: Vec<String>,
    /// Accounts that are nobody's.
    #[schemars(inner(length(min = 1)))]
    pub accounts: Vec<String>,
    /// Keys whose value names a machine or a domain.
    #[schemars(inner(length(min = 1)))]
    pub host_keys: Vec<String>,
    /// Words right before a host's name.
    #[schemars(inner(length(min = 1)))]
    pub host_phrases: Vec<String>,
    /// Hosts that stay, with `*`; those of the chain's endpoints always do.
    #[schemars(inner(length(min = 1)))]
    pub hosts: Vec<String>,
    /// Last labels of names that are hosts wherever they stand.
    #[schemars(inner(length(min = 1)))]
    pub domains: Vec<String>,
    /// Keys whose value is a phone number.
    #[schemars(inner(length(min = 1)))]
    pub number_keys: Vec<String>,
    /// Words that make a record one about calls: there, numbers in angle brackets and on both sides of an arrow are extensions.
    pub number_marks: Vec<String>,
    /// Words before such a key that make another number of it.
    #[schemars(inner(length(min = 1)))]
    pub other_numbers: Vec<String>,
    /// Keys whose value is what somebody wrote to somebody.
    #[schemars(inner(length(min = 1)))]
    pub message_keys: Vec<String>,
    /// Words that make a record one about a message between people.
    #[schemars(inner(length(min = 1)))]
    pub message_marks: Vec<String>,
    /// Marks behind which, after a name and a colon, the message itself stands.
    #[schemars(inner(length(min = 1)))]
    pub message_from: Vec<String>,
    /// Keys whose value, without quotes and up to the end of the line, is the message, in a record with a mark.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub message_plain_keys: Vec<String>,
    /// Keys whose value is the message, in a record with a mark.
    #[schemars(inner(length(min = 1)))]
    pub message_text_keys: Vec<String>,
    /// Keys that name who wrote or reads: an object with one of them and with a text key is a message, unless it has one of
    /// `message_no_keys`.
    #[schemars(inner(length(min = 1)))]
    pub message_party_keys: Vec<String>,
    /// Keys of answers and errors of programs.
    #[schemars(inner(length(min = 1)))]
    pub message_no_keys: Vec<String>,
    /// Words that folders and files are named with, and that are nobody's name.
    pub path_words: Vec<String>,
    /// Words that are replaced as a name only where their place says that they are one.
    #[schemars(inner(length(min = 1)))]
    pub words: Vec<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawScope {
    /// A record with one of these texts that names nothing of the chain is about something else.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub beside: Vec<String>,
    /// A record with one of these texts that names no address at all is, too.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub aside: Vec<String>,
    /// Parts of a path by which a request is no part of the login, while the session stands.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub resources: Vec<String>,
    /// Words that put a text in scope.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub words: Vec<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawProgram {
    /// Its id.
    #[schemars(regex(pattern = r"^[a-z0-9-]+$"))]
    pub id: String,
    /// Its name for people.
    #[schemars(length(min = 1))]
    pub name: String,
    /// How the names of its files begin.
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub files: Vec<String>,
    /// It is part of the chain.
    #[serde(default)]
    pub chain: bool,
    /// It walks the chain.
    #[serde(default)]
    pub lead: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawStage {
    /// Its id.
    #[schemars(regex(pattern = r"^[a-z0-9-]+$"))]
    pub id: String,
    /// What happens in it.
    pub title: Text,
    /// A few words.
    pub short: Text,
    /// What it asks, where no endpoint was seen.
    pub label: Text,
    /// Who asks.
    pub from: RawName,
    /// Who is asked.
    pub to: RawName,
    /// Programs whose own trace is about this stage.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub programs: Vec<String>,
    /// Where it goes to: any of these tables.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub endpoint: Vec<RawEndpoint>,
    /// Ports on this machine that its program uses unless a trace names another one.
    #[serde(default)]
    #[schemars(length(min = 1), inner(range(min = 1)))]
    pub usual_ports: Vec<u16>,
    /// It is reached over the internet.
    #[serde(default)]
    pub internet: bool,
    /// It is what stands once all stages before it are passed, and may break off later: the last stage only.
    #[serde(default)]
    pub session: bool,
    /// What marks it as passed.
    #[serde(default)]
    pub passed: Vec<RawWhen>,
    /// What marks it as begun.
    #[serde(default)]
    pub started: Vec<RawWhen>,
}

/// A name that is the same in both languages, or one for each.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RawName {
    Same(String),
    Each(Text),
}

impl From<RawName> for Text {
    fn from(name: RawName) -> Self {
        match name {
            RawName::Same(name) => Self::new(name.clone(), name),
            RawName::Each(text) => text,
        }
    }
}

/// What to look at next where one of the stages has failed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCheck {
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub stages: Vec<String>,
    #[serde(default)]
    pub reach: bool,
    /// Only for failures of these classes.
    #[serde(default)]
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub classes: Vec<String>,
    /// Not for failures of these classes.
    #[serde(default)]
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub not_classes: Vec<String>,
    #[schemars(regex(pattern = r"^(unknown|\s*(<|<=|>|>=|=)\s*[0-9]+(\.[0-9]+)*\s*)$"))]
    pub version: Option<String>,
    #[schemars(length(min = 1))]
    pub en: String,
    #[schemars(length(min = 1))]
    pub de: String,
}

/// What a remedy begins with that is for some stages only.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRemedyFor {
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub stages: Vec<String>,
    #[schemars(length(min = 1))]
    pub en: String,
    #[schemars(length(min = 1))]
    pub de: String,
}

/// What texts write for a host that the traces may name.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawHostMark {
    #[schemars(length(min = 1))]
    pub stage: String,
    #[schemars(length(min = 1))]
    pub en: String,
    #[schemars(length(min = 1))]
    pub de: String,
}

/// When a failure is that of a PC without internet.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawOffline {
    /// The rule that speaks then.
    #[schemars(length(min = 1))]
    pub rule: String,
    /// Rules that say so by themselves.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub alone: Vec<String>,
    /// Classes by which hosts are not reached.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub classes: Vec<String>,
    /// From so many hosts of unrelated domains on.
    pub hosts: usize,
    /// What is said of the way that the product takes, behind the sentence that no host was reached.
    pub note: Option<Text>,
    /// Last labels of names that are not on the internet.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub private: Vec<String>,
}

/// A remedy that is added to findings of a class.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawClassAdvice {
    #[schemars(regex(pattern = r"^(unknown|\s*(<|<=|>|>=|=)\s*[0-9]+(\.[0-9]+)*\s*)$"))]
    pub version: Option<String>,
    #[serde(default)]
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub causes: Vec<String>,
    #[serde(default)]
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub stages: Vec<String>,
    pub port: Option<u16>,
    #[schemars(length(min = 1))]
    pub en: String,
    #[schemars(length(min = 1))]
    pub de: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawEndpoint {
    /// An address of this machine.
    pub loopback: Option<bool>,
    /// Any of these ports.
    #[serde(default)]
    #[schemars(length(min = 1), inner(range(min = 1)))]
    pub port: Vec<u16>,
    /// Any of these hosts, with `*`.
    #[serde(default)]
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub host: Vec<String>,
    /// Any of these schemes.
    #[serde(default)]
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub scheme: Vec<String>,
    /// The path begins so.
    #[schemars(length(min = 1))]
    pub path: Option<String>,
    /// Words that name the stage where the text gives no address.
    #[serde(default)]
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub word: Vec<String>,
    /// It fits others too.
    #[serde(default)]
    pub weak: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawVersion {
    /// The product.
    #[schemars(length(min = 1))]
    pub product: String,
    /// The product in words of each language, where that is another name.
    pub name: Option<Text>,
    /// All of these texts occur.
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub literal: Vec<String>,
    /// The capture `version` is the version.
    #[schemars(length(min = 1))]
    pub regex: String,
}

/// How a trace names who writes it: its captures `user`, `machine` and `session` tell the clients apart that one folder or
/// file holds.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawIdentity {
    /// True if it is about the client itself wherever it stands. Else it counts only at the start of a trace, or where it
    /// stands in nearly every record: a key such as `user` may be about somebody else.
    #[serde(default)]
    pub sure: bool,
    /// True if all programs call the client alike by it: what Windows calls it. Else two programs may have two names for the
    /// same user.
    #[serde(default)]
    pub exact: bool,
    /// What a record must have.
    pub when: RawWhen,
}

/// How a trace itself names what a package may name too.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawNamed {
    /// The kind of fact.
    #[schemars(length(min = 1))]
    pub fact: String,
    /// What a record of a trace must have to name it.
    pub when: RawWhen,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawClass {
    /// In words.
    pub title: Text,
    /// Who has to act.
    pub side: RawSide,
    /// Classes that are the other side of the same event.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub explained_by: Vec<String>,
    /// A guessed stage is not before this one.
    #[schemars(length(min = 1))]
    pub earliest: Option<String>,
    #[serde(default)]
    pub not_local: bool,
    /// Right after the session was opened, words of it that may be assumed to be about the opening are the answer to the logon.
    #[serde(default)]
    pub answers_logon: bool,
    /// Its records may name hosts that are not of the chain.
    #[serde(default)]
    pub foreign_hosts: bool,
    /// It may be the echo of an earlier failure.
    #[serde(default)]
    pub follows: bool,
    /// Its records show that the other side answered.
    #[serde(default)]
    pub reached: bool,
    /// Its records say that the other side was not reached.
    #[serde(default)]
    pub unreached: bool,
    /// Causes that break an open session where the record names no address. With an address of the session any cause does,
    /// if the list is there; `*` is no cause and says just that.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub cuts_session: Vec<String>,
    /// Versions that speak against it.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub answered: Vec<String>,
    #[serde(default)]
    pub contradiction: Vec<RawContradiction>,
    #[serde(default)]
    pub advice: Vec<RawClassAdvice>,
}

/// What speaks against a class, by a version named in the traces.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawContradiction {
    /// A comparison: `>= 12.20`.
    #[schemars(regex(pattern = r"^\s*(<|<=|>|>=|=)\s*[0-9]+(\.[0-9]+)*\s*$"))]
    pub version: String,
    /// Of these products.
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub products: Vec<String>,
    /// Only for this port.
    pub port: Option<u16>,
    /// What is said.
    pub text: Text,
}

/// `grammars/numbers/*.toml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawNumbers {
    /// The file replaces the built-in one of the same id.
    #[serde(default, rename = "override")]
    pub replaces: bool,
    #[schemars(length(min = 1))]
    pub title: String,
    #[schemars(length(min = 1))]
    pub reference: String,
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub after: Vec<String>,
    pub required: RawRequired,
    pub hresult: Option<i64>,
    #[serde(default)]
    pub hex: bool,
    #[serde(default)]
    pub after_endpoint: bool,
    #[serde(default)]
    pub after_url: bool,
    pub range: Option<[i64; 2]>,
    #[serde(default)]
    pub names: BTreeMap<String, i64>,
    #[serde(default)]
    pub sample: Vec<RawNumberSample>,
    #[serde(default)]
    pub reject: Vec<RawNumberReject>,
}

/// What the prefilter may rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawRequired {
    Number,
    Word,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawNumberSample {
    #[schemars(length(min = 1))]
    pub text: String,
    pub expect: i64,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawNumberReject {
    #[schemars(length(min = 1))]
    pub text: String,
    #[schemars(length(min = 1))]
    pub why: String,
}

/// `grammars/lexicon.toml`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawLexicon {
    /// The file replaces the built-in one of the same id.
    #[serde(default, rename = "override")]
    pub replaces: bool,
    pub direction: RawDirection,
    pub exception: RawException,
    pub trouble: RawTrouble,
    #[serde(default)]
    pub retry: RawRetry,
    #[serde(default)]
    pub people: RawPeople,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRetry {
    /// Words that say that something is tried again, lower case.
    #[serde(default)]
    pub again: Vec<String>,
    /// Words that tell no cause beside them, lower case.
    #[serde(default)]
    pub besides: Vec<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawPeople {
    /// Given names, lower case, none of which is as likely a word of a trace.
    #[serde(default)]
    pub given: Vec<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTrouble {
    #[schemars(inner(length(min = 1)))]
    pub words: Vec<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawDirection {
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub bind: Vec<String>,
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub connect: Vec<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawException {
    #[schemars(inner(length(min = 1)))]
    pub inner: Vec<String>,
}
