//! Databases whose short reads share connections, and such reads.

use std::future::poll_fn;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use queryset::pool::PoolOptions;
use queryset::runtime::{BoxFuture, Runtime, block_on};
use queryset::{Backend, Fetched, Result, Statement, Value};
use queryset_postgres::PostgresBackend;
use queryset_servers::Servers;

use crate::support::{PATIENCE, Rows, int, options, runtimes, servers, taken};

pub(crate) type Reading = BoxFuture<'static, Result<Fetched>>;

/// A database and the servers that it needs, which end with their last user.
pub(crate) struct Db {
    backend: PostgresBackend,
    _servers: Arc<Servers>,
}

impl Deref for Db {
    type Target = PostgresBackend;

    fn deref(&self) -> &PostgresBackend {
        &self.backend
    }
}

pub(crate) fn open(connections: usize, depth: usize, runtime: &Runtime) -> Arc<Db> {
    let servers = servers();
    let pool = PoolOptions::new().max_size(connections);
    let options = options(servers.postgres().unwrap()).pool(pool);
    let backend = PostgresBackend::new(options.pipelining(depth), runtime.clone()).unwrap();
    Arc::new(Db {
        backend,
        _servers: servers,
    })
}

/// A read that may share a connection.
pub(crate) fn short(sql: &str, params: Vec<Value>) -> Statement {
    let mut statement = Statement::read(sql, params);
    statement.most_rows = Some(21);
    statement
}

pub(crate) fn reading(db: &PostgresBackend, sql: &str, params: Vec<Value>) -> Reading {
    db.fetch(short(sql, params), Box::new(Rows::default()), usize::MAX)
}

pub(crate) fn own(db: &PostgresBackend, number: i64) -> Reading {
    reading(
        db,
        "SELECT $1::int8, repeat('x', $1::int4 % 50)",
        vec![int(number)],
    )
}

pub(crate) fn assert_own(fetched: Result<Fetched>, number: i64) {
    let (rows, cursor) = taken(fetched.unwrap());
    let expected = "x".repeat(number as usize % 50);
    assert_eq!(rows.rows, [[int(number), Value::Text(expected.into())]]);
    assert!(cursor.is_none());
}

pub(crate) async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    poll_fn(|context| {
        Poll::Ready(match Pin::new(&mut *future).poll(context) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    })
    .await
}

/// Waits in a task of any runtime until no read waits for a connection any more.
pub(crate) async fn until_served(db: &PostgresBackend, runtime: &Runtime) {
    let patience = Instant::now() + PATIENCE;
    while db.pool_status().waiting > 0 {
        assert!(Instant::now() < patience, "{:?}", db.pool_status());
        runtime.timer().sleep(Duration::from_millis(1)).await;
    }
}

/// Puts these on one connection together: the only one is held until all of them wait.
pub(crate) async fn together(
    db: &PostgresBackend,
    runtime: &Runtime,
    statements: Vec<(&str, Vec<Value>)>,
) -> Vec<Reading> {
    let held = db.fetch(
        Statement::read("SELECT generate_series(1, 2)", vec![]),
        Box::new(Rows::default()),
        1,
    );
    let held = held.await.unwrap();
    let mut reads = Vec::new();
    for (sql, params) in statements {
        let mut read = reading(db, sql, params);
        assert!(poll_once(&mut read).await.is_none());
        reads.push(read);
    }
    assert_eq!(db.pool_status().waiting, reads.len());
    drop(held);
    until_served(db, runtime).await;
    reads
}

pub(crate) fn on_each_runtime(test: impl Fn(&'static str, Runtime) -> BoxFuture<'static, ()>) {
    for (name, runtime) in runtimes() {
        let task = runtime.spawn(test(name, runtime.clone())).unwrap();
        block_on(task).unwrap();
    }
}
