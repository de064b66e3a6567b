//! `--verbose`: on standard error, how each file was read and which ones were not.

use std::io::{self, Write};

use crate::discover::Discovery;
use crate::model::Lang;
use crate::model::report::Report;
use crate::report::safe;

/// How each file of a report was read; its texts are clean already.
pub fn read(report: &Report) {
    let mut err = io::stderr().lock();
    for source in &report.sources {
        let line = match report.lang {
            Lang::En => format!(
                "read {}: {} ({}), {}, zone {} ({}); {} bytes, {} lines, {} records, {} unparsed",
                source.path,
                source.format,
                source.format_basis,
                source.encoding.name(),
                source.zone.name,
                source.zone.basis,
                source.bytes,
                source.lines,
                source.records,
                source.unparsed
            ),
            Lang::De => format!(
                "gelesen {}: {} ({}), {}, Zone {} ({}); {} Bytes, {} Zeilen, {} Einträge, {} nicht lesbar",
                source.path,
                source.format,
                source.format_basis,
                source.encoding.name(),
                source.zone.name,
                source.zone.basis,
                source.bytes,
                source.lines,
                source.records,
                source.unparsed
            ),
        };
        let _ = writeln!(err, "swyxtrace: {}", safe::one_line(&line));
    }
    for left in &report.left_alone {
        let line = match report.lang {
            Lang::En => format!("left alone {}: {}", left.path, left.what),
            Lang::De => format!("nicht gelesen {}: {}", left.path, left.what),
        };
        let _ = writeln!(err, "swyxtrace: {}", safe::one_line(&line));
    }
}

/// Which files were found; `clean` makes a path fit to be shown.
pub fn found(discovery: &Discovery, lang: Lang, clean: &dyn Fn(&str) -> String) {
    let mut err = io::stderr().lock();
    for found in &discovery.sources {
        let path = clean(&found.info.path);
        let program = found.info.program.as_deref().unwrap_or("-");
        let line = match lang {
            Lang::En => format!("reads {path} (program: {program})"),
            Lang::De => format!("liest {path} (Programm: {program})"),
        };
        let _ = writeln!(err, "swyxtrace: {}", safe::one_line(&line));
    }
    for left in &discovery.left {
        let (path, what) = (clean(&left.path), clean(left.what.get(lang)));
        let line = match lang {
            Lang::En => format!("leaves alone {path}: {what}"),
            Lang::De => format!("liest nicht {path}: {what}"),
        };
        let _ = writeln!(err, "swyxtrace: {}", safe::one_line(&line));
    }
}
