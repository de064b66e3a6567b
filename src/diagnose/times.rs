//! Times as runtimes write them into their messages: month first, as invariant .NET does, or ISO; in UTC.

use chrono::{DateTime, NaiveDateTime};

/// Ways in which such a time is written without a zone; it is UTC.
const PLAIN: [&str; 4] = [
    "%m/%d/%Y %H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
];

/// Seconds since 1970-01-01T00:00:00Z; `None` if the text is no such time.
pub(super) fn utc(text: &str) -> Option<i64> {
    let text = text.trim().trim_matches(['\'', '"']);
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp());
    }
    let bare = text.trim_end_matches(['Z', ' ']);
    let bare = bare.split_once('.').map_or(bare, |(whole, _)| whole);
    PLAIN
        .iter()
        .find_map(|layout| NaiveDateTime::parse_from_str(bare, layout).ok())
        .map(|time| time.and_utc().timestamp())
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn the_month_comes_first_unless_the_year_does() {
        let fourth_of_march = Some(1_614_845_400);
        assert_eq!(utc("03/04/2021 08:10:00"), fourth_of_march);
        assert_eq!(utc("03/04/2021 08:10:00 AM"), fourth_of_march);
        assert_eq!(utc("2021-03-04T08:10:00Z"), fourth_of_march);
        assert_eq!(utc("2021-03-04T09:10:00+01:00"), fourth_of_march);
        assert_eq!(utc("soon"), None);
    }
}
