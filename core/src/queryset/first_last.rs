//! The first row, the last, and the one at a position.

use super::QuerySet;
use crate::compile::Select;
use crate::database::{Database, Read};
use crate::error::{Error, ErrorKind, Result};
use crate::row::{FromRow, last_look};

impl<T: FromRow> QuerySet<T> {
    /// The first row, or `None`: in the query's order, or by the primary key if it has none.
    ///
    /// # Errors
    /// Kind [`Type`](ErrorKind::Type) for an unordered slice, or an unordered model without a
    /// primary key.
    #[track_caller]
    pub fn first(&self, db: &Database) -> Result<Option<T>> {
        db.enter("first")?;
        self.one(db, self.plan_first(db)?)
    }

    /// The asynchronous twin of [`first`](Self::first). Cancel safe.
    ///
    /// # Errors
    /// As [`first`](Self::first).
    pub async fn afirst(&self, db: &Database) -> Result<Option<T>> {
        self.aone(db, self.plan_first(db)?).await
    }

    /// The last row, or `None`: the first in the opposite order.
    ///
    /// # Errors
    /// Kind [`Type`](ErrorKind::Type) for a slice, or an unordered model without a primary key.
    #[track_caller]
    pub fn last(&self, db: &Database) -> Result<Option<T>> {
        db.enter("last")?;
        self.one(db, self.plan_last(db)?)
    }

    /// The asynchronous twin of [`last`](Self::last). Cancel safe.
    ///
    /// # Errors
    /// As [`last`](Self::last).
    pub async fn alast(&self, db: &Database) -> Result<Option<T>> {
        self.aone(db, self.plan_last(db)?).await
    }

    /// The row at a position counted from zero: Django's `qs[i]`.
    ///
    /// # Errors
    /// Kind [`Index`](ErrorKind::Index) when there are not that many rows,
    /// [`Value`](ErrorKind::Value) for a negative position.
    #[track_caller]
    pub fn nth(&self, db: &Database, position: impl TryInto<u64>) -> Result<T> {
        db.enter("nth")?;
        let position = counted(position)?;
        self.one(db, self.plan_nth(db, position)?)?
            .ok_or_else(|| self.too_few(position))
    }

    /// The asynchronous twin of [`nth`](Self::nth). Cancel safe.
    ///
    /// # Errors
    /// As [`nth`](Self::nth).
    pub async fn anth(&self, db: &Database, position: impl TryInto<u64>) -> Result<T> {
        let position = counted(position)?;
        self.aone(db, self.plan_nth(db, position)?)
            .await?
            .ok_or_else(|| self.too_few(position))
    }

    fn plan_nth(&self, db: &Database, position: u64) -> Result<Option<Read>> {
        let query = self.query();
        let window = query
            .window
            .slice(position, Some(position.saturating_add(1)));
        self.plan(
            db,
            &Select {
                window,
                ..Select::rows(query)
            },
        )
    }

    #[cold]
    fn too_few(&self, position: u64) -> Error {
        let query = self.query();
        let message = format!("there is no {} at position {position}", query.meta.name());
        query.error(ErrorKind::Index, message)
    }
}

fn counted(position: impl TryInto<u64>) -> Result<u64> {
    position.try_into().map_err(|_| {
        Error::new(
            ErrorKind::Value,
            "a position counts from the first row: it cannot be negative",
        )
    })
}

impl<T: FromRow> QuerySet<T> {
    /// The row of a read that has at most one.
    #[track_caller]
    pub(super) fn one(&self, db: &Database, read: Option<Read>) -> Result<Option<T>> {
        let Some(read) = read else {
            return Ok(None);
        };
        let began = self.query().began(db);
        let row = db.fetch(read, last_look, usize::MAX)?;
        Ok(self.loaded(db, row, began)?.pop())
    }

    /// The asynchronous twin of [`one`](Self::one).
    pub(super) async fn aone(&self, db: &Database, read: Option<Read>) -> Result<Option<T>> {
        let Some(read) = read else {
            return Ok(None);
        };
        let began = self.query().began(db);
        let row = db.afetch(read, last_look, usize::MAX).await?;
        Ok(self.aloaded(db, row, began).await?.pop())
    }
}
