//! JSON lines: which keys hold what, and the text that rules see.

use super::format_raw::RawJson;
use crate::model::Span;
use crate::syntax::Fields;
use crate::syntax::json::{self, Kind, Member};
use crate::syntax::program::Tables;

/// Names of keys; of each list the first that is there counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonKeys {
    time: Vec<String>,
    level: Vec<String>,
    message: Vec<String>,
    logger: Vec<String>,
    thread: Vec<String>,
    stack: Vec<String>,
    require: Vec<String>,
    /// True if a time that cannot be read makes the record one without a time.
    lenient: bool,
}

/// The usual keys of the level.
pub const LEVEL: [&str; 7] = [
    "level",
    "severity",
    "lvl",
    "levelname",
    "Level",
    "LogLevel",
    "s",
];
/// The usual keys of the message.
pub const MESSAGE: [&str; 7] = ["message", "msg", "Message", "text", "log", "event", "error"];

/// What was learned of the keys of a source.
#[derive(Debug, Clone, Default)]
pub struct LearnedKeys {
    /// Where the time stands: `time`, or `t.$date` one level down.
    pub time: String,
    /// Where the level stands, if at none of [`LEVEL`].
    pub level: Option<String>,
    /// Where the message stands, if at none of [`MESSAGE`].
    pub message: Option<String>,
}

/// A value and the rank of its key in the list that names it.
type Ranked = Option<(usize, Member)>;

impl JsonKeys {
    /// From a file.
    pub fn new(raw: &RawJson) -> Self {
        Self {
            time: raw.time.clone(),
            level: raw.level.clone(),
            message: raw.message.clone(),
            logger: raw.logger.clone(),
            thread: raw.thread.clone(),
            stack: raw.stack.clone(),
            require: raw.require.clone(),
            lenient: false,
        }
    }

    /// The usual keys, with those of the source itself: the time at a place that was learned, and keys for level and message
    /// that stand in its lines where none of the usual ones does.
    pub fn learned(keys: LearnedKeys) -> Self {
        let list = |usual: &[&str], own: Option<String>| {
            let usual = usual.iter().map(|k| (*k).to_owned());
            usual.chain(own).collect()
        };
        Self {
            time: vec![keys.time],
            level: list(&LEVEL, keys.level),
            message: list(&MESSAGE, keys.message),
            logger: list(
                &[
                    "logger",
                    "logger_name",
                    "name",
                    "component",
                    "category",
                    "c",
                ],
                None,
            ),
            thread: list(&["thread", "thread_name", "threadId", "tid"], None),
            stack: list(
                &[
                    "stack",
                    "stack_trace",
                    "stacktrace",
                    "exception",
                    "Exception",
                ],
                None,
            ),
            require: Vec::new(),
            lenient: true,
        }
    }

    /// The same keys as a file has them: a time that cannot be read makes the line none of it.
    pub fn strict(&self) -> Self {
        Self {
            lenient: false,
            ..self.clone()
        }
    }

    /// The keys of one list, for a format file.
    pub fn lists(&self) -> [(&'static str, &[String]); 7] {
        [
            ("time", &self.time),
            ("level", &self.level),
            ("message", &self.message),
            ("logger", &self.logger),
            ("thread", &self.thread),
            ("stack", &self.stack),
            ("require", &self.require),
        ]
    }

    /// True if there are keys for the time.
    pub fn is_stamped(&self) -> bool {
        !self.time.is_empty()
    }

    /// True if there are keys for the level.
    pub fn has_level(&self) -> bool {
        !self.level.is_empty()
    }

    /// Reads a line: an object with a message, or with a time and a level, and nothing in it that contradicts.
    pub fn read(&self, line: &[u8], tables: Tables<'_>) -> Option<Fields> {
        // A text or a bracket at the start is what most lines fail by; an object costs a walk.
        if line.trim_ascii_start().first() != Some(&b'{') {
            return None;
        }
        let [mut time, mut level, mut message, mut logger, mut thread]: [Ranked; 5] = [None; 5];
        let mut required = 0;
        let mut parent = Span::default();
        let whole = json::walk(line, |member| {
            let key = member.key.of(line);
            if member.depth == 1 {
                parent = member.key;
            } else if member.depth == 2 {
                // `t.$date` is the member `$date` of the object `t`.
                rank_nested(&self.time, parent.of(line), key, member, &mut time);
                return;
            } else {
                return;
            }
            rank(&self.time, key, member, &mut time);
            rank(&self.level, key, member, &mut level);
            rank(&self.message, key, member, &mut message);
            rank(&self.logger, key, member, &mut logger);
            rank(&self.thread, key, member, &mut thread);
            required += usize::from(self.require.iter().any(|k| k.as_bytes() == key));
        });
        if !whole || required < self.require.len() {
            return None;
        }
        let mut fields = Fields {
            logger: span(logger),
            thread: span(thread),
            message: span(message).unwrap_or_default(),
            ..Fields::default()
        };
        if let Some((_, member)) = time {
            let value = member.value.of(line);
            let read = |stamp: &crate::syntax::stamp::Stamp| {
                stamp.read(value, 0).filter(|(_, end)| *end == value.len())
            };
            fields.time = tables.stamps.iter().find_map(read).map(|(time, _)| time);
            fields.stamp = fields.time.map(|_| member.value);
            if fields.time.is_none() && !self.lenient {
                return None;
            }
        }
        if let Some((_, member)) = level {
            fields.level = tables.levels.get(member.value.of(line));
            if fields.level.is_none() && !tables.any_level {
                return None;
            }
        }
        let told = message.is_some() || level.is_some() || self.lenient;
        (told && (self.time.is_empty() || time.is_some() || message.is_some())).then_some(fields)
    }

    /// Message and stack as they were before escaping, then all other texts and numbers as `key: value`, one a line.
    pub fn text(&self, line: &[u8]) -> Option<Vec<u8>> {
        let [mut message, mut stack]: [Ranked; 2] = [None; 2];
        let whole = json::walk(line, |member| {
            if member.depth == 1 && member.kind == Kind::Text {
                let key = member.key.of(line);
                rank(&self.message, key, member, &mut message);
                rank(&self.stack, key, member, &mut stack);
            }
        });
        if !whole {
            return None;
        }
        let mut out = Vec::with_capacity(line.len());
        for value in [span(message), span(stack)].into_iter().flatten() {
            begin_line(&mut out);
            json::unescape(value.of(line), &mut out);
        }
        let shown = [span(message), span(stack)];
        json::walk(line, |member| {
            let key = member.key.of(line);
            let known = member.depth == 1 && (is_in(&self.time, key) || is_in(&self.level, key));
            if known || shown.contains(&Some(member.value)) {
                return;
            }
            if matches!(member.kind, Kind::Text | Kind::Number) && !member.value.of(line).is_empty()
            {
                begin_line(&mut out);
                if !key.is_empty() {
                    json::unescape(key, &mut out);
                    out.extend_from_slice(b": ");
                }
                json::unescape(member.value.of(line), &mut out);
            }
        });
        Some(out)
    }
}

fn begin_line(out: &mut Vec<u8>) {
    if !out.is_empty() {
        out.push(b'\n');
    }
}

fn is_in(keys: &[String], key: &[u8]) -> bool {
    keys.iter().any(|k| k.as_bytes() == key)
}

/// Keeps the member if its key stands in the list before the key of the member that is kept so far.
fn rank(keys: &[String], key: &[u8], member: &Member, best: &mut Ranked) {
    let Some(rank) = keys.iter().position(|k| k.as_bytes() == key) else {
        return;
    };
    let usable = matches!(member.kind, Kind::Text | Kind::Number);
    if usable && best.is_none_or(|(known, _)| rank < known) {
        *best = Some((rank, *member));
    }
}

fn rank_nested(keys: &[String], parent: &[u8], key: &[u8], member: &Member, best: &mut Ranked) {
    if key.is_empty() {
        return;
    }
    let is_path = |path: &String| {
        let parts = path.split_once('.');
        parts.is_some_and(|(p, k)| p.as_bytes() == parent && k.as_bytes() == key)
    };
    if let Some(rank) = keys.iter().position(is_path) {
        let usable = matches!(member.kind, Kind::Text | Kind::Number);
        if usable && best.is_none_or(|(known, _)| rank < known) {
            *best = Some((rank, *member));
        }
    }
}

fn span(found: Ranked) -> Option<Span> {
    found.map(|(_, member)| member.value)
}
