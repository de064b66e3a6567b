//! What was told already, and what of a new report is news. Reports are made anew each time, and a file that goes away
//! takes its records with it; so news is what is later than all that was told, never what is only different.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::news::{News, NewsKind};
use crate::model::report::{
    Attempt, ChainStep, Client, Evidence, Finding, Report, Status, Verdict,
};
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
                news.push(stage_news(client, step, report));
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
                    let one = finding_news(&client.name, finding, Some(attempt), report);
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

fn stage_news(client: &Client, step: &ChainStep, report: &Report) -> News {
    let mut one = News::new(NewsKind::Stage, step.title.clone());
    one.client.clone_from(&client.name);
    one.time = step.at;
    one.stage = Some(step.stage.clone());
    one.stage_name = Some(step.short.clone());
    one.status = Some(step.status);
    let finding = step
        .finding
        .as_deref()
        .filter(|_| step.status == Status::Failed);
    if let Some(evidence) = finding
        .and_then(|id| by_id(report, id))
        .and_then(|f| in_attempt(f, step.at))
    {
        one = one.of_source(&evidence.source, Some(evidence.match_line));
    }
    one
}

/// The record of a finding that was written then, else its first one.
fn in_attempt(finding: &Finding, at: Option<Moment>) -> Option<&Evidence> {
    let then = finding
        .evidence
        .iter()
        .find(|e| e.time.is_some() && e.time == at);
    then.or(finding.evidence.first())
}

fn finding_news(
    client: &str,
    finding: &Finding,
    attempt: Option<&Attempt>,
    report: &Report,
) -> News {
    let inside = |time: Option<Moment>| {
        attempt.is_some_and(|a| {
            time.is_some() && time >= a.start && (a.end.is_none() || time <= a.end)
        })
    };
    let has_times = attempt.is_some_and(|a| a.start.is_some());
    let own = finding.evidence.iter().find(|e| inside(e.time));
    let any = finding
        .evidence
        .first()
        .filter(|e| !has_times || e.time.is_none());
    let evidence = own.or(any);
    let mut one = News::new(NewsKind::Finding, finding.title.clone());
    client.clone_into(&mut one.client);
    // Of many records a finding quotes some: where it quotes none of this login, the login's own step says when.
    let of_step = attempt.and_then(|a| {
        let step = a.chain.iter().find(|step| step.stage == finding.stage);
        step.and_then(|step| step.at).or(a.start)
    });
    one.time = match evidence {
        Some(evidence) => evidence.time,
        None => of_step.or(finding.first_seen),
    };
    one.stage = Some(finding.stage.clone());
    let chains = attempt.map(|a| &a.chain).into_iter().chain([&report.chain]);
    let step = chains.flatten().find(|step| step.stage == finding.stage);
    one.stage_name = step.map(|step| step.short.clone());
    one.class = Some(finding.class.clone());
    one.rule = Some(finding.rule.clone());
    one.severity = Some(finding.severity);
    match evidence {
        Some(evidence) => one.of_source(&evidence.source, Some(evidence.match_line)),
        None => one,
    }
}
