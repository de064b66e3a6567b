//! Embeds `grammars/**` into the program: adding a format or a rule is one new file and no list is edited.
//! For Windows it adds icon, version information and manifest. It reads its folders, writes `OUT_DIR`, and does nothing
//! else.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

#[allow(dead_code)]
#[path = "src/grammar/needs.rs"]
mod needs;
#[allow(dead_code)]
#[path = "src/grammar/tree.rs"]
mod tree;

fn main() -> io::Result<()> {
    let root =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("grammars");
    println!("cargo::rerun-if-changed=grammars");
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    println!("cargo::rerun-if-changed=src/grammar/needs.rs");
    println!("cargo::rerun-if-changed=src/grammar/tree.rs");
    let mut patterns = BTreeSet::new();
    let mut code = String::from("&[\n");
    for file in &files {
        let name = file
            .strip_prefix(&root)
            .expect("below the root")
            .to_string_lossy()
            .replace('\\', "/");
        println!("cargo::rerun-if-changed={}", file.display());
        let text = fs::read_to_string(file)?;
        if name == "chain.toml" || name.starts_with("rules/") || name.starts_with("facts/") {
            let table: toml::Table = text.parse().unwrap_or_default();
            regexes(&table.into(), "", &mut patterns);
        }
        let json = needed(&name, &text).unwrap_or_default();
        let toml = file.display().to_string();
        writeln!(
            code,
            "    Embedded {{ name: {name:?}, toml: include_str!({toml:?}), json: {json:?} }},"
        )
        .expect("a string");
    }
    code.push_str("]\n");
    windows_resources();
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("grammars.rs"), code)?;
    let each = patterns.iter().map(|pattern| needs_of(pattern));
    fs::write(
        out.join("needs.rs"),
        format!("&[\n{}]\n", each.collect::<String>()),
    )
}

/// The regexes of a grammar file, by the keys that hold them.
fn regexes(value: &toml::Value, key: &str, found: &mut BTreeSet<String>) {
    const KEYS: [&str; 9] = [
        "regex", "line", "lines", "also", "any", "then", "stop", "until", "within",
    ];
    match value {
        toml::Value::String(text) if KEYS.contains(&key) => drop(found.insert(text.clone())),
        toml::Value::Array(all) => all.iter().for_each(|one| regexes(one, key, found)),
        toml::Value::Table(table) => {
            for (inner, value) in table {
                let key = if key == "within" { key } else { inner };
                regexes(value, key, found);
            }
        }
        _ => {}
    }
}

/// What a regex needs, as Rust.
fn needs_of(pattern: &str) -> String {
    let needs::Needs { all, prefix } = needs::of(pattern);
    let all = parts(&all);
    format!("    Needed {{ pattern: {pattern:?}, prefix: {prefix:?}, all: &[{all}] }},\n")
}

fn parts(needs: &[needs::Need<String>]) -> String {
    let part = |need: &needs::Need<String>| match need {
        needs::Need::Any(texts) => format!("Part::Any(&{texts:?}), "),
        needs::Need::Either(ways) => {
            let ways = ways.iter().map(|way| format!("&[{}], ", parts(way)));
            format!("Part::Either(&[{}]), ", ways.collect::<String>())
        }
    };
    needs.iter().map(part).collect()
}

/// Icon, version information and manifest of the Windows program. Without a resource compiler it is built without them.
fn windows_resources() {
    const ICON: &str = "docs/swyxtrace.ico";
    const MANIFEST: &str = "src/cli/swyxtrace.manifest.xml";
    println!("cargo::rerun-if-changed={ICON}");
    println!("cargo::rerun-if-changed={MANIFEST}");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("windows") {
        return;
    }
    let mut resource = winresource::WindowsResource::new();
    resource
        .set_icon(ICON)
        .set_manifest_file(MANIFEST)
        .set("ProductName", "swyxtrace")
        .set("OriginalFilename", "swyxtrace.exe")
        .set("LegalCopyright", "MIT OR Apache-2.0");
    if let Err(error) = resource.compile() {
        println!("cargo::warning=the program gets no icon and no manifest: {error}");
    }
}

/// A grammar file as JSON, without what only reports and proofs need: of rules, that is three quarters. `None` where the
/// file is no TOML: then it is read as it is, and the fault is told.
fn needed(name: &str, text: &str) -> Option<String> {
    let mut file: toml::Table = text.parse().ok()?;
    match name.split('/').next()? {
        "rules" => {
            file.remove("example");
            let audience: toml::Table =
                "user = ''\nvendor = ''\nadmin = { summary = '', remedy = [] }"
                    .parse()
                    .ok()?;
            let texts = ["en", "de"].map(|lang| (lang.to_owned(), audience.clone().into()));
            file.insert("text".to_owned(), toml::Table::from_iter(texts).into());
        }
        "numbers" => {
            file.remove("sample");
            file.remove("reject");
        }
        "formats" => {
            file.remove("reject");
        }
        _ => {}
    }
    serde_json::to_string(&file).ok()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "toml" || e == "txt") {
            files.push(path);
        }
    }
    Ok(())
}
