//! What was told already, and what of a new report is news. Reports are made anew each time, and a file that goes away
//! takes its records with it; so news is what is later than all that was told, never what is only different.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::news::{News, NewsKind};
use crate::model::report::{Attempt, ChainStep, Client, Finding, Place, Report, Status, Verdict};
use crate::model::{Moment, Text, split_path};

/// What was told so far.
#[derive(Debug, Default)]
pub(super) struct Told {
    verdict: Option<Verdict>,
    attempts: BTreeMap<String, LastAttempt>,
    findings: BTreeMap<FindingKey, Sightings>,
    /// Records that were told as findings: whatever happens to files and to names of clients, each is told once.
    records: BTreeSet<Record>,
    problems: BTreeSet<(Option<String>, String)>,
}

/// The last attempt of a client, as it was told.
#[derive(Debug, Default)]
struct LastAttempt {
    start: Option<Moment>,
    end: Option<Moment>,
    count: usize,
    stages: BTreeMap<String, Status>,
}

/// Client, class, cause, stage.
type FindingKey = (String, String, String, String);

/// Folder, rule, stage and words of a finding, and when its record was written; without a time its file and line. A file
/// that is rotated stays in its folder.
type Record = (
    String,
    Option<String>,
    Option<String>,
    String,
    Result<Moment, (Option<String>, Option<u64>)>,
);

/// Where a finding was seen.
#[derive(Debug, Default, Clone, Copy)]
struct Sightings {
    until: Option<Moment>,
    attempts: usize,
}

impl Told {
    /// What the report says that was not told yet, in the order of time. Of the first one only what is about the last
    /// login: what lies before the watch is in the report at its end.
    pub(super) fn news(&mut self, report: &Report) -> Vec<News> {
        let first = self.verdict.is_none();
        let mut news = Vec::new();
        self.rename(report);
        for client in &report.clients {
            self.attempt(client, report, &mut news);
        }
        self.findings(report, first, &mut news);
        // What has no time stands first.
        news.sort_by_key(|n: &News| n.time);
        self.problems(report, &mut news);
        if self.verdict.replace(report.verdict) != Some(report.verdict) {
            let mut one = News::new(NewsKind::Verdict, report.headline.clone());
            one.verdict = Some(report.verdict);
            one.time = report.window.last_record;
            news.push(one);
        }
        news
    }

    /// A client is named after what its traces say, so a file that goes away may change its name: what was told of the one
    /// whose login was at the same time was told of it.
    fn rename(&mut self, report: &Report) {
        let names: BTreeSet<&str> = report.clients.iter().map(|c| c.name.as_str()).collect();
        for client in &report.clients {
            let Some(attempt) = client.attempts.last() else {
                continue;
            };
            if self.attempts.contains_key(&client.name) {
                continue;
            }
            let same = |told: &LastAttempt| match (attempt.start, attempt.end, told.start, told.end)
            {
                (Some(start), Some(end), Some(told_start), Some(told_end)) => {
                    start <= told_end && told_start <= end
                }
                _ => false,
            };
            let old = self
                .attempts
                .iter()
                .find(|(name, told)| !names.contains(name.as_str()) && same(told));
            let Some(old) = old.map(|(name, _)| name.clone()) else {
                continue;
            };
            if let Some(told) = self.attempts.remove(&old) {
                self.attempts.insert(client.name.clone(), told);
            }
            for (key, sightings) in std::mem::take(&mut self.findings) {
                let (name, class, cause, stage) = key;
                let name = if name == old {
                    client.name.clone()
                } else {
                    name
                };
                self.findings.insert((name, class, cause, stage), sightings);
            }
        }
    }

    /// Remembers the record of a finding; false if it was told before, or lay before the watch.
    fn remember(&mut self, finding: &News) -> bool {
        let folder = finding
            .source
            .as_deref()
            .map_or("", |path| split_path(path).0);
        let place = (finding.source.clone(), finding.line);
        let record = (
            folder.to_owned(),
            finding.rule.clone(),
            finding.stage.clone(),
            finding.title.clone(),
            finding.time.ok_or(place),
        );
        self.records.insert(record)
    }

    fn attempt(&mut self, client: &Client, report: &Report, news: &mut Vec<News>) {
        let Some(attempt) = client.attempts.last() else {
            return;
        };
        let known = self.attempts.get(&client.name);
        let is_new = match known {
            None => true,
            Some(told) => match (attempt.start, told.end) {
                (Some(start), Some(end)) => start > end,
                _ => client.attempts.len() > told.count,
            },
        };
        let is_older = known.is_some_and(|told| match (attempt.end, told.start) {
            (Some(end), Some(start)) => end < start,
            _ => client.attempts.len() < told.count,
        });
        if is_older {
            return; // the file with the last attempt is gone; what was told of it stands
        }
        if is_new && known.is_some() {
            let text = Text::new("new login attempt", "neuer Anmeldeversuch");
            let mut one = News::new(NewsKind::Attempt, text.get(report.lang));
            one.client.clone_from(&client.name);
            one.time = attempt.start;
            news.push(one);
        }
        let told = self.attempts.entry(client.name.clone()).or_default();
        if is_new {
            *told = LastAttempt {
                start: attempt.start,
                ..LastAttempt::default()
            };
        }
        told.end = told.end.max(attempt.end);
        told.count = client.attempts.len();
        for step in &attempt.chain {
            let before = told.stages.get(&step.stage);
            if is_told(step.status) && before != Some(&step.status) {
                told.stages.insert(step.stage.clone(), step.status);
                news.push(stage_news(client, &attempt, step));
            }
        }
    }

    fn findings(&mut self, report: &Report, first: bool, news: &mut Vec<News>) {
        let mut placed = BTreeSet::new();
        for client in &report.clients {
            let last = client.attempts.len();
            let mut counts: BTreeMap<FindingKey, usize> = BTreeMap::new();
            for (number, attempt) in client.attempts.iter().enumerate() {
                for finding in attempt.findings.iter().filter_map(|id| by_id(report, id)) {
                    placed.insert(finding.id.as_str());
                    let key = key(&client.name, finding);
                    let count = counts.entry(key.clone()).or_default();
                    *count += 1;
                    let is_news = self.saw(key, attempt.start, attempt.end, *count);
                    let one = finding_news(&client.name, finding, Some(&attempt), report);
                    let is_new_record = self.remember(&one);
                    if is_news && is_new_record && !(first && number + 1 < last) {
                        news.push(one);
                    }
                }
            }
        }
        for finding in &report.findings {
            if placed.contains(finding.id.as_str()) {
                continue;
            }
            let one = finding_news("", finding, None, report);
            let is_news = self.saw(key("", finding), finding.first_seen, finding.last_seen, 1);
            if self.remember(&one) && is_news {
                news.push(one);
            }
        }
    }

    /// Remembers where a finding was seen; true if it was not told there yet. `count`: of how many attempts it is.
    fn saw(
        &mut self,
        key: FindingKey,
        start: Option<Moment>,
        end: Option<Moment>,
        count: usize,
    ) -> bool {
        let is_known = self.findings.contains_key(&key);
        let told = self.findings.entry(key).or_default();
        let is_news = !is_known
            || match (start, told.until) {
                (Some(start), Some(until)) => start > until,
                _ => count > told.attempts,
            };
        told.until = told.until.max(end).max(start);
        told.attempts = told.attempts.max(count);
        is_news
    }

    fn problems(&mut self, report: &Report, news: &mut Vec<News>) {
        for problem in &report.problems {
            // The same with another number is no news.
            let text = problem.text.replace(|c: char| c.is_ascii_digit(), "");
            if self.problems.insert((problem.source.clone(), text)) {
                let mut one = News::new(NewsKind::Problem, problem.text.clone());
                one.source.clone_from(&problem.source);
                one.line = problem.line;
                news.push(one);
            }
        }
    }
}

/// States that something in the traces says; the others only say that nothing did.
const fn is_told(status: Status) -> bool {
    matches!(status, Status::Ok | Status::Failed | Status::Recovered)
}

fn by_id<'r>(report: &'r Report, id: &str) -> Option<&'r Finding> {
    report.findings.iter().find(|f| f.id == id)
}

fn key(client: &str, finding: &Finding) -> FindingKey {
    let of = |text: &String| text.clone();
    (
        client.to_owned(),
        of(&finding.class),
        of(&finding.cause),
        of(&finding.stage),
    )
}

fn stage_news(client: &Client, attempt: &Attempt, step: &ChainStep) -> News {
    let mut one = News::new(NewsKind::Stage, step.title.clone());
    one.client.clone_from(&client.name);
    one.time = step.at;
    one.stage = Some(step.stage.clone());
    one.stage_name = Some(step.short.clone());
    one.status = Some(step.status);
    let finding = step.finding.as_deref();
    match finding.filter(|_| step.status == Status::Failed) {
        Some(id) => at_place(one, place_in(attempt, id)),
        None => one,
    }
}

/// The first record of a finding in an attempt.
fn place_in<'a>(attempt: &'a Attempt, id: &str) -> Option<&'a Place> {
    let index = attempt.findings.iter().position(|own| own == id)?;
    attempt.places.get(index)?.as_ref()
}

fn at_place(one: News, place: Option<&Place>) -> News {
    match place {
        Some(place) => one.of_source(&place.source, Some(place.line)),
        None => one,
    }
}

fn finding_news(
    client: &str,
    finding: &Finding,
    attempt: Option<&Attempt>,
    report: &Report,
) -> News {
    let mut one = News::new(NewsKind::Finding, finding.title.clone());
    client.clone_into(&mut one.client);
    one.stage = Some(finding.stage.clone());
    let chains = attempt.map(|a| &a.chain).into_iter().chain([&report.chain]);
    let step = chains.flatten().find(|step| step.stage == finding.stage);
    one.stage_name = step.map(|step| step.short.clone());
    one.class = Some(finding.class.clone());
    one.rule = Some(finding.rule.clone());
    one.severity = Some(finding.severity);
    // A finding quotes only some of its records: in an attempt it is told at its first record there.
    let first = finding.evidence.first();
    let of_all = first.map(|evidence| Place {
        source: evidence.source.clone(),
        line: evidence.match_line,
        time: evidence.time,
    });
    let place = match attempt {
        Some(attempt) => place_in(attempt, &finding.id).cloned(),
        None => None,
    };
    let place = place.or(of_all);
    one.time = place
        .as_ref()
        .map_or(finding.first_seen, |place| place.time);
    at_place(one, place.as_ref())
}
