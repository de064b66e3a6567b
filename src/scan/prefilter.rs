//! The prefilter: a SIMD search for a few short fragments that together stand in every literal that matters.
//!
//! A search for a thousand literals runs at 0.5 GB/s; one for fifty four-byte fragments at several GB/s. So each
//! literal gives up one fragment, chosen so that few fragments cover all literals and everyday text rarely has them.
//! A line without a fragment cannot hold a literal; a line with one is a candidate and meets the literals themselves.

use aho_corasick::packed::{Config, MatchKind, Searcher};

/// Length of a fragment in bytes, where the literal is that long.
const LENGTH: usize = 4;
/// Patterns that one packed searcher takes.
const MOST: usize = 64;
/// Text is folded to lower case in pieces that stay in the first-level cache, in bytes.
const PIECE: usize = 32 << 10;

/// How often a byte stands in everyday traces, in parts of 1,024; rough, and only the order matters.
fn weight(byte: u8) -> u32 {
    match byte {
        b' ' => 120,
        b'e' => 70,
        b'0' => 55,
        b'1' | b'2' => 45,
        b't' | b'n' | b'i' | b'o' | b's' | b'r' | b'a' => 40,
        b'.' | b':' | b'-' | b'3'..=b'9' => 30,
        b'c' | b'l' | b'd' | b'm' | b'p' | b'u' => 25,
        b'/' | b'=' | b'[' | b']' | b'(' | b')' | b',' | b'f' | b'g' | b'h' => 15,
        b'b' | b'v' | b'w' | b'y' | b'k' | b'_' => 10,
        _ => 4,
    }
}

fn cost(fragment: &[u8]) -> f64 {
    let product: f64 = fragment
        .iter()
        .map(|b| f64::from(weight(*b)) / 1024.0)
        .product();
    product * 1024f64.powi(4 - fragment.len() as i32)
}

/// Quotes and backslashes are written otherwise inside JSON, so fragments do without them.
fn portable(fragment: &[u8]) -> bool {
    !fragment
        .iter()
        .any(|b| matches!(b, b'"' | b'\\' | b'\'' | b'<' | b'>' | b'&' | b'/' | b'\t'))
}

fn fragments_of(literal: &[u8]) -> Vec<&[u8]> {
    let length = LENGTH.min(literal.len());
    let all: Vec<&[u8]> = literal.windows(length).collect();
    let good: Vec<&[u8]> = all.iter().copied().filter(|f| portable(f)).collect();
    if good.is_empty() { all } else { good }
}

/// Chooses fragments so that each literal has at least one of them. Greedy: most newly covered literals per cost.
pub fn cover(literals: &[&[u8]]) -> Vec<Vec<u8>> {
    use std::collections::BTreeMap;
    let mut holders: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
    for (index, literal) in literals.iter().enumerate() {
        for fragment in fragments_of(literal) {
            let list = holders.entry(fragment).or_default();
            if list.last() != Some(&index) {
                list.push(index);
            }
        }
    }
    let mut open = vec![true; literals.len()];
    let mut left = literals.len();
    let mut chosen: Vec<Vec<u8>> = Vec::new();
    // A fragment slot is worth a fixed price besides its own frequency: fewer patterns search faster.
    let base = cost(b"conn") * 0.2;
    while left > 0 {
        let score = |fragment: &[u8], list: &[usize]| {
            list.iter().filter(|i| open[**i]).count() as f64 / (cost(fragment) + base)
        };
        let best = holders
            .iter()
            .map(|(fragment, list)| (score(fragment, list), *fragment))
            .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
            .map(|(_, fragment)| fragment)
            .expect("an open literal has a fragment");
        for index in &holders[best] {
            if std::mem::take(&mut open[*index]) {
                left -= 1;
            }
        }
        chosen.push(best.to_vec());
    }
    chosen
}

/// Finds the places in a text that may belong to a literal.
#[derive(Debug)]
pub struct Prefilter {
    searchers: Vec<Searcher>,
    /// For processors without the SIMD instructions.
    slow: Option<aho_corasick::AhoCorasick>,
    longest: usize,
    /// The fragments, for `--why` and the curious.
    pub fragments: Vec<Vec<u8>>,
}

impl Prefilter {
    /// A prefilter for literals in lower case.
    pub fn new(literals: &[&[u8]]) -> Self {
        let mut fragments = cover(literals);
        fragments.sort();
        let mut searchers = Vec::new();
        let mut slow = None;
        for chunk in fragments.chunks(MOST) {
            let searcher = Config::new()
                .match_kind(MatchKind::LeftmostFirst)
                .builder()
                .extend(chunk)
                .build()
                .filter(|s| s.minimum_len() <= PIECE);
            match searcher {
                Some(searcher) => searchers.push(searcher),
                None => {
                    slow = aho_corasick::AhoCorasick::new(&fragments).ok();
                    searchers.clear();
                    break;
                }
            }
        }
        let longest = fragments.iter().map(Vec::len).max().unwrap_or(0);
        Self {
            searchers,
            slow,
            longest,
            fragments,
        }
    }

    /// Appends the positions of candidate places to `hits`, in ascending order. After a hit the rest of its line is
    /// passed over: a line is a candidate or not.
    pub fn find(&self, text: &[u8], scratch: &mut Vec<u8>, hits: &mut Vec<u32>) {
        let overlap = self.longest.saturating_sub(1);
        let start_of_hits = hits.len();
        let mut at = 0;
        while at < text.len() {
            let end = (at + PIECE).min(text.len());
            let stretched = (end + overlap).min(text.len());
            scratch.clear();
            scratch.extend_from_slice(&text[at..stretched]);
            scratch.make_ascii_lowercase();
            for searcher in &self.searchers {
                let piece: &[u8] = scratch;
                let find = |from: usize| searcher.find_in(piece, (from..piece.len()).into());
                lines_with(
                    piece,
                    |from| find(from).map(|m| m.start()),
                    |hit| {
                        hits.push((at + hit) as u32);
                    },
                );
            }
            if let Some(slow) = &self.slow {
                lines_with(
                    scratch,
                    |from| slow.find(&scratch[from..]).map(|m| from + m.start()),
                    |hit| {
                        hits.push((at + hit) as u32);
                    },
                );
            }
            at = end;
        }
        if self.searchers.len() > 1 || text.len() > PIECE {
            hits[start_of_hits..].sort_unstable();
        }
    }
}

fn lines_with(text: &[u8], next: impl Fn(usize) -> Option<usize>, mut found: impl FnMut(usize)) {
    let mut from = 0;
    while let Some(hit) = next(from) {
        found(hit);
        match memchr::memchr(b'\n', &text[hit..]) {
            Some(line) => from = hit + line + 1,
            None => break,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_literal_is_covered_and_found_in_any_case() {
        let literals: Vec<&[u8]> = vec![
            b"econnrefused",
            b"10048",
            b"idx10223",
            b"127.0.0",
            b"::1",
            b"proxy auth",
        ];
        let prefilter = Prefilter::new(&literals);
        for literal in &literals {
            let text = [
                b"noise ".to_vec(),
                literal.to_ascii_uppercase(),
                b" more".to_vec(),
            ]
            .concat();
            let mut hits = Vec::new();
            prefilter.find(&text, &mut Vec::new(), &mut hits);
            assert!(!hits.is_empty(), "{}", String::from_utf8_lossy(literal));
        }
    }

    #[test]
    fn a_literal_across_two_pieces_is_found() {
        let prefilter = Prefilter::new(&[b"econnrefused"]);
        for shift in 0..16 {
            let mut text = vec![b'x'; PIECE - shift];
            text.extend_from_slice(b"ECONNREFUSED");
            let mut hits = Vec::new();
            prefilter.find(&text, &mut Vec::new(), &mut hits);
            assert_eq!(hits.len(), 1, "shift {shift}");
        }
    }
}
