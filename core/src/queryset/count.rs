//! How many rows there are.

use super::QuerySet;
use crate::compile::{Select, Sort, What};
use crate::database::{Database, Read};
use crate::error::Result;
use crate::row::{FromRow, RowReader};

impl<T: FromRow> QuerySet<T> {
    /// The number of rows, counted by the database.
    ///
    /// # Errors
    /// What building the query found wrong, or what the database reports.
    #[track_caller]
    pub fn count(&self, db: &Database) -> Result<u64> {
        db.enter("count")?;
        match self.plan_count(db)? {
            Some(read) => Ok(counted(db.fetch(read, number, usize::MAX)?)),
            None => Ok(0),
        }
    }

    /// The asynchronous twin of [`count`](Self::count). Cancel safe.
    ///
    /// # Errors
    /// As [`count`](Self::count).
    pub async fn acount(&self, db: &Database) -> Result<u64> {
        match self.plan_count(db)? {
            Some(read) => Ok(counted(db.afetch(read, number, usize::MAX).await?)),
            None => Ok(0),
        }
    }

    fn plan_count(&self, db: &Database) -> Result<Option<Read>> {
        let query = self.query();
        // The order matters only to which rows a slice holds, and even then not to their number;
        // but a slice without its order is another query to a reader of the log.
        let order = if query.window.is_sliced() {
            Sort::Query
        } else {
            Sort::No
        };
        self.plan(
            db,
            &Select {
                what: What::Count,
                order,
                ..Select::rows(query)
            },
        )
    }
}

fn number(row: &RowReader<'_>) -> Result<u64> {
    row.get(0)
}

fn counted(rows: Vec<u64>) -> u64 {
    rows.first().copied().unwrap_or(0)
}
