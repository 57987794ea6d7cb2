//! The seam between the core and a database.

use std::fmt::Debug;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use futures_util::future::{Either, select};

use crate::cancel::{CancelReason, CancelToken};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::row::RowSink;
use crate::runtime::{self, BoxFuture};
use crate::statement::Statement;
use crate::transaction::{TransactionBackend, TransactionOptions};

/// A database, behind whatever pool and driver it has.
///
/// # The contract
/// - A read is *pulled*: [`fetch`](Backend::fetch) sends the statement, hands at most `max_rows`
///   rows to the sink and returns; the rest waits in the [`Cursor`] until it is asked for.
///   Nothing blocks in a send, and memory stays flat however long the result is.
/// - **Dropping a future or a cursor cancels.** What runs for it MUST be stopped or drained
///   before its connection serves another read, and a cancellation MUST NOT reach another
///   read's statement. Otherwise a later read sees rows of an earlier one.
/// - A connection in doubt (an error of the protocol, a panic in between) MUST be discarded.
/// - Values are bound, never formatted into the text.
/// - The futures MUST NOT need a runtime other than the one that the backend was given.
/// - Errors are mapped to an [`ErrorKind`], with the native code kept.
///
/// The blocking twins have defaults that block on the asynchronous ones; a backend whose driver
/// is blocking (SQLite) overrides them and works on the caller's thread.
pub trait Backend: Debug + Send + Sync + 'static {
    /// What the database understands.
    fn dialect(&self) -> &Dialect;

    /// Whether the sinks of asynchronous reads take their rows in on another thread than the one
    /// that polls the read. Long results are then built where they are consumed, since memory
    /// that moves from thread to thread costs an allocator more.
    fn reads_elsewhere(&self) -> bool {
        false
    }

    /// The same for reads of a few rows, which a backend may treat in another way.
    fn reads_few_elsewhere(&self) -> bool {
        self.reads_elsewhere()
    }

    /// Sends a statement and hands its first rows, at most `max_rows`, to the sink.
    fn fetch(
        &self,
        statement: Statement,
        sink: Box<dyn RowSink>,
        max_rows: usize,
    ) -> BoxFuture<'static, Result<Fetched>>;

    /// The blocking twin of [`fetch`](Backend::fetch); gives up when `cancel` says so.
    ///
    /// # Errors
    /// What the database reports, or the sink, or the token.
    fn fetch_blocking(
        &self,
        statement: Statement,
        sink: Box<dyn RowSink>,
        max_rows: usize,
        cancel: Option<&CancelToken>,
    ) -> Result<Fetched> {
        block_on(self.fetch(statement, sink, max_rows), cancel)
    }

    /// Sends a statement that returns no rows; the number of rows that it changed.
    fn execute(&self, statement: Statement) -> BoxFuture<'static, Result<u64>>;

    /// The blocking twin of [`execute`](Backend::execute).
    ///
    /// # Errors
    /// What the database reports, or the token.
    fn execute_blocking(&self, statement: Statement, cancel: Option<&CancelToken>) -> Result<u64> {
        block_on(self.execute(statement), cancel)
    }

    /// Begins a transaction on a connection of its own, with the statement of
    /// [`TransactionOptions::statement`].
    ///
    /// A backend without transactions leaves the default, an error of kind
    /// [`NotSupported`](ErrorKind::NotSupported).
    fn begin(
        &self,
        options: TransactionOptions,
    ) -> BoxFuture<'static, Result<Arc<dyn TransactionBackend>>> {
        let _ = options;
        let error = Error::new(
            ErrorKind::NotSupported,
            format!("{} has no transactions here", self.dialect().name),
        );
        Box::pin(async { Err(error) })
    }

    /// The blocking twin of [`begin`](Backend::begin).
    ///
    /// # Errors
    /// What the database reports.
    fn begin_blocking(&self, options: TransactionOptions) -> Result<Arc<dyn TransactionBackend>> {
        block_on(self.begin(options), None)
    }

    /// Closes all connections, once the operations under way have ended. What is asked for
    /// afterwards is an error of kind [`Closed`](ErrorKind::Closed).
    fn close(&self) -> BoxFuture<'static, Result<()>>;

    /// The blocking twin of [`close`](Backend::close).
    ///
    /// # Errors
    /// What the database reports.
    fn close_blocking(&self) -> Result<()> {
        block_on(self.close(), None)
    }
}

/// What a fetch brought: the sink with its rows, and the cursor if more rows may follow.
pub struct Fetched {
    /// The sink that was handed in.
    pub sink: Box<dyn RowSink>,
    /// Where the rest waits; `None` once the last row was handed over, and the connection serves
    /// others again.
    pub cursor: Option<Box<dyn Cursor>>,
}

/// A result that is not read to its end; it holds its connection. Dropping it ends the read.
pub trait Cursor: Debug + Send {
    /// Hands the next rows, at most `max_rows`, to the sink.
    fn fill(
        self: Box<Self>,
        sink: Box<dyn RowSink>,
        max_rows: usize,
    ) -> BoxFuture<'static, Result<Fetched>>;

    /// The blocking twin of [`fill`](Cursor::fill).
    ///
    /// # Errors
    /// As [`Backend::fetch_blocking`].
    fn fill_blocking(
        self: Box<Self>,
        sink: Box<dyn RowSink>,
        max_rows: usize,
        cancel: Option<&CancelToken>,
    ) -> Result<Fetched> {
        block_on(self.fill(sink, max_rows), cancel)
    }
}

impl Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetched")
            .field("cursor", &self.cursor)
            .finish_non_exhaustive()
    }
}

/// Waits for `future` on this thread, until the token gives up; then the future is dropped, which
/// cancels its operation.
pub(crate) fn block_on<T>(
    future: BoxFuture<'static, Result<T>>,
    cancel: Option<&CancelToken>,
) -> Result<T> {
    match cancel {
        None => runtime::block_on(future),
        Some(cancel) => runtime::block_on(until_cancelled(future, cancel)),
    }
}

/// The result of `future`, or the token's error if that comes first.
pub(crate) async fn until_cancelled<T>(
    future: impl Future<Output = Result<T>> + Unpin,
    cancel: &CancelToken,
) -> Result<T> {
    // Rows that are there already must not come before a cancellation that was earlier.
    if cancel.is_cancelled() {
        return Err(gave_up(cancel));
    }
    match select(future, cancel.cancelled()).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => Err(gave_up(cancel)),
    }
}

/// The result of `future`, unless the token gives up, which comes first: what is given up gives no
/// rows, though they may lie ready.
pub(crate) fn unless_cancelled<T>(
    mut future: Pin<&mut impl Future<Output = Result<T>>>,
    cancel: Option<&CancelToken>,
) -> impl Future<Output = Result<T>> {
    let mut given_up = cancel.map(|cancel| (cancel, cancel.cancelled()));
    poll_fn(move |context| {
        if let Some((cancel, cancelled)) = &mut given_up
            && Pin::new(cancelled).poll(context).is_ready()
        {
            return Poll::Ready(Err(gave_up(cancel)));
        }
        future.as_mut().poll(context)
    })
}

/// The error of an operation that its token ended: kind [`Timeout`](ErrorKind::Timeout) when its
/// deadline passed, [`Cancelled`](ErrorKind::Cancelled) otherwise. A backend returns it from a
/// blocking operation that it gave up.
pub fn gave_up(cancel: &CancelToken) -> Error {
    match cancel.reason() {
        Some(CancelReason::Deadline) => Error::new(
            ErrorKind::Timeout,
            "the operation was given up: its deadline passed",
        ),
        _ => Error::new(
            ErrorKind::Cancelled,
            "the operation was cancelled by its token",
        ),
    }
}
