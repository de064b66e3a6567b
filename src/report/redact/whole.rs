//! Removes secrets from a whole report. Each struct is taken apart field by field, without `..`: whoever adds a field
//! must say here whether it can hold text from a trace.

use std::borrow::Cow;

use super::{REMOVED, secrets};
use crate::model::report::{
    Attempt, ChainStep, Client, Evidence, Finding, Gap, ProblemReport, Report, SourceReport,
    Uncatalogued, UnparsedLine, Version, Why, Window, Zone,
};

/// Removes secrets from every text of the report; called once, before any renderer.
pub fn report(report: &mut Report) {
    let Report {
        schema: _,
        schema_version: _,
        tool: _,
        lang: _,
        chain_title,
        window,
        verdict: _,
        headline,
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
    } = report;
    let Window {
        since: _,
        until: _,
        counted_from: _,
        first_record: _,
        last_record: _,
        records: _,
        text,
    } = window;
    clean(text);
    clean(chain_title);
    clean(reply);
    clean(headline);
    chain.iter_mut().for_each(step);
    clients.iter_mut().for_each(client);
    for Version {
        product,
        version,
        source,
        line: _,
    } in versions
    {
        clean_all([product, version, source]);
    }
    findings.iter_mut().for_each(finding);
    next_checks.iter_mut().for_each(clean);
    sources.iter_mut().for_each(read);
    for Gap { id, text } in coverage {
        clean_all([id, text]);
    }
    for ProblemReport {
        source,
        line: _,
        text,
    } in problems
    {
        source.iter_mut().chain([text]).for_each(clean);
    }
    for Why {
        about,
        counts_for: _,
        text,
    } in why
    {
        clean_all([about, text]);
    }
    for Uncatalogued {
        template,
        count: _,
        example,
        stage,
    } in uncatalogued
    {
        stage.iter_mut().chain([template]).for_each(clean);
        evidence(example);
    }
}

fn clean(text: &mut String) {
    if let Cow::Owned(safe) = secrets(text) {
        *text = safe;
    }
}

fn clean_all<const N: usize>(texts: [&mut String; N]) {
    texts.into_iter().for_each(clean);
}

fn step(step: &mut ChainStep) {
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
    clean_all([stage, title, short, from, to]);
    endpoint.iter_mut().chain(finding).for_each(clean);
}

fn client(client: &mut Client) {
    let Client {
        name,
        verdict: _,
        attempts,
    } = client;
    clean(name);
    for Attempt {
        start: _,
        end: _,
        verdict: _,
        chain,
        findings,
    } in attempts
    {
        chain.iter_mut().for_each(step);
        findings.iter_mut().for_each(clean);
    }
}

fn finding(finding: &mut Finding) {
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
        recovered_at: _,
        endpoint,
        clients,
        details,
        contradictions,
        evidence: records,
        next_checks,
        references,
    } = finding;
    clean_all([
        id,
        class,
        class_title,
        cause,
        rule,
        stage,
        basis,
        title,
        summary,
        user_text,
        vendor_text,
    ]);
    for list in [
        rules,
        confidence_because,
        remedy,
        clients,
        details,
        contradictions,
        next_checks,
        references,
    ] {
        list.iter_mut().for_each(clean);
    }
    follows_from.iter_mut().chain(endpoint).for_each(clean);
    records.iter_mut().for_each(evidence);
}

/// The record and its neighbours are cleaned as one text, so that a secret that is split over them is seen whole.
fn evidence(evidence: &mut Evidence) {
    let Evidence {
        source,
        line,
        match_line,
        time: _,
        stamp,
        level: _,
        text,
        excerpt,
        before,
        after,
    } = evidence;
    let telling = usize::try_from(match_line.saturating_sub(*line)).unwrap_or(usize::MAX);
    let was_line = text.split('\n').nth(telling) == Some(excerpt.as_str());
    neighbourhood(text, before, after);
    match text.split('\n').nth(telling) {
        // The line was the rest of a secret that starts above it.
        Some("") if was_line => REMOVED.clone_into(excerpt),
        Some(cleaned) if was_line => cleaned.clone_into(excerpt),
        _ => clean(excerpt),
    }
    clean(source);
    stamp.iter_mut().for_each(clean);
}

fn neighbourhood(text: &mut String, before: &mut [String], after: &mut [String]) {
    let parts: Vec<&str> = before
        .iter()
        .chain([&*text])
        .chain(after.iter())
        .map(String::as_str)
        .collect();
    let joined = parts.join("\n");
    let Cow::Owned(joined) = secrets(&joined) else {
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
    for (part, safe) in before.iter_mut().chain([text]).chain(after).zip(cleaned) {
        *part = safe;
    }
}

fn read(source: &mut SourceReport) {
    let SourceReport {
        path,
        program,
        format,
        format_basis,
        encoding: _,
        zone: Zone { name, basis },
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
        out_of_scope: _,
        problems,
    } = source;
    clean_all([path, format, format_basis, name, basis]);
    program.iter_mut().chain(problems).for_each(clean);
    for UnparsedLine { line: _, text } in unparsed_first {
        clean(text);
    }
}
