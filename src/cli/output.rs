//! Output files: written beside their place and renamed, so that no half of one is ever seen, and nothing is left behind
//! when the disk is full or the program is interrupted.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};

use super::Stop;
use crate::discover::{Discovery, Found};

/// The exit code after Ctrl-C: 128 and the number of the signal, as shells count.
pub const INTERRUPTED: i32 = 130;

/// Files that must not stay behind.
static TEMPORARY: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Whom the first interrupt is told instead of ending the program: a watch ends in its own way, with its report.
static LISTENER: Mutex<Option<Sender<()>>> = Mutex::new(None);

/// The next interrupt is sent there; the one after it ends the program: who asks twice does not want to wait.
pub fn tell_interrupt(to: Sender<()>) {
    *LISTENER.lock().unwrap_or_else(PoisonError::into_inner) = Some(to);
}

/// Removes the file if the program is interrupted.
pub fn remove_at_interrupt(path: &Path) {
    temporary().push(path.to_owned());
}

fn temporary() -> std::sync::MutexGuard<'static, Vec<PathBuf>> {
    TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on Ctrl-C, and the system's wish that the program ends, remove what is temporary.
pub fn clean_up_at_interrupt() {
    // Where the system has no such handler the program ends as it would have without one.
    let _ = ctrlc::set_handler(|| {
        let listener = LISTENER
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if listener.is_some_and(|listener| listener.send(()).is_ok()) {
            return;
        }
        // The lock is kept: nothing new is begun.
        let files = temporary();
        for path in files.iter() {
            let _ = std::fs::remove_file(path);
        }
        std::process::exit(INTERRUPTED);
    });
}

/// Who may read an output.
#[derive(Clone, Copy)]
enum Readers {
    /// Whoever may read other new files.
    All,
    /// Its owner. On Windows the rights of its folder decide.
    Owner,
}

impl Readers {
    fn limit(self, options: &mut std::fs::OpenOptions) {
        #[cfg(unix)]
        if matches!(self, Self::Owner) {
            std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
        }
        #[cfg(not(unix))]
        let _ = (self, options);
    }
}

/// A file beside its place. It is removed unless it is put there.
struct Part {
    path: PathBuf,
    target: PathBuf,
}

impl Part {
    fn create(target: PathBuf, readers: Readers) -> io::Result<(Self, File)> {
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        readers.limit(&mut options);
        let mut path = target.clone().into_os_string();
        path.push(format!(".{}.part", std::process::id()));
        let path = PathBuf::from(path);
        let mut files = temporary();
        let file = options.open(&path)?;
        files.push(path.clone());
        Ok((Self { path, target }, file))
    }

    fn put_in_place(self) -> io::Result<()> {
        std::fs::rename(&self.path, &self.target)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let mut files = temporary();
        // Once it was renamed there is no such file.
        let _ = std::fs::remove_file(&self.path);
        files.retain(|path| *path != self.path);
    }
}

/// Writes to a file by way of a part beside it; a device or a pipe is written to as it is.
pub fn to_file<T>(path: &Path, work: impl FnOnce(&mut File) -> Result<T, Stop>) -> Result<T, Stop> {
    to_file_for(path, Readers::All, work)
}

fn to_file_for<T>(
    path: &Path,
    readers: Readers,
    work: impl FnOnce(&mut File) -> Result<T, Stop>,
) -> Result<T, Stop> {
    let shown = path.display();
    let failed = |error: &io::Error| {
        Stop::usage(format!("{shown}: the output could not be written: {error}"))
    };
    // A link stays a link: what it points to is written.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let is_special = std::fs::metadata(&target).is_ok_and(|m| !m.is_file() && !m.is_dir());
    let named = |stop: Stop| match stop.code {
        super::exit::USAGE => Stop::usage(format!("{shown}: {}", stop.message)),
        _ => stop,
    };
    if is_special {
        let mut file = File::options()
            .write(true)
            .open(&target)
            .map_err(|e| failed(&e))?;
        return work(&mut file).map_err(named);
    }
    let (part, mut file) = Part::create(target, readers).map_err(|error| failed(&error))?;
    let done = work(&mut file).map_err(named)?;
    drop(file);
    part.put_in_place().map_err(|error| failed(&error))?;
    Ok(done)
}

/// Writes a finished output to a file, as [`to_file`] does.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Stop> {
    to_file(path, |file| Ok(io::Write::write_all(file, bytes)?))
}

/// Writes a file that nobody but its owner may read, as [`to_file`] does.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Stop> {
    to_file_for(path, Readers::Owner, |file| {
        Ok(io::Write::write_all(file, bytes)?)
    })
}

/// Sees that no output replaces another one or a file that is read. `is_copy`: the output is a copy of the traces, and an
/// older one in their folder is left out of what is read.
///
/// # Errors
/// If an output would replace what is read, or the map the output.
pub fn keep_apart(
    output: Option<&Path>,
    map: Option<&Path>,
    is_copy: bool,
    discovery: &mut Discovery,
) -> Result<(), Stop> {
    let place = |path: &Path| {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
        Some(folder.join(path.file_name()?))
    };
    if let (Some(output), Some(map)) = (output, map)
        && place(output) == place(map)
    {
        return Err(Stop::usage(format!(
            "{}: the private map would replace the output; give --anonymize-map another file",
            map.display()
        )));
    }
    for path in [output, map].into_iter().flatten() {
        let Ok(own) = path.canonicalize() else {
            continue;
        };
        let is_own = |found: &Found| {
            found
                .on_disk()
                .and_then(|file| file.canonicalize().ok())
                .is_some_and(|file| file == own)
        };
        if !discovery.sources.iter().any(is_own) {
            continue;
        }
        // An older copy of the same folder may be made anew; what else is read is somebody's.
        let member = |found: &Found| found.info.path.contains('!');
        let older_copy = is_copy
            && Some(path) == output
            && discovery.sources.iter().filter(|f| is_own(f)).all(member)
            && !discovery.sources.iter().all(is_own);
        if !older_copy {
            return Err(Stop::usage(format!(
                "{}: this file is read, and the output would replace it; give another file",
                path.display()
            )));
        }
        discovery.sources.retain(|found| !is_own(found));
    }
    Ok(())
}
