//! `swyxtrace` reads the trace files of the Swyx Messenger login chain and names the step that broke.
//!
//! The library does not print, exit, read the clock, the environment or the terminal. Floors, from the ground up:
//! [`model`] → [`syntax`] → [`grammar`] → the stages → `pipeline`; see `ARCHITECTURE.md`.
//!
//! `examples/embed.rs`, the library in another program:
//!
//! ```
#![doc = include_str!("../examples/embed.rs")]
//! ```

pub mod check;
pub mod cli;
pub mod config;
pub mod decode;
pub mod detect;
pub mod diagnose;
pub mod discover;
pub mod facts;
pub mod grammar;
pub mod merge;
pub mod model;
pub mod pipeline;
pub mod report;
pub mod scan;
pub mod spool;
pub mod syntax;
