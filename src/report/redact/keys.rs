//! Where a key stands that names a secret, with what follows it.
//!
//! There are many keys, and a search for all of them at every place makes states of an automaton that are large and cost more
//! than a report's few texts. So the places are found by how keys begin, and the expression is tried where one may.

use std::ops::Range;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::LazyLock;

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::NFA;
use regex_automata::nfa::thompson::backtrack::{self, BoundedBacktracker};
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::util::captures::Captures;
use regex_automata::util::pool::Pool;
use regex_automata::{Anchored, Input};

/// ASCII where it can be, as that is smaller.
const KEY: &str = concat!(
    r"(?i-u)(?<key>(?:one[ _-]?time|einmal)[ _-]?(?:code|passwor[dt]|kennwort|pin)",
    r"|(?:verification|best(?u:ä)tigungs|bestaetigungs|zugangs|freigabe|konferenz|anmelde|einwahl|zutritts|t(?u:ü)r|access|conference|meeting|dial-?in|sicherheits|security|activation|aktivierungs|confirmation|freischalt|recovery|backup|pairing|geheim|pass|pin|2fa|mfa|sms|otp|auth)[ _-]?code",
    r"|(?:passwor[dt]|passwd|kennwort|pwd|wachtwoord|mot[ _]?de[ _]?passe|contrase(?:(?u:ñ)|n)a)(?:hash|text|value|plain|box|field|again|repeat|[_-]?(?:confirm(?:ation)?|hash|[0-9]{1,2}))?",
    r"|geheimnis|geheimwort|codewort|geheim|schl(?u:ü)sselwort|sitzungs[ _-]?id|schl(?u:ü)sselinhalt|key[ _-]?content|wiederherstellungsschl(?u:ü)ssel|recovery[ _-]?key|ntlm[_-]?hash|passw(?:(?u:ö)|o)rter|passwords|kennw(?u:ö)rter|kennw\.?|pw\.",
    r"|pass[ _-]?phrase|pswd|psw|pass|pw|(?:ticket|jwt|auth|(?:client[_-]?)?assertion|code[_-]?verifier|samlresponse)",
    r"|(?:shared[ _-]?)?secret(?:[_-]?key)?|psk|securestring|security answer|sicherheitsantwort",
    r"|(?:api|wpa2?|wlan|access|account|private|pre-?shared|subscription|functions|encryption|session|signing|lizenz|licen[sc]e|product)[_ -]?key",
    r"|(?:lizenz|produkt|aktivierungs|zugriffs|zugangs|sitzungs|sicherheits|api-?|wlan-?|geheimer )?schl(?:(?u:ü)|ue)ssel|sharedaccesssignature",
    r"|token(?:[_-]?hint)?|session[_-]?(?:id|state)|sid|id|sig(?:nature)?|credentials?|anmeldedaten|zugangsdaten|login|code|pin(?:[ _-]?(?:nummer|number))?|tan|otp|key)",
    // `key = value`, also with what is written around one: `key[x]`, `key.Value`, `key (neu)`, `key . . . . :`.
    r#"(?:(?<quote>\\*["']["']?|%(?:25)*2[27]|&quot;|&#3[49];|\\+u002[27])?(?:\]|\[[a-z0-9_]*\]|\.(?:value|text|new|old))?(?:[ .]*\.)?(?:[ \t+]|%(?:25)*20)*(?:\((?<note>[a-z0-9_ .@-]*)\)[ \t]*)?"#,
    r#"(?<mark>==?>|-+>|(?u:→)|:=|==?|:|(?:-|(?u:–|—))[ \t]|\||(?<encoded>%(?:25)*3[ad])|\\+(?:u003[ad]|x3[ad])|&#(?:61|58|x3[ad]);)(?:[ \t]|%(?:25)*20)*"#,
    // `"key", "value": x`, `key: 'password', value: 'x'`, `name: password` over `value: x`.
    r#"|(?:(?:\\*["']|&quot;)[,; \t\r\n]*|[,; \t\r\n]+)(?:\\*["'][a-z0-9_]{1,20}\\*["'][ \t]*:[ \t]*\\*["'](?u:[^"'\\]{0,40})\\*["'][ \t]*,[ \t]*)?(?:\\*["'])?value(?:\\*["'])?[ \t]*[:=][ \t]*"#,
    r#"|(?<list>\\*["'][ \t]*[,;][ \t]*(?:s:[0-9]+:)?\\*["'])|(?<form>["']\r?\n\r?\n)|[ \t]+REG_[a-z_]+[ \t]+"#,
    r"|(?<tuple>[ \t]*,[ \t]*)|[ \t]*(?<bracket>[(\[{<])|(?<blank>[ \t]+(?:\.\.+[ \t]+)?))"
);

/// How keys begin: three bytes, of which a `=` stands for all that have no [kind] of their own.
const STARTS: &[&str] = &[
    "2fa", "acc", "act", "akt", "anm", "api", "ass", "aut", "bac", "bes", "cli", "cod", "con",
    "cre", "dia", "ein", "enc", "fre", "fun", "geh", "jwt", "ken", "key", "kon", "lic", "liz",
    "log", "mee", "mfa", "mot", "ntl", "one", "otp", "pai", "pas", "pin", "pre", "pri", "pro",
    "psk", "psw", "pwd", "rec", "sam", "sch", "sec", "ses", "sha", "sic", "sid", "sig", "sit",
    "sms", "sub", "tan", "tic", "tok", "tü", "ver", "wac", "wie", "wla", "wpa", "zug", "zut",
    "id ", "id-", "id=", "pw ", "pw-", "pw=",
];

/// Bytes are told apart as far as keys need it.
const KINDS: usize = 64;
const OTHER: usize = KINDS - 1;

/// The parts of what is found, in their order; a look-up by name in the expression takes longer than the search.
const PARTS: [&str; 10] = [
    "key", "quote", "note", "mark", "encoded", "list", "form", "tuple", "bracket", "blank",
];

type Caches = (Cache, backtrack::Cache);
type NewCache = Box<dyn Fn() -> Caches + Send + Sync + UnwindSafe + RefUnwindSafe>;

struct Keys {
    nfa: NFA,
    dfa: DFA,
    backtracker: BoundedBacktracker,
    caches: Pool<Caches, NewCache>,
    /// A bit for each three kinds of bytes with which a key may begin.
    starts: Box<[u64]>,
    kinds: [u8; 256],
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::new(STARTS));

/// Compiles the expression for keys.
pub fn prepare() {
    LazyLock::force(&KEYS);
}

/// The first key at or behind `from`, and what stands behind it.
pub fn find(text: &str, from: usize) -> Option<Found<'_>> {
    let groups = KEYS.find(text, from)?;
    Some(Found { text, groups })
}

/// A key, what stands behind it, and their parts by name.
pub struct Found<'t> {
    text: &'t str,
    groups: Captures,
}

impl<'t> Found<'t> {
    /// Where it is.
    pub fn place(&self) -> Option<Range<usize>> {
        self.groups.get_match().map(|all| all.range())
    }

    /// Where a part is.
    pub fn part(&self, name: &str) -> Option<Range<usize>> {
        let number = PARTS.iter().position(|part| *part == name)? + 1;
        self.groups.get_group(number).map(|part| part.range())
    }

    /// A part.
    pub fn named(&self, name: &str) -> Option<&'t str> {
        self.part(name).map(|part| &self.text[part])
    }
}

/// A letter in either case, a digit, and the byte with which umlauts begin, each for itself.
fn kind(byte: u8) -> usize {
    match byte {
        b'a'..=b'z' => usize::from(byte - b'a'),
        b'A'..=b'Z' => usize::from(byte - b'A'),
        b'0'..=b'9' => 26 + usize::from(byte - b'0'),
        0xc3 => 36,
        b' ' => 37,
        b'_' => 38,
        b'-' => 39,
        _ => OTHER,
    }
}

impl Keys {
    fn new(begin: &[&str]) -> Self {
        let nfa = NFA::compiler().build(KEY).expect("a fixed regex");
        let config = DFA::config().skip_cache_capacity_check(true);
        let dfa = DFA::builder().configure(config).build_from_nfa(nfa.clone());
        let dfa = dfa.expect("a fixed regex");
        let own = dfa.clone();
        let backtracker = BoundedBacktracker::new_from_nfa(nfa.clone()).expect("a fixed regex");
        let machine = backtracker.clone();
        let new: NewCache = Box::new(move || (own.create_cache(), machine.create_cache()));
        let mut starts = vec![0_u64; KINDS * KINDS * KINDS / 64].into_boxed_slice();
        for text in begin {
            let place = (text.bytes()).fold(0, |place, byte| place * KINDS + kind(byte));
            starts[place / 64] |= 1 << (place % 64);
        }
        let mut kinds = [0; 256];
        (0..=u8::MAX).for_each(|byte| kinds[usize::from(byte)] = kind(byte) as u8);
        Self {
            nfa,
            dfa,
            backtracker,
            caches: Pool::new(new),
            starts,
            kinds,
        }
    }

    /// The places at or behind `from` where a key may begin.
    fn places<'t>(&self, text: &'t [u8], from: usize) -> impl Iterator<Item = usize> + use<'t, '_> {
        let mut last = 0;
        let behind = text.get(from..).unwrap_or_default().iter();
        let ends = (from..).zip(behind).filter_map(move |(at, byte)| {
            last = (last * KINDS + usize::from(self.kinds[usize::from(*byte)]))
                % (KINDS * KINDS * KINDS);
            self.is_start(last).then_some(at)
        });
        // Before the third byte there is no place.
        ends.filter_map(move |at| at.checked_sub(2).filter(|start| *start >= from))
    }

    /// True if a key may begin with these three kinds.
    fn is_start(&self, place: usize) -> bool {
        self.starts[place / 64] >> (place % 64) & 1 == 1
    }

    fn find(&self, text: &str, from: usize) -> Option<Captures> {
        let mut places = self.places(text.as_bytes(), from).peekable();
        places.peek()?;
        let mut cache = self.caches.get();
        let (cache, stack) = &mut *cache;
        places.find_map(|start| {
            let input = Input::new(text).anchored(Anchored::Yes).range(start..);
            let end = match self.dfa.try_search_fwd(cache, &input) {
                Ok(found) => found?.offset(),
                // It never gives up as it is made; then the others would find it.
                Err(_) => text.len(),
            };
            self.groups(stack, &input.range(start..end))
        })
    }

    /// The parts of what is found there.
    fn groups(&self, stack: &mut backtrack::Cache, input: &Input<'_>) -> Option<Captures> {
        let mut found = Captures::all(self.nfa.group_info().clone());
        let done = self
            .backtracker
            .try_captures(stack, input.clone(), &mut found);
        if done.is_ok() {
            return found.is_match().then_some(found);
        }
        let machine = PikeVM::new_from_nfa(self.nfa.clone()).ok()?;
        machine.captures(&mut machine.create_cache(), input.clone(), &mut found);
        found.is_match().then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regex::Regex;

    /// The three bytes, in lower case, with which something may begin that the expression finds.
    fn starts() -> Vec<Vec<u8>> {
        let keys = Keys::new(&[]);
        let mut cache = keys.dfa.create_cache();
        let input = Input::new("").anchored(Anchored::Yes);
        let start = keys.dfa.start_state_forward(&mut cache, &input).unwrap();
        let mut all = vec![(Vec::new(), start)];
        for _ in 0..3 {
            let mut next = Vec::new();
            for (text, state) in all {
                for byte in (0..=u8::MAX).filter(|byte| !byte.is_ascii_uppercase()) {
                    let state = keys.dfa.next_state(&mut cache, state, byte).unwrap();
                    if !state.is_dead() {
                        let text: &Vec<u8> = &text;
                        next.push(([text.as_slice(), &[byte]].concat(), state));
                    }
                }
            }
            all = next;
        }
        all.into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn keys_begin_as_the_list_says() {
        let keys = Keys::new(STARTS);
        let is_known = |text: &&Vec<u8>| {
            let place = (text.iter()).fold(0, |place, byte| place * KINDS + kind(*byte));
            keys.is_start(place)
        };
        let starts = starts();
        let missing = starts.iter().filter(|text| !is_known(text));
        let missing: Vec<_> = missing.map(|text| String::from_utf8_lossy(text)).collect();
        assert!(starts.len() > 50 && missing.is_empty(), "{missing:?}");
    }

    proptest! {
        #[test]
        fn a_key_is_found_as_the_expression_finds_it(
            parts in proptest::collection::vec(
                "(?i)pass(?:word)?|pw|id|sid|token|api[ _-]?key|kennwörter|türcode|recovery key|PIN|one-time code|login|[=:(,] ?|->|→|\"|\\\\\"|%22|&quot;|%253d| REG_SZ |\"value\":|[a-z0-9äß ]{0,3}",
                0..12
            ),
            from in 0_usize..9,
        ) {
            let text = parts.concat();
            let from = (0..=from.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
            let from = from.unwrap_or_default();
            let expression = Regex::new(KEY).unwrap();
            let expected = expression.captures_at(&text, from);
            let found = find(&text, from);
            prop_assert_eq!(found.as_ref().and_then(Found::place), expected.as_ref().map(|all| all.get_match().range()));
            for name in expression.capture_names().flatten() {
                let part = expected.as_ref().and_then(|all| Some(all.name(name)?.range()));
                prop_assert_eq!(found.as_ref().and_then(|found| found.part(name)), part, "{}", name);
            }
        }
    }
}
