//! Names of months, weekdays and zones, English and German.

/// The first bytes of a month, its number, and the spellings that are longer.
type Month = (&'static [u8; 3], u32, &'static [&'static [u8]]);

/// Months by their first three bytes, with the spellings that are longer; those with a German umlaut in both encodings.
const MONTHS: [Month; 21] = [
    (b"jan", 1, &[b"january", b"januar"]),
    (b"j\xc3\xa4", 1, &[b"j\xc3\xa4nner", b"j\xc3\xa4n"]),
    (b"j\xe4n", 1, &[b"j\xe4nner"]),
    (b"feb", 2, &[b"february", b"februar"]),
    (b"mar", 3, &[b"march"]),
    (b"m\xc3\xa4", 3, &[b"m\xc3\xa4rz", b"m\xc3\xa4r"]),
    (b"m\xe4r", 3, &[b"m\xe4rz"]),
    (b"mae", 3, &[b"maerz"]),
    (b"mrz", 3, &[]),
    (b"apr", 4, &[b"april"]),
    (b"may", 5, &[]),
    (b"mai", 5, &[]),
    (b"jun", 6, &[b"june", b"juni"]),
    (b"jul", 7, &[b"july", b"juli"]),
    (b"aug", 8, &[b"august"]),
    (b"sep", 9, &[b"september", b"sept"]),
    (b"oct", 10, &[b"october"]),
    (b"okt", 10, &[b"oktober"]),
    (b"nov", 11, &[b"november"]),
    (b"dec", 12, &[b"december"]),
    (b"dez", 12, &[b"dezember"]),
];

/// Weekdays, longest spelling first.
const WEEKDAYS: [&[u8]; 37] = [
    b"monday",
    b"tuesday",
    b"wednesday",
    b"thursday",
    b"friday",
    b"saturday",
    b"sunday",
    b"montag",
    b"dienstag",
    b"mittwoch",
    b"donnerstag",
    b"freitag",
    b"samstag",
    b"sonnabend",
    b"sonntag",
    b"mon",
    b"tue",
    b"wed",
    b"thu",
    b"fri",
    b"sat",
    b"sun",
    b"mon",
    b"die",
    b"mit",
    b"don",
    b"fre",
    b"sam",
    b"son",
    b"mo",
    b"di",
    b"mi",
    b"do",
    b"fr",
    b"sa",
    b"so",
    b"tues",
];

/// Zones by name, in minutes east of Greenwich. Names that mean several zones are left out.
const ZONES: [(&[u8], i32); 26] = [
    (b"UTC", 0),
    (b"GMT", 0),
    (b"UT", 0),
    (b"Z", 0),
    (b"WET", 0),
    (b"WEST", 60),
    (b"CET", 60),
    (b"CEST", 120),
    (b"MEZ", 60),
    (b"MESZ", 120),
    (b"EET", 120),
    (b"EEST", 180),
    (b"EST", -300),
    (b"EDT", -240),
    (b"PST", -480),
    (b"PDT", -420),
    (b"MDT", -360),
    (b"CDT", -300),
    (b"MSK", 180),
    (b"SGT", 480),
    (b"HKT", 480),
    (b"JST", 540),
    (b"KST", 540),
    (b"AEST", 600),
    (b"AEDT", 660),
    (b"NZST", 720),
];

fn starts_ignoring_case(text: &[u8], word: &[u8]) -> bool {
    text.get(..word.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(word))
}

/// The month at the start of the text, and its length with a dot behind the abbreviation.
pub fn month(text: &[u8]) -> Option<(u32, usize)> {
    let mut head = *text.first_chunk::<3>()?;
    if !head[0].is_ascii_alphabetic() {
        return None;
    }
    head.make_ascii_lowercase();
    let (short, number, longer) = MONTHS.iter().find(|(short, ..)| **short == head)?;
    let long = longer.iter().find(|word| starts_ignoring_case(text, word));
    let length = match long {
        Some(word) => word.len(),
        // Half an umlaut is no abbreviation.
        None if short[1] == 0xc3 => return None,
        None => 3,
    };
    Some((
        *number,
        length + usize::from(text.get(length) == Some(&b'.')),
    ))
}

/// The length of the weekday at the start of the text, with a dot behind the abbreviation.
pub fn weekday(text: &[u8]) -> Option<usize> {
    let run = text
        .iter()
        .take(11)
        .take_while(|b| b.is_ascii_alphabetic())
        .count();
    let word = text.get(..run).filter(|word| !word.is_empty())?;
    WEEKDAYS.iter().find(|day| day.eq_ignore_ascii_case(word))?;
    Some(run + usize::from(text.get(run) == Some(&b'.')))
}

/// `AM`, `pm` or `p.m.` behind a clock: whether a blank stands before it, and the length of both.
pub fn half_of_day(text: &[u8]) -> Option<(bool, usize)> {
    let blank = usize::from(text.first() == Some(&b' '));
    let rest = &text[blank..];
    if !matches!(rest.first()?, b'A' | b'a' | b'P' | b'p') {
        return None;
    }
    let is = |mark: &[u8]| starts_ignoring_case(&rest[1..], mark).then_some(1 + mark.len());
    let length = is(b".m.").or_else(|| is(b"m"))?;
    let ends = !rest
        .get(length)
        .is_some_and(|b| b.is_ascii_alphanumeric() || b"_-+'".contains(b) || *b >= 0x80);
    ends.then_some((blank == 1, blank + length))
}

/// The zone name at the start of the text: minutes east of Greenwich, and its length.
pub fn zone(text: &[u8]) -> Option<(i32, usize)> {
    let run = text.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let word = text.get(..run)?;
    let (_, minutes) = ZONES.iter().find(|(name, _)| *name == word)?;
    Some((*minutes, run))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_in_both_languages_short_and_long() {
        for (text, month, length) in [
            ("Aug 10", 8, 3),
            ("August 10", 8, 6),
            ("M\u{e4}rz 10", 3, 5),
            ("M\u{e4}r. 10", 3, 5),
            ("Okt. 10", 10, 4),
            ("dezember", 12, 8),
            ("SEPT 1", 9, 4),
        ] {
            assert_eq!(
                super::month(text.as_bytes()),
                Some((month, length)),
                "{text}"
            );
        }
        assert_eq!(super::month(b" Au"), None);
        assert_eq!(super::month(b"xyz"), None);
    }

    #[test]
    fn weekdays_are_whole_words() {
        assert_eq!(weekday(b"Mon Aug"), Some(3));
        assert_eq!(weekday("Mittwoch, ".as_bytes()), Some(8));
        assert_eq!(weekday(b"Money"), None);
    }
}
