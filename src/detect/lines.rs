//! Lines of the samples that detection looks at.

/// Lines that are looked at in the head, and in each probe further down.
const HEAD_LINES: usize = 1_500;
const PROBE_LINES: usize = 150;
/// Bytes of a line that are looked at.
const LINE_BYTES: usize = 64 * 1024;

/// The lines of a text, without their ends. `\r\n`, `\n`, and a lone `\r` where there is no `\n` at all.
pub fn of(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let end = if memchr::memchr(b'\n', text).is_some() {
        b'\n'
    } else {
        b'\r'
    };
    pieces(text.strip_suffix(&[end]).unwrap_or(text), end).map(|line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        &line[..line.len().min(LINE_BYTES)]
    })
}

/// What stands between line feeds, as [`slice::split`] gives it, but found many bytes at a time.
pub fn between_feeds(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    pieces(text, b'\n')
}

fn pieces(text: &[u8], end: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (piece, after) = match memchr::memchr(end, text) {
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
    let mut lines: Vec<&[u8]> = of(head).take(HEAD_LINES).collect();
    for probe in more {
        lines.extend(of(probe).take(PROBE_LINES));
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
        for text in ["a\nb\n", "a\r\nb\r\n", "a\rb", "a\nb"] {
            let lines: Vec<&[u8]> = of(text.as_bytes()).collect();
            assert_eq!(lines, [b"a", b"b"], "{text:?}");
        }
        for (text, count) in [("", 1), ("\n", 1), ("\n\n", 2), ("a\n\nb", 3)] {
            assert_eq!(of(text.as_bytes()).count(), count, "{text:?}");
        }
    }
}
