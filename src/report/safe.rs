//! Makes text from strangers visible: what a terminal would obey and what an eye would not see is spelled out.

use super::lookalike::{Lookalikes, is_itself};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// `text` with everything that could act, hide or mislead written as an escape like `\u{202e}`: C0 and C1 controls (a
/// carriage return that only ends a line is dropped), bidirectional controls, zero-width and invisible characters,
/// [look-alikes](super::lookalike) of ASCII, and piles of combining marks. Newlines and tabs stay. Clean text is borrowed.
pub fn show_safe(text: &str) -> Cow<'_, str> {
    // What traces are written with nearly always is settled by one pass over the bytes.
    if strange_from(text.as_bytes(), 0).is_some() {
        return spelled_out(text).map_or(Cow::Borrowed(text), Cow::Owned);
    }
    match memchr::memchr(b'\r', text.as_bytes()) {
        None => Cow::Borrowed(text),
        Some(_) => Cow::Owned(text.replace('\r', "")),
    }
}

/// The text with its escapes; `None` where nothing changed.
fn spelled_out(text: &str) -> Option<String> {
    let mut out: Option<String> = None;
    let mut lookalikes = Lookalikes::default();
    let mut marks = 0;
    for (at, c) in text.char_indices() {
        marks = if is_mark(c) { marks + 1 } else { 0 };
        let lookalike = lookalikes.has(text, at, c);
        if c == '\r' && ends_line(text, at + 1) {
            out.get_or_insert_with(|| text[..at].to_owned());
        } else if is_unsafe(c) || lookalike || marks > 3 {
            let out = out.get_or_insert_with(|| text[..at].to_owned());
            push_escape(out, c);
        } else if let Some(out) = &mut out {
            out.push(c);
        }
    }
    out
}

/// The first place at or after `from` that is not shown as it is, or that needs a closer look: what is no UTF-8, what
/// [`show_safe`] would spell out, and rare characters. A `\r` that only ends a line is none.
pub fn strange_from(text: &[u8], mut from: usize) -> Option<usize> {
    loop {
        from = skip_ascii(text, from);
        let rest = text.get(from..)?;
        from += match *rest {
            [] => return None,
            [b'\r'] | [b'\r', b'\n', ..] => 1,
            [0xc2..=0xdf, _, ..] if is_usual(&rest[..2]) => 2,
            [0xe0..=0xef, _, _, ..] if is_usual(&rest[..3]) => 3,
            _ => return Some(from),
        };
    }
}

/// Past all bytes that are printable ASCII, line feeds or tabs.
#[inline]
fn skip_ascii(text: &[u8], mut from: usize) -> usize {
    const PART: usize = 32;
    let plain = |b: u8| b.wrapping_sub(b' ') < 0x5f || b == b'\n' || b == b'\t';
    while let Some(part) = text.get(from..from + PART) {
        if !part.iter().fold(true, |all, b| all & plain(*b)) {
            break;
        }
        from += PART;
    }
    let rest = text.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|b| plain(**b)).count()
}

/// True if the bytes are one character of the basic plane that is shown as it is, whatever stands around it: it acts and
/// hides nothing, is no mark, passes for nothing else, and is of no script whose letters do.
fn is_usual(bytes: &[u8]) -> bool {
    /// For each character two bits: whether it is known, and whether it is usual.
    static KNOWN: [AtomicU8; 0x1_0000 / 4] = [const { AtomicU8::new(0) }; 0x1_0000 / 4];
    let Some(c) = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.chars().next())
    else {
        return false;
    };
    let (place, shift) = (c as usize / 4, c as usize % 4 * 2);
    let Some(known) = KNOWN.get(place) else {
        return false;
    };
    match known.load(Relaxed) >> shift & 3 {
        0 => {
            let usual = !is_unsafe(c) && !is_mark(c) && is_itself(c);
            known.fetch_or((1 | u8::from(usual) << 1) << shift, Relaxed);
            usual
        }
        bits => bits == 3,
    }
}

/// [`show_safe`] on one line: newlines and tabs become a blank.
pub fn one_line(text: &str) -> Cow<'_, str> {
    let safe = show_safe(text);
    if safe.contains(['\n', '\t']) {
        return Cow::Owned(safe.replace(['\n', '\t'], " "));
    }
    safe
}

/// True for characters that a terminal obeys or that an eye does not see.
pub fn is_unsafe(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

fn push_escape(out: &mut String, c: char) {
    write!(out, "\\u{{{:x}}}", u32::from(c)).unwrap_or_default();
}

fn ends_line(text: &str, at: usize) -> bool {
    matches!(text.as_bytes().get(at), None | Some(b'\n'))
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_with_umlauts_is_borrowed() {
        for text in [
            "",
            "a\tb\nc",
            "Für den Socket: „ungültig“ – 10 µs €",
            "Привет",
            "日本",
        ] {
            assert!(matches!(show_safe(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn what_a_terminal_obeys_is_spelled_out() {
        assert_eq!(show_safe("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(show_safe("\u{9b}2J"), "\\u{9b}2J");
        assert_eq!(show_safe("ok\rFAILED"), "ok\\u{d}FAILED");
        assert_eq!(show_safe("one\r\ntwo\r"), "one\ntwo");
    }

    #[test]
    fn what_an_eye_does_not_see_is_spelled_out() {
        assert_eq!(show_safe("a\u{202e}b\u{200b}c"), "a\\u{202e}b\\u{200b}c");
        assert_eq!(
            show_safe("e\u{301}\u{301}\u{301}\u{301}"),
            "e\u{301}\u{301}\u{301}\\u{301}"
        );
    }

    #[test]
    fn a_cyrillic_letter_inside_a_latin_word_is_spelled_out() {
        assert_eq!(show_safe("host sw\u{443}x.de"), "host sw\\u{443}x.de");
        assert_eq!(show_safe("Слово swyx"), "Слово swyx");
    }

    #[test]
    fn a_word_of_one_foreign_script_that_passes_for_ascii_is_spelled_out() {
        for (word, shown) in [
            ("арр", "\\u{430}\\u{440}\\u{440}"),
            ("ехе", "\\u{435}\\u{445}\\u{435}"),
            ("ΟΚ", "\\u{39f}\\u{39a}"),
            ("аррӏе", "\\u{430}\\u{440}\\u{440}\\u{4cf}\\u{435}"),
        ] {
            assert_eq!(
                show_safe(&format!("open {word} now")),
                format!("open {shown} now")
            );
        }
    }

    #[test]
    fn forms_of_ascii_that_are_no_ascii_are_spelled_out() {
        for (text, shown) in [
            (
                "＜ｓｃｒｉｐｔ＞",
                "\\u{ff1c}\\u{ff53}\\u{ff43}\\u{ff52}\\u{ff49}\\u{ff50}\\u{ff54}\\u{ff1e}",
            ),
            ("300 \u{212a}", "300 \\u{212a}"),
            ("host․de∕path", "host\\u{2024}de\\u{2215}path"),
            ("𝐨𝐤", "\\u{1d428}\\u{1d424}"),
            ("ɡoogle", "\\u{261}oogle"),
            ("paɳpal", "pa\\u{273}pal"),
            ("Ⅿonday", "\\u{216f}onday"),
        ] {
            assert_eq!(show_safe(text), shown);
        }
    }

    #[test]
    fn names_and_sentences_of_any_language_stay_readable() {
        for text in [
            "Jürgen Groß, Łukasz Wałęsa, Nguyễn Thị, Yıldız Çelik, Ævar Ørsted, Əliyev, Şahin, Dvořák, Žižek, Ñandú",
            "Anruf von Вера Иванова",
            "Ольга Сорокина, Ελένη Παπαδοπούλου, Αθήνα",
            "Привет, как дела? Вот это да",
            "日本語のテキスト、東京",
            "مرحبا يا احمد",
            "שלום עולם",
            "µs, 20 °C, 5 ½, „so“ – ‚oder‘ … ‹so› «so» • 3 − 1 × 2, it’s 10 m² № 7 ™ €",
        ] {
            assert_eq!(show_safe(text), text);
        }
    }

    #[test]
    fn one_line_has_no_newline() {
        assert_eq!(one_line("a\nb\tc"), "a b c");
    }

    #[test]
    fn a_place_is_strange_if_it_is_not_shown_as_it_is() {
        let place = |text: &[u8]| strange_from(text, 0);
        assert_eq!(place("a\tb\r\nFür „Göße“ – 10 µs €\r".as_bytes()), None);
        assert_eq!(place(b"0123456789012345678901234567890\rx"), Some(31));
        assert_eq!(place("ä\u{202e}".as_bytes()), Some(2));
        assert_eq!(place(b"a\xe4"), Some(1));
        assert_eq!(place(b"a\xc3"), Some(1));
        assert_eq!(place("host sw\u{443}x".as_bytes()), Some(7));
        assert_eq!(place("e\u{301}".as_bytes()), Some(1));
        assert_eq!(strange_from(b"\x1b abc", 1), None);
    }

    proptest::proptest! {
        #[test]
        fn text_without_a_strange_place_is_shown_as_it_is(text in "[ -~äß–\u{430}\u{3b1}ａ\u{301}\u{200b}\r\n]{0,40}") {
            let shown = spelled_out(&text).unwrap_or_else(|| text.clone());
            match strange_from(text.as_bytes(), 0) {
                None => {
                    let lines = text.replace("\r\n", "\n");
                    proptest::prop_assert_eq!(&shown, lines.trim_end_matches('\r'));
                }
                Some(at) => proptest::prop_assert!(text.is_char_boundary(at)),
            }
            proptest::prop_assert_eq!(show_safe(&text), shown);
        }

        #[test]
        fn nothing_unsafe_is_left_and_a_second_pass_changes_nothing(text in ".*") {
            let safe = show_safe(&text).into_owned();
            proptest::prop_assert!(!safe.contains(is_unsafe));
            proptest::prop_assert_eq!(show_safe(&safe), safe.as_str());
        }
    }
}
