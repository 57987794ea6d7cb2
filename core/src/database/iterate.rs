//! Reading a result chunk by chunk.

mod together;

pub(crate) use together::Together;

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::Database;
use super::flat::Flat;
use super::hook::Observed;
use super::read::{Deadline, Read, check, returned};
use super::sink::Gather;
use crate::backend::{Cursor, Fetched};
use crate::cancel::CancelToken;
use crate::error::{Error, Result};
use crate::row::{FromRow, Shared};
use crate::runtime::BoxFuture;
use crate::statement::Statement;

/// The rows of an iteration's first chunk; later ones double up to [`LARGEST_CHUNK`].
const FIRST_CHUNK: usize = 32;
/// Beyond this, larger chunks gain nothing and only hold more rows in memory.
const LARGEST_CHUNK: usize = 1024;
/// What the rows of a chunk should take at most, judged by those of the chunk before.
pub(super) const CHUNK_BYTES: usize = 256 * 1024;

/// The sizes of the chunks to come.
#[derive(Debug)]
struct Chunks(usize);

impl Chunks {
    /// The size of the next chunk, after `last`.
    fn next(&mut self, last: Option<&Flat>) -> usize {
        let size = match last.and_then(Flat::row_bytes) {
            Some(bytes) => self.0.min((CHUNK_BYTES / bytes.max(1)).max(1)),
            None => self.0,
        };
        self.0 = (self.0 * 2).min(LARGEST_CHUNK);
        size
    }
}

/// What iterating tells the statement hooks when it ends or is dropped.
struct Watched {
    db: Database,
    observed: Option<Observed>,
    caller: &'static Location<'static>,
    rows: u64,
}

impl Watched {
    #[track_caller]
    fn new(db: &Database) -> Self {
        Self {
            db: db.clone(),
            observed: None,
            caller: Location::caller(),
            rows: 0,
        }
    }

    fn start(&mut self, statement: &Statement) {
        self.observed = Some(self.db.observe_for(statement, self.caller));
    }

    fn end(&mut self, error: Option<&Error>) {
        if let Some(observed) = self.observed.take() {
            observed.end(self.rows, error);
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(observed) = self.observed.take() {
            observed.give_up(self.rows);
        }
    }
}

/// An iterator over a result that reads it chunk by chunk on the calling thread.
///
/// Dropping it ends the read. After an error it ends.
pub struct Iter<T> {
    ready: Option<Box<Flat>>,
    state: State,
    chunks: Chunks,
    token: Option<CancelToken>,
    watched: Watched,
    /// Rows that wait for what is fetched for them.
    together: Option<Box<together::Blocking<T>>>,
    row: PhantomData<fn() -> T>,
}

enum State {
    /// Not sent yet, so that making an iterator cannot fail or block.
    Start(Box<Read>),
    Open(Box<dyn Cursor>),
    Failed(Box<Error>),
    Done,
}

impl<T: FromRow> Iter<T> {
    #[track_caller]
    pub(crate) fn new(db: &Database, read: Result<Option<Read>>) -> Self {
        let (state, token) = match read {
            Ok(Some(mut read)) => {
                let token = std::mem::take(&mut read.limits).token();
                (State::Start(Box::new(read)), token)
            }
            Ok(None) => (State::Done, None),
            Err(error) => (State::Failed(Box::new(error)), None),
        };
        Self {
            ready: None,
            state,
            chunks: Chunks(FIRST_CHUNK),
            token,
            watched: Watched::new(db),
            together: None,
            row: PhantomData,
        }
    }

    /// The rows with what is fetched for some of them at a time.
    pub(crate) fn together(mut self, together: Together) -> Self {
        self.together = Some(Box::new(together::Blocking::new(together)));
        self
    }

    fn fill(&mut self) -> Result<()> {
        let max_rows = self.chunks.next(self.ready.as_deref());
        let db = &self.watched.db;
        let token = self.token.as_ref();
        let empty = self.ready.take();
        let fetched = match std::mem::replace(&mut self.state, State::Done) {
            State::Done => return Ok(()),
            State::Failed(error) => return Err(*error),
            State::Start(read) => {
                db.enter("iter")?;
                check(token)?;
                self.watched.start(&read.statement);
                let db = &self.watched.db;
                let sink = db.shared.spares.take(read.layout);
                db.backend()
                    .fetch_blocking(read.statement, sink, max_rows, token)?
            }
            State::Open(cursor) => {
                db.enter("iter")?;
                let Some(mut sink) = empty else {
                    return Ok(());
                };
                sink.clear();
                cursor.fill_blocking(sink, max_rows, token)?
            }
        };
        self.ready = Some(returned(fetched.sink)?);
        if let Some(cursor) = fetched.cursor {
            self.state = State::Open(cursor);
        }
        Ok(())
    }

    /// Ends the read early, by an error.
    #[cold]
    fn fail(&mut self, error: Error) -> Error {
        self.ready = None;
        self.state = State::Done;
        self.watched.end(Some(&error));
        error
    }
}

impl<T: FromRow> Iterator for Iter<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        match self.together.take() {
            None => self.next_row(),
            Some(mut together) => {
                let db = self.watched.db.clone();
                let row = together.next(&db, || self.next_row());
                self.together = Some(together);
                row
            }
        }
    }
}

impl<T: FromRow> Iter<T> {
    fn next_row(&mut self) -> Option<Result<T>> {
        loop {
            match self.ready.as_mut().and_then(|ready| ready.build()) {
                Some(Ok(row)) => {
                    self.watched.rows += 1;
                    return Some(Ok(row));
                }
                Some(Err(error)) => return Some(Err(self.fail(error))),
                None => {}
            }
            if matches!(self.state, State::Done) {
                self.watched.end(None);
                return None;
            }
            if let Err(error) = self.fill() {
                return Some(Err(self.fail(error)));
            }
        }
    }
}

impl<T: FromRow> std::iter::FusedIterator for Iter<T> {}

impl<T> Drop for Iter<T> {
    fn drop(&mut self) {
        if let Some(flat) = self.ready.take() {
            self.watched.db.shared.spares.give_back(flat);
        }
    }
}

/// A stream over a result that reads it chunk by chunk, one chunk ahead of its consumer.
///
/// Cancel safe: a row that was not handed out yet is still there when the next one is asked for.
/// Dropping the stream ends the read. After an error it ends.
#[must_use = "a stream does nothing unless it is polled"]
pub struct AsyncIter<T> {
    ready: Option<Box<Flat>>,
    /// A chunk that was consumed, whose buffers the chunk after the next gets.
    spare: Option<Box<Flat>>,
    state: AsyncState,
    chunks: Chunks,
    deadline: Option<Deadline>,
    watched: Watched,
    /// Rows that wait for what is fetched for them.
    together: Option<Box<together::Async<T>>>,
    row: PhantomData<fn() -> T>,
}

enum AsyncState {
    Start(Box<Read>),
    /// The rest waits until it is asked for.
    Open(Box<dyn Cursor>),
    Filling(BoxFuture<'static, Result<Fetched>>),
    /// The next chunk came while its forerunner is consumed.
    Came(Box<Result<Fetched>>),
    Failed(Box<Error>),
    Done,
}

impl<T> AsyncIter<T> {
    #[track_caller]
    pub(crate) fn new(db: &Database, read: Result<Option<Read>>) -> Self {
        let (state, deadline) = match read {
            Ok(Some(mut read)) => {
                let limits = std::mem::take(&mut read.limits);
                let deadline = limits
                    .any()
                    .then(|| limits.begin(db.runtime().timer().now()));
                (AsyncState::Start(Box::new(read)), deadline)
            }
            Ok(None) => (AsyncState::Done, None),
            Err(error) => (AsyncState::Failed(Box::new(error)), None),
        };
        Self {
            ready: None,
            spare: None,
            state,
            chunks: Chunks(FIRST_CHUNK),
            deadline,
            watched: Watched::new(db),
            together: None,
            row: PhantomData,
        }
    }

    /// For a consumer that wants all rows in any case.
    pub(super) fn all_at_once(db: &Database, read: Read) -> Self {
        let mut all = Self::new(db, Ok(Some(read)));
        all.chunks = Chunks(LARGEST_CHUNK);
        all
    }

    /// Reads all rows into `into`.
    pub(super) async fn gather<G: Gather>(mut self, mut into: G) -> Result<G> {
        let mut shared = Shared::default();
        let end = poll_fn(|context| self.poll_gather(&mut into, &mut shared, context)).await;
        self.watched.end(end.as_ref().err());
        end.map(|()| into)
    }

    fn poll_gather<G: Gather>(
        &mut self,
        into: &mut G,
        // Not `&Shared`, which no future on its way to another thread may hold.
        shared: &mut Shared,
        context: &mut Context<'_>,
    ) -> Poll<Result<()>> {
        loop {
            if let Some(ready) = &mut self.ready {
                let poured = ready.pour(into, shared);
                self.watched.rows = into.taken() as u64;
                poured?;
            }
            if matches!(self.state, AsyncState::Done) {
                return Poll::Ready(Ok(()));
            }
            ready!(self.poll_fill(context))?;
        }
    }

    /// The same future within the deadline.
    fn held(
        &self,
        future: BoxFuture<'static, Result<Fetched>>,
    ) -> BoxFuture<'static, Result<Fetched>> {
        match self.deadline.clone() {
            None => future,
            Some(deadline) => {
                let db = self.watched.db.clone();
                Box::pin(async move { deadline.hold(&db, future).await })
            }
        }
    }

    /// Gets the next chunk, once the last one was consumed.
    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        let fetched = match std::mem::replace(&mut self.state, AsyncState::Done) {
            AsyncState::Done => return Poll::Ready(Ok(())),
            AsyncState::Failed(error) => return Poll::Ready(Err(*error)),
            AsyncState::Came(fetched) => (*fetched)?,
            AsyncState::Start(read) => {
                self.deadline.as_ref().map_or(Ok(()), Deadline::check)?;
                self.watched.start(&read.statement);
                let db = &self.watched.db;
                let sink = db.shared.spares.take(read.layout);
                let max_rows = self.chunks.next(None);
                let future = self.held(db.backend().fetch(read.statement, sink, max_rows));
                self.state = AsyncState::Filling(future);
                return self.poll_fill(context);
            }
            AsyncState::Open(cursor) => {
                // The chunk whose cursor it is.
                let Some(mut sink) = self.ready.take() else {
                    return Poll::Ready(Ok(()));
                };
                let max_rows = self.chunks.next(Some(&sink));
                sink.clear();
                self.state = AsyncState::Filling(self.held(cursor.fill(sink, max_rows)));
                return self.poll_fill(context);
            }
            AsyncState::Filling(mut future) => match future.as_mut().poll(context) {
                Poll::Ready(fetched) => fetched?,
                Poll::Pending => {
                    self.state = AsyncState::Filling(future);
                    return Poll::Pending;
                }
            },
        };
        let came: Box<Flat> = returned(fetched.sink)?;
        if let Some(mut consumed) = self.ready.take() {
            consumed.clear();
            self.spare = Some(consumed);
        }
        match fetched.cursor {
            None => {}
            // A chunk that is asked for ahead, and not polled while its forerunner is consumed,
            // would keep the transaction's only connection from what the consumer does next.
            Some(cursor) if self.watched.db.level().is_some() => {
                self.state = AsyncState::Open(cursor);
            }
            Some(cursor) => {
                let max_rows = self.chunks.next(Some(&came));
                let sink = match self.spare.take() {
                    Some(spare) => spare,
                    None => self.watched.db.shared.spares.take(came.layout().clone()),
                };
                // Polled at once, so that the backend reads on while these rows are consumed.
                let mut future = self.held(cursor.fill(sink, max_rows));
                self.state = match future.as_mut().poll(context) {
                    Poll::Ready(fetched) => AsyncState::Came(Box::new(fetched)),
                    Poll::Pending => AsyncState::Filling(future),
                };
            }
        }
        self.ready = Some(came);
        Poll::Ready(Ok(()))
    }

    /// Ends the read early, by an error.
    #[cold]
    fn fail(&mut self, error: Error) -> Error {
        self.ready = None;
        self.state = AsyncState::Done;
        self.watched.end(Some(&error));
        error
    }
}

impl<T> Drop for AsyncIter<T> {
    fn drop(&mut self) {
        for flat in [self.ready.take(), self.spare.take()].into_iter().flatten() {
            self.watched.db.shared.spares.give_back(flat);
        }
    }
}

// Rows are kept in buffers and futures in a box: nothing in here is pinned.
impl<T> Unpin for AsyncIter<T> {}

impl<T: FromRow> Stream for AsyncIter<T> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let this = self.get_mut();
        match this.together.take() {
            None => this.poll_row(context),
            Some(mut together) => {
                let db = this.watched.db.clone();
                let row = together.poll_next(&db, context, |context| this.poll_row(context));
                this.together = Some(together);
                row
            }
        }
    }
}

impl<T: FromRow> AsyncIter<T> {
    /// The rows with what is fetched for some of them at a time.
    pub(crate) fn together(mut self, together: Together) -> Self {
        self.together = Some(Box::new(together::Async::new(together)));
        self
    }

    fn poll_row(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let this = self;
        loop {
            match this.ready.as_mut().and_then(|ready| ready.build()) {
                Some(Ok(row)) => {
                    this.watched.rows += 1;
                    return Poll::Ready(Some(Ok(row)));
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(this.fail(error)))),
                None => {}
            }
            if matches!(this.state, AsyncState::Done) {
                this.watched.end(None);
                return Poll::Ready(None);
            }
            if let Err(error) = ready!(this.poll_fill(context)) {
                return Poll::Ready(Some(Err(this.fail(error))));
            }
        }
    }
}

impl<T> fmt::Debug for Iter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter")
            .field("rows", &self.watched.rows)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for AsyncIter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncIter")
            .field("rows", &self.watched.rows)
            .finish_non_exhaustive()
    }
}
