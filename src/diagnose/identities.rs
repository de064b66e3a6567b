//! Clients that one folder, or one file, holds: told apart by what the traces say of themselves (user, machine, Windows
//! session), and by traces of the lead program that run at the same time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::rc::Rc;

use super::clients::{parts_of, shared_parts};
use super::event::Events;
use crate::grammar::Meaning;
use crate::grammar::chain::Chain;
use crate::grammar::told::Told;
use crate::spool::{Bytes, Item, List, Room, Sorter};

/// A name at the start of a trace is that of its client within so many lines.
const HEAD: u64 = 60;
/// A key is a column of the trace if it stands in this share of the records that tell something.
const COLUMN: f64 = 0.8;
/// With fewer records than this nothing is a column.
const FEW: usize = 4;

/// Events at the start of a trace by which a copy of it is known.
const START: usize = 48;
/// What a trace begins with: when, and what was told.
type Start = Vec<(i64, Meaning)>;

/// A source, as far as its client matters.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// Name of the file.
    pub file: &'a str,
    /// The folder that it lies in.
    pub folder: &'a str,
    /// Its program, if it is one of the chain's own on the client's side, or none is known of it.
    pub own: bool,
    /// Its program.
    pub program: Option<&'a str>,
    /// True if that is the lead program.
    pub lead: bool,
    /// What stands before the program's name in the file's: people put the machine or the user there.
    pub prefix: &'a str,
    /// True if its name is that of the program, a stamp and perhaps a number: another file of that kind, at the same
    /// time, is of another process.
    pub stamped: bool,
}

/// What kind of name a mark gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    User,
    Machine,
    Session,
}

const KINDS: [(Kind, &str); 3] = [
    (Kind::User, "user"),
    (Kind::Machine, "machine"),
    (Kind::Session, "session"),
];

/// A kind of name and the mark that gives it: only names of the same mark are compared.
type Key = (Kind, u32);
/// What the name of the file says.
const BY_FILE: Key = (Kind::Machine, u32::MAX);
type Names = BTreeMap<Key, Vec<String>>;

/// A source, or the part of one that is of one client.
struct Unit {
    source: usize,
    names: Names,
    /// What its events are marked with; `None` if they are all of its source.
    mark: Option<usize>,
    span: Option<(i64, i64)>,
    start: Rc<Start>,
}

/// The events of the sources that name several clients, each source's in the order of lines.
struct Naming {
    list: List<OfLine>,
    /// The part of each source; `None` where it is of one client.
    parts: Vec<Option<Range<usize>>>,
}

/// An event of a source.
#[derive(Debug, Clone, Copy, Default)]
struct OfLine {
    source: u32,
    line: u64,
    index: u32,
}

impl Item for OfLine {
    const BYTES: usize = 16;

    fn put(&self, bytes: &mut Room<'_>) {
        bytes.put(self.line.to_le_bytes());
        bytes.put(self.source.to_le_bytes());
        bytes.put(self.index.to_le_bytes());
    }

    fn get(bytes: &mut Bytes<'_>) -> Self {
        Self {
            line: bytes.u64(),
            source: bytes.u32(),
            index: bytes.u32(),
        }
    }
}

impl Naming {
    fn of(events: &Events, splits: &[bool]) -> Self {
        let key = |event: &OfLine| (event.source, event.line, event.index);
        let sorter = Sorter::new(events.folder(), key);
        let mut giving = sorter.giving();
        let any = splits.contains(&true);
        for index in (0..events.len()).take_while(|_| any) {
            let source = events.source(index);
            if splits[source] {
                giving.push(OfLine {
                    source: source as u32,
                    line: events.placed(index).line,
                    index: index as u32,
                });
            }
        }
        drop(giving);
        let mut list = List::new(events.folder());
        let mut parts: Vec<Option<Range<usize>>> = vec![None; splits.len()];
        sorter.finish(|event| {
            let part = parts[event.source as usize].get_or_insert(list.len()..list.len());
            part.end += 1;
            list.push(event);
        });
        Self { list, parts }
    }
}

/// The clients in order by name, and the client of each source; each event is given its client, and the events that
/// only name one are removed. `callings`: what each source calls its client. `names` and `client_of`: the clients by the
/// folders that the sources lie in.
pub fn settle(
    events: &mut Events,
    chain: &Chain,
    (origins, callings): (&[Origin<'_>], Vec<Calling<'_>>),
    names: &[String],
    client_of: &[usize],
) -> (Vec<String>, Vec<usize>) {
    events.set_clients(client_of.to_vec());
    let any_splits = callings.iter().any(Calling::may_split);
    let units = units(events, chain, origins, callings);
    let mut marks: BTreeMap<usize, usize> = BTreeMap::new();
    let mut labels: Vec<String> = names.to_vec();
    let mut of_source = client_of.to_vec();
    let mut whole = client_of.to_vec();
    for (group, name) in names.iter().enumerate() {
        let here: Vec<&Unit> = units
            .iter()
            .filter(|u| client_of[u.source] == group)
            .collect();
        let clusters = clusters(&here, origins, chain);
        if clusters.len() < 2 {
            marks.extend(here.iter().filter_map(|unit| Some((unit.mark?, group))));
            continue;
        }
        let own = cluster_labels(&clusters, &here, origins);
        for (cluster, own) in clusters.iter().zip(own) {
            let label = match (name.is_empty(), own.is_empty()) {
                (true, _) => own,
                (false, true) => name.clone(),
                (false, false) => format!("{name} / {own}"),
            };
            let index = labels.iter().position(|l| *l == label).unwrap_or_else(|| {
                labels.push(label);
                labels.len() - 1
            });
            for unit in cluster.iter().map(|unit| here[*unit]) {
                of_source[unit.source] = index;
                match unit.mark {
                    Some(mark) => marks.extend([(mark, index)]),
                    None => whole[unit.source] = index,
                }
            }
        }
    }
    // What is marked learns whose it is.
    events.set_clients(Vec::new());
    events.number_clients(|mark| marks.get(&mark).copied().unwrap_or(mark));
    events.set_clients(whole);
    // Where nothing is to be marked, whoever made the events has left them out.
    if any_splits {
        events.retain(|told| !is_name(told));
    }
    sorted(events, &labels, of_source)
}

/// Puts the clients that anything is of into the order of their names.
fn sorted(
    events: &mut Events,
    labels: &[String],
    mut of_source: Vec<usize>,
) -> (Vec<String>, Vec<usize>) {
    let mut used: BTreeSet<usize> = BTreeSet::new();
    used.extend(&of_source);
    if events.several() {
        used.extend((0..events.len()).map(|index| events.client(index)));
    }
    let mut order: Vec<usize> = (0..labels.len()).filter(|i| used.contains(i)).collect();
    if order.is_empty() {
        order.push(0);
    }
    order.sort_by(|a, b| labels[*a].cmp(&labels[*b]));
    let place = |old: usize| order.iter().position(|o| *o == old).unwrap_or(0);
    events.number_clients(place);
    of_source.iter_mut().for_each(|c| *c = place(*c));
    let labels = order.iter().map(|old| labels[*old].clone()).collect();
    (labels, of_source)
}

/// The names that one event gives.
fn given<'e>(told: &'e Told, chain: &'e Chain) -> impl Iterator<Item = (Key, &'e str)> {
    let mark = match told.meaning {
        Meaning::Identity(mark) => Some(mark),
        _ => None,
    };
    let captures = told.captures.as_deref().unwrap_or_default();
    mark.into_iter().flat_map(move |mark| {
        let named = |(kind, name): &(Kind, &str)| {
            let value = captures.iter().find(|c| c.0 == *name)?.1.trim();
            let nobody = chain
                .privacy
                .accounts
                .iter()
                .any(|a| a.eq_ignore_ascii_case(bare(value)));
            let no_name = chain
                .privacy
                .words
                .iter()
                .any(|word| word.eq_ignore_ascii_case(value));
            (!value.is_empty() && !nobody && !no_name).then_some(((*kind, mark), value))
        };
        KINDS.iter().filter_map(named).collect::<Vec<_>>()
    })
}

/// A user's name without domain.
fn bare(name: &str) -> &str {
    let name = name.rsplit('\\').next().unwrap_or(name);
    name.split('@').next().unwrap_or(name)
}

/// True if two names are of the same one: `ACME\anna`, `anna@acme.local`, `anna` and the profile `anna.ACME`.
fn is_same(a: &str, b: &str) -> bool {
    let (a, b) = (bare(a).to_lowercase(), bare(b).to_lowercase());
    let longer = |a: &str, b: &str| a.strip_prefix(b).is_some_and(|rest| rest.starts_with('.'));
    a == b || longer(&a, &b) || longer(&b, &a)
}

fn add(names: &mut Names, key: Key, value: &str) {
    let known = names.entry(key).or_default();
    if !known.iter().any(|k| is_same(k, value)) {
        known.push(value.to_owned());
    }
}

/// The units of all sources. Events of a source with several units are marked.
fn units(
    events: &mut Events,
    chain: &Chain,
    origins: &[Origin<'_>],
    callings: Vec<Calling<'_>>,
) -> Vec<Unit> {
    let splits = callings.iter().zip(origins);
    let splits: Vec<bool> = splits
        .map(|(calling, origin)| origin.own && calling.may_split())
        .collect();
    let naming = Naming::of(events, &splits);
    let mut units = Vec::new();
    for (source, mut calling) in callings.into_iter().enumerate() {
        let span = calling.span;
        let start = Rc::new(std::mem::take(&mut calling.start));
        let whole = |names| {
            vec![Unit {
                source,
                names,
                mark: None,
                span,
                start,
            }]
        };
        let mut parts = if calling.names_somebody && origins[source].own {
            let (names, several) = calling.names();
            if several.is_empty() {
                let single = names.into_iter().filter(|(_, values)| values.len() == 1);
                whole(single.collect())
            } else {
                let split = Split {
                    source,
                    names: &names,
                    several: &several,
                    first_mark: units.len(),
                };
                split.units(events, chain, &naming)
            }
        } else {
            whole(Names::new())
        };
        if origins[source].own && !origins[source].prefix.is_empty() {
            for part in &mut parts {
                add(&mut part.names, BY_FILE, origins[source].prefix);
            }
        }
        units.extend(parts);
    }
    units
}

/// True if it only names a client.
pub fn is_name(told: &Told) -> bool {
    matches!(told.meaning, Meaning::Identity(_))
}

fn widen(span: &mut Option<(i64, i64)>, order: i64) {
    if order != i64::MIN {
        let (low, high) = span.unwrap_or((order, order));
        *span = Some((low.min(order), high.max(order)));
    }
}

/// A source that names several clients.
struct Split<'a> {
    source: usize,
    names: &'a Names,
    /// The keys that tell them apart.
    several: &'a [Key],
    /// The mark of its first part.
    first_mark: usize,
}

impl Split<'_> {
    /// Its parts, in the order of their names.
    fn units(&self, events: &mut Events, chain: &Chain, naming: &Naming) -> Vec<Unit> {
        /// What is known of a part: its mark, and from when to when it goes.
        type Known = (usize, Option<(i64, i64)>);
        let part = naming.parts[self.source].clone().unwrap_or_default();
        let mut parts: BTreeMap<Vec<Option<usize>>, Known> = BTreeMap::new();
        let mut now: Vec<Option<usize>> = vec![None; self.several.len()];
        let (mut waiting, mut at) = (part.start, part.start);
        while at < part.end {
            let line = naming.list.get(at).line;
            while at < part.end && naming.list.get(at).line == line {
                self.take_names(
                    events.told(naming.list.get(at).index as usize),
                    chain,
                    &mut now,
                );
                at += 1;
            }
            // What stands before the first name is of the first one.
            if now.iter().any(Option::is_some) {
                let fresh = (self.first_mark + parts.len(), None);
                let (mark, span) = parts.entry(now.clone()).or_insert(fresh);
                for place in waiting..at {
                    let index = naming.list.get(place).index as usize;
                    widen(span, events.order(index));
                    events.set_client(index, *mark);
                }
                waiting = at;
            }
        }
        let unit = |(tuple, (mark, span)): (Vec<Option<usize>>, _)| {
            let mut known: Names = Names::new();
            for (key, index) in self.several.iter().zip(&tuple) {
                if let Some(index) = index {
                    add(&mut known, *key, &self.names[key][*index]);
                }
            }
            Unit {
                source: self.source,
                names: known,
                mark: Some(mark),
                span,
                start: Rc::default(),
            }
        };
        parts.into_iter().map(unit).collect()
    }

    fn take_names(&self, told: &Told, chain: &Chain, now: &mut [Option<usize>]) {
        for (key, value) in given(told, chain) {
            if let Some(place) = self.several.iter().position(|k| *k == key) {
                let mut values = self.names[&key].iter();
                now[place] = values.position(|known| is_same(known, value));
            }
        }
    }
}

/// What a source calls its client, gathered from its events in the order of lines.
#[derive(Debug)]
pub struct Calling<'c> {
    chain: &'c Chain,
    /// True if anything in it names somebody.
    names_somebody: bool,
    span: Option<(i64, i64)>,
    start: Start,
    sure: Names,
    head: Names,
    column: Names,
    /// Records that name a key and tell something, and those that tell something.
    tagged: BTreeMap<Key, usize>,
    telling: usize,
    record: OneRecord,
    turns: BTreeMap<Key, Turns>,
}

/// A record: its line, whether it tells something, and the keys that it names.
#[derive(Debug, Default)]
struct OneRecord {
    line: u64,
    tells: bool,
    keys: BTreeSet<Key>,
}

/// How the names of a key take turns.
#[derive(Debug, Default)]
struct Turns {
    count: usize,
    last: Option<String>,
    distinct: BTreeSet<String>,
}

impl Turns {
    fn take(&mut self, value: &str) {
        if self.last.as_ref().is_none_or(|last| !is_same(value, last)) {
            self.count += 1;
            self.last = Some(value.to_owned());
            self.distinct.insert(bare(value).to_lowercase());
        }
    }
}

impl<'c> Calling<'c> {
    /// Of a source without events.
    pub fn new(chain: &'c Chain) -> Self {
        Self {
            chain,
            names_somebody: false,
            span: None,
            start: Start::new(),
            sure: Names::new(),
            head: Names::new(),
            column: Names::new(),
            tagged: BTreeMap::new(),
            telling: 0,
            record: OneRecord::default(),
            turns: BTreeMap::new(),
        }
    }

    /// Takes the source's next event: its line, where it sorts, and what it tells.
    pub fn take(&mut self, line: u64, order: i64, told: &Told) {
        widen(&mut self.span, order);
        if self.start.len() < START {
            self.start.push((order, told.meaning));
        }
        if line != self.record.line {
            self.close();
            self.record.line = line;
        }
        let Meaning::Identity(mark) = told.meaning else {
            self.record.tells = true;
            return;
        };
        self.names_somebody = true;
        for (key, value) in given(told, self.chain) {
            if key.0 == Kind::Session {
                self.turns.entry(key).or_default().take(value);
            }
            if self.chain.identities[mark as usize].sure {
                add(&mut self.sure, key, value);
                continue;
            }
            self.record.keys.insert(key);
            add(&mut self.column, key, value);
            if line <= HEAD {
                add(&mut self.head, key, value);
            }
        }
    }

    fn close(&mut self) {
        let keys = std::mem::take(&mut self.record.keys);
        if std::mem::take(&mut self.record.tells) {
            self.telling += 1;
            for key in keys {
                *self.tagged.entry(key).or_default() += 1;
            }
        }
    }

    /// True if it may name several clients.
    pub fn may_split(&self) -> bool {
        let mut names = self.sure.values().chain(self.column.values());
        names.any(|values| values.len() > 1)
    }

    /// The names that count, and the keys that tell several clients apart. A Windows session may end and another begin
    /// for the same user; sessions that take turns stand side by side.
    fn names(mut self) -> (Names, Vec<Key>) {
        self.close();
        let mut names = self.sure;
        for (key, values) in self.column {
            let tagged = self.tagged.get(&key).copied().unwrap_or_default();
            let is_column = self.telling >= FEW && tagged as f64 >= COLUMN * self.telling as f64;
            let values = if is_column {
                Some(values)
            } else {
                let head = self.head.remove(&key);
                head.filter(|values| values.len() == 1)
            };
            names.extend(values.map(|values| (key, values)));
        }
        let by_turns = |turns: &Turns| turns.count > turns.distinct.len();
        let several = names.iter().filter(|(key, values)| {
            values.len() > 1
                && (key.0 != Kind::Session || self.turns.get(*key).is_some_and(by_turns))
        });
        let several = several.map(|(key, _)| *key).collect();
        (names, several)
    }
}

/// What a program calls its client, and when it did.
#[derive(PartialEq, Eq)]
struct Face {
    names: Names,
    program: Option<String>,
    span: Option<(i64, i64)>,
}

/// The parts that are of one client.
#[derive(Default)]
struct Cluster {
    /// Indices of units.
    units: Vec<usize>,
    /// What they are called, each set of names once, with the time in which it was in use.
    faces: Vec<Face>,
    /// Files of the lead program.
    runs: Vec<Run>,
}

/// A file of the lead program: when it was written, and how it begins.
struct Run {
    source: usize,
    span: (i64, i64),
    start: Rc<Start>,
}

impl Cluster {
    fn add(&mut self, index: usize, unit: &Unit, origin: &Origin<'_>) {
        self.units.push(index);
        if let Some(span) = unit.span.filter(|_| origin.lead) {
            self.runs.push(Run {
                source: unit.source,
                span,
                start: unit.start.clone(),
            });
        }
        if unit.names.is_empty() {
            return;
        }
        let same = |face: &&mut Face| {
            face.names == unit.names && face.program.as_deref() == origin.program
        };
        match self.faces.iter_mut().find(same) {
            Some(face) => {
                let both = face.span.zip(unit.span);
                let wider = both.map(|(a, b)| (a.0.min(b.0), a.1.max(b.1)));
                face.span = wider.or(face.span).or(unit.span);
            }
            None => self.faces.push(Face {
                names: unit.names.clone(),
                program: origin.program.map(str::to_owned),
                span: unit.span,
            }),
        }
    }

    /// True if the unit is of another client.
    fn is_apart(&self, unit: &Unit, origins: &[Origin<'_>], chain: &Chain) -> bool {
        let origin = &origins[unit.source];
        let run = unit.span.filter(|_| origin.lead);
        let beside = run.is_some_and(|run| {
            let beside = |other: &Run| is_beside(other, (unit, run), origins);
            self.runs.iter().any(beside)
        });
        let unlike = |face: &Face| {
            let at_once = face.span.zip(unit.span).is_some_and(|(a, b)| overlap(a, b));
            let alike = face.program.as_deref() == origin.program;
            let exact = |mark: u32| chain.identities.get(mark as usize).is_none_or(|m| m.exact);
            KINDS.iter().any(|(kind, _)| {
                let of_kind = |key: &Key| key.0 == *kind && (alike || exact(key.1));
                let mut shared = shared(&face.names, &unit.names, of_kind).peekable();
                let counts = *kind != Kind::Session || at_once;
                counts && shared.peek().is_some() && !shared.any(|same| same)
            })
        };
        beside || !unit.names.is_empty() && self.faces.iter().any(unlike)
    }

    fn meets(&self, unit: &Unit) -> bool {
        let mut faces = self.faces.iter();
        faces.any(|face| shared(&face.names, &unit.names, |_| true).any(|same| same))
    }
}

/// True if two files of the lead program were written at once: two processes of it are two sessions of Windows. In one folder
/// their names must say that they are of two; what lies in two folders and begins alike is one file, copied twice as it grew.
fn is_beside(other: &Run, (unit, span): (&Unit, (i64, i64)), origins: &[Origin<'_>]) -> bool {
    let (one, two) = (&origins[other.source], &origins[unit.source]);
    let alike = || {
        let both = other.start.len().min(unit.start.len());
        both > 0 && other.start[..both] == unit.start[..both]
    };
    let apart = if one.folder == two.folder {
        one.stamped && two.stamped
    } else {
        !alike()
    };
    other.source != unit.source && overlap(other.span, span) && apart
}

fn overlap(a: (i64, i64), b: (i64, i64)) -> bool {
    a.0 < b.1 && b.0 < a.1
}

/// For each key that counts and that both have: whether a name is the same.
fn shared<'n>(
    a: &'n Names,
    b: &'n Names,
    counts: impl Fn(&Key) -> bool + 'n,
) -> impl Iterator<Item = bool> + 'n {
    a.iter()
        .filter(move |(key, _)| counts(key))
        .filter_map(|(key, values)| Some((values, b.get(key)?)))
        .map(|(a, b)| a.iter().any(|a| b.iter().any(|b| is_same(a, b))))
}

/// Which units are of the same client: lists of indices into `units`.
fn clusters(units: &[&Unit], origins: &[Origin<'_>], chain: &Chain) -> Vec<Vec<usize>> {
    let origin = |index: usize| &origins[units[index].source];
    let mut order: Vec<usize> = (0..units.len()).collect();
    let unnamed = |index: usize| units[index].names.is_empty();
    order.sort_by_key(|i| {
        (
            !origin(*i).lead,
            !origin(*i).own,
            unnamed(*i),
            units[*i].span,
            *i,
        )
    });
    let mut clusters: Vec<Cluster> = Vec::new();
    let mut rest: Vec<usize> = Vec::new();
    for index in order {
        let (unit, own) = (units[index], origin(index).own);
        let open: Vec<usize> = (0..clusters.len())
            .filter(|cluster| !clusters[*cluster].is_apart(unit, origins, chain))
            .collect();
        let met = open
            .iter()
            .copied()
            .find(|cluster| clusters[*cluster].meets(unit));
        match (met, open[..].first(), open.len()) {
            (Some(cluster), ..) | (None, Some(&cluster), 1) => {
                clusters[cluster].add(index, unit, origin(index));
            }
            (None, None, _) if own || clusters.is_empty() => {
                let mut fresh = Cluster::default();
                fresh.add(index, unit, origin(index));
                clusters.push(fresh);
            }
            // It may be of any of them: it stands for itself, so that it hides none.
            _ => rest.push(index),
        }
    }
    let mut lists: Vec<Vec<usize>> = clusters.into_iter().map(|c| c.units).collect();
    if !rest.is_empty() {
        lists.push(rest);
    }
    lists
}

/// What the clients are called: by user, with machine and session where that is not enough, else by the lead's file.
fn cluster_labels(clusters: &[Vec<usize>], units: &[&Unit], origins: &[Origin<'_>]) -> Vec<String> {
    let name = |cluster: &[usize], kind: Kind| -> Option<&str> {
        let names = cluster.iter().flat_map(|unit| &units[*unit].names);
        let mut own = names.filter(|(key, _)| key.0 == kind);
        own.next().and_then(|(_, v)| v.first()).map(|n| bare(n))
    };
    let mut labels = vec![String::new(); clusters.len()];
    // How many have each label: to compare each with all takes long where every file is a client of its own.
    let mut counts = HashMap::from([(String::new(), clusters.len())]);
    let is_twice = |counts: &HashMap<String, usize>, label: &String| {
        counts.get(label).is_some_and(|count| *count > 1)
    };
    let rename = |counts: &mut HashMap<String, usize>, own: &mut String, new: String| {
        if let Some(count) = counts.get_mut(own) {
            *count -= 1;
        }
        *counts.entry(new.clone()).or_default() += 1;
        *own = new;
    };
    for (kind, _) in KINDS {
        for index in 0..clusters.len() {
            let label = &labels[index];
            let twice = is_twice(&counts, label);
            let Some(value) = name(&clusters[index], kind).filter(|_| label.is_empty() || twice)
            else {
                continue;
            };
            let mark = if kind == Kind::Session { "#" } else { "" };
            let blank = if label.is_empty() { "" } else { " " };
            let new = format!("{label}{blank}{mark}{value}");
            rename(&mut counts, &mut labels[index], new);
        }
    }
    let leads: Vec<Option<&Origin<'_>>> = (clusters.iter())
        .map(|cluster| {
            let mut all = cluster.iter().map(|unit| &origins[units[*unit].source]);
            all.find(|origin| origin.lead)
        })
        .collect();
    let shared = shared_parts(&leads.iter().flatten().map(|lead| lead.folder).collect());
    let mut files: HashMap<&str, usize> = HashMap::new();
    for lead in leads.iter().flatten() {
        *files.entry(lead.file).or_default() += 1;
    }
    for (index, lead) in leads.iter().enumerate() {
        let twice = is_twice(&counts, &labels[index]);
        if let Some(lead) = lead.filter(|_| twice || labels[index].is_empty()) {
            let blank = if labels[index].is_empty() { "" } else { " " };
            // Files of one name lie in folders of several.
            let mut place = match files.get(lead.file) {
                Some(count) if *count > 1 => parts_of(lead.folder).split_off(shared),
                _ => Vec::new(),
            };
            place.push(lead.file);
            let new = format!("{}{blank}{}", labels[index], place.join("/"));
            rename(&mut counts, &mut labels[index], new);
        }
    }
    labels
}
