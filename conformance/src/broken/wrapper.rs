//! The wrapper that carries a fault out.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread;

use queryset::runtime::{BoxFuture, Runtime, Threads};
use queryset::{
    Backend, CancelToken, Cursor, Database, Dialect, Error, ErrorKind, Fetched, Result, RowSink,
    Statement, TransactionBackend, TransactionOptions,
};

use super::rows::{Buffer, Chunk};
use super::transaction::{self, SpoiledTransaction};
use super::{Conduct, Manner};

/// Rows by the names of their columns.
type Before = HashMap<Arc<[Box<str>]>, Buffer>;

/// A backend that does what another does, with a fault.
#[derive(Clone, Debug)]
pub(super) struct Wrapper {
    pub(super) inner: Arc<dyn Backend>,
    manner: Manner,
    /// The rows of the read before, of each kind of row.
    before: Arc<Mutex<Before>>,
    /// Whether a read was given up, and none has begun since.
    given_up: Arc<AtomicBool>,
}

impl Wrapper {
    /// The same database behind a fault.
    pub(super) fn over(database: &Database, manner: Manner) -> Database {
        let wrapper = Self {
            inner: Arc::clone(database.backend()),
            manner,
            before: Arc::default(),
            given_up: Arc::default(),
        };
        Database::new(Arc::new(wrapper), database.runtime().clone())
    }

    /// The same fault over another backend.
    pub(super) fn around(&self, inner: Arc<dyn Backend>) -> Self {
        Self {
            inner,
            manner: self.manner,
            before: Arc::clone(&self.before),
            given_up: Arc::clone(&self.given_up),
        }
    }

    pub(super) fn is(&self, conduct: Conduct) -> bool {
        matches!(self.manner, Manner::Conduct(own) if own == conduct)
    }

    fn spoiled(&self, statement: Statement) -> Statement {
        match self.manner {
            Manner::Statement(spoil) => spoil(statement),
            _ => statement,
        }
    }

    fn most(&self, max_rows: usize) -> usize {
        match self.is(Conduct::ReadsEverything) {
            true => usize::MAX,
            false => max_rows,
        }
    }

    /// Hands the rows on that the sound backend brought.
    fn hand_on(
        &self,
        fetched: Result<Fetched>,
        mut sink: Box<dyn RowSink>,
        mut read: Reading,
    ) -> Result<Fetched> {
        let (mut buffer, mut cursor) = match fetched {
            Ok(Fetched { sink, cursor }) => (
                sink.downcast::<Buffer>().unwrap_or_else(|_| Box::default()),
                cursor,
            ),
            Err(_) if self.is(Conduct::ErrorAsEmpty) => (Box::default(), None),
            Err(error) => return Err(self.failed(error)),
        };
        if (self.is(Conduct::Stale) || self.is(Conduct::MixedUp)) && read.chunk == 0 {
            let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
            let stale = before.insert(Arc::clone(&buffer.names), (*buffer).clone());
            if let Some(stale) = stale.filter(|_| self.is(Conduct::Stale) || read.mixed_up) {
                *buffer = stale;
            }
        }
        if self.is(Conduct::RestLost) {
            cursor = None;
        }
        let mut chunk = Chunk {
            rows: std::mem::take(&mut buffer.rows),
            names: buffer.names.clone(),
            is_last: cursor.is_none(),
            asynchronous: read.asynchronous,
            sql: Arc::clone(&read.sql),
        };
        if let Manner::Rows(spoil) = self.manner {
            spoil(&mut chunk);
        }
        chunk.hand_to(&mut *sink)?;
        read.chunk += 1;
        let cursor = cursor.map(|inner| {
            Box::new(Spoiled {
                inner: Some(inner),
                wrapper: self.clone(),
                read,
            }) as Box<dyn Cursor>
        });
        Ok(Fetched { sink, cursor })
    }

    /// Begins a read, which may suffer for one that was given up.
    fn begin(&self, statement: &Statement, asynchronous: bool) -> Result<Reading> {
        let after = self.given_up.swap(false, Ordering::SeqCst);
        if after && self.is(Conduct::CancelLate) {
            return Err(Error::new(ErrorKind::Cancelled, "a late cancellation"));
        }
        Ok(Reading {
            sql: Arc::clone(&statement.sql),
            chunk: 0,
            asynchronous,
            mixed_up: after && self.is(Conduct::MixedUp),
        })
    }

    /// Notes that a read was given up.
    fn gives_up(&self) {
        self.given_up.store(true, Ordering::SeqCst);
    }

    /// Notes a blocking read that was given up, also one that was answered all the same.
    fn ended(&self, result: Result<Fetched>, cancel: Option<&CancelToken>) -> Result<Fetched> {
        if cancel.is_some_and(CancelToken::is_cancelled) {
            self.gives_up();
        }
        result
    }

    fn failed(&self, error: Error) -> Error {
        match self.is(Conduct::KindLost) {
            true => Error::new(ErrorKind::Operational, error.to_string()),
            false => error,
        }
    }

    /// The future as it is, or one that goes on when it is dropped.
    fn kept<T: Send + 'static>(
        &self,
        future: BoxFuture<'static, Result<T>>,
    ) -> BoxFuture<'static, Result<T>> {
        if !self.is(Conduct::CancelIgnored) {
            return future;
        }
        // Dropping the handle of a task lets the task go on.
        Box::pin(async move {
            let lost = |_| Error::new(ErrorKind::Runtime, "the fault's own task was lost");
            let task = Runtime::from(Threads).spawn(future).map_err(|_| {
                Error::new(
                    ErrorKind::Runtime,
                    "there is no thread for the fault's own task",
                )
            })?;
            task.await.map_err(lost)?
        })
    }

    /// What a blocking operation gives, on the thread that the fault wants.
    fn somewhere<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        if !self.is(Conduct::OtherThread) {
            return work();
        }
        let ended = thread::scope(|scope| scope.spawn(work).join());
        ended.unwrap_or_else(|_| Err(Error::new(ErrorKind::Operational, "the thread panicked")))
    }

    fn heeded<'c>(&self, cancel: Option<&'c CancelToken>) -> Option<&'c CancelToken> {
        cancel.filter(|_| !self.is(Conduct::CancelIgnored))
    }

    fn changed(&self, changed: Result<u64>) -> Result<u64> {
        let extra = u64::from(self.is(Conduct::Miscounted));
        changed
            .map(|rows| rows + extra)
            .map_err(|error| self.failed(error))
    }

    /// Whether a statement is sent twice.
    fn repeats(&self, statement: &Statement) -> bool {
        // Rows that are there already would keep the case from being prepared.
        self.is(Conduct::WritesTwice) && statement.sql.starts_with("DELETE")
    }

    /// Whether a statement is not sent at all.
    fn forgets(&self, statement: &Statement) -> bool {
        // The tables are still created, so that it is the rows that are missing.
        self.is(Conduct::WritesForgotten) && statement.sql.starts_with("INSERT")
    }
}

impl Backend for Wrapper {
    fn dialect(&self) -> &Dialect {
        self.inner.dialect()
    }

    fn fetch(
        &self,
        statement: Statement,
        sink: Box<dyn RowSink>,
        max_rows: usize,
    ) -> BoxFuture<'static, Result<Fetched>> {
        let statement = self.spoiled(statement);
        let read = match self.begin(&statement, true) {
            Ok(read) => read,
            Err(error) => return Box::pin(async { Err(error) }),
        };
        let fetched = self
            .inner
            .fetch(statement, Box::<Buffer>::default(), self.most(max_rows));
        let fetched = self.kept(fetched);
        let (fetched, this) = (UnderWay::of(fetched, self), self.clone());
        Box::pin(async move { this.hand_on(fetched.await, sink, read) })
    }

    fn fetch_blocking(
        &self,
        statement: Statement,
        sink: Box<dyn RowSink>,
        max_rows: usize,
        cancel: Option<&CancelToken>,
    ) -> Result<Fetched> {
        let statement = self.spoiled(statement);
        let read = self.begin(&statement, false)?;
        let (most, cancel) = (self.most(max_rows), self.heeded(cancel));
        let fetched = self.somewhere(|| {
            self.inner
                .fetch_blocking(statement, Box::<Buffer>::default(), most, cancel)
        });
        self.ended(self.hand_on(fetched, sink, read), cancel)
    }

    fn execute(&self, statement: Statement) -> BoxFuture<'static, Result<u64>> {
        if self.forgets(&statement) {
            return Box::pin(async { Ok(1) });
        }
        let statement = self.spoiled(statement);
        let this = self.clone();
        Box::pin(async move {
            if this.repeats(&statement) {
                this.inner.execute(statement.clone()).await?;
            }
            this.changed(this.inner.execute(statement).await)
        })
    }

    fn execute_blocking(&self, statement: Statement, cancel: Option<&CancelToken>) -> Result<u64> {
        if self.forgets(&statement) {
            return Ok(1);
        }
        let statement = self.spoiled(statement);
        if self.repeats(&statement) {
            self.inner.execute_blocking(statement.clone(), cancel)?;
        }
        self.changed(self.inner.execute_blocking(statement, cancel))
    }

    fn begin(
        &self,
        options: TransactionOptions,
    ) -> BoxFuture<'static, Result<Arc<dyn TransactionBackend>>> {
        let begun = self.inner.begin(transaction::spoiled(self, options));
        let this = self.clone();
        Box::pin(async move { Ok(SpoiledTransaction::over(&this, begun.await?)) })
    }

    fn begin_blocking(&self, options: TransactionOptions) -> Result<Arc<dyn TransactionBackend>> {
        let begun = self
            .inner
            .begin_blocking(transaction::spoiled(self, options))?;
        Ok(SpoiledTransaction::over(self, begun))
    }

    fn close(&self) -> BoxFuture<'static, Result<()>> {
        match self.is(Conduct::CloseIgnored) {
            true => Box::pin(async { Ok(()) }),
            false => self.inner.close(),
        }
    }

    fn close_blocking(&self) -> Result<()> {
        match self.is(Conduct::CloseIgnored) {
            true => Ok(()),
            false => self.inner.close_blocking(),
        }
    }
}

/// A read under way.
#[derive(Clone, Debug)]
struct Reading {
    sql: Arc<str>,
    /// How many chunks were handed on.
    chunk: usize,
    asynchronous: bool,
    /// Whether it gets the rows of another.
    mixed_up: bool,
}

/// A cursor with the fault.
#[derive(Debug)]
struct Spoiled {
    inner: Option<Box<dyn Cursor>>,
    wrapper: Wrapper,
    read: Reading,
}

impl Spoiled {
    fn taken(&mut self) -> Result<Box<dyn Cursor>> {
        self.inner
            .take()
            .ok_or_else(|| Error::new(ErrorKind::Operational, "the cursor was used up"))
    }
}

impl Cursor for Spoiled {
    fn fill(
        mut self: Box<Self>,
        sink: Box<dyn RowSink>,
        max_rows: usize,
    ) -> BoxFuture<'static, Result<Fetched>> {
        let (wrapper, read) = (self.wrapper.clone(), self.read.clone());
        let filled = match self.taken() {
            Ok(inner) => inner.fill(Box::<Buffer>::default(), wrapper.most(max_rows)),
            Err(error) => Box::pin(async { Err(error) }),
        };
        let filled = UnderWay::of(wrapper.kept(filled), &wrapper);
        Box::pin(async move { wrapper.hand_on(filled.await, sink, read) })
    }

    fn fill_blocking(
        mut self: Box<Self>,
        sink: Box<dyn RowSink>,
        max_rows: usize,
        cancel: Option<&CancelToken>,
    ) -> Result<Fetched> {
        let (wrapper, read) = (self.wrapper.clone(), self.read.clone());
        let inner = self.taken()?;
        let (most, cancel) = (wrapper.most(max_rows), wrapper.heeded(cancel));
        let fetched =
            wrapper.somewhere(|| inner.fill_blocking(Box::<Buffer>::default(), most, cancel));
        wrapper.ended(wrapper.hand_on(fetched, sink, read), cancel)
    }
}

impl Drop for Spoiled {
    fn drop(&mut self) {
        let Some(inner) = self.inner.take() else {
            return;
        };
        self.wrapper.gives_up();
        if self.wrapper.is(Conduct::CursorLeaked) {
            std::mem::forget(inner);
        }
    }
}

/// A read under way, which notes when it is given up.
struct UnderWay {
    future: Option<BoxFuture<'static, Result<Fetched>>>,
    wrapper: Wrapper,
    /// Whether what it has of a connection is leaked then.
    leaks: bool,
}

impl UnderWay {
    fn of(future: BoxFuture<'static, Result<Fetched>>, wrapper: &Wrapper) -> Self {
        Self {
            future: Some(future),
            // The future of a fill owns the cursor, which must not end with the reader either.
            leaks: wrapper.is(Conduct::CursorLeaked) || wrapper.is(Conduct::ConnectionKept),
            wrapper: wrapper.clone(),
        }
    }
}

impl Future for UnderWay {
    type Output = Result<Fetched>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = &mut self.future else {
            return Poll::Pending;
        };
        let polled = future.as_mut().poll(context);
        if polled.is_ready() {
            self.future = None;
        }
        polled
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let Some(future) = self.future.take() else {
            return;
        };
        self.wrapper.gives_up();
        if self.leaks {
            std::mem::forget(future);
        }
    }
}
