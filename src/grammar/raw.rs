//! The grammar files as they stand in TOML: serde mirrors without any judgement. Unknown keys are errors.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::model::Text;
use crate::model::report::Severity;

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
    pub since: String,
    /// Who says that this text means this failure.
    #[schemars(with = "BasisName")]
    pub basis: Spanned<String>,
    /// The failure inside its class; rules of the same class, cause and stage are one finding.
    pub cause: String,
    /// A stage of chain.toml, or `by_endpoint`: the host and port in the record decide.
    #[schemars(with = "String")]
    pub stage: Spanned<String>,
    /// How bad it is.
    pub severity: Severity,
    /// The text carries no cause of its own and gives way to any other one.
    #[serde(default)]
    pub wrapper: bool,
    /// Where the texts are documented.
    #[serde(default)]
    pub references: Vec<String>,
    /// Ids of other rules that may fire on the same examples; `*` gives way to all.
    #[serde(default)]
    pub together_with: Vec<String>,
    /// What is said to whom.
    pub text: RawTexts,
    /// Remedies that depend on a version.
    #[serde(default)]
    pub advice_when: Vec<RawAdvice>,
    /// Any of these makes the rule fire; inside one, all keys must hold.
    #[serde(default)]
    #[schemars(with = "Vec<RawWhen>")]
    pub when: Vec<Spanned<RawWhen>>,
    /// What must hold around the record.
    #[schemars(with = "Option<RawWindow>")]
    pub window: Option<Spanned<RawWindow>>,
    /// Times that the record quotes and that are held against its own.
    #[serde(default)]
    #[schemars(with = "Vec<RawClock>")]
    pub clock: Vec<Spanned<RawClock>>,
    /// Its own tests: at least one that fires and one that does not.
    #[serde(default)]
    pub example: Vec<RawExample>,
}

/// Who says that a text means a failure, for the schema; `rule.rs` checks the name.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(dead_code)] // the schema is generated from it
enum BasisName {
    /// Said by the vendor.
    Vendor,
    /// A runtime's own text or number.
    Framework,
    /// Reverse engineering by others.
    ThirdParty,
    /// Our own conclusion: never above confidence `possible`.
    Inferred,
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
    pub user: String,
    /// For whoever mends it.
    pub admin: RawAdmin,
    /// What the vendor's support needs to know.
    pub vendor: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAdmin {
    /// What happened; `{endpoint}`, `{host}`, `{port}` and regex captures are filled in.
    pub summary: String,
    /// What to do next, the most likely first.
    pub remedy: Vec<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAdvice {
    /// A comparison: `< 12.20`.
    #[schemars(with = "String")]
    pub version: Spanned<String>,
    /// The remedy.
    pub remedy: Text,
}

/// A value or a list of values.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
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

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWhen {
    /// Every one of these texts occurs.
    #[serde(default)]
    pub literal: OneOrMany<String>,
    /// At least one of these texts occurs.
    #[serde(default)]
    pub any_literal: Vec<String>,
    /// None of these texts occurs.
    #[serde(default)]
    pub not_literal: OneOrMany<String>,
    /// A number of that family stands in one of its shapes: `{ winsock = 10048 }`.
    #[serde(default)]
    pub number: BTreeMap<String, OneOrMany<i64>>,
    /// `bind`, `connect` or `unknown`, by the words of lexicon.toml.
    #[serde(default)]
    pub direction: OneOrMany<String>,
    /// Such an endpoint stands in the record: `loopback`, `remote` or a stage.
    #[serde(default)]
    pub endpoint: OneOrMany<String>,
    /// No such endpoint stands in the record.
    #[serde(default)]
    pub not_endpoint: OneOrMany<String>,
    /// The record's level is at least this.
    pub level: Option<String>,
    /// False: an endpoint that the record does not name is not assumed. True: it is, even where several stages are named:
    /// the one that was begun and not answered yet, in a warning or worse.
    pub assume: Option<bool>,
    /// The trace is of one of these programs of chain.toml.
    #[serde(default)]
    pub program: OneOrMany<String>,
    /// This matches; its named captures may be used in the texts.
    pub regex: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawClock {
    /// The regex capture that holds the time.
    pub capture: String,
    /// The capture that it is held against; else the stamp of the record.
    pub against: Option<String>,
    /// A stamp layout, or a list.
    pub layout: OneOrMany<String>,
    /// `utc` or `in_text`.
    pub zone: String,
    /// In the past it tells nothing.
    #[serde(default)]
    pub only_ahead: bool,
    /// How far it may be off: `300s`.
    pub tolerance: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWindow {
    /// At least so many records of the rule within the time.
    pub count: Option<u64>,
    /// The time: `60s`.
    pub within: Option<String>,
    /// The last request of the same trace is at least so long ago.
    pub begun_before: Option<String>,
    /// One of these texts must follow.
    #[serde(default)]
    pub followed_by: Vec<String>,
    /// None of these texts may follow.
    #[serde(default)]
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
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// Lines as a trace would hold them.
    pub trace: String,
    /// The lines, from 1, at which the firing records start.
    #[schemars(with = "Vec<u64>")]
    pub fires_at: Spanned<Vec<u64>>,
    /// A trace's file name, which decides the program.
    pub file: Option<String>,
    /// The stage that must come out.
    #[schemars(with = "Option<String>")]
    pub stage: Option<Spanned<String>>,
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
    pub file: String,
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
    pub id: String,
    /// Built-in rules that a chain of another product uses, by id, with `*`.
    #[serde(default)]
    pub use_rules: Vec<String>,
    /// What it is a chain of.
    pub title: Text,
    /// Where the traces of this user lie.
    #[serde(default)]
    pub traces_folder: Vec<RawFolder>,
    /// Folders that say nothing of who wrote into them.
    #[serde(default)]
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
    pub stage: Vec<RawStage>,
    /// What holds a token, as the capture `token`.
    #[serde(default)]
    #[schemars(with = "Vec<RawWhen>")]
    pub token: Vec<Spanned<RawWhen>>,
    /// Orderly ends of a session.
    #[serde(default)]
    #[schemars(with = "Vec<RawWhen>")]
    pub session_end: Vec<Spanned<RawWhen>>,
    /// Starts of a login attempt.
    #[serde(default)]
    #[schemars(with = "Vec<RawWhen>")]
    pub attempt_start: Vec<Spanned<RawWhen>>,
    /// How a trace names the version of a product.
    #[serde(default)]
    pub version: Vec<RawVersion>,
    #[serde(default)]
    pub named: Vec<RawNamed>,
    /// Words of records that name an endpoint only in passing (a setting, a name that was looked up): nothing is begun there.
    #[serde(default)]
    pub in_passing: Vec<String>,
    /// How a trace names who writes it.
    #[serde(default)]
    pub identity: Vec<RawIdentity>,
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
    pub host_mark: Option<RawHostMark>,
    #[serde(default)]
    pub token_refused: Vec<String>,
    pub class: BTreeMap<String, RawClass>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawFolder {
    /// The folder; `%NAME%` is an environment variable.
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
    pub names: Vec<String>,
}

/// What `--anonymize` has to know of the traces; `grammars/README.md` explains the keys.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Privacy {
    /// Keys whose value names a person.
    pub user_keys: Vec<String>,
    /// Words right before a person's name.
    pub user_phrases: Vec<String>,
    /// Words that often stand right before a person's name, where only what looks like one counts.
    pub user_hints: Vec<String>,
    /// Words behind a capitalised word after a hint that say that it is somebody: `joined`, `wurde`.
    pub user_verbs: Vec<String>,
    /// Keys that name a person in an object about people, and something else elsewhere: `from`, `to`.
    pub user_object_keys: Vec<String>,
    /// What makes a record one about people, for `user_object_keys`.
    pub user_object_marks: Vec<String>,
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
    /// Words that make a record one about calls: there, numbers in angle brackets and on both sides of an arrow are extensions.
    pub number_marks: Vec<String>,
    /// Words before such a key that make another number of it.
    pub other_numbers: Vec<String>,
    /// Keys whose value is what somebody wrote to somebody.
    pub message_keys: Vec<String>,
    /// Words that make a record one about a message between people.
    pub message_marks: Vec<String>,
    /// Marks behind which, after a name and a colon, the message itself stands.
    pub message_from: Vec<String>,
    /// Keys whose value, without quotes and up to the end of the line, is the message, in a record with a mark.
    #[serde(default)]
    pub message_plain_keys: Vec<String>,
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

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawScope {
    /// A record with one of these texts that names nothing of the chain is about something else.
    #[serde(default)]
    pub beside: Vec<String>,
    /// Words that put a text in scope.
    #[serde(default)]
    pub words: Vec<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawProgram {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// How the names of its files begin.
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
    pub programs: Vec<String>,
    /// Where it goes to: any of these tables.
    #[serde(default)]
    pub endpoint: Vec<RawEndpoint>,
    /// Ports on this machine that its program uses unless a trace names another one.
    #[serde(default)]
    pub usual_ports: Vec<u16>,
    /// It is reached over the internet.
    #[serde(default)]
    pub internet: bool,
    /// What marks it as passed.
    #[serde(default)]
    #[schemars(with = "Vec<RawWhen>")]
    pub passed: Vec<Spanned<RawWhen>>,
    /// What marks it as begun.
    #[serde(default)]
    #[schemars(with = "Vec<RawWhen>")]
    pub started: Vec<Spanned<RawWhen>>,
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
    pub stages: Vec<String>,
    #[serde(default)]
    pub reach: bool,
    /// Only for failures of these classes.
    #[serde(default)]
    pub classes: Vec<String>,
    /// Not for failures of these classes.
    #[serde(default)]
    pub not_classes: Vec<String>,
    pub version: Option<String>,
    pub en: String,
    pub de: String,
}

/// What a remedy begins with that is for some stages only.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRemedyFor {
    pub stages: Vec<String>,
    pub en: String,
    pub de: String,
}

/// What texts write for a host that the traces may name.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawHostMark {
    pub stage: String,
    pub en: String,
    pub de: String,
}

/// When a failure is that of a PC without internet.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Deserialize, JsonSchema)]
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

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawEndpoint {
    /// An address of this machine.
    pub loopback: Option<bool>,
    /// Any of these ports.
    #[serde(default)]
    pub port: Vec<u16>,
    /// Any of these hosts, with `*`.
    #[serde(default)]
    pub host: Vec<String>,
    /// Any of these schemes.
    #[serde(default)]
    pub scheme: Vec<String>,
    /// The path begins so.
    pub path: Option<String>,
    /// Words that name the stage where the text gives no address.
    #[serde(default)]
    pub word: Vec<String>,
    /// It fits others too.
    #[serde(default)]
    pub weak: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawVersion {
    /// The product.
    pub product: String,
    /// The product in words of each language, where that is another name.
    pub name: Option<Text>,
    /// All of these texts occur.
    pub literal: Vec<String>,
    /// The capture `version` is the version.
    #[schemars(with = "String")]
    pub regex: Spanned<String>,
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
    #[schemars(with = "RawWhen")]
    pub when: Spanned<RawWhen>,
}

/// How a trace itself names what a package may name too.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawNamed {
    /// The kind of fact.
    pub fact: String,
    /// What a record of a trace must have to name it.
    #[schemars(with = "RawWhen")]
    pub when: Spanned<RawWhen>,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawClass {
    /// In words.
    pub title: Text,
    /// `customer` or `operator`: who has to act.
    pub side: String,
    /// Classes that are the other side of the same event.
    #[serde(default)]
    pub explained_by: Vec<String>,
    /// A guessed stage is not before this one.
    pub earliest: Option<String>,
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
    /// Causes that break an open session; `*` for all.
    #[serde(default)]
    pub cuts_session: Vec<String>,
    /// Versions that speak against it.
    #[serde(default)]
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
    pub version: String,
    /// Of these products.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawRequired {
    Number,
    Word,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawNumberSample {
    pub text: String,
    pub expect: i64,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawNumberReject {
    pub text: String,
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
    pub people: RawPeople,
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
    pub words: Vec<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawDirection {
    pub bind: Vec<String>,
    pub connect: Vec<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawException {
    pub inner: Vec<String>,
}
