//! Grammars: what `swyxtrace check` runs, and how faults of a user's own files are told.

use std::path::Path;

use swyxtrace::check::check;
use swyxtrace::grammar::Fault;
use swyxtrace::grammar::catalog::{Catalog, Files, read_folder};

use crate::bench::{self, arg, folder, root, run};

/// A rule in a class that exists, whose text no other rule knows.
pub const RULE: &str = r#"title    = { en = "The gadget is stuck", de = "Das Gerät klemmt" }
since    = "0.1"
basis    = "vendor"
cause    = "gadget-stuck"
stage    = "local-helper"
severity = "error"
references = ["https://example.com/gadget"]

[text.en]
user   = "The gadget is stuck."
vendor = "The gadget is stuck at {endpoint}."
[text.en.admin]
summary = "The gadget is stuck at {endpoint}."
remedy  = ["Pull it out."]

[text.de]
user   = "Das Gerät klemmt."
vendor = "Das Gerät klemmt an {endpoint}."
[text.de.admin]
summary = "Das Gerät klemmt an {endpoint}."
remedy  = ["Herausziehen."]

[[when]]
literal = ["gadget jammed beyond repair"]

[[example]]
name     = "it jams"
trace    = '''[2020-08-10 11:16:29.123] [error] gadget jammed beyond repair'''
fires_at = [1]

[[example]]
name     = "it works"
trace    = '''[2020-08-10 11:16:29.123] [error] gadget oiled'''
fires_at = []
"#;

fn shown(faults: &[Fault]) -> String {
    faults
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n\n")
}

fn faults_of(name: &str, text: &str) -> Vec<Fault> {
    let files = Files::from([(name.to_owned(), (name.to_owned(), text.to_owned()))]);
    match Catalog::load(files) {
        Ok(catalog) => check(&catalog).1,
        Err(faults) => faults,
    }
}

#[test]
fn all_formats_rules_and_examples_agree() {
    let (checked, faults) = check(bench::catalog());
    assert!(
        faults.is_empty(),
        "{} faults\n\n{}",
        faults.len(),
        shown(&faults)
    );
    assert!(checked.formats >= 20, "{checked:?}");
    assert!(checked.rules >= 100, "{checked:?}");
    assert!(
        checked.examples >= 2 * checked.rules,
        "every rule has an example that fires and one that does not"
    );
}

#[test]
fn every_class_that_the_chain_names_has_rules() {
    let catalog = bench::catalog();
    for class in catalog.chain.classes.keys() {
        assert!(
            catalog.rules.iter().any(|rule| rule.class == *class),
            "no rule of class {class}"
        );
    }
}

#[test]
fn an_unknown_key_is_named_with_path_line_and_column() {
    let faults = faults_of(
        "rules/resource/gadget.toml",
        &RULE.replace("cause ", "causes"),
    );
    assert!(!faults.is_empty());
    let fault = faults
        .iter()
        .find(|f| f.line > 0)
        .unwrap_or_else(|| panic!("no line in {}", shown(&faults)));
    assert_eq!(fault.path, "rules/resource/gadget.toml");
    assert!(
        shown(&faults).contains("--> rules/resource/gadget.toml:"),
        "{}",
        shown(&faults)
    );
}

#[test]
fn an_example_that_does_not_fire_is_a_fault_with_its_name() {
    let other = RULE.replace("error] gadget jammed", "error] gizmo jammed");
    let faults = faults_of("rules/resource/gadget.toml", &other);
    let own: Vec<Fault> = faults
        .into_iter()
        .filter(|f| f.path.ends_with("gadget.toml"))
        .collect();
    assert!(shown(&own).contains("it jams"), "{}", shown(&own));
}

#[test]
fn a_rule_without_a_silent_example_does_not_load() {
    let firing = RULE
        .split("[[example]]\nname     = \"it works\"")
        .next()
        .expect("a text");
    let faults = faults_of("rules/resource/gadget.toml", firing);
    assert!(!faults.is_empty(), "a rule without a silent example loads");
}

#[test]
fn a_rule_of_a_class_that_the_chain_does_not_know_does_not_load() {
    let faults = faults_of("rules/gadgets/gadget.toml", RULE);
    assert!(shown(&faults).contains("gadgets"), "{}", shown(&faults));
}

#[test]
fn a_second_rule_on_the_same_example_is_a_fault_until_it_is_named() {
    let second = RULE.replace("gadget-stuck", "gadget-lost");
    let files = |second: &str| {
        Files::from([
            (
                "rules/resource/gadget.toml".to_owned(),
                ("gadget.toml".to_owned(), RULE.to_owned()),
            ),
            (
                "rules/resource/lost.toml".to_owned(),
                ("lost.toml".to_owned(), second.to_owned()),
            ),
        ])
    };
    let check_of = |second: &str| {
        let catalog =
            Catalog::load(files(second)).unwrap_or_else(|faults| panic!("{}", shown(&faults)));
        let (_, faults) = check(&catalog);
        faults
            .into_iter()
            .filter(|f| f.path == "gadget.toml" || f.path == "lost.toml")
            .collect::<Vec<_>>()
    };
    assert!(
        shown(&check_of(&second)).contains("together_with"),
        "{}",
        shown(&check_of(&second))
    );
    let named = second.replace(
        "severity =",
        "together_with = [\"resource/gadget\"]\nseverity =",
    );
    assert_eq!(shown(&check_of(&named)), "");
}

#[test]
fn a_format_without_samples_does_not_load() {
    let text =
        std::fs::read_to_string(root().join("grammars/formats/nlog.toml")).expect("a format");
    let without = text.split("[[sample]]").next().expect("a text");
    let faults = faults_of("formats/gadget.toml", without);
    assert!(
        faults.iter().any(|f| f.path == "formats/gadget.toml"),
        "a format without samples loads"
    );
}

#[test]
fn a_pattern_fault_names_the_line_of_the_pattern() {
    let text =
        std::fs::read_to_string(root().join("grammars/formats/nlog.toml")).expect("a format");
    let faults = faults_of(
        "formats/gadget.toml",
        &text.replace("{level:word}", "{level:wurd}"),
    );
    let line = 1 + text
        .lines()
        .position(|l| l.starts_with("pattern"))
        .expect("a pattern");
    assert!(faults.iter().any(|f| f.line == line), "{}", shown(&faults));
}

#[test]
fn a_users_folder_is_laid_over_the_built_in_grammars() {
    let own = folder(&[("rules/resource/gadget.toml", RULE.as_bytes())]);
    let files = read_folder(own.path());
    assert_eq!(files.faults, []);
    let catalog = Catalog::load(files).unwrap_or_else(|faults| panic!("{}", shown(&faults)));
    assert!(catalog.rule_index("resource/gadget").is_some());
    assert!(
        catalog.rules.len() > 100,
        "the built-in rules are still there"
    );

    let trace = "[2020-08-10 11:16:26.100] [info] SwyxMessenger starting, version 12.10\n\
                 [2020-08-10 11:16:29.123] [error] gadget jammed beyond repair\n";
    let traces = folder(&[("SwyxMessenger-2020-08-10.log", trace.as_bytes())]);
    let (own, traces) = (arg(own.path()), arg(traces.path()));
    let found = run(["analyze", &traces, "--grammars", &own, "--lang", "en"]).exits(1);
    assert!(
        found.text().contains("The gadget is stuck"),
        "{}",
        found.text()
    );
    let listed = run(["rules", "--grammars", &own, "--lang", "en"]).exits(0);
    assert!(
        listed.text().contains("resource/gadget"),
        "{}",
        listed.text()
    );
}

#[test]
fn the_grammars_readme_names_every_key_of_a_rule_that_the_rules_use() {
    let readme =
        std::fs::read_to_string(root().join("grammars/README.md")).expect("grammars/README.md");
    for entry in walkdir::WalkDir::new(root().join("grammars/rules"))
        .into_iter()
        .filter_map(Result::ok)
    {
        if entry.path().extension().is_some_and(|e| e == "toml") {
            for key in top_keys(entry.path()) {
                assert!(
                    readme.contains(&key),
                    "{}: `{key}` is not in grammars/README.md",
                    entry.path().display()
                );
            }
        }
    }
}

fn top_keys(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("a rule");
    let table: toml::Table = text
        .parse()
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    table
        .keys()
        .filter(|key| *key != "when" && *key != "text")
        .cloned()
        .collect()
}
