//! Rules: one failure each, with its texts and its own examples.

use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::chain::Ground;
use super::clock::ClockTest;
use super::condition::{Condition, LiteralId, Literals, Surroundings, captures_of};
use super::document::{At, Document, at};
use super::error::{Fault, Parsed, Proof, document, one_of};
use super::numbers::Families;
use super::raw::{
    OneOrMany, RawAdmin, RawAudience, RawExample, RawRule, RawTokenTest, RawWhen, RawWindow,
};
use super::template;
use crate::model::report::Severity;
use crate::model::{Lang, Text};

/// Who says that a text means this failure, the strongest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Our own conclusion: never above confidence `possible`.
    Inferred,
    /// Reverse engineering by others.
    ThirdParty,
    /// A runtime's own text or number.
    Framework,
    /// Said by the vendor.
    Vendor,
}

impl Basis {
    /// The name as it stands in rules.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inferred => "inferred",
            Self::ThirdParty => "third-party",
            Self::Framework => "framework",
            Self::Vendor => "vendor",
        }
    }
}

/// Where a rule says that the chain broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleStage {
    /// Always here.
    Fixed(usize),
    /// The endpoint in the record decides, else the context.
    ByEndpoint,
}

/// A comparison with a version.
#[derive(Debug, Clone)]
pub struct VersionTest {
    operator: String,
    parts: Vec<u64>,
}

impl VersionTest {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let operator: String = text.chars().take_while(|c| "<>=".contains(*c)).collect();
        let parts = version_parts(text[operator.len()..].trim())?;
        ["<", "<=", ">", ">=", "="]
            .contains(&operator.as_str())
            .then_some(Self { operator, parts })
    }

    /// True if the version fulfils the comparison; missing parts count as 0.
    pub fn holds(&self, version: &str) -> bool {
        let Some(mut parts) = version_parts(version) else {
            return false;
        };
        let mut wanted = self.parts.clone();
        let length = parts.len().max(wanted.len());
        parts.resize(length, 0);
        wanted.resize(length, 0);
        match self.operator.as_str() {
            "<" => parts < wanted,
            "<=" => parts <= wanted,
            ">" => parts > wanted,
            ">=" => parts >= wanted,
            _ => parts == wanted,
        }
    }
}

fn version_parts(text: &str) -> Option<Vec<u64>> {
    text.split('.').map(|part| part.parse().ok()).collect()
}

/// Text that depends on a version named in the traces.
#[derive(Debug)]
pub struct Advice {
    /// When it applies.
    pub version: VersionTest,
    /// The remedy.
    pub remedy: Text,
}

/// A condition on what happens around a record, on record time.
#[derive(Debug)]
pub struct WindowTest {
    /// At least so many records of the rule within the time.
    pub count: u64,
    /// The time.
    pub within: Duration,
    /// The last request of the same source (a record that begins a stage or names its endpoint) is at least so long ago.
    pub begun_before: Option<Duration>,
    /// One of these must follow within the time, unless empty.
    pub followed_by: Vec<LiteralId>,
    /// None of these may follow within the time.
    pub not_followed_by: Vec<LiteralId>,
    /// No record of the same source may tell anything of the chain within the time.
    pub unanswered: bool,
    /// Silence also counts where its own trace ends, as long as another one of the same client goes on.
    pub or_ends: bool,
    /// The trace itself ends within the time, while one of another program of the same client goes on.
    pub stops: bool,
    /// A trace of another program tells later of a failure of one of these classes, and the own one has ended by then
    /// without another word of the chain.
    pub beside: Vec<String>,
    /// At least so many records of the rule came at regular intervals, and this is the last one for four of them, while
    /// its trace goes on.
    pub ceases: Option<u64>,
    /// What the claims of the capture `token` must say.
    pub token: Option<RawTokenTest>,
}

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// `<class>/<stem>`.
    pub id: String,
    /// Path of its file.
    pub path: String,
    /// The folder.
    pub class: String,
    /// The cause inside the class.
    pub cause: String,
    /// Headline.
    pub title: Text,
    /// Version of swyxtrace that brought it.
    pub since: String,
    /// Who says so.
    pub basis: Basis,
    /// Where.
    pub stage: RuleStage,
    /// How bad.
    pub severity: Severity,
    /// True if it gives way to any other cause.
    pub wrapper: bool,
    /// Documents.
    pub references: Vec<String>,
    /// Other rules that may fire on the same examples.
    pub together_with: Vec<String>,
    /// Any of these makes it fire.
    pub when: Vec<Condition>,
    /// What must hold around it.
    pub window: Option<WindowTest>,
    /// Times that its records quote: it fires only where one of them is off.
    pub clocks: Vec<ClockTest>,
    /// Advice by version.
    pub advice: Vec<Advice>,
    /// True for a built-in rule in the chain of another product: its examples are about the chain that it was made for.
    pub borrowed: bool,
    /// Of a borrowed rule, words that name the product it was made for, in lower case.
    own_words: Vec<String>,
    /// The file's text: texts and examples are read in a second part, and faults are shown in it.
    source: Cow<'static, str>,
    words: OnceLock<Words>,
}

/// What only a report or a check needs of a rule.
#[derive(Debug)]
struct Words {
    en: RawAudience,
    de: RawAudience,
    examples: Vec<RawExample>,
}

impl Rule {
    /// True if it speaks only where no other rule does: a catch-all, or plain words without a code.
    pub fn gives_way(&self) -> bool {
        self.together_with.iter().any(|id| id == "*")
    }

    /// The texts in that language.
    pub fn texts(&self, lang: Lang) -> &RawAudience {
        match lang {
            Lang::En => &self.words().en,
            Lang::De => &self.words().de,
        }
    }

    /// The text of its file.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Its own tests.
    pub fn examples(&self) -> &[RawExample] {
        &self.words().examples
    }

    fn names_product(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.own_words.iter().any(|word| text.contains(word))
    }

    /// The texts without sentences that name the product that the rule was made for; the title stands for what is gone.
    fn without_own_words(&self, texts: &RawAudience, title: &str) -> RawAudience {
        let neutral = |text: &str| {
            let kept: Vec<&str> = sentences(text)
                .into_iter()
                .filter(|sentence| !self.names_product(sentence))
                .collect();
            match kept.concat().trim() {
                whole if whole.len() == text.trim().len() => text.to_owned(),
                "" => format!("{title}."),
                rest => format!("{title}. {rest}"),
            }
        };
        let remedy = texts.admin.remedy.iter();
        RawAudience {
            user: neutral(&texts.user),
            vendor: neutral(&texts.vendor),
            admin: RawAdmin {
                summary: neutral(&texts.admin.summary),
                remedy: remedy.filter(|r| !self.names_product(r)).cloned().collect(),
            },
        }
    }

    fn words(&self) -> &Words {
        self.words.get_or_init(|| {
            let raw: RawRule = toml::from_str(&self.source).expect("the build script has read it");
            let neutral = |audience: RawAudience, title: &str| {
                if self.own_words.is_empty() {
                    audience
                } else {
                    self.without_own_words(&audience, title)
                }
            };
            Words {
                en: neutral(raw.text.en, &self.title.en),
                de: neutral(raw.text.de, &self.title.de),
                examples: raw.example,
            }
        })
    }

    /// Checks a rule's file; its literals are interned. A file that needs no proof is read without texts and examples.
    ///
    /// # Errors
    /// All faults of the file.
    pub fn load(
        id: &str,
        (path, text, proof): (&str, &str, Proof),
        (mut raw, root, mut faults): Parsed<'_, RawRule>,
        ground: &Ground,
        families: &Families,
        literals: &mut Literals,
    ) -> Result<Self, Vec<Fault>> {
        let file = document(path, text, root);
        let borrowed = ground.borrows && proof.is_trusted();
        if borrowed && !fit(&mut raw, ground) {
            // What it is about does not exist here: it can never fire.
            return Err(Vec::new());
        }
        let class = id.split('/').next().unwrap_or_default().to_owned();
        if let Some(classes) = ground.classes.as_ref().filter(|c| !c.contains(&class)) {
            if borrowed {
                return Err(Vec::new()); // told where the rule is asked for
            }
            faults.push(file.whole(
                format!("there is no class `{class}` in chain.toml"),
                format!(
                    "the folder of the file is its class; {}",
                    one_of(&class, classes.iter().map(String::as_str))
                ),
            ));
        }
        let names = &ground.names;
        let stage = match raw.stage.as_str() {
            "by_endpoint" => RuleStage::ByEndpoint,
            name => match names.stages.iter().position(|s| s == name) {
                Some(stage) => RuleStage::Fixed(stage),
                None if names.lost || borrowed => RuleStage::ByEndpoint,
                None => {
                    let stages = names.stages.iter().map(String::as_str);
                    let known = std::iter::once("by_endpoint").chain(stages);
                    let message = format!("there is no stage `{name}`");
                    faults.push(file.fault(&at("stage"), message, one_of(name, known)));
                    RuleStage::ByEndpoint
                }
            },
        };
        let around = Surroundings {
            file: &file,
            families,
            stages: names,
            proof,
        };
        let mut when = Vec::with_capacity(raw.when.len());
        for (index, table) in raw.when.iter().enumerate() {
            match Condition::new(table, &at("when").index(index), &around, literals) {
                Ok(condition) => when.push(condition),
                Err(more) => faults.extend(more),
            }
        }
        let window = match &raw.window {
            Some(window) => window_test(window, &file, literals, &mut faults),
            None => None,
        };
        let mut advice = Vec::new();
        for (index, one) in raw.advice_when.iter().enumerate() {
            match VersionTest::parse(&one.version) {
                Some(version) => advice.push(Advice {
                    version,
                    remedy: one.remedy.clone(),
                }),
                None => faults.push(no_version(
                    &file,
                    &at("advice_when").index(index).key("version"),
                    &one.version,
                )),
            }
        }
        let mut clocks = Vec::new();
        for (index, table) in raw.clock.iter().enumerate() {
            match ClockTest::new(table) {
                Ok(clock) => clocks.push(clock),
                Err((key, message, help)) => {
                    let place = at("clock").index(index).key(key);
                    faults.push(file.fault(&place, message, help));
                }
            }
        }
        if proof == Proof::Needed {
            Proving {
                id,
                raw: &raw,
                file: &file,
                ground,
                faults: &mut faults,
            }
            .run();
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        if borrowed {
            let words = &ground.built_in_words;
            let names = |text: &String| words.iter().any(|word| text.to_lowercase().contains(word));
            if let Some(title) = ground.class_titles.get(&class)
                && (names(&raw.title.en) || names(&raw.title.de))
            {
                raw.title.clone_from(title);
            }
            raw.references.retain(|reference| !names(reference));
            advice.clear();
        }
        Ok(Self {
            id: id.to_owned(),
            path: path.to_owned(),
            class,
            cause: raw.cause,
            title: raw.title,
            since: raw.since,
            basis: raw.basis,
            stage,
            severity: raw.severity,
            wrapper: raw.wrapper,
            references: raw.references,
            together_with: raw.together_with,
            when,
            window,
            clocks,
            advice,
            borrowed,
            own_words: if borrowed {
                ground.built_in_words.clone()
            } else {
                Vec::new()
            },
            source: match proof {
                Proof::Trusted(file) => Cow::Borrowed(file.toml),
                Proof::Needed => Cow::Owned(text.to_owned()),
            },
            words: match proof {
                Proof::Trusted(_) => OnceLock::new(),
                Proof::Needed => OnceLock::from(Words {
                    en: raw.text.en,
                    de: raw.text.de,
                    examples: raw.example,
                }),
            },
        })
    }
}

/// Fits a built-in rule to the chain of another product: what it says of stages, programs and classes that are not there
/// is dropped, and so is a condition that can only hold there. False if nothing of the rule is left.
fn fit(raw: &mut RawRule, ground: &Ground) -> bool {
    let names = &ground.names;
    let stage = |name: &String| names.kind(name).is_some();
    let program = |name: &String| names.programs.contains(name);
    let keep = |list: &mut OneOrMany<String>, known: &dyn Fn(&String) -> bool| {
        let had = !list.is_empty();
        let kept: Vec<String> = std::mem::take(list)
            .into_vec()
            .into_iter()
            .filter(known)
            .collect();
        let left = !kept.is_empty();
        *list = OneOrMany::Many(kept);
        left || !had
    };
    let fits = |when: &mut RawWhen| {
        keep(&mut when.not_endpoint, &stage);
        keep(&mut when.endpoint, &stage) && keep(&mut when.program, &program)
    };
    raw.when.retain_mut(fits);
    let waits = raw.window.as_mut().is_none_or(|window| {
        let had = !window.beside.is_empty();
        let classes = ground.classes.as_ref();
        window
            .beside
            .retain(|class| classes.is_none_or(|all| all.contains(class)));
        !had || !window.beside.is_empty()
    });
    waits && !raw.when.is_empty()
}

/// What a user's own rule has to hold beyond its shape and its conditions.
struct Proving<'a> {
    id: &'a str,
    raw: &'a RawRule,
    file: &'a Document<'a>,
    ground: &'a Ground,
    faults: &'a mut Vec<Fault>,
}

impl Proving<'_> {
    fn tell(&mut self, place: &At<'_>, message: impl Into<String>, help: impl Into<String>) {
        self.faults.push(self.file.fault(place, message, help));
    }

    fn run(mut self) {
        let raw = self.raw;
        if version_parts(&raw.since).is_none() {
            let message = format!("`since` is `{}`, which is no version", raw.since);
            let help =
                "write the version of swyxtrace that the rule comes with, for example \"0.2\"";
            self.tell(&at("since"), message, help);
        }
        if !super::overlay::is_plain(&raw.cause) {
            let message = format!("`{}` cannot be a cause", raw.cause);
            let help = "write a short id in lower case letters, digits and hyphens: `port-in-use`";
            self.tell(&at("cause"), message, help);
        }
        if raw.when.is_empty() {
            let help = "add one with a literal or a number";
            self.tell(&At::top(), "the rule has no [[when]]", help);
        }
        for (index, other) in raw.together_with.iter().enumerate() {
            let place = at("together_with").index(index);
            if other == self.id {
                self.tell(
                    &place,
                    "`together_with` names the rule itself",
                    "take it out",
                );
            }
        }
        self.texts();
        self.window();
        self.clocks();
        self.examples();
    }

    fn captures(&self) -> Vec<String> {
        let patterns = self
            .raw
            .when
            .iter()
            .filter_map(|when| when.regex.as_deref());
        patterns.flat_map(captures_of).collect()
    }

    /// Placeholders that nothing fills would be written as they stand.
    fn texts(&mut self) {
        let captures = self.captures();
        let mut known: Vec<&str> = template::ENDPOINT.to_vec();
        known.extend((!self.raw.clock.is_empty()).then_some("skew"));
        known.extend(captures.iter().map(String::as_str));
        let raw = self.raw;
        let title = at("title");
        let mut texts = vec![
            (title.key("en"), &raw.title.en),
            (title.key("de"), &raw.title.de),
        ];
        for (lang, audience) in [("en", &raw.text.en), ("de", &raw.text.de)] {
            let place = at("text").key(lang);
            texts.push((place.key("user"), &audience.user));
            texts.push((place.key("vendor"), &audience.vendor));
            let place = place.key("admin");
            texts.push((place.key("summary"), &audience.admin.summary));
            let remedy = audience.admin.remedy.iter().enumerate();
            texts.extend(remedy.map(|(index, text)| (place.key("remedy").index(index), text)));
        }
        for (index, advice) in raw.advice_when.iter().enumerate() {
            let place = at("advice_when").index(index).key("remedy");
            texts.push((place.key("en"), &advice.remedy.en));
            texts.push((place.key("de"), &advice.remedy.de));
        }
        for (place, text) in texts {
            template::check(text, &known, self.file, &place, self.faults);
        }
    }

    fn window(&mut self) {
        let Some(window) = &self.raw.window else {
            return;
        };
        let place = at("window");
        let silent = window.unanswered || !window.not_followed_by.is_empty();
        let timed = silent
            || !window.followed_by.is_empty()
            || window.stops
            || !window.beside.is_empty()
            || window.count.is_some_and(|count| count > 1);
        let asks = timed
            || window.begun_before.is_some()
            || window.ceases.is_some()
            || window.token.is_some();
        if !asks {
            let message = "`[window]` asks for nothing: every record of the rule holds it";
            let help = "give count = 2 or more, followed_by, not_followed_by, unanswered, begun_before, stops, beside, ceases or token; or take the table out";
            self.tell(&place, message, help);
        }
        if window.or_ends && !silent {
            let message = "`or_ends` is about silence, and the window asks for none";
            let help = "add `unanswered = true` or `not_followed_by`, or take it out";
            self.tell(&place.key("or_ends"), message, help);
        }
        if asks && !timed && window.within.is_some() {
            let message = "nothing in this window is looked for within a time";
            self.tell(&place.key("within"), message, "take `within` out");
        }
        if window.ceases.is_some_and(|least| least < 3) {
            let message = "two records have one interval, which says nothing of a rhythm";
            self.tell(&place.key("ceases"), message, "write 3 or more");
        }
        if window.token.is_some() && !self.captures().iter().any(|name| name == "token") {
            let message = "`token` reads the capture of that name, and no regex has it";
            let help = "write (?P<token>…) around the token in the regex of [[when]]";
            self.tell(&place.key("token"), message, help);
        }
        let Some(classes) = &self.ground.classes else {
            return;
        };
        for (index, class) in window.beside.iter().enumerate() {
            if !classes.contains(class) {
                let message = format!("`beside` names the class `{class}`, which does not exist");
                let help = one_of(class, classes.iter().map(String::as_str));
                self.tell(&place.key("beside").index(index), message, help);
            }
        }
    }

    fn clocks(&mut self) {
        let captures = self.captures();
        for (index, clock) in self.raw.clock.iter().enumerate() {
            let place = at("clock").index(index);
            let named = [
                ("capture", Some(&clock.capture)),
                ("against", clock.against.as_ref()),
            ];
            for (key, name) in named {
                if let Some(name) = name.filter(|name| !captures.contains(name)) {
                    let message = format!("`{key}` names the capture `{name}`, which no regex has");
                    let help = one_of(name, captures.iter().map(String::as_str));
                    self.tell(&place.key(key), message, help);
                }
            }
            if clock.against.as_ref() == Some(&clock.capture) {
                let message = "a time is held against itself";
                self.tell(&place.key("against"), message, "name the other capture");
            }
        }
    }

    fn examples(&mut self) {
        let names = &self.ground.names;
        let examples = &self.raw.example;
        let fires = examples.iter().any(|e| !e.fires_at.is_empty());
        let silent = examples.iter().any(|e| e.fires_at.is_empty());
        let told = |index| {
            let place = at("example").index(index).key("fires_at");
            self.file.is_stand_in(&place)
        };
        if (!fires || !silent) && !(0..examples.len()).any(told) {
            let message = if fires {
                "no example in which the rule is silent"
            } else {
                "no example in which the rule fires"
            };
            let help =
                "give at least one [[example]] with fires_at = [1] and one with fires_at = []";
            self.tell(&At::top(), message, help);
        }
        for (index, example) in examples.iter().enumerate() {
            let place = at("example").index(index);
            if let Some(stage) = &example.stage
                && !names.lost
                && !names.stages.contains(stage)
            {
                let message = format!(
                    "the example {:?} names the stage `{stage}`, which does not exist",
                    example.name
                );
                let help = one_of(stage, names.stages.iter().map(String::as_str));
                self.tell(&place.key("stage"), message, help);
            }
            if example.stage.is_some() && example.fires_at.is_empty() {
                let message = "the rule is silent here: it comes out at no stage";
                self.tell(&place.key("stage"), message, "take `stage` out");
            }
            let lines = example.trace.trim_start_matches('\n').lines().count() as u64;
            for (at, line) in example.fires_at.iter().enumerate() {
                let place = place.key("fires_at").index(at);
                if *line == 0 || *line > lines {
                    let message = format!("the trace of this example has no line {line}");
                    self.tell(&place, message, format!("its lines are 1 to {lines}"));
                } else if at > 0 && example.fires_at[at - 1] >= *line {
                    let message = "the lines must stand in order, each once";
                    self.tell(&place, message, "sort them");
                }
            }
            let own = example.file.iter().map(|file| (place.key("file"), file));
            let beside = example.beside.iter().enumerate();
            let beside =
                beside.map(|(at, other)| (place.key("beside").index(at).key("file"), &other.file));
            for (place, file) in own.chain(beside) {
                if !names.lost && !names.knows_file(file) {
                    let message = format!("no program of chain.toml writes a file `{file}`");
                    let begins = names.files.iter().map(String::as_str);
                    let begins: Vec<&str> = begins.collect();
                    let help = if begins.is_empty() {
                        "chain.toml has no [[program]]: take `file` out".to_owned()
                    } else {
                        format!("names begin with one of: {}", begins.join(", "))
                    };
                    self.tell(&place, message, help);
                }
            }
        }
    }
}

/// A text that is no comparison with a version.
pub(super) fn no_version(file: &Document<'_>, place: &At<'_>, text: &str) -> Fault {
    let message = format!("`{text}` is no comparison with a version");
    file.fault(place, message, "write for example \"< 12.20\"")
}

fn window_test(
    raw: &RawWindow,
    file: &Document<'_>,
    literals: &mut Literals,
    faults: &mut Vec<Fault>,
) -> Option<WindowTest> {
    let mut duration = |key: &'static str, text: Option<&str>| -> Option<Duration> {
        let text = text?;
        let parsed = parse_within(text).filter(|d| !d.is_zero());
        if parsed.is_none() {
            let message = format!("`{text}` is no length of time");
            let help = format!("write for example {key} = \"60s\"; ms, s, min and h are units");
            faults.push(file.fault(&at("window").key(key), message, help));
        }
        parsed
    };
    let within = duration("within", Some(raw.within.as_deref().unwrap_or("60s")));
    let begun_before = duration("begun_before", raw.begun_before.as_deref());
    if raw.count == Some(0) {
        let message = "no record at all is no sign of a failure";
        faults.push(file.fault(&at("window").key("count"), message, "write 2 or more"));
    }
    let mut intern = |texts: &[String]| texts.iter().map(|t| literals.intern(t)).collect();
    Some(WindowTest {
        count: raw.count.unwrap_or(1),
        begun_before,
        within: within?,
        followed_by: intern(&raw.followed_by),
        not_followed_by: intern(&raw.not_followed_by),
        unanswered: raw.unanswered,
        or_ends: raw.or_ends,
        stops: raw.stops,
        beside: raw.beside.clone(),
        ceases: raw.ceases,
        token: raw.token,
    })
}

/// The sentences of a text, each with what stands behind it.
fn sentences(text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut start = 0;
    for (at, mark) in text.match_indices(['.', '?', '!']) {
        let behind = &text[at + 1..];
        let next = behind.trim_start().chars().next();
        let begins = behind.starts_with(' ') && next.is_some_and(char::is_uppercase);
        // `z. B.` ends nothing.
        let word = text[start..at].rsplit(' ').next().unwrap_or_default();
        if begins && (mark != "." || word.chars().count() > 2) {
            all.push(&text[start..=at + 1]);
            start = at + 2;
        }
    }
    all.push(&text[start..]);
    all
}

/// A length of time: `60s`, `500ms`, `10m`, `1h`.
pub(super) fn parse_within(text: &str) -> Option<Duration> {
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let number: u64 = text[..digits].parse().ok()?;
    let millis = match text[digits..].trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_its_sentences() {
        assert_eq!(
            sentences("One, z. B. this (a.b). Is it? Yes."),
            ["One, z. B. this (a.b). ", "Is it? ", "Yes."]
        );
    }

    #[test]
    fn versions_compare_part_by_part() {
        let before = VersionTest::parse("< 12.20").unwrap();
        assert!(before.holds("12.10"));
        assert!(before.holds("12.10.5.3"));
        assert!(!before.holds("12.20"));
        assert!(!before.holds("14.5"));
        assert!(VersionTest::parse(">= 12.20").unwrap().holds("12.20.0"));
        assert!(VersionTest::parse("12.20").is_none());
    }
}
