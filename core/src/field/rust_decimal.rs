//! [`rust_decimal::Decimal`], which holds 28 digits.

use rust_decimal::Decimal;

use super::{DecodeError, Field, beyond, read};
use crate::aggregate::Number;
use crate::value::{self, ColumnType, Value, ValueRef};

#[diagnostic::do_not_recommend]
impl Field for Decimal {
    const TYPE: ColumnType = ColumnType::Decimal;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        let number = read::decimal(value)?;
        // Trailing zeros are kept as long as they fit.
        [number, number.normalized()]
            .into_iter()
            .find_map(|number| {
                Self::try_from_i128_with_scale(number.unscaled(), number.scale().into()).ok()
            })
            .ok_or_else(|| beyond(number, "rust_decimal::Decimal"))
    }

    fn to_value(&self) -> Value {
        // 29 digits and a scale of 28 at most: they always fit.
        let number = value::Decimal::new(self.mantissa(), self.scale() as u8);
        number.map_or(Value::Null, Value::Decimal)
    }
}

impl Number for Decimal {
    type Sum = Self;
    type Avg = Self;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip_up_to_the_ends() {
        for text in [
            "0",
            "9.990",
            "-0.0000000000000000000000000001",
            "79228162514264337593543950335",
            "-79228162514264337593543950335",
        ] {
            let number: Decimal = text.parse().unwrap();
            let sent = number.to_value();
            assert_eq!(sent, Value::Decimal(text.parse().unwrap()));
            let read = Decimal::from_value(sent.borrow()).unwrap();
            assert_eq!(read.to_string(), text);
            assert_eq!(Decimal::from_value(ValueRef::Text(text)), Ok(number));
        }
        assert_eq!(
            Decimal::from_value(ValueRef::F64(0.1)),
            Ok(Decimal::new(1, 1))
        );
        assert_eq!(
            Decimal::from_value(ValueRef::I64(-7)),
            Ok(Decimal::from(-7))
        );
        assert_eq!(Option::<Decimal>::from_value(ValueRef::Null), Ok(None));
    }

    #[test]
    fn zeros_that_do_not_fit_are_dropped_and_digits_are_not() {
        let wide = "1.00000000000000000000000000000000000";
        assert_eq!(Decimal::from_value(ValueRef::Text(wide)), Ok(Decimal::ONE));
        for text in [
            "79228162514264337593543950336",
            "0.00000000000000000000000000001",
            "99999999999999999999999999999999999999",
        ] {
            assert_eq!(
                Decimal::from_value(ValueRef::Text(text))
                    .unwrap_err()
                    .to_string(),
                format!("{text} is out of range for rust_decimal::Decimal")
            );
        }
    }
}
