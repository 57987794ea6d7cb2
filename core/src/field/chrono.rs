//! The types of [`chrono`]: dates, times, date-times, instants in UTC and spans.
//!
//! What is finer than a microsecond is cut when it is sent.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};

use super::primitive::too_long;
use super::{DecodeError, Field, beyond, read};
use crate::aggregate::Number;
use crate::column::moments;
use crate::value::{ColumnType, Value, ValueRef};

/// Days from the first day of chrono's count, 0001-01-01, to 1970-01-01.
const EPOCH: i32 = 719_163;
const LAST_MICRO: i64 = 86_399_999_999;

#[diagnostic::do_not_recommend]
impl Field for NaiveDate {
    const TYPE: ColumnType = ColumnType::Date;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        let days = read::date(value)?;
        days.checked_add(EPOCH)
            .and_then(Self::from_num_days_from_ce_opt)
            .ok_or_else(|| beyond(days, "chrono::NaiveDate"))
    }

    fn to_value(&self) -> Value {
        Value::Date(self.num_days_from_ce() - EPOCH)
    }
}

/// A leap second is the last microsecond of its minute's last second.
#[diagnostic::do_not_recommend]
impl Field for NaiveTime {
    const TYPE: ColumnType = ColumnType::Time;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        let micros = read::time(value)?;
        let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
        Self::from_num_seconds_from_midnight_opt(seconds as u32, rest as u32 * 1000)
            .ok_or_else(|| beyond(micros, "chrono::NaiveTime"))
    }

    fn to_value(&self) -> Value {
        let seconds = i64::from(self.num_seconds_from_midnight());
        let micros = i64::from(self.nanosecond() / 1000).min(999_999);
        Value::Time((seconds * 1_000_000 + micros).min(LAST_MICRO))
    }
}

#[diagnostic::do_not_recommend]
impl Field for NaiveDateTime {
    const TYPE: ColumnType = ColumnType::DateTime;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        let micros = read::datetime(value)?;
        DateTime::from_timestamp_micros(micros)
            .map(|instant| instant.naive_utc())
            .ok_or_else(|| beyond(micros, "chrono::NaiveDateTime"))
    }

    fn to_value(&self) -> Value {
        Value::DateTime(self.and_utc().timestamp_micros())
    }
}

#[diagnostic::do_not_recommend]
impl Field for DateTime<Utc> {
    const TYPE: ColumnType = ColumnType::Timestamp;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        let micros = read::timestamp(value)?;
        Self::from_timestamp_micros(micros).ok_or_else(|| beyond(micros, "chrono::DateTime<Utc>"))
    }

    fn to_value(&self) -> Value {
        Value::Timestamp(self.timestamp_micros())
    }
}

/// Beyond the 292,000 years that a column holds, the longest span is sent.
#[diagnostic::do_not_recommend]
impl Field for TimeDelta {
    const TYPE: ColumnType = ColumnType::Duration;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        read::duration(value).map(Self::microseconds)
    }

    fn to_value(&self) -> Value {
        self.num_microseconds()
            .map_or_else(|| too_long(self), Value::Duration)
    }
}

impl Number for TimeDelta {
    type Sum = Self;
    type Avg = Self;
}

moments!(date NaiveDate, time NaiveTime, datetime NaiveDateTime, span TimeDelta, both NaiveDateTime, both DateTime<Utc>);

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip<T: Field + PartialEq + std::fmt::Debug>(value: T, sent: Value) {
        assert_eq!(value.to_value(), sent);
        assert_eq!(T::from_value(sent.borrow()), Ok(value));
    }

    #[test]
    fn before_and_after_the_epoch() {
        let date = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        round_trip(date(1970, 1, 1), Value::Date(0));
        round_trip(date(1969, 12, 31), Value::Date(-1));
        round_trip(date(1, 1, 1), Value::Date(-719_162));
        let evening = date(1969, 12, 31)
            .and_hms_micro_opt(23, 59, 59, 999_999)
            .unwrap();
        round_trip(evening, Value::DateTime(-1));
        round_trip(evening.and_utc(), Value::Timestamp(-1));
        round_trip(evening.time(), Value::Time(LAST_MICRO));
        round_trip(NaiveTime::MIN, Value::Time(0));
        round_trip(TimeDelta::microseconds(-1), Value::Duration(-1));
        round_trip(TimeDelta::microseconds(i64::MIN), Value::Duration(i64::MIN));
        round_trip(TimeDelta::microseconds(i64::MAX), Value::Duration(i64::MAX));
    }

    #[test]
    fn text_is_read() {
        let instant = DateTime::<Utc>::from_timestamp_micros(-1).unwrap();
        let text = ValueRef::Text("1969-12-31 23:59:59.999999");
        assert_eq!(DateTime::<Utc>::from_value(text), Ok(instant));
        assert_eq!(NaiveDateTime::from_value(text), Ok(instant.naive_utc()));
        assert_eq!(
            NaiveTime::from_value(ValueRef::Text("23:59:59.999999")),
            Ok(instant.time())
        );
        assert_eq!(Option::<NaiveDate>::from_value(ValueRef::Null), Ok(None));
    }

    #[test]
    fn what_a_type_cannot_hold_is_refused_and_the_finest_digits_are_cut() {
        assert_eq!(
            NaiveDate::from_value(ValueRef::Date(i32::MAX))
                .unwrap_err()
                .to_string(),
            "2147483647 is out of range for chrono::NaiveDate"
        );
        assert!(NaiveDate::from_value(ValueRef::Date(i32::MIN)).is_err());
        assert!(DateTime::<Utc>::from_value(ValueRef::Timestamp(i64::MAX)).is_err());
        let fine = DateTime::<Utc>::from_timestamp(-1, 999_999_999).unwrap();
        assert_eq!(fine.to_value(), Value::Timestamp(-1));
        assert!(matches!(TimeDelta::MAX.to_value(), Value::Refused(_)));
        assert!(matches!(TimeDelta::MIN.to_value(), Value::Refused(_)));
        let leap = NaiveTime::from_hms_nano_opt(23, 59, 59, 1_500_000_000).unwrap();
        assert_eq!(leap.to_value(), Value::Time(LAST_MICRO));
    }
}
