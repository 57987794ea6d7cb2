//! The crate's own decimal number.

use super::{DecodeError, Field, read};
use crate::aggregate::Number;
use crate::value::{ColumnType, Decimal, Value, ValueRef};

#[diagnostic::do_not_recommend]
impl Field for Decimal {
    const TYPE: ColumnType = ColumnType::Decimal;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        read::decimal(value)
    }

    fn to_value(&self) -> Value {
        Value::Decimal(*self)
    }
}

impl Number for Decimal {
    type Sum = Self;
    type Avg = Self;
}
