//! Which token stands for which identity. Numbers go by first appearance.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::Serialize;

use super::find::{Identity, Sightings};

/// One line of the private map.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Entry {
    /// `user`, `host`, `phone`, `ipv4`, `ipv6`, `mac`, `sid` or `message`.
    pub kind: &'static str,
    /// What stands in the outputs.
    pub token: String,
    /// What stood in the traces, as it was written first.
    pub original: String,
}

/// Tokens by kind.
#[derive(Debug, Default)]
pub struct Book {
    users: HashMap<String, usize>,
    hosts: Hosts,
    phones: Phones,
    subnets4: HashMap<[u8; 3], usize>,
    ip4: HashMap<Ipv4Addr, (usize, usize)>,
    subnets6: HashMap<[u16; 4], usize>,
    ip6: HashMap<Ipv6Addr, (usize, usize)>,
    macs: HashMap<String, usize>,
    sids: HashMap<String, usize>,
    messages: HashMap<String, usize>,
    members: HashMap<usize, usize>,
    members6: HashMap<usize, usize>,
    counters: BTreeMap<&'static str, usize>,
    reserved: HashSet<(String, usize)>,
    forms: Vec<(Identity, String)>,
    /// Names that only paths have.
    quiet: HashSet<Identity>,
    /// Paths of sources.
    paths: BTreeSet<String>,
}

#[derive(Debug, Default)]
struct Hosts {
    full: HashMap<String, usize>,
    short: HashMap<String, usize>,
    /// Short names that no full name has claimed.
    bare: HashSet<String>,
}

#[derive(Debug, Default)]
struct Phones {
    whole: HashMap<String, usize>,
    /// The ends of international numbers without their country code, and national ones without their zero.
    ends: HashMap<String, usize>,
}

impl Book {
    /// Numbers that stand in the traces as tokens already are not given away again.
    pub fn reserve(&mut self, tokens: &BTreeSet<(String, usize)>) {
        self.reserved
            .extend(tokens.iter().map(|(kind, n)| (kind.to_lowercase(), *n)));
    }

    /// Takes in what was seen in one source.
    pub fn add_all(&mut self, sightings: Sightings) {
        self.paths.extend(sightings.paths);
        for (identity, form) in sightings.order {
            let quiet = sightings.quiet.contains(&identity);
            if !quiet {
                self.quiet.remove(&identity);
            } else if !self.knows(&identity) {
                self.quiet.insert(identity.clone());
            }
            if self.add(&identity) {
                self.forms.push((identity, form));
            }
        }
    }

    /// The identities with the form that was seen first, in order.
    pub fn forms(&self) -> &[(Identity, String)] {
        &self.forms
    }

    /// True if it stands alone only in paths.
    pub fn is_quiet(&self, identity: &Identity) -> bool {
        self.quiet.contains(identity)
    }

    /// The paths of all sources that were seen.
    pub fn paths(&self) -> &BTreeSet<String> {
        &self.paths
    }

    /// True if a name of somebody or something was seen.
    fn knows(&self, identity: &Identity) -> bool {
        match identity {
            Identity::User(name) => self.users.contains_key(name),
            Identity::Host(name) => {
                self.hosts.full.contains_key(name) || self.hosts.short.contains_key(name)
            }
            _ => false,
        }
    }

    fn next(&mut self, kind: &'static str) -> usize {
        let counter = self.counters.entry(kind).or_default();
        loop {
            *counter += 1;
            if !self.reserved.contains(&(kind.to_owned(), *counter)) {
                return *counter;
            }
        }
    }

    /// True if it was new.
    fn add(&mut self, identity: &Identity) -> bool {
        match identity {
            Identity::User(name) => {
                let new = !self.users.contains_key(name);
                if new {
                    let number = self.next("user");
                    self.users.insert(name.clone(), number);
                }
                new
            }
            Identity::Host(name) => self.add_host(name),
            Identity::Phone(number) => self.add_phone(number),
            Identity::Ip4(address) => {
                let [a, b, c, _] = address.octets();
                if self.ip4.contains_key(address) {
                    return false;
                }
                let next = self.subnets4.len();
                let subnet = *self.subnets4.entry([a, b, c]).or_insert(next);
                let member = self.members.entry(subnet).or_default();
                *member += 1;
                self.ip4.insert(*address, (subnet, *member));
                true
            }
            Identity::Ip6(address) => {
                if self.ip6.contains_key(address) {
                    return false;
                }
                let [a, b, c, d, ..] = address.segments();
                let next = self.subnets6.len() + 1;
                let subnet = *self.subnets6.entry([a, b, c, d]).or_insert(next);
                let member = self.members6.entry(subnet).or_default();
                *member += 1;
                self.ip6.insert(*address, (subnet, *member));
                true
            }
            Identity::Mac(address) => numbered(&mut self.macs, address),
            Identity::Sid(sid) => numbered(&mut self.sids, sid),
            Identity::Message(text) => {
                let new = !self.messages.contains_key(text);
                if new {
                    let number = self.next("message");
                    self.messages.insert(text.clone(), number);
                }
                new
            }
        }
    }

    /// A short name and the full name that begins with it are one host; a second full name with the same beginning is
    /// another one.
    fn add_host(&mut self, name: &str) -> bool {
        let Some((label, _)) = name.split_once('.') else {
            if self.hosts.short.contains_key(name) {
                return false;
            }
            let number = self.next("host");
            self.hosts.short.insert(name.to_owned(), number);
            self.hosts.bare.insert(name.to_owned());
            return true;
        };
        if self.hosts.full.contains_key(name) {
            return false;
        }
        let number = if self.hosts.bare.remove(label) {
            self.hosts.short[label]
        } else {
            let number = self.next("host");
            self.hosts.short.entry(label.to_owned()).or_insert(number);
            number
        };
        self.hosts.full.insert(name.to_owned(), number);
        true
    }

    /// `+49 231 555` and `0231 555` are one number: the country is not known, so ends are compared.
    fn add_phone(&mut self, digits: &str) -> bool {
        if self.phones.whole.contains_key(digits) {
            return false;
        }
        let ends = ends_of(digits);
        let known = ends
            .iter()
            .find_map(|end| self.phones.ends.get(end).copied());
        let number = known.unwrap_or_else(|| self.next("phone"));
        self.phones.whole.insert(digits.to_owned(), number);
        for end in ends {
            self.phones.ends.entry(end).or_insert(number);
        }
        true
    }

    /// True if this is what somebody wrote.
    pub fn is_message(&self, text: &str) -> bool {
        self.messages.contains_key(text)
    }

    /// The token of an identity that stands in the text as `form`.
    pub fn token(&self, identity: &Identity, form: &str) -> String {
        match identity {
            Identity::User(name) => format!("user-{}", self.users.get(name).unwrap_or(&0)),
            Identity::Host(name) => {
                let number = self
                    .hosts
                    .full
                    .get(name)
                    .or_else(|| self.hosts.short.get(name));
                let ending = if name.contains('.') { ".example" } else { "" };
                format!("host-{}{ending}", number.unwrap_or(&0))
            }
            Identity::Phone(digits) => {
                let number = self.phones.whole.get(digits);
                let number = number.or_else(|| {
                    ends_of(digits)
                        .iter()
                        .find_map(|end| self.phones.ends.get(end))
                });
                format!("phone-{}", number.unwrap_or(&0))
            }
            Identity::Ip4(address) => match self.ip4.get(address) {
                Some((subnet, member)) => ip4(*subnet, *member),
                None => "198.18.0.0".into(),
            },
            Identity::Ip6(address) => match self.ip6.get(address) {
                Some((subnet, member)) => format!("2001:db8:{subnet:x}::{member:x}"),
                None => "2001:db8::".into(),
            },
            Identity::Mac(address) => {
                let number = self.macs.get(address).copied().unwrap_or(0);
                let mark = if form.contains('-') { "-" } else { ":" };
                let digits = format!("02{number:010x}");
                let pairs: Vec<&str> = (0..6)
                    .filter_map(|i| digits.get(i * 2..i * 2 + 2))
                    .collect();
                pairs.join(mark)
            }
            Identity::Sid(sid) => format!("S-1-5-21-0-0-0-{}", self.sids.get(sid).unwrap_or(&0)),
            Identity::Message(text) => format!("message-{}", self.messages.get(text).unwrap_or(&0)),
        }
    }

    /// All tokens with what they stand for.
    pub fn entries(&self) -> Vec<Entry> {
        let mut entries: Vec<(usize, Entry)> = self
            .forms
            .iter()
            .enumerate()
            .map(|(index, (identity, form))| {
                let (kind, _) = kind_of(identity);
                let token = self.token(identity, form);
                (
                    index,
                    Entry {
                        kind,
                        token,
                        original: form.clone(),
                    },
                )
            })
            .collect();
        entries.sort_by_key(|(index, entry)| (kind_rank(entry.kind), *index));
        entries.into_iter().map(|(_, entry)| entry).collect()
    }
}

fn numbered(map: &mut HashMap<String, usize>, key: &str) -> bool {
    let next = map.len() + 1;
    let mut new = false;
    map.entry(key.to_owned()).or_insert_with(|| {
        new = true;
        next
    });
    new
}

/// `198.18.0.0/15` has room for 512 subnets; beyond that, and beyond 254 hosts of one, the reserved class E helps out.
fn ip4(subnet: usize, member: usize) -> String {
    if subnet < 512 && member < 255 {
        return format!("198.{}.{}.{member}", 18 + subnet / 256, subnet % 256);
    }
    format!(
        "240.{}.{}.{}",
        (subnet / 256) % 256,
        subnet % 256,
        member % 256
    )
}

/// How the same number may be written without its country code.
fn ends_of(digits: &str) -> Vec<String> {
    let long = |end: &&str| end.len() >= 6;
    match digits.strip_prefix('+') {
        Some(whole) => (1..=3)
            .filter_map(|code| whole.get(code..))
            .filter(long)
            .map(|end| end.trim_start_matches('0').to_owned())
            .collect(),
        None => digits
            .strip_prefix('0')
            .filter(long)
            .map(str::to_owned)
            .into_iter()
            .collect(),
    }
}

fn kind_of(identity: &Identity) -> (&'static str, usize) {
    let kind = match identity {
        Identity::User(_) => "user",
        Identity::Host(_) => "host",
        Identity::Phone(_) => "phone",
        Identity::Ip4(_) => "ipv4",
        Identity::Ip6(_) => "ipv6",
        Identity::Mac(_) => "mac",
        Identity::Sid(_) => "sid",
        Identity::Message(_) => "message",
    };
    (kind, kind_rank(kind))
}

fn kind_rank(kind: &str) -> usize {
    const KINDS: [&str; 8] = [
        "user", "host", "phone", "ipv4", "ipv6", "mac", "sid", "message",
    ];
    KINDS.iter().position(|k| *k == kind).unwrap_or(KINDS.len())
}
