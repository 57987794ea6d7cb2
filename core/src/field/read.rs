//! Reading dates, times, decimals, UUIDs and documents from whatever form a database keeps them
//! in: a type of their own, or text and numbers (SQLite).
//!
//! Text is read strictly: what would have to be rounded, cut or guessed is an error.

use super::DecodeError;
use crate::value::{
    ColumnType, Decimal, Value, ValueRef, parse_date, parse_datetime, parse_time, parse_timestamp,
    parse_uuid,
};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The value in a column's type, where it is one in another form; otherwise as it is.
pub(crate) fn in_type(value: ValueRef<'_>, ty: ColumnType) -> Value {
    let known = match (ty, value) {
        (_, ValueRef::Null) => return Value::Null,
        (ColumnType::Bool, ValueRef::I64(number @ (0 | 1))) => Ok(Value::Bool(number == 1)),
        (ColumnType::Date, value) => date(value).map(Value::Date),
        (ColumnType::Time, value) => time(value).map(Value::Time),
        (ColumnType::DateTime, value) => datetime(value).map(Value::DateTime),
        (ColumnType::Timestamp, value) => timestamp(value).map(Value::Timestamp),
        (ColumnType::Duration, value) => duration(value).map(Value::Duration),
        (ColumnType::Uuid, value) => uuid(value).map(Value::Uuid),
        (ColumnType::Json, value) => json(value).map(|text| Value::Json(text.into())),
        (ColumnType::Decimal, value) => decimal(value).map(Value::Decimal),
        (_, value) => Ok(value.to_owned()),
    };
    known.unwrap_or_else(|_| value.to_owned())
}

/// A date in days since 1970-01-01.
pub(super) fn date(value: ValueRef<'_>) -> Result<i32, DecodeError> {
    match value {
        ValueRef::Date(days) => Ok(days),
        ValueRef::Text(text) => parse_date(text).ok_or_else(|| no(text, "date")),
        _ => Err(DecodeError::wrong_kind()),
    }
}

/// A time of day in microseconds since midnight.
pub(super) fn time(value: ValueRef<'_>) -> Result<i64, DecodeError> {
    match value {
        ValueRef::Time(micros) if (0..MICROS_PER_DAY).contains(&micros) => Ok(micros),
        ValueRef::Time(micros) => Err(DecodeError::because(format!(
            "{micros} microseconds are outside one day"
        ))),
        ValueRef::Text(text) => {
            // A whole date-time parses as a time too, and would lose its date without a word.
            let only_time = text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b':' | b'.'));
            let parsed = if only_time {
                parse_time(exact(text)?)
            } else {
                None
            };
            parsed.ok_or_else(|| no(text, "time"))
        }
        _ => Err(DecodeError::wrong_kind()),
    }
}

/// A date and time without a zone, in microseconds since 1970-01-01T00:00:00.
pub(super) fn datetime(value: ValueRef<'_>) -> Result<i64, DecodeError> {
    match value {
        ValueRef::DateTime(micros) => Ok(micros),
        ValueRef::Text(text) => {
            parse_datetime(exact(text)?).ok_or_else(|| no(text, "date-time without an offset"))
        }
        _ => Err(DecodeError::wrong_kind()),
    }
}

/// An instant in microseconds since 1970-01-01T00:00:00Z. A database without such a type keeps
/// the clock of UTC, as Django does there.
pub(super) fn timestamp(value: ValueRef<'_>) -> Result<i64, DecodeError> {
    match value {
        ValueRef::Timestamp(micros) | ValueRef::DateTime(micros) => Ok(micros),
        ValueRef::Text(text) => parse_timestamp(exact(text)?).ok_or_else(|| no(text, "date-time")),
        _ => Err(DecodeError::wrong_kind()),
    }
}

/// A span of time in microseconds.
pub(super) fn duration(value: ValueRef<'_>) -> Result<i64, DecodeError> {
    match value {
        ValueRef::Duration(micros) | ValueRef::I64(micros) => Ok(micros),
        // What the functions of some databases make of whole numbers.
        ValueRef::F64(micros) if micros.fract() == 0.0 && micros.abs() < i64::MAX as f64 => {
            Ok(micros as i64)
        }
        ValueRef::Decimal(micros) => {
            let micros = micros.normalized();
            match i64::try_from(micros.unscaled()) {
                Ok(whole) if micros.scale() == 0 => Ok(whole),
                _ => Err(DecodeError::because(format!(
                    "{micros} is no number of microseconds"
                ))),
            }
        }
        _ => Err(DecodeError::wrong_kind()),
    }
}

/// The bytes of a UUID; its text has 32 hexadecimal digits, hyphens aside.
pub(super) fn uuid(value: ValueRef<'_>) -> Result<[u8; 16], DecodeError> {
    match value {
        ValueRef::Uuid(bytes) => Ok(bytes),
        ValueRef::Text(text) => parse_uuid(text).ok_or_else(|| no(text, "UUID")),
        _ => Err(DecodeError::wrong_kind()),
    }
}

/// The text of a document.
pub(super) fn json(value: ValueRef<'_>) -> Result<&str, DecodeError> {
    match value {
        ValueRef::Json(text) | ValueRef::Text(text) => Ok(text),
        _ => Err(DecodeError::wrong_kind()),
    }
}

/// A decimal number. A float is one only as far as its digits are certain, which fifteen are.
pub(super) fn decimal(value: ValueRef<'_>) -> Result<Decimal, DecodeError> {
    match value {
        ValueRef::Decimal(number) => Ok(number),
        ValueRef::I64(number) => Ok(Decimal::from(number)),
        ValueRef::U64(number) => Decimal::new(number.into(), 0).ok_or_else(DecodeError::wrong_kind),
        ValueRef::F64(number) => {
            let shortest = format!("{number:?}");
            if significant_digits(&shortest) > 15 {
                return Err(DecodeError::because(format!(
                    "the float {shortest} has more than 15 digits, so the decimal number that it \
                     stood for is not certain"
                )));
            }
            shortest
                .parse()
                .map_err(|_| no(&shortest, "decimal number"))
        }
        ValueRef::Text(text) => text.parse().map_err(|_| no(text, "decimal number")),
        _ => Err(DecodeError::wrong_kind()),
    }
}

/// The number of digits from the first to the last that is not zero.
fn significant_digits(number: &str) -> usize {
    let mantissa = number.split(['e', 'E']).next().unwrap_or(number);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').len()
}

/// Refuses the text of a time that its parser would quietly change: finer than a microsecond, a
/// leap second, or a zone's name without effect.
fn exact(text: &str) -> Result<&str, DecodeError> {
    let finer = text.split_once(['.', ',']).is_some_and(|(_, fraction)| {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit);
        digits.skip(6).any(|digit| digit != b'0')
    });
    if finer {
        return Err(DecodeError::because(format!(
            "'{text}' is finer than a microsecond"
        )));
    }
    if text.contains(":60") || text.contains('[') {
        return Err(no(text, "date or time of day that can be represented"));
    }
    Ok(text)
}

fn no(text: &str, what: &str) -> DecodeError {
    DecodeError::because(format!("'{text}' is no {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason<T: std::fmt::Debug>(result: Result<T, DecodeError>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn text_of_another_kind_is_no_date_and_no_time() {
        assert_eq!(date(ValueRef::Text("1969-12-31")), Ok(-1));
        assert_eq!(
            reason(date(ValueRef::Text("1969-12-31 10:00:00"))),
            "'1969-12-31 10:00:00' is no date"
        );
        assert_eq!(time(ValueRef::Text("00:00:00.000001")), Ok(1));
        for text in [
            "1969-12-31 10:00:00",
            "10:00:00+01:00",
            "24:00:00",
            "",
            "noon",
        ] {
            assert_eq!(
                reason(time(ValueRef::Text(text))),
                format!("'{text}' is no time")
            );
        }
        assert_eq!(
            reason(time(ValueRef::Time(MICROS_PER_DAY))),
            "86400000000 microseconds are outside one day"
        );
    }

    #[test]
    fn an_offset_is_applied_to_an_instant_and_refused_in_a_plain_date_time() {
        assert_eq!(
            timestamp(ValueRef::Text("1970-01-01 01:00:00+01:00")),
            Ok(0)
        );
        assert_eq!(timestamp(ValueRef::DateTime(7)), Ok(7));
        assert_eq!(
            datetime(ValueRef::Text("1969-12-31 23:59:59.999999")),
            Ok(-1)
        );
        assert_eq!(
            reason(datetime(ValueRef::Text("1970-01-01 01:00:00+01:00"))),
            "'1970-01-01 01:00:00+01:00' is no date-time without an offset"
        );
        assert_eq!(
            datetime(ValueRef::Timestamp(0)),
            Err(DecodeError::wrong_kind())
        );
    }

    #[test]
    fn what_would_be_rounded_is_refused() {
        for text in ["12:00:00.0000001", "12:00:00.1234567"] {
            assert_eq!(
                reason(time(ValueRef::Text(text))),
                format!("'{text}' is finer than a microsecond")
            );
        }
        assert_eq!(time(ValueRef::Text("00:00:00.000002000")), Ok(2));
        for text in ["2016-12-31 23:59:60", "2016-12-31 23:59:59[Europe/Paris]"] {
            assert!(datetime(ValueRef::Text(text)).is_err(), "{text}");
            assert!(timestamp(ValueRef::Text(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn a_float_is_a_decimal_number_as_long_as_its_digits_are_certain() {
        let read = |number: f64| decimal(ValueRef::F64(number)).map(|number| number.to_string());
        assert_eq!(read(9.99).as_deref(), Ok("9.99"));
        assert_eq!(read(-0.000001).as_deref(), Ok("-0.000001"));
        assert_eq!(read(1e20).as_deref(), Ok("100000000000000000000"));
        assert_eq!(read(123_456_789_012.345).as_deref(), Ok("123456789012.345"));
        assert_eq!(
            reason(read(0.1 + 0.2)),
            "the float 0.30000000000000004 has more than 15 digits, so the decimal number that \
             it stood for is not certain"
        );
        assert_eq!(reason(read(f64::NAN)), "'NaN' is no decimal number");
        assert_eq!(reason(read(f64::INFINITY)), "'inf' is no decimal number");
    }

    #[test]
    fn integers_and_text_are_decimal_numbers() {
        let read = |value| decimal(value).map(|number| number.to_string());
        assert_eq!(read(ValueRef::I64(i64::MIN)), Ok(i64::MIN.to_string()));
        assert_eq!(read(ValueRef::U64(u64::MAX)), Ok(u64::MAX.to_string()));
        let widest = "9".repeat(38);
        assert_eq!(read(ValueRef::Text(&widest)), Ok(widest.clone()));
        let wider = "9".repeat(39);
        assert_eq!(
            reason(read(ValueRef::Text(&wider))),
            format!("'{wider}' is no decimal number")
        );
        assert_eq!(read(ValueRef::Bool(true)), Err(DecodeError::wrong_kind()));
    }
}
