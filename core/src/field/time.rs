//! The types of [`time`]: dates, times, date-times, instants and spans.
//!
//! What is finer than a microsecond is cut when it is sent. An `OffsetDateTime` is sent as its
//! instant and read in UTC, since databases keep no offset.

use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime};

use super::primitive::too_long;
use super::{DecodeError, Field, beyond, read};
use crate::aggregate::Number;
use crate::column::moments;
use crate::value::{ColumnType, Value, ValueRef};

/// The Julian day of 1970-01-01.
const EPOCH: i32 = 2_440_588;
const MICROS_PER_DAY: i64 = 86_400_000_000;

fn to_date(days: i32) -> Option<Date> {
    Date::from_julian_day(days.checked_add(EPOCH)?).ok()
}

fn days(date: Date) -> i32 {
    date.to_julian_day() - EPOCH
}

fn to_time(micros: i64) -> Option<Time> {
    let seconds = micros / 1_000_000;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    Time::from_hms_micro(
        hour as u8,
        minute as u8,
        second as u8,
        (micros % 1_000_000) as u32,
    )
    .ok()
}

fn micros(time: Time) -> i64 {
    let (hour, minute, second, micros) = time.as_hms_micro();
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    seconds * 1_000_000 + i64::from(micros)
}

fn to_datetime(micros: i64) -> Option<PrimitiveDateTime> {
    let date = to_date(i32::try_from(micros.div_euclid(MICROS_PER_DAY)).ok()?)?;
    Some(PrimitiveDateTime::new(
        date,
        to_time(micros.rem_euclid(MICROS_PER_DAY))?,
    ))
}

fn clock_micros(date: Date, time: Time) -> i64 {
    i64::from(days(date)) * MICROS_PER_DAY + micros(time)
}

#[diagnostic::do_not_recommend]
impl Field for Date {
    const TYPE: ColumnType = ColumnType::Date;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        let days = read::date(value)?;
        to_date(days).ok_or_else(|| beyond(days, "time::Date"))
    }

    fn to_value(&self) -> Value {
        Value::Date(days(*self))
    }
}

#[diagnostic::do_not_recommend]
impl Field for Time {
    const TYPE: ColumnType = ColumnType::Time;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        let micros = read::time(value)?;
        to_time(micros).ok_or_else(|| beyond(micros, "time::Time"))
    }

    fn to_value(&self) -> Value {
        Value::Time(micros(*self))
    }
}

#[diagnostic::do_not_recommend]
impl Field for PrimitiveDateTime {
    const TYPE: ColumnType = ColumnType::DateTime;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        let micros = read::datetime(value)?;
        to_datetime(micros).ok_or_else(|| beyond(micros, "time::PrimitiveDateTime"))
    }

    fn to_value(&self) -> Value {
        Value::DateTime(clock_micros(self.date(), self.time()))
    }
}

#[diagnostic::do_not_recommend]
impl Field for OffsetDateTime {
    const TYPE: ColumnType = ColumnType::Timestamp;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        let micros = read::timestamp(value)?;
        let datetime = to_datetime(micros).ok_or_else(|| beyond(micros, "time::OffsetDateTime"))?;
        Ok(datetime.assume_utc())
    }

    fn to_value(&self) -> Value {
        let micros = self.unix_timestamp_nanos().div_euclid(1000);
        // Ten thousand years of microseconds fit; with the feature `large-dates` of `time`, a
        // million do not, and no database has them either.
        i64::try_from(micros).map_or_else(
            |_| Value::Refused(format!("{self} is beyond the instants that a column holds").into()),
            Value::Timestamp,
        )
    }
}

#[diagnostic::do_not_recommend]
impl Field for UtcDateTime {
    const TYPE: ColumnType = ColumnType::Timestamp;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        let micros = read::timestamp(value)?;
        let datetime = to_datetime(micros).ok_or_else(|| beyond(micros, "time::UtcDateTime"))?;
        Ok(Self::new(datetime.date(), datetime.time()))
    }

    fn to_value(&self) -> Value {
        Value::Timestamp(clock_micros(self.date(), self.time()))
    }
}

/// Beyond the 292,000 years that a column holds, the longest span is sent.
#[diagnostic::do_not_recommend]
impl Field for Duration {
    const TYPE: ColumnType = ColumnType::Duration;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        read::duration(value).map(Self::microseconds)
    }

    fn to_value(&self) -> Value {
        let micros = self.whole_microseconds();
        i64::try_from(micros).map_or_else(|_| too_long(self), Value::Duration)
    }
}

impl Number for Duration {
    type Sum = Self;
    type Avg = Self;
}

moments!(date Date, time Time, datetime PrimitiveDateTime, span Duration, both PrimitiveDateTime, both OffsetDateTime, both UtcDateTime);

#[cfg(test)]
mod tests {
    use super::*;
    use ::time::{Month, UtcOffset};

    fn round_trip<T: Field + PartialEq + std::fmt::Debug>(value: T, sent: Value) {
        assert_eq!(value.to_value(), sent);
        assert_eq!(T::from_value(sent.borrow()), Ok(value));
    }

    fn evening() -> PrimitiveDateTime {
        let date = Date::from_calendar_date(1969, Month::December, 31).unwrap();
        PrimitiveDateTime::new(date, Time::from_hms_micro(23, 59, 59, 999_999).unwrap())
    }

    #[test]
    fn before_and_after_the_epoch() {
        let date = |year, month| Date::from_calendar_date(year, month, 1).unwrap();
        round_trip(date(1970, Month::January), Value::Date(0));
        round_trip(date(1, Month::January), Value::Date(-719_162));
        round_trip(evening().date(), Value::Date(-1));
        round_trip(evening().time(), Value::Time(MICROS_PER_DAY - 1));
        round_trip(Time::MIDNIGHT, Value::Time(0));
        round_trip(evening(), Value::DateTime(-1));
        round_trip(evening().assume_utc(), Value::Timestamp(-1));
        round_trip(UtcDateTime::UNIX_EPOCH, Value::Timestamp(0));
        round_trip(Duration::microseconds(-1), Value::Duration(-1));
        round_trip(Duration::microseconds(i64::MIN), Value::Duration(i64::MIN));
        round_trip(Duration::microseconds(i64::MAX), Value::Duration(i64::MAX));
    }

    #[test]
    fn an_offset_is_turned_into_utc() {
        let offset = UtcOffset::from_hms(1, 0, 0).unwrap();
        let instant = OffsetDateTime::UNIX_EPOCH.to_offset(offset);
        assert_eq!(instant.to_value(), Value::Timestamp(0));
        let read = OffsetDateTime::from_value(ValueRef::Text("1970-01-01T01:00:00+01:00")).unwrap();
        assert_eq!((read, read.offset()), (instant, UtcOffset::UTC));
    }

    #[test]
    fn text_is_read() {
        let text = ValueRef::Text("1969-12-31 23:59:59.999999");
        assert_eq!(PrimitiveDateTime::from_value(text), Ok(evening()));
        assert_eq!(
            UtcDateTime::from_value(text).map(|at| at.to_value()),
            Ok(Value::Timestamp(-1))
        );
        assert_eq!(
            Time::from_value(ValueRef::Text("00:00:00")),
            Ok(Time::MIDNIGHT)
        );
        assert_eq!(
            Date::from_value(ValueRef::Text("1969-12-31")),
            Ok(evening().date())
        );
        assert_eq!(Option::<Date>::from_value(ValueRef::Null), Ok(None));
    }

    #[test]
    fn what_a_type_cannot_hold_is_refused_and_the_finest_digits_are_cut() {
        assert_eq!(
            Date::from_value(ValueRef::Date(i32::MAX))
                .unwrap_err()
                .to_string(),
            "2147483647 is out of range for time::Date"
        );
        assert!(OffsetDateTime::from_value(ValueRef::Timestamp(i64::MIN)).is_err());
        assert!(PrimitiveDateTime::from_value(ValueRef::DateTime(i64::MAX)).is_err());
        let fine = OffsetDateTime::from_unix_timestamp_nanos(-1).unwrap();
        assert_eq!(fine.to_value(), Value::Timestamp(-1));
        assert!(matches!(Duration::MAX.to_value(), Value::Refused(_)));
        assert!(matches!(Duration::MIN.to_value(), Value::Refused(_)));
    }
}
