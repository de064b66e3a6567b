//! Paths without the folders that say whose traces these are.

use crate::model::split_path;
use std::sync::Arc;

use super::Discovery;

/// Folders of profiles: what stands below one tells whose traces these are, and is replaced like any other name.
const PROFILES: [&str; 2] = ["users", "benutzer"];

impl Discovery {
    /// Shows all paths from the last folder (or archive) on that they share: a ticket's folder is named after the
    /// customer more often than not. From a folder of profiles on, paths stay whole.
    pub fn hide_folders_above(&mut self) {
        let sources = self.sources.iter().chain(&self.binaries);
        let mut paths: Vec<&str> = sources.map(|found| found.info.path.as_str()).collect();
        paths.extend(self.left.iter().map(|left| left.path.as_str()));
        paths.extend(self.ignored.iter().map(String::as_str));
        paths.extend(self.problems.iter().filter_map(|p| p.source.as_deref()));
        let shared = shared(&paths);
        let shorten = |path: &mut String| {
            if below(path, &shared).is_some() {
                path.drain(..=shared.len());
            }
        };
        for found in self.sources.iter_mut().chain(&mut self.binaries) {
            shorten(&mut Arc::make_mut(&mut found.info).path);
        }
        self.left
            .iter_mut()
            .for_each(|left| shorten(&mut left.path));
        self.ignored.iter_mut().for_each(shorten);
        self.problems
            .iter_mut()
            .filter_map(|problem| problem.source.as_mut())
            .for_each(shorten);
    }
}

/// The part of `path` below `folder`.
fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(folder)?;
    rest.strip_prefix('/').or_else(|| rest.strip_prefix('!'))
}

/// The folder above all paths, or above the first folder of profiles in it.
fn shared(paths: &[&str]) -> String {
    let Some(first) = paths.first() else {
        return String::new();
    };
    let mut folder = split_path(first).0;
    while !folder.is_empty() && !paths.iter().all(|path| below(path, folder).is_some()) {
        folder = split_path(folder).0;
    }
    let mut above = folder;
    while !above.is_empty() {
        let (parent, name) = split_path(above);
        if PROFILES
            .iter()
            .any(|profile| profile.eq_ignore_ascii_case(name))
        {
            folder = parent;
        }
        above = parent;
    }
    folder.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_above_all_paths_is_found() {
        for (paths, folder) in [
            (
                &["/t/Customer/a/x.log", "/t/Customer/b/y.log"][..],
                "/t/Customer",
            ),
            (
                &["/t/Customer.zip!a/x.log", "/t/Customer.zip!b/SwyxIt!-1.log"],
                "/t/Customer.zip",
            ),
            (
                &["/t/Customer/SwyxIt!-1.log", "/t/Customer/SwyxIt!-2.log"],
                "/t/Customer",
            ),
            (&["C:/Users/anna/Temp/x.log"], "C:"),
            (&["x.log"], ""),
            (&["a/x.log", "b/x.log"], ""),
        ] {
            assert_eq!(shared(paths), folder, "{paths:?}");
        }
    }
}
