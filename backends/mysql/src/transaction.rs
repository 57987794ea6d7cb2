//! A transaction on a connection of its own.

use std::sync::Arc;

use queryset::pool::{Lease, Pool, PoolOptions};
use queryset::runtime::BoxFuture;
use queryset::{
    Backend, CancelToken, Dialect, Fetched, Result, RowSink, Statement, TransactionBackend,
    TransactionOptions, TransactionStatus,
};

use crate::backend::MysqlBackend;
use crate::connection::{Connection, Connector, Standing};
use crate::error;
use crate::run;

/// A transaction that is open: the backend over a pool whose only connection is the transaction's.
/// Dropped with that pool the connection goes back, and is rolled back there if need be.
#[derive(Debug)]
pub(crate) struct MysqlTransaction {
    backend: MysqlBackend,
    standing: Standing,
}

impl MysqlTransaction {
    pub(crate) async fn begin(backend: MysqlBackend, options: TransactionOptions) -> Result<Self> {
        let sql: Arc<str> = options.statement(backend.dialect()).into();
        loop {
            let mut lease = backend.pool().acquire(&sql).await?;
            let begun = run::begin(&mut lease, &sql).await;
            if let Some(transaction) = Self::after(&backend, lease, begun)? {
                return Ok(transaction);
            }
        }
    }

    pub(crate) fn begin_blocking(
        backend: MysqlBackend,
        options: TransactionOptions,
    ) -> Result<Self> {
        let sql: Arc<str> = options.statement(backend.dialect()).into();
        loop {
            let mut lease = backend.pool().acquire_blocking(&sql, None)?;
            let runtime = lease.runtime().clone();
            let begun = Connection::block_on(&runtime, run::begin(&mut lease, &sql), None);
            if let Some(transaction) = Self::after(&backend, lease, begun)? {
                return Ok(transaction);
            }
        }
    }

    /// The transaction that was begun; `None` if the connection had been lost while it was idle.
    fn after(
        backend: &MysqlBackend,
        lease: Lease<Connector>,
        begun: Result<()>,
    ) -> Result<Option<Self>> {
        if let Err(error) = begun {
            if !run::may_be_stale(&lease, &error) {
                return Err(error);
            }
            lease.discard();
            return Ok(None);
        }
        let standing = lease.standing().clone();
        let pool = backend.pool();
        let (connection, home) = lease.detach().ok_or_else(error::lost)?;
        let connector = pool.connector().of_transaction(home);
        let options = PoolOptions::new()
            .max_size(1)
            .idle_timeout(None)
            .max_lifetime(None);
        let own = Pool::with_connection(connector, connection, options, pool.runtime().clone());
        Ok(Some(Self {
            backend: backend.over(own),
            standing,
        }))
    }

    fn end(&self, sql: &'static str) -> BoxFuture<'static, Result<()>> {
        let executed = self.backend.execute(Statement::write(sql, vec![]));
        Box::pin(async move { executed.await.map(drop) })
    }

    fn end_blocking(&self, sql: &'static str) -> Result<()> {
        let statement = Statement::write(sql, vec![]);
        self.backend.execute_blocking(statement, None).map(drop)
    }
}

impl TransactionBackend for MysqlTransaction {
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

impl Backend for MysqlTransaction {
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
