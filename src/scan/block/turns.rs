//! Whether the short way is worth a try.

/// Whether it pays to try: where records have as many lines as those before them, one or two, and where it goes anywhere.
#[derive(Default)]
pub(super) struct Turns {
    /// Lines behind the first one of the record that is open, so far, and of the one before it.
    own: u32,
    before: u32,
    /// Tries in vain since it went somewhere, and lines for which it is not tried.
    vain: u32,
    wait: u32,
}

/// Tries in vain after which it is not tried for so many lines.
const VAIN: u32 = 32;
const PAUSE: u32 = 512;

impl Turns {
    /// How many lines the next records are likely to have, if the next line is worth a try.
    #[inline]
    pub(super) const fn lines(&mut self) -> Option<Lines> {
        if self.wait > 0 {
            self.wait -= 1;
            return None;
        }
        match (self.own, self.before) {
            (0, 0) => Some(Lines::One),
            (1, 1) => Some(Lines::Two),
            _ => None,
        }
    }

    /// Notes whether it went somewhere.
    #[inline]
    pub(super) const fn note(&mut self, went: bool) {
        self.vain = if went { 0 } else { self.vain + 1 };
        if self.vain >= VAIN {
            (self.vain, self.wait) = (0, PAUSE);
        }
    }

    /// Notes a line that goes on.
    #[inline]
    pub(super) const fn go_on(&mut self) {
        self.own = self.own.saturating_add(1);
    }

    /// Notes a line that starts a record; true if that is likely to have no other line.
    #[inline]
    pub(super) const fn record(&mut self) -> bool {
        self.before = self.own;
        self.own = 0;
        self.before == 0
    }
}

/// Lines of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    One,
    Two,
}

impl Lines {
    pub(super) const fn count(self) -> u64 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }
}
