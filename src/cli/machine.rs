//! What the library may not ask for itself: environment, clock, terminal, system language and zone.

use std::io::IsTerminal;
use std::path::PathBuf;

use super::args::LangArg;
use crate::grammar::chain::Chain;
use crate::model::Lang;
use crate::scan::place::ZoneOf;

/// The zone where neither the user nor the system says one.
const DEFAULT_ZONE: chrono_tz::Tz = chrono_tz::Europe::Berlin;

/// The language: the user's choice, else the system's.
pub fn lang(arg: Option<LangArg>) -> Lang {
    match arg {
        Some(LangArg::En) => Lang::En,
        Some(LangArg::De) => Lang::De,
        None => match sys_locale::get_locale() {
            Some(locale) if locale.to_lowercase().starts_with("de") => Lang::De,
            _ => Lang::En,
        },
    }
}

/// The zone of stamps without one: value, name, basis.
pub fn zone(arg: Option<&str>) -> Result<(ZoneOf, String, &'static str), String> {
    if let Some(text) = arg {
        return parse_zone(text).map(|zone| (zone, text.to_owned(), "option")).ok_or_else(|| {
            format!("`{text}` is no zone: write an IANA name (Europe/Berlin), an offset (+02:00) or UTC")
        });
    }
    let named = std::env::var("TZ")
        .ok()
        .and_then(|tz| tz.trim_start_matches(':').parse().ok());
    let system = named.or_else(|| {
        iana_time_zone::get_timezone()
            .ok()
            .and_then(|name| name.parse().ok())
    });
    Ok(match system {
        Some(zone) => (ZoneOf::Named(zone), zone.name().to_owned(), "system"),
        None => (
            ZoneOf::Named(DEFAULT_ZONE),
            DEFAULT_ZONE.name().to_owned(),
            "default",
        ),
    })
}

fn parse_zone(text: &str) -> Option<ZoneOf> {
    if text.eq_ignore_ascii_case("utc") || text.eq_ignore_ascii_case("z") {
        return Some(ZoneOf::Named(chrono_tz::UTC));
    }
    let named = chrono_tz::TZ_VARIANTS
        .iter()
        .find(|zone| zone.name().eq_ignore_ascii_case(text));
    if let Some(zone) = named {
        return Some(ZoneOf::Named(*zone));
    }
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some((h, m)) => (h.parse::<i32>().ok()?, m.parse::<i32>().ok()?),
        None if digits.len() == 4 => (digits[..2].parse().ok()?, digits[2..].parse().ok()?),
        None => (digits.parse().ok()?, 0),
    };
    if hours > 14 || minutes > 59 || hours < 0 || minutes < 0 {
        return None;
    }
    chrono::FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60)).map(ZoneOf::Fixed)
}

/// The clock, in nanoseconds UTC.
pub fn now() -> i64 {
    chrono::Utc::now().timestamp_nanos_opt().unwrap_or(0)
}

/// True if standard output is a terminal that may be coloured.
pub fn colour() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    !refused
        && std::env::var_os("TERM").is_none_or(|t| t != "dumb")
        && std::io::stdout().is_terminal()
        && super::console::enable_colour()
}

/// The Traces folders of this user, as the chain lists them: (folder, only files of known programs).
pub fn traces_folders(chain: &Chain) -> Vec<(PathBuf, bool)> {
    let mut folders = possible_folders(chain);
    folders.retain(|(path, _)| path.is_dir());
    folders
}

/// The Traces folders that this user has or may have one day: (folder, only files of known programs).
pub fn possible_folders(chain: &Chain) -> Vec<(PathBuf, bool)> {
    let mut folders: Vec<(PathBuf, bool)> = Vec::new();
    let mut seen = Vec::new();
    for folder in &chain.folders {
        let Some(path) = expand(&folder.path) else {
            continue;
        };
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        if !seen.contains(&real) {
            seen.push(real);
            folders.push((path, folder.only_programs));
        }
    }
    folders
}

/// The folder with this user's own grammars, whether it is there or not; `None` where the system says no home.
pub fn grammars_folder() -> Option<PathBuf> {
    let set = |name: &str| {
        let value = std::env::var_os(name).filter(|value| !value.is_empty());
        value.map(PathBuf::from).filter(|path| path.is_absolute())
    };
    let settings = if cfg!(windows) {
        set("APPDATA")
    } else {
        set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")))
    };
    settings.map(|folder| folder.join("swyxtrace").join("grammars"))
}

/// Where the Traces folders would be, for the sentence that says there is none.
pub fn traces_places(chain: &Chain) -> Vec<String> {
    chain.folders.iter().map(|f| f.path.clone()).collect()
}

/// Replaces `%NAME%` by environment variables; `None` where one is missing.
pub(super) fn expand(path: &str) -> Option<PathBuf> {
    let mut out = String::new();
    for (index, part) in path.split('%').enumerate() {
        if index % 2 == 1 {
            out.push_str(&std::env::var(part).ok().filter(|v| !v.is_empty())?);
        } else {
            out.push_str(part);
        }
    }
    if std::path::MAIN_SEPARATOR == '/' {
        if out.as_bytes().get(1) == Some(&b':') {
            return None;
        }
        out = out.replace('\\', "/");
    }
    Some(PathBuf::from(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_names_or_offsets() {
        assert!(matches!(
            parse_zone("europe/berlin"),
            Some(ZoneOf::Named(chrono_tz::Europe::Berlin))
        ));
        assert_eq!(
            parse_zone("+02:00"),
            chrono::FixedOffset::east_opt(7200).map(ZoneOf::Fixed)
        );
        assert_eq!(
            parse_zone("-0330"),
            chrono::FixedOffset::east_opt(-12600).map(ZoneOf::Fixed)
        );
        assert_eq!(parse_zone("Mars/Olympus"), None);
        assert_eq!(parse_zone("+99"), None);
    }
}
