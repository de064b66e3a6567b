//! The arguments as clap sees them: as close to the command line as possible, nothing but validation.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

const EXIT_CODES: &str = "\
Exit codes (where two apply, the first of 2, 3, 1, 4, 0):
  0  the login is healthy, or it recovered
  1  a failure at or above --fail-on
  2  wrong usage, or a fault in a grammar file
  3  no trace could be read
  4  no failure found, but not enough to vouch for it: the verdict is `insufficient`, the window is empty,
     or something could not be read

Severities: critical, error, warning, info";

const ANALYZE_EXAMPLES: &str = "\
Examples:
  swyxtrace analyze                                    the Traces folder of this user
  swyxtrace analyze C:\\Tickets\\4711\\Traces --since 2h
  swyxtrace analyze traces.zip --format markdown -o ticket.md
  swyxtrace analyze Traces --since \"10.08.2020 11:00\" --lang de
  swyxtrace analyze Traces --around 11:16
  swyxtrace analyze Traces --anonymize --format html -o report.html";

const TIMELINE_EXAMPLES: &str = "\
Examples:
  swyxtrace timeline Traces --level warn
  swyxtrace timeline Traces --around \"10.08.2020 11:16\" --program SwyxMessenger
  swyxtrace timeline traces.zip --format csv -o timeline.csv
  swyxtrace timeline traces.zip --format otlp -o records.jsonl     OpenTelemetry log records (OTLP/JSON), one a line
  swyxtrace timeline traces.zip --format timesketch -o events.jsonl";

const FOLLOW_EXAMPLES: &str = "\
Examples:
  swyxtrace follow                                     the Traces folder of this user, until Ctrl-C
  swyxtrace follow C:\\Users\\anna\\AppData\\Local\\Traces --for 10m --report report.html
  swyxtrace follow Traces --format jsonl | jq -c 'select(.kind == \"finding\")'

Each line is one event: when it happened, what, and the record that says so. A last line that has no end yet is read
when it has one, or at the end. Traces that are deleted or begun anew are watched on. Ctrl-C ends it with the report, a
second one without.

With --format jsonl each line has `schema` (swyxtrace-follow), `schema_version` (1), `kind` (waiting, watching, appeared,
replaced, gone, problem, attempt, stage, finding, verdict; the last line: report), `time`, `client`, `stage`, `status`,
`class`, `rule`, `severity`, `verdict`, `title`, `source` and `line`; the last line has the whole `report`.";

const ANONYMIZE_EXAMPLES: &str = "\
Examples:
  swyxtrace anonymize Traces -o traces-anonymous.zip
  swyxtrace anonymize traces.zip -o traces-anonymous.zip --anonymize-map private.json

The same tokens come out of `analyze --anonymize` and `timeline --anonymize` on the same traces. Read the copy before
you send it on: a name that stands nowhere in a place of names is not known to be one.";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  swyxtrace explain Traces\\SwyxMessenger-2020-08-10.log
  swyxtrace explain unknown.log --lines 20
  swyxtrace explain unknown.log --as nlog";

const GRAMMAR_EXAMPLES: &str = "\
Examples:
  swyxtrace rules --lang de
  swyxtrace formats
  swyxtrace check --grammars my-grammars";

const SCHEMA_EXAMPLES: &str = "\
Examples:
  swyxtrace schema > report.schema.json
  swyxtrace schema rule > rule.schema.json      for an editor that completes and checks TOML (Taplo, Even Better TOML)";

const NEW_EXAMPLES: &str = "\
Examples:
  swyxtrace new rule --from Traces\\SwyxMessenger-2020-08-10.log:117 --id resource/gadget-jammed --grammars my
  swyxtrace new format Traces\\unknown.log --grammars my
  swyxtrace check --grammars my";

const INSTALL_EXAMPLES: &str = "\
Examples:
  swyxtrace install --send-to
  swyxtrace install --send-to --remove";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  swyxtrace completions powershell >> $PROFILE
  swyxtrace completions bash > /etc/bash_completion.d/swyxtrace";

/// Names the step of the Swyx Messenger login chain that broke, from its trace files.
#[derive(Debug, Parser)]
#[command(name = "swyxtrace", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say which step of the login failed, why, on which lines, and what to do
    #[command(after_help = EXIT_CODES, after_long_help = format!("{ANALYZE_EXAMPLES}\n\n{EXIT_CODES}"))]
    Analyze(Analyze),
    /// Print the records of all files in one order of time
    #[command(after_help = TIMELINE_EXAMPLES)]
    Timeline(Timeline),
    /// Watch traces while they are written: new findings and stages as they happen, and the report at the end
    #[command(after_help = FOLLOW_EXAMPLES)]
    Follow(Follow),
    /// Make a copy of the traces that may be sent on: without secrets, identities replaced by tokens (user-1)
    #[command(after_help = ANONYMIZE_EXAMPLES)]
    Anonymize(Anonymize),
    /// List the trace layouts
    #[command(after_help = GRAMMAR_EXAMPLES)]
    Formats(GrammarsOnly),
    /// List the failure rules
    #[command(after_help = GRAMMAR_EXAMPLES)]
    Rules(Rules),
    /// Load all grammar files and run their samples and examples
    #[command(after_help = GRAMMAR_EXAMPLES)]
    Check(Check),
    /// Say how a file is read: its layout, its columns, and what does not fit
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(Explain),
    /// Print the JSON Schema of `analyze --format json`, or of a kind of grammar file
    #[command(after_help = SCHEMA_EXAMPLES)]
    Schema(Schema),
    /// Write a rule or a format file to start from; it passes `check`
    #[command(after_help = NEW_EXAMPLES)]
    New(New),
    /// Say which folders are used: grammars of this user, traces, temporary files
    Paths(GrammarsOnly),
    /// Add swyxtrace to the Send-to menu of Windows' Explorer, or take it out again
    #[command(after_help = INSTALL_EXAMPLES)]
    Install(Install),
    /// Print the completions of a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(Completions),
    /// Print the man page
    Man,
    /// What a drop on the program does: HTML report beside the traces, ticket text on screen
    #[command(hide = true)]
    Drop(Drop),
}

/// Where the traces are and which part of time counts.
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct Input {
    /// Files, folders or archives; `-` for standard input. Without any: this user's Traces folders
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Only from then on: 2h, 90m, 1d12h (before the newest record), 14:30, 2020-08-10, 10.08.2020 14:30, today, yesterday, RFC 3339
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Only up to then; the same forms
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub until: Option<String>,
    /// Only around then: five minutes to each side, or as far as is said, as in 14:30±10m (or 14:30+-10m)
    #[arg(long, value_name = "T", allow_hyphen_values = true, conflicts_with_all = ["since", "until"])]
    pub around: Option<String>,
    /// Relative times count back from the clock, not from the newest record
    #[arg(long)]
    pub now: bool,
    /// Zone of stamps without one: an IANA name (Europe/Berlin), an offset (+02:00) or UTC. GLOB=ZONE is for the files
    /// whose name fits (Console*=UTC), and may be given more than once
    #[arg(long, value_name = "[GLOB=]ZONE", allow_hyphen_values = true)]
    pub tz: Vec<String>,
    /// Folder with formats, rules and chain of your own, laid over the built-in ones
    #[arg(long, value_name = "DIR")]
    pub grammars: Option<PathBuf>,
    /// Read every file with this format (see `swyxtrace formats`) instead of finding it out
    #[arg(long = "as", value_name = "FORMAT")]
    pub as_format: Option<String>,
    /// Threads; the result does not depend on it
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Password of encrypted archives
    #[arg(long, value_name = "PASSWORD")]
    pub password: Option<String>,
    /// Most members of one archive
    #[arg(long, value_name = "N")]
    pub max_members: Option<u64>,
    /// Most bytes that one archive may unpack to
    #[arg(long, value_name = "BYTES")]
    pub max_bytes: Option<u64>,
    /// Most unpacked bytes for each packed byte
    #[arg(long, value_name = "N")]
    pub max_ratio: Option<u64>,
    /// Most archives inside each other
    #[arg(long, value_name = "N")]
    pub max_depth: Option<u32>,
    /// Bytes of one block (for tests; the result does not depend on it)
    #[arg(long, value_name = "BYTES", hide = true)]
    pub block_size: Option<usize>,
    /// No progress bar
    #[arg(long, short)]
    pub quiet: bool,
    /// Say on standard error how each file is read, and which ones are not
    #[arg(long, short, conflicts_with = "quiet")]
    pub verbose: bool,
}

/// What leaves the house.
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct Privacy {
    /// Replace names of users and hosts, e-mail and SIP addresses, phone numbers, public addresses and messages by tokens (user-1)
    #[arg(long)]
    pub anonymize: bool,
    /// Write what each token stands for to this file; it is private
    #[arg(long, value_name = "FILE", requires = "anonymize")]
    pub anonymize_map: Option<PathBuf>,
}

/// `swyxtrace anonymize`.
#[derive(Debug, ClapArgs)]
#[allow(clippy::struct_field_names)] // options are called the same in all subcommands
pub struct Anonymize {
    /// Files, folders or archives; `-` for standard input
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// The ZIP to write
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Write what each token stands for to this file; it is private
    #[arg(long, value_name = "FILE")]
    pub anonymize_map: Option<PathBuf>,
    /// Zone of the times of archive members: an IANA name (Europe/Berlin), an offset (+02:00) or UTC
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    pub tz: Vec<String>,
    /// Folder with formats, rules and chain of your own, laid over the built-in ones
    #[arg(long, value_name = "DIR")]
    pub grammars: Option<PathBuf>,
    /// Threads; the result does not depend on it
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Password of encrypted archives
    #[arg(long, value_name = "PASSWORD")]
    pub password: Option<String>,
    /// No progress bar
    #[arg(long, short)]
    pub quiet: bool,
}

/// `swyxtrace analyze`.
#[derive(Debug, ClapArgs)]
pub struct Analyze {
    #[command(flatten)]
    /// Traces and window.
    pub input: Input,
    #[command(flatten)]
    /// Identities.
    pub privacy: Privacy,
    /// Output format
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Language; by default that of the system
    #[arg(long, value_enum)]
    pub lang: Option<LangArg>,
    /// Exit with 1 from this severity on
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = SeverityArg::Error)]
    pub fail_on: SeverityArg,
    /// Say for each stage and finding what counted for and against it
    #[arg(long)]
    pub why: bool,
}

/// `swyxtrace follow`.
#[derive(Debug, ClapArgs)]
pub struct Follow {
    #[command(flatten)]
    /// Traces and window.
    pub input: Input,
    #[command(flatten)]
    /// Identities.
    pub privacy: Privacy,
    /// End after so long: 30s, 10m, 1h30m; without it on Ctrl-C
    #[arg(long, value_name = "DURATION")]
    pub r#for: Option<String>,
    /// End when standard input ends
    #[arg(long)]
    pub until_stdin_ends: bool,
    /// Time between two looks at the files; long traces are looked at less often
    #[arg(long, value_name = "DURATION", default_value = "1s")]
    pub interval: String,
    /// Output format: lines for people and the report as text, or one JSON object a line, the last one with the report
    #[arg(long, value_enum, default_value_t = FollowFormatArg::Text)]
    pub format: FollowFormatArg,
    /// Write the report at the end to this file too, in the format of its ending: .html, .md, .json, .jsonl, else text
    #[arg(long, short = 'o', visible_alias = "output", value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Say in the report for each stage and finding what counted for and against it
    #[arg(long)]
    pub why: bool,
    /// After Ctrl-C, give the report of the last look if the one of the end takes longer
    #[arg(long, value_name = "DURATION", default_value = "10s")]
    pub patience: String,
    /// Language; by default that of the system
    #[arg(long, value_enum)]
    pub lang: Option<LangArg>,
    /// Exit with 1 from this severity on
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = SeverityArg::Error)]
    pub fail_on: SeverityArg,
}

/// `swyxtrace drop`: never typed, see `cli::drop`.
#[derive(Debug, ClapArgs)]
pub struct Drop {
    #[command(flatten)]
    /// Traces and window.
    pub input: Input,
    #[command(flatten)]
    /// Identities.
    pub privacy: Privacy,
    /// Language; by default that of the system
    #[arg(long, value_enum)]
    pub lang: Option<LangArg>,
    /// Do not open the report
    #[arg(long)]
    pub no_open: bool,
    /// Do not wait for a key
    #[arg(long)]
    pub no_wait: bool,
}

/// `swyxtrace install`.
#[derive(Debug, ClapArgs)]
pub struct Install {
    /// The entry in the Send-to menu
    #[arg(long, required = true)]
    pub send_to: bool,
    /// Take it out again
    #[arg(long)]
    pub remove: bool,
    /// Language; by default that of the system
    #[arg(long, value_enum)]
    pub lang: Option<LangArg>,
}

/// `swyxtrace completions`.
#[derive(Debug, ClapArgs)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `swyxtrace timeline`.
#[derive(Debug, ClapArgs)]
pub struct Timeline {
    #[command(flatten)]
    /// Traces and window.
    pub input: Input,
    #[command(flatten)]
    /// Identities.
    pub privacy: Privacy,
    /// Only records of this level or worse
    #[arg(long, value_enum)]
    pub level: Option<LevelArg>,
    /// Only records of this program (as in `chain.toml`, or as files are named); may be given more than once
    #[arg(long, value_name = "NAME")]
    pub program: Vec<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t = TimelineFormatArg::Text)]
    pub format: TimelineFormatArg,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Subcommands that only look at grammars.
#[derive(Debug, ClapArgs)]
pub struct GrammarsOnly {
    /// Folder with formats, rules and chain of your own, laid over the built-in ones
    #[arg(long, value_name = "DIR")]
    pub grammars: Option<PathBuf>,
    /// Language; by default that of the system
    #[arg(long, value_enum)]
    pub lang: Option<LangArg>,
}

/// `swyxtrace check`.
#[derive(Debug, ClapArgs)]
pub struct Check {
    #[command(flatten)]
    /// Which grammars.
    pub grammars: GrammarsOnly,
    /// Say for each rule in how many examples it fires; exit with 1 if one fires in none
    #[arg(long)]
    pub coverage: bool,
}

/// `swyxtrace rules`.
#[derive(Debug, ClapArgs)]
pub struct Rules {
    #[command(flatten)]
    /// Which grammars.
    pub grammars: GrammarsOnly,
    /// Output format
    #[arg(long, value_enum, default_value_t = RulesFormat::Text)]
    pub format: RulesFormat,
}

/// Formats of the list of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum RulesFormat {
    Text,
    Json,
    Markdown,
}

/// `swyxtrace schema`.
#[derive(Debug, ClapArgs)]
pub struct Schema {
    /// Of what
    #[arg(value_enum, default_value_t = SchemaOf::Report)]
    pub of: SchemaOf,
}

/// What has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum SchemaOf {
    Report,
    Format,
    Rule,
    Chain,
    Numbers,
    Facts,
    Lexicon,
    Uses,
    Zones,
}

/// `swyxtrace new`.
#[derive(Debug, ClapArgs)]
pub struct New {
    /// What.
    #[command(subcommand)]
    pub what: NewWhat,
}

/// What is new.
#[derive(Debug, Subcommand)]
pub enum NewWhat {
    /// A rule for the record at `FILE:LINE`, to be filled in
    Rule(NewRule),
    /// The layout of a file, as it was learned
    Format(NewFormat),
}

/// `swyxtrace new rule`.
#[derive(Debug, ClapArgs)]
pub struct NewRule {
    /// The record
    #[arg(long, value_name = "FILE:LINE")]
    pub from: String,
    /// Class and name of the rule; the class is one of `chain.toml`. By default `unknown/` and words of the record
    #[arg(long, value_name = "CLASS/NAME")]
    pub id: Option<String>,
    #[command(flatten)]
    /// Where it goes to.
    pub place: NewPlace,
}

/// `swyxtrace new format`.
#[derive(Debug, ClapArgs)]
pub struct NewFormat {
    /// The file
    pub file: PathBuf,
    /// The id of the format. By default the name of the file
    #[arg(long, value_name = "NAME")]
    pub id: Option<String>,
    #[command(flatten)]
    /// Where it goes to.
    pub place: NewPlace,
}

/// Where a new grammar file goes to.
#[derive(Debug, ClapArgs)]
pub struct NewPlace {
    /// The folder of grammars that it becomes part of; by default that of this user, see `swyxtrace paths`
    #[arg(long, value_name = "DIR")]
    pub grammars: Option<PathBuf>,
    /// Password of encrypted archives
    #[arg(long, value_name = "PASSWORD")]
    pub password: Option<String>,
}

/// `swyxtrace explain`.
#[derive(Debug, ClapArgs)]
pub struct Explain {
    /// The file; `-` for standard input. With --rule or --why: <FILE:LINE>
    pub file: PathBuf,
    /// Print a rule file to start from for the record at <FILE:LINE>
    #[arg(long, conflicts_with = "why")]
    pub rule: bool,
    /// Say which conditions of this rule hold on the record at <FILE:LINE>, and which do not
    #[arg(long, value_name = "RULE")]
    pub why: Option<String>,
    /// Replace names of users and hosts, addresses, phone numbers and messages by tokens (user-1)
    #[arg(long)]
    pub anonymize: bool,
    /// Folder with formats, rules and chain of your own, laid over the built-in ones
    #[arg(long, value_name = "DIR")]
    pub grammars: Option<PathBuf>,
    /// Read the file with this format instead of finding it out
    #[arg(long = "as", value_name = "FORMAT")]
    pub as_format: Option<String>,
    /// How many lines from the start are explained
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub lines: usize,
    /// Password of encrypted archives
    #[arg(long, value_name = "PASSWORD")]
    pub password: Option<String>,
}

/// Formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum ReportFormat {
    Text,
    Markdown,
    Json,
    Jsonl,
    Html,
}

/// Formats of a watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum FollowFormatArg {
    Text,
    Jsonl,
}

/// Formats of a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum TimelineFormatArg {
    Text,
    Jsonl,
    Csv,
    Timesketch,
    Otlp,
}

/// Languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum LangArg {
    En,
    De,
}

/// Severities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum SeverityArg {
    Critical,
    Error,
    Warning,
    Info,
}

/// Levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum LevelArg {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}
