//! The sentences of the diagnosis in English and German. Nothing here names a product: names come from the grammars.

use super::confidence::Reason;
use super::tokens::TOLERANCE;
use crate::grammar::chain::Chain;
use crate::grammar::template::{self, Piece};
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
            "the traces begin in the middle of an attempt",
            "die Traces beginnen mitten in einem Versuch",
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

/// Where a chain broke, for a headline.
#[derive(Debug, Clone, Copy, Default)]
pub struct Broken<'a> {
    /// Number of the stage, from 1.
    pub number: usize,
    /// How many stages there are.
    pub of: usize,
    /// The stage in a few words.
    pub stage: &'a str,
    /// What failed; empty where that is not known.
    pub title: &'a str,
}

/// The headline: in the words of the chain, else in words that fit any chain.
pub fn headline(chain: &Chain, verdict: Verdict, broken: Broken<'_>, lang: Lang) -> String {
    let words = &chain.words;
    let own = match verdict {
        Verdict::Failure if chain.session().is_some() && broken.number == broken.of => &words.lost,
        Verdict::Failure => &words.failed,
        Verdict::Recovered if broken.title.is_empty() => &words.recovered_later,
        Verdict::Recovered => &words.recovered,
        Verdict::Healthy => &words.healthy,
        Verdict::Insufficient => &words.insufficient,
    };
    let name = chain.title.get(lang);
    let sentence = match own {
        Some(own) => own.get(lang).to_owned(),
        None => format!("{name}: {}", usual(chain, verdict, broken, lang)),
    };
    let pieces = template::pieces(&sentence).map(|piece| match piece {
        Piece::Name("number") => broken.number.to_string(),
        Piece::Name("of") => broken.of.to_string(),
        Piece::Name("stage") => broken.stage.to_owned(),
        Piece::Name("title") => broken.title.to_owned(),
        Piece::Name(other) => format!("{{{other}}}"),
        Piece::Text(text) => text.to_owned(),
    });
    pieces.collect()
}

/// The rest of a headline that begins with the title of a chain.
fn usual(chain: &Chain, verdict: Verdict, broken: Broken<'_>, lang: Lang) -> &'static str {
    let (en, de) = match verdict {
        Verdict::Failure if chain.session().is_some() && broken.number == broken.of => (
            "broke off after it had stood (stage {number} of {of}, {stage}): {title}",
            "abgebrochen, nachdem alles stand (Schritt {number} von {of}, {stage}): {title}",
        ),
        Verdict::Failure => (
            "failed at stage {number} of {of} ({stage}): {title}",
            "gescheitert an Schritt {number} von {of} ({stage}): {title}",
        ),
        Verdict::Recovered if broken.title.is_empty() => {
            ("succeeded after a failure", "gelungen nach einem Fehler")
        }
        Verdict::Recovered => (
            "succeeded after a failure at stage {number} of {of} ({stage}): {title}",
            "gelungen nach einem Fehler an Schritt {number} von {of} ({stage}): {title}",
        ),
        Verdict::Healthy => (
            "succeeded, and nothing failed after it",
            "gelungen, und danach scheiterte nichts",
        ),
        Verdict::Insufficient => (
            "not enough evidence to say whether it succeeded",
            "die Traces reichen nicht aus, um es zu beurteilen",
        ),
    };
    pick(lang, en, de)
}

/// The headline with the client that it is of, where there is more than one.
pub fn of_client(client: &str, headline: String) -> String {
    match client {
        "" => headline,
        client => format!("{client}: {headline}"),
    }
}

/// The headline of a report that cannot tell how it ended, where something failed by which no step is judged.
pub fn beside_elsewhere(headline: &str, lang: Lang) -> String {
    let more = pick(
        lang,
        "; failures elsewhere are listed",
        "; Fehler an anderer Stelle sind aufgeführt",
    );
    format!("{headline}{more}")
}

/// A record without a time.
pub fn no_time(lang: Lang) -> &'static str {
    pick(lang, "(no time)", "(ohne Zeit)")
}

/// What stands for a placeholder without a value.
pub fn not_given(lang: Lang) -> &'static str {
    pick(lang, "(not named in the trace)", "(im Trace nicht genannt)")
}

/// No trace of a program of the chain. `files`: how their names begin.
pub fn no_trace_of(program: &str, files: &str) -> Text {
    Text::new(
        format!(
            "There is no trace of {program}: its side was not seen. Send `{files}-*.log` of the same time as well."
        ),
        format!(
            "Es gibt keinen Trace von {program}: Dessen Seite wurde nicht gesehen. Bitte `{files}-*.log` aus demselben Zeitraum mitschicken."
        ),
    )
}

/// No attempt has an outcome. `folder`: where the traces lie; empty where the chain does not say.
pub fn no_outcome(folder: &str, repeat: &str, lang: Lang) -> String {
    match lang {
        Lang::En => {
            let files = match folder {
                "" => "all trace files".to_owned(),
                folder => format!("all files of {folder}"),
            };
            format!(
                "No attempt with an outcome stands in the traces. Raise the trace level, {repeat} Then send {files} from then on."
            )
        }
        Lang::De => {
            let files = match folder {
                "" => "alle Tracedateien".to_owned(),
                folder => format!("alle Dateien aus {folder}"),
            };
            format!(
                "In den Traces steht kein Versuch mit einem Ergebnis. Bitte das Trace-Level erhöhen und {repeat} Danach {files} schicken, die seitdem entstanden sind."
            )
        }
    }
}

/// How a customer brings it about once more, and until when to wait.
pub fn repeat(chain: &Chain, lang: Lang) -> &str {
    let usual = pick(
        lang,
        "let it run once more until it has succeeded or reports an error.",
        "es noch einmal laufen lassen, bis es gelungen ist oder ein Fehler gemeldet wird.",
    );
    chain
        .words
        .repeat
        .as_ref()
        .map_or(usual, |own| own.get(lang))
}

/// The traces begin in the middle of a login.
pub fn starts_late(stage: &str) -> Text {
    Text::new(
        format!(
            "The traces begin in the middle of an attempt (first seen: {stage}); what came before was not seen. Send the file of the day before or restart the program with traces on."
        ),
        format!(
            "Die Traces beginnen mitten in einem Versuch (zuerst gesehen: {stage}); was davor war, fehlt. Bitte die Datei vom Vortag schicken oder das Programm mit eingeschalteten Traces neu starten."
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
        format!("{path} names no program, host or port of the chain: it was read but not judged."),
        format!(
            "{path} nennt weder ein Programm noch einen Host oder Port der Kette: gelesen, aber nicht bewertet."
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

/// More groups of failures by which no step is judged than a report has.
pub fn elsewhere_cut() -> Text {
    Text::new(
        "There are more kinds of failures elsewhere than are shown; those that are shown have exact counts.",
        "Es gibt mehr Arten von Fehlern an anderer Stelle, als gezeigt werden; die gezeigten sind genau gezählt.",
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
            pick(lang, "none of the chain's hosts", "kein Host der Kette"),
            others.join(", ")
        ));
    }
    parts
}

/// The traces end in the middle of an attempt.
pub fn ends_early(stage: &str, at: Option<&str>) -> Text {
    // A trace may have no times.
    let stage = at.map_or_else(|| stage.to_owned(), |at| format!("{stage}, {at}"));
    Text::new(
        format!(
            "The attempt that the traces show last has no outcome: what was begun last ({stage}) was neither answered nor did it fail. Send the files that go on from then, if there are any, or try once more and wait two minutes before collecting them."
        ),
        format!(
            "Der letzte Versuch in den Traces bleibt ohne Ausgang: Auf das zuletzt Begonnene ({stage}) folgt weder eine Antwort noch ein Fehler. Bitte die Dateien schicken, die danach weitergehen, falls es sie gibt, oder es noch einmal versuchen und vor dem Einsammeln zwei Minuten warten."
        ),
    )
}

/// Errors without an address are the last that is told of an open session.
pub fn unsettled(lead: &str) -> Text {
    Text::new(
        format!(
            "Behind the last sign of the open session stand errors of {lead} that name no address of it (see \"Failures elsewhere\" or \"Errors that no rule explains\"): whether the session lasted does not show. Send the files that go on from then, or look at these records."
        ),
        format!(
            "Hinter dem letzten Lebenszeichen der offenen Sitzung stehen Fehler von {lead}, die keine ihrer Adressen nennen (siehe „Fehler an anderer Stelle“ oder „Fehler, die keine Regel erklärt“): Ob die Sitzung hielt, zeigt sich nicht. Bitte die Dateien schicken, die danach weitergehen, oder diese Einträge ansehen."
        ),
    )
}

/// The headline of a healthy login behind whose last sign of the session there are errors.
pub fn with_errors_behind(headline: &str, lang: Lang) -> String {
    let more = pick(
        lang,
        "; but errors are the last that is told",
        "; am Ende stehen aber Fehler",
    );
    format!("{headline}{more}")
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

/// What the reply to the customer is made of.
pub struct Reply<'a> {
    /// The title of the chain.
    pub chain: &'a str,
    /// Names of the programs.
    pub programs: &'a str,
    /// How the trace level is raised; may be empty.
    pub raise: &'a str,
    /// Names of their files.
    pub files: &'a str,
    /// Where these lie; may be empty.
    pub folder: &'a str,
    /// How it is brought about once more.
    pub repeat: &'a str,
    /// The stage from which on something lacks: number, of how many, title.
    pub step: (usize, usize, &'a str),
    /// When the traces end.
    pub last: Option<&'a str>,
}

impl Reply<'_> {
    /// The reply.
    pub fn text(&self, lang: Lang) -> String {
        let Self {
            chain,
            programs,
            raise,
            files,
            folder,
            repeat,
            step: (number, of, title),
            last,
        } = self;
        let space = if raise.is_empty() { "" } else { " " };
        match lang {
            Lang::En => {
                let seen = last.map_or_else(String::new, |last| format!(" (they end at {last})"));
                let from = match *folder {
                    "" => String::new(),
                    folder => format!(" from {folder}"),
                };
                format!(
                    "Hello,\n\nthe traces that we have{seen} do not show how this ended: {chain}. Please:\n1. Set the trace level of {programs} to the highest.{space}{raise}\n2. Close all of these programs, start them again, and {repeat} Then wait two minutes more, and note the time. What we lack begins at stage {number} of {of}: {title}.\n3. Send all files {files} of that day{from}, unchanged and best as one zip.\n\nThank you."
                )
            }
            Lang::De => {
                let seen = last.map_or_else(String::new, |last| format!(" (sie enden am {last})"));
                let from = match *folder {
                    "" => String::new(),
                    folder => format!(" aus {folder}"),
                };
                format!(
                    "Guten Tag,\n\naus den vorliegenden Traces{seen} geht nicht hervor, wie es ausging: {chain}. Bitte:\n1. Das höchste Trace-Level von {programs} einstellen.{space}{raise}\n2. Alle diese Programme beenden, neu starten und {repeat} Danach noch zwei Minuten warten und die Uhrzeit notieren. Uns fehlt alles ab Schritt {number} von {of}: {title}.\n3. Alle Dateien {files} dieses Tages{from} unverändert schicken, am besten als ZIP-Datei.\n\nVielen Dank."
                )
            }
        }
    }
}
