//! Embeds `grammars/**` into the program: adding a format or a rule is one new file and no list is edited.
//! For Windows it adds icon, version information and manifest. It reads its folders, writes `OUT_DIR`, and does nothing
//! else.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("grammars");
    println!("cargo::rerun-if-changed=grammars");
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let mut code = String::from("&[\n");
    for file in &files {
        let name = file
            .strip_prefix(&root)
            .expect("below the root")
            .to_string_lossy()
            .replace('\\', "/");
        println!("cargo::rerun-if-changed={}", file.display());
        let head = if name.starts_with("rules/") {
            head(&fs::read_to_string(file)?)
        } else {
            None
        };
        let path = file.display().to_string();
        writeln!(code, "    ({name:?}, include_str!({path:?}), {head:?}),").expect("a string");
    }
    code.push_str("]\n");
    windows_resources();
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("grammars.rs"), code)
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

/// A rule without its texts and examples: a quarter of the file, and all that is needed to search. `None` where the file
/// is not as it should be: then it is read whole, and the fault is told.
fn head(text: &str) -> Option<String> {
    let mut rule: toml::Table = text.parse().ok()?;
    rule.remove("example");
    let audience: toml::Table = "user = ''\nvendor = ''\nadmin = { summary = '', remedy = [] }"
        .parse()
        .ok()?;
    let texts = ["en", "de"].map(|lang| (lang.to_owned(), audience.clone().into()));
    rule.insert("text".to_owned(), toml::Table::from_iter(texts).into());
    toml::to_string(&rule).ok()
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
