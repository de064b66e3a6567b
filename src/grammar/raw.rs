//! The grammar files as they stand in TOML: serde mirrors without any judgement. Unknown keys are errors.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::model::Text;
use crate::model::report::Severity;

/// `grammars/rules/<class>/<stem>.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawRule {
    pub title: Text,
    pub since: String,
    pub basis: Spanned<String>,
    pub cause: String,
    pub stage: Spanned<String>,
    pub severity: Severity,
    #[serde(default)]
    pub wrapper: bool,
    #[serde(default)]
    pub references: Vec<String>,
    #[serde(default)]
    pub together_with: Vec<String>,
    pub text: RawTexts,
    #[serde(default)]
    pub advice_when: Vec<RawAdvice>,
    #[serde(default)]
    pub when: Vec<Spanned<RawWhen>>,
    pub window: Option<Spanned<RawWindow>>,
    #[serde(default)]
    pub clock: Vec<Spanned<RawClock>>,
    #[serde(default)]
    pub example: Vec<RawExample>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTexts {
    pub en: RawAudience,
    pub de: RawAudience,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawAudience {
    pub user: String,
    pub admin: RawAdmin,
    pub vendor: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawAdmin {
    pub summary: String,
    pub remedy: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawAdvice {
    pub version: Spanned<String>,
    pub remedy: Text,
}

/// A value or a list of values.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl<T> OneOrMany<T> {
    pub fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawWhen {
    #[serde(default)]
    pub literal: OneOrMany<String>,
    #[serde(default)]
    pub any_literal: Vec<String>,
    #[serde(default)]
    pub not_literal: OneOrMany<String>,
    #[serde(default)]
    pub number: BTreeMap<String, OneOrMany<i64>>,
    #[serde(default)]
    pub direction: OneOrMany<String>,
    #[serde(default)]
    pub endpoint: OneOrMany<String>,
    #[serde(default)]
    pub not_endpoint: OneOrMany<String>,
    pub level: Option<String>,
    /// False: an endpoint that the record does not name is not assumed.
    pub assume: Option<bool>,
    #[serde(default)]
    pub program: OneOrMany<String>,
    pub regex: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawClock {
    pub capture: String,
    pub against: Option<String>,
    pub layout: OneOrMany<String>,
    pub zone: String,
    #[serde(default)]
    pub only_ahead: bool,
    pub tolerance: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawWindow {
    pub count: Option<u64>,
    pub within: Option<String>,
    pub begun_before: Option<String>,
    #[serde(default)]
    pub followed_by: Vec<String>,
    #[serde(default)]
    pub not_followed_by: Vec<String>,
    #[serde(default)]
    pub unanswered: bool,
    #[serde(default)]
    pub or_ends: bool,
    #[serde(default)]
    pub stops: bool,
    #[serde(default)]
    pub beside: Vec<String>,
    pub ceases: Option<u64>,
    pub token: Option<RawTokenTest>,
}

/// What the claims of a token in the record, read against its time and the chain's hosts, must say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
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

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawExample {
    pub name: String,
    pub trace: String,
    pub fires_at: Vec<u64>,
    pub file: Option<String>,
    pub stage: Option<String>,
    #[serde(default)]
    pub known_gap: bool,
    /// Traces of other programs from the same time.
    #[serde(default)]
    pub beside: Vec<RawBeside>,
}

/// Another trace of an example.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawBeside {
    pub file: String,
    pub trace: String,
}

/// `grammars/chain.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawChain {
    pub id: String,
    pub title: Text,
    #[serde(default)]
    pub traces_folder: Vec<RawFolder>,
    #[serde(default)]
    pub plain_folders: Vec<String>,
    #[serde(default)]
    pub ignore: RawIgnore,
    #[serde(default)]
    pub program: Vec<RawProgram>,
    #[serde(default)]
    pub other_ports: Vec<u16>,
    #[serde(default)]
    pub lost_rule: String,
    #[serde(default)]
    pub scope: RawScope,
    #[serde(default)]
    pub privacy: Privacy,
    pub stage: Vec<RawStage>,
    #[serde(default)]
    pub token: Vec<Spanned<RawWhen>>,
    #[serde(default)]
    pub session_end: Vec<Spanned<RawWhen>>,
    #[serde(default)]
    pub attempt_start: Vec<Spanned<RawWhen>>,
    #[serde(default)]
    pub version: Vec<RawVersion>,
    #[serde(default)]
    pub named: Vec<RawNamed>,
    #[serde(default)]
    pub version_decides: Vec<String>,
    pub raise_level: Option<Text>,
    #[serde(default)]
    pub version_else: Vec<String>,
    #[serde(default)]
    pub check: Vec<RawCheck>,
    #[serde(default)]
    pub offline: RawOffline,
    #[serde(default)]
    pub remedy_for: Vec<RawRemedyFor>,
    #[serde(default)]
    pub token_refused: Vec<String>,
    pub class: BTreeMap<String, RawClass>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawFolder {
    pub path: String,
    #[serde(default)]
    pub only_programs: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawIgnore {
    #[serde(default)]
    pub names: Vec<String>,
}

/// What `--anonymize` has to know of the traces; `grammars/README.md` explains the keys.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Privacy {
    /// Keys whose value names a person.
    pub user_keys: Vec<String>,
    /// Words right before a person's name.
    pub user_phrases: Vec<String>,
    /// Accounts that are nobody's.
    pub accounts: Vec<String>,
    /// Keys whose value names a machine or a domain.
    pub host_keys: Vec<String>,
    /// Words right before a host's name.
    pub host_phrases: Vec<String>,
    /// Hosts that stay, with `*`; those of the chain's endpoints always do.
    pub hosts: Vec<String>,
    /// Last labels of names that are hosts wherever they stand.
    pub domains: Vec<String>,
    /// Keys whose value is a phone number.
    pub number_keys: Vec<String>,
    /// Words before such a key that make another number of it.
    pub other_numbers: Vec<String>,
    /// Keys whose value is what somebody wrote to somebody.
    pub message_keys: Vec<String>,
    /// Words that make a record one about a message between people.
    pub message_marks: Vec<String>,
    /// Marks behind which, after a name and a colon, the message itself stands.
    pub message_from: Vec<String>,
    /// Keys whose value is the message, in a record with a mark.
    pub message_text_keys: Vec<String>,
    /// Keys that name who wrote or reads: an object with one of them and with a text key is a message, unless it has one of
    /// `message_no_keys`.
    pub message_party_keys: Vec<String>,
    /// Keys of answers and errors of programs.
    pub message_no_keys: Vec<String>,
    /// Words that are replaced as a name only where their place says that they are one.
    pub words: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawScope {
    #[serde(default)]
    pub words: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawProgram {
    pub id: String,
    pub name: String,
    pub files: Vec<String>,
    #[serde(default)]
    pub chain: bool,
    #[serde(default)]
    pub lead: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawStage {
    pub id: String,
    pub title: Text,
    pub short: Text,
    pub label: Text,
    pub from: RawName,
    pub to: RawName,
    #[serde(default)]
    pub programs: Vec<String>,
    #[serde(default)]
    pub endpoint: Vec<RawEndpoint>,
    #[serde(default)]
    pub usual_ports: Vec<u16>,
    #[serde(default)]
    pub internet: bool,
    #[serde(default)]
    pub passed: Vec<Spanned<RawWhen>>,
    #[serde(default)]
    pub started: Vec<Spanned<RawWhen>>,
}

/// A name that is the same in both languages, or one for each.
#[derive(Debug, Deserialize)]
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawCheck {
    pub stages: Vec<String>,
    #[serde(default)]
    pub reach: bool,
    pub version: Option<String>,
    pub en: String,
    pub de: String,
}

/// What a remedy begins with that is for some stages only.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawRemedyFor {
    pub stages: Vec<String>,
    pub en: String,
    pub de: String,
}

/// When a failure is that of a PC without internet.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawOffline {
    /// The rule that speaks then.
    pub rule: String,
    /// Rules that say so by themselves.
    #[serde(default)]
    pub alone: Vec<String>,
    /// Classes by which hosts are not reached.
    #[serde(default)]
    pub classes: Vec<String>,
    /// From so many hosts of unrelated domains on.
    pub hosts: usize,
    /// Last labels of names that are not on the internet.
    #[serde(default)]
    pub private: Vec<String>,
}

/// A remedy that is added to findings of a class.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawClassAdvice {
    pub version: Option<String>,
    #[serde(default)]
    pub causes: Vec<String>,
    #[serde(default)]
    pub stages: Vec<String>,
    pub port: Option<u16>,
    pub en: String,
    pub de: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawEndpoint {
    pub loopback: Option<bool>,
    #[serde(default)]
    pub port: Vec<u16>,
    #[serde(default)]
    pub host: Vec<String>,
    #[serde(default)]
    pub scheme: Vec<String>,
    pub path: Option<String>,
    #[serde(default)]
    pub word: Vec<String>,
    #[serde(default)]
    pub weak: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawVersion {
    pub product: String,
    pub literal: Vec<String>,
    pub regex: Spanned<String>,
}

/// How a trace itself names what a package may name too.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawNamed {
    pub fact: String,
    pub when: Spanned<RawWhen>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawClass {
    pub title: Text,
    pub side: String,
    #[serde(default)]
    pub explained_by: Vec<String>,
    pub earliest: Option<String>,
    #[serde(default)]
    pub foreign_hosts: bool,
    #[serde(default)]
    pub follows: bool,
    #[serde(default)]
    pub reached: bool,
    #[serde(default)]
    pub unreached: bool,
    #[serde(default)]
    pub cuts_session: Vec<String>,
    #[serde(default)]
    pub answered: Vec<String>,
    #[serde(default)]
    pub contradiction: Vec<RawContradiction>,
    #[serde(default)]
    pub advice: Vec<RawClassAdvice>,
}

/// What speaks against a class, by a version named in the traces.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawContradiction {
    pub version: String,
    pub products: Vec<String>,
    pub port: Option<u16>,
    pub text: Text,
}

/// `grammars/numbers/*.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawNumbers {
    pub title: String,
    pub reference: String,
    #[serde(default)]
    pub after: Vec<String>,
    pub required: RawRequired,
    pub hresult: Option<i64>,
    #[serde(default)]
    pub hex: bool,
    #[serde(default)]
    pub after_endpoint: bool,
    pub range: Option<[i64; 2]>,
    #[serde(default)]
    pub names: BTreeMap<String, i64>,
    #[serde(default)]
    pub sample: Vec<RawNumberSample>,
    #[serde(default)]
    pub reject: Vec<RawNumberReject>,
}

/// What the prefilter may rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RawRequired {
    Number,
    Word,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawNumberSample {
    pub text: String,
    pub expect: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawNumberReject {
    pub text: String,
    pub why: String,
}

/// `grammars/lexicon.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawLexicon {
    pub direction: RawDirection,
    pub exception: RawException,
    pub trouble: RawTrouble,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTrouble {
    pub words: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawDirection {
    pub bind: Vec<String>,
    pub connect: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawException {
    pub inner: Vec<String>,
}
