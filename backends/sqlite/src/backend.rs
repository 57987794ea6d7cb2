//! The backend itself: what core calls.

use std::fmt;
use std::sync::Arc;

use queryset::runtime::{BoxFuture, Runtime};
use queryset::{
    Backend, CancelToken, Dialect, Error, ErrorKind, Family, Fetched, Result, RowSink, Statement,
    TransactionBackend, TransactionOptions, gave_up,
};

use crate::asking::{Asking, Beginning, Closing, Executing, Fetching};
use crate::connection::{Line, Opener, Place};
use crate::cursor::Cursor;
use crate::interrupt::Interrupt;
use crate::operation::Work;
use crate::options::SqliteOptions;
use crate::pool::{Lease, NoLease, Pool};
use crate::run::{self, Left, Ran, Rows};
use crate::statement::{self, Running};
use crate::transaction::{self, SqliteTransaction};

/// SQLite behind a pool of one connection that writes and several that read.
///
/// Dropping it closes its connections on a thread of the runtime; a cursor that is still open
/// goes on to its end.
pub struct SqliteBackend {
    dialect: Dialect,
    pool: Arc<Pool>,
}

impl SqliteBackend {
    /// Opens the database on this thread, which blocks for as long as that takes.
    ///
    /// The runtime runs what the asynchronous methods are asked for.
    ///
    /// # Errors
    /// Kind [`Connection`](ErrorKind::Connection) if the file is missing, is no database or
    /// cannot be opened; what a hook of [`on_connect`](SqliteOptions::on_connect) returns.
    pub fn open(options: SqliteOptions, runtime: impl Into<Runtime>) -> Result<Self> {
        let (opener, first) = Opener::new(options)?;
        let mut dialect = Dialect::new(Family::Sqlite, "sqlite");
        dialect.max_params = statement::max_params(first.database());
        dialect.text_functions = opener.options().text_functions;
        let pool = Pool::new(opener, first, dialect.clone(), runtime.into());
        Ok(Self { dialect, pool })
    }
}

impl Backend for SqliteBackend {
    fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    fn reads_elsewhere(&self) -> bool {
        true
    }

    fn reads_few_elsewhere(&self) -> bool {
        self.pool.opener().options().inline.is_none()
    }

    fn fetch(
        &self,
        statement: Statement,
        sink: Box<dyn RowSink>,
        max_rows: usize,
    ) -> BoxFuture<'static, Result<Fetched>> {
        let line = Line::of(statement.access);
        let work = Work::Fetch {
            statement,
            sink,
            max_rows,
        };
        Box::pin(Fetching::new(Arc::clone(&self.pool), line, Ok(work)))
    }

    fn fetch_blocking(
        &self,
        statement: Statement,
        sink: Box<dyn RowSink>,
        max_rows: usize,
        cancel: Option<&CancelToken>,
    ) -> Result<Fetched> {
        let line = Line::of(statement.access);
        fetch_blocking(&self.pool, line, statement, sink, max_rows, cancel)
    }

    fn execute(&self, statement: Statement) -> BoxFuture<'static, Result<u64>> {
        let line = Line::of(statement.access);
        let work = Work::Execute { statement };
        Box::pin(Executing(Asking::new(
            Arc::clone(&self.pool),
            line,
            Ok(work),
        )))
    }

    fn execute_blocking(&self, statement: Statement, cancel: Option<&CancelToken>) -> Result<u64> {
        let line = Line::of(statement.access);
        execute_blocking(&self.pool, line, statement, cancel)
    }

    fn begin(
        &self,
        options: TransactionOptions,
    ) -> BoxFuture<'static, Result<Arc<dyn TransactionBackend>>> {
        let sql = options.statement(&self.dialect).into();
        Box::pin(Beginning(Asking::new(
            Arc::clone(&self.pool),
            transaction::line(options),
            Ok(Work::Begin { sql }),
        )))
    }

    fn begin_blocking(&self, options: TransactionOptions) -> Result<Arc<dyn TransactionBackend>> {
        let sql = options.statement(&self.dialect).into();
        let transaction =
            SqliteTransaction::begin_blocking(&self.pool, transaction::line(options), sql)?;
        Ok(Arc::new(transaction))
    }

    fn close(&self) -> BoxFuture<'static, Result<()>> {
        Box::pin(Closing::new(Arc::clone(&self.pool)))
    }

    fn close_blocking(&self) -> Result<()> {
        self.pool.close_blocking()
    }
}

impl fmt::Debug for SqliteBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteBackend")
            .field("pool", &self.pool)
            .finish_non_exhaustive()
    }
}

impl Drop for SqliteBackend {
    fn drop(&mut self) {
        self.pool.abandon();
    }
}

/// Runs a statement on this thread, once a connection of this line is free.
pub(crate) fn fetch_blocking(
    pool: &Arc<Pool>,
    line: Line,
    statement: Statement,
    sink: Box<dyn RowSink>,
    max_rows: usize,
    cancel: Option<&CancelToken>,
) -> Result<Fetched> {
    with_cancel(cancel, |interrupt| {
        let lease = acquire(pool, line, &statement.sql, interrupt)?;
        let place = lease.place();
        let ran = match pool.open(lease) {
            Ok(connection) => run::fetch(connection, statement, sink, max_rows, None, interrupt),
            Err(error) => (Err(error), Left::Broken),
        };
        fetched(pool, place, ran)
    })
}

/// The same for a statement that returns no rows.
pub(crate) fn execute_blocking(
    pool: &Arc<Pool>,
    line: Line,
    statement: Statement,
    cancel: Option<&CancelToken>,
) -> Result<u64> {
    with_cancel(cancel, |interrupt| {
        let lease = acquire(pool, line, &statement.sql, interrupt)?;
        let place = lease.place();
        let (result, left) = match pool.open(lease) {
            Ok(connection) => run::execute(connection, statement, interrupt),
            Err(error) => (Err(error), Left::Broken),
        };
        pool.give_back(place, left);
        result
    })
}

pub(crate) fn acquire(
    pool: &Arc<Pool>,
    line: Line,
    sql: &Arc<str>,
    interrupt: Option<&Arc<Interrupt>>,
) -> Result<Lease> {
    let interrupt = interrupt.map(|interrupt| &**interrupt);
    pool.acquire(line, sql, interrupt).map_err(|no| match no {
        NoLease::Failed(error) => error,
        NoLease::GivenUp => Error::new(ErrorKind::Cancelled, "given up"),
    })
}

/// Goes on with an open statement on this thread.
pub(crate) fn fill_blocking(
    pool: &Arc<Pool>,
    running: Box<Running>,
    sink: Box<dyn RowSink>,
    max_rows: usize,
    cancel: Option<&CancelToken>,
) -> Result<Fetched> {
    let place = running.connection().place();
    with_cancel(cancel, |interrupt| {
        let ran = run::fill(running, sink, max_rows, interrupt);
        fetched(pool, place, ran)
    })
}

fn fetched(pool: &Arc<Pool>, place: Place, ran: Ran<Rows>) -> Result<Fetched> {
    let (result, left) = ran;
    let cursor = match left {
        Left::Open(running) => Some(Box::new(Cursor::new(pool, running, false)) as _),
        left => {
            pool.give_back(place, left);
            None
        }
    };
    result.map(|rows| Fetched {
        sink: rows.sink,
        cursor,
    })
}

/// Runs an operation that the token can give up, and answers for it if it did.
fn with_cancel<T>(
    cancel: Option<&CancelToken>,
    operation: impl FnOnce(Option<&Arc<Interrupt>>) -> Result<T>,
) -> Result<T> {
    let Some(cancel) = cancel else {
        return operation(None);
    };
    let interrupt = Arc::new(Interrupt::of_this_thread());
    let canceller = Arc::clone(&interrupt);
    let guard = cancel.on_cancel(Box::new(move || canceller.cancel()));
    let result = operation(Some(&interrupt));
    drop(guard);
    match result {
        // A wait for a lock that was given up ends as busy.
        Err(error)
            if cancel.is_cancelled()
                && matches!(error.kind(), ErrorKind::Cancelled | ErrorKind::Busy) =>
        {
            Err(gave_up(cancel))
        }
        other => other,
    }
}
