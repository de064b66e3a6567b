//! Names of months, weekdays and zones, English and German.

/// Months: the first letters that tell them apart, then all spellings with those.
const MONTHS: [(u32, &[&[u8]]); 12] = [
    (
        1,
        &[
            b"january",
            b"januar",
            b"j\xc3\xa4nner",
            b"j\xe4nner",
            b"jan",
            b"j\xc3\xa4n",
            b"j\xe4n",
        ],
    ),
    (2, &[b"february", b"februar", b"feb"]),
    (
        3,
        &[
            b"march",
            b"m\xc3\xa4rz",
            b"m\xe4rz",
            b"maerz",
            b"mar",
            b"m\xc3\xa4r",
            b"m\xe4r",
            b"mrz",
        ],
    ),
    (4, &[b"april", b"apr"]),
    (5, &[b"may", b"mai"]),
    (6, &[b"june", b"juni", b"jun"]),
    (7, &[b"july", b"juli", b"jul"]),
    (8, &[b"august", b"aug"]),
    (9, &[b"september", b"sept", b"sep"]),
    (10, &[b"october", b"oktober", b"oct", b"okt"]),
    (11, &[b"november", b"nov"]),
    (12, &[b"december", b"dezember", b"dec", b"dez"]),
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
    for (number, spellings) in MONTHS {
        for word in spellings {
            if starts_ignoring_case(text, word) {
                let dot = text.get(word.len()) == Some(&b'.');
                return Some((number, word.len() + usize::from(dot)));
            }
        }
    }
    None
}

/// The length of the weekday at the start of the text, with a dot behind the abbreviation.
pub fn weekday(text: &[u8]) -> Option<usize> {
    let run = text.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let word = text.get(..run)?;
    WEEKDAYS.iter().find(|day| day.eq_ignore_ascii_case(word))?;
    Some(run + usize::from(text.get(run) == Some(&b'.')))
}

/// The zone name at the start of the text: minutes east of Greenwich, and its length.
pub fn zone(text: &[u8]) -> Option<(i32, usize)> {
    let run = text.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let word = text.get(..run)?;
    let (_, minutes) = ZONES.iter().find(|(name, _)| *name == word)?;
    Some((*minutes, run))
}
