//! Clients: which sources belong to one machine, user and Windows session. A terminal server's zip holds many.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// What tells a client apart.
#[derive(Debug, Clone, Copy)]
pub struct Trace<'a> {
    /// Path of the source.
    pub path: &'a str,
    /// Its program, if it is one of the chain's own on the client's side.
    pub program: Option<&'a str>,
    /// True if that is the lead program.
    pub lead: bool,
}

/// Names the client of each source. `common`: lower-case names of folders that say nothing about who wrote into them.
///
/// A folder below `Users` names its user. Else each folder with a trace of the lead program is a client of its own, and
/// so is a folder that holds a program which another client has already: a second user's helper is no part of the first
/// user's login. What is left (a server's traces, a program in a folder of its own) belongs to the only client there is.
pub fn client_names(sources: &[Trace<'_>], common: &[String]) -> Vec<String> {
    let folders: Vec<&str> = sources.iter().map(|s| folder_of(s.path)).collect();
    let users: Vec<Option<String>> = sources.iter().map(|s| user_of(s.path)).collect();
    let open = |index: &usize| users[*index].is_none();
    let programs_of = |folder: &str| -> BTreeSet<&str> {
        let here = (0..sources.len()).filter(|i| open(i) && folders[*i] == folder);
        here.filter_map(|i| sources[i].program).collect()
    };
    let mut own: BTreeSet<&str> = BTreeSet::new();
    for index in (0..sources.len()).filter(|i| open(i) && sources[*i].lead) {
        own.insert(folders[index]);
    }
    let taken: BTreeSet<&str> = own.iter().flat_map(|folder| programs_of(folder)).collect();
    let all: BTreeSet<&str> = (0..sources.len())
        .filter(open)
        .map(|i| folders[i])
        .collect();
    for folder in all {
        let below = own.iter().any(|lead| is_below(folder, lead));
        if !below && !own.is_empty() && programs_of(folder).iter().any(|p| taken.contains(p)) {
            own.insert(folder);
        }
    }
    let shared = shared_parts(&own);
    let named: Vec<Option<String>> = (0..sources.len())
        .map(|index| {
            users[index].clone().or_else(|| {
                let home = own
                    .iter()
                    .filter(|top| is_below(folders[index], top))
                    .max_by_key(|top| top.len())?;
                Some(last_part(home, shared, common).unwrap_or_default())
            })
        })
        .collect();
    let distinct: BTreeSet<&String> = named.iter().flatten().collect();
    let only = (distinct.len() <= 1).then(|| {
        // One client needs no name but that of its user.
        users.iter().flatten().next().cloned().unwrap_or_default()
    });
    named
        .into_iter()
        .map(|name| only.clone().or(name).unwrap_or_default())
        .collect()
}

fn folder_of(path: &str) -> &str {
    crate::model::split_path(path).0
}

/// How many of their first parts all folders have: these tell none from another.
pub(super) fn shared_parts(folders: &BTreeSet<&str>) -> usize {
    let mut all = folders.iter().map(|folder| parts_of(folder));
    let Some(mut shared) = all.next() else {
        return 0;
    };
    for other in all {
        let both = shared.iter().zip(&other).take_while(|(a, b)| a == b);
        shared.truncate(both.count());
    }
    shared.len()
}

/// The folders that a path goes through.
pub(super) fn parts_of(folder: &str) -> Vec<&str> {
    folder.split(['/', '!']).collect()
}

/// What a folder is called: by the last of its own parts that tells anything, else by a number among them, else by what
/// stands before the parts that are its own.
fn last_part(folder: &str, shared: usize, common: &[String]) -> Option<String> {
    let parts = parts_of(folder);
    // Windows gives each session of a terminal server a numbered folder below the user's temporary one.
    let is_session = |pair: &&[&str]| {
        let temporary = pair[0].eq_ignore_ascii_case("temp") || pair[0].eq_ignore_ascii_case("tmp");
        temporary && is_number(pair[1])
    };
    if let Some([_, session]) = parts.windows(2).rfind(is_session) {
        return Some(format!("#{session}"));
    }
    let telling = |part: &&&str| {
        let lower = part.to_lowercase();
        let stem = lower.trim_end_matches(|c: char| c.is_ascii_digit() || " -_.()".contains(c));
        let plain = |name: &str| common.iter().any(|c| c == name);
        !plain(&lower) && !plain(stem) && !is_date_or_number(&lower)
    };
    let (before, own) = parts.split_at(shared.min(parts.len()));
    // `2021/03/17` is a day, and no client.
    let is_dated = || {
        let last = parts.iter().rposition(|part| is_number(part));
        let up = parts[..=last.unwrap_or(0)].iter().rev();
        up.take_while(|part| is_number(part))
            .any(|part| is_year(part))
    };
    let number = |parts: &[&str]| {
        let mut parts = parts.iter().rev();
        parts
            .find(|part| is_number(part))
            .map(|part| (*part).to_owned())
    };
    let told = |parts: &[&str]| parts.iter().rfind(telling).map(|part| (*part).to_owned());
    told(own)
        .or_else(|| number(own).filter(|_| !is_dated()))
        .or_else(|| told(before))
        .or_else(|| number(&parts))
}

fn is_number(part: &str) -> bool {
    part.parse::<u32>().is_ok_and(|n| n < 100_000)
}

fn is_year(part: &str) -> bool {
    part.len() == 4 && (part.starts_with("19") || part.starts_with("20")) && is_number(part)
}

/// `2021-03-03`, `03.03.2021`, `20210303_0815`, `17`; but `10.0.0.1` is a PC.
fn is_date_or_number(name: &str) -> bool {
    let is_of_it = |c: char| c.is_ascii_digit() || " -_.,:t".contains(c);
    name.chars().all(is_of_it) && name.parse::<Ipv4Addr>().is_err()
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

    fn names(paths: &[(&str, &str)]) -> Vec<String> {
        let traces: Vec<Trace<'_>> = paths
            .iter()
            .map(|(path, program)| Trace {
                path,
                program: (!program.is_empty()).then_some(*program),
                lead: *program == "m",
            })
            .collect();
        client_names(&traces, &["traces".to_owned()])
    }

    #[test]
    fn one_folder_is_one_client() {
        assert_eq!(names(&[("t/M-1.log", "m"), ("t/C-1.log", "c")]), ["", ""]);
    }

    #[test]
    fn two_users_of_a_terminal_server_are_two_clients() {
        let found = names(&[
            ("ts.zip!Users/anna/Traces/M.log", "m"),
            ("ts.zip!Users/bert/Traces/M.log", "m"),
            ("ts.zip!Users/bert/Traces/C.log", "c"),
        ]);
        assert_eq!(found, ["anna", "bert", "bert"]);
        let found = names(&[
            ("x/pc1/Traces/M.log", "m"),
            ("x/pc2/Traces/M.log", "m"),
            ("x/pc2/Traces/C.log", "c"),
        ]);
        assert_eq!(found, ["pc1", "pc2", "pc2"]);
    }

    #[test]
    fn folders_of_days_are_one_client() {
        assert_eq!(
            names(&[("x/2021-03-03/M.log", "m"), ("x/2021-03-04/M.log", "m")]),
            ["", ""]
        );
        let found = names(&[("2021-03-03/M-1.log", "m"), ("2021-03-04/M-2.log", "m")]);
        assert_eq!(found, ["", ""]);
        let found = names(&[("x/Traces1/M-1.log", "m"), ("x/Traces 2/M-2.log", "m")]);
        assert_eq!(found, ["", ""]);
        let found = names(&[("pc1/03.03.2021/M.log", "m"), ("pc2/03.03.2021/M.log", "m")]);
        assert_eq!(found, ["pc1", "pc2"]);
        let found = names(&[("1/M.log", "m"), ("2/M.log", "m")]);
        assert_eq!(found, ["1", "2"]);
    }

    #[test]
    fn numbered_folders_are_clients_wherever_they_lie() {
        let found = names(&[("/x/case/1/M.log", "m"), ("/x/case/2/M.log", "m")]);
        assert_eq!(found, ["1", "2"]);
        let found = names(&[
            ("/x/case.zip!1/Traces/M.log", "m"),
            ("/x/case.zip!2/Traces/M.log", "m"),
            ("/x/case.zip!2/Traces/C.log", "c"),
        ]);
        assert_eq!(found, ["1", "2", "2"]);
        let found = names(&[("/x/2021/03/17/M.log", "m"), ("/x/2021/03/18/M.log", "m")]);
        assert_eq!(found, ["", ""]);
        let found = names(&[("10.0.0.1/M.log", "m"), ("10.0.0.2/M.log", "m")]);
        assert_eq!(found, ["10.0.0.1", "10.0.0.2"]);
        let found = names(&[("/x/12345/M.log", "m"), ("/x/23456/M.log", "m")]);
        assert_eq!(found, ["12345", "23456"]);
        let found = names(&[("/x/pc1/1/M.log", "m"), ("/x/pc2/1/M.log", "m")]);
        assert_eq!(found, ["pc1", "pc2"]);
    }

    #[test]
    fn a_second_helper_is_a_client_of_its_own() {
        let found = names(&[
            ("x/anna/M.log", "m"),
            ("x/anna/C.log", "c"),
            ("x/bert/C.log", "c"),
        ]);
        assert_eq!(found, ["anna", "anna", "bert"]);
    }

    #[test]
    fn traces_of_client_and_server_in_two_folders_are_one_client() {
        assert_eq!(
            names(&[("x/client/M.log", "m"), ("x/server/S.log", "")]),
            ["", ""]
        );
        assert_eq!(names(&[("x/m/M.log", "m"), ("x/c/C.log", "c")]), ["", ""]);
    }
}
