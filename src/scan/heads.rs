//! What a thread knows of the heads of lines: most lines of a trace have a stamp and a head that were seen before.

use std::sync::Arc;

use super::table::hash;
use crate::grammar::format::Format;
use crate::grammar::head::Head;
use crate::grammar::reader::LineReader;
use crate::syntax::Fields;
use crate::syntax::stamp::Near;

/// Bytes by which heads are found: those of long ones, of shorter ones, of the rest.
const WAYS: [usize; 3] = [16, 8, 0];
/// Heads that are kept.
const MOST: usize = 4096;
/// Slots, a power of two.
const SLOTS: usize = 2 * MOST;
/// What a new format is trusted with, and at most; what a line brings that has a known head, what a new head costs, and what
/// a line costs that has none; and how many lines are read without trying once all is spent.
const CREDIT: i32 = 4000;
const MOST_CREDIT: i32 = 10_000;
const HIT: i32 = 1;
const NEW: i32 = 4;
const NONE: i32 = 16;
const PAUSE: u32 = 20_000;

/// A head that was seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownHead {
    /// Tells it from all others that these heads have known.
    pub id: u64,
    /// See [`Head::last_word`].
    pub last_word: u32,
}

/// Heads of the first format of one layout.
#[derive(Debug, Default)]
pub struct Heads {
    format: Option<Arc<Format>>,
    /// What stands before the stamps.
    prefix: Box<[u8]>,
    /// The last stamp.
    near: Near,
    all: Vec<Head>,
    /// One more than the place of a head; 0 in an empty slot.
    slots: Vec<u16>,
    /// Which of the ways lead to heads.
    ways: [bool; WAYS.len()],
    credit: i32,
    wait: u32,
    /// What the ids of this format's heads begin with.
    base: u64,
}

/// The format that reads a line, its fields, and its head if that was seen before.
pub type Read = (usize, Fields, Option<KnownHead>);

impl Heads {
    /// Reads a line as the layout does.
    #[inline]
    pub fn read(&mut self, layout: &dyn LineReader, line: &[u8]) -> Option<Read> {
        let unknown = |(format, fields)| (format, fields, None);
        if self.wait > 0 {
            self.wait -= 1;
            return layout.read(line).map(unknown);
        }
        let format = layout.formats().first()?;
        if !self
            .format
            .as_ref()
            .is_some_and(|own| Arc::ptr_eq(own, format))
        {
            self.begin(format);
        }
        if self.all.is_empty() {
            return self.learn(layout, line).map(unknown);
        }
        // Most formats have none, and to compare nothing takes a call all the same.
        if !self.prefix.is_empty() && !line.starts_with(&self.prefix) {
            return layout.read(line).map(unknown);
        }
        let Some(stamp) = format.stamp_near(line, self.prefix.len(), &mut self.near) else {
            return layout.read(line).map(unknown);
        };
        let rest = &line[stamp.1..];
        for (way, length) in WAYS.into_iter().enumerate() {
            let Some(key) = rest.get(..length).filter(|_| self.ways[way]) else {
                continue;
            };
            let mut at = hash(key) as usize % SLOTS;
            while let Some(place) = (self.slots[at] as usize).checked_sub(1) {
                let head = &self.all[place];
                if let Some(fields) = head.fields(line, stamp) {
                    self.credit = (self.credit + HIT).min(MOST_CREDIT);
                    let known = KnownHead {
                        id: self.base + place as u64,
                        last_word: head.last_word as u32,
                    };
                    return Some((0, fields, Some(known)));
                }
                at = (at + 1) % SLOTS;
            }
        }
        self.learn(layout, line).map(unknown)
    }

    fn begin(&mut self, format: &Arc<Format>) {
        *self = Self {
            format: Some(format.clone()),
            credit: CREDIT,
            base: self.base + MOST as u64,
            ..Self::default()
        };
    }

    #[cold]
    fn learn(&mut self, layout: &dyn LineReader, line: &[u8]) -> Option<(usize, Fields)> {
        let read = layout.read(line);
        let is_first = matches!(read, Some((0, _)));
        let format = self.format.as_ref().filter(|_| is_first);
        let head = format.and_then(|format| format.head(line));
        self.credit -= if head.is_some() { NEW } else { NONE };
        if self.credit < 0 {
            (self.wait, self.credit) = (PAUSE, CREDIT);
        }
        if let Some(head) = head {
            self.add(head, line);
        }
        read
    }

    fn add(&mut self, head: Head, line: &[u8]) {
        if self.all.is_empty() {
            self.prefix = head.prefix(line).into();
            self.slots.resize(SLOTS, 0);
        }
        if self.all.len() >= MOST || *self.prefix != *head.prefix(line) {
            return;
        }
        let way = WAYS.iter().position(|length| *length <= head.text().len());
        let way = way.unwrap_or(WAYS.len() - 1);
        let mut at = hash(&head.text()[..WAYS[way]]) as usize % SLOTS;
        while self.slots[at] > 0 {
            at = (at + 1) % SLOTS;
        }
        self.all.push(head);
        self.slots[at] = self.all.len() as u16;
        self.ways[way] = true;
    }
}
