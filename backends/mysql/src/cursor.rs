//! A result that is not read to its end.

use queryset::pool::{Lease, Parked};
use queryset::runtime::BoxFuture;
use queryset::{CancelToken, Fetched, Result, RowSink};

use crate::connection::{Connection, Connector};
use crate::run;

/// An open result between two calls, with its connection. Dropping it ends the statement.
#[derive(Debug)]
pub(crate) struct Cursor {
    parked: Parked<Connector, Lease<Connector>>,
}

impl Cursor {
    pub(crate) fn new(parked: Parked<Connector, Lease<Connector>>) -> Self {
        Self { parked }
    }
}

impl queryset::Cursor for Cursor {
    fn fill(
        self: Box<Self>,
        sink: Box<dyn RowSink>,
        max_rows: usize,
    ) -> BoxFuture<'static, Result<Fetched>> {
        Box::pin(async move { run::fill(self.parked.resume()?, sink, max_rows).await })
    }

    fn fill_blocking(
        self: Box<Self>,
        sink: Box<dyn RowSink>,
        max_rows: usize,
        cancel: Option<&CancelToken>,
    ) -> Result<Fetched> {
        let lease = self.parked.resume()?;
        let runtime = lease.runtime().clone();
        Connection::block_on(&runtime, run::fill(lease, sink, max_rows), cancel)
    }
}
