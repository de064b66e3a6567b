//! From arguments to what the pipeline needs: grammars, sources, settings.

use std::path::Path;
use std::sync::Arc;

use super::args::Input;
use super::{Stop, machine, output};
use crate::config::{TimeSpec, WindowSpec};
use crate::discover::{DiscoverOptions, Discovery, Place, discover};
use crate::grammar::catalog::{self, Catalog, Overlay};
use crate::grammar::format::Format;
use crate::model::Lang;
use crate::pipeline::{BLOCK, Progress, Settings, ZoneRule};

/// More threads than this help nobody.
const MOST_JOBS: usize = 256;

/// Loads the grammars, with a folder laid over them: the given one, else the one of this user if there is one.
/// They are never given up: to take all their parts apart at the end takes as long as a small trace.
pub fn load(folder: Option<&Path>) -> Result<&'static Catalog, Stop> {
    let catalog = Catalog::load(overlay(folder)?).map_err(faults)?;
    Ok(Box::leak(Box::new(catalog)))
}

/// What is laid over the built-in grammars: the given folder, else the one of this user if there is one.
pub fn overlay(folder: Option<&Path>) -> Result<Overlay, Stop> {
    let own = machine::grammars_folder().filter(|own| own.is_dir());
    match folder.or(own.as_deref()) {
        Some(folder) if !folder.is_dir() => Err(Stop::usage(format!(
            "--grammars {}: there is no such folder",
            folder.display()
        ))),
        Some(folder) => Ok(catalog::read_folder(folder)),
        None => Ok(Overlay::default()),
    }
}

/// All faults as one message.
#[allow(clippy::needless_pass_by_value)] // it is what `map_err` hands over
pub fn faults(faults: Vec<crate::grammar::Fault>) -> Stop {
    let count = faults.len();
    let shown: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let noun = if count == 1 { "fault" } else { "faults" };
    let shown = shown.join("\n\n");
    // A grammar file may come from a stranger as well.
    let shown = crate::report::safe::show_safe(&shown);
    Stop::usage(format!("{count} {noun} in the grammar files\n\n{shown}"))
}

/// The format of that id.
pub fn format_named(catalog: &Catalog, id: &str) -> Result<Arc<Format>, Stop> {
    catalog
        .formats
        .iter()
        .find(|f| f.id == id)
        .cloned()
        .ok_or_else(|| {
            let hint = suggestion(id, catalog.formats.iter().map(|f| f.id.as_str()));
            Stop::usage(format!(
                "there is no format `{id}`{hint}; `swyxtrace formats` lists them"
            ))
        })
}

/// Names that are alike enough to have been meant, as the rest of a sentence; empty where there are none.
pub fn suggestion<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> String {
    const ALIKE: f64 = 0.8;
    const MOST: usize = 3;
    let mut near: Vec<(f64, &str)> = known
        .map(|name| {
            let contained = name.contains(wanted) || wanted.contains(name);
            let alike = strsim::jaro_winkler(wanted, name);
            (if contained { alike.max(ALIKE) } else { alike }, name)
        })
        .filter(|(alike, _)| *alike >= ALIKE)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let names: Vec<String> = near
        .into_iter()
        .take(MOST)
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    if names.is_empty() {
        String::new()
    } else {
        format!(" (did you mean {}?)", names.join(", "))
    }
}

/// Finds the sources of the given paths, or of this user's Traces folders.
pub fn sources(input: &Input, catalog: &Catalog) -> Result<Discovery, Stop> {
    let places: Vec<Place> = if input.paths.is_empty() {
        let folders = machine::traces_folders(&catalog.chain);
        if folders.is_empty() {
            let places = machine::traces_places(&catalog.chain).join("\n  ");
            return Err(Stop {
                message: format!(
                    "no Traces folder of this user exists. Looked for:\n  {places}\nGive the folder, file or archive with the traces: swyxtrace analyze PATH"
                ),
                code: super::exit::NOTHING_READ,
            });
        }
        folders
            .into_iter()
            .map(|(path, only_programs)| Place {
                path,
                only_programs,
            })
            .collect()
    } else {
        input.paths.iter().cloned().map(Place::from).collect()
    };
    let discovery = discover(&places, &options(catalog, input));
    if let Some(missing) = discovery.missing.first() {
        let all: Vec<String> = discovery
            .missing
            .iter()
            .map(|p| p.display().to_string())
            .collect();
        let _ = missing;
        return Err(Stop::usage(format!(
            "{}: there is no such file or folder",
            all.join(", ")
        )));
    }
    Ok(discovery)
}

/// Finds one file, or one member of an archive as reports name it: `traces.zip!Trace.log`.
pub fn one_file(path: &Path, options: &DiscoverOptions) -> Discovery {
    let found = discover(&[Place::from(path.to_owned())], options);
    if found.missing.is_empty() {
        return found;
    }
    let shown = path.to_string_lossy().replace('\\', "/");
    for (at, _) in shown.match_indices('!') {
        let archive = Path::new(&shown[..at]);
        if !archive.is_file() {
            continue;
        }
        let mut inside = discover(&[Place::from(archive.to_owned())], options);
        inside.sources.retain(|source| source.info.path == shown);
        if !inside.sources.is_empty() {
            return inside;
        }
    }
    found
}

/// As [`sources`], for work that reads everything twice: standard input and pipes are kept in temporary files, which
/// live as long as what is given back with the sources.
pub fn sources_twice(
    input: &Input,
    catalog: &Catalog,
) -> Result<(Discovery, Vec<tempfile::NamedTempFile>), Stop> {
    let mut input = input.clone();
    let mut kept = Vec::new();
    let mut renamed = Vec::new();
    for path in &mut input.paths {
        let stdin = path.as_os_str() == "-";
        let pipe = std::fs::metadata(&*path).is_ok_and(|m| !m.is_file() && !m.is_dir());
        if !stdin && !pipe {
            continue;
        }
        let failed = |e: std::io::Error| Stop::usage(format!("{}: {e}", path.display()));
        let mut file = tempfile::NamedTempFile::new().map_err(failed)?;
        output::remove_at_interrupt(file.path());
        if stdin {
            std::io::copy(&mut std::io::stdin().lock(), &mut file).map_err(failed)?;
        } else {
            let mut pipe = std::fs::File::open(&*path).map_err(failed)?;
            std::io::copy(&mut pipe, &mut file).map_err(failed)?;
        }
        let shown = path.to_string_lossy().into_owned();
        renamed.push((file.path().to_string_lossy().replace('\\', "/"), shown));
        file.path().clone_into(path);
        kept.push(file);
    }
    let mut discovery = sources(&input, catalog)?;
    for (temporary, shown) in &renamed {
        let found = discovery.sources.iter_mut().chain(&mut discovery.binaries);
        for info in found
            .map(|f| Arc::make_mut(&mut f.info))
            .filter(|i| i.path.starts_with(temporary))
        {
            if info.path == *temporary {
                info.name.clone_from(shown);
                info.modified = None;
                info.named = None;
            }
            info.path = info.path.replacen(temporary, shown, 1);
        }
        for source in discovery
            .problems
            .iter_mut()
            .filter_map(|p| p.source.as_mut())
        {
            *source = source.replacen(temporary, shown, 1);
        }
    }
    Ok((discovery, kept))
}

/// As [`options`], where only a password can be given.
pub fn options_with(catalog: &Catalog, password: Option<&str>) -> DiscoverOptions {
    DiscoverOptions {
        password: password.map(str::to_owned),
        ..DiscoverOptions::of(&catalog.chain)
    }
}

/// What discovery has to know of the chain, and what the user said of archives.
pub fn options(catalog: &Catalog, input: &Input) -> DiscoverOptions {
    let mut options = options_with(catalog, input.password.as_deref());
    let limits = &mut options.limits;
    limits.members = input.max_members.unwrap_or(limits.members);
    limits.bytes = input.max_bytes.unwrap_or(limits.bytes);
    limits.ratio = input.max_ratio.unwrap_or(limits.ratio);
    limits.depth = input.max_depth.unwrap_or(limits.depth);
    options
}

/// The settings of a run.
pub fn settings<'a>(
    input: &Input,
    catalog: &'a Catalog,
    lang: Lang,
    progress: &'a Progress,
) -> Result<Settings<'a>, Stop> {
    let time = |name: &str, text: &Option<String>| -> Result<Option<TimeSpec>, Stop> {
        text.as_deref()
            .map(|t| TimeSpec::parse(t).map_err(|e| Stop::usage(format!("{name}: {e}"))))
            .transpose()
    };
    let window = match &input.around {
        Some(around) => {
            WindowSpec::around(around).map_err(|e| Stop::usage(format!("--around: {e}")))?
        }
        None => WindowSpec {
            since: time("--since", &input.since)?,
            until: time("--until", &input.until)?,
        },
    };
    let (zones, of_all): (Vec<&String>, Vec<&String>) =
        input.tz.iter().partition(|text| text.contains('='));
    let bad = |error: String| Stop::usage(format!("--tz: {error}"));
    if of_all.len() > 1 {
        return Err(bad(
            "only one zone can be that of all files; for single files write GLOB=ZONE".into(),
        ));
    }
    let (zone, zone_name, zone_basis) =
        machine::zone(of_all.first().map(|text| text.as_str())).map_err(bad)?;
    let rule = |text: &String| {
        let (glob, zone) = text.rsplit_once('=').unwrap_or_default();
        let (zone, name, _) = machine::zone(Some(zone)).map_err(bad)?;
        let glob = glob.to_owned();
        Ok(ZoneRule { glob, zone, name })
    };
    let zones = zones.into_iter().map(rule).collect::<Result<_, Stop>>()?;
    if input.jobs == Some(0) {
        return Err(Stop::usage("--jobs 0: at least one thread is needed"));
    }
    let force = input
        .as_format
        .as_deref()
        .map(|id| format_named(catalog, id))
        .transpose()?;
    Ok(Settings {
        catalog,
        lang,
        zone,
        zone_name,
        zone_basis,
        zones,
        window,
        now: input.now.then(machine::now),
        block: input.block_size.unwrap_or(BLOCK).max(1),
        force,
        anonymizer: None,
        spool: Some(std::env::temp_dir()),
        progress,
    })
}

/// Runs with the wanted number of threads.
pub fn with_jobs<T: Send>(jobs: Option<usize>, run: impl FnOnce() -> T + Send) -> Result<T, Stop> {
    let mut builder = rayon::ThreadPoolBuilder::new();
    if let Some(jobs) = jobs {
        builder = builder.num_threads(jobs.min(MOST_JOBS));
    }
    let pool = builder
        .build()
        .map_err(|e| Stop::usage(format!("the threads could not be started: {e}")))?;
    Ok(pool.install(run))
}
