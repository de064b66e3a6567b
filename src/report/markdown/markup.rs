//! Markdown that text from strangers cannot leave: prose, code, table cells, fences.

use crate::report::safe::{one_line, show_safe};

/// Text as prose: code spans in backticks stay code; words that a ticket system would turn into a link, a mention or a
/// reference become code; everything else that has a meaning in Markdown is escaped.
pub fn prose(text: &str) -> String {
    let text = one_line(text);
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest: &str = &text;
    while let Some((plain, tail)) = rest.split_once('`') {
        words(&mut out, plain);
        match tail.split_once('`') {
            Some((inner, after)) if !inner.trim().is_empty() => {
                out.push_str(&code(inner));
                rest = after;
            }
            _ => {
                out.push_str("\\`");
                rest = tail;
            }
        }
    }
    words(&mut out, rest);
    out
}

fn words(out: &mut String, text: &str) {
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 {
            out.push(' ');
        }
        let bare = word.trim_end_matches(['.', ',', ';', ':', ')', '!', '?']);
        if becomes_a_link(bare) {
            out.push_str(&code(bare));
            escape(out, &word[bare.len()..]);
        } else {
            escape(out, word);
        }
    }
}

fn becomes_a_link(word: &str) -> bool {
    let reference = |mark: char| {
        word.split(mark)
            .skip(1)
            .any(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    };
    reference('@')
        || reference('#')
        || reference('!')
        || word.contains("://")
        || word.to_ascii_lowercase().contains("www.")
        || word.to_ascii_lowercase().contains("mailto:")
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '|' | '~' | '$' | '#' | '^' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
}

/// Text as a code span whose backticks are longer than any inside.
pub fn code(text: &str) -> String {
    let text = one_line(text);
    let text = text.trim();
    if text.is_empty() {
        return String::new();
    }
    let ticks = "`".repeat(longest_run(text, '`') + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// A code span inside a table, where a bar would end the cell even in code.
pub fn code_cell(text: &str) -> String {
    // `\|` is the one escape that tables resolve inside code.
    code(text).replace('|', "\\|")
}

/// A prose cell: only code spans can still hold a bare bar.
pub fn cell(text: &str) -> String {
    prose(text).replace("\\|", "|").replace('|', "\\|")
}

/// A paragraph or a list item must not start a block of another kind.
pub fn block(text: &str) -> String {
    let text = prose(text);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match text.as_bytes().get(digits) {
        Some(b'.' | b')') if digits > 0 => format!("{}\\{}", &text[..digits], &text[digits..]),
        Some(b'-' | b'+' | b'=') if digits == 0 => format!("\\{text}"),
        _ => text,
    }
}

/// Lines as a fenced block whose fence is longer than any run of its mark inside.
pub fn fence(text: &str) -> String {
    let text = show_safe(text);
    let ticks = "`".repeat(longest_run(&text, '`').max(2) + 1);
    format!("{ticks}text\n{}\n{ticks}\n", text.trim_end_matches('\n'))
}

fn longest_run(text: &str, mark: char) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == mark { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_longer_than_any_run_inside() {
        assert_eq!(fence("a\n````\nb"), "`````text\na\n````\nb\n`````\n");
        assert_eq!(fence("a"), "```text\na\n```\n");
    }

    #[test]
    fn links_mentions_and_html_are_shown_as_text() {
        assert_eq!(prose("ask @admin now"), "ask `@admin` now");
        assert_eq!(
            prose("see https://x.example/a."),
            "see `https://x.example/a`."
        );
        assert_eq!(prose("<b> [x](y) a_b*c"), "&lt;b&gt; \\[x\\](y) a\\_b\\*c");
        assert_eq!(prose("run `a|b` now"), "run `a|b` now");
        assert_eq!(cell("run `a|b` c|d"), "run `a\\|b` c\\|d");
        assert_eq!(prose("one ` two"), "one \\` two");
    }

    #[test]
    fn a_paragraph_starts_no_list_or_heading() {
        assert_eq!(block("1. x"), "1\\. x");
        assert_eq!(block("- x"), "\\- x");
        assert_eq!(block("# x"), "\\# x");
    }
}
