//! What the tests share.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

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
