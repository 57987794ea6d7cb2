//! The backend itself: what core calls.

use std::fmt;
use std::sync::Arc;

use queryset::pool::{Pool, PoolStatus};
use queryset::runtime::{BoxFuture, Runtime};
use queryset::{
    Backend, CancelToken, Dialect, Family, Fetched, Result, RowSink, Statement, TransactionBackend,
    TransactionOptions,
};

use crate::connection::{Opener, Opening, Stopped};
use crate::options::PostgresOptions;
use crate::pipeline::{Outcome, Pipeline};
use crate::run;
use crate::stream::Link;
use crate::transaction::PostgresTransaction;

/// PostgreSQL behind a pool of connections.
///
/// Dropping it closes its free connections in tasks of the runtime; a cursor that is still open
/// goes on to its end.
#[derive(Clone)]
pub struct PostgresBackend {
    dialect: Dialect,
    pool: Arc<Pool<Opener>>,
    pipeline: Option<Arc<Pipeline>>,
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
        let depth = options.pipelining;
        let opening = Arc::new(Opening::new(options, runtime.clone())?);
        let pool = Arc::new(Pool::new(Opener::new(opening), pool_options, runtime));
        let pipeline = (depth > 1).then(|| Arc::new(Pipeline::new(Arc::clone(&pool), depth)));
        Ok(Self {
            dialect: Dialect::new(Family::Postgres, "postgres"),
            pool,
            pipeline,
        })
    }

    /// How many connections there are, and what they do.
    pub fn pool_status(&self) -> PoolStatus {
        match &self.pipeline {
            None => self.pool.status(),
            Some(pipeline) => pipeline.status(),
        }
    }

    pub(crate) fn pool(&self) -> &Arc<Pool<Opener>> {
        &self.pool
    }

    /// The same database on the one connection of a transaction.
    pub(crate) fn over(&self, pool: Pool<Opener>) -> Self {
        Self {
            dialect: self.dialect.clone(),
            pool: Arc::new(pool),
            // The connection is the transaction's alone, which goes one step at a time.
            pipeline: None,
        }
    }

    /// What shares connections, if this read may.
    fn pipeline_for(&self, statement: &Statement, max_rows: usize) -> Option<Arc<Pipeline>> {
        let pipeline = self.pipeline.as_ref()?;
        pipeline
            .takes(statement, max_rows)
            .then(|| Arc::clone(pipeline))
    }

    /// Runs an attempt on this thread; true in `unsent` if it did not reach the server.
    pub(crate) fn wait<T>(
        &self,
        link: &Link,
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
        self.opening().block_on(Some(link), told, cancel)
    }

    fn opening(&self) -> &Opening {
        &self.pool.connector().opening
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
        if let Some(pipeline) = self.pipeline_for(&statement, max_rows) {
            return Box::pin(share(pipeline, pool, statement, sink, max_rows));
        }
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
        if let Some(pipeline) = self.pipeline_for(&statement, max_rows) {
            let shared = share(pipeline, Arc::clone(&self.pool), statement, sink, max_rows);
            return self.opening().block_on(None, shared, cancel);
        }
        let (mut sink, mut unsent, mut left) = (Some(sink), false, None);
        loop {
            let lease = self.pool.acquire_blocking(&statement.sql, cancel)?;
            let link = lease.driver.link().clone();
            let attempt = run::fetch(lease, &statement, &mut sink, max_rows);
            let result = self.wait(&link, attempt, cancel, &mut unsent);
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
            let link = lease.driver.link().clone();
            let result = self.wait(&link, run::execute(lease, &statement), cancel, &mut unsent);
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

/// A short read: on a free connection, or behind other reads where none is free.
async fn share(
    pipeline: Arc<Pipeline>,
    pool: Arc<Pool<Opener>>,
    mut statement: Statement,
    sink: Box<dyn RowSink>,
    max_rows: usize,
) -> Result<Fetched> {
    let mut sink = Some(sink);
    let mut left = None;
    loop {
        let stopped = match pool.try_acquire(&statement.sql)? {
            Some(lease) => {
                // In a box, so that the future of a read that shares a connection is small.
                let fetching = Box::pin(run::fetch(lease, &statement, &mut sink, max_rows));
                match fetching.await {
                    Ok(fetched) => return Ok(fetched),
                    Err(stopped) => stopped,
                }
            }
            None => match sink.take() {
                None => return Err(run::nowhere()),
                Some(own) => match pipeline.join(statement, own).await {
                    Outcome::Read(sink) => return Ok(Fetched { sink, cursor: None }),
                    Outcome::Stopped(stopped, same, own) => {
                        (statement, sink) = (same, own);
                        stopped
                    }
                },
            },
        };
        if !(stopped.unsent && sink.is_some() && again(&pool, &mut left)) {
            return Err(stopped.error);
        }
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
