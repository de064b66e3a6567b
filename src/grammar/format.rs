//! Trace layouts: `formats/*.toml` as checked types that read lines.
//!
//! A format is a pure function of one line. Learned layouts are built by [`Format::build`] too, so that both kinds run
//! through the same steps.

use std::borrow::Cow;

use super::Fault;
use super::format_json::JsonKeys;
use super::format_raw::{OneOrMany, RawDate, RawFormat, RawKind, RawLevels, RawUnknown, RawZone};
use crate::model::{Cycle, Level};
use crate::syntax::levels::Levels;
use crate::syntax::pattern::Field;
use crate::syntax::program::{Expected, Miss, Program, Tables};
use crate::syntax::stamp::{Stamp, ZoneSource};
use crate::syntax::{Complaint, Fields, shape};
use toml::Spanned;

/// One trace layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// The stem of its file.
    pub id: String,
    /// What it is.
    pub title: String,
    /// Where it is documented.
    pub reference: String,
    /// The period after which its stamps repeat; `None` if they have whole dates or there are none.
    pub cycle: Option<Cycle>,
    /// Whose clock its stamps show.
    pub zone: ZoneSource,
    /// Lines of it, from its file, without their expectations.
    pub samples: Vec<String>,
    body: Body,
    stamps: Vec<Stamp>,
    levels: Levels,
    any_level: bool,
    missing_level: Option<Level>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Body {
    Line(Vec<Program>),
    Json(JsonKeys),
}

/// The parts of a line format that was not read from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// Its id.
    pub id: String,
    /// What it is.
    pub title: String,
    /// Patterns, tried in order.
    pub patterns: Vec<String>,
    /// Stamp layouts, tried in order.
    pub layouts: Vec<String>,
    /// Whose clock the stamps show.
    pub zone: ZoneSource,
    /// Level words.
    pub levels: Levels,
}

impl Format {
    /// Builds a line format from its parts.
    pub fn build(parts: Parts) -> Result<Self, Complaint> {
        let programs = parts.patterns.iter().map(|p| Program::compile(p));
        let stamps = parts.layouts.iter();
        let stamps = stamps.map(|layout| Stamp::compile(layout, parts.zone));
        let stamps: Vec<Stamp> = stamps.collect::<Result<_, _>>()?;
        Ok(Self {
            id: parts.id,
            title: parts.title,
            reference: String::new(),
            cycle: stamps.first().and_then(Stamp::cycle),
            zone: parts.zone,
            samples: Vec::new(),
            body: Body::Line(programs.collect::<Result<_, _>>()?),
            stamps,
            levels: parts.levels,
            any_level: false,
            missing_level: None,
        })
    }

    /// Builds a JSON format with the usual keys and the time at this key (`time`, or `t.$date` one level down).
    pub fn build_json(parts: Parts, time: String) -> Result<Self, Complaint> {
        let format = Self::build(parts)?;
        Ok(Self {
            body: Body::Json(JsonKeys::learned(time)),
            any_level: true,
            ..format
        })
    }

    /// The same layout with nothing but its stamp: a line that carries the stamp at the same place is a record even if
    /// the other columns are not as they should be. `None` where that would skip words.
    pub fn bare(&self) -> Option<Self> {
        let Body::Line(programs) = &self.body else {
            return None;
        };
        let mut patterns: Vec<String> = programs.iter().filter_map(Program::bare).collect();
        patterns.sort();
        patterns.dedup();
        patterns.retain(|bare| programs.iter().all(|p| p.pattern() != bare));
        let programs: Result<Vec<Program>, _> =
            patterns.iter().map(|p| Program::compile(p)).collect();
        let programs = programs.ok().filter(|programs| !programs.is_empty())?;
        Some(Self {
            body: Body::Line(programs),
            ..self.clone()
        })
    }

    /// Reads one line, without its end of line. `None`: the line does not start a record of this format.
    #[inline]
    pub fn read(&self, line: &[u8]) -> Option<Fields> {
        self.attempt(line).ok()
    }

    /// Reads one line, and says where and why it failed if it did.
    #[inline]
    pub fn attempt(&self, line: &[u8]) -> Result<Fields, Miss<'_>> {
        let mut fields = match &self.body {
            Body::Line(programs) => self.attempt_programs(programs, line)?,
            Body::Json(keys) => keys.read(line, self.tables()).ok_or(Miss {
                at: 0,
                expected: Expected::Json,
            })?,
        };
        if fields.level.is_none() {
            fields.level = self.missing_level;
        }
        Ok(fields)
    }

    #[inline]
    fn attempt_programs<'a>(
        &'a self,
        programs: &'a [Program],
        line: &[u8],
    ) -> Result<Fields, Miss<'a>> {
        let mut furthest: Option<Miss<'_>> = None;
        for program in programs {
            match program.read(line, self.tables()) {
                // A stack frame must not become a record of a format that begins with any word.
                Ok(_) if shape::never_starts(line) => break,
                Ok(fields) => return Ok(fields),
                Err(miss) if furthest.is_none_or(|best| miss.at > best.at) => furthest = Some(miss),
                Err(_) => {}
            }
        }
        Err(furthest.unwrap_or(Miss {
            at: 0,
            expected: Expected::Start,
        }))
    }

    fn tables(&self) -> Tables<'_> {
        Tables {
            stamps: &self.stamps,
            levels: &self.levels,
            any_level: self.any_level,
        }
    }

    /// What rules see of a line: the line; for JSON its unescaped message, stack, and other members as `key: value`.
    pub fn text<'a>(&self, line: &'a [u8]) -> Cow<'a, [u8]> {
        match &self.body {
            Body::Line(_) => Cow::Borrowed(line),
            Body::Json(keys) => keys.text(line).map_or(Cow::Borrowed(line), Cow::Owned),
        }
    }

    /// The message of a line that this format has read, unescaped.
    pub fn message<'a>(&self, line: &'a [u8], fields: &Fields) -> Cow<'a, [u8]> {
        let message = fields.message.of(line);
        match &self.body {
            Body::Json(_) if message.contains(&b'\\') => {
                let mut out = Vec::with_capacity(message.len());
                crate::syntax::json::unescape(message, &mut out);
                Cow::Owned(out)
            }
            _ => Cow::Borrowed(message),
        }
    }

    /// True if its lines are JSON objects.
    pub const fn is_json(&self) -> bool {
        matches!(self.body, Body::Json(_))
    }

    /// True if its records carry stamps.
    pub fn is_stamped(&self) -> bool {
        match &self.body {
            Body::Line(programs) => programs.iter().any(Program::is_stamped),
            Body::Json(keys) => keys.is_stamped(),
        }
    }

    /// True if its records carry levels.
    pub fn has_level(&self) -> bool {
        match &self.body {
            Body::Line(programs) => programs.iter().any(|p| p.has(Field::Level)),
            Body::Json(_) => !self.levels.is_empty(),
        }
    }

    /// The stamp layouts, in the order of trial.
    pub fn stamps(&self) -> &[Stamp] {
        &self.stamps
    }

    /// The patterns, in the order of trial; none for JSON.
    pub fn patterns(&self) -> Vec<&str> {
        match &self.body {
            Body::Line(programs) => programs.iter().map(Program::pattern).collect(),
            Body::Json(_) => Vec::new(),
        }
    }

    /// The level words.
    pub const fn levels(&self) -> &Levels {
        &self.levels
    }
}

/// Loads one format file and runs its samples and rejects.
pub fn load(path: &str, text: &str) -> Result<Format, Vec<Fault>> {
    let raw: RawFormat =
        toml::from_str(text).map_err(|error| vec![Fault::of_toml(path, text, &error)])?;
    let mut loader = Loader {
        path,
        text,
        faults: Vec::new(),
    };
    let format = loader.format(&raw);
    if let Some(format) = &format {
        let proofs = super::format_proof::run(format, &raw, path, text);
        loader.faults.extend(proofs);
    }
    match format {
        Some(format) if loader.faults.is_empty() => Ok(format),
        _ => Err(loader.faults),
    }
}

struct Loader<'a> {
    path: &'a str,
    text: &'a str,
    faults: Vec<Fault>,
}

impl Loader<'_> {
    fn format(&mut self, raw: &RawFormat) -> Option<Format> {
        if raw.title.trim().is_empty() || raw.reference.trim().is_empty() {
            self.whole(
                "title or reference is empty",
                "say what the layout is and where it is documented",
            );
        }
        let body = self.body(raw);
        let zone = raw
            .stamp
            .as_ref()
            .map_or(ZoneSource::Local, |s| zone(s.zone));
        let stamps = self.stamps(raw, zone);
        let cycle = self.cycle(raw, &stamps);
        let (levels, missing_level) = self.levels(raw.level.as_ref(), body.as_ref());
        let format = Format {
            id: stem(self.path).to_owned(),
            title: raw.title.clone(),
            reference: raw.reference.clone(),
            cycle,
            zone,
            samples: raw
                .sample
                .iter()
                .map(|s| s.get_ref().line.clone())
                .collect(),
            body: body?,
            stamps,
            levels,
            any_level: raw
                .level
                .as_ref()
                .is_some_and(|l| l.unknown == RawUnknown::Accept),
            missing_level,
        };
        if format.is_stamped() != !format.stamps.is_empty() {
            self.whole(
                "the lines and `[stamp]` do not agree on whether there is a stamp",
                "`{stamp}` or `json.time` and `[stamp]` belong together",
            );
        }
        Some(format)
    }

    fn whole(&mut self, message: &str, help: &str) {
        self.faults.push(Fault::of_file(self.path, message, help));
    }

    fn body(&mut self, raw: &RawFormat) -> Option<Body> {
        match (raw.kind, &raw.line, &raw.json) {
            (RawKind::Line, Some(line), None) => {
                let programs = self.each(&line.pattern, Program::compile);
                (!programs.is_empty()).then_some(Body::Line(programs))
            }
            (RawKind::Json, None, Some(json)) => Some(Body::Json(JsonKeys::new(json))),
            _ => {
                self.whole(
                    "the kind and the tables do not fit together",
                    "`kind = \"line\"` has `[line]`, `kind = \"json\"` has `[json]`, and not both",
                );
                None
            }
        }
    }

    fn stamps(&mut self, raw: &RawFormat, zone: ZoneSource) -> Vec<Stamp> {
        let Some(stamp) = &raw.stamp else {
            return Vec::new();
        };
        // JSON stamps are often written by several hands: there a list may mix numbers with texts.
        self.each(&stamp.layout, |layout| Stamp::compile(layout, zone))
    }

    /// Compiles each text of a list; what fails is a fault at its column.
    fn each<T>(
        &mut self,
        texts: &Spanned<OneOrMany>,
        compile: impl Fn(&str) -> Result<T, Complaint>,
    ) -> Vec<T> {
        let mut done = Vec::new();
        for text in texts.get_ref().clone().list() {
            match compile(&text) {
                Ok(value) => done.push(value),
                Err(complaint) => {
                    let fault = self.complain(texts.span(), &text, complaint);
                    self.faults.push(fault);
                }
            }
        }
        done
    }

    /// A fault at the column of a text that stands literally somewhere in the span.
    fn complain(&self, span: std::ops::Range<usize>, text: &str, complaint: Complaint) -> Fault {
        let inside = self.text.get(span.clone()).unwrap_or_default();
        let start = span.start + inside.find(text).map_or(0, |at| at + complaint.at);
        let Complaint { message, help, .. } = complaint;
        Fault::at(self.path, self.text, start..start, message, help)
    }

    fn cycle(&mut self, raw: &RawFormat, stamps: &[Stamp]) -> Option<Cycle> {
        let cycle = stamps.first().and_then(Stamp::cycle);
        if stamps.iter().any(|stamp| stamp.cycle() != cycle) {
            self.whole(
                "the layouts of one format must have the same date parts",
                "make two formats of them",
            );
        }
        let date = raw.stamp.as_ref().map_or(RawDate::InText, |s| s.date);
        let (fits, help) = match cycle {
            None => (
                date == RawDate::InText,
                "`date = \"in_text\"`: the stamp has a whole date",
            ),
            Some(Cycle::Year) => (
                date == RawDate::YearInferred,
                "`date = \"year_inferred\"`: the stamp has no year",
            ),
            Some(_) => (
                date == RawDate::FileName,
                "`date = \"file_name\"`: the stamp has no whole date",
            ),
        };
        if !fits {
            self.whole("`date` does not fit the layout", help);
        }
        cycle
    }

    fn levels(&mut self, raw: Option<&RawLevels>, body: Option<&Body>) -> (Levels, Option<Level>) {
        let mut levels = Levels::default();
        let Some(raw) = raw else {
            let wanted = match body {
                Some(Body::Line(programs)) => programs.iter().any(|p| p.has(Field::Level)),
                Some(Body::Json(keys)) => keys.has_level(),
                None => false,
            };
            return (if wanted { Levels::usual() } else { levels }, None);
        };
        let lists = [
            (Level::Fatal, &raw.fatal),
            (Level::Error, &raw.error),
            (Level::Warn, &raw.warn),
            (Level::Info, &raw.info),
            (Level::Debug, &raw.debug),
            (Level::Trace, &raw.trace),
        ];
        let mut named = false;
        for (level, words) in lists {
            for word in words {
                named = true;
                if !levels.add(word, level) {
                    self.whole(
                        &format!("`{word}` cannot be a word of level {}", level.name()),
                        "a word has one level and 1 to 16 bytes; case does not matter",
                    );
                }
            }
        }
        let missing = raw.missing.as_deref().and_then(Level::from_name);
        if raw.missing.is_some() && missing.is_none() {
            self.whole(
                "`level.missing` is no level",
                "levels are fatal, error, warn, info, debug, trace",
            );
        }
        (if named { levels } else { Levels::usual() }, missing)
    }
}

const fn zone(raw: RawZone) -> ZoneSource {
    match raw {
        RawZone::InText => ZoneSource::InText,
        RawZone::Utc => ZoneSource::Utc,
        RawZone::Local => ZoneSource::Local,
    }
}

fn stem(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.strip_suffix(".toml").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All shipped formats; every fault fails the test.
    pub(crate) fn shipped() -> Vec<Format> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/grammars/formats");
        let mut formats = Vec::new();
        let mut report = String::new();
        let mut paths: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        paths.sort();
        for path in paths {
            let text = std::fs::read_to_string(&path).unwrap();
            match load(&path.to_string_lossy(), &text) {
                Ok(format) => formats.push(format),
                Err(faults) => faults.iter().for_each(|f| report += &format!("{f}\n")),
            }
        }
        assert!(report.is_empty(), "{report}");
        formats
    }

    #[test]
    fn every_shipped_format_reads_its_samples_and_refuses_its_rejects() {
        assert!(shipped().len() > 40);
    }
}
