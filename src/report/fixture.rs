//! Reports made by hand for the tests of the renderers: one for each state of the world.

use chrono::DateTime;

use crate::model::report::*;
use crate::model::{Encoding, Lang, Level, Moment};

/// An instant of 2020-08-10 in Berlin summer time.
pub fn at(time: &str) -> Moment {
    Moment(DateTime::parse_from_rfc3339(&format!("2020-08-10T{time}+02:00")).unwrap())
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

fn step(
    stage: usize,
    lang: Lang,
    status: Status,
    time: Option<&str>,
    finding: Option<&str>,
) -> ChainStep {
    let rows: [[&str; 6]; 6] = [
        [
            "client-login",
            "SwyxIt! is logged on at the SwyxWare server",
            "SwyxIt! ist am SwyxWare-Server angemeldet",
            "client login",
            "Client-Anmeldung",
            "SwyxIt!/CLMgr|SwyxWare server|swyxserver.firma.example:9094",
        ],
        [
            "local-helper",
            "The Messenger asks ClMgr/ComSocket on this PC for the user",
            "Der Messenger fragt ClMgr/ComSocket auf diesem PC nach dem Benutzer",
            "local helper",
            "lokaler Helfer",
            "SwyxMessenger|ClMgr/ComSocket|127.0.0.1:5000",
        ],
        [
            "server-api",
            "Port 9100 of the SwyxWare server (REST) gives an auth token",
            "Port 9100 des SwyxWare-Servers (REST) gibt ein Authentifizierungstoken aus",
            "port 9100",
            "Port 9100",
            "SwyxMessenger|SwyxWare server|swyxserver.firma.example:9100",
        ],
        [
            "token-service",
            "The stepping stone (HTTPS 443) issues the JWT",
            "Der Stepping Stone (HTTPS 443) stellt das JWT aus",
            "token service",
            "Tokendienst",
            "SwyxMessenger|token service|swyx-imsecurity.k8s.ispworks.nl:443",
        ],
        [
            "websocket",
            "The WebSocket to the messaging backend opens (wss, 443)",
            "Der WebSocket zum Messaging-Backend wird geöffnet (wss, 443)",
            "WebSocket",
            "WebSocket",
            "SwyxMessenger|messaging backend|iam1.voipoperator.eu:443",
        ],
        [
            "session",
            "The messages arrive and the session stays up",
            "Die Nachrichten kommen an, und die Sitzung bleibt bestehen",
            "session",
            "Sitzung",
            "SwyxMessenger|messaging backend|iam1.voipoperator.eu:443",
        ],
    ];
    let row = rows[stage];
    let mut ends = row[5].split('|').map(str::to_owned);
    let pick = |en: usize| row[en + usize::from(lang == Lang::De)].to_owned();
    let reached = !matches!(status, Status::NotReached | Status::Unknown);
    ChainStep {
        stage: row[0].to_owned(),
        title: pick(1),
        short: pick(3),
        from: ends.next().unwrap(),
        to: ends.next().unwrap(),
        endpoint: ends.next().filter(|_| reached),
        status,
        proof: match (status, stage) {
            (Status::Ok, 0) => Some(Proof::Implied),
            (Status::Ok | Status::Recovered, _) => Some(Proof::Seen),
            _ => None,
        },
        at: time.map(at),
        finding: finding.map(str::to_owned),
    }
}

/// A ladder: one letter a stage (`o`k, `F`ailed, `r`ecovered, `n`ot reached, `u`nknown).
fn ladder(states: &str, lang: Lang, finding: Option<&str>) -> Vec<ChainStep> {
    const TIMES: [&str; 6] = [
        "11:16:02.120",
        "11:16:29.004",
        "11:16:31.500",
        "11:16:32.010",
        "11:16:33.740",
        "11:16:34.002",
    ];
    states
        .chars()
        .enumerate()
        .map(|(at, state)| match state {
            'o' => step(at, lang, Status::Ok, Some(TIMES[at]), None),
            'F' => step(at, lang, Status::Failed, Some(TIMES[at]), finding),
            'r' => step(at, lang, Status::Recovered, Some(TIMES[at]), finding),
            'n' => step(at, lang, Status::NotReached, None, None),
            _ => step(at, lang, Status::Unknown, None, None),
        })
        .collect()
}

fn source(
    path: &str,
    program: &str,
    format: &str,
    lines: u64,
    minutes: &[(u32, u64, u64, u64)],
) -> SourceReport {
    let minute = |m: u32| at(&format!("11:{m:02}:00"));
    SourceReport {
        path: path.to_owned(),
        program: (!program.is_empty()).then(|| program.to_owned()),
        format: format.to_owned(),
        format_basis: "declared".to_owned(),
        encoding: Encoding::Utf8,
        zone: Zone {
            name: "Europe/Berlin".to_owned(),
            basis: "system".to_owned(),
            confidence: None,
            because: Vec::new(),
        },
        bytes: lines * 96,
        lines,
        records: lines - lines / 5,
        continuations: lines / 5,
        unparsed: 0,
        unparsed_first: Vec::new(),
        first: minutes.first().map(|m| minute(m.0)),
        last: minutes.last().map(|m| minute(m.0)),
        out_of_order: 0,
        levels: [("error", 7), ("info", lines / 2)].into(),
        minutes: minutes
            .iter()
            .map(|(m, records, warnings, errors)| MinuteCount {
                at: minute(*m),
                records: *records,
                warnings: *warnings,
                errors: *errors,
            })
            .collect(),
        facts: 0,
        out_of_scope: false,
        problems: Vec::new(),
    }
}

fn sources() -> Vec<SourceReport> {
    vec![
        source(
            "Traces/ComSocket-20200810-111559.log",
            "ComSocket",
            "serilog-file",
            412,
            &[
                (15, 20, 0, 0),
                (16, 210, 4, 3),
                (17, 40, 1, 0),
                (21, 9, 0, 0),
            ],
        ),
        source(
            "Traces/SwyxIt!-20200810-111559.log",
            "SwyxIt!",
            "swyx-classic",
            1_830,
            &[
                (15, 400, 0, 0),
                (16, 900, 2, 0),
                (17, 300, 0, 0),
                (18, 120, 9, 0),
                (19, 60, 0, 0),
                (21, 50, 0, 0),
            ],
        ),
        source(
            "Traces/SwyxMessenger-20200810-111601.log",
            "SwyxMessenger",
            "electron-log-5",
            296,
            &[
                (16, 180, 12, 14),
                (17, 60, 8, 20),
                (18, 20, 4, 6),
                (21, 36, 0, 0),
            ],
        ),
    ]
}

fn record(source: &str, line: u64, time: &str, stamp: &str, text: &str) -> Evidence {
    Evidence {
        source: source.to_owned(),
        line,
        match_line: line,
        time: Some(at(time)),
        clock: None,
        stamp: Some(stamp.to_owned()),
        level: Some(Level::Error),
        text: text.to_owned(),
        excerpt: text.lines().next().unwrap_or_default().to_owned(),
        words: Vec::new(),
        lead: Vec::new(),
        before: texts([
            "2020-08-10 11:16:28.801 +02:00 [INF] Starting Kestrel",
            "2020-08-10 11:16:28.977 +02:00 [INF] Content root path: C:\\Program Files (x86)\\Swyx\\SwyxIt!",
        ]),
        after: texts(["2020-08-10 11:16:29.204 +02:00 [INF] Application is shutting down..."]),
    }
}

fn cause(lang: Lang) -> Finding {
    let pick = |en: &str, de: &str| (if lang == Lang::En { en } else { de }).to_owned();
    let mut evidence = record(
        "Traces/ComSocket-20200810-111559.log",
        57,
        "11:16:29.004",
        "2020-08-10 11:16:29.004",
        "2020-08-10 11:16:29.004 +02:00 [FTL] Unable to start Kestrel.\nSystem.IO.IOException: Failed to bind to address http://127.0.0.1:5000: address already in use.\n ---> Microsoft.AspNetCore.Connections.AddressInUseException: Only one usage of each socket address (protocol/network address/port) is normally permitted.\n ---> System.Net.Sockets.SocketException (10048): Only one usage of each socket address (protocol/network address/port) is normally permitted.\n   at System.Net.Sockets.Socket.DoBind(EndPoint endPointSnapshot, SocketAddress socketAddress)\n   at System.Net.Sockets.Socket.Bind(EndPoint localEP)",
    );
    evidence.match_line = 60;
    evidence.excerpt = evidence.text.lines().nth(3).unwrap().to_owned();
    let second = record(
        "Traces/ComSocket-20200810-111559.log",
        131,
        "11:17:02.410",
        "2020-08-10 11:17:02.410",
        "2020-08-10 11:17:02.410 +02:00 [ERR] Failed to bind to address http://127.0.0.1:5000: address already in use.",
    );
    Finding {
        id: "F1".into(),
        class: "local-port-collision".into(),
        class_title: pick("Local port taken", "Lokaler Port belegt"),
        cause: "port-in-use".into(),
        rule: "local-port-collision/kestrel".into(),
        rules: texts([
            "local-port-collision/kestrel",
            "local-port-collision/winsock-10048",
        ]),
        stage: "local-helper".into(),
        severity: Severity::Critical,
        confidence: Confidence::Certain,
        confidence_because: vec![
            pick(
                "an error number says so (Winsock 10048)",
                "eine Fehlernummer sagt es (Winsock 10048)",
            ),
            pick(
                "both sides of the connection show it",
                "beide Seiten der Verbindung zeigen es",
            ),
        ],
        basis: "framework".into(),
        role: Role::Cause,
        follows_from: None,
        title: pick(
            "Another program owns the local port 5000",
            "Ein anderes Programm belegt den lokalen Port 5000",
        ),
        summary: pick(
            "The helper ComSocket could not listen on 127.0.0.1:5000, because another program on this PC already does. Without it the Messenger cannot learn who the user is.",
            "Der Helfer ComSocket konnte 127.0.0.1:5000 nicht öffnen, weil ein anderes Programm auf diesem PC den Port schon belegt. Ohne ihn erfährt der Messenger nicht, wer der Benutzer ist.",
        ),
        remedy: vec![
            pick(
                "Run `netstat -ano | findstr :5000` on the user's PC and look up the process id in the task manager.",
                "Auf dem PC des Benutzers `netstat -ano | findstr :5000` ausführen und die Prozess-ID im Task-Manager nachschlagen.",
            ),
            pick(
                "Stop that program, or move it to another port; then restart SwyxIt!.",
                "Dieses Programm beenden oder auf einen anderen Port legen; danach SwyxIt! neu starten.",
            ),
            pick(
                "If it is `svchost` or `System`, check the reserved ranges: `netsh int ipv4 show excludedportrange tcp`.",
                "Ist es `svchost` oder `System`, die reservierten Bereiche prüfen: `netsh int ipv4 show excludedportrange tcp`.",
            ),
        ],
        user_text: pick(
            "The chat cannot start because another program on your PC is in its way. Your administrator can clear that in a few minutes; telephony is not affected.",
            "Der Chat kann nicht starten, weil ihm ein anderes Programm auf Ihrem PC im Weg ist. Ihr Administrator kann das in wenigen Minuten beheben; die Telefonie ist nicht betroffen.",
        ),
        vendor_text: pick(
            "Kestrel in ComSocket fails to bind 127.0.0.1:5000 (AddressInUseException, WSAEADDRINUSE 10048). The port is fixed; the owner must be found at the customer.",
            "Kestrel in ComSocket scheitert beim Bind auf 127.0.0.1:5000 (AddressInUseException, WSAEADDRINUSE 10048). Der Port ist fest; der Besitzer muss beim Kunden ermittelt werden.",
        ),
        count: 3,
        first_seen: Some(at("11:16:29.004")),
        last_seen: Some(at("11:17:02.410")),
        clock: None,
        recovered_at: None,
        endpoint: Some("127.0.0.1:5000".into()),
        clients: texts(["anna @ PC-0815"]),
        details: Vec::new(),
        contradictions: Vec::new(),
        evidence: vec![evidence, second],
        next_checks: vec![pick(
            "Does CLMgr.exe run, and was a ComSocket trace written when it started?",
            "Läuft CLMgr.exe, und wurde bei dessen Start eine ComSocket-Tracedatei geschrieben?",
        )],
        references: texts([
            "https://learn.microsoft.com/windows/win32/winsock/windows-sockets-error-codes-2",
            "Swyx tech talk on Instant Messaging, 12.10",
        ]),
    }
}

fn consequence(lang: Lang, id: &str) -> Finding {
    let pick = |en: &str, de: &str| (if lang == Lang::En { en } else { de }).to_owned();
    Finding {
        id: id.to_owned(),
        class: "local-helper-down".into(),
        class_title: pick(
            "Local helper does not answer",
            "Lokaler Helfer antwortet nicht",
        ),
        cause: "refused".into(),
        rule: "local-helper-down/econnrefused".into(),
        rules: texts(["local-helper-down/econnrefused"]),
        severity: Severity::Error,
        confidence: Confidence::Likely,
        confidence_because: vec![pick(
            "the Messenger alone says so",
            "nur der Messenger sagt es",
        )],
        role: Role::Consequence,
        follows_from: Some("F1".into()),
        title: pick(
            "The Messenger does not reach the helper on this PC",
            "Der Messenger erreicht den Helfer auf diesem PC nicht",
        ),
        summary: pick(
            "Nothing listens on 127.0.0.1:5000.",
            "Auf 127.0.0.1:5000 lauscht niemand.",
        ),
        count: 34,
        first_seen: Some(at("11:16:31.220")),
        last_seen: Some(at("11:18:40.901")),
        details: Vec::new(),
        contradictions: Vec::new(),
        evidence: vec![record(
            "Traces/SwyxMessenger-20200810-111601.log",
            88,
            "11:16:31.220",
            "[2020-08-10 11:16:31.220]",
            "[2020-08-10 11:16:31.220] [error] Error: connect ECONNREFUSED 127.0.0.1:5000\n    at TCPConnectWrap.afterConnect [as oncomplete] (net.js:1141:16)",
        )],
        ..cause(lang)
    }
}

fn base(
    lang: Lang,
    verdict: Verdict,
    headline: &str,
    chain: Vec<ChainStep>,
    findings: Vec<Finding>,
) -> Report {
    let pick = |en: &str, de: &str| (if lang == Lang::En { en } else { de }).to_owned();
    let attempt = Attempt {
        start: Some(at("11:15:59.870")),
        end: Some(at("11:18:40.901")),
        verdict,
        chain: chain.clone(),
        findings: findings.iter().map(|f| f.id.clone()).collect(),
        places: findings.iter().map(|_| None).collect(),
    };
    Report {
        schema: SCHEMA,
        schema_version: SCHEMA_VERSION,
        tool: Tool {
            name: "swyxtrace",
            version: "0.1.0",
        },
        lang,
        chain_title: pick(
            "Login of the Swyx Messenger",
            "Anmeldung des Swyx Messengers",
        ),
        window: Window {
            first_record: Some(at("11:15:59.870")),
            last_record: Some(at("11:21:07.300")),
            records: 2_031,
            ..Window::default()
        },
        verdict,
        headline: headline.to_owned(),
        client: None,
        chain,
        clients: vec![Client {
            name: "anna @ PC-0815".into(),
            verdict,
            attempts: [attempt].into_iter().collect(),
        }],
        versions: vec![Version {
            product: "SwyxIt!".into(),
            name: None,
            version: "12.20.18210".into(),
            source: "Traces/SwyxIt!-20200810-111559.log".into(),
            line: 3,
        }],
        findings,
        next_checks: vec![pick(
            "Run `netstat -ano | findstr :5000`: does a program other than CLMgr own the port?",
            "`netstat -ano | findstr :5000` ausführen: Belegt ein anderes Programm als CLMgr den Port?",
        )],
        sources: sources(),
        coverage: Vec::new(),
        reply: String::new(),
        problems: Vec::new(),
        why: vec![
            Why {
                about: "stage:client-login".into(),
                counts_for: true,
                text: pick(
                    "a later stage of the same attempt was reached",
                    "ein späterer Schritt desselben Versuchs wurde erreicht",
                ),
            },
            Why {
                about: "F1".into(),
                counts_for: true,
                text: pick(
                    "Winsock 10048 with the word `bind` in the same record",
                    "Winsock 10048 mit dem Wort `bind` im selben Eintrag",
                ),
            },
            Why {
                about: "F1".into(),
                counts_for: false,
                text: pick(
                    "no trace of CLMgr is there to confirm it",
                    "ein CLMgr-Trace, der es bestätigt, fehlt",
                ),
            },
        ],
        uncatalogued: Vec::new(),
        elsewhere: Vec::new(),
        facts: Vec::new(),
        left_alone: Vec::new(),
    }
}

/// A port collision and what follows from it.
pub fn failure(lang: Lang) -> Report {
    let headline = match lang {
        Lang::En => {
            "The login breaks at the local helper: another program owns port 5000 of this PC."
        }
        Lang::De => {
            "Die Anmeldung scheitert am lokalen Helfer: Ein anderes Programm belegt Port 5000 dieses PCs."
        }
    };
    base(
        lang,
        Verdict::Failure,
        headline,
        ladder("oFnnnn", lang, Some("F1")),
        vec![cause(lang), consequence(lang, "F2")],
    )
}

/// A failure that a later attempt made up for.
pub fn recovered() -> Report {
    let lang = Lang::En;
    let mut finding = cause(lang);
    finding.recovered_at = Some(at("11:21:04.100"));
    finding.severity = Severity::Warning;
    let mut report = base(
        lang,
        Verdict::Recovered,
        "The login works now: at 11:16 the local helper could not start, and at 11:21 it did.",
        ladder("oroooo", lang, Some("F1")),
        vec![finding],
    );
    let only = report.clients[0].attempts.last().unwrap();
    let first = Attempt {
        verdict: Verdict::Failure,
        chain: ladder("oFnnnn", lang, Some("F1")),
        ..only.clone()
    };
    let second = Attempt {
        start: Some(at("11:21:00.000")),
        end: Some(at("11:21:07.300")),
        ..only
    };
    report.clients[0].attempts = [first, second].into_iter().collect();
    report
}

/// A clean login.
pub fn healthy() -> Report {
    let mut report = base(
        Lang::En,
        Verdict::Healthy,
        "The login works: the session was reached at 11:16:34, and nothing failed after it.",
        ladder("oooooo", Lang::En, None),
        Vec::new(),
    );
    report.next_checks.clear();
    report.why.truncate(1);
    report
}

/// Too little to judge.
pub fn insufficient(lang: Lang) -> Report {
    let pick = |en: &str, de: &str| (if lang == Lang::En { en } else { de }).to_owned();
    let mut report = base(
        lang,
        Verdict::Insufficient,
        &pick(
            "These traces do not show a login: nothing failed in them, but the decisive part is missing.",
            "Diese Traces zeigen keine Anmeldung: Es ist nichts gescheitert, aber der entscheidende Teil fehlt.",
        ),
        ladder("uuuuuu", lang, None),
        Vec::new(),
    );
    report.coverage = vec![
        Gap {
            id: "no-trace-of-comsocket".into(),
            text: pick(
                "No ComSocket trace. Send `ComSocket-*.log` from %LOCALAPPDATA%\\Temp\\Swyx\\Traces of the same user.",
                "Kein ComSocket-Trace. Bitte `ComSocket-*.log` aus %LOCALAPPDATA%\\Temp\\Swyx\\Traces desselben Benutzers senden.",
            ),
        },
        Gap {
            id: "starts-after-login".into(),
            text: pick(
                "The Messenger's trace starts after the login. Restart SwyxIt!, reproduce the login, and send the whole folder.",
                "Der Messenger-Trace beginnt nach der Anmeldung. SwyxIt! neu starten, die Anmeldung wiederholen und den ganzen Ordner senden.",
            ),
        },
    ];
    report.problems = vec![ProblemReport {
        source: Some("Traces/CLMgr-20200810.log".into()),
        line: None,
        text: pick(
            "The file could not be opened: access denied.",
            "Die Datei ließ sich nicht öffnen: Zugriff verweigert.",
        ),
    }];
    report.sources.truncate(1);
    report.sources[0].unparsed = 12;
    report.sources[0].unparsed_first = vec![UnparsedLine {
        line: 4,
        text: "---- 8< ----".into(),
    }];
    report.next_checks.clear();
    report.why.clear();
    report.uncatalogued = vec![Uncatalogued {
        template: "[error] sync of <N> rooms failed: <HOST> said <N>".into(),
        count: 5,
        example: record(
            "Traces/ComSocket-20200810-111559.log",
            200,
            "11:17:40.000",
            "2020-08-10 11:17:40.000",
            "2020-08-10 11:17:40.000 [ERR] sync of 3 rooms failed: db7 said 12",
        ),
        stage: Some("session".into()),
    }];
    report
}

/// Text that tries to run, hide or mislead.
pub const HOSTILE: &str = "</code></pre><script>alert(1)</script><img src=x onerror=alert(2)> ```` ``` | a | @admin #1 [x](javascript:alert(3)) ![i](https://evil.example/i.png) www.evil.example \u{202e}gpj.exe\u{202c} pay\u{440}al \u{200b} \u{1b}]8;;https://evil.example\u{7}click\u{1b}]8;;\u{7} \u{9b}31m &lt;b&gt; <!-- --> <svg onload=alert(4)> ~~~ \r overwritten $x$ {{7*7}} ${7*7}";

/// Hostile text in every field that log text can reach.
pub fn hostile() -> Report {
    let mut report = failure(Lang::En);
    report.headline = format!("Headline {HOSTILE}");
    report.clients[0].name = HOSTILE.into();
    report.versions[0].version = HOSTILE.into();
    report.coverage = vec![Gap {
        id: HOSTILE.into(),
        text: HOSTILE.into(),
    }];
    report.problems = vec![ProblemReport {
        source: Some(HOSTILE.into()),
        line: Some(3),
        text: HOSTILE.into(),
    }];
    report.next_checks = vec![HOSTILE.into()];
    for step in &mut report.chain {
        step.endpoint = Some(HOSTILE.into());
        step.short = HOSTILE.into();
        step.from = HOSTILE.into();
    }
    for source in &mut report.sources {
        source.path = HOSTILE.into();
        source.program = Some(HOSTILE.into());
        source.problems = vec![HOSTILE.into()];
        source.unparsed = 1;
        source.unparsed_first = vec![UnparsedLine {
            line: 1,
            text: HOSTILE.into(),
        }];
    }
    for finding in &mut report.findings {
        finding.title = HOSTILE.into();
        finding.summary = HOSTILE.into();
        finding.remedy = vec![HOSTILE.into()];
        finding.user_text = HOSTILE.into();
        finding.vendor_text = HOSTILE.into();
        finding.endpoint = Some(HOSTILE.into());
        finding.references = texts([
            "javascript:alert(1)",
            "https://x.example/\"><script>alert(1)</script>",
        ]);
        for evidence in &mut finding.evidence {
            evidence.source = HOSTILE.into();
            evidence.text = format!("{HOSTILE}\n````````\n{HOSTILE}");
            evidence.excerpt = HOSTILE.into();
            evidence.stamp = Some(HOSTILE.into());
            evidence.before = vec![HOSTILE.into()];
        }
    }
    report.why = vec![Why {
        about: HOSTILE.into(),
        counts_for: false,
        text: HOSTILE.into(),
    }];
    report.uncatalogued = vec![Uncatalogued {
        template: HOSTILE.into(),
        count: 1,
        example: report.findings[0].evidence[0].clone(),
        stage: None,
    }];
    report.elsewhere = vec![Elsewhere {
        rule: HOSTILE.into(),
        endpoint: Some(HOSTILE.into()),
        count: 1,
        first_seen: None,
        last_seen: None,
        example: report.findings[0].evidence[0].clone(),
    }];
    report
}

/// As many findings as asked, on as many sources as a terminal server has.
pub fn many(count: usize) -> Report {
    let mut report = failure(Lang::En);
    report.findings = (1..=count)
        .map(|n| {
            let mut finding = if n % 3 == 0 {
                consequence(Lang::En, "")
            } else {
                cause(Lang::En)
            };
            finding.id = format!("F{n}");
            finding.title = format!("{} ({n})", finding.title);
            finding
        })
        .collect();
    report.findings.sort_by_key(|f| f.role == Role::Consequence);
    report.sources = (0..40)
        .flat_map(|n| {
            sources().into_iter().map(move |mut s| {
                s.path = format!("session-{n}/{}", s.path);
                s
            })
        })
        .collect();
    report
}

/// All of them, named.
pub fn all() -> Vec<(&'static str, Report)> {
    vec![
        ("failure", failure(Lang::En)),
        ("failure-de", failure(Lang::De)),
        ("recovered", recovered()),
        ("healthy", healthy()),
        ("insufficient", insufficient(Lang::En)),
        ("insufficient-de", insufficient(Lang::De)),
        ("hostile", hostile()),
        ("many", many(2_000)),
    ]
}

/// Writes `secret` into every text of the report.
pub fn plant(report: &mut Report, secret: &str) {
    let put = |text: &mut String| secret.clone_into(text);
    let list = |texts: &mut Vec<String>| *texts = vec![secret.to_owned()];
    let record = |e: &mut Evidence| {
        [&mut e.source, &mut e.text, &mut e.excerpt]
            .into_iter()
            .for_each(put);
        [&mut e.before, &mut e.after].into_iter().for_each(list);
        e.stamp = Some(secret.to_owned());
    };
    let rung = |s: &mut ChainStep| {
        [
            &mut s.stage,
            &mut s.title,
            &mut s.short,
            &mut s.from,
            &mut s.to,
        ]
        .into_iter()
        .for_each(put);
        s.endpoint = Some(secret.to_owned());
        s.finding = Some(secret.to_owned());
    };
    [
        &mut report.chain_title,
        &mut report.headline,
        &mut report.window.text,
    ]
    .into_iter()
    .for_each(put);
    list(&mut report.next_checks);
    report.chain.iter_mut().for_each(rung);
    for client in &mut report.clients {
        put(&mut client.name);
        let mut attempts: Vec<Attempt> = client.attempts.iter().collect();
        attempts
            .iter_mut()
            .flat_map(|a| &mut a.chain)
            .for_each(rung);
        client.attempts = attempts.into_iter().collect();
    }
    report.versions.iter_mut().for_each(|v| put(&mut v.version));
    for f in &mut report.findings {
        [
            &mut f.title,
            &mut f.summary,
            &mut f.user_text,
            &mut f.vendor_text,
            &mut f.class_title,
        ]
        .into_iter()
        .for_each(put);
        [
            &mut f.remedy,
            &mut f.next_checks,
            &mut f.references,
            &mut f.clients,
            &mut f.confidence_because,
        ]
        .into_iter()
        .for_each(list);
        f.endpoint = Some(secret.to_owned());
        f.evidence.iter_mut().for_each(record);
    }
    for s in &mut report.sources {
        [&mut s.path, &mut s.format, &mut s.zone.name]
            .into_iter()
            .for_each(put);
        list(&mut s.problems);
        s.program = Some(secret.to_owned());
        s.unparsed_first.iter_mut().for_each(|u| put(&mut u.text));
    }
    report.coverage.iter_mut().for_each(|g| put(&mut g.text));
    report.problems.iter_mut().for_each(|p| put(&mut p.text));
    report.why.iter_mut().for_each(|w| put(&mut w.text));
    for u in &mut report.uncatalogued {
        put(&mut u.template);
        record(&mut u.example);
    }
    for e in &mut report.elsewhere {
        e.endpoint = Some(secret.to_owned());
        record(&mut e.example);
    }
}
