//! The report: everything that a run found out, in the language of the reader. Renderers add no judgement to it.
//! Its JSON form is the public interface, version 1: it only grows.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::attempts::Attempts;
use super::buckets::Buckets;
use super::{ClockMark, Encoding, Lang, Level, Moment};

/// Version of the JSON form.
pub const SCHEMA_VERSION: u32 = 1;
/// Name of the JSON form.
pub const SCHEMA: &str = "swyxtrace-report";
/// What a copy of traces says of itself, as the comment of the ZIP: in a folder with traces it is no trace.
pub const COPY_MARK: &str = "swyxtrace-report: a copy of traces, without secrets and identities";
/// What stands between source and line in a timeline as text.
pub const TIMELINE_BAR: &str = " | ";

/// The whole report.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Report {
    /// Always `swyxtrace-report`.
    pub schema: &'static str,
    /// Always 1; fields are only added.
    pub schema_version: u32,
    /// What made the report.
    pub tool: Tool,
    /// Language of all texts.
    pub lang: Lang,
    /// The chain that was judged.
    pub chain_title: String,
    /// What part of time is reported.
    pub window: Window,
    /// The overall verdict: the worst of each client's last decided attempt.
    pub verdict: Verdict,
    /// The verdict as one sentence.
    pub headline: String,
    /// Name of the client that headline and chain are of; missing where there is only one, or it has no name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The stages of the attempt that decides the verdict, in the order of the chain.
    pub chain: Vec<ChainStep>,
    /// One entry for each machine, user and Windows session.
    pub clients: Vec<Client>,
    /// Product versions that the traces name.
    pub versions: Vec<Version>,
    /// Findings: causes first, then consequences; inside that by severity, then time.
    pub findings: Vec<Finding>,
    /// What to look at next, the most useful first.
    pub next_checks: Vec<String>,
    /// What was read.
    pub sources: Vec<SourceReport>,
    /// What was missing to be sure.
    pub coverage: Vec<Gap>,
    /// Where the evidence is not enough: a reply to the customer, ready to paste, that says what to send; else empty.
    pub reply: String,
    /// What could not be read.
    pub problems: Vec<ProblemReport>,
    /// What counted for and against each stage and finding.
    pub why: Vec<Why>,
    /// Error records that no rule explains, grouped; not findings.
    pub uncatalogued: Vec<Uncatalogued>,
    /// Failures by which no step is judged: at addresses that are none of the chain's, or without one beside an open session.
    pub elsewhere: Vec<Elsewhere>,
    /// What was read beside the traces: owners of ports, versions, proxies, the machine's time zone.
    pub facts: Vec<Fact>,
    /// Files that were not read, and why. With the bytes of `sources` they make up the bytes of the input.
    pub left_alone: Vec<LeftAlone>,
}

/// Something that the package says beside the traces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fact {
    /// What kind: `port-owner`, `process`, `version`, `proxy`, `time-zone`, `server-name` …
    pub kind: String,
    /// As a sentence.
    pub text: String,
    /// Its values by name.
    pub values: BTreeMap<String, String>,
    /// Source path.
    pub source: String,
    /// Line, from 1.
    pub line: u64,
    /// Name of the client that it belongs to; empty where there is only one.
    pub client: String,
    /// True if it matters here: a finding or a clock uses it, or any reader wants to know it.
    pub matters: bool,
}

/// A file that was not read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct LeftAlone {
    /// Its path.
    pub path: String,
    /// `binary`, `ignored`, `own-report`, `copy`.
    pub why: String,
    /// What it is, in words.
    pub what: String,
    /// Its size, where it is known.
    pub bytes: Option<u64>,
}

/// What made the report.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Tool {
    /// Program name.
    pub name: &'static str,
    /// Program version.
    pub version: &'static str,
}

/// What part of time is reported. The window trims what is reported, not what is understood.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Window {
    /// Start, inclusive; null for "from the first record".
    pub since: Option<Moment>,
    /// End, inclusive; null for "to the last record".
    pub until: Option<Moment>,
    /// What relative forms counted back from: the newest record of the chain's programs, or the clock with `--now`.
    pub counted_from: Option<Moment>,
    /// First instant of all sources.
    pub first_record: Option<Moment>,
    /// Last instant of all sources.
    pub last_record: Option<Moment>,
    /// Records inside the window.
    pub records: u64,
    /// A sentence on the window, for the header; empty without one.
    pub text: String,
}

/// The overall verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The last login reached the messages, and nothing failed.
    Healthy,
    /// Something failed, and a later success made up for it.
    Recovered,
    /// Not enough evidence to say.
    Insufficient,
    /// A login failed.
    Failure,
}

/// How bad a finding is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Likely to hurt.
    Warning,
    /// This attempt failed.
    Error,
    /// Nobody gets through until it is mended.
    Critical,
}

/// How sure a finding is; the rules stand in ARCHITECTURE.md.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A hint.
    Possible,
    /// Good evidence from one side.
    Likely,
    /// A code or both sides, at a known endpoint, with nothing against it.
    Certain,
}

/// What a finding is in its attempt.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The first failing stage, or a failure that no other explains.
    Cause,
    /// It follows from a cause.
    Consequence,
}

/// The state of one stage of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Passed.
    Ok,
    /// Failed, and nothing made up for it.
    Failed,
    /// Failed, and passed later in the same attempt.
    Recovered,
    /// An earlier stage failed.
    NotReached,
    /// No evidence either way.
    Unknown,
}

/// How it is known that a stage was passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// A record says so.
    Seen,
    /// A later stage of the same attempt was reached.
    Implied,
}

/// One rung of the ladder.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChainStep {
    /// Stage id.
    pub stage: String,
    /// What happens in the stage.
    pub title: String,
    /// A few words for narrow places.
    pub short: String,
    /// Who asks.
    pub from: String,
    /// Who is asked.
    pub to: String,
    /// Its state.
    pub status: Status,
    /// How a passed stage is known to be passed.
    pub proof: Option<Proof>,
    /// When it was passed or failed.
    pub at: Option<Moment>,
    /// `host:port` where one was seen.
    pub endpoint: Option<String>,
    /// Id of the finding that decides the state.
    pub finding: Option<String>,
}

/// One machine, user and Windows session.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Client {
    /// Its name: user and machine as far as known, else the folder.
    pub name: String,
    /// Verdict of its last decided attempt.
    pub verdict: Verdict,
    /// Its login attempts, oldest first.
    #[schemars(with = "Vec<Attempt>")]
    pub attempts: Attempts,
}

/// One login attempt.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Attempt {
    /// First record of it.
    pub start: Option<Moment>,
    /// Last record of it.
    pub end: Option<Moment>,
    /// How it went.
    pub verdict: Verdict,
    /// Its ladder.
    pub chain: Vec<ChainStep>,
    /// Ids of its findings.
    pub findings: Vec<String>,
    /// For each of them the first record that tells it in this attempt; a finding quotes only some. Not in the JSON.
    #[serde(skip)]
    pub places: Vec<Option<Place>>,
}

/// Where a record stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Source path.
    pub source: String,
    /// The line that tells it, from 1.
    pub line: u64,
    /// Its instant, if it has one.
    pub time: Option<Moment>,
}

/// A product version named in a trace.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Version {
    /// Product.
    pub product: String,
    /// The product as the language of the report calls it, where that is another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Version as written.
    pub version: String,
    /// Source path.
    pub source: String,
    /// Line of the record.
    pub line: u64,
}

/// A named failure with its evidence.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Finding {
    /// `F1`, `F2` … in the order of the report.
    pub id: String,
    /// Class (a folder of rules).
    pub class: String,
    /// The class in words.
    pub class_title: String,
    /// The cause inside the class.
    pub cause: String,
    /// The rule that tells most.
    pub rule: String,
    /// All rules that fired, the most telling first.
    pub rules: Vec<String>,
    /// Stage at which it happened.
    pub stage: String,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Why it is that sure, in a few words each.
    pub confidence_because: Vec<String>,
    /// `vendor`, `framework`, `third-party` or `inferred`.
    pub basis: String,
    /// Cause or consequence.
    pub role: Role,
    /// The finding that it follows from.
    pub follows_from: Option<String>,
    /// Headline.
    pub title: String,
    /// What happened, for an administrator.
    pub summary: String,
    /// What to do, for an administrator; the most likely first.
    pub remedy: Vec<String>,
    /// The same for the person at the desk.
    pub user_text: String,
    /// The same for the vendor's support.
    pub vendor_text: String,
    /// Records that say so.
    pub count: u64,
    /// First of them.
    pub first_seen: Option<Moment>,
    /// Last of them.
    pub last_seen: Option<Moment>,
    /// What is to be known of the clock at its records; missing where their stamps alone say when they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
    /// When a later success made up for it.
    pub recovered_at: Option<Moment>,
    /// `host:port` that it was about.
    pub endpoint: Option<String>,
    /// Names of the clients that it was seen at.
    pub clients: Vec<String>,
    /// Facts that the traces name besides, each a sentence: by how much, from when, on which port.
    pub details: Vec<String>,
    /// What the traces say against it, each a sentence.
    pub contradictions: Vec<String>,
    /// A bounded choice of the records: first, last and most telling.
    pub evidence: Vec<Evidence>,
    /// What to check next for it.
    pub next_checks: Vec<String>,
    /// Where the texts are documented.
    pub references: Vec<String>,
}

/// One record that speaks for a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Evidence {
    /// Source path.
    pub source: String,
    /// Line at which the record starts, from 1.
    pub line: u64,
    /// Line of the record that tells it, from 1.
    pub match_line: u64,
    /// Instant, or null.
    pub time: Option<Moment>,
    /// What is to be known of the clock at this record: an hour that daylight saving repeats or skips, a clock that
    /// was set back. Missing where the stamp alone says when it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockMark>,
    /// The stamp as written, or null.
    pub stamp: Option<String>,
    /// Level of the record.
    pub level: Option<Level>,
    /// The record, secrets removed; long ones are cut, which is said in the text.
    pub text: String,
    /// The one line of it that tells most, secrets removed.
    pub excerpt: String,
    /// Words in that line, in lower case, by which the rule knew it: where the line is too long to be shown, they are.
    #[serde(skip)]
    pub words: Vec<String>,
    /// Lines above those, until secrets are removed: one may begin there.
    #[serde(skip)]
    pub lead: Vec<String>,
    /// Up to three lines before, secrets removed.
    pub before: Vec<String>,
    /// Up to three lines after, secrets removed.
    pub after: Vec<String>,
}

/// The zone in which a source's local stamps were read.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Zone {
    /// IANA name, an offset, `utc`, or `in-text`.
    pub name: String,
    /// Where it comes from: `option`, `system`, `default`, `in-text`, `format`, `inferred`, `machine` (a fact of the package).
    pub basis: String,
    /// How sure an inferred zone is; missing for any other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// What an inferred zone rests on; missing for any other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
}

/// What was read of one source.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SourceReport {
    /// Path as given or found.
    pub path: String,
    /// Program name.
    pub program: Option<String>,
    /// Format id; several joined by ` + `; `plain` where no layout was found.
    pub format: String,
    /// `declared`, `learned`, `plain`, `forced`, or `facts` for what is no log.
    pub format_basis: String,
    /// Encoding.
    pub encoding: Encoding,
    /// Zone of local stamps.
    pub zone: Zone,
    /// Bytes read, before decoding.
    pub bytes: u64,
    /// Lines: records + continuations + unparsed.
    pub lines: u64,
    /// Lines that start a record.
    pub records: u64,
    /// Lines that belong to the record above them.
    pub continuations: u64,
    /// Lines that no format reads and that belong to no record.
    pub unparsed: u64,
    /// The first unparsed lines, secrets removed.
    pub unparsed_first: Vec<UnparsedLine>,
    /// First instant.
    pub first: Option<Moment>,
    /// Last instant.
    pub last: Option<Moment>,
    /// Records that stand later in the file than one with a later stamp.
    pub out_of_order: u64,
    /// Records per level.
    #[serde(serialize_with = "as_map")]
    #[schemars(with = "BTreeMap<String, u64>")]
    pub levels: Box<[(&'static str, u64)]>,
    /// Records per minute (UTC minute, RFC 3339 → level → count) for the timeline picture; may be thinned.
    #[schemars(with = "Vec<MinuteCount>")]
    pub minutes: Buckets,
    /// Facts that were read from it; such a source is no log.
    pub facts: u64,
    /// True if nothing in it names the chain.
    pub out_of_scope: bool,
    /// What was not read well.
    pub problems: Vec<String>,
}

/// Pairs as an object: thousands of sources have a few levels each, and a tree takes far more room.
fn as_map<S: serde::Serializer>(
    pairs: &[(&'static str, u64)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().copied())
}

/// Records in one bucket of time.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MinuteCount {
    /// Start of the bucket.
    pub at: Moment,
    /// Records.
    pub records: u64,
    /// Of them at level warn.
    pub warnings: u64,
    /// Of them at level error or worse.
    pub errors: u64,
}

/// A line that no format reads.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UnparsedLine {
    /// Line, from 1.
    pub line: u64,
    /// The line, secrets removed.
    pub text: String,
}

/// Something that was missing to be sure.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Gap {
    /// Short id (`no-trace-of-comsocket`, `starts-after-login` …).
    pub id: String,
    /// A sentence: what is missing and what to send instead.
    pub text: String,
}

/// Something that could not be read.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProblemReport {
    /// Source path, or null for the run.
    pub source: Option<String>,
    /// Line, from 1.
    pub line: Option<u64>,
    /// A sentence.
    pub text: String,
}

/// One step of the reasoning.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Why {
    /// `stage:<id>` or the finding's id.
    pub about: String,
    /// True if it counts for it, false if against.
    pub counts_for: bool,
    /// A sentence.
    pub text: String,
}

/// A group of error records that no rule explains.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Uncatalogued {
    /// The text with numbers, ids and hosts masked.
    pub template: String,
    /// Records.
    pub count: u64,
    /// One of them.
    pub example: Evidence,
    /// The stage near which they stand.
    pub stage: Option<String>,
}

/// Failures of one rule at one address by which no step is judged.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Elsewhere {
    /// The rule that knew them.
    pub rule: String,
    /// `host:port` that they name; null where they name none.
    pub endpoint: Option<String>,
    /// Records.
    pub count: u64,
    /// First of them.
    pub first_seen: Option<Moment>,
    /// Last of them.
    pub last_seen: Option<Moment>,
    /// The first one.
    pub example: Evidence,
}
