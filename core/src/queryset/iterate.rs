//! All rows, chunk by chunk.

use std::sync::Arc;

use super::QuerySet;
use crate::database::{AsyncIter, Database, Iter, Together};
use crate::error::{ErrorKind, Result};
use crate::row::FromRow;

/// The rows whose related rows are fetched together in a stream, unless it is said; as Django's
/// `aiterator`.
const TOGETHER: usize = 2000;

impl<T: FromRow> QuerySet<T> {
    /// Iterates over the rows, reading them in chunks: memory stays flat however many there are.
    ///
    /// A query that prefetches needs a [`chunk_size`](Self::chunk_size) here, as in Django: the
    /// number of rows whose related rows are fetched together, over a second connection.
    ///
    /// The iterator holds a connection until it ends or is dropped. Errors, those of building the
    /// query too, come as its items; after one it ends.
    #[track_caller]
    pub fn iter(&self, db: &Database) -> Iter<T> {
        if !self.query().prefetches() {
            return Iter::new(db, self.plan_rows(db));
        }
        match self.together(db, None) {
            Ok(together) => Iter::new(db, self.plan_rows(db)).together(together),
            Err(error) => Iter::new(db, Err(error)),
        }
    }

    /// The asynchronous twin of [`iter`](Self::iter): a stream. A query that prefetches does so for
    /// 2000 rows at a time unless its [`chunk_size`](Self::chunk_size) is said.
    #[track_caller]
    pub fn aiter(&self, db: &Database) -> AsyncIter<T> {
        if !self.query().prefetches() {
            return AsyncIter::new(db, self.plan_rows(db));
        }
        match self.together(db, Some(TOGETHER)) {
            Ok(together) => AsyncIter::new(db, self.plan_rows(db)).together(together),
            Err(error) => AsyncIter::new(db, Err(error)),
        }
    }

    /// For how many rows their related rows are fetched together.
    fn together(&self, db: &Database, usual: Option<usize>) -> Result<Together> {
        let query = self.query();
        query.check_late()?;
        let said = query
            .loading
            .as_ref()
            .and_then(|loading| loading.chunk_size);
        let rows = said.or(usual).ok_or_else(|| {
            let message = "iterating over a query that prefetches needs a chunk_size";
            query.error(ErrorKind::Value, message.into())
        })?;
        Ok(Together {
            rows,
            began: query.began(db),
            query: Arc::new(query.clone()),
        })
    }
}
