//! Opening a database.

use std::sync::Arc;

use queryset::runtime::Runtime;
use queryset::{Database, Error, ErrorKind, Result};

use crate::backend::SqliteBackend;
use crate::options::SqliteOptions;

/// Opens a SQLite database: `sqlite:books.db`, `sqlite::memory:`, `file:books.db?mode=ro`, or a
/// path. The file has to exist; see [`SqliteOptions::new`] for all spellings.
///
/// The runtime is one of the adapters, by value; it opens the file on one of its blocking
/// threads, and later runs the asynchronous reads there.
///
/// Cancel safe: dropping the future closes what was opened.
///
/// # Errors
/// Kind [`Value`](ErrorKind::Value) for an address that is none,
/// [`Connection`](ErrorKind::Connection) if the file is missing, is no database or cannot be
/// opened, [`Runtime`](ErrorKind::Runtime) if the runtime is gone.
pub async fn connect(url: &str, runtime: impl Into<Runtime>) -> Result<Database> {
    let runtime = runtime.into();
    SqliteOptions::new(url)?.connect(runtime).await
}

/// The blocking twin of [`connect`]: opens the database on this thread.
///
/// # Errors
/// As [`connect`].
pub fn connect_blocking(url: &str, runtime: impl Into<Runtime>) -> Result<Database> {
    SqliteOptions::new(url)?.connect_blocking(runtime)
}

impl SqliteOptions {
    /// Opens the database, on a blocking thread of the runtime.
    ///
    /// Cancel safe: dropping the future closes what was opened.
    ///
    /// # Errors
    /// As [`connect`].
    pub async fn connect(self, runtime: impl Into<Runtime>) -> Result<Database> {
        let runtime = runtime.into();
        let inner = runtime.clone();
        let opened = runtime.spawn_blocking(move || SqliteBackend::open(self, inner));
        let opened = opened.map_err(|error| gone().with_source(error))?;
        let backend = opened.await.map_err(|error| gone().with_source(error))??;
        Ok(Database::new(Arc::new(backend), runtime))
    }

    /// Opens the database on this thread.
    ///
    /// # Errors
    /// As [`connect`].
    pub fn connect_blocking(self, runtime: impl Into<Runtime>) -> Result<Database> {
        let runtime = runtime.into();
        let backend = SqliteBackend::open(self, runtime.clone())?;
        Ok(Database::new(Arc::new(backend), runtime))
    }
}

#[cold]
fn gone() -> Error {
    Error::new(ErrorKind::Runtime, "the runtime did not open the database")
}
