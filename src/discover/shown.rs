//! Paths as they are shown and sorted by.

use std::path::Path;

/// The path with forward slashes, without a leading `./`, and with control characters escaped: it is printed on
/// terminals and stands in reports.
pub fn path(path: &Path) -> String {
    let text = path.to_string_lossy();
    #[cfg(windows)]
    let text = text
        .strip_prefix(r"\\?\UNC\")
        .map(|rest| format!(r"\\{rest}"))
        .unwrap_or_else(|| text.strip_prefix(r"\\?\").unwrap_or(&text).to_owned())
        .replace('\\', "/");
    let mut rest: &str = &text;
    while let Some(shorter) = rest.strip_prefix("./") {
        rest = shorter.trim_start_matches('/');
    }
    printable(if rest.is_empty() { "." } else { rest })
}

/// A member's name inside an archive: any slash becomes `/`, control characters are escaped. Nothing is ever written
/// under this name, so `..` and drive letters are only text.
pub fn member(name: &str) -> String {
    let name = printable(&name.replace('\\', "/"));
    let name = name.trim_start_matches("./");
    if name.is_empty() {
        "(no name)".to_owned()
    } else {
        name.to_owned()
    }
}

/// The last part of a shown path, or of a shown member name. A `!` may be part of it.
pub fn name(shown: &str) -> &str {
    shown.rsplit('/').next().unwrap_or(shown)
}

/// Control characters, and those that turn the direction of text around, as escapes.
fn printable(text: &str) -> String {
    if !text.chars().any(hides) {
        return text.to_owned();
    }
    text.chars()
        .flat_map(|c| {
            let escaped: Vec<char> = if hides(c) {
                c.escape_unicode().collect()
            } else {
                vec![c]
            };
            escaped
        })
        .collect()
}

fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn a_shown_path_has_no_controls_and_no_leading_dot() {
        assert_eq!(super::path(Path::new("./a/b.log")), "a/b.log");
        assert_eq!(super::path(Path::new(".")), ".");
        assert_eq!(
            super::path(Path::new("a\u{1b}[31m.log")),
            "a\\u{1b}[31m.log"
        );
        assert_eq!(super::path(Path::new("../Köln!.log")), "../Köln!.log");
    }

    #[test]
    fn a_member_name_is_only_text() {
        assert_eq!(super::member(r"..\..\C:\evil.log"), "../../C:/evil.log");
        assert_eq!(super::member("a\nb"), "a\\u{a}b");
        assert_eq!(super::member(""), "(no name)");
    }
}
