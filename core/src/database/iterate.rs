//! Reading a result chunk by chunk.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::Database;
use super::hook::Observed;
use super::read::{Deadline, Read, collected};
use super::sink::{Collect, Decode};
use crate::backend::{Cursor, Fetched};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::row::{FromRow, RowSink};
use crate::runtime::BoxFuture;

/// The rows of the first chunk; later ones double up to [`LARGEST_CHUNK`].
const FIRST_CHUNK: usize = 32;
/// Beyond this, larger chunks gain nothing and only hold more rows in memory.
const LARGEST_CHUNK: usize = 512;

/// The sizes of the chunks to come.
#[derive(Debug)]
struct Chunks(usize);

impl Chunks {
    fn next(&mut self) -> usize {
        let size = self.0;
        self.0 = (size * 2).min(LARGEST_CHUNK);
        size
    }
}

/// What iterating tells the statement hooks when it ends or is dropped.
struct Watched {
    db: Database,
    observed: Option<Observed>,
    rows: u64,
}

impl Watched {
    fn end(&mut self, error: Option<&crate::error::Error>) {
        if let Some(observed) = self.observed.take() {
            observed.end(&self.db.shared.hooks, self.rows, error);
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
    ready: VecDeque<T>,
    state: State,
    chunks: Chunks,
    token: Option<CancelToken>,
    watched: Watched,
}

enum State {
    /// Not sent yet, so that making an iterator cannot fail or block.
    Start(Box<Read>),
    Open(Box<dyn Cursor>, Box<dyn RowSink>),
    Failed(Box<crate::error::Error>),
    Done,
}

impl<T: FromRow> Iter<T> {
    pub(crate) fn new(db: &Database, read: Result<Option<Read>>) -> Self {
        let (state, token) = match read {
            Ok(Some(mut read)) => {
                let token = std::mem::take(&mut read.limits).token();
                (State::Start(Box::new(read)), token)
            }
            Ok(None) => (State::Done, None),
            Err(error) => (State::Failed(Box::new(error)), None),
        };
        let watched = Watched {
            db: db.clone(),
            observed: None,
            rows: 0,
        };
        Self {
            ready: VecDeque::new(),
            state,
            chunks: Chunks(FIRST_CHUNK),
            token,
            watched,
        }
    }

    fn fill(&mut self) -> Result<()> {
        let max_rows = self.chunks.next();
        let db = &self.watched.db;
        let token = self.token.as_ref();
        let fetched = match std::mem::replace(&mut self.state, State::Done) {
            State::Done => return Ok(()),
            State::Failed(error) => return Err(*error),
            State::Start(read) => {
                db.enter("iter")?;
                self.watched.observed = Some(db.shared.hooks.start(&read.statement));
                let sink = Box::new(Collect::new(read.layout, T::from_row as Decode<T>));
                db.backend()
                    .fetch_blocking(read.statement, sink, max_rows, token)?
            }
            State::Open(cursor, sink) => {
                db.enter("iter")?;
                cursor.fill_blocking(sink, max_rows, token)?
            }
        };
        let mut collect = collected::<T, Decode<T>>(fetched.sink)?;
        // The emptied buffer goes back with the sink, to be filled again.
        std::mem::swap(&mut self.ready, &mut collect.rows);
        if let Some(cursor) = fetched.cursor {
            self.state = State::Open(cursor, collect);
        }
        Ok(())
    }
}

impl<T: FromRow> Iterator for Iter<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        loop {
            if let Some(row) = self.ready.pop_front() {
                self.watched.rows += 1;
                return Some(Ok(row));
            }
            if matches!(self.state, State::Done) {
                self.watched.end(None);
                return None;
            }
            if let Err(error) = self.fill() {
                self.watched.end(Some(&error));
                return Some(Err(error));
            }
        }
    }
}

impl<T: FromRow> std::iter::FusedIterator for Iter<T> {}

/// A stream over a result that reads it chunk by chunk, one chunk ahead of its consumer.
///
/// Cancel safe: a row that was not handed out yet is still there when the next one is asked for.
/// Dropping the stream ends the read. After an error it ends.
#[must_use = "a stream does nothing unless it is polled"]
pub struct AsyncIter<T> {
    ready: VecDeque<T>,
    state: AsyncState,
    chunks: Chunks,
    deadline: Option<Deadline>,
    watched: Watched,
}

enum AsyncState {
    Start(Box<Read>),
    Filling(BoxFuture<'static, Result<Fetched>>),
    Failed(Box<crate::error::Error>),
    Done,
}

impl<T: FromRow> AsyncIter<T> {
    pub(crate) fn new(db: &Database, read: Result<Option<Read>>) -> Self {
        let (state, deadline) = match read {
            Ok(Some(mut read)) => {
                let limits = std::mem::take(&mut read.limits);
                let limited = limits.timeout.is_some() || limits.cancel.is_some();
                let deadline = limited.then(|| limits.begin(db.runtime().timer().now()));
                (AsyncState::Start(Box::new(read)), deadline)
            }
            Ok(None) => (AsyncState::Done, None),
            Err(error) => (AsyncState::Failed(Box::new(error)), None),
        };
        let watched = Watched {
            db: db.clone(),
            observed: None,
            rows: 0,
        };
        Self {
            ready: VecDeque::new(),
            state,
            chunks: Chunks(FIRST_CHUNK),
            deadline,
            watched,
        }
    }

    /// The same future within the deadline.
    fn held(&self, future: BoxFuture<'static, Result<Fetched>>) -> AsyncState {
        AsyncState::Filling(match self.deadline.clone() {
            None => future,
            Some(deadline) => {
                let db = self.watched.db.clone();
                Box::pin(async move { deadline.hold(&db, future).await })
            }
        })
    }

    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        if let AsyncState::Filling(future) = &mut self.state {
            let fetched = ready!(future.as_mut().poll(context));
            self.state = AsyncState::Done;
            let fetched = fetched?;
            let mut collect = collected::<T, Decode<T>>(fetched.sink)?;
            std::mem::swap(&mut self.ready, &mut collect.rows);
            if let Some(cursor) = fetched.cursor {
                // The backend reads on while these rows are consumed.
                let max_rows = self.chunks.next();
                self.state = self.held(cursor.fill(collect, max_rows));
            }
            return Poll::Ready(Ok(()));
        }
        match std::mem::replace(&mut self.state, AsyncState::Done) {
            AsyncState::Failed(error) => Poll::Ready(Err(*error)),
            AsyncState::Start(read) => {
                let db = &self.watched.db;
                self.watched.observed = Some(db.shared.hooks.start(&read.statement));
                let sink = Box::new(Collect::new(read.layout, T::from_row as Decode<T>));
                let max_rows = self.chunks.next();
                let future = db.backend().fetch(read.statement, sink, max_rows);
                self.state = self.held(future);
                self.poll_fill(context)
            }
            AsyncState::Done | AsyncState::Filling(_) => Poll::Ready(Ok(())),
        }
    }
}

// Rows are kept in a deque and futures in a box: nothing in here is pinned.
impl<T> Unpin for AsyncIter<T> {}

impl<T: FromRow> Stream for AsyncIter<T> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let this = self.get_mut();
        loop {
            if let Some(row) = this.ready.pop_front() {
                this.watched.rows += 1;
                return Poll::Ready(Some(Ok(row)));
            }
            if matches!(this.state, AsyncState::Done) {
                this.watched.end(None);
                return Poll::Ready(None);
            }
            if let Err(error) = ready!(this.poll_fill(context)) {
                this.watched.end(Some(&error));
                return Poll::Ready(Some(Err(error)));
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
