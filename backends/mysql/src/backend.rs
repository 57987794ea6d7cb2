//! The backend itself: what core calls.

use std::sync::Arc;

use queryset::pool::{Lease, Pool, PoolStatus};
use queryset::runtime::{BoxFuture, Runtime};
use queryset::{
    Backend, CancelToken, Dialect, Fetched, Result, RowSink, Statement, TransactionBackend,
    TransactionOptions,
};

use crate::connection::{Connection, Connector, Server};
use crate::options::MysqlOptions;
use crate::run::{self, Attempt};
use crate::transaction::MysqlTransaction;

/// MySQL or MariaDB behind a pool of connections.
///
/// Dropping it closes its connections by tasks of the runtime; a cursor that is still open goes on
/// to its end.
#[derive(Clone, Debug)]
pub struct MysqlBackend {
    dialect: Dialect,
    server: Server,
    pool: Arc<Pool<Connector>>,
}

impl MysqlBackend {
    /// Opens the first connection, which tells what the server is.
    ///
    /// The runtime runs what opens and closes connections. If it is tokio, the connections are
    /// its; otherwise a helper thread drives their sockets, one for the process.
    ///
    /// # Errors
    /// Kind [`Connection`](queryset::ErrorKind::Connection) if the server cannot be reached,
    /// [`Authentication`](queryset::ErrorKind::Authentication) if it refuses the credentials; what
    /// a hook of [`on_connect`](MysqlOptions::on_connect) returns.
    pub async fn open(options: MysqlOptions, runtime: impl Into<Runtime>) -> Result<Self> {
        let pool = pool(options, runtime.into());
        let first = pool.acquire(&opening()).await?;
        Ok(Self::behind(pool, first))
    }

    /// The blocking twin of [`open`](Self::open).
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_blocking(options: MysqlOptions, runtime: impl Into<Runtime>) -> Result<Self> {
        let pool = pool(options, runtime.into());
        let first = pool.acquire_blocking(&opening(), None)?;
        Ok(Self::behind(pool, first))
    }

    fn behind(pool: Pool<Connector>, first: Lease<Connector>) -> Self {
        let server = first.server().clone();
        drop(first);
        Self {
            dialect: server.dialect(),
            server,
            pool: Arc::new(pool),
        }
    }

    /// The same database on the one connection of a transaction.
    pub(crate) fn over(&self, pool: Pool<Connector>) -> Self {
        Self {
            dialect: self.dialect.clone(),
            server: self.server.clone(),
            pool: Arc::new(pool),
        }
    }

    pub(crate) fn pool(&self) -> &Arc<Pool<Connector>> {
        &self.pool
    }

    /// The server's version as it spells it.
    pub fn version(&self) -> &str {
        &self.server.version
    }

    /// Whether the server is MariaDB and not MySQL.
    pub fn is_mariadb(&self) -> bool {
        self.server.is_mariadb
    }

    /// How many connections there are, and what they do.
    pub fn pool_status(&self) -> PoolStatus {
        self.pool.status()
    }
}

impl Backend for MysqlBackend {
    fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    fn fetch(
        &self,
        statement: Statement,
        mut sink: Box<dyn RowSink>,
        max_rows: usize,
    ) -> BoxFuture<'static, Result<Fetched>> {
        let pool = Arc::clone(&self.pool);
        Box::pin(async move {
            loop {
                let lease = pool.acquire(&statement.sql).await?;
                match run::fetch(lease, &statement, sink, max_rows).await {
                    Attempt::Over(result) => return result,
                    Attempt::Again(same) => sink = same,
                }
            }
        })
    }

    fn fetch_blocking(
        &self,
        statement: Statement,
        mut sink: Box<dyn RowSink>,
        max_rows: usize,
        cancel: Option<&CancelToken>,
    ) -> Result<Fetched> {
        loop {
            let lease = self.pool.acquire_blocking(&statement.sql, cancel)?;
            let runtime = lease.runtime().clone();
            let attempt = async { Ok(run::fetch(lease, &statement, sink, max_rows).await) };
            match Connection::block_on(&runtime, attempt, cancel)? {
                Attempt::Over(result) => return result,
                Attempt::Again(same) => sink = same,
            }
        }
    }

    fn execute(&self, statement: Statement) -> BoxFuture<'static, Result<u64>> {
        let pool = Arc::clone(&self.pool);
        Box::pin(async move {
            let lease = pool.acquire(&statement.sql).await?;
            run::execute(lease, &statement).await
        })
    }

    fn execute_blocking(&self, statement: Statement, cancel: Option<&CancelToken>) -> Result<u64> {
        let lease = self.pool.acquire_blocking(&statement.sql, cancel)?;
        let runtime = lease.runtime().clone();
        Connection::block_on(&runtime, run::execute(lease, &statement), cancel)
    }

    fn begin(
        &self,
        options: TransactionOptions,
    ) -> BoxFuture<'static, Result<Arc<dyn TransactionBackend>>> {
        let backend = self.clone();
        Box::pin(async move {
            let transaction = MysqlTransaction::begin(backend, options).await?;
            Ok(Arc::new(transaction) as _)
        })
    }

    fn begin_blocking(&self, options: TransactionOptions) -> Result<Arc<dyn TransactionBackend>> {
        let transaction = MysqlTransaction::begin_blocking(self.clone(), options)?;
        Ok(Arc::new(transaction))
    }

    fn close(&self) -> BoxFuture<'static, Result<()>> {
        Box::pin(self.pool.close())
    }

    fn close_blocking(&self) -> Result<()> {
        self.pool.close_blocking()
    }
}

fn pool(options: MysqlOptions, runtime: Runtime) -> Pool<Connector> {
    let limits = options.pool.clone();
    Pool::new(Connector::new(options, runtime.clone()), limits, runtime)
}

fn opening() -> Arc<str> {
    Arc::from("the first connection")
}
