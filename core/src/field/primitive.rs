//! The types of the standard library.

use std::time::Duration;

use super::{DecodeError, Field};
use crate::model::copy::Lender;
use crate::row::RowReader;
use crate::value::{ColumnType, Decimal, Value, ValueRef};

// Out of line, so that reading a row of many integers stays short.
#[cold]
#[inline(never)]
fn out_of_range(number: impl std::fmt::Display) -> DecodeError {
    DecodeError::because(format!("{number} is out of range"))
}

#[cold]
#[inline(never)]
fn whole(number: Decimal) -> Result<i128, DecodeError> {
    let whole = number.normalized();
    match whole.scale() {
        0 => Ok(whole.unscaled()),
        _ => Err(DecodeError::because(format!("{number} is no integer"))),
    }
}

macro_rules! integer {
    ($($rust:ty, $column:ident, $carrier:ident;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl Field for $rust {
            const TYPE: ColumnType = ColumnType::$column;
            type Base = Self;

            #[inline]
            fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
                match value {
                    ValueRef::I64(number) => {
                        Self::try_from(number).map_err(|_| out_of_range(number))
                    }
                    ValueRef::U64(number) => {
                        Self::try_from(number).map_err(|_| out_of_range(number))
                    }
                    // Where no integer is wide enough, a decimal column holds them.
                    ValueRef::Decimal(number) => {
                        whole(number)?.try_into().map_err(|_| out_of_range(number))
                    }
                    _ => Err(DecodeError::wrong_kind()),
                }
            }

            fn to_value(&self) -> Value {
                Value::$carrier((*self).into())
            }
        }
    )*};
}

integer! {
    i8, I8, I64;
    i16, I16, I64;
    i32, I32, I64;
    i64, I64, I64;
    u8, U8, I64;
    u16, U16, I64;
    u32, U32, I64;
    u64, U64, U64;
}

#[diagnostic::do_not_recommend]
impl Field for f64 {
    const TYPE: ColumnType = ColumnType::F64;
    type Base = Self;

    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        match value {
            ValueRef::F64(number) => Ok(number),
            _ => Err(DecodeError::wrong_kind()),
        }
    }

    fn to_value(&self) -> Value {
        Value::F64(*self)
    }
}

#[diagnostic::do_not_recommend]
impl Field for f32 {
    const TYPE: ColumnType = ColumnType::F32;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        let wide = f64::from_value(value)?;
        let narrow = wide as f32;
        // A database that stores doubles may hold what no f32 equals.
        if f64::from(narrow) == wide || wide.is_nan() {
            Ok(narrow)
        } else {
            Err(DecodeError::because(format!("{wide} has no exact f32")))
        }
    }

    fn to_value(&self) -> Value {
        Value::F64(f64::from(*self))
    }
}

#[diagnostic::do_not_recommend]
impl Field for bool {
    const TYPE: ColumnType = ColumnType::Bool;
    type Base = Self;

    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        match value {
            ValueRef::Bool(value) => Ok(value),
            // SQLite and MySQL keep truth values as integers.
            ValueRef::I64(0) => Ok(false),
            ValueRef::I64(1) => Ok(true),
            ValueRef::I64(number) => {
                Err(DecodeError::because(format!("{number} is neither 0 nor 1")))
            }
            _ => Err(DecodeError::wrong_kind()),
        }
    }

    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }
}

#[diagnostic::do_not_recommend]
impl Field for String {
    const TYPE: ColumnType = ColumnType::Text;
    type Base = Self;

    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        match value {
            ValueRef::Text(text) => Ok(text.to_owned()),
            _ => Err(DecodeError::wrong_kind()),
        }
    }

    fn to_value(&self) -> Value {
        Value::Text(self.as_str().into())
    }

    #[inline]
    fn lend(&self, lender: &mut Lender<'_>) {
        lender.borrowed(ValueRef::Text(self));
    }

    #[inline]
    fn take(row: &RowReader<'_>, index: usize) -> Option<Self> {
        row.take_text(index)
    }
}

#[diagnostic::do_not_recommend]
impl Field for Vec<u8> {
    const TYPE: ColumnType = ColumnType::Bytes;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        match value {
            ValueRef::Bytes(bytes) => Ok(bytes.to_owned()),
            _ => Err(DecodeError::wrong_kind()),
        }
    }

    fn to_value(&self) -> Value {
        Value::Bytes(self.as_slice().into())
    }

    #[inline]
    fn lend(&self, lender: &mut Lender<'_>) {
        lender.borrowed(ValueRef::Bytes(self));
    }
}

/// The value of a span whose microseconds no column holds: more than 292,000 years.
#[cold]
pub(super) fn too_long(span: &impl std::fmt::Debug) -> Value {
    Value::Refused(format!("the span {span:?} is longer than a column holds").into())
}

/// Kept as microseconds in an integer column, as Django keeps a `DurationField`. What is shorter
/// than a microsecond is cut when it is sent.
#[diagnostic::do_not_recommend]
impl Field for Duration {
    const TYPE: ColumnType = ColumnType::Duration;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        match value {
            ValueRef::Duration(micros) | ValueRef::I64(micros) => u64::try_from(micros)
                .map(Self::from_micros)
                .map_err(|_| out_of_range(micros)),
            _ => Err(DecodeError::wrong_kind()),
        }
    }

    fn to_value(&self) -> Value {
        i64::try_from(self.as_micros()).map_or_else(|_| too_long(self), Value::Duration)
    }
}
