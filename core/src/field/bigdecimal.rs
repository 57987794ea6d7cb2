//! [`bigdecimal::BigDecimal`], for the 38 digits that a column holds.

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::BigInt;

use super::{DecodeError, Field, read};
use crate::aggregate::Number;
use crate::value::{ColumnType, Decimal, Value, ValueRef};

/// A number of more than 38 digits is sent as text, which a database takes as its decimal type or
/// refuses.
#[diagnostic::do_not_recommend]
impl Field for BigDecimal {
    const TYPE: ColumnType = ColumnType::Decimal;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        let number = read::decimal(value)?;
        Ok(Self::new(
            BigInt::from(number.unscaled()),
            number.scale().into(),
        ))
    }

    fn to_value(&self) -> Value {
        // Trailing zeros are kept as long as they fit.
        match narrow(self).or_else(|| narrow(&self.normalized())) {
            Some(number) => Value::Decimal(number),
            None => {
                let number = self.to_scientific_notation();
                Value::Refused(format!("{number} has more digits than the 38 that are sent").into())
            }
        }
    }
}

fn narrow(number: &BigDecimal) -> Option<Decimal> {
    let (digits, scale) = number.as_bigint_and_scale();
    let unscaled = i128::try_from(digits.as_ref()).ok()?;
    if scale >= 0 {
        return Decimal::new(unscaled, u8::try_from(scale).ok()?);
    }
    let zeros = u32::try_from(scale.unsigned_abs()).ok()?;
    Decimal::new(unscaled.checked_mul(10i128.checked_pow(zeros)?)?, 0)
}

impl Number for BigDecimal {
    type Sum = Self;
    type Avg = Self;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip_up_to_38_digits() {
        for text in [
            "0",
            "9.990",
            "-0.00000000000000000000000000000000000001",
            "99999999999999999999999999999999999999",
            "-1234567890123456789012345678.9012345678",
        ] {
            let number: BigDecimal = text.parse().unwrap();
            let sent = number.to_value();
            assert_eq!(sent, Value::Decimal(text.parse().unwrap()));
            assert_eq!(BigDecimal::from_value(sent.borrow()), Ok(number.clone()));
            assert_eq!(BigDecimal::from_value(ValueRef::Text(text)), Ok(number));
        }
        let thousand: BigDecimal = "1e3".parse().unwrap();
        assert_eq!(thousand.to_value(), Value::Decimal(Decimal::from(1000)));
        assert_eq!(Option::<BigDecimal>::from_value(ValueRef::Null), Ok(None));
    }

    #[test]
    fn zeros_that_do_not_fit_are_dropped_and_longer_numbers_are_refused() {
        let zeros: BigDecimal = format!("1.{}", "0".repeat(50)).parse().unwrap();
        assert_eq!(zeros.to_value(), Value::Decimal(Decimal::from(1)));
        let nines = "9".repeat(39);
        let long: BigDecimal = nines.parse().unwrap();
        assert!(matches!(long.to_value(), Value::Refused(_)));
        let far: BigDecimal = "1e-1000000000".parse().unwrap();
        assert!(matches!(far.to_value(), Value::Refused(why) if why.len() < 80));
    }
}
