//! What a thread knows of the frames of JSON lines: most lines of a trace have one that was seen before.

use std::sync::Arc;

use memchr::memmem::Finder;

use super::heads::{Credit, Header, other};
use super::table::{Table, hash};
use crate::grammar::format::Format;
use crate::grammar::frame::{Frame, Places, message_at, needle};
use crate::grammar::reader::LineReader;
use crate::model::Span;
use crate::syntax::stamp::Near;

/// Frames that are kept, and bytes of them.
const MOST: usize = 4096;
const MOST_BYTES: usize = 1 << 20;
/// Frames that differ in what stands behind the message only.
const MOST_OF_A_LEAD: usize = 16;
/// Starts of lines whose time comes first, of which there are as many as levels, mostly.
const MOST_STARTS: usize = 16;

/// Frames of the first format of one layout.
#[derive(Debug, Default)]
pub struct Frames {
    format: Option<Arc<Format>>,
    /// What stands before each message.
    needle: Option<Finder<'static>>,
    is_time_first: bool,
    /// What stands before the times, if they come first, and a frame that begins so. The last one found is the first.
    starts: Vec<(Box<[u8]>, u32)>,
    /// For each start of the line, as a byte, what stands between that, or the time behind it, and the message.
    leads: Table,
    /// For each lead the frames that have it: they differ in what stands behind.
    places: Vec<Vec<u32>>,
    all: Vec<Frame>,
    bytes: usize,
    /// The last stamp.
    near: Near,
    key: Vec<u8>,
    credit: Credit,
}

impl Frames {
    /// True if they are of this format.
    #[inline]
    pub fn is_of(&self, format: &Arc<Format>) -> bool {
        let own = self.format.as_ref();
        own.is_some_and(|own| Arc::ptr_eq(own, format))
    }

    /// Reads a line as the layout does, into this header; false if it starts no record. `format`: the layout's first one, which
    /// is of JSON lines.
    #[inline]
    pub fn read(
        &mut self,
        layout: &dyn LineReader,
        format: &Arc<Format>,
        line: &[u8],
        into: &mut Header,
    ) -> bool {
        if self.credit.is_out() {
            return other(layout, line, into);
        }
        if !self.is_of(format) {
            *self = Self {
                format: Some(format.clone()),
                ..Self::default()
            };
        }
        if line.first() != Some(&b'{') {
            return other(layout, line, into);
        }
        let known = self.known(format, line);
        if known.is_some() {
            self.credit.gain();
        }
        let read = known.or_else(|| self.learn(layout, line));
        if let Some(header) = read {
            *into = header;
        }
        read.is_some()
    }

    /// What rules see of a line, if its frame is known.
    #[inline]
    pub fn text(&self, header: &Header, line: &[u8], out: &mut Vec<u8>) -> bool {
        let frame = header.frame.and_then(|place| self.all.get(place as usize));
        if let Some(frame) = frame {
            out.clear();
            frame.text(header.message.of(line), out);
        }
        frame.is_some()
    }

    fn known(&mut self, format: &Format, line: &[u8]) -> Option<Header> {
        let needle = self.needle.as_ref()?;
        let message = needle.find(line)? + needle.needle().len();
        let (start, from, time) = if self.is_time_first {
            let start = self
                .starts
                .iter()
                .position(|(start, _)| line.starts_with(start))?;
            let own = &self.starts[start];
            let (from, number) = (own.0.len(), own.1);
            let end = self.all[number as usize].time_end(line, from)?;
            self.starts.swap(0, start);
            (number, end, Some(Span::new(from, end)))
        } else {
            (0, 0, None)
        };
        self.key.clear();
        self.key.extend(start.to_le_bytes());
        self.key.extend_from_slice(line.get(from..message)?);
        let lead = self.leads.get(hash(&self.key), &self.key)?;
        let message = message_at(line, message)?;
        let (place, places) = self.places[lead].iter().find_map(|place| {
            let places = self.all[*place as usize].places(line, time, message)?;
            Some((*place, places))
        })?;
        let Places { time, message } = places;
        let stamp = format.stamp_near(line, time.start as usize, &mut self.near);
        let (read, _) = stamp.filter(|(_, end)| *end == time.end as usize)?;
        Some(Header {
            format: 0,
            stamp: Some(time),
            time: Some(read),
            level: self.all[place as usize].level,
            message,
            head: None,
            frame: Some(place),
        })
    }

    #[cold]
    fn learn(&mut self, layout: &dyn LineReader, line: &[u8]) -> Option<Header> {
        let read = layout.read(line);
        let is_first = matches!(read, Some((0, _)));
        let format = self.format.clone().filter(|_| is_first);
        let frame = format.and_then(|format| format.frame(line));
        let header = read.map(Header::new);
        let place = frame
            .zip(header)
            .and_then(|(frame, header)| self.add(frame, line, header.message));
        self.credit.spend(place.is_some());
        Some(Header {
            frame: place,
            ..header?
        })
    }

    /// Adds a frame; `None` if it is of another kind than those that are known, or one too many.
    fn add(&mut self, frame: Frame, line: &[u8], message: Span) -> Option<u32> {
        let own = needle(line, message.start as usize)?;
        let known = self.needle.get_or_insert_with(|| own.clone());
        let is_like = known.needle() == own.needle()
            && known.find(line).map(|at| at + own.needle().len()) == Some(message.start as usize);
        if self.all.is_empty() {
            self.is_time_first = frame.is_time_first;
        }
        let is_full = self.all.len() >= MOST || self.bytes >= MOST_BYTES;
        if !is_like || is_full || frame.is_time_first != self.is_time_first {
            return None;
        }
        let place = self.all.len() as u32;
        let lead = self.lead(&frame, place)?;
        let (places, all) = (&mut self.places[lead], &self.all);
        let known = places.iter().find(|place| all[**place as usize] == frame);
        if let Some(known) = known {
            return Some(*known);
        }
        // What differs in every line is behind the message, and would be compared with all that came before.
        if places.len() >= MOST_OF_A_LEAD {
            return None;
        }
        places.push(place);
        self.bytes += frame.bytes();
        self.all.push(frame);
        Some(place)
    }

    /// The lead of a frame, which may be the next one that is kept: `place`.
    fn lead(&mut self, frame: &Frame, place: u32) -> Option<usize> {
        let start = if frame.is_time_first {
            let known = self
                .starts
                .iter()
                .find(|(start, _)| **start == *frame.start());
            match known {
                Some(known) => known.1,
                None if self.starts.len() >= MOST_STARTS => return None,
                None => {
                    self.starts.push((frame.start().into(), place));
                    place
                }
            }
        } else {
            0
        };
        let key = [&start.to_le_bytes(), frame.lead()].concat();
        let hash = hash(&key);
        Some(self.leads.get(hash, &key).unwrap_or_else(|| {
            self.leads.insert(hash, &key);
            self.places.push(Vec::new());
            self.places.len() - 1
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::detect;
    use crate::grammar::Catalog;
    use crate::grammar::catalog::Files;

    #[test]
    fn what_differs_behind_every_message_is_compared_with_few_others() {
        let catalog = Catalog::load(Files::new()).unwrap();
        let line = |number: usize, message: &str| {
            format!(
                r#"{{"level":30,"time":{},"pid":7,"hostname":"pc","msg":"{message}","id":{number}}}"#,
                1_597_017_601_298 + number
            )
        };
        let text: Vec<String> = (0..200).map(|number| line(number, "saved")).collect();
        let layout = detect(text.join("\n").as_bytes(), &[], &catalog.formats);
        let format = &layout.formats[0];
        assert!(format.is_json());
        let mut frames = Frames::default();
        for number in 0..1000 {
            let line = line(number, ["saved", ""][number % 2]);
            let mut header = Header::new((0, crate::syntax::Fields::default()));
            assert!(frames.read(&layout, format, line.as_bytes(), &mut header));
            let read = layout.read(line.as_bytes()).unwrap();
            assert_eq!((header.time, header.message), (read.1.time, read.1.message));
        }
        assert!(!frames.all.is_empty());
        assert!(frames.places.iter().all(|own| own.len() <= MOST_OF_A_LEAD));
    }
}
