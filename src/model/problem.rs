//! What could not be read. A problem never ends the run and never gets lost: every output shows it.

use super::Text;

/// One thing that could not be read, or not as well as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The path of the source as it is shown; `None` for the run as a whole.
    pub source: Option<String>,
    /// The line, counted from 1, where there is one.
    pub line: Option<u64>,
    /// A sentence that says what happened and what to do.
    pub text: Text,
    /// True if input was lost by it (unreadable file, truncated archive): the run cannot vouch for health then.
    pub lossy: bool,
}

impl Problem {
    /// A problem of one source in which input was lost.
    pub fn lost(source: impl Into<String>, text: Text) -> Self {
        Self {
            source: Some(source.into()),
            line: None,
            text,
            lossy: true,
        }
    }

    /// A remark on one source in which nothing was lost.
    pub fn note(source: impl Into<String>, text: Text) -> Self {
        Self {
            source: Some(source.into()),
            line: None,
            text,
            lossy: false,
        }
    }
}

/// The English text, for logs and for [`std::io::Error::other`]: a reader can hand a problem on as its error.
impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text.en)
    }
}

impl std::error::Error for Problem {}
