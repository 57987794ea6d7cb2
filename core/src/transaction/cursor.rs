//! An open result within a transaction, which makes way for the operation that comes next.

use std::fmt;
use std::sync::{Arc, Mutex};

use super::Now;
use super::session::{Form, Session};
use crate::backend::{Cursor, Fetched};
use crate::cancel::CancelToken;
use crate::database::Flat;
use crate::error::{Error, ErrorKind, Result};
use crate::row::RowSink;
use crate::runtime::BoxFuture;
use crate::sync::lock;

/// A cursor whose rows wait in the database, or in memory once another operation needed the
/// connection.
pub(super) struct TransactionCursor {
    session: Arc<Session>,
    /// The level that opened it.
    number: u64,
    sql: Arc<str>,
    rest: Arc<Rest>,
}

/// What a cursor has left, where the transaction finds it too.
pub(super) struct Rest(Mutex<Rows>);

enum Rows {
    /// In the database.
    Open(Box<dyn Cursor>),
    /// In memory.
    Kept(Box<Flat>),
    /// Their way into memory was broken off, or the read failed on it.
    Lost(Option<Error>),
}

impl Rest {
    fn take(&self) -> Rows {
        std::mem::replace(&mut *lock(&self.0), Rows::Lost(None))
    }

    /// Reads the rest into memory, so that its connection is free. Dropped midway, the rows are
    /// lost, and their reader is told.
    pub(super) async fn keep(&self, form: Form<'_>) {
        let open = match self.take() {
            Rows::Open(open) => open,
            other => {
                *lock(&self.0) = other;
                return;
            }
        };
        let sink = Box::new(Flat::of_everything());
        let filled = fill(open, form, sink, usize::MAX).await;
        let kept = filled.and_then(|fetched| {
            fetched.sink.downcast::<Flat>().map_err(|_| {
                Error::new(
                    ErrorKind::Operational,
                    "the backend gave back another sink than it was given",
                )
            })
        });
        *lock(&self.0) = match kept {
            Ok(flat) => Rows::Kept(flat),
            Err(error) => Rows::Lost(Some(error)),
        };
    }

    /// Gives the rows up.
    pub(super) fn lose(&self) {
        drop(self.take());
    }
}

/// The next rows of a backend's cursor.
async fn fill(
    cursor: Box<dyn Cursor>,
    form: Form<'_>,
    sink: Box<dyn RowSink>,
    max_rows: usize,
) -> Result<Fetched> {
    match form {
        Form::Async => cursor.fill(sink, max_rows).await,
        Form::Blocking(cancel) => cursor.fill_blocking(sink, max_rows, cancel),
    }
}

impl TransactionCursor {
    /// Wraps what an operation left open, which the transaction notes.
    pub(super) fn open(
        session: &Arc<Session>,
        number: u64,
        sql: Arc<str>,
        cursor: Box<dyn Cursor>,
    ) -> (Self, Arc<Rest>) {
        let rest = Arc::new(Rest(Mutex::new(Rows::Open(cursor))));
        let cursor = Self {
            session: Arc::clone(session),
            number,
            sql,
            rest: Arc::clone(&rest),
        };
        (cursor, rest)
    }

    async fn go_on(
        self,
        form: Form<'_>,
        mut sink: Box<dyn RowSink>,
        max_rows: usize,
    ) -> Result<Fetched> {
        let (session, sql) = (Arc::clone(&self.session), Arc::clone(&self.sql));
        let turn = session.turn(form, self.number, &sql).await?;
        match self.rest.take() {
            Rows::Kept(mut flat) => {
                // In memory, they are nobody's turn.
                drop(turn);
                let more = flat.hand_on(&mut *sink, max_rows)?;
                *lock(&self.rest.0) = Rows::Kept(flat);
                let cursor = more.then(|| Box::new(self) as Box<dyn Cursor>);
                Ok(Fetched { sink, cursor })
            }
            Rows::Open(open) => {
                let filled = fill(open, form, sink, max_rows).await;
                let Fetched { sink, cursor } = turn.note(filled, &sql)?;
                let cursor = cursor.map(|cursor| {
                    *lock(&self.rest.0) = Rows::Open(cursor);
                    turn.leave_open(&self.rest);
                    Box::new(self) as Box<dyn Cursor>
                });
                Ok(Fetched { sink, cursor })
            }
            Rows::Lost(Some(error)) => Err(error),
            Rows::Lost(None) => Err(Error::new(
                ErrorKind::Transaction,
                "the rows of this iteration were given up: an operation that came between two of \
                 them was dropped while it made room",
            )),
        }
    }
}

impl Cursor for TransactionCursor {
    fn fill(
        self: Box<Self>,
        sink: Box<dyn RowSink>,
        max_rows: usize,
    ) -> BoxFuture<'static, Result<Fetched>> {
        Box::pin(async move { self.go_on(Form::Async, sink, max_rows).await })
    }

    fn fill_blocking(
        self: Box<Self>,
        sink: Box<dyn RowSink>,
        max_rows: usize,
        cancel: Option<&CancelToken>,
    ) -> Result<Fetched> {
        self.go_on(Form::Blocking(cancel), sink, max_rows).now()
    }
}

impl fmt::Debug for TransactionCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransactionCursor")
            .field("sql", &self.sql)
            .finish_non_exhaustive()
    }
}
