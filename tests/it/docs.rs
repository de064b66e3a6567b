//! The documents: what README.md says can be run is run, and what it shows is what comes out.

use std::fs;
use std::path::Path;

use crate::bench::{command, finish, root, run};

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// One command of README.md.
#[derive(Debug)]
struct Shown {
    line: usize,
    args: Vec<String>,
    /// As stated behind `# exit code`; else anything below 2.
    code: Option<i32>,
}

/// The commands in README's `sh` blocks that start the program; `cargo run … --` counts as its name.
fn commands(readme: &str) -> Vec<Shown> {
    let mut shown = Vec::new();
    let mut in_shell = false;
    for (index, line) in readme.lines().enumerate() {
        if let Some(language) = line.strip_prefix("```") {
            in_shell = language == "sh";
            continue;
        }
        let starts = ["swyxtrace ", "cargo run --release -- "];
        let Some(rest) = starts
            .iter()
            .find_map(|start| line.strip_prefix(start))
            .filter(|_| in_shell)
        else {
            continue;
        };
        let (call, remark) = rest.split_once(" # ").unwrap_or((rest, ""));
        let code = remark
            .strip_prefix("exit code ")
            .and_then(|code| code[..1].parse().ok());
        shown.push(Shown {
            line: index + 1,
            args: words(call),
            code,
        });
    }
    shown
}

/// Words of a command line; double quotes hold blanks together.
fn words(call: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in call.split('"').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from)
        .into_iter()
        .filter_map(Result::ok)
    {
        let target = to.join(entry.path().strip_prefix(from).expect("below"));
        if entry.path().is_dir() {
            fs::create_dir_all(&target).expect("a folder");
        } else {
            fs::copy(entry.path(), &target).expect("a copy");
        }
    }
}

#[test]
fn every_command_in_the_readme_runs() {
    let shown = commands(&read("README.md"));
    assert!(
        shown.len() >= 10,
        "only {} commands were found",
        shown.len()
    );
    // Some write files: they run in a folder of their own, with the samples beside them.
    let place = tempfile::tempdir().expect("a folder");
    for name in ["samples", "grammars"] {
        copy(&root().join(name), &place.path().join(name));
    }
    for Shown { line, args, code } in shown {
        let mut command = command(&args);
        for name in ["LOCALAPPDATA", "TEMP", "ProgramData"] {
            command.env_remove(name);
        }
        let run = finish(command.current_dir(place.path()));
        let right = code.map_or((0..2).contains(&run.code), |code| run.code == code);
        assert!(
            right,
            "README.md:{line}: {args:?} exits with {}: {}",
            run.code, run.err
        );
    }
}

#[test]
fn the_readme_fits_and_says_the_essentials() {
    let readme = read("README.md");
    assert!(
        readme.lines().count() <= 200,
        "README.md has {} lines",
        readme.lines().count()
    );
    let screen: String = readme.lines().take(30).collect::<Vec<_>>().join("\n");
    for essential in [
        "cargo run --release -- analyze samples/port_5000_collision",
        "cargo test",
    ] {
        assert!(
            screen.contains(essential),
            "README's first screen does not say: {essential}"
        );
    }
    let flat = readme.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("not affiliated with Swyx or Enreach"),
        "README must say so"
    );
}

/// The picture of the report in README is what comes out, up to what it says of the first finding.
#[test]
fn the_picture_in_the_readme_is_what_comes_out() {
    let case = [
        "analyze",
        "samples/port_5000_collision",
        "--tz",
        "Europe/Berlin",
        "--lang",
        "en",
    ];
    let printed = run(case).exits(1).text();
    let ends = |line: &&str| {
        !line.starts_with("F2 ")
            && !line.starts_with("    For the user")
            && !line.starts_with("Check next")
            && !line.starts_with("    For the user:")
            && !line.starts_with("What was read")
    };
    let mut picture: Vec<&str> = printed.lines().take_while(ends).collect();
    picture.push("[…]");
    let picture = picture.join("\n");
    let readme = read("README.md");
    let (before, rest) = readme.split_once("```text\n").expect("a picture");
    let (shown, after) = rest.split_once("\n```").expect("the picture's end");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(
            root().join("README.md"),
            format!("{before}```text\n{picture}\n```{after}"),
        )
        .expect("README.md");
        return;
    }
    assert_eq!(
        shown, picture,
        "UPDATE_EXPECT=1 cargo test copies the report into README.md anew"
    );
}

/// The quick starts go into every package: one page each, in both languages, with the same commands.
#[test]
fn the_quick_starts_are_one_page_and_their_commands_exist() {
    let options = |text: &str| -> Vec<Vec<String>> {
        let (_, block) = text.split_once("```text").expect("a block of commands");
        let (block, _) = block.split_once("```").expect("its end");
        let lines = block
            .lines()
            .map(str::trim)
            .filter_map(|line| line.strip_prefix("swyxtrace "));
        let call = |line: &str| words(line.split("   ").next().unwrap_or_default());
        lines.map(call).collect()
    };
    let (english, german) = (read("docs/quickstart.md"), read("docs/schnellstart.md"));
    let commands = options(&english);
    assert!(commands.len() >= 5, "{commands:?}");
    assert_eq!(commands.len(), options(&german).len());
    for text in [&english, &german] {
        assert!(text.lines().count() <= 40, "more than a page");
        for call in options(text) {
            let help = run([call[0].as_str(), "--help"]).exits(0).text();
            for option in call.iter().filter(|word| word.starts_with("--")) {
                assert!(
                    help.contains(option.as_str()),
                    "{} has no {option}",
                    call[0]
                );
            }
        }
    }
}

#[test]
fn the_documents_name_files_that_exist() {
    let link = regex::Regex::new(r"\]\(([\w./-]+?)(?:#[\w-]+)?\)").expect("a regex");
    for name in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "grammars/README.md",
        "samples/README.md",
        "docs/quickstart.md",
        "docs/schnellstart.md",
        "docs/troubleshooting.md",
        "docs/rules.md",
    ] {
        let folder = root().join(name);
        let folder = folder.parent().expect("a folder");
        for found in link.captures_iter(&read(name)) {
            assert!(
                folder.join(&found[1]).exists(),
                "{name} links to {}, which does not exist",
                &found[1]
            );
        }
    }
}

/// ARCHITECTURE.md names for each invariant the test that holds it.
#[test]
fn every_test_that_the_architecture_names_exists() {
    let named = regex::Regex::new(r"`(\w+)::(\w+)`").expect("a regex");
    let text = read("ARCHITECTURE.md");
    assert!(
        text.lines().count() <= 250,
        "ARCHITECTURE.md has {} lines",
        text.lines().count()
    );
    let mut count = 0;
    for found in named.captures_iter(&text) {
        let path = root().join("tests/it").join(format!("{}.rs", &found[1]));
        if let Ok(module) = fs::read_to_string(path) {
            assert!(
                module.contains(&format!("fn {}(", &found[2])),
                "there is no test {}::{}",
                &found[1],
                &found[2]
            );
            count += 1;
        }
    }
    assert!(count >= 8, "ARCHITECTURE.md names only {count} tests");
}

#[test]
fn no_document_names_the_machine_it_was_written_on() {
    for name in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "grammars/README.md",
        "samples/README.md",
        "NOTICE",
        "docs/quickstart.md",
        "docs/schnellstart.md",
        "docs/troubleshooting.md",
        ".ci/run",
    ] {
        let text = read(name);
        for path in ["/work/", "/home/", "/root/"] {
            assert!(!text.contains(path), "{name} names {path}");
        }
    }
}

/// The examples of the table below a heading: what stands in a trace, and what comes out.
fn examples(document: &str, heading: &str) -> Vec<(String, String)> {
    let part = document.split(heading).nth(1).expect("the heading");
    let part = part.split("\n## ").next().unwrap_or(part);
    let code = |cell: &str| cell.trim().trim_matches('`').to_owned();
    part.lines()
        .filter(|line| {
            line.starts_with("| ") && line.contains('`') && !line.starts_with("| what |")
        })
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
            (code(cells[cells.len() - 2]), code(cells[cells.len() - 1]))
        })
        .collect()
}

#[test]
fn the_examples_of_privacy_md_are_what_comes_out() {
    let document = read("docs/privacy.md");
    let secrets = examples(&document, "## Secrets");
    let identities = examples(&document, "## Identities");
    assert!(secrets.len() > 20 && identities.len() > 12, "the tables");
    let mut wrong = Vec::new();
    for (text, shown) in secrets {
        let safe = swyxtrace::report::redact::secrets(&text).into_owned();
        if safe != shown {
            wrong.push(format!("{text}\n   is shown as {safe}"));
        }
    }
    let catalog = crate::bench::catalog();
    for (text, shown) in identities {
        let mut anonymizer = swyxtrace::report::anonymize::Anonymizer::new(catalog);
        let mut harvester = anonymizer.harvester();
        harvester.text(&text);
        let seen = harvester.finish();
        anonymizer.harvest([seen]);
        let safe = anonymizer.text(&text).into_owned();
        if safe != shown {
            wrong.push(format!("{text}\n   is shown as {safe}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
