//! A source: one file, archive member or standard input.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use schemars::JsonSchema;
use serde::Serialize;

/// What is known of a source before it is read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceInfo {
    /// The path as it is shown and sorted by: forward slashes; members as `archive.zip!member`; `-` for standard input.
    pub path: String,
    /// The last part of the path.
    pub name: String,
    /// The id of the program that wrote it, by the file name and `chain.toml`.
    pub program: Option<String>,
    /// The stamp in the file name.
    pub named: Option<NameStamp>,
    /// Last modification: nanoseconds since 1970 UTC.
    pub modified: Option<i64>,
    /// Modification time without a zone (archive members): wall clock.
    pub modified_local: Option<NaiveDateTime>,
    /// Size in bytes before decoding, where it is known.
    pub bytes: Option<u64>,
}

/// The stamp in a trace file's name: `-yyyymmdd-hhmmss`, `-yyyy-mm-dd`; local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameStamp {
    /// The day.
    pub date: NaiveDate,
    /// The time of day, where the name has one.
    pub time: Option<NaiveTime>,
    /// The `-n` that Swyx adds on a clash.
    pub index: Option<u32>,
}

/// The encoding in which a source's text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub enum Encoding {
    /// UTF-8 (or ASCII) without a byte order mark.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-8 with a byte order mark.
    #[serde(rename = "utf-8-bom")]
    Utf8Bom,
    /// UTF-16, little endian.
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// UTF-16, big endian.
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// Windows-1252 (Western European "ANSI").
    #[serde(rename = "windows-1252")]
    Windows1252,
    /// Code page 850 (the German console).
    #[serde(rename = "cp850")]
    Cp850,
}

impl Encoding {
    /// The name as it stands in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf8Bom => "utf-8-bom",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
            Self::Cp850 => "cp850",
        }
    }
}

/// Splits a shown path at its last separator: a slash, or the `!` between an archive and its member. The `!` in a file's
/// own name (`SwyxIt!-20200810.log`) is none: an archive's name has an ending before it.
pub fn split_path(path: &str) -> (&str, &str) {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let archive = name.match_indices('!').rfind(|(at, _)| {
        let ending = name[..*at]
            .rsplit_once('.')
            .map_or("", |(_, ending)| ending);
        (1..=4).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    match archive {
        Some((at, _)) => {
            let start = path.len() - name.len();
            (&path[..start + at], &name[at + 1..])
        }
        None => (folder, name),
    }
}

#[cfg(test)]
mod tests {
    use super::split_path;

    #[test]
    fn the_exclamation_mark_of_a_file_name_is_no_separator() {
        assert_eq!(split_path("a/SwyxIt!-2020.log"), ("a", "SwyxIt!-2020.log"));
        assert_eq!(
            split_path("t.zip!SwyxIt!-2020.log"),
            ("t.zip", "SwyxIt!-2020.log")
        );
        assert_eq!(split_path("t.zip!d/M.log"), ("t.zip!d", "M.log"));
        assert_eq!(split_path("M.log"), ("", "M.log"));
    }
}
