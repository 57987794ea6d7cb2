//! Whether there is a row.

use super::QuerySet;
use crate::compile::{Select, Sort, What};
use crate::database::{Database, Read};
use crate::error::Result;
use crate::row::{FromRow, RowReader};

impl<T: FromRow> QuerySet<T> {
    /// Whether there is at least one row. The database stops at the first.
    ///
    /// # Errors
    /// What building the query found wrong, or what the database reports.
    #[track_caller]
    pub fn exists(&self, db: &Database) -> Result<bool> {
        db.enter("exists")?;
        match self.plan_exists(db)? {
            Some(read) => Ok(db.fetch_first(read, nothing, usize::MAX)?.rows > 0),
            None => Ok(false),
        }
    }

    /// The asynchronous twin of [`exists`](Self::exists). Cancel safe.
    ///
    /// # Errors
    /// As [`exists`](Self::exists).
    pub async fn aexists(&self, db: &Database) -> Result<bool> {
        match self.plan_exists(db)? {
            Some(read) => Ok(db.afetch_first(read, nothing, usize::MAX).await?.rows > 0),
            None => Ok(false),
        }
    }

    fn plan_exists(&self, db: &Database) -> Result<Option<Read>> {
        let query = self.query();
        let window = query.window.slice(0, Some(1));
        self.plan(
            db,
            &Select {
                what: What::Exists,
                order: Sort::No,
                window,
                ..Select::rows(query)
            },
        )
    }
}

/// The row says all by being there.
pub(super) fn nothing(_: &RowReader<'_>) -> Result<()> {
    Ok(())
}
