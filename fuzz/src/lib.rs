//! What is fuzzed. Each target takes any bytes and ends by itself; what it asserts holds for any bytes.
//!
//! `fuzz/fuzz_targets` hands libFuzzer's inputs over; `tests/it/fuzz.rs` runs every input of `fuzz/regressions` again.

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use swyxtrace::config::WindowSpec;
use swyxtrace::decode::{self, Access};
use swyxtrace::detect::detect;
use swyxtrace::discover::{DiscoverOptions, Discovery, Place, discover};
use swyxtrace::grammar::catalog::{Files, embedded};
use swyxtrace::grammar::chain::{Chain, Ground};
use swyxtrace::grammar::condition::Literals;
use swyxtrace::grammar::error::{self, Proof};
use swyxtrace::grammar::facts::FactFile;
use swyxtrace::grammar::lexicon::Lexicon;
use swyxtrace::grammar::numbers::{Families, Family};
use swyxtrace::grammar::rule::Rule;
use swyxtrace::grammar::uses::{Uses, Zones};
use swyxtrace::grammar::{Catalog, Fault, format};
use swyxtrace::model::Lang;
use swyxtrace::pipeline::{self, Progress, Settings};
use swyxtrace::report::{Format, Options, redact, safe};
use swyxtrace::scan::place::ZoneOf;
use swyxtrace::syntax::program::Program;
use swyxtrace::syntax::stamp::{Stamp, ZoneSource};

/// What takes any bytes.
pub type Target = fn(&[u8]);

/// Every target by its name.
pub const TARGETS: [(&str, Target); 8] = [
    ("decode", decode),
    ("archives", archives),
    ("pattern", pattern),
    ("stamps", stamps),
    ("learned", learned),
    ("rules", rules),
    ("redact", redact),
    ("pipeline", pipeline),
];

/// Bytes that are read of one member of an archive.
const MEMBER: u64 = 1 << 20;
/// The claims part of a token that no output may hold.
const PLANTED: &str = "eyJzdWIiOiJwbGFudGVkLWJ5LXRoZS1mdXp6ZXIifQ";

fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| Catalog::load(Files::new()).expect("the built-in grammars load"))
}

/// A folder with one file of these bytes; each thread has one, and it goes with the thread.
fn folder_with(name: &str, bytes: &[u8]) -> PathBuf {
    thread_local! {
        static FOLDER: tempfile::TempDir = tempfile::tempdir().expect("a temporary folder");
    }
    let folder = FOLDER.with(|folder| folder.path().to_owned());
    for entry in fs::read_dir(&folder).expect("the folder").flatten() {
        fs::remove_file(entry.path()).expect("only files are in it");
    }
    fs::write(folder.join(name), bytes).expect("a file");
    folder
}

fn found_in(folder: PathBuf) -> Discovery {
    discover(&[Place::from(folder)], &DiscoverOptions::default())
}

/// Any bytes become text: UTF-8, UTF-16, Windows-1252, event logs.
pub fn decode(data: &[u8]) {
    let bytes = data.to_vec();
    let read = |input: std::io::Result<decode::Input>| {
        let Ok(mut input) = input else { return };
        let mut text = Vec::new();
        if let Access::Stream(reader) = &mut input.access {
            reader.read_to_end(&mut text).expect("a stream never fails");
        } else {
            text.extend(input.head());
        }
        for line in text.split(|b| *b == b'\n') {
            let shown = decode::show(line, input.encoding);
            assert!(
                !safe::show_safe(&shown)
                    .chars()
                    .any(|c| c != '\n' && c != '\t' && safe::is_unsafe(c))
            );
        }
    };
    read(decode::stream(
        "x",
        Box::new(std::io::Cursor::new(bytes.clone())),
    ));
    read(decode::event_log(
        "x",
        Box::new(std::io::Cursor::new(bytes)),
    ));
}

/// Any bytes as an archive, of the kind that its first bytes say. The first byte chooses the ending of the name.
pub fn archives(data: &[u8]) {
    const ENDINGS: [&str; 8] = ["zip", "7z", "tar", "tar.gz", "gz", "cab", "xz", "zst"];
    let Some((first, data)) = data.split_first() else {
        return;
    };
    let ending = ENDINGS[usize::from(*first) % ENDINGS.len()];
    let found = found_in(folder_with(&format!("x.{ending}"), data));
    for source in &found.sources {
        if let Ok(opened) = source.open() {
            let mut text = Vec::new();
            let _ = opened.into_reader().take(MEMBER).read_to_end(&mut text);
        }
    }
}

/// Up to the first zero byte a pattern of the pattern language, behind it lines to read with it.
pub fn pattern(data: &[u8]) {
    let (pattern, lines) = split(data);
    let Ok(program) = Program::compile(&pattern) else {
        return;
    };
    let stamps: Vec<Stamp> = Stamp::compile("%Y-%m-%d %H:%M:%S%.f", ZoneSource::Local)
        .into_iter()
        .collect();
    let toml = toml_of(&pattern);
    // As a format file: the loader, the samples and the reader are what a partner's file goes through.
    if let Ok(format) = format::load("x.toml", &toml) {
        for line in lines.split(|b| *b == b'\n') {
            let _ = format.read(line);
        }
    }
    let _ = (program.first_bytes(&stamps), program.bare());
}

fn toml_of(pattern: &str) -> String {
    let quoted = toml_text(pattern);
    format!(
        "title = 'x'\nreference = 'x'\n[line]\npattern = {quoted}\n[stamp]\nlayout = '%Y-%m-%d %H:%M:%S%.f'\nzone = 'local'\n\
         [[sample]]\nline = '2020-08-10 11:16:29.123 x'\nexpect = {{ time = '2020-08-10T11:16:29.123' }}\n\
         [[reject]]\nline = '   at x'\nwhy = 'x'\n"
    )
}

fn toml_text(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|c| match c {
            '"' | '\\' => format!("\\{c}"),
            c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
            c => c.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}

/// Up to the first zero byte a stamp layout, behind it a line that is read at each of its places.
pub fn stamps(data: &[u8]) {
    let (layout, line) = split(data);
    let line = &line[..line.len().min(256)];
    for zone in [ZoneSource::Local, ZoneSource::Utc, ZoneSource::InText] {
        let Ok(stamp) = Stamp::compile(&layout, zone) else {
            continue;
        };
        for at in 0..=line.len() {
            if let Some((_, end)) = stamp.read(line, at) {
                assert!(at <= end && end <= line.len());
            }
        }
    }
}

/// Any bytes as a file of an unknown layout; what is learned from it reads lines, and is a format file that loads.
pub fn learned(data: &[u8]) {
    let layout = detect(data, &[], &[]);
    let lines: Vec<&[u8]> = data.split(|b| *b == b'\n').collect();
    for line in &lines {
        if let Some((_, fields)) = layout.read(line) {
            assert!(fields.message.end as usize <= line.len());
        }
    }
    let texts: Vec<&str> = lines
        .iter()
        .filter_map(|line| std::str::from_utf8(line).ok())
        .collect();
    for (index, format) in layout.formats.iter().enumerate() {
        let own: Vec<&str> = texts
            .iter()
            .copied()
            .filter(|text| {
                layout
                    .read(text.as_bytes())
                    .is_some_and(|(reader, _)| reader == index)
            })
            .collect();
        let written = format.to_toml(&own);
        if written.contains("[[sample]]") {
            format::load("x.toml", &written)
                .unwrap_or_else(|faults| panic!("{}\n{written}", shown(&faults)));
        }
    }
}

/// Any text as a grammar file of each kind: it loads, or its faults can be printed.
pub fn rules(data: &[u8]) {
    static PARTS: OnceLock<(Families, Literals)> = OnceLock::new();
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (families, literals) = PARTS.get_or_init(|| {
        let families = Families {
            list: catalog().families.clone(),
            broken: Vec::new(),
        };
        (families, catalog().literals.clone())
    });
    let tell = |faults: Vec<Fault>| {
        let _ = shown(&faults);
    };
    let mut literals = literals.clone();
    let chain = &catalog().chain;
    let ground = Ground {
        names: chain.names.clone(),
        classes: Some(chain.classes.keys().cloned().collect()),
        ..Ground::default()
    };
    let file = ("x.toml", text, Proof::Needed);
    let rule = error::parse("x.toml", text, Proof::Needed).and_then(|parsed| {
        Rule::load("resource/x", file, parsed, &ground, families, &mut literals)
    });
    rule.map_or_else(tell, |_| ());
    format::load("x.toml", text).map_or_else(tell, |_| ());
    let proof = Proof::Needed;
    Family::load("x", "x.toml", text, proof).map_or_else(tell, |_| ());
    FactFile::load("x", "x.toml", text, proof).map_or_else(tell, |_| ());
    let (chain, _) = Chain::load(("x.toml", text, proof), false, families, &mut literals);
    chain.map_or_else(tell, |_| ());
    Lexicon::load("x.toml", text, proof, &mut literals).map_or_else(tell, |_| ());
    Uses::load("x.toml", text, proof).map_or_else(tell, |_| ());
    Zones::load("x.toml", text, proof).map_or_else(tell, |_| ());
}

fn shown(faults: &[Fault]) -> String {
    faults
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Any text around a planted token: the token does not come out.
pub fn redact(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let at = text.floor_char_boundary(text.len() / 2);
    let (before, after) = text.split_at(at);
    let planted = format!(
        "{before}\nAuthorization: Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{PLANTED}.c2lnbmF0dXJlLW9mLXRoZS1mdXp6ZXI\n{after}"
    );
    for text in [&*text, &planted] {
        let clean = redact::secrets(text);
        assert!(!clean.contains(PLANTED), "{clean}");
        let _ = safe::show_safe(&clean);
        let _ = safe::one_line(&clean);
    }
}

/// Any bytes as a trace of the lead program, from discovery to every output.
pub fn pipeline(data: &[u8]) {
    let program = catalog()
        .chain
        .programs
        .iter()
        .find(|p| p.lead)
        .expect("a lead program");
    let folder = folder_with(&format!("{}-2020-08-10.log", program.files[0]), data);
    let progress = Progress::default();
    let settings = Settings {
        catalog: catalog(),
        lang: Lang::De,
        zone: ZoneOf::Named(chrono_tz::Europe::Berlin),
        zone_name: "Europe/Berlin".into(),
        zone_basis: "option",
        zones: Vec::new(),
        window: WindowSpec::default(),
        now: None,
        block: 4096,
        force: None::<Arc<format::Format>>,
        anonymizer: None,
        spool: None,
        progress: &progress,
    };
    let outcome = pipeline::analyze(&settings, &found_in(folder));
    for format in Format::ALL {
        let mut bytes = Vec::new();
        format
            .renderer(Options::default())
            .render(&outcome.report, &mut bytes)
            .expect("memory takes everything");
        let text = String::from_utf8(bytes).expect("every output is UTF-8");
        assert!(
            !text
                .chars()
                .any(|c| !matches!(c, '\n' | '\t') && safe::is_unsafe(c)),
            "{text:?}"
        );
    }
}

fn split(data: &[u8]) -> (String, &[u8]) {
    let at = data.iter().position(|b| *b == 0).unwrap_or(data.len());
    let rest = data.get(at + 1..).unwrap_or_default();
    (String::from_utf8_lossy(&data[..at]).into_owned(), rest)
}

/// Every built-in grammar file, as seeds.
pub fn grammar_files() -> Vec<(String, String)> {
    embedded()
        .into_iter()
        .map(|(name, (_, text))| (name, text))
        .collect()
}
