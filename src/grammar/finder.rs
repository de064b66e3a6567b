//! Finds the endpoints that a record names: URLs, `host:port`, and the many other ways to write them.
//!
//! Nearly every record that is looked at comes here, so URLs and pairs are read by hand, and the expressions for the
//! rarer forms are started only where what they need stands.

use std::net::Ipv6Addr;
use std::sync::LazyLock;

use memchr::memchr_iter;
use regex::bytes::Regex;

use super::endpoint::Endpoint;

/// `name (9100)`, and an address of the sixth version with its port but without brackets.
const LOOSE: &str = r"(?i-u)(?:(?P<six>[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){2,7}):|(?P<host>[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?)[ ]?\()(?P<port>[0-9]{2,5})";
/// Address and port as members of an object: of Node's errors, in JSON, as `host=… port=…`.
const MEMBERS: &str = r"(?i-u)\b(?:address|host|hostname|server|ip)[\\'\x22]{0,2}\s?[:=]\s?[\\'\x22]{0,2}(?P<host>[a-z0-9:][a-z0-9_.:-]*)[\\'\x22]{0,2}[,;]?\s*(?:\\n\s*)?[\\'\x22]{0,2}port[\\'\x22]{0,2}\s?[:=]\s?[\\'\x22]{0,2}(?P<port>[0-9]{2,5})";
const RESOLVED: &str = r"(?i-u)(?:\b(?:ENOTFOUND|EAI_AGAIN|ENODATA|EAI_NODATA|UnknownHostException:?|resolve(?: host)?:?|resolved:|st werden:|lookup)\s+|getaddrinfo\s+\w+\s+)['\x22]?(?P<host>[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+)";
/// One of these, in lower case, stands wherever a name is looked up.
pub const RESOLVING: [&str; 8] = [
    "notfound",
    "eai_",
    "enodata",
    "unknownhost",
    "resolve",
    "st werden:",
    "lookup",
    "getaddrinfo",
];
const PORT: &str = r"(?i-u)\bport[ :=#]{1,2}(?P<port>[0-9]{2,5})\b";
const NAME: &str = r"(?i-u)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+";
/// Schemes that stand for a port.
pub(super) const USUAL_PORTS: [(&str, u16); 4] =
    [("https", 443), ("wss", 443), ("http", 80), ("ws", 80)];
/// Schemes of URLs; a longer one stands before the one that it ends with.
const SCHEMES: [&[u8]; 5] = [b"https", b"http", b"wss", b"ws", b"net.tcp"];
/// Bytes behind the word `port` in which its digits begin.
const NEAR: usize = 16;

/// Endings of source files, which look like hosts in `program.cs:42`.
const NO_HOSTS: [&str; 22] = [
    "cs", "js", "ts", "tsx", "jsx", "mjs", "cjs", "cc", "cpp", "c", "h", "hpp", "java", "py", "go",
    "rs", "vb", "fs", "dll", "exe", "log", "txt",
];

/// Most endpoints of one form that one record is searched for.
const MOST: usize = 64;

/// A pattern that is compiled when it is first needed: many records name addresses, few ask for all forms of them.
type Form = LazyLock<Regex>;

macro_rules! form {
    ($pattern:expr) => {
        LazyLock::new(|| Regex::new($pattern).expect("a constant pattern"))
    };
}

struct Finders {
    loose: Form,
    members: Form,
    resolved: Form,
    port: Form,
    name: Form,
}

static FINDERS: Finders = Finders {
    loose: form!(LOOSE),
    members: form!(MEMBERS),
    resolved: form!(RESOLVED),
    port: form!(PORT),
    name: form!(NAME),
};

/// Compiles what is needed most, so that it can be done while something else is waited for.
pub fn prepare() {
    LazyLock::force(&FINDERS.loose);
    LazyLock::force(&FINDERS.name);
}

/// What is known of hosts and ports before a record is read.
#[derive(Clone, Copy)]
pub struct Known<'f> {
    /// Which bare names count, in lower case.
    pub host: &'f dyn Fn(&str) -> bool,
    /// With which ports a name without a dot is a host (`swyx01:9100`).
    pub port: &'f dyn Fn(u16) -> bool,
    /// False if the record surely has no name that counts.
    pub may_name_host: bool,
    /// False if the record surely has none of the words of [`RESOLVING`].
    pub may_resolve: bool,
    /// False if the record surely has no word `port`.
    pub may_have_port: bool,
}

/// An endpoint and the bytes in which it stands.
type Placed = (usize, usize, Endpoint);

/// All endpoints of a record's text in the order in which they stand, each once.
pub fn find(text: &[u8], known: Known<'_>) -> Vec<Endpoint> {
    let mut found: Vec<Placed> = Vec::new();
    urls(text, &mut found);
    pairs(text, known, &mut found);
    loose(text, known, &mut found);
    let ports_named = known.may_have_port && port_words(text);
    if ports_named {
        members(text, &mut found);
    }
    if known.may_resolve {
        resolved(text, &mut found);
    }
    if known.may_name_host {
        names(text, known, &mut found);
    }
    if ports_named {
        ports(text, &mut found);
    }
    found.sort_by_key(|f| f.0);
    let mut endpoints: Vec<Endpoint> = Vec::with_capacity(found.len());
    for (_, _, endpoint) in found {
        if !endpoints.contains(&endpoint) {
            endpoints.push(endpoint);
        }
    }
    endpoints
}

/// Where `://` stands.
fn marks(text: &[u8]) -> impl Iterator<Item = usize> {
    memchr_iter(b':', text).filter(|at| text[at + 1..].starts_with(b"//"))
}

/// True if a URL stands in the text: then [`find`] finds something for sure. Cheap, and may overlook one.
pub fn has_url(text: &[u8]) -> bool {
    // Only the first: what stands further on may be the path of one whose host cannot be read.
    let Some(at) = marks(text).find(|at| scheme(text, *at).is_some()) else {
        return false;
    };
    let rest = &text[at + 3..];
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    let host = rest.iter().take_while(|b| plain(b)).count();
    let ends = match rest.get(host) {
        None | Some(b'/' | b' ' | b'"' | b'\'') => true,
        // A user name may stand before the host.
        Some(b':' | b'?') => !rest.contains(&b'@'),
        Some(_) => false,
    };
    ends && rest.first().is_some_and(u8::is_ascii_alphanumeric)
}

/// True if a host with a port stands in the text, by which [`find`] finds something for sure. Cheap, and may overlook one.
pub fn has_pair(text: &[u8]) -> bool {
    sure_pairs(text).next().is_some()
}

/// True if it stands in all texts that have this outline.
pub fn all_have_pair(outline: &[u8]) -> bool {
    sure_pairs(outline).any(|(host, port)| {
        let mut labels = host.rsplit(|byte| *byte == b'.');
        let is_address = |last: &[u8]| last.iter().all(u8::is_ascii_digit);
        // Whatever numbers of so many digits are, they are small enough.
        port.len() < 5 && !labels.next().is_some_and(is_address)
    })
}

/// Hosts and ports that [`pairs`] finds for sure.
fn sure_pairs(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    memchr_iter(b':', text).filter_map(|colon| {
        let (_, end) = port_behind(text, colon + 1).filter(|(port, _)| port.is_some())?;
        // What goes on may be an address of the sixth version.
        let goes_on = text.get(end).is_some_and(|next| b":.]".contains(next));
        let (start, host) = host_before(text, colon).filter(|_| !goes_on)?;
        let is_sure = !is_glued(text, start) && is_host_of_pair(host);
        is_sure.then_some((host, &text[colon + 1..end]))
    })
}

fn lower(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).to_lowercase()
}

fn is_inside(found: &[Placed], at: usize) -> bool {
    found.iter().any(|f| (f.0..f.1).contains(&at))
}

/// Where the scheme begins that ends at `end`.
fn scheme(text: &[u8], end: usize) -> Option<usize> {
    let before = &text[..end];
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    SCHEMES.iter().find_map(|scheme| {
        let start = end.checked_sub(scheme.len())?;
        let fits = before[start..].eq_ignore_ascii_case(scheme);
        (fits && !(start > 0 && is_word(text[start - 1]))).then_some(start)
    })
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// What ends the host of a URL.
const fn is_mark(byte: u8) -> bool {
    matches!(
        byte,
        b'/' | b'\''
            | b'"'
            | b'<'
            | b'>'
            | b'('
            | b')'
            | b'['
            | b']'
            | b'?'
            | b'#'
            | b':'
            | b','
            | b';'
            | b'|'
    )
}

fn urls(text: &[u8], found: &mut Vec<Placed>) {
    let mut end = 0;
    for colon in marks(text) {
        let Some(start) = scheme(text, colon).filter(|start| *start >= end) else {
            continue;
        };
        let after = colon + 3;
        let user = |b: &u8| !is_space(*b) && !matches!(b, b'/' | b'\'' | b'"' | b'<' | b'>' | b'@');
        let user = text[after..].iter().take_while(|b| user(b)).count();
        let behind =
            (user > 0 && text.get(after + user) == Some(&b'@')).then_some(after + user + 1);
        let host = behind
            .and_then(|at| host_of_url(text, at))
            .or_else(|| host_of_url(text, after));
        let Some((host, mut at)) = host else { continue };
        let scheme = lower(&text[start..colon]);
        let mut port = default_port(&scheme);
        let digits = digits(text, at + 1).min(5);
        if text.get(at) == Some(&b':') && digits > 0 {
            port = number(&text[at + 1..=at + digits]).or(port);
            at += 1 + digits;
        }
        let mut path = 0;
        if text.get(at) == Some(&b'/') {
            let part = |b: &u8| !is_space(*b) && !matches!(b, b'\'' | b'"' | b'<' | b'>');
            path = text[at..].iter().take_while(|b| part(b)).count();
        }
        end = at + path;
        let host = lower(host);
        let host = host.trim_end_matches(['.', '\u{2026}', ')']).to_owned();
        if host.is_empty() || host.contains('\u{fffd}') {
            continue;
        }
        let path = lower(&text[at..end]);
        found.push((
            start,
            end,
            Endpoint {
                host,
                port,
                scheme,
                path,
                ..Endpoint::default()
            },
        ));
        if found.len() == MOST {
            break;
        }
    }
}

/// The host that begins there, without brackets, and where it ends.
fn host_of_url(text: &[u8], at: usize) -> Option<(&[u8], usize)> {
    if let Some(inside) = text[at..].strip_prefix(b"[") {
        let part = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b':' | b'.');
        let length = inside.iter().take_while(|b| part(b)).count();
        let closed = length > 0 && inside.get(length) == Some(&b']');
        return closed.then(|| (&inside[..length], at + length + 2));
    }
    let part = |b: &u8| !is_space(*b) && !is_mark(*b);
    let length = text[at..].iter().take_while(|b| part(b)).count();
    (length > 0).then(|| (&text[at..at + length], at + length))
}

fn digits(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.iter().take_while(|b| b.is_ascii_digit()).count()
}

fn number(digits: &[u8]) -> Option<u16> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// A port behind a colon or a bracket: its number and where it ends. `host:port: message` is usual; `a:b:c` is a time or
/// a place in a source file.
fn port_behind(text: &[u8], at: usize) -> Option<(Option<u16>, usize)> {
    let length = digits(text, at);
    let end = at + length;
    let more = match text.get(end..).unwrap_or_default() {
        [b':', next, ..] | [next, ..] => next.is_ascii_alphanumeric(),
        [] => false,
    };
    ((2..=5).contains(&length) && !more).then(|| (number(&text[at..end]), end))
}

fn pairs(text: &[u8], known: Known<'_>, found: &mut Vec<Placed>) {
    let first = found.len();
    for colon in memchr_iter(b':', text) {
        let Some((port, end)) = port_behind(text, colon + 1) else {
            continue;
        };
        let Some((start, host)) = host_before(text, colon) else {
            continue;
        };
        let glued = is_glued(text, start);
        let short = host[0].is_ascii_alphabetic() && port.is_some_and(known.port);
        if glued || is_inside(&found[..first], start) || !(short || is_host_of_pair(host)) {
            continue;
        }
        // An address in brackets may look like a pair further inside.
        while found.len() > first && found.last().is_some_and(|last| last.0 > start) {
            found.pop();
        }
        if port.is_some() {
            found.push((
                start,
                end,
                Endpoint {
                    host: lower(host),
                    port,
                    ..Endpoint::default()
                },
            ));
        }
        if found.len() - first == MOST {
            break;
        }
    }
}

/// True if what stands before a host is a part of the same word.
fn is_glued(text: &[u8], start: usize) -> bool {
    start > 0 && {
        let before = text[start - 1];
        before.is_ascii_alphanumeric() || b":.-/\\_".contains(&before)
    }
}

/// The host that ends before a colon, without brackets, and where it begins.
fn host_before(text: &[u8], colon: usize) -> Option<(usize, &[u8])> {
    let before = &text[..colon];
    if let Some(inside) = before.strip_suffix(b"]") {
        let part = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b':' | b'.');
        let length = inside.iter().rev().take_while(|b| part(b)).count();
        let start = inside.len() - length;
        let host = &inside[start..];
        let head = host.iter().position(|b| *b == b':')?;
        let opened = start > 0 && inside[start - 1] == b'[';
        let hex = host[..head].iter().all(u8::is_ascii_hexdigit) && head + 1 < length;
        return (opened && hex).then(|| (start - 1, host));
    }
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    let length = before.iter().rev().take_while(|b| part(b)).count();
    let start = colon - length;
    for six in [b"::1".as_slice(), b"::ffff:127.0.0.1"] {
        let from = colon.checked_sub(six.len());
        if let Some(from) = from.filter(|from| before[*from..].eq_ignore_ascii_case(six)) {
            return Some((from, &text[from..colon]));
        }
    }
    let label = |label: &[u8]| match label {
        [one] => *one != b'-',
        [first, .., last] => *first != b'-' && last.is_ascii_alphanumeric(),
        [] => false,
    };
    let host = &text[start..colon];
    host.split(|b| *b == b'.')
        .all(label)
        .then_some((start, host))
}

/// Only with a port of the chain: `line (42)` and a long address look alike.
fn loose(text: &[u8], known: Known<'_>, found: &mut Vec<Placed>) {
    let may = |at: usize| {
        let length = digits(text, at + 1);
        let port = text.get(at + 1..=at + length).and_then(number);
        (2..=5).contains(&length) && port.is_some_and(known.port)
    };
    if !memchr::memchr2_iter(b':', b'(', text).any(may) {
        return;
    }
    for c in FINDERS.loose.captures_iter(text).take(MOST) {
        let whole = c.get(0).expect("group 0 always matches").range();
        let group = |name: &str| {
            c.name(name)
                .map_or_else(String::new, |m| lower(m.as_bytes()))
        };
        let six = group("six");
        let is_address = six.is_empty() || six.parse::<Ipv6Addr>().is_ok();
        let port: Option<u16> = group("port").parse().ok();
        let more = text.get(whole.end).is_some_and(u8::is_ascii_alphanumeric);
        let glued = is_glued(text, whole.start);
        if is_inside(found, whole.start)
            || more
            || glued
            || !is_address
            || !port.is_some_and(known.port)
        {
            continue;
        }
        let host = if six.is_empty() { group("host") } else { six };
        found.push((
            whole.start,
            whole.end,
            Endpoint {
                host,
                port,
                ..Endpoint::default()
            },
        ));
    }
}

/// True if a number stands near a word `port`.
fn port_words(text: &[u8]) -> bool {
    memchr::memchr2_iter(b'p', b'P', text).any(|at| {
        let behind = &text[at..(at + NEAR).min(text.len())];
        behind.len() > 4
            && behind[..4].eq_ignore_ascii_case(b"port")
            && behind[4..].iter().any(u8::is_ascii_digit)
    })
}

fn members(text: &[u8], found: &mut Vec<Placed>) {
    for c in FINDERS.members.captures_iter(text).take(MOST) {
        let whole = c.get(0).expect("group 0 always matches").range();
        if let (false, Ok(port)) = (is_inside(found, whole.start), lower(&c["port"]).parse()) {
            let host = lower(&c["host"]);
            let endpoint = Endpoint {
                host,
                port: Some(port),
                ..Endpoint::default()
            };
            found.push((whole.start, whole.end, endpoint));
        }
    }
}

fn resolved(text: &[u8], found: &mut Vec<Placed>) {
    for c in FINDERS.resolved.captures_iter(text).take(MOST) {
        let Some(host) = c.name("host") else { continue };
        if !is_inside(found, host.start()) {
            let name = lower(host.as_bytes());
            found.push((
                host.start(),
                host.end(),
                Endpoint {
                    host: name,
                    ..Endpoint::default()
                },
            ));
        }
    }
}

fn names(text: &[u8], known: Known<'_>, found: &mut Vec<Placed>) {
    for m in FINDERS.name.find_iter(text).take(MOST * 4) {
        let host = lower(m.as_bytes());
        if !is_inside(found, m.start()) && (known.host)(&host) {
            found.push((
                m.start(),
                m.end(),
                Endpoint {
                    host,
                    ..Endpoint::default()
                },
            ));
        }
    }
}

fn ports(text: &[u8], found: &mut Vec<Placed>) {
    for c in FINDERS.port.captures_iter(text).take(MOST) {
        let whole = c.get(0).expect("group 0 always matches").range();
        if let (false, Ok(port)) = (is_inside(found, whole.start), lower(&c["port"]).parse()) {
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
}

/// `host:port` is an endpoint if the host is an address, `localhost`, or a dotted name that is no source file.
fn is_host_of_pair(host: &[u8]) -> bool {
    if host.eq_ignore_ascii_case(b"localhost") || host.contains(&b':') {
        return true;
    }
    let Some(dot) = memchr::memrchr(b'.', host) else {
        return false;
    };
    let last = &host[dot + 1..];
    if last.iter().all(u8::is_ascii_digit) {
        let byte = |part: &[u8]| number(part).is_some_and(|n| n < 256);
        return host.split(|b| *b == b'.').count() == 4 && host.split(|b| *b == b'.').all(byte);
    }
    let is_source = |ending: &&str| last.eq_ignore_ascii_case(ending.as_bytes());
    last.len() >= 2 && last.iter().all(u8::is_ascii_alphabetic) && !NO_HOSTS.iter().any(is_source)
}

fn default_port(scheme: &str) -> Option<u16> {
    let usual = USUAL_PORTS.iter().find(|(name, _)| *name == scheme);
    usual.map(|(_, port)| *port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KNOWN: Known<'static> = Known {
        host: &|name| name.ends_with("voipoperator.eu"),
        port: &|port| port == 9100,
        may_name_host: true,
        may_resolve: true,
        may_have_port: true,
    };

    fn shown(text: &str) -> Vec<String> {
        let found = find(text.as_bytes(), KNOWN);
        found.iter().map(ToString::to_string).collect()
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
    fn all_addresses_count_as_loopback_for_a_server() {
        assert!(find(b"http://0.0.0.0:5000", KNOWN)[0].is_loopback());
        assert!(find(b"http://[::1]:5000", KNOWN)[0].is_loopback());
        assert!(!find(b"http://10.0.0.1:5000", KNOWN)[0].is_loopback());
    }

    /// The same as expressions: slow, and easier to believe.
    const URL: &str = r"(?i-u)\b(?P<scheme>https?|wss?|net\.tcp)://(?:[^\s/'\x22<>@]+@)?(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<host>[^\s/'\x22<>()\[\]?#:,;|]+))(?::(?P<port>[0-9]{1,5}))?(?P<path>/[^\s'\x22<>]*)?";
    const PAIR: &str = r"(?i-u)(?:\[(?P<six>[0-9a-f]*:[0-9a-f:.]+)\]|(?P<one>::1|::ffff:127\.0\.0\.1)|(?P<host>[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?)*)):(?P<port>[0-9]{2,5})";

    fn plain_urls(text: &[u8]) -> Vec<Placed> {
        let regex = Regex::new(URL).unwrap();
        let placed = regex.captures_iter(text).filter_map(|c| {
            let group = |name: &str| {
                c.name(name)
                    .map_or_else(String::new, |m| lower(m.as_bytes()))
            };
            let whole = c.get(0)?.range();
            let scheme = group("scheme");
            let port = group("port").parse().ok().or(default_port(&scheme));
            let host = if c.name("six").is_some() {
                group("six")
            } else {
                group("host")
            };
            let host = host.trim_end_matches(['.', '\u{2026}', ')']).to_owned();
            let kept = !host.is_empty() && !host.contains('\u{fffd}');
            let path = group("path");
            let endpoint = Endpoint {
                host,
                port,
                scheme,
                path,
                ..Endpoint::default()
            };
            kept.then_some((whole.start, whole.end, endpoint))
        });
        placed.collect()
    }

    fn plain_pairs(text: &[u8], urls: &[Placed]) -> Vec<Placed> {
        let regex = Regex::new(PAIR).unwrap();
        let placed = regex.captures_iter(text).filter_map(|c| {
            let whole = c.get(0)?.range();
            let host = c.name("six").or(c.name("one")).or(c.name("host"))?;
            let host = lower(host.as_bytes());
            let glued = whole.start > 0
                && matches!(text[whole.start - 1], b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b':' | b'.' | b'-' | b'/' | b'\\' | b'_');
            let more = match &text[whole.end..] {
                [b':', next, ..] | [next, ..] => next.is_ascii_alphanumeric(),
                [] => false,
            };
            let port: Option<u16> = lower(&c["port"]).parse().ok();
            let short = host.starts_with(|c: char| c.is_ascii_alphabetic()) && port.is_some_and(KNOWN.port);
            let named = is_host_of_pair(host.as_bytes()) || short;
            let endpoint = Endpoint { host, port: Some(port?), ..Endpoint::default() };
            let kept = !(is_inside(urls, whole.start) || glued || more) && named;
            kept.then_some((whole.start, whole.end, endpoint))
        });
        placed.collect()
    }

    #[test]
    fn a_url_whose_host_cannot_be_read_hides_what_stands_in_its_path() {
        for text in [
            b"http://\xff/http://a ".as_slice(),
            b"http://a:1@\xff/",
            b"http://a?b@\xff ",
        ] {
            let mut found = Vec::new();
            urls(text, &mut found);
            assert!(
                !has_url(text) || !found.is_empty(),
                "{}",
                text.escape_ascii()
            );
        }
        assert!(has_url(b"GET https://swyx01:443/x?a=b"));
        assert!(has_pair(
            b"connected to files.firma.local:443 from 192.168.10.566:50658"
        ));
        assert!(!has_pair(
            b"connected to files:443 from 192.168.10.566:50658"
        ));
        assert!(all_have_pair(b"connected to files.firma.local:000"));
        assert!(!all_have_pair(
            b"connected to files.firma.local:00000 and 00.0.0.0:000"
        ));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]
        #[test]
        fn reading_by_hand_finds_what_the_expressions_find(parts in proptest::collection::vec(part(), 0..14)) {
            let text: Vec<u8> = parts.concat();
            let mut ours = Vec::new();
            urls(&text, &mut ours);
            prop_assert_eq!(&ours, &plain_urls(&text), "{}", String::from_utf8_lossy(&text));
            prop_assert!(!has_url(&text) || !ours.is_empty());
            let expected = plain_pairs(&text, &ours);
            let count = ours.len();
            pairs(&text, KNOWN, &mut ours);
            prop_assert_eq!(&ours[count..], &expected, "{}", String::from_utf8_lossy(&text));
            prop_assert!(!has_pair(&text) || !ours.is_empty(), "{}", String::from_utf8_lossy(&text));
        }
    }

    fn part() -> impl Strategy<Value = Vec<u8>> {
        let pieces: &[&[u8]] = &[
            b"http",
            b"https",
            b"ws",
            b"wss",
            b"net.tcp",
            b"://",
            b":",
            b"::",
            b"::1",
            b"[",
            b"]",
            b"/",
            b"@",
            b".",
            b"-",
            b"_",
            b" ",
            b"\"",
            b"(",
            b")",
            b"?",
            b"#",
            b",",
            b"a",
            b"Ab",
            b"9100",
            b"5000",
            b"65536",
            b"1",
            b"99",
            b"127.0.0.1",
            b"::ffff:127.0.0.1",
            b"fe80",
            b"localhost",
            b"host.de",
            b"x.cs",
            b"\n",
            b"\xc3\xbc",
            b"\xff",
            b"\xe2\x80\xa6",
        ];
        proptest::sample::select(pieces).prop_map(<[u8]>::to_vec)
    }
}
