//! Rules, formats and chains by others: schemas, faults as they are told, new files, a second product, the life of rules.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use swyxtrace::check::{check, coverage};
use swyxtrace::grammar::catalog::{Catalog, read_folder};

use crate::bench::{self, arg, command, finish, folder, root, run};
use crate::check::RULE;

fn toml_files(below: &str) -> Vec<PathBuf> {
    files_below(below, usize::MAX)
}

fn files_below(below: &str, depth: usize) -> Vec<PathBuf> {
    let files: Vec<PathBuf> = walkdir::WalkDir::new(root().join(below))
        .max_depth(depth)
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok)
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    assert!(!files.is_empty(), "{below} has no TOML files");
    files
}

fn as_json(path: &Path) -> Value {
    let text = fs::read_to_string(path).expect("a file");
    let table: toml::Table = text
        .parse()
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::to_value(table).expect("TOML is JSON where it has no dates")
}

fn validator(kind: &str) -> jsonschema::Validator {
    let schema = run(["schema", kind]).exits(0).json();
    jsonschema::validator_for(&schema).expect("a schema")
}

#[test]
fn every_grammar_file_is_valid_against_its_schema() {
    let own = "samples/other_product/grammars";
    for (kind, places) in [
        (
            "rule",
            vec!["grammars/rules".to_owned(), format!("{own}/rules")],
        ),
        (
            "format",
            vec!["grammars/formats".to_owned(), format!("{own}/formats")],
        ),
        (
            "chain",
            vec![
                "grammars/chain.toml".to_owned(),
                format!("{own}/chain.toml"),
            ],
        ),
    ] {
        let validator = validator(kind);
        for path in places.iter().flat_map(|place| toml_files(place)) {
            let document = as_json(&path);
            let wrong: Vec<String> = validator
                .iter_errors(&document)
                .map(|e| format!("{}: {e}", e.instance_path()))
                .collect();
            assert_eq!(wrong, Vec::<String>::new(), "{}", path.display());
        }
    }
}

#[test]
fn a_schema_knows_the_keys_and_the_fixed_words() {
    let path = root().join("grammars/rules/server-refused/winsock-refused.toml");
    let validator = validator("rule");
    let rule = as_json(&path);
    assert!(validator.is_valid(&rule));
    let spoilt = [
        ("caus", Value::from("x")),
        ("severity", Value::from("dreadful")),
        ("basis", Value::from("hearsay")),
        ("since", Value::from(1)),
    ];
    for (key, value) in spoilt {
        let mut other = rule.clone();
        other[key] = value;
        assert!(!validator.is_valid(&other), "`{key}` is not checked");
    }
    let mut other = rule;
    other["when"][0]["literals"] = Value::from("x");
    assert!(
        !validator.is_valid(&other),
        "keys of [[when]] are not checked"
    );
    let text = run(["schema", "rule"]).text();
    assert!(
        text.contains("Every one of these texts occurs."),
        "the keys are described"
    );
}

/// The place of a bad grammar file below a folder of grammars, by its name: `rule-…`, `format-…`, `chain-…`.
fn place(name: &str) -> String {
    let (kind, rest) = name.split_once('-').expect("a kind in front");
    match kind {
        "rule" => format!("rules/resource/{rest}.toml"),
        "format" => format!("formats/{rest}.toml"),
        "chain" | "lexicon" | "zones" => format!("{kind}.toml"),
        "uses" => "fact-uses.toml".into(),
        // Numbers, facts, and what stands at no place at all.
        _ => format!("{kind}/{rest}.toml"),
    }
}

/// `tests/bad_grammars/<kind>-<what>.toml` and what `check` says of it, word for word.
#[test]
fn faults_of_grammar_files_are_told_as_the_goldens_say() {
    let files = files_below("tests/bad_grammars", 1);
    assert!(files.len() >= 20, "only {} bad files", files.len());
    let where_it_is = regex::Regex::new(r"(?m)^  --> my/[^\n]+:\d+:\d+$").expect("a regex");
    for path in files {
        let name = path.file_stem().expect("a name").to_string_lossy();
        let text = fs::read(&path).expect("a file");
        let own = folder(&[(&place(&name), &text)]);
        let told = run(["check", "--grammars", &arg(own.path())]).exits(2);
        let err = told.err.replace(&arg(own.path()), "my");
        assert!(told.out.is_empty(), "{name}: {}", told.text());
        assert!(
            where_it_is.is_match(&err),
            "{name}: no path, line and column\n{err}"
        );
        for part in [" | ", "^\n", "  help: "] {
            assert!(err.contains(part), "{name}: no {part:?}\n{err}");
        }
        expect_test::expect_file![path.with_extension("txt")].assert_eq(&err);
    }
}

/// Each folder of `tests/bad_grammars/` has faults in many files, and one run tells all of them.
#[test]
fn all_faults_of_a_folder_are_told_in_one_run() {
    let folders = fs::read_dir(root().join("tests/bad_grammars")).expect("a folder");
    let mut folders: Vec<PathBuf> = folders
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert!(folders.len() >= 3, "{folders:?}");
    for path in folders {
        let told = run(["check", "--grammars", &arg(&path)]).exits(2);
        let err = told.err.replace(&arg(&path), "my");
        let counted = err.matches("error: ").count();
        assert!(counted >= 2, "{err}");
        assert!(err.contains(&format!("{counted} faults")), "{err}");
        expect_test::expect_file![path.with_extension("txt")].assert_eq(&err);
        // A run that only uses the grammars says the same of them.
        let used = run(["rules", "--grammars", &arg(&path)]).exits(2);
        let used = used.err.replace(&arg(&path), "my");
        for fault in used.split("\n\n").skip(1) {
            assert!(
                err.contains(fault.trim_end()),
                "not told by check:\n{fault}"
            );
        }
    }
}

/// What a schema refuses, `check` tells, and what a schema lets pass has the right shape.
#[test]
fn check_tells_whatever_a_schema_refuses() {
    let kinds = [
        (
            "rule",
            "rules/resource/x.toml",
            "grammars/rules/resource/winsock-port-exhaustion.toml",
        ),
        ("format", "formats/x.toml", "grammars/formats/nlog.toml"),
        (
            "chain",
            "chain.toml",
            "samples/other_product/grammars/chain.toml",
        ),
    ];
    for (kind, name, sound) in kinds {
        let validator = validator(kind);
        let text = fs::read_to_string(root().join(sound)).expect("a file");
        let sound: toml::Table = text.parse().expect("TOML");
        let mut tried = 0;
        for spoilt in spoilt(&toml::Value::Table(sound)) {
            let json = serde_json::to_value(&spoilt).expect("JSON");
            let refused = !validator.is_valid(&json);
            let files = swyxtrace::grammar::catalog::Files::from([(
                name.to_owned(),
                (name.to_owned(), toml::to_string(&spoilt).expect("TOML")),
            )]);
            let faults = Catalog::load(files).err().unwrap_or_default();
            if refused {
                let told = faults.iter().any(|f| f.path == name && f.line > 0);
                assert!(
                    told,
                    "{kind}: the schema refuses what check lets pass\n{spoilt}"
                );
            }
            tried += usize::from(refused);
        }
        assert!(tried > 20, "{kind}: only {tried} spoilt files");
    }
}

/// The same file with one thing wrong, once for each key: of another type, empty, gone, or misspelt.
fn spoilt(value: &toml::Value) -> Vec<toml::Value> {
    let mut all = Vec::new();
    match value {
        toml::Value::Table(table) => {
            for (key, inside) in table {
                let mut gone = table.clone();
                gone.remove(key);
                all.push(toml::Value::Table(gone.clone()));
                gone.insert(format!("{key}x"), inside.clone());
                all.push(toml::Value::Table(gone));
                for worse in spoilt(inside) {
                    let mut other = table.clone();
                    other.insert(key.clone(), worse);
                    all.push(toml::Value::Table(other));
                }
            }
        }
        toml::Value::Array(list) => {
            all.push(toml::Value::Boolean(true));
            if let Some(first) = list.first() {
                for worse in spoilt(first) {
                    let mut other = list.clone();
                    other[0] = worse;
                    all.push(toml::Value::Array(other));
                }
            }
        }
        toml::Value::String(_) => {
            all.push(toml::Value::Integer(1));
            all.push(toml::Value::String(String::new()));
        }
        _ => all.push(toml::Value::String("nonsense".into())),
    }
    all
}

#[test]
fn a_file_of_a_known_id_is_refused_and_replaces_it_only_where_it_says_so() {
    let built_in =
        fs::read_to_string(root().join("grammars/rules/server-refused/winsock-refused.toml"))
            .expect("a rule");
    let name = "rules/server-refused/winsock-refused.toml";
    let own = folder(&[(name, built_in.as_bytes())]);
    let refused = run(["check", "--grammars", &arg(own.path())]).exits(2);
    assert!(refused.err.contains("override = true"), "{}", refused.err);

    let mine = built_in.replacen("title", "override = true\ntitle", 1);
    let mine = mine.replace("severity", "# mine\nseverity");
    let own = folder(&[(name, mine.as_bytes())]);
    run(["check", "--grammars", &arg(own.path())]).exits(0);
    let listed = run(["rules", "--format", "json", "--grammars", &arg(own.path())])
        .exits(0)
        .json();
    let rules = listed["rules"].as_array().expect("rules");
    let of_id: Vec<&Value> = rules
        .iter()
        .filter(|rule| rule["id"] == "server-refused/winsock-refused")
        .collect();
    assert_eq!(of_id.len(), 1);
    assert!(
        of_id[0]["file"]
            .as_str()
            .expect("a file")
            .starts_with(&arg(own.path()))
    );
}

#[test]
fn the_folder_of_this_user_is_laid_over_unless_another_one_is_given() {
    let home = folder(&[(
        "swyxtrace/grammars/rules/resource/gadget.toml",
        RULE.as_bytes(),
    )]);
    let rules_with = |args: &[&str]| {
        let mut command = command(["rules"].iter().chain(args));
        command
            .env("XDG_CONFIG_HOME", home.path())
            .env("APPDATA", home.path());
        finish(&mut command).exits(0).text()
    };
    assert!(rules_with(&[]).contains("resource/gadget"));
    let other = folder(&[]);
    assert!(!rules_with(&["--grammars", &arg(other.path())]).contains("resource/gadget"));

    let mut paths = command(["paths", "--lang", "en"]);
    let told = finish(
        paths
            .env("XDG_CONFIG_HOME", home.path())
            .env("APPDATA", home.path()),
    )
    .exits(0)
    .text();
    let own = arg(&home.path().join("swyxtrace").join("grammars"));
    assert!(
        told.lines().any(|line| line.starts_with("grammars")
            && line.contains(&own)
            && !line.contains("not there")),
        "{told}"
    );
    assert!(told.contains("traces"), "{told}");
}

/// Lines of samples, of layouts that are declared and of some that are not, with their numbers.
const LINES: [(&str, u64); 7] = [
    ("port_5000_collision/SwyxMessenger-2020-08-10.log", 14),
    ("port_5000_collision/ComSocket-20200810-111556.log", 24),
    ("clean_login/SwyxMessenger-2020-08-10.log", 1),
    ("server_refused/SwyxMessenger-2020-08-10.log", 30),
    ("tls_interception/SwyxMessenger-2020-08-10.log", 40),
    ("dotnet_framework_german/ComSocket-20200810-111556.log", 9),
    ("other_product/traces/quota/TideAgent-2024-03-05.log", 5),
];

#[test]
fn a_new_rule_from_any_record_passes_check() {
    let mut written = 0;
    for (file, line) in LINES {
        let path = root().join("samples").join(file);
        if !path.exists() {
            continue;
        }
        let own = folder(&[]);
        let from = format!("{}:{line}", arg(&path));
        let made = run([
            "new",
            "rule",
            "--from",
            &from,
            "--id",
            "resource/mine",
            "--grammars",
            &arg(own.path()),
        ]);
        assert_eq!(made.code, 0, "{from}: {}", made.err);
        assert!(
            own.path().join("rules/resource/mine.toml").exists(),
            "{}",
            made.text()
        );
        let checked = run(["check", "--grammars", &arg(own.path())]);
        assert_eq!(checked.code, 0, "{from}: {}", checked.err);
        // What is there is never written over.
        run([
            "new",
            "rule",
            "--from",
            &from,
            "--id",
            "resource/mine",
            "--grammars",
            &arg(own.path()),
        ])
        .exits(2);
        written += 1;
    }
    assert!(written >= 5, "only {written} of the lines exist");
}

#[test]
fn a_new_format_of_any_file_passes_check() {
    let texts = [
        "<1a2c> 10/Aug/2020 11-16-29.123 {Fehler} ComSocket: kaputt\n<1a2d> 10/Aug/2020 11-16-30.123 {Info} ComSocket: geht\n",
        "ts=1597050989123 sev=error broken\nts=1597050990123 sev=info fine\n",
        "[2020-08-10 11:16:26.100] [info] SwyxMessenger starting\n[2020-08-10 11:16:27.100] [error] it does not\n",
    ];
    for text in texts {
        let traces = folder(&[("Strange Trace-2020-08-10.log", text.repeat(4).as_bytes())]);
        let own = folder(&[]);
        let file = arg(&traces.path().join("Strange Trace-2020-08-10.log"));
        run(["new", "format", &file, "--grammars", &arg(own.path())]).exits(0);
        assert!(own.path().join("formats/strange-trace.toml").exists());
        let checked = run(["check", "--grammars", &arg(own.path())]);
        assert_eq!(checked.code, 0, "{text}\n{}", checked.err);
    }
    let plain = folder(&[("a.txt", b"no stamps here\nnor here\n")]);
    let own = folder(&[]);
    let refused = run([
        "new",
        "format",
        &arg(&plain.path().join("a.txt")),
        "--grammars",
        &arg(own.path()),
    ])
    .exits(4);
    assert!(refused.err.contains("no layout"), "{}", refused.err);
}

#[test]
fn the_chain_of_another_product_is_diagnosed_without_a_line_of_rust() {
    let sample = root().join("samples/other_product");
    let own = arg(&sample.join("grammars"));
    let checked = run(["check", "--grammars", &own]).exits(0).text();
    assert!(
        checked.contains(" 2 rules"),
        "only its own rules are there: {checked}"
    );
    let analyze = |case: &str| {
        let traces = arg(&sample.join("traces").join(case));
        run([
            "analyze",
            "--format",
            "json",
            "--tz",
            "UTC",
            "--grammars",
            &own,
            &traces,
        ])
    };
    let report = analyze("quota").exits(1).json();
    assert_eq!(bench::objections(&report), Vec::<String>::new());
    let finding = &report["findings"][0];
    assert_eq!(finding["class"], "vault");
    assert_eq!(finding["cause"], "quota-used-up");
    assert_eq!(finding["stage"], "vault");
    let status: Vec<&str> = report["chain"]
        .as_array()
        .expect("a chain")
        .iter()
        .map(|step| step["status"].as_str().expect("a status"))
        .collect();
    assert_eq!(status, ["ok", "failed"]);
    let well = analyze("well").exits(0).json();
    assert_eq!(well["verdict"], "healthy");
    for format in ["text", "markdown", "html"] {
        for lang in ["en", "de"] {
            let traces = arg(&sample.join("traces/quota"));
            let page = run([
                "analyze",
                "--format",
                format,
                "--lang",
                lang,
                "--grammars",
                &own,
                &traces,
            ])
            .exits(1)
            .text();
            // The name of the program itself is no product.
            let page = page.replace("swyxtrace", "");
            for word in ["Swyx", "swyx", "9100", "ComSocket", "Messenger", "CLMgr"] {
                assert!(
                    !page.contains(word),
                    "{format} {lang} speaks of {word}\n{page}"
                );
            }
        }
    }
}

#[test]
fn every_rule_fires_in_some_example() {
    let catalog = bench::catalog();
    let fired = coverage(catalog);
    let never: Vec<&str> = catalog
        .rules
        .iter()
        .zip(&fired)
        .filter(|(_, fired)| **fired == 0)
        .map(|(rule, _)| rule.id.as_str())
        .collect();
    assert_eq!(never, Vec::<&str>::new());
    let told = run(["check", "--coverage"]).exits(0).text();
    assert!(told.contains("0 rules fire in no example"), "{told}");
}

/// A rule whose only firing example is a known gap is exercised by nothing, and `check --coverage` says so.
#[test]
fn a_known_gap_is_listed_and_covers_nothing() {
    let gap = RULE.replacen("fires_at = [1]", "fires_at = [1]\nknown_gap = true", 1);
    let gap = gap.replace(
        "gadget jammed beyond repair\"",
        "gadget jammed beyond hope\"",
    );
    let own = folder(&[("rules/resource/gadget.toml", gap.as_bytes())]);
    let told = run(["check", "--coverage", "--grammars", &arg(own.path())])
        .exits(1)
        .text();
    assert!(told.contains("1 rules fire in no example"), "{told}");
    assert!(told.contains("(1 known gaps)"), "{told}");
    let listed = run(["rules", "--format", "json", "--grammars", &arg(own.path())])
        .exits(0)
        .json();
    let rules = listed["rules"].as_array().expect("rules");
    let rule = rules
        .iter()
        .find(|rule| rule["id"] == "resource/gadget")
        .expect("the rule");
    assert_eq!(rule["known_gaps"], serde_json::json!(["it jams"]));
}

#[test]
fn the_page_of_rules_is_current() {
    let printed = run(["rules", "--format", "markdown"]).exits(0).text();
    expect_test::expect_file![root().join("docs/rules.md")].assert_eq(&printed);
}

/// `tests/data/rule_ids.tsv` holds every id that was ever given away, and the version that brought it.
#[test]
fn no_id_of_a_rule_ever_changes() {
    let path = root().join("tests/data/rule_ids.tsv");
    let known = fs::read_to_string(&path).unwrap_or_default();
    let catalog = bench::catalog();
    let current: Vec<String> = catalog
        .rules
        .iter()
        .map(|r| format!("{}\t{}", r.id, r.since))
        .collect();
    for line in known.lines() {
        assert!(
            current.iter().any(|c| c == line),
            "the rule {line} is gone, or says another `since`: an id never changes"
        );
    }
    expect_test::expect_file![&path].assert_eq(&(current.join("\n") + "\n"));
    let version = |text: &str| -> Vec<u64> {
        text.split('.')
            .map(|part| part.parse().expect("a version"))
            .collect()
    };
    for rule in &catalog.rules {
        let since = version(&rule.since);
        assert_eq!(since.len(), 3, "{}: since {}", rule.id, rule.since);
        assert!(!rule.references.is_empty(), "{} has no reference", rule.id);
    }
}

#[test]
fn rules_as_json_have_what_a_page_needs() {
    let listed = run(["rules", "--format", "json"]).exits(0).json();
    assert_eq!(listed["schema_version"], 1);
    let rules = listed["rules"].as_array().expect("rules");
    assert_eq!(rules.len(), bench::catalog().rules.len());
    for rule in rules {
        for key in [
            "id", "class", "cause", "since", "basis", "stage", "severity", "file",
        ] {
            assert!(
                rule[key].as_str().is_some_and(|text| !text.is_empty()),
                "{key} of {rule}"
            );
        }
        assert!(
            rule["title"]["de"].is_string()
                && rule["references"].is_array()
                && rule["known_gaps"].is_array()
        );
    }
}

#[test]
fn a_users_regex_can_neither_eat_memory_nor_time() {
    // Each backtracks without end in other engines.
    for regex in ["(a+)+$", "(a|a)*b", "(.*)*x"] {
        let rule = RULE.replace(
            "beyond repair\"]",
            &format!("beyond repair\"]\nregex = '{regex}'"),
        );
        let own = folder(&[("rules/resource/gadget.toml", rule.as_bytes())]);
        let files = read_folder(own.path());
        let catalog = Catalog::load(files).expect("it compiles");
        let _ = check(&catalog);
        let line = format!(
            "[2020-08-10 11:16:29.123] [error] gadget jammed beyond repair {}!\n",
            "a".repeat(60_000)
        );
        let traces = folder(&[("SwyxMessenger-2020-08-10.log", line.repeat(4).as_bytes())]);
        let begin = std::time::Instant::now();
        run([
            "analyze",
            "--grammars",
            &arg(own.path()),
            &arg(traces.path()),
        ]);
        assert!(
            begin.elapsed().as_secs() < 20,
            "{regex} takes {:?}",
            begin.elapsed()
        );
    }
}
