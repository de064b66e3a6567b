//! A format as a ready `formats/*.toml`: what was learned from one source can be kept, corrected and tested.

use std::fmt::Write as _;

use super::format::{Body, Format};
use super::format_proof::show;
use crate::model::{Cycle, Level};
use crate::syntax::{Fields, shape};

/// Samples that are written.
const SAMPLES: usize = 5;
/// A line that no layout reads.
const FRAME: &str = "   at System.Net.Sockets.Socket.DoBind(EndPoint endPointSnapshot)";

impl Format {
    /// The format as a file with those of the lines as samples that it reads, if `load` accepts it as it stands.
    ///
    /// # Errors
    /// Why no file can be made of it.
    pub fn to_file(&self, lines: &[&str]) -> Result<String, String> {
        let text = self.to_toml(lines);
        if !text.contains("\n[[sample]]\n") {
            return Err("none of its lines holds a text and all that a file must name".to_owned());
        }
        match super::format::load("learned.toml", &text) {
            Ok(_) => Ok(text),
            Err(faults) => Err(faults
                .first()
                .map_or_else(String::new, |f| f.message.clone())),
        }
    }

    /// The format as a file, with those of the lines as samples that it reads.
    pub fn to_toml(&self, lines: &[&str]) -> String {
        let mut out = String::new();
        let reference = if self.reference.is_empty() {
            "learned by swyxtrace explain"
        } else {
            &self.reference
        };
        line(&mut out, "title", &quoted(&self.title));
        line(&mut out, "reference", &quoted(reference));
        if let Some(keys) = self.json_keys() {
            out += "kind = \"json\"\n\n[json]\n";
            for (name, keys) in keys {
                if !keys.is_empty() {
                    line(&mut out, name, &list(keys.iter().map(String::as_str)));
                }
            }
        } else {
            out += "\n[line]\n";
            line(&mut out, "pattern", &list(self.patterns()));
        }
        self.write_stamp(&mut out);
        self.write_levels(&mut out);
        // What was learned bears with more than a file does.
        let strict = self.strict();
        let mut written: Vec<&str> = Vec::new();
        for sample in lines.iter().copied().filter(|l| strict.is_sample(l)) {
            if written.len() == SAMPLES || written.contains(&sample) {
                continue;
            }
            written.push(sample);
            if let Some(fields) = strict.read(sample.as_bytes()) {
                self.write_sample(&mut out, sample, &fields);
            }
        }
        out += "\n[[reject]]\n";
        line(&mut out, "line", &quoted(FRAME));
        line(
            &mut out,
            "why",
            "\"a stack frame belongs to the record above it\"",
        );
        out
    }

    fn strict(&self) -> Self {
        let mut strict = self.clone();
        if let Body::Json(keys) = &self.body {
            strict.body = Body::Json(keys.strict());
        }
        strict
    }

    fn is_sample(&self, text: &str) -> bool {
        !text.trim().is_empty()
            && !shape::never_starts(text.as_bytes())
            && self.read(text.as_bytes()).is_some()
    }

    fn write_stamp(&self, out: &mut String) {
        if self.stamps().is_empty() {
            return;
        }
        *out += "\n[stamp]\n";
        line(
            out,
            "layout",
            &list(
                self.stamps()
                    .iter()
                    .map(crate::syntax::stamp::Stamp::layout),
            ),
        );
        line(out, "zone", &quoted(self.zone.name()));
        let date = match self.cycle {
            None => "in_text",
            Some(Cycle::Year) => "year_inferred",
            Some(_) => "file_name",
        };
        line(out, "date", &quoted(date));
    }

    fn write_levels(&self, out: &mut String) {
        if !self.has_level() {
            return;
        }
        *out += "\n[level]\n";
        if self.accepts_any_level() {
            line(out, "unknown", "\"accept\"");
        }
        if let Some(level) = self.missing_level() {
            line(out, "missing", &quoted(level.name()));
        }
        for level in Level::ALL.into_iter().rev() {
            let words: Vec<String> = self.levels().words(level).collect();
            if !words.is_empty() {
                line(out, level.name(), &list(words.iter().map(String::as_str)));
            }
        }
    }

    fn write_sample(&self, out: &mut String, text: &str, fields: &Fields) {
        let bytes = text.as_bytes();
        let of = |span: crate::model::Span| String::from_utf8_lossy(span.of(bytes)).into_owned();
        let message = self.message(bytes, fields);
        let expected = [
            ("time", fields.time.map(|time| show(time, self.cycle))),
            ("level", fields.level.map(|level| level.name().to_owned())),
            ("logger", fields.logger.map(of)),
            ("thread", fields.thread.map(of)),
            (
                "message",
                Some(String::from_utf8_lossy(&message).into_owned()),
            ),
        ];
        let expected: Vec<String> = expected
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} = {}", quoted(&value?))))
            .collect();
        *out += "\n[[sample]]\n";
        line(out, "line", &quoted(text));
        line(out, "expect", &format!("{{ {} }}", expected.join(", ")));
    }
}

fn line(out: &mut String, key: &str, value: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{key} = {value}");
}

/// A text as TOML writes it best: literally where it can.
fn quoted(text: &str) -> String {
    let plain = !text.contains('\'') && text.chars().all(|c| is_plain(c) || c == '\t');
    if plain && text.contains(['"', '\\']) {
        return format!("'{text}'");
    }
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            '\t' => out.push_str("\\t"),
            letter if !is_plain(letter) => {
                let _ = match u32::from(letter) {
                    code @ 0..=0xffff => write!(out, "\\u{code:04X}"),
                    code => write!(out, "\\U{code:08X}"),
                };
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// True for what may stand in a file as it is: an eye sees it, no terminal obeys it, and it looks like nothing else.
fn is_plain(letter: char) -> bool {
    matches!(letter, ' '..='~' | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{24f}')
        || "–—‘’‚“”„•…€→".contains(letter)
}

/// One text, or a list.
fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut all: Vec<String> = Vec::new();
    for text in texts.into_iter().map(quoted) {
        if !all.contains(&text) {
            all.push(text);
        }
    }
    let texts = all;
    if texts.iter().map(String::len).sum::<usize>() < 70 {
        return format!("[{}]", texts.join(", "));
    }
    format!("[\n    {},\n]", texts.join(",\n    "))
}

#[cfg(test)]
mod tests {
    use super::super::format::{load, tests::shipped};
    use super::*;

    #[test]
    fn every_shipped_format_survives_being_written_and_loaded() {
        for format in shipped() {
            let samples: Vec<&str> = format.samples.iter().map(String::as_str).collect();
            let text = format.to_toml(&samples);
            let again = load(&format!("{}.toml", format.id), &text);
            let again = again.unwrap_or_else(|faults| panic!("{text}\n{}", faults[0]));
            assert_eq!(again.stamps(), format.stamps(), "{}", format.id);
            assert_eq!(again.patterns(), format.patterns(), "{}", format.id);
        }
    }

    #[test]
    fn quoting_keeps_control_characters() {
        assert_eq!(quoted("a\u{1b}[0m'"), "\"a\\u001B[0m'\"");
        assert_eq!(quoted(r#"until("|")"#), r#"'until("|")'"#);
    }
}
