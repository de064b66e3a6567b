//! Goldens. A new folder in `samples/` needs a folder of the same name here: `UPDATE_EXPECT=1 cargo test` makes it.

use std::fs;
use std::path::PathBuf;

use crate::bench::{self, root};

fn golden(case: &str) -> PathBuf {
    root().join("tests/golden").join(case)
}

#[test]
fn every_sample_gives_its_golden_report_byte_for_byte() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut differing = Vec::new();
    let all = bench::FORMS.into_iter().flat_map(|(form, _, _)| {
        bench::reports(form)
            .iter()
            .map(move |(case, run)| (form, case, run))
    });
    for (form, case, run) in all {
        assert!(
            run.code < 2 || run.code == 4,
            "{case}: exit code {}\n{}",
            run.code,
            run.err
        );
        let path = golden(case).join(form);
        if update {
            fs::create_dir_all(golden(case)).expect("a folder");
            fs::write(&path, &run.out).expect("the golden is written");
        } else if fs::read(&path).ok().as_deref() != Some(&run.out[..]) {
            differing.push((path, run));
        }
    }
    let Some((path, run)) = differing.first() else {
        return;
    };
    let names: Vec<String> = differing
        .iter()
        .map(|(path, _)| path.display().to_string())
        .collect();
    println!(
        "{} goldens differ; UPDATE_EXPECT=1 cargo test writes them anew:\n{}",
        names.len(),
        names.join("\n")
    );
    // Shows the first difference as a diff.
    expect_test::expect_file![path].assert_eq(&run.text());
    panic!("{} differs in its line ends only", path.display());
}

#[test]
fn every_golden_folder_has_its_sample() {
    let Ok(folders) = fs::read_dir(root().join("tests/golden")) else {
        return;
    };
    let samples = bench::samples();
    for entry in folders.filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(
            samples.contains(&name),
            "tests/golden/{name} has no sample; remove it"
        );
    }
}

#[test]
fn every_json_report_is_valid_against_the_schema() {
    for (case, run) in bench::reports("report.json") {
        assert_eq!(
            bench::objections(&run.json()),
            Vec::<String>::new(),
            "{case}"
        );
    }
}
