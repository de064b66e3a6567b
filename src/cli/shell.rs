//! `swyxtrace completions` and `swyxtrace man`: what a shell and `man` want to know of the command line.

use clap::CommandFactory;

use super::args::{Args, Completions};
use super::{Stop, write_out};

/// Writes the completions of a shell.
pub fn completions(args: &Completions) -> Result<u8, Stop> {
    let mut command = Args::command();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "swyxtrace", &mut script);
    write_out(|out| out.write_all(&script))
}

/// Writes the man page: the program, then each subcommand.
pub fn man() -> Result<u8, Stop> {
    let mut command = Args::command();
    command.build();
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        let man = clap_mangen::Man::new(sub.clone());
        page.extend_from_slice(
            format!(".SH \"SWYXTRACE {}\"\n", sub.get_name().to_uppercase()).as_bytes(),
        );
        let mut part = Vec::new();
        man.render_description_section(&mut part)?;
        man.render_options_section(&mut part)?;
        // Sections of a subcommand are sub-sections of the page.
        let part = String::from_utf8_lossy(&part).replace(".SH ", ".SS ");
        page.extend_from_slice(part.as_bytes());
    }
    write_out(|out| out.write_all(&page))
}
