//! What a regex needs: texts that stand in whatever it matches.
//!
//! To look for a few texts is cheaper than to start a regex, and most records that come near one have none of them.
//! The idea is that of RE2's prefilter: exact sets of short parts, joined while they stay small. The build script works it
//! out for the regexes that are part of the program.

use std::collections::BTreeSet;

use regex_syntax::hir::{Class, Hir, HirKind};

use super::tree::{Subject, parse};

/// Most texts of one list.
const MOST: usize = 64;
/// Most characters that one place may have.
const CLASS: usize = 10;
/// Shortest text that is worth looking for, in bytes.
const SHORTEST: usize = 4;

/// What stands wherever a part of a regex matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need<T> {
    /// One of these texts.
    Any(Vec<T>),
    /// All needs of one of these alternatives.
    Either(Vec<Vec<Need<T>>>),
}

impl<T> Need<T> {
    /// The same need, of something else than texts.
    pub fn map<U>(&self, with: &dyn Fn(&T) -> U) -> Need<U> {
        match self {
            Self::Any(texts) => Need::Any(texts.iter().map(with).collect()),
            Self::Either(ways) => {
                let way = |way: &Vec<Self>| way.iter().map(|need| need.map(with)).collect();
                Need::Either(ways.iter().map(way).collect())
            }
        }
    }

    /// True if it is met by what `has` says of each text.
    pub fn is_met(&self, has: &dyn Fn(&T) -> bool) -> bool {
        match self {
            Self::Any(texts) => texts.iter().any(has),
            Self::Either(ways) => ways
                .iter()
                .any(|way| way.iter().all(|need| need.is_met(has))),
        }
    }
}

/// What a regex needs; all texts are in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// All of these.
    pub all: Vec<Need<String>>,
    /// Every match begins with this.
    pub prefix: String,
}

/// What one part of a regex matches.
struct Part {
    /// All texts that it matches, if they are few.
    exact: Option<BTreeSet<String>>,
    needs: Vec<Need<String>>,
}

impl Part {
    fn exact(texts: impl IntoIterator<Item = String>) -> Self {
        Self {
            exact: Some(texts.into_iter().collect()),
            needs: Vec::new(),
        }
    }

    const fn anything() -> Self {
        Self {
            exact: None,
            needs: Vec::new(),
        }
    }

    /// Its needs, with the exact texts as one of them.
    fn into_needs(self) -> Vec<Need<String>> {
        let mut needs = self.needs;
        needs.extend(self.exact.and_then(any));
        needs
    }
}

/// Reads what a regex needs; nothing, if it is none.
pub fn of(pattern: &str) -> Needs {
    parse(pattern, Subject::Bytes).map_or_else(
        |_| Needs::default(),
        |hir| Needs {
            prefix: prefix(&hir),
            all: part(&hir).into_needs(),
        },
    )
}

/// Texts of which one is needed, if all are long enough to be looked for.
fn any(texts: BTreeSet<String>) -> Option<Need<String>> {
    let worth_it = texts.iter().all(|text| text.len() >= SHORTEST);
    worth_it.then(|| Need::Any(texts.into_iter().collect()))
}

/// The only text with which a match can begin.
fn prefix(hir: &Hir) -> String {
    let parts = match hir.kind() {
        HirKind::Concat(parts) => parts.as_slice(),
        HirKind::Capture(capture) => return prefix(&capture.sub),
        _ => std::slice::from_ref(hir),
    };
    let only = |hir: &Hir| {
        // A look at what stands before would see nothing there.
        let exact = part(hir)
            .exact
            .filter(|e| e.len() == 1 && hir.properties().look_set().is_empty())?;
        exact.into_iter().next()
    };
    parts.iter().map_while(only).collect()
}

fn part(hir: &Hir) -> Part {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Part::exact([String::new()]),
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(text) if text.is_ascii() => Part::exact([text.to_ascii_lowercase()]),
            _ => Part::anything(),
        },
        HirKind::Class(class) => letters(class).map_or_else(Part::anything, |l| {
            Part::exact(l.into_iter().map(String::from))
        }),
        HirKind::Capture(capture) => part(&capture.sub),
        HirKind::Repetition(repeated) => {
            let sub = part(&repeated.sub);
            match (repeated.min, repeated.max) {
                (0, Some(1)) => Part {
                    exact: sub.exact.map(|mut exact| {
                        exact.insert(String::new());
                        exact
                    }),
                    needs: Vec::new(),
                },
                (0, _) => Part::anything(),
                (1, Some(1)) => sub,
                _ => Part {
                    exact: None,
                    needs: sub.into_needs(),
                },
            }
        }
        HirKind::Concat(parts) => joined(parts),
        HirKind::Alternation(parts) => either(parts),
    }
}

/// The characters of a class in lower case, if they are few. Two letters of other scripts that count as forms of `k` and
/// `s` are left out: the texts that lead to a rule do not know them either.
fn letters(class: &Class) -> Option<BTreeSet<char>> {
    let mut all = BTreeSet::new();
    let mut add = |from: u32, to: u32| {
        for code in from..=to {
            match char::from_u32(code) {
                Some('\u{17f}' | '\u{212a}') => {}
                Some(c) if c.is_ascii() => {
                    all.insert(c.to_ascii_lowercase());
                }
                _ => return None,
            }
            if all.len() > CLASS {
                return None;
            }
        }
        Some(())
    };
    match class {
        Class::Unicode(class) => class
            .ranges()
            .iter()
            .try_for_each(|r| add(r.start().into(), r.end().into()))?,
        Class::Bytes(class) => class
            .ranges()
            .iter()
            .try_for_each(|r| add(r.start().into(), r.end().into()))?,
    }
    Some(all)
}

fn joined(parts: &[Hir]) -> Part {
    let mut whole = Part::exact([String::new()]);
    let mut current = BTreeSet::from([String::new()]);
    for hir in parts {
        let Part { exact, needs } = part(hir);
        whole.needs.extend(needs);
        let product = exact
            .as_ref()
            .filter(|next| current.len() * next.len() <= MOST);
        if let Some(next) = product {
            let pairs = current
                .iter()
                .flat_map(|a| next.iter().map(move |b| format!("{a}{b}")));
            current = pairs.collect();
        } else {
            whole.exact = None;
            let next = exact.unwrap_or_else(|| BTreeSet::from([String::new()]));
            whole
                .needs
                .extend(any(std::mem::replace(&mut current, next)));
        }
    }
    if whole.exact.is_some() {
        whole.exact = Some(current);
    } else {
        whole.needs.extend(any(current));
    }
    whole
}

fn either(parts: &[Hir]) -> Part {
    let parts: Vec<Part> = parts.iter().map(part).collect();
    let all: Option<Vec<BTreeSet<String>>> = parts.iter().map(|part| part.exact.clone()).collect();
    let all: Option<BTreeSet<String>> = all.map(|exact| exact.into_iter().flatten().collect());
    if let Some(exact) = all.filter(|exact| exact.len() <= MOST) {
        return Part::exact(exact);
    }
    let ways: Vec<Vec<Need<String>>> = parts.into_iter().map(Part::into_needs).collect();
    let needs_nothing = ways.iter().any(Vec::is_empty);
    Part {
        exact: None,
        needs: (!needs_nothing)
            .then_some(Need::Either(ways))
            .into_iter()
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(pattern: &str, text: &str) -> bool {
        let has = |part: &String| text.contains(part);
        of(pattern).all.iter().all(|need| need.is_met(&has))
    }

    #[test]
    fn alternatives_give_one_list() {
        let needs = of(r"(?i-u)connection (?:was )?(?:lost|dropped)\b").all;
        let texts = [
            "connection dropped",
            "connection lost",
            "connection was dropped",
            "connection was lost",
        ];
        assert_eq!(needs, [Need::Any(texts.map(str::to_owned).to_vec())]);
    }

    #[test]
    fn of_one_alternative_everything_is_needed() {
        let pattern = r"(?i)(?:pong\W+missing|session(?:\W+\w+)*\W+lost)";
        assert!(met(pattern, "the pong is missing"));
        assert!(met(pattern, "a session that was lost"));
        assert!(!met(pattern, "a session is missing"));
        assert!(!met(pattern, "a pong was lost"));
    }

    #[test]
    fn what_may_be_missing_is_not_needed() {
        for pattern in [r"(?:socket)?\d+", r"socket|\d+", r"(?:socket)*", r"a.b"] {
            assert!(met(pattern, ""), "{pattern}");
        }
        assert!(!met(r"(?:socket)+\d", "sock 1"));
    }

    #[test]
    fn a_prefix_is_the_only_beginning() {
        let prefix = |pattern: &str| of(pattern).prefix;
        assert_eq!(
            prefix(r"(?i)Product(?: Server)? ?(?P<v>1[0-9]\.)"),
            "product"
        );
        assert_eq!(prefix(r"(?i)\bProduct"), "");
        assert_eq!(prefix(r"a|b"), "");
    }
}
