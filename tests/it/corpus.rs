//! The corpus of failure texts: what runtimes, libraries, proxies and the vendor's own programs write when a login
//! fails. `our_class`, `our_cause` and `stage` say what each must come out as.

use std::collections::BTreeMap;
use std::fs;

use regex::Regex;
use swyxtrace::check::events_of;
use swyxtrace::diagnose::Event;
use swyxtrace::grammar::Meaning;
use swyxtrace::grammar::condition::ANY_STAGE;
use swyxtrace::grammar::raw::RawExample;
use swyxtrace::grammar::rule::RuleStage;
use swyxtrace::scan::Matcher;

use crate::bench::{catalog, root};

/// One line of a table.
struct Row {
    home: String,
    group: String,
    class: String,
    cause: String,
    stage: String,
    literal: String,
}

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for name in ["failure_corpus_a.tsv", "failure_corpus_b.tsv"] {
        let text = fs::read_to_string(root().join("tests/data").join(name)).expect("a table");
        let mut lines = text.lines().enumerate();
        let (_, head) = lines.next().expect("a head");
        assert_eq!(
            head, "tsv_class\tour_class\tour_cause\tstage\twrapper\tliteral",
            "{name}"
        );
        for (index, line) in lines {
            let home = format!("{name}:{}", index + 1);
            let fields: Vec<&str> = line.splitn(6, '\t').collect();
            let [group, class, cause, stage, wrapper, literal] = fields[..] else {
                panic!("{home}: {line}")
            };
            assert!(
                ["true", "false"].contains(&wrapper),
                "{home}: wrapper is {wrapper}"
            );
            let [group, class, cause, stage, literal] =
                [group, class, cause, stage, literal].map(str::to_owned);
            rows.push(Row {
                home,
                group,
                class,
                cause,
                stage,
                literal,
            });
        }
    }
    rows
}

/// The text alone, as one record in two clothes: of the Messenger in a known layout, and bare.
fn records(literal: &str) -> [(&'static str, RawExample); 2] {
    let example = |trace: String, file: Option<&str>| RawExample {
        name: "corpus".into(),
        trace,
        fires_at: vec![1],
        file: file.map(str::to_owned),
        stage: None,
        known_gap: false,
        beside: Vec::new(),
    };
    let stamped = format!("[2020-08-10 11:16:29.123] [error] {literal}");
    // An answer's JSON body alone on a line would be a JSON record with a message; traces have a word before it.
    let bare = if literal.starts_with('{') {
        format!("body {literal}")
    } else {
        literal.to_owned()
    };
    [
        (
            "electron-log",
            example(stamped, Some("SwyxMessenger-2020-08-10.log")),
        ),
        ("bare", example(bare, None)),
    ]
}

/// True if the event is what the row asks for.
fn is_wanted(row: &Row, event: &Event<'_>) -> bool {
    let catalog = catalog();
    let Meaning::Rule(rule) = event.meaning else {
        return false;
    };
    let rule = &catalog.rules[rule as usize];
    if (rule.class.as_str(), rule.cause.as_str()) != (row.class.as_str(), row.cause.as_str()) {
        return false;
    }
    let wanted = catalog.chain.stage_index(&row.stage);
    assert!(
        wanted.is_some() || row.stage == "by_endpoint",
        "{}: there is no stage {}",
        row.home,
        row.stage
    );
    let named = event
        .endpoint
        .as_ref()
        .and_then(|endpoint| catalog.chain.names.stage_of(endpoint));
    match (wanted, rule.stage) {
        (None, _) => true,
        (Some(wanted), RuleStage::Fixed(stage)) => stage == wanted,
        (Some(wanted), RuleStage::ByEndpoint) => {
            named == Some(wanted) || event.assumed.map(usize::from) == Some(wanted)
        }
    }
}

#[test]
fn every_known_failure_text_is_recognised() {
    let rows = rows();
    let catalog = catalog();
    let matcher = Matcher::new(catalog);
    let mut recognised: BTreeMap<&str, usize> = BTreeMap::new();
    let mut missed = Vec::new();
    for row in &rows {
        let mut seen = true;
        for (clothes, record) in records(&row.literal) {
            let (events, _) = events_of(catalog, &matcher, &record);
            if !events.iter().any(|event| is_wanted(row, &event)) {
                let fired: Vec<&str> = events
                    .iter()
                    .filter_map(|event| match event.meaning {
                        Meaning::Rule(rule) => Some(catalog.rules[rule as usize].id.as_str()),
                        _ => None,
                    })
                    .collect();
                missed.push(format!(
                    "{} ({clothes}): {}/{} at {}: {:?}; fired: {fired:?}",
                    row.home, row.class, row.cause, row.stage, row.literal
                ));
                seen = false;
            }
        }
        *recognised.entry(row.class.as_str()).or_default() += usize::from(seen);
    }
    let total: usize = recognised.values().sum();
    println!(
        "{total} of {} known failure texts are recognised in both clothes: {recognised:?}",
        rows.len()
    );
    assert!(rows.len() > 300, "only {} rows", rows.len());
    assert!(
        missed.is_empty(),
        "{} are not\n{}",
        missed.len(),
        missed.join("\n")
    );
}

/// Each group of the tables (what the text means to its own world) goes to classes that exist, and to few of them.
#[test]
fn every_group_of_texts_maps_to_classes_that_exist() {
    let mut groups: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for row in rows() {
        assert!(
            catalog().chain.classes.contains_key(&row.class),
            "{}: no class {}",
            row.home,
            row.class
        );
        *groups
            .entry(row.group)
            .or_default()
            .entry(row.class)
            .or_default() += 1;
    }
    for (group, classes) in &groups {
        println!("{group}: {classes:?}");
    }
    assert!(groups.len() > 20, "only {} groups", groups.len());
}

/// What people write instead of codes: each line names an endpoint or a stage of the chain, and each of `none` is a
/// setting, a success, or about something else.
#[test]
fn plain_words_are_recognised_where_the_chain_is_named_and_nowhere_else() {
    let text = fs::read_to_string(root().join("tests/data/prose.tsv")).expect("a table");
    let catalog = catalog();
    let matcher = Matcher::new(catalog);
    let mut wrong = Vec::new();
    let (mut failures, mut harmless) = (0, 0);
    for (index, line) in text.lines().enumerate().skip(1) {
        let fields: Vec<&str> = line.splitn(3, '\t').collect();
        let [class, stage, literal] = fields[..] else {
            panic!("prose.tsv:{}: {line}", index + 1)
        };
        if class == "none" {
            harmless += 1;
        } else {
            failures += 1;
            assert!(
                catalog.chain.stage_index(stage).is_some(),
                "prose.tsv:{}: there is no stage {stage}",
                index + 1
            );
        }
        for (clothes, record) in records(literal) {
            let (events, _) = events_of(catalog, &matcher, &record);
            let told: Vec<Event<'_>> = events
                .iter()
                // What goes by the request before it needs one.
                .filter(|event| event.assumed != Some(ANY_STAGE))
                .filter(|event| match event.meaning {
                    // What a rule with a window tells shows only with the records around it.
                    Meaning::Rule(rule) => {
                        let rule = &catalog.rules[rule as usize];
                        !rule.wrapper && rule.window.is_none()
                    }
                    _ => false,
                })
                .collect();
            let hit = told.iter().any(|event| {
                let Meaning::Rule(rule) = event.meaning else {
                    return false;
                };
                let rule = &catalog.rules[rule as usize];
                let at = match rule.stage {
                    RuleStage::Fixed(stage) => Some(stage),
                    RuleStage::ByEndpoint => event
                        .endpoint
                        .as_ref()
                        .and_then(|endpoint| catalog.chain.names.stage_of(endpoint)),
                };
                rule.class == class && at == catalog.chain.stage_index(stage)
            });
            let right = if class == "none" {
                told.is_empty()
            } else {
                hit
            };
            if !right {
                let home = index + 1;
                wrong.push(format!("prose.tsv:{home} ({clothes}): {line}"));
            }
        }
    }
    println!("{failures} failures in plain words, {harmless} harmless lines");
    assert!(failures >= 80 && harmless >= 15, "{failures}, {harmless}");
    assert!(
        wrong.is_empty(),
        "{} are judged wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The traps of `grammars/README.md`: all twenty are there, and each names files that exist and are tested elsewhere.
#[test]
fn each_of_the_twenty_traps_is_held_by_a_sample_or_a_rule() {
    let text = fs::read_to_string(root().join("grammars/README.md")).expect("grammars/README.md");
    let home = Regex::new(r"`(rules/[a-z0-9/.-]+\.toml)`|\(\.\./(samples/\w+/README\.md)\)")
        .expect("a regex");
    for trap in 1..=20 {
        let head = format!("| T{trap} |");
        let line = text
            .lines()
            .find(|line| line.starts_with(&head))
            .unwrap_or_else(|| panic!("trap T{trap} stands nowhere"));
        let homes: Vec<_> = home
            .captures_iter(line)
            .map(|found| match (found.get(1), found.get(2)) {
                (Some(rule), _) => root().join("grammars").join(rule.as_str()),
                (_, Some(sample)) => root().join(sample.as_str()),
                _ => unreachable!("one of the two matched"),
            })
            .collect();
        assert!(!homes.is_empty(), "nothing holds T{trap}");
        for path in homes {
            assert!(path.is_file(), "T{trap}: {} is missing", path.display());
        }
    }
}

/// What stands in the way before the first login: each prerequisite as a trace, an event log or a mail would say it.
#[test]
fn prerequisites_are_recognised_in_the_words_of_traces_and_mails() {
    let text = fs::read_to_string(root().join("tests/data/prerequisites.tsv")).expect("a table");
    let catalog = catalog();
    let matcher = Matcher::new(catalog);
    let mut wrong = Vec::new();
    for (index, line) in text.lines().enumerate().skip(1) {
        let fields: Vec<&str> = line.splitn(3, '\t').collect();
        let [class, cause, literal] = fields[..] else {
            panic!("prerequisites.tsv:{}: {line}", index + 1)
        };
        for (clothes, record) in records(literal) {
            let (events, _) = events_of(catalog, &matcher, &record);
            let told: Vec<(&str, &str)> = events
                .iter()
                .filter_map(|event| match event.meaning {
                    Meaning::Rule(rule) => Some(&catalog.rules[rule as usize]),
                    _ => None,
                })
                .filter(|rule| !rule.wrapper)
                .map(|rule| (rule.class.as_str(), rule.cause.as_str()))
                .collect();
            let right = match class {
                "none" => told.is_empty(),
                _ => told.contains(&(class, cause)),
            };
            if !right {
                let home = index + 1;
                wrong.push(format!(
                    "prerequisites.tsv:{home} ({clothes}): {line}: {told:?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
