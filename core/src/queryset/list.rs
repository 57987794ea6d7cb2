//! All rows at once.

use super::QuerySet;
use crate::database::Database;
use crate::error::Result;
use crate::row::FromRow;

impl<T: FromRow> QuerySet<T> {
    /// All rows of the query.
    ///
    /// They are all in memory then; [`iter`](Self::iter) reads without bound.
    ///
    /// # Errors
    /// What building the query found wrong, what the database reports, or a value that does not
    /// fit its field.
    #[track_caller]
    pub fn list(&self, db: &Database) -> Result<Vec<T>> {
        db.enter("list")?;
        match self.plan_rows(db)? {
            Some(read) => db.fetch(read, T::from_row, usize::MAX),
            None => Ok(Vec::new()),
        }
    }

    /// The asynchronous twin of [`list`](Self::list). Cancel safe.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn alist(&self, db: &Database) -> Result<Vec<T>> {
        match self.plan_rows(db)? {
            Some(read) => db.afetch_all(read).await,
            None => Ok(Vec::new()),
        }
    }
}
