//! Tokens in traces: what their claims say against the time of the record and the hosts of the chain.

use super::event::Event;
use super::notes::capture;
use crate::grammar::Catalog;
use crate::grammar::raw::RawTokenTest;
use crate::model::time::SECOND;
use crate::syntax::jwt::{Claims, claims};

/// What clocks may differ by the usual default of those who check tokens, in seconds.
pub(super) const TOLERANCE: i64 = 300;

/// The claims of the token in an event's record.
pub(super) fn of(event: &Event) -> Option<Claims> {
    claims(capture(event, "token")?)
}

/// True if the claims say so.
pub(super) fn holds(test: RawTokenTest, event: &Event, catalog: &Catalog) -> bool {
    event
        .placed
        .instant
        .is_some_and(|instant| holds_at(test, event, instant, catalog))
}

/// True if the claims say so at that instant.
pub(super) fn holds_at(test: RawTokenTest, event: &Event, instant: i64, catalog: &Catalog) -> bool {
    let Some(claims) = of(event) else {
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
    use super::host;

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
