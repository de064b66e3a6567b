//! The house rules that the compiler does not hold. `ARCHITECTURE.md` has them in words.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::bench::root;

/// The floors, from the ground up. A module imports only from floors strictly below its own.
const FLOORS: &[&[&str]] = &[
    &["spool"],
    &["model"],
    &["syntax", "config"],
    &["grammar"],
    &[
        "discover", "decode", "detect", "facts", "scan", "merge", "diagnose", "report",
    ],
    &["pipeline"],
    &["check", "explain"],
    &["cli"],
    &["lib", "main"],
];

/// Words of the product whose traces are read; they belong into `grammars/`. Compared without case.
const PRODUCT: &[&str] = &[
    "swyx",
    "comsocket",
    "clmgr",
    "voipoperator",
    "ispworks",
    "imsecurity",
    "ippbx",
    "clientlinemanager",
    "enreach",
    "stepping stone",
    "port 9100",
    "9100",
    "9094",
    "9095",
    "127.0.0.1:5000",
    "port 5000",
];

/// What only the command line may do.
const ASKS_THE_WORLD: &[&str] = &[
    "println!",
    "print!",
    "eprintln!",
    "eprint!",
    "dbg!",
    "std::env::",
    "env::var",
    "SystemTime::now",
    "Instant::now",
    "Utc::now",
    "Local::now",
    "stdout()",
    "stderr()",
    "process::exit",
    "is_terminal",
    "IsTerminal",
];

/// One source file without comments and tests.
struct Source {
    /// Path below the repository.
    path: String,
    /// The module of the crate's root that it belongs to.
    module: String,
    /// How many modules deep it lies: 1 for `src/check.rs`, 2 for `src/cli/args.rs`.
    depth: usize,
    /// Its code; what is left out leaves its line behind.
    code: String,
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let files: Vec<PathBuf> = walkdir::WalkDir::new(&src)
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok)
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .collect();
    let tests: BTreeSet<PathBuf> = files.iter().flat_map(|file| test_modules(file)).collect();
    let is_test = |file: &PathBuf| {
        tests
            .iter()
            .any(|test| file == test || file.starts_with(test.with_extension("")))
    };
    let sources = files.iter().filter(|file| !is_test(file)).map(|file| {
        let below = file.strip_prefix(&src).expect("below src");
        let mut parts: Vec<String> = below
            .iter()
            .map(|part| part.to_string_lossy().replace(".rs", ""))
            .collect();
        if parts.len() > 1 && parts.last().is_some_and(|last| last == "mod") {
            parts.pop();
        }
        let text = fs::read_to_string(file).expect("a source file");
        Source {
            path: format!("src/{}", below.to_string_lossy().replace('\\', "/")),
            module: parts[0].clone(),
            depth: parts.len(),
            code: without_comments(&without_tests(&text)),
        }
    });
    let sources: Vec<Source> = sources.collect();
    assert!(
        sources.len() > 40,
        "only {} source files were found",
        sources.len()
    );
    sources
}

/// The files of modules that are declared under `#[cfg(test)]`.
fn test_modules(file: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(file).expect("a source file");
    let declared =
        Regex::new(r"#\[cfg\(test\)\]\s*(?:pub(?:\([a-z]+\))? )?mod (\w+);").expect("a regex");
    let folder = if file
        .file_name()
        .is_some_and(|name| name == "mod.rs" || name == "lib.rs")
    {
        file.parent().expect("a folder").to_owned()
    } else {
        file.with_extension("")
    };
    declared
        .captures_iter(&text)
        .map(|found| folder.join(format!("{}.rs", &found[1])))
        .collect()
}

/// Leaves out items under `#[cfg(test)]`: up to the brace that closes them, at the attribute's own indentation.
fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            kept.push_str(line);
            kept.push('\n');
            continue;
        }
        let end = format!("{}}}", &line[..line.len() - line.trim_start().len()]);
        kept.push('\n');
        for inner in lines.by_ref() {
            kept.push('\n');
            if inner == end || inner.ends_with(';') && !inner.starts_with([' ', '\t']) {
                break;
            }
        }
    }
    kept
}

fn without_comments(text: &str) -> String {
    let comment = Regex::new(r"(?m)(^|[\s{};,(])//.*$").expect("a regex");
    comment.replace_all(text, "$1").into_owned()
}

/// Every place where `needle` finds something in a file: `path:line`.
fn places(source: &Source, needle: &Regex) -> Vec<String> {
    let lines = source
        .code
        .lines()
        .enumerate()
        .filter(|(_, line)| needle.is_match(line));
    lines
        .map(|(index, line)| format!("{}:{}: {}", source.path, index + 1, line.trim()))
        .collect()
}

#[test]
fn every_module_has_its_floor() {
    for source in sources() {
        assert!(
            floor(&source.module).is_some(),
            "{}: the module stands on no floor",
            source.path
        );
    }
}

#[test]
fn modules_import_only_from_floors_below() {
    let direct = Regex::new(r"\bcrate::(\w+)").expect("a regex");
    let grouped = Regex::new(r"\bcrate::\{([^;]*)\};").expect("a regex");
    let upwards = Regex::new(r"\b((?:super::)+)(\w+)").expect("a regex");
    let mut wrong = Vec::new();
    for source in sources() {
        let own = floor(&source.module).unwrap_or_default();
        let mut imports: BTreeSet<String> = direct
            .captures_iter(&source.code)
            .map(|m| m[1].to_owned())
            .collect();
        for group in grouped.captures_iter(&source.code) {
            let heads = group[1]
                .split(',')
                .filter_map(|part| part.split("::").next());
            imports.extend(heads.map(|head| head.trim().to_owned()));
        }
        for chain in upwards.captures_iter(&source.code) {
            // So many `super::` reach the crate's root: the next word is a module of it.
            if chain[1].matches("super").count() == source.depth {
                imports.insert(chain[2].to_owned());
            }
        }
        if ["lib", "main"].contains(&source.module.as_str()) {
            continue;
        }
        for import in imports.iter().filter(|import| **import != source.module) {
            match floor(import) {
                Some(other) if other < own => {}
                Some(_) => wrong.push(format!(
                    "{}: `{}` must not import `{import}`",
                    source.path, source.module
                )),
                None => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_product_host_or_port_is_named_in_rust() {
    let words: Vec<String> = PRODUCT.iter().map(|word| regex::escape(word)).collect();
    let product = Regex::new(&format!("(?i){}", words.join("|"))).expect("a regex");
    let mut wrong = Vec::new();
    for mut source in sources() {
        // The program's own name, and with it the name of its JSON, may stand anywhere.
        source.code = source
            .code
            .replace("swyxtrace", "")
            .replace("SWYXTRACE", "");
        wrong.extend(places(&source, &product));
    }
    // The help text of the command line says what the program is for.
    wrong.retain(|place| !place.starts_with("src/cli/args.rs"));
    assert!(
        wrong.is_empty(),
        "these belong into grammars/:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_library_asks_nobody_and_prints_nothing() {
    let words: Vec<String> = ASKS_THE_WORLD
        .iter()
        .map(|word| regex::escape(word))
        .collect();
    let asks = Regex::new(&format!(r"(^|[^\w])({})", words.join("|"))).expect("a regex");
    let library = sources()
        .into_iter()
        .filter(|source| source.module != "cli" && source.module != "main");
    let wrong: Vec<String> = library.flat_map(|source| places(&source, &asks)).collect();
    assert!(
        wrong.is_empty(),
        "only the command line may do this:\n{}",
        wrong.join("\n")
    );
}

/// Which crates are used where: the parser library reads structure, regexes recognise meaning. The report's use of
/// both searchers is the removal of secrets.
#[test]
fn outside_crates_stay_on_their_floors() {
    let homes: &[(&str, &[&str])] = &[
        ("nom", &["syntax"]),
        ("regex", &["grammar", "scan", "report"]),
        ("regex_automata", &["grammar", "report"]),
        ("regex_syntax", &["grammar"]),
        ("aho_corasick", &["grammar", "scan", "report"]),
        ("toml", &["grammar"]),
        ("rayon", &["pipeline", "cli"]),
        ("clap", &["cli"]),
        ("indicatif", &["cli"]),
        ("anyhow", &["cli", "main"]),
    ];
    let mut wrong = Vec::new();
    for source in sources() {
        for (name, modules) in homes {
            let used = Regex::new(&format!(r"(^|[^\w:.]){name}::")).expect("a regex");
            if !modules.contains(&source.module.as_str()) {
                wrong.extend(
                    places(&source, &used)
                        .into_iter()
                        .map(|place| format!("{name} in {place}")),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_build_script_embeds_every_grammar_file() {
    let embedded = swyxtrace::grammar::catalog::embedded();
    for entry in walkdir::WalkDir::new(root().join("grammars"))
        .into_iter()
        .filter_map(Result::ok)
    {
        if entry.path().extension().is_some_and(|e| e == "toml") {
            let name = entry
                .path()
                .strip_prefix(root().join("grammars"))
                .expect("below grammars");
            let name = name.to_string_lossy().replace('\\', "/");
            assert!(embedded.contains_key(&name), "{name} is not embedded");
        }
    }
}
