//! Removes secrets from every text that leaves the program. Analysis runs on the raw text; redaction never changes a
//! conclusion.
//!
//! | shape | what is left |
//! |---|---|
//! | JWT, also percent-encoded, inside JSON strings, split over lines | `<JWT alg=RS256 iss=… aud=… exp=… nbf=… iat=…>` |
//! | `Authorization:`, `Proxy-Authorization:` | the scheme, then `<removed>` |
//! | `Cookie:`, `Set-Cookie:` | `<removed>` |
//! | `Bearer x`, `Basic x`, `Negotiate x`, `NTLM x`, `Digest …` anywhere | the scheme, then `<removed>` |
//! | `access_token=`, `access_token x` (if `x` is no word), `token:`, `password=`, `Passwort:`, `pwd=`, `client_secret`, `api_key`, `AccountKey=`, `sig=` …: in URLs, JSON (also escaped), XML elements, connection strings, command lines | the key, then `<removed>` |
//! | `passphrase: a b c`, `password is x`, `password x` (if `x` is no word), `password changed to x`, `pass:`, `pw=`, `credentials: name/x` | the key, then `<removed>` |
//! | `('password', 'x')`, `[password, x]`, `key: 'password', value: 'x'`, `Credential("anna", "x")` | the key, then `<removed>` |
//! | `password: \|` with lines further in, a header or key with its value on the next line, a form's field | the key, then `<removed>` |
//! | `Das Passwort von anna lautet: x`, `Kennwort - x`, `\| password \| x \|` | the words, then `<removed>` |
//! | `PIN`, `TAN`, `OTP`, one-time, verification and security codes, in German, too | the key, then `<removed>` |
//! | keys of services and licences: `psk=`, `x-functions-key:`, `encryptionKey=`, any `…key=` with a long random value, `license key ABCD1-EFGH2-…` | the key, then `<removed>` |
//! | `sessionId=`, `connectionToken=`, a random `id=` or `sid=` in a URL, tokens in `Sec-WebSocket-Protocol` | the key, then `<removed>` |
//! | `AKIA…`, `ghp_…`, `glpat-…`, `xoxb-…`, `sk_live_…`, `AIza…`; Kerberos and NTLM messages in base64; Digest's `response=`, `nonce=` | `<removed>` |
//! | `tool -p x`, `-pw x`, `/password x`, `net use \\server\share x` | the option, then `<removed>` |
//! | `scheme://user:password@host`, also without a scheme; `name:password@host`, if the password is no word | `scheme://<removed>@host` |
//! | `<add key="…Password" value="x"/>`, attributes in either order | the tag, then `<removed>` |
//! | `-u name:x`, `--user name:x`, `--proxy-user name:x` | the option, then `<removed>` |
//! | `inline:x` of an SDP's `a=crypto:` (the key of the call) | `inline:<removed>` |
//! | PEM private keys | `<private key removed>` |
//!
//! Line ends inside a removed secret stay, so that line numbers hold. A second pass changes nothing.
//!
//! It is on the path of every line that `timeline` prints, so the case without a secret is one search for a few anchors
//! (every shape needs one of them); only the shapes whose anchor was seen run.

mod jwt;
mod keyed;
mod keys;
mod known;
mod login;
mod pairs;
mod shapes;
mod suspect;
pub mod value;
mod whole;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use aho_corasick::{AhoCorasick, AhoCorasickKind};

pub use super::safe::show_safe;
use suspect::SUSPECTS;
pub use whole::{report, report_with};

/// What stands where a secret stood.
pub const REMOVED: &str = "<removed>";

/// A place in the text and what shall stand there.
type Change = (Range<usize>, String);
/// Finds the next change at or after a position.
type Shape = fn(&str, usize) -> Option<Change>;

const MOST_PASSES: usize = 16;
const KEYED: u16 = 1 << 4;
const PLACE: u16 = 1 << 7;
/// The anchors, each with the shapes that it may belong to; compared without case.
const ANCHORS: &[(&str, u16)] = &[
    ("private key", 1 << 0),
    ("eyj", 1 << 1),
    ("ewog", 1 << 1),
    ("ew0k", 1 << 1),
    ("eyai", 1 << 1),
    ("authoriz", 1 << 2),
    ("cookie", 1 << 2),
    ("bearer", 1 << 3),
    ("basic", 1 << 3),
    ("negotiate", 1 << 3),
    ("ntlm", 1 << 3),
    ("digest", 1 << 3),
    ("oauth", 1 << 3),
    ("passw", KEYED),
    ("passphrase", KEYED),
    ("kennwort", KEYED),
    ("pwd", KEYED),
    ("pswd", KEYED),
    ("psk", KEYED),
    ("psw=", KEYED),
    ("psw:", KEYED),
    ("psw\"", KEYED),
    ("pw=", KEYED),
    ("pw:", KEYED),
    ("pw\"", KEYED),
    ("pass=", KEYED),
    ("pass:", KEYED),
    ("pass\"", KEYED),
    ("pass ", KEYED),
    ("secret", KEYED),
    ("geheim", KEYED),
    ("codewort", KEYED),
    ("passcode", KEYED),
    ("pass-phrase", KEYED),
    ("pass-code", KEYED),
    ("pw ", KEYED),
    ("wachtwoord", KEYED),
    ("mot de passe", KEYED),
    ("motdepasse", KEYED),
    ("mot_de_passe", KEYED),
    ("contrase", KEYED),
    ("recovery code", KEYED),
    ("backup code", KEYED),
    ("pairing code", KEYED),
    ("pin-code", KEYED),
    ("pin_code", KEYED),
    ("pin-nummer", KEYED),
    ("pin-number", KEYED),
    ("pincode", KEYED),
    ("</pin>", KEYED),
    ("</pw>", KEYED),
    ("</pass>", KEYED),
    ("codeverifier", KEYED),
    ("code-verifier", KEYED),
    ("jwt:", KEYED),
    ("jwt\"", KEYED),
    ("ticket:", KEYED),
    ("ticket\"", KEYED),
    ("signature=", KEYED),
    ("signature\"", KEYED),
    ("signaturevalue", KEYED),
    ("ciphervalue", KEYED),
    ("wresult", KEYED),
    ("private%20key", 1 << 0),
    ("sselwort", KEYED),
    ("sitzungs", KEYED),
    ("pass'", KEYED),
    ("sicherheits", KEYED),
    ("security answer", KEYED),
    ("token", KEYED),
    ("key content", KEYED),
    ("passwört", KEYED),
    ("kennw", KEYED),
    ("pw.", KEYED),
    ("ntlm", KEYED),
    ("zugangs", KEYED),
    ("freigabe", KEYED),
    ("konferenzcode", KEYED),
    ("anmeldecode", KEYED),
    ("einwahl", KEYED),
    ("zutritts", KEYED),
    ("access code", KEYED),
    ("access-code", KEYED),
    ("conference code", KEYED),
    ("meeting code", KEYED),
    ("key=", KEYED),
    ("key:", KEYED),
    ("key\"", KEYED),
    ("key\\", KEYED),
    ("key%", KEYED),
    // No bare `key `, `pin` or `id`: every tenth everyday line has one.
    ("apikey", KEYED),
    ("api key", KEYED),
    ("api_key", KEYED),
    ("api-key", KEYED),
    ("access key", KEYED),
    ("access_key", KEYED),
    ("access-key", KEYED),
    ("accesskey", KEYED),
    ("account key", KEYED),
    ("account_key", KEYED),
    ("shared key", KEYED),
    ("shared-key", KEYED),
    ("sharedkey", KEYED),
    ("subscription key", KEYED),
    ("encryption key", KEYED),
    ("signing key", KEYED),
    ("license key", KEYED),
    ("licence key", KEYED),
    ("product key", KEYED),
    ("recovery key", KEYED),
    ("schlüssel", KEYED),
    ("schluessel", KEYED),
    ("sharedaccess", KEYED),
    ("sig=", KEYED),
    ("sig%", KEYED),
    ("code=", KEYED),
    ("code%", KEYED),
    ("code:", KEYED),
    ("code\"", KEYED),
    ("one-time", KEYED),
    ("one time", KEYED),
    ("onetime", KEYED),
    ("einmal", KEYED),
    ("verification", KEYED),
    ("bestätigungs", KEYED),
    ("activation", KEYED),
    ("confirmation", KEYED),
    ("freischalt", KEYED),
    ("otp", KEYED),
    ("2fa", KEYED),
    ("mfa", KEYED),
    ("ticket=", KEYED),
    ("jwt=", KEYED),
    ("auth=", KEYED),
    ("assertion", KEYED),
    ("code_verifier", KEYED),
    ("samlresponse", KEYED),
    ("session", KEYED),
    ("?id=", KEYED),
    ("&id=", KEYED),
    ("?sid=", KEYED),
    ("&sid=", KEYED),
    ("credential", KEYED),
    ("anmeldedaten", KEYED),
    ("zugangsdaten", KEYED),
    ("login=", KEYED),
    ("wpa key", KEYED),
    ("wlan key", KEYED),
    ("wpa2 key", KEYED),
    ("pin=", KEYED),
    ("pin:", KEYED | PLACE),
    ("pin ", KEYED | PLACE),
    ("pin\"", KEYED),
    ("pin'", KEYED),
    ("pin\\", KEYED),
    ("pin%", KEYED),
    ("securestring", KEYED),
    ("tan=", KEYED),
    ("tan:", KEYED),
    ("tan ", KEYED),
    ("tan\"", KEYED),
    ("@", 1 << 5),
    ("%40", 1 << 5),
    ("-u ", 1 << 5),
    ("-user ", 1 << 5),
    ("-user=", 1 << 5),
    ("inline:", 1 << 6),
    ("inline%3a", 1 << 6),
    (" -p ", PLACE),
    (" -pw ", PLACE),
    ("net use", PLACE),
    ("net.exe use", PLACE),
    ("licen", PLACE),
    ("lizenz", PLACE),
    ("product", PLACE),
    ("produkt", PLACE),
    ("aktivierung", PLACE),
    ("activation", PLACE),
    ("response=", PLACE),
    ("nonce=", PLACE),
    ("nonce\"", PLACE),
    ("response\":\"", PLACE),
    ("response: \"", PLACE),
    ("sec-websocket-protocol", PLACE),
    ("akia", PLACE),
    ("asia", PLACE),
    ("ghp_", PLACE),
    ("gho_", PLACE),
    ("ghu_", PLACE),
    ("ghs_", PLACE),
    ("ghr_", PLACE),
    ("github_pat", PLACE),
    ("glpat-", PLACE),
    ("xox", PLACE),
    ("k_live_", PLACE),
    ("k_test_", PLACE),
    ("aiza", PLACE),
    ("yii", PLACE),
    ("tlrmtvnt", PLACE),
    ("passwor", PLACE),
    ("kennwort", PLACE),
    ("passphrase", PLACE),
    ("auth plain", PLACE),
    ("auth login", PLACE),
    ("auth cram", PLACE),
    ("auth xoauth", PLACE),
    ("net user", PLACE),
    ("dtmf", PLACE),
    ("sg.", PLACE),
    ("recovery key", PLACE),
    ("wiederherstellungsschl", PLACE),
    ("community", PLACE),
    ("sms", PLACE),
    ("ihr code", PLACE),
    ("your code", PLACE),
];
/// The shapes by bit, in the order in which they run: the ones that keep something useful come first.
const SHAPES: [&[Shape]; 8] = [
    &[shapes::private_key],
    &[jwt::token],
    &[shapes::header],
    &[shapes::scheme],
    &[
        keyed::secret,
        shapes::element,
        shapes::attribute,
        shapes::member,
    ],
    &[shapes::user_info, shapes::user_option, login::named],
    &[shapes::media_key],
    &[
        known::prefixed,
        known::licence,
        known::command,
        known::response,
        known::subprotocol,
        known::of_somebody,
        known::spoken,
    ],
];

/// Bytes after which it pays to make the search for anchors fast, which takes four times as long.
const FEW: usize = 128 << 10;

static SMALL: LazyLock<AhoCorasick> = LazyLock::new(|| anchors(AhoCorasickKind::ContiguousNFA));
static FAST: LazyLock<AhoCorasick> = LazyLock::new(|| anchors(AhoCorasickKind::DFA));

fn anchors(kind: AhoCorasickKind) -> AhoCorasick {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(kind))
        .build(ANCHORS.iter().map(|(anchor, _)| anchor))
        .expect("short literals build")
}

/// What finds the anchors of a text; of so many bytes. Both find the same.
fn prefilter(bytes: usize) -> &'static AhoCorasick {
    static READ: AtomicUsize = AtomicUsize::new(0);
    if READ.load(Ordering::Relaxed) < FEW {
        READ.fetch_add(bytes, Ordering::Relaxed);
        return &SMALL;
    }
    &FAST
}

/// `text` without secrets; text without any is borrowed.
pub fn secrets(text: &str) -> Cow<'_, str> {
    let mut clean = true;
    SUSPECTS.each(text.as_bytes(), |_| {
        clean = false;
        false
    });
    if clean {
        return Cow::Borrowed(text);
    }
    let seen = prefilter(text.len())
        .find_overlapping_iter(text)
        .fold(0, |seen, found| {
            seen | ANCHORS[found.pattern().as_usize()].1
        });
    let mut text = Cow::Borrowed(text);
    // A removed secret may bring two others together (`Bearer Bearer x`): again, until nothing changes.
    for _ in 0..MOST_PASSES {
        match pass(&text, seen) {
            Some(changed) => text = Cow::Owned(changed),
            None => break,
        }
    }
    text
}

/// Compiles what nearly every report needs, so that it can be done while something else is waited for.
pub fn prepare() {
    LazyLock::force(&SUSPECTS);
    LazyLock::force(&SMALL);
    keys::prepare();
}

/// The places that may belong to a secret, in order. Text without one holds no secret: [`secrets`] would give it back as
/// it is.
pub fn suspects(text: &[u8], places: &mut Vec<usize>) {
    places.clear();
    SUSPECTS.each(text, |at| {
        places.push(at);
        true
    });
}

/// All shapes once; `None` where nothing changed.
fn pass(text: &str, seen: u16) -> Option<String> {
    let mut out = None;
    for (bit, shapes) in SHAPES.iter().enumerate() {
        if seen & (1 << bit) != 0 {
            for shape in *shapes {
                let changed = replace(out.as_deref().unwrap_or(text), *shape);
                out = changed.or(out);
            }
        }
    }
    out
}

/// All changes of one shape, or `None` where there is none.
fn replace(text: &str, shape: Shape) -> Option<String> {
    let mut out: Option<String> = None;
    let (mut copied, mut at) = (0, 0);
    while let Some((range, with)) = shape(text, at) {
        at = range.end;
        if text[range.clone()] != with {
            let out = out.get_or_insert_default();
            out.push_str(&text[copied..range.start]);
            out.push_str(&with);
            copied = range.end;
        }
    }
    out.map(|mut out| {
        out.push_str(&text[copied..]);
        out
    })
}

/// [`REMOVED`], or another note, followed by the line ends of what it replaces.
fn with_line_ends(note: &str, removed: &str) -> String {
    let mut out = note.to_owned();
    out.extend(removed.chars().filter(|c| *c == '\n'));
    out
}

#[cfg(test)]
mod tests;
