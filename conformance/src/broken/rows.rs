//! Faults of rows on their way from the database.

use std::sync::Arc;

use queryset::{Result, Row, RowSink, Value, ValueRef};

use super::{Fault, Manner};

pub(super) const FAULTS: &[Fault] = &[
    rows("null as zero", "null.read", |chunk| {
        chunk.each_value(|value| {
            if value.is_null() {
                *value = Value::I64(0);
            }
        });
    }),
    rows("empty text as null", "null.empty_text", |chunk| {
        chunk.each_value(|value| {
            if matches!(value, Value::Text(text) if text.is_empty()) {
                *value = Value::Null;
            }
        });
    }),
    rows("row lost at a chunk's edge", "read.iter.chunks", |chunk| {
        if !chunk.is_last {
            chunk.rows.pop();
        }
    }),
    rows(
        "row doubled at a chunk's edge",
        "read.iter.chunks",
        |chunk| {
            if let (false, Some(last)) = (chunk.is_last, chunk.rows.last().cloned()) {
                chunk.rows.push(last);
            }
        },
    ),
    rows("asynchronous twin differs", "read.list.columns", |chunk| {
        if chunk.asynchronous && chunk.rows.len() > 1 {
            chunk.rows.remove(0);
        }
    }),
    rows("rows in reverse", "read.list.ordered", |chunk| {
        chunk.rows.reverse()
    }),
    rows("columns swapped", "read.list.columns", |chunk| {
        for row in chunk.rows.iter_mut().filter(|row| row.len() > 2) {
            row.swap(1, 2);
        }
    }),
    rows("text in small letters", "types.text", |chunk| {
        chunk.each_text(|text| text.to_lowercase());
    }),
    rows("text without its ends' spaces", "types.text", |chunk| {
        chunk.each_text(|text| text.trim().to_owned());
    }),
    rows("long text cut", "types.large", |chunk| {
        chunk.each_text(|text| text.chars().take(1000).collect());
    }),
    rows("digits as a number", "types.text", |chunk| {
        chunk.each_value(|value| {
            if let Value::Text(text) = value
                && let Ok(number) = text.parse()
            {
                *value = Value::I64(number);
            }
        });
    }),
    rows("integers through floats", "types.integers", |chunk| {
        chunk.each_value(|value| {
            if let Value::I64(number) = value {
                *number = *number as f64 as i64;
            }
        });
    }),
    rows("floats in single precision", "types.floats", |chunk| {
        chunk.each_value(|value| {
            if let Value::F64(number) = value {
                *number = f64::from(*number as f32);
            }
        });
    }),
    rows("bytes cut at zero", "types.bytes", |chunk| {
        chunk.each_value(|value| {
            if let Value::Bytes(bytes) = value {
                *bytes = bytes
                    .iter()
                    .copied()
                    .take_while(|byte| *byte != 0)
                    .collect();
            }
        });
    }),
    rows("everything exists", "read.exists.nothing", |chunk| {
        let asks = chunk.sql.starts_with("SELECT 1 ");
        if asks && chunk.rows.is_empty() {
            chunk.rows.push(vec![Value::I64(1)]);
        }
    }),
    rows("first row only", "read.list.ordered", |chunk| {
        chunk.rows.truncate(1)
    }),
];

const fn rows(name: &'static str, caught_by: &'static str, spoil: fn(&mut Chunk)) -> Fault {
    Fault::new(name, caught_by, Manner::Rows(spoil))
}

/// Rows that were read together.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(super) rows: Vec<Vec<Value>>,
    pub(super) names: Arc<[Box<str>]>,
    /// Whether no row follows.
    pub(super) is_last: bool,
    pub(super) asynchronous: bool,
    pub(super) sql: Arc<str>,
}

impl Chunk {
    fn each_value(&mut self, change: impl FnMut(&mut Value)) {
        self.rows.iter_mut().flatten().for_each(change);
    }

    fn each_text(&mut self, change: impl Fn(&str) -> String) {
        self.each_value(|value| {
            if let Value::Text(text) = value {
                *text = change(text).into();
            }
        });
    }

    /// Hands the rows to a sink, as a driver would.
    pub(super) fn hand_to(self, sink: &mut dyn RowSink) -> Result<()> {
        let names = self.names;
        self.rows.into_iter().try_for_each(|values| {
            sink.row(&Owned {
                names: Arc::clone(&names),
                values,
            })
        })
    }
}

/// Takes rows in from the sound backend.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffer {
    pub(super) names: Arc<[Box<str>]>,
    pub(super) rows: Vec<Vec<Value>>,
}

impl RowSink for Buffer {
    fn row(&mut self, row: &dyn Row) -> Result<()> {
        if self.names.is_empty() {
            self.names = (0..row.len()).map(|index| row.name(index).into()).collect();
        }
        let values = (0..row.len()).map(|index| row.value(index).map(ValueRef::to_owned));
        self.rows.push(values.collect::<Result<_>>()?);
        Ok(())
    }
}

/// A row whose values are its own.
struct Owned {
    names: Arc<[Box<str>]>,
    values: Vec<Value>,
}

impl Row for Owned {
    fn len(&self) -> usize {
        self.values.len()
    }

    fn name(&self, index: usize) -> &str {
        self.names.get(index).map_or("", |name| name)
    }

    fn value(&self, index: usize) -> Result<ValueRef<'_>> {
        Ok(self.values.get(index).map_or(ValueRef::Null, Value::borrow))
    }
}
