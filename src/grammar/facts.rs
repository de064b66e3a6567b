//! Fact patterns: what a package of traces holds beside them (saved output of system tools, settings, registry exports),
//! as data. A file of `grammars/facts/` says how one kind of record is recognised and what can be read in it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::document::{At, Document, at};
use super::error::{Fault, Proof, one_of};
use super::expression::{Expression, Subject};
use super::template;
use crate::model::Text;

/// Most lines behind the line of a fact in which the rest of it may stand.
pub const MOST_THEN: usize = 3;
/// Largest compiled size of a regex, in bytes: keeps a stranger's file from eating the memory.
const REGEX_SIZE: usize = 4 << 20;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFacts {
    /// The file replaces the built-in one of the same id.
    #[serde(default, rename = "override")]
    _replaces: bool,
    title: Text,
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    files: Vec<String>,
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    any: Vec<String>,
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

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawContext {
    #[schemars(length(min = 1))]
    id: String,
    #[schemars(length(min = 1))]
    regex: String,
    #[serde(default)]
    until: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawFact {
    #[schemars(length(min = 1))]
    kind: String,
    text: Text,
    #[serde(default)]
    always: bool,
    #[serde(default)]
    within: BTreeMap<String, String>,
    line: Option<String>,
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    lines: Vec<String>,
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    also: Vec<String>,
    then: Option<String>,
    stop: Option<String>,
    #[serde(default)]
    set: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawSample {
    #[serde(default)]
    file: String,
    #[schemars(length(min = 1))]
    text: String,
    expect: Vec<RawExpect>,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct RawExpect {
    #[schemars(length(min = 1))]
    kind: String,
    line: u64,
    #[serde(flatten)]
    values: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawReject {
    #[serde(default)]
    file: String,
    #[schemars(length(min = 1))]
    text: String,
    #[schemars(length(min = 1))]
    why: String,
}

/// How lines are put together before patterns are held against them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
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

/// A line that says what the lines behind it are about.
#[derive(Debug)]
pub struct Context {
    /// Its id.
    pub id: String,
    regex: Expression,
    until: Option<Expression>,
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
    within: BTreeMap<String, Expression>,
    /// All of these stand in one block of lines, or on one line where there is only one.
    pub lines: Vec<Expression>,
    /// What else may stand in the block.
    pub also: Vec<Expression>,
    /// What may stand on one of the next lines.
    pub then: Option<Expression>,
    /// What ends the search for it.
    pub stop: Option<Expression>,
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
    pub source: Cow<'static, str>,
    /// What it is.
    pub title: Text,
    files: Vec<String>,
    any: Vec<Expression>,
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
    file: &'a Document<'a>,
    proof: Proof,
    faults: Vec<Fault>,
}

impl Loader<'_> {
    fn tell(&mut self, place: &At<'_>, message: impl Into<String>, help: impl Into<String>) {
        self.faults.push(self.file.fault(place, message, help));
    }

    fn regex(&mut self, raw: &str, place: &At<'_>, many_lines: bool) -> Option<Expression> {
        let subject = if many_lines {
            Subject::Lines
        } else {
            Subject::Line
        };
        let pattern = Expression::new(raw, subject, REGEX_SIZE);
        if self.proof == Proof::Needed
            && let Err(error) = pattern.prove()
        {
            let (byte, message, help) = super::condition::complaint(raw, &error);
            let fault = self.file.fault_in(place, byte, message, help);
            self.faults.push(fault);
            return None;
        }
        Some(pattern)
    }

    fn all(&mut self, raw: &[String], place: &At<'_>) -> Vec<Expression> {
        let mut all = Vec::new();
        for (index, regex) in raw.iter().enumerate() {
            all.extend(self.regex(regex, &place.index(index), false));
        }
        all
    }

    fn optional(&mut self, raw: Option<&String>, place: &At<'_>) -> Option<Expression> {
        self.regex(raw?, place, false)
    }

    fn fact(&mut self, raw: &RawFact, place: &At<'_>, contexts: &[RawContext]) -> FactPattern {
        let single = raw.lines.is_empty();
        if single == raw.line.is_none() {
            let message = format!("the fact `{}` needs either `line` or `lines`", raw.kind);
            self.tell(place, message, "give one of the two");
        }
        for id in raw.within.keys() {
            if !contexts.iter().any(|c| c.id == *id) {
                let message = format!("`within` names the context `{id}`, which does not exist");
                let help = if contexts.is_empty() {
                    "add a [[context]] with that id".to_owned()
                } else {
                    one_of(id, contexts.iter().map(|c| c.id.as_str()))
                };
                self.tell(&place.key("within").name(id), message, help);
            }
        }
        if raw.stop.is_some() && raw.then.is_none() {
            let message = "`stop` ends the search for `then`, and there is none";
            self.tell(&place.key("stop"), message, "add `then`, or take it out");
        }
        if single && !raw.also.is_empty() {
            let message = "`also` is about a block of lines, and this fact stands on one line";
            self.tell(
                &place.key("also"),
                message,
                "write `lines` instead of `line`, or take it out",
            );
        }
        let mut lines: Vec<Expression> = Vec::new();
        lines.extend(self.optional(raw.line.as_ref(), &place.key("line")));
        lines.extend(self.all(&raw.lines, &place.key("lines")));
        let mut within = BTreeMap::new();
        for (id, regex) in &raw.within {
            let pattern = self.regex(regex, &place.key("within").key(id), false);
            within.extend(pattern.map(|pattern| (id.clone(), pattern)));
        }
        let fact = FactPattern {
            kind: raw.kind.clone(),
            text: raw.text.clone(),
            always: raw.always,
            within,
            lines,
            also: self.all(&raw.also, &place.key("also")),
            then: self.optional(raw.then.as_ref(), &place.key("then")),
            stop: self.optional(raw.stop.as_ref(), &place.key("stop")),
            single,
            set: raw.set.clone(),
        };
        if self.proof == Proof::Needed && self.faults.is_empty() {
            let values = fact.values();
            let known: Vec<&str> = values.iter().map(String::as_str).collect();
            for (lang, text) in [("en", &raw.text.en), ("de", &raw.text.de)] {
                let place = place.key("text").key(lang);
                template::check(text, &known, self.file, &place, &mut self.faults);
                if text.matches('[').count() != text.matches(']').count() {
                    let message =
                        "a bracket is left open: what stands in […] falls out with a missing value";
                    self.tell(&place, message, "close it");
                }
            }
        }
        fact
    }

    /// What is wrong with the file beyond its patterns.
    fn form(&mut self, raw: &RawFacts) {
        if raw.sample.is_empty() {
            let help = "give at least one text and what must be read in it";
            self.tell(&At::top(), "no [[sample]]", help);
        }
        if raw.any.is_empty() && raw.files.is_empty() {
            let help = "give `any` (what stands in such a file) or `files` (how it is called)";
            let message = "nothing says how such a record is recognised";
            self.tell(&At::top(), message, help);
        }
        if raw.fact.is_empty() {
            let help = "add one: `kind`, `text`, and `line` or `lines`";
            self.tell(&At::top(), "no [[fact]]", help);
        }
        for (index, context) in raw.context.iter().enumerate() {
            let place = at("context").index(index);
            if raw.context[..index].iter().any(|c| c.id == context.id) {
                let message = format!("there is a context `{}` already", context.id);
                self.tell(&place.key("id"), message, "give it another id");
            }
            let counts = |fact: &RawFact| {
                // A context also ends what was begun before it.
                fact.within.contains_key(&context.id) || !fact.lines.is_empty()
            };
            if !raw.fact.iter().any(counts) {
                let message = format!("no fact stands `within` the context `{}`", context.id);
                self.tell(
                    &place.key("id"),
                    message,
                    "name it in a fact, or take it out",
                );
            }
        }
        let kinds: Vec<&str> = raw.fact.iter().map(|fact| fact.kind.as_str()).collect();
        for (index, sample) in raw.sample.iter().enumerate() {
            for (number, expected) in sample.expect.iter().enumerate() {
                if !kinds.contains(&expected.kind.as_str()) {
                    let place = at("sample")
                        .index(index)
                        .key("expect")
                        .index(number)
                        .key("kind");
                    let message =
                        format!("no fact of this file is of the kind `{}`", expected.kind);
                    let help = one_of(&expected.kind, kinds.iter().copied());
                    self.tell(&place, message, help);
                }
            }
        }
        for (index, glob) in raw.files.iter().enumerate() {
            if let Some(byte) = glob.find(['?', '[', ']', '{', '}']) {
                let wild = &glob[byte..=byte];
                let message = format!("`{wild}` stands for itself here and is no wildcard");
                let help = "`*` stands for anything; there is no other wildcard";
                let fault = self
                    .file
                    .fault_in(&at("files").index(index), byte, message, help);
                self.faults.push(fault);
            }
        }
    }
}

impl FactFile {
    /// Checks a file of fact patterns. Its samples are run by `check`, which can read a text as a whole.
    ///
    /// # Errors
    /// All faults of the file.
    pub fn load(id: &str, path: &str, text: &str, proof: Proof) -> Result<Self, Vec<Fault>> {
        let (raw, file, faults): (RawFacts, _, _) = super::error::read(path, text, proof)?;
        let mut loader = Loader {
            file: &file,
            proof,
            faults,
        };
        if proof == Proof::Needed {
            loader.form(&raw);
        }
        let mut any = Vec::new();
        for (index, regex) in raw.any.iter().enumerate() {
            any.extend(loader.regex(regex, &at("any").index(index), true));
        }
        let mut contexts = Vec::new();
        for (index, context) in raw.context.iter().enumerate() {
            let place = at("context").index(index);
            let until = loader.optional(context.until.as_ref(), &place.key("until"));
            if let Some(regex) = loader.regex(&context.regex, &place.key("regex"), false) {
                contexts.push(Context {
                    id: context.id.clone(),
                    regex,
                    until,
                });
            }
        }
        let mut facts = Vec::new();
        for (index, fact) in raw.fact.iter().enumerate() {
            facts.push(loader.fact(fact, &at("fact").index(index), &raw.context));
        }
        if !loader.faults.is_empty() {
            return Err(loader.faults);
        }
        Ok(Self {
            id: id.to_owned(),
            path: path.to_owned(),
            source: match proof {
                Proof::Trusted(file) => Cow::Borrowed(file.toml),
                Proof::Needed => Cow::Owned(text.to_owned()),
            },
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

    /// Leaves out what names the product that it was made for, for the chain of another one. False if nothing is left.
    pub(super) fn without(&mut self, own_words: &[String]) -> bool {
        let names = |text: &Text| {
            let (en, de) = (text.en.to_lowercase(), text.de.to_lowercase());
            own_words
                .iter()
                .any(|word| en.contains(word) || de.contains(word))
        };
        let all = self.facts.len();
        self.facts.retain(|fact| !names(&fact.text));
        // Its samples are about all of it, and were proved with it.
        if self.facts.len() < all {
            self.samples.clear();
            self.rejects.clear();
        }
        !self.facts.is_empty() && !names(&self.title)
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
            && (self.any.is_empty() || self.any.iter().any(|r| r.is_match(head.as_bytes())))
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
        self.regex.is_match(line.as_bytes())
    }

    /// True if the line ends it.
    pub fn closes(&self, line: &str) -> bool {
        self.until
            .as_ref()
            .is_some_and(|u| u.is_match(line.as_bytes()))
    }
}

impl FactPattern {
    /// The names of the values that it may have.
    pub fn values(&self) -> Vec<String> {
        let patterns = self.within.values().chain(&self.lines).chain(&self.also);
        let patterns = patterns.chain(&self.then);
        let captured = patterns.flat_map(Expression::names);
        let captured = captured.map(|name| value_name(&name).to_owned());
        captured.chain(self.set.keys().cloned()).collect()
    }

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
        ends.any(|r| r.is_match(line.as_bytes()))
    }
}

/// The value that a capture gives: `port_b` is another way to write `port`, as a regex may name a group only once.
fn value_name(capture: &str) -> &str {
    match capture.rsplit_once('_') {
        Some((front, last)) if last.len() == 1 => front,
        _ => capture,
    }
}

/// The named captures of a match; `None` if there is no match.
pub fn captures(regex: &Expression, line: &str) -> Option<Values> {
    let named = regex.named(line.as_bytes())?.into_iter();
    let named = named.filter_map(|(name, range)| {
        let value = line[range].trim();
        (!value.is_empty()).then(|| {
            let name = value_name(&name);
            (name.to_owned(), value.to_owned())
        })
    });
    Some(named.collect())
}

/// Fills `{name}`; what stands in `[…]` falls out with a value that is missing.
pub fn sentence(text: &str, values: &Values) -> String {
    let mut out = String::new();
    let mut rest = text;
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

fn fill(text: &str, values: &Values) -> (String, bool) {
    let mut whole = true;
    let text = template::fill(text, |name| match values.get(name) {
        Some(value) => value.clone(),
        None => {
            whole = false;
            "?".to_owned()
        }
    });
    (text, whole)
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
