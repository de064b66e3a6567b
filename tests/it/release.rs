//! The release: packages are complete, hold the licences of all that is built in, and are the same bytes twice.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::bench::{arg, folder, root};

/// Makes the packages, with a small file in place of the programs: how they are packed does not depend on it.
fn make(into: &Path) -> Option<()> {
    let program = env!("CARGO_BIN_EXE_swyxtrace");
    let small = root().join("NOTICE");
    let python = Command::new("python3")
        .args(["-c", "import tomllib"])
        .output();
    if !cfg!(target_os = "linux") || !python.is_ok_and(|p| p.status.success()) {
        println!("SKIPPED: no Linux with Python 3.11");
        assert!(std::env::var_os("CI_STRICT").is_none_or(|v| v != "1"));
        return None;
    }
    let output = Command::new(root().join("scripts/release"))
        .args([
            "--tool",
            program,
            "--linux",
            &arg(&small),
            "--windows",
            &arg(&small),
            "-o",
            &arg(into),
        ])
        .env("SOURCE_DATE_EPOCH", "1700000000")
        .output()
        .expect("the script starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(())
}

fn run(program: &str, args: &[&str]) -> String {
    let output = Command::new(program)
        .args(args)
        .output()
        .expect("it is there");
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_release_is_complete_and_the_same_bytes_twice() {
    let (first, second) = (folder(&[]), folder(&[]));
    if make(first.path()).is_none() || make(second.path()).is_none() {
        return;
    }
    let version = env!("CARGO_PKG_VERSION");
    let mut names: Vec<String> = fs::read_dir(first.path())
        .expect("a folder")
        .map(|e| {
            e.expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "SHA256SUMS".to_owned(),
            format!("swyxtrace-{version}-linux-x86_64.tar.gz"),
            format!("swyxtrace-{version}-windows-x86_64.zip"),
            format!("swyxtrace-{version}.cdx.json"),
            format!("swyxtrace_{version}_amd64.deb"),
        ]
    );
    for name in &names {
        let of = |folder: &Path| fs::read(folder.join(name)).expect("a file");
        assert!(of(first.path()) == of(second.path()), "{name} differs");
    }
    let sums = Command::new("sha256sum")
        .args(["-c", "SHA256SUMS"])
        .current_dir(first.path())
        .output()
        .expect("sha256sum");
    assert!(
        sums.status.success(),
        "{}",
        String::from_utf8_lossy(&sums.stdout)
    );

    let tar = arg(&first.path().join(&names[1]));
    let inside = run("tar", &["-tzf", &tar]);
    for wanted in [
        "swyxtrace\n",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "NOTICE",
        "THIRD-PARTY-LICENSES.txt",
        "sbom.cdx.json",
        "QUICKSTART.md",
        "SCHNELLSTART.md",
        "man/swyxtrace.1",
        "completions/swyxtrace.bash",
        "completions/_swyxtrace",
        "completions/swyxtrace.fish",
        "completions/swyxtrace.ps1",
    ] {
        assert!(inside.contains(wanted), "{wanted} is not in\n{inside}");
    }
    let licences = run(
        "tar",
        &[
            "-xzOf",
            &tar,
            &format!("swyxtrace-{version}/THIRD-PARTY-LICENSES.txt"),
        ],
    );
    let sbom: serde_json::Value =
        serde_json::from_slice(&fs::read(first.path().join(&names[3])).expect("the SBOM"))
            .expect("JSON");
    let components = sbom["components"].as_array().expect("components");
    assert!(components.len() > 50, "only {}", components.len());
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
    let manifest: toml::Table = manifest.parse().expect("TOML");
    for name in manifest["dependencies"].as_table().expect("a table").keys() {
        assert!(
            components.iter().any(|c| c["name"] == **name),
            "{name} is not in the SBOM"
        );
        assert!(
            licences.contains(&format!("\n{name} ")),
            "{name} is not among the licences"
        );
    }
    for component in components {
        assert!(
            component["licenses"][0]["expression"].is_string(),
            "{component}"
        );
        assert!(component["hashes"][0]["content"].is_string(), "{component}");
    }
    if Command::new("dpkg-deb").arg("--version").output().is_ok() {
        let deb = arg(&first.path().join(&names[4]));
        let about = run("dpkg-deb", &["-f", &deb]);
        assert!(
            about.contains("Package: swyxtrace") && about.contains(&format!("Version: {version}")),
            "{about}"
        );
        let files = run("dpkg-deb", &["-c", &deb]);
        for wanted in [
            "./usr/bin/swyxtrace",
            "./usr/share/man/man1/swyxtrace.1.gz",
            "./usr/share/doc/swyxtrace/copyright",
        ] {
            assert!(files.contains(wanted), "{wanted} is not in\n{files}");
        }
    }
}
