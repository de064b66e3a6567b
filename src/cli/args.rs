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
  swyxtrace analyze Traces --since \"10.08.2020 11:00\" --lang de";

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
    Timeline(Timeline),
    /// List the trace layouts
    Formats(GrammarsOnly),
    /// List the failure rules
    Rules(GrammarsOnly),
    /// Load all grammar files and run their samples and examples
    Check(GrammarsOnly),
    /// Say how a file is read: its layout, its columns, and what does not fit
    Explain(Explain),
    /// Print the JSON Schema of `analyze --format json`
    Schema,
}

/// Where the traces are and which part of time counts.
#[derive(Debug, ClapArgs)]
pub struct Input {
    /// Files, folders or archives; `-` for standard input. Without any: this user's Traces folders
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Only from then on: 2h, 90m, 1d12h (before the newest record), 14:30, 2020-08-10, 10.08.2020 14:30, RFC 3339
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Only up to then; the same forms
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub until: Option<String>,
    /// Relative times count back from the clock, not from the newest record
    #[arg(long)]
    pub now: bool,
    /// Zone of stamps without one: an IANA name (Europe/Berlin), an offset (+02:00) or UTC
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    pub tz: Option<String>,
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
}

/// `swyxtrace analyze`.
#[derive(Debug, ClapArgs)]
pub struct Analyze {
    #[command(flatten)]
    /// Traces and window.
    pub input: Input,
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

/// `swyxtrace timeline`.
#[derive(Debug, ClapArgs)]
pub struct Timeline {
    #[command(flatten)]
    /// Traces and window.
    pub input: Input,
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

/// `swyxtrace explain`.
#[derive(Debug, ClapArgs)]
pub struct Explain {
    /// The file; `-` for standard input. With --rule or --why: FILE:LINE
    pub file: PathBuf,
    /// Print a rule file to start from for the record at FILE:LINE
    #[arg(long, conflicts_with = "why")]
    pub rule: bool,
    /// Say which conditions of this rule hold on the record at FILE:LINE, and which do not
    #[arg(long, value_name = "RULE")]
    pub why: Option<String>,
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

/// Formats of a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum TimelineFormatArg {
    Text,
    Jsonl,
    Csv,
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
