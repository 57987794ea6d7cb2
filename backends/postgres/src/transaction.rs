//! A transaction on a connection of its own.

use std::sync::Arc;

use queryset::pool::{Lease, Pool, PoolOptions};
use queryset::runtime::BoxFuture;
use queryset::{
    Backend, CancelToken, Dialect, Error, ErrorKind, Fetched, Result, RowSink, Statement,
    TransactionBackend, TransactionOptions, TransactionStatus,
};

use crate::backend::{PostgresBackend, again};
use crate::connection::{Opener, Standing};
use crate::run;

/// A transaction that is open: the backend over a pool whose only connection is the transaction's.
/// Dropped with that pool the connection goes back, and is rolled back there if need be.
#[derive(Debug)]
pub(crate) struct PostgresTransaction {
    backend: PostgresBackend,
    standing: Standing,
}

impl PostgresTransaction {
    pub(crate) async fn begin(
        backend: PostgresBackend,
        options: TransactionOptions,
    ) -> Result<Self> {
        let sql: Arc<str> = options.statement(backend.dialect()).into();
        let mut left = None;
        loop {
            let mut lease = backend.pool().acquire(&sql).await?;
            match run::begin(&mut lease, &sql).await {
                Ok(()) => return Self::on(&backend, lease),
                Err(stopped) if stopped.unsent && again(backend.pool(), &mut left) => {
                    lease.discard();
                }
                Err(stopped) => return Err(stopped.error),
            }
        }
    }

    pub(crate) fn begin_blocking(
        backend: PostgresBackend,
        options: TransactionOptions,
    ) -> Result<Self> {
        let sql: Arc<str> = options.statement(backend.dialect()).into();
        let (mut unsent, mut left) = (false, None);
        loop {
            let mut lease = backend.pool().acquire_blocking(&sql, None)?;
            let link = lease.driver.link().clone();
            match backend.wait(&link, run::begin(&mut lease, &sql), None, &mut unsent) {
                Ok(()) => return Self::on(&backend, lease),
                Err(_) if unsent && again(backend.pool(), &mut left) => lease.discard(),
                Err(error) => return Err(error),
            }
        }
    }

    fn on(backend: &PostgresBackend, lease: Lease<Opener>) -> Result<Self> {
        let standing = lease.standing.clone();
        let pool = backend.pool();
        let detached = lease.detach();
        let (connection, home) = detached
            .ok_or_else(|| Error::new(ErrorKind::Connection, "postgres: no connection was lent"))?;
        let opener = Opener::of_transaction(Arc::clone(&pool.connector().opening), home);
        let options = PoolOptions::new()
            .max_size(1)
            .idle_timeout(None)
            .max_lifetime(None);
        let own = Pool::with_connection(opener, connection, options, pool.runtime().clone());
        Ok(Self {
            backend: backend.over(own),
            standing,
        })
    }

    fn end(&self, sql: &'static str) -> BoxFuture<'static, Result<()>> {
        let pool = Arc::clone(self.backend.pool());
        Box::pin(async move {
            let lease = pool.acquire(&sql.into()).await?;
            let ended = run::end(lease, sql).await;
            ended.map_err(|stopped| stopped.error)
        })
    }

    fn end_blocking(&self, sql: &'static str) -> Result<()> {
        let lease = self.backend.pool().acquire_blocking(&sql.into(), None)?;
        let link = lease.driver.link().clone();
        self.backend
            .wait(&link, run::end(lease, sql), None, &mut false)
    }
}

impl TransactionBackend for PostgresTransaction {
    fn status(&self) -> TransactionStatus {
        let pool = self.backend.pool_status();
        match pool.idle + pool.in_use {
            0 => TransactionStatus::Lost,
            _ => self.standing.status(),
        }
    }

    fn commit(&self) -> BoxFuture<'static, Result<()>> {
        self.end("COMMIT")
    }

    fn commit_blocking(&self) -> Result<()> {
        self.end_blocking("COMMIT")
    }

    fn rollback(&self) -> BoxFuture<'static, Result<()>> {
        self.end("ROLLBACK")
    }

    fn rollback_blocking(&self) -> Result<()> {
        self.end_blocking("ROLLBACK")
    }
}

impl Backend for PostgresTransaction {
    fn dialect(&self) -> &Dialect {
        self.backend.dialect()
    }

    fn fetch(
        &self,
        statement: Statement,
        sink: Box<dyn RowSink>,
        max_rows: usize,
    ) -> BoxFuture<'static, Result<Fetched>> {
        self.backend.fetch(statement, sink, max_rows)
    }

    fn fetch_blocking(
        &self,
        statement: Statement,
        sink: Box<dyn RowSink>,
        max_rows: usize,
        cancel: Option<&CancelToken>,
    ) -> Result<Fetched> {
        self.backend
            .fetch_blocking(statement, sink, max_rows, cancel)
    }

    fn execute(&self, statement: Statement) -> BoxFuture<'static, Result<u64>> {
        self.backend.execute(statement)
    }

    fn execute_blocking(&self, statement: Statement, cancel: Option<&CancelToken>) -> Result<u64> {
        self.backend.execute_blocking(statement, cancel)
    }

    fn close(&self) -> BoxFuture<'static, Result<()>> {
        self.backend.close()
    }
}
