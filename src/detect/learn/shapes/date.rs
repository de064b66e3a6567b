//! Dates of many hands: numbers in any order that the line itself leaves open, and names of months.

use super::{digits, is_year, two};
use crate::syntax::stamp::names;

/// The readings of a date, its length, and whether it has a year.
pub type Date = (Vec<String>, usize, bool);

/// A date: its readings, its length, and whether it has a year.
pub fn date(text: &[u8]) -> Option<Date> {
    if text.first()?.is_ascii_alphabetic() {
        return named_month_first(text);
    }
    match digits(text) {
        8 if is_year(text) => Some((vec!["%Y%m%d".into()], 8, true)),
        8 => Some((vec!["%d%m%Y".into(), "%m%d%Y".into()], 8, true)),
        6 => {
            let layouts = ["%y%m%d", "%d%m%y", "%m%d%y"].map(String::from);
            Some((layouts.to_vec(), 6, true))
        }
        4 => year_first(text).or_else(|| {
            let chromium = text.get(4) == Some(&b'/') && digits(&text[5..]) == 6;
            chromium.then(|| (vec!["%m%d".into()], 4, false))
        }),
        1 | 2 => day_or_month_first(text),
        _ => None,
    }
}

fn named_month_first(text: &[u8]) -> Option<Date> {
    let (_, name) = names::month(text)?;
    let gap = text[name..].iter().take_while(|b| **b == b' ').count();
    let (separator, gap) = match text.get(name)? {
        b' ' if gap <= 2 => (" ", gap),
        b'-' => ("-", 1),
        b'/' => ("/", 1),
        _ => return None,
    };
    let day = digits(&text[name + gap..]);
    if !(1..=2).contains(&day) {
        return None;
    }
    let end = name + gap + day;
    let head = format!("%b{separator}%e");
    for joiner in [" ", ", ", "-", "/"] {
        let Some(rest) = text[end..].strip_prefix(joiner.as_bytes()) else {
            continue;
        };
        if digits(rest) == 4 && is_year(rest) {
            return Some((
                vec![format!("{head}{joiner}%Y")],
                end + joiner.len() + 4,
                true,
            ));
        }
    }
    Some((vec![head], end, false))
}

fn year_first(text: &[u8]) -> Option<Date> {
    if !is_year(text) {
        return None;
    }
    let separator = char::from(*text.get(4).filter(|b| b"-/._ ".contains(b))?);
    let rest = &text[5..];
    if digits(rest) == 3 {
        return Some((vec![format!("%Y{separator}%j")], 8, true));
    }
    if let Some((_, name)) = names::month(rest) {
        let day = rest.get(name + 1..)?;
        let same = rest[name] == separator as u8;
        let layout = format!("%Y{separator}%b{separator}{}", two(digits(day), 'd')?);
        return same.then(|| (vec![layout], 6 + name + digits(day), true));
    }
    let month = digits(rest);
    if rest.get(month) != Some(&(separator as u8)) || separator == ' ' {
        return None;
    }
    let day = digits(&rest[month + 1..]);
    let layout = format!(
        "%Y{separator}{}{separator}{}",
        two(month, 'm')?,
        two(day, 'd')?
    );
    Some((vec![layout], 6 + month + day, true))
}

fn day_or_month_first(text: &[u8]) -> Option<Date> {
    let first = digits(text);
    let byte = *text.get(first)?;
    let separator = char::from(byte);
    if !matches!(byte, b'/' | b'.' | b'-' | b' ') {
        return None;
    }
    let rest = &text[first + 1..];
    // "10. August 2020"
    let (rest, dot) = match rest {
        [b' ', rest @ ..] if byte == b'.' => (rest, ". "),
        _ => (rest, ""),
    };
    if let Some((_, name)) = names::month(rest) {
        return Some(named_month_second(text, first, separator, dot, name));
    }
    if byte == b' ' {
        // Only a day: `10 11:15:40`.
        let layout = (first == 2).then(|| "%d".to_owned())?;
        return Some((vec![layout], first, false));
    }
    let second = digits(rest);
    if !dot.is_empty() || !(1..=2).contains(&second) {
        return None;
    }
    let third = rest
        .get(second)
        .filter(|s| **s == byte)
        .map_or(0, |_| digits(&rest[second + 1..]));
    let (d, m) = (
        [two(first, 'd')?, two(second, 'd')?],
        [two(first, 'm')?, two(second, 'm')?],
    );
    let day_first = format!("{}{separator}{}", d[0], m[1]);
    let month_first = format!("{}{separator}{}", m[0], d[1]);
    let both = if byte == b'.' {
        [day_first, month_first]
    } else {
        [month_first, day_first]
    };
    match third {
        4 if is_year(&rest[second + 1..]) => {
            let layouts = both.map(|l| format!("{l}{separator}%Y"));
            Some((layouts.to_vec(), first + second + 6, true))
        }
        2 => {
            let [likelier, other] = both.map(|l| format!("{l}{separator}%y"));
            let year_first = format!("%y{separator}{}{separator}%d", m[1]);
            Some((vec![likelier, year_first, other], first + second + 4, true))
        }
        0 if first == 2 && second == 2 => Some((both.to_vec(), 5, false)),
        _ => None,
    }
}

fn named_month_second(text: &[u8], day: usize, separator: char, dot: &str, name: usize) -> Date {
    let glue = if dot.is_empty() {
        separator.to_string()
    } else {
        dot.to_owned()
    };
    let end = day + glue.len() + name;
    let head = format!("{}{glue}%b", if day == 2 { "%d" } else { "%-d" });
    let after = &text[end..];
    let same = after
        .first()
        .is_some_and(|b| *b == separator as u8 || *b == b' ');
    if same {
        let next = char::from(after[0]);
        match digits(&after[1..]) {
            4 if is_year(&after[1..]) => {
                return (vec![format!("{head}{next}%Y")], end + 5, true);
            }
            2 if separator == '-' && next == '-' => {
                return (vec![format!("{head}-%y")], end + 3, true);
            }
            _ => {}
        }
    }
    (vec![head], end, false)
}
