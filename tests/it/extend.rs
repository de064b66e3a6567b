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
        ("since", Value::from("banana")),
        ("cause", Value::from("Port in use")),
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

/// Words that only reports of the built-in chain may have: the name of the program itself is no product.
fn words_of_the_built_in_chain(page: &str) -> Vec<&'static str> {
    let page = page.replace("swyxtrace", "");
    let words = [
        "Swyx",
        "swyx",
        "9100",
        "ComSocket",
        "Messenger",
        "CLMgr",
        "ispworks",
        "voipoperator",
        "login",
        "Login",
        "log in",
        "logged",
        "Anmeld",
        "anmeld",
        "angemeldet",
        "essaging",
        "ession",
        "itzung",
    ];
    words
        .into_iter()
        .filter(|word| page.contains(word))
        .collect()
}

const OTHER: &str = "samples/other_product/grammars";

/// The grammars of the other product, with more in its chain and beside it.
fn other_product(chain: &[(&str, &str)], more: &[(&str, &str)]) -> tempfile::TempDir {
    let own = folder(&[]);
    for path in toml_files(OTHER) {
        let name = path.strip_prefix(root().join(OTHER)).expect("below");
        let target = own.path().join(name);
        fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
        fs::copy(&path, &target).expect("a copy");
    }
    let path = own.path().join("chain.toml");
    let mut text = fs::read_to_string(&path).expect("a chain");
    for (from, to) in chain {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    fs::write(&path, text).expect("written");
    for (name, text) in more {
        let target = own.path().join(name);
        fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
        fs::write(target, text).expect("written");
    }
    own
}

#[test]
fn reports_of_another_product_speak_its_words_only() {
    let foreign = folder(&[(
        "notes.log",
        b"2024-03-05 10:00:00.000 [ERR] of no product at all\n",
    )]);
    let late = folder(&[(
        "TideAgent-2024-03-07.log",
        b"#07/03/2024~02:00:02.000 I agent.vault> opening vault vault3.tidewater.example:443\n",
    )]);
    let traces = root().join("samples/other_product/traces");
    let settings =
        "[Client]\nServerName=tide01\nIsRemoteConnectorActive=1\nProxy=http://10.1.1.5:3128\n";
    let beside = folder(&[
        ("client.ini", settings.as_bytes()),
        (
            "TideAgent-2024-03-07.log",
            b"#07/03/2024~02:00:02.000 E agent.vault> vault3.tidewater.example:443 refused, reason TW-71\n",
        ),
    ]);
    let cases = [
        arg(beside.path()),
        arg(&traces.join("quota")),
        arg(&traces.join("well")),
        arg(foreign.path()),
        arg(late.path()),
    ];
    for case in &cases {
        for format in ["text", "markdown", "html", "json"] {
            for lang in ["en", "de"] {
                let page = run([
                    "analyze",
                    "--why",
                    "--format",
                    format,
                    "--lang",
                    lang,
                    "--grammars",
                    &arg(&root().join(OTHER)),
                    case,
                ])
                .text();
                // Gaps and JSON have ids of their own, which never change.
                let page = page
                    .replace("starts-mid-login", "")
                    .replace("ends-mid-login", "");
                assert_eq!(
                    words_of_the_built_in_chain(&page),
                    Vec::<&str>::new(),
                    "{case} {format} {lang}\n{page}"
                );
            }
        }
    }
}

#[test]
fn a_chain_of_another_product_borrows_built_in_rules() {
    let uses = [(
        "[[traces_folder]]",
        "use_rules = [\"tls/*\", \"proxy/*\", \"local-helper-down/*\"]\n\n[[traces_folder]]",
    )];
    let without = other_product(&uses, &[]);
    let told = run(["check", "--grammars", &arg(without.path())]).exits(2);
    assert!(
        told.err.contains("which this chain does not have"),
        "{}",
        told.err
    );
    assert!(
        !told.err.contains("--> grammars/"),
        "a fault in a file of the program\n{}",
        told.err
    );

    let classes = "[class.tls]\ntitle = { en = \"TLS fails\", de = \"TLS scheitert\" }\nside = \"customer\"\n\
         [class.proxy]\ntitle = { en = \"A proxy\", de = \"Ein Proxy\" }\nside = \"customer\"\nforeign_hosts = true\n\n[class.link]";
    let chain = [
        (
            "[[traces_folder]]",
            "use_rules = [\"tls/*\", \"proxy/*\"]\n\n[[traces_folder]]",
        ),
        ("[class.link]", classes),
    ];
    let own = other_product(&chain, &[]);
    run(["check", "--grammars", &arg(own.path())]).exits(0);
    let listed = run(["rules", "--format", "json", "--grammars", &arg(own.path())]).exits(0);
    assert!(
        listed.text().contains("\"tls/untrusted-root-dotnet\""),
        "{}",
        listed.text()
    );
    let traces = folder(&[(
        "TideAgent-2024-03-05.log",
        "#05/03/2024~02:00:00.000 I agent.main> nightly run begins\n\
         #05/03/2024~02:00:01.000 I agent.link> asking broker broker.tidewater.example:7411\n\
         #05/03/2024~02:00:01.500 I agent.link> vault assigned\n\
         #05/03/2024~02:00:02.000 I agent.vault> opening vault vault3.tidewater.example:443\n\
         #05/03/2024~02:00:02.120 E agent.vault> System.Net.WebException: The underlying connection was closed: \
         Could not establish trust relationship for the SSL/TLS secure channel. vault3.tidewater.example:443\n"
            .as_bytes(),
    )]);
    for lang in ["en", "de"] {
        let told = run([
            "analyze",
            "--lang",
            lang,
            "--grammars",
            &arg(own.path()),
            &arg(traces.path()),
        ])
        .exits(1)
        .text();
        assert!(told.contains("tls | "), "{told}");
        assert_eq!(
            words_of_the_built_in_chain(&told),
            Vec::<&str>::new(),
            "{told}"
        );
    }
}

/// Without a session, an attempt has succeeded when its last stage is passed, and not before.
#[test]
fn a_chain_without_a_session_is_walked_to_its_last_stage() {
    let third = "[[stage]]\nid = \"seal\"\ntitle = { en = \"The vault seals it\", de = \"Der Tresor versiegelt\" }\n\
         short = { en = \"seal\", de = \"Siegel\" }\nlabel = { en = \"the seal\", de = \"das Siegel\" }\nfrom = \"agent\"\nto = \"vault\"\n\
         [[stage.passed]]\nliteral = [\"seal confirmed\"]\n\n[[check]]";
    let own = other_product(&[("[[check]]", third)], &[]);
    let begun = "#05/03/2024~02:00:00.000 I agent.main> nightly run begins\n\
         #05/03/2024~02:00:01.000 I agent.link> asking broker broker.tidewater.example:7411\n\
         #05/03/2024~02:00:01.500 I agent.link> vault assigned\n\
         #05/03/2024~02:00:02.000 I agent.vault> opening vault vault3.tidewater.example:443\n\
         #05/03/2024~02:00:03.000 I agent.vault> snapshot sealed\n";
    let ended = format!("{begun}#05/03/2024~02:00:04.000 I agent.vault> seal confirmed\n");
    for (trace, code, verdict) in [(begun, 4, "insufficient"), (&ended, 0, "healthy")] {
        let traces = folder(&[("TideAgent-2024-03-05.log", trace.as_bytes())]);
        let report = run([
            "analyze",
            "--format",
            "json",
            "--grammars",
            &arg(own.path()),
            &arg(traces.path()),
        ])
        .exits(code)
        .json();
        assert_eq!(report["verdict"], verdict, "{trace}");
    }
}

#[test]
fn a_new_rule_takes_words_as_they_stand_in_the_record() {
    let lines = "[2020-08-10 11:16:29.123] [error] gadget  jammed, code 4711\n\
         [2020-08-10 11:16:30.123] [error] gizmo\tjammed\tfor good\n\
         [2020-08-10 11:16:31.123] [error] Ger\u{e4}t kl\u{e4}mmt, Hebel gebrochen\n\
         [2020-08-10 11:16:32.123] [error] oops  gone\n\
         [2020-08-10 11:16:33.123] [debug] renderer is ready again\n";
    let traces = folder(&[("SwyxMessenger-2020-08-10.log", lines.as_bytes())]);
    let wanted = [
        "jammed, code",
        "for good",
        "Hebel gebrochen",
        "oops",
        "renderer is ready again",
    ];
    for (index, literal) in wanted.iter().enumerate() {
        let own = folder(&[]);
        let file = arg(&traces.path().join("SwyxMessenger-2020-08-10.log"));
        let from = format!("{file}:{}", index + 1);
        let args = [
            "new",
            "rule",
            "--from",
            &from,
            "--id",
            "resource/mine",
            "--grammars",
            &arg(own.path()),
        ];
        run(args).exits(0);
        let text = fs::read_to_string(own.path().join("rules/resource/mine.toml")).expect("a rule");
        assert!(
            text.contains(&format!("\"{literal}\"")),
            "{literal}\n{text}"
        );
        assert!(text.starts_with("# rules/resource/mine.toml"), "{text}");
        run(["check", "--grammars", &arg(own.path())]).exits(0);
        let printed = run(["explain", "--rule", &from]).exits(0).text();
        assert!(printed.contains(&format!("\"{literal}\"")), "{printed}");
        // What was no warning makes no healthy trace fail.
        let severity = if index == 4 { "\"info\"" } else { "\"error\"" };
        assert!(text.contains(&format!("severity   = {severity}")), "{text}");
    }
}

#[test]
fn an_id_that_cannot_be_is_told_without_a_file_that_is_not_there() {
    let traces = folder(&[(
        "SwyxMessenger-2020-08-10.log",
        b"[2020-08-10 11:16:29.123] [error] gadget jammed again\n",
    )]);
    let file = arg(&traces.path().join("SwyxMessenger-2020-08-10.log"));
    let from = format!("{file}:1");
    let own = folder(&[]);
    let grammars = arg(own.path());
    for id in [
        "nope/x",
        "../../x",
        "x",
        "Resource/x",
        "server-refused/winsock-refused",
    ] {
        let told = run([
            "new",
            "rule",
            "--from",
            &from,
            "--id",
            id,
            "--grammars",
            &grammars,
        ])
        .exits(2);
        assert!(
            told.err.contains(&format!("--id {id}: ")) && !told.err.contains("-->"),
            "{}",
            told.err
        );
    }
    for id in ["a/b", "X", "nlog"] {
        let told = run(["new", "format", &file, "--id", id, "--grammars", &grammars]).exits(2);
        assert!(
            told.err.contains(&format!("--id {id}: ")) && !told.err.contains("-->"),
            "{}",
            told.err
        );
    }
    let told = run([
        "new",
        "format",
        &arg(traces.path()),
        "--grammars",
        &grammars,
    ])
    .exits(2);
    assert!(told.err.contains("folder"), "{}", told.err);
    assert_eq!(
        fs::read_dir(own.path()).expect("a folder").count(),
        0,
        "something was left behind"
    );
}

/// What `explain` offers as a file, and what `new format` writes, passes `check`; where no file can be made of the lines, both
/// say so, and nothing is written.
#[test]
fn a_learned_layout_is_offered_only_as_a_file_that_passes() {
    let numbered = |line: &dyn Fn(usize) -> String| (0..30).map(line).collect::<String>();
    let texts = [
        (
            true,
            numbered(&|n| format!("{{\"t\":1597051000{n:03},\"l\":3,\"m\":\"hello {n}\"}}\n")),
        ),
        (
            true,
            numbered(&|n| {
                format!(
                    "{{\"when\":\"2020-08-10T11:16:{n:02}Z\",\"sev\":\"error\",\"txt\":\"hello\"}}\n"
                )
            }),
        ),
        (
            true,
            numbered(&|n| {
                format!("\u{1b}[31m2020-08-10 11:16:{n:02}.123 ERROR broke {n}\u{1b}[0m\n")
            }),
        ),
        (
            true,
            numbered(&|n| format!("2020-08-10 11:16:{n:02}.123 \u{202e}ERROR s\u{443}m {n}\n")),
        ),
        (
            false,
            numbered(&|n| format!("{{\"t\":1597051000{n:03},\"l\":3}}\n")),
        ),
    ];
    for (possible, text) in &texts {
        let traces = folder(&[("strange.log", text.as_bytes())]);
        let file = arg(&traces.path().join("strange.log"));
        let own = folder(&[]);
        let made = run(["new", "format", &file, "--grammars", &arg(own.path())]);
        let explained = run(["explain", &file]).exits(0).text();
        if *possible {
            assert_eq!(made.code, 0, "{text}\n{}", made.err);
            run(["check", "--grammars", &arg(own.path())]).exits(0);
            let (_, offer) = explained
                .split_once("folder for --grammars):\n\n")
                .expect("an offer");
            let saved = folder(&[("formats/saved.toml", offer.as_bytes())]);
            run(["check", "--grammars", &arg(saved.path())]).exits(0);
            let used = run(["explain", &file, "--grammars", &arg(saved.path())])
                .exits(0)
                .text();
            assert!(used.contains("layout    saved (declared)"), "{used}");
        } else {
            assert_eq!(made.code, 4, "{}", made.err);
            assert!(!made.err.contains("-->"), "{}", made.err);
            assert!(
                explained.contains("No format file can be made"),
                "{explained}"
            );
            assert_eq!(fs::read_dir(own.path()).expect("a folder").count(), 0);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_among_grammar_files_is_a_fault_and_no_end_of_all_time() {
    let own = folder(&[("formats/README.md", b"let be")]);
    let pipe = own.path().join("formats/a.toml");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .expect("mkfifo runs");
    assert!(made.success());
    let told = run(["check", "--grammars", &arg(own.path())]).exits(2);
    assert!(told.err.contains("no plain file"), "{}", told.err);
}

#[test]
fn titles_of_strangers_act_in_no_list() {
    let evil = RULE.replacen(
        "The gadget is stuck",
        "The \\u202e x \\u001b[31m [x](http://e) @all",
        1,
    );
    let format = fs::read_to_string(root().join("grammars/formats/nlog.toml")).expect("a format");
    let format = format.replacen("NLog default layout", "NLog \\u001b[31m\\u202e", 1);
    let format = format.replacen("reference", "override = true\nreference", 1);
    let own = folder(&[
        ("rules/resource/evil.toml", evil.as_bytes()),
        ("formats/nlog.toml", format.as_bytes()),
    ]);
    for args in [
        &["rules"][..],
        &["rules", "--format", "markdown"],
        &["formats"],
    ] {
        let is_page = args.contains(&"markdown");
        let args = args
            .iter()
            .copied()
            .map(str::to_owned)
            .chain(["--grammars".to_owned(), arg(own.path())]);
        let listed = run(args).exits(0).text();
        assert!(!listed.contains(['\u{1b}', '\u{202e}']), "{listed}");
        let live = is_page && listed.contains(" [x](http");
        assert!(!live, "a live link\n{listed}");
    }
}

#[test]
fn why_says_that_a_file_does_not_belong_to_the_chain() {
    let own = folder(&[("rules/resource/gadget.toml", RULE.as_bytes())]);
    let line = b"2020-08-10 11:16:29.123 [error] gadget jammed beyond repair\n";
    let traces = folder(&[("notes.log", line), ("SwyxMessenger-2020-08-10.log", line)]);
    for (name, belongs) in [("notes.log", false), ("SwyxMessenger-2020-08-10.log", true)] {
        let place = format!("{}:1", arg(&traces.path().join(name)));
        let told = run([
            "explain",
            "--why",
            "resource/gadget",
            &place,
            "--grammars",
            &arg(own.path()),
        ])
        .exits(0)
        .text();
        assert!(told.contains("fires on this record"), "{told}");
        assert_eq!(
            !told.contains("does not belong to the chain"),
            belongs,
            "{told}"
        );
    }
}

/// The rule that README makes must not make healthy traces fail.
#[test]
fn the_rule_that_the_readme_makes_leaves_a_healthy_trace_healthy() {
    let readme = fs::read_to_string(root().join("README.md")).expect("README.md");
    let line = readme
        .lines()
        .find(|line| line.starts_with("swyxtrace new rule"))
        .expect("the example");
    let own = folder(&[]);
    let grammars = arg(own.path());
    let args: Vec<String> = line
        .split_whitespace()
        .skip(1)
        .map(|word| match word {
            "my" => grammars.clone(),
            word if word.starts_with("samples/") => arg(&root().join(word)),
            word => word.to_owned(),
        })
        .collect();
    run(args).exits(0);
    let sample = arg(&root().join("samples/clean_login"));
    run(["analyze", "--grammars", &grammars, &sample]).exits(0);
}

/// The command that a report suggests works for the file that it names, a member of an archive too; where a name cannot be
/// quoted for every shell, there is none.
#[test]
fn a_suggested_command_works_and_cannot_be_led_astray() {
    let line = b"[2020-08-10 11:16:29.123] [error] gadget jammed beyond repair\n";
    let zipped = |name: &str| {
        let folder = folder(&[]);
        let file = fs::File::create(folder.path().join("traces.zip")).expect("a zip");
        let mut zip = zip::ZipWriter::new(file);
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .expect("a member");
        std::io::Write::write_all(&mut zip, line).expect("written");
        zip.finish().expect("a zip");
        folder
    };
    let suggested = |folder: &Path| {
        let report = run([
            "analyze",
            "--format",
            "markdown",
            &arg(&folder.join("traces.zip")),
        ])
        .text();
        let (_, command) = report.split_once("swyxtrace explain --rule ")?;
        Some(command.split('`').next().expect("a code span").to_owned())
    };
    let plain = zipped("SwyxMessenger-2020-08-10.log");
    let command = suggested(plain.path()).expect("a command");
    let word = command.trim_matches(['\'', '"']);
    assert_ne!(word, command, "not quoted");
    let rule = run(["explain", "--rule", word]).exits(0).text();
    assert!(rule.contains("gadget jammed beyond repair"), "{rule}");
    for name in [
        "SwyxMessenger-2020-08-10.log'; touch PWNED; '.log",
        "SwyxMessenger-2020-08-10 & calc.log",
        "SwyxMessenger-2020-08-10 $(touch PWNED).log",
    ] {
        let evil = zipped(name);
        assert_eq!(suggested(evil.path()), None, "{name}");
    }
}

#[test]
fn a_problem_of_a_file_is_told_once() {
    // UTF-16 with half a pair.
    let mut text: Vec<u8> = vec![0xff, 0xfe];
    for unit in "2020-08-10 11:16:29.123 [ERR] SwyxMessenger x"
        .encode_utf16()
        .chain([0xd800, 0x0a])
    {
        text.extend(unit.to_le_bytes());
    }
    let traces = folder(&[("SwyxMessenger-2020-08-10.log", &text)]);
    for format in ["text", "markdown", "html"] {
        let told = run([
            "analyze",
            "--lang",
            "en",
            "--format",
            format,
            &arg(traces.path()),
        ])
        .text();
        assert_eq!(told.matches("broken UTF-16").count(), 1, "{format}\n{told}");
    }
}

/// A line that ends in a blank is quoted once.
#[test]
fn evidence_is_quoted_once() {
    let line = b"[2020-08-10 11:16:29.123] [error] SocketException (10048): Only one usage of each socket address 127.0.0.1:5000 \n";
    let traces = folder(&[("SwyxMessenger-2020-08-10.log", line)]);
    let told = run(["analyze", "--format", "markdown", &arg(traces.path())])
        .exits(1)
        .text();
    let (_, fence) = told.split_once("```text\n").expect("a fence");
    let (fence, _) = fence.split_once("```").expect("its end");
    assert_eq!(fence.lines().count(), 1, "{fence}");
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_written_is_no_success_and_leaves_no_folders() {
    for args in [&["--help"][..], &["analyze", "--help"], &["--version"]] {
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .expect("/dev/full");
        let mut command = command(args);
        let status = command
            .stdout(full)
            .stderr(std::process::Stdio::null())
            .status()
            .expect("it runs");
        assert_eq!(status.code(), Some(2), "{args:?}");
    }
}

/// A port that a scheme stands for, and one of two digits, are endpoints as any other.
#[test]
fn a_stage_is_known_by_a_short_port_and_by_one_that_the_scheme_gives() {
    for (port, address) in [
        ("443", "https://broker.tidewater.example/ask"),
        ("22", "broker.tidewater.example:22"),
    ] {
        let own = other_product(&[("port = [7411]", &format!("port = [{port}]"))], &[]);
        let trace = format!(
            "#05/03/2024~02:00:00.000 I agent.main> nightly run begins\n\
             #05/03/2024~02:00:01.000 E agent.link> {address} no answer, reason TW-12\n"
        );
        let traces = folder(&[("TideAgent-2024-03-05.log", trace.as_bytes())]);
        let report = run([
            "analyze",
            "--format",
            "json",
            "--grammars",
            &arg(own.path()),
            &arg(traces.path()),
        ])
        .exits(1)
        .json();
        assert_eq!(report["findings"][0]["stage"], "broker", "{port}");
        assert_eq!(report["chain"][0]["status"], "failed", "{port}");
    }
}
