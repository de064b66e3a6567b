// The library in another program: which step of the login failed? `cargo run --example embed -- samples/server_refused`
#![allow(missing_docs, clippy::print_stdout)] // an example

use swyxtrace::discover::{DiscoverOptions, Place, discover};
use swyxtrace::grammar::Catalog;
use swyxtrace::grammar::catalog::Files;
use swyxtrace::model::Lang;
use swyxtrace::pipeline::{Progress, Settings, analyze};

fn main() {
    let path = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "samples/server_refused".into());
    let catalog = Catalog::load(Files::new()).expect("the built-in grammars load");
    let found = discover(
        &[Place::from(std::path::PathBuf::from(path))],
        &DiscoverOptions::of(&catalog.chain),
    );
    let progress = Progress::default();
    let report = analyze(&Settings::new(&catalog, Lang::En, &progress), &found).report;
    for finding in &report.findings {
        println!(
            "{}: {} ({:?})",
            finding.stage, finding.title, finding.confidence
        );
    }
}
