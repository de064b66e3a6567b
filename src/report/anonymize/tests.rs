use super::*;
use crate::grammar::catalog::Files;

fn catalog() -> Catalog {
    Catalog::load(Files::new()).expect("the grammars load")
}

fn anonymised(catalog: &Catalog, text: &str) -> String {
    let mut anonymizer = Anonymizer::new(catalog);
    let mut harvester = anonymizer.harvester();
    harvester.text(text);
    let seen = harvester.finish();
    anonymizer.harvest([seen]);
    anonymizer.text(text).into_owned()
}

#[test]
fn identities_of_every_shape_become_tokens() {
    let catalog = catalog();
    for (text, expected) in [
        (r"C:\Users\anna.muster\x", r"C:\Users\user-1\x"),
        (
            r#""C:\\Users\\Anna Muster\\x""#,
            r#""C:\\Users\\user-1\\x""#,
        ),
        (r"C:\Users\anna and more", r"C:\Users\user-1 and more"),
        (
            "file:///C:/Users/Anna%20Muster/x",
            "file:///C:/Users/user-1/x",
        ),
        ("open /home/anna/x", "open /home/user-1/x"),
        (r"\\srv-file\daten\x", r"\\host-1\daten\x"),
        (r"as CORP\anna now", r"as host-1\user-1 now"),
        ("anna@firma.de", "user-1@host-1.example"),
        ("anna%40firma.de", "user-1%40host-1.example"),
        ("user=anna, next", "user=user-1, next"),
        (r#"{"UserName":"anna"}"#, r#"{"UserName":"user-1"}"#),
        (
            r#"{\"userName\":\"O'Neill, Anna\"}"#,
            r#"{\"userName\":\"user-1\"}"#,
        ),
        ("Benutzer: Anna Muster (2147)", "Benutzer: user-1 (phone-1)"),
        ("logged on as anna", "logged on as user-1"),
        ("wss://chat.firma.de:443/x", "wss://host-1.example:443/x"),
        (
            "connect to srv01.kunde:9100 failed",
            "connect to host-1.example:9100 failed",
        ),
        ("Server=SRV01;", "Server=host-1;"),
        (
            "getaddrinfo ENOTFOUND srvpbx",
            "getaddrinfo ENOTFOUND host-1",
        ),
        (
            "from 8.8.8.8:53 to 192.168.1.1",
            "from 198.18.0.1:53 to 192.168.1.1",
        ),
        (
            "[2a02:8109::1]:443 [::1]:5000",
            "[2001:db8:1::1]:443 [::1]:5000",
        ),
        ("call +49 (0) 231 5559968", "call phone-1"),
        ("Tel 0231 / 5559968.", "Tel phone-1."),
        ("sip:+492315559968@firma.de", "sip:phone-1@host-1.example"),
        (r#"number "298""#, r#"number "phone-1""#),
        ("MAC 00-1B-44-11-3A-B7", "MAC 02-00-00-00-00-01"),
        ("S-1-5-21-1-2-3-1001", "S-1-5-21-0-0-0-1"),
        (
            "Nachricht von Anna Muster: bis gleich",
            "Nachricht von user-1: message-1",
        ),
    ] {
        assert_eq!(anonymised(&catalog, text), expected, "from {text}");
    }
}

#[test]
fn what_only_looks_like_an_identity_stays() {
    let catalog = catalog();
    for text in [
        "SwyxMessenger 12.10.4561.0, Version=4.2.0.0, v1.2.3.4, Chrome/83.0.4.1",
        "net.js:1141:16 main.cc:947 config.json System.Net.Sockets.SocketException socket.io",
        r"C:\Program Files\App\x.dll C:\Users\Public\x NT AUTHORITY\SYSTEM",
        "2020-08-10 11:16:19.153 +02:00 [4711:0815:0810/111629.123]",
        "line number 214, port 9100, error -4078, pid 6389, errno: 10048",
        "https://iam1.voipoperator.eu/ws https://swyx-imsecurity.k8s.ispworks.nl/ http://localhost:5000/",
        "127.0.0.1 10.1.2.3 172.16.0.1 192.168.0.1 169.254.1.1 fe80::1 ::1",
        "user info received, user: not logged on, user is unknown, User \"\"",
        "electron@9.1.2 d3b07384-d9a0-4c9b-8f3e-1234567890ab CLineMgr::Init",
        "Server: nginx/1.18 Server: Swyx IpPbxSrv/12.10",
        "error message from server: ECONNREFUSED",
        "PbxServer= AutoDetect=0 user= level=3",
        "user-1 host-2.example phone-3 message-4",
    ] {
        assert_eq!(anonymised(&catalog, text), text);
    }
}

#[test]
fn a_name_is_known_again_in_all_its_forms() {
    let catalog = catalog();
    let text = "displayName=\"Jörg Großmann\"\nJÖRG GROSSMANN? J\\u00f6rg Gro\\u00dfmann, Großmann, Jörg, joerg.png J%C3%B6rg%20Gro%C3%9Fmann jörg.großmann@x.de Großmann";
    let out = anonymised(&catalog, text);
    assert_eq!(out.matches("user-1").count(), 7, "{out}");
}

#[test]
fn short_and_full_names_of_a_host_are_one() {
    let catalog = catalog();
    let out = anonymised(
        &catalog,
        "Server=pbx01 x\nhttps://pbx01.firma.de/ https://pbx01.other.de/ then PBX01",
    );
    assert_eq!(
        out,
        "Server=host-1 x\nhttps://host-1.example/ https://host-2.example/ then host-1"
    );
}

#[test]
fn numbers_in_use_are_not_given_away_again() {
    let catalog = catalog();
    assert_eq!(
        anonymised(&catalog, "user-1 and user=anna"),
        "user-1 and user=user-2"
    );
}

#[test]
fn what_turns_up_late_gets_the_number_zero() {
    let mut anonymizer = Anonymizer::new(&catalog());
    anonymizer.harvest([]);
    assert_eq!(anonymizer.text("user=anna"), "user=user-0");
}

#[test]
fn a_jwt_of_a_copy_is_the_same_after_another_pass() {
    let note = "<JWT alg=RS256 iss=https://a.example/ aud=b,c exp=2020-08-10T09:16:20Z iat=2020-08-10T08:16:20Z>";
    let token = jwts(note);
    assert!(token.starts_with("eyJ"), "{token}");
    assert_eq!(redact::secrets(&token), note);
}

#[test]
fn a_message_goes_on_below_its_first_line() {
    let catalog = catalog();
    let text = "\
[2020-08-10 11:16:20.300] [info] [chat] message from Petra Lohmann: Hallo Klaus,
der Zettel liegt im Tresor

  Gruß 10:30:00 Petra
[2020-08-10 11:16:21.300] [warn] login failed
[2020-08-10 11:16:22.300] [info] message sent {
  \"to\": \"petra@firma.de\",
  \"body\": \"Danke,
bis nachher im Keller\"
}
[2020-08-10 11:16:23.300] [error] message from server: failed
   at System.Net.Sockets.Connect()
[2020-08-10 11:16:24.300] [info] [chat] Nachricht von Petra Lohmann:
Kommst du zum Schuppen?
[2020-08-10 11:16:25.300] [info] POST /im/token
";
    let mut anonymizer = Anonymizer::new(&catalog);
    let mut harvester = anonymizer.harvester();
    harvester.text(text);
    let seen = harvester.finish();
    anonymizer.harvest([seen]);
    let safe = anonymizer.text(text);
    for hidden in [
        "Tresor", "Gruß", "Keller", "Danke", "Hallo", "Schuppen", "Kommst",
    ] {
        assert!(!safe.contains(hidden), "{hidden} is in\n{safe}");
    }
    for kept in [
        "login failed",
        "at System.Net.Sockets.Connect()",
        "POST /im/token",
        "message sent {",
        "\"to\":",
    ] {
        assert!(safe.contains(kept), "{kept} is not in\n{safe}");
    }
    assert_eq!(safe.lines().count(), text.lines().count());
    // The context of a record begins in the middle of a message.
    let rest = text.lines().skip(1).take(2).collect::<Vec<_>>().join("\n");
    assert!(!anonymizer.text(&rest).contains("Tresor"));
}

#[test]
fn what_a_messenger_writes_is_a_message_and_what_a_server_answers_is_none() {
    let catalog = catalog();
    for line in [
        r#"{"type":"msg","text":"Treffen im Tresor"}"#,
        r#"{"content":"Treffen im Tresor","sender":"anna.muster"}"#,
        r#"{"from":"anna.muster","to":"j.heide","body":"Treffen im Tresor","ts":1}"#,
        r#"sendMessage("Treffen im Tresor")"#,
        r#"<message to="a@b.de"><body>Treffen im Tresor</body></message>"#,
        "[message] Petra: Treffen im Tresor",
        "message received from Petra Lohmann: Treffen im Tresor",
        "message body follows\nTreffen im Tresor\nund mehr vom Tresor",
    ] {
        let text = format!(
            "[2020-08-10 11:16:20.300] [debug] {line}\n[2020-08-10 11:16:21.300] [info] next\n"
        );
        let safe = anonymised(&catalog, &text);
        assert!(
            !safe.contains("Tresor") && !safe.contains("Lohmann"),
            "{safe}"
        );
        assert!(safe.ends_with("[info] next\n"), "{safe}");
    }
    for line in [
        r#"{"from":"gateway","code":403,"text":"IM feature not enabled"}"#,
        r#"{"status":401,"text":"token expired","to":"im"}"#,
    ] {
        assert!(
            anonymised(&catalog, line).contains(
                line.split("\"text\":\"")
                    .nth(1)
                    .unwrap()
                    .split('"')
                    .next()
                    .unwrap()
            )
        );
    }
}

#[test]
fn names_before_addresses_in_shares_and_numbers_from_abroad() {
    let catalog = catalog();
    for (text, expected) in [
        (
            r#"From: "Karin Schulze" <sip:214@srv.firma.de>"#,
            "From: \"user-1\"",
        ),
        (
            r"open \\10.20.4.5\home$\kschulz5 failed",
            r"\\10.20.4.5\home$\user-1 failed",
        ),
        ("call from 004923155667788 to x", "call from phone-1 to x"),
        ("id 0049231 and 00492315566778899", "id 0049231 and "),
    ] {
        let safe = anonymised(&catalog, text);
        assert!(safe.contains(expected), "{text}: {safe}");
    }
}

/// The lines of a table of cases: cells between tabs.
fn table(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split('\t').collect())
}

#[test]
fn every_identity_of_the_table_is_hidden_and_the_rest_stays() {
    let catalog = catalog();
    let mut wrong = Vec::new();
    for case in table(include_str!("../../../tests/data/identities.tsv")) {
        let &[text, hidden, kept] = case.as_slice() else {
            panic!("three cells: {case:?}");
        };
        let safe = anonymised(&catalog, text);
        let seen = hidden.split('|').any(|identity| safe.contains(identity));
        let lost = kept.split('|').any(|word| !safe.contains(word));
        if seen || lost {
            wrong.push(format!("{text}\n   -> {safe}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn what_says_nothing_about_anybody_stays_as_it_is() {
    let catalog = catalog();
    let wrong: Vec<String> = table(include_str!("../../../tests/data/no_identities.tsv"))
        .map(|case| (case[0], anonymised(&catalog, case[0])))
        .filter(|(text, safe)| text != safe)
        .map(|(text, safe)| format!("{text}\n   -> {safe}"))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn folders_named_after_people_are_one_token_each_wherever_they_are_named() {
    let mut anonymizer = Anonymizer::new(&catalog());
    let mut all = Vec::new();
    for folder in ["Frau Hufnagl", "Frau Obermaier", "Users/k.mustermann"] {
        let mut harvester = anonymizer.harvester();
        harvester.path(&format!("{folder}/SwyxMessenger-2020-08-10.log"));
        all.push(harvester.finish());
    }
    anonymizer.harvest(all);
    let first = anonymizer.path("Frau Hufnagl/SwyxMessenger-2020-08-10.log");
    let second = anonymizer.path("Frau Obermaier/SwyxMessenger-2020-08-10.log");
    assert_ne!(first, second);
    assert!(first.ends_with("/SwyxMessenger-2020-08-10.log"), "{first}");
    let token = first.split('/').next().unwrap_or_default();
    assert_eq!(
        anonymizer.text("Frau Hufnagl: the login failed"),
        format!("{token}: the login failed")
    );
    assert_eq!(
        anonymizer.text("Users/k.mustermann/SwyxMessenger-2020-08-10.log:12"),
        format!(
            "{}:12",
            anonymizer.path("Users/k.mustermann/SwyxMessenger-2020-08-10.log")
        )
    );
    assert!(
        !anonymizer
            .path("Users/k.mustermann/x.log")
            .contains("mustermann")
    );
    for one in [&first, &second] {
        assert!(!one.contains("user-0"), "{one}");
    }
}
