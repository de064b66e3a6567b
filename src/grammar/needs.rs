//! What a regex needs: lists of texts of which one stands in whatever it matches.
//!
//! To look for a few texts is cheaper than to start a regex, and most records that come near one have none of them.
//! The idea is that of RE2's prefilter: exact sets of short parts, joined while they stay small.

use std::collections::BTreeSet;

use regex_syntax::hir::{Class, Hir, HirKind};

/// Most texts of one list.
const MOST: usize = 64;
/// Most characters that one place may have.
const CLASS: usize = 10;
/// Shortest text that is worth looking for, in bytes.
const SHORTEST: usize = 4;

/// What a regex needs; all texts are in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Of each list, one text stands in every match.
    pub lists: Vec<Vec<String>>,
    /// Every match begins with this.
    pub prefix: String,
}

/// What one part of a regex matches.
struct Part {
    /// All texts that it matches, if they are few.
    exact: Option<BTreeSet<String>>,
    /// Of each list, one text stands in every match.
    lists: Vec<BTreeSet<String>>,
}

impl Part {
    fn exact(texts: impl IntoIterator<Item = String>) -> Self {
        Self {
            exact: Some(texts.into_iter().collect()),
            lists: Vec::new(),
        }
    }

    const fn anything() -> Self {
        Self {
            exact: None,
            lists: Vec::new(),
        }
    }

    /// Its lists, with the exact texts as one of them.
    fn into_lists(self) -> Vec<BTreeSet<String>> {
        let mut lists = self.lists;
        lists.extend(self.exact.filter(is_worth_it));
        lists
    }
}

/// Reads what a regex needs; nothing, if it is none.
pub fn of(pattern: &str) -> Needs {
    let parser = regex_syntax::ParserBuilder::new()
        .utf8(false)
        .build()
        .parse(pattern);
    let Ok(hir) = parser else {
        return Needs::default();
    };
    Needs {
        prefix: prefix(&hir),
        lists: part(&hir)
            .into_lists()
            .into_iter()
            .map(|list| list.into_iter().collect())
            .collect(),
    }
}

fn is_worth_it(list: &BTreeSet<String>) -> bool {
    list.iter().all(|text| text.len() >= SHORTEST)
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
                    lists: Vec::new(),
                },
                (0, _) => Part::anything(),
                (1, Some(1)) => sub,
                _ => Part {
                    exact: None,
                    lists: sub.into_lists(),
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
        let Part { exact, lists } = part(hir);
        whole.lists.extend(lists);
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
            let done = std::mem::replace(&mut current, next);
            whole.lists.extend(Some(done).filter(is_worth_it));
        }
    }
    if whole.exact.is_some() {
        whole.exact = Some(current);
    } else {
        whole.lists.extend(Some(current).filter(is_worth_it));
    }
    whole
}

/// Of every alternative the list that tells most, together.
fn either(parts: &[Hir]) -> Part {
    let parts: Vec<Part> = parts.iter().map(part).collect();
    let all: Option<BTreeSet<String>> = parts
        .iter()
        .map(|part| part.exact.clone())
        .collect::<Option<Vec<_>>>()
        .map(|exact| exact.into_iter().flatten().collect());
    if let Some(exact) = all.filter(|exact| exact.len() <= MOST) {
        return Part::exact(exact);
    }
    let best = |part: Part| {
        let length = |list: &BTreeSet<String>| list.iter().map(String::len).min();
        part.into_lists().into_iter().max_by_key(length)
    };
    let lists: Option<Vec<BTreeSet<String>>> = parts.into_iter().map(best).collect();
    let together = lists.map(|lists| lists.into_iter().flatten().collect());
    Part {
        exact: None,
        lists: together.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(pattern: &str) -> Vec<Vec<String>> {
        of(pattern).lists
    }

    #[test]
    fn alternatives_give_one_list() {
        assert_eq!(
            lists(r"(?i-u)connection (?:was )?(?:lost|dropped)\b"),
            [[
                "connection dropped",
                "connection lost",
                "connection was dropped",
                "connection was lost"
            ]]
        );
        assert_eq!(
            lists(r"(?i)(?:pong\W+missing|session\W+lost)"),
            [["missing", "session"]]
        );
    }

    #[test]
    fn what_may_be_missing_is_not_needed() {
        assert!(lists(r"(?:socket)?\d+").is_empty());
        assert!(lists(r"socket|\d+").is_empty());
        assert_eq!(lists(r"(?:socket)+\d"), [["socket"]]);
    }

    #[test]
    fn a_prefix_is_the_only_beginning() {
        assert_eq!(
            of(r"(?i)Product(?: Server)? ?(?P<v>1[0-9]\.)").prefix,
            "product"
        );
        assert_eq!(of(r"(?i)\bProduct").prefix, "");
        assert_eq!(of(r"a|b").prefix, "");
    }
}
