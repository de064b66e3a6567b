//! `swyxtrace install`: an entry in Explorer's "Send to" menu.

use std::path::{Path, PathBuf};

use super::args::Install;
use super::{Stop, exit, machine, write_out};
use crate::model::Lang;

/// The name in the menu.
const LINK: &str = "swyxtrace.lnk";

/// Runs the subcommand.
pub fn run(args: &Install) -> Result<u8, Stop> {
    let lang = machine::lang(args.lang);
    let folder = send_to_folder()?;
    let link = folder.join(LINK);
    let said = if args.remove {
        remove(&link, lang)?
    } else {
        add(&link, lang)?
    };
    write_out(|out| writeln!(out, "{said}"))?;
    Ok(exit::OK)
}

/// Explorer's folder of this user's "Send to" entries.
fn send_to_folder() -> Result<PathBuf, Stop> {
    let folder = std::env::var_os("APPDATA").map(|roaming| {
        Path::new(&roaming)
            .join("Microsoft")
            .join("Windows")
            .join("SendTo")
    });
    match folder {
        Some(folder) if folder.is_dir() => Ok(folder),
        Some(folder) => Err(Stop::usage(format!(
            "{}: there is no such folder; the Send-to menu belongs to Windows' Explorer",
            folder.display()
        ))),
        None => Err(Stop::usage(
            "%APPDATA% is not set: the Send-to menu belongs to Windows' Explorer",
        )),
    }
}

fn add(link: &Path, lang: Lang) -> Result<String, Stop> {
    let program = std::env::current_exe()
        .map_err(|error| Stop::usage(format!("this program's own path is unknown: {error}")))?;
    let failed = |error: &dyn std::fmt::Display| {
        Stop::usage(format!(
            "{}: the entry could not be written: {error}",
            link.display()
        ))
    };
    write_link(&program, link).map_err(|error| failed(&error))?;
    let (link, program) = (link.display(), program.display());
    Ok(match lang {
        Lang::En => format!(
            "{link} now points to {program}: right-click a Traces folder, Send to, swyxtrace. Run this again if the \
             program is moved"
        ),
        Lang::De => format!(
            "{link} zeigt jetzt auf {program}: Rechtsklick auf einen Traces-Ordner, Senden an, swyxtrace. Nach einem \
             Verschieben des Programms bitte wiederholen"
        ),
    })
}

#[cfg(windows)]
fn write_link(program: &Path, link: &Path) -> Result<(), mslnk::MSLinkError> {
    mslnk::ShellLink::new(program)?.create_lnk(link)
}

#[cfg(not(windows))]
fn write_link(_: &Path, _: &Path) -> Result<(), &'static str> {
    Err("only the Windows program can write a shortcut to itself")
}

fn remove(link: &Path, lang: Lang) -> Result<String, Stop> {
    match std::fs::remove_file(link) {
        Ok(()) => Ok(match lang {
            Lang::En => format!("{} is removed", link.display()),
            Lang::De => format!("{} ist entfernt", link.display()),
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(match lang {
            Lang::En => format!("{}: there was no such entry", link.display()),
            Lang::De => format!("{}: einen solchen Eintrag gab es nicht", link.display()),
        }),
        Err(error) => Err(Stop::usage(format!(
            "{}: the entry could not be removed: {error}",
            link.display()
        ))),
    }
}
