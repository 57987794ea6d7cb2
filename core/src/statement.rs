//! A statement ready to be sent.

use std::sync::Arc;

use crate::value::Value;

/// SQL text and the values bound to its placeholders, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The text, in the backend's dialect, with `?` (SQLite, MySQL) or `$1` (Postgres).
    pub sql: Arc<str>,
    /// The values of the placeholders.
    pub params: Vec<Value>,
    /// Whether the statement only reads.
    pub access: Access,
    /// The most rows that it can return, where its maker knows, or that are wanted; a backend MAY
    /// treat a short result in another way than one without an end, and need not look for more rows.
    pub most_rows: Option<u64>,
}

/// Whether a statement reads or may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// It reads; a backend MAY refuse it if it turns out to write.
    Read,
    /// It may write.
    Write,
}

impl Statement {
    /// A statement that reads.
    pub fn read(sql: impl Into<Arc<str>>, params: Vec<Value>) -> Self {
        Self {
            sql: sql.into(),
            params,
            access: Access::Read,
            most_rows: None,
        }
    }

    /// A statement that may write.
    pub fn write(sql: impl Into<Arc<str>>, params: Vec<Value>) -> Self {
        Self {
            sql: sql.into(),
            params,
            access: Access::Write,
            most_rows: None,
        }
    }
}
