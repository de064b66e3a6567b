//! Files that change between two readings of them. The output itself is what makes it happen: the first byte that the
//! timeline writes comes after its first reading and before its second one, so nothing depends on how fast a machine is.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use swyxtrace::discover::{DiscoverOptions, Place, discover};
use swyxtrace::pipeline::{
    self, Progress, Settings, TimelineFilter, TimelineFormat, TimelineOutcome, timeline,
};

use crate::bench::folder;
use crate::faults::{NAME, lines, settings};

/// Lines of a trace: some dozens of runs.
const LINES: usize = 3_000;

/// An output at which something happens when so much of it has been written.
struct Happening<'h> {
    written: Vec<u8>,
    after: usize,
    happens: Option<Box<dyn FnOnce() + Send + 'h>>,
}

impl Write for Happening<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written.extend_from_slice(bytes);
        if self.written.len() >= self.after
            && let Some(happens) = self.happens.take()
        {
            happens();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a timeline said and wrote: the lines of the table without its head.
struct Told {
    outcome: TimelineOutcome,
    rows: Vec<String>,
}

impl Told {
    /// The problems that mean a loss.
    fn losses(&self) -> Vec<&str> {
        let lossy = self.outcome.problems.iter().filter(|p| p.lossy);
        lossy.map(|p| p.text.en.as_str()).collect()
    }
}

/// The timeline of these files, of one thread, at which something happens after so many bytes of output.
fn timeline_while(
    files: &[(&str, &[u8])],
    after: usize,
    happens: impl FnOnce(&Path) + Send,
) -> Told {
    let traces = folder(files);
    let discovery = discover(
        &[Place::from(traces.path().to_owned())],
        &DiscoverOptions::default(),
    );
    let progress = Progress::default();
    let mut out = Happening {
        written: Vec::new(),
        after,
        happens: Some(Box::new(|| happens(traces.path()))),
    };
    let filter = TimelineFilter {
        level: None,
        programs: Vec::new(),
        format: TimelineFormat::Csv,
    };
    let wanted = vec![true; discovery.sources.len()];
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let outcome = pool.expect("a thread").install(|| {
        timeline(
            &settings(&progress),
            &discovery,
            &wanted,
            &filter,
            traces.path(),
            &mut out,
        )
    });
    assert!(out.happens.is_none(), "nothing happened");
    let text = String::from_utf8(out.written).expect("text");
    Told {
        outcome: outcome.expect("it is written"),
        rows: text.lines().skip(1).map(str::to_owned).collect(),
    }
}

/// Every row is one whole line of this trace, in its order, each once.
fn assert_whole(rows: &[String], of: &str) {
    let mut lines = of.lines();
    for row in rows {
        let found = lines.any(|line| row.trim_end_matches('"').ends_with(line));
        assert!(found, "no line, or not in its order: {row}");
    }
}

fn text_of(name: &str) -> String {
    lines(LINES).replace("requesting", name)
}

#[test]
fn a_file_that_is_truncated_between_the_readings_loses_no_line_without_a_word() {
    let text = text_of("requesting");
    for (after, keep) in [(1, 0), (1, 100_003), (60_000, 100_003), (60_000, 1_000)] {
        let told = timeline_while(&[(NAME, text.as_bytes())], after, |folder| {
            let file = File::options().write(true).open(folder.join(NAME));
            file.expect("the file").set_len(keep).expect("shorter");
        });
        assert_whole(&told.rows, &text);
        assert!(told.rows.len() < LINES, "{after} {keep}");
        let losses = told.losses().join("\n");
        let missing = LINES - told.rows.len();
        assert!(
            losses.contains("changed while it was read") && losses.contains(&missing.to_string()),
            "{after} {keep} {missing}: {losses}"
        );
    }
}

#[test]
fn a_file_that_is_overwritten_between_the_readings_shows_nothing_cut_out_of_the_other_text() {
    let text = text_of("requesting");
    let other = text_of("asking, in other words, for").replace("11:", "12:");
    let told = timeline_while(&[(NAME, text.as_bytes())], 60_000, |folder| {
        fs::write(folder.join(NAME), &other).expect("written over");
    });
    assert_whole(&told.rows, &text);
    assert!(!told.rows.is_empty() && told.rows.len() < LINES);
    assert!(
        told.losses()
            .join("\n")
            .contains("changed while it was read"),
        "{:?}",
        told.losses()
    );
}

#[test]
fn a_file_that_is_deleted_or_replaced_between_the_readings_is_read_to_its_end() {
    let text = text_of("requesting");
    let deleted = timeline_while(&[(NAME, text.as_bytes())], 1, |folder| {
        fs::remove_file(folder.join(NAME)).expect("it is there");
    });
    let replaced = timeline_while(&[(NAME, text.as_bytes())], 60_000, |folder| {
        fs::write(folder.join("new"), text_of("other")).expect("another file");
        fs::rename(folder.join("new"), folder.join(NAME)).expect("in its place");
    });
    for told in [deleted, replaced] {
        assert_whole(&told.rows, &text);
        assert_eq!(told.rows.len(), LINES);
        assert_eq!(told.losses(), Vec::<&str>::new());
    }
}

#[test]
fn of_more_files_than_are_held_open_those_that_are_deleted_or_replaced_are_told() {
    let names: Vec<String> = (0..40)
        .map(|n| format!("SwyxMessenger-2020-08-10.{n}.log"))
        .collect();
    let texts: Vec<String> = (0..40).map(|n| lines(20 + n)).collect();
    let files: Vec<(&str, &[u8])> = names
        .iter()
        .zip(&texts)
        .map(|(name, text)| (name.as_str(), text.as_bytes()))
        .collect();
    let told = timeline_while(&files, 1, |folder| {
        fs::remove_file(folder.join(&names[7])).expect("it is there");
        fs::remove_file(folder.join(&names[8])).expect("it is there");
        fs::write(folder.join(&names[8]), lines(99).replace("11:", "12:")).expect("another one");
        fs::remove_file(folder.join(&names[9])).expect("it is there");
        fs::create_dir(folder.join(&names[9])).expect("a folder of that name");
    });
    let lossy: Vec<_> = told.outcome.problems.iter().filter(|p| p.lossy).collect();
    for (name, words) in [
        (&names[7], "gone"),
        (&names[8], "changed while it was read"),
        (&names[9], "missing"),
    ] {
        let own = lossy
            .iter()
            .filter(|p| p.source.as_ref().is_some_and(|s| s.ends_with(name)));
        let own: Vec<&str> = own.map(|p| p.text.en.as_str()).collect();
        assert_eq!(own.len(), 1, "{name}: {own:?}");
        assert!(own[0].contains(words), "{name}: {own:?}");
    }
    assert_eq!(lossy.len(), 3, "{lossy:?}");
    let all: usize = texts.iter().map(|text| text.lines().count()).sum();
    assert_eq!(told.rows.len(), all - 27 - 28 - 29);
}

#[test]
fn a_file_that_grows_between_the_readings_is_shown_as_it_was() {
    let text = text_of("requesting");
    let told = timeline_while(&[(NAME, text.as_bytes())], 1, |folder| {
        let file = File::options().append(true).open(folder.join(NAME));
        let more = lines(500);
        file.expect("the file")
            .write_all(more.as_bytes())
            .expect("longer");
    });
    assert_eq!(told.rows.len(), LINES);
    assert_eq!(told.losses(), Vec::<&str>::new());
}

#[test]
fn a_record_that_is_cut_short_in_the_timeline_is_still_looked_after() {
    // A record of five megabytes, of which four are shown; what changes stands in the fifth.
    let long = format!("{}{}\n", lines(3), "x".repeat(5 << 20));
    let told = timeline_while(&[(NAME, long.as_bytes())], 1, |folder| {
        let file = File::options().write(true).open(folder.join(NAME));
        let file = file.expect("the file");
        file.set_len((5 << 20) - 10).expect("shorter");
    });
    assert!(
        told.losses()
            .join("\n")
            .contains("changed while it was read"),
        "{:?}",
        told.losses()
    );
}

#[test]
fn when_nothing_can_be_read_again_no_window_is_blamed() {
    let told = timeline_while(&[(NAME, lines(10).as_bytes())], 1, |folder| {
        let file = File::options().write(true).open(folder.join(NAME));
        file.expect("the file").set_len(0).expect("shorter");
    });
    assert!(!told.outcome.any_written && told.outcome.any_lost);
}

/// Who replaces identities has seen all that is read: what is written while it works is not.
#[test]
fn what_is_written_after_the_identities_were_looked_for_is_in_no_report_and_no_copy() {
    let known = "[2020-08-10 11:16:26.100] [info] user=anna.muster logged on\n\
                 [2020-08-10 11:16:29.123] [error] connect ECONNREFUSED 127.0.0.1:5000\n";
    let later = "[2020-08-10 11:17:26.100] [info] user=berta.klein logged on\n\
                 [2020-08-10 11:17:29.123] [error] connect ECONNREFUSED 127.0.0.1:5000 for berta.klein\n";
    let traces = folder(&[(NAME, known.as_bytes())]);
    let places = [Place::from(traces.path().to_owned())];
    let mut discovery = discover(&places, &DiscoverOptions::default());
    discovery.keep_lengths();
    let progress = Progress::default();
    let settings = settings(&progress);
    let anonymizer = pipeline::harvest(&settings, &discovery);
    let mut file = File::options()
        .append(true)
        .open(traces.path().join(NAME))
        .expect("the file");
    file.write_all(later.as_bytes()).expect("longer");
    drop(file);
    let mut copy = io::Cursor::new(Vec::new());
    let outcome = pipeline::copy(&settings, &discovery, &anonymizer, &mut copy);
    assert!(outcome.expect("it is written").problems.is_empty());
    let mut copy = zip::ZipArchive::new(copy).expect("a ZIP");
    let mut text = String::new();
    let mut member = copy.by_index(0).expect("a member");
    io::Read::read_to_string(&mut member, &mut text).expect("text");
    let settings = Settings {
        anonymizer: Some(&anonymizer),
        ..settings
    };
    let report = pipeline::analyze(&settings, &discovery).report;
    for text in [text, format!("{report:#?}")] {
        assert!(text.contains("user-"), "{text}");
        assert!(!text.contains("anna") && !text.contains("berta"), "{text}");
    }
    assert_eq!(report.window.records, 2);
}

#[test]
fn a_file_that_is_replaced_after_the_identities_were_looked_for_is_not_read() {
    let known = "[2020-08-10 11:16:26.100] [info] user=anna.muster logged on\n";
    let other =
        "[2020-08-10 11:17:29.123] [error] connect ECONNREFUSED 127.0.0.1:5000 for berta.klein\n";
    for rewritten in [true, false] {
        let traces = folder(&[(NAME, known.as_bytes()), ("b.log", other.as_bytes())]);
        let path = traces.path().join(NAME);
        let places = [Place::from(path.clone())];
        let mut discovery = discover(&places, &DiscoverOptions::default());
        discovery.keep_lengths();
        let progress = Progress::default();
        let settings = settings(&progress);
        let anonymizer = pipeline::harvest(&settings, &discovery);
        if rewritten {
            fs::write(&path, other).expect("written over");
        } else {
            fs::rename(traces.path().join("b.log"), &path).expect("in its place");
        }
        let settings = Settings {
            anonymizer: Some(&anonymizer),
            ..settings
        };
        let outcome = pipeline::analyze(&settings, &discovery);
        let text = format!("{:#?}", outcome.report);
        assert!(outcome.lossy && text.contains("run it again"), "{text}");
        assert!(!text.contains("berta"), "{text}");
        let mut copy = io::Cursor::new(Vec::new());
        let copied = pipeline::copy(&settings, &discovery, &anonymizer, &mut copy);
        assert_eq!(copied.expect("it is written").written, 0);
    }
}
