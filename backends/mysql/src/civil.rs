//! Dates as the protocol carries them, and as core counts them.

const DAY: i64 = 86_400_000_000;
const HOUR: i64 = 3_600_000_000;
const MINUTE: i64 = 60_000_000;
const SECOND: i64 = 1_000_000;

/// Days since 1970-01-01 of a day in the Gregorian calendar; `None` if there is no such day.
pub(crate) fn days(year: u16, month: u8, day: u8) -> Option<i32> {
    let lengths = [
        31,
        28 + u8::from(is_leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let length = *lengths.get(usize::from(month.checked_sub(1)?))?;
    if day == 0 || day > length {
        return None;
    }
    // A year that begins in March has its odd day at the end.
    let (year, month, day) = (i32::from(year), i32::from(month), i32::from(day));
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * month + 2) / 5 + day - 1;
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// The year, month and day of a number of days since 1970-01-01; `None` outside the years that
/// the server keeps, 1 to 9999.
pub(crate) fn date(days: i32) -> Option<(u16, u8, u8)> {
    let days = i64::from(days) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let of_year = day_of_era - (365 * of_era + of_era / 4 - of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = match month {
        0..=9 => (era * 400 + of_era, month + 3),
        _ => (era * 400 + of_era + 1, month - 9),
    };
    let year = u16::try_from(year)
        .ok()
        .filter(|year| (1..=9999).contains(year))?;
    Some((year, month as u8, day as u8))
}

/// A time of day in hours, minutes, seconds and microseconds; `None` outside one day.
pub(crate) fn time(micros: i64) -> Option<(u8, u8, u8, u32)> {
    (0..DAY).contains(&micros).then_some((
        (micros / HOUR) as u8,
        (micros / MINUTE % 60) as u8,
        (micros / SECOND % 60) as u8,
        (micros % SECOND) as u32,
    ))
}

/// Microseconds of hours, minutes, seconds and microseconds.
pub(crate) fn micros(hours: i64, minutes: u8, seconds: u8, micros: u32) -> i64 {
    hours * HOUR + i64::from(minutes) * MINUTE + i64::from(seconds) * SECOND + i64::from(micros)
}

/// Days since 1970-01-01 and the microseconds of the day.
pub(crate) fn split(micros: i64) -> Option<(i32, i64)> {
    Some((
        i32::try_from(micros.div_euclid(DAY)).ok()?,
        micros.rem_euclid(DAY),
    ))
}

/// Microseconds since 1970-01-01T00:00:00.
pub(crate) fn join(days: i32, micros: i64) -> i64 {
    i64::from(days) * DAY + micros
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_from_the_first_to_the_last_follows_the_one_before() {
        let (first, last) = (days(1, 1, 1).unwrap(), days(9999, 12, 31).unwrap());
        assert_eq!(first, -719_162);
        assert_eq!(days(1970, 1, 1), Some(0));
        assert_eq!(days(2020, 2, 29), Some(18_321));
        let mut before = (0, 12, 31);
        for number in first..=last {
            let (year, month, day) = date(number).unwrap();
            assert_eq!(days(year, month, day), Some(number));
            assert!((year, month, day) > before);
            before = (year, month, day);
        }
        assert_eq!((date(first - 1), date(last + 1)), (None, None));
    }

    #[test]
    fn what_is_no_day_is_none() {
        for (year, month, day) in [
            (0, 0, 0),
            (2021, 2, 29),
            (1900, 2, 29),
            (2020, 13, 1),
            (2020, 4, 31),
        ] {
            assert_eq!(days(year, month, day), None);
        }
    }

    #[test]
    fn times_are_taken_apart_and_put_together() {
        assert_eq!(time(DAY - 1), Some((23, 59, 59, 999_999)));
        assert_eq!(micros(23, 59, 59, 999_999), DAY - 1);
        assert_eq!((time(-1), time(DAY)), (None, None));
        assert_eq!(split(-1), Some((-1, DAY - 1)));
        assert_eq!(join(-1, DAY - 1), -1);
    }
}
