//! People who are known by their given names: `Berta Muster`, `Muster, Berta`, `berta.muster`, wherever they stand.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::Regex;

use super::find::{Finder, Identity, regex};
use super::people::canonical;

/// Given names, and what may stand around one.
pub struct Shapes {
    search: Option<AhoCorasick>,
    names: HashSet<String>,
}

type Add<'a> = dyn FnMut(Range<usize>, Option<Identity>) + 'a;

/// What makes of a given name a whole one, behind it: ` Lena von Muster`, `-Lena Muster`, `%20Muster`.
static BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r"^(?:-\p{Lu}\p{L}+)?(?P<gap>[ \x{a0}]|%20|\+)(?:\p{Lu}\.(?:[ \x{a0}]|%20))?(?:(?:von|van|vom|zu|zum|zur|de|der|den|da|di|del|el|al|ter|ten|le|la)(?:[ \x{a0}]|%20)){0,3}",
        r"(?P<last>\p{Lu}[\p{L}'’]*(?:-\p{Lu}[\p{L}'’]+)?)(?:(?:[ \x{a0}]|%20)(?P<more>\p{Lu}[\p{L}'’]+(?:-\p{Lu}[\p{L}'’]+)?))?"
    ))
});
/// In front of it: `Muster, `.
static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(?:^|[^\p{L}\d-])(?P<last>\p{Lu}[\p{L}'’]+(?:-\p{Lu}[\p{L}'’]+)?),[ \x{a0}]$")
});
/// As an account: `.muster`.
static ACCOUNT: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^(?:-\p{L}+)?(?P<mark>[._])(?P<last>\p{L}[\p{L}'-]+)"));

impl Shapes {
    pub fn new(given: &[String]) -> Self {
        let search = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .build(given);
        Self {
            search: search.ok().filter(|_| !given.is_empty()),
            names: given.iter().cloned().collect(),
        }
    }

    /// True if it is a given name.
    pub fn has(&self, word: &str) -> bool {
        self.names.contains(&word.to_lowercase())
    }

    /// Tells every place.
    pub fn find(&self, finder: &Finder, text: &str, add: &mut Add<'_>) {
        let Some(search) = &self.search else {
            return;
        };
        let mut at = 0;
        while let Some(found) = search.find(aho_corasick::Input::new(text).range(at..)) {
            at = found.end();
            if !super::alone::borders(text, found.range()) {
                continue;
            }
            if let Some(range) = whole(finder, text, found.range()) {
                at = range.end.max(at);
                let name = canonical(&text[range.clone()]);
                add(range, Some(Identity::User(name)));
            }
        }
    }
}

/// The whole name around a given one.
fn whole(finder: &Finder, text: &str, given: Range<usize>) -> Option<Range<usize>> {
    let name = &text[given.clone()];
    let behind = &text[given.end..];
    if name.starts_with(char::is_uppercase) {
        let shouted = name.chars().all(|c| !c.is_lowercase());
        // In a heading of capitals only a name of capitals belongs to it.
        let fits = |word: &str| {
            let all = word.chars().count() > 1 && word.chars().all(|c| !c.is_lowercase());
            !finder.is_common(word) && (shouted == all || word.chars().count() == 1)
        };
        if let Some(found) = BEHIND.captures(behind) {
            let last = found.name("last").filter(|last| fits(last.as_str()));
            // `Berta Lena Muster`
            let more = found
                .name("more")
                .filter(|more| fits(more.as_str()) && finder.given.has(&found["last"]));
            if let Some(last) = last {
                return Some(given.start..given.end + more.unwrap_or(last).end());
            }
        }
        let mut start = given.start.saturating_sub(64);
        while !text.is_char_boundary(start) {
            start += 1;
        }
        if let Some(last) = BEFORE
            .captures(&text[start..given.start])
            .and_then(|found| found.name("last"))
            .filter(|last| fits(last.as_str()))
        {
            return Some(start + last.start()..given.end);
        }
    }
    let account = ACCOUNT.captures(behind)?;
    let last = account.name("last")?;
    let end = given.end + last.end();
    // `anna.js`, `anna.firma.de`: a file, a host; `anna.Start()`: code.
    let file = super::hosts::is_file(&text[given.start..end]);
    let goes_on = text[end..].starts_with(['.', '('])
        && text[end + 1..].starts_with(|c: char| c.is_alphanumeric() || c == ')');
    let code =
        name.starts_with(char::is_lowercase) && last.as_str().starts_with(char::is_uppercase);
    let inside =
        text[..given.start].ends_with(['.', '_', '-', '@', '/']) && &account["mark"] == ".";
    let path = text[..given.start].ends_with(['/', '\\']);
    (!file && !goes_on && !code && (!inside || path) && !finder.is_common(last.as_str()))
        .then_some(given.start..end)
}
