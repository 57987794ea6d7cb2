//! Opening a database.

use std::sync::Arc;

use queryset::runtime::Runtime;
use queryset::{Database, Error, ErrorKind, Result};

use crate::backend::PostgresBackend;
use crate::options::PostgresOptions;

/// Opens a PostgreSQL database: `postgres://user:password@host/database`, or libpq's
/// `host=… dbname=…`; see [`PostgresOptions::new`] for all that an address can say.
///
/// The runtime is one of the adapters, by value: it opens the sockets and counts the time. A first
/// connection is made at once, so that a wrong address is an error here.
///
/// Cancel safe: dropping the future closes what was opened.
///
/// # Errors
/// Kind [`Value`](ErrorKind::Value) for an address that is none,
/// [`Connection`](ErrorKind::Connection) if no server lets us in,
/// [`Authentication`](ErrorKind::Authentication) if it refuses the credentials,
/// [`Runtime`](ErrorKind::Runtime) if the runtime is gone or opens no sockets.
pub async fn connect(url: &str, runtime: impl Into<Runtime>) -> Result<Database> {
    let runtime = runtime.into();
    PostgresOptions::new(url)?.connect(runtime).await
}

/// The blocking twin of [`connect`]. The runtime has to be driven by another thread, since the
/// sockets are its own.
///
/// # Errors
/// As [`connect`].
pub fn connect_blocking(url: &str, runtime: impl Into<Runtime>) -> Result<Database> {
    PostgresOptions::new(url)?.connect_blocking(runtime)
}

impl PostgresOptions {
    /// Opens the database.
    ///
    /// Cancel safe: dropping the future closes what was opened.
    ///
    /// # Errors
    /// As [`connect`].
    pub async fn connect(self, runtime: impl Into<Runtime>) -> Result<Database> {
        let runtime = runtime.into();
        let inner = runtime.clone();
        // Certificates are read from files.
        let made = runtime.spawn_blocking(move || PostgresBackend::new(self, inner));
        let made = made.map_err(|error| gone().with_source(error))?;
        let backend = made.await.map_err(|error| gone().with_source(error))??;
        drop(backend.pool().acquire(&FIRST.into()).await?);
        Ok(Database::new(Arc::new(backend), runtime))
    }

    /// Opens the database on this thread.
    ///
    /// # Errors
    /// As [`connect`].
    pub fn connect_blocking(self, runtime: impl Into<Runtime>) -> Result<Database> {
        let runtime = runtime.into();
        let backend = PostgresBackend::new(self, runtime.clone())?;
        drop(backend.pool().acquire_blocking(&FIRST.into(), None)?);
        Ok(Database::new(Arc::new(backend), runtime))
    }
}

/// What the first connection is for, in messages.
const FIRST: &str = "(the first connection)";

#[cold]
fn gone() -> Error {
    Error::new(ErrorKind::Runtime, "the runtime did not open the database")
}
