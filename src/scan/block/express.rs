//! The short way through lines that tell nothing.
//!
//! Most lines of a trace are a record each, like the one before in all that the format looks at, with a head and a message
//! that were seen before and tell nothing together. They are only counted, minute by minute. What a line needs for that is
//! asked here without making anything of it; what is known to tell the same whatever its numbers are is told at once; of a
//! few that may tell anything, the record is opened. The first line that is not like the others is left to
//! [`Scanner::scan`], as if it had come right behind them. It is a way to the same answer, never to another.

use super::lines::trimmed;
use super::open::{NOWHERE, Open};
use super::pace::{Counts, Pace};
use super::scanner::{Scanner, Scratch};
use super::state::State;
use super::tales::TaleId;
use super::telling::Spot;
use super::turns::Lines;
use super::{Stamped, Window};
use crate::grammar::reader::LineReader;
use crate::model::Level;
use crate::scan::feeds::Feeds;
use crate::scan::heads::{Lane, Like};
use crate::scan::matcher::Matcher;
use crate::scan::outlines::{Glance, Met, RecordParts, Sight};
use crate::scan::skeletons::{LONGEST, Learned, Looks, Skeletons};
use crate::scan::trail::USUAL;

/// How far it went.
pub(super) enum Way {
    /// Nowhere.
    None,
    /// Up to that place, and no record is open any more.
    Ended(usize),
    /// Up to that place; this record is open.
    To(usize, Open),
}

/// What all lines on it have in common.
struct Express<'l> {
    lane: Lane<'l>,
    looks: Looks<'l>,
    pace: Pace,
    layout: &'l dyn LineReader,
    lines: Lines,
}

/// The last line.
#[derive(Clone, Copy)]
struct Last {
    line: Line,
    sight: Sight,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    /// None of those that are read here: the record that was open before them.
    Before,
    /// It tells nothing.
    Quiet,
    /// All that it tells is known.
    Tells(TaleId),
    /// Its record is open.
    Open,
}

/// A line and, if records have two, the one behind it: where it begins, where its line feed is and the last one, and what is
/// read of it.
#[derive(Clone, Copy)]
struct Line {
    start: usize,
    feed: usize,
    last: usize,
    like: Like,
}

impl Line {
    fn text(self, bytes: &[u8]) -> &[u8] {
        trimmed(bytes.get(self.start..self.feed).unwrap_or_default())
    }
}

impl Scanner<'_> {
    /// Goes on from a place, as long as lines are like the last one. `record`: the one that is open.
    #[inline(never)] // by itself it has the registers for what it needs
    pub(super) fn express(
        &self,
        state: &mut State,
        window: &Window,
        (at, feeds, lines): (usize, &mut Feeds, Lines),
        record: &Open,
        (scratch, learned): (&mut Scratch, &mut Learned),
    ) -> Way {
        let end = window.end.min(window.bytes.len());
        let Some(mut express) = self.begin(state, &mut learned.skeletons, lines) else {
            return Way::None;
        };
        let bytes = window.bytes.as_slice();
        // Those that are not counted yet, and what the last line is.
        let mut counts = Counts::default();
        let mut last = Last {
            line: Line {
                start: at,
                feed: at,
                last: at,
                like: Like::NONE,
            },
            sight: Sight::New,
            kind: Kind::Before,
        };
        let mut open: Option<Open> = None;
        let mut helped = 0;
        let mut next = at;
        while next < end
            && let Some(feed) = feeds.peek(bytes)
            && let Some(last_feed) = express.last_feed(bytes, (feed, end), feeds)
            && let Some((like, glance)) = express.read(bytes, (next, feed, last_feed))
        {
            let line = Line {
                start: next,
                feed,
                last: last_feed,
                like,
            };
            let mut sight = Sight::Quiet { trouble: true };
            if glance != Glance::QUIET {
                sight = express.look(self.matcher, bytes, line, glance);
            }
            // What the last one tells is known as soon as the next one begins.
            match last.kind {
                Kind::Quiet => {}
                Kind::Tells(tale) => {
                    let spot = express.spot(
                        window,
                        last.line,
                        state.scan.lines + counts.lines - lines.count(),
                    );
                    self.tell_tale(state, tale, &spot);
                    if !state.waiting.is_empty() {
                        state.take(&mut counts, express.pace);
                        learned.skeletons.count_helps(helped);
                        return Way::Ended(next);
                    }
                }
                Kind::Before | Kind::Open => {
                    let record = open.as_ref().unwrap_or(record);
                    if record.quiet_end == next {
                        state.order_of(record, next);
                    } else {
                        let pace = express.pace;
                        let room = (&mut *scratch, &mut *learned);
                        self.end(state, window, record, next, room);
                        match self.resume((pace, lines), state, &mut learned.skeletons) {
                            Some(anew) => express = anew,
                            None => {
                                learned.skeletons.count_helps(helped);
                                return Way::Ended(next);
                            }
                        }
                    }
                    open = None;
                }
            }
            if like.nanos >= express.pace.until {
                helped += counts.records;
                state.take(&mut counts, express.pace);
                let time = express.pace.stamp.at(like.nanos);
                let Some(pace) = state.next_pace(time) else {
                    learned.skeletons.count_helps(helped);
                    return Way::Ended(next);
                };
                express.pace = pace;
            }
            feeds.advance();
            if lines == Lines::Two {
                feeds.advance();
            }
            let kind = match sight {
                Sight::Quiet { .. } => Kind::Quiet,
                Sight::Met(met) => self.tale_of(state, window, &express, (line, met, counts.lines)),
                Sight::New => Kind::Open,
            };
            if matches!(kind, Kind::Open) {
                helped += counts.records;
                state.take(&mut counts, express.pace);
                open = Some(self.open(state, window, &express, (line, sight)));
            } else {
                let head = express.lane.head(like.place);
                if let Some(level) = head.and_then(|head| head.level) {
                    counts.add(level, (like.nanos, express.pace.last), lines);
                }
            }
            last = Last { line, sight, kind };
            express.pace.last = like.nanos;
            next = last_feed + 1;
        }
        if counts.records > 0 {
            helped += counts.records;
            state.offset = window.offset + last.line.start as u64;
            let before = state.scan.lines + counts.lines - lines.count();
            state.take(&mut counts, express.pace);
            let time = express.pace.stamp.at(express.pace.last);
            let quiet_end = match last.kind {
                Kind::Quiet => next,
                _ => NOWHERE,
            };
            open = Some(Open {
                quiet_end,
                ..express.open(window, (last.line, last.sight), before, time)
            });
        }
        learned.skeletons.count_helps(helped);
        open.map_or(Way::None, |open| Way::To(next, open))
    }

    /// What a line is that may tell something and whose message is known. `before`: the lines before it that are not counted yet.
    fn tale_of(
        &self,
        state: &mut State,
        window: &Window,
        express: &Express<'_>,
        (line, met, before): (Line, Met, u64),
    ) -> Kind {
        let known = met
            .place()
            .and_then(|place| Some((place, express.looks.known(place)?)));
        let head = express.lane.known(line.like.place);
        let Some(known) = known.filter(|_| head.is_some_and(|head| head.last_word > 0)) else {
            return Kind::Open;
        };
        let spot = express.spot(window, line, state.scan.lines + before);
        self.tale(state, known, &spot)
            .map_or(Kind::Open, Kind::Tells)
    }

    /// What the next lines have in common, if they may be read so.
    fn begin<'l>(
        &'l self,
        state: &State,
        skeletons: &'l mut Skeletons,
        lines: Lines,
    ) -> Option<Express<'l>> {
        let format = self.layout.formats().first()?;
        let pace = state.pace()?;
        let time = format.time_near(pace.last)?;
        let express = self.resume((pace, lines), state, skeletons)?;
        (time == pace.stamp.raw()).then_some(express)
    }

    /// Opens the record of a line that may tell something.
    fn open(
        &self,
        state: &mut State,
        window: &Window,
        express: &Express<'_>,
        (line, sight): (Line, Sight),
    ) -> Open {
        state.offset = window.offset + line.start as u64;
        let stamp = express.pace.stamp.at(line.like.nanos);
        let cycle = || self.layout.formats()[0].cycle;
        let time = state.stamp(Some(stamp.raw()), 0, cycle).unwrap_or(stamp);
        let open = express.open(window, (line, sight), state.scan.lines, time);
        state.count(open.header.level, Some(time));
        state.scan.lines += express.lines.count();
        state.scan.continuations += express.lines.count() - 1;
        open
    }

    /// Goes on behind a record that ended, if lines may still be read so.
    fn resume<'l>(
        &'l self,
        (pace, lines): (Pace, Lines),
        state: &State,
        skeletons: &'l mut Skeletons,
    ) -> Option<Express<'l>> {
        let format = self.layout.formats().first()?;
        let (lane, looks) = skeletons
            .lane(self.matcher, format)
            .filter(|_| state.waiting.is_empty())?;
        Some(Express {
            lane,
            looks,
            pace,
            layout: self.layout,
            lines,
        })
    }
}

impl Express<'_> {
    /// Where the record of a line stands. `number`: the lines before it.
    fn spot(&self, window: &Window, line: Line, number: u64) -> Spot {
        let head = self.lane.head(line.like.place);
        Spot {
            stamp: Some(self.lane.stamp(&line.like)),
            level: head.and_then(|head| head.level),
            order: Some(self.pace.stamp.at(line.like.nanos)),
            stamped: true,
            line: number as u32,
            offset: window.offset + line.start as u64,
            len: (line.last + 1 - line.start) as u32,
            is_raw: true,
        }
    }

    /// The record of a line. `number`: the lines before it.
    fn open(
        &self,
        window: &Window,
        (line, sight): (Line, Sight),
        number: u64,
        time: Stamped,
    ) -> Open {
        let text = line.text(&window.bytes);
        Open {
            start: line.start,
            header_end: line.start + text.len(),
            line: number,
            header: self.lane.header(&line.like, time.raw(), text),
            time: Some(time),
            sight: (sight, line.last + 1),
            quiet_end: NOWHERE,
        }
    }

    /// Where a record ends whose first line ends there: `None` if it is not one of so many lines, or not all of them begin
    /// before the end.
    #[expect(clippy::inline_always)] // nearly every line is asked about once
    #[inline(always)]
    fn last_feed(
        &self,
        bytes: &[u8],
        (feed, end): (usize, usize),
        feeds: &mut Feeds,
    ) -> Option<usize> {
        if self.lines == Lines::One {
            return Some(feed);
        }
        let last = feeds.second(bytes)?;
        let line = trimmed(bytes.get(feed + 1..last)?);
        let goes_on = feed + 1 < end
            && !self
                .layout
                .formats()
                .iter()
                .any(|format| format.may_begin(line));
        goes_on.then_some(last)
    }

    /// Reads a record from its start to its last line feed, and what is seen of it at first sight; `None` if it is not like the last
    /// one.
    #[expect(clippy::inline_always)] // what it gives would be copied for each line
    #[inline(always)]
    fn read(
        &mut self,
        bytes: &[u8],
        (start, feed, last): (usize, usize, usize),
    ) -> Option<(Like, Glance)> {
        let like = self.lane.read(trimmed(bytes.get(start..feed)?))?;
        if !(0..USUAL).contains(&like.nanos.wrapping_sub(self.pace.last)) {
            return None;
        }
        if self.lane.head(like.place)?.level >= Some(Level::Warn) {
            return Some((like, Glance::NEW));
        }
        let head = self.looks.row(like.place, &self.lane)?;
        let cut = head.cut as usize;
        let behind = bytes.get(start + like.stamp_end..)?;
        let text = behind.get(..last + 1 - start - like.stamp_end)?;
        let ahead = behind.get(cut..)?;
        if text.len() > LONGEST {
            return None;
        }
        let mut glance = self
            .looks
            .glance(head.row, (text, cut), ahead, self.pace.program);
        if glance == Glance::QUIET
            && let Some(outline) = head.asks
            && !self.looks.has_no_number(text, outline)
        {
            glance = Glance::NEW;
        }
        Some((like, glance))
    }

    /// Looks at a line again of which it was not seen that it tells nothing.
    #[inline(never)]
    fn look(&mut self, matcher: &Matcher<'_>, bytes: &[u8], line: Line, glance: Glance) -> Sight {
        let like = line.like;
        let text = bytes.get(line.start + like.stamp_end..=line.last);
        let head = self.lane.known(like.place);
        let (Some(met), Some(text), Some(head)) = (glance.met(), text, head) else {
            return Sight::New;
        };
        let parts = RecordParts {
            text,
            cut: head.last_word as usize,
            head: Some(head),
            level: self.lane.head(like.place).and_then(|head| head.level),
            program: self.pace.program,
        };
        self.looks.by_place(matcher, parts, met)
    }
}
