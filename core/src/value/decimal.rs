//! A decimal number as a plain pair, the form in which it crosses the backend seam.

use std::fmt;
use std::str::FromStr;

/// An exact decimal number of up to 38 digits: `unscaled × 10^-scale`.
///
/// It carries a value between a backend and the decimal library of the user's choice and does no
/// arithmetic. Two numbers are equal when their value is, whatever their trailing zeros.
///
/// ```
/// use queryset::Decimal;
///
/// let price: Decimal = "9.990".parse()?;
/// assert_eq!(price, "9.99".parse()?);
/// assert_eq!(price.to_string(), "9.990");
/// # Ok::<(), queryset::ParseDecimalError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Decimal {
    // Bytes and not an i128, whose size and alignment would make every value twice as large, and
    // with it every cell that is read and every condition.
    unscaled: [u8; 16],
    scale: u8,
}

/// The text is not a decimal number, or has more than 38 digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseDecimalError;

impl Decimal {
    /// The largest number of digits.
    pub const MAX_DIGITS: u32 = 38;

    /// `unscaled × 10^-scale`; `None` for more than 38 digits, before or after the point.
    pub fn new(unscaled: i128, scale: u8) -> Option<Self> {
        let fits = unscaled.unsigned_abs() < 10u128.pow(Self::MAX_DIGITS)
            && u32::from(scale) <= Self::MAX_DIGITS;
        fits.then_some(Self {
            unscaled: unscaled.to_ne_bytes(),
            scale,
        })
    }

    /// The digits as one integer.
    pub fn unscaled(self) -> i128 {
        i128::from_ne_bytes(self.unscaled)
    }

    /// The number of digits behind the point.
    pub fn scale(self) -> u8 {
        self.scale
    }

    /// The same value without trailing zeros behind the point.
    #[must_use]
    pub fn normalized(self) -> Self {
        let (mut unscaled, mut scale) = (self.unscaled(), self.scale);
        while scale > 0 && unscaled % 10 == 0 {
            unscaled /= 10;
            scale -= 1;
        }
        Self {
            unscaled: unscaled.to_ne_bytes(),
            scale,
        }
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (self.normalized(), other.normalized());
        a.scale == b.scale && a.unscaled() == b.unscaled()
    }
}

impl Eq for Decimal {}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self {
            unscaled: i128::from(value).to_ne_bytes(),
            scale: 0,
        }
    }
}

impl FromStr for Decimal {
    type Err = ParseDecimalError;

    fn from_str(text: &str) -> Result<Self, ParseDecimalError> {
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (
                &text[..at],
                text[at + 1..]
                    .parse::<i32>()
                    .map_err(|_| ParseDecimalError)?,
            ),
            None => (text, 0),
        };
        let (negative, digits) = match mantissa.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let (mut unscaled, mut scale, mut point, mut any) = (0i128, 0i32, false, false);
        for &digit in digits {
            match digit {
                b'0'..=b'9' => {
                    any = true;
                    unscaled = unscaled
                        .checked_mul(10)
                        .and_then(|value| value.checked_add(i128::from(digit - b'0')))
                        .ok_or(ParseDecimalError)?;
                    scale += i32::from(point);
                }
                b'.' if !point => point = true,
                _ => return Err(ParseDecimalError),
            }
        }
        scale = scale.checked_sub(exponent).ok_or(ParseDecimalError)?;
        if !any || !(-38..=76).contains(&scale) {
            return Err(ParseDecimalError);
        }
        while scale < 0 {
            unscaled = unscaled.checked_mul(10).ok_or(ParseDecimalError)?;
            scale += 1;
        }
        while scale > 38 && unscaled % 10 == 0 {
            unscaled /= 10;
            scale -= 1;
        }
        let scale = u8::try_from(scale).map_err(|_| ParseDecimalError)?;
        Self::new(if negative { -unscaled } else { unscaled }, scale).ok_or(ParseDecimalError)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unscaled, scale) = (self.unscaled(), usize::from(self.scale));
        let sign = if unscaled < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        match fraction {
            "" => write!(f, "{sign}{whole}"),
            _ => write!(f, "{sign}{whole}.{fraction}"),
        }
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decimal({self})")
    }
}

impl fmt::Display for ParseDecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a decimal number of at most 38 digits")
    }
}

impl std::error::Error for ParseDecimalError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        for text in [
            "0",
            "-1",
            "9.990",
            "-0.05",
            "99999999999999999999999999999999999999",
        ] {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), text);
        }
        assert_eq!("1e3".parse::<Decimal>().unwrap().to_string(), "1000");
        assert_eq!("1.5E-3".parse::<Decimal>().unwrap().to_string(), "0.0015");
    }

    #[test]
    fn what_is_no_number_or_too_long_is_refused() {
        for text in [
            "",
            ".",
            "-",
            "1.2.3",
            "x",
            "NaN",
            "1e99",
            "1e",
            "100000000000000000000000000000000000000",
        ] {
            assert_eq!(text.parse::<Decimal>(), Err(ParseDecimalError), "{text}");
        }
    }

    #[test]
    fn equality_ignores_trailing_zeros() {
        assert_eq!("1.50".parse::<Decimal>(), "1.5".parse::<Decimal>());
        assert_ne!("1.50".parse::<Decimal>(), "1.51".parse::<Decimal>());
        assert_eq!("0.00".parse::<Decimal>(), "0".parse::<Decimal>());
    }
}
