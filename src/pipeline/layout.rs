//! Getting to know a source: the lines by which its layout is told.

use super::Settings;
use crate::decode::{Access, Input};
use crate::detect::{Layout, begun, dates, detect_only};
use crate::model::{Problem, SourceInfo};

/// Bytes of a probe; of a file of less than 4 MB fewer, but [`LEAST`].
const PROBE: u64 = 16 << 10;
const LEAST: u64 = 4 << 10;

impl Settings<'_> {
    /// The layout of a source, and what is to be said of it. Of a file of middle size a part tells it, and the rest of what is
    /// read of a large one only where that leaves a doubt: a line that no declared format reads, dates that may be read in two ways.
    pub(super) fn layout_of(&self, info: &SourceInfo, input: &Input) -> (Layout, Option<Problem>) {
        if let Some(format) = &self.force {
            return (Layout::forced(format.clone()), None);
        }
        let size = match &input.access {
            Access::Random(file) => (file.len() / 256).clamp(LEAST, PROBE),
            Access::Stream(_) => PROBE,
        };
        let (layout, doubt) = self.layout(info, input, input.head(), size);
        if layout.is_settled && doubt.is_none() {
            return (layout, None);
        }
        // What cannot be read now is told when the text is read.
        match input.wide_head() {
            Ok(Some(head)) => self.layout(info, input, &head, PROBE),
            _ => (layout, doubt),
        }
    }

    fn layout(
        &self,
        info: &SourceInfo,
        input: &Input,
        head: &[u8],
        size: u64,
    ) -> (Layout, Option<Problem>) {
        let probes = probes(input, head, size);
        let probes: Vec<&[u8]> = probes.iter().map(Vec::as_slice).collect();
        let (formats, looks) = (&self.catalog.formats, &self.catalog.looks);
        let mut layout = detect_only(head, &probes, formats, looks);
        let doubt = dates::settle(&mut layout, head, &probes, info);
        layout.begun = begun::find(&layout, head, info);
        (layout, doubt)
    }
}

/// Pieces of `size` bytes from further down a file, whole lines, so that a layout which begins later is seen too.
fn probes(input: &Input, head: &[u8], size: u64) -> Vec<Vec<u8>> {
    let Access::Random(file) = &input.access else {
        return Vec::new();
    };
    let head = head.len() as u64;
    if file.len() <= head {
        return Vec::new();
    }
    let at = |part: u64| {
        (file.len() / 8 * part)
            .max(head)
            .min(file.len().saturating_sub(size))
    };
    let mut places: Vec<u64> = (1..=8).map(at).collect();
    // Where little stands behind the head, several would be one: its lines count once.
    places.dedup();
    let mut room = vec![0; size as usize];
    (places.into_iter())
        .filter_map(|at| {
            let read = file.fill_at(at, &mut room).ok()?;
            let piece = &room[..read];
            let first = memchr::memchr(b'\n', piece)? + 1;
            let last = memchr::memrchr(b'\n', piece)? + 1;
            (first < last).then(|| piece[first..last].to_vec())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::Catalog;
    use crate::grammar::catalog::Files;
    use crate::model::Lang;
    use crate::pipeline::Progress;

    fn input(text: &[u8]) -> Input {
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, text).unwrap();
        crate::decode::file("a.log", file, 0, text.len() as u64).unwrap()
    }

    /// The probes of a text of so many lines.
    fn probes_of(lines: usize) -> (Vec<u8>, Vec<Vec<u8>>) {
        let text: Vec<u8> = (0..lines)
            .flat_map(|n| format!("line {n:08}\n").into_bytes())
            .collect();
        let input = input(&text);
        let probes = probes(&input, input.head(), PROBE);
        (text[input.head().len()..].to_vec(), probes)
    }

    #[test]
    fn no_line_behind_the_head_is_probed_again_and_again() {
        for lines in [10, 19_000, 20_000, 25_000, 60_000, 300_000] {
            let (rest, probes) = probes_of(lines);
            let mut first: Vec<&[u8]> = probes.iter().map(|probe| &probe[..14]).collect();
            let all = first.len();
            first.dedup();
            assert_eq!(first.len(), all, "{lines} lines");
            assert_eq!(all == 0, rest.is_empty(), "{lines} lines");
        }
    }

    #[test]
    fn probes_are_whole_lines_from_everywhere_behind_the_head() {
        let (rest, probes) = probes_of(300_000);
        assert_eq!(probes.len(), 8);
        for probe in &probes {
            assert!(probe.starts_with(b"line ") && probe.ends_with(b"\n"));
            assert!(memchr::memmem::find(&rest, probe).is_some());
        }
    }

    #[test]
    fn where_the_first_lines_leave_a_doubt_more_of_them_are_looked_at() {
        let catalog = Catalog::load(Files::new()).unwrap();
        let progress = Progress::default();
        let settings = Settings::new(&catalog, Lang::En, &progress);
        // One line in three hundred is of another layout: two of them stand in what is looked at first.
        let line = |number: usize| match number % 300 {
            299 => "[2020-08-10 11:16:30.123] [error] d\n",
            _ => {
                "2020-08-10 11:16:29.1234|INFO|ComSocket|what is written in a trace on most of its lines\n"
            }
        };
        let text: String = (0..2500).map(line).collect();
        let input = input(text.as_bytes());
        let info = SourceInfo::default();
        let (first, _) = settings.layout(&info, &input, input.head(), LEAST);
        assert_eq!((first.name().as_str(), first.is_settled), ("nlog", false));
        let (all, _) = settings.layout_of(&info, &input);
        assert_eq!(all.name(), "electron-log + nlog");
    }
}
