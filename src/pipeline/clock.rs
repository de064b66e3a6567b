//! What is said of clocks: hours that are repeated or skipped, steps back, files that begin with the newest record.

use super::placed::PlacedSource;
use crate::model::report::Finding;
use crate::model::time::length;
use crate::model::{ClockMark, Lang, Problem, Text};
use crate::scan::order::{StepBack, StepKind};

/// Steps back that are told one by one.
const MOST_TOLD: usize = 5;

/// Adds what is to be known of the clock of a source to its problems.
pub(super) fn add_notes(placed: &mut PlacedSource) {
    let notes = notes(placed);
    placed.scan.problems.extend(notes);
}

fn notes(placed: &PlacedSource) -> Vec<Problem> {
    let path = &placed.scan.info.path;
    let order = &placed.placer.order;
    let mut notes = Vec::new();
    let mut note = |line: Option<u64>, text: Text| {
        notes.push(Problem {
            line,
            ..Problem::note(path.clone(), text)
        });
    };
    if order.newest_first {
        note(None, newest_first());
    }
    for step in order.steps.iter().take(MOST_TOLD) {
        note(Some(step.line), step_text(step));
    }
    if order.steps.len() > MOST_TOLD {
        let more = order.steps.len() - MOST_TOLD;
        note(
            None,
            Text::new(
                format!("the clock steps back at {more} more places"),
                format!("die Uhr springt an {more} weiteren Stellen zurück"),
            ),
        );
    }
    let (repeated, skipped) = doubtful(placed);
    if repeated > 0 {
        note(None, repeated_hour(repeated));
    }
    if skipped > 0 {
        note(None, skipped_hour(skipped));
    }
    notes
}

/// Records in an hour that is repeated without a sign of the pass, and in one that is skipped.
fn doubtful(placed: &PlacedSource) -> (u64, u64) {
    let (mut repeated, mut skipped) = (0, 0);
    for (number, block) in placed.scan.blocks.iter().enumerate() {
        for (key, counts) in block.minutes.iter() {
            match placed.placer.mark(key.start(), number) {
                Some(ClockMark::RepeatedHour) => repeated += counts.records,
                Some(ClockMark::SkippedHour) => skipped += counts.records,
                _ => {}
            }
        }
    }
    (repeated, skipped)
}

fn newest_first() -> Text {
    Text::new(
        "the newest record stands first: the file was judged from its end to its start; line numbers are those of the file",
        "der neueste Eintrag steht oben: Die Datei wurde vom Ende zum Anfang ausgewertet; Zeilennummern sind die der Datei",
    )
}

fn step_text(step: &StepBack) -> Text {
    let (en, de) = (length(step.size, Lang::En), length(step.size, Lang::De));
    match step.kind {
        StepKind::SecondPass => Text::new(
            format!(
                "the clock shows {en} less, inside the hour that daylight saving repeats: its second pass begins here"
            ),
            format!(
                "die Uhr zeigt {de} weniger, und das in der Stunde, die es bei der Umstellung auf Winterzeit zweimal gibt: Hier beginnt ihr zweiter Durchlauf"
            ),
        ),
        StepKind::SetBack => Text::new(
            format!(
                "the clock was set back by {en}; the records after it keep the order of lines until it comes to where it had been"
            ),
            format!(
                "die Uhr wurde um {de} zurückgestellt; die Einträge danach behalten die Reihenfolge der Zeilen, bis die alte Uhrzeit wieder erreicht ist"
            ),
        ),
        StepKind::Stretch => Text::new(
            format!(
                "the stamps go back by {en}: another stretch of time begins in the same file; its records are sorted by their stamps"
            ),
            format!(
                "die Zeitstempel springen um {de} zurück: In derselben Datei beginnt ein anderer Zeitabschnitt; die Einträge sind nach ihren Zeitstempeln sortiert"
            ),
        ),
    }
}

fn repeated_hour(count: u64) -> Text {
    Text::new(
        format!(
            "records in the hour that daylight saving repeats, without a sign of which pass it is (the first one is assumed): {count}"
        ),
        format!(
            "Einträge in der Stunde, die es bei der Umstellung auf Winterzeit zweimal gibt, ohne Anzeichen, welcher Durchlauf es ist (angenommen wird der erste): {count}"
        ),
    )
}

fn skipped_hour(count: u64) -> Text {
    Text::new(
        format!(
            "records in the hour that daylight saving skips (the clock was not set in time; they keep the order of lines): {count}"
        ),
        format!(
            "Einträge in der Stunde, die es bei der Umstellung auf Sommerzeit nicht gibt (die Uhr wurde nicht rechtzeitig gestellt; sie behalten die Reihenfolge der Zeilen): {count}"
        ),
    )
}

/// Says at each finding what is to be known of the clock at its records.
pub(super) fn mark_findings(findings: &mut [Finding], lang: Lang) {
    for finding in findings {
        let mut marks: Vec<ClockMark> = finding.evidence.iter().filter_map(|e| e.clock).collect();
        marks.sort_unstable();
        marks.dedup();
        let texts: Vec<&str> = marks.into_iter().map(|mark| of_mark(mark, lang)).collect();
        finding.clock = (!texts.is_empty()).then(|| texts.join("; "));
    }
}

const fn of_mark(mark: ClockMark, lang: Lang) -> &'static str {
    match (mark, lang) {
        (ClockMark::FirstPass, Lang::En) => {
            "in the first pass of the hour that daylight saving repeats (told by the order of lines)"
        }
        (ClockMark::FirstPass, Lang::De) => {
            "im ersten Durchlauf der Stunde, die es bei der Umstellung auf Winterzeit zweimal gibt (nach der Reihenfolge der Zeilen)"
        }
        (ClockMark::SecondPass, Lang::En) => {
            "in the second pass of the hour that daylight saving repeats (told by the order of lines)"
        }
        (ClockMark::SecondPass, Lang::De) => {
            "im zweiten Durchlauf der Stunde, die es bei der Umstellung auf Winterzeit zweimal gibt (nach der Reihenfolge der Zeilen)"
        }
        (ClockMark::RepeatedHour, Lang::En) => {
            "in the hour that daylight saving repeats; nothing tells which pass it was, the first one is assumed"
        }
        (ClockMark::RepeatedHour, Lang::De) => {
            "in der Stunde, die es bei der Umstellung auf Winterzeit zweimal gibt; nichts sagt, welcher Durchlauf es war, angenommen ist der erste"
        }
        (ClockMark::SkippedHour, Lang::En) => {
            "in the hour that daylight saving skips: the clock was not set in time"
        }
        (ClockMark::SkippedHour, Lang::De) => {
            "in der Stunde, die es bei der Umstellung auf Sommerzeit nicht gibt: Die Uhr wurde nicht rechtzeitig gestellt"
        }
        (ClockMark::SetBack, Lang::En) => {
            "after the clock was set back: placed by the order of lines, not by the stamp"
        }
        (ClockMark::SetBack, Lang::De) => {
            "nachdem die Uhr zurückgestellt wurde: eingeordnet nach den Zeilen, nicht nach dem Zeitstempel"
        }
    }
}
