//! Lines of the samples that detection looks at.

/// Lines that are looked at in the head, and in each probe further down.
const HEAD_LINES: usize = 1_500;
const PROBE_LINES: usize = 150;
/// Bytes of a line that are looked at.
const LINE_BYTES: usize = 64 * 1024;

/// Adds the first lines of a text, without their ends: `\r\n`, `\n`, and a lone `\r` where there is no `\n` at all.
fn add<'a>(lines: &mut Vec<&'a [u8]>, text: &'a [u8], most: usize) {
    let end = if memchr::memchr(b'\n', text).is_some() {
        b'\n'
    } else {
        b'\r'
    };
    let text = text.strip_suffix(&[end]).unwrap_or(text);
    let mut from = 0;
    let ends = memchr::memchr_iter(end, text).chain([text.len()]);
    for end in ends.take(most) {
        let line = &text[from..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        lines.push(&line[..line.len().min(LINE_BYTES)]);
        from = end + 1;
    }
}

/// What stands between line feeds, as [`slice::split`] gives it, but found many bytes at a time.
pub fn between_feeds(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (piece, after) = match memchr::memchr(b'\n', text) {
            Some(at) => (&text[..at], Some(&text[at + 1..])),
            None => (text, None),
        };
        rest = after;
        Some(piece)
    })
}

/// The lines to judge by: the head's, then those of the probes.
pub fn sample<'a>(head: &'a [u8], more: &[&'a [u8]]) -> Vec<&'a [u8]> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let mut lines = Vec::with_capacity(HEAD_LINES + more.len() * PROBE_LINES);
    add(&mut lines, head, HEAD_LINES);
    for probe in more {
        add(&mut lines, probe, PROBE_LINES);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_feeds_is_what_split_gives() {
        for text in ["", "\n", "a", "a\n", "\na\r\n\nb"] {
            let split: Vec<&[u8]> = text.as_bytes().split(|b| *b == b'\n').collect();
            let found: Vec<&[u8]> = between_feeds(text.as_bytes()).collect();
            assert_eq!(found, split, "{text:?}");
        }
    }

    #[test]
    fn all_line_ends_are_ends() {
        let of = |text: &'static str| sample(text.as_bytes(), &[]);
        for text in ["a\nb\n", "a\r\nb\r\n", "a\rb", "a\nb"] {
            assert_eq!(of(text), [b"a", b"b"], "{text:?}");
        }
        for (text, count) in [("", 1), ("\n", 1), ("\n\n", 2), ("a\n\nb", 3)] {
            assert_eq!(of(text).len(), count, "{text:?}");
        }
    }

    #[test]
    fn no_more_lines_are_looked_at_than_are_wanted() {
        let text = "a\n".repeat(HEAD_LINES + 9);
        assert_eq!(sample(text.as_bytes(), &[]).len(), HEAD_LINES);
        let both = sample(b"b", &[text.as_bytes(), b"c\nd"]);
        assert_eq!(both.len(), 1 + PROBE_LINES + 2);
        assert_eq!(both.last(), Some(&&b"d"[..]));
    }
}
