//! A transaction on a connection of its own.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use queryset::runtime::BoxFuture;
use queryset::{
    Access, Backend, CancelToken, Dialect, Error, ErrorKind, Fetched, Result, RowSink, Statement,
    TransactionBackend, TransactionOptions, TransactionStatus,
};

use crate::asking::{Asking, Executing, Fetching};
use crate::backend;
use crate::connection::{BoxConnection, Line, Place};
use crate::interrupt::Interrupt;
use crate::operation::Work;
use crate::pool::Pool;
use crate::run::{self, Left};

/// A transaction that is open. Dropping it gives its connection back; a worker rolls back what is
/// open then.
pub(crate) struct SqliteTransaction {
    pool: Arc<Pool>,
    line: Line,
    status: Arc<Status>,
}

/// How a transaction stands, as its connection was left by the last operation.
#[derive(Debug)]
pub(crate) struct Status(AtomicU8);

const OPEN: u8 = 0;
const ENDED: u8 = 1;
const LOST: u8 = 2;

impl Status {
    pub(crate) fn open() -> Arc<Self> {
        Arc::new(Self(AtomicU8::new(OPEN)))
    }

    pub(crate) fn note(&self, left: &Left) {
        let status = match left {
            Left::Free(connection) if connection.is_in_transaction() => OPEN,
            Left::Free(_) => ENDED,
            Left::Broken => LOST,
            Left::Open(_) | Left::Pinned | Left::Shared(_) => return,
        };
        self.0.store(status, Ordering::Release);
    }
}

/// Whose connection a transaction takes.
pub(crate) fn line(options: TransactionOptions) -> Line {
    Line::of(match options.is_read_only() {
        true => Access::Read,
        false => Access::Write,
    })
}

impl SqliteTransaction {
    /// Gives a connection on which a transaction was begun to this transaction alone.
    pub(crate) fn on(pool: &Arc<Pool>, connection: BoxConnection) -> Self {
        let status = Status::open();
        let line = pool.pin(connection, &status);
        Self {
            pool: Arc::clone(pool),
            line,
            status,
        }
    }

    pub(crate) fn begin_blocking(pool: &Arc<Pool>, line: Line, sql: Arc<str>) -> Result<Self> {
        let lease = backend::acquire(pool, line, &sql, None)?;
        let place = lease.place();
        let (begun, left) = match pool.open(lease) {
            Ok(connection) => run::begin(connection, &sql, None::<&Arc<Interrupt>>),
            Err(error) => (Err(error), Left::Broken),
        };
        match (begun, left) {
            (Ok(()), Left::Free(connection)) => Ok(Self::on(pool, connection)),
            (begun, left) => {
                pool.give_back(place, left);
                Err(begun.err().unwrap_or_else(crate::pool::closed))
            }
        }
    }

    fn end(&self, sql: &str) -> BoxFuture<'static, Result<()>> {
        let executed = self.execute(Statement::write(sql, vec![]));
        Box::pin(async move { executed.await.map(drop) })
    }
}

impl TransactionBackend for SqliteTransaction {
    fn status(&self) -> TransactionStatus {
        match self.status.0.load(Ordering::Acquire) {
            OPEN => TransactionStatus::Open,
            ENDED => TransactionStatus::Ended,
            _ => TransactionStatus::Lost,
        }
    }

    fn commit(&self) -> BoxFuture<'static, Result<()>> {
        self.end("COMMIT")
    }

    fn commit_blocking(&self) -> Result<()> {
        self.execute_blocking(Statement::write("COMMIT", vec![]), None)
            .map(drop)
    }

    fn rollback(&self) -> BoxFuture<'static, Result<()>> {
        self.end("ROLLBACK")
    }

    fn rollback_blocking(&self) -> Result<()> {
        self.execute_blocking(Statement::write("ROLLBACK", vec![]), None)
            .map(drop)
    }
}

impl Backend for SqliteTransaction {
    fn dialect(&self) -> &Dialect {
        self.pool.dialect()
    }

    fn reads_elsewhere(&self) -> bool {
        true
    }

    fn fetch(
        &self,
        statement: Statement,
        sink: Box<dyn RowSink>,
        max_rows: usize,
    ) -> BoxFuture<'static, Result<Fetched>> {
        let work = Work::Fetch {
            statement,
            sink,
            max_rows,
        };
        Box::pin(Fetching::new(Arc::clone(&self.pool), self.line, Ok(work)))
    }

    fn fetch_blocking(
        &self,
        statement: Statement,
        sink: Box<dyn RowSink>,
        max_rows: usize,
        cancel: Option<&CancelToken>,
    ) -> Result<Fetched> {
        backend::fetch_blocking(&self.pool, self.line, statement, sink, max_rows, cancel)
    }

    fn execute(&self, statement: Statement) -> BoxFuture<'static, Result<u64>> {
        let work = Work::Execute { statement };
        Box::pin(Executing(Asking::new(
            Arc::clone(&self.pool),
            self.line,
            Ok(work),
        )))
    }

    fn execute_blocking(&self, statement: Statement, cancel: Option<&CancelToken>) -> Result<u64> {
        backend::execute_blocking(&self.pool, self.line, statement, cancel)
    }

    fn close(&self) -> BoxFuture<'static, Result<()>> {
        let error = Error::new(
            ErrorKind::Transaction,
            "a transaction does not close its database",
        );
        Box::pin(async { Err(error) })
    }
}

impl fmt::Debug for SqliteTransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteTransaction")
            .field("line", &self.line)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

impl Drop for SqliteTransaction {
    fn drop(&mut self) {
        self.pool.unpin(self.line);
    }
}

/// A connection that is a transaction's own until it is over.
pub(crate) struct Pinned {
    /// Where the connection came from, and goes back to.
    pub(crate) home: Place,
    pub(crate) status: Arc<Status>,
    /// Whether the transaction's handle is gone.
    pub(crate) over: bool,
}
