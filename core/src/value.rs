//! Values on their way to and from a database.

mod civil;
mod decimal;
mod uuid;

pub(crate) use civil::{civil_from_micros, micros_from_civil};
#[cfg(feature = "jiff")]
pub(crate) use civil::{date_from_days, days_of_date, micros_of_day, time_from_micros};
pub use civil::{
    format_date, format_datetime, format_time, parse_date, parse_datetime, parse_time,
    parse_timestamp,
};
pub use decimal::{Decimal, ParseDecimalError};
pub(crate) use uuid::{format_uuid, parse_uuid};

use std::fmt;

/// The type of a column, as far as values are concerned.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// A truth value.
    Bool,
    /// An integer of 8 bits with a sign.
    I8,
    /// An integer of 16 bits with a sign.
    I16,
    /// An integer of 32 bits with a sign.
    I32,
    /// An integer of 64 bits with a sign.
    I64,
    /// An integer of 8 bits without a sign.
    U8,
    /// An integer of 16 bits without a sign.
    U16,
    /// An integer of 32 bits without a sign.
    U32,
    /// An integer of 64 bits without a sign.
    U64,
    /// A floating-point number of 32 bits.
    F32,
    /// A floating-point number of 64 bits.
    F64,
    /// An exact decimal number.
    Decimal,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// A calendar date.
    Date,
    /// A time of day.
    Time,
    /// A date and time without a zone.
    DateTime,
    /// An instant, kept in UTC.
    Timestamp,
    /// A span of time.
    Duration,
    /// A UUID.
    Uuid,
    /// A JSON document.
    Json,
}

impl ColumnType {
    /// The inclusive bounds of an integer type; `None` for the other types.
    pub const fn integer_range(self) -> Option<(i128, i128)> {
        Some(match self {
            Self::I8 => (i8::MIN as i128, i8::MAX as i128),
            Self::I16 => (i16::MIN as i128, i16::MAX as i128),
            Self::I32 => (i32::MIN as i128, i32::MAX as i128),
            Self::I64 => (i64::MIN as i128, i64::MAX as i128),
            Self::U8 => (0, u8::MAX as i128),
            Self::U16 => (0, u16::MAX as i128),
            Self::U32 => (0, u32::MAX as i128),
            Self::U64 => (0, u64::MAX as i128),
            _ => return None,
        })
    }

    /// The type's name in messages, such as `i64` or `text`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Decimal => "decimal",
            Self::Text => "text",
            Self::Bytes => "bytes",
            Self::Date => "date",
            Self::Time => "time",
            Self::DateTime => "datetime",
            Self::Timestamp => "timestamp",
            Self::Duration => "duration",
            Self::Uuid => "uuid",
            Self::Json => "json",
        }
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An owned value: a parameter, or a cell of a [`Record`](crate::Record).
///
/// Times are plain counts, so that every backend and every date library can carry them without a
/// dependency on another's types.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer with a sign.
    I64(i64),
    /// An integer without a sign; backends without such a type refuse what exceeds an `i64`.
    U64(u64),
    /// A floating-point number.
    F64(f64),
    /// An exact decimal number.
    Decimal(Decimal),
    /// Text.
    Text(Box<str>),
    /// Bytes.
    Bytes(Box<[u8]>),
    /// A date, in days since 1970-01-01.
    Date(i32),
    /// A time of day, in microseconds since midnight.
    Time(i64),
    /// A date and time without a zone, in microseconds since 1970-01-01T00:00:00 on its own clock.
    DateTime(i64),
    /// An instant, in microseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64),
    /// A span of time, in microseconds.
    Duration(i64),
    /// A UUID, its bytes in the order in which they are written.
    Uuid([u8; 16]),
    /// A JSON document as text.
    Json(Box<str>),
    /// Several values bound as one parameter (`= ANY($1)`, `json_each(?)`).
    Array(Box<[Value]>),
    /// A value of a user's type that no column can hold, with the reason. A backend MUST refuse
    /// to bind it: a rounded or cut value would be wrong without a word.
    Refused(Box<str>),
}

/// A borrowed value, as a row of a backend lends it.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValueRef<'a> {
    /// SQL NULL.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer with a sign.
    I64(i64),
    /// An integer without a sign.
    U64(u64),
    /// A floating-point number.
    F64(f64),
    /// An exact decimal number.
    Decimal(Decimal),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A date, in days since 1970-01-01.
    Date(i32),
    /// A time of day, in microseconds since midnight.
    Time(i64),
    /// A date and time without a zone, in microseconds since 1970-01-01T00:00:00 on its own clock.
    DateTime(i64),
    /// An instant, in microseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64),
    /// A span of time, in microseconds.
    Duration(i64),
    /// A UUID, its bytes in the order in which they are written.
    Uuid([u8; 16]),
    /// A JSON document as text.
    Json(&'a str),
}

impl Value {
    /// Whether this is SQL NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The value, borrowed. What no row holds (an array, a refused value) has no borrowed form:
    /// it lends NULL.
    pub fn borrow(&self) -> ValueRef<'_> {
        match self {
            Self::Null | Self::Array(_) | Self::Refused(_) => ValueRef::Null,
            Self::Bool(value) => ValueRef::Bool(*value),
            Self::I64(value) => ValueRef::I64(*value),
            Self::U64(value) => ValueRef::U64(*value),
            Self::F64(value) => ValueRef::F64(*value),
            Self::Decimal(value) => ValueRef::Decimal(*value),
            Self::Text(value) => ValueRef::Text(value),
            Self::Bytes(value) => ValueRef::Bytes(value),
            Self::Date(value) => ValueRef::Date(*value),
            Self::Time(value) => ValueRef::Time(*value),
            Self::DateTime(value) => ValueRef::DateTime(*value),
            Self::Timestamp(value) => ValueRef::Timestamp(*value),
            Self::Duration(value) => ValueRef::Duration(*value),
            Self::Uuid(value) => ValueRef::Uuid(*value),
            Self::Json(value) => ValueRef::Json(value),
        }
    }

    /// The kind of value in messages, such as `integer` or `text`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Array(_) => "array",
            Self::Refused(_) => "refused value",
            other => other.borrow().kind(),
        }
    }
}

impl ValueRef<'_> {
    /// An owned copy.
    pub fn to_owned(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::I64(value) => Value::I64(value),
            Self::U64(value) => Value::U64(value),
            Self::F64(value) => Value::F64(value),
            Self::Decimal(value) => Value::Decimal(value),
            Self::Text(value) => Value::Text(value.into()),
            Self::Bytes(value) => Value::Bytes(value.into()),
            Self::Date(value) => Value::Date(value),
            Self::Time(value) => Value::Time(value),
            Self::DateTime(value) => Value::DateTime(value),
            Self::Timestamp(value) => Value::Timestamp(value),
            Self::Duration(value) => Value::Duration(value),
            Self::Uuid(value) => Value::Uuid(value),
            Self::Json(value) => Value::Json(value.into()),
        }
    }

    /// The kind of value in messages, such as `integer` or `text`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::I64(_) | Self::U64(_) => "integer",
            Self::F64(_) => "float",
            Self::Decimal(_) => "decimal",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Date(_) => "date",
            Self::Time(_) => "time",
            Self::DateTime(_) => "datetime",
            Self::Timestamp(_) => "timestamp",
            Self::Duration(_) => "duration",
            Self::Uuid(_) => "uuid",
            Self::Json(_) => "json",
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::I64(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::F64(number)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}
