//! Endpoints: what a record names, and which stage of the chain it belongs to. How they are found: [`super::finder`].

use std::fmt;
use std::hash::{Hash, Hasher};

use memchr::memmem;

use super::raw::RawEndpoint;

/// A network endpoint named in a record.
#[derive(Debug, Clone, Eq, PartialOrd, Ord, Default)]
pub struct Endpoint {
    /// Host name or address, lower case, without brackets; empty where only a port was named.
    pub host: String,
    /// Port, given or by the scheme.
    pub port: Option<u16>,
    /// URL scheme, lower case; empty for `host:port`.
    pub scheme: String,
    /// Path of a URL.
    pub path: String,
    /// The word that names it (`token service`), lower case, where the record gives no address at all.
    pub word: String,
}

impl PartialEq for Endpoint {
    fn eq(&self, other: &Self) -> bool {
        // Most of these texts are empty, and to compare two of those byte by byte takes as long as to compare pages.
        let same = |one: &str, two: &str| {
            one.len() == two.len() && (one.is_empty() || one.as_bytes() == two.as_bytes())
        };
        self.port == other.port
            && same(&self.host, &other.host)
            && same(&self.scheme, &other.scheme)
            && same(&self.path, &other.path)
            && same(&self.word, &other.word)
    }
}

impl Hash for Endpoint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.host, self.port, &self.scheme, &self.path, &self.word).hash(state);
    }
}

impl Endpoint {
    /// False where the record names only the stage in words, and no address.
    pub fn is_address(&self) -> bool {
        self.word.is_empty()
    }

    /// True for what a program listens on that takes all addresses of its machine.
    pub fn is_any_address(&self) -> bool {
        matches!(self.host.as_str(), "0.0.0.0" | "::" | "*" | "+")
    }

    /// True for an address of this machine; also for "all addresses", which is what a server binds to.
    pub fn is_loopback(&self) -> bool {
        let host = self.host.as_str();
        host == "localhost"
            || host == "::1"
            || host == "::"
            || host == "0.0.0.0"
            || host == "*"
            || host == "::ffff:127.0.0.1"
            || host.starts_with("127.") && host.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.host.as_str(), self.port) {
            ("", Some(port)) => write!(f, "port {port}"),
            ("", None) => f.write_str(&self.word),
            (host, Some(port)) if host.contains(':') => write!(f, "[{host}]:{port}"),
            (host, Some(port)) => write!(f, "{host}:{port}"),
            (host, None) => f.write_str(host),
        }
    }
}

/// A table of `endpoint` in `chain.toml`: all of its keys must hold.
#[derive(Debug, Clone)]
pub struct EndpointTest {
    /// True if the table is a guess: it gives way where the traces name a surer endpoint of the stage.
    pub weak: bool,
    loopback: Option<bool>,
    port: Vec<u16>,
    host: Vec<Glob>,
    scheme: Vec<String>,
    path: Option<String>,
    word: Vec<String>,
    /// For each word: to make one anew costs more than to search a record.
    finders: Vec<memmem::Finder<'static>>,
}

impl EndpointTest {
    /// The checked form of a raw table.
    pub fn new(raw: &RawEndpoint) -> Self {
        let lower = |all: &[String]| all.iter().map(|s| s.to_lowercase()).collect();
        Self {
            weak: raw.weak,
            loopback: raw.loopback,
            port: raw.port.clone(),
            host: raw
                .host
                .iter()
                .map(|host| Glob::new(&host.to_lowercase()))
                .collect(),
            scheme: lower(&raw.scheme),
            path: raw.path.as_ref().map(|p| p.to_lowercase()),
            finders: lower(&raw.word)
                .iter()
                .map(|word| memmem::Finder::new(word).into_owned())
                .collect(),
            word: lower(&raw.word),
        }
    }

    /// True if the endpoint fits.
    pub fn holds(&self, endpoint: &Endpoint) -> bool {
        self.loopback
            .is_none_or(|want| want == endpoint.is_loopback())
            && (self.port.is_empty() || endpoint.port.is_some_and(|p| self.port.contains(&p)))
            && (self.host.is_empty() || self.names(&endpoint.host))
            && (self.scheme.is_empty() || self.scheme.contains(&endpoint.scheme))
            && self
                .path
                .as_ref()
                .is_none_or(|path| endpoint.path.contains(path))
            && (self.word.is_empty() || self.word.contains(&endpoint.word))
    }

    /// The part of a path that it wants.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// The first of the table's words that begins a word of a text in lower case, with its place.
    pub fn word_in(&self, lower: &[u8]) -> Option<(usize, Endpoint)> {
        let words = self.word.iter().zip(&self.finders);
        let places = words.filter_map(|(word, finder)| {
            let at = finder
                .find_iter(lower)
                .find(|at| *at == 0 || !lower[at - 1].is_ascii_alphanumeric())?;
            Some((at, word))
        });
        let (at, word) = places.min()?;
        let endpoint = Endpoint {
            word: word.clone(),
            ..Endpoint::default()
        };
        Some((at, endpoint))
    }

    /// True if the table names this port, and is no guess.
    pub fn has_port(&self, port: u16) -> bool {
        !self.weak && self.port.contains(&port)
    }

    /// True if the table names this host.
    pub fn names(&self, host: &str) -> bool {
        self.host.iter().any(|glob| glob.matches(host))
    }

    /// Of each host, a part that stands in it.
    pub fn host_parts(&self) -> impl Iterator<Item = &str> {
        self.host.iter().map(Glob::longest_part)
    }

    /// The words that name the stage.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.word.iter().map(String::as_str)
    }

    /// The texts of which one must stand wherever this table holds: what a prefilter may search for.
    pub fn anchors(&self) -> Vec<String> {
        if !self.host.is_empty() {
            return self.host_parts().map(str::to_owned).collect();
        }
        if !self.port.is_empty() {
            let digits = self.port.iter().map(|port| format!("{port}"));
            // A scheme stands for its usual port.
            let schemes = super::finder::USUAL_PORTS.iter();
            let schemes = schemes.filter(|(_, port)| self.port.contains(port));
            let schemes = schemes.map(|(scheme, _)| format!("{scheme}://"));
            return digits.chain(schemes).collect();
        }
        if !self.scheme.is_empty() {
            return self
                .scheme
                .iter()
                .map(|scheme| format!("{scheme}://"))
                .collect();
        }
        if let Some(path) = &self.path {
            return vec![path.clone()];
        }
        if !self.word.is_empty() {
            return self.word.clone();
        }
        ["localhost", "127.0.0", "::1", "0.0.0.0", "[::]", "://*:"]
            .map(str::to_owned)
            .to_vec()
    }
}

/// Matches `*` against anything; both sides must be of one case.
pub fn glob_match(glob: &str, text: &str) -> bool {
    Glob::new(glob).matches(text)
}

/// A pattern in which `*` stands for anything, cut at its stars.
#[derive(Debug, Clone)]
pub struct Glob {
    parts: Vec<String>,
}

impl Glob {
    /// Of such a pattern.
    pub fn new(pattern: &str) -> Self {
        let parts = pattern.split('*').map(str::to_owned).collect();
        Self { parts }
    }

    fn longest_part(&self) -> &str {
        let longest = self.parts.iter().max_by_key(|part| part.len());
        longest.map(String::as_str).unwrap_or_default()
    }

    /// True if all of a text fits.
    pub fn matches(&self, text: &str) -> bool {
        let [head, middle @ .., tail] = self.parts.as_slice() else {
            return self.parts.iter().all(|part| part == text);
        };
        let (mut rest, head) = (text, head.as_str());
        if !head.is_empty() {
            match text.strip_prefix(head) {
                Some(behind) => rest = behind,
                None => return false,
            }
        }
        for part in middle {
            match rest.find(part.as_str()) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        tail.is_empty() || rest.ends_with(tail.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        let fits = |pattern: &str, text: &str| Glob::new(pattern).matches(text);
        assert!(fits("*.ispworks.nl", "a.k8s.ispworks.nl"));
        assert!(!fits("*.ispworks.nl", "ispworks.nl"));
        assert!(fits("iam*.voipoperator.eu", "iam1.voipoperator.eu"));
        assert!(fits("*security*", "x-security.example"));
        assert!(fits("exact", "exact") && !fits("exact", "exactly"));
        assert!(!fits("ab*ba", "aba"));
    }
}
