//! What an expert would say of small traces: `tests/data/expert.toml`, one table a case.

use std::fs;

use serde::Deserialize;

use crate::bench::{arg, folder, root, run};

#[derive(Deserialize)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    verdict: String,
    stage: Option<String>,
    class: Option<String>,
    cause: Option<String>,
    most: Option<String>,
    sources: Option<usize>,
    #[serde(default)]
    none: bool,
    also: Option<String>,
    gap: Option<String>,
    detail: Option<String>,
    remedy: Option<String>,
    no_remedy: Option<String>,
    against: Option<String>,
    /// Each client with its verdict, in order.
    clients: Option<Vec<(String, String)>>,
    file: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    name: String,
    text: String,
}

impl Case {
    /// What is not as the table says.
    fn faults(&self) -> Vec<String> {
        let files: Vec<(&str, &[u8])> = self
            .file
            .iter()
            .map(|f| (f.name.as_str(), f.text.as_bytes()))
            .collect();
        let folder = folder(&files);
        let path = arg(folder.path());
        let args = [
            "analyze", &path, "--lang", "en", "--tz", "UTC", "--why", "--format", "json",
        ];
        let report = run(args).json();
        let findings = report["findings"].as_array().expect("a list");
        let nothing = serde_json::Value::Null;
        let first = findings.first().unwrap_or(&nothing);
        let mut faults = Vec::new();
        let mut expect = |what: &str, wanted: Option<&String>, got: &serde_json::Value| {
            if let Some(wanted) = wanted
                && got.as_str() != Some(wanted)
            {
                faults.push(format!("{what}: {wanted:?} expected, {got}"));
            }
        };
        expect("verdict", Some(&self.verdict), &report["verdict"]);
        expect("stage", self.stage.as_ref(), &first["stage"]);
        expect("class", self.class.as_ref(), &first["class"]);
        expect("cause", self.cause.as_ref(), &first["cause"]);
        let holds = |list: &serde_json::Value, words: &str| list.to_string().contains(words);
        let lists = [
            ("detail", &self.detail, &first["details"], true),
            ("remedy", &self.remedy, &first["remedy"], true),
            ("no_remedy", &self.no_remedy, &first["remedy"], false),
            ("against", &self.against, &report["why"], true),
            ("gap", &self.gap, &report["coverage"], true),
        ];
        for (what, words, list, wanted) in lists {
            if let Some(words) = words
                && holds(list, words) != wanted
            {
                faults.push(format!("{what}: {words:?}: {list}"));
            }
        }
        let rank = |word: &str| {
            ["possible", "likely", "certain"]
                .iter()
                .position(|w| *w == word)
        };
        if let Some(most) = &self.most
            && rank(first["confidence"].as_str().unwrap_or("certain")) > rank(most)
        {
            faults.push(format!("it is surer than {most}: {}", first["confidence"]));
        }
        if let Some(wanted) = &self.clients {
            let text = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned();
            let clients = report["clients"].as_array().into_iter().flatten();
            let got: Vec<_> = clients
                .map(|c| (text(&c["name"]), text(&c["verdict"])))
                .collect();
            if got != *wanted {
                faults.push(format!("clients: {got:?}"));
            }
        }
        if self.none && !findings.is_empty() {
            faults.push(format!("a finding: {} {}", first["class"], first["title"]));
        }
        if let Some(also) = &self.also {
            let named = |f: &serde_json::Value| {
                let text = |key: &str| f[key].as_str().unwrap_or_default().to_owned();
                format!("{}/{}", text("class"), text("cause"))
            };
            if !findings.iter().any(|f| named(f) == *also) {
                faults.push(format!("no {also}"));
            }
        }
        if let Some(wanted) = self.sources {
            let evidence = first["evidence"].as_array().into_iter().flatten();
            let sources: std::collections::BTreeSet<String> =
                evidence.map(|e| e["source"].to_string()).collect();
            if sources.len() != wanted {
                faults.push(format!("evidence of {sources:?}"));
            }
        }
        faults
    }
}

#[test]
fn every_case_is_judged_as_an_expert_would() {
    let text = fs::read_to_string(root().join("tests/data/expert.toml")).expect("a table");
    let table: Table = toml::from_str(&text).expect("cases");
    assert!(table.case.len() >= 30, "only {}", table.case.len());
    let wrong: Vec<String> = table
        .case
        .iter()
        .map(|case| (case, case.faults()))
        .filter(|(_, faults)| !faults.is_empty())
        .map(|(case, faults)| format!("{}: {}", case.name, faults.join("; ")))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
