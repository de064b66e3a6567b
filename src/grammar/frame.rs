//! Frames of JSON lines: all of a line but its time and its message.
//!
//! A trace has few of them. A line that has the frame of another one reads the same, but for these two: no quote stands in
//! a text but behind a backslash, so where the message begins and ends is seen without a walk through the whole.

use memchr::memmem;

use super::format::{Body, Format};
use crate::model::{Level, Span};
use crate::syntax::json;

/// Longest frame, in bytes.
const LONGEST: usize = 1024;
/// Times and messages that a frame is tried with before it is believed.
const PROBES: [&str; 2] = ["x", "a longer message, with an escaped \\\" and \\u00e4"];

/// What is known of lines that have this frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What stands before the first of time and message, between both, and behind the second.
    parts: [Box<[u8]>; 3],
    /// Whether the time comes first.
    pub is_time_first: bool,
    /// True if the time is a text; else it is digits.
    is_text: bool,
    /// The level of such lines.
    pub level: Option<Level>,
    /// What rules see behind the message.
    rest: Box<[u8]>,
}

/// Where a line's time and its message stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    /// The time.
    pub time: Span,
    /// The message, between its quotes.
    pub message: Span,
}

impl Frame {
    /// What stands before the first of time and message.
    pub fn start(&self) -> &[u8] {
        &self.parts[0]
    }

    /// What stands between the start, or the time behind it, and the message.
    pub fn lead(&self) -> &[u8] {
        &self.parts[usize::from(self.is_time_first)]
    }

    /// Bytes of all parts.
    pub fn bytes(&self) -> usize {
        self.parts.iter().map(|part| part.len()).sum::<usize>() + self.rest.len()
    }

    /// Where the time ends that begins there.
    #[inline]
    pub fn time_end(&self, line: &[u8], at: usize) -> Option<usize> {
        let text = line.get(at..)?;
        let length = if self.is_text {
            text.iter().position(|byte| matches!(byte, b'"' | b'\\'))?
        } else {
            text.iter().position(|byte| !byte.is_ascii_digit())?
        };
        (length > 0).then_some(at + length)
    }

    /// Where time and message of a line stand whose lead is this one's. `time`: where the time stands, if it comes first.
    /// `None` if the line has another frame.
    #[inline]
    pub fn places(&self, line: &[u8], time: Option<Span>, message: Span) -> Option<Places> {
        let end = message.end as usize;
        let behind = &line[end..];
        if let Some(time) = time {
            return (*behind == *self.parts[2]).then_some(Places { time, message });
        }
        if !behind.starts_with(&self.parts[1]) {
            return None;
        }
        let start = end + self.parts[1].len();
        let end = self.time_end(line, start)?;
        let time = Span::new(start, end);
        (line[end..] == *self.parts[2]).then_some(Places { time, message })
    }

    /// Writes what rules see of a line with this frame.
    #[inline]
    pub fn text(&self, message: &[u8], out: &mut Vec<u8>) {
        json::unescape(message, out);
        out.extend_from_slice(&self.rest);
    }

    /// A line with this frame.
    fn line(&self, time: &[u8], message: &[u8]) -> Vec<u8> {
        let [start, middle, end] = &self.parts;
        let (one, two) = if self.is_time_first {
            (time, message)
        } else {
            (message, time)
        };
        [start, one, middle, two, end].concat()
    }
}

/// The message that begins there, if it is not empty.
#[inline]
pub fn message_at(line: &[u8], start: usize) -> Option<Span> {
    let mut at = start;
    loop {
        at += memchr::memchr2(b'"', b'\\', line.get(at..)?)?;
        if line[at] == b'"' {
            return (at > start).then(|| Span::new(start, at));
        }
        // The byte behind a backslash never ends the text.
        at += 2;
    }
}

/// What stands from the message's key to the message: `"msg":"`.
pub fn needle(line: &[u8], message: usize) -> Option<memmem::Finder<'static>> {
    let before = line.get(..message)?.strip_suffix(b"\"")?.trim_ascii_end();
    let key = before
        .strip_suffix(b":")?
        .trim_ascii_end()
        .strip_suffix(b"\"")?;
    let start = memchr::memrchr(b'"', key)?;
    Some(memmem::Finder::new(&line[start..message]).into_owned())
}

impl Format {
    /// The frame of a line that the format reads, if time and message are all that its lines differ in.
    pub fn frame(&self, line: &[u8]) -> Option<Frame> {
        let Body::Json(_) = &self.body else {
            return None;
        };
        let fields = self.read(line)?;
        let (time, message) = (fields.stamp?.range(), fields.message.range());
        let is_quoted = |range: &std::ops::Range<usize>| {
            let before = range.start.checked_sub(1).map(|at| line[at]);
            before == Some(b'"') && line.get(range.end) == Some(&b'"')
        };
        let is_time_first = time.end < message.start;
        // What rules see of a line without a message begins otherwise.
        if message.is_empty() || !is_quoted(&message) || !is_time_first && message.end >= time.start
        {
            return None;
        }
        let (one, two) = if is_time_first {
            (&time, &message)
        } else {
            (&message, &time)
        };
        let parts = [
            &line[..one.start],
            &line[one.end..two.start],
            &line[two.end..],
        ];
        let text = self.text(line);
        let mut own = Vec::new();
        json::unescape(&line[message.clone()], &mut own);
        let frame = Frame {
            parts: parts.map(Box::from),
            is_time_first,
            is_text: is_quoted(&time),
            level: fields.level,
            rest: text.strip_prefix(own.as_slice())?.into(),
        };
        let is_whole = frame.time_end(line, time.start) == Some(time.end);
        let is_short = frame.bytes() <= LONGEST;
        (is_whole && is_short && self.is_sure(&frame, &line[time], &line[message])).then_some(frame)
    }

    /// True if lines with a frame read as it says.
    fn is_sure(&self, frame: &Frame, time: &[u8], message: &[u8]) -> bool {
        let probes = PROBES.iter().map(|probe| probe.as_bytes());
        probes.chain([message]).all(|message| {
            let line = frame.line(time, message);
            let Some(fields) = self.read(&line) else {
                return false;
            };
            let stamp = fields.stamp.filter(|_| frame.is_time_first);
            let own = message_at(&line, fields.message.start as usize);
            let Some(places) = own.and_then(|own| frame.places(&line, stamp, own)) else {
                return false;
            };
            let mut text = Vec::new();
            frame.text(message, &mut text);
            (Some(places.time), places.message) == (fields.stamp, fields.message)
                && places.message.of(&line) == message
                && fields.level == frame.level
                && *self.text(&line) == *text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::format::tests::shipped;
    use proptest::prelude::*;

    #[test]
    fn samples_of_json_formats_have_frames() {
        let formats = shipped();
        let samples = formats
            .iter()
            .flat_map(|format| format.samples.iter().map(move |s| (format, s)));
        let json: Vec<_> = samples.filter(|(format, _)| format.is_json()).collect();
        let framed = json
            .iter()
            .filter(|(format, line)| format.frame(line.as_bytes()).is_some())
            .count();
        assert!(
            framed * 2 > json.len() && framed > 5,
            "{framed} of {}",
            json.len()
        );
    }

    proptest! {
        #[test]
        fn lines_with_one_frame_read_as_the_format_reads_them(
            message in "([ -~äß]|\\\\\"|\\\\n|\\\\\\\\|\\\\u00e4){0,20}",
            digits in "[0-9]{1,20}",
            pick in 0usize..1000,
        ) {
            let formats = shipped();
            let samples = formats.iter().flat_map(|format| {
                format.samples.iter().map(move |sample| (format, sample.as_bytes()))
            });
            let known: Vec<_> = samples
                .filter_map(|(format, line)| Some((format, line, format.frame(line)?)))
                .collect();
            let (format, line, frame) = &known[pick % known.len()];
            let stamp = format.read(line).and_then(|fields| fields.stamp).unwrap();
            for time in [stamp.of(line), digits.as_bytes()] {
                let other = frame.line(time, message.as_bytes());
                let start = if frame.is_time_first {
                    frame.parts[0].len() + time.len() + frame.parts[1].len()
                } else {
                    frame.parts[0].len()
                };
                let first = frame.parts[0].len();
                let own = crate::model::Span::new(first, first + time.len());
                let own = Some(own).filter(|own| frame.time_end(&other, first) == Some(own.end as usize));
                if frame.is_time_first && own.is_none() {
                    continue;
                }
                let own = own.filter(|_| frame.is_time_first);
                let places = super::message_at(&other, start);
                let Some(places) = places.and_then(|message| frame.places(&other, own, message)) else {
                    continue;
                };
                // A time that no stamp reads is another matter.
                let Some(fields) = format.read(&other).filter(|fields| fields.stamp.is_some()) else {
                    continue;
                };
                prop_assert_eq!((Some(places.time), places.message), (fields.stamp, fields.message));
                prop_assert_eq!(fields.level, frame.level);
                let mut text = Vec::new();
                frame.text(places.message.of(&other), &mut text);
                let whole = format.text(&other);
                prop_assert_eq!(whole.as_ref(), text.as_slice());
            }
        }
    }
}
