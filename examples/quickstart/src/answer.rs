//! Answers as text that can be compared and printed.

use std::collections::HashMap;

use queryset::{Record, Value, format_date, format_datetime, format_time};

use crate::book::Book;

/// What a read method gives back.
pub(crate) trait Answer {
    /// All that the answer says, on one line.
    fn text(&self) -> String;
}

impl Answer for u64 {
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Answer for bool {
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Answer for String {
    fn text(&self) -> String {
        self.lines().map(str::trim).collect::<Vec<_>>().join("; ")
    }
}

impl Answer for Book {
    fn text(&self) -> String {
        self.title.clone()
    }
}

impl Answer for (i64, Option<f64>, Option<i64>, Option<i32>, Option<i32>) {
    fn text(&self) -> String {
        format!("{self:?}")
    }
}

impl<A: Answer> Answer for Option<A> {
    fn text(&self) -> String {
        self.as_ref().map_or_else(|| "None".to_owned(), A::text)
    }
}

impl<A: Answer> Answer for Vec<A> {
    fn text(&self) -> String {
        let items: Vec<_> = self.iter().map(A::text).collect();
        format!("[{}]", items.join(", "))
    }
}

impl<K: std::fmt::Display, A: Answer> Answer for HashMap<K, A> {
    fn text(&self) -> String {
        let mut items: Vec<_> = self
            .iter()
            .map(|(key, row)| format!("{key}: {}", row.text()))
            .collect();
        // A map has no order of its own.
        items.sort();
        format!("{{{}}}", items.join(", "))
    }
}

impl Answer for (Value, Record) {
    fn text(&self) -> String {
        format!("{}: {}", value(&self.0), self.1.text())
    }
}

impl Answer for Record {
    fn text(&self) -> String {
        let cells: Vec<_> = self
            .columns()
            .names()
            .zip(self.values())
            .map(|(name, cell)| format!("{name}={}", value(cell)))
            .collect();
        format!("({})", cells.join(", "))
    }
}

/// A value as a person writes it.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(yes) => yes.to_string(),
        Value::I64(number) => number.to_string(),
        Value::U64(number) => number.to_string(),
        Value::F64(number) => number.to_string(),
        Value::Decimal(number) => number.to_string(),
        Value::Text(text) | Value::Json(text) => format!("{text:?}"),
        Value::Bytes(bytes) => format!("<{} bytes>", bytes.len()),
        Value::Date(days) => format_date(*days).unwrap_or_default(),
        Value::Time(micros) => format_time(*micros).unwrap_or_default(),
        Value::DateTime(micros) | Value::Timestamp(micros) => {
            format_datetime(*micros).unwrap_or_default()
        }
        other => format!("{other:?}"),
    }
}
