//! A result that is not read to its end.

use std::fmt;
use std::sync::{Arc, Mutex};

use queryset::runtime::BoxFuture;
use queryset::{CancelToken, Fetched, Result, RowSink};

use crate::asking::Fetching;
use crate::backend;
use crate::connection::Place;
use crate::operation::Work;
use crate::pool::{Pool, closed};
use crate::statement::Running;
use crate::sync::lock;

/// An open result between two calls. Dropping it ends the statement: on a worker if it was read
/// asynchronously last, on the dropping thread if it was read there.
pub(crate) struct Cursor {
    pool: Arc<Pool>,
    parked: Arc<Parked>,
    place: Place,
    asynchronous: bool,
}

/// The statement of a cursor, where the pool finds it when it closes.
pub(crate) struct Parked(Mutex<Option<Box<Running>>>);

impl Parked {
    pub(crate) fn take(&self) -> Option<Box<Running>> {
        lock(&self.0).take()
    }
}

impl Cursor {
    pub(crate) fn new(pool: &Arc<Pool>, running: Box<Running>, asynchronous: bool) -> Self {
        let place = running.connection().place();
        let parked = Arc::new(Parked(Mutex::new(Some(running))));
        pool.park(place, &parked);
        Self {
            pool: Arc::clone(pool),
            parked,
            place,
            asynchronous,
        }
    }

    /// The statement, to go on with; an error if the pool was closed meanwhile.
    fn resume(&self) -> Result<Box<Running>> {
        let running = self.parked.take().ok_or_else(closed)?;
        self.pool.unpark(self.place);
        Ok(running)
    }
}

impl queryset::Cursor for Cursor {
    fn fill(
        self: Box<Self>,
        sink: Box<dyn RowSink>,
        max_rows: usize,
    ) -> BoxFuture<'static, Result<Fetched>> {
        let pool = Arc::clone(&self.pool);
        let work = self.resume().map(|running| Work::Fill {
            running,
            sink,
            max_rows,
        });
        Box::pin(Fetching::new(pool, self.place.line, work))
    }

    fn fill_blocking(
        self: Box<Self>,
        sink: Box<dyn RowSink>,
        max_rows: usize,
        cancel: Option<&CancelToken>,
    ) -> Result<Fetched> {
        let running = self.resume()?;
        backend::fill_blocking(&self.pool, running, sink, max_rows, cancel)
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        let Some(running) = self.parked.take() else {
            return;
        };
        self.pool.unpark(self.place);
        if self.asynchronous {
            self.pool.retire(running);
        } else {
            self.pool.finish(running);
        }
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sql = lock(&self.parked.0)
            .as_ref()
            .map(|running| Arc::clone(running.sql()));
        f.debug_struct("Cursor")
            .field("sql", &sql)
            .finish_non_exhaustive()
    }
}
