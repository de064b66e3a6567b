//! The console window that the program runs in: on Windows it may be its own, and closes with it.

use std::io::IsTerminal;

/// True if this process alone holds the console window: it was started by a double click or a drop, and what it prints
/// is gone when it ends.
#[cfg(windows)]
pub fn owned() -> bool {
    let alone =
        win32console::console::WinConsole::get_process_list().is_ok_and(|list| list.len() == 1);
    alone && std::io::stdout().is_terminal() && std::io::stdin().is_terminal()
}

/// Elsewhere a terminal outlives its programs.
#[cfg(not(windows))]
pub const fn owned() -> bool {
    false
}

/// Makes older Windows consoles obey colour codes; true if they do, or if nothing has to be done.
#[cfg(windows)]
pub fn enable_colour() -> bool {
    anstyle_query::windows::enable_ansi_colors().unwrap_or(true)
}

/// Other terminals know them.
#[cfg(not(windows))]
pub const fn enable_colour() -> bool {
    true
}

/// Waits for one key.
pub fn wait_for_key() {
    // Without a keyboard there is nothing to wait for.
    let _ = console::Term::stderr().read_key();
}

/// Asks for a password without showing it; `None` where nobody can answer or nothing was typed. Where standard input is
/// no terminal, its next line is the answer.
pub fn ask_password(question: &str) -> Option<String> {
    let term = console::Term::stderr();
    term.write_str(question).ok()?;
    if std::io::stdin().is_terminal() {
        if !term.is_term() {
            return None;
        }
        return term
            .read_secure_line()
            .ok()
            .filter(|typed| !typed.is_empty());
    }
    let mut typed = String::new();
    std::io::stdin().read_line(&mut typed).ok()?;
    let _ = term.write_line("");
    let typed = typed.trim_end_matches(['\r', '\n']);
    (!typed.is_empty()).then(|| typed.to_owned())
}
