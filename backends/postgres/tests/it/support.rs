//! What the tests share.

use std::sync::Arc;
use std::sync::{Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use queryset::runtime::{Runtime, block_on};
use queryset::{Backend, Cursor, Fetched, Result, Row, RowSink, Statement, Value};
use queryset_postgres::{PostgresBackend, PostgresOptions};
use queryset_servers::{Kind, Needs, Server, Servers};
use queryset_tokio::Tokio;

pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// The servers that the tests running now share; they end with the last of these.
pub(crate) fn servers() -> Arc<Servers> {
    static SHARED: Mutex<Weak<Servers>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(servers) = shared.upgrade() {
        return servers;
    }
    let needs = Needs::none().with(Kind::Postgres).with(Kind::Pgbouncer);
    let servers = Arc::new(Servers::start(needs).unwrap());
    *shared = Arc::downgrade(&servers);
    servers
}

/// A runtime that lives as long as the process.
pub(crate) fn tokio() -> Runtime {
    static TOKIO: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    let tokio = TOKIO.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap()
    });
    Tokio::from_handle(tokio.handle().clone()).unwrap().into()
}

/// All that open sockets.
pub(crate) fn runtimes() -> Vec<(&'static str, Runtime)> {
    vec![
        ("tokio", tokio()),
        ("async-std", queryset_async_std::AsyncStd.into()),
        ("smol", queryset_smol::Smol::default().into()),
    ]
}

pub(crate) fn options(server: &Server) -> PostgresOptions {
    PostgresOptions::new(&server.url()).unwrap()
}

pub(crate) fn open(options: PostgresOptions) -> PostgresBackend {
    PostgresBackend::new(options, tokio()).unwrap()
}

/// Keeps the rows as values, and the names of their columns.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) rows: Vec<Vec<Value>>,
    pub(crate) names: Vec<String>,
}

impl RowSink for Rows {
    fn row(&mut self, row: &dyn Row) -> Result<()> {
        if self.names.is_empty() {
            self.names = (0..row.len()).map(|i| row.name(i).to_owned()).collect();
        }
        let values = (0..row.len()).map(|i| row.value(i).map(|value| value.to_owned()));
        self.rows.push(values.collect::<Result<_>>()?);
        Ok(())
    }
}

pub(crate) fn taken(fetched: Fetched) -> (Rows, Option<Box<dyn Cursor>>) {
    let rows = fetched
        .sink
        .downcast::<Rows>()
        .ok()
        .expect("the sink handed in");
    (*rows, fetched.cursor)
}

pub(crate) async fn aread(
    backend: &PostgresBackend,
    sql: &str,
    params: Vec<Value>,
) -> Result<Vec<Vec<Value>>> {
    let sink = Box::new(Rows::default());
    let fetched = backend
        .fetch(Statement::read(sql, params), sink, usize::MAX)
        .await?;
    Ok(taken(fetched).0.rows)
}

/// Both forms, which have to agree.
pub(crate) fn read(
    backend: &PostgresBackend,
    sql: &str,
    params: Vec<Value>,
) -> Result<Vec<Vec<Value>>> {
    let statement = Statement::read(sql, params.clone());
    let sink = Box::new(Rows::default());
    let blocking = backend
        .fetch_blocking(statement, sink, usize::MAX, None)
        .map(|fetched| taken(fetched).0.rows);
    let other = block_on(aread(backend, sql, params));
    match (&blocking, &other) {
        (Ok(a), Ok(b)) => assert_eq!(format!("{a:?}"), format!("{b:?}")),
        (Err(a), Err(b)) => assert_eq!((a.kind(), a.to_string()), (b.kind(), b.to_string())),
        _ => panic!("{blocking:?} and {other:?}"),
    }
    blocking
}

pub(crate) fn write(backend: &PostgresBackend, sql: &str, params: Vec<Value>) -> Result<u64> {
    backend.execute_blocking(Statement::write(sql, params), None)
}

pub(crate) fn int(value: i64) -> Value {
    Value::I64(value)
}

pub(crate) fn text(value: &str) -> Value {
    Value::Text(value.into())
}

pub(crate) fn until(what: &str, holds: impl Fn() -> bool) {
    let patience = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < patience, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
