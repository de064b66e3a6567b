//! What holds for every renderer, on reports made by hand.

use super::*;
use crate::model::Lang;

fn rendered(format: Format, report: &Report) -> String {
    let mut out = Vec::new();
    format
        .renderer(Options::default())
        .render(report, &mut out)
        .unwrap();
    String::from_utf8(out).unwrap()
}

/// For people: `cargo test --lib pictures -- --ignored` writes every fixture in every format to the temp folder.
#[test]
#[ignore = "writes files to look at"]
fn pictures_of_every_state_in_every_format() {
    let folder = std::env::temp_dir().join("swyxtrace-pictures");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, report) in fixture::all() {
        for format in Format::ALL {
            let path = folder.join(format!("{name}.{}", format.extension()));
            std::fs::write(path, rendered(format, &report)).unwrap();
        }
    }
}

#[test]
fn a_format_is_found_by_name_and_by_file_ending() {
    for format in Format::ALL {
        assert_eq!(Format::from_name(format.name()), Some(format));
        assert_eq!(
            Format::from_name(&format.extension().to_uppercase()),
            Some(format)
        );
    }
    assert_eq!(Format::from_name("pdf"), None);
}

#[test]
fn a_single_failure_fits_one_screen_of_78_columns() {
    for lang in [Lang::En, Lang::De] {
        let mut report = fixture::failure(lang);
        // The program shows the reasoning in text only where it is asked for.
        report.why.clear();
        let text = rendered(Format::Text, &report);
        assert!(
            text.lines().count() <= 56,
            "{} lines\n{text}",
            text.lines().count()
        );
    }
}

#[test]
fn each_of_the_three_readers_has_a_text_in_every_format() {
    for lang in [Lang::En, Lang::De] {
        let report = fixture::failure(lang);
        let finding = &report.findings[0];
        // Where they are wrapped and marked up, the first words stand together.
        let start = |text: &str| {
            text.split_whitespace()
                .take(3)
                .collect::<Vec<_>>()
                .join(" ")
        };
        for format in Format::ALL {
            let shown = rendered(format, &report);
            let words = shown.split_whitespace().filter(|word| *word != ">");
            let shown = words.collect::<Vec<_>>().join(" ");
            let shown = shown.replace("<code>", "`").replace("</code>", "`");
            for text in [
                &finding.user_text,
                &finding.summary,
                &finding.remedy[0],
                &finding.vendor_text,
            ] {
                assert!(!text.is_empty());
                assert!(shown.contains(&start(text)), "{format:?}: {text}\n{shown}");
            }
        }
    }
}

#[test]
fn no_line_of_text_is_wider_than_asked_and_colour_changes_no_letter() {
    let escapes = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    for (name, report) in fixture::all() {
        let text = rendered(Format::Text, &report);
        for line in text.lines() {
            assert!(layout::width(line) <= 78, "{name}: {line}");
        }
        let options = Options {
            colour: true,
            ..Options::default()
        };
        let mut coloured = Vec::new();
        Format::Text
            .renderer(options)
            .render(&report, &mut coloured)
            .unwrap();
        let coloured = String::from_utf8(coloured).unwrap();
        let plain = escapes.replace_all(&coloured, "").into_owned();
        assert_eq!(plain, text, "{name}");
    }
}

#[test]
fn hostile_text_is_harmless_in_every_format() {
    for format in Format::ALL {
        let text = rendered(format, &fixture::hostile());
        let bad = text.chars().find(|c| *c != '\n' && safe::is_unsafe(*c));
        assert_eq!(bad, None, "{format:?}");
    }
}

#[test]
fn two_thousand_findings_stay_readable_and_none_is_lost_silently() {
    let report = fixture::many(2_000);
    let text = rendered(Format::Text, &report);
    assert!(text.lines().count() < 200);
    assert!(text.contains("1,973 more findings"), "{text}");
    assert!(text.contains("112 more files"));
    assert!(rendered(Format::Markdown, &report).contains("1,910 more findings"));
    assert_eq!(rendered(Format::Jsonl, &report).lines().count(), 2_000);
}

#[test]
fn every_report_is_valid_against_the_schema() {
    let schema = serde_json::from_str(&json_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (name, report) in fixture::all() {
        let document = serde_json::from_str(&rendered(Format::Json, &report)).unwrap();
        assert!(validator.is_valid(&document), "{name}");
    }
}

#[test]
fn a_secret_in_any_field_of_a_report_is_removed() {
    const SECRET: &str = "password=hunter2secret";
    let report = fixture::hostile();
    let json = serde_json::to_string(&report).unwrap();
    // The hostile fixture reaches every field that log text can reach; here each of them holds a secret.
    let mut report = report;
    fixture::plant(&mut report, SECRET);
    let before = serde_json::to_string(&report)
        .unwrap()
        .matches("hunter2secret")
        .count();
    assert!(before > 40, "{before}");
    redact::report(&mut report);
    let after = serde_json::to_string(&report).unwrap();
    assert!(!after.contains("hunter2secret"));
    assert!(json.len() > 1_000);
}

#[test]
fn a_secret_split_over_neighbouring_lines_is_removed() {
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJlT2ZUaGVUb2tlbjE";
    let mut report = fixture::failure(Lang::En);
    let evidence = &mut report.findings[0].evidence[0];
    evidence.text = format!("sent {}\n{}", &token[..30], &token[30..]);
    evidence.line = 5;
    evidence.match_line = 6;
    evidence.excerpt = token[30..].to_owned();
    evidence.after = vec!["next".to_owned()];
    redact::report(&mut report);
    let evidence = &report.findings[0].evidence[0];
    assert_eq!(evidence.text, "sent <JWT alg=HS256>\n");
    assert_eq!(evidence.after, ["next"]);
    assert_eq!(evidence.excerpt, redact::REMOVED);
}
