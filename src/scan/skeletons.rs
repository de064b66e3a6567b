//! What is known of records by their skeletons: which clauses hold on all records that have it, and which must be asked.
//!
//! Nothing is guessed: what stands in a record has an image in its skeleton, so where no image stands, no record with the
//! skeleton has the text; and a text whose only image it is itself stands in all of them. Where a clause goes by such texts
//! only, and no number that is left out can be a part of an endpoint or make a difference to its regex, the skeleton is
//! asked instead of the records. What is known and what is not decides how fast a record is read, never what is found in it.

use std::sync::Arc;

use super::heads::Lane;
use super::images::Images;
use super::look::{Known, Look};
use super::matcher::Matcher;
use super::memo::Memo;
use super::outlines::{Answer, Glance, Met, Miss, Outlines, RecordParts, Sight};
use super::quiet::Row;
use super::repeats::Repeats;
use super::table::{Table, hash};
use crate::grammar::format::Format;
use crate::syntax::kinds::Kinds;
use crate::syntax::skeleton::Numbers;

/// Records before anything is learned: a short trace is read before that would be worth it.
const PATIENCE: u32 = 4096;
/// Sightings of a skeleton before it is looked at: to look at one costs as much as to search several records.
const SIGHTINGS: u8 = 3;
/// Counters of sightings, as a power of two.
const COUNTERS: u32 = 15;
/// Longest record that is reduced to a skeleton, in bytes.
pub const LONGEST: usize = 2048;
/// Skeletons that are kept, and bytes of them.
const MOST: usize = 8192;
const MOST_BYTES: usize = 2 << 20;
/// After so many records it is judged whether skeletons are any help, and if not, how many are read without.
const TRIAL: u32 = 1 << 15;
const PAUSE: u32 = 4 * TRIAL;

/// What one thread has learned of records.
#[derive(Debug, Default)]
pub struct Learned {
    /// By their skeletons.
    pub skeletons: Skeletons,
    /// Word for word.
    pub repeats: Repeats,
}

/// Skeletons that one thread has seen.
#[derive(Debug)]
pub struct Skeletons {
    known: Vec<Known>,
    /// What is known of records that tell nothing: without a word of trouble, and maybe with one.
    quiet: [Known; 2],
    places: Table,
    /// How often skeletons were seen that are not known yet, by hash.
    seen: Vec<u8>,
    skeleton: Vec<u8>,
    kinds: Kinds,
    pub(super) outlines: Outlines,
    /// Lines, and the heads whose ids `outlines` knows.
    pub(super) memo: Memo,
    /// See [`Self::lane`].
    rows: Rows,
    /// Records that are still read without.
    wait: u32,
    is_eager: bool,
    looks: u32,
    helped: u32,
}

/// What is seen of a record at first sight whose message is known: by its place, if that is known, too.
fn by_place(
    outlines: &mut Outlines,
    known: &[Known],
    matcher: &Matcher<'_>,
    parts: RecordParts<'_>,
    met: Met,
) -> Sight {
    let placed = outlines.place(&matcher.images().numbers, parts, met);
    let known = placed.and_then(|met| known.get(met.place()?));
    match known.filter(|known| known.clauses.is_empty() && !known.search) {
        Some(known) => {
            outlines.count_help();
            Sight::Quiet {
                trouble: known.trouble,
            }
        }
        None => Sight::Met(placed.unwrap_or(met)),
    }
}

/// What is seen of records at first sight.
pub struct Looks<'s> {
    rows: &'s mut Rows,
    outlines: &'s mut Outlines,
    known: &'s [Known],
    numbers: &'s Numbers,
    /// See [`Skeletons`].
    helped: &'s mut u32,
}

impl Looks<'_> {
    /// What is known of the records with the skeleton in this place.
    pub fn known(&self, place: usize) -> Option<&Known> {
        self.known.get(place)
    }

    /// What is kept of a head, see [`Rows`]; `None` if there is nothing yet.
    #[expect(clippy::inline_always)] // nearly every line is asked about once
    #[inline(always)]
    pub fn row(&mut self, place: usize, lane: &Lane<'_>) -> Option<HeadRow> {
        match self.rows.rows.get(place) {
            Some(Some(row)) => Some(*row),
            _ => self.rows.find(place, lane, self.outlines),
        }
    }

    /// True if no number of the head with this outline, with which a text begins, stays in its skeleton.
    #[inline(never)]
    pub fn has_no_number(&self, text: &[u8], outline: u32) -> bool {
        self.outlines.has_no_number(self.numbers, text, outline)
    }

    /// What is seen of a record. `row`: that of its head; `text`: its text, in which the head ends at `cut`; `ahead`: its
    /// message and what follows it; `program`: the bit of who wrote it.
    #[expect(clippy::inline_always)] // nearly every line is asked about once
    #[inline(always)]
    pub fn glance(&mut self, row: Row, text: (&[u8], usize), ahead: &[u8], program: u64) -> Glance {
        self.outlines.glance(row, text, ahead, program)
    }

    /// The same of a record whose message was met, by its place.
    #[inline(never)]
    pub fn by_place(&mut self, matcher: &Matcher<'_>, parts: RecordParts<'_>, met: Met) -> Sight {
        let sight = by_place(self.outlines, self.known, matcher, parts, met);
        *self.helped += u32::from(matches!(sight, Sight::Quiet { .. }));
        sight
    }
}

/// For each head where it is kept what it tells with each message, as far as that was asked.
#[derive(Debug, Default)]
struct Rows {
    /// Whose heads these are.
    base: u64,
    rows: Vec<Option<HeadRow>>,
}

/// What is kept of a head.
#[derive(Debug, Clone, Copy)]
pub struct HeadRow {
    /// Where it stands what it tells with each message.
    pub row: Row,
    /// Where in a record's text its last word ends.
    pub cut: u32,
    /// Its outline, if some of its numbers may tell something.
    pub asks: Option<u32>,
}

impl Rows {
    fn begin(&mut self, base: u64) {
        if self.base != base {
            self.base = base;
            self.rows.clear();
        }
    }

    #[cold]
    fn find(&mut self, place: usize, lane: &Lane<'_>, outlines: &Outlines) -> Option<HeadRow> {
        let head = lane.known(place)?;
        let (row, asks) = outlines.row(head, lane.head(place)?.level?)?;
        let row = HeadRow {
            row,
            cut: head.last_word,
            asks,
        };
        self.rows.resize(self.rows.len().max(place + 1), None);
        self.rows[place] = Some(row);
        Some(row)
    }
}

impl Default for Skeletons {
    /// With patience before anything is learned.
    fn default() -> Self {
        Self {
            known: Vec::new(),
            quiet: [false, true].map(Known::quiet),
            places: Table::default(),
            seen: Vec::new(),
            skeleton: Vec::new(),
            kinds: Kinds::default(),
            outlines: Outlines::default(),
            memo: Memo::default(),
            rows: Rows::default(),
            wait: PATIENCE,
            is_eager: false,
            looks: 0,
            helped: 0,
        }
    }
}

impl Skeletons {
    /// Learns every skeleton at its first sight: to prove that it makes no difference.
    pub fn eager() -> Self {
        Self {
            wait: 0,
            is_eager: true,
            outlines: Outlines::eager(),
            ..Self::default()
        }
    }

    /// Learns from the next record on.
    pub const fn begin(&mut self) {
        self.wait = 0;
    }

    /// What is seen of a record at first sight, before [`Self::look`].
    /// `ahead`: its message and what follows it.
    #[inline]
    pub fn hush(&mut self, matcher: &Matcher<'_>, parts: RecordParts<'_>, ahead: &[u8]) -> Sight {
        if self.wait > 0 || parts.text.len() > LONGEST {
            return Sight::New;
        }
        match self.outlines.hush(&matcher.images().numbers, parts, ahead) {
            Sight::Met(met) => self.hush_by_place(matcher, parts, met),
            sight => sight,
        }
    }

    /// What it takes to read the next lines if they are like the last one, and to see at first sight what they tell.
    pub fn lane<'s>(
        &'s mut self,
        matcher: &'s Matcher<'_>,
        format: &Arc<Format>,
    ) -> Option<(Lane<'s>, Looks<'s>)> {
        let is_open = self.wait == 0 && self.outlines.is_open();
        let lane = self.memo.heads.lane(format).filter(|_| is_open)?;
        self.rows.begin(lane.base());
        let looks = Looks {
            rows: &mut self.rows,
            outlines: &mut self.outlines,
            known: &self.known,
            numbers: &matcher.images().numbers,
            helped: &mut self.helped,
        };
        Some((lane, looks))
    }

    /// Notes that it helped with so many records.
    pub fn count_helps(&mut self, count: u64) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.outlines.count_helps(count);
        self.memo.heads.count_helps(count);
    }

    #[inline(never)]
    fn hush_by_place(&mut self, matcher: &Matcher<'_>, parts: RecordParts<'_>, met: Met) -> Sight {
        let sight = by_place(&mut self.outlines, &self.known, matcher, parts, met);
        self.helped += u32::from(matches!(sight, Sight::Quiet { .. }));
        sight
    }

    /// What is known of a record; `parts`: what rules see of it. `met`: its message, if that is known.
    pub fn look(
        &mut self,
        matcher: &Matcher<'_>,
        parts: RecordParts<'_>,
        met: Option<Met>,
    ) -> Option<&Known> {
        self.outlines.forget_last();
        if self.wait > 0 {
            self.wait -= 1;
            return None;
        }
        if parts.text.len() > LONGEST {
            return None;
        }
        let images = matcher.images();
        let place = match self.outlines.find(&images.numbers, parts, met) {
            Ok(Answer::Quiet { trouble }) => return Some(&self.quiet[usize::from(trouble)]),
            Ok(Answer::Place(place)) => place,
            Err(miss) => {
                if miss == Miss::New
                    && let Some(trouble) = self.outlines.meet(matcher, parts)
                {
                    return Some(&self.quiet[usize::from(trouble)]);
                }
                let place = self.place(matcher, images, parts.text)?;
                if miss == Miss::New {
                    let outlines = &mut self.outlines;
                    outlines.learn(&images.numbers, parts, &self.skeleton, place);
                }
                place
            }
        };
        self.helped += 1;
        self.known.get(place)
    }

    /// The place of a text's skeleton, which is left in `skeleton`.
    fn place(&mut self, matcher: &Matcher<'_>, images: &Images, text: &[u8]) -> Option<usize> {
        self.skeleton.clear();
        images
            .numbers
            .fold(text, &mut self.kinds, &mut self.skeleton);
        self.judge();
        let hash = hash(&self.skeleton);
        if let Some(place) = self.places.get(hash, &self.skeleton) {
            return Some(place);
        }
        if !self.is_usual(hash) {
            return None;
        }
        let mut known = Look::new(matcher, images, &self.skeleton).known();
        known.place = self.known.len() as u32;
        self.places.insert(hash, &self.skeleton);
        self.known.push(known);
        Some(self.known.len() - 1)
    }

    /// Skeletons that hardly come back are only in the way.
    fn judge(&mut self) {
        self.looks += 1;
        if self.looks < TRIAL {
            return;
        }
        if self.helped < self.looks / 4 && !self.is_eager {
            self.wait = PAUSE;
        }
        (self.looks, self.helped) = (0, 0);
    }

    /// Counts a sighting; true from a number of sightings on.
    fn is_usual(&mut self, hash: u32) -> bool {
        let is_full = self.known.len() >= MOST || self.places.bytes() >= MOST_BYTES;
        if self.is_eager || is_full {
            return self.is_eager;
        }
        self.seen.resize(1 << COUNTERS, 0);
        let count = &mut self.seen[(hash >> (u32::BITS - COUNTERS)) as usize];
        *count = count.saturating_add(1);
        *count > SIGHTINGS
    }
}

#[cfg(test)]
mod tests {
    use super::super::look::Look;
    use super::super::matcher::{Room, Surroundings, Verdict};
    use super::*;
    use crate::grammar::Catalog;
    use crate::grammar::catalog::Files;
    use crate::grammar::rule::Rule;
    use crate::model::Level;

    /// The text with other digits, with its words between ids, and with endpoints before and behind it.
    fn variants(text: &str) -> Vec<String> {
        let other = |by: u8| -> String {
            let other = |c: char| match c {
                '0'..='9' => char::from(b'0' + (c as u8 - b'0' + by) % 10),
                c => c,
            };
            text.chars().map(other).collect()
        };
        let between = text.replace(' ', " 8987ec81f8f4 77 ");
        let behind = |end: &str| format!("{text} from 192.168.10.77:{end}");
        let before = format!("pbx01:443 10.7.0.12:50977 {text}");
        let ends = [before, behind("50977"), behind("9100"), behind("5000")];
        let variants = [text.to_owned(), other(1), other(7), between];
        variants.into_iter().chain(ends).collect()
    }

    /// The text with other digits where what is asked of it does not depend on them, if there are such parts.
    fn with_other_digits_beside(known: &Known, text: &str) -> Option<String> {
        let own: Vec<&[u8]> = known.parts_of(text.as_bytes())?.collect();
        let start = |part: &[u8]| part.as_ptr() as usize - text.as_ptr() as usize;
        let own: Vec<_> = own
            .iter()
            .map(|part| start(part)..start(part) + part.len())
            .collect();
        let other = |(at, c): (usize, char)| match c {
            '0'..='9' if !own.iter().any(|part| part.contains(&at)) => {
                char::from(b'0' + (c as u8 - b'0' + 1 + (at % 7) as u8) % 10)
            }
            c => c,
        };
        Some(text.char_indices().map(other).collect())
    }

    #[test]
    fn what_is_known_of_a_skeleton_tells_what_holds_on_a_record() {
        let catalog = Catalog::load(Files::new()).unwrap();
        let matcher = Matcher::new(&catalog);
        let images = matcher.images();
        let around = Surroundings {
            level: Some(Level::Error),
            program: Some("swyxmessenger"),
        };
        let (mut held, mut told, mut beside) = (0, 0, 0);
        for rule in &catalog.rules {
            for example in rule.examples() {
                let lines = example.trace.lines().chain([example.trace.as_str()]);
                for text in lines.flat_map(variants) {
                    let hits = matcher.hits(text.as_bytes(), around);
                    let mut skeleton = Vec::new();
                    images
                        .numbers
                        .fold(text.as_bytes(), &mut Kinds::default(), &mut skeleton);
                    let known = Look::new(&matcher, images, &skeleton).known();
                    let mut found = Vec::new();
                    matcher.find(text.as_bytes(), &mut Vec::new(), &mut found);
                    let found = known.search.then_some(found.as_slice());
                    let bytes = || text.as_bytes();
                    let mut room = Room::default();
                    let ours = matcher.hits_known(&known.clauses, found, bytes, around, &mut room);
                    assert_eq!(ours, hits, "{}: {text}", rule.id);
                    if let Some(other) = with_other_digits_beside(&known, &text) {
                        let mut same = Vec::new();
                        let kinds = &mut Kinds::default();
                        images.numbers.fold(other.as_bytes(), kinds, &mut same);
                        if same == skeleton {
                            let hits = matcher.hits(other.as_bytes(), around);
                            assert_eq!(hits, ours, "{}: {text} | {other}", rule.id);
                            beside += 1;
                        }
                    }
                    let all = known.clauses.iter();
                    told += all.filter(|(_, v)| matches!(v, Verdict::Holds(_))).count();
                    let is_trouble = matcher.is_trouble(None, text.as_bytes());
                    assert!(known.trouble || !is_trouble, "{text}");
                    held += hits.len();
                }
            }
        }
        assert!(held > 2000 && told > 500, "{held} {told}");
        assert!(beside > 500, "{beside}");
    }

    #[test]
    fn what_is_quiet_tells_nothing_wherever_its_head_ends() {
        let catalog = Catalog::load(Files::new()).unwrap();
        let matcher = Matcher::new(&catalog);
        let mut skeletons = Skeletons::eager();
        let (mut quiet, mut loud) = (0, 0);
        let lines = catalog.rules.iter().flat_map(Rule::examples);
        let lines = lines.flat_map(|example| example.trace.lines());
        for (index, text) in lines.flat_map(variants).enumerate() {
            if index % 200 == 0 {
                skeletons = Skeletons::eager(); // before it knows more kinds of records than it keeps
            }
            let text = text.as_bytes();
            let level = Level::ALL.get(index % 7).copied();
            let programs = [Some("swyxmessenger"), Some("comsocket"), None];
            let around = Surroundings {
                level,
                program: programs[index % programs.len()],
            };
            let hits = matcher.hits(text, around);
            let ends = (1..text.len()).filter(|at| {
                let is_word = |at: usize| text[at].is_ascii_alphanumeric();
                is_word(at - 1) && !is_word(*at)
            });
            for cut in std::iter::once(0).chain(ends.step_by(1 + index % 5)) {
                let parts = RecordParts {
                    text,
                    cut,
                    head: None,
                    level,
                    program: matcher.program(around.program),
                };
                let known = skeletons.look(&matcher, parts, None);
                let is_quiet = known.is_some_and(|known| known.clauses.is_empty());
                let line = String::from_utf8_lossy(text);
                assert!(!is_quiet || hits.is_empty(), "{cut} {line}: {hits:?}");
                let may_be_trouble = known.is_none_or(|known| known.trouble);
                let is_trouble = matcher.is_trouble(None, text);
                assert!(may_be_trouble || !is_trouble, "{cut} {line}");
                quiet += usize::from(is_quiet);
                loud += usize::from(!is_quiet);
            }
        }
        assert!(quiet > 2000 && loud > 2000, "{quiet} {loud}");
    }

    #[test]
    fn everyday_records_are_known_to_tell_nothing() {
        let catalog = Catalog::load(Files::new()).unwrap();
        let matcher = Matcher::new(&catalog);
        let mut skeletons = Skeletons::eager();
        let text = b"cache lookup for contact 470ce449f525 took 542 us, size 116";
        let known = skeletons.look(&matcher, RecordParts::whole(text), None);
        assert!(known.is_some_and(|known| known.clauses.is_empty() && !known.trouble));
    }

    #[test]
    fn nothing_is_learned_of_a_short_trace() {
        let catalog = Catalog::load(Files::new()).unwrap();
        let matcher = Matcher::new(&catalog);
        let mut skeletons = Skeletons::default();
        let text = b"cache lookup for contact 470ce449f525 took 542 us, size 116";
        let mut look = || {
            let known = skeletons.look(&matcher, RecordParts::whole(text), None);
            known.is_some()
        };
        assert!((0..PATIENCE).all(|_| !look()));
        assert!((0..=u32::from(SIGHTINGS)).any(|_| look()));
    }
}
