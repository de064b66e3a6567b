//! What a thread knows of the heads of lines: most lines of a trace have a stamp and a head that were seen before.

use std::sync::Arc;

use crate::grammar::format::Format;
use crate::grammar::front::Digits;
use crate::grammar::head::Head;
use crate::grammar::reader::LineReader;
use crate::model::{Level, RawTime, Span};
use crate::syntax::Fields;
use crate::syntax::kinds::of_sixteen;
use crate::syntax::stamp::Near;
use wide::u8x16;

/// Bytes by which heads are found: those of long ones, of shorter ones. The rest have one key.
const LONG: usize = 16;
const SHORT: usize = 8;
/// Heads that are kept.
const MOST: usize = 4096;
/// What may stand before stamps: the ids of a few processes and threads.
const MOST_PREFIXES: usize = 32;
/// Slots, a power of two.
const SLOTS: usize = 2 * MOST;
/// Places of heads that are found at once, two at each; a power of two.
const RECENT: usize = 2048;
/// What a new format is trusted with, and at most; what a line brings that has a known head, what a new head costs, and what
/// a line costs that has none; and how many lines are read without trying once all is spent.
const CREDIT: i32 = 4000;
const MOST_CREDIT: i32 = 10_000;
const HIT: i32 = 1;
const NEW: i32 = 4;
const NONE: i32 = 16;
const PAUSE: u32 = 20_000;

/// Whether it pays to look for what was seen before.
#[derive(Debug)]
pub struct Credit {
    left: i32,
    /// Lines that are still read without.
    wait: u32,
}

impl Default for Credit {
    fn default() -> Self {
        Self {
            left: CREDIT,
            wait: 0,
        }
    }
}

impl Credit {
    /// True if the next line is to be read without.
    #[inline]
    pub const fn is_out(&mut self) -> bool {
        let is_out = self.wait > 0;
        self.wait = self.wait.saturating_sub(1);
        is_out
    }

    /// It helped with a line.
    #[inline]
    pub fn gain(&mut self) {
        self.left = (self.left + HIT).min(MOST_CREDIT);
    }

    /// It did not help with a line, which may help with others.
    pub const fn spend(&mut self, is_new: bool) {
        self.left -= if is_new { NEW } else { NONE };
        if self.left < 0 {
            *self = Self {
                left: CREDIT,
                wait: PAUSE,
            };
        }
    }
}

/// A head that was seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownHead {
    /// Tells it from all others that these heads have known.
    pub id: u64,
    /// See [`Head::last_word`]; 0 if rules do not begin to read behind the stamp.
    pub last_word: u32,
    /// True if some of its digits may be any others.
    pub has_numbers: bool,
}

/// Heads of the first format of one layout.
#[derive(Debug, Default)]
pub struct Heads {
    format: Option<Arc<Format>>,
    /// What stands before the stamps. The last one found is the first.
    prefixes: Vec<Prefix>,
    /// For each prefix a bit for each head that was seen with it.
    pairs: Vec<[u64; MOST / 64]>,
    /// The last stamp.
    near: Near,
    all: Vec<Head>,
    /// One more than the place of a head; 0 in an empty slot.
    slots: Vec<u16>,
    /// One more than the places of heads that were found last, by the bytes that begin them; 0 if there is none. Each that
    /// fits is right.
    recent: Recent,
    /// Which keys lead to heads: those of long ones, of shorter ones, of the rest.
    ways: [bool; 3],
    credit: Credit,
    /// What the ids of this format's heads begin with.
    base: u64,
    /// `0x0f` for each byte of a key at which some of the heads have a digit that may be any other one. Other digits tell
    /// heads apart: that of `Info2`.
    any: [u8; LONG],
    /// Digits before stamps that may be any, too.
    front: Digits,
}

/// One more than the places of heads.
#[derive(Debug)]
struct Recent(Box<[[u16; 2]; RECENT]>);

impl Default for Recent {
    fn default() -> Self {
        Self(Box::new([[0; 2]; RECENT]))
    }
}

/// What stands before a stamp.
#[derive(Debug)]
struct Prefix {
    text: Box<[u8]>,
    /// Where its bits are.
    pairs: usize,
    /// True if it is marks at most.
    opens: bool,
}

/// A line that starts a record, as far as records go.
#[derive(Debug, Clone, Copy)]
pub struct Header {
    /// The format that reads it.
    pub format: usize,
    /// Where its stamp stands.
    pub stamp: Option<Span>,
    /// What the stamp says.
    pub time: Option<RawTime>,
    /// The level that the program gave.
    pub level: Option<Level>,
    /// Where its message stands.
    pub message: Span,
    /// Its head, if that was seen before.
    pub head: Option<KnownHead>,
    /// Its frame, if it is of JSON and that was seen before.
    pub frame: Option<u32>,
}

impl Header {
    /// Nothing was read yet.
    pub const NONE: Self = Self {
        format: 0,
        stamp: None,
        time: None,
        level: None,
        message: Span::new(0, 0),
        head: None,
        frame: None,
    };

    /// A line that no head is known of.
    pub const fn new((format, fields): (usize, Fields)) -> Self {
        Self {
            format,
            stamp: fields.stamp,
            time: fields.time,
            level: fields.level,
            message: fields.message,
            head: None,
            frame: None,
        }
    }
}

impl Heads {
    /// True if they are of this format.
    #[inline]
    pub fn is_of(&self, format: &Arc<Format>) -> bool {
        let own = self.format.as_ref();
        own.is_some_and(|own| Arc::ptr_eq(own, format))
    }

    /// Reads a line as the layout does, into this header; false if it starts no record.
    #[inline]
    pub fn read(&mut self, layout: &dyn LineReader, line: &[u8], into: &mut Header) -> bool {
        if self.credit.is_out() {
            return other(layout, line, into);
        }
        let Some(format) = layout.formats().first() else {
            return false;
        };
        if !self.is_of(format) {
            self.begin(format);
        }
        if self.all.is_empty() {
            return self.learn(layout, line, into);
        }
        if !format.may_begin(line) {
            return other(layout, line, into);
        }
        let Some((at, pairs, opens)) = self.prefix(line) else {
            return self.learn(layout, line, into);
        };
        let Some(stamp) = format.stamp_near(line, at, &mut self.near) else {
            return other(layout, line, into);
        };
        let place = self.place(&line[stamp.1..]);
        let Some(place) = place.filter(|place| has(&self.pairs[pairs], *place)) else {
            return self.learn(layout, line, into);
        };
        self.credit.gain();
        let head = &self.all[place];
        // Part by part: to make it elsewhere and to copy it waits for what was just written.
        into.format = 0;
        into.stamp = Some(Span::new(at, stamp.1));
        into.time = Some(stamp.0);
        into.level = head.level;
        into.message = Span::new(stamp.1 + head.message as usize, line.len());
        into.head = Some(KnownHead {
            id: self.base + place as u64,
            last_word: if opens { head.last_word as u32 } else { 0 },
            has_numbers: head.has_numbers(),
        });
        into.frame = None;
        true
    }

    /// What it takes to read lines that are like the last one: of this format, behind the prefix that was found last, and
    /// with a head that was found last. `None` if that prefix is too long, or more than marks and numbers.
    pub fn lane(&self, format: &Arc<Format>) -> Option<Lane<'_>> {
        let own = self.format.as_ref()?;
        let prefix = self.prefixes.first()?;
        let at = prefix.text.len();
        let (mut bytes, mut mask) = ([0; LONG], [0; LONG]);
        bytes.get_mut(..at)?.copy_from_slice(&prefix.text);
        mask.get_mut(..at)?.fill(u8::MAX);
        let may = self.credit.wait == 0 && prefix.opens && Arc::ptr_eq(own, format);
        // Behind the only one there may be any of the heads.
        let pairs = self.pairs.get(prefix.pairs);
        may.then(|| Lane {
            heads: self,
            at,
            prefix: u8x16::new(bytes),
            mask: u8x16::new(mask),
            pairs: pairs.filter(|_| self.prefixes.len() > 1),
        })
    }

    /// Notes that it helped with so many lines.
    pub fn count_helps(&mut self, count: u32) {
        let gain = i32::try_from(count)
            .unwrap_or(MOST_CREDIT)
            .saturating_mul(HIT);
        self.credit.left = self.credit.left.saturating_add(gain).min(MOST_CREDIT);
    }

    /// Which of the prefixes a line has: its length, where its bits are, and whether it is marks at most.
    #[inline]
    fn prefix(&mut self, line: &[u8]) -> Option<(usize, usize, bool)> {
        let own = |prefix: &Prefix| (prefix.text.len(), prefix.pairs, prefix.opens);
        // Most formats have none, and to compare nothing takes a call all the same.
        if let [only] = self.prefixes.as_slice()
            && only.text.is_empty()
        {
            return Some(own(only));
        }
        let begins = |prefix: &Prefix| {
            if self.front == Digits::None {
                return line.starts_with(&prefix.text);
            }
            let own = line.get(..prefix.text.len());
            let is_same = |(own, any): (&u8, &u8)| self.front.plain(*own) == *any;
            own.is_some_and(|own| own.iter().zip(&*prefix.text).all(is_same))
        };
        let at = self.prefixes.iter().position(begins)?;
        self.prefixes.swap(0, at);
        self.prefixes.first().map(own)
    }

    /// Which of the heads stands there, if one does.
    #[inline]
    fn place(&mut self, rest: &[u8]) -> Option<usize> {
        let Some(key) = rest.first_chunk() else {
            return self.search(rest);
        };
        let slot = recent_place(long_key(&self.plain(*key)));
        let [first, _] = self.recent.0[slot];
        let recent = usize::from(first).wrapping_sub(1);
        match self.all.get(recent) {
            Some(head) if head.is_of(rest) => Some(recent),
            _ => self.find_anew(rest, slot),
        }
    }

    #[inline(never)]
    fn find_anew(&mut self, rest: &[u8], slot: usize) -> Option<usize> {
        if let Some(second) = self.second(rest, slot) {
            self.recent.0[slot].swap(0, 1);
            return Some(second);
        }
        let place = self.search(rest)?;
        let [first, second] = &mut self.recent.0[slot];
        *second = std::mem::replace(first, place as u16 + 1);
        Some(place)
    }

    /// The head that was found before the last one by the same bytes, if that is it.
    #[inline(never)]
    fn second(&self, rest: &[u8], slot: usize) -> Option<usize> {
        let [_, second] = self.recent.0[slot];
        let place = usize::from(second).checked_sub(1)?;
        self.all.get(place)?.is_of(rest).then_some(place)
    }

    fn search(&self, rest: &[u8]) -> Option<usize> {
        if let Some(key) = rest.first_chunk().filter(|_| self.ways[0])
            && let Some(place) = self.find(long_key(&self.plain(*key)), rest)
        {
            return Some(place);
        }
        if let Some(key) = rest.first_chunk().filter(|_| self.ways[1])
            && let Some(place) = self.find(short_key(self.plain_short(*key)), rest)
        {
            return Some(place);
        }
        self.find(0, rest).filter(|_| self.ways[2])
    }

    /// Bytes by which a long head is found, without what may differ.
    #[inline]
    fn plain(&self, key: [u8; LONG]) -> [u8; LONG] {
        let bytes = u8x16::new(key);
        let [digits, ..] = of_sixteen(bytes);
        // The low bits of a digit tell which it is.
        (bytes & !(digits & u8x16::new(self.any))).to_array()
    }

    /// The same of a short one.
    fn plain_short(&self, key: [u8; SHORT]) -> [u8; SHORT] {
        let mut long = [0; LONG];
        long[..SHORT].copy_from_slice(&key);
        let [plain, ..] = *self.plain(long).as_chunks().0 else {
            return key;
        };
        plain
    }

    fn find(&self, key: usize, rest: &[u8]) -> Option<usize> {
        let mut at = key % SLOTS;
        loop {
            let place = (self.slots[at] as usize).checked_sub(1)?;
            if self.all[place].is_of(rest) {
                return Some(place);
            }
            at = (at + 1) % SLOTS;
        }
    }

    fn begin(&mut self, format: &Arc<Format>) {
        *self = Self {
            format: Some(format.clone()),
            base: self.base + MOST as u64,
            front: format.front_digits(),
            ..Self::default()
        };
    }

    #[cold]
    fn learn(&mut self, layout: &dyn LineReader, line: &[u8], into: &mut Header) -> bool {
        let Some(read) = layout.read(line) else {
            return false;
        };
        let format = self.format.as_ref().filter(|_| read.0 == 0);
        let head = format.and_then(|format| format.head(line));
        self.credit.spend(head.is_some());
        if let Some((head, stamp)) = head.zip(read.1.stamp) {
            self.add(head, &line[..stamp.start as usize]);
        }
        *into = Header::new(read);
        true
    }

    fn add(&mut self, head: Head, prefix: &[u8]) {
        let opens = (self.format.as_ref()).is_some_and(|format| format.is_front(prefix));
        let plain: Vec<u8> = prefix.iter().map(|byte| self.front.plain(*byte)).collect();
        let prefix = &*plain;
        let is_any = |at| head.may_be_any(at) && self.any[at] == 0;
        if (0..LONG).any(is_any) {
            (0..LONG)
                .filter(|at| head.may_be_any(*at))
                .for_each(|at| self.any[at] = 0x0f);
            let all = std::mem::take(&mut self.all);
            self.slots.fill(0);
            all.into_iter().for_each(|head| {
                self.insert(head);
            });
        }
        let known = self.prefixes.iter().find(|known| *known.text == *prefix);
        let pairs = match known {
            Some(known) => known.pairs,
            None if self.prefixes.len() >= MOST_PREFIXES => return,
            None => {
                // One that begins another one would be taken for it.
                let begins = |known: &Prefix| {
                    known.text.starts_with(prefix) || prefix.starts_with(&known.text)
                };
                if self.prefixes.iter().any(begins) {
                    return;
                }
                self.pairs.push([0; MOST / 64]);
                self.prefixes.push(Prefix {
                    text: prefix.into(),
                    pairs: self.pairs.len() - 1,
                    opens,
                });
                self.pairs.len() - 1
            }
        };
        if self.slots.is_empty() {
            self.slots.resize(SLOTS, 0);
        }
        let place = match self.search(head.text()) {
            // The same text may read otherwise behind another prefix.
            Some(place) if self.all[place] != head => return,
            Some(place) => place,
            None => match self.insert(head) {
                Some(place) => place,
                None => return,
            },
        };
        self.pairs[pairs][place / 64] |= 1 << (place % 64);
    }

    fn insert(&mut self, head: Head) -> Option<usize> {
        if self.all.len() >= MOST {
            return None;
        }
        let (way, key) = match (head.text().first_chunk(), head.text().first_chunk()) {
            (Some(key), _) => (0, long_key(&self.plain(*key))),
            (None, Some(key)) => (1, short_key(self.plain_short(*key))),
            (None, None) => (2, 0),
        };
        let mut at = key % SLOTS;
        while self.slots[at] > 0 {
            at = (at + 1) % SLOTS;
        }
        self.all.push(head);
        self.slots[at] = self.all.len() as u16;
        self.ways[way] = true;
        Some(self.all.len() - 1)
    }
}

/// Reads lines that are like the last one.
#[derive(Debug, Clone, Copy)]
pub struct Lane<'h> {
    heads: &'h Heads,
    /// Where their stamps begin, and what stands before that: these bytes, where the mask has bits.
    at: usize,
    prefix: u8x16,
    mask: u8x16,
    /// A bit for each head that may stand behind it, if not all may.
    pairs: Option<&'h [u64; MOST / 64]>,
}

/// What a line says that is like the last one. It is small: what is put together and copied is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Like {
    /// What its stamp says, in nanoseconds.
    pub nanos: i64,
    /// Where the stamp ends.
    pub stamp_end: usize,
    /// Which head it has.
    pub place: usize,
}

impl Like {
    /// That of no line.
    pub const NONE: Self = Self {
        nanos: 0,
        stamp_end: 0,
        place: usize::MAX,
    };
}

impl<'h> Lane<'h> {
    /// Reads a line; `None` if it is not like the last one.
    #[expect(clippy::inline_always)] // nearly every line is read so
    #[inline(always)]
    pub fn read(&self, line: &[u8]) -> Option<Like> {
        let begin = u8x16::new(*line.first_chunk()?);
        let begin = match self.heads.front {
            Digits::None => begin,
            front => plain_front(begin, front),
        };
        if (begin & self.mask).simd_eq(self.prefix).to_bitmask() != u32::from(u16::MAX) {
            return None;
        }
        let near = &self.heads.near;
        let (own, length) = near.usual.read(line.get(self.at..)?)?;
        let stamp_end = self.at + length;
        let rest = line.get(stamp_end..)?;
        let key = self.heads.plain(*rest.first_chunk()?);
        let slot = recent_place(long_key(&key)) % RECENT;
        let [first, _] = self.heads.recent.0[slot];
        let mut place = usize::from(first).wrapping_sub(1);
        if !self.heads.all.get(place)?.is_of(rest) {
            place = self.heads.second(rest, slot)?;
        }
        if self.pairs.is_some_and(|pairs| !has(pairs, place)) {
            return None;
        }
        let nanos = near.day.checked_add(own)?;
        Some(Like {
            nanos,
            stamp_end,
            place,
        })
    }

    /// What a head says.
    #[inline]
    pub fn head(&self, place: usize) -> Option<&'h Head> {
        self.heads.all.get(place)
    }

    /// Which head that is, among all that were known.
    #[inline]
    pub fn known(&self, place: usize) -> Option<KnownHead> {
        let head = self.head(place)?;
        Some(KnownHead {
            id: self.heads.base + place as u64,
            last_word: head.last_word as u32,
            has_numbers: head.has_numbers(),
        })
    }

    /// Whose heads these are.
    pub const fn base(&self) -> u64 {
        self.heads.base
    }

    /// Where the stamp of a line stands.
    #[inline]
    pub const fn stamp(&self, like: &Like) -> Span {
        Span::new(self.at, like.stamp_end)
    }

    /// A line that was read, as all others say it. `time`: what its stamp says.
    pub fn header(&self, like: &Like, time: RawTime, line: &[u8]) -> Header {
        let head = self.head(like.place);
        let message = like.stamp_end + head.map_or(0, |head| head.message as usize);
        Header {
            format: 0,
            stamp: Some(self.stamp(like)),
            time: Some(time),
            level: head.and_then(|head| head.level),
            message: Span::new(message, line.len()),
            head: self.known(like.place),
            frame: None,
        }
    }
}

#[inline]
fn has(bits: &[u64; MOST / 64], place: usize) -> bool {
    bits[place / 64 % bits.len()] >> (place % 64) & 1 == 1
}

/// Some bytes with zeros for the digits that may be any, see [`Digits::plain`].
#[inline]
fn plain_front(bytes: u8x16, front: Digits) -> u8x16 {
    let [decimal, _, hexadecimal] = of_sixteen(bytes);
    let digits = match front {
        Digits::None => return bytes,
        Digits::Decimal => decimal,
        Digits::Hexadecimal => decimal | hexadecimal,
    };
    (bytes & !digits) | (u8x16::splat(b'0') & digits)
}

/// Reads a line that no head helps with.
#[inline(never)]
pub fn other(layout: &dyn LineReader, line: &[u8], into: &mut Header) -> bool {
    let read = layout.read(line).map(Header::new);
    if let Some(header) = read {
        *into = header;
    }
    read.is_some()
}

#[inline]
fn long_key(key: &[u8; LONG]) -> usize {
    const TWO: u64 = 0xd6e8_feb8_6659_fd93;
    let both = u128::from_le_bytes(*key);
    place_of(product(both as u64) ^ ((both >> 64) as u64).wrapping_mul(TWO))
}

#[inline]
fn short_key(key: [u8; SHORT]) -> usize {
    place_of(product(u64::from_le_bytes(key)))
}

const fn product(key: u64) -> u64 {
    key.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The upper bits of a product follow from all bits.
const fn place_of(product: u64) -> usize {
    (product >> (u64::BITS - SLOTS.ilog2())) as usize
}

/// The place in [`Recent`] of a key.
const fn recent_place(key: usize) -> usize {
    key / (SLOTS / RECENT)
}
