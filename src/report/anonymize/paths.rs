//! Paths of sources. Somebody named these folders and files, after a customer or a colleague more often than not: what is
//! no program's name, no stamp and no word that is known stands for somebody there.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::Regex;

use super::find::{Finder, Identity, regex};
use super::people::canonical;

/// Letters of a word that may be a name.
const SHORTEST: usize = 3;

/// The known paths, and what is shown for each.
#[derive(Debug, Default)]
pub struct Paths {
    shown: BTreeMap<String, String>,
    search: Option<AhoCorasick>,
}

impl Paths {
    /// All paths, each with what stands for it.
    pub fn new(shown: BTreeMap<String, String>) -> Self {
        let search = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(shown.keys());
        Self {
            search: search.ok().filter(|_| !shown.is_empty()),
            shown,
        }
    }

    /// The next known path at or after `from`, and what stands for it.
    pub fn next(&self, text: &str, from: usize) -> Option<(Range<usize>, &str)> {
        let search = self.search.as_ref()?;
        let mut at = from;
        loop {
            let found = search.find(aho_corasick::Input::new(text).range(at..))?;
            let shown = self.shown.get(&text[found.range()])?;
            // The end of a longer name is none.
            if super::alone::borders(text, found.range()) {
                return Some((found.range(), shown));
            }
            at = found.end();
        }
    }
}

/// The names of the folders and archives of a path.
pub fn folders(path: &str) -> impl Iterator<Item = &str> {
    let mut above = crate::model::split_path(path).0;
    std::iter::from_fn(move || {
        let (folder, name) = crate::model::split_path(above);
        above = folder;
        (!name.is_empty()).then_some(name)
    })
}

/// Words of a path that nobody but its owner knows, with what they may name. Words side by side are one name.
pub fn strangers(finder: &Finder, path: &str) -> Vec<(Range<usize>, Identity)> {
    static WORD: LazyLock<Regex> = LazyLock::new(|| regex(r"[\p{L}\p{M}\p{N}]+"));
    let mut found: Vec<Range<usize>> = Vec::new();
    let ending = path
        .rfind('.')
        .filter(|dot| (2..=9).contains(&(path.len() - dot)) && !path[*dot..].contains('/'))
        .unwrap_or(path.len());
    for word in WORD.find_iter(&path[..ending]) {
        if !is_stranger(finder, path, word.range()) {
            continue;
        }
        match found.last_mut() {
            Some(last) if joins(&path[last.end..word.start()]) => last.end = word.end(),
            _ => found.push(word.range()),
        }
    }
    found
        .into_iter()
        .map(|range| {
            let name = &path[range.clone()];
            let digit = name.chars().any(|c| c.is_ascii_digit());
            let identity = if digit && !name.contains(' ') {
                Identity::Host(name.to_lowercase())
            } else {
                Identity::User(canonical(name))
            };
            (range, identity)
        })
        .collect()
}

fn joins(gap: &str) -> bool {
    matches!(gap, " " | "-" | "." | "_" | ", " | "&" | " & ")
}

fn is_stranger(finder: &Finder, path: &str, range: Range<usize>) -> bool {
    let word = &path[range.clone()];
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    // `20210317T101500`, `3f2a…`: stamps and ids.
    let id = word.len() >= 8 && word.chars().all(|c| c.is_ascii_hexdigit())
        || word.starts_with(|c: char| c.is_ascii_digit()) && letters <= 2;
    let program = finder.begins_program(&path[range.start..]);
    // `.log.1`, `.tar.gz`: an ending inside the name.
    let ending = path[..range.start].ends_with('.') && super::hosts::is_file(&format!("x.{word}"));
    letters >= SHORTEST && !id && !program && !ending && !finder.is_path_word(word)
}
