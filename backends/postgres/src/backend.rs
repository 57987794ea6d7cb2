//! The backend itself: what core calls.

use std::fmt;
use std::sync::Arc;

use queryset::pool::{Pool, PoolStatus};
use queryset::runtime::{BoxFuture, Runtime, block_on_driven};
use queryset::{
    Backend, CancelToken, Dialect, Family, Fetched, Result, RowSink, Statement, TransactionBackend,
    TransactionOptions,
};

use crate::connection::{Opener, Opening, Stopped};
use crate::options::PostgresOptions;
use crate::run;
use crate::transaction::PostgresTransaction;

/// PostgreSQL behind a pool of connections.
///
/// Dropping it closes its free connections in tasks of the runtime; a cursor that is still open
/// goes on to its end.
#[derive(Clone)]
pub struct PostgresBackend {
    dialect: Dialect,
    pool: Arc<Pool<Opener>>,
}

impl PostgresBackend {
    /// A backend that connects when it is first asked for something. It reads the certificates
    /// that the options name, which are files.
    ///
    /// # Errors
    /// Kind [`Value`](queryset::ErrorKind::Value) for certificates that cannot be read or used;
    /// [`NotSupported`](queryset::ErrorKind::NotSupported) for options that exclude each other.
    pub fn new(options: PostgresOptions, runtime: impl Into<Runtime>) -> Result<Self> {
        let runtime = runtime.into();
        let pool_options = options.pool.clone();
        let opening = Arc::new(Opening::new(options, runtime.clone())?);
        Ok(Self {
            dialect: Dialect::new(Family::Postgres, "postgres"),
            pool: Arc::new(Pool::new(Opener::new(opening), pool_options, runtime)),
        })
    }

    /// How many connections there are, and what they do.
    pub fn pool_status(&self) -> PoolStatus {
        self.pool.status()
    }

    pub(crate) fn pool(&self) -> &Arc<Pool<Opener>> {
        &self.pool
    }

    /// The same database on the one connection of a transaction.
    pub(crate) fn over(&self, pool: Pool<Opener>) -> Self {
        Self {
            dialect: self.dialect.clone(),
            pool: Arc::new(pool),
        }
    }

    /// Runs an attempt on this thread; true in `unsent` if it did not reach the server.
    pub(crate) fn wait<T>(
        &self,
        attempt: impl Future<Output = Result<T, Stopped>>,
        cancel: Option<&CancelToken>,
        unsent: &mut bool,
    ) -> Result<T> {
        *unsent = false;
        let told = async {
            attempt.await.map_err(|stopped| {
                *unsent = stopped.unsent;
                stopped.error
            })
        };
        let opening = &self.pool.connector().opening;
        let patience = opening.options.runtime_patience;
        block_on_driven(&opening.runtime, told, cancel, patience)
    }
}

/// A server that was restarted has closed all connections of the pool, and each is noticed only
/// when it is used.
fn attempts(pool: &Pool<Opener>) -> usize {
    let status = pool.status();
    status.idle + status.in_use + 2
}

impl Backend for PostgresBackend {
    fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    fn fetch(
        &self,
        statement: Statement,
        sink: Box<dyn RowSink>,
        max_rows: usize,
    ) -> BoxFuture<'static, Result<Fetched>> {
        let pool = Arc::clone(&self.pool);
        Box::pin(async move {
            let mut sink = Some(sink);
            let mut left = None;
            loop {
                let lease = pool.acquire(&statement.sql).await?;
                match run::fetch(lease, &statement, &mut sink, max_rows).await {
                    Ok(fetched) => return Ok(fetched),
                    Err(stopped) if stopped.unsent && again(&pool, &mut left) => {}
                    Err(stopped) => return Err(stopped.error),
                }
            }
        })
    }

    fn fetch_blocking(
        &self,
        statement: Statement,
        sink: Box<dyn RowSink>,
        max_rows: usize,
        cancel: Option<&CancelToken>,
    ) -> Result<Fetched> {
        let (mut sink, mut unsent, mut left) = (Some(sink), false, None);
        loop {
            let lease = self.pool.acquire_blocking(&statement.sql, cancel)?;
            let attempt = run::fetch(lease, &statement, &mut sink, max_rows);
            let result = self.wait(attempt, cancel, &mut unsent);
            if !(unsent && again(&self.pool, &mut left)) {
                return result;
            }
        }
    }

    fn execute(&self, statement: Statement) -> BoxFuture<'static, Result<u64>> {
        let pool = Arc::clone(&self.pool);
        Box::pin(async move {
            let mut left = None;
            loop {
                let lease = pool.acquire(&statement.sql).await?;
                match run::execute(lease, &statement).await {
                    Ok(changed) => return Ok(changed),
                    Err(stopped) if stopped.unsent && again(&pool, &mut left) => {}
                    Err(stopped) => return Err(stopped.error),
                }
            }
        })
    }

    fn execute_blocking(&self, statement: Statement, cancel: Option<&CancelToken>) -> Result<u64> {
        let (mut unsent, mut left) = (false, None);
        loop {
            let lease = self.pool.acquire_blocking(&statement.sql, cancel)?;
            let result = self.wait(run::execute(lease, &statement), cancel, &mut unsent);
            if !(unsent && again(&self.pool, &mut left)) {
                return result;
            }
        }
    }

    fn begin(
        &self,
        options: TransactionOptions,
    ) -> BoxFuture<'static, Result<Arc<dyn TransactionBackend>>> {
        let backend = self.clone();
        Box::pin(async move {
            let transaction = PostgresTransaction::begin(backend, options).await?;
            Ok(Arc::new(transaction) as _)
        })
    }

    fn begin_blocking(&self, options: TransactionOptions) -> Result<Arc<dyn TransactionBackend>> {
        let transaction = PostgresTransaction::begin_blocking(self.clone(), options)?;
        Ok(Arc::new(transaction))
    }

    fn close(&self) -> BoxFuture<'static, Result<()>> {
        Box::pin(self.pool.close())
    }

    fn close_blocking(&self) -> Result<()> {
        self.pool.close_blocking()
    }
}

/// Whether to try once more.
#[cold]
pub(crate) fn again(pool: &Pool<Opener>, left: &mut Option<usize>) -> bool {
    let left = left.get_or_insert_with(|| attempts(pool));
    *left -= 1;
    *left > 0
}

impl fmt::Debug for PostgresBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresBackend")
            .field("pool", &self.pool)
            .finish_non_exhaustive()
    }
}
