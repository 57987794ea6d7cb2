//! Rows with what the query prefetches for them.

use super::QuerySet;
use crate::database::Database;
use crate::error::Result;
use crate::query::{Began, loadables};
use crate::row::FromRow;

impl<T: FromRow> QuerySet<T> {
    /// The rows, with what the query prefetches for them.
    pub(super) fn loaded(&self, db: &Database, rows: Vec<T>, began: Began) -> Result<Vec<T>> {
        if self.query().prefetches() {
            self.query().prefetch_for(db, loadables(&rows), began)?;
        }
        Ok(rows)
    }

    /// The asynchronous twin of [`loaded`](Self::loaded).
    pub(super) async fn aloaded(
        &self,
        db: &Database,
        rows: Vec<T>,
        began: Began,
    ) -> Result<Vec<T>> {
        if self.query().prefetches() {
            let fetched = self.query().aprefetch_for(db, loadables(&rows), began);
            fetched.await?;
        }
        Ok(rows)
    }
}
