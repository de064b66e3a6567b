//! All fixed words of the renderers, English and German side by side: one table, one line a word.

use crate::model::report::{Confidence, Proof, Role, Severity, Status, Verdict};
use crate::model::{Lang, Level};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident: $en:literal, $de:literal;)*) => {
        /// The words of one language.
        #[derive(Debug)]
        #[allow(missing_docs)]
        pub struct Words {
            $($(#[$doc])* pub $name: &'static str,)*
        }
        const ENGLISH: Words = Words { $($name: $en,)* };
        const GERMAN: Words = Words { $($name: $de,)* };
    };
}

words! {
    // verdicts
    failure: "FAILURE", "FEHLER";
    recovered: "RECOVERED", "WIEDER IN ORDNUNG";
    healthy: "HEALTHY", "IN ORDNUNG";
    insufficient: "NOT ENOUGH EVIDENCE", "NICHT BEURTEILBAR";
    // states of a stage
    status_ok: "ok", "ok";
    status_failed: "FAILED", "FEHLER";
    status_recovered: "recovered", "wieder ok";
    status_not_reached: "not reached", "nicht erreicht";
    status_unknown: "unknown", "unbekannt";
    implied: "implied", "erschlossen";
    proof_seen: "seen in the trace", "im Trace belegt";
    proof_implied: "implied by a later step", "aus einem späteren Schritt erschlossen";
    // severities, confidences, roles
    critical: "critical", "kritisch";
    error: "error", "Fehler";
    warning: "warning", "Warnung";
    info: "info", "Hinweis";
    possible: "possible", "möglich";
    likely: "likely", "wahrscheinlich";
    certain: "certain", "sicher";
    cause: "cause", "Ursache";
    consequence: "consequence", "Folgefehler";
    // levels in the picture
    level_trace: "trace", "Trace";
    level_debug: "debug", "Debug";
    level_info: "info", "Info";
    level_warn: "warning", "Warnung";
    level_error: "error", "Fehler";
    level_fatal: "fatal", "schwerer Fehler";
    // headings
    report_title: "Trace report", "Trace-Bericht";
    chain: "Stages", "Schritte";
    findings: "Findings", "Befunde";
    other_findings: "Further findings", "Weitere Befunde";
    consequences: "Consequences", "Folgefehler";
    evidence: "Evidence", "Beleg";
    remedy: "What to do", "Abhilfe";
    against: "Speaks against it", "Spricht dagegen";
    next_checks: "Check next", "Als Nächstes prüfen";
    ready_reply: "Reply to the customer", "Antwort an den Kunden";
    please_send: "Please send", "Bitte nachreichen";
    facts_beside: "What the package says beside the traces", "Was das Paket neben den Traces sagt";
    more_facts: "more facts", "weitere Angaben";
    left_alone: "Left alone", "Nicht gelesen";
    was_read: "What was read", "Was gelesen wurde";
    was_not: "What was not read, or is missing", "Was fehlt oder nicht gelesen wurde";
    nothing_missing: "Nothing is missing: all files were read in full.", "Es fehlt nichts: Alle Dateien wurden vollständig gelesen.";
    uncatalogued: "Errors that no rule explains", "Fehler, die keine Regel erklärt";
    elsewhere: "Failures elsewhere", "Fehler an anderer Stelle";
    judges_no_step: "No step is judged by these: they name other addresses, or none beside a session that was open.", "Nach diesen wird kein Schritt beurteilt: Sie nennen andere Adressen oder bei offener Sitzung gar keine.";
    start_a_rule: "A rule to start from", "Eine Regel als Anfang";
    why: "Why this verdict", "Warum dieses Urteil";
    clients: "Clients", "Clients";
    attempts: "Attempts", "Versuche";
    over_time: "Over time", "Zeitlicher Verlauf";
    versions: "Versions", "Versionen";
    contents: "Contents", "Inhalt";
    // while traces are watched
    new_attempt: "new attempt", "neuer Versuch";
    file_appeared: "new file", "neue Datei";
    file_replaced: "file begun anew", "Datei neu begonnen";
    file_gone: "file is gone", "Datei ist verschwunden";
    // the three readers
    for_user: "For the user", "Für den Anwender";
    for_admin: "For the administrator", "Für den Administrator";
    for_vendor: "For the vendor's support", "Für den Support des Herstellers";
    tell_user: "Tell the user", "Auskunft für den Anwender";
    // table heads and labels
    stage: "Stage", "Schritt";
    state: "State", "Zustand";
    time: "Time", "Zeit";
    endpoint: "Endpoint", "Gegenstelle";
    from_to: "From → to", "Von → nach";
    finding: "Finding", "Befund";
    severity: "Severity", "Schwere";
    confidence: "Confidence", "Sicherheit";
    class: "Class", "Klasse";
    rule: "Rule", "Regel";
    basis: "Basis", "Grundlage";
    file: "File", "Datei";
    line: "line", "Zeile";
    program: "Program", "Programm";
    format: "Format", "Format";
    encoding: "Encoding", "Kodierung";
    zone: "Zone", "Zeitzone";
    lines: "Lines", "Zeilen";
    records: "Records", "Einträge";
    period: "Period", "Zeitraum";
    count: "Count", "Anzahl";
    title: "Title", "Titel";
    client: "Client", "Client";
    verdict: "Verdict", "Urteil";
    references: "References", "Quellen";
    surroundings: "Whole record and surrounding lines", "Ganzer Eintrag mit umgebenden Zeilen";
    cut: "… (cut)", "… (gekürzt)";
    speaks_for: "for", "dafür";
    speaks_against: "against", "dagegen";
    // phrases
    to: "to", "bis";
    at_stage: "stage", "Schritt";
    follows_from: "follows from", "folgt aus";
    recovered_at: "made up for by a later success at", "durch späteren Erfolg behoben um";
    clock: "clock", "Uhr";
    one_record: "record", "Eintrag";
    many_records: "records", "Einträge";
    one_line: "line", "Zeile";
    many_lines: "lines", "Zeilen";
    unparsed: "not readable", "nicht lesbar";
    out_of_order: "out of order", "in falscher Reihenfolge";
    out_of_scope: "does not belong to the chain", "gehört nicht zur Kette";
    no_time: "no time", "ohne Zeit";
    times_in: "times in", "Zeiten in";
    declared: "declared", "bekannt";
    learned: "learned", "gelernt";
    plain: "no layout found", "kein Aufbau erkannt";
    forced: "as told", "vorgegeben";
    zone_option: "as told", "vorgegeben";
    zone_system: "of this computer", "dieses Rechners";
    zone_default: "assumed", "angenommen";
    zone_in_text: "as written in the trace", "steht im Trace";
    zone_format: "of the format", "laut Format";
    zone_inferred: "inferred", "erschlossen";
    basis_vendor: "said by the vendor", "Angabe des Herstellers";
    basis_framework: "text or number of the runtime", "Text oder Nummer der Laufzeitumgebung";
    basis_third_party: "third-party knowledge", "Wissen Dritter";
    basis_inferred: "our conclusion", "eigene Schlussfolgerung";
    more_findings: "more findings", "weitere Befunde";
    more_sources: "more files", "weitere Dateien";
    more_entries: "more", "weitere";
    older_attempts: "older attempts", "ältere Versuche";
    in_full_in: "all of them with --format json", "vollständig mit --format json";
    no_findings: "No failure was found.", "Es wurde kein Fehler gefunden.";
    only_elsewhere: "No failure of a step was found, but failures elsewhere: see below.", "Es wurde kein Fehler eines Schritts gefunden, aber Fehler an anderer Stelle: siehe unten.";
    no_sources: "No file was read.", "Es wurde keine Datei gelesen.";
    window: "Window", "Zeitfenster";
    made_by: "Made by", "Erstellt mit";
    legend_records: "records", "Einträge";
    legend_warnings: "warnings", "Warnungen";
    legend_errors: "errors", "Fehler";
    each_bucket: "one column =", "eine Spalte =";
    minutes: "min", "min";
    seconds: "s", "s";
    hours: "h", "h";
    days: "d", "T";
    decisive_attempt: "The attempt that decides the verdict", "Der Versuch, der das Urteil bestimmt";
    ladder_label: "Who asked whom, from top to bottom; the broken rung is marked", "Wer wen fragte, von oben nach unten; die gebrochene Sprosse ist markiert";
    timeline_label: "Records over time, one lane per file; findings are marked", "Einträge über die Zeit, eine Spur je Datei; Befunde sind markiert";
    skip: "Skip to the findings", "Zu den Befunden springen";
    offline: "This file loads nothing and runs nothing.", "Diese Datei lädt nichts nach und führt nichts aus.";
    one_attempt: "an attempt", "ein Versuch";
    first_finding: "first record of a finding", "erster Eintrag eines Befunds";
}

impl Words {
    /// The words of that language.
    pub const fn of(lang: Lang) -> &'static Self {
        match lang {
            Lang::En => &ENGLISH,
            Lang::De => &GERMAN,
        }
    }

    /// The overall verdict.
    pub const fn verdict(&self, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Failure => self.failure,
            Verdict::Recovered => self.recovered,
            Verdict::Healthy => self.healthy,
            Verdict::Insufficient => self.insufficient,
        }
    }

    /// The state of a stage.
    pub const fn status(&self, status: Status) -> &'static str {
        match status {
            Status::Ok => self.status_ok,
            Status::Failed => self.status_failed,
            Status::Recovered => self.status_recovered,
            Status::NotReached => self.status_not_reached,
            Status::Unknown => self.status_unknown,
        }
    }

    /// How a passed stage is known to be passed.
    pub const fn proof(&self, proof: Proof) -> &'static str {
        match proof {
            Proof::Seen => self.proof_seen,
            Proof::Implied => self.proof_implied,
        }
    }

    /// How bad.
    pub const fn severity_of(&self, severity: Severity) -> &'static str {
        match severity {
            Severity::Critical => self.critical,
            Severity::Error => self.error,
            Severity::Warning => self.warning,
            Severity::Info => self.info,
        }
    }

    /// How sure.
    pub const fn confidence_of(&self, confidence: Confidence) -> &'static str {
        match confidence {
            Confidence::Possible => self.possible,
            Confidence::Likely => self.likely,
            Confidence::Certain => self.certain,
        }
    }

    /// Cause or consequence.
    pub const fn role(&self, role: Role) -> &'static str {
        match role {
            Role::Cause => self.cause,
            Role::Consequence => self.consequence,
        }
    }

    /// A level, for people.
    pub const fn level(&self, level: Level) -> &'static str {
        match level {
            Level::Trace => self.level_trace,
            Level::Debug => self.level_debug,
            Level::Info => self.level_info,
            Level::Warn => self.level_warn,
            Level::Error => self.level_error,
            Level::Fatal => self.level_fatal,
        }
    }

    /// What `format_basis` says; an unknown word stays as it is.
    pub fn format_basis<'a>(&self, basis: &'a str) -> &'a str {
        match basis {
            "declared" => self.declared,
            "learned" => self.learned,
            "plain" => self.plain,
            "forced" => self.forced,
            other => other,
        }
    }

    /// What a zone's basis says; an unknown word stays as it is.
    pub fn zone_basis<'a>(&self, basis: &'a str) -> &'a str {
        match basis {
            "option" => self.zone_option,
            "system" => self.zone_system,
            "default" => self.zone_default,
            "in-text" => self.zone_in_text,
            "format" => self.zone_format,
            "inferred" => self.zone_inferred,
            other => other,
        }
    }

    /// What the basis of a rule says; an unknown word stays as it is.
    pub fn rule_basis<'a>(&self, basis: &'a str) -> &'a str {
        match basis {
            "vendor" => self.basis_vendor,
            "framework" => self.basis_framework,
            "third-party" => self.basis_third_party,
            "inferred" => self.basis_inferred,
            other => other,
        }
    }
}
