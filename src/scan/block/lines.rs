//! Where lines begin and end.

use super::{More, RECORD_CAP, Window};

/// The first line that starts in the block.
pub(super) fn first_line(window: &Window) -> usize {
    if window.start == 0 || window.bytes.get(window.start - 1) == Some(&b'\n') {
        return window.start;
    }
    memchr::memchr(b'\n', &window.bytes[window.start..])
        .map_or(window.bytes.len(), |at| window.start + at + 1)
}

/// End of the line that starts at `at` (without its line feed), and the start of the next one.
pub(super) fn line_at(window: &mut Window, at: usize, more: More<'_>) -> (usize, usize) {
    let mut from = at;
    loop {
        if let Some(feed) = memchr::memchr(b'\n', &window.bytes[from..]) {
            return (from + feed, from + feed + 1);
        }
        from = window.bytes.len();
        // A line of 100 MB is not read into memory: its start tells what it is.
        if window.complete || from - at > RECORD_CAP {
            return (from, from);
        }
        window.complete = !more(&mut window.bytes);
    }
}

pub(super) fn trimmed(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}
