//! How values are shown to people: numbers, instants, ranges, counts, paths.

use chrono::{FixedOffset, NaiveDate};

use super::safe::one_line;
use super::words::Words;
use crate::model::report::{Elsewhere, Finding, Report, Uncatalogued, Version};
use crate::model::{Lang, Moment, split_path};

/// Shows instants of one report: in one offset where all share it, without the day where all lie on one.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    lang: Lang,
    offset: Option<FixedOffset>,
    day: Option<NaiveDate>,
}

impl Clock {
    /// The clock of a report.
    pub fn of(report: &Report) -> Self {
        let window = &report.window;
        let first = window.first_record;
        let one_day = |a: Moment, b: Moment| a.0.date_naive() == b.0.date_naive();
        Self {
            lang: report.lang,
            offset: first.map(|m| *m.0.offset()),
            day: match (first, window.last_record) {
                (Some(a), Some(b)) if one_day(a, b) => Some(a.0.date_naive()),
                _ => None,
            },
        }
    }

    /// The offset of the report's times, as `UTC+02:00`; `None` where no time is known.
    pub fn zone(&self) -> Option<String> {
        self.offset.map(|offset| format!("UTC{offset}"))
    }

    /// Day and time.
    pub fn full(&self, moment: Moment) -> String {
        let day = match self.lang {
            Lang::En => moment.0.format("%Y-%m-%d"),
            Lang::De => moment.0.format("%d.%m.%Y"),
        };
        format!(
            "{day} {}{}",
            moment.0.format("%H:%M:%S"),
            self.other_offset(moment)
        )
    }

    /// The time, with the day only where the report spans more than one.
    pub fn short(&self, moment: Moment) -> String {
        if self.day == Some(moment.0.date_naive()) {
            format!(
                "{}{}",
                moment.0.format("%H:%M:%S"),
                self.other_offset(moment)
            )
        } else {
            self.full(moment)
        }
    }

    /// `a to b`, full; the second day is left out where it is the first; empty without times.
    pub fn range(&self, first: Option<Moment>, last: Option<Moment>) -> String {
        self.join(first, last, self.full_of(first))
    }

    /// The same as [`Clock::range`] with short times.
    pub fn short_range(&self, first: Option<Moment>, last: Option<Moment>) -> String {
        self.join(
            first,
            last,
            first.map(|m| self.short(m)).unwrap_or_default(),
        )
    }

    fn full_of(&self, moment: Option<Moment>) -> String {
        moment.map(|m| self.full(m)).unwrap_or_default()
    }

    fn join(&self, first: Option<Moment>, last: Option<Moment>, start: String) -> String {
        let (Some(a), Some(b)) = (first, last) else {
            return if start.is_empty() {
                self.full_of(last)
            } else {
                start
            };
        };
        if a == b {
            return start;
        }
        let end = if a.0.date_naive() == b.0.date_naive() {
            format!("{}{}", b.0.format("%H:%M:%S"), self.other_offset(b))
        } else {
            self.full(b)
        };
        format!("{start} {} {end}", Words::of(self.lang).to)
    }

    /// The offset, where it is not the report's own.
    fn other_offset(&self, moment: Moment) -> String {
        match self.offset {
            Some(offset) if offset == *moment.0.offset() => String::new(),
            _ => moment.0.offset().to_string(),
        }
    }
}

/// A number with the thousands mark of the language.
pub fn number(value: u64, lang: Lang) -> String {
    let digits = value.to_string();
    let mark = match lang {
        Lang::En => ',',
        Lang::De => '.',
    };
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}

/// `1 record`, `3 records`.
pub fn counted(value: u64, one: &str, many: &str, lang: Lang) -> String {
    format!(
        "{} {}",
        number(value, lang),
        if value == 1 { one } else { many }
    )
}

/// What a reason is about, as it is shown: a finding's id, or the name of a stage.
pub fn why_about<'a>(report: &'a Report, about: &'a str) -> &'a str {
    about
        .strip_prefix("stage:")
        .map_or(about, |stage| stage_name(report, stage))
}

/// The short name of a stage, or its id where the chain does not hold it.
pub fn stage_name<'a>(report: &'a Report, stage: &'a str) -> &'a str {
    report
        .chain
        .iter()
        .find(|step| step.stage == stage)
        .map_or(stage, |step| step.short.as_str())
}

/// A source's path as far as it is needed to tell it from the others: the file name, where no other source has it.
pub fn short_source<'a>(report: &Report, path: &'a str) -> &'a str {
    let own = split_path(path).1;
    let same = report
        .sources
        .iter()
        .filter(|s| split_path(&s.path).1 == own)
        .count();
    if same <= 1 { own } else { path }
}

/// A product as the language of the report calls it.
pub fn product(version: &Version) -> &str {
    version.name.as_deref().unwrap_or(&version.product)
}

/// Whose a finding is, where there are several clients; else empty.
pub fn clients_of(report: &Report, finding: &Finding) -> String {
    if report.clients.len() > 1 {
        finding.clients.join(", ")
    } else {
        String::new()
    }
}

/// The heading of the chain: of whom it is, where there are several.
pub fn chain_heading(report: &Report) -> String {
    let words = Words::of(report.lang);
    match &report.client {
        None => words.chain.to_owned(),
        Some(client) => format!("{} ({client})", words.chain),
    }
}

/// What was not read well, each once: source, line and text. What the report says as a whole comes first, then what only
/// a source says of itself.
pub fn problems(report: &Report) -> Vec<(Option<&str>, Option<u64>, &str)> {
    let of_all = report.problems.iter();
    let mut all: Vec<_> = of_all
        .map(|p| (p.source.as_deref(), p.line, p.text.as_str()))
        .collect();
    for source in &report.sources {
        // A source has the line in its words.
        let is_told = |text: &str| {
            let own = report.problems.iter();
            let mut own = own.filter(|p| p.source.as_ref() == Some(&source.path));
            own.any(|p| text == p.text || p.line.is_some() && text.ends_with(&p.text))
        };
        let only_here = source.problems.iter().filter(|text| !is_told(text));
        all.extend(only_here.map(|text| (Some(source.path.as_str()), None, text.as_str())));
    }
    all
}

/// How many failures a group by which no step is judged has, where they were, and when.
pub fn elsewhere(group: &Elsewhere, clock: &Clock, lang: Lang) -> String {
    let words = Words::of(lang);
    let count = counted(group.count, words.one_record, words.many_records, lang);
    let when = clock.short_range(group.first_seen, group.last_seen);
    let endpoint = group.endpoint.as_deref().unwrap_or_default();
    let told = [&count, endpoint, &when]
        .into_iter()
        .filter(|s| !s.is_empty());
    told.collect::<Vec<_>>().join(", ")
}

/// True if all that a report has of failures is by what no step is judged: it stands where findings would.
pub fn only_elsewhere(report: &Report) -> bool {
    report.findings.is_empty() && !report.elsewhere.is_empty()
}

/// The command that prints a rule file for a group of unexplained records: the first one whose file has a name that can be
/// quoted for all shells.
pub fn rule_hint(report: &Report) -> Option<String> {
    report.uncatalogued.iter().find_map(rule_command)
}

fn rule_command(group: &Uncatalogued) -> Option<String> {
    let example = &group.example;
    let place = quoted(&format!("{}:{}", example.source, example.line))?;
    Some(format!("{} explain --rule {place}", env!("CARGO_PKG_NAME")))
}

/// A word for a shell of which nobody knows which one it is: quoted so that sh, PowerShell and cmd.exe all read just this
/// word. `None` where no such quotes exist, or where an eye cannot tell what the word is.
fn quoted(word: &str) -> Option<String> {
    // PowerShell takes typographic quotes for quotes.
    let never = |c: char| "\"$`\\%‘’‚‛“”„‟".contains(c);
    if word.starts_with('-') || word.contains(never) || one_line(word) != word {
        return None;
    }
    if !word.contains('!') {
        return Some(format!("\"{word}\""));
    }
    // sh puts an older command where `!` stands, except in single quotes; to cmd.exe these are letters like any other.
    let acts = |c: char| "'&|<>^".contains(c);
    (!word.contains(acts)).then(|| format!("'{word}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_for_all_shells_or_not_at_all() {
        let table = [
            ("a/b c.log:1", Some("\"a/b c.log:1\"")),
            ("SwyxIt!-1.log:2", Some("'SwyxIt!-1.log:2'")),
            (
                "a.log'; touch PWNED; '.log:1",
                Some("\"a.log'; touch PWNED; '.log:1\""),
            ),
            ("a & b|c>d.log:1", Some("\"a & b|c>d.log:1\"")),
            ("SwyxIt! & calc.log:1", None),
            ("SwyxIt!'; x; '.log:1", None),
            ("$(x).log:1", None),
            ("`x`.log:1", None),
            ("a\"b.log:1", None),
            ("%PATH%.log:1", None),
            ("a\u{2019}; calc; \u{2018}.log:1", None),
            ("a\u{202e}b.log:1", None),
            ("a\nb.log:1", None),
            ("-x.log:1", None),
        ];
        for (word, wanted) in table {
            assert_eq!(quoted(word).as_deref(), wanted, "{word}");
        }
    }

    #[test]
    fn thousands_are_marked_as_the_language_does() {
        assert_eq!(number(0, Lang::En), "0");
        assert_eq!(number(1_234_567, Lang::En), "1,234,567");
        assert_eq!(number(1_234, Lang::De), "1.234");
        assert_eq!(counted(1, "record", "records", Lang::En), "1 record");
    }
}
