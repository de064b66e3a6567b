//! JSON Web Tokens for a copy of the traces: what redaction left of one becomes a token again, which a reader of JWTs
//! accepts. It keeps alg, iss, aud, iat, nbf and exp; its signature is none.

use std::borrow::Cow;
use std::sync::LazyLock;

use chrono::DateTime;
use regex::{Captures, Regex};
use serde_json::{Map, Value, json};

use super::find::regex;

/// What stands where the signature stood.
const SIGNATURE: &str = "c2lnbmF0dXJlLXJlbW92ZWQtYnktYW5vbnltaXplci0wMA";

/// `<JWT alg=… iss=… …>` as tokens.
pub fn jwts(text: &str) -> Cow<'_, str> {
    static NOTE: LazyLock<Regex> =
        LazyLock::new(|| regex(r"<JWT(?P<claims>(?: (?:alg|iss|aud|exp|nbf|iat)=[^ <>\r\n]*)+)>"));
    NOTE.replace_all(text, |found: &Captures<'_>| token(&found["claims"]))
}

fn token(claims: &str) -> String {
    let mut header = Map::new();
    let mut payload = Map::new();
    header.insert("alg".into(), json!("none"));
    header.insert("typ".into(), json!("JWT"));
    for (name, value) in claims.split(' ').filter_map(|claim| claim.split_once('=')) {
        match name {
            "alg" => drop(header.insert("alg".into(), json!(value))),
            "exp" | "nbf" | "iat" => {
                if let Ok(time) = DateTime::parse_from_rfc3339(value) {
                    payload.insert(name.into(), json!(time.timestamp()));
                }
            }
            _ if value.contains(',') => {
                let all: Vec<&str> = value.split(',').collect();
                payload.insert(name.into(), json!(all));
            }
            _ => drop(payload.insert(name.into(), json!(value))),
        }
    }
    let part = |map: Map<String, Value>| base64(Value::Object(map).to_string().as_bytes());
    format!("{}.{}.{SIGNATURE}", part(header), part(payload))
}

/// URL-safe, without padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let three = [
            chunk[0],
            *chunk.get(1).unwrap_or(&0),
            *chunk.get(2).unwrap_or(&0),
        ];
        let bits = u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
        for index in 0..=chunk.len() {
            let six = bits >> (18 - 6 * index) & 63;
            out.push(char::from(LETTERS[six as usize]));
        }
    }
    out
}
