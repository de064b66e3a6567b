//! A user's grammar files laid over the built-in ones, by id: what is new is added, what is known is refused unless the
//! file says `override = true`, and what would be read by nobody is a fault.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::catalog::Files;
use super::endpoint::glob_match;
use super::error::Fault;

/// Files that exist once.
const SINGLE: [&str; 4] = ["chain.toml", "fact-uses.toml", "lexicon.toml", "zones.toml"];
/// Folders of files whose stem is their id.
const FLAT: [&str; 3] = ["facts", "formats", "numbers"];
/// Most bytes of one grammar file: more is no work of a hand.
const MOST_BYTES: usize = 1 << 20;
const PLACES: &str = "formats/<id>.toml, rules/<class>/<id>.toml, numbers/<id>.toml, facts/<id>.toml, chain.toml, lexicon.toml, fact-uses.toml and zones.toml are read";

/// Lays `overlay` over `base`.
///
/// # Errors
/// All faults of the way the files lie together; the files themselves are checked when they are loaded.
pub fn lay_over(mut base: Files, overlay: Files) -> Result<Files, Vec<Fault>> {
    let mut faults = Vec::new();
    for (name, (path, text)) in &overlay {
        let start = 0..0;
        let at = |span: &Range<usize>, message: String, help: &str| {
            Fault::at(path, text, span.clone(), message, help)
        };
        let Some(id) = id(name) else {
            let message = format!("nothing reads a file of the name {name}");
            faults.push(at(&start, message, PLACES));
            continue;
        };
        if !is_plain(&id) {
            let message = format!("`{id}` cannot be an id");
            let help = "name the file in lower case letters, digits and hyphens";
            faults.push(at(&start, message, help));
        }
        if text.len() > MOST_BYTES {
            let message = format!("the file has {} bytes", text.len());
            let help = "a grammar file has at most 1,048,576 bytes; make several of it";
            faults.push(at(&start, message, help));
        }
        match (base.contains_key(name), replaces(text)) {
            (true, Some((false, _))) => {
                let message = format!("`{id}` is built in already");
                let help = "give the file another name, or write `override = true` at its top to replace the built-in one";
                faults.push(at(&start, message, help));
            }
            (false, Some((true, span))) => {
                let message = format!("`override` is set, and no built-in file has the id `{id}`");
                let help = "correct the file's name, or take the key out";
                faults.push(at(&span, message, help));
            }
            // A file that is no TOML says so when it is loaded.
            (_, None) | (true, Some((true, _))) | (false, Some((false, _))) => {}
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    if let (Some((_, built_in)), Some((_, own))) =
        (base.get("chain.toml"), overlay.get("chain.toml"))
        && chain_id(built_in) != chain_id(own)
    {
        keep_what_the_chain_uses(&mut base, &uses(own));
    }
    base.extend(overlay);
    Ok(base)
}

/// A chain of another product: rules and uses of facts are about the built-in one, except those that it asks for.
fn keep_what_the_chain_uses(base: &mut Files, globs: &[String]) {
    base.retain(|name, _| {
        let Some(rule) = name.strip_prefix("rules/") else {
            return true;
        };
        let id = rule.trim_end_matches(".toml");
        globs.iter().any(|glob| glob_match(glob, id))
    });
    if let Some((_, text)) = base.get_mut("fact-uses.toml") {
        text.clear();
    }
}

/// The id of a file by its name, or `None` where no such file is read.
fn id(name: &str) -> Option<String> {
    let stem = name.strip_suffix(".toml")?;
    let parts: Vec<&str> = stem.split('/').collect();
    match parts.as_slice() {
        [one] if SINGLE.contains(&name) => Some((*one).to_owned()),
        [folder, id] if FLAT.contains(folder) => Some((*id).to_owned()),
        ["rules", class, id] => Some(format!("{class}/{id}")),
        _ => None,
    }
}

fn is_plain(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    id.split('/')
        .all(|part| !part.is_empty() && part.chars().all(plain))
}

/// Whether a file says that it replaces a built-in one, and where. `None` where the file is no TOML.
fn replaces(text: &str) -> Option<(bool, Range<usize>)> {
    let table = DeTable::parse(text).ok()?;
    let found = table
        .get_ref()
        .iter()
        .find(|(key, _)| key.get_ref() == "override");
    Some(found.map_or((false, 0..0), |(key, value)| {
        (
            matches!(value.get_ref(), DeValue::Boolean(true)),
            key.span(),
        )
    }))
}

fn chain_id(text: &str) -> Option<String> {
    let table = DeTable::parse(text).ok()?;
    let id = table.get_ref().get("id")?.get_ref().as_str()?;
    Some(id.to_owned())
}

fn uses(text: &str) -> Vec<String> {
    let table: BTreeMap<String, toml::Value> = toml::from_str(text).unwrap_or_default();
    let globs = table.get("use_rules").and_then(toml::Value::as_array);
    let globs = globs.into_iter().flatten().filter_map(toml::Value::as_str);
    globs.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, &str)]) -> Files {
        let each = list.iter();
        each.map(|(name, text)| ((*name).to_owned(), ((*name).to_owned(), (*text).to_owned())))
            .collect()
    }

    fn complaint(base: &[(&str, &str)], overlay: &[(&str, &str)]) -> String {
        let faults = lay_over(files(base), files(overlay)).expect_err("a fault");
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_known_is_replaced_only_where_the_file_says_so() {
        let base = [("formats/a.toml", "title = 'old'")];
        assert!(
            complaint(&base, &[("formats/a.toml", "title = 'new'")]).contains("built in already")
        );
        let said = "override = true\ntitle = 'new'";
        let laid = lay_over(files(&base), files(&[("formats/a.toml", said)])).expect("it is said");
        assert_eq!(laid["formats/a.toml"].1, said);
        let nothing = complaint(&base, &[("formats/b.toml", "title = 'x'\noverride = true")]);
        assert!(nothing.contains("formats/b.toml:2:1"), "{nothing}");
    }

    #[test]
    fn a_file_that_nothing_reads_is_a_fault() {
        for name in [
            "rule/a/b.toml",
            "rules/b.toml",
            "chains.toml",
            "formats/a/b.toml",
        ] {
            assert!(
                complaint(&[], &[(name, "")]).contains("nothing reads"),
                "{name}"
            );
        }
        assert!(complaint(&[], &[("formats/A b.toml", "")]).contains("cannot be an id"));
    }

    #[test]
    fn a_chain_of_another_product_brings_its_rules_and_takes_those_that_it_names() {
        let base = [
            ("chain.toml", "id = 'a'"),
            ("rules/tls/one.toml", ""),
            ("rules/proxy/two.toml", ""),
            ("formats/x.toml", ""),
        ];
        let own = "override = true\nid = 'b'\nuse_rules = ['tls/*']";
        let laid = lay_over(files(&base), files(&[("chain.toml", own)])).expect("no fault");
        let names: Vec<&str> = laid.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            ["chain.toml", "formats/x.toml", "rules/tls/one.toml"]
        );
    }
}
