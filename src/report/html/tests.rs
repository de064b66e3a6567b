//! What the page promises: nothing runs, nothing is loaded, everything is there.

use super::*;
use crate::report::fixture;

fn page(report: &Report) -> String {
    let mut out = Vec::new();
    Html.render(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_policy_names_the_hash_of_the_one_style_sheet() {
    assert_eq!(base64(b"a"), "YQ==");
    assert_eq!(
        base64(&Sha256::digest(b"")),
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    );
    let html = page(&fixture::healthy());
    assert!(html.contains(&format!("style-src '{}'", *STYLE_HASH)));
    assert_eq!(html.matches("<style>").count(), 1);
}

#[test]
fn nothing_in_a_page_runs_or_loads_even_with_hostile_text() {
    let tag = regex::Regex::new(r"<([a-zA-Z]+)([^>]*)>").unwrap();
    let attribute =
        regex::Regex::new(r"(?i)\s(on\w+|src|style|srcset|action|formaction)\s*=").unwrap();
    let link = regex::Regex::new(r#"href="([^"]*)""#).unwrap();
    for (name, report) in fixture::all() {
        let html = page(&report);
        // `scripts/browser/check.mjs` looks at them in a browser.
        if let Some(folder) = std::env::var_os("SWYXTRACE_PAGES") {
            let folder = std::path::Path::new(&folder);
            std::fs::create_dir_all(folder).unwrap();
            std::fs::write(folder.join(format!("{name}.html")), &html).unwrap();
        }
        let body = &html[html.find("</style>").unwrap()..];
        for found in tag.captures_iter(body) {
            let element = found[1].to_ascii_lowercase();
            assert!(
                ![
                    "script", "img", "iframe", "object", "embed", "link", "form", "base"
                ]
                .contains(&element.as_str()),
                "{name}: {}",
                &found[0]
            );
            let quoted = regex_free_of_quotes(&found[2]);
            assert!(!attribute.is_match(&quoted), "{name}: {}", &found[0]);
        }
        for found in link.captures_iter(body) {
            assert!(
                found[1].starts_with('#') || found[1].starts_with("http"),
                "{name}: {}",
                &found[0]
            );
        }
    }
}

/// The attributes of a tag without their values.
fn regex_free_of_quotes(attributes: &str) -> String {
    attributes
        .split('"')
        .step_by(2)
        .collect::<Vec<_>>()
        .join("\"")
}

#[test]
fn a_typical_page_is_small_and_two_thousand_findings_stay_sane() {
    let typical = page(&fixture::failure(Lang::De));
    assert!(typical.len() < 60_000, "{}", typical.len());
    let many = page(&fixture::many(2_000));
    assert!(many.len() < 1_500_000, "{}", many.len());
    assert!(many.contains("F2000"));
}

#[test]
fn the_page_speaks_the_language_of_the_report() {
    assert!(page(&fixture::failure(Lang::De)).contains("<html lang=\"de\">"));
    assert!(page(&fixture::failure(Lang::De)).contains("Schritte"));
}

/// WCAG's contrast of two colours written as `#rgb` or `#rrggbb`.
fn contrast(one: &str, two: &str) -> f64 {
    let luminance = |colour: &str| {
        let hex = colour.trim_start_matches('#');
        let hex: String = if hex.len() == 3 {
            hex.chars().flat_map(|c| [c, c]).collect()
        } else {
            hex.to_owned()
        };
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
    };
    let (a, b) = (luminance(one), luminance(two));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn text_has_the_contrast_that_wcag_aa_asks_for_in_both_themes() {
    let variable = regex::Regex::new(r"--([a-z-]+):(#[0-9a-f]+)").unwrap();
    for theme in STYLE.split(":root{").skip(1).take(2) {
        let block = &theme[..theme.find('}').unwrap()];
        let colours: std::collections::HashMap<&str, &str> = variable
            .captures_iter(block)
            .map(|c| c.extract::<2>().1)
            .map(|[name, value]| (name, value))
            .collect();
        let mut pairs = vec![("ink", "bg"), ("muted", "bg"), ("link", "bg")];
        for name in ["ink", "muted", "link", "bad", "warn", "good", "open"] {
            pairs.extend([(name, "card"), (name, "code")]);
        }
        for name in ["bad", "warn", "good", "open"] {
            pairs.push((name, "on"));
        }
        pairs.extend([
            ("bad", "bad-bg"),
            ("warn", "warn-bg"),
            ("good", "good-bg"),
            ("open", "open-bg"),
            ("ink", "good-bg"),
            ("ink", "warn-bg"),
            ("ink", "bad-bg"),
        ]);
        for (text, ground) in pairs {
            let ratio = contrast(colours[text], colours[ground]);
            assert!(ratio >= 4.5, "{text} on {ground}: {ratio:.2}");
        }
    }
}

#[test]
fn a_stamp_that_is_a_number_is_told_as_a_time() {
    let mut report = fixture::failure(crate::model::Lang::En);
    let shown = |report: &Report| page(report).contains("</code> <span>2020-08-10 11:16:2");
    for evidence in report.findings.iter_mut().flat_map(|f| &mut f.evidence) {
        evidence.stamp = Some("1597050989".to_owned());
    }
    assert!(shown(&report));
    for evidence in report.findings.iter_mut().flat_map(|f| &mut f.evidence) {
        evidence.time = None;
    }
    assert!(!shown(&report));
    assert!(page(&report).contains("</code> <span>1597050989</span>"));
}

#[test]
fn every_tag_is_closed() {
    let tag = regex::Regex::new(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^>]*?(/?)>").unwrap();
    for (name, report) in fixture::all() {
        let html = page(&report);
        let mut open = Vec::new();
        for found in tag.captures_iter(&html) {
            let element = found[2].to_owned();
            if ["meta", "br"].contains(&element.as_str()) || !found[3].is_empty() {
                continue;
            }
            if found[1].is_empty() {
                open.push(element);
            } else {
                assert_eq!(
                    open.pop().as_ref(),
                    Some(&element),
                    "{name}: {}",
                    &html[found.get(0).unwrap().start().saturating_sub(80)..][..120]
                );
            }
        }
        assert!(open.is_empty(), "{name}: {open:?}");
    }
}

#[test]
fn a_broken_rung_leads_to_its_finding_in_the_picture_and_in_the_list() {
    for (name, report) in fixture::all() {
        let html = page(&report);
        let picture = html.split("<svg class=\"ladder\"").nth(1);
        let Some(picture) = picture.and_then(|rest| rest.split("</svg>").next()) else {
            assert!(report.chain.is_empty(), "{name}");
            continue;
        };
        let list = html
            .split("<ol class=\"steps\">")
            .nth(1)
            .unwrap_or_default();
        for id in report.chain.iter().filter_map(|step| step.finding.as_ref()) {
            let link = format!("href=\"#{}\"", markup::Anchor(id));
            assert!(picture.contains(&link), "{name}: {id}");
            assert!(list.contains(&link), "{name}: {id}");
        }
    }
}
