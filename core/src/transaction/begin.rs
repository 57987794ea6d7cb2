use std::sync::Arc;

use super::level::Level;
use super::session::{Form, Session};
use super::{Now, Transaction, TransactionOptions};
use crate::database::{Database, Observer};
use crate::error::Result;

impl Database {
    /// Begins a transaction; on a [`Transaction`], one that is nested in it, as a savepoint.
    ///
    /// Another operation of this database that needs the connection waits: on SQLite, every write
    /// that is not sent through the transaction itself.
    ///
    /// # Errors
    /// What the database reports; kind [`Transaction`](crate::ErrorKind::Transaction) when the
    /// outer one has ended or has another nested one open,
    /// [`NotSupported`](crate::ErrorKind::NotSupported) on a backend without transactions,
    /// [`SynchronousOnly`](crate::ErrorKind::SynchronousOnly) inside a task.
    pub fn begin(&self) -> Result<Transaction> {
        self.begin_with(TransactionOptions::new())
    }

    /// The asynchronous twin of [`begin`](Self::begin). Cancel safe: dropped midway, nothing is
    /// left open.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub async fn abegin(&self) -> Result<Transaction> {
        self.abegin_with(TransactionOptions::new()).await
    }

    /// Begins a transaction in a certain way.
    ///
    /// # Errors
    /// As [`begin`](Self::begin), and kind [`Transaction`](crate::ErrorKind::Transaction) for
    /// options of a nested one.
    pub fn begin_with(&self, options: TransactionOptions) -> Result<Transaction> {
        self.enter("begin")?;
        start(self, Form::Blocking(None), options).now()
    }

    /// The asynchronous twin of [`begin_with`](Self::begin_with). Cancel safe, as
    /// [`abegin`](Self::abegin).
    ///
    /// # Errors
    /// As [`begin_with`](Self::begin_with).
    pub async fn abegin_with(&self, options: TransactionOptions) -> Result<Transaction> {
        start(self, Form::Async, options).await
    }
}

async fn start(db: &Database, form: Form<'_>, options: TransactionOptions) -> Result<Transaction> {
    if let Some(outer) = db.level() {
        options.check_nested()?;
        let nested = Level::nested(outer, form).await?;
        return Ok(Transaction::new(db, nested));
    }
    let sql: Arc<str> = options.statement(db.dialect()).into();
    let observed = Observer::of(db).observe(&sql);
    let begun = match form {
        Form::Async => db.backend().begin(options).await,
        Form::Blocking(_) => db.backend().begin_blocking(options),
    };
    observed.end(0, begun.as_ref().err());
    let session = Session::new(begun?, db);
    Ok(Transaction::new(db, Level::outermost(session)))
}
