//! The query as SQL.

use super::QuerySet;
use crate::database::Database;
use crate::error::Result;
use crate::statement::Statement;

impl<T> QuerySet<T> {
    /// The statement that [`list`](Self::list) would send, without sending it; `None` where it
    /// would send nothing. Django: `qs.query`.
    ///
    /// # Errors
    /// What building the query found wrong, or a feature that the database lacks.
    pub fn statement(&self, db: &Database) -> Result<Option<Statement>> {
        let read = self.plan_rows(db)?;
        Ok(read.map(|read| read.statement))
    }
}
