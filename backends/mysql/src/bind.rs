//! Values as the protocol's parameters.

use mysql_async::Value as Param;
use queryset::{Decimal, Error, ErrorKind, Result, Value};

use crate::civil;

/// Both databases keep at most this many digits behind the point.
const MOST_PLACES: u8 = 30;

/// The parameters of a statement.
///
/// They are copied, so that a read whose connection turns out to be lost can be sent again.
///
/// # Errors
/// Kind [`Data`](ErrorKind::Data): the database has no form for a value;
/// [`Value`](ErrorKind::Value): its own type had none.
pub(crate) fn bind(values: &[Value]) -> Result<Vec<Param>> {
    let bound = values.iter().enumerate();
    bound
        .map(|(index, value)| param(value, index + 1))
        .collect()
}

fn param(value: &Value, position: usize) -> Result<Param> {
    Ok(match value {
        Value::Null => Param::NULL,
        Value::Bool(value) => Param::Int(i64::from(*value)),
        Value::I64(value) | Value::Duration(value) => Param::Int(*value),
        Value::U64(value) => Param::UInt(*value),
        Value::F64(value) if value.is_finite() => Param::Double(*value),
        Value::F64(value) => {
            let what = match value.is_nan() {
                true => "not a number (NaN)".to_owned(),
                false => format!("the infinity {value}"),
            };
            return Err(refused(
                position,
                &format!("{what} has no place in a column"),
            ));
        }
        Value::Decimal(value) => decimal(*value, position)?,
        Value::Text(text) | Value::Json(text) => Param::Bytes(text.as_bytes().to_vec()),
        Value::Bytes(bytes) => Param::Bytes(bytes.to_vec()),
        Value::Date(days) => {
            let (year, month, day) = civil::date(*days).ok_or_else(|| outside(position, "date"))?;
            Param::Date(year, month, day, 0, 0, 0, 0)
        }
        Value::Time(micros) => {
            let (hours, minutes, seconds, micros) =
                civil::time(*micros).ok_or_else(|| outside(position, "time"))?;
            Param::Time(false, 0, hours, minutes, seconds, micros)
        }
        Value::DateTime(micros) | Value::Timestamp(micros) => {
            datetime(*micros).ok_or_else(|| outside(position, "date-time"))?
        }
        Value::Uuid(bytes) => Param::Bytes(hex(bytes)),
        Value::Refused(why) => {
            let message = format!("parameter {position}: {why}");
            return Err(Error::new(ErrorKind::Value, message));
        }
        other => {
            return Err(refused(
                position,
                &format!("a value of type {} has no form there", other.kind()),
            ));
        }
    })
}

fn datetime(micros: i64) -> Option<Param> {
    let (days, micros) = civil::split(micros)?;
    let (year, month, day) = civil::date(days)?;
    let (hours, minutes, seconds, micros) = civil::time(micros)?;
    Some(Param::Date(
        year, month, day, hours, minutes, seconds, micros,
    ))
}

fn decimal(value: Decimal, position: usize) -> Result<Param> {
    if value.normalized().scale() > MOST_PLACES {
        return Err(refused(
            position,
            &format!(
                "{value} has more than {MOST_PLACES} digits behind the point, and would be rounded"
            ),
        ));
    }
    Ok(Param::Bytes(value.to_string().into_bytes()))
}

/// A UUID as Django keeps it: 32 digits without hyphens.
fn hex(bytes: &[u8; 16]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| DIGITS[usize::from(digit)]).collect()
}

#[cold]
fn outside(position: usize, what: &str) -> Error {
    refused(
        position,
        &format!("the {what} is outside what a column holds"),
    )
}

#[cold]
fn refused(position: usize, why: &str) -> Error {
    Error::new(ErrorKind::Data, format!("parameter {position}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: Value) -> String {
        match param(&value, 1) {
            Ok(param) => param.as_sql(true),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Data);
                error.to_string()
            }
        }
    }

    #[test]
    fn values_take_the_protocol_s_own_form() {
        assert_eq!(of(Value::Null), "NULL");
        assert_eq!(of(Value::Bool(true)), "1");
        assert_eq!(of(Value::U64(u64::MAX)), "18446744073709551615");
        assert_eq!(of(Value::Date(-1)), "'1969-12-31'");
        assert_eq!(of(Value::DateTime(-1)), "'1969-12-31 23:59:59.999999'");
        assert_eq!(of(Value::Time(1)), "'000:00:00.000001'");
        assert_eq!(
            of(Value::Uuid([0x0f; 16])),
            "'0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f'"
        );
    }

    #[test]
    fn what_would_be_changed_is_refused() {
        assert_eq!(
            of(Value::F64(f64::NAN)),
            "parameter 1: not a number (NaN) has no place in a column"
        );
        assert_eq!(
            of(Value::F64(f64::NEG_INFINITY)),
            "parameter 1: the infinity -inf has no place in a column"
        );
        assert_eq!(
            of(Value::Date(i32::MAX)),
            "parameter 1: the date is outside what a column holds"
        );
        assert_eq!(
            of(Value::Time(-1)),
            "parameter 1: the time is outside what a column holds"
        );
        let number = Decimal::new(1, 31).unwrap();
        assert_eq!(
            of(Value::Decimal(number)),
            "parameter 1: 0.0000000000000000000000000000001 has more than 30 digits behind the \
             point, and would be rounded"
        );
        let zeros = Decimal::new(10, 31).unwrap();
        assert!(param(&Value::Decimal(zeros), 1).is_ok());
    }
}
