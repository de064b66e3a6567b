//! Conditions: the `[[when]]` tables of rules and of the chain, checked and with their literals interned.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::OnceLock;

use super::chain::StageNames;
use super::document::{At, Document};
use super::error::{Fault, Proof, one_of};
use super::expression::{Expression, Subject};
use super::needs::Need;
use super::numbers::Families;
use super::raw::{OneOrMany, RawWay, RawWhen};
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
    /// Of each whether all who search for it take it only where it is no part of a longer name.
    are_words: Vec<bool>,
    ids: HashMap<String, LiteralId>,
}

impl Literals {
    /// The id of a text, which is interned in lower case.
    pub fn intern(&mut self, text: &str) -> LiteralId {
        self.add(text, false)
    }

    /// The same of a text that counts only where it is no part of a longer name.
    fn intern_word(&mut self, text: &str) -> LiteralId {
        self.add(text, true)
    }

    fn add(&mut self, text: &str, is_word: bool) -> LiteralId {
        let text = text.to_ascii_lowercase();
        match self.ids.entry(text) {
            Entry::Occupied(known) => {
                self.are_words[*known.get() as usize] &= is_word;
                *known.get()
            }
            Entry::Vacant(new) => {
                let id = self.texts.len() as LiteralId;
                self.texts.push(new.key().clone());
                self.are_words.push(is_word);
                *new.insert(id)
            }
        }
    }

    /// True if all who search for a text take it only where it is no part of a longer name.
    pub fn is_word(&self, literal: LiteralId) -> bool {
        self.are_words[literal as usize]
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
    /// As the beginning of an address: where no digit stands before it.
    Address,
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
    /// The level that the record's is lower than.
    pub below: Option<Level>,
    /// True if the stage's endpoint may be assumed where the record names none.
    pub assume: bool,
    /// True if that holds for a condition with several stages too: whichever of them was begun.
    pub assume_any: bool,
    /// Program ids, unless empty.
    pub programs: Vec<String>,
    /// The first text of `all`, in lower case.
    first: Option<String>,
    regex: Option<Expression>,
    needs: OnceLock<Needed>,
    loosened: OnceLock<Option<Expression>>,
    blind: OnceLock<bool>,
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
        let needs = super::needed::of(pattern);
        let probe = |text: &String| Probe::of_ends(text.as_bytes());
        Self {
            all: needs.all.iter().map(|need| need.map(&probe)).collect(),
            starts: literal.is_some_and(|literal| needs.prefix.starts_with(literal)),
        }
    }
}

/// What a condition is checked against.
pub struct Surroundings<'a> {
    /// The file, for faults.
    pub file: &'a Document<'a>,
    /// Number families, in the catalog's order.
    pub families: &'a Families,
    /// Stages and programs of the chain.
    pub stages: &'a StageNames,
    /// Whether regexes are compiled to see if they do.
    pub proof: Proof,
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

    /// Checks a raw table, which stands at `at`; its literals are interned.
    ///
    /// # Errors
    /// All faults of the table.
    pub fn new(
        raw: &RawWhen,
        at: &At<'_>,
        around: &Surroundings<'_>,
        literals: &mut Literals,
    ) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let file = around.file;
        let all = raw.literal.clone().into_vec();
        let none = raw.not_literal.clone().into_vec();
        if around.proof == Proof::Needed {
            check_texts(raw, at, file, &mut faults);
        }
        if raw.assume.is_some() && raw.endpoint.is_empty() && around.proof == Proof::Needed {
            faults.push(file.fault(
                &at.key("assume"),
                "`assume` is about the endpoint that a record does not name, and none is asked for",
                "add `endpoint`, or take it out",
            ));
        }
        let mut numbers = Vec::new();
        for (family, values) in &raw.number {
            let known = &around.families.list;
            match known.iter().position(|f| f.id == *family) {
                Some(index) => {
                    let values = values.clone().into_vec();
                    for (at_value, value) in values.iter().enumerate() {
                        if around.proof == Proof::Needed && !known[index].can_be(*value) {
                            faults.push(file.fault(
                                &at.key("number").key(family).index(at_value),
                                format!("{value} is no number of the family `{family}`"),
                                known[index].what_it_has(),
                            ));
                        }
                    }
                    numbers.push(NumberTest {
                        family: index,
                        values,
                    });
                }
                None if around.families.broken.contains(family) => {}
                None => faults.push(file.fault(
                    &at.key("number").name(family),
                    format!("there is no number family `{family}`"),
                    one_of(family, known.iter().map(|f| f.id.as_str())),
                )),
            }
        }
        let directions = raw.direction.clone().into_vec();
        let directions = directions.into_iter().map(Direction::from).collect();
        let endpoints = endpoint_kinds(&raw.endpoint, &at.key("endpoint"), around, &mut faults);
        let no_endpoints = endpoint_kinds(
            &raw.not_endpoint,
            &at.key("not_endpoint"),
            around,
            &mut faults,
        );
        let programs = raw.program.clone().into_vec();
        for (index, program) in programs.iter().enumerate() {
            let known = &around.stages.programs;
            if !around.stages.lost && !known.contains(program) {
                faults.push(file.fault(
                    &at.key("program").index(index),
                    format!("there is no program `{program}` in chain.toml"),
                    one_of(program, known.iter().map(String::as_str)),
                ));
            }
        }
        let expression = |pattern: &String| Expression::new(pattern, Subject::Bytes, REGEX_SIZE);
        let regex = raw.regex.as_ref().map(expression);
        if let Some(regex) = &regex
            && around.proof == Proof::Needed
            && let Err(error) = regex.prove()
        {
            let pattern = regex.pattern();
            let (byte, message, help) = complaint(pattern, &error);
            faults.push(file.fault_in(&at.key("regex"), byte, message, help));
        }
        let mut intern = |texts: &[String]| -> Vec<LiteralId> {
            texts.iter().map(|t| literals.intern(t)).collect()
        };
        let (all, any, none) = (intern(&all), intern(&raw.any_literal), intern(&none));
        let mut numbers_gates: Vec<Vec<Gate>> = Vec::new();
        for test in &numbers {
            let family = &around.families.list[test.family];
            let kind = GateKind::Number(test.family as u16);
            let mut gates = Vec::new();
            for value in &test.values {
                gates.extend(family.names_of(*value).map(|name| Gate {
                    literal: literals.intern_word(name),
                    kind: GateKind::Text,
                }));
                let texts = family.anchors(*value).into_iter();
                gates.extend(texts.map(|text| gate(text, kind, literals)));
            }
            numbers_gates.push(gates);
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
        // What names something that has a fault of its own would give one.
        let broken = |family: &String| around.families.broken.contains(family);
        let told = !faults.is_empty() && (!raw.number.is_empty() || !raw.endpoint.is_empty())
            || around.stages.lost && !raw.endpoint.is_empty()
            || raw.number.keys().any(broken);
        if anchors.is_empty() && !told {
            faults.push(file.fault(
                at,
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
            level: raw.level,
            below: raw.below,
            assume: raw.assume.unwrap_or(true),
            assume_any: raw.assume == Some(true),
            programs,
            first: (raw.literal.clone().into_vec())
                .first()
                .map(|text| text.to_ascii_lowercase()),
            regex,
            needs: OnceLock::new(),
            loosened: OnceLock::new(),
            blind: OnceLock::new(),
        })
    }

    /// The lists of [`Self::gates`] that are of [`Self::numbers`], in their order.
    pub fn number_gates(&self) -> &[Vec<Gate>] {
        &self.gates[self.gates.len() - self.numbers.len()..]
    }

    /// True if it names several endpoints of which none can be assumed.
    pub fn is_about_several(&self) -> bool {
        self.endpoints.len() > 1 && !self.assume_any
    }

    fn needed(&self) -> Option<&Needed> {
        let pattern = self.regex.as_ref()?.pattern();
        let new = || Needed::new(pattern, self.first.as_deref());
        Some(self.needs.get_or_init(new))
    }

    /// The regex.
    pub const fn regex(&self) -> Option<&Expression> {
        self.regex.as_ref()
    }

    /// False if the regex surely matches nowhere in a record with these pieces.
    pub fn may_match(&self, pieces: &Pieces) -> bool {
        self.needed().is_none_or(|needed| {
            let has = |probe: &Probe| pieces.may_have(*probe);
            needed.all.iter().all(|need| need.is_met(&has))
        })
    }

    /// False if the regex surely matches no record with that skeleton.
    pub fn may_match_skeleton(&self, skeleton: &[u8]) -> bool {
        let Some(regex) = &self.regex else {
            return true;
        };
        let new = || super::loose::loosened(regex.pattern());
        let loosened = self.loosened.get_or_init(new);
        loosened.as_ref().is_none_or(|r| r.may_match(skeleton))
    }

    /// True if the regex surely matches every record with that skeleton, and there is nothing to take out of it.
    pub fn matches_all_of(&self, skeleton: &[u8]) -> bool {
        let Some(regex) = &self.regex else {
            return true;
        };
        let new = || !regex.may_name() && super::loose::is_blind(regex.pattern());
        *self.blind.get_or_init(new) && regex.is_match(skeleton)
    }

    /// True if the regex matches; `places`: where the condition's first literal stands in the text.
    pub fn matches(&self, text: &[u8], mut places: impl Iterator<Item = usize>) -> bool {
        let Some(regex) = &self.regex else {
            return false;
        };
        match self.needed() {
            Some(needed) if needed.starts => places.any(|at| regex.starts(&text[at..])),
            _ => regex.is_match(text),
        }
    }

    /// What the groups of the regex with a name match, by name; `None` if the regex does not match. Where none has one, it is
    /// not asked: [`Self::matches`] said already that it matches.
    pub fn captures(&self, text: &[u8]) -> Option<Vec<(String, String)>> {
        let Some(regex) = self.regex.as_ref().filter(|regex| regex.may_name()) else {
            return Some(Vec::new());
        };
        let value = |range| String::from_utf8_lossy(&text[range]).into_owned();
        let named = regex.named(text)?.into_iter();
        Some(named.map(|(name, range)| (name, value(range))).collect())
    }

    /// True if the condition has a regex.
    pub fn has_regex(&self) -> bool {
        self.regex.is_some()
    }
}

fn gate((text, is_number): (String, bool), kind: GateKind, literals: &mut Literals) -> Gate {
    let is_address = kind == GateKind::Port && text.starts_with(|c: char| c.is_ascii_digit());
    let kind = match (is_number, is_address) {
        (true, _) => kind,
        (false, true) => GateKind::Address,
        (false, false) => GateKind::Text,
    };
    Gate {
        literal: literals.intern(&text),
        kind,
    }
}

/// Where a regex that does not compile goes wrong (a byte of it), what it is told, and what helps.
pub(super) fn complaint(pattern: &str, error: &regex::Error) -> (usize, String, &'static str) {
    let help = "the syntax is that of the Rust regex crate: no look-around, no back-references, linear time";
    let place = match regex_syntax::ParserBuilder::new()
        .utf8(false)
        .build()
        .parse(pattern)
    {
        Err(regex_syntax::Error::Parse(error)) => {
            Some((error.span().start.offset, error.kind().to_string()))
        }
        Err(regex_syntax::Error::Translate(error)) => {
            Some((error.span().start.offset, error.kind().to_string()))
        }
        _ => None,
    };
    match (error, place) {
        (_, Some((byte, message))) => {
            (byte, format!("the regex does not compile: {message}"), help)
        }
        (regex::Error::CompiledTooBig(limit), None) => (
            0,
            format!("the regex needs more than {limit} bytes when it is compiled"),
            "repeat less: `{1000}` inside `{1000}` is a million copies",
        ),
        // The crate draws a picture of several lines; its last one says what is wrong.
        (other, None) => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default();
            let last = last.trim_start_matches("error: ");
            (0, format!("the regex does not compile: {last}"), help)
        }
    }
}

/// The named captures of a regex; none where it does not compile.
pub(super) fn captures_of(pattern: &str) -> Vec<String> {
    let expression = Expression::new(pattern, Subject::Bytes, REGEX_SIZE);
    if !expression.may_name() || expression.prove().is_err() {
        return Vec::new();
    }
    expression.names()
}

/// Faults of the texts that a condition looks for.
fn check_texts(raw: &RawWhen, at: &At<'_>, file: &Document<'_>, faults: &mut Vec<Fault>) {
    let lists: [(&str, Vec<String>, bool); 3] = [
        ("literal", raw.literal.clone().into_vec(), true),
        ("any_literal", raw.any_literal.clone(), true),
        ("not_literal", raw.not_literal.clone().into_vec(), false),
    ];
    let mut seen: Vec<String> = Vec::new();
    for (key, texts, wanted) in &lists {
        for (index, text) in texts.iter().enumerate() {
            let place = at.key(key).index(index);
            let lower = text.to_ascii_lowercase();
            let complaint = if *wanted && !text.is_ascii() {
                Some((
                    format!(
                        "the literal {text:?} is not ASCII, so it would match in one encoding only"
                    ),
                    "take the part before or after the umlaut",
                ))
            } else if *wanted && text.trim().len() < 4 {
                Some((
                    format!("the literal {text:?} is shorter than 4 characters"),
                    "a longer text finds what is meant and nothing else",
                ))
            } else if text.is_empty() {
                Some((
                    format!("`{key}` has an empty text, which stands in every record"),
                    "write a text that tells records apart, or take it out",
                ))
            } else if *wanted && seen.contains(&lower) && !texts[..index].contains(text) {
                Some((
                    format!("the literal {text:?} is there already"),
                    "once is enough: case does not count",
                ))
            } else if seen.iter().any(|own| own.contains(&lower)) && !*wanted {
                Some((
                    format!(
                        "what must stand there has {text:?} in it, which must not: the table never holds"
                    ),
                    "take one of the two out",
                ))
            } else {
                None
            };
            if let Some((message, help)) = complaint {
                faults.push(file.fault(&place, message, help));
            }
            // Of `any_literal` another one may hold.
            if *wanted && (*key == "literal" || texts.len() == 1) {
                seen.push(lower);
            }
        }
    }
}

fn endpoint_kinds(
    names: &OneOrMany<String>,
    at: &At<'_>,
    around: &Surroundings<'_>,
    faults: &mut Vec<Fault>,
) -> Vec<EndpointKind> {
    let mut kinds = Vec::new();
    for (index, name) in names.clone().into_vec().iter().enumerate() {
        match around.stages.kind(name) {
            Some(kind) => kinds.push(kind),
            None if around.stages.lost => {}
            None => {
                let stages = around.stages.stages.iter().map(String::as_str);
                let known = ["loopback", "remote"].into_iter().chain(stages);
                let message = format!("`{name}` is no kind of endpoint and no stage");
                let help = one_of(name, known);
                faults.push(around.file.fault(&at.index(index), message, help));
            }
        }
    }
    kinds
}

impl From<RawWay> for Direction {
    fn from(way: RawWay) -> Self {
        match way {
            RawWay::Bind => Self::Bind,
            RawWay::Connect => Self::Connect,
            RawWay::Unknown => Self::Unknown,
        }
    }
}

/// Joins names for a help line.
pub fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
