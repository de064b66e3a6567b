//! Endpoints: finding `host:port` and URLs in a record's text, and telling which stage of the chain they belong to.

use std::fmt;
use std::net::Ipv6Addr;
use std::sync::LazyLock;

use memchr::memmem;
use regex::bytes::Regex;

use super::raw::RawEndpoint;

/// A network endpoint named in a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
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

impl Endpoint {
    /// False where the record names only the stage in words, and no address.
    pub fn is_address(&self) -> bool {
        self.word.is_empty()
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

const URL: &str = r"(?i-u)\b(?P<scheme>https?|wss?|net\.tcp)://(?:[^\s/'\x22<>@]+@)?(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<host>[^\s/'\x22<>()\[\]?#:,;|]+))(?::(?P<port>[0-9]{1,5}))?(?P<path>/[^\s'\x22<>]*)?";
const PAIR: &str = r"(?i-u)(?:\[(?P<six>[0-9a-f]*:[0-9a-f:.]+)\]|(?P<one>::1|::ffff:127\.0\.0\.1)|(?P<host>[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?)*)):(?P<port>[0-9]{2,5})";
/// `name (9100)`, and an address of the sixth version with its port but without brackets.
const LOOSE: &str = r"(?i-u)(?:(?P<six>[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){2,7}):|(?P<host>[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?)[ ]?\()(?P<port>[0-9]{2,5})";
/// Address and port as members of an object: of Node's errors, in JSON, as `host=… port=…`.
const MEMBERS: &str = r"(?i-u)\b(?:address|host|hostname|server|ip)[\\'\x22]{0,2}\s?[:=]\s?[\\'\x22]{0,2}(?P<host>[a-z0-9:][a-z0-9_.:-]*)[\\'\x22]{0,2}[,;]?\s*(?:\\n\s*)?[\\'\x22]{0,2}port[\\'\x22]{0,2}\s?[:=]\s?[\\'\x22]{0,2}(?P<port>[0-9]{2,5})";
const RESOLVED: &str = r"(?i-u)(?:\b(?:ENOTFOUND|EAI_AGAIN|ENODATA|EAI_NODATA|UnknownHostException:?|resolve(?: host)?:?|resolved:|st werden:|lookup)\s+|getaddrinfo\s+\w+\s+)['\x22]?(?P<host>[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+)";
const PORT: &str = r"(?i-u)\bport[ :=#]{1,2}(?P<port>[0-9]{2,5})\b";
const NAME: &str = r"(?i-u)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+";

/// Endings of source files, which look like hosts in `program.cs:42`.
const NO_HOSTS: [&str; 22] = [
    "cs", "js", "ts", "tsx", "jsx", "mjs", "cjs", "cc", "cpp", "c", "h", "hpp", "java", "py", "go",
    "rs", "vb", "fs", "dll", "exe", "log", "txt",
];

struct Finders {
    url: Regex,
    pair: Regex,
    loose: Regex,
    members: Regex,
    resolved: Regex,
    port: Regex,
    name: Regex,
}

static FINDERS: LazyLock<Finders> = LazyLock::new(|| {
    let regex = |pattern: &str| Regex::new(pattern).expect("a constant pattern");
    Finders {
        url: regex(URL),
        pair: regex(PAIR),
        loose: regex(LOOSE),
        members: regex(MEMBERS),
        resolved: regex(RESOLVED),
        port: regex(PORT),
        name: regex(NAME),
    }
});

/// Most endpoints that one record is searched for.
const MOST: usize = 64;

/// All endpoints of a record's text in the order in which they stand; `known_host` says which bare names count,
/// `known_port` with which ports a name without a dot is a host (`swyx01:9100`).
pub fn find(
    text: &[u8],
    known_host: &dyn Fn(&str) -> bool,
    known_port: &dyn Fn(u16) -> bool,
) -> Vec<Endpoint> {
    let mut found: Vec<(usize, usize, Endpoint)> = Vec::new();
    let lower = |m: Option<regex::bytes::Match<'_>>| {
        m.map_or_else(String::new, |m| {
            String::from_utf8_lossy(m.as_bytes()).to_lowercase()
        })
    };
    // Most records lack what the expressions need: a plain look is cheaper than to start them.
    let has = |needle: &str| memchr::memmem::find(text, needle.as_bytes()).is_some();
    let colons = || memchr::memchr_iter(b':', text);
    let has_url = has("://");
    let has_pair = colons().any(|at| text.get(at + 1).is_some_and(u8::is_ascii_digit));
    let has_loose = has_pair
        || memchr::memchr_iter(b'(', text)
            .any(|at| text.get(at + 1).is_some_and(u8::is_ascii_digit));
    let has_port = memchr::memchr2_iter(b'p', b'P', text).any(|at| {
        text.get(at..at + 4)
            .is_some_and(|word| word.eq_ignore_ascii_case(b"port"))
    });
    let has_name = memchr::memchr_iter(b'.', text)
        .any(|at| text.get(at + 1).is_some_and(u8::is_ascii_alphanumeric));
    let urls = has_url.then(|| FINDERS.url.captures_iter(text).take(MOST));
    for c in urls.into_iter().flatten() {
        let whole = c.get(0).expect("group 0 always matches").range();
        let scheme = lower(c.name("scheme"));
        let port = match lower(c.name("port")).parse() {
            Ok(port) => Some(port),
            Err(_) => default_port(&scheme),
        };
        let host = lower(c.name("six").or_else(|| c.name("host")));
        let host = host.trim_end_matches(['.', '\u{2026}', ')']).to_owned();
        let path = lower(c.name("path"));
        if host.is_empty() || host.contains('\u{fffd}') {
            continue;
        }
        found.push((
            whole.start,
            whole.end,
            Endpoint {
                host,
                port,
                scheme,
                path,
                ..Endpoint::default()
            },
        ));
    }
    let inside = |found: &[(usize, usize, Endpoint)], at: usize| {
        found.iter().any(|f| (f.0..f.1).contains(&at))
    };
    let pairs = has_pair.then(|| FINDERS.pair.captures_iter(text).take(MOST));
    for c in pairs.into_iter().flatten() {
        let whole = c.get(0).expect("group 0 always matches").range();
        let host = lower(
            c.name("six")
                .or_else(|| c.name("one"))
                .or_else(|| c.name("host")),
        );
        let glued = whole.start > 0
            && matches!(text[whole.start - 1], b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b':' | b'.' | b'-' | b'/' | b'\\' | b'_');
        // `host:port: message` is usual; `a:b:c` is a time or a place in a source file.
        let behind = text.get(whole.end..).unwrap_or_default();
        let more = match behind {
            [b':', next, ..] | [next, ..] => next.is_ascii_alphanumeric(),
            [] => false,
        };
        let port: Option<u16> = lower(c.name("port")).parse().ok();
        let short =
            host.starts_with(|c: char| c.is_ascii_alphabetic()) && port.is_some_and(known_port);
        if inside(&found, whole.start) || glued || more || !(is_host_of_pair(&host) || short) {
            continue;
        }
        if let Some(port) = port {
            let endpoint = Endpoint {
                host,
                port: Some(port),
                ..Endpoint::default()
            };
            found.push((whole.start, whole.end, endpoint));
        }
    }
    let loose = has_loose.then(|| FINDERS.loose.captures_iter(text).take(MOST));
    for c in loose.into_iter().flatten() {
        let whole = c.get(0).expect("group 0 always matches").range();
        let six = lower(c.name("six"));
        let is_address = six.is_empty() || six.parse::<Ipv6Addr>().is_ok();
        let port: Option<u16> = lower(c.name("port")).parse().ok();
        let more = text.get(whole.end).is_some_and(u8::is_ascii_alphanumeric);
        let glued = whole.start > 0 && {
            let before = text[whole.start - 1];
            before.is_ascii_alphanumeric() || b":.-_/\\".contains(&before)
        };
        // Only with a port of the chain: `line (42)` and a long address look alike.
        if inside(&found, whole.start)
            || more
            || glued
            || !is_address
            || !port.is_some_and(known_port)
        {
            continue;
        }
        let endpoint = Endpoint {
            host: lower(c.name("six").or_else(|| c.name("host"))),
            port,
            ..Endpoint::default()
        };
        found.push((whole.start, whole.end, endpoint));
    }
    let members = has_port.then(|| FINDERS.members.captures_iter(text).take(MOST));
    for c in members.into_iter().flatten() {
        let whole = c.get(0).expect("group 0 always matches").range();
        if let (false, Ok(port)) = (inside(&found, whole.start), lower(c.name("port")).parse()) {
            let endpoint = Endpoint {
                host: lower(c.name("host")),
                port: Some(port),
                ..Endpoint::default()
            };
            found.push((whole.start, whole.end, endpoint));
        }
    }
    let resolveds = has_name.then(|| FINDERS.resolved.captures_iter(text).take(MOST));
    for c in resolveds.into_iter().flatten() {
        let Some(host) = c.name("host") else { continue };
        if !inside(&found, host.start()) {
            let endpoint = Endpoint {
                host: lower(Some(host)),
                ..Endpoint::default()
            };
            found.push((host.start(), host.end(), endpoint));
        }
    }
    let names = has_name.then(|| FINDERS.name.find_iter(text).take(MOST * 4));
    for m in names.into_iter().flatten() {
        let name = String::from_utf8_lossy(m.as_bytes()).to_lowercase();
        if !inside(&found, m.start()) && known_host(&name) {
            found.push((
                m.start(),
                m.end(),
                Endpoint {
                    host: name,
                    ..Endpoint::default()
                },
            ));
        }
    }
    let ports = has_port.then(|| FINDERS.port.captures_iter(text).take(MOST));
    for c in ports.into_iter().flatten() {
        let whole = c.get(0).expect("group 0 always matches").range();
        if let (false, Ok(port)) = (inside(&found, whole.start), lower(c.name("port")).parse()) {
            found.push((
                whole.start,
                whole.end,
                Endpoint {
                    port: Some(port),
                    ..Endpoint::default()
                },
            ));
        }
    }
    found.sort_by_key(|f| f.0);
    let mut endpoints: Vec<Endpoint> = Vec::new();
    for (_, _, endpoint) in found {
        if !endpoints.contains(&endpoint) {
            endpoints.push(endpoint);
        }
    }
    endpoints
}

/// `host:port` is an endpoint if the host is an address, `localhost`, or a dotted name that is no source file.
fn is_host_of_pair(host: &str) -> bool {
    if host == "localhost" || host.contains(':') {
        return true;
    }
    match host.rsplit_once('.') {
        Some((front, last)) if last.bytes().all(|b| b.is_ascii_digit()) => {
            front.split('.').count() == 3 && host.split('.').all(|part| part.parse::<u8>().is_ok())
        }
        Some((_, last)) => {
            last.len() >= 2
                && last.bytes().all(|b| b.is_ascii_alphabetic())
                && !NO_HOSTS.contains(&last)
        }
        None => false,
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "https" | "wss" => Some(443),
        "http" | "ws" => Some(80),
        _ => None,
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

    /// The texts of which one must stand wherever this table holds: what a prefilter may search for.
    pub fn anchors(&self) -> Vec<String> {
        if !self.host.is_empty() {
            return self
                .host
                .iter()
                .map(|glob| glob.longest_part().to_owned())
                .collect();
        }
        if !self.port.is_empty() {
            return self.port.iter().map(|port| format!("{port}")).collect();
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
struct Glob {
    parts: Vec<String>,
}

impl Glob {
    fn new(pattern: &str) -> Self {
        let parts = pattern.split('*').map(str::to_owned).collect();
        Self { parts }
    }

    fn longest_part(&self) -> &str {
        let longest = self.parts.iter().max_by_key(|part| part.len());
        longest.map(String::as_str).unwrap_or_default()
    }

    fn matches(&self, text: &str) -> bool {
        let [head, middle @ .., tail] = self.parts.as_slice() else {
            return self.parts.iter().all(|part| part == text);
        };
        let Some(mut rest) = text.strip_prefix(head.as_str()) else {
            return false;
        };
        for part in middle {
            match rest.find(part.as_str()) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(tail.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        find(
            text.as_bytes(),
            &|name| name.ends_with("voipoperator.eu"),
            &|port| port == 9100,
        )
        .iter()
        .map(ToString::to_string)
        .collect()
    }

    #[test]
    fn urls_pairs_and_known_names_are_endpoints() {
        assert_eq!(
            shown("GET https://server.firma.local:9100/ippbx failed"),
            ["server.firma.local:9100"]
        );
        assert_eq!(
            shown("connect ECONNREFUSED 127.0.0.1:5000"),
            ["127.0.0.1:5000"]
        );
        assert_eq!(shown("connect ECONNREFUSED ::1:5000"), ["[::1]:5000"]);
        assert_eq!(shown("refused it. (localhost:5000)"), ["localhost:5000"]);
        assert_eq!(
            shown("getaddrinfo ENOTFOUND iam1.voipoperator.eu"),
            ["iam1.voipoperator.eu"]
        );
        assert_eq!(
            shown("wss://iam1.voipoperator.eu/?access_token=x"),
            ["iam1.voipoperator.eu:443"]
        );
        assert_eq!(
            shown("  address: '127.0.0.1',\n  port: 5000\n"),
            ["127.0.0.1:5000"]
        );
        assert_eq!(shown("Port 9100 is closed"), ["port 9100"]);
        assert_eq!(shown("swyx01:9100: no answer"), ["swyx01:9100"]);
        assert!(shown("note:1234 done").is_empty());
        for text in [
            "SRV-SWYX (9100) does not answer",
            "srv-swyx(9100): keine Antwort",
            r#"{"code":"ECONNREFUSED","address":"srv-swyx","port":9100}"#,
            r#"{\"address\":\"srv-swyx\",\"port\":\"9100\"}"#,
            "host=srv-swyx port=9100",
            "server: 'srv-swyx', port: '9100'",
        ] {
            assert_eq!(shown(text), ["srv-swyx:9100"], "{text}");
        }
        assert_eq!(
            shown("connect 2001:db8::9:9100 failed"),
            ["[2001:db8::9]:9100"]
        );
        assert!(shown("at 11:16:29:9100 and line (42) of page (7)").is_empty());
    }

    #[test]
    fn stamps_and_source_lines_are_no_endpoints() {
        assert!(shown("2020-08-10 11:16:29 at Foo.Bar() in C:\\x\\Program.cs:42").is_empty());
        assert!(shown("    at TCPConnectWrap.afterConnect (net.js:1141:16)").is_empty());
        assert!(shown("10.08.2020 11:16:29").is_empty());
    }

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

    #[test]
    fn all_addresses_count_as_loopback_for_a_server() {
        assert!(find(b"http://0.0.0.0:5000", &|_| false, &|_| false)[0].is_loopback());
        assert!(find(b"http://[::1]:5000", &|_| false, &|_| false)[0].is_loopback());
        assert!(!find(b"http://10.0.0.1:5000", &|_| false, &|_| false)[0].is_loopback());
    }
}
