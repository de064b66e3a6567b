//! Trace layouts: `formats/*.toml` as checked types that read lines.
//!
//! A format is a pure function of one line. Learned layouts are built by [`Format::build`] too, so that both kinds run
//! through the same steps.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use super::format_json::JsonKeys;
pub use super::format_json::{LEVEL, LearnedKeys, MESSAGE};
pub use super::format_load::{load, load_parts, load_with};
use super::front::Digits;
use crate::model::{Cycle, Level};
use crate::syntax::levels::Levels;
use crate::syntax::look::FormatLook;
use crate::syntax::pattern::Field;
use crate::syntax::program::{Expected, Memo, Miss, Program, Tables};
use crate::syntax::stamp::{Stamp, ZoneSource};
use crate::syntax::{Complaint, Fields, shape};

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
    /// Where stamps without a whole date have a zone: minutes east of Greenwich. It follows from a source's lines.
    pub clock: Option<i32>,
    /// Lines of it, from its file, without their expectations.
    pub samples: Vec<String>,
    pub(super) body: Body,
    /// The first bytes of its lines: most lines that are not of this format fail here.
    pub(super) opening: Opening,
    /// Which digits before its stamps tell nothing.
    pub(super) front: Digits,
    pub(super) stamps: Vec<Stamp>,
    pub(super) levels: Levels,
    pub(super) any_level: bool,
    pub(super) missing_level: Option<Level>,
    pub(super) bare: Bare,
}

/// What [`Format::bare`] has made of a format. It follows from the rest, so that all are equal.
#[derive(Debug, Clone, Default)]
pub(super) struct Bare(OnceLock<Option<Arc<Format>>>);

impl PartialEq for Bare {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Bare {}

/// A set of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opening([u64; 4]);

impl Opening {
    /// The bytes with which a line of the body may begin.
    pub(super) fn of(body: &Body, stamps: &[Stamp]) -> Self {
        let mut opening = Self([0; 4]);
        let Body::Line(programs) = body else {
            return Self([u64::MAX; 4]);
        };
        for program in programs {
            let Some(bytes) = program.first_bytes(stamps) else {
                return Self([u64::MAX; 4]);
            };
            for byte in bytes {
                opening.0[usize::from(byte / 64)] |= 1 << (byte % 64);
            }
        }
        opening
    }

    /// True if a line that begins with this byte may be of the format. An empty line has no byte and may be.
    #[inline]
    fn allows(self, line: &[u8]) -> bool {
        line.first()
            .is_none_or(|&byte| self.0[usize::from(byte / 64)] >> (byte % 64) & 1 == 1)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
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
    ///
    /// # Errors
    ///
    /// The first pattern or layout that is wrong.
    pub fn build(parts: Parts) -> Result<Self, Complaint> {
        let programs = parts.patterns.iter().map(|p| Program::compile(p));
        let stamps = parts.layouts.iter();
        let stamps = stamps.map(|layout| Stamp::compile(layout, parts.zone));
        let stamps: Vec<Stamp> = stamps.collect::<Result<_, _>>()?;
        let body = Body::Line(programs.collect::<Result<_, _>>()?);
        Ok(Self {
            id: parts.id,
            title: parts.title,
            reference: String::new(),
            cycle: stamps.first().and_then(Stamp::cycle),
            zone: parts.zone,
            clock: None,
            samples: Vec::new(),
            opening: Opening::of(&body, &stamps),
            front: Digits::of(&body),
            body,
            stamps,
            levels: parts.levels,
            any_level: false,
            missing_level: None,
            bare: Bare::default(),
        })
    }

    /// Builds a JSON format with the usual keys and those that were learned.
    ///
    /// # Errors
    ///
    /// The first layout that is wrong.
    pub fn build_json(parts: Parts, keys: LearnedKeys) -> Result<Self, Complaint> {
        let format = Self::build(parts)?;
        let body = Body::Json(JsonKeys::learned(keys));
        Ok(Self {
            opening: Opening::of(&body, &format.stamps),
            front: Digits::of(&body),
            body,
            any_level: true,
            ..format
        })
    }

    /// The same layout with nothing but its stamp: a line that carries the stamp at the same place is a record even if
    /// the other columns are not as they should be. `None` where that would skip words. It is made once.
    pub fn bare(&self) -> Option<Arc<Self>> {
        self.bare.0.get_or_init(|| self.without_columns()).clone()
    }

    /// The same with other layouts of its stamp; `None` where one of them is wrong, or there is none.
    pub fn with_layouts(&self, layouts: &[String], zone: ZoneSource) -> Option<Self> {
        let stamps = layouts.iter().map(|layout| Stamp::compile(layout, zone));
        let stamps: Vec<Stamp> = stamps.collect::<Result<_, _>>().ok()?;
        let first = stamps.first()?;
        Some(Self {
            cycle: first.cycle(),
            zone,
            opening: Opening::of(&self.body, &stamps),
            stamps,
            bare: Bare::default(),
            ..self.clone()
        })
    }

    fn without_columns(&self) -> Option<Arc<Self>> {
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
        let body = Body::Line(programs);
        Some(Arc::new(Self {
            opening: Opening::of(&body, &self.stamps),
            front: Digits::of(&body),
            body,
            ..self.clone()
        }))
    }

    /// False if no line of this format begins so.
    #[inline]
    pub(crate) fn may_begin(&self, line: &[u8]) -> bool {
        self.opening.allows(line)
    }

    /// Reads one line, without its end of line. `None`: the line does not start a record of this format.
    #[inline]
    pub fn read(&self, line: &[u8]) -> Option<Fields> {
        if !self.opening.allows(line) {
            return None;
        }
        self.attempt(line).ok()
    }

    /// Reads one line, and says where and why it failed if it did.
    ///
    /// # Errors
    ///
    /// The furthest place at which a pattern lost the line.
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
        let mut furthest: Option<Miss<'a>> = None;
        let memo = Memo::default();
        for program in programs {
            match program.read(line, self.tables(), &memo) {
                // A stack frame must not become a record of a format that begins with any word.
                Ok(_) if program.is_loose() && shape::never_starts(line) => break,
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

    pub(super) fn tables(&self) -> Tables<'_> {
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

    /// What its lines look like.
    pub fn look(&self) -> FormatLook {
        match &self.body {
            Body::Line(programs) => {
                FormatLook::of(programs.iter().map(Program::steps), &self.stamps)
            }
            Body::Json(_) => FormatLook::Json,
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

    /// The keys of a JSON format, by what they hold.
    pub(super) fn json_keys(&self) -> Option<[(&'static str, &[String]); 7]> {
        match &self.body {
            Body::Line(_) => None,
            Body::Json(keys) => Some(keys.lists()),
        }
    }

    /// True if a word that is in no level table means "no level".
    pub const fn accepts_any_level(&self) -> bool {
        self.any_level
    }

    /// The level of records that have none.
    pub const fn missing_level(&self) -> Option<Level> {
        self.missing_level
    }

    /// The level words.
    pub const fn levels(&self) -> &Levels {
        &self.levels
    }
}

#[cfg(test)]
pub(crate) mod tests {
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
                Err(faults) => report.extend(faults.iter().map(|f| format!("{f}\n"))),
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
