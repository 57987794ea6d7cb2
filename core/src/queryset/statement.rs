//! The query as SQL.

use super::QuerySet;
use crate::compile::Select;
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
        let query = self.query();
        if query.loading.is_none() {
            // Nobody will read its rows: their layout is not needed.
            return self.compiled(db, &Select::rows(query));
        }
        let read = self.plan_rows(db)?;
        Ok(read.map(|read| read.statement))
    }
}
