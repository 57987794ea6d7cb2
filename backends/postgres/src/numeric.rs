//! The binary form of `numeric`: groups of four decimal digits, the first with a weight.

use bytes::{BufMut, BytesMut};
use queryset::Decimal;

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const PLUS_INFINITY: u16 = 0xD000;
const MINUS_INFINITY: u16 = 0xF000;
const BASE: u128 = 10_000;

/// Why the bytes are no decimal number of at most 38 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoDecimal {
    NotANumber,
    Infinite,
    TooLong,
    Malformed,
}

impl std::fmt::Display for NoDecimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotANumber => "it is NaN, which no decimal number is",
            Self::Infinite => "it is infinite, which no decimal number is",
            Self::TooLong => "it has more than 38 digits",
            Self::Malformed => "its bytes are not those of a numeric",
        })
    }
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Decimal, NoDecimal> {
    let (header, groups) = bytes.split_at_checked(8).ok_or(NoDecimal::Malformed)?;
    let number = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    let (count, weight) = (usize::from(number(0)), i32::from(number(2) as i16));
    let (sign, scale) = (number(4), i32::from(number(6)));
    match sign {
        POSITIVE | NEGATIVE => {}
        NAN => return Err(NoDecimal::NotANumber),
        PLUS_INFINITY | MINUS_INFINITY => return Err(NoDecimal::Infinite),
        _ => return Err(NoDecimal::Malformed),
    }
    if groups.len() != count * 2 {
        return Err(NoDecimal::Malformed);
    }
    // The last group stands for multiples of 10000^exponent; `scale` digits are shown. Digits of
    // the last group behind the shown ones are zeros that fill it.
    let exponent = (weight + 1 - count as i32) * 4;
    let mut shift = exponent + scale;
    let mut unscaled: i128 = 0;
    for (index, group) in groups.chunks_exact(2).enumerate() {
        let mut group = i128::from(u16::from_be_bytes([group[0], group[1]]));
        let mut base = BASE as i128;
        while index + 1 == count && shift < 0 && base > 1 {
            if group % 10 != 0 {
                return Err(NoDecimal::Malformed);
            }
            group /= 10;
            base /= 10;
            shift += 1;
        }
        unscaled = unscaled
            .checked_mul(base)
            .and_then(|value| value.checked_add(group))
            .ok_or(NoDecimal::TooLong)?;
    }
    if shift < 0 && unscaled != 0 {
        return Err(NoDecimal::Malformed);
    }
    while shift > 0 && unscaled != 0 {
        unscaled = unscaled.checked_mul(10).ok_or(NoDecimal::TooLong)?;
        shift -= 1;
    }
    let mut scale = scale;
    while scale > Decimal::MAX_DIGITS as i32 && unscaled % 10 == 0 {
        unscaled /= 10;
        scale -= 1;
    }
    if sign == NEGATIVE {
        unscaled = -unscaled;
    }
    u8::try_from(scale)
        .ok()
        .and_then(|scale| Decimal::new(unscaled, scale))
        .ok_or(NoDecimal::TooLong)
}

pub(crate) fn encode(value: Decimal, out: &mut BytesMut) {
    let scale = u32::from(value.scale());
    let negative = value.unscaled() < 0;
    let mut rest = value.unscaled().unsigned_abs();
    // From the right, the first group filled up to four digits behind the point.
    let filled = scale.div_ceil(4) * 4;
    let mut groups = [0_u16; 12];
    let mut count = 0;
    let first = 10_u128.pow(4 - (filled - scale));
    groups[count] = ((rest % first) * (BASE / first)) as u16;
    rest /= first;
    count += 1;
    while rest > 0 {
        groups[count] = (rest % BASE) as u16;
        rest /= BASE;
        count += 1;
    }
    let mut weight = count as i32 - 1 - (filled / 4) as i32;
    let mut digits = &groups[..count];
    while let [0, more @ ..] = digits {
        digits = more;
    }
    while let [less @ .., 0] = digits {
        digits = less;
        weight -= 1;
    }
    if digits.is_empty() {
        weight = 0;
    }
    out.put_u16(digits.len() as u16);
    out.put_i16(weight as i16);
    out.put_u16(if negative { NEGATIVE } else { POSITIVE });
    out.put_u16(scale as u16);
    for &group in digits.iter().rev() {
        out.put_u16(group);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip_with_their_scale() {
        for text in [
            "0",
            "0.00",
            "1",
            "-1",
            "9.99",
            "9.990",
            "10000",
            "100000000",
            "0.0001",
            "0.00001",
            "-0.05",
            "12345.6789",
            "99999999999999999999999999999999999999",
            "0.99999999999999999999999999999999999999",
            "-1234567890123456789012345678.9012345678",
            "18446744073709551615",
        ] {
            let value: Decimal = text.parse().unwrap();
            let mut bytes = BytesMut::new();
            encode(value, &mut bytes);
            assert_eq!(
                decode(&bytes).map(|value| value.to_string()).as_deref(),
                Ok(text)
            );
        }
    }

    /// As `numeric_send` writes them.
    #[test]
    fn groups_have_the_servers_weights() {
        let encoded = |text: &str| {
            let mut bytes = BytesMut::new();
            encode(text.parse().unwrap(), &mut bytes);
            let words = bytes
                .chunks(2)
                .map(|two| u16::from_be_bytes([two[0], two[1]]));
            words.collect::<Vec<_>>()
        };
        assert_eq!(encoded("0"), [0, 0, 0, 0]);
        assert_eq!(encoded("9.99"), [2, 0, 0, 2, 9, 9900]);
        assert_eq!(encoded("-12345"), [2, 1, 0x4000, 0, 1, 2345]);
        assert_eq!(encoded("10000"), [1, 1, 0, 0, 1]);
        assert_eq!(encoded("0.0001"), [1, 0xffff, 0, 4, 1]);
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        let words = |words: &[u16]| {
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
            decode(&bytes)
        };
        assert_eq!(words(&[0, 0, 0xC000, 0]), Err(NoDecimal::NotANumber));
        assert_eq!(words(&[0, 0, 0xD000, 0]), Err(NoDecimal::Infinite));
        assert_eq!(words(&[0, 0, 0xF000, 0]), Err(NoDecimal::Infinite));
        assert_eq!(words(&[1, 30, 0, 0, 1]), Err(NoDecimal::TooLong));
        assert_eq!(words(&[2, 0, 0, 0, 1]), Err(NoDecimal::Malformed));
        assert_eq!(decode(&[1]), Err(NoDecimal::Malformed));
    }
}
