//! What is fetched for the rows of a query once they are there.

use std::time::{Duration, Instant};

use super::Query;
use crate::database::{Database, Limits};
use crate::error::Result;
use crate::prefetch::{Rows, prefetch};
use crate::related::{Io, Loadable};
use crate::row::FromRow;
use crate::runtime::block_on;

/// How the read began whose related rows are fetched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Began {
    /// When, if it may take only so long.
    at: Option<Instant>,
    /// Whether it reads all rows of its table.
    whole: bool,
}

impl Query {
    /// Whether related rows are fetched for its rows.
    pub(crate) fn prefetches(&self) -> bool {
        let loading = self.loading.as_ref();
        loading.is_some_and(|loading| !loading.prefetch.is_empty())
    }

    pub(crate) fn began(&self, db: &Database) -> Began {
        let counts = self.timeout.is_some() && self.prefetches();
        Began {
            at: counts.then(|| db.runtime().timer().now()),
            whole: false,
        }
    }

    /// The same for a read of all rows of the query.
    pub(crate) fn began_all(&self, db: &Database) -> Began {
        Began {
            whole: self.is_whole(),
            ..self.began(db)
        }
    }

    /// Whether its rows are all that its table has.
    fn is_whole(&self) -> bool {
        self.conditions.is_empty()
            && !self.window.is_sliced()
            && !self.distinct
            && self.distinct_on.is_empty()
            && self.origin.is_none()
    }

    /// The limits of what is read now.
    fn limits_since(&self, db: &Database, began: Began) -> Limits {
        let mut limits = self.limits();
        if let (Some(timeout), Some(began)) = (self.timeout, began.at) {
            let now = db.runtime().timer().now();
            let left = timeout.saturating_sub(now.saturating_duration_since(began));
            limits.timeout = Some(left.max(Duration::from_nanos(1)));
        }
        limits
    }

    /// Fetches what the query prefetches for these rows.
    pub(crate) fn prefetch_for(
        &self,
        db: &Database,
        rows: Vec<&dyn Loadable>,
        began: Began,
    ) -> Result<()> {
        if !self.prefetches() {
            return Ok(());
        }
        // Its futures never wait: each fetch blocks.
        block_on(self.fetch_for(Io::Blocking(db.clone()), rows, began))
    }

    /// The asynchronous twin of [`prefetch_for`](Self::prefetch_for).
    pub(crate) async fn aprefetch_for(
        &self,
        db: &Database,
        rows: Vec<&dyn Loadable>,
        began: Began,
    ) -> Result<()> {
        if !self.prefetches() {
            return Ok(());
        }
        self.fetch_for(Io::Async(db.clone()), rows, began).await
    }

    async fn fetch_for(&self, io: Io, rows: Vec<&dyn Loadable>, began: Began) -> Result<()> {
        let Some(loading) = &self.loading else {
            return Ok(());
        };
        let limits = self.limits_since(io.db(), began);
        let rows = Rows {
            meta: &self.meta,
            rows,
            whole: began.whole,
        };
        prefetch(&io, rows, &loading.prefetch, &limits).await
    }
}

/// The rows as those whose relations can be loaded. In memory of its whole size: a small piece that
/// grows may be another thread's, which an allocator then puts in order here.
pub(crate) fn loadables<'r, T: FromRow>(
    rows: impl IntoIterator<Item = &'r T>,
) -> Vec<&'r dyn Loadable> {
    let rows = rows.into_iter();
    let mut loadables = Vec::with_capacity(rows.size_hint().0);
    loadables.extend(rows.filter_map(T::loadable));
    loadables
}
