//! Django's QuerySet reads, blocking and asynchronous, on any database and any async runtime

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod backend;
mod cancel;
mod column;
mod condition;
mod dialect;
mod error;
mod field;
mod lookup;
mod meta;
mod model;
mod operand;
mod order;
mod path;
mod q;
mod query;
mod queryset;
mod resolve;
mod row;
pub mod runtime;
mod statement;
mod sync;
mod value;

pub use backend::{Backend, Cursor, Fetched, gave_up};
pub use cancel::{CancelGuard, CancelReason, CancelToken, Cancelled, DeadlineGuard};
pub use column::{Column, TextField};
pub use dialect::{Dialect, Family};
pub use error::{Error, ErrorKind, Result};
pub use field::{DecodeError, Field};
pub use lookup::Lookup;
pub use meta::{ColumnMeta, ModelBuilder, ModelMeta, ModelRef, RelationMeta};
pub use model::{ForeignKey, Model};
pub use operand::{IntoOperand, Operand};
pub use order::{IntoOrder, Nulls, Order, OrderTerm};
pub use path::Path;
pub use q::Q;
pub use queryset::QuerySet;
#[cfg(feature = "derive")]
pub use queryset_derive::{Field, FromRow, Model};
pub use row::{Columns, FromRow, Record, Row, RowReader, RowSink};
pub use statement::{Access, Statement};
pub use value::{
    ColumnType, Decimal, ParseDecimalError, Value, ValueRef, format_date, format_datetime,
    format_time, parse_date, parse_datetime, parse_time, parse_timestamp,
};
