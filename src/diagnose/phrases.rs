//! The sentences of the diagnosis in English and German. Nothing here names a product: names come from the grammars.

use super::confidence::Reason;
use super::tokens::TOLERANCE;
use crate::model::report::Verdict;
use crate::model::{Lang, Moment, Text};
use crate::syntax::jwt::Claims;

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
            "der Eintrag nennt den Endpunkt dieses Schritts, oder sein Programm gehört nur zu diesem Schritt",
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
            "ein Eintrag davor beginnt diesen Schritt",
        ),
        Reason::StageByContext => (
            false,
            "no endpoint stands in the record, and nothing says what was begun: the stage is guessed from the order",
            "im Eintrag steht kein Endpunkt, und nichts sagt, was begonnen wurde: Der Schritt ist aus der Reihenfolge geschlossen",
        ),
        Reason::VersionAgainst => (
            false,
            "a version seen in the traces speaks against it",
            "eine in den Traces genannte Version spricht dagegen",
        ),
        Reason::HelperAgainst => (
            false,
            "the helper's own trace says that it listens there",
            "der eigene Trace des Helfers sagt, dass er dort lauscht",
        ),
        Reason::SessionStood => (
            true,
            "the session had been open before",
            "die Sitzung stand zuvor",
        ),
        Reason::MidLogin => (
            false,
            "the traces begin in the middle of a login",
            "die Traces beginnen mitten in einer Anmeldung",
        ),
        Reason::InputLost => (
            false,
            "a part of the traces of this client could not be read",
            "ein Teil der Traces dieses Clients war nicht lesbar",
        ),
        Reason::NoTimes => (
            false,
            "its source has no times, so that the order of events is not sure",
            "die Quelle hat keine Zeiten, die Reihenfolge der Ereignisse ist daher nicht sicher",
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
        (Verdict::Failure, Lang::En) if number == of => format!("The login succeeded, but the session did not last (step {number} of {of}, {stage}): {title}"),
        (Verdict::Failure, Lang::De) if number == of => format!("Die Anmeldung gelang, aber die Sitzung hielt nicht (Schritt {number} von {of}, {stage}): {title}"),
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

/// The headline with the client that it is of, where there is more than one.
pub fn of_client(client: &str, headline: String) -> String {
    match client {
        "" => headline,
        client => format!("{client}: {headline}"),
    }
}

/// A record without a time.
pub fn no_time(lang: Lang) -> &'static str {
    pick(lang, "(no time)", "(ohne Zeit)")
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

/// More groups of unexplained records than are kept.
pub fn uncatalogued_cut() -> Text {
    Text::new(
        "There are more kinds of records without a rule than are kept; those that are shown have exact counts.",
        "Es gibt mehr Arten von Einträgen ohne Regel, als aufgehoben werden; die gezeigten sind genau gezählt.",
    )
}

/// A time of day with its date and zone.
pub fn clock(moment: Moment, lang: Lang) -> String {
    let layout = pick(
        lang,
        "%Y-%m-%d %H:%M:%S (UTC%:z)",
        "%d.%m.%Y, %H:%M:%S Uhr (UTC%:z)",
    );
    moment.0.format(layout).to_string()
}

/// A span of time in words: the two largest units.
pub fn span(seconds: i64, lang: Lang) -> String {
    let units = [
        (86_400, pick(lang, "d", "Tg.")),
        (3_600, "h"),
        (60, "min"),
        (1, "s"),
    ];
    let mut rest = seconds.unsigned_abs();
    let mut parts = Vec::new();
    for (length, unit) in units {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            parts.push(format!("{count} {unit}"));
        }
    }
    parts.truncate(2);
    if parts.is_empty() {
        parts.push("0 s".into());
    }
    parts.join(" ")
}

/// From or until when a token is valid, by how much that was missed, and against which tolerance.
pub fn validity(
    from: Option<i64>,
    until: Option<i64>,
    checked: Option<i64>,
    shown: &dyn Fn(i64) -> String,
    lang: Lang,
) -> String {
    let tolerance = |late: i64| match (late > TOLERANCE, lang) {
        (true, Lang::En) => format!("more than the {TOLERANCE} s that are usually allowed"),
        (true, Lang::De) => format!("mehr als die üblicherweise erlaubten {TOLERANCE} s"),
        (false, Lang::En) => format!("within the {TOLERANCE} s that are usually allowed"),
        (false, Lang::De) => format!("innerhalb der üblicherweise erlaubten {TOLERANCE} s"),
    };
    match (from, until, checked) {
        (Some(from), _, Some(checked)) => {
            let late = from - checked;
            let (by, allowed) = (span(late, lang), tolerance(late));
            match lang {
                Lang::En => format!(
                    "Valid from {}, checked at {}: {by} too early, {allowed}.",
                    shown(from),
                    shown(checked)
                ),
                Lang::De => format!(
                    "Gültig ab {}, geprüft am {}: {by} zu früh, {allowed}.",
                    shown(from),
                    shown(checked)
                ),
            }
        }
        (_, Some(until), Some(checked)) => {
            let late = checked - until;
            let (by, allowed) = (span(late, lang), tolerance(late));
            match lang {
                Lang::En => format!(
                    "Valid until {}, checked at {}: {by} too late, {allowed}.",
                    shown(until),
                    shown(checked)
                ),
                Lang::De => format!(
                    "Gültig bis {}, geprüft am {}: {by} zu spät, {allowed}.",
                    shown(until),
                    shown(checked)
                ),
            }
        }
        (from, until, _) => {
            let time = shown(from.or(until).unwrap_or_default());
            match (from.is_some(), lang) {
                (true, Lang::En) => format!("Valid from {time}."),
                (true, Lang::De) => format!("Gültig ab {time}."),
                (false, Lang::En) => format!("Valid until {time}."),
                (false, Lang::De) => format!("Gültig bis {time}."),
            }
        }
    }
}

/// What a token says, each part a few words. `seen`: the instant of its record, in nanoseconds.
pub fn token(
    claims: &Claims,
    seen: Option<i64>,
    others: &[String],
    shown: &dyn Fn(i64) -> String,
    lang: Lang,
) -> Vec<String> {
    let mut parts = Vec::new();
    let now = seen.map(|nanos| nanos.div_euclid(crate::model::time::SECOND));
    let from = claims.not_before.or(claims.issued);
    if let Some(from) = from {
        parts.push(format!(
            "{} {}",
            pick(lang, "valid from", "gültig ab"),
            shown(from)
        ));
    }
    if let Some(until) = claims.expires {
        parts.push(format!("{} {}", pick(lang, "until", "bis"), shown(until)));
        if let Some(from) = from {
            parts.push(format!(
                "{} {}",
                pick(lang, "lifetime", "Laufzeit"),
                span(until - from, lang)
            ));
        }
        if let Some(now) = now.filter(|now| *now > until) {
            parts.push(match lang {
                Lang::En => format!("expired {} before this record", span(now - until, lang)),
                Lang::De => format!("{} vor diesem Eintrag abgelaufen", span(now - until, lang)),
            });
        }
    }
    if let (Some(from), Some(now)) = (from, now)
        && from > now
    {
        parts.push(match lang {
            Lang::En => format!("begins {} after this record: the clocks differ by at least that", span(from - now, lang)),
            Lang::De => format!("beginnt {} nach diesem Eintrag: Um mindestens so viel weichen die Uhren voneinander ab", span(from - now, lang)),
        });
    }
    if let Some(algorithm) = &claims.algorithm {
        parts.push(format!("alg {algorithm}"));
    }
    if let Some(issuer) = &claims.issuer {
        parts.push(format!("{} {issuer}", pick(lang, "issuer", "Aussteller")));
    }
    if !claims.audience.is_empty() {
        let all = claims.audience.join(", ");
        parts.push(format!("{} {all}", pick(lang, "audience", "Empfänger")));
    }
    if !others.is_empty() {
        parts.push(format!(
            "{}: {}",
            pick(
                lang,
                "none of the chain's hosts",
                "kein Host der Anmeldekette"
            ),
            others.join(", ")
        ));
    }
    parts
}

/// The traces end in the middle of a login.
pub fn ends_early(stage: &str, at: &str) -> Text {
    Text::new(
        format!(
            "The login that the traces show last has no outcome: what was begun last ({stage}, {at}) was neither answered nor did it fail. Send the files that go on from then, if there are any, or log in once more and wait two minutes before collecting them."
        ),
        format!(
            "Die letzte Anmeldung in den Traces bleibt ohne Ausgang: Auf das zuletzt Begonnene ({stage}, {at}) folgt weder eine Antwort noch ein Fehler. Bitte die Dateien schicken, die danach weitergehen, falls es sie gibt, oder die Anmeldung wiederholen und vor dem Einsammeln zwei Minuten warten."
        ),
    )
}

/// A chatty trace wrote nothing for a while.
pub fn silence(path: &str, from: &str, until: &str) -> Text {
    Text::new(
        format!(
            "{path} writes all the time, but nothing from {from} to {until}: was the PC asleep, the program ended, or tracing switched off?"
        ),
        format!(
            "{path} schreibt sonst ständig, aber nichts von {from} bis {until}: War der PC im Standby, das Programm beendet oder das Tracing abgeschaltet?"
        ),
    )
}

/// The reply to the customer. `step`: number, of how many, title.
pub fn reply(
    programs: &str,
    raise: &str,
    files: &str,
    folder: &str,
    step: (usize, usize, &str),
    last: Option<&str>,
    lang: Lang,
) -> String {
    let (number, of, title) = step;
    match lang {
        Lang::En => {
            let seen = last.map_or_else(String::new, |last| format!(" (they end at {last})"));
            format!(
                "Hello,\n\nthe traces that we have{seen} do not show whether the login works. Please:\n1. Set the trace level of {programs} to the highest. {raise}\n2. Close all of these programs, start them again, and log in once. Wait until the Messenger is logged in or reports an error (what we lack begins at step {number} of {of}: {title}), then two minutes more. Note the time.\n3. Send all files {files} of that day from {folder}, unchanged and best as one zip.\n\nThank you."
            )
        }
        Lang::De => {
            let seen = last.map_or_else(String::new, |last| format!(" (sie enden am {last})"));
            format!(
                "Guten Tag,\n\naus den vorliegenden Traces{seen} geht nicht hervor, ob die Anmeldung funktioniert. Bitte:\n1. Das höchste Trace-Level von {programs} einstellen. {raise}\n2. Alle diese Programme beenden, neu starten und einmal anmelden. Warten, bis der Messenger angemeldet ist oder einen Fehler meldet (uns fehlt alles ab Schritt {number} von {of}: {title}), danach noch zwei Minuten. Die Uhrzeit notieren.\n3. Alle Dateien {files} dieses Tages aus {folder} unverändert schicken, am besten als ZIP-Datei.\n\nVielen Dank."
            )
        }
    }
}
