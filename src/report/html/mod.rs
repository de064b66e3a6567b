//! One self-contained HTML file. Under construction: the headline only.

use std::io;

use super::Render;
use crate::model::report::Report;

/// Writes HTML.
#[derive(Debug, Clone, Copy)]
pub struct Html;

impl Render for Html {
    fn render(&self, _report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(b"<!doctype html>\n")
    }
}
