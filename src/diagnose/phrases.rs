//! The sentences of the diagnosis in English and German. Nothing here names a product: names come from the grammars.

use super::confidence::Reason;
use crate::model::report::Verdict;
use crate::model::{Lang, Text};

/// Picks by language.
pub fn pick<'t>(lang: Lang, en: &'t str, de: &'t str) -> &'t str {
    match lang {
        Lang::En => en,
        Lang::De => de,
    }
}

/// Why a finding is as sure as it is, and whether that counts for it.
pub fn reason(reason: Reason, lang: Lang) -> (bool, &'static str) {
    let (counts_for, en, de) = match reason {
        Reason::Code => (
            true,
            "an error number was seen",
            "eine Fehlernummer wurde gesehen",
        ),
        Reason::Endpoint => (
            true,
            "the record names the endpoint of this stage, or its program is about this stage only",
            "der Eintrag nennt den Endpunkt dieser Stufe, oder sein Programm gehört nur zu dieser Stufe",
        ),
        Reason::BothSides => (
            true,
            "both sides wrote about it",
            "beide Seiten haben es protokolliert",
        ),
        Reason::Vendor => (
            true,
            "the vendor describes it",
            "der Hersteller beschreibt es",
        ),
        Reason::InferredOnly => (
            false,
            "the rule is only our own conclusion",
            "die Regel ist nur unsere eigene Schlussfolgerung",
        ),
        Reason::ThirdPartyOnly => (
            false,
            "the meaning of the text is known from third parties only",
            "die Bedeutung des Textes ist nur von Dritten bekannt",
        ),
        Reason::WrapperOnly => (
            false,
            "the text names no cause of its own",
            "der Text nennt selbst keine Ursache",
        ),
        Reason::BegunBefore => (
            true,
            "a record before it begins this stage",
            "ein Eintrag davor beginnt diese Stufe",
        ),
        Reason::StageByContext => (
            false,
            "no endpoint stands in the record, and nothing says what was begun: the stage is guessed from the order",
            "im Eintrag steht kein Endpunkt, und nichts sagt, was begonnen wurde: Die Stufe ist aus der Reihenfolge geschätzt",
        ),
        Reason::VersionAgainst => (
            false,
            "a version seen in the traces speaks against it",
            "eine in den Traces genannte Version spricht dagegen",
        ),
    };
    (counts_for, pick(lang, en, de))
}

/// The headline.
pub fn headline(
    verdict: Verdict,
    lang: Lang,
    number: usize,
    of: usize,
    stage: &str,
    title: &str,
) -> String {
    match (verdict, lang) {
        (Verdict::Failure, Lang::En) => format!("The login failed at step {number} of {of} ({stage}): {title}"),
        (Verdict::Failure, Lang::De) => format!("Die Anmeldung scheitert an Schritt {number} von {of} ({stage}): {title}"),
        (Verdict::Recovered, Lang::En) if title.is_empty() => "The login recovered after a failure".into(),
        (Verdict::Recovered, Lang::De) if title.is_empty() => "Die Anmeldung gelang nach einem Fehler".into(),
        (Verdict::Recovered, Lang::En) => format!("The login recovered after a failure at step {number} of {of} ({stage}): {title}"),
        (Verdict::Recovered, Lang::De) => format!("Die Anmeldung gelang nach einem Fehler an Schritt {number} von {of} ({stage}): {title}"),
        (Verdict::Healthy, Lang::En) => "The login is healthy: the messaging connection was reached, and nothing failed after it".into(),
        (Verdict::Healthy, Lang::De) => "Die Anmeldung ist in Ordnung: Die Messaging-Verbindung wurde erreicht, und danach scheiterte nichts".into(),
        (Verdict::Insufficient, Lang::En) => "Not enough evidence to say whether the login works".into(),
        (Verdict::Insufficient, Lang::De) => "Die Traces reichen nicht aus, um die Anmeldung zu beurteilen".into(),
    }
}

/// What stands for a placeholder without a value.
pub fn not_given(lang: Lang) -> &'static str {
    pick(lang, "(not named in the trace)", "(im Trace nicht genannt)")
}

/// No trace of a program of the chain.
pub fn no_trace_of(program: &str) -> Text {
    Text::new(
        format!(
            "There is no trace of {program}: its side of the login was not seen. Send `{program}-*.log` of the same time as well."
        ),
        format!(
            "Es gibt keinen Trace von {program}: Dessen Seite der Anmeldung wurde nicht gesehen. Bitte `{program}-*.log` aus demselben Zeitraum mitschicken."
        ),
    )
}

/// No attempt has an outcome.
pub fn no_outcome(folder: &str) -> Text {
    Text::new(
        format!(
            "No login attempt with an outcome stands in the traces. Raise the trace level, log in once more, and send all files of {folder} from then on."
        ),
        format!(
            "In den Traces steht kein Anmeldeversuch mit einem Ergebnis. Bitte das Trace-Level erhöhen, die Anmeldung einmal wiederholen und danach alle Dateien aus {folder} schicken."
        ),
    )
}

/// The traces begin in the middle of a login.
pub fn starts_late(stage: &str) -> Text {
    Text::new(
        format!(
            "The traces begin in the middle of a login (first seen: {stage}); what came before was not seen. Send the file of the day before or restart the program with traces on."
        ),
        format!(
            "Die Traces beginnen mitten in einer Anmeldung (zuerst gesehen: {stage}); was davor war, fehlt. Bitte die Datei vom Vortag schicken oder das Programm mit eingeschalteten Traces neu starten."
        ),
    )
}

/// A source without any stamp.
pub fn no_stamps(path: &str) -> Text {
    Text::new(
        format!(
            "{path} has no stamps that could be read: its records keep their order but have no time."
        ),
        format!(
            "{path} enthält keine lesbaren Zeitstempel: Die Einträge behalten ihre Reihenfolge, haben aber keine Zeit."
        ),
    )
}

/// A source that does not name the chain.
pub fn out_of_scope(path: &str) -> Text {
    Text::new(
        format!(
            "{path} names no program, host or port of the login chain: it was read but not judged."
        ),
        format!(
            "{path} nennt weder ein Programm noch einen Host oder Port der Anmeldekette: gelesen, aber nicht bewertet."
        ),
    )
}

/// Nothing in the window.
pub fn empty_window(first: &str, last: &str) -> Text {
    Text::new(
        format!(
            "No record lies inside the window. The traces hold records from {first} to {last}; choose --since and --until in there."
        ),
        format!(
            "Im Zeitfenster liegt kein Eintrag. Die Traces enthalten Einträge von {first} bis {last}; bitte --since und --until danach wählen."
        ),
    )
}
