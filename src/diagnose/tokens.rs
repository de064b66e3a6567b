//! Tokens in traces: what their claims say against the time of the record and the hosts of the chain.

use super::event::Event;
use super::notes::capture;
use crate::grammar::Catalog;
use crate::grammar::raw::RawTokenTest;
use crate::grammar::told::Told;
use crate::model::time::SECOND;
use crate::syntax::jwt::{Claims, claims};

/// What clocks may differ by the usual default of those who check tokens, in seconds.
pub(super) const TOLERANCE: i64 = 300;

/// The claims of the token in an event's record.
pub(super) fn of(told: &Told) -> Option<Claims> {
    claims(capture(told, "token")?)
}

/// True if the claims say so.
pub(super) fn holds(test: RawTokenTest, event: &Event<'_>, catalog: &Catalog) -> bool {
    event
        .placed
        .instant
        .is_some_and(|instant| holds_at(test, event, instant, catalog))
}

/// True if the claims say so at that instant.
pub(super) fn holds_at(
    test: RawTokenTest,
    event: &Event<'_>,
    instant: i64,
    catalog: &Catalog,
) -> bool {
    let Some(claims) = of(event.told) else {
        return false;
    };
    let now = instant.div_euclid(SECOND);
    match test {
        RawTokenTest::Expired => claims.expires.is_some_and(|expires| expires < now),
        RawTokenTest::NotYetValid => claims
            .not_before
            .or(claims.issued)
            .is_some_and(|from| from > now.saturating_add(TOLERANCE)),
        RawTokenTest::Unsigned => claims
            .algorithm
            .as_deref()
            .is_some_and(|alg| alg.eq_ignore_ascii_case("none")),
        RawTokenTest::OtherHost => !others(&claims, catalog).is_empty(),
    }
}

/// Issuer and audiences that name a host, none of which belongs to a domain of the chain.
pub(super) fn others(claims: &Claims, catalog: &Catalog) -> Vec<String> {
    let names = &catalog.chain.names;
    let foreign = |text: &&String| {
        host(text).is_some_and(|host| {
            let parts: Vec<&str> = host.rsplit('.').take(2).collect();
            let domain = parts.into_iter().rev().collect::<Vec<_>>().join(".");
            !names.knows_host(&host) && !names.knows_host(&format!("x.{domain}"))
        })
    };
    let all = claims.issuer.iter().chain(&claims.audience);
    all.filter(foreign).cloned().collect()
}

/// The host of a URL, or a name with dots.
fn host(text: &str) -> Option<String> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = rest.split(['/', ':', '?']).next()?.to_ascii_lowercase();
    let labels: Vec<&str> = host.split('.').collect();
    let top = labels.last()?;
    let name = labels.len() >= 2
        && top.len() >= 2
        && top.bytes().all(|b| b.is_ascii_lowercase())
        && labels
            .iter()
            .all(|l| !l.is_empty() && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    name.then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::Placed;
    use crate::grammar::catalog::Files;

    fn base64(text: &str) -> String {
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let of_three = |bytes: &[u8]| -> String {
            let bits = (0..3).fold(0, |bits, i| {
                bits << 8 | u32::from(bytes.get(i).copied().unwrap_or(0))
            });
            (0..=bytes.len())
                .map(|i| char::from(letters[(bits >> (18 - 6 * i) & 63) as usize]))
                .collect()
        };
        text.as_bytes().chunks(3).map(of_three).collect()
    }

    /// A record of that second that holds a token with these claims.
    fn record(claims: &str, second: i64) -> Event<'static> {
        let token = format!("{}.{}.x", base64(r#"{"alg":"RS256"}"#), base64(claims));
        let instant = second * SECOND;
        Event {
            client: 0,
            stream: 0,
            told: Box::leak(Box::new(crate::grammar::told::Told {
                meaning: crate::grammar::Meaning::Token,
                stamp: None,
                match_line: 0,
                level: None,
                depth: 0,
                by_number: false,
                assumed: None,
                endpoint: None,
                captures: Some(Box::new([("token".to_owned(), token)])),
            })),
            placed: Placed {
                order: instant,
                source: 0,
                line: 1,
                instant: Some(instant),
            },
            zone_assumed: false,
            beat: crate::grammar::told::Beat::Last,
            home: (0, 0),
        }
    }

    #[test]
    fn a_token_is_expired_from_its_end_on_and_too_early_beyond_the_tolerance() {
        let catalog = Catalog::load(Files::new()).unwrap();
        let now = 1_597_058_189;
        for off in [-86_400, -301, -300, -1, 0, 1, 299, 300, 301, 86_400] {
            let ends = record(&format!(r#"{{"exp":{}}}"#, now + off), now);
            assert_eq!(
                holds(RawTokenTest::Expired, &ends, &catalog),
                off < 0,
                "ends {off} s after the record"
            );
            for from in ["nbf", "iat"] {
                let begins = record(&format!(r#"{{"{from}":{}}}"#, now + off), now);
                assert_eq!(
                    holds(RawTokenTest::NotYetValid, &begins, &catalog),
                    off > TOLERANCE,
                    "{from} {off} s after the record"
                );
            }
            // What was good when it was written may be over when it is refused.
            let later = (now + 400) * SECOND;
            assert_eq!(
                holds_at(RawTokenTest::Expired, &ends, later, &catalog),
                off < 400
            );
        }
        let timeless = Event {
            placed: Placed {
                instant: None,
                ..record("{}", now).placed
            },
            ..record(r#"{"exp":1}"#, now)
        };
        assert!(!holds(RawTokenTest::Expired, &timeless, &catalog));
    }

    #[test]
    fn a_host_of_the_chain_is_no_other_host() {
        let catalog = Catalog::load(Files::new()).unwrap();
        let told = |claims: &str| holds(RawTokenTest::OtherHost, &record(claims, 1), &catalog);
        assert!(!told(
            r#"{"iss":"https://swyx-imsecurity.k8s.ispworks.nl/","aud":"iam1.voipoperator.eu"}"#
        ));
        assert!(!told(r#"{"aud":["messenger","iam2.voipoperator.eu"]}"#));
        assert!(told(r#"{"aud":["messenger","api.example.org"]}"#));
        assert!(told(r#"{"iss":"https://login.example.org/"}"#));
    }

    #[test]
    fn only_names_and_urls_have_a_host() {
        assert_eq!(
            host("https://a.example.org/x"),
            Some("a.example.org".into())
        );
        assert_eq!(host("a.example.org"), Some("a.example.org".into()));
        assert_eq!(host("api://6f9619ff-8b86-d011"), None);
        assert_eq!(host("messenger"), None);
    }
}
