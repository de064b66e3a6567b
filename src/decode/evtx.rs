//! Windows event logs (`.evtx`) as text: one event is one line of JSON, so that the line number is the running number of
//! the event in the file. The file is a header and chunks of 64 KiB that stand alone: a damaged one costs its own events.

use std::io::{self, Read};
use std::sync::Arc;

use ::evtx::{EvtxChunkData, EvtxRecord, ParserSettings};
use serde_json::{Map, Value};

use super::Meter;
use crate::model::Text;

const HEADER: usize = 4096;
const CHUNK: usize = 64 << 10;
const CHUNK_MAGIC: &[u8] = b"ElfChnk\0";
/// Longest message of one event.
const MOST_TEXT: usize = 64 << 10;

/// The text of an event log.
pub(super) struct EventLog<R> {
    reader: R,
    meter: Meter,
    settings: Arc<ParserSettings>,
    begun: bool,
    ended: bool,
    chunk: u64,
    ready: Vec<u8>,
    at: usize,
}

impl<R: Read> EventLog<R> {
    pub(super) fn new(reader: R, meter: Meter) -> Self {
        let settings = ParserSettings::new().num_threads(1);
        Self {
            reader,
            meter,
            settings: Arc::new(settings),
            begun: false,
            ended: false,
            chunk: 0,
            ready: Vec::new(),
            at: 0,
        }
    }

    /// Reads the next chunk; false at the end of the file.
    fn next(&mut self) -> io::Result<bool> {
        if !self.begun {
            self.begun = true;
            let mut header = Vec::new();
            (&mut self.reader)
                .take(HEADER as u64)
                .read_to_end(&mut header)?;
            self.meter.note(no_templates());
        }
        let mut data = Vec::with_capacity(CHUNK);
        (&mut self.reader)
            .take(CHUNK as u64)
            .read_to_end(&mut data)?;
        if data.is_empty() {
            return Ok(false);
        }
        self.chunk += 1;
        if data.len() < CHUNK {
            self.meter.lost(cut_short(self.chunk));
            data.resize(CHUNK, 0);
        }
        // Windows reserves chunks ahead: those are zeros.
        if data.iter().all(|b| *b == 0) {
            return Ok(true);
        }
        let broken = if data.starts_with(CHUNK_MAGIC) {
            self.events(data)
        } else {
            1
        };
        if broken > 0 {
            self.meter.lost(damaged(self.chunk));
        }
        Ok(true)
    }

    /// Writes the events of a chunk; how much of it could not be read.
    fn events(&mut self, data: Vec<u8>) -> u64 {
        let Ok(mut chunk) = EvtxChunkData::new(data, false) else {
            return 1;
        };
        let mut broken = u64::from(!chunk.validate_checksum());
        let Ok(mut parsed) = chunk.parse(Arc::clone(&self.settings)) else {
            return 1;
        };
        for record in parsed.iter() {
            match record.ok().and_then(line) {
                Some(line) => {
                    self.ready.extend_from_slice(line.as_bytes());
                    self.ready.push(b'\n');
                }
                None => broken += 1,
            }
        }
        broken
    }
}

impl<R: Read> Read for EventLog<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.at == self.ready.len() && !self.ended {
            self.ready.clear();
            self.at = 0;
            self.ended = !self.next()?;
        }
        let count = buf.len().min(self.ready.len() - self.at);
        buf[..count].copy_from_slice(&self.ready[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

/// One event as a line of JSON.
fn line(record: EvtxRecord<'_>) -> Option<String> {
    let id = record.event_record_id;
    let written = record.timestamp.to_string();
    let json = record.into_json_value().ok()?.data;
    let event = json.get("Event")?;
    let system = event.get("System")?;
    let attribute = |of: &str, name: &str| text(&system[of]["#attributes"][name]);
    let number = |of: &str| {
        let value = &system[of];
        let value = value.get("#text").unwrap_or(value);
        text(value).parse::<u64>().unwrap_or_default()
    };
    let time = attribute("TimeCreated", "SystemTime");
    let time = if time.is_empty() { written } else { time };
    let level = match number("Level") {
        1 => "Critical",
        2 => "Error",
        3 => "Warning",
        5 => "Verbose",
        _ => "Information",
    };
    let mut message = String::new();
    for part in ["EventData", "UserData"] {
        if let Some(data) = event.get(part) {
            words(data, "", &mut message);
        }
    }
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| out.insert(key.to_owned(), value);
    put("time", time.into());
    put("level", level.into());
    put("provider", attribute("Provider", "Name").into());
    put("event_id", number("EventID").into());
    put("record_id", id.into());
    put("channel", text(&system["Channel"]).into());
    put("computer", text(&system["Computer"]).into());
    put("message", message.into());
    serde_json::to_string(&Value::Object(out)).ok()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// All texts of the event's data: what has a name of its own as `name=value`.
fn words(value: &Value, name: &str, out: &mut String) {
    match value {
        Value::Object(all) => {
            for (key, value) in all
                .iter()
                .filter(|(key, _)| *key != "#attributes" && *key != "Binary")
            {
                words(value, key, out);
            }
        }
        Value::Array(all) => all.iter().for_each(|value| words(value, name, out)),
        Value::Null => {}
        value if out.len() < MOST_TEXT => {
            if !out.is_empty() {
                out.push(' ');
            }
            if !matches!(name, "" | "Data" | "#text" | "Param" | "param") {
                out.push_str(name);
                out.push('=');
            }
            out.push_str(text(value).trim());
        }
        _ => {}
    }
}

fn no_templates() -> Text {
    Text::new(
        "a Windows event log: the sentences of its events stand in DLLs of that PC, so only their parameters are shown; \
         a line is one event",
        "ein Windows-Ereignisprotokoll: Die Sätze der Ereignisse stehen in DLLs jenes PCs, gezeigt werden nur deren Parameter; \
         eine Zeile ist ein Ereignis",
    )
}

fn damaged(chunk: u64) -> Text {
    Text::new(
        format!("part {chunk} of the event log is damaged; what could be read of it is used"),
        format!(
            "Teil {chunk} des Ereignisprotokolls ist beschädigt; was davon lesbar war, wird verwendet"
        ),
    )
}

fn cut_short(chunk: u64) -> Text {
    Text::new(
        format!("the event log breaks off in its part {chunk}"),
        format!("das Ereignisprotokoll bricht in Teil {chunk} ab"),
    )
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    struct Chunk(Vec<u8>);

    impl Chunk {
        fn utf16(&mut self, text: &str) {
            for unit in text.encode_utf16() {
                self.0.extend(unit.to_le_bytes());
            }
        }

        /// A name that stands where it is used: its place, the link, the hash, the length, the letters, a zero.
        fn name(&mut self, name: &str) {
            let here = self.0.len() as u32 + 4;
            self.0.extend(here.to_le_bytes());
            self.0.extend([0; 6]);
            self.0.extend((name.len() as u16).to_le_bytes());
            self.utf16(name);
            self.0.extend([0; 2]);
        }

        fn value(&mut self, text: &str) {
            self.0.extend([0x05, 0x01]);
            self.0
                .extend((text.encode_utf16().count() as u16).to_le_bytes());
            self.utf16(text);
        }

        fn element(
            &mut self,
            name: &str,
            attribute: Option<(&str, &str)>,
            inside: &dyn Fn(&mut Self),
        ) {
            self.0.push(if attribute.is_some() { 0x41 } else { 0x01 });
            let size = self.0.len();
            self.0.extend([0; 4]);
            self.name(name);
            if let Some((key, value)) = attribute {
                let list = self.0.len();
                self.0.extend([0; 4]);
                self.0.push(0x06);
                self.name(key);
                self.value(value);
                self.patch(list);
            }
            self.0.push(0x02);
            inside(self);
            self.0.push(0x04);
            self.patch(size);
        }

        /// Writes the length of what follows.
        fn patch(&mut self, at: usize) {
            let length = (self.0.len() - at - 4) as u32;
            self.0[at..at + 4].copy_from_slice(&length.to_le_bytes());
        }
    }

    /// An event log of one chunk for each list of events: level, provider, text.
    pub fn file(chunks: &[&[(&str, &str, &str)]]) -> Vec<u8> {
        let mut out = vec![0; HEADER];
        out[..8].copy_from_slice(b"ElfFile\0");
        let mut id = 0_u64;
        for events in chunks {
            let mut chunk = Chunk(vec![0; 512]);
            let first = id + 1;
            let mut last_at = 0;
            for (level, provider, message) in *events {
                id += 1;
                last_at = chunk.0.len() as u32;
                let start = chunk.0.len();
                chunk.0.extend(b"\x2a\x2a\0\0");
                chunk.0.extend([0; 4]);
                chunk.0.extend(id.to_le_bytes());
                // 2020-08-10 09:15:57 UTC, in hundreds of nanoseconds since 1601.
                chunk.0.extend(132_415_389_570_000_000_u64.to_le_bytes());
                chunk.0.extend([0x0f, 1, 1, 0]);
                chunk.element("Event", None, &|c| {
                    c.element("System", None, &|c| {
                        c.element("Provider", Some(("Name", provider)), &|_| {});
                        c.element("EventID", None, &|c| c.value("1000"));
                        c.element("Level", None, &|c| c.value(level));
                        c.element(
                            "TimeCreated",
                            Some(("SystemTime", "2020-08-10T09:15:57.123Z")),
                            &|_| {},
                        );
                        c.element("Channel", None, &|c| c.value("Application"));
                        c.element("Computer", None, &|c| c.value("PC17"));
                    });
                    c.element("EventData", None, &|c| {
                        c.element("Data", None, &|c| c.value(message));
                    });
                });
                chunk.0.push(0);
                chunk.0.extend([0; 4]);
                let size = (chunk.0.len() - start) as u32;
                let end = chunk.0.len();
                chunk.0[start + 4..start + 8].copy_from_slice(&size.to_le_bytes());
                chunk.0[end - 4..].copy_from_slice(&size.to_le_bytes());
            }
            let free = chunk.0.len() as u32;
            chunk.0.resize(CHUNK, 0);
            let head = &mut chunk.0;
            head[..8].copy_from_slice(CHUNK_MAGIC);
            for (at, value) in [(8, first), (16, id), (24, first), (32, id)] {
                head[at..at + 8].copy_from_slice(&value.to_le_bytes());
            }
            // The last flag says that there are no check sums.
            for (at, value) in [(40, 128), (44, last_at), (48, free), (120, 4)] {
                head[at..at + 4].copy_from_slice(&u32::to_le_bytes(value));
            }
            out.extend_from_slice(&chunk.0);
        }
        out
    }

    fn read(bytes: &[u8]) -> (String, Meter) {
        let meter = Meter::new("x.evtx");
        let mut text = String::new();
        let mut log = EventLog::new(bytes, meter.clone());
        log.read_to_string(&mut text).expect("text");
        (text, meter)
    }

    #[test]
    fn an_event_is_a_line_with_time_level_provider_and_text() {
        let bytes = file(&[&[("2", "ComSocket", "Failed to bind"), ("4", "X", "Größe")]]);
        let (text, meter) = read(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            r#"{"time":"2020-08-10T09:15:57.123Z","level":"Error","provider":"ComSocket","event_id":1000,"record_id":1,"channel":"Application","computer":"PC17","message":"Failed to bind"}"#
        );
        assert!(lines[1].contains("Größe"), "{text}");
        assert_eq!(lines.len(), 2);
        assert!(
            meter.problems().iter().all(|p| !p.lossy),
            "{:?}",
            meter.problems()
        );
    }

    #[test]
    fn a_damaged_chunk_costs_its_own_events_and_is_said() {
        let one: &[(&str, &str, &str)] = &[("2", "A", "one")];
        let mut bytes = file(&[one, &[("2", "B", "two")], &[("2", "C", "three")]]);
        bytes[HEADER + CHUNK..HEADER + CHUNK + 600].fill(0xee);
        let (text, meter) = read(&bytes);
        assert!(
            text.contains("one") && text.contains("three") && !text.contains("two"),
            "{text}"
        );
        let lost: Vec<_> = meter.problems().into_iter().filter(|p| p.lossy).collect();
        assert_eq!(lost.len(), 1, "{lost:?}");
        let (text, meter) = read(&bytes[..HEADER + 1000]);
        assert!(meter.problems().iter().any(|p| p.lossy), "{text}");
    }

    proptest::proptest! {
        #[test]
        fn no_event_log_is_too_odd(at in 0..(CHUNK + 4096), with in proptest::prelude::any::<[u8; 8]>()) {
            let mut bytes = file(&[&[("2", "A", "one"), ("3", "B", "two")]]);
            let end = (at + 8).min(bytes.len());
            bytes[at..end].copy_from_slice(&with[..end - at]);
            let _ = read(&bytes);
        }
    }
}
