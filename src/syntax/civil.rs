//! Calendar arithmetic for stamps: a few additions, cheap enough that no day needs to be cached.

/// Days before each month in a year that is no leap year; index 0 is unused.
const BEFORE: [i32; 14] = [
    0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365,
];

/// True if the year has a 29th of February.
pub const fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days in the month of a year; 0 where there is no such month.
pub fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 => 28 + u32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

/// Days since 1970-01-01, or `None` where the calendar has no such day. Years 1 to 9999.
pub fn days(year: i32, month: u32, day: u32) -> Option<i32> {
    if !(1..=9999).contains(&year) || day == 0 || day > days_in_month(year, month) {
        return None;
    }
    let before = BEFORE[month as usize] + i32::from(month > 2 && is_leap(year));
    Some(first_of_year(year) + before + day as i32 - 1)
}

/// Days since 1970-01-01 of the `nth` day (from 1) of a year.
pub fn days_of_ordinal(year: i32, nth: u32) -> Option<i32> {
    if !(1..=9999).contains(&year) || nth == 0 || nth > 365 + u32::from(is_leap(year)) {
        return None;
    }
    Some(first_of_year(year) + nth as i32 - 1)
}

const fn first_of_year(year: i32) -> i32 {
    let past = year - 1;
    past * 365 + past / 4 - past / 100 + past / 400 - 719_162
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    #[test]
    fn every_day_of_four_centuries_is_chronos_day() {
        let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        for year in 1800..2200 {
            for month in 0..14 {
                for day in 0..33 {
                    let theirs = NaiveDate::from_ymd_opt(year, month, day)
                        .map(|date| (date - epoch).num_days() as i32);
                    assert_eq!(days(year, month, day), theirs, "{year}-{month}-{day}");
                }
            }
        }
    }

    #[test]
    fn ordinals_count_from_one() {
        assert_eq!(days_of_ordinal(1970, 1), Some(0));
        assert_eq!(days_of_ordinal(2020, 366), days(2020, 12, 31));
        assert_eq!(days_of_ordinal(2021, 366), None);
    }
}
