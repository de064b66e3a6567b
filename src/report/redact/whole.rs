//! Removes secrets from a whole report. Each struct is taken apart field by field, without `..`: whoever adds a field
//! must say here whether it can hold text from a trace.

use std::borrow::Cow;

use super::{REMOVED, secrets};
use crate::model::report::{
    ChainStep, Client, Elsewhere, Evidence, Fact, Finding, Gap, LeftAlone, ProblemReport, Report,
    SourceReport, Uncatalogued, UnparsedLine, Version, Why, Window, Zone,
};

/// Makes a text safe.
type Clean<'a> = &'a dyn for<'t> Fn(&'t str) -> Cow<'t, str>;

/// Removes secrets from every text of the report; called once, before any renderer.
pub fn report(report: &mut Report) {
    report_with(report, &|text| secrets(text));
}

/// Makes every text of the report safe with `with`; ids and words of the grammars are only cleaned of secrets.
pub fn report_with(report: &mut Report, with: Clean<'_>) {
    let Report {
        schema: _,
        schema_version: _,
        tool: _,
        lang: _,
        chain_title,
        window,
        verdict: _,
        headline,
        client: whose,
        chain,
        clients,
        versions,
        findings,
        next_checks,
        sources,
        coverage,
        reply,
        problems,
        why,
        uncatalogued,
        elsewhere,
        facts,
        left_alone,
    } = report;
    facts.iter_mut().for_each(|f| fact(with, f));
    for LeftAlone {
        path,
        why,
        what,
        bytes: _,
    } in left_alone
    {
        clean_all(with, [path, why, what]);
    }
    let Window {
        since: _,
        until: _,
        counted_from: _,
        first_record: _,
        last_record: _,
        records: _,
        text,
    } = window;
    clean(with, text);
    ours([chain_title]);
    clean(with, reply);
    clean(with, headline);
    whose.iter_mut().for_each(|t| clean(with, t));
    chain.iter_mut().for_each(|s| step(with, s));
    clients.iter_mut().for_each(|c| client(with, c));
    for Version {
        product,
        name,
        version,
        source,
        line: _,
    } in versions
    {
        ours([product, version]);
        name.iter_mut().for_each(|name| ours([name]));
        clean(with, source);
    }
    findings.iter_mut().for_each(|f| finding(with, f));
    next_checks.iter_mut().for_each(|t| clean(with, t));
    sources.iter_mut().for_each(|s| read(with, s));
    for Gap { id, text } in coverage {
        ours([id]);
        clean(with, text);
    }
    for ProblemReport {
        source,
        line: _,
        text,
    } in problems
    {
        source.iter_mut().chain([text]).for_each(|t| clean(with, t));
    }
    for Why {
        about,
        counts_for: _,
        text,
    } in why
    {
        ours([about]);
        clean(with, text);
    }
    for Uncatalogued {
        template,
        count: _,
        example,
        stage,
    } in uncatalogued
    {
        stage.iter_mut().for_each(|t| ours([t]));
        clean(with, template);
        evidence(with, example);
    }
    for Elsewhere {
        rule,
        endpoint,
        count: _,
        first_seen: _,
        last_seen: _,
        example,
    } in elsewhere
    {
        ours([rule]);
        endpoint.iter_mut().for_each(|t| clean(with, t));
        evidence(with, example);
    }
}

fn clean(with: Clean<'_>, text: &mut String) {
    if let Cow::Owned(safe) = with(text) {
        *text = safe;
    }
}

fn clean_all<const N: usize>(with: Clean<'_>, texts: [&mut String; N]) {
    texts.into_iter().for_each(|t| clean(with, t));
}

fn fact(with: Clean<'_>, fact: &mut Fact) {
    let Fact {
        kind,
        text,
        values,
        source,
        line: _,
        client,
        matters: _,
    } = fact;
    ours([kind]);
    clean_all(with, [text, source, client]);
    values.values_mut().for_each(|t| clean(with, t));
}

/// Ids and fixed words: no identity can stand in them, and a name that is the same word must not change them.
fn ours<const N: usize>(texts: [&mut String; N]) {
    clean_all(&|text| secrets(text), texts);
}

fn step(with: Clean<'_>, step: &mut ChainStep) {
    let ChainStep {
        stage,
        title,
        short,
        from,
        to,
        status: _,
        proof: _,
        at: _,
        endpoint,
        finding,
    } = step;
    ours([stage, title, short, from, to]);
    finding.iter_mut().for_each(|t| ours([t]));
    endpoint.iter_mut().for_each(|t| clean(with, t));
}

fn client(with: Clean<'_>, client: &mut Client) {
    let Client {
        name,
        verdict: _,
        attempts,
    } = client;
    clean(with, name);
    // Sources and endpoints are theirs; ids of findings and the words of the chain are ours.
    attempts.change(|text| ours([text]), |text| clean(with, text));
}

fn finding(with: Clean<'_>, finding: &mut Finding) {
    let Finding {
        id,
        class,
        class_title,
        cause,
        rule,
        rules,
        stage,
        severity: _,
        confidence: _,
        confidence_because,
        basis,
        role: _,
        follows_from,
        title,
        summary,
        remedy,
        user_text,
        vendor_text,
        count: _,
        first_seen: _,
        last_seen: _,
        clock,
        recovered_at: _,
        endpoint,
        clients,
        details,
        contradictions,
        evidence: records,
        next_checks,
        references,
    } = finding;
    ours([id, class, class_title, cause, rule, stage, basis]);
    rules
        .iter_mut()
        .chain(references)
        .chain(follows_from)
        .for_each(|t| ours([t]));
    clean_all(with, [title, summary, user_text, vendor_text]);
    for list in [
        confidence_because,
        remedy,
        clients,
        details,
        contradictions,
        next_checks,
    ] {
        list.iter_mut().for_each(|t| clean(with, t));
    }
    clock
        .iter_mut()
        .chain(endpoint)
        .for_each(|t| clean(with, t));
    records.iter_mut().for_each(|e| evidence(with, e));
}

/// The record and its neighbours are cleaned as one text, so that a secret that is split over them is seen whole.
fn evidence(with: Clean<'_>, evidence: &mut Evidence) {
    let Evidence {
        source,
        line,
        match_line,
        time: _,
        clock: _,
        stamp,
        level: _,
        text,
        excerpt,
        words: _,
        lead,
        before,
        after,
    } = evidence;
    let telling = usize::try_from(match_line.saturating_sub(*line)).unwrap_or(usize::MAX);
    let was_line = text.split('\n').nth(telling) == Some(excerpt.as_str());
    let lead = std::mem::take(lead);
    neighbourhood(with, &lead, text, before, after);
    match text.split('\n').nth(telling) {
        // The line was the rest of a secret that starts above it.
        Some("") if was_line => REMOVED.clone_into(excerpt),
        Some(cleaned) if was_line => cleaned.clone_into(excerpt),
        _ => clean(with, excerpt),
    }
    clean(with, source);
    stamp.iter_mut().for_each(|t| clean(with, t));
}

/// `lead`: what stands above, where a secret may begin.
fn neighbourhood(
    with: Clean<'_>,
    lead: &[String],
    text: &mut String,
    before: &mut [String],
    after: &mut [String],
) {
    let parts: Vec<&str> = lead
        .iter()
        .chain(before.iter())
        .chain([&*text])
        .chain(after.iter())
        .map(String::as_str)
        .collect();
    let joined = parts.join("\n");
    let Cow::Owned(joined) = with(&joined) else {
        return;
    };
    // Line ends inside a removed secret stay, so the parts have as many lines as they had.
    let counts: Vec<usize> = parts
        .iter()
        .map(|part| part.matches('\n').count() + 1)
        .collect();
    let mut lines = joined.split('\n');
    let cleaned: Vec<String> = counts
        .into_iter()
        .map(|count| lines.by_ref().take(count).collect::<Vec<_>>().join("\n"))
        .collect();
    let shown = before.iter_mut().chain([text]).chain(after);
    for (part, safe) in shown.zip(cleaned.into_iter().skip(lead.len())) {
        *part = safe;
    }
}

fn read(with: Clean<'_>, source: &mut SourceReport) {
    let SourceReport {
        path,
        program,
        format,
        format_basis,
        encoding: _,
        zone:
            Zone {
                name,
                basis,
                confidence: _,
                because,
            },
        bytes: _,
        lines: _,
        records: _,
        continuations: _,
        unparsed: _,
        unparsed_first,
        first: _,
        last: _,
        out_of_order: _,
        levels: _,
        minutes: _,
        facts: _,
        out_of_scope: _,
        problems,
    } = source;
    ours([format, format_basis, name, basis]);
    program.iter_mut().for_each(|t| ours([t]));
    clean(with, path);
    problems
        .iter_mut()
        .chain(because)
        .for_each(|t| clean(with, t));
    for UnparsedLine { line: _, text } in unparsed_first {
        clean(with, text);
    }
}
