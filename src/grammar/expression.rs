//! Regexes of grammars: cheap for the few texts of a small trace, fast for the many of a large one.
//!
//! To make a regex fast takes five times as long as to read it: literals for SIMD, automata for both directions. A trace
//! of a few hundred lines asks each regex that it comes near a handful of times. So at first only what an answer needs is
//! made (the NFA, and of its automaton the states that the texts lead to), and what is fast once a regex was asked so much
//! that it pays. Both give the same answers.

use std::cell::RefCell;
use std::ops::Range;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::backtrack::BoundedBacktracker;
use regex_automata::nfa::thompson::{self, Compiler, NFA};
use regex_automata::util::captures::Captures;
use regex_automata::util::pool::Pool;
use regex_automata::{Anchored, Input, meta};
use regex_syntax::hir::{Hir, HirKind};

use super::needed::{self, Needed};
pub use super::tree::Subject;
use super::tree::parse;

/// Bytes that a regex has read before it is worth the time to make it fast, and what each question counts at least.
const BUDGET: usize = 16 << 10;
const QUESTION: usize = 64;
/// The part of its largest size that the NFA of a regex may have whose automata surely have room: there are two, of
/// which the one that reads from the back may be some times as large.
const SMALL: usize = 16;

/// Parts of a match by their names, in the order of the regex.
pub type Named = Vec<(String, Range<usize>)>;

/// A regex that is compiled at its first use.
#[derive(Debug)]
pub struct Expression {
    pattern: Box<str>,
    subject: Subject,
    /// Largest compiled size, in bytes.
    limit: usize,
    /// What surely stands in what it matches, where the build script found it out.
    needed: OnceLock<Option<&'static Needed>>,
    small: OnceLock<Option<Small>>,
    /// Bytes that the small one has read.
    read: AtomicUsize,
    fast: OnceLock<Option<meta::Regex>>,
}

impl Expression {
    /// A regex that takes at most so many bytes when it is compiled. What is none matches nothing.
    pub fn new(pattern: &str, subject: Subject, limit: usize) -> Self {
        Self {
            pattern: pattern.into(),
            subject,
            limit,
            needed: OnceLock::new(),
            small: OnceLock::new(),
            read: AtomicUsize::new(0),
            fast: OnceLock::new(),
        }
    }

    /// The regex as it is written.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Compiles it, to prove that it can be.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn prove(&self) -> Result<(), regex::Error> {
        // What is small needs no second look.
        let hir = parse(&self.pattern, self.subject).ok();
        if hir.is_some_and(|hir| nfa(&hir, self.subject, self.limit / SMALL).is_some()) {
            return Ok(());
        }
        if self.subject == Subject::Bytes {
            let mut builder = regex::bytes::RegexBuilder::new(&self.pattern);
            return builder.size_limit(self.limit).build().map(drop);
        }
        let mut builder = regex::RegexBuilder::new(&self.pattern);
        builder.multi_line(self.subject == Subject::Lines);
        builder.size_limit(self.limit).build().map(drop)
    }

    fn fast(&self) -> Option<&meta::Regex> {
        let new = || {
            let hir = parse(&self.pattern, self.subject).ok()?;
            fast(&hir, self.subject, self.limit)
        };
        self.fast.get_or_init(new).as_ref()
    }

    /// True if it surely does not match, as far as can be told without compiling it.
    fn is_far(&self, text: &[u8]) -> bool {
        if self.small.get().is_some() || self.fast.get().is_some() {
            return false;
        }
        let needed = self.needed.get_or_init(|| needed::known(&self.pattern));
        needed.is_some_and(|needed| needed.is_missing(text))
    }

    /// The small one, as long as it has not read much.
    fn small(&self, bytes: usize) -> Option<&Small> {
        if self.fast.get().is_some() {
            return None;
        }
        let before = self.read.fetch_add(bytes.max(QUESTION), Ordering::Relaxed);
        let new = || {
            let hir = parse(&self.pattern, self.subject).ok()?;
            Small::new(&hir, self.subject, self.limit)
        };
        let small = (before < BUDGET).then(|| self.small.get_or_init(new));
        small?.as_ref()
    }

    /// True if it matches.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.search(&Input::new(text)) == Some(true)
    }

    /// False if it does not match. True if it does, or cannot be compiled.
    pub fn may_match(&self, text: &[u8]) -> bool {
        self.search(&Input::new(text)) != Some(false)
    }

    /// True if it matches where the text begins.
    pub fn starts(&self, text: &[u8]) -> bool {
        // What is read is short, wherever the text ends.
        self.search(&Input::new(text).anchored(Anchored::Yes)) == Some(true)
    }

    fn search(&self, input: &Input<'_>) -> Option<bool> {
        if self.is_far(input.haystack()) {
            return Some(false);
        }
        let bytes = match input.get_anchored() {
            Anchored::No => input.haystack().len(),
            _ => 0,
        };
        let told = self.small(bytes).and_then(|small| small.is_match(input));
        told.or_else(|| Some(self.fast()?.is_match(input.clone())))
    }

    /// False if surely none of its groups has a name.
    pub fn may_name(&self) -> bool {
        self.pattern.contains("(?P<") || self.pattern.contains("(?<")
    }

    /// The names of its groups, in their order.
    pub fn names(&self) -> Vec<String> {
        let hir = parse(&self.pattern, self.subject);
        hir.map_or_else(|_| Vec::new(), |hir| names(&hir))
    }

    /// What its groups with names match in the first match; `None` if there is none.
    pub fn named(&self, text: &[u8]) -> Option<Named> {
        if self.is_far(text) {
            return None;
        }
        if let Some(small) = self.small(text.len())
            && let Some(found) = small.is_match(&Input::new(text))
        {
            if !found {
                return None;
            }
            if let Some(named) = small.named(text) {
                return Some(named);
            }
        }
        let fast = self.fast()?;
        let mut found = fast.create_captures();
        fast.captures(text, &mut found);
        named(&found)
    }
}

/// The groups with names of a match.
fn named(found: &Captures) -> Option<Named> {
    let groups = found.group_info().pattern_names(found.pattern()?);
    let group = |(index, name): (usize, Option<&str>)| {
        Some((name?.to_owned(), found.get_group(index)?.range()))
    };
    Some(groups.enumerate().filter_map(group).collect())
}

/// The names of groups.
fn names(hir: &Hir) -> Vec<String> {
    match hir.kind() {
        HirKind::Capture(group) => {
            let own = group.name.iter().map(|name| name.clone().into_string());
            own.chain(names(&group.sub)).collect()
        }
        HirKind::Repetition(repeated) => names(&repeated.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().flat_map(names).collect()
        }
        _ => Vec::new(),
    }
}

fn fast(hir: &Hir, subject: Subject, limit: usize) -> Option<meta::Regex> {
    let config = meta::Config::new()
        .utf8_empty(subject != Subject::Bytes)
        .nfa_size_limit(Some(limit))
        .hybrid_cache_capacity(limit);
    let mut builder = meta::Builder::new();
    builder.configure(config).build_from_hir(hir).ok()
}

/// The NFA of a regex, if it takes at most so many bytes.
fn nfa(hir: &Hir, subject: Subject, limit: usize) -> Option<NFA> {
    thread_local! {
        // A new one begins with half a megabyte of room for what it knows of Unicode.
        static COMPILER: RefCell<Compiler> = RefCell::new(Compiler::new());
    }
    let config = thompson::Config::new()
        .utf8(subject != Subject::Bytes)
        .nfa_size_limit(Some(limit));
    COMPILER.with_borrow_mut(|compiler| compiler.configure(config).build_from_hir(hir).ok())
}

type NewCache = Box<dyn Fn() -> Cache + Send + Sync + UnwindSafe + RefUnwindSafe>;

/// A regex of which only as much is made as the texts ask for.
#[derive(Debug)]
pub(super) struct Small {
    nfa: NFA,
    dfa: DFA,
    caches: Pool<Cache, NewCache>,
}

impl Small {
    pub(super) fn new(hir: &Hir, subject: Subject, limit: usize) -> Option<Self> {
        let nfa = nfa(hir, subject, limit)?;
        let config = DFA::config()
            .unicode_word_boundary(true)
            .cache_capacity(limit)
            .skip_cache_capacity_check(true);
        let dfa = DFA::builder()
            .configure(config)
            .build_from_nfa(nfa.clone())
            .ok()?;
        let own = dfa.clone();
        let new: NewCache = Box::new(move || own.create_cache());
        Some(Self {
            nfa,
            dfa,
            caches: Pool::new(new),
        })
    }

    /// True if it matches; `None` where it cannot tell: at the edge of a word that is not ASCII.
    pub(super) fn is_match(&self, input: &Input<'_>) -> Option<bool> {
        let mut cache = self.caches.get();
        let input = input.clone().earliest(true);
        let found = self.dfa.try_search_fwd(&mut cache, &input).ok()?;
        Some(found.is_some())
    }

    /// The groups of a text that it matches; `None` where the text is too long.
    fn named(&self, text: &[u8]) -> Option<Named> {
        let machine = BoundedBacktracker::new_from_nfa(self.nfa.clone()).ok()?;
        let mut cache = machine.create_cache();
        let mut found = machine.create_captures();
        machine.try_captures(&mut cache, text, &mut found).ok()?;
        named(&found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PATTERNS: [&str; 14] = [
        r"(?i)(?:proxy|firewall)[\s\S]*(?:websocket|wss:)",
        r"(?i)^\s*(?P<name>[\w.]*port)\s*[=:]\s*(?P<port>\d{1,5})$",
        r"(?i)[^\s.]+k(?P<b>s)?",
        r"(?i-u)[^\w-]x(?P<x>[0-9]+)",
        r"\bport\b",
        r"(?-u:\b)port(?-u:\b)",
        r"ä\b|(?P<u>ü)",
        r"",
        r"(?P<a>a)|(?P<b>b)|(?P<c>c)?$",
        r"(?i)[\D-]{3}",
        r"[^\n]*$",
        r"\A(?:x|port)",
        r"a\Bb",
        r"(?s-u).",
    ];

    /// A regex as the library that is made for speed has it.
    fn plain(pattern: &str, subject: Subject, text: &[u8]) -> Option<Named> {
        let mut builder = regex::bytes::RegexBuilder::new(pattern);
        let regex = builder.multi_line(subject == Subject::Lines).build();
        let regex = regex.unwrap();
        let found = regex.captures(text)?;
        let names = regex.capture_names().flatten();
        let group = |name: &str| Some((name.to_owned(), found.name(name)?.range()));
        Some(names.filter_map(group).collect())
    }

    fn agree(pattern: &str, subject: Subject, text: &[u8]) {
        let expected = plain(pattern, subject, text);
        let expression = Expression::new(pattern, subject, 1 << 20);
        // The first time it is the small one that answers, at last the fast one.
        assert_eq!(expression.named(text), expected, "{pattern} {text:?}");
        assert_eq!(expression.is_match(text), expected.is_some());
        let small = parse(pattern, subject).ok();
        let small = small.and_then(|hir| Small::new(&hir, subject, 1 << 20));
        let told = small.unwrap().is_match(&Input::new(text));
        assert!(told.is_none_or(|told| told == expected.is_some()));
        expression.fast();
        assert_eq!(expression.named(text), expected, "{pattern} {text:?}");
        assert_eq!(expression.is_match(text), expected.is_some());
        let at_start = plain(&format!(r"\A(?:{pattern})"), Subject::Bytes, text).is_some();
        if subject == Subject::Bytes {
            assert_eq!(expression.starts(text), at_start, "{pattern} {text:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn what_is_cheap_answers_as_what_is_fast(
            parts in proptest::collection::vec(
                "(?i)proxy|firewall|websocket|wss:|[a-z]*port ?[=:] ?[0-9]{1,6}|[ .:x\n-]|ä|ü|ſ|K|[abc]{1,3}|[0-9]",
                0..9
            ),
            odd in any::<Option<u8>>(),
        ) {
            let text = parts.concat();
            let mut bytes = text.clone().into_bytes();
            bytes.extend(odd);
            for pattern in PATTERNS {
                agree(pattern, Subject::Bytes, &bytes);
                if !pattern.contains("-u)") {
                    agree(pattern, Subject::Line, text.as_bytes());
                    agree(pattern, Subject::Lines, text.as_bytes());
                }
            }
        }
    }

    #[test]
    fn what_is_asked_much_is_made_fast() {
        let expression = Expression::new("(?P<x>port)", Subject::Bytes, 1 << 20);
        let text = [b'.'; 1000];
        assert!((0..20).all(|_| !expression.is_match(&text)));
        assert!(expression.fast.get().is_some());
        assert_eq!(
            expression.named(b"a port"),
            Some(vec![("x".to_owned(), 2..6)])
        );
    }

    #[test]
    fn what_is_no_regex_matches_nothing() {
        let expression = Expression::new("(", Subject::Bytes, 1 << 20);
        assert!(expression.prove().is_err());
        assert!(!expression.is_match(b"(") && expression.named(b"(").is_none());
        assert!(expression.may_match(b"("));
    }
}
