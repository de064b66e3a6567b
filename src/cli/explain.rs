//! `swyxtrace explain FILE`: how a file is read, column by column, and what does not fit.

use std::borrow::Cow;
use std::io::{self, Write};

use super::args::{self, Explain, Privacy};
use super::{Stop, anonymize, catalogs, exit, explain_rule, machine, write_out};
use crate::decode::{Access, Input, show};
use crate::detect::{Basis, Layout, dates, detect};
use crate::discover::Found;
use crate::grammar::Catalog;
use crate::model::Encoding;
use crate::pipeline::Progress;
use crate::report::{redact, safe};

/// Unparsed lines that are explained.
const UNPARSED: usize = 5;
/// Lines that a learned format is given as samples, at most.
const SAMPLES: usize = 50;
/// Formats that lost which are named for a line.
const LOSERS: usize = 3;

/// Runs the subcommand.
pub fn run(args: &Explain) -> Result<u8, Stop> {
    let catalog = catalogs::load(args.grammars.as_deref())?;
    let options = catalogs::options_with(catalog, args.password.as_deref());
    let of_record = args.rule || args.why.is_some();
    let given = args.file.to_string_lossy().into_owned();
    let (file, line) = if of_record {
        let (file, line) = explain_rule::place(&given)
            .ok_or_else(|| Stop::usage(format!("`{given}` is no FILE:LINE")))?;
        (std::path::PathBuf::from(file), line)
    } else {
        (args.file.clone(), 0)
    };
    let input = args::Input {
        paths: vec![file.clone()],
        password: args.password.clone(),
        ..args::Input::default()
    };
    let bar = Progress::default();
    let settings = catalogs::settings(&input, catalog, machine::lang(None), &bar)?;
    let privacy = Privacy {
        anonymize: args.anonymize,
        anonymize_map: None,
    };
    // What is missing or no text is said below, in other words than those of the other subcommands.
    let plain = of_record || !args.anonymize || !(file.as_os_str() == "-" || file.exists());
    let (discovery, anonymizer, _kept) = if plain {
        (catalogs::one_file(&file, &options), None, Vec::new())
    } else {
        anonymize::sources(&input, &privacy, &settings)?
    };
    let without = |text: &str| -> String {
        match &anonymizer {
            Some(anonymizer) => anonymizer.text(text),
            None => redact::secrets(text),
        }
        .into()
    };
    let clean = |text: &str| -> String { safe::show_safe(&without(text)).into_owned() };
    if !discovery.missing.is_empty() {
        // Whoever types a rule's id wants to know of the rule.
        let rules = catalog.rules.iter().map(|rule| rule.id.as_str());
        let hint = match catalog.rule_index(&given) {
            Some(_) => format!("; `{given}` is a rule: explain --why {given} FILE:LINE"),
            None => catalogs::suggestion(&given, rules),
        };
        return Err(Stop::usage(format!(
            "{}: there is no such file{hint}",
            args.file.display()
        )));
    }
    if discovery.sources.is_empty() {
        let reasons: Vec<&str> = discovery
            .problems
            .iter()
            .map(|p| p.text.en.as_str())
            .collect();
        let message = format!(
            "{}: no text to explain. {}",
            args.file.display(),
            reasons.join("; ")
        );
        return Err(Stop {
            message,
            code: exit::NOTHING_READ,
        });
    }
    let forced = args
        .as_format
        .as_deref()
        .map(|id| catalogs::format_named(catalog, id))
        .transpose()?;
    let mut pages = Vec::new();
    for found in &discovery.sources {
        let mut input = open(found).map_err(|error| Stop {
            message: format!("{}: {error}", found.info.path),
            code: exit::NOTHING_READ,
        })?;
        let layout = match &forced {
            Some(format) => Layout::forced(format.clone()),
            None => {
                let mut layout = detect(input.head(), &[], &catalog.formats);
                dates::settle(&mut layout, input.head(), &[], &found.info);
                layout
            }
        };
        if of_record {
            let record = explain_rule::record(
                &mut input,
                &layout,
                found.info.program.as_deref(),
                line,
                catalog,
            )?;
            return match &args.why {
                Some(id) => explain_rule::print_why(id, &record, catalog),
                None => explain_rule::print_rule(&record, catalog),
            };
        }
        page(
            found,
            &input,
            &layout,
            catalog,
            args.lines,
            (&clean, &without),
            &mut pages,
        )?;
    }
    write_out(|out| out.write_all(&pages))
}

fn open(found: &Found) -> io::Result<Input> {
    crate::pipeline::open(found, found.open())?.widened()
}

fn page(
    found: &Found,
    input: &Input,
    layout: &Layout,
    catalog: &Catalog,
    count: usize,
    (clean, without): (Clean<'_>, Clean<'_>),
    out: &mut Vec<u8>,
) -> io::Result<()> {
    let head = input.head();
    let head = without_keys(head);
    let lines: Vec<&[u8]> = head
        .split(|b| *b == b'\n')
        .map(|l| l.strip_suffix(b"\r").unwrap_or(l))
        .collect();
    let lines = if lines.last().is_some_and(|l| l.is_empty()) {
        &lines[..lines.len() - 1]
    } else {
        &lines[..]
    };
    writeln!(out, "{}", clean(&found.info.path))?;
    writeln!(out, "  encoding  {}", input.encoding.name())?;
    if let Some(program) = &found.info.program {
        writeln!(out, "  program   {program} (by the file's name)")?;
    }
    if let Some(named) = &found.info.named {
        let time = named.time.map_or_else(String::new, |t| format!(" {t}"));
        writeln!(out, "  name      {}{time}", named.date)?;
    }
    writeln!(
        out,
        "  layout    {} ({})",
        layout.name(),
        layout.basis.name()
    )?;
    reasons(layout, out)?;
    writeln!(out)?;
    let cleaned = without_secrets_over_lines(lines, layout);
    let lines: Vec<&[u8]> = cleaned.iter().map(|line| &**line).collect();
    let lines = &lines[..];
    let mut after_record = false;
    let mut unparsed = 0;
    let mut shown_continuation = false;
    for (index, line) in lines.iter().enumerate() {
        let read = layout.read(line).is_some();
        let orphan = !read && !after_record;
        unparsed += usize::from(orphan);
        if index < count || orphan && unparsed <= UNPARSED {
            explain_line(
                index + 1,
                line,
                after_record,
                layout,
                catalog,
                input.encoding,
                clean,
                out,
            )?;
        } else if !read && after_record && !shown_continuation && index < count + 50 {
            shown_continuation = true;
            explain_line(
                index + 1,
                line,
                after_record,
                layout,
                catalog,
                input.encoding,
                clean,
                out,
            )?;
        }
        after_record |= read;
    }
    if matches!(input.access, Access::Stream(_)) || lines.len() >= count {
        writeln!(
            out,
            "{} lines of the first {} KiB were looked at, {unparsed} of them belong to no record.",
            lines.len(),
            head.len().div_ceil(1024)
        )?;
    }
    learned(layout, lines, input.encoding, without, out)?;
    writeln!(out)
}

/// The lines without secrets that continue a record, or whose key stands on the line before. What stands on one line is left
/// for whoever shows it: what stands before a secret tells the columns.
fn without_secrets_over_lines<'l>(lines: &[&'l [u8]], layout: &Layout) -> Vec<Cow<'l, [u8]>> {
    let mut cleaned: Vec<Cow<'l, [u8]>> = Vec::with_capacity(lines.len());
    let mut from = 0;
    for end in 1..=lines.len() {
        if end < lines.len() && layout.read(lines[end]).is_none() {
            continue;
        }
        let record = &lines[from..end];
        cleaned.push(Cow::Borrowed(record[0]));
        if record.len() > 1 {
            cleaned.extend(continuation(record));
        }
        from = end;
    }
    cleaned
}

/// The lines of a record but for its first one, without secrets.
fn continuation<'l>(record: &[&'l [u8]]) -> Vec<Cow<'l, [u8]>> {
    let text = record.join(&b'\n');
    // In any encoding with ASCII in it a byte may stand for a character.
    let utf8 = std::str::from_utf8(&text).map(str::to_owned);
    let is_utf8 = utf8.is_ok();
    let text = utf8.unwrap_or_else(|_| text.iter().copied().map(char::from).collect());
    let clean = redact::secrets(&text);
    let bytes = |line: &str| -> Vec<u8> {
        if is_utf8 {
            line.as_bytes().to_vec()
        } else {
            line.chars()
                .map(|c| u8::try_from(c).unwrap_or(b'?'))
                .collect()
        }
    };
    let parts: Vec<Vec<u8>> = clean.split('\n').map(bytes).collect();
    let is_whole = parts.len() == record.len();
    let one = |(at, line): (usize, &&'l [u8])| {
        let part = if is_whole {
            parts[at].clone()
        } else if parts.iter().any(|part| part == line) {
            line.to_vec()
        } else {
            // Several lines became one: what is left of them is shown with the first.
            redact::REMOVED.as_bytes().to_vec()
        };
        if part == *line {
            Cow::Borrowed(*line)
        } else {
            Cow::Owned(part)
        }
    };
    record.iter().enumerate().skip(1).map(one).collect()
}

/// The text without private keys: line by line nobody would know their insides for what they are.
pub(super) fn without_keys(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memmem::find(text, b"PRIVATE KEY").is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::new();
    let mut inside = false;
    for line in text.split_inclusive(|b| *b == b'\n') {
        let has = |mark: &[u8]| memchr::memmem::find(line, mark).is_some();
        let begins = has(b"-----BEGIN ") && has(b"PRIVATE KEY");
        // The marks stand in lines that are cleaned as they are.
        if inside && !begins && !has(b"-----END") {
            out.extend_from_slice(redact::REMOVED.as_bytes());
            out.extend(line.iter().filter(|b| matches!(b, b'\r' | b'\n')));
        } else {
            out.extend_from_slice(line);
        }
        inside = (inside || begins) && !has(b"-----END");
    }
    Cow::Owned(out)
}

/// Learned formats as files, each with lines that it reads as its samples. `without`: takes out what is nobody's business;
/// what acts or hides is spelled out by the file itself.
fn learned(
    layout: &Layout,
    lines: &[&[u8]],
    encoding: Encoding,
    without: Clean<'_>,
    out: &mut Vec<u8>,
) -> io::Result<()> {
    if layout.basis == Basis::Forced {
        return Ok(());
    }
    for (index, format) in layout.formats.iter().enumerate() {
        let own = |line: &&&[u8]| layout.read(line).is_some_and(|(reader, _)| reader == index);
        let samples: Vec<String> = lines
            .iter()
            .filter(own)
            .take(SAMPLES)
            .map(|line| without(&show(line, encoding)))
            .collect();
        if !format.id.starts_with("learned") || samples.is_empty() {
            continue;
        }
        let samples: Vec<&str> = samples.iter().map(String::as_str).collect();
        match format.to_file(&samples) {
            Ok(text) => writeln!(
                out,
                "\nThe learned layout as a format file (save it as formats/<name>.toml in a folder for --grammars):\n\n{text}"
            )?,
            Err(why) => writeln!(
                out,
                "\nNo format file can be made of the learned layout: {}.",
                safe::one_line(&why)
            )?,
        }
    }
    Ok(())
}

fn reasons(layout: &Layout, out: &mut Vec<u8>) -> io::Result<()> {
    let mut tried: Vec<_> = layout
        .reasons
        .iter()
        .filter(|r| r.read > 0 || r.kept)
        .collect();
    tried.sort_by_key(|r| (!r.kept, std::cmp::Reverse(r.read)));
    for reason in tried.iter().take(6) {
        let kept = if reason.kept { "used" } else { "not used" };
        write!(
            out,
            "            {kept}: {} reads {} of {} lines",
            reason.format, reason.read, reason.of
        )?;
        if let Some(lost) = &reason.failed {
            write!(
                out,
                "; fails first at line {}, column {}: {} expected",
                lost.line, lost.column, lost.expected
            )?;
        }
        writeln!(out)?;
    }
    Ok(())
}

#[allow(clippy::too_many_arguments)] // one line, and all that reads it
fn explain_line(
    number: usize,
    line: &[u8],
    after_record: bool,
    layout: &Layout,
    catalog: &Catalog,
    encoding: Encoding,
    clean: Clean<'_>,
    out: &mut Vec<u8>,
) -> io::Result<()> {
    let text = clean(&show(line, encoding));
    let shown: String = text.chars().take(160).collect();
    writeln!(out, "line {number}: {shown}")?;
    let explanation = layout.explain(line, &catalog.formats);
    match &explanation.read_by {
        Some(format) => writeln!(out, "  read by {format}")?,
        None if after_record => writeln!(out, "  continues the record above it")?,
        None => writeln!(
            out,
            "  not read by any format, and there is no record above it"
        )?,
    }
    if let Some(fields) = &explanation.fields {
        if let Some(level) = fields.level {
            writeln!(out, "    level    {}", level.name())?;
        }
        for (name, span) in &explanation.columns {
            let value = clean(&show(span.of(line), encoding));
            let value: String = value.chars().take(80).collect();
            let from = String::from_utf8_lossy(&line[..span.start as usize])
                .chars()
                .count()
                + 1;
            let to = String::from_utf8_lossy(&line[..span.end as usize])
                .chars()
                .count();
            writeln!(out, "    {name:8} columns {from}-{to}: {value}")?;
        }
    }
    if explanation.fields.is_some() || !after_record {
        let mut lost = explanation.lost.clone();
        lost.sort_by_key(|l| std::cmp::Reverse(l.column));
        for lost in lost.iter().take(LOSERS) {
            writeln!(
                out,
                "    lost: {} fails at column {}: {} expected",
                lost.format, lost.column, lost.expected
            )?;
        }
    }
    Ok(())
}

/// Makes a text fit to be shown.
type Clean<'a> = &'a dyn Fn(&str) -> String;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_over_lines_is_removed_and_lines_stay_as_many() {
        let text = b"a\n-----BEGIN RSA PRIVATE KEY-----\nMIIEvQ\r\nMore\n-----END RSA PRIVATE KEY-----\nb\n";
        let clean = String::from_utf8(without_keys(text).into_owned()).unwrap();
        assert!(
            !clean.contains("MIIEvQ") && !clean.contains("More"),
            "{clean}"
        );
        assert_eq!(clean.lines().count(), 6);
        assert!(clean.ends_with("\nb\n"));
        assert!(matches!(without_keys(b"plain"), Cow::Borrowed(_)));
    }
}
