//! A row of the binary protocol, read by the types of its columns.

use std::sync::Arc;

use queryset::{Error, ErrorKind, Result, Row, ValueRef};
use tokio_postgres::types::{FromSql, Kind, Type};

use crate::numeric;

/// From 1970-01-01 to 2000-01-01, where the server's calendar begins.
pub(crate) const EPOCH_DAYS: i32 = 10_957;
pub(crate) const EPOCH_MICROS: i64 = EPOCH_DAYS as i64 * MICROS_PER_DAY;
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// A column of a result.
pub(crate) struct Column {
    name: Box<str>,
    oid: u32,
    form: Form,
}

/// How the bytes of a value are read.
#[derive(Debug)]
enum Form {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Numeric,
    Text,
    Char,
    Bytea,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Interval,
    Uuid,
    Json,
    Jsonb,
    Void,
    Unknown(Box<str>),
}

/// The columns of a statement's result.
pub(crate) fn columns(columns: &[tokio_postgres::Column]) -> Arc<[Column]> {
    columns
        .iter()
        .map(|column| Column {
            name: column.name().into(),
            oid: column.type_().oid(),
            form: form(column.type_()),
        })
        .collect()
}

/// Whether a result has the columns that its statement had when it was described.
pub(crate) fn are(columns: &[Column], actual: &[tokio_postgres::Column]) -> bool {
    columns.len() == actual.len()
        && columns.iter().zip(actual).all(|(known, actual)| {
            known.oid == actual.type_().oid() && *known.name == *actual.name()
        })
}

fn form(ty: &Type) -> Form {
    match *ty {
        Type::BOOL => Form::Bool,
        Type::INT2 => Form::Int2,
        Type::INT4 => Form::Int4,
        Type::INT8 => Form::Int8,
        Type::OID => Form::Oid,
        Type::FLOAT4 => Form::Float4,
        Type::FLOAT8 => Form::Float8,
        Type::NUMERIC => Form::Numeric,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::XML => {
            Form::Text
        }
        Type::CHAR => Form::Char,
        Type::BYTEA => Form::Bytea,
        Type::DATE => Form::Date,
        Type::TIME => Form::Time,
        Type::TIMESTAMP => Form::Timestamp,
        Type::TIMESTAMPTZ => Form::TimestampTz,
        Type::INTERVAL => Form::Interval,
        Type::UUID => Form::Uuid,
        Type::JSON => Form::Json,
        Type::JSONB => Form::Jsonb,
        Type::VOID => Form::Void,
        _ => match ty.kind() {
            Kind::Enum(_) => Form::Text,
            Kind::Domain(base) => form(base),
            _ if ty.name() == "citext" => Form::Text,
            _ => Form::Unknown(ty.name().into()),
        },
    }
}

/// A row on its way to a sink.
pub(crate) struct PostgresRow<'r> {
    pub(crate) row: &'r tokio_postgres::Row,
    pub(crate) columns: &'r [Column],
}

/// The bytes of a value, whatever its type.
struct Raw<'r>(Option<&'r [u8]>);

impl<'r> FromSql<'r> for Raw<'r> {
    fn from_sql(
        _: &Type,
        bytes: &'r [u8],
    ) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(Some(bytes)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

impl Row for PostgresRow<'_> {
    fn len(&self) -> usize {
        self.columns.len()
    }

    fn name(&self, index: usize) -> &str {
        self.columns.get(index).map_or("", |column| &column.name)
    }

    #[inline]
    fn value(&self, index: usize) -> Result<ValueRef<'_>> {
        let Some(column) = self.columns.get(index) else {
            return Err(missing(index, self.columns.len()));
        };
        match self.row.try_get::<_, Raw<'_>>(index) {
            Ok(Raw(Some(bytes))) => {
                decode(&column.form, bytes).map_err(|reason| unreadable(&column.name, &reason))
            }
            Ok(Raw(None)) => Ok(ValueRef::Null),
            Err(error) => Err(crate::error::from_driver(error)),
        }
    }
}

#[inline]
fn decode<'r>(form: &Form, bytes: &'r [u8]) -> Result<ValueRef<'r>, String> {
    Ok(match form {
        Form::Bool => ValueRef::Bool(u8::from_be_bytes(exact(bytes)?) != 0),
        Form::Int2 => ValueRef::I64(i16::from_be_bytes(exact(bytes)?).into()),
        Form::Int4 => ValueRef::I64(i32::from_be_bytes(exact(bytes)?).into()),
        Form::Int8 => ValueRef::I64(i64::from_be_bytes(exact(bytes)?)),
        Form::Oid => ValueRef::I64(u32::from_be_bytes(exact(bytes)?).into()),
        Form::Float4 => ValueRef::F64(f32::from_be_bytes(exact(bytes)?).into()),
        Form::Float8 => ValueRef::F64(f64::from_be_bytes(exact(bytes)?)),
        Form::Numeric => {
            ValueRef::Decimal(numeric::decode(bytes).map_err(|reason| reason.to_string())?)
        }
        Form::Text | Form::Char => ValueRef::Text(text(bytes)?),
        Form::Bytea => ValueRef::Bytes(bytes),
        Form::Date => {
            let days = i32::from_be_bytes(exact(bytes)?);
            if matches!(days, i32::MIN | i32::MAX) {
                return Err(infinite("date"));
            }
            let days = days.checked_add(EPOCH_DAYS);
            ValueRef::Date(days.ok_or_else(|| "the date is out of range".to_owned())?)
        }
        Form::Time => ValueRef::Time(i64::from_be_bytes(exact(bytes)?)),
        Form::Timestamp => ValueRef::DateTime(micros(bytes)?),
        Form::TimestampTz => ValueRef::Timestamp(micros(bytes)?),
        Form::Interval => ValueRef::Duration(interval(bytes)?),
        Form::Uuid => ValueRef::Uuid(exact(bytes)?),
        Form::Json => ValueRef::Json(text(bytes)?),
        Form::Jsonb => match bytes {
            [1, document @ ..] => ValueRef::Json(text(document)?),
            _ => return Err("its jsonb is of a version that is not known".to_owned()),
        },
        // What a function such as pg_sleep returns, and shows as an empty text.
        Form::Void => ValueRef::Text(""),
        Form::Unknown(name) => {
            return Err(format!(
                "it is of the type {name}, which has no form here: cast it to text in the query"
            ));
        }
    })
}

#[inline]
fn exact<const N: usize>(bytes: &[u8]) -> Result<[u8; N], String> {
    bytes
        .try_into()
        .map_err(|_| format!("it has {} bytes instead of {N}", bytes.len()))
}

#[inline]
fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|error| format!("its text is not UTF-8 ({error})"))
}

fn micros(bytes: &[u8]) -> Result<i64, String> {
    let micros = i64::from_be_bytes(exact(bytes)?);
    if matches!(micros, i64::MIN | i64::MAX) {
        return Err(infinite("timestamp"));
    }
    micros
        .checked_add(EPOCH_MICROS)
        .ok_or_else(|| "the timestamp is out of range".to_owned())
}

/// A span whose length is fixed: days of 24 hours and microseconds, as Django reads it. A month
/// has no fixed length.
fn interval(bytes: &[u8]) -> Result<i64, String> {
    let bytes: [u8; 16] = exact(bytes)?;
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = bytes;
    let micros = i64::from_be_bytes([a, b, c, d, e, f, g, h]);
    let days = i32::from_be_bytes([i, j, k, l]);
    let months = i32::from_be_bytes([m, n, o, p]);
    if months != 0 {
        return Err(format!(
            "its interval has {months} months, whose length is not fixed: justify it in the query"
        ));
    }
    i64::from(days)
        .checked_mul(MICROS_PER_DAY)
        .and_then(|days| days.checked_add(micros))
        .ok_or_else(|| "its interval is longer than microseconds in an i64 can tell".to_owned())
}

fn infinite(what: &str) -> String {
    format!("its {what} is infinite, which no {what} here is")
}

#[cold]
fn missing(index: usize, columns: usize) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!(
            "column {} was asked for, but the row has {columns}",
            index + 1
        ),
    )
}

#[cold]
fn unreadable(column: &str, reason: &str) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!("the value of column {column} cannot be read: {reason}"),
    )
    .with_column(column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_of_fixed_length() {
        let of = |micros: i64, days: i32, months: i32| {
            let bytes = [
                micros.to_be_bytes().as_slice(),
                &days.to_be_bytes(),
                &months.to_be_bytes(),
            ]
            .concat();
            interval(&bytes)
        };
        assert_eq!(of(-5, 0, 0), Ok(-5));
        assert_eq!(of(1, -2, 0), Ok(1 - 2 * MICROS_PER_DAY));
        assert!(of(0, 0, 1).unwrap_err().contains("1 months"));
        assert!(of(i64::MAX, 1, 0).unwrap_err().contains("longer"));
    }

    #[test]
    fn what_has_no_form_says_so() {
        let decode = |form: Form, bytes: &'static [u8]| decode(&form, bytes).unwrap_err();
        assert_eq!(
            decode(Form::Unknown("inet".into()), b""),
            "it is of the type inet, which has no form here: cast it to text in the query"
        );
        assert!(decode(Form::Date, &[0x7f, 0xff, 0xff, 0xff]).contains("infinite"));
        assert!(decode(Form::Text, &[0xff]).contains("not UTF-8"));
        assert!(decode(Form::Int4, &[0]).contains("1 bytes instead of 4"));
    }
}
