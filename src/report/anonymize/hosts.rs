//! Names of hosts, e-mail and SIP addresses, addresses of networks.

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::sync::RwLock;

use regex::Regex;

use super::find::{Finder, Identity, any_of, fits, regex};
use super::lines::{IfAny, OfLines};
use super::people::{canonical, starts_a_word};
use crate::grammar::Catalog;

/// Endings of files and modules, which look like hosts.
const FILES: [&str; 49] = [
    "js", "mjs", "cjs", "ts", "tsx", "jsx", "json", "log", "txt", "cs", "cpp", "cc", "cxx", "c",
    "h", "hpp", "rs", "py", "java", "kt", "go", "dll", "exe", "sys", "ini", "cfg", "conf",
    "config", "xml", "xaml", "html", "htm", "css", "png", "svg", "jpg", "ico", "wav", "wnd", "pdb",
    "zip", "gz", "db", "dat", "tmp", "old", "bak", "asar", "node",
];

/// Hosts that are known at once, at most.
const MOST_KNOWN: usize = 4_096;

/// The shapes of hosts.
pub struct Shapes {
    address: OfLines,
    url: OfLines,
    port: Regex,
    full: OfLines,
    unc: Regex,
    keyed: Regex,
    numbered: OfLines,
    element: Regex,
    setting: IfAny,
    single: Regex,
    component: OfLines,
    phrase: Regex,
    ip4: Regex,
    ip6: Regex,
    before_version: Regex,
    node: Regex,
    versions: Vec<regex::bytes::Regex>,
    stay: Vec<String>,
    domains: Vec<String>,
    chain: Vec<crate::grammar::endpoint::EndpointTest>,
    /// Hosts of which it is known whether they stay: the same ones come again and again.
    known: RwLock<HashMap<String, bool>>,
}

type Add<'a> = dyn FnMut(Range<usize>, Option<Identity>) + 'a;

impl Shapes {
    pub fn new(catalog: &Catalog) -> Self {
        let privacy = &catalog.chain.privacy;
        let keys = any_of(&privacy.host_keys);
        let phrases = any_of(&privacy.host_phrases);
        let domains = any_of(&privacy.domains);
        let url = OfLines::new(
            r"(?i):\\*/|%3a",
            concat!(
                r"(?i)\b(?:https?|wss?|ftps?|sftp|ssh|ldaps?|net\.tcp|net\.pipe|tcp|udp|tls|ssl|rtsps?|smb|mqtts?|amqps?|socks[45]?h?|grpc|opc\.tcp)",
                r#"(?::\\*/\\*/|%3A%2F%2F)(?:[^\s/@"'<>]*@|<removed>@)?(?P<host>\[[^\]\s]*\]|[\p{L}\p{N}][\p{L}\p{N}._-]*)"#
            ),
        );
        let mut shapes = Self {
            address: OfLines::new(
                r"(?i)@|%40|\\u0040",
                r"(?i)(?P<sip>\bsips?:)?(?P<who>[\p{L}\p{N}+][\p{L}\p{N}.+'_%-]*?|<removed>)(?:@|%40|\\u0040)(?P<host>[\p{L}\p{N}][\p{L}\p{N}.-]*|\[[0-9a-f:.]+\])",
            ),
            url,
            port: regex(
                r"(?P<host>[\p{L}\p{N}][\p{L}\p{N}_-]*(?:\.[\p{L}\p{N}][\p{L}\p{N}_-]*)+)\.?:(?P<port>[0-9]{2,5})(?P<next>[:\w]?)",
            ),
            full: OfLines::new(
                &format!(r"(?i)\.(?:{domains})"),
                &format!(
                    r"(?i)[\p{{L}}\p{{N}}_](?:[\p{{L}}\p{{N}}_-]*[\p{{L}}\p{{N}}])?(?:\.[\p{{L}}\p{{N}}_](?:[\p{{L}}\p{{N}}_-]*[\p{{L}}\p{{N}}])?)*\.(?P<last>{domains})\b"
                ),
            ),
            unc: regex(
                r#"(?:^|[\s"'=(,;<>|])(?:\\\\(?P<one>[\p{L}\p{N}][\p{L}\p{N}._-]*)\\[^\\\s]|\\\\\\\\(?P<two>[\p{L}\p{N}][\p{L}\p{N}._-]*)\\\\[^\\\s]|//(?P<slash>[\p{L}\p{N}][\p{L}\p{N}._-]*)/)"#,
            ),
            keyed: regex(&format!(
                r#"(?i)(?P<key>{keys})(?:\\*["']?(?:[ \t]*|[ .]+)(?P<sep>=>|:=|[:=])[ \t]*\\*["']?|[ \t]+\\*["'])(?P<host>[\p{{L}}\p{{N}}][\p{{L}}\p{{N}}._-]*)(?P<next>[/ =]?)"#
            )),
            numbered: OfLines::new(
                &format!(r"(?i)(?:{keys})[ \t]+\p{{L}}"),
                &format!(
                    r"(?i)(?P<key>{keys})[ \t]+(?P<host>[\p{{L}}][\p{{L}}\p{{N}}_-]*[\p{{N}}][\p{{L}}\p{{N}}_-]*|(?-i:[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+|[A-Z][A-Z0-9]{{4,}}\b))"
                ),
            ),
            setting: IfAny::new(
                super::people::SETTING,
                &super::people::setting(&keys, "host"),
            ),
            single: regex(
                r"(?P<host>\p{L}[\p{L}\p{N}]*(?:-[\p{L}\p{N}]+)+|\p{L}{3,}[0-9]+[\p{L}0-9]*):(?P<port>[0-9]{4,5})(?:[^\w:.]|\.(?:\s|$)|$)",
            ),
            component: OfLines::new("(?i)DC=", r"(?i)\bDC=(?P<host>[\p{L}\p{N}-]+)"),
            element: regex(&format!(
                r"(?i)<(?:\w+:)?(?:{keys})(?:\s[^<>]*)?>(?P<host>[\p{{L}}\p{{N}}][\p{{L}}\p{{N}}._-]*)</"
            )),
            phrase: regex(&format!(
                r#"(?i)(?:{phrases})[ \t:]*\\*["'„‚]?(?P<host>[\p{{L}}\p{{N}}][\p{{L}}\p{{N}}._-]*)"#
            )),
            ip4: regex(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"),
            ip6: regex(
                r"(?i)[23][0-9a-f]{3}:[0-9a-f:]*[0-9a-f:](?:[0-9]{1,3}(?:\.[0-9]{1,3}){3})?",
            ),
            node: regex(r"\bE[A-Z]{4,}[ ]$"),
            before_version: regex(
                r#"(?i)(?:\b(?:v|ver\.?|version|versions|build|release|revision|produktversion|fileversion|assemblyversion)\\*["']?[ :=/]{0,3}\\*["']?|[\p{L}!]/)$"#,
            ),
            versions: catalog
                .chain
                .versions
                .iter()
                .filter_map(|mark| mark.condition.regex())
                .filter_map(|regex| regex::bytes::Regex::new(regex.pattern()).ok())
                .collect(),
            domains: privacy.domains.iter().map(|d| d.to_lowercase()).collect(),
            stay: privacy.hosts.iter().map(|h| h.to_lowercase()).collect(),
            chain: catalog
                .chain
                .names
                .endpoints
                .iter()
                .flatten()
                .cloned()
                .collect(),
            known: RwLock::default(),
        };
        shapes.keep_own(catalog);
        shapes
    }

    /// The hosts that the report's own sentences name stay.
    fn keep_own(&mut self, catalog: &Catalog) {
        let mut own = Vec::new();
        let mut look = |text: &str| {
            own.extend(
                self.url
                    .captures_iter(text)
                    .map(|found| found["host"].to_lowercase()),
            );
            own.extend(
                self.full
                    .captures_iter(text)
                    .map(|found| found[0].to_lowercase()),
            );
        };
        for lang in [crate::model::Lang::En, crate::model::Lang::De] {
            let checks = catalog.chain.checks.iter().map(|check| &check.text);
            let classes = catalog.chain.classes.values();
            let advice = classes.flat_map(|class| &class.advice).map(|a| &a.remedy);
            checks.chain(advice).for_each(|text| look(text.get(lang)));
            for rule in &catalog.rules {
                let texts = rule.texts(lang);
                texts
                    .admin
                    .remedy
                    .iter()
                    .chain([&texts.user, &texts.vendor, &texts.admin.summary])
                    .for_each(|text| look(text));
            }
        }
        for rule in &catalog.rules {
            rule.references.iter().for_each(|text| look(text));
        }
        self.stay.extend(own);
    }

    /// True if the host is no secret: of the chain, public, or this machine.
    pub fn stays(&self, host: &str) -> bool {
        if let Ok(known) = self.known.read()
            && let Some(stays) = known.get(host)
        {
            return *stays;
        }
        let stays = self.is_of_many(host);
        if let Ok(mut known) = self.known.write() {
            if known.len() >= MOST_KNOWN {
                known.clear();
            }
            known.insert(host.to_owned(), stays);
        }
        stays
    }

    fn is_of_many(&self, host: &str) -> bool {
        matches!(
            host,
            "localhost" | "localhost.localdomain" | "wpad" | "broadcasthost"
        ) || fits(&self.stay, host)
            || self
                .chain
                .iter()
                .any(|test| test.names(host) || test.names(&format!("x.{host}")))
    }

    /// Tells every place.
    pub fn find(&self, finder: &Finder, text: &str, add: &mut Add<'_>) {
        for found in self.address.captures_iter(text) {
            let host = found.name("host").map_or(0..0, |h| h.range());
            let host =
                host.start..host.start + text[host.clone()].trim_end_matches(['.', '-']).len();
            let who = found.name("who").map_or(0..0, |w| w.range());
            let name = &text[host.clone()];
            let sip = found.name("sip").is_some();
            // `electron@9.1.2` is a package.
            let is_host = name.starts_with('[')
                || name.contains('.')
                    && last_label(name).chars().any(char::is_alphabetic)
                    && !is_file(name);
            if !(sip || is_host) {
                continue;
            }
            if &text[who.clone()] != "<removed>" {
                let words = &text[who.clone()];
                let words = words.trim_end_matches(['.', '-']);
                let service = text[..who.start].ends_with('/') && !sip;
                if service && words.contains('.') {
                    // `HTTP/server.domain@REALM` names a service of a machine.
                    self.host(text, who, add);
                } else if words.chars().any(char::is_alphabetic) {
                    add(who, Some(Identity::User(canonical(words))));
                } else if sip || words.len() > 1 {
                    add(who, Some(Identity::Phone(super::numbers::digits(words))));
                }
            }
            self.host(text, host, add);
        }
        for found in self.url.captures_iter(text) {
            if let Some(host) = found.name("host") {
                self.host(text, host.range(), add);
            }
        }
        for found in self.port.captures_iter(text) {
            let host = found.name("host").map_or(0..0, |h| h.range());
            let name = &text[host.clone()];
            let last = last_label(name);
            let plain = last == last.to_lowercase() || name == name.to_uppercase();
            if found["next"].is_empty()
                && last.chars().all(char::is_alphabetic)
                && plain
                && !is_file(name)
                && free(text, host.start)
            {
                self.host(text, host, add);
            }
        }
        for found in self.full.captures_iter(text) {
            let range = found.get_match().range();
            let last = &found["last"];
            let name = found.get_match().as_str();
            let plain = *last == last.to_lowercase() || name == name.to_uppercase();
            let goes_on = text[range.end..].starts_with(['.', '(', '_'])
                && text[range.end + 1..].starts_with(char::is_alphanumeric)
                || text[range.end..].starts_with('(');
            if plain && !goes_on && free(text, range.start) {
                self.host(text, range, add);
            }
        }
        for found in self.unc.captures_iter(text) {
            if let Some(host) = ["one", "two", "slash"].iter().find_map(|g| found.name(g)) {
                self.host(text, host.range(), add);
            }
        }
        self.behind_words(finder, text, add);
        self.addresses(text, add);
    }

    fn behind_words(&self, finder: &Finder, text: &str, add: &mut Add<'_>) {
        for found in self.keyed.captures_iter(text) {
            let key = found.name("key").map_or(0, |k| k.start());
            let host = found.name("host").map_or(0..0, |h| h.range());
            let host =
                host.start..host.start + text[host.clone()].trim_end_matches(['.', '-']).len();
            let name = &text[host.clone()];
            // `Name= Other=0`: the key has no value.
            let product = matches!(&found["next"], "/" | "=") || is_file(name);
            // `Host: next` is prose, unless the value is in quotes or ends there.
            let prose = found["next"] == *" "
                && found.name("sep").is_none_or(|sep| sep.as_str() == ":")
                && !name.contains(['.', '-'])
                && !name.chars().any(|c| c.is_ascii_digit() || c.is_uppercase());
            if starts_a_word(text, key) && !product && !prose && !finder.is_common(name) {
                self.host(text, host, add);
            }
        }
        for found in self.numbered.captures_iter(text) {
            let key = found.name("key").map_or(0, |k| k.start());
            if let Some(host) = found
                .name("host")
                .filter(|h| starts_a_word(text, key) && !finder.is_word(h.as_str()))
            {
                self.host(text, host.range(), add);
            }
        }
        for found in self.single.captures_iter(text) {
            if let Some(host) = found.name("host")
                && free(text, host.start())
                && !text[..host.start()].ends_with(['/', ':', '_'])
                && !host
                    .as_str()
                    .split('-')
                    .all(|part| finder.is_word(part.trim_end_matches(|c: char| c.is_ascii_digit())))
                && found["port"]
                    .parse::<u32>()
                    .is_ok_and(|port| (1024..=65_535).contains(&port))
            {
                self.host(text, host.range(), add);
            }
        }
        for found in self.component.captures_iter(text) {
            if let Some(host) = found.name("host")
                && !self.domains.contains(&host.as_str().to_lowercase())
            {
                self.host(text, host.range(), add);
            }
        }
        for found in self.setting.captures_iter(text) {
            if let Some(host) = found.name("host").filter(|h| {
                let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_');
                h.as_str().chars().all(plain) && !finder.is_common(h.as_str())
            }) {
                self.host(text, host.range(), add);
            }
        }
        for found in self.element.captures_iter(text) {
            if let Some(host) = found.name("host").filter(|h| !finder.is_common(h.as_str())) {
                self.host(text, host.range(), add);
            }
        }
        for found in self.phrase.captures_iter(text) {
            if let Some(host) = found.name("host").filter(|h| !finder.is_common(h.as_str())) {
                self.host(text, host.range(), add);
            }
        }
    }

    fn addresses(&self, text: &str, add: &mut Add<'_>) {
        for found in self
            .versions
            .iter()
            .flat_map(|v| v.captures_iter(text.as_bytes()))
        {
            if let Some(version) = found.name("version") {
                add(version.range(), None);
            }
        }
        for found in self.ip4.find_iter(text) {
            let before = text[..found.start()].chars().next_back();
            let after = &text[found.end()..];
            let inside = before.is_some_and(|c| c.is_alphanumeric() || c == '.' || c == '_')
                || after.starts_with(|c: char| c.is_alphanumeric() || c == '_')
                || after.starts_with('.') && after[1..].starts_with(|c: char| c.is_ascii_digit());
            let start = start_of(text, found.start());
            if inside || self.before_version.is_match(&text[start..found.start()]) {
                continue;
            }
            if let Some(address) = found
                .as_str()
                .parse::<Ipv4Addr>()
                .ok()
                .filter(|a| is_public(*a))
            {
                add(found.range(), Some(Identity::Ip4(address)));
            }
        }
        for found in self.ip6.find_iter(text) {
            let before = text[..found.start()].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, ':' | '.' | '_')) {
                continue;
            }
            let mut end = found.end();
            // Node writes `connect ECONNREFUSED 2001:db8::1:9100`: what stands behind the last colon is the port.
            let colon = text[..end].rfind(':').filter(|_| {
                self.node
                    .is_match(&text[start_of(text, found.start())..found.start()])
            });
            if let Some(colon) = colon
                && text[colon + 1..end].parse::<u16>().is_ok()
                && text[found.start()..colon].parse::<Ipv6Addr>().is_ok()
            {
                end = colon;
            }
            // A colon behind it belongs to the sentence.
            while end > found.start() {
                if let Ok(address) = text[found.start()..end].parse::<Ipv6Addr>() {
                    if !text[end..].starts_with(|c: char| c.is_alphanumeric()) || colon == Some(end)
                    {
                        add(found.start()..end, Some(Identity::Ip6(address)));
                    }
                    break;
                }
                if !text[..end].ends_with(':') {
                    break;
                }
                end -= 1;
            }
        }
    }

    fn host(&self, text: &str, range: Range<usize>, add: &mut Add<'_>) {
        let name = text[range.clone()].trim_end_matches(['.', '-']);
        let range = range.start..range.start + name.len();
        let lower = name.to_lowercase();
        let numeric = !lower.chars().any(char::is_alphabetic) || lower.starts_with('[');
        if numeric || lower.starts_with("0x") {
            return;
        }
        let stays = self.stays(&lower);
        add(range, (!stays).then_some(Identity::Host(lower)));
    }
}

/// True if nothing in front makes a part of a longer name or path of it.
fn free(text: &str, start: usize) -> bool {
    // `*.domain` of a certificate or a list of exceptions.
    if text[..start].ends_with("*.") {
        return true;
    }
    !text[..start].ends_with(['.', '\\', '@', '-', '$', '#', '%'])
        && !text[..start].ends_with(char::is_alphanumeric)
}

/// Some way before `at`.
fn start_of(text: &str, at: usize) -> usize {
    let mut start = at.saturating_sub(32);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    start
}

fn last_label(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// `config.json` is no host.
pub fn is_file(name: &str) -> bool {
    name.contains('.') && FILES.contains(&last_label(name).to_lowercase().as_str())
}

/// True for an address that is somebody's on the internet. Ranges for documents and benchmarks count: what looks like an
/// address of somebody is replaced, and an address of this program's own output is replaced by itself.
pub fn is_public(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_unspecified()
        || address.is_broadcast()
        || address.is_multicast()
        || a == 0
        || shared
        || address.octets().starts_with(&[255, 255]))
}
