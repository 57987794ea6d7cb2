//! Statements written by hand.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use crate::cancel::CancelToken;
use crate::database::{AsyncIter, Database, Iter, Layout, Limits, Read};
use crate::error::Result;
use crate::row::{FromRow, last_look};
use crate::statement::Statement;
use crate::value::Value;

/// A statement in the database's own SQL whose rows are read as `T`: a model or a struct (by the
/// names of the columns), a tuple (by their places) or a [`Record`](crate::Record) (as they come).
///
/// ```no_run
/// # fn example(db: &queryset::Database) -> queryset::Result<()> {
/// use queryset::{Value, raw};
///
/// let long: Vec<(i64, String)> =
///     raw("SELECT id, title FROM book WHERE pages > ?", vec![Value::I64(500)]).list(db)?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a statement does nothing until one of its terminals is called"]
pub struct RawQuery<T> {
    statement: Statement,
    limits: Limits,
    row: PhantomData<fn() -> T>,
}

/// A statement in the database's own SQL, with the values of its placeholders. Never format a
/// value into the text.
pub fn raw<T: FromRow>(sql: impl Into<Arc<str>>, params: Vec<Value>) -> RawQuery<T> {
    RawQuery {
        statement: Statement::read(sql, params),
        limits: Limits::default(),
        row: PhantomData,
    }
}

impl<T: FromRow> RawQuery<T> {
    /// Gives the read up when it takes longer, with an error of kind
    /// [`Timeout`](crate::ErrorKind::Timeout).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.limits.timeout = Some(timeout);
        self
    }

    /// Gives the read up when the token is cancelled, with an error of kind
    /// [`Cancelled`](crate::ErrorKind::Cancelled).
    pub fn cancel_with(mut self, token: &CancelToken) -> Self {
        self.limits.cancel = Some(token.clone());
        self
    }

    /// All rows.
    ///
    /// # Errors
    /// What the database reports; kind
    /// [`FieldDoesNotExist`](crate::ErrorKind::FieldDoesNotExist) when a wanted column is not in
    /// the result; [`Decode`](crate::ErrorKind::Decode) for a value that does not fit.
    #[track_caller]
    pub fn list(&self, db: &Database) -> Result<Vec<T>> {
        db.enter("list")?;
        db.fetch(self.read(), last_look, usize::MAX)
    }

    /// The asynchronous twin of [`list`](Self::list). Cancel safe.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn alist(&self, db: &Database) -> Result<Vec<T>> {
        db.afetch_all(self.read()).await
    }

    /// The first row, or `None`.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    #[track_caller]
    pub fn first(&self, db: &Database) -> Result<Option<T>> {
        db.enter("first")?;
        // What follows the first row is not asked for: the cursor is dropped, which ends it.
        Ok(db.fetch(self.read(), last_look, 1)?.pop())
    }

    /// The asynchronous twin of [`first`](Self::first). Cancel safe.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn afirst(&self, db: &Database) -> Result<Option<T>> {
        Ok(db.afetch(self.read(), last_look, 1).await?.pop())
    }

    /// Iterates over the rows, reading them in chunks.
    #[track_caller]
    pub fn iter(&self, db: &Database) -> Iter<T> {
        Iter::new(db, Ok(Some(self.read())))
    }

    /// The asynchronous twin of [`iter`](Self::iter): a stream.
    #[track_caller]
    pub fn aiter(&self, db: &Database) -> AsyncIter<T> {
        AsyncIter::new(db, Ok(Some(self.read())))
    }

    fn read(&self) -> Read {
        Read {
            statement: self.statement.clone(),
            layout: Layout::ByName(T::column_names()),
            limits: self.limits.clone(),
        }
    }
}

impl<T> Clone for RawQuery<T> {
    fn clone(&self) -> Self {
        Self {
            statement: self.statement.clone(),
            limits: self.limits.clone(),
            row: PhantomData,
        }
    }
}

impl<T> fmt::Debug for RawQuery<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawQuery")
            .field("statement", &self.statement)
            .finish_non_exhaustive()
    }
}
