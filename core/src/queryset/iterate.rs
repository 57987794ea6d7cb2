//! All rows, chunk by chunk.

use super::QuerySet;
use crate::database::{AsyncIter, Database, Iter};
use crate::row::FromRow;

impl<T: FromRow> QuerySet<T> {
    /// Iterates over the rows, reading them in chunks: memory stays flat however many there are.
    ///
    /// The iterator holds a connection until it ends or is dropped. Errors, those of building the
    /// query too, come as its items; after one it ends.
    #[track_caller]
    pub fn iter(&self, db: &Database) -> Iter<T> {
        Iter::new(db, self.plan_rows(db))
    }

    /// The asynchronous twin of [`iter`](Self::iter): a stream.
    #[track_caller]
    pub fn aiter(&self, db: &Database) -> AsyncIter<T> {
        AsyncIter::new(db, self.plan_rows(db))
    }
}
