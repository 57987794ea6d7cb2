//! The values that random rows hold and random conditions compare with.

use std::cmp::Ordering;

use proptest::prelude::*;
use proptest::sample::select;
use queryset::{ColumnType, Decimal, Value};

/// The types of random columns; text twice, since it has most lookups.
pub(super) const TYPES: [ColumnType; 16] = [
    ColumnType::I32,
    ColumnType::Text,
    ColumnType::Bool,
    ColumnType::I16,
    ColumnType::I64,
    ColumnType::U32,
    ColumnType::F64,
    ColumnType::Decimal,
    ColumnType::Text,
    ColumnType::Bytes,
    ColumnType::Date,
    ColumnType::Time,
    ColumnType::DateTime,
    ColumnType::Timestamp,
    ColumnType::Duration,
    ColumnType::Uuid,
];

/// A decimal column's digits in all and behind the point.
pub(super) const DIGITS: (u8, u8) = (10, 2);

/// Values of a column, few enough to meet each other often.
///
/// No text ends in a space, which MariaDB's collation ignores.
pub(super) fn values(ty: ColumnType) -> Vec<Value> {
    const DAY: i64 = 86_400_000_000;
    match ty {
        ColumnType::Bool => vec![Value::Bool(false), Value::Bool(true)],
        ColumnType::I16 => integers(&[0, 1, -1, 7, i16::MAX.into(), i16::MIN.into()]),
        ColumnType::I32 => integers(&[0, 1, -1, 7, 11, i32::MAX.into(), i32::MIN.into()]),
        ColumnType::U32 => integers(&[0, 1, 7, 17, u32::MAX.into()]),
        ColumnType::F64 => [0.0, 1.0, -0.5, 2.25, 1e15, -1e-3].map(Value::F64).into(),
        ColumnType::Decimal => decimals(&["0", "1.5", "-2.25", "19.99", "99999999.99"]),
        ColumnType::Text => texts(&[
            "", "a", "A", "ab", "aB", "b", "a_b", "a%b", "a\\b", "100%", "it's", "x y", "École",
            "école", "É", "я", "Я", "日本", "🎉 a",
        ]),
        ColumnType::Bytes => [&b""[..], b"a", b"ab", b"\0", b"\xff\0"]
            .map(|bytes| Value::Bytes(bytes.into()))
            .into(),
        ColumnType::Date => [0, -1, 18_321, 18_322, -25_567].map(Value::Date).into(),
        ColumnType::Time => [0, 1, DAY / 2, DAY - 1].map(Value::Time).into(),
        ColumnType::DateTime => moments().map(Value::DateTime).into(),
        ColumnType::Timestamp => moments().map(Value::Timestamp).into(),
        ColumnType::Duration => [0, 1, -1, DAY, DAY + 1, -40 * DAY]
            .map(Value::Duration)
            .into(),
        ColumnType::Uuid => [0, 1, 0x8000_0000_0000_0000_0000_0000_0000_0000_u128]
            .map(|number| Value::Uuid(number.to_be_bytes()))
            .into(),
        // What is left are integers of 64 bits.
        _ => integers(&[0, 1, -1, 7, i64::MAX, i64::MIN]),
    }
}

/// What a column is compared with: its values, and some that it never holds.
pub(super) fn operands(ty: ColumnType) -> Vec<Value> {
    let mut operands = values(ty);
    operands.extend(match ty {
        ColumnType::I16 => integers(&[6, 32_768, -40_000]),
        ColumnType::I32 => integers(&[6, 3_000_000_000, -3_000_000_000]),
        ColumnType::U32 => integers(&[6, -1, 5_000_000_000]),
        ColumnType::I64 => vec![Value::I64(6), Value::U64(u64::MAX)],
        ColumnType::F64 => vec![Value::F64(0.5)],
        ColumnType::Decimal => decimals(&["1.51", "-3", "19.991"]),
        ColumnType::Text => texts(&["B", "aa", "%", "_", "École "]),
        ColumnType::Date => vec![Value::Date(1)],
        ColumnType::Timestamp => vec![Value::Timestamp(2)],
        _ => Vec::new(),
    });
    operands
}

/// What text is looked for.
pub(super) fn needles() -> impl Strategy<Value = Value> + Clone {
    select(texts(&[
        "a", "b", "", "A", "B", "%", "_", "\\", "É", "é", "ÉCOLE", "я", "本", "🎉", "'", " ", "a_",
        "%b", "\\b",
    ]))
}

/// What is looked for in the digits of a number.
pub(super) fn digits() -> impl Strategy<Value = Value> + Clone {
    select(texts(&["1", "-", "7", "0", "-1", ""]))
}

/// Whether two values are equal, or which is less.
pub(super) fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::F64(a), Value::F64(b)) => a.total_cmp(b),
        // By code points, which is also the order of their bytes.
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b))
        | (Value::DateTime(a), Value::DateTime(b))
        | (Value::Timestamp(a), Value::Timestamp(b))
        | (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
        (Value::Uuid(a), Value::Uuid(b)) => a.cmp(b),
        (a, b) => exact(a).cmp(&exact(b)),
    }
}

/// A whole or decimal number in thousandths, which is as fine as any of them is.
fn exact(value: &Value) -> Option<i128> {
    match value {
        Value::I64(number) => Some(i128::from(*number) * 1000),
        Value::U64(number) => Some(i128::from(*number) * 1000),
        Value::Decimal(number) => {
            let finer = 10i128.pow(3u32.checked_sub(number.scale().into())?);
            Some(number.unscaled() * finer)
        }
        _ => None,
    }
}

fn moments() -> [i64; 6] {
    // The first is the last microsecond of a leap day.
    [
        1_583_020_799_999_999,
        0,
        -1,
        1,
        1_583_020_800_000_000,
        -2_208_988_800_500_000,
    ]
}

fn integers(numbers: &[i64]) -> Vec<Value> {
    numbers.iter().copied().map(Value::I64).collect()
}

fn decimals(numbers: &[&str]) -> Vec<Value> {
    let numbers = numbers.iter().flat_map(|number| number.parse::<Decimal>());
    numbers.map(Value::Decimal).collect()
}

fn texts(texts: &[&str]) -> Vec<Value> {
    texts.iter().copied().map(Value::from).collect()
}
