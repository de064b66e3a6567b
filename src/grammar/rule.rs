//! Rules: one failure each, with its texts and its own examples.

use std::sync::OnceLock;
use std::time::Duration;

use toml::Spanned;

use super::chain::{Chain, StageNames};
use super::clock::ClockTest;
use super::condition::{Condition, LiteralId, Literals, Surroundings, list};
use super::error::{Fault, Proof, parse};
use super::numbers::Family;
use super::raw::{RawAudience, RawExample, RawRule, RawTokenTest, RawWindow};
use crate::model::report::Severity;
use crate::model::{Lang, Text};

/// Who says that a text means this failure, the strongest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
    const NAMES: [(&'static str, Self); 4] = [
        ("inferred", Self::Inferred),
        ("third-party", Self::ThirdParty),
        ("framework", Self::Framework),
        ("vendor", Self::Vendor),
    ];

    /// The name as it stands in rules.
    pub fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(_, basis)| *basis == self)
            .map_or("", |(name, _)| name)
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
    /// The file's text: texts and examples are read in a second part, and faults are shown in it.
    source: String,
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

    fn words(&self) -> &Words {
        self.words.get_or_init(|| {
            let raw: RawRule = toml::from_str(&self.source).expect("the build script has read it");
            Words {
                en: raw.text.en,
                de: raw.text.de,
                examples: raw.example,
            }
        })
    }

    /// Checks a rule's file; its literals are interned. `head`: of a file that needs no proof, the part without texts
    /// and examples.
    ///
    /// # Errors
    /// All faults of the file.
    pub fn load(
        id: &str,
        (path, text, head): (&str, &str, Option<&str>),
        chain: &Chain,
        families: &[Family],
        literals: &mut Literals,
    ) -> Result<Self, Vec<Fault>> {
        let raw: RawRule = parse(path, head.unwrap_or(text))?;
        let class = id.split('/').next().unwrap_or_default().to_owned();
        let names: &StageNames = &chain.names;
        let around = Surroundings {
            path,
            text,
            families,
            stages: names,
            proof: match head {
                Some(_) => Proof::Trusted,
                None => Proof::Needed,
            },
        };
        let mut faults = Vec::new();
        if !chain.classes.contains_key(&class) {
            let known = list(chain.classes.keys().map(String::as_str));
            faults.push(Fault::of_file(
                path,
                format!("there is no class `{class}` in chain.toml"),
                format!("put the file into a folder named after one of: {known}"),
            ));
        }
        let basis = Basis::NAMES
            .iter()
            .find(|(name, _)| name == raw.basis.get_ref())
            .map(|(_, b)| *b);
        if basis.is_none() {
            faults.push(Fault::at(
                path,
                text,
                raw.basis.span(),
                format!("there is no basis `{}`", raw.basis.get_ref()),
                "use one of: vendor, framework, third-party, inferred",
            ));
        }
        let stage = match raw.stage.get_ref().as_str() {
            "by_endpoint" => Some(RuleStage::ByEndpoint),
            name => names
                .stages
                .iter()
                .position(|s| s == name)
                .map(RuleStage::Fixed),
        };
        if stage.is_none() {
            faults.push(Fault::at(
                path,
                text,
                raw.stage.span(),
                format!("there is no stage `{}`", raw.stage.get_ref()),
                format!(
                    "use by_endpoint or one of: {}",
                    list(names.stages.iter().map(String::as_str))
                ),
            ));
        }
        let mut when = Vec::new();
        for table in &raw.when {
            match Condition::new(table.get_ref(), &table.span(), &around, literals) {
                Ok(condition) => when.push(condition),
                Err(more) => faults.extend(more),
            }
        }
        if raw.when.is_empty() {
            faults.push(Fault::near(
                path,
                text,
                "title",
                "the rule has no [[when]]",
                "add one with a literal or a number",
            ));
        }
        let mut advice = Vec::new();
        for one in raw.advice_when {
            match VersionTest::parse(one.version.get_ref()) {
                Some(version) => advice.push(Advice {
                    version,
                    remedy: one.remedy,
                }),
                None => faults.push(Fault::at(
                    path,
                    text,
                    one.version.span(),
                    format!(
                        "`{}` is no comparison with a version",
                        one.version.get_ref()
                    ),
                    "write for example \"< 12.20\"",
                )),
            }
        }
        let window = match &raw.window {
            Some(window) => match window_test(window.get_ref(), literals) {
                Ok(test) => Some(test),
                Err(message) => {
                    faults.push(Fault::at(
                        path,
                        text,
                        window.span(),
                        message,
                        "write for example within = \"60s\"",
                    ));
                    None
                }
            },
            None => None,
        };
        for class in raw.window.iter().flat_map(|w| &w.get_ref().beside) {
            if !chain.classes.contains_key(class) {
                let known = list(chain.classes.keys().map(String::as_str));
                let span = raw.window.as_ref().map_or(0..0, Spanned::span);
                let message = format!("`beside` names the class `{class}`, which does not exist");
                faults.push(Fault::at(
                    path,
                    text,
                    span,
                    message,
                    format!("use one of: {known}"),
                ));
            }
        }
        let mut clocks = Vec::new();
        for table in &raw.clock {
            match ClockTest::new(table.get_ref()) {
                Ok(clock) => clocks.push(clock),
                Err(message) => faults.push(Fault::at(
                    path,
                    text,
                    table.span(),
                    message,
                    "see [[clock]] in grammars/README.md",
                )),
            }
        }
        if head.is_none() {
            check_examples((path, text), &raw.example, names, &mut faults);
        }
        for audience in [&raw.text.en, &raw.text.de] {
            if head.is_some() {
                continue;
            }
            if audience.admin.summary.trim().is_empty()
                || audience.admin.remedy.is_empty()
                || audience.user.trim().is_empty()
                || audience.vendor.trim().is_empty()
            {
                faults.push(Fault::near(
                    path,
                    text,
                    "[text.",
                    "a text is empty",
                    "fill user, admin.summary, admin.remedy and vendor in English and German",
                ));
            }
        }
        let (Some(basis), Some(stage), true) = (basis, stage, faults.is_empty()) else {
            return Err(faults);
        };
        Ok(Self {
            id: id.to_owned(),
            path: path.to_owned(),
            class,
            cause: raw.cause,
            title: raw.title,
            since: raw.since,
            basis,
            stage,
            severity: raw.severity,
            wrapper: raw.wrapper,
            references: raw.references,
            together_with: raw.together_with,
            when,
            window,
            clocks,
            advice,
            source: text.to_owned(),
            words: match head {
                Some(_) => OnceLock::new(),
                None => OnceLock::from(Words {
                    en: raw.text.en,
                    de: raw.text.de,
                    examples: raw.example,
                }),
            },
        })
    }
}

fn check_examples(
    (path, text): (&str, &str),
    examples: &[RawExample],
    names: &StageNames,
    faults: &mut Vec<Fault>,
) {
    let fires = examples.iter().any(|e| !e.fires_at.get_ref().is_empty());
    let silent = examples.iter().any(|e| e.fires_at.get_ref().is_empty());
    if !fires || !silent {
        let message = if fires {
            "no example in which the rule is silent"
        } else {
            "no example in which the rule fires"
        };
        faults.push(Fault::of_file(
            path,
            message,
            "give at least one [[example]] with fires_at = [1] and one with fires_at = []",
        ));
    }
    for example in examples {
        if let Some(stage) = &example.stage
            && !names.stages.contains(stage.get_ref())
        {
            faults.push(Fault::at(
                path,
                text,
                stage.span(),
                format!(
                    "the example {:?} names the stage `{}`, which does not exist",
                    example.name.get_ref(),
                    stage.get_ref()
                ),
                format!(
                    "use one of: {}",
                    list(names.stages.iter().map(String::as_str))
                ),
            ));
        }
    }
}

fn window_test(raw: &RawWindow, literals: &mut Literals) -> Result<WindowTest, String> {
    let within = raw.within.as_deref().unwrap_or("60s");
    let within = parse_within(within).ok_or_else(|| format!("`{within}` is no duration"))?;
    let begun_before = match raw.begun_before.as_deref() {
        Some(text) => Some(parse_within(text).ok_or_else(|| format!("`{text}` is no duration"))?),
        None => None,
    };
    let mut intern = |texts: &[String]| texts.iter().map(|t| literals.intern(t)).collect();
    Ok(WindowTest {
        count: raw.count.unwrap_or(1),
        begun_before,
        within,
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
