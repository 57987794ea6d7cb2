//! A result that is not read to its end.

use std::fmt;
use std::sync::Arc;

use queryset::pool::Parked;
use queryset::runtime::BoxFuture;
use queryset::{CancelToken, Fetched, Result, RowSink};

use crate::connection::{Opener, Opening};
use crate::run::{self, Running};

/// An open result between two calls. Dropping it hands its connection to a task that ends the
/// statement.
pub(crate) struct Cursor {
    parked: Parked<Opener, Running>,
    opener: Arc<Opening>,
}

impl Cursor {
    pub(crate) fn new(parked: Parked<Opener, Running>, opener: Arc<Opening>) -> Self {
        Self { parked, opener }
    }
}

impl queryset::Cursor for Cursor {
    fn fill(
        self: Box<Self>,
        sink: Box<dyn RowSink>,
        max_rows: usize,
    ) -> BoxFuture<'static, Result<Fetched>> {
        // Parked until somebody waits for the rows: closing need not wait for who does not.
        Box::pin(async move { run::pull(self.parked.resume()?, sink, max_rows).await })
    }

    fn fill_blocking(
        self: Box<Self>,
        sink: Box<dyn RowSink>,
        max_rows: usize,
        cancel: Option<&CancelToken>,
    ) -> Result<Fetched> {
        let Self { parked, opener } = *self;
        let running = parked.resume()?;
        let link = running.lease.driver.link().clone();
        opener.block_on(Some(&link), run::pull(running, sink, max_rows), cancel)
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor")
            .field("parked", &self.parked)
            .finish_non_exhaustive()
    }
}
