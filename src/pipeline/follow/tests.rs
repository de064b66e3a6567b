//! A world without time: each wait is the next step of a story, and what is told is written down.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use super::*;
use crate::grammar::Catalog;
use crate::model::Lang;
use crate::model::report::{Severity, Status, Verdict};
use crate::pipeline::{BLOCK, Progress};
use crate::scan::place::ZoneOf;

const MESSENGER: &str = "SwyxMessenger-2020-08-10.log";
const START: &str = "[2020-08-10 11:16:26.100] [info] SwyxMessenger starting, version 12.10\n\
                     [2020-08-10 11:16:27.100] [info] requesting GET http://127.0.0.1:5000/user\n";
const REFUSED: &str = "[2020-08-10 11:16:29.123] [error] connect ECONNREFUSED 127.0.0.1:5000\n";

type Step<'s> = Box<dyn FnMut(&Path) + Send + 's>;

struct Story<'s> {
    folder: &'s Path,
    steps: Vec<Step<'s>>,
    at: usize,
    /// The clock at each step; a machine that sleeps has a jump in it.
    clock: Vec<i64>,
    /// In which step somebody stops the watch in the middle of a look, and by what.
    stop: Option<(usize, &'s Progress)>,
    /// What the looks came to.
    concluded: usize,
    /// What was told, with the number of steps that had happened.
    told: Vec<(usize, News)>,
}

impl World for Story<'_> {
    fn places(&mut self) -> Vec<Place> {
        vec![self.folder.into()]
    }

    fn wait(&mut self) -> bool {
        // Two looks after each step: what is still is read.
        if self.at < 2 * self.steps.len() && self.at.is_multiple_of(2) {
            (self.steps[self.at / 2])(self.folder);
            if let Some((step, progress)) = self.stop
                && step == self.at / 2 + 1
            {
                progress.stop();
            }
        }
        self.at += 1;
        self.at <= 2 * self.steps.len()
    }

    fn now(&mut self) -> i64 {
        let step = self.at.div_ceil(2);
        let last = self.clock.last();
        let now = self.clock.get(step.saturating_sub(1)).or(last);
        now.copied().unwrap_or(0)
    }

    fn concluded(&mut self, _: &Outcome) {
        self.concluded += 1;
    }

    fn tell(&mut self, news: &[News]) -> io::Result<()> {
        let step = self.at.div_ceil(2);
        self.told.extend(news.iter().map(|n| (step, n.clone())));
        Ok(())
    }
}

fn settings<'a>(catalog: &'a Catalog, progress: &'a Progress, block: usize) -> Settings<'a> {
    Settings {
        catalog,
        lang: Lang::En,
        zone: ZoneOf::Named(chrono_tz::Europe::Berlin),
        zone_name: "Europe/Berlin".into(),
        zone_basis: "option",
        zones: Vec::new(),
        window: crate::config::WindowSpec::default(),
        now: None,
        block,
        force: None,
        anonymizer: None,
        spool: None,
        progress,
    }
}

/// A watch and what it needs.
struct Watched<'s> {
    steps: Vec<Step<'s>>,
    block: usize,
    clock: Vec<i64>,
    since: Option<&'static str>,
    stop: Option<usize>,
    anonymize: bool,
}

impl<'s> Watched<'s> {
    fn of(steps: Vec<Step<'s>>) -> Self {
        Self {
            steps,
            block: BLOCK,
            clock: Vec::new(),
            since: None,
            stop: None,
            anonymize: false,
        }
    }

    /// What was told in which step, the report, and how many looks came to something.
    fn watch(self, folder: &'s Path) -> (Vec<(usize, News)>, Outcome, usize) {
        let catalog = Catalog::load(crate::grammar::catalog::Files::new()).unwrap();
        let progress = Progress::default();
        let mut story = Story {
            folder,
            steps: self.steps,
            at: 0,
            clock: self.clock,
            stop: self.stop.map(|step| (step, &progress)),
            concluded: 0,
            told: Vec::new(),
        };
        let options = DiscoverOptions::of(&catalog.chain);
        let mut settings = settings(&catalog, &progress, self.block);
        settings.now = story.clock.first().copied();
        settings.window.since = self
            .since
            .map(|text| crate::config::TimeSpec::parse(text).unwrap());
        let mut anonymizer = Anonymizer::new(&catalog);
        let anonymizer = self.anonymize.then_some(&mut anonymizer);
        let outcome = follow(&settings, &options, anonymizer, &mut story).unwrap();
        (story.told, outcome, story.concluded)
    }
}

fn watch<'s>(
    folder: &'s Path,
    steps: Vec<Step<'s>>,
    block: usize,
) -> (Vec<(usize, News)>, Outcome) {
    let watched = Watched {
        block,
        ..Watched::of(steps)
    };
    let (told, outcome, _) = watched.watch(folder);
    (told, outcome)
}

fn append(name: &'static str, text: &str) -> Step<'static> {
    append_bytes(name, text.as_bytes().to_vec())
}

fn append_bytes(name: &'static str, bytes: Vec<u8>) -> Step<'static> {
    Box::new(move |folder| {
        fs::create_dir_all(folder).unwrap();
        let mut file = File::options()
            .append(true)
            .create(true)
            .open(folder.join(name))
            .unwrap();
        file.write_all(&bytes).unwrap();
    })
}

fn steps_of(told: &[(usize, News)], kind: NewsKind) -> Vec<usize> {
    told.iter()
        .filter(|(_, n)| n.kind == kind)
        .map(|(step, _)| *step)
        .collect()
}

#[test]
fn a_finding_is_told_once_when_it_happens() {
    let folder = tempfile::tempdir().unwrap();
    let quiet = "[2020-08-10 11:17:00.000] [info] still here\n";
    let steps = vec![
        append(MESSENGER, START),
        append(MESSENGER, REFUSED),
        append(MESSENGER, quiet),
    ];
    let (told, outcome) = watch(folder.path(), steps, BLOCK);
    assert_eq!(steps_of(&told, NewsKind::Waiting), [0]);
    assert_eq!(steps_of(&told, NewsKind::Watching), [1]);
    assert_eq!(steps_of(&told, NewsKind::Finding), [2], "{told:#?}");
    let finding = &told
        .iter()
        .find(|(_, n)| n.kind == NewsKind::Finding)
        .unwrap()
        .1;
    assert!(finding.source.as_ref().unwrap().ends_with(MESSENGER));
    assert_eq!(finding.line, Some(3));
    assert!(finding.severity >= Some(Severity::Error));
    let failed = |n: &News| n.kind == NewsKind::Stage && n.status == Some(Status::Failed);
    assert_eq!(
        told.iter()
            .filter(|(step, n)| *step == 2 && failed(n))
            .count(),
        1
    );
    assert_eq!(outcome.report.verdict, Verdict::Failure);
}

#[test]
fn half_a_line_is_read_when_it_is_whole_or_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let (half, rest) = REFUSED.split_at(60);
    let steps = vec![
        append(MESSENGER, START),
        append(MESSENGER, half),
        append(MESSENGER, rest),
    ];
    let (told, _) = watch(folder.path(), steps, BLOCK);
    assert_eq!(steps_of(&told, NewsKind::Finding), [3]);

    let folder = tempfile::tempdir().unwrap();
    let steps = vec![
        append(MESSENGER, START),
        append(MESSENGER, REFUSED.trim_end()),
    ];
    let (told, outcome) = watch(folder.path(), steps, BLOCK);
    assert_eq!(steps_of(&told, NewsKind::Finding), [3]);
    assert_eq!(outcome.report.findings.len(), 1);
}

#[test]
fn utf16_is_watched_too() {
    let folder = tempfile::tempdir().unwrap();
    let wide = |text: &str| -> Vec<u8> {
        let units = text.replace('\n', "\r\n");
        units.encode_utf16().flat_map(u16::to_le_bytes).collect()
    };
    let mut start = vec![0xff, 0xfe];
    start.extend(wide(START));
    let mut refused = wide(REFUSED);
    let rest = refused.split_off(61); // in the middle of a character
    let steps = vec![
        append_bytes(MESSENGER, start),
        append_bytes(MESSENGER, refused),
        append_bytes(MESSENGER, rest),
    ];
    let (told, _) = watch(folder.path(), steps, BLOCK);
    assert_eq!(steps_of(&told, NewsKind::Finding), [3], "{told:#?}");
}

#[test]
fn the_same_failure_in_a_later_login_is_news() {
    let folder = tempfile::tempdir().unwrap();
    // Hours later: a laptop that slept.
    let again = format!("{START}{REFUSED}").replace("11:16", "17:40");
    let steps = vec![
        append(MESSENGER, &format!("{START}{REFUSED}")),
        append(MESSENGER, &again),
    ];
    let (told, _) = watch(folder.path(), steps, BLOCK);
    assert_eq!(steps_of(&told, NewsKind::Attempt), [2], "{told:#?}");
    assert_eq!(steps_of(&told, NewsKind::Finding), [1, 2]);
}

#[test]
fn a_file_that_is_deleted_and_made_anew_is_watched_on() {
    let folder = tempfile::tempdir().unwrap();
    let later = format!("{START}{REFUSED}").replace("11:16", "11:50");
    let steps = vec![
        append(MESSENGER, &format!("{START}{REFUSED}")),
        Box::new(|folder: &Path| fs::remove_file(folder.join(MESSENGER)).unwrap()) as Step,
        append(MESSENGER, START),
        append(MESSENGER, &later),
    ];
    let (told, outcome) = watch(folder.path(), steps, BLOCK);
    assert_eq!(steps_of(&told, NewsKind::Gone), [2], "{told:#?}");
    // That the login of the third step never got its answer is another finding.
    let refused = told
        .iter()
        .filter(|(_, news)| news.rule.as_deref() == Some("local-helper-down/node-refused"));
    let steps: Vec<usize> = refused.map(|(step, _)| *step).collect();
    assert_eq!(steps, [1, 4], "{told:#?}");
    assert!(outcome.lossy, "what was deleted is missing in the report");
}

#[test]
fn a_file_that_is_cut_off_is_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let other = format!("{START}{REFUSED}").replace("11:16", "11:50");
    let steps = vec![
        append(MESSENGER, &format!("{START}{REFUSED}")),
        Box::new(move |folder: &Path| fs::write(folder.join(MESSENGER), &other).unwrap()) as Step,
    ];
    let (told, _) = watch(folder.path(), steps, BLOCK);
    assert_eq!(steps_of(&told, NewsKind::Replaced), [2], "{told:#?}");
    assert_eq!(steps_of(&told, NewsKind::Finding), [1, 2]);
}

#[test]
fn a_rotated_file_loses_and_repeats_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let rotate = |folder: &Path| {
        fs::rename(
            folder.join("SwyxMessenger.log"),
            folder.join("SwyxMessenger-1.log"),
        )
        .unwrap();
        fs::write(
            folder.join("SwyxMessenger.log"),
            "[2020-08-10 11:18:00.000] [info] new file\n",
        )
        .unwrap();
    };
    let steps = vec![
        append("SwyxMessenger.log", &format!("{START}{REFUSED}")),
        Box::new(rotate) as Step,
    ];
    let (told, outcome) = watch(folder.path(), steps, BLOCK);
    assert_eq!(steps_of(&told, NewsKind::Finding), [1], "{told:#?}");
    assert_eq!(steps_of(&told, NewsKind::Appeared), [2]);
    assert!(!outcome.lossy);
}

#[test]
fn a_share_that_is_gone_for_a_while_repeats_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{START}{REFUSED}");
    let share = folder.path().join("Traces");
    let steps = vec![
        append(MESSENGER, &text),
        Box::new(|folder: &Path| fs::remove_dir_all(folder).unwrap()) as Step,
        append(MESSENGER, &text),
    ];
    let (told, outcome) = watch(&share, steps, BLOCK);
    assert_eq!(steps_of(&told, NewsKind::Gone), [2], "{told:#?}");
    assert_eq!(steps_of(&told, NewsKind::Waiting), [0, 2]);
    assert_eq!(steps_of(&told, NewsKind::Finding), [1]);
    assert!(!outcome.lossy);
}

#[test]
fn a_folder_may_come_later() {
    let folder = tempfile::tempdir().unwrap();
    let later = folder.path().join("Traces");
    let steps = vec![append(MESSENGER, START)];
    let (told, _) = watch(&later, steps, BLOCK);
    assert_eq!(steps_of(&told, NewsKind::Waiting), [0]);
    assert_eq!(steps_of(&told, NewsKind::Watching), [1]);
}

/// 2020-08-10 at that time in Berlin, in nanoseconds UTC.
fn clock(hour: i64, minute: i64) -> i64 {
    (1_597_010_400 + hour * 3_600 + minute * 60) * crate::model::time::SECOND
}

#[test]
fn hours_of_sleep_lose_nothing_repeat_nothing_and_move_a_window_that_counts_from_the_clock() {
    let folder = tempfile::tempdir().unwrap();
    let morning = format!("{START}{REFUSED}");
    let evening = morning.replace("11:16", "18:40");
    let asleep = || Box::new(|_: &Path| ()) as Step;
    let steps = || {
        vec![
            append(MESSENGER, &morning),
            asleep(),
            append(MESSENGER, &evening),
            asleep(),
        ]
    };
    let hours = vec![clock(11, 17), clock(18, 39), clock(18, 41), clock(18, 42)];
    let (told, outcome, _) = Watched {
        clock: hours.clone(),
        ..Watched::of(steps())
    }
    .watch(folder.path());
    assert_eq!(steps_of(&told, NewsKind::Attempt), [3], "{told:#?}");
    assert_eq!(steps_of(&told, NewsKind::Finding), [1, 3]);
    assert_eq!(outcome.report.window.records, 6);

    let folder = tempfile::tempdir().unwrap();
    let (told, outcome, _) = Watched {
        clock: hours,
        since: Some("1h"),
        ..Watched::of(steps())
    }
    .watch(folder.path());
    assert_eq!(steps_of(&told, NewsKind::Finding), [1, 3], "{told:#?}");
    // What lay within an hour when it was told is out of the window seven hours later.
    assert_eq!(outcome.report.window.records, 3);
}

#[test]
fn a_watch_that_is_stopped_in_the_middle_of_a_look_gives_the_whole_report_and_no_half_look() {
    let folder = tempfile::tempdir().unwrap();
    let steps = vec![append(MESSENGER, START), append(MESSENGER, REFUSED)];
    let (told, outcome, concluded) = Watched {
        stop: Some(2),
        ..Watched::of(steps)
    }
    .watch(folder.path());
    // The first look came to something, the second one was given up.
    assert_eq!(concluded, 1);
    assert_eq!(steps_of(&told, NewsKind::Finding), [2], "{told:#?}");
    assert_eq!(outcome.report.window.records, 3);
    assert!(!outcome.lossy);
}

#[test]
fn an_identity_keeps_its_token_from_the_first_look_to_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let name = "[2020-08-10 11:16:26.000] [info] user=anna.muster host pc-anna.kunde.de\n";
    let later = "[2020-08-10 11:16:28.000] [info] user=berta.klein signed in\n\
                 [2020-08-10 11:16:28.100] [error] connect ECONNREFUSED 127.0.0.1:5000 for anna.muster and berta.klein\n";
    // The file with the second name comes first in the order of files, and its look is a later one.
    let steps = vec![
        append(MESSENGER, &format!("{START}{name}")),
        append("ComSocket-20200810-111559.log", later),
    ];
    let (told, outcome, _) = Watched {
        anonymize: true,
        ..Watched::of(steps)
    }
    .watch(folder.path());
    let all = format!("{told:#?}{:#?}", outcome.report);
    // The folder above the one that is watched is named after somebody, too.
    let above = folder.path().file_name().unwrap().to_string_lossy();
    for planted in ["anna", "berta", "kunde.de", above.to_lowercase().as_str()] {
        assert!(!all.to_lowercase().contains(planted), "{planted}: {all}");
    }
    assert!(
        all.contains("for user-1 and user-2"),
        "the first one seen is the first one: {all}"
    );
}

#[test]
fn a_record_is_told_once_however_its_file_is_replaced_and_its_client_renamed() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{START}{REFUSED}");
    let named = text.replace("version 12.10", "version 12.10, user a.beispiel");
    let again = named.clone();
    let steps = vec![
        append(MESSENGER, &named),
        // The same records without the name.
        Box::new(move |folder: &Path| fs::write(folder.join(MESSENGER), &text).unwrap()) as Step,
        Box::new(move |folder: &Path| fs::write(folder.join(MESSENGER), &again).unwrap()) as Step,
    ];
    let (told, _) = watch(folder.path(), steps, BLOCK);
    assert_eq!(steps_of(&told, NewsKind::Finding), [1], "{told:#?}");
    let stages: Vec<_> = told
        .iter()
        .filter(|(_, n)| n.kind == NewsKind::Stage)
        .collect();
    let mut once = stages.clone();
    once.dedup_by_key(|(_, n)| (n.stage.clone(), n.status));
    assert_eq!(stages.len(), once.len(), "{stages:#?}");
}

#[test]
fn a_failure_that_comes_again_and_again_is_told_at_its_own_record_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let steps: Vec<Step> = (10..25)
        .map(|minute| {
            let text = format!("{START}{REFUSED}").replace("11:16", &format!("11:{minute}"));
            append(MESSENGER, &text)
        })
        .collect();
    let (told, _) = watch(folder.path(), steps, BLOCK);
    for kind in [NewsKind::Finding, NewsKind::Stage] {
        let failed = told.iter().filter(|(_, n)| {
            n.kind == kind && (kind == NewsKind::Finding || n.status == Some(Status::Failed))
        });
        let lines: Vec<(usize, Option<u64>)> = failed.map(|(step, n)| (*step, n.line)).collect();
        let each: Vec<(usize, Option<u64>)> = (1..=15).map(|n| (n, Some(3 * n as u64))).collect();
        assert_eq!(lines, each, "{kind:?}");
    }
}

#[test]
fn every_event_has_words() {
    let folder = tempfile::tempdir().unwrap();
    let steps = vec![
        append(MESSENGER, START),
        append(
            "SwyxMessenger-2020-08-09.log",
            "[2020-08-09 11:16:26.100] [info] x\n",
        ),
        Box::new(|folder: &Path| {
            fs::write(
                folder.join(MESSENGER),
                "[2020-08-10 12:00:00.000] [info] y\n",
            )
            .unwrap();
        }) as Step,
        Box::new(|folder: &Path| fs::remove_file(folder.join(MESSENGER)).unwrap()) as Step,
    ];
    let (told, _) = watch(folder.path(), steps, BLOCK);
    for kind in [NewsKind::Appeared, NewsKind::Replaced, NewsKind::Gone] {
        assert!(!steps_of(&told, kind).is_empty(), "{kind:?}");
    }
    assert!(told.iter().all(|(_, n)| !n.title.is_empty()), "{told:#?}");
}

#[test]
fn what_is_read_in_pieces_is_what_is_read_at_once() {
    let text: String = (0..600)
        .map(|n| {
            let minute = format!("{:02}:{:02}", 8 + n / 60, n % 60);
            format!(
                "{}{REFUSED}  at frame {n}\n",
                START.replace("11:16", &minute)
            )
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let catalog = Catalog::load(crate::grammar::catalog::Files::new()).unwrap();
    let progress = Progress::default();
    let settings = settings(&catalog, &progress, 1000);
    let matcher = Matcher::new(&catalog);
    let options = DiscoverOptions::default();
    let mut watch = Watch::new(&settings, &options, &matcher);
    let mut read = Vec::new();
    for cut in [0, 20_011, 90_007, 91_003, 91_777, 92_500, text.len()].windows(2) {
        append(MESSENGER, &text[cut[0]..cut[1]])(folder.path());
        let places = [folder.path().into()];
        watch.note(discover::looks(&places, &options, &watch.looks));
        let discovery = discover::discover(&places, &options);
        let before = progress.done();
        let scans = watch.scan(&discovery);
        read.push(progress.done() - before);
        let reader = Reader {
            settings: &settings,
            matcher: &matcher,
            live: true,
            store: crate::pipeline::Store::default(),
            tellings: std::sync::Arc::default(),
            handles: crate::pipeline::Handles::default(),
            desks: crate::pipeline::read::Desks::default(),
        };
        let blocks = |scans: &[SourceScan]| format!("{:#?}", scans[0].blocks);
        assert_eq!(
            blocks(&scans),
            blocks(&reader.scan_all(&discovery)),
            "up to {}",
            cut[1]
        );
        watch.keep(&discovery, scans);
    }
    assert!(
        read[2..5].iter().all(|bytes| *bytes < 90_000),
        "not only what is new is read: {read:?}"
    );
}
