//! The short way through lines that tell nothing.
//!
//! Most lines of a trace are a record each, like the one before in all that the format looks at, of the same minute, with a
//! head and a message that were seen before and tell nothing together. They are only counted. What a line needs for that is
//! asked here without making anything of it; the first one of which something else is to be said is left to
//! [`Scanner::scan`], as if it had come right behind the others. It is a way to the same answer, never to another.

use super::lines::trimmed;
use super::open::{NOWHERE, Open};
use super::scanner::{Scanner, Scratch};
use super::state::State;
use super::{Stamped, Window};
use crate::model::Level;
use crate::model::time::SECOND;
use crate::scan::feeds::Feeds;
use crate::scan::heads::{Lane, Like};
use crate::scan::matcher::Matcher;
use crate::scan::outlines::{RecordParts, Sight};
use crate::scan::skeletons::{LONGEST, Learned, Looks, Skeletons};

/// How far it went.
pub(super) enum Way {
    /// Nowhere.
    None,
    /// Nowhere, but the record that was open is ended.
    Ended,
    /// Up to that place. The last line is the record that is open, and may tell something.
    To(usize, Open),
    /// Up to that place. The last line is the record that is open, the next line is none that goes on so.
    Until(usize, Open),
}

/// What all lines on it have in common.
struct Express<'l> {
    lane: Lane<'l>,
    looks: Looks<'l>,
    program: u64,
    /// The last stamp, and what it and later ones say.
    time: Stamped,
    last: i64,
    /// What the next one may say at most.
    until: i64,
}

/// What is counted on the way.
#[derive(Default)]
struct Counts {
    records: u64,
    rises: u64,
    /// For each level how many, and what the last stamp of them says.
    levels: [(u64, i64); Level::ALL.len()],
    /// What the last stamp but one says.
    before: i64,
}

impl Scanner<'_> {
    /// Goes on from a place, as long as lines tell nothing. `record`: the one that is open.
    #[inline(never)] // by itself it has the registers for what it needs
    pub(super) fn express(
        &self,
        state: &mut State,
        window: &Window,
        (at, feeds): (usize, &mut Feeds),
        record: &Open,
        (scratch, learned): (&mut Scratch, &mut Learned),
    ) -> Way {
        let end = window.end.min(window.bytes.len());
        let Some(mut express) = self.begin(state, &mut learned.skeletons) else {
            return Way::None;
        };
        let bytes = window.bytes.as_slice();
        let mut counts = Counts::default();
        // Where the last line begins, where its stamp ends, and its head.
        let (mut start, mut stamp_end, mut place) = (at, 0, 0);
        let mut next = at;
        while next < end
            && let Some(feed) = feeds.peek(bytes)
            && let Some((like, sight)) = express.read(self.matcher, bytes, (next, feed))
        {
            if counts.records == 0 {
                if record.quiet_end == at {
                    state.order_of(record, at);
                } else {
                    self.end(state, window, record, at, (scratch, learned));
                    match self.begin(state, &mut learned.skeletons) {
                        Some(anew) => express = anew,
                        None => return Way::Ended,
                    }
                }
            }
            feeds.advance();
            let is_quiet = matches!(sight, Sight::Quiet { .. });
            if !is_quiet {
                if counts.records > 0 {
                    let last = express.time.at(express.last);
                    state.take(&counts, last);
                    state.previous = Some(last);
                }
                state.offset = window.offset + next as u64;
                let text = trimmed(&bytes[next..feed]);
                let header = express
                    .lane
                    .header(&like, express.time.at(like.nanos).raw(), text);
                let cycle = || self.layout.formats()[0].cycle;
                let time = state.stamp(header.time, 0, cycle);
                state.count(header.level, time);
                let open = Open {
                    start: next,
                    header_end: next + text.len(),
                    line: state.scan.lines,
                    header,
                    time,
                    sight: (sight, feed + 1),
                    quiet_end: NOWHERE,
                };
                state.scan.lines += 1;
                learned.skeletons.count_helps(counts.records);
                return Way::To(feed + 1, open);
            }
            if let Some(level) = express.lane.head(like.place).and_then(|head| head.level) {
                counts.add(level, like.nanos, express.last);
            }
            express.last = like.nanos;
            (start, stamp_end, place) = (next, like.stamp_end, like.place);
            next = feed + 1;
        }
        if counts.records == 0 {
            return Way::None;
        }
        let time = express.time.at(express.last);
        let like = Like {
            nanos: express.last,
            stamp_end,
            place,
        };
        let text = trimmed(&bytes[start..next - 1]);
        let open = Open {
            start,
            header_end: start + text.len(),
            line: state.scan.lines + counts.records - 1,
            header: express.lane.header(&like, time.raw(), text),
            time: Some(time),
            sight: (Sight::Quiet { trouble: true }, next),
            quiet_end: next,
        };
        learned.skeletons.count_helps(counts.records);
        state.offset = window.offset + start as u64;
        state.take(&counts, time);
        Way::Until(next, open)
    }

    /// What the next lines have in common, if they may be counted as they come.
    #[inline]
    fn begin<'l>(&self, state: &State, skeletons: &'l mut Skeletons) -> Option<Express<'l>> {
        let format = self.layout.formats().first()?;
        let (last, until) = state.pace()?;
        let (lane, looks) = skeletons.lane(format)?;
        let time = format.time_near(last.nanos())?;
        (time == last.raw()).then_some(Express {
            lane,
            looks,
            program: state.program,
            time: last,
            last: last.nanos(),
            until,
        })
    }
}

impl Express<'_> {
    /// Reads a line from its start to its line feed, and what is seen of it at first sight; `None` if it is not like the last
    /// one. Only what is quiet may be counted.
    #[expect(clippy::inline_always)] // what it gives would be copied for each line
    #[inline(always)]
    fn read(
        &mut self,
        matcher: &Matcher<'_>,
        bytes: &[u8],
        (start, feed): (usize, usize),
    ) -> Option<(Like, Sight)> {
        let like = self.lane.read(trimmed(bytes.get(start..feed)?))?;
        if like.nanos < self.last || like.nanos >= self.until {
            return None;
        }
        let level = self.lane.head(like.place)?.level;
        if level >= Some(Level::Warn) {
            return Some((like, Sight::New));
        }
        let (row, cut) = self.looks.row(like.place, &self.lane)?;
        let behind = bytes.get(start + like.stamp_end..)?;
        let text = behind.get(..feed + 1 - start - like.stamp_end)?;
        let ahead = behind.get(cut..)?;
        if text.len() > LONGEST {
            return None;
        }
        let sight = match self.looks.sight(row, (text, cut), ahead, self.program) {
            Sight::Met(met) => {
                let parts = RecordParts {
                    text,
                    cut,
                    head: self.lane.known(like.place),
                    level,
                    program: self.program,
                };
                self.looks.by_place(matcher, parts, met)
            }
            sight => sight,
        };
        Some((like, sight))
    }
}

impl Counts {
    #[inline]
    const fn add(&mut self, level: Level, nanos: i64, last: i64) {
        self.before = last;
        self.records += 1;
        self.rises += (nanos > last) as u64;
        let (count, last) = &mut self.levels[level.index()];
        *count += 1;
        *last = nanos;
    }
}

impl State {
    /// The last stamp, and what later ones say at most that are only counted: they are of the same minute. `None` if more
    /// than that is to be said of the next one, whatever it says.
    #[inline]
    fn pace(&self) -> Option<(Stamped, i64)> {
        let last = self.trail.last(0)?;
        let (minute, _) = self.minute.as_ref()?;
        let until = minute.nanos().checked_add(60 * SECOND)?;
        let is_plain = self.waiting.is_empty()
            && self.watch.is_settled()
            && self.has_reach_of(0)
            && minute.is_like(last);
        is_plain.then_some((last, until))
    }

    /// Takes what was counted. `time`: the last stamp.
    fn take(&mut self, counts: &Counts, time: Stamped) {
        self.trail.advance(time);
        self.watch.rises += counts.rises;
        self.reach_to(time);
        self.scan.lines += counts.records;
        self.scan.records += counts.records;
        for (level, (count, last)) in Level::ALL.into_iter().zip(counts.levels) {
            if count > 0 {
                self.scan.levels[level.index()] += count;
                self.level_at(level, time.at(last));
            }
        }
        if let Some((_, minute)) = &mut self.minute {
            minute.records += counts.records;
        }
        if counts.records > 1 {
            self.previous = Some(time.at(counts.before));
        }
    }
}
