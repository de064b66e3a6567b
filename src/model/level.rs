//! The severity that a program gave to its own record.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A record's level, from the most talkative to the worst. Swyx's `Info2` and `Info3` are `Debug` and `Trace`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Finest detail (`trace`, `verbose`, `Info3`).
    Trace,
    /// Detail for developers (`debug`, `Info2`).
    Debug,
    /// Normal operation.
    Info,
    /// Something unexpected that the program could live with.
    Warn,
    /// An operation failed.
    Error,
    /// The program could not go on.
    Fatal,
}

impl Level {
    /// All levels, in ascending order; the index is [`Level::index`].
    pub const ALL: [Self; 6] = [
        Self::Trace,
        Self::Debug,
        Self::Info,
        Self::Warn,
        Self::Error,
        Self::Fatal,
    ];

    /// The lower-case English name, as it stands in JSON and in `--level`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }

    /// Position in [`Level::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The level of that lower-case name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}
