//! Floor 7: the command line. One file per subcommand; strings and paths here, checked types below.

mod analyze;
mod anonymize;
mod args;
mod catalogs;
mod check;
mod console;
mod drop;
mod explain;
mod explain_rule;
mod follow;
mod formats;
mod install;
mod machine;
mod new;
mod output;
mod paths;
mod progress;
mod rules;
mod schema;
mod shell;
mod timeline;
mod verbose;

use std::io::{self, Write};

use clap::Parser;

pub use args::{Args, Command};

/// Exit codes; where two apply, the one of higher rank: 2, 3, 1, 4, 0.
pub mod exit {
    /// Healthy or recovered.
    pub const OK: u8 = 0;
    /// A failure at or above `--fail-on`.
    pub const FAILURE: u8 = 1;
    /// Wrong usage, or a fault in a grammar.
    pub const USAGE: u8 = 2;
    /// No trace could be read.
    pub const NOTHING_READ: u8 = 3;
    /// No failure found, but not enough to vouch for it.
    pub const INSUFFICIENT: u8 = 4;
}

/// What ends a command early: a message for the user, and the exit code.
#[derive(Debug)]
pub struct Stop {
    /// A sentence.
    pub message: String,
    /// The code.
    pub code: u8,
}

impl Stop {
    /// Wrong usage.
    pub fn usage(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: exit::USAGE,
        }
    }

    /// Says it on standard error.
    fn print(&self) {
        if !self.message.is_empty() {
            let _ = writeln!(io::stderr().lock(), "swyxtrace: {}", self.message);
        }
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            // The reader has seen enough (`swyxtrace … | head`): on Unix that is how pipes end, no failure.
            return Self {
                message: String::new(),
                code: exit::OK,
            };
        }
        Self {
            message: format!("the output could not be written: {error}; is the disk full?"),
            code: exit::USAGE,
        }
    }
}

/// Runs the program and gives its exit code.
pub fn main() -> u8 {
    // First of all: from here on no signal kills it, it ends by itself, and cleans up.
    output::clean_up_at_interrupt();
    let raw = drop::arguments(std::env::args_os().collect(), console::owned());
    let args = match Args::try_parse_from(raw) {
        Ok(args) => args,
        Err(error) => {
            let code = if error.use_stderr() {
                exit::USAGE
            } else {
                exit::OK
            };
            let printed = error.print().and_then(|()| io::stdout().flush());
            if let Err(failed) = printed
                && code == exit::OK
                && failed.kind() != io::ErrorKind::BrokenPipe
            {
                let stop = Stop::from(failed);
                stop.print();
                return stop.code;
            }
            if error.kind() == clap::error::ErrorKind::InvalidSubcommand {
                let _ = writeln!(
                    io::stderr(),
                    "\nThere is no file or folder of that name here either."
                );
            }
            return code;
        }
    };
    let result = match &args.command {
        Command::Analyze(command) => analyze::run(command),
        Command::Timeline(command) => timeline::run(command),
        Command::Follow(command) => follow::run(command),
        Command::Anonymize(command) => anonymize::run(command),
        Command::Formats(command) => formats::run(command),
        Command::Rules(command) => rules::run(command),
        Command::Check(command) => check::run(command),
        Command::Explain(command) => explain::run(command),
        Command::Install(command) => install::run(command),
        Command::Completions(command) => shell::completions(command),
        Command::Man => shell::man(),
        Command::Drop(command) => drop::run(command),
        Command::Schema(command) => schema::run(command),
        Command::Paths(command) => paths::run(command),
        Command::New(command) => new::run(command),
    };
    match result {
        Ok(code) => code,
        Err(stop) => {
            stop.print();
            stop.code
        }
    }
}

/// Writes to standard output; a closed pipe is success.
fn write_out(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<u8, Stop> {
    let stdout = io::stdout().lock();
    let mut out = io::BufWriter::with_capacity(64 << 10, stdout);
    write(&mut out)?;
    out.flush()?;
    Ok(exit::OK)
}
