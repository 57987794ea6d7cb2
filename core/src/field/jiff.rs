//! The types of [`jiff`]: civil dates, times and date-times, instants and absolute spans.
//!
//! What is finer than a microsecond is cut when it is sent.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp};

use super::primitive::too_long;
use super::{DecodeError, Field, beyond, read};
use crate::aggregate::Number;
use crate::column::moments;
use crate::value::{
    ColumnType, Value, ValueRef, date_from_days, days_of_date, micros_of_day, time_from_micros,
};

const MICROS_PER_DAY: i64 = 86_400_000_000;

#[diagnostic::do_not_recommend]
impl Field for Date {
    const TYPE: ColumnType = ColumnType::Date;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        let days = read::date(value)?;
        date_from_days(days).ok_or_else(|| beyond(days, "jiff::civil::Date"))
    }

    fn to_value(&self) -> Value {
        Value::Date(days_of_date(*self))
    }
}

#[diagnostic::do_not_recommend]
impl Field for Time {
    const TYPE: ColumnType = ColumnType::Time;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        let micros = read::time(value)?;
        time_from_micros(micros).ok_or_else(|| beyond(micros, "jiff::civil::Time"))
    }

    fn to_value(&self) -> Value {
        Value::Time(micros_of_day(*self))
    }
}

#[diagnostic::do_not_recommend]
impl Field for DateTime {
    const TYPE: ColumnType = ColumnType::DateTime;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        let micros = read::datetime(value)?;
        let days = i32::try_from(micros.div_euclid(MICROS_PER_DAY)).ok();
        let date = days.and_then(date_from_days);
        let time = time_from_micros(micros.rem_euclid(MICROS_PER_DAY));
        match (date, time) {
            (Some(date), Some(time)) => Ok(date.to_datetime(time)),
            _ => Err(beyond(micros, "jiff::civil::DateTime")),
        }
    }

    fn to_value(&self) -> Value {
        let days = i64::from(days_of_date(self.date()));
        Value::DateTime(days * MICROS_PER_DAY + micros_of_day(self.time()))
    }
}

#[diagnostic::do_not_recommend]
impl Field for Timestamp {
    const TYPE: ColumnType = ColumnType::Timestamp;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        let micros = read::timestamp(value)?;
        // Jiff's own way from microseconds refuses the last second that a timestamp can have.
        Self::from_nanosecond(i128::from(micros) * 1000)
            .map_err(|_| beyond(micros, "jiff::Timestamp"))
    }

    fn to_value(&self) -> Value {
        // Down, as a clock's digits are cut: jiff's own microseconds go towards 1970. Jiff's
        // years, -9999 to 9999, fit.
        Value::Timestamp(self.as_nanosecond().div_euclid(1000) as i64)
    }
}

/// Beyond the 292,000 years that a column holds, the longest span is sent.
#[diagnostic::do_not_recommend]
impl Field for SignedDuration {
    const TYPE: ColumnType = ColumnType::Duration;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        read::duration(value).map(Self::from_micros)
    }

    fn to_value(&self) -> Value {
        i64::try_from(self.as_micros()).map_or_else(|_| too_long(self), Value::Duration)
    }
}

impl Number for SignedDuration {
    type Sum = Self;
    type Avg = Self;
}

moments!(date Date, time Time, datetime DateTime, span SignedDuration, both DateTime, both Timestamp);

#[cfg(test)]
mod tests {
    use super::*;
    use ::jiff::civil::{date, time};

    fn round_trip<T: Field + PartialEq + std::fmt::Debug>(value: T, sent: Value) {
        assert_eq!(value.to_value(), sent);
        assert_eq!(T::from_value(sent.borrow()), Ok(value));
    }

    #[test]
    fn before_and_after_the_epoch() {
        let evening = date(1969, 12, 31).at(23, 59, 59, 999_999_000);
        round_trip(date(1970, 1, 1), Value::Date(0));
        round_trip(date(1, 1, 1), Value::Date(-719_162));
        round_trip(evening.date(), Value::Date(-1));
        round_trip(evening.time(), Value::Time(MICROS_PER_DAY - 1));
        round_trip(time(0, 0, 0, 0), Value::Time(0));
        round_trip(evening, Value::DateTime(-1));
        round_trip(
            Timestamp::from_microsecond(-1).unwrap(),
            Value::Timestamp(-1),
        );
        round_trip(SignedDuration::from_micros(-1), Value::Duration(-1));
        round_trip(
            SignedDuration::from_micros(i64::MIN),
            Value::Duration(i64::MIN),
        );
        round_trip(
            SignedDuration::from_micros(i64::MAX),
            Value::Duration(i64::MAX),
        );
    }

    #[test]
    fn the_ends_of_the_types_round_trip_but_for_their_last_nanoseconds() {
        for end in [Date::MIN, Date::MAX] {
            assert_eq!(Date::from_value(end.to_value().borrow()), Ok(end));
        }
        round_trip(DateTime::MIN, DateTime::MIN.to_value());
        round_trip(Timestamp::MIN, Timestamp::MIN.to_value());
        let read = Timestamp::from_value(Timestamp::MAX.to_value().borrow()).unwrap();
        assert_eq!(read.as_microsecond(), Timestamp::MAX.as_microsecond());
    }

    #[test]
    fn text_is_read() {
        let text = ValueRef::Text("1969-12-31 23:59:59.999999");
        let evening = date(1969, 12, 31).at(23, 59, 59, 999_999_000);
        assert_eq!(DateTime::from_value(text), Ok(evening));
        assert_eq!(
            Timestamp::from_value(text).map(|at| at.as_microsecond()),
            Ok(-1)
        );
        assert_eq!(Option::<Date>::from_value(ValueRef::Null), Ok(None));
    }

    #[test]
    fn what_a_type_cannot_hold_is_refused_and_the_finest_digits_are_cut() {
        assert_eq!(
            Date::from_value(ValueRef::Date(i32::MAX))
                .unwrap_err()
                .to_string(),
            "2147483647 is out of range for jiff::civil::Date"
        );
        assert!(Timestamp::from_value(ValueRef::Timestamp(i64::MAX)).is_err());
        assert!(DateTime::from_value(ValueRef::DateTime(i64::MIN)).is_err());
        let fine = Timestamp::from_nanosecond(-1).unwrap();
        assert_eq!(fine.to_value(), Value::Timestamp(-1));
        assert!(matches!(SignedDuration::MAX.to_value(), Value::Refused(_)));
        assert!(matches!(SignedDuration::MIN.to_value(), Value::Refused(_)));
    }
}
