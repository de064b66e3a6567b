//! Loading a format file: TOML to checked parts, with every fault at its place.

use super::Fault;
use super::document::{At, Document, at};
use super::error::Proof;
use super::format::{Body, Format, Opening};
use super::format_json::JsonKeys;
use super::format_raw::{
    OneOrMany, RawDate, RawFormat, RawJson, RawKind, RawLevels, RawUnknown, RawZone,
};
use super::front::Digits;
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
    match load_parts(path, text, proof) {
        (Some(format), faults) if faults.is_empty() => Ok(format),
        (_, faults) => Err(faults),
    }
}

/// Loads one format file, with its faults; a format whose parts are sound and whose samples are not is there as well.
pub fn load_parts(path: &str, text: &str, proof: Proof) -> (Option<Format>, Vec<Fault>) {
    let (raw, file, faults): (RawFormat, _, _) = match super::error::read(path, text, proof) {
        Ok(read) => read,
        Err(faults) => return (None, faults),
    };
    let mut loader = Loader {
        path,
        file,
        faults,
        proof,
    };
    let format = loader.format(&raw);
    // What does not fit together cannot read a sample; the first faults say more.
    let format = format.filter(|_| loader.faults.is_empty());
    if proof == Proof::Needed {
        let of_form = super::format_proof::of_form(&raw, &loader.file);
        if let Some(format) = &format {
            let proofs = super::format_proof::run(format, &raw, &loader.file);
            loader.faults.extend(proofs);
        }
        loader.faults.extend(of_form);
    }
    (format, loader.faults)
}

struct Loader<'a> {
    path: &'a str,
    file: Document<'a>,
    faults: Vec<Fault>,
    proof: Proof,
}

impl Loader<'_> {
    fn format(&mut self, raw: &RawFormat) -> Option<Format> {
        let body = self.body(raw);
        let zone = self.zone(raw);
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
            clock: None,
            samples: raw.sample.iter().map(|s| s.line.clone()).collect(),
            opening: Opening::of(&body, &stamps),
            front: Digits::of(&body),
            body,
            stamps,
            levels,
            any_level: raw
                .level
                .as_ref()
                .is_some_and(|l| l.unknown == RawUnknown::Accept),
            missing_level,
            bare: super::format::Bare::default(),
        };
        if self.faults.is_empty() && format.is_stamped() == format.stamps.is_empty() {
            let place = match (&raw.stamp, &raw.line) {
                (Some(_), _) => at("stamp"),
                (None, Some(_)) => at("line").key("pattern"),
                (None, None) => at("json").key("time"),
            };
            self.about(
                &place,
                "the lines and `[stamp]` do not agree on whether there is a stamp",
                "`{stamp}` or `json.time` and `[stamp]` belong together",
            );
        }
        Some(format)
    }

    /// A fault at what it is about.
    fn about(&mut self, place: &At<'_>, message: impl Into<String>, help: impl Into<String>) {
        let fault = self.file.fault(place, message, help);
        self.faults.push(fault);
    }

    fn body(&mut self, raw: &RawFormat) -> Option<Body> {
        match (raw.kind, &raw.line, &raw.json) {
            (RawKind::Line, Some(line), None) => {
                let place = at("line").key("pattern");
                let programs = self.each(&line.pattern, &place, Program::compile);
                (!programs.is_empty()).then_some(Body::Line(programs))
            }
            (RawKind::Json, None, Some(json)) => {
                self.json(json);
                Some(Body::Json(JsonKeys::new(json)))
            }
            (kind, line, json) => {
                let (message, place) = match (kind, line.is_some(), json.is_some()) {
                    (RawKind::Line, _, true) => ("a format of lines has no `[json]`", at("json")),
                    (RawKind::Line, ..) => ("there is no `[line]`", At::top()),
                    (RawKind::Json, true, _) => ("a format of JSON has no `[line]`", at("line")),
                    (RawKind::Json, ..) => ("there is no `[json]`", at("kind")),
                };
                let help = "`kind = \"line\"` (which it is where nothing is said) has `[line]`, `kind = \"json\"` has `[json]`, and not both";
                self.about(&place, message, help);
                None
            }
        }
    }

    /// Keys that say nothing by themselves.
    fn json(&mut self, json: &RawJson) {
        if self.proof.is_trusted() {
            return;
        }
        let has_record =
            !json.message.is_empty() || !json.time.is_empty() && !json.level.is_empty();
        if !has_record {
            let message =
                "no line can be a record: neither a message nor a time with a level is named";
            let help = "name the key of the text: message = [\"message\"]";
            self.about(&at("json").key("message"), message, help);
        }
    }

    /// Whose clock the stamps show; where that was told to be wrong, the first that the layouts fit.
    fn zone(&self, raw: &RawFormat) -> ZoneSource {
        let Some(stamp) = &raw.stamp else {
            return ZoneSource::Local;
        };
        if !self.file.is_stand_in(&at("stamp").key("zone")) {
            return zone(stamp.zone);
        }
        let layouts = stamp.layout.clone().list();
        let fits = |zone: &ZoneSource| layouts.iter().all(|l| Stamp::compile(l, *zone).is_ok());
        let all = [ZoneSource::Local, ZoneSource::InText, ZoneSource::Utc];
        all.into_iter().find(fits).unwrap_or(ZoneSource::Local)
    }

    fn stamps(&mut self, raw: &RawFormat, zone: ZoneSource) -> Vec<Stamp> {
        let Some(stamp) = &raw.stamp else {
            return Vec::new();
        };
        // JSON stamps are often written by several hands: there a list may mix numbers with texts.
        let place = at("stamp").key("layout");
        self.each(&stamp.layout, &place, |layout| Stamp::compile(layout, zone))
    }

    /// Compiles each text of a list; what fails is a fault at its column.
    fn each<T>(
        &mut self,
        texts: &OneOrMany,
        place: &At<'_>,
        compile: impl Fn(&str) -> Result<T, Complaint>,
    ) -> Vec<T> {
        let mut done = Vec::new();
        let texts = texts.clone().list();
        for (index, text) in texts.iter().enumerate() {
            match compile(text) {
                Ok(value) => done.push(value),
                Err(Complaint { at, message, help }) => {
                    let fault = self.file.fault_in(&place.index(index), at, message, help);
                    self.faults.push(fault);
                }
            }
        }
        done
    }

    fn cycle(&mut self, raw: &RawFormat, stamps: &[Stamp]) -> Option<Cycle> {
        let cycle = stamps.first().and_then(Stamp::cycle);
        if let Some(odd) = stamps.iter().position(|stamp| stamp.cycle() != cycle) {
            self.about(
                &at("stamp").key("layout").index(odd),
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
        if !fits && !stamps.is_empty() {
            let message = "`date` does not fit the layout";
            self.about(&at("stamp").key("date"), message, help);
        }
        cycle
    }

    fn levels(&mut self, raw: Option<&RawLevels>, body: Option<&Body>) -> (Levels, Option<Level>) {
        let mut levels = Levels::default();
        let wanted = match body {
            Some(Body::Line(programs)) => programs.iter().any(|p| p.has(Field::Level)),
            Some(Body::Json(keys)) => keys.has_level(),
            None => false,
        };
        // The value of a key is all of the level; in a line a letter may be the start of a word.
        let usual = || match body {
            Some(Body::Json(_)) => Levels::usual().and_letters(),
            _ => Levels::usual(),
        };
        let Some(raw) = raw else {
            return (if wanted { usual() } else { levels }, None);
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
            for (index, word) in words.iter().enumerate() {
                named = true;
                if !levels.add(word, level) {
                    self.about(
                        &at("level").key(level.name()).index(index),
                        format!("`{word}` cannot be a word of level {}", level.name()),
                        "a word has one level and 1 to 16 bytes; case does not matter",
                    );
                }
            }
        }
        let says = named || raw.unknown == RawUnknown::Accept;
        if says && !wanted && body.is_some() && self.proof == Proof::Needed {
            self.about(
                &at("level"),
                "there are words of levels, and nothing reads a level",
                "add `{level:word}` to the pattern or `json.level`, or take the words out",
            );
        }
        (if named { levels } else { usual() }, raw.missing)
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
