//! Stamps: layouts in chrono's letters, compiled to loads at fixed positions, read without allocation.
//!
//! Beyond chrono: `%.f`, `%,f` and a literal `.` or `,` before `%f` read a fraction that may be missing; `%b` and `%a`
//! know German; `%Q`-like numbers are `%s%3f`; `%{filetime}`, `%{ticks}` and `%{bias}` are Windows';
//! `%{zone}` is a zone in any spelling.

mod fixed;
mod found;
mod items;
pub mod names;
mod read;
mod usual;
pub mod zones;

use super::Complaint;
use crate::model::Cycle;
use fixed::Fixed;
pub use fixed::Near;
pub use items::{Item, Width};

/// What the wall clock of a format without an offset in its stamps shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum ZoneSource {
    /// The offset stands in each stamp.
    InText,
    /// The clock shows UTC.
    Utc,
    /// The clock shows the local time of the machine that wrote the trace.
    #[default]
    Local,
}

impl ZoneSource {
    /// The name in format files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InText => "in_text",
            Self::Utc => "utc",
            Self::Local => "local",
        }
    }
}

/// One compiled layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    layout: String,
    zone: ZoneSource,
    /// The part at the front whose positions are known: its digits are loaded, not parsed.
    fixed: Fixed,
    /// What follows it.
    items: Vec<Item>,
    parts: Parts,
    /// Digits behind the seconds since 1970, if a layout has nothing else.
    epoch: Option<u8>,
}

/// Which parts a layout has.
#[allow(clippy::struct_excessive_bools)] // a set with names
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Parts {
    year: bool,
    month: bool,
    day: bool,
    ordinal: bool,
    instant: bool,
    hour: bool,
    half_day: bool,
    marker: bool,
    offset: bool,
}

impl Stamp {
    /// Compiles a layout. An offset in the text and a zone that is declared exclude each other.
    ///
    /// # Errors
    ///
    /// What is wrong with the layout, and where.
    pub fn compile(layout: &str, zone: ZoneSource) -> Result<Self, Complaint> {
        let items = items::parse(layout)?;
        let parts = Parts::of(&items);
        parts.check(layout, zone)?;
        let epoch = match items.as_slice() {
            [Item::Epoch] => Some(0),
            [Item::Epoch, Item::Digits(more)] if *more < 9 => Some(*more),
            _ => None,
        };
        let (fixed, items) = Fixed::split(&items);
        Ok(Self {
            epoch,
            layout: layout.to_owned(),
            zone,
            fixed,
            items,
            parts,
        })
    }

    /// The bytes that a stamp may begin with; `None` for any.
    pub fn first_bytes(&self) -> Option<Vec<u8>> {
        let first = items::parse(&self.layout).ok()?.first().copied()?;
        items::first_bytes(first)
    }

    /// The parts of the layout.
    pub fn items(&self) -> Vec<Item> {
        items::parse(&self.layout).unwrap_or_default()
    }

    /// The layout as written.
    pub fn layout(&self) -> &str {
        &self.layout
    }

    /// The declared zone.
    pub const fn zone(&self) -> ZoneSource {
        self.zone
    }

    /// The period after which the stamp repeats; `None` if it has a whole date.
    pub const fn cycle(&self) -> Option<Cycle> {
        let parts = &self.parts;
        if parts.instant || parts.year {
            None
        } else if parts.month {
            Some(Cycle::Year)
        } else if parts.day {
            Some(Cycle::Month)
        } else {
            Some(Cycle::Day)
        }
    }
}

impl Parts {
    fn of(items: &[Item]) -> Self {
        let has = |test: fn(&Item) -> bool| items.iter().any(test);
        Self {
            year: has(|i| matches!(i, Item::Year | Item::ShortYear)),
            month: has(|i| matches!(i, Item::Month(_) | Item::MonthName)),
            day: has(|i| matches!(i, Item::Day(_))),
            ordinal: has(|i| matches!(i, Item::Ordinal)),
            instant: has(|i| matches!(i, Item::Epoch | Item::FileTime | Item::Ticks)),
            hour: has(|i| matches!(i, Item::Hour(_))),
            half_day: has(|i| matches!(i, Item::HalfDayHour(_))),
            marker: has(|i| matches!(i, Item::Marker)),
            offset: has(|i| matches!(i, Item::Offset | Item::ZoneName | Item::Zone | Item::Bias)),
        }
    }

    fn check(&self, layout: &str, zone: ZoneSource) -> Result<(), Complaint> {
        let whole = |message, help| Err(Complaint::new(layout.len(), message, help));
        let dated = (self.month && self.day) || self.ordinal;
        if self.offset && zone != ZoneSource::InText {
            return whole(
                "the layout reads an offset, and the zone is declared as well",
                "write `zone = \"in_text\"`, or take the offset out of the layout",
            );
        }
        if zone == ZoneSource::InText && !self.offset && !self.instant {
            return whole(
                "`zone = \"in_text\"` needs an offset in the layout",
                "add `%:z`, or write `zone = \"local\"` or `zone = \"utc\"`",
            );
        }
        if !self.instant && !self.hour && !self.half_day && !dated {
            return whole(
                "the layout reads neither a date nor a time of day",
                "a time of day is `%H:%M:%S`",
            );
        }
        if self.year && !dated && !self.instant {
            return whole(
                "a year needs a month and a day",
                "add `%m` and `%d`, or `%j`",
            );
        }
        if (self.ordinal && !self.year) || (self.month && !self.day) {
            return whole("the date is not whole", "`%j` needs `%Y`, `%m` needs `%d`");
        }
        if self.half_day != self.marker {
            return whole(
                "`%I` and `%p` belong together",
                "a 12-hour clock is `%I:%M:%S %p`, a 24-hour clock `%H:%M:%S`",
            );
        }
        Ok(())
    }
}
