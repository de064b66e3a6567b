//! Conditions: the `[[when]]` tables of rules and of the chain, checked and with their literals interned.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use super::chain::StageNames;
use super::error::{Fault, Proof};
use super::needs::{self, Need};
use super::numbers::Family;
use super::raw::RawWhen;
use crate::model::Level;
use crate::syntax::pieces::{Pieces, Probe};

/// Largest compiled size of a rule's regex, in bytes: keeps a stranger's rule from eating the memory.
const REGEX_SIZE: usize = 1 << 20;

/// Index of a lower-case literal in [`Literals`].
pub type LiteralId = u32;

/// All literals that anything searches for, each once, in lower case.
#[derive(Debug, Default, Clone)]
pub struct Literals {
    texts: Vec<String>,
    ids: HashMap<String, LiteralId>,
}

impl Literals {
    /// The id of a text, which is interned in lower case.
    pub fn intern(&mut self, text: &str) -> LiteralId {
        let text = text.to_ascii_lowercase();
        if let Some(id) = self.ids.get(&text) {
            return *id;
        }
        let id = self.texts.len() as LiteralId;
        self.ids.insert(text.clone(), id);
        self.texts.push(text);
        id
    }

    /// All texts; the index is the id.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }
}

/// Whether a record is about listening or about connecting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Listening on a port.
    Bind,
    /// Connecting to one.
    Connect,
    /// No word tells.
    Unknown,
}

/// Stands for whichever stage was begun, among those that a condition names.
pub const ANY_STAGE: u8 = u8::MAX;

/// What kind of endpoint must stand, or must not stand, in the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointKind {
    /// An address of this machine.
    Loopback,
    /// Any other host.
    Remote,
    /// One of this stage of the chain.
    Stage(usize),
}

/// A text that is searched for in the raw bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Gate {
    /// The text.
    pub literal: LiteralId,
    /// As what it counts.
    pub kind: GateKind,
}

/// As what a text counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GateKind {
    /// Wherever it stands.
    Text,
    /// As a number of the family of that index, behind one of its words: 403 in `status (403)`, not in 14037.
    Number(u16),
    /// As a port.
    Port,
}

impl Gate {
    /// A text that counts wherever it stands.
    pub const fn text(literal: LiteralId) -> Self {
        Self {
            literal,
            kind: GateKind::Text,
        }
    }
}

/// A number of a family must stand in the record.
#[derive(Debug, Clone)]
pub struct NumberTest {
    /// Index into the catalog's families.
    pub family: usize,
    /// Any of these.
    pub values: Vec<i64>,
}

/// A checked `[[when]]`: everything in it must hold.
#[derive(Debug)]
pub struct Condition {
    /// Its telling text is one of these.
    pub anchors: Vec<LiteralId>,
    /// Of each of these lists, one text must occur: the search takes the rarest list.
    pub gates: Vec<Vec<Gate>>,
    /// One of these occurs where an endpoint of the stages in `endpoints` does, if all of them are stages.
    pub endpoint_gates: Vec<Gate>,
    /// All of these must occur.
    pub all: Vec<LiteralId>,
    /// One of these must occur, unless empty.
    pub any: Vec<LiteralId>,
    /// None of these may occur.
    pub none: Vec<LiteralId>,
    /// All of these must hold.
    pub numbers: Vec<NumberTest>,
    /// One of these must be the record's direction, unless empty.
    pub directions: Vec<Direction>,
    /// An endpoint of one of these kinds must be present, unless empty.
    pub endpoints: Vec<EndpointKind>,
    /// None of these kinds may be present.
    pub no_endpoints: Vec<EndpointKind>,
    /// Least level.
    pub level: Option<Level>,
    /// True if the stage's endpoint may be assumed where the record names none.
    pub assume: bool,
    /// True if that holds for a condition with several stages too: whichever of them was begun.
    pub assume_any: bool,
    /// Program ids, unless empty.
    pub programs: Vec<String>,
    /// The first text of `all`, in lower case.
    first: Option<String>,
    pattern: Option<String>,
    needs: OnceLock<Needed>,
    regex: OnceLock<Option<Expression>>,
}

/// What stands wherever a regex matches. It is read long before the regex is compiled: most records that come near one
/// have nothing of it.
#[derive(Debug)]
struct Needed {
    all: Vec<Need<Probe>>,
    /// True if every match begins with the condition's own text.
    starts: bool,
}

impl Needed {
    fn new(pattern: &str, literal: Option<&str>) -> Self {
        let needs = needs::of(pattern);
        let probe = |text: &String| Probe::of_ends(text.as_bytes());
        Self {
            all: needs.all.iter().map(|need| need.map(&probe)).collect(),
            starts: literal.is_some_and(|literal| needs.prefix.starts_with(literal)),
        }
    }
}

/// A compiled regex.
#[derive(Debug)]
struct Expression {
    regex: Regex,
    /// The same for a text that begins where the match does, if a match begins with the condition's own text.
    anchored: Option<Regex>,
}

impl Expression {
    fn new(pattern: &str, starts: bool) -> Option<Self> {
        Some(Self {
            regex: build_regex(pattern).ok()?,
            anchored: starts
                .then(|| build_regex(&format!(r"\A(?:{pattern})")).ok())
                .flatten(),
        })
    }
}

/// What a condition is checked against.
pub struct Surroundings<'a> {
    /// Path of the file, for faults.
    pub path: &'a str,
    /// Its text.
    pub text: &'a str,
    /// Number families, in the catalog's order.
    pub families: &'a [Family],
    /// Stages and programs of the chain.
    pub stages: &'a StageNames,
    /// Whether regexes are compiled to see if they do.
    pub proof: Proof,
}

impl Surroundings<'_> {
    fn fault(
        &self,
        span: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Fault {
        Fault::at(self.path, self.text, span.clone(), message, help)
    }

    /// A fault at the value, if it stands behind the head of its table as it is.
    fn fault_of(
        &self,
        span: &Range<usize>,
        value: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Fault {
        let behind = self
            .text
            .get(span.start..)
            .and_then(|text| text.find(value));
        let at = span.start + behind.unwrap_or(0);
        Fault::at(self.path, self.text, at..at, message, help)
    }
}

impl Condition {
    /// The texts of the condition that stand in `line` (in lower case), if all that it must have do; numbers by their
    /// digits. Only good enough to point a reader to them.
    pub fn words<'t>(&'t self, literals: &'t Literals, line: &str) -> Option<Vec<Cow<'t, str>>> {
        let text = |id: &LiteralId| literals.texts().get(*id as usize).map(String::as_str);
        let stands = |word: &&str| line.contains(*word);
        let mut words: Vec<Cow<'t, str>> = Vec::new();
        for word in self.all.iter().filter_map(text) {
            words.push(Cow::from(Some(word).filter(stands)?));
        }
        words.extend(
            self.any
                .iter()
                .filter_map(text)
                .filter(stands)
                .map(Cow::from),
        );
        for value in self.numbers.iter().flat_map(|number| &number.values) {
            let digits = value.to_string();
            if line.contains(&digits) {
                words.push(Cow::from(digits));
            }
        }
        (!words.is_empty()).then_some(words)
    }

    /// Checks a raw table; its literals are interned.
    ///
    /// # Errors
    /// All faults of the table.
    pub fn new(
        raw: &RawWhen,
        span: &Range<usize>,
        around: &Surroundings<'_>,
        literals: &mut Literals,
    ) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let all = raw.literal.clone().into_vec();
        let none = raw.not_literal.clone().into_vec();
        for literal in all.iter().chain(&raw.any_literal) {
            check_literal(literal, span, around, &mut faults);
        }
        let mut numbers = Vec::new();
        for (family, values) in &raw.number {
            match around.families.iter().position(|f| f.id == *family) {
                Some(index) => numbers.push(NumberTest {
                    family: index,
                    values: values.clone().into_vec(),
                }),
                None => faults.push(around.fault_of(
                    span,
                    family,
                    format!("there is no number family `{family}`"),
                    format!(
                        "use one of: {}",
                        list(around.families.iter().map(|f| f.id.as_str()))
                    ),
                )),
            }
        }
        let directions = parse_all(
            raw.direction.clone().into_vec(),
            direction,
            span,
            around,
            &mut faults,
            "bind, connect, unknown",
        );
        let kinds = around.stages.kinds_help();
        let kind = |name: &str| around.stages.kind(name);
        let endpoints: Vec<EndpointKind> = parse_all(
            raw.endpoint.clone().into_vec(),
            kind,
            span,
            around,
            &mut faults,
            &kinds,
        );
        let no_endpoints = parse_all(
            raw.not_endpoint.clone().into_vec(),
            kind,
            span,
            around,
            &mut faults,
            &kinds,
        );
        let programs = raw.program.clone().into_vec();
        for program in programs
            .iter()
            .filter(|p| !around.stages.programs.contains(p))
        {
            faults.push(around.fault_of(
                span,
                program,
                format!("there is no program `{program}` in chain.toml"),
                format!(
                    "use one of: {}",
                    list(around.stages.programs.iter().map(String::as_str))
                ),
            ));
        }
        let level = raw.level.as_deref().and_then(|name| {
            let level = Level::from_name(name);
            if level.is_none() {
                faults.push(around.fault_of(
                    span,
                    name,
                    format!("there is no level `{name}`"),
                    "use one of: trace, debug, info, warn, error, fatal",
                ));
            }
            level
        });
        if let Some(pattern) = &raw.regex
            && around.proof == Proof::Needed
            && let Err(error) = build_regex(pattern)
        {
            let (message, help) = complaint(&error);
            faults.push(around.fault_of(span, pattern, message, help));
        }
        let mut intern = |texts: &[String]| -> Vec<LiteralId> {
            texts.iter().map(|t| literals.intern(t)).collect()
        };
        let (all, any, none) = (intern(&all), intern(&raw.any_literal), intern(&none));
        let mut numbers_gates: Vec<Vec<Gate>> = Vec::new();
        for test in &numbers {
            let family = &around.families[test.family];
            let texts = test.values.iter().flat_map(|v| family.anchors(*v));
            let kind = GateKind::Number(test.family as u16);
            numbers_gates.push(texts.map(|text| gate(text, kind, literals)).collect());
        }
        let stages = endpoints.iter().map(|kind| match kind {
            EndpointKind::Stage(stage) => Some(*stage),
            _ => None,
        });
        let stages: Vec<usize> = stages.collect::<Option<_>>().unwrap_or_default();
        let endpoint_gates: Vec<Gate> = stages
            .iter()
            .flat_map(|stage| around.stages.anchors(*stage))
            .map(|text| gate(text, GateKind::Port, literals))
            .collect();
        let texts = |gates: &[Gate]| gates.iter().map(|gate| gate.literal).collect();
        let anchors: Vec<LiteralId> = if !all.is_empty() {
            vec![
                *all.iter()
                    .max_by_key(|id| literals.texts()[**id as usize].len())
                    .expect("not empty"),
            ]
        } else if !any.is_empty() {
            any.clone()
        } else if let Some(gates) = numbers_gates.first() {
            texts(gates)
        } else {
            texts(&endpoint_gates)
        };
        let mut gates: Vec<Vec<Gate>> = all.iter().map(|id| vec![Gate::text(*id)]).collect();
        if !any.is_empty() {
            gates.push(any.iter().map(|id| Gate::text(*id)).collect());
        }
        gates.extend(numbers_gates);
        gates.retain(|gate| !gate.is_empty());
        if anchors.is_empty() {
            faults.push(around.fault(
                span,
                "nothing in this table gives a text to search for",
                "add `literal`, `any_literal`, `number`, or `endpoint` with a stage",
            ));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self {
            anchors,
            gates,
            endpoint_gates,
            all,
            any,
            none,
            numbers,
            directions,
            endpoints,
            no_endpoints,
            level,
            assume: raw.assume.unwrap_or(true),
            assume_any: raw.assume == Some(true),
            programs,
            first: (raw.literal.clone().into_vec())
                .first()
                .map(|text| text.to_ascii_lowercase()),
            pattern: raw.regex.clone(),
            needs: OnceLock::new(),
            regex: OnceLock::new(),
        })
    }

    /// True if it names several endpoints of which none can be assumed.
    pub fn is_about_several(&self) -> bool {
        self.endpoints.len() > 1 && !self.assume_any
    }

    fn needed(&self) -> Option<&Needed> {
        let pattern = self.pattern.as_ref()?;
        let new = || Needed::new(pattern, self.first.as_deref());
        Some(self.needs.get_or_init(new))
    }

    fn expression(&self) -> Option<&Expression> {
        let pattern = self.pattern.as_ref()?;
        let starts = self.needed().is_some_and(|needed| needed.starts);
        self.regex
            .get_or_init(|| Expression::new(pattern, starts))
            .as_ref()
    }

    /// The regex, compiled at its first use.
    pub fn regex(&self) -> Option<&Regex> {
        self.expression().map(|e| &e.regex)
    }

    /// False if the regex surely matches nowhere in a record with these pieces.
    pub fn may_match(&self, pieces: &Pieces) -> bool {
        self.needed().is_none_or(|needed| {
            let has = |probe: &Probe| pieces.may_have(*probe);
            needed.all.iter().all(|need| need.is_met(&has))
        })
    }

    /// True if the regex matches; `places`: where the condition's first literal stands in the text.
    pub fn matches(&self, text: &[u8], places: impl Iterator<Item = usize>) -> bool {
        self.expression().is_some_and(|e| match &e.anchored {
            Some(anchored) => {
                let mut places = places;
                places.any(|at| anchored.is_match(&text[at..]))
            }
            None => e.regex.is_match(text),
        })
    }

    /// True if the condition has a regex.
    pub fn has_regex(&self) -> bool {
        self.pattern.is_some()
    }
}

fn gate((text, is_number): (String, bool), kind: GateKind, literals: &mut Literals) -> Gate {
    let kind = if is_number { kind } else { GateKind::Text };
    Gate {
        literal: literals.intern(&text),
        kind,
    }
}

fn build_regex(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .size_limit(REGEX_SIZE)
        .dfa_size_limit(REGEX_SIZE)
        .build()
}

/// What a regex that does not compile is told, and what helps.
pub(super) fn complaint(error: &regex::Error) -> (String, &'static str) {
    match error {
        regex::Error::CompiledTooBig(limit) => (
            format!("the regex needs more than {limit} bytes when it is compiled"),
            "repeat less: `{1000}` inside `{1000}` is a million copies",
        ),
        // The crate draws a picture of several lines; its last one says what is wrong.
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default();
            (
                format!(
                    "the regex does not compile: {}",
                    last.trim_start_matches("error: ")
                ),
                "the syntax is that of the Rust regex crate: no look-around, no back-references, linear time",
            )
        }
    }
}

fn check_literal(
    literal: &str,
    span: &Range<usize>,
    around: &Surroundings<'_>,
    faults: &mut Vec<Fault>,
) {
    if !literal.is_ascii() {
        faults.push(around.fault_of(
            span,
            literal,
            format!("the literal {literal:?} is not ASCII, so it would match in one encoding only"),
            "take the part before or after the umlaut",
        ));
    } else if literal.trim().len() < 4 {
        faults.push(around.fault_of(
            span,
            literal,
            format!("the literal {literal:?} is shorter than 4 characters"),
            "a longer text finds what is meant and nothing else",
        ));
    }
}

fn parse_all<T>(
    names: Vec<String>,
    parse: impl Fn(&str) -> Option<T>,
    span: &Range<usize>,
    around: &Surroundings<'_>,
    faults: &mut Vec<Fault>,
    choices: &str,
) -> Vec<T> {
    let mut parsed = Vec::new();
    for name in names {
        match parse(&name) {
            Some(value) => parsed.push(value),
            None => faults.push(around.fault_of(
                span,
                &name,
                format!("`{name}` is not known here"),
                format!("use one of: {choices}"),
            )),
        }
    }
    parsed
}

fn direction(name: &str) -> Option<Direction> {
    match name {
        "bind" => Some(Direction::Bind),
        "connect" => Some(Direction::Connect),
        "unknown" => Some(Direction::Unknown),
        _ => None,
    }
}

/// Joins names for a help line.
pub fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
