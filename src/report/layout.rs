//! Plain-text layout: display width, wrapping, cutting.

use unicode_width::UnicodeWidthChar;

/// Columns that `text` takes.
pub fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// `text` in at most `columns`, its end replaced by an ellipsis where it is longer.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut out = take(text.chars(), columns.saturating_sub(1));
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

/// `text` in at most `columns`, its start replaced by an ellipsis: of a path the end tells most.
pub fn cut_start(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let tail = take(text.chars().rev(), columns.saturating_sub(1));
    std::iter::once('…').chain(tail.chars().rev()).collect()
}

/// `text` filled with blanks up to `columns`.
pub fn pad(text: &str, columns: usize) -> String {
    let mut out = text.to_owned();
    out.extend(std::iter::repeat_n(
        ' ',
        columns.saturating_sub(width(text)),
    ));
    out
}

fn take(chars: impl Iterator<Item = char>, columns: usize) -> String {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= columns
        })
        .collect()
}

/// `text` in lines of at most `columns`, broken at blanks; a word that is too long for a line is broken inside.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(8);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut word = word;
        if !line.is_empty() && width(&line) + 1 + width(word) > columns {
            lines.push(std::mem::take(&mut line));
        }
        while width(word) > columns {
            let head = take(word.chars(), columns);
            word = &word[head.len()..];
            lines.push(head);
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// [`wrap`], but at most `most` lines; the last one says by an ellipsis that it was cut.
pub fn wrap_at_most(text: &str, columns: usize, most: usize) -> Vec<String> {
    let mut lines = wrap(text, columns);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = if width(last) + 2 <= columns.max(8) {
                format!("{last} …")
            } else {
                cut(&format!("{last} …"), columns.max(8))
            };
        }
    }
    lines
}

/// [`wrap_at_most`], but where the end of `words` (in lower case) would be cut off, the last line begins late enough to
/// show them: in a long line it is they that tell.
pub fn wrap_around(text: &str, words: &[String], columns: usize, most: usize) -> Vec<String> {
    let columns = columns.max(8);
    let lines = wrap(text, columns);
    let Some((start, end)) = reach(text, words).filter(|_| lines.len() > most && most > 0) else {
        return wrap_at_most(text, columns, most);
    };
    let shown = lines[..most].iter().map(|line| line.split_whitespace());
    let shown: usize = shown.flatten().map(str::len).sum();
    let before_end: usize = text[..end].split_whitespace().map(str::len).sum();
    if before_end + 2 < shown {
        return wrap_at_most(text, columns, most);
    }
    let mut out = wrap_at_most(text, columns, most - 1);
    out.truncate(most - 1);
    // As much before the words as leaves room for them, whole words where that is possible.
    let told = width(&text[start..end]);
    let room = (columns.saturating_sub(told + 4) / 2).min(columns / 3);
    let near = text[..start].char_indices().rev();
    let near: Vec<(usize, char)> = near
        .take_while(|(at, _)| width(&text[*at..start]) <= room)
        .collect();
    let blank = near.iter().rev().find(|(_, c)| c.is_whitespace());
    let from = blank.or(near.last()).map_or(start, |(at, _)| *at);
    let rest = text[from..].trim_start();
    let line = format!("… {rest}");
    let word = rest.split_whitespace().next().unwrap_or_default();
    if width(word) + 4 > columns {
        out.push(cut(&line, columns));
    } else {
        out.extend(wrap_at_most(&line, columns, 1));
    }
    out
}

/// From where to where words stand in a text; all of them if that is short enough to be shown, else the first of them.
fn reach(text: &str, words: &[String]) -> Option<(usize, usize)> {
    const SHORT: usize = 60;
    let lower = text.to_ascii_lowercase();
    let mut places: Vec<(usize, usize)> = words
        .iter()
        .filter(|word| !word.is_empty())
        .filter_map(|word| lower.rfind(word.as_str()).map(|at| (at, at + word.len())))
        .filter(|(start, end)| text.is_char_boundary(*start) && text.is_char_boundary(*end))
        .collect();
    places.sort_unstable();
    let start = places.first()?.0;
    let end = places.iter().map(|place| place.1).max()?;
    if end - start <= SHORT {
        return Some((start, end));
    }
    places.into_iter().max_by_key(|(start, end)| end - start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_blanks_and_long_words_inside() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghijkl mn", 8), ["abcdefgh", "ijkl mn"]);
        assert!(wrap("  ", 8).is_empty());
    }

    #[test]
    fn the_words_that_tell_are_not_cut_off() {
        let line = "POST https://host.example/a/very/long/way/to/exchange self-signed certificate in chain at end";
        let words = ["self-signed certificate".to_owned()];
        for most in [1, 2] {
            let lines = wrap_around(line, &words, 40, most);
            assert_eq!(lines.len(), most);
            assert!(
                lines.join(" ").contains("self-signed certificate"),
                "{lines:?}"
            );
            assert!(lines.iter().all(|line| width(line) <= 40), "{lines:?}");
        }
        // JSON without blanks.
        let json = format!(
            "{{\"level\":50,\"pid\":{}\"err\":\"self-signed-certificate\"}}",
            "1,".repeat(60)
        );
        let lines = wrap_around(&json, &["self-signed-certificate".to_owned()], 40, 1);
        assert!(lines[0].contains("self-signed-certificate"), "{lines:?}");
        assert_eq!(wrap_around("short one", &words, 40, 1), ["short one"]);
        assert_eq!(wrap_around(line, &[], 40, 1), wrap_at_most(line, 40, 1));
    }

    #[test]
    fn cutting_says_so_and_counts_wide_characters() {
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut_start("abcdef", 4), "…def");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(
            wrap_at_most("one two three four five", 8, 2),
            ["one two", "three …"]
        );
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_wider_than_asked(text in "\\PC{0,200}", columns in 8usize..60) {
            for line in wrap(&text, columns).iter().chain(&wrap_at_most(&text, columns, 3)) {
                proptest::prop_assert!(width(line) <= columns, "{} > {columns}: {line:?}", width(line));
            }
        }
    }
}
