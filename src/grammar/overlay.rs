//! A user's grammar files laid over the built-in ones, by id: what is new is added, what is known is refused unless the
//! file says `override = true`, and what would be read by nobody is a fault.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::catalog::{Files, Texts};
use super::document::{Document, at};
use super::endpoint::glob_match;
use super::error::Fault;

/// Files that exist once.
const SINGLE: [&str; 4] = ["chain.toml", "fact-uses.toml", "lexicon.toml", "zones.toml"];
/// Folders of files whose stem is their id.
const FLAT: [&str; 3] = ["facts", "formats", "numbers"];
/// Folders of grammar files.
const FOLDERS: [&str; 4] = ["facts", "formats", "numbers", "rules"];
/// Most bytes of one grammar file: more is no work of a hand.
const MOST_BYTES: usize = 1 << 20;
const PLACES: &str = "formats/<id>.toml, rules/<class>/<id>.toml, numbers/<id>.toml, facts/<id>.toml, chain.toml, lexicon.toml, fact-uses.toml and zones.toml are read";

/// A user's grammar files, and what is wrong with the way they lie in their folder.
#[derive(Debug, Default, Clone)]
pub struct Overlay {
    /// The files.
    pub files: Files,
    /// Faults of files that could not be read, or that nothing reads.
    pub faults: Vec<Fault>,
}

impl From<Files> for Overlay {
    fn from(files: Files) -> Self {
        Self {
            files,
            faults: Vec::new(),
        }
    }
}

/// Names that stand beside grammar files and are let be.
const LET_BE: [&str; 8] = [
    "readme*",
    "license*",
    "licence*",
    "notice*",
    "changelog*",
    "*.md",
    "desktop.ini",
    "thumbs.db",
];

/// Reads a user's folder of grammar files.
pub fn read_folder(folder: &Path) -> Overlay {
    let mut overlay = Overlay::default();
    let shown = |path: &Path| path.display().to_string().replace('\\', "/");
    let hidden = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() > 0 && name.starts_with('.') && !name.to_lowercase().ends_with(".toml")
    };
    let entries = walkdir::WalkDir::new(folder)
        .follow_links(true)
        .sort_by_file_name()
        .into_iter();
    for entry in entries.filter_entry(|entry| !hidden(entry)) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().unwrap_or(folder);
                overlay.faults.push(Fault::at(
                    &shown(path),
                    "",
                    0..0,
                    format!("it cannot be read: {error}"),
                    "it must be readable, and no link to a folder above it",
                ));
                continue;
            }
        };
        let name = shown(entry.path().strip_prefix(folder).unwrap_or(entry.path()));
        let path = shown(entry.path());
        if entry.file_type().is_dir() || is_let_be(&name) {
            continue;
        }
        if id(&name).is_none() {
            overlay.faults.push(unread(&path, &name, ""));
            continue;
        }
        match text_of(&entry, &path) {
            Ok(text) => {
                overlay.files.insert(name, (path, text));
            }
            Err(fault) => overlay.faults.push(fault),
        }
    }
    overlay
}

fn is_let_be(name: &str) -> bool {
    let lower = name.to_lowercase();
    let (folder, last) = lower.rsplit_once('/').unwrap_or(("", &lower));
    // A schema for the editor.
    let ending = Path::new(last)
        .extension()
        .and_then(|ending| ending.to_str());
    let schema = folder.is_empty() && ending == Some("json");
    schema || ending != Some("toml") && LET_BE.iter().any(|glob| glob_match(glob, last))
}

/// The fault of a file that nothing reads.
fn unread(path: &str, name: &str, text: &str) -> Fault {
    let message = format!("nothing reads a file of the name {name}");
    let lower = name.to_lowercase();
    let help = if FOLDERS.contains(&name) {
        format!("`{name}` is a folder of files")
    } else if lower != name && id(&lower).is_some() {
        format!("write its name in lower case: {lower}")
    } else {
        PLACES.to_owned()
    };
    Fault::at(path, text, 0..0, message, help)
}

/// The text of a grammar file.
fn text_of(entry: &walkdir::DirEntry, path: &str) -> Result<String, Fault> {
    let unreadable = |why: &dyn std::fmt::Display| {
        let message = format!("the file cannot be read: {why}");
        Fault::at(path, "", 0..0, message, "it must be a readable file")
    };
    let about = entry.metadata().map_err(|error| unreadable(&error))?;
    if !about.is_file() {
        // A pipe would wait for ever.
        return Err(unreadable(&"it is no plain file"));
    }
    if about.len() > MOST_BYTES as u64 {
        return Err(too_long(path, about.len()));
    }
    let bytes = std::fs::read(entry.path()).map_err(|error| unreadable(&error))?;
    let help = "save it as UTF-8";
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let message = "the file is UTF-16, and a grammar file is UTF-8";
        return Err(Fault::at(path, "", 0..0, message, help));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let message = format!("byte 0x{:02X} is no UTF-8", error.as_bytes()[valid]);
        let text = String::from_utf8_lossy(error.as_bytes());
        Fault::at(path, &text, valid..valid, message, help)
    })
}

fn too_long(path: &str, bytes: u64) -> Fault {
    let message = format!("the file has {bytes} bytes");
    let help = "a grammar file has at most 1,048,576 bytes; make several of it";
    Fault::at(path, "", 0..0, message, help)
}

/// Built-in files with a user's files over them.
pub struct Laid {
    /// All files that count.
    pub files: Texts,
    /// Faults of the way they lie together. Each file counts as it was meant, so that the rest can be judged.
    pub faults: Vec<Fault>,
    /// True if the chain is that of another product.
    pub borrows: bool,
    /// True if a file stands over a built-in one without saying so: which of the two counts is not sure.
    pub collides: bool,
}

/// Lays `overlay` over `base`; the files themselves are checked when they are loaded.
pub fn lay_over(mut base: Texts, overlay: Overlay) -> Laid {
    let Overlay { files, mut faults } = overlay;
    let mut borrows = false;
    if let (Some((_, built_in)), Some((path, own))) =
        (base.get("chain.toml"), files.get("chain.toml"))
    {
        borrows = chain_id(own).is_some_and(|id| Some(id) != chain_id(built_in));
        faults.extend(borrowing(&base, path, own, borrows));
        if borrows {
            keep_what_the_chain_uses(&mut base, &uses(own));
        }
    }
    let mut taken = Texts::new();
    let mut collides = false;
    for (name, (path, text)) in files {
        let at = |span: &Range<usize>, message: String, help: &str| {
            Fault::at(&path, &text, span.clone(), message, help)
        };
        let Some(id) = id(&name) else {
            faults.push(unread(&path, &name, &text));
            continue;
        };
        if !is_plain(&id) {
            let message = format!("`{id}` cannot be an id");
            let help = "name the file in lower case letters, digits and hyphens";
            faults.push(at(&(0..0), message, help));
        }
        if text.len() > MOST_BYTES {
            faults.push(too_long(&path, text.len() as u64));
            continue;
        }
        // A new file that has not even the word need not be read twice.
        let is_new = !base.contains_key(&name);
        let says = if is_new && !text.contains("override") {
            None
        } else {
            replaces(&text)
        };
        match (!is_new, says) {
            (true, Some((false, _))) => {
                let message = format!("`{id}` is built in already");
                let help = if SINGLE.contains(&name.as_str()) {
                    "write `override = true` at its top: it then replaces the whole built-in file"
                } else {
                    "give the file another name, or write `override = true` at its top to replace the built-in one"
                };
                faults.push(at(&(0..0), message, help));
                collides = true;
            }
            (false, Some((true, span))) => {
                let message = format!("`override` is set, and no built-in file has the id `{id}`");
                let help = "correct the file's name, or take the key out";
                faults.push(at(&span, message, help));
            }
            // A file that is no TOML says so when it is loaded.
            (_, None) | (true, Some((true, _))) | (false, Some((false, _))) => {}
        }
        taken.insert(name, (path, text.into()));
    }
    base.extend(taken);
    Laid {
        files: base,
        faults,
        borrows,
        collides,
    }
}

/// Faults of `use_rules`.
fn borrowing(base: &Texts, path: &str, own: &str, borrows: bool) -> Vec<Fault> {
    let file = Document::new(path, own);
    let mut faults = Vec::new();
    let globs = uses(own);
    if !globs.is_empty() && !borrows {
        let message = "the chain has the id of the built-in one, which has all built-in rules";
        let help = "give the chain an id of its own, or take `use_rules` out";
        return vec![file.fault(&at("use_rules"), message, help)];
    }
    let ids: Vec<&str> = rule_ids(base).collect();
    for (index, glob) in globs.iter().enumerate() {
        if !ids.iter().any(|id| glob_match(glob, id)) {
            let message = format!("no built-in rule has an id like `{glob}`");
            let help = match super::error::alike(glob, ids.iter().copied()) {
                Some(id) => format!("did you mean `{id}`? `*` stands for anything"),
                None => "`swyxtrace rules` lists them; `*` stands for anything".to_owned(),
            };
            faults.push(file.fault(&at("use_rules").index(index), message, help));
        }
    }
    faults
}

/// The ids of the rules among files.
pub fn rule_ids<V>(files: &BTreeMap<String, V>) -> impl Iterator<Item = &str> {
    let rules = files.keys().filter_map(|name| name.strip_prefix("rules/"));
    rules.map(|name| name.trim_end_matches(".toml"))
}

/// A chain of another product: rules and uses of facts are about the built-in one, except those that it asks for.
fn keep_what_the_chain_uses(base: &mut Texts, globs: &[String]) {
    base.retain(|name, _| {
        let Some(rule) = name.strip_prefix("rules/") else {
            return true;
        };
        let id = rule.trim_end_matches(".toml");
        globs.iter().any(|glob| glob_match(glob, id))
    });
    if let Some((_, text)) = base.get_mut("fact-uses.toml") {
        *text = "".into();
    }
}

/// The id of a file by its name, or `None` where no such file is read.
fn id(name: &str) -> Option<String> {
    let stem = name.strip_suffix(".toml")?;
    if stem.is_empty() || stem.ends_with('/') {
        return None;
    }
    let parts: Vec<&str> = stem.split('/').collect();
    match parts.as_slice() {
        [one] if SINGLE.contains(&name) => Some((*one).to_owned()),
        [folder, id] if FLAT.contains(folder) => Some((*id).to_owned()),
        ["rules", class, id] => Some(format!("{class}/{id}")),
        _ => None,
    }
}

/// True for what can be an id: lower case letters, digits and hyphens, in parts between slashes.
pub fn is_plain(id: &str) -> bool {
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
        // What is no truth value is told when the file is read; it was meant to be one.
        let says_no = matches!(value.get_ref(), DeValue::Boolean(false));
        (!says_no, key.span())
    }))
}

fn chain_id(text: &str) -> Option<String> {
    let table = DeTable::parse(text).ok()?;
    let id = table.get_ref().get("id")?.get_ref().as_str()?;
    Some(id.to_owned())
}

pub fn uses(text: &str) -> Vec<String> {
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

    fn base(list: &[(&str, &str)]) -> Texts {
        let owned = |text: &str| (text.to_owned(), text.to_owned().into());
        let file = |(name, text): &(&str, &str)| ((*name).to_owned(), owned(text));
        list.iter().map(file).collect()
    }

    fn complaint(list: &[(&str, &str)], overlay: &[(&str, &str)]) -> String {
        let laid = lay_over(base(list), files(overlay).into());
        laid.faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_known_is_replaced_only_where_the_file_says_so() {
        let base = [("formats/a.toml", "title = 'old'")];
        assert!(
            complaint(&base, &[("formats/a.toml", "title = 'new'")]).contains("built in already")
        );
        let said = "override = true\ntitle = 'new'";
        let laid = lay_over(self::base(&base), files(&[("formats/a.toml", said)]).into());
        assert_eq!(laid.faults, []);
        assert_eq!(laid.files["formats/a.toml"].1, said);
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
        let laid = lay_over(self::base(&base), files(&[("chain.toml", own)]).into());
        assert_eq!(laid.faults, []);
        let names: Vec<&str> = laid.files.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            ["chain.toml", "formats/x.toml", "rules/tls/one.toml"]
        );
    }
}
