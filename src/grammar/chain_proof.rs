//! What a user's own chain has to hold beyond its shape and its conditions: what it names exists, nothing is there twice,
//! and nothing says what can never count.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::ForVersion;
use super::condition::captures_of;
use super::document::{At, Document, at};
use super::error::{Fault, Proof, one_of};
use super::overlay::is_plain;
use super::raw::{RawChain, RawClass, RawEndpoint, RawWhen};
use super::rule::{VersionTest, no_version};
use super::template;
use super::uses::Uses;

/// All faults that show in the chain's file alone.
pub fn of_file<'a>(raw: &'a RawChain, file: &'a Document<'_>, faults: &'a mut Vec<Fault>) {
    let mut proving = Proving { raw, file, faults };
    proving.ids();
    proving.programs();
    proving.stages();
    proving.marks();
    proving.versions();
    proving.checks();
    proving.classes();
    proving.texts();
    proving.lists();
}

struct Proving<'a, 't> {
    raw: &'a RawChain,
    file: &'a Document<'t>,
    faults: &'a mut Vec<Fault>,
}

impl Proving<'_, '_> {
    fn tell(&mut self, place: &At<'_>, message: impl Into<String>, help: impl Into<String>) {
        self.faults.push(self.file.fault(place, message, help));
    }

    /// Ids that are no ids, or are given twice.
    fn ids(&mut self) {
        let raw = self.raw;
        let mut all = vec![(at("id"), raw.id.as_str())];
        let stages = raw.stage.iter().enumerate();
        let stages = stages.map(|(i, s)| (at("stage").index(i).key("id"), s.id.as_str()));
        let programs = raw.program.iter().enumerate();
        let programs = programs.map(|(i, p)| (at("program").index(i).key("id"), p.id.as_str()));
        for (what, list) in [
            ("stage", stages.collect::<Vec<_>>()),
            ("program", programs.collect()),
        ] {
            for (index, (place, id)) in list.iter().enumerate() {
                if list[..index].iter().any(|(_, other)| other == id) {
                    let message = format!("there is a {what} `{id}` already");
                    self.tell(
                        place,
                        message,
                        "each id is given once: name this one otherwise",
                    );
                }
            }
            all.extend(list);
        }
        all.extend(
            raw.class
                .keys()
                .map(|id| (at("class").name(id), id.as_str())),
        );
        for (place, id) in all {
            if !is_plain(id) || id.contains('/') {
                let message = format!("`{id}` cannot be an id");
                let help = "write it in lower case letters, digits and hyphens";
                self.tell(&place, message, help);
            }
        }
        for (index, stage) in raw.stage.iter().enumerate() {
            if ["by_endpoint", "loopback", "remote"].contains(&stage.id.as_str()) {
                let message = format!("`{}` means something else in rules", stage.id);
                self.tell(
                    &at("stage").index(index).key("id"),
                    message,
                    "give it another id",
                );
            }
        }
    }

    fn programs(&mut self) {
        let raw = self.raw;
        let mut seen: Vec<(String, &str)> = Vec::new();
        for (index, program) in raw.program.iter().enumerate() {
            for (at_file, name) in program.files.iter().enumerate() {
                let place = at("program").index(index).key("files").index(at_file);
                let lower = name.to_lowercase();
                if let Some((_, other)) = seen.iter().find(|(own, _)| *own == lower) {
                    let message =
                        format!("files of the program `{other}` begin with {name:?}, too");
                    self.tell(&place, message, "name how only this program's files begin");
                }
                self.glob(&place, name, false);
                seen.push((lower, &program.id));
            }
        }
        if !raw.program.is_empty() && !raw.program.iter().any(|p| p.lead) {
            let help = "write `lead = true` at the program whose start is the start of an attempt";
            self.tell(&at("program").index(0), "no program walks the chain", help);
        }
    }

    fn stages(&mut self) {
        let raw = self.raw;
        let programs: Vec<&str> = raw.program.iter().map(|p| p.id.as_str()).collect();
        let last = raw.stage.len().saturating_sub(1);
        let mut seen: Vec<(&RawEndpoint, &str)> = Vec::new();
        for (index, stage) in raw.stage.iter().enumerate() {
            let place = at("stage").index(index);
            for (at_program, id) in stage.programs.iter().enumerate() {
                if !programs.contains(&id.as_str()) {
                    let message = format!("there is no program `{id}`");
                    let help = one_of(id, programs.iter().copied());
                    self.tell(&place.key("programs").index(at_program), message, help);
                }
            }
            if stage.session && (index != last || last == 0) {
                let message = "only the last of several stages can be the session";
                self.tell(&place.key("session"), message, "take it out");
            }
            // The session itself may say nothing; what opens it shows that it was reached.
            let goal = if raw.stage[last].session {
                last.saturating_sub(1)
            } else {
                last
            };
            let silent = stage.passed.is_empty() && stage.started.is_empty();
            if index == goal && stage.passed.is_empty() && raw.stage[last].passed.is_empty() {
                let message =
                    "nothing shows that the chain was walked to its end: no attempt can succeed";
                self.tell(&place, message, "add a [[stage.passed]]");
            } else if silent && stage.endpoint.is_empty() && !stage.session {
                let message = "no record can be about this stage";
                let help = "add `endpoint`, [[stage.started]] or [[stage.passed]]";
                self.tell(&place, message, help);
            }
            let is_local = |endpoint: &RawEndpoint| endpoint.loopback == Some(true);
            if !stage.usual_ports.is_empty() && !stage.endpoint.iter().any(is_local) {
                let message = "`usual_ports` are ports on this machine, and no endpoint is there";
                let help = "write `loopback = true` in an endpoint, or take them out";
                self.tell(&place.key("usual_ports"), message, help);
            }
            for (at_endpoint, endpoint) in stage.endpoint.iter().enumerate() {
                let place = place.key("endpoint").index(at_endpoint);
                let empty = RawEndpoint {
                    weak: endpoint.weak,
                    ..RawEndpoint::default()
                };
                if *endpoint == empty {
                    let message = "an endpoint without a key fits every address";
                    let help = "give `port`, `host`, `scheme`, `path`, `loopback` or `word`";
                    self.tell(&place, message, help);
                } else if let Some((_, other)) = seen.iter().find(|(own, _)| *own == endpoint) {
                    let message = format!(
                        "the stage `{other}` has this endpoint and is asked first: this one never fits"
                    );
                    self.tell(&place, message, "make one of the two more exact");
                }
                for (at_host, host) in endpoint.host.iter().enumerate() {
                    let place = place.key("host").index(at_host);
                    self.glob(&place, host, true);
                    if host.chars().all(|c| c == '*') {
                        let message = "this fits every host";
                        self.tell(
                            &place,
                            message,
                            "write a part of the name, or take `host` out",
                        );
                    }
                }
                for (at_scheme, scheme) in endpoint.scheme.iter().enumerate() {
                    if scheme.contains([':', '/']) {
                        let message = format!("`{scheme}` is more than a scheme");
                        let help = "write the part before `://`";
                        self.tell(&place.key("scheme").index(at_scheme), message, help);
                    }
                }
                for (at_port, port) in endpoint.port.iter().enumerate() {
                    if raw.other_ports.contains(port) {
                        let message = format!(
                            "port {port} is one of `other_ports`, which have nothing to do with the chain"
                        );
                        let place = place.key("port").index(at_port);
                        self.tell(&place, message, "take it out of one of the two");
                    }
                }
                seen.push((endpoint, &stage.id));
            }
        }
    }

    /// Regexes whose captures are what is read.
    fn marks(&mut self) {
        let raw = self.raw;
        let has = |when: &RawWhen, wanted: &[&str]| {
            let pattern = when.regex.as_deref().unwrap_or_default();
            let captures = captures_of(pattern);
            wanted.is_empty() && !captures.is_empty()
                || captures.iter().any(|name| wanted.contains(&name.as_str()))
        };
        let mut told = Vec::new();
        for (index, when) in raw.token.iter().enumerate() {
            told.push((!has(when, &["token"]), at("token").index(index), "token"));
        }
        for (index, mark) in raw.version.iter().enumerate() {
            let captures = captures_of(&mark.regex);
            let lacks = !captures.iter().any(|name| name == "version");
            told.push((lacks, at("version").index(index), "version"));
        }
        for (index, mark) in raw.identity.iter().enumerate() {
            let lacks = !has(&mark.when, &["user", "machine", "session"]);
            let place = at("identity").index(index).key("when");
            told.push((lacks, place, "user`, `machine` or `session"));
        }
        for (index, mark) in raw.named.iter().enumerate() {
            let lacks = !has(&mark.when, &[]);
            let place = at("named").index(index).key("when");
            told.push((lacks, place, "name of the value"));
        }
        for (lacks, place, name) in told {
            if lacks {
                let message = format!("no regex here captures `{name}`, which is what is read");
                let help = "write (?P<name>…) around it in `regex`";
                self.tell(&place.key("regex"), message, help);
            }
        }
    }

    /// Products and comparisons of versions.
    fn versions(&mut self) {
        let raw = self.raw;
        let products: BTreeSet<&str> = raw.version.iter().map(|v| v.product.as_str()).collect();
        let lists = [
            ("version_decides", &raw.version_decides),
            ("version_else", &raw.version_else),
        ];
        let mut named: Vec<(At<'_>, &str)> = Vec::new();
        for (key, list) in lists {
            let each = list.iter().enumerate();
            named.extend(each.map(|(index, product)| (at(key).index(index), product.as_str())));
        }
        for (id, class) in &raw.class {
            for (index, one) in class.contradiction.iter().enumerate() {
                let place = at("class").key(id).key("contradiction").index(index);
                if VersionTest::parse(&one.version).is_none() {
                    let fault = no_version(self.file, &place.key("version"), &one.version);
                    self.faults.push(fault);
                }
                let each = one.products.iter().enumerate();
                let place = place.key("products");
                named.extend(each.map(|(index, product)| (place.index(index), product.as_str())));
            }
        }
        for (place, product) in named {
            // Facts may name products as they like: only what looks like a slip of the pen is one.
            let meant = super::error::alike(product, products.iter().copied());
            if let Some(meant) = meant.filter(|meant| *meant != product) {
                let message = format!("no [[version]] reads the version of `{product}`");
                self.tell(&place, message, format!("did you mean `{meant}`?"));
            }
        }
    }

    fn stages_exist(&mut self, place: &At<'_>, stages: &[String]) {
        let known: Vec<&str> = self.raw.stage.iter().map(|s| s.id.as_str()).collect();
        for (index, stage) in stages.iter().enumerate() {
            if !known.contains(&stage.as_str()) {
                let message = format!("there is no stage `{stage}`");
                let help = one_of(stage, known.iter().copied());
                self.tell(&place.index(index), message, help);
            }
        }
    }

    fn classes_exist(&mut self, place: &At<'_>, classes: &[String]) {
        let known: Vec<&str> = self.raw.class.keys().map(String::as_str).collect();
        for (index, class) in classes.iter().enumerate() {
            if !known.contains(&class.as_str()) {
                let message = format!("there is no class `{class}`");
                let help = one_of(class, known.iter().copied());
                self.tell(&place.index(index), message, help);
            }
        }
    }

    fn for_version(&mut self, place: &At<'_>, version: Option<&str>) {
        if ForVersion::parse(version).is_none() {
            let message = format!(
                "`{}` is no comparison with a version",
                version.unwrap_or_default()
            );
            let help = "write for example \">= 12.20\", or \"unknown\"";
            self.tell(place, message, help);
        }
    }

    fn checks(&mut self) {
        let raw = self.raw;
        for (index, check) in raw.check.iter().enumerate() {
            let place = at("check").index(index);
            self.stages_exist(&place.key("stages"), &check.stages);
            self.classes_exist(&place.key("classes"), &check.classes);
            self.classes_exist(&place.key("not_classes"), &check.not_classes);
            self.for_version(&place.key("version"), check.version.as_deref());
            for (at_class, class) in check.not_classes.iter().enumerate() {
                if check.classes.contains(class) {
                    let message = format!("`{class}` is one of `classes`, too");
                    let place = place.key("not_classes").index(at_class);
                    self.tell(&place, message, "take it out of one of the two");
                }
            }
        }
        for (index, one) in raw.remedy_for.iter().enumerate() {
            let place = at("remedy_for").index(index).key("stages");
            self.stages_exist(&place, &one.stages);
        }
        if let Some(mark) = &raw.host_mark {
            let place = at("host_mark").key("stage");
            self.stages_exist(&place, std::slice::from_ref(&mark.stage));
        }
        self.classes_exist(&at("offline").key("classes"), &raw.offline.classes);
        if !raw.lost_rule.is_empty() && !raw.stage.iter().any(|stage| stage.session) {
            let message = "there is no session that could be lost";
            let help = "write `session = true` at the last stage, or take it out";
            self.tell(&at("lost_rule"), message, help);
        }
        if !raw.token_refused.is_empty() && raw.token.is_empty() {
            let message = "nothing reads a token whose claims could explain a refusal";
            self.tell(
                &at("token_refused"),
                message,
                "add [[token]], or take it out",
            );
        }
        let says = !raw.offline.rule.is_empty();
        if says && raw.offline.alone.is_empty() && raw.offline.classes.is_empty() {
            let help = "give `alone` (rules that say so), or `classes` and `hosts`";
            self.tell(&at("offline"), "nothing shows that a PC is offline", help);
        }
        if says && !raw.stage.iter().any(|stage| stage.internet) {
            let message = "no stage is reached over the internet: `[offline]` never speaks";
            let help = "write `internet = true` at the stages that are, or take the table out";
            self.tell(&at("offline"), message, help);
        }
    }

    fn classes(&mut self) {
        for (id, class) in &self.raw.class {
            let place = at("class").key(id);
            self.class(&place, id, class);
        }
    }

    fn class(&mut self, place: &At<'_>, id: &str, class: &RawClass) {
        if let Some(stage) = &class.earliest {
            self.stages_exist(&place.key("earliest"), std::slice::from_ref(stage));
        }
        let known: Vec<&str> = self.raw.class.keys().map(String::as_str).collect();
        for (index, other) in class.explained_by.iter().enumerate() {
            let place = place.key("explained_by").index(index);
            let name = other.split('/').next().unwrap_or_default();
            if other == id {
                self.tell(&place, "a class does not explain itself", "take it out");
            } else if other != "*" && !known.contains(&name) {
                let message = format!("there is no class `{name}`");
                self.tell(&place, message, one_of(name, known.iter().copied()));
            }
        }
        let any = class.explained_by.iter().any(|other| other == "*");
        if any && class.explained_by.len() > 1 {
            let message = "`*` is any other class, and stands beside some";
            self.tell(
                &place.key("explained_by"),
                message,
                "write only `*`, or take it out",
            );
        }
        let has_session = self.raw.stage.iter().any(|stage| stage.session);
        if !class.cuts_session.is_empty() && !has_session {
            let message = "there is no session that could be cut";
            let help = "write `session = true` at the last stage, or take it out";
            self.tell(&place.key("cuts_session"), message, help);
        }
        if class.reached && class.unreached {
            let message = "a failure cannot show both that the other side answered and that it was not reached";
            self.tell(&place.key("unreached"), message, "take one of the two out");
        }
        for (index, advice) in class.advice.iter().enumerate() {
            let place = place.key("advice").index(index);
            self.stages_exist(&place.key("stages"), &advice.stages);
            self.for_version(&place.key("version"), advice.version.as_deref());
        }
    }

    fn texts(&mut self) {
        let raw = self.raw;
        let mut texts: Vec<(At<'_>, &str, &[&str])> = Vec::new();
        for (index, check) in raw.check.iter().enumerate() {
            let place = at("check").index(index);
            texts.push((place.key("en"), &check.en, &["port"]));
            texts.push((place.key("de"), &check.de, &["port"]));
        }
        let headline: &[&str] = &["number", "of", "stage", "title"];
        let words = [
            ("failed", &raw.words.failed, headline),
            ("lost", &raw.words.lost, headline),
            ("recovered", &raw.words.recovered, headline),
            ("recovered_later", &raw.words.recovered_later, &[]),
            ("healthy", &raw.words.healthy, &[]),
            ("insufficient", &raw.words.insufficient, &[]),
            ("repeat", &raw.words.repeat, &[]),
        ];
        for (key, text, known) in &words {
            if let Some(text) = text {
                let place = at("words").key(key);
                texts.push((place.key("en"), &text.en, known));
                texts.push((place.key("de"), &text.de, known));
            }
        }
        let mut plain = vec![(at("title"), &raw.title)];
        plain.extend(raw.raise_level.iter().map(|text| (at("raise_level"), text)));
        for (index, stage) in raw.stage.iter().enumerate() {
            let place = at("stage").index(index);
            plain.push((place.key("title"), &stage.title));
            plain.push((place.key("short"), &stage.short));
            plain.push((place.key("label"), &stage.label));
        }
        for (id, class) in &raw.class {
            plain.push((at("class").key(id).key("title"), &class.title));
        }
        for (place, text) in plain {
            texts.push((place.key("en"), &text.en, &[]));
            texts.push((place.key("de"), &text.de, &[]));
        }
        for (id, class) in &raw.class {
            let place = at("class").key(id);
            for (index, one) in class.contradiction.iter().enumerate() {
                let place = place.key("contradiction").index(index).key("text");
                texts.push((place.key("en"), &one.text.en, &["product", "version"]));
                texts.push((place.key("de"), &one.text.de, &["product", "version"]));
            }
            for (index, advice) in class.advice.iter().enumerate() {
                let place = place.key("advice").index(index);
                texts.push((place.key("en"), &advice.en, &template::ENDPOINT));
                texts.push((place.key("de"), &advice.de, &template::ENDPOINT));
            }
        }
        for (place, text, known) in texts {
            template::check(text, known, self.file, &place, self.faults);
        }
    }

    fn lists(&mut self) {
        let raw = self.raw;
        for (key, list) in [("names", &raw.ignore.names)] {
            for (index, glob) in list.iter().enumerate() {
                let place = at("ignore").key(key).index(index);
                self.glob(&place, glob, true);
                if glob.chars().all(|c| c == '*') {
                    let message = "this leaves out every file";
                    self.tell(&place, message, "name the files that are no traces");
                }
            }
        }
        for (index, glob) in raw.privacy.hosts.iter().enumerate() {
            self.glob(&at("privacy").key("hosts").index(index), glob, true);
        }
        for (index, folder) in raw.traces_folder.iter().enumerate() {
            if folder.path.matches('%').count() % 2 == 1 {
                let message = "a `%` is left open: an environment variable is written %NAME%";
                let place = at("traces_folder").index(index).key("path");
                self.tell(&place, message, "close it, or take it out");
            }
            if folder.only_programs && raw.program.is_empty() {
                let message = "there is no program whose files could be taken";
                let place = at("traces_folder").index(index).key("only_programs");
                self.tell(&place, message, "add a [[program]], or take it out");
            }
        }
    }

    /// Characters that other programs take for wildcards, and this one does not.
    fn glob(&mut self, place: &At<'_>, glob: &str, stars: bool) {
        let odd = glob.find(|c| matches!(c, '?' | '[' | ']' | '{' | '}') || c == '*' && !stars);
        if let Some(byte) = odd {
            let message = format!(
                "`{}` stands for itself here and is no wildcard",
                &glob[byte..=byte]
            );
            let help = if stars {
                "`*` stands for anything; there is no other wildcard"
            } else {
                "write only how the name begins: there are no wildcards"
            };
            let fault = self.file.fault_in(place, byte, message, help);
            self.faults.push(fault);
        }
    }
}

/// The rules of a catalog, by what other files may name of them.
#[derive(Debug, Default)]
pub struct Known {
    /// Ids, those of faulty files too.
    pub rules: BTreeSet<String>,
    /// The causes of each class; `None` where a rule of the class has faults, so that its cause is not known.
    pub causes: BTreeMap<String, Option<BTreeSet<String>>>,
}

impl Known {
    /// A fault, if no such rule is there.
    pub fn rule(&self, id: &str, file: &Document<'_>, place: &At<'_>, faults: &mut Vec<Fault>) {
        if !self.rules.contains(id) {
            let help = match super::error::alike(id, self.rules.iter().map(String::as_str)) {
                Some(other) => format!("did you mean `{other}`?"),
                None => "the id of a rule is <class>/<file name without .toml>".to_owned(),
            };
            faults.push(file.fault(place, format!("there is no rule `{id}`"), help));
        }
    }

    /// A fault, if no rule of the class has that cause.
    pub fn cause(
        &self,
        class: &str,
        cause: &str,
        file: &Document<'_>,
        place: &At<'_>,
        faults: &mut Vec<Fault>,
    ) {
        let none = Some(BTreeSet::new());
        let Some(causes) = self.causes.get(class).unwrap_or(&none) else {
            return;
        };
        if !causes.contains(cause) {
            let message = format!("no rule of the class `{class}` has the cause `{cause}`");
            let help = one_of(cause, causes.iter().map(String::as_str));
            faults.push(file.fault(place, message, help));
        }
    }
}

/// All faults of what a user's own chain says of rules, and of facts that nothing uses.
pub fn of_rules(
    path: &str,
    text: &str,
    known: &Known,
    uses: Option<&Uses>,
    faults: &mut Vec<Fault>,
) {
    let Ok((raw, file, _)) = super::error::read::<RawChain>(path, text, Proof::Needed) else {
        return;
    };
    for (index, mark) in raw.named.iter().enumerate() {
        if uses.is_some_and(|uses| !uses.recast.iter().any(|recast| recast.fact == mark.fact)) {
            let message = format!("nothing uses a fact `{}` that a trace names", mark.fact);
            let help = "add a [[recast]] of it to fact-uses.toml, or take it out";
            faults.push(file.fault(&at("named").index(index).key("fact"), message, help));
        }
    }
    if !raw.lost_rule.is_empty() {
        known.rule(&raw.lost_rule, &file, &at("lost_rule"), faults);
    }
    if !raw.offline.rule.is_empty() {
        known.rule(&raw.offline.rule, &file, &at("offline").key("rule"), faults);
    }
    for (index, id) in raw.offline.alone.iter().enumerate() {
        known.rule(id, &file, &at("offline").key("alone").index(index), faults);
    }
    for (index, id) in raw.token_refused.iter().enumerate() {
        known.rule(id, &file, &at("token_refused").index(index), faults);
    }
    for (id, class) in &raw.class {
        let place = at("class").key(id);
        for (index, other) in class.explained_by.iter().enumerate() {
            if let Some((class, cause)) = other.split_once('/')
                && raw.class.contains_key(class)
            {
                let place = place.key("explained_by").index(index);
                known.cause(class, cause, &file, &place, faults);
            }
        }
        let cuts = class.cuts_session.iter().enumerate();
        let cuts = cuts.map(|(index, cause)| (place.key("cuts_session").index(index), cause));
        let answered = class.answered.iter().enumerate();
        let answered = answered.map(|(index, cause)| (place.key("answered").index(index), cause));
        let advice = class
            .advice
            .iter()
            .enumerate()
            .flat_map(|(at_advice, one)| {
                let place = place.key("advice").index(at_advice).key("causes");
                let causes = one.causes.iter().enumerate();
                causes.map(move |(index, cause)| (place.index(index), cause))
            });
        for (place, cause) in cuts.chain(answered).chain(advice) {
            if cause != "*" {
                known.cause(id, cause, &file, &place, faults);
            }
        }
    }
}
