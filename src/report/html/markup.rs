//! HTML that text from strangers cannot leave: everything that is not ours goes through one of these.

use std::fmt;

use crate::report::safe::{one_line, show_safe};

/// Text for an element or a quoted attribute, on one line.
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(&one_line(self.0), f)
    }
}

/// Text for a `<pre>`: line ends and tabs stay.
pub struct Preformatted<'a>(pub &'a str);

impl fmt::Display for Preformatted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(&show_safe(self.0), f)
    }
}

/// A sentence of a rule: what stands in backticks is code.
pub struct Prose<'a>(pub &'a str);

impl fmt::Display for Prose<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = one_line(self.0);
        let mut rest: &str = &text;
        while let Some((plain, tail)) = rest.split_once('`') {
            let Some((code, after)) = tail.split_once('`') else {
                break;
            };
            escape(plain, f)?;
            if code.trim().is_empty() {
                write!(f, "`{code}`")?;
                rest = after;
                continue;
            }
            f.write_str("<code>")?;
            escape(code, f)?;
            f.write_str("</code>")?;
            rest = after;
        }
        escape(rest, f)
    }
}

/// The id of a finding's card: letters and digits only, so that it needs no quoting anywhere.
pub struct Anchor<'a>(pub &'a str);

impl fmt::Display for Anchor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("finding-")?;
        self.0
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .try_for_each(|c| fmt::Write::write_char(f, c))
    }
}

/// A reference: a link where it is a plain web address, else text.
pub struct Reference<'a>(pub &'a str);

impl fmt::Display for Reference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let web = self.0.starts_with("https://") || self.0.starts_with("http://");
        let plain = self
            .0
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"\"'<>`\\".contains(&b));
        let text = Escaped(self.0);
        if web && plain {
            write!(
                f,
                "<a href=\"{text}\" rel=\"noreferrer noopener\">{text}</a>"
            )
        } else {
            write!(f, "{text}")
        }
    }
}

fn escape(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        f.write_str(&rest[..at])?;
        f.write_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        })?;
        rest = &rest[at + 1..];
    }
    f.write_str(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_becomes_markup() {
        assert_eq!(
            Escaped("<a b='\"&\u{202e}>").to_string(),
            "&lt;a b=&#39;&quot;&amp;\\u{202e}&gt;"
        );
        assert_eq!(
            Prose("run `a<b` & go `").to_string(),
            "run <code>a&lt;b</code> &amp; go `"
        );
        assert_eq!(Anchor("F1\" onload").to_string(), "finding-F1onload");
    }

    #[test]
    fn backticks_around_nothing_stay() {
        assert_eq!(Prose("a ``` b").to_string(), "a ``` b");
    }

    #[test]
    fn only_plain_web_addresses_become_links() {
        assert!(
            Reference("https://x.example/a?b=1")
                .to_string()
                .starts_with("<a href=\"https://x.example/a?b=1\"")
        );
        for text in [
            "javascript:alert(1)",
            "https://x/\"onmouseover=1",
            "tech talk",
        ] {
            assert!(!Reference(text).to_string().contains("<a "), "{text}");
        }
    }
}
