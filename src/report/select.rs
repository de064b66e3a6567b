//! Which findings a renderer shows in full, which in a line, and how many it only counts. Nothing gets lost silently.

use crate::model::report::{Finding, Report, Role};

/// The findings of a report, by how much room each gets.
#[derive(Debug)]
pub struct Selection<'a> {
    /// Causes that are shown in full.
    pub full: Vec<&'a Finding>,
    /// Consequences that get a line or two.
    pub consequences: Vec<&'a Finding>,
    /// Causes beyond the first ones that get a line.
    pub others: Vec<&'a Finding>,
    /// Findings that are only counted.
    pub counted: usize,
}

/// Chooses at most `full` causes, and at most `brief` consequences and further causes each.
pub fn findings(report: &Report, full: usize, brief: usize) -> Selection<'_> {
    let of = |role: Role| report.findings.iter().filter(move |f| f.role == role);
    let others: Vec<_> = of(Role::Cause).skip(full).take(brief).collect();
    let consequences: Vec<_> = of(Role::Consequence).take(brief).collect();
    let full: Vec<_> = of(Role::Cause).take(full).collect();
    let shown = full.len() + others.len() + consequences.len();
    Selection {
        full,
        consequences,
        others,
        counted: report.findings.len() - shown,
    }
}
