//! What the tests share.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use queryset::runtime::{Threads, block_on};
use queryset::{Backend, Fetched, Result, Row, RowSink, Statement, Value};
use queryset_sqlite::{SqliteBackend, SqliteOptions};

/// A folder of a test's own, removed at its end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);

        let name = format!(
            "queryset-sqlite-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
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

    fn forget(&mut self) -> bool {
        self.rows.clear();
        true
    }
}

pub(crate) fn taken(fetched: Fetched) -> (Rows, Option<Box<dyn queryset::Cursor>>) {
    let rows = fetched
        .sink
        .downcast::<Rows>()
        .ok()
        .expect("the sink handed in");
    (*rows, fetched.cursor)
}

pub(crate) fn open(options: SqliteOptions) -> SqliteBackend {
    SqliteBackend::open(options, Threads).unwrap()
}

pub(crate) fn new_file(folder: &Folder) -> SqliteOptions {
    SqliteOptions::path(folder.file("test.db")).create_if_missing(true)
}

pub(crate) fn read(
    backend: &SqliteBackend,
    sql: &str,
    params: Vec<Value>,
) -> Result<Vec<Vec<Value>>> {
    let sink = Box::new(Rows::default());
    let fetched = backend.fetch_blocking(Statement::read(sql, params), sink, usize::MAX, None)?;
    Ok(taken(fetched).0.rows)
}

pub(crate) fn aread(
    backend: &SqliteBackend,
    sql: &str,
    params: Vec<Value>,
) -> Result<Vec<Vec<Value>>> {
    let sink = Box::new(Rows::default());
    let fetched = block_on(backend.fetch(Statement::read(sql, params), sink, usize::MAX))?;
    Ok(taken(fetched).0.rows)
}

pub(crate) fn write(backend: &SqliteBackend, sql: &str) -> Result<u64> {
    backend.execute_blocking(Statement::write(sql, Vec::new()), None)
}

pub(crate) fn int(value: i64) -> Value {
    Value::I64(value)
}

pub(crate) fn text(value: &str) -> Value {
    Value::Text(value.into())
}

/// Guards against a hang, and decides nothing else.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `condition` holds.
#[track_caller]
pub(crate) fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        std::thread::yield_now();
    }
}

/// Polls once, as a task would that goes on with something else.
pub(crate) fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// How many connections are in use, as the pool tells it.
pub(crate) fn in_use(backend: &SqliteBackend) -> usize {
    format!("{backend:?}")
        .split("in_use: ")
        .skip(1)
        .map(|rest| {
            let digits = rest.split(|c: char| !c.is_ascii_digit()).next();
            digits.unwrap().parse::<usize>().unwrap()
        })
        .sum()
}

/// Counts up from 1, without an end.
pub(crate) const ENDLESS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";

/// Counts how often SQL calls it, and lets SQL wait.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<GateState>, Condvar)>);

#[derive(Default)]
struct GateState {
    entered: u64,
    closed: bool,
}

impl Gate {
    pub(crate) fn shut(&self) {
        self.0.0.lock().unwrap().closed = true;
    }

    pub(crate) fn open(&self) {
        self.0.0.lock().unwrap().closed = false;
        self.0.1.notify_all();
    }

    pub(crate) fn entered(&self) -> u64 {
        self.0.0.lock().unwrap().entered
    }

    /// Passes through the gate, which may take until it is opened.
    pub(crate) fn pass(&self) {
        let mut state = self.0.0.lock().unwrap();
        state.entered += 1;
        while state.closed {
            let (next, waited) = self.0.1.wait_timeout(state, PATIENCE).unwrap();
            assert!(!waited.timed_out(), "nobody opened the gate");
            state = next;
        }
    }

    /// Registers it as `gate(x)`, which is `x`.
    pub(crate) fn register(&self, options: SqliteOptions) -> SqliteOptions {
        let gate = self.clone();
        options.on_connect(move |connection| {
            let gate = gate.clone();
            connection.create_scalar_function("gate", Some(1), move |arguments| {
                gate.pass();
                Ok(arguments[0].to_owned())
            })
        })
    }
}
