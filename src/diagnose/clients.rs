//! Clients: which sources belong to one machine, user and Windows session. A terminal server's zip holds many.

use std::collections::BTreeMap;

/// Names the client of each source. `sources`: (path, is a trace of the lead program).
///
/// A folder below `Users` names its user. Else each folder with a trace of the lead program is a client of its own,
/// and the other folders belong to the only client there is, or form one together.
pub fn client_names(sources: &[(String, bool)]) -> Vec<String> {
    let mut names: Vec<Option<String>> = sources.iter().map(|(path, _)| user_of(path)).collect();
    let folders: Vec<&str> = sources.iter().map(|(path, _)| folder_of(path)).collect();
    let mut leads: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, (_, lead)) in sources.iter().enumerate() {
        if *lead && names[index].is_none() {
            *leads.entry(folders[index]).or_default() += 1;
        }
    }
    let users = names
        .iter()
        .flatten()
        .collect::<std::collections::BTreeSet<_>>()
        .len();
    let several = leads.len() + users > 1;
    for index in 0..sources.len() {
        if names[index].is_some() {
            continue;
        }
        let own = leads
            .keys()
            .filter(|lead| is_below(folders[index], lead))
            .max_by_key(|lead| lead.len());
        let name = match (own, several) {
            (Some(folder), true) => last_part(folder),
            (_, false) => None,
            (None, true) => Some(String::new()),
        };
        names[index] = name.or_else(|| Some(String::new()));
    }
    let distinct: std::collections::BTreeSet<&String> = names.iter().flatten().collect();
    if distinct.len() == 2 && distinct.iter().any(|n| n.is_empty()) {
        // One real client: what lies beside it is its own.
        let real = distinct
            .iter()
            .find(|n| !n.is_empty())
            .map(|n| (*n).clone());
        return sources
            .iter()
            .map(|_| real.clone().unwrap_or_default())
            .collect();
    }
    names.into_iter().map(Option::unwrap_or_default).collect()
}

fn folder_of(path: &str) -> &str {
    crate::model::split_path(path).0
}

fn last_part(folder: &str) -> Option<String> {
    let known = ["traces", "swyx", "temp", "tmp", "local", "appdata", ""];
    folder
        .rsplit(['/', '!'])
        .find(|part| {
            let lower = part.to_lowercase();
            !known.contains(&lower.as_str()) && lower.parse::<u32>().is_err()
        })
        .map(str::to_owned)
}

fn is_below(folder: &str, top: &str) -> bool {
    folder == top
        || folder
            .strip_prefix(top)
            .is_some_and(|rest| rest.starts_with(['/', '!']))
}

fn user_of(path: &str) -> Option<String> {
    let mut parts = path.split(['/', '!']);
    while let Some(part) = parts.next() {
        if part.eq_ignore_ascii_case("users") || part.eq_ignore_ascii_case("benutzer") {
            let user = parts.next()?;
            // The user's folder must hold something: `Users/notes.log` is no user.
            return parts.next().map(|_| user.to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(paths: &[(&str, bool)]) -> Vec<String> {
        client_names(
            &paths
                .iter()
                .map(|(p, l)| ((*p).to_owned(), *l))
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn one_folder_is_one_client() {
        assert_eq!(
            names(&[
                ("t/SwyxMessenger-1.log", true),
                ("t/ComSocket-1.log", false)
            ]),
            ["", ""]
        );
    }

    #[test]
    fn two_users_of_a_terminal_server_are_two_clients() {
        let found = names(&[
            ("ts.zip!Users/anna/Traces/M.log", true),
            ("ts.zip!Users/bert/Traces/M.log", true),
            ("ts.zip!Users/bert/Traces/C.log", false),
        ]);
        assert_eq!(found, ["anna", "bert", "bert"]);
        let found = names(&[
            ("x/pc1/Traces/M.log", true),
            ("x/pc2/Traces/M.log", true),
            ("x/pc2/Traces/C.log", false),
        ]);
        assert_eq!(found, ["pc1", "pc2", "pc2"]);
    }

    #[test]
    fn traces_of_client_and_server_in_two_folders_are_one_client() {
        assert_eq!(
            names(&[("x/client/M.log", true), ("x/server/IpPbxSrv.log", false)]),
            ["", ""]
        );
    }
}
