//! Floor 4: what stands beside the traces in a package. A file whose beginning a fact pattern knows is read by it, and
//! never as a log: who owned a port, what ran, which proxy was set.

mod form;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::grammar::Fault;
use crate::grammar::document::{Document, at};
use crate::grammar::facts::{FactFile, FactPattern, MOST_THEN, Values, captures};

/// Most facts that one source may give; what is beyond it is counted.
pub const MOST: usize = 5_000;

/// One fact of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Index of the file of patterns.
    pub file: usize,
    /// Index of the pattern in it.
    pub pattern: usize,
    /// Line, from 1.
    pub line: u64,
    /// Its values.
    pub values: Values,
}

/// Which files of patterns know a source, by its name and its first lines.
pub fn recognise(files: &[FactFile], name: &str, head: &str) -> Vec<usize> {
    let known = files.iter().enumerate();
    known
        .filter(|(_, file)| file.is_in(name, head))
        .map(|(index, _)| index)
        .collect()
}

/// All facts that those files of patterns find in a text, in the order of lines, and how many there were.
pub fn read(files: &[FactFile], by: &[usize], text: &str) -> (Vec<Found>, usize) {
    let mut all = Vec::new();
    for index in by {
        let file = &files[*index];
        let lines = form::lines(text, file.form);
        let mut reader = Reader {
            file,
            index: *index,
            open: BTreeMap::new(),
            blocks: vec![None; file.facts.len()],
            found: Vec::new(),
        };
        for at in 0..lines.len() {
            reader.line(&lines, at);
        }
        reader.end_blocks();
        all.extend(reader.found);
    }
    all.sort_by_key(|a| (a.line, a.file, a.pattern));
    let count = all.len();
    all.truncate(MOST);
    (all, count)
}

/// A fact of several lines that is being put together.
#[derive(Debug, Clone)]
struct Open {
    first: u64,
    seen: Vec<bool>,
    values: Values,
}

struct Reader<'a> {
    file: &'a FactFile,
    index: usize,
    open: BTreeMap<&'a str, &'a str>,
    blocks: Vec<Option<Open>>,
    found: Vec<Found>,
}

impl<'a> Reader<'a> {
    fn line(&mut self, lines: &'a [(u64, std::borrow::Cow<'a, str>)], at: usize) {
        let (number, line) = (lines[at].0, lines[at].1.as_ref());
        if line.trim().is_empty() {
            self.end_blocks();
        }
        for context in &self.file.contexts {
            if context.opens(line) {
                self.end_blocks();
                self.open.insert(&context.id, line);
            } else if context.closes(line) {
                self.end_blocks();
                self.open.remove(context.id.as_str());
            }
        }
        for (pattern, fact) in self.file.facts.iter().enumerate() {
            let Some(inside) = fact.inside(&self.open) else {
                continue;
            };
            if fact.single {
                let Some(values) = fact.lines.first().and_then(|r| captures(r, line)) else {
                    continue;
                };
                let mut all = inside;
                all.extend(values);
                all.extend(then(fact, &lines[at + 1..]));
                self.give(pattern, number, all);
            } else {
                self.part(pattern, fact, number, line, &inside);
            }
        }
    }

    /// One line of a fact that takes several.
    fn part(
        &mut self,
        pattern: usize,
        fact: &FactPattern,
        number: u64,
        line: &str,
        inside: &Values,
    ) {
        let open = &mut self.blocks[pattern];
        for (index, regex) in fact.lines.iter().chain(&fact.also).enumerate() {
            let Some(values) = captures(regex, line) else {
                continue;
            };
            let count = fact.lines.len() + fact.also.len();
            // A list without blank lines between its entries: the first line again is the next entry.
            if index == 0 && open.as_ref().is_some_and(|o| o.seen[0]) {
                let whole = open.take().filter(|o| is_whole(o, fact));
                if let Some(whole) = whole {
                    let found = self.found_of(pattern, whole.first, whole.values);
                    self.found.push(found);
                }
            }
            let open = self.blocks[pattern].get_or_insert_with(|| Open {
                first: number,
                seen: vec![false; count],
                values: inside.clone(),
            });
            if index == 0 {
                open.first = number;
            }
            open.seen[index] = true;
            for (name, value) in values {
                open.values.entry(name).or_insert(value);
            }
            return;
        }
    }

    fn end_blocks(&mut self) {
        for pattern in 0..self.blocks.len() {
            let fact = &self.file.facts[pattern];
            if let Some(open) = self.blocks[pattern].take().filter(|o| is_whole(o, fact)) {
                self.give(pattern, open.first, open.values);
            }
        }
    }

    fn give(&mut self, pattern: usize, line: u64, values: Values) {
        let found = self.found_of(pattern, line, values);
        self.found.push(found);
    }

    fn found_of(&self, pattern: usize, line: u64, values: Values) -> Found {
        Found {
            file: self.index,
            pattern,
            line,
            values,
        }
    }
}

fn is_whole(open: &Open, fact: &FactPattern) -> bool {
    open.seen.iter().take(fact.lines.len()).all(|seen| *seen)
}

/// What the next lines add to a fact, up to the line of the next one.
fn then(fact: &FactPattern, next: &[(u64, std::borrow::Cow<'_, str>)]) -> Values {
    let Some(then) = &fact.then else {
        return Values::new();
    };
    for (_, line) in next.iter().take(MOST_THEN) {
        if fact.ends(line) {
            break;
        }
        if let Some(values) = captures(then, line) {
            return values;
        }
    }
    Values::new()
}

/// What is wrong with the samples of a file of patterns: a message for each.
pub fn prove(files: &[FactFile], index: usize) -> Vec<Fault> {
    let file = &files[index];
    let document = Document::new(&file.path, &file.source);
    let mut wrong = Vec::new();
    let read_as = |name: &str, text: &str| {
        let known = file.is_in(name, text);
        known.then(|| read(files, &[index], text).0)
    };
    for (number, sample) in file.samples.iter().enumerate() {
        let place = at("sample").index(number);
        let expected: Vec<(&str, u64, &Values)> = sample
            .expect
            .iter()
            .map(|(kind, line, values)| (kind.as_str(), *line, values))
            .collect();
        let Some(found) = read_as(&sample.file, &sample.text) else {
            let key = if file.goes_by_name() { "file" } else { "text" };
            let message = format!("a sample is not recognised: {:?}", first_line(&sample.text));
            let help = "correct `files` and `any`, or the sample";
            wrong.push(document.fault(&place.key(key), message, help));
            continue;
        };
        let got: Vec<(&str, u64, &Values)> = found
            .iter()
            .map(|f| (file.facts[f.pattern].kind.as_str(), f.line, &f.values))
            .collect();
        let differs = expected.iter().zip(&got).position(|(a, b)| a != b);
        let differs = differs.unwrap_or(expected.len().min(got.len()));
        if got != expected {
            let shown = |list: &[(&str, u64, &Values)]| {
                list.get(differs)
                    .map_or_else(|| "nothing".to_owned(), fact_in_words)
            };
            wrong.push(document.fault(
                &place.key("expect").index(differs.min(expected.len().saturating_sub(1))),
                format!(
                    "fact {} of this sample is {}, not {}",
                    differs + 1,
                    shown(&got),
                    shown(&expected)
                ),
                "correct the pattern, or the expectation: all facts in the order of their lines",
            ));
        }
    }
    for (number, reject) in file.rejects.iter().enumerate() {
        if let Some(found) = read_as(&reject.file, &reject.text).filter(|found| !found.is_empty()) {
            let first = &found[0];
            let first = (
                file.facts[first.pattern].kind.as_str(),
                first.line,
                &first.values,
            );
            wrong.push(document.fault(
                &at("reject").index(number).key("text"),
                format!("a fact is read in a reject: {}", fact_in_words(&first)),
                format!(
                    "make the pattern narrower; the reason given is: {}",
                    reject.why
                ),
            ));
        }
    }
    wrong
}

/// `port-owner at line 4, port = "135"`.
fn fact_in_words((kind, line, values): &(&str, u64, &Values)) -> String {
    let mut out = format!("`{kind}` at line {line}");
    for (name, value) in *values {
        // Writing to a string cannot fail.
        let _ = write!(out, ", {name} = {value:?}");
    }
    out
}

fn first_line(text: &str) -> &str {
    text.lines()
        .find(|l| !l.trim().is_empty())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Vec<FactFile> {
        vec![
            FactFile::load(
                "x",
                "facts/x.toml",
                text,
                crate::grammar::error::Proof::Needed,
            )
            .unwrap_or_else(|f| panic!("{}", f[0])),
        ]
    }

    #[test]
    fn facts_of_one_line_of_blocks_and_of_contexts() {
        let files = file(
            r"
title = { en = 'x', de = 'x' }
any = ['^key']
[[context]]
id = 'key'
regex = '^key (\w+)'
[[fact]]
kind = 'pair'
text = { en = 'x', de = 'x' }
within = { key = 'key (?P<name>good\w*)' }
lines = ['^a=(?P<a>\d+)', '^b=(?P<b>\d+)']
also = ['^c=(?P<c>\d+)']
[[fact]]
kind = 'row'
text = { en = 'x', de = 'x' }
line = '^row (?P<row>\d+)'
then = '^ \[(?P<owner>\w+)\]'
[[sample]]
text = 'row 7'
expect = [{ kind = 'row', line = 1, row = '7' }]
",
        );
        let text = "key good1\na=1\nb=2\n\nkey bad\na=3\nb=4\nkey good2\nb=5\na=6\nc=7\na=8\nb=9\nrow 1\n [x]\nrow 2\nrow 3\n\n [z]\n";
        let (found, count) = read(&files, &[0], text);
        let shown: Vec<String> = found
            .iter()
            .map(|f| {
                let values: Vec<String> =
                    f.values.iter().map(|(k, v)| format!("{k}={v}")).collect();
                format!("{}: {}", f.line, values.join(" "))
            })
            .collect();
        assert_eq!(count, 6);
        assert_eq!(
            shown,
            [
                "2: a=1 b=2 name=good1",
                "10: a=6 b=5 c=7 name=good2",
                "12: a=8 b=9 name=good2",
                "14: owner=x row=1",
                "16: row=2",
                "17: owner=z row=3",
            ]
        );
    }
}
