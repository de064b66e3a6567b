//! Loading a format file: TOML to checked parts, with every fault at its place.

use toml::Spanned;

use super::Fault;
use super::error::Proof;
use super::format::{Body, Format, Opening};
use super::format_json::JsonKeys;
use super::format_raw::{OneOrMany, RawDate, RawFormat, RawKind, RawLevels, RawUnknown, RawZone};
use crate::model::{Cycle, Level};
use crate::syntax::Complaint;
use crate::syntax::levels::Levels;
use crate::syntax::pattern::Field;
use crate::syntax::program::Program;
use crate::syntax::stamp::{Stamp, ZoneSource};

/// Loads one format file and runs its samples and rejects.
///
/// # Errors
///
/// All faults of the file.
pub fn load(path: &str, text: &str) -> Result<Format, Vec<Fault>> {
    load_with(path, text, Proof::Needed)
}

/// Loads one format file; runs its samples and rejects where a proof is needed.
///
/// # Errors
///
/// All faults of the file.
pub fn load_with(path: &str, text: &str, proof: Proof) -> Result<Format, Vec<Fault>> {
    let raw: RawFormat = super::error::parse(path, text)?;
    let mut loader = Loader {
        path,
        text,
        faults: Vec::new(),
    };
    let format = loader.format(&raw);
    // What does not fit together cannot read a sample; the first fault says more.
    let whole = loader.faults.is_empty() && proof == Proof::Needed;
    if let Some(format) = format.as_ref().filter(|_| whole) {
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
            self.about(
                "title",
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
        let body = body?;
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
            opening: Opening::of(&body, &stamps),
            body,
            stamps,
            levels,
            any_level: raw
                .level
                .as_ref()
                .is_some_and(|l| l.unknown == RawUnknown::Accept),
            missing_level,
        };
        if self.faults.is_empty() && format.is_stamped() == format.stamps.is_empty() {
            self.about(
                "[stamp]",
                "the lines and `[stamp]` do not agree on whether there is a stamp",
                "`{stamp}` or `json.time` and `[stamp]` belong together",
            );
        }
        Some(format)
    }

    /// A fault at the key or value that it is about.
    fn about(&mut self, what: &str, message: &str, help: &str) {
        let fault = Fault::near(self.path, self.text, what, message, help);
        self.faults.push(fault);
    }

    fn body(&mut self, raw: &RawFormat) -> Option<Body> {
        match (raw.kind, &raw.line, &raw.json) {
            (RawKind::Line, Some(line), None) => {
                let programs = self.each(&line.pattern, Program::compile);
                (!programs.is_empty()).then_some(Body::Line(programs))
            }
            (RawKind::Json, None, Some(json)) => Some(Body::Json(JsonKeys::new(json))),
            _ => {
                self.about(
                    "kind",
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
            self.about(
                "layout",
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
            self.about("date", "`date` does not fit the layout", help);
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
                    self.about(
                        word,
                        &format!("`{word}` cannot be a word of level {}", level.name()),
                        "a word has one level and 1 to 16 bytes; case does not matter",
                    );
                }
            }
        }
        let missing = raw.missing.as_deref().and_then(Level::from_name);
        if raw.missing.is_some() && missing.is_none() {
            self.about(
                "missing",
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
