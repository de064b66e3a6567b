//! Programs to compare with.

use std::process::{Command, Stdio};

/// The searcher.
pub const RG: &str = "rg";

/// Installs peers that are missing: from crates.io, and from the system's packages where root may.
pub fn install() {
    if !is_there(RG) {
        println!("installs ripgrep: cargo install ripgrep");
        try_to(&["cargo", "install", "--quiet", "ripgrep"]);
    }
    if !is_there("lnav") {
        println!("installs lnav: apt-get install lnav");
        try_to(&["apt-get", "install", "-qq", "-y", "lnav"]);
    }
}

fn is_there(program: &str) -> bool {
    let mut command = Command::new(program);
    let quiet = command
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok()
}

/// What fails is told: its rows are left out then.
fn try_to(command: &[&str]) {
    let status = Command::new(command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .status();
    if !status.is_ok_and(|status| status.success()) {
        println!("`{}` did not work", command.join(" "));
    }
}
