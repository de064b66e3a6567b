//! The program: all it does is hand over to the command line and pass on its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(swyxtrace::cli::main())
}
