//! Detect: which layouts a source has, and why. Declared formats first; a layout that none of them reads is learned.
//!
//! A [`Layout`] is a pure function of one line, so that the result does not depend on where blocks begin.

pub mod begun;
mod behind;
pub mod dates;
mod explain;
pub mod learn;
pub mod lines;
pub mod order;
mod tally;

use std::sync::Arc;

use crate::grammar::format::{Format, Parts};
use crate::grammar::looks::Looks;
use crate::grammar::reader::LineReader;
use crate::model::{NameStamp, RawTime};
use crate::syntax::levels::Levels;
use crate::syntax::stamp::ZoneSource;
use crate::syntax::{Fields, shape};
pub use explain::{LineExplanation, Lost};
use tally::Tally;

/// How a layout came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// Format files read it.
    Declared,
    /// It was learned from the lines.
    Learned,
    /// There is no layout: records are lines that are not indented, without stamp and level.
    Plain,
    /// The user said so.
    Forced,
}

impl Basis {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Learned => "learned",
            Self::Plain => "plain",
            Self::Forced => "forced",
        }
    }
}

/// One format that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Its id.
    pub format: String,
    /// Lines that it reads.
    pub read: usize,
    /// Lines that it was tried on: those that could start a record.
    pub of: usize,
    /// True if the layout uses it.
    pub kept: bool,
    /// The first line that it does not read.
    pub failed: Option<Lost>,
}

/// The layouts of one source, in the order in which a line tries them.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Most specific first.
    pub formats: Vec<Arc<Format>>,
    /// How it came about.
    pub basis: Basis,
    /// What was tried; empty where nobody asked.
    pub reasons: Vec<Reason>,
    /// True if declared formats read all lines of the sample that could start a record: more lines would hardly tell more.
    pub is_settled: bool,
    /// When the file was begun, by lines before its first record.
    pub begun: Option<NameStamp>,
}

impl Layout {
    /// The layout of a source without one. The first line of such a source is a record in any case.
    pub fn plain(reasons: Vec<Reason>) -> Self {
        let format = Format::build(Parts {
            id: "plain".into(),
            title: "no layout".into(),
            patterns: vec!["{message:rest}".into()],
            layouts: Vec::new(),
            zone: ZoneSource::Local,
            levels: Levels::default(),
        });
        Self {
            formats: format.into_iter().map(Arc::new).collect(),
            basis: Basis::Plain,
            reasons,
            is_settled: false,
            begun: None,
        }
    }

    /// The layout that the user asked for.
    pub fn forced(format: Arc<Format>) -> Self {
        Self {
            formats: vec![format],
            basis: Basis::Forced,
            reasons: Vec::new(),
            is_settled: true,
            begun: None,
        }
    }

    /// Reads a line, without its end of line: the index of the format that reads it, and its fields. `None`: the line
    /// continues a record, or no format reads it.
    #[inline]
    pub fn read(&self, line: &[u8]) -> Option<(usize, Fields)> {
        if self.basis == Basis::Plain && shape::continues_plain(line) {
            return None;
        }
        self.formats
            .iter()
            .enumerate()
            .find_map(|(index, format)| Some((index, format.read(line)?)))
    }

    /// The zone of stamps that have one, but no whole date: minutes east of Greenwich.
    pub fn clock(&self) -> Option<i32> {
        self.formats.iter().find_map(|format| format.clock)
    }

    /// The ids of its formats, joined as reports show them.
    pub fn name(&self) -> String {
        let mut ids: Vec<&str> = self.formats.iter().map(|f| f.id.as_str()).collect();
        ids.dedup();
        let mut seen = std::collections::BTreeSet::new();
        ids.retain(|id| seen.insert(*id));
        ids.join(" + ")
    }
}

impl LineReader for Layout {
    fn read(&self, line: &[u8]) -> Option<(usize, Fields)> {
        Layout::read(self, line)
    }

    fn read_first(&self, line: &[u8]) -> Option<(usize, Fields)> {
        if self.basis != Basis::Plain {
            return None;
        }
        self.formats
            .first()
            .and_then(|format| Some((0, format.read(line)?)))
    }

    fn formats(&self) -> &[Arc<Format>] {
        &self.formats
    }
}

/// Finds the layouts of a source: `head` is its start, `more` are whole lines from further down. It says what was tried, too.
pub fn detect(head: &[u8], more: &[&[u8]], declared: &[Arc<Format>]) -> Layout {
    find(head, more, declared, None)
}

/// The same without the reasons, which cost more than the layout itself and fill 40 KB a source. `looks`: what is known of
/// looks for these formats.
pub fn detect_only(head: &[u8], more: &[&[u8]], declared: &[Arc<Format>], looks: &Looks) -> Layout {
    find(head, more, declared, Some(looks))
}

fn find(head: &[u8], more: &[&[u8]], declared: &[Arc<Format>], looks: Option<&Looks>) -> Layout {
    let lines = lines::sample(head, more);
    let told = looks.is_none();
    let tally = Tally::new(&lines, declared, looks);
    let mut formats = tally.kept();
    behind::add(&mut formats, &tally.starts);
    let json = learn_json(&tally, &formats);
    let with_levels = learn_levels(&tally, &formats);
    if with_levels.is_some() {
        formats.clear();
    }
    let mut reasons = if told {
        tally.reasons(&formats)
    } else {
        Vec::new()
    };
    let mut learned = with_levels.unwrap_or_else(|| learn_rest(&tally, &mut formats));
    learned.splice(0..0, json);
    let is_settled = learned.is_empty() && tally.reads_all(&formats);
    let basis = match (formats.is_empty(), learned.is_empty()) {
        (true, true) => return Layout::plain(reasons),
        (true, false) => Basis::Learned,
        (false, _) => Basis::Declared,
    };
    // What only has the stamp of a layout comes after all that have more.
    let bare: Vec<Arc<Format>> = formats.iter().filter_map(|f| f.bare()).collect();
    for format in learned {
        if told {
            let read = tally
                .starts
                .iter()
                .filter(|(_, line)| format.read(line).is_some());
            reasons.push(Reason {
                format: format.id.clone(),
                read: read.count(),
                of: tally.starts.len(),
                kept: true,
                failed: None,
            });
        }
        // A learned time is worth more than a declared format that sees none.
        let place = if format.is_json() { 0 } else { formats.len() };
        formats.insert(place, Arc::new(format));
    }
    behind::settle_clocks(&mut formats, &tally.starts);
    formats.extend(bare);
    Layout {
        formats,
        basis,
        reasons,
        is_settled,
        begun: None,
    }
}

/// Lines that are looked at for a level.
const LEVELS: usize = 64;

/// Learns a layout that sees levels where the kept formats see none although they know some: only their patterns for what has no
/// level fit then. It counts if it reads the same times in the same lines.
fn learn_levels(tally: &Tally<'_>, kept: &[Arc<Format>]) -> Option<Vec<Format>> {
    let may_miss = |f: &Arc<Format>| {
        f.is_stamped() && !f.is_json() && f.has_level() && f.missing_level().is_none()
    };
    if kept.is_empty() || !kept.iter().all(may_miss) {
        return None;
    }
    let read = |line: &[u8]| kept.iter().find_map(|format| format.read(line));
    let lines = tally.starts.iter().map(|(_, line)| *line);
    let mut sample = Vec::new();
    for line in lines.clone() {
        if let Some(fields) = read(line) {
            if fields.level.is_some() {
                return None;
            }
            sample.push((line, fields.time));
            if sample.len() == LEVELS {
                break;
            }
        }
    }
    if sample.len() < ENOUGH_FOR_LEVELS {
        return None;
    }
    let all: Vec<&[u8]> = lines.filter(|line| !is_object(line)).collect();
    let learned = learn::learn(&all, 0);
    let mut levels = 0;
    for (line, time) in &sample {
        let fields = learned.iter().find_map(|format| format.read(line))?;
        // It may see a zone, too.
        if fields.time != *time && !matches!(fields.time, Some(RawTime::Utc(_))) {
            return None;
        }
        levels += usize::from(fields.level.is_some());
    }
    (levels * 2 >= sample.len()).then_some(learned)
}

/// Fewer lines show no level that a layout has.
const ENOUGH_FOR_LEVELS: usize = 3;

/// Learns where JSON lines have their time, if the kept formats do not see it in most of them.
fn learn_json(tally: &Tally<'_>, kept: &[Arc<Format>]) -> Option<Format> {
    let objects: Vec<&[u8]> = tally
        .starts
        .iter()
        .map(|(_, line)| *line)
        .filter(|line| is_object(line))
        .collect();
    let timed = |line: &&&[u8]| {
        let mut times = kept.iter().filter_map(|f| f.read(line)?.time);
        times.next().is_some()
    };
    let blind = objects.iter().filter(timed).count() * 2 < objects.len();
    let most = objects.len() * 2 > tally.starts.len();
    (most && blind)
        .then(|| learn::json::learn(&objects))
        .flatten()
}

fn is_object(line: &[u8]) -> bool {
    line.trim_ascii_start().starts_with(b"{") && line.trim_ascii_end().ends_with(b"}")
}

/// Learns from the lines that no kept format reads. Formats without stamps give way to a layout that has them.
fn learn_rest(tally: &Tally<'_>, kept: &mut Vec<Arc<Format>>) -> Vec<Format> {
    let is_line = |line: &&[u8]| !is_object(line);
    if kept.iter().all(|format| !format.is_stamped()) {
        let starts = tally.starts.iter().map(|(_, line)| *line);
        let lines: Vec<&[u8]> = starts.filter(is_line).collect();
        let learned = learn::learn(&lines, 0);
        if !learned.is_empty() {
            kept.retain(|format| format.is_json());
        }
        return learned;
    }
    let rest: Vec<&[u8]> = tally.unread(kept).into_iter().filter(is_line).collect();
    learn::learn(&rest, tally.starts.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::format::tests::shipped;
    use crate::model::Level;

    fn layout(text: &str) -> Layout {
        let formats: Vec<Arc<Format>> = shipped().into_iter().map(Arc::new).collect();
        detect(text.as_bytes(), &[], &formats)
    }

    /// The numbers of the lines that start a record, from 1.
    fn starts(text: &str) -> Vec<usize> {
        let layout = layout(text);
        let read = (1..).zip(text.lines());
        read.filter(|(_, line)| layout.read(line.as_bytes()).is_some())
            .map(|(number, _)| number)
            .collect()
    }

    #[test]
    fn a_file_with_two_layouts_has_both() {
        let text = "2020-08-10 11:16:29.1234|ERROR|ComSocket|a\n\
                    2020-08-10 11:16:29.1234|INFO|ComSocket|b\n\
                    [2020-08-10 11:16:29.123] [info]  c\n\
                    [2020-08-10 11:16:30.123] [error] d\n";
        let layout = layout(text);
        assert_eq!(layout.basis, Basis::Declared);
        assert!(layout.name().contains("nlog") && layout.name().contains("electron-log"));
        assert_eq!(starts(text), [1, 2, 3, 4]);
    }

    #[test]
    fn a_declared_format_that_sees_no_level_gives_way_to_a_learned_one_that_does() {
        for between in [
            "[1b3d] [L]",
            "| 1B3D | L |",
            "(1B3D) L:",
            "Uhr - L -",
            "[tid 17] L",
        ] {
            let line = |second: u32, level: &str| {
                let between = between.replace('L', level);
                format!("10.08.2020 11:16:{second}.153 {between} something happened\n")
            };
            let words = ["Info", "Fehler", "Info", "Warnung", "Info", "Info"];
            let lines: Vec<String> = (10..).zip(words).map(|(s, w)| line(s, w)).collect();
            let layout = layout(&lines.concat());
            assert_eq!(layout.basis, Basis::Learned, "{between}");
            let (_, fields) = layout.read(lines[1].trim_end().as_bytes()).unwrap();
            assert_eq!(fields.level, Some(Level::Error), "{between}");
        }
        // Where nothing tells of a level, it stays.
        let plain = "10.08.2020 11:16:10 something happened\n".repeat(6);
        assert_eq!(layout(&plain).name(), "german");
    }

    #[test]
    fn an_exception_below_a_header_belongs_to_it() {
        let text = "[09:48:56 FTL] Unable to start Kestrel.\n\
                    System.IO.IOException: Failed to bind to address https://localhost:55564.\n \
                    ---> System.Net.Sockets.SocketException (10013): An attempt was made\n   \
                    at System.Net.Sockets.Socket.DoBind(EndPoint endPointSnapshot)\n\
                    [09:48:57 INF] Bye\n";
        assert_eq!(layout(text).name(), "serilog-console");
        assert_eq!(starts(text), [1, 5]);
    }

    #[test]
    fn without_any_layout_a_record_is_a_line_that_is_not_indented() {
        let text = "Client connected\n  at once\nSystem.IO.IOException: x\n{\n}\n\nbye\n";
        assert_eq!(layout(text).basis, Basis::Plain);
        assert_eq!(starts(text), [1, 7]);
    }

    #[test]
    fn two_line_console_records_start_at_their_headers() {
        let text = "info: Microsoft.Hosting.Lifetime[0]\n      Now listening on: http://127.0.0.1:5000\n\
                    crit: Microsoft.AspNetCore.Server.Kestrel[0]\n      Unable to start Kestrel.\n";
        assert_eq!(layout(text).name(), "mel-console");
        assert_eq!(starts(text), [1, 3]);
    }

    #[test]
    fn an_unknown_layout_is_learned_and_written_as_a_file_that_loads() {
        let text = "<1a2c> 10/Aug/2020 11-16-29.123 {Fehler} ComSocket: kaputt\n\
                    <1a2d> 10/Aug/2020 11-16-30.123 {Info} ComSocket: geht\n\
                    <1a2d> 10/Aug/2020 11-16-31.123 {Info} ComSocket: geht\n";
        let layout = layout(text);
        assert_eq!(layout.basis, Basis::Learned);
        let (index, fields) = layout
            .read(text.lines().next().unwrap().as_bytes())
            .unwrap();
        assert_eq!(fields.level, Some(Level::Error));
        let lines: Vec<&str> = text.lines().collect();
        let toml = layout.formats[index].to_toml(&lines);
        let loaded = crate::grammar::format::load("formats/own.toml", &toml);
        assert!(loaded.is_ok(), "{toml}\n{}", loaded.unwrap_err()[0]);
    }

    #[test]
    fn what_is_known_of_looks_changes_no_layout() {
        let formats: Vec<Arc<Format>> = shipped().into_iter().map(Arc::new).collect();
        let looks = Looks::default();
        for (number, one) in formats.iter().enumerate() {
            let other = &formats[(number * 7 + 3) % formats.len()];
            // Hundreds of lines of one format; every eleventh one is of the other.
            let mut lines: Vec<&str> = Vec::new();
            for line in 0..400 {
                let of = if line % 11 == 10 { other } else { one };
                lines.extend(
                    of.samples
                        .get(line % of.samples.len().max(1))
                        .map(String::as_str),
                );
            }
            let text = lines.join("\n");
            let told = detect(text.as_bytes(), &[], &formats);
            let quick = detect_only(text.as_bytes(), &[], &formats, &looks);
            assert_eq!(quick.name(), told.name(), "{} and {}", one.id, other.id);
            assert_eq!(quick.basis, told.basis, "{} and {}", one.id, other.id);
        }
    }

    #[test]
    fn the_order_of_the_formats_does_not_matter() {
        let mut formats: Vec<Arc<Format>> = shipped().into_iter().map(Arc::new).collect();
        let text = b"10 11:15:40.123 1a2c Info  ClientCDS  text\n10 11:15:41.123 1a2c Warn x\n";
        let there = detect(text, &[], &formats).name();
        formats.reverse();
        assert_eq!(detect(text, &[], &formats).name(), there);
        assert_eq!(there, "swyx-day");
    }

    #[test]
    fn a_line_is_explained_by_columns_and_by_what_the_losers_expected() {
        let text = "2020-08-10 11:16:29.1234|ERROR|ComSocket.Startup|Unable to start\n";
        let formats: Vec<Arc<Format>> = shipped().into_iter().map(Arc::new).collect();
        let told = layout(text).explain(text.trim_end().as_bytes(), &formats);
        assert_eq!(told.read_by.as_deref(), Some("nlog"));
        let names: Vec<&str> = told.columns.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["stamp", "logger", "message"]);
        let lost = told
            .lost
            .iter()
            .find(|l| l.format == "bracketed-level")
            .unwrap();
        assert_eq!((lost.column, lost.expected.as_str()), (25, "` [`"));
    }
}
