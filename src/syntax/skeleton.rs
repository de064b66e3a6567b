//! The skeleton of a text: what stays of it when numbers and hexadecimal ids are left out.
//!
//! Everyday records are a few hundred sentences with other numbers in them. Two records with one skeleton tell the same,
//! unless what tells is in their numbers: so a number that anything searches for stays in the skeleton as it is.
//!
//! The law that makes skeletons useful: wherever a text stands in a record, one of the text's
//! [images](Numbers::images) stands in the record's skeleton.

pub mod slots;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::OnceLock;

use super::kinds::{Kinds, Made, Word};
use memchr::memmem;

use super::outline::SHORTEST_ID;

/// What stands in a skeleton for a number or an id that is left out. Any digit would do; one that few texts have as a
/// number of its own is best.
pub const PLACE: u8 = b'7';
/// Digits of the longest number that may stay because of its value.
pub const LONGEST: usize = 5;

/// Numbers that stay in skeletons.
#[derive(Debug, Clone, Default)]
pub struct Numbers {
    /// A bit for each number of up to five digits that stays wherever it begins a word.
    stays: Vec<u64>,
    /// The same for those that stay behind a word that makes a number of them.
    counts: Vec<u64>,
    words: Vec<Vec<u8>>,
    /// The last two bytes of each of them; of a word of one byte a number that no ending has.
    last_two: Vec<usize>,
    /// For the last two bytes of each word, a bit.
    endings: Vec<u64>,
    /// What else such numbers stay behind.
    behind_else: Behind,
    /// The same for all of these.
    any: Vec<u64>,
    /// Texts with a number, found by what stands before it; those that begin with one, by what stands behind it.
    behind: Texts,
    before: Texts,
    /// A bit for each number of up to five digits that may be one of theirs.
    in_texts: Vec<u64>,
    /// These texts, in lower case.
    whole: BTreeSet<Vec<u8>>,
    /// Longer ones that stay, in decimal or hexadecimal digits, in order; and for each number of digits a bit.
    long: Vec<u64>,
    lengths: u32,
}

/// What a number may count behind that is no word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Behind {
    /// An endpoint, its port last.
    pub endpoint: bool,
    /// A URL, with room between.
    pub url: bool,
}

/// Bytes that are copied at a time: most parts of a skeleton are short, and a call for each costs more than to copy.
const STEP: usize = 16;

/// Room for a skeleton that is written.
struct Room<'o> {
    bytes: &'o mut Vec<u8>,
    at: usize,
}

impl Room<'_> {
    #[inline]
    fn put(&mut self, text: &[u8], part: Range<usize>) {
        let (mut from, mut to) = (part.start, self.at);
        self.at += part.len();
        while from < part.end {
            let room = self.bytes.get_mut(to..to + STEP);
            let step = text.get(from..).and_then(|rest| rest.first_chunk::<STEP>());
            match (room, step) {
                (Some(room), Some(step)) => room.copy_from_slice(step),
                _ => {
                    let rest = &text[from..part.end];
                    self.bytes[to..to + rest.len()].copy_from_slice(rest);
                    return;
                }
            }
            from += STEP;
            to += STEP;
        }
    }

    #[inline]
    fn put_place(&mut self) {
        self.bytes[self.at] = PLACE;
        self.at += 1;
    }
}

/// A long number as one word: its digits, as if they all were hexadecimal, and how many they are.
fn long(digits: &[u8]) -> Option<u64> {
    let fits = (LONGEST + 1..=15).contains(&digits.len());
    // Letters have a bit that digits have not, and their low bits begin with 1.
    let digit = |digit: &u8| u64::from((digit & 0x0f) + 9 * (digit >> 6 & 1));
    let value = || digits.iter().fold(0, |sum, d| sum << 4 | digit(d));
    fits.then(|| value() << 4 | digits.len() as u64)
}

fn bit(bits: &[u64], number: usize) -> bool {
    bits.get(number / 64)
        .is_some_and(|word| word >> (number % 64) & 1 == 1)
}

fn set(bits: &mut Vec<u64>, number: usize) {
    if bits.len() <= number / 64 {
        bits.resize(number / 64 + 1, 0);
    }
    bits[number / 64] |= 1 << (number % 64);
}

/// Bits of a key, and the last of them that do not say where to look for it.
const KEY: u32 = 16;
const REST: u32 = 4;

/// A key and the index of a text.
type Keyed = (u16, u32);

/// Places by the beginnings of their keys.
#[derive(Debug, Clone)]
struct ByKey {
    places: Box<[Keyed]>,
    /// Where those with each beginning begin.
    starts: Box<[u32]>,
}

impl ByKey {
    fn new(all: &[Keyed]) -> Self {
        let part = |key: u16| usize::from(key) >> REST;
        let mut starts = vec![0u32; (1 << (KEY - REST)) + 1];
        for (key, _) in all {
            starts[part(*key) + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut places = vec![(0, 0); all.len()];
        for one in all {
            let next = &mut next[part(one.0)];
            places[*next as usize] = *one;
            *next += 1;
        }
        Self {
            places: places.into(),
            starts: starts.into(),
        }
    }
}

/// A text with a number in it.
#[derive(Debug, Clone)]
struct TextWithNumber {
    /// What stands before the number, the number, what stands behind it.
    parts: [Vec<u8>; 3],
    /// True if it counts only where it is no part of a longer name.
    is_word: bool,
}

/// True for what goes on with a name: beside it a text that counts as a word stands for nothing.
pub const fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Texts with a number, by two of its digits at one end and the two bytes beside them.
#[derive(Debug, Clone, Default)]
struct Texts {
    /// A bit for each key.
    keys: Vec<u64>,
    /// Keys, and indices into the texts.
    places: Vec<Keyed>,
    /// The same by the beginnings of keys, once they are needed.
    by_key: OnceLock<ByKey>,
    all: Vec<TextWithNumber>,
    /// For each byte, in lower case, the texts that have it beside the number; and the byte next to it, or zero.
    beside: Vec<Vec<(u32, u8)>>,
}

impl Texts {
    /// `middle`: the end of the number by which it is found.
    fn add(&mut self, text: TextWithNumber, middle: usize) {
        let whole = text.parts.concat();
        // What stands beside a single byte or digit may be anything.
        let ways = |at: Option<usize>| match at.and_then(|at| whole.get(at)) {
            Some(byte) => vec![*byte],
            None => (0..=u8::MAX).collect(),
        };
        let (first, last) = (ways(middle.checked_sub(2)), ways(Some(middle + 1)));
        for one in first {
            for two in &last {
                let key = Self::key([one, whole[middle - 1], whole[middle], *two]);
                set(&mut self.keys, key);
                self.places.push((key as u16, self.all.len() as u32));
            }
        }
        let next = |side: &[u8]| side.get(1).copied().unwrap_or_default();
        let (beside, next) = match (text.parts[0].as_slice(), text.parts[2].as_slice()) {
            ([.., next, last], _) => (*last, *next),
            ([last], _) => (*last, 0),
            ([], side) => (side.first().copied().unwrap_or_default(), next(side)),
        };
        self.beside.resize(256, Vec::new());
        self.beside[usize::from(beside)].push((self.all.len() as u32, next));
        self.all.push(text);
        self.by_key = OnceLock::new();
    }

    /// The places of a key, and of some others. To look for them by halves takes longer than to compare them.
    fn near(&self, key: usize) -> &[Keyed] {
        let by_key = self.by_key.get_or_init(|| ByKey::new(&self.places));
        let part = key >> REST;
        &by_key.places[by_key.starts[part] as usize..by_key.starts[part + 1] as usize]
    }

    /// The texts, as indices, that may have these bytes of an outline beside the number: the nearest, and the one next to it.
    /// What is not known may be any.
    fn beside(&self, near: Option<u8>, next: Option<u8>) -> impl Iterator<Item = u32> {
        let next = next.filter(|byte| !byte.is_ascii_digit());
        let next = next.map(|byte| byte.to_ascii_lowercase());
        let fits = move |own: u8| own == 0 || next.is_none_or(|next| next == own);
        let own = near.map(|near| self.beside.get(usize::from(near.to_ascii_lowercase())));
        let known = own.flatten().into_iter().flatten();
        let known = known
            .filter(move |(_, next)| fits(*next))
            .map(|(index, _)| *index);
        let all = if own.is_none() {
            self.all.len() as u32
        } else {
            0
        };
        known.chain(0..all)
    }

    #[inline]
    fn may_have(&self, four: [u8; 4]) -> bool {
        bit(&self.keys, Self::key(four))
    }

    fn any(&self, four: [u8; 4], test: impl Fn(&TextWithNumber) -> bool) -> bool {
        let key = Self::key(four);
        let is_own = |(other, _): &&Keyed| usize::from(*other) == key;
        let mut places = self.near(key).iter().filter(is_own);
        places.any(|(_, index)| test(&self.all[*index as usize]))
    }

    /// The same for letters of both cases; some others share one, too.
    #[inline]
    fn key(four: [u8; 4]) -> usize {
        let four = u32::from_le_bytes(four) | 0x2020_2020;
        (four.wrapping_mul(0x9e37_79b1) >> (u32::BITS - KEY)) as usize
    }
}

/// True if a text with a number stands around a place, with that number in it.
#[inline]
fn stands(text: &[u8], place: &Range<usize>, own: &TextWithNumber) -> bool {
    let [front, number, rest] = &own.parts;
    let word = &text[place.clone()];
    let (before, behind) = (&text[..place.start], &text[place.end..]);
    let fits = match (front.is_empty(), rest.is_empty()) {
        (true, _) if !own.is_word => word.ends_with(number),
        (_, true) if !own.is_word => word.starts_with(number),
        _ => word == number,
    };
    let start = before.len().checked_sub(front.len());
    fits && start.is_some_and(|start| before[start..].eq_ignore_ascii_case(front))
        && (behind.get(..rest.len())).is_some_and(|next| next.eq_ignore_ascii_case(rest))
        && !(own.is_word && goes_on(before, behind, own))
}

/// True if what stands beside a text goes on with a name; `before` and `behind`: what is known around its number.
fn goes_on(before: &[u8], behind: &[u8], own: &TextWithNumber) -> bool {
    let [front, _, rest] = &own.parts;
    let last = (before.len().checked_sub(front.len() + 1)).map(|at| before[at]);
    let next = behind.get(rest.len()).copied();
    last.into_iter().chain(next).any(is_of_a_name)
}

/// Two bytes of a text before `middle` and two behind; zeros, where it has none.
#[inline]
fn around(text: &[u8], middle: usize) -> [u8; 4] {
    let rest = middle.checked_sub(2).and_then(|start| text.get(start..));
    if let Some(four) = rest.and_then(<[u8]>::first_chunk) {
        return *four;
    }
    let byte = |at: Option<usize>| at.and_then(|at| text.get(at)).copied().unwrap_or_default();
    let before = [2, 1].map(|back| byte(middle.checked_sub(back)));
    let behind = [0, 1].map(|on| byte(middle.checked_add(on)));
    [before[0], before[1], behind[0], behind[1]]
}

/// Sets the numbers of up to five digits that may be one of a text; `edge`: whether it begins or ends the text, and more
/// digits may stand beside it.
fn keep_digits(digits: &[u8], (begins, ends): (bool, bool), bits: &mut Vec<u64>) {
    let power = |digits: usize| 10_usize.pow(digits.min(LONGEST) as u32);
    let Some(number) = number(digits, 0, digits.len()) else {
        return;
    };
    if begins {
        let all = (number..power(LONGEST)).step_by(power(digits.len()));
        all.for_each(|number| set(bits, number));
    } else if ends && digits[0] != b'0' {
        // What begins with a zero is looked at in any case.
        for more in (0..=LONGEST - digits.len()).map(power) {
            (number * more..(number + 1) * more).for_each(|n| set(bits, n));
        }
    } else {
        set(bits, number);
    }
}

/// The value of a number that may stay: short, and without zeros in front.
fn value(digits: &[u8]) -> Option<usize> {
    let short = digits.len() <= LONGEST && (digits[0] != b'0' || digits.len() == 1);
    short.then(|| {
        let add = |sum, digit: &u8| sum * 10 + usize::from(digit.wrapping_sub(b'0'));
        digits.iter().fold(0, add)
    })
}

impl Numbers {
    /// Lets the numbers of a text that is more than a number stay where the whole text stands. Those at its ends may go on in
    /// a record.
    pub fn keep_whole(&mut self, text: &[u8]) {
        self.keep(text, false);
    }

    /// The same of a text that counts only where it is no part of a longer name: `(401)` in `(401) Unauthorized`, and not in
    /// `socket.cc(401)`.
    pub fn keep_word(&mut self, text: &[u8]) {
        self.keep(text, true);
    }

    fn keep(&mut self, text: &[u8], is_word: bool) {
        if text.iter().all(u8::is_ascii_digit) {
            return;
        }
        let text = text.to_ascii_lowercase();
        let mut at = 0;
        for part in parts(&text) {
            let place = at..at + part.len();
            at = place.end;
            if part[0].is_ascii_digit() {
                self.keep_place(&text, place, is_word);
            }
        }
        self.whole.insert(text);
    }

    fn keep_place(&mut self, text: &[u8], place: Range<usize>, is_word: bool) {
        let (before, behind) = (&text[..place.start], &text[place.end..]);
        let edge = (before.is_empty(), behind.is_empty());
        keep_digits(&text[place.clone()], edge, &mut self.in_texts);
        let kept = TextWithNumber {
            parts: [before, &text[place.clone()], behind].map(<[u8]>::to_vec),
            is_word,
        };
        if before.is_empty() {
            self.before.add(kept, place.end);
        } else {
            self.behind.add(kept, place.start);
        }
    }

    /// Lets a number stay that is searched for behind one of the [words](Self::keep_behind); one of more than five digits,
    /// or of hexadecimal digits, wherever no such digit stands beside it.
    pub fn keep_number(&mut self, number: &[u8]) {
        let digits = number.strip_prefix(b"-").unwrap_or(number);
        if let Some(number) = long(digits).filter(|_| is_hexadecimal(digits)) {
            if let Err(place) = self.long.binary_search(&number) {
                self.long.insert(place, number);
                self.lengths |= 1 << digits.len();
            }
        } else if let Some(number) = short(digits) {
            set(&mut self.any, number);
            set(&mut self.counts, number);
        }
    }

    /// Lets a number stay wherever it begins a word that is no id.
    pub fn keep_first(&mut self, digits: &[u8]) {
        if let Some(number) = short(digits) {
            set(&mut self.any, number);
            set(&mut self.stays, number);
        }
    }

    /// Words behind which a number counts, in lower case, with a gap between; and what else it does behind.
    pub fn keep_behind<'w>(&mut self, words: impl Iterator<Item = &'w [u8]>, other: Behind) {
        for word in words.filter(|word| !word.is_empty()) {
            let ending = word.last_chunk().map_or(usize::MAX, |two| ending(*two));
            if ending == usize::MAX {
                // A word of one byte: any ending may be one of its own.
                self.endings = vec![u64::MAX; 1 << 10];
            } else {
                set(&mut self.endings, ending);
            }
            // Families have words in common.
            if !self.words.iter().any(|known| known == word) {
                self.words.push(word.to_vec());
                self.last_two.push(ending);
            }
        }
        self.behind_else.endpoint |= other.endpoint;
        self.behind_else.url |= other.url;
    }

    /// True if a number behind this text may count.
    fn is_behind_a_word(&self, text: &[u8]) -> bool {
        let mut front = text;
        let gap = loop {
            front = match front {
                [rest @ .., last] if GAP.contains(last) => rest,
                _ => break text.len() - front.len(),
            };
            if text.len() - front.len() > LONGEST_GAP {
                break LONGEST_GAP;
            }
        };
        (1..=gap).any(|gap| {
            let (front, gap) = text.split_at(text.len() - gap);
            self.behind_else.endpoint && may_end_with_port(front, &|byte| byte.is_ascii_digit())
                || self.behind_else.url && is_room(gap) && may_end_with_url(front)
                || self.ends_with_a_word(front)
        })
    }

    fn ends_with_a_word(&self, front: &[u8]) -> bool {
        let own = front.last_chunk().map_or(usize::MAX, |two| ending(*two));
        if own != usize::MAX && !bit(&self.endings, own) {
            return false;
        }
        // Few words have the ending of one that stands there.
        let words = self.words.iter().zip(&self.last_two);
        let mut words = words.filter(|(_, last)| [own, usize::MAX].contains(*last));
        words.any(|(word, _)| {
            let start = front.len().checked_sub(word.len());
            start.is_some_and(|start| front[start..].eq_ignore_ascii_case(word))
        })
    }

    /// Appends the skeleton of a text; `kinds`: room to work in.
    pub fn fold(&self, text: &[u8], kinds: &mut Kinds, out: &mut Vec<u8>) {
        kinds.fill(text);
        // A skeleton is no longer than its text.
        let mut room = Room {
            at: out.len(),
            bytes: out,
        };
        room.bytes.resize(room.at + text.len() + STEP, 0);
        let mut done = 0;
        while let Some(word) = kinds.next_word(done) {
            room.put(text, done..word.place.start);
            done = word.place.end;
            self.fold_word(text, &word, &mut room);
        }
        room.put(text, done..text.len());
        let end = room.at;
        out.truncate(end);
    }

    /// Appends the skeleton of a word that has a digit.
    #[inline]
    fn fold_word(&self, text: &[u8], word: &Word, out: &mut Room<'_>) {
        let place = word.place.clone();
        if self.may_have_long(word) && self.has_long(&text[place.clone()]) {
            out.put(text, place);
            return;
        }
        if word.made == Made::Letters {
            self.fold_parts(text, word, out);
            return;
        }
        let leading = (!word.digits).trailing_zeros() as usize;
        let number = number(text, place.start, leading);
        let may_be =
            word.made == Made::Hexadecimal || self.may_be_of_a_text(number, text[place.start]);
        if may_be && self.is_of_a_text(text, &place) {
            out.put(text, place);
            return;
        }
        if !self.may_stay(number) {
            if word.made == Made::Digits || place.len() >= SHORTEST_ID {
                out.put_place();
            } else {
                self.fold_parts(text, word, out);
            }
            return;
        }
        self.fold_known(text, word, leading, out);
    }

    /// The same, if the number with which it begins is one that may stay.
    fn fold_known(&self, text: &[u8], word: &Word, leading: usize, out: &mut Room<'_>) {
        let place = word.place.clone();
        let (first, before) = (&text[place.start..][..leading], &text[..place.start]);
        let counts = is_among(&self.counts, first) && self.is_behind_a_word(before);
        if word.made == Made::Digits {
            if counts || self.stays_behind(first, before) {
                out.put(text, place);
            } else {
                out.put_place();
            }
        } else if place.len() >= SHORTEST_ID && !counts {
            out.put_place();
        } else {
            self.fold_parts(text, word, out);
        }
    }

    /// True if a text with a number stands there, with that number in these digits or this id.
    #[inline]
    fn is_of_a_text(&self, text: &[u8], place: &Range<usize>) -> bool {
        let near = around(text, place.start);
        let next = around(text, place.end);
        (self.behind.may_have(near) || self.before.may_have(next))
            && self.stands_there(text, place, (near, next))
    }

    fn stands_there(&self, text: &[u8], place: &Range<usize>, keys: ([u8; 4], [u8; 4])) -> bool {
        let stands = |own: &TextWithNumber| stands(text, place, own);
        self.behind.any(keys.0, stands) || self.before.any(keys.1, stands)
    }

    /// False if a number is surely in none of these texts.
    #[inline]
    fn may_be_of_a_text(&self, number: Option<usize>, first: u8) -> bool {
        first == b'0' || number.is_none_or(|number| bit(&self.in_texts, number))
    }

    /// False if a number surely does not stay.
    #[inline]
    fn may_stay(&self, number: Option<usize>) -> bool {
        number.is_some_and(|number| bit(&self.any, number))
    }

    /// The same for a word that is neither a number nor an id: each of its numbers by itself.
    fn fold_parts(&self, text: &[u8], word: &Word, out: &mut Room<'_>) {
        let mut done = word.place.start;
        for part in runs(text, word) {
            let (digits, before) = (&text[part.clone()], &text[..part.start]);
            let is_first = part.start == word.place.start;
            let number = number(text, part.start, part.len());
            let stays = self.may_stay(number) && self.part_stays(digits, before, is_first);
            let stays =
                stays || self.may_be_of_a_text(number, digits[0]) && self.is_of_a_text(text, &part);
            if !stays {
                out.put(text, done..part.start);
                out.put_place();
                done = part.end;
            }
        }
        out.put(text, done..word.place.end);
    }

    /// True if a number inside a word stays; `is_first`: the word begins with it.
    fn part_stays(&self, digits: &[u8], before: &[u8], is_first: bool) -> bool {
        self.stays_behind(digits, before)
            || is_first && is_among(&self.counts, digits) && self.is_behind_a_word(before)
    }

    /// True if a number stays behind the byte with which a text ends.
    fn stays_behind(&self, digits: &[u8], before: &[u8]) -> bool {
        let begins = before
            .last()
            .is_none_or(|byte| !byte.is_ascii_alphanumeric());
        begins && is_among(&self.stays, digits)
    }

    /// False if a word is surely without a long number.
    #[inline]
    fn may_have_long(&self, word: &Word) -> bool {
        let length = word.place.len();
        word.has_run
            || length > LONGEST
                && word.made != Made::Letters
                && self.lengths >> length.min(31) & 1 == 1
    }

    /// True if a number that is searched for stays wherever it is found.
    pub fn stays(&self, number: &[u8]) -> bool {
        let digits = number.strip_prefix(b"-").unwrap_or(number);
        if digits.len() > LONGEST {
            return is_hexadecimal(digits) && self.is_long(digits);
        }
        let is_among = |bits| short(digits).is_some_and(|number| bit(bits, number));
        is_among(&self.stays) || is_among(&self.counts)
    }

    fn is_long(&self, digits: &[u8]) -> bool {
        long(digits).is_some_and(|number| self.long.binary_search(&number).is_ok())
    }

    /// True if a long number stands in a word, with no digit of its kind beside it.
    fn has_long(&self, word: &[u8]) -> bool {
        self.has_long_of(word, u8::is_ascii_hexdigit) || self.has_long_of(word, u8::is_ascii_digit)
    }

    fn has_long_of(&self, word: &[u8], is_digit: impl Fn(&u8) -> bool) -> bool {
        let mut runs = word.split(|byte| !is_digit(byte));
        runs.any(|run| self.may_be_of_length(run.len()) && self.is_long(run))
    }

    /// False if no long number has so many digits.
    const fn may_be_of_length(&self, digits: usize) -> bool {
        digits > LONGEST && digits < u32::BITS as usize && self.lengths >> digits & 1 == 1
    }

    /// What a text may look like in a skeleton. Its first and last words may be parts of longer ones there; `is_address`:
    /// the last one only.
    pub fn images(&self, text: &[u8], is_address: bool) -> Vec<Vec<u8>> {
        if stays_as_it_is(text) {
            return vec![text.to_vec()];
        }
        let may_go_on = !self.whole.contains(&text.to_ascii_lowercase());
        let mut images = vec![Vec::new()];
        let mut at = 0;
        for word in text.chunk_by(|a, b| a.is_ascii_alphanumeric() == b.is_ascii_alphanumeric()) {
            let here = at..at + word.len();
            at = here.end;
            let ways = if word[0].is_ascii_alphanumeric() {
                let is_open = (here.start == 0 && !is_address, here.end == text.len());
                self.word_images(&text[..here.start], word, is_open, may_go_on)
            } else {
                vec![word.to_vec()]
            };
            images = joined(&images, &ways);
        }
        images.sort_unstable();
        images.dedup();
        images
    }

    /// The images of one word; `is_open`: whether more of it may stand before and behind it; `may_go_on`: a number at
    /// the text's ends need not stay.
    fn word_images(
        &self,
        before: &[u8],
        word: &[u8],
        is_open: (bool, bool),
        may_go_on: bool,
    ) -> Vec<Vec<u8>> {
        let is_part = is_open.0 || is_open.1;
        let mut last = before;
        if !is_part && !word.iter().any(u8::is_ascii_digit) {
            return vec![word.to_vec()];
        }
        let mut images = vec![Vec::new()];
        let mut at = 0;
        for part in parts(word) {
            let here: Range<usize> = at..at + part.len();
            at = here.end;
            let is_at_an_end = is_open.0 && here.start == 0 || is_open.1 && here.end == word.len();
            let stays = !may_go_on || !is_at_an_end && self.stays_behind(part, last);
            let mut ways = vec![part.to_vec()];
            if part[0].is_ascii_digit() && !stays {
                ways.push(vec![PLACE]);
            }
            last = part;
            images = joined(&images, &ways);
        }
        let may_be_in_an_id = is_id(word) || is_part && word.iter().all(u8::is_ascii_hexdigit);
        if may_be_in_an_id && (may_go_on || !word.iter().all(u8::is_ascii_digit)) {
            images.push(vec![PLACE]);
        }
        images
    }
}

/// True if a text surely has no number and no part of an id: words inside it stand there as a whole.
fn stays_as_it_is(text: &[u8]) -> bool {
    let may_be_of_an_id = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_hexdigit);
    let mut words = text.split(|byte| !byte.is_ascii_alphanumeric());
    let (first, last) = (words.next(), words.next_back());
    !text.iter().any(u8::is_ascii_digit) && !first.into_iter().chain(last).any(may_be_of_an_id)
}

/// Bytes that may stand between a word and its number, and how many of them.
const GAP: &[u8] = b" \t:=('\"#[,\\-0";
const LONGEST_GAP: usize = 40;

/// True if a text may end with an endpoint's port: what stands before that decides.
fn may_end_with_port(text: &[u8], is_digit: &dyn Fn(&u8) -> bool) -> bool {
    let text = text.strip_suffix(b")").unwrap_or(text);
    let digits = text.iter().rev().take_while(|byte| is_digit(byte)).count();
    let front = &text[..text.len() - digits];
    let word = front.last_chunk::<5>();
    digits > 1
        && (front.ends_with(b":")
            || word.is_none_or(|word| {
                [b"port ", b"port="]
                    .iter()
                    .any(|own| word.eq_ignore_ascii_case(*own))
            }))
}

/// True if what stands between a URL and a number tells it from the port, or from a part of the URL.
pub fn is_room(gap: &[u8]) -> bool {
    gap.iter().any(|byte| b" \t".contains(byte))
}

/// True if the last word of a text is a URL.
pub fn ends_with_url(text: &[u8]) -> bool {
    let word = last_word(text);
    memmem::find(word, b"://").is_some_and(|at| at > 0)
}

/// The same of a part of a text: its only word may go on with one that begins before it, unless [that shows there](opens_url).
fn may_end_with_url(text: &[u8]) -> bool {
    let word = last_word(text);
    let is_whole = word.len() < text.len();
    let at = memmem::find(word, b"://");
    at.is_some_and(|at| at > 0 || !is_whole) || !is_whole && word.starts_with(b"/")
}

/// True if the last word of a text is a URL with which what follows may go on. If only its colon stands there, what follows
/// begins with a slash.
pub fn opens_url(text: &[u8]) -> bool {
    memmem::find(last_word(text), b"://").is_some()
}

fn last_word(text: &[u8]) -> &[u8] {
    let blank = text.iter().rposition(u8::is_ascii_whitespace);
    &text[blank.map_or(0, |at| at + 1)..]
}

/// The numbers of a word.
fn runs(text: &[u8], word: &Word) -> impl Iterator<Item = Range<usize>> {
    let (mut at, end) = (word.place.start, word.place.end);
    let is_short = word.place.len() <= u64::BITS as usize;
    let mut bits = word.digits;
    std::iter::from_fn(move || {
        let (skip, length) = if is_short {
            let skip = bits.trailing_zeros() % u64::BITS;
            let length = (!(bits >> skip)).trailing_zeros();
            bits = bits >> skip >> (length / 2) >> length.div_ceil(2);
            (skip as usize, length as usize)
        } else {
            let rest = &text[at..end];
            let skip = rest.iter().take_while(|b| !b.is_ascii_digit()).count();
            let digits = rest[skip..].iter();
            (skip, digits.take_while(|b| b.is_ascii_digit()).count())
        };
        let start = at + skip;
        at = start + length;
        (length > 0).then_some(start..at)
    })
}

/// Digits and what is none, by turns.
fn parts(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit())
}

/// Each beginning with each end.
fn joined(beginnings: &[Vec<u8>], ends: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let with = |beginning: &Vec<u8>| {
        let ends = ends.iter();
        let all = ends.map(|end| [beginning.as_slice(), end].concat());
        all.collect::<Vec<_>>()
    };
    beginnings.iter().flat_map(with).collect()
}

fn is_among(bits: &[u64], digits: &[u8]) -> bool {
    value(digits).is_some_and(|number| bit(bits, number))
}

/// The value of one to five digits at a place of a text; zeros in front make no difference.
#[inline]
fn number(text: &[u8], at: usize, digits: usize) -> Option<usize> {
    if digits == 0 || digits > LONGEST {
        return None;
    }
    let Some(eight) = text.get(..at + digits).and_then(|text| text.last_chunk()) else {
        let digits = text[at..at + digits].iter();
        return Some(digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0')));
    };
    // What stands before the digits becomes zeros; then two, four and eight of them are taken at a time.
    let own = u64::MAX << (64 - digits * 8);
    let mut sum = (u64::from_le_bytes(*eight) ^ 0x3030_3030_3030_3030) & own;
    sum = (sum & 0x0f0f_0f0f_0f0f_0f0f).wrapping_mul(10 << 8 | 1) >> 8;
    sum = (sum & 0x00ff_00ff_00ff_00ff).wrapping_mul(100 << 16 | 1) >> 16;
    sum = (sum & 0x0000_ffff_0000_ffff).wrapping_mul(10_000 << 32 | 1) >> 32;
    Some(sum as usize)
}

/// The value of up to five decimal digits.
fn short(digits: &[u8]) -> Option<usize> {
    let is_decimal = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_decimal.then(|| value(digits)).flatten()
}

/// True for hexadecimal digits, with a decimal one among them.
fn is_hexadecimal(digits: &[u8]) -> bool {
    digits.iter().all(u8::is_ascii_hexdigit) && digits.iter().any(u8::is_ascii_digit)
}

/// True for hexadecimal digits of both kinds.
fn is_id(word: &[u8]) -> bool {
    word.len() >= SHORTEST_ID && is_hexadecimal(word) && word.iter().any(u8::is_ascii_alphabetic)
}

/// Two bytes, without their case, as one number.
fn ending(two: [u8; 2]) -> usize {
    let [one, two] = two.map(|b| usize::from(b.to_ascii_lowercase()));
    one << 8 | two
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub fn numbers() -> Numbers {
        let mut numbers = Numbers::default();
        numbers.keep_whole(b"127.0.0.1:5000");
        numbers.keep_whole(b"in 10 of 8");
        numbers.keep_first(b"443");
        numbers.keep_first(b"127");
        numbers.keep_number(b"503");
        numbers.keep_behind([b"status".as_slice()].into_iter(), Behind::default());
        numbers
    }

    fn skeleton(text: &str) -> String {
        let mut out = Vec::new();
        numbers().fold(text.as_bytes(), &mut Kinds::default(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_and_ids_are_left_out_unless_they_are_searched_for() {
        let same = [
            ("took 216 us, 5000 of 99", "took 7 us, 7 of 7"),
            (
                "503 of status: 503, status (503)",
                "7 of status: 503, status (503)",
            ),
            ("127.0.0.1:5000", "127.0.0.1:5000"),
            (
                "10.127.0.0.1:50001, in 10 of 88",
                "7.127.0.0.1:50001, in 10 of 88",
            ),
            ("in 10 or 8 of 10", "in 7 or 7 of 7"),
            ("192.168.178.20", "7.7.7.7"),
            ("call id 8987ec81f8f4", "call id 7"),
            ("call id 8987ECf8443f", "call id 7"),
            ("call id 443f, 443fa", "call id 7, 7"),
            ("port 443, 443 ms, 443ms", "port 443, 443 ms, 443ms"),
            ("dead cafe", "dead cafe"),
            ("line2 1024x768 1a", "line7 7x7 7a"),
            ("00443 0 010 123456", "7 7 7 7"),
            ("größte 12", "größte 7"),
            ("", ""),
        ];
        for (text, wanted) in same {
            assert_eq!(skeleton(text), wanted, "{text}");
        }
    }

    #[test]
    fn the_number_of_a_word_stays_only_where_nothing_goes_on_with_a_name() {
        let mut numbers = Numbers::default();
        numbers.keep_word(b"(401)");
        numbers.keep_word(b"error 401");
        let skeleton = |text: &str| {
            let mut out = Vec::new();
            numbers.fold(text.as_bytes(), &mut Kinds::default(), &mut out);
            String::from_utf8(out).unwrap()
        };
        for (text, wanted) in [
            ("(401) x", "(401) x"),
            ("error: (401)", "error: (401)"),
            ("socket.cc(401)] x", "socket.cc(7)] x"),
            ("(401)x", "(7)x"),
            ("_(401)", "_(7)"),
            ("an error 401.", "an error 401."),
            ("an error 4015", "an error 7"),
            ("an error 0401", "an error 7"),
            ("terror 401", "terror 7"),
        ] {
            assert_eq!(skeleton(text), wanted, "{text}");
        }
    }

    proptest! {
        /// The law of this module.
        #[test]
        fn what_stands_in_a_text_has_an_image_in_its_skeleton(
            text in "[0-9]{0,2}([0-9a-f]{1,7}|[ .:]|443|5000|[xyz]|ä){0,12}",
            at in 0usize..40,
            len in 1usize..14,
        ) {
            let numbers = numbers();
            let bytes = text.as_bytes();
            let at = at.min(bytes.len());
            let end = (at + len).min(bytes.len());
            let part = &bytes[at..end];
            let mut all = numbers;
            match at % 3 {
                0 => {}
                1 => all.keep_whole(part),
                _ => {
                    all.keep_word(part);
                    let beside = [at.checked_sub(1), Some(end)].into_iter().flatten();
                    let mut beside = beside.filter_map(|at| bytes.get(at));
                    prop_assume!(!beside.any(|byte| is_of_a_name(*byte)));
                }
            }
            let mut skeleton = Vec::new();
            all.fold(bytes, &mut Kinds::default(), &mut skeleton);
            let found = all.images(part, false).iter().any(|image| memchr::memmem::find(&skeleton, image).is_some());
            prop_assert!(found, "{text:?} {:?} {:?}", String::from_utf8_lossy(part), String::from_utf8_lossy(&skeleton));
        }

        #[test]
        fn a_number_that_is_searched_for_stays_wherever_it_stands_by_itself(
            number in 0usize..5,
            before in "[0-9a-f]{0,3}[x:(= -][g-z]{0,2}",
            behind in "[g-z]{0,2}[x:) ,][0-9a-f]{0,3}",
        ) {
            let number = ["503", "443", "80072eff", "800b0101", "2147012866"][number];
            let mut numbers = numbers();
            for number in ["503", "-503", "80072eff", "800b0101", "-2147012866"] {
                numbers.keep_number(number.as_bytes());
            }
            let before = if number == "503" { "a Status=(\"" } else { before.trim_end_matches(|c: char| c.is_ascii_alphanumeric()) };
            let text = format!("{before}{number}{behind}");
            let mut skeleton = Vec::new();
            numbers.fold(text.as_bytes(), &mut Kinds::default(), &mut skeleton);
            let found = memchr::memmem::find(&skeleton, number.as_bytes());
            prop_assert!(found.is_some(), "{text:?} {:?}", String::from_utf8_lossy(&skeleton));
            prop_assert!(numbers.stays(number.as_bytes()));
        }
    }
}
