//! Django's QuerySet reads, blocking and asynchronous, on any database and any async runtime.
//!
//! ```
//! use queryset::{Database, Model, Result};
//!
//! #[derive(Model, Debug)]
//! #[model(ordering("title"))]
//! struct Book {
//!     #[model(primary_key)]
//!     id: i64,
//!     title: String,
//!     pages: Option<i32>,
//! }
//!
//! async fn long_books(db: &Database) -> Result<Vec<Book>> {
//!     Book::objects().filter(|b| b.pages.gt(400)).alist(db).await
//! }
//!
//! fn shortest(db: &Database) -> Result<Book> {
//!     Book::objects().earliest_by(db, |b| b.pages.asc())
//! }
//! # use queryset::{Dialect, Family, Value, recording::Recording};
//! # let recording = Recording::new(Dialect::new(Family::Sqlite, "recording"));
//! # let select = "SELECT \"book\".\"id\", \"book\".\"title\", \"book\".\"pages\" FROM \"book\"";
//! # let columns = ["id", "title", "pages"];
//! # let emma = [Value::I64(1), "Emma".into(), Value::I64(474)];
//! # recording.expect(&format!("{select} WHERE \"book\".\"pages\" > ? ORDER BY \"book\".\"title\" ASC"), columns, [emma.clone()]);
//! # recording.expect(&format!("{select} ORDER BY \"book\".\"pages\" ASC LIMIT 1"), columns, [emma]);
//! # let db = recording.database();
//! # assert_eq!(queryset::runtime::block_on(long_books(&db))?[0].id, 1);
//! # assert_eq!(shortest(&db)?.title, "Emma");
//! # recording.finish()?;
//! # Ok::<(), queryset::Error>(())
//! ```
//!
//! # Overview
//!
//! A [`QuerySet`] is a lazy, immutable description of rows. Refiners such as
//! [`filter`](QuerySet::filter), [`order_by`](QuerySet::order_by) and [`slice`](QuerySet::slice)
//! return another one; terminals such as [`get`](QuerySet::get), [`count`](QuerySet::count) and
//! [`iter`](QuerySet::iter) send it to a [`Database`]. Every terminal comes twice: `get` blocks
//! the calling thread, `aget` is asynchronous. Both send the same statement and give the same
//! answer or error.
//!
//! A [`Database`] is one type without parameters, made by a backend's crate
//! (`queryset_sqlite::connect`) and a runtime, which is a value: the adapters of `queryset-tokio`,
//! `queryset-async-std` and `queryset-smol`, or [`runtime::Threads`], which needs only the
//! standard library. This crate depends on no runtime and no driver.
//!
//! A model is a struct with `#[derive(Model)]`, or metadata that is built at run time
//! ([`ModelMeta`]), whose rows are [`Record`]s. Conditions are closures over generated fields, or
//! names in Django's spelling ([`QuerySet::lookup`]).
//!
//! # Cancel safety
//!
//! Reads are cancel safe: a dropped future stops its statement, and the next read on the same
//! connection is not touched by it. So are the streams of [`QuerySet::aiter`]: a row that was not
//! handed out yet is still there. Methods that write say what dropping them leaves open. For
//! deadlines and tokens, which work for both forms, see [`QuerySet::timeout`],
//! [`QuerySet::cancel_with`] and [`CancelToken`].
//!
//! # The map
//!
//! | to | see |
//! |---|---|
//! | describe a table | [`Model`], [`Field`], [`ForeignKey`], [`Reverse`], [`ManyToMany`], [`ModelMeta`] |
//! | load related rows | [`QuerySet::select_related`], [`QuerySet::prefetch_related`], [`QuerySet::only`] |
//! | ask | [`QuerySet`], [`Column`] for the conditions, [`Q`], [`raw`] |
//! | read page by page | [`QuerySet::paginate`], [`QuerySet::page_after`] |
//! | read rows into a type of yours | [`FromRow`], [`Record`], [`Value`] |
//! | understand what went wrong | [`Error`], [`ErrorKind`] |
//! | change several things at once or none, read a snapshot | [`Database::atomic`], [`Transaction`] |
//! | watch statements | [`Database::on_statement`], the feature `tracing` |
//! | find loops that send too many | [`Database::scope`], in tests [`Database::assert_num_queries`] |
//! | test without a database | [`recording`] |
//! | write an adapter of a runtime | [`runtime`] |
//! | write a backend | [`Backend`], [`TransactionBackend`] |
//!
//! # Features
//!
//! `derive` (on by default) is the derive macros. `uuid`, `chrono`, `time`, `jiff`,
//! `rust_decimal`, `bigdecimal` and `serde_json` let columns hold those libraries' types.
//! `tracing` emits an event for every statement. `tzdb` builds the database of time zones in,
//! for systems that have none.
//!
//! # Not supported yet
//!
//! Annotations, functions, `values` and grouping; combining queries; lookups into JSON; updates.

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
mod expression;
mod field;
mod keyset;
mod loading;
mod lookup;
mod meta;
mod model;
mod operand;
mod order;
mod paginator;
mod path;
pub mod pool;
mod prefetch;
mod q;
mod query;
mod queryset;
mod raw;
pub mod recording;
mod related;
mod resolve;
mod row;
pub mod runtime;
mod statement;
mod subquery;
mod sync;
mod transaction;
mod transform;
mod value;
mod write;
mod zone;

pub use aggregate::{Aggregate, AggregateTerm, Aggregates, Number};
pub use backend::{Backend, Cursor, Fetched, gave_up};
pub use cancel::{CancelGuard, CancelReason, CancelToken, Cancelled, DeadlineGuard};
pub use column::{Column, DateField, DateTimeField, TextField, TimeField};
pub use database::{
    AsyncIter, Capture, Captured, Database, Iter, Repeated, Scope, StatementEvent, StatementHook,
};
#[cfg(feature = "derive")]
pub use derive::{Field, FromRow, Model};
pub use dialect::{Dialect, Family};
pub use error::{Error, ErrorKind, Result};
pub use expression::{Computable, Expr, Expression, F, Factor, IntoExpr};
#[cfg(feature = "serde_json")]
pub use field::Json;
pub use field::{DecodeError, Field};
pub use keyset::{KeysetCursor, KeysetPage};
pub use lookup::Lookup;
pub use meta::{
    ColumnMeta, ModelBuilder, ModelMeta, ModelRef, ModelSet, RelationKind, RelationMeta,
};
pub use model::{
    Deferred, ForeignKey, ManyToMany, Model, ModelFields, OneToOne, Reverse, ReverseOne,
};
pub use operand::{IntoOperand, Operand, RowOperand};
pub use order::{IntoOrder, Nulls, Order, OrderTerm};
pub use paginator::{Page, Paginator};
#[doc(hidden)]
pub use path::Path;
pub use prefetch::Prefetch;
pub use q::Q;
pub use queryset::{ExplainOptions, IntoColumns, IntoDeferred, IntoRelations, IntoSlice, QuerySet};
pub use raw::{RawQuery, raw};
pub use row::{Cells, Columns, FromRow, Record, Row, RowReader, RowSink};
pub use statement::{Access, Statement};
pub use subquery::{IntoSubquery, Subquery};
pub use transaction::{
    CommitOutcome, CommitState, IsolationLevel, SqliteLock, Transaction, TransactionBackend,
    TransactionOptions, TransactionStatus,
};
pub use value::{
    ColumnType, Decimal, ParseDecimalError, Value, ValueRef, format_date, format_datetime,
    format_time, parse_date, parse_datetime, parse_time, parse_timestamp,
};
pub use zone::Zone;
