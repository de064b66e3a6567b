//! Families of error numbers: the shapes in which a number counts as one. A bare 10061 is an id.

use std::collections::BTreeMap;

use memchr::memmem::{self, Finder};

use super::document::{Document, at};
use super::error::{Fault, Proof};
use super::raw::{RawNumbers, RawRequired};
use crate::syntax::skeleton::{Behind, ends_with_url, is_of_a_name, is_room};

/// Characters that may stand between a word and its number, and how many of them.
const GAP: &[u8] = b" \t:=('\"#[,";
const GAP_MAX: usize = 4;
/// Bytes that are looked through for one: a word may end with what also stands in gaps.
const LONGEST_GAP: usize = 32;
/// Digits of a number that is worth searching for; of a shorter one, the words before it are.
const SHORTEST: usize = 3;

/// One family, for example Winsock. All texts are lower case.
#[derive(Debug, Clone)]
pub struct Family {
    /// The file's stem.
    pub id: String,
    /// What it is, for people.
    pub title: String,
    after: Vec<String>,
    required: RawRequired,
    hresult: Option<i64>,
    hex: bool,
    behind: Behind,
    range: Option<[i64; 2]>,
    names: BTreeMap<String, i64>,
    /// The names of each number.
    of_value: BTreeMap<i64, Vec<(String, Finder<'static>)>>,
}

/// All families, and the ids of those whose files have faults: what names these is not told as well.
#[derive(Debug, Default)]
pub struct Families {
    /// Those that can be used.
    pub list: Vec<Family>,
    /// Those that are there and cannot.
    pub broken: Vec<String>,
}

impl Family {
    /// Checks a family's file and runs its samples.
    ///
    /// # Errors
    /// All faults of the file.
    pub fn load(id: &str, path: &str, text: &str, proof: Proof) -> Result<Self, Vec<Fault>> {
        let (raw, file, mut faults): (RawNumbers, _, _) = super::error::read(path, text, proof)?;
        let lower = |word: &String| word.to_ascii_lowercase();
        let mut family = Self {
            id: id.to_owned(),
            title: raw.title.clone(),
            after: raw.after.iter().map(lower).collect(),
            required: raw.required,
            hresult: raw.hresult,
            hex: raw.hex,
            behind: Behind {
                endpoint: raw.after_endpoint,
                url: raw.after_url,
            },
            range: raw.range,
            of_value: BTreeMap::new(),
            names: raw.names.iter().map(|(k, v)| (lower(k), *v)).collect(),
        };
        for (name, value) in &family.names {
            let names = family.of_value.entry(*value).or_default();
            let finder = Finder::new(name).into_owned();
            names.push((name.clone(), finder));
        }
        if proof.is_trusted() {
            return Ok(family);
        }
        family.check_shapes(&raw, &file, &mut faults);
        // What does not fit together cannot read a sample.
        if faults.is_empty() {
            family.prove(&raw, &file, &mut faults);
        }
        if faults.is_empty() {
            Ok(family)
        } else {
            Err(faults)
        }
    }

    fn finders_of(&self, value: i64) -> &[(String, Finder<'static>)] {
        self.of_value.get(&value).map_or(&[], Vec::as_slice)
    }

    /// The names of a number: texts that count for it where they are no part of a longer name.
    pub fn names_of(&self, value: i64) -> impl Iterator<Item = &str> {
        self.finders_of(value).iter().map(|(name, _)| name.as_str())
    }

    /// True if the number can count at all.
    pub fn can_be(&self, value: i64) -> bool {
        let in_range = self
            .range
            .is_none_or(|[low, high]| (low..=high).contains(&value));
        in_range || self.hex || self.names.values().any(|named| *named == value)
    }

    /// Which numbers it has, for a help line.
    pub fn what_it_has(&self) -> String {
        match self.range {
            Some([low, high]) => format!("its numbers are from {low} to {high}"),
            None => "see its file in numbers/".to_owned(),
        }
    }

    /// Faults of what cannot count, or of what can never be meant.
    fn check_shapes(&self, raw: &RawNumbers, file: &Document<'_>, faults: &mut Vec<Fault>) {
        let has_shape = self.hex || self.hresult.is_some() || self.behind != Behind::default();
        let told = file.is_stand_in(&at("after"));
        if !has_shape && self.after.is_empty() && self.names.is_empty() && !told {
            faults.push(file.whole(
                "no number can count: the family has no shape",
                "give `after` (the words before a number), or `names`, `hex`, `hresult`, `after_endpoint` or `after_url`",
            ));
        }
        if self.required == RawRequired::Word && self.after.is_empty() && !told {
            faults.push(file.fault(
                &at("required"),
                "`required = \"word\"` relies on the words of `after`, and there are none",
                "give `after`, or write `required = \"number\"`",
            ));
        }
        for (index, word) in raw.after.iter().enumerate() {
            let place = at("after").index(index);
            let end = word.trim_end_matches(|c: char| c.is_ascii() && GAP.contains(&(c as u8)));
            if !word.is_ascii() {
                let message = format!("the word {word:?} is not ASCII");
                let help =
                    "take a part of it without umlauts, so that it matches in every encoding";
                faults.push(file.fault(&place, message, help));
            } else if end.len() != word.len() && !end.is_empty() {
                let message = format!(
                    "the word {word:?} ends with what stands between a word and its number"
                );
                let help = "leave blanks, `:`, `=`, `(`, quotes, `#`, `[` and `,` off: up to four of them are skipped";
                faults.push(file.fault(&place, message, help));
            } else if raw.after[..index]
                .iter()
                .any(|w| w != word && w.eq_ignore_ascii_case(word))
            {
                let message = format!("the word {word:?} is there already");
                faults.push(file.fault(&place, message, "once is enough: case does not count"));
            }
        }
        if let Some([low, high]) = raw.range {
            if low > high {
                let message = format!("no number lies from {low} to {high}");
                faults.push(file.fault(&at("range"), message, "write range = [lowest, highest]"));
            }
            for (name, value) in raw.names.iter().filter(|(_, v)| !(low..=high).contains(v)) {
                let message = format!("`{name}` is {value}, which is out of `range`");
                let help = "correct the number, or make the range wider";
                faults.push(file.fault(&at("names").key(name), message, help));
            }
        }
        for name in raw.names.keys().filter(|name| name.trim().is_empty()) {
            let message = "a name is empty, and would stand everywhere";
            faults.push(file.fault(&at("names").name(name), message, "write the word"));
        }
        if raw.sample.is_empty() {
            faults.push(file.whole(
                "no [[sample]]",
                "give at least one text with the number in it",
            ));
        }
    }

    fn prove(&self, raw: &RawNumbers, file: &Document<'_>, faults: &mut Vec<Fault>) {
        for (index, sample) in raw.sample.iter().enumerate() {
            if !self.stands_in(sample.text.to_ascii_lowercase().as_bytes(), sample.expect) {
                let (number, text) = (sample.expect, &sample.text);
                faults.push(file.fault(
                    &at("sample").index(index).key("text"),
                    format!("{number} is not found in the sample {text:?}"),
                    "add the word before it to `after`",
                ));
            }
        }
        for (index, reject) in raw.reject.iter().enumerate() {
            if let Some(number) = self.any_in(&reject.text.to_ascii_lowercase()) {
                let (text, why) = (&reject.text, &reject.why);
                faults.push(file.fault(
                    &at("reject").index(index).key("text"),
                    format!("{number} is found in the reject {text:?} ({why})"),
                    "take the word that lets it through out of `after`",
                ));
            }
        }
    }

    /// The texts of which one must occur wherever `value` stands without one of its [names](Self::names_of): what a prefilter
    /// may search for. True: the text counts only as a number [behind one of the words](Self::is_behind_a_word).
    pub fn anchors(&self, value: i64) -> Vec<(String, bool)> {
        let mut anchors = Vec::new();
        let digits = value.unsigned_abs().to_string();
        if self.hex {
            anchors.extend(hresult_spellings(value).map(|text| (text, false)));
        } else if self.required == RawRequired::Number || digits.len() >= SHORTEST {
            anchors.push((value.to_string(), true));
        } else {
            anchors.extend(self.after.iter().map(|word| (word.clone(), false)));
        }
        if let Some(base) = self.hresult {
            anchors.extend(hresult_spellings(base + value).map(|text| (text, false)));
        }
        anchors
    }

    /// The words behind which a number may count, and what else it may behind.
    pub fn counts_behind(&self) -> (impl Iterator<Item = &str>, Behind) {
        (self.after.iter().map(String::as_str), self.behind)
    }

    /// True if one of the family's words may stand before the lower-case `text` ends, with a gap between. Everything that [`Self::place_in`] takes for a number passes.
    pub fn is_behind_a_word(&self, text: &[u8]) -> bool {
        let mut front = text;
        loop {
            front = match front {
                [rest @ .., last] if GAP.contains(last) || b"\\-0".contains(last) => rest,
                _ => break,
            };
            if text.len() - front.len() > LONGEST_GAP {
                return false;
            }
        }
        // A word, or a port, may end with what also stands in gaps.
        (front.len()..text.len()).any(|end| {
            let front = &text[..end];
            let mut words = self.after.iter();
            words.any(|word| front.ends_with(word.as_bytes()))
                || self.behind.endpoint && ends_with_endpoint(front)
                || self.is_behind_url(front, &text[end..])
        })
    }

    /// True if `value` stands in the lower-case `text` in one of the family's shapes.
    pub fn stands_in(&self, text: &[u8], value: i64) -> bool {
        self.place_in(text, value).is_some()
    }

    /// The last place at which `value` stands in the lower-case `text` in one of the family's shapes.
    pub fn place_in(&self, text: &[u8], value: i64) -> Option<usize> {
        let names = self.finders_of(value).iter();
        let by_name = names
            .filter_map(|(_, name)| last_whole_word(text, name))
            .max();
        if self.hex {
            return by_name.max(last_hresult(text, value));
        }
        let by_hresult = self
            .hresult
            .and_then(|base| last_hresult(text, base + value));
        let in_range = self
            .range
            .is_none_or(|[low, high]| (low..=high).contains(&value));
        let by_number = match self.required {
            _ if !in_range || !has_digits(text, value) => None,
            RawRequired::Number => self.behind_a_word(text, value),
            RawRequired::Word => self.word_before(text, value),
        };
        by_name.max(by_hresult).max(by_number)
    }

    fn any_in(&self, text: &str) -> Option<i64> {
        let digits = text
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|d| d.parse::<i64>().ok());
        let hex = text
            .split(|c: char| !c.is_ascii_hexdigit())
            .filter_map(|d| i64::from_str_radix(d, 16).ok());
        digits
            .chain(hex)
            .flat_map(|n| [n, -n, n & 0xffff])
            .chain(self.names.values().copied())
            .find(|n| self.stands_in(text.as_bytes(), *n))
    }

    /// The number's digits, directly behind one of the words.
    fn behind_a_word(&self, text: &[u8], value: i64) -> Option<usize> {
        let digits = value.unsigned_abs().to_string();
        memmem::find_iter(text, digits.as_bytes())
            .filter(|at| {
                let at = *at;
                let end = at + digits.len();
                if text.get(end).is_some_and(u8::is_ascii_alphanumeric) {
                    return false;
                }
                let mut start = at;
                if start > 0 && text[start - 1] == b'-' {
                    start -= 1;
                }
                if (value < 0) != (start < at) && value < 0 {
                    return false;
                }
                let mut gap = 0;
                while start > 0 && gap < GAP_MAX && GAP.contains(&text[start - 1]) {
                    start -= 1;
                    gap += 1;
                }
                let before = &text[..start];
                let word = |word: &String| ends_with_word(before, word.as_bytes());
                gap > 0
                    && (self.after.iter().any(word)
                        || self.behind.endpoint && ends_with_endpoint(before)
                        || self.is_behind_url(before, &text[start..at]) && is_alone(&text[end..]))
            })
            .max()
    }

    /// The last place of a word with the number directly behind it.
    fn word_before(&self, text: &[u8], value: i64) -> Option<usize> {
        let fits = self
            .range
            .is_none_or(|[low, high]| (low..=high).contains(&value));
        if !fits {
            return None;
        }
        let digits = value.unsigned_abs().to_string();
        let places = memmem::find_iter(text, digits.as_bytes());
        places
            .filter_map(|at| {
                let zeros = text[..at].iter().rev().take_while(|c| **c == b'0');
                let mut start = at - zeros.count();
                if start > 0 && text[start - 1] == b'-' {
                    start -= 1;
                }
                if leading_number(&text[start..]) != Some(value) {
                    return None;
                }
                let gaps = text[..start].iter().rev().take(GAP_MAX);
                let gap = gaps.take_while(|c| GAP.contains(c)).count();
                // A word may end with what also stands in gaps.
                let ends = (1..=gap).map(|gap| start - gap);
                let behind = ends.filter_map(|end| {
                    let url = self.is_behind_url(&text[..end], &text[end..start])
                        && is_alone(&text[at + digits.len()..]);
                    self.word_at_end(&text[..end]).or(url.then_some(end))
                });
                behind.max()
            })
            .max()
    }

    /// True if a number counts behind a text that ends with a URL; `gap`: what stands between.
    fn is_behind_url(&self, text: &[u8], gap: &[u8]) -> bool {
        self.behind.url && is_room(gap) && ends_with_url(text)
    }

    /// Where the last word begins with which a text ends.
    fn word_at_end(&self, text: &[u8]) -> Option<usize> {
        let words = self.after.iter();
        words
            .filter(|word| ends_with_word(text, word.as_bytes()))
            .map(|word| text.len() - word.len())
            .max()
    }
}

/// The number at the start of `text`, if nothing alphanumeric follows it.
fn leading_number(text: &[u8]) -> Option<i64> {
    let negative = text.first() == Some(&b'-');
    let text = &text[usize::from(negative)..];
    let digits = text
        .iter()
        .take(12)
        .take_while(|c| c.is_ascii_digit())
        .count();
    if digits == 0 || text.get(digits).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    // "404 ms" and "200 bytes" are measures, not codes.
    let unit = text[digits..].strip_prefix(b" ").unwrap_or_default();
    if [&b"ms"[..], b"bytes", b"byte ", b"seconds", b"kb ", b"mb "]
        .iter()
        .any(|u| unit.starts_with(u))
    {
        return None;
    }
    let number: i64 = std::str::from_utf8(&text[..digits]).ok()?.parse().ok()?;
    Some(if negative { -number } else { number })
}

/// True if nothing behind a number says that it counts things: `404 contacts`.
fn is_alone(text: &[u8]) -> bool {
    let rest = text.trim_ascii_start();
    let letters = rest
        .iter()
        .take_while(|b| b.is_ascii_alphabetic() || !b.is_ascii());
    // What may be an id is no word: it stands for any number.
    let is_word = { letters }.any(|b| !b.is_ascii_hexdigit());
    let goes_on = [&b"in "[..], b"after ", b"nach ", b"within "];
    !is_word || goes_on.iter().any(|word| rest.starts_with(word))
}

/// True if the digits of `value` stand in the text at all: a look that spares many.
fn has_digits(text: &[u8], value: i64) -> bool {
    let digits = value.unsigned_abs().to_string();
    memmem::find(text, digits.as_bytes()).is_some()
}

/// True if the text ends with `port 9100` or with a host and its port; a time of day is none.
fn ends_with_endpoint(text: &[u8]) -> bool {
    let text = text.strip_suffix(b")").unwrap_or(text);
    let digits = text.iter().rev().take_while(|c| c.is_ascii_digit()).count();
    let front = &text[..text.len() - digits];
    if !(2..=5).contains(&digits) {
        return false;
    }
    if front.ends_with(b"port ") || front.ends_with(b"port=") {
        return true;
    }
    let Some(front) = front.strip_suffix(b":") else {
        return false;
    };
    let mut host = front
        .iter()
        .rev()
        .take_while(|c| c.is_ascii_alphanumeric() || b".-_]".contains(c));
    host.any(|c| c.is_ascii_alphabetic() || b".]".contains(c))
}

fn ends_with_word(text: &[u8], word: &[u8]) -> bool {
    text.ends_with(word)
        && (word.len() >= 4
            || text.len() == word.len()
            || !text[text.len() - word.len() - 1].is_ascii_alphanumeric())
}

/// The last place of `word` in `text` at which neither neighbour is part of a name.
fn last_whole_word(text: &[u8], word: &Finder<'_>) -> Option<usize> {
    word.find_iter(text)
        .filter(|at| {
            let before = at.checked_sub(1).map(|at| text[at]);
            let after = text.get(at + word.needle().len()).copied();
            !before.into_iter().chain(after).any(is_of_a_name)
        })
        .max()
}

fn hresult_spellings(value: i64) -> [String; 2] {
    let unsigned = value as u32;
    [
        format!("{unsigned:08x}"),
        unsigned.cast_signed().unsigned_abs().to_string(),
    ]
}

fn last_hresult(text: &[u8], value: i64) -> Option<usize> {
    let [hex, decimal] = hresult_spellings(value);
    let by_hex = memmem::find_iter(text, hex.as_bytes()).filter(|at| {
        let before = at.checked_sub(1).map(|at| text[at]);
        let after = text.get(at + 8).copied();
        !before.iter().chain(&after).any(u8::is_ascii_hexdigit)
    });
    let by_decimal = memmem::find_iter(text, decimal.as_bytes()).filter(|at| {
        *at > 0
            && text[at - 1] == b'-'
            && !text.get(at + decimal.len()).is_some_and(u8::is_ascii_digit)
    });
    by_hex.chain(by_decimal).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn family(file: &str) -> Family {
        let path = format!("grammars/numbers/{file}.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        Family::load(file, &path, &text, Proof::Needed).unwrap()
    }

    /// The same, from each word to what stands behind it.
    fn word_before_plainly(family: &Family, text: &[u8], value: i64) -> Option<usize> {
        let behind = |word: &String, at: usize| {
            if word.len() < 4 && at > 0 && text[at - 1].is_ascii_alphanumeric() {
                return false;
            }
            let rest = &text[at + word.len()..];
            let gaps = rest.iter().take(GAP_MAX);
            let gap = gaps.take_while(|c| GAP.contains(c)).count();
            gap > 0 && leading_number(&rest[gap..]) == Some(value)
        };
        let words = family.after.iter();
        words
            .flat_map(|word| {
                let places = memmem::find_iter(text, word.as_bytes());
                places.filter(move |at| behind(word, *at))
            })
            .max()
    }

    proptest! {
        #[test]
        fn a_word_before_a_number_is_found_as_a_search_for_each_word_finds_it(
            parts in proptest::collection::vec(
                prop_oneof!["status code", "http", "http/1.1", "x?status", "[ :=('#,-]{0,5}", "0?40[34]", "-?407", " ms", "[a-z0-9]{1,3}"],
                0..12,
            ),
        ) {
            let http = Family { behind: Behind::default(), ..family("http") };
            let text = parts.concat();
            for value in [403, 404, 407] {
                prop_assert_eq!(
                    http.word_before(text.as_bytes(), value),
                    word_before_plainly(&http, text.as_bytes(), value)
                );
            }
        }
    }

    #[test]
    fn a_bare_number_is_an_id() {
        let winsock = family("winsock");
        assert!(!winsock.stands_in(b"request 10061 done", 10061));
        assert!(winsock.stands_in(b"socketexception (10061): no connection", 10061));
        assert!(winsock.stands_in(b"oserror: [winerror 10048] only one", 10048));
        assert!(winsock.stands_in(b"hresult: -2147014848", 10048));
    }

    #[test]
    fn a_status_counts_behind_its_word_and_not_as_a_duration() {
        let http = family("http");
        assert!(http.stands_in(
            "der remoteserver hat einen fehler zurückgegeben: (407)".as_bytes(),
            407
        ));
        assert!(http.stands_in(
            b"status code '403' when status code '101' was expected",
            403
        ));
        assert!(!http.stands_in(b"http 403 ms", 403));
    }

    #[test]
    fn a_status_counts_behind_a_url_with_room_between() {
        let http = family("http");
        for text in [
            "post http://pbx01:9100/api/token 401",
            "post http://pbx01:9100/api/token: 401",
            "post http://pbx01:9100/api/token [401]",
            "post http://pbx01:9100/api/token, 401, 12 ms",
            "post http://pbx01:9100/api/token 401 in 12 ms",
            "post http://pbx01:9100/api/token 401 (12 ms)",
            "post http://pbx01:9100/api/token => 401",
            "http post /api/token responded 401 in 12.3 ms",
        ] {
            assert!(http.stands_in(text.as_bytes(), 401), "{text}");
            let at = text.rfind("401").unwrap();
            assert!(http.is_behind_a_word(&text.as_bytes()[..at]), "{text}");
        }
        for text in [
            "connecting to http://pbx01:401",
            "get http://pbx01:9100/api?x=401",
            "get http://pbx01:9100/api 401 contacts",
            "get http://pbx01:9100/api 401 ms",
            "get http://pbx01:9100/api x 401",
            "get pbx01/api 401",
        ] {
            assert!(!http.stands_in(text.as_bytes(), 401), "{text}");
        }
    }

    #[test]
    fn a_name_counts_as_a_whole_word_only() {
        let libuv = family("libuv");
        assert!(libuv.stands_in(b"connect etimedout 10.0.0.1:9100", -4039));
        assert!(!libuv.stands_in(b"esockettimedout", -4039));
        assert!(libuv.stands_in(b"errno: -4078,", -4078));
        assert!(!libuv.stands_in(b"errno: 4078,", -4078));
    }
}
