//! What the regexes need that are part of the program: worked out by the build script, as to read them takes time.

use super::needs::{self, Need, Needs};

static KNOWN: &[Needed] = include!(concat!(env!("OUT_DIR"), "/needs.rs"));

/// Longest text that is looked through, in bytes: for more, the regex is quicker.
const LONGEST: usize = 64 << 10;

/// What one regex needs.
#[derive(Debug)]
pub struct Needed {
    pattern: &'static str,
    /// As in [`Needs`].
    prefix: &'static str,
    all: &'static [Part],
}

/// As [`Need`].
#[derive(Debug)]
enum Part {
    Any(&'static [&'static str]),
    Either(&'static [&'static [Part]]),
}

impl Part {
    fn need(&self) -> Need<String> {
        let way = |way: &&[Self]| way.iter().map(Self::need).collect();
        match self {
            Self::Any(texts) => Need::Any(texts.iter().map(|text| (*text).to_owned()).collect()),
            Self::Either(ways) => Need::Either(ways.iter().map(way).collect()),
        }
    }

    fn stands(&self, lower: &[u8]) -> bool {
        let has = |text: &&str| memchr::memmem::find(lower, text.as_bytes()).is_some();
        match self {
            Self::Any(texts) => texts.iter().any(has),
            Self::Either(ways) => ways
                .iter()
                .any(|way| way.iter().all(|part| part.stands(lower))),
        }
    }
}

impl Needed {
    /// True if something that the regex needs does not stand in a text.
    pub fn is_missing(&self, text: &[u8]) -> bool {
        // Letters of other scripts may stand for `k` and `s`.
        if self.all.is_empty() || text.len() > LONGEST || !text.is_ascii() {
            return false;
        }
        let lower = text.to_ascii_lowercase();
        !self.all.iter().all(|part| part.stands(&lower))
    }
}

/// What is known of a regex.
pub fn known(pattern: &str) -> Option<&'static Needed> {
    let place = KNOWN.binary_search_by(|known| known.pattern.cmp(pattern));
    place.ok().map(|place| &KNOWN[place])
}

/// What a regex needs; nothing, if it is none.
pub fn of(pattern: &str) -> Needs {
    known(pattern).map_or_else(
        || needs::of(pattern),
        |known| Needs {
            all: known.all.iter().map(Part::need).collect(),
            prefix: known.prefix.to_owned(),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_build_script_found_out_is_what_a_regex_needs() {
        assert!(KNOWN.len() > 200);
        for known in KNOWN {
            assert_eq!(of(known.pattern), needs::of(known.pattern));
        }
    }

    #[test]
    fn what_lacks_a_text_is_told_without_the_regex() {
        let known = KNOWN.iter().find(|known| !known.all.is_empty());
        let known = known.expect("most need something");
        assert!(known.is_missing(b"?") && !known.is_missing("ſ".as_bytes()));
    }
}
