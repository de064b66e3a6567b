//! Outputs of this program that are known again by more than how they begin: copies of traces, and timelines as text,
//! which are made of the traces' own lines.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::{Discovery, Found, Left};
use crate::model::Text;
use crate::model::report::{COPY_MARK, TIMELINE_BAR};
use crate::model::split_path;

/// Lines that a timeline has at least, unless it is shorter as a whole.
const LINES: usize = 3;

/// True if a ZIP says of itself that it is a copy.
pub(super) fn is_copy(file: &mut File, len: u64) -> io::Result<bool> {
    // The comment is the last thing of a ZIP.
    let mark = COPY_MARK.as_bytes();
    let Some(start) = len.checked_sub(mark.len() as u64) else {
        return Ok(false);
    };
    file.seek(SeekFrom::Start(start))?;
    let mut end = Vec::new();
    file.take(mark.len() as u64).read_to_end(&mut end)?;
    Ok(end == mark)
}

/// The names in front of the first lines of a file, if it looks like a timeline. `whole`: it is all of the file.
pub(super) fn fronts(head: &[u8], whole: bool) -> Option<Vec<String>> {
    let end = if whole {
        head.len()
    } else {
        memchr::memrchr(b'\n', head)? + 1
    };
    // Most texts are none by their first line.
    let first = memchr::memchr(b'\n', &head[..end]).map_or(end, |feed| feed + 1);
    memchr::memmem::find(&head[..first], TIMELINE_BAR.as_bytes())?;
    let lines: Vec<&[u8]> = head[..end].split_inclusive(|b| *b == b'\n').collect();
    if lines.is_empty() || lines.len() < LINES && !whole {
        return None;
    }
    let mut names: Vec<String> = Vec::new();
    for line in lines {
        let bar = memchr::memmem::find(line, TIMELINE_BAR.as_bytes())?;
        let name = std::str::from_utf8(&line[..bar]).ok()?.trim_end();
        if name.is_empty() {
            return None;
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    Some(names)
}

/// Leaves out the timelines of sources that were found as well: every line has the name of one of them in front.
pub(super) fn leave_timelines(discovery: &mut Discovery, fronts: &[(String, Vec<String>)]) {
    let is_source = |name: &str, own: &str| {
        let ends = |found: &Found| {
            let rest = found.info.path.strip_suffix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(['/', '!']))
        };
        let mut others = discovery.sources.iter().filter(|f| f.info.path != own);
        others.any(ends)
    };
    let timelines: Vec<String> = fronts
        .iter()
        .filter(|(path, names)| names.iter().all(|name| is_source(name, path)))
        .map(|(path, _)| path.clone())
        .collect();
    leave(discovery, &timelines, |path| {
        let name = split_path(path).1;
        Text::new(
            format!("a timeline of these traces ({name})"),
            format!("eine Timeline dieser Traces ({name})"),
        )
    });
}

/// Leaves out sources by path.
fn leave(discovery: &mut Discovery, paths: &[String], what: impl Fn(&str) -> Text) {
    for path in paths {
        let found = discovery.sources.iter().find(|f| f.info.path == *path);
        let Some(bytes) = found.map(|f| f.info.bytes) else {
            continue;
        };
        discovery.left.push(Left {
            path: path.clone(),
            why: "own-report",
            what: what(path),
            bytes,
        });
        discovery.ignored.push(path.clone());
        discovery.sources.retain(|f| f.info.path != *path);
        discovery
            .problems
            .retain(|p| p.source.as_ref() != Some(path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fronts_are_the_names_before_the_first_bar_of_each_line() {
        let text = b"a.log  | [1] x | y\nbb.log | [2] z\na.log  | more\nbb.lo";
        let names = Some(vec!["a.log".to_owned(), "bb.log".to_owned()]);
        assert_eq!(fronts(text, false), names);
        assert_eq!(fronts(b"a.log | x\n", false), None);
        assert!(fronts(b"a.log | x\n", true).is_some());
        assert_eq!(fronts(b"a.log | x\nno bar\nb.log | y\n", true), None);
        assert_eq!(fronts(b" | x\n | y\n | z\n", true), None);
        assert_eq!(fronts(b"", true), None);
    }
}
