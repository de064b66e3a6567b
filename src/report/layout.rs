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
