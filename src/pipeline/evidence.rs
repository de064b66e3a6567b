//! Evidence: the text of a record with the lines around it, read again from its file or kept as a copy.

use super::signals::Quoted;
use crate::decode::show;
use crate::model::Encoding;

/// Bytes of context that are looked at before and after a record.
pub const CONTEXT: usize = 4096;
/// Lines of context before and after.
const LINES: usize = 3;
/// Lines above those that are looked at for the beginning of a secret or message that goes on in what is shown.
const LEAD: usize = 48;
/// Most lines of a record that are shown.
const RECORD_LINES: usize = 24;
/// Most bytes of one line that are shown.
const LINE_BYTES: usize = 2000;

/// A record and its neighbours, as raw lines.
#[derive(Debug, Clone, Default)]
pub struct Copied {
    /// Lines of the record; `None` where lines were left out.
    pub record: Vec<Option<Vec<u8>>>,
    /// The line that tells it.
    pub telling: Vec<u8>,
    /// Lines above `before`: not shown, but a secret that begins there may reach into what is.
    pub lead: Vec<Vec<u8>>,
    /// Lines before.
    pub before: Vec<Vec<u8>>,
    /// Lines after.
    pub after: Vec<Vec<u8>>,
}

impl Copied {
    /// Cuts a record out of text that holds it and its context. `at_start`: the text starts where its source does.
    pub fn cut(bytes: &[u8], at: usize, len: usize, match_line: u32, at_start: bool) -> Self {
        let end = (at + len).min(bytes.len());
        let record = bytes.get(at..end).unwrap_or_default();
        let lines: Vec<&[u8]> = lines_of(record);
        let telling = usize::try_from(match_line)
            .unwrap_or(0)
            .min(lines.len().saturating_sub(1));
        let mut shown = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            if index < RECORD_LINES - 1 || index == telling {
                shown.push(Some(cut(line)));
            } else if shown.last().is_some_and(Option::is_some) {
                shown.push(None);
            }
        }
        let context_start = at.saturating_sub(CONTEXT);
        let mut before = lines_of(&bytes[context_start..at]);
        let first_is_whole = match context_start {
            0 => at_start,
            start => bytes[start - 1] == b'\n',
        };
        if !first_is_whole && !before.is_empty() {
            before.remove(0);
        }
        let skip = before.len().saturating_sub(LINES);
        let lead = &before[skip.saturating_sub(LEAD)..skip];
        let after_end = (end + CONTEXT).min(bytes.len());
        let after = &bytes[end..after_end];
        // Of a record that is longer than what is kept of one, the rest of its line is no line: what it is about stands before.
        let is_whole = record
            .last()
            .is_none_or(|last| matches!(last, b'\n' | b'\r'));
        let feed = || memchr::memchr(b'\n', after).map_or(after.len(), |at| at + 1);
        let after = lines_of(&after[if is_whole { 0 } else { feed() }..]);
        Self {
            record: shown,
            telling: lines.get(telling).map(|l| cut(l)).unwrap_or_default(),
            lead: lead.iter().map(|l| cut(l)).collect(),
            before: before[skip..].iter().map(|l| cut(l)).collect(),
            after: after.iter().take(LINES).map(|l| cut(l)).collect(),
        }
    }

    /// Reads a record again; `None` if it is not the one of that sum any more. `fill`: reads at an offset of the text, and
    /// gives how much it was.
    pub fn read(
        fill: impl FnOnce(u64, &mut [u8]) -> usize,
        quoted: &Quoted,
        match_line: u32,
    ) -> Option<Self> {
        let (offset, len) = (quoted.offset, quoted.len as usize);
        let start = offset.saturating_sub(CONTEXT as u64 + 1);
        let at = (offset - start) as usize;
        let mut bytes = vec![0; at + len + CONTEXT];
        let read = fill(start, &mut bytes);
        bytes.truncate(read);
        let at = at.min(read);
        let record = &bytes[at..(at + len).min(read)];
        let same = crc32fast::hash(record) == quoted.sum;
        same.then(|| Self::cut(&bytes, at, len, match_line, start == 0))
    }

    /// What stands for a record that cannot be shown any more.
    pub fn gone(text: &str) -> Self {
        Self {
            record: vec![Some(text.as_bytes().to_vec())],
            telling: text.as_bytes().to_vec(),
            ..Self::default()
        }
    }

    /// The record as text.
    pub fn text(&self, encoding: Encoding) -> String {
        let lines: Vec<String> = self
            .record
            .iter()
            .map(|line| {
                line.as_ref()
                    .map_or_else(|| "[…]".to_owned(), |l| show(l, encoding).into_owned())
            })
            .collect();
        lines.join("\n")
    }
}

fn lines_of(bytes: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = bytes
        .split(|b| *b == b'\n')
        .map(|l| l.strip_suffix(b"\r").unwrap_or(l))
        .collect();
    if lines.last().is_some_and(|l| l.is_empty()) {
        lines.pop();
    }
    lines
}

fn cut(line: &[u8]) -> Vec<u8> {
    if line.len() <= LINE_BYTES {
        return line.to_vec();
    }
    // Not in the middle of a character: back to the last byte that does not continue one.
    let mut end = LINE_BYTES;
    while end > LINE_BYTES - 4 && line[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    let mut cut = line[..end].to_vec();
    cut.extend_from_slice(" […]".as_bytes());
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_cut_out_with_three_lines_around() {
        let text = b"a\nb\nc\nd\nrecord\n  more\ne\nf\ng\nh\n";
        let copied = Copied::cut(text, 8, 14, 1, true);
        assert_eq!(copied.text(Encoding::Utf8), "record\n  more");
        assert_eq!(copied.telling, b"  more");
        assert_eq!(copied.before, [b"b".to_vec(), b"c".to_vec(), b"d".to_vec()]);
        assert_eq!(copied.after, [b"e".to_vec(), b"f".to_vec(), b"g".to_vec()]);
        // A record that is cut inside a line.
        let cut = Copied::cut(b"record pass", 0, 8, 0, true);
        assert_eq!(cut.after, Vec::<Vec<u8>>::new());
        let cut = Copied::cut(b"record password=x\nnext\n", 0, 10, 0, true);
        assert_eq!(cut.after, [b"next".to_vec()]);
    }
}
