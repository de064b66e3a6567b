//! Streams: the files that one program wrote one after the other, because its trace was cut or begun anew by size or day.
//! What is judged by the place of two records in one trace is judged by the stream.

use std::collections::BTreeMap;

use crate::model::time::SECOND;

/// A longer pause between two files is no mere change of the file, in nanoseconds.
const PAUSE: i64 = 3600 * SECOND;
/// Files of which the first records are nearer are of two processes that were started at once, in nanoseconds.
const CLASH: i64 = 60 * SECOND;

/// A source, as far as its stream matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What the files of one stream share: folder and name without its numbers; with the time of day in its name, as each
    /// start of the program has its own.
    pub key: String,
    /// Index of the client.
    pub client: usize,
    /// First and last instant; without them it is a stream of its own.
    pub span: Option<(i64, i64)>,
}

/// First and last instant, and the index of the source.
type Span = (i64, i64, usize);

/// For each source the index of the first source of its stream.
pub fn streams(parts: &[Part]) -> Vec<u32> {
    let mut of_key: BTreeMap<(&str, usize), Vec<Span>> = BTreeMap::new();
    for (index, part) in parts.iter().enumerate() {
        if let Some((first, last)) = part.span {
            let list = of_key.entry((&part.key, part.client)).or_default();
            list.push((first, last, index));
        }
    }
    let mut streams: Vec<u32> = (0..parts.len() as u32).collect();
    for mut list in of_key.into_values() {
        list.sort_unstable();
        for pair in list.windows(2) {
            let ((first, last, before), (next, _, index)) = (pair[0], pair[1]);
            let follows =
                next >= last && next - last <= PAUSE && next - first > CLASH.min(last - first);
            if follows {
                streams[index] = streams[before];
            }
        }
    }
    streams
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(key: &str, span: (i64, i64)) -> Part {
        Part {
            key: key.into(),
            client: 0,
            span: Some((span.0 * SECOND, span.1 * SECOND)),
        }
    }

    #[test]
    fn files_that_follow_one_another_are_one_stream() {
        let parts = [
            part("m", (500, 900)),
            part("m", (0, 499)),
            part("c", (0, 900)),
        ];
        assert_eq!(streams(&parts), [1, 1, 2]);
    }

    #[test]
    fn files_at_the_same_time_and_of_another_day_are_not() {
        let parts = [
            part("m", (0, 500)),
            part("m", (400, 900)),
            part("m", (90_000, 90_001)),
        ];
        assert_eq!(streams(&parts), [0, 1, 2]);
    }
}
