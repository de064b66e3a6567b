//! What leaves, and what must stay.

use std::borrow::Cow;

use proptest::prelude::*;

use super::*;

/// `{"alg":"RS256","typ":"JWT"}.{"iss":"https://issuer.example","aud":["a","b"],"exp":1597051200,"sub":"x"}.…`
const JWT: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwiYXVkIjpbImEiLCJiIl0sImV4cCI6MTU5NzA1MTIwMCwic3ViIjoieCJ9.c2lnbmF0dXJlLXRoYXQtbXVzdC1nbw";
const SHOWN: &str = "<JWT alg=RS256 iss=https://issuer.example aud=a,b exp=2020-08-10T09:20:00Z>";

#[test]
fn a_jwt_keeps_only_what_a_diagnosis_needs() {
    for (text, want) in [
        (format!("got {JWT}."), format!("got {SHOWN}.")),
        (
            format!("?access_token={JWT}&x=1"),
            format!("?access_token={SHOWN}&x=1"),
        ),
        (
            format!("Authorization: Bearer {JWT}"),
            format!("Authorization: Bearer {SHOWN}"),
        ),
        (
            format!(r#"{{\"token\":\"{JWT}\"}}"#),
            format!(r#"{{\"token\":\"{SHOWN}\"}}"#),
        ),
        (JWT.replace('.', "%2E"), SHOWN.to_owned()),
        (JWT.replace('.', "%252e"), SHOWN.to_owned()),
        (JWT.replace('.', r"\u002e"), SHOWN.to_owned()),
        (JWT[..60].to_owned(), "<JWT alg=RS256>".to_owned()),
        (
            format!("a {}\n  {} b", &JWT[..90], &JWT[90..]),
            format!("a {SHOWN}\n b"),
        ),
    ] {
        assert_eq!(secrets(&text), want, "{text}");
    }
}

#[test]
fn secrets_of_each_shape_leave() {
    for (text, want) in [
        (
            "Authorization: Bearer abcdef",
            "Authorization: Bearer <removed>",
        ),
        (
            "authorization: 'Basic dXNlcjpwYXNz'",
            "authorization: 'Basic <removed>'",
        ),
        (
            "Proxy-Authorization: Negotiate YIIabc==, Host: x",
            "Proxy-Authorization: Negotiate <removed>, Host: x",
        ),
        (
            "Authorization: Digest username=\"x\", response=\"y\"",
            "Authorization: Digest <removed>",
        ),
        (
            "'Authorization', 'Bearer 12345'",
            "'Authorization', 'Bearer <removed>'",
        ),
        ("Cookie: a=b; c=d", "Cookie: <removed>"),
        (
            r#"{"set-cookie":["s=1; Path=/"],"x":1}"#,
            r#"{"set-cookie":<removed>,"x":1}"#,
        ),
        ("with NTLM TlRMTVNTUAAB end", "with NTLM <removed> end"),
        (
            "GET /?refresh_token=abc&x=1",
            "GET /?refresh_token=<removed>&x=1",
        ),
        (
            "?redirect=https%3A%2F%2Fx%3Faccess_token%3Dabc%26y%3Dz",
            "?redirect=https%3A%2F%2Fx%3Faccess_token%3D<removed>%26y%3Dz",
        ),
        (
            r#"{"password": "p\"w", "user": "x"}"#,
            r#"{"password": "<removed>", "user": "x"}"#,
        ),
        (
            r#"{\"clientSecret\":\"abc\",\"b\":1}"#,
            r#"{\"clientSecret\":\"<removed>\",\"b\":1}"#,
        ),
        (
            "%22password%22%3A%22abc%22%2C",
            "%22password%22%3A%22<removed>%22%2C",
        ),
        ("Passwort: geheim1", "Passwort: <removed>"),
        ("Kennwort 'ge heim'", "Kennwort '<removed>'"),
        (
            "Server=a;User Id=b;Password=my pass;Database=c",
            "Server=a;User Id=b;Password=<removed>;Database=c",
        ),
        ("PWD={a;b};X=1", "PWD=<removed>;X=1"),
        ("tool --password hunter2 -v", "tool --password <removed> -v"),
        (
            r#"{"name":"password","value":"abc"}"#,
            r#"{"name":"password","value":"<removed>"}"#,
        ),
        (
            "<wsse:Password Type=\"t\">abc</wsse:Password>",
            "<wsse:Password Type=\"t\"><removed></wsse:Password>",
        ),
        ("X-Api-Key: abc123", "X-Api-Key: <removed>"),
        ("?sv=1&sig=abc%3D&se=2", "?sv=1&sig=<removed>&se=2"),
        ("PIN=1234", "PIN=<removed>"),
        (
            "http://user:p@ss@proxy:3128/x",
            "http://<removed>@proxy:3128/x",
        ),
        (
            "u=http%3A%2F%2Fuser%3Apass%40proxy%3A3128",
            "u=http%3A%2F%2F<removed>%40proxy%3A3128",
        ),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nx",
            "<private key removed>\n\n\nx",
        ),
        // Its beginning was cut off.
        (
            "a line\nq1w2/e3==\n-----END PRIVATE KEY-----\nx",
            "a line\n<private key removed>\n\nx",
        ),
    ] {
        assert_eq!(secrets(text), want);
        assert_eq!(secrets(want), want, "a second pass");
    }
}

#[test]
fn evidence_that_only_talks_of_secrets_stays() {
    for text in [
        "WWW-Authenticate: Bearer error=\"invalid_token\", error_description=\"The token expired\"",
        "WWW-Authenticate: Basic realm=\"Swyx\"",
        "Proxy-Authenticate: Negotiate",
        "AuthenticationScheme: Bearer was forbidden.",
        "IDX10223: Lifetime validation failed. The token is expired. ValidTo (UTC): '8/10/2020'",
        "token: '[PII of type 'System.String' is hidden. For more details, see https://aka.ms/IdentityModel/PII.]'",
        "System.Net.Http, Version=4.2.0.0, PublicKeyToken=b77a5c561934e089",
        "Invalid token: expired",
        "auth token received from http://server:9100/ippbx/",
        "password expired for user a@b.example",
        "password: null",
        "Authorization: Denied",
        "exit code=10061",
        "mapping: 5, ping: 12",
        "Basic authentication is required, Basic settings loaded",
        "sip:201@swyx.example",
        "GET http://127.0.0.1:5000/comsocket?user=a@b.example 200",
    ] {
        assert!(
            matches!(secrets(text), Cow::Borrowed(_)),
            "{text} -> {}",
            secrets(text)
        );
    }
}

fn encoded(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0u32, |word, b| word << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for at in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(word >> (18 - 6 * at)) as usize & 63]));
        }
    }
    out
}

/// Bytes without a pattern: shrinking must not make the signature a row of `A`.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..length).map(|_| next()).collect()
}

prop_compose! {
    /// A token whose payload and signature are random.
    fn planted()(user in "[a-z]{3,12}", seed in any::<u64>(), length in 24usize..80) -> [String; 3] {
        [
            encoded(br#"{"alg":"HS256"}"#),
            encoded(format!(r#"{{"sub":"{user}","exp":1}}"#).as_bytes()),
            encoded(&noise(seed, length)) + "7aB",
        ]
    }
}

fn wrappings() -> impl Strategy<Value = fn(&str) -> String> {
    proptest::sample::select(vec![
        (|s| format!("token {s} end")) as fn(&str) -> String,
        |s| format!("https://x/hub?id=1&access_token={s}&y=2"),
        |s| format!("Authorization: Bearer {s}"),
        |s| format!(r#"{{"access_token":"{s}","token_type":"Bearer"}}"#),
        |s| format!(r#"{{"body":"{{\"id_token\":\"{s}\"}}"}}"#),
        |s| format!("Cookie: session={s}; a=b"),
        |s| format!("ftp://user:{s}@host/"),
        |s| format!("Server=a;Password={s};Database=b"),
        |s| format!("'{s}'"),
    ])
}

proptest! {
    #[test]
    fn a_planted_jwt_never_survives(parts in planted(), wrap in wrappings(), dot in proptest::sample::select(vec![".", "%2E", "%252E", r"\u002e"]), split in 0usize..40) {
        let [header, payload, signature] = parts;
        let mut token = format!("{header}{dot}{payload}{dot}{signature}");
        let split = token.len().saturating_sub(split);
        if dot == "." && split < token.len() && token.len() - split > 20 {
            token.insert_str(split, "\r\n    ");
        }
        let out = secrets(&wrap(&token)).into_owned();
        for part in [&header, &payload, &signature] {
            for at in 0..part.len() - 11 {
                prop_assert!(!out.contains(&part[at..at + 12]), "{} in {out}", &part[at..at + 12]);
            }
        }
        prop_assert_eq!(secrets(&out), out.as_str());
    }

    #[test]
    fn a_planted_password_never_survives(secret in "[A-Za-z0-9][A-Za-z0-9!#$%()*+,.:;?^_~-]{5,20}[0-9]Zq", wrap in proptest::sample::select(vec![
        (|s: &str| format!("{{\"password\": \"{s}\"}}")) as fn(&str) -> String,
        |s| format!("{{\\\"password\\\": \\\"{s}\\\"}}"),
        |s| format!("Passwort='{s}'"),
        |s| format!("<Password>{s}</Password>"),
        |s| format!("--password {s}"),
    ])) {
        let out = secrets(&wrap(&secret)).into_owned();
        prop_assert!(!out.contains("Zq"), "{out}");
        prop_assert_eq!(secrets(&out), out.as_str());
    }

    #[test]
    fn text_without_an_anchor_is_borrowed(text in "[a-z0-9 /:.\\[\\]()äöü-]{0,200}") {
        prop_assume!(!ANCHORS.iter().any(|(anchor, _)| text.contains(anchor)));
        prop_assert!(matches!(secrets(&text), Cow::Borrowed(_)));
    }

    #[test]
    fn a_second_pass_changes_nothing_and_line_ends_stay(pieces in proptest::collection::vec(proptest::sample::select(vec![
        "eyJhbGciOiJIUzI1NiJ9", ".", "eyJpc3MiOiJ4In0", "Bearer ", "Basic ", "abcDEF123==", "Authorization: ", "Cookie: ", "a=b",
        "password=", "token: ", "\"", "\\\"", "'", " ", "\n", ";", "&", ",", "://", "@", "user:x", "%3D", "%22", "{", "}", "<", ">",
        "<removed>", "<JWT alg=x>", "secret", "-----BEGIN PRIVATE KEY-----", "-----END", "\\n", "[", "]", "PIN=", "12", "realm=", "ü",
    ]), 0..14)) {
        let text = pieces.concat();
        let once = secrets(&text).into_owned();
        prop_assert_eq!(secrets(&once), once.as_str(), "from {:?}", text);
        prop_assert_eq!(once.matches('\n').count(), text.matches('\n').count());
    }
}

#[test]
fn settings_options_media_keys_and_tokens_in_sentences() {
    for (text, clean) in [
        (
            r#"<add key="ProxyPassword" value="Pw4Proxy" />"#,
            r#"<add key="ProxyPassword" value="<removed>" />"#,
        ),
        (
            "<setting value='Pw4Proxy' name='ProxyPassword'>",
            "<setting value='<removed>' name='ProxyPassword'>",
        ),
        (
            "curl -u admin:Curl-Pw-1 https://swx01:9100/",
            "curl -u <removed> https://swx01:9100/",
        ),
        ("--proxy-user a:b1 x", "--proxy-user <removed> x"),
        (
            "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkg|2^20|1:4",
            "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:<removed>|2^20|1:4",
        ),
        (
            "Anmeldetoken: 5f1c-aa77-bb22-ccde",
            "Anmeldetoken: <removed>",
        ),
        (
            "auth token is 5f1c-aa77-bb22-ccdd, ok",
            "auth token is <removed>, ok",
        ),
        ("Das Kennwort ist Sommer21.", "Das Kennwort ist <removed>."),
    ] {
        assert_eq!(secrets(text), clean);
        assert_eq!(secrets(clean), clean, "a second pass changes nothing");
    }
    for text in [
        r#"<add key="ProxyPort" value="8080" />"#,
        "swyxtrace --user anna -u anna",
        "auth token is missing",
        "the token is expired",
        "inline: a short remark",
    ] {
        assert_eq!(secrets(text), text);
    }
}

/// The lines of a table of cases: cells between tabs.
fn table(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split('\t').collect())
}

#[test]
fn every_secret_of_the_table_leaves_and_the_rest_stays() {
    let mut wrong = Vec::new();
    for case in table(include_str!("../../../tests/data/secrets.tsv")) {
        let (kept, hidden) = (case[case.len() - 1], case[case.len() - 2]);
        let text = case[..case.len() - 2].join("\t");
        let safe = secrets(&text);
        let seen = hidden.split('|').any(|secret| safe.contains(secret));
        let lost = kept.split('|').any(|word| !safe.contains(word));
        if seen || lost || secrets(&safe) != safe {
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
fn what_only_talks_of_secrets_stays_as_it_is() {
    let wrong: Vec<String> = table(include_str!("../../../tests/data/no_secrets.tsv"))
        .map(|case| case[0])
        .filter(|text| secrets(text) != *text)
        .map(|text| format!("{text}\n   -> {}", secrets(text)))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn a_value_below_its_key_leaves_and_its_lines_stay() {
    for (text, want) in [
        (
            "password: |\n  Xq7f\n  Zs9K\nnext: 1",
            "password: |\n  <removed>\n\nnext: 1",
        ),
        ("password: >-\n  Xq7fZs9Kp2", "password: >-\n  <removed>"),
        (
            "client_secret:\r\n  Xq7fZs9Kp2\r\nx",
            "client_secret:\r\n  <removed>\r\nx",
        ),
        (
            "- name: password\n  value: Xq7fZs9Kp2",
            "- name: password\n  value: <removed>",
        ),
        (
            "Authorization: Bearer\n  Xq7fZs9Kp2",
            "Authorization: Bearer\n  <removed>",
        ),
        (
            "Authorization:\n  Xq7fZs9Kp2Xq7fZs9Kp2",
            "Authorization:\n  <removed>",
        ),
        (
            "Set-Cookie:\n  a=Xq7fZs9Kp2; path=/\nx",
            "Set-Cookie:\n  <removed>\nx",
        ),
        ("X-API-Key:\n  Xq7fZs9Kp2", "X-API-Key:\n  <removed>"),
        (
            "form-data; name=\"password\"\r\n\r\nXq7fZs9Kp2\r\n--",
            "form-data; name=\"password\"\r\n\r\n<removed>\r\n--",
        ),
        (
            "api_key=Xq7fZs9Kp2Xq7fZs9Kp2Xq7fZs9Kp2\n  Kp2Xq7fZs9Kp2Xq7fZs9Kp2\nnext line",
            "api_key=<removed>\n\nnext line",
        ),
    ] {
        assert_eq!(secrets(text), want);
        assert_eq!(secrets(want), want, "a second pass");
    }
    for text in [
        "Authorization:\n   at System.Net.Http2Connection.Send()",
        "Authorization: Bearer\n   at System.Net.Http2Connection.Send()",
        "Cookie:\n   at Foo(x=1)",
        "token:\n   at Foo2.Bar()",
    ] {
        assert_eq!(secrets(text), text);
    }
}

#[test]
fn a_jwt_whose_header_has_blanks_is_one_and_other_json_is_none() {
    let header = encoded(b"{\n  \"alg\": \"HS256\"\n}");
    let token = format!("got {header}.{}.Xq7fZs9Kp2Xq7f", encoded(b"{\"exp\":1}"));
    assert_eq!(
        secrets(&token),
        "got <JWT alg=HS256 exp=1970-01-01T00:00:01Z>"
    );
    let other = format!("body {}", encoded(b"{\n  \"state\": \"ready\"\n}"));
    assert_eq!(secrets(&other), other);
}
