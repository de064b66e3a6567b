//! Watching traces while they are written: looks at short intervals, and what is new in the report since the last one.
//!
//! Looking, not being notified: it works on network shares too, and a laptop that slept for hours only looks late. Only
//! what changed is read, of a long file only what was added; the diagnosis is always that of the whole.

mod identities;
mod kept;
mod roots;
mod told;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::Settings;
use super::analyze::{Outcome, analyze, conclude};
use super::read::{Reader, SourceScan};
use crate::discover::{self, DiscoverOptions, Discovery, Found, Look, Place, open_batch};
use crate::model::news::{News, NewsKind};
use crate::model::{Problem, Text};
use crate::report::anonymize::Anonymizer;
use crate::scan::Matcher;

use identities::Identities;
pub use kept::Kept;
use roots::Roots;
use told::Told;

/// A file that is written without a pause is looked into after so many looks at the latest.
const MOST_PATIENCE: u32 = 3;

/// What a watch needs of the world around it. Tests have a world without time.
pub trait World {
    /// What is to be watched; it need not be there.
    fn places(&mut self) -> Vec<Place>;

    /// Waits for the next look; false if the watch is to end.
    fn wait(&mut self) -> bool;

    /// The clock, in nanoseconds UTC, from which relative times count back if they count from a clock.
    fn now(&mut self) -> i64;

    /// What a look came to, for whoever cannot wait for the end.
    fn concluded(&mut self, outcome: &Outcome);

    /// Tells what is new.
    ///
    /// # Errors
    /// If nobody listens any more; the watch ends then.
    fn tell(&mut self, news: &[News]) -> io::Result<()>;
}

/// Watches until the world says that it is over, and gives the report of what is there then, its last lines included.
/// With an anonymizer, identities are replaced in all that is told; it learns what turns up, and a token that was given
/// stays. [`Progress::stop`](super::Progress::stop) ends the watch in the middle of a look.
///
/// # Errors
/// What [`World::tell`] says.
pub fn follow(
    settings: &Settings<'_>,
    options: &DiscoverOptions,
    anonymizer: Option<&mut Anonymizer>,
    world: &mut dyn World,
) -> io::Result<Outcome> {
    let matcher = Matcher::new(settings.catalog);
    let mut watch = Watch::new(settings, options, &matcher);
    watch.identities = anonymizer.map(Identities::new);
    let mut pending = 0;
    loop {
        let places = world.places();
        let looks = discover::looks(&places, options, &watch.looks);
        if looks.is_empty() && watch.looks.is_empty() && pending == 0 {
            watch.say_waiting(&places, world)?;
        } else if looks != watch.looks || pending > 0 {
            // Records come in pieces: as long as something is written, what was written last may be half a record.
            let still = looks == watch.looks;
            let begins = watch.seen.is_empty();
            watch.note(looks);
            pending += 1;
            if still || begins || pending >= MOST_PATIENCE {
                pending = 0;
                watch.round(&places, world)?;
            }
        }
        if settings.progress.is_stopped() || !world.wait() {
            break;
        }
    }
    watch.end(&world.places(), world)
}

struct Watch<'a> {
    settings: &'a Settings<'a>,
    options: &'a DiscoverOptions,
    matcher: &'a Matcher<'a>,
    looks: BTreeMap<PathBuf, Look>,
    changes: Changes,
    kept: HashMap<String, Kept>,
    /// What their records tell.
    tellings: std::sync::Arc<crate::pipeline::Tellings>,
    /// Length of the text of each source when its layout was found out.
    laid_out: HashMap<String, u64>,
    /// Files that traces were read from.
    seen: BTreeSet<PathBuf>,
    /// What was told of and went away, as it was looked at last.
    losses: Vec<(PathBuf, Look)>,
    told: Told,
    waiting: bool,
    /// Who replaces identities, if they are to be replaced.
    identities: Option<Identities<'a>>,
    /// What of paths is not shown then.
    roots: Roots,
}

/// What happened to files between two looks, before it is known whether they hold traces.
#[derive(Default)]
struct Changes {
    replaced: BTreeSet<PathBuf>,
    gone: BTreeSet<PathBuf>,
}

impl<'a> Watch<'a> {
    fn new(
        settings: &'a Settings<'a>,
        options: &'a DiscoverOptions,
        matcher: &'a Matcher<'a>,
    ) -> Self {
        Self {
            settings,
            options,
            matcher,
            looks: BTreeMap::new(),
            changes: Changes::default(),
            kept: HashMap::new(),
            tellings: std::sync::Arc::default(),
            laid_out: HashMap::new(),
            seen: BTreeSet::new(),
            losses: Vec::new(),
            told: Told::default(),
            waiting: false,
            identities: None,
            roots: Roots::default(),
        }
    }

    /// Takes in a look: what appeared, was replaced or is gone, and whether its text is still somewhere.
    fn note(&mut self, looks: BTreeMap<PathBuf, Look>) {
        let before = std::mem::replace(&mut self.looks, looks);
        for (path, old) in &before {
            let changed = match self.looks.get(path) {
                None => &mut self.changes.gone,
                Some(look) if !look.continues(old) => &mut self.changes.replaced,
                Some(_) => continue,
            };
            changed.insert(path.clone());
            let was_told = |kept: &Kept| kept.file == *path && kept.has_signals();
            if self.kept.values().any(was_told) {
                self.losses.push((path.clone(), old.clone()));
            }
        }
    }

    /// The settings of one look: with its clock, and with all identities that are known by now.
    fn settings_now<'s>(
        &self,
        identities: Option<&'s Identities<'_>>,
        world: &mut dyn World,
    ) -> Settings<'s>
    where
        'a: 's,
    {
        Settings {
            now: self.settings.now.map(|_| world.now()),
            anonymizer: identities.map(Identities::known),
            ..self.settings.clone()
        }
    }

    /// A path as it is shown.
    fn shown(&self, path: &Path) -> String {
        let path = self.roots.shorten(&discover::shown_path(path));
        match &self.identities {
            Some(identities) => identities.known().text(&path).into_owned(),
            None => path,
        }
    }

    /// Finds what is there; whoever replaces identities learns them at once.
    fn discover(&mut self, places: &[Place], live: bool) -> Discovery {
        let mut discovery = discover::discover(places, self.options);
        if let Some(identities) = &mut self.identities {
            self.roots = Roots::of(places);
            self.roots.apply(&mut discovery);
            discovery.keep_lengths();
            identities.learn(self.settings, &discovery, &self.looks, live);
        }
        discovery
    }

    /// Reads what changed, and tells what is new.
    fn round(&mut self, places: &[Place], world: &mut dyn World) -> io::Result<()> {
        let discovery = self.discover(places, true);
        let changes = std::mem::take(&mut self.changes);
        let mut news = self.files(&discovery, &changes);
        if discovery.sources.is_empty() {
            self.kept.clear();
            world.tell(&news)?;
            return self.say_waiting(places, world);
        }
        self.waiting = false;
        let scans = self.scan(&discovery);
        if self.settings.progress.is_stopped() {
            return Ok(()); // half of a look tells nothing; all is read again for the report
        }
        let problems: Vec<usize> = scans.iter().map(|scan| scan.problems.len()).collect();
        let identities = self.identities.take();
        let settings = self.settings_now(identities.as_ref(), world);
        let (outcome, sources) = conclude(
            &settings,
            &discovery,
            self.matcher,
            &self.tellings,
            scans,
            true,
        );
        drop(settings);
        self.identities = identities;
        let mut scans: Vec<SourceScan> = sources.into_iter().map(|source| source.scan).collect();
        for (scan, own) in scans.iter_mut().zip(problems) {
            // What was concluded of it is concluded anew the next time.
            scan.problems.truncate(own);
            scan.zone = None;
        }
        self.keep(&discovery, scans);
        news.extend(self.told.news(&outcome.report));
        world.concluded(&outcome);
        world.tell(&news)
    }

    /// Keeps what was scanned for the next look.
    fn keep(&mut self, discovery: &Discovery, scans: Vec<SourceScan>) {
        let laid_out = std::mem::take(&mut self.laid_out);
        for (found, scan) in discovery.sources.iter().zip(scans) {
            let path = &found.info.path;
            let kept = found.on_disk().and_then(|file| {
                let look = self.looks.get(file)?.clone();
                Kept::of(scan, file.to_owned(), look, laid_out.get(path).copied())
            });
            if let Some(kept) = kept {
                self.laid_out.insert(path.clone(), kept.laid_out_at());
                self.kept.insert(path.clone(), kept);
            }
        }
    }

    /// Scans all sources, as far as they are not as they were.
    fn scan(&mut self, discovery: &Discovery) -> Vec<SourceScan> {
        let reader = Reader {
            settings: self.settings,
            matcher: self.matcher,
            live: true,
            store: super::quotes::Store::new(self.settings.spool.clone()),
            tellings: self.tellings.clone(),
            handles: crate::pipeline::Handles::default(),
            desks: crate::pipeline::read::Desks::default(),
        };
        let mut kept: Vec<Option<Kept>> = discovery
            .sources
            .iter()
            .map(|found| self.kept.remove(&found.info.path))
            .collect();
        let looks = &self.looks;
        let batches: Vec<(Vec<usize>, Vec<Option<Kept>>)> = discovery
            .batches()
            .into_iter()
            .map(|batch| {
                let kept = batch.iter().map(|index| kept[*index].take()).collect();
                (batch, kept)
            })
            .collect();
        let mut scans: Vec<(usize, SourceScan)> = batches
            .into_par_iter()
            .flat_map_iter(|(batch, kept)| scan_batch(&reader, looks, discovery, &batch, kept))
            .collect();
        scans.sort_by_key(|(index, _)| *index);
        scans.into_iter().map(|(_, scan)| scan).collect()
    }

    /// What happened to the files that hold traces.
    fn files(&mut self, discovery: &Discovery, changes: &Changes) -> Vec<News> {
        let now: BTreeSet<PathBuf> = discovery
            .sources
            .iter()
            .filter_map(|found| found.on_disk().map(Path::to_owned))
            .collect();
        let lang = self.settings.lang;
        let mut news = Vec::new();
        if self.seen.is_empty() && !now.is_empty() {
            let count = now.len();
            let text = Text::new(
                format!("watching; files: {count}"),
                format!("beobachte; Dateien: {count}"),
            );
            news.push(News::new(NewsKind::Watching, text.get(lang)));
        } else {
            let told = |kind, path: &PathBuf| {
                let text = match kind {
                    NewsKind::Gone => Text::new("file is gone", "Datei ist verschwunden"),
                    NewsKind::Replaced => Text::new("file begun anew", "Datei neu begonnen"),
                    _ => Text::new("new file", "neue Datei"),
                };
                News::new(kind, text.get(lang)).of_source(self.shown(path), None)
            };
            for path in changes
                .gone
                .iter()
                .filter(|p| self.seen.contains(*p) && !now.contains(*p))
            {
                news.push(told(NewsKind::Gone, path));
            }
            for path in &now {
                if !self.seen.contains(path) {
                    news.push(told(NewsKind::Appeared, path));
                } else if changes.replaced.contains(path) || changes.gone.contains(path) {
                    news.push(told(NewsKind::Replaced, path));
                }
            }
        }
        self.seen = now;
        news
    }

    fn say_waiting(&mut self, places: &[Place], world: &mut dyn World) -> io::Result<()> {
        if std::mem::replace(&mut self.waiting, true) {
            return Ok(());
        }
        let text = Text::new(
            "nothing to watch here yet",
            "hier ist noch nichts zu beobachten",
        );
        let one = |place: &Place| {
            let one = News::new(NewsKind::Waiting, text.get(self.settings.lang));
            // The folder itself may be named after somebody.
            match self.identities {
                Some(_) => one,
                None => one.of_source(discover::shown_path(&place.path), None),
            }
        };
        world.tell(&places.iter().map(one).collect::<Vec<_>>())
    }

    /// The report of what is there, its last lines included, and what was read and is gone.
    fn end(mut self, places: &[Place], world: &mut dyn World) -> io::Result<Outcome> {
        self.note(discover::looks(places, self.options, &self.looks));
        let mut discovery = self.discover(places, false);
        // A file that was rotated has another name now, and a folder of the network may have come back.
        let is_here = |old: &Look| self.looks.values().any(|look| look.continues(old));
        self.losses.retain(|(_, old)| !is_here(old));
        let losses = std::mem::take(&mut self.losses);
        let mut paths: Vec<PathBuf> = losses.into_iter().map(|(path, _)| path).collect();
        paths.dedup();
        discovery
            .problems
            .extend(paths.iter().map(|path| lost(self.shown(path))));
        let settings = self.settings_now(self.identities.as_ref(), world);
        let outcome = analyze(&settings, &discovery);
        if outcome.any_read {
            world.tell(&self.told.news(&outcome.report))?;
        }
        Ok(outcome)
    }
}

/// Scans the sources of one batch; where none of them changed, nothing is read.
fn scan_batch(
    reader: &Reader<'_>,
    looks: &BTreeMap<PathBuf, Look>,
    discovery: &Discovery,
    batch: &[usize],
    kept: Vec<Option<Kept>>,
) -> Vec<(usize, SourceScan)> {
    let sources = &discovery.sources;
    let is_same = |(index, kept): (&usize, &Option<Kept>)| {
        let look = sources[*index].on_disk().and_then(|path| looks.get(path));
        kept.as_ref().is_some_and(|kept| look == Some(&kept.look))
    };
    if batch.iter().zip(&kept).all(is_same) {
        let again = |(index, kept): (&usize, Option<Kept>)| {
            let found: &Found = &sources[*index];
            let scan = kept.and_then(|kept| kept.into_scan(&reader.handles, || found.open()));
            let scan = scan.unwrap_or_else(|| reader.scan(found, found.open(), None));
            (*index, scan)
        };
        return batch.iter().zip(kept).map(again).collect();
    }
    let mut kept: HashMap<usize, Option<Kept>> = batch.iter().copied().zip(kept).collect();
    open_batch(sources, batch)
        .map(|(index, opened)| {
            let kept = kept.remove(&index).flatten();
            (index, reader.scan(&sources[index], opened, kept))
        })
        .collect()
}

fn lost(path: String) -> Problem {
    Problem::lost(
        path,
        Text::new(
            "it was deleted or begun anew while it was watched; what it said before was told then, and is not in this report",
            "sie wurde während der Beobachtung gelöscht oder neu begonnen; was sie vorher sagte, wurde da gemeldet und fehlt in diesem Bericht",
        ),
    )
}

#[cfg(test)]
mod tests;
