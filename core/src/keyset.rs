//! Pages that begin where another ended, and where that is.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind};
use crate::value::Value;

/// Some rows of a query, and where those before and after them are: what
/// [`page_after`](crate::QuerySet::page_after) gives.
#[derive(Clone, Debug)]
pub struct KeysetPage<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) previous: Option<KeysetCursor>,
    pub(crate) next: Option<KeysetCursor>,
}

/// A place between two rows of an ordered query: the values of the order's columns at its end of a
/// page.
///
/// Its text has only letters, digits, `-`, `.` and `_`, so that a link can carry it. Who sees the
/// text can read the values, and who changes it only asks for another place of the same query.
///
/// ```
/// # use queryset::KeysetCursor;
/// let cursor: KeysetCursor = "i-12_t456d6d61".parse()?;
/// assert_eq!(cursor.to_string(), "i-12_t456d6d61");
/// assert!("12".parse::<KeysetCursor>().is_err());
/// # Ok::<(), queryset::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct KeysetCursor(pub(crate) Vec<Value>);

impl<T> KeysetPage<T> {
    /// The rows, in the query's order.
    pub fn rows(&self) -> &[T] {
        &self.rows
    }

    /// The place to begin the next page after; `None` where there is none.
    pub fn next(&self) -> Option<&KeysetCursor> {
        self.next.as_ref()
    }

    /// The place to end the page before at, for
    /// [`page_before`](crate::QuerySet::page_before); `None` where there is none. After a cursor
    /// there is one, even if all rows before were deleted meanwhile.
    pub fn previous(&self) -> Option<&KeysetCursor> {
        self.previous.as_ref()
    }
}

impl<T> IntoIterator for KeysetPage<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.into_iter()
    }
}

impl fmt::Display for KeysetCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, value) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str("_")?;
            }
            write(value, f)?;
        }
        Ok(())
    }
}

fn write(value: &Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value {
        Value::Bool(value) => write!(f, "b{}", u8::from(*value)),
        Value::I64(value) => write!(f, "i{value}"),
        Value::U64(value) => write!(f, "u{value}"),
        Value::F64(value) => write!(f, "f{:x}", value.to_bits()),
        Value::Decimal(value) => write!(f, "d{value}"),
        Value::Text(text) => hex('t', text.as_bytes(), f),
        Value::Bytes(bytes) => hex('x', bytes, f),
        Value::Date(days) => write!(f, "D{days}"),
        Value::Time(micros) => write!(f, "T{micros}"),
        Value::DateTime(micros) => write!(f, "L{micros}"),
        Value::Timestamp(micros) => write!(f, "Z{micros}"),
        Value::Duration(micros) => write!(f, "S{micros}"),
        Value::Uuid(bytes) => hex('U', bytes, f),
        Value::Json(text) => hex('j', text.as_bytes(), f),
        // No column holds the last two.
        Value::Null | Value::Array(_) | Value::Refused(_) => f.write_str("n"),
    }
}

fn hex(kind: char, bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{kind}")?;
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

impl FromStr for KeysetCursor {
    type Err = Error;

    /// # Errors
    /// Kind [`Value`](ErrorKind::Value) for text that no cursor has.
    fn from_str(text: &str) -> Result<Self, Error> {
        let values = text.split('_').map(read).collect::<Option<_>>();
        values
            .map(Self)
            .ok_or_else(|| Error::new(ErrorKind::Value, "the text is no cursor"))
    }
}

fn read(text: &str) -> Option<Value> {
    let mut letters = text.chars();
    let kind = letters.next()?;
    let rest = letters.as_str();
    Some(match kind {
        'n' if rest.is_empty() => Value::Null,
        'b' => Value::Bool(match rest {
            "0" => false,
            "1" => true,
            _ => return None,
        }),
        'i' => Value::I64(rest.parse().ok()?),
        'u' => Value::U64(rest.parse().ok()?),
        'f' => Value::F64(f64::from_bits(u64::from_str_radix(rest, 16).ok()?)),
        'd' => Value::Decimal(rest.parse().ok()?),
        't' => Value::Text(String::from_utf8(bytes(rest)?).ok()?.into()),
        'x' => Value::Bytes(bytes(rest)?.into()),
        'D' => Value::Date(rest.parse().ok()?),
        'T' => Value::Time(rest.parse().ok()?),
        'L' => Value::DateTime(rest.parse().ok()?),
        'Z' => Value::Timestamp(rest.parse().ok()?),
        'S' => Value::Duration(rest.parse().ok()?),
        'U' => Value::Uuid(bytes(rest)?.try_into().ok()?),
        'j' => Value::Json(String::from_utf8(bytes(rest)?).ok()?.into()),
        _ => return None,
    })
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_the_same_after_being_text() {
        let cursor = KeysetCursor(vec![
            Value::Null,
            Value::Bool(true),
            Value::I64(i64::MIN),
            Value::U64(u64::MAX),
            Value::F64(-0.1),
            Value::Decimal("-12.50".parse().unwrap()),
            "é_ % ".into(),
            "".into(),
            Value::Bytes(vec![0, 255].into()),
            Value::Date(-1),
            Value::Time(1),
            Value::DateTime(-2),
            Value::Timestamp(3),
            Value::Duration(-4),
            Value::Uuid([7; 16]),
        ]);
        let text = cursor.to_string();
        assert_eq!(text.parse::<KeysetCursor>().unwrap(), cursor);
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
        assert!(text.chars().all(allowed), "{text}");
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "", "_", "i", "ix", "b2", "t4", "tzz", "tff", "nn", "q1", "U00", "i1_", "é",
        ] {
            let error = text.parse::<KeysetCursor>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Value, "{text}");
        }
    }
}
