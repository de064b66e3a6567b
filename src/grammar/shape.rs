//! Holds a grammar file against the JSON Schema of its kind, the one that `swyxtrace schema` prints: every key, type and
//! fixed word that is wrong is told at its place, all at once. What is wrong is then replaced by something that has the
//! right shape, so that the rest of the file can be judged in the same run.

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeArray, DeString, DeTable, DeValue};

use super::condition::list;
use super::error::{Fault, alike};

/// The span of what stands in for something that is wrong: behind the end of any text.
const NOWHERE: std::ops::Range<usize> = usize::MAX..usize::MAX;
/// Deepest nesting that is looked at.
const DEPTH: usize = 64;

/// All that is wrong with the shape of a file; what is wrong is replaced in `root`.
pub fn faults(
    path: &str,
    text: &str,
    schema: &Value,
    root: &mut Spanned<DeTable<'_>>,
) -> Vec<Fault> {
    let mut walk = Walk {
        path,
        text,
        defs: &schema["$defs"],
        faults: Vec::new(),
    };
    walk.table(schema, 0..0, root.get_mut(), 0);
    walk.faults
}

struct Walk<'a> {
    path: &'a str,
    text: &'a str,
    defs: &'a Value,
    faults: Vec<Fault>,
}

impl<'a> Walk<'a> {
    fn tell(&mut self, span: std::ops::Range<usize>, message: String, help: String) {
        let fault = Fault::at(self.path, self.text, span, message, help);
        self.faults.push(fault);
    }

    /// The schema that a reference means.
    fn resolved(&self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
            Some(name) => &self.defs[name],
            None => schema,
        }
    }

    /// The schemas of which a value has to fit one, without "nothing", which TOML cannot write.
    fn ways(&self, schema: &'a Value) -> Vec<&'a Value> {
        let schema = self.resolved(schema);
        match schema["anyOf"].as_array() {
            Some(ways) => ways
                .iter()
                .filter(|way| way["type"] != "null")
                .flat_map(|way| self.ways(way))
                .collect(),
            None => vec![schema],
        }
    }

    /// The first of these that a value fits by its kind.
    fn way(&self, schema: &'a Value, value: &DeValue<'_>) -> Option<&'a Value> {
        let schema = self.resolved(schema);
        match schema["anyOf"].as_array() {
            Some(ways) => ways.iter().find_map(|way| self.way(way, value)),
            None => has_kind(schema, value).then_some(schema),
        }
    }

    fn value(
        &mut self,
        schema: &'a Value,
        key: &str,
        value: &mut Spanned<DeValue<'_>>,
        depth: usize,
    ) {
        let span = value.span();
        let Some(way) = self.way(schema, value.get_ref()) else {
            let ways = self.ways(schema);
            let kinds: Vec<String> = ways.iter().map(|way| kind(way)).collect();
            let message = format!(
                "`{key}` is {}, and must be {}",
                what(value.get_ref()),
                kinds.join(" or ")
            );
            self.tell(span, message, example(key, &ways));
            *value = Spanned::new(NOWHERE, self.stand_in(schema, 0));
            return;
        };
        if depth > DEPTH {
            return;
        }
        let mut wrong = None;
        match value.get_mut() {
            DeValue::String(text) => {
                let words = words(way);
                if !words.is_empty() && !words.contains(&text.as_ref()) {
                    let help = match alike(text, words.iter().copied()) {
                        Some(word) => format!("did you mean `{word}`?"),
                        None => format!("use one of: {}", list(words.iter().copied())),
                    };
                    wrong = Some((format!("`{key}` cannot be `{text}`"), help));
                } else if (way["minLength"] == 1 || way["pattern"].is_string())
                    && text.trim().is_empty()
                {
                    // What else a pattern asks for is told in words, where the value is judged.
                    wrong = Some((
                        format!("`{key}` is empty"),
                        "fill it in, or take it out where it may be missing".to_owned(),
                    ));
                }
            }
            DeValue::Integer(number) => {
                let number = i64::from_str_radix(number.as_str(), number.radix());
                let least = way["minimum"].as_i64().unwrap_or(i64::MIN);
                let most = way["maximum"].as_i64().unwrap_or(i64::MAX);
                if !number.is_ok_and(|number| (least..=most).contains(&number)) {
                    let most = way["maximum"].as_i64();
                    let most = most.map_or_else(|| "any".to_owned(), |most| most.to_string());
                    wrong = Some((
                        format!("`{key}` is a number out of its range"),
                        format!("it is from {least} to {most}"),
                    ));
                }
            }
            DeValue::Array(all) => {
                let least = way["minItems"].as_u64().unwrap_or(0) as usize;
                let most = way["maxItems"]
                    .as_u64()
                    .map_or(usize::MAX, |most| most as usize);
                if all.len() < least || all.len() > most {
                    let (message, help) = if all.is_empty() {
                        (
                            format!("`{key}` is an empty list, which means nothing"),
                            "give at least one value, or take the key out".to_owned(),
                        )
                    } else {
                        (
                            format!("`{key}` has {} values", all.len()),
                            format!("it has {least}"),
                        )
                    };
                    self.tell(span.clone(), message, help);
                    if least == most {
                        wrong = Some((String::new(), String::new()));
                    }
                }
                // A list of as many values as it must have may repeat one: a range from 5 to 5.
                if least != most && all.len() > 1 {
                    self.twice(key, all);
                }
                let items = &way["items"];
                if items.is_object() {
                    for item in all.iter_mut() {
                        self.value(items, key, item, depth + 1);
                    }
                }
            }
            DeValue::Table(table) => {
                if table.is_empty() && way["additionalProperties"].is_object() {
                    let message = format!("`{key}` is an empty table, which means nothing");
                    let help = "give at least one key, or take it out".to_owned();
                    self.tell(span.clone(), message, help);
                }
                self.table(way, span.clone(), table, depth + 1);
            }
            _ => {}
        }
        if let Some((message, help)) = wrong {
            if !message.is_empty() {
                self.tell(span, message, help);
            }
            *value = Spanned::new(NOWHERE, self.stand_in(way, 0));
        }
    }

    /// Values that a list has twice.
    fn twice(&mut self, key: &str, all: &[Spanned<DeValue<'_>>]) {
        let texts: Option<Vec<&str>> = all.iter().map(|one| one.get_ref().as_str()).collect();
        if texts.is_some_and(|mut texts| {
            texts.sort_unstable();
            texts.windows(2).all(|two| two[0] != two[1])
        }) {
            return;
        }
        let mut seen: Vec<String> = Vec::new();
        for one in all {
            let plain = plain(one.get_ref());
            if seen.contains(&plain) {
                let (message, help) = match one.get_ref() {
                    DeValue::Table(_) => (
                        format!("this [[{key}]] is the same as one above it"),
                        "take it out".to_owned(),
                    ),
                    _ => (
                        format!("`{key}` has this value already"),
                        "once is enough".to_owned(),
                    ),
                };
                self.tell(one.span(), message, help);
            }
            seen.push(plain);
        }
    }

    fn table(
        &mut self,
        schema: &'a Value,
        span: std::ops::Range<usize>,
        table: &mut DeTable<'_>,
        depth: usize,
    ) {
        let known = schema["properties"].as_object();
        let names = || known.into_iter().flatten().map(|(name, _)| name.as_str());
        let more = &schema["additionalProperties"];
        let mut meant = Vec::new();
        let mut unknown = Vec::new();
        for (name, value) in table.iter_mut() {
            let name_span = name.span();
            let name = name.get_ref().clone().into_owned();
            if let Some(schema) = known.and_then(|known| known.get(&name)) {
                self.value(schema, &name, value, depth);
            } else if more.is_object() {
                self.value(more, &name, value, depth);
            } else if *more == false {
                let wanted = alike(&name, names());
                let help = match wanted {
                    Some(other) => format!("did you mean `{other}`?"),
                    None => format!("the keys here are: {}", list(names())),
                };
                let wanted = wanted.map(str::to_owned);
                meant.extend(wanted.clone());
                self.tell(name_span, format!("there is no key `{name}` here"), help);
                unknown.push((name, wanted));
            }
        }
        for (name, wanted) in unknown {
            let value = table.remove(name.as_str());
            // What was misspelt is judged as what was meant.
            if let Some((wanted, mut value)) = wanted.zip(value)
                && !table.contains_key(wanted.as_str())
                && let Some(schema) = known.and_then(|known| known.get(&wanted))
            {
                self.value(schema, &wanted, &mut value, depth);
                table.insert(Spanned::new(value.span(), DeString::from(wanted)), value);
            }
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            let Some(name) = name.as_str().filter(|name| !table.contains_key(*name)) else {
                continue;
            };
            let wanted = &schema["properties"][name];
            // A key that was misspelt is missing, too; that was said.
            if !meant.iter().any(|other| other == name) {
                let ways = self.ways(wanted);
                let about = wanted["description"].as_str().unwrap_or_default();
                let example = example(name, &ways);
                let help = format!("{example} ({})", about.trim_end_matches('.'));
                let help = if about.is_empty() { example } else { help };
                self.tell(span.clone(), format!("the key `{name}` is missing"), help);
            }
            let key = Spanned::new(NOWHERE, DeString::from(name.to_owned()));
            let value = Spanned::new(NOWHERE, self.stand_in(wanted, 0));
            table.insert(key, value);
        }
    }

    /// Something of the right shape.
    fn stand_in<'v>(&self, schema: &'a Value, depth: usize) -> DeValue<'v> {
        let Some(way) = self.ways(schema).first().copied() else {
            return DeValue::String(DeString::from(""));
        };
        let first = kinds(way).into_iter().find(|kind| *kind != "null");
        match first {
            Some("array") => {
                let mut all = DeArray::new();
                for _ in 0..way["minItems"].as_u64().unwrap_or(0).min(4) {
                    all.push(Spanned::new(
                        NOWHERE,
                        self.stand_in(&way["items"], depth + 1),
                    ));
                }
                DeValue::Array(all)
            }
            Some("boolean") => DeValue::Boolean(false),
            Some("integer") => DeValue::Integer(toml::de::DeInteger::default()),
            Some("object") => {
                let mut table = DeTable::new();
                let required = way["required"].as_array().into_iter().flatten();
                for name in required.filter_map(Value::as_str) {
                    if depth > DEPTH {
                        break;
                    }
                    let inside = self.stand_in(&way["properties"][name], depth + 1);
                    let key = Spanned::new(NOWHERE, DeString::from(name.to_owned()));
                    table.insert(key, Spanned::new(NOWHERE, inside));
                }
                DeValue::Table(table)
            }
            _ => {
                let word = words(way).first().map_or("", |word| *word);
                DeValue::String(DeString::from(word.to_owned()))
            }
        }
    }
}

/// How the key might be written.
fn example(key: &str, ways: &[&Value]) -> String {
    let Some(way) = ways.first() else {
        return String::new();
    };
    match way["type"].as_str() {
        Some("object") => {
            let required = way["required"].as_array().into_iter().flatten();
            let keys: Vec<&str> = required.filter_map(Value::as_str).collect();
            match keys.as_slice() {
                [] => format!("write a table: {key} = {{ … }}"),
                keys => format!("write a table: {key} = {{ {} = … }}", keys.join(" = …, ")),
            }
        }
        Some("array") => format!("write a list: {key} = [ … ]"),
        Some("boolean") => format!("write {key} = true, or take the key out"),
        Some("integer") => format!("write a number: {key} = 1"),
        _ => {
            let words = words(way);
            if words.is_empty() {
                format!("write a text: {key} = \"…\"")
            } else {
                format!("use one of: {}", list(words.into_iter()))
            }
        }
    }
}

/// A value without its places, to compare it.
fn plain(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{text:?}"),
        DeValue::Integer(number) => format!("{number}"),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(is) => is.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(all) => {
            let all: Vec<String> = all.iter().map(|one| plain(one.get_ref())).collect();
            format!("[{}]", all.join(","))
        }
        DeValue::Table(table) => {
            let all = table.iter();
            let all: Vec<String> = all
                .map(|(key, value)| format!("{}={}", key.get_ref(), plain(value.get_ref())))
                .collect();
            format!("{{{}}}", all.join(","))
        }
    }
}

/// The fixed words of a schema.
fn words(schema: &Value) -> Vec<&str> {
    let listed = schema["enum"].as_array().into_iter().flatten();
    let each = schema["oneOf"].as_array().into_iter().flatten();
    let each = each.flat_map(|one| {
        let listed = one["enum"].as_array().into_iter().flatten();
        std::iter::once(&one["const"]).chain(listed)
    });
    listed.chain(each).filter_map(Value::as_str).collect()
}

fn kinds(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ if schema["oneOf"].is_array() => vec!["string"],
        _ => Vec::new(),
    }
}

fn has_kind(schema: &Value, value: &DeValue<'_>) -> bool {
    let own = match value {
        DeValue::String(_) => "string",
        DeValue::Integer(_) => "integer",
        DeValue::Boolean(_) => "boolean",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
        DeValue::Float(_) | DeValue::Datetime(_) => "number",
    };
    match &schema["type"] {
        Value::String(kind) => kind == own,
        Value::Array(kinds) => kinds.is_empty() || kinds.iter().any(|kind| kind == own),
        _ => !schema["oneOf"].is_array() || own == "string",
    }
}

fn kind(schema: &Value) -> String {
    let kind = kinds(schema).into_iter().find(|kind| *kind != "null");
    match kind {
        Some("string") => "a text",
        Some("integer") => "a whole number",
        Some("boolean") => "true or false",
        Some("array") => "a list",
        _ => "a table",
    }
    .to_owned()
}

fn what(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
