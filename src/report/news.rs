//! What is told while traces are watched, as lines: plain for people, or JSON.

use super::json;
use super::redact;
use super::safe::one_line;
use super::words::Words;
use crate::model::news::{LastNews, News, NewsKind};
use crate::model::report::{Report, Status};
use crate::model::{Lang, Moment};

/// Columns of a moment.
const STAMP: usize = 19;

/// One event as a line for people, without a line end.
pub fn text(news: &News, lang: Lang) -> String {
    let words = Words::of(lang);
    let time = news
        .time
        .map_or_else(|| " ".repeat(STAMP), |time| stamp(time, lang));
    let client = match news.client.as_str() {
        "" => String::new(),
        client => format!("[{client}] "),
    };
    let place = match (&news.source, news.line) {
        (Some(source), Some(line)) => format!("  {source}:{line}"),
        (Some(source), None) => format!("  {source}"),
        (None, _) => String::new(),
    };
    let line = format!("{time}  {client}{}{place}", what(news, words));
    one_line(&redact::secrets(&line)).into_owned()
}

fn what(news: &News, words: &Words) -> String {
    let stage = news.stage_name.as_deref().or(news.stage.as_deref());
    let stage = stage.unwrap_or_default();
    let title = &news.title;
    match news.kind {
        NewsKind::Attempt => words.new_attempt.to_owned(),
        NewsKind::Appeared => words.file_appeared.to_owned(),
        NewsKind::Replaced => words.file_replaced.to_owned(),
        NewsKind::Gone => words.file_gone.to_owned(),
        NewsKind::Waiting | NewsKind::Watching | NewsKind::Problem => title.clone(),
        NewsKind::Stage => {
            let status = news.status.unwrap_or(Status::Unknown);
            format!("{stage}: {} ({title})", words.status(status))
        }
        NewsKind::Finding => {
            let severity = news.severity.map_or("", |s| words.severity_of(s));
            format!("{stage}: [{severity}] {title}")
        }
        NewsKind::Verdict => {
            let verdict = news.verdict.map_or("", |v| words.verdict(v));
            format!("{verdict}: {title}")
        }
    }
}

/// One event as a line of JSON, without a line end.
///
/// # Errors
/// What serde says; never for these types.
pub fn jsonl(news: &News) -> serde_json::Result<String> {
    let clean = |text: &String| redact::secrets(text).into_owned();
    let news = News {
        title: clean(&news.title),
        client: clean(&news.client),
        source: news.source.as_ref().map(clean),
        ..news.clone()
    };
    json::one_line(&news)
}

/// The report as the last line of JSON.
///
/// # Errors
/// What serde says; never for these types.
pub fn last(report: &Report) -> serde_json::Result<String> {
    json::one_line(&LastNews::of(report))
}

fn stamp(time: Moment, lang: Lang) -> String {
    let day = match lang {
        Lang::En => "%Y-%m-%d %H:%M:%S",
        Lang::De => "%d.%m.%Y %H:%M:%S",
    };
    time.0.format(day).to_string()
}
