//! The one row that matches.

use super::QuerySet;
use crate::compile::{Select, Sort};
use crate::database::{Database, Read};
use crate::describe::describe;
use crate::error::{Error, ErrorKind, Result};
use crate::query::loadables;
use crate::row::{FromRow, last_look};

/// As many rows are read as it takes to say how many there are, up to twenty.
const MOST_READ: u64 = 21;

impl<T: FromRow> QuerySet<T> {
    /// The one row of the query.
    ///
    /// ```no_run
    /// # use queryset::{ColumnMeta, ColumnType, Database, ModelMeta, QuerySet};
    /// # fn example(db: &Database) -> Result<(), queryset::Error> {
    /// # let book = ModelMeta::builder("Book").column(ColumnMeta::new("id", ColumnType::I64)).build()?;
    /// let five = QuerySet::dynamic(&book).lookup("id", 5).get(db)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Kind [`NotFound`](ErrorKind::NotFound) without a row, [`Multiple`](ErrorKind::Multiple)
    /// with several; the message names the model, the condition and how many there are.
    #[track_caller]
    pub fn get(&self, db: &Database) -> Result<T> {
        db.enter("get")?;
        let began = self.query().began(db);
        let row = match self.plan_get(db)? {
            Some((read, max_rows)) => {
                let first = db.fetch_first(read, last_look, max_rows)?;
                self.single(first.row, first.rows)?
            }
            None => return Err(self.none_matches()),
        };
        if self.query().prefetches() {
            self.query().prefetch_for(db, loadables([&row]), began)?;
        }
        Ok(row)
    }

    /// The asynchronous twin of [`get`](Self::get). Cancel safe.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn aget(&self, db: &Database) -> Result<T> {
        let began = self.query().began(db);
        let row = match self.plan_get(db)? {
            Some((read, max_rows)) => {
                let first = db.afetch_first(read, last_look, max_rows).await?;
                self.single(first.row, first.rows)?
            }
            None => return Err(self.none_matches()),
        };
        if self.query().prefetches() {
            // Seldom, and too large to be in the future of each.
            let fetched = self.query().aprefetch_for(db, loadables([&row]), began);
            Box::pin(fetched).await?;
        }
        Ok(row)
    }

    /// The one row of the query, or `None` without a row.
    ///
    /// # Errors
    /// Kind [`Multiple`](ErrorKind::Multiple) with several rows.
    #[track_caller]
    pub fn get_or_none(&self, db: &Database) -> Result<Option<T>> {
        found(self.get(db))
    }

    /// The asynchronous twin of [`get_or_none`](Self::get_or_none). Cancel safe.
    ///
    /// # Errors
    /// As [`get_or_none`](Self::get_or_none).
    pub async fn aget_or_none(&self, db: &Database) -> Result<Option<T>> {
        found(self.aget(db).await)
    }

    /// The read, and how many of its rows are looked at.
    fn plan_get(&self, db: &Database) -> Result<Option<(Read, usize)>> {
        let query = self.query();
        // The order matters only to which rows a slice holds.
        let order = if query.window.is_sliced() {
            Sort::Query
        } else {
            Sort::No
        };
        // A LIMIT that changes nothing costs a server some percent of the look-up. In a transaction,
        // which a result that is not read to its end may break, it spares one.
        let by_key = !query.window.is_sliced() && query.is_by_key() && db.level().is_none();
        let window = match by_key {
            true => query.window,
            false => query.window.slice(0, Some(MOST_READ)),
        };
        let select = Select {
            order,
            window,
            ..Select::rows(query)
        };
        let Some(mut read) = self.plan(db, &select)? else {
            return Ok(None);
        };
        if !by_key {
            return Ok(Some((read, usize::MAX)));
        }
        // Should what the model declares as a key be none.
        read.statement.most_rows = Some(MOST_READ);
        Ok(Some((read, MOST_READ as usize)))
    }

    fn single(&self, row: Option<T>, rows: usize) -> Result<T> {
        match (row, rows) {
            (Some(row), 1) => Ok(row),
            (None, _) => Err(self.none_matches()),
            (Some(_), rows) => Err(self.several_match(rows as u64)),
        }
    }

    #[cold]
    pub(super) fn none_matches(&self) -> Error {
        let query = self.query();
        let message = format!("no {} matches {}", query.meta.name(), describe(query));
        query.error(ErrorKind::NotFound, message)
    }

    #[cold]
    fn several_match(&self, count: u64) -> Error {
        let query = self.query();
        let count = match count {
            MOST_READ.. => "more than 20".to_owned(),
            count => count.to_string(),
        };
        let message = format!(
            "{count} {} rows match {} where one was wanted",
            query.meta.name(),
            describe(query)
        );
        query.error(ErrorKind::Multiple, message)
    }
}

fn found<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(row) => Ok(Some(row)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}
