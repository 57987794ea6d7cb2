//! The text forms of dates and times, for databases that keep them as text.
//!
//! The forms are Django's on SQLite: `2020-02-29`, `12:00:00.000001` and
//! `2020-02-29 12:00:00.000001`, a fraction only where it is not zero, and then with all its six
//! digits: what compares by its text must have one text. Parsing also takes what ISO 8601 allows
//! (`T`, an offset).

use jiff::civil;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use jiff::{Span, ToSpan};

const EPOCH: civil::Date = civil::date(1970, 1, 1);
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The text of a date given in days since 1970-01-01; `None` outside the years -9999 to 9999.
pub fn format_date(days: i32) -> Option<String> {
    Some(date_from_days(days)?.to_string())
}

/// The text of a time of day given in microseconds since midnight; `None` outside one day.
pub fn format_time(micros: i64) -> Option<String> {
    let time = time_from_micros(micros)?;
    Some(match micros % 1_000_000 {
        0 => time.to_string(),
        _ => format!("{time:.6}"),
    })
}

/// The text of a date and time given in microseconds since 1970-01-01T00:00:00, with a space
/// between the two; `None` outside the years -9999 to 9999.
pub fn format_datetime(micros: i64) -> Option<String> {
    let days = i32::try_from(micros.div_euclid(MICROS_PER_DAY)).ok()?;
    let time = format_time(micros.rem_euclid(MICROS_PER_DAY))?;
    Some(format!("{} {time}", date_from_days(days)?))
}

/// Days since 1970-01-01 of a date's text.
pub fn parse_date(text: &str) -> Option<i32> {
    // A date-time parses as a date too, and would lose its time without a word.
    if text.len() > 10 && !text.starts_with(['-', '+']) {
        return None;
    }
    Some(days_of_date(text.parse().ok()?))
}

/// Microseconds since midnight of a time's text.
pub fn parse_time(text: &str) -> Option<i64> {
    Some(micros_of_day(text.parse().ok()?))
}

/// Microseconds since 1970-01-01T00:00:00 of a date-time's text; a date alone is its midnight.
/// Text with an offset or zone is not a plain date-time: see [`parse_timestamp`].
pub fn parse_datetime(text: &str) -> Option<i64> {
    let (micros, offset) = clock_and_offset(text)?;
    offset.is_none().then_some(micros)
}

/// Microseconds since 1970-01-01T00:00:00Z of a date-time's text. Without an offset it is UTC.
pub fn parse_timestamp(text: &str) -> Option<i64> {
    let (micros, offset) = clock_and_offset(text)?;
    Some(micros - i64::from(offset.unwrap_or(0)) * 1_000_000)
}

/// What a clock shows, in microseconds, and its offset in seconds where the text has one.
///
/// Not by `Timestamp`, which ends a day before the year 9999 does.
fn clock_and_offset(text: &str) -> Option<(i64, Option<i32>)> {
    let pieces = Pieces::parse(text).ok()?;
    if pieces.time_zone_annotation().is_some() {
        return None;
    }
    let time = pieces.time().unwrap_or(civil::Time::midnight());
    let micros = i64::from(days_of_date(pieces.date())) * MICROS_PER_DAY + micros_of_day(time);
    Some((micros, pieces.to_numeric_offset().map(Offset::seconds)))
}

/// The clock's reading; `None` outside the years -9999 to 9999.
pub(crate) fn civil_from_micros(micros: i64) -> Option<civil::DateTime> {
    let days = i32::try_from(micros.div_euclid(MICROS_PER_DAY)).ok()?;
    let time = time_from_micros(micros.rem_euclid(MICROS_PER_DAY))?;
    Some(date_from_days(days)?.to_datetime(time))
}

pub(crate) fn micros_from_civil(clock: civil::DateTime) -> i64 {
    i64::from(days_of_date(clock.date())) * MICROS_PER_DAY + micros_of_day(clock.time())
}

pub(crate) fn date_from_days(days: i32) -> Option<civil::Date> {
    EPOCH.checked_add(Span::new().try_days(days).ok()?).ok()
}

pub(crate) fn days_of_date(date: civil::Date) -> i32 {
    // In days there is nothing to round and no end to exceed: jiff has 20,000 years.
    date.duration_since(EPOCH).as_hours() as i32 / 24
}

pub(crate) fn time_from_micros(micros: i64) -> Option<civil::Time> {
    if !(0..MICROS_PER_DAY).contains(&micros) {
        return None;
    }
    civil::Time::midnight()
        .checked_add(micros.microseconds())
        .ok()
}

pub(crate) fn micros_of_day(time: civil::Time) -> i64 {
    let seconds =
        i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    seconds * 1_000_000 + i64::from(time.subsec_nanosecond()) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_round_trip_before_and_after_the_epoch() {
        for (text, days) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2020-02-29", 18_321),
            ("0001-01-01", -719_162),
        ] {
            assert_eq!(parse_date(text), Some(days), "{text}");
            assert_eq!(format_date(days).as_deref(), Some(text));
        }
        assert_eq!(parse_date("2020-02-30"), None);
        assert_eq!(parse_date("2020-02-29 12:00:00"), None);
        assert_eq!(format_date(i32::MAX), None);
    }

    #[test]
    fn times_keep_microseconds_and_leave_out_a_zero_fraction() {
        assert_eq!(format_time(0).as_deref(), Some("00:00:00"));
        assert_eq!(
            format_time(MICROS_PER_DAY - 1).as_deref(),
            Some("23:59:59.999999")
        );
        assert_eq!(format_time(500_000).as_deref(), Some("00:00:00.500000"));
        assert_eq!(format_time(3_600_000_000).as_deref(), Some("01:00:00"));
        assert_eq!(parse_time("00:00:00.5"), parse_time("00:00:00.500000"));
        assert_eq!(format_time(MICROS_PER_DAY), None);
        assert_eq!(parse_time("23:59:59.999999"), Some(MICROS_PER_DAY - 1));
    }

    #[test]
    fn date_times_round_trip_and_offsets_are_applied() {
        let micros = -1;
        assert_eq!(
            format_datetime(micros).as_deref(),
            Some("1969-12-31 23:59:59.999999")
        );
        assert_eq!(parse_datetime("1969-12-31 23:59:59.999999"), Some(micros));
        assert_eq!(parse_timestamp("1969-12-31T23:59:59.999999Z"), Some(micros));
        assert_eq!(parse_timestamp("1970-01-01T01:00:00+01:00"), Some(0));
        assert_eq!(parse_timestamp("1970-01-01"), Some(0));
        let last = 253_402_300_799_999_999;
        assert_eq!(parse_timestamp("9999-12-31T23:59:59.999999Z"), Some(last));
        assert_eq!(parse_timestamp("1970-01-01T00:00:00[Europe/Paris]"), None);
        assert_eq!(parse_datetime("1970-01-01T01:00:00+01:00"), None);
    }
}
