//! Where sea-query writes a text.

use std::fmt;
use std::sync::Arc;

use sea_query::{QueryBuilder, SqlWriter, Value as Marker};

use crate::value::Value;

/// What stands for no limit where an OFFSET needs a LIMIT before it.
pub(super) const NO_LIMIT: u64 = u64::MAX;

/// The end of a slice as a literal. No table has more rows than an `i64` counts.
pub(super) fn literal_end(number: u64) -> u64 {
    number.min(i64::MAX as u64)
}

/// The end of a slice that is the value at this position: a number that is no literal's.
pub(super) fn bound_end(position: usize) -> u64 {
    NO_LIMIT - 1 - position as u64
}

/// A text and which value belongs to each of its placeholders.
#[derive(Debug)]
pub(crate) struct Text {
    pub(super) sql: Arc<str>,
    /// The values' positions by placeholder; `None` where they are in order.
    order: Option<Box<[usize]>>,
}

impl Text {
    /// The values in the order of the placeholders.
    pub(super) fn arrange(&self, params: Vec<Value>) -> Vec<Value> {
        match &self.order {
            None => params,
            Some(order) => order
                .iter()
                .filter_map(|&position| params.get(position).cloned())
                .collect(),
        }
    }
}

/// Writes placeholders for markers: a signed number stands for the value at that position, an
/// unsigned one (sea-query's own type for LIMIT and OFFSET) for itself, or for the value at the
/// position that [`bound_end`] gave.
#[derive(Debug)]
pub(super) struct TextWriter {
    text: String,
    order: Vec<usize>,
    numbered: bool,
}

impl TextWriter {
    pub(super) fn new(numbered: bool) -> Self {
        Self {
            text: String::with_capacity(256),
            order: Vec::new(),
            numbered,
        }
    }

    pub(super) fn finish(self, params: usize) -> Text {
        let in_order =
            self.order.len() == params && self.order.iter().enumerate().all(|(at, &to)| at == to);
        Text {
            sql: self.text.into(),
            order: if in_order {
                None
            } else {
                Some(self.order.into())
            },
        }
    }

    fn placeholder(&mut self, position: usize) {
        self.order.push(position);
        if self.numbered {
            self.text.push('$');
            self.text.push_str(&self.order.len().to_string());
        } else {
            self.text.push('?');
        }
    }
}

impl fmt::Write for TextWriter {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text.push_str(text);
        Ok(())
    }
}

impl fmt::Display for TextWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl SqlWriter for TextWriter {
    fn push_param<T: QueryBuilder>(&mut self, value: Marker, _: &T) {
        match value {
            Marker::BigInt(Some(position)) => {
                self.placeholder(usize::try_from(position).unwrap_or(usize::MAX));
            }
            Marker::BigUnsigned(Some(number))
                if number == NO_LIMIT || number == literal_end(number) =>
            {
                self.text.push_str(&number.to_string());
            }
            Marker::BigUnsigned(Some(bound)) => {
                self.placeholder(usize::try_from(bound_end(0) - bound).unwrap_or(usize::MAX));
            }
            // The renderer makes no other values.
            _ => self.text.push_str("NULL"),
        }
    }

    fn as_writer(&mut self) -> &mut dyn fmt::Write {
        self
    }
}
