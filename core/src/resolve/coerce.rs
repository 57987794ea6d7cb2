//! Values of dynamic lookups in the type of their column, as Django's fields prepare them.

use crate::condition::Invalid;
use crate::error::ErrorKind;
use crate::expression::is_moment;
use crate::lookup::Lookup;
use crate::meta::ColumnMeta;
use crate::operand::Operand;
use crate::value::{
    ColumnType, Decimal, Value, format_date, format_datetime, format_time, format_uuid, parse_date,
    parse_datetime, parse_time, parse_timestamp, parse_uuid,
};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// A member of a list for `in`, or an end of a `range`; NULL stays NULL.
pub(super) fn listed(column: &ColumnMeta, operand: Operand) -> Result<Value, Invalid> {
    match operand {
        Operand::Value(Value::Null) => Ok(Value::Null),
        Operand::Value(value) => ordered(column, Lookup::Exact, value),
        Operand::List(_) => Err(misfit(column, "a list")),
        Operand::Expression(_) => Err(misfit(column, "an expression")),
        Operand::Query(_) => Err(misfit(column, "a query")),
        Operand::Row(_) => Err(misfit(column, "a row")),
    }
}

/// A value to compare a column with by equality or order.
pub(super) fn ordered(column: &ColumnMeta, lookup: Lookup, value: Value) -> Result<Value, Invalid> {
    let ty = column.ty();
    if ty.integer_range().is_some() {
        return integer(column, lookup, value);
    }
    match ty {
        ColumnType::F32 | ColumnType::F64 => float(column, value),
        ColumnType::Decimal => decimal(column, value),
        ColumnType::Bool => boolean(column, value),
        ColumnType::Text => Ok(Value::Text(text(value)?)),
        ColumnType::Bytes => match value {
            Value::Bytes(_) => Ok(value),
            other => Err(wrong(column, &other)),
        },
        ColumnType::Date => date(column, value),
        ColumnType::Time => time(column, value),
        ColumnType::DateTime => datetime(column, value),
        ColumnType::Timestamp => timestamp(column, value),
        ColumnType::Duration => match value {
            Value::Duration(_) => Ok(value),
            other => Err(misfit_as(ErrorKind::Type, column, other.kind())),
        },
        ColumnType::Uuid => uuid(column, value),
        ColumnType::Json => match value {
            Value::Json(_) => Ok(value),
            other => Err(wrong(column, &other)),
        },
        // Integers were settled above.
        _ => Ok(value),
    }
}

/// The text of a value, as Python's `str` writes it.
pub(super) fn text(value: Value) -> Result<Box<str>, Invalid> {
    let out_of_range = || Invalid::new(ErrorKind::Value, "a date outside the years -9999 to 9999");
    Ok(match value {
        Value::Text(text) | Value::Json(text) => text,
        Value::I64(number) => number.to_string().into(),
        Value::U64(number) => number.to_string().into(),
        Value::F64(number) => format!("{number:?}").into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Decimal(number) => number.to_string().into(),
        Value::Date(days) => format_date(days).ok_or_else(out_of_range)?.into(),
        Value::Time(micros) => format_time(micros).ok_or_else(out_of_range)?.into(),
        Value::DateTime(micros) => format_datetime(micros).ok_or_else(out_of_range)?.into(),
        Value::Timestamp(micros) => format!(
            "{}+00:00",
            format_datetime(micros).ok_or_else(out_of_range)?
        )
        .into(),
        Value::Uuid(bytes) => format_uuid(&bytes).into(),
        other => {
            let message = format!(
                "a value of type {} cannot be looked up as text",
                other.kind()
            );
            return Err(Invalid::new(ErrorKind::Type, message));
        }
    })
}

fn integer(column: &ColumnMeta, lookup: Lookup, value: Value) -> Result<Value, Invalid> {
    let misfit = |what: &str| misfit(column, what);
    match value {
        Value::I64(_) | Value::U64(_) => Ok(value),
        Value::Bool(value) => Ok(Value::I64(value.into())),
        Value::F64(number) => {
            // 222.9 is 222 for what is equal, greater or at most; `x >= 222.9` and `x < 222.9`
            // ask from 223 on.
            let rounded = match lookup {
                Lookup::Gte | Lookup::Lt => number.ceil(),
                _ => number.trunc(),
            };
            // A cast ends at the bounds of an i128, which no column reaches either.
            let number = number.to_string();
            match rounded.is_finite() {
                true => whole(rounded as i128).ok_or_else(|| misfit(&number)),
                false => Err(misfit(&number)),
            }
        }
        Value::Decimal(number) => {
            let divisor = 10i128.pow(u32::from(number.scale()));
            let (rounded, rest) = (number.unscaled() / divisor, number.unscaled() % divisor);
            let up = matches!(lookup, Lookup::Gte | Lookup::Lt) && rest > 0;
            whole(rounded + i128::from(up)).ok_or_else(|| misfit(&number.to_string()))
        }
        Value::Text(text) => text
            .trim()
            .parse()
            .ok()
            .and_then(whole)
            .ok_or_else(|| misfit(&format!("'{text}'"))),
        other => Err(misfit_as(ErrorKind::Type, column, other.kind())),
    }
}

/// An integer as a value; as a decimal where it is beyond every column's range, which decides a
/// comparison before anything is sent.
fn whole(number: i128) -> Option<Value> {
    if let Ok(number) = i64::try_from(number) {
        return Some(Value::I64(number));
    }
    if let Ok(number) = u64::try_from(number) {
        return Some(Value::U64(number));
    }
    Decimal::new(number, 0).map(Value::Decimal)
}

fn float(column: &ColumnMeta, value: Value) -> Result<Value, Invalid> {
    Ok(Value::F64(match value {
        Value::F64(number) => number,
        Value::I64(number) => number as f64,
        Value::U64(number) => number as f64,
        Value::Bool(value) => f64::from(u8::from(value)),
        Value::Decimal(number) => number
            .to_string()
            .parse()
            .map_err(|_| misfit(column, &number.to_string()))?,
        Value::Text(text) => text
            .trim()
            .parse()
            .map_err(|_| misfit(column, &format!("'{text}'")))?,
        other => return Err(misfit_as(ErrorKind::Type, column, other.kind())),
    }))
}

fn decimal(column: &ColumnMeta, value: Value) -> Result<Value, Invalid> {
    let parse = |text: &str| {
        text.trim()
            .parse::<Decimal>()
            .map_err(|_| invalid(column, text))
    };
    Ok(Value::Decimal(match value {
        Value::Decimal(number) => number,
        Value::I64(number) => Decimal::from(number),
        Value::U64(number) => parse(&number.to_string())?,
        Value::Bool(value) => Decimal::from(i64::from(value)),
        Value::F64(number) => parse(&format!("{number:?}"))?,
        Value::Text(text) => parse(&text)?,
        other => return Err(wrong(column, &other)),
    }))
}

fn boolean(column: &ColumnMeta, value: Value) -> Result<Value, Invalid> {
    Ok(Value::Bool(match value {
        Value::Bool(value) => value,
        Value::I64(0) => false,
        Value::I64(1) => true,
        Value::F64(0.0) => false,
        Value::F64(1.0) => true,
        Value::Text(text) => match &*text {
            "t" | "True" | "1" => true,
            "f" | "False" | "0" => false,
            other => return Err(invalid(column, other)),
        },
        other => return Err(wrong(column, &other)),
    }))
}

fn date(column: &ColumnMeta, value: Value) -> Result<Value, Invalid> {
    match value {
        Value::Date(_) => Ok(value),
        Value::DateTime(micros) | Value::Timestamp(micros) => {
            i32::try_from(micros.div_euclid(MICROS_PER_DAY))
                .map(Value::Date)
                .map_err(|_| wrong(column, &value))
        }
        Value::Text(text) => parse_date(&text)
            .map(Value::Date)
            .ok_or_else(|| invalid(column, &text)),
        other => Err(wrong(column, &other)),
    }
}

fn time(column: &ColumnMeta, value: Value) -> Result<Value, Invalid> {
    match value {
        Value::Time(_) => Ok(value),
        // Its time of day, as Django takes it.
        Value::DateTime(micros) => Ok(Value::Time(micros.rem_euclid(MICROS_PER_DAY))),
        Value::Text(text) => parse_time(&text)
            .map(Value::Time)
            .ok_or_else(|| invalid(column, &text)),
        other => Err(wrong(column, &other)),
    }
}

fn datetime(column: &ColumnMeta, value: Value) -> Result<Value, Invalid> {
    match value {
        Value::DateTime(_) => Ok(value),
        Value::Timestamp(micros) => Ok(Value::DateTime(micros)),
        Value::Date(days) => Ok(Value::DateTime(i64::from(days) * MICROS_PER_DAY)),
        Value::Text(text) => parse_datetime(&text)
            .map(Value::DateTime)
            .ok_or_else(|| invalid(column, &text)),
        other => Err(wrong(column, &other)),
    }
}

/// A date or date-time without a zone is read as UTC, the default zone.
fn timestamp(column: &ColumnMeta, value: Value) -> Result<Value, Invalid> {
    match value {
        Value::Timestamp(_) => Ok(value),
        Value::DateTime(micros) => Ok(Value::Timestamp(micros)),
        Value::Date(days) => Ok(Value::Timestamp(i64::from(days) * MICROS_PER_DAY)),
        Value::Text(text) => parse_timestamp(&text)
            .map(Value::Timestamp)
            .ok_or_else(|| invalid(column, &text)),
        other => Err(wrong(column, &other)),
    }
}

fn uuid(column: &ColumnMeta, value: Value) -> Result<Value, Invalid> {
    match value {
        Value::Uuid(_) => Ok(value),
        // The number that a UUID's bytes are.
        Value::I64(number) if number >= 0 => Ok(Value::Uuid((number as u128).to_be_bytes())),
        Value::U64(number) => Ok(Value::Uuid(u128::from(number).to_be_bytes())),
        Value::Text(text) => parse_uuid(bare(&text))
            .map(Value::Uuid)
            .ok_or_else(|| invalid(column, &text)),
        other => Err(wrong(column, &other)),
    }
}

/// A UUID's text without what Python, too, lets stand around it.
fn bare(text: &str) -> &str {
    let text = text.strip_prefix("urn:").unwrap_or(text);
    let text = text.strip_prefix("uuid:").unwrap_or(text);
    text.trim_matches(['{', '}'])
}

/// Django's ValueError of a number field.
fn misfit(column: &ColumnMeta, what: &str) -> Invalid {
    misfit_as(ErrorKind::Value, column, what)
}

fn misfit_as(kind: ErrorKind, column: &ColumnMeta, what: &str) -> Invalid {
    let message = format!(
        "the column '{}' of type {} cannot be compared with {what}",
        column.name(),
        column.ty()
    );
    Invalid::new(kind, message)
}

/// Django's ValidationError for text that is no value of the type.
fn invalid(column: &ColumnMeta, text: &str) -> Invalid {
    let message = format!(
        "'{text}' is not a valid {} for the column '{}'",
        column.ty(),
        column.name()
    );
    Invalid::new(ErrorKind::Validation, message)
}

/// A value of a type that the column's type is never read from.
fn wrong(column: &ColumnMeta, value: &Value) -> Invalid {
    let message = format!(
        "a value of type {} is not a valid {} for the column '{}'",
        value.kind(),
        column.ty(),
        column.name()
    );
    // Python reads dates and times from text, and nothing else is any.
    let kind = match is_moment(column.ty()) {
        true => ErrorKind::Type,
        false => ErrorKind::Validation,
    };
    Invalid::new(kind, message)
}
