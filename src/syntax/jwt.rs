//! JSON Web Tokens as they stand in a trace: header and claims are decoded, the signature is never looked at.

use serde_json::Value;

/// What a diagnosis needs of a token. Times are seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// `alg` of the header.
    pub algorithm: Option<String>,
    /// Who issued it.
    pub issuer: Option<String>,
    /// Who it is for.
    pub audience: Vec<String>,
    /// When it was issued.
    pub issued: Option<i64>,
    /// From when it is valid.
    pub not_before: Option<i64>,
    /// Until when it is valid.
    pub expires: Option<i64>,
}

/// Decodes the first two parts of a token; `None` if they are no JSON objects, or the token is encrypted.
pub fn claims(token: &str) -> Option<Claims> {
    let mut parts = token.trim().split('.');
    let header = object(parts.next()?)?;
    let body = object(parts.next()?)?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let audience = match &body["aud"] {
        Value::String(one) => vec![one.clone()],
        Value::Array(all) => all.iter().filter_map(text).collect(),
        _ => Vec::new(),
    };
    let time = |name: &str| {
        let value = &body[name];
        value
            .as_i64()
            .or_else(|| value.as_f64().map(|seconds| seconds as i64))
    };
    Some(Claims {
        algorithm: text(&header["alg"]),
        issuer: text(&body["iss"]),
        audience,
        issued: time("iat"),
        not_before: time("nbf"),
        expires: time("exp"),
    })
}

fn object(part: &str) -> Option<Value> {
    let value: Value = serde_json::from_slice(&base64(part.as_bytes())?).ok()?;
    value.is_object().then_some(value)
}

/// Base64, url-safe or not, with or without padding.
pub fn base64(part: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(part.len() * 3 / 4);
    let (mut bits, mut held) = (0u32, 0);
    for byte in part.iter().filter(|b| **b != b'=') {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_and_claims_are_read() {
        // {"alg":"RS256"} . {"iss":"https://a.b/","aud":["x"],"nbf":1,"exp":3601}
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2EuYi8iLCJhdWQiOlsieCJdLCJuYmYiOjEsImV4cCI6MzYwMX0.c2ln";
        let claims = claims(token).expect("a token");
        assert_eq!(claims.algorithm.as_deref(), Some("RS256"));
        assert_eq!(claims.issuer.as_deref(), Some("https://a.b/"));
        assert_eq!(claims.audience, ["x"]);
        assert_eq!((claims.not_before, claims.expires), (Some(1), Some(3601)));
    }

    #[test]
    fn what_is_no_token_is_none() {
        assert_eq!(claims("eyJhbGciOiJSUzI1NiJ9"), None);
        assert_eq!(claims("eyJx.eyJx.x"), None);
        assert_eq!(claims("a.b.c"), None);
    }
}
