//! Fact patterns: what a package of traces holds beside them (saved output of system tools, settings, registry exports),
//! as data. A file of `grammars/facts/` says how one kind of record is recognised and what can be read in it.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use toml::Spanned;

use super::error::{Fault, Proof};
use crate::model::Text;

/// Most lines behind the line of a fact in which the rest of it may stand.
pub const MOST_THEN: usize = 3;
/// Largest compiled size of a regex, in bytes: keeps a stranger's file from eating the memory.
const REGEX_SIZE: usize = 4 << 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFacts {
    /// The file replaces the built-in one of the same id.
    #[serde(default, rename = "override")]
    _replaces: bool,
    title: Text,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    any: Vec<Spanned<String>>,
    #[serde(default)]
    form: Form,
    #[serde(default)]
    context: Vec<RawContext>,
    #[serde(default)]
    fact: Vec<RawFact>,
    #[serde(default)]
    sample: Vec<RawSample>,
    #[serde(default)]
    reject: Vec<RawReject>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawContext {
    id: String,
    regex: Spanned<String>,
    #[serde(default)]
    until: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFact {
    kind: String,
    text: Text,
    #[serde(default)]
    always: bool,
    #[serde(default)]
    within: BTreeMap<String, Spanned<String>>,
    line: Option<Spanned<String>>,
    #[serde(default)]
    lines: Vec<Spanned<String>>,
    #[serde(default)]
    also: Vec<Spanned<String>>,
    then: Option<Spanned<String>>,
    stop: Option<Spanned<String>>,
    #[serde(default)]
    set: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSample {
    #[serde(default)]
    file: String,
    text: String,
    expect: Vec<RawExpect>,
}

#[derive(Debug, Deserialize)]
struct RawExpect {
    kind: String,
    line: u64,
    #[serde(flatten)]
    values: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReject {
    #[serde(default)]
    file: String,
    text: String,
    why: String,
}

/// How lines are put together before patterns are held against them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// As they stand.
    #[default]
    Plain,
    /// A registry export: continued lines are joined, numbers and texts in hexadecimal are written out.
    Reg,
    /// XML: a tag that goes on over several lines is one line.
    Xml,
}

/// A regex that is compiled at its first use: most runs see none of what it is for.
#[derive(Debug)]
pub struct Pattern {
    text: String,
    many_lines: bool,
    regex: OnceLock<Regex>,
}

impl Pattern {
    fn build(&self) -> Result<Regex, regex::Error> {
        RegexBuilder::new(&self.text)
            .multi_line(self.many_lines)
            .size_limit(REGEX_SIZE)
            .dfa_size_limit(REGEX_SIZE)
            .build()
    }
}

impl Deref for Pattern {
    type Target = Regex;

    fn deref(&self) -> &Regex {
        self.regex
            .get_or_init(|| self.build().expect("it was built when the file was proved"))
    }
}

/// A line that says what the lines behind it are about.
#[derive(Debug)]
pub struct Context {
    /// Its id.
    pub id: String,
    regex: Pattern,
    until: Option<Pattern>,
}

/// One fact that can be read.
#[derive(Debug)]
pub struct FactPattern {
    /// What kind of fact.
    pub kind: String,
    /// As a sentence; `{name}` is a value, and what stands in `[…]` is left out where a value in it is missing.
    pub text: Text,
    /// True if every report shows it; else only those that a finding uses.
    pub always: bool,
    /// Context id → what its line must hold.
    within: BTreeMap<String, Pattern>,
    /// All of these stand in one block of lines, or on one line where there is only one.
    pub lines: Vec<Pattern>,
    /// What else may stand in the block.
    pub also: Vec<Pattern>,
    /// What may stand on one of the next lines.
    pub then: Option<Pattern>,
    /// What ends the search for it.
    pub stop: Option<Pattern>,
    /// True if the fact stands on one line.
    pub single: bool,
    set: BTreeMap<String, String>,
}

/// One sample of a file of patterns.
#[derive(Debug)]
pub struct Sample {
    /// Name of the file.
    pub file: String,
    /// Its text.
    pub text: String,
    /// What must be read: kind, line, values.
    pub expect: Vec<(String, u64, Values)>,
}

/// A text that looks alike and holds no fact.
#[derive(Debug)]
pub struct Reject {
    /// Name of the file.
    pub file: String,
    /// Its text.
    pub text: String,
    /// Why.
    pub why: String,
}

/// Named values.
pub type Values = BTreeMap<String, String>;

/// One kind of record.
#[derive(Debug)]
pub struct FactFile {
    /// The file's stem.
    pub id: String,
    /// Path of the grammar file, for faults.
    pub path: String,
    /// Its text, for faults.
    pub source: String,
    /// What it is.
    pub title: Text,
    files: Vec<String>,
    any: Vec<Pattern>,
    /// How lines are put together.
    pub form: Form,
    /// Contexts.
    pub contexts: Vec<Context>,
    /// Facts.
    pub facts: Vec<FactPattern>,
    /// What must be read.
    pub samples: Vec<Sample>,
    /// What must not.
    pub rejects: Vec<Reject>,
}

struct Loader<'a> {
    path: &'a str,
    text: &'a str,
    proof: Proof,
    faults: Vec<Fault>,
}

impl Loader<'_> {
    fn regex(&mut self, raw: &Spanned<String>, many_lines: bool) -> Option<Pattern> {
        let pattern = Pattern {
            text: raw.get_ref().clone(),
            many_lines,
            regex: OnceLock::new(),
        };
        if self.proof == Proof::Needed
            && let Err(error) = pattern.build()
        {
            let (message, help) = super::condition::complaint(&error);
            let fault = Fault::at(self.path, self.text, raw.span(), message, help);
            self.faults.push(fault);
            return None;
        }
        Some(pattern)
    }

    fn all(&mut self, raw: &[Spanned<String>]) -> Vec<Pattern> {
        raw.iter().filter_map(|r| self.regex(r, false)).collect()
    }

    fn fact(&mut self, raw: &RawFact, contexts: &[Context]) -> FactPattern {
        let single = raw.lines.is_empty();
        if single == raw.line.is_none() {
            let message = format!("the fact `{}` needs either `line` or `lines`", raw.kind);
            let help = "give one of the two";
            let fault = Fault::near(self.path, self.text, &raw.kind, message, help);
            self.faults.push(fault);
        }
        for id in raw.within.keys() {
            if !contexts.iter().any(|c| c.id == *id) {
                let message = format!("`within` names the context `{id}`, which does not exist");
                let help = "add a [[context]] with that id";
                let fault = Fault::near(self.path, self.text, id, message, help);
                self.faults.push(fault);
            }
        }
        let one = raw.line.iter().filter_map(|line| self.regex(line, false));
        let mut lines: Vec<Pattern> = one.collect();
        lines.extend(self.all(&raw.lines));
        FactPattern {
            kind: raw.kind.clone(),
            text: raw.text.clone(),
            always: raw.always,
            within: raw
                .within
                .iter()
                .filter_map(|(id, regex)| Some((id.clone(), self.regex(regex, false)?)))
                .collect(),
            lines,
            also: self.all(&raw.also),
            then: raw.then.as_ref().and_then(|then| self.regex(then, false)),
            stop: raw.stop.as_ref().and_then(|stop| self.regex(stop, false)),
            single,
            set: raw.set.clone(),
        }
    }
}

impl FactFile {
    /// Checks a file of fact patterns. Its samples are run by `check`, which can read a text as a whole.
    ///
    /// # Errors
    /// All faults of the file.
    pub fn load(id: &str, path: &str, text: &str, proof: Proof) -> Result<Self, Vec<Fault>> {
        let raw: RawFacts = super::error::parse(path, text)?;
        let mut loader = Loader {
            path,
            text,
            proof,
            faults: Vec::new(),
        };
        if raw.sample.is_empty() {
            let help = "give at least one text and what must be read in it";
            loader
                .faults
                .push(Fault::of_file(path, "no [[sample]]", help));
        }
        if raw.any.is_empty() && raw.files.is_empty() {
            let help = "give `any` (what stands in such a file) or `files` (how it is called)";
            let message = "nothing says how such a record is recognised";
            loader.faults.push(Fault::of_file(path, message, help));
        }
        let any = raw.any.iter().filter_map(|r| loader.regex(r, true));
        let any: Vec<Pattern> = any.collect();
        let mut contexts = Vec::new();
        for context in &raw.context {
            let until = context.until.as_ref().and_then(|u| loader.regex(u, false));
            if let Some(regex) = loader.regex(&context.regex, false) {
                contexts.push(Context {
                    id: context.id.clone(),
                    regex,
                    until,
                });
            }
        }
        let facts = raw.fact.iter().map(|f| loader.fact(f, &contexts)).collect();
        if !loader.faults.is_empty() {
            return Err(loader.faults);
        }
        Ok(Self {
            id: id.to_owned(),
            path: path.to_owned(),
            source: text.to_owned(),
            title: raw.title,
            files: raw.files.iter().map(|f| f.to_lowercase()).collect(),
            any,
            form: raw.form,
            contexts,
            facts,
            samples: raw.sample.into_iter().map(Sample::new).collect(),
            rejects: raw
                .reject
                .into_iter()
                .map(|r| Reject {
                    file: r.file,
                    text: r.text,
                    why: r.why,
                })
                .collect(),
        })
    }

    /// True if the name of a file is needed to know it.
    pub fn goes_by_name(&self) -> bool {
        !self.files.is_empty()
    }

    /// True if a file of that name, whose first lines are `head`, holds such records.
    pub fn is_in(&self, name: &str, head: &str) -> bool {
        let name = name.to_lowercase();
        let named = self
            .files
            .iter()
            .any(|glob| super::endpoint::glob_match(glob, &name));
        (self.files.is_empty() || named)
            && (self.any.is_empty() || self.any.iter().any(|r| r.is_match(head)))
    }
}

impl Sample {
    fn new(raw: RawSample) -> Self {
        let expect = raw.expect.into_iter();
        Self {
            file: raw.file,
            text: raw.text.trim_start_matches('\n').to_owned(),
            expect: expect.map(|e| (e.kind, e.line, e.values)).collect(),
        }
    }
}

impl Context {
    /// True if the line opens the context.
    pub fn opens(&self, line: &str) -> bool {
        self.regex.is_match(line)
    }

    /// True if the line ends it.
    pub fn closes(&self, line: &str) -> bool {
        self.until.as_ref().is_some_and(|u| u.is_match(line))
    }
}

impl FactPattern {
    /// The values that the open contexts give; `None` if one that is needed is not open, or is about something else.
    pub fn inside(&self, open: &BTreeMap<&str, &str>) -> Option<Values> {
        let mut values = self.set.clone();
        for (id, regex) in &self.within {
            let line = open.get(id.as_str())?;
            values.extend(captures(regex, line)?);
        }
        Some(values)
    }

    /// True if the line begins something else: what belongs to a fact above it does not stand below.
    pub fn ends(&self, line: &str) -> bool {
        let mut ends = self.lines.first().into_iter().chain(&self.stop);
        ends.any(|r| r.is_match(line))
    }
}

/// The named captures of a match; `None` if there is no match.
pub fn captures(regex: &Regex, line: &str) -> Option<Values> {
    let found = regex.captures(line)?;
    let named = regex.capture_names().flatten().filter_map(|name| {
        let value = found.name(name)?.as_str().trim();
        (!value.is_empty()).then(|| {
            // `port_b` is another way to write `port`: a regex may name a group only once.
            let name =
                name.rsplit_once('_').map_or(
                    name,
                    |(front, last)| {
                        if last.len() == 1 { front } else { name }
                    },
                );
            (name.to_owned(), value.to_owned())
        })
    });
    Some(named.collect())
}

/// Fills `{name}`; what stands in `[…]` falls out with a value that is missing.
pub fn sentence(template: &str, values: &Values) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(open) = rest.find('[') {
        let Some(length) = rest[open..].find(']') else {
            break;
        };
        out.push_str(&fill(&rest[..open], values).0);
        let (part, whole) = fill(&rest[open + 1..open + length], values);
        if whole {
            out.push_str(&part);
        }
        rest = &rest[open + length + 1..];
    }
    out.push_str(&fill(rest, values).0);
    out
}

fn fill(template: &str, values: &Values) -> (String, bool) {
    let mut out = String::new();
    let mut whole = true;
    let mut rest = template;
    while let Some((front, behind)) = rest.split_once('{') {
        let Some((name, after)) = behind.split_once('}') else {
            break;
        };
        out.push_str(front);
        match values.get(name) {
            Some(value) => out.push_str(value),
            None => {
                whole = false;
                out.push('?');
            }
        }
        rest = after;
    }
    out.push_str(rest);
    (out, whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_falls_out_with_its_brackets() {
        let values: Values = [("port".to_owned(), "5000".to_owned())].into();
        assert_eq!(
            sentence("port {port}[ of {program}] is open[ ({port})]", &values),
            "port 5000 is open (5000)"
        );
    }

    #[test]
    fn a_file_without_samples_does_not_load() {
        let text = "title = { en = 'x', de = 'x' }\nany = ['a']\n";
        let faults = FactFile::load("x", "facts/x.toml", text, Proof::Needed).expect_err("a fault");
        assert!(faults[0].message.contains("[[sample]]"), "{}", faults[0]);
    }
}
