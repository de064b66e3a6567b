//! The integration tests: one binary, one module a subject. This file is its table of contents.

#![allow(clippy::print_stdout)] // what a test counted is shown with it
#![allow(clippy::format_collect)] // texts of tests are short

/// Runs the program, or the pipeline inside this process; knows the samples.
mod bench;

/// Modules import downwards only, stages not each other, no product is named in Rust, the library asks nobody.
mod architecture;
/// Where one attempt ends and the next begins.
mod attempts;
/// What stands beside the login and is none of it.
mod beside;
/// All formats, rules and examples agree; a broken grammar file is named by path and line.
mod check;
/// The command line's contract: arguments, exit codes, messages, outputs.
mod cli;
/// Clocks: daylight saving, steps back, newest-first files, zones, and clocks that are off.
mod clocks;
/// Every known failure text of `tests/data/failure_corpus_*.tsv` is recognised as what it is.
mod corpus;
/// What README.md claims and shows is so.
mod docs;
mod elsewhere;
/// `explain` tells columns and losers, and a layout that it learned passes `check`.
/// Small traces, each with what an expert says of it.
mod expert;
mod explain;
/// A partner's own rules, formats and chain; how their faults are told; the life of rules.
mod extend;
/// Faults while it runs: files that change, full disks, closed pipes, interrupts, odd surroundings.
mod faults;
/// Folders of several PCs that nobody has named.
mod folders;
/// A live folder: lines as it happens, the report at the end, in every way to end.
mod follow;
/// What fuzzing found stays mended, and every target takes its seeds.
mod fuzz;
/// Every sample's report in text, German text, Markdown and JSON is, byte for byte, the one in `tests/golden`.
mod goldens;
/// Hostile lines in every output: nothing acts, hides or misleads.
mod hostile;
/// What holds for any input: all lines counted, no panic, and the same bytes for any threads, blocks and order.
mod laws;
/// What does not fit into memory tells what it tells in memory.
mod long;
/// Identities and secrets stay out of every output of `--anonymize`; a copy for others gives the same findings.
mod privacy;
/// Files that change between two readings of them.
mod races;
/// The packages of a release: complete, with all licences, and the same bytes twice.
mod release;
/// Every sample is diagnosed as `samples/README.md` says, and no secret of it gets out.
mod samples;
/// Secrets of every documented shape, with random values, are in no output of any subcommand.
mod secrets;
/// What is known of records by their skeletons changes nothing.
mod skeletons;
/// Zones and halves of the day behind stamps, day and month, counters, days that a file tells.
mod stamps;
mod statuses;
/// The timeline is a stable sort of all records, in every output, and shows no secret.
mod timeline;
/// The timelines of the samples: every record once, with its own stamp, without secrets, in every form.
mod timeline_of_samples;
/// Windows of time and zones are read in every form that the help names, and the header prints them.
mod window;
mod wordings;
