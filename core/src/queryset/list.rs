//! All rows at once.

use super::QuerySet;
use crate::database::Database;
use crate::error::Result;
use crate::row::{FromRow, last_look};

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
            Some(read) => {
                let began = self.query().began_all(db);
                let rows = db.fetch(read, last_look, usize::MAX)?;
                self.loaded(db, rows, began)
            }
            None => Ok(Vec::new()),
        }
    }

    /// The asynchronous twin of [`list`](Self::list). Cancel safe.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn alist(&self, db: &Database) -> Result<Vec<T>> {
        match self.plan_rows(db)? {
            Some(read) => {
                let began = self.query().began_all(db);
                let rows = db.afetch_all(read).await?;
                self.aloaded(db, rows, began).await
            }
            None => Ok(Vec::new()),
        }
    }
}
