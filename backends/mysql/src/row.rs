//! Rows as core reads them.

use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

use mysql_async::consts::{ColumnFlags, ColumnType};
use mysql_async::{Column, Row as DriverRow, Value};
use queryset::{
    Cells, Error, ErrorKind, Result, Row, RowSink, ValueRef, parse_date, parse_datetime, parse_time,
};

use crate::civil;

/// The number of the charset that stands for bytes.
const BINARY: u16 = 63;

/// What the rows of one result are handed over with, one after the other.
pub(crate) struct Rows {
    columns: Arc<[Column]>,
    /// The bytes of the present row that somebody looked at, which are lent from here.
    lent: Box<[OnceCell<Vec<u8>>]>,
}

impl Rows {
    pub(crate) fn new(columns: Arc<[Column]>) -> Self {
        let lent = columns.iter().map(|_| OnceCell::new()).collect();
        Self { columns, lent }
    }

    pub(crate) fn hand_over(&mut self, row: DriverRow, sink: &mut dyn RowSink) -> Result<()> {
        let handed = sink.row(&RowView {
            row: RefCell::new(row),
            lent: &self.lent,
            columns: &self.columns,
        });
        for lent in &mut self.lent {
            drop(lent.take());
        }
        handed
    }
}

/// A row as the driver has read it.
struct RowView<'r> {
    row: RefCell<DriverRow>,
    lent: &'r [OnceCell<Vec<u8>>],
    columns: &'r [Column],
}

impl RowView<'_> {
    /// The bytes of a column that the row still has.
    #[inline]
    fn take_bytes(&self, index: usize) -> Option<Vec<u8>> {
        let mut row = self.row.borrow_mut();
        let Some(Value::Bytes(_)) = row.as_ref(index) else {
            return None;
        };
        row.take(index)
    }

    /// What was looked at before.
    fn lent(&self, index: usize, column: &Column) -> Result<ValueRef<'_>> {
        match self.lent.get(index).and_then(OnceCell::get) {
            Some(bytes) => of_bytes(bytes, column),
            None => Err(missing(index)),
        }
    }
}

impl Row for RowView<'_> {
    fn len(&self) -> usize {
        self.columns.len()
    }

    fn name(&self, index: usize) -> &str {
        let name = self.columns.get(index).map(Column::name_ref);
        name.and_then(|name| std::str::from_utf8(name).ok())
            .unwrap_or("")
    }

    #[inline]
    fn value(&self, index: usize) -> Result<ValueRef<'_>> {
        let Some(column) = self.columns.get(index) else {
            return Err(missing(index));
        };
        match self.row.borrow().as_ref(index) {
            Some(Value::Bytes(_)) | None => {}
            Some(value) => return of_scalar(value, column),
        }
        if let (Some(lent), Some(bytes)) = (self.lent.get(index), self.take_bytes(index)) {
            // Empty until now: the row had the bytes itself.
            let _ = lent.set(bytes);
        }
        self.lent(index, column)
    }

    fn each(&self, cells: &mut Cells<'_>) {
        let row = self.row.borrow();
        for (index, column) in self.columns.iter().enumerate() {
            match row.as_ref(index) {
                Some(Value::Int(number)) => cells.i64(*number),
                Some(Value::NULL) => cells.null(),
                Some(Value::Double(number)) => cells.f64(*number),
                Some(Value::Bytes(bytes)) => cells.value(of_bytes(bytes, column)),
                Some(value) => cells.value(of_scalar(value, column)),
                None => cells.value(self.lent(index, column)),
            }
        }
    }

    #[inline]
    fn take_text(&self, index: usize) -> Option<String> {
        if !is_text(self.columns.get(index)?) {
            return None;
        }
        match String::from_utf8(self.take_bytes(index)?) {
            Ok(text) => Some(text),
            // Whoever asks for its value is told.
            Err(error) => {
                let _ = self.lent.get(index)?.set(error.into_bytes());
                None
            }
        }
    }
}

/// What needs no memory of the row.
fn of_scalar(value: &Value, column: &Column) -> Result<ValueRef<'static>> {
    match value {
        Value::NULL => Ok(ValueRef::Null),
        Value::Bytes(_) => Err(undecodable(column, "its bytes have to be lent")),
        Value::Int(number) => Ok(ValueRef::I64(*number)),
        Value::UInt(number) => Ok(unsigned(*number)),
        Value::Double(number) => Ok(ValueRef::F64(*number)),
        Value::Float(number) => Ok(ValueRef::F64(f64::from(*number))),
        Value::Date(year, month, day, hours, minutes, seconds, micros) => {
            let days = civil::days(*year, *month, *day).ok_or_else(|| zero_date(column))?;
            let of_day = civil::micros(i64::from(*hours), *minutes, *seconds, *micros);
            Ok(match column.column_type() {
                ColumnType::MYSQL_TYPE_DATE | ColumnType::MYSQL_TYPE_NEWDATE => {
                    ValueRef::Date(days)
                }
                ty => moment(civil::join(days, of_day), ty),
            })
        }
        Value::Time(negative, days, hours, minutes, seconds, micros) => {
            let hours = i64::from(*days) * 24 + i64::from(*hours);
            Ok(time(
                *negative,
                civil::micros(hours, *minutes, *seconds, *micros),
            ))
        }
    }
}

/// Whether the bytes of a column are its text.
#[inline]
fn is_text(column: &Column) -> bool {
    use ColumnType as T;

    matches!(
        column.column_type(),
        T::MYSQL_TYPE_VARCHAR
            | T::MYSQL_TYPE_VAR_STRING
            | T::MYSQL_TYPE_STRING
            | T::MYSQL_TYPE_TINY_BLOB
            | T::MYSQL_TYPE_MEDIUM_BLOB
            | T::MYSQL_TYPE_LONG_BLOB
            | T::MYSQL_TYPE_BLOB
    ) && column.character_set() != BINARY
}

/// An integer is one without a sign only where it has to be: a truth value is a 0 or a 1.
fn unsigned(number: u64) -> ValueRef<'static> {
    i64::try_from(number).map_or(ValueRef::U64(number), ValueRef::I64)
}

/// A TIMESTAMP is an instant, in the session's zone, which is UTC.
fn moment(micros: i64, ty: ColumnType) -> ValueRef<'static> {
    match ty {
        ColumnType::MYSQL_TYPE_TIMESTAMP | ColumnType::MYSQL_TYPE_TIMESTAMP2 => {
            ValueRef::Timestamp(micros)
        }
        _ => ValueRef::DateTime(micros),
    }
}

/// A TIME is a time of day, or a span where it is none.
fn time(negative: bool, micros: i64) -> ValueRef<'static> {
    const DAY: i64 = 86_400_000_000;
    match negative {
        true if micros != 0 => ValueRef::Duration(-micros),
        _ if micros < DAY => ValueRef::Time(micros),
        _ => ValueRef::Duration(micros),
    }
}

/// What comes as bytes in the binary protocol, and all that comes in the text protocol.
fn of_bytes<'v>(bytes: &'v [u8], column: &Column) -> Result<ValueRef<'v>> {
    use ColumnType as T;

    match column.column_type() {
        T::MYSQL_TYPE_NEWDECIMAL | T::MYSQL_TYPE_DECIMAL => {
            let number = text(bytes, column)?;
            number
                .parse()
                .map(ValueRef::Decimal)
                .map_err(|error| undecodable(column, &format!("'{number}' is {error}")))
        }
        T::MYSQL_TYPE_JSON => text(bytes, column).map(ValueRef::Json),
        T::MYSQL_TYPE_BIT => bit(bytes, column),
        T::MYSQL_TYPE_GEOMETRY | T::MYSQL_TYPE_VECTOR => Ok(ValueRef::Bytes(bytes)),
        T::MYSQL_TYPE_TINY
        | T::MYSQL_TYPE_SHORT
        | T::MYSQL_TYPE_INT24
        | T::MYSQL_TYPE_LONG
        | T::MYSQL_TYPE_LONGLONG
        | T::MYSQL_TYPE_YEAR => {
            let digits = text(bytes, column)?;
            let number = match column.flags().contains(ColumnFlags::UNSIGNED_FLAG) {
                true => digits.parse().map(unsigned),
                false => digits.parse().map(ValueRef::I64),
            };
            number.map_err(|_| undecodable(column, &format!("'{digits}' is no integer")))
        }
        T::MYSQL_TYPE_FLOAT | T::MYSQL_TYPE_DOUBLE => {
            let digits = text(bytes, column)?;
            let number = digits.parse().map(ValueRef::F64);
            number.map_err(|_| undecodable(column, &format!("'{digits}' is no number")))
        }
        T::MYSQL_TYPE_DATE | T::MYSQL_TYPE_NEWDATE => {
            let date = text(bytes, column)?;
            parse_date(date)
                .map(ValueRef::Date)
                .ok_or_else(|| zero_date(column))
        }
        T::MYSQL_TYPE_TIME | T::MYSQL_TYPE_TIME2 => {
            let span = text(bytes, column)?;
            span_of(span).ok_or_else(|| undecodable(column, &format!("'{span}' is no time")))
        }
        ty @ (T::MYSQL_TYPE_DATETIME
        | T::MYSQL_TYPE_DATETIME2
        | T::MYSQL_TYPE_TIMESTAMP
        | T::MYSQL_TYPE_TIMESTAMP2) => {
            let micros = parse_datetime(text(bytes, column)?).ok_or_else(|| zero_date(column))?;
            Ok(moment(micros, ty))
        }
        _ if column.character_set() == BINARY => Ok(ValueRef::Bytes(bytes)),
        _ => text(bytes, column).map(ValueRef::Text),
    }
}

/// Bits are an integer, the first the most significant; there are 64 at most.
fn bit<'v>(bytes: &'v [u8], column: &Column) -> Result<ValueRef<'v>> {
    if bytes.len() > 8 {
        return Err(undecodable(column, "it has more than 64 bits"));
    }
    let number = bytes
        .iter()
        .fold(0, |number, &byte| number << 8 | u64::from(byte));
    Ok(unsigned(number))
}

/// `-838:59:59.000000`, the text of a TIME.
fn span_of(text: &str) -> Option<ValueRef<'static>> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (hours, rest) = digits.split_once(':')?;
    // Minutes and seconds are those of any time of day.
    let rest = parse_time(&format!("00:{rest}"))?;
    let hours: u32 = hours.parse().ok()?;
    Some(time(
        negative,
        civil::micros(i64::from(hours), 0, 0, 0) + rest,
    ))
}

fn text<'v>(bytes: &'v [u8], column: &Column) -> Result<&'v str> {
    std::str::from_utf8(bytes)
        .map_err(|error| undecodable(column, "its text is not UTF-8").with_source(error))
}

#[cold]
fn missing(index: usize) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!("the row has no column {}", index + 1),
    )
}

#[cold]
fn zero_date(column: &Column) -> Error {
    undecodable(column, "a date with a part that is zero is no date")
}

#[cold]
fn undecodable(column: &Column, why: &str) -> Error {
    let name = column.name_str();
    Error::new(
        ErrorKind::Decode,
        format!("column {name} cannot be read: {why}"),
    )
    .with_column(name.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(ty: ColumnType, charset: u16) -> Column {
        Column::new(ty).with_name(b"c").with_character_set(charset)
    }

    fn of(bytes: &[u8], ty: ColumnType) -> String {
        match of_bytes(bytes, &column(ty, 45)) {
            Ok(value) => format!("{value:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn bytes_are_text_unless_their_charset_says_otherwise() {
        let ty = ColumnType::MYSQL_TYPE_VAR_STRING;
        assert_eq!(of(b"a", ty), "Text(\"a\")");
        assert_eq!(
            of_bytes(b"a", &column(ty, BINARY)).unwrap(),
            ValueRef::Bytes(b"a")
        );
        assert_eq!(
            of(b"\xff", ty),
            "column c cannot be read: its text is not UTF-8"
        );
    }

    #[test]
    fn numbers_and_bits() {
        assert_eq!(
            of(b"-1.50", ColumnType::MYSQL_TYPE_NEWDECIMAL),
            "Decimal(Decimal(-1.50))"
        );
        assert_eq!(
            of("9".repeat(39).as_bytes(), ColumnType::MYSQL_TYPE_NEWDECIMAL),
            format!(
                "column c cannot be read: '{}' is not a decimal number of at most 38 digits",
                "9".repeat(39)
            )
        );
        assert_eq!(of(&[1], ColumnType::MYSQL_TYPE_BIT), "I64(1)");
        assert_eq!(
            of(&[0xff; 8], ColumnType::MYSQL_TYPE_BIT),
            format!("U64({})", u64::MAX)
        );
        assert_eq!(of(b"-7", ColumnType::MYSQL_TYPE_LONG), "I64(-7)");
    }

    #[test]
    fn a_time_outside_one_day_is_a_span() {
        let ty = ColumnType::MYSQL_TYPE_TIME;
        assert_eq!(of(b"23:59:59.999999", ty), "Time(86399999999)");
        assert_eq!(of(b"24:00:00", ty), "Duration(86400000000)");
        assert_eq!(of(b"-838:59:59", ty), "Duration(-3020399000000)");
        assert_eq!(time(true, 0), ValueRef::Time(0));
    }

    #[test]
    fn a_zero_date_is_none() {
        let why = "column c cannot be read: a date with a part that is zero is no date";
        assert_eq!(of(b"0000-00-00", ColumnType::MYSQL_TYPE_DATE), why);
        assert_eq!(
            of(b"2020-00-01 00:00:00", ColumnType::MYSQL_TYPE_DATETIME),
            why
        );
        assert_eq!(
            of(b"1970-01-01 00:00:01", ColumnType::MYSQL_TYPE_TIMESTAMP),
            "Timestamp(1000000)"
        );
    }
}
