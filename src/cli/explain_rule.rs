//! `swyxtrace explain --rule FILE:LINE`: a rule file to start from; `--why RULE FILE:LINE`: which of a rule's conditions
//! does not hold on that record.

use std::fmt::Write as _;
use std::io::Read;

use super::{Stop, catalogs, exit, write_out};
use crate::decode::{Access, Input, show};
use crate::detect::Layout;
use crate::grammar::Catalog;
use crate::model::{Encoding, Level};
use crate::report::{redact, safe};
use crate::scan::unknown::template;
use crate::scan::{Matcher, reasons};

/// Bytes of a file that are read to find the line.
const MOST: u64 = 512 << 20;
/// Shortest piece of a text that makes a literal, in bytes.
const PIECE: usize = 8;
/// The same where the text has no longer one; then all of several are asked for.
const SHORT_PIECE: usize = 4;
/// Most lines of the record that become the example.
const LINES: usize = 12;

/// The record that holds a line.
#[derive(Debug, Clone)]
pub struct Record {
    text: String,
    message: String,
    level: Option<Level>,
    program: Option<String>,
    in_scope: bool,
}

impl Record {
    /// Only its first line.
    #[must_use]
    pub fn first_line(mut self) -> Self {
        let end = self.text.find('\n').unwrap_or(self.text.len());
        self.text.truncate(end);
        self
    }

    /// The telling pieces of its message; where that has none, of the line below it that has the longest.
    fn pieces(&self) -> Vec<String> {
        let own = pieces(&self.message);
        if !own.is_empty() {
            return own;
        }
        let below = self.text.lines().skip(1).map(pieces);
        let longest = below.max_by_key(|found| found.first().map_or(0, String::len));
        longest.unwrap_or_default()
    }

    /// True if it is no warning: a rule of errors that fires on it makes healthy traces fail.
    pub fn is_everyday(&self) -> bool {
        self.level.is_some_and(|level| level < Level::Warn)
    }

    /// How bad a failure is that such a record tells of.
    const fn severity(&self) -> &'static str {
        match self.level {
            Some(Level::Trace | Level::Debug | Level::Info) => "info",
            Some(Level::Warn) => "warning",
            Some(Level::Error | Level::Fatal) | None => "error",
        }
    }

    /// Its telling text as a name: `gadget-jammed-beyond-repair`.
    pub fn name(&self) -> String {
        let longest = self.pieces().into_iter().next();
        super::new::slug(&longest.unwrap_or_default())
    }
}

/// Splits `FILE:LINE`.
pub fn place(text: &str) -> Option<(&str, u64)> {
    let (file, line) = text.rsplit_once(':')?;
    let line: u64 = line.parse().ok().filter(|line| *line > 0)?;
    (!file.is_empty()).then_some((file, line))
}

/// Finds the record of a line, from 1.
pub fn record(
    input: &mut Input,
    layout: &Layout,
    program: Option<&str>,
    line: u64,
    catalog: &Catalog,
) -> Result<Record, Stop> {
    let text = whole(input)?;
    let text = super::explain::without_keys(&text);
    let lines: Vec<&[u8]> = text
        .split(|b| *b == b'\n')
        .map(|l| l.strip_suffix(b"\r").unwrap_or(l))
        .collect();
    let wanted = usize::try_from(line).unwrap_or(usize::MAX) - 1;
    if wanted >= lines.len() {
        return Err(Stop::usage(format!(
            "there is no line {line}: the file has {} lines",
            lines.len()
        )));
    }
    let starts = |at: usize| layout.read(lines[at]).is_some();
    let first = (0..=wanted).rev().find(|at| starts(*at)).unwrap_or(wanted);
    let end = (first + 1..lines.len())
        .find(|at| starts(*at))
        .unwrap_or(lines.len());
    let read = layout.read(lines[first]);
    let encoding: Encoding = input.encoding;
    let message = read
        .as_ref()
        .map_or(lines[first], |(_, fields)| fields.message.of(lines[first]));
    // A key and its secret may stand on two lines, and a token on several.
    let record: Vec<_> = lines[first..end]
        .iter()
        .map(|line| show(line, encoding))
        .collect();
    let record = record.join("\n");
    let record = redact::secrets(&record);
    let shown = record.split('\n').take(LINES);
    let shown: Vec<String> = shown
        .map(|line| safe::show_safe(line).into_owned())
        .collect();
    Ok(Record {
        text: shown.join("\n").trim_end().to_owned(),
        message: clean(&show(message, encoding)),
        level: read.and_then(|(_, fields)| fields.level),
        program: program.map(str::to_owned),
        in_scope: program.is_some() || Matcher::new(catalog).is_in_scope(&text, &mut Vec::new()),
    })
}

fn whole(input: &mut Input) -> Result<Vec<u8>, Stop> {
    let broken = |error: std::io::Error| Stop {
        message: format!("the file cannot be read: {error}"),
        code: exit::NOTHING_READ,
    };
    match &mut input.access {
        Access::Random(file) => {
            let mut text = vec![0; file.len().min(MOST) as usize];
            let read = file.fill_at(0, &mut text).map_err(broken)?;
            text.truncate(read);
            Ok(text)
        }
        Access::Stream(reader) => {
            let mut text = Vec::new();
            reader.take(MOST).read_to_end(&mut text).map_err(broken)?;
            Ok(text)
        }
    }
}

/// Prints a rule file for the record; it passes `check` as it is, and its sentences are to be filled in.
pub fn print_rule(record: &Record, catalog: &Catalog) -> Result<u8, Stop> {
    let text = rule_file(record, None, catalog)?;
    write_out(|to| to.write_all(text.as_bytes()))
}

/// The same as a text. `id`: of the rule, where it is known.
pub fn rule_file(record: &Record, id: Option<&str>, catalog: &Catalog) -> Result<String, Stop> {
    let literals = record.pieces();
    if literals.is_empty() {
        return Err(Stop::usage(
            "the record has no word of four ASCII letters that stays the same from one such record to the next: write the literals by hand",
        ));
    }
    let file = record
        .program
        .as_deref()
        .and_then(|id| catalog.chain.program(id))
        .and_then(|p| p.files.first());
    let what = match id {
        Some(id) => format!("rules/{id}.toml: the folder is the class, class and name are the rule's id."),
        None => "Save as rules/<class>/<name>.toml in a folder for --grammars: the folder is the class, `unknown` where none fits.".to_owned(),
    };
    let mut out = String::new();
    let _ = rule_text(&mut out, &what, record, &literals, file.map(String::as_str));
    Ok(out)
}

fn rule_text(
    out: &mut String,
    what: &str,
    record: &Record,
    literals: &[String],
    file: Option<&str>,
) -> std::fmt::Result {
    let list: Vec<String> = literals.iter().map(|l| toml_text(l)).collect();
    writeln!(
        out,
        "# {what}\n# Fill in cause and sentences, and run `swyxtrace check --grammars <folder>`."
    )?;
    writeln!(
        out,
        "title      = {{ en = \"An error of this site\", de = \"Ein Fehler dieser Umgebung\" }}"
    )?;
    writeln!(
        out,
        "since      = \"{}\"\nbasis      = \"inferred\"\ncause      = \"to-be-named\"\nstage      = \"by_endpoint\"\nseverity   = \"{}\"\ntogether_with = [\"*\"]",
        env!("CARGO_PKG_VERSION"),
        record.severity()
    )?;
    for (lang, user, vendor, summary, remedy) in [
        (
            "en",
            "It did not work. Please pass the report on to your administrator.",
            "Needed: all traces of that minute at the highest level.",
            "What happened at {endpoint}.",
            "What to do first.",
        ),
        (
            "de",
            "Es hat nicht funktioniert. Bitte den Bericht an die Administration weitergeben.",
            "Benötigt: alle Traces dieser Minute mit höchstem Trace-Level.",
            "Was geschehen ist (Gegenstelle: {endpoint}).",
            "Was zuerst zu tun ist.",
        ),
    ] {
        writeln!(
            out,
            "\n[text.{lang}]\nuser   = \"{user}\"\nvendor = \"{vendor}\"\n[text.{lang}.admin]\nsummary = \"{summary}\"\nremedy  = [\"{remedy}\"]"
        )?;
    }
    writeln!(out, "\n[[when]]\nliteral = [{}]", list.join(", "))?;
    let file = file.map_or_else(String::new, |name| {
        format!("file = {}\n", toml_text(&format!("{name}-2020-08-10.log")))
    });
    writeln!(
        out,
        "\n[[example]]\nname = \"the record\"\n{file}trace = {}\nfires_at = [1]",
        toml_text(&record.text)
    )?;
    writeln!(
        out,
        "\n[[example]]\nname = \"something else\"\n{file}trace = \"2020-08-10 11:16:29.123 nothing of the kind\"\nfires_at = []"
    )
}

/// A TOML string on one line.
fn toml_text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The longest pieces of the message that stay the same: whole words of ASCII as they stand there, without what its
/// template masks.
fn pieces(message: &str) -> Vec<String> {
    let template = template(message.as_bytes());
    let masks = ["<…>", "<url>", "<path>", "<host>", "#"];
    let mut rest = vec![template.as_str()];
    for mask in masks {
        rest = rest
            .into_iter()
            .flat_map(|piece| piece.split(mask))
            .collect();
    }
    let lower = message.to_lowercase();
    let mut found: Vec<String> = rest
        .into_iter()
        .flat_map(|piece| runs(piece, &lower))
        .collect();
    found.sort_by_key(|piece| std::cmp::Reverse(piece.len()));
    found.dedup();
    // One long piece tells more than words of which several lines are made.
    if found.first().is_some_and(|longest| longest.len() >= PIECE) {
        found.retain(|piece| piece.len() >= PIECE);
        found.truncate(2);
    } else {
        found.retain(|piece| piece.len() >= SHORT_PIECE);
        found.truncate(3);
    }
    found
}

/// The runs of ASCII words in a piece of a template that stand in the text just so, with one blank between: a template
/// has one blank where the text may have two, or a tab.
fn runs(piece: &str, lower: &str) -> Vec<String> {
    let mut runs = Vec::new();
    let mut run = String::new();
    for word in piece.split(' ').filter(|word| !word.is_empty()) {
        let usable = word.chars().all(|c| c.is_ascii_graphic());
        let longer = format!("{run} {word}");
        if usable && !run.is_empty() && lower.contains(&longer.to_lowercase()) {
            run = longer;
            continue;
        }
        let fits = usable && lower.contains(&word.to_lowercase());
        let word = if fits { word.to_owned() } else { String::new() };
        runs.push(std::mem::replace(&mut run, word));
    }
    runs.push(run);
    runs.retain(|run| !run.is_empty());
    runs
}

/// Prints which conditions of a rule hold on the record, and which do not.
pub fn print_why(id: &str, record: &Record, catalog: &Catalog) -> Result<u8, Stop> {
    let index = catalog.rule_index(id).ok_or_else(|| {
        let hint = catalogs::suggestion(id, catalog.rules.iter().map(|rule| rule.id.as_str()));
        Stop::usage(format!(
            "there is no rule `{id}`{hint}; `swyxtrace rules` lists them"
        ))
    })?;
    let rule = &catalog.rules[index];
    let matcher = Matcher::new(catalog);
    let all = reasons::reasons(
        catalog,
        &matcher,
        rule,
        record.text.as_bytes(),
        record.level,
        record.program.as_deref(),
    );
    let fires = all
        .iter()
        .any(|when| when.iter().all(|finding| finding.holds));
    let mut out = String::new();
    let first = record.text.lines().next().unwrap_or_default();
    let _ = writeln!(out, "{first}\n");
    for (number, when) in all.iter().enumerate() {
        let holds = when.iter().all(|finding| finding.holds);
        let word = if holds { "holds" } else { "does not hold" };
        let _ = writeln!(out, "[[when]] {} of {}: {word}", number + 1, all.len());
        for finding in when {
            let sign = if finding.holds { '+' } else { '-' };
            let wanted: String = finding.wanted.chars().take(300).collect();
            let _ = writeln!(out, "  {sign} {}: {wanted}", finding.key);
        }
    }
    let verdict = match (fires, rule.window.is_some()) {
        (true, true) => {
            "fires on this record, if its [window] holds on the records around it (count, silence, claims)"
        }
        (true, false) => "fires on this record",
        (false, _) => "does not fire on this record",
    };
    let _ = writeln!(out, "\n{id} {verdict}.");
    if fires && !record.in_scope {
        let _ = writeln!(
            out,
            "But the file does not belong to the chain: its name is of none of the chain's programs, and nothing in it names a host,\nport or word of the chain (`[[program]] files`, endpoints and `[scope] words` of chain.toml). analyze reads it and does not judge it."
        );
    }
    write_out(|to| to.write_all(out.as_bytes()))
}

fn clean(text: &str) -> String {
    safe::show_safe(&redact::secrets(text)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_that_stay_the_same_are_the_longest_ones() {
        assert_eq!(
            pieces("Roster 17 could not be merged with 'abc': version conflict"),
            ["could not be merged with", ": version conflict"]
        );
        assert_eq!(
            pieces("gadget  jammed, code 4711 at last"),
            ["jammed, code"]
        );
        assert_eq!(pieces("gadget\tjammed  4711"), ["gadget", "jammed"]);
        assert_eq!(pieces("Gerät klämmt, Code blocked"), ["Code blocked"]);
        assert_eq!(place("C:/x/a.log:12"), Some(("C:/x/a.log", 12)));
        assert_eq!(place("a.log"), None);
    }
}
