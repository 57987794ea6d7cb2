//! The values that are sent.

use std::time::Duration;

use bigdecimal::BigDecimal;
use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp};
use queryset::ColumnMeta;
use uuid::Uuid;

use super::round_trip::Sample;

/// All of them, by what they are about. The texts in here are known to be dates, numbers and
/// documents; one that were not would be missing, which a test notices.
pub(super) fn samples() -> Vec<Sample> {
    let mut all = numbers();
    all.extend(decimals());
    all.extend(texts());
    all.extend(moments());
    all.extend(documents());
    all
}

fn numbers() -> Vec<Sample> {
    let bits = |a: &f64, b: &f64| a.to_bits() == b.to_bits();
    let single = |a: &f32, b: &f32| a.to_bits() == b.to_bits();
    // Which of the many it is nobody can see.
    let nan = |a: &f64, _: &f64| a.is_nan();
    vec![
        Sample::new("bool", "true", true),
        Sample::new("i64", "the least", i64::MIN),
        Sample::new("i64", "the greatest", i64::MAX),
        Sample::new("i64", "2⁵³ + 1, which no f64 is", (1i64 << 53) + 1),
        Sample::new("u64", "the greatest of i64", i64::MAX as u64),
        Sample::new("u64", "the greatest", u64::MAX),
        Sample::alike("f64", "0.1", 0.1, bits),
        Sample::alike("f64", "the greatest", f64::MAX, bits),
        Sample::alike("f64", "the least above 0", f64::from_bits(1), bits),
        Sample::alike("f64", "-0.0", -0.0, bits),
        Sample::alike("f64", "infinity", f64::INFINITY, bits),
        Sample::alike("f64", "NaN", f64::NAN, nan),
        Sample::alike("f32", "1/3", 1.0f32 / 3.0, single),
        Sample::alike("f32", "the greatest", f32::MAX, single),
    ]
}

fn decimals() -> Vec<Sample> {
    let money = |column: ColumnMeta| column.digits(12, 2);
    let whole = |column: ColumnMeta| column.digits(38, 0);
    let fine = |column: ColumnMeta| column.digits(38, 28);
    type Declare = fn(ColumnMeta) -> ColumnMeta;
    let samples: [(&str, Declare, &str, &str); 7] = [
        ("decimal, digits(12, 2)", money, "9.99", "9.99"),
        (
            "decimal, digits(12, 2)",
            money,
            "9999999999.99, 12 digits",
            "9999999999.99",
        ),
        (
            "decimal, digits(12, 2)",
            money,
            "0.001, a digit too many behind the point",
            "0.001",
        ),
        (
            "decimal, digits(38, 0)",
            whole,
            "15 digits",
            "999999999999999",
        ),
        (
            "decimal, digits(38, 0)",
            whole,
            "28 digits",
            "7922816251426433759354395033",
        ),
        (
            "decimal, digits(38, 0)",
            whole,
            "38 digits",
            "99999999999999999999999999999999999999",
        ),
        (
            "decimal, digits(38, 28)",
            fine,
            "38 digits, 28 of them behind the point",
            "-9999999999.9999999999999999999999999999",
        ),
    ];
    let sample = |(column, declare, value, text): (_, Declare, _, &str)| {
        let number = text.parse::<BigDecimal>().ok()?;
        Some(Sample::declared(
            column,
            value,
            number,
            BigDecimal::eq,
            declare,
        ))
    };
    samples.into_iter().filter_map(sample).collect()
}

fn texts() -> Vec<Sample> {
    let text = |value, text: &str| Sample::new("text", value, text.to_owned());
    vec![
        text("empty", ""),
        text("blanks at both ends", "  blanks  "),
        text("an emoji of several code points", "👩‍👩‍👧 🎉"),
        text("U+0000", "a\0b"),
        text("U+10FFFF", "\u{10ffff}"),
        text("a million characters", &"x".repeat(1_000_000)),
        Sample::declared(
            "text, max_length = 3",
            "4 characters",
            "four".to_owned(),
            String::eq,
            |column| column.max_length(3),
        ),
        Sample::new("bytes", "none", Vec::<u8>::new()),
        Sample::new("bytes", "each of the 256", (0..=255).collect::<Vec<u8>>()),
        Sample::new("uuid", "all ones", Uuid::from_u128(u128::MAX)),
    ]
}

fn moments() -> Vec<Sample> {
    let mut samples = Vec::new();
    let dates = [
        ("1969-12-31", "1969-12-31"),
        ("0001-01-01", "0001-01-01"),
        ("9999-12-31", "9999-12-31"),
        ("the year 0", "0000-06-15"),
        ("4000 before the year 0", "-004000-01-01"),
    ];
    for (value, text) in dates {
        let date = text.parse::<Date>().ok();
        samples.extend(date.map(|date| Sample::new("date", value, date)));
    }
    let times = [
        ("midnight", "00:00:00"),
        ("23:59:59.999999", "23:59:59.999999"),
    ];
    for (value, text) in times {
        let time = text.parse::<Time>().ok();
        samples.extend(time.map(|time| Sample::new("time", value, time)));
    }
    let datetimes = [
        ("1969-12-31 23:59:59.999999", "1969-12-31T23:59:59.999999"),
        ("9999-12-31 23:59:59.999999", "9999-12-31T23:59:59.999999"),
    ];
    for (value, text) in datetimes {
        let datetime = text.parse::<DateTime>().ok();
        samples.extend(datetime.map(|datetime| Sample::new("date and time", value, datetime)));
    }
    let instants = [
        ("in UTC", "2020-02-29T12:00:00.123456Z"),
        ("in the zone +05:30", "2020-02-29T12:00:00+05:30"),
        (
            "in the hour that a summer's end repeats",
            "2020-10-25T02:30:00+01:00",
        ),
        ("a microsecond before 1970", "1969-12-31T23:59:59.999999Z"),
        ("the year 1", "0001-01-01T00:00:00Z"),
        ("4000 before the year 0", "-004000-01-01T00:00:00Z"),
    ];
    for (value, text) in instants {
        let instant = text.parse::<Timestamp>().ok();
        samples.extend(instant.map(|instant| Sample::new("instant", value, instant)));
    }
    samples.extend([
        Sample::new(
            "span",
            "a microsecond back",
            SignedDuration::from_micros(-1),
        ),
        Sample::new(
            "span",
            "the longest, 292,000 years",
            SignedDuration::from_micros(i64::MAX),
        ),
        Sample::new(
            "span",
            "a week, without a sign",
            Duration::from_secs(7 * 86_400),
        ),
    ]);
    samples
}

fn documents() -> Vec<Sample> {
    let document = |value, text: &str| {
        let document = serde_json::from_str::<serde_json::Value>(text).ok()?;
        Some(Sample::new("document", value, document))
    };
    let documents = [
        document("null, which is not NULL", "null"),
        document("an empty object", "{}"),
        document("an empty text", r#""""#),
        document(
            "nested",
            r#"{"a": [1, 2.5, {"b": "🎉", "c": null}], "d": true}"#,
        ),
        document("the greatest u64", "18446744073709551615"),
        document("a float", "0.1"),
        document("U+0000 in a text", r#"{"text": "a\u0000b"}"#),
    ];
    let null = Sample::new(
        "document, nullable",
        "NULL, which is not null",
        None::<serde_json::Value>,
    );
    documents.into_iter().flatten().chain([null]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_what_it_should_be() {
        assert_eq!(decimals().len(), 7);
        assert_eq!(moments().len(), 5 + 2 + 2 + 6 + 3);
        assert_eq!(documents().len(), 8);
    }
}
