//! The skeleton of a text: what stays of it when numbers and hexadecimal ids are left out.
//!
//! Everyday records are a few hundred sentences with other numbers in them. Two records with one skeleton tell the same,
//! unless what tells is in their numbers: so a number that anything searches for stays in the skeleton as it is.
//!
//! The law that makes skeletons useful: wherever a text stands in a record, one of the text's
//! [images](Numbers::images) stands in the record's skeleton.

use std::ops::Range;

/// What stands in a skeleton for a number or an id that is left out. Any digit would do; one that few texts have as a
/// number of its own is best.
pub const PLACE: u8 = b'7';
/// Digits of the longest number that may stay.
const LONGEST: usize = 5;
/// Letters and digits of the shortest id: `1a0c`. What is shorter loses its digits only.
const SHORTEST_ID: usize = 4;

/// Numbers that stay in skeletons.
#[derive(Debug, Clone, Default)]
pub struct Numbers {
    /// A bit for each number of up to five digits that stays wherever it begins a word.
    stays: Vec<u64>,
    /// The same for those that may also begin what looks like an id.
    begins: Vec<u64>,
    /// Those that stay behind a certain byte, in order.
    inner: Vec<(usize, u8)>,
    /// The same for those that stay behind a word that makes a number of them.
    counts: Vec<u64>,
    words: Vec<Vec<u8>>,
    /// For the last two bytes of each word, a bit.
    endings: Vec<u64>,
    /// True if such numbers stay behind an endpoint, too.
    behind_endpoint: bool,
    /// The same for all of these.
    any: Vec<u64>,
    /// Longer ones that stay, in decimal or hexadecimal digits, in order; and for each number of digits a bit.
    long: Vec<u64>,
    lengths: u32,
}

/// Kinds of bytes: as bits, so that a word has the kinds of its bytes.
const MARK: u8 = 0;
const DIGIT: u8 = 1;
const HEX_LETTER: u8 = 2;
const LETTER: u8 = 4;

static KINDS: [u8; 256] = {
    let mut kinds = [MARK; 256];
    let mut byte = 0;
    while byte < 128 {
        kinds[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'a'..=b'f' | b'A'..=b'F' => HEX_LETTER,
            b'g'..=b'z' | b'G'..=b'Z' => LETTER,
            _ => MARK,
        };
        byte += 1;
    }
    kinds
};

#[inline]
fn kind(byte: u8) -> u8 {
    KINDS[usize::from(byte)]
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
    let digit = |digit: &u8| u64::from((*digit as char).to_digit(16).unwrap_or_default());
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

/// The value of a number that may stay: short, and without zeros in front.
#[inline]
fn value(digits: &[u8]) -> Option<usize> {
    let short = digits.len() <= LONGEST && (digits[0] != b'0' || digits.len() == 1);
    short.then(|| {
        let add = |sum, digit: &u8| sum * 10 + usize::from(digit.wrapping_sub(b'0'));
        digits.iter().fold(0, add)
    })
}

impl Numbers {
    /// Lets the numbers inside a text stay: those with something before and behind them, so that they are whole.
    pub fn keep(&mut self, text: &[u8]) {
        let parts: Vec<&[u8]> = parts(text).collect();
        for around in parts
            .windows(3)
            .filter(|around| around[1][0].is_ascii_digit())
        {
            let before = around[0][around[0].len() - 1].to_ascii_lowercase();
            if let Some(number) = value(around[1])
                && let Err(place) = self.inner.binary_search(&(number, before))
            {
                self.inner.insert(place, (number, before));
                set(&mut self.any, number);
            }
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

    /// Lets a number stay wherever it begins a word; `even_in_ids`: even before letters.
    pub fn keep_first(&mut self, digits: &[u8], even_in_ids: bool) {
        if let Some(number) = short(digits) {
            set(&mut self.any, number);
            set(&mut self.stays, number);
            if even_in_ids {
                set(&mut self.begins, number);
            }
        }
    }

    /// Words behind which a number counts, in lower case, with a gap between; or an endpoint.
    pub fn keep_behind<'w>(&mut self, words: impl Iterator<Item = &'w [u8]>, endpoint: bool) {
        for word in words.filter(|word| !word.is_empty()) {
            let ending = word.last_chunk().map_or(usize::MAX, |two| ending(*two));
            if ending == usize::MAX {
                // A word of one byte: any ending may be one of its own.
                self.endings = vec![u64::MAX; 1 << 10];
            } else {
                set(&mut self.endings, ending);
            }
            self.words.push(word.to_vec());
        }
        self.behind_endpoint |= endpoint;
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
            let front = &text[..text.len() - gap];
            let ends = front
                .last_chunk()
                .is_some_and(|two| bit(&self.endings, ending(*two)));
            self.behind_endpoint && front.last().is_some_and(|b| ends_endpoint(*b))
                || (ends || front.len() < 2)
                    && self.words.iter().any(|word| {
                        let start = front.len().checked_sub(word.len());
                        start.is_some_and(|start| front[start..].eq_ignore_ascii_case(word))
                    })
        })
    }

    /// Appends the skeleton of a text.
    pub fn fold(&self, text: &[u8], out: &mut Vec<u8>) {
        // A skeleton is no longer than its text.
        let mut room = Room {
            at: out.len(),
            bytes: out,
        };
        room.bytes.resize(room.at + text.len() + STEP, 0);
        let mut done = 0;
        while let Some(digit) = next_digit(text, done) {
            let mut start = digit;
            let mut kinds = DIGIT;
            while start > done && kind(text[start - 1]) != MARK {
                start -= 1;
                kinds |= kind(text[start]);
            }
            let mut end = digit + 1;
            while let Some(kind) = text.get(end).map(|b| kind(*b)).filter(|k| *k != MARK) {
                kinds |= kind;
                end += 1;
            }
            room.put(text, done..start);
            self.fold_word(text, start..end, kinds, &mut room);
            done = end;
        }
        room.put(text, done..text.len());
        let end = room.at;
        out.truncate(end);
    }

    /// Appends the skeleton of letters and digits that have none beside them, and are of these kinds.
    #[inline]
    fn fold_word(&self, text: &[u8], place: Range<usize>, kinds: u8, out: &mut Room<'_>) {
        let word = &text[place.clone()];
        if self.may_have_long(word, kinds) && self.has_long(word) {
            out.put(text, place);
            return;
        }
        if kinds & LETTER != 0 {
            self.fold_parts(text, place, out);
            return;
        }
        let digits = word.iter().take_while(|b| b.is_ascii_digit()).count();
        let (first, rest) = word.split_at(digits);
        let is_known = !first.is_empty() && is_among(&self.any, first);
        let counts = is_known
            && (is_among(&self.begins, first)
                || is_among(&self.counts, first) && self.is_behind_a_word(&text[..place.start]));
        if rest.is_empty() {
            if counts || is_known && self.stays_behind(first, &text[..place.start]) {
                out.put(text, place);
            } else {
                out.put_place();
            }
        } else if word.len() >= SHORTEST_ID && !counts {
            out.put_place();
        } else {
            self.fold_parts(text, place, out);
        }
    }

    /// The same for a word that is neither a number nor an id: each of its numbers by itself.
    fn fold_parts(&self, text: &[u8], place: Range<usize>, out: &mut Room<'_>) {
        let before = &text[..place.start];
        let mut last = before;
        let mut at = place.start;
        for (index, part) in parts(&text[place]).enumerate() {
            let stays = !part[0].is_ascii_digit()
                || is_among(&self.any, part)
                    && (self.stays_behind(part, last)
                        || index == 0
                            && is_among(&self.counts, part)
                            && self.is_behind_a_word(before));
            if stays {
                out.put(text, at..at + part.len());
            } else {
                out.put_place();
            }
            at += part.len();
            last = part;
        }
    }

    /// True if a number stays behind the byte with which a text ends.
    fn stays_behind(&self, digits: &[u8], before: &[u8]) -> bool {
        let Some(number) = value(digits) else {
            return false;
        };
        let before = before.last().map(u8::to_ascii_lowercase);
        let begins = before.is_none_or(|byte| kind(byte) == MARK);
        begins && bit(&self.stays, number)
            || before.is_some_and(|byte| self.inner.binary_search(&(number, byte)).is_ok())
    }

    /// False if a word is surely without a long number: it has too few digits of a kind, or all of it are an id.
    #[inline]
    fn may_have_long(&self, word: &[u8], kinds: u8) -> bool {
        let may_be = |digits: usize| self.lengths >> digits.min(31) & 1 == 1;
        word.len() > LONGEST
            && (kinds & LETTER != 0
                || may_be(word.len())
                || kinds != DIGIT && word.len() > 2 * LONGEST)
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
        let in_parts = |is_digit: fn(&u8) -> bool| {
            word.chunk_by(|a, b| is_digit(a) == is_digit(b))
                .any(|part| part.len() > LONGEST && is_digit(&part[0]) && self.is_long(part))
        };
        in_parts(u8::is_ascii_hexdigit) || in_parts(u8::is_ascii_digit)
    }

    /// What a text may look like in a skeleton. Its first and last words may be parts of longer ones there; `is_address`:
    /// the last one only.
    pub fn images(&self, text: &[u8], is_address: bool) -> Vec<Vec<u8>> {
        let mut images = vec![Vec::new()];
        let mut at = 0;
        for word in text.chunk_by(|a, b| a.is_ascii_alphanumeric() == b.is_ascii_alphanumeric()) {
            let here = at..at + word.len();
            at = here.end;
            let ways = if word[0].is_ascii_alphanumeric() {
                let is_open = (here.start == 0 && !is_address, here.end == text.len());
                self.word_images(&text[..here.start], word, is_open)
            } else {
                vec![word.to_vec()]
            };
            images = joined(&images, &ways);
        }
        images.sort_unstable();
        images.dedup();
        images
    }

    /// The images of one word; `is_open`: whether more of it may stand before and behind it.
    fn word_images(&self, before: &[u8], word: &[u8], is_open: (bool, bool)) -> Vec<Vec<u8>> {
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
            let may_go_on = is_open.0 && here.start == 0 || is_open.1 && here.end == word.len();
            let mut ways = vec![part.to_vec()];
            if part[0].is_ascii_digit() && (may_go_on || !self.stays_behind(part, last)) {
                ways.push(vec![PLACE]);
            }
            last = part;
            images = joined(&images, &ways);
        }
        if is_id(word) || is_part && word.iter().all(u8::is_ascii_hexdigit) {
            images.push(vec![PLACE]);
        }
        images
    }
}

/// Bytes that may stand between a word and its number, and how many of them.
const GAP: &[u8] = b" \t:=('\"#[,\\-0";
const LONGEST_GAP: usize = 40;

/// True for a byte with which an address or its port may end.
const fn ends_endpoint(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b')'
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

/// The first digit from `at` on.
#[inline]
fn next_digit(text: &[u8], mut at: usize) -> Option<usize> {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    while let Some(eight) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        // A byte without its high bit is a digit if it is less than ten once the upper half of `0` is taken off.
        let bytes = u64::from_le_bytes(*eight) ^ 0x3030_3030_3030_3030;
        let others = ((bytes & !HIGH) + 0x7676_7676_7676_7676) | bytes;
        let digits = !others & HIGH;
        if digits != 0 {
            return Some(at + (digits.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    let rest = text.get(at..)?;
    Some(at + rest.iter().position(u8::is_ascii_digit)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbers() -> Numbers {
        let mut numbers = Numbers::default();
        numbers.keep(b"127.0.0.1:5000 in 10 of 8");
        numbers.keep_first(b"443", true);
        numbers.keep_first(b"127", false);
        numbers.keep_number(b"503");
        numbers.keep_behind([b"status".as_slice()].into_iter(), false);
        numbers
    }

    fn skeleton(text: &str) -> String {
        let mut out = Vec::new();
        numbers().fold(text.as_bytes(), &mut out);
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
            ("0 10 -> 10", "7 10 -> 10"),
            ("192.168.178.20", "7.7.7.7"),
            ("call id 8987ec81f8f4", "call id 7"),
            ("call id 8987ECf8443f", "call id 7"),
            ("call id 443f, 443fa", "call id 443f, 443fa"),
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
            let part = &bytes[at..(at + len).min(bytes.len())];
            let mut all = numbers;
            all.keep(part);
            let mut skeleton = Vec::new();
            all.fold(bytes, &mut skeleton);
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
            numbers.fold(text.as_bytes(), &mut skeleton);
            let found = memchr::memmem::find(&skeleton, number.as_bytes());
            prop_assert!(found.is_some(), "{text:?} {:?}", String::from_utf8_lossy(&skeleton));
            prop_assert!(numbers.stays(number.as_bytes()));
        }

        #[test]
        fn a_digit_is_found_wherever_it_stands(text in "[a-z/:ä]{0,20}[0-9]?[a-z/:ä]{0,20}") {
            let plain = text.bytes().position(|b| b.is_ascii_digit());
            prop_assert_eq!(next_digit(text.as_bytes(), 0), plain);
        }
    }
}
