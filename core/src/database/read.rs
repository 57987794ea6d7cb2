//! Running one statement and collecting its rows.

use std::time::{Duration, Instant};

use futures_util::future::{Either, select};

use super::flat::Flat;
use super::hook::Observed;
use super::sink::{Collect, First, Gather, Layout, List};
use super::{AsyncIter, Database};
use crate::backend::{Fetched, gave_up, until_cancelled};
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Result};
use crate::row::{FromRow, RowReader, RowSink, Shared, last_look};
use crate::runtime::BoxFuture;
use crate::statement::Statement;

/// How long a read may take and who may end it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    pub(crate) timeout: Option<Duration>,
    pub(crate) cancel: Option<CancelToken>,
}

/// A statement and how its rows are laid out.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) statement: Statement,
    pub(crate) layout: Layout,
    pub(crate) limits: Limits,
}

/// The limits of a read that has begun.
#[derive(Clone, Debug)]
pub(super) struct Deadline {
    at: Option<Instant>,
    cancel: Option<CancelToken>,
}

impl Limits {
    pub(super) fn any(&self) -> bool {
        self.timeout.is_some() || self.cancel.is_some()
    }

    pub(super) fn begin(self, now: Instant) -> Deadline {
        let at = self.timeout.and_then(|timeout| now.checked_add(timeout));
        Deadline {
            at,
            cancel: self.cancel,
        }
    }

    /// One token for a blocking read, which depends on no runtime: its deadline is the process's.
    pub(super) fn token(self) -> Option<CancelToken> {
        let at = self
            .timeout
            .and_then(|timeout| Instant::now().checked_add(timeout));
        match (self.cancel, at) {
            (Some(cancel), Some(at)) => Some(cancel.child_with_deadline(at)),
            (None, Some(at)) => Some(CancelToken::with_deadline(at)),
            (cancel, None) => cancel,
        }
    }
}

impl Deadline {
    /// Refuses a read whose token was cancelled before it began.
    pub(super) fn check(&self) -> Result<()> {
        check(self.cancel.as_ref())
    }

    /// The future's result, unless the deadline or the token comes first; the future is dropped
    /// then, which cancels its operation.
    pub(super) async fn hold<T>(
        &self,
        db: &Database,
        future: BoxFuture<'static, Result<T>>,
    ) -> Result<T> {
        let Some(at) = self.at else {
            return match &self.cancel {
                None => future.await,
                Some(cancel) => until_cancelled(future, cancel).await,
            };
        };
        let timer = db.runtime().timer();
        let left = at.saturating_duration_since(timer.now());
        // A timer may take a while even for no time at all, and the chunks of an iteration would
        // each be there before it.
        if left.is_zero() {
            return Err(passed());
        }
        let sleep = timer.sleep(left);
        let future: BoxFuture<'_, Result<T>> = match &self.cancel {
            None => future,
            Some(cancel) => Box::pin(until_cancelled(future, cancel)),
        };
        match select(future, sleep).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => Err(passed()),
        }
    }
}

/// The error of a token that is cancelled already: nothing is sent for its caller.
pub(super) fn check(cancel: Option<&CancelToken>) -> Result<()> {
    match cancel {
        Some(cancel) if cancel.is_cancelled() => Err(gave_up(cancel)),
        _ => Ok(()),
    }
}

#[cold]
fn passed() -> Error {
    Error::new(
        ErrorKind::Timeout,
        "the operation was given up: its deadline passed",
    )
}

impl Database {
    /// Reads at most `max_rows` rows, blocking.
    #[track_caller]
    pub(crate) fn fetch<T, F>(&self, read: Read, decode: F, max_rows: usize) -> Result<Vec<T>>
    where
        T: Send + 'static,
        F: Fn(&RowReader<'_>) -> Result<T> + Send + 'static,
    {
        self.gather_some(read, List::new(decode), max_rows)
            .map(|list| list.rows)
    }

    /// The asynchronous twin of [`fetch`](Self::fetch).
    pub(crate) fn afetch<T, F>(
        &self,
        read: Read,
        decode: F,
        max_rows: usize,
    ) -> impl Future<Output = Result<Vec<T>>> + Send
    where
        T: Send + 'static,
        F: Fn(&RowReader<'_>) -> Result<T> + Send + 'static,
    {
        let list = self.agather_few(read, move || List::new(decode), max_rows);
        async move { Ok(list.await?.rows) }
    }

    /// Reads the first row, and how many there are, of at most `max_rows`.
    #[track_caller]
    pub(crate) fn fetch_first<T, F>(
        &self,
        read: Read,
        decode: F,
        max_rows: usize,
    ) -> Result<First<T, F>>
    where
        T: Send + 'static,
        F: Fn(&RowReader<'_>) -> Result<T> + Send + 'static,
    {
        self.gather_some(read, First::new(decode), max_rows)
    }

    /// The asynchronous twin of [`fetch_first`](Self::fetch_first).
    pub(crate) fn afetch_first<T, F>(
        &self,
        read: Read,
        decode: F,
        max_rows: usize,
    ) -> impl Future<Output = Result<First<T, F>>> + Send
    where
        T: Send + 'static,
        F: Fn(&RowReader<'_>) -> Result<T> + Send + 'static,
    {
        self.agather_few(read, move || First::new(decode), max_rows)
    }

    /// Reads rows that are mostly few. What it takes to ask is done by the call and kept out of the
    /// future, which is moved often.
    fn agather_few<G: Gather>(
        &self,
        read: Read,
        into: impl FnOnce() -> G + Send,
        max_rows: usize,
    ) -> impl Future<Output = Result<G>> + Send {
        let most = read.statement.most_rows.unwrap_or(u64::MAX);
        // A few rows that are read on another thread are built here, and what they come in is used
        // again: memory that one thread asks for and another frees costs more than the copy.
        let (sink, into): (Box<dyn RowSink>, _) =
            match most <= FEW && self.backend().reads_few_elsewhere() {
                true => (self.shared.spares.take_small(read.layout), Some(into)),
                false => (Box::new(Collect::new(read.layout, into())), None),
            };
        let asked = self.ask(read.statement, sink, read.limits, max_rows);
        async move {
            let Asked { observed, future } = asked?;
            let fetched = future.await;
            match into {
                Some(into) => self.pour(observed, fetched, into()),
                None => finish(observed, fetched),
            }
        }
    }

    /// Reads all rows, asynchronously.
    pub(crate) async fn afetch_all<T: FromRow>(&self, read: Read) -> Result<Vec<T>> {
        let list = self.agather(read, List::new(last_look)).await?;
        Ok(list.rows)
    }

    /// Reads all rows into `into`, blocking.
    pub(crate) fn gather<G: Gather>(&self, read: Read, into: G) -> Result<G> {
        self.gather_some(read, into, usize::MAX)
    }

    /// The asynchronous twin of [`gather`](Self::gather).
    pub(crate) async fn agather<G: Gather>(&self, read: Read, into: G) -> Result<G> {
        if self.backend().reads_elsewhere() {
            AsyncIter::<()>::all_at_once(self, read).gather(into).await
        } else {
            self.agather_some(read, into, usize::MAX).await
        }
    }

    #[track_caller]
    fn gather_some<G: Gather>(&self, read: Read, into: G, max_rows: usize) -> Result<G> {
        check(read.limits.cancel.as_ref())?;
        let observed = self.observe(&read.statement);
        let sink = Box::new(Collect::new(read.layout, into));
        let token = read.limits.token();
        let fetched = self
            .backend()
            .fetch_blocking(read.statement, sink, max_rows, token.as_ref());
        finish(observed, fetched)
    }

    async fn agather_some<G: Gather>(&self, read: Read, into: G, max_rows: usize) -> Result<G> {
        let sink = Box::new(Collect::new(read.layout, into));
        let Asked { observed, future } = self.ask(read.statement, sink, read.limits, max_rows)?;
        finish(observed, future.await)
    }

    /// Asks the backend for the first rows of a statement, within the limits.
    fn ask(
        &self,
        statement: Statement,
        sink: Box<dyn RowSink>,
        limits: Limits,
        max_rows: usize,
    ) -> Result<Asked> {
        check(limits.cancel.as_ref())?;
        let observed = self.observe(&statement);
        let mut future = self.backend().fetch(statement, sink, max_rows);
        if limits.any() {
            let deadline = limits.begin(self.runtime().timer().now());
            let (db, unlimited) = (self.clone(), future);
            future = Box::pin(async move { deadline.hold(&db, unlimited).await });
        }
        Ok(Asked { observed, future })
    }

    /// Builds the rows that came in a chunk.
    fn pour<G: Gather>(
        &self,
        observed: Observed,
        fetched: Result<Fetched>,
        mut into: G,
    ) -> Result<G> {
        let result = fetched.and_then(|fetched| {
            let mut flat = returned::<Flat>(fetched.sink)?;
            let poured = flat.pour(&mut into, &Shared::default());
            self.shared.spares.give_back(flat);
            poured
        });
        let rows = result.as_ref().map_or(0, |()| into.taken() as u64);
        observed.end(rows, result.as_ref().err());
        result.map(|()| into)
    }
}

/// A statement that was handed to the backend.
struct Asked {
    observed: Observed,
    future: BoxFuture<'static, Result<Fetched>>,
}

/// So many rows are few.
const FEW: u64 = 32;

fn finish<G: Gather>(observed: Observed, fetched: Result<Fetched>) -> Result<G> {
    let result = fetched.and_then(|fetched| returned::<Collect<G>>(fetched.sink));
    let rows = result
        .as_ref()
        .map_or(0, |collect| collect.gathered.taken() as u64);
    observed.end(rows, result.as_ref().err());
    result.map(|collect| collect.gathered)
}

/// The sink that a backend gave back, as what it was handed in as.
pub(super) fn returned<S: RowSink>(sink: Box<dyn RowSink>) -> Result<Box<S>> {
    sink.downcast().map_err(|_| {
        Error::new(
            ErrorKind::Operational,
            "the backend gave back another sink than it was given",
        )
    })
}
