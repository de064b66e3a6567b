//! A record that is open: where it stands, and what rules see of it.

use std::borrow::Cow;

use super::telling::Spot;
use super::{RECORD_CAP, Stamped, Window};
use crate::grammar::format::Format;
use crate::grammar::reader::LineReader;
use crate::model::{Level, Span};
use crate::scan::frames::Frames;
use crate::scan::heads::{Header, KnownHead};
use crate::scan::matcher::Matcher;
use crate::scan::outlines::{RecordParts, Sight};
use crate::scan::skeletons::Skeletons;

/// Longest name in a column of its own.
const COLUMN: usize = 40;

/// Where no record ends.
pub(super) const NOWHERE: usize = usize::MAX;

/// An open record.
#[derive(Clone, Copy)]
pub(super) struct Open {
    pub(super) start: usize,
    pub(super) header_end: usize,
    pub(super) line: u64,
    pub(super) header: Header,
    pub(super) time: Option<Stamped>,
    /// What was seen of it, if it ends there; [`NOWHERE`] if it was not looked at.
    pub(super) sight: (Sight, usize),
    /// Where it ends if it tells nothing; else [`NOWHERE`].
    pub(super) quiet_end: usize,
}

impl Open {
    /// What stands before the first record of a source.
    pub(super) fn orphan(header_end: usize) -> Self {
        let header = Header {
            format: 0,
            stamp: None,
            time: None,
            level: None,
            message: Span::new(0, header_end),
            head: None,
            frame: None,
        };
        Self {
            start: 0,
            header_end,
            line: 0,
            header,
            time: None,
            sight: (Sight::New, NOWHERE),
            quiet_end: NOWHERE,
        }
    }
}

/// What rules see of a record.
pub(super) struct RecordText<'w> {
    pub(super) bytes: Cow<'w, [u8]>,
    /// True if it is a part of the source's text as it is.
    pub(super) is_raw: bool,
    /// What stands before that is said of the record in its line, and not by the message.
    pub(super) cut: usize,
    /// The head, if it was seen before.
    pub(super) head: Option<KnownHead>,
}

impl Open {
    /// The record, at most [`RECORD_CAP`] of it, and its first line.
    pub(super) fn raw<'w>(&self, window: &'w Window, end: usize) -> (&'w [u8], &'w [u8]) {
        let capped = end.min(self.start + RECORD_CAP);
        let header = &window.bytes[self.start..self.header_end.min(capped)];
        (&window.bytes[self.start..capped], header)
    }

    /// Where in the record rules begin to read: its stamp tells nothing but the time.
    fn behind_stamp(&self, format: &Format, header: &[u8]) -> usize {
        let stamp = self.header.stamp.filter(|stamp| {
            let before = header.get(..stamp.start as usize);
            before.is_some_and(|before| format.is_front(before))
        });
        stamp.map_or(0, |stamp| (stamp.end as usize).min(header.len()))
    }

    /// Where the record's message begins to be its own: bytes from `start` to the end of a word before that. Any end of a
    /// word would do.
    pub(super) fn cut(&self, header: &[u8], start: usize) -> usize {
        let mut end = (self.header.message.start as usize).min(header.len());
        // A name in a column may be taken for a part of the message.
        let column = &header[end..header.len().min(end + COLUMN)];
        let name = memchr::memchr(b' ', column).filter(|at| column.get(at + 1) == Some(&b' '));
        end += name.unwrap_or_default();
        let head = header.get(start..end).unwrap_or_default();
        let last = head.iter().rposition(u8::is_ascii_alphanumeric);
        let end = last.map_or(0, |at| at + 1);
        let next = header.get(start + end);
        if next.is_some_and(u8::is_ascii_alphanumeric) {
            0
        } else {
            end
        }
    }

    /// Offset and length of the record in the source's text.
    fn place(&self, window: &Window, end: usize) -> (u64, u32) {
        let (raw, _) = self.raw(window, end);
        (window.offset + self.start as u64, raw.len() as u32)
    }

    /// The same with what its head says of it. `order`: the stamp at which it sorts.
    pub(super) fn spot(
        &self,
        window: &Window,
        end: usize,
        (order, is_raw): (Option<Stamped>, bool),
    ) -> Spot {
        let (offset, len) = self.place(window, end);
        Spot {
            stamp: self.header.stamp,
            level: self.header.level,
            order,
            stamped: self.time.is_some(),
            line: self.line as u32,
            offset,
            len,
            is_raw,
        }
    }

    /// Its head, if it is known and rules begin to read behind its stamp.
    #[inline]
    fn known_head(&self) -> Option<KnownHead> {
        self.header.head.filter(|head| head.last_word > 0)
    }

    /// Its message and what follows it, if its head is known.
    #[inline]
    pub(super) fn ahead<'w>(&self, window: &'w Window) -> Option<&'w [u8]> {
        let head = self.known_head()?;
        let start = self.start + self.header.stamp?.end as usize;
        window.bytes.get(start + head.last_word as usize..)
    }

    /// Looks at it as soon as its first line is read: most records are no longer, and tell nothing. `next`: where the next
    /// line begins.
    #[inline]
    pub(super) fn look(
        &mut self,
        (matcher, program): (&Matcher<'_>, u64),
        window: &Window,
        next: usize,
        skeletons: &mut Skeletons,
    ) {
        (self.sight, self.quiet_end) = ((Sight::New, NOWHERE), NOWHERE);
        let level = self.header.level;
        let Some((head, stamp)) = self.known_head().zip(self.header.stamp) else {
            return;
        };
        if level.is_some_and(|level| level >= Level::Warn) {
            return;
        }
        let text = window.bytes.get(self.start + stamp.end as usize..next);
        let (Some(text), Some(ahead)) = (text, self.ahead(window)) else {
            return;
        };
        let cut = head.last_word as usize;
        let parts = RecordParts {
            text,
            cut,
            head: Some(head),
            level,
            program,
        };
        let sight = skeletons.hush(matcher, parts, ahead);
        self.sight = (sight, next);
        if let Sight::Quiet { trouble } = sight
            && (level.is_some() || !trouble)
        {
            self.quiet_end = next;
        }
    }

    /// What rules see of a record whose head or frame is known. `room`: for what is not a part of the source's text as it is.
    #[inline]
    pub(super) fn known_text<'w>(
        &self,
        window: &'w Window,
        end: usize,
        frames: &Frames,
        room: &mut Vec<u8>,
    ) -> Option<RecordText<'w>> {
        let (raw, header) = self.raw(window, end);
        // What has a head is no object, so there is nothing to unescape.
        if let Some(head) = self.known_head() {
            let start = self.header.stamp?.end as usize;
            return Some(RecordText {
                bytes: Cow::Borrowed(raw.get(start..)?),
                is_raw: true,
                cut: head.last_word as usize,
                head: Some(head),
            });
        }
        let is_whole = header.len() == self.header_end - self.start;
        let is_known = is_whole && frames.text(&self.header, header, room);
        is_known.then(|| RecordText {
            bytes: Cow::Owned(std::mem::take(room)),
            is_raw: false,
            cut: 0,
            head: None,
        })
    }

    /// What rules see of any record.
    #[inline(never)]
    pub(super) fn text<'w>(
        &self,
        window: &'w Window,
        end: usize,
        layout: &dyn LineReader,
    ) -> RecordText<'w> {
        let (raw, header) = self.raw(window, end);
        let format = &layout.formats()[self.header.format];
        match format.text(header) {
            Cow::Borrowed(_) => {
                let start = self.behind_stamp(format, header);
                RecordText {
                    bytes: Cow::Borrowed(&raw[start..]),
                    is_raw: true,
                    cut: self.cut(header, start),
                    head: None,
                }
            }
            unescaped @ Cow::Owned(_) => RecordText {
                bytes: unescaped,
                is_raw: false,
                cut: 0,
                head: None,
            },
        }
    }
}

impl RecordText<'_> {
    pub(super) fn parts(&self, level: Option<Level>, program: u64) -> RecordParts<'_> {
        RecordParts {
            text: &self.bytes,
            cut: self.cut,
            head: self.head,
            level,
            program,
        }
    }
}
