//! Which form a value has in SQLite.

use std::borrow::Cow;
use std::fmt::Write;

use queryset::{
    Decimal, Error, ErrorKind, Result, Value, format_date, format_datetime, format_time,
};

/// A value in one of SQLite's storage classes.
#[derive(Debug, PartialEq)]
pub(crate) enum Bound<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(Cow<'a, str>),
    Blob(&'a [u8]),
}

/// SQLite keeps a number of a NUMERIC column as an integer of 64 bits or as a double, and of a
/// double only 15 decimal digits are sure to survive.
const SURE_DIGITS: u32 = 15;

/// The form in which a value is bound; `position` counts from one and is for the message.
pub(crate) fn bound(value: &Value, position: usize, round_decimals: bool) -> Result<Bound<'_>> {
    Ok(match value {
        Value::Null => Bound::Null,
        Value::Bool(value) => Bound::Integer(i64::from(*value)),
        Value::I64(value) | Value::Duration(value) => Bound::Integer(*value),
        Value::U64(value) => match i64::try_from(*value) {
            Ok(value) => Bound::Integer(value),
            Err(_) => {
                return Err(refused(
                    position,
                    format!(
                        "{value} exceeds the integers of sqlite, which end at {}",
                        i64::MAX
                    ),
                ));
            }
        },
        Value::F64(value) if value.is_nan() => {
            return Err(refused(
                position,
                "not a number (NaN) would be stored as NULL by sqlite".to_owned(),
            ));
        }
        Value::F64(value) => Bound::Real(*value),
        Value::Decimal(value) => decimal(*value, position, round_decimals)?,
        Value::Text(text) | Value::Json(text) => Bound::Text(Cow::Borrowed(text)),
        Value::Bytes(bytes) => Bound::Blob(bytes),
        Value::Date(days) => text(format_date(*days), position, "date")?,
        Value::Time(micros) => text(format_time(*micros), position, "time")?,
        Value::DateTime(micros) | Value::Timestamp(micros) => {
            text(format_datetime(*micros), position, "date-time")?
        }
        Value::Uuid(bytes) => Bound::Text(Cow::Owned(hex(bytes))),
        Value::Array(values) => Bound::Text(Cow::Owned(json_array(values, position)?)),
        Value::Refused(why) => return Err(refused(position, why.to_string())),
        other => {
            return Err(refused(
                position,
                format!("a value of kind {} has no form in sqlite", other.kind()),
            ));
        }
    })
}

#[cold]
fn refused(position: usize, why: String) -> Error {
    Error::new(ErrorKind::Value, format!("parameter {position}: {why}"))
}

fn text(text: Option<String>, position: usize, what: &str) -> Result<Bound<'static>> {
    match text {
        // Years before 0 have a sign, and a text with a sign sorts backwards.
        Some(text) if text.starts_with('-') => Err(refused(
            position,
            format!(
                "the {what} {text} is before the year 0: sqlite compares it as text, and wrongly"
            ),
        )),
        Some(text) => Ok(Bound::Text(Cow::Owned(text))),
        None => Err(refused(position, format!("the {what} is out of range"))),
    }
}

/// As a number, so that an expression compares it as one; a NUMERIC column would make the same
/// number out of its text.
fn decimal(value: Decimal, position: usize, round: bool) -> Result<Bound<'static>> {
    let value = value.normalized();
    if value.scale() == 0
        && let Ok(integer) = i64::try_from(value.unscaled())
    {
        return Ok(Bound::Integer(integer));
    }
    let digits = value
        .unscaled()
        .unsigned_abs()
        .checked_ilog10()
        .map_or(1, |log| log + 1);
    let significant = digits - trailing_zeros(value);
    if significant > SURE_DIGITS && !round {
        return Err(refused(
            position,
            format!(
                "{value} has {significant} significant digits, of which sqlite keeps \
                 {SURE_DIGITS}: the option `round_decimals` rounds it"
            ),
        ));
    }
    match value.to_string().parse::<f64>() {
        Ok(real) if round && significant > SURE_DIGITS => Ok(Bound::Real(rounded(real))),
        Ok(real) => Ok(Bound::Real(real)),
        Err(error) => Err(refused(position, format!("{value} is no number")).with_source(error)),
    }
}

fn trailing_zeros(value: Decimal) -> u32 {
    let mut unscaled = value.unscaled();
    let mut zeros = 0;
    while unscaled != 0 && unscaled % 10 == 0 {
        unscaled /= 10;
        zeros += 1;
    }
    zeros
}

/// To 15 significant digits, as Django's converter does on reading.
fn rounded(real: f64) -> f64 {
    format!("{real:.14e}").parse().unwrap_or(real)
}

/// Django's form: 32 digits without hyphens.
fn hex(bytes: &[u8; 16]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(32);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// The text for `json_each`, which gives integers and texts back as what they are.
fn json_array(values: &[Value], position: usize) -> Result<String> {
    let mut json = String::with_capacity(2 + values.len() * 8);
    json.push('[');
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        match bound(value, position, false)? {
            Bound::Null => json.push_str("null"),
            Bound::Integer(integer) => {
                // Writing to a String cannot fail.
                let _ = write!(json, "{integer}");
            }
            Bound::Text(text) => json_text(&mut json, &text),
            Bound::Real(_) | Bound::Blob(_) => {
                return Err(refused(
                    position,
                    format!(
                        "an array may hold integers and texts, not a {}",
                        value.kind()
                    ),
                ));
            }
        }
    }
    json.push(']');
    Ok(json)
}

fn json_text(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\u{0}'..='\u{1f}' => {
                let _ = write!(json, "\\u{:04x}", u32::from(character));
            }
            _ => json.push(character),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: Value) -> String {
        match bound(&value, 1, false) {
            Ok(bound) => format!("{bound:?}"),
            Err(error) => error.to_string(),
        }
    }

    fn number(text: &str) -> Value {
        Value::Decimal(text.parse().unwrap())
    }

    #[test]
    fn numbers() {
        assert_eq!(of(Value::Bool(true)), "Integer(1)");
        assert_eq!(of(Value::U64(7)), "Integer(7)");
        assert_eq!(
            of(Value::U64(u64::MAX)),
            "parameter 1: 18446744073709551615 exceeds the integers of sqlite, which end at \
             9223372036854775807"
        );
        assert_eq!(
            of(Value::F64(f64::NAN)),
            "parameter 1: not a number (NaN) would be stored as NULL by sqlite"
        );
        assert_eq!(of(Value::F64(f64::INFINITY)), "Real(inf)");
        assert_eq!(of(Value::Duration(-5)), "Integer(-5)");
    }

    #[test]
    fn decimals_keep_their_digits_or_are_refused() {
        assert_eq!(of(number("9.990")), "Real(9.99)");
        assert_eq!(of(number("5.00")), "Integer(5)");
        assert_eq!(
            of(number("9223372036854775807")),
            "Integer(9223372036854775807)"
        );
        assert_eq!(of(number("123456789012.345")), "Real(123456789012.345)");
        assert_eq!(of(number("1e30")), "Real(1e30)");
        assert_eq!(of(number("0")), "Integer(0)");
        assert_eq!(
            of(number("1234567890123.456")),
            "parameter 1: 1234567890123.456 has 16 significant digits, of which sqlite keeps 15: \
             the option `round_decimals` rounds it"
        );
        assert_eq!(
            bound(&number("1234567890123.456"), 1, true).unwrap(),
            Bound::Real(1234567890123.46)
        );
    }

    #[test]
    fn times_and_uuids_have_djangos_forms() {
        assert_eq!(of(Value::Date(18_321)), "Text(\"2020-02-29\")");
        assert_eq!(of(Value::Time(1)), "Text(\"00:00:00.000001\")");
        assert_eq!(
            of(Value::Timestamp(-1)),
            "Text(\"1969-12-31 23:59:59.999999\")"
        );
        assert_eq!(
            of(Value::Date(i32::MAX)),
            "parameter 1: the date is out of range"
        );
        assert_eq!(of(Value::Date(-719_528)), "Text(\"0000-01-01\")");
        assert_eq!(
            of(Value::Date(-719_529)),
            "parameter 1: the date -000001-12-31 is before the year 0: sqlite compares it as text, \
             and wrongly"
        );
        assert_eq!(of(Value::Time(500_000)), "Text(\"00:00:00.500000\")");
        assert_eq!(
            of(Value::Uuid([0xab; 16])),
            format!("Text(\"{}\")", "ab".repeat(16))
        );
    }

    #[test]
    fn arrays_are_json() {
        let values = [
            Value::I64(-1),
            Value::Text("a\"\\\n".into()),
            Value::Null,
            Value::Bool(true),
        ];
        assert_eq!(
            bound(&Value::Array(values.into()), 1, false).unwrap(),
            Bound::Text(Cow::Borrowed(r#"[-1,"a\"\\\u000a",null,1]"#))
        );
        assert_eq!(
            of(Value::Array([Value::F64(1.5)].into())),
            "parameter 1: an array may hold integers and texts, not a float"
        );
    }
}
