//! The bench on which the program is tried: as a process, and as a library inside this one.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use swyxtrace::config::WindowSpec;
use swyxtrace::discover::{DiscoverOptions, Place, ProgramNames, discover};
use swyxtrace::grammar::Catalog;
use swyxtrace::model::Lang;
use swyxtrace::model::report::Report;
use swyxtrace::pipeline::{self, Outcome, Progress, Settings};
use swyxtrace::report::{Format, Options};
use swyxtrace::scan::place::ZoneOf;

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names of all samples of the login chain: the folders of `samples/`.
pub fn samples() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join("samples"))
        .expect("samples/ is there")
        .filter_map(Result::ok)
        // A folder with grammars of its own is a sample of another product.
        .filter(|entry| entry.path().is_dir() && !entry.path().join("grammars").exists())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert!(names.len() >= 14, "only {} samples were found", names.len());
    names
}

/// What a run of the program came to.
#[derive(Debug, Clone)]
pub struct Run {
    pub code: i32,
    pub out: Vec<u8>,
    pub err: String,
}

impl Run {
    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.out.clone()).expect("the output is UTF-8")
    }

    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.out).unwrap_or_else(|error| {
            panic!("{error}\nstdout: {}\nstderr: {}", self.text(), self.err)
        })
    }

    /// The same, checked for its exit code.
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            code,
            "stdout: {}\nstderr: {}",
            String::from_utf8_lossy(&self.out),
            self.err
        );
        self
    }
}

/// The program with these arguments, in the repository's root, without the variables that would change its output.
pub fn command<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swyxtrace"));
    command
        .args(args)
        .current_dir(root())
        .stdin(Stdio::null())
        .env_remove("NO_COLOR")
        // Nobody's own grammars.
        .env("XDG_CONFIG_HOME", root().join("tests/nowhere"))
        .env("APPDATA", root().join("tests/nowhere"))
        .env_remove("TZ");
    command
}

/// Runs a command to its end.
pub fn finish(command: &mut Command) -> Run {
    let output = command.output().expect("the program starts");
    Run {
        code: output.status.code().unwrap_or(-1),
        out: output.stdout,
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Runs the program with these arguments in the repository's root.
pub fn run<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Run {
    finish(&mut command(args))
}

/// Runs the program with these arguments and this standard input.
pub fn run_with_input(args: &[&str], input: &[u8]) -> Run {
    let mut command = command(args);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(input).expect("the program reads its input");
    drop(stdin);
    let output = child.wait_with_output().expect("the program ends");
    Run {
        code: output.status.code().unwrap_or(-1),
        out: output.stdout,
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A folder with these files, removed when it goes out of scope.
pub fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("it lies in the folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
    folder
}

/// A path as an argument.
pub fn arg(path: &Path) -> String {
    path.to_str()
        .expect("temporary folders have plain names")
        .to_owned()
}

/// The reports of all samples in one form, each made once by the program itself. Forms are named as in `tests/golden`.
pub fn reports(form: &str) -> &'static BTreeMap<String, Run> {
    static REPORTS: [OnceLock<BTreeMap<String, Run>>; FORMS.len()] =
        [const { OnceLock::new() }; FORMS.len()];
    let place = FORMS
        .iter()
        .position(|(name, _, _)| *name == form)
        .expect("a form");
    let (_, format, lang) = FORMS[place];
    REPORTS[place].get_or_init(|| {
        let cases = samples();
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        let next = std::sync::atomic::AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            while let Some(case) =
                cases.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
            {
                let path = format!("samples/{case}");
                let args = [
                    "analyze",
                    &path,
                    "--tz",
                    "Europe/Berlin",
                    "--lang",
                    lang,
                    "--format",
                    format,
                ];
                done.push((case.clone(), run(args)));
            }
            done
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers
                .into_iter()
                .flat_map(|worker| worker.join().expect("no panic"))
                .collect()
        })
    })
}

/// The forms of a golden report: file name, `--format`, `--lang`.
pub const FORMS: [(&str, &str, &str); 4] = [
    ("report.txt", "text", "en"),
    ("report.de.txt", "text", "de"),
    ("report.md", "markdown", "en"),
    ("report.json", "json", "en"),
];

/// The grammars that are part of the program.
pub fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| {
        Catalog::load(swyxtrace::grammar::catalog::Files::new()).unwrap_or_else(|faults| {
            let shown: Vec<String> = faults.iter().map(ToString::to_string).collect();
            panic!("the grammars do not load\n\n{}", shown.join("\n\n"))
        })
    })
}

/// Analyses paths inside this process, with this many bytes a block and this many threads.
pub fn analyze(paths: &[PathBuf], lang: Lang, block: usize, jobs: usize) -> Outcome {
    analyze_in(paths, lang, block, jobs, None)
}

/// The same with a folder for what does not fit into memory.
pub fn analyze_in(
    paths: &[PathBuf],
    lang: Lang,
    block: usize,
    jobs: usize,
    spool: Option<PathBuf>,
) -> Outcome {
    let catalog = catalog();
    let programs = catalog.chain.programs.iter();
    let options = DiscoverOptions {
        programs: programs
            .map(|p| ProgramNames {
                id: p.id.clone(),
                files: p.files.clone(),
            })
            .collect(),
        ignore: catalog.chain.ignore.clone(),
        ..DiscoverOptions::default()
    };
    let progress = Progress::default();
    let settings = Settings {
        catalog,
        lang,
        zone: ZoneOf::Named(chrono_tz::Europe::Berlin),
        zone_name: "Europe/Berlin".into(),
        zone_basis: "option",
        zones: Vec::new(),
        window: WindowSpec::default(),
        now: None,
        block,
        force: None,
        anonymizer: None,
        spool,
        progress: &progress,
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .build()
        .expect("threads");
    pool.install(|| {
        let places: Vec<Place> = paths.iter().cloned().map(Place::from).collect();
        pipeline::analyze(&settings, &discover(&places, &options))
    })
}

/// A report as it is written.
pub fn render(report: &Report, format: Format) -> String {
    let mut out = Vec::new();
    format
        .renderer(Options::default())
        .render(report, &mut out)
        .expect("a vector takes all");
    String::from_utf8(out).expect("the output is UTF-8")
}

/// The JSON Schema of the report, ready to validate.
pub fn schema() -> &'static jsonschema::Validator {
    static SCHEMA: OnceLock<jsonschema::Validator> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let schema = run(["schema"]).exits(0).json();
        jsonschema::validator_for(&schema).expect("a valid schema")
    })
}

/// What the schema has against a document; empty where it is valid.
pub fn objections(document: &serde_json::Value) -> Vec<String> {
    schema()
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}
