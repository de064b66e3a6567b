//! Names that are left out: `*` stands for any run of characters, case does not matter.

/// True if the pattern fits the whole name.
pub fn one(pattern: &str, name: &str) -> bool {
    any(&[pattern.to_owned()], name)
}

/// True if one of the patterns fits the whole name.
pub fn any(patterns: &[String], name: &str) -> bool {
    let name: Vec<char> = name.to_lowercase().chars().collect();
    patterns.iter().any(|pattern| {
        let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
        fits(&pattern, &name)
    })
}

/// The usual two-pointer match: on a mismatch the last `*` swallows one character more. Linear in practice, never
/// exponential, so a hostile name cannot stall it.
fn fits(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while n < name.len() {
        if pattern.get(p) == Some(&'*') {
            retry = Some((p + 1, n));
            p += 1;
        } else if pattern.get(p) == Some(&name[n]) {
            p += 1;
            n += 1;
        } else if let Some((after_star, from)) = retry {
            retry = Some((after_star, from + 1));
            p = after_star;
            n = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::any;

    #[test]
    fn a_star_stands_for_anything_and_case_does_not_matter() {
        let patterns: Vec<String> = ["README*", "*.md", "*.swyxtrace.*", "Thumbs.db"]
            .map(String::from)
            .to_vec();
        for name in [
            "README",
            "readme.txt",
            "x.MD",
            "a.swyxtrace.json",
            "THUMBS.DB",
        ] {
            assert!(any(&patterns, name), "{name}");
        }
        for name in ["aREADME", "x.mdx", "swyxtrace.json", "Thumbs.db2", ""] {
            assert!(!any(&patterns, name), "{name}");
        }
    }

    #[test]
    fn many_stars_do_not_stall() {
        let patterns = vec!["*a*a*a*a*a*a*a*a*a*a*b".to_owned()];
        assert!(!any(&patterns, &"a".repeat(2_000)));
    }
}
