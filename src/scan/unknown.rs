//! Records that look like trouble and that no rule explains, grouped by template: the text with everything masked that
//! differs from time to time. Of too many groups those with the lowest hashes are kept, so that the choice and the counts
//! are the same for any block size.

mod packed;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;

use super::block::Stamped;
use crate::model::{Level, Span};
use crate::syntax::outline::{DIGIT, ID};

/// Groups that a block, and a source, keeps.
pub const MOST: usize = 256;
/// Bytes of a record that are kept as its example.
const EXAMPLE: usize = 600;
/// Bytes of a message that make its template.
const TEMPLATE: usize = 240;
/// Longest text between quotes that is masked as a whole.
const QUOTED: usize = 200;

/// Hexadecimal digits of the shortest id that is masked as a whole.
const SHORTEST_ID: usize = 6;
/// Quotes, and the first byte of those that are no ASCII.
const QUOTES: &[u8] = b"\"'`\xe2";
/// What may stand around a word and is no part of it.
const EDGES: &[u8] = b"()[]{},;!?<>=:.";

/// One record of a group.
#[derive(Debug, Clone)]
pub struct Sighting {
    /// Line at which it starts, from 0 at the block's first line; from 1 in the source once blocks are joined.
    pub line: u64,
    /// Block that it starts in.
    pub block: usize,
    /// Its stamp.
    pub time: Option<Stamped>,
    /// Its level.
    pub level: Option<Level>,
    /// Where the stamp stands in the text.
    pub stamp: Option<Span>,
    /// Its first bytes.
    pub text: Vec<u8>,
    /// The first bytes of its message; kept for the first one of a group.
    pub message: Vec<u8>,
}

/// Records of one template.
#[derive(Debug, Clone)]
pub struct Group {
    /// The template.
    pub template: String,
    /// Records.
    pub count: u64,
    /// The first of them.
    pub first: Sighting,
    /// Place and stamp of the last of them: (block, stamp).
    pub last: (usize, Option<Stamped>),
    /// True if each of them is one line.
    pub single: bool,
}

/// What is noted of each record of a group.
#[derive(Debug, Clone, Copy)]
pub struct Noted<'m> {
    /// What the layout says is its message.
    pub message: &'m [u8],
    /// The block that it starts in, and its stamp.
    pub place: (usize, Option<Stamped>),
    /// True if it is one line.
    pub single: bool,
}

/// The groups of one block or source, by hash.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    kept: BTreeMap<u64, Box<Group>>,
    /// True if there were more than [`MOST`].
    pub cut: bool,
}

impl Groups {
    /// Counts a record of a group; `group`: the hash of its template.
    pub fn add(
        &mut self,
        group: u64,
        template: impl FnOnce() -> String,
        noted: Noted<'_>,
        sighting: impl FnOnce() -> Sighting,
    ) {
        let Noted {
            message,
            place,
            single,
        } = noted;
        if let Some(known) = self.kept.get_mut(&group) {
            known.count += 1;
            known.last = place;
            known.single &= single;
            return;
        }
        let is_last = |max: &u64| group > *max;
        if self.kept.len() >= MOST && self.kept.keys().next_back().is_some_and(is_last) {
            self.cut = true;
            return;
        }
        let mut first = sighting();
        first.text.truncate(EXAMPLE);
        first.text.shrink_to_fit();
        first.message = message[..message.len().min(TEMPLATE * 2)].to_vec();
        let new = Group {
            template: template(),
            count: 1,
            last: place,
            single,
            first,
        };
        self.kept.insert(group, Box::new(new));
        self.trim();
    }

    /// Counts a record by its message.
    #[cfg(test)]
    fn note(
        &mut self,
        message: &[u8],
        place: (usize, Option<Stamped>),
        sighting: impl FnOnce() -> Sighting,
    ) {
        let template = template(message);
        if !template.is_empty() {
            let group = hash(&template);
            let noted = Noted {
                message,
                place,
                single: message.first().is_some_and(u8::is_ascii),
            };
            self.add(group, || template, noted, sighting);
        }
    }

    /// Adds the groups of a block, in whatever order blocks come; lines stay those of their block until
    /// [`Self::number_lines`].
    pub fn join(&mut self, other: Self, block: usize) {
        self.cut |= other.cut;
        for (hash, mut group) in other.kept {
            group.first.block = block;
            group.last.0 = block;
            match self.kept.entry(hash) {
                Entry::Vacant(entry) => {
                    entry.insert(group);
                }
                Entry::Occupied(mut entry) => {
                    let old = entry.get_mut();
                    old.count += group.count;
                    old.single &= group.single;
                    if group.last.0 > old.last.0 {
                        old.last = group.last;
                    }
                    if group.first.block < old.first.block {
                        old.first = group.first;
                        old.template = group.template;
                    }
                }
            }
        }
        self.trim();
    }

    /// Counts lines from 1 in the source. `before`: for each block the lines before it.
    pub fn number_lines(&mut self, before: &[u64]) {
        for group in self.kept.values_mut() {
            group.first.line += before.get(group.first.block).copied().unwrap_or(0) + 1;
        }
    }

    /// Adds the groups of the next block, which starts behind `lines` lines.
    pub fn add_block(&mut self, other: &Self, block: usize, lines: u64) {
        self.cut |= other.cut;
        for (hash, group) in &other.kept {
            let mut group = group.clone();
            group.first.line += lines + 1;
            group.first.block = block;
            group.last.0 = block;
            self.kept
                .entry(*hash)
                .and_modify(|old| {
                    old.count += group.count;
                    old.single &= group.single;
                    old.last = group.last;
                })
                .or_insert(group);
        }
        self.trim();
    }

    /// Drops the examples of what an earlier block of the source has an example of. `seen`: the first block of each.
    pub fn strip(&mut self, block: usize, seen: &mut BTreeMap<u64, usize>) {
        for (hash, group) in &mut self.kept {
            let first = seen.entry(*hash).or_insert(block);
            if *first < block {
                group.first.text = Vec::new();
                group.first.message = Vec::new();
                group.template = String::new();
            }
            *first = block.min(*first);
        }
    }

    /// True if there is none, and never was one too many.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty() && !self.cut
    }

    /// All groups.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.kept.values().map(Box::as_ref)
    }

    fn trim(&mut self) {
        while self.kept.len() > MOST {
            self.kept.pop_last();
            self.cut = true;
        }
    }
}

/// The hash of a template, FNV-1a: the same on every machine.
pub fn hash(template: &str) -> u64 {
    template.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The text without numbers, ids, hosts, paths and quoted parts.
pub fn template(message: &[u8]) -> String {
    let line = message.split(|b| *b == b'\n').next().unwrap_or_default();
    let text = String::from_utf8_lossy(&line[..line.len().min(TEMPLATE * 2)]);
    let text = without_quotes(text.trim());
    let mut out = String::new();
    for word in text.split_whitespace() {
        if out.len() > TEMPLATE {
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        mask(word, &mut out);
    }
    out
}

/// The words of an outline whose digits make a difference to the template: all texts that have this outline, and the same
/// there, have one template. A number with a point may be one of an address or of a version, and its digits say which; what
/// stands before an equals sign stays as it is; and `0x12` is an id, but not `5x12`. `is_whole`: nothing of the message stands
/// before the outline.
pub fn telling_words(outline: &[u8], is_whole: bool) -> Vec<Range<usize>> {
    let mut outline = outline.to_vec();
    if is_whole {
        blank_quoted(&mut outline);
    }
    let is_digit = |byte: &u8| matches!(byte, &DIGIT | &ID);
    let has_point = |word: &[u8]| {
        word.windows(2).any(|two| match two {
            [b'.', other] | [other, b'.'] => is_digit(other),
            _ => false,
        })
    };
    let may_be_hexadecimal = |word: &[u8]| {
        let single = (1..word.len()).filter(|at| word[*at] == b'x' && is_digit(&word[at - 1]));
        let mut before = single.map(|at| at.checked_sub(2).map(|at| &word[at]));
        before.any(|before| !before.is_some_and(is_digit))
    };
    // Of an address with a scheme, and of a path, nothing stays.
    let is_path = |word: &[u8]| {
        let slashes = word.iter().filter(|byte| matches!(byte, b'/' | b'\\'));
        let is_other = |byte: &u8| *byte == b'=' || QUOTES.contains(byte);
        slashes.count() >= 2 && !word.iter().any(is_other)
    };
    let has_key = |word: &[u8]| {
        let sign = word.iter().rposition(|byte| *byte == b'=');
        sign.is_some_and(|at| word[..at].iter().any(is_digit))
    };
    // Of blanks that are no ASCII, a template sees two words where there is one here.
    let has_blank = |word: &[u8]| {
        let is_plain = word.iter().all(u8::is_ascii_graphic);
        !is_plain && String::from_utf8_lossy(word).contains(char::is_whitespace)
    };
    // The letters of an id stay, unless it is a word by itself that is masked as a whole.
    let has_letters = |word: &[u8]| {
        let is_edge = |byte: &u8| EDGES.contains(byte);
        let start = word.iter().take_while(|byte| is_edge(byte)).count();
        let end = word
            .iter()
            .rposition(|byte| !is_edge(byte))
            .map_or(start, |at| at + 1);
        let id = &word[start..end];
        let is_whole = id.len() >= SHORTEST_ID && id.iter().all(is_digit);
        id.contains(&ID) && !is_whole
    };
    let mut words = Vec::new();
    let mut at = 0;
    for word in outline.split(u8::is_ascii_whitespace) {
        let has_blank = has_blank(word);
        let tells = has_point(word)
            || may_be_hexadecimal(word)
            || has_key(word)
            || has_letters(word)
            || has_blank && word.iter().any(is_digit);
        let is_cut = at + word.len() > 2 * TEMPLATE;
        if tells && (is_cut || has_blank || !is_path(word)) {
            words.push(at..at + word.len());
        }
        at += word.len() + 1;
    }
    words
}

/// True if a template has of this word of an outline what [`mask`] says, whatever stands around it.
pub fn is_masked_alone(outline: &[u8], word: &Range<usize>) -> bool {
    // Quotes join words, and some blanks part them that part none here.
    let is_plain = |byte: &u8| byte.is_ascii_graphic() && !QUOTES.contains(byte);
    word.end <= 2 * TEMPLATE && outline[word.clone()].iter().all(is_plain)
}

/// Takes the digits out of what stands between quotes: no template has it, and quotes stand in an outline as in its texts.
fn blank_quoted(outline: &mut [u8]) {
    let end = outline.iter().position(|byte| *byte == b'\n');
    let end = end.unwrap_or(outline.len());
    let line = &mut outline[..end];
    let is_cut = line.len() > 2 * TEMPLATE;
    let Some(text) = std::str::from_utf8(line).ok().filter(|_| !is_cut) else {
        return;
    };
    for part in quoted(text) {
        let digits = line[part].iter_mut().filter(|b| matches!(**b, DIGIT | ID));
        digits.for_each(|byte| *byte = b'q');
    }
}

/// Text between quotes becomes `<…>`.
fn without_quotes(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut done = 0;
    for part in quoted(text) {
        out.push_str(&text[done..part.start]);
        out.push_str(" <…> ");
        done = part.end;
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// What stands between quotes, and the quotes; an apostrophe inside a word is none.
fn quoted(text: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut before = ' ';
    while let Some(at) = rest.bytes().position(|byte| QUOTES.contains(&byte)) {
        let start = text.len() - rest.len() + at;
        before = rest[..at].chars().next_back().unwrap_or(before);
        let Some(first) = rest[at..].chars().next() else {
            break;
        };
        let after = &rest[at + first.len_utf8()..];
        let opens = matches!(first, '"' | '\'' | '`' | '„') && !before.is_alphanumeric();
        let close = if first == '„' { '“' } else { first };
        let end = if opens { after.find(close) } else { None };
        (rest, before) = match end.filter(|end| *end <= QUOTED) {
            Some(end) => {
                let rest = &after[end + close.len_utf8()..];
                parts.push(start..text.len() - rest.len());
                (rest, ' ')
            }
            None => (after, first),
        };
    }
    parts
}

/// Appends what a template has of a word.
pub fn mask(word: &str, out: &mut String) {
    let is_edge = |byte: &u8| EDGES.contains(byte);
    let bytes = word.as_bytes();
    let lead = bytes.iter().take_while(|b| is_edge(b)).count();
    let trail = bytes[lead..]
        .iter()
        .rev()
        .take_while(|b| is_edge(b))
        .count();
    let (lead, rest) = word.split_at(lead);
    let (inner, trail) = rest.split_at(rest.len() - trail);
    out.push_str(lead);
    // Most words are letters or a number, and neither takes long to tell.
    let is_letter = |b: u8| b.is_ascii_alphabetic() || !b.is_ascii() || b == b'-' || b == b'_';
    if inner.bytes().all(is_letter) {
        out.push_str(inner);
        out.push_str(trail);
        return;
    }
    if inner.bytes().all(|b| b.is_ascii_digit()) {
        out.push('#');
        out.push_str(trail);
        return;
    }
    match (inner.split_once('='), inner) {
        (Some((key, value)), _) if !key.is_empty() && !value.is_empty() => {
            out.push_str(key);
            out.push('=');
            out.push_str(&masked(value));
        }
        _ => out.push_str(&masked(inner)),
    }
    out.push_str(trail);
}

fn masked(word: &str) -> String {
    if word.contains("://") {
        return "<url>".into();
    }
    let slashes = word.matches(['/', '\\']).count();
    if slashes >= 2 || word.get(1..3) == Some(":\\") {
        return "<path>".into();
    }
    let body = word.trim_matches(['(', ')', '[', ']', '{', '}']);
    if is_host(body) {
        return "<host>".into();
    }
    if is_id(body) {
        return "#".into();
    }
    let mut out = String::new();
    for c in word.chars() {
        if !c.is_ascii_digit() {
            out.push(c);
        } else if !out.ends_with('#') {
            out.push('#');
        }
    }
    out
}

/// A name with dots in lower case, or an address, with or without a port.
fn is_host(word: &str) -> bool {
    let host = word.rsplit_once(':').map_or(word, |(host, port)| {
        if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) {
            host
        } else {
            word
        }
    });
    let labels: Vec<&str> = host.split('.').collect();
    let plain = |label: &&str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let address = labels.len() == 4 && labels.iter().all(|l| l.parse::<u8>().is_ok());
    let v6 = word.matches(':').count() >= 2
        && word
            .trim_matches(['[', ']'])
            .bytes()
            .all(|b| b.is_ascii_hexdigit() || b == b':' || b == b'.');
    address
        || v6
        || labels.len() >= 2 && labels.iter().all(plain) && labels[0].parse::<f64>().is_err()
}

/// A GUID, or hexadecimal digits of an id.
fn is_id(word: &str) -> bool {
    let hex = word.strip_prefix("0x").unwrap_or(word);
    let digits = hex.bytes().filter(u8::is_ascii_hexdigit).count();
    let only = hex.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    only && digits >= SHORTEST_ID && hex.bytes().any(|b| b.is_ascii_digit())
        || word.starts_with("0x") && only
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::outline::Outline;
    use proptest::prelude::*;

    #[test]
    fn what_differs_from_time_to_time_is_masked() {
        for (text, expected) in [
            (
                "Order 4711 of 'Anna' failed at 10.1.2.3:9100 after 17 ms",
                "Order # of <…> failed at <host> after # ms",
            ),
            (
                r"cannot open C:\Users\anna\x.db: 0x80070005",
                "cannot open <path>: #",
            ),
            (
                "session 6f9619ff-8b86-d011-b42d-00cf4fc964ff lost, host=pc17.corp.lan",
                "session # lost, host=<host>",
            ),
            (
                "GET https://a.b/c failed: System.Net.Http.HttpRequestException",
                "GET <url> failed: System.Net.Http.HttpRequestException",
            ),
            ("it doesn't work, isn't it", "it doesn't work, isn't it"),
        ] {
            assert_eq!(template(text.as_bytes()), expected);
        }
    }

    #[test]
    fn of_too_many_groups_the_same_ones_stay_for_any_cut_into_blocks() {
        let words: Vec<String> = (0..1000)
            .map(|n| {
                let letter = |d: u32| char::from(b'a' + ((n / d) % 26) as u8);
                format!("no {}{}{} here", letter(1), letter(26), letter(676))
            })
            .collect();
        let sighting = || Sighting {
            line: 0,
            block: 0,
            time: None,
            level: None,
            stamp: None,
            text: Vec::new(),
            message: Vec::new(),
        };
        let joined = |size: usize| {
            let mut all = Groups::default();
            for (number, block) in words.chunks(size).enumerate() {
                let mut groups = Groups::default();
                for word in block {
                    groups.note(word.as_bytes(), (0, None), sighting);
                }
                all.add_block(&groups, number, 0);
            }
            let list: Vec<(String, u64)> = all
                .groups()
                .map(|g| (g.template.clone(), g.count))
                .collect();
            assert!(all.cut);
            list
        };
        assert_eq!(joined(1000), joined(7));
        assert_eq!(joined(1000).len(), MOST);
    }

    proptest! {
        #[test]
        fn texts_with_one_outline_have_one_template_unless_some_of_their_words_say_which(
            parts in proptest::collection::vec("[0-9]{1,5}|[0-9a-f]{4,9}|0x[0-9a-f]{1,4}|[a-z]{1,4}|[ .:/='\"(),-]{1,2}|[0-9]{1,3}[.][0-9]{1,3}[.][0-9]{1,3}[.][0-9]{1,3}|\u{a0}|\u{b}|1e5|inf|://|[0-9]x[0-9]|\\\\|„|“", 0..12),
            by in 1u8..10,
            is_set in any::<bool>(),
        ) {
            let text = parts.concat();
            let other = |byte: u8| if byte.is_ascii_digit() { b'0' + (byte - b'0' + by) % 10 } else { byte };
            let mut changed: Vec<u8> = text.bytes().map(other).collect();
            let mut ids = Outline::default();
            prop_assume!(ids.fill(&changed));
            let mut at = 0;
            for part in ids.bytes().chunk_by(|a, b| (*a == ID) == (*b == ID)) {
                if part[0] == ID {
                    changed[at..at + part.len()].reverse();
                }
                at += part.len();
            }
            let (mut one, mut two) = (Outline::default(), Outline::default());
            prop_assume!(one.fill(text.as_bytes()) && two.fill(&changed));
            prop_assert_eq!(one.bytes(), two.bytes());
            let mut is_same = true;
            for place in telling_words(one.bytes(), true) {
                let masked = |text: &[u8]| {
                    let mut out = String::new();
                    mask(&String::from_utf8_lossy(&text[place.clone()]), &mut out);
                    out
                };
                let is_alone = is_masked_alone(one.bytes(), &place);
                if !is_alone || masked(text.as_bytes()) != masked(&changed) && is_set {
                    changed[place.clone()].copy_from_slice(&text.as_bytes()[place]);
                } else {
                    is_same &= masked(text.as_bytes()) == masked(&changed);
                }
            }
            prop_assert!(!is_same || template(text.as_bytes()) == template(&changed));
        }
    }
}
