//! What fuzzing found stays mended: every input of `fuzz/regressions` runs through its target once more.

#[path = "../../fuzz/src/lib.rs"]
#[allow(dead_code)] // cargo-fuzz uses the rest
mod targets;

use std::fs;
use std::time::{Duration, Instant};

use crate::bench::root;

#[test]
fn inputs_that_fuzzing_found_stay_mended() {
    for (name, target) in targets::TARGETS {
        target(b"");
        let Ok(entries) = fs::read_dir(root().join("fuzz/regressions").join(name)) else {
            continue;
        };
        for entry in entries.filter_map(Result::ok) {
            let input = fs::read(entry.path()).expect("an input");
            let begin = Instant::now();
            target(&input);
            // A second for 64 kB is the bar of an optimised build; this one is none, and shares its computer.
            let bar = Duration::from_secs(20 * (1 + input.len() as u64 / 65_536));
            assert!(
                begin.elapsed() < bar,
                "{} takes {:?}",
                entry.path().display(),
                begin.elapsed()
            );
        }
    }
}

#[test]
fn every_target_takes_the_start_of_a_sample_and_a_grammar_file() {
    let trace = fs::read(root().join("samples/port_5000_collision/SwyxMessenger-2020-08-10.log"))
        .expect("a sample");
    let rule = targets::grammar_files()
        .into_iter()
        .next()
        .expect("a file")
        .1;
    for (_, target) in targets::TARGETS {
        target(&trace[..trace.len().min(4_000)]);
        target(rule.as_bytes());
    }
    targets::pattern(b"{stamp} {level:word} {message:rest}\x002020-08-10 11:16:29.123 INFO x");
    targets::stamps(b"%Y-%m-%d %H:%M:%S%.f\x002020-08-10 11:16:29.123 x");
}

/// The names in `fuzz/Cargo.toml` are those of the targets.
#[test]
fn every_target_has_its_binary() {
    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).expect("a manifest");
    for (name, _) in targets::TARGETS {
        assert!(
            manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")),
            "{name}"
        );
        assert!(
            root().join(format!("fuzz/fuzz_targets/{name}.rs")).exists(),
            "{name}"
        );
    }
}
