//! `swyxtrace explain FILE`: how a file is read, column by column, and what does not fit.

use std::io::{self, Write};

use super::args::Explain;
use super::{Stop, catalogs, exit, explain_rule, write_out};
use crate::decode::{self, Access, Input, show};
use crate::detect::{Basis, Layout, detect};
use crate::discover::{Found, Opened, Place, discover};
use crate::grammar::Catalog;
use crate::model::Encoding;
use crate::report::{redact, safe};

/// Unparsed lines that are explained.
const UNPARSED: usize = 5;
/// Formats that lost which are named for a line.
const LOSERS: usize = 3;

/// Runs the subcommand.
pub fn run(args: &Explain) -> Result<u8, Stop> {
    let catalog = catalogs::load(args.grammars.as_deref())?;
    let options = catalogs::options(&catalog, args.password.as_deref());
    let of_record = args.rule || args.why.is_some();
    let given = args.file.to_string_lossy().into_owned();
    let (file, line) = if of_record {
        let (file, line) = explain_rule::place(&given)
            .ok_or_else(|| Stop::usage(format!("`{given}` is no FILE:LINE")))?;
        (std::path::PathBuf::from(file), line)
    } else {
        (args.file.clone(), 0)
    };
    let discovery = discover(&[Place::from(file)], &options);
    if !discovery.missing.is_empty() {
        return Err(Stop::usage(format!(
            "{}: there is no such file",
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
        .map(|id| catalogs::format_named(&catalog, id))
        .transpose()?;
    let mut pages = Vec::new();
    for found in &discovery.sources {
        let mut input = open(found).map_err(|error| Stop {
            message: format!("{}: {error}", found.info.path),
            code: exit::NOTHING_READ,
        })?;
        let layout = match &forced {
            Some(format) => Layout::forced(format.clone()),
            None => detect(input.head(), &[], &catalog.formats),
        };
        if of_record {
            let record =
                explain_rule::record(&mut input, &layout, found.info.program.as_deref(), line)?;
            return match &args.why {
                Some(id) => explain_rule::print_why(id, &record, &catalog),
                None => explain_rule::print_rule(&record, &catalog),
            };
        }
        page(found, &input, &layout, &catalog, args.lines, &mut pages)?;
    }
    write_out(|out| out.write_all(&pages))
}

fn open(found: &Found) -> io::Result<Input> {
    match found.open()? {
        Opened::File { file, start, len } => decode::file(&found.info.path, file, start, len),
        Opened::Stream(reader) => decode::stream(&found.info.path, reader),
    }
}

fn page(
    found: &Found,
    input: &Input,
    layout: &Layout,
    catalog: &Catalog,
    count: usize,
    out: &mut Vec<u8>,
) -> io::Result<()> {
    let head = input.head();
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
    if layout.basis == Basis::Learned {
        writeln!(
            out,
            "\nThe learned layout as a format file (save it as formats/<name>.toml in a folder for --grammars):\n"
        )?;
        let samples: Vec<&[u8]> = lines
            .iter()
            .copied()
            .filter(|l| layout.read(l).is_some())
            .take(3)
            .collect();
        for format in &layout.formats {
            let own: Vec<&[u8]> = samples
                .iter()
                .copied()
                .filter(|l| format.read(l).is_some())
                .collect();
            let shown: Vec<String> = own
                .iter()
                .map(|line| clean(&show(line, input.encoding)))
                .collect();
            let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
            writeln!(out, "{}", format.to_toml(&shown))?;
        }
    }
    writeln!(out)
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

fn explain_line(
    number: usize,
    line: &[u8],
    after_record: bool,
    layout: &Layout,
    catalog: &Catalog,
    encoding: Encoding,
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
    } else if !after_record {
        let mut lost = explanation.lost.clone();
        lost.sort_by_key(|l| std::cmp::Reverse(l.column));
        for lost in lost.iter().take(LOSERS) {
            writeln!(
                out,
                "    {} fails at column {}: {} expected",
                lost.format, lost.column, lost.expected
            )?;
        }
    }
    Ok(())
}

fn clean(text: &str) -> String {
    safe::show_safe(&redact::secrets(text)).into_owned()
}
