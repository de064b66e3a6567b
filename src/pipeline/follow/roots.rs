//! Paths below the folders that are watched, for outputs without identities: a ticket's folder is named after the customer
//! more often than not. Files come and go, so it is the folders that were given that say where a path begins.

use std::path::Path;
use std::sync::Arc;

use crate::discover::{self, Discovery, Place};
use crate::model::Text;

/// Folders of profiles: what stands below one tells whose traces these are, and is replaced like any other name.
const PROFILES: [&str; 2] = ["users", "benutzer"];

/// What is cut off, and what stands for it.
#[derive(Debug, Default)]
pub(super) struct Roots(Vec<(String, String)>);

impl Roots {
    /// Those of the places; of several each has its number.
    pub(super) fn of(places: &[Place]) -> Self {
        let of_place = |(index, place): (usize, &Place)| {
            let root = above_profiles(&folder_of(&place.path));
            let mark = match places.len() {
                1 => String::new(),
                _ => format!("{}/", index + 1),
            };
            (root, mark)
        };
        let roots = places.iter().enumerate().map(of_place);
        let mut roots: Vec<_> = roots.filter(|(root, _)| !root.is_empty()).collect();
        // A place may lie inside another one.
        roots.sort_by_key(|(root, _)| std::cmp::Reverse(root.len()));
        Self(roots)
    }

    /// The path, or every path in the text, without the root.
    pub(super) fn shorten(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (root, mark) in &self.0 {
            for separator in ['/', '!'] {
                text = replace_paths(&text, &format!("{root}{separator}"), mark);
            }
        }
        text
    }

    /// All that was found, as it is shown.
    pub(super) fn apply(&self, discovery: &mut Discovery) {
        let shorten = |path: &mut String| *path = self.shorten(path);
        let shorten_text = |text: &mut Text| {
            *text = Text::new(self.shorten(&text.en), self.shorten(&text.de));
        };
        for found in discovery.sources.iter_mut().chain(&mut discovery.binaries) {
            shorten(&mut Arc::make_mut(&mut found.info).path);
        }
        for left in &mut discovery.left {
            shorten(&mut left.path);
            shorten_text(&mut left.what);
        }
        discovery.ignored.iter_mut().for_each(shorten);
        for problem in &mut discovery.problems {
            problem.source.iter_mut().for_each(shorten);
            shorten_text(&mut problem.text);
        }
    }
}

/// Replaces `folder` where a path begins with it: at the start, or behind what is no part of a path.
fn replace_paths(text: &str, folder: &str, mark: &str) -> String {
    let mut out = String::new();
    let mut copied = 0;
    for (at, _) in text.match_indices(folder) {
        let before = text[..at].chars().next_back();
        if at >= copied && before.is_none_or(|c| c.is_whitespace() || "(`'\"".contains(c)) {
            out.push_str(&text[copied..at]);
            out.push_str(mark);
            copied = at + folder.len();
        }
    }
    out.push_str(&text[copied..]);
    out
}

/// The folder of a place: itself, or the one in which a file lies. An archive is a folder.
fn folder_of(path: &Path) -> String {
    let shown = discover::shown_path(path);
    let shown = shown.trim_end_matches('/');
    if path.is_file() && !is_archive(shown) {
        return crate::model::split_path(shown).0.to_owned();
    }
    shown.to_owned()
}

fn is_archive(path: &str) -> bool {
    let ending = path.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|e| ["zip", "7z", "cab", "tar", "gz"].contains(&e.to_lowercase().as_str()))
}

/// The part of a path that stands above the first folder of profiles in it; all of it if there is none.
fn above_profiles(path: &str) -> String {
    let mut above = Vec::new();
    for part in path.split('/') {
        if PROFILES
            .iter()
            .any(|profile| profile.eq_ignore_ascii_case(part))
        {
            return above.join("/");
        }
        above.push(part);
    }
    path.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_begin_below_the_folders_that_are_watched() {
        let roots = Roots::of(&["/t/Customer Ltd".into()]);
        assert_eq!(roots.shorten("/t/Customer Ltd/a/x.log"), "a/x.log");
        let text = "a copy of /t/Customer Ltd/x.log; read once";
        assert_eq!(roots.shorten(text), "a copy of x.log; read once");
        assert_eq!(
            roots.shorten("/t/Customer Ltd 2/x.log"),
            "/t/Customer Ltd 2/x.log"
        );
        let roots = Roots::of(&["/t/A".into(), "/t/A/B".into(), "/u/C.zip".into()]);
        assert_eq!(roots.shorten("/t/A/x.log"), "1/x.log");
        assert_eq!(roots.shorten("/t/A/B/x.log"), "2/x.log");
        assert_eq!(roots.shorten("/u/C.zip!d/x.log"), "3/d/x.log");
    }

    #[test]
    fn a_folder_of_the_same_name_further_down_stays() {
        let roots = Roots::of(&["Traces".into()]);
        assert_eq!(
            roots.shorten("Traces/Swyx/Traces/x.log"),
            "Swyx/Traces/x.log"
        );
    }

    #[test]
    fn a_folder_of_profiles_stays() {
        let roots = Roots::of(&["/t/Customer/C/Users/anna/Temp".into()]);
        assert_eq!(
            roots.shorten("/t/Customer/C/Users/anna/Temp/x.log"),
            "Users/anna/Temp/x.log"
        );
    }
}
