//! Django's QuerySet reads, blocking and asynchronous, on any database and any async runtime

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod aggregate;
mod backend;
mod cancel;
mod column;
mod compile;
mod condition;
mod database;
#[cfg(feature = "derive")]
mod derive;
mod describe;
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
mod raw;
pub mod recording;
mod resolve;
mod row;
pub mod runtime;
mod statement;
mod sync;
mod value;
mod write;

pub use aggregate::{Aggregate, AggregateTerm, Aggregates, Number};
pub use backend::{Backend, Cursor, Fetched, gave_up};
pub use cancel::{CancelGuard, CancelReason, CancelToken, Cancelled, DeadlineGuard};
pub use column::{Column, TextField};
pub use database::{AsyncIter, Database, Iter, StatementEvent, StatementHook};
#[cfg(feature = "derive")]
pub use derive::{Field, FromRow, Model};
pub use dialect::{Dialect, Family};
pub use error::{Error, ErrorKind, Result};
#[cfg(feature = "serde_json")]
pub use field::Json;
pub use field::{DecodeError, Field};
pub use lookup::Lookup;
pub use meta::{ColumnMeta, ModelBuilder, ModelMeta, ModelRef, RelationMeta};
pub use model::{ForeignKey, Model};
pub use operand::{IntoOperand, Operand};
pub use order::{IntoOrder, Nulls, Order, OrderTerm};
#[doc(hidden)]
pub use path::Path;
pub use q::Q;
pub use queryset::{ExplainOptions, IntoSlice, QuerySet};
pub use raw::{RawQuery, raw};
pub use row::{Columns, FromRow, Record, Row, RowReader, RowSink};
pub use statement::{Access, Statement};
pub use value::{
    ColumnType, Decimal, ParseDecimalError, Value, ValueRef, format_date, format_datetime,
    format_time, parse_date, parse_datetime, parse_time, parse_timestamp,
};
